"""The operations of `Lanes` on NumPy's arrays: what LLVM's instructions have to agree with."""

import numpy as np

from jangrad.compiler.dtype import dtype_of
from jangrad.compiler.vector_functions import Lanes
from jangrad.compiler.vector_functions.lanes import FORMATS, rounded


class NumpyLanes(Lanes):
    """Computes with NumPy at once; a value is an array.

    >>> m = NumpyLanes("double")
    >>> float(m.fma(m.const(0.1), m.const(10.0), m.const(-1.0)))
    5.551115123125783e-17
    """

    def __init__(self, number="double"):
        self.number, self.format = number, FORMATS[number]
        self.dtype = np.dtype(dtype_of(number))
        self.int_dtype = np.dtype(f"u{self.dtype.itemsize}")

    def const(self, x):
        return rounded(x, self.number)

    def add(self, a, b):
        return a + b

    def sub(self, a, b):
        return a - b

    def mul(self, a, b):
        return a * b

    def div(self, a, b):
        return a / b

    def neg(self, a):
        return -a

    def abs(self, a):
        return np.abs(a)

    def sqrt(self, a):
        return np.sqrt(a)

    def round_even(self, a):
        return np.rint(a)

    def floor(self, a):
        return np.floor(a)

    def ceil(self, a):
        return np.ceil(a)

    def rem(self, a, b):
        return np.fmod(a, b)

    def fma(self, a, b, c):
        if self.number == "float":  # a product of two floats is exact in double
            return (np.float64(a) * np.float64(b) + np.float64(c)).astype(np.float32)
        # The product and the sum without error (Dekker 1971), rounded together. The last addition
        # may round twice, so once in a long while the result is one bit off.
        product, sum_ = a * b, a * b + c
        low = _split_product(a, b, product)
        back = sum_ - product
        error = (product - (sum_ - back)) + (c - back)
        exact = sum_ + (error + low)
        return np.where(np.isfinite(exact), exact, sum_)

    def beyond(self, bound, name, x, near):
        return np.where(np.abs(x) > bound, getattr(np, name)(x), near)

    def lt(self, a, b):
        return a < b

    def le(self, a, b):
        return a <= b

    def eq(self, a, b):
        return a == b

    def ne(self, a, b):
        return a != b

    def both(self, a, b):
        return a & b

    def either(self, a, b):
        return a | b

    def negated(self, a):
        return ~a

    def select(self, mask, a, b):
        return np.where(mask, a, b)

    def bits(self, a):
        return np.asarray(a).view(self.int_dtype)

    def from_bits(self, i):
        return np.asarray(i).view(self.dtype)

    def int_const(self, i):
        return self.int_dtype.type(i)

    def iadd(self, i, j):
        return i + j

    def isub(self, i, j):
        return i - j

    def iand(self, i, j):
        return i & j

    def ior(self, i, j):
        return i | j

    def ixor(self, i, j):
        return i ^ j

    def ieq(self, i, j):
        return i == j

    def shl(self, i, count):
        return i << self.int_const(count)

    def shr(self, i, count):
        return i >> self.int_const(count)


def _split_product(a, b, product):
    """What rounding took from a product of doubles (Veltkamp's splitting, Dekker's product)."""
    (a1, a0), (b1, b0) = _halves(a), _halves(b)
    return a0 * b0 - (((product - a1 * b1) - a0 * b1) - a1 * b0)


def _halves(a):
    spread = a * 134217729.0  # 2 ** 27 + 1
    high = spread - (spread - a)
    return high, a - high
