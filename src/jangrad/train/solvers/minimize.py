"""`minimize` and `least_squares`: the minimum of any function of numbers."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from jangrad.arrays import items_of
from jangrad.compiler import jit
from jangrad.derivatives import gradient, recording, walked
from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError, JangradError, ShapeError
from jangrad.tape import tape, write_data
from jangrad.train.cost import Work, is_faster, kinds_of
from jangrad.train.full_batch import LBFGS, FullBatch, LevenbergMarquardt
from jangrad.train.resolve import check_function, checked_engine
from jangrad.train.settings import count, options_answered
from jangrad.train.solvers.methods import method_of
from jangrad.train.solvers.point import Point, Unbounded, sum_of_squares
from jangrad.watching import is_strict


@dataclass(frozen=True)
class Minimum:
    """What `minimize` and `least_squares` have found.

    Attributes:
        x: the numbers, nested as the first ones were.
        loss: the function there; of least squares, the sum of the squares.
        gradient_norm: the Euclidean norm of the gradient there.
        steps: how many were made.
        evaluations: how often the function was computed with its derivatives.
        converged_by: the test that says that this is a minimum: `"ftol"`, `"xtol"` or `"gtol"`, or
            `"precision"` where no step lowers the loss any more; "" when the steps were all made.
        engine: which computed the last of them, `"eager"` or `"native"`.
    """

    x: Any
    loss: float
    gradient_norm: float
    steps: int
    evaluations: int
    converged_by: str
    engine: str

    def __repr__(self) -> str:
        end = f"converged by {self.converged_by}" if self.converged_by else "not converged"
        return f"Minimum(loss {self.loss:.6g} after {self.steps} steps, {end}, x={self.x!r:.60})"


@options_answered
def minimize(
    f: Callable[[Any], Any],
    x: Any,
    *,
    steps: int = 1000,
    history_size: int = 10,
    ftol: float = 1e-14,
    gtol: float = 1e-6,
    engine: str = "auto",
) -> Minimum:
    """Find a minimum of a function by L-BFGS, from x on: a local one, and f should be smooth.

    Args:
        f: a function of x that returns one Value.
        x: a number, or a list of numbers of any nesting, where to begin. f is given Values for
            them. Where they are Values already, such as `net.parameters()`, f is given these, and
            they are moved.
        steps: how many to make at most.
        history_size, ftol, gtol: as of `jangrad.train.LBFGS`.
        engine: `"eager"` computes in Python; `"native"` compiles f and its gradient; `"auto"`
            begins in Python, and compiles once it has taken as long as that should take.

    Raises:
        DataError: when f is nan or inf where it begins, or falls without end.
        ShapeError: when f returns several Values.
        ConfigError: when an option is out of its range.
        Untraceable: when the native engine was asked for and f reads a number (`if v.data > 0`).
        NoCompiler: when the native engine was asked for and llvmlite cannot be used.

    >>> from jangrad.train import minimize
    >>> found = minimize(lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1.0])
    >>> [round(number, 6) for number in found.x], found.converged_by
    ([1.0, 1.0], 'gtol')
    >>> slope, offset = Value(0.0), Value(0.0)
    >>> data = [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]
    >>> found = minimize(
    ...     lambda _: sum((slope * x + offset - y) ** 2 for x, y in data), [slope, offset]
    ... )
    >>> round(slope.data, 5), round(offset.data, 5)
    (2.0, 1.0)
    """
    numbers = _Numbers(x)
    asked = LBFGS(numbers.leaves, history_size=history_size, ftol=ftol, gtol=gtol)

    def roots() -> list[Value]:
        found = f(numbers.argument)
        if isinstance(found, (list, tuple)) and len(found) == 1:
            (found,) = found
        if not isinstance(found, Value):
            raise ShapeError(
                f"the function returned {found!r:.60} ({type(found).__name__}), not a Value",
                why="it is the one number that is made small, computed from x",
                try_="jangrad.least_squares for a list of residuals"
                if isinstance(found, (list, tuple))
                else "arithmetic on x that ends in one Value",
            )
        return [found]

    def point(x: Any, found: Any) -> Point:
        return Point(x, float(found[0, 0]), found[0, 1:])

    return _lowest(f, roots, point, numbers, asked, count("steps", steps), engine)


@options_answered
def least_squares(
    residuals: Callable[[Any], Any],
    x: Any,
    *,
    steps: int = 1000,
    ftol: float = 1e-8,
    xtol: float = 1e-8,
    gtol: float = 1e-8,
    engine: str = "auto",
) -> Minimum:
    """Find a minimum of a sum of squares by Levenberg-Marquardt, from x on: a local one.

    Args:
        residuals: a function of x that returns a list of Values; it should be smooth.
        x, engine: as of `minimize`.
        steps: how many to make at most.
        ftol, xtol, gtol: as of `jangrad.train.LevenbergMarquardt`.

    Returns:
        The Minimum, whose `loss` is the sum of the squares, without a factor 1/2.

    Raises:
        DataError: when a residual is nan or inf where it begins.
        ShapeError: when the function returns anything but a list of Values and numbers.
        ConfigError, Untraceable, NoCompiler: as `minimize`.

    >>> import math
    >>> from jangrad import exp
    >>> from jangrad.train import least_squares
    >>> data = [(0.5 * i, 3.0 * math.exp(-0.7 * 0.5 * i)) for i in range(10)]
    >>> found = least_squares(lambda p: [p[0] * exp(-p[1] * t) - y for t, y in data], [1.0, 0.0])
    >>> [round(number, 6) for number in found.x]
    [3.0, 0.7]
    """
    numbers = _Numbers(x)
    asked = LevenbergMarquardt(numbers.leaves, ftol=ftol, xtol=xtol, gtol=gtol)

    def roots() -> list[Value]:
        found = residuals(numbers.argument)
        if not isinstance(found, (list, tuple)) or not found:
            raise ShapeError(
                f"the function returned {found!r:.60} ({type(found).__name__}), not residuals",
                why="the sum of the squares of a list of Values is made small",
                try_="jangrad.minimize for a function of one Value"
                if isinstance(found, Value)
                else "a list of Values that are computed from x",
            )
        return [r if isinstance(r, Value) else Value(r) for r in found]

    def point(x: Any, found: Any) -> Point:
        return sum_of_squares(x, found[:, 0], found[:, 1:])

    return _lowest(residuals, roots, point, numbers, asked, count("steps", steps), engine)


class _Numbers:
    """The Values that a function is given.

    Attributes:
        leaves: them, in order.
        argument: the same, nested as x is.
    """

    def __init__(self, x: Any) -> None:
        self.leaves: list[Value] = []
        self.argument = self._given(x)
        if not self.leaves:
            raise ConfigError(
                "`x` holds no numbers", why="they are what is moved", try_="[0.0, 0.0], or 0.0"
            )

    def _given(self, x: Any) -> Any:
        if isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) > 0:
            return [self._given(item) for item in items_of(x)]
        self.leaves.append(x if isinstance(x, Value) else Value(x))
        return self.leaves[-1]

    def nested(self) -> Any:
        """Their numbers, nested as x is."""
        return _data(self.argument)


def _data(x: Any) -> Any:
    return list(map(_data, x)) if isinstance(x, list) else x.data


class _Function:
    """A function with its derivatives, by Python or by machine code.

    Args:
        roots: computes it, at the numbers that the leaves have.
        leaves: the Values that are moved.
        engine: as of `minimize`.
    """

    def __init__(self, roots: Callable[[], list[Value]], leaves: list[Value], engine: str) -> None:
        def derivatives() -> list[Value]:
            """Each root, and behind it its derivatives."""
            with recording():
                return [v for root in roots() for v in (root, *gradient(root, leaves))]

        self._derivatives, self._leaves = derivatives, leaves
        self._native = jit(derivatives) if engine == "native" else None
        self._may_compile, self._made = engine == "auto", 0

    @property
    def engine(self) -> str:
        return "eager" if self._native is None else "native"

    def __call__(self) -> Any:
        """An array of shape (roots, 1 + leaves)."""
        if self._native is None:
            found = np.array(self._by_python())
        else:
            found = np.array(self._native(), float)
        return found.reshape(-1, 1 + len(self._leaves))

    def _by_python(self) -> list[float]:
        before = walked()
        found = self._derivatives()
        self._made += 1
        if self._may_compile and not is_strict() and self._is_faster(found, walked() - before):
            self._may_compile = False
            compiled = jit(self._derivatives)
            try:
                compiled()
                self._native = compiled
            except JangradError:  # most often Untraceable; Python goes on
                pass
        return [v.data for v in found]

    def _is_faster(self, found: list[Value], walked: int) -> bool:
        """Whether as many evaluations as were made would be done sooner in machine code."""
        _, codes, lefts, rights, *_ = tape(found)
        nodes = len(codes) - codes.count(0)
        work = Work(
            steps=self._made,
            stops=self._made,
            parameters=len(self._leaves),
            rows=1,
            neurons=0,
            nodes=nodes,
            own=True,
            walked=walked,
            traced=nodes,
            programs=1,
        )
        return is_faster(work, lambda: kinds_of(codes, lefts, rights))


def _lowest(
    f: Any,
    roots: Callable[[], list[Value]],
    point: Callable[[Any, Any], Point],
    numbers: _Numbers,
    asked: FullBatch,
    steps: int,
    engine: str,
) -> Minimum:
    """The minimum that a method finds.

    Args:
        f: the user's function, which `roots` calls.
        point: makes a point of an array of shape (roots, 1 + leaves).
    """
    check_function("f", f, ["x"], "a function of x, such as lambda x: x[0] ** 2 + x[1] ** 2")
    function = _Function(roots, numbers.leaves, checked_engine(engine, "float64"))
    evaluations, made, told = 0, 0, ""

    def evaluate(x: Any) -> Point:
        nonlocal evaluations
        write_data(asked.parameters, array("d", x))
        evaluations += 1
        return point(x, function())

    at = evaluate(np.array([leaf.data for leaf in numbers.leaves]))
    if not at.is_finite:
        raise DataError(
            f"the function is {at.loss} where it begins, or its gradient is not finite",
            why="there is no direction in which it falls",
            try_="an x where it is defined; inside `with jangrad.strict():` the operation is named",
        )
    method = method_of(asked)
    try:
        while not told and made < steps and not (told := method.test(at)):
            lower, told = method.advance(at, evaluate)
            if lower is not None:
                at, made = lower, made + 1
    except Unbounded as error:
        far = error.point
        raise DataError(
            f"the function has no minimum: it falls without end, to {far.loss:.3g} at"
            f" x={far.x.tolist()!r:.60}",
            why=f"no step is too long from x={at.x.tolist()!r:.60} on, after {made} steps",
            try_="a penalty that grows with x; or the negative, where a maximum was meant",
        ) from None
    finally:
        write_data(asked.parameters, array("d", at.x))
    return Minimum(
        numbers.nested(),
        at.loss,
        math.hypot(*at.gradient.tolist()),
        made,
        evaluations,
        told,
        function.engine,
    )
