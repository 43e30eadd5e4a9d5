"""A network of the user's own, whose layers stay as they are: printed by `to_javascript`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.export.code.entries import exported, traced
from jangrad.export.code.javascript_module import maker
from jangrad.lists import dot
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import outputs_of
from jangrad.train.update_rule import UpdateRule


class Gathered(Optimizer):
    """No optimiser: it adds gradients up, for the page's own to take.

    Args:
        parameters: whose gradients.
    """

    def __init__(self, parameters: Iterable[Value]) -> None:
        super().__init__(parameters, 1.0, UpdateRule("s = s + g; p = p", ("s",), ()), {})


def own_network(net: Any, inputs: int) -> tuple[str, int]:
    """A function in JavaScript that makes the network, and how many outputs it has.

    What it makes has `value(row)`, and `trainStep(row, upstream)`, which adds the gradient of the
    sum of outputs times upstream to `memory.state_s`.

    Args:
        net: a module, called with a row.
        inputs: how many numbers a row has.

    Raises:
        ConfigError: when it has nothing to learn.
        Untraceable: when it reads a number, as `jit` says.
    """
    row = [0.0] * inputs
    outputs = len(outputs_of(net, row))
    learning = net.parameters()
    if not learning:
        raise ConfigError(f"{net!r:.60} has no parameters, so there is nothing to learn")

    def value(x: Any) -> list[Any]:
        return list(outputs_of(net, x))

    def pulled(x: Any, upstream: Any) -> Any:
        return dot(outputs_of(net, x), upstream)

    found = exported(
        traced(value, (row,)),
        "double",
        loss=traced(pulled, (row, [0.0] * outputs)),
        optimizer=Gathered(learning),
    )
    # Comments name the user's files, which are nobody's business in a page.
    return re.sub(r"(?s)/\*.*?\*/|^ *//.*?$", "", maker(found), flags=re.MULTILINE), outputs
