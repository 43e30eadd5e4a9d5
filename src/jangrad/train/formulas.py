"""The formulas of the optimisers, as the papers print them; `optimizers.py` says which ones."""

from __future__ import annotations

from functools import cache

from jangrad.train.update_rule import UpdateRule

_ADAM = """
    m_correction = 1 / (1 - beta1 ** step)
    v_correction = 1 / (1 - beta2 ** step)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    p = p - rate * (m * m_correction) / (sqrt(v * v_correction) + epsilon)
"""
_VELOCITY, _BETAS = (("b",), ("momentum",)), ("beta1", "beta2", "epsilon")
# Each with what it remembers of a parameter, and its options.
_FORMULAS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "plain": ("p = p - rate * g", (), ()),
    "momentum": ("b = momentum * b + g; p = p - rate * b", *_VELOCITY),
    "nesterov": ("b = momentum * b + g; p = p - rate * (g + momentum * b)", *_VELOCITY),
    "adam": (_ADAM, ("m", "v"), _BETAS),
    "adamw": ("p = p - rate * weight_decay * p" + _ADAM, ("m", "v"), (*_BETAS, "weight_decay")),
    "rmsprop": (
        "v = alpha * v + (1 - alpha) * g * g; p = p - rate * g / (sqrt(v) + epsilon)",
        *(("v",), ("alpha", "epsilon")),
    ),
    "adagrad": ("s = s + g * g; p = p - rate * g / (sqrt(s) + epsilon)", ("s",), ("epsilon",)),
}


@cache
def formula(name: str) -> UpdateRule:
    """One of these formulas, read at its first use."""
    return UpdateRule(*_FORMULAS[name])
