"""Where the output goes: pipes whose reader leaves, closed streams, encodings, terminals."""

import json
import os
import subprocess
import sys

import pytest
from tests.interfaces.program import RUN, jangrad

from jangrad import MLP, load_model, save_model

POSIX = pytest.mark.skipif(os.name == "nt", reason="pipes and terminals are other things there")
ESCAPE = "\x1b]0;owned\x07\x9b31m"
CLASSES = "a,y\n1,日本\n2,ä\n3,日本\n4,ä\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models of two rows and two classes, one with labels that a terminal would obey."""
    folder = tmp_path_factory.mktemp("streams")
    (folder / "t.csv").write_text("a,b,y\n1,2,3\n2,3,4\n3,5,6\n")
    (folder / "classes.csv").write_text(CLASSES, encoding="utf-8")
    (folder / "escapes.csv").write_text(CLASSES.replace("ä", ESCAPE).replace("a,y", f"{ESCAPE},y"))
    (folder / "many.csv").write_text("a,b\n" + "".join(f"{i % 7},{i}\n" for i in range(9000)))
    for data, out in (("t.csv", "m"), ("classes.csv", "classes"), ("escapes.csv", "escapes")):
        done = jangrad("train", data, "--target", "y", "--epochs", 3, "--out", out, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stderr + done.stdout
    return folder


def shell(command, folder):
    """A line of shell in which the program is `$J`."""
    program = f'{sys.executable} -c "{RUN}"'
    return subprocess.run(
        ["bash", "-c", command.replace("$J", program)],
        capture_output=True, text=True, cwd=folder, timeout=100,
    )  # fmt: skip


@POSIX
@pytest.mark.parametrize(
    "command",
    [
        "$J predict m many.csv",
        "$J predict m many.csv --json",
        "$J show a*a a=2",
        "$J show a*a a=2 --json",
        "$J --help",
        "$J train t.csv --target y --epochs 1 --out piped",
        "$J demo --out pictures",
    ],
)
def test_a_reader_that_leaves(folder, command):
    """Exit code 141, as of any program in a pipe, and not a word; what was trained is saved."""
    done = shell(f"{command} 2>e | :; echo ${{PIPESTATUS[0]}}", folder)
    assert done.stdout == "141\n"
    errors = (folder / "e").read_text()
    assert "Traceback" not in errors
    assert "Broken pipe" not in errors
    if "train" in command:
        load_model(folder / "piped")


@POSIX
@pytest.mark.parametrize("unbuffered", ["", "PYTHONUNBUFFERED=1 "])
def test_a_file_that_cannot_grow(folder, unbuffered):
    """Python's own stream drops what an unbuffered file did not take of one long text."""
    done = shell(f"ulimit -f 50; {unbuffered}$J predict m many.csv > cut.csv", folder)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    left = shell(f"{unbuffered}$J predict m many.csv | head -1; echo ${{PIPESTATUS[0]}}", folder)
    assert left.stdout == "y\n141\n"


@POSIX
@pytest.mark.parametrize("command", ["predict m -", "train - --target y", "check m -"])
def test_a_closed_input(folder, command):
    done = shell(f"$J {command} <&-", folder)
    assert done.returncode == 1
    assert done.stderr.startswith("jangrad: standard input is closed\n")


@POSIX
@pytest.mark.parametrize(
    "command",
    [
        "$J predict m t.csv",
        "$J predict m t.csv --json",
        "$J show a*a a=2",
        "$J --version",
        "$J train t.csv --target y --epochs 1 --out closed",
    ],
)
def test_closed_streams(folder, command):
    """Output that nobody wants: done quietly, with exit code 0."""
    done = shell(f"{command} >&-", folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    done = shell(f"{command} >&- 2>&- <&-", folder)
    assert done.returncode == 0
    if "train" in command:
        load_model(folder / "closed")


def test_an_encoding_without_the_letters(folder):
    """Escaped, so that no two classes become one; JSON stays JSON."""
    done = jangrad("predict", "classes", "classes.csv", cwd=folder, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "?" not in done.stdout
    _, *rows = done.stdout.splitlines()
    assert {row.split(",")[0] for row in rows} <= {r"\u65e5\u672c", r"\xe4"}
    done = jangrad(
        "predict", "classes", "classes.csv", "--json", cwd=folder, PYTHONIOENCODING="ascii"
    )
    assert {row["y"] for row in json.loads(done.stdout)} <= {"日本", "ä"}
    done = jangrad("show", "µ*2", "µ=3", "--json", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["nodes"][0]["name"] == "μ"
    assert "u65e5" in jangrad("show", "日", PYTHONIOENCODING="ascii").stderr


def test_data_in_a_pipe_keeps_its_letters(folder):
    """What another program reads is what the table held."""
    done = jangrad("predict", "escapes", "escapes.csv", cwd=folder, text=False)
    labels = {line.split(b",")[0] for line in done.stdout.split(b"\n")[1:] if line}
    assert labels <= {ESCAPE.encode(), "日本".encode()}


@POSIX
def test_no_terminal_obeys_a_file(folder):
    """Names of columns, cells, labels and files are shown, not obeyed, by every command."""
    (folder / "odd.csv").write_text(f"{ESCAPE},y\n1,2\n{ESCAPE},3\n")
    (folder / f"{ESCAPE}.csv").write_text("a\n1\n")
    commands = [
        ("train", "escapes.csv", "--target", "none"),
        ("train", "escapes.csv", "--target", "y", "--epochs", "1", "--out", "new"),
        ("train", "odd.csv", "--target", "y"),
        ("train", f"{ESCAPE}.csv", "--target", "y"),
        ("train", f"{ESCAPE}none.csv", "--target", "y"),
        ("predict", "escapes", "escapes.csv"),
        ("predict", "escapes", "t.csv"),
        ("predict", f"{ESCAPE}.csv", "t.csv"),
        ("show", ESCAPE),
        ("show", "a", f"a={ESCAPE}"),
        (ESCAPE,),
        ("demo", "--out", f"{ESCAPE}/"),
    ]
    for arguments in commands:
        shown = on_a_terminal(arguments, folder)
        assert "owned" in shown, arguments
        for letter in "\x1b\x07\x9b":
            assert letter not in shown.replace("\x1b[1m", "").replace("\x1b[0m", ""), arguments


def on_a_terminal(arguments, folder):
    """What a terminal is sent."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdout=theirs, stderr=theirs, stdin=theirs, cwd=folder,
        env={**os.environ, "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # the other side was closed
        pass
    process.wait(timeout=100)
    os.close(ours)
    return shown.decode()


def test_predictions_have_all_their_digits(tmp_path):
    """As Python writes a float, so that reading gives it back; also in JSON."""
    (tmp_path / "t.csv").write_text(
        "a,y\n" + "".join(f"{i},{1234567000 + i * 1000}\n" for i in range(30))
    )
    jangrad("train", "t.csv", "--target", "y", "--epochs", 20, "--out", "m", cwd=tmp_path)
    plain = jangrad("predict", "m", "t.csv", cwd=tmp_path).stdout.split()[1:]
    found = json.loads(jangrad("predict", "m", "t.csv", "--json", cwd=tmp_path).stdout)
    assert [float(x) for x in plain] == [row["y"] for row in found]
    assert len(set(plain)) == 30


def test_rows_stay_in_their_places(tmp_path):
    """An empty cell of a single column, a blank line: as many predictions as rows, and told."""
    (tmp_path / "t.csv").write_text("a,y\n1,2\n2,4\n3,6\n4,8\n")
    jangrad("train", "t.csv", "--target", "y", "--epochs", 5, "--out", "m", cwd=tmp_path)
    (tmp_path / "new.csv").write_text('a\n1\n""\n\n3\n')
    done = jangrad("predict", "m", "new.csv", cwd=tmp_path)
    one, empty, blank, three = done.stdout.split()[1:]
    assert empty == blank
    assert "nothing stands in 2 rows, at line 3, 4" in done.stderr
    (tmp_path / "new.csv").write_text("a\n1\n3\n")
    assert jangrad("predict", "m", "new.csv", cwd=tmp_path).stdout.split()[1:] == [one, three]


def test_a_target_called_probability(tmp_path):
    """The class stands under it, the probability under a name of its own."""
    (tmp_path / "t.csv").write_text("a,probability\n1,low\n9,high\n2,low\n8,high\n")
    jangrad("train", "t.csv", "--target", "probability", "--epochs", 2, "--out", "m", cwd=tmp_path)
    done = jangrad("predict", "m", "t.csv", "--json", cwd=tmp_path)
    for row in json.loads(done.stdout):
        assert list(row) == ["probability", "probability of the class", "probabilities"]
        assert row["probability"] in ("low", "high")
        assert 0.5 <= row["probability of the class"] <= 1.0


def test_predictions_that_are_no_numbers(folder):
    """Null in JSON, no class, and exit code 1 with a message that counts them."""
    net, about = load_model(folder / "classes")
    net.layers[0].neurons[0].bias.data = float("nan")
    save_model(folder / "broken", net, about)
    done = jangrad("predict", "broken", "classes.csv", "--json", cwd=folder)
    assert done.returncode == 1
    assert {row["y"] for row in json.loads(done.stdout, parse_constant=pytest.fail)} == {None}
    assert "4 of 4 predictions are no numbers (row 1, 2, 3, 4)" in done.stderr
    assert (
        jangrad("predict", "broken", "classes.csv", cwd=folder)
        .stdout.splitlines()[1]
        .startswith(",nan,")
    )


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 2), (1, 3), (2, 1)])
def test_a_model_of_two_halves(folder, inputs, outputs):
    """Classes and outputs, columns and inputs are compared before anything is predicted."""
    about = load_model(folder / "classes")[1]
    save_model(folder / "halves", MLP(inputs, [outputs]), about)
    done = jangrad("predict", "halves", "classes.csv", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "network and description are not of one training" in done.stderr
