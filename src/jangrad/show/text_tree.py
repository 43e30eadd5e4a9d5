"""The derivation as a tree of lines: each Value with its formula, its number and its gradient."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

from jangrad.show import letters
from jangrad.show.derivation import Derivation, Node
from jangrad.show.formula import number, value
from jangrad.show.names import short_places
from jangrad.show.origins import origins
from jangrad.show.words import value_formula

LINES = 60  # what fits a screen or two; the rest is counted
_LONG_SUM = 4  # additions that are one line, as in the pictures
_ORIGINS = 3  # of nan and inf that are told
_WRAPPED: Any = {"subsequent_indent": "  ", "break_on_hyphens": False}
_NUMBERS = 12  # columns that a number takes at most
_NARROWEST = 16  # columns that the tree itself keeps
_WIDE = ("├── ", "└── ", "│   ")
_TIGHT = ("├ ", "└ ", "│ ")  # where the screen is narrow or the tree deep


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree: `lead` draws the branches, the rest is what stands there."""

    lead: str
    what: str
    data: str = ""
    grad: str = ""
    note: str = ""


def lines(derivation: Derivation, limit: int | None = LINES, width: int = 100) -> list[Line]:
    """The lines from the root down; a part that is used again is written once.

    Args:
        derivation: what to draw.
        limit: lines at most; None for all.
        width: columns there are; a tree that runs out of them to the right is cut.
    """
    room = width - _NARROWEST - 2 * _NUMBERS
    branch, last_branch, bar = _WIDE if 4 * _depth(derivation) <= room else _TIGHT
    deepest = max(4, room // len(bar)) * len(bar)
    found: list[Line] = []
    written: set[Node] = set()
    wrong = origins(derivation)
    begins = {origin.node: origin.mark for origin in wrong}
    # (node, how often its parent uses it, branches before it, branches before its own inputs)
    stack = [(derivation.root, 1, "", "")]
    while stack:
        if limit is not None and len(found) >= limit:
            break
        node, times, lead, below = stack.pop()
        grad = "not computed" if node.grad is None else number(node.grad)
        notes = [f"used {times} times here"] if times > 1 else []
        again = node in written
        if node in begins and not again:
            notes.append(begins[node])
        if again and node.op:
            notes.append("shown above")
        elif node.op and len(below) >= deepest:
            notes.append("its inputs are too deep to draw")
        links, terms = _long_sum(node)
        what = value_formula(node) if node.op and not again else node.handle
        if links and not again:
            kind = "Σ of {:,} terms" if node.op == "add" else "∏ of {:,} factors"
            what = f"{node.handle} = {kind.format(len(terms))}"
        found.append(Line(lead, what, value(node.data), grad, ", ".join(notes)))
        written.add(node)
        if again or len(below) >= deepest:
            continue
        written.update(links)
        uses = Counter(terms if links else node.inputs)
        parts = tuple(dict.fromkeys(terms)) if links else node.children
        for i, part in reversed(list(enumerate(parts))):
            last = i == len(parts) - 1
            stack.append(
                (
                    part,
                    uses[part],
                    below + (last_branch if last else branch),
                    below + (" " * len(bar) if last else bar),
                )
            )
    rest = len(derivation) - len(written)
    if rest:
        found.append(Line("", f"... and {rest:,} more Values"))
    told = [origin.text for origin in wrong[:_ORIGINS]]
    if len(wrong) > _ORIGINS:
        told.append(f"and in {len(wrong) - _ORIGINS:,} other places")
    found += [Line("", part) for text in told for part in wrap(text, width, **_WRAPPED)]
    return found


def _depth(derivation: Derivation) -> int:
    """Operations on the longest way from the root to a leaf."""
    depth: dict[Node, int] = {}
    # Of a sum its links, and the depth of its deepest term: each node is looked at once.
    sums: dict[Node, tuple[int, int]] = {}
    for node in derivation:
        steps = max((depth[part] + 1 for part in node.children), default=0)
        if _adds_nodes(node):
            inner = {part for part in node.children if _is_link(part, node)}
            links = 1 + sum(sums[part][0] for part in inner)
            deepest = max(sums[part][1] if part in inner else depth[part] for part in node.children)
            sums[node] = links, deepest
            steps = deepest + 1 if links >= _LONG_SUM else steps
        depth[node] = steps
    return depth[derivation.root]


def _long_sum(node: Node) -> tuple[list[Node], list[Node]]:
    """The sums, or products, inside a long one and its terms in order; nothing of a short one.

    One with a name, with a plain number, or that is used elsewhere too is a term.
    """
    links: list[Node] = []
    terms: list[Node] = []
    stack = [node] if _adds_nodes(node) else []
    while stack:
        part = stack.pop()
        if part is node or _is_link(part, node):
            links.append(part)
            stack += reversed([given for given in part.inputs if isinstance(given, Node)])
        else:
            terms.append(part)
    return (links[1:], terms) if len(links) >= _LONG_SUM else ([], [])


def _adds_nodes(node: Node) -> bool:
    """Whether it is a sum or a product of Values alone."""
    return node.op in ("add", "mul") and all(isinstance(given, Node) for given in node.inputs)


def _is_link(part: Node, user: Node) -> bool:
    """Whether an input of a sum, or a product, is a part of it and not a term."""
    alone = not part.name and len(part.users) == 1
    return alone and part.op == user.op and _adds_nodes(part)


def render(rows: list[Line], width: int = 100) -> list[tuple[str, str, str, str, str]]:
    """The lines with their columns set: (branches, formula, value, gradient, note).

    Numbers stand with their points below each other. Where a formula does not fit, the places of
    neurons and then of weights are written short in all of them; what is too long even so is cut in
    its middle, for names of weights differ in their ends.
    """
    values = _aligned([row.data for row in rows], "value")
    grads = _aligned([row.grad for row in rows], "gradient")
    taken = len(values[0]) + len(grads[0]) + 4
    room = max(_NARROWEST, width - taken)
    for shorter in (short_places, lambda what: what.replace(".weights[", ".w[")):
        if _widest(rows) > room:  # as in the pictures
            rows = [replace(row, what=shorter(row.what)) if row.data else row for row in rows]
    size = min(room, _widest(rows))
    table = [("", " " * size, values[0], grads[0], "")]
    for row, value_, grad in zip(rows, values[1:], grads[1:], strict=True):
        if not row.data:
            table.append(("", row.what, "", "", ""))
            continue
        free = size - columns(row.lead)
        note = row.note if size + taken + columns(row.note) + 3 <= width else ""
        table.append((row.lead, _fitted(row.what, free), value_, grad, note))
    return table


def columns(text: str) -> int:
    """How many columns of a terminal the text takes; a letter of Chinese or Japanese takes two.

    >>> columns("weight"), columns("重み")
    (6, 4)
    """
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _widest(rows: list[Line]) -> int:
    return max(columns(row.lead) + columns(row.what) for row in rows if row.data)


def _fitted(text: str, size: int) -> str:
    """The text in exactly so many columns: filled with spaces, or cut in its middle."""
    if columns(text) > size:
        name, equals, _ = text.partition(" = ")
        kept = (
            len(name + equals) + 5 if equals else 0
        )  # the beginning of a formula tells what it is
        kept = max(0, min(kept, size // 2))
        start = kept
        while columns(text[:kept]) + 1 + columns(text[start:]) > size:
            start += 1
        text = f"{text[:kept]}…{text[start:]}"
    return text + " " * (size - columns(text))


def escaped(rows: list[Line], encoding: str | None) -> list[Line]:
    """The lines with an escape for each letter of a name that the encoding lacks."""
    return [replace(row, what=letters.escaped(row.what, encoding)) for row in rows]


def _aligned(numbers: list[str], title: str) -> list[str]:
    """A column under its title, the points of its numbers below each other."""
    cut = [(n.partition(".")[0], "".join(n.partition(".")[1:])) for n in numbers if _plain(n)]
    before = max((len(whole) for whole, _ in cut), default=0)
    after = max((len(part) for _, part in cut), default=0)
    size = max(before + after, len(title), *(len(n) for n in numbers if not _plain(n)), 0)
    column = [title.rjust(size)]
    for n in numbers:
        if _plain(n):
            whole, point, part = n.partition(".")
            n = whole + (point + part).ljust(after)
        column.append(n.rjust(size))
    return column


def _plain(text: str) -> bool:
    return bool(text) and text[-1].isdigit() and "e" not in text
