"""Kernels: run turn by turn as they are described, they compute what the program computes."""

import math
import re
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.compiler.programs import gpt
from tests.compiler.strategies import flat, programs
from tests.compiler.ways import WAYS, compiled_as

from jangrad import MLP, Value, compile_step, grad, jit, tanh
from jangrad.compiler.loops.loop_ir import Index
from jangrad.compiler.loops.target import Chunks
from jangrad.compiler.loops.target import Target as Machine
from jangrad.compiler.loops.tiles import Shape, rows_of_tile
from jangrad.compiler.plan.kernels import Region, Target, plan, with_own_outputs
from jangrad.compiler.plan.layout import phases
from jangrad.compiler.plan.nests import Const, Read
from jangrad.compiler.program.buffers import INPUTS, INPUTS_OF_ROWS, OUTPUTS, PARAMETERS, RESULTS
from jangrad.compiler.program.codes import SUM
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.interpret import evaluate, interpret
from jangrad.compiler.program.ir import OPERATIONS
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import native
from jangrad.compiler.run.outputs import Outputs
from jangrad.compiler.run.pipeline import Source, lower_to_llvm

NUMBER_OF = {str(operation): number for number, operation in enumerate(OPERATIONS)}


def planned(function, row, parameters):
    """The program of a function and its gradients, and the kernels made of it."""
    program = trace(function, row, parameters).program
    root = int(program.outputs[0])
    longer, slopes = differentiate(program, root)
    longer = longer._replace(outputs=np.r_[root, slopes])
    program = with_own_outputs(prune(longer))
    targets = [Target(RESULTS, i) for i in range(len(program.outputs))]
    return program, plan(program, [Region(INPUTS, 0, program.inputs)], targets)


def run(found, program, parameters, inputs):
    """The outputs, by walking through each loop nest."""
    memory = {
        PARAMETERS: np.array(parameters, float),
        INPUTS: np.array(inputs, float),
        RESULTS: np.full(len(program.outputs), np.nan),
        **{name: np.full(size, np.nan) for name, size in found.sizes.items()},
        **found.constants,
    }
    for kernel in (k for phase in phases(found) for k in phase):
        written = set()
        for row in range(kernel.rows):
            for turn in product(*map(range, kernel.axes)):
                at = kernel.out.rows[row] + np.dot(kernel.out.inner, turn)
                if kernel.out.items is not None:
                    add_to_item(kernel, row, turn, at, memory)
                    continue
                assert int(at) not in written, "a number is written once"
                written.add(int(at))
                parts = [
                    term
                    for segment in kernel.segments
                    for term in terms_of(segment, row, turn, memory)
                ]
                many = kernel.operation in ("sum", "reduce_max")
                operation = NUMBER_OF[kernel.operation] if many else SUM
                assert many or len(parts) == 1
                memory[kernel.out.buffer][int(at)] = evaluate(operation, parts)
        if kernel.out.items is None:
            assert len(written) == kernel.members
        if kernel.operation not in ("clear", "scatter_add", "array"):
            assert kernel.members == len(kernel.nodes)
    return memory[RESULTS]


def add_to_item(kernel, row, turn, at, memory):
    """What a member of a scatter-add adds, at the place that it reads."""
    (segment,) = kernel.segments
    number, place = segment.term.terms
    read = reader(segment, row, 0, (), turn, memory)
    index = int(value(place, read))
    assert 0 <= index < kernel.out.items.size
    memory[kernel.out.buffer][int(at) + index * kernel.out.items.stride] += value(number, read)


def terms_of(segment, row, turn, memory):
    """The terms that a segment sums for one member."""
    turns = list(product(*map(range, segment.axes)))
    count = len(turns) if segment.counts is None else int(segment.counts[row])
    for t, term in enumerate(turns[:count]):
        yield value(segment.term, reader(segment, row, t, term, turn, memory))


def reader(segment, row, t, term, turn, memory):
    """What reads an access of a segment in one turn of all loops; an array as its items."""

    def read(k):
        access = segment.accesses[k]
        if access.table is not None:
            at = access.table[row, t]
        else:
            at = access.rows[row] + np.dot(access.reduce, term)
        at = int(at + np.dot(access.inner, turn))
        if access.items is None:
            return float(memory[access.buffer][at])
        places = at + np.arange(access.items.size) * access.items.stride
        assert places.min() >= 0, "numpy would count from the end"
        return memory[access.buffer][places].tolist()

    return read


def value(term, read):
    if isinstance(term, Const):
        return term.number
    if isinstance(term, Read):
        return read(term.access)
    return evaluate(term.op, [value(part, read) for part in term.terms])


@pytest.mark.usefixtures("own_operations")
@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(program=programs())
def test_kernels_compute_the_program(program):
    """Each number once, from numbers that are there already, with every loop turned by hand."""
    f, parameters = program.make()
    row = program.rows[0]
    scalars, found = planned(f, row, parameters)
    numbers = [float(x) for x in flat(row)]
    data = [p.data for p in parameters]
    expected = np.array(interpret(scalars, data, [numbers]))[:, 0]
    got = run(found, scalars, data, numbers)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))


def test_a_layer_is_one_nest():
    """32 neurons of 16 inputs: two axes, nothing by table, whatever the order of the sums."""
    net = MLP(16, [32], "tanh", seed=0)
    _, found = planned(lambda x: sum(net(x)), [[0.5] * 16], net.parameters())
    layer = next(k for k in found.kernels if k.operation == "tanh" or k.members == 32)
    assert (layer.rows, np.prod(layer.axes)) == (1, 32)
    assert all(a.table is None for k in found.kernels for s in k.segments for a in s.accesses)
    assert len(found.kernels) < 10


@pytest.mark.parametrize(
    "access",
    [
        lambda n, i, j: i * n + j,
        lambda n, i, j: j * n + i,
        lambda n, i, j: (n - 1 - i) * n + (n - 1 - j),
        lambda n, i, j: i * n + (j * 7 + 3) % n,
        lambda n, i, j: (i * n + j) * 2 % (n * n),
        lambda n, i, j: max(i, j) * n + min(i, j),
    ],
    ids=["in order", "transposed", "reversed", "permuted", "strided", "triangular"],
)
def test_weights_in_any_order(access):
    """The machine's numbers are the engine's, wherever the weights are read."""
    n = 19
    values = np.random.default_rng(0).normal(size=n * n)
    weights = [Value(v) for v in values]
    f = jit(
        lambda x: [tanh(sum(weights[access(n, i, j)] * x[j] for j in range(n))) for i in range(n)]
    )
    x = np.linspace(-1.0, 1.0, n)
    matrix = np.array([[values[access(n, i, j)] for j in range(n)] for i in range(n)])
    np.testing.assert_allclose(f(x), np.tanh(matrix @ x), rtol=0, atol=1e-14)


@st.composite
def loops(draw):
    """A user's two loops: for each row, in the order in which they are run, what each term reads.

    Returns the rows as (row, [(weight, input), ...]), and how many weights and inputs there are.
    """
    rows, terms = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    count = rows * terms + draw(st.integers(0, 3))
    turns = [(i, j) for i in range(rows) for j in range(terms)]
    kind = draw(st.sampled_from(["strided", "permuted", "in order"]))
    if kind == "strided":  # backwards too, and some weights more than once
        a, b, c = (draw(st.integers(-9, 9)) for _ in range(3))
        weight = {(i, j): (a * i + b * j + c) % count for i, j in turns}
    elif kind == "permuted":
        weight = dict(zip(turns, draw(st.permutations(range(count))), strict=False))
    else:
        weight = {(i, j): i * terms + j for i, j in turns}
    p, q, r = (draw(st.integers(-2, 2)) for _ in range(3))
    bounds = draw(st.sampled_from(["square", "lower", "upper", "band"]))
    reach = {
        "square": lambda i: range(terms),
        "lower": lambda i: range(min(i + 1, terms)),
        "upper": lambda i: range(min(i, terms - 1), terms),
        "band": lambda i: range(max(0, min(i, terms) - 2), min(i + 2, terms)),
    }[bounds]

    def ordered(numbers):
        order = draw(st.sampled_from(["in order", "reversed", "shuffled"]))
        numbers = list(numbers)
        if order == "shuffled":
            return list(draw(st.permutations(numbers)))
        return numbers[::-1] if order == "reversed" else numbers

    run = ordered(range(rows))
    return (
        [
            (i, [(weight[i, j], (p * i + q * j + r) % terms) for j in ordered(reach(i))])
            for i in run
        ],
        count,
        terms,
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(found=loops(), inside=st.booleans())
def test_loops_of_any_shape(found, inside):
    """Shuffled, permuted, strided, reversed, triangular: values and gradients, by hand and in code.

    `inside` says that a product goes through a function before it is summed.
    """
    rows, count, terms = found
    draw = np.random.default_rng(0)
    weights = [Value(v) for v in draw.normal(size=count)]
    x = draw.normal(size=terms).tolist()
    term = (lambda w, a: tanh(w * a)) if inside else (lambda w, a: w * a)

    def f(x):
        made = {i: tanh(sum(term(weights[w], x[a]) for w, a in read)) for i, read in rows}
        return sum(made[i] * (1.0 + i) for i in range(len(made)))

    program, found = planned(f, [x], weights)
    data = [w.data for w in weights]
    expected = np.array(interpret(program, data, [x]))[:, 0]
    np.testing.assert_allclose(run(found, program, data, x), expected, rtol=0, atol=1e-13)
    f([Value(v) for v in x]).backward()
    slopes = [w.grad if w.has_grad else 0.0 for w in weights]
    np.testing.assert_allclose(expected[1:], slopes, rtol=0, atol=1e-12)
    for way in WAYS:
        with compiled_as(way):
            machine = Outputs(program, weights, False).call(x)
        np.testing.assert_allclose(machine, expected, rtol=0, atol=1e-13, err_msg=way)


def test_triangular_loops():
    """Sums over 1, 2, 3 ... terms, forwards and backwards."""
    f = jit(lambda x: [sum(x[j] * x[i - j] for j in range(i + 1)) for i in range(len(x))])
    for n in (1, 2, 5, 13, 40):
        x = np.random.default_rng(n).normal(size=n)
        np.testing.assert_allclose(f(x), np.convolve(x, x)[:n], rtol=0, atol=1e-13)


@pytest.mark.parametrize("inputs", [257, 300, 784])
def test_long_sums_run_in_tiles(inputs):
    """A layer of many inputs is summed tile by tile, over any number of rows."""
    net = MLP(inputs, [3, 2], "tanh", seed=0)
    found = jit(lambda row: net(row))
    rows = np.random.default_rng(0).normal(size=(37, inputs))
    outputs = found.map(rows)
    assert "p1" in found.llvm()
    expected = np.array(net.predict(rows.tolist()))
    assert outputs == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_two_sums_of_terms_without_order():
    """One long enough for tiles, one not, added up by one kernel."""

    def f(w):
        w = list(w)
        few = [sum(a * b for b in (w[:1] * 9)[: i + 1]) for i, a in enumerate(w)]
        pairs = enumerate((few * 3)[::2])
        many = [sum(a * b for b in ((w * 3)[::2])[: i + 1]) for i, a in pairs]
        return sum(many + [a.exp() for a in w])

    w = np.linspace(-1.0, 1.0, 19)
    wanted = f([Value(x) for x in w.tolist()]).data
    with compiled_as("loop nests"):
        assert jit(f)(w) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("count", [30, 31, 32, 33, 47, 48, 63, 64, 65, 100, 130, 255])
def test_a_lone_sum_of_any_length(count):
    """Parts that are added up side by side, the vectors behind them, and the numbers left over."""
    x = np.random.default_rng(count).normal(size=count)
    squares = jit(lambda x: [sum(xi * xi for xi in x), sum(xi.exp() for xi in x)])
    wanted = [np.sum(x * x), np.sum(np.exp(x))]
    np.testing.assert_allclose(squares(x), wanted, rtol=1e-14)
    single = jit(lambda x: sum(xi * xi for xi in x), dtype="float32")
    assert float(single(x)) == pytest.approx(wanted[0], rel=1e-6)


@pytest.mark.parametrize("rows", [4, 5, 6, 7])
def test_the_sums_of_a_tile_fit_the_registers(rows):
    """With the vectors of one term, the shorter side of the tile, and one for the longer."""
    m = Machine("double", 4, 16)

    def layer(X, W):  # W transposed, so that vectors run along what is computed
        return [[sum(x * w for x, w in zip(row, unit, strict=True)) for unit in W] for row in X]

    def both(X, columns):
        return layer(X, list(zip(*columns, strict=True)))

    for function, other in ((layer, [[0.0] * 16] * 64), (both, [[0.0] * 64] * 16)):
        program = with_own_outputs(trace(function, [[[0.0] * 16] * rows, other]).program)
        regions = [Region(INPUTS, 0, program.inputs)]
        found = plan(program, regions, [Target(RESULTS, 0, len(program.outputs))])
        (kernel,) = found.kernels
        shape = Shape(kernel, m, Chunks(4))
        axis = shape.member_axis()
        assert (axis >= 0) == (function is both)
        tiles = shape.tiles(Index("member", axis) if axis >= 0 else None, kernel.axes)
        assert prod(tiles) >= 6, "enough of them to keep the processor busy"
        assert prod(tiles) + min(tiles) < m.registers


def chunk_of_a_layer(inputs, number, rows=None):
    """How many rows of so many inputs a layer computes at once."""
    net, row = MLP(inputs, [4], seed=0), [0.0] * inputs
    program = trace(net, [row], net.parameters(), per_row=range(inputs)).program
    targets = [Target(OUTPUTS, 0, len(program.outputs))]
    sizes = {INPUTS_OF_ROWS: inputs, OUTPUTS: len(program.outputs)}
    source = Source(with_own_outputs(program), [Region(INPUTS_OF_ROWS, 0, inputs)], targets, sizes)
    return lower_to_llvm(source, number, True, rows).module.chunk


@pytest.mark.parametrize(("vector_bytes", "registers"), [(16, 16), (16, 32), (32, 16), (64, 32)])
@pytest.mark.parametrize("number", ["double", "float"])
def test_rows_of_long_sums_are_whole_tiles_all_over_the_cache(
    vector_bytes, registers, number, monkeypatch, limited
):
    """Rows of inputs that are a power of two apart would share few of its 64 sets of lines."""
    machine = native.host()._replace(vector_bytes=vector_bytes, registers=registers)
    monkeypatch.setattr(native, "host", lambda: machine)
    target = machine.target(number)
    tile = rows_of_tile(target)
    vectors = tile // target.lanes
    assert registers - 5 < 4 * vectors + vectors + 1 <= registers, "the sums of four members"
    chunk = chunk_of_a_layer(784, number)
    assert chunk % tile == 0
    places = np.arange(128)[:, None] * chunk + np.arange(tile)
    assert len(np.unique(places * target.bytes_each // 64 % 64)) > 48
    assert chunk_of_a_layer(784, number, rows=64) == 64, "of rows that are counted, none too many"
    limited(straight_scalars=0)
    assert chunk_of_a_layer(8, number) == 128, "what short sums read is near wherever it lies"


def test_a_program_for_a_longer_document_has_no_more_kernels():
    """A softmax over one number is computed as one over many: the first place is like others."""
    model = gpt.GPT(vocabulary=5, size=8, heads=2)
    documents = ([4, 1, 0, 3, 2, 4], [4, 3, 3, 2, 1, 0, 0, 3, 4])
    counts = [len(planned(model.loss, [one], model.parameters)[1].kernels) for one in documents]
    assert counts[0] == counts[1] < 80


def test_kernels_that_run_once_share_functions():
    """Those that run over rows have one each."""
    net = MLP(6, [5, 6, 7, 8, 9, 10, 1], "tanh", seed=1)
    with compiled_as("loop nests"):
        f = jit(lambda x: net(x)[0])
        assert f([0.5] * 6) == pytest.approx(net.predict([[0.5] * 6])[0][0], rel=1e-12)
        f.map([[0.5] * 6] * 3)
        once, rows = (version.now.executable for version in f._versions.values())
    for executable, most in ((once, 8), (rows, 1)):
        kernels = len(executable._lower().plan.kernels)
        functions = re.findall(r"define internal void @(?:k|group)", executable.llvm())
        assert len(functions) == math.ceil(kernels / most) < 20


@pytest.mark.parametrize("width", [11, 13, 22, 29, 46])
def test_layers_of_awkward_widths(width):
    """Widths that no tile divides: values and gradients, over rows and alone."""
    net = MLP(width, [width, 1], "tanh", seed=1)
    rng = np.random.default_rng(width)
    X = rng.normal(size=(21, width))
    W, b, v, c = (
        np.array([[w.data for w in n.weights] for n in net.layers[0].neurons]),
        np.array([n.bias.data for n in net.layers[0].neurons]),
        np.array([w.data for w in net.layers[1].neurons[0].weights]),
        net.layers[1].neurons[0].bias.data,
    )
    hidden = np.tanh(X @ W.T + b)
    np.testing.assert_allclose(jit(lambda x: net(x)[0]).map(X), hidden @ v + c, rtol=1e-11)
    slopes = ((1 - hidden**2) * v) @ W
    np.testing.assert_allclose(jit(grad(lambda x: net(x)[0])).map(X), slopes, rtol=1e-11)
    np.testing.assert_allclose(jit(grad(lambda x: net(x)[0]))(X[0]), slopes[0], rtol=1e-11)
    step = compile_step(
        lambda x: net(x)[0], net.parameters(), "sgd", learning_rate=1.0, per_row=True
    )
    step(X)
    moved = W - np.array([[w.data for w in n.weights] for n in net.layers[0].neurons])
    wanted = ((1 - hidden**2) * v).T @ X / len(X)
    np.testing.assert_allclose(moved, wanted, rtol=1e-8, atol=1e-12)
