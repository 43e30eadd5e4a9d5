"""A training as a moving picture: the weights, or what the network says over the plane."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jangrad.show.network import NetworkPicture
from jangrad.show.network_svg import COLOURS, largest_weight, network_svg
from jangrad.show.plots import colours_on, plot_decision_boundary, plot_history

if TYPE_CHECKING:
    from PIL.Image import Image

    from jangrad.show.plots import Curves

_FIRST, _LAST = 0.8, 3.0  # seconds
_ALL = 6.0  # seconds that the moments between take together
_SHORTEST, _LONGEST = 0.06, 0.4  # of one of them
_SHAPE = 9 / 16  # of a slide: height by width

#: The network at each of some steps, and how the picture says which.
Moments = Sequence[tuple[Any, str]]


def times(count: int) -> list[float]:
    """For how many seconds each of so many moments is seen."""
    each = min(_LONGEST, max(_SHORTEST, _ALL / count))
    return [_FIRST, *[each] * (count - 2), _LAST][-count:]


def network_frames(moments: Moments, row: Any, width: float) -> Iterator[tuple[Image, int]]:
    """The pictures of a network, with lines as wide as weights are at that step.

    Args:
        moments: the networks.
        row: whose numbers stand in the neurons; None for none.
        width: pixels; less where it would be higher than a slide of that width.
    """
    from jangrad.show.painted import pixels

    pictures = _pictures(moments, row)
    wide, high = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', pictures[0])[0])
    scale = min(width / wide, _SHAPE * width / high)
    for picture, seconds in zip(pictures, times(len(pictures)), strict=True):
        yield pixels(picture, scale), 10 * round(100 * seconds)


def boundary_frames(
    moments: Moments,
    X: Any,
    y: Any,
    history: Curves,
    steps: Sequence[int],
    threshold: float | None,
    width: float,
) -> Iterator[tuple[Image, int]]:
    """What a network of two inputs says over the plane, beside its loss.

    Args:
        moments: the networks.
        X, y: rows of two numbers, and their targets.
        history: of the training.
        steps: for each moment how many steps were made.
        threshold: as of `plot_decision_boundary`.
        width: pixels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL.Image import frombuffer

    losses = list(history.loss)
    for (net, said), step, seconds in zip(moments, steps, times(len(moments)), strict=True):
        figure = Figure(figsize=(9.6, 5.4), dpi=width / 9.6)
        canvas = FigureCanvasAgg(figure)
        plane = figure.add_axes((0.06, 0.1, 0.46, 0.78))
        plot_decision_boundary(net, X, y, plane, threshold=threshold)
        plane.set_title(said, loc="left", fontsize=13)
        beside = plot_history(history, figure.add_axes((0.7, 0.1, 0.27, 0.78)))
        at = min(step, len(losses) - 1)
        beside.axvline(at, color=colours_on(beside)[1], linewidth=1.2)
        beside.plot(at, losses[at], "o", color=colours_on(beside)[1], markersize=8)
        canvas.draw()  # type: ignore[no-untyped-call]
        held = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
        size = canvas.get_width_height()
        yield frombuffer("RGBA", size, held, "raw", "RGBA", 0, 1), 10 * round(100 * seconds)


def moving_network(moments: Moments) -> str:
    """The pictures of a network as one SVG that moves without a script.

    It is the picture of the last moment, with a style sheet in which each line has the widths and
    colours of all of them. Whoever asks for reduced motion, or prints it, sees the last one.
    """
    pictures = _pictures(moments, None)
    seconds = times(len(pictures))
    whole = sum(seconds)
    starts = [f"{100.0 * sum(seconds[:k]) / whole:.2f}%" for k in range(len(seconds))]
    rules = []
    for i, looks in enumerate(zip(*map(_lines, pictures), strict=True)):
        moves = "".join(f"{at}{{{look}}}" for at, look in zip(starts, looks, strict=True))
        rules.append(f"@keyframes w{i}{{{moves}}}.jangrad-net .w{i}{{animation-name:w{i}}}")
    captions = []
    for k, (start, end) in enumerate(pairwise(starts)):
        before = "0%{opacity:0}" if k else ""
        seen = f"{before}{start}{{opacity:1}}{end}{{opacity:0}}"
        rules.append(f"@keyframes k{k}{{{seen}}}.jangrad-net .k{k}{{animation-name:k{k}}}")
        captions.append(_NOTE.findall(pictures[k])[0].replace('"note ', f'"m k{k} '))
    rules.append(f"@keyframes note{{0%{{opacity:0}}{starts[-1]}{{opacity:1}}}}")
    moving = (
        ".jangrad-net .m{display:none}\n@media screen and (prefers-reduced-motion:no-preference){"
        ".jangrad-net .m{display:inline}"
        f".jangrad-net .m,.jangrad-net .note{{animation:note {whole:.2f}s step-end infinite}}"
        f".jangrad-net .w{{animation:{whole:.2f}s linear infinite}}{''.join(rules)}}}\n</style>"
    )
    count = iter(range(len(rules)))
    last = _LINE.sub(lambda m: f'<line class="w w{next(count)} {m[1]}"{m[2]}', pictures[-1])
    return last.replace("</style>", moving, 1).replace("</svg>", "\n".join([*captions, "</svg>"]))


_LINE = re.compile(r'<line class="(plus|minus)"([^>]* opacity="([\d.]+)" stroke-width="([\d.]+)")')
_NOTE = re.compile(r'<text class="note .*?</text>')


def _lines(picture: str) -> list[str]:
    """How each weight is drawn, as a style."""
    colours = COLOURS["light"]
    return [
        f"stroke:{colours[sign]};opacity:{opacity};stroke-width:{width}px"
        for sign, _, opacity, width in _LINE.findall(picture)
    ]


def _pictures(moments: Moments, row: Any) -> list[str]:
    """Each as SVG text; a weight is as wide in one of them as in another."""
    shown = [(NetworkPicture(net, row), said) for net, said in moments]
    largest = max(largest_weight(picture.columns) for picture, _ in shown)
    return [
        network_svg(picture.columns, title=said, theme="light", note=said, largest=largest)
        for picture, said in shown
    ]
