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


@pytest.mark.parametrize("seed", range(30))
def test_every_pass_adds_to_what_the_one_before_has_left(seed):
    """Random graphs, roots that share inner Values, gradients that are cleared here and there."""
    (theirs, _), (mine, _) = both()
    found = []
    for engine in (theirs, mine):
        draw = random.Random(seed)
        leaves = [engine.Value(draw.uniform(-2.0, 2.0)) for _ in range(3)]
        values = list(leaves)
        for _ in range(15):
            a, b = draw.choice(values), draw.choice(values)
            how = draw.randrange(5)
            values.append(
                a + b
                if how < 2
                else a * b
                if how < 4
                else a.relu()
                if draw.random() < 0.7
                else a**2
            )
        for _ in range(4):
            draw.choice(values[3:]).backward()
            found.append([v.grad for v in values])
            if draw.random() < 0.5:
                for v in draw.sample(values, 6):
                    v.grad = 0
    half = len(found) // 2
    for wanted, got in zip(found[:half], found[half:], strict=True):
        assert got == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_a_second_pass_over_one_graph():
    """An inner Value hands down what it holds: not twice, but three times the first."""
    a = our_engine.Value(3.0)
    b = a * 2
    c = b * b
    for expected in [(24.0, 12.0, 1.0), (72.0, 24.0, 1.0), (144.0, 36.0, 1.0)]:
        c.backward()
        assert (a.grad, b.grad, c.grad) == expected
    a.backward()
    assert a.grad == 1.0
    d = jangrad.Value(3.0)
    e = d * 2 * d
    e.backward()
    e.backward()
    assert d.grad == 24.0


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
