"""The engine: a Value is a number that remembers how it was computed.

    a = Value(2.0)
    b = Value(3.0)
    e = a * a + a * b
    e.backtrack()        # a.grad is 7.0, b.grad is 2.0

Every operation makes a node: its number (`_data`), the code of the operation (`_code`), and its one
or two inputs (`_left`, `_right`; a plain number among them is kept in `_aux`). A backward pass
starts at a root with gradient 1 and walks to the leaves; each node hands its inputs

    upstream gradient * local partial

and a node's own gradient is complete once every node that uses it has paid.

The parts between `# <name>` and `# </name>` are printed from the rule table in `ops.py` by
`tools/generate_engine.py`. The file runs as plain Python and compiles with Cython (`engine.pxd`).
"""

from __future__ import annotations

import _thread
from array import array
from numbers import Number, Real

from jangrad import finite, forks, graph, ops
from jangrad.errors import (
    NO_SUBCLASS,
    ConfigError,
    DomainError,
    ForeignName,
    InnerValue,
    NoGradient,
    NotANumber,
    SilentDetach,
    StaleGraph,
    Untraceable,
    user_line,
    within,
)
from jangrad.foreign import ELSEWHERE, misspelt
from jangrad.ieee import around

try:
    import cython
except ImportError:  # plain Python without Cython: only these two names are used
    from jangrad import nocython as cython

if not cython.compiled:
    from jangrad.ieee import absolute as _abs
    from jangrad.ieee import atan as _atan
    from jangrad.ieee import cos as _cos
    from jangrad.ieee import div as _div
    from jangrad.ieee import erf as _erf
    from jangrad.ieee import erfc as _erfc
    from jangrad.ieee import exp as _exp
    from jangrad.ieee import expm1 as _expm1
    from jangrad.ieee import log as _log
    from jangrad.ieee import log1p as _log1p
    from jangrad.ieee import power as _power
    from jangrad.ieee import sin as _sin
    from jangrad.ieee import sqrt as _sqrt
    from jangrad.ieee import tan as _tan
    from jangrad.ieee import tanh as _tanh

#: True when this file runs as machine code, False when it runs as plain Python.
compiled = cython.compiled

LEAF, FIRST_USER_CODE = 0, ops.FIRST_USER_CODE
CLOSURE = ops.CLOSURE
ADD, MUL = ops.CODE_OF["add", ops.BOTH], ops.CODE_OF["mul", ops.BOTH]
MUL_NUMBER = ops.CODE_OF["mul", ops.NUMBER_RIGHT]

HAS_GRAD = 1  # a backward pass has reached this Value since its gradient was last cleared
HAS_NOTE = 2  # a label or a source line is kept for it
ARGUMENT = 4  # it is, or was computed from, an argument of a trace, which may be over; it is nan
SYMBOL = 8  # it was computed in a trace, so it has no number, in whatever thread and however late
PLAIN = 16  # a symbol of arguments alone: where Python is given plain numbers, it is one too
TEST = 32  # a symbol that is 1 or 0, for True or False


# fmt: off
# <table>
_PRINTED = {
    "add": 0x7CA9409C, "mul": 0x96682596, "sub": 0x263A9003, "div": 0x79035AF2,
    "neg": 0x4F3E082F, "pow": 0xA8B81D7C, "raised": 0x80113D4E, "power_log": 0x993807CC,
    "abs": 0x6B8A911C, "minimum": 0x1A907F4E, "maximum": 0xE9563258, "at_least": 0x4BFF8CE5,
    "at_most": 0x389A5D9F, "pick_a": 0x061B134C, "pick_b": 0xAFA73025, "exp": 0xBE1FE68C,
    "expm1": 0x479EFF69, "log": 0xB8A1BBE4, "log1p": 0xE1C15AB7, "xlogy": 0xF8B61DF8,
    "rel_entr": 0x5803BD50, "sqrt": 0x5116C7ED, "sin": 0xF64B905A, "cos": 0x1F88CC61,
    "tan": 0xE0659C72, "atan": 0x0B7D49F4, "tanh": 0x2976B3BC, "sigmoid": 0x6254733B,
    "softplus": 0xB8770DDD, "logsigmoid": 0x3004C927, "erf": 0x9D867F25, "erfc": 0x6BE7F665,
    "relu": 0x7468F180, "leaky_relu": 0xE57B4462, "relu6": 0x4D8D7AFF, "elu": 0x01CEC24A,
    "selu": 0x3338E4B4, "gelu": 0xBB01B0EF, "gelu_tanh": 0xB02A2AD1, "silu": 0xB3671C93,
    "less": 0xA10B7608, "less_equal": 0x884BF06B, "equal": 0x03E36BD7, "gate": 0x47D11E9C,
    "side": 0x269206DF, "stop_gradient": 0x94482598, "shift": 0x78013220, "minus": 0x4077E610,
    "pick": 0x78AD2FF1, "put": 0xAF7816C6,
}
# </table>
# fmt: on
_rows = {row.name: ops.digest(row) for row, _ in ops.CODES[1:FIRST_USER_CODE]}
_other = sorted({name for name, _ in _rows.items() ^ _PRINTED.items()})
if _other or list(_rows) != list(_PRINTED):
    raise ImportError(
        f"the engine was printed from another table than ops.py has: `{'`, `'.join(_other) or 'their order'}`\n"
        "  why: it would compute those operations, and their gradients, by other rules\n"
        "  try: python tools/generate_engine.py, and then pip install -e . to compile it again"
    )


# fmt: off
# <functions>
def _raised(a, b):
    return _power(a, b)


def _power_log(a, b):
    return 0.0 if a == 0.0 and b > 0.0 else _power(a, b) * _log(a)


def _minimum(a, b):
    return a if a < b else b if b <= a else a + b


def _maximum(a, b):
    return a if a > b else b if b >= a else a + b


def _at_least(a, b):
    return b if a < b else a if a >= b else a + b


def _at_most(a, b):
    return b if a > b else a if a <= b else a + b


def _xlogy(a, b):
    return 0.0 if a == 0.0 and b == b else a * _log(b)


def _rel_entr(a, b):
    return 0.0 if a == 0.0 and b >= 0.0 else a * (_log(a) - _log(b))


def _sigmoid(x):
    return _div(1.0, 1.0 + _exp(-x)) if x >= 0.0 else _div(_exp(x), 1.0 + _exp(x))


def _softplus(x):
    return x + _log1p(_exp(-x)) if x > 0.0 else _log1p(_exp(x))


def _relu(x):
    return 0.0 if x <= 0.0 else x


def _leaky_relu(a, b):
    return a if a > 0.0 else b * a


def _relu6(x):
    return 0.0 if x <= 0.0 else 6.0 if x >= 6.0 else x


def _elu(a, b):
    return a if a > 0.0 else b * _expm1(a)


def _selu(x):
    return 1.0507009873554805 * x if x > 0.0 else 1.0507009873554805 * 1.6732632423543772 * _expm1(x)


def _less(a, b):
    return 1.0 if a < b else 0.0


def _less_equal(a, b):
    return 1.0 if a <= b else 0.0


def _equal(a, b):
    return 1.0 if a == b else 0.0


def _gate(a, b):
    return 0.0 if a == 0.0 else b


def _side(a, b):
    return -0.0 if a == 0.0 else b


def _minus(a, b):
    return 0.0 if a == b else a - b
# </functions>
# fmt: on


@cython.no_gc  # a graph has no cycles: an input is older than what uses it
@cython.cclass
class Value:
    """A real number that remembers how it was computed, so that it can be differentiated.

    Args:
        data: a real number: int, float, bool, a NumPy real scalar or a Fraction.
        label: a name to show in trees, pictures and messages.

    Raises:
        NotANumber: when data is text, None, complex, an array, a list or already a Value.

    >>> a = Value(2.0, label="a")
    >>> b = Value(3.0, label="b")
    >>> e = a * a + a * b
    >>> tree = e.backtrack()
    >>> e.data, a.grad, b.grad
    (10.0, 7.0, 2.0)

    A Value equals a plain number that is its own, and of other Values itself alone: it may be
    assigned, so sets and dicts know it by what it is and not by its number.

    >>> Value(2.0) == 2.0, 2.0 in [a], 2.0 in {a}, Value(2.0) == a, a in {a}
    (True, True, False, False, True)
    """

    # The compiled class has neither `_note` nor `__dict__`: few Values have any, so they are kept in
    # `_notes` (`_Attribute`).
    __slots__ = (
        "__dict__",
        "_aux",
        "_code",
        "_data",
        "_flags",
        "_grad",
        "_left",
        "_link",
        "_note",
        "_right",
        "_stamp",
        "_uses",
    )

    def __init__(self, data, label=""):
        self._data = data if type(data) is float else as_float(data)
        global _clock, _serial
        # One that is made anew by another call of this, of which what was computed is stale.
        if cython.compiled:
            if self._stamp != 0:
                _clock += 1
        elif hasattr(self, "_stamp"):
            _clock += 1
        _serial += 1.0
        self._grad = 0.0
        self._aux = _serial  # a leaf has no number beside an operator: here it keeps its birth
        self._left = None
        self._right = None
        self._link = None
        self._code = LEAF
        self._flags = 0
        self._uses = 0
        self._stamp = _clock
        if label:
            if not isinstance(label, str):
                raise ConfigError.of_label(label)
            self.label = label
        if _watch:
            _look_at(self)

    # -- what a Value holds --------------------------------------------------------------------

    @property
    def data(self):
        """The number, a float. Only a leaf's can be assigned."""
        if _hidden(self):
            raise _unread("v.data")
        return self._data

    @data.setter
    def data(self, number):
        global _clock
        if _hidden(self):
            raise _undone("`v.data = ...`", "return the new number instead")
        if self._code != LEAF:
            how = f"{self.op}{tuple(map(_plain, self.inputs))}"
            raise InnerValue.assigned(_spoken(self), how)
        number = number if type(number) is float else as_float(number)
        if _watch & _STRICT and number - number != 0.0 and is_strict():
            raise finite.error_of_assigning(_spoken(self), number)
        self._data = number
        _clock += 1
        self._stamp = _clock

    @property
    def grad(self):
        """The gradient of the last root with respect to this Value; 0.0 while not computed."""
        if _hidden(self):
            raise _unread("v.grad", "jangrad.gradient(root, leaves) gives Values")
        return self._grad

    @grad.setter
    def grad(self, number):
        if number is None:
            self.zero_grad()
            return
        if _hidden(self):
            raise _undone("`v.grad = ...`", "return the new number instead")
        self._grad = number if type(number) is float else as_float(number)
        self._flags |= HAS_GRAD

    @property
    def has_grad(self):
        """True once a backward pass has computed (or someone assigned) the gradient."""
        if _hidden(self):
            raise _unread("v.has_grad", "jangrad.gradient(root, leaves) gives Values")
        return self._flags & HAS_GRAD != 0

    def zero_grad(self):
        """Forget the gradient: it is 0.0 and counts as not computed."""
        if _hidden(self):
            raise _undone(
                "`v.zero_grad()`", "leave it out; jangrad.grad(f) and jangrad.gradient give Values"
            )
        self._grad = 0.0
        self._flags &= ~HAS_GRAD

    @property
    def op(self):
        """The operation's name in the table, `"mul"` for example, and `""` for a leaf."""
        return ops.CODES[self._code][0].name if self._code else ""

    @property
    def inputs(self):
        """The operation's inputs in order: Values, and floats where a plain number was used."""
        if self._code == LEAF:
            return ()
        form = ops.CODES[self._code][1]
        if form == ops.UNARY:
            return (self._left,)
        if form == ops.BOTH:
            return (self._left, self._right)
        return (self._left, self._aux) if form == ops.NUMBER_RIGHT else (self._aux, self._left)

    @property
    def children(self):
        """The inputs that are Values, in order; `a * a` has two."""
        if self._left is None:
            return ()
        return (self._left,) if self._right is None else (self._left, self._right)

    @property
    def is_leaf(self):
        """True for a Value made from a number, False for one computed from others."""
        return self._code == LEAF

    @property
    def own_backward(self):
        """True where a function of the user's hands the gradient down, as code for micrograd has."""
        return self._code == CLOSURE

    @property
    def label(self):
        """The name to show, `""` if none was given."""
        note = _note_of(self)
        return note[0] if note else ""

    @label.setter
    def label(self, text):
        _noted(self)[0] = str(text)

    @property
    def made_at(self):
        """Where it was made, `file.py:12: code`; known only inside `trace_lines()` or `strict()`."""
        note = _note_of(self)
        return note[1] if note else ""

    # micrograd's names for the same things
    @property
    def _prev(self):
        return set(self.children)

    @property
    def _op(self):
        if self._code == LEAF:
            return ""
        row, form = ops.CODES[self._code]
        power = row.name == "pow" and form == ops.NUMBER_RIGHT
        return f"**{self._aux:g}" if power else row.symbol

    @property
    def _backward(self):
        return lambda: _pay_once(self)

    def __repr__(self):
        _check_shown(self)
        if self._flags & SYMBOL:
            return "Value(traced)"
        label = f", label={self.label!r}" if self.label else ""
        grad = f", grad={self._grad}" if self._flags & HAS_GRAD else ""
        return f"Value(data={self._data}{grad}{label})"

    def __format__(self, spec):
        _check_shown(self)
        return format(self._data, spec) if spec and not self._flags & SYMBOL else repr(self)

    # -- gradients -----------------------------------------------------------------------------

    def backtrack(self):
        """Compute the gradient of this Value for every Value behind it, afresh, and show the tree.

        Calling it again gives the same numbers: nothing is accumulated.

        Returns:
            The tree of operations, which prints itself, and which can be asked `tree["a"].grad`.

        Raises:
            StaleGraph: when a leaf was assigned after something was computed from it. No Value of
                the graph has a gradient then.
        """
        _sweep(self, True, False)
        return _make_tree(self)

    def backward(self):
        """Compute gradients as PyTorch does: leaves add up over calls, inner Values start afresh.

        Raises:
            StaleGraph: when a leaf was assigned after something was computed from it. No Value of
                the graph has a gradient then, nor what it had added up before.

        >>> a = Value(3.0)
        >>> e = a * a
        >>> e.backward()
        >>> e.backward()
        >>> a.grad, e.grad
        (12.0, 1.0)
        """
        _sweep(self, False, False)

    def detach(self):
        """The same number as a new leaf: no gradient flows through it."""
        return apply("stop_gradient", self) if _hidden(self) else Value(self._data)

    # -- operators -----------------------------------------------------------------------------

    def __pos__(self):
        return self

    def clamp(self, low=None, high=None):
        """The value held between low and high; at a bound the gradient still passes."""
        result = self if low is None else self.at_least(low)
        return result if high is None else result.at_most(high)

    def prelu(self, slope):
        """`leaky_relu` with a slope that is learned."""
        return self.leaky_relu(slope)

    # fmt: off
    # <methods>
    def __add__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(1, self._data + b._data, self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(2, self._data + c, self, None, c)

    def __radd__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(3, c + self._data, self, None, c)

    def __mul__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(4, self._data * b._data, self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(5, self._data * c, self, None, c)

    def __rmul__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(6, c * self._data, self, None, c)

    def __sub__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(7, self._data - b._data, self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(8, self._data - c, self, None, c)

    def __rsub__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(9, c - self._data, self, None, c)

    def __truediv__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(10, _div(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(11, _div(self._data, c), self, None, c)

    def __rtruediv__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(12, _div(c, self._data), self, None, c)

    def __neg__(self):
        return _node(13, -self._data, self, None, 0.0)

    def __pow__(self, other, modulus=None):
        if modulus is not None:
            return _no_operator("pow", self, other)
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            _check_power(self._data, b._data, True)
            return _node(14, _power(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        _check_power(self._data, c, False)
        return _node(15, _power(self._data, c), self, None, c)

    def __rpow__(self, other, modulus=None):
        if modulus is not None:
            return _no_operator("pow", self, other)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        _check_power(c, self._data, True)
        return _node(16, _power(c, self._data), self, None, c)

    def __abs__(self):
        return _node(23, _abs(self._data), self, None, 0.0)

    def minimum(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(24, _minimum(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(25, _minimum(self._data, c), self, None, c)

    def maximum(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(27, _maximum(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(28, _maximum(self._data, c), self, None, c)

    def at_least(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(30, _at_least(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(31, _at_least(self._data, c), self, None, c)

    def at_most(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(33, _at_most(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(34, _at_most(self._data, c), self, None, c)

    def exp(self):
        return _node(42, _exp(self._data), self, None, 0.0)

    def expm1(self):
        return _node(43, _expm1(self._data), self, None, 0.0)

    def log(self):
        return _node(44, _log(self._data), self, None, 0.0)

    def log1p(self):
        return _node(45, _log1p(self._data), self, None, 0.0)

    def xlogy(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(46, _xlogy(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(47, _xlogy(self._data, c), self, None, c)

    def rel_entr(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(49, _rel_entr(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(50, _rel_entr(self._data, c), self, None, c)

    def sqrt(self):
        return _node(52, _sqrt(self._data), self, None, 0.0)

    def sin(self):
        return _node(53, _sin(self._data), self, None, 0.0)

    def cos(self):
        return _node(54, _cos(self._data), self, None, 0.0)

    def tan(self):
        return _node(55, _tan(self._data), self, None, 0.0)

    def atan(self):
        return _node(56, _atan(self._data), self, None, 0.0)

    def tanh(self):
        return _node(57, _tanh(self._data), self, None, 0.0)

    def sigmoid(self):
        return _node(58, _sigmoid(self._data), self, None, 0.0)

    def softplus(self):
        return _node(59, _softplus(self._data), self, None, 0.0)

    def logsigmoid(self):
        return _node(60, -_softplus(-self._data), self, None, 0.0)

    def erf(self):
        return _node(61, _erf(self._data), self, None, 0.0)

    def erfc(self):
        return _node(62, _erfc(self._data), self, None, 0.0)

    def relu(self):
        return _node(63, _relu(self._data), self, None, 0.0)

    def leaky_relu(self, other=0.01):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(64, _leaky_relu(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(65, _leaky_relu(self._data, c), self, None, c)

    def relu6(self):
        return _node(67, _relu6(self._data), self, None, 0.0)

    def elu(self, other=1.0):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(68, _elu(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(69, _elu(self._data, c), self, None, c)

    def selu(self):
        return _node(71, _selu(self._data), self, None, 0.0)

    def gelu(self):
        x: cython.double = self._data
        return _node(72, 0.5 * x * _erfc(-x * 0.7071067811865476), self, None, 0.0)

    def gelu_tanh(self):
        x: cython.double = self._data
        return _node(73, 0.5 * x * (1.0 + _tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))), self, None, 0.0)

    def silu(self):
        x: cython.double = self._data
        return _node(74, x * _sigmoid(x), self, None, 0.0)
    # </methods>
    # fmt: on

    item, numpy, requires_grad, clone, retain_grad = ELSEWHERE

    # NumPy calls these on each element: np.arctan(array_of_values)
    arctan = atan
    absolute = __abs__

    # -- Python's numbers ----------------------------------------------------------------------

    def __eq__(self, other):
        return _is_equal(self, other)

    def __ne__(self, other):
        found = _is_equal(self, other)
        if isinstance(found, Value):
            return _test(apply("equal", found, 0.0))
        return found if found is NotImplemented else not found

    def __hash__(self):
        if self._flags & PLAIN and _watch & _TRACING and not within():
            raise refused(Untraceable.looked_up())
        return id(self) >> 4

    def __lt__(self, other):
        if _is_symbol(self, other):
            return _before(self, other)
        other = _compared(other)
        return NotImplemented if other is NotImplemented else self._data < other

    def __le__(self, other):
        if _is_symbol(self, other):
            return _test(apply("less_equal", self, _around(other)[0]))
        other = _compared(other)
        return NotImplemented if other is NotImplemented else self._data <= other

    def __gt__(self, other):
        if _is_symbol(self, other):
            return _before(other, self)
        other = _compared(other)
        return NotImplemented if other is NotImplemented else self._data > other

    def __ge__(self, other):
        if _is_symbol(self, other):
            return _test(apply("less_equal", _around(other)[1], self))
        other = _compared(other)
        return NotImplemented if other is NotImplemented else self._data >= other

    def __and__(self, other):
        a, b = _tests("&", self, other)
        return _test(a * b)

    def __or__(self, other):
        a, b = _tests("|", self, other)
        return _test(a.maximum(b))

    def __xor__(self, other):
        a, b = _tests("^", self, other)
        return _test(apply("equal", apply("equal", a, b), 0.0))

    def __rand__(self, other):
        return self & other

    def __ror__(self, other):
        return self | other

    def __rxor__(self, other):
        return self ^ other

    def __invert__(self):
        if self._flags & TEST:
            raise refused(Untraceable.inverted())
        raise NotANumber.inverted(_spoken(self))

    # fmt: off
    # <refused>
    def __mod__(self, other):
        return _no_operator("%", self, other)

    def __rmod__(self, other):
        return _no_operator("%", other, self)

    def __floordiv__(self, other):
        return _no_operator("//", self, other)

    def __rfloordiv__(self, other):
        return _no_operator("//", other, self)

    def __divmod__(self, other):
        return _no_operator("divmod", self, other)

    def __rdivmod__(self, other):
        return _no_operator("divmod", other, self)

    def __matmul__(self, other):
        return _no_operator("@", self, other)

    def __rmatmul__(self, other):
        return _no_operator("@", other, self)

    def __lshift__(self, other):
        return _no_operator("<<", self, other)

    def __rlshift__(self, other):
        return _no_operator("<<", other, self)

    def __rshift__(self, other):
        return _no_operator(">>", self, other)

    def __rrshift__(self, other):
        return _no_operator(">>", other, self)
    # </refused>
    # fmt: on

    def __round__(self, digits=None):
        raise _no_plain(self, "a rounded number", "round(v)")

    def __trunc__(self):
        raise _no_plain(self, "a whole number", "math.trunc(v)")

    def as_integer_ratio(self):
        """Refused, as all that would make a plain number of a Value."""
        raise _no_plain(self, "a fraction", "statistics.mean")

    is_integer = hex = as_integer_ratio

    @property
    def real(self):
        """Itself, as of every real number."""
        return self

    @property
    def imag(self):
        """0.0, as of every real number."""
        return 0.0

    def conjugate(self):
        """Itself, as of every real number; numpy.std asks for it."""
        return self

    def __float__(self):
        raise _no_plain(self, "a float", "math.exp(v) and numpy's functions of plain arrays")

    def __int__(self):
        raise _no_plain(self, "an int", "int(v)")

    def __index__(self):
        raise _no_plain(self, "an index", "rows[v]")

    def __complex__(self):
        raise _no_plain(self, "a complex number", "cmath's functions")

    def __bool__(self):
        raise _no_plain(self, "True or False", "`if v:`, `v and w`, `not v`")

    def __copy__(self):
        if _hidden(self):
            raise _undone("a copy of a Value", "the Value itself: it never changes")
        out = _node(self._code, self._data, self._left, self._right, self._aux)
        out._grad = self._grad
        out._flags = self._flags & HAS_GRAD
        out._stamp = self._stamp  # a copy is as stale as what was copied
        if self.label:
            out.label = self.label
        for name, thing in attributes_of(self).items():
            setattr(out, name, thing)
        return out

    def __reduce__(self):
        if _hidden(self):
            raise _undone("a copy of a Value", "the Value itself: it never changes")
        noted = self._flags & HAS_NOTE or not cython.compiled
        held = attributes_of(self) if noted else None
        state = (None, held) if held else None  # set later, for they may lead back to it
        if self._code == LEAF:
            grad = self._grad if self.has_grad else None
            return _leaf_from, (self._data, grad, self.label), state
        return _node_from, _parts_of(self), state


# -- making nodes ----------------------------------------------------------------------------------


def _node(op, data, left, right, aux):
    global _clock
    _clock += 1
    if cython.compiled:
        out = node_make(op, data, left, right, aux, _clock)  # noqa: F821, it is in nodes.h
    else:
        ours = (left is None or type(left) is Value) and (right is None or type(right) is Value)
        out = object.__new__(Value if ours else _light)
        out._data = data
        out._grad = 0.0
        out._aux = aux
        out._left = left
        out._right = right
        out._link = None
        out._code = op
        out._flags = 0
        out._uses = 0
        out._stamp = _clock
    if _watch or data != data:  # what an argument of a trace that is over leads to is nan
        _look_at(out)
    return out


def apply(name, *inputs):
    """Any operation of the table on Values and plain numbers, at least one of them a Value.

    The methods of Value do the same in one step; this serves the operations without a method
    (`where`, the user's own) and a plain number on the left: `maximum(0.0, v)`.
    """
    numbers = [_number(x) if isinstance(x, Value) else as_float(x) for x in inputs]
    v: Value
    for x in inputs:
        if isinstance(x, Value):
            v = x
            if v._flags & ARGUMENT and not _watch & _TRACING:  # a test of its nan gives no nan
                raise Untraceable.outside(f"`{name}`")
    data = ops.evaluate(name, *numbers)
    a, b = inputs[0], inputs[-1]
    if len(inputs) == 1:
        return _node(ops.CODE_OF[name, ops.UNARY], data, a, None, 0.0)
    if not isinstance(b, Value):
        return _node(ops.CODE_OF[name, ops.NUMBER_RIGHT], data, a, None, numbers[1])
    if not isinstance(a, Value):
        return _node(ops.CODE_OF[name, ops.NUMBER_LEFT], data, b, None, numbers[0])
    return _node(ops.CODE_OF[name, ops.BOTH], data, a, b, 0.0)


def weighted_sum(start, weights, inputs):
    """start + weights[0] * inputs[0] + weights[1] * inputs[1] + ..., for lists of one length.

    The same nodes in the same order as `sum((w * x for w, x in zip(weights, inputs)), start)`, but
    compiled, so that the interpreter is not asked between them.
    """
    total = start
    row = inputs if type(inputs) is list else list(inputs)
    i = 0
    # A list that is typed is walked without asking the interpreter, unlike zip.
    for w in weights if type(weights) is list else list(weights):
        if i >= len(row):
            break
        x = row[i]
        i += 1
        if not ((type(total) is Value or _adds(total)) and (type(w) is Value or _adds(w))):
            total = total + w * x
            continue
        t = cython.cast(Value, total)
        a = cython.cast(Value, w)
        if type(x) is Value or _adds(x):
            b = cython.cast(Value, x)
            p = _node(MUL, a._data * b._data, a, b, 0.0)
        elif type(x) is float:
            c = x
            p = _node(MUL_NUMBER, a._data * c, a, None, c)
        else:
            p = a * x
        total = _node(ADD, t._data + p._data, t, p, 0.0)
    return total


def _adds(x):
    """Whether + and * of x are those of this file."""
    return node_adds(x) if cython.compiled else type(x) is Value  # noqa: F821


def as_float(data):
    """The data of a Value as a float."""
    # `Real` asks a registry, which takes many times as long.
    number = data if isinstance(data, (float, int, Real)) else _item(data)
    if isinstance(number, (float, int, Real)) and not _is_time(data):
        try:
            return float(number)
        except OverflowError:
            raise NotANumber.too_long() from None
    raise NotANumber.holding(data)


def _is_time(data):
    """Whether it is a time or a span of NumPy's, which may be a whole number to it."""
    if isinstance(data, (float, int)):
        return False
    return getattr(getattr(data, "dtype", None), "kind", "") in ("m", "M")


def _item(data):
    """What an array without axes holds, of NumPy, PyTorch or JAX; anything else as it is.

    What PyTorch or JAX is to have a gradient of is left alone: it would have none of ours. What a
    mask says is missing is no number.
    """
    if isinstance(data, dict) or getattr(data, "ndim", None) != 0 or not hasattr(data, "item"):
        return data
    if getattr(data, "requires_grad", False) or hasattr(data, "_trace"):
        return data
    return data if getattr(data, "mask", False) else data.item()


def _operand(other):
    """A plain number beside an operator as a float; NotImplemented leaves it to the other side."""
    if isinstance(other, (Real, str, bytes, complex, list, tuple, dict, set)) or other is None:
        try:
            return as_float(other)
        except NotANumber as error:
            if _here():  # in Python `[0.0] * n` may be right
                refused(error)
            raise
    if hasattr(other, "dtype") and not getattr(other, "ndim", 0):
        return as_float(other)
    return NotImplemented  # an array, which NumPy takes element by element, or a class of its own


def _compared(other):
    """The number to compare with."""
    if isinstance(other, Value):
        return _number(other)
    other = other if isinstance(other, (float, int, Real)) else _item(other)
    return other if isinstance(other, (float, int, Real)) else NotImplemented


def _number(v):
    """The data of a Value, also while it is traced."""
    return v._data


def _no_plain(v, wanted, example):
    """The error for Python asking a Value for a plain number."""
    if _hidden(v):
        here = _here()
        return refused(Untraceable.plain(wanted, example) if here else Untraceable.outside(example))
    return SilentDetach.of(_spoken(v), wanted, example)


def _no_operator(operator, a, b):
    """Refuse an operator that the table has not; what is no number may know what to do."""
    for x in (a, b):
        if not isinstance(x, (Value, Real)):
            return NotImplemented
    error = NotANumber.without_rule(operator, _shown(a), _shown(b))
    hidden = any(isinstance(x, Value) and _hidden(x) for x in (a, b))
    raise refused(error) if hidden else error


def _shown(x):
    return _spoken(x) if isinstance(x, Value) else repr(x)


def _check_power(base, exponent, varies):
    """Refuse a power, or the derivative of one, that is not a real number.

    A trace does not look at the numbers of its first call: compiled code gives nan there.
    """
    if base < 0.0 and (varies or exponent % 1.0 != 0.0) and not (_watch & _TRACING and _here()):
        raise DomainError.of_power(base, exponent, varies)


def _spoken(value):
    """A Value in a message: its label if it has one, and its number."""
    number = "traced" if value._flags & SYMBOL else value._data
    return f"`{value.label}` ({number})" if value.label else f"Value({number})"


def _plain(operand):
    return _number(operand) if isinstance(operand, Value) else operand


# -- the backward sweep ------------------------------------------------------------------------------


def _sweep(root, fresh, kept):
    """Two walks over the graph with one explicit stack, a list linked through `_link`.

    1. Count in `_uses` how many inputs of the graph's nodes each node is; clear old gradients.
    2. Hand gradients down; a node is ready when its last user has paid. What only unchosen sides
       of a choice lead to is not reached: it pays nothing, whatever inf or nan its slopes are.

    With `kept` each node adds to what an earlier sweep left it, and hands all of that down.

    All `_uses` and `_link` are back at 0 and None afterwards, whatever happens; after an exception
    no Value of the graph counts as having a gradient.
    """
    if _hidden(root):
        raise _undone("a backward pass", "jangrad.gradient(root, leaves), or grad(f), give Values")
    with _lock:
        if _inside_own:
            raise NoGradient.inside()
        try:
            _count_uses(root, fresh, kept)
            root._grad = 1.0 + (0.0 if fresh or kept or root._code != LEAF else root._grad)
            root._flags |= HAS_GRAD
            _pay_all(root)
            if is_strict():
                finite.check_gradients(root)
        except BaseException:
            _clear_marks(root)
            raise


def backward_on_top(root):
    """micrograd's `backward`: inner Values too add to the gradients of an earlier pass."""
    _sweep(root, False, True)


# What `_uses` holds during a sweep: 2 for each user that has not paid yet, and 1 until a gradient
# has reached the node.
def _count_uses(root, fresh, kept):
    top = root
    while top is not None:
        v = top
        top = v._link
        v._link = None
        left = v._left
        if left is not None:
            if left._uses == 0:
                left._uses = 1
                if left._code != LEAF:
                    left._link = top
                    top = left
                    if kept and left._flags & HAS_GRAD:
                        left._uses = left._grad == 0.0
                    else:
                        left._grad = 0.0
                elif fresh or not left._flags & HAS_GRAD:
                    left._grad = 0.0
                left._flags |= HAS_GRAD
            left._uses += 2
            if left._stamp > v._stamp:
                _raise_stale(v, left)
            right = v._right
            if right is not None:
                if right._uses == 0:
                    right._uses = 1
                    if right._code != LEAF:
                        right._link = top
                        top = right
                        if kept and right._flags & HAS_GRAD:
                            right._uses = right._grad == 0.0
                        else:
                            right._grad = 0.0
                    elif fresh or not right._flags & HAS_GRAD:
                        right._grad = 0.0
                    right._flags |= HAS_GRAD
                right._uses += 2
                if right._stamp > v._stamp:
                    _raise_stale(v, right)


def _pay_all(root):
    top = root
    while top is not None:
        v = top
        top = v._link
        v._link = None
        left = v._left
        if left is not None:
            right = v._right
            if v._uses == 0:
                unpaid = _pay(v, left, right, v._grad)
            else:
                unpaid = 3
                v._uses = 0
            left._uses -= 2 if unpaid & 1 else 2 + (left._uses & 1)
            if left._uses <= 1:
                if left._code != LEAF:
                    left._link = top
                    top = left
                else:
                    left._uses = 0
            if right is not None:
                right._uses -= 2 if unpaid & 2 else 2 + (right._uses & 1)
                if right._uses <= 1:
                    if right._code != LEAF:
                        right._link = top
                        top = right
                    else:
                        right._uses = 0


def _pay(v, left, right, g):
    """Add the gradient of v, times the local partials, to the gradients of its inputs.

    Returns which of them were paid nothing: 1 for the left one, 2 for the right one, 3 for both.
    """
    unpaid = 0
    op = v._code
    # fmt: off
    # <payments>
    if op == 4:  # a * b
        left._grad += g * right._data
        right._grad += g * left._data
        return 0
    if op == 1:  # a + b
        left._grad += g
        right._grad += g
        return 0
    if op < 8:
        if op == 2:  # a + number
            left._grad += g
        elif op == 3:  # number + b
            left._grad += g
        elif op == 5:  # a * number
            left._grad += g * v._aux
        elif op == 6:  # number * b
            left._grad += g * v._aux
        elif op == 7:  # a - b
            left._grad += g
            right._grad -= g
    elif op < 16:
        if op == 8:  # a - number
            left._grad += g
        elif op == 9:  # number - b
            left._grad -= g
        elif op == 10:  # a / b
            b = right._data
            left._grad += g * _div(1.0, b)
            right._grad += g * _div(-v._data, b)
        elif op == 11:  # a / number
            left._grad += g * _div(1.0, v._aux)
        elif op == 12:  # number / b
            left._grad += g * _div(-v._data, left._data)
        elif op == 13:  # -x
            left._grad -= g
        elif op == 14:  # a ** b
            a = left._data
            b = right._data
            left._grad += 0.0 if b == 0.0 else g * (b * _power(a, b - 1.0))
            unpaid = 1 if b == 0.0 else 0
            right._grad += 0.0 if a == 0.0 and b >= 0.0 else g * (v._data * _log(a))
            unpaid += 2 if a == 0.0 and b >= 0.0 else 0
        elif op == 15:  # a ** number
            b = v._aux
            left._grad += 0.0 if b == 0.0 else g * (b * _power(left._data, b - 1.0))
            unpaid = 1 if b == 0.0 else 0
    elif op < 24:
        if op == 16:  # number ** b
            a = v._aux
            left._grad += 0.0 if a == 0.0 and left._data >= 0.0 else g * (v._data * _log(a))
            unpaid = 1 if a == 0.0 and left._data >= 0.0 else 0
        elif op == 17:  # raised(a, b)
            a = left._data
            b = right._data
            left._grad += g * (b * _raised(a, b - 1.0)) if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 0.0
            unpaid = 0 if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 1
            right._grad += g * _power_log(a, b)
        elif op == 18:  # raised(a, number)
            a = left._data
            b = v._aux
            left._grad += g * (b * _raised(a, b - 1.0)) if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 0.0
            unpaid = 0 if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 1
        elif op == 19:  # raised(number, b)
            left._grad += g * _power_log(v._aux, left._data)
        elif op == 20:  # power_log(a, b)
            a = left._data
            b = right._data
            left._grad += g * (b * _power_log(a, b - 1.0) + _raised(a, b - 1.0))
            right._grad += g * (_power_log(a, b / 2.0) * _power_log(a, b / 2.0))
        elif op == 21:  # power_log(a, number)
            a = left._data
            b = v._aux
            left._grad += g * (b * _power_log(a, b - 1.0) + _raised(a, b - 1.0))
        elif op == 22:  # power_log(number, b)
            a = v._aux
            b = left._data
            left._grad += g * (_power_log(a, b / 2.0) * _power_log(a, b / 2.0))
        elif op == 23:  # abs(x)
            x = left._data
            left._grad += g if x > 0.0 else -g if x < 0.0 else 0.0
            unpaid = 0 if x > 0.0 else 0 if x < 0.0 else 1
    elif op < 32:
        if op == 24:  # minimum(a, b)
            a = left._data
            b = right._data
            left._grad += g if a < b else 0.0 if b < a else g * 0.5
            unpaid = 0 if a < b else 1 if b < a else 0
            right._grad += g if b < a else 0.0 if a < b else g * 0.5
            unpaid += 0 if b < a else 2 if a < b else 0
        elif op == 25:  # minimum(a, number)
            a = left._data
            b = v._aux
            left._grad += g if a < b else 0.0 if b < a else g * 0.5
            unpaid = 0 if a < b else 1 if b < a else 0
        elif op == 26:  # minimum(number, b)
            a = v._aux
            b = left._data
            left._grad += g if b < a else 0.0 if a < b else g * 0.5
            unpaid = 0 if b < a else 1 if a < b else 0
        elif op == 27:  # maximum(a, b)
            a = left._data
            b = right._data
            left._grad += g if a > b else 0.0 if b > a else g * 0.5
            unpaid = 0 if a > b else 1 if b > a else 0
            right._grad += g if b > a else 0.0 if a > b else g * 0.5
            unpaid += 0 if b > a else 2 if a > b else 0
        elif op == 28:  # maximum(a, number)
            a = left._data
            b = v._aux
            left._grad += g if a > b else 0.0 if b > a else g * 0.5
            unpaid = 0 if a > b else 1 if b > a else 0
        elif op == 29:  # maximum(number, b)
            a = v._aux
            b = left._data
            left._grad += g if b > a else 0.0 if a > b else g * 0.5
            unpaid = 0 if b > a else 1 if a > b else 0
        elif op == 30:  # at_least(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a < b else g
            unpaid = 1 if a < b else 0
            right._grad += g if a < b else 0.0
            unpaid += 0 if a < b else 2
        elif op == 31:  # at_least(a, number)
            left._grad += 0.0 if left._data < v._aux else g
            unpaid = 1 if left._data < v._aux else 0
    elif op < 40:
        if op == 32:  # at_least(number, b)
            left._grad += g if v._aux < left._data else 0.0
            unpaid = 0 if v._aux < left._data else 1
        elif op == 33:  # at_most(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a > b else g
            unpaid = 1 if a > b else 0
            right._grad += g if a > b else 0.0
            unpaid += 0 if a > b else 2
        elif op == 34:  # at_most(a, number)
            left._grad += 0.0 if left._data > v._aux else g
            unpaid = 1 if left._data > v._aux else 0
        elif op == 35:  # at_most(number, b)
            left._grad += g if v._aux > left._data else 0.0
            unpaid = 0 if v._aux > left._data else 1
        elif op == 36:  # where(True, a, b)
            left._grad += g
            unpaid += 2
        elif op == 37:  # where(True, a, number)
            left._grad += g
        elif op == 39:  # where(False, a, b)
            unpaid = 1
            right._grad += g
        else:
            unpaid = 3
    elif op < 48:
        if op == 41:  # where(False, number, b)
            left._grad += g
        elif op == 42:  # exp(x)
            left._grad += g * v._data
        elif op == 43:  # expm1(x)
            left._grad += g * (v._data + 1.0)
        elif op == 44:  # log(x)
            left._grad += g * _div(1.0, left._data)
        elif op == 45:  # log1p(x)
            left._grad += g * _div(1.0, 1.0 + left._data)
        elif op == 46:  # xlogy(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a == 0.0 and b <= 0.0 else g * _log(b)
            unpaid = 1 if a == 0.0 and b <= 0.0 else 0
            right._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(a, b)
            unpaid += 2 if a == 0.0 and b == 0.0 else 0
        elif op == 47:  # xlogy(a, number)
            b = v._aux
            left._grad += 0.0 if left._data == 0.0 and b <= 0.0 else g * _log(b)
            unpaid = 1 if left._data == 0.0 and b <= 0.0 else 0
        else:
            unpaid = 3
    elif op < 56:
        if op == 48:  # xlogy(number, b)
            a = v._aux
            b = left._data
            left._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(a, b)
            unpaid = 1 if a == 0.0 and b == 0.0 else 0
        elif op == 49:  # rel_entr(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a == 0.0 and b >= 0.0 else g * (_log(a) - _log(b) + 1.0)
            unpaid = 1 if a == 0.0 and b >= 0.0 else 0
            right._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(-a, b)
            unpaid += 2 if a == 0.0 and b == 0.0 else 0
        elif op == 50:  # rel_entr(a, number)
            a = left._data
            b = v._aux
            left._grad += 0.0 if a == 0.0 and b >= 0.0 else g * (_log(a) - _log(b) + 1.0)
            unpaid = 1 if a == 0.0 and b >= 0.0 else 0
        elif op == 51:  # rel_entr(number, b)
            a = v._aux
            b = left._data
            left._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(-a, b)
            unpaid = 1 if a == 0.0 and b == 0.0 else 0
        elif op == 52:  # sqrt(x)
            left._grad += g * _div(0.5, v._data)
        elif op == 53:  # sin(x)
            left._grad += g * _cos(left._data)
        elif op == 54:  # cos(x)
            left._grad += g * -_sin(left._data)
        elif op == 55:  # tan(x)
            left._grad += g * (1.0 + v._data * v._data)
    elif op < 64:
        if op == 56:  # atan(x)
            x = left._data
            left._grad += g * _div(1.0, 1.0 + x * x)
        elif op == 57:  # tanh(x)
            left._grad += g * (1.0 - v._data * v._data)
        elif op == 58:  # sigmoid(x)
            left._grad += g * (v._data * (1.0 - v._data))
        elif op == 59:  # softplus(x)
            left._grad += g * _sigmoid(left._data)
        elif op == 60:  # logsigmoid(x)
            left._grad += g * _sigmoid(-left._data)
        elif op == 61:  # erf(x)
            x = left._data
            left._grad += g * (1.1283791670955126 * _exp(-(x * x)))
        elif op == 62:  # erfc(x)
            x = left._data
            left._grad += g * (-1.1283791670955126 * _exp(-(x * x)))
        elif op == 63:  # relu(x)
            left._grad += 0.0 if v._data <= 0.0 else g
            unpaid = 1 if v._data <= 0.0 else 0
    elif op < 72:
        if op == 64:  # leaky_relu(a, b)
            a = left._data
            left._grad += g if a > 0.0 else g * right._data
            right._grad += 0.0 if a > 0.0 else g * a
            unpaid += 2 if a > 0.0 else 0
        elif op == 65:  # leaky_relu(a, number)
            left._grad += g if left._data > 0.0 else g * v._aux
        elif op == 66:  # leaky_relu(number, b)
            a = v._aux
            left._grad += 0.0 if a > 0.0 else g * a
            unpaid = 1 if a > 0.0 else 0
        elif op == 67:  # relu6(x)
            x = left._data
            left._grad += 0.0 if x <= 0.0 or x >= 6.0 else g
            unpaid = 1 if x <= 0.0 or x >= 6.0 else 0
        elif op == 68:  # elu(a, b)
            a = left._data
            left._grad += g if a > 0.0 else g * (right._data * _exp(a))
            right._grad += 0.0 if a > 0.0 else g * _expm1(a)
            unpaid += 2 if a > 0.0 else 0
        elif op == 69:  # elu(a, number)
            a = left._data
            left._grad += g if a > 0.0 else g * (v._aux * _exp(a))
        elif op == 70:  # elu(number, b)
            a = v._aux
            left._grad += 0.0 if a > 0.0 else g * _expm1(a)
            unpaid = 1 if a > 0.0 else 0
        elif op == 71:  # selu(x)
            x = left._data
            left._grad += g * 1.0507009873554805 if x > 0.0 else g * (1.0507009873554805 * 1.6732632423543772 * _exp(x))
    elif op < 80:
        if op == 72:  # gelu(x)
            x = left._data
            left._grad += g * (0.5 * _erfc(-x * 0.7071067811865476) + x * 0.3989422804014327 * _exp(-0.5 * x * x))
        elif op == 73:  # gelu_tanh(x)
            x = left._data
            left._grad += (g if x > 10.0 else 0.0) if x > 10.0 or x < -10.0 else g * (0.5 * (1.0 + _tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))) + 0.5 * x * (1.0 - _power(_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)), 2.0)) * 0.7978845608028654 * (1.0 + 0.134145 * x * x))
            unpaid = (0 if x > 10.0 else 1) if x > 10.0 or x < -10.0 else 0
        elif op == 74:  # silu(x)
            x = left._data
            left._grad += g * (_sigmoid(x) + v._data * _sigmoid(-x))
        else:
            unpaid = 3
    elif op < 88:
        if op == 84:  # gate(a, b)
            unpaid = 1
            right._grad += 0.0 if left._data == 0.0 else g
            unpaid += 2 if left._data == 0.0 else 0
        elif op == 86:  # gate(number, b)
            left._grad += 0.0 if v._aux == 0.0 else g
            unpaid = 1 if v._aux == 0.0 else 0
        elif op == 87:  # side(a, b)
            unpaid = 1
            right._grad += 0.0 if left._data == 0.0 else g
            unpaid += 2 if left._data == 0.0 else 0
        else:
            unpaid = 3
    elif op < 96:
        if op == 89:  # side(number, b)
            left._grad += 0.0 if v._aux == 0.0 else g
            unpaid = 1 if v._aux == 0.0 else 0
        elif op == 92:  # minus(a, b)
            left._grad += g
            right._grad -= g
        elif op == 93:  # minus(a, number)
            left._grad += g
        elif op == 94:  # minus(number, b)
            left._grad -= g
        else:
            unpaid = 3
    elif op < FIRST_USER_CODE:
        unpaid = 3
    else:
        unpaid = _pay_user(v, g)
    # </payments>
    # fmt: on
    return unpaid


def _pay_user(v, g):
    """The same for an operation that the user has registered, and for a backward of its own."""
    if v._code == CLOSURE:
        _pay_own(v)
        return 0
    row = ops.CODES[v._code][0]
    inputs = v.inputs
    numbers = tuple(map(_plain, inputs))
    bit, unpaid = 1, 0
    for x, paid in zip(inputs, ops.payments(row.name, numbers, v._data, g), strict=True):
        if isinstance(x, Value):
            child: Value = x
            if paid is None:
                unpaid += bit
            else:
                child._grad += paid
            bit = 2
    return unpaid


def _pay_own(v):
    global _inside_own
    _inside_own = True
    try:
        v._backward()
    finally:
        _inside_own = False


def _pay_once(v):
    """micrograd's `_backward`: hand the gradient down by one node."""
    if _hidden(v):
        raise _undone("a backward pass", "jangrad.gradient(root, leaves), or grad(f), give Values")
    if v._left is not None:
        _pay(v, v._left, v._right, v._grad)
        v._left._flags |= HAS_GRAD
        if v._right is not None:
            v._right._flags |= HAS_GRAD


def _clear_marks(root):
    """After an exception half-way: no marks, and no gradient that is only half of one."""
    seen = set()
    stack = [root]
    v: Value
    while stack:
        v = stack.pop()
        if id(v) in seen:
            continue
        seen.add(id(v))
        v._uses = 0
        v._link = None
        v.zero_grad()
        stack.extend(u for u in (v._left, v._right) if u is not None)


def check_fresh(nodes):
    """Raise StaleGraph when one of the nodes is older than an input of its own."""
    v: Value
    for v in nodes:
        if _is_stale(v):
            _raise_stale(v, v._left if v._left._stamp > v._stamp else v._right)


def _is_stale(v):
    newer = v._left is not None and v._left._stamp > v._stamp
    return newer or (v._right is not None and v._right._stamp > v._stamp)


def _raise_stale(user, leaf):
    raise StaleGraph.of(_spoken(leaf), _spoken(user), user.op)


# -- copies, without recursion -----------------------------------------------------------------------


def _parts_of(v):
    """What a node is made of, behind a list of all nodes that are behind it.

    `copy` and `pickle` know each of those when they come to its inputs: they do not recurse, and
    what two Values share they share in the copy too.
    """
    if v._code == CLOSURE:
        raise Untraceable.own_backward(v.op, "copied")
    left, right = v._left, v._right
    alone = left._code == LEAF and (right is None or right._code == LEAF)
    return (
        None if alone or graph.is_listed(v) else graph.Behind(v),
        ops.sent(v._code),
        v._data,
        v._grad,
        left,
        right,
        v._aux,
        v._flags & HAS_GRAD | (2 if _is_stale(v) else 0),
        v.label if v._flags & HAS_NOTE else "",
    )


def _leaf_from(data, grad, label):
    out = Value(data, label)
    if grad is not None:
        out.grad = grad
    return out


def _node_from(_, sent, data, grad, left, right, aux, flags, label):
    # Another process may have its operations in another order, and another version other ones.
    v: Value = _node(ops.known_code(sent), data, left, right, aux)
    v._grad = grad
    v._flags = flags & HAS_GRAD
    v._stamp = 0 if flags & 2 else v._stamp  # stale as before: older than any leaf
    if label:
        v.label = label
    return v


# -- flat arrays, for the compiler -------------------------------------------------------------------


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
    with _lock:
        if _inside_own:
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
        times[i] = 0 if v._code == LEAF else v._stamp


def read_data(values, to, seen=-1.0):
    """Write the data of each Value into the array, if any Value changed since `seen`; returns now."""
    now = _clock + _serial  # before the first is read, and moved on after data is assigned
    if seen != now:
        for i, v in enumerate(values):
            to[i] = v._data
    return now


def write_data(leaves, numbers):
    """Assign each number of the array to the data of a leaf; the counterpart of `read_data`."""
    global _clock
    for i, v in enumerate(leaves):
        v._data = float(numbers[i])  # not NumPy's own kind of float, in the plain engine
        _clock += 1
        v._stamp = _clock


# -- tracing ------------------------------------------------------------------------------------------


class Tracing:
    """A context in which no number can be read and comparisons are operations, in this thread.

    Attributes:
        leaves: those made inside, which are constants; all others are inputs or parameters.
        lookups: the Values that picked a row of a table, each with the table's length.
        columns: the columns of tables that rows were picked of, by what is in them.
        elsewhere: the Values that other threads, which may help, have read; each with its number.
        refused: the first error that the function was answered with; it is raised at the end, for
            a function that catches it may go on with what holds for this one call.

    Raises:
        Untraceable: on leaving, when anything was refused.
    """

    def __init__(self):
        self.leaves, self.lookups, self.columns, self.elsewhere = [], [], {}, {}
        self.refused = None
        self.watching = _Watching(_TRACING)

    def __enter__(self):
        if _here():
            raise _undone("a trace inside a trace", "call the function itself")
        _traces[_thread.get_ident()] = self
        self.watching.__enter__()
        return self

    def __exit__(self, kind, *_):
        self.watching.__exit__()
        del _traces[_thread.get_ident()]
        if kind is None and self.refused is not None:
            raise self.refused


def argument(number):
    """A new Value for an argument of a traced function; no number of it is true, so it has nan."""
    v: Value = Value(number)
    v._data = _NAN
    v._flags |= ARGUMENT | SYMBOL | PLAIN
    return v


def was_argument(v):
    """Whether it is, or was computed from, an argument of this trace or of an earlier one."""
    w: Value = v
    return w._flags & ARGUMENT != 0


def variable(number):
    """A Value of this number, or of this Value's, that nothing else uses: to take derivatives by.

    It is a Value also for Python, and no longer plain.
    """
    if not isinstance(number, Value):
        return Value(number)
    v: Value = number * 1.0
    v._flags &= ~PLAIN
    return v


def tracing():
    """The trace that is running in this thread, in which no number can be read; None outside."""
    return _traces.get(_thread.get_ident()) if _watch & _TRACING else None


def refused(error):
    """The error, remembered by the trace of this thread; by all of them, if it has none."""
    own = tracing()
    for trace in [own] if own is not None else list(_traces.values()):
        if trace.refused is None:
            trace.refused = error
    return error


def is_symbol(v):
    """Whether it was computed in a trace, or from what was, in whatever thread."""
    w: Value = v
    return w._flags & SYMBOL != 0


def _here():
    """Whether this thread traces; others compute as ever."""
    return tracing() is not None


def _hidden(v):
    """Whether it has no number that could be read here; what is read meanwhile is noted."""
    if v._flags & SYMBOL or not _watch & _TRACING or _here():
        return v._flags & SYMBOL != 0 or _watch & _TRACING != 0
    for trace in list(_traces.values()):
        trace.elsewhere.setdefault(id(v), (v, v._data))
    return False


def _is_symbol(v, other):
    """Whether what is computed from the two has no number that could be read here."""
    return _hidden(v) or (isinstance(other, Value) and _hidden(other))


def _unread(what, instead=""):
    """The error for a number that was read of a traced Value."""
    here = _here()
    return refused(Untraceable.reading(what, instead) if here else Untraceable.outside(f"`{what}`"))


def _undone(what, instead):
    return refused(Untraceable.doing(what, instead))


def _check_shown(v):
    """Refuse to show a number to the user's function, but not to an error message of ours."""
    if _watch & _TRACING and _hidden(v) and not within():
        raise _unread("str(v)", "return it, and print what the compiled function gives")


def _is_equal(v, other):
    """What `==` gives: True or False, a test while traced, or NotImplemented for Python's `is`."""
    if isinstance(other, Value):
        w: Value = other
        if (v._flags | w._flags) & PLAIN:  # in Python one of them is a plain number
            return _test(apply("equal", v, w))
        if v is not w and (v._flags | w._flags) & SYMBOL:
            raise refused(Untraceable.identity())
        return NotImplemented
    other = other if isinstance(other, (float, int, Real)) else _item(other)
    if not isinstance(other, (float, int, Number)):
        return NotImplemented
    if not _hidden(v):
        return v._data == other
    low, high = _around(other)
    return False if low != high and low == low else _test(apply("equal", v, other))


def _around(other):
    """The floats on both sides of what a traced number is compared with; anything else twice."""
    other = other if isinstance(other, Real) else _item(other)
    return around(other) if isinstance(other, Real) else (other, other)


def _before(a, b):
    """`a < b` while traced, as exact as Python's own: beside no float it is `<=` of the nearest."""
    low, high = _around(a if isinstance(b, Value) and not isinstance(a, Value) else b)
    if low is high or low == high or low != low:
        return _test(apply("less", a, b))
    return _test(apply("less_equal", *((a, low) if isinstance(a, Value) else (high, b))))


def _test(v):
    """A Value that is 1 or 0, marked as what may stand beside `&`."""
    v._flags |= TEST
    return v


def _tests(operator, v, other):
    """Both sides of `&`, `|` or `^` while traced."""
    if v._flags & TEST:
        if isinstance(other, Value):
            w: Value = other
            if w._flags & TEST:
                return v, w
        elif type(other).__name__ in ("bool", "bool_"):
            return v, float(other)
    raise refused(NotANumber.beside(operator, _spoken(v), other))


def _mark(v):
    """What is computed in a trace, or from symbols, is a symbol."""
    left, right = v._left, v._right
    both, either = left._flags, left._flags
    if right is not None:
        both, either = both & right._flags, either | right._flags
    v._flags |= SYMBOL | both & PLAIN | either & ARGUMENT
    if v._flags & ARGUMENT:
        v._data = _NAN


# -- watching: source lines, nan and inf -------------------------------------------------------------

_LINES, _STRICT, _TRACING = 1, 2, 4
_NAN = float("nan")
_traces = {}  # the trace that is running in each thread
_inside_own = False  # whether a walk has called a backward of the user's own


class _Watching:
    """A context in which every new Value is looked at; it costs nothing outside."""

    def __init__(self, bits):
        self.bits = bits

    def __enter__(self):
        self.thread = _thread.get_ident()
        self._change(_watching.append)

    def __exit__(self, *_):
        self._change(_watching.remove)

    def _change(self, how):
        # Contexts of several threads end in any order.
        with _lock:
            how(self)
            _look_again()


def _look_again():
    global _watch
    now = 0
    for context in _watching:
        now |= context.bits
    _watch = now


def _forget_other_threads():
    """In a child process their contexts would never end, and their numbers are given again."""
    me = _thread.get_ident()
    for thread in [thread for thread in _traces if thread != me]:
        del _traces[thread]
    _watching[:] = [context for context in _watching if context.thread == me]
    _look_again()


def strict():
    """Inside `with jangrad.strict():` the first nan or inf raises NonFinite and names its origin.

    It holds in its own thread: for values and gradients, for compiled functions and steps, and for
    `fit`.

    >>> from jangrad import Value, strict
    >>> with strict():
    ...     Value(1.0) / Value(0.0)
    Traceback (most recent call last):
    ...
    jangrad.errors.NonFinite: `div` gave inf from (1.0, 0.0)
      ...
    """
    return _Watching(_LINES | _STRICT)


def is_strict():
    """Whether a nan or inf raises NonFinite now."""
    if not _watch & _STRICT:
        return False
    here = _thread.get_ident()  # other threads compute as ever
    return any(context.thread == here for context in list(_watching) if context.bits & _STRICT)


def trace_lines():
    """Inside `with jangrad.trace_lines():` every Value remembers the user's line that made it."""
    return _Watching(_LINES)


def _look_at(v):
    trace = tracing()
    if v._code == LEAF:
        if trace is not None:
            trace.leaves.append(v)
    elif (
        trace is not None
        or (v._left._flags | (v._left if v._right is None else v._right)._flags) & SYMBOL
    ):
        _mark(v)
        if v._flags & ARGUMENT and not _watch & _TRACING:
            raise Untraceable.outside(f"`{v.op}`")
    if _watch & (_LINES | _STRICT):
        _noted(v)[1] = user_line()
    # In a trace nothing is computed for good, so nothing is strict.
    if _watch & _STRICT and trace is None and v._data - v._data != 0.0 and is_strict():
        raise finite.error_of(v)


def _note_of(v):
    if not v._flags & HAS_NOTE:
        return None
    return _notes[id(v)] if cython.compiled else v._note


def _noted(v):
    """Its note, which is made at the first use: label, source line, attributes."""
    if not v._flags & HAS_NOTE:
        note = ["", "", None]
        if cython.compiled:  # few nodes have a note, so it does not live in them
            _notes[id(v)] = note
        else:
            v._note = note
        v._flags |= HAS_NOTE
    return _note_of(v)


# -- attributes of the user's ------------------------------------------------------------------------


class _Attribute:
    """The name of an attribute that some Value was given: `p.m = 0.0`; the others do not have it.

    A compiled Value has no room for a dict. At the first use of a name the class gets this in its
    place, which finds the Value's own.
    """

    def __init__(self, name):
        if meant := misspelt(name, ("data", "grad", "label")):
            raise ForeignName.of("Value", name, f"v.{meant}; other names may be given to it")
        self.name = name

    def __get__(self, v, kind=None):
        held = None if v is None else attributes_of(v)
        if not held or self.name not in held:
            raise AttributeError(f"'Value' object has no attribute {self.name!r}")
        return held[self.name]

    def __set__(self, v, thing):
        if hasattr(v, "__dict__"):
            v.__dict__[self.name] = thing
            return
        note = _noted(v)
        if note[2] is None:
            note[2] = {}
        note[2][self.name] = thing

    def __delete__(self, v):
        self.__get__(v)
        del attributes_of(v)[self.name]


def attributes_of(v):
    """The attributes that the user has given this Value, as a dict."""
    if hasattr(v, "__dict__"):
        return v.__dict__
    note = _note_of(v)
    return note[2] or {} if note else {}


_lock = forks.awaited(0)  # one sweep at a time: the marks are in the nodes
_serial = 0.0  # counts leaves, so that they can be put into the order in which they were made
_clock = 1  # counts operations and assignments to `data`; a node older than its input is stale
_watching = []  # the contexts that are open, in whatever thread
_watch = 0  # the bits of all of them together
forks.in_child(_forget_other_threads)
_notes = {}  # compiled only: id -> note; a node takes its note along when it goes


def _about_subclass(cls, adopted=False):
    if not adopted:
        raise TypeError(NO_SUBCLASS)


if not cython.compiled:
    Value.__init_subclass__ = classmethod(_about_subclass)
elif not nodes_install(Value, _notes, _Attribute, classmethod(_about_subclass)):  # noqa: F821
    raise ImportError("jangrad.engine was compiled with other fields than nodes.h has")

_light = None  # plain only


def adopt(light, traced):
    """Let what is computed from Values of a subclass be of that class too.

    Args:
        light: the subclass, with no fields of its own.
        traced: a subclass of it, which the collector traces. Values that are made with more than a
            number are of this one, and whatever is computed from those, for they may be parts of a
            cycle. The plain engine has no need of it.
    """
    global _light
    _light = light
    if cython.compiled and not (nodes_adopt(light) and nodes_trace(traced)):  # noqa: F821
        raise ImportError("the class of micrograd's Values has fields of its own")


def close_over(v, left, right):
    """Make of a leaf a node with a backward of its own, `v._backward`, behind which are these."""
    global _clock
    if _watch & _TRACING and _here():
        raise refused(Untraceable.own_backward(getattr(v, "_called", "function"), "compiled"))
    _clock += 1
    v._stamp = _clock
    v._code = CLOSURE
    v._left = left
    v._right = right


def _make_tree(root):
    """What `backtrack` returns; the front door puts the printing tree here."""
    return root


def show_with(make_tree):
    """Say what `backtrack()` returns, given the root: the engine knows nothing of drawing."""
    global _make_tree
    _make_tree = make_tree
