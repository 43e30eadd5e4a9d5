"""What is chosen for a table and why, a line each; what the user says is taken instead.

The sizes and rates are those that did best, by rows that chose nothing, on scikit-learn's tables of
up to 1,800 rows and on generated ones of 20,000 (`benchmarks/` says how they compare).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jangrad.datasets.source import Source
from jangrad.errors import ConfigError, did_you_mean, either

TASKS = ("auto", "classification", "regression")

_FEW = 20  # more different integers are surely amounts
_MANY = 1000  # rows from which on a second layer and a lower rate pay
_WIDTH, _SECOND = 64, 32
_MOST_WEIGHTS = 100_000  # of the first layer: more take minutes to compile
_BATCH, _LARGEST = 32, 256
_MOST_STEPS = 2000  # an epoch: with more of them larger batches did better, and sooner
_EPOCHS, _STEPS = 200, 2000  # at most, and not fewer than so many steps
_LOOKED_AT = 2_000_000  # rows, without a better figure, that end a training


class Choice(NamedTuple):
    """Something that was chosen for a table.

    Attributes:
        name: what: "task", "rows", "inputs", "network", "training".
        value: what was taken, in words.
        why: the reason.

    >>> print(Choice("network", "64 tanh", "it is small"))
    network: 64 tanh; it is small
    """

    name: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value}; {self.why}"


class Settings(NamedTuple):
    """How a network is built and trained; the reasons are in the choices."""

    hidden: list[int]
    rate: float
    epochs: int
    batch: int
    patience: int


def choose_task(source: Source, task: str) -> tuple[bool, Choice]:
    """Whether the target is one of classes, and why.

    Raises:
        ConfigError: there is no such task, or texts were to be amounts.
    """
    if task not in TASKS:
        raise ConfigError(f"there is no task `{task}`", try_=did_you_mean(str(task), TASKS))
    target = source.target
    is_text = source.kinds[target] not in ("number", "percent")
    found = source.sheet.texts(target).cells if is_text else source.different
    count = len(found)
    other = "regression" if source.looks_like_labels else "classification"
    option = either(f'task="{other}"', f"--task {other}")
    if task == "regression" and is_text:
        raise ConfigError(
            f"the target `{target}` is {source.kinds[target].split()[0]}, not amounts",
            where=source.sheet.place(0, target),
            why="regression predicts numbers",
            try_=either('task="classification"', "--task classification"),
        )
    if task != "auto":
        return task == "classification", Choice("task", task, "as you said")
    if is_text:
        texts = sorted(source.sheet.texts(target).cells)
        some = ", ".join(f"{text:.30}" for text in texts[:6]) + (" ..." if count > 6 else "")
        return True, Choice("task", "classification", f"`{target}` holds {count} texts: {some}")
    if source.looks_like_labels:
        labels = source.different
        why = (
            f"`{target}` holds the {len(labels)} labels {labels[0]:g}"
            f" {'and' if len(labels) == 2 else 'to'} {labels[-1]:g}"
            f" ({option} if they are amounts)"
        )
        return True, Choice("task", "classification", why)
    few = f" ({option} if they are labels)" if count <= _FEW and _whole(source) else ""
    return False, Choice("task", "regression", f"`{target}` holds {count} different numbers{few}")


def _whole(source: Source) -> bool:
    return all(x.is_integer() for x in source.different.tolist())


def choose_settings(
    rows: int,
    inputs: int,
    *,
    hidden: Sequence[int] | None,
    rate: float | None,
    epochs: int | None,
    batch: int | None,
) -> tuple[Settings, list[Choice]]:
    """The network's hidden layers and how it is trained, and why.

    Args:
        rows: how many are learned from.
        inputs: how many numbers a row has.
        hidden, rate, epochs, batch: what the user says; None to choose.
    """
    many = rows >= _MANY
    width = min(_WIDTH, max(4, _MOST_WEIGHTS // inputs))
    layers = [width, min(_SECOND, width)] if many else [width]
    size = f"{rows:,} rows to learn from are enough for {'a second' if many else 'one'} layer"
    if width < _WIDTH:
        size += f"; so narrow for {inputs:,} inputs"
    batch_size = _BATCH if batch is None else batch
    while batch is None and batch_size < _LARGEST and rows > _MOST_STEPS * batch_size:
        batch_size *= 2
    steps = -(-rows // batch_size)
    most = max(_EPOCHS, _STEPS // steps) if epochs is None else epochs
    chosen = Settings(
        hidden=layers if hidden is None else list(hidden),
        rate=(0.003 if many else 0.01) if rate is None else rate,
        epochs=most,
        batch=batch_size,
        patience=max(5, min(max(20, most // 10), _LOOKED_AT // rows)),
    )
    network = " -> ".join(f"{n} tanh" for n in chosen.hidden) or "no hidden layer"
    pace = f"{steps:,} step{'s' * (steps != 1)} an epoch"
    said = "as you said"
    return chosen, [
        Choice("network", network, size if hidden is None else said),
        Choice(
            "training",
            f"Adam, rate {chosen.rate:g}, batches of {chosen.batch}, at most"
            f" {chosen.epochs} epochs",
            said if None not in (rate, epochs, batch) else pace,
        ),
    ]
