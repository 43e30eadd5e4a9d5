"""Print what follows from the table in `op_table.py` into the sources, between their markers.

The operators of `engine.py` with their types and C's declarations, the free functions, and their
public names.

    python tools/generate_engine.py          rewrite the generated parts
    python tools/generate_engine.py --check  exit with 1 when they are stale

One text serves the plain and the compiled engine, so both compute the same bits.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

# The table alone: the engine may be older than it, which the front door would refuse.
SOURCE = Path(__file__).parents[1] / "src" / "jangrad"
sys.modules["jangrad"] = package = ModuleType("jangrad")
package.__path__ = [str(SOURCE)]

from jangrad import ieee, ops, rules  # noqa: E402
from jangrad.algebra import ONE, If, Names, Rule, fold  # noqa: E402

DUNDERS = {
    "add": "add",
    "mul": "mul",
    "sub": "sub",
    "div": "truediv",
    "mod": "mod",
    "pow": "pow",
}
REFUSED = {
    "floordiv": "//",
    "divmod": "divmod",
    "matmul": "@",
    "lshift": "<<",
    "rshift": ">>",
}
MODULUS = '_no_operator("pow", self, other)'
COMMON = ops.CODE_OF["mul", ops.BOTH], ops.CODE_OF["add", ops.BOTH]
SPECIAL = {"neg": "__neg__", "abs": "__abs__"} | {n: f"__{d}__" for n, d in DUNDERS.items()}


class Spelled(rules.Python):
    """The engine's Python: numbers are floats, functions begin with an underscore."""

    def num(self, value):
        return super().num(float(value))

    def const(self, name):
        return super().num(rules.CONSTANTS[name])

    def call(self, function, parts):
        return super().call("_" + function, parts)


def spell(rule: str | Rule, names: dict[str, str]) -> str:
    """A rule as the engine's Python, its inputs by their places."""
    return rules.text_of(rule, Spelled(rules.IEEE, names))


CALLED = {
    name
    for row in ops.OPS.values()
    for rule in (row.value, *row.partials)
    for name in rules.functions_in(rule)
}


def is_function(row: ops.Op) -> bool:
    """Whether the value is spelled as a call: a primitive, one with a test, one others call."""
    return (
        row.name in ieee.PRIMITIVES
        or isinstance(rules.rule_of(row.value), If)
        or row.name in CALLED
    )


def called_rows() -> list[ops.Op]:
    """Those whose value the engine calls, but for primitives, which the C library brings."""
    public = [row for row in ops.ROWS if row.name not in ops.INNER or row.name in CALLED]
    return [row for row in public if is_function(row) and row.name not in ieee.PRIMITIVES]


def functions() -> list[str]:
    """The values that are called, as functions of plain floats."""
    lines = []
    for row in called_rows():
        head = f"def _{row.name}({', '.join(row.inputs)}):"
        lines += [head, f"    return {spell(row.value, {})}", "", ""]
    return lines


def c_functions() -> list[str]:
    """Their types."""
    return [
        f"cdef double _{row.name}({', '.join(f'double {i}' for i in row.inputs)}) noexcept nogil"
        for row in called_rows()
    ]


def primitives() -> list[str]:
    """What the plain engine has in the place of the C library."""
    name_of = {id(thing): name for name, thing in vars(ieee).items() if callable(thing)}
    functions = {"div": ieee.div, "mod": ieee.mod, "power": ieee.power, **ieee.PRIMITIVES}
    called = {name_of[id(function)]: name for name, function in functions.items()}
    return [
        f"    from jangrad.ieee import {found} as _{called[found]}"
        for found in sorted(called, key=natural)
    ]


def natural(name: str) -> list[str | int]:
    """In which order imports are sorted: log2 before log10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def c_primitives() -> list[str]:
    """The C library's functions."""
    return [
        f'    double _{name} "{ {"abs": "fabs"}.get(name, name) }"'
        f"({', '.join(['double'] * len(ops.OPS[name].inputs))})"
        for name in ieee.PRIMITIVES
    ]


def name_of_code(code: int) -> str:
    """What the engine calls a code: MUL, MUL_NUMBER, NUMBER_MUL, TANH."""
    if code in (ops.LEAF, ops.FIRST_USER_CODE):
        return "FIRST_USER_CODE" if code else "LEAF"
    row, form = ops.CODES[code]
    name = row.name.upper()
    return {ops.NUMBER_RIGHT: f"{name}_NUMBER", ops.NUMBER_LEFT: f"NUMBER_{name}"}.get(form, name)


def code_names() -> list[str]:
    """All of them in order, in lines of one length."""
    names = ", ".join(map(name_of_code, range(ops.FIRST_USER_CODE + 1)))
    return textwrap.wrap(names, 92)


def codes() -> list[str]:
    """The codes by name, in Python."""
    first, *rest = code_names()
    lines = [f"    ({first}", *(f"     {line}" for line in rest)]
    return [*lines[:-1], f"{lines[-1]}) = range({ops.FIRST_USER_CODE + 1})"]


def c_codes() -> list[str]:
    """The codes by name, in C."""
    return [f"    {line}" for line in code_names()]


def doc_of(row: ops.Op, indent: str) -> list[str]:
    """Its docstring, which a special method does without, as Python's own do."""
    if row.name in SPECIAL:
        return []
    first, *rest = row.doc.split("\n")
    lines = [f'"""{first}', *rest, '"""']
    return [indent + line if line else "" for line in lines]


def value(row: ops.Op, names: dict[str, str]) -> str:
    """The value of the operation, its inputs called by these names."""
    if is_function(row):
        return f"_{row.name}({', '.join(names[i] for i in row.inputs)})"
    return spell(row.value, names)


def unary(row: ops.Op) -> list[str]:
    code = name_of_code(ops.CODE_OF[row.name, ops.UNARY])
    lines = [f"def {SPECIAL.get(row.name, row.name)}(self):", *doc_of(row, "    ")]
    source = "self._data"
    if value(row, {"x": "?"}).count("?") > 1:
        lines.append(f"    x: cython.double = {source}")
        source = "x"
    return [*lines, f"    return _node({code}, {value(row, {'x': source})}, self, None, 0.0)", ""]


def binary(row: ops.Op) -> list[str]:
    dunder = DUNDERS.get(row.name)
    name = SPECIAL.get(row.name, row.name)
    both, right, left = (
        name_of_code(ops.CODE_OF[row.name, form])
        for form in (ops.BOTH, ops.NUMBER_RIGHT, ops.NUMBER_LEFT)
    )
    o = row.names[-1] if row.names else "other"
    # An operator leaves it to the other side; a method has none.
    convert = (
        [
            f"    if type({o}) is not float and ({o} := _operand({o})) is NotImplemented:",
            "        return NotImplemented",
        ]
        if dunder
        else [f"    if type({o}) is not float:", f"        {o} = _argument({o})"]
    )
    number = [*convert, f"    c: cython.double = {o}"]

    def make(code: str, a: str, b: str, rest: str, varies: bool = True) -> list[str]:
        guard = [f"    {row.guard}({a}, {b}, {varies})"] if row.guard else []
        return [*guard, f"    return _node({code}, {value(row, {'a': a, 'b': b})}, self, {rest})"]

    modulus = ", modulus=None" if dunder == "pow" else ""
    # pow(v, 2, 5) is whole-number arithmetic
    refusal = ["    if modulus is not None:", f"        return {MODULUS}"] if modulus else []
    lines = [
        f"def {name}(self, {o}{'' if row.default is None else f'={row.default}'}{modulus}):",
        *doc_of(row, "    "),
        *refusal,
        f"    if type({o}) is Value or (type({o}) is not float and isinstance({o}, Value)):",
        f"        b: Value = {o}",
        *("    " + line for line in make(both, "self._data", "b._data", "b, 0.0")),
        *number,
        *make(right, "self._data", "c", "None, c", varies=False),
        "",
    ]
    if dunder:
        lines += [
            f"def __r{dunder}__(self, other{modulus}):",
            *refusal,
            *number,
            *make(left, "c", "self._data", "None, c"),
            "",
        ]
    return lines


def methods() -> list[str]:
    lines = []
    for row in ops.OPS.values():
        if row.name not in ops.INNER:
            lines += unary(row) if row.inputs == ("x",) else binary(row)
    return ["    " + line if line else "" for line in lines]


def refused() -> list[str]:
    """Python's operators for which there is no rule, from both sides."""
    lines = []
    for name, sign in REFUSED.items():
        for reflected, order in (("", "self, other"), ("r", "other, self")):
            lines += [f"def __{reflected}{name}__(self, other):"]
            lines += [f'    return _no_operator("{sign}", {order})', ""]
    return ["    " + line if line else "" for line in lines]


def addition(target: str, rule: str, names: dict[str, str]) -> list[str]:
    """The lines that add what the rule contributes, and note where that is nothing."""
    bit, sign = (1, "=") if target == "left" else (2, "+=")
    unreached = unreached_where(rules.contributes(rule), bit, names)
    note = [f"unreached {sign} {unreached}"] if unreached != "0" else []
    if rule == "0":
        return note
    if rule == "-1":
        return [f"{target}._grad -= g"]
    return [f"{target}._grad += {spell(rules.contribution(rule), names)}", *note]


def unreached_where(contributes: Rule, bit: int, names: dict[str, str]) -> str:
    """The bit where a rule contributes nothing, else 0."""

    def choice(test: Rule, chosen: str, other: str) -> str:
        return (
            f"{f'({chosen})' if ' if ' in chosen else chosen} if {spell(test, names)} else {other}"
        )

    return rules.at_ends(contributes, lambda end: "0" if end == ONE else str(bit), choice)


# Per form: where a contribution finds the inputs, and which of them have a gradient.
PLACES = {
    ops.UNARY: ({"x": "left._data"}, ("left",)),
    ops.BOTH: ({"a": "left._data", "b": "right._data"}, ("left", "right")),
    ops.NUMBER_RIGHT: ({"a": "left._data", "b": "v._aux"}, ("left", "")),
    ops.NUMBER_LEFT: ({"a": "v._aux", "b": "left._data"}, ("", "left")),
}
SHOWN = {
    ops.UNARY: {"x": "x"},
    ops.BOTH: {"a": "a", "b": "b"},
    ops.NUMBER_RIGHT: {"a": "a", "b": "number"},
    ops.NUMBER_LEFT: {"a": "number", "b": "b"},
}


def contribution(row: ops.Op, form: str) -> list[str]:
    """How a node of this operation hands its gradient to its inputs."""
    places, targets = PLACES[form]
    wanted = [(p, t) for p, t in zip(row.partials, targets, strict=True) if t]
    used = [name for partial, _ in wanted for name in fold(rules.rule_of(partial), Names())]
    names, lines = {"y": "v._data"}, []
    for name, place in places.items():
        shared = used.count(name) > 1
        names[name] = name if shared else place
        if shared:
            lines.append(f"{name} = {place}")
    if all(partial == "0" for partial, _ in wanted):
        return []
    return lines + [line for partial, t in wanted for line in addition(t, partial, names)]


def contributions() -> list[str]:
    """A test for every code, in groups of eight so that plain Python finds its line quickly.

    The two that make up most of a network come first: a processor guesses where such a test goes
    better than where a table of jumps does.
    """
    lines = []
    for code in COMMON:
        row, form = ops.CODES[code]
        lines.append(f"if op == {name_of_code(code)}:  # {row.text.format(**SHOWN[form])}")
        lines += ["    " + line for line in contribution(row, form)] + ["    return 0"]
    last = ops.FIRST_USER_CODE - 1
    for start in range(0, last + 1, 8):
        group = [code for code in range(start, start + 8) if 0 < code <= last]
        bound = name_of_code(group[-1] + 1)
        lines.append(f"{'elif' if start else 'if'} op < {bound}:")
        word = "if"
        for code in group:
            row, form = ops.CODES[code]
            if code not in COMMON and (found := contribution(row, form)):
                lines.append(
                    f"    {word} op == {name_of_code(code)}:  # {row.text.format(**SHOWN[form])}"
                )
                lines += ["        " + line for line in found]
                word = "elif"
        if word == "if":
            lines.append("    unreached = 3")
        elif not all(contribution(*ops.CODES[code]) for code in group):
            lines += ["    else:", "        unreached = 3"]
    lines += ["else:", "    unreached = _propagate_user(v, g)"]
    return ["    " + line for line in lines]


def types() -> list[str]:
    """The methods' types, for `engine.pyi`."""
    lines = []
    for row in ops.OPS.values():
        if row.name in ops.INNER:
            continue
        name = SPECIAL.get(row.name, row.name)
        if row.inputs == ("x",):
            lines.append(f"def {name}(self) -> Value: ...")
            continue
        o, default = row.names[-1] if row.names else "other", " = ..." * (row.default is not None)
        lines.append(f"def {name}(self, {o}: Operand{default}) -> Value: ...")
        if row.name in DUNDERS:
            lines.append(f"def __r{DUNDERS[row.name]}__(self, other: Operand) -> Value: ...")
    return ["    " + line for line in lines]


def free_rows() -> list[ops.Op]:
    """Those that are called as functions: no operators, and nothing of the inside."""
    return [row for row in ops.ROWS if row.name not in ops.INNER and row.name not in SPECIAL]


def free_functions() -> list[str]:
    """Every operation as a free function, for Values and plain numbers.

    One with a default has an underscore: the public one, with its keyword, is written by hand.
    """
    lines = []
    for row in free_rows():
        kind = "Unary" if len(row.inputs) == 1 else "BinaryFunction"
        hidden = "_" * (row.default is not None)
        lines.append(f'{hidden}{row.name}: {kind} = lift("{row.name}")')
    return lines


def public_names() -> list[str]:
    """The free functions in the front door."""
    names = sorted(row.name for row in free_rows())
    return [f"from jangrad.functions import {name} as {name}" for name in names]


def table() -> list[str]:
    """What each row was when this was printed, so that the engine notices another table."""
    rows = [f'"{name}": 0x{ops.digest(row):08X},' for name, row in ops.OPS.items()]
    return [
        "_PRINTED = {",
        *("    " + " ".join(rows[i : i + 4]) for i in range(0, len(rows), 4)),
        "}",
    ]


#: What stands between the markers of each file.
PARTS = {
    "engine.py": {
        "primitives": primitives,
        "codes": codes,
        "table": table,
        "functions": functions,
        "methods": methods,
        "refused": refused,
        "contributions": contributions,
    },
    "engine.pyi": {"types": types},
    "engine.pxd": {
        "c_primitives": c_primitives,
        "c_codes": c_codes,
        "c_functions": c_functions,
    },
    "functions.py": {"functions": free_functions},
    "__init__.py": {"names": public_names},
}


def fill(file: str) -> str:
    """The file with every generated part made anew."""
    text = (SOURCE / file).read_text()
    for name, make in PARTS[file].items():
        pattern = re.compile(rf"(?m)(^ *# <{name}>.*\n)(?:.*\n)*?(^ *# </{name}>)")
        body = "\n".join(make()).rstrip() + "\n"
        text, count = pattern.subn(lambda match, body=body: match[1] + body + match[2], text)
        assert count == 1, f"{file} has no place for <{name}>"
    return text


def main() -> int:
    stale = {file: text for file in PARTS if (text := fill(file)) != (SOURCE / file).read_text()}
    if "--check" in sys.argv:
        print(*(f"{file} is stale" for file in stale), sep="\n")
        return len(stale)
    for file, text in stale.items():
        (SOURCE / file).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
