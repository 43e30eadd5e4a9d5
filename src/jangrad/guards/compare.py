# cython: wraparound=False
"""Whether places hold what they held: the comparisons before each call, one after the other.

The file runs as plain Python and compiles with Cython (`compare.pxd`).
"""

from __future__ import annotations

from weakref import ref

from jangrad.guards.keys import kinds

try:
    import cython
except ImportError:
    from jangrad import nocython as cython

compiled = cython.compiled

if not cython.compiled:

    def _at_first(places, at, *more):
        return at

    _next_list = _next_size = _next_entry = _next_attribute = _next_dict = _at_first

    def _has_dict(owner, found):
        return getattr(owner, "__dict__", None) is found

    def _holds(array, kept):
        return array.tobytes() == kept


def are_of(objects, kinds):
    """Whether the class of each object is among those at these addresses."""
    last = None
    for x in objects:
        kind = type(x)
        if kind is not last:  # most lists are of one class
            if id(kind) not in kinds:
                return False
            last = kind
    return True


def has_dict(owner, found):
    """Whether a dict holds the attributes of an object."""
    return _has_dict(owner, found)


def unchanged(
    sizes, entries, dicts, owners, lists, attributes, arrays, others, tags, same, absent, unread
):
    """Whether places hold what they held: the very objects, or such as `same` finds alike.

    `sizes` has a dict and its length for each place, `entries` a dict, a key and a value, `dicts` a dict, its keys and its values,
    `owners` an object or a weak reference to it, the dict of its attributes and its class, `lists` a list and its items, `attributes` an
    object, a name and a value, `arrays` an array, its bytes, shape and type, `others` a function,
    an object and what it gave for it. `tags` has eight bytes for each size, entry and dict, 0 at
    first: the version of the dict when it was as before.
    """
    i = _next_size(sizes, 0, tags, 0)
    while i < len(sizes):
        one = sizes[i]
        if len(one) != sizes[i + 1]:
            return False
        i = _next_size(sizes, i + 2, tags, 0)
    first = len(sizes) // 2
    i = _next_entry(entries, 0, tags, first, absent)
    while i < len(entries):
        one = entries[i]
        now = one.get(entries[i + 1], absent)
        if now is not entries[i + 2] and not alike(now, entries[i + 2], same):
            return False
        i = _next_entry(entries, i + 3, tags, first, absent)
    first += len(entries) // 3
    i = _next_attribute(attributes, 0)
    while i < len(attributes):
        try:
            now = getattr(attributes[i], attributes[i + 1], absent)
        except ValueError:  # an empty cell
            now = absent
        if now is not attributes[i + 2] and not alike(now, attributes[i + 2], same):
            return False
        i = _next_attribute(attributes, i + 3)
    for i in range(0, len(owners), 3):
        owner = owners[i]
        if type(owner) is ref:
            owner = owner()
        if type(owner) is not owners[i + 2] or not _has_dict(owner, owners[i + 1]):
            return False
    i = _next_list(lists, 0)
    while i < len(lists):
        items = lists[i]
        kept = lists[i + 1]
        n = len(kept)
        if len(items) != n:
            return False
        for k in range(n):
            if items[k] is not kept[k] and not alike(items[k], kept[k], same):
                return False
        i = _next_list(lists, i + 2)
    i = _next_dict(dicts, 0, tags, first, unread)
    while i < len(dicts):
        one = dicts[i]
        keys = dicts[i + 1]
        kept = dicts[i + 2]
        if len(one) != len(keys):
            return False
        for k, (key, now) in enumerate(list(one.items())):
            if k >= len(keys):  # another thread has come between
                return False
            if key is not keys[k] and (key != keys[k] or kinds((key,)) != kinds((keys[k],))):
                return False
            if now is not kept[k] and kept[k] is not unread and not alike(now, kept[k], same):
                return False
        i = _next_dict(dicts, i + 3, tags, first, unread)
    for i in range(0, len(arrays), 4):
        array = arrays[i]
        if array.shape != arrays[i + 2] or array.dtype != arrays[i + 3]:
            return False
        if not _holds(array, arrays[i + 1]):
            return False
    i = 0
    while i < len(others) and same(others[i](others[i + 1]), others[i + 2]):
        i += 3
    return i >= len(others)


def alike(a, b, same):
    """Whether two objects are equal numbers; of all but floats, and of 0 and nan, `same` knows."""
    if type(a) is float and type(b) is float:
        x = a
        y = b
        if x == y and x != 0.0:
            return True
    return same(a, b)
