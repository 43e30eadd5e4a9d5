"""The ways in which a story's work may be done: in Python, and in each kind of compiled code.

A story asks its way for work (`do.call`, `do.step`, ...) and changes things between. Each piece of
work is recorded as the numbers it gave, or as the error it raised, and the records are compared.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from jangrad import Value, compile_step, fit, gradient, jit, value_and_grad
from jangrad.compiler.program.arguments import flatten, sequence
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.trace import trace
from jangrad.errors import JangradError
from jangrad.train.resolve import resolve_optimizer


class Seen(NamedTuple):
    """What a piece of work gave.

    Attributes:
        numbers: all of them, in order.
        error: the class of the error that was raised instead, "" for none.
        message: its first line.
        taught: whether it was one of jangrad's errors, or one that the story itself raises.
    """

    numbers: tuple[float, ...]
    error: str = ""
    message: str = ""
    taught: bool = True


class Planned(Exception):
    """The error that stories raise themselves."""


def numbers_of(x: Any) -> Iterable[float]:
    """The numbers of a nesting, Values included."""
    if isinstance(x, Value):
        yield x.data
    elif isinstance(x, dict):
        for item in x.values():
            yield from numbers_of(item)
    elif isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.ndim):
        for item in x:
            yield from numbers_of(item)
    else:
        yield float(x)


def with_values(x: Any, made: list[Value]) -> Any:
    """The nesting with a new Value for each number; arrays become lists, as in a compiled call.

    An int picks a row, so it stays what it is.
    """
    if isinstance(x, int):
        return x
    if isinstance(x, dict):
        return {name: with_values(item, made) for name, item in x.items()}
    if isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.ndim):
        items = [with_values(item, made) for item in x]
        return sequence(type(x), items) if isinstance(x, tuple) else items
    made.append(Value(float(x)))
    return made[-1]


class Way:
    """How work is done; this one does it in Python and is what all others are compared with."""

    name = "eager"
    tolerance = 0.0
    serves = ""  # the work that it does otherwise than others; "" for any
    #: What the text of a story means otherwise in this way.
    names: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self.seen: list[Seen] = []

    # -- what stories call ------------------------------------------------------------------------

    def call(self, f: Callable[..., Any], *arguments: Any) -> None:
        """The function of numbers."""
        self._record(lambda: self._call(f, arguments))

    def map(self, f: Callable[..., Any], *batches: Any) -> None:
        """The function of each row."""
        self._record(lambda: self._map(f, batches))

    def slopes(self, f: Callable[..., Any], x: Any) -> None:
        """The function and its gradient by its one argument."""
        self._record(lambda: self._slopes(f, x))

    def stepper(self, loss: Callable[..., Any], parameters: list[Value], optimizer: Any) -> Any:
        """A training step; `take(step, *arguments)` makes one."""
        return functools.cache(lambda: self._stepper(loss, parameters, optimizer))

    def take(self, step: Any, *arguments: Any) -> None:
        """One training step: its loss, and what it leaves in the parameters."""
        self._record(lambda: [step()(*arguments), *(p.data for p in step().optimizer.parameters)])

    def fit(self, net: Any, X: Any, y: Any, **options: Any) -> None:
        """A training: its losses and what it leaves in the network, also when an error ends it."""

        def work() -> Any:
            history = fit(net, X, y, progress=False, engine=self._engine(), **options)
            return [*history.loss, *history.rate]

        self._record(work)
        self.note(lambda: [p.data for p in net.parameters()])

    def note(self, work: Callable[[], Any]) -> None:
        """Numbers that lie about, such as weights after an error."""
        self._record(work)

    # -- how this way does it ---------------------------------------------------------------------

    def _call(self, f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return f(*[with_values(x, []) for x in arguments])

    def _map(self, f: Callable[..., Any], batches: tuple[Any, ...]) -> Any:
        return [list(numbers_of(self._call(f, row))) for row in zip(*batches, strict=True)]

    def _slopes(self, f: Callable[..., Any], x: Any) -> Any:
        made: list[Value] = []
        root = f(with_values(x, made))
        if isinstance(root, Value):  # not where the numbers chose a constant
            root.backtrack()
        return [root, *(v.grad if v.has_grad else 0.0 for v in made)]

    def _stepper(self, loss: Callable[..., Any], parameters: list[Value], optimizer: Any) -> Any:
        return _Python(loss, parameters, optimizer)

    def _engine(self) -> str:
        return "eager"

    def _record(self, work: Callable[[], Any]) -> None:
        try:
            self.seen.append(Seen(tuple(numbers_of(work()))))
        except Exception as error:
            name = type(error).__name__
            taught = isinstance(error, (JangradError, Planned))
            self.seen.append(Seen((), name, str(error).partition("\n")[0], taught))


class _Python:
    """A training step in Python."""

    def __init__(self, loss: Callable[..., Any], parameters: list[Value], optimizer: Any) -> None:
        self.loss = loss
        self.optimizer = resolve_optimizer(optimizer, list(parameters), None)

    def __call__(self, *arguments: Any) -> float:
        loss = self.loss(*[with_values(x, []) for x in arguments])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return float(loss.data)


class Nudged(Way):
    """In Python, from arguments that differ in their last digits: what the rounding alone may do.

    All differ by one factor, so that zeros stay zeros and equals stay equal.
    """

    name = "nudged"

    def _call(self, f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        found = super()._call(f, tuple(nudged(x) for x in arguments))
        if not isinstance(found, Value):
            return found
        return found.data + _rounding(node.data for node in found.backtrack())

    def _slopes(self, f: Callable[..., Any], x: Any) -> Any:
        root, *slopes = super()._slopes(f, nudged(x))
        if not isinstance(root, Value):
            return [root, *slopes]
        nodes = root.backtrack().nodes
        rounding = _rounding(x for node in nodes for x in node.handed_down)
        value = root.data + _rounding(node.data for node in nodes)
        return [value, *(slope + rounding for slope in slopes)]


def _rounding(terms: Iterable[float | None]) -> float:
    """The last digits of the largest term: what cancels exactly here may leave them elsewhere."""
    return 2.0**-50 * max(
        (abs(x) for x in terms if x is not None and math.isfinite(x)), default=0.0
    )


def nudged(x: Any) -> Any:
    """The nesting with numbers that are larger by a few units in the last place."""
    if isinstance(x, dict):
        return {name: nudged(item) for name, item in x.items()}
    if isinstance(x, (list, tuple)):
        items = [nudged(item) for item in x]
        return sequence(type(x), items) if isinstance(x, tuple) else items
    return x * (1.0 + 2.0**-50) if isinstance(x, float) else x


class Gradients(Way):
    """In Python, with gradients that are Values."""

    name = "gradient()"
    serves = "slopes"
    tolerance = 1e-11

    def _slopes(self, f: Callable[..., Any], x: Any) -> Any:
        made: list[Value] = []
        root = f(with_values(x, made))
        return [root, *gradient(root, made)]


class Native(Way):
    """In machine code, wherever there is some for it."""

    name = "native"
    tolerance = 1e-9
    dtype = "float64"
    check = False

    def __init__(self) -> None:
        super().__init__()
        self._compiled: dict[Any, Any] = {}

    def _jit(self, f: Callable[..., Any], make: Callable[[Any], Any] = lambda f: f) -> Any:
        key = f, make
        if key not in self._compiled:
            self._compiled[key] = jit(make(f), dtype=self.dtype)
        return self._compiled[key]

    def _call(self, f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return self._jit(f)(*arguments)

    def _map(self, f: Callable[..., Any], batches: tuple[Any, ...]) -> Any:
        return _by_rows(self._jit(f).map(*batches), len(batches[0]))

    def _slopes(self, f: Callable[..., Any], x: Any) -> Any:
        return self._jit(f, value_and_grad)(x)

    def _stepper(self, loss: Callable[..., Any], parameters: list[Value], optimizer: Any) -> Any:
        return compile_step(loss, parameters, optimizer, dtype=self.dtype)

    def _engine(self) -> str:
        return "native"


def _by_rows(found: Any, rows: int) -> list[list[float]]:
    """The results of a map as those of each row, in the order in which a call has them."""
    if isinstance(found, np.ndarray):
        return [list(numbers_of(found[i])) for i in range(rows)]
    items = found.values() if isinstance(found, dict) else found
    parts = [_by_rows(item, rows) for item in items]
    return [[x for part in parts for x in part[i]] for i in range(rows)]


class Mapped(Native):
    """Calls as maps over three equal rows."""

    name = "map of rows"
    serves = "call"

    def _call(self, f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if not arguments:
            return super()._call(f, arguments)
        found = self._jit(f).map(*[[x] * 3 for x in arguments])
        return _third(found)


def _third(found: Any) -> Any:
    """The last of three rows of results."""
    if isinstance(found, dict):
        return [_third(item) for item in found.values()]
    if isinstance(found, (list, tuple)):
        return [_third(item) for item in found]
    return found[2]


class Single(Native):
    """In machine code, single precision."""

    name = "float32"
    tolerance = 2e-3
    dtype = "float32"

    def _engine(self) -> str:
        return "native"


class ThreadTeam(Native):
    """Trainings with two threads, wherever they can be shared out."""

    name = "two threads"
    serves = "fit"

    def fit(self, net: Any, X: Any, y: Any, **options: Any) -> None:
        if not callable(options.get("loss")):
            options["threads"] = 2
        super().fit(net, X, y, **options)


class Interpreted(Way):
    """Calls by the interpreter of traced programs."""

    name = "interpreter"
    tolerance = 1e-9

    def _call(self, f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        found = trace(f, arguments)
        data = [p.data for p in found.params]
        return [row[0] for row in interpret(found.program, data, [flatten(arguments)[0]])]

    def _slopes(self, f: Callable[..., Any], x: Any) -> Any:
        return self._call(value_and_grad(f), (x,))


class Auto(Way):
    """As a user who leaves the choice of the engine to jangrad."""

    name = "auto"
    serves = "fit"
    tolerance = 1e-9

    def _engine(self) -> str:
        return "auto"


ALL: tuple[type[Way], ...] = (Gradients, Native, Mapped, Single, ThreadTeam, Interpreted, Auto)


def difference(right: Seen, found: Seen, tolerance: float, doubt: Seen | None = None) -> str:
    """What is wrong with a piece of work, in words; "" for nothing, "refused" for a refusal.

    Args:
        doubt: what is right for nudged arguments; a number that moves there has no more digits.
    """
    if found.error and not found.taught:
        return "" if right.error == found.error else f"{found.error}: {found.message}"
    if right.error:
        if found.error:  # after another error, other weights are left
            return "" if found.error == right.error else "refused"
        if right.error == "DomainError" and any(x != x for x in found.numbers):
            return ""  # compiled code has no errors for single numbers, but nan
        return f"no {right.error} ({right.message}) but {found.numbers[:3]}"
    if found.error:
        return "refused"
    if len(right.numbers) != len(found.numbers):
        return f"{len(found.numbers)} numbers, not {len(right.numbers)}"
    largest = max([1.0, *(abs(x) for x in right.numbers if math.isfinite(x))])
    others = doubt.numbers if doubt and len(doubt.numbers) == len(right.numbers) else right.numbers
    for i, (a, b, c) in enumerate(zip(right.numbers, found.numbers, others, strict=True)):
        same = a == b or (a != a and b != b) or abs(a - b) <= tolerance * largest
        if not (same or abs(a - b) <= 100.0 * abs(a - c) < math.inf):
            return f"number {i} is {b!r}, right {a!r}"
    return ""
