"""L-BFGS and Levenberg-Marquardt: methods that take all rows, and several losses a step.

They find out by themselves how far each step goes, so they have no learning rate, and they know
when they are at a minimum. Here is what they are asked for; their numerics are in `solvers/`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Never

from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError
from jangrad.forks import once
from jangrad.nn.losses import l2_penalty
from jangrad.train.optimizers import Optimizer
from jangrad.train.settings import checked_parameters, count, number_in, options_answered
from jangrad.train.update_rule import UpdateRule


class FullBatch:
    """What the full-batch methods share. Not for direct use: take LBFGS or LevenbergMarquardt.

    Attributes:
        parameters: what it moves.
        options: its numbers, by name.
        memory: what it goes on from in the next `fit`, as plain numbers; {} at first.
    """

    def __init__(self, parameters: Iterable[Value], options: Mapping[str, float]) -> None:
        self.parameters = checked_parameters(parameters)
        self.options = dict(options)
        self.memory: dict[str, Any] = {}

    @property
    def losses(self) -> tuple[str, ...] | None:
        """The losses that it can make small; None for all."""
        return None

    def __len__(self) -> int:
        return len(self.parameters)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={number!r}" for name, number in self.options.items())
        count = f"{len(self)} parameter{'s' if len(self) != 1 else ''}"
        return f"{type(self).__name__}({count}, {listed})"

    def step(self, *_: Any, **__: Any) -> Never:
        """Not there: a step asks for the loss several times.

        Raises:
            ConfigError: always, with what to write.
        """
        raise ConfigError(
            f"`{type(self).__name__}` makes no step from gradients alone",
            why="it asks for the loss several times a step, to find out how far to go",
            try_='fit(net, X, y, optimizer="lbfgs"); or jangrad.minimize(f, x) for any function',
        )

    def state(self) -> dict[str, Any]:
        """What it remembers, as plain numbers that JSON can hold.

        >>> LBFGS([Value(1.0)]).state()
        {'optimizer': 'LBFGS'}
        """
        return {"optimizer": type(self).__name__, **self.memory}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state()` gave.

        Raises:
            DataError: when the state is another optimiser's.
        """
        if not isinstance(state, Mapping) or state.get("optimizer") != type(self).__name__:
            raise DataError(
                f"the state is {state!r:.60}, not one of `{type(self).__name__}`",
                why="each optimiser remembers other things",
                try_="what `state()` of the same optimiser gave",
            )
        self.memory = {name: part for name, part in state.items() if name != "optimizer"}

    @once
    def held(self) -> Optimizer:
        """An optimiser of the same parameters whose steps leave them as they are."""
        # Of a gradient that is nan the parameters shall be too: then what no choice leads to is
        # cut off, and the gradient computed again (`UpdateRule.keeps_nan`).
        return Optimizer(self.parameters, 1.0, UpdateRule("p = p + 0 * g", (), ()), {})


class LBFGS(FullBatch):
    """Newton's method with what the last steps tell of the curvature: few steps for smooth losses.

    Args:
        parameters: the leaves to move, usually `net.parameters()`.
        history_size: how many steps are remembered, >= 1.
        ftol: it has converged where a step lowers the loss by no more than this share of it (of 1,
            where that is larger); >= 0.
        gtol: or where no slope is steeper than this; >= 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Source: Nocedal and Wright, Numerical Optimization, 2nd ed. (2006), algorithms 7.5 and 3.5.

    >>> from jangrad import MLP, fit
    >>> from jangrad.datasets import four_rows
    >>> net = MLP(3, [4, 1], "tanh", seed=0)
    >>> history = fit(net, *four_rows(), optimizer=LBFGS(net.parameters(), gtol=1e-4))
    >>> history.stopped_by, history.converged_by, len(history) < 40
    ('converged', 'gtol', True)
    """

    @options_answered
    def __init__(
        self,
        parameters: Iterable[Value],
        *,
        history_size: int = 10,
        ftol: float = 1e-14,
        gtol: float = 1e-6,
    ) -> None:
        tolerances = {"ftol": ftol, "gtol": gtol}
        checked = {name: number_in(name, x, least=0.0) for name, x in tolerances.items()}
        super().__init__(
            parameters, {"history_size": count("history_size", history_size), **checked}
        )


class LevenbergMarquardt(FullBatch):
    """Gauss and Newton's method, damped: the fewest steps for a sum of squares.

    It holds a number for each target and parameter, and solves systems as large as there are
    parameters: for up to some thousands of these.

    Args:
        parameters: the leaves to move, usually `net.parameters()`.
        ftol: it has converged where a step lowers the loss, and was to lower it, by no more than
            this share of it; >= 0.
        xtol: or where no step is to be longer than this share of the parameters; >= 0.
        gtol: or where the cosine between the residuals and each column of their Jacobian is no more
            than this; >= 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Source: Moré, The Levenberg-Marquardt Algorithm: Implementation and Theory (1978).

    >>> from jangrad import MLP, fit
    >>> from jangrad.datasets import four_rows
    >>> net = MLP(3, [4, 1], "tanh", seed=0)
    >>> history = fit(net, *four_rows(), optimizer="levenberg_marquardt")
    >>> history.loss[-1] < 1e-12, len(history) < 20
    (True, True)
    """

    @options_answered
    def __init__(
        self,
        parameters: Iterable[Value],
        *,
        ftol: float = 1e-8,
        xtol: float = 1e-8,
        gtol: float = 1e-8,
    ) -> None:
        tolerances = {"ftol": ftol, "xtol": xtol, "gtol": gtol}
        checked = {name: number_in(name, x, least=0.0) for name, x in tolerances.items()}
        super().__init__(parameters, checked)

    @property
    def losses(self) -> tuple[str, ...]:
        """The one that is a sum of squares."""
        return ("squared_error",)


#: The full-batch methods by the names that `fit` takes.
FULL_BATCH: dict[str, type[FullBatch]] = {
    "lbfgs": LBFGS,
    "levenberg_marquardt": LevenbergMarquardt,
}


def check_full_batch(
    method: FullBatch,
    loss: Any,
    penalty: Any,
    batches: bool,
    rate: Any,
    schedule: Any,
    threads: int,
    weighted: bool,
) -> None:
    """That a method can do what `fit` was asked for.

    Args:
        batches: whether a step has some of the rows only.
        loss, penalty, rate, schedule, threads: as `fit` was given them.
        weighted: whether it was given `row_weights`.

    Raises:
        ConfigError: when it cannot.
    """
    kind = type(method).__name__
    if rate is not None or schedule is not None:
        what = "schedule" if rate is None else f"learning_rate={rate!r}"
        raise ConfigError(
            f"`{kind}` cannot have `{what}`",
            why="it finds out how far each step goes from the losses that it meets",
            try_='the call without it; or optimizer="adam"',
        )
    if batches:
        raise ConfigError(
            f"`{kind}` cannot have a `batch_size` below the number of rows",
            why="it compares losses at several places, and those of other rows cannot be compared",
            try_='the call without `batch_size`; or optimizer="adam"',
        )
    if method.losses is None:
        return
    if threads > 1:
        raise ConfigError(
            f"`{kind}` cannot have threads={threads}",
            why="most of its time goes into systems of equations, which NumPy solves",
            try_='threads=1; or optimizer="lbfgs"',
        )
    if weighted:
        raise ConfigError(
            f"`{kind}` cannot have `row_weights`",
            why="it makes the sum of the squares of all rows small, each of which counts alike",
            try_='optimizer="lbfgs", which can',
        )
    if loss not in method.losses:
        raise ConfigError(
            f"`{kind}` cannot have the loss {loss!r:.60}",
            why="it makes a sum of squares small, of which it needs each part",
            try_='loss="squared_error"; optimizer="lbfgs" for this loss;'
            " or jangrad.least_squares(residuals, x) for residuals of your own",
        )
    if penalty is not None and ridge_of(penalty) is None:
        raise ConfigError(
            f"`{kind}` cannot have the penalty {penalty!r:.60}",
            why="it makes a sum of squares small, and knows of `l2_penalty` alone that it is one",
            try_='functools.partial(jangrad.nn.l2_penalty, strength=1e-4); or optimizer="lbfgs"',
        )


def ridge_of(penalty: Any) -> float | None:
    """The strength of a penalty that is `functools.partial(l2_penalty, strength=...)`, or None."""
    known = isinstance(penalty, functools.partial) and penalty.func is l2_penalty
    if known and not penalty.args and set(penalty.keywords) == {"strength"}:
        return float(penalty.keywords["strength"])
    return None
