"""Multi-layer perceptrons from PyTorch, and for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jangrad.errors import ConfigError, did_you_mean

# The modules of PyTorch by our names: the class, and what it must be told to be the same.
_CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "logsigmoid": ("LogSigmoid", {}),
    "relu6": ("ReLU6", {}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}),
    "elu": ("ELU", {"alpha": 1.0}),
    "selu": ("SELU", {}),
    "silu": ("SiLU", {}),
    "gelu": ("GELU", {"approximate": "none"}),
    "gelu_tanh": ("GELU", {"approximate": "tanh"}),
}
#: Beyond this PyTorch takes softplus for the line, at which they differ by 2e-9.
_THRESHOLD = 40.0


def widths_of(model: Any) -> tuple[int, list[int], list[str], list[tuple[Any, Any]]]:
    """What a `torch.nn.Sequential` is as an MLP.

    Returns:
        How many inputs it has, the widths, the activation of each layer, and of each layer the
        weights and biases as lists.

    Raises:
        ConfigError: when it is anything else than linear layers and known activations in turn.
    """
    layers: list[tuple[Any, Any]] = []
    activations: list[str] = []
    width = 0
    for place, module in enumerate(_modules(model)):
        kind = type(module).__name__
        if kind == "Linear":
            if len(activations) < len(layers):
                activations.append("linear")
            if layers and module.in_features != width:
                raise _refused(place, f"Linear({module.in_features}, ...) after {width} outputs")
            width = module.out_features
            bias = [0.0] * width if module.bias is None else module.bias.detach().tolist()
            layers.append((module.weight.detach().tolist(), bias))
        elif kind not in ("Identity", "Dropout", "Flatten"):
            if not layers or len(activations) == len(layers):
                raise _refused(place, f"{kind} where a Linear is due")
            activations.append(_name_of(place, module))
    if not layers:
        raise _refused(0, "no Linear")
    if len(activations) < len(layers):
        activations.append("linear")
    return len(layers[0][0][0]), [len(bias) for _, bias in layers], activations, layers


def _modules(model: Any) -> Iterator[Any]:
    """The modules of a Sequential, those of others in it too."""
    if type(model).__name__ != "Sequential":
        raise ConfigError(
            f"an MLP is made from a torch.nn.Sequential, not {model!r:.60}",
            why="what another module computes is code",
            try_="the Sequential of Linear layers and activations in it",
        )
    for module in model:
        if type(module).__name__ == "Sequential":
            yield from _modules(module)
        else:
            yield module


def _name_of(place: int, module: Any) -> str:
    kind = type(module).__name__
    known = [(name, told) for name, (called, told) in _CLASSES.items() if called == kind]
    for name, told in known:
        if all(getattr(module, key) == value for key, value in told.items()):
            if name == "softplus" and module.beta != 1:
                raise _refused(place, f"Softplus(beta={module.beta})")
            return name
    if known:
        raise _refused(place, f"{module!r}", f"{kind} with its default")
    raise _refused(place, kind, did_you_mean(kind, [called for called, _ in _CLASSES.values()]))


def _refused(place: int, what: str, try_: str = "Linear layers, an activation behind each") -> Any:
    return ConfigError(
        f"module {place} of the Sequential is none that an MLP has: {what}",
        why="an MLP is linear layers, each with an activation of jangrad's behind it",
        try_=try_,
    )


def sequential_of(layers: list[tuple[Any, Any]], activations: list[Any], dtype: str) -> Any:
    """A `torch.nn.Sequential` of linear layers with these weights and biases.

    Raises:
        ConfigError: when PyTorch is not installed, or has no such activation.
    """
    try:
        import torch
    except ImportError:
        raise ConfigError("PyTorch is not installed", try_="pip install torch") from None
    kind = {"float64": torch.float64, "float32": torch.float32}.get(dtype)
    if kind is None:
        raise ConfigError(f"there is no dtype {dtype!r}", try_='"float64" or "float32"')
    modules: list[Any] = []
    for (weights, biases), activation in zip(layers, activations, strict=True):
        linear = torch.nn.Linear(len(weights[0]), len(weights), dtype=kind)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights, dtype=kind))
            linear.bias.copy_(torch.tensor(biases, dtype=kind))
        modules.append(linear)
        if activation == "linear":
            continue
        if activation not in _CLASSES:
            raise ConfigError(
                f"PyTorch has no module for the activation `{activation}`",
                try_=f"one of {', '.join(_CLASSES)}",
            )
        called, told = _CLASSES[activation]
        more = {"threshold": _THRESHOLD} if activation == "softplus" else {}
        modules.append(getattr(torch.nn, called)(**told, **more))
    return torch.nn.Sequential(*modules)
