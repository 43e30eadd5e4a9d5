"""Why a gradient is 0, tiny, huge or none: the right place is named, with its number and line."""

import pytest

from jangrad import MLP, Value, trace_lines, where
from jangrad.datasets import moons
from jangrad.errors import NameNotFound
from jangrad.nn import squared_error


def chain(x, factor, times):
    for _ in range(times):
        x = x * factor
    return x


#: How w = -2 gets a gradient, of which kind it is, the operation that makes it so, and words.
CASES = {
    "a shut relu": (lambda w, k: (w * k).relu() * k, "zero", "relu", "shut at v1 = -10"),
    "relu6 above 6": (lambda w, k: (-w * k).relu6(), "zero", "relu6", "above 6 hands nothing on"),
    "a factor 0": (lambda w, k: w * (k - k) + k, "zero", "mul", "multiplied by 0: v1 = 0"),
    "a square at 0": (lambda w, k: (w + 2.0) ** 2, "zero", "pow", "whose slope is 0 at v1 = 0"),
    "a kink": (lambda w, k: abs(w + 2.0), "zero", "abs", "at its kink, v1 = 0"),
    "the kink of a relu": (lambda w, k: (w + 2.0).relu(), "zero", "relu", "at its kink, v1 = 0"),
    "a step": (lambda w, k: w.floor() * k, "zero", "floor", "whose slope is 0 everywhere"),
    "a saturated unit": (
        lambda w, k: (w * 20.0).tanh() * k,
        "zero",
        "tanh",
        "saturated at v1 = -40",
    ),
    "not the larger": (lambda w, k: w.maximum(k) * k, "zero", "maximum", "took k = 5, not w = -2"),
    "clamped": (lambda w, k: w.clamp(-1.0, 1.0), "zero", "at_least", "took the number -1, not w"),
    "not chosen": (
        lambda w, k: where(w < 0.0, k, w) * k,
        "zero",
        "where_true",
        "did not take w = -2",
    ),
    "its own opposite": (lambda w, k: (w - w) * k, "zero", "sub", "5 and -5 to w: they cancel"),
    "two paths that cancel": (
        lambda w, k: w * 3.0 - w * 3.0 + k,
        "zero",
        "",
        "where 3 and -3 add up to 0",
    ),
    "nearly cancelled": (
        lambda w, k: w * 3.0 - w * 2.999,
        "tiny",
        "",
        "3 and -2.999 add up to 0.001",
    ),
    "far out on a sigmoid": (
        lambda w, k: (w * 10.0).sigmoid() * k,
        "tiny",
        "sigmoid",
        "saturated at v1 = -20",
    ),
    "a tiny factor": (lambda w, k: (w * 1e-6) * k, "tiny", "mul", "with the number 1e-06"),
    "many small factors": (lambda w, k: chain(w, 0.5, 40), "tiny", "", "40 slopes, 0.5 on average"),
    "a large factor": (lambda w, k: (w * 1e5 + k) * 3.0, "huge", "mul", "with the number 100000"),
    "near a pole": (lambda w, k: k / (w + 2.001), "huge", "div", "v2 = k / v1"),
    "an endless slope": (lambda w, k: (w + 2.0).sqrt(), "not finite", "sqrt", "its slope is inf"),
    "no real number": (lambda w, k: w.log() * k, "not finite", "log", "nan begins at v1 = log(w)"),
    "usual": (lambda w, k: w * k + 1.0, "usual", "mul", "by 5 at v1 = w * k, with k = 5"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_place_is_named(case):
    """By kind, operation and words."""
    make, kind, op, words = CASES[case]
    w, k = Value(-2.0, "w"), Value(5.0, "k")
    found = make(w, k).backtrack().why("w")
    assert found.kind == kind, found
    assert words in " ".join(str(found).split()), found
    if op:
        assert found.places[0].node.op == op
    assert max(map(len, str(found).splitlines())) <= 88


def test_the_user_s_line_is_told_where_it_is_known():
    """Inside `trace_lines()`."""
    w = Value(-2.0, "w")
    with trace_lines():
        root = w.relu() * 2.0
    assert "(test_why.py:" in str(root.backtrack().why("w"))
    assert "root = w.relu() * 2.0)" in " ".join(str(root.backtrack().why("w")).split())


def test_what_is_cut_off_is_found():
    """A Value that is not behind the root, by detach and by its bare number."""
    w, k = Value(-2.0), Value(5.0)
    h = w * 3.5
    root = h.detach() * k
    tree = root.backtrack()
    for asked in ("w", w):
        found = tree.why(asked)
        assert (found.kind, found.gradient) == ("not connected", 0.0)
        assert "h = -7 is computed from w, and v1 is a number of its own" in str(found)
        assert found.places[0].node is tree["v1"]
    root = k * h.data
    assert "root = k * (-7) uses the bare number" in str(root.backtrack().why("w"))
    alone = Value(1.0)
    root = Value(3.25) * k
    said = " ".join(str(root.backtrack().why(alone)).split())
    assert "look at the numbers without a name behind root" in said
    assert "v1 = 3.25." in said
    with pytest.raises(NameNotFound):
        tree.why("nobody")


def test_the_root_itself_and_a_tiny_product_below_the_least_double():
    """Its own gradient is 1; and what underflows has a slope and hands nothing on."""
    w = Value(1.0, "w")
    root = w * 1e-200
    assert "it is what was asked about" in str(root.backtrack().why(root))
    found = (w * 1e-200 * 1e-200).backtrack().why("w")
    assert found.kind == "zero"
    assert "1e-200 times 1e-200 is below the least double" in " ".join(str(found).split())


def test_a_dead_unit_is_told_once_for_all_rows():
    """Not the forty places where other units are shut."""
    X, y = moons(40, seed=0)
    net = MLP(2, [4, 4, 1], seed=0)
    net.layers[0].neurons[1].bias.data = -100.0
    tree = squared_error([net(row) for row in X], y).backtrack()
    found = tree.why("net.layers[0].neurons[1].weights[0]")
    assert "It ends at net[0][1] 40 times" in str(found)
    assert len(found.places) == 40
    assert len(str(found).splitlines()) == 3


def test_a_factor_that_a_shut_relu_has_made_0_is_named():
    """Not only that it is 0."""
    w, x = Value(-1.5, "w"), Value(2.0, "x")
    gate = (w * x).relu()
    said = str((gate * x.softplus()).backtrack().why("x"))
    assert "multiplied by 0: gate = relu(v1), shut at v1 = -3" in said.replace("\n    ", " ")


def test_paths_that_nearly_cancel_are_told():
    """The largest of them alone would not say why a gradient is small."""
    x = Value(0.5, "x")
    said = str((x * 3.0 + x * -2.6).backtrack().why("x"))
    assert "Its 2 paths nearly cancel: their sizes add up to 5.6, and they to 0.4." in said
    assert "cancel" not in str((x * 3.0 + x * -1.0).backtrack().why("x"))
