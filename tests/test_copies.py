"""Copies and pickles of several computed Values: what they share they share in the copy too."""

from __future__ import annotations

import copy
import io
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from tests.strategies import programs, run

from jangrad import Module, Value, gradient, graph
from jangrad.engine import apply
from jangrad.graph import ordered


def by_python(thing: Any) -> Any:
    """Through the pickler that is written in Python, as some libraries do."""
    out = io.BytesIO()
    pickle._Pickler(out).dump(thing)  # type: ignore[attr-defined]
    return pickle._loads(out.getvalue())  # type: ignore[attr-defined]


def back(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


COPIES = pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, back, by_python, lambda thing: pickle.loads(pickle.dumps(thing, protocol=2))],
    ids=["deepcopy", "pickle", "by Python", "protocol 2"],
)
Copied = Callable[[Any], Any]


@COPIES
@pytest.mark.parametrize("first", ["inner", "outer"])
def test_an_inner_value_stays_inside_its_graph(copied: Copied, first: str) -> None:
    """A loss and a value on the way to it, in either order: gradients reach the copy of that."""
    a = Value(2.0)
    h = a * a
    loss = h * 3.0 + h
    h2, loss2, a2 = copied((h, loss, a)) if first == "inner" else reversed(copied((a, loss, h)))
    assert (loss2.data, h2.data) == (16.0, 4.0)
    loss2.backward()
    assert (h2.grad, a2.grad) == (4.0, 16.0)
    assert [slope.data for slope in gradient(loss2, [h2, a2])] == [4.0, 16.0]
    assert not h.has_grad


@COPIES
def test_a_module_that_keeps_computed_values(copied: Copied) -> None:
    """Its parameters, and what was computed of them, hang together as before."""

    net = Kept()
    twin = copied(net)
    twin.total.backward()
    assert (twin.w.grad, twin.penalty.grad, net.w.grad) == (7.0, 1.0, 0.0)
    assert twin.total.children[0] is twin.penalty
    assert list(twin.named_parameters()) == ["w"]


class Kept(Module):
    """A weight, a penalty, and a total."""

    def __init__(self) -> None:
        self.w = Value(3.0)
        self.penalty = self.w * self.w
        self.total = self.penalty + self.w


@COPIES
@given(program=programs())
def test_all_values_of_random_graphs(copied: Copied, program: Any) -> None:
    """All nodes in any order: each once, with the numbers and the inputs that it had."""
    root = run(program, [Value(x) for x in program.leaves], apply)
    root.backtrack()
    nodes = ordered(root)
    twins = copied(nodes[::-1])[::-1]
    assert ordered(twins[-1]) == twins
    place = {node: i for i, node in enumerate(nodes)}
    known = {twin: i for i, twin in enumerate(twins)}
    for node, twin in zip(nodes, twins, strict=True):
        assert (node.op, node.data, node.grad) == (twin.op, twin.data, twin.grad)
        assert [place[x] for x in node.children] == [known[x] for x in twin.children]


@pytest.mark.parametrize("copied", [copy.deepcopy, back], ids=["deepcopy", "pickle"])
def test_deep_graphs_are_copied_without_recursion(copied: Copied) -> None:
    """Chains of 20,000, one behind the other, and twice over; nothing is remembered afterwards."""
    x = Value(1.0)
    middle = x
    for _ in range(20_000):
        middle = middle * 1.0
    end = middle
    for _ in range(20_000):
        end = end + 0.0
    middle2, end2, again = copied([middle, end, [end, middle]])
    assert again == [end2, middle2]
    end2.backward()
    assert middle2.grad == 1.0
    assert len(pickle.dumps([middle, end])) < 1.1 * len(pickle.dumps(end))
    assert not graph._listed


def test_a_copy_that_fails_leaves_nothing_behind() -> None:
    """What is copied next is copied as ever."""
    x = Value(1.0)
    y = x
    for i in range(5_000):
        y = y * 1.0
        if i == 2_500:
            y.note = threading.Lock()
    for _ in range(2):
        with pytest.raises(TypeError, match="lock"):
            pickle.dumps(y)
        with pytest.raises(TypeError, match="lock"):
            copy.deepcopy(y)
    assert not graph._listed
    end = y
    for _ in range(5_000):
        end = end * 1.0
    for node in ordered(end):
        if hasattr(node, "note"):
            del node.note
    assert back(end).data == 1.0


@COPIES
def test_attributes_that_lead_back(copied: Copied) -> None:
    """A Value may hold itself, or what was computed from it."""
    a = Value(2.0, label="a")
    b = a * 3.0
    a.user, a.me, b.other = b, a, Value(5.0)
    a2 = copied(a)
    assert a2.me is a2
    assert (a2.user.data, a2.user.children, a2.user.other.data) == (6.0, (a2,), 5.0)
    assert (a2.label, copied([b])[0].children[0].label) == ("a", "a")


@COPIES
def test_threads_copy_at_once(copied: Copied) -> None:
    """Each has its own list of what comes next."""
    x = Value(1.0)
    ends = [x]
    for _ in range(300):
        ends.append(ends[-1] * 1.0)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(copied(ends))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for twins in found:
        assert [twin.children for twin in twins[1:]] == [(twin,) for twin in twins[:-1]]
