"""Copies and pickles of Values, without recursion; the engine asks for them at first use.

The file runs as plain Python and compiles with Cython (`copies.pxd`), as the engine does.
"""

from __future__ import annotations

from jangrad import engine, graph, ops, watching
from jangrad.errors import Untraceable

try:
    import cython
except ImportError:
    from jangrad import nocython as cython

if not cython.compiled:
    from jangrad.engine import Value


def copied(v):
    """What `copy.copy` gives: a node of the same inputs."""
    _check_known(v)
    out = engine._node(v._code, v._data, v._left, v._right, v._aux)
    out._grad = v._grad
    out._flags = v._flags & engine.HAS_GRAD
    out._stamp = v._stamp  # a copy is as stale as what was copied
    if v.label:
        out.label = v.label
    for name, thing in engine.attributes_of(v).items():
        setattr(out, name, thing)
    return out


def reduced(v):
    """What `copy.deepcopy` and `pickle` are told of a Value."""
    _check_known(v)
    noted = v._flags & engine.HAS_NOTE or not cython.compiled
    held = engine.attributes_of(v) if noted else None
    state = (None, held) if held else None  # set later, for they may lead back to it
    if v._code == engine.LEAF:
        grad = v._grad if v.has_grad else None
        return _leaf_from, (v._data, grad, v.label), state
    return _node_from, _parts_of(v), state


def _check_known(v):
    if engine._hidden(v):
        raise watching.undone("a copy of a Value", "the Value itself: it never changes")


def _parts_of(v):
    """What a node is made of, behind a list of all nodes that are behind it.

    `copy` and `pickle` know each of those when they come to its inputs: they do not recurse, and
    what two Values share they share in the copy too.
    """
    if v._code == engine.CLOSURE:
        raise Untraceable.own_backward(v.op, "copied")
    left, right = v._left, v._right
    alone = left._code == engine.LEAF and (right is None or right._code == engine.LEAF)
    return (
        None if alone or graph.is_listed(v) else graph.Behind(v),
        ops.sent(v._code),
        v._data,
        v._grad,
        left,
        right,
        v._aux,
        v._flags & engine.HAS_GRAD | (2 if engine._is_stale(v) else 0),
        v.label if v._flags & engine.HAS_NOTE else "",
    )


def _leaf_from(data, grad, label):
    out = Value(data, label)
    if grad is not None:
        out.grad = grad
    return out


def _node_from(_, sent, data, grad, left, right, aux, flags, label):
    # Another process may have its operations in another order, and another version other ones.
    v = engine._node(ops.known_code(sent), data, left, right, aux)
    v._grad = grad
    v._flags = flags & engine.HAS_GRAD
    v._stamp = 0 if flags & 2 else v._stamp  # stale as before: older than any leaf
    if label:
        v.label = label
    return v
