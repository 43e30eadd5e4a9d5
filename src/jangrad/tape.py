"""A graph as flat arrays, and numbers in and out of Values: what the compiler asks of the engine.

The file runs as plain Python and compiles with Cython (`tape.pxd`), as the engine does.
"""

from __future__ import annotations

from array import array

from jangrad import engine
from jangrad.errors import NoGradient


def tape(roots):
    """The graph behind the roots as flat arrays, each node once and after its inputs.

    Returns:
        nodes, the Values themselves, in order; for each of them its code, the positions of its left
        and right input (-1 for none), the plain number beside its operator, and when it was made;
        last the position of each root. A leaf has no number beside an operator: there stands which
        leaf was made first.
    """
    nodes, places = [], []
    count = 0
    with engine._lock:
        if engine._inside_own:
            raise NoGradient.inside()
        try:
            for root in roots:
                stack = [root]
                while stack:
                    v = stack[-1]
                    if v._uses != 0:  # it has its position already
                        stack.pop()
                        continue
                    left = v._left
                    right = v._right
                    if left is not None and left._uses == 0:
                        stack.append(left)
                        continue
                    if right is not None and right._uses == 0:
                        stack.append(right)
                        continue
                    stack.pop()
                    nodes.append(v)
                    count += 1
                    v._uses = count
            codes, lefts, rights, times = [array("q", bytes(8 * count)) for _ in range(4)]
            numbers = array("d", bytes(8 * count))
            _write_tape(nodes, codes, lefts, rights, numbers, times)
            for root in roots:
                places.append(root._uses - 1)
        finally:
            for v in nodes:
                v._uses = 0
    return nodes, codes, lefts, rights, numbers, times, places


def _write_tape(nodes, codes, lefts, rights, numbers, times):
    for i, v in enumerate(nodes):
        codes[i] = v._code
        left = v._left
        right = v._right
        lefts[i] = -1 if left is None else left._uses - 1
        rights[i] = -1 if right is None else right._uses - 1
        numbers[i] = v._aux
        times[i] = 0 if v._code == engine.LEAF else v._stamp


def read_data(values, to, seen=-1.0):
    """Write the data of each Value into the array, if any Value changed since `seen`.

    Returns:
        Now, to be handed in at the next time.
    """
    now = engine._clock + engine._serial  # before the first is read; data that is assigned moves it
    if seen != now:
        for i, v in enumerate(values):
            to[i] = v._data
    return now


def write_data(leaves, numbers):
    """Assign each number of the array to the data of a leaf; the counterpart of `read_data`."""
    for i, v in enumerate(leaves):
        v._data = float(numbers[i])  # not NumPy's own kind of float, in the plain engine
        engine._clock += 1
        v._stamp = engine._clock
