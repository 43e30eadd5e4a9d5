"""The language of rules: read once, walked by one fold, printed and computed by algebras."""

import re
from pathlib import Path

import pytest

from jangrad import ops, rules
from jangrad.algebra import BinOp, Call, Cmp, Const, If, In, Logic, Neg, Num, Rebuilt, fold
from jangrad.errors import OperationError

ROOT = Path(__file__).parents[1]
RULES = sorted({text for row in ops.OPS.values() for text in (row.value, *row.partials)})
FUNCTIONS = {"exp": 1, "maximum": 2}


def test_every_kind_of_node_is_read():
    """One text with all nine of them, as the tree that it means."""
    found = rules.read("-2 * exp(x) if a < pi and b != 0.0 or y >= 1 else x ** 2")
    test = Logic(
        "or",
        (
            Logic("and", (Cmp("<", In("a"), Const("pi")), Cmp("!=", In("b"), Num(0.0)))),
            Cmp(">=", In("y"), Num(1)),
        ),
    )
    chosen = BinOp("*", Neg(Num(2)), Call("exp", (In("x"),)))
    assert found == If(test, chosen, BinOp("**", In("x"), Num(2)))
    assert rules.read("+x") == In("x")


def test_numbers_are_what_is_written():
    """A rule's own 0 contributes nothing, 0.0 is a number: they are two."""
    assert rules.read("0") != rules.read("0.0")
    assert rules.read("1e400") == rules.read("1e500")
    assert len({Num(0), Num(0.0), Num(0)}) == 2


@pytest.mark.parametrize("text", RULES)
def test_rules_read_back_from_their_text(text):
    """What is printed of a rule is the rule; folding it to itself changes nothing."""
    rule = rules.rule_of(text)
    assert rules.read(rules.text_of(rule)) == rule
    assert fold(rule, Rebuilt()) == rule
    assert rules.rule_of(text) is rule, "it is parsed once"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x +", "cannot be read: invalid syntax"),
        ("(" * 5000, "cannot be read: "),
        ("x if x else 0", r"uses `x` as a test(.|\n)*try: 1 if x > 0 else 0"),
        ("x if exp(x) and x > 0 else 0", r"uses `exp\(x\)` as a test"),
        ("x + (x > 0)", "uses `x > 0` as a number"),
        ("1 if 0 < x < 1 else 0", r"compares more than two: `0 < x < 1`(.|\n)*0 < x and x < 1"),
        ("'x'", "holds 'x', which is not a number"),
        ("2j", "holds 2j, which is not a number"),
        ("True", "the name `True`, which it does not know"),
        ("x + z", r"the name `z`, which it does not know(.|\n)*one of"),
        ("expp(x)", r"the function `expp`, which it does not know(.|\n)*`exp`"),
        ("exp(x, x)", "gives 2 numbers to `exp`, which takes 1"),
        ("exp()", r"holds the call `exp\(\)`"),
        ("exp(x=x)", r"holds the call `exp\(x=x\)`"),
        ("x.exp(x)", r"holds the call `x.exp\(x\)`"),
        ("x @ x", r"uses MatMult, which a rule cannot hold(.|\n)*they hold only numbers"),
        ("~x", "uses Invert, which"),
        ("not x", "uses Not, which"),
        ("x if x in x else 0", "uses In, which"),
        ("x[0]", r"uses `x\[0\]`, which a rule cannot hold"),
        ("lambda: x", "uses `lambda: x`, which"),
        ("(y := x)", r"uses `\(y := x\)`, which"),
        ("[x]", r"uses `\[x\]`, which"),
        ("x.real", "uses `x.real`, which"),
    ],
)
def test_anything_else_is_refused(text, said):
    """With the part that is none of the language, and why."""
    with pytest.raises(OperationError, match=said):
        rules.parse(text, ["x", "y"], FUNCTIONS)


def test_a_domain_is_a_test():
    """And a rule is none."""
    assert rules.parse("x > 0", ["x"], {}, test=True) == Cmp(">", In("x"), Num(0))
    with pytest.raises(OperationError, match="uses `x` as a test"):
        rules.parse("x", ["x"], {}, test=True)


def test_names_and_functions_of_a_rule():
    """Names in the order of the text, constants left out; functions inside of calls too."""
    rule = rules.rule_of("b + maximum(exp(a), pi) if y > 0 else b")
    assert rules.names_of(rule) == ["b", "a", "y"]
    assert rules.names_in(rule) == {"a", "b", "y"}
    assert rules.functions_in(rule) == {"maximum", "exp"}


def test_what_stands_in_the_place_of_signs():
    """Divisions that can raise, powers, comparisons, choices."""
    text = "1 / x + x / 2 if x == 0 and x > 1 or x != 3 else x ** 2"
    both = {**rules.IEEE, **rules.CHOSEN}
    assert rules.text_of(text, rules.Python(both, {"x": "v"})) == (
        "_where(_either(_both(_equal(v, 0), v > 1), _unequal(v, 3)),"
        " _div(1, v) + v / 2, _power(v, 2))"
    )
    assert rules.text_of(text) == text


def test_only_the_reader_of_rules_knows_pythons_syntax_tree():
    """Whatever else is made of a rule is an algebra; what writes Python's own source has it too."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    using = [f.name for f in files if re.search(r"(?m)^\s*(import|from) ast\b", f.read_text())]
    writers = {"array_text.py", "jax_source.py", "numpy_source.py", "plain_numbers.py"}
    # Of the user's program: which statement has made a Value, where a block of a page ends.
    readers = {"call_runs.py", "course.py"}
    assert set(using) - writers - readers == {"rules.py"}
