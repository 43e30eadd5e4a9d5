"""The README and the docs: their examples run as they are printed, their pictures are today's."""

import doctest
import re
from pathlib import Path

import pytest
from tools import print_example
from tools.draw_docs import pictures

from jangrad import errors

ROOT = Path(__file__).parents[1]
PAGES = sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "reference")


@pytest.mark.usefixtures("own_table")
def test_readme_examples():
    """Each example gives what stands below it."""
    tests = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tests.attempted > 15
    assert tests.failed == 0


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_docs_examples(page, tmp_path, monkeypatch):
    """Each example gives what stands below it; the files it writes end with the test."""
    monkeypatch.chdir(tmp_path)
    tests = doctest.testfile(str(page), module_relative=False)
    assert tests.attempted == page.read_text(encoding="utf-8").count("\n>>> ")
    assert tests.failed == 0


@pytest.mark.parametrize(("name", "picture"), pictures().items())
def test_pictures(name, picture):
    """The file beside the text is the picture of today."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == picture


def test_the_worked_example_is_what_the_compiler_prints():
    """Stage by stage, for the machine that it names."""
    kept = print_example.PAGE.read_text(encoding="utf-8")
    assert kept == print_example.page(), "python tools/print_example.py"


def test_every_error_has_its_section():
    """What it means, and what to do."""
    named = {name for name, kind in vars(errors).items() if is_error(kind)} - {"JangradError"}
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    sections = re.findall(r"(?m)^### (\w+)\n(?s:(.*?))(?=^##|\Z)", page)
    assert {name for name, _ in sections} == named
    assert [name for name, text in sections if "**What to do.**" not in text] == []


def is_error(kind):
    """Whether it is a class of jangrad's errors."""
    return isinstance(kind, type) and issubclass(kind, errors.JangradError)


def test_links_lead_somewhere():
    """Each link to a file of the repository, and to a heading in it, is one that is there."""
    lost = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            path, _, heading = target.partition("#")
            file = page.parent / path if path else page
            known = file.exists() and (not heading or heading in anchors_of(file))
            lost += [] if known else [f"{page.relative_to(ROOT)}: {target}"]
    assert lost == []


def anchors_of(page):
    """The headings of a page as GitHub links to them: equal ones are numbered."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    found = []
    for heading in re.findall(r"(?m)^#+ (.+)$", text):
        shown = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        same = re.compile(rf"{re.escape(name)}(-\d+)?")
        again = sum(same.fullmatch(known) is not None for known in found)
        found.append(f"{name}-{again}" if again else name)
    return found
