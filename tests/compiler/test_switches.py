"""Passes that are switched off: the numbers stay, and the pass has left nothing behind."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.compiler.strategies import flat, programs
from tests.compiler.test_irregular import dag

from jangrad import MLP, Value, compile_step, fit, jit, tanh, value_and_grad
from jangrad.compiler import SWITCHES, without
from jangrad.errors import ConfigError
from jangrad.nn import known, predictions, squared_error
from jangrad.switches import Limits, as_now, limits, switched_off, within
from jangrad.train.compiled import reuse

ALL = [*SWITCHES, "all of them"]


def names_of(name):
    return SWITCHES if name == "all of them" else (name,)


WEIGHTS = [[Value(0.1 * i - 0.037 * j - 0.3) for j in range(12)] for i in range(12)]


def layers(x):
    """Two layers of 12 units, and what their outputs sum to."""
    for _ in range(2):
        x = [tanh(sum(w * xj for w, xj in zip(unit, x, strict=True))) for unit in WEIGHTS]
    return sum(x)


def few(x):
    return tanh(sum(a * b for a, b in pairwise(x)))


GRAPH, LEAVES = dag(400, seed=1)
ROW = np.linspace(-1.0, 1.0, 12).tolist()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("f", "x"), [(few, ROW), (layers, ROW), (GRAPH, LEAVES)])
def test_numbers_stay(name, f, x):
    """Of a call, of rows and of a gradient: what Python computes."""
    total = lambda x: sum(made) / len(made) if isinstance(made := f(x), list) else made
    values = [Value(v) for v in x]
    expected = total(values)
    expected.backward()
    slopes = [v.grad for v in values]
    with without(*names_of(name)):
        value, gradient = jit(value_and_grad(total))(x)
        rows = jit(total).map([x] * 19)
    assert value == pytest.approx(expected.data, rel=1e-12)
    assert gradient == pytest.approx(slopes, rel=1e-10, abs=1e-13)
    assert rows.tolist() == pytest.approx([expected.data] * 19, rel=1e-12)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("sizes", "rows"), [([4, 1], 4), ([24, 10, 1], 100)])
def test_steps_stay(name, sizes, rows):
    """Straight-line code with its updates, and loops over rows in tiles."""
    draw = np.random.default_rng(0)
    X, Y = draw.normal(size=(rows, 3)), draw.normal(size=rows)
    found = []
    for off in ((), names_of(name)):
        net = MLP(3, sizes, "tanh", seed=0)
        with without(*off):
            step = compile_step(
                lambda x, y, net=net: squared_error([net(x)], [y]),
                net.parameters(), "adam", learning_rate=0.01, per_row=True,
            )  # fmt: skip
            losses = [step(X, Y) for _ in range(4)]
        found.append(losses + [p.data for p in net.parameters()])
    assert found[1] == pytest.approx(found[0], rel=1e-9, abs=1e-12)


@pytest.mark.usefixtures("own_operations")
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(program=programs(most_rows=5), names=st.sets(st.sampled_from(sorted(SWITCHES))))
def test_random_programs_stay(program, names):
    """Whichever passes are off together."""
    f, _ = program.make()
    row = program.rows[0]
    expected = f(*row)
    expected = float(expected.data if isinstance(expected, Value) else expected)
    with without(*names):
        found = jit(f)(*row)
    scale = max([1.0, abs(expected), *(abs(float(x)) for x in flat(row))])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale)


# -- what is left out -----------------------------------------------------------------------------


def stages_of(f, x, *names, rows=False):
    with without(*names):
        compiled = jit(f)
        _ = compiled.map([x] * 3) if rows else compiled(x)
    return compiled.stages(lines=None) + compiled.report()  # outside, but of what was made inside


@pytest.mark.parametrize(
    ("name", "f", "x", "trace"),
    [
        ("inline", layers, ROW, "sum over 12; of mul"),
        ("tables", GRAPH, LEAVES, "from tables"),
        ("straight", few, ROW, "in order:"),
        ("fuse", layers, ROW, ", then tanh"),
        ("tiles", layers, ROW, "for i0 in 0..12, "),
    ],
)
def test_a_pass_leaves_nothing(name, f, x, trace):
    """What tells of it in the stages and the report is gone, also when they are asked later."""
    names = ("straight",) if f is layers else ()
    rows = f is layers
    assert trace in stages_of(f, x, *names, rows=rows)
    assert trace not in stages_of(f, x, name, *names, rows=rows)


def test_buffers_share_no_memory():
    """The arena is as large as all of them together."""

    def arena(*names):
        with without("straight", *names):
            f = jit(layers)
            f.map([ROW] * 3)
        (version,) = f._versions.values()
        return version.now.executable._lower().module.layout

    assert arena().size < arena().unshared
    assert arena("share").size == arena("share").unshared


# -- how long -------------------------------------------------------------------------------------


def test_they_are_off_inside_alone():
    """They add up, and what is made later is made as before."""
    with without("fuse"):
        with without("tiles"):
            assert switched_off() == {"fuse", "tiles"}
            asked = as_now(switched_off)
        assert switched_off() == {"fuse"}
    assert not switched_off()
    assert asked() == {"fuse", "tiles"}
    with without("straight"):
        loops = jit(few)
        loops(ROW)
    code = jit(few)
    code(ROW)
    assert "in order:" in code.stages(lines=None)
    assert "in order:" not in loops.stages(lines=None)


def test_limits_hold_inside_alone():
    """A program that is made within others is another one, and stays it when it is shown."""
    code = []
    for changed in ({}, {"straight_operations": 0}, {}):
        with within(**changed):
            f = jit(few)
            value = f(ROW)
            assert limits() == Limits()._replace(**changed)
        code.append(("in order:" in f.stages(lines=None), value))
    assert [straight for straight, _ in code] == [True, False, True]
    assert code[0] == code[2]
    assert code[1][1] == pytest.approx(code[0][1], rel=1e-14)


def test_a_fit_is_compiled_anew():
    """The code of a fit before it is not taken, nor is its own by one behind it."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    rows, targets = [[0.0, 1.0], [1.0, 0.0]] * 2, [1.0, -1.0] * 2
    kept = []
    for names in ((), ("straight",), ()):
        with without(*names):
            fit(net, rows, targets, steps=5, engine="native", progress=False)
        kept.append(len(reuse.kept))
    assert kept[1] == kept[0] + 1
    assert kept[2] == kept[1]


@pytest.mark.parametrize("count", [1, 50])
def test_predictions_are_compiled_anew(monkeypatch, count):
    """The code that a network keeps is not taken inside, nor what was made there behind it."""
    monkeypatch.setattr(known, "COSTS", known.COSTS._replace(first=0.0, later=0.0, traced=0.0))
    net = MLP(2, [3, 1], "tanh", seed=0)
    rows = [[0.01 * i, 1.0] for i in range(count)]
    net.predict(rows)  # of which Python computes the first
    kept, outputs = [], []
    for names in ((), ("straight",), (), ("straight",)):
        with without(*names):
            outputs.append(net.predict(rows))
        programs = predictions._beside.of(net).programs
        kept.append([("in order:" in p.now.executable.stages(None)) for p in programs.values()])
    assert kept == [[True], [True, False], [True, False], [True, False]]
    assert outputs[2] == outputs[0]
    assert outputs[3] == outputs[1]


def test_a_pass_that_is_always_done():
    """The message lists what can be left out."""
    with pytest.raises(ConfigError) as caught, without("differentiate"):
        pass
    assert "'differentiate'" in caught.value.what
    assert all(name in str(caught.value) for name in SWITCHES)
