"""What a network and a loss are given of the data: rows that they may write into."""

import numpy as np
import pytest

from jangrad import MLP, Module, Value, fit
from jangrad.errors import Untraceable

ENGINES = ("eager", "native", "auto")


class Net(Module):
    """A network of one weight, with a function before it."""

    def __init__(self, before):
        self.w, self.before = Value(0.5), before

    def __call__(self, row):
        return [self.w * x for x in self.before(row)[:1]]


def trained(engine, before, X, y=(1.0, 2.0), **options):
    options = {"optimizer": "sgd", "learning_rate": 0.01, "steps": 3, **options}
    return fit(Net(before), X, y, engine=engine, progress=False, **options).loss


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("many", [False, True])
def test_a_row_of_an_array_neither_joins_nor_repeats(engine, many):
    """The network called with a row of the array doubles its numbers; with a list, the list."""
    rows = [[1.0, 3.0], [2.0, 4.0]] * (5000 if many else 1)
    targets = [1.0, 2.0] * (5000 if many else 1)
    options = {"steps": 1, "batch_size": 2}
    with pytest.raises(Untraceable, match=r"`\*` of an array"):
        trained(engine, lambda row: row * 2, np.array(rows), targets, **options)
    with pytest.raises(Untraceable, match=r"`\*` of an array"):
        Net(lambda row: row * 2).predict(np.array(rows[:2]))
    found = trained(engine, lambda row: row * 2, rows, targets, **options)
    assert found == pytest.approx(
        trained(engine, lambda row: row, np.array(rows), targets, **options)
    )
    of_array = Net(list).predict(np.array(rows[:2]))
    assert Net(lambda row: row * 2).predict(rows[:2]) == of_array.tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_network_writes_into_its_row_lasts_for_one_call(engine):
    """In every engine alike, and however many rows there are."""

    def scaled(row):
        row[0] = row[0] * 2
        row.append(1.0)
        return row

    rows = [[1.0], [2.0]]
    assert trained(engine, scaled, rows) == pytest.approx(
        trained("eager", lambda row: [2 * row[0]], rows), rel=1e-12
    )
    assert rows == [[1.0], [2.0]]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_loss_writes_into_a_target_lasts_for_one_call(engine):
    def scaled(outputs, targets):
        for target in targets:
            target[0] = target[0] * 2
        return sum((z[0] - t[0]) ** 2 for z, t in zip(outputs, targets, strict=True))

    def plain(outputs, targets):
        return sum((z[0] - 2 * t[0]) ** 2 for z, t in zip(outputs, targets, strict=True))

    rows, targets = [[1.0], [2.0]], [[1.0], [2.0]]
    found = trained(engine, list, rows, targets, loss=scaled)
    assert found == pytest.approx(trained("eager", list, rows, targets, loss=plain), rel=1e-12)


@pytest.mark.parametrize("batch_size", [32, None])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("order", ["columns", "turned", "every second", "backwards", "a table's"])
def test_how_an_array_lies_in_memory_makes_no_difference(order, dtype, batch_size):
    """Columns that lie together, as in tables, and pieces of larger arrays, in machine code."""
    rng = np.random.default_rng(0)
    plain = rng.normal(size=(1200, 10))
    y = plain @ rng.normal(size=10)
    X = {
        "columns": np.asfortranarray(plain),
        "turned": np.ascontiguousarray(plain.T).T,
        "every second": np.repeat(plain, 2, axis=0)[::2],
        "backwards": np.ascontiguousarray(plain[:, ::-1])[:, ::-1],
        "a table's": np.column_stack([*plain.T]).copy("F"),
    }[order]
    assert (plain == X).all()
    found = []
    for given in (plain, X):
        net = MLP(10, [4, 1], "tanh", seed=0)
        held_out = given[:300], y[:300]
        history = fit(
            *(net, given, y),
            validation=held_out,
            epochs=2,
            batch_size=batch_size,
            dtype=dtype,
            engine="native",
            progress=False,
        )
        found.append((history.loss, history.validation, net.predict(given).tolist()))
    assert found[0] == found[1]
