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

import ast
import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from itertools import count
from keyword import iskeyword
from typing import Any

from jangrad import ops, rules
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
            _check_calls(rule, rules.parse(rule, known, ops.OPS.keys() - ops.INNER))
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
        def spell(rule: str) -> ast.expr:
            return rules.ieee(rules.tree_of(rule), ("_power",))

        compared = {"_equal": lambda a, b: a == b, "_unequal": lambda a, b: a != b}
        return self.build({**self._floats, **compared, "sqrt": math.sqrt}, spell)

    @once
    def _careful(self) -> Callable[..., Any]:
        return self.build(self._floats, lambda rule: rules.tree_of(rule, plain=True))

    @property
    def _floats(self) -> dict[str, Any]:
        called = [ops.float_functions(rule) for _, rule in self.lines]
        return {name: function for some in called for name, function in some.items()}

    @once
    def _general(self) -> Callable[..., tuple[Numbers, tuple[Numbers, ...]]]:
        called = [functions_on_values(rule) for _, rule in self.lines]
        return self.build({k: f for some in called for k, f in some.items()}, rules.tree_of)

    def build(
        self, namespace: Mapping[str, Any], spell: Callable[[str], ast.expr]
    ) -> Callable[..., Any]:
        """One Python function with a loop over the parameters, printed from the lines.

        Args:
            namespace: what the rules' functions mean.
            spell: the syntax tree of a rule that is made of them.
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
            tree = _Renamed(now).visit(spell(rule))
            hangs = any(isinstance(n, ast.Name) and n.id in varying for n in ast.walk(tree))
            now[name] = next(numbered)
            (each if hangs else once).append(f"{now[name]} = {ast.unparse(tree)}")
            if hangs:
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


class _Renamed(ast.NodeTransformer):
    """Other names for what is no function."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), ast.Load())


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


def _check_calls(rule: str, tree: ast.expr) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            wanted = len(ops.OPS[node.func.id].inputs)
            if len(node.args) != wanted:
                raise OperationError(
                    f"the rule `{rule}` gives {len(node.args)} numbers to `{node.func.id}`, which"
                    f" takes {wanted}"
                )


def _uses(tree: ast.expr, names: Collection[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(tree))


@cache
def _all_keep_nan(lines: Sequence[tuple[str, str]], state: Sequence[str]) -> bool:
    varying = {"p", "g", *state}
    for name, rule in lines:
        tree = rules.tree_of(rule)
        if _uses(tree, varying):
            if not _keeps_nan(tree, varying):
                return False
            varying.add(name)
    return True


def _keeps_nan(tree: ast.expr, varying: Collection[str]) -> bool:
    """Whether it is made of sums, products, quotients and roots alone, as far as these go in."""
    if not _uses(tree, varying) or isinstance(tree, ast.Name):
        return True
    if isinstance(tree, ast.Call):
        kept = isinstance(tree.func, ast.Name) and tree.func.id == "sqrt"
    else:
        of_two = isinstance(tree, ast.BinOp) and not isinstance(tree.op, ast.Pow)  # nan ** 0 is 1
        kept = of_two or isinstance(tree, ast.UnaryOp)
    parts = [part for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr)]
    return kept and all(_keeps_nan(part, varying) for part in parts)


def _split(formula: str) -> list[str]:
    return [line for line in formula.replace(";", "\n").splitlines() if line.strip()]
