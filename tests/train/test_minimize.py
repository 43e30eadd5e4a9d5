"""`minimize` and `least_squares` on the problems of Moré, Garbow and Hillstrom, beside scipy."""

import math

import numpy as np
import pytest
from tests.more_garbow_hillstrom import PROBLEMS

import jangrad
from jangrad import MLP, Value, gradient, jit, least_squares, minimize
from jangrad.errors import ConfigError, DataError, JangradError, ShapeError
from jangrad.train import LBFGS, LevenbergMarquardt
from jangrad.train.solvers.methods import method_of
from jangrad.train.solvers.point import sum_of_squares

# From the standard start and one ten times as far; that of `watson` is 0, and from far away
# `chebyquad` has no minimum that its authors, or MINPACK, reach.
RUNS = [
    pytest.param(problem, times, id=f"{problem.name}-{times}")
    for problem in PROBLEMS
    for times in (1, 10)
    if times == 1 or problem.name not in ("watson", "chebyquad")
]
#: Both are made to go on until nothing more is to be had.
MOST = 2000


def sum_of(problem):
    return lambda x: sum(r**2 for r in problem.residuals(x))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_minima_of_the_paper(problem):
    """Both find one of the minima that the paper lists, from its start."""
    steps = {"steps": MOST}
    by_lbfgs = minimize(sum_of(problem), problem.start, **steps)
    by_damping = least_squares(problem.residuals, problem.start, **steps)
    for found in (by_lbfgs, by_damping):
        assert found.converged_by, found
        assert any(math.isclose(found.loss, m, rel_tol=2e-4, abs_tol=2e-7) for m in problem.minima)


class Counted:
    """A problem in machine code, that notes the loss of each evaluation."""

    def __init__(self, problem):
        self.leaves = leaves = [Value(0.0) for _ in problem.start]
        self.losses = []

        def derivatives():
            roots = problem.residuals(leaves)
            return [v for root in roots for v in (root, *gradient(root, leaves))]

        self._compiled = jit(derivatives)

    def __call__(self, x):
        for leaf, number in zip(self.leaves, x.tolist(), strict=True):
            leaf.data = number
        found = np.array(self._compiled()).reshape(-1, 1 + len(x))
        point = sum_of_squares(x, found[:, 0].copy(), found[:, 1:].copy())
        self.losses.append(point.loss)
        return point

    def lowest(self, asked, start):
        """The losses of all evaluations of a method."""
        self.losses.clear()
        method = method_of(asked)
        at, told = self(start), ""
        while not told and not (told := method.test(at)) and len(self.losses) < MOST:
            lower, told = method.advance(at, self)
            at = at if lower is None else lower
        return list(self.losses)

    def as_low_as(self, losses, level):
        """After how many evaluations a method is as low, up to rounding."""
        enough = level + 1e-6 * abs(level) + 1e-14
        return next((k for k, loss in enumerate(losses, 1) if loss <= enough), math.inf)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of scipy, where a trial overflows
@pytest.mark.parametrize(("problem", "times"), RUNS)
def test_lbfgs_beside_scipy(problem, times):
    """It is as low as L-BFGS-B ends with at most twice its evaluations, and goes on from there."""
    optimize = pytest.importorskip("scipy.optimize")
    counted, start = Counted(problem), times * np.array(problem.start)
    ours = counted.lowest(LBFGS(counted.leaves, ftol=1e-15, gtol=1e-8), start)
    counted.losses.clear()

    def value_and_grad(x):
        point = counted(x)
        return point.loss, point.gradient

    options = {"maxcor": 10, "ftol": 1e-15, "gtol": 1e-8, "maxiter": MOST, "maxfun": MOST}
    theirs = optimize.minimize(value_and_grad, start, jac=True, method="L-BFGS-B", options=options)
    if problem.name == "meyer" and times == 10:  # neither is at a minimum; both have given up
        assert theirs.fun > 1e8
        assert min(ours) < 1.2 * theirs.fun
        return
    assert counted.as_low_as(ours, theirs.fun) <= 2 * len(counted.losses)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("problem", "times"), RUNS)
def test_levenberg_marquardt_beside_scipy(problem, times):
    """It is as low as MINPACK's `lmder` ends with at most twice its evaluations."""
    optimize = pytest.importorskip("scipy.optimize")
    counted, start = Counted(problem), times * np.array(problem.start)
    tight = dict.fromkeys(("ftol", "xtol", "gtol"), 1e-12)
    ours = counted.lowest(LevenbergMarquardt(counted.leaves, **tight), start)
    theirs = optimize.least_squares(
        lambda x: counted(x).residuals,
        start,
        jac=lambda x: counted(x).jacobian,
        method="lm",
        x_scale="jac",
        max_nfev=MOST,
        **tight,
    )
    assert counted.as_low_as(ours, 2.0 * theirs.cost) <= 2 * theirs.nfev


def test_engines_agree():
    """Python and machine code take the same way to the same minimum."""
    for problem in PROBLEMS[:1] + PROBLEMS[7:9] + PROBLEMS[13:15]:
        for find, f in ((minimize, sum_of(problem)), (least_squares, problem.residuals)):
            eager, native = (find(f, problem.start, engine=e) for e in ("eager", "native"))
            assert (eager.engine, native.engine) == ("eager", "native")
            assert np.allclose(eager.x, native.x, rtol=1e-5, atol=1e-9)
            assert abs(eager.steps - native.steps) <= 2


def test_auto_begins_by_python_and_compiles_what_goes_on():
    """A short search stays in Python; a long one ends in machine code, and finds the same again."""
    assert minimize(lambda x: (x[0] - 3.0) ** 2, [0.0]).engine == "eager"
    problem = next(p for p in PROBLEMS if p.name == "osborne_2")
    first, second = (minimize(sum_of(problem), problem.start) for _ in range(2))
    assert first.engine == "native"
    assert first == second


def test_x_keeps_its_nesting():
    """Numbers, lists of lists and arrays come back as they were nested; a Value is moved itself."""
    assert minimize(lambda x: (x - 2.0) ** 2 + 1.0, 0.0).x == pytest.approx(2.0, abs=1e-6)
    nested = minimize(lambda x: (x[0][0] - 1.0) ** 2 + (x[1][1] + 2.0) ** 2, [[0.0], [5.0, 0.0]])
    assert nested.x == [[pytest.approx(1.0, abs=1e-6)], [5.0, pytest.approx(-2.0, abs=1e-6)]]
    of_array = least_squares(lambda x: [x[0] - 1.0, x[1] - 2.0], np.zeros(2))
    assert of_array.x == pytest.approx([1.0, 2.0])
    w = Value(0.0)
    moved = minimize(lambda given: (given[0] - 4.0) ** 2, [w])
    assert w.data == moved.x[0] == pytest.approx(4.0, abs=1e-6)


def test_parameters_of_a_network():
    """A function that closes over Values moves those that it is told, and no gradient is left."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    rows = [([0.0, 1.0], 0.5), ([1.0, 0.0], -0.5), ([1.0, 1.0], 0.2)]
    found = least_squares(lambda _: [net(x)[0] - y for x, y in rows], net.parameters())
    assert found.loss < 1e-20
    assert [net(x)[0].data for x, _ in rows] == pytest.approx([y for _, y in rows])
    assert not any(p.has_grad for p in net.parameters())


def test_a_trial_that_is_not_finite_shortens_the_step():
    """Both go on from a trial where the function is nan or inf, to the minimum."""
    # log(-x) is nan beyond 0, where the first steps lead; exp overflows.
    for engine in ("eager", "native"):
        found = minimize(lambda x: x[0] - jangrad.log(x[0]), [1e-3], engine=engine)
        assert found.x == pytest.approx([1.0], abs=1e-5)
        steep = minimize(lambda x: jangrad.exp(x[0] ** 2) - 40.0 * x[0], [-1.0], engine=engine)
        assert abs(2 * steep.x[0] * math.exp(steep.x[0] ** 2) - 40.0) < 1e-4
        damped = least_squares(
            lambda x: [jangrad.log(x[0]) - 1.0, jangrad.sqrt(x[0]) - 2.0], [30.0], engine=engine
        )
        assert damped.converged_by
        assert 2.0 < damped.x[0] < 4.5


def test_no_step_lowers_a_loss_at_its_rounding():
    """A search whose tolerances are 0 ends where the loss is as low as its numbers allow."""
    found = minimize(lambda x: (x[0] - 1.0) ** 2 + 1.0, [0.3], ftol=0.0, gtol=0.0)
    assert found.converged_by in ("precision", "ftol", "gtol")
    assert found.steps < 50
    assert found.x == pytest.approx([1.0], abs=1e-6)


def test_fewer_residuals_than_numbers():
    """Of the many minima of such a sum one is found."""
    found = least_squares(lambda x: [x[0] * x[1] - 6.0, x[2] - x[3] - 1.0], [1.0, 1.0, 0.0, 0.0])
    assert found.loss < 1e-20


def test_interrupts_leave_the_last_point():
    """An exception of the function leaves Values at the lowest point, not at a trial."""
    w, calls = Value(-1.2), []

    def f(x):
        calls.append(x[0].data)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return (x[0] - 1.0) ** 4

    with pytest.raises(KeyboardInterrupt):
        minimize(f, [w], engine="eager")
    assert w.data != calls[-1]
    assert (w.data - 1.0) ** 4 == min((x - 1.0) ** 4 for x in calls[:-1])


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: minimize(lambda x: [x[0], x[0]], [1.0]), ShapeError, "jangrad.least_squares"),
        (lambda: minimize(lambda x: 3.0, [1.0]), ShapeError, "not a Value"),
        (lambda: least_squares(lambda x: x[0], [1.0]), ShapeError, "jangrad.minimize"),
        (lambda: least_squares(lambda x: [], [1.0]), ShapeError, "not residuals"),
        (lambda: minimize(lambda x: jangrad.log(x[0]), [-1.0]), DataError, "where it begins"),
        (lambda: minimize(lambda x: x[0] ** 2, []), ConfigError, "holds no numbers"),
        (lambda: minimize(lambda x: x[0] ** 2, [1.0], gtol=-1.0), ConfigError, "gtol >= 0"),
        (lambda: minimize(lambda x: x[0] ** 2, [1.0], steps=0), ConfigError, "`steps`"),
        (lambda: minimize(lambda x: x[0] ** 2, [1.0], history_size=0), ConfigError, "history_size"),
        (lambda: minimize(lambda x: x[0] ** 2, [1.0], method="bfgs"), ConfigError, "no option"),
        (lambda: minimize(3.0, [1.0]), ConfigError, "not a function"),
        (lambda: minimize(lambda x: x[0] ** 2, [Value(1.0) * 2.0]), ConfigError, "computed by"),
        (lambda: minimize(lambda x: x[0] ** 2, [1.0], engine="jax"), ConfigError, "no engine"),
    ],
)
def test_errors_teach(call, kind, words):
    """Each mistake is named, with what to write instead."""
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, JangradError)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[0] + 0 * x[1],
        lambda x: x[0] ** 3 + 0 * x[1],
        lambda x: x[1] ** 2 - x[0] ** 20,
        lambda x: x[0] - jangrad.log(x[1]),
    ],
)
@pytest.mark.parametrize("engine", ["eager", "native"])
def test_what_has_no_minimum_is_refused_and_leaves_the_numbers(f, engine):
    with pytest.raises(DataError, match="has no minimum: it falls without end, to -") as error:
        minimize(f, [-1.0, 1.0], engine=engine)
    assert "no step is too long" in str(error.value)
    x = [Value(-1.0), Value(1.0)]
    with pytest.raises(DataError, match="has no minimum"):
        minimize(lambda _: x[0] + 0 * x[1], x, engine=engine)
    assert [v.data for v in x] == [-1.0, 1.0]
