"""The worked example of CONTRIBUTING.md, done in a copy of the package with the plain engine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(tree, *command, **environment):
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "JANGRAD_PURE": "1", **environment},
    )


@pytest.fixture
def tree(tmp_path):
    """The sources and the tool, without what was compiled."""
    ignored = shutil.ignore_patterns("*.so", "*.c", "__pycache__")
    for part in ("src", "tools"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    return tmp_path


def row_of_the_document():
    """The row that the document shows."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    row = re.search(r"```python\n(.*?)\n *```", text, re.DOTALL)[1]
    return re.sub(r"(?m)^   ", "", row)


def put_row_in(tree, row):
    """Behind the row of silu."""
    table = tree / "src" / "jangrad" / "op_table.py"
    before = re.compile(r'(?ms)^    _function\(\s+"silu".*?^    \),\n')
    table.write_text(before.sub(lambda m: m[0] + row + "\n", table.read_text(), count=1))


def test_the_worked_example_works_as_written(tree):
    """A row and a run of the tool: value, gradient, second derivative and notation are there."""
    put_row_in(tree, row_of_the_document())
    done = run(tree, "tools/generate_engine.py")
    assert done.returncode == 0, done.stderr
    done = run(
        tree,
        "-c",
        "import jangrad; x = jangrad.Value(-3.0, 'x'); y = jangrad.softsign(x);"
        "t = y.backtrack(); second = jangrad.grad(jangrad.grad(jangrad.softsign))(-3.0);"
        "print(y.data, x.grad, t['x'].grad, x.softsign().data, second); print(t)",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-0.75 0.0625 0.0625 -0.75 0.03125\n")
    assert "softsign(x)" in done.stdout


@pytest.mark.parametrize("change", ["new row", "other partial"])
def test_an_engine_of_another_table_refuses_to_start(tree, change):
    """Gradients would be missing or wrong; the message names the operation and the way out."""
    if change == "new row":
        put_row_in(tree, row_of_the_document())
    else:
        table = tree / "src" / "jangrad" / "op_table.py"
        table.write_text(table.read_text().replace('"1 - y * y"', '"1 - 2 * y * y"'))
    done = run(tree, "-c", "import jangrad")
    assert done.returncode == 1
    name = "softsign" if change == "new row" else "tanh"
    assert f"another table than op_table.py has: `{name}`" in done.stderr
    assert "try: python tools/generate_engine.py, and then pip install -e ." in done.stderr
