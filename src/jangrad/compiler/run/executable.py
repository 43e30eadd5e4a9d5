"""Machine code and the memory it works in."""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad.compiler.dtype import dtype_of
from jangrad.compiler.program.sweeps import address
from jangrad.compiler.run import native
from jangrad.compiler.run.binary import Binary
from jangrad.engine import Value
from jangrad.tape import read_data

if TYPE_CHECKING:
    from jangrad.compiler.run.pipeline import LoweredProgram

# So many numbers of rows are transposed at once, or so many chunks where rows are wide: each time
# costs some 20 us of Python.
_BLOCK, _LEAST_CHUNKS = 1 << 17, 4
# A report measures for so many seconds.
_MEASURED = 0.01


class Executable:
    """Runs.

    Args:
        binary: its machine code.
        code: the same, loaded.
        params: the Values behind the parameters.
        lower: lowers the program once more, for those who want to read it, or see its passes.

    Attributes:
        binary, code, params: as given.
        buffers: the arrays outside, by name; those of rows are made when rows come.
    """

    def __init__(
        self,
        binary: Binary,
        code: native.MachineCode,
        params: list[Value],
        lower: Callable[..., LoweredProgram],
    ) -> None:
        self.binary, self.code, self.params, self._lower = binary, code, params, lower
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
        self._transpose = kind(code.address("transpose")) if "Y" in binary.sizes else None
        self._chunks = 0  # of rows, for which there is room
        self.point()

    def on(self, params: list[Value]) -> Executable:
        """The same code with memory of its own, for other parameters."""
        return Executable(self.binary, self.code, params, self._lower)

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

    def read_parameters(self, shared: Sequence[float] = ()) -> None:
        """Take the parameters as they are now; the first ones are these numbers."""
        if not self.params:
            return
        seen = self._seen
        self._seen = read_data(self.params, self._parameters.numbers, seen)
        if shared:
            self._parameters.numbers[: len(shared)] = shared
        if shared or self._seen != seen:
            self._parameters.give()

    def run(self) -> None:
        """Run once, over a chunk of rows where there are rows."""
        self.read_parameters()
        self._run(*self._one_chunk)

    def rows_of_block(self, count: int, width: int) -> int:
        """How many of so many rows are computed at once: whole chunks that stay in a cache."""
        chunk = self.binary.chunk
        chunks = max(_BLOCK // (chunk * max(width, 1)), _LEAST_CHUNKS)
        return min(chunks, -(-count // chunk)) * chunk

    def map(self, block: Sequence[Any]) -> Any:
        """Run over a block of rows, given as `Rows.block` gives them.

        Returns:
            The outputs of each row, shape (outputs, rows).
        """
        count, chunk, outputs = len(block[0]), self.binary.chunk, self.binary.sizes["Y"]
        full, rest = divmod(count, chunk)
        used = full + (rest > 0)
        self._make_room(used)
        if full:
            self._give_full(block, full)
        for inputs, part in self._beside(block) if rest else ():
            _copy(inputs[full, :, :rest], part[full * chunk :].T)
            # The last row again, where there are no more.
            inputs[full, :, rest:] = inputs[full, :, rest - 1 : rest]
        self._run(*self._arguments, used)
        taken = self.buffers["Y"].reshape(self._chunks, outputs, chunk)
        transposed = taken[:used].transpose(1, 0, 2).reshape(outputs, used * chunk)
        return transposed[:, :count]

    def sums(self, block: Sequence[Any]) -> Iterator[tuple[Any, int]]:
        """Run over a block of rows, as `map` does, and give what the program sums over rows.

        Rows that do not fill a chunk come several times each, as many as fill one.

        Yields:
            What it leaves in R, and how many times it holds each of some rows, together all.
        """
        count, chunk, results = len(block[0]), self.binary.chunk, self.buffers["R"]
        full = count // chunk
        self._make_room(max(full, 1))
        if full:
            self._give_full(block, full)
            self._run(*self._arguments, full)
            yield results, 1
        done = full * chunk
        while done < count:
            some = next(n for n in range(count - done, 0, -1) if chunk % n == 0)
            for inputs, part in self._beside(block):
                copies = inputs[0].reshape(part.shape[1], -1, some)
                _copy(copies, part[done : done + some].T[:, None])
            self._run(*self._one_chunk)
            yield results, chunk // some
            done += some

    def _make_room(self, chunks: int) -> None:
        """Have buffers for so many chunks of rows."""
        if chunks > self._chunks:
            for name in "XY":
                size = chunks * self.binary.sizes[name] * self.binary.chunk
                self.buffers[name] = aligned(size, self.dtype)
            self.point()
            self._chunks = chunks

    def _give_full(self, block: Sequence[Any], chunks: int) -> None:
        """Copy so many whole chunks of rows to X, each number beside those of the other rows."""
        assert self._transpose is not None, "a program that is mapped has a buffer for its outputs"
        if len(block) == 1:
            rows = _contiguous(block[0], self.dtype)
            self._transpose(address(rows), address(self.buffers["X"]), chunks)
            return
        for inputs, part in self._beside(block):
            whole = part[: chunks * self.binary.chunk]
            _copy(inputs[:chunks], whole.reshape(chunks, -1, part.shape[1]).transpose(0, 2, 1))

    def _beside(self, block: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Each part of a block, after its numbers in X, of shape (chunks, numbers, rows)."""
        width = sum([part.shape[1] for part in block])
        given, start = self.buffers["X"].reshape(self._chunks, width, self.binary.chunk), 0
        for part in block:
            yield given[:, start : start + part.shape[1]], part
            start += part.shape[1]

    def report(self, lines: Sequence[str] = ()) -> str:
        """What the compiler did; `lines` are those of the user that made the program's nodes."""
        from jangrad.compiler.run.report import report

        program, plan, module, _ = self._lower()
        return report(program, plan, module, len(self.binary.made), self._seconds(), lines)

    def stages(self, lines: int | None = None) -> str:
        """The program after every pass; so many lines of each, if not all."""
        from jangrad.compiler.run.pipeline import Passes, Shown

        passes = Passes(kept=True)
        text = self._lower(passes).module.text
        passes("machine code", Shown(lambda: native.assembly(text, native.host())))
        return passes.as_text(lines)

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
        return self._lower().module.text

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


def _contiguous(rows: Any, dtype: Any) -> Any:
    if rows.dtype == dtype and rows.flags.c_contiguous:
        return rows
    with np.errstate(over="ignore", under="ignore"):
        return np.ascontiguousarray(rows, dtype)


def _copy(inputs: Any, numbers: Any) -> None:
    if inputs.dtype == numbers.dtype:
        inputs[...] = numbers
        return
    with np.errstate(over="ignore", under="ignore"):
        inputs[...] = numbers


def aligned(size: int, dtype: Any) -> Any:
    """An array of zeros that begins at a multiple of 64 bytes."""
    each = np.dtype(dtype).itemsize
    spare = np.zeros(size + 64 // each + 1, dtype)
    start = -address(spare) % 64 // each
    return spare[start : start + size]
