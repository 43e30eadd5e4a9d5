"""The network that a derivation goes through, found by the names of its weights."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from jangrad.show.derivation import Derivation, Node
from jangrad.show.network_svg import LayerColumn, Number, Unit
from jangrad.show.neurons import neuron_outputs

_WEIGHT = re.compile(r"(.*)layers\[(\d+)\]\.neurons\[(\d+)\]\.(?:weights\[(\d+)\]|bias)$")


def network_columns(derivation: Derivation) -> list[LayerColumn]:
    """The inputs and layers of the first network found, `[]` where there is none.

    Where several rows go through it, units give what they give for the first, and it says so.

    >>> from jangrad.nn import MLP
    >>> net = MLP(2, [3, 1], seed=0)
    >>> columns = network_columns(net([1.0, 2.0])[0].backtrack().derivation)
    >>> [column.name for column in columns]
    ['2 inputs', '3 neurons', '1 neuron']
    >>> columns[0].units[1].value.data
    2.0
    """
    layers = _parameters(derivation)
    if not layers:
        return []
    given: dict[str, Number] = {}
    for node, name in neuron_outputs(derivation).items():
        given.setdefault(name, _number(node))
    weights = [[neuron[:-1] for neuron in layer.values()] for layer in layers]
    n_inputs = len(weights[0][0])
    inputs = [Unit(f"x{i}", _fed(w), beside=f"x{i}") for i, w in enumerate(weights[0][0])]
    rows = len(list(_products(weights[0][0][0])))
    which = f", row 1 of {rows}" if rows > 1 else ""
    columns = [LayerColumn(_count(n_inputs, "input") + which, inputs)]
    for c, layer in enumerate(layers):
        units = []
        for place, (*some, bias) in layer.items():
            value = given.get(bias.name.removesuffix(".bias"))
            numbers = [_number(w) for w in some]
            units.append(Unit(f"neuron {place} of layer {c}", value, _number(bias), numbers))
        columns.append(LayerColumn(_count(len(layer), "neuron"), units))
    return columns


def _parameters(derivation: Derivation) -> list[dict[int, list[Node]]]:
    """For each layer and neuron its weights and, last, its bias.

    Empty where the names do not make whole layers, each fed by the one before.
    """
    found: dict[int, dict[int, dict[int, Node]]] = defaultdict(lambda: defaultdict(dict))
    network = None
    for node in derivation:
        if not node.op and (match := _WEIGHT.match(node.name)):
            network = match[1] if network is None else network
            if match[1] == network:
                weight = -1 if match[4] is None else int(match[4])
                found[int(match[2])][int(match[3])].setdefault(weight, node)
    layers: list[dict[int, list[Node]]] = []
    for c in range(len(found)):
        layer = {}
        for j, nodes in sorted(found.get(c, {}).items()):
            before = len(layers[-1]) if layers else len(nodes) - 1
            if not before or set(nodes) != {-1, *range(before)}:
                return []
            layer[j] = [*(nodes[k] for k in range(before)), nodes[-1]]
        if not layer or len({len(nodes) for nodes in layer.values()}) > 1:
            return []
        layers.append(layer)
    return layers


def _products(weight: Node) -> Iterator[tuple[Node, Node | float]]:
    """The products of the weight, one a row, and what it is multiplied by there."""
    for user, position in sorted(weight.users, key=lambda use: use[0].index):
        if user.op == "mul" and user.inputs[1 - position] is not weight:
            yield user, user.inputs[1 - position]


def _fed(weight: Node) -> Number | None:
    """What the unit before gives to the weight."""
    product = next(_products(weight), None)
    if product is None:
        return None
    other = product[1]
    return _number(other) if isinstance(other, Node) else Number(other)


def _number(node: Node) -> Number:
    return Number(node.data, node.index)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
