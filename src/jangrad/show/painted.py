"""Our own pictures, which are SVG, drawn by matplotlib: as PDF, as PNG, as pixels for an animation.

It knows the parts of SVG that pictures here are written in, and no others: groups that are moved
and scaled, paths of lines and cubic curves, rectangles, circles, lines, texts with spans; a style
sheet whose rules name an element or a class; no `@media`, so that pictures are in their light
colours. The fonts are DejaVu's, which come with matplotlib and hold Greek and mathematics.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from jangrad.errors import ConfigError
from jangrad.show.text_tree import columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.path import Path
    from matplotlib.transforms import Transform
    from PIL.Image import Image

_INCH = 96.0  # pixels of CSS
_MONO = 1233 / 2048  # how wide a letter of DejaVu Sans Mono is, of its size
_MOST_A_SIDE, _MOST_PIXELS = 32_767, 200_000_000
_INHERITED = ("fill", "font-size", "font-weight", "font-style", "font-family", "text-anchor")
_ROUND = 0.5523  # of a quarter of a circle, drawn as a cubic curve
#: What has the letters that DejaVu's fonts lack, where it is installed.
_OTHERS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "IPAGothic", "Hiragino Sans"),
    *("Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "Arial Unicode MS"),
)


def pdf(pictures: Sequence[str], title: str) -> bytes:
    """Pictures as the pages of a PDF: lines and letters, not pixels.

    Args:
        pictures: SVG text each.
        title: of the document.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages

    held = BytesIO()
    # No date: the same picture is the same file. Fonts as such (42): letters can be copied.
    about = {"Title": title, "Creator": "jangrad", "CreationDate": None}
    with rc_context({"pdf.fonttype": 42}), _quiet(), PdfPages(held, metadata=about) as pages:
        for picture in pictures:
            pages.savefig(_figure(picture))
    return held.getvalue()


def png(picture: str, scale: float = 2.0) -> bytes:
    """A picture as PNG.

    Args:
        picture: SVG text.
        scale: pixels for each unit of it, above 0.

    Raises:
        ConfigError: when the scale is not above 0.
    """
    checked_scale(scale)
    held = BytesIO()
    pixels(picture, scale).convert("RGB").save(held, "PNG")
    return held.getvalue()


def checked_scale(scale: float) -> None:
    """Refuse pixels for each unit that are not above 0, or no number."""
    number = isinstance(scale, (int, float)) and not isinstance(scale, bool)
    if not number or not 0.0 < scale < math.inf:
        raise ConfigError(f"`scale` is {scale!r:.60}, not a number above 0", try_="scale=2")


def _checked_size(wide: float, high: float) -> None:
    """Refuse more pixels than an image can have, or a computer wants."""
    if max(wide, high) > _MOST_A_SIDE or wide * high > _MOST_PIXELS:
        raise ConfigError(
            f"the picture would be {wide:,.0f} by {high:,.0f} pixels",
            why=f"an image has at most {_MOST_A_SIDE:,} pixels a side and {_MOST_PIXELS:,} in all",
            try_="a smaller scale or width; or .svg and .pdf, which are sharp at any size",
        )


def pixels(picture: str, scale: float) -> Image:
    """A picture as an image of Pillow's, transparent where nothing is drawn."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    with rc_context({"text.hinting": "none"}), _quiet():
        figure = _figure(picture, scale)
        _checked_size(*(figure.dpi * figure.get_size_inches()))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        size = canvas.get_width_height()
        held = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
        return Image.frombuffer("RGBA", size, held, "raw", "RGBA", 0, 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """No word of letters that no font has: what is drawn in their place says it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing")
        yield


def _figure(picture: str, scale: float = 1.0) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    root = ElementTree.fromstring(picture)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    own = [float(number) for number in root.attrib["viewBox"].split()]
    figure = Figure(figsize=(width / _INCH, height / _INCH), dpi=scale * _INCH)
    figure.patch.set_visible(False)
    to_inches = Affine2D().scale(width / own[2] / _INCH, -height / own[3] / _INCH)
    to_inches = to_inches.translate(0.0, height / _INCH)
    _Painter(figure, _rules(root)).paint(root, to_inches, {}, 1.0)
    return figure


def _rules(root: Any) -> list[tuple[str, dict[str, str]]]:
    """The style sheets' rules: what each is for, by its selector's last word, and what it says."""
    found = []
    sheets = " ".join(part.text or "" for part in root.iter() if _kind(part) == "style")
    while (plain := re.sub(r"@[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheets)) != sheets:
        sheets = plain
    for selectors, said in re.findall(r"([^{}]+)\{([^{}]*)\}", sheets):
        for selector in selectors.split(","):
            found.append((selector.split()[-1], _declared(said)))
    # A class goes before an element, wherever the two stand.
    return sorted(found, key=lambda rule: rule[0].startswith("."))


def _declared(said: str) -> dict[str, str]:
    found = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", said))
    if font := re.fullmatch(r"(?s)(?:(bold|\d00)\s+)?([\d.]+px)\s+(.*)", found.pop("font", "")):
        found["font-weight"] = font[1] or "normal"
        found["font-size"], found["font-family"] = font[2], font[3]
    return found


def _kind(part: Any) -> str:
    return str(part.tag).rpartition("}")[2]


class _Painter:
    """Puts what is in a picture into a figure, one thing over the other."""

    def __init__(self, figure: Figure, rules: list[tuple[str, dict[str, str]]]) -> None:
        self.figure = figure
        self.rules = rules
        self.layer = 0

    def paint(self, part: Any, place: Any, above: Mapping[str, str], opacity: float) -> None:
        """An element with all that is in it."""
        looks = self._looks(part, above)
        opacity *= float(looks.get("opacity", 1.0))
        if looks.get("display") == "none" or not opacity:
            return
        place = _moved(part.get("transform", ""), place)
        match _kind(part):
            case "svg" | "g":
                for inner in part:
                    self.paint(inner, place, looks, opacity)
            case "text":
                self._text(part, place, looks, opacity)
            case "rect" | "circle" | "line" | "path" as kind:
                self._shape(_SHAPES[kind](part), place, looks, opacity)

    def _looks(self, part: Any, above: Mapping[str, str]) -> dict[str, str]:
        looks = {name: above[name] for name in _INHERITED if name in above}
        looks |= {name: value for name, value in part.attrib.items() if name != "class"}
        classes = {f".{name}" for name in part.get("class", "").split()} | {_kind(part)}
        for whose, said in self.rules:
            if whose in classes:
                looks |= said
        return looks | _declared(part.get("style", ""))

    def _shape(self, path: Path, place: Any, looks: Mapping[str, str], opacity: float) -> None:
        from matplotlib.colors import to_rgba
        from matplotlib.patches import PathPatch

        fill, stroke = looks.get("fill", "black"), looks.get("stroke", "none")
        width = _length(looks.get("stroke-width", "1")) * _points(place)
        dashes: Any = "-"
        if stroke != "none" and looks.get("stroke-dasharray", "none") != "none":
            lengths = re.split(r"[ ,]+", looks["stroke-dasharray"])
            dashes = (0, [_length(x) * _points(place) / width for x in lengths])
        patch = PathPatch(
            path,
            facecolor=to_rgba(fill, opacity * float(looks.get("fill-opacity", 1.0)))
            if fill != "none"
            else "none",
            edgecolor=to_rgba(stroke, opacity) if stroke != "none" else "none",
            linewidth=width if stroke != "none" else 0.0,
            linestyle=dashes,
            capstyle="round" if looks.get("stroke-linecap") == "round" else "butt",
            joinstyle="round",
        )
        self._add(patch, place)

    def _text(self, part: Any, place: Any, looks: Mapping[str, str], opacity: float) -> None:
        spans = list(self._spans(part, looks))
        x, y = (float(part.get(side, 0.0)) for side in ("x", "y"))
        wide = sum(_width(said, look) for said, look, at in spans if at is None)
        x -= {"middle": 0.5, "end": 1.0}.get(looks.get("text-anchor", ""), 0.0) * wide
        for said, look, at in spans:
            x = x if at is None else at
            self._letters(said, (x, y), place, look, opacity)
            x += _width(said, look)

    def _spans(
        self, part: Any, looks: Mapping[str, str]
    ) -> Iterator[tuple[str, Mapping[str, str], float | None]]:
        """Pieces of text, each with its looks, and where it begins if that is said."""
        if part.text:
            yield part.text, looks, None
        for span in part:
            own = self._looks(span, looks)
            yield span.text or "", own, float(span.get("x")) if span.get("x") else None
            if span.tail:
                yield span.tail, looks, None

    def _letters(
        self,
        said: str,
        at: tuple[float, float],
        place: Any,
        looks: Mapping[str, str],
        opacity: float,
    ) -> None:
        from matplotlib.patheffects import Normal, Stroke
        from matplotlib.text import Text

        if not said.strip():
            return
        text = Text(*at, said, fontproperties=_font(looks, _points(place)), parse_math=False)
        text.set_color(looks.get("fill", "black"))
        text.set_alpha(opacity)
        text.set_verticalalignment("baseline")
        stroke = looks.get("stroke", "none")
        if stroke != "none":
            width = _length(looks.get("stroke-width", "1")) * _points(place)
            text.set_path_effects([Stroke(linewidth=width, foreground=stroke), Normal()])
        self._add(text, place)

    def _add(self, artist: Any, place: Transform) -> None:
        self.layer += 1
        artist.set_zorder(self.layer)
        artist.set_transform(place + self.figure.dpi_scale_trans)
        self.figure.add_artist(artist)


def _length(said: str) -> float:
    return float(said.removesuffix("px"))


def _moved(said: str, place: Any) -> Any:
    """Where an element is, that moves or scales itself."""
    from matplotlib.transforms import Affine2D

    for what, numbers in re.findall(r"(translate|scale)\(([^)]*)\)", said):
        first, *more = (float(number) for number in re.split(r"[ ,]+", numbers.strip()))
        step = Affine2D()
        if what == "translate":
            step.translate(first, more[0] if more else 0.0)
        else:
            step.scale(first, *more)
        place = step + place
    return place


@lru_cache
def _others() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    return tuple(name for name in _OTHERS if name in known)


def _points(place: Any) -> float:
    """How many points a unit of a picture is long."""
    return float(place.get_matrix()[0, 0]) * 72.0


def _font(looks: Mapping[str, str], points: float) -> Any:
    from matplotlib.font_manager import FontProperties

    kind = "DejaVu Sans Mono" if "Mono" in looks.get("font-family", "") else "DejaVu Sans"
    return FontProperties(
        family=[kind, "DejaVu Sans", *_others()],
        size=_length(looks.get("font-size", "16px")) * points,
        weight="bold" if looks.get("font-weight") in ("bold", "600", "700") else "normal",
        style="italic" if looks.get("font-style") == "italic" else "normal",
    )


def _width(said: str, looks: Mapping[str, str]) -> float:
    """How wide letters are, in units of the picture."""
    if "Mono" in looks.get("font-family", ""):
        return columns(said) * _MONO * _length(looks.get("font-size", "16px"))
    from matplotlib.textpath import text_to_path

    font = _font(looks, 1.0)
    wide, _, _ = text_to_path.get_text_width_height_descent(said, font, False)
    return float(wide)


# -- shapes ----------------------------------------------------------------------------------------


def _path(part: Any) -> Path:
    """The letters of a path: M, L, C, H, V with a place, l, h, v with a way, z."""
    from matplotlib.path import Path

    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    x = y = 0.0
    for letter, said in re.findall(r"([MLCHVlhvz])([^MLCHVlhvz]*)", part.get("d")):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", said)]
        if letter == "z":
            points.append(points[-1])
            codes.append(Path.CLOSEPOLY)
            continue
        if letter in "hH":
            numbers = [numbers[0] + (x if letter == "h" else 0.0), y]
        elif letter in "vV":
            numbers = [x, numbers[0] + (y if letter == "v" else 0.0)]
        elif letter == "l":
            numbers = [numbers[0] + x, numbers[1] + y]
        some = list(zip(numbers[::2], numbers[1::2], strict=True))
        points += some
        codes += {"M": [Path.MOVETO], "C": [Path.CURVE4] * 3}.get(letter, [Path.LINETO])
        x, y = some[-1]
    return Path(points, codes)


def _rect(part: Any) -> Path:
    from matplotlib.path import Path

    x, y, w, h, r = (float(part.get(side, 0.0)) for side in ("x", "y", "width", "height", "rx"))
    r = min(r, w / 2, h / 2)
    if not r:
        return Path([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], closed=True)
    c = r * (1.0 - _ROUND)
    points = [(x + r, y), (x + w - r, y), (x + w - c, y), (x + w, y + c), (x + w, y + r)]
    points += [(x + w, y + h - r), (x + w, y + h - c), (x + w - c, y + h), (x + w - r, y + h)]
    points += [(x + r, y + h), (x + c, y + h), (x, y + h - c), (x, y + h - r)]
    points += [(x, y + r), (x, y + c), (x + c, y), (x + r, y), (x + r, y)]
    side = [Path.LINETO, *[Path.CURVE4] * 3]
    return Path(points, [Path.MOVETO, *side * 4, Path.CLOSEPOLY])


def _circle(part: Any) -> Path:
    from matplotlib.path import Path

    x, y, r = (float(part.get(side, 0.0)) for side in ("cx", "cy", "r"))
    return Path.circle((x, y), r)


def _line(part: Any) -> Path:
    from matplotlib.path import Path

    x1, y1, x2, y2 = (float(part.get(side, 0.0)) for side in ("x1", "y1", "x2", "y2"))
    return Path([(x1, y1), (x2, y2)])


_SHAPES = {"path": _path, "rect": _rect, "circle": _circle, "line": _line}
