"""Gradients that are Values themselves, and the usual operators of calculus on top of them.

The partials of the table are evaluated on Values here, so gradients are graphs, to any order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from threading import get_ident
from typing import TYPE_CHECKING, Any

from jangrad import functions, graph, lists, ops, rules
from jangrad.algebra import ONE, Rule
from jangrad.arrays import axes_of, items_of, like, sequence
from jangrad.contributions import MOST_EXACT, Conditions, Summand
from jangrad.engine import Value, apply, as_float, check_fresh, variable
from jangrad.errors import EndlessArgument, NonFinite, ShapeError, Untraceable
from jangrad.foreign import no_function
from jangrad.record import Record
from jangrad.tape import tape
from jangrad.watching import tracing

if TYPE_CHECKING:
    from jangrad.engine import Operand


class _Rule(Record):
    """A partial as functions of Values; each is given the inputs, and `y`.

    Attributes:
        partial: the partial.
        contribution: what it makes of the upstream gradient, which comes last.
        contributes: whether it does at all, 1 or 0; None where it always does.
        factors: the names of the numbers that it multiplies with.
    """

    partial: Callable[..., Operand]
    contribution: Callable[..., Operand]
    contributes: Callable[..., Operand] | None
    factors: frozenset[str]


_rules: dict[tuple[tuple[str, ...], bool], tuple[_Rule, ...]] = {}


def _where(test: Any, u: Any, v: Any) -> Any:
    return functions.where(test, u, v) if isinstance(test, Value) else (u if test else v)


# What a test in a rule means: it looks at numbers, whichever Values hold them.
_ASKED = {
    "_equal": lambda a, b: _number_of(a) == _number_of(b),
    "_unequal": lambda a, b: _number_of(a) != _number_of(b),
}
# What it means while it is traced: 1 or 0, and `where` holds both sides.
_TRACED = {
    "_where": _where,
    "_equal": functions.lift("equal"),
    "_unequal": lambda a, b: 1.0 - functions.lift("equal")(a, b),
    "_both": lambda p, q: p * q,
    "_either": lambda p, q: functions.maximum(p, q),
}


def _rules_of(node: Value) -> tuple[_Rule, ...]:
    """The partials of the operation that computed it."""
    row = ops.OPS[node.op]
    partials = row.again if row.again and len(node.children) == 2 else row.partials
    key = partials, tracing() is not None
    found = _rules.get(key)
    if found is None:
        names = (*row.inputs, "y")
        found = _rules[key] = tuple(_rule(partial, names, key[1]) for partial in partials)
    return found


def _rule(partial: str, names: tuple[str, ...], traced: bool) -> _Rule:
    contribution, contributes = rules.contribution(partial), rules.contributes(partial)
    calls = rules.CHOSEN if traced else rules.COMPARED
    meaning = functions_on_values(partial, chosen=traced)

    def build(rule: str | Rule, *more: str) -> Callable[..., Operand]:
        return rules.build(rule, (*names, *more), meaning, calls)

    return _Rule(
        build(partial),
        build(contribution, "g"),
        None if contributes == ONE else build(contributes),
        rules.names_at_ends(partial),
    )


def functions_on_values(rule: str, *, chosen: bool = False) -> dict[str, Any]:
    """What the functions in a rule mean on Values; `chosen` for one built with `rules.CHOSEN`."""
    lifted = {f: abs if f == "abs" else functions.lift(f) for f in rules.functions_in(rule)}
    return {**(_TRACED if chosen else _ASKED), **lifted}


def _number_of(x: Operand) -> float:
    return x.data if isinstance(x, Value) else float(x)


def gradient(root: Value, leaves: Sequence[Value]) -> list[Value]:
    """d(root)/d(leaf) for each leaf, as Values that can be differentiated again.

    Args:
        root: the Value to differentiate.
        leaves: any Values behind it, inner ones too; one that is not behind it gets 0.

    Returns:
        One Value a leaf, in their order.

    Raises:
        ShapeError: when `leaves` is anything but a list of Values, or root is several.
        NotANumber: when root is neither a Value nor a number.
        StaleGraph: when a leaf was assigned after something was computed from it.

    >>> x = Value(2.0)
    >>> (first,) = gradient(x * x * x, [x])
    >>> (second,) = gradient(first, [x])
    >>> first.data, second.data
    (12.0, 12.0)
    """
    listed: list[Any] = list(leaves) if hasattr(type(leaves), "__iter__") else [None]
    if isinstance(leaves, (Value, Mapping, Set)) or not all(isinstance(v, Value) for v in listed):
        raise ShapeError(
            f"`gradient` needs a list of Values, not {leaves!r:.60}", try_="gradient(root, [leaf])"
        )
    if _is_list(root) and len(root) != 1:
        raise ShapeError(
            f"`gradient` is of one Value, not of {root!r:.60}",
            try_="[gradient(root, leaves) for root in roots], or gradient(sum(roots), leaves)",
        )
    return list(map(_as_value, _slopes(_scalar(root), listed)))


def _slopes(root: Operand, leaves: Sequence[Value]) -> list[Operand]:
    """The same, of a plain number too; plain numbers where a slope depends on nothing."""
    if not isinstance(root, Value):
        return [0.0] * len(leaves)
    order = graph.ordered(root)
    _walked.set(_walked.get() + len(order))
    check_fresh(order)
    # Nodes are told apart by what they are, so by `id`: in a trace some stand for plain numbers.
    wanted = set(map(id, leaves))
    needed: set[int] = set()
    for node in order:  # inputs come first, so one pass finds every path to a leaf
        if id(node) in wanted or any(id(child) in needed for child in node.children):
            needed.add(id(node))
    conditions = Conditions(exact=sum(node.op == "mul" for node in order) <= MOST_EXACT)
    parts = {id(root): [Summand(1.0)]}
    found: dict[int, Operand] = {}
    for node in reversed(order):
        if id(node) not in parts:  # nothing reaches it
            continue
        total = conditions.settle(parts.pop(id(node)))
        if id(node) in wanted:
            found[id(node)] = total.cut()
        if node.is_leaf:
            continue
        if node.own_backward:
            if any(id(child) in needed for child in node.children):
                raise Untraceable.own_backward(node.op, "differentiated as a graph")
            continue
        for i, child in enumerate(node.inputs):
            if not isinstance(child, Value) or id(child) not in needed:
                continue
            try:
                part = _contribution(node, i, total, conditions)
            except NonFinite as error:
                at = tuple(map(_number_of, node.inputs))
                raise NonFinite.in_gradient(node.op, at, f": {error.what}", node.made_at) from None
            if part is not None:
                parts.setdefault(id(child), []).append(part)
    return [found.get(id(leaf), 0.0) for leaf in leaves]


def _moved(roots: Sequence[Operand], seeds: dict[int, Operand]) -> list[Operand]:
    """How the roots move when some Values move: the tangents of those, by `id`, pushed forward.

    Plain zeros where nothing moves. Linear operations move as what they are applied to.
    """
    order = graph.ordered(*[root for root in roots if isinstance(root, Value)])
    check_fresh(order)
    conditions = Conditions(exact=sum(node.op == "mul" for node in order) <= MOST_EXACT)
    tangent = {of: Summand(seed) for of, seed in seeds.items()}
    for node in order:
        if id(node) in tangent or not any(id(child) in tangent for child in node.children):
            continue
        if node.own_backward:
            raise Untraceable.own_backward(node.op, "differentiated as a graph")
        found = [
            _handed_on(node, i, tangent[id(child)], conditions)
            for i, child in enumerate(node.inputs)
            if isinstance(child, Value) and id(child) in tangent
        ]
        parts = [part for part in found if part is not None]
        if parts:
            tangent[id(node)] = conditions.settle(parts)
    return [tangent[id(root)].cut() if id(root) in tangent else 0.0 for root in roots]


def _handed_on(node: Value, i: int, total: Summand, conditions: Conditions) -> Summand | None:
    """How a node moves with its i-th input; None where that is not chosen.

    It is what a node contributes to that input, but for columns, which are transposed.
    """
    op, index = node.op, node.inputs[-1]
    if op == "scatter" and i == 0:
        scattered = functions.lift("scatter")(_as_value(total.cut()), index)
        return Summand(scattered, conditions.gathered(total.reach, index) if tracing() else None)
    if op == "gather" and i == 0:
        gathered = functions.lift("gather")(_as_value(total.term), index)
        return Summand(gathered, conditions.at(total.reach, index) if total.reach else None)
    return _contribution(node, i, total, conditions)


def _contribution(node: Value, i: int, total: Summand, conditions: Conditions) -> Summand | None:
    """What a node of this gradient hands its i-th input; None where it is not chosen."""
    inputs, op = node.inputs, node.op
    g, reach, clean = total
    if op == "gather" and i == 0:
        scattered = functions.lift("scatter")(_as_value(total.cut()), inputs[1])
        # Outside a trace there are no columns, and both operations are of numbers.
        return Summand(scattered, conditions.gathered(reach, inputs[1]) if tracing() else None)
    if op == "scatter" and i == 0:
        gathered = functions.lift("gather")(_as_value(g), inputs[1])
        return Summand(gathered, conditions.at(reach, inputs[1]) if reach else None)
    if op in ("gate", "side") and i == 1 and isinstance(inputs[0], Value):
        return Summand(
            apply("gate", inputs[0], g), conditions.under(reach, inputs[0], explicit=True), clean
        )
    rule = _rules_of(node)[i]
    reached = _contributes(rule, node)
    if isinstance(reached, Value):
        reach = conditions.under(reach, reached, explicit=False)
    elif reached == 0.0:
        return None
    term = _product(rule, node, g)
    if total.reach is not None:
        left_alone = op == "mul" and len(node.children) == 2 and not total.reach.explicit
        clean = clean and (left_alone or _tame(rule.factors, node))
    return Summand(term, reach, clean)


def _contributes(rule: _Rule, node: Value) -> Operand:
    """Whether a partial contributes anything, 1 or 0; a Value where that is not known yet."""
    return 1.0 if rule.contributes is None else rule.contributes(*node.inputs, node)


def _product(rule: _Rule, node: Value, g: Operand) -> Operand:
    """An upstream gradient or a tangent times a partial; `1 * ...` fills no graph."""
    if not isinstance(g, Value) and g == 1.0:
        partial = rule.partial(*node.inputs, node)
        return partial if isinstance(partial, Value) else float(partial)
    return rule.contribution(*node.inputs, node, g)


def _tame(factors: frozenset[str], node: Value) -> bool:
    """Whether 0 times these factors is surely 0: they are numbers, and neither large nor small."""
    named = dict(zip(ops.OPS[node.op].inputs, node.inputs, strict=True))
    numbers = [named.get(name, node) for name in factors]
    return all(not isinstance(x, Value) and 1e-99 < abs(x) < 1e99 for x in numbers)


def _as_value(x: Operand) -> Value:
    return x if isinstance(x, Value) else Value(x)


# -- operators on functions ------------------------------------------

_running: ContextVar[bool] = ContextVar("running", default=False)
_walked: ContextVar[int] = ContextVar("walked", default=0)
# The variables of all derivatives that are being taken, by `id`, each with the thread that does.
_variables: dict[int, tuple[Value, int]] = {}


def differentiating() -> bool:
    """Whether a derivative is being taken: the functions that are called must give Values."""
    return _running.get()


def walked() -> int:
    """Over how many nodes derivatives have gone here so far, which says how long they took."""
    return _walked.get()


def in_another_thread(nodes: Iterable[Value]) -> bool:
    """Whether one of them is a variable by which another thread is taking a derivative."""
    here = get_ident()
    known = _variables.copy()
    return bool(known) and any(known.get(id(v), (v, here))[1] != here for v in nodes)


def record(on: bool) -> None:
    """Say whether compiled functions are a part of the graph from here on; see `recording`."""
    _running.set(on)


@contextmanager
def recording() -> Iterator[None]:
    """Inside, compiled functions are a part of the graph, as where a derivative is taken."""
    before = differentiating()
    try:
        record(True)
        yield
    finally:
        record(before)


def _compiled_as_given(operator: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The operator, which makes of a compiled function one: `grad(jit(f))` is `jit(grad(f))`."""

    @wraps(operator)
    def apply(f: Any, *more: Any, **options: Any) -> Any:
        if more or options or not callable(f):
            raise no_function(getattr(operator, "__name__", "grad"), f, [*more, *options])
        compile_alike = getattr(f, "compile_alike", None)
        return operator(f) if compile_alike is None else compile_alike(operator(f.function))

    return apply


def _call(
    f: Callable[..., Any], x: Any, rest: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, list[Value]]:
    """f at x, and the leaves that stood for the numbers in x."""
    leaves: list[Value] = []

    def leaf(number: Any) -> Value:
        # A Value that nothing else uses, so that only uses of the argument count as such.
        leaves.append(variable(number))
        return leaves[-1]

    try:
        argument = _argument(x, leaf)
    except RecursionError:
        raise EndlessArgument.found() from None
    known = {id(leaf): (leaf, get_ident()) for leaf in leaves}
    _variables.update(known)
    try:
        with recording():
            return f(argument, *rest, **named), leaves
    finally:
        for number in known:
            del _variables[number]


def _each(x: Any, function: Callable[[Any], Any]) -> Any:
    """The function of a number, or of each number in a list of lists, in the same nesting."""
    return [_each(item, function) for item in items_of(x)] if _is_list(x) else function(x)


def _argument(x: Any, leaf: Callable[[Any], Any]) -> Any:
    """The same of an argument, in which an array stays one in so far as it is no list."""
    if not _is_list(x):
        return leaf(x)
    items = [_argument(item, leaf) for item in items_of(x)]
    return sequence(type(x) if isinstance(x, (list, tuple)) else like(x), items)


def _is_list(x: Any) -> bool:
    return isinstance(x, (list, tuple)) or axes_of(x) > 0


def _scalar(result: Any) -> Operand:
    if _is_list(result) and len(result) == 1:
        result = result[0]
    if _is_list(result):
        raise ShapeError(
            f"the function returned {len(result)} Values, but a gradient is of one",
            try_="jangrad.jacobian for a function with several results",
        )
    return result if isinstance(result, Value) else as_float(result)


def _given(results: list[Operand], leaves: list[Value], x: Any) -> list[Any]:
    """Floats where they depend on no Value that was there before the call, else Values.

    What f closes over may be a parameter, or the variable of another derivative around this one,
    which would miss it without a word if a plain number came back: the "perturbation confusion" of
    Siskind and Pearlmutter, Nesting Forward-Mode AD (2008).
    """
    numbers: list[Any] = []
    _each(x, numbers.append)
    if tracing() is None and not any(isinstance(number, Value) for number in numbers):
        roots = [result for result in results if isinstance(result, Value)]
        nodes, _, _, _, births, _, places = tape([*leaves, *roots])
        # What was made since the leaves of this call were is a number of f's own, such as `detach`.
        since = min((births[place] for place in places[: len(leaves)]), default=math.inf)
        if not any(v.is_leaf and born < since for v, born in zip(nodes, births, strict=True)):
            return list(map(_number_of, results))
    return list(map(_as_value, results))


def _rows(results: list[Any], x: Any, rows: int) -> list[Any]:
    """The results in order, dealt out in rows that are nested as x is."""
    rest = iter(results)
    return [_each(x, lambda _: next(rest)) for _ in range(rows)]


@_compiled_as_given
def value_and_grad(f: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """A function that returns `(f(x), its gradient by x)`.

    Args:
        f: a function of Values whose first argument is a number, a list of n numbers or a list of
            such lists, and which returns one Value. Of a function that `jit` has compiled all the
            operators here give compiled ones.

    Returns:
        A function of the same arguments; the gradient is nested as x is. Given plain numbers it
        returns plain numbers, where these depend on nothing else; given Values, or where a result
        depends on other Values, such as a parameter that f closes over, it returns Values, so that
        the derivative can be a part of what is differentiated, as in a loss.

    Raises:
        ShapeError: when f returns several Values.
        StaleGraph: when f closes over a graph one of whose leaves was assigned since.

    >>> value_and_grad(lambda x: x[0] * x[1])([2.0, 3.0])
    (6.0, [3.0, 2.0])
    >>> w = Value(3.0)
    >>> slope = grad(lambda x: w * x * x)(2.0)
    >>> slope, gradient(slope, [w])
    (Value(data=12.0), [Value(data=4.0)])
    """

    def evaluate(x: Any, /, *rest: Any, **named: Any) -> tuple[Any, Any]:
        result, leaves = _call(f, x, rest, named)
        root = _scalar(result)
        value, *slopes = _given([root, *_slopes(root, leaves)], leaves, x)
        return value, _rows(slopes, x, 1)[0]

    return evaluate


@_compiled_as_given
def grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The derivative of a function of a number, or the gradient of a function of a list.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(f)

    def evaluate(x: Any, /, *rest: Any, **named: Any) -> Any:
        return both(x, *rest, **named)[1]

    return evaluate


@_compiled_as_given
def jacobian(f: Callable[..., Any]) -> Callable[..., list[Any]]:
    """The matrix J[i][j] = d f(x)[i] / d x[j] of a function that returns a list of m Values.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def evaluate(x: Any, /, *rest: Any, **named: Any) -> list[Any]:
        results, leaves = _call(f, x, rest, named)
        results = list(results) if _is_list(results) else [results]
        slopes = [slope for r in results for slope in _slopes(_scalar(r), leaves)]
        return _rows(_given(slopes, leaves, x), x, len(results))

    return evaluate


@_compiled_as_given
def hessian(f: Callable[..., Any]) -> Callable[..., list[list[Any]]]:
    """The matrix H[i][j] = d2 f / dx[i] dx[j] of a function of a list that returns one Value.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """

    def evaluate(x: Any, /, *rest: Any, **named: Any) -> list[list[Any]]:
        result, leaves = _call(f, x, rest, named)
        slopes = _slopes(_scalar(result), leaves)
        seconds = [second for slope in slopes for second in _slopes(slope, leaves)]
        seconds = _given(seconds, leaves, x)
        count = len(leaves)
        return [seconds[i * count : (i + 1) * count] for i in range(count)]

    return evaluate


@_compiled_as_given
def hvp(f: Callable[..., Any]) -> Callable[..., Any]:
    """The Hessian of f at x times a vector, without the Hessian: `hvp(f)(x, v)`.

    The vector is nested as x is, and so is the result; or both are flat lists.

    Raises:
        ShapeError: when the vector is nested otherwise.

    Source: Pearlmutter, Fast Exact Multiplication by the Hessian (1994).

    >>> hvp(lambda x: x[0] * x[0] * x[1])([2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """

    def evaluate(x: Any, vector: Any, /, *rest: Any, **named: Any) -> Any:
        result, leaves = _call(f, x, rest, named)
        nested = _shape(vector) == _shape(x)
        if not nested and _shape(vector) != [None] * len(leaves):
            raise ShapeError(
                f"the vector {vector!r:.60} is not nested as x, {x!r:.60}",
                why=f"x has {len(leaves)} number{'s' * (len(leaves) != 1)}, each with one of it",
                try_="one number for each of x",
            )
        along: list[Any] = []
        _each(vector, along.append)
        product = lists.dot(_slopes(_scalar(result), leaves), along)
        found = _given(_slopes(product, leaves), leaves, [x, vector])
        return _rows(found, x, 1)[0] if nested else found

    return evaluate


@_compiled_as_given
def jvp(f: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """A function that returns `(f(x), its derivative at x along v)`: `jvp(f)(x, v)`.

    One pass forward through the graph of f, whatever the number of results: the cheap way where
    these are many and x is short. It composes with `grad` and with itself, in either order.

    Args:
        f: a function of Values whose first argument is a number, a list of numbers or a list of
            such lists, and which returns a Value or lists of them.

    Returns:
        A function of x, of a direction v that is nested as x is, and of f's further arguments.
        Value and derivative are nested as the result of f is; plain numbers or Values as with
        `value_and_grad`.

    Raises:
        ShapeError: when v is not nested as x is.
        Untraceable: where a Value on the way has a backward of its own (`jangrad.micrograd`).
        StaleGraph: when f closes over a graph one of whose leaves was assigned since.

    Source: Wengert, A Simple Automatic Derivative Evaluation Program (1964); Griewank and Walther,
    Evaluating Derivatives (2008), chapter 3.

    >>> jvp(lambda x: [x[0] * x[1], x[0] ** 2])([2.0, 3.0], [1.0, 0.5])
    ([6.0, 4.0], [4.0, 4.0])
    >>> jvp(grad(lambda x: x**3))(2.0, 1.0)
    (12.0, 12.0)
    """

    def evaluate(x: Any, v: Any, /, *rest: Any, **named: Any) -> tuple[Any, Any]:
        result, leaves = _call(f, x, rest, named)
        if _shape(v) != _shape(x):
            raise ShapeError(
                f"the direction {v!r:.60} is not nested as x, {x!r:.60}",
                why="it says how far each number of x moves",
                try_="one number for each of x",
            )
        along: list[Operand] = []
        _each(v, lambda move: along.append(move if isinstance(move, Value) else as_float(move)))
        roots: list[Operand] = []
        _each(result, lambda root: roots.append(_scalar(root)))
        slopes = _moved(roots, {id(a): b for a, b in zip(leaves, along, strict=True)})
        found = _given([*roots, *slopes], leaves, [x, v])
        value, slope = found[: len(roots)], found[len(roots) :]
        return _rows(value, result, 1)[0], _rows(slope, result, 1)[0]

    return evaluate


@_compiled_as_given
def jacfwd(f: Callable[..., Any]) -> Callable[..., list[Any]]:
    """The matrix of `jacobian`, column by column: one pass forward for each number in x.

    Source: as of `jvp`.

    >>> jacfwd(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def evaluate(x: Any, /, *rest: Any, **named: Any) -> list[Any]:
        results, leaves = _call(f, x, rest, named)
        roots = list(map(_scalar, results)) if _is_list(results) else [_scalar(results)]
        columns = [_moved(roots, {id(leaf): 1.0}) for leaf in leaves]
        slopes = [column[i] for i in range(len(roots)) for column in columns]
        return _rows(_given(slopes, leaves, x), x, len(roots))

    return evaluate


def _shape(x: Any) -> Any:
    return _each(x, lambda _: None)
