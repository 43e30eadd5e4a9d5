"""From a table to a network: what is chosen, what is measured, and that the test is never seen."""

import random
import statistics

import numpy as np
import pytest

from jangrad.errors import ConfigError, DataError
from jangrad.export import load_model
from jangrad.tabular import Score, load, train


@pytest.fixture
def write(tmp_path):
    """Write a table and give its path."""

    def write(head, rows, name="t.csv"):
        path = tmp_path / name
        path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")
        return path

    return write


def coins(seed):
    draw = random.Random(seed)
    return [(*(draw.gauss(0, 1) for _ in range(5)), draw.choice("ht")) for _ in range(100)]


def test_of_coin_tosses_nothing_is_claimed(write):
    """25 tables of nothing: what is claimed is half, within what so many tosses may differ."""
    scores = [
        train(write("a,b,c,d,e,y", coins(seed)), "y", progress=False).test for seed in range(25)
    ]
    tosses = sum(score.rows for score in scores)
    assert tosses == 500
    claimed = statistics.fmean(score.value for score in scores)
    assert abs(claimed - 0.5) < 2 * 0.5 / tosses**0.5
    assert sum(low <= 0.5 <= high for low, high in (score.interval for score in scores)) >= 22


def test_the_test_rows_change_nothing(write):
    """Other cells and other texts in the test rows: the same weights, scales and texts."""
    draw = random.Random(1)
    rows = [[draw.gauss(0, 1), draw.choice("uv"), i] for i in range(60)]
    first = train(write("a,t,y", rows), "y", epochs=20, progress=False)
    test = [i for i in range(60) if i not in first_learned(write("a,t,y", rows))]
    assert len(test) == 12
    for i in test:
        rows[i][:2] = [1000.0 + i, "never seen"]
    again = train(write("a,t,y", rows), "y", epochs=20, progress=False)
    assert again.columns == first.columns
    assert again.net.state() == first.net.state()
    assert again.test.value > first.test.value
    assert "`t`: 12 cells that the network never learned from, read as not known: never seen" in again.notes  # noqa: E501  # fmt: skip


def test_of_so_few_rows_nobody_knows_an_interval(write, tmp_path):
    """Of four errors: the model is saved all the same, and says so when it is read again."""
    draw = random.Random(4)
    rows = [(x := draw.gauss(0, 1), 3.0 * x + draw.gauss(0, 0.1)) for _ in range(20)]
    model = train(write("a,y", rows), "y", hidden=[4], epochs=50, progress=False)
    assert (model.test.rows, model.test.interval) == (4, (0.0, np.inf))
    model.save(tmp_path / "model")
    test = load(tmp_path / "model").about["training"]["test"]
    assert test["interval"] is None
    again = Score.from_dict(test)
    assert (again.interval, again.between()) == ((0.0, np.inf), "4 rows: too few for an interval")


def test_the_best_epoch_of_one_step(write):
    """Where an epoch is one step, the first one may be the best, and is trained anew as well."""
    draw = random.Random(2)
    rows = [(draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(24)]
    stops = set()
    for seed in range(6):
        model = train(write("a,y", rows), "y", hidden=[4], epochs=40, seed=seed, progress=False)
        [stop] = [choice.value for choice in model.choices if choice.name == "stop"]
        assert stop == f"epoch {len(model.history)}"
        stops.add(stop)
    assert len(stops) > 1


def test_amounts_whose_squares_are_no_floats_are_refused(write):
    """Errors are measured by them; the message names the largest."""
    rows = [(i, (-1) ** i * 1.5e200 if i == 7 else i) for i in range(30)]
    with pytest.raises(DataError, match=r"the target `y` is -1.5e\+200") as caught:
        train(write("a,y", rows), "y", progress=False)
    assert "line 9, column `y`" in caught.value.where
    assert "another unit, in which amounts are below 1e+150" in caught.value.try_


def first_learned(path):
    from jangrad.datasets.table import read_source
    from jangrad.tabular import Training

    parts = Training(read_source(path, "y")).split
    return {*parts.learn, *parts.choose}


@pytest.mark.parametrize(
    ("targets", "task"),
    [
        ([0, 1, 2] * 10, "classification"),
        ([1, 2, 3] * 10, "classification"),
        ([0, 1] * 2, "classification"),
        ([-1, 1] * 10, "classification"),
        (["a", "b"] * 10, "classification"),
        (["yes", "no"] * 10, "classification"),
        ([9007199254740992, 9007199254740994] * 10, "regression"),
        ([0, 1, 3] * 10, "regression"),
        ([0.5, 1.5] * 10, "regression"),
        (list(range(15)) * 2, "regression"),
        (list(range(5)), "regression"),
    ],
)
def test_the_task_is_chosen_and_may_be_said(write, targets, task):
    """Texts and few whole numbers from 0 or 1 are labels; the reason names the other choice."""
    path = write("a,y", enumerate(targets))
    model = train(path, "y", epochs=1, progress=False)
    assert model.choices[0][:2] == ("task", task)
    assert (model.columns.classes is not None) == (task == "classification")
    if isinstance(targets[0], str):
        with pytest.raises(ConfigError, match=r"is (text|boolean), not amounts"):
            train(path, "y", task="regression")
        return
    other = "regression" if task == "classification" else "classification"
    if task == "classification":
        assert f'task="{other}"' in model.choices[0].why
    model = train(path, "y", task=other, epochs=1, progress=False)
    assert model.choices[0] == ("task", other, "as you said")
    classes = model.columns.classes
    assert (None if classes is None else len(classes)) == (
        None if other == "regression" else len(set(targets))
    )


def test_other_tasks_and_targets_are_refused(write):
    """A task that is none; a column of names as the target."""
    path = write("a,y", [(i, f"name{i}") for i in range(30)])
    with pytest.raises(ConfigError, match="there is no task `classify`"):
        train(path, "y", task="classify")
    with pytest.raises(DataError, match=r"`y` holds 30 different texts in 30 rows(.|\n)*line 2"):
        train(path, "y")


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        ([5] * 30, "there is nothing to learn"),
        (["5.0", "5"] * 15, "there is nothing to learn"),
        ([2**53, 2**53 + 1] * 15, 'lose their last digits(.|\n)*task="classification"'),
    ],
)
def test_a_target_that_never_varies_is_refused(write, targets, why):
    """As an amount, too; where only digits beyond a float's vary, that is said."""
    with pytest.raises(DataError, match=f"the target `y` is .* in every row(.|\n)*{why}"):
        train(write("a,y", enumerate(targets)), "y")


@pytest.mark.parametrize("rows", [1, 2, 19])
def test_tables_of_few_rows_are_learned_whole(write, rows):
    """No test, and it is said; all rows are learned from."""
    path = write("a,y", [(i, 3 * i + 0.5) for i in range(rows)])
    model = train(path, "y", epochs=3, progress=False)
    assert model.test is None
    assert "too few to keep some for a test" in model.choices[1].why
    assert len(model.answers([{"a": 1}])) == 1


def test_a_model_comes_back_as_it_was(write, tmp_path):
    """With all that prediction needs, and what is known of its training."""
    rows = [(i % 10, "uv"[i % 2], f"2024-01-{1 + i % 28:02}", i % 3) for i in range(60)]
    model = train(write("a,t,when,y", rows), "y", epochs=5, progress=False)
    model.save(tmp_path / "m")
    again = load(tmp_path / "m")
    asked = [{"a": 3, "t": "v", "when": "2024-02-03"}, {"a": None, "t": "w", "when": None}]
    assert again.answers(asked) == model.answers(asked)
    assert again.columns == model.columns
    about = load_model(tmp_path / "m")[1]
    assert about["training"]["test"]["value"] == model.test.value
    assert about["training"]["choices"] == [str(choice) for choice in model.choices]
    assert about["jangrad"]
    assert about["format"] == 2


def test_a_seed_says_all(write):
    """The same table and seed give the same network; another seed another test."""
    path = write("a,y", [(i, i % 7) for i in range(80)])
    first, same = (train(path, "y", epochs=5, seed=3, progress=False) for _ in range(2))
    assert first.net.state() == same.net.state()
    assert first.test == same.test
    assert train(path, "y", epochs=5, seed=4, progress=False).test != first.test


def test_a_wide_table(write):
    """More columns than rows: a narrow network, and a linear model beside it."""
    draw = np.random.default_rng(0).normal(size=(40, 3000))
    rows = [(*row.round(3).tolist(), int(row[0] > 0)) for row in draw]
    head = ",".join([*(f"x{i}" for i in range(3000)), "y"])
    model = train(write(head, rows), "y", epochs=2, progress=False)
    assert model.choices[2].value == "33 tanh"
    assert "so narrow for 3,000 inputs" in model.choices[2].why
    assert set(model.test.baselines) == {"a linear model", "always the commonest class"}


def test_large_labels_stay_apart(write):
    """Above 2**53, where floats are even numbers only."""
    labels = [2**53, 2**53 + 1, 2**53 + 2]
    path = write("a,y", [(i % 3, labels[i % 3]) for i in range(60)])
    model = train(path, "y", task="classification", progress=False)
    assert model.columns.classes == tuple(map(str, labels))
    assert model.test.value == 1.0


def test_a_model_is_shown_with_the_names_of_its_table(write):
    """Columns at the inputs, a text's values each, classes or the target at the outputs."""
    rows = [(i, "red" if i % 3 else "blue", ("a", "b", "c")[i % 3]) for i in range(60)]
    path = write("size,colour,kind", rows)
    model = train(path, "kind", epochs=2, progress=False)
    picture = model.show({"size": 3, "colour": "red"})
    beside = [[unit.beside for unit in column.units] for column in picture.columns]
    assert beside[0] == ["size", "colour=blue", "colour=red"]
    assert beside[-1] == ["a", "b", "c"]
    answer = model.answers([{"size": 3, "colour": "red"}])[0]["kind"]
    values = [unit.value.data for unit in picture.columns[-1].units]
    assert beside[-1][values.index(max(values))] == answer
    amount = train(path, "size", epochs=2, progress=False).show()
    assert [unit.beside for unit in amount.columns[-1].units] == ["size"]
