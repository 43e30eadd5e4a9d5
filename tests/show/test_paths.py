"""Whole paths from the root to a number, the largest first, and what explanations make of them."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from tests.strategies import programs, run

from jangrad import MLP, Value, where
from jangrad.engine import apply
from jangrad.errors import ConfigError, NameNotFound
from jangrad.show.paths import edges_of, largest_paths


def all_paths(derivation, node):
    """Every path by listing, as (nodes, amount)."""
    found, waiting = [], [((derivation.root,), 1.0)]
    while waiting:
        nodes, amount = waiting.pop()
        if nodes[-1] is node:
            found.append((nodes, amount))
            continue
        for edge in edges_of(nodes[-1]):
            if edge.slope is not None:
                waiting.append(((*nodes, edge.node), amount * edge.slope))
    return found


def few_paths(derivation):
    count = {derivation.root: 1}
    for node in reversed(derivation.nodes):
        for part in node.children:
            count[part] = count.get(part, 0) + count[node]
    return max(count.values()) <= 2000


@given(programs())
def test_the_largest_paths_are_those_that_a_list_of_all_has(program):
    """Amounts, order, count and shares, for every leaf of random graphs."""
    derivation = run(program, [Value(x) for x in program.leaves], apply).backtrack().derivation
    if few_paths(derivation):
        for leaf in derivation:
            listed = all_paths(derivation, leaf)
            sizes = sorted((abs(amount) for _, amount in listed), reverse=True)
            found = largest_paths(derivation, leaf, 4)
            assert found.count == len(listed)
            assert [abs(p.amount) for p in found] == pytest.approx(sizes[:4], rel=1e-9, abs=1e-300)
            assert math.fsum(amount for _, amount in listed) == pytest.approx(
                leaf.grad, rel=1e-9, abs=1e-12 * (sum(sizes) or 1.0)
            )
            for path in found:
                assert path.nodes[0] is derivation.root
                assert path.nodes[-1] is leaf
                assert all(b in a.children for a, b in pairwise(path.nodes))
                assert math.prod(path.slopes) == pytest.approx(path.amount, rel=1e-12)
                if sum(sizes):
                    assert path.share == pytest.approx(abs(path.amount) / sum(sizes))


def test_paths_that_nobody_could_list():
    """2 ** 200 paths are counted, and the largest found."""
    y = Value(1.0, "x")
    for _ in range(200):
        y = y * 0.5 + y * 0.25
    found = y.backtrack().paths("x", 3)
    assert found.count == 2**200
    assert [path.amount for path in found] == [0.5**200, 0.5**199 * 0.25, 0.5**199 * 0.25]
    assert "about 10^60 paths" in str(found)


def test_a_network_s_paths_are_told_by_its_neurons():
    """The way through the layers, with the slopes that are not 1."""
    net = MLP(2, [2, 1], "tanh", seed=0)
    loss = (net([1.0, -2.0])[0] - 1.0) ** 2
    tree = loss.backtrack()
    text = str(tree.paths("net.layers[0].neurons[1].weights[0]"))
    assert "net[0][1].weights[0] -> net[0][1] -> net[1][0] -> loss" in text
    tree = ((net([1.0, -2.0])[0] + net([0.5, 1.0])[0]) * 2.0).backtrack()
    assert tree.paths("net.layers[0].neurons[1].bias").count == 2
    assert len(tree.paths("net.layers[0].neurons[1].bias", 1)) == 1


def test_only_chosen_sides_are_paths():
    """What `where` did not take hands nothing down."""
    a = Value(0.0, "a")
    paths = where(a > 0.0, a.log(), a * 2.0).backtrack().paths("a")
    assert [(path.amount, path.share) for path in paths] == [(2.0, 1.0)]
    b = Value(1.0, "b")
    nothing = (a.maximum(b) * 1.0).backtrack().paths("a")
    assert str(nothing).startswith("There is no path from a to v")


def test_what_may_be_asked():
    """A number of paths, and a name."""
    a = Value(2.0, "a")
    tree = (a * a).backtrack()
    for most in (0, -1, 2.0, True):
        with pytest.raises(ConfigError, match=r"`most` is .*, not an integer of at least 1"):
            tree.paths("a", most)
    with pytest.raises(NameNotFound, match="no node is named `b`"):
        tree.paths("b")


def test_explanations_begin_with_what_contributes_most():
    """The terms by size, their shares, and the largest path where there are more than terms."""
    k, x = Value(0.5, "k"), Value(4.0, "x")
    f = k * 1.0 + k * x
    said = str((f * f).backtrack().explain("k"))
    assert "= 5 * x + 5 * 1" in said
    assert "By size, v2 adds 80 %, v1 adds 20 %." in said
    assert "largest" not in said  # each of the two users has one way to the root
    g = k * 3.0
    said = str((g * 2.0 + g * x + k).backtrack().explain("k"))
    assert "By size, g adds 95 %, v4 adds 5.3 %." in said
    assert "The largest of 3 paths, 63 %: k -> g -> v2:mul -> v3:add -> v4:add" in said


def test_paths_that_add_nothing_have_no_share():
    """0 of 0, which is no number."""
    w = Value(3.0, "w")
    e = w - w
    e.label = "e"
    assert "  0 %  0  w -> e" in str(e.backtrack().paths("w"))
