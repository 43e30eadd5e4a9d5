"""Long chains of objects: a look takes room for each of them, and not for the way to each."""

import re
import tracemalloc

import pytest

from jangrad import jit
from jangrad.errors import Untraceable
from jangrad.guards import look
from jangrad.guards.places import owner_of, words


class Node:
    """One of a linked list."""

    def __init__(self, behind):
        self.behind, self.v = behind, 1.0


def linked(length):
    head = None
    for _ in range(length):
        head = Node(head)
    return lambda x: x * head.v if head.behind else x


def nested(depth):
    inside = []
    for _ in range(depth):
        inside = [inside]
    return lambda x: x * len(inside)


@pytest.mark.parametrize("make", [linked, nested])
def test_a_look_takes_room_for_each_object_alone(make):
    """Texts of all the ways took 7 kB for each of 2,000 nodes, and 14 kB for each of 4,000."""
    count = 8000
    f = make(count)
    look([(f, "f")])
    tracemalloc.start()
    seen = look([(f, "f")])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen.holds()
    assert not seen.unseen
    assert most < 1000 * count


def test_the_end_of_a_long_chain_is_looked_at():
    last = Node(None)
    head = last
    for _ in range(3000):
        head = Node(head)

    def f(x):
        node = head
        while node.behind:
            node = node.behind
        return x * node.v

    compiled = jit(f)
    assert compiled(2.0) == 2.0
    last.v = 5.0
    assert compiled(2.0) == 10.0


def test_what_changes_in_a_long_chain_is_named_by_its_beginning_and_its_end():
    head = [0.0]
    for _ in range(100):
        head = [head]

    chain = jit(lambda x: x * _bump(head))
    where = f"`head{'[0]' * 8} ... {'[0]' * 8}` changes"
    with pytest.raises(Untraceable, match=re.escape(where)):
        chain(1.0)


def _bump(head):
    while isinstance(head[0], list):
        head = head[0]
    head[0] += 1.0
    return 1.0


def test_paths_are_written_as_the_user_would():
    path = ((("net", ".", "layers"), "[", 0), "[", "a" * 100)
    assert words("net") == "net"
    assert words(path[0]) == "net.layers[0]"
    assert words(path) == f"net.layers[0]['{'a' * 39}]"
    assert words(owner_of((path[0], ".", "call"))) == "net.layers[0]"
    assert owner_of(path) == ""
    assert owner_of("net.call") == "net"
