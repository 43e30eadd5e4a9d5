"""Tables that numbers pick rows of: values, gradients, memory, and lengths that are filled up."""

import math

import numpy as np
import pytest
from tests.compiler.programs.gpt import GPT

import jangrad
from jangrad import Value, compile_step, fit, gradient, jit, log_softmax, table, where
from jangrad.compiler.plan.kernels import Region, Target, plan, with_own_outputs
from jangrad.compiler.plan.nests import Apply
from jangrad.compiler.program.buffers import GRADIENTS, INPUTS, RESULTS
from jangrad.compiler.program.codes import ARRAY, GATHER, SCATTER
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.ir import verify
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run.outputs import Outputs
from jangrad.errors import NoSuchRow


def matrix(rows, columns, seed=0):
    """Values drawn from a normal distribution."""
    drawn = np.random.default_rng(seed).normal(size=(rows, columns)).tolist()
    return [[Value(x) for x in row] for row in drawn]


def flat(rows):
    return [v for row in rows for v in row]


def data(values):
    return [v.data for v in values]


# -- values and gradients -------------------------------------------------------------------------


def test_an_embedding_as_in_pytorch():
    """Rows, the gradient of tokens that come twice and more, and a second derivative through it."""
    torch = pytest.importorskip("torch")
    weights, tokens = matrix(7, 5), [3, 0, 3, 6, 3, 0]
    leaves = flat(weights)
    scales = [0.5, -1.0, 2.0, 0.25, 1.5, -0.75]

    def loss(tokens):
        rows = [table(weights)[t] for t in tokens]
        return sum(
            (s * a * b.tanh()) for s, row in zip(scales, rows, strict=True)
            for a, b in zip(row, rows[0], strict=True)
        )  # fmt: skip

    def squared_slope(tokens):
        return sum(g * g for g in gradient(loss(tokens), leaves))

    def both(tokens):
        return [*gradient(loss(tokens), leaves), *gradient(squared_slope(tokens), leaves)]

    tensor = torch.tensor(data(leaves), dtype=torch.float64).reshape(7, 5).requires_grad_()
    rows = torch.nn.functional.embedding(torch.tensor(tokens), tensor)
    total = (torch.tensor(scales)[:, None] * rows * rows[0].tanh()).sum()
    (first,) = torch.autograd.grad(total, tensor, create_graph=True)
    (second,) = torch.autograd.grad((first * first).sum(), tensor)
    found = np.array(jit(both)(tokens)).reshape(2, 7, 5)
    np.testing.assert_allclose(found[0], first.detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found[1], second.numpy(), rtol=1e-12, atol=1e-12)
    step = compile_step(loss, leaves, "sgd", learning_rate=1.0)
    before = np.array(data(leaves))
    assert step(tokens) == pytest.approx(total.item(), rel=1e-13)
    moved = (before - data(leaves)).reshape(7, 5)
    np.testing.assert_allclose(moved, first.detach().numpy(), rtol=0, atol=1e-12)


A, B = matrix(6, 5, seed=1), matrix(6, 5, seed=2)
TABLES = {
    "parameters": lambda x: A,
    "upside down": lambda x: A[::-1],
    "shuffled": lambda x: [A[(3 * i + 1) % 6][(2 * j) % 5 :] + A[i][: (2 * j) % 5]
                           for j, i in enumerate((0, 3, 1, 5, 2))],
    "computed": lambda x: [[a * b + x[0] for a, b in zip(p, q, strict=True)]
                           for p, q in zip(A, B, strict=True)],
    "numbers": lambda x: [[float(i * j - 3) for j in range(5)] for i in range(6)],
    "one item alone differs": lambda x: [[x[1], 0.5, A[0][0], 0.5, A[0][0]]] * 5
    + [[x[0], 0.5, x[2], 0.25, A[1][1]]],
    "mixed": lambda x: [[0.0] * 5, x[:5], A[0], [a.exp() for a in A[1]], B[0], [x[0]] * 5],
    "scaled alike": lambda x: [[a * x[j] for j, a in enumerate(row)] for row in A],
    "inputs": lambda x: [x[i : i + 5] for i in range(6)],
    "one row": lambda x: [x[:5]],
    "wider than a register": lambda x: [[*row, *row, *row, *x] for row in A],
    "tall": lambda x: [[a * (1.0 + 0.01 * k), x[k % 11]] for k in range(40) for a in A[k % 6][:1]],
}  # fmt: skip


@pytest.mark.parametrize("straight_line", [True, False])
@pytest.mark.parametrize("rows", TABLES.values(), ids=TABLES)
def test_tables_of_all_kinds(limited, rows, straight_line):
    """Calls, maps, and gradients by parameters and inputs, are those of the engine's lists."""
    if not straight_line:
        limited(straight_scalars=0)
    parameters = flat(A) + flat(B)
    draw = np.random.default_rng(3)
    count = len(rows([0.0] * 11))
    inputs = draw.normal(size=(9, 11)).tolist()
    tokens = draw.integers(0, min(count, 3), size=(9, 4)).tolist()

    def loss(x, tokens):
        picked = [table(rows(x))[t] for t in tokens]
        total = sum(sum(a * b for a, b in zip(row, picked[1], strict=True)) for row in picked)
        return total + picked[2][0] * x[1]

    def both(x, tokens):
        root = loss(x, tokens)
        return [root, *gradient(root, [*x, *parameters])]

    expected = []
    for x, t in zip(inputs, tokens, strict=True):
        leaves = [Value(number) for number in x]
        root = loss(leaves, t)
        slopes = gradient(root, [*leaves, *parameters])
        expected.append([root.data, *data(slopes)])
    f = jit(both)
    np.testing.assert_allclose(f(inputs[4], tokens[4]), expected[4], rtol=0, atol=1e-11)
    np.testing.assert_allclose(f.map(inputs, tokens), expected, rtol=0, atol=1e-11)
    # The same from the compiler's own gradient, in the interpreter and as machine code.
    found = trace(loss, [inputs[4], tokens[4]], parameters)
    root = int(found.program.outputs[0])
    longer, slopes = differentiate(found.program, root)
    longer, by_inputs = differentiate(longer._replace(outputs=slopes), root, wrt_inputs=True)
    program = prune(longer._replace(outputs=np.r_[root, by_inputs[:11], slopes]))
    verify(program)
    numbers = [*inputs[4], *map(float, tokens[4])]
    slow = [x for (x,) in interpret(program, data(parameters), [numbers])]
    np.testing.assert_allclose(slow, expected[4], rtol=0, atol=1e-11)
    fast = Outputs(program, parameters, False).call(numbers)
    np.testing.assert_allclose(fast, expected[4], rtol=0, atol=1e-11)


def test_training_on_rows_that_pick():
    """A batch's rows pick of one table of parameters, and what meets is added: as by Python."""
    weights, slopes = matrix(12, 3), matrix(1, 3, seed=4)[0]
    learn = [*flat(weights), *slopes]
    draw = np.random.default_rng(5)
    tokens, targets = draw.integers(0, 12, size=(300, 2)), draw.normal(size=300)

    def loss(pair, target):
        left, right = (table(weights)[i] for i in pair)
        out = sum(s * a * b for s, a, b in zip(slopes, left, right, strict=True))
        return (out - target) ** 2

    start = data(learn)
    losses = [loss(pair, t) for pair, t in zip(tokens.tolist(), targets.tolist(), strict=True)]
    mean = sum(losses) / len(losses)
    mean.backward()
    expected = [
        x - 0.5 * (p.grad if p.has_grad else 0.0) for x, p in zip(start, learn, strict=True)
    ]
    step = compile_step(loss, learn, "sgd", learning_rate=0.5, per_row=True)
    assert step(tokens, targets) == pytest.approx(mean.data, rel=1e-13)
    np.testing.assert_allclose(data(learn), expected, rtol=0, atol=1e-13)


def moves(loss, arguments, learn, dtype="float64"):
    """How far a step of compiled code at the rate 1 moves each parameter."""
    before = data(learn)
    compile_step(loss, learn, "sgd", learning_rate=1.0, dtype=dtype)(*arguments)
    return [a - b for a, b in zip(before, data(learn), strict=True)]


def slopes(loss, arguments, learn):
    """The gradient by the engine; 0 where none arrives."""
    return [g.data if isinstance(g, Value) else g for g in gradient(loss(*arguments), learn)]


@pytest.mark.parametrize("sizes", [(3, 5), (5, 3), (2, 9), (9, 2), (4, 4)])
def test_columns_of_different_sizes_are_apart(sizes):
    """Looked up alike and given alike, each gives its own places their gradients."""
    first, second = sizes
    learn = matrix(1, 14)[0]

    def loss(i, j):
        return table(learn[:first])[i] + table(learn[first : first + second])[j]

    expected = [float(k in (1, first + second - 1)) for k in range(14)]
    got = moves(loss, (1, second - 1), learn)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("count", [10, 25, 60])
def test_columns_are_added_to_as_often_as_they_are_looked_up(count, dtype):
    """One twice and another once, beside so many running sums that lengths do not tell sums apart:
    nothing is added again to fill up a row."""
    learn = [v for (v,) in matrix(count, 1)]

    def loss(i, j):
        running = [sum(learn[: n + 1]) for n in range(count)]
        one, other = (table(log_softmax(running[k : k + 3])) for k in (0, 3))
        return 0.01 * sum(z * z for z in running) - one[i] - one[j] - other[i]

    expected = slopes(loss, (1, 0), learn)
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(moves(loss, (1, 0), learn, dtype), expected, rtol=0, atol=tolerance)


def test_constant_zeros_of_both_signs_are_two_numbers():
    """In a loop over constants, as in an array of them."""
    signs = [0.0, -0.0] * 20
    f = jit(lambda x: [1.0 / (a * c) for a, c in zip(x, signs, strict=True)])
    assert f([1.0] * 40).tolist() == [math.inf, -math.inf] * 20


def test_zeros_of_both_signs_are_two_numbers():
    """An array of numbers keeps the sign of its zeros."""
    f = jit(lambda i: [table([0.0, 1.0])[i], table([-0.0, 1.0])[i]])
    assert [math.copysign(1.0, x) for x in f(0)] == [1.0, -1.0]


def test_single_precision_counts_far():
    """An index beyond 1,000 finds its row in float32 too."""
    rows = [[Value(float(i)), 1.0] for i in range(3000)]
    f = jit(lambda i, j: [*table(rows)[i], table(rows)[j][0]], dtype="float32")
    assert f(2999, 1025).tolist() == [2999.0, 1.0, 1025.0]


# -- what it becomes ------------------------------------------------------------------------------


def kernels_of(program, params):
    """The kernels of a loss and its gradients."""
    root = int(program.outputs[0])
    longer, slopes = differentiate(program, root)
    whole = with_own_outputs(prune(longer._replace(outputs=np.r_[root, slopes])))
    verify(whole)
    targets = [Target(RESULTS, 0), Target(GRADIENTS, 0, params)]
    return whole, plan(whole, [Region(INPUTS, 0, whole.inputs)], targets)


def test_a_large_vocabulary_costs_its_parameters():
    """5,000 rows of 16: an array and two nodes a parameter, however many tokens look them up."""
    weights = matrix(5000, 16)
    params = flat(weights)
    sizes = []
    for count in (8, 16):
        found = trace(
            lambda tokens: sum((x - 0.3) ** 2 for t in tokens for x in table(weights)[t]),
            [list(range(count))],
            params,
        )
        whole, made = kernels_of(found.program, len(params))
        sizes.append(len(whole))
        assert len(made.kernels) < 8
        assert all(a.table is None for k in made.kernels for s in k.segments for a in s.accesses)
        gather = next(k for k in made.kernels if any(GATHER in map_of(s.term) for s in k.segments))
        assert (gather.rows, math.prod(gather.axes)) == (1, gather.members)
        scatter = next(k for k in made.kernels if k.out.items is not None)
        assert (scatter.rows, scatter.axes, scatter.out.inner) == (1, [count, 16], [0, 1])
    assert sizes[0] < 3 * len(params) + 3000
    assert sizes[1] - sizes[0] < 8 * 16 * 12


def map_of(term):
    """The operations of a term."""
    if not isinstance(term, Apply):
        return []
    return [term.op, *(op for part in term.terms for op in map_of(part))]


def test_a_row_of_a_softmax_is_computed_for_the_label_alone():
    """Of log_softmax the compiled code takes one number off, not one from each class."""
    found = trace(lambda x, label: table(log_softmax(x))[label], [[0.0] * 50, 7])
    program = found.program
    (gather,) = np.flatnonzero(program.op == GATHER)
    array, _ = program.inputs_of(gather)
    assert [int(program.op[c]) for c in program.inputs_of(array)].count(int(program.op[0])) == 50
    assert found.lookups == [(50, 50)]
    f = jit(lambda x, label: table(log_softmax(x))[label])
    x = np.linspace(-3.0, 3.0, 50).tolist()
    assert f(x, 7) == pytest.approx(log_softmax(x)[7], rel=1e-14)


def test_the_report_and_the_program_name_lookups():
    """A user finds what became of a table."""
    weights = matrix(4, 3)
    step = compile_step(
        lambda tokens: sum(x * x for t in tokens for x in table(weights)[t]), flat(weights), "sgd"
    )
    step([1, 1])
    for word in ("gather", "clear", "scatter_add"):
        assert word in step.report()
    f = jit(lambda i: table(weights)[i])
    f(1)
    assert "array %0 %1 %2 %3" in f.ir()
    assert "gather" in f.ir()


@pytest.mark.parametrize("index", [1e300, -1e300, 5.0, -1.0, math.nan, math.inf, 2.5])
@pytest.mark.parametrize("mapped", [False, True])
def test_code_stays_inside_the_table(index, mapped):
    """Callers are told of a wrong number before the code runs; it reads and adds to the nearest."""
    weights = matrix(3, 4)
    params = flat(weights)
    rows = range(1) if mapped else ()
    found = trace(lambda i: sum(x * x for x in table(weights)[i]), [0], params, rows)
    root = int(found.program.outputs[0])
    program = found.program
    if not mapped:
        program, slopes = differentiate(program, root)
        program = program._replace(outputs=np.r_[root, slopes])
        program = prune(program)
    run = Outputs(program, params, mapped)
    out = run.map(np.array([[index]] * 5))[0][0] if mapped else run.call([index])[0]
    squares = [sum(v.data**2 for v in row) for row in weights]
    clamped = 0 if not index > 0.0 else min(int(min(index, 2.0)), 2)
    assert out == pytest.approx(squares[clamped], rel=1e-14)


def test_programs_that_misuse_columns_are_found():
    """`verify` names the node."""
    weights = matrix(4, 2)
    program = trace(lambda i: sum(table(weights)[i]), [0]).program
    verify(program)
    (first, *_) = np.flatnonzero(program.op == ARRAY)
    wrong = program._replace(op=program.op.copy())
    wrong.op[first] = SCATTER
    with pytest.raises(AssertionError, match=f"%{first}"):
        verify(wrong)


# -- who asks for a row that is not there ---------------------------------------------------------


class Embedding(jangrad.Module):
    """A number picks a row, which is weighed."""

    def __init__(self):
        self.rows = matrix(3, 2, seed=6)

    def __call__(self, x):
        row = table(self.rows)[x[0] if isinstance(x[0], Value) else int(x[0])]
        return [sum(row) * x[1]]


def squares(outputs, targets):
    return sum((o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True)) / len(outputs)


@pytest.mark.parametrize("loss", ["squared_error", squares])
def test_fit_names_the_number_that_picks_no_row(loss):
    """Before the first step; numbers that are there train as the engine does."""
    X, y = [[0.0, 1.0], [2.0, 0.5], [1.0, -1.0], [2.0, 2.0]], [1.0, -1.0, 0.5, 2.0]
    found = []
    for engine in ("native", "eager"):
        options = {"batch_size": 2, "steps": 20, "seed": 0, "engine": engine, "loss": loss}
        net = Embedding()
        fit(net, X, y, **options)
        found.append(data(net.parameters()))
    np.testing.assert_allclose(*found, rtol=1e-11)
    options["engine"] = "native"
    for wrong in (3.0, -1.0, 0.5):
        with pytest.raises(NoSuchRow, match=rf"`X\[3\]\[0\]` asks for row {wrong:g} of a table"):
            fit(Embedding(), [*X[:3], [wrong, 2.0]], y, **options)


# -- one program for all lengths ------------------------------------------------------------------


def test_documents_that_are_filled_up_train_as_those_that_are_not():
    """A mask, `where(place < count, ..., 0)`: one program, with the losses and the parameters of
    one program for each length."""
    documents = [[5, 1, 2, 5], [5, 0, 5], [5, 4, 4, 4, 1, 3, 5], [5, 5]]
    most = max(map(len, documents))
    found = []
    for filled in (False, True):
        model = GPT(vocabulary=6, size=4, heads=2, context=8)

        def loss(tokens, count, model=model):
            keys, values, total = [], [], 0.0
            for place, token in enumerate(tokens[:-1]):
                row = table(model.tokens)[token]
                x = [t + p for t, p in zip(row, model.places[place], strict=True)]
                logits = model.step(x, keys, values)
                surprise = -table(log_softmax(logits))[tokens[place + 1]]
                total = total + where(place < count, surprise, 0.0)
            return total / count

        step = compile_step(loss, model.parameters, "adam")
        fill = most if filled else 0
        given = [(d + [0] * (fill - len(d)), len(d) - 1) for d in documents]
        losses = step.run(given * 25)
        found.append((losses, data(model.parameters), len(step.shapes)))
    (short, ends, shapes), (long, ends_filled, shapes_filled) = found
    assert (shapes, shapes_filled) == (4, 1)
    np.testing.assert_allclose(long, short, rtol=1e-11)
    np.testing.assert_allclose(ends_filled, ends, rtol=0, atol=1e-10)


def test_tables_of_arrays():
    """An array, a list of arrays, and an array of Values are rows as lists are."""
    rows = np.arange(6.0).reshape(3, 2)
    values = np.array([[Value(x) for x in row] for row in rows])
    for given in (rows, list(rows), values, list(values), rows.tolist()):
        assert table(given)[1] == [2.0, 3.0]
        assert jit(lambda i, given=given: table(given)[i])(2).tolist() == [4.0, 5.0]
    assert jit(lambda i, j: table(table(rows)[i])[j])(2, 1) == 5.0
    assert jit(lambda i: table(np.array([7.0, 8.0]))[i])(np.array(1)) == 8.0
