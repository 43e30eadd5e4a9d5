"""One class per mistake. Each message says what, where, why, and what to try.

    JangradError
    ├── NotANumber          (TypeError)       data that is not a real number
    ├── SilentDetach        (TypeError)       a Value where Python wants a plain float, int or bool
    ├── Untraceable         (TypeError)       a number read while `jit` traces: it would be baked in
    ├── DomainError         (ValueError)      an operation outside the real numbers
    ├── NonFinite           (ArithmeticError) the first nan or inf, under `jangrad.strict()`
    ├── StaleGraph          (RuntimeError)    a graph whose inputs were changed after it was built
    ├── NoGradient          (RuntimeError)    an optimiser's step without a gradient to follow
    ├── InnerValue          (AttributeError)  writing to a Value that is computed from others
    ├── WrongGradient       (AssertionError)  a gradient that finite differences contradict
    ├── OperationError      (ValueError)      a rule that cannot be registered
    ├── ShapeError          (ValueError)      lists whose lengths do not fit
    │   └── EndlessArgument (RecursionError)  an argument that Python's stack is too short for
    ├── ConfigError         (ValueError)      an option that does not exist or is out of range
    ├── NameNotFound        (KeyError)        a label or parameter name that is not there
    ├── NoSuchRow           (IndexError)      a table of a compiled function has no such row
    ├── DataError           (ValueError)      rows, columns or files of data that cannot be used
    ├── ModelFileError      (ValueError)      a model file that is damaged, truncated or foreign
    ├── CheckpointError     (ValueError)      a kept training that cannot be gone on with
    ├── SaveError           (OSError)         a place where nothing can be written, or must not
    ├── NoCompiler          (ImportError)     machine code is wanted, and llvmlite cannot be used
    ├── ForeignName         (AttributeError)  a name that other libraries have, and we do not
    ├── ForeignImport       (ImportError)     the same in `from jangrad import`
    └── ExpressionError     (ValueError)      an expression typed in that cannot be read

Each class also derives from the built-in that callers expect, so `except TypeError` works.
What messages are made of, `messages.py`, is imported from here as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from jangrad.messages import commands as commands
from jangrad.messages import did_you_mean as did_you_mean
from jangrad.messages import either as either
from jangrad.messages import is_command as is_command
from jangrad.messages import is_users as is_users
from jangrad.messages import offers as offers
from jangrad.messages import printable as printable
from jangrad.messages import source_line as source_line
from jangrad.messages import user_line as user_line
from jangrad.messages import within as within


class JangradError(Exception):
    """The base of every error that jangrad raises on purpose.

    Args:
        what: what is wrong, with the values seen; one sentence without advice.
        where: the place in the user's program; found by itself when left out.
        why: why it is a rule.
        try_: what to do instead.

    >>> print(JangradError("`log` needs x > 0, but x = -1.0", where="", try_="log(abs(x))"))
    `log` needs x > 0, but x = -1.0
      try: log(abs(x))
    """

    def __init__(
        self, what: str, *, where: str | None = None, why: str = "", try_: str = ""
    ) -> None:
        self.what = what
        self.where = user_line() if where is None else where
        self.why = why
        self.try_ = try_
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = (("where", self.where), ("why", self.why), ("try", self.try_))
        lines = [self.what, *(f"  {name}: {text}" for name, text in parts if text)]
        return printable("\n".join(lines))

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with the whole message and double it.
        return _rebuild, (type(self), self.what, self.where, self.why, self.try_)


def _rebuild(kind: type[JangradError], what: str, where: str, why: str, try_: str) -> JangradError:
    return kind(what, where=where, why=why, try_=try_)


#: Why the engine's Value has no subclasses.
NO_SUBCLASS = (
    "Value cannot be subclassed\n"
    "  why: every operation makes a plain Value, so a subclass would be lost at the first +\n"
    "  try: jangrad.micrograd.engine.Value, which can; a class that holds Values, such as"
    " jangrad.nn.Module; or jangrad.operation"
)

_TIME = ("a time is a number only from some first time on", "(t - first).total_seconds()")
_SPAN = ("a span of time is a number only in some unit", "span / datetime.timedelta(days=1)")


def _of_text(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return "a number; inside jit, what a word decides is decided outside, by functools.partial"
    return f"float({text!r})"


class NotANumber(JangradError, TypeError):
    """Data that is not a real number: text, None, a complex number, an array."""

    @classmethod
    def holding(cls, data: object) -> NotANumber:
        """The error for a Value that was to hold this."""
        kind = type(data).__name__
        hints = {
            "Value": ("it is one already", "the Value itself, or v.detach() for a new leaf"),
            "str": ("text is not a number", _of_text(str(data))),
            "NoneType": (
                "nothing is not a number; a function without `return` gives it",
                "a number",
            ),
            "complex": ("gradients here are of real numbers", "z.real and z.imag, each a Value"),
            "ndarray": ("the scalar is the only number type", "[Value(x) for x in array]"),
            "list": ("the scalar is the only number type", "[Value(x) for x in the_list]"),
            "Listed": (
                "an array that is an argument is a list of Values here",
                "[3 * x for x in v]; or numpy.array(v), inside the function, to compute with each",
            ),
            "Tensor": (
                "the scalar is the only number type, and PyTorch would miss a gradient",
                "t.item() for its number, [Value(x) for x in t.tolist()] for all of them",
            ),
            "tuple": ("the scalar is the only number type", "[Value(x) for x in the_tuple]"),
            "NAType": ("nothing is known there", "df.dropna(), or df.fillna(a number)"),
            "Decimal": ("floats have no decimal digits to be kept", "float(d)"),
            **dict.fromkeys(("datetime", "date", "Timestamp", "datetime64"), _TIME),
            **dict.fromkeys(("timedelta", "Timedelta", "timedelta64"), _SPAN),
        }
        fallback = ("", "a real number: int, float, bool, a NumPy scalar or a Fraction")
        if hasattr(data, "__iter__"):
            fallback = ("numbers lie in lists, tuples and arrays", "list(...) of it")
        if isinstance(data, dict):
            fallback = ("derivatives are by numbers in lists, tuples and arrays", "[*d.values()]")
        why, try_ = hints.get(kind, fallback)
        if kind == "list" and any(hasattr(x, "backtrack") for x in data[:1]):  # type: ignore[index]
            why = "a network gives a list of Values, also where it has one output"
            try_ = "net(row)[0], for the one output; [v - t for v, t in zip(values, targets)]"
        return cls(f"a Value holds a real number, not {data!r:.60} ({kind})", why=why, try_=try_)

    @classmethod
    def too_long(cls) -> NotANumber:
        """The error for an integer that no float is large enough for."""
        return cls("the integer has too many digits for a float", why="floats end at 1.8e308")

    @classmethod
    def beside(cls, operator: str, value: str, other: object) -> NotANumber:
        """The error for `&`, `|` or `^` between anything but comparisons."""
        return cls(
            f"`{operator}` joins True and False, but it stands between {value} and {other!r:.60}",
            why="it binds tighter than `<`, so comparisons beside it need parentheses",
            try_=f"(x > 0) {operator} (x < 1)",
        )

    @classmethod
    def inverted(cls, value: str) -> NotANumber:
        """The error for `~` of anything but a comparison."""
        return cls(
            f"`~` turns the bits of an integer, which {value} is not",
            try_="the opposite comparison, `x <= 0` for `~(x > 0)`; `not` for True and False",
        )

    @classmethod
    def without_rule(cls, operator: str, a: str, b: str) -> NotANumber:
        """The error for an operator of Python's that no rule of the table is for."""
        shown = f"{operator}({a}, {b})" if operator.isalpha() else f"{a} {operator} {b}"
        whole = "jangrad.floor(a / b) for the integer, a % b for the rest"
        if "traced" not in a + b:
            whole += "; v.data for the plain number"
        return cls(
            f"`{operator}` is no operation of Values: {shown}",
            why="it makes integers, and a Value is a real one"
            if operator != "@"
            else "a Value is one number, not a row or a matrix of them",
            try_={
                "@": "jangrad.dot(a, b) for two lists of Values",
                "<<": "v * 2.0**n",
                ">>": "v / 2.0**n",
                "pow": "a**b, without a modulus",
            }.get(operator, whole),
        )


class SilentDetach(JangradError, TypeError):
    """Python asked a Value for a plain number, which would cut it from its gradient."""

    @classmethod
    def of(cls, value: str, wanted: str, example: str) -> SilentDetach:
        """The error for Python asking this value for a plain number, as the example does."""
        return cls(
            f"Python wants {wanted} of {value}",
            why=f"{example} would cut the result from its gradient without a word",
            try_="jangrad's own functions (jangrad.exp, jangrad.where ...), a comparison such as"
            " `v > 0`; or v.data for the plain number, [v.data for v in values] for many, and"
            ' f"{v:.3f}" for text',
        )


class Untraceable(JangradError, TypeError):
    """Something that a trace cannot follow, or that would bake one number into compiled code."""

    @classmethod
    def reading(cls, what: str, instead: str = "") -> Untraceable:
        """The error for a number read while a function is traced."""
        return cls(
            f"`{what}` was read while the function was traced",
            why="compiled code would keep the number of this one call for ever",
            try_=instead
            or "jangrad.where(v > 0, a, b), jangrad.maximum, v.detach(); or give the number to the"
            " function as an argument",
        )

    @classmethod
    def plain(cls, wanted: str, example: str) -> Untraceable:
        """The error for Python asking a traced Value for a plain number, as the example does."""
        hints = {
            "an index": "jangrad.table(rows)[v], which is looked up at each call, also in a row"
            " that was picked: table(table(rows)[i])[j]; a count, as in range(n), is no argument:"
            " close over it",
            "True or False": "jangrad.where(v > 0, a, b); (v > 0) & (v < 1) for `0 < v < 1`, `and`,"
            " `in`; min and max: jangrad.minimum, maximum",
        }
        return cls(
            f"Python wants {wanted} of a Value while the function is traced",
            why=f"{example} would keep what this one call gives for ever",
            try_=hints.get(wanted, "jangrad's own functions (jangrad.exp, jangrad.where ...)"),
        )

    @classmethod
    def outside(cls, what: str) -> Untraceable:
        """The error for a number of a traced Value that is asked for where nothing is traced."""
        return cls(
            f"{what} asks for the number of a Value that was computed while a function was traced",
            why="it has none: compiled code computes with those of each call, in one thread",
            try_="return it from the function; what later calls shall know is given as an argument",
        )

    @classmethod
    def looked_up(cls) -> Untraceable:
        """The error for a hash of a Value that stands for a plain number."""
        return cls(
            "a Value was looked up in a dict or a set while the function was traced",
            why="what is found for the number of this one call would be kept for ever",
            try_="jangrad.table(rows)[v] for integers from 0, jangrad.where(v == 1, a, b);"
            " or look it up before the call and give what was found as an argument",
        )

    @classmethod
    def identity(cls) -> Untraceable:
        """The error for `==` between two computed Values."""
        return cls(
            "`==` of two computed Values was asked while the function was traced",
            why="in Python two Values are equal when they are one Value, whatever their numbers",
            try_="`a - b == 0` to compare their numbers, `a is b` to ask whether they are one",
        )

    @classmethod
    def inverted(cls) -> Untraceable:
        """The error for `~` of a comparison."""
        return cls(
            "`~` of a comparison cannot be traced",
            why="in Python ~True is -2 and ~False is -1, which both count as true",
            try_="the opposite comparison, `x <= 0` for `~(x > 0)`; or jangrad.where(test, b, a)",
        )

    @classmethod
    def own_backward(cls, name: str, wish: str) -> Untraceable:
        """The error for a Value with a backward of its own that cannot be, say, compiled."""
        return cls(
            f"`{name}` has a backward of its own, so it cannot be {wish}",
            why="that is a function of Python's, which adds numbers to gradients; what it computes"
            " is known to nobody else",
            try_='jangrad.operation("name", "x ** 3", "3 * x ** 2"), or jangrad\'s own functions',
        )

    @classmethod
    def doing(cls, what: str, instead: str) -> Untraceable:
        """The error for something that has no place in a traced function."""
        return cls(
            f"{what} cannot be traced",
            why="a traced function only computes: what it changes would be changed once, now",
            try_=instead,
        )


class DomainError(JangradError, ValueError):
    """An operation whose value or derivative is not a real number here."""

    @classmethod
    def of_power(cls, base: float, exponent: float, varies: bool) -> DomainError:
        """The error for a power of a negative base; `varies` when the exponent is a Value."""
        if varies:
            plain = f"a plain exponent, `a ** {exponent:g}`, if it shall not be differentiated; or "
            works = float(exponent).is_integer()
            return cls(
                f"`a ** b` has no real derivative with respect to b: a = {base}, b = {exponent}",
                why="d(a ** b)/db = a ** b * log(a), and the logarithm of a negative number is not"
                f" real; {base} ** b itself is real only for whole b",
                try_=f"{plain if works else ''}abs(a) ** b",
            )
        return cls(
            f"`a ** {exponent}` is not a real number: a = {base}",
            why="a negative number has real powers only for whole exponents",
            try_=f"abs(a) ** {exponent}, or a whole exponent",
        )


class NonFinite(JangradError, ArithmeticError):
    """The first nan or inf, raised inside `with jangrad.strict():`."""

    @classmethod
    def in_gradient(
        cls, op: str, inputs: Iterable[float], found: str, made_at: str = ""
    ) -> NonFinite:
        """The error for an operation whose partial, times its gradient, is not finite.

        Args:
            op: the operation.
            inputs: its inputs, as numbers.
            found: what became of its gradient.
            made_at: the line of the user's program that computed it.
        """
        return cls(
            f"the gradient of `{op}` at ({', '.join(map(repr, inputs))}){found}",
            why=f"`{op}` was computed at {made_at}" if made_at else "",
            try_="stay off the edge of its domain, as in sqrt(x + 1e-12); or a smaller step",
        )

    def during(self, what: str) -> NonFinite:
        """The same error, which says during what it came: a row, a step."""
        return NonFinite(f"{what}: {self.what}", where=self.where, why=self.why, try_=self.try_)


class StaleGraph(JangradError, RuntimeError):
    """An input was assigned after the graph was built, so old and new numbers would mix."""

    @classmethod
    def of(cls, leaf: str, user: str, op: str) -> StaleGraph:
        """The error for this leaf, and what an operation has computed from it before."""
        return cls(
            f"{leaf} was assigned after {user} was computed from it by `{op}`",
            why="the graph holds the old results: its gradients would mix old and new numbers",
            try_="compute the expression again after changing its inputs",
        )


class NoGradient(JangradError, RuntimeError):
    """An optimiser's step while no parameter has a gradient."""

    @classmethod
    def of_loss(cls) -> NoGradient:
        """The error for a loss that no parameter has a part in."""
        return cls(
            "the loss depends on none of the parameters that learn",
            why="the gradient says where to go, and there is none",
            try_="the Values that the loss computes with, among the parameters; without `detach`",
        )

    @classmethod
    def inside(cls) -> NoGradient:
        """The error for a backward pass inside another one."""
        return cls(
            "a backward of your own begins another walk over a graph",
            why="the walk that called it has its marks in the Values: the two would mix",
            try_="only `child.grad += slope * out.grad` in it",
        )


class InnerValue(JangradError, AttributeError):
    """The data of a Value that is computed from others cannot be assigned."""

    @classmethod
    def assigned(cls, value: str, how: str) -> InnerValue:
        """The error for such an assignment; `how` says what the Value was computed from."""
        return cls(
            f"the data of {value} cannot be assigned, for it is computed: {how}",
            why="the Values computed from it, and its own gradient, would no longer fit it",
            try_="assign to the leaves and compute again, or make a new Value(number)",
        )


class WrongGradient(JangradError, AssertionError):
    """A gradient that finite differences contradict."""


class OperationError(JangradError, ValueError):
    """A rule that cannot be registered as an operation."""


class ShapeError(JangradError, ValueError):
    """Lists whose lengths do not fit together."""


class EndlessArgument(ShapeError, RecursionError):
    """An argument that Python's stack is too short for."""

    @classmethod
    def found(cls) -> EndlessArgument:
        """The error for one whose numbers were to be read."""
        return cls(
            "an argument holds itself, or its lists and dicts lie in each other hundreds of times",
            why="all of its numbers are read",
            try_="lists without what leads back to them",
        )


class ConfigError(JangradError, ValueError):
    """An option that does not exist or is out of its range."""

    @classmethod
    def of_label(cls, label: object) -> ConfigError:
        """The error for a Value that was to be called this."""
        return cls(
            f"the label of a Value is text, not {label!r:.60} ({type(label).__name__})",
            why="a Value holds one number; what stands beside it is its name",
            try_="[Value(x) for x in numbers] for several numbers; micrograd's Value, with children"
            " and an operation, is jangrad.micrograd.engine.Value",
        )


class NameNotFound(JangradError, KeyError):
    """A label or a parameter name that is not there."""

    __str__ = JangradError.__str__  # KeyError would print the repr


class NoSuchRow(JangradError, IndexError):
    """A number that is to pick a row of a table is the index of no row."""

    @classmethod
    def among(cls, count: int, number: float, place: str = "") -> NoSuchRow:
        """The error of a table with so many rows, of which none has this number; who has asked."""
        row = f"{number:g}" if float(f"{number:g}") == number else repr(number)
        asked = f"{place} asks for row {row}" if place else f"row {row} was asked"
        return cls(
            f"{asked} of a table of {count} rows",
            why=f"rows are looked up by integers from 0 to {count - 1}, and not from the end",
        )


class DataError(JangradError, ValueError):
    """Rows, columns or files of data that cannot be used."""


class ModelFileError(JangradError, ValueError):
    """A model file that is damaged, truncated or not one of ours."""


class CheckpointError(JangradError, ValueError):
    """A kept training that is damaged, is another one, or cannot be kept where it is to be."""


class SaveError(JangradError, OSError):
    """A place that cannot be written to, or holds what must not be replaced."""


class NoCompiler(JangradError, ImportError):
    """Machine code is wanted where llvmlite, which brings LLVM, is missing, too old or broken."""


class ForeignName(JangradError, AttributeError):
    """An attribute that PyTorch or NumPy have; the message says what to write here."""

    @classmethod
    def of(cls, owner: str, name: str, instead: str) -> ForeignName:
        """The error for a name that the owner, `Value` or `MLP`, does not have."""
        return cls(f"`{owner}` has no `{name}`", try_=instead)


class ForeignImport(JangradError, ImportError):
    """A name that other libraries have at their front door; the message says what to write here."""


class ExpressionError(JangradError, ValueError):
    """An expression typed in that cannot be read."""
