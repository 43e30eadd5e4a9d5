"""PyTorch, where it is installed: the same formulas with derivatives that are not ours."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

from tools.fuzz.ways import Way


def peers() -> list[type[Way]]:
    """The peers that are there."""
    return [Torch] if importlib.util.find_spec("torch") else []


class Torch(Way):
    """Numbers as tensors without axes, in double precision."""

    name = "PyTorch"
    tolerance = 1e-9

    def __init__(self) -> None:
        super().__init__()
        import torch
        from torch.nn import functional

        def number(x: Any) -> Any:
            return torch.as_tensor(x, dtype=torch.float64)

        def lifted(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *xs: function(*map(number, xs))

        same = ("tanh", "sin", "sigmoid", "exp", "cos", "atan", "maximum", "minimum")
        self.names = {
            **{name: lifted(getattr(torch, name)) for name in same},
            "softplus": lambda x: torch.logaddexp(number(x), number(0.0)),
            "relu": lifted(torch.relu),
            "gelu": lifted(functional.gelu),
            "silu": lifted(functional.silu),
            "elu": lambda x, alpha: functional.elu(number(x), alpha=alpha),
            "leaky_relu": lambda x, slope: functional.leaky_relu(number(x), slope),
            "clamp": lambda x, low, high: torch.clamp(number(x), low, high),
            "where": lambda test, a, b: torch.where(torch.as_tensor(test), number(a), number(b)),
        }

    def _slopes(self, f: Callable[..., Any], x: Any) -> Any:
        import torch

        leaves = [torch.tensor(float(v), dtype=torch.float64, requires_grad=True) for v in x]
        root = f(leaves)
        root.backward()
        return [root.item(), *(0.0 if v.grad is None else v.grad.item() for v in leaves)]
