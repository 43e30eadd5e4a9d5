"""What was made of one function for one shape of its arguments, kept by what it found when traced.

A function that finds something else is traced again. If it computes the same with other numbers,
those become inputs of its program, so that the next change costs a trace and no compilation; if it
computes something else, a program is made for that too, and is taken again when all is as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from jangrad import forks
from jangrad.compiler.program.codes import CONST, GATHER, PARAM, SCATTER, STATIC
from jangrad.compiler.program.containers import code_in
from jangrad.compiler.program.ir import Ints, Program
from jangrad.compiler.program.results import is_nested_alike
from jangrad.compiler.program.trace import Trace, trace
from jangrad.engine import Value
from jangrad.errors import JangradError, Untraceable
from jangrad.guards import Draws, Roots, Seen, look, same

# So many programs are kept for one shape, the latest.
_MOST = 8
# A function that changes what it reads is traced so often; a first call may make what later use.
_TRACES = 3
# Where another thread changes it, as often as that takes, for so many seconds; so long at least is
# looked whether one does.
_LONGEST, _SHORTEST_LOOK = 1.0, 0.02

Made = TypeVar("Made")
Used = TypeVar("Used")


class Tracer(Protocol):
    """Traces a function, always for the same shape."""

    def __call__(self, *, lines: bool = False) -> Trace: ...


class Variant(Generic[Made]):
    """What was made of one trace.

    Attributes:
        found: the trace.
        seen: what the function could reach then.
        made: of the trace, with the constants that change as parameters.
        changing: of each node, whether it is one of these constants.
        numbers: their parameters.
    """

    def __init__(
        self, found: Trace, seen: Seen, made: Made, changing: Any, numbers: Sequence[Value] = ()
    ) -> None:
        self.found, self.seen, self.made = found, seen, made
        self.changing, self.numbers = changing, numbers


class Variants(Generic[Made]):
    """The variants of one function for one shape.

    Args:
        tracer: traces it.
        roots: what it calls first, each with its name for messages.
        make: makes something of a trace.
        check: whether to trace it whenever it is asked for, and compare.
        doubt: whether to do so where it reaches something that cannot be looked at.
        fresh: what the roots reach, where they have just been looked at.
    """

    def __init__(
        self,
        tracer: Tracer,
        roots: Roots,
        make: Callable[[Trace], Made],
        *,
        check: bool = False,
        doubt: bool = False,
        fresh: Seen | None = None,
    ) -> None:
        self._tracer, self._roots, self._make = tracer, roots, make
        self._check, self._doubt = check, doubt
        found, seen = watched(tracer, roots, fresh or look(roots))
        self.now = Variant(found, seen, make(found), _none(found))
        self._kept = [self.now]
        self._checked = True  # by the trace just made
        self._lock: Any = forks.renewed(self, "_lock", threading.RLock)

    def holds(self) -> bool:
        """Whether all that can be looked at is as it was for the present variant."""
        return self.now.seen.holds()

    @property
    def is_first(self) -> bool:
        """Whether all can be looked at, and nothing was made but of the first trace."""
        now = self.now
        return len(self._kept) == 1 and not (now.numbers or now.seen.unseen or now.found.earlier)

    def knows(self) -> bool:
        """Whether something was made of the function as it is now."""
        return self.now.seen.holds() or self._known() is not None

    def current(self) -> Made:
        """What was made of the function as it is now.

        Raises:
            Untraceable: when it cannot be traced any more, or does not compute the same twice.
        """
        now, checked = self.now, self._checked
        self._checked = False
        if not now.seen.holds():
            now = self.now = self._known() or self._renewed()
        elif not checked and (self._check or (self._doubt and now.seen.unseen)):
            found, now.seen = self._watched()
            if not self._takes(now, found):
                raise _unlike(now.found, found, self._tracer(lines=True))
        return now.made

    def use(self, use: Callable[[Made], Used]) -> Used:
        """What is got from what `current` gives, while no other thread gives it other numbers."""
        if self._lock._is_owned():  # by a call in the midst of which this one has come
            return self._within.use(use)
        while True:
            self.current()
            now = self.now
            seen = now.seen
            if seen.holds():
                used = use(now.made)
                if not now.numbers or now.seen is seen:
                    return used

    @forks.once
    def _within(self) -> Variants[Made]:
        """Others of the same function."""
        check, doubt = self._check, self._doubt
        return Variants(self._tracer, self._roots, self._make, check=check, doubt=doubt)

    def _known(self) -> Variant[Made] | None:
        for variant in tuple(self._kept):
            if variant.seen.holds():
                return variant
        return None

    def _renewed(self) -> Variant[Made]:
        found, seen = self._watched()
        with self._lock:  # not while it is traced, for it may wait for a thread that comes here too
            near = None
            for variant in self._kept:
                if self._takes(variant, found):
                    variant.seen = seen
                    return variant
                if is_alike(variant.found, found):
                    near = variant
            if near is None:
                renewed = Variant(found, seen, self._make(found), _none(found))
            else:  # the same with other numbers
                self._kept.remove(near)
                changing = near.changing | _different(near.found, found)
                numbers = [Value(x) for x in found.program.value[changing].tolist()]
                made = self._make(_with_parameters(found, np.flatnonzero(changing), numbers))
                renewed = Variant(found, seen, made, changing, numbers)
            self._kept.append(renewed)
            del self._kept[:-_MOST]
            return renewed

    def _watched(self) -> tuple[Trace, Seen]:
        return watched(self._tracer, self._roots, look(self._roots, self.now.seen))

    def _takes(self, variant: Variant[Made], found: Trace) -> bool:
        """Whether the variant computes what was found; it then has its numbers."""
        if not is_alike(variant.found, found):
            return False
        if (_different(variant.found, found) & ~variant.changing).any():
            return False
        numbers = found.program.value[variant.changing].tolist()
        for value, number in zip(variant.numbers, numbers, strict=True):
            if not same(value.data, number):
                variant.seen.holds = _never  # for threads that see what was there before
                value.data = number
        return True


def watched(tracer: Tracer, roots: Roots, seen: Seen) -> tuple[Trace, Seen]:
    """A trace, and what the function could reach when it began and when it ended.

    Args:
        tracer: traces it.
        roots: what it calls first, each with its name for messages.
        seen: what they reach now.

    Raises:
        Untraceable: when it draws random numbers, changes what it reads, or does not compute the
            same twice where it reaches something that cannot be looked at.
    """
    start = monotonic()
    try:
        return _watched(tracer, roots, seen, start)
    except JangradError:  # after another error what was done is done, as in Python
        seen.restore(monotonic() - start)
        raise


def traced_once(
    function: Callable[..., Any], called: Callable[..., Any], arguments: Sequence[Any]
) -> Trace:
    """A trace with its lines, of what is compiled once and never looked at again.

    Args:
        function: what the user wrote.
        called: what is traced: the same, or what calls it with its fixed arguments.
        arguments: numbers in any nesting.

    Raises:
        Untraceable: as `watched` does.
    """
    roots = [(function, getattr(function, "__name__", type(function).__name__))]
    roots += code_in(arguments)

    def tracer(*, lines: bool = False) -> Trace:
        return trace(called, arguments, lines=True)

    return watched(tracer, roots, look(roots))[0]


def _watched(tracer: Tracer, roots: Roots, seen: Seen, start: float) -> tuple[Trace, Seen]:
    tries, alone = 0, False
    while True:
        found = _undrawn(tracer, seen)
        place = seen.changed()
        if not place:
            if seen.unseen and not is_same(found, again := _undrawn(tracer, seen)):
                raise _unlike(found, again, _undrawn(tracer, seen, lines=True))
            for leaf in found.behind:
                seen.watch(leaf, leaf.data)
            for value, number in found.read:  # perhaps by threads that do a part of the work
                seen.watch(value, number)
            seen.settle()
            return found, seen
        tries += 1
        seen = look(roots, seen)
        if tries >= _TRACES:
            # Another thread may have ended its changes just before: once more tells.
            alone = _check_other_threads(seen, place, monotonic() - start, alone)
            seen = look(roots, seen)


def _check_other_threads(seen: Seen, place: str, seconds: float, alone: bool) -> bool:
    """That it is another thread that changes what a trace reads, and not for so long already.

    Returns:
        Whether none did for as long as the traces took; when it was so before, that is an error.
    """
    other = seen.changed_meanwhile(max(seconds, _SHORTEST_LOOK))
    if not other and alone:
        raise Untraceable(
            f"`{place}` changes each time the function is called",
            why="a program only computes: it would be changed while the function is traced, and not"
            " at each call",
            try_="change it outside the function; or do not compile it",
        )
    if other and seconds > _LONGEST:
        raise Untraceable(
            f"`{other}` is changed by another thread while the function is traced",
            why="what the function computes would be made of its old number and of its new one",
            try_="a lock around both, or the number as an argument of the function",
        )
    return not other


def _undrawn(tracer: Tracer, seen: Seen, *, lines: bool = False) -> Trace:
    first = Draws(seen)
    alone = threading.active_count() == 1
    for _ in range(1 if alone else _TRACES):  # for it may be another thread that has drawn
        draws = Draws(seen)
        try:
            found = tracer(lines=lines)
        except JangradError:
            first.restore()
            raise
        drawn = draws.moved()
        if not drawn:
            return found
    first.restore()
    raise Untraceable(
        f"the function draws random numbers, by {drawn}",
        why="a program would keep what was drawn in the one call that was traced",
        try_="draw them outside and give them to the function as an argument, such as a mask"
        ' of 0 and 1; in `fit`, engine="eager"',
    )


# -- comparing traces ---------------------------------------------------------------------------


def _never() -> bool:
    return False


def is_alike(a: Trace, b: Trace) -> bool:
    """Whether two traces are the same but for the numbers in them."""
    p, q = a.program, b.program
    if len(p) != len(q) or not is_nested_alike(a.result, b.result) or a.lookups != b.lookups:
        return False
    if not all(
        np.array_equal(getattr(p, name), getattr(q, name))
        for name in ("op", "slot", "ptr", "child", "batched", "outputs")
    ):
        return False
    kept = _fixed(p)
    if not np.array_equal(_bits(p)[kept], _bits(q)[kept]):
        return False
    used = sorted(set(p.slot[p.op == PARAM].tolist()))
    return all(a.params[slot] is b.params[slot] for slot in used)


def is_same(a: Trace, b: Trace) -> bool:
    """Whether two traces are the same."""
    return is_alike(a, b) and not _different(a, b).any()


def _different(a: Trace, b: Trace) -> Any:
    """Of each node, whether its numbers differ, in traces that are alike."""
    return (a.program.op == CONST) & (_bits(a.program) != _bits(b.program))


def _none(found: Trace) -> Any:
    return np.zeros(len(found.program), bool)


def _bits(program: Program) -> Ints:
    return program.value.view(np.int64)


def _fixed(program: Program) -> Any:
    """Which nodes hold numbers that make the program: exponents, and places in arrays."""
    found = program.op == STATIC
    at = np.flatnonzero((program.op == GATHER) | (program.op == SCATTER))
    found[program.child[program.ptr[at] + 1]] = True
    return found


def _with_parameters(found: Trace, nodes: Ints, numbers: list[Value]) -> Trace:
    """The trace with parameters in the place of constants."""
    program = found.program
    op, slot, value = program.op.copy(), program.slot.copy(), program.value.copy()
    op[nodes], value[nodes] = PARAM, 0.0
    slot[nodes] = len(found.params) + np.arange(len(nodes))
    params = [*found.params, *numbers]
    program = program._replace(op=op, slot=slot, value=value, params=len(params))
    return found._replace(program=program, params=params)


def _unlike(a: Trace, b: Trace, lined: Trace) -> Untraceable:
    """The error for a function that computed a, then b, and then what has lines."""
    if not (is_alike(b, lined) or is_same(a, lined)):
        b = lined
    lines = lined.lines if is_alike(b, lined) else [""] * len(b.program)
    what = "something else each time"
    p, q = a.program, b.program
    if is_alike(a, b):
        node = int(np.flatnonzero(_different(a, b))[0])
        what = f"first with {p.value[node]:g} and then with {q.value[node]:g}"
        apart = np.flatnonzero(q.child == node)
        at = [int(np.searchsorted(q.ptr, user, "right")) - 1 for user in apart[:1]]
    else:
        n = min(len(p), len(q))
        apart = np.flatnonzero((p.op[:n] != q.op[:n]) | (p.slot[:n] != q.slot[:n]))
        at = list(range(int(apart[0]), len(q))) if len(apart) else []
    line = next(filter(None, map(lines.__getitem__, at)), "")
    return Untraceable(
        f"the function computes {what}, though nothing has changed that could be seen",
        where=line or None,
        why="a program would keep what the one call found that was traced",
        try_="give it to the function as an argument; or do not compile it",
    )
