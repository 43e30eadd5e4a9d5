"""Where Python's own numbers are not like NumPy's: quotients by 0, and powers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

_PLAIN = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)


def to_convert(lines: Sequence[str], numbers: Sequence[str]) -> list[str]:
    """The numbers that have to be NumPy's, for these lines to give inf and nan as they do there.

    A float of Python divided by 0 is an error, and -1.0 ** 0.5 a complex number.

    Args:
        lines: of a function.
        numbers: its arguments that are single numbers.

    >>> to_convert(["y = 2 * x", "return (1 - z) / y + np.exp(z)"], ["x", "z"])
    ['x']
    """
    tree = ast.parse("\n".join(["def f():", *(f"    {line}" for line in lines), "    pass"]))
    made_of = {name: {name} for name in numbers}
    # A loop reads what is assigned further down: twice is enough for what one step hands over.
    for _ in range(2):
        for one in ast.walk(tree):
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
                origins = _origins(one.value, made_of)
                if origins:
                    made_of.setdefault(one.targets[0].id, set()).update(origins)
    found = set[str]().union(*_delicate(tree, made_of))
    return [name for name in numbers if name in found]


def _delicate(tree: ast.AST, made_of: Mapping[str, set[str]]) -> Iterator[set[str]]:
    for one in ast.walk(tree):
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Div):
            yield _origins(one.right, made_of)
        elif (
            isinstance(one, ast.BinOp) and isinstance(one.op, ast.Pow) and not _is_whole(one.right)
        ):
            yield _origins(one, made_of)


def _is_whole(exponent: ast.expr) -> bool:
    """Whether it is 0, 1, 2 ...: a product, which Python computes as NumPy does."""
    return isinstance(exponent, ast.Constant) and isinstance(exponent.value, int)


def _origins(tree: ast.expr, made_of: Mapping[str, set[str]]) -> set[str]:
    """The arguments of which it is made as numbers of Python; none where it is an array."""
    found = set[str]()
    for one in ast.walk(tree):
        if isinstance(one, ast.Name) and one.id in made_of:
            found |= made_of[one.id]
        elif isinstance(one, ast.Name) or not isinstance(one, (*_PLAIN, ast.expr_context)):
            return set()
    return found
