"""The classic mistakes, made for real on a graph."""

import math

from jangrad import MLP, Value, log, log_softmax, maximum, relu, softmax, where


def by_name(root):
    return {mistake.name: mistake for mistake in root.backtrack().mistakes()}


def test_each_mistake_on_the_smallest_graph_that_shows_it(golden):
    """Numbers that can be checked by hand: e = c + c*b with c = a*a."""
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    c = a * a
    c.label = "c"
    e = c + c * b
    e.label = "e"
    golden("mistakes.txt", str(e.backtrack().mistakes()))


def test_a_chain_has_no_mistake_of_order():
    """Where every number is used once, only the uncleared gradients are wrong."""
    x = Value(0.5, label="x")
    assert list(by_name(x.tanh().exp())) == ["gradients not cleared before the second pass"]


def test_what_is_not_chosen_pays_nothing_in_a_mistake():
    """The slope of log at 0 is inf; no mistake brings it, or the 0 beside it, to the others."""
    a = Value(0.0, label="a")
    found = by_name(where(a > 0.0, log(a), a * 2.0) + maximum(log(a), a * 3.0) + relu(log(a)))
    assert list(found) == [
        "`=` in the place of `+=`",
        "gradients not cleared before the second pass",
    ]
    assert found["`=` in the place of `+=`"].wrong == [("da", 5.0, 2.0)]
    numbers = [n for mistake in found.values() for _, *pair in mistake.wrong for n in pair]
    assert all(map(math.isfinite, numbers))


def test_a_lone_leaf_has_none():
    """Nothing was computed, so nothing can go wrong."""
    assert str(Value(1.0).backtrack().mistakes()).startswith("none of the classic")


def test_the_softmax_mistake_is_shown_only_where_it_matters():
    """Large inputs overflow without the shift; small ones do not."""
    name = "softmax without taking out the largest"
    large = [Value(1000.0), Value(999.0)]
    assert name in by_name(softmax(large)[0])
    assert name in by_name(-log_softmax(large)[1])
    assert name not in by_name(softmax([Value(1.0), Value(2.0)])[0])


def test_a_network_shows_few_lines():
    """A long list is cut and counted."""
    net = MLP(3, [4, 4, 1], activation="tanh", seed=0)
    loss = (net([2.0, 3.0, -1.0])[0] - 1.0) ** 2
    text = str(by_name(loss)["gradients not cleared before the second pass"])
    assert len(text.splitlines()) == 11
    assert "more" in text.splitlines()[-1]
