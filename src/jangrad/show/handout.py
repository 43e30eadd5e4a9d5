"""A sheet to be filled in, and one with the answers: the same picture, on A4 paper.

Both are SVG, so that the page for a browser and the PDF are the same sheets.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from jangrad.show import svg
from jangrad.show.derivation import Derivation
from jangrad.show.drawing import Drawing, Look, drawing, short
from jangrad.show.names import short_places
from jangrad.show.words import gradient_step

_WIDTH, _HEIGHT = 794.0, 1123.0  # pixels of CSS: 210 x 297 mm
_EDGE = 64.0
_ROOM = _WIDTH - 2 * _EDGE
_TITLE = 92.0  # where it stands
_PICTURE = 420.0  # pixels that the picture is high at most
_LARGEST = 1.6
_LETTER = 7.85  # pixels of a letter of 13
_LINE, _ROW = 19.0, 36.0  # pixels from line to line, and to one that is written by hand
_BLANK = 150.0  # pixels at least to write on

_STYLE = """.jangrad .title{font:700 22px 'DejaVu Sans',system-ui,sans-serif}
.jangrad .prose{font:13px 'DejaVu Sans',system-ui,sans-serif}
.jangrad .formula{font-size:13px}
.jangrad .blank{stroke:var(--line);stroke-width:1}
"""
_TASK = (
    "Every box shows its value. Fill in the gradients, from the last box back to the first. What a"
    " box gets is the gradient of the box that uses it times the local slope; what comes to it"
    " along several ways is added up."
)


def sheets(derivation: Derivation, look: Look, title: str = "") -> list[str]:
    """The two sheets as SVG text: with blanks, and with the answers.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> blank, answers = sheets(derive(Value(2.0, "a") * 3.0), Look(theme="light"))
    >>> "grad" in blank, ">3<" in blank, ">3<" in answers
    (True, False, True)
    """
    title = title or f"The gradients of {short(derivation.root.handle)}"
    blank, answers = drawing(derivation, look._replace(blanks=True)), drawing(derivation, look)
    return [_sheet(blank, title), _sheet(answers, f"{title}: answers")]


def page(both: Sequence[str], title: str) -> str:
    """The sheets as HTML text, which prints each on a paper of its own."""
    sides = "\n".join(f'<div class="sheet">\n{one}</div>' for one in both)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{escape(title)}</title>
<style>
@page{{size:A4;margin:0}}
body{{margin:0;background:#e6e9ed}}
.sheet{{width:210mm;max-width:100%;margin:8mm auto;background:#fff;box-shadow:0 1px 6px #0003}}
.sheet svg{{display:block;width:100%;height:auto}}
@media print{{
body{{background:none}}
.sheet{{margin:0;box-shadow:none;break-inside:avoid}}
.sheet+.sheet{{break-before:page}}
}}
</style>
</head>
<body>
{sides}
</body>
</html>
"""


def _sheet(drawn: Drawing, title: str) -> str:
    """One sheet: the title, what is to be done, the picture, the equations."""
    placed = drawn.placed
    scale = min(_ROOM / placed.width, _PICTURE / placed.height, _LARGEST)
    parts = [*svg.opened(drawn, (_WIDTH, _HEIGHT), _STYLE), _text("title", _TITLE, title)]
    y = _TITLE
    if drawn.look.blanks:
        parts.append(_text("prose", 40.0, "Name"))
        parts.append(f'<path class="blank" d="M{_EDGE + 44:.0f} 43H{_EDGE + 260:.0f}"/>')
        for i, line in enumerate(textwrap.wrap(_TASK, 92)):
            y = _TITLE + 32.0 + _LINE * i
            parts.append(_text("prose", y, line))
    y += 40.0
    left = (_WIDTH - scale * placed.width) / 2
    parts.append(f'<g transform="translate({left:.1f} {y:.1f}) scale({scale:.3f})">')
    parts += [*svg.edges(drawn), *svg.boxes(drawn), "</g>"]
    rows = _rows(drawn, y + scale * placed.height + 56.0)
    return "\n".join([*parts, *rows, "</svg>", ""])


def _rows(drawn: Drawing, y: float) -> Iterator[str]:
    """The chain rule for each box, last one first: with room to write, or with its numbers."""
    root = drawn.derivation.root
    nodes = [box.closing for box in reversed(drawn.boxes) if box.closing not in (None, root)]
    for k, node in enumerate(nodes):
        assert node is not None
        step = gradient_step(drawn.derivation, node)
        left, sides = short_places(step.left), [short_places(side) for side in step.sides]
        if drawn.look.blanks:
            sides = [sides[0], ""]
        lines = list(_broken(left, sides))
        end = y + _LINE * (len(lines) - 1)
        if end > _HEIGHT - _EDGE - (_ROW if k < len(nodes) - 1 else 0.0):
            yield _text("prose", y, f"and {len(nodes) - k} more, in the picture")
            return
        for i, line in enumerate(lines):
            yield _text("formula", y + _LINE * i, line)
        if drawn.look.blanks:
            start = _EDGE + _LETTER * (len(lines[-1]) + 1)
            yield f'<path class="blank" d="M{start:.1f} {end + 3:.1f}H{_WIDTH - _EDGE:.0f}"/>'
        y = end + (_ROW if drawn.look.blanks else 1.4 * _LINE)


def _broken(left: str, sides: Sequence[str]) -> Iterator[str]:
    """An equation in lines: a new one at an equals sign, and where even that is not enough."""
    most = int(_ROOM / _LETTER)
    line = left
    for side in sides:
        # A side that is left blank needs room to write.
        need = len(side) + (0 if side else int(_BLANK / _LETTER))
        if line != left and len(line) + 3 + need > most:
            yield line
            line = " " * len(left)
        line = f"{line} = {side}"
        while len(line) > most:
            first, *rest = textwrap.wrap(line, most, drop_whitespace=False)
            yield first
            line = " " * (len(left) + 3) + "".join(rest).lstrip()
    yield line.rstrip()


def _text(kind: str, y: float, said: str) -> str:
    return (
        f'<text class="{kind}" x="{_EDGE:.0f}" y="{y:.1f}" xml:space="preserve">'
        f"{escape(said, quote=False)}</text>"
    )
