"""What a picture of a derivation holds, and where: boxes with their texts, edges, notes.

Each node is a box: its name and operation above, its number and its gradient below. It is printed
as SVG (`svg.py`), moved (`motion.py`), put on a sheet to be filled in (`handout.py`); all of them
from here, so that they cannot differ.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.equations import amount, by_user, local_formula, value_expression
from jangrad.show.folding import Box, fold_to
from jangrad.show.layered_layout import COLUMN_GAP, BoxLayout, fitted
from jangrad.show.names import short_places
from jangrad.show.text_tree import columns
from jangrad.show.themes import Theme

HEIGHT = 44.0
PADDING = 10.0
MARGIN = 16.0
LETTER = 7.3  # pixels a letter of 12 takes in the widest of the usual monospaced fonts
REMARK_LINE = 15.0
_LONGEST_TEXT = 36
_REMARK = 30  # letters in a line of a remark, which is in lines where it is longer
_NOTE_LETTER = 6.7
_NOTE_LINE = 13.0
_NOTE_ROOM = 26.0  # what a note may take of the usual gap
#: What is seen at a glance: a larger picture has parts folded until it fits, down to so many boxes.
SCREEN = (1200.0, 900.0)
_READABLE = 0.75  # of its own size
_BOXES = (60, 50, 40, 32, 26, 20)
BLANK = "_____"


class Look(NamedTuple):
    """How a picture shall look.

    Attributes:
        partials: the local partial stands beside each edge.
        theme: its colours.
        fold: parts of a large graph are drawn as one box each, so that it fits.
        forward_only: values alone, no gradients.
        blanks: gradients are left out, to be filled in.
        width: in pixels, how wide it is drawn; None for its own size.
        annotate: words of the user's in the boxes of nodes.
        colours: of the boxes of nodes.
    """

    partials: bool = False
    theme: Theme = "auto"
    fold: bool = True
    forward_only: bool = False
    blanks: bool = False
    width: float | None = None
    annotate: Mapping[Node, str] = {}
    colours: Mapping[Node, str] = {}


class DrawnBox(NamedTuple):
    """A box with its texts."""

    kind: str  # the class of its rectangle
    first: str  # what it is called
    named: bool
    rest: str  # after it: the formula, or how many Values are folded
    data: str
    grad: str
    title: str  # what a pointer at rest, or a screen reader, says
    width: float
    remark: tuple[str, ...] = ()
    colour: str = ""

    @property
    def height(self) -> float:
        """In pixels: a line for each of the remark's more than without."""
        return HEIGHT + (REMARK_LINE * len(self.remark) + 3.0 if self.remark else 0.0)


class Drawing(NamedTuple):
    """All of a picture, in pixels, inside the margin.

    Attributes:
        boxes: what is drawn as one; inputs come before what uses them.
        edges: (input, user) pairs of box numbers.
        drawn: the boxes' texts.
        notes: the edges' texts, `""` where there is none.
        places: where these are written.
        placed: where boxes are, and how edges go.
    """

    derivation: Derivation
    look: Look
    boxes: list[Box]
    edges: list[tuple[int, int]]
    drawn: list[DrawnBox]
    notes: list[str]
    places: list[tuple[float, float]]
    placed: BoxLayout

    def amount(self, edge: tuple[int, int]) -> float | None:
        """What the user's box hands to the gradient of the input's; None where that has none."""
        start, end = (self.boxes[i] for i in edge)
        if start.closing is None:
            return None
        inside = set(end.nodes)
        uses = [use for use in by_user(start.closing) if use[0] in inside]
        return sum(amount(user, positions) for user, positions in uses)


def drawing(derivation: Derivation, look: Look) -> Drawing:
    """Place what is to be seen; of a large graph as many boxes as fit and can be read."""
    frame = SCREEN if look.width is None else (look.width, 0.75 * look.width)
    for boxes, edges in fold_to(derivation, *_BOXES if look.fold else (len(derivation),)):
        drawn = [_drawn(box, derivation, look) for box in boxes]
        notes = [_edge_note(boxes[u], boxes[v], partials=look.partials) for u, v in edges]
        # The gap between two columns holds the longest note.
        gap = COLUMN_GAP + max(0.0, max(map(len, notes), default=0) * _NOTE_LETTER - _NOTE_ROOM)
        placed = fitted([(box.width, box.height) for box in drawn], edges, frame, gap)
        if placed.scale(frame) >= _READABLE:
            break
    places = _apart(notes, map(_middle, placed.routes))
    return Drawing(derivation, look, boxes, edges, drawn, notes, places, placed)


def short(text: str) -> str:
    """At most so many letters; `net.layers[0].neurons[1].weights[2]` as `net[0][1].weights[2]`."""
    text = short_places(text)
    return text if len(text) <= _LONGEST_TEXT else "…" + text[-_LONGEST_TEXT + 1 :]


def remark(said: str) -> tuple[str, ...]:
    """The user's words as the lines that a box holds."""
    return tuple(textwrap.wrap(said, _REMARK))


def _drawn(box: Box, derivation: Derivation, look: Look) -> DrawnBox:
    shown, node = _texts(box, derivation, look), box.closing
    if node is None or not (look.annotate or look.colours):
        return shown
    lines = remark(look.annotate.get(node, ""))
    width = max(shown.width, *(_wide(columns(line)) for line in lines), 0.0)
    title = shown.title + "".join(f"; {line}" for line in (" ".join(lines),) if line)
    colour = look.colours.get(node, "")
    return shown._replace(remark=lines, width=width, title=title, colour=colour)


def _texts(box: Box, derivation: Derivation, look: Look) -> DrawnBox:
    node, count = box.closing, f"{len(box.nodes):,} Values"
    if node is None:
        label = short(box.label)
        size = _wide(max(columns(label), len(count)))
        return DrawnBox("fold", label, True, "", count, "", f"{box.label}: {count}", size)
    how = formula.text(value_expression(node)) if node.op else ""
    name, named, rest = short(node.handle), bool(node.name), f" = {short(how)}" if how else ""
    title = f"{node.handle} = {how}" if how else node.handle
    kind = "root" if node is derivation.root else "box" if node.op else "leaf"
    if box.nodes[1:]:
        kind, title = "fold", f"{box.label or title}: {count}"
        if box.label:
            name, named, rest = short(box.label), True, f"  {count}"
    data, grad = formula.value(node.data), ""
    title += f", value {data}"
    below = len(data)
    if look.blanks:
        grad = BLANK
        title += ", its gradient to be filled in"
    elif not look.forward_only:
        grad = "not computed" if node.grad is None else formula.number(node.grad)
        title += f", gradient {grad}"
    if grad:
        below += len(grad) + 7
    if node.made_at and kind != "fold":
        title += f", made at {node.made_at}"
    size = _wide(max(columns(name) + columns(rest), below))
    return DrawnBox(kind, name, named, rest, data, grad, title, size)


def _wide(letters: int) -> float:
    return round(letters * LETTER + 2 * PADDING, 1)


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
        return short(formula.text(local_formula(user, positions)))
    return f"×{len(positions)}" if len(positions) > 1 else ""
