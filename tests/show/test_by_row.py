"""What each row of a batch adds to a gradient: that of its own loss alone."""

import pytest

from jangrad import MLP, Value
from jangrad.datasets import moons
from jangrad.errors import ConfigError
from jangrad.nn import l2_penalty, softmax_cross_entropy, squared_error


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_rows_add_what_they_would_alone(penalty):
    """Each part is the gradient of one row's loss; with a penalty the rest is told."""
    X, y = moons(12, seed=0)
    net = MLP(2, [3, 1], "tanh", seed=0)
    outputs = [net(row) for row in X]
    loss = squared_error(outputs, y)
    if penalty:
        loss = loss + l2_penalty(net.parameters(), penalty)
    tree = loss.backtrack()
    weight = net.layers[0].neurons[1].weights[0]
    found = tree.by_row(weight, outputs)
    for part in found.rows:
        alone = squared_error([net(X[part.row])], [y[part.row]]) / 12
        net.zero_grad()
        alone.backward()
        assert part.amount == pytest.approx(weight.grad, rel=1e-12)
    assert sum(part.amount for part in found.rows) + found.rest == pytest.approx(found.gradient)
    assert found.rest == pytest.approx(2.0 * penalty * weight.data)
    assert sum(part.share for part in found.rows) == pytest.approx(1.0)
    assert [part.share for part in found.rows] == sorted(
        (p.share for p in found.rows), reverse=True
    )


def test_the_terms_of_a_sum_are_found_without_being_told():
    """Of a mean of losses; where a penalty has terms of its own, one has to say what is meant."""
    X, _ = moons(9, seed=0)
    net = MLP(2, [3, 3], "tanh", seed=0)
    outputs = [net(row) for row in X]
    loss = softmax_cross_entropy(outputs, [i % 3 for i in range(9)])
    weight = net.layers[0].neurons[1].weights[0]
    tree = loss.backtrack()
    by_terms, by_rows = tree.by_row(weight), tree.by_row(weight, outputs)
    assert (by_terms.of, by_rows.of) == ("term", "row")
    assert [(p.row, p.share) for p in by_terms.rows] == [
        (p.row, pytest.approx(p.share)) for p in by_rows.rows
    ]
    both = loss + l2_penalty(net.parameters(), 0.1)
    with pytest.raises(ConfigError, match="no sum of what rows lose") as error:
        both.backtrack().by_row(weight)
    assert "rows=outputs" in str(error.value)
    assert "comes through no row" in str(both.backtrack().by_row(weight, outputs))


def test_what_rows_share_is_shared_out():
    """A number that is computed once and used by all rows."""
    w = Value(2.0, "w")
    square = w * w
    outputs = [square * x for x in (1.0, 2.0, 3.0)]
    found = (sum(outputs) * 2.0).backtrack().by_row("w", outputs)
    assert {part.row: part.amount for part in found.rows} == {0: 8.0, 1: 16.0, 2: 24.0}


def test_where_no_row_adds_anything_that_is_said():
    """With whom to ask."""
    w = Value(-2.0, "w")
    outputs = [(w * x).relu() for x in (1.0, 2.0)]
    said = str(sum(outputs).backtrack().by_row("w", outputs))
    assert said.startswith("None of its rows adds anything to the gradient of w")
    assert "tree.why('w')" in said


def test_terms_with_names_are_told_by_them():
    """Also where one of them is a longer sum itself: its name says what is meant."""
    w = Value(0.5, "w")
    physics = sum((w * t - t) ** 2 for t in (1.0, 2.0, 3.0)) / 3
    physics.label = "physics"
    boundary = (w - 1.0) ** 2
    boundary.label = "boundary"
    found = (0.1 * physics + boundary).backtrack().by_row("w")
    assert [(part.row, part.name) for part in found.rows] == [(1, "boundary"), (0, "physics")]
    assert found.rows[0].amount == pytest.approx(-1.0)
    assert found.rows[1].amount == pytest.approx(-0.1 * 28.0 / 6.0)
    assert str(found).splitlines()[1] == "  term 1, boundary, adds        -1    68 %"
