"""A root against one number, with its tangent."""

import math

import pytest

from jangrad import MLP, Value, exp, log, sin
from jangrad.errors import ConfigError, DataError, NameNotFound, NotANumber


def wave(k):
    """A function with several paths, on floats and on Values."""
    return exp(-k) * sin(3.0 * k) + k * k


def test_points_are_those_of_the_function():
    """Computed anew from the graph; the tangent touches it where it is."""
    k = Value(0.5, "k")
    curve = wave(k).backtrack().curve("k", -1.0, 2.0, points=13)
    assert curve.x == pytest.approx([-1.0 + 0.25 * i for i in range(13)])
    for x, y in zip(curve.x, curve.y, strict=True):
        assert y == pytest.approx(wave(Value(x)).data, rel=1e-14)
    assert curve.tangent(0.5) == curve.value == wave(Value(0.5)).data
    step = 1e-6
    slope = (wave(Value(0.5 + step)).data - wave(Value(0.5 - step)).data) / (2 * step)
    assert curve.slope == pytest.approx(slope, rel=1e-8)
    assert curve.rows[0] == {"k": -1.0, "v7": curve.y[0], "tangent": curve.tangent(-1.0)}


def test_the_range_is_around_the_number():
    """As far as it is large, and at least 1; for a nan around nothing it is an error."""
    tree = (Value(5.0, "a") * Value(0.1, "b")).backtrack()
    assert (tree.curve("a").x[0], tree.curve("a").x[-1]) == (0.0, 10.0)
    assert (tree.curve("b").x[0], tree.curve("b").x[-1]) == (-0.9, 1.1)
    assert len(tree.curve("a").x) == 201
    with pytest.raises(ConfigError, match="from nan to nan has no points"):
        (Value(math.nan, "a") * 2.0).backtrack().curve("a")


def test_numbers_that_are_computed_have_curves_too():
    """They are moved as if they were given; the root itself is a straight line."""
    a = Value(2.0, "a")
    square = a * a
    square.label = "square"
    tree = (square * square).backtrack()
    assert tree.curve("square", 0.0, 2.0, points=3).y == (0.0, 1.0, 4.0)
    root = tree.curve(tree.root, 0.0, 2.0, points=3)
    assert root.y == root.x
    assert root.slope == 1.0


def test_what_is_not_there_is_refused():
    """The name, the range, the count, a backward of one's own."""
    a = Value(2.0, "a")
    tree = (a * a).backtrack()
    with pytest.raises(NameNotFound, match="no node is named `z`"):
        tree.curve("z")
    with pytest.raises(ConfigError, match=r"from 3 to 1 has no points(.|\n)*low=-1\.0"):
        tree.curve("a", 3, 1)
    with pytest.raises(NotANumber):
        tree.curve("a", "low")
    for points in (1, 2.0, True, 10**6):
        with pytest.raises(ConfigError, match="`points` is"):
            tree.curve("a", points=points)
    assert "\n 1.5    2.25        2" in str(tree.curve("a", 0.0, 3.0, points=5))


def test_the_picture_shows_curve_point_and_tangent():
    """Between the ends of the curve, with the slope in words."""
    from matplotlib import pyplot as plt

    k = Value(0.5, "k")
    loss = wave(k)
    loss.label = "loss"
    ax = loss.backtrack().curve("k", -1.0, 2.0).plot()
    line, tangent, point = ax.lines
    assert len(line.get_xdata()) == 201
    (x0, x1), (y0, y1) = tangent.get_data()
    assert (x0, x1) == (-1.0, 2.0)
    assert (y1 - y0) / (x1 - x0) == pytest.approx(loss.backtrack()["k"].grad)
    assert point.get_xdata()[0] == 0.5
    assert ax.get_xlabel() == "k"
    assert ax.get_ylabel() == "loss"
    assert [text.get_text() for text in ax.texts] == [f"slope {loss.backtrack()['k'].grad:.6g}"]
    plt.close(ax.figure)


def test_poles_and_gaps_do_not_flatten_the_picture():
    """Of 1 / x most is seen, of log the part that is there, of what is nowhere finite nothing."""
    from matplotlib import pyplot as plt

    ax = (1.0 / Value(1.0, "x")).backtrack().curve("x", -1.0, 2.0, points=400).plot()
    assert ax.get_ylim()[1] < 100.0
    plt.close(ax.figure)
    ax = log(Value(1.0, "x")).backtrack().curve("x", -1.0, 2.0).plot()
    assert math.isnan(ax.lines[0].get_ydata()[0])
    plt.close(ax.figure)
    with pytest.raises(DataError, match="nowhere finite from -3 to -1"):
        log(Value(1.0, "x")).backtrack().curve("x", -3.0, -1.0).plot()


def test_weights_of_a_network_have_curves():
    """By their names; only what they lead to is computed again."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    loss = (net([2.0, 3.0, -1.0])[0] - 1.0) ** 2
    curve = loss.backtrack().curve("net.layers[0].neurons[1].weights[0]")
    middle = curve.y[100]
    assert middle == pytest.approx(loss.data, rel=1e-12)


def test_a_curve_saves_itself(tmp_path):
    """As a picture, without a figure that stays open; as text with every point."""
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    curve = wave(Value(0.5, "k")).backtrack().curve("k", -1.0, 2.0, points=13)
    assert curve.save(tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in curve.save(tmp_path / "c.svg").read_text()
    assert curve.save(tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")
    lines = curve.save(tmp_path / "c.txt").read_text().splitlines()
    assert lines[0] == str(curve).splitlines()[0]
    assert lines[1].split() == ["k", "v7", "tangent"]
    assert [float(line.split()[0]) for line in lines[2:]] == list(curve.x)
    assert pyplot.get_fignums() == before
    with pytest.raises(ConfigError, match="says no format"):
        curve.save(tmp_path / "c.jpeg")
