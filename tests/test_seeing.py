"""docs/seeing.md: its examples run as they are printed, its pictures are what the code draws."""

import doctest
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_examples(tmp_path, monkeypatch):
    """Each example gives what stands below it; the files it writes end with the test."""
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(ROOT / "docs" / "seeing.md"), module_relative=False)
    assert found.attempted > 25
    assert found.failed == 0


def drawn():
    """What `tools/draw_docs.py` draws."""
    spec = importlib.util.spec_from_file_location("draw_docs", ROOT / "tools" / "draw_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pictures()


@pytest.mark.parametrize(("name", "picture"), drawn().items())
def test_pictures(name, picture):
    """The file beside the text is the picture of today."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == picture
