"""Plots of a network's parameters: every number is in them, and nothing to draw is said."""

import math

import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from jangrad import MLP, plot_dead_units, plot_decision_boundary, plot_gradients, plot_weights
from jangrad.errors import ConfigError, DataError, ShapeError
from jangrad.nn import Neuron

ROWS = [[1.0, 2.0], [-1.0, 0.5], [0.0, -2.0]]


@pytest.fixture(autouse=True)
def closed():
    """No figure is left open."""
    yield
    plt.close("all")


def net_of(*widths, activation="relu"):
    return MLP(2, list(widths), activation, seed=0)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def counts(ax):
    """For each layer how high its bars are, relative to the highest."""
    found = []
    for number, patch in enumerate(ax.patches):
        values, _, _ = patch.get_data()
        heights = number - values
        found.append(heights / heights.max())
    return found


def test_weights_one_histogram_a_layer():
    """As many numbers as the layer has, their spread beside them."""
    ax = plot_weights(net_of(8, 1))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["layer 0", "layer 1"]
    assert [text.splitlines()[0] for text in texts(ax)] == ["24 numbers", "9 numbers"]
    assert len(ax.patches) == 2


def test_a_histogram_counts_right():
    """Three at the one end, one at the other: the bars are 3 to 1."""
    net = net_of(2)
    for p, x in zip(net.parameters(), [0.0, 0.0, 0.0, 0.0, 0.0, 3.0], strict=True):
        p.data = x
    (bars,) = counts(plot_weights(net))
    assert bars[0] == 1.0
    assert bars[-1] == pytest.approx(1 / 5)
    assert sum(bars[1:-1]) == 0.0


def test_equal_weights_and_broken_ones_are_drawn():
    """All alike: one bar; nan and inf are left out, and not counted."""
    net = net_of(1)
    for p in net.parameters():
        p.data = 0.25
    assert "3 numbers\nstd 0" in texts(plot_weights(net))
    net.parameters()[0].data = math.nan
    net.parameters()[1].data = math.inf
    assert "1 numbers\nstd 0" in texts(plot_weights(net))
    net.parameters()[2].data = -math.inf
    with pytest.raises(DataError, match="there are no finite weights and biases to draw"):
        plot_weights(net)


def test_gradients_need_a_backward_pass():
    """Before, an error that says so; after, one histogram a layer."""
    net = net_of(4, 1)
    with pytest.raises(
        DataError, match=r"no parameter has a gradient(.|\n)*`fit` need not(.|\n)*loss\.backward"
    ):
        plot_gradients(net)
    net(ROWS[0])[0].backward()
    ax = plot_gradients(net)
    assert [text.splitlines()[0] for text in texts(ax)] == ["12 numbers", "5 numbers"]
    assert ax.get_title(loc="left") == "gradients"


def test_dead_units_are_counted():
    """A unit whose bias holds it below 0 is dead; one that answers once is alive."""
    net = net_of(4, 1)
    for p in net.parameters():
        p.data = 1.0
    net.layers[0].neurons[0].bias.data = -100.0
    net.layers[0].neurons[1].bias.data = -2.5  # only the first row reaches it
    ax = plot_dead_units(net, ROWS)
    assert texts(ax) == ["1 of 4 dead", "1 alive"]
    assert [bar.get_width() for bar in ax.patches] == [3, 1, 0, 1, 0, 0]
    # "dead units: 0 for each" read as none
    title = "1 of 5 units dead\n(they give 0 for all of 3 rows)"
    assert ax.get_title(loc="left") == title


def test_saturated_units_are_counted():
    """Those of tanh that are next to an end for nearly every row."""
    net = net_of(4, 1, activation="tanh")
    for neuron in net.layers[0].neurons:
        neuron.bias.data = 0.0
        for weight in neuron.weights:
            weight.data = 0.1
    net.layers[0].neurons[1].bias.data = 9.0
    net.layers[0].neurons[2].bias.data = -9.0
    ax = plot_dead_units(net, ROWS)
    assert texts(ax) == ["2 of 4 saturated", "1 alive"]
    assert ax.get_title(loc="left") == "0 of 5 units dead, 2 saturated\n(judged by 3 rows)"


def test_dead_units_of_what_does_not_fit():
    """No rows; rows of another length."""
    with pytest.raises(DataError, match="there are no rows to judge by"):
        plot_dead_units(net_of(1), [])
    with pytest.raises(ShapeError):
        plot_dead_units(net_of(1), [[1.0, 2.0, 3.0]])


@pytest.mark.parametrize("plot", [plot_weights, plot_gradients, plot_dead_units])
def test_they_draw_where_they_are_told(plot):
    """On the given axes, and on no other figure; for a neuron as for a network."""
    neuron = Neuron(2, "tanh", seed=0)
    neuron(ROWS[0]).backward()
    _, given = plt.subplots()
    more = [ROWS] if plot is plot_dead_units else []
    assert plot(neuron, *more, ax=given) is given
    assert len(plt.get_fignums()) == 1
    with pytest.raises(ConfigError, match="`list` has no layers of neurons"):
        plot([], *more)


def test_a_row_that_is_none_is_told():
    """One row alone is to be a list of one."""
    with pytest.raises(DataError, match=r"`rows\[0\]` is 1.0 \(float\), not a row(.|\n)*\[row\]"):
        plot_dead_units(net_of(3, 1), [1.0, 2.0])


def test_rows_may_come_from_a_generator():
    net, X, y = MLP(2, [3, 1], "relu", seed=0), [[0.1 * i, 0.2] for i in range(6)], [0, 1] * 3
    assert plot_dead_units(net, iter(X)).get_title() == plot_dead_units(net, X).get_title()
    assert plot_decision_boundary(net, iter(X), iter(y)).collections
