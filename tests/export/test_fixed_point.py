"""C in fixed point: integers alone, as the simulation of them, and near to double precision."""

import ctypes
import math
import os
import random
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, reject, settings
from tests.compiler.programs import gpt
from tests.compiler.strategies import programs
from tests.export.builds import COMPILERS, STRICT, needs, run, self_tested
from tests.export.test_c import NAMES, PROGRAMS, draw_from, values
from tests.export.written import scores

from jangrad import (
    MLP,
    Value,
    atan2,
    exp,
    gradient,
    hypot,
    jit,
    log,
    logaddexp,
    norm,
    ops,
    rel_entr,
    softmax,
    table,
    tanh,
    xlogy,
)
from jangrad.compiler.program.buffers import RESULTS, Buffer
from jangrad.errors import ConfigError
from jangrad.export.code.activation_tables import LEAST, MOST, activation_table
from jangrad.export.code.c import to_c
from jangrad.export.code.fixed_file import FixedFile
from jangrad.export.code.integers import on_integers
from jangrad.export.code.on_rows import OnRows
from jangrad.export.code.requests import requested

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "12")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
KINDS = ["int8", "q15"]
X = np.random.default_rng(0).normal(size=(300, 3))


def network(activation="tanh", shape=(8, 8, 2)):
    return MLP(3, [*shape], activation, seed=0)


def scales(header):
    """What numbers are times, by name."""
    words = [line.split() for line in header.splitlines() if "_SCALE " in line]
    return {name: float(number.rstrip("F")) for _, name, number in words}


def in_c(folder, name, X, outputs):
    """What the compiled code gives for each row, in the user's numbers."""
    needs("gcc")
    shared = folder / f"{name}.so"
    run("gcc", "-std=c99", *STRICT, "-O2", "-shared", "-fPIC", folder / f"{name}.c", "-o", shared)
    value = getattr(ctypes.CDLL(str(shared)), f"{name}_value")
    known = scales((folder / f"{name}.h").read_text())
    (given,) = [scale for at, scale in known.items() if not at.endswith("_Y_SCALE")]
    found = []
    for row in X:
        whole = np.clip(np.floor(row * given + 0.5), -MOST, MOST).astype(int)
        y = (ctypes.c_int16 * outputs)()
        value((ctypes.c_int16 * len(row))(*whole.tolist()), y)
        found.append(list(y))
    return np.array(found) / known[f"{name.upper()}_Y_SCALE"]


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "leaky_relu", "linear"])
def test_networks_are_near_to_double_precision(tmp_path, activation, dtype):
    """Compiled and called: the error on the rows is the one that was said, and it is small."""
    net = network(activation)
    files = to_c(net, tmp_path / "net", dtype=dtype, rows=X, self_test=True)
    expected = np.array(net.predict(X))
    error = np.abs(in_c(tmp_path, "net", X, 2) - expected).max()
    assert error == pytest.approx(files.fixed_point.worst, rel=1e-6)
    assert error < (0.05 if dtype == "int8" else 0.001) * np.abs(expected).max()
    assert self_tested(tmp_path / "net.c", "net", "gcc", "-O1") == "pass\n"
    # Factors have one byte or two, biases two; a table a function and kind of argument.
    weights, biases = 3 * 8 + 8 * 8 + 8 * 2, 8 + 8 + 2
    plain = weights * (1 if dtype == "int8" else 2) + 2 * biases
    tables = activation not in ("relu", "linear", "leaky_relu")
    assert plain + 50 * tables <= files.flash <= plain + 4_000 * tables
    assert files.ram == 0


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("dtype", KINDS)
def test_every_compiler_takes_it(tmp_path, compiler, dtype):
    """Without a warning, as C and as C++; and all of them compute the same integers."""
    net = network("tanh", (5, 4, 3))
    to_c(lambda x: softmax(net(x)), tmp_path / "f", (X[0],), dtype=dtype, rows=X, self_test=True)
    assert self_tested(tmp_path / "f.c", "f", compiler) == "pass\n"


def written_file(f, example, rows, dtype, folder):
    """The files, with what made them."""
    made = FixedFile(
        requested(f, example, "float64"), "f", "f.h", tested=True, dtype=dtype, rows=rows
    )
    (folder / "f.h").write_text(made.header())
    (folder / "f.c").write_text(made.source())
    return made


def simulated(made, given):
    """What the integers of its program give for others, shape (inputs, rows)."""
    one, (entry,) = made.one, made.found.entries
    memory = {
        b: np.repeat(x[:, :1], given.shape[1], axis=1)
        if b.role in ("parameters", "constants")
        else np.zeros((len(x), given.shape[1]), np.int64)
        for b, x in one.found.items()
    }
    for k, a in enumerate(entry.arguments):
        memory[Buffer("inputs", k)] = given[a.start : a.start + a.size]
    OnRows(memory, on_integers(one.made.tables), np.int64).run(one.made.loops)
    return memory[RESULTS]


def check_extremes(made, folder):
    """Whatever comes, no sum overflows, and C and the simulation agree."""
    (entry,) = made.found.entries
    count = sum(a.size for a in entry.arguments)
    source = random.Random(0)
    rows = [[source.choice([LEAST, MOST, 0, source.randrange(LEAST, MOST)]) for _ in range(count)]]
    rows += [[LEAST] * count, [MOST] * count]
    calls = []
    for row in rows:
        given = [
            str(row[a.start])
            if a.shape == ()
            else f"(const int16_t[]){{{', '.join(map(str, row[a.start : a.start + a.size])) or 0}}}"
            for a in entry.arguments
        ]
        if entry.shape == ():
            calls.append(f'printf("%d\\n", f_value({", ".join(given)}));')
        else:
            each = f'for (int i = 0; i < {entry.outputs}; ++i) printf("%d\\n", y[i]);'
            calls.append(f"f_value({', '.join([*given, 'y'])}); {each}")
    (folder / "main.c").write_text(
        '#include <stdio.h>\n#include "f.h"\nint main(void)\n{\n'
        f"    int16_t y[{entry.outputs + 1}];\n    (void)y;\n"
        + "\n".join(calls)
        + "\n    return 0;\n}\n"
    )
    needs("gcc")
    flags = COMPILERS["gcc"][1:]
    run("gcc", *flags, folder / "main.c", folder / "f.c", "-o", folder / "main")
    expected = simulated(made, np.array(rows, np.int64).T.reshape(count, len(rows)))
    assert list(map(int, run(folder / "main").split())) == expected.T.ravel().tolist()


@pytest.mark.usefixtures("own_operations")
@some
@given(program=programs() | programs(looking=True))
def test_random_programs(program, tmp_path_factory):
    """What fixed point can say: C with sanitizers as the simulation, for rows and for extremes."""
    f, _ = program.make()
    rows = program.rows
    assume(rows and rows[0])
    folder = tmp_path_factory.mktemp("c")
    listed = rows if len(rows[0]) > 1 else [row[0] for row in rows]
    try:
        made = written_file(f, rows[0], listed, "q15", folder)
    except ConfigError:  # what is refused is tested below
        reject()
    assert self_tested(folder / "f.c", "f", "gcc", "-O1") == "pass\n"
    check_extremes(made, folder)


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_users(name, dtype, tmp_path):
    """RNN, convolution, attention and batch norm, with sums, roots, powers and quotients."""
    module = PROGRAMS[name]
    parameters = values(module.parameters(draw_from(1)))
    rows = [module.inputs(draw_from(seed)) for seed in range(2, 30)]

    def f(*inputs):
        return module.loss(parameters, *inputs)

    listed = rows if len(rows[0]) > 1 else [row[0] for row in rows]
    made = written_file(f, rows[0], listed, dtype, tmp_path)
    assert self_tested(tmp_path / "f.c", "f", "gcc", "-O1") == "pass\n"
    check_extremes(made, tmp_path)
    last = made.fixed_point.classes[-1]
    assert last.name == "y"
    assert last.error < (0.02 if dtype == "int8" else 0.001) * last.largest


def test_a_language_model(tmp_path):
    """The scalar GPT: letters pick rows of parameters; norms, attention, softmax and logarithms."""
    source = random.Random(0)
    rows = [[26, *(source.randrange(26) for _ in range(4)), 26] for _ in range(12)]
    made = written_file(gpt.GPT().loss, NAMES, rows, "q15", tmp_path)
    assert self_tested(tmp_path / "f.c", "f", "gcc", "-O0") == "pass\n"
    assert made.fixed_point.worst < 1e-3 * made.fixed_point.classes[-1].largest


def test_a_row_of_a_table_is_picked_by_an_integer(tmp_path):
    """An argument that picks has no binary places; one that is too large picks the nearest."""
    rows = [[Value(1.0), Value(-2.0)], [Value(3.0), Value(0.5)], [Value(-4.0), Value(0.25)]]

    def f(i, x):
        first, second = table(rows)[i]
        return [first * x + second, second]

    examples = [(i, 0.1 * i - 0.3) for i in (0, 1, 2) for _ in range(3)]
    made = written_file(f, examples[0], examples, "q15", tmp_path)
    assert "#define F_I_SCALE 1.0F" in made.header()
    assert self_tested(tmp_path / "f.c", "f", "gcc", "-O1") == "pass\n"
    check_extremes(made, tmp_path)
    assert made.fixed_point.worst < 1e-3


def test_what_it_looks_like(tmp_path, golden):
    """Integers under the names of the user's code, with the places of each class of numbers."""
    rows = [([0.1 * i, 0.5, -0.2 * i], 0.25) for i in range(8)]
    to_c(scores, tmp_path / "scores", rows[0], dtype="q15", rows=rows)
    golden("scores_q15.h", (tmp_path / "scores.h").read_text())
    golden("scores_q15.c", (tmp_path / "scores.c").read_text())


def test_the_report(tmp_path, golden):
    """Each layer, and how far it is from double precision."""
    files = to_c(network(), tmp_path / "net", dtype="int8", rows=X)
    golden("fixed_point.txt", f"{files.fixed_point}\n")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("tanh", -5, 5), ("exp", -8, 1), ("sqrt", 0.05, 3), ("sin", -9, 9), ("log", 0.2, 4)],
)
def test_tables_of_functions(name, low, high):
    """Within their bound between their ends, and level beyond them."""
    given = 11
    made = activation_table(name, partial(ops.evaluate, name), given, low, high, 2, 1024)
    x = np.arange(int(low * 2**given) + 1, int(high * 2**given))
    expected = [ops.evaluate(name, number) for number in (x * 2.0**-given).tolist()]
    error = np.abs(made(x) * 2.0**-made.fraction - expected)
    assert error.max() <= 3 * 2.0**-made.fraction
    assert made(np.array([LEAST - 70_000])) == made(np.array([made.first]))
    assert made(np.array([70_000])) == made(np.array([made.first + made.last]))


def of_two_numbers(a, b):
    """Each function of two numbers, and lengths; of any signs where they have a value."""
    p, q = abs(a) + 0.05, abs(b) + 0.05
    return [
        *(hypot(a, b), atan2(a, b), logaddexp(a, b), logaddexp(8.0 * a, b) / 8.0, norm([a, b, q])),
        *(p ** (0.3 * b) / 4.0, xlogy(p, q), rel_entr(p, q) / 4.0, a.leaky_relu(b), a.elu(b)),
        *(a % 0.3, a % -0.7, a % 1.0, a.minimum(math.inf), a / math.inf),
    ]


def test_functions_of_two_numbers(tmp_path):
    """From functions of one: near to double precision, and the same in C whatever comes."""
    rows = (np.random.default_rng(1).normal(size=(200, 2)) * 2.0).tolist()
    rows += [[0.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [1.5, -1.5]]
    made = written_file(of_two_numbers, rows[0], [*map(tuple, rows)], "q15", tmp_path)
    assert self_tested(tmp_path / "f.c", "f", "gcc", "-O1") == "pass\n"
    check_extremes(made, tmp_path)
    exact = np.array([of_two_numbers(Value(a), Value(b)) for a, b in rows], object)
    exact = np.array([[float(getattr(x, "data", x)) for x in row] for row in exact]).T
    found = made.one.found[RESULTS] * 2.0 ** -made.one.made.places[RESULTS]
    # A remainder jumps where rounding moves a number over a multiple.
    off = np.abs(found - exact)
    for n, size in ((10, 0.3), (11, 0.7), (12, 1.0)):
        off[n] = np.minimum(off[n], size - off[n])
    unit = 2.0 ** -made.one.made.places[RESULTS]
    assert unit < 1e-3 * np.abs(exact).max()
    allowed = np.full(len(off), 2e-3)
    allowed[4] = 8e-3  # a length near 0 is the root of the last digit of its square
    assert (off.max(axis=1) < 2.0 * unit + allowed * np.abs(exact).max(axis=1)).all()


def test_a_length_of_0_is_0(tmp_path):
    """Also where no row has shown it, and with numbers far beyond all of fixed point in it."""
    rows = np.random.default_rng(2).normal(size=(50, 3)).tolist()
    to_c(lambda v: [norm(v)], tmp_path / "f", (rows[0],), dtype="q15", rows=rows)
    found = in_c(tmp_path, "f", np.array([[0.0, 0.0, 0.0], [0.0, -2.0, 0.0], rows[0]]), 1)
    assert found[:, 0] == pytest.approx([0.0, 2.0, np.linalg.norm(rows[0])], abs=1e-3)


def test_what_is_refused(tmp_path):
    """What fixed point has no word for, with its line and what to do; no file is left."""
    net, place = network(), tmp_path / "f"
    many = {"dtype": "q15", "rows": [(0.5, 2.0), (1.0, 3.0)]}
    refused = [
        (r"needs `rows`[\s\S]*rows=X", lambda: to_c(net, place, dtype="int8")),
        (r"`rows` is \[\]", lambda: to_c(net, place, dtype="int8", rows=[])),
        (
            r"not a list of what the function is given[\s\S]*3 numbers",
            lambda: to_c(net, place, dtype="int8", rows=[[1.0, 2.0]]),
        ),
        (
            r"`rows` is for fixed point, and dtype is 'float32'",
            lambda: to_c(net, place, dtype="float32", rows=X),
        ),
        (
            r"no gradient[\s\S]*float32",
            lambda: to_c(lambda x: net(x)[0], place, (X[0],), gradient=True, dtype="q15", rows=X),
        ),
        (
            "no training step",
            lambda: to_c(net, place, loss="squared_error", dtype="q15", rows=X),
        ),
        (r"there is no dtype 'int16'[\s\S]*q15", lambda: to_c(net, place, dtype="int16")),
        (
            r"`power_log` of two numbers that both change is nothing that fixed point can say"
            r"[\s\S]*gradient\(a\*\*b[\s\S]*a table of its own for each pair[\s\S]*float32",
            lambda: to_c(lambda a, b: gradient(a**b, [b])[0], place, (1.0, 1.0), **many),
        ),
        (
            r"a power of a number that is not positive[\s\S]*a\*\*b[\s\S]*exp\(b log\(a\)\)",
            lambda: to_c(
                *(lambda a, b: a**b, place, (1.0, 1.0)), dtype="q15", rows=[(-1.0, 2.0), (1.0, 3.0)]
            ),
        ),
        (r"a remainder by 0", lambda: to_c(lambda a, b: a % 0.0 + b, place, (1.0, 1.0), **many)),
        (
            r"is infinite or nan for rows\[1\][\s\S]*a.log\(\)[\s\S]*finite",
            lambda: to_c(lambda a: a.log(), place, (1.0,), dtype="q15", rows=[1.0, -1.0]),
        ),
        (
            r"infinite or nan for all of `rows`[\s\S]*how large[\s\S]*finite",
            lambda: to_c(
                lambda a: a * 2.0, place, (1.0,), dtype="int8", rows=[float("nan"), float("inf")]
            ),
        ),
        (
            r"the number inf is nothing that fixed point",
            lambda: to_c(
                lambda a: (a + float("inf")).minimum(a), place, (1.0,), dtype="q15", rows=[1.0]
            ),
        ),
    ]
    for message, call in refused:
        with pytest.raises(ConfigError, match=message):
            call()
    assert list(tmp_path.iterdir()) == []


def test_scales_have_names_of_their_own(tmp_path):
    """Arguments that C writes otherwise, or that are called as the result is."""

    def f(größe, y, X, x):
        return größe + y * X - x

    to_c(f, tmp_path / "f", (1.0, 1.0, 1.0, 1.0), dtype="q15", rows=[(1.0, 20.0, 3.0, 0.1)])
    found = scales((tmp_path / "f.h").read_text())
    assert [*found] == ["F_GROSSE_SCALE", "F_Y_SCALE", "F_X_SCALE", "F_X_2_SCALE", "F_Y_2_SCALE"]
    assert found["F_X_2_SCALE"] == 2.0**17


def test_rows_of_a_table(tmp_path):
    """A table of pandas, an array and lists say the same; so does a function that was compiled."""
    pandas = pytest.importorskip("pandas")
    net, texts = network(), []
    f = jit(net)
    f(X[0])
    for made, rows in ((net, X), (net, X.tolist()), (f, pandas.DataFrame(X)), (f, iter(X))):
        to_c(made, tmp_path / "net", dtype="int8", rows=rows)
        texts.append((tmp_path / "net.c").read_text())
    assert len({*texts}) == 1


def test_numbers_beyond_the_rows_stay_at_the_ends(tmp_path):
    """What no row has shown is as large as 16 bits can say, and does not turn round."""
    rows = [[1.0], [-0.5]]
    to_c(lambda x: [x[0] * 3.0, exp(x[0])], tmp_path / "f", ([1.0],), dtype="q15", rows=rows)
    most = MOST / scales((tmp_path / "f.h").read_text())["F_Y_SCALE"]
    assert most < 4.0
    (_, high), (_, low) = far = in_c(tmp_path, "f", np.array([[1e6], [-1e6]]), 2)
    assert far[:, 0] == pytest.approx([most, -most], rel=1e-3)
    # The table of exp has an eighth of its width more on both sides.
    assert [low, high] == pytest.approx(np.exp([-0.5 - 1.5 / 8, 1.0 + 1.5 / 8]), rel=2e-3)


@pytest.mark.parametrize(
    "f",
    [lambda x: [norm(x)], lambda x: [log(sum(xi * xi for xi in x) + 0.1)]],
    ids=["norm", "log"],
)
@pytest.mark.parametrize("dtype", KINDS)
def test_rows_that_are_shorter_than_all_that_were_shown(tmp_path, dtype, f):
    """A root and a log reach on towards 0, too, as far as they are defined."""
    directions = X / np.sqrt((X**2).sum(axis=1, keepdims=True))
    rows = directions * np.linspace(0.5, 2.0, len(X))[:, None]
    to_c(f, tmp_path / "f", (rows[0],), dtype=dtype, rows=rows)
    shorter = directions[:50] * 0.4
    expected = np.array([[v.data for v in f([Value(x) for x in row])] for row in shorter])
    error = np.abs(in_c(tmp_path, "f", shorter, 1) - expected).max()
    assert error < (0.01 if dtype == "int8" else 0.001)


def test_numbers_that_are_0_for_16_bits(tmp_path):
    """Even those of which no power of two makes a number of 16 bits."""
    rows = [[1e-310, 1.0], [2e-310, -0.5]]
    files = to_c(lambda x: [x[0], x[1]], tmp_path / "f", (rows[0],), dtype="q15", rows=rows)
    assert files.fixed_point.worst < 1e-4


@pytest.mark.parametrize("count", [1, 6])
def test_what_is_cut_off_beside_far_larger_terms(count, tmp_path):
    """A number or an array that nothing reads is no warning, in C or in C++."""

    def f(x, z):
        small = [tanh(each * 3.0) for each in x]
        large = z * 1.5
        return large * large * 1e6 + sum(small[1:], small[0])

    rows = [([0.1 * i] * count, 1e5 * i) for i in range(20)]
    to_c(f, tmp_path / "f", rows[1], dtype="q15", rows=rows, self_test=True)
    assert "(void)tanh_1;" in (tmp_path / "f.c").read_text()
    for compiler in ("gcc", "g++"):
        assert self_tested(tmp_path / "f.c", "f", compiler) == "pass\n"
