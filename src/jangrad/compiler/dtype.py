"""The types of numbers that machine code computes with."""

from typing import Any, Literal

import numpy as np

Number = Literal["double", "float"]


def dtype_of(number: Number) -> Any:
    """NumPy's name of LLVM's type."""
    return np.float64 if number == "double" else np.float32
