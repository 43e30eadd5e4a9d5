"""What becomes of a root when numbers are moved, beside what its derivatives predict."""

import pytest
from hypothesis import given
from tests.strategies import programs, run

from jangrad import MLP, Value, derivatives
from jangrad.engine import apply
from jangrad.errors import ConfigError, NameNotFound, NotANumber
from jangrad.micrograd.engine import Value as Micro
from jangrad.show.what_if import what_if


@given(programs())
def test_the_true_change_and_both_predictions_of_random_graphs(program):
    """The change is that of the same program on other numbers; the predictions, Taylor's."""
    leaves = [Value(x) for x in program.leaves]
    derivation = run(program, leaves, apply).backtrack().derivation
    nodes = {id(node.value): node for node in derivation}
    moves = {nodes[id(v)]: 0.01 * (i + 1) for i, v in enumerate(leaves) if id(v) in nodes}
    found = what_if(derivation, moves)
    moved = [v.data + moves.get(nodes.get(id(v)), 0.0) for v in leaves]
    after = run(program, [Value(x) for x in moved], apply).data
    assert found.root.after == pytest.approx(after, rel=1e-12, nan_ok=True)
    slopes = derivatives.gradient(derivation.root.value, leaves)
    sizes = [moves.get(nodes.get(id(v)), 0.0) for v in leaves]
    first = sum(s.data * m for s, m in zip(slopes, sizes, strict=True))
    assert found.by_gradient == pytest.approx(first, rel=1e-9, abs=1e-12, nan_ok=True)
    seconds = [derivatives.gradient(s, leaves) for s in slopes]
    curved = sum(
        0.5 * m * n * seconds[i][j].data for i, m in enumerate(sizes) for j, n in enumerate(sizes)
    )
    expected = pytest.approx(first + curved, rel=1e-6, abs=1e-9, nan_ok=True)
    assert found.by_curvature == expected


def test_it_prints_what_changed_and_how_well_it_was_predicted():
    """Also what has a name on the way; a curve of second order is exact."""
    a, b = Value(2.0), Value(3.0)
    c = a * a
    e = c + a * b
    found = e.backtrack().what_if(a=0.1, b=-0.2)
    assert str(found).splitlines() == [
        "if a: 2 -> 2.1",
        "   b: 3 -> 2.8",
        "on the way c: 4 -> 4.41",
        "e: 10 -> 10.29",
        "  true change                0.29",
        "  by the gradient             0.3  0.01 too high",
        "  by gradient and curvature  0.29  the same",
    ]
    assert found.change == pytest.approx(0.29)
    assert (a.data, e.data) == (2.0, 10.0)


def test_numbers_are_moved_by_any_name_the_tree_knows():
    """Labels that are no names of Python's, Values, and numbers that are computed."""
    net = MLP(2, [2, 1], "tanh", seed=0)
    out = net([1.0, -1.0])[0]
    tree = out.backtrack()
    bias = net.layers[1].neurons[0].bias
    for key in ("net.layers[1].neurons[0].bias", bias):
        assert tree.what_if({key: 0.5}).change == pytest.approx(0.5)
    a = Value(2.0, "a")
    c = a * a
    root = c * 3.0
    both = root.backtrack().what_if({c: 1.0}, a=0.5)
    assert both.root.after == 3.0 * (2.5 * 2.5 + 1.0)
    assert both.by_gradient == 3.0 * 1.0 + 12.0 * 0.5
    assert both.by_curvature == both.by_gradient + 3.0 * 0.5**2


def test_what_cannot_be_asked():
    """Nothing, a stranger, the same twice, text, and what has a backward of its own."""
    a = Value(2.0, "a")
    tree = (a * a).backtrack()
    with pytest.raises(ConfigError, match="nothing is moved"):
        tree.what_if()
    with pytest.raises(NameNotFound, match="no node is named `b`"):
        tree.what_if(b=1.0)
    with pytest.raises(ConfigError, match="`a` is moved twice"):
        tree.what_if({a: 0.1}, a=0.1)
    with pytest.raises(NotANumber):
        tree.what_if(a="0.1")
    x = Micro(2.0)
    x.label = "x"
    out = Micro(4.0, (x,), "square")
    out._backward = lambda: None
    with pytest.raises(ConfigError, match="has a backward of its own"):
        (out * 1.0).backtrack().what_if(x=0.1)


def test_a_step_over_the_minimum_is_called_one():
    """The gradient says that the root falls, and it grows."""
    x = Value(1.0, "x")
    loss = (x - 1.2) ** 2
    loss.label = "loss"
    said = "loss falls at first, as the gradient says, and ends above where it began"
    assert said in str(loss.backtrack().what_if(x=0.6))
    assert said not in str(loss.backtrack().what_if(x=0.1))
    gain = -loss
    assert "gain grows at first" in str(gain.backtrack().what_if(x=0.6))


def test_no_way_is_told_that_the_root_does_not_go():
    """At a kink it goes the other way at once; over a pole it does not turn."""
    x = Value(0.0, "x")
    bent = (abs(x) * 3.0 + x * 0.5).backtrack().what_if(x=-1.0)
    assert (bent.by_gradient, bent.change) == (-0.5, 2.5)
    assert "grows at once: the gradient is that of another side of a kink" in str(bent)
    assert "at first" not in str(bent)
    b = Value(-3.0, "b")
    over = str((2.0 / b).backtrack().what_if(b=4.0))
    assert "falls at first, as the gradient says, and ends above where it began" in over


def test_no_prediction_is_the_same_as_an_infinite_change():
    """Every finite number is within any part of inf."""
    b = Value(-3.0, "b")
    lines = str((2.0 / b).backtrack().what_if(b=3.0)).splitlines()
    assert lines[2].split() == ["true", "change", "inf"]
    assert lines[3].split() == ["by", "the", "gradient", "-0.666667"]
    assert "the same" not in "".join(lines)


def test_of_a_fall_that_is_foretold_too_far_no_one_says_too_little():
    """High and low are the same for what grows and what falls."""
    x = Value(1.0, "x")
    lines = str((x**2).backtrack().what_if(x=-0.5)).splitlines()
    assert lines[2].split() == ["true", "change", "-0.75"]
    assert lines[3].split()[-4:] == ["-1", "0.25", "too", "low"]
