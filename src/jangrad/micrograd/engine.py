"""micrograd's module `engine`: a Value that can be extended as its lecture does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MemberDescriptorType
from typing import Any

from jangrad import engine
from jangrad.errors import InnerValue, NotANumber

_NOTHING = (lambda: None).__code__.co_code


class Value(engine.Value, adopted=True):
    """jangrad's Value, open as micrograd's is.

    Operations may be added by closure, methods put into the class, attributes added to a Value, and
    classes derived from it. What is computed from such Values is of this class again. A Value with
    a backward of its own is a part of every backward pass and picture; `jit` and second derivatives
    refuse it by name, for nobody knows what it computes.

    Args:
        data: a real number.
        _children: the Values that it was computed from.
        _op: what to call the operation.
        label: a name to show.

    Raises:
        NotANumber: when data is no real number, or a child no Value.

    >>> def cube(x):
    ...     out = Value(x.data**3, (x,), "cube")
    ...     def _backward():
    ...         x.grad += 3 * x.data**2 * out.grad
    ...     out._backward = _backward
    ...     return out
    >>> x = Value(2.0)
    >>> y = cube(x) * 10 + x
    >>> y.backward()
    >>> y.data, x.grad
    (82.0, 121.0)
    """

    __slots__ = ()

    def __init__(
        self, data: Any, _children: Iterable[Any] | str = (), _op: str = "", label: str = ""
    ) -> None:
        if isinstance(_children, str):  # jangrad's own order: Value(2.0, "a")
            _children, label = "", _children
        super().__init__(data, label)
        if _op:
            self._called = str(_op)
        self._come_from(tuple(_children))

    def __init_subclass__(cls, **named: Any) -> None:
        """Any class may be derived from this one."""

    def _come_from(self, children: tuple[Any, ...]) -> None:
        """Make of this leaf a node with a backward of its own, behind which are these."""
        for child in children:
            if not isinstance(child, engine.Value):
                raise NotANumber(f"a child of a Value is a Value, not {child!r:.60}")
        if children:
            children = tuple({id(child): child for child in children}.values())
            self._behind = children
            # A node has two inputs; further children hang on one that contributes nothing.
            second = children[1] if len(children) == 2 else None
            if len(children) > 2:
                second = _Traced(self.data, children[1:], getattr(self, "_called", ""))
            engine.close_over(self, children[0], second)

    @property
    def op(self) -> str:
        """The operation's name, `""` for a leaf."""
        return getattr(self, "_called", "function") if self.own_backward else super().op

    @property
    def children(self) -> tuple[engine.Value, ...]:
        """The Values that it was computed from, in order."""
        found: tuple[engine.Value, ...] = self._behind if self.own_backward else super().children
        return found

    @property
    def inputs(self) -> tuple[engine.Value | float, ...]:
        """The operation's inputs in order: Values, and floats where a plain number was used."""
        return self._behind if self.own_backward else super().inputs

    @property
    def _prev(self) -> set[engine.Value]:
        return set(self.children)

    @_prev.setter
    def _prev(self, children: Iterable[engine.Value]) -> None:
        if set(children) == self._prev:
            return
        if not self.is_leaf:
            raise InnerValue(
                f"what `{self.op}` was computed from cannot be assigned",
                try_="out = Value(number, (children,), 'name')",
            )
        self._come_from(tuple(children))

    @property
    def _op(self) -> str:
        given = getattr(self, "_called", "")
        return given if given or self.own_backward else super()._op

    @_op.setter
    def _op(self, name: str) -> None:
        self._called = name

    @property
    def _backward(self) -> Callable[[], None]:
        own: Callable[[], None] | None = getattr(self, "_hands_down", None)
        if own is None:
            own = (lambda: None) if self.own_backward else super()._backward
        return own

    @_backward.setter
    def _backward(self, function: Callable[[], None]) -> None:
        code = getattr(function, "__code__", None)
        does_nothing = code is not None and code.co_code == _NOTHING
        if not self.own_backward and not (self.is_leaf and does_nothing):
            raise InnerValue(
                f"{self!r} has no backward that could be replaced",
                why="a backward pass ends at a leaf, and what jangrad computed it differentiates",
                try_="out = Value(number, (children,), 'name'), and then out._backward = ...",
            )
        self._hands_down = function

    def backward(self) -> None:
        """Compute gradients as micrograd does: each Value adds to what an earlier pass left it.

        An inner Value hands down all that it holds by then, so a second pass over one graph is not
        twice the first. Clear the gradients between passes, or compute the graph again.

        Raises:
            StaleGraph: when a leaf was assigned after something was computed from it.

        >>> a = Value(3.0)
        >>> b = a * 2
        >>> c = b * b
        >>> c.backward()
        >>> c.backward()
        >>> a.grad, b.grad, c.grad
        (72.0, 24.0, 1.0)
        """
        engine.backward_on_top(self)

    def detach(self) -> Value:
        """The same number as a new leaf: no gradient flows through it."""
        out = super().detach()
        return out if isinstance(out, Value) else Value(out.data)

    def __copy__(self) -> Any:
        if not self.is_leaf and not self.own_backward:
            return super().__copy__()
        make, arguments = self.__reduce__()
        return make(*arguments)

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            return super().__reduce__()
        grad = self.grad if self.has_grad else None
        kind = Value if type(self) is _Traced else type(self)
        held = {k: thing for k, thing in engine.attributes_of(self).items() if k != "_hands_down"}
        held |= {k: getattr(self, k) for k in _slots(type(self)) if hasattr(self, k)}
        return _leaf_from, (kind, self.data, grad, self.label, held)


class _Traced(Value):
    """A Value that the collector traces: one with a backward of its own, or computed from such."""


def _new(cls: type[Value], *_: Any, **__: Any) -> Value:
    out: Value = object.__new__(cls)
    engine.Value.__init__(out, 0.0)
    return out


if not engine.compiled:  # where fields are empty until a constructor has run, and one may not run
    Value.__new__ = _new  # type: ignore[assignment]

_Traced.__name__ = _Traced.__qualname__ = "Value"
engine.adopt(Value, _Traced)


def _slots(kind: type[Value]) -> list[str]:
    """The names of the `__slots__` of classes that are derived from Value."""
    derived = kind.__mro__[: kind.__mro__.index(Value)]
    held = [vars(cls).items() for cls in derived]
    return [k for some in held for k, x in some if isinstance(x, MemberDescriptorType)]


def _leaf_from(kind: type[Value], data: float, grad: float | None, label: str, held: Any) -> Value:
    out = Value(data) if kind is Value else kind.__new__(kind)
    if kind is not Value:
        Value.__init__(out, data)
    if label:
        out.label = label
    if grad is not None:
        out.grad = grad
    for name, thing in held.items():
        setattr(out, name, thing)
    return out
