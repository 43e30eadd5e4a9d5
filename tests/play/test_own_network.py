"""A network of one's own as the page makes it: outputs, gradients, and no more."""

import pytest
from tests.play.test_page_kernels import folder, in_node

from jangrad import Value, sin
from jangrad.nn import Module
from jangrad.play.own_network import own_network

__all__ = ["folder"]  # the fixture


class Odd(Module):
    def __init__(self):
        self.w, self.b = [Value(0.5), Value(-0.25)], Value(0.125)

    def __call__(self, xs):
        z = self.w[0] * xs[0] + self.w[1] * sin(xs[1]) + self.b
        return [z.tanh(), z * z]


def test_it_adds_gradients_up(folder):
    """Of each network that is made on its own."""
    net = Odd()
    code, outputs = own_network(net, 2)
    assert outputs == 2
    found = in_node(
        folder,
        f"""
const make = {code};
const one = make(), other = make();
one.trainStep([1, 2], [3, -1]);
one.trainStep([0.5, 0.25], [1, 2]);
other.parameters[0] = 9;
const found = {{p: [...one.parameters], g: [...one.memory.state_s], y: [...one.value([1, 2])],
  untouched: [...other.memory.state_s]}};
""",
        None,
    )
    net.zero_grad()
    for row, upstream in (([1, 2], [3, -1]), ([0.5, 0.25], [1, 2])):
        a, b = net([Value(float(x)) for x in row])
        (a * upstream[0] + b * upstream[1]).backward()
    assert found["p"] == [0.5, -0.25, 0.125]
    assert found["g"] == pytest.approx([p.grad for p in net.parameters()], rel=1e-12)
    assert found["y"] == pytest.approx([v.data for v in net([Value(1.0), Value(2.0)])], rel=1e-12)
    assert found["untouched"] == [0, 0, 0]


def test_nobody_reads_whose_it_is():
    """Comments, which name files, are left out."""
    code, _ = own_network(Odd(), 2)
    assert "test_own_network" not in code
    assert "//" not in code
