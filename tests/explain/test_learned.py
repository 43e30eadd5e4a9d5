"""Which rows of its table the model of `jangrad.tabular` owes an answer to."""

import csv

import numpy as np
import pytest
from tests.explain.tables import houses, written

from jangrad import MLP
from jangrad.errors import CheckpointError, ConfigError, DataError
from jangrad.explain import influences
from jangrad.explain.learned import learned_from
from jangrad.tabular import load, train
from jangrad.tabular.split import split

NAME = "layers.0.neurons.1.weights.0"


def table(path, count=200):
    """Houses, of which some lines are empty, and some cells."""
    rows = houses(count, seed=3)
    rows[5]["area"] = rows[20]["town"] = ""
    lines = written(path, rows).read_text().splitlines()
    for at in (40, 31):
        lines.insert(at, "")
    path.write_text("\n".join(lines) + "\n")
    return path


def line_of(path, place):
    """The cells of the line that is called so."""
    unit, number = place.split()
    assert unit == "line"
    [names], [cells] = (
        csv.reader([path.read_text().splitlines()[i]]) for i in (0, int(number) - 1)
    )
    return dict(zip(names, cells, strict=True))


def trained(path, folder, target="price", **options):
    """A model of the table, whose training is kept."""
    ignore = {"price": ["kind"], "kind": ["price"]}.get(target, ["price", "kind"])
    options = {"ignore": ignore, "hidden": [8], "epochs": 60, "progress": False} | options
    return train(path, target, checkpoint=folder, **options)


@pytest.mark.parametrize("missing", ["mean", "drop"])
@pytest.mark.parametrize("target", ["price", "kind", "garden"])
def test_lines_are_those_of_the_rows(tmp_path, missing, target):
    """With amounts, classes and two of them, columns of every kind, gaps that are filled or whose
    rows are left out; what they did to a weight sums to what it has moved."""
    path = table(tmp_path / "houses.csv")
    model = trained(path, tmp_path / "run", target, missing=missing)
    learned = learned_from(model, tmp_path / "run", path)
    assert len(learned.rows) == len(learned.y) == {"mean": 160, "drop": 159}[missing]
    at = model.columns.inputs.index("area")
    for row, y, place in zip(learned.rows, learned.y, learned.places, strict=True):
        cells = line_of(path, place)
        assert str(y) == cells[target] or y == float(cells[target])
        assert not cells["area"] or row[at] == float(cells["area"])
    found = influences(model, tmp_path / "run", path, weight=NAME)
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)
    assert [one.place for one in found.rows] == learned.places


def test_the_text_names_the_lines(tmp_path):
    """And `later` says what the answer owes to each, by trainings without it."""
    path = table(tmp_path / "houses.csv", 60)
    model = trained(path, tmp_path / "run")
    asked = houses(1, seed=9)
    found = influences(model, tmp_path / "run", path, row=asked, later=True)
    most = max(found.rows, key=lambda one: one.moved)
    first = str(found).splitlines()[3]
    assert first.split()[:2] == most.place.split()
    assert f"target {line_of(path, most.place)['price']}" in first
    assert max(map(len, str(found).splitlines()[2:])) <= 78


def test_of_many_rows_those_that_choose_are_not_learned_from(tmp_path):
    """There is one training alone then, and its best weights were put back."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2600, 3))
    y = np.sin(X[:, 0]) + 0.3 * rng.normal(size=2600)
    lines = ["a,b,c,y", *(",".join(f"{x:.6g}" for x in row) for row in np.column_stack([X, y]))]
    path = tmp_path / "many.csv"
    path.write_text("\n".join(lines))
    model = train(
        path, "y", hidden=[8], rate=0.05, epochs=12, progress=False, checkpoint=tmp_path / "run"
    )
    assert model.history.restored
    assert not (tmp_path / "run" / "2").exists()
    learned = learned_from(model, tmp_path / "run", path)
    wanted = split([float(line.split(",")[3]) for line in lines[1:]], 0).learn
    assert learned.places == [f"line {i + 2}" for i in wanted]
    found = influences(model, tmp_path / "run", path, weight=NAME)
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-6)
    assert found.steps < len(model.history)


def test_a_model_from_a_file_does(tmp_path):
    """It holds the seed by which the rows were divided."""
    path = table(tmp_path / "houses.csv", 60)
    model = trained(path, tmp_path / "run", seed=5)
    model.save(tmp_path / "model")
    both = [
        influences(each, tmp_path / "run", path, weight=NAME).moved
        for each in (model, load(tmp_path / "model"))
    ]
    assert np.array_equal(*both)


def test_another_table_or_training_is_refused(tmp_path):
    """By what differs, before anything is computed."""
    path = table(tmp_path / "houses.csv", 60)
    model = trained(path, tmp_path / "run")
    other = trained(path, tmp_path / "other", seed=1)
    changed = tmp_path / "changed.csv"
    changed.write_text(path.read_text().replace(",yes,", ",no,", 1))
    short = tmp_path / "short.csv"
    short.write_text("area,price\n1,2\n3,4\n")
    for arguments, kind, said in (
        ((model, tmp_path / "run", changed), DataError, "the rows have another checksum"),
        ((model, tmp_path / "run", short), DataError, "it has no column `rooms`"),
        ((other, tmp_path / "run", path), CheckpointError, "holds the training of another model"),
        ((model, tmp_path / "run" / "1", path), CheckpointError, "holds no training of a table"),
        ((MLP(2, [1], seed=0), tmp_path / "run", path), ConfigError, "not the model of a table"),
    ):
        with pytest.raises(kind, match=said):
            influences(*arguments, weight=NAME)
