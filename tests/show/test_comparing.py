"""What a network does differently for two rows."""

import math

import matplotlib as mpl
import pytest

from jangrad import MLP, Module, Value
from jangrad.errors import ConfigError, ShapeError

mpl.use("agg")


def test_the_difference_is_shared_out_exactly_over_the_last_hidden_layer():
    """With a linear output; and every unit's numbers are those of the network."""
    net = MLP(2, [4, 3, 1], "tanh", seed=3)
    a, b = [0.5, -1.0], [0.5, 2.0]
    found = net.compare(a, b)
    assert (found.a, found.b) == (net(a)[0].data, net(b)[0].data)
    last = [one for one in found.rows if one.layer == 1]
    assert math.fsum(one.brings for one in last) == pytest.approx(found.b - found.a, rel=1e-12)
    for one in found.rows:
        signals = [a, b]
        for layer in net.layers[: one.layer + 1]:
            signals = [[x.data for x in layer(s)] for s in signals]
        assert (one.a, one.b) == (signals[0][one.unit], signals[1][one.unit])
        assert one.difference == one.b - one.a
    sizes = [abs(one.brings) for one in found.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert found.inputs == ((1, -1.0, 2.0),)
    assert not any(p.has_grad for p in net.parameters())


def test_the_first_unit_that_switches():
    """Of a relu network the first that is shut for one row and open for the other."""
    net = MLP(2, [2, 1], "relu", seed=0)
    for neuron, weights in zip(net.layers[0].neurons, ([1.0, 0.0], [0.0, 1.0]), strict=True):
        for w, number in zip(neuron.weights, weights, strict=True):
            w.data = number
    found = net.compare([1.0, -2.0], [2.0, 3.0])
    assert (found.first.layer, found.first.unit, found.first.a, found.first.b) == (0, 1, 0.0, 3.0)
    assert "the first unit that switches is net[0][1]: 0 -> 3" in str(found)
    calm = net.compare([1.0, 2.0], [1.5, 2.5])
    assert calm.first is None
    assert "no unit switches from one side of 0 to the other" in str(calm)


def test_it_prints_a_table_and_draws_bars():
    """The largest first, aligned; the output that differs most unless one is asked for."""
    net = MLP(2, [3, 2], "tanh", seed=0)
    found = net.compare([1.0, 2.0], [1.0, -2.0])
    lines = str(found).splitlines()
    assert lines[0] == repr(net)
    assert lines[2] == "inputs that differ: x1 2 -> -2"
    assert lines[4].split() == ["unit", "a", "b", "difference", "brings"]
    assert lines[5].startswith(found.rows[0].name)
    assert len({len(line) for line in lines[4:8]}) == 1
    outputs = [abs(y.data - x.data) for x, y in zip(net([1.0, 2.0]), net([1.0, -2.0]), strict=True)]
    assert found.output == outputs.index(max(outputs))
    other = net.compare([1.0, 2.0], [1.0, -2.0], output=1 - found.output)
    assert other.output == 1 - found.output
    ax = found.plot()
    assert [bar.get_width() for bar in ax.patches][::-1] == [one.brings for one in found.rows]
    assert str(net.compare([1.0, 2.0], [1.0, 2.0])).endswith("the other")


def test_what_cannot_be_compared():
    """Other rows, outputs that are not there, and networks without layers."""
    net = MLP(2, [3, 1], seed=0)
    with pytest.raises(ShapeError):
        net.compare([1.0], [1.0, 2.0])
    for output in (1, -1, "0"):
        with pytest.raises(ConfigError, match=r"`output` is .*, and the network has 1 output"):
            net.compare([1.0, 2.0], [2.0, 3.0], output=output)

    class Own(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, row):
            return [self.w * row[0]]

    with pytest.raises(ConfigError, match="has no layers of neurons"):
        Own().compare([1.0], [2.0])


def test_nan_is_on_no_side_of_0():
    """A unit that is nan for one row has not been switched on by the other."""
    found = MLP(2, [2, 1], "tanh", seed=0).compare([float("nan"), 1.0], [1.0, 1.0])
    assert found.first is None
