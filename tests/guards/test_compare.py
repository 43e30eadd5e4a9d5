"""What was seen is compared in compiled code as in plain Python."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from jangrad.guards import compare, same


def load_plain():
    """The file from its source, where the compiled one would be found first."""
    file = Path(compare.__file__).with_name("compare.py")
    spec = spec_from_file_location("plain_compare", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLAIN = load_plain()


def test_objects_are_told_apart_by_their_classes():
    """By the addresses of these."""
    assert not PLAIN.compiled
    kinds = frozenset(map(id, (float, int)))
    for either in (compare, PLAIN):
        assert either.are_of([1.0, 2.0, 3, 4.0], kinds)
        assert either.are_of((), kinds)
        assert not either.are_of((1.0, 2.0, True), kinds)  # a class of its own


@pytest.mark.filterwarnings("ignore:Setting the (shape|dtype):DeprecationWarning")  # NumPy 2.5
@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (lambda held: None, True),
        (lambda held: held["one"].update(k=float("1.5")), True),
        (lambda held: held["one"].update(k=2.5), False),
        (lambda held: held["one"].update(zero=-0.0), False),
        (lambda held: held["one"].update(no=float("nan")), True),
        (lambda held: held["one"].update(unread=7), True),
        (lambda held: held["one"].update(more=7), False),
        (lambda held: held["one"].pop("k"), False),
        (lambda held: held["items"].append(1.0), False),
        (lambda held: held["items"].reverse(), False),
        (lambda held: held["items"].__setitem__(0, float("0.5")), True),
        (lambda held: held["thing"].set(2), False),
        (lambda held: setattr(held["thing"], "__dict__", {"k": 1}), False),
        (lambda held: setattr(held["thing"], "__class__", type("Other", (), {})), False),
        (lambda held: held["array"].__setitem__(0, 9.0), False),
        (lambda held: held["array"].__setitem__(0, -0.0), False),
        (lambda held: held["spread"].__setitem__(1, 9.0), False),
        (lambda held: setattr(held["array"], "shape", (3, 1)), False),
        (lambda held: setattr(held["array"], "dtype", np.int64), False),
    ],
)
def test_what_was_seen_is_compared_alike_in_both(change, holds):
    """Entries, whole dicts, lists, attributes and arrays; by identity, or as equal numbers."""

    class Thing:
        def set(self, k):
            self.k = k

    thing = Thing()
    thing.set(1)
    one = {"k": 1.5, "zero": 0.0, "no": float("nan"), "unread": 1}
    held = {"one": one, "items": [0.5, thing], "thing": thing, "array": np.arange(3.0)}
    spread = held["spread"] = np.arange(6.0)[::2]
    absent, unread = object(), object()
    given = (
        [one, 4],
        [one, "k", one["k"], one, "nowhere", absent],
        [one, tuple(one), (*tuple(one.values())[:3], unread)],
        [thing, vars(thing), Thing],
        [held["items"], tuple(held["items"])],
        [thing, "k", 1],
        [part for a in (held["array"], spread) for part in (a, a.tobytes(), (3,), np.dtype(float))],
        [len, held["items"], 2],
    )
    change(held)
    for unchanged in (compare.unchanged, PLAIN.unchanged):
        tags = bytearray(8 * 4)
        for _ in range(2):  # the second time by the versions of the dicts
            assert unchanged(*given, tags, same, absent, unread) is holds


@pytest.mark.parametrize("name", ["k", "more"])
def test_a_dict_that_was_as_before_is_looked_at_again_when_it_changes(name):
    """Its version is another one then, also where it has gone back to what it held."""
    one, absent = {"k": 1.5}, object()
    given = [one, 1], [one, "k", one["k"]], [one, ("k",), (one["k"],)], [], [], [], [], []
    for unchanged in (compare.unchanged, PLAIN.unchanged):
        tags = bytearray(8 * 3)

        def holds(unchanged=unchanged, tags=tags):
            return unchanged(*given, tags, same, absent, absent)

        before = dict(one)
        assert holds()
        one[name] = 2.5
        assert not holds()
        one.clear()
        one.update(before)
        assert holds()
