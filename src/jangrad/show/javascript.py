"""Rules of the table printed as JavaScript, so that a page can compute what the engine computes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from jangrad import ieee, ops, rules
from jangrad.algebra import ZERO, Algebra, fold

# What the rules call and JavaScript's Math has under the same name.
_MATH = ieee.PRIMITIVES.keys() - {"erf", "erfc", "exp2"}
#: erf and erfc, which JavaScript lacks: a series where it converges quickly, a continued fraction
#: where it does not. Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 7.1.
ERROR_FUNCTION = """\
const erfc = x => {
  if (x < 2) return 1 - erf(x);
  let f = 0;
  for (let k = 120; k > 0; k--) f = k / 2 / (x + f);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + f);
};
const erf = x => {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) >= 2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  let term = x, sum = x;
  for (let k = 1; k < 60; k++) { term *= -x * x / k; sum += term / (2 * k + 1); }
  return 2 / Math.sqrt(Math.PI) * sum;
};
"""

#: Powers as in `ieee.py`, which are other ones where the base is 1, -1 or -Infinity.
POWER = """\
const power = (a, b) => {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a === -Infinity && Number.isFinite(b) && b % 1 !== 0 ? NaN : Math.pow(a, b);
};
"""


#: The sign is that of b, as in Python.
REMAINDER = """\
const mod = (a, b) => {
  const rest = a % b;
  if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
  return b < 0 !== rest < 0 ? rest + b : rest;
};
"""


def table(names: Iterable[str], own: Mapping[str, ops.Op] | None = None) -> str:
    """`const OPS = {...}` with value and partials of each operation as functions.

    Args:
        names: the operations wanted; those that their rules call come along.
        own: rows that are in no table, by what they are called in the page.

    >>> "mul: {n: 2, f: (a, b) => (a * b)" in table(["mul"])
    True
    """
    wanted: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in ops.OPS and name not in wanted:
            wanted[name] = None
            row = ops.OPS[name]
            for text in (row.value, *row.partials):
                waiting += rules.functions_in(text)
    rows = [_row(name, ops.OPS[name]) for name in sorted(wanted)]
    rows += [_row(json.dumps(key), row) for key, row in (own or {}).items()]
    text = ",\n".join(rows)
    used = (ERROR_FUNCTION if "erf" in text else "") + (POWER if "power(" in text else "")
    used += REMAINDER if "mod(" in text else ""
    return used + "const OPS = {\n" + text + "\n};\n"


def _row(name: str, row: ops.Op) -> str:
    inputs = ", ".join(row.inputs)
    value = fold(rules.rule_of(row.value), _JavaScript(name))
    slopes = ", ".join(f"({inputs}, y) => {_partial(text)}" for text in row.partials)
    return f"  {name}: {{n: {len(row.inputs)}, f: ({inputs}) => {value}, d: [{slopes}]}}"


def _partial(text: str) -> str:
    """A partial, or null, which counts as 0, where nothing is contributed."""
    js = _JavaScript()
    return rules.at_ends(
        rules.rule_of(text),
        lambda end: "null" if end == ZERO else fold(end, js),
        lambda test, chosen, other: js.choice(fold(test, js), chosen, other),
    )


class _JavaScript(Algebra[str]):
    """An expression, in parentheses wherever it has an operator.

    Args:
        own: whose rule it is. A primitive's own rule is its name, `exp(x)`, and means Math's.
    """

    def __init__(self, own: str = "") -> None:
        self.own = own

    def num(self, value: float) -> str:
        return repr(float(value)).replace("inf", "Infinity")

    def const(self, name: str) -> str:
        return repr(rules.CONSTANTS[name])

    def name(self, name: str) -> str:
        return name

    def bin(self, sign: str, left: str, right: str) -> str:
        called = {"%": "mod", "**": "power"}.get(sign)
        return f"{called}({left}, {right})" if called else f"({left} {sign} {right})"

    def neg(self, operand: str) -> str:
        return f"(-{operand})"

    def call(self, function: str, parts: Sequence[str]) -> str:
        arguments = ", ".join(parts)
        if function in ("erf", "erfc"):
            return f"{function}({arguments})"
        if function == "exp2":
            return f"power(2.0, {arguments})"
        if function == self.own or function in _MATH:
            return f"Math.{function}({arguments})"
        return f"OPS.{function}.f({arguments})"

    def choice(self, test: str, chosen: str, other: str) -> str:
        return f"({test} ? {chosen} : {other})"

    def cmp(self, sign: str, left: str, right: str) -> str:
        strict = sign + "=" if sign in ("==", "!=") else sign
        return f"({left} {strict} {right})"

    def logic(self, word: str, parts: Sequence[str]) -> str:
        return "(" + (" && " if word == "and" else " || ").join(parts) + ")"


def quoted(data: object) -> str:
    """Data as JSON that may stand inside a script element: no `<` can end it."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
