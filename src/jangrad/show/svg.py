"""The derivation as a picture: SVG from our own layout, without any program beside it.

Light and dark follow the reader's own setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.drawing import (
    HEIGHT,
    MARGIN,
    PADDING,
    REMARK_LINE,
    Drawing,
    DrawnBox,
    Look,
    drawing,
)
from jangrad.show.equations import value_expression
from jangrad.show.folding import Box
from jangrad.show.themes import Theme, checked_theme, style

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
_REMARKED = """.jangrad .remark{font-size:11px;font-style:italic}
.jangrad .rule{stroke:var(--line);stroke-width:0.5}
"""


def svg(
    derivation: Derivation,
    *,
    partials: bool = False,
    theme: Theme = "auto",
    fold: bool = True,
    forward_only: bool = False,
    width: float | None = None,
    annotate: Mapping[Node, str] | None = None,
    colours: Mapping[Node, str] | None = None,
) -> str:
    """The picture of a derivation as SVG text.

    Args:
        derivation: what to draw.
        partials: also write the local partial beside each edge.
        theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not; or colours for
            some of the names that the light theme has.
        fold: draw parts of a large graph as one box each, so that it fits a screen.
        forward_only: draw the values alone.
        width: pixels; its own size when left out.
        annotate: what to write into the boxes of nodes.
        colours: for the boxes of nodes.

    Raises:
        ConfigError: when the theme does not exist.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> svg(derive(Value(2.0, label="a") * 3.0)).startswith("<svg ")
    True
    """
    look = Look(
        partials=partials,
        theme=checked_theme(theme),
        fold=fold,
        forward_only=forward_only,
        width=width,
        annotate=annotate or {},
        colours=colours or {},
    )
    return printed(drawing(derivation, look))


def printed(drawn: Drawing) -> str:
    """A drawing as SVG text."""
    return "\n".join([*head(drawn), *edges(drawn), *boxes(drawn), "</g>", "</svg>", ""])


def size(drawn: Drawing, below: float = 0.0) -> tuple[float, float]:
    """The picture's own width and height, with something more below it."""
    return drawn.placed.width + 2 * MARGIN, drawn.placed.height + 2 * MARGIN + below


def head(drawn: Drawing, rules: str = "", below: float = 0.0, wide: float = 0.0) -> list[str]:
    """What begins the text: size, what it says of itself, style sheet, paper.

    Args:
        drawn: what is drawn.
        rules: more rules of style.
        below: pixels more below it.
        wide: pixels that it takes at least; what is drawn stays in the middle.
    """
    own, height = size(drawn, below)
    width = max(own, wide)
    left = MARGIN + (width - own) / 2
    group = f'<g transform="translate({left:.0f} {MARGIN:.0f})">'
    return [*opened(drawn, (width, height), rules, drawn.look.width), group]


def opened(
    drawn: Drawing, own: tuple[float, float], rules: str = "", shown: float | None = None
) -> list[str]:
    """What begins the text of a picture with the drawing in it, up to its ground.

    Args:
        drawn: what is drawn.
        own: the picture's width and height, in its own units.
        rules: more rules of style.
        shown: how wide it is seen, in pixels; one for each unit when left out.
    """
    width, height = own
    shown = shown or width
    rules = _STYLE + (_REMARKED if drawn.look.annotate else "") + rules
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="jangrad"'
        f' viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{shown:.0f}" height="{height * shown / width:.0f}" role="img">',
        f"<title>{escape(title(drawn.derivation))}</title>",
        f"<desc>{escape(_description(drawn.derivation, drawn.boxes, drawn.look))}</desc>",
        f"<style>{style(drawn.look.theme, rules)}</style>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
    ]


def boxes(drawn: Drawing) -> list[str]:
    """All boxes."""
    places = zip(drawn.drawn, drawn.placed.x, drawn.placed.y, strict=True)
    return [box(one, x, y) for one, x, y in places]


def edges(drawn: Drawing) -> list[str]:
    """All edges, with their notes."""
    parts = []
    placed = drawn.placed
    for route, note, (x, y) in zip(placed.routes, drawn.notes, drawn.places, strict=True):
        parts.append(edge(route, down=placed.down))
        if note:
            parts.append(_note(note, x, y))
    return parts


def box(one: DrawnBox, x: float, y: float, below: str | None = None, inside: str = "") -> str:
    """A box around a centre.

    Args:
        one: its texts.
        x, y: its centre.
        below: the line with its number, where that is another one than `data_line` writes.
        inside: what else is drawn in it.
    """
    left, top = x - one.width / 2, y - one.height / 2
    rest = f'<tspan class="op">{escape(one.rest)}</tspan>' if one.rest else ""
    own = f' style="{_own(one.colour)}"' if one.colour else ""
    return (
        f'<g transform="translate({left:.1f} {top:.1f})"><title>{escape(one.title)}</title>'
        f'<rect class="{one.kind}" width="{one.width:.1f}" height="{one.height:.0f}" rx="6"{own}/>'
        f'<text x="{PADDING:.0f}" y="18" xml:space="preserve">'
        f'<tspan class="{"name" if one.named else "op"}">{escape(one.first)}</tspan>{rest}</text>'
        f"{data_line(one, one.grad) if below is None else below}{_remark(one)}{inside}</g>"
    )


def data_line(one: DrawnBox, grad: str, kind: str = "") -> str:
    """The line of a box with its number, and with its gradient where that is told."""
    below = f'<tspan class="{"data" if one.kind != "fold" or one.grad else "op"}">'
    below += f"{escape(one.data)}</tspan>"
    if grad:
        below += f'<tspan class="op">  grad </tspan><tspan class="grad">{escape(grad)}</tspan>'
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{PADDING:.0f}" y="35" xml:space="preserve">{below}</text>'


def _own(colour: str) -> str:
    return f"fill:{colour};fill-opacity:0.14;stroke:{colour};stroke-width:2"


def _remark(one: DrawnBox) -> str:
    if not one.remark:
        return ""
    rule = f'<path class="rule" d="M0 {HEIGHT:.0f}H{one.width:.1f}"/>'
    return rule + "".join(
        f'<text class="remark" x="{PADDING:.0f}" y="{HEIGHT + REMARK_LINE * (i + 0.75):.1f}">'
        f"{escape(line)}</text>"
        for i, line in enumerate(one.remark)
    )


def edge(route: Sequence[tuple[float, float]], *, down: bool, kind: str = "") -> str:
    """A smooth line along the route, straight at both ends, with a tip."""
    (x, y), *rest = dict.fromkeys(route)
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in rest:
        if x == next_x or y == next_y:
            path.append(f"L{next_x:.1f} {next_y:.1f}")
        else:
            (x1, y1), (x2, y2) = bends((x, y), (next_x, next_y), down=down)
            path.append(f"C{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    begin_x, begin_y = list(dict.fromkeys(route))[-2]
    sign = -1 if (begin_y > y if down else begin_x > x) else 1
    tip = f"M{x:.1f} {y:.1f}" + (f"l-3.5 {-7 * sign}h7z" if down else f"l{-7 * sign} -3.5v7z")
    more = f" {kind}" if kind else ""
    return f'<path class="edge{more}" d="{"".join(path)}"/><path class="tip{more}" d="{tip}"/>'


def bends(
    start: tuple[float, float], end: tuple[float, float], *, down: bool
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The two points between that a curve is drawn towards."""
    (x, y), (next_x, next_y) = start, end
    if down:
        middle = (y + next_y) / 2
        return (x, middle), (next_x, middle)
    middle = (x + next_x) / 2
    return (middle, y), (middle, next_y)


def _note(text: str, x: float, y: float) -> str:
    """A text beside an edge, on a ground of the paper's colour."""
    where = f'x="{x:.1f}" y="{y - 5:.1f}" text-anchor="middle"'
    return (
        f'<text class="ground" aria-hidden="true" {where}>{escape(text)}</text>'
        f'<text class="partial" {where}>{escape(text)}</text>'
    )


def title(derivation: Derivation) -> str:
    """What a picture of it is called."""
    root = derivation.root
    return f"How {root.handle} = {formula.value(root.data)} is computed"


def _description(derivation: Derivation, boxes: Sequence[Box], look: Look) -> str:
    if len(boxes) < len(derivation):
        return f"{len(derivation):,} Values, drawn as {len(boxes)} boxes."
    lines = []
    for node in derivation:
        how = f" = {formula.text(value_expression(node))}" if node.op else ""
        said = f"{node.handle}{how} = {formula.value(node.data)}"
        if not look.forward_only and not look.blanks:
            grad = "not computed" if node.grad is None else formula.number(node.grad)
            said += f", gradient {grad}"
        remark = look.annotate.get(node, "")
        lines.append(f"{said}. {remark}".rstrip(" "))
    return " ".join(lines)
