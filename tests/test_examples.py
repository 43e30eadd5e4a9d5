"""The scripts of `examples/`: each runs, and prints what its docstring says."""

import ast
import runpy
import textwrap
from pathlib import Path

import pytest
from tools.course import alike

from jangrad.compiler.run import pipeline

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def promised(script):
    """What its docstring says that it prints."""
    said = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    return textwrap.dedent(said.partition("It prints:\n\n")[2]).rstrip()


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_an_example_prints_what_it_says(script, tmp_path, monkeypatch, capsys):
    """Numbers to the last digit that is shown; files that it writes end with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "verifying", False)  # as users compile
    runpy.run_path(str(script), run_name="__main__")
    printed = capsys.readouterr().out.rstrip()
    assert printed
    assert alike(promised(script), printed), printed


def test_the_index_names_every_example():
    """None without a line in the page about them."""
    index = (EXAMPLES[0].parent / "README.md").read_text(encoding="utf-8")
    assert [script.name for script in EXAMPLES if f"({script.name})" not in index] == []
