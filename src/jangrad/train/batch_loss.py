"""The loss of a batch as Python computes it, at once or after it was begun to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jangrad.derivatives import recording
from jangrad.engine import Value
from jangrad.errors import ConfigError, Untraceable
from jangrad.train.config import Config
from jangrad.train.resolve import outputs_of
from jangrad.train.rows import copies

_TESTS = ("less", "less_equal", "equal")


class BatchLoss:
    """The loss of some rows, as a function of their numbers.

    Attributes:
        begun: whether some of the next loss is there already.
        penalty: what is added to that, if anything.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.forget()

    def forget(self) -> None:
        """Leave what was begun, for machine code makes the step."""
        self.begun = False
        self._outputs: list[list[Value]] = []
        self._loss: list[Any] = []
        self.penalty: list[Any] = []

    def begin(self, rows: Sequence[int]) -> Value:
        """The loss of the first rows of the next batch; a user's own, of all of them."""
        with recording():
            outputs = self._outputs_of(rows)
            loss = self._loss_of(outputs, rows)
            penalty = self._penalised()
            total = checked_loss(sum(penalty, loss))
        self.begun, self._outputs, self.penalty = True, outputs, penalty
        self._loss = [loss] if callable(self._config.loss) else []
        return total

    def __call__(self, batch: Sequence[int]) -> Value:
        """The loss of a batch, of which nothing is computed again that was begun."""
        outputs, losses, penalty = self._outputs, self._loss, self.penalty
        self.forget()
        with recording():
            outputs = outputs + self._outputs_of(batch[len(outputs) :])
            (loss,) = losses or [self._loss_of(outputs, batch)]
            return checked_loss(sum(penalty or self._penalised(), loss))

    def _outputs_of(self, rows: Sequence[int]) -> list[list[Value]]:
        return [outputs_of(self._config.net, self._config.rows[i]) for i in rows]

    def _loss_of(self, outputs: list[list[Value]], batch: Sequence[int]) -> Any:
        config = self._config
        targets = [config.targets[i] for i in batch]
        if config.row_weights is not None:
            return config.mean_loss(outputs, targets, [config.row_weights[i] for i in batch])
        try:  # a user's own may change them
            return config.loss_of(outputs, copies(targets) if callable(config.loss) else targets)
        except TypeError as error:
            # Of Python's, about lists perhaps.
            if type(error) is TypeError and callable(self._config.loss):
                error.add_note(
                    "a loss is given the outputs of a batch, a list for each row, and all targets:"
                    " jangrad.mean((o[0] - t) ** 2 for o, t in zip(outputs, targets))"
                )
            raise

    def _penalised(self) -> list[Any]:
        """What is to be added to the loss."""
        config = self._config
        return [] if config.penalty is None else [config.penalty(list(config.optimizer.parameters))]


def checked_loss(loss: Any) -> Value:
    """The loss, if it is one.

    Raises:
        ConfigError: when it is no Value, or a test, which is one in a trace alone.
    """
    if isinstance(loss, Value) and loss.op not in _TESTS:
        return loss
    kind = type(loss).__name__
    try:
        shown = f"{loss!r:.60} ({kind})"
    except Untraceable:  # it holds Values that are traced
        shown = f"a {kind}"
    raise ConfigError(
        f"the loss is {shown}, not a Value",
        why="training follows its gradient",
        try_="arithmetic on the outputs that ends in one Value",
    )
