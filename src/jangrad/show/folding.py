"""Large graphs folded to what fits a screen: samples, layers and neurons become one box each.

A node *closes* all the nodes whose every way to the root leads through it: a neuron's output closes
its products and sums, a sample's loss closes the sample. What a node closes may be drawn as one box
without making a circle, for edges leave it through the closing node alone. So the tree of closest
closing nodes (the post-dominators of the graph) is the tree of possible folds. In it

- a chain of equal operations, the sum over samples, is one part: its links are the *spine*;
- leaves that belong to one group are one part;
- many parts of one kind on one level are one part: the neurons of a layer, "99 others like it".

Source: Lengauer and Tarjan, A Fast Algorithm for Finding Dominators in a Flowgraph (1979), for the
idea; on a graph without circles one walk from the root finds them.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from jangrad.show.call_runs import Stretch, runs_of
from jangrad.show.derivation import Derivation, Node
from jangrad.show.neurons import NEURON, is_product, neuron_outputs

_MANY = 10  # parts of one kind beyond which they are drawn as one
_SAMPLE = 8  # nodes beyond which a part is more than one operation on a few numbers
_LONG_SUM = 4  # additions, or products, that are drawn as one
_LONG = 40  # nodes of a chain that are one level of the tree
_UNFOLDED = 150  # boxes beyond which placing them takes long, and nobody sees the picture
_FOLDED = 100_000  # nodes beyond which even folding takes long
_BEFORE = "all before"
_PLURALS = {"add": "sums", "mul": "products", "sub": "differences", "div": "quotients"}
#: What the label of a long sum or product holds.
SUMS = ("Σ of ", "∏ of ")
_LAYER = re.compile(r"(.*layers\[\d+\])")
_PLACES = re.compile(r"(\[\d+\])+$")  # of a parameter in its list, or its list of lists


@dataclass(eq=False)
class Group:
    """A part of the graph that may be drawn as one box.

    Attributes:
        label: what it is called; `""` where the formula of the closing node says it.
        own: the nodes that belong to it and to none of its parts.
        parts: the groups inside it.
        size: how many nodes it holds in all.
        closing: the node through which all of it leads to the root; None where several do.
        before: groups that it closes too, but that are shown beside it, not in it.
    """

    label: str
    own: list[Node] = field(default_factory=list)
    parts: list[Group] = field(default_factory=list)
    size: int = 0
    closing: Node | None = None
    before: list[Group] = field(default_factory=list)

    def nodes(self) -> list[Node]:
        """All nodes inside, in the derivation's order."""
        found, stack = list(self.own), list(self.parts)
        while stack:
            group = stack.pop()
            found += group.own
            stack += group.parts
        return sorted(found, key=lambda node: node.index)


class Box(NamedTuple):
    """What is drawn as one: a node, or several under a label, and the node that closes them."""

    nodes: tuple[Node, ...]
    label: str = ""
    closing: Node | None = None


Folded = tuple[list[Box], list[tuple[int, int]]]


def fold_to(derivation: Derivation, *counts: int, largest: int = _FOLDED) -> Iterator[Folded]:
    """Boxes, about so many at most, and the edges between them; one answer a count.

    The largest group is opened again and again while the boxes stay few enough. An answer that
    would be the one before is left out. Of a graph that cannot be made small, or is too large to be
    looked through (more than `largest` nodes), only the end is drawn, with one box for all that is
    before it.

    Yields:
        The boxes, inputs before users, and (input, user) pairs of box numbers, each once.
    """
    if len(derivation) <= counts[0]:
        yield _join([Box((node,), node.name, node) for node in derivation], derivation)
    if len(derivation) <= counts[-1]:
        return
    if len(derivation) > largest:
        nodes = derivation.nodes
        single = [Box((node,), node.name, node) for node in nodes[-counts[-1] :]]
        yield _join([Box(tuple(nodes[: -counts[-1]]), _BEFORE), *single], derivation)
        return
    tree = fold_tree(derivation)
    before: dict[Group, None] | None = None
    for most in counts:
        opened = opened_groups(tree, most)
        if len(derivation) > most and opened != before:
            before = opened
            yield _cut(*_join(_boxes(opened), derivation), most)


def _cut(boxes: list[Box], edges: list[tuple[int, int]], most: int) -> Folded:
    """Of a graph that no folding makes small the end, and one box for all that is before it."""
    first = len(boxes) - most
    if len(boxes) <= _UNFOLDED:
        return boxes, edges
    nodes = tuple(node for box in boxes[: first + 1] for node in box.nodes)
    place = [max(0, i - first) for i in range(len(boxes))]
    joined = {(place[u], place[v]) for u, v in edges if place[u] != place[v]}
    return [Box(nodes, _BEFORE), *boxes[first + 1 :]], sorted(joined)


def _boxes(opened: dict[Group, None]) -> list[Box]:
    boxes = []
    for group in opened:
        boxes += [Box((node,), node.name, node) for node in group.own]
        boxes += [
            Box(tuple(part.nodes()), part.label, part.closing)
            for part in group.parts
            if part not in opened
        ]
    return boxes


def opened_groups(tree: Group, most: int) -> dict[Group, None]:
    """The groups to show opened so that there are at most so many boxes; the largest first."""
    opened = {tree: None}
    count = len(tree.own) + len(tree.parts)
    met = itertools.count()
    candidates = [(-part.size, next(met), part) for part in tree.parts]
    heapq.heapify(candidates)
    while candidates:
        group = heapq.heappop(candidates)[2]
        inside = len(group.own) + len(group.parts)
        # Bundles stay closed, for what is alike is said once; and neurons, all of which are alike.
        may = group.own and group.parts and not NEURON.fullmatch(group.label)
        if may and count + inside - 1 <= most:
            opened[group] = None
            count += inside - 1
            for part in group.parts:
                heapq.heappush(candidates, (-part.size, next(met), part))
    return opened


def fold_tree(derivation: Derivation) -> Group:
    """The tree of groups; its top holds the root and everything else.

    Where the Values tell which calls have made them, a group is a call, a turn of a loop or a
    statement of the user's, down to what a statement makes.
    """
    neurons = _Neurons.of(derivation)
    runs = runs_of(derivation) if len(derivation) > _LONG else None
    if runs is not None:
        return _of_run(runs, neurons)
    found = _folded(derivation.nodes, neurons)
    if len(found) == 1:
        return found[0]
    own = [part.own[0] for part in found if part.size == 1]
    parts = _bundled([part for part in found if part.size > 1])
    return Group(derivation.root.handle, own, parts, len(derivation), derivation.root)


def _folded(nodes: list[Node], neurons: _Neurons) -> list[Group]:
    """The groups that some nodes are, inputs before users; a leaf is one where it has no user."""
    closing = _closing_nodes(nodes)
    ends = _spine_ends(nodes, closing, neurons)
    inside: dict[Node | None, list[Node]] = defaultdict(list)
    for node in nodes:
        closed_by = closing[node]
        inside[closed_by and ends[closed_by]].append(node)
    groups: dict[Node, Group] = {}
    for node in nodes:  # inputs first, so the parts of a group are there before it
        held = inside.get(node)
        if held and ends[node] is node:
            groups[node] = _group(node, held, groups, ends, neurons)
    found = []
    for node in inside[None]:
        group = groups.get(node) or Group(_label(node, neurons), [node], [], 1, node)
        found += [*group.before, group]
    return found


def _of_run(run: Stretch, neurons: _Neurons) -> Group:
    """A run as a group: the runs in it are its parts, and what is in none of them is folded."""
    inner = [_of_run(part, neurons) for part in run.parts]
    leaves = [node for node in run.nodes if not node.op]
    folded = _folded([node for node in run.nodes if node.op], neurons)
    own = [part.own[0] for part in folded if part.size == 1]
    folded = _bundled([part for part in folded if part.size > 1])
    if len(leaves) > _MANY:
        folded += _bundled_leaves(leaves)
    else:
        own += leaves
    own += [part.own[0] for part in inner if part.size == 1]
    parts = [*folded, *(part for part in inner if part.size > 1)]
    size = len(own) + sum(part.size for part in parts)
    if len(parts) == 1 and not own:  # no level of its own
        label = run.label or parts[0].label
        return Group(label, parts[0].own, parts[0].parts, size, parts[0].closing)
    group = Group(run.label, own, parts, size)
    group.closing = _way_out(group)
    return group


def _way_out(group: Group) -> Node | None:
    """The node through which all of it leads to the root; None where several do."""
    nodes = group.nodes()
    inside = set(nodes)
    out = [n for n in nodes if not n.users or any(user not in inside for user, _ in n.users)]
    return out[0] if len(out) == 1 else None


class _Neurons(NamedTuple):
    """What neurons give, and of what they make it, by name."""

    outputs: dict[Node, str]
    sums: dict[Node, str]

    @classmethod
    def of(cls, derivation: Derivation) -> _Neurons:
        outputs = neuron_outputs(derivation)
        sums = {
            next((part for part in node.children if node.op != "add" and part.op == "add"), node): n
            for node, n in outputs.items()
        }
        return cls(outputs, sums)


def _closing_nodes(nodes: list[Node]) -> dict[Node, Node | None]:
    """For each node the nearest through which all its ways out lead; None where no one does.

    A way out ends at the root, or at a user that is none of the nodes. It is where the ways from
    its users meet in the tree of the nodes that close them. Each node also knows one far above it,
    so that a way of n steps is gone in about log n jumps (Myers, An Applicative Random-Access
    Stack, 1983).
    """
    inside = set(nodes)
    above: dict[Node | None, Node | None] = {None: None}
    far, depth = {**above}, {cast("Node | None", None): 0}
    for node in reversed(nodes):
        users = [user if user in inside else None for user, _ in node.users] or [None]
        meet, *others = dict.fromkeys(users)
        for other in others:
            if depth[meet] < depth[other]:
                meet, other = other, meet
            while depth[meet] > depth[other]:
                meet = far[meet] if depth[far[meet]] >= depth[other] else above[meet]
            while meet is not other:
                up = above if far[meet] is far[other] else far
                meet, other = up[meet], up[other]
        above[node] = meet
        depth[node] = depth[meet] + 1
        long = far[meet]
        even = depth[meet] - depth[long] == depth[long] - depth[far[long]]
        far[node] = far[long] if even else meet
    return {node: above[node] for node in nodes}


def _spine_ends(
    nodes: list[Node], closing: dict[Node, Node | None], neurons: _Neurons
) -> dict[Node, Node]:
    """For each node the last link of the chain of equal sums or products that it is in.

    What a neuron gives is the end of its own.
    """
    ends: dict[Node, Node] = {}
    for node in reversed(nodes):
        user = closing[node]
        linked = (
            user is not None
            and node.op in ("add", "mul")
            and node not in neurons.outputs
            and user.op == node.op
            and len(node.users) == 1
            and node.users[0][0] is user
        )
        ends[node] = ends[user] if user is not None and linked else node
    return ends


def _group(
    node: Node,
    held: list[Node],
    groups: dict[Node, Group],
    ends: dict[Node, Node],
    neurons: _Neurons,
) -> Group:
    spine, leaves = [node], []
    parts: list[Group] = []
    before: list[Group] = []
    carried = before if node in neurons.outputs or node in neurons.sums else parts
    for other in held:
        if other in groups:
            parts.append(groups[other])
            carried += groups[other].before
        elif other.op and ends[other] is node:
            spine.append(other)
        elif not other.op:
            leaves.append(other)
        else:
            label = _label(other, neurons)
            parts.append(Group(label, [other], [], 1, other))
    spine.sort(key=lambda n: n.index)
    if node in neurons.sums:
        leaves, parts, apart = _of_neuron(neurons.sums[node], spine, leaves, parts)
        before += apart
    label = _label(node, neurons)
    if len(parts) == 1 and parts[0].closing not in neurons.outputs:
        (inner,) = parts
        if len(inner.own) + len(spine) + len(leaves) <= _LONG:
            # A link with one part inside is no level of its own.
            own = [*spine, *leaves, *inner.own]
            size = inner.size + len(spine) + len(leaves)
            return _named(Group(label, own, inner.parts, size, node, before))
    group = Group(label, closing=node, before=before)
    if len(spine) >= _LONG_SUM:
        group.parts.append(Group(_sum_label(node, spine), spine, [], len(spine), node))
    else:
        group.own += spine
    if len(leaves) > _MANY:
        group.parts += _bundled_leaves(leaves)
    else:
        group.own += leaves
    # Out of a product with a neuron's weight the parts are taken again, each to its own place.
    group.parts += parts if is_product(node) else _bundled(parts)
    group.size = len(group.own) + sum(part.size for part in group.parts)
    return _named(group)


def _sum_label(node: Node, spine: list[Node]) -> str:
    """`s = Σ of 40 terms`: as people write a long sum, without the 0 that `sum` begins with."""
    adds = node.op == "add"
    plain = [part for link in spine for part in link.inputs if not isinstance(part, Node)]
    count = len(spine) + 1 - plain.count(0.0 if adds else 1.0)
    said = f"{SUMS[not adds]}{count:,} {'terms' if adds else 'factors'}"
    return f"{node.name} = {said}" if node.name else said


def _of_neuron(
    neuron: str, spine: list[Node], leaves: list[Node], parts: list[Group]
) -> tuple[list[Node], list[Group], list[Group]]:
    """What is a neuron's own of all that its sum closes, and what is apart from it.

    A network of one output is closed by it as a whole; a neuron is its products and sums, and what
    it is fed with is shown before it. Nothing of its own is used elsewhere, so that no circle is
    made by that.

    Returns:
        Its leaves, its products, and the others.
    """
    products, apart = [], []
    for part in parts:
        assert part.closing is not None
        if not is_product(part.closing, neuron):
            apart.append(part)
        elif any(NEURON.fullmatch(inner.label) for inner in part.parts):
            products.append(Group(part.label, part.own, [], len(part.own), part.closing))
            apart += part.parts
        else:
            products.append(part)
    mine = {*spine, *(node for part in products for node in part.nodes())}
    own = [leaf for leaf in leaves if all(user in mine for user, _ in leaf.users)]
    apart += [Group(leaf.name, [leaf], [], 1, leaf) for leaf in leaves if leaf not in set(own)]
    return own, products, apart


def _bundled_leaves(leaves: list[Node]) -> list[Group]:
    """Many leaves as one part a layer, or another module."""
    layers: dict[str, list[Node]] = defaultdict(list)
    for leaf in leaves:
        match = _LAYER.match(leaf.name)
        layers[match[1] if match else leaf.name.rpartition(".")[0]].append(leaf)
    return [
        Group(f"{len(some)} numbers{' of ' + layer if layer else ''}", some, [], len(some))
        for layer, some in layers.items()
    ]


def _bundled(parts: list[Group]) -> list[Group]:
    """Parts of one kind and level, where there are many, as one part."""
    if len(parts) <= _MANY:
        return parts
    kinds: dict[tuple[int, str, str], list[Group]] = defaultdict(list)
    for part, level in zip(parts, _levels(parts), strict=True):
        assert part.closing is not None  # of bundles there are none yet
        kinds[level, part.closing.op, _layer(part)].append(part)
    found = []
    for (_, op, layer), some in kinds.items():
        if len(some) < 3:
            found += some
        elif layer:
            whole = all(NEURON.fullmatch(part.label) for part in some)
            found.append(_bundle(f"{len(some)} {'neurons' if whole else 'parts'} of {layer}", some))
        elif some[0].size > _SAMPLE:  # samples: one to look into, and the others
            found += [some[0], _bundle(f"{len(some) - 1} more like it", some[1:])]
        else:
            found.append(_bundle(f"{len(some)} {_PLURALS.get(op, f'times {op}')}", some))
    return found


def _layer(part: Group) -> str:
    """The layer whose neuron the part is, or whose weight its closing node multiplies.

    In other modules than layers of neurons it is the list of parameters that the part computes
    with, where there is one alone: `gpt.query`.
    """
    assert part.closing is not None
    names = (part.label, *(child.name for child in part.closing.children))
    layer = next((match[1] for name in names if (match := _LAYER.match(name))), "")
    if layer or part.size <= _SAMPLE:
        return layer
    used = _lists(part)
    return next(iter(used)) if len(used) == 1 else ""


def _lists(part: Group) -> dict[str, set[str]]:
    """The lists of parameters that a part computes with, each with their first places in it."""
    found: dict[str, set[str]] = {}
    for node in part.nodes():
        for child in node.children:
            if not child.op and "." in child.name and not _LAYER.match(child.name):
                path = _PLACES.sub("", child.name)
                found.setdefault(path, set()).add(child.name[len(path) :].partition("]")[0])
    return found


def _named(group: Group) -> Group:
    if not group.label and group.size > _SAMPLE:
        group.label = _module_label(group)
    return group


def _module_label(part: Group) -> str:
    """A part by the lists of parameters that it computes with; `""` where there are none.

    `gpt.query[3]` is a row of one list, `gpt: tokens, places … head` are many of one module.
    """
    used = _lists(part)
    if len(used) > 1:
        steps = zip(*(path.split(".")[:-1] for path in used), strict=False)
        shared = itertools.takewhile(lambda step: len(set(step)) == 1, steps)
        module = ".".join(step[0] for step in shared)
        names = [path[len(module) + 1 :] for path in used] if module else list(used)
        said = ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]} … {names[-1]}"
        return f"{module}: {said}" if module else said
    for path, places in used.items():
        return f"{path}{places.pop()}]" if len(places) == 1 and places != {""} else path
    return ""


def _bundle(label: str, parts: list[Group]) -> Group:
    return Group(label, [], parts, sum(part.size for part in parts))


def _levels(parts: list[Group]) -> list[int]:
    """For each part the longest way to it from the others; parts on one level never meet."""
    home = {node: i for i, part in enumerate(parts) for node in part.nodes()}
    level = [0] * len(parts)
    for node in sorted(home, key=lambda n: n.index):
        i = home[node]
        for child in node.children:
            j = home.get(child, i)
            if j != i:
                level[i] = max(level[i], level[j] + 1)
    return level


def _label(closing: Node, neurons: _Neurons) -> str:
    """What the closing node is called, or the neuron that gives it."""
    return closing.name or neurons.outputs.get(closing, "")


def _join(boxes: list[Box], derivation: Derivation) -> tuple[list[Box], list[tuple[int, int]]]:
    """The boxes in an order in which inputs come first, and the edges between them."""
    home = {node: i for i, box in enumerate(boxes) for node in box.nodes}
    edges = {
        (home[child], home[node])
        for node in derivation
        for child in node.children
        if home[child] != home[node]
    }
    order = _ordered(len(boxes), edges)
    place = {i: k for k, i in enumerate(order)}
    return [boxes[i] for i in order], sorted((place[u], place[v]) for u, v in edges)


def _ordered(count: int, edges: set[tuple[int, int]]) -> list[int]:
    """Numbers 0 ... count - 1, the start of every edge before its end (Kahn, 1962)."""
    waiting = [0] * count
    users: dict[int, list[int]] = defaultdict(list)
    for u, v in sorted(edges):
        waiting[v] += 1
        users[u].append(v)
    ready = [i for i in range(count) if not waiting[i]][::-1]
    order = []
    while ready:
        i = ready.pop()
        order.append(i)
        for v in reversed(users[i]):
            waiting[v] -= 1
            if not waiting[v]:
                ready.append(v)
    assert len(order) == count, "a fold made a circle"
    return order
