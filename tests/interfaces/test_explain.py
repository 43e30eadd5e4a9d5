"""`jangrad explain`: why a model answers as it does for a row of a file."""

import json
import re

import pytest
from tests.explain.tables import houses, trained, written
from tests.interfaces.program import jangrad

from jangrad.explain import counterfactual, integrated_gradients, occlusion
from jangrad.tabular import load, train

HIDDEN = ("price", "kind")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models of a price and of its class, the table they learned from, and new rows."""
    place = tmp_path_factory.mktemp("explained")
    for target in HIDDEN:
        trained(place, target).save(place / target)
    rows = houses(6, seed=30)
    written(place / "new.csv", [{k: v for k, v in r.items() if k not in HIDDEN} for r in rows])
    return place


def test_an_amount_in_words(folder):
    """The numbers are those of the functions; together they are the difference."""
    done = jangrad("explain", "price", "new.csv", "--row", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    row = houses(6, seed=30)[1]
    found = integrated_gradients(load(folder / "price"), row)
    lines = done.stdout.splitlines()
    assert lines[0] == f"row 2 of new.csv: `price` is {found.values[0]:.4g}"
    assert lines[2].startswith(f"if nothing were known it would be {found.baselines[0]:.4g};")
    parts = dict(zip(found.columns, found.parts[0], strict=True))
    told = dict(re.findall(r"(?m)^  (\w+) +\S+ +([-+][\d.]+)", done.stdout))
    assert {name: float(x) for name, x in told.items()} == pytest.approx(parts, rel=1e-3)
    assert f"together {sum(parts.values()):+.4g}" in done.stdout
    lost = occlusion(load(folder / "price"), row)
    without = lines[4].split()[-1]
    assert float(without) == pytest.approx(lost.values[0] - lost.parts[0, 0], rel=1e-3)
    assert all(len(line) <= 88 for line in lines)


def test_with_data(folder):
    """Each column alone, the nearest row with another answer, and what the model goes by."""
    done = jangrad("explain", "kind", "new.csv", "--data", "houses.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    for words in (
        "where one column alone is changed, as far as it occurs in the data:",
        "for another answer:",
        "were otherwise:",
        "what the model goes by on all of the data:",
        "share of wrong answers of 300 rows",
    ):
        assert words in done.stdout


def test_as_json(folder):
    """All of it, for every column; a class has the nearest row with another one."""
    arguments = ("explain", "kind", "new.csv", "--row", "3", "--data", "houses.csv", "--json")
    content = json.loads(jangrad(*arguments, cwd=folder).stdout)
    model, row = load(folder / "kind"), houses(6, seed=30)[2]
    [answer] = model.answers([row])
    assert content["answer"] == f"the probability of {answer['kind']}"
    assert content["value"] == pytest.approx(answer["probability"])
    assert [part["column"] for part in content["parts"]] == [c.name for c in model.columns.columns]
    assert content["importance"]["measure"] == "share of wrong answers"
    near = counterfactual(model, row, houses(300))
    assert content["nearest"]["found"] is bool(near)
    assert content["nearest"]["distance"] == pytest.approx(near.distance, rel=1e-6)
    assert [change["column"] for change in content["nearest"]["changes"]] == [
        change.column for change in near.rows
    ]
    assert {len(one["values"]) for one in content["alone"]} >= {2, 3}


def test_nearly_the_same_probabilities_have_log_odds(folder):
    """Their parts sum to the difference of these."""
    arguments = ("explain", "kind", "new.csv", "--json")
    contents = [
        json.loads(jangrad(*arguments, "--row", str(i), cwd=folder).stdout) for i in (1, 2, 3)
    ]
    for content in contents:
        alike = abs(content["value"] - content["baseline"]) < 0.05
        assert content["parts_of"].startswith("the log odds" if alike else "the probability")
    assert {content["parts_of"].split(" of ")[0] for content in contents} == {
        "the log odds",
        "the probability",
    }


def test_without_data_there_is_nothing_to_compare_with(folder):
    """And with data that has no targets it is not measured what the model goes by."""
    alone = jangrad("explain", "price", "new.csv", "--json", cwd=folder)
    content = json.loads(alone.stdout)
    assert (content["alone"], content["nearest"], content["importance"]) == ([], None, None)
    done = jangrad("explain", "price", "new.csv", "--data", "new.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "how much each column matters is not measured: there is no column `price`" in done.stderr
    assert "where one column alone is changed" in done.stdout
    many = jangrad("explain", "price", "houses.csv", "--json", cwd=folder)
    assert json.loads(many.stdout)["importance"] is not None


def test_a_picture(folder, tmp_path):
    """Without data the bars alone; it is replaced only by one of its kind."""
    out = tmp_path / "why.svg"
    arguments = ("explain", "price", "new.csv", "--data", "houses.csv", "--out", out)
    done = jangrad(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    whole = out.read_text().count("<path")
    done = jangrad("explain", "price", "new.csv", "--out", out, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert 10 < out.read_text().count("<path") < whole
    out.write_text("much work")
    refused = jangrad(*arguments, cwd=folder)
    assert refused.returncode == 1
    assert "so it is not replaced" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("price", "new.csv", "--row", "7"), r"has 6 rows, and none is number 7(.|\n)*--row 6"),
        (("price", "new.csv", "--out", "why.gif"), r"ends in '.gif'"),
        (("price", "new.csv", "--out", "new.csv"), "are one file"),
        (("price", "none.csv"), "none.csv"),
        (("new.csv", "new.csv"), "is text, not a model"),
    ],
)
def test_what_cannot_be_explained_is_said(folder, arguments, words):
    """Without a traceback."""
    done = jangrad("explain", *arguments, cwd=folder)
    assert done.returncode == 1
    assert re.search(words, done.stderr)
    assert "Traceback" not in done.stderr


def test_a_wide_table(tmp_path):
    """What would take too long is left out, and said."""
    names = [f"c{i}" for i in range(250)]
    lines = [",".join([*names, "y"])]
    lines += [",".join(str((i * k) % 7) for i in range(1, 252)) for k in range(1, 41)]
    (tmp_path / "wide.csv").write_text("\n".join(lines) + "\n")
    train(tmp_path / "wide.csv", "y", hidden=[2], epochs=3, progress=False).save(tmp_path / "m")
    done = jangrad("explain", "m", "wide.csv", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "columns the 200 with the largest parts are changed one by one" in done.stderr
    content = json.loads(done.stdout)
    assert len(content["parts"]) == 250
    assert len(content["alone"]) == 200
    assert content["importance"] is None
    assert "--json has all" in jangrad("explain", "m", "wide.csv", cwd=tmp_path).stdout


def test_rows_are_counted_from_1(folder):
    """As the usage says."""
    assert jangrad("explain", "price", "new.csv", "--row", "0", cwd=folder).returncode == 2


@pytest.fixture(scope="module")
def kept(folder):
    """A model whose training was kept, by the commands alone."""
    given = ("--ignore", "kind", "--hidden", "8", "--epochs", 30, "--out", "kept.model")
    command = ("train", "houses.csv", "--target", "price", "--checkpoint", "run", *given)
    done = jangrad(*command, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_rows_of_the_training_are_named_by_their_lines(kept):
    """Of a row, in words, as JSON and as a picture: what it owes to each of them."""
    command = ("explain", "kept.model", "new.csv", "--data", "houses.csv", "--checkpoint", "run")
    done = jangrad(*command, "--out", "rows.svg", cwd=kept)
    assert done.returncode == 0, done.stderr
    told = done.stdout.partition("which rows of the training it goes back to:\n")[2]
    content = json.loads(jangrad(*command, "--json", cwd=kept).stdout)["training"]
    assert len(content["rows"]) == 240
    assert content["end"] == pytest.approx(load(kept / "kept.model").answers(new(kept))[0]["price"])
    most = max(content["rows"], key=lambda one: one["moved"])
    line = (kept / "houses.csv").read_text().splitlines()[int(most["place"].split()[1]) - 1]
    assert re.search(rf"{most['place']} .*target {line.split(',')[5]} .*\++\n", told)
    assert all(len(line) <= 80 for line in told.splitlines()[2:])
    assert most["place"] in re.sub("<!--(.*?)-->", r"\1", (kept / "rows.svg").read_text())


def new(folder):
    """The rows of the file that is explained."""
    lines = (folder / "new.csv").read_text().splitlines()
    return [dict(zip(lines[0].split(","), row.split(","), strict=True)) for row in lines[1:]]


def test_the_rows_that_moved_a_weight(kept):
    """What they did sums to what it has moved."""
    name = "layers.0.neurons.2.bias"
    command = ("explain", "kept.model", "houses.csv", "--checkpoint", "run", "--weight", name)
    content = json.loads(jangrad(*command, "--json", cwd=kept).stdout)
    moved = sum(one["moved"] for one in content["rows"])
    assert moved == pytest.approx(content["end"] - content["begin"], rel=1e-9)
    assert content["end"] == load(kept / "kept.model").net.state()[name]
    told = jangrad(*command, "--out", "weight.png", cwd=kept).stdout
    assert told.startswith(f"`{name}` was ")
    assert (kept / "weight.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--weight", "bias"), "--weight was given, but no --checkpoint"),
        (
            ("--checkpoint", "run", "--data", "houses.csv", "--weight", "bias"),
            "there is no parameter `bias`",
        ),
        (("--checkpoint", "run"), "new.csv` is not the table that the model was trained on: it"),
        (("--checkpoint", "run"), "--data FILE says which"),
        (("--checkpoint", "nowhere"), "nowhere` holds no training of a table"),
    ],
)
def test_trainings_that_do_not_fit_are_refused(kept, arguments, said):
    """In the words of the command."""
    done = jangrad("explain", "kept.model", "new.csv", *arguments, cwd=kept)
    assert done.returncode == 1
    assert said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
