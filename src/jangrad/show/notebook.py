"""What a notebook is given to show: the picture, the page to step through below it, and a text.

Jupyter, VS Code, Colab and marimo choose among the formats of a bundle; each of them shows HTML.
In it the picture is an image of its own, so that its style touches nothing else and follows the
notebook's theme, which a browser hands to images (CSS Color Adjustment, `color-scheme`). It hands
nothing to frames, so that dark notebooks in a light system turn the page's lightness round.
The page sits in a frame that may run its script and save files, and nothing else. A notebook that
is not trusted shows neither frame nor style, and so the sentence that the style hides.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape, unescape
from io import BytesIO
from typing import Any, cast

#: A page of more nodes would make the notebook's file heavy.
STEPPED = 5000

# How JupyterLab, marimo, VS Code and Colab mark what is dark.
_DARK = ":is([data-jp-theme-light=false],.dark,.vscode-dark,[theme=dark])"
_STYLE = (
    "<style>.jangrad-untrusted{display:none}"
    ".jangrad-page{box-sizing:border-box;width:100%;height:560px;border:1px solid #8c959f}"
    f"@media (prefers-color-scheme:light){{{_DARK} .jangrad-page"
    "{filter:invert(.93) hue-rotate(180deg)}}</style>"
)
_UNTRUSTED = (
    "This notebook is not trusted, so the page cannot be shown: run the cell, or trust the notebook"
    " (in JupyterLab: View, Activate Command Palette, Trust Notebook)."
)


class Plotted:
    """What a notebook shows of a result that has `plot(ax=...)`: the plot, and its text."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from matplotlib.figure import Figure

        lines = str(self).count("\n") + 1
        figure = Figure(figsize=(7.0, min(6.0, max(2.4, 0.34 * lines))))
        cast("Any", self).plot(ax=figure.add_subplot())
        drawn = BytesIO()
        figure.savefig(drawn, format="svg", bbox_inches="tight")
        image = b64encode(drawn.getvalue()).decode("ascii")
        html = (
            f'<img src="data:image/svg+xml;base64,{image}" alt="" style="max-width:100%">'
            f"<pre>{escape(str(self))}</pre>"
        )
        return {"text/html": html, "text/plain": str(self)}


def bundle(picture: str, text: str, page: str | None) -> dict[str, str]:
    """The formats by MIME type.

    Args:
        picture: as SVG text.
        text: for where nothing else can be shown, and for those who cannot see the picture.
        page: as HTML text; None to go without.
    """
    data = b64encode(picture.encode("utf-8")).decode("ascii")
    html = (
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(text)}" style="max-width:100%">'
    )
    if page is not None:
        frame = _frame(page, "step through it")
        html += f"{_STYLE}<details><summary>step through it</summary>{frame}</details>"
    return {"image/svg+xml": picture, "text/html": html, "text/plain": text}


def _frame(page: str, title: str) -> str:
    return (
        f'<iframe class="jangrad-page" srcdoc="{escape(page)}" title="{escape(title)}"'
        ' sandbox="allow-scripts allow-downloads"></iframe>'
        f'<p class="jangrad-untrusted">{_UNTRUSTED}</p>'
    )


class SvgText(str):
    """The text of a picture; as the last line of a notebook's cell it is drawn.

    >>> drawn = SvgText("<svg><title>one box</title></svg>")
    >>> drawn, drawn._repr_mimebundle_()["text/plain"]
    ('<svg><title>one box</title></svg>', 'one box')
    """

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return bundle(str(self), _title(self), None)


class HtmlText(str):
    """The text of a page; as the last line of a notebook's cell it is open, in a frame.

    >>> "<iframe" in HtmlText("<title>steps</title>")._repr_mimebundle_()["text/html"]
    True
    """

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        title = _title(self)
        return {"text/html": _STYLE + _frame(str(self), title), "text/plain": title}


def _title(text: str) -> str:
    """What a picture or a page is called."""
    found = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    return unescape(found[1]) if found else ""
