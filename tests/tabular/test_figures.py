"""Splits, scores, intervals, baselines and drift, each against a plain way to compute it."""

import math
import random

import numpy as np
import pytest

from jangrad.datasets import Column, Scale
from jangrad.datasets.packed import Texts
from jangrad.tabular import drift as drifts
from jangrad.tabular.baselines import _logistic, baselines
from jangrad.tabular.scores import (
    Score,
    root_mean_square,
    score_of_classes,
    score_of_numbers,
    spread_of_error,
    wilson,
)
from jangrad.tabular.split import split


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 24, 25, 103, 1000])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_row_is_in_one_part(count, seed):
    """One in five for the test, one in five of the others chooses, from 20 rows on."""
    parts = split([random.Random(i).random() for i in range(count)], seed)
    assert sorted(i for part in parts for i in part) == list(range(count))
    assert all(part.tolist() == sorted(part) for part in parts)
    test = count // 5 if count >= 20 else 0
    assert len(parts.test) == test
    assert len(parts.choose) == ((count - test) // 5 if count >= 20 else 0)


def test_each_part_has_its_share_of_every_class_and_of_every_range():
    """To one row of five at each end of a class; and other seeds draw other rows."""
    y = [0] * 700 + [1] * 250 + [2] * 50
    parts = split(y, 0)
    for label, total in ((0, 700), (1, 250), (2, 50)):
        assert abs(sum(y[i] == label for i in parts.test) - total / 5) <= 1
        assert abs(sum(y[i] == label for i in parts.choose) - total * 0.16) <= 1
    assert split(y, 1).test.tolist() != parts.test.tolist()
    amounts = [random.Random(2).random() for _ in range(1)] + [i * 1.0 for i in range(999)]
    test = split(amounts, 0).test
    assert abs(sum(amounts[i] < 500 for i in test) - 100) <= 1


def test_intervals_hold_what_they_say():
    """Of 95 % in 100 a share or an error lies within, counted over many draws."""
    draw = np.random.default_rng(0)
    for share in (0.1, 0.5, 0.9):
        inside = 0
        for right in draw.binomial(40, share, 2000).tolist():
            low, high = wilson(right, 40)
            inside += low <= share <= high
        assert 0.93 < inside / 2000 < 0.97
    found = [spread_of_error(draw.normal(0, 3, 200)) for _ in range(2000)]
    assert 0.92 < sum(low <= 3 <= high for low, high in found) / 2000 < 0.97
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("unit", [1e-305, 1.0, 1e200])
def test_figures_of_numbers(unit):
    """In the target's own unit, however small or large."""
    y, found = np.array([1.0, 2.0, 4.0]) * unit, np.array([1.0, 3.0, 2.0]) * unit
    score = score_of_numbers(found, y)
    assert score.value / unit == pytest.approx(math.sqrt(5 / 3))
    assert score.more["mean absolute error"] / unit == pytest.approx(1.0)
    around = (1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2
    assert score.more["R2"] == pytest.approx(1 - 5 / around)
    assert score.interval == (0.0, math.inf)  # three rows are too few
    low, high = score_of_numbers(np.tile(found, 2), np.tile(y, 2)).interval
    assert 0.0 < low <= score.value <= high < math.inf
    assert root_mean_square(np.zeros(3)) == 0.0


def test_figures_of_classes():
    """The share that is right, and the mean of minus the logarithm of the true class's share."""
    shares = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.0, 0.0, 1.0]])
    score = score_of_classes(shares, np.array([0, 1, 2]))
    assert score.value == pytest.approx(2 / 3)
    assert score.more["log loss"] == pytest.approx(-(math.log(0.7) + math.log(0.4)) / 3)


@pytest.mark.parametrize(
    ("value", "interval", "linear", "words"),
    [
        (0.9, (0.8, 0.95), 0.5, ""),
        (0.9, (0.8, 0.95), 0.85, "perhaps no better than a: 20 rows cannot tell them apart"),
        (0.9, (0.8, 0.95), 0.9, "no better than a: a network has found nothing more here"),
        (1.0, (0.8, 1.0), 1.0, "a does as well"),
    ],
)
def test_verdicts(value, interval, linear, words):
    """Of shares, where more is better, and of errors, where less is."""
    score = Score(20, "accuracy", value, interval, {"a": linear, "b": 0.1})
    assert score.verdict() == words
    low, high = interval
    errors = {"a": 1 - linear, "b": 9.0}
    score = Score(20, "root mean square error", 1 - value, (1 - high, 1 - low), errors)
    assert score.verdict() == words


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_linear_models_are_those_of_least_squares_and_of_logistic_regression():
    """Against the equations that each has to satisfy, with fewer rows than inputs too."""
    draw = np.random.default_rng(0)
    for rows, inputs in ((60, 4), (20, 50)):
        X, X_test = draw.normal(size=(rows, inputs)), draw.normal(size=(9, inputs))
        y = X[:, 0] * 2 + 1 + draw.normal(size=rows)
        y_test = X_test[:, 0] * 2 + 1
        middle = X.mean(axis=0)
        weights = np.linalg.lstsq(
            np.vstack([X - middle, np.eye(inputs)]), np.append(y - y.mean(), np.zeros(inputs)),
            rcond=None,
        )[0]  # fmt: skip
        wanted = (X_test - middle) @ weights + y.mean()
        found = baselines(X, y, X_test, y_test, 0, np.arange(rows))
        assert found["a linear model"] == pytest.approx(root_mean_square(wanted - y_test))
        assert found["always the mean"] == pytest.approx(root_mean_square(y.mean() - y_test))
    X = draw.normal(size=(300, 3))
    labels = (X @ [[1, 0, 0], [0, 1, 0], [-1, -1, 1]]).argmax(axis=1)
    found = baselines(X, labels, X, labels, 3, np.arange(300))
    ones = np.eye(3)[labels]
    weights = _logistic(X, ones, np.vstack([np.zeros(3), np.eye(3)]))
    weights[1:] -= weights[0]
    ahead = np.hstack([np.ones((300, 1)), X])
    slope = ahead.T @ (softmax(ahead @ weights) - ones) + weights
    assert abs(slope).max() < 1e-4 * abs(ahead.T @ (1 / 3 - ones)).max()
    assert found["a linear model"] == ((ahead @ weights).argmax(axis=1) == labels).mean() > 0.9
    assert found["always the commonest class"] == np.bincount(labels).max() / 300


def profile(column, cells):
    return drifts.profile(column, Texts.of(cells))


def drift(column, before, cells):
    return drifts.drift(column, before, Texts.of(cells))


def numbers(name="a"):
    return Column(name, None, (Scale(0.0, 1.0),))


def test_columns_that_have_not_changed_do_not_drift():
    """Of 400 columns of the same kind, some two in five of small tables look changed by chance."""
    draw = random.Random(0)
    found = []
    for i in range(400):
        before, now = ([str(draw.gauss(0, 1)) for _ in range(n)] for n in (200, 30))
        if i % 2:
            before, now = ([draw.choice("uvw") for _ in range(n)] for n in (200, 30))
        column = (
            Column("a", ("u", "v", "w"), (Scale(0.0, 1.0),) * 3, "text") if i % 2 else numbers()
        )
        found.append(drift(column, profile(column, before), now))
    assert sum(one.is_sure for one in found) <= 4
    assert sum(one.stability > 0.1 for one in found) > 100


def test_columns_that_have_changed_are_found():
    """Another mean, other texts, more missing cells, later dates."""
    draw = random.Random(0)
    before = [str(draw.gauss(0, 1)) for _ in range(300)]
    moved = [str(draw.gauss(1, 1)) for _ in range(100)]
    found = drift(numbers(), profile(numbers(), before), moved)
    assert found.is_sure
    assert float(found.before) == pytest.approx(0, abs=0.2)
    assert float(found.now) == pytest.approx(1, abs=0.3)
    gaps = drift(numbers(), profile(numbers(), before), before[:50] + [""] * 50)
    assert gaps.is_sure
    assert gaps.missing == (0.0, 0.5)
    text = Column("t", ("u", "v"), (Scale(0.0, 1.0),) * 2, "text")
    kept = profile(text, ["u", "v"] * 100)
    assert drift(text, kept, ["w"] * 20).is_sure
    assert drift(text, kept, ["w"] * 20).now == "w 100%"
    dates = Column("d", None, (Scale(0.0, 1.0),) * 4, "date ymd")
    kept = profile(dates, [f"2023-{1 + i % 12:02}-05" for i in range(100)])
    later = drift(dates, kept, [f"2024-{1 + i % 12:02}-05" for i in range(100)])
    assert later.is_sure
    assert later.before[:5] == "2023-"
    assert later.now[:5] == "2024-"
    assert not drift(dates, kept, [f"2023-{1 + i % 12:02}-05" for i in range(50)]).is_sure
    words = Column("b", None, (Scale(0.0, 1.0),), "boolean")
    kept = profile(words, ["yes", "No"] * 50)
    assert not drift(words, kept, ["YES", "no"] * 20).is_sure
    assert drift(words, kept, ["YES"] * 20).is_sure
    empty = drift(numbers(), profile(numbers(), before), [""] * 20)
    assert empty.is_sure
    assert empty.now == "nan"


@pytest.mark.parametrize("rows", [1, 7, 30, 1000])
def test_what_is_always_right_or_never_lies_in_its_interval(rows: int) -> None:
    """To the last bit: 30 of 30 right are not too sure of 100 %."""
    assert wilson(rows, rows)[1] == 1.0
    assert wilson(0, rows)[0] == 0.0
