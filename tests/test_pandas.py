"""Rows, columns and tables of pandas, wherever numbers are taken."""

import numpy as np
import pytest

import jangrad
from jangrad import MLP, Value, compile_step, fit, grad, gradient, hessian, jit
from jangrad.errors import JangradError, NotANumber, ShapeError, Untraceable
from jangrad.nn import squared_error

pandas = pytest.importorskip("pandas")

NUMBERS = [[0.5, -1.0, 3.0], [2.0, 0.25, 1.0], [-1.5, 1.0, 2.0], [1.0, 2.0, -2.0]]
TARGETS = [1.0, -1.0, 0.5, 2.0]
TABLE = pandas.DataFrame(NUMBERS, columns=["a", "b", "c"])
COLUMN = pandas.Series(TARGETS, name="y")

ROWS = {
    "iloc": lambda i: TABLE.iloc[i],
    "values": lambda i: TABLE.values[i],
    "itertuples": lambda i: list(TABLE.itertuples(index=False))[i],
    "iterrows": lambda i: list(TABLE.iterrows())[i][1],
    "nullable": lambda i: TABLE.convert_dtypes().iloc[i],
    "with other labels": lambda i: pandas.Series(NUMBERS[i], index=[7, 8, 9]),
    "without names": lambda i: pandas.DataFrame(NUMBERS).iloc[i],
}


def network():
    return MLP(3, [4, 1], "tanh", seed=0)


def of_row(net, weights, row):
    """A loss in which every number of a row counts, by its place."""
    first, *rest = row
    return net(row)[0] * first + jangrad.dot(weights, list(row)) * sum(rest)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("i", range(len(NUMBERS)))
def test_rows_are_lists_of_their_numbers(row, i):
    """For networks, functions of lists, graphs, derivatives and compiled code."""
    net, weights = network(), [Value(2.0), Value(-1.0), Value(0.5)]
    for f in (
        lambda r: net(r)[0],
        lambda r: jangrad.dot(weights, r),
        lambda r: jangrad.norm(r) + weights[0],
        lambda r: jangrad.logsumexp(r) * weights[1],
        lambda r: jangrad.mean(w * x for w, x in zip(weights, r, strict=True)),
        lambda r: of_row(net, weights, r),
    ):
        found, wanted = f(row(i)), f(NUMBERS[i])
        assert found.data == pytest.approx(wanted.data, rel=1e-15)
        slopes = [[v.data for v in gradient(root, weights)] for root in (found, wanted)]
        assert slopes[0] == slopes[1]
        assert jit(f)(row(i)) == pytest.approx(wanted.data, rel=1e-12)
        found, wanted = grad(f)(row(i)), grad(f)(NUMBERS[i])
        assert [v.data for v in found] == pytest.approx([v.data for v in wanted], rel=1e-12)
    assert np.array(net.predict(row(i))).tolist() == net.predict(NUMBERS[i])
    assert hessian(lambda r: jangrad.dot(r, r))(row(i)) == [
        [2.0, 0.0, 0.0],
        [0.0, 2.0, 0.0],
        [0.0, 0.0, 2.0],
    ]


@pytest.mark.parametrize(
    "number", [TABLE.a.iloc[0], TABLE.loc[0, "b"], TABLE.convert_dtypes().c[1]]
)
def test_numbers_of_a_table(number):
    """They are NumPy's or Python's, and combine with Values from both sides."""
    v = Value(2.0)
    assert Value(number).data == number
    assert [(v * number).data, (number * v).data, (number - v).data] == [
        2.0 * number,
        2.0 * number,
        number - 2.0,
    ]


def test_arithmetic_with_a_column_is_done_number_by_number():
    """It gives a column of Values, which sums and functions of lists take."""
    w = Value(3.0)
    for column in (w * COLUMN, COLUMN * w):
        loss = jangrad.sum(column)
        (slope,) = gradient(loss, [w])
        assert (loss.data, slope.data) == (3.0 * sum(TARGETS), sum(TARGETS))
        assert column.sum().data == loss.data
    assert [(w < x, w > x) for x in COLUMN] == list(zip(w < COLUMN, w > COLUMN, strict=True))


@pytest.mark.parametrize("engine", ["eager", "native"])
@pytest.mark.parametrize("y", [COLUMN, COLUMN.to_frame(), COLUMN.iloc[::-1].iloc[::-1]])
def test_training_on_a_table(engine, y):
    """In both engines, whatever the labels of its rows are, as on lists."""
    targets = [[t] for t in TARGETS] if y.ndim == 2 else TARGETS
    wanted = fit(network(), NUMBERS, targets, steps=5, engine=engine, progress=False).loss
    for X in (TABLE, TABLE.convert_dtypes(), TABLE.set_index(pandas.Index([9, 3, 7, 1]))):
        assert fit(network(), X, y, steps=5, engine=engine, progress=False).loss == wanted
    rows = list(TABLE.itertuples(index=False))
    assert fit(network(), rows, y, steps=5, engine=engine, progress=False).loss == wanted


def test_steps_and_maps_over_tables():
    """The rows of the table, and not the names of its columns."""
    weights = [Value(0.5), Value(-0.5), Value(1.0)]

    def loss(row, y):
        return (jangrad.dot(weights, row) - y) ** 2

    found = []
    for X, y in ((NUMBERS, TARGETS), (TABLE, COLUMN), (pandas.DataFrame(NUMBERS), COLUMN)):
        for w, number in zip(weights, (0.5, -0.5, 1.0), strict=True):
            w.data = number
        step = compile_step(loss, weights, "sgd", learning_rate=0.01, per_row=True)
        one = compile_step(loss, weights, "sgd", learning_rate=0.01)
        rows = X.iloc if hasattr(X, "iloc") else X
        found.append([step(X, y), *step.run((X, y), steps=3), one(rows[0], y[0])])
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    assert found[0] == pytest.approx(found[2], rel=1e-12)
    f = jit(lambda row: jangrad.dot(weights, row))
    for X in (TABLE, pandas.DataFrame(NUMBERS), TABLE.convert_dtypes()):
        assert f.map(X).tolist() == f.map(NUMBERS).tolist()
    assert jit(lambda a, b: a * b).map(TABLE.a, TABLE.b).tolist() == (TABLE.a * TABLE.b).tolist()
    named = jit(lambda r: r.a * r.c)
    assert named.map(list(TABLE.itertuples(index=False))).tolist() == (TABLE.a * TABLE.c).tolist()
    by_name = jit(lambda r: r["a"] * r["c"])
    assert by_name.map(TABLE.to_dict("records")).tolist() == (TABLE.a * TABLE.c).tolist()


@pytest.mark.parametrize("table", [TABLE, pandas.DataFrame(NUMBERS)])
def test_a_table_is_walked_by_its_rows(table):
    """The names of columns, which may be numbers, are never taken for inputs."""
    net = network()
    assert net.predict(table).tolist() == net.predict(NUMBERS)
    with pytest.raises(ShapeError, match=r"takes one row of numbers.*\n(.|\n)*net.predict\(rows\)"):
        net(table)
    outputs = [net(row) for row in NUMBERS]
    targets = pandas.DataFrame([[t] for t in TARGETS])
    assert squared_error(outputs, targets).data == squared_error(outputs, TARGETS).data
    assert jangrad.table(table)[1] == NUMBERS[1]
    slopes = grad(lambda rows: jangrad.sum(row[0] * row[1] for row in rows))(table)
    assert slopes == [[b, a, 0.0] for a, b, _ in NUMBERS]


@pytest.mark.parametrize("make", [jit, grad])
def test_labels_that_are_no_places_are_not_taken_for_them(make):
    """`v[0]` of a column is what is labelled 0; a compiled function would take the first."""
    f = make(lambda v: 1.0 * v[0] + 2.0 * v[1])
    column = pandas.Series([1.0, 2.0])
    assert f(column) in (5.0, [1.0, 2.0])
    with pytest.raises(
        Untraceable, match=r"(?s)labels are numbers that are not its places.*to_numpy"
    ):
        f(column.iloc[::-1])
    with pytest.raises(Untraceable, match="labels"):
        f(pandas.Series([1.0, 2.0], index=[5, 6]))
    with pytest.raises(Untraceable, match="labels"):
        make(lambda t: t[0][1] * 1.0)(pandas.DataFrame(NUMBERS))
    assert f(column.iloc[::-1].to_numpy()) in (4.0, [1.0, 2.0])
    total = make(lambda v: jangrad.sum(v[1:]))
    assert total(column.iloc[::-1]) in (1.0, [0.0, 1.0])
    with pytest.raises(Untraceable, match=r"(?s)`v\['a'\]`.*to_dict\(\).*itertuples"):
        make(lambda v: v["a"] * 1.0)(TABLE.iloc[0])


def test_what_is_missing():
    """It is refused, in whatever column it stands."""
    with pytest.raises(NotANumber, match=r"(?s)nothing is known there.*dropna"):
        Value(pandas.NA)
    gap = pandas.DataFrame({"a": pandas.array([1, pandas.NA], dtype="Int64"), "b": [1.0, 2.0]})
    for call in (lambda f: f.map(gap), lambda f: f(gap.a.astype(object))):
        with pytest.raises(NotANumber, match="dropna"):
            call(jit(lambda r: r[0] * 2.0))
    with pytest.raises(JangradError):
        fit(MLP(2, [1], seed=0), gap, [1.0, 2.0], steps=1)
    for moment in (pandas.Timestamp(0), pandas.Timedelta(1, "s")):
        with pytest.raises(NotANumber, match="a real number, not Time"):
            Value(moment)


def test_a_column_that_a_function_reads_may_change():
    """Compiled code gives what Python would find now."""
    held = pandas.Series([1.0, 2.0])
    f = jit(lambda x: x * float(held.iloc[0]))
    assert f(2.0) == 2.0
    held.iloc[0] = 7.0
    assert f(2.0) == 14.0
    assert np.isfinite(f(1.0))
