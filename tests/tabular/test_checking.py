"""`jangrad check` and `jangrad.tabular.check`: later tables, of the same kind and changed."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from tests.interfaces.program import jangrad

from jangrad.errors import DataError, ModelFileError
from jangrad.export import save_model
from jangrad.tabular import check, load, train

MODELS = Path(__file__).parents[1] / "export" / "models"


def kinds(count, seed, shift=0.0):
    draw = random.Random(seed)
    lines = ["width,colour,kind"]
    for k in range(count):
        width = draw.gauss(2 * (k % 3), 0.7) + shift
        lines.append(f"{width:.3f},{draw.choice(['red', 'blue'])},{'xyz'[k % 3]}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of three classes, one of an amount, and later tables of both."""
    place = tmp_path_factory.mktemp("checks")
    (place / "kinds.csv").write_text(kinds(300, 0))
    (place / "later.csv").write_text(kinds(200, 1))
    (place / "moved.csv").write_text(kinds(200, 2, shift=2.0).replace("blue", "green"))
    train(place / "kinds.csv", "kind", epochs=60, progress=False).save(place / "kind")
    train(place / "kinds.csv", "width", epochs=60, progress=False).save(place / "width")
    return place


def test_a_table_of_the_same_kind(folder):
    """As good as in the training, no drift; what is counted is what `answers` says."""
    model = load(folder / "kind")
    found = check(model, folder / "later.csv")
    assert found.score.rows == 200
    assert found.score.interval[0] < found.before.value < 1.0
    assert not [one for one in found.drifts if one.is_sure]
    rows = [line.split(",") for line in (folder / "later.csv").read_text().split()[1:]]
    answers = model.answers([{"width": a, "colour": b} for a, b, _ in rows])
    pairs = Counter((row[2], answer["kind"]) for row, answer in zip(rows, answers, strict=True))
    assert found.confusion == [[pairs[a, b] for b in "xyz"] for a in "xyz"]
    assert found.score.value == sum(pairs[a, a] for a in "xyz") / 200
    assert sum(one.rows for one in found.calibration) == 200
    said = sum(answer["probability"] for answer in answers) / 200
    assert sum(one.said * one.rows for one in found.calibration) / 200 == pytest.approx(said)
    true = sum(one.true * one.rows for one in found.calibration) / 200
    assert true == pytest.approx(found.score.value)


def test_a_table_that_has_changed(folder):
    """Worse, and both columns are named; an unknown text counts as unknown, and is told."""
    done = jangrad("check", "kind", "moved.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "worse now" in done.stdout
    assert "drift: 2 of 2 columns have changed" in done.stdout
    assert "read as not known: green" in done.stderr
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    content = json.loads(jangrad("check", "kind", "moved.csv", "--json", cwd=folder).stdout)
    assert [one["is_sure"] for one in content["drift"]] == [True, True]
    assert {one["name"] for one in content["drift"]} == {"width", "colour"}
    assert content["classes"] == ["x", "y", "z"]


def test_amounts(folder):
    """The error, R2 and the truth beside the predictions, from the lowest to the highest."""
    done = jangrad("check", "width", "later.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    for words in ("root mean square error", "no sure difference", "true mean", "drift: none of 2"):
        assert words in done.stdout
    found = check(load(folder / "width"), folder / "later.csv")
    assert found.confusion is None
    assert [one.low for one in found.calibration] == sorted(one.low for one in found.calibration)


def test_rows_that_were_learned_from_are_suspected(folder, tmp_path):
    """A score far above that of the test asks for it."""
    draw = random.Random(3)
    lines = [f"{draw.random()},{draw.random()},{draw.choice('ab')}" for _ in range(60)]
    (tmp_path / "noise.csv").write_text("a,b,y\n" + "\n".join(lines * 3) + "\n")
    model = train(tmp_path / "noise.csv", "y", progress=False)
    model.about["training"]["test"] |= {"value": 0.4, "interval": [0.35, 0.45]}
    model.save(tmp_path / "m")
    done = jangrad("check", "m", "noise.csv", cwd=tmp_path)
    assert "better now: did it learn from some of these rows?" in done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("width,colour\n1,red\n", r"there is no column `kind`"),
        ("width,colour,kind\n1,red,x\n1,red,q\n", r"`q` is not one of the classes(.|\n)*line 3"),
        ("width,colour,kind\n1,red,x\n1,red,\n", r"the target `kind` is missing(.|\n)*line 3"),
        ("width,colour,kind\none,red,x\n", r"`one` is not a number(.|\n)*line 2"),
    ],
)
def test_tables_that_cannot_be_checked(folder, tmp_path, content, words):
    """The row and the column are named."""
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DataError, match=words):
        check(load(folder / "kind"), tmp_path / "t.csv")


def test_targets_of_amounts_are_read_as_in_training(folder, tmp_path):
    """Written in another way, or in percent; what is no number is refused."""
    model = load(folder / "width")
    (tmp_path / "a.csv").write_text("colour,kind,width\nred,x,1.5\nblue,y,2.5\n")
    (tmp_path / "b.csv").write_text("colour;kind;width\nred;x;1,5\nblue;y;2,5\n")
    assert check(model, tmp_path / "a.csv").score == check(model, tmp_path / "b.csv").score
    (tmp_path / "c.csv").write_text("colour,kind,width\nred,x,1.5\nblue,y,wide\n")
    with pytest.raises(DataError, match=r"`wide` is not a number(.|\n)*line 3, column `width`"):
        check(model, tmp_path / "c.csv")


@pytest.mark.parametrize("name", ["houses", "kinds"])
def test_models_of_the_first_format(name):
    """They have no record of their training, and that is said."""
    found = check(load(MODELS / f"{name}_1.safetensors"), MODELS / f"{name}.csv")
    assert found.before is None
    assert found.drifts is None
    done = jangrad("check", MODELS / f"{name}_1.safetensors", MODELS / f"{name}.csv")
    assert "drift: an older version wrote the model file" in done.stdout


def test_models_of_a_later_format_are_refused(folder, tmp_path):
    """With what to do; and a damaged score of the training, too."""
    model = load(folder / "kind")
    save_model(tmp_path / "new", model.net, model.about | {"format": 3})
    with pytest.raises(ModelFileError, match=r"has format 3(.|\n)*pip install --upgrade"):
        load(tmp_path / "new")
    model.about["training"]["test"] = {"rows": 3}
    with pytest.raises(ModelFileError, match="the score of the model's training is damaged"):
        check(model, folder / "later.csv")
