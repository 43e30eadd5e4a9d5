"""What a notebook is given to show: the picture, the page to step through below it, and a text.

Jupyter, VS Code and Colab choose among the formats of a bundle; all of them show HTML. The page
sits in a frame of its own, which may run its script and save files, and nothing else.
"""

from __future__ import annotations

from html import escape

#: A page of more nodes would make the notebook's file heavy.
STEPPED = 5000


def bundle(picture: str, text: str, page: str | None) -> dict[str, str]:
    """The formats by MIME type.

    Args:
        picture: as SVG text.
        text: for where nothing else can be shown.
        page: as HTML text; None to go without.
    """
    html = picture
    if page is not None:
        html += (
            "<details><summary>step through it</summary>"
            f'<iframe srcdoc="{escape(page)}" title="step through it"'
            ' sandbox="allow-scripts allow-downloads"'
            ' style="width:100%;height:560px;border:1px solid #8c959f"></iframe></details>'
        )
    return {"image/svg+xml": picture, "text/html": html, "text/plain": text}
