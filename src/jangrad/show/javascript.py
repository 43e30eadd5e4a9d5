"""Rules of the table printed as JavaScript, so that a page can compute what the engine computes."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping

from jangrad import ops, rules

# What the rules call and JavaScript's Math has under the same name.
_MATH = ("abs", "atan", "cos", "exp", "expm1", "log", "log1p", "sin", "sqrt", "tan", "tanh")
_COMPARED = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
}
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}

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
    return used + "const OPS = {\n" + text + "\n};\n"


def _row(name: str, row: ops.Op) -> str:
    inputs = ", ".join(row.inputs)
    value = _spell(row.value, own=name)
    slopes = ", ".join(f"({inputs}, y) => {_partial(_parse(text))}" for text in row.partials)
    return f"  {name}: {{n: {len(row.inputs)}, f: ({inputs}) => {value}, d: [{slopes}]}}"


def _partial(tree: ast.expr) -> str:
    """A partial, or null, which counts as 0, where nothing is paid."""
    match tree:
        case ast.IfExp(test, body, otherwise):
            return f"({_js(test, '')} ? {_partial(body)} : {_partial(otherwise)})"
        case ast.Constant(int(number)) if number == 0:
            return "null"
    return _js(tree, "")


def _parse(rule: str) -> ast.expr:
    return ast.parse(rule.strip(), mode="eval").body


def _spell(rule: str, own: str = "") -> str:
    return _js(_parse(rule), own)


def _js(tree: ast.expr, own: str) -> str:
    match tree:
        case ast.Constant(value):
            return repr(float(value)).replace("inf", "Infinity")  # type: ignore[arg-type]
        case ast.Name(name):
            return repr(rules.CONSTANTS[name]) if name in rules.CONSTANTS else name
        case ast.UnaryOp(_, operand):
            return f"(-{_js(operand, own)})"
        case ast.BinOp(left, ast.Pow(), right):
            return f"power({_js(left, own)}, {_js(right, own)})"
        case ast.BinOp(left, sign, right):
            return f"({_js(left, own)} {_SIGNS[type(sign)]} {_js(right, own)})"
        case ast.IfExp(test, body, otherwise):
            return f"({_js(test, own)} ? {_js(body, own)} : {_js(otherwise, own)})"
        case ast.Compare(left, [sign], [right]):
            return f"({_js(left, own)} {_COMPARED[type(sign)]} {_js(right, own)})"
        case ast.BoolOp(sign, parts):
            joined = " && " if isinstance(sign, ast.And) else " || "
            return "(" + joined.join(_js(part, own) for part in parts) + ")"
        case ast.Call(ast.Name(name), parts):
            arguments = ", ".join(_js(part, own) for part in parts)
            if name in ("erf", "erfc"):
                return f"{name}({arguments})"
            # A primitive's own rule is its name: `exp(x)`; other rows are called in the table.
            own_name = name == own or name in _MATH
            return f"Math.{name}({arguments})" if own_name else f"OPS.{name}.f({arguments})"
    raise TypeError(f"no rule: {ast.dump(tree)}")


def quoted(data: object) -> str:
    """Data as JSON that may stand inside a script element: no `<` can end it."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
