"""What a tree is drawn as: a picture, one that moves, a PDF, a sheet to be filled in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError, printable
from jangrad.show import formula, notebook, saving
from jangrad.show.drawing import Drawing, Look, drawing
from jangrad.show.themes import Theme, checked_colour, checked_theme

if TYPE_CHECKING:
    from jangrad.engine import Value
    from jangrad.show.derivation import Derivation, Node

_SLIDE = 1280  # pixels across
Named = Mapping["str | Value", str]


class Pictured:
    """The pictures of a `Tree`."""

    if TYPE_CHECKING:

        @property
        def derivation(self) -> Derivation: ...

        def __getitem__(self, key: str | Value) -> Node: ...

    def svg(
        self,
        *,
        partials: bool = False,
        theme: Theme = "auto",
        fold: bool = True,
        forward_only: bool = False,
        digits: int = formula.DIGITS,
        width: float | None = None,
        annotate: Named | None = None,
        colours: Named | None = None,
        animate: bool = False,
    ) -> str:
        """The picture as SVG text, which a notebook draws.

        Args:
            partials: also write the local partial beside each edge.
            theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not. Or colours
                of your own, `{"grad": "crimson"}`, in the place of some of the light theme's:
                `paper`, `ink`, `faint`, `line`, `box`, `leaf`, `leafline`, `root`, `rootline`,
                `data`, `grad`.
            fold: draw parts of a large graph as one box each, so that it fits a screen.
            forward_only: draw the values alone, without gradients.
            digits: how many digits numbers are written in, 1 to 17.
            width: how wide it is, in pixels, above 0; its own size when left out.
            annotate: words for the boxes of numbers, by name or Value: `{"w": "this weight"}`.
            colours: for the boxes of numbers, likewise: `{"w": "crimson", "b": "#009e73"}`.
            animate: show the backward pass as it happens, step by step, again and again, without a
                script. Whoever asks for less motion, or prints it, sees the picture at rest.

        Raises:
            ConfigError: when there is no such theme or colour, `digits` or `width` is out of
                range, or `animate` is asked for together with `forward_only`.
            NameNotFound: when `annotate` or `colours` names something else than one number.
        """
        with self._drawn(
            partials=partials,
            theme=theme,
            fold=fold,
            forward_only=forward_only,
            digits=digits,
            width=width,
            annotate=annotate,
            colours=colours,
        ) as drawn:
            if animate:
                from jangrad.show.motion import Motion

                return notebook.SvgText(Motion(drawn).svg())
            from jangrad.show.svg import printed

            return notebook.SvgText(printed(drawn))

    def png(
        self,
        *,
        scale: float = 2.0,
        width: float | None = None,
        theme: Theme = "light",
        **picture: Any,
    ) -> bytes:
        """The picture as PNG.

        Args:
            scale: pixels for each unit of the picture, above 0.
            width: how many pixels it is wide; as many as it takes when left out.
            theme: `"light"`, `"dark"` or colours of your own.
            picture: the other options of `svg`, but `animate`.

        Raises:
            ConfigError: as for `svg`, when the scale is not above 0, or when there would be more
                pixels than an image has.
            NameNotFound: as for `svg`.
        """
        from jangrad.show.painted import checked_scale, png
        from jangrad.show.svg import printed

        checked_scale(scale)
        if width is not None:
            width = _checked_width(width) / scale
        with self._drawn(theme=theme, width=width, **picture) as drawn:
            return png(printed(drawn), scale)

    def pdf(self, *, theme: Theme = "light", **picture: Any) -> bytes:
        """The picture as PDF, of lines and letters, not of pixels.

        Args:
            theme: `"light"`, `"dark"` or colours of your own.
            picture: the other options of `svg`, but `animate`. Three quarters of a point are a
                pixel of its `width`, as in CSS.

        Raises:
            ConfigError: as for `svg`.
            NameNotFound: as for `svg`.
        """
        from jangrad.show.painted import pdf
        from jangrad.show.svg import printed, title

        with self._drawn(theme=theme, **picture) as drawn:
            return pdf([printed(drawn)], title(self.derivation))

    def gif(self, *, width: float = _SLIDE, theme: Theme = "light", **picture: Any) -> bytes:
        """The backward pass as an animation for slides, as GIF.

        What is handed back travels as a pill along its edge, the receiver's sum grows, and a line
        below says the chain rule. The last frame stays for a while, and it begins again.

        Args:
            width: pixels; less where it would be higher than a slide of that width.
            theme: `"light"`, `"dark"` or colours of your own.
            picture: the other options of `svg`, but `animate` and `forward_only`.

        Raises:
            ConfigError: as for `svg`, or when there are more than 1,000 steps or too many pixels.
            NameNotFound: as for `svg`.
        """
        from jangrad.show.gif import backward_frames, gif
        from jangrad.show.motion import Motion

        _checked_width(width)
        with self._drawn(theme=theme, **picture) as drawn:
            return gif(backward_frames(Motion(drawn), width))

    def handout(
        self,
        path: str | os.PathLike[str],
        *,
        title: str = "",
        theme: Theme = "light",
        **picture: Any,
    ) -> Path:
        """Write a sheet for a class, `.pdf` or `.html`: the tree with blanks for its gradients.

        A second sheet has the answers. Both are A4; a browser prints the page as it is.

        Args:
            path: the file.
            title: of the sheet; what it asks for when left out.
            theme: `"light"`, or colours of your own.
            picture: the other options of `svg`, but `animate`, `forward_only` and `width`.

        Returns:
            The path.

        Raises:
            ConfigError: when the ending is another one, or as for `svg`.
            NameNotFound: as for `svg`.
            SaveError: when the file cannot be written, or a device or a folder is there.

        >>> import tempfile
        >>> from jangrad import Value
        >>> a, b = Value(2.0, "a"), Value(3.0, "b")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     (a * a + a * b).backtrack().handout(f"{folder}/sheet.pdf").name
        'sheet.pdf'
        """
        from jangrad.show.handout import page, sheets
        from jangrad.show.painted import pdf

        digits = picture.pop("digits", formula.DIGITS)
        look = self._look(theme=theme, **picture)
        with formula.in_digits(digits):
            both = sheets(self.derivation, look, printable(title, line=True))
        title = title or f"The gradients of {self.derivation.root.handle}"
        writers: saving.Writers = {
            ".pdf": lambda: pdf(both, title),
            ".html": lambda: page(both, title),
        }
        return saving.save(path, writers, {}, 'tree.handout("sheet.pdf")')

    @contextmanager
    def _drawn(self, *, digits: int = formula.DIGITS, **look: Any) -> Iterator[Drawing]:
        """The drawing, and numbers in so many digits while it is printed."""
        how = self._look(**look)
        with formula.in_digits(digits):
            yield drawing(self.derivation, how)

    def _look(
        self,
        *,
        theme: Theme,
        partials: bool = False,
        fold: bool = True,
        forward_only: bool = False,
        width: float | None = None,
        annotate: Named | None = None,
        colours: Named | None = None,
    ) -> Look:
        return Look(
            partials=partials,
            theme=checked_theme(theme),
            fold=fold,
            forward_only=forward_only,
            width=None if width is None else _checked_width(width),
            annotate={
                self[key]: printable(said, line=True) for key, said in (annotate or {}).items()
            },
            colours={
                self[key]: checked_colour(colour, f"the colour of {key!r:.60}")
                for key, colour in (colours or {}).items()
            },
        )


def _checked_width(width: float) -> float:
    number = isinstance(width, (int, float)) and not isinstance(width, bool)
    if not number or not 0.0 < width < 1e5:
        raise ConfigError(
            f"`width` is {width!r:.60}, not a number of pixels above 0", try_="width=800"
        )
    return float(width)


#: What `**picture` stands for above, and in what is saved by it.
OPTIONS = tuple(signature(Pictured.svg).parameters)[1:-1]
