"""Folded networks: a box that is called as a neuron shows what that neuron gives, and no other."""

import itertools
import random
import re

import pytest

from jangrad import MLP, Value, log_softmax, nn
from jangrad.nn import Module
from jangrad.show.derivation import derive
from jangrad.show.folding import fold_to, fold_tree
from jangrad.show.network_nodes import network_columns
from jangrad.show.neurons import NEURON, neuron_outputs

ROW = [2.0, 3.0, -1.0]


def given(net, row):
    """What each neuron of a network gives for a row, by its name."""
    found, signals = {}, row
    for c, layer in enumerate(net.layers):
        signals = layer(signals)
        found |= {f"net.layers[{c}].neurons[{j}]": v.data for j, v in enumerate(signals)}
    return found


def groups(group):
    return [group, *(inner for part in group.parts for inner in groups(part))]


def squared(out):
    return (out[0] - 1.0) ** 2


def likely(out):
    return -out[0].sigmoid().log()


LOSSES = {
    "squared": squared,
    "likely": likely,
    "tanh": lambda out: out[0].tanh(),
    "softmax": lambda out: -log_softmax(out)[-1],
    "scaled": lambda out: 2.0 * out[0] * out[-1],
    "itself": lambda out: out[0],
    "sum": lambda out: sum(out),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize(
    ("widths", "activation", "output"),
    [
        ([4, 4, 1], "tanh", "linear"),
        ([3, 2], "linear", "sigmoid"),
        ([3, 3, 3], "prelu", "tanh"),
        ([1, 1, 2], "leaky_relu", "linear"),
        ([4, 1, 4, 1], "elu", "linear"),
        ([3, 2], lambda v: v * v.sigmoid(), "linear"),
        ([3, 2], lambda v: 2.0 * v, lambda v: v / (1.0 + abs(v))),
    ],
)
def test_a_box_that_is_called_as_a_neuron_shows_what_it_gives(widths, activation, output, loss):
    """Whatever the loss makes of the outputs, and whatever the activation is."""
    net = MLP(3, widths, activation, output, seed=1)
    tree = loss(net(ROW)).backtrack()
    wanted = given(net, ROW)
    for node, neuron in neuron_outputs(tree.derivation).items():
        assert node.data == wanted[neuron]
    named = [g for g in groups(fold_tree(tree.derivation)) if NEURON.fullmatch(g.label)]
    for group in named:
        assert group.closing.data == wanted[group.label]
        if isinstance(activation, str):  # of a function nobody knows where it ends
            numbers = {n.name for n in group.nodes() if not n.op}
            assert all(name.startswith(group.label + ".") for name in numbers), numbers
    for most in (10, 40, 1000):
        for boxes, edges in fold_to(tree.derivation, most):
            assert all(u < v for u, v in edges)
            assert sorted(n.index for box in boxes for n in box.nodes) == list(range(len(tree)))


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_every_neuron_of_a_network_is_a_box(activation):
    """One of the last layer too, however the loss goes on."""
    net = MLP(3, [4, 4, 1], activation, seed=0)
    tree = likely(net(ROW)).backtrack()
    ((boxes, _),) = fold_to(tree.derivation, 20)
    assert {box.label for box in boxes if NEURON.fullmatch(box.label)} == set(given(net, ROW))
    assert {len(box.nodes) for box in boxes if box.label.startswith("net.layers[0]")} == {11}
    assert {len(box.nodes) for box in boxes if box.label.startswith("net.layers[1]")} == {14}
    assert {len(box.nodes) for box in boxes if box.label.startswith("net.layers[2]")} == {13}


def test_wide_layers_are_neurons_in_one_box_each():
    """And the one neuron behind them is itself."""
    net = MLP(2, [16, 16, 1], seed=0)
    ((boxes, edges),) = fold_to(squared(net([1.0, 2.0])).backtrack().derivation, 20)
    assert [box.label for box in boxes][:3] == [
        "16 neurons of net.layers[0]",
        "16 neurons of net.layers[1]",
        "net.layers[2].neurons[0]",
    ]
    assert edges[:2] == [(0, 1), (1, 2)]


class Own(Module):
    """Neurons of one's own, whose activation nobody tells."""

    class Neuron(Module):
        def __init__(self, width, rng, last):
            self.weights = [Value(rng.uniform(-1.0, 1.0)) for _ in range(width)]
            self.bias = Value(0.1)
            self._last = last

        def __call__(self, xs):
            total = sum(w * x for w, x in zip(self.weights, xs, strict=True)) + self.bias
            return total if self._last else total.tanh()

    class Layer(Module):
        def __init__(self, width, count, rng, last):
            self.neurons = [Own.Neuron(width, rng, last) for _ in range(count)]

        def __call__(self, xs):
            return [neuron(xs) for neuron in self.neurons]

    def __init__(self, *widths):
        rng = random.Random(0)
        last = len(widths) - 2
        self.layers = [
            Own.Layer(a, b, rng, c == last) for c, (a, b) in enumerate(itertools.pairwise(widths))
        ]

    def __call__(self, xs):
        for layer in self.layers:
            xs = layer(xs)
        return xs


def test_neurons_that_do_not_tell_their_activation_are_told_by_what_the_next_are_fed_with():
    """The last ones are not called at all: what is computed of their sums may be the loss's."""
    net = Own(3, 4, 2)
    wanted = given(net, ROW)
    for loss in (lambda out: (out[0] * out[1]).tanh(), lambda out: out[0].sigmoid() + out[1].exp()):
        derivation = loss(net(ROW)).backtrack().derivation
        outputs = neuron_outputs(derivation)
        assert {name: node.data for node, name in outputs.items()} == {
            name: x for name, x in wanted.items() if "layers[0]" in name
        }


def test_a_number_that_a_later_neuron_shares_makes_no_circle():
    """Tied weights, an input that the loss uses too, a penalty: what is used is drawn before."""
    net = MLP(2, [3, 3, 1], "tanh", seed=0)
    net.layers[1].neurons[0].weights[0] = net.layers[2].neurons[0].weights[0]
    xs = [Value(1.0, label="x0"), Value(2.0, label="x1")]
    loss = (net(xs)[0] * xs[0] - 1.0) ** 2 + nn.l2_penalty(net.parameters(), 0.1)
    tree = loss.backtrack()
    for most in (10, 20, 60, 300):
        for boxes, edges in fold_to(tree.derivation, most):
            assert all(u < v for u, v in edges)
            assert sorted(n.index for box in boxes for n in box.nodes) == list(range(len(tree)))


def test_a_picture_spells_a_name_one_way():
    """In a leaf, in a formula and above a box of several alike."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    for picture in (squared(net(ROW)).backtrack().svg(), net(ROW)[0].backtrack().svg(fold=False)):
        shown = re.sub(r"<(title|desc)>.*?</\1>", "", picture, flags=re.DOTALL)
        assert "net[0][0]" in shown
        assert "neurons" not in shown


def test_a_network_behind_a_loss_shows_what_its_last_neurons_give():
    """And not what a loss makes of it, be it a sigmoid."""
    net = MLP(3, [4, 1], "tanh", seed=0)
    columns = network_columns(likely(net(ROW)).backtrack().derivation)
    assert columns[-1].units[0].value.data == net(ROW)[0].data


def test_the_neurons_of_a_page_are_boxes_of_their_own():
    """Where a network is drawn and opened, a layer of several neurons and the next one alike."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    derivation = net.show(ROW)._derivation
    named = [g for g in groups(fold_tree(derivation)) if NEURON.fullmatch(g.label)]
    wanted = given(net, ROW)
    assert {g.label: g.closing.data for g in named} == wanted


class _Scalars(Module):
    """Two maps, as lists of rows of weights, one behind the other."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (
            [[Value(0.1 * (i - j)) for j in range(16)] for i in range(16)] for _ in range(2)
        )

    def __call__(self, xs):
        for rows in (self.first, self.second):
            xs = [sum(w * x for w, x in zip(row, xs, strict=True)) for row in rows]
        return xs


def test_parts_are_called_as_the_module_s_lists_that_they_compute_with():
    """A bundle by its list, one of its parts by its row; weights by their module."""
    net = _Scalars()
    root = sum(y * y for y in net([Value(1.0 + i) for i in range(16)]))
    labels = set()
    stack = [fold_tree(root.backtrack().derivation)]
    while stack:
        group = stack.pop()
        labels.add(group.label)
        stack += group.parts
    assert {"16 parts of net.first", "16 parts of net.second"} <= labels
    assert {f"net.{name}[{i}]" for name in ("first", "second") for i in range(16)} <= labels
    twice = [net([Value(row + i) for i in range(16)]) for row in (1.0, 2.0)]  # weights are shared
    top = fold_tree(sum(y * y for ys in twice for y in ys).backtrack().derivation)
    assert "512 numbers of net" in {part.label for part in top.parts}


def test_the_output_of_a_network_is_a_neuron_beside_its_layers():
    """As in its loss: no ladder of single sums, and no layer that belongs to the next."""
    net = MLP(3, [8, 8, 1], seed=0)
    tree = fold_tree(net([1.0, 2.0, 3.0])[0].backtrack().derivation)
    assert sorted(part.label for part in tree.parts) == [
        "8 neurons of net.layers[0]",
        "8 neurons of net.layers[1]",
        "net.layers[2].neurons[0]",
    ]
    assert tree.own == []
    assert tree.size == 8 * 11 + 8 * 26 + 25


def test_the_zero_that_sum_begins_with_is_no_term():
    """Twenty losses are a sum of twenty."""
    losses = [Value(float(i), f"x{i}") ** 2 for i in range(20)]
    labels = [box.label for boxes, _ in fold_to(derive(sum(losses)), 10) for box in boxes]
    assert "Σ of 20 terms" in labels
