"""`jangrad inspect`, the picture of `jangrad check`, and advice that a command can follow."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.interfaces.program import jangrad

from jangrad import MLP, save_model
from jangrad.errors import JangradError, commands
from jangrad.interfaces import cli
from jangrad.interfaces.predict_command import predict
from jangrad.tabular import check, load, train
from jangrad.tabular.scores import Score, spread_of_error

MODELS = Path(__file__).parents[1] / "export" / "models"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of classes with columns of each kind, one of an amount, and their table."""
    place = tmp_path_factory.mktemp("inspect")
    lines = [
        f"{i % 7 + 0.5},{'uvw'[i % 3]},2024-01-{1 + i % 28:02},{'yes' if i % 2 else 'no'},"
        f"{i % 10} %,{'' if i % 4 else i},{'ab'[i % 2]}"
        for i in range(60)
    ]
    (place / "t.csv").write_text("n,t,day,b,p,gap,y\n" + "\n".join(lines) + "\n")
    train(place / "t.csv", "y", epochs=3, progress=False).save(place / "classes")
    train(place / "t.csv", "n", epochs=3, progress=False).save(place / "amount")
    return place


def test_it_says_what_a_model_holds(folder):
    """Columns with their kinds, gaps and what they held; classes, test, choices, version."""
    done = jangrad("inspect", "classes", cwd=folder)
    assert done.returncode == 0, done.stderr
    out = done.stdout
    for words in (
        "predicts `y`, one of 2 classes: a, b",
        "trained on a table of 60 rows",
        "on 12 rows that the training never saw:\n  accuracy: ",
        "  always the commonest class: 50.0 %",
        "\ntask: classification; `y` holds 2 texts: a, b",
        "it needs 6 columns, which are 11 inputs of the network;\n",
        "\nmissing cells are filled with the mean",
        "written by jangrad 0",
        "MLP(11 ->",
    ):
        assert words in out
    rows = {line.split()[0]: line for line in out.partition("it needs")[2].splitlines()[3:]}
    assert rows["n"].split()[1:3] == ["number", "mean"]
    assert re.search(r"text +u \d\d%, v \d\d%, w \d\d%", rows["t"])
    assert re.search(r"date +mean 2024-01-1\d, most 2024-01-0\d to 2024-01-2\d", rows["day"])
    assert re.search(r"boolean +(yes|no) 5\d%", rows["b"])
    assert rows["p"].split()[1] == "percent"
    assert re.search(r"number +7\d\.\d%", rows["gap"])
    content = json.loads(jangrad("inspect", "classes", "--json", cwd=folder).stdout)
    assert content["about"]["columns"]["classes"] == ["a", "b"]
    assert content["bytes"] == (folder / "classes").stat().st_size
    assert content["format"] == 2
    amount = jangrad("inspect", "amount", cwd=folder).stdout
    assert "predicts `n`, an amount; in the training data 3." in amount
    assert "nine in ten predictions of its test were off by" in amount


def test_other_models(tmp_path):
    """Of an older format, and of `save_model`; a table is refused."""
    done = jangrad("inspect", MODELS / "kinds_1.safetensors")
    assert "an older version wrote the file, without a record of the training" in done.stdout
    save_model(tmp_path / "m", MLP(2, [1], seed=0), {"note": "by hand"})
    done = jangrad("inspect", "m", cwd=tmp_path)
    assert "MLP(2 -> 1 linear, 3 parameters)" in done.stdout
    assert "note: 'by hand'" in done.stdout
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    done = jangrad("inspect", "t.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "is text, not a model" in done.stderr


@pytest.mark.parametrize("model", ["classes", "amount"])
def test_the_picture_of_a_check(folder, model):
    """Confusions with their counts, or the truth beside predictions; only over a picture."""
    done = jangrad("check", model, "t.csv", "--out", f"{model}.svg", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"the picture is {model}.svg" in done.stderr
    assert ElementTree.parse(folder / f"{model}.svg").getroot().tag.endswith("svg")
    done = jangrad("check", model, "t.csv", "--out", "t.csv", cwd=folder)
    assert done.returncode == 1
    assert "ends in '.csv', which says no format" in done.stderr
    (folder / "notes.png").write_text("much work")
    done = jangrad("check", model, "t.csv", "--out", "notes.png", cwd=folder)
    assert "is not a PNG picture, so it is not replaced" in done.stderr


def test_few_rows_have_no_interval(folder, tmp_path):
    """Of one or two amounts nothing is known of others; a share of one row has Wilson's."""
    import numpy as np

    assert spread_of_error(np.array([0.5])) == (0.0, float("inf"))
    head, *rows = (folder / "t.csv").read_text().splitlines()
    for count in (1, 2):
        (tmp_path / "few.csv").write_text("\n".join([head, *rows[:count]]) + "\n")
        done = jangrad("check", folder / "amount", "few.csv", cwd=tmp_path)
        rows_ = "1 row" if count == 1 else "2 rows"
        assert f"({rows_}: too few for an interval)" in done.stdout
        assert "no sure difference" in done.stdout
        found = check(load(folder / "classes"), tmp_path / "few.csv").score
        assert found.interval[1] - found.interval[0] > 0.5
    assert "95 % interval: 1 to 2" in Score(9, "root mean square error", 1.5, (1, 2)).between()


def options_of(command):
    return [option for given in cli.cli.commands[command].params for option in given.opts]


ADVISED = re.compile(r"(jangrad \w+ )?(?<![\w-])(--[a-z]+)")
TABLES = (
    "n,t,day,b,p,gap\n1,u,2024-01-01,yes,1 %,1\n",
    "n,t,day,b,p,gap,y\n1,u,2024-01-01,yes,1 %,1,\n",
    "n,t,day,b,p,gap,y\n1;u;2024-01-01;yes;1;1;a\n",
    "n,t,day,b,p,gap,y\nx,u,2024-01-01,yes,1 %,1,a\n",
    'n,t,day,b,p,gap,y\n"1,234",u,2024-01-01,yes,1 %,1,a\n',
    "n,t,day,b,p,gap,y\n5 €,u,2024-01-01,yes,1 %,1,a\n",
    "n,t,day,b,p,gap,y\n1,u,2024-13-01,yes,1 %,1,a\n",
    "n,t,day,b,p,gap,y\n1,u,soon,yes,1 %,1,a\n",
    "n,t,day,b,p,gap,y\n1,u,2024-01-01,yes,1,1,a\n",
    "n,t,day,b,p,gap,y\ninf,u,2024-01-01,yes,1 %,1,a\n",
    "n;t|day\n1;2|3\n",
    "\x80\x81",
    "n,t,day,b,p,gap,y\n1,u,2024-01-01,yes,1 %,1,z\n",
)


@pytest.mark.parametrize("content", TABLES)
@pytest.mark.parametrize("missing", ["mean", "error"])
def test_each_option_that_is_advised_is_there(folder, tmp_path, content, missing):
    """Of the command at hand, or of the one that is named with it."""
    table, model = tmp_path / "bad.csv", tmp_path / "m"
    table.write_bytes(content.encode("latin-1", errors="replace"))
    trained = load(folder / "classes")
    trained.about["columns"]["missing"] = missing
    save_model(model, trained.net, trained.about)
    calls = {
        "predict": lambda: predict(str(model), str(table), False, f"{model}o", False, False),
        "check": lambda: check(load(model), table),
        "train": lambda: train(table, "y", missing=missing, epochs=1, progress=False),
    }
    for command, call in calls.items():
        said = ""
        with commands(options_of(command)):
            try:
                call()
            except JangradError as error:
                said = str(error)
        for other, option in ADVISED.findall(said):
            asked = other.split()[1] if other else command
            assert option in options_of(asked), (command, said)


def test_the_advice_of_commands_without_an_option(folder, tmp_path):
    """`check` has no --missing, `predict` no --ignore: neither is told to use them."""
    head, *rows = (folder / "t.csv").read_text().splitlines()
    (tmp_path / "gap.csv").write_text(f"{head}\n{rows[0][:-1]}\n")
    done = jangrad("check", folder / "classes", "gap.csv", cwd=tmp_path)
    assert "try: fill it in, or delete the row\n" in done.stderr
    (tmp_path / "euro.csv").write_text(f"{head}\n5 €{rows[0][3:]}\n")
    done = jangrad("predict", folder / "classes", "euro.csv", cwd=tmp_path)
    assert "train without the column (jangrad train --ignore n)" in done.stderr
