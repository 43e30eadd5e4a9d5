"""`jangrad show`: the tree of an expression typed in."""

from __future__ import annotations

import json

from jangrad.errors import ExpressionError
from jangrad.interfaces.terminal import say, say_json, say_styled


def run(expression: str, numbers: tuple[str, ...], explain: str | None, as_json: bool) -> None:
    """Print the tree of the expression at the given numbers."""
    from jangrad.show.expression import as_python_reads, evaluate_expression

    given: dict[str, float] = {}
    for name, number in map(_assignment, numbers):
        if name in given:
            raise ExpressionError(f"`{name}` is given two numbers", where="", try_="one of them")
        given[name] = number
    tree = evaluate_expression(expression, given).backtrack()
    if as_json:
        say_json(json.loads(tree.to_json()))
    elif explain:
        say(tree.explain(as_python_reads(explain)))
    else:
        say_styled(str(tree))


def _assignment(text: str) -> tuple[str, float]:
    """`a=2` as ("a", 2.0)."""
    from jangrad.show.expression import as_python_reads

    name, equals, number = text.partition("=")
    if equals and name.strip().isidentifier():
        try:
            return as_python_reads(name.strip()), float(number)
        except ValueError:
            pass
    raise ExpressionError(
        f"`{text}` gives no name a number", where="", try_="name=number, for example a=2"
    )
