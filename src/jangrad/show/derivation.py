"""The derivation: how a value and every gradient behind it came to be, as data.

Words, trees, LaTeX, pictures and pages are all drawn from it, so they cannot disagree. It holds
its own gradients, computed from the table's rules when it is made; what happens to the Values
later does not change it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jangrad import graph, ops
from jangrad.algebra import Rule
from jangrad.engine import Value, check_fresh
from jangrad.errors import printable
from jangrad.show import formula
from jangrad.show.symbols import from_latex


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One Value of the derivation.

    Attributes:
        index: its place in `Derivation.nodes`; inputs come before what uses them.
        value: the Value itself.
        name: its label, or the user's variable, or `""`; what a terminal obeys is escaped.
        handle: what formulas call it: its name if no other node has it, else one of our own.
        op: the operation's name in the table, `""` for a leaf.
        inputs: the operation's inputs in order: Nodes, and floats where a plain number was used.
        data: its number.
        grad: the gradient of the root with respect to it; None while not computed.
        handed_down: what each input gets: `grad` times the partial; 0 where nothing is chosen.
        partials: d this / d input, one an input; `()` for a leaf.
        users: (node, position) for each input that it is; `a * a` uses a twice.
        made_at: the user's line, `""` where it was not traced.
        own: for a Value with a backward of its own, what that does at this point, in numbers.
    """

    index: int
    value: Value
    name: str
    op: str
    inputs: tuple[Node | float, ...]
    data: float
    partials: tuple[float, ...]
    made_at: str
    own: ops.Op | None = None
    handle: str = ""
    grad: float | None = None
    handed_down: tuple[float, ...] = ()
    users: list[tuple[Node, int]] = field(default_factory=list)

    def __repr__(self) -> str:
        grad = "not computed" if self.grad is None else formula.number(self.grad)
        return f"Node({self.handle}, data={formula.number(self.data)}, grad={grad})"

    @property
    def row(self) -> ops.Op:
        """The operation's row in the table; a leaf has none."""
        return self.own or ops.OPS[self.op]

    @property
    def children(self) -> tuple[Node, ...]:
        """The inputs that are nodes, each once, in order."""
        return tuple(dict.fromkeys(i for i in self.inputs if isinstance(i, Node)))

    @property
    def contributions(self) -> list[Contribution]:
        """What each user adds to its gradient; their sum is `grad`."""
        return [Contribution(user, position) for user, position in self.users]

    def operands(self) -> dict[str, Rule]:
        """What stands for the names in the operation's rules: `{"a": ..., "b": ..., "y": ...}`."""
        parts = [
            formula.variable(part.handle) if isinstance(part, Node) else formula.constant(part)
            for part in self.inputs
        ]
        return dict(zip(self.row.inputs, parts, strict=True)) | {"y": formula.variable(self.handle)}

    def numbers(self) -> dict[str, float]:
        """The numbers of the same names: `{"a": 2.0, "b": 3.0, "y": 6.0}` for a product."""
        parts = [part.data if isinstance(part, Node) else part for part in self.inputs]
        return dict(zip(self.row.inputs, parts, strict=True)) | {"y": self.data}

    def partial_formula(self, position: int) -> Rule:
        """d this / d input as a formula of handles; of its branches only the one taken."""
        return formula.of_rule(self.row.partials[position], self.operands(), self.numbers())


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one user adds to a gradient: upstream times local, 0 along what is not chosen.

    Attributes:
        user: the node that has the other as an input.
        position: which of its inputs that is, from 0.
    """

    user: Node
    position: int

    @property
    def upstream(self) -> float | None:
        """The gradient of the root with respect to the user."""
        return self.user.grad

    @property
    def local(self) -> float:
        """d user / d input at this point."""
        return self.user.partials[self.position]

    @property
    def amount(self) -> float:
        """What is added to the gradient."""
        return self.user.handed_down[self.position]


class Derivation:
    """All nodes behind a root.

    Attributes:
        root: the last node.
        nodes: every node once, inputs before what uses them.
        activations: of the neurons whose numbers have names, where the network told them.

    >>> a = Value(2.0, label="a")
    >>> derivation = derive(a * a + a)
    >>> [(node.handle, node.op, node.data, node.grad) for node in derivation.nodes]
    [('a', '', 2.0, 5.0), ('v1', 'mul', 4.0, 1.0), ('v2', 'add', 6.0, 1.0)]
    """

    def __init__(self, nodes: list[Node], activations: Mapping[str, str]) -> None:
        self.nodes = nodes
        self.activations = activations
        self.root = nodes[-1]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)


def derive(
    root: Value,
    names: Mapping[Value, str] | None = None,
    activations: Mapping[str, str] | None = None,
    *,
    gradients: bool = True,
) -> Derivation:
    """The derivation of a Value.

    Args:
        root: the Value to be explained.
        names: what Values without a label are called.
        activations: of the neurons whose numbers have names.
        gradients: False to leave them "not computed".

    Raises:
        StaleGraph: when a leaf was assigned after something was computed from it.
    """
    names = names or {}
    nodes: dict[int, Node] = {}  # by `id`, for a subclass may say that Values are equal
    order = graph.ordered(root)
    check_fresh(order)
    for index, value in enumerate(order):
        op, data = value.op, value.data
        partials: tuple[float, ...] = ()
        inputs: tuple[Node | float, ...] = ()
        own = None
        if value.own_backward:
            inputs = tuple([nodes[id(child)] for child in value.children])
            partials = _handed_down(value, 1.0, [0.0] * len(inputs))
            op = printable(op, line=True)
            own = _row_of(op, data, partials)
        elif op:
            given = value.inputs
            inputs = tuple([nodes[id(i)] if isinstance(i, Value) else i for i in given])
            numbers = tuple([i.data if isinstance(i, Value) else i for i in given])
            partials = ops.partials(op, numbers, data)
        name = printable(from_latex(value.label) or names.get(value, ""), line=True)
        made_at = printable(value.made_at, line=True)
        node = Node(index, value, name, op, inputs, data, partials, made_at, own)
        nodes[id(value)] = node
        for position, part in enumerate(inputs):
            if isinstance(part, Node):
                part.users.append((node, position))
    derivation = Derivation(list(nodes.values()), activations or {})
    _give_handles(derivation.nodes)
    if gradients:
        _propagate(derivation)
    return derivation


def _handed_down(value: Value, grad: float, held: list[float]) -> tuple[float, ...]:
    """What a Value with a backward of its own adds to its children's gradients.

    Args:
        value: the Value; its backward is run, and all gradients are put back.
        grad: its gradient.
        held: the gradients of its children before.
    """
    children = value.children
    around = (value, *children)
    before = [v.grad if v.has_grad else None for v in around]
    try:
        for v, now in zip(around, (grad, *held), strict=True):
            v.grad = now
        value._backward()
        return tuple([v.grad - now for v, now in zip(children, held, strict=True)])
    finally:
        for v, was in zip(around, before, strict=True):
            v.grad = was


def _row_of(op: str, data: float, partials: tuple[float, ...]) -> ops.Op:
    """A row of numbers, which is right at this point only."""
    shown = op if op.isidentifier() else f"“{op.translate({123: None, 125: None})}”"
    row = ops.Op(shown, _rule(data), tuple(map(_rule, partials)), op, "", "", source="the user")
    return row._replace(text=f"{shown}({', '.join(f'{{{name}}}' for name in row.inputs)})")


def _rule(x: float) -> str:
    """A number as a rule, in which there is no name for inf and nan."""
    return "1e999 - 1e999" if x != x else repr(x).replace("inf", "1e999")


def _give_handles(nodes: list[Node]) -> None:
    """A name of its own for each node: `a`, then `a'2` for the next that is called a, else `v1`."""
    taken = {node.name for node in nodes if node.name}
    seen: dict[str, int] = {}
    for node in nodes:
        if node.name:
            count = seen[node.name] = seen.get(node.name, 0) + 1
            node.handle = node.name if count == 1 else f"{node.name}'{count}"
    number = 0
    for node in nodes:
        if not node.name:
            number += 1
            while f"v{number}" in taken:
                number += 1
            node.handle = f"v{number}"


def _propagate(derivation: Derivation) -> None:
    """From the root down, every node that is reached hands its gradient on, as the engine does.

    What only unchosen sides of choices lead to gets 0, whatever inf or nan its partials are.
    """
    for node in derivation.nodes:
        node.grad = 0.0
        node.handed_down = (0.0,) * len(node.inputs)
    derivation.root.grad = 1.0
    reached = {derivation.root}
    for node in reversed(derivation.nodes):
        if node not in reached or not node.op:
            continue
        assert node.grad is not None
        parts = _own_contributions(node) if node.own else contributions_of(node, node.grad)
        node.handed_down = tuple(part or 0.0 for part in parts)
        for child, part in zip(node.inputs, parts, strict=True):
            if isinstance(child, Node) and part is not None:
                child.grad += part  # type: ignore[operator]
                reached.add(child)


def _own_contributions(node: Node) -> tuple[float | None, ...]:
    """What its own backward hands down here; it may clip that, or forget what was there."""
    grad = node.grad or 0.0
    expected = contributions_of(node, grad)
    parts = [part for part in node.inputs if isinstance(part, Node)]
    found = _handed_down(node.value, grad, [part.grad or 0.0 for part in parts])
    if found != expected and math.isfinite(grad) and grad != 0.0:
        node.partials = tuple([amount / grad for amount in found])
        node.own = _row_of(node.op, node.data, node.partials)
    return found


def contributions_of(node: Node, grad: float) -> tuple[float | None, ...]:
    """What a node with this gradient hands each input; None for one that is not chosen."""
    if node.own:
        return tuple(grad * partial for partial in node.partials)
    if not node.op:
        return ()
    numbers = tuple(node.numbers()[name] for name in node.row.inputs)
    return ops.contributions(node.op, numbers, node.data, grad)
