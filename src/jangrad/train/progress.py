"""The live bar on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

_SECONDS_BETWEEN_UPDATES = 0.1


class Bar:
    """A bar with the loss beside it, for `with`; silent when `shown` is False.

    Args:
        steps: how many there are to be.
        shown: whether it is drawn.
        engine: what makes them, which it says.
    """

    def __init__(self, steps: int, shown: bool, engine: str) -> None:
        self._live: Any = None
        self._due = 0.0
        if not shown:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Left

        self._live = Progress(
            TextColumn("training" if engine == "eager" else f"training ({engine})"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            Left(compact=True, elapsed_when_finished=True),
            console=Console(stderr=True),
        )
        self._task = self._live.add_task("", total=steps, figures="")

    def __enter__(self) -> Bar:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, done: int, loss: float, validation: dict[str, float], *, last: bool) -> None:
        """So many steps are done; drawn at most ten times a second, and at the last."""
        if self._live is None:
            return
        now = time.monotonic()
        if now < self._due and not last:
            return
        self._due = now + _SECONDS_BETWEEN_UPDATES
        figures = " ".join(
            [f"loss {loss:.4g}", *(f"validation {k} {v:.4g}" for k, v in validation.items())]
        )
        self._live.update(self._task, completed=done, figures=figures)


def wanted(progress: bool | None) -> bool:
    """Whether to draw: as asked for, else only where a person is looking."""
    if progress is None:
        return sys.stderr is not None and sys.stderr.isatty()  # None: a program without streams
    return progress
