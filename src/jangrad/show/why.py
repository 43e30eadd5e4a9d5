"""Why a gradient is 0, tiny, huge or no number: the operations that make it so, on its own paths.

A gradient of 0 ends somewhere on each path: where an operation whose gradient is not 0 hands
nothing to an input, or where contributions cancel. A tiny or huge one is the product of slopes of
which some are, or the rest of contributions that nearly cancel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, NamedTuple

from jangrad import graph
from jangrad.engine import Value
from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node, contributions_of
from jangrad.show.equations import grad, value_expression
from jangrad.show.formula import number
from jangrad.show.neurons import neuron_outputs
from jangrad.show.origins import origins
from jangrad.show.paths import (
    Path,
    above,
    downwards,
    edges_of,
    largest_paths,
    percent,
    short_name,
)

TINY, HUGE = 1e-3, 1e3  # sizes of gradients below and above which they are called so
_SMALL, _LARGE = 0.1, 10.0  # slopes that make them so
_CANCELLED = 0.01  # what is left of contributions that cancel, at most
_NEARLY = 0.2  # and of such that nearly do
_WIDTH = 88
_AS_THEY_ARE: Any = {
    **dict.fromkeys(("break_long_words", "break_on_hyphens", "replace_whitespace"), False),
    "expand_tabs": False,
}
_TOLD = 4  # places, and leaves
_STEPS = frozenset({"sign", "floor", "ceil", "less", "less_equal", "equal"})
_SATURATE = frozenset(
    {"sigmoid", "tanh", "erf", "erfc", "exp", "exp2", "softplus", "logsigmoid", "elu", "selu"}
    | {"silu", "gelu", "gelu_tanh", "atan"}
)
_CHOICES = frozenset(
    {"maximum", "minimum", "at_least", "at_most", "where_true", "where_false", "gate"}
)


class Culprit(NamedTuple):
    """An operation that decides a gradient.

    Attributes:
        node: the operation.
        slope: by what it multiplies the gradient on the way; 0 where it ends.
        text: the operation and its numbers in words.
    """

    node: Node
    slope: float
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a gradient is what it is; `str()` says it.

    Attributes:
        kind: `"zero"`, `"tiny"` (below 0.001), `"huge"` (above 1000), `"not finite"`,
            `"not connected"`, or `"usual"`.
        gradient: its number.
        places: the operations that make it so, those nearest the root first for a zero, else those
            whose slopes say most.
        text: the words.
    """

    kind: str
    gradient: float
    places: tuple[Culprit, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def why(derivation: Derivation, about: Node | Value, known: Mapping[Value, str]) -> Reason:
    """Why the root has the gradient that it has with respect to a number.

    Args:
        derivation: with gradients.
        about: a node of it; or a Value that is none of its.
        known: other Values of the user's, with their names.
    """
    if isinstance(about, Value):
        return _not_connected(derivation, about, known)
    node, g = about, grad(about)
    head = f"The gradient of {node.handle} is {number(g)}"
    if node is derivation.root:
        return Reason("usual", g, (), f"{head}: it is what was asked about.")
    top = derivation.root
    if not (math.isfinite(g) and math.isfinite(top.data)):
        wrong = origins(derivation)
        if math.isfinite(g):
            head += f", of a root that is no number: {top.handle} = {number(top.data)}"
        lines = [f"{head}; where it begins:", *(f"  {o.text}" for o in wrong[:_TOLD])]
        places = tuple(Culprit(o.node, math.nan, o.text) for o in wrong)
        return Reason("not finite", g, places, _wrapped(lines))
    if g == 0.0:
        return _zero(derivation, node, head)
    return _product(derivation, node, head)


# -- nothing at all --------------------------------------------------------------------------------


def _zero(derivation: Derivation, node: Node, head: str) -> Reason:
    neurons = neuron_outputs(derivation)
    down, up = _ends_downwards(derivation, node, neurons), _ends_upwards(derivation, node, neurons)
    ends, places = down, _by_neuron(down, neurons)
    if up and (not down or len(_by_neuron(up, neurons)) < len(places)):
        ends, places = up, _by_neuron(up, neurons)
    if _cancels(node):
        head += ": what reaches it cancels."
        if not ends:
            ends = places = [_cancelled(node, neurons)]
    else:
        head += ": nothing reaches it."
    return Reason("zero", 0.0, tuple(ends), _wrapped([head, *_listed("It ends at", places)]))


def _ends_downwards(
    derivation: Derivation, node: Node, neurons: Mapping[Node, str]
) -> list[Culprit]:
    """Where what comes down from the root ends first."""
    ends = []
    for user, edges in downwards(derivation, node):
        if user is not derivation.root and not grad(user) and _cancels(user):
            ends.append(_cancelled(user, neurons))
        if not user.grad:
            continue
        for part, _ in edges:
            handed = [a for a, i in zip(user.handed_down, user.inputs, strict=True) if i is part]
            if not any(handed):
                ends.append(Culprit(user, 0.0, _end(user, part, neurons)))
            elif not math.fsum(handed):
                ends.append(Culprit(user, 0.0, _against_itself(user, part, neurons)))
    return ends


def _ends_upwards(derivation: Derivation, node: Node, neurons: Mapping[Node, str]) -> list[Culprit]:
    """The slopes of 0 that are nearest the node; none where some way up to the root has no such."""
    ends, waiting, seen = [], [node], {node}
    while waiting:
        part = waiting.pop()
        if part is derivation.root:
            return []
        for user in dict.fromkeys(user for user, _ in part.users):
            if not next(edge.slope for edge in edges_of(user) if edge.node is part):
                ends.append(Culprit(user, 0.0, _end(user, part, neurons)))
            elif user not in seen:
                seen.add(user)
                waiting.append(user)
    return ends


def _by_neuron(ends: list[Culprit], neurons: Mapping[Node, str]) -> list[Culprit]:
    """One place for all rows in which the gradient ends at the same neuron."""
    of_neuron: dict[str, list[Culprit]] = {}
    for place in ends:
        key = neurons.get(place.node, f"{place.node.index} alone")
        of_neuron.setdefault(key, []).append(place)
    found = []
    for name, places in of_neuron.items():
        first = places[0]
        text = first.text
        if len(places) > 1:
            one = text.partition(", ")[2]
            text = f"{short_name(name)} {len(places):,} times, such as {one}"
        found.append(first._replace(text=text))
    return found


def _listed(begin: str, places: list[Culprit]) -> list[str]:
    if len(places) == 1:
        return [f"{begin} {places[0].text}."]
    shown = [f"  {place.text}" for place in places[:_TOLD]]
    if len(places) > _TOLD:
        rest = len(places) - _TOLD
        shown.append(f"  and at {rest:,} other place{'s' * (rest > 1)}")
    return [f"{begin}:", *shown] if shown else []


def _end(user: Node, part: Node, neurons: Mapping[Node, str]) -> str:
    """Why an operation hands nothing to an input."""
    return f"{_told(user, neurons)}, {_because(user, part)}{_line(user)}"


def _because(user: Node, part: Node) -> str:
    x = number(part.data)
    here = f"{part.handle} = {x}"
    slopes = contributions_of(user, 1.0)
    mine = [s for s, given in zip(slopes, user.inputs, strict=True) if given is part]
    if any(mine) and grad(user):
        return (
            f"where {number(grad(user))} times {number(mine[0] or 0.0)} is below the least double"
        )
    if user.op == "abs" or (user.op in ("relu", "relu6") and part.data in (0.0, 6.0)):
        return f"at its kink, {here}, where its slope is taken to be 0"
    if user.op in ("relu", "relu6", "leaky_relu"):
        side = "above 6" if user.op == "relu6" and part.data > 0.0 else "below 0"
        return f"shut at {here}: what is {side} hands nothing on"
    if user.op in _CHOICES:
        others = [given for given in user.inputs if given is not part]
        beside = " and ".join(_of(given) for given in others)
        if user.op in ("where_true", "where_false", "gate"):
            return f"a choice that did not take {here}" + (f" but {beside}" if others else "")
        return f"which took {beside}, not {here}"
    if user.op in _STEPS:
        return f"a step, whose slope is 0 everywhere but where it jumps ({here})"
    if user.op == "stop_gradient":
        return "which is there to stop the gradient"
    if user.op == "mul":
        return "multiplied by 0: " + " and ".join(
            _nothing(given) for given in user.inputs if given is not part
        )
    if user.op in _SATURATE:
        return f"saturated at {here}, where its slope rounds to 0"
    return f"whose slope is 0 at {here}"


def _nothing(given: Node | float) -> str:
    """A factor of 0, and what has made it so."""
    if isinstance(given, Node) and given.op == "relu":
        (part,) = given.children
        how = formula.text(value_expression(given))
        return f"{given.handle} = {how}, shut at {part.handle} = {number(part.data)}"
    return _of(given)


def _of(given: Node | float) -> str:
    if not isinstance(given, Node):
        return f"the number {number(given)}"
    return f"{given.handle} = {number(given.data)}"


def _against_itself(user: Node, part: Node, neurons: Mapping[Node, str]) -> str:
    amounts = [a for a, i in zip(user.handed_down, user.inputs, strict=True) if i is part]
    both = " and ".join(map(number, amounts))
    return f"{_told(user, neurons)}, which hands {both} to {part.handle}: they cancel{_line(user)}"


# -- cancellation ----------------------------------------------------------------------------------


def _cancels(node: Node) -> float | None:
    """The size of contributions of which next to nothing is left; None where something is."""
    amounts = [part.amount for part in node.contributions]
    size = math.fsum(map(abs, amounts))
    if size and math.isfinite(size) and abs(grad(node)) <= _CANCELLED * size:
        return size
    return None


def _cancelled(node: Node, neurons: Mapping[Node, str]) -> Culprit:
    amounts = sorted((part.amount for part in node.contributions), key=abs, reverse=True)
    shown = " and ".join(map(number, amounts[:2]))
    if len(amounts) > 2:
        shown += f" and {len(amounts) - 2:,} more"
    left = number(grad(node))
    text = f"{_told(node, neurons)}, where {shown} add up to {left}{_line(node)}"
    return Culprit(node, 0.0, text)


# -- a product of slopes ---------------------------------------------------------------------------


def _product(derivation: Derivation, node: Node, head: str) -> Reason:
    g = grad(node)
    kind = "tiny" if abs(g) < TINY else "huge" if abs(g) > HUGE else "usual"
    head += "" if kind == "usual" else f", which is {kind}"
    neurons = neuron_outputs(derivation)
    found = largest_paths(derivation, node, 1)
    if abs(g) <= _CANCELLED * found.size:
        between = above(node)
        meets = [n for n in reversed(derivation.nodes) if n in between and _cancels(n)]
        places = [_cancelled(n, neurons) for n in meets]
        apart = f"the sizes of its {found.count:,} paths add up to {number(found.size)}"
        lines = [f"{head}: contributions cancel, for {apart}.", *_listed("They meet at", places)]
        return Reason(kind, g, tuple(places), _wrapped(lines))
    path = found[0]
    way = f"its largest path ({percent(path.share)} of all)" if found.count > 1 else "its path"
    places = _deciding(path, kind, neurons)
    lines = [f"{head}: {way} is {path},"]
    if places:
        lines.append("and on it the gradient is multiplied")
        slopes = [number(place.slope) for place in places]
        wide = max(map(len, slopes))
        lines += [
            f"  by {slope.rjust(wide)}  at {place.text}"
            for slope, place in zip(slopes, places, strict=True)
        ]
    else:
        mean = math.exp(math.fsum(math.log(abs(s)) for s in path.slopes) / len(path.slopes))
        many = f"{len(path.slopes)} slopes, {number(mean)} on average, none of which stands out"
        lines.append(f"a product of {many}.")
    if abs(g) <= _NEARLY * found.size:
        apart = f"their sizes add up to {number(found.size)}, and they to {number(g)}"
        lines.append(f"Its {found.counted} paths nearly cancel: {apart}.")
    return Reason(kind, g, tuple(places), _wrapped(lines))


def _deciding(path: Path, kind: str, neurons: Mapping[Node, str]) -> list[Culprit]:
    """The steps of a path that make its product what it is."""
    steps = list(zip(path.nodes[:-1], path.nodes[1:], path.slopes, strict=True))
    if kind == "tiny":
        steps = [step for step in steps if abs(step[2]) < _SMALL]
    elif kind == "huge":
        steps = [step for step in steps if abs(step[2]) > _LARGE]
    else:
        steps = [step for step in steps if step[2] != 1.0]
    steps.sort(key=lambda step: -abs(math.log(abs(step[2]))))
    return [
        Culprit(user, slope, f"{_told(user, neurons)}{_how(user, part, slope)}{_line(user)}")
        for user, part, slope in steps[:_TOLD]
    ]


def _how(user: Node, part: Node, slope: float) -> str:
    if user.op in _SATURATE and abs(slope) < _SMALL:
        return f", saturated at {part.handle} = {number(part.data)}"
    if user.op in ("mul", "div"):
        others = [_of(given) for given in user.inputs if given is not part]
        return f", with {others[0]}" if others else ""
    return f", at {part.handle} = {number(part.data)}"


# -- not connected ---------------------------------------------------------------------------------


def _not_connected(derivation: Derivation, value: Value, known: Mapping[Value, str]) -> Reason:
    root = derivation.root.handle
    name = value.label or known.get(value, "") or repr(value)
    lines = [f"{name} is not behind {root}: {root} was computed without it, so it has no gradient."]
    places = []
    for other, called in known.items():
        if other is value or other.is_leaf or value not in set(graph.ordered(other)):
            continue
        for node in derivation:
            cut = _cut_off(node, other.data)
            if cut:
                lines.append(
                    f"{called} = {number(other.data)} is computed from {name}, and {cut}: cut off"
                    " by detach(), .data or float()."
                )
                places.append(Culprit(node, 0.0, cut))
                break
    if not places:
        leaves = [n for n in derivation if not n.op and not n.name]
        if leaves:
            shown = ", ".join(f"{n.handle} = {number(n.data)}" for n in leaves[:_TOLD])
            more = f" and {len(leaves) - _TOLD:,} more" if len(leaves) > _TOLD else ""
            lines.append(
                f"If it should be, look at the numbers without a name behind {root}, which may be"
                f" what detach() or Value(v.data) has left: {shown}{more}."
            )
    return Reason("not connected", 0.0, tuple(places), _wrapped(lines))


def _cut_off(node: Node, data: float) -> str:
    """How a node uses the bare number of a Value, in words; `""` if it does not."""
    if data in (0.0, 1.0):
        return ""
    if not node.op:
        return f"{node.handle} is a number of its own that equals it" if node.data == data else ""
    if any(given == data for given in node.inputs if not isinstance(given, Node)):
        return f"{node.handle} = {formula.text(value_expression(node))} uses the bare number"
    return ""


def _told(node: Node, neurons: Mapping[Node, str]) -> str:
    neuron = f"{short_name(neurons[node])}, " if node in neurons and not node.name else ""
    how = f" = {formula.text(value_expression(node))}" if node.op else ""
    return short_name(f"{neuron}{node.handle}{how}")


def _wrapped(lines: list[str]) -> str:
    """The lines, those that are too long in several."""
    return "\n".join(
        part
        for line in lines
        for part in wrap(line, _WIDTH, subsequent_indent="    ", **_AS_THEY_ARE)
    )


def _line(node: Node) -> str:
    return f" ({node.made_at})" if node.made_at else ""
