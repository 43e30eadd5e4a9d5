"""`with strict():` holds in compiled steps and in native training, for values and gradients."""

import contextlib
import math

import pytest

from jangrad import Module, Value, compile_step, fit, log, logsumexp, sqrt, strict, table, tanh
from jangrad.errors import NonFinite


def raised(function, *arguments, **options):
    """The text of the error that this raises inside `strict()`."""
    with pytest.raises(NonFinite) as caught, strict():
        function(*arguments, **options)
    return str(caught.value)


# -- compile_step ---------------------------------------------------------------------------------


def descent(optimizer="sgd", **options):
    """Steps down log(w), which end below 0: at the fourth there is no loss any more."""
    w = Value(2.0)
    step = compile_step(lambda x: log(w) * x, [w], optimizer, learning_rate=1.0, **options)
    return w, step


@pytest.mark.parametrize("packed", [False, True])
def test_a_step_is_named_and_the_last_one_that_ended_stays(packed):
    """Weights and optimiser are those after it, however many steps a burst has."""
    w, step = descent()
    elements = [(1.0,)] * 50
    text = raised(step.run, step.pack(elements) if packed else elements)
    assert text.startswith("step 3: `log` gave nan from (-0.366666666666666")
    assert "where: test_strict_training.py" in text
    assert "log(w) * x" in text
    by_hand = 2.0
    for _ in range(3):
        by_hand -= 1.0 / by_hand
    assert w.data == pytest.approx(by_hand, abs=1e-15)
    assert step.optimizer.steps == 3
    assert step.run([(1.0,)])[0] != step.run([(1.0,)])[0]  # nan: outside nothing is checked


def test_repeated_steps_and_single_ones():
    """`steps=` on one element, and calls."""
    w, step = descent()
    assert raised(step.run, (1.0,), steps=1000).startswith("step 3: `log` gave nan")
    assert raised(step, 1.0).startswith("step 0: `log` gave nan")
    w.data = 1.0
    with strict():
        assert step(1.0) == 0.0
        assert w.data == 0.0


def test_a_gradient_is_named():
    """The loss is finite, its slope is not; the parameter stays."""
    w = Value(0.0)
    step = compile_step(lambda x: x * sqrt(w), [w], "adam")
    text = raised(step, 3.0)
    assert text.startswith("step 0: the gradient of `sqrt` at (0.0) is inf")
    assert "`sqrt` was computed at test_strict_training.py" in text
    assert (w.data, step.optimizer.steps) == (0.0, 0)


def test_what_is_hidden_again_is_found():
    """An inf whose inverse is 0 changes no loss."""
    w = Value(0.0)
    step = compile_step(lambda x: (x + 1.0 / (1.0 / w)) ** 2, [w], "sgd")
    assert raised(step, 3.0).startswith("step 0: `div` gave inf from (1.0, 0.0)")


def test_numbers_that_pick_rows_are_given_as_such():
    """The loss is asked once more by Python, in which no Value picks a row."""
    rows = [Value(1.0), Value(-1.0)]
    step = compile_step(lambda i: log(table(rows)[i]), rows, "sgd", learning_rate=0.1)
    assert raised(step.run, [(0,), (1,)]).startswith("step 1: `log` gave nan from (-1.0)")


@pytest.mark.parametrize("batches", [None, [[0, 1], [1, 4], [3, 2]]])
def test_a_row_is_named(batches):
    """The first of its batch that leads to nan."""
    w = Value(1.0)
    X = [1.0, 2.0, -3.0, 3.0, 1.0]
    step = compile_step(lambda x: log(w * x) ** 2, [w], "sgd", learning_rate=1e-9, per_row=True)
    how = {"steps": 5} if batches is None else {"batches": batches}
    text = raised(step.run, (X,), **how)
    place = "step 0, row 2" if batches is None else "step 2, row 2"
    assert text.startswith(f"{place}: `log` gave nan from (-")
    with strict():
        assert math.isfinite(step(X[:2]))


def test_the_row_of_a_gradient_is_named():
    """Each row's value is finite."""
    w = Value(0.0)
    step = compile_step(lambda x: sqrt(w + x), [w], "sgd", per_row=True)
    assert raised(step, [1.0, 0.0, 4.0]).startswith(
        "step 0, row 1: the gradient of `sqrt` at (0.0) is inf"
    )
    assert w.data == 0.0


def test_single_precision_ends_earlier():
    """What only float32 cannot hold is told as such."""
    w = Value(1.0)
    step = compile_step(lambda x: tanh(w * x * x), [w], "sgd", dtype="float32")
    text = raised(step, 1e30)
    assert text.startswith("step 0: ")
    assert "float32" in text
    assert w.data == 1.0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("how", ["calls", "one run", "rows", "batches"])
def test_what_is_not_chosen_stops_no_step(how, dtype):
    """A mask of -inf: each step is made, as outside of `strict()`."""
    found = []
    for inside in (contextlib.nullcontext(), strict()):
        w, v = Value(0.3), Value(0.7)

        def loss(x, w=w, v=v):
            return logsumexp([w * x, v, -math.inf]) - w + v * v

        per_row = how in ("rows", "batches")
        step = compile_step(loss, [w, v], "adam", dtype=dtype, per_row=per_row)
        with inside:
            if how == "calls":
                losses = [step(x) for x in (1.0, 2.0, 3.0)]
            elif how == "one run":
                losses = list(step.run([(1.0,), (2.0,), (3.0,)], rates=[0.1, 0.2, 0.3]))
            elif how == "rows":
                losses = list(step.run(([1.0, 2.0],), steps=40))
            else:
                losses = list(step.run(([1.0, 2.0],), batches=[[0], [0, 1], [1]]))
        found.append([*losses, w.data, v.data, step.optimizer.steps])
    assert found[0] == found[1]


def test_a_number_that_is_given_is_found_at_every_step():
    """Also where it is hidden again, and where the shape was compiled before."""
    w = Value(0.5)

    def loss(x):
        return (w + tanh(x)) ** 2

    step = compile_step(loss, [w], "sgd")
    rows = compile_step(loss, [w], "sgd", per_row=True)
    step(1.0)
    rows([1.0, 2.0])
    for _ in range(2):
        assert raised(step, math.inf).startswith("step 0: a Value was made from inf")
        assert raised(rows, [1.0, math.nan]).startswith("step 0, row 1: a Value was made from nan")
    text = raised(rows.run, ([1.0, 2.0, math.inf],), batches=[[0], [2]])
    assert text.startswith("step 1, row 2: a Value was made from inf")


def test_what_is_not_chosen_hides_no_later_step():
    """After steps that looked bad the one is named that is."""
    w = Value(2.0)
    step = compile_step(lambda x: logsumexp([-math.inf, log(w) * x]), [w], "sgd", learning_rate=1.0)
    text = raised(step.run, [(1.0,)] * 50)
    assert text.startswith("step 3: `log` gave nan from (-0.366666666666666")
    assert step.optimizer.steps == 3


def test_checked_steps_are_the_others():
    """Inside and outside, in turns, finite numbers are the same."""
    found = []
    for inside in (False, True):
        w, step = Value(0.5), None
        step = compile_step(lambda x, t, w=w: (tanh(w * x) - t) ** 2, [w], "adam")
        for k in range(6):
            if inside and k % 2:
                with strict():
                    step.run([(1.0, 0.2), (0.5, 0.1)])
            else:
                step.run([(1.0, 0.2), (0.5, 0.1)])
        found.append(w.data)
    assert found[0] == pytest.approx(found[1], abs=1e-15)


# -- fit ------------------------------------------------------------------------------------------


class Logarithm(Module):
    """log(w x), whose weight leaves its domain when a step is too long."""

    def __init__(self):
        self.w = Value(0.5)

    def __call__(self, x):
        return [log(self.w * x[0])]


def own_loss(outputs, targets):
    return sum((o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True)) / len(outputs)


@pytest.mark.parametrize("loss", ["squared_error", own_loss])
@pytest.mark.parametrize("engine", ["eager", "native"])
def test_fit_names_step_row_operation_and_line(engine, loss):
    """Both engines alike, and the weights are those of the last whole step."""
    net = Logarithm()
    options = {"loss": loss, "optimizer": "sgd", "learning_rate": 0.6, "engine": engine}
    rows = [[1.0], [2.0], [0.5], [3.0]], [-1.0, -2.0, -9.0, -1.0]
    text = raised(fit, net, *rows, steps=60, **options)
    assert "step 1, row 0: `log` gave nan from (-" in text
    assert "log(self.w * x[0])" in text
    again = Logarithm()
    fit(again, *rows, steps=1, **options)
    assert net.w.data == pytest.approx(again.w.data, rel=1e-14)


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_fit_names_an_infinite_gradient(engine):
    """Of a root at 0, at the first step."""

    class Root(Module):
        def __init__(self):
            self.w = Value(0.0)

        def __call__(self, x):
            return [sqrt(self.w * x[0])]

    net = Root()
    text = raised(
        fit, net, [[1.0], [2.0]], [1.0, 2.0], steps=9, engine=engine, optimizer="sgd",
        learning_rate=0.1,
    )  # fmt: skip
    assert text.startswith("step 0, row 0: the gradient of `sqrt` at (0.0) is ")
    assert net.w.data == 0.0


def test_a_training_that_stays_finite_ends_as_ever():
    """Nothing is raised, and the losses are those outside."""
    found = []
    for inside in (False, True):
        net = Logarithm()
        options = {"steps": 40, "engine": "native", "optimizer": "adam", "learning_rate": 0.01}
        rows = [[1.0], [2.0], [0.5]], [0.1, 0.7, -0.6]
        if inside:
            with strict():
                found.append(fit(net, *rows, **options).loss)
        else:
            found.append(fit(net, *rows, **options).loss)
    assert found[0] == pytest.approx(found[1], rel=1e-12)
