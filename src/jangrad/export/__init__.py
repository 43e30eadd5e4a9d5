"""Models on their way out of jangrad, and back in."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jangrad.export.answers import answers as answers
from jangrad.export.model_file import load_model as load_model
from jangrad.export.model_file import save_model as save_model

if TYPE_CHECKING:
    from jangrad.export.code.c import to_c as to_c
    from jangrad.export.code.javascript_module import to_javascript as to_javascript
    from jangrad.export.vectorised.jax_source import to_jax as to_jax
    from jangrad.export.vectorised.numpy_source import to_numpy as to_numpy
    from jangrad.export.vectorised.onnx_model import to_onnx as to_onnx

# What needs the compiler, which models in files do without.
_LATER = {
    "to_c": "code.c",
    "to_javascript": "code.javascript_module",
    "to_numpy": "vectorised.numpy_source",
    "to_jax": "vectorised.jax_source",
    "to_onnx": "vectorised.onnx_model",
}

__all__ = ["answers", "load_model", "save_model", *_LATER]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'jangrad.export' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"jangrad.export.{_LATER[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
