"""The engine as plain Python: what stands in for Cython, and how the plain file is loaded.

With `JANGRAD_PURE=1` in the environment the engine runs as plain Python although it was compiled.
"""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

compiled = False
double = float


def cclass(kind: type) -> type:
    """The class as it is: a compiled one has typed fields."""
    return kind


no_gc = cclass


def cast(kind: type, thing: object) -> object:
    """The thing as it is: what is compiled takes it for one of this type."""
    return thing


def spoken(is_compiled: bool) -> str:
    """How the engine runs, and where that can be mended, what to do."""
    if is_compiled:
        return "compiled engine"
    if os.environ.get("JANGRAD_PURE") == "1":
        return "plain Python engine, as JANGRAD_PURE=1 asks for"
    return (
        "plain Python engine, several times slower than the compiled one\n"
        "  why: there was no C compiler when jangrad was installed\n"
        "  try: install one (gcc, clang, Visual Studio), then, where jangrad's source is:"
        " pip install --force-reinstall --no-deps --no-cache-dir ."
    )


def load_plain_engine() -> None:
    """Import the engine and its parts from their sources, before the compiled files are found."""
    package = sys.modules["jangrad"]
    for part in ("watching", "engine", "tape", "copies"):
        name = f"jangrad.{part}"
        spec = spec_from_file_location(name, os.path.join(os.path.dirname(__file__), f"{part}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
        setattr(package, part, module)
