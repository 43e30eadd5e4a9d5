"""The course: every chapter runs, says what its code gives, and is a notebook."""

import json
import re

import pytest
from tools import course

from jangrad.compiler.run import pipeline

CHAPTERS = course.pages()


@pytest.fixture(autouse=True)
def as_users_compile(monkeypatch):
    """Without the checks of each pass, which other tests make."""
    monkeypatch.setattr(pipeline, "verifying", False)


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_is_what_its_code_gives(page):
    """Texts, numbers to the last digit that is shown, and pictures; solutions included."""
    assert course.faults(page) == []


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_has_exercises_whose_solutions_are_tested(page):
    """Each exercise has a solution below it, and each solution asserts something."""
    text = page.read_text(encoding="utf-8")
    exercises = text.count("\n**Exercise ")
    solutions = re.findall(r"(?s)<details>\n<summary>Solution</summary>\n(.*?)</details>", text)
    assert exercises >= 2
    assert len(solutions) == exercises
    assert all("assert " in solution for solution in solutions)


def test_the_index_names_every_chapter_and_picture():
    """No chapter without a line in the index, no file of a picture that no page shows."""
    index = (course.COURSE / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in CHAPTERS if f"({page.name})" not in index] == []
    shown = {p.file for page in CHAPTERS for p in course.pieces_of(page.read_text("utf-8"))}
    kept = {f"pictures/{file.name}" for file in (course.COURSE / "pictures").iterdir()}
    assert kept == {file for file in shown if file.startswith("pictures/")}


def test_what_counts_as_the_same():
    """Numbers may differ in their last digit, counted ones and words may not."""
    assert course.alike("loss 0.120 after 10", "loss 0.121 after 10")
    assert not course.alike("loss 0.120", "loss 0.122")
    assert not course.alike("10 steps", "11 steps")
    assert not course.alike("emma 1.0", "ema 1.0")


PAGE = """# A chapter

```python
x = 2
print("two:", x)
x + 1
```

```text
two: 2
4
```

<details>
<summary>Solution</summary>

```python
assert x == 2
```

</details>
"""


def test_a_page_that_is_not_current_is_told(tmp_path):
    """What is said is what the code gives and what the page says; refreshed it is right."""
    page = tmp_path / "01-x.md"
    page.write_text(PAGE, encoding="utf-8")
    assert course.faults(page) == [
        "01-x.md, block 1 gives\ntwo: 2\n3\nand the page says\ntwo: 2\n4\n"
    ]
    course.refresh(page)
    assert page.read_text(encoding="utf-8") == PAGE.replace("\n4\n", "\n3\n")
    assert course.faults(page) == []


def test_a_page_is_a_notebook(tmp_path):
    """Prose, code with what it gave, and a solution that is closed."""
    page = tmp_path / "01-x.md"
    page.write_text(PAGE, encoding="utf-8")
    made = course.notebook(course.run(page))
    pytest.importorskip("nbformat").validate(json.loads(json.dumps(made)))
    assert [cell["cell_type"] for cell in made["cells"]] == ["markdown", "code", "markdown", "code"]
    assert made["cells"][1]["outputs"][0]["text"] == "two: 2\n3\n"
    assert made["cells"][3]["metadata"]["jupyter"]["source_hidden"]


LIVE = """# A chapter

```python
from jangrad import Value

tree = (Value(2.0) * Value(3.0)).backtrack()
tree.page()
```

![The page of a product](pictures/01-product.png)

```python
raise SystemExit("below the last page nothing has to run for the site")
```
"""


def test_a_live_page_is_in_a_frame_of_the_site(tmp_path):
    """In the place of the image that stands for it; its file is the page, and asks for nothing."""
    page = tmp_path / "01-x.md"
    page.write_text(LIVE, encoding="utf-8")
    text = course.with_frames(page, tmp_path / "live", "../live")
    frame = re.search(r'<iframe class="live" src="\.\./live/(\S+)" title="([^"]*)" ([^>]*)>', text)
    assert frame[2] == "The page of a product"
    assert 'loading="lazy"' in frame[3]
    assert "01-product.png" not in text
    live = (tmp_path / "live" / frame[1]).read_text(encoding="utf-8")
    assert live.startswith("<!doctype html>")
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", live) == []
    assert "raise SystemExit" in text


def test_a_live_page_is_open_in_the_notebook(tmp_path, monkeypatch):
    """As what the cell gives; a page without the image that stands for it is told."""
    monkeypatch.setattr(course, "COURSE", tmp_path)
    page = tmp_path / "01-x.md"
    page.write_text(LIVE.replace('raise SystemExit("below', '("below'), encoding="utf-8")
    assert [fault.split("\n")[0] for fault in course.faults(page)] == [
        "01-x.md, block 1 gives a page without pictures/01-product.png: tools/course.py --stills",
        "01-x.md, block 2 gives",
    ]
    code = course.notebook(course.run(page))["cells"][1]
    assert "<iframe" in code["outputs"][0]["data"]["text/html"]


def test_links_lead_on_in_notebooks(tmp_path):
    """To the notebook of another chapter, and to the page of the docs that is meant."""
    folder = tmp_path / "course"
    folder.mkdir()
    links, found = course.links_from(folder), []
    for page in CHAPTERS:
        pieces = course.pieces_of(page.read_text(encoding="utf-8"))
        for cell in course.notebook(pieces, links)["cells"]:
            if cell["cell_type"] == "markdown":
                found += re.findall(r"\]\((?!https?:|attachment:)([^)\s#]+)", cell["source"])
    stems = {f"{page.stem}.ipynb" for page in CHAPTERS}
    assert stems - {CHAPTERS[0].stem + ".ipynb"} <= {*found}
    assert [link for link in found if link not in stems and not (folder / link).exists()] == []
