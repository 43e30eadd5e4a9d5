"""What a neuron does with its weighted sum, by name: the operations of the table that fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from jangrad import functions, ops
from jangrad.engine import Value
from jangrad.errors import ConfigError, SilentDetach, did_you_mean

#: A name of `activation_names()`, or a function from one Value to one Value.
Activation: TypeAlias = str | Callable[[Value], Value]

_LEARNED = "prelu"  # its slope is a parameter of the neuron

_found: dict[str, Callable[[Value], Value]] = {"linear": lambda x: x}


def activation_names() -> list[str]:
    """The names an activation may have, your own one-input operations included, in their order.

    An operation of one input, or with a default for the second, that is defined for every real
    number can be an activation.

    >>> activation_names()[:4]
    ['linear', 'leaky_relu', 'elu', 'prelu']
    """
    fitting = [row for row in tuple(ops.OPS.values()) if row.is_activation]
    with_a_default = [row.name for row in fitting if len(row.inputs) == 2]
    return ["linear", *with_a_default, _LEARNED, *(r.name for r in fitting if r.inputs == ("x",))]


def _fits(name: str) -> bool:
    """Whether an activation may have this name; asked for each neuron, of one row of the table."""
    row = ops.OPS.get(name)
    return name in ("linear", _LEARNED) or (row is not None and row.is_activation)


def checked_activation(activation: Any) -> Activation:
    """The activation, by its name where it has one.

    Raises:
        ConfigError: when there is no activation of that name, or it is no function either.
    """
    if isinstance(activation, str):
        if not _fits(activation):
            raise ConfigError(
                f"there is no activation `{activation}`",
                why="an activation is an operation of one input, defined for every real number",
                try_=did_you_mean(activation, activation_names()),
            )
        return activation
    if not callable(activation):
        raise ConfigError(
            f"an activation is a name or a function, not {activation!r:.60}"
            f" ({type(activation).__name__})",
            try_='"relu", "tanh", "linear" or a function of one Value',
        )
    for name in activation_names():  # jangrad.relu is "relu": it can be shown and saved
        if activation is functions.named(name):
            return name
    return activation  # type: ignore[no-any-return]


def name_of(activation: Activation) -> str:
    """The activation in a word, for people."""
    if isinstance(activation, str):
        return activation
    return getattr(activation, "__name__", type(activation).__name__)


def activate(activation: Activation, x: Value) -> Value:
    """The activation of one Value.

    Raises:
        SilentDetach: when a function of the user's returns something else than a Value.
    """
    if isinstance(activation, str):
        return _function(activation)(x)
    result = activation(x)
    if not isinstance(result, Value):
        raise SilentDetach(
            f"the activation `{name_of(activation)}` returned {result!r:.60}"
            f" ({type(result).__name__}), not a Value",
            why="no gradient can flow back through a plain number",
            try_="jangrad's own functions on the Value itself, not on its `.data`",
        )
    return result


def _function(name: str) -> Callable[[Value], Value]:
    found = _found.get(name)
    if found is None:
        # A user's operation may have the name of any attribute of Value, such as `arctan`.
        method = getattr(Value, name, None) if name in ops.OURS else None
        found = _found[name] = method or functions.lift(name)
    return found
