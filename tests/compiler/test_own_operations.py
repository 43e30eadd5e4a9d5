"""Operations of one's own mean the same in every engine: by Python, as a graph, compiled.

The slope that `backward()` follows is the partial on plain floats; `gradient` runs it on Values,
the compiler on symbols, where a test has no answer yet and a constant is no symbol.
"""

import ast
import math

import pytest

from jangrad import Value, compile_step, grad, gradient, hessian, jit, operation, rules
from jangrad.compiler.program import ir
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.ir import Operation
from jangrad.compiler.program.trace import trace

pytestmark = pytest.mark.usefixtures("own_table")

ONE = {
    "a function of a constant": ("2 ** x", "log(2) * 2 ** x"),
    "a root of a constant": ("sqrt(2) * x", "sqrt(2)"),
    "nothing but constants": ("x + exp(0)", "exp(0)"),
    "a constant beyond the reals": ("x + 0 * exp(-1e9)", "1 + 0 * exp(-1e9)"),
    "a unary plus": ("+x * 2", "+2"),
    "a test of a constant": ("x if 2 > 1 else 0", "1 if 2 > 1 and 3 != 4 else 0"),
    "a negative zero": ("x * -1", "-1"),
    "named constants": ("sin(pi * x)", "pi * cos(pi * x)"),
    "a test of its value": ("x * x if x > 0 else 0", "2 * x if y != 0 else 0"),
    "powers of constants": ("x * 4 ** 0.5 ** 2", "4 ** 0.5 ** 2"),
    "functions in functions": ("tanh(sigmoid(x))", "(1 - y * y) * sigmoid(x) * (1 - sigmoid(x))"),
}
TWO = {
    "the larger one": (
        "a if a > b else b",
        "1 if a > b else (0.5 if a == b else 0)",
        "1 if b > a else (0.5 if a == b else 0)",
    ),
    "the distance": (
        "abs(a - b)",
        "1 if a > b else (-1 if a != b else 0)",
        "-1 if a > b else (1 if a != b else 0)",
    ),
    "both or neither": (
        "a * b if a > 0 and b > 0 else 0",
        "b if a > 0 and b > 0 else 0",
        "a if a > 0 and b > 0 else 0",
    ),
    "either": (
        "a + b if a > 1 or b > 1 else 0",
        "1 if a > 1 or b > 1 else 0",
        "1 if a > 1 or b > 1 else 0",
    ),
}


def numbers(function, slopes, at):
    """The value and the slopes at these numbers, in each engine."""
    values = [Value(x) for x in at]
    y = function(*values)
    y.backward()
    found = {"backward": [y.data, *(v.grad for v in values)]}
    values = [Value(x) for x in at]
    y = function(*values)
    found["gradient"] = [y.data, *(v.data for v in gradient(y, values))]
    found["grad"] = [y.data, *grad(lambda x: function(*x))(at)]
    found["jit"] = [jit(lambda x: function(*x))(at), *jit(grad(lambda x: function(*x)))(at)]
    program = trace(grad(lambda x: function(*x)), [at]).program
    found["interpreted"] = [y.data, *(x for (x,) in interpret(program, [], [at]))]
    moved = [Value(x) for x in at]
    value = compile_step(lambda: function(*moved), moved, "sgd", learning_rate=1.0)()
    found["step"] = [value, *(x - v.data for x, v in zip(at, moved, strict=True))]
    moved = [Value(x) for x in at]
    step = compile_step(
        lambda x: function(*moved) * x, moved, "sgd", learning_rate=1.0, per_row=True
    )
    value = step([1.0] * 20)
    found["rows"] = [value, *(x - v.data for x, v in zip(at, moved, strict=True))]
    assert found["backward"][1:] == pytest.approx(slopes, rel=1e-12, abs=1e-12)
    return found


@pytest.mark.parametrize("x", [1.0, 0.25, -0.5, 0.0])
@pytest.mark.parametrize("name", ONE)
def test_one_input(name, x):
    """Value and slope, at ordinary numbers and at 0."""
    value, slope = ONE[name]
    own = operation("own", value, slope)
    right = eval(slope, {"x": x, "y": own(x), **vars(math), "sigmoid": _sigmoid})
    for engine, found in numbers(own, [right], [x]).items():
        assert found == pytest.approx([own(x), right], rel=1e-12, abs=1e-12), engine


def _sigmoid(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("at", [[2.0, 2.0], [2.0, 3.0], [3.0, 2.0], [0.0, -0.0], [-1.0, 0.5]])
@pytest.mark.parametrize("name", TWO)
def test_two_inputs(name, at):
    """Also where they are equal, for a test looks at numbers and not at what holds them."""
    value, *slopes = TWO[name]
    own = operation("own", value, *slopes)
    a, b = at
    right = [eval(slope, {"a": a, "b": b}) for slope in slopes]
    for engine, found in numbers(own, right, at).items():
        assert found == pytest.approx([own(*at), *right], rel=1e-12, abs=1e-12), engine


def test_operations_that_call_others():
    """Nested ones too, to the second derivative."""
    operation("inner_one", "x ** 2 + 1", "2 * x")
    operation("middle_one", "inner_one(x) * x", "inner_one(x) + x * (2 * x)")
    outer = operation("outer_one", "middle_one(2 * x)", "2 * (inner_one(2 * x) + 8 * x * x)")
    # (2x)^3 + 2x
    for engine, found in numbers(outer, [24 * 0.49 + 2], [0.7]).items():
        assert found == pytest.approx([8 * 0.343 + 1.4, 24 * 0.49 + 2], rel=1e-12), engine
    for second in (hessian, lambda f: jit(hessian(f))):
        assert second(lambda x: outer(x[0]))([0.7])[0][0] == pytest.approx(48 * 0.7, rel=1e-12)


def test_an_operation_as_an_activation_of_a_compiled_training():
    """A function of a constant in the slope, rows side by side."""
    own = operation("exp_two", "2 ** x", "log(2) * 2 ** x")
    w = Value(0.5)
    step = compile_step(lambda x: own(w * x), [w], "sgd", learning_rate=1.0, per_row=True)
    step([1.0, 2.0])
    slope = (math.log(2) * 2**0.5 + 2 * math.log(2) * 2) / 2
    assert w.data == pytest.approx(0.5 - slope, rel=1e-12)


def test_threads_that_meet_new_operations_at_once_do_not_mix_them_up(monkeypatch):
    """Each operation has a number of its own, whichever thread was first."""

    class Shared(list):
        def append(self, one):
            if one.name == "mine":  # as if another thread came in between
                super().append(Operation("theirs"))
                super().append(one)  # which meets this one too
            super().append(one)

    operations = Shared(ir.OPERATIONS)
    monkeypatch.setattr(ir, "OPERATIONS", operations)
    monkeypatch.setattr(ir, "_number_of", dict(ir._number_of))
    for name in ("mine", "theirs", "mine", "another"):
        assert operations[ir.number_of(Operation(name))].name == name
    assert ir.number_of(Operation("mine")) == operations.index(Operation("mine"))


def test_a_rule_is_read_again_where_python_mixes_up_threads(monkeypatch):
    """Python 3.11 raises SystemError now and then where two threads parse at once."""
    parse, calls = ast.parse, []

    def mixed_up(*arguments, **options):
        calls.append(arguments)
        if len(calls) < 3:
            raise SystemError("AST constructor recursion depth mismatch (before=84, after=83)")
        return parse(*arguments, **options)

    monkeypatch.setattr(ast, "parse", mixed_up)
    assert rules.names_in("a * exp(b)") == {"a", "b"}
    assert len(calls) == 3
