"""Targets that a loss refuses are refused in every engine, for every element."""

import math

import numpy as np
import pytest

from jangrad import MLP, Value, compile_step, fit, grad, jit
from jangrad.errors import DataError, NoSuchRow
from jangrad.nn import binary_cross_entropy, hinge, poisson, softmax_cross_entropy

X = [[0.1 * i] for i in range(20)]
LOSSES = {
    "hinge": (hinge, [-1.0, 1.0], [0.0, 2.0, -1.5, 1.0000001]),
    "poisson": (poisson, [0.0, 0.25, 7.0], [-1.0, -1e-9, -5.0, -1e300]),
    "binary_cross_entropy": (binary_cross_entropy, [0.0, 0.25, 1.0], [-1.0, 2.0, 5.0, -1e-9]),
}
NAMES = list(LOSSES)
CLASSES = [name for name in NAMES if name != "poisson"]


def good(name):
    targets = LOSSES[name][1]
    return [targets[i % len(targets)] for i in range(20)]


def refused(name):
    return pytest.raises(DataError, match=f"but `{name}` needs targets")


@pytest.mark.parametrize("bad", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_in_a_compiled_function(name, bad):
    """At a call, in a row of `map`, and behind a derivative; good ones are computed."""
    loss, fine, wrong = LOSSES[name]
    one = jit(lambda z, t: loss([[z]], [t]))
    for t in fine:
        assert one(0.5, t) == pytest.approx(loss([[0.5]], [t]), rel=1e-12)
    with refused(name):
        one(0.5, wrong[bad])
    assert len(one.map(np.zeros(20), np.array(good(name)))) == 20
    with refused(name):
        one.map(np.zeros(20), np.array([*good(name)[:19], wrong[bad]]))
    with refused(name):
        jit(lambda z, t: grad(lambda z: loss([[z]], [t]))(z))(0.5, wrong[bad])


@pytest.mark.parametrize("place", [0, 7, 19])
@pytest.mark.parametrize("name", NAMES)
def test_in_compiled_steps(name, place):
    """Of one example, of many elements, of rows; the message names the element."""
    loss, _, (wrong, *_) = LOSSES[name]
    targets = good(name)
    targets[place] = wrong
    w = Value(0.5)
    step = compile_step(lambda x, t: loss([[w * x]], [t]), [w], "sgd")
    step.run([(0.5, t) for t in good(name)])
    before = w.data
    with pytest.raises(DataError, match=f"a target of element {place} is {wrong:g}, but `{name}`"):
        step.run([(0.5, t) for t in targets])
    with refused(name):
        step(0.5, wrong)
    rows = compile_step(lambda x, t: loss([[w * x]], [t]), [w], "sgd", per_row=True)
    with pytest.raises(DataError, match=f"a target of row {place} is {wrong:g}, but `{name}`"):
        rows.run(([0.5] * 20, targets), steps=3)
    assert w.data == before


@pytest.mark.parametrize("engine", ["eager", "native", "auto"])
@pytest.mark.parametrize("place", [0, 13, 19])
@pytest.mark.parametrize("name", NAMES)
def test_in_fit(name, place, engine):
    """Before the first step, small or large, in validation data too."""
    wrong = LOSSES[name][2][0]
    targets = good(name)
    targets[place] = wrong
    for X_, y in ((X, targets), (X * 30, targets * 30)):
        net = MLP(1, [3, 1], "tanh", seed=1)
        before = [p.data for p in net.parameters()]
        for options in ({}, {"batch_size": 4}):
            with pytest.raises(DataError, match=rf"`y\[{place}\]` is {wrong:g}, but `{name}`"):
                fit(net, X_, y, loss=name, steps=50, engine=engine, progress=False, **options)
        with pytest.raises(DataError, match=rf"`the validation y\[{place}\]` is {wrong:g}"):
            fit(
                *(net, X, good(name)),
                loss=name,
                validation=(X_, y),
                steps=50,
                engine=engine,
                progress=False,
            )
        assert [p.data for p in net.parameters()] == before


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("name", NAMES)
def test_in_a_loss_of_ones_own(name, batch_size):
    """Python refuses the batch that has it; machine code knows all rows before the first step."""
    loss, _, (wrong, *_) = LOSSES[name]
    targets = good(name)
    targets[11] = wrong
    for engine in ("eager", "native"):
        with refused(name):
            fit(
                *(MLP(1, [1], seed=0), X, targets),
                loss=lambda outputs, targets: loss(outputs, targets) * 2.0,
                batch_size=batch_size,
                engine=engine,
                steps=10,
                progress=False,
            )


@pytest.mark.parametrize("name", NAMES)
def test_a_target_that_is_computed(name):
    """Nobody sees its number, so the loss is nan where Python would refuse it, else right."""
    loss, fine, wrong = LOSSES[name]
    one = jit(lambda z, t: loss([[z]], [t * 2.0 - 1.0]))
    for t in fine:
        given = (t + 1.0) / 2.0
        assert one(0.5, given) == pytest.approx(loss([[0.5]], [given * 2.0 - 1.0]), rel=1e-12)
    for t in wrong:
        assert math.isnan(one(0.5, (t + 1.0) / 2.0))
    held = Value(fine[0])
    reading = jit(lambda z: loss([[z]], [held]))
    assert reading(0.5) == pytest.approx(loss([[0.5]], [fine[0]]), rel=1e-12)
    held.data = wrong[0]
    assert math.isnan(reading(0.5))


@pytest.mark.parametrize("label", [3.0, -1.0, 0.5, math.nan])
def test_class_numbers(label):
    """Out of range, or no integer."""
    one = jit(lambda a, b, c, t: softmax_cross_entropy([[a, b, c]], [t]))
    assert one(0.0, 0.0, 0.0, 2.0) == pytest.approx(math.log(3))
    with pytest.raises(NoSuchRow):
        one(0.0, 0.0, 0.0, label)
    w = [Value(0.1 * k) for k in range(3)]
    step = compile_step(lambda t: softmax_cross_entropy([w], [t]), w, "sgd")
    with pytest.raises(NoSuchRow):
        step.run([(0.0,), (label,)])
    if label == label:
        labels = [0.0] * 19 + [label]
        for engine in ("eager", "native"):
            with pytest.raises(DataError, match=r"`y\[19\]` is"):
                fit(
                    *(MLP(1, [3], seed=0), X, labels),
                    loss="softmax_cross_entropy",
                    engine=engine,
                    progress=False,
                )


@pytest.mark.parametrize("engine", ["eager", "native"])
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("width", [1, 2])
def test_several_outputs_with_validation(name, width, engine):
    """A row counts as right where all its outputs are."""
    low = -1.0 if name == "hinge" else 0.0
    y = [[1.0 if i > 9 else low, low][:width] for i in range(20)]
    net = MLP(1, [width], seed=0)
    history = fit(
        *(net, X, y),
        loss=name,
        steps=40,
        validation=(X, y),
        engine=engine,
        learning_rate=0.1,
        progress=False,
    )
    outputs = [[v.data for v in net(row)] for row in X]
    right = [
        all((z > 0) == (t == 1.0) for z, t in zip(row, target, strict=True))
        for row, target in zip(outputs, y, strict=True)
    ]
    assert history.validation["accuracy"][-1] == sum(right) / 20
    assert history.validation["accuracy"][-1] > 0.4


@pytest.mark.parametrize(
    ("classes", "try_"),
    [
        ([1, 2, 3], "[t - 1 for t in y]: these seem to be counted from 1"),
        ([0, 1, 7], "{kind: i for i, kind in enumerate(sorted(set(y)))}, which numbers them"),
        ([0, 1, 2, 3], "a network of 4 outputs"),
        ([0.5, 1.5, 2.5, 3.5], 'loss="squared_error" for numbers that are no classes'),
    ],
)
def test_classes_that_are_not_numbered_from_0(classes, try_):
    """What to do about it."""
    net = MLP(1, [3], seed=0)
    rows = [[float(i)] for i in range(12)]
    with pytest.raises(DataError, match="not a class from 0 to 2") as caught:
        fit(net, rows, (classes * 4)[:12], loss="softmax_cross_entropy", progress=False)
    assert str(caught.value).endswith(f"try: {try_}")
