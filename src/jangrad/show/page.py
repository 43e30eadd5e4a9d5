"""The stepper: one HTML file in which every step of the chain rule can be walked through.

It holds the derivation as data, the rules of the operations that occur as JavaScript, and the code
in `assets/`; it asks nothing of any other file or server.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.equations import factor, value_expression
from jangrad.show.folding import Group, fold_tree, opened_groups
from jangrad.show.javascript import quoted, table
from jangrad.show.network_nodes import network_columns
from jangrad.show.network_svg import LayerColumn, network_svg

#: So many boxes are opened at first, where the window has room for them.
BOXES = 40
#: So many units of a layer are drawn at most.
UNITS = 24
_WRITTEN = 5000  # nodes up to which formulas are part of the data
_LONGEST = 60  # letters of a local partial


def page(
    derivation: Derivation,
    *,
    title: str = "",
    quiz: bool = False,
    network: Sequence[LayerColumn] | None = None,
) -> str:
    """The page as HTML text.

    Args:
        derivation: what to step through, with gradients.
        title: of the page; the root's formula when left out.
        quiz: True to begin in the mode that asks for each number before it shows it.
        network: the network to begin with, as its picture holds it; left out, one that is found by
            the names of its weights is there at the press of a button.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> page(derive(Value(2.0, label="a") * 3.0)).startswith("<!doctype html>")
    True
    """
    used = {node.op for node in derivation if node.op and not node.own}
    own = {_key(node): node.own for node in derivation if node.own}
    root = derivation.root
    title = title or f"How {root.handle} came to be, step by step"
    columns = network_columns(derivation) if network is None else network
    data = _data(derivation, title, quiz=quiz)
    style, code = (
        _asset("stepper.css"),
        table(used, own) + _script("layout.js") + _script("stepper.js"),
    )
    drawn = ""
    if columns:
        weights = [w.node for column in columns for unit in column.units for w in unit.weights]
        data["network"] = {"weights": weights, "open": int(network is not None)}
        style, code = style + _asset("network.css"), code + _script("network.js")
        drawn = f'<div id="net" hidden>{network_svg(columns, title=title, most=UNITS)}</div>\n'
    parts = {
        "title": escape(title),
        "style": style,
        "network": drawn,
        "data": quoted(data),
        "code": code,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _asset("stepper.html"))


def _asset(name: str) -> str:
    return (files("jangrad.show") / "assets" / name).read_text(encoding="utf-8")


def _script(name: str) -> str:
    """The code without comments, indentation, and spaces around signs that no text of it holds."""
    code = re.sub(r"^ *//.*\n|  //.*$|^ +|^\n", "", _asset(name), flags=re.MULTILINE)
    return re.sub(
        r" (=>|[=!]==|&&|\|\||[<>]=?|[+-]=|[?:]) |(?<=\)) (?={)|(?<=if) (?=\()", r"\1", code
    )


def _data(derivation: Derivation, title: str, *, quiz: bool) -> dict[str, Any]:
    """Columns, one entry a node; an input is a node's number, a plain number is in a list."""
    tree = fold_tree(derivation)
    groups, home = _flat(tree, derivation)
    small = len(derivation) <= BOXES
    opened = [group for group, _ in groups] if small else list(opened_groups(tree, BOXES))
    rank = {group: place for place, group in enumerate(opened, 1)}
    written = len(derivation) < _WRITTEN  # else the page itself writes the formulas
    return {
        "title": title,
        "quiz": quiz,
        "name": [node.handle for node in derivation],
        "named": [1 if node.name else 0 for node in derivation],
        "op": [_key(node) for node in derivation],
        "fixed": int(any(node.own for node in derivation)),
        "inputs": [
            [part.index if isinstance(part, Node) else [_number(part)] for part in node.inputs]
            for node in derivation
        ],
        "formula": [_formula(node) for node in derivation] if written else [],
        "slope": [_slopes(node) for node in derivation] if written else [],
        "text": {_key(node): node.row.text for node in derivation if node.op},
        "data": [_number(node.data) for node in derivation],
        "line": {node.index: node.made_at for node in derivation if node.made_at},
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


def _flat(tree: Group, derivation: Derivation) -> tuple[list[tuple[Group, int]], list[int]]:
    """The groups with the numbers of their parents, and for each node the number of its group."""
    home = [0] * len(derivation)
    groups: list[tuple[Group, int]] = []
    stack = [(tree, -1)]
    while stack:
        group, parent = stack.pop()
        number = len(groups)
        groups.append((group, parent))
        for node in group.own:
            home[node.index] = number
        stack += [(part, number) for part in reversed(group.parts)]
    return groups, home


def _key(node: Node) -> str:
    """What the page calls its operation; one of the user's own is another at each node."""
    return f"{node.op}'{node.index}" if node.own else node.op


def _formula(node: Node) -> str:
    return formula.text(value_expression(node)) if node.op else ""


def _slopes(node: Node) -> list[str]:
    """Its local partials as formulas; `""` where a changed input may take another branch."""
    found = []
    for position, part in enumerate(node.inputs):
        text = ""
        if isinstance(part, Node) and " if " not in node.row.partials[position]:
            slope = node.partial_formula(position)
            text = factor(slope) if formula.as_number(slope) is None else ""
        found.append(text if len(text) <= _LONGEST else "")
    return found


def _number(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)
