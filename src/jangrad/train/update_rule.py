"""How an optimiser moves one parameter, written as data.

A formula is a few lines in the language of `jangrad.rules`, each `name = rule`, as a textbook
prints an algorithm. It is text so that one writing serves all: it runs on floats, it runs on Values
or a compiler's symbols, and it can be shown to a reader or printed in another language. Each line
sees what the lines before it have made, and of all else what there was before the step.

    p        the parameter; the line that assigns it is the update itself
    g        its gradient
    rate     the learning rate of this step
    step     1 at the first update, then 2, 3, ...
    others   what the optimiser remembers for each parameter (its state, 0 at first), its options,
             and names that an earlier line has made

A line that depends on no parameter, such as a bias correction, is computed once a step.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from itertools import count
from keyword import iskeyword
from typing import Any

from jangrad import ops, rules
from jangrad.algebra import Algebra, fold
from jangrad.derivatives import functions_on_values
from jangrad.errors import OperationError
from jangrad.forks import once

Numbers = list[Any]  # floats, Values or symbols
_GIVEN = ("p", "g", "rate", "step")
_WRITTEN = ("_quick", "_careful", "_general")


class UpdateRule:
    """The update of one parameter, and the function that applies it to all of them.

    Rules may choose (`u if g > 0 else v`) and call the functions of one or two inputs that jangrad
    has, your own operations too; those of the lines are computed as IEEE 754 says, so 1 / 0 is inf.

    Args:
        formula: the lines.
        state: the names of what is remembered for each parameter.
        options: the names of the optimiser's own numbers.

    Raises:
        OperationError: when a line cannot be read or uses a name that nothing has made, or a name
            is none or is taken.

    >>> heavy_ball = UpdateRule("b = momentum * b + g; p = p - rate * b", ("b",), ("momentum",))
    >>> heavy_ball.apply([1.0], [2.0], ([0.0],), 0.1, 1, {"momentum": 0.9})
    ([0.8], ([2.0],))
    """

    def __init__(self, formula: str, state: Sequence[str], options: Sequence[str]) -> None:
        self.state = tuple(state)
        self.options = tuple(options)
        #: The lines in order: (name, rule).
        self.lines: tuple[tuple[str, str], ...] = tuple(
            (name.strip(), " ".join(rule.split()))
            for name, _, rule in (line.partition("=") for line in _split(formula))
        )
        known: set[str] = set()
        for name in (*_GIVEN, *self.state, *self.options):
            _check_name(name, known)
            known.add(name)
        for name, rule in self.lines:
            _check_name(name, ())
            rules.parse(rule, known, _functions())
            known.add(name)
        if all(name != "p" for name, _ in self.lines):
            warnings.warn(
                "no line of the update makes a new `p`, the parameter, which will stay as it is:"
                f" {'; '.join(repr(self).splitlines())}\n"
                "  try: a last line such as p = p - rate * g",
                RuntimeWarning,
                stacklevel=2,
            )

    def __eq__(self, other: object) -> bool:
        """Whether they are of one class and say the same."""
        return type(other) is type(self) and other.__getstate__() == self.__getstate__()

    def __hash__(self) -> int:
        return hash((self.lines, self.state, self.options))

    def __getstate__(self) -> dict[str, Any]:
        """What it says, with the operations that it calls; its functions are written anew."""
        held = {name: part for name, part in vars(self).items() if name not in _WRITTEN}
        return held | {"own": ops.own(self.functions)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What another one said.

        Raises:
            OperationError: when an operation that it calls has other rules here.
        """
        ops.check_own(state["own"].values(), "an UpdateRule")
        vars(self).update({name: part for name, part in state.items() if name != "own"})

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {rule}" for name, rule in self.lines)

    @property
    def functions(self) -> set[str]:
        """The functions that the lines call."""
        return set().union(*(rules.functions_in(rule) for _, rule in self.lines))

    @property
    def keeps_nan(self) -> bool:
        """Whether all that the lines make of nan is nan: none chooses, or calls what may."""
        return _all_keep_nan(self.lines, self.state)

    def apply(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Any],
        state: Sequence[Sequence[Any]],
        rate: Any,
        step: Any,
        options: Mapping[str, Any],
    ) -> tuple[Numbers, tuple[Numbers, ...]]:
        """The new parameters and the new state; nothing is changed in place.

        Args:
            parameters, gradients: lists of one length, of floats, Values or symbols.
            state: for each name in `self.state` a list of that length.
            rate, step: numbers, Values or symbols.
            options: for each name in `self.options` its number.
        """
        return self._general(parameters, gradients, state, rate, step, options)

    def on_floats(
        self,
        parameters: Sequence[float],
        gradients: Sequence[float],
        state: Sequence[Sequence[float]],
        rate: float,
        step: float,
        options: Mapping[str, float],
    ) -> tuple[list[float], tuple[list[float], ...]]:
        """`apply` for plain floats only, a few times faster.

        Args:
            parameters, gradients, state, rate, step, options: as for `apply`, all plain numbers.
        """
        given = (parameters, gradients, state, rate, step, options)
        try:
            found: tuple[list[float], tuple[list[float], ...]] = self._quick(*given)
        except (ArithmeticError, ValueError):  # of Python's own: a division by 0, the root of -1
            found = self._careful(*given)
        return found

    @once
    def _quick(self) -> Callable[..., Any]:
        return self.build({**self._floats, "sqrt": math.sqrt}, {"**": rules.IEEE["**"]})

    @once
    def _careful(self) -> Callable[..., Any]:
        return self.build(self._floats, rules.IEEE)

    @property
    def _floats(self) -> dict[str, Any]:
        called = [ops.float_functions(rule) for _, rule in self.lines]
        return {name: function for some in called for name, function in some.items()}

    @once
    def _general(self) -> Callable[..., tuple[Numbers, tuple[Numbers, ...]]]:
        called = [functions_on_values(rule) for _, rule in self.lines]
        return self.build({k: f for some in called for k, f in some.items()}, rules.COMPARED)

    def build(self, namespace: Mapping[str, Any], calls: Mapping[str, str]) -> Callable[..., Any]:
        """One Python function with a loop over the parameters, printed from the lines.

        Args:
            namespace: what the rules' functions mean.
            calls: which of them stand in the place of signs and words (`rules.build`).
        """
        numbered = (f"v{k}" for k in count())
        # What each name of the formula is called now: a line makes a new number, and changes none.
        now = {name: next(numbered) for name in (*_GIVEN, *self.state, *self.options)}
        kept = ("p", *self.state)
        columns = [now[name] for name in ("p", "g", *self.state)]
        varying = set(columns)
        once = [f"{now['rate']}, {now['step']} = rate, step"]
        once += [f"{now[name]} = options[{name!r}]" for name in self.options]
        each: list[str] = []
        for name, rule in self.lines:
            parsed = rules.read(rule, now)
            text = rules.text_of(parsed, rules.Python(calls, now))
            depends = any(now[used] in varying for used in rules.names_in(parsed))
            now[name] = next(numbered)
            (each if depends else once).append(f"{now[name]} = {text}")
            if depends:
                varying.add(now[name])
        lists = [f"new_{name}" for name in kept]
        source = [
            "def update(parameters, gradients, state, rate, step, options):",
            *(f"    {line}" for line in once),
            *(f"    {new} = []" for new in lists),
            f"    for {', '.join(columns)} in zip(parameters, gradients, *state, strict=True):",
            *(f"        {line}" for line in each),
            *(f"        {new}.append({now[name]})" for new, name in zip(lists, kept, strict=True)),
            f"    return {lists[0]}, ({''.join(f'{new}, ' for new in lists[1:])})",
        ]
        scope: dict[str, Any] = {"__builtins__": {}, "zip": zip, **rules.CONSTANTS, **namespace}
        exec(compile("\n".join(source), "<jangrad update>", "exec"), scope)
        function: Callable[..., Any] = scope["update"]
        return function


def _check_name(name: str, taken: Collection[str]) -> None:
    if not name.isidentifier() or iskeyword(name):
        raise OperationError(
            f"`{name}` is no name for a number", try_="a line such as `p = p - rate * g`"
        )
    if name in taken:
        raise OperationError(
            f"the name `{name}` of a state or an option is taken",
            why="p, g, rate and step mean something already, and each other name one number",
        )


def _functions() -> dict[str, int]:
    """What lines may call, and how many inputs each takes."""
    return {name: n for name, n in ops.functions().items() if name not in ops.INNER}


@cache
def _all_keep_nan(lines: Sequence[tuple[str, str]], state: Sequence[str]) -> bool:
    varying = {"p", "g", *state}
    for name, rule in lines:
        varies, keeps = fold(rules.rule_of(rule), _Nan(varying))
        if varies:
            if not keeps:
                return False
            varying.add(name)
    return True


_Varies = tuple[bool, bool]  # whether it depends on what varies; whether a nan of that stays


class _Nan(Algebra[_Varies]):
    """Sums, products, quotients and roots of nan are nan, as far as these go in."""

    def __init__(self, varying: Collection[str]) -> None:
        self.varying = varying

    def num(self, value: float) -> _Varies:
        return False, True

    def const(self, name: str) -> _Varies:
        return self.name(name)

    def name(self, name: str) -> _Varies:
        return name in self.varying, True

    def bin(self, sign: str, left: _Varies, right: _Varies) -> _Varies:
        return _joined((left, right), sign != "**")  # nan ** 0 is 1

    def neg(self, operand: _Varies) -> _Varies:
        return operand

    def call(self, function: str, parts: Sequence[_Varies]) -> _Varies:
        return _joined(parts, function == "sqrt")

    def choice(self, test: _Varies, chosen: _Varies, other: _Varies) -> _Varies:
        return _joined((test, chosen, other), False)

    def cmp(self, sign: str, left: _Varies, right: _Varies) -> _Varies:
        return _joined((left, right), False)

    def logic(self, word: str, parts: Sequence[_Varies]) -> _Varies:
        return _joined(parts, False)


def _joined(parts: Sequence[_Varies], keeps: bool) -> _Varies:
    varies = any(part_varies for part_varies, _ in parts)
    return varies, not varies or (keeps and all(part_keeps for _, part_keeps in parts))


def _split(formula: str) -> list[str]:
    return [line for line in formula.replace(";", "\n").splitlines() if line.strip()]
