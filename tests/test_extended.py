"""micrograd's Value, extended as people publish it, through `jangrad.micrograd`."""

import copy
import gc
import importlib
import math
import pickle
import random
import sys

import pytest

import jangrad
from jangrad import Module, fit
from jangrad.errors import InnerValue, NoGradient, NotANumber, Untraceable
from jangrad.micrograd import engine, nn
from jangrad.train import SGD


def published():
    """micrograd's class, and ours in its place, without what another test has put into it."""
    pytest.importorskip("micrograd")
    for package in ("micrograd", "jangrad.micrograd"):
        module = importlib.import_module(f"{package}.engine")
        before = dict(vars(module.Value))
        yield module.Value
        for name in vars(module.Value).keys() - before.keys():
            delattr(module.Value, name)
        for name, thing in before.items():
            if vars(module.Value)[name] is not thing:
                setattr(module.Value, name, thing)


def by_closure(Value, x, number, slope, name):
    """An operation as the lecture writes it."""
    out = Value(number, (x,), name)

    def _backward():
        x.grad += slope * out.grad

    out._backward = _backward
    return out


def lecture_neuron(Value):
    """The lecture's neuron: tanh and exp by closure, patched into the class, labels set later."""

    def tanh(self):
        t = math.tanh(self.data)
        return by_closure(Value, self, t, 1 - t**2, "tanh")

    def exp(self):
        e = math.exp(self.data)
        return by_closure(Value, self, e, e, "exp")

    Value.tanh, Value.exp = tanh, exp
    x1, x2, w1, w2, b = map(Value, (2.0, 0.0, -3.0, 1.0, 6.8813735870195432))
    x1.label = "x1"
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    e = (2 * n).exp()
    o = (e - 1) / (e + 1) + n.tanh()
    o.backward()
    return [o.data, *(v.grad for v in (x1, x2, w1, w2, b, n, e))]


def derived_class(Value):
    """A subclass with an operation of its own and an attribute."""

    class Mine(Value):
        def __init__(self, data, _children=(), _op="", name=""):
            super().__init__(data, _children, _op)
            self.name = name

        def sigmoid(self):
            s = 1 / (1 + math.exp(-self.data))
            return by_closure(Mine, self, s, s * (1 - s), "sigmoid")

    x, y = Mine(0.3, name="x"), Mine(-1.2)
    z = x.sigmoid() * y + y.sigmoid() ** 2 - 3 / x
    z.backward()
    assert x.name == "x"
    assert isinstance(z, Value)
    assert not isinstance(z, Mine)
    return [z.data, x.grad, y.grad]


def derived_and_written_anew(Value):
    """A subclass whose constructor repeats that of micrograd and calls no other."""

    class Mine(Value):
        def __init__(self, data, _children=(), _op=""):
            self.data, self.grad = data, 0
            self._backward = lambda: None
            self._prev = set(_children)
            self._op = _op

        def __mul__(self, other):
            other = other if isinstance(other, Value) else Mine(other)
            out = Mine(self.data * other.data, (self, other), "*")

            def _backward():
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad

            out._backward = _backward
            return out

    a, b = Mine(2.0), Mine(-3.0)
    c = a * b * a * 4
    d = c + b
    d.backward()
    a.data += 1.0
    return [d.data, a.grad, b.grad, c.grad, a.data, len(c._prev)]


def patched_relu(Value):
    """relu replaced by a leaky one, and ** by one that takes only numbers, as assert there says."""

    def relu(self):
        slope = 1.0 if self.data > 0 else 0.1
        return by_closure(Value, self, self.data * slope, slope, "leaky")

    def power(self, other):
        assert isinstance(other, (int, float))
        return by_closure(
            Value, self, self.data**other, other * self.data ** (other - 1), f"**{other}"
        )

    Value.relu, Value.__pow__ = relu, power
    a, b = Value(-4.0), Value(2.0)
    c = (a + b).relu() + (a * b).relu() ** 3 + b**2
    c.backward()
    return [c.data, a.grad, b.grad, sorted(v._op for v in walk(c) if "**" in v._op)]


def adam_by_hand(Value):
    """Moments hung on the parameters; the lecture's loss."""
    random.seed(4)
    parameters = [Value(random.uniform(-1, 1)) for _ in range(4)]
    for p in parameters:
        p.m = p.v = 0.0
    losses = []
    for t in range(1, 30):
        a, b, c, d = parameters
        loss = sum(((a * x + b).relu() * c + d - y) ** 2 for x, y in ((1, 2), (2, -1), (-1, 0.5)))
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.999 * p.v + 0.001 * p.grad**2
            p.data -= 0.05 * (p.m / (1 - 0.9**t)) / (math.sqrt(p.v / (1 - 0.999**t)) + 1e-8)
        losses.append(loss.data)
    return losses


def walk(root):
    """Every node, as the drawing code of the lecture finds them."""
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes


def drawn(Value):
    """What draw_dot reads: `_prev`, `_op`, data and grad of each node."""
    x, y = Value(1.5), Value(-2.0)
    shared = by_closure(Value, x * y, math.sin(-3.0), math.cos(-3.0), "sin")
    out = shared * shared + x**2 + (y + x).relu() * y
    out.backward()
    out.label = "out"
    return sorted((v._op, len(v._prev), round(v.data, 12), round(v.grad, 12)) for v in walk(out))


@pytest.mark.parametrize(
    "script",
    [
        lecture_neuron,
        derived_class,
        derived_and_written_anew,
        patched_relu,
        adam_by_hand,
        drawn,
    ],
)
def test_scripts_give_the_numbers_of_micrograd(script):
    """In one process, from the published package and through `jangrad.micrograd`."""
    theirs, mine = (script(Value) for Value in published())
    for a, b in zip(theirs, mine, strict=True):
        assert b == (pytest.approx(a, rel=1e-12, abs=1e-12) if isinstance(a, float) else a)


def tanh(x):
    t = math.tanh(x.data)
    return by_closure(engine.Value, x, t, 1 - t * t, "tanh")


def sum_of(*parts):
    """An operation of any number of inputs."""
    out = engine.Value(sum(p.data for p in parts), parts, "sum of")

    def _backward():
        for p in parts:
            p.grad += out.grad

    out._backward = _backward
    return out


def test_operations_of_many_inputs():
    """An input gets all contributions before it hands on; one that is there twice, two."""
    a, b, c = map(engine.Value, (1.0, 2.0, 3.0))
    d = tanh(b)
    y = sum_of(a, d, c, d) * d + tanh(sum_of(a, b, c))
    y.backward()
    t, s = math.tanh(2.0), math.tanh(6.0)
    assert a.grad == pytest.approx(t + 1 - s * s)
    assert b.grad == pytest.approx((1 - t * t) * (2 * t + 4 + 2 * t) + 1 - s * s)
    assert sum_of(a, d, c, d)._prev == {a, d, c}


def test_trees_explanations_and_pictures_show_it(tmp_path):
    """Its name, its inputs, and what it hands down at this point, found by running it on a 1."""
    x = engine.Value(0.5, label="x")
    y = tanh(x * 2) * 3
    y.backward()
    tree = y.backtrack()
    slope = 6 * (1 - math.tanh(1.0) ** 2)
    assert tree["x"].grad == pytest.approx(slope)
    assert "tanh(v1)" in str(tree)
    assert "tanh(1) = 0.761594" in str(tree.explain())
    assert x.grad == pytest.approx(slope)
    for name in ("a.svg", "a.html", "a.tex", "a.json"):
        tree.save(tmp_path / name)
        assert "tanh" in (tmp_path / name).read_text(encoding="utf-8")
    # The page cannot compute it for other numbers, so it does not ask for any.
    assert '"fixed":1' in (tmp_path / "a.html").read_text(encoding="utf-8")
    odd = sum_of(x, x * 2, x * 3).backtrack()
    assert "“sum of”(x, v1, v2)" in str(odd)
    assert odd["x"].grad == 6.0


@pytest.mark.parametrize(
    "use",
    [
        lambda x, y: jangrad.gradient(y, [x]),
        lambda x, y: jangrad.grad(tanh)(0.5),
        lambda x, y: jangrad.jit(lambda z: y * z)(1.0),
        lambda x, y: copy.deepcopy(y),
        lambda x, y: copy.copy(y),
        lambda x, y: pickle.dumps(y),
    ],
)
def test_what_nobody_can_compute_is_refused_by_name(use):
    """Second derivatives, compiled code and copies would need its formula."""
    x = engine.Value(0.5)
    with pytest.raises(Untraceable, match="`tanh` has a backward of its own"):
        use(x, tanh(x))


def test_a_gradient_beside_it_is_a_graph_as_ever():
    """What it is not on the way to does not matter."""
    x, z = engine.Value(0.5), engine.Value(2.0)
    (slope,) = jangrad.gradient(tanh(x) + z * z, [z])
    assert slope.data == 4.0


def test_a_walk_inside_a_backward_is_refused():
    """The marks of two walks would mix; afterwards the graph is as before."""
    x = engine.Value(2.0)
    out = engine.Value(4.0, (x,), "square")
    out._backward = lambda: (x * x).backward()
    with pytest.raises(NoGradient, match="begins another walk"):
        (out * 2).backward()
    out._backward = lambda: None
    (out * 2).backward()
    assert (x.grad, out.grad) == (0.0, 2.0)


def test_what_has_a_derivative_keeps_it():
    """A backward put over that of `exp`, or on a leaf, would be lost or never run."""
    x = engine.Value(2.0)
    for v in (x.exp(), x):
        with pytest.raises(InnerValue, match="no backward that could be replaced"):
            v._backward = lambda: print("reached")
    with pytest.raises(NotANumber, match="a child of a Value is a Value"):
        engine.Value(2.0, (1.0,), "add")


def test_attributes_may_be_hung_on_any_value():
    """They go with it into copies, and with it when it goes; others do not have them."""
    for kind in (jangrad.Value, engine.Value):
        p = kind(1.0)
        p.m, p.note = 0.5, ["a"]
        p.grad = 2.0
        for twin in (copy.copy(p), copy.deepcopy(p), pickle.loads(pickle.dumps(p)), p):
            assert (twin.m, twin.note, twin.grad, type(twin)) == (0.5, ["a"], 2.0, kind)
        assert not hasattr(kind(1.0), "m")
        with pytest.raises(AttributeError, match="has no attribute 'm'"):
            _ = kind(1.0).m
        del p.m
        assert not hasattr(p, "m")
        with pytest.raises(AttributeError):
            p.op = "mul"
        inner = p * 2
        inner.seen = True
        assert copy.deepcopy(inner * 1).children[0].seen


def test_an_attribute_lives_as_long_as_its_value():
    """What depends on a Value is let go with it."""

    class Thing:
        gone = 0

        def __del__(self):
            Thing.gone += 1

    for _ in range(100):
        v = jangrad.Value(1.0)
        v.thing = Thing()
        v * 2.0
    del v
    assert Thing.gone == 100


def test_ordinary_nodes_are_as_large_as_ever():
    """A Value of the engine or of micrograd's names has 88 bytes at most, in slabs."""
    if jangrad.engine.compiled:
        for v in (jangrad.Value(1.0), engine.Value(1.0), engine.Value(1.0) * 2.0):
            assert sys.getsizeof(v) <= 88
            assert not gc.is_tracked(v)


def test_steps_in_the_style_of_the_lecture_leave_nothing_behind():
    """A closure knows its Value, a cycle; the collector finds it, and all that leads to it."""
    random.seed(1)
    model = [[engine.Value(random.uniform(-1, 1)) for _ in range(3)] for _ in range(3)]

    def step():
        h = [1.0, -0.5, 2.0]
        for _ in range(4):
            h = [tanh(sum(w * x for w, x in zip(row, h, strict=True))) for row in model]
        loss = sum_of(*(x**2 for x in h))
        loss.backward()

    step()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(100):
        step()
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_patches_stay_where_they_are_made():
    """A method of micrograd's class does not reach jangrad's own, nor its networks."""
    engine.Value.relu = lambda self: self * 100.0
    try:
        assert nn.MLP(1, [1, 1]).layers[0].neurons[0]([1.0])._op == "*"
        assert jangrad.Value(2.0).relu().data == 2.0
        assert jangrad.relu(engine.Value(2.0)).data == 2.0
    finally:
        del engine.Value.relu


def test_sums_in_networks_follow_a_patched_operator():
    """A neuron's weighted sum asks the class's own + and *."""
    calls = []
    original = engine.Value.__mul__

    def times(self, other):
        calls.append(1)
        return original(self, other)

    engine.Value.__mul__ = times
    try:
        nn.Neuron(3)([1.0, 2.0, 3.0])
    finally:
        del engine.Value.__mul__
    assert len(calls) == 3


def test_an_error_half_way_clears_the_marks_of_values_that_say_they_are_equal():
    """Of each of them, so that the next backward is right."""

    class Equal(engine.Value):
        def __eq__(self, other):
            return self.data == getattr(other, "data", other)

        def __hash__(self):
            return hash(self.data)

    a, b = Equal(2.0), Equal(2.0)
    fails = [True]
    out = engine.Value(4.0, (a, b), "sum")

    def _backward():
        if fails.pop():
            raise RuntimeError
        a.grad += out.grad
        b.grad += out.grad

    out._backward = _backward
    root = (out * a * 2.0) * b
    with pytest.raises(RuntimeError):
        root.backward()
    fails[:] = [False]
    root.backward()
    assert (a.grad, b.grad) == (8.0 + 16.0, 8.0 + 16.0)


def test_copies_of_a_subclass_keep_its_slots():
    """As they keep attributes; what has none yet has none in the copy."""

    class Tagged(engine.Value):
        __slots__ = ("extra", "later")

    tagged = Tagged(2.0)
    tagged.extra = [5]
    for copied in (copy.deepcopy(tagged), copy.copy(tagged)):
        assert (type(copied), copied.data, copied.extra) == (Tagged, 2.0, [5])
        assert not hasattr(copied, "later")


def test_jangrads_own_value_is_not_subclassed():
    """The message names the class that can be."""
    with pytest.raises(TypeError, match=r"jangrad\.micrograd\.engine\.Value, which can"):

        class Mine(jangrad.Value):
            pass


class ByNumber(engine.Value):
    """An exercise that people add: Values of one number are equal."""

    def __eq__(self, other):
        return isinstance(other, jangrad.Value) and self.data == other.data

    def __hash__(self):
        return hash(self.data)


def test_values_that_say_they_are_equal_are_told_apart():
    """Each is a parameter, learns, and has its own node, whatever `==` says."""

    class Line(Module):
        def __init__(self):
            self.a, self.b, self.c = ByNumber(1.0), ByNumber(1.0), [ByNumber(1.0)]

        def __call__(self, xs):
            return [self.a * xs[0] + self.b * xs[1] + self.c[0]]

    net = Line()
    assert list(net.named_parameters()) == ["a", "b", "c.0"]
    assert len(net.parameters()) == 3
    rows = [[0.0, 1.0], [1.0, 0.0], [1.0, 2.0], [2.0, 1.0]]
    targets = [x + 2.0 * y + 3.0 for x, y in rows]
    optimizer = SGD(net.parameters(), 0.1)
    fit(net, rows, targets, optimizer=optimizer, steps=2000, engine="eager", progress=False)
    assert [p.data for p in net.parameters()] == pytest.approx([1.0, 2.0, 3.0])
    a, b = ByNumber(2.0), ByNumber(2.0)
    tree = (a * b * 3.0 + b).backtrack()
    assert (tree[a].grad, tree[b].grad) == (6.0, 7.0)


def test_a_tree_shows_what_a_backward_of_ones_own_pays():
    """Also where that is not linear in the gradient, or overwrites what others have contributed."""

    def clipped(x):
        out = engine.Value(x.data, (x,), "clip")

        def _backward():
            x.grad += max(-1.0, min(1.0, out.grad))

        out._backward = _backward
        return out

    x = engine.Value(2.0, label="x")
    tree = (clipped(x) * 100.0).backtrack()
    assert tree["x"].grad == x.grad == 1.0
    assert "= 1\n" in str(tree.explain("x"))

    def forgetful(x):
        out = engine.Value(x.data, (x,), "set")

        def _backward():
            x.grad = 3.0 * out.grad

        out._backward = _backward
        return out

    for f in (
        lambda x: x * 5.0 + forgetful(x),
        lambda x: forgetful(x) + x * 5.0,
        lambda x: forgetful(x) + x,
    ):
        x = engine.Value(2.0, label="x")
        tree = f(x).backtrack()
        right = x.grad
        assert tree["x"].grad == x.grad == right
