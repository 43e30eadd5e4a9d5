"""A script written for micrograd runs by changing its imports, with the same numbers."""

import importlib
import random

import pytest

import jangrad
from jangrad.datasets import moons
from jangrad.micrograd import engine as our_engine
from jangrad.micrograd import nn as our_nn


def both():
    """micrograd as published, and the names that stand in for it."""
    pytest.importorskip("micrograd")
    for package in ("micrograd", "jangrad.micrograd"):
        yield tuple(importlib.import_module(f"{package}.{name}") for name in ("engine", "nn"))


def train(engine, nn, steps):
    """micrograd's demo: hinge loss and L2 on two moons; the loss of each step."""
    X, y = moons(20, seed=3)
    random.seed(1337)
    model = nn.MLP(2, [8, 8, 1])
    losses = []
    for k in range(steps):
        inputs = [list(map(engine.Value, row)) for row in X]
        scores = list(map(model, inputs))
        parts = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(parts) * (1.0 / len(parts))
        penalty = 1e-4 * sum(p * p for p in model.parameters())
        total = data_loss + penalty
        model.zero_grad()
        total.backward()
        rate = 1.0 - 0.9 * k / steps
        for p in model.parameters():
            p.data -= rate * p.grad
        losses.append(total.data)
    return losses, [p.data for p in model.parameters()], repr(model)


def test_the_moons_demo_gives_the_same_losses():
    """Loss by loss to 1e-12, weights and repr too."""
    (theirs, their_weights, their_repr), (mine, my_weights, my_repr) = (
        train(engine, nn, 12) for engine, nn in both()
    )
    assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-12)
    assert my_weights == pytest.approx(their_weights, rel=1e-12, abs=1e-12)
    assert my_repr == their_repr


def readme_example(Value):
    """The example of micrograd's README."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return g.data, a.grad, b.grad


def test_the_readme_example_gives_the_same_numbers():
    """g, dg/da and dg/db."""
    (theirs, _), (mine, _) = both()
    assert readme_example(mine.Value) == pytest.approx(readme_example(theirs.Value), rel=1e-12)
    assert readme_example(mine.Value) == pytest.approx((24.7040816, 138.8338192, 645.5772594))


def test_inner_names_are_there():
    """`_prev`, `_op`, `label`, `_backward`, and a grad that may be assigned."""
    Value = our_engine.Value
    a, b = Value(2.0), Value(3.0)
    c = a * b
    assert c._prev == {a, b}
    assert [v._op for v in (a, c, a + b, a**2, a.relu())] == ["", "*", "+", "**2", "ReLU"]
    c.label = "c"
    assert c.label == "c"
    c.grad = 1.0
    c._backward()
    assert (a.grad, b.grad) == (3.0, 2.0)
    a.grad = 0
    assert a.grad == 0.0


def test_a_graph_is_walked_by_prev():
    """Code that draws micrograd's graphs finds every node and edge."""
    a, b = our_engine.Value(2.0), our_engine.Value(3.0)
    root = a * b + a
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    assert (len(nodes), len(edges)) == (4, 4)


def test_one_output_is_not_wrapped():
    """micrograd gives the Value itself where there is one output; ours a list."""
    random.seed(0)
    assert isinstance(our_nn.MLP(2, [1])([1.0, 2.0]), jangrad.Value)
    assert [type(v) for v in our_nn.MLP(2, [2])([1.0, 2.0])] == [our_engine.Value] * 2
    assert isinstance(jangrad.MLP(2, [1])([1.0, 2.0]), list)
