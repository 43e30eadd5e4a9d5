"""Modules: parameters found by themselves, numbers in and out, plain predictions."""

import copy
import json
import math
import pickle
from collections import deque

import pytest

from jangrad import Value
from jangrad.errors import ConfigError, NameNotFound, NotANumber, ShapeError
from jangrad.nn import MLP, Layer, Module, Neuron


class Odd(Module):
    """Parameters in every place where they may be."""

    def __init__(self):
        self.first = Value(1.0)
        self.table = {"a": Value(2.0), 7: [Value(3.0), (Value(4.0),)]}
        self.count = 3
        self.part = Neuron(1, init="zeros")
        self._constant = Value(9.0)
        self.text = "abc"
        self.last = Value(5.0)


def test_parameters_are_found_in_the_order_of_definition():
    """Attributes, lists, tuples, dicts and parts are searched in order; `_names` are left alone."""
    assert list(Odd().named_parameters()) == [
        "first",
        "table.a",
        "table.7.0",
        "table.7.1.0",
        "part.weights.0",
        "part.bias",
        "last",
    ]


def test_parameters_with_and_without_names_are_the_same_in_the_same_order():
    """A holder that holds itself, and a Value in two places, are looked at once."""
    net = Odd()
    net.again = [net.first, net.part, {"net": net}]
    net.again.append(net.again)
    assert net.parameters() == list(net.named_parameters().values())


def test_names_of_a_perceptron_are_readable():
    """A weight is reached by layer, neuron and position."""
    names = list(MLP(3, [2, 1]).named_parameters())
    assert names[:5] == [
        "layers.0.neurons.0.weights.0",
        "layers.0.neurons.0.weights.1",
        "layers.0.neurons.0.weights.2",
        "layers.0.neurons.0.bias",
        "layers.0.neurons.1.weights.0",
    ]
    assert names[-1] == "layers.1.neurons.0.bias"


def test_a_shared_parameter_is_named_once():
    """What is used in two places is one parameter, named after the first."""
    net = Module()
    net.one = net.two = Value(1.0)
    net.body = net.again = Neuron(1)
    assert list(net.named_parameters()) == ["one", "body.weights.0", "body.bias"]
    assert len(net.parameters()) == 3


def test_computed_values_are_no_parameters():
    """A Value that was computed, kept for a look, is not to be trained."""
    net = Module()
    net.w = Value(2.0)
    net.seen = net.w * 2.0
    assert list(net.named_parameters()) == ["w"]


def test_parameters_in_object_arrays_are_found():
    """An object array of Values is searched like the nested list it stands for."""
    np = pytest.importorskip("numpy")
    net = Module()
    net.w = np.array([[Value(1.0), Value(2.0)]], dtype=object)
    net.data = np.ones(3)
    assert net.state() == {"w.0.0": 1.0, "w.0.1": 2.0}


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 4), (4,)])
def test_no_parameter_of_any_number_of_object_arrays_is_lost(shape):
    """The rows of an array are made for the look; none passes for one that was looked into."""
    np = pytest.importorskip("numpy")
    net = Module()
    for i in range(20):
        holder = np.empty(shape, dtype=object)
        holder.flat = [Value(float(i)) for _ in range(holder.size)]
        setattr(net, f"w{i}", holder)
    net.again = [net.w0, {"w": net.w1}]
    count = 20 * math.prod(shape)
    assert len(net.parameters()) == len(net.named_parameters()) == len(net.state()) == count
    assert net.parameters() == list(net.named_parameters().values())


def test_parameters_in_deques_and_slots_are_found():
    """What has an order is looked into, and what is in slots is an attribute like any other."""

    class Odd(Module):
        __slots__ = ("w",)

        def __init__(self):
            self.w = Value(3.0)
            self.queue = deque([Value(1.0), Value(2.0)])

    assert Odd().state() == {"w": 3.0, "queue.0": 1.0, "queue.1": 2.0}


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_of_parameters_is_refused(kind):
    """Its order is another in each process, and so would be what the optimiser remembers."""

    class Odd(Module):
        def __init__(self):
            self.bag = kind([Value(1.0), Value(2.0)])
            self.names = {"a", "b"}

    with pytest.raises(ConfigError, match="of 2 parameters") as caught:
        Odd().parameters()
    assert "a list of them" in str(caught.value)


def test_modules_may_point_at_each_other():
    """A part that knows its owner neither doubles parameters nor runs for ever."""
    net = Module()
    net.part = Neuron(1)
    net.part.owner = net
    assert len(net.parameters()) == 2
    assert repr(net).startswith("Module(2 parameters)")


def test_two_parameters_of_one_name_are_refused():
    """Keys that read alike would lose a parameter in a saved state."""
    net = Module()
    net.table = {1: Value(1.0), "1": Value(2.0)}
    with pytest.raises(ConfigError, match=r"two parameters of `Module` are named `table\.1`"):
        net.named_parameters()


def test_repr_counts_and_lists_the_parts():
    """A network of parts prints one line a part, indented below its own."""
    net = Module()
    net.scale = Value(1.0)
    net.body = [Layer(2, 3, "tanh"), Neuron(3)]
    outer = Module()
    outer.net = net
    assert repr(net) == (
        "Module(14 parameters)\n"
        "  body.0: Layer(2 -> 3 tanh, 9 parameters)\n"
        "  body.1: Neuron(3 -> 1 relu, 4 parameters)"
    )
    assert repr(outer) == "Module(14 parameters)\n  net: " + repr(net).replace("\n", "\n  ")
    del net.body
    assert repr(net) == "Module(1 parameter)"


def test_zero_grad_forgets_every_gradient():
    """After zero_grad no parameter counts as computed."""
    net = MLP(2, [2, 1])
    net([1.0, 2.0])[0].backward()
    assert any(p.has_grad for p in net.parameters())
    net.zero_grad()
    assert not any(p.has_grad or p.grad for p in net.parameters())


def test_state_goes_out_through_json_and_back_in():
    """A state is plain numbers; a network of another seed that loads it predicts the same."""
    net, other = MLP(2, [3, 2], "prelu", seed=1), MLP(2, [3, 2], "prelu", seed=2)
    assert net.predict([1.0, 2.0]) != other.predict([1.0, 2.0])
    other.load_state(json.loads(json.dumps(net.state())))
    assert other.state() == net.state()
    assert net.predict([1.0, 2.0]) == other.predict([1.0, 2.0])


def test_state_keeps_numbers_that_are_not_finite():
    """A network that diverged can still be put aside and restored."""
    net = Neuron(1, seed=0)
    net.bias.data = math.inf
    other = Neuron(1, seed=0)
    other.load_state(net.state())
    assert other.bias.data == math.inf


def test_load_state_is_all_or_nothing():
    """A state with one bad number changes nothing."""
    net = Neuron(2, seed=0)
    before = net.state()
    with pytest.raises(NotANumber, match=r"`state\['bias'\]` is to be a real number, not 'x'"):
        net.load_state({"weights.0": 1.0, "weights.1": 2.0, "bias": "x"})
    assert net.state() == before


def test_load_state_names_what_does_not_fit():
    """Missing and unexpected names are listed, and a near name is offered."""
    net = Neuron(1, "prelu", seed=0)
    with pytest.raises(NameNotFound) as caught:
        net.load_state({"weights.0": 1.0, "bias": 2.0, "slop": 3.0})
    assert str(caught.value).splitlines()[0] == (
        "the state does not fit Neuron(1 -> 1 prelu, 3 parameters):"
        " `slope` is missing; `slop` is unexpected"
    )
    assert "for `slop`: did you mean `slope`?" in str(caught.value)

    with pytest.raises(NameNotFound, match="`extra` is unexpected") as caught:
        net.load_state({**net.state(), "extra": 1.0})
    assert caught.value.try_ == "a state from a network of the same build"

    with pytest.raises(NameNotFound, match=r"`layers\.0\.neurons\.0\.weights\.2` and 38 more are"):
        MLP(3, [4, 4, 1]).load_state({})


def test_copies_are_independent():
    """A deep copy and a pickled copy have the same numbers in other Values, shared ones shared."""
    net = MLP(2, [2, 1], "prelu", seed=3)
    net.tied = net.layers[0].neurons[0].bias
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.state() == net.state()
        assert other.predict([1.0, 2.0]) == net.predict([1.0, 2.0])
        assert not set(other.parameters()) & set(net.parameters())
        assert other.tied is other.layers[0].neurons[0].bias


def test_predict_gives_rows_of_plain_numbers():
    """Lists of floats of lists and tuples, an array of an array; one row in, one row out."""
    np = pytest.importorskip("numpy")
    net = MLP(2, [3, 2], seed=0)
    rows = [[1.0, 2.0], [-1.0, 0.5]]
    expected = [[v.data for v in net(row)] for row in rows]
    for batch in (rows, tuple(map(tuple, rows)), iter(rows), [np.array(row) for row in rows]):
        assert net.predict(batch) == expected
    for batch, wanted in ((np.array(rows), expected), (np.array(rows[0]), expected[:1])):
        found = net.predict(batch)
        assert type(found) is np.ndarray
        assert found.shape == (len(wanted), 2)
        assert found.tolist() == wanted
    assert net.predict(np.empty((0, 2))).shape == (0, 2)
    assert net.predict(rows[0]) == expected[:1]
    assert all(type(x) is float for row in net.predict(rows) for x in row)
    assert net.predict([]) == []
    assert Neuron(2, seed=0).predict(rows)[0][0] == Neuron(2, seed=0)(rows[0]).data


def test_predict_leaves_gradients_alone():
    """Looking at predictions changes no gradient."""
    net = MLP(2, [2, 1], "tanh", seed=0)
    net([1.0, 2.0])[0].backward()
    before = [p.grad for p in net.parameters()]
    net.predict([3.0, 4.0])
    assert [p.grad for p in net.parameters()] == before


MESSAGES = [
    (
        lambda: MLP(3, [1]).predict([[1.0, 2.0, 3.0], [1.0, 2.0]]),
        ShapeError,
        "`rows[1]` has 2 numbers, but MLP(3 -> 1 linear, 4 parameters) takes 3",
    ),
    (
        lambda: MLP(1, [1]).predict([1.0, 2.0]),
        ShapeError,
        "try: [[x] for x in the_list], if each number is a row of its own",
    ),
    (
        lambda: MLP(2, [1]).predict([[1.0, "a"]]),
        NotANumber,
        "`rows[0][1]` is to be a real number, not 'a' (str)",
    ),
    (lambda: MLP(2, [1]).predict("ab"), ShapeError, "`rows` is to be a list, not 'ab' (str)"),
    (lambda: MLP(2, [1]).predict([[]]), ShapeError, "`rows[0]` is an empty row"),
]


@pytest.mark.parametrize(("call", "error", "words"), MESSAGES, ids=[m[2] for m in MESSAGES])
def test_every_message_of_predict(call, error, words):
    """A row that does not fit is named as Python would reach it, with the user's own line."""
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert "test_module.py" in caught.value.where


def test_a_module_without_a_call_says_so():
    """A subclass that computes nothing says which method to write."""
    with pytest.raises(NotImplementedError, match="`Module` does not say what it computes"):
        Module()([1.0])
