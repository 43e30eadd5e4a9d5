"""Machine code in a process whose memory is in pieces."""

import subprocess
import sys

import pytest

#: Whatever wants more than one page comes to lie 6 GiB below the single pages that are left.
IN_PIECES = '''
import ctypes
import math

import jangrad as jg

PAGE, NOTHING, PRIVATE, NO_RESERVE = 4096, 0, 0x22, 0x4000
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def taken(size):
    return libc.mmap(None, size, NOTHING, PRIVATE | NO_RESERVE, -1, 0)


def long(*xs):
    """Some pages of code, one of constants, and functions of the C library."""
    y = xs[0]
    for i, x in enumerate(xs):
        y = (y * (i + 0.37) + (x * (i * 0.11)).exp()).tanh() + (x.cos() + i * 1.01 + 2).log()
    return y


print(jg.jit(lambda x: 2.5 * x)(1.0))  # all that a compiler takes is there
pages = taken(200 * PAGE)
below = taken(6 << 30)
for size in (1 << 26, 1 << 24, 1 << 22, 1 << 20, 1 << 18, 1 << 16, 1 << 14, 2 * PAGE, PAGE):
    while taken(size) > below:
        pass
for i in range(0, 200, 2):
    libc.munmap(pages + i * PAGE, PAGE)
xs = [0.1 * i for i in range(30)]
assert math.isclose(jg.jit(long)(*xs), long(*map(jg.Value, xs)).data, rel_tol=1e-12)
'''


@pytest.mark.skipif(sys.platform != "linux", reason="the numbers are those of Linux")
def test_code_and_constants_lie_together():
    """Constants more than 2 GiB away from the code made LLVM abort the process."""
    done = subprocess.run(
        [sys.executable, "-c", IN_PIECES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
