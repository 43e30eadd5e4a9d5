"""Neurons, layers and perceptrons: micrograd's numbers, activations, inits, seeds and messages."""

import json
import math
import random
import statistics

import numpy as np
import pytest

import jangrad
from jangrad import Value
from jangrad.errors import ConfigError, NotANumber, ShapeError, SilentDetach
from jangrad.nn import INITS, MLP, Layer, Neuron, activation_names, squared_error

X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
Y = [1.0, -1.0, -1.0, 1.0]


@pytest.mark.parametrize("seed", range(5))
def test_weights_outputs_and_gradients_are_those_of_micrograd(seed):
    """seed=s stands for random.seed(s): equal weights, outputs and gradients, bit for bit."""
    peers = pytest.importorskip("micrograd.nn")
    random.seed(seed)
    peer = peers.MLP(3, [4, 4, 1])
    net = MLP(3, [4, 4, 1], init="uniform", seed=seed)
    assert [p.data for p in net.parameters()] == [p.data for p in peer.parameters()]
    for row in X:
        (output,), peer_output = net(row), peer(row)
        assert output.data == peer_output.data
        net.zero_grad()
        peer.zero_grad()
        output.backward()
        peer_output.backward()
        assert [p.grad for p in net.parameters()] == pytest.approx(
            [p.grad for p in peer.parameters()], rel=1e-14, abs=0.0
        )


@pytest.mark.parametrize(
    ("activation", "init"),
    [("relu", "he"), ("prelu", "he"), ("gelu", "he"), ("tanh", "glorot"), ("sigmoid", "glorot")],
)
def test_weights_start_as_their_activation_wants_it(activation, init):
    """Of each layer by its own activation, unless another init is said; the last one is linear."""
    net, by_name = MLP(5, [4, 3], activation, seed=1), Layer(5, 4, activation, init=init, seed=1)
    assert net.init == "auto"
    assert net.layers[0].state() == by_name.state()
    last = MLP(4, [3], init="glorot", seed=1)
    assert MLP(4, [3], seed=1).state() == last.state()
    assert MLP.from_config(net.config()).state() == net.state()


def test_without_a_seed_pythons_own_random_decides():
    """seed=None draws from `random`, so random.seed makes it repeatable."""
    for make in (lambda **k: MLP(3, [2, 1], **k), lambda **k: Layer(3, 2, **k)):
        random.seed(7)
        drawn = make(seed=None).state()
        assert drawn == make(seed=7).state()
    assert Neuron(3).state() != Neuron(3).state()


def test_seeds_are_reproducible_and_differ():
    """One seed, one network; another seed, another; a generator goes on from where it is."""
    assert MLP(3, [4, 1]).state() == MLP(3, [4, 1], seed=0).state()
    assert MLP(3, [4, 1], seed=1).state() != MLP(3, [4, 1], seed=2).state()
    rng = random.Random(5)
    first, second = MLP(3, [4, 1], seed=rng), MLP(3, [4, 1], seed=rng)
    assert first.state() == MLP(3, [4, 1], seed=5).state() != second.state()


def test_making_a_seeded_network_leaves_pythons_random_alone():
    """A seed of its own does not disturb the user's random numbers."""
    random.seed(1)
    expected = random.random()
    random.seed(1)
    MLP(3, [4, 1], seed=0, init="he")
    assert random.random() == expected


def test_a_neuron_is_a_weighted_sum_through_its_activation():
    """bias + w0 * x0 + w1 * x1, from left to right, then the activation."""
    neuron = Neuron(2, "tanh", seed=0)
    w, b = neuron.weights, neuron.bias
    b.data = 0.25
    x = [0.5, -2.0]
    assert neuron(x).data == math.tanh((b.data + w[0].data * x[0]) + w[1].data * x[1])


def test_calling_gives_a_list_whatever_the_size():
    """Layers and networks return one Value an output, in a list, also for one output."""
    for outputs in (MLP(2, [3, 1])([1.0, 2.0]), Layer(2, 1)([1.0, 2.0])):
        assert type(outputs) is list
        assert [type(v) for v in outputs] == [Value]
    assert len(MLP(2, [3, 4])([1.0, 2.0])) == 4
    assert type(Neuron(2)([1.0, 2.0])) is Value


def test_inputs_may_be_values_and_get_gradients():
    """A gradient with respect to the inputs comes out as well."""
    xs = [Value(1.0), Value(2.0)]
    net = MLP(2, [3, 1], "tanh", seed=0)
    net(xs)[0].backward()
    h = 1e-5
    slope = (net.predict([1.0 + h, 2.0])[0][0] - net.predict([1.0 - h, 2.0])[0][0]) / (2 * h)
    assert xs[0].grad == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("name", activation_names())
def test_gradients_of_every_activation_agree_with_finite_differences(name):
    """Every parameter's gradient, the learned slope's too, is that of central differences."""
    net = MLP(2, [2, 1], name, "tanh", init="glorot", seed=4)
    row = [0.7, -0.4]
    net(row)[0].backward()
    h = 1e-5
    for parameter in net.parameters():
        slope, at = parameter.grad, parameter.data
        parameter.data = at + h
        above = net.predict(row)[0][0]
        parameter.data = at - h
        below = net.predict(row)[0][0]
        parameter.data = at
        assert slope == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-9)


def test_prelu_learns_its_slope():
    """With prelu each neuron has one more parameter, which gets a gradient."""
    neuron = Neuron(1, "prelu", init="zeros")
    neuron.bias.data = -2.0
    assert list(neuron.named_parameters()) == ["weights.0", "bias", "slope"]
    output = neuron([1.0])
    assert output.data == -0.5
    output.backward()
    assert neuron.slope.grad == -2.0
    assert Neuron(1, jangrad.prelu).activation == "prelu"


def test_activations_may_be_functions():
    """A function of one Value serves; jangrad's own are known by their names."""
    assert Neuron(1, jangrad.tanh).activation == "tanh"
    assert Neuron(1, jangrad.leaky_relu).activation == "leaky_relu"
    neuron = Neuron(1, lambda v: v * v + 1.0, init="zeros")
    assert neuron([3.0]).data == 1.0
    assert repr(neuron) == "Neuron(1 -> 1 <lambda>, 2 parameters)"


@pytest.mark.usefixtures("own_table")
def test_operations_of_the_user_are_activations_by_name():
    """An operation that was registered is an activation at once."""
    jangrad.operation("nn_test_bent", "x + 0.1 * sin(x)", "1 + 0.1 * cos(x)")
    neuron = Neuron(1, "nn_test_bent", init="zeros")
    neuron.bias.data = 2.0
    assert neuron([0.0]).data == 2.0 + 0.1 * math.sin(2.0)


def test_each_layer_has_its_own_activation():
    """One name serves all layers but the last; a list names each of them."""
    net = MLP(3, [4, 4, 1], ["tanh", "relu"], "sigmoid")
    assert repr(net) == "MLP(3 -> 4 tanh -> 4 relu -> 1 sigmoid, 41 parameters)"
    assert [layer.activation for layer in net.layers] == ["tanh", "relu", "sigmoid"]
    assert repr(MLP(2, [1], [])) == "MLP(2 -> 1 linear, 3 parameters)"


def test_repr_counts_parameters():
    """A network, a layer and a neuron say their shape, activations and size."""
    net = MLP(3, [4, 4, 1])
    assert repr(net) == "MLP(3 -> 4 relu -> 4 relu -> 1 linear, 41 parameters)"
    assert repr(net.layers[0]) == "Layer(3 -> 4 relu, 16 parameters)"
    assert repr(net.layers[0].neurons[0]) == "Neuron(3 -> 1 relu, 4 parameters)"
    assert len(net.parameters()) == 41


@pytest.mark.parametrize(
    ("init", "bound", "deviation"),
    [
        ("uniform", 1.0, 1 / math.sqrt(3)),
        ("he", math.inf, math.sqrt(2 / 50)),
        ("glorot", math.sqrt(6 / 90), math.sqrt(2 / 90)),
        ("zeros", 0.0, 0.0),
    ],
)
def test_inits_have_the_spread_of_their_papers(init, bound, deviation):
    """2,000 weights keep within the bound, around 0, with the deviation the formula says."""
    layer = Layer(50, 40, init=init, seed=0)
    weights = [w.data for neuron in layer.neurons for w in neuron.weights]
    assert max(map(abs, weights)) <= bound
    assert statistics.fmean(weights) == pytest.approx(0.0, abs=0.05 * deviation)
    assert statistics.pstdev(weights) == pytest.approx(deviation, rel=0.04)
    assert all(neuron.bias.data == 0.0 for neuron in layer.neurons)


def test_an_init_by_the_activation():
    """He's way before rectifiers, Glorot's before anything else; the output layer has its own."""
    net = MLP(3, [50, 40, 2], ["relu", "tanh"], init="auto", seed=3)
    rng = random.Random(3)
    for layer, init in zip(net.layers, ("he", "glorot", "glorot"), strict=True):
        same = Layer(layer.n_inputs, layer.n_outputs, init=init, seed=rng)
        assert [p.data for p in layer.parameters()] == [p.data for p in same.parameters()]
    assert Neuron(4, lambda x: x, init="auto", seed=1).state() == (
        Neuron(4, "linear", init="glorot", seed=1).state()
    )


@pytest.mark.parametrize("init", [*INITS, "auto"])
def test_config_builds_the_same_network_again(init):
    """A config goes through JSON and builds a network with the same weights."""
    net = MLP(3, [4, 2], ["tanh"], "sigmoid", init=init, seed=9)
    again = MLP.from_config(json.loads(json.dumps(net.config())))
    assert again.config() == net.config()
    assert again.state() == net.state()


def test_config_of_a_network_drawn_from_a_generator_has_no_seed():
    """A generator cannot be saved, so the seed is None; the state carries the weights."""
    config = MLP(3, [1], seed=random.Random(1)).config()
    assert config["seed"] is None
    assert json.loads(json.dumps(config)) == config


def test_the_four_rows_are_learned():
    """Plain descent, 1000 steps at a rate of 0.05: the squared error goes below 1e-3."""
    net = MLP(3, [4, 4, 1], seed=0)
    parameters = net.parameters()
    for _ in range(1000):
        loss = squared_error([net(x) for x in X], Y)
        if loss.data < 1e-6:
            break
        net.zero_grad()
        loss.backward()
        for p in parameters:
            p.data -= 0.05 * p.grad
    assert loss.data < 1e-3
    assert [y for (y,) in net.predict(X)] == pytest.approx(Y, abs=0.01)


MESSAGES = [
    (
        lambda: MLP(3, [4, 1])([1.0, 2.0]),
        ShapeError,
        "MLP(3 -> 4 relu -> 1 linear, 21 parameters) takes 3 inputs, but 2 were given",
    ),
    (
        lambda: Neuron(1)([]),
        ShapeError,
        "Neuron(1 -> 1 relu, 2 parameters) takes 1 input, but 0 were given",
    ),
    (
        lambda: Layer(2, 1)([1.0]),
        ShapeError,
        "Layer(2 -> 1 relu, 3 parameters) takes 2 inputs, but 1 was given",
    ),
    (lambda: MLP(1, [1])(2.0), ShapeError, "`inputs` is to be a list, not 2.0 (float)"),
    (lambda: MLP(3, [1])("abc"), ShapeError, "`inputs` is to be a list, not 'abc' (str)"),
    (lambda: MLP(3, [1])(X), ShapeError, "try: [net(row) for row in rows], or net.predict(rows)"),
    (lambda: MLP(2, [1])([1.0, "a"]), NotANumber, "not 'a' (str)"),
    (lambda: MLP(2, [1])([1.0, None]), NotANumber, "not None (NoneType)"),
    (lambda: Neuron(1, "rellu"), ConfigError, "try: did you mean `relu`?"),
    (lambda: Neuron(1, "log"), ConfigError, "there is no activation `log`"),
    (lambda: Neuron(1, 3), ConfigError, "an activation is a name or a function, not 3 (int)"),
    (lambda: Layer(1, 1, "Tanh"), ConfigError, "did you mean `tanh`?"),
    (lambda: MLP(1, [1], output="sigmiod"), ConfigError, "did you mean `sigmoid`?"),
    (
        lambda: MLP(3, [4, 1], ["relu", "relu"]),
        ConfigError,
        "`activation` lists 2 activations, but the layers before the last are 1",
    ),
    (
        lambda: Neuron(1, lambda v: max(0.0, v.data))([1.0]),
        SilentDetach,
        "the activation `<lambda>` returned",
    ),
    (lambda: Neuron(1, init="hee"), ConfigError, "did you mean `he`?"),
    (
        lambda: MLP(1, [1], init="xavier"),
        ConfigError,
        "try: one of auto, glorot, he, uniform, zeros",
    ),
    (lambda: MLP(1, [1], seed="a"), ConfigError, "a seed is an integer, not 'a' (str)"),
    (lambda: MLP(1, [1], seed=1.5), ConfigError, "a seed is an integer, not 1.5 (float)"),
    (lambda: MLP(3, 4), ConfigError, "try: [4]"),
    (lambda: MLP(3, []), ConfigError, "`widths` is a list with the width of each layer, not []"),
    (
        lambda: MLP(3, [4, 0]),
        ConfigError,
        "`widths[1]` is an integer of at least 1, not 0 (int)",
    ),
    (
        lambda: MLP(0, [1]),
        ConfigError,
        "`n_inputs` is an integer of at least 1, not 0 (int)",
    ),
    (lambda: Layer(1, 2.5), ConfigError, "`n_outputs` is an integer of at least 1, not 2.5"),
    (lambda: MLP(1, [1], seed=-1), ConfigError, "a seed is an integer of at least 0, not -1"),
    (lambda: MLP(1, [1], seed=1.5), ConfigError, "a seed is an integer of at least 0, not 1.5"),
    (lambda: Neuron(True), ConfigError, "`n_inputs` is an integer of at least 1, not True"),
    (
        lambda: MLP(1, [1], output=lambda v: v * v).config(),
        ConfigError,
        "the activation `<lambda>` is a function, which cannot be saved",
    ),
    (
        lambda: MLP.from_config({"n_inputs": 1, "widths": [1], "activations": "relu"}),
        ConfigError,
        "did you mean `activation`?",
    ),
    (
        lambda: MLP.from_config({"n_inputs": 1}),
        ConfigError,
        "the setting `widths` of the network is missing",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), MESSAGES, ids=[m[2] for m in MESSAGES])
def test_every_message(call, error, words):
    """Each mistake raises its own class and says what was seen, where, and what to try."""
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert "test_mlp.py" in caught.value.where


def test_whole_numbers_of_numpy_are_whole_numbers():
    """Sizes, widths and seeds from arrays; what is kept of them can be JSON."""
    ours = MLP(2, [3, 1], seed=4)
    for net in (
        MLP(np.int64(2), [np.int32(3), 1], seed=np.int64(4)),
        MLP(2, np.array([3, 1]), seed=np.uint8(4)),
    ):
        assert net.state() == ours.state()
        assert json.loads(json.dumps(net.config())) == ours.config()


def test_an_activation_that_cannot_be_hashed_starts_like_others_of_ones_own():
    """Only names are looked up; a function of the user's starts with Glorot's weights."""

    class Doubling:
        __hash__ = None

        def __call__(self, v):
            return 2.0 * v

    own, named = (MLP(2, [3, 1], a, seed=0).state() for a in (Doubling(), "tanh"))
    assert own == named
