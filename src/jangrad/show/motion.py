"""The backward pass as a moving picture: what is handed back travels, and the receiver's sum grows.

One drawing, seen at many moments. In an SVG the moments are those of a style sheet (CSS Animations
Level 1), without a script; whoever asks for reduced motion, prints, or looks at it with something
else than a browser sees the end, with everything there. In a GIF they are frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape

from jangrad.errors import ConfigError
from jangrad.show import formula, svg
from jangrad.show.drawing import HEIGHT, LETTER, MARGIN, PADDING, Drawing, short
from jangrad.show.equations import by_user, grad, local
from jangrad.show.folding import Box
from jangrad.show.text_tree import columns
from jangrad.show.words import gradient_of, local_slope

BEFORE, SEED, FLIGHT, REST, AFTER = 1.2, 1.0, 1.0, 0.9, 4.0  # seconds
_CALM = 24  # steps; of more each takes less time
GROWS = 0.3  # seconds in which a bar grows
_CAPTION = 34.0  # pixels below the boxes
_CAPTION_LETTER = LETTER * 13 / 12
_FIRST, _LAST = "forward: the values", "backward: the gradients"
_POINTS = 12  # of a way, between which a browser moves in straight lines

_STYLE = """.jangrad .caption{font-size:13px}
.jangrad .back{stroke:var(--grad);stroke-width:3}
.jangrad .tip.back{fill:var(--grad);stroke:none}
.jangrad .rim{fill:none;stroke:var(--grad);stroke-width:2.5}
.jangrad .sender{stroke-width:1.2}
.jangrad .pill{fill:var(--grad);stroke:var(--paper);stroke-width:1.5}
.jangrad .amount{fill:var(--paper);font-weight:600}
.jangrad .part{fill:var(--grad)}
.jangrad .minus{fill:var(--paper);stroke:var(--grad)}
.jangrad .track{fill:var(--line);fill-opacity:0.25}
"""


class Handing(NamedTuple):
    """A box hands something to the gradient of another; the first is the root's own 1.

    Attributes:
        sender: the number of the box, -1 for the root's own 1.
        receiver: the number of the other.
        edge: the number of the edge between them.
        amount: what is added; None where the receiver is several numbers.
        said: it in a line.
    """

    sender: int
    receiver: int
    edge: int
    amount: float | None
    said: str


class Portion(NamedTuple):
    """A piece of the bar of a gradient's contributions."""

    x: float
    width: float
    kind: str


class Motion:
    """What happens in a drawing, step by step.

    Attributes:
        drawn: the drawing.
        steps: what is handed on, in the order of the backward pass.
        arrivals: for each box the steps that it receives.
        sums: for each box its gradient as text, before and after each of these.
        bars: for each box a piece for each of these.

    Raises:
        ConfigError: when there are no gradients in it, or as at `steps`.
    """

    def __init__(self, drawn: Drawing) -> None:
        if drawn.look.forward_only:
            raise ConfigError(
                "the gradients are left out of a picture that shows how they come to be",
                why="`forward_only` draws values alone, which do not move",
                try_="one of the two",
            )
        self.drawn = drawn
        self.steps = list(_handings(drawn))
        self.arrivals: list[list[int]] = [[] for _ in drawn.boxes]
        for i, step in enumerate(self.steps):
            self.arrivals[step.receiver].append(i)
        self.sums = [self._sums(box) for box in range(len(drawn.boxes))]
        self.bars = [self._bars(box) for box in range(len(drawn.boxes))]
        pace = min(1.0, max(0.35, _CALM / len(self.steps)))
        self.flight, self.rest = FLIGHT * pace, REST * pace

    def _sums(self, box: int) -> list[str]:
        total, found = 0.0, [""]
        for i in self.arrivals[box]:
            amount = self.steps[i].amount
            if amount is not None:
                total += amount
                found.append(formula.number(total))
            else:
                found.append("")
        found[-1] = self.drawn.drawn[box].grad  # another order of adding has other last digits
        return found

    def _bars(self, box: int) -> list[Portion]:
        amounts = [self.steps[i].amount or 0.0 for i in self.arrivals[box]]
        whole = math.fsum(map(abs, amounts)) if all(map(math.isfinite, amounts)) else 0.0
        room, x = self.drawn.drawn[box].width - 2 * PADDING + 1.0, PADDING
        found = []
        for amount in amounts:
            width = room * abs(amount) / whole if whole else 0.0
            found.append(
                Portion(x, max(0.0, width - 1.0), "part minus" if amount < 0.0 else "part")
            )
            x += width
        return found

    def begins(self, step: int) -> float:
        """When a step begins, in seconds."""
        return BEFORE + (SEED + (step - 1) * (self.flight + self.rest) if step else 0.0)

    def arrives(self, step: int) -> float:
        """When what is handed on is there."""
        return self.begins(step) + (self.flight if step else 0.0)

    @property
    def seconds(self) -> float:
        """How long all of it takes, with the end, which is held."""
        return self.begins(len(self.steps)) + AFTER

    def way(self, step: int, count: int) -> list[tuple[float, float]]:
        """So many places of what is handed on, evenly in time, from the sender to the receiver."""
        return _along(self.drawn.placed.routes[self.steps[step].edge][::-1], count, self.drawn)

    # -- as SVG that moves ------------------------------------------------------------------------

    def svg(self) -> str:
        """The picture with its animation, as SVG text."""
        rules: list[str] = []
        parts: list[str] = []
        placed, whole = self.drawn.placed, self.seconds
        for i, step in enumerate(self.steps):
            begin, arrive = self.begins(i), self.arrives(i)
            end = self.begins(i + 1)
            last = f"{100 * end / whole:.2f}%{{opacity:0}}"
            rules.append(f"@keyframes t{i}{{0%{{opacity:0}}{self._at(begin)}{{opacity:1}}{last}}}")
            rules.append(f"@keyframes a{i}{{0%{{opacity:0}}{self._at(arrive)}{{opacity:1}}}}")
            rules.append(f"@keyframes u{i}{{0%{{opacity:1}}{self._at(arrive)}{{opacity:0}}}}")
            parts += [f'<g class="m t{i}">', *self._around(step), "</g>"]
        above: list[str] = []
        for i, step in enumerate(self.steps):
            if step.sender >= 0:
                rules += self._journey(i)
                above.append(f'<g class="m p{i}">{_pill(step.amount)}</g>')
            above.append(f'<g class="m t{i}">{self._caption(step.said)}</g>')
        above.append(f'<g class="m u0">{self._caption(_FIRST)}</g>')
        above.append(f'<g class="m end">{self._caption(_LAST)}</g>')
        over = self._at(self.begins(len(self.steps)))
        rules.append(f"@keyframes end{{0%{{opacity:0}}{over}{{opacity:1}}}}")
        rules.append(".jangrad .end{animation-name:end}")
        boxes = []
        for k, one in enumerate(self.drawn.drawn):
            below, bars = self._lines(k, rules), self._growing(k, rules)
            boxes.append(svg.box(one, placed.x[k], placed.y[k], below, bars))
        playing = "@media screen and (prefers-reduced-motion:no-preference)"
        chosen = "".join(
            f".jangrad .{kind}{i}{{animation-name:{kind}{i}}}"
            for i in range(len(self.steps))
            for kind in "tau"
        )
        moving = (
            f".jangrad .m{{display:none}}\n{playing}{{.jangrad .m{{display:inline}}"
            f".jangrad .m,.jangrad .s{{animation:{whole:.2f}s step-end infinite}}"
            f"{chosen}{''.join(rules)}}}\n"
        )
        head = svg.head(self.drawn, _STYLE, _CAPTION, self._wide())
        head[3] = head[3].replace("</style>", moving + "</style>")
        parts = [*head, *svg.edges(self.drawn), *parts, *boxes, *above, "</g>", "</svg>\n"]
        return "\n".join(parts)

    def _at(self, seconds: float) -> str:
        return f"{100 * seconds / self.seconds:.2f}%"

    def _lines(self, box: int, rules: list[str]) -> str:
        """The line of a box with each of its sums; what stands there at the end is seen at rest."""
        one, arrivals = self.drawn.drawn[box], self.arrivals[box]
        if not arrivals:
            return svg.data_line(one, one.grad)
        lines = [svg.data_line(one, "", f"m u{arrivals[0]}")]
        for k, (here, there) in enumerate(pairwise(arrivals), 1):
            name = f"b{box}-{k}"
            rules.append(
                f"@keyframes {name}{{0%{{opacity:0}}{self._at(self.arrives(here))}{{opacity:1}}"
                f"{self._at(self.arrives(there))}{{opacity:0}}}}"
                f".jangrad .{name}{{animation-name:{name}}}"
            )
            lines.append(svg.data_line(one, self.sums[box][k], f"m {name}"))
        lines.append(svg.data_line(one, one.grad, f"s a{arrivals[-1]}"))
        return "".join(lines)

    def _growing(self, box: int, rules: list[str]) -> str:
        """The bar of a box, whose pieces grow as they come."""
        parts = []
        for k, (i, bar) in enumerate(zip(self.arrivals[box], self.bars[box], strict=True)):
            if bar.width <= 0.0:
                continue
            name, begin = f"w{box}-{k}", self.arrives(i)
            rules.append(
                f"@keyframes {name}{{0%,{self._at(begin)}{{width:0}}"
                f"{self._at(begin + GROWS)},100%{{width:{bar.width:.1f}px}}}}"
                f".jangrad .{name}{{animation:{name} {self.seconds:.2f}s linear infinite}}"
            )
            parts.append(_piece(bar, name))
        return _track(self.drawn.drawn[box].width, parts)

    def _journey(self, step: int) -> Iterator[str]:
        """The rules by which a pill goes along its edge."""
        begin, arrive = self.begins(step), self.arrives(step)
        way = self.way(step, _POINTS)
        moves = [
            f"{self._at(begin + (arrive - begin) * k / (_POINTS - 1))}"
            f"{{transform:translate({x:.1f}px,{y:.1f}px)}}"
            for k, (x, y) in enumerate(way)
        ]
        x, y = way[0]
        start = f"0%{{transform:translate({x:.1f}px,{y:.1f}px)}}"
        yield f"@keyframes v{step}{{{start}{''.join(moves)}}}"
        yield (
            f"@keyframes p{step}{{0%{{opacity:0}}{self._at(begin)}{{opacity:1}}"
            f"{self._at(arrive)}{{opacity:0}}}}"
            f".jangrad .p{step}{{animation:p{step} {self.seconds:.2f}s step-end infinite,"
            f"v{step} {self.seconds:.2f}s linear infinite}}"
        )

    # -- as layers for frames ---------------------------------------------------------------------

    def before(self) -> str:
        """All that is there before the backward pass begins, and during it."""
        boxes = [self._box(k, 0, 0.0) for k in range(len(self.drawn.boxes))]
        return self._layer([*svg.edges(self.drawn), *boxes], paper=True)

    def first(self) -> str:
        """The line of text before it."""
        return self._layer([self._caption(_FIRST)])

    def last(self) -> str:
        """The line of text behind it."""
        return self._layer([self._caption(_LAST)])

    def marks(self, step: int) -> str:
        """What a step is marked with: its edge, two boxes, a line of text; nothing around it."""
        now = self.steps[step]
        return self._layer([*self._around(now), self._caption(now.said)])

    def receiver(self, step: int, grown: float) -> str:
        """The box that a step has handed something to, whose bar has grown so far, 0 to 1."""
        box = self.steps[step].receiver
        return self._layer([self._box(box, self.arrivals[box].index(step) + 1, grown)])

    def pill(self, step: int, place: tuple[float, float]) -> str:
        """What travels, at a place."""
        x, y = place
        moved = f'<g transform="translate({x:.1f} {y:.1f})">{_pill(self.steps[step].amount)}</g>'
        return self._layer([moved])

    def _box(self, box: int, received: int, grown: float) -> str:
        one, placed = self.drawn.drawn[box], self.drawn.placed
        bars = self.bars[box][:received]
        if bars:
            bars[-1] = bars[-1]._replace(width=bars[-1].width * grown)
        line = svg.data_line(one, self.sums[box][received] if self.arrivals[box] else one.grad)
        pieces = _track(one.width, [_piece(bar) for bar in bars if bar.width > 0.0])
        x, y = placed.x[box], placed.y[box]
        ground = (
            f'<rect class="paper" x="{x - one.width / 2:.1f}" y="{y - one.height / 2:.1f}"'
            f' width="{one.width:.1f}" height="{one.height:.0f}" rx="6"/>'
        )
        return ground + svg.box(one, x, y, line, pieces)

    def _layer(self, parts: Sequence[str], *, paper: bool = False) -> str:
        *head, ground, group = svg.head(self.drawn, _STYLE, _CAPTION, self._wide())
        return "\n".join([*head, *([ground] if paper else []), group, *parts, "</g>", "</svg>"])

    # -- what both draw ---------------------------------------------------------------------------

    def _around(self, step: Handing) -> list[str]:
        """The edge turned round, and the rims of the two boxes."""
        placed = self.drawn.placed
        found = []
        if step.sender >= 0:
            route = placed.routes[step.edge][::-1]
            found = [
                svg.edge(route, down=placed.down, kind="back"),
                self._rim(step.sender, "sender"),
            ]
        return [*found, self._rim(step.receiver, "")]

    def _rim(self, box: int, kind: str) -> str:
        one, placed = self.drawn.drawn[box], self.drawn.placed
        x, y = placed.x[box] - one.width / 2 - 3, placed.y[box] - one.height / 2 - 3
        return (
            f'<rect class="{f"rim {kind}".strip()}" x="{x:.1f}" y="{y:.1f}"'
            f' width="{one.width + 6:.1f}" height="{one.height + 6:.0f}" rx="8"/>'
        )

    def _wide(self) -> float:
        """The room that the widest caption needs."""
        longest = max(columns(step.said) for step in self.steps)
        return max(longest, len(_LAST)) * _CAPTION_LETTER + 2 * MARGIN

    def _caption(self, said: str) -> str:
        x, y = self.drawn.placed.width / 2, self.drawn.placed.height + MARGIN + _CAPTION - 18
        return (
            f'<text class="caption" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">'
            f"{escape(said)}</text>"
        )


def _handings(drawn: Drawing) -> Iterator[Handing]:
    boxes, root = drawn.boxes, drawn.derivation.root
    last = len(boxes) - 1
    yield Handing(-1, last, -1, 1.0, f"{gradient_of(root.handle, root.handle)} = 1")
    into: dict[int, list[int]] = {}
    for i, (_, user) in enumerate(drawn.edges):
        into.setdefault(user, []).append(i)
    for user in range(last, -1, -1):
        for i in into.get(user, ()):
            edge = drawn.edges[i]
            yield Handing(user, edge[0], i, drawn.amount(edge), _said(drawn, edge))


def _said(drawn: Drawing, edge: tuple[int, int]) -> str:
    """`de/da += de/dc * ∂c/∂a = 1 * 4 = 4`, or as much of it as there is between two boxes."""
    start, end = (drawn.boxes[i] for i in edge)
    root, amount = drawn.derivation.root.handle, drawn.amount(edge)
    node, user = start.closing, end.closing
    if node is None or amount is None:
        return f"{short(start.label)}: {len(start.nodes):,} gradients"
    said = f"{short(gradient_of(root, _name(start)))} += "
    if user is not None and not end.nodes[1:]:
        positions = next(places for other, places in by_user(node) if other is user)
        numbers = [formula.number(x) for x in (grad(user), local(user, positions))]
        product = " * ".join(f"({x})" if x[0] == "-" else x for x in numbers)
        upstream = gradient_of(root, user.handle)
        slope = local_slope(user.handle, _name(start))
        said += f"{short(upstream)} * {short(slope)} = {product} = "
    return said + formula.number(amount)


def _name(box: Box) -> str:
    """What the box is called in the picture."""
    assert box.closing is not None
    return box.label if box.label and box.nodes[1:] else box.closing.handle


def _along(
    route: Sequence[tuple[float, float]], count: int, drawn: Drawing
) -> list[tuple[float, float]]:
    """Places on the line that `svg.edge` draws: slow at both ends, and fast between."""
    points = list(dict.fromkeys(route))
    fine = [points[0]]
    for start, end in pairwise(points):
        bends = svg.bends(start, end, down=drawn.placed.down)
        fine += [_bezier(start, *bends, end, k / 16) for k in range(1, 17)]
    lengths = [0.0]
    for (x, y), (next_x, next_y) in pairwise(fine):
        lengths.append(lengths[-1] + math.hypot(next_x - x, next_y - y))
    found = []
    for k in range(count):
        t = k / (count - 1)
        goal = lengths[-1] * t * t * (3.0 - 2.0 * t)
        at = next((i for i in range(1, len(fine)) if lengths[i] >= goal), len(fine) - 1)
        part = (goal - lengths[at - 1]) / ((lengths[at] - lengths[at - 1]) or 1.0)
        (x, y), (next_x, next_y) = fine[at - 1], fine[at]
        found.append((x + part * (next_x - x), y + part * (next_y - y)))
    return found


def _bezier(
    a: tuple[float, float],
    b: tuple[float, float],
    c: tuple[float, float],
    d: tuple[float, float],
    t: float,
) -> tuple[float, float]:
    s = 1.0 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    x, y = (sum(w * p[side] for w, p in zip(weights, (a, b, c, d), strict=True)) for side in (0, 1))
    return x, y


def _pill(amount: float | None) -> str:
    """What travels, around the place where it is."""
    if amount is None:
        return '<circle class="pill" r="6"/>'
    text = formula.number(amount)
    text = text if text[0] == "-" else f"+{text}"
    width = len(text) * LETTER + 14
    return (
        f'<rect class="pill" x="{-width / 2:.1f}" y="-11" width="{width:.1f}" height="22" rx="11"/>'
        f'<text class="amount" y="4.5" text-anchor="middle">{text}</text>'
    )


def _track(width: float, pieces: Sequence[str]) -> str:
    if not pieces:
        return ""
    room = f'x="{PADDING:.0f}" y="{HEIGHT - 4:.0f}" width="{width - 2 * PADDING:.1f}" height="3"'
    return f'<rect class="track" {room}/>{"".join(pieces)}'


def _piece(bar: Portion, name: str = "") -> str:
    kind = f"{bar.kind} {name}".strip()
    where = f'x="{bar.x:.1f}" y="{HEIGHT - 4:.0f}" width="{bar.width:.1f}" height="3"'
    return f'<rect class="{kind}" {where}/>'
