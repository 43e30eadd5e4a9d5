"""How an optimiser moves one parameter, written as data.

A formula is a few lines in the language of `jangrad.rules`, each `name = rule`, as a textbook
prints an algorithm. It is text so that one writing serves all: it runs on floats, it runs on Values
or a compiler's symbols, and it can be shown to a reader or printed in another language.

    p        the parameter; the line that assigns it is the update itself
    g        its gradient
    rate     the learning rate of this step
    step     1 at the first update, then 2, 3, ...
    others   what the optimiser remembers for each parameter (its state, 0 at first), its options,
             and names that an earlier line has made

A line that depends on no parameter, such as a bias correction, is computed once a step.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from jangrad import functions, rules

Numbers = list[Any]  # floats, Values or symbols


class UpdateRule:
    """The update of one parameter, and the function that applies it to all of them.

    Args:
        formula: the lines.
        state: the names of what is remembered for each parameter.
        options: the names of the optimiser's own numbers.

    Raises:
        OperationError: when a line cannot be read or uses a name that nothing has made.

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
        known = {"p", "g", "rate", "step", *self.state, *self.options}
        for name, rule in self.lines:
            rules.parse(rule, known, {"sqrt"})
            known.add(name)

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {rule}" for name, rule in self.lines)

    def apply(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Any],
        state: Sequence[Sequence[Any]],
        rate: Any,
        step: Any,
        options: dict[str, Any],
    ) -> tuple[Numbers, tuple[Numbers, ...]]:
        """The new parameters and the new state; nothing is changed in place.

        Args:
            parameters, gradients: lists of one length, of floats, Values or symbols.
            state: for each name in `self.state` a list of that length.
            rate, step: numbers, Values or symbols.
            options: for each name in `self.options` its number.
        """
        return self._general(parameters, gradients, state, rate, step, options)

    @cached_property
    def on_floats(self) -> Callable[..., tuple[list[float], tuple[list[float], ...]]]:
        """`apply` for plain floats only, a few times faster."""
        return self.build({"sqrt": math.sqrt})

    @cached_property
    def _general(self) -> Callable[..., tuple[Numbers, tuple[Numbers, ...]]]:
        return self.build({"sqrt": functions.sqrt})

    def build(self, namespace: dict[str, Any]) -> Callable[..., Any]:
        """One Python function with a loop over the parameters, printed from the lines."""
        varying = {"p", "g", *self.state}
        once, each = [], []
        for name, rule in self.lines:
            if varying.isdisjoint(_names(rule)):
                once.append(f"{name} = {rule}")
            else:
                each.append(f"{name} = {rule}")
                varying.add(name)
        kept = ("p", *self.state)
        columns = ", ".join(("parameters", "gradients", *(f"state_{s}" for s in self.state)))
        source = [
            "def update(parameters, gradients, state, rate, step, options):",
            *(f"    {name} = options[{name!r}]" for name in self.options),
            *([f"    {''.join(f'state_{s}, ' for s in self.state)}= state"] if self.state else []),
            *(f"    {line}" for line in once),
            *(f"    new_{name} = []" for name in kept),
            f"    for {', '.join(('p', 'g', *self.state))} in zip({columns}, strict=True):",
            *(f"        {line}" for line in each),
            *(f"        new_{name}.append({name})" for name in kept),
            f"    return new_p, ({''.join(f'new_{s}, ' for s in self.state)})",
        ]
        scope: dict[str, Any] = {"__builtins__": {}, "zip": zip, **rules.CONSTANTS, **namespace}
        exec(compile("\n".join(source), "<jangrad update>", "exec"), scope)
        function: Callable[..., Any] = scope["update"]
        return function


def _split(formula: str) -> list[str]:
    return [line for line in formula.replace(";", "\n").splitlines() if line.strip()]


def _names(rule: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(rule)) if isinstance(node, ast.Name)}
