"""The stepper: one HTML file in which every step of the chain rule can be walked through.

It holds the derivation as data, the rules of the operations that occur as JavaScript, and the
modules in `assets/` as `tools/bundle_page.py` has bundled them; it asks nothing of any other file
or server.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jangrad.errors import ConfigError
from jangrad.show import formula
from jangrad.show.call_runs import runs_of
from jangrad.show.derivation import Derivation, Node
from jangrad.show.drawing import Look, remark
from jangrad.show.folding import SUMS, Group, fold_tree, opened_groups
from jangrad.show.inlined import asset, whole_page
from jangrad.show.javascript import quoted, table
from jangrad.show.network_nodes import network_columns
from jangrad.show.network_svg import LayerColumn, network_svg
from jangrad.show.neuron_names import neuron_names
from jangrad.show.origins import origins
from jangrad.show.rule_lists import lists_of
from jangrad.show.symbols import to_mathml
from jangrad.show.themes import Theme

_ROOM = "jangrad.show"
#: So many boxes are opened at first, where the window has room for them.
BOXES = 40
#: So many units of a layer are drawn at most.
UNITS = 24
_LARGE = 5000
_ADVICE = "Built inside “with jangrad.trace_lines():” it is folded as your program is written."
_LOOK = Look()
_ASKED = "@media screen and (prefers-color-scheme:dark)"  # on paper all is light
_DOWN = 66.0  # pixels from one to the next, with room for a gradient below


def page(
    derivation: Derivation,
    *,
    title: str = "",
    quiz: bool = False,
    start: int | None = None,
    partials: bool | None = None,
    look: Look = _LOOK,
    digits: int = formula.DIGITS,
    network: Sequence[LayerColumn] | None = None,
) -> str:
    """The page as HTML text.

    Args:
        derivation: what to step through, with gradients.
        title: of the page; the root's formula when left out.
        quiz: True to begin in the mode that asks for each number before it shows it.
        start: how many steps are done when it opens; left out, all of them.
        partials: the local slopes stand beside the edges; left out, those of few boxes do.
        look: its theme, whether parts are folded, whether there are gradients, what is written into
            boxes and their colours. All else of it says nothing to a page.
        digits: how many digits numbers are written in, 1 to 17.
        network: the network to begin with, as its picture holds it; left out, one that is found by
            the names of its weights is there at the press of a button.

    Raises:
        ConfigError: when there are not so many steps as it shall open at, or `digits` is out of
            range.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> page(derive(Value(2.0, label="a") * 3.0)).startswith("<!doctype html>")
    True
    """
    with formula.in_digits(digits):
        data = _data(derivation, fold=look.fold)
    used = {node.op for node in derivation if node.op and not node.own}
    own = {_key(node): node.own for node in derivation if node.own}
    root = derivation.root
    title = title or f"How {root.handle} came to be, step by step"
    columns = network_columns(derivation) if network is None else network
    data |= {"title": title, "quiz": quiz, "partials": partials, "digits": digits}
    data["forward"] = look.forward_only
    data["remarks"] = {node.index: remark(said) for node, said in look.annotate.items()}
    data["colours"] = {node.index: colour for node, colour in look.colours.items()}
    if len(derivation) > _LARGE and not columns and runs_of(derivation) is None:
        data["advice"] = _ADVICE
    if start is not None:
        data["start"] = _checked(start, derivation, forward_only=look.forward_only)
    drawn = ""
    if columns:
        weights = [w.node for column in columns for unit in column.units for w in unit.weights]
        data["network"] = {"weights": weights, "open": int(network is not None)}
        theme = "auto" if look.theme in ("auto", "dark") else "light"
        drawn = network_svg(columns, title=title, theme=theme, most=UNITS, down=_DOWN)
        drawn = drawn.replace(_ASKED, "@media screen") if look.theme == "dark" else drawn
    return whole_page(
        _ROOM,
        "stepper.html",
        title=escape(title),
        style=_style(look.theme),
        network=drawn,
        data=quoted(data),
        code=table(used, own) + asset(_ROOM, "stepper.js"),
    )


def _style(theme: Theme) -> str:
    """The style sheet; its second line holds the colours of those who have asked for dark ones."""
    style = asset(_ROOM, "stepper.css")
    if theme == "auto":
        return style
    if theme == "dark":
        return style.replace(_ASKED, "@media screen").replace("light dark", "dark")
    style = re.sub(rf"{re.escape(_ASKED)}.*\n", "", style, count=1).replace("light dark", "light")
    own = theme.items() if isinstance(theme, Mapping) else ()
    return style + ":root{" + "".join(f"--{name}:{colour};" for name, colour in own) + "}\n"


def _checked(start: int, derivation: Derivation, *, forward_only: bool) -> int:
    """The number of steps: forward one an operation, backward one a node and input of it, and 1."""
    steps = sum(1 for node in derivation if node.op)
    if not forward_only:
        steps += sum(len(node.children) for node in derivation if node.op) + 1
    if not 0 <= start <= steps:
        raise ConfigError(f"start={start}: the page has {steps} steps", try_=f"0 to {steps}")
    return start


def _data(derivation: Derivation, *, fold: bool) -> dict[str, Any]:
    """Columns, one entry a node; an input is a node's number, a plain number is in a list."""
    tree = fold_tree(derivation) if fold else _all_open(derivation)
    groups, home = _flat(tree, derivation)
    small = len(derivation) <= BOXES
    opened = [group for group, _ in groups if not any(sign in group.label for sign in SUMS)]
    if not small:
        opened = list(opened_groups(tree, BOXES))
    rank = {group: place for place, group in enumerate(opened, 1)}
    names = neuron_names(derivation)
    rows = {_key(node): node.row for node in derivation if node.op}
    return {
        "name": [names.get(node, node.handle) for node in derivation],
        "typeset": {
            node.index: math for node in derivation if node.name and (math := to_mathml(node.name))
        },
        "named": [1 if node.name or node in names else 0 for node in derivation],
        "op": [_key(node) for node in derivation],
        "fixed": int(any(node.own for node in derivation)),
        "inputs": [
            [part.index if isinstance(part, Node) else [_number(part)] for part in node.inputs]
            for node in derivation
        ],
        "rules": {key: lists_of(row) for key, row in rows.items()},
        "data": [_number(node.data) for node in derivation],
        "line": {node.index: node.made_at for node in derivation if node.made_at},
        "origin": {origin.node.index: [origin.mark, origin.text] for origin in origins(derivation)},
        "home": home,
        "boxes": BOXES,
        "groups": [
            {
                "label": group.label,
                "parent": parent,
                "open": rank.get(group, 0),  # the place in the order in which they are opened
                "closing": -1 if group.closing is None else group.closing.index,
            }
            for group, parent in groups
        ],
    }


def _all_open(derivation: Derivation) -> Group:
    """Nothing but the one group that holds everything."""
    root = derivation.root
    return Group(root.handle, derivation.nodes, [], len(derivation), root)


def _flat(tree: Group, derivation: Derivation) -> tuple[list[tuple[Group, int]], list[int]]:
    """The groups with the numbers of their parents, and for each node the number of its group.

    A part of one node is no group here: the node is a box of its own wherever the part is.
    """
    home = [0] * len(derivation)
    groups: list[tuple[Group, int]] = []
    stack = [(tree, -1)]
    while stack:
        group, parent = stack.pop()
        number = len(groups)
        groups.append((group, parent))
        single = [part for part in group.parts if part.size == 1]
        for node in [*group.own, *(node for part in single for node in part.own)]:
            home[node.index] = number
        stack += [(part, number) for part in reversed(group.parts) if part.size > 1]
    return groups, home


def _key(node: Node) -> str:
    """What the page calls its operation; one of the user's own is another at each node."""
    return f"{node.op}'{node.index}" if node.own else node.op


def _number(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)
