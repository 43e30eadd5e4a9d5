"""The command line as a person uses it: what is printed where, exit codes, bad input."""

import csv
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.interfaces.program import RUN, jangrad

from jangrad import engine, load_model
from jangrad.interfaces.train_command import _kept_of
from jangrad.tabular import Model, Score, train


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """A table with numbers, text and a missing value, and a model trained on it."""
    folder = tmp_path_factory.mktemp("houses")
    lines = ["size,rooms,town,price"]
    for k in range(40):
        size, rooms, town = 40 + 4 * k, 1 + k % 5, "AB"[k % 2]
        lines.append(f"{size},{'' if k == 7 else rooms},{town},{3 * size + 10 * rooms}")
    (folder / "houses.csv").write_text("\n".join(lines) + "\n")
    (folder / "new.csv").write_text("size,rooms,town\n100,3,A\n60,1,B\n")
    result = jangrad(
        "train", "houses.csv", "--target", "price", "--hidden", "4", "--epochs", 15,
        "--plot", "loss.png", cwd=folder,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return folder, result


def test_demo_tells_the_story(tmp_path):
    """The tree with 7 and 2, the divergence explained, the rows learned, pictures written."""
    result = jangrad("demo", "--out", tmp_path / "pictures")
    assert result.returncode == 0, result.stderr
    assert ("plain Python engine" in result.stderr) is not engine.compiled
    assert result.stderr == "" or not engine.compiled
    for part in (
        "└── a          2         7",
        "└── b          3         2",
        "the loss diverged",
        "try: learning_rate=",
        "net([2.0, 3.0, -1.0]) is [1.0]",
    ):
        assert part in result.stdout
    ElementTree.parse(tmp_path / "pictures" / "expression.svg")
    assert (tmp_path / "pictures" / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert str(tmp_path / "pictures" / "loss.png") in result.stdout
    assert max(map(len, result.stdout.split("Pictures")[0].splitlines())) <= 80


def test_the_demo_takes_its_own_advice(tmp_path):
    """The rate that the diagnosis advises is the one that learns the rows next."""
    said = jangrad("demo", "--out", tmp_path).stdout
    (rate,) = re.findall(r"try: learning_rate=(\S+)", said)
    assert f"3. The same network with the advised rate, {rate}\n" in said


def test_demo_for_machines(tmp_path):
    """`--json` gives the same numbers; every target is met to 0.05."""
    result = jangrad("demo", "--json", "--seed", 3, "--out", tmp_path)
    story = json.loads(result.stdout)
    assert story["expression"] == {"value": 10.0, "gradients": {"a": 7.0, "b": 2.0, "c": 1.0, "d": 1.0, "e": 1.0}}  # noqa: E501  # fmt: skip
    assert story["too_high"]["diagnosis"].startswith("the loss diverged")
    assert story["slower"]["final_loss"] < 1e-3
    assert all(abs(row["target"] - row["prediction"]) < 0.05 for row in story["rows"])


def test_demo_where_nothing_can_be_written(tmp_path):
    """A file in the place of the folder: a clear error, exit code 1."""
    (tmp_path / "file").write_text("")
    result = jangrad("demo", "--out", tmp_path / "file")
    assert result.returncode == 1
    assert result.stderr.startswith("jangrad: the pictures cannot be written to")


def test_demo_replaces_pictures_only(tmp_path):
    """What stands in their place is looked at before anything is computed."""
    (tmp_path / "loss.png").write_text("much work")
    (tmp_path / "expression.svg").write_text("<svg></svg>")
    result = jangrad("demo", "--out", tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "is not a PNG picture, so it is not replaced" in result.stderr
    assert (tmp_path / "loss.png").read_text() == "much work"
    assert (tmp_path / "expression.svg").read_text() == "<svg></svg>"


def test_show():
    """The tree of an expression, its explanation, its JSON."""
    tree = jangrad("show", "a*a + a*b", "a=2", "b=3")
    assert tree.returncode == 0
    assert "└── a           2         7" in tree.stdout
    words = jangrad("show", "a*a + a*b", "a=2", "b=3", "--explain", "b")
    assert "= 1 * a = 2" in words.stdout
    content = json.loads(jangrad("show", "tanh(x)", "x=0.5", "--json").stdout)
    assert content["nodes"][1]["op"] == "tanh"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show", "a*", "a=2"), 1, "`a*` cannot be read"),
        (("show", "a", "a=two"), 1, "`a=two` gives no name a number"),
        (("show", "a"), 1, "`a` in `a` has no number"),
        (("show", "a*b", "a=1"), 1, "try: b=1"),
        (("show", "a*bias", "a=1", "bais=2"), 1, "did you mean `bais`"),
        (("show", "2a", "a=3"), 1, "try: 2*a"),
        (("predict", "table.csv", "table.csv"), 1, "`table.csv` is text, not a model"),
        (("show", "a", "a=1", "a=2"), 1, "`a` is given two numbers"),
        (("show", "a", "a=1", "--explain", "b"), 1, "no node is named `b`"),
        (("train", "a.csv", "--target", "y", "--hidden", "4,0"), 1, "--hidden is `4,0`"),
        (("train", "a.csv", "--target", "y", "--rate", "nan"), 2, "nan is not a finite number"),
        (("train", "a.csv", "--target", "y", "--epochs", "0"), 2, "not in the range x>=1"),
        (("show",), 2, "Missing argument"),
        (("fly",), 2, "No such command"),
        (("train", "none.csv", "--target", "y"), 1, "there is no file `none.csv`"),
        (("predict", "none.safetensors", "x.csv"), 1, "there is no model file"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(tmp_path, arguments, code, message):
    """stdout stays empty, stderr says what is wrong, the exit code says whose mistake it is."""
    (tmp_path / "table.csv").write_text("area,price\n" + "100,300000\n" * 20)
    result = jangrad(*arguments, cwd=tmp_path)
    assert result.returncode == code
    assert result.stdout == ""
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert "where: core.py" not in result.stderr


def test_the_traceback_can_be_asked_for():
    """`--traceback` shows Python's own."""
    assert "Traceback" in jangrad("--traceback", "show", "a*", "a=1").stderr


def test_a_target_that_never_varies_is_refused(tmp_path):
    """Twenty times 5: nothing is trained, and nothing is written."""
    table = tmp_path / "same.csv"
    table.write_text("x,price\n" + "".join(f"{i},5\n" for i in range(20)))
    place = tmp_path / "same.safetensors"
    result = jangrad("train", str(table), "--target", "price", "--out", str(place))
    assert result.returncode == 1
    assert "the target `price` is 5 in every row" in result.stderr
    assert not place.exists()


def test_a_tiny_target_is_learned_as_any_other(tmp_path):
    """Whatever its unit, the network sees the same numbers, and the answer has the unit."""
    said = []
    for unit in (1.0, 1e-305):
        data, model = tmp_path / f"{unit}.csv", tmp_path / f"{unit}.safetensors"
        rows = [f"{x},{(3.0 * x - 1.0) * unit}" for x in range(-20, 20)]
        data.write_text("\n".join(["x,y", *rows]) + "\n")
        done = jangrad("train", data, "--target", "y", "--out", model, "--epochs", 100, "--json")
        assert done.returncode == 0
        result = json.loads(done.stdout)
        test = result["test"]
        figures = test["value"], *test["interval"], *test["baselines"].values()
        said.append([result["training_loss"], test["R2"], *(x / unit for x in figures)])
        assert test["value"] < 0.1 * test["baselines"]["always the mean"]
        rows = jangrad("predict", model, data, "--json")
        said[-1] += [row["y"] / unit for row in json.loads(rows.stdout)]
    assert said[1] == pytest.approx(said[0], rel=1e-6)


def test_training_says_how_well_it_did(houses):
    """The result is on stdout; the model and the plot are there."""
    folder, result = houses
    assert "on 8 rows that the training never saw:\n  root mean square error" in result.stdout
    assert "\n  a linear model  " in result.stdout
    assert "\n  always the mean  " in result.stdout
    for line in ("task: regression; ", "rows: 26 learn, 6 choose when to stop, 8 test;"):
        assert line in result.stderr
    assert (folder / "model.safetensors").exists()
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert not list(folder.glob("*.part*"))


def test_predicting(houses):
    """One number a row under the target's name; the same as JSON."""
    folder, _ = houses
    plain = jangrad("predict", "model.safetensors", "new.csv", cwd=folder)
    assert plain.returncode == 0, plain.stderr
    name, *numbers = plain.stdout.split()
    assert name == "price"
    found = json.loads(jangrad("predict", "model.safetensors", "new.csv", "--json", cwd=folder).stdout)  # noqa: E501  # fmt: skip
    assert [row["price"] for row in found] == pytest.approx([float(n) for n in numbers], rel=1e-4)


def test_places_are_looked_at_before_the_training(houses, tmp_path):
    """A model or a plot that cannot be written is told at once, not after the last epoch."""
    folder, _ = houses
    for option, place in (("--out", "none/m.safetensors"), ("--plot", "none/p.png"), ("--out", "")):
        result = jangrad(
            "train", folder / "houses.csv", "--target", "price", "--epochs", 1_000_000_000,
            option, tmp_path / place, cwd=tmp_path,
        )  # fmt: skip
        assert result.returncode == 1
        assert "folder" in result.stderr
        assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_plot_of_an_unknown_kind_costs_no_training(houses, tmp_path):
    """It is refused before anything is learned."""
    folder, _ = houses
    for name in ("loss.xyz", "loss"):
        result = jangrad(
            "train", folder / "houses.csv", "--target", "price", "--epochs", 1_000_000_000,
            "--plot", tmp_path / name, "--out", tmp_path / "m.safetensors",
        )  # fmt: skip
        assert result.returncode == 1
        assert "ends in .png" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["truncated", "foreign", "flipped", "empty"])
def test_damaged_models_are_refused(houses, tmp_path, kind):
    """A damaged, truncated or foreign file gives a clear error and no prediction."""
    folder, _ = houses
    whole = (folder / "model.safetensors").read_bytes()
    damaged = {
        "truncated": whole[: len(whole) // 2],
        "foreign": b"PK\x03\x04 some other file",
        "flipped": whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:],
        "empty": b"",
    }[kind]
    (tmp_path / "model.safetensors").write_bytes(damaged)
    result = jangrad("predict", tmp_path / "model.safetensors", folder / "new.csv")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "try:" in result.stderr
    assert "Traceback" not in result.stderr


def test_rows_that_do_not_fit_the_model(houses, tmp_path):
    """A missing column is refused; a text that was never learned is named, and not known."""
    folder, _ = houses
    model = folder / "model.safetensors"
    (tmp_path / "short.csv").write_text("size,town\n100,A\n")
    result = jangrad("predict", model, tmp_path / "short.csv")
    assert result.returncode == 1
    assert "rooms" in result.stderr
    (tmp_path / "odd.csv").write_text("size,rooms,town\n100,3,C\n")
    result = jangrad("predict", model, tmp_path / "odd.csv")
    assert result.returncode == 0, result.stderr
    assert (
        "`town`: 1 cell that the network never learned from, read as not known: C" in result.stderr
    )
    (tmp_path / "unknown.csv").write_text("size,rooms,town\n100,3,\n")
    assert result.stdout == jangrad("predict", model, tmp_path / "unknown.csv").stdout


def test_no_colour_into_a_file():
    """Nothing but text goes into a pipe."""
    assert "\x1b" not in jangrad("show", "a*a", "a=2").stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [("show", "a", "a=1"), ("show", "a", "a=1", "--json")])
def test_a_full_disk_is_said(arguments):
    """One line, exit code 1, no traceback."""
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-c", RUN, *arguments], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 1
    assert result.stderr == "jangrad: [Errno 28] No space left on device\n"


def test_a_terminal_without_our_letters():
    """Branches are drawn as other programs draw them; what cannot be drawn is escaped."""
    result = jangrad("show", "a*a", "a=2", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "`-- a           2         4   used 2 times here" in result.stdout
    result = jangrad("show", "\u00e4 * 2", "\u00e4=2", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert r"v1 = \xe4 * 2" in result.stdout
    assert "?" not in result.stdout


def test_help_has_examples():
    """Each command shows how it is called."""
    for command in ("demo", "show", "train", "predict"):
        assert "Examples:" in jangrad(command, "--help").stdout


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_a_network_that_is_no_better_is_told_so(tmp_path, task):
    """Its score stands beside those of the simplest models on the same rows."""
    rng = random.Random(1)
    draw = (lambda: rng.choice("aab")) if task == "classes" else rng.random
    data = tmp_path / "noise.csv"
    data.write_text("x,t\n" + "\n".join(f"{rng.random()},{draw()}" for _ in range(60)))
    given = "train", data, "--target", "t", "--force", "--out", tmp_path / "m.safetensors"
    test = json.loads(jangrad(*given, "--json").stdout)["test"]
    assert test["rows"] == 12
    if task == "classes":
        hits = test["baselines"]["always the commonest class"] * 12
        assert hits == pytest.approx(round(hits))
    assert "no better than " in jangrad(*given).stdout


def test_several_seeds(houses, tmp_path):
    """Each with a test of its own; the rows that choose when to stop choose the model as well."""
    folder, _ = houses
    data = folder / "houses.csv"
    given = "train", data, "--target", "price", "--epochs", 5, "--hidden", "4", "--json"
    three = jangrad(*given, "--out", tmp_path / "three", "--seeds", 3, cwd=tmp_path)
    result = json.loads(three.stdout)
    seeds = result.pop("seeds")
    alone = [
        train(data, "price", epochs=5, hidden=[4], seed=seed, progress=False) for seed in range(3)
    ]
    assert seeds["values"] == [model.test.value for model in alone]
    assert len(set(seeds["values"])) == 3
    assert seeds["mean"] == pytest.approx(sum(seeds["values"]) / 3)
    kept = min(range(3), key=lambda seed: alone[seed].choosing_loss)
    assert seeds["kept"] == kept
    assert result["test"]["value"] == seeds["values"][kept]
    assert result["choices"][-1].startswith(f"seed: {kept}, of 3; the least loss on the rows that")
    net, about = load_model(tmp_path / "three")
    assert net.state() == alone[kept].net.state()
    assert about["training"]["seed"] == kept
    assert about["training"]["choices"] == result["choices"]


def test_no_test_says_which_seed_is_kept():
    """The best on the rows that choose, be its test the worst; the first where there are none."""

    def model(seed, loss, value):
        test = None if value is None else Score(10, "accuracy", value, (value, value))
        about = {"training": {"seed": seed, "choices": []}}
        return Model(None, None, about, test=test, choosing_loss=loss)

    models = [model(0, 0.5, 0.9), model(1, 0.3, 0.6), model(2, 0.1, None), model(3, 0.4, 0.95)]
    best, found = _kept_of(models)
    assert (best, found["kept"], found["values"]) == (models[1], 1, [0.9, 0.6, 0.95])
    best, found = _kept_of([model(4, None, 0.5), model(5, None, 0.7)])
    assert found["kept"] == 4
    assert "too few rows" in str(best.choices[-1])


def test_predictions_into_a_file(houses, tmp_path):
    """As they would be printed; older predictions are replaced, nothing else is."""
    folder, _ = houses
    model, rows = folder / "model.safetensors", folder / "new.csv"
    printed = jangrad("predict", model, rows).stdout
    for options, wanted in (((), printed), (("--json",), jangrad("predict", model, rows, "--json").stdout)):  # noqa: E501  # fmt: skip
        for _ in range(2):
            done = jangrad("predict", model, rows, "--out", tmp_path / "p", *options)
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
            assert "2 predictions are in" in done.stderr
            assert (tmp_path / "p").read_text() == wanted
    (tmp_path / "notes").write_text("much work")
    for place, words in (("notes", "is not a file of predictions of `price`"), (rows, "are one file"), (model, "are one file")):  # noqa: E501  # fmt: skip
        done = jangrad("predict", model, rows, "--out", place, cwd=tmp_path)
        assert done.returncode == 1
        assert words in done.stderr
    assert (tmp_path / "notes").read_text() == "much work"
    done = jangrad("predict", model, rows, "--out", "notes", "--force", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_all_probabilities_are_given(tmp_path):
    """A column a class in CSV, a dict in JSON; they add up to 1, and the class is the likeliest."""
    lines = [f"{i % 3 + i / 100},{'xyz'[i % 3]}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,kind", *lines]))
    jangrad("train", "t.csv", "--target", "kind", "--epochs", 9, "--out", "m", cwd=tmp_path)
    printed = jangrad("predict", "m", "t.csv", cwd=tmp_path).stdout.splitlines()
    head, *rows = csv.reader(printed)
    assert head == ["kind", "probability", *(f"probability of {c}" for c in "xyz")]
    found = json.loads(jangrad("predict", "m", "t.csv", "--json", cwd=tmp_path).stdout)
    for row, (label, best, *shares) in zip(found, rows, strict=True):
        assert list(map(float, shares)) == list(row["probabilities"].values())
        assert sum(map(float, shares)) == pytest.approx(1.0)
        assert (label, float(best)) == max(row["probabilities"].items(), key=lambda kv: kv[1])


def test_intervals_of_amounts(tmp_path):
    """Nine in ten rows of the same kind lie within; where nothing is known of it, that is said."""
    rng = random.Random(0)

    def table(count):
        rows = [(x, 2 * x + rng.gauss(0, 1)) for x in (rng.uniform(-3, 3) for _ in range(count))]
        return "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows), [y for _, y in rows]

    (tmp_path / "t.csv").write_text(table(600)[0])
    text, true = table(2000)
    (tmp_path / "new.csv").write_text(text)
    jangrad("train", "t.csv", "--target", "y", "--out", "m", cwd=tmp_path)
    done = jangrad("predict", "m", "new.csv", "--interval", "--json", cwd=tmp_path)
    rows = json.loads(done.stdout)
    inside = sum(row["y from"] <= y <= row["y to"] for row, y in zip(rows, true, strict=True))
    assert 0.84 < inside / 2000 < 0.96
    (tmp_path / "few.csv").write_text(table(25)[0])
    jangrad("train", "few.csv", "--target", "y", "--epochs", 1, "--out", "few", cwd=tmp_path)
    done = jangrad("predict", "few", "new.csv", "--interval", cwd=tmp_path)
    assert "does not know how far its predictions are from the truth" in done.stderr


def test_tables_from_standard_input(houses):
    """`-`; its name is in messages."""
    folder, _ = houses
    model, rows = folder / "model.safetensors", (folder / "new.csv").read_text()
    piped = jangrad("predict", model, "-", input=rows)
    assert piped.stdout == jangrad("predict", model, folder / "new.csv").stdout
    done = jangrad("train", "-", "--target", "price", "--out", folder / "piped", "--epochs", 1, input=(folder / "houses.csv").read_text())  # noqa: E501  # fmt: skip
    assert done.returncode == 0, done.stderr
    odd = jangrad("predict", model, "-", input=rows.replace("100", "1OO"))
    assert "standard input, line 2, column `size`" in odd.stderr


def test_the_version_is_known_to_python_too():
    """`jangrad.__version__` is what the program prints."""
    import jangrad as package

    assert f"version {package.__version__}," in jangrad("--version").stdout


def test_the_package_is_a_program(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "jangrad", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("jangrad, version ")
