"""More nodes for a program, many at a time: formulas run on vectors of nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from jangrad import ieee, ops
from jangrad.compiler.program.codes import CONST, INPUT, MUL, NEG, STATIC, SUM
from jangrad.compiler.program.ir import OVER_ROWS, Bytes, Ints, Operation, Program, number_of
from jangrad.compiler.program.sweeps import spread

_NO_SLOT = np.zeros(1, np.int64)


class Grower:
    """Appends nodes to a program.

    Args:
        program: what to start from; it is not changed.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.count = len(program)
        self.inputs = program.inputs
        self._parts: list[tuple[Any, ...]] = []  # op, value, slot, inputs of a group of nodes
        self._batched = bytearray(program.batched.tobytes())

    def nodes(
        self,
        op: int,
        *inputs: Ints,
        value: float = 0.0,
        slots: Ints | None = None,
        batched: bool | Bytes = False,
    ) -> Ints:
        """One new node for each place of the inputs, which are as long as each other or single."""
        if slots is None:
            slots = np.zeros(max((len(i) for i in inputs), default=1), np.int64)
        size = len(slots)
        columns = [np.broadcast_to(i, size) for i in inputs]
        used = np.stack(columns, axis=1) if columns else np.zeros((size, 0), np.int64)
        return self._append(op, value, slots, used, batched)

    def wide_sum(self, terms: Ints, op: int = SUM, slots: Ints = _NO_SLOT) -> Ints:
        """One node that sums all of these; with `BATCH_SUM` also over the rows of a batch."""
        return self._append(op, 0.0, slots, terms[None, :], False)

    def _append(
        self, op: int, value: float, slots: Ints, used: Ints, batched: bool | Bytes
    ) -> Ints:
        size = len(slots)
        found = self.count + np.arange(size)
        self.count += size
        if batched is False and op not in OVER_ROWS:
            # Nodes made together are alike, so the first one tells.
            batched = any(self._batched[i] for i in used[:1].ravel().tolist())
        self._batched += np.full(size, batched, np.int8).tobytes()
        self._parts.append((np.full(size, op), np.full(size, value), slots, used))
        return found

    def constant(self, x: float, *, static: bool = False) -> Ints:
        """A constant, as one node."""
        return self.nodes(STATIC if static else CONST, value=x)

    def input(self, count: int, *, batched: bool = False) -> Ints:
        """New inputs, after those that there are."""
        found = self.nodes(INPUT, slots=self.inputs + np.arange(count), batched=batched)
        self.inputs += count
        return found

    def finish(self, outputs: Ints) -> Program:
        """The longer program."""
        p = self.program
        ops, values, slots, used = zip(*self._parts, strict=True)
        counts = np.concatenate([np.full(len(u), u.shape[1]) for u in used])
        return p._replace(
            op=np.concatenate([p.op, *ops]),
            value=np.concatenate([p.value, *values]),
            slot=np.concatenate([p.slot, *slots]),
            ptr=np.concatenate([p.ptr, p.ptr[-1] + np.cumsum(counts)]),
            child=np.concatenate([p.child, *(u.ravel() for u in used)]),
            key=np.concatenate([p.key, len(p) + np.arange(self.count - len(p))]),
            batched=np.frombuffer(self._batched, np.int8).copy(),
            outputs=outputs,
            inputs=self.inputs,
        )


def batched_by(program: Program, own: Ints) -> Program:
    """The program of which each row has these inputs for itself, and what is made of them."""
    flags = ((program.op == INPUT) & np.isin(program.slot, own)).astype(np.int8)
    spread(program.ptr, program.child, flags)
    return program._replace(batched=flags)


def _operator(name: str, *, reflected: bool = False) -> Callable[[Nodes, Any], Nodes]:
    """An operation of the table on nodes, and on a node or a number beside them."""

    def computed(one: Nodes, other: Any) -> Nodes:
        inputs = one.ids, one._lift(other)
        return one._make(number_of(Operation(name)), *(inputs[::-1] if reflected else inputs))

    return computed


class Nodes:
    """A vector of nodes that formulas can be run on."""

    __slots__ = ("grower", "ids")

    def __init__(self, grower: Grower, ids: Ints) -> None:
        self.grower = grower
        self.ids = ids

    def _lift(self, other: Any) -> Ints:
        return other.ids if isinstance(other, Nodes) else self.grower.constant(float(other))

    def _make(self, op: int, *inputs: Ints) -> Nodes:
        return Nodes(self.grower, self.grower.nodes(op, *inputs))

    def __add__(self, other: Any) -> Nodes:
        return self._make(SUM, self.ids, self._lift(other))

    __radd__ = __add__

    def __neg__(self) -> Nodes:
        return self._make(NEG, self.ids)

    def __pos__(self) -> Nodes:
        return self

    def __sub__(self, other: Any) -> Nodes:
        return self + (-other if isinstance(other, Nodes) else -float(other))

    def __rsub__(self, other: Any) -> Nodes:
        found: Nodes = -self + other
        return found

    def __mul__(self, other: Any) -> Nodes:
        return self._make(MUL, self.ids, self._lift(other))

    __rmul__ = __mul__

    def __pow__(self, exponent: Any) -> Nodes:
        above = (
            exponent.ids
            if isinstance(exponent, Nodes)
            else self.grower.constant(float(exponent), static=True)
        )
        return self._make(number_of(Operation("pow")), self.ids, above)

    __truediv__, __rtruediv__ = _operator("div"), _operator("div", reflected=True)
    __mod__, __rmod__ = _operator("mod"), _operator("mod", reflected=True)
    __rpow__ = _operator("pow", reflected=True)
    # A test is 1 where it holds, else 0.
    __lt__, __gt__ = _operator("less"), _operator("less", reflected=True)
    __le__, __ge__ = _operator("less_equal"), _operator("less_equal", reflected=True)

    def __bool__(self) -> bool:
        raise AssertionError("which answer a test has is not known before it runs")


def functions_on_nodes(names: Iterable[str]) -> dict[str, Any]:
    """What rules need to run on nodes (with `rules.IEEE` and `CHOSEN`); of numbers, numbers come.

    Args:
        names: the functions that they call.
    """
    return {**_LANGUAGE, **{name: _function(name) for name in names}}


def _function(name: str) -> Callable[..., Any]:
    def call(*given: Any) -> Any:
        one = next((x for x in given if isinstance(x, Nodes)), None)
        if one is None:
            return ops.evaluate(name, *given)
        return one._make(number_of(Operation(name)), *map(one._lift, given))

    return call


def _equal(a: Any, b: Any) -> Any:
    return _function("equal")(a, b)


def _either(p: Any, q: Any) -> Any:
    return _function("maximum")(p, q)


def _where(test: Any, u: Any, v: Any) -> Any:
    if not isinstance(test, Nodes):
        return u if test else v
    side = _function("side")
    return side(test, u) + side(_equal(test, 0.0), v)


_LANGUAGE: dict[str, Any] = {
    "_equal": _equal,
    "_unequal": lambda a, b: 1.0 - _equal(a, b),
    "_both": lambda p, q: p * q,
    "_either": _either,
    "_where": _where,
    "_div": lambda a, b: a / b if isinstance(a, Nodes) or isinstance(b, Nodes) else ieee.div(a, b),
    "_mod": lambda a, b: a % b if isinstance(a, Nodes) or isinstance(b, Nodes) else ieee.mod(a, b),
    "_power": lambda a, b: (
        a**b if isinstance(a, Nodes) or isinstance(b, Nodes) else ieee.power(a, b)
    ),
}
