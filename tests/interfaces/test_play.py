"""`jangrad play`, as a person starts it."""

import json
import re

import pytest
from tests.interfaces.program import jangrad

SCRIPT = """from jangrad import MLP, datasets
X, y = datasets.moons(20, seed=1)
net = MLP(2, [3, 1], "tanh", seed=1)
"""


def told(folder):
    page = (folder / "playground.html").read_text()
    return json.loads(re.search(r'application/json">(.*?)</script>', page)[1])


def test_built_in_data(tmp_path):
    done = jangrad("play", "--closed", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "wrote playground.html\n")
    assert told(tmp_path)["own"] is None


def test_a_table(tmp_path):
    (tmp_path / "iris.csv").write_text("petal,sepal,kind\n1,2,a\n3,4,b\n5,9,c\n2,2,a\n")
    done = jangrad("play", "iris.csv", "--target", "kind", "--closed", cwd=tmp_path)
    assert done.returncode == 0
    assert "mean 0 and standard deviation 1" in done.stderr
    own = told(tmp_path)["own"]
    assert (own["names"], own["classes"]) == (["petal", "sepal"], ["a", "b", "c"])
    assert own["kind"] == "classes"


def test_tables_are_mixed_and_sampled(tmp_path):
    """The last rows are held out, and tables are often sorted."""
    lines = [f"{n % 7},{int(n > 1100)}" for n in range(2200)]
    (tmp_path / "long.csv").write_text("x,y\n" + "\n".join(lines) + "\n")
    done = jangrad("play", "long.csv", "--closed", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1,000 of 2,200 rows, drawn by chance" in done.stderr
    y = told(tmp_path)["own"]["y"]
    assert (len(y), {*y[-250:]}) == (1000, {-1.0, 1.0})
    assert 0.4 < y.count(1.0) / 1000 < 0.6


def test_a_network_of_a_script(tmp_path):
    (tmp_path / "lesson.py").write_text(SCRIPT)
    done = jangrad("play", "lesson.py:net", "--closed", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = told(tmp_path)
    assert found["state"]["layers"] == [{"units": 3, "activation": "tanh"}]
    assert len(found["own"]["X"]) == 20
    assert len(found["start"]) == 13


@pytest.mark.parametrize(
    ("subject", "says"),
    [
        ("lesson.py", "names no network in its script"),
        ("lesson.py:other", "no variable `other`"),
        ("lesson.py:X", "which is no network"),
        ("missing.py:net", "no script `missing.py`"),
        ("missing.csv", "missing.csv"),
    ],
)
def test_what_is_not_there(tmp_path, subject, says):
    (tmp_path / "lesson.py").write_text(SCRIPT)
    done = jangrad("play", subject, "--closed", cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert not (tmp_path / "playground.html").exists()
