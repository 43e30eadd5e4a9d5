"""Which engine `engine="auto"` takes for runs of many kinds; no clock decides it."""

import random
from functools import partial

import pytest

from jangrad import MLP, Module, Neuron, Value, fit, gradient, mean, tanh
from jangrad.nn import l2_penalty
from jangrad.tables import table
from jangrad.tape import tape
from jangrad.train import choice, cosine
from jangrad.train.cost import KEPT, NEW, Work, by_python, in_machine_code, is_faster, kinds_of


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def own_loss(outputs, targets):
    return mean([(o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True)])


def of_all_outputs(outputs, targets):
    return mean([(z - t) ** 2 for o, t in zip(outputs, targets, strict=True) for z in o])


def weights(*shape):
    draw = random.Random(0)

    def some(first, *rest):
        return [some(*rest) if rest else Value(draw.gauss(0.0, 0.3)) for _ in range(first)]

    return some(*shape)


class Embedding(Module):
    """A row of a table, and a layer over it."""

    def __init__(self, words, width):
        self.words, self.out = weights(words, width), weights(5, width)

    def __call__(self, row):
        return [dot(w, table(self.words)[row[0]]) for w in self.out]


class Recurrent(Module):
    """Each number changes what is kept of those before it."""

    def __init__(self):
        self.w, self.u = weights(8, 8), weights(8)

    def __call__(self, row):
        state = [Value(0.0)] * 8
        for x in row:
            state = [tanh(dot(w, state) + u * x) for w, u in zip(self.w, self.u, strict=True)]
        return [sum(state)]


class Slope(Module):
    """A function beside its derivative."""

    def __init__(self):
        self.below = MLP(1, [8, 1], "tanh", seed=0)

    def __call__(self, row):
        x = Value(0.0) + row[0]
        (y,) = self.below([x])
        return [gradient(y, [x])[0] - y]


class Asked(Exception):
    """The engine has been chosen, and nothing else is wanted."""


def work_of(monkeypatch, net, rows, inputs=1, classes=0, **options):
    """What the run is counted to be made of, and whether machine code would be taken."""
    found = []

    def asked(work, kinds):
        found.extend([work, is_faster(work, kinds)])
        raise Asked

    monkeypatch.setattr(choice, "is_faster", asked)
    X = [[float((i + j) % (classes or 7)) for j in range(inputs)] for i in range(rows)]
    y = [float(i % classes) if classes else 1.0 - i % 2 * 2 for i in range(rows)]
    with pytest.raises(Asked):
        fit(net, X, y, engine="auto", progress=False, **options)
    return found


MOONS, FOUR = partial(MLP, 2, [16, 16, 1], "relu"), partial(MLP, 3, [4, 4, 1], "tanh")
DIGITS, SOFTMAX = partial(MLP, 64, [32, 10]), "softmax_cross_entropy"
DEEP = partial(MLP, 8, [8] * 12 + [1], "tanh")

# What makes the network, its rows, inputs and classes, options, and the engine of so many steps.
RUNS = [
    (FOUR, (4, 3), {}, {5: "eager", 100: "eager", 10_000: "native"}),
    (MOONS, (100, 2), {}, {1: "eager", 5: "eager", 100: "native"}),
    (MOONS, (100, 2), {"batch_size": 10}, {20: "eager", 2000: "native"}),
    (DIGITS, (500, 64, 10), {"loss": SOFTMAX, "batch_size": 32}, {5: "eager", 100: "native"}),
    (partial(MLP, 784, [128, 10]), (32, 784, 10), {"loss": SOFTMAX}, {5: "native"}),
    (partial(MLP, 1, [1]), (10_000, 1), {}, {1: "eager", 20: "native"}),
    (partial(Neuron, 1000), (10, 1000), {}, {10: "eager", 500: "native"}),
    (DEEP, (10, 8), {}, {20: "eager", 1000: "native"}),
    (partial(Embedding, 500, 8), (36_000, 1, 5), {"loss": SOFTMAX}, {100: "native"}),
    (partial(Embedding, 2000, 16), (32, 1, 5), {"loss": SOFTMAX}, {2: "eager", 50: "native"}),
    (Recurrent, (20, 30), {}, {1: "eager", 10: "eager", 500: "native"}),
    (Slope, (20, 1), {"loss": own_loss}, {2: "eager", 100: "native"}),
    (FOUR, (4, 3), {"loss": own_loss}, {5: "eager", 10_000: "native"}),
    (MOONS, (100, 2), {"loss": own_loss}, {5: "eager", 500: "native"}),
    (DIGITS, (150, 64), {"loss": of_all_outputs}, {3: "eager", 1000: "native"}),
]


@pytest.mark.parametrize(
    ("make", "data", "options", "steps", "engine"),
    [(*run[:3], *answer) for run in RUNS for answer in run[3].items()],
)
def test_the_engine_that_is_done_first(make, data, options, steps, engine, monkeypatch):
    """As `benchmarks/engines.py` has measured runs like these."""
    _, native = work_of(monkeypatch, make(), *data, steps=steps, **options)
    assert ("native" if native else "eager") == engine


def test_a_penalty_is_counted_once_a_step(monkeypatch):
    """Not with each row."""
    alone, _ = work_of(monkeypatch, MOONS(), 100, 2)
    penalty = partial(l2_penalty, strength=1e-4)
    work, _ = work_of(monkeypatch, MOONS(), 100, 2, penalty=penalty)
    assert 0 < work.nodes - alone.nodes < 5 * alone.parameters
    assert work.traced - alone.traced == work.nodes - alone.nodes


def test_each_size_of_a_batch_of_a_loss_of_ones_own_is_counted(monkeypatch):
    """A program is made for each."""
    one, _ = work_of(monkeypatch, MOONS(), 100, 2, loss=own_loss, batch_size=50)
    two, _ = work_of(monkeypatch, MOONS(), 80, 2, loss=own_loss, batch_size=50)
    assert (one.programs, two.programs) == (1, 2)
    assert one.nodes == one.traced == two.nodes
    assert two.traced == pytest.approx(1.6 * one.traced, rel=0.01)


def test_what_is_done_between_steps_is_counted(monkeypatch):
    """Callbacks, what is held out, and a schedule that may look at the network."""
    counted = partial(work_of, monkeypatch, MOONS(), 100, 2, steps=60)
    held_out = [[0.1, 0.2]] * 50, [1.0] * 50
    assert counted()[0].stops == 0
    assert counted(callbacks=[print], callback_every=3)[0].stops == 20
    assert counted(schedule=cosine(0.1, 60))[0].stops == 0
    assert counted(schedule=lambda step: 0.1)[0].stops == 60
    measured, _ = counted(validation=held_out, batch_size=50)
    assert (measured.stops, measured.held_out, measured.programs) == (0, 30.0, 2)
    own, _ = counted(validation=held_out, loss=own_loss)
    assert own.stops == 60  # which Python measures
    assert (measured.measures, own.measures, own.programs) == (True, False, 1)


def test_what_a_derivative_inside_walks_over_is_counted(monkeypatch):
    """It takes much longer than the nodes that it makes."""
    work, _ = work_of(monkeypatch, Slope(), 20, loss=own_loss)
    plain, _ = work_of(monkeypatch, MOONS(), 20, 2, loss=own_loss)
    assert work.walked >= 20 * 25
    assert (plain.walked, plain.own, work.own) == (0, False, True)


def test_a_row_of_a_table_reaches_few_parameters(monkeypatch):
    """The others are no nodes of a row less."""
    few, _ = work_of(monkeypatch, Embedding(7, 4), 100, 1, 5, loss=SOFTMAX)
    many, _ = work_of(monkeypatch, Embedding(700, 4), 100, 1, 5, loss=SOFTMAX)
    assert few.nodes == many.nodes > 100 * 2 * 5 * 4


def test_a_few_steps_of_ones_own_code_are_not_looked_at(monkeypatch):
    """That takes longer than they do."""

    def look(*_):
        raise AssertionError

    monkeypatch.setattr("jangrad.guards.look", look)
    history = fit(FOUR(), [[0.1, 0.2, 0.3]], [1.0], loss=own_loss, steps=5, progress=False)
    assert history.engine == "eager"


def test_the_first_step_of_ones_own_code_is_pythons_and_the_others_machine_codes(monkeypatch):
    """The losses are those of Python's steps throughout."""
    monkeypatch.setattr(choice, "is_faster", lambda *_: True)
    X, y = [[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]], [1.0, -1.0]
    found = [
        fit(FOUR(seed=0), X, y, loss=own_loss, steps=30, engine=engine, progress=False)
        for engine in ("auto", "eager", "native")
    ]
    assert [history.engine for history in found] == ["native", "eager", "native"]
    assert found[0].loss == pytest.approx(found[1].loss, rel=1e-12)


WORK = Work(100, 0, 41, 4, 36, 300, False, 0, 75, 1)


@pytest.mark.parametrize("more", ["steps", "parameters", "rows", "neurons", "nodes", "walked"])
def test_more_work_takes_longer_by_python(more):
    """Of each kind."""
    assert by_python(_with(**{more: 10_000})) > by_python(WORK)
    assert by_python(_with(own=True)) > by_python(WORK)
    assert by_python(_with(held_out=100.0)) > by_python(WORK)


@pytest.mark.parametrize("price", [NEW, KEPT])
@pytest.mark.parametrize("more", ["steps", "stops", "parameters", "nodes", "traced", "programs"])
def test_more_work_takes_longer_in_machine_code(more, price):
    """Of each kind, and of programs with more kinds of nodes."""
    least = in_machine_code(WORK, 10, price)
    assert in_machine_code(_with(**{more: 10_000}), 10, price) > least
    assert in_machine_code(WORK, 11, price) > least
    assert in_machine_code(_with(held_out=9.0, measures=False), 10, price) > least
    assert in_machine_code(_with(held_out=9.0), 10, price) == least


def _with(**changed):
    return WORK._replace(**changed)


def test_a_trace_that_memory_may_not_hold_is_refused():
    """However long Python takes."""
    assert is_faster(_with(steps=10**9, traced=5_000_000), lambda: 11)
    assert not is_faster(_with(steps=10**9, traced=5_000_001), lambda: 11)


def test_kinds_are_counted_only_where_they_may_matter():
    """That goes over all nodes."""

    def kinds():
        raise AssertionError

    assert not is_faster(_with(steps=1), kinds)


def test_kinds_of_a_deep_network():
    """Layers of any width have as many kinds, and more layers more."""

    def counted(widths):
        row = [Value(0.1), Value(0.2)]
        return kinds_of(*tape(MLP(2, [*widths, 1], "tanh", seed=0)(row))[1:4])

    assert counted([4, 4]) == counted([9, 9])
    assert counted([4] * 10) > 3 * counted([4] * 2)


def test_kinds_are_counted_among_the_first_nodes():
    """So that it takes a moment at most."""
    chain = Value(0.1)
    for _ in range(20):
        chain = chain.tanh()
    assert kinds_of(*tape([chain])[1:4], most=6) == 5  # a leaf and five others
