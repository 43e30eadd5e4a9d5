"""The examples in the docstrings of every module run, and say what they print."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import jangrad

MODULES = [
    "jangrad",
    *(
        found.name
        for found in pkgutil.walk_packages(jangrad.__path__, "jangrad.")
        if not found.name.endswith("__main__")
    ),
]


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.usefixtures("own_table")
def test_docstring_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every `>>>` example gives what is written under it."""
    monkeypatch.chdir(tmp_path)  # examples may write files
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("jangrad"):
            raise
        pytest.skip(f"{name} needs {error.name}, which is not installed")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
