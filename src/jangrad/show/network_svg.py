"""The classic picture of a network: neurons in columns, weights as lines between them, as SVG.

The same picture is drawn for `net.show()` and inside the page, whose script then keeps its numbers
up to date: what stands for a node of the graph carries that node's number as `data-n`.
Colours are of Okabe and Ito, Color Universal Design (2008).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from jangrad.errors import ConfigError
from jangrad.show.formula import number
from jangrad.show.themes import THEMES

#: Units drawn in a column; of more the first ones and the last two are drawn.
MOST = 16
_LAST = 2
_ACROSS, _DOWN, _RADIUS = 150.0, 46.0, 19.0
_SIDE, _TOP, _BOTTOM = 76.0, 62.0, 58.0
_THINNEST, _WIDEST = 0.4, 4.6  # pixels: a weight of 0, and the largest of the network
_FEW = 8  # rows; where there are more, columns stand further apart and lines are thinner
_TINT = 0.36  # how strongly the unit that gives most is coloured, at most 1

_LETTER = 6.9  # pixels that a letter of a name takes
_LONGEST = 30
_STATES = {"dead": "gives 0 for every row", "saturated": "at an end, where its slope is next to 0"}
_MARKED = """
.jangrad-net .rim.dead{stroke-dasharray:3 3}
.jangrad-net .rim.saturated{stroke-width:4}
.jangrad-net .most{font-weight:bold}
"""

COLOURS = {
    "light": {
        "paper": "#ffffff", "ink": "#1b1f24", "faint": "#57606a", "unit": "#f6f8fa",
        "rim": "#57606a", "plus": "#0072b2", "minus": "#d55e00", "grad": "#9a4a00",
    },
    "dark": {
        "paper": "#0d1117", "ink": "#e6edf3", "faint": "#9aa4af", "unit": "#161b22",
        "rim": "#9aa4af", "plus": "#56b4e9", "minus": "#e8853a", "grad": "#f0b050",
    },
}  # fmt: skip
_SHAPES = """
.jangrad-net text{font:12px 'DejaVu Sans',system-ui,sans-serif;text-anchor:middle}
.jangrad-net .value,.jangrad-net .grad{font-size:10.5px}
.jangrad-net .small{font-size:11px}
.jangrad-net .start{text-anchor:start}
.jangrad-net .end{text-anchor:end}
.jangrad-net line{stroke-linecap:round}
.jangrad-net .rim{fill:none;stroke-width:1.4}
@media print{.jangrad-net .minus{stroke-dasharray:6 3}}
"""


class Number(NamedTuple):
    """A number in the picture, and the node of the graph that it belongs to, if any."""

    data: float
    node: int | None = None


class Unit(NamedTuple):
    """An input or a neuron.

    Attributes:
        name: what it is called.
        value: what it gives for the row, None without a row.
        bias: None for an input.
        weights: one for each unit of the column before; none for an input.
        state: `"dead"` or `"saturated"` where it is known to have stopped learning.
        beside: what is written beside it: left of an input, right of an output.
    """

    name: str
    value: Number | None
    bias: Number | None = None
    weights: Sequence[Number] = ()
    state: str = ""
    beside: str = ""


class LayerColumn(NamedTuple):
    """The inputs, or a layer."""

    name: str
    units: Sequence[Unit]


def network_svg(
    columns: Sequence[LayerColumn],
    *,
    title: str,
    theme: str = "auto",
    most: int = MOST,
    down: float = _DOWN,
    note: str = "",
    largest: float | None = None,
) -> str:
    """The picture as SVG text.

    Args:
        columns: the inputs, then each layer.
        title: what it shows, in a few words, for those who cannot see it.
        theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not.
        most: how many units of a column are drawn.
        down: pixels from one unit of a column to the next.
        note: a line of text below it.
        largest: the weight that is drawn widest; the largest there is when left out.

    Raises:
        ConfigError: when the theme does not exist.

    >>> inputs = LayerColumn("1 input", [Unit("x0", Number(2.0))])
    >>> layer = LayerColumn("1 linear", [Unit("neuron 0", Number(1.0), Number(0.0), [Number(0.5)])])
    >>> network_svg([inputs, layer], title="half").startswith("<svg ")
    True
    """
    if theme not in THEMES:
        raise ConfigError(f"there is no theme {theme!r}", try_=", ".join(THEMES))
    drawn = [_drawn(len(column.units), most) for column in columns]
    rows = max(column[-1][1] for column in drawn) + 1
    crowd = max(1.0, rows / _FEW) ** 0.5
    left, right = _room(columns[0]), _room(columns[-1])
    width = left + _ACROSS * crowd * (len(columns) - 1) + right
    states = {unit.state for column in columns for unit in column.units} - {""}
    height = _TOP + down * (rows - 1) + _BOTTOM + (down - _DOWN) + 20.0 * (len(states) + bool(note))
    places = [
        {
            i: (left + c * _ACROSS * crowd, _TOP + down * (row + (rows - 1 - column[-1][1]) / 2))
            for i, row in column
        }
        for c, column in enumerate(drawn)
    ]
    largest = largest or largest_weight(columns)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="jangrad-net" role="img"'
            f' viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
            f' data-largest="{largest:g}" data-widest="{_WIDEST / crowd:.2f}">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(_description(columns))}</desc>",
            f"<style>{_style(theme)}{_MARKED if states else ''}</style>",
            f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
            *_lines(columns, places, largest, _WIDEST / crowd),
            *_units(columns, places, down),
            _legend(height - 20.0 * (len(states) + bool(note)), states),
            *([_note(note, height)] if note else []),
            "</svg>\n",
        ]
    )


def brief(x: float) -> str:
    """A number in at most five letters and a sign: there is little room inside a neuron.

    >>> [brief(x) for x in (0.0, -0.04681, 1.5, 12.34, 1234.5, 0.0003, 1e20)]
    ['0', '-0.05', '1.5', '12.3', '1234', '3e-4', '1e20']
    """
    size = abs(x)
    if not math.isfinite(x) or size == 0.0:
        return number(size if size == 0.0 else x)
    if size < 0.005 or size >= 9999.5:
        digits, power = f"{x:.0e}".split("e")
        return f"{digits}e{int(power)}"
    decimals = 2 if size < 9.995 else 1 if size < 99.95 else 0
    text = f"{x:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _style(theme: str) -> str:
    """The style sheet; without variables, which few programs beside browsers understand."""
    if theme != "auto":
        return _painted(theme) + _SHAPES
    dark = f"@media screen and (prefers-color-scheme:dark){{{_painted('dark')}}}"
    return _painted("light") + dark + _SHAPES


def _painted(theme: str) -> str:
    c = COLOURS[theme]
    rules = {
        "text": f"fill:{c['ink']}",
        ".paper": f"fill:{c['paper']}",
        ".faint": f"fill:{c['faint']}",
        ".grad": f"fill:{c['grad']}",
        ".unit": f"fill:{c['unit']}",
        ".rim": f"stroke:{c['rim']}",
        ".plus": f"fill:{c['plus']};stroke:{c['plus']}",
        ".minus": f"fill:{c['minus']};stroke:{c['minus']}",
        ".tint": "stroke:none",
        ".ground": f"fill:{c['paper']};stroke:{c['paper']};stroke-width:5px",
    }
    return "".join(f".jangrad-net {what}{{{how}}}" for what, how in rules.items())


def _drawn(size: int, most: int) -> list[tuple[int, int]]:
    """(unit, row) of the units of a column that are drawn; a gap of one row stands for others."""
    if size <= most:
        return [(i, i) for i in range(size)]
    first = [(i, i) for i in range(most - _LAST - 1)]
    return first + [(size - _LAST + i, most - _LAST + i) for i in range(_LAST)]


_Places = list[dict[int, tuple[float, float]]]


def _lines(
    columns: Sequence[LayerColumn], places: _Places, largest: float, widest: float
) -> Iterator[str]:
    for c, column in enumerate(columns):
        for j, (x2, y2) in places[c].items():
            weights = column.units[j].weights
            for k, (x1, y1) in places[c - 1].items() if weights else ():
                w = weights[k]
                size = min(1.0, abs(w.data) / largest) if w.data == w.data else 1.0
                text = f"weight {number(w.data)} of {columns[c - 1].units[k].name}"
                yield (
                    f'<line class="{_sign(w.data)}"{_node(w)} x1="{x1:.1f}" y1="{y1:.1f}"'
                    f' x2="{x2:.1f}" y2="{y2:.1f}" opacity="{0.2 + 0.7 * size:.2f}"'
                    f' stroke-width="{_THINNEST + (widest - _THINNEST) * size:.2f}">'
                    f"<title>{escape(text)}</title></line>"
                )


def _units(columns: Sequence[LayerColumn], places: _Places, down: float) -> Iterator[str]:
    for c, column in enumerate(columns):
        # Inputs have units of their own; neurons can be compared with each other.
        alike = columns[:1] if not c else columns[1:]
        largest = _largest(u.value for column in alike for u in column.units if u.value)
        most = _chosen(column)
        for i, (x, y) in places[c].items():
            yield _unit(column.units[i], x, y, largest)
            said = _cut(column.units[i].beside)
            if said and not c:
                where = f'x="{x - _RADIUS - 9:.1f}" y="{y + 4:.1f}"'
                yield f'<text class="faint end" {where}>{escape(said)}</text>'
            elif said:
                where = f'x="{x + _RADIUS + 9:.1f}" y="{y + 4:.1f}"'
                kind = "most" if i == most else "faint"
                yield f'<text class="{kind} start" {where}>{escape(said)}</text>'
        x, y = places[c][0]
        yield f'<text class="faint" x="{x:.1f}" y="26">{escape(column.name)}</text>'
        others = len(column.units) - len(places[c])
        if others:
            where = f'x="{x:.1f}" y="{y + down * (len(places[c]) - _LAST) + 4:.1f}"'
            yield f'<text class="ground" aria-hidden="true" {where}>{others} more</text>'
            yield f'<text class="faint" {where}>{others} more</text>'


def _unit(unit: Unit, x: float, y: float, largest: float) -> str:
    said = [unit.name]
    if unit.state:
        said.append(unit.state)
    if unit.bias is not None:
        said.append(f"bias {number(unit.bias.data)}")
    inside = ""
    tint = ""
    if unit.value is not None:
        a = unit.value.data
        said.append(f"gives {number(a)}" if unit.bias is not None else f"= {number(a)}")
        strength = _TINT * min(1.0, abs(a) / largest) if a == a else 0.0
        tint = f'<circle class="tint {_sign(a)}" r="{_RADIUS:.0f}" fill-opacity="{strength:.2f}"/>'
        inside = f'<text class="value" y="4">{brief(a)}</text>'
    title = ", ".join(said)
    rim = f"rim {unit.state}".strip()
    data = f' data-bias="{unit.bias.node}"' if unit.bias and unit.bias.node is not None else ""
    if unit.value is not None and unit.value.node is not None:
        data += f' data-tint="{_TINT / largest:g}"'
    return (
        f'<g class="neuron"{_node(unit.value)}{data} data-name={quoteattr(unit.name)}'
        f' transform="translate({x:.1f} {y:.1f})"><title>{escape(title)}</title>'
        f'<circle class="unit" r="{_RADIUS:.0f}"/>{tint}<circle class="{rim}" r="{_RADIUS:.0f}"/>'
        f"{inside}</g>"
    )


def _room(column: LayerColumn) -> float:
    """Pixels beside a column for what is written beside its units."""
    longest = max((len(_cut(unit.beside)) for unit in column.units), default=0)
    return max(_SIDE, _RADIUS + 20.0 + _LETTER * longest)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _chosen(column: LayerColumn) -> int | None:
    """The output that is the largest of several that have names."""
    given = [unit.value.data for unit in column.units if unit.value and unit.weights]
    if len(given) < 2 or not all(map(math.isfinite, given)):
        return None
    return given.index(max(given))


def _legend(height: float, states: Collection[str]) -> str:
    """What the lines mean, and the rims."""
    y = height - 16
    line = f'y1="{y - 4:.0f}" y2="{y - 4:.0f}" stroke-width="3"'
    said = (
        f'<line class="plus" x1="16" x2="36" {line}/><line class="minus" x1="98" x2="118" {line}/>'
        f'<text class="faint small start" y="{y:.0f}"><tspan x="42">above 0</tspan>'
        '<tspan x="124">below 0; the wider, the larger</tspan></text>'
    )
    for k, state in enumerate(sorted(states), 1):
        at = y + 20 * k
        said += (
            f'<circle class="rim {state}" cx="26" cy="{at - 4:.0f}" r="7"/>'
            f'<text class="faint small start" x="42" y="{at:.0f}">{state}: {_STATES[state]}</text>'
        )
    return said


def _note(said: str, height: float) -> str:
    return f'<text class="note start" x="16" y="{height - 14:.0f}">{escape(said)}</text>'


def largest_weight(columns: Sequence[LayerColumn]) -> float:
    """The size of the largest weight; 1 where all are 0 or there is none."""
    return _largest(w for column in columns for unit in column.units for w in unit.weights)


def _largest(numbers: Iterable[Number]) -> float:
    sizes = (abs(x.data) for x in numbers if math.isfinite(x.data))
    return max(sizes, default=0.0) or 1.0


def _description(columns: Sequence[LayerColumn]) -> str:
    said = f"{', then '.join(column.name for column in columns)}."
    outputs = [number(unit.value.data) for unit in columns[-1].units if unit.value is not None]
    if outputs:
        inputs = [number(unit.value.data) for unit in columns[0].units if unit.value is not None]
        said += f" For {', '.join(inputs)} it gives {', '.join(outputs)}."
    return said


def _sign(x: float) -> str:
    return "minus" if x < 0 else "plus"


def _node(x: Number | None) -> str:
    return "" if x is None or x.node is None else f' data-n="{x.node}"'
