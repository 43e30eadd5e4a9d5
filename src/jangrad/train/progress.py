"""What is seen of a training while it goes on: a bar on stderr, and the curve of its loss.

Machine code is not slowed down by it: nothing is called between steps, and what a burst of them has
left is drawn where the last drawing was long enough ago.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

_SECONDS_BETWEEN_UPDATES = 0.1
_SHARE = 20  # of so many seconds at most one is spent on drawing
_WIDE = 130  # columns of a terminal, in which the longest words have room
_WORDS = 72  # columns that the shortest take beside the bar
_LABELS = 12  # columns beside the curve
_SHORT = {"loss": "held out", "accuracy": "right"}


class Bar:
    """A bar with the loss beside it, for `with`; silent where neither was asked for.

    Args:
        steps: how many there are to be.
        shown: whether it is drawn.
        live: whether the curve of the loss is drawn with it, in a notebook or below the bar.
    """

    def __init__(self, steps: int, shown: bool, live: bool = False) -> None:
        self._view: Any = None
        self._due = 0.0
        if live and in_notebook():
            self._view = _InNotebook(steps)
        elif shown or live:
            self._view = _OnTerminal(steps, live)
        self._seen: tuple[Any, ...] = ()  # what was not drawn yet

    def __enter__(self) -> Bar:
        self._draw("start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._seen:
            self._draw("show", *self._seen)
        self._draw("stop")

    def _draw(self, how: str, *given: Any) -> None:
        """Draw it, until the terminal is gone: what is learned counts for more than a bar."""
        try:
            if self._view is not None:
                getattr(self._view, how)(*given)
        except (OSError, ValueError):  # it is full, or closed
            self._view = None

    def show(
        self,
        losses: Sequence[float],
        measured: Sequence[Mapping[str, float]],
        *,
        native: bool,
        last: bool,
    ) -> None:
        """So many steps are done; drawn at most ten times a second, and at the last.

        Args:
            losses: of all of them.
            measured: the validation figures so far.
            native: whether machine code makes the steps, which it says.
            last: whether it is the last.
        """
        if self._view is None:
            return
        now = time.monotonic()
        self._seen = (losses, measured, native)
        if now < self._due and not last:
            return
        self._draw("show", *self._seen)
        self._seen = ()
        taken = time.monotonic() - now
        self._due = now + taken + max(_SECONDS_BETWEEN_UPDATES, _SHARE * taken)


class _OnTerminal:
    """The bar on stderr, and below it the curve where that is wanted."""

    def __init__(self, steps: int, live: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Left

        console = Console(stderr=True)
        #: Whether there is no room for whole words, as in 80 columns.
        self._narrow = console.width < _WIDE
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(4, min(30, console.width - _WORDS))),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            Left(compact=True, elapsed_when_finished=True),
            console=console,
        )
        self._task = self._bar.add_task("training", total=steps, figures="")
        self._shown: Any = self._bar
        self._curve: Any = None
        if live:
            from rich.live import Live

            from jangrad.show.live_loss import LiveLoss

            self._curve = LiveLoss()
            self._columns = max(20, min(100, console.width - _LABELS))
            self._plain = not console.encoding.lower().startswith("utf")
            self._shown = Live(self._bar, console=console, auto_refresh=False)

    def start(self) -> None:
        self._shown.start()

    def stop(self) -> None:
        self._shown.stop()

    def show(
        self, losses: Sequence[float], measured: Sequence[Mapping[str, float]], native: bool
    ) -> None:
        what = "training (native)" if native else "training"
        if self._narrow:
            what = "native" if native else "training"
        said = _said(losses, measured, narrow=self._narrow)
        self._bar.update(self._task, completed=len(losses), figures=said, description=what)
        if self._curve is None:
            return
        from rich.console import Group
        from rich.text import Text

        self._curve.take(losses)
        lines = "\n".join(self._curve.lines(self._columns))
        if self._plain:
            lines = "".join("." if "\u2801" <= c <= "\u28ff" else c for c in lines)
            lines = lines.replace("\u2800", " ")
        self._shown.update(Group(self._bar, Text(lines, no_wrap=True)), refresh=True)


class _InNotebook:
    """The curve in a notebook's output, which is put in the place of the one before."""

    def __init__(self, steps: int) -> None:
        from jangrad.show.live_loss import LiveLoss

        self._steps, self._curve, self._handle = steps, LiveLoss(), None

    def start(self) -> None:
        self._put("training", f"0 of {self._steps:,} steps", "")

    def stop(self) -> None:
        """What was drawn last stays."""

    def show(
        self, losses: Sequence[float], measured: Sequence[Mapping[str, float]], native: bool
    ) -> None:
        self._curve.take(losses)
        figures = [(int(each["step"]), each["loss"]) for each in measured]
        what = "training (native)" if native else "training"
        said = f"{len(losses):,} of {self._steps:,} steps, {_said(losses, measured)}"
        self._put(what, said, self._curve.svg(figures), len(losses))

    def _put(self, what: str, said: str, picture: str, done: int = 0) -> None:
        from IPython.display import display

        bar = f'<progress value="{done}" max="{self._steps}" aria-label="steps"></progress>'
        line = f'<div style="font-family:system-ui,sans-serif">{what} {bar} {said}</div>'
        shown = {"text/html": f"{line}{picture}", "text/plain": f"{what}: {said}"}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


def _said(
    losses: Sequence[float], measured: Sequence[Mapping[str, float]], *, narrow: bool = False
) -> str:
    """The newest figures."""
    names, digits = (_SHORT, 3) if narrow else ({}, 4)
    told = {"loss": losses[-1]}
    if measured:
        newest = {name: x for name, x in measured[-1].items() if name != "step"}
        told |= {names.get(name, f"validation {name}"): x for name, x in newest.items()}
    return " ".join(f"{name} {x:.{digits}g}" for name, x in told.items())


def in_notebook() -> bool:
    """Whether what is displayed goes to a notebook: Jupyter's, that of VS Code, Colab."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def wanted(progress: bool | None) -> bool:
    """Whether to draw: as asked for, else only where a person is looking."""
    if progress is None:
        try:
            return sys.stderr.isatty()
        except (AttributeError, OSError, ValueError):  # it is none, a writer of a log, or closed
            return False
    return progress
