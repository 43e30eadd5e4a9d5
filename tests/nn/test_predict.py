"""`predict` by machine code: the numbers of Python, or Python where nothing else is right."""

import copy
import functools
import gc
import logging
import math
import pickle
import queue
import random
import re
import subprocess
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from jangrad import MLP, Layer, Module, Neuron, Value, grad, jit, strict, table
from jangrad.derivatives import recording
from jangrad.errors import DomainError, NonFinite, NoSuchRow, NotANumber, ShapeError
from jangrad.nn import activation_names, predictions
from jangrad.nn import known as decisions


@pytest.fixture(autouse=True)
def pays_at_once(monkeypatch):
    """Machine code pays for the first rows, so that small networks show what large ones do."""
    price(monkeypatch, first=0.0, later=0.0, traced=0.0)


def price(monkeypatch, **costs):
    """What is taken into account costs something else."""
    monkeypatch.setattr(decisions, "COSTS", decisions.COSTS._replace(**costs))


def known(net):
    return predictions._beside.of(net)


def is_native(net):
    """Whether there is a program for the network as it is now."""
    return known(net) is not None and any(p.is_ready() for p in known(net).programs.values())


def by_python(net, rows):
    """The outputs as `net(row)` gives them, one row after the other."""
    found = []
    for row in np.asarray(rows, float).tolist():
        outputs = net(row)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        found.append([y.data if isinstance(y, Value) else float(y) for y in outputs])
    return found


def rows_of(count, width, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width))


class Net(Module):
    """Computes what it is told to."""

    def __init__(self, compute, **attributes):
        self.w = Value(2.0)
        self._compute = compute
        vars(self).update(attributes)

    def __call__(self, xs):
        return self._compute(self, xs)


# -- the same numbers ------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@drawn(
    st.integers(1, 6),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.sampled_from([*activation_names()]),
    st.integers(1, 200),
    st.integers(0, 10**6),
    st.sampled_from(["array", "list", "float32", "int"]),
)
def test_random_networks(inputs, widths, activation, count, seed, kind):
    """Up to rounding the numbers of Python, of any rows of any network, in their order."""
    net = MLP(inputs, widths, activation, seed=seed)
    rows = rows_of(count, inputs, seed)
    if kind == "float32":
        rows = rows.astype(np.float32)
    if kind == "int":
        rows = (3 * rows).astype(int)
    given = rows.tolist() if kind in ("list", "int") else rows
    wanted = by_python(net, rows)
    for _ in range(2):
        found = net.predict(given)
        assert type(found) is (list if kind in ("list", "int") else np.ndarray)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)
    one = net.predict(given[0])
    assert len(one) == 1
    np.testing.assert_allclose(one, wanted[:1], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "net",
    [
        Neuron(3, "tanh", seed=0),
        Layer(3, 4, "sigmoid", seed=0),
        MLP(3, [4, 2], "prelu", seed=0),
        Net(lambda net, xs: net.w * xs[0]),
        Net(lambda net, xs: (net.w * xs[0], xs[1] - net.w)),
        Net(lambda net, xs: [net.w, 1.0, xs[2]]),
        Net(lambda net, xs: np.array([net.w * x for x in xs], object)),
    ],
    ids=lambda net: type(net).__name__,
)
def test_every_sort_of_network(net):
    """Neurons, layers, networks of one's own; one output, a tuple, an array, plain numbers."""
    rows = rows_of(500, 3)
    wanted = np.array([[*map(float, np.ravel([getattr(y, "data", y) for y in np.ravel(net(row))]))]
                       for row in rows.tolist()])  # fmt: skip
    for _ in range(2):
        np.testing.assert_allclose(net.predict(rows), wanted, rtol=1e-12, atol=1e-13)
    assert is_native(net)


def test_what_comes_out_is_what_went_in():
    """Of lists, arrays in one, and tuples: lists; of an array of any order and type an array."""
    net, rows = MLP(3, [4, 2], "tanh", seed=0), rows_of(300, 3)
    wanted = by_python(net, rows)
    for lists in (rows.tolist(), [*rows], tuple(map(tuple, rows.tolist())), iter(rows.tolist())):
        found = net.predict(lists)
        assert {type(found), *map(type, found)} == {list}
        assert {type(y) for ys in found for y in ys} == {float}
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    for array in (
        np.asfortranarray(rows),
        rows[::-1][::-1],
        np.ma.array(rows),
        rows.astype(object),
    ):
        found = net.predict(array)
        assert type(found) is np.ndarray
        assert found.shape == (300, 2)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    for one in (rows[0], rows[:1]):
        assert net.predict(one).shape == (1, 2)
    assert net.predict([]) == []
    assert net.predict(rows[:0]).shape == (0, 2)


def test_rows_of_an_array_neither_join_nor_repeat():
    """A network sees a row of an array as one that it is called with, also when compiled."""
    net = Net(lambda net, xs: [net.w * x for x in xs * 2])
    rows = rows_of(50, 2)
    assert np.shape(net.predict(rows.tolist())) == (50, 4)
    with pytest.raises(TypeError, match=r"`\*` of an array"):
        net.predict(rows)


def test_values_among_the_rows():
    """A row of Values is one of their numbers."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    rows = rows_of(20, 2).tolist()
    wanted = net.predict(rows)
    found = net.predict([[Value(x), y] for x, y in rows])
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


# -- what changes ----------------------------------------------------------------------------------


def test_weights_are_read_at_each_call():
    """Assigned, loaded or trained: the next prediction has them."""
    net, rows = MLP(2, [3, 1], "tanh", seed=0), rows_of(100, 2)
    net.predict(rows)
    for seed in (1, 2):
        net.load_state(MLP(2, [3, 1], "tanh", seed=seed).state())
        np.testing.assert_allclose(net.predict(rows), by_python(net, rows), rtol=1e-12)
    net.layers[0].neurons[0].bias.data = 7.0
    for given in (rows, rows.tolist(), rows[0], rows[0].tolist()):
        wanted = by_python(net, np.atleast_2d(given))
        np.testing.assert_allclose(net.predict(given), wanted, rtol=1e-12)
    assert is_native(net)


def _replace_activation(net):
    for neuron in net.layers[0].neurons:
        neuron.activation = "sigmoid"


def _append_layer(net):
    net.layers.append(Layer(1, 2, "tanh", seed=5))


def _replace_weight(net):
    net.layers[0].neurons[0].weights[0] = Value(9.0)


def _put_a_number(net):
    net.layers[0].neurons[0].weights[0] = 4.0


def _replace_class(net):
    class Tripled(MLP):
        def __call__(self, xs):
            return [3.0 * y for y in super().__call__(xs)]

    net.__class__ = Tripled


def _replace_class_of_a_layer(net):
    class Tripled(Layer):
        def __call__(self, xs):
            return [3.0 * y for y in super().__call__(xs)]

    net.layers[1].__class__ = Tripled


class Own(MLP):
    """Its `__call__` is patched."""


def _patch_call(net):
    Own.__call__ = lambda self, xs: [3.0 * y for y in MLP.__call__(self, xs)]


def _drop_neuron(net):
    del net.layers[1].neurons[0]
    net.layers[1].neurons.append(Neuron(3, "relu", seed=8))


@pytest.mark.parametrize("pays", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        *(_replace_activation, _append_layer, _replace_weight, _put_a_number, _drop_neuron),
        *(_replace_class, _replace_class_of_a_layer, _patch_call),
    ],
)
def test_another_structure_is_seen(change, pays, monkeypatch):
    """Whatever else Python would compute now is computed, if it is compiled again or not."""
    monkeypatch.setattr(Own, "__call__", MLP.__call__)
    net, rows = Own(2, [3, 1], "tanh", seed=0), rows_of(100, 2)
    for given in (rows, rows.tolist(), rows[0].tolist()):
        net.predict(given)
    assert is_native(net)
    change(net)
    if not pays:
        price(monkeypatch, later=1e9)
    for given in (rows, rows.tolist(), rows[0].tolist()):
        wanted = by_python(net, np.atleast_2d(given))
        for _ in range(2):
            np.testing.assert_allclose(net.predict(given), wanted, rtol=1e-12, atol=1e-14)


def test_numbers_that_it_reads():
    """A plain attribute, a list, a global of another value."""
    net = Net(lambda net, xs: net.w * xs[0] * net.scale + net.offsets[0], scale=3.0, offsets=[1.0])
    rows = rows_of(60, 1)
    for scale, offset in ((3.0, 1.0), (4.0, 1.0), (4.0, -2.0), (3.0, 1.0)):
        net.scale, net.offsets[0] = scale, offset
        np.testing.assert_allclose(net.predict(rows), 2 * rows * scale + offset, rtol=1e-12)
        np.testing.assert_allclose(net.predict([[5.0]]), [[10.0 * scale + offset]], rtol=1e-12)


# -- what machine code cannot do -------------------------------------------------------------------


def _draws(net, xs):
    return net.w * xs[0] * random.random()


def _draws_from_its_own(net, xs):
    return net.w * xs[0] * net.rng.random()


def _counts(net, xs):
    net.count += 1
    return net.w * xs[0] * net.count


def _counts_unread(net, xs):
    net.last = net.w * xs[0]
    return net.last


def _logs(net, xs):
    net.log.append(1.0)
    return net.w * xs[0]


def _branches(net, xs):
    return net.w * xs[0] if xs[0] > 0.0 else net.w


def _reads_a_number(net, xs):
    return net.w * math.floor(float(xs[0]))


def _tells_values_apart(net, xs):
    return net.w * xs[0] * (2.0 if isinstance(xs[0], Value) else 1.0)


def _prints(net, xs):
    print("row")
    return net.w * xs[0]


def _writes(net, xs):
    sys.stdout.write("row")
    return net.w * xs[0]


def _says(net, xs):
    LOGGER.warning("row")
    return net.w * xs[0]


def _says_by_the_module(net, xs):
    logging.getLogger("rows").warning("row")
    return net.w * xs[0]


def _counts_outside(net, xs):
    COUNTS["rows"] += 1
    return net.w * xs[0]


def _notes(net, xs):
    NOTES.append(1)
    return net.w * xs[0]


def _takes(net, xs):
    return net.w * xs[0] * next(net.queue)


LOGGER = logging.getLogger("rows")
COUNTS, NOTES = {"rows": 0}, []
SPECIAL = [
    *(_draws, _draws_from_its_own, _counts, _counts_unread, _logs, _branches, _reads_a_number),
    *(_tells_values_apart, _prints, _takes),
    *(_writes, _says, _says_by_the_module, _counts_outside, _notes),
]


@pytest.mark.parametrize("compute", SPECIAL, ids=lambda compute: compute.__name__)
@pytest.mark.parametrize("as_list", [True, False])
def test_what_python_does_for_each_row_is_done(compute, as_list, capsys, caplog):
    """Draws, counts, logs, prints, branches: the numbers of Python to the bit, and what it left."""

    def made():
        random.seed(3)
        COUNTS["rows"] = 0
        NOTES.clear()
        rng, queue = random.Random(4), iter(range(1, 1000))
        return Net(compute, count=0, log=[], rng=rng, queue=queue)

    rows = rows_of(40, 1)
    net = made()
    found = [net.predict(rows.tolist() if as_list else rows) for _ in range(3)]
    printed, state = capsys.readouterr().out, random.getstate()
    said, counts, notes = len(caplog.records), dict(COUNTS), len(NOTES)
    caplog.clear()
    twin = made()
    wanted = [by_python(twin, rows) for _ in range(3)]
    assert [np.array(ours).tolist() for ours in found] == wanted
    assert printed == capsys.readouterr().out
    assert (said, counts, notes) == (len(caplog.records), COUNTS, len(NOTES))
    assert state == random.getstate()
    assert (net.count, net.log, net.rng.getstate()) == (twin.count, twin.log, twin.rng.getstate())
    assert next(net.queue) == next(twin.queue)
    last, twins = getattr(net, "last", None), getattr(twin, "last", None)
    assert last is twins is None or last.data == twins.data
    assert not is_native(net)


def test_a_refused_network_is_not_tried_again_until_it_changes(monkeypatch):
    """One attempt, however often it predicts; another one when its structure is another."""
    from jangrad.nn import machine_code

    tries = []
    version = machine_code.Version
    monkeypatch.setattr(machine_code, "Version", lambda *a: tries.append(a) or version(*a))
    net, rows = Net(_branches), rows_of(50, 1)
    for _ in range(3):
        net.predict(rows)
        net.predict(rows[0])
    assert len(tries) == 1
    net._compute = lambda net, xs: net.w * xs[0]
    np.testing.assert_allclose(net.predict(rows), 2 * rows)
    assert len(tries) == 2
    assert is_native(net)


def test_dropout_that_is_switched_off_is_compiled():
    """Python draws while it is on; then it is a network like any other."""

    def dropout(net, xs):
        return [net.w * x * (random.random() < 0.5 if net.training else 1.0) for x in xs]

    net, rows = Net(dropout, training=True), rows_of(50, 2)
    random.seed(0)
    found = net.predict(rows)
    random.seed(0)
    assert found.tolist() == by_python(net, rows)
    assert not is_native(net)
    net.training = False
    np.testing.assert_allclose(net.predict(rows), 2 * rows)
    assert is_native(net)


def test_a_first_row_that_makes_what_others_use():
    """What is made once and kept is no reason to stay in Python."""

    def lazy(net, xs):
        if net.cache is None:
            net.cache = [3.0]
        return net.w * xs[0] * net.cache[0]

    net, rows = Net(lazy, cache=None), rows_of(50, 1)
    np.testing.assert_allclose(net.predict(rows), 6 * rows)
    assert is_native(net)


def test_errors_of_the_network_itself():
    """They come from Python, where they are; so do rows of a table that are not there."""

    def fails(net, xs):
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        Net(fails).predict(rows_of(50, 1))
    net = Net(lambda net, xs: table(net.rows)[xs[0]][0], rows=[[Value(1.0)], [Value(2.0)]])
    rows = [[0.0], [1.0]] * 40
    assert net.predict(rows) == [[1.0], [2.0]] * 40
    assert is_native(net)
    with pytest.raises(NoSuchRow) as machine:
        net.predict([*rows, [2.0]])
    with pytest.raises(NoSuchRow) as python:
        net([2.0])
    assert str(machine.value).splitlines()[0] == str(python.value).splitlines()[0]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        ([[1.0, 2.0]] * 9 + [[1.0]], ShapeError, "`rows[9]` has 1 number, but MLP(2"),
        (np.zeros((9, 3)), ShapeError, "`rows[0]` has 3 numbers, but MLP(2"),
        ([[1.0, 2.0], [1.0, "a"]], NotANumber, "`rows[1][1]` is to be a real number, not 'a'"),
        ([[1.0, 2.0], [1.0, 10**400]], NotANumber, "`rows[1][1]`"),
        (np.array([[1.0, 2.0], [1.0, None]]), NotANumber, "`rows[1][1]`"),
        ([1.0, 2.0, 3.0], ShapeError, "`rows[0]` has 3 numbers"),
        (np.zeros((2, 2, 2)), NotANumber, "`rows[0][0]` is to be a real number"),
        ([[1.0, 2.0], []], ShapeError, "`rows[1]` is an empty row"),
        (np.array([[1.0, 2.0]]).astype("m8[s]"), NotANumber, "`rows[0][0]`"),
        (np.array([1, 2], "m8[ns]"), NotANumber, "`rows[0][0]`"),
        (np.array([1, 2], "m8"), NotANumber, "`rows[0][0]`"),
    ],
)
def test_bad_rows(rows, error, words, native):
    """They are refused with their place before any is computed, with a program or without."""
    net = MLP(2, [2, 1], seed=0)
    if native:
        net.predict(rows_of(50, 2))
        net.predict([1.0, 2.0])
        net.predict(np.array([1.0, 2.0]))
        assert is_native(net)
    with pytest.raises(error, match=re.escape(words)):
        net.predict(rows)


def test_outputs_of_several_lengths():
    """They are lists of a list; an array they cannot be."""
    net = Net(lambda net, xs: [net.w] * (2 if xs[0] > 0.0 else 1))
    assert net.predict([[1.0], [-1.0]]) == [[2.0, 2.0], [2.0]]
    with pytest.raises(ShapeError, match=r"gives 1 outputs for `rows\[1\]`, and 2 for `rows\[0\]`"):
        net.predict(np.array([[1.0], [-1.0]]))


# -- where it is called ----------------------------------------------------------------------------


def test_inside_traces_and_derivatives():
    """There it is what it was: an error that says what to write, or the numbers of Python."""
    net, rows = MLP(1, [2, 1], "tanh", seed=0), [[0.5], [1.5], [2.5], [3.5]]
    net.predict(rows)
    net.predict(rows[0])
    wanted = by_python(net, rows)
    assert grad(lambda x: x * net.predict(rows)[1][0])(2.0) == wanted[1][0]
    assert grad(lambda x: x * net.predict(rows[0])[0][0])(2.0) == wanted[0][0]
    with recording():
        assert net.predict(rows) == wanted
        assert net.predict(rows[0]) == wanted[:1]
    with pytest.raises(TypeError, match="number"):
        jit(lambda x: net.predict([[x]])[0][0])(2.0)


@pytest.mark.parametrize("native", [False, True])
def test_strict_names_the_row_and_the_line(native, monkeypatch):
    """As the strict mode of `jit(net).map` does; of one row, the line."""
    net = MLP(2, [2, 1], "exp", seed=0)
    rows = rows_of(40, 2)
    if native:
        net.predict(rows)
        net.predict(rows[0].tolist())
    else:
        price(monkeypatch, first=1e9, later=1e9)
    rows[17] = 1e5
    for given in (rows, rows.tolist()):
        assert np.isinf(net.predict(given)[17]).all()
        with strict(), pytest.raises(NonFinite, match=r"^row 17: `exp` gave inf") as caught:
            net.predict(given)
        assert "test_predict.py" in str(caught.value)
    for one in (rows[17], rows[17].tolist()):
        with strict(), pytest.raises(NonFinite, match=r"^`exp` gave inf"):
            net.predict(one)
    with strict():
        np.testing.assert_allclose(net.predict(rows[:17]), by_python(net, rows[:17]), rtol=1e-12)


def test_strict_names_rows_behind_the_first_block():
    """Blocks, here of 2,048 rows, are a matter of memory alone."""
    net, rows = MLP(64, [2, 1], "exp", seed=0), rows_of(5000, 64)
    np.testing.assert_allclose(net.predict(rows), by_python(net, rows), rtol=1e-12)
    rows[3333] = 1e5
    with strict(), pytest.raises(NonFinite, match=r"^row 3333: "):
        net.predict(rows)


def test_threads_predict_at_once():
    """Each gets the outputs for its own rows."""
    net = MLP(4, [8, 2], "tanh", seed=0)
    given = [rows_of(200, 4, seed) for seed in range(6)]
    wanted = [np.array(by_python(net, rows)) for rows in given]
    wrong = []

    def work(i):
        for _ in range(20):
            many, one = net.predict(given[i]), net.predict(given[i][0].tolist())
            if not (np.allclose(many, wanted[i]) and np.allclose(one, wanted[i][:1])):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert is_native(net)


# -- what is kept ----------------------------------------------------------------------------------


def test_a_network_does_not_see_what_is_kept_of_it():
    """No attribute, no other state, copy or pickle; compiled functions go on as they are."""
    net, rows = MLP(2, [3, 1], "tanh", seed=0), rows_of(50, 2)
    pickle.dumps(net)  # by which Python notes the slots of each class in it
    f = jit(lambda row: net(row)[0])
    f.map(rows)
    before = vars(net).copy(), pickle.dumps(net), net.named_parameters(), repr(net)
    seen = [version._variants.now.seen for version in f._versions.values()]
    wanted = net.predict(rows)
    net.predict(rows[0].tolist())
    assert (vars(net), pickle.dumps(net), net.named_parameters(), repr(net)) == before
    assert [each.changed() for each in seen] == [""]
    for twin in (copy.copy(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert known(twin) is None
        assert twin.predict(rows).tolist() == wanted.tolist()
    twin = copy.deepcopy(net)
    twin.layers[0].neurons[0].bias.data = 3.0
    np.testing.assert_allclose(twin.predict(rows), by_python(twin, rows), rtol=1e-12)
    assert net.predict(rows).tolist() == wanted.tolist()


def test_a_network_that_nobody_holds_goes():
    """With all that is kept of it; what is held stays, and is still known."""
    net, other = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=1)
    for each in (net, other):
        each.predict(rows_of(50, 2))
        assert is_native(each)
    gone, kept, names = weakref.ref(net), known(other), [*vars(other)]
    del net, each
    gc.collect()
    assert gone() is None
    assert known(other) is kept
    assert [*vars(other)] == names


def test_the_memory_between_is_small():
    """A million rows take their outputs, and blocks of them; no list, and no second array."""
    net = Net(lambda net, xs: [net.w * xs[0], xs[1] + xs[2], xs[3] * net.w])
    rows = np.zeros((1_000_000, 4))
    net.predict(rows[:10])
    tracemalloc.start()
    found = net.predict(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < found.nbytes + 10e6


# -- when it pays ----------------------------------------------------------------------------------


def test_few_rows_of_a_small_network_stay_in_python(monkeypatch):
    """No compiler is asked for them, and they bring neither NumPy nor LLVM; many are compiled."""
    code = """
import sys
from jangrad import MLP
net = MLP(3, [4, 4, 1])
rows = [[float(i), 1.0, 2.0] for i in range(100)]
for _ in range(5):
    net.predict(rows), net.predict(rows[0])
print(sorted({"numpy", "llvmlite"} & {*sys.modules}))
net.predict(rows * 1000)
print(sorted({"numpy", "llvmlite"} & {*sys.modules}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['llvmlite', 'numpy']"]


def test_calls_add_up(monkeypatch):
    """Who predicts row by row gets machine code once Python has taken as long as that takes."""
    price(monkeypatch, first=2e-3, later=2e-3)
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    row = [1.0, 2.0, 3.0]
    wanted = by_python(net, [row])
    calls = 0
    while not is_native(net):
        np.testing.assert_allclose(net.predict(row), wanted, rtol=1e-12)
        calls += 1
    assert 100 < calls < 1000
    np.testing.assert_allclose(net.predict(row), wanted, rtol=1e-12)


def test_lists_and_arrays_share_code(monkeypatch):
    """What was made for rows of arrays is found again for lists, at the cost of a trace."""
    net, rows = MLP(3, [4, 4, 1], "tanh", seed=0), rows_of(1000, 3)
    net.predict(rows)
    price(monkeypatch, later=1e9)
    np.testing.assert_allclose(net.predict(rows.tolist()), by_python(net, rows), rtol=1e-12)
    assert [key[0] for key in known(net).programs] == [True, False]


def test_strict_compiles_where_it_pays(monkeypatch):
    """What says whether all is finite is code of its own: for few rows Python says it sooner."""
    net, rows = MLP(3, [4, 1], "tanh", seed=0), rows_of(50, 3)
    net.predict(rows)
    net.predict(rows[0].tolist())
    price(monkeypatch, later=1e9, goes_on=1.0)
    programs = list(known(net).programs.values())
    with strict():
        assert net.predict(rows).tolist() == by_python(net, rows)
        assert net.predict(rows[0].tolist()) == by_python(net, rows[:1])
        assert not any(program.is_ready() for program in programs)
        price(monkeypatch, later=0.0)
        np.testing.assert_allclose(net.predict(rows), by_python(net, rows), rtol=1e-12)
        assert any(program.is_ready() for program in programs)


def test_a_network_too_large_to_trace_stays_in_python(monkeypatch):
    """Its trace would take more memory than a row does."""
    price(monkeypatch, most_traced=20)
    net, rows = MLP(3, [4, 4, 1], seed=0), rows_of(50, 3)
    assert net.predict(rows).tolist() == by_python(net, rows)
    assert not is_native(net)


# -- what Python does that machine code does not ---------------------------------------------------

TAKEN: queue.Queue = queue.Queue()
say = print
newest = None


def _gives_to_a_queue(net, xs):
    TAKEN.put(1)
    return net.w * xs[0]


def _gives_by_a_bound_method(net, xs, put=TAKEN.put):
    put(1)
    return net.w * xs[0]


def _keeps_in_a_global(net, xs):
    global newest
    newest = net.w * xs[0]
    return newest


def _says_under_another_name(net, xs):
    say("row")
    return net.w * xs[0]


def _says_by_default(net, xs, log=print):
    log("row")
    return net.w * xs[0]


SAYING = functools.partial(print, "row")


def _says_by_a_partial(net, xs):
    SAYING()
    return net.w * xs[0]


@pytest.mark.parametrize(
    "compute",
    [
        *(_gives_to_a_queue, _gives_by_a_bound_method, _keeps_in_a_global),
        *(_says_under_another_name, _says_by_default, _says_by_a_partial),
    ],
)
def test_what_a_network_hands_on_is_handed_on_for_each_row(compute, capsys):
    """Queues, globals, and `print` by whatever name."""
    rows, net = rows_of(40, 2), Net(compute)
    before = TAKEN.qsize()
    found = net.predict(rows)
    handed_on = TAKEN.qsize() - before + capsys.readouterr().out.count("row")
    if compute is _keeps_in_a_global:
        assert newest.data == found[-1][0]
    else:
        assert handed_on == 40
    assert found.tolist() == by_python(net, rows)


def test_a_queue_that_is_asked_loses_nothing():
    """Also by a method that is bound under another name."""
    noise = queue.Queue()
    for i in range(41):
        noise.put(i / 41)
    net = Net(lambda net, xs: net.w * xs[0] * net.noise(), noise=noise.get_nowait)
    rows = rows_of(40, 1)
    assert net.predict(rows)[-1] == pytest.approx(2.0 * rows[-1] * 39 / 41)
    assert noise.qsize() == 1


@pytest.mark.parametrize("kind", ["array", "lists", "one row"])
def test_rows_that_come_to_nan_are_told_by_python(kind):
    """A network may take nan for 0, and a power outside its domain is refused."""

    def cleaned(net, xs):
        xs = [0.0 if isinstance(x, float) and math.isnan(x) else x for x in xs]
        return net.w * xs[0] + xs[1]

    rows, net = rows_of(60, 2), Net(cleaned)
    net.predict(rows)
    for _ in range(3):
        net.predict(rows[0].tolist())
    rows[7, 0] = rows[50, 1] = math.nan
    given = {"array": rows, "lists": rows.tolist(), "one row": rows[7].tolist()}[kind]
    found = net.predict(given)
    wanted = by_python(net, rows if kind != "one row" else rows[7:8])
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    power = Net(lambda net, xs: xs[0] ** net.w)
    power.w.data = 0.5
    power.predict(np.abs(rows_of(60, 1)))
    assert is_native(power)
    with pytest.raises(DomainError):
        power.predict(-np.abs(rows_of(60, 1)))


def test_many_rows_that_are_nan_are_not_all_computed_twice(monkeypatch):
    """Where the first of them are nan in Python too."""
    calls = []
    net = Net(lambda net, xs: net.w * xs[0])
    rows = np.full((500, 1), math.nan)
    net.predict(rows_of(500, 1))
    assert is_native(net)
    plain = predictions.plain
    monkeypatch.setattr(predictions, "plain", lambda given: calls.append(1) or plain(given))
    assert np.isnan(net.predict(rows)).all()
    assert len(calls) == predictions._ASKED


def test_a_row_of_any_class_is_a_list():
    """A network that tells tuples from lists gives what it gives for lists, by Python and not."""
    net = Net(lambda net, xs: [net.w * xs[0] * (2.0 if isinstance(xs, tuple) else 3.0)])
    assert net.predict([(1.0,), (2.0,)]) == net.predict([[1.0], [2.0]])
    many = net.predict([(1.0,)] * 50)
    assert is_native(net)
    assert many == [[net([1.0])[0].data]] * 50
