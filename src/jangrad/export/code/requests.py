"""What a user asks to be exported, checked: the function, its loss, and what learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jangrad.compiler.exporting import (
    Number,
)
from jangrad.errors import ConfigError
from jangrad.export.code.entries import Exported, Traced, exported, traced

if TYPE_CHECKING:
    from jangrad.train.optimizers import Optimizer

Loss = str | Callable[..., Any]
_NUMBERS: dict[str, Number] = {"float64": "double", "float32": "float"}
_CLASSES = ("softmax_cross_entropy",)


def requested(
    function: Callable[..., Any],
    arguments: Sequence[Any] | None,
    dtype: str | None = None,
    gradient: bool = False,
    loss: Loss | None = None,
    loss_arguments: Sequence[Any] | None = None,
    optimizer: str | type[Optimizer] | Optimizer = "sgd",
) -> Exported:
    """The loop programs of what was asked for; the arguments are those of `to_c`."""
    value = traced(function, arguments)
    if dtype is not None and dtype not in _NUMBERS:
        known = {"double": '"float64"', "float": '"float32"', "int16": '"q15"'}
        raise ConfigError(
            f"there is no dtype {dtype!r}",
            try_=known.get(dtype, '"float64" or "float32"; in C "int8" or "q15" too'),
        )
    number = value.number if dtype is None else _NUMBERS[dtype]
    if loss is None:
        return exported(value, number, gradient=gradient)
    learns = _loss(function, value, loss, loss_arguments)
    chosen = _optimizer(function, learns, optimizer, number)
    return exported(value, number, gradient=gradient, loss=learns, optimizer=chosen)


def _loss(
    function: Callable[..., Any], value: Traced, loss: Loss, arguments: Sequence[Any] | None
) -> Traced:
    """The loss as a function of numbers; of a named one the network's inputs and a target."""
    if not isinstance(loss, str):
        return traced(loss, arguments, "loss_arguments")
    from jangrad.train.resolve import outputs_of, resolve_loss

    name, mean, _ = resolve_loss(loss)
    called: Any = getattr(function, "function", function)
    count = len(value.found.program.outputs)

    def of_row(x: Any, target: Any) -> Any:
        return mean([outputs_of(called, x)], [target])

    if arguments is None:
        alone = count == 1 or name in _CLASSES
        target: Any = (0 if name in _CLASSES else 0.0) if alone else [0.0] * count
        arguments = (*value.arguments, target)
    found = traced(of_row, arguments, "loss_arguments")
    return found._replace(names=[*value.names, "target"])


def _optimizer(
    function: Any, loss: Traced, optimizer: str | type[Optimizer] | Optimizer, number: Number
) -> Optimizer:
    from jangrad.train.optimizers import Optimizer
    from jangrad.train.resolve import check_compilable, resolve_optimizer

    if isinstance(optimizer, Optimizer):
        parameters = list(optimizer.parameters)
    elif hasattr(function, "parameters"):
        parameters = list(function.parameters())
    else:
        parameters = [v for v in loss.found.params if v.is_leaf]
    chosen = resolve_optimizer(optimizer, parameters, None, "those that the loss uses")
    check_compilable(chosen, number)
    return chosen
