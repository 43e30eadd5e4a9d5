"""How fast a training goes and how long, where nobody says: rows of a step, rate, epochs.

scikit-learn's networks take steps of 200 rows at a constant rate of 0.001, for 200 epochs or until
the loss stands still. Smaller steps at a rate that rises to many times as much, and then falls to
0, come to the same score in a tenth of the passes over the rows: while the rate is high the weights
go far, and as it falls they settle. The numbers below were chosen on generated tables, of 20 to
50,000 rows, and not on those that `benchmarks/tables.py` measures: fewer epochs did worse where a
network has much to learn, more did worse where there is much chance in the targets. They are for
one hidden layer: of few rows, several can learn much more of a target that bends often, such as a
sine, and need the many steps of scikit-learn's for it.

Sources: Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large
Learning Rates (2018), for a rate that rises and falls once; Loshchilov and Hutter, SGDR: Stochastic
Gradient Descent with Warm Restarts (2017), equation 5, for the way down; Masters and Luschi,
Revisiting Small Batch Training for Deep Neural Networks (2018), for steps of 32 rows.
"""

from __future__ import annotations

from typing import NamedTuple

from jangrad.train.schedules import Schedule, cosine, warm_up

AUTO = "auto"
#: What scikit-learn's networks have, and with them whoever says one of these by hand.
USUAL_BATCH, USUAL_RATE, USUAL_EPOCHS = 200, 0.001, 200
USUAL_TOL, USUAL_PATIENCE = 1e-4, 10

_RATE = 0.0125  # the highest, by which Adam moves each weight a step
_RISE = 0.3  # of the steps
_EPOCHS, _STEPS = 20, 60  # as many of the first, and not fewer of the second
_BATCH, _LARGEST = 32, 128
_MOST_STEPS = 200  # an epoch: with more of them larger batches do as well, and sooner


class LearningPace(NamedTuple):
    """How a training of stochastic steps goes.

    Attributes:
        batch: rows a step.
        rate: the learning rate, or the highest one.
        epochs: passes over the rows, at most.
        rise: steps in which the rate rises; 0 where it is constant.
        steps: of the whole training, where the rate rises and falls.
        goes_on: whether another would have been chosen, had training not gone on from a network.
    """

    batch: int
    rate: float
    epochs: int
    rise: int = 0
    steps: int = 0
    goes_on: bool = False

    def schedule(self) -> Schedule | None:
        """The rate of each step; None where it is constant.

        >>> rates = [chosen(1000).schedule()(step) for step in (0, 191, 192, 639)]
        >>> [round(rate, 6) for rate in rates]
        [6.5e-05, 0.012435, 0.0125, 0.0]
        """
        if not self.rise:
            return None
        return warm_up(self.rise, then=cosine(self.rate, self.steps - self.rise))

    def told(self) -> str:
        """In words, with the reason, for whoever wants to know what was done."""
        if self.rise:
            return (
                f"steps of {self.batch} rows at a rate that rises to {self.rate:g} in the first"
                f" {_RISE:.0%} of them and then falls to 0: chosen by the number of rows, to come"
                " in few epochs as far as scikit-learn's pace does in up to 200, which"
                " max_iter=200 takes"
            )
        why = (
            "for training that goes on from what was learned"
            if self.goes_on
            else "where you did not say otherwise"
        )
        return f"steps of {self.batch} rows at a rate of {self.rate:g}: scikit-learn's, {why}"


def chosen(rows: int) -> LearningPace:
    """The pace for so many rows to learn from, where nobody says anything of it.

    Args:
        rows: >= 1.

    >>> [chosen(rows).batch for rows in (20, 1000, 100_000)]
    [20, 32, 128]
    >>> [chosen(rows).epochs for rows in (20, 1000, 100_000)]
    [60, 20, 20]
    """
    batch = _BATCH
    while batch < _LARGEST and rows > _MOST_STEPS * batch:
        batch *= 2
    batch = min(batch, rows)
    an_epoch = -(-rows // batch)
    epochs = max(_EPOCHS, -(-_STEPS // an_epoch))
    steps = epochs * an_epoch
    return LearningPace(batch, _RATE, epochs, rise=round(_RISE * steps), steps=steps)
