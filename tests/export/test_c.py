"""`to_c`: what the C says, compiled by gcc and clang, against the interpreter and by hand."""

import math
import os
import random
import subprocess

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from tests.compiler.programs import attention, batch_norm, conv1d, gpt, rnn
from tests.compiler.strategies import programs
from tests.export.builds import COMPILERS, STRICT, needs, run, self_tested
from tests.export.written import scores

from jangrad import MLP, Value, ieee, jit, ops, table
from jangrad.compiler.program.ir import Operation
from jangrad.errors import ConfigError, NoGradient, SaveError, Untraceable
from jangrad.export.code import self_test
from jangrad.export.code.c import to_c
from jangrad.export.code.c_words import C
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.spelling import SpelledFunctions, literal
from jangrad.train import SGD, Adam

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "12")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes minutes
)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_compiler_takes_a_network_that_learns(tmp_path, compiler, dtype):
    """Without a warning, as C and as C++; value and training steps are the interpreter's."""
    net = MLP(3, [4, 4, 1], seed=0)
    how = {"loss": "squared_error", "optimizer": "adam", "self_test": True}
    files = to_c(net, tmp_path / "model", dtype=dtype, **how)
    assert self_tested(tmp_path / "model.c", "model", compiler) == "pass\n"
    each = 8 if dtype == "float64" else 4
    # 41 parameters and two decays; of RAM the parameters, their gradient, two moments, a counter.
    assert files.flash == 43 * each
    assert files.ram == 4 * 41 * each + 4


@pytest.mark.parametrize("dtype", ["double", "float"])
def test_every_operation_has_a_spelling(tmp_path, dtype):
    """Each operation of the table, and each of its partials, is C that a compiler takes."""
    functions = SpelledFunctions(C(dtype), Identifiers())
    for name, row in ops.OPS.items():
        functions.operation(Operation(name))
        for slope in range(len(row.partials)):
            functions.operation(Operation(name, slope))
            functions.operation(Operation(name, slope, True))
    source = tmp_path / "all.c"
    source.write_text("#include <math.h>\n" + "\n".join(functions.texts))
    needs("gcc")
    flags = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")
    run("gcc", *flags, "-Wno-unused-function", "-c", source, "-o", tmp_path / "all.o")


@pytest.mark.usefixtures("own_operations")
@some
@given(program=programs() | programs(looking=True), learns=st.booleans())
def test_random_programs(program, learns, tmp_path_factory):
    """Value, gradient and a step of random programs, with sanitizers, as the interpreter's.

    Parameters that do not learn may lie column after column.
    """
    f, parameters = program.make()
    row = program.rows[0]
    assume(row)
    folder = tmp_path_factory.mktemp("c")
    how = {"self_test": True, "gradient": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_test, "_ROWS", 1)
        patch.setattr(self_test, "_STEPS", 2)
        learning = {"loss": f, "loss_arguments": row, "optimizer": SGD(parameters, 1e-4)}
        try:
            to_c(f, folder / "f", row, **how, **(learning if learns else {}))
        except NoGradient:
            to_c(f, folder / "f", row, **how)
    assert self_tested(folder / "f.c", "f", "gcc", "-O1") == "pass\n"


PROGRAMS = {
    module.__name__.rpartition(".")[2]: module for module in (rnn, conv1d, attention, batch_norm)
}


def draw_from(seed):
    source = random.Random(seed)

    def draw(shape, scale):
        if not shape:
            return source.gauss(0.0, scale)
        return [draw(shape[1:], scale) for _ in range(shape[0])]

    return draw


def values(nested):
    if isinstance(nested, dict):
        return {name: values(item) for name, item in nested.items()}
    return [values(item) for item in nested] if isinstance(nested, list) else Value(nested)


def leaves(nested):
    if isinstance(nested, Value):
        return [nested]
    items = nested.values() if isinstance(nested, dict) else nested
    return [leaf for item in items for leaf in leaves(item)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_users(name, tmp_path):
    """RNN, convolution, attention and batch norm: value, gradient and training steps."""
    module, draw = PROGRAMS[name], draw_from(1)
    parameters = values(module.parameters(draw))
    inputs = module.inputs(draw)

    def loss(*inputs):
        return module.loss(parameters, *inputs)

    chosen = SGD(leaves(parameters), 0.01)
    how = {"loss": loss, "loss_arguments": inputs, "optimizer": chosen, "self_test": True}
    to_c(loss, tmp_path / name, inputs, gradient=True, **how)
    assert self_tested(tmp_path / f"{name}.c", name, "gcc", "-O0") == "pass\n"


NAMES = [[26, 4, 12, 12, 0, 26]]


def test_neurons_become_vectors_by_where_their_weights_lie(tmp_path):
    """Weights of one input side by side: gcc takes several neurons at once, each sum in its order.

    What learns lies as callers know it.
    """
    net = MLP(10, [32, 32, 3], "relu", seed=0)
    place = tmp_path / "net.c"
    files = to_c(net, place.with_suffix(""), dtype="float32", self_test=True)
    text = place.read_text()
    assert text.count("column after column") == 3
    assert "layers_1_weights[32 * k + i] * relu_1[k]" in text
    assert files.flash == 4 * sum(1 for _ in net.parameters())
    assert self_tested(place, "net", "gcc", "-O3") == "pass\n"
    said = ("gcc", "-std=c99", "-O3", "-fopt-info-vec-optimized", "-c", place)
    done = subprocess.run([*said, "-o", tmp_path / "net.o"], capture_output=True, text=True)
    lines = {at for at, line in enumerate(text.splitlines(), 1) if "_weights[" in line}
    vectors = {int(line.split(":")[1]) for line in done.stderr.splitlines() if "loop vec" in line}
    # The loop over neurons begins three lines above the product, at a `for`.
    assert {at - 3 for at in lines if "* k" in text.splitlines()[at - 1]} <= vectors
    to_c(net, place.with_suffix(""), loss="squared_error")
    assert "column after column" not in place.read_text()
    slopes = tmp_path / "slopes.c"
    given = ([0.1] * 10,)
    to_c(lambda x: net(x)[0], slopes.with_suffix(""), given, gradient=True, self_test=True)
    assert "column after column" in slopes.read_text()
    assert self_tested(slopes, "slopes", "gcc", "-O2") == "pass\n"


def test_nothing_is_multiplied_or_divided_by_1(tmp_path):
    """The mean of one row, and slopes that are 1, leave no trace in the code."""
    net = MLP(3, [2, 1], "relu", seed=0)
    files = to_c(net, tmp_path / "net", loss="squared_error", optimizer="sgd", self_test=True)
    with open(files.source) as file:
        text = file.read().partition("#ifdef NET_SELF_TEST")[0]
    assert "/ 1.0" not in text
    assert "1.0 *" not in text
    assert self_tested(tmp_path / "net.c", "net") == "pass\n"


def test_a_language_model_learns(tmp_path):
    """The scalar GPT: its value and its training steps; letters look up rows of parameters."""
    model = gpt.GPT()
    chosen = SGD(model.parameters, 0.1)
    how = {"loss": model.loss, "loss_arguments": NAMES, "optimizer": chosen, "self_test": True}
    to_c(model.loss, tmp_path / "gpt", NAMES, **how)
    assert self_tested(tmp_path / "gpt.c", "gpt", "gcc", "-O0") == "pass\n"


def written(tmp_path):
    to_c(scores, tmp_path / "scores", ([1.0, 2.0, 3.0], 2.0))
    return (tmp_path / "scores.h").read_text(), (tmp_path / "scores.c").read_text()


def test_what_it_looks_like(tmp_path, golden):
    """Names and lines of the user's code, loops as loops; no path, and the same bytes again."""
    header, source = written(tmp_path)
    assert written(tmp_path) == (header, source)
    assert str(tmp_path) not in header + source
    golden("scores.c", header + source)


def test_a_name_of_the_language_or_of_another_thing_is_changed(tmp_path):
    """Arguments and parameters that are called `double`, `sum`, `tanh` or `i` do not clash."""
    double, tanh, y = Value(2.0), [Value(3.0), Value(0.5)], Value(1.5)

    def f(sum, i, relu):
        return [(double * sum[0] + t * i).tanh() + relu.relu() * y for t in tanh]

    to_c(f, tmp_path / "exp", ([1.0], 0.5, 2.0), self_test=True)
    assert self_tested(tmp_path / "exp.c", "exp") == "pass\n"


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
def test_names_of_the_library_of_c_are_changed(tmp_path, compiler):
    """Types of fixed width, and constants that are macros where a library has them."""
    M_PI, int16_t = Value(2.0), [Value(3.0), Value(0.5)]
    to_c(
        lambda size_t: [M_PI * w * size_t for w in int16_t],
        *(tmp_path / "f", (1.5,)),
        self_test=True,
    )
    assert self_tested(tmp_path / "f.c", "f", compiler) == "pass\n"


def test_arguments_do_not_hide_what_a_training_step_keeps(tmp_path):
    """Called as the C file calls its gradient, its counter and the memory of Adam."""
    w = [Value(0.3)]

    def loss(gradient, steps, state_m):
        return (gradient[0] * steps * w[0] - state_m) ** 2

    given = ([0.5], 2.0, 1.0)
    how = {"loss": loss, "loss_arguments": given, "optimizer": Adam(w, 0.01), "self_test": True}
    to_c(loss, tmp_path / "f", given, **how)
    assert self_tested(tmp_path / "f.c", "f") == "pass\n"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_that_are_not_finite(tmp_path, dtype):
    """Infinite and nan parameters and constants are what they are."""
    parameters = [Value(float("inf")), Value(float("nan")), Value(1e308)]

    def f(x):
        return [x / p for p in parameters] + [(x + float("-inf")).exp()]

    files = to_c(f, tmp_path / "f", (1.0,), dtype=dtype)
    main = tmp_path / "main.c"
    number = "double" if dtype == "float64" else "float"
    main.write_text(
        '#include <stdio.h>\n#include "f.h"\n'
        f"int main(void) {{ {number} y[4]; f_value(1, y);"
        ' return printf("%g %d %d %g", y[0], y[1] != y[1], y[2] < 2e-308, y[3]) < 0; }\n'
    )
    needs("gcc")
    run("gcc", "-std=c99", main, files.source, "-o", tmp_path / "main", "-lm")
    assert run(tmp_path / "main") == "0 1 1 0"


def test_an_index_out_of_range_reads_the_nearest_row(tmp_path):
    """No access leaves its array, whatever number comes; the header says which are meant."""
    rows = [Value(1.0), Value(2.0), Value(3.0)]
    to_c(lambda i: table(rows)[i] * 1.0, tmp_path / "f", (1,))
    assert "i is an integer from 0 to 2." in (tmp_path / "f.h").read_text()
    main = tmp_path / "main.c"
    main.write_text(
        '#include <math.h>\n#include <stdio.h>\n#include "f.h"\n'
        'int main(void) { printf("%g %g %g %g", f_value(1), f_value(-5), f_value(1e300),'
        " f_value(NAN)); return 0; }\n"
    )
    needs("gcc")
    flags = COMPILERS["gcc"][1:]
    run("gcc", *flags, main, tmp_path / "f.c", "-o", tmp_path / "main", "-lm")
    assert run(tmp_path / "main") == "2 1 3 1"


def test_what_is_not_read_is_no_warning(tmp_path):
    """Also where the line that is quoted names it."""

    def f(x, y):
        return [y * 2.0 + 0.0 * len(x)]

    to_c(f, tmp_path / "f", ([], 1.0), self_test=True)
    assert "len(x)" in (tmp_path / "f.c").read_text()
    assert self_tested(tmp_path / "f.c", "f", "gcc", "-O1") == "pass\n"


def test_a_jit_function_needs_no_example(tmp_path):
    """Shape and precision are those of its call; with several shapes it says what to do."""
    w = Value(3.0)
    f = jit(lambda xs: sum(w * x for x in xs), dtype="float32")
    with pytest.raises(ConfigError, match=r"arguments of no shapes: not at all[\s\S]*arguments="):
        to_c(f, tmp_path / "f")
    f([1.0, 2.0])
    to_c(f, tmp_path / "f")
    assert "float f_value(const float xs[2]);" in (tmp_path / "f.h").read_text()
    f([1.0, 2.0, 3.0])
    with pytest.raises(ConfigError, match="arguments of 2 shapes"):
        to_c(f, tmp_path / "f")
    to_c(f, tmp_path / "f", ([1.0],), dtype="float64")
    assert "double f_value(const double xs[1]);" in (tmp_path / "f.h").read_text()


def test_self_test_of_numbers_some_of_which_are_no_numbers(tmp_path):
    """What is finite is compared, one by one; nothing is unused, and a test of nothing refused."""
    inf = Value(math.inf)

    def some(x):
        return [x * 2.0, x + inf, x * math.nan]

    def steep(x, n):
        return x[1] * 2.0 + x[0] ** n

    for name, f, row in (("some", some, (1.0,)), ("steep", steep, ([1.0, 2.0], 0.5))):
        to_c(f, tmp_path / name, row, self_test=True, gradient=f is steep)
        assert self_tested(tmp_path / f"{name}.c", name) == "pass\n"
        wrong = (tmp_path / f"{name}.c").read_text().replace("2.0 *", "3.0 *")
        wrong = wrong.replace("* 2.0", "* 3.0").replace("2.0, NAN", "3.0, NAN")
        (tmp_path / "wrong.c").write_text(wrong)
        with pytest.raises(AssertionError, match="fail: "):
            self_tested(tmp_path / "wrong.c", name)
    with pytest.raises(ConfigError, match="the self-test knows no number"):
        to_c(lambda x: x * math.nan, tmp_path / "none", (1.0,), self_test=True)
    assert not (tmp_path / "none.c").exists()


def test_comments_of_the_user_stay_comments(tmp_path):
    """What begins or ends one in C is taken apart, as gcc warns of both."""

    def f(x):
        return x * 2.0  # */ int bad; /* and more

    to_c(f, tmp_path / "f", (1.0,), self_test=True)
    assert "# * / int bad; / * and more */" in (tmp_path / "f.c").read_text()
    assert self_tested(tmp_path / "f.c", "f") == "pass\n"


@pytest.mark.parametrize("name", ["log", "m", "main", "double"])
def test_a_file_may_be_called_as_a_word_of_c(tmp_path, name):
    """All its names begin with that of the file, as the page says."""
    to_c(MLP(1, [1], seed=0), tmp_path / name, self_test=True)
    assert self_tested(tmp_path / f"{name}.c", name) == "pass\n"
    assert f"int {name}_self_test(void);" in (tmp_path / f"{name}.h").read_text()


def test_what_a_function_draws_is_no_constant(tmp_path):
    """A draw, and a count of calls, would be in the file as they were in one call."""
    calls = []

    def drawn(x):
        return x * random.random()

    def counted(x):
        calls.append(0)
        return x * float(len(calls))

    before = random.getstate()
    for f, message in ((drawn, "draws random numbers"), (counted, "`calls` changes each time")):
        with pytest.raises(Untraceable, match=message):
            to_c(f, tmp_path / "f", (1.0,))
    assert random.getstate() == before
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused(tmp_path):
    """Each message says what to write instead, and no file is left."""
    net, w = MLP(2, [2], seed=0), Value(1.0)
    plain = tmp_path / "plain"
    refused = [
        (
            ConfigError,
            r'no dtype .double.[\s\S]*"float64"',
            lambda: to_c(net, plain, dtype="double"),
        ),
        (ConfigError, "a function or a network, not 3", lambda: to_c(3, plain)),
        (ConfigError, r"not known[\s\S]*arguments=\(example", lambda: to_c(lambda x: x * w, plain)),
        (ConfigError, "`arguments` is 3.0", lambda: to_c(lambda x: x * w, plain, 3.0)),
        (
            ConfigError,
            r"`arguments` holds 2 example[\s\S]*takes \(x\)[\s\S]*arguments=\(\[1.0, 2.0\],\)",
            lambda: to_c(lambda x: x[0] * w, plain, [1.0, 2.0]),
        ),
        (ConfigError, r"gives no numbers: \[\]", lambda: to_c(lambda x: [], plain, (1.0,))),
        (ConfigError, "gives 2 numbers in a list", lambda: to_c(net, plain, gradient=True)),
        (ConfigError, "the loss is a list", lambda: to_c(net, plain, loss=net)),
        (ConfigError, "no loss 'mse'", lambda: to_c(net, plain, loss="mse")),
        (
            ConfigError,
            "no optimiser 'adm'",
            lambda: to_c(net, plain, loss="huber", optimizer="adm"),
        ),
        (
            NoGradient,
            "depends on none",
            lambda: to_c(net, plain, loss=lambda x: x * w, loss_arguments=(1.0,)),
        ),
        (SaveError, "lies in no folder", lambda: to_c(net, tmp_path / "none" / "model")),
    ]
    for error, message, call in refused:
        with pytest.raises(error, match=message):
            call()
    assert list(tmp_path.iterdir()) == []


#: Where each function is tried that a file brings along, with both signs.
POINTS = [
    0.0,
    1e-300,
    1e-9,
    0.1,
    0.2,
    0.34,
    0.35,
    0.5,
    0.7,
    0.84,
    0.9,
    1.0,
    1.2,
    1.3,
    1.7,
    2.0,
    2.6,
]
POINTS += [2.9, 3.7, 5.1, 6.5, 9.0, 15.0, 26.0, 30.0, 50.0, 87.0, 300.0, 720.0, 1e20, 1e300]
POINTS += [math.inf, math.nan]


def computed(functions, calls, folder):
    """What functions of C give, compiled without a library and what the compiler knows of it."""
    texts = []
    for name, numbers in calls:
        terms = [literal(functions.language, x) for x in numbers]
        texts.append(functions.call(Operation(name), terms).text)
    prints = "\n".join(f'    printf("%.17g\\n", (double)({text}));' for text in texts)
    head = "#include <math.h>\n#include <stdio.h>\n#define IN_FLASH\n"
    head += "\n".join(functions.texts)
    source = folder / "all.c"
    source.write_text(f"{head}\nint main(void) {{\n{prints}\n    return 0;\n}}\n")
    needs("gcc")
    run("gcc", "-std=c99", *STRICT, "-fno-builtin", source, "-o", folder / "all")
    return [float(x) for x in run(folder / "all").split()]


def units(found, expected, number):
    """How many units in the last place a number is off."""
    if found == expected or (np.isnan(found) and np.isnan(expected)):
        return 0.0
    tiny = np.finfo(number).tiny
    unit = np.spacing(np.maximum(np.abs(expected), tiny))
    return abs(float(found) - float(expected)) / float(unit)


@pytest.mark.parametrize("dtype", ["double", "float"])
def test_functions_without_a_library(tmp_path, dtype):
    """All that `libm=False` brings is within 8 units in the last place of Python's."""
    functions = SpelledFunctions(C(dtype, libm=False), Identifiers())
    number = np.float64 if dtype == "double" else np.float32
    with np.errstate(over="ignore", under="ignore"):
        points = [float(number(x)) for x in [*POINTS, *(-x for x in POINTS)]]
    calls = [(name, (x,)) for name in ieee.PRIMITIVES if name != "atan2" for x in points]
    calls += [(name, (a, b)) for name in ("atan2", "mod") for a in points for b in points[::3]]
    calls += [("pow", (a, b)) for a in points for b in (-2.0, -0.5, 0.0, 0.3, 3.0, 7.0, 40.0)]
    far = {}
    for (name, numbers), said in zip(calls, computed(functions, calls, tmp_path), strict=True):
        with np.errstate(over="ignore", under="ignore"):
            expected, found = number(ops.evaluate(name, *numbers)), number(said)
        # An exponent that is no integer multiplies the error of a logarithm.
        powers = name == "pow" and expected and np.isfinite(expected)
        size = 1.0 + abs(math.log(abs(expected))) if powers else 1.0
        if not (off := units(found, expected, number)) <= 8 * size:
            far[name, numbers] = float(found), float(expected), off
    assert far == {}


#: Between which random arguments are drawn, beside those that are spread over all sizes.
WITHIN = {"asin": (-1, 1), "acos": (-1, 1), "atanh": (-1, 1), "acosh": (1, 9)}


@pytest.mark.parametrize("dtype", ["double", "float"])
def test_functions_without_a_library_are_near_the_truth(tmp_path, dtype):
    """Random arguments of all sizes, and those next to multiples of a quarter circle: mpmath."""
    mp = pytest.importorskip("mpmath")
    number, source = np.float64 if dtype == "double" else np.float32, random.Random(0)
    largest = 300 if dtype == "double" else 37

    def spread():
        return source.choice([-1, 1]) * 10.0 ** source.uniform(-6, largest)

    quarters = [n * math.pi / 2 for n in (1, 2, 3, 7, 100, 12345, 10**7, 2**40 + 1)]
    calls = []
    for name in ("sin", "cos", "tan", "asin", "acos", "atan", "asinh", "acosh", "atanh", "cbrt"):
        low, high = WITHIN.get(name, (-9, 9))
        wide = [spread() for _ in range(60)] if name not in WITHIN else []
        near = quarters if name in ("sin", "cos", "tan") else []
        drawn = [source.uniform(low, high) for _ in range(100)]
        calls += [(name, (float(number(x)),)) for x in (*wide, *near, *drawn)]
    pairs = [(spread(), spread()) for _ in range(60)]
    pairs += [(source.uniform(-9, 9), source.uniform(-9, 9)) for _ in range(60)]
    calls += [("atan2", (float(number(a)), float(number(b)))) for a, b in pairs]
    functions = SpelledFunctions(C(dtype, libm=False), Identifiers())
    truths = {name: getattr(mp, name) for name, _ in calls}
    truths["cbrt"] = lambda x: mp.sign(x) * mp.cbrt(mp.fabs(x))
    far = {}
    with mp.workprec(1300):  # of 1e300 with all digits behind the point
        for (name, numbers), said in zip(calls, computed(functions, calls, tmp_path), strict=True):
            expected = number(float(truths[name](*map(mp.mpf, numbers))))
            if not (off := units(number(said), expected, number)) <= 4:
                far[name, numbers] = said, float(expected), off
    assert far == {}


def test_a_network_without_a_library(tmp_path):
    """It is linked to nothing."""
    net = MLP(3, [4, 3], "gelu", seed=0)
    how = {"loss": "softmax_cross_entropy", "optimizer": "adam", "self_test": True}
    to_c(net, tmp_path / "net", libm=False, **how)
    needs("gcc")
    flags = ("-std=c99", *STRICT, "-fno-builtin", "-DNET_SELF_TEST")
    run("gcc", *flags, tmp_path / "net.c", "-o", tmp_path / "net")
    assert run(tmp_path / "net") == "pass\n"


def test_a_gradient_is_0_where_nothing_is_chosen(tmp_path):
    """An infinite slope below a rectifier that is off does not make it nan, as in Python."""

    def f(x):
        return (-x.sqrt() - 1.0).relu() + x * 3.0

    to_c(f, tmp_path / "f", (0.0,), gradient=True)
    main = tmp_path / "main.c"
    main.write_text(
        '#include <stdio.h>\n#include "f.h"\nint main(void) {\n    double d[1];\n'
        "    const double y = f_gradient(0.0, d);\n"
        '    return printf("%g %g", y, d[0]) < 0;\n}\n'
    )
    needs("gcc")
    run("gcc", "-std=c99", main, tmp_path / "f.c", "-o", tmp_path / "main", "-lm")
    assert run(tmp_path / "main") == "0 3"
