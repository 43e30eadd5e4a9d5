"""What happened in a training run, step by step."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import DataError
from jangrad.files import Kind, path_of, write_at_once
from jangrad.train.verdict import Diagnosis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FORMAT = "jangrad history 1"
# Of this format, an older or a newer one.
_BEGIN = re.compile(rb'\{"format": "jangrad history \d+", "loss": \[')
_RECORD = Kind("a saved History", lambda head: _BEGIN.match(head) is not None)
_COLUMNS = ("loss", "rate", "gradient_norm")


@dataclass
class History:
    """The record that `fit` returns.

    Attributes:
        loss: at each step, penalty included, before the step's update.
        rate: the learning rate of each step; of a full-batch method, the length of the step.
        gradient_norm: the Euclidean norm of the gradient at each step.
        validation: columns of one length, `{}` without validation data: `"step"`, the step after
            which it was measured, then `"loss"`, and `"accuracy"` where the targets are classes:
            the share of rows whose outputs are all right.
        stopped_by: `"finished"`, `"patience"`, `"callback"`, `"interrupt"`, `"diagnosis"` or
            `"converged"`; or `"error"`, in the `history` of an exception that `fit` has passed on.
        best_step: the step with the best figure, of validation where there is any; None unless
            such a figure was kept.
        restored: True when the network was given back its weights of `best_step`.
        diagnosis: what went wrong, None if nothing did.
        engine: `"eager"`, or `"native"` for machine code.
        converged_by: the test by which a full-batch method has ended at a minimum: `"ftol"`,
            `"xtol"` or `"gtol"`, or `"precision"` where no step lowers the loss any more; else "".
            The last step is then of length 0, and its loss that of the minimum.

    >>> history = History(loss=[4.0, 1.0], rate=[0.1, 0.1], gradient_norm=[4.0, 2.0])
    >>> history
    History(2 steps, loss 4 -> 1)
    >>> History.from_json(history.to_json()) == history
    True
    """

    loss: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    validation: dict[str, list[float]] = field(default_factory=dict)
    stopped_by: str = "finished"
    best_step: int | None = None
    restored: bool = False
    diagnosis: Diagnosis | None = None
    engine: str = "eager"
    converged_by: str = ""

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.loss)

    def __repr__(self) -> str:
        parts = [f"{len(self)} step{'s' if len(self) != 1 else ''}"]
        if self.loss:
            parts.append(f"loss {self.loss[0]:.4g} -> {self.loss[-1]:.4g}")
        parts += [
            f"validation {name} {column[-1]:.4g}"
            for name, column in self.validation.items()
            if name != "step" and column
        ]
        if self.diagnosis is not None:
            parts.append(f"{self.diagnosis.kind} at step {self.diagnosis.step}")
        elif self.converged_by:
            parts.append(f"converged by {self.converged_by}")
        elif self.stopped_by != "finished":
            parts.append(f"stopped by {self.stopped_by}")
        if self.restored:
            parts.append(f"weights of step {self.best_step}")
        return f"History({', '.join(parts)})"

    def to_json(self) -> str:
        """The record as JSON text; nan and inf, which JSON lacks, become text."""
        return json.dumps({"format": _FORMAT, **_spell(asdict(self))}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> History:
        """The record that `to_json` wrote.

        Raises:
            DataError: when the text is not such a record.
        """
        try:
            found = json.loads(text)
        except ValueError as error:
            raise _foreign(f"it is not JSON ({error})") from None
        if not isinstance(found, dict) or found.pop("format", None) != _FORMAT:
            raise _foreign(f'it does not say `"format": "{_FORMAT}"`')
        try:
            columns: dict[str, Any] = {name: _numbers(found.pop(name)) for name in _COLUMNS}
            validation = {str(k): _numbers(v) for k, v in found.pop("validation").items()}
            diagnosis = found.pop("diagnosis")
            if diagnosis is not None:
                diagnosis = Diagnosis(**{k: _read_number(v) for k, v in diagnosis.items()})
            history = cls(**columns, validation=validation, diagnosis=diagnosis, **found)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _foreign(f"a part is missing or wrong ({error})") from None
        if len({len(column) for column in columns.values()}) != 1:
            raise _foreign("loss, rate and gradient_norm have different lengths")
        return history

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the record to a file as JSON, all at once or not at all.

        Raises:
            SaveError: when it cannot be written, or another file than such a record is there.
        """
        write_at_once(path, f"{self.to_json()}\n".encode(), _RECORD)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """The record in a file that `save` wrote.

        Raises:
            DataError: when the file holds something else.
            OSError: when it cannot be read.
        """
        try:
            return cls.from_json(
                Path(path_of(path, DataError, 'History.load("history.json")')).read_text(
                    encoding="utf-8"
                )
            )
        except UnicodeDecodeError:
            raise _foreign("it is not text") from None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the loss over the steps, and return matplotlib's axes."""
        from jangrad.show.plots import plot_history

        return plot_history(self, ax)


def history_of(
    columns: Sequence[list[float]], measured: Sequence[Mapping[str, float]], **end: Any
) -> History:
    """The record of loss, rate and gradient norm of each step, figures by their names, and the end
    of the run by the names of the attributes."""
    loss, rate, norm = columns
    names = list(measured[0]) if measured else []
    validation = {name: [figures[name] for figures in measured] for name in names}
    return History(loss, rate, norm, validation, **end)


def _spell(part: Any) -> Any:
    if isinstance(part, float) and not math.isfinite(part):
        return str(part)
    if isinstance(part, dict):
        return {key: _spell(item) for key, item in part.items()}
    return [_spell(item) for item in part] if isinstance(part, list) else part


def _read_number(part: Any) -> Any:
    return float(part) if part in ("nan", "inf", "-inf") else part


def _numbers(column: Any) -> list[float]:
    return [float(_read_number(number)) for number in column]


def _foreign(reason: str) -> DataError:
    return DataError(
        f"this is not a saved History: {reason}",
        try_="a text from history.to_json(), or a file from history.save(path)",
    )
