"""Where a nan or inf comes from: the tree marks the first operation that made it."""

import pytest

from jangrad import Value, exp, log, strict
from jangrad.errors import NonFinite
from jangrad.show import derive
from jangrad.show.origins import origins


def told(root):
    return [origin.text for origin in origins(derive(root))]


def test_the_tree_marks_the_first_nan_and_nothing_that_caught_it():
    """With the operation, its number, and what it needs; also where the line is cut."""
    x, k = Value(-0.2), Value(3.0)
    y = x * k
    root = (y.log() * k + exp(x)).tanh()
    text = root.backtrack().text()
    assert text.count("begins") == 2
    (marked,) = [line for line in text.splitlines() if line.endswith("   nan begins here")]
    assert "v1 = log(y)" in marked
    assert text.splitlines()[-1] == "nan begins at v1 = log(y): log of -0.6, which needs x > 0"
    narrow = root.backtrack().text(width=40)
    assert "nan begins at v1" in narrow
    assert max(map(len, narrow.splitlines())) <= 60


def test_origins_of_values_and_slopes():
    """A leaf, an overflow, a pole, and a slope that has no number."""
    bad, zero, big = Value(float("nan"), "bad"), Value(0.0, "z"), Value(1e300, "big")
    assert told(bad * 2.0) == ["nan begins at bad, which was given"]
    assert told(big * big) == ["inf begins at v1 = big * big: mul of 1e+300 and 1e+300"]
    assert told(1.0 / zero) == ["inf begins at v1 = 1 / z: div of 1 and 0, which needs b != 0"]
    assert told(zero.sqrt() * 3.0) == ["gradients are inf below v1 = sqrt(z): its slope is inf"]
    assert told(zero * zero.sqrt()) == ["gradients are nan below v1 = sqrt(z): its slope is inf"]
    assert told((big * big - big * big) + log(bad))[:2] == [
        "inf begins at v1 = big * big: mul of 1e+300 and 1e+300",
        "inf begins at v2 = big * big: mul of 1e+300 and 1e+300",
    ]


def test_what_harms_nothing_is_not_marked():
    """exp of -inf is 0, and all is finite again."""
    zero = Value(0.0, "z")
    a = Value(2.0, "a")
    assert told(exp(-(1.0 / zero.detach())) * a) != []  # the slope of 1 / 0 meets a 0
    assert told(a * 3.0) == []


def test_it_is_what_strict_raises_at():
    """The tree and the error name one operation."""
    x = Value(-1.0, "x")
    with strict(), pytest.raises(NonFinite, match=r"`log` gave nan from \(-1\.0\)"):
        (x * 1.0).log()
    assert told((x * 1.0).log() + x) == [
        "nan begins at v2 = log(v1): log of -1, which needs x > 0",
    ]


def test_many_origins_are_counted():
    """The first three in full."""
    leaves = [Value(float("inf")) for _ in range(5)]
    lines = sum(leaves[1:], leaves[0]).backtrack().text().splitlines()
    assert lines[-1] == "and in 2 other places"
