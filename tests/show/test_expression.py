"""Expressions typed in: what is read, what is refused, what SymPy says of them."""

from math import inf, isnan

import pytest

from jangrad import Value, derivative, ops
from jangrad.errors import DomainError, ExpressionError
from jangrad.show import evaluate_expression

NUMBERS = {"a": 2.0, "b": 3.0}


def test_expressions_are_computed():
    """Python's precedence, the table's functions, labels on the names."""
    e = evaluate_expression("a*a + a*b", NUMBERS)
    assert e.data == 10.0
    assert e.backtrack().gradients() == {"a": 7.0, "b": 2.0} | {"e": 1.0}
    assert evaluate_expression("-a ** 2", {"a": 3.0}).data == -9.0
    assert evaluate_expression("2", {}).data == 2.0


@pytest.mark.parametrize(
    "text",
    [
        "a*",
        "",
        "__import__('os').system('true')",
        "a.data",
        "a if a > b else b",
        "[a, b]",
        "lambda: a",
        "a ^ b",
        "a @ b",
        "a // b",
        "1j * a",
        "'text'",
        "tanh(a, b)",
        "tanh()",
        "elu(a)",
        "tanh(x=a)",
        "tanh(*a)",
        "(a := 2)",
        "foo(a)",
        "True + a",
        "(" * 5000,
        "a" * 20000,
        "not a",
        "~a",
        "a\x00b",
    ],
)
def test_anything_else_is_refused(text):
    """Nothing but names, numbers, operators and functions is ever run."""
    with pytest.raises(ExpressionError):
        evaluate_expression(text, NUMBERS)


def test_plain_numbers_are_computed_as_the_engine_does():
    """IEEE at the edges, no complex numbers, and no power with ten billion digits."""
    for text, expected in (("1/0", inf), ("-1/0", -inf), ("10**10**10", inf), ("2**-1", 0.5)):
        assert evaluate_expression(text, {}).data == expected
    assert isnan(evaluate_expression("0/0", {}).data)
    with pytest.raises(DomainError, match=r"a = -8.0"):
        evaluate_expression("(-8) ** (1/3)", {})


def test_deep_expressions_are_computed_or_refused():
    """As deep as Python's own parser goes; beyond it the message says so."""
    assert evaluate_expression("+".join(["a"] * 300), {"a": 1.0}).data == 300.0
    for count in (600, 1000, 3000, 5000):
        text = "+".join(["a"] * count)
        try:
            found = str(evaluate_expression(text, {"a": 1.0}).data)
        except ExpressionError as error:
            found = str(error)
        assert found == f"{count}.0" or "nested too deeply" in found


def test_messages_name_the_culprit():
    """A missing number, an unused one, a wrong function."""
    with pytest.raises(ExpressionError, match=r"`q` in `a \+ q` has no number"):
        evaluate_expression("a + q", NUMBERS)
    with pytest.raises(ExpressionError, match="`b` has a number but is not in"):
        evaluate_expression("a + 1", NUMBERS)
    with pytest.raises(ExpressionError, match=r"calls `sigmod`(.|\n)*did you mean `sigmoid`"):
        evaluate_expression("sigmod(a)", {"a": 1.0})
    with pytest.raises(ExpressionError, match=r"try: a \*\* b for a power"):
        evaluate_expression("a ^ b", NUMBERS)


def test_sympy_agrees_with_backtracking_for_every_function():
    """The symbolic derivative of each operation has the number that backtracking finds."""
    pytest.importorskip("sympy")
    for name, row in ops.OPS.items():
        if name in ops.INNER:
            continue
        points = row.safe or ((-1.3, 1.7),) * len(row.inputs)
        numbers = {n: 0.3 * low + 0.7 * high for n, (low, high) in zip("uv", points, strict=False)}
        text = f"{name}({', '.join(numbers)})" if row.text[0].isalpha() else row.text
        text = text.format(a="u", b="v", x="u")
        tree = evaluate_expression(text, numbers).backtrack()
        for each in numbers:
            symbolic = float(derivative(text, each).subs(numbers))
            assert symbolic == pytest.approx(tree[each].grad, rel=1e-9, abs=1e-12), (text, each)


def test_derivative_simplifies():
    """The answer is written as a person would."""
    pytest.importorskip("sympy")
    assert str(derivative("a*a + a*b", "a")) == "2*a + b"
    with pytest.raises(ExpressionError, match="`z` is not in"):
        derivative("a*a", "z")


def test_the_result_is_a_value():
    """It can be built upon."""
    assert isinstance(evaluate_expression("a", {"a": 1.0}) * 2.0, Value)


@pytest.mark.parametrize(
    "text",
    [
        "10**10**10*a",
        "a**(10**10**10)",
        "0.1**100000000*a",
        "2**-100000*a",
        "(10*a)**(10**9)",
        "((((2*a+2)**1000)**1000)**1000)",
        "*".join(["9**999"] * 20) + "*a",
        "1e999*a",
    ],
)
def test_exact_numbers_are_bounded(text):
    """SymPy would write out every digit; show computes the same text with ordinary numbers."""
    with pytest.raises(ExpressionError, match="too large to be kept exactly"):
        derivative(text, "a")
    evaluate_expression(text, {"a": 1.5})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(a+b)**1000", "1000*(a + b)**999"),
        ("(((a+1)**50+1)**50+1)**50", "125000*(a + 1)**49*((a + 1)**50 + 1)**49"),
        ("(1+1/a)**1000*a", "(1 + 1/a)**1000"),
        ("1e-320*a", f"1/1{'0' * 320}"),
        ("0.1*a", "1/10"),
    ],
)
def test_derivatives_of_high_powers_are_not_multiplied_out(text, found):
    """They are right as the rules give them; small numbers are no zeros."""
    assert str(derivative(text, "a")).startswith(found)


def test_nesting_that_is_too_much_for_sympy_is_refused():
    """With the way out."""
    with pytest.raises(ExpressionError, match="nested too deeply for SymPy"):
        derivative("tanh(" * 60 + "a" + ")" * 60, "a")
    with pytest.raises(ExpressionError, match=r"SymPy cannot keep it exactly|nested too deeply"):
        derivative("-(" * 90 + "a" + ")" * 90 + "+a" * 2000, "a")


def test_letters_that_mean_the_same_are_one_name():
    """The sign for micro (U+00B5) is Greek mu for Python, wherever a name is given."""
    value = evaluate_expression("\u00b5 * 2", {"\u00b5": 3.0})
    assert value.data == 6.0
    assert evaluate_expression("\u03bc * 2", {"\u00b5": 3.0}).data == 6.0
    assert str(derivative("\u00b5 * \u00b5", "\u00b5")) == "2*\u03bc"
