"""How the engine runs is said where people look: an install without a compiler is not silent."""

import re
import subprocess
import sys

import pytest
from tests.interfaces.program import jangrad

from jangrad.nocython import spoken


def is_compiled():
    """Whether another process with this environment has the compiled engine; this one may not."""
    code = "from jangrad import engine; print(engine.compiled)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return found.stdout == "True\n"


@pytest.mark.parametrize("pure", [False, True])
def test_the_version_says_how_the_engine_runs(monkeypatch, pure):
    """Compiled, or plain and why."""
    monkeypatch.setenv("JANGRAD_PURE", "1" if pure else "0")
    said = jangrad("--version")
    assert said.returncode == 0
    assert re.match(r"jangrad, version \d+\.\d+\.\d+, ", said.stdout)
    if pure:
        assert said.stdout.endswith("plain Python engine, as JANGRAD_PURE=1 asks for\n")
    elif is_compiled():
        assert said.stdout.endswith("compiled engine\n")
    else:
        assert "try: install one" in said.stdout


def test_what_is_said_without_a_compiler(monkeypatch):
    """That it is slower, why, and what to do."""
    monkeypatch.delenv("JANGRAD_PURE", raising=False)
    assert spoken(False).splitlines() == [
        "plain Python engine, several times slower than the compiled one",
        "  why: there was no C compiler when jangrad was installed",
        "  try: install one (gcc, clang, Visual Studio), then, where jangrad's source is:"
        " pip install --force-reinstall --no-deps --no-cache-dir .",
    ]
    assert spoken(True) == "compiled engine"


def test_the_demo_says_it_beside_what_it_shows(tmp_path, monkeypatch):
    """On stderr, and only where the engine is plain."""
    monkeypatch.setenv("JANGRAD_PURE", "1")
    said = jangrad("demo", cwd=tmp_path)
    assert said.returncode == 0
    assert said.stderr.endswith("by the plain Python engine, as JANGRAD_PURE=1 asks for\n")
