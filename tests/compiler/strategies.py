"""Random programs as a user writes them: the text of a function over lists, and numbers for it."""

from __future__ import annotations

import itertools
import random
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st
from tests.strategies import is_tame

import jangrad
from jangrad import Value, functions, graph, lists, ops

# Beyond it two orders of addition may differ by more than the tests allow.
_LARGE = 30.0
_LEAST_GAP = 1e-2  # of the sides of a comparison, which rounding must not turn round


def flat(x: Any) -> Any:
    """The numbers of nested lists, in order."""
    if isinstance(x, (list, tuple)):
        for item in x:
            yield from flat(item)
    else:
        yield x


def scan(step: Any, xs: Any, state: Any) -> list[Any]:
    """The states of a loop: state = step(state, x)."""
    return list(itertools.accumulate(xs, step, initial=state))[1:]


#: What the text of a program may use.
NAMES: dict[str, Any] = {
    **{name: functions.lift(name) for name in ops.OPS if name not in ops.INNER},
    **{
        name: f
        for name, f in (vars(functions) | vars(lists)).items()
        if name.islower() and callable(f)
    },
    "table": jangrad.table,
    "detach": lambda v: v.detach() if isinstance(v, Value) else v,
    "flat": flat,
    "scan": scan,
}

_UNARY = [
    name
    for name, row in ops.OPS.items()
    if row.inputs == ("x",) and name not in ("neg", "abs", "stop_gradient", "shift")
]
_ONE = [
    *(f"{name}(a)" for name in _UNARY),
    *("-a", "abs(a)", "a ** 2", "a ** 3", "a ** -1", "a ** 0.5", "a ** -1.5", "a ** 2.7"),
    *("a + 1.5", "2.5 - a", "a - 0.5", "1.5 * a", "a / 4.0", "1.0 / a", "2.0 ** a", "a", "0.5"),
    *("a * a", "a * a + a", "leaky_relu(a, 0.1)", "elu(a, 0.7)", "clamp(a, -0.5, 0.75)"),
    *("a * detach(a)", "a * 1.0", "a * 0.0", "sigmoid(a) * (1.0 - sigmoid(a))", "own(a)"),
]
_TWO = [
    *(f"{name}(a, b)" for name in ("minimum", "maximum", "at_least", "at_most", "prelu", "elu")),
    *(f"{name}(a, b)" for name in ("atan2", "hypot", "logaddexp")),
    *("a + b", "a - b", "a * b", "a / b", "a % b", "abs(a) ** b", "b - a * b", "a * b + a * b"),
    *("(a - b) * (a - b)", "tanh(a * b)", "a + b + a", "exp(a) / (1.0 + b * b)", "own_pair(a, b)"),
]
_TESTS = ["a > b", "a < b", "a >= b", "a <= b"]
_VIEWS = ["{v}", "{v}[::-1]", "{v}[1:] + {v}[:1]", "({v} * 3)[::2]", "{v}[::2] * 2", "{v}[:1] * 9"]


class Program(NamedTuple):
    """A function as text, and numbers for it.

    Attributes:
        text: `def f(...)`, whose result is one number.
        parameters: the parameters by name, as numbers in lists.
        rows: the arguments of f, once for each row of a batch.
        indices: which arguments are integers that pick rows, or lists of them.
    """

    text: str
    parameters: dict[str, Any]
    rows: list[list[Any]]
    indices: list[int]

    def __str__(self) -> str:
        return f"{self.text}\n# parameters {self.parameters}\n# rows {self.rows}"

    __repr__ = __str__

    def make(self) -> tuple[Any, list[Value]]:
        """The function, and the Values of its parameters."""
        values: list[Value] = []
        names = {name: with_values(x, values) for name, x in self.parameters.items()}
        space = {**NAMES, **names}
        exec(compile(self.text, "program.py", "exec"), space)
        return space["f"], values


def with_values(x: Any, made: list[Value]) -> Any:
    """Lists with a Value for each number."""
    if isinstance(x, list):
        return [with_values(item, made) for item in x]
    made.append(Value(x))
    return made[-1]


def data_of(v: Any) -> float:
    """The number of a Value, or a number."""
    assume(not isinstance(v, complex))  # plain floats leave the reals where a Value is refused
    return v.data if isinstance(v, Value) else float(v)


class _Draft:
    """A program while it is drawn: its lines, and what they give for each row."""

    def __init__(self, draw: Any, rows: int) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.parameters: dict[str, Any] = {}
        self.arguments: dict[str, list[Any]] = {}
        self.indices: dict[str, int] = {}  # the name of an index, and how many rows it may pick of
        self.rows = rows
        self.spaces: list[dict[str, Any]] = [dict(NAMES) for _ in range(rows)]
        self.known: set[Value] = set()

    def numbers(self, *shape: int) -> Any:
        """Numbers in lists; many of them, so they are not drawn one by one."""
        source = random.Random(self.draw(st.integers(0, 999)))

        def some(*sizes: int) -> Any:
            if not sizes:
                return round(source.choice((-1.0, 1.0)) * source.uniform(0.06, 2.0), 3)
            return [some(*sizes[1:]) for _ in range(sizes[0])]

        return some(*shape)

    def parameter(self, *shape: int) -> None:
        name = f"w{len(self.parameters)}"
        self.parameters[name] = self.numbers(*shape)
        values = with_values(self.parameters[name], [])
        for space in self.spaces:
            space[name] = values

    def argument(self, *shape: int) -> None:
        name = f"x{len(self.arguments)}"
        self.arguments[name] = [self.numbers(*shape) for _ in range(self.rows)]
        for space, x in zip(self.spaces, self.arguments[name], strict=True):
            space[name] = with_values(x, [])

    def index(self, limit: int, count: int = 0) -> None:
        """An integer below the limit, or a list of so many, in which some come twice."""
        name = f"x{len(self.arguments)}"
        self.indices[name] = limit
        one = st.integers(0, limit - 1)
        some = st.lists(one, min_size=count, max_size=count) if count else one
        self.arguments[name] = [self.draw(some) for _ in range(self.rows)]
        for space, x in zip(self.spaces, self.arguments[name], strict=True):
            space[name] = x

    def some(self, depth: int) -> str | None:
        """The name of a number (0), a list (1) or a list of lists (2)."""
        names = [
            name
            for name, x in self.spaces[0].items()
            if name[0] in "rwx" and name[1:].isdigit() and _depth(x) == depth
            if name not in self.indices
        ]
        return self.draw(st.sampled_from(names)) if names else None

    def view(self) -> str:
        """A list, or another look at it."""
        return self.draw(st.sampled_from(_VIEWS)).format(v=self.some(1))

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def line(self, kinds: list[Any]) -> None:
        """One more line of these kinds, if what it gives is tame for every row."""
        expression = self.draw(st.sampled_from(kinds))(self)
        if expression is None:
            return
        name = f"r{len(self.lines)}"
        found = []
        for space in self.spaces:
            try:
                found.append(eval(expression, space))
            except (ValueError, ArithmeticError, jangrad.errors.JangradError):
                return
            if not self.tame(found[-1]):
                return
        self.lines.append(f"{name} = {expression}")
        for space, x in zip(self.spaces, found, strict=True):
            space[name] = x

    def apart(self, first: str, second: str) -> bool:
        """Whether two lists differ clearly, number by number."""
        return all(
            abs(data_of(a) - data_of(b)) > _LEAST_GAP
            for space in self.spaces
            for a, b in zip(eval(first, space), eval(second, space), strict=False)
        )

    def tame(self, x: Any) -> bool:
        """Whether all that was computed for it is of moderate size, and off domains' edges."""
        roots = [v for v in flat(x) if isinstance(v, Value)]
        if not list(flat(x)) or any(not abs(data_of(v)) < _LARGE for v in flat(x)):
            return False
        for node in graph.ordered(*roots):
            if node in self.known or node.is_leaf:
                continue
            point = tuple(data_of(v) for v in node.inputs)
            same = len(point) == 2 and node.inputs[0] is node.inputs[1]
            if not same and not is_tame(ops.OPS[node.op], point):
                return False
            self.known.add(node)
        return True

    def finish(self) -> Program:
        """The function, with a sum of what the last lines gave as its result."""
        results = ", ".join([f"r{i}" for i in range(len(self.lines))][-3:])
        weight = self.pick("a", "a * (0.5 + 0.25 * k)")
        self.lines.append(f"return sum({weight} for k, a in enumerate(flat([{results}])))")
        head = f"def f({', '.join(self.arguments)}):\n    "
        rows = [list(row) for row in zip(*self.arguments.values(), strict=True)]
        return Program(
            head + "\n    ".join(self.lines),
            self.parameters,
            rows or [[]] * self.rows,
            [i for i, name in enumerate(self.arguments) if name in self.indices],
        )


def _depth(x: Any) -> int:
    return 1 + _depth(x[0]) if isinstance(x, list) and x else 0


# -- the kinds of lines: each gives an expression, or None where it has nothing to work on --------


def _each(d: _Draft) -> str:
    return f"[{d.pick(*_ONE)} for a in {d.view()}]"


def _pairwise(d: _Draft) -> str:
    return f"[{d.pick(*_TWO)} for a, b in zip({d.view()}, {d.view()})]"


def _with_constants(d: _Draft) -> str:
    constants = d.numbers(d.draw(st.integers(2, 5)))
    form = d.pick("a * b", "a + b", "b - a", "b / (2.0 + a * a)", "maximum(a, b)")
    return f"[{form} for a, b in zip({d.view()}, {constants})]"


def _with_a_number(d: _Draft) -> str | None:
    a = d.some(0)
    return a and f"[{d.pick(*_TWO)} for b in {d.view()} for a in [{a}]]"


def _matrix(d: _Draft) -> str | None:
    m = d.some(2)
    return m and d.pick(
        f"[sum(w * a for w, a in zip(row, {d.view()})) for row in {m}]",
        f"[dot(row, row) + 0.5 for row in {m}]",
        f"[sum(row[j] for row in {m}) for j in range(len({m}[0]))]",
        f"[[{d.pick(*_ONE)} for a in row] for row in {m}]",
        f"[sum(tanh(w) for w in row[:2]) for row in {m}[::-1]]",
        f"[list(column) for column in zip(*{m})]",
        f"{m}[{d.draw(st.integers(0, 9))} % len({m})]",
        f"[logsumexp(row) for row in {m}]",
    )


def _outer(d: _Draft) -> str:
    return f"[[{d.pick(*_TWO)} for b in ({d.view()})[:4]] for a in ({d.view()})[:4]]"


def _ragged(d: _Draft) -> str:
    v, u = d.view(), d.view()
    return d.pick(
        f"[sum(({v})[: i + 1]) for i in range(len({v}))]",
        f"[sum(a * b for b in ({u})[: i + 1]) for i, a in enumerate({v})]",
        f"[dot(({v})[i:], (({u}) * 9)[: len({v}) - i]) for i in range(len({v}))]",
        f"[sum(w * b for w, b in zip(softmax(({v})[: i + 1]), {u})) for i in range(len({v}))]",
        f"[sum(tanh(a * b) for b in ({v})[:i]) for i, a in enumerate({v})]",
    )


def _number(d: _Draft) -> str:
    forms = ("sum({v})", "mean({v})", "norm({v})", "logsumexp({v})", "({v})[0]", "sum({v}) ** 2")
    more = ("dot({v}, {v})", "sum([({v})[-1], 1.5, ({v})[0], -0.5])", "log_softmax({v})[0]")
    return d.pick(*forms, *more).format(v=d.view())


def _softmax(d: _Draft) -> str:
    return f"{d.pick('softmax', 'log_softmax')}({d.view()})"


def _choice(d: _Draft) -> str | None:
    a, b = d.view(), d.view()
    if not d.apart(a, b):
        return None
    sides = d.pick("a * b, b", "a, 0.5", "0.0, tanh(a)", "1.0, -2.0")
    return f"[where({d.pick(*_TESTS)}, {sides}) for a, b in zip({a}, {b})]"


def _lookup(d: _Draft) -> str | None:
    """A row of a table of parameters, inputs or computed numbers, or a loop over such rows."""
    if not d.indices:
        return None
    name = d.draw(st.sampled_from(sorted(d.indices)))
    limit, depth = d.indices[name], d.draw(st.integers(1, 2))
    rows = d.some(depth)
    if rows is None or len(d.spaces[0][rows]) < limit:
        return None
    tables = [rows, f"{rows}[::-1]", f"{rows}[:{limit}]"]
    if depth == 1:
        tables += [f"log_softmax({rows})", f"[{d.pick(*_ONE)} for a in {rows}]"]
        tables += [f"[a * {rows}[0] for a in {rows}]"]
    else:
        tables += [f"[[{d.pick(*_ONE)} for a in row] for row in {rows}]"]
        tables += [f"[[a, 0.5, row[0], 1.0 + a] for row in {rows} for a in row[:1]]"]
    found = f"table({d.pick(*tables)})"
    if not isinstance(d.spaces[0][name], list):
        return f"{found}[{name}]"
    if depth == 1:
        return d.pick(
            f"[{found}[i] for i in {name}]",
            f"[{found}[i] * a for i, a in zip({name}, {d.view()})]",
            f"[{found}[i] + {found}[j] for i, j in zip({name}, {name}[1:] + {name}[:1])]",
            f"table([{found}[i] for i in {name}])[{name}[0]]" if limit <= len(d.spaces[0][name])
            else f"sum({found}[i] for i in {name})",
        )  # fmt: skip
    return d.pick(
        f"[{found}[i] for i in {name}]",
        f"[sum(a * b for a, b in zip({found}[i], {d.view()})) for i in {name}]",
        f"[a * b for i in {name} for a, b in zip({found}[i], {found}[{name}[0]])]",
        f"[mean(row) for row in zip(*[{found}[i] for i in {name}])]",
    )


def _lookups(d: _Draft) -> str | None:
    """Some columns of different sizes, one looked up more often than another, which are then given
    alike, as by a likelihood."""
    found = []
    for _ in range(d.draw(st.integers(2, 4)) if d.indices else 0):
        rows, form = d.some(1), d.pick("{v}", "{v}[::-1]", "{v} * 2", "{v} + {v}[1:]")
        form = d.pick("{v}", "{v}", "log_softmax({v})", "[tanh(a) for a in {v}]").format(v=form)
        for _ in range(d.draw(st.integers(1, 5))):
            name = d.draw(st.sampled_from(sorted(d.indices)))
            known = d.spaces[0][name]
            at = f"{name}[{d.draw(st.integers(0, len(known) - 1))}]" if _depth(known) else name
            if len(eval(form.format(v=rows), d.spaces[0])) >= d.indices[name]:
                found.append(f"table({form.format(v=rows)})[{at}]")
    if not found:
        return None
    return d.pick(f"[{', '.join(found)}]", " + ".join(found), f"[tanh({' - '.join(found)})]")


def _running(d: _Draft) -> str:
    """Sums of so many lengths that the program has classes without end."""
    count = d.draw(st.sampled_from([12, 60, 100]))
    return d.pick(
        f"[sum((({d.view()}) * {count})[: i + 1]) * 0.05 for i in range({count})]",
        f"[mean([tanh(a) for a in ({d.view()}) * {count}][: i + 1]) for i in range({count})]",
    )


def _recurrence(d: _Draft) -> str | None:
    start = d.some(0)
    step = d.pick("tanh(a * h + 0.5)", "0.5 * h + a", "sigmoid(h) * a + h * 0.25")
    return start and f"scan(lambda h, a: {step}, {d.view()}, {start})"


_LINES = [_each] * 5 + [_pairwise] * 4 + [_matrix] * 3 + [_lookup] * 2
_LINES += [_with_constants, _with_a_number, _outer, _ragged, _number, _softmax, _choice]
_LINES += [_recurrence, _lookups, _running]
#: Of programs that look up tables more than anything else.
_LOOKING = [_lookups] * 4 + [_lookup, _running, _each, _softmax]


@st.composite
def programs(draw: Any, most_rows: int = 1, most: int = 10, looking: bool = False) -> Program:
    """Programs with shared parts, repeated parameters, constants and dead code, away from edges.

    Args:
        draw: Hypothesis's.
        most_rows: how many rows of arguments there are at most.
        most: how many lines are tried at most.
        looking: whether they look up tables of several sizes, each as often as it likes.
    """
    d = _Draft(draw, draw(st.integers(1, most_rows)))
    kinds = _LINES
    sizes = st.sampled_from([1, 2, 3, 4, 5, 6, 8, 11, 16, 19])
    heights = st.sampled_from([1, 2, 3, 4, 8])
    if draw(st.booleans()):
        d.argument(draw(sizes))
    if draw(st.booleans()):
        d.argument(draw(heights), draw(sizes))
    if draw(st.booleans()):
        d.argument()
    for _ in range(draw(st.integers(int(looking), 2))):
        d.index(draw(st.integers(1, 4)), draw(st.sampled_from([0, 0, 1, 2, 5, 9])))
    d.parameter(draw(sizes))
    if looking:
        kinds, most = _LOOKING, 4
        for _ in range(draw(st.integers(1, 2))):
            d.parameter(draw(sizes))
    if draw(st.booleans()):
        d.parameter(draw(heights), draw(sizes))
    if draw(st.booleans()):
        d.parameter()
    for _ in range(draw(st.integers(1, most))):
        d.line(kinds)
    assume(d.lines)
    return d.finish()
