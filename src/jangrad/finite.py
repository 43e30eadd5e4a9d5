"""Where a nan or inf comes from, for `strict()`: the operation, its inputs, and the user's line."""

from __future__ import annotations

from typing import Any

from jangrad import graph, ops
from jangrad.errors import NonFinite


def error_of(v: Any) -> NonFinite:
    """The error for a Value whose number is no finite one."""
    x = v.data
    if v.is_leaf:
        return NonFinite(f"a Value was made from {x}", try_="look at where the data comes from")
    row = ops.OPS[v.op]
    lines = [f"{c.data} was made at {c.made_at}" for c in v.children if c.made_at]
    return NonFinite(
        f"`{row.name}` gave {x} from ({', '.join(repr(_plain(each)) for each in v.inputs)})",
        why="; ".join(
            [
                f"`{row.name}` needs {row.domain}" if row.domain else "the result overflowed",
                *lines,
            ]
        ),
        try_="a smaller step, or a stable form: logsumexp, log_softmax, softplus, logsigmoid",
    )


def error_of_assigning(value: str, number: float) -> NonFinite:
    """The error for such a number that is assigned to this Value, which keeps its own."""
    return NonFinite(
        f"{number} was assigned to {value}",
        why="whatever is computed from it would be inf or nan",
        try_="look at where the number comes from; a smaller step",
    )


def check_gradients(root: Any) -> None:
    """Raise NonFinite at the first gradient behind a Value that is no finite number.

    What uses a Value comes before it, so the gradients of its users are finite.
    """
    order = graph.ordered(root)[::-1]
    for v in order:
        if v.grad - v.grad != 0.0:
            raise _error_of_gradient(v, order)


def _error_of_gradient(v: Any, users: list[Any]) -> NonFinite:
    for user in users:
        if all(child is not v for child in user.children):
            continue
        if user.own_backward:  # what it hands down, nobody but itself knows
            inputs = tuple(child.data for child in user.children)
            return NonFinite.in_gradient(user.op, inputs, f" is {v.grad}", user.made_at)
        inputs = tuple(map(_plain, user.inputs))
        parts = ops.contributions(user.op, inputs, user.data, user.grad)
        for x, part in zip(user.inputs, parts, strict=True):
            if x is v and part is not None and part - part != 0.0:
                return NonFinite.in_gradient(user.op, inputs, f" is {part}", user.made_at)
    name = f"`{v.label}` ({v.data})" if v.label else repr(v)
    return NonFinite(
        f"the gradients that reach {name} add up to {v.grad}",
        why="each of them is finite; those of an earlier backward() stay until zero_grad()",
        try_="a smaller step, or smaller numbers",
    )


def _plain(x: Any) -> float:
    """The number of a Value, or a number."""
    return float(getattr(x, "data", x))
