"""Every public name, methods and properties too, says what it takes, gives and raises."""

import ast
import builtins
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tools.generate_reference import everything, fields_of, items, sections

import jangrad
from jangrad import errors, ops

ROOT = Path(__file__).parents[1]
PUBLIC = {f"{entry.module} {entry.name}": entry for entry in everything()}

EACH = pytest.mark.parametrize("entry", PUBLIC.values(), ids=PUBLIC.keys())
RAISING = {name: e for name, e in PUBLIC.items() if not (e.is_error or e.is_constant)}
CALLED = pytest.mark.parametrize("entry", RAISING.values(), ids=RAISING.keys())

# With two arguments or more, and no error of their own.
RAISE_NOTHING = {"Tree.text", "Tree.page"} | {
    f"UpdateRule.{f}" for f in ("apply", "on_floats", "build")
}


def is_of_the_table(entry):
    """Whether it is an operation: its formula comes first, and names its inputs."""
    return entry.name.removeprefix("Value.") in ops.OPS


def described(entry):
    """The names in its sections Args and Attributes; of an operation those of its formula."""
    if is_of_the_table(entry):
        return set(re.findall(r"\w+", entry.doc.split("\n\n")[0]))
    parts = sections(entry.doc)
    listed = (items(parts.get(part, "")) for part in ("Args", "Attributes"))
    return {name for found in listed for names, _ in found for name in names}


def test_every_public_name_is_in_the_reference():
    """Those of the front door, but for the packages among them, which have pages of their own."""
    known = {id(entry.thing) for entry in PUBLIC.values()}
    missing = [n for n in jangrad.__all__ if id(getattr(jangrad, n)) not in known]
    assert missing == ["datasets", "nn", "show", "train"]


@EACH
def test_it_says_what_it_is(entry):
    """In a sentence that begins the docstring."""
    first = entry.doc.split("\n\n")[0]
    assert len(first.split()) >= 3
    assert first[-1] in ".:" or (is_of_the_table(entry) and " = " in first)


@EACH
def test_it_describes_its_arguments(entry):
    """Each of two arguments or more, by its name, and no other; the fields of a class too."""
    fields = (
        {f for f in fields_of(entry.thing) if f[0] != "_"}
        if inspect.isclass(entry.thing)
        else set()
    )
    taken = {p.name for p in entry.parameters if p.annotation != "Never"}
    wanted = fields | (taken if len(taken) > 1 else set())
    assert wanted <= described(entry)
    known = {p.name for p in entry.parameters} | fields
    if "Args" in sections(entry.doc) and known:
        assert {name for names, _ in items(sections(entry.doc)["Args"]) for name in names} <= known


def raised_in(thing):
    """The error classes that the text of a function raises."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing))))
    except (TypeError, OSError):  # written in C
        return set()
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    named = [call.func for call in calls if isinstance(call, ast.Call)]
    owners = [f.value if isinstance(f, ast.Attribute) else f for f in named]
    found = {owner.id for owner in owners if isinstance(owner, ast.Name)}
    return {name for name in found if hasattr(errors, name) or hasattr(builtins, name)}


@CALLED
def test_it_names_the_errors_that_it_raises(entry):
    """Those that its own text raises; with two arguments or more a section says some at least."""
    thing = entry.thing.fget if isinstance(entry.thing, property) else entry.thing
    made = inspect.isclass(thing)
    parts = sections(entry.doc)
    said = {name for names, _ in items(parts.get("Raises", "")) for name in names}
    own = raised_in(vars(thing).get("__init__") if made else thing)
    assert own <= said
    plain_data = made and not own
    raises = not (plain_data or is_of_the_table(entry) or entry.name in RAISE_NOTHING)
    if len(entry.parameters) > 1 and raises:
        assert said


def test_the_reference_is_fresh():
    """The pages of docs/reference are what the docstrings say today."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_reference.py"), "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}python tools/generate_reference.py"
