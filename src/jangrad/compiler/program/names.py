"""What the code of a function reads: variables, attributes, modules, by their names."""

from __future__ import annotations

import dis
import re
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

# Who reads these may read any attribute, and variables by names in strings.
_DYNAMIC = {"getattr", "hasattr", "vars", "dir", "__dict__", "globals", "eval", "exec"}
_DYNAMIC |= {"attrgetter", "methodcaller", "__getattribute__", "asdict", "astuple", "fields"}
_DYNAMIC |= {"parameters", "named_parameters", "state", "predict", "copy", "deepcopy"}
_DYNAMIC |= {"__match_args__"}

_VARIABLE = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR")
_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER", "IMPORT_FROM")


class Names(NamedTuple):
    """What code names, with the functions in it.

    Attributes:
        variables: that it reads, of the module and of what it closes over.
        attributes: that it reads.
        extended: variables and attributes that it only asks to `append`.
        modules: that it imports.
        texts: names in strings.
        dynamic: whether it may read what it does not name.
    """

    variables: frozenset[str]
    attributes: frozenset[str]
    extended: frozenset[str]
    modules: frozenset[str]
    texts: frozenset[str]
    dynamic: bool


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> Names:
    """What the code reads; what it only assigns is not among it.

    >>> names_in((lambda x: x * rate + len(cfg.bias)).__code__).variables == {"rate", "cfg", "len"}
    True
    """
    variables, attributes, extended, modules, texts = (set[str]() for _ in range(5))
    steps = list(dis.get_instructions(code))
    for step, following in zip(steps, [*steps[1:], steps[-1]], strict=True):
        if step.opname.startswith(_VARIABLE):
            read = variables
        elif step.opname.startswith(_ATTRIBUTE):
            read = attributes
        elif step.opname == "IMPORT_NAME":
            read = modules
        else:
            if step.opname == "MATCH_CLASS":  # `case Point(x)` reads what its class says
                attributes.add("__match_args__")
            continue
        appends = following.argval == "append" and following.opname.startswith(_ATTRIBUTE)
        (extended if appends else read).add(step.argval)
    for const in code.co_consts:
        if isinstance(const, str):
            texts.update(re.findall(r"[^\W\d]\w*", const))
        elif isinstance(const, CodeType):
            inner = names_in(const)
            variables |= inner.variables
            attributes |= inner.attributes
            extended |= inner.extended
            modules |= inner.modules
            texts |= inner.texts
    variables -= {*code.co_cellvars}
    extended -= {*code.co_cellvars}
    return Names(
        frozenset(variables),
        frozenset(attributes),
        frozenset(extended),
        frozenset(modules),
        frozenset(texts),
        not _DYNAMIC.isdisjoint(variables | attributes),
    )
