"""The rule by which rows are shuffled: all tell it alike, and `fit` keeps it."""

import itertools
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jangrad import MLP, fit, mean
from jangrad.errors import ConfigError
from jangrad.train.shuffle import Deal, key_of, mix, order, orders

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
SEEDS = [0, 1, 7, 2**31, 2**32 - 1, -1, -(2**31)]


def test_the_order_is_the_one_that_was_promised():
    """Numbers that no version of jangrad may change: of hashes, seeds and epochs."""
    assert [mix(x) for x in (0, 1, 2**32 - 1)] == [0, 1753845952, 1734902346]
    found = {
        (0, 0): [4, 3, 0, 5, 1, 2],
        (0, 1): [2, 1, 0, 3, 5, 4],
        (0, 3): [0, 8, 3, 9, 1, 5, 4, 2, 7, 6],
        (1, 3): [2, 7, 1, 9, 0, 5, 4, 3, 8, 6],
        (-1, 3): [1, 9, 2, 0, 7, 6, 4, 5, 8, 3],
        (2**32 - 1, 3): [1, 9, 2, 0, 7, 6, 4, 5, 8, 3],
        (2**32, 3): [1, 3, 9, 4, 8, 2, 0, 6, 5, 7],
        (2**70 + 5, 3): [0, 9, 5, 2, 6, 8, 1, 3, 7, 4],
        (-(2**32) - 1, 3): [2, 6, 0, 4, 5, 1, 3, 8, 9, 7],
    }
    for (seed, epoch), wanted in found.items():
        assert order(key_of(seed), epoch, len(wanted)) == wanted, (seed, epoch)


def test_javascript_deals_the_same():
    """The code of `docs/training.md` gives these orders (needs Node.js)."""
    (code,) = re.findall(r"^```js\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    asked = [(seed, epoch, rows) for seed in SEEDS for epoch in (0, 1, 99) for rows in (1, 6, 1797)]
    calls = "".join(f"order({', '.join(map(str, a))})," for a in asked)
    code += f"console.log(JSON.stringify([{calls}]));"
    try:
        done = subprocess.run(["node", "-"], input=code, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("Node.js is not installed")
    assert done.returncode == 0, done.stderr
    for (seed, epoch, rows), found in zip(asked, json.loads(done.stdout), strict=True):
        assert found == order(key_of(seed), epoch, rows), (seed, epoch, rows)


def test_numpy_and_python_deal_the_same(monkeypatch):
    """For many rows and few, and few are dealt without NumPy."""
    for seed, rows in itertools.product([*SEEDS, 2**40], (1, 2, 33, 9_999)):
        key = key_of(seed)
        together = orders(key, range(5, 8), rows).tolist()
        assert together == [order(key, epoch, rows) for epoch in (5, 6, 7)]
    many = Deal(10_000, 17, 3).batch(1234)
    assert many == Deal(10_000, 17, 3).batches(1234, 1).rows.tolist()
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert sorted(order(key_of(3), 2, 9_999)) == list(range(9_999))
    with pytest.raises(ImportError):
        Deal(10_000, 17, 3).batch(0)


def test_orders_are_spread_evenly():
    """All orders of 5 rows come about equally often, and 2 rows meet in a batch as often as any."""
    for seed in (0, 1, 2**40):
        found = orders(key_of(seed), range(60_000), 5)
        _, counts = np.unique(found @ 5 ** np.arange(5), return_counts=True)
        assert len(counts) == 120
        # chi-squared with 119 degrees of freedom is beyond 190 once in 25,000 times
        assert ((counts - 500) ** 2 / 500).sum() < 190
        batch = orders(key_of(seed), range(2000), 64).argsort(1) // 8
        meet = (batch[:, :, None] == batch[:, None, :]).mean(0)[~np.eye(64, dtype=bool)]
        assert np.abs(meet - 7 / 63).max() < 5 * np.sqrt(7 / 63 * 56 / 63 / 2000)


@pytest.mark.parametrize(("rows", "size"), [(7, 3), (6, 3), (5, 1), (4, 4), (4, 9), (1, 1)])
def test_batches_of_many_steps_are_those_of_each(rows, size):
    """From any step on, so many of them, also when steps come again, as they do in replays."""
    deal, alone, draw = Deal(rows, size, seed=4), Deal(rows, size, seed=4), random.Random(0)
    for _ in range(200):
        first, steps = draw.randrange(30), draw.randint(1, 20)
        found = deal.batches(first, steps)
        wanted = [alone.batch(step) for step in range(first, first + steps)]
        assert found.rows.tolist() == [row for batch in wanted for row in batch]
        assert found.counts.tolist() == [*map(len, wanted)]


def test_an_epoch_has_each_row_once_and_a_short_batch_last():
    """In another order in the next epoch, and with another seed; all rows at once keep theirs."""
    deal = Deal(7, 3, seed=0)
    epochs = [[deal.batch(3 * epoch + k) for k in range(3)] for epoch in range(4)]
    for epoch in epochs:
        assert [*map(len, epoch)] == [3, 3, 1]
        assert sorted(itertools.chain(*epoch)) == list(range(7))
    assert len({str(epoch) for epoch in epochs}) == 4
    assert Deal(7, 3, seed=1).batch(0) != epochs[0][0]
    assert list(Deal(7, 7, seed=0).batch(5)) == list(range(7))


def mean_of_squares(outputs, targets):
    return mean((o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True))


@pytest.mark.parametrize("loss", ["squared_error", mean_of_squares], ids=["named", "own"])
@pytest.mark.parametrize("engine", ["eager", "native"])
@pytest.mark.parametrize("size", [3, 5, 10])
def test_steps_of_fit_are_on_these_batches(engine, loss, size):
    """A network that always says 0 loses the squares of its targets, which tell the rows."""
    rows, steps = 10, 50
    net = MLP(1, [1], init="zeros")
    options = {"optimizer": "sgd", "learning_rate": 1e-30, "batch_size": size, "seed": 5}
    options |= {"loss": loss, "engine": engine, "steps": steps, "progress": False}
    targets = [3.0**row for row in range(rows)]
    history = fit(net, [[0.0]] * rows, targets, **options)
    deal = Deal(rows, size, seed=5)
    batches = map(deal.batch, range(steps))
    wanted = [sum(9.0**row for row in batch) / len(batch) for batch in batches]
    assert history.loss == pytest.approx(wanted, rel=1e-13)


def test_a_seed_is_a_whole_number_or_none():
    """NumPy's too; None draws it from Python's `random`, so that `random.seed` repeats it."""
    assert key_of(np.int64(3)) == key_of(3)
    random.seed(1)
    drawn = [key_of(None), key_of(None)]
    random.seed(1)
    assert drawn == [key_of(None), key_of(None)]
    assert drawn[0] != drawn[1]
    for seed in ("0", 1.0, [1], random.Random(0)):
        with pytest.raises(ConfigError) as caught:
            fit(MLP(1, [1]), [[0.0]], [0.0], seed=seed)
        assert "needs an integer" in caught.value.what
        assert "hash" in caught.value.why
        assert "None" in caught.value.try_
