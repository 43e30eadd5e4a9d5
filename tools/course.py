"""Run the pages of `docs/course/`, and make notebooks of them.

python tools/course.py                     write below each block what it gives, and its pictures
python tools/course.py 3 4                 only chapters 3 and 4
python tools/course.py --check             say which page is not what its code gives
python tools/course.py --notebooks FOLDER  write each page as a notebook, with what its code gives
python tools/course.py --stills            photograph the live pages; needs Playwright and Chromium

A page is Markdown, and nothing more. Its Python blocks are run in their order, in one namespace.
What a block prints stands below it in a block of text; a picture that it ends with is the file of
the image below it. Code between `<details>` and `</details>` is a solution, closed in the notebook.
A block that ends with a call of `page` or `play` gives a live page: the notebook and the site show
it, and where Markdown alone is read, the image below the block stands for it.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import json
import linecache
import os
import re
import shutil
import sys
import tempfile
import warnings
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COURSE = Path(__file__).parents[1] / "docs" / "course"

_PICTURES = ("image/svg+xml", "image/png")

#: A block whose first line is this prints times, which are others on each machine.
TIMED = "# The times are those of one machine."

_CODE = re.compile(r"(?ms)^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?")
_IMAGE = re.compile(r"\s*!\[([^\]]+)\]\(([^)\s]+)\)\n")
_LINK = re.compile(r"\]\(([^)\s#]+)((?:#[^)\s]*)?)\)")
_NUMBER = re.compile(r"(?<![\w.#])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w])")


@dataclass
class Piece:
    """Prose, or code with what it gave."""

    text: str
    code: bool = False
    solution: bool = False
    printed: str = ""
    bundle: dict[str, str] = field(default_factory=dict)  # a picture in its formats
    alt: str = ""
    file: str = ""
    page: str = ""  # a live one

    @property
    def live(self) -> bool:
        """Whether it gives a live page: it ends with a call of `page` or `play`."""
        last = ast.parse(self.text).body[-1:] if self.code else []
        call = last[0].value if last and isinstance(last[0], ast.Expr) else None
        named = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        return named and call.func.attr in {"page", "play"}


def pages() -> list[Path]:
    """The chapters in their order."""
    return sorted(COURSE.glob("[0-9][0-9]-*.md"))


def pieces_of(page: str) -> list[Piece]:
    """A page taken apart; what was printed and drawn before is what stands there."""
    pieces, end, open_ = [], 0, 0
    for match in _CODE.finditer(page):
        prose = page[end : match.start()]
        open_ += prose.count("<details>") - prose.count("</details>")
        pieces.append(Piece(prose))
        piece = Piece(match[1], code=True, solution=open_ > 0, printed=match[2] or "")
        end = match.end()
        if image := _IMAGE.match(page, end):
            piece.alt, piece.file = image[1], image[2]
            end = image.end()
        pieces.append(piece)
    return [*pieces, Piece(page[end:])]


def run(page: Path, *, to_last_page: bool = False) -> list[Piece]:
    """The pieces of a page, with what its code gives now; all, or as far as live pages need."""
    import matplotlib

    matplotlib.use("Agg")
    pieces, names = pieces_of(page.read_text(encoding="utf-8")), {"__name__": page.stem}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            blocks = [piece for piece in pieces if piece.code]
            while to_last_page and blocks and not blocks[-1].live:
                blocks.pop()
            for place, piece in enumerate(blocks):
                try:
                    _run(piece, names, f"<{page.stem}, block {place + 1}>")
                except Exception as error:
                    error.add_note(f"in {page.name}, block {place + 1}:\n{piece.text}")
                    raise
        finally:
            os.chdir(before)
    return pieces


def _run(piece: Piece, names: dict[str, Any], file: str) -> None:
    """Run one block as a notebook would: its last line is shown where it gives something."""
    import matplotlib.pyplot as plt

    plt.close("all")  # of whatever ran in this process before
    linecache.cache[file] = (len(piece.text), None, piece.text.splitlines(True), file)
    body = ast.parse(piece.text, file)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    printed, shown = io.StringIO(), None
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "FigureCanvasAgg"
        )  # `plt.show()` shows what is drawn here
        exec(compile(body, file, "exec"), names)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), file, "eval"), names)
    piece.printed = printed.getvalue()
    piece.bundle = _bundle(shown, "png" if piece.file.endswith(".png") else "svg")
    if piece.live:
        piece.page = str(shown)
    if set(piece.bundle) <= {"text/plain"} and shown is not None:  # in a notebook it is text too
        piece.printed += f"{shown!r}\n"
        piece.bundle = {}
    piece.printed = re.sub(r"(?m) +$", "", piece.printed)
    draws = piece.live or not piece.bundle.keys().isdisjoint(_PICTURES)
    if draws != bool(piece.file):
        missing = "draws a picture, for which no image stands below it"
        raise ValueError(missing if draws else "draws no picture for the image below it")


def _bundle(shown: Any, kind: str) -> dict[str, str]:
    """The picture that is shown, or was drawn, in its formats; where there is none, nothing."""
    import matplotlib.pyplot as plt
    from matplotlib.artist import Artist

    if hasattr(shown, "_repr_mimebundle_"):
        made: dict[str, str] = shown._repr_mimebundle_()
        return made
    drawn_on = plt.figure(plt.get_fignums()[-1]) if plt.get_fignums() else None
    figure = shown.get_figure() if isinstance(shown, Artist) else drawn_on
    if figure is None:
        return {}
    drawn = _drawn(figure, kind)
    plt.close("all")  # as a notebook does behind each cell
    if kind == "png":
        return {"image/png": b64encode(drawn).decode("ascii")}
    return {"image/svg+xml": re.sub(r"(?m) +$", "", drawn.decode("utf-8"))}


def _drawn(figure: Any, kind: str) -> bytes:
    """A figure as a file that says what it shows: each version of matplotlib draws another."""
    import matplotlib

    file, said = io.BytesIO(), {"Description": " | ".join(_facts(figure))}
    undated = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    options = {"format": kind, "dpi": 90, "bbox_inches": "tight", "facecolor": "white"}
    with matplotlib.rc_context({"svg.hashsalt": "jangrad"}):
        figure.savefig(file, metadata={**undated, **said}, **options)
    return file.getvalue()


def _facts(figure: Any) -> Iterator[str]:
    """What is drawn, as numbers and words."""
    for ax in figure.axes:
        yield f"axes {ax.get_title()}, {ax.get_xlabel()}, {ax.get_ylabel()}"
        for line in ax.lines:
            yield f"line {_spread(line.get_ydata())}"
        for image in ax.images:
            yield f"image {_spread(image.get_array())}"
        if ax.patches:
            yield f"bars {_spread([bar.get_height() for bar in ax.patches])}"
        for dots in ax.collections:
            yield f"points {len(dots.get_offsets())}"
        for text in ax.texts:
            yield f"text {text.get_text()}"


def _spread(numbers: Any) -> str:
    import numpy as np

    numbers = np.asarray(numbers, dtype=float)
    found = numbers[np.isfinite(numbers)]
    kept = (found.min(), found.mean(), found.max()) if found.size else ()
    return f"{numbers.size}: " + " ".join(f"{x:.2g}" for x in kept)


def alike(old: str, new: str) -> bool:
    """Whether two texts say the same; numbers may differ by 1 in the last digit that is shown.

    >>> alike("loss 0.120", "loss 0.121"), alike("loss 0.120", "loss 0.125"), alike("a 1", "b 1")
    (True, False, False)
    """
    if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return False
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return all(
        a == b or abs(float(a) - float(b)) <= 1.01 * max(_unit(a), _unit(b)) for a, b in pairs
    )


def _unit(number: str) -> float:
    """What 1 in the last digit of a number is, or in its tenth; of an integer 0: it was counted."""
    digits, _, exponent = number.partition("e")
    _, point, behind = digits.partition(".")
    last = float(f"1e{int(exponent or 0) - len(behind)}")
    return max(last, 1e-10 * abs(float(number))) if point else 0.0


def faults(page: Path) -> list[str]:
    """What on a page is not what its code gives."""
    found = []
    before = [piece for piece in pieces_of(page.read_text(encoding="utf-8")) if piece.code]
    now = [piece for piece in run(page) if piece.code]
    for place, (old, new) in enumerate(zip(before, now, strict=True), 1):
        kept, printed = old.printed, new.printed
        if new.text.startswith(TIMED):
            kept, printed = _NUMBER.sub("#", kept), _NUMBER.sub("#", printed)
        if not alike(kept.rstrip(), printed.rstrip()):
            found.append(f"{page.name}, block {place} gives\n{printed}and the page says\n{kept}")
        if new.live and not _same_picture(new):
            found.append(
                f"{page.name}, block {place} gives a page without {new.file}:"
                " tools/course.py --stills"
            )
        elif new.file and not _same_picture(new):
            found.append(f"{page.name}, block {place} draws another picture than {new.file}")
    return found


def _same_picture(piece: Piece) -> bool:
    """Whether the file shows the picture; of matplotlib's pictures what they show is compared.

    What stands for a live page is a photograph, which is there or is not.
    """
    file = COURSE / piece.file
    if piece.live:
        return file.exists()
    return file.exists() and alike(_said(file.read_bytes()), _said(_picture(piece)))


def _picture(piece: Piece) -> bytes:
    """What is to be in the file."""
    if "image/png" in piece.bundle:
        return b64decode(piece.bundle["image/png"])
    return piece.bundle["image/svg+xml"].encode("utf-8")


def _said(picture: bytes) -> str:
    if picture.startswith(b"\x89PNG"):
        from PIL import Image  # matplotlib needs it too

        return str(Image.open(io.BytesIO(picture)).info["Description"])
    text = picture.decode("utf-8")
    found = re.search(r"(?s)<dc:description>(.*?)</dc:description>", text)
    return html.unescape(found[1]) if found else text


def written(pieces: list[Piece]) -> str:
    """The page of its pieces."""
    text = ""
    for piece in pieces:
        if not piece.code:
            text += piece.text
            continue
        text += f"```python\n{piece.text}```\n"
        if piece.printed:
            text += f"\n```text\n{piece.printed.rstrip()}\n```\n"
        if piece.file:
            text += f"\n![{piece.alt}]({piece.file})\n"
    return text


def refresh(page: Path) -> None:
    """Write what the code gives below it, and the pictures but for photographs."""
    pieces = run(page)
    page.write_text(written(pieces), encoding="utf-8")
    for piece in pieces:
        if piece.file and not piece.live and not _same_picture(piece):
            (COURSE / piece.file).write_bytes(_picture(piece))


def with_frames(page: Path, folder: Path, address: str) -> str:
    """A page for the site: live pages in frames, where their images are; written to the folder.

    Args:
        page: the chapter.
        folder: takes each live page as a file.
        address: of the folder, as the chapter sees it.
    """
    text = page.read_text(encoding="utf-8")
    if not any(piece.live for piece in pieces_of(text)):
        return text
    pieces = run(page, to_last_page=True)
    folder.mkdir(parents=True, exist_ok=True)
    shown: list[Piece] = []
    for place, piece in enumerate(pieces):
        shown.append(piece)
        if piece.live:
            name = f"{page.stem}-{place}.html"
            (folder / name).write_text(piece.page, encoding="utf-8")
            shown.append(Piece(f"\n{_framed(f'{address}/{name}', piece.alt)}\n"))
            piece.file = ""
    return written(shown)


def _framed(address: str, title: str) -> str:
    """A live page in a page of the site; it is loaded when a reader comes near."""
    return (
        f'<iframe class="live" src="{address}" title="{html.escape(title)}" loading="lazy"'
        ' sandbox="allow-scripts allow-downloads"></iframe>\n'
        f'<p class="live"><a href="{address}">Open this page alone</a></p>'
    )


def photograph(page: Path) -> None:
    """Write the images that stand for live pages, as these are when they open."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    pieces = [p for p in run(page, to_last_page=True) if p.live and p.file.startswith("pictures/")]
    with sync_playwright() as p, tempfile.TemporaryDirectory() as folder:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1000, "height": 640}, color_scheme="light")
        for piece in pieces:
            file = Path(folder, "page.html")
            file.write_text(piece.page, encoding="utf-8")
            tab.goto(file.as_uri())
            tab.wait_for_timeout(1000)  # until nothing moves any more
            drawn = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
            few = drawn.quantize(256, Image.Quantize.MAXCOVERAGE)
            few.save(COURSE / piece.file, optimize=True)
        browser.close()


def notebook(pieces: list[Piece], links: dict[str, str] | None = None) -> dict[str, Any]:
    """A notebook of these pieces, in format 4.5 of Jupyter.

    Args:
        pieces: of the page.
        links: where links to other pages lead from there.
    """
    cells: list[dict[str, Any]] = []
    for piece in pieces:
        if piece.code:
            cells.append(_code_cell(piece))
        elif text := re.sub(r"(?m)^</?details>.*\n?", "", piece.text).strip():
            text = re.sub(r"<summary>(.*?)</summary>", r"*\1*", text)
            cells.append(_prose_cell(_LINK.sub(lambda m: _led(m, links or {}), text)))
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def links_from(folder: Path) -> dict[str, str]:
    """Where links of the course lead from notebooks in a folder: to notebooks, and to the docs."""
    chapters = {page.name: f"{page.stem}.ipynb" for page in pages()}
    docs = {
        os.path.relpath(page, COURSE).replace(os.sep, "/"): page
        for page in [*COURSE.parents[1].glob("*.md"), *COURSE.parent.rglob("*.md")]
    }
    others = {
        link: os.path.relpath(page, folder.resolve()).replace(os.sep, "/")
        for link, page in docs.items()
    }
    return others | chapters


def _led(link: re.Match[str], links: dict[str, str]) -> str:
    return f"]({links.get(link[1], link[1])}{link[2]})"


def _prose_cell(text: str) -> dict[str, Any]:
    """Prose, with the pictures in it inside of the cell; of one in two themes the first, a PNG."""
    pictures = {
        Path(path).stem + ".png": path
        for path in re.findall(r"!\[[^\]]*\]\(([^)\s]+\.(?:png|svg))\)", text)
    }
    cell: dict[str, Any] = {"cell_type": "markdown", "metadata": {}}
    for name, path in pictures.items():
        file = (COURSE / path).read_bytes()
        data = b64encode(file).decode("ascii")
        if path.endswith(".svg"):
            held = re.search(rb"data:image/png;base64,([^\"]+)", file)
            if not held:
                continue
            data = held[1].decode("ascii")
        cell.setdefault("attachments", {})[name] = {"image/png": data}
        text = text.replace(f"({path})", f"(attachment:{name})")
    return {**cell, "source": text}


def _code_cell(piece: Piece) -> dict[str, Any]:
    outputs: list[dict[str, Any]] = []
    if piece.printed:
        outputs.append({"output_type": "stream", "name": "stdout", "text": piece.printed})
    if piece.bundle:
        outputs.append({"output_type": "display_data", "metadata": {}, "data": piece.bundle})
    closed = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": closed if piece.solution else {},
        "source": piece.text.rstrip("\n"),
        "outputs": outputs,
    }


def main(arguments: list[str]) -> None:
    """Write, check, or make notebooks."""
    folder = None
    if "--notebooks" in arguments:
        place = arguments.index("--notebooks")
        folder = Path(arguments[place + 1])
        folder.mkdir(parents=True, exist_ok=True)
    chosen = {f"{int(number):02}" for number in arguments if number.isdigit()}
    found: list[str] = []
    for page in pages():
        if chosen and page.name[:2] not in chosen:
            continue
        if folder is not None:
            made = json.dumps(notebook(run(page), links_from(folder)), indent=1, ensure_ascii=False)
            (folder / f"{page.stem}.ipynb").write_text(made + "\n", encoding="utf-8")
        elif "--stills" in arguments:
            photograph(page)
        elif "--check" in arguments:
            found += faults(page)
        else:
            refresh(page)
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
