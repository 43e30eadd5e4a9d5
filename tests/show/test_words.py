"""Words and formulas: every formula that is printed equals the number beside it."""

import math
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from tests.strategies import programs, run

from jangrad import Value, clamp, ops, rules, xlogy
from jangrad.algebra import Num, Rebuilt, fold
from jangrad.engine import apply
from jangrad.show import derive, latex
from jangrad.show import formula as f
from jangrad.show.equations import (
    by_user,
    factor,
    local,
    local_formula,
    value_expression,
    with_numbers,
)


def numbers_of(derivation):
    return {node.handle: node.data for node in derivation}


def random_roots():
    """One graph an operation of the table: it, applied to Values and to numbers on either side."""
    for name, row in ops.OPS.items():
        points = row.safe or ((-1.3, 1.7),) * len(row.inputs)
        inputs = [Value(0.3 * low + 0.7 * high) for low, high in points]
        yield name, apply(name, *inputs)
        if len(inputs) == 2:
            yield name, apply(name, inputs[0], inputs[1].data)
            yield name, apply(name, inputs[0].data, inputs[1])


@pytest.mark.parametrize(("name", "root"), list(random_roots()))
def test_formulas_of_every_operation_equal_their_numbers(name, root):
    """Value, value with numbers, and each partial: the formula evaluates to what is printed."""
    derivation = derive(root * 1.5 + root)
    numbers = numbers_of(derivation)
    for node in derivation:
        if node.op:
            assert f.evaluate(value_expression(node), numbers) == pytest.approx(
                node.data, rel=1e-12
            )
            assert f.evaluate(with_numbers(node), {}) == pytest.approx(node.data, rel=1e-12)
        for user, positions in by_user(node):
            expected = local(user, positions)
            assert f.evaluate(local_formula(user, positions), numbers) == pytest.approx(
                expected, rel=1e-12, abs=1e-300
            )


@pytest.mark.parametrize(("name", "root"), list(random_roots()))
def test_every_operation_has_words_and_latex(name, root):
    """A tree of any operation explains itself; the braces of its LaTeX are in pairs."""
    tree = (root * 1.5).backtrack()
    said = tree.explain()
    assert "Gradients, backward:" in str(said)
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", said.latex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert "{x}" not in said.latex


class Rounded(Rebuilt):
    """Each number in six digits, as it is printed."""

    def num(self, value):
        return Num(float(f.number(value)))


def rounded(formula):
    return fold(formula, Rounded())


@given(programs())
def test_every_printed_formula_of_random_graphs_equals_its_number(program):
    """Values, partials and chain rules; what is printed reads back as what was meant."""
    root = run(program, [Value(x) for x in program.leaves], apply)
    derivation = derive(root)
    numbers = numbers_of(derivation)
    for node in derivation:
        formulas = []
        if node.op:
            formulas += [(value_expression(node), node.data), (with_numbers(node), node.data)]
        uses = by_user(node)
        formulas += [(local_formula(user, places), local(user, places)) for user, places in uses]
        for formula, expected in formulas:
            assert f.evaluate(formula, numbers) == pytest.approx(expected, rel=1e-9, abs=1e-12)
            printed = rules.read(f.text(formula))
            meant = f.evaluate(rounded(formula), numbers)
            assert f.evaluate(printed, numbers) == pytest.approx(meant, rel=1e-12, nan_ok=True)
        if uses:
            amounts = [user.grad * local(user, places) for user, places in uses]
            size = sum(map(abs, amounts))
            assert sum(amounts) == pytest.approx(node.grad, rel=1e-9, abs=1e-12 * size)


def test_the_printed_text_evaluates_too():
    """What a reader copies from the screen gives the number beside it."""
    a, b = Value(0.7, label="a"), Value(-1.3, label="b")
    tree = ((a * b).tanh() * a - b / a).backtrack()
    for line in str(tree.explain()).splitlines():
        left, _, sides = line.strip().partition(" = ")
        if not sides or left.endswith(":"):
            continue
        names = {node.handle: node.data for node in tree}
        final = float(sides.split(" = ")[-1])
        for side in sides.split(" = "):
            if "d" not in side.replace("div", ""):  # a chain of derivatives is no Python
                value = f.evaluate(rules.read(side), names)
                assert value == pytest.approx(final, rel=1e-4, abs=1e-6), line


_AROUND = {
    "c - p": lambda p, c: c - p,
    "p - c": lambda p, c: p - c,
    "p * c": lambda p, c: p * c,
    "c / p": lambda p, c: c / p,
    "-p": lambda p, c: -p,
    "p ** 2": lambda p, c: p**2,
    "tanh(p)": lambda p, c: p.tanh(),
    "2 * p * p": lambda p, c: 2.0 * p * p,
    "xlogy(p, c)": lambda p, c: xlogy(p, c),
    "minimum(c, p)": lambda p, c: c.minimum(p) * p,
}


@pytest.mark.parametrize("label", ["a - b", "a+b", "a-1", "a * b", "(a + b) / b", "-a", "(a + b)"])
@pytest.mark.parametrize("around", _AROUND.values(), ids=list(_AROUND))
def test_a_label_that_holds_an_operator_keeps_together_in_formulas(label, around):
    """The labels of micrograd's lecture are formulas; what is printed with them is true as read."""
    a, b, c = Value(2.0, label="a"), Value(3.0, label="b"), Value(4.0, label="c")
    p = eval(label, {"a": a, "b": b})
    p.label = label
    tree = around(p, c).backtrack()
    names = {"a": 2.0, "b": 3.0, "c": 4.0} | numbers_of(tree)
    for node in tree:
        if node.op and node.value is not p:
            shown = f.text(value_expression(node))
            printed = rules.read(shown)
            assert f.evaluate(printed, names) == pytest.approx(node.data), shown
        for user, places in by_user(node):
            product = f"{user.grad!r} * {factor(local_formula(user, places))}"
            expected = user.grad * local(user, places)
            printed = rules.read(product)
            assert f.evaluate(printed, names) == pytest.approx(expected), product


def test_labels_that_hold_an_operator_in_latex_and_pictures():
    """In LaTeX, in the picture and in JSON as in words; brackets do not come twice."""
    a, b, c = Value(2.0, label="a"), Value(3.0, label="b"), Value(4.0, label="c")
    p = a + b
    p.label = "a + b"
    q = c - p
    q.label = "q"
    tree = (q * p.tanh()).backtrack()
    assert r"q &= c - \left(\text{a + b}\right) = 4 - 5" in tree.latex()
    assert r"\tanh\left(\text{a + b}\right)" in tree.latex()
    assert r"\frac{\partial q}{\partial \left(\text{a + b}\right)}" in tree.latex()
    for shown in (tree.text(), tree.svg(), tree.to_json(), str(tree.explain())):
        assert "c - (a + b)" in shown
        assert "((a + b))" not in shown
    net = Value(1.0, label="net[0].w['a-b']")
    assert f.text(value_expression((net * 2.0).backtrack().nodes[-1])) == "net[0].w['a-b'] * 2"


def test_only_the_branch_taken_is_shown():
    """A rectifier's partial is the number it is here, not the case distinction."""
    a = Value(2.0, label="a")
    tree = a.relu().backtrack()
    assert "= 1 * 1 = 1" in str(tree.explain("a"))


def test_long_sums_are_shortened_but_complete_in_number():
    """A Value used a hundred times is explained in six terms and the sum of the rest."""
    a = Value(1.0, label="a")
    total = a * 0.0
    for k in range(100):
        total = total + a * float(k)
    explained = total.backtrack().explain("a")
    assert "(95 more)" in str(explained)
    assert str(explained).splitlines()[1].endswith(" and in 95 more.")
    assert str(explained).splitlines()[-3].endswith("= 4950")
    assert str(explained).splitlines()[-2].startswith("By size, v200 adds 2.0 %, v198 adds")
    assert explained.latex.count(r"\cdot ") == 12
    assert explained.latex.count(r" + \cdots") == 2
    assert explained.latex.endswith("= 4950")


def test_the_root_explains_itself():
    """Its own gradient is 1, and said so."""
    e = Value(1.0, label="x") * 2.0
    assert "its own gradient is 1" in str(e.backtrack().explain("e"))


@pytest.mark.parametrize(
    ("slope", "words"),
    [(0.0, "does not change"), (-2.0, "shrinks by 2 times as much"), (1.0, "just as much")],
)
def test_the_meaning_of_a_gradient_is_said(slope, words):
    """The last line says in words what the number means."""
    x = Value(1.0, label="x")
    assert words in str((x * slope).backtrack().explain("x"))


_KINKS = {
    "abs": lambda a, b: abs(a) * 3.0,
    "relu": lambda a, b: a.relu() + a,
    "maximum": lambda a, b: a.maximum(b),
    "leaky_relu": lambda a, b: a.leaky_relu(),
    "elu": lambda a, b: a.elu(2.0),
    "clamp": lambda a, b: clamp(a, 0.0, 1.0),
    "far away": lambda a, b: (a * 2.0 - b).relu().exp(),
}


@pytest.mark.parametrize("make", _KINKS.values(), ids=list(_KINKS))
def test_no_slope_is_promised_at_a_kink(make):
    """There the gradient is a choice, and a small change may do something else."""
    e = make(Value(0.0, label="a"), Value(0.0, label="b"))
    last = str(e.backtrack().explain("a")).splitlines()[-1]
    assert "has a kink here: the slopes on its two sides differ" in last
    assert "grow" not in last


_SMOOTH = {
    "A small change of a does not change e.": lambda a: a**2,
    "When a grows by a little, e grows by just as much.": lambda a: a.elu() + a.relu() * 0.0,
    "When a grows by a little, e grows by 0.5 times as much.": lambda a: a.softplus() + 1.0,
    "e is nan, so it has no slope here.": lambda a: (a - 2.0).log(),
    "e is -inf, so it has no slope here.": lambda a: a.log(),
    "e has no finite slope in a here.": lambda a: a.sqrt(),
}


@pytest.mark.parametrize(("words", "make"), _SMOOTH.items())
def test_what_is_no_kink_is_said_as_it_is(words, make):
    """Rules with a test that go on smoothly, edges, and places where there is no number."""
    e = make(Value(0.0, label="a"))
    e.label = "e"
    assert str(e.backtrack().explain("a")).splitlines()[-1] == words


def test_numbers_are_written_as_people_read_them():
    """Six digits; inf and nan as words."""
    assert [f.number(x) for x in (1e20, 0.1, -math.inf)] == ["1e+20", "0.1", "-inf"]


def test_latex_of_names_is_safe():
    """Special characters of a label do not break the formula."""
    tree = (Value(1.0, label="50% {x}_$") * 2.0).backtrack()
    assert r"\text{50\% \{x\}\_\$}" in tree.latex()


def test_a_notation_with_a_choice_in_latex():
    """A user's own notation may hold what rules hold."""
    formula = rules.read("-x ** 2 if x >= 0 and a != 1 else b")
    assert latex.of(formula) == (
        r"\begin{cases} -{x}^{2} & \text{if } x \ge 0 \wedge a \ne 1 \\ b & \text{otherwise}"
        r" \end{cases}"
    )


def test_the_sign_of_a_zero_that_is_given_is_told():
    """1 / -0 is -inf, which could not be understood of a 0."""
    a, b = Value(0.0, label="a"), Value(-0.0, label="b")
    said = str((a / b).backtrack().explain())
    assert "  a = 0\n  b = -0\n" in said


def test_the_sign_of_a_zero_is_told():
    """1 / -0 is -inf: beside "x = 0" it would look wrong."""
    x = Value(-0.0, "x")
    tree = (1.0 / x).backtrack()
    assert "x = -0, a number" in str(tree.explain("x"))
    assert tree.text().splitlines()[2].split()[:3] == ["└──", "x", "-0"]


def test_a_local_slope_is_written_otherwise_than_a_gradient():
    """`dc/da = dc/dc * dc/da` would be a circle: a gradient goes through all paths and its ratio
    has a straight d over the root; a local slope is that of one operation, with a round one.
    """
    a, x = Value(2.0, "a"), Value(0.5, "x")
    c = a * x
    c.label = "c"
    tree = c.backtrack()
    assert "dc/da = dc/dc * ∂c/∂a = 1 * x = 0.5" in tree.explain("a").text
    assert tree.explain("a").latex.startswith(
        r"\frac{\mathrm{d} c}{\mathrm{d} a}"
        r" = \frac{\mathrm{d} c}{\mathrm{d} c} \cdot \frac{\partial c}{\partial a} = "
    )
    loss = (c * c + x).sigmoid()
    loss.label = "loss"
    texts = [loss.backtrack().explain().text, loss.backtrack().explain("x").text]
    moving = loss.backtrack().svg(animate=True)
    for said in (*texts, moving):
        assert re.findall(r"∂\S+/∂\S+", said)
        tops = {top for top, _ in re.findall(r"\bd(\w+|\([^)]*\))/d(\w+|\([^)]*\))", said)}
        assert tops == {"loss"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_stream_takes_the_words(encoding):
    """One that has no ∂ gets `del`, and escapes for letters of names."""
    code = """
from jangrad import Value
a = Value(2.0, "π")
c = a * a
print(c.backtrack().explain("π"))"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode(encoding)
    name, slope = ("π", "∂c/∂π") if encoding == "utf-8" else (r"(\u03c0)", r"del c/del \u03c0")
    assert slope in said
    assert name.strip("()") in said


def test_the_uses_that_are_told_are_those_of_the_formula():
    """Of many users the largest are told, in words and in the equation."""
    x = Value(2.0, "x")
    root = sum(x * float(k) for k in range(1, 10))
    said = root.backtrack().explain("x").text.splitlines()[1]
    assert said.startswith("It is used in v17 = x * 9, v15 = x * 8, ")
    assert said.endswith(" and in 3 more.")
