"""What every test may use: golden files, a table that is put back, and the order of the suite."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from jangrad import derivatives, ops
from jangrad.compiler.program import ir
from jangrad.compiler.run import pipeline

# What the tests compile is no business of the user's cache.
os.environ["JANGRAD_CACHE"] = "0"
# What each pass of the compiler makes is verified.
pipeline.verifying = True

GOLDEN = Path(__file__).parent / "golden"

# On a build machine the examples are the same in every run, so a red run can be repeated.
settings.register_profile("jangrad", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("jangrad")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one flag that rewrites the golden files."""
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden from what comes out now"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tiny test before all else: it says in seconds whether anything works."""
    items.sort(key=lambda item: item.path.name != "test_tiny.py")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("name.txt", text)` compares the text with `tests/golden/name.txt`."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        text = text.rstrip("\n") + "\n"
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        again = f"if the new text is right: pytest {request.node.nodeid} --update-golden"
        if not file.exists():
            pytest.fail(f"tests/golden/{name} does not exist; {again}", pytrace=False)
        kept = file.read_text(encoding="utf-8")
        if text != kept:
            lines = difflib.unified_diff(
                kept.splitlines(), text.splitlines(), f"tests/golden/{name}", "now", lineterm=""
            )
            pytest.fail("\n".join([*lines, "", again]), pytrace=False)

    return compare


@contextmanager
def table_kept() -> Iterator[None]:
    """Put the operation table back as it was."""
    names, codes = list(ops.OPS), len(ops.CODES)
    yield
    for name in [name for name in ops.OPS if name not in names]:
        del ops.OPS[name]
        for cache in (ops._float_functions, ops._partial_functions, ops._contribution_functions):
            cache.pop(name, None)
    derivatives._rules.clear()
    ops.sent.cache_clear()
    ops.known_code.cache_clear()
    ops._rule_functions.clear()
    del ops.CODES[codes:]
    for key in [key for key, code in ops.CODE_OF.items() if code >= codes]:
        del ops.CODE_OF[key]
    ir._roles_of.clear()


@pytest.fixture
def own_table() -> Iterator[None]:
    """The operation table as it was, after a test that adds operations of its own."""
    with table_kept():
        yield
