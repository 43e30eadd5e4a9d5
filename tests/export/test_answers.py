"""A model of the command line asked from Python: the same answers, in the table's own units."""

import csv
import datetime
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from tests.interfaces.program import jangrad

from jangrad import MLP, load_model, save_model
from jangrad.errors import DataError, ModelFileError
from jangrad.export import answers
from jangrad.export.answers import _shares
from jangrad.lists import softmax
from jangrad.tabular import train

MODELS = Path(__file__).parent / "models"  # each as it was written by its version
ROWS = [(a, town) for a in (40, 60, 80, 100, 120) for town in ("Bern", "Chur", "Thun")]
HEAD = "area,town,price,kind,three\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models for a number, for two classes and for three of one table, and a table to predict."""
    place = tmp_path_factory.mktemp("trained")
    lines = [
        f"{a},{town},{3000 * a + 1e5 * (town == 'Bern')},{'large' if a > 70 else 'small'},{town}\n"
        for a, town in ROWS
    ]
    (place / "houses.csv").write_text(HEAD + "".join(lines))
    (place / "new.csv").write_text("town,area\nBern,100\nChur,55.5\n,80\nThun,\n")
    for target, others in (
        ("price", ("kind", "three")),
        ("kind", ("price", "three")),
        ("three", ("price", "kind")),
    ):
        ignore = [word for other in others for word in ("--ignore", other)]
        done = jangrad(
            "train", "houses.csv", "--target", target, *ignore, "--epochs", 60, "--out", target,
            cwd=place,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return place


@pytest.mark.parametrize("target", ["price", "kind", "three"])
def test_they_are_those_of_the_command(folder, target):
    """Digit by digit, missing cells included."""
    with open(folder / "new.csv") as file:
        rows = list(csv.DictReader(file))
    printed = jangrad("predict", target, "new.csv", "--json", cwd=folder)
    assert answers(folder / target, rows) == json.loads(printed.stdout)


def test_rows_may_come_one_by_one(folder):
    """A reader of a file can be walked once, and is not used up by a look at it."""
    with open(folder / "new.csv") as file:
        right = answers(folder / "price", list(csv.DictReader(file)))
    with open(folder / "new.csv") as file:
        assert answers(folder / "price", csv.DictReader(file)) == right
    with pytest.raises(DataError, match=r"`rows` is 3 \(int\), not a list of dicts"):
        answers(folder / "price", 3)


@pytest.mark.parametrize("cell", [b"Bern", 3, 0.5, True])
def test_what_is_no_text_is_no_unknown_text(folder, cell):
    with pytest.raises(DataError, match="`town` is ") as error:
        answers(folder / "price", [{"area": 100, "town": cell}])
    assert "one of 'Bern', 'Chur', 'Thun'" in str(error.value)


def test_yes_and_no_may_be_true_and_false(tmp_path):
    lines = [f"{i},{'yes' if i % 3 else 'no'},{i + 9 * (i % 3 > 0)}\n" for i in range(30)]
    (tmp_path / "t.csv").write_text("x,ok,price\n" + "".join(lines))
    model = train(tmp_path / "t.csv", "price", epochs=5, progress=False)
    yes, true = model.answers([{"x": 1, "ok": "yes"}, {"x": 1, "ok": True}])
    assert yes == true
    for cell in (1, 0.5):
        with pytest.raises(DataError, match="learned from yes and no"):
            model.answers([{"x": 1, "ok": cell}])


def test_numbers_may_be_numbers_and_nothing_may_be_nothing(folder):
    """Of Python or NumPy; None, nan and an empty text are not known."""
    first = answers(folder / "price", [{"area": "100", "town": "Bern", "other": 3}])
    for area in (100, 100.0, np.int64(100), np.float32(100)):
        assert answers(folder / "price", [{"area": area, "town": np.str_("Bern")}]) == first
    unknown = [{"area": area, "town": "Bern"} for area in (None, math.nan, "", "NA")]
    assert len({each["price"] for each in answers(folder / "price", unknown)}) == 1
    assert answers(folder / "price", []) == []
    # The network alone knows nothing of the table's units.
    net, _ = load_model(folder / "price")
    assert abs(net.predict([[0.0, 0.0, 0.0, 0.0]])[0][0]) < 10.0 < first[0]["price"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[100, "Bern"]], r"not a list of dicts(.|\n)*\[\{\"area\": "),
        ({"area": 100, "town": "Bern"}, "not a list of dicts"),
        (
            [{"area": 100, "Town": "Bern"}],
            r"`rows\[0\]` has no `town`(.|\n)*`town` instead of `Town`",
        ),
        ([{}], r"`rows\[0\]` has no `area`"),
        ([{"area": 1, "town": "Bern"}, {"area": "big", "town": "Bern"}], r"`big` is not a number"),
        ([{"area": [1.0], "town": "Bern"}], "is not a number"),
    ],
)
def test_rows_that_are_none_of_the_table(folder, rows, words):
    """The row and the column are named, and what is known instead."""
    with pytest.raises(DataError, match=words):
        answers(folder / "price", rows)


def test_a_text_that_was_never_learned_is_not_known(folder):
    """As in the command."""
    rows = [{"area": 1, "town": town} for town in ("Rome", None)]
    rome, unknown = answers(folder / "price", rows)
    assert rome == unknown


def test_dates_percentages_and_truth_from_python(tmp_path):
    """As text, or as Python's own."""
    lines = [f"{1 + i % 28}.{1 + i % 12}.2024,{i}%,{bool(i % 2)},{i * i}\n" for i in range(30)]
    (tmp_path / "t.csv").write_text("day,share,open,y\n" + "".join(lines))
    done = jangrad("train", "t.csv", "--target", "y", "--epochs", 2, "--out", "m", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    as_text = {"day": "31.3.2024", "share": "7%", "open": "True"}
    ours = {"day": datetime.date(2024, 3, 31), "share": 7, "open": True}
    one, other = answers(tmp_path / "m", [as_text, ours])
    assert one == other


@pytest.mark.parametrize("name", ["houses", "kinds"])
def test_models_of_the_first_format_answer_as_they_did(name):
    """To the last bit but those that another processor's exp may round otherwise."""
    with open(MODELS / f"{name}.csv") as file:
        rows = list(csv.DictReader(file))
    wanted = json.loads((MODELS / f"{name}_1.json").read_text())
    for found, before in zip(answers(MODELS / f"{name}_1.safetensors", rows), wanted, strict=True):
        for key, value in before.items():
            same = value if isinstance(value, str) else pytest.approx(value, rel=1e-12)
            assert found[key] == same


def test_a_model_of_no_table(tmp_path):
    """It has no units."""
    save_model(tmp_path / "m", MLP(2, [1], seed=0))
    with pytest.raises(ModelFileError, match="does not say which columns it was trained on"):
        answers(tmp_path / "m", [{"a": 1.0}])


@pytest.mark.parametrize("odd", [None, math.inf, -math.inf, math.nan])
def test_shares_are_those_of_softmax(odd):
    """To the bit, though they are computed in a tenth of the time; where a number is none, too."""
    draw = random.Random(0)
    for count in (3, 5, 20):
        outputs = [draw.gauss(0.0, 10.0 ** draw.randint(-3, 3)) for _ in range(count)]
        if odd is not None:
            outputs[1] = odd
        found, wanted = _shares(outputs), softmax(outputs)
        assert [x.hex() for x in found] == [x.hex() for x in wanted]
