"""A trace in machine code: what it gives for numbers or rows, and what is wrong with these."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from jangrad.compiler.dtype import Number
from jangrad.compiler.program.arguments import Rows, unmet
from jangrad.compiler.program.call_forms import check_place
from jangrad.compiler.program.finite_checks import checked
from jangrad.compiler.program.origin import in_single, unexplained
from jangrad.compiler.program.results import maker, shape_of
from jangrad.compiler.program.trace import Output, Trace
from jangrad.compiler.run.executable import Executable
from jangrad.compiler.run.outputs import Look, Outputs, Take
from jangrad.errors import NonFinite
from jangrad.needs import is_met, refusal
from jangrad.watching import is_strict


class Code:
    """A trace in machine code; `again` is `raise_non_finite` for its function, `lines` finds lines.

    Attributes:
        trace: what was traced.
        make: makes of outputs what the function returns.
        is_flat: whether that is one number, or a list of them.
    """

    def __init__(
        self,
        found: Trace,
        mapped: bool,
        number: Number,
        again: Callable[..., list[float]],
        lines: Callable[[], list[str]],
        reduced: bool = False,
    ) -> None:
        self.trace = found
        self._count = len(found.program.outputs)
        outputs = found.result if isinstance(found.result, (list, tuple)) else [found.result]
        self.is_flat = len(outputs) > 0 and all(isinstance(x, Output) for x in outputs)
        self.run = Outputs(found.program, found.params, mapped, number, reduced)
        self.executable: Executable = self.run.executable
        self.make = maker(found.result)
        self._made_for = mapped, number, reduced
        self._again, self._lines = again, lines

    @functools.cached_property
    def checked(self) -> Outputs:
        """The same, with one output more that says whether all is finite."""
        return Outputs(checked(self.trace.program), self.trace.params, *self._made_for)

    def is_ready(self) -> bool:
        """Whether nothing has to be compiled, also where `strict()` asks for more."""
        return not is_strict() or "checked" in vars(self)

    def outputs(self, numbers: Sequence[float]) -> Any:
        """All numbers that the function gives, in order, for these."""
        for slot, need in self.trace.lookups:
            _check(need, numbers[slot])
        if is_strict():
            found = self.checked.call(numbers)
            return self._by_python(numbers) if np.isnan(found[-1]) else found[:-1]
        return self.run.call(numbers)

    def _by_python(self, numbers: Sequence[float], during: str = "", shared: int = 0) -> Any:
        """What these numbers lead to, by Python, which raises NonFinite where that is inf or nan.

        Where it is not, machine code has met inf or nan only in what was not chosen.
        """
        outputs = self._again(numbers, [slot for slot, _ in self.trace.lookups], during=during)
        if self._made_for[1] == "float":
            for value, x in zip(self.trace.params[:shared], numbers[-shared:], strict=False):
                value.data = x
            named = in_single(self.trace, numbers, self._lines)
            if named is not None:
                raise unexplained(during, self.executable.dtype.__name__, named)
        return np.array(outputs)

    def _doubtful(self, rows: Rows, first: int) -> Iterator[int]:
        """The rows for which machine code meets something that is not finite."""
        if not self.checked.map_to(lambda *_: None, rows, flag=True):
            return
        half = len(rows) // 2
        if half:
            yield from self._doubtful(rows.part(0, half), first)
            yield from self._doubtful(rows.part(half, len(rows)), first + half)
        else:
            yield first

    def outputs_of_rows(self, rows: Any, first: int = 0, threads: int = 1) -> Any:
        """The same for rows, of which errors call the first by this number: (outputs, rows)."""
        rows = rows if isinstance(rows, Rows) else Rows([rows])
        found = np.empty((self._count, len(rows)))

        def take(start: int, stop: int, outputs: Any) -> None:
            found[:, start:stop] = outputs

        self._give(take, rows, first, threads)
        return found

    def write(self, rows: Rows, out: Any, threads: int) -> Any:
        """The function's results for rows, written to this array."""
        shape = shape_of(self.trace.result)
        check_place(out, rows.parts, None if shape is None else (len(rows), *shape))

        def take(start: int, stop: int, outputs: Any) -> None:
            with np.errstate(over="ignore", under="ignore"):
                out[start:stop] = self.make(outputs)

        self._give(take, rows, 0, threads)
        return out

    def _give(self, take: Take, rows: Rows, first: int, threads: int) -> None:
        look = self._look(rows)
        if not is_strict():
            self.run.map_to(take, rows, threads, look)
            return
        for start, stop in self.checked.map_to(take, rows, threads, look, flag=True):
            for row in self._doubtful(rows.part(start, stop), start):
                found = self._by_python(rows.numbers(row), f"row {first + row}", len(rows.shared))
                take(row, row + 1, found[:, None])

    def sums_of_rows(self, rows: Rows, threads: int) -> Any:
        """The sum of each output over rows."""
        look = self._look(rows)

        def again(start: int, stop: int) -> Any:
            return self._of_rows.outputs_of_rows(rows.part(start, stop), start)

        if not is_strict():
            return self.run.sums(rows, again, threads, look)
        total = self.checked.sums(rows, again, threads, look, flag=True)
        if not np.isfinite(total).all():
            raise NonFinite(
                "the sum over the rows is too large for a double, though no row is",
                try_="smaller numbers",
            )
        return total

    @functools.cached_property
    def _of_rows(self) -> Code:
        """The same for a result of each row."""
        return Code(self.trace, *self._made_for[:2], self._again, self._lines)

    def _look(self, rows: Rows) -> Look | None:
        """What checks the numbers that have to be something, in each block of rows."""
        if not self.trace.lookups:
            return None
        for slot, need in self.trace.lookups:
            if slot >= rows.width:
                _check(need, rows.shared[slot - rows.width])
        lookups = [(slot, need) for slot, need in self.trace.lookups if slot < rows.width]

        def look(block: list[Any]) -> None:
            columns = [column for part in block for column in part.T]
            for slot, need in lookups:
                wrong = unmet(columns[slot], need)
                if wrong.any():
                    _check(need, float(columns[slot][wrong][0]))

        return look if lookups else None


def _check(need: int, number: float) -> None:
    if not is_met(need, number):
        raise refusal(need, number)
