"""What the code of a function reads: variables, attributes, modules, by their names."""

from __future__ import annotations

import builtins
import dis
import re
from functools import lru_cache
from types import CodeType

from jangrad.record import Record

# Who reads these may read any attribute, and variables by names in strings.
_DYNAMIC = {"getattr", "hasattr", "vars", "dir", "__dict__", "globals", "eval", "exec"}
_DYNAMIC |= {"attrgetter", "methodcaller", "__getattribute__", "asdict", "astuple", "fields"}
_DYNAMIC |= {"__match_args__", "__getstate__", "__reduce__", "__reduce_ex__"}
#: Methods that do so.
READING = {"parameters", "named_parameters", "state", "predict", "copy", "deepcopy"}

_IMPORTERS = {"import_module", "__import__"}
# Who reads one of these calls methods that no code names.
_CALLS = {name: {"__init__", "__new__", "__post_init__"} for name in ("type", "replace")}
_CALLS["__class__"] = _CALLS["type"]
_WORDS = {"__str__", "__repr__"}
_CALLS |= dict.fromkeys(("str", "repr", "format", "ascii", "format_map", "vformat"), _WORDS)
_CALLS |= dict.fromkeys(("substitute", "safe_substitute", "pformat", "mod", "args"), _WORDS)
_CALLS |= dict.fromkeys(("stdout", "redirect_stdout", "redirect_stderr"), _WORDS)
# What is handed to these is said, and read by no code, where nobody keeps what they give.
_SAYING = {"print", "warn", "debug", "info", "warning", "error", "exception", "critical"}
_ENDS = ("RETURN", "STORE", "POP_JUMP", "JUMP", "YIELD", "RESUME")

_VARIABLE = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR")
_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER", "IMPORT_FROM")


class CodeNames(Record):
    """What code names, with the functions in it.

    Attributes:
        variables: that it reads, of the module and of what it closes over.
        attributes: that it reads.
        extended: variables and attributes that it only asks to `append`.
        modules: that it imports, each with how many dots stand before its name.
        imports: whether it imports others by texts, which may be in variables.
        texts: names in strings.
        dynamic: whether it may read what it does not name.
    """

    variables: frozenset[str]
    attributes: frozenset[str]
    extended: frozenset[str]
    modules: frozenset[tuple[int, str]]
    imports: bool
    texts: frozenset[str]
    dynamic: bool


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> CodeNames:
    """What the code reads; what it only assigns is not among it.

    >>> names_in((lambda x: x * rate + len(cfg.bias)).__code__).variables == {"rate", "cfg", "len"}
    True
    """
    variables, attributes, extended, texts = (set[str]() for _ in range(4))
    modules: set[tuple[int, str]] = set()
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    for i, (step, following) in enumerate(zip(steps, [*steps[1:], steps[-1]], strict=True)):
        if step.opname.startswith(_VARIABLE):
            read = variables
        elif step.opname.startswith(_ATTRIBUTE):
            read = attributes
        else:
            if step.opname == "IMPORT_NAME":
                modules |= _imported(steps[i - 2].argval, step.argval, steps[i - 1].argval)
            if step.opname.startswith(("FORMAT_", "CONVERT_VALUE")):  # of an f-string
                attributes |= _called("str", steps, i)
            if step.opname == "BINARY_OP" and step.argrepr.startswith("%"):  # of a text, perhaps
                attributes |= _called("str", steps, i)
            if step.opname == "MATCH_CLASS":  # `case Point(x)` reads what its class says
                attributes.add("__match_args__")
            continue
        appends = following.argval == "append" and following.opname.startswith(_ATTRIBUTE)
        (extended if appends else read).add(step.argval)
        attributes |= _called(step.argval, steps, i)
    imports = not _IMPORTERS.isdisjoint(variables | attributes)
    for const in code.co_consts:
        if isinstance(const, str):
            if imports:
                modules.add((0, const))
            texts.update(re.findall(r"[^\W\d]\w*", const))
        elif isinstance(const, tuple) and "file" in const:
            attributes |= _WORDS  # print(..., file=...), of which the words may be read
        elif isinstance(const, CodeType):
            inner = names_in(const)
            variables |= inner.variables
            attributes |= inner.attributes
            extended |= inner.extended
            modules |= inner.modules
            imports |= inner.imports
            texts |= inner.texts
    if "format" in attributes or "format_map" in attributes:  # "{0.rate}".format(c)
        attributes |= texts
    variables -= {*code.co_cellvars}
    extended -= {*code.co_cellvars}
    return CodeNames(
        frozenset(variables),
        frozenset(attributes),
        frozenset(extended),
        frozenset(modules),
        imports,
        frozenset(texts),
        not (_DYNAMIC.isdisjoint(variables | attributes) and READING.isdisjoint(attributes)),
    )


def all_names_in(code: CodeType) -> set[str]:
    """All that the code names but its own variables, whatever it does with it.

    >>> sorted(all_names_in((lambda x: x * rate + len(cfg.bias)).__code__))
    ['bias', 'cfg', 'len', 'rate']
    """
    found = {*code.co_names}
    for const in code.co_consts:
        if isinstance(const, CodeType):
            found |= all_names_in(const)
    return found


def _called(name: str, steps: list[dis.Instruction], i: int) -> set[str]:
    """The methods that code calls by a name that it reads there, if more comes of it than words.

    What is only said is in one of Python's own errors that is raised, or in the arguments of a call
    of `print` or a log, of which nobody keeps what it gives.
    """
    if name not in _CALLS:
        return set()
    for step in steps[i + 1 :]:
        if step.opname in ("RAISE_VARARGS", "POP_TOP"):
            before = _before(steps, i)
            raised = step.opname == "RAISE_VARARGS"
            if before[:1] and hasattr(builtins, before[0]) if raised else _SAYING & {*before}:
                return set()
            break
        if step.opname.startswith(_ENDS):
            break
    return _CALLS[name]


def _before(steps: list[dis.Instruction], i: int) -> list[str]:
    """The names that the statement has read before this step."""
    found: list[str] = []
    for step in reversed(steps[:i]):
        if step.opname == "POP_TOP" or step.opname.startswith(_ENDS):
            break
        if step.opname.startswith((*_VARIABLE, *_ATTRIBUTE)):
            found.append(step.argval)
    return found[::-1]


def _imported(dots: int, name: str, members: tuple[str, ...] | None) -> set[tuple[int, str]]:
    """The modules of `from ..name import members`, where a member may be a module itself."""
    inside = {f"{name}.{member}" if name else member for member in members or () if member != "*"}
    return {(dots, name), *((dots, member) for member in inside)}
