"""A trained network with all that prediction needs, and what is known of its training."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jangrad.datasets import Columns
from jangrad.export.answers import answers_to, inputs_of, load_trained
from jangrad.export.model_file import save_model
from jangrad.nn import MLP

if TYPE_CHECKING:
    from jangrad.tabular.choices import Choice
    from jangrad.tabular.scores import Score
    from jangrad.train.history import History


@dataclass
class Model:
    """A network that was trained on a table.

    Attributes:
        net: takes standardised inputs; gives a standardised amount, or a logit for each class.
        columns: how a table is read for it, and what becomes of its cells.
        about: what the model file says beside the numbers: columns, training, versions.
        choices: what was chosen and why; empty for a model from a file, as is what follows.
        notes: what was decided or filled in while the table was read, a sentence each.
        history: of the training.
        test: its score on rows that the training never saw; None where there were too few.
        choosing_loss: the least loss on the rows that chose when to stop; None where there were
            none.
    """

    net: MLP
    columns: Columns
    about: dict[str, Any]
    choices: list[Choice] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    history: History | None = None
    test: Score | None = None
    choosing_loss: float | None = None

    def answers(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The answer for each row, a dict by names of columns, as `jangrad predict` prints it.

        Raises:
            DataError: when a row is no dict, lacks a column, or a cell is not of its column's kind.
        """
        return answers_to(self.net, self.columns, rows)

    def show(self, row: Mapping[str, Any] | None = None) -> Any:
        """The picture of the network, its inputs and outputs called as in the table.

        Args:
            row: cells by the names of their columns, to show what each neuron gives for them.

        Returns:
            A picture that a notebook draws, with `svg()` and `save("net.svg")`. Numbers at inputs
            are standardised, as the network takes them.

        Raises:
            DataError: when the row lacks a column, or a cell is not of its column's kind.
        """
        given = None
        if row is not None:
            (given,) = self.columns.standardise(inputs_of([row], self.columns))
        names = [name for column in self.columns.columns for name in column.inputs]
        classes = self.columns.classes or [self.columns.target]
        return self.net.show(given, inputs=names, classes=classes)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the model, all at once or not at all.

        Args:
            path: the file; an older model there is replaced.
            force: replace another file than a model of jangrad's too.

        Raises:
            ModelFileError: when the place cannot be written to, or holds another file.
        """
        save_model(path, self.net, self.about, force=force)


def load(path: str | os.PathLike[str]) -> Model:
    """The model in a file that `jangrad train` or `Model.save` wrote, of this or an older version.

    Raises:
        ModelFileError: when the file cannot be used, or does not say which columns it needs.
    """
    net, columns, about = load_trained(path)
    return Model(net, columns, about)
