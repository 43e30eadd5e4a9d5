"""Machine code and the memory it works in."""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad.compiler.emit.lanes import dtype_of
from jangrad.compiler.program.sweeps import address
from jangrad.compiler.run import native
from jangrad.compiler.run.binary import Binary
from jangrad.engine import Value, read_data

if TYPE_CHECKING:
    from jangrad.compiler.run.pipeline import Written

# So many numbers of rows are turned at once, or so many chunks where rows are wide: each turn costs
# some 20 us of Python.
_BLOCK, _LEAST_CHUNKS = 1 << 17, 4
# A report measures for so many seconds.
_MEASURED = 0.01


class Executable:
    """Runs.

    Args:
        binary: its machine code.
        code: the same, loaded.
        params: the Values behind the parameters.
        write: writes the module once more, for those who want to read it, or see its passes.

    Attributes:
        binary, code, params: as given.
        buffers: the arrays outside, by name; those of rows are made when rows come.
    """

    def __init__(
        self,
        binary: Binary,
        code: native.Code,
        params: list[Value],
        write: Callable[..., Written],
    ) -> None:
        self.binary, self.code, self.params, self._write = binary, code, params, write
        self.dtype = dtype_of(binary.number)
        sizes = {**binary.sizes, "P": len(params)}
        self.buffers: dict[str, Any] = {}
        for name, size in sizes.items():
            filled = binary.filled.get(name, np.zeros(0, self.dtype))
            self.buffers[name] = aligned(size, filled.dtype)
            self.buffers[name][: len(filled)] = filled
        self._arena = aligned(binary.arena, np.uint8)
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
        self._run = kind(code.address("run"))
        self._turn = kind(code.address("turn")) if "Y" in binary.sizes else None
        self._chunks = 0  # of rows, for which there is room
        self.point()

    def on(self, params: list[Value]) -> Executable:
        """The same code with memory of its own, for other parameters."""
        return Executable(self.binary, self.code, params, self._write)

    def point(self) -> None:
        """Tell the code where the buffers are, after one was replaced."""
        addresses = [address(self.buffers[name]) for name in self.binary.outside]
        self.table = np.array(addresses, np.uint64)
        # Made once: to make them takes a call as long as to run a small program.
        self._arguments = tuple(ctypes.c_void_p(address(a)) for a in (self.table, self._arena))
        self._one_chunk = (*self._arguments, ctypes.c_int64(1))
        self._parameters = Doubles(self.buffers["P"])
        self._seen = -1.0  # when the parameters were read

    def share(self, parameters: Any) -> None:
        """Find the parameters in this buffer from now on, where others change them."""
        if self.buffers["P"] is not parameters:
            self.params = []
            self.buffers["P"] = parameters
            self.point()

    def read_parameters(self) -> None:
        """Take the parameters as they are now."""
        if not self.params:
            return
        seen = self._seen
        self._seen = read_data(self.params, self._parameters.numbers, seen)
        if self._seen != seen:
            self._parameters.give()

    def run(self) -> None:
        """Run once, over a chunk of rows where there are rows."""
        self.read_parameters()
        self._run(*self._one_chunk)

    def map(self, rows: Any, after: Callable[[], None] | None = None) -> Any:
        """Run over rows of inputs, shape (rows, inputs); returns doubles, (outputs a row, rows).

        `after` is called when a block of rows is done, with what it leaves in the buffers.
        """
        rows = np.ascontiguousarray(rows, self.dtype)
        assert self._turn is not None, "a program that is mapped has a buffer for its outputs"
        count, width = rows.shape
        chunk, outputs = self.binary.chunk, self.binary.sizes["Y"]
        # Blocks of rows that stay in a cache while they are turned, run and turned back.
        chunks = max(_BLOCK // (chunk * max(width, 1)), _LEAST_CHUNKS)
        chunks = min(chunks, -(-count // chunk))
        if chunks > self._chunks:
            for name in "XY":
                self.buffers[name] = aligned(chunks * self.binary.sizes[name] * chunk, self.dtype)
            self.point()
            self._chunks = chunks
        given = self.buffers["X"].reshape(self._chunks, width, chunk)
        taken = self.buffers["Y"].reshape(self._chunks, outputs, chunk)
        self.read_parameters()
        found = np.empty((outputs, count))
        first, x = address(rows), address(given)
        for start in range(0, count, chunks * chunk):
            block = rows[start : start + chunks * chunk]
            full, rest = divmod(len(block), chunk)
            if full:
                self._turn(first + start * rows.strides[0], x, full)
            if rest:  # the last row again, where there are no more
                given[full, :, :rest] = block[full * chunk :].T
                given[full, :, rest:] = block[-1][:, None]
            used = full + (rest > 0)
            self._run(*self._arguments, used)
            if after is not None:
                after()
            turned = taken[:used].transpose(1, 0, 2).reshape(outputs, used * chunk)
            found[:, start : start + len(block)] = turned[:, : len(block)]
        return found

    def report(self, lines: Sequence[str] = ()) -> str:
        """What the compiler did; `lines` are those of the user that made the program's nodes."""
        from jangrad.compiler.run.report import report

        program, plan, module, _ = self._write()
        return report(program, plan, module, len(self.binary.made), self._seconds(), lines)

    def stages(self, lines: int | None = None) -> str:
        """The program after every pass; so many lines of each, if not all."""
        from jangrad.compiler.run.pipeline import Passes, Shown

        passes = Passes(kept=True)
        text = self._write(passes).module.text
        passes("machine code", Shown(lambda: native.assembly(text, native.host())))
        return passes.told(lines)

    def _seconds(self) -> float:
        """What a run over one chunk takes, the least of several, in memory of its own."""
        alone = self.on(self.params)
        for name in ("X", "XT", "Y"):
            if name in alone.buffers:
                size = self.binary.sizes[name] * self.binary.chunk
                alone.buffers[name] = aligned(size, self.dtype)
        alone.point()
        alone.read_parameters()
        least, spent = math.inf, 0.0
        while spent < _MEASURED:
            start = time.perf_counter()
            alone._run(*alone._one_chunk)
            least = min(least, time.perf_counter() - start)
            spent += time.perf_counter() - start
        return least

    def llvm(self) -> str:
        """The module as LLVM's text."""
        return self._write().module.text

    def asm(self) -> str:
        """The machine code as text."""
        return native.assembly(self.llvm(), native.host())


class Doubles:
    """Doubles for a buffer of machine code, as Python has them.

    Attributes:
        numbers: the doubles: the buffer itself, unless it is in single precision.
    """

    def __init__(self, buffer: Any) -> None:
        self.numbers: Any = buffer if buffer.dtype == float else np.empty(len(buffer))
        self._buffer = None if buffer is self.numbers else buffer

    def give(self) -> None:
        """Put the doubles into the buffer."""
        if self._buffer is None:
            return
        try:
            self._buffer[:] = self.numbers
        except (FloatingPointError, RuntimeWarning):  # if a program has told NumPy to raise it
            with np.errstate(over="ignore", under="ignore"):
                self._buffer[:] = self.numbers

    def take(self) -> Any:
        """Get the doubles from the buffer."""
        if self._buffer is not None:
            self.numbers[:] = self._buffer
        return self.numbers


def aligned(size: int, dtype: Any) -> Any:
    """An array of zeros that begins at a multiple of 64 bytes."""
    each = np.dtype(dtype).itemsize
    spare = np.zeros(size + 64 // each + 1, dtype)
    start = -address(spare) % 64 // each
    return spare[start : start + size]
