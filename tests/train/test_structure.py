"""A quick look at whether a network still has the parameters that it had."""

import pytest

from jangrad import MLP, Module, Value
from jangrad.train.structure import Structure


class Own(Module):
    def __init__(self):
        self.parts = {"a": [Value(1.0)], "b": (MLP(1, [2, 1], seed=0), 0.5)}
        self.name = "own"


CHANGES = {
    "another weight": lambda net: net.parts["a"].__setitem__(0, Value(1.0)),
    "one more weight": lambda net: net.parts["a"].append(Value(2.0)),
    "a weight less": lambda net: net.parts["b"][0].layers[0].neurons[0].weights.pop(),
    "another bias": lambda net: setattr(net.parts["b"][0].layers[1].neurons[0], "bias", Value(0.0)),
    "a new attribute": lambda net: setattr(net, "more", [Value(1.0)]),
    "another part": lambda net: net.parts.update(c=Value(1.0)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(change):
    net = Own()
    structure = Structure(net)
    net.parts["a"][0].data = 7.0  # numbers are no part of it
    assert structure.holds()
    CHANGES[change](net)
    assert not structure.holds()


def test_what_cannot_be_looked_at_never_holds():
    class Collected(Own):
        def __init__(self):
            super().__init__()
            self.parts["c"] = {1.0, 2.0}

    class Listed(Module):
        def __init__(self):
            self.weights = [Value(1.0)]

        def parameters(self):
            return self.weights

    class Slotted(Module):
        __slots__ = ("weight",)

    for net in (Collected(), Listed(), Slotted(), lambda row: row):
        assert not Structure(net).holds()
