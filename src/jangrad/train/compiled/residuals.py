"""The residuals of all rows and their Jacobian, in machine code: one row is traced."""

from __future__ import annotations

from typing import Any

from jangrad.compiler.running import Number, Outputs, Trace, dtype_of
from jangrad.train.compiled.memory import Memory


class Residuals:
    """Stands where `Trainer` stands for steps that are made in machine code.

    Args:
        trace: of a row's residuals, each with its derivatives behind it; its parameters begin with
            those that learn.
        count: how many learn.
        number: "double" or "float".
        memory: where the parameters are; one of its own when left out.
    """

    def __init__(self, trace: Trace, count: int, number: Number, memory: Memory | None) -> None:
        self.memory = memory or Memory(trace.params, count, 0, dtype_of(number))
        self._count, self._rows = count, None
        self._outputs = Outputs(trace.program, trace.params, mapped=True, number=number)

    def set_rows(self, rows: Any) -> None:
        """Take these rows, each with its targets behind it."""
        self._rows = rows

    def rest(self) -> None:
        """Hold no rows, until `set_rows`."""
        self._rows = None

    def resume(self) -> None:
        """Be as when it was made."""

    def point(self) -> None:
        """Nothing: where the parameters are is asked at each call."""

    def run(self) -> tuple[Any, Any]:
        """The residuals, those of a row side by side, and their Jacobian, of shape (all, count)."""
        found = self._outputs.map_on(self.memory.buffers["P"], self._rows)
        each = found.reshape(-1, 1 + self._count, found.shape[1])
        whole = each.transpose(2, 0, 1).reshape(-1, 1 + self._count)
        return whole[:, 0].copy(), whole[:, 1:].copy()
