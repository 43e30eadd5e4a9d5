"""The derivation as a picture: SVG from our own layout, without any program beside it.

Each node is a box: its name and operation above, its number and its gradient below. Colours are of
Okabe and Ito, Color Universal Design (2008); light and dark follow the reader's own setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from jangrad.errors import ConfigError
from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.equations import by_user, local_formula, value_expression
from jangrad.show.folding import Box, fold_to
from jangrad.show.layered_layout import COLUMN_GAP, fitted
from jangrad.show.names import short_places
from jangrad.show.text_tree import columns

THEMES = ("auto", "light", "dark")
_LETTER = 7.3  # pixels a letter of 12 takes in the widest of the usual monospaced fonts
_PADDING = 10.0
_HEIGHT = 44.0
_MARGIN = 16.0
_LONGEST_TEXT = 36
_NOTE_LETTER = 6.7
_NOTE_LINE = 13.0
_NOTE_ROOM = 26.0  # what a note may take of the usual gap
#: What is seen at a glance: a larger picture has parts folded until it fits, down to so many boxes.
SCREEN = (1200.0, 900.0)
_READABLE = 0.75  # of its own size
_BOXES = (60, 50, 40, 32, 26, 20)

_LIGHT = """--paper:#ffffff;--ink:#1b1f24;--faint:#57606a;--line:#6e7781;--box:#f6f8fa;
--leaf:#eef6fc;--leafline:#0072b2;--root:#fff4e5;--rootline:#b35900;--data:#00588a;--grad:#9a4a00"""
_DARK = """--paper:#0d1117;--ink:#e6edf3;--faint:#9aa4af;--line:#8b949e;--box:#161b22;
--leaf:#0b2233;--leafline:#56b4e9;--root:#2d1f0a;--rootline:#e69f00;--data:#79c4f2;--grad:#f0b050"""
# Programs beside browsers look for the first font alone; where it is missing they take one of any
# width, in which labels leave their boxes.
_STYLE = """
.jangrad .paper{fill:var(--paper)}
.jangrad text{font:12px 'DejaVu Sans Mono',ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
fill:var(--ink)}
.jangrad .name{font-weight:600}
.jangrad .op{fill:var(--faint)}
.jangrad .data{fill:var(--data)}
.jangrad .grad{fill:var(--grad)}
.jangrad .box{fill:var(--box);stroke:var(--line)}
.jangrad .leaf{fill:var(--leaf);stroke:var(--leafline)}
.jangrad .root{fill:var(--root);stroke:var(--rootline);stroke-width:1.6}
.jangrad .fold{fill:var(--box);stroke:var(--line);stroke-dasharray:4 3}
.jangrad .edge{fill:none;stroke:var(--line);stroke-width:1.5}
.jangrad .tip{fill:var(--line)}
.jangrad .partial{font-size:11px;fill:var(--faint)}
.jangrad .ground{font-size:11px;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
"""


class _Drawn(NamedTuple):
    """A box with its texts."""

    kind: str  # the class of its rectangle
    first: str  # what it is called
    named: bool
    rest: str  # after it: the formula, or how many Values are folded
    data: str
    grad: str
    title: str  # what a pointer at rest, or a screen reader, says
    width: float


def svg(
    derivation: Derivation, *, partials: bool = False, theme: str = "auto", fold: bool = True
) -> str:
    """The picture of a derivation as SVG text.

    Args:
        derivation: what to draw.
        partials: also write the local partial beside each edge.
        theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not.
        fold: draw parts of a large graph as one box each, so that it fits a screen.

    Raises:
        ConfigError: when the theme does not exist.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> svg(derive(Value(2.0, label="a") * 3.0)).startswith("<svg ")
    True
    """
    if theme not in THEMES:
        raise ConfigError(f"there is no theme {theme!r}", try_=", ".join(THEMES))
    for boxes, edges in fold_to(derivation, *_BOXES if fold else (len(derivation),)):
        drawn = [_draw(box, derivation) for box in boxes]
        notes = [_edge_note(boxes[u], boxes[v], partials=partials) for u, v in edges]
        # The gap between two columns holds the longest note.
        gap = COLUMN_GAP + max(0.0, max(map(len, notes), default=0) * _NOTE_LETTER - _NOTE_ROOM)
        placed = fitted([(box.width, _HEIGHT) for box in drawn], edges, SCREEN, gap)
        if placed.scale(SCREEN) >= _READABLE:
            break
    width, height = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="jangrad"'
        f' viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{escape(_title(derivation))}</title>",
        f"<desc>{escape(_description(derivation, boxes))}</desc>",
        f"<style>{_style(theme)}</style>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
        f'<g transform="translate({_MARGIN:.0f} {_MARGIN:.0f})">',
    ]
    places = _apart(notes, map(_middle, placed.routes))
    for route, note, (x, y) in zip(placed.routes, notes, places, strict=True):
        parts.append(_edge(route, down=placed.down))
        if note:
            parts.append(_note(note, x, y))
    for box, x, y in zip(drawn, placed.x, placed.y, strict=True):
        parts.append(_box(box, x, y))
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _style(theme: str) -> str:
    """The style sheet; without variables, which few programs beside browsers understand."""
    if theme != "auto":
        return _painted(theme, _STYLE)
    coloured = "".join(re.findall(r"[^}]*var\([^}]*}", _STYLE))
    dark = f"@media screen and (prefers-color-scheme:dark){{{_painted('dark', coloured)}}}"
    # To others than browsers a height of "auto" is none.
    fits = "@media screen{.jangrad{max-width:100%;height:auto}}"
    return f"{_painted('light', _STYLE)}{fits}{dark}\n"


def _painted(theme: str, rules: str) -> str:
    """Rules with the colours of a theme."""
    colours = dict(re.findall(r"(--\w+):(#\w+)", _DARK if theme == "dark" else _LIGHT))
    return re.sub(r"var\((--\w+)\)", lambda match: colours[match[1]], rules)


def png(picture: str, scale: float = 2.0) -> bytes:
    """An SVG of a fixed theme as PNG.

    Args:
        picture: what `svg(..., theme="light")` returned.
        scale: pixels for each unit of the picture.

    Raises:
        ModuleNotFoundError: when CairoSVG is missing, with the command that installs it.
    """
    try:
        import cairosvg
    except (ModuleNotFoundError, OSError) as error:  # OSError: the Cairo library itself is missing
        raise ModuleNotFoundError(
            f"a PNG needs CairoSVG and the Cairo library: {error}\n"
            "  try: pip install 'jangrad[png]', or save as .svg"
        ) from None
    drawn: bytes = cairosvg.svg2png(picture.encode("utf-8"), scale=scale)
    return drawn


def _draw(box: Box, derivation: Derivation) -> _Drawn:
    node, count = box.closing, f"{len(box.nodes):,} Values"
    if node is None:
        label = _short(box.label)
        size = _wide(max(columns(label), len(count)))
        return _Drawn("fold", label, True, "", count, "", f"{box.label}: {count}", size)
    how = formula.text(value_expression(node)) if node.op else ""
    name, named, rest = _short(node.handle), bool(node.name), f" = {_short(how)}" if how else ""
    title = f"{node.handle} = {how}" if how else node.handle
    kind = "root" if node is derivation.root else "box" if node.op else "leaf"
    if box.nodes[1:]:
        kind, title = "fold", f"{box.label or title}: {count}"
        if box.label:
            name, named, rest = _short(box.label), True, f"  {count}"
    data = formula.value(node.data)
    grad = "not computed" if node.grad is None else formula.number(node.grad)
    title += f", value {data}, gradient {grad}"
    if node.made_at and kind != "fold":
        title += f", made at {node.made_at}"
    size = _wide(max(columns(name) + columns(rest), len(data) + len(grad) + 7))
    return _Drawn(kind, name, named, rest, data, grad, title, size)


def _wide(letters: int) -> float:
    return round(letters * _LETTER + 2 * _PADDING, 1)


def _short(text: str) -> str:
    """At most so many letters; `net.layers[0].neurons[1].weights[2]` as `net[0][1].weights[2]`."""
    text = short_places(text)
    return text if len(text) <= _LONGEST_TEXT else "…" + text[-_LONGEST_TEXT + 1 :]


def _box(box: _Drawn, x: float, y: float) -> str:
    left, top = x - box.width / 2, y - _HEIGHT / 2
    rest = f'<tspan class="op">{escape(box.rest)}</tspan>' if box.rest else ""
    below = f'<tspan class="{"data" if box.grad else "op"}">{escape(box.data)}</tspan>'
    if box.grad:
        below += f'<tspan class="op">  grad </tspan><tspan class="grad">{escape(box.grad)}</tspan>'
    return (
        f'<g transform="translate({left:.1f} {top:.1f})"><title>{escape(box.title)}</title>'
        f'<rect class="{box.kind}" width="{box.width:.1f}" height="{_HEIGHT:.0f}" rx="6"/>'
        f'<text x="{_PADDING:.0f}" y="18" xml:space="preserve">'
        f'<tspan class="{"name" if box.named else "op"}">{escape(box.first)}</tspan>{rest}</text>'
        f'<text x="{_PADDING:.0f}" y="35" xml:space="preserve">{below}</text></g>'
    )


def _edge(route: Sequence[tuple[float, float]], *, down: bool) -> str:
    """A smooth line along the route, straight at both ends, with a tip."""
    (x, y), *rest = dict.fromkeys(route)
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in rest:
        if x == next_x or y == next_y:
            path.append(f"L{next_x:.1f} {next_y:.1f}")
        elif down:
            middle = (y + next_y) / 2
            path.append(
                f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
            )
        else:
            middle = (x + next_x) / 2
            path.append(
                f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}"
            )
        x, y = next_x, next_y
    tip = f"M{x:.1f} {y:.1f}" + ("l-3.5 -7h7z" if down else "l-7 -3.5v7z")
    return f'<path class="edge" d="{"".join(path)}"/><path class="tip" d="{tip}"/>'


def _note(text: str, x: float, y: float) -> str:
    """A text beside an edge, on a ground of the paper's colour."""
    where = f'x="{x:.1f}" y="{y - 5:.1f}" text-anchor="middle"'
    return (
        f'<text class="ground" aria-hidden="true" {where}>{escape(text)}</text>'
        f'<text class="partial" {where}>{escape(text)}</text>'
    )


def _apart(
    notes: Sequence[str], places: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Where the notes are written; of two that would run into each other the right one is lower."""
    found = list(places)
    written: list[int] = []
    for i in sorted(range(len(notes)), key=lambda i: found[i]):
        x, y = found[i]
        while notes[i] and any(
            abs(x - found[k][0]) < (len(notes[i]) + len(notes[k]) + 1) * _NOTE_LETTER / 2
            and abs(y - found[k][1]) < _NOTE_LINE
            for k in written
        ):
            y += _NOTE_LINE
        found[i] = x, y
        written += [i] if notes[i] else []
    return found


def _middle(route: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of the stretch of a route between its last two columns, which it has alone."""
    (x1, y1), (x2, y2) = route[-3:-1]
    return (x1 + x2) / 2, (y1 + y2) / 2


def _edge_note(start: Box, end: Box, *, partials: bool) -> str:
    """`×2` where an input is used twice; the local partial, of all uses, if it is asked for."""
    if start.nodes[1:] or end.nodes[1:]:
        return ""
    node, user = start.nodes[0], end.nodes[0]
    positions = next(places for other, places in by_user(node) if other is user)
    if partials:
        return _partial(user, positions)
    return f"×{len(positions)}" if len(positions) > 1 else ""


def _partial(user: Node, positions: tuple[int, ...]) -> str:
    return _short(formula.text(local_formula(user, positions)))


def _title(derivation: Derivation) -> str:
    root = derivation.root
    return f"How {root.handle} = {formula.value(root.data)} is computed"


def _description(derivation: Derivation, boxes: Sequence[Box]) -> str:
    if len(boxes) < len(derivation):
        return f"{len(derivation):,} Values, drawn as {len(boxes)} boxes."
    lines = []
    for node in derivation:
        how = f" = {formula.text(value_expression(node))}" if node.op else ""
        grad = "not computed" if node.grad is None else formula.number(node.grad)
        lines.append(f"{node.handle}{how} = {formula.value(node.data)}, gradient {grad}.")
    return " ".join(lines)
