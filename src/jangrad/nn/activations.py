"""What a neuron does to its weighted sum, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jangrad import functions
from jangrad.engine import Value
from jangrad.errors import ConfigError, did_you_mean

#: The activations by name. `prelu` is made by the neuron, for its slope is a parameter.
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": functions.relu,
    "leaky_relu": functions.leaky_relu,
    "relu6": functions.relu6,
    "elu": functions.elu,
    "selu": functions.selu,
    "softplus": functions.softplus,
    "gelu": functions.gelu,
    "gelu_tanh": functions.gelu_tanh,
    "silu": functions.silu,
    "tanh": functions.tanh,
    "sigmoid": functions.sigmoid,
    "sin": functions.sin,
}


def activation(name: str, slope: Value | None = None) -> Callable[[Any], Any]:
    """The activation of this name.

    Raises:
        ConfigError: when there is none.
    """
    if name == "prelu" and slope is not None:
        return lambda x: functions.prelu(x, slope)
    if name not in ACTIVATIONS:
        raise ConfigError(
            f"there is no activation `{name}`", try_=did_you_mean(name, [*ACTIVATIONS, "prelu"])
        )
    return ACTIVATIONS[name]
