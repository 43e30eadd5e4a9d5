"""`jangrad train --checkpoint FOLDER --resume`: what was killed or interrupted goes on."""

import json
import os
import random
import re

import pytest
from tests.interfaces.program import RUN, jangrad

from jangrad import load_model

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals are other things there")

# A checkpoint after each burst, and a signal after one of them.
STRUCK = """
import os, signal
from jangrad.train import keeper
keeper._SECONDS = keeper._SHARE = 0.0
save, made = keeper.Keeper.save, []
def saving(self, run):
    save(self, run)
    made.append(self.folder.path.name)
    if made.count({place!r}) == 2:
        os.kill(os.getpid(), signal.{signal})
keeper.Keeper.save = saving
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table, and the model of a training that nobody has interrupted."""
    place, draw = tmp_path_factory.mktemp("resume"), random.Random(0)
    rows = [(draw.random(), draw.random()) for _ in range(80)]
    lines = "".join(f"{a},{b},{a * b}\n" for a, b in rows)
    (place / "data.csv").write_text("a,b,y\n" + lines)
    done = train(place, "--out", "whole")
    assert done.returncode == 0, done.stderr
    return place


def train(folder, *options, code=RUN):
    given = ("--target", "y", "--epochs", 60, "--hidden", "8", "--json", *options)
    return jangrad("train", "data.csv", *given, cwd=folder, code=code)


@POSIX
@pytest.mark.parametrize(
    ("signal", "place"), [("SIGINT", "1"), ("SIGTERM", "2"), ("SIGKILL", "1"), ("SIGKILL", "2")]
)
def test_what_was_interrupted_goes_on(folder, signal, place):
    """In its first training and in that with all rows; the model is the same to the last bit."""
    kept, out = f"{signal}{place}", f"{signal}{place}.model"
    options = ("--checkpoint", kept, "--resume", "--out", out)
    struck = train(folder, *options, code=STRUCK.format(place=place, signal=signal) + RUN)
    codes = {"SIGINT": 130, "SIGTERM": 143, "SIGKILL": -9}
    assert struck.returncode == codes[signal], struck.stderr
    said = f"the same command with --resume goes on from {kept}" in struck.stderr
    assert said == (signal != "SIGKILL")
    done = train(folder, *options)
    assert done.returncode == 0, done.stderr
    net, about = load_model(folder / out)
    wanted, said = load_model(folder / "whole")
    assert (net.state(), about) == (wanted.state(), said)
    again = train(folder, *options)
    assert json.loads(again.stdout) == json.loads(done.stdout)


def test_more_epochs_go_on(folder):
    """Also of what patience had ended, for more epochs have more of it."""
    for epochs in (5, 60):
        done = train(folder, "--checkpoint", "more", "--resume", "--out", "m", "--epochs", epochs)
        assert done.returncode == 0, done.stderr
    (net, about), (wanted, said) = load_model(folder / "m"), load_model(folder / "whole")
    assert (net.state(), about) == (wanted.state(), said)
    done = train(folder, "--checkpoint", "more", "--resume", "--out", "m", "--epochs", 3)
    assert done.returncode == 1
    assert re.search(r"has made \d+ epochs, but 3 are asked for now", done.stderr)


def test_what_is_kept_is_not_replaced_nor_mixed(folder):
    """Without `--resume`, with other options, and where nobody says where."""
    assert train(folder, "--checkpoint", "kept", "--out", "m").returncode == 0
    for options, said in (
        (
            ("--checkpoint", "kept"),
            "there is a training in `.*`(.|\n)*try: --resume, which goes on",
        ),
        (
            ("--checkpoint", "kept", "--resume", "--rate", 0.02),
            "`learning_rate` is .* there and 0.02",
        ),
        (("--resume",), "--resume was given, but no --checkpoint(.|\n)*try: --checkpoint FOLDER"),
        (("--checkpoint", "data.csv"), "`data.csv` is a file, and a training is kept in a folder"),
    ):
        done = train(folder, *options)
        assert done.returncode == 1
        assert re.search(said, done.stderr), done.stderr
        assert "Traceback" not in done.stderr
