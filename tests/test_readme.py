"""The examples of the README and of the docs run as they are printed."""

import doctest
from pathlib import Path

import pytest

from jangrad import MLP

ROOT = Path(__file__).parents[1]


@pytest.mark.usefixtures("own_table")
def test_readme_examples():
    """Each example gives what stands below it."""
    tests = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tests.attempted > 25
    assert tests.failed == 0


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_docs_examples(page, tmp_path, monkeypatch):
    """Each example gives what stands below it; the files it writes end with the test."""
    monkeypatch.chdir(tmp_path)
    tests = doctest.testfile(str(page), module_relative=False)
    assert tests.attempted > 0 or page.name == "contract.md"  # whose sentences name their tests
    assert tests.failed == 0


def test_pictures_of_the_docs_are_what_the_code_draws():
    """The picture beside an example is that which the example saves."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    kept = (ROOT / "docs" / "network.svg").read_text(encoding="utf-8")
    assert kept == net.show([2.0, 3.0, -1.0]).svg()
