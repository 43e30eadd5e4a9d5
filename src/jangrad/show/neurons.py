"""Which nodes of a derivation are what a neuron gives, told by the names of its numbers.

A neuron adds products of its weights to its bias, and its activation makes its output of the sum.
Which activation that is the network says where it was found with its names. Where it did not, what
the next layer's weights are multiplied by is the output; a last layer then has none, for what is
computed of its sum may belong to the loss, and a name beside another number would be wrong.
"""

from __future__ import annotations

import re

from jangrad.show.derivation import Derivation, Node

#: The name of a neuron, at the beginning of those of its numbers.
NEURON = re.compile(r"(.*neurons\[\d+\])")
_BIAS = re.compile(NEURON.pattern + r"\.bias$")


def neuron_outputs(derivation: Derivation) -> dict[Node, str]:
    """The nodes that neurons give, one for each row that went through them, each with its neuron.

    >>> from jangrad.nn import MLP
    >>> net = MLP(2, [2, 1], "tanh", seed=0)
    >>> outputs = neuron_outputs((net([1.0, 2.0])[0] ** 2).backtrack().derivation)
    >>> [(name, node.op) for node, name in outputs.items()][1:]
    [('net.layers[0].neurons[0]', 'tanh'), ('net.layers[0].neurons[1]', 'tanh')]
    """
    found = {}
    for bias in derivation:
        match = None if bias.op else _BIAS.match(bias.name)
        if match is None:
            continue
        neuron = match[1]
        for user, _ in bias.users:
            if not _adds_product(user, bias, neuron):  # a penalty uses it too
                continue
            output = _output(_sum(user, neuron), neuron, derivation.activations.get(neuron))
            if output is not None:
                found[output] = neuron
    return found


def _sum(node: Node, neuron: str) -> Node:
    """The last of the sums that add products with the neuron's weights, from one of them on."""
    while len(node.users) == 1:
        user = node.users[0][0]
        if not _adds_product(user, node, neuron):
            break
        node = user
    return node


def _adds_product(total: Node, part: Node, neuron: str) -> bool:
    """Whether it adds to a part a product with a weight of the neuron, or a sum of such."""
    others = [other for other in total.children if other is not part]
    if total.op != "add" or not others:
        return False
    products = others[0].children if others[0].op == "add" else others
    return any(is_product(product, neuron) for product in products)


def is_product(node: Node, neuron: str = "") -> bool:
    """Whether it is a product with a weight of the neuron, or of any."""
    return node.op == "mul" and any(_is_of(part, neuron) for part in node.children)


def _is_of(node: Node, neuron: str) -> bool:
    match = None if node.op else NEURON.match(node.name)
    return match is not None and match[1] == (neuron or match[1])


def _output(total: Node, neuron: str, activation: str | None) -> Node | None:
    """What the neuron makes of its sum; None where that is not known."""
    if activation == "linear":
        return total
    after = total.users[0][0] if len(total.users) == 1 else None
    if activation is not None and after is not None:
        op = "leaky_relu" if activation == "prelu" else activation
        if after.op == op:
            return after
    return next((node for node in (total, after) if node and _is_fed(node, neuron)), None)


def _is_fed(node: Node, neuron: str) -> bool:
    """Whether another neuron's weight is multiplied by it."""
    return any(is_product(user) and not is_product(user, neuron) for user, _ in node.users)
