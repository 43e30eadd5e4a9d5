"""Data as `fit` reads it: the same numbers and the same errors, however much there is of it."""

import math
from fractions import Fraction

import numpy as np
import pytest

from jangrad import MLP, fit
from jangrad.errors import JangradError
from jangrad.train.rows import PlainRows, read_data

MANY, FEW, WIDTH = 4000, 5, 3


def some(rows, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, WIDTH))


def as_tuple(X):
    return tuple(map(tuple, X.tolist()))


FORMS = {
    "lists": lambda X: X.tolist(),
    "tuples": as_tuple,
    "arrays": list,
    "an array": lambda X: X,
    "single precision": lambda X: X.astype("float32"),
    "half precision": lambda X: X.astype("float16"),
    "long": lambda X: X.astype("longdouble"),
    "integers": lambda X: (100.0 * X).astype(int),
    "lists of integers": lambda X: (100.0 * X).astype(int).tolist(),
    "truths": lambda X: X > 0.0,
    "upside down": lambda X: X[::-1],
    "by columns": np.asfortranarray,
    "fractions": lambda X: [[Fraction(x) for x in row] for row in X.tolist()],
}


@pytest.mark.parametrize("form", FORMS)
def test_many_rows_are_read_as_few_are(form):
    """Each number is the same float; only many are left in an array."""
    X = some(MANY)
    given = FORMS[form](X)
    rows, targets = read_data(given, [0.0] * MANY)
    few = [read_data(given[i : i + 1], [0.0])[0][0] for i in range(MANY)]
    assert [list(row) for row in rows] == few
    assert {type(x) for row in rows for x in row} == {float}
    assert isinstance(rows, PlainRows) == (form != "fractions")
    assert targets == [0.0] * MANY


def test_many_rows_of_targets():
    """They are read as the rows are."""
    X = some(MANY)
    rows, targets = read_data(X, X.tolist())
    assert list(rows) == list(targets) == X.tolist()


def changed(position, number):
    def change(X):
        listed = X.tolist()
        listed[position // WIDTH][position % WIDTH] = number
        return listed

    return change


FAULTS = {
    "nan": changed(7, math.nan),
    "inf, then nan": lambda X: changed(4, math.inf)(np.array(changed(9, math.nan)(X))),
    "text": changed(5, "a"),
    "nothing": changed(5, None),
    "a list": changed(5, [1.0]),
    "a large integer": changed(8, 10**400),
    "a long row": lambda X: [*X.tolist()[:2], [1.0] * (WIDTH + 1), *X.tolist()[3:]],
    "a number for a row": lambda X: [*X.tolist()[:3], 1.0, *X.tolist()[4:]],
    "a range": lambda X: [range(WIDTH)] * len(X),
    "no columns": lambda X: X[:, :0],
    "three axes": lambda X: X[:, :, None],
}


def in_an_array(fault):
    return lambda X: np.array(FAULTS[fault](X))


FAULTS |= {
    f"{name}, in an array": in_an_array(name)
    for name in ("nan", "inf, then nan", "text", "nothing")
}


@pytest.mark.parametrize("whose", ["X", "y"])
@pytest.mark.parametrize("fault", FAULTS)
def test_many_rows_are_refused_as_few_are(fault, whose):
    """With the same words, which name the same place."""

    def words(rows):
        fine, wrong = some(rows), FAULTS[fault](some(rows))
        with pytest.raises(JangradError) as caught:
            read_data(*((wrong, fine) if whose == "X" else (fine, wrong)))
        return type(caught.value), str(caught.value)

    assert words(MANY) == words(FEW)


def test_what_is_wrong_with_many_rows_is_said_first():
    """Their number, before what is in them."""
    with pytest.raises(JangradError, match="`X` has 4000 rows, but `y` has 3"):
        read_data(np.full((MANY, WIDTH), math.nan), [1.0] * 3)


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_training_on_an_array_is_training_on_lists(engine):
    """To the last bit; what is done to the array afterwards changes nothing."""
    X = some(MANY)
    y = X[:, :2] * 0.5

    def trained(X, y, callbacks=()):
        net = MLP(WIDTH, [4, 2], "tanh", seed=0)
        options = {"steps": 6, "batch_size": 30, "validation": (X, y), "progress": False}
        history = fit(net, X, y, engine=engine, callbacks=callbacks, **options)
        return history.to_json(), net.state()

    lists = trained(X.tolist(), y.tolist())
    mine = X.copy()
    assert trained(mine, y, [lambda step: mine.fill(math.nan)]) == lists
