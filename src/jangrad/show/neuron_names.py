"""What the scalars inside a network's neurons are called where nobody has named them.

`v57` says nothing to a reader; `net[0][1].sum` says that it is the sum in neuron 1 of layer 0.
"""

from __future__ import annotations

import re
from collections import Counter

from jangrad.show.derivation import Derivation, Node
from jangrad.show.names import short_places
from jangrad.show.neurons import neuron_outputs

_WEIGHT = re.compile(r"(.*)\.weights\[(\d+)\]$")


def neuron_names(derivation: Derivation) -> dict[Node, str]:
    """A name for each unnamed node inside a neuron; where several rows go through it, with the row.

    A neuron's output is called as the neuron is, `net[0][1]`; what its activation is given is
    `net[0][1].sum`, its parts are `net[0][1].product[2]` and `net[0][1].sum[2]`, the sum as far as
    that product.

    >>> from jangrad.nn import MLP
    >>> net = MLP(2, [1, 1], "tanh", seed=0)
    >>> derivation = (net([1.0, 2.0])[0] ** 2).backtrack().derivation
    >>> list(neuron_names(derivation).values())[:4]
    ['net[0][0].product[0]', 'net[0][0].sum[0]', 'net[0][0].product[1]', 'net[0][0].sum']
    """
    outputs = sorted(neuron_outputs(derivation).items(), key=lambda item: item[0].index)
    times = Counter(neuron for _, neuron in outputs)
    rows = max(times.values(), default=0)
    met: Counter[str] = Counter()
    found: dict[Node, str] = {}
    for output, neuron in outputs:
        met[neuron] += 1
        lead = f"row {met[neuron]}: " if rows > 1 and times[neuron] == rows else ""
        short = lead + short_places(neuron)
        if times[neuron] not in (1, rows):  # it is used in some way of its own
            continue
        found[output] = short
        total = output
        if output.op != "add":
            total = next((part for part in output.children if part.op == "add"), output)
        if total is not output:
            found[total] = f"{short}.sum"
        _name_parts(total, short, neuron, found)
    names = {node: name for node, name in found.items() if not node.name}
    taken = {node.handle for node in derivation if node not in names}
    again = {name for name, count in Counter(names.values()).items() if count > 1} | taken
    ordered = sorted(names, key=lambda node: node.index)
    return {node: names[node] for node in ordered if names[node] not in again}


def _name_parts(total: Node, short: str, neuron: str, found: dict[Node, str]) -> None:
    """The products and sums behind the sum, down to the neuron's weights."""
    stack = [total]
    while stack:
        node = stack.pop()
        latest = -1
        for part in node.children:
            weight = _weight(part, neuron)
            if weight is not None:
                found[part] = f"{short}.product[{weight}]"
                latest = max(latest, weight)
            elif part.op == "add" and len(part.users) == 1 and part not in found:
                stack.append(part)
        if node not in found and latest >= 0:
            found[node] = f"{short}.sum[{latest}]"


def _weight(product: Node, neuron: str) -> int | None:
    """Which of the neuron's weights it is a product with."""
    if product.op != "mul":
        return None
    for part in product.children:
        match = None if part.op else _WEIGHT.match(part.name)
        if match and match[1] == neuron:
            return int(match[2])
    return None
