"""Guards: what a trace may have read is still as it was, or the function is traced again.

A program keeps the plain numbers that its function has found. `look` notes all places where the
function may find some (`reach.py`); `Seen.holds` tells at a call, in compiled code, whether they
hold what they held. What a trace draws or changes by itself no program can do: it is refused, and
undone.
"""

from __future__ import annotations

import random
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from operator import is_
from types import MethodType
from typing import Any

import numpy as np

from jangrad.engine import Value
from jangrad.guards import compare
from jangrad.guards.observers import ABSENT, UNREAD, contents_of
from jangrad.guards.places import WatchedPlace, words
from jangrad.guards.reach import Reach
from jangrad.guards.reads import Reads
from jangrad.guards.undo import put_back
from jangrad.guards.weak_calls import References, Weakly

Roots = Sequence[tuple[Any, str]]

# Seconds in which another thread is caught changing what a trace has found changed.
_LONGEST_LOOK = 1.0


class Seen:
    """What objects can reach, as it was at one time.

    An earlier look at the same makes it faster. One that is `whole` holds also what is only
    written: attributes that nothing reads, and lists that are only appended to.

    Args:
        roots: the objects, each with its name for messages.
        before: what an earlier look at them gave.
        sought: objects of which it is asked whether one can be reached.
        whole: as above.

    Attributes:
        unseen: what it reaches and cannot be looked at, in words; "" where all can.
        generators: of random numbers that it reaches.
        runs_out: whether it reaches an iterator, of which nothing can be put back.
        finds: whether it reaches one of the objects that were sought.
        prints: whether it may print.
    """

    def __init__(
        self,
        roots: Roots,
        before: Seen | None = None,
        *,
        sought: Iterable[Any] = (),
        whole: bool = False,
    ) -> None:
        known = None if before is None else before._reads
        weak = References(root for root, _ in roots)
        strong = [(x.reference() if type(x) is Weakly else x, name) for x, name in roots]
        found = Reach(strong, known, sought=sought, whole=whole)
        self.finds, self.prints = found.finds, found.prints
        self._reads: Reads = found.reads
        self.unseen, self.generators = found.unseen, found.generators
        self.runs_out = found.runs_out
        self._places, self._weak = found.places, weak
        kinds: list[list[Any]] = [[] for _ in range(8)]
        sizes, entries, dicts, owners, lists, attributes, arrays, others = kinds
        for kind, holder, key, value, _, owner in found.places:
            if kind == "size":
                sizes += (holder, value)
            elif kind == "entry":
                entries += (holder, key, value)
            elif kind == "dict":
                dicts += (holder, *value)
                if compare.has_dict(owner, holder):
                    owners += (weak.instead_of(owner), holder, type(owner))
            elif kind == "list":
                lists += (holder, value)
            elif kind == "attribute" and holder in weak:
                others += (partial(_attribute_of, key), weak.instead_of(holder), value)
            elif kind == "attribute":
                attributes += (holder, key, value)
            elif kind == "array" and type(holder).tobytes is np.ndarray.tobytes:
                arrays += (holder, *value)
            elif kind == "array":  # one that is masked
                others += (contents_of, holder, value)
            elif holder in weak:
                others += (partial(_referent, key), weak.instead_of(holder), value)
            else:
                others += (key, holder, value)
        self._others = others
        #: Whether everything is as it was.
        tags = bytearray(8 * (len(sizes) // 2 + len(entries) // 3 + len(dicts) // 3))
        held = (*kinds, tags, same, ABSENT, UNREAD)
        self.holds: Callable[[], bool] = partial(compare.unchanged, *held)

    def watch(self, value: Value, number: float) -> None:
        """Hold the number of a Value, which the trace has kept or of which it has kept others."""
        self._others += (_data_of, value, number)

    def settle(self) -> None:
        """Hold none of the roots that are called weakly; what changes is not named any more."""
        if self._weak:
            self._places = []

    def changed_meanwhile(self, seconds: float) -> str:
        """What changes in so long a time, though nothing is traced; "" where nothing does."""
        end = time.monotonic() + min(seconds, _LONGEST_LOOK)
        while not (place := self.changed()) and time.monotonic() < end:
            time.sleep(1e-3)
        return place

    def changed(self, besides: Sequence[Any] = ()) -> str:
        """The first place that holds something else, in the user's words; "" where none does.

        Args:
            besides: objects whose own attributes may change.
        """
        with suppress(AttributeError, ValueError):  # of what was there and is no more
            if self.holds():
                return ""
        found = (place for place in self._places if not _is_as_before(place))
        own = {id(each) for each in besides}
        return next((_named(p) for p in found if own.isdisjoint((id(p[1]), id(p[5])))), "")

    def restore(self, seconds: float) -> None:
        """Put back what each place held, but for what other threads change.

        That is what changes within so many seconds though nothing is traced.
        """
        changed = [(place, _now(place)) for place in self._places if not _is_as_before(place)]
        if changed and threading.active_count() > 1:
            time.sleep(min(seconds, _LONGEST_LOOK))
            changed = [(place, now) for place, now in changed if same(_now(place), now)]
        for place, _ in changed:
            put_back(place)


#: What these objects can reach now.
look = Seen


def same(a: Any, b: Any) -> bool:
    """Whether one object may stand for the other in a program: equal plain numbers and the like."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is float:
        return struct.pack("d", a) == struct.pack("d", b)
    if kind is tuple:
        return len(a) == len(b) and (all(map(is_, a, b)) or all(map(same, a, b)))
    if kind is MethodType:  # a new one each time that an attribute is read
        return a.__func__ is b.__func__ and a.__self__ is b.__self__
    if kind is complex:
        return same((a.real, a.imag), (b.real, b.imag))
    if kind in (int, str, bytes, range):
        return bool(a == b)
    if isinstance(a, np.generic) and not isinstance(a, np.void):
        return bool(a.dtype == b.dtype and a.tobytes() == b.tobytes())
    return False


# -- what a trace must not do -------------------------------------------------------------------


class Draws:
    """The states of all generators of random numbers that a function may draw from."""

    def __init__(self, seen: Seen) -> None:
        self._generators = list(seen.generators)
        # Other threads may draw from those that the function cannot reach.
        if seen.unseen or threading.active_count() == 1:
            self._generators += _everybodys()
        self._kept = _states(self._generators)

    def moved(self) -> str:
        """The first generator that something was drawn from, in words; "" where none was."""
        now = _states(self._generators)
        for (name, _, before), (_, _, after) in zip(self._kept, now, strict=False):
            if not _equal(before, after):
                return name
        return ""

    def restore(self) -> None:
        """Put all generators back, so that what is drawn next is as if nothing had been."""
        for _, put, state in self._kept:
            put(state)


@contextmanager
def undone_on_errors(roots: Roots) -> Iterator[Seen]:
    """Undo on an error what was drawn in the block, and changed where these objects can reach."""
    start, seen = time.monotonic(), look(roots)
    draws = Draws(seen)
    try:
        yield seen
    except BaseException:
        seen.restore(time.monotonic() - start)
        draws.restore()
        raise


def _everybodys() -> list[Any]:
    """The generators that everybody draws from."""
    found: list[Any] = [random.random.__self__]  # type: ignore[attr-defined]
    drawn = sys.modules.get("numpy.random")
    if drawn is not None:
        found.append(drawn.mtrand._rand)
    return found


def _states(generators: Iterable[Any]) -> list[tuple[str, Callable[[Any], Any], Any]]:
    """Of each generator its name, what sets its state, and its state."""
    found: list[tuple[str, Callable[[Any], Any], Any]] = []
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found.append(("torch", torch.set_rng_state, torch.get_rng_state()))
    for generator in generators:
        module = type(generator).__module__.partition(".")[0]
        name = f"`{module}`" if module == "random" else "`numpy.random`"
        if isinstance(generator, random.Random):
            found.append((name, generator.setstate, generator.getstate()))
        elif module == "torch":
            found.append(("torch", generator.set_state, generator.get_state()))
        elif hasattr(generator, "set_state"):
            found.append((name, generator.set_state, generator.get_state(legacy=False)))
        else:
            bits = getattr(generator, "bit_generator", generator)
            found.append((name, partial(setattr, bits, "state"), bits.state))
    return found


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if hasattr(a, "tolist"):
        return bool(a.tolist() == b.tolist())
    return bool(a == b)


# -- places -------------------------------------------------------------------------------------


def _attribute_of(name: str, reference: Callable[[], Any]) -> Any:
    return getattr(reference(), name, ABSENT)


def _referent(read: Callable[[Any], Any], reference: Callable[[], Any]) -> Any:
    return read(reference())


def _data_of(leaf: Value) -> float:
    return leaf.data


def _now(place: WatchedPlace) -> Any:
    kind, holder, key, value, _, owner = place
    if kind == "size":
        return len(holder)
    if kind == "entry":
        return holder.get(key, ABSENT)
    if kind == "dict":
        if owner is not None and getattr(owner, "__dict__", holder) is not holder:
            return ABSENT, ABSENT
        items = tuple(holder.items())
        now = tuple(new for _, new in items)
        if len(now) == len(value[1]):
            now = tuple(
                old if old is UNREAD else new for old, new in zip(value[1], now, strict=True)
            )
        return tuple(name for name, _ in items), now
    if kind == "list":
        return tuple(holder)
    if kind == "array":
        return contents_of(holder)
    try:
        return getattr(holder, key) if kind == "attribute" else key(holder)
    except (AttributeError, ValueError):  # an empty cell
        return ABSENT


def _is_as_before(place: WatchedPlace) -> bool:
    return same(_now(place), place.value)


def _named(place: WatchedPlace) -> str:
    """The place that holds something else, to the item."""
    kind, _, _, value, path, _ = place
    now = _now(place)
    if kind == "dict" and now[0] == value[0]:
        for key, old, new in zip(*value, now[1], strict=False):  # it may have changed again
            if not same(old, new):
                return words((path, "." if place.key == "." else "[", key))
    if kind == "list" and len(now) == len(value):
        for i, (old, new) in enumerate(zip(value, now, strict=True)):
            if not same(old, new):
                return words((path, "[", i))
    return words(path)
