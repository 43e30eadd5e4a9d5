"""Training loops written by hand in C, vectorised by hand: what the compiler is measured by.

Each file says how it is laid out. They are compiled by the benchmark, for the machine it runs on.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
FLAGS = ("-O3", "-march=native", "-std=gnu17", "-shared", "-fPIC", "-Wall", "-Werror")


@cache
def built(name: str, **constants: object) -> ctypes.CDLL:
    """The library of `name`.c, with these macros set."""
    macros = [f"-D{key}={value}" for key, value in constants.items()]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / f"{name}.so"
        source = HERE / f"{name}.c"
        subprocess.run(["gcc", *FLAGS, *macros, "-o", library, source, "-lm"], check=True)
        return ctypes.CDLL(str(library))


def call(function: Any, *arguments: Any) -> None:
    """Call a C function: arrays as pointers, integers as long, others as double."""
    function.restype = None
    function(*map(_argument, arguments))


def _argument(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        assert x.flags.c_contiguous
        return ctypes.c_void_p(x.ctypes.data)
    return ctypes.c_long(x) if isinstance(x, int) else ctypes.c_double(x)
