"""`to_javascript`: what Node makes of it, against the interpreters."""

import json
import math
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from tests.compiler.programs import gpt
from tests.compiler.strategies import programs
from tests.export.builds import needs, run
from tests.export.test_c import NAMES, PROGRAMS, draw_from, leaves, values

from jangrad import MLP, Value, ieee
from jangrad.compiler.loops import loop_interpreter
from jangrad.compiler.program.buffers import PARAMETERS, RESULTS, Buffer
from jangrad.errors import NoGradient
from jangrad.export.code import requests, self_test
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.javascript_module import to_javascript, write_javascript
from jangrad.export.code.javascript_words import JavaScript
from jangrad.export.code.spelling import SpelledFunctions, Text
from jangrad.train import SGD

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "12")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
_ENCODED = "(k, x) => ArrayBuffer.isView(x) ? Array.from(x, String) : typeof x === 'number' ?"
_ENCODED += " (Object.is(x, -0) ? '-0' : String(x)) : x"


def in_node(folder, code):
    """What Node prints as JSON, numbers as text so that none is lost."""
    needs("node")
    script = folder / "call.mjs"
    script.write_text(f"{code}\nconsole.log(JSON.stringify(found, {_ENCODED}));\n")
    return json.loads(run("node", script))


def numbers(found):
    return [float(x.replace("Infinity", "inf")) for x in found]


def ulps(a, b):
    """How many doubles lie between two numbers."""
    if a == b or (a != a and b != b):
        return 0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / math.ulp(max(abs(a), abs(b)))


def outputs_of_loops(entry, parameters, row):
    """The value by the loop interpreter, turn after turn."""
    memory = {b: np.zeros(size) for b, size in entry.loops.sizes.items()}
    memory |= {b: np.array(x, float) for b, x in entry.loops.constants.items()}
    memory[PARAMETERS] = np.array(parameters, float)
    for k, a in enumerate(entry.arguments):
        memory[Buffer("inputs", k)] = np.array(row[a.start : a.start + a.size], float)
    for phase in entry.loops.phases:
        for part in phase:
            loop_interpreter.run(part, memory)
    return memory[RESULTS].tolist()


def split(entry, row):
    """The arguments of a call as JavaScript's."""
    given = []
    for a in entry.arguments:
        mine = row[a.start : a.start + a.size]
        given.append(json.dumps(mine[0] if a.shape == () else mine))
    return ", ".join(given)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_that_learns(tmp_path, dtype):
    """Value, and training steps, as Python's."""
    net = MLP(3, [4, 4, 1], seed=0)
    expected = net.predict([[2.0, 3.0, -1.0]])[0]
    to_javascript(net, tmp_path / "m.mjs", dtype=dtype, loss="squared_error", optimizer="adam")
    found = in_node(
        tmp_path,
        "import * as m from './m.mjs';\n"
        "const found = [...m.value([2, 3, -1]), m.trainStep([2, 3, -1], 1.0),"
        " m.trainStep([2, 3, -1], 1.0)];",
    )
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    value, first, second = numbers(found)
    assert value == pytest.approx(expected[0], rel=tolerance)
    assert first == pytest.approx((expected[0] - 1.0) ** 2, rel=tolerance)
    assert 0.0 < second < first


@pytest.mark.usefixtures("own_operations")
@some
@given(program=programs() | programs(looking=True))
def test_random_programs(program, tmp_path_factory):
    """Value and gradient, as the interpreter's; a step moves parameters as it says."""
    f, parameters = program.make()
    row = program.rows[0]
    assume(row)
    folder = tmp_path_factory.mktemp("js")
    given = (f, row, None, True, f, row, SGD(parameters, 1e-4))
    try:
        found = requests.requested(*given)
        learns = {"loss": f, "loss_arguments": row, "optimizer": SGD(parameters, 1e-4)}
    except NoGradient:
        found, learns = requests.requested(*given[:4], None, None, "sgd"), {}
    to_javascript(f, folder / "f.mjs", row, gradient=True, **learns)
    value, gradient, *step = found.entries
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_test, "_ROWS", 1)
        patch.setattr(self_test, "_STEPS", 2)
        (case,) = self_test.cases(found, gradient)
        losses = self_test.steps(found, step[0])[1] if step else []
    call = split(value, case.given)
    steps = f", m.trainStep({call}), m.trainStep({call})" * bool(step)
    found_there = numbers(
        in_node(
            folder,
            "import * as m from './f.mjs';\n"
            f"const g = m.gradient({call});\n"
            f"const found = Object.values(g).flatMap(x => x.length === undefined ? [x] : [...x])"
            f".concat([m.value({call}){steps}]);",
        )
    )
    expected = [*case.expected, case.expected[0], *losses]
    assert found_there == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_arguments_may_be_called_as_the_module_calls_its_own(tmp_path):
    """`y` as the result, `d_x` as a gradient, `gradient` as what a training step keeps."""
    w = Value(0.5)

    def listed(y, d_x):
        return [(w * x).tanh() + d_x for x in y]

    def loss(x, d_x, gradient, steps):
        return (w * x[0] * d_x[0] - gradient) ** 2 * steps

    given = ([0.5], [2.0], 1.0, 3.0)
    how = {"loss": loss, "loss_arguments": given, "optimizer": SGD([w], 0.01)}
    to_javascript(listed, tmp_path / "a.mjs", ([0.1, 0.2], 1.0))
    to_javascript(loss, tmp_path / "b.mjs", given, gradient=True, **how)
    found = in_node(
        tmp_path,
        "import * as a from './a.mjs'; import * as b from './b.mjs';\n"
        "const g = b.gradient([0.5], [2], 1, 3);\n"
        "const found = [...a.value([0.1, 0.2], 1), g.value, ...g.d_x, ...g.d_d_x,"
        " b.trainStep([0.5], [2], 1, 3)];",
    )
    # 3 (0.5 * 0.5 * 2 - 1) ** 2, and its derivatives by 0.5 and by 2.
    expected = [math.tanh(0.05) + 1, math.tanh(0.1) + 1, 0.75, -3.0, -0.75, 0.75]
    assert [float(x) for x in found] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_users(name, tmp_path):
    """RNN, convolution, attention and batch norm: value, gradient and training steps."""
    module, draw = PROGRAMS[name], draw_from(1)
    parameters = values(module.parameters(draw))
    inputs = module.inputs(draw)

    def loss(*inputs):
        return module.loss(parameters, *inputs)

    chosen = SGD(leaves(parameters), 0.01)
    found = requests.requested(loss, inputs, None, True, loss, inputs, chosen)
    how = {"loss": loss, "loss_arguments": inputs, "optimizer": chosen}
    to_javascript(loss, tmp_path / "p.mjs", inputs, gradient=True, **how)
    case = self_test.cases(found, found.entries[1])[0]
    row, losses = self_test.steps(found, found.entries[2])
    first, then = (split(found.entries[0], numbers) for numbers in (case.given, row))
    there = in_node(
        tmp_path,
        "import * as m from './p.mjs';\n"
        f"const g = Object.values(m.gradient({first}));\n"
        f"const found = [g[0], ...g.slice(1).flatMap(x => [...x]), m.value({first}),"
        f" {', '.join([f'm.trainStep({then})'] * len(losses))}];",
    )
    expected = [*case.expected, case.expected[0], *losses]
    assert numbers(there) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_arithmetic_is_that_of_the_loops_to_the_last_bit(tmp_path):
    """Sums, products, quotients and roots: `==`, for signed zeros, infinities and tiny numbers."""
    w = [[Value(0.1 * i - 0.37 * j) for j in range(5)] for i in range(4)]

    def f(xs, t):
        h = [sum(a * x for a, x in zip(row, xs, strict=True)) - t for row in w]
        squares = [1.0 / (0.3 + z * z) for z in h]
        return [*h, *squares, (sum(squares) ** 2 + t * t).sqrt(), -t, t / xs[0]]

    rows = [[0.1, 0.2, 0.3, -0.7, 1e-300, -0.0], [0.0, 1e308, -1e308, 1e308, 3.0, 5e-324]]
    example = (rows[0][:5], rows[0][5])
    found = requests.requested(f, example, None, False, None, None, "sgd")
    to_javascript(f, tmp_path / "f.mjs", example)
    entry = found.entries[0]
    calls = ", ".join(f"m.value({split(entry, row)})" for row in rows)
    there = in_node(tmp_path, f"import * as m from './f.mjs';\nconst found = [{calls}];")
    for row, outputs in zip(rows, there, strict=True):
        expected = outputs_of_loops(entry, [v.data for v in found.parameters], row)
        for a, b in zip(numbers(outputs), expected, strict=True):
            assert (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)


#: Where each function of the library is tried.
POINTS = [0.0, -0.0, 1e-300, 1e-9, 0.1, 0.2, 0.5, 0.7, 0.84, 0.9, 1.0, 1.2, 1.3, 1.7, 2.0, 2.6, 2.9]
POINTS += [3.7, 5.1, 6.5, 9.0, 15.0, 26.0, 30.0, 300.0, math.inf, math.nan]


def test_functions_are_within_two_ulp(tmp_path):
    """Each primitive, at points of both signs, against Python's library."""
    functions = SpelledFunctions(JavaScript("double"), Identifiers())
    points = [*POINTS, *(-x for x in POINTS)]
    calls = []
    for name in ieee.PRIMITIVES:
        for x in points:
            given = [repr(x).replace("inf", "Infinity").replace("nan", "NaN")] * (
                2 if name == "atan2" else 1
            )
            calls.append(functions.primitive(name, [Text(g) for g in given]).text)
    code = "\n".join(functions.texts) + f"\nconst found = [{', '.join(calls)}];"
    there = iter(numbers(in_node(tmp_path, code)))
    far = {}
    for name, function in ieee.PRIMITIVES.items():
        for x in points:
            expected = function(x, x) if name == "atan2" else function(x)
            off = ulps(next(there), expected)
            if off > 2:
                far[name, x] = off
    assert far == {}


def test_a_language_model_learns(tmp_path):
    """The scalar GPT: its value, and the losses of its training steps."""
    model = gpt.GPT()
    chosen = SGD(model.parameters, 0.1)
    found = requests.requested(model.loss, NAMES, None, False, model.loss, NAMES, chosen)
    write_javascript(found, tmp_path / "gpt.mjs")
    row, losses = self_test.steps(found, found.entries[1])
    call = split(found.entries[0], row)
    steps = ", ".join([f"m.value({call})", *[f"m.trainStep({call})"] * len(losses)])
    there = in_node(tmp_path, f"import * as m from './gpt.mjs';\nconst found = [{steps}];")
    assert numbers(there) == pytest.approx([losses[0], *losses], rel=1e-9)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_neurons_at_once_add_up_in_their_order(tmp_path, dtype):
    """Four sums at a time, or as many as divide the layer, each to the last bit."""
    number = np.dtype(dtype).type
    net = MLP(9, [8, 15, 7], "relu", seed=0)
    row = np.random.default_rng(0).normal(size=9).astype(dtype)
    to_javascript(net, tmp_path / "net.mjs", dtype=dtype)
    text = (tmp_path / "net.mjs").read_text()
    assert [f"i += {n})" in text for n in (4, 5, 7)] == [True, True, False]
    expected = row
    for layer in net.layers:
        sums = []
        for neuron in layer.neurons:
            total = number(neuron.bias.data)
            for w, x in zip(neuron.weights, expected, strict=True):
                total = total + number(w.data) * x
            sums.append(total)
        expected = np.array(sums, number)
        expected = np.maximum(expected, 0) if layer is not net.layers[-1] else expected
    code = f"import * as m from './net.mjs';\nconst found = [...m.value({row.tolist()})];"
    assert numbers(in_node(tmp_path, code)) == expected.tolist()


def test_arguments_that_are_not_numbers_are_refused(tmp_path):
    """And do not become nan, or text: what is missing, too short, or no number says so."""
    w = Value(2.0)
    how = {"loss": lambda xs, t: (w * xs[0] - t) ** 2, "loss_arguments": ([1.0, 2.0], 1.0)}
    to_javascript(lambda xs, t: w * xs[0] + t, tmp_path / "m.mjs", ([1.0, 2.0], 1.0), **how)
    expected = {
        "m.value()": "TypeError: xs is an array of 2 numbers, not undefined",
        "m.value(3, 1)": "TypeError: xs is an array of 2 numbers, not 3",
        "m.value('12', 1)": "TypeError: xs is an array of 2 numbers, not 12",
        "m.value([1, 2])": "TypeError: t is a number, not undefined",
        "m.value([1], 1)": "RangeError: xs has 2 numbers, not 1",
        "m.value(new Float64Array(3), 1)": "RangeError: xs has 2 numbers, not 3",
        "m.value(['1', 2], 1)": "TypeError: xs[0] is a number, not 1",
        "m.value([1, ,], 1)": "TypeError: xs[1] is a number, not undefined",
        "m.value([1, 2], '1')": "TypeError: t is a number, not 1",
        "m.trainStep([1, 2])": "TypeError: t is a number, not undefined",
        "m.trainStep([1, 2], 1, '0.1')": "TypeError: learningRate is a number, not 0.1",
        "m.value([1, 2], 1)": "3",
        "m.value(new Float32Array([1, 2]), NaN)": "NaN",
    }
    calls = ", ".join(f"() => {call}" for call in expected)
    code = (
        "import * as m from './m.mjs';\n"
        "const said = f => { try { return String(f()); } catch (error) { return String(error); } };"
        f"\nconst found = [{calls}].map(said);"
    )
    assert dict(zip(expected, in_node(tmp_path, code), strict=True)) == expected


def test_the_types_are_those_of_typescript(tmp_path):
    """What callers see, with names that neither language has already."""
    found = requests.requested(lambda xs, var: [xs[0] * var, xs[1]], ([1.0, 2.0], 3.0))
    write_javascript(found, tmp_path / "m.mjs")
    line = (tmp_path / "m.d.mts").read_text().splitlines()[-1]
    assert line == "export function value(xs: ArrayLike<number>, var_: number): Float64Array;"
