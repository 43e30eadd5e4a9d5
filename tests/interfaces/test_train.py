"""`jangrad train`: what is asked before it, what ends it, and that no model is lost by it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tests.interfaces.program import RUN, jangrad

from jangrad import MLP, load_model, save_model

GOOD = "a,b,y\n1,2,3\n2,3,4\n3,5,6\n"
TOO_LARGE = "a,b,y\n1e308,2,3\n-1e308,5,6\n1.7e308,1,1\n"
# No table that is brought to scale has a loss that is no number from the first step on.
UNSCALED = f"""
import numpy as np
from jangrad.datasets import Scale
from jangrad.datasets.standard_inputs import StandardInputs
def raw(self, rows=slice(None), into=None):
    X = np.array(self.listed())[rows]
    if into is not None:
        into[:] = X
    return X
StandardInputs.standardised = raw
Scale.apply = lambda self, x: x
{RUN}"""
FOR_EVER = ("--epochs", 1_000_000_000)
POSIX = pytest.mark.skipif(os.name == "nt", reason="pipes and links are other things there")


@pytest.fixture
def folder(tmp_path):
    """Tables of a few rows, and a model `m` of another training."""
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "large.csv").write_text(TOO_LARGE)
    save_model(tmp_path / "m", MLP(2, [1], seed=7), {"note": "good"})
    return tmp_path


def train(folder, *options, data="good.csv", code=RUN):
    return jangrad("train", data, "--target", "y", *options, cwd=folder, code=code)


def refused(folder, *options, match, code=1):
    """At once, with a message and no traceback, whatever else is in the folder."""
    before = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    result = train(folder, *FOR_EVER, *options)
    assert result.returncode == code, result.stderr
    assert match in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert before == {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_what_is_no_model_is_not_replaced(folder):
    """The data, notes; not by a plot either. An older model is, and so is an older plot."""
    (folder / "notes.txt").write_text("much work")
    (folder / "p.png").write_text("much work")
    (folder / "p.svg").write_bytes(b"<svg></svg>")
    refused(folder, "--out", "good.csv", match="`good.csv` is not a model of jangrad's")
    refused(folder, "--out", "notes.txt", match="try: another name, or --force")
    refused(folder, "--plot", "p.png", match="`p.png` is not a PNG picture, so it is not replaced")
    refused(folder, "--force", "--out", "good.csv", match="are one file")
    done = train(folder, "--epochs", 1, "--out", "m", "--plot", "p.svg")
    assert "the picture is p.svg" in done.stderr
    assert done.returncode == 0, done.stderr
    assert "note" not in load_model(folder / "m")[1]
    assert b"<svg" in (folder / "p.svg").read_bytes()[:1000]
    done = train(folder, "--epochs", 1, "--out", "notes.txt", "--plot", "p.png", "--force")
    assert done.returncode == 0, done.stderr
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    load_model(folder / "notes.txt")


@POSIX
def test_a_model_of_another_target_is_not_replaced(folder):
    few = ("--epochs", 2)
    assert train(folder, "--out", "n", *few).returncode == 0
    (folder / "other.csv").write_text("y,z\n1,2\n3,4\n2,3\n")
    kept = (folder / "n").read_bytes()
    other = ("train", "other.csv", "--target", "z", "--out", "n", *few)
    done = jangrad(*other, cwd=folder)
    assert done.returncode == 1
    assert "`n` is a model that predicts `y`, so one that predicts `z` does not replace it" in (
        " ".join(done.stderr.split())
    )
    assert (folder / "n").read_bytes() == kept
    assert train(folder, "--out", "n", *few).returncode == 0
    assert jangrad(*other, "--force", cwd=folder).returncode == 0


def test_two_outputs_are_two_files(folder):
    """Also through links and letters' case, and where the result is printed into one of them."""
    for name in ("soft.png", "hard.png"):
        (folder / name).write_bytes(b"")
    (folder / "link").symlink_to("soft.png")
    (folder / "twin").hardlink_to(folder / "hard.png")
    refused(folder, "--out", "p.png", "--plot", "p.png", match="--plot `p.png` and --out `p.png`")
    refused(folder, "--out", "link", "--plot", "soft.png", match="are one file")
    refused(folder, "--out", "twin", "--plot", "hard.png", match="are one file")
    refused(folder, "--out", "P.png", "--plot", "p.PNG", match="are one file")
    with open(folder / "log", "w") as log:
        done = subprocess.run(
            [sys.executable, "-c", RUN, "train", "good.csv", "--target", "y", "--out", "log"],
            stdout=log, stderr=subprocess.PIPE, text=True, cwd=folder,
        )  # fmt: skip
    assert done.returncode == 1
    assert "--out `log` is also where the result is printed to" in done.stderr


@POSIX
def test_places_that_can_never_be_written_are_told_at_once(folder):
    """Devices, pipes, folders, names that are too long or none."""
    os.mkfifo(folder / "pipe")
    refused(folder, "--out", "pipe", match="it is a pipe")
    refused(folder, "--out", "/dev/null", match="it is a device")
    refused(folder, "--out", "", match="its name is empty")
    refused(folder, "--out", "n" * 256, match="name too long")
    refused(folder, "--out", "none/m", match="it lies in no folder")
    refused(folder, "--plot", f"{'n' * 252}.png", match="name too long")
    done = train(folder, "--epochs", 1, "--out", "n" * 255)
    assert done.returncode == 0, done.stderr


def test_a_training_that_fails_leaves_a_good_model_alone(folder):
    """Exit code 1, a true account, JSON without nan; nothing is saved where nothing was learned."""
    good = (folder / "m").read_bytes()
    options = ("--out", "m", "--hidden", "")
    done = train(folder, *options, "--json", data="large.csv", code=UNSCALED)
    assert done.returncode == 1
    result = json.loads(done.stdout, parse_constant=pytest.fail)
    assert result["training_loss"] is None
    assert result["not_finite"] == {"training_loss": "inf"}
    assert result["model"] is None
    assert "--ignore the column that holds the largest" in result["diagnosis"]
    assert "strict" not in done.stderr
    assert "nothing was learned, so nothing was saved" in done.stderr
    assert (folder / "m").read_bytes() == good
    assert not list(folder.glob("*unfinished*"))
    options = (*options, "--force", "--plot", "p.png")
    forced = train(folder, *options, data="large.csv", code=UNSCALED)
    assert forced.returncode == 1
    assert "broke off (diagnosis, steps: 1), before it was measured" in forced.stdout
    assert "no plot was drawn: the training had no finite loss" in forced.stderr
    assert (folder / "m").read_bytes() != good


def test_a_training_that_diverges_says_so(folder):
    """Not that there were too few rows; with the options' names; what it learned is beside it."""
    rows = "".join(f"{i},{i % 7},{i * i % 11}\n" for i in range(60))
    (folder / "rows.csv").write_text("a,b,y\n" + rows)
    good = (folder / "m").read_bytes()
    done = train(folder, "--out", "m", "--rate", 1000, "--batch", 8, data="rows.csv")
    assert done.returncode == 1
    assert "too few rows" not in done.stdout
    assert "broke off (diagnosis, steps: 2), before it was measured" in done.stdout
    assert "try: --rate " in done.stderr
    assert "learning_rate" not in done.stderr
    assert (folder / "m").read_bytes() == good


@POSIX
@pytest.mark.parametrize("there", [True, False])
def test_an_interrupted_training(folder, there):
    """Exit code 130; saved where no model is lost: a new name if there is one already."""
    if not there:
        (folder / "m").unlink()
    good = (folder / "m").read_bytes() if there else b""
    # The first steps are made when the diagnosis' file is there: a callback would be another path.
    code = (
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from jangrad.train import progress\n"
        "show = progress.Bar.show\n"
        "def struck(self, done, *a, **k):\n"
        "    if len(done) > 100: os.kill(os.getpid(), signal.SIGINT)\n"
        "    return show(self, done, *a, **k)\n"
        "progress.Bar.show = struck\n" + RUN
    )
    arguments = ["train", "good.csv", "--target", "y", "--out", "m", "--epochs", "100000"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, cwd=folder, timeout=100,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    place = "m.unfinished" if there else "m"
    assert f"saved as {place}\n" in done.stdout
    assert load_model(folder / place)[1]["rows"] == 3
    if there:
        assert "m stays as it is; with --force what was learned replaces it" in done.stderr
        assert (folder / "m").read_bytes() == good


@POSIX
@pytest.mark.parametrize("heard", [signal.default_int_handler, signal.SIG_IGN])
def test_a_training_that_is_told_to_end(folder, heard):
    """By SIGTERM from outside, in the background too, where Ctrl-C is not heard: exit code 143."""
    good = (folder / "m").read_bytes()
    handler = "SIG_IGN" if heard is signal.SIG_IGN else "default_int_handler"
    # In the child and not before it: JAX, which other tests import, warns of a fork.
    code = (
        f"import signal; signal.signal(signal.SIGINT, signal.{handler})\n"
        "from jangrad.train import progress\n"
        "def show(self, done, *a, **k):\n"
        "    if len(done) > 100: print('learning', flush=True)\n"
        "progress.Bar.show = show\n" + RUN
    )
    arguments = ["train", "good.csv", "--target", "y", "--out", "m", *map(str, FOR_EVER)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "learning\n"
        process.terminate()
        out, err = process.communicate(timeout=100)
    assert process.returncode == 143, err
    assert "saved as m.unfinished\n" in out
    assert "(interrupt, steps: " in out
    assert "Traceback" not in err
    assert load_model(folder / "m.unfinished")[1]["rows"] == 3
    assert (folder / "m").read_bytes() == good


@POSIX
def test_a_training_that_is_told_to_end_before_it_begins(folder):
    """It says so, and has nothing to save."""
    os.mkfifo(folder / "rows.csv")
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "train", "rows.csv", "--target", "y", "--out", "new"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    with process, open(folder / "rows.csv", "w") as rows:
        rows.write(GOOD)
        rows.flush()
        time.sleep(0.2)
        process.terminate()
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (143, "", "terminated\n")
    assert not (folder / "new").exists()


def test_what_was_learned_survives_a_lack_of_memory(folder):
    """Of any exception: the weights are saved, the message has no traceback."""
    code = (
        "from jangrad.train import progress\n"
        "def full(self, done, *a, **k):\n"
        "    if len(done) > 100: raise MemoryError\n"
        "progress.Bar.show = full\n" + RUN
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "train", "good.csv", "--target", "y", "--out", "m"],
        capture_output=True, text=True, cwd=folder, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1
    assert "what was learned is saved as m.unfinished" in done.stderr
    assert "jangrad: there is not enough memory" in done.stderr
    assert "Traceback" not in done.stderr
    load_model(folder / "m.unfinished")


def test_the_options_that_messages_advise(folder):
    """`--ignore`, `--missing drop` and `--task` do what they say; the task is told and why."""
    lines = [f"u{i},{'' if i == 4 else i},{i % 3}" for i in range(30)]
    (folder / "ids.csv").write_text("my id,a,y\n" + "\n".join(lines) + "\n")
    done = train(folder, data="ids.csv")
    assert "leave the column `my id` out (--ignore 'my id')" in done.stderr
    options = ("--ignore", "my id", "--epochs", 2)
    done = train(folder, *options, "--missing", "error", data="ids.csv")
    assert "read with --missing error" in done.stderr
    assert "with --missing mean" in done.stderr
    done = train(folder, *options, "--missing", "drop", "--json", data="ids.csv")
    assert "left out for missing cells: 1 row, at line 6" in done.stderr
    why = "`y` holds the 3 labels 0 to 2 (--task regression if they are amounts)"
    assert f"task: classification; {why}" in done.stderr
    result = json.loads(done.stdout)
    assert result["task"] == "classification"
    assert result["rows"] == 29
    done = train(folder, *options, "--task", "regression", "--json", data="ids.csv")
    assert "task: regression; as you said" in done.stderr
    assert json.loads(done.stdout)["task"] == "regression"


def test_matplotlibs_settings_do_not_matter(folder):
    """A backend that does not exist: only files are drawn here."""
    done = jangrad(
        "train", "good.csv", "--target", "y", "--epochs", 2, "--plot", "p.png", "--out", "new",
        cwd=folder, MPLBACKEND="nonsense",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (folder / "p.png").exists()


def test_a_table_with_decimal_commas(folder):
    """Training and predicting tell how numbers are read; what is in doubt is refused, then said."""
    (folder / "eu.csv").write_text("a;b;y\n1,5;2;3,5\n2,5;3;5,5\n3,5;4;7,5\n", encoding="utf-8")
    (folder / "rows.csv").write_text("a|b\n1,234|2\n", encoding="utf-8")
    options = ("--epochs", 1, "--out", "eu.safetensors")
    done = train(folder, *options, data="eu.csv")
    assert done.returncode == 0, done.stderr
    assert "numbers are written with a decimal comma: 1,5 is read as 1.5\n" in done.stderr
    again = jangrad("predict", "eu.safetensors", "eu.csv", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert "numbers are written with a decimal comma: 1,5 is read as 1.5\n" in again.stderr
    doubt = jangrad("predict", "eu.safetensors", "rows.csv", cwd=folder)
    assert doubt.returncode == 1
    assert "--decimal . reads it as 1234; --decimal , reads it as 1.234;" in doubt.stderr
    said = [
        jangrad("predict", "eu.safetensors", "rows.csv", "--decimal", mark, cwd=folder)
        for mark in ",."
    ]
    assert [result.returncode for result in said] == [0, 0]
    assert said[0].stdout != said[1].stdout
    (folder / "tabs.csv").write_text("a, m\ty\n1,5\t2\n2,5\t3\n")
    assert "may be separated by commas or by tabs" in train(folder, data="tabs.csv").stderr
    done = train(folder, *options, "--delimiter", r"\t", "--decimal", ",", data="tabs.csv")
    assert done.returncode == 0, done.stderr
    assert "not by 'x'" in train(folder, "--delimiter", "x", data="eu.csv").stderr
