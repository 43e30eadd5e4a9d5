"""The engine: a Value is a number that remembers how it was computed.

    a = Value(2.0)
    b = Value(3.0)
    e = a * a + a * b
    e.backtrack()        # a.grad is 7.0, b.grad is 2.0

Every operation makes a node: its number (`_data`), the code of the operation (`_code`), and its one
or two inputs (`_left`, `_right`; a plain number among them is kept in `_aux`). A backward pass
starts at a root with gradient 1 and walks to the leaves; each node hands its inputs

    upstream gradient * local partial

and a node's own gradient is complete once every node that uses it has contributed.

The parts between `# <name>` and `# </name>` are printed from the rule table in `op_table.py` by
`tools/generate_engine.py`. The file runs as plain Python and compiles with Cython (`engine.pxd`).
"""

from __future__ import annotations

from numbers import Number, Real

from jangrad import call_places, finite, forks, ops, watching
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
    within,
)
from jangrad.foreign import ELSEWHERE, misspelt
from jangrad.ieee import around

try:
    import cython
except ImportError:  # plain Python without Cython: only these two names are used
    from jangrad import nocython as cython

if not cython.compiled:
    # fmt: off
    # <primitives>
    from jangrad.ieee import absolute as _abs
    from jangrad.ieee import acos as _acos
    from jangrad.ieee import acosh as _acosh
    from jangrad.ieee import asin as _asin
    from jangrad.ieee import asinh as _asinh
    from jangrad.ieee import atan as _atan
    from jangrad.ieee import atan2 as _atan2
    from jangrad.ieee import atanh as _atanh
    from jangrad.ieee import cbrt as _cbrt
    from jangrad.ieee import ceil as _ceil
    from jangrad.ieee import cos as _cos
    from jangrad.ieee import cosh as _cosh
    from jangrad.ieee import div as _div
    from jangrad.ieee import erf as _erf
    from jangrad.ieee import erfc as _erfc
    from jangrad.ieee import exp as _exp
    from jangrad.ieee import exp2 as _exp2
    from jangrad.ieee import expm1 as _expm1
    from jangrad.ieee import floor as _floor
    from jangrad.ieee import log as _log
    from jangrad.ieee import log1p as _log1p
    from jangrad.ieee import log2 as _log2
    from jangrad.ieee import log10 as _log10
    from jangrad.ieee import mod as _mod
    from jangrad.ieee import power as _power
    from jangrad.ieee import sin as _sin
    from jangrad.ieee import sinh as _sinh
    from jangrad.ieee import sqrt as _sqrt
    from jangrad.ieee import tan as _tan
    from jangrad.ieee import tanh as _tanh
    # </primitives>

    # The codes of the operations; constants of C in the compiled engine.
    # <codes>
    (LEAF, ADD, ADD_NUMBER, NUMBER_ADD, MUL, MUL_NUMBER, NUMBER_MUL, SUB, SUB_NUMBER, NUMBER_SUB,
     DIV, DIV_NUMBER, NUMBER_DIV, MOD, MOD_NUMBER, NUMBER_MOD, NEG, POW, POW_NUMBER, NUMBER_POW,
     RAISED, RAISED_NUMBER, NUMBER_RAISED, POWER_LOG, POWER_LOG_NUMBER, NUMBER_POWER_LOG, ABS,
     MINIMUM, MINIMUM_NUMBER, NUMBER_MINIMUM, MAXIMUM, MAXIMUM_NUMBER, NUMBER_MAXIMUM, AT_LEAST,
     AT_LEAST_NUMBER, NUMBER_AT_LEAST, AT_MOST, AT_MOST_NUMBER, NUMBER_AT_MOST, SIGN, FLOOR,
     CEIL, WHERE_TRUE, WHERE_TRUE_NUMBER, NUMBER_WHERE_TRUE, WHERE_FALSE, WHERE_FALSE_NUMBER,
     NUMBER_WHERE_FALSE, EXP, EXPM1, EXP2, LOG, LOG1P, LOG2, LOG10, LOGADDEXP, LOGADDEXP_NUMBER,
     NUMBER_LOGADDEXP, XLOGY, XLOGY_NUMBER, NUMBER_XLOGY, REL_ENTR, REL_ENTR_NUMBER,
     NUMBER_REL_ENTR, SQRT, CBRT, HYPOT, HYPOT_NUMBER, NUMBER_HYPOT, SIN, COS, TAN, ASIN, ACOS,
     ATAN, TANH, ATAN2, ATAN2_NUMBER, NUMBER_ATAN2, SINH, COSH, ASINH, ACOSH, ATANH, SIGMOID,
     SOFTPLUS, LOGSIGMOID, ERF, ERFC, RELU, LEAKY_RELU, LEAKY_RELU_NUMBER, NUMBER_LEAKY_RELU,
     RELU6, ELU, ELU_NUMBER, NUMBER_ELU, SELU, GELU, GELU_TANH, SILU, LESS, LESS_NUMBER,
     NUMBER_LESS, LESS_EQUAL, LESS_EQUAL_NUMBER, NUMBER_LESS_EQUAL, EQUAL, EQUAL_NUMBER,
     NUMBER_EQUAL, GATE, GATE_NUMBER, NUMBER_GATE, SIDE, SIDE_NUMBER, NUMBER_SIDE, STOP_GRADIENT,
     SHIFT, MINUS, MINUS_NUMBER, NUMBER_MINUS, GATHER, GATHER_NUMBER, NUMBER_GATHER, SCATTER,
     SCATTER_NUMBER, NUMBER_SCATTER, FIRST_USER_CODE) = range(128)
    # </codes>
    # fmt: on

#: True when this file runs as machine code, False when it runs as plain Python.
compiled = cython.compiled

CLOSURE = ops.CLOSURE

HAS_GRAD = 1  # a backward pass has reached this Value since its gradient was last cleared
HAS_NOTE = 2  # a label or a source line is kept for it
ARGUMENT = 4  # it is, or was computed from, an argument of a trace, which may be over; it is nan
SYMBOL = 8  # it was computed in a trace, so it has no number, in whatever thread and however late
PLAIN = 16  # a symbol of arguments alone: where Python is given plain numbers, it is one too
TEST = 32  # a symbol that is 1 or 0, for True or False


# fmt: off
# <table>
_PRINTED = {
    "add": 0xA8B55D68, "mul": 0xDA01A5E9, "sub": 0x62B6E747, "div": 0x188B0F4C,
    "mod": 0x601DC562, "neg": 0xAD45943B, "pow": 0x41B68494, "raised": 0xB1910809,
    "power_log": 0x49BD2749, "abs": 0xB8334F29, "minimum": 0xEBD58B98, "maximum": 0xC7B831D6,
    "at_least": 0x98DA7C5E, "at_most": 0xFF5E7932, "sign": 0x5F6CE7BE, "floor": 0xC46EDDD1,
    "ceil": 0xF3063645, "where_true": 0x46ABC323, "where_false": 0xB5E36467, "exp": 0x984ABB5D,
    "expm1": 0x70E6C0A4, "exp2": 0xCC8BF01B, "log": 0x91F52432, "log1p": 0xA32B9A49,
    "log2": 0xC4277578, "log10": 0x3A12E853, "logaddexp": 0x9556F620, "xlogy": 0xB5F5E298,
    "rel_entr": 0x5B170D2F, "sqrt": 0xF2A1F957, "cbrt": 0x72B4BD24, "hypot": 0x20D14F4A,
    "sin": 0x83BE8D85, "cos": 0xC8C1D4B4, "tan": 0x169288C5, "asin": 0x14A89EF6,
    "acos": 0xB72475D1, "atan": 0x96015CB3, "tanh": 0xBCBE1039, "atan2": 0x225DCB02,
    "sinh": 0x92E7DF96, "cosh": 0xC3DDFE49, "asinh": 0x9AC69B79, "acosh": 0x231E619D,
    "atanh": 0x66C3AB9C, "sigmoid": 0xE17196FD, "softplus": 0x8CD9A601, "logsigmoid": 0xD29F53E6,
    "erf": 0x695E1C8A, "erfc": 0xAA0F5A5E, "relu": 0xF0DF786B, "leaky_relu": 0xB8A372EF,
    "relu6": 0x10A8A1BE, "elu": 0x97B698B1, "selu": 0x103D36F2, "gelu": 0xC3719C81,
    "gelu_tanh": 0xD6144446, "silu": 0x7C6D0A68, "less": 0xB7194999, "less_equal": 0x9565BFC8,
    "equal": 0x250F7120, "gate": 0xE537F329, "side": 0x61F3C7BF, "stop_gradient": 0x6F4A3FEA,
    "shift": 0x0FB319B6, "minus": 0x404727E7, "gather": 0x16ABCE93, "scatter": 0x7A1F0E83,
}
# </table>
# fmt: on
_rows = {row.name: ops.digest(row) for row in ops.ROWS}
_other = sorted({name for name, _ in _rows.items() ^ _PRINTED.items()})
if _other or list(_rows) != list(_PRINTED):
    raise ImportError(
        f"the engine was printed from another table than op_table.py has: `{'`, `'.join(_other) or 'their order'}`\n"
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


def _sign(x):
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x


def _xlogy(a, b):
    return 0.0 if a == 0.0 and b == b else a * _log(b)


def _rel_entr(a, b):
    return 0.0 if a == 0.0 and b >= 0.0 else a * (_log(a) - _log(b))


def _hypot(a, b):
    return _abs(a) * _sqrt(1.0 + _div(b, a) * _div(b, a)) if _abs(a) > _abs(b) else _abs(b) * _sqrt(1.0 + _div(a, b) * _div(a, b)) if _abs(b) > _abs(a) else _abs(a) if 0.5 * _abs(a) == _abs(a) + 1.0 else _abs(b) if 0.5 * _abs(b) == _abs(b) + 1.0 else _abs(a) * 0.7071067811865476 + _abs(b) * 0.7071067811865476


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


def _shift(x):
    return x


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
        ConfigError: when the label is no text.

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
        if watching.watch:
            _look_at(self)

    # -- what a Value holds --------------------------------------------------------------------

    @property
    def data(self):
        """The number, a float. Only a leaf's can be assigned."""
        if _hidden(self):
            raise watching.unread("v.data")
        return self._data

    @data.setter
    def data(self, number):
        global _clock
        if _hidden(self):
            raise watching.undone("`v.data = ...`", "return the new number instead")
        if self._code != LEAF:
            how = f"{self.op}{tuple(map(_plain, self.inputs))}"
            raise InnerValue.assigned(_spoken(self), how)
        number = number if type(number) is float else as_float(number)
        if number - number != 0.0 and watching.is_strict():
            raise finite.error_of_assigning(_spoken(self), number)
        self._data = number
        _clock += 1
        self._stamp = _clock

    @property
    def grad(self):
        """The gradient of the last root with respect to this Value; 0.0 while not computed."""
        if _hidden(self):
            raise watching.unread("v.grad", "jangrad.gradient(root, leaves) gives Values")
        return self._grad

    @grad.setter
    def grad(self, number):
        if number is None:
            self.zero_grad()
            return
        if _hidden(self):
            raise watching.undone("`v.grad = ...`", "return the new number instead")
        self._grad = number if type(number) is float else as_float(number)
        self._flags |= HAS_GRAD

    @property
    def has_grad(self):
        """True once a backward pass has computed (or someone assigned) the gradient."""
        if _hidden(self):
            raise watching.unread("v.has_grad", "jangrad.gradient(root, leaves) gives Values")
        return self._flags & HAS_GRAD != 0

    def zero_grad(self):
        """Forget the gradient: it is 0.0 and counts as not computed."""
        if _hidden(self):
            raise watching.undone(
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
        return lambda: _propagate_once(self)

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
        return _served["tree"](self)

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
        """The value held between low and high; at a bound the gradient still passes.

        Args:
            low, high: numbers or Values; None for no bound. Where low > high, the result is high.

        Raises:
            NotANumber: when one of them is no number.
        """
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
            return _node(ADD, self._data + b._data, self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(ADD_NUMBER, self._data + c, self, None, c)

    def __radd__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(NUMBER_ADD, c + self._data, self, None, c)

    def __mul__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(MUL, self._data * b._data, self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(MUL_NUMBER, self._data * c, self, None, c)

    def __rmul__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(NUMBER_MUL, c * self._data, self, None, c)

    def __sub__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(SUB, self._data - b._data, self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(SUB_NUMBER, self._data - c, self, None, c)

    def __rsub__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(NUMBER_SUB, c - self._data, self, None, c)

    def __truediv__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(DIV, _div(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(DIV_NUMBER, _div(self._data, c), self, None, c)

    def __rtruediv__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(NUMBER_DIV, _div(c, self._data), self, None, c)

    def __mod__(self, other):
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(MOD, _mod(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(MOD_NUMBER, _mod(self._data, c), self, None, c)

    def __rmod__(self, other):
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        return _node(NUMBER_MOD, _mod(c, self._data), self, None, c)

    def __neg__(self):
        return _node(NEG, -self._data, self, None, 0.0)

    def __pow__(self, other, modulus=None):
        if modulus is not None:
            return _no_operator("pow", self, other)
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            _check_power(self._data, b._data, True)
            return _node(POW, _power(self._data, b._data), self, b, 0.0)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        _check_power(self._data, c, False)
        return _node(POW_NUMBER, _power(self._data, c), self, None, c)

    def __rpow__(self, other, modulus=None):
        if modulus is not None:
            return _no_operator("pow", self, other)
        if type(other) is not float and (other := _operand(other)) is NotImplemented:
            return NotImplemented
        c: cython.double = other
        _check_power(c, self._data, True)
        return _node(NUMBER_POW, _power(c, self._data), self, None, c)

    def __abs__(self):
        return _node(ABS, _abs(self._data), self, None, 0.0)

    def minimum(self, other):
        """`minimum(a, b) = a if a < b else b if b <= a else a + b`.

        Partial derivatives, with y the value: ∂y/∂a = `1 if a < b else 0 if b < a else 0.5`, ∂y/∂b = `1 if b < a else 0 if a < b else 0.5`.
        Where a - b is 0 these are chosen: 0.5, 0.5.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(MINIMUM, _minimum(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(MINIMUM_NUMBER, _minimum(self._data, c), self, None, c)

    def maximum(self, other):
        """`maximum(a, b) = a if a > b else b if b >= a else a + b`.

        Partial derivatives, with y the value: ∂y/∂a = `1 if a > b else 0 if b > a else 0.5`, ∂y/∂b = `1 if b > a else 0 if a > b else 0.5`.
        Where a - b is 0 these are chosen: 0.5, 0.5.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(MAXIMUM, _maximum(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(MAXIMUM_NUMBER, _maximum(self._data, c), self, None, c)

    def at_least(self, other):
        """`at_least(a, b) = b if a < b else a if a >= b else a + b`.

        Partial derivatives, with y the value: ∂y/∂a = `0 if a < b else 1`, ∂y/∂b = `1 if a < b else 0`.
        Where a - b is 0 these are chosen: 1, 0.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(AT_LEAST, _at_least(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(AT_LEAST_NUMBER, _at_least(self._data, c), self, None, c)

    def at_most(self, other):
        """`at_most(a, b) = b if a > b else a if a <= b else a + b`.

        Partial derivatives, with y the value: ∂y/∂a = `0 if a > b else 1`, ∂y/∂b = `1 if a > b else 0`.
        Where a - b is 0 these are chosen: 1, 0.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(AT_MOST, _at_most(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(AT_MOST_NUMBER, _at_most(self._data, c), self, None, c)

    def sign(self):
        """`sign(x) = 1 if x > 0 else -1 if x < 0 else x`.

        Partial derivatives, with y the value: ∂y/∂x = `0`.
        Where x is 0 these are chosen: 0.
        """
        return _node(SIGN, _sign(self._data), self, None, 0.0)

    def floor(self):
        """`floor(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `0`.
        Where x - floor(x + 0.5) is 0 these are chosen: 0.
        """
        return _node(FLOOR, _floor(self._data), self, None, 0.0)

    def ceil(self):
        """`ceil(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `0`.
        Where x - floor(x + 0.5) is 0 these are chosen: 0.
        """
        return _node(CEIL, _ceil(self._data), self, None, 0.0)

    def exp(self):
        """`exp(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `y`.
        """
        return _node(EXP, _exp(self._data), self, None, 0.0)

    def expm1(self):
        """`expm1(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `y + 1`.
        """
        return _node(EXPM1, _expm1(self._data), self, None, 0.0)

    def exp2(self):
        """`exp2(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `y * ln_2`.
        """
        return _node(EXP2, _exp2(self._data), self, None, 0.0)

    def log(self):
        """`log(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / x`.
        It needs x > 0; beyond that it gives inf or nan.
        """
        return _node(LOG, _log(self._data), self, None, 0.0)

    def log1p(self):
        """`log1p(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / (1 + x)`.
        It needs x > -1; beyond that it gives inf or nan.
        """
        return _node(LOG1P, _log1p(self._data), self, None, 0.0)

    def log2(self):
        """`log2(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / (x * ln_2)`.
        It needs x > 0; beyond that it gives inf or nan.
        """
        return _node(LOG2, _log2(self._data), self, None, 0.0)

    def log10(self):
        """`log10(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / (x * ln_10)`.
        It needs x > 0; beyond that it gives inf or nan.
        """
        return _node(LOG10, _log10(self._data), self, None, 0.0)

    def logaddexp(self, other):
        """`logaddexp(a, b) = maximum(a, b) + softplus(-abs(minus(a, b)))`.

        Partial derivatives, with y the value: ∂y/∂a = `sigmoid(minus(a, b))`, ∂y/∂b = `sigmoid(minus(b, a))`.

        Source: NumPy, numpy.logaddexp.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(LOGADDEXP, _maximum(self._data, b._data) + _softplus(-_abs(_minus(self._data, b._data))), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(LOGADDEXP_NUMBER, _maximum(self._data, c) + _softplus(-_abs(_minus(self._data, c))), self, None, c)

    def xlogy(self, other):
        """`xlogy(a, b) = 0 if a == 0 and b == b else a * log(b)`.

        Partial derivatives, with y the value: ∂y/∂a = `0 if a == 0 and b <= 0 else log(b)`, ∂y/∂b = `0 if a == 0 and b == 0 else a / b`.
        It needs b > 0; beyond that it gives inf or nan.

        Source: SciPy, scipy.special.xlogy.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(XLOGY, _xlogy(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(XLOGY_NUMBER, _xlogy(self._data, c), self, None, c)

    def rel_entr(self, other):
        """`rel_entr(a, b) = 0 if a == 0 and b >= 0 else a * (log(a) - log(b))`.

        Partial derivatives, with y the value: ∂y/∂a = `0 if a == 0 and (b == 0 or 1 / b == 0) else (shift(b) - b) / b if a == 0 and b > 0 else log(a) - log(b) + 1`, ∂y/∂b = `0 if a == 0 and b == 0 else -a / b`.
        It needs a > 0 and b > 0; beyond that it gives inf or nan.

        Source: SciPy, scipy.special.rel_entr.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(REL_ENTR, _rel_entr(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(REL_ENTR_NUMBER, _rel_entr(self._data, c), self, None, c)

    def sqrt(self):
        """`sqrt(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `0.5 / y`.
        It needs x > 0; beyond that it gives inf or nan.
        """
        return _node(SQRT, _sqrt(self._data), self, None, 0.0)

    def cbrt(self):
        """`cbrt(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / (3 * y * y)`.
        It needs x != 0; beyond that it gives inf or nan.
        """
        return _node(CBRT, _cbrt(self._data), self, None, 0.0)

    def hypot(self, other):
        """`hypot(a, b) = abs(a) * sqrt(1 + b / a * (b / a)) if abs(a) > abs(b) else abs(b) * sqrt(1 + a / b * (a / b)) if abs(b) > abs(a) else abs(a) if 0.5 * abs(a) == abs(a) + 1 else abs(b) if 0.5 * abs(b) == abs(b) + 1 else abs(a) * sqrt_half + abs(b) * sqrt_half`.

        Partial derivatives, with y the value: ∂y/∂a = `a / y`, ∂y/∂b = `b / y`.
        It needs a != 0 or b != 0; beyond that it gives inf or nan.
        """
        if type(other) is Value or (type(other) is not float and isinstance(other, Value)):
            b: Value = other
            return _node(HYPOT, _hypot(self._data, b._data), self, b, 0.0)
        if type(other) is not float:
            other = _argument(other)
        c: cython.double = other
        return _node(HYPOT_NUMBER, _hypot(self._data, c), self, None, c)

    def sin(self):
        """`sin(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `cos(x)`.
        """
        return _node(SIN, _sin(self._data), self, None, 0.0)

    def cos(self):
        """`cos(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `-sin(x)`.
        """
        return _node(COS, _cos(self._data), self, None, 0.0)

    def tan(self):
        """`tan(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 + y * y`.
        """
        return _node(TAN, _tan(self._data), self, None, 0.0)

    def asin(self):
        """`asin(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / sqrt((1 - x) * (1 + x))`.
        It needs x > -1 and x < 1; beyond that it gives inf or nan.
        """
        return _node(ASIN, _asin(self._data), self, None, 0.0)

    def acos(self):
        """`acos(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `-1 / sqrt((1 - x) * (1 + x))`.
        It needs x > -1 and x < 1; beyond that it gives inf or nan.
        """
        return _node(ACOS, _acos(self._data), self, None, 0.0)

    def atan(self):
        """`atan(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / (1 + x * x)`.
        """
        return _node(ATAN, _atan(self._data), self, None, 0.0)

    def tanh(self):
        """`tanh(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 - y * y`.
        """
        return _node(TANH, _tanh(self._data), self, None, 0.0)

    def atan2(self, x):
        """`atan2(y, x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂y = `x / y / (1 + x / y * (x / y)) / y if abs(y) > abs(x) else 1 / (1 + y / x * (y / x)) / x`, ∂y/∂x = `-1 / (1 + x / y * (x / y)) / y if abs(y) > abs(x) else -(y / x) / (1 + y / x * (y / x)) / x`.
        It needs y != 0 or x != 0; beyond that it gives inf or nan.
        """
        if type(x) is Value or (type(x) is not float and isinstance(x, Value)):
            b: Value = x
            return _node(ATAN2, _atan2(self._data, b._data), self, b, 0.0)
        if type(x) is not float:
            x = _argument(x)
        c: cython.double = x
        return _node(ATAN2_NUMBER, _atan2(self._data, c), self, None, c)

    def sinh(self):
        """`sinh(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `cosh(x)`.
        """
        return _node(SINH, _sinh(self._data), self, None, 0.0)

    def cosh(self):
        """`cosh(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `sinh(x)`.
        """
        return _node(COSH, _cosh(self._data), self, None, 0.0)

    def asinh(self):
        """`asinh(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / hypot(x, 1)`.
        """
        return _node(ASINH, _asinh(self._data), self, None, 0.0)

    def acosh(self):
        """`acosh(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / (sqrt(x - 1) * sqrt(x + 1))`.
        It needs x > 1; beyond that it gives inf or nan.
        """
        return _node(ACOSH, _acosh(self._data), self, None, 0.0)

    def atanh(self):
        """`atanh(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `1 / ((1 - x) * (1 + x))`.
        It needs x > -1 and x < 1; beyond that it gives inf or nan.
        """
        return _node(ATANH, _atanh(self._data), self, None, 0.0)

    def sigmoid(self):
        """`sigmoid(x) = 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))`.

        Partial derivatives, with y the value: ∂y/∂x = `y * (1 - y)`.

        Source: Cox, The Regression Analysis of Binary Sequences (1958).
        """
        return _node(SIGMOID, _sigmoid(self._data), self, None, 0.0)

    def softplus(self):
        """`softplus(x) = x + log1p(exp(-x)) if x > 0 else log1p(exp(x))`.

        Partial derivatives, with y the value: ∂y/∂x = `sigmoid(x)`.

        Source: Dugas et al., Incorporating Second-Order Functional Knowledge (2001).
        """
        return _node(SOFTPLUS, _softplus(self._data), self, None, 0.0)

    def logsigmoid(self):
        """`logsigmoid(x) = -softplus(-x)`.

        Partial derivatives, with y the value: ∂y/∂x = `sigmoid(-x)`.
        """
        return _node(LOGSIGMOID, -_softplus(-self._data), self, None, 0.0)

    def erf(self):
        """`erf(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `two_over_sqrt_pi * exp(-(x * x))`.
        """
        return _node(ERF, _erf(self._data), self, None, 0.0)

    def erfc(self):
        """`erfc(x)`, as Python's `math` has it, with inf and nan where that raises.

        Partial derivatives, with y the value: ∂y/∂x = `-two_over_sqrt_pi * exp(-(x * x))`.
        """
        return _node(ERFC, _erfc(self._data), self, None, 0.0)

    def relu(self):
        """`relu(x) = 0 if x <= 0 else x`.

        Partial derivatives, with y the value: ∂y/∂x = `0 if y <= 0 else 1`.
        Where x is 0 these are chosen: 0.

        Source: Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines (2010).
        """
        return _node(RELU, _relu(self._data), self, None, 0.0)

    def leaky_relu(self, slope=0.01):
        """`leaky_relu(x, slope) = x if x > 0 else slope * x`.

        Partial derivatives, with y the value: ∂y/∂x = `1 if x > 0 else slope`, ∂y/∂slope = `0 if x > 0 else x`.
        Where x is 0 these are chosen: slope, 0.

        Source: Maas et al. (2013); with a learned slope: He et al., Delving Deep (2015).
        """
        if type(slope) is Value or (type(slope) is not float and isinstance(slope, Value)):
            b: Value = slope
            return _node(LEAKY_RELU, _leaky_relu(self._data, b._data), self, b, 0.0)
        if type(slope) is not float:
            slope = _argument(slope)
        c: cython.double = slope
        return _node(LEAKY_RELU_NUMBER, _leaky_relu(self._data, c), self, None, c)

    def relu6(self):
        """`relu6(x) = 0 if x <= 0 else 6 if x >= 6 else x`.

        Partial derivatives, with y the value: ∂y/∂x = `0 if x <= 0 or x >= 6 else 1`.
        Where x is 0 these are chosen: 0.
        Where x - 6 is 0 these are chosen: 0.

        Source: Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10 (2010).
        """
        return _node(RELU6, _relu6(self._data), self, None, 0.0)

    def elu(self, alpha=1.0):
        """`elu(x, alpha) = x if x > 0 else alpha * expm1(x)`.

        Partial derivatives, with y the value: ∂y/∂x = `1 if x > 0 else alpha * exp(x)`, ∂y/∂alpha = `0 if x > 0 else expm1(x)`.
        Where x is 0 these are chosen: alpha, 0.

        Source: Clevert et al., Fast and Accurate Deep Network Learning by ELUs (2016).
        """
        if type(alpha) is Value or (type(alpha) is not float and isinstance(alpha, Value)):
            b: Value = alpha
            return _node(ELU, _elu(self._data, b._data), self, b, 0.0)
        if type(alpha) is not float:
            alpha = _argument(alpha)
        c: cython.double = alpha
        return _node(ELU_NUMBER, _elu(self._data, c), self, None, c)

    def selu(self):
        """`selu(x) = selu_scale * x if x > 0 else selu_scale * selu_alpha * expm1(x)`.

        Partial derivatives, with y the value: ∂y/∂x = `selu_scale if x > 0 else selu_scale * selu_alpha * exp(x)`.
        Where x is 0 these are chosen: selu_scale * selu_alpha.

        Source: Klambauer et al., Self-Normalizing Neural Networks (2017).
        """
        return _node(SELU, _selu(self._data), self, None, 0.0)

    def gelu(self):
        """`gelu(x) = 0.5 * x * erfc(-x * sqrt_half)`.

        Partial derivatives, with y the value: ∂y/∂x = `0.5 * erfc(-x * sqrt_half) + x * inv_sqrt_2pi * exp(-0.5 * x * x)`.

        Source: Hendrycks and Gimpel, Gaussian Error Linear Units (2016).
        """
        x: cython.double = self._data
        return _node(GELU, 0.5 * x * _erfc(-x * 0.7071067811865476), self, None, 0.0)

    def gelu_tanh(self):
        """`gelu_tanh(x) = x * sigmoid(2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x))`.

        Partial derivatives, with y the value: ∂y/∂x = `(1 if x > 25 else 0) if x > 25 or x < -25 else sigmoid(2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x)) + y * sigmoid(-2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x)) * 2 * sqrt_2_over_pi * (1 + 0.134145 * x * x)`.

        Source: Hendrycks and Gimpel, Gaussian Error Linear Units (2016).
        """
        x: cython.double = self._data
        return _node(GELU_TANH, x * _sigmoid(2.0 * 0.7978845608028654 * (x + 0.044715 * x * x * x)), self, None, 0.0)

    def silu(self):
        """`silu(x) = x * sigmoid(x)`.

        Partial derivatives, with y the value: ∂y/∂x = `sigmoid(x) + y * sigmoid(-x)`.

        Source: Elfwing et al., Sigmoid-Weighted Linear Units (2018); also called swish.
        """
        x: cython.double = self._data
        return _node(SILU, x * _sigmoid(x), self, None, 0.0)
    # </methods>
    # fmt: on

    item, numpy, requires_grad, clone, retain_grad = ELSEWHERE

    # NumPy calls these on each element: np.arctan(array_of_values)
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
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
        if self._flags & PLAIN and watching.watch & watching.TRACING and not within():
            raise watching.refused(Untraceable.looked_up())
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
            raise watching.refused(Untraceable.inverted())
        raise NotANumber.inverted(_spoken(self))

    # fmt: off
    # <refused>
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
        raise _no_plain(self, "an integer", "math.trunc(v)")

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
        return _served["copied"](self)

    def __reduce__(self):
        return _served["reduced"](self)


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
    if watching.watch or data != data:  # what an argument of a trace that is over leads to is nan
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
            # a test of its nan gives no nan
            if v._flags & ARGUMENT and not watching.watch & watching.TRACING:
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
    """Whether it is a time or a span of NumPy's, which may be an integer to it."""
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
            if watching.is_traced():  # in Python `[0.0] * n` may be right
                watching.refused(error)
            raise
    if hasattr(other, "dtype") and not getattr(other, "ndim", 0):
        return as_float(other)
    return NotImplemented  # an array, which NumPy takes element by element, or a class of its own


def _argument(other):
    """A plain number that a method is given as a float."""
    found = _operand(other)
    if found is not NotImplemented:
        return found
    error = NotANumber.holding(other)
    raise watching.refused(error) if watching.is_traced() else error


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
        here = watching.is_traced()
        error = Untraceable.plain(wanted, example) if here else Untraceable.outside(example)
        return watching.refused(error)
    return SilentDetach.of(_spoken(v), wanted, example)


def _no_operator(operator, a, b):
    """Refuse an operator that the table has not; what is no number may know what to do."""
    for x in (a, b):
        if not isinstance(x, (Value, Real)):
            return NotImplemented
    error = NotANumber.without_rule(operator, _shown(a), _shown(b))
    hidden = any(isinstance(x, Value) and _hidden(x) for x in (a, b))
    raise watching.refused(error) if hidden else error


def _shown(x):
    return _spoken(x) if isinstance(x, Value) else repr(x)


def _check_power(base, exponent, varies):
    """Refuse a power, or the derivative of one, that is not a real number.

    A trace does not look at the numbers of its first call: compiled code gives nan there.
    """
    unreal = base < 0.0 and (varies or exponent % 1.0 != 0.0)
    if unreal and not watching.is_traced():
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
    2. Hand gradients down; a node is ready when its last user has contributed. What only unchosen sides
       of a choice lead to is not reached: it hands nothing on, whatever inf or nan its slopes are.

    With `kept` each node adds to what an earlier sweep left it, and hands all of that down.

    All `_uses` and `_link` are back at 0 and None afterwards, whatever happens; after an exception
    no Value of the graph counts as having a gradient.
    """
    if _hidden(root):
        raise _no_backward()
    if watching.watch & watching.SWEEPS:
        watching.tell_of_sweep(root, False)
    with _lock:
        if _inside_own:
            raise NoGradient.inside()
        try:
            _count_uses(root, fresh, kept)
            root._grad = 1.0 + (0.0 if fresh or kept or root._code != LEAF else root._grad)
            root._flags |= HAS_GRAD
            _propagate_all(root)
            if watching.is_strict():
                finite.check_gradients(root)
        except BaseException:
            _clear_marks(root)
            raise
    if watching.watch & watching.SWEEPS:
        watching.tell_of_sweep(root, True)


def _no_backward():
    how = "jangrad.gradient(root, leaves), or grad(f), give Values"
    return watching.undone("a backward pass", how)


def backward_on_top(root):
    """micrograd's `backward`: inner Values too add to the gradients of an earlier pass."""
    _sweep(root, False, True)


# What `_uses` holds during a sweep: 2 for each user that has not contributed yet, and 1 until a gradient
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


def _propagate_all(root):
    top = root
    while top is not None:
        v = top
        top = v._link
        v._link = None
        left = v._left
        if left is not None:
            right = v._right
            if v._uses == 0:
                unreached = _propagate(v, left, right, v._grad)
            else:
                unreached = 3
                v._uses = 0
            left._uses -= 2 if unreached & 1 else 2 + (left._uses & 1)
            if left._uses <= 1:
                if left._code != LEAF:
                    left._link = top
                    top = left
                else:
                    left._uses = 0
            if right is not None:
                right._uses -= 2 if unreached & 2 else 2 + (right._uses & 1)
                if right._uses <= 1:
                    if right._code != LEAF:
                        right._link = top
                        top = right
                    else:
                        right._uses = 0


def _propagate(v, left, right, g):
    """Add the gradient of v, times the local partials, to the gradients of its inputs.

    Returns which of them were not reached: 1 for the left one, 2 for the right one, 3 for both.
    """
    unreached = 0
    op = v._code
    # fmt: off
    # <contributions>
    if op == MUL:  # a * b
        left._grad += g * right._data
        right._grad += g * left._data
        return 0
    if op == ADD:  # a + b
        left._grad += g
        right._grad += g
        return 0
    if op < SUB_NUMBER:
        if op == ADD_NUMBER:  # a + number
            left._grad += g
        elif op == NUMBER_ADD:  # number + b
            left._grad += g
        elif op == MUL_NUMBER:  # a * number
            left._grad += g * v._aux
        elif op == NUMBER_MUL:  # number * b
            left._grad += g * v._aux
        elif op == SUB:  # a - b
            left._grad += g
            right._grad -= g
    elif op < NEG:
        if op == SUB_NUMBER:  # a - number
            left._grad += g
        elif op == NUMBER_SUB:  # number - b
            left._grad -= g
        elif op == DIV:  # a / b
            b = right._data
            left._grad += g * _div(1.0, b)
            right._grad += g * _div(-v._data, b)
        elif op == DIV_NUMBER:  # a / number
            left._grad += g * _div(1.0, v._aux)
        elif op == NUMBER_DIV:  # number / b
            left._grad += g * _div(-v._data, left._data)
        elif op == MOD:  # a % b
            left._grad += g
            right._grad += g * -_floor(_div(left._data - v._data, right._data) + 0.5)
        elif op == MOD_NUMBER:  # a % number
            left._grad += g
        elif op == NUMBER_MOD:  # number % b
            left._grad += g * -_floor(_div(v._aux - v._data, left._data) + 0.5)
    elif op < POWER_LOG_NUMBER:
        if op == NEG:  # -x
            left._grad -= g
        elif op == POW:  # a ** b
            a = left._data
            b = right._data
            left._grad += 0.0 if b == 0.0 else g * (b * _power(a, b - 1.0))
            unreached = 1 if b == 0.0 else 0
            right._grad += 0.0 if a == 0.0 and b >= 0.0 else g * (v._data * _log(a))
            unreached += 2 if a == 0.0 and b >= 0.0 else 0
        elif op == POW_NUMBER:  # a ** number
            b = v._aux
            left._grad += 0.0 if b == 0.0 else g * (b * _power(left._data, b - 1.0))
            unreached = 1 if b == 0.0 else 0
        elif op == NUMBER_POW:  # number ** b
            a = v._aux
            left._grad += 0.0 if a == 0.0 and left._data >= 0.0 else g * (v._data * _log(a))
            unreached = 1 if a == 0.0 and left._data >= 0.0 else 0
        elif op == RAISED:  # raised(a, b)
            a = left._data
            b = right._data
            left._grad += g * (b * _raised(a, b - 1.0)) if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 0.0
            unreached = 0 if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 1
            right._grad += g * _power_log(a, b)
        elif op == RAISED_NUMBER:  # raised(a, number)
            a = left._data
            b = v._aux
            left._grad += g * (b * _raised(a, b - 1.0)) if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 0.0
            unreached = 0 if b != 0.0 or (_abs(a) >= 1e-300 and a != 0.0) else 1
        elif op == NUMBER_RAISED:  # raised(number, b)
            left._grad += g * _power_log(v._aux, left._data)
        elif op == POWER_LOG:  # power_log(a, b)
            a = left._data
            b = right._data
            left._grad += g * (b * _power_log(a, b - 1.0) + _raised(a, b - 1.0))
            right._grad += g * (_power_log(a, b / 2.0) * _power_log(a, b / 2.0))
    elif op < NUMBER_MAXIMUM:
        if op == POWER_LOG_NUMBER:  # power_log(a, number)
            a = left._data
            b = v._aux
            left._grad += g * (b * _power_log(a, b - 1.0) + _raised(a, b - 1.0))
        elif op == NUMBER_POWER_LOG:  # power_log(number, b)
            a = v._aux
            b = left._data
            left._grad += g * (_power_log(a, b / 2.0) * _power_log(a, b / 2.0))
        elif op == ABS:  # abs(x)
            x = left._data
            left._grad += g if x > 0.0 else -g if x < 0.0 else 0.0
            unreached = 0 if x > 0.0 else 0 if x < 0.0 else 1
        elif op == MINIMUM:  # minimum(a, b)
            a = left._data
            b = right._data
            left._grad += g if a < b else 0.0 if b < a else g * 0.5
            unreached = 0 if a < b else 1 if b < a else 0
            right._grad += g if b < a else 0.0 if a < b else g * 0.5
            unreached += 0 if b < a else 2 if a < b else 0
        elif op == MINIMUM_NUMBER:  # minimum(a, number)
            a = left._data
            b = v._aux
            left._grad += g if a < b else 0.0 if b < a else g * 0.5
            unreached = 0 if a < b else 1 if b < a else 0
        elif op == NUMBER_MINIMUM:  # minimum(number, b)
            a = v._aux
            b = left._data
            left._grad += g if b < a else 0.0 if a < b else g * 0.5
            unreached = 0 if b < a else 1 if a < b else 0
        elif op == MAXIMUM:  # maximum(a, b)
            a = left._data
            b = right._data
            left._grad += g if a > b else 0.0 if b > a else g * 0.5
            unreached = 0 if a > b else 1 if b > a else 0
            right._grad += g if b > a else 0.0 if a > b else g * 0.5
            unreached += 0 if b > a else 2 if a > b else 0
        elif op == MAXIMUM_NUMBER:  # maximum(a, number)
            a = left._data
            b = v._aux
            left._grad += g if a > b else 0.0 if b > a else g * 0.5
            unreached = 0 if a > b else 1 if b > a else 0
    elif op < FLOOR:
        if op == NUMBER_MAXIMUM:  # maximum(number, b)
            a = v._aux
            b = left._data
            left._grad += g if b > a else 0.0 if a > b else g * 0.5
            unreached = 0 if b > a else 1 if a > b else 0
        elif op == AT_LEAST:  # at_least(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a < b else g
            unreached = 1 if a < b else 0
            right._grad += g if a < b else 0.0
            unreached += 0 if a < b else 2
        elif op == AT_LEAST_NUMBER:  # at_least(a, number)
            left._grad += 0.0 if left._data < v._aux else g
            unreached = 1 if left._data < v._aux else 0
        elif op == NUMBER_AT_LEAST:  # at_least(number, b)
            left._grad += g if v._aux < left._data else 0.0
            unreached = 0 if v._aux < left._data else 1
        elif op == AT_MOST:  # at_most(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a > b else g
            unreached = 1 if a > b else 0
            right._grad += g if a > b else 0.0
            unreached += 0 if a > b else 2
        elif op == AT_MOST_NUMBER:  # at_most(a, number)
            left._grad += 0.0 if left._data > v._aux else g
            unreached = 1 if left._data > v._aux else 0
        elif op == NUMBER_AT_MOST:  # at_most(number, b)
            left._grad += g if v._aux > left._data else 0.0
            unreached = 0 if v._aux > left._data else 1
        else:
            unreached = 3
    elif op < EXP:
        if op == WHERE_TRUE:  # where(True, a, b)
            left._grad += g
            unreached += 2
        elif op == WHERE_TRUE_NUMBER:  # where(True, a, number)
            left._grad += g
        elif op == WHERE_FALSE:  # where(False, a, b)
            unreached = 1
            right._grad += g
        elif op == NUMBER_WHERE_FALSE:  # where(False, number, b)
            left._grad += g
        else:
            unreached = 3
    elif op < LOGADDEXP_NUMBER:
        if op == EXP:  # exp(x)
            left._grad += g * v._data
        elif op == EXPM1:  # expm1(x)
            left._grad += g * (v._data + 1.0)
        elif op == EXP2:  # exp2(x)
            left._grad += g * (v._data * 0.6931471805599453)
        elif op == LOG:  # log(x)
            left._grad += g * _div(1.0, left._data)
        elif op == LOG1P:  # log1p(x)
            left._grad += g * _div(1.0, 1.0 + left._data)
        elif op == LOG2:  # log2(x)
            left._grad += g * _div(1.0, left._data * 0.6931471805599453)
        elif op == LOG10:  # log10(x)
            left._grad += g * _div(1.0, left._data * 2.302585092994046)
        elif op == LOGADDEXP:  # logaddexp(a, b)
            a = left._data
            b = right._data
            left._grad += g * _sigmoid(_minus(a, b))
            right._grad += g * _sigmoid(_minus(b, a))
    elif op < SQRT:
        if op == LOGADDEXP_NUMBER:  # logaddexp(a, number)
            left._grad += g * _sigmoid(_minus(left._data, v._aux))
        elif op == NUMBER_LOGADDEXP:  # logaddexp(number, b)
            left._grad += g * _sigmoid(_minus(left._data, v._aux))
        elif op == XLOGY:  # xlogy(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a == 0.0 and b <= 0.0 else g * _log(b)
            unreached = 1 if a == 0.0 and b <= 0.0 else 0
            right._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(a, b)
            unreached += 2 if a == 0.0 and b == 0.0 else 0
        elif op == XLOGY_NUMBER:  # xlogy(a, number)
            b = v._aux
            left._grad += 0.0 if left._data == 0.0 and b <= 0.0 else g * _log(b)
            unreached = 1 if left._data == 0.0 and b <= 0.0 else 0
        elif op == NUMBER_XLOGY:  # xlogy(number, b)
            a = v._aux
            b = left._data
            left._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(a, b)
            unreached = 1 if a == 0.0 and b == 0.0 else 0
        elif op == REL_ENTR:  # rel_entr(a, b)
            a = left._data
            b = right._data
            left._grad += 0.0 if a == 0.0 and (b == 0.0 or _div(1.0, b) == 0.0) else g * _div(_shift(b) - b, b) if a == 0.0 and b > 0.0 else g * (_log(a) - _log(b) + 1.0)
            unreached = 1 if a == 0.0 and (b == 0.0 or _div(1.0, b) == 0.0) else 0
            right._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(-a, b)
            unreached += 2 if a == 0.0 and b == 0.0 else 0
        elif op == REL_ENTR_NUMBER:  # rel_entr(a, number)
            a = left._data
            b = v._aux
            left._grad += 0.0 if a == 0.0 and (b == 0.0 or _div(1.0, b) == 0.0) else g * _div(_shift(b) - b, b) if a == 0.0 and b > 0.0 else g * (_log(a) - _log(b) + 1.0)
            unreached = 1 if a == 0.0 and (b == 0.0 or _div(1.0, b) == 0.0) else 0
        elif op == NUMBER_REL_ENTR:  # rel_entr(number, b)
            a = v._aux
            b = left._data
            left._grad += 0.0 if a == 0.0 and b == 0.0 else g * _div(-a, b)
            unreached = 1 if a == 0.0 and b == 0.0 else 0
    elif op < ASIN:
        if op == SQRT:  # sqrt(x)
            left._grad += g * _div(0.5, v._data)
        elif op == CBRT:  # cbrt(x)
            left._grad += g * _div(1.0, 3.0 * v._data * v._data)
        elif op == HYPOT:  # hypot(a, b)
            left._grad += g * _div(left._data, v._data)
            right._grad += g * _div(right._data, v._data)
        elif op == HYPOT_NUMBER:  # hypot(a, number)
            left._grad += g * _div(left._data, v._data)
        elif op == NUMBER_HYPOT:  # hypot(number, b)
            left._grad += g * _div(left._data, v._data)
        elif op == SIN:  # sin(x)
            left._grad += g * _cos(left._data)
        elif op == COS:  # cos(x)
            left._grad += g * -_sin(left._data)
        elif op == TAN:  # tan(x)
            left._grad += g * (1.0 + v._data * v._data)
    elif op < COSH:
        if op == ASIN:  # asin(x)
            x = left._data
            left._grad += g * _div(1.0, _sqrt((1.0 - x) * (1.0 + x)))
        elif op == ACOS:  # acos(x)
            x = left._data
            left._grad += g * _div(-1.0, _sqrt((1.0 - x) * (1.0 + x)))
        elif op == ATAN:  # atan(x)
            x = left._data
            left._grad += g * _div(1.0, 1.0 + x * x)
        elif op == TANH:  # tanh(x)
            left._grad += g * (1.0 - v._data * v._data)
        elif op == ATAN2:  # atan2(a, b)
            a = left._data
            b = right._data
            left._grad += g * _div(_div(_div(b, a), 1.0 + _div(b, a) * _div(b, a)), a) if _abs(a) > _abs(b) else g * _div(_div(1.0, 1.0 + _div(a, b) * _div(a, b)), b)
            right._grad += g * _div(_div(-1.0, 1.0 + _div(b, a) * _div(b, a)), a) if _abs(a) > _abs(b) else g * _div(_div(-_div(a, b), 1.0 + _div(a, b) * _div(a, b)), b)
        elif op == ATAN2_NUMBER:  # atan2(a, number)
            a = left._data
            b = v._aux
            left._grad += g * _div(_div(_div(b, a), 1.0 + _div(b, a) * _div(b, a)), a) if _abs(a) > _abs(b) else g * _div(_div(1.0, 1.0 + _div(a, b) * _div(a, b)), b)
        elif op == NUMBER_ATAN2:  # atan2(number, b)
            a = v._aux
            b = left._data
            left._grad += g * _div(_div(-1.0, 1.0 + _div(b, a) * _div(b, a)), a) if _abs(a) > _abs(b) else g * _div(_div(-_div(a, b), 1.0 + _div(a, b) * _div(a, b)), b)
        elif op == SINH:  # sinh(x)
            left._grad += g * _cosh(left._data)
    elif op < ERFC:
        if op == COSH:  # cosh(x)
            left._grad += g * _sinh(left._data)
        elif op == ASINH:  # asinh(x)
            left._grad += g * _div(1.0, _hypot(left._data, 1.0))
        elif op == ACOSH:  # acosh(x)
            x = left._data
            left._grad += g * _div(1.0, _sqrt(x - 1.0) * _sqrt(x + 1.0))
        elif op == ATANH:  # atanh(x)
            x = left._data
            left._grad += g * _div(1.0, (1.0 - x) * (1.0 + x))
        elif op == SIGMOID:  # sigmoid(x)
            left._grad += g * (v._data * (1.0 - v._data))
        elif op == SOFTPLUS:  # softplus(x)
            left._grad += g * _sigmoid(left._data)
        elif op == LOGSIGMOID:  # logsigmoid(x)
            left._grad += g * _sigmoid(-left._data)
        elif op == ERF:  # erf(x)
            x = left._data
            left._grad += g * (1.1283791670955126 * _exp(-(x * x)))
    elif op < NUMBER_ELU:
        if op == ERFC:  # erfc(x)
            x = left._data
            left._grad += g * (-1.1283791670955126 * _exp(-(x * x)))
        elif op == RELU:  # relu(x)
            left._grad += 0.0 if v._data <= 0.0 else g
            unreached = 1 if v._data <= 0.0 else 0
        elif op == LEAKY_RELU:  # leaky_relu(a, b)
            a = left._data
            left._grad += g if a > 0.0 else g * right._data
            right._grad += 0.0 if a > 0.0 else g * a
            unreached += 2 if a > 0.0 else 0
        elif op == LEAKY_RELU_NUMBER:  # leaky_relu(a, number)
            left._grad += g if left._data > 0.0 else g * v._aux
        elif op == NUMBER_LEAKY_RELU:  # leaky_relu(number, b)
            a = v._aux
            left._grad += 0.0 if a > 0.0 else g * a
            unreached = 1 if a > 0.0 else 0
        elif op == RELU6:  # relu6(x)
            x = left._data
            left._grad += 0.0 if x <= 0.0 or x >= 6.0 else g
            unreached = 1 if x <= 0.0 or x >= 6.0 else 0
        elif op == ELU:  # elu(a, b)
            a = left._data
            left._grad += g if a > 0.0 else g * (right._data * _exp(a))
            right._grad += 0.0 if a > 0.0 else g * _expm1(a)
            unreached += 2 if a > 0.0 else 0
        elif op == ELU_NUMBER:  # elu(a, number)
            a = left._data
            left._grad += g if a > 0.0 else g * (v._aux * _exp(a))
    elif op < LESS_EQUAL:
        if op == NUMBER_ELU:  # elu(number, b)
            a = v._aux
            left._grad += 0.0 if a > 0.0 else g * _expm1(a)
            unreached = 1 if a > 0.0 else 0
        elif op == SELU:  # selu(x)
            x = left._data
            left._grad += g * 1.0507009873554805 if x > 0.0 else g * (1.0507009873554805 * 1.6732632423543772 * _exp(x))
        elif op == GELU:  # gelu(x)
            x = left._data
            left._grad += g * (0.5 * _erfc(-x * 0.7071067811865476) + x * 0.3989422804014327 * _exp(-0.5 * x * x))
        elif op == GELU_TANH:  # gelu_tanh(x)
            x = left._data
            left._grad += (g if x > 25.0 else 0.0) if x > 25.0 or x < -25.0 else g * (_sigmoid(2.0 * 0.7978845608028654 * (x + 0.044715 * x * x * x)) + v._data * _sigmoid(-2.0 * 0.7978845608028654 * (x + 0.044715 * x * x * x)) * 2.0 * 0.7978845608028654 * (1.0 + 0.134145 * x * x))
            unreached = (0 if x > 25.0 else 1) if x > 25.0 or x < -25.0 else 0
        elif op == SILU:  # silu(x)
            x = left._data
            left._grad += g * (_sigmoid(x) + v._data * _sigmoid(-x))
        else:
            unreached = 3
    elif op < NUMBER_GATE:
        if op == GATE:  # gate(a, b)
            unreached = 1
            right._grad += 0.0 if left._data == 0.0 else g
            unreached += 2 if left._data == 0.0 else 0
        else:
            unreached = 3
    elif op < NUMBER_MINUS:
        if op == NUMBER_GATE:  # gate(number, b)
            left._grad += 0.0 if v._aux == 0.0 else g
            unreached = 1 if v._aux == 0.0 else 0
        elif op == SIDE:  # side(a, b)
            unreached = 1
            right._grad += 0.0 if left._data == 0.0 else g
            unreached += 2 if left._data == 0.0 else 0
        elif op == NUMBER_SIDE:  # side(number, b)
            left._grad += 0.0 if v._aux == 0.0 else g
            unreached = 1 if v._aux == 0.0 else 0
        elif op == MINUS:  # minus(a, b)
            left._grad += g
            right._grad -= g
        elif op == MINUS_NUMBER:  # minus(a, number)
            left._grad += g
        else:
            unreached = 3
    elif op < FIRST_USER_CODE:
        if op == NUMBER_MINUS:  # minus(number, b)
            left._grad -= g
        else:
            unreached = 3
    else:
        unreached = _propagate_user(v, g)
    # </contributions>
    # fmt: on
    return unreached


def _propagate_user(v, g):
    """The same for an operation that the user has registered, and for a backward of its own."""
    if v._code == CLOSURE:
        _propagate_own(v)
        return 0
    row = ops.CODES[v._code][0]
    inputs = v.inputs
    numbers = tuple(map(_plain, inputs))
    bit, unreached = 1, 0
    for x, part in zip(inputs, ops.contributions(row.name, numbers, v._data, g), strict=True):
        if isinstance(x, Value):
            child: Value = x
            if part is None:
                unreached += bit
            else:
                child._grad += part
            bit = 2
    return unreached


def _propagate_own(v):
    global _inside_own
    _inside_own = True
    try:
        v._backward()
    finally:
        _inside_own = False


def _propagate_once(v):
    """micrograd's `_backward`: hand the gradient down by one node."""
    if _hidden(v):
        raise _no_backward()
    if v._left is not None:
        _propagate(v, v._left, v._right, v._grad)
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


# -- tracing ------------------------------------------------------------------------------------------


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


def is_symbol(v):
    """Whether it was computed in a trace, or from what was, in whatever thread."""
    w: Value = v
    return w._flags & SYMBOL != 0


def _hidden(v):
    """Whether it has no number that could be read here; what is read meanwhile is noted."""
    if v._flags & SYMBOL or not watching.watch & watching.TRACING or watching.is_traced():
        return v._flags & SYMBOL != 0 or watching.watch & watching.TRACING != 0
    watching.note_read(v, v._data)
    return False


def _is_symbol(v, other):
    """Whether what is computed from the two has no number that could be read here."""
    return _hidden(v) or (isinstance(other, Value) and _hidden(other))


def _check_shown(v):
    """Refuse to show a number to the user's function, but not to an error message of ours."""
    if watching.watch & watching.TRACING and _hidden(v) and not within():
        raise watching.unread("str(v)", "return it, and print what the compiled function gives")


def _is_equal(v, other):
    """What `==` gives: True or False, a test while traced, or NotImplemented for Python's `is`."""
    if isinstance(other, Value):
        w: Value = other
        if (v._flags | w._flags) & PLAIN:  # in Python one of them is a plain number
            return _test(apply("equal", v, w))
        if v is not w and (v._flags | w._flags) & SYMBOL:
            raise watching.refused(Untraceable.identity())
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
    raise watching.refused(NotANumber.beside(operator, _spoken(v), other))


def _mark(v):
    """What is computed in a trace, or from symbols, is a symbol."""
    left, right = v._left, v._right
    both, either = left._flags, left._flags
    if right is not None:
        both, either = both & right._flags, either | right._flags
    v._flags |= SYMBOL | both & PLAIN | either & ARGUMENT
    if v._flags & ARGUMENT:
        v._data = _NAN


# -- notes: labels, source lines, attributes ---------------------------------------------------------

_NAN = float("nan")


def _look_at(v):
    trace = watching.tracing()
    if v._code == LEAF:
        if trace is not None:
            trace.leaves.append(v)
    elif (
        trace is not None
        or (v._left._flags | (v._left if v._right is None else v._right)._flags) & SYMBOL
    ):
        _mark(v)
        if v._flags & ARGUMENT and not watching.watch & watching.TRACING:
            raise Untraceable.outside(f"`{v.op}`")
    if watching.watch & (watching.LINES | watching.STRICT):
        _noted(v)[1] = call_places.place()
    # In a trace nothing is computed for good, so nothing is strict.
    if trace is None and v._data - v._data != 0.0 and watching.is_strict():
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


_inside_own = False  # whether a walk has called a backward of the user's own
_lock = forks.awaited(0)  # one sweep at a time: the marks are in the nodes
_serial = 0.0  # counts leaves, so that they can be put into the order in which they were made
_clock = 1  # counts operations and assignments to `data`; a node older than its input is stale
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
    if watching.is_traced():
        name = getattr(v, "_called", "function")
        raise watching.refused(Untraceable.own_backward(name, "compiled"))
    _clock += 1
    v._stamp = _clock
    v._code = CLOSURE
    v._left = left
    v._right = right


_served = {}


def serve(**functions):
    """Say what the rooms above do with a Value.

    Args:
        tree: what `backtrack()` returns, given the root: the engine knows nothing of drawing.
        copied, reduced: what `copy` and `pickle` are given.
    """
    _served.update(functions)
