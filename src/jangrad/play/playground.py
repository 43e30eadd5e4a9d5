"""The playground: one HTML file in which a network learns, and can be changed while it does.

It holds the kernels that are printed from jangrad's own rules and the modules in `assets/` as they
are, one behind the other; it asks nothing of any other file or server.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from jangrad.play.exhibits import MUSEUM
from jangrad.play.page_kernels import kernels
from jangrad.show.inlined import asset, inlined, whole_page
from jangrad.show.javascript import quoted

_ROOM = "jangrad.play"
#: The code, those modules first that others import.
MODULES = (
    "random.mjs",
    "deal.mjs",
    "engine.mjs",
    "own_network.mjs",
    "sets.mjs",
    "words.mjs",
    "palette.mjs",
    "maps.mjs",
    "curves.mjs",
    "network_view.mjs",
    "model.mjs",
    "verdict.mjs",
    "neuron_card.mjs",
    "script.mjs",
    "mistakes.mjs",
    "museum.mjs",
    "playground.mjs",
)


def playground_page(
    given: dict[str, Any], title: str, text: str, hidden: Sequence[str], own: str = "null"
) -> str:
    """The page as HTML text.

    Args:
        given: `own`, the user's rows, or None; `state`, what is chosen at first; `start`, numbers
            of the network where no seed draws them.
        title: of the page.
        text: a task to stand above, in paragraphs; "" for none.
        hidden: the parts that are not shown.
        own: code that makes a network of the user's own; "null" for one of layers of neurons.
    """
    task = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())
    exhibits = [exhibit._asdict() for exhibit in MUSEUM] if "museum" not in hidden else []
    modules = "".join(inlined(_ROOM, name) for name in MODULES)
    used = [layer["activation"] for layer in given["state"].get("layers", ())]
    used.append(given["state"].get("output", ""))
    page = whole_page(
        _ROOM,
        "playground.html",
        title=escape(title),
        style=asset(_ROOM, "play.css"),
        text=task,
        data=quoted({**given, "hidden": list(hidden), "museum": exhibits}),
        code=f"{kernels(used)}const OWN_NETWORK = {own};\n{modules}",
    )
    return page.replace('<section id="task" hidden>', '<section id="task">') if task else page
