"""What a row of the table of operations says, and how one is written."""

from __future__ import annotations

from typing import Any

from jangrad import rules
from jangrad.record import Record

# How tightly a notation binds; an operand that binds less tightly gets parentheses.
ADDITIVE, MULTIPLICATIVE, PREFIX, POWER, ATOM = 10, 20, 25, 30, 90


class Kink(Record):
    """Where a rule has no derivative, and what is chosen there."""

    zero: str  # a rule that is 0 exactly at the kink
    chosen: tuple[str, ...]  # the partials used at the kink, as rules
    jump: bool = False  # True where the value itself jumps


class Op(Record):
    """One row of the table."""

    name: str
    value: str  # a rule of x, or of a and b
    partials: tuple[str, ...]  # d value / d input, one an input; may use y, the value
    symbol: str  # as micrograd's `_op` shows it
    text: str  # notation with {x} or {a}, {b}
    latex: str
    level: int = ATOM  # how tightly the notation binds
    right_level: int = 0  # what the right operand needs; 0 means the same as `level`
    domain: str = ""  # a test of the inputs; "" for all real numbers
    safe: tuple[
        tuple[float, float], ...
    ] = ()  # per input: an interval inside the domain, for tests
    kinks: tuple[Kink, ...] = ()
    again: tuple[str, ...] = ()  # the same partials of two Values, to be differentiated again
    guard: str = ""  # a function of engine.py that refuses bad operands before the node is made
    names: tuple[str, ...] = ()  # what callers call its inputs, where that is not x, or a and b
    default: float | None = None  # of its last input
    native: bool = False  # `compiler/vector_functions/` has vector code of its own for it
    activation: bool = True  # False where a neuron gains nothing from it
    source: str = "calculus"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs in its rules: `("x",)` or `("a", "b")`."""
        count = len(self.partials)
        # More have only operations of micrograd's users, which are numbers at one point.
        many = tuple(f"x{i + 1}" for i in range(count))
        return ("x",) if count == 1 else ("a", "b") if count == 2 else many

    @property
    def called(self) -> tuple[str, ...]:
        """What callers call its inputs."""
        return self.names or self.inputs

    @property
    def doc(self) -> str:
        """What there is to say of it as a function, in the callers' names."""
        names = dict(zip(self.inputs, self.called, strict=True))

        def told(rule: str, *, test: bool = False) -> str:
            return rules.text_of(rules.read(rule, test=test), rules.Python(names=names))

        shown, value = self.text.format(**names), told(self.value)
        pairs = zip(self.called, self.partials, strict=True)
        slopes = [f"∂y/∂{name} = `{told(rule)}`" for name, rule in pairs]
        lines = [
            f"`{shown}`, as Python's `math` has it, with inf and nan where that raises."
            if value == shown
            else f"`{shown} = {value}`.",
            "",
            f"Partial derivatives, with y the value: {', '.join(slopes)}.",
        ]
        if self.domain:
            needs = told(self.domain, test=True)
            lines.append(f"It needs {needs}; beyond that it gives inf or nan.")
        for kink in self.kinks:
            chosen = ", ".join(map(told, kink.chosen))
            lines.append(f"Where {told(kink.zero)} is 0 these are chosen: {chosen}.")
        if self.source != "calculus":
            lines += ["", f"Source: {self.source}."]
        return "\n".join(lines)

    @property
    def is_activation(self) -> bool:
        """Whether a neuron may be given it: a function of one number, of every real one."""
        single = len(self.partials) == 1 or self.default is not None
        return self.activation and single and not self.domain


def _operator(name: str) -> str:
    """A function's name in LaTeX, its braces doubled for `str.format`."""
    shown = name.replace("_", r"\_")
    return rf"\operatorname{{{{{shown}}}}}"


def function(
    name: str, value: str, partial: str, *, symbol: str = "", latex: str = "", **more: Any
) -> Op:
    """A row for a function of one input, written `name(x)`."""
    return Op(
        name,
        value,
        (partial,),
        symbol or name,
        f"{name}({{x}})",
        latex or _operator(name) + r"\left({x}\right)",
        **more,
    )


def pair(name: str, value: str, pa: str, pb: str, *, latex: str = "", **more: Any) -> Op:
    """A row for a function of two inputs, written `name(a, b)`."""
    return Op(
        name,
        value,
        (pa, pb),
        name,
        f"{name}({{a}}, {{b}})",
        latex or _operator(name) + r"\left({a}, {b}\right)",
        **more,
    )
