"""Every operation at every corner: all engines agree, and are right where there is a limit.

Values, first and second derivatives at signed zeros, infinities, nan, subnormal numbers, kinks and
the ends of the range, by the engine, as graphs, interpreted, compiled, over rows, and trained. Each
table is one program with many outputs.
"""

import itertools
import math
from functools import cache

import mpmath as mp
import numpy as np
import pytest

import jangrad as jg
from jangrad import Value, engine, gradient, jit, nn, ops
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run.outputs import Outputs
from jangrad.errors import DomainError

INF, NAN = math.inf, math.nan
# `shift` passes over nan, which it is only asked for where that does not matter.
BUILT_IN = [row for row in ops.OPS.values() if row.name not in ("shift", "gather", "scatter")]
_SMALL = (0.0, 5e-324, 1e-310, 1e-300, 1e-8)
_LARGE = (0.5, 1.0, 2.0, 3.0, 6.0, 10.0, 40.0, 800.0, 1e16, 1e150, 1e300, INF)
POINTS = [*(s * x for x in (*_SMALL, *_LARGE) for s in (1.0, -1.0)), NAN]
PAIRS = [0.0, -0.0, 5e-324, 1e-300, 0.5, 1.0, 2.0, -3.0, 1e300, -1e300, INF, -INF, NAN]
IN_SINGLE = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 6.0, 10.0, INF, -INF, NAN]

ONE = {
    row.name: lambda x, name=row.name: engine.apply(name, x)
    for row in BUILT_IN
    if row.inputs == ("x",)
}
ONE |= {
    f"x ** {k}": lambda x, k=k: x**k
    for k in (0, 1, 2, 3, -1, -2, -3, 0.5, -0.5, 1.5, -1.5, 2.5, 9, -9)
}
ONE |= {
    "clamp": lambda x: jg.clamp(x, -0.5, 1.0),
    "leaky_relu": jg.leaky_relu,
    "elu": jg.elu,
    "huber": lambda x: nn.huber([[x]], [0.0]),
    "2 ** x": lambda x: 2.0**x,
    "0 ** x": lambda x: 0.0**x,
    "1 / x": lambda x: 1.0 / x,
    "where": lambda x: jg.where(x > 0, jg.log(x), x * x),
    "x log x": lambda x: jg.xlogy(x, x),
    "relu of log": lambda x: jg.relu(jg.log(x)),
    "maximum": lambda x: jg.maximum(1.0 / x, x),
}
TWO = {
    row.name: lambda a, b, name=row.name: engine.apply(name, a, b)
    for row in BUILT_IN
    if row.inputs == ("a", "b")
}
TWO |= {
    "norm": lambda a, b: jg.norm([a, b]),
    "logsumexp": lambda a, b: jg.logsumexp([a, b]),
    "softmax": lambda a, b: jg.softmax([a, b])[0],
    "log_softmax": lambda a, b: jg.log_softmax([a, b])[0],
    "entropy": lambda a, b: jg.entropy([a, b]),
    "where": lambda a, b: jg.where(a < b, a / b, a * b),
    "relu of product": lambda a, b: jg.relu(a * b),
    "squared error": lambda a, b: nn.squared_error([[a]], [[b]]),
    "binary cross-entropy": lambda a, b: nn.binary_cross_entropy([[a]], [0.5]) + b,
    "hinge": lambda a, b: nn.hinge([[a]], [1.0]) * b,
}
TABLES = {
    "one": (ONE, [(x,) for x in POINTS]),
    "two": (TWO, list(itertools.product(PAIRS, PAIRS))),
}
EACH = pytest.mark.parametrize("name", TABLES)


def derived(f, inputs):
    """The value, the slopes and the second derivatives."""
    y = f(*inputs)
    slopes = gradient(y, inputs)
    return [y, *slopes, *(s for slope in slopes for s in gradient(slope, inputs))]


def everything(table):
    """A function of the inputs that gives all this for all functions of a table."""
    return lambda *inputs: [v for f in table.values() for v in derived(f, list(inputs))]


@cache
def by_python(name):
    """For each point and function what graphs and `backward` give; None where Python refuses."""
    table, points = TABLES[name]

    def found(f, at):
        inputs = [Value(x) for x in at]
        try:
            graphs = [v.data for v in derived(f, inputs)]
            y = f(*inputs)
        except DomainError:
            return None
        y.backward()
        return graphs, [y.data, *(v.grad for v in inputs)]

    return [[found(f, at) for f in table.values()] for at in points]


def differs(x, y, relative, absolute):
    if x == y or (math.isnan(x) and math.isnan(y)):
        return False
    return not abs(x - y) <= max(relative * abs(x), absolute)  # also where one of them is no number


def check(name, way, rows, relative=1e-13, absolute=1e-15, points=None):
    """Compare rows of outputs, a row a point, with those of Python.

    The absolute error is that of slopes such as 1 - y * y, which subtract what is near to 1.
    """
    table, all_points = TABLES[name]
    wrong = []
    for i, row in zip(points or range(len(all_points)), rows, strict=True):
        parts = np.asarray(row).reshape(len(table), -1).tolist()
        for what, known, part in zip(table, by_python(name)[i], parts, strict=True):
            wanted = known[way][-len(part) :] if known else part
            if any(differs(x, y, relative, absolute) for x, y in zip(wanted, part, strict=True)):
                wrong.append((what, all_points[i], wanted, part))
    assert not wrong, f"{len(wrong)} differ: {wrong[:5]}"


@EACH
def test_graphs_and_contributions(name):
    """`backward` and `gradient` give the same numbers, to the last bit but for signs of zero."""
    for at, row in zip(TABLES[name][1], by_python(name), strict=True):
        for what, known in zip(TABLES[name][0], row, strict=True):
            if known:
                graphs, contributed = known
                close = 4e-16 if what in ("pow", "raised") else 0.0
                assert not any(
                    differs(x, y, 2e-16, close) for x, y in zip(contributed, graphs, strict=False)
                ), (what, at, graphs, contributed)


@EACH
def test_compiled_functions(name):
    """Called, mapped over rows and interpreted, value and both derivatives."""
    table, points = TABLES[name]
    function = everything(table)
    compiled = jit(function)
    check(name, 0, [compiled(*at) for at in points])
    columns = [list(column) for column in zip(*points, strict=True)]
    check(name, 0, compiled.map(*columns))
    traced = trace(function, [1.0] * len(columns))
    params = [v.data for v in traced.params]
    check(name, 0, [[x for (x,) in interpret(traced.program, params, [at])] for at in points])


@EACH
def test_training(name):
    """The gradients that compiled steps follow, interpreted and in machine code."""
    table, points = TABLES[name]
    inputs = [[Value(1.0) for _ in points[0]] for _ in table]
    leaves = [v for own in inputs for v in own]
    traced = trace(
        lambda: jg.sum(f(*own) for f, own in zip(table.values(), inputs, strict=True)), [], leaves
    )
    longer, slopes = differentiate(traced.program, int(traced.program.outputs[0]))
    program = prune(longer._replace(outputs=slopes))
    run = Outputs(program, leaves, False)
    native, interpreted = [], []
    for at in points:
        for own in inputs:
            for v, x in zip(own, at, strict=True):
                v.data = x
        native.append(run.call([]))
        interpreted.append([x for (x,) in interpret(program, [v.data for v in leaves], [[]])])
    check(name, 1, native)
    check(name, 1, interpreted)


@EACH
def test_single_precision(name):
    """The same to the digits of single precision, where that has the numbers."""
    table, points = TABLES[name]
    some = [i for i, at in enumerate(points) if all(x in IN_SINGLE or x != x for x in at)]
    compiled = jit(everything(table), dtype="float32")
    check(name, 0, [compiled(*points[i]) for i in some], 1e-4, 1e-5, some)


#: The functions in many digits. What a formula subtracts costs digits: absolute ones, not relative.
TRUTH = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    **{f: getattr(mp, f) for f in ("tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{f: getattr(mp, f) for f in ("asinh", "acosh", "atanh")},
    "exp2": lambda x: mp.mpf(2) ** x,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "x log x": lambda x: x * mp.log(x),
    "1 / x": lambda x: 1 / x,
    "2 ** x": lambda x: mp.mpf(2) ** x,
    **{f"x ** {k}": lambda x, k=k: x ** mp.mpf(k) for k in (2, 3, -1, -2, -3, 0.5, -0.5, 2.5, -9)},
}


def limits(f, at):
    """Value and both derivatives as floats; None where they are not real."""
    with mp.workdps(60 + 2 * max(0, -round(math.log10(abs(at))))):
        try:
            found = [mp.diff(f, at, n, h=mp.mpf(at) * mp.mpf(10) ** -15) for n in range(3)]
        except (ZeroDivisionError, OverflowError, ValueError):
            return None
        return None if any(mp.im(x) for x in found) else [float(mp.re(x)) for x in found]


@pytest.mark.parametrize("what", TRUTH)
def test_the_truth(what):
    """Value and derivatives against 60 digits, at points inside the domain, small and large."""
    compiled = jit(lambda x: derived(ONE[what], [x]))
    for at in (1e-300, 1e-8, 0.5, 1.0, 2.0, 10.0, 40.0, 1e150, -0.5, -3.0):
        exact = limits(TRUTH[what], at)
        if exact is None or (at == 1e150 and what in ("sin", "cos", "tan")):
            continue
        for found in ([v.data for v in derived(ONE[what], [Value(at)])], compiled(at)):
            for x, y in zip(exact, found, strict=True):
                assert not differs(x, y, 1e-11, 5e-16 * max(1.0, abs(exact[0]))), (at, exact, found)
