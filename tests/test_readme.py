"""The examples of the README run as they are printed."""

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.usefixtures("own_table")
def test_readme_examples():
    """Each example gives what stands below it."""
    tests = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tests.attempted > 25
    assert tests.failed == 0
