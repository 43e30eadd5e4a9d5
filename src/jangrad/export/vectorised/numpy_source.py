"""A compiled function as NumPy source: its loops over scalars as operations on arrays."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from jangrad.compiler.exporting import Output
from jangrad.export.vectorised.array_extremes import with_extremes
from jangrad.export.vectorised.array_lowering import Lowering
from jangrad.export.vectorised.array_nodes import Indexed, Named, Node, Spread, Transposed
from jangrad.export.vectorised.array_program import (
    ROWS,
    Along,
    Array,
    ArrayLoop,
    ArrayStep,
    Compute,
    Fill,
    Index,
    KnownNumber,
    Label,
    PartOfArray,
    ReadArray,
    Scatter,
    Statement,
    labels_in,
    reads_of,
    runs_along,
)
from jangrad.export.vectorised.array_splits import split_read
from jangrad.export.vectorised.array_text import Syntax, call, joined, name, number, without_sign
from jangrad.export.vectorised.array_turns import carry, in_turn, turned_indices
from jangrad.export.vectorised.exported import ExportedArrays, exported
from jangrad.export.vectorised.plain_numbers import to_convert
from jangrad.export.vectorised.source_lines import in_lines

_WIDTH = 88
_NOTHING = KnownNumber(0.0)
# Constants of so many numbers stand where they are used.
_SHORT = 6


class NumpySource(str):
    """NumPy source; a text.

    Attributes:
        parameters: the arrays of its parameters, by the names of the function's arguments.
        name: that of the function in it.
    """

    parameters: dict[str, Any]
    name: str

    def __repr__(self) -> str:
        return str(self)


def to_numpy(f: Any, *, gradient: bool = False) -> NumpySource:
    """The NumPy source of a compiled function, or of a network.

    Its loops over scalars become operations on whole arrays, under the names of the function's own
    variables and parameters; rows come first. It needs NumPy alone. Where the scalars have no
    regular form, tables of places gather them, and the source says so.

    Args:
        f: what `jit` made, exported as it was called last, by `f(x)` or `f.map(X)`; or a network
            with `n_inputs`, for rows.
        gradient: whether the function also returns the gradient by each parameter, in a dict: of
            the one number that it gives, or of the mean over the rows where it is mapped.

    Returns:
        The text, with the arrays of the parameters now as its `parameters`.

    Raises:
        ConfigError: when `f` is neither, or has no such gradient.
        ShapeError: when it has not been called yet.

    >>> from jangrad import Value, jit
    >>> w = [Value(1.0), Value(2.0)]
    >>> @jit
    ... def f(x):
    ...     return sum(wi * xi for wi, xi in zip(w, x)).relu()
    >>> f([0.5, 0.25])
    1.0
    >>> print(to_numpy(f), end="")
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def f(x, w):
        \"\"\"x (2,), w (2,).\"\"\"
        return np.maximum(w @ x, 0)
    """
    found = exported(f, gradient=gradient, loops=True)
    if not gradient:
        with_extremes(found.program)
    source = NumpySource(ArraySource(found).text())
    source.parameters, source.name = found.parameters, found.name
    return source


class ArraySource:
    """The text of a function on arrays.

    Args:
        found: the function.
    """

    syntax: type[Syntax] = Syntax

    def __init__(self, found: ExportedArrays) -> None:
        self.found, self.program = found, found.program
        self.carried = carry(self.program)
        self.reused = self._reused()
        self.added = {step.array for loop in self.carried for step in loop.steps if step.adds}
        self.lowering = Lowering(self.program)
        self.words = self._words()
        self.lines: list[str] = []
        self.gathers = False

    def text(self) -> str:
        """The module."""
        used = self._used()
        self._body()
        self.lowering.keep()
        several = self.words.sigmoids > 1
        self.words = self._words()
        self.words.names_sigmoid = several
        body = self._body()
        head = self._head(used)
        parts = ["\n".join(self._imports())]
        constants = self._constants()
        if constants:
            parts.append("\n".join(constants))
        parts += [f"\n{text}" if "\n" in text else text for text in self.words.helpers.values()]
        parts.append("\n" + "\n".join([head, *[f"    {line}".rstrip() for line in body]]))
        return "\n\n".join(parts).replace("\n\n\n\n", "\n\n\n") + "\n"

    def _words(self) -> Syntax:
        """The language, with a counter of steps that is no name of the user's."""
        words = self.syntax()
        known = [argument.name for argument in self.found.arguments]
        taken = {*known, *(array.name for array in self.program.every_array())}
        words.turn = next(x for x in ("t", "step", "turn", "step_t") if x not in taken)
        return words

    def _reused(self) -> set[Array]:
        """States that take the name of an argument, which nothing but their start reads."""
        read = [one.array for s in self.program.statements for one in reads_of(s)]
        found = set()
        for loop, variables in self.carried.items():
            for array, (labels, start) in loop.starts.items():
                whole = tuple(Along(0, ((label, 1),)) for label in labels)
                new = variables.get(array)
                if new is None or not isinstance(start, ReadArray) or start.at != whole:
                    continue
                old = start.array
                same = (old.shape, old.per_row) == (new.shape, new.per_row)
                if old.role == "argument" and same and read.count(old) == 1:
                    array.name = new.name = old.name
                    found.add(array)
        return found

    def _used(self) -> set[Array]:
        return {read.array for s in self.program.statements for read in reads_of(s)}

    def _head(self, used: set[Array]) -> str:
        arguments = [argument.name for argument in self.found.arguments]
        known = [array.name for array in self.program.parameters]
        arguments += known + [g.name for g in self.found.groups if g.name not in known]
        return _wrapped_head(self.found.name, arguments)

    def _imports(self) -> list[str]:
        found = ["import math", ""] if self.words.needs_erf else []
        found.append("import numpy as np")
        if self.words.needs_windows:
            found.append("from numpy.lib.stride_tricks import sliding_window_view")
        return found

    # -- constants --------------------------------------------------------------------------------

    def _constants(self) -> list[str]:
        lines: list[str] = []
        for array in self.program.constants:
            if array.name in self.words.inlined:
                continue
            if array.whole and not any("table" in line for line in lines):
                lines.append("# What is read in no regular order is gathered by tables of places.")
            text = f"{array.name} = {ast.unparse(literal(array))}"
            lines += in_lines(text)
        return lines

    # -- statements -------------------------------------------------------------------------------

    def _body(self) -> list[str]:
        self.lines, self.defined = [], set[Array]()
        self._shapes()
        at = len(self.lines)
        for argument in self.found.arguments:
            for path, array in argument.parts:
                if path != array.name and array in self._used():
                    self.lines.append(f"{array.name} = {path}")
        given = len(self.lines)
        last = self._last()
        for statement in self.program.statements:
            if statement is last:
                continue
            self._statement(statement)
        self._returned(last)
        single = [a for one in self.found.arguments for _, a in one.parts if a.shape == ()]
        single = [array for array in single if not (array.per_row or array.whole)]
        converted = to_convert(self.lines[at:], [array.name for array in single])
        self.lines[given:given] = [f"{x} = np.asarray({x}, float)" for x in converted]
        if self.words.uses_rows or self.found.count is not None:
            mapped = next(path for a in self.found.arguments for path, x in a.parts if x.per_row)
            self.lines.insert(at, f"n = len({mapped})")
        return self.lines

    def _shapes(self) -> None:
        """A docstring with the shapes of what the function is given."""
        arrays = [array for a in self.found.arguments for _, array in a.parts]
        arrays += self.program.parameters
        told = []
        for array in arrays:
            sizes = ["n"] * array.per_row + list(map(str, array.shape))
            shape = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
            told.append(f"{array.name} {shape}" if sizes else f"{array.name} a number")
        if not told:
            return
        line = '"""'
        for k, one in enumerate(told):
            one += "," if k + 1 < len(told) else '."""'
            if len(line) + len(one) > _WIDTH - 6:
                self.lines.append(line.rstrip())
                line = ""
            line += one + " "
        self.lines.append(line.rstrip())

    def _last(self) -> Compute | None:
        """The statement that is returned as it stands."""
        if not self.program.statements or self.found.gradients:
            return None
        last = self.program.statements[-1]
        if not isinstance(self.found.result, Output) or not isinstance(last, Compute):
            return None
        return last if last.array is self.program.results[0] else None

    def _statement(self, statement: Statement) -> None:
        if isinstance(statement, ArrayLoop):
            self._loop(statement)
            return
        array = statement.array
        self.defined.add(array)
        if isinstance(statement, Compute):
            if array in self.added:
                self._own(array, self._node(statement))
            else:
                self._assign(array.name, self._computed(statement))
        elif isinstance(statement, Fill):
            self._fill(statement)
        else:
            self._scatter(statement)

    def _node(self, statement: Compute) -> Node:
        order = ((ROWS,) if statement.array.per_row else ()) + statement.labels
        return self.lowering.of_statement(statement.array, statement.expression, order)

    def _computed(self, statement: Compute) -> ast.expr:
        return self.words.expression(self._node(statement))

    def _assign(self, target: str, tree: ast.expr) -> None:
        self.lines += in_lines(f"{target} = {ast.unparse(tree)}", 4)

    def _zeros(self, array: Array) -> ast.expr:
        sizes = [self.words.size(None)] if array.per_row else []
        sizes += [ast.Constant(size) for size in array.shape]
        return call("np.zeros", sizes[0] if len(sizes) == 1 else joined(sizes))

    def _fill(self, fill: Fill) -> None:
        array = fill.array
        stacked = self._stacked(fill)
        if stacked is not None:
            self._assign(array.name, stacked)
            return
        self._assign(array.name, self._zeros(array))
        for part in fill.parts:
            if repr(part.expression) == repr(_NOTHING):  # but not -0.0
                continue
            rows = (ROWS,) if array.per_row else ()
            target, order = self._target(array, part, rows)
            self.put(array.name, target, self._part(part, order))

    # -- loops ------------------------------------------------------------------------------------

    def _loop(self, loop: ArrayLoop) -> None:
        """What is there before the first step, and the steps."""
        variables = self.carried[loop]
        self._before(loop, variables)
        turns = call("range", number(self.program.sizes[loop.label]))
        if loop.backwards:
            turns = call("reversed", turns)
        self.lines.append(f"for {self.words.turn} in {ast.unparse(turns)}:")
        outside, self.lines = self.lines, []
        for step in loop.steps:
            self._step(step, loop.label, variables.get(step.array))
        self.lines = outside + [f"    {line}" for line in self.lines]

    def _before(self, loop: ArrayLoop, variables: dict[Array, Array]) -> None:
        """The arrays of a loop, and the states in front of it."""
        for array in loop.arrays:
            variable = variables.get(array)
            rows = (ROWS,) if array.per_row else ()
            if array in self.defined or (variable is not None and array not in loop.starts):
                continue
            self.defined.add(array)
            if array in self.reused:
                continue
            labels, start = loop.starts.get(array, ((), _NOTHING))
            if variable is not None:
                tree = self.words.expression(self.lowering.full(start, (*rows, *labels)))
                self._assign(array.name, tree)
                continue
            self._assign(array.name, self._zeros(array))
            if start != _NOTHING:
                node = self.lowering.aligned(start, (*rows, *labels)).node
                first = [*[slice(None)] * len(rows), 0]
                self.put(array.name, self.words.items(first), self.words.expression(node))

    def _step(self, step: ArrayStep, label: Label, variable: Array | None) -> None:
        array = step.array
        rows: tuple[Label, ...] = (ROWS,) if array.per_row else ()
        expression = in_turn(step.expression, label)
        if variable is not None:
            node = self.lowering.full(expression, (*rows, *step.labels))
            self._assign(array.name, self.words.expression(node))
            return
        first = Along(step.ahead, (), (label, 1))
        inner = step.inner
        if inner is None:
            inner = tuple(Along(0, ((x, 1),)) for x in step.labels)
        part = PartOfArray((first, *turned_indices(inner, label)), step.labels, expression)
        target, order = self._target(array, part, rows)
        add = self.add_part if _is_plain(part) else self.add  # places may come twice
        put = add if step.adds else self.put
        put(array.name, target, self._part(part, order))

    def _part(self, part: PartOfArray, order: tuple[Label, ...]) -> ast.expr:
        return self.words.expression(self.lowering.aligned(part.expression, order).node)

    def _stacked(self, fill: Fill) -> ast.expr | None:
        """Single numbers side by side."""
        array = fill.array
        if len(array.shape) != 1 or len(fill.parts) != array.shape[0]:
            return None
        rows = (ROWS,) if array.per_row else ()
        found: dict[int, ast.expr] = {}
        for part in fill.parts:
            (index,) = part.at
            if not isinstance(index, Along) or index.steps:
                return None
            found[index.base] = self.words.expression(self.lowering.full(part.expression, rows))
        listed = ast.List([found[k] for k in sorted(found)], ast.Load())
        if rows:
            return call("np.stack", listed, axis=number(-1))
        return call("np.array", listed)

    def _target(
        self, array: Array, part: PartOfArray, rows: tuple[Label, ...]
    ) -> tuple[ast.expr, tuple[Label, ...]]:
        """Where a part goes, and the axes that it has there."""
        items: list[Any] = [slice(None)] * len(rows)
        if _is_plain(part):
            order = list(rows)
            for one, size in zip(part.at, array.shape, strict=True):
                assert isinstance(one, Along)
                items.append(self.lowering.item(one, size))
                order += [label for label, _ in one.steps]
            while len(items) > 1 and items[-1] == slice(None):
                items.pop()
            return self.words.items(items or [Ellipsis]), tuple(order)
        order = [*rows, *part.labels]
        places = [self.lowering.count(label, tuple(order)) for label in rows]
        places += [self.lowering.places(one, tuple(order)) for one in part.at]
        return self.words.items(places), tuple(order)

    def put(self, array: str, target: ast.expr, tree: ast.expr) -> None:
        """Assign to a part of an array."""
        self._assign(ast.unparse(ast.Subscript(name(array), target, ast.Load())), tree)

    def _scatter(self, scatter: Scatter) -> None:
        array = scatter.array
        start = None
        if scatter.start is not None:
            labels, expression = scatter.start
            start = self.lowering.full(expression, ((ROWS,) if array.per_row else ()) + labels)
        self._own(array, start)
        for part in scatter.parts:
            rows = (ROWS,) if array.per_row else ()
            order = (*rows, *part.labels)
            read = split_read(ReadArray(array, part.at), self.program.sizes)
            split = part._replace(at=read.at)
            if part.mask is None and _is_plain(split):
                target, axes = self._target(read.array, split, rows)
                shown = ast.unparse(self.words.expression(Named(read.array)))
                self.add_part(shown, target, self._part(split, axes))
                continue
            picked, short = self._without_whole_axes(part.at, array.shape, order)
            places: list[Node] = []
            if array.per_row:
                places.append(self.lowering.count(ROWS, short))
            places += [self.lowering.places(one, short) for one in picked]
            value = self.lowering.aligned(part.expression, order).node
            if part.mask is not None:
                value = self.lowering.masked_by(part.mask, order, value)
            put = self.add_part if _is_once(scatter, part) else self.add
            put(array.name, self.words.items(places), self.words.expression(value))

    def _without_whole_axes(
        self, at: tuple[Index, ...], shape: tuple[int, ...], order: tuple[Label, ...]
    ) -> tuple[tuple[Index, ...], tuple[Label, ...]]:
        """Places and their labels, without the last axes where these are whole: `a[rows]`."""
        while len(at) > 1 and order:
            label = order[-1]
            elsewhere = any(label in labels_in(one) for one in at[:-1])
            if elsewhere or not runs_along(at[-1], label):
                break
            if self.program.sizes[label] != shape[len(at) - 1]:
                break
            at, order = at[:-1], order[:-1]
        return at, order

    def _own(self, array: Array, start: Node | None) -> None:
        """An array that is added to in place, with memory of its own; zeros where None."""
        if start is not None and not isinstance(start, (Named, Indexed, Transposed, Spread)):
            self._assign(array.name, self.words.expression(start))
            return
        self._assign(array.name, self._zeros(array))
        if isinstance(start, Spread):  # which adding does as well
            start = start.of
        if start is not None:  # other numbers of other arrays may lie there
            shown = ast.unparse(self.words.expression(start))
            self.lines += in_lines(f"{array.name} += {shown}", 4)

    def add_part(self, array: str, target: ast.expr, tree: ast.expr) -> None:
        """Add to a part of an array."""
        shown = ast.unparse(ast.Subscript(name(array), target, ast.Load()))
        taken = without_sign(tree)
        sign, tree = ("+", tree) if taken is None else ("-", taken)
        self.lines += in_lines(f"{shown} {sign}= {ast.unparse(tree)}", 4)

    def add(self, array: str, target: ast.expr, tree: ast.expr) -> None:
        """Add to places of an array, some of them perhaps more than once."""
        added = call("np.add.at", name(array), target, tree)
        self.lines += in_lines(ast.unparse(added), 4)

    # -- what is returned -------------------------------------------------------------------------

    def _returned(self, last: Compute | None) -> None:
        tree = self._result(self.found.result) if last is None else self._computed(last)
        if self.found.gradients:
            keys: list[ast.expr | None] = [ast.Constant(key) for key in self.found.gradients]
            values = [name(self.program.results[k].name) for k in self.found.gradients.values()]
            tree = joined([tree, ast.Dict(keys, values)])
        text = f"return {ast.unparse(tree)}"
        if self.found.gradients and text.startswith("return ("):
            text = f"return {text[8:-1]}"
        self.lines += in_lines(text, 4)

    def _result(self, result: Any) -> ast.expr:
        if isinstance(result, Output):
            return name(self.program.results[result.number].name)
        if isinstance(result, dict):
            keys: list[ast.expr | None] = [ast.Constant(key) for key in result]
            return ast.Dict(keys, [self._result(item) for item in result.values()])
        items = [self._result(item) for item in result]
        return joined(items) if isinstance(result, tuple) else ast.List(items, ast.Load())


def _is_plain(part: PartOfArray) -> bool:
    """Whether it is put where items and slices say."""
    plain = all(isinstance(one, Along) and len(one.steps) <= 1 for one in part.at)
    labels = [label for one in part.at for label in labels_in(one)]
    return plain and len(set(labels)) == len(labels)


def _is_once(scatter: Scatter, part: PartOfArray) -> bool:
    """Whether no place comes twice, as each row and each label has an axis to itself."""
    alone = {one.steps[0][0] for one in part.at if isinstance(one, Along) and len(one.steps) == 1}
    return alone.issuperset(part.labels) and (scatter.array.per_row or ROWS not in part.labels)


def literal(array: Array) -> ast.expr:
    """The numbers of a constant."""
    numbers = array.numbers
    if numbers.dtype == bool:
        known = _triangle(numbers)
        if known is not None:
            return known
        return call("np.array", _nested(numbers.astype(int).tolist()), name("bool"))
    return call("np.array", _nested(numbers.tolist()))


def _triangle(mask: Any) -> ast.expr | None:
    """A mask that is a triangle."""
    if mask.ndim != 2:
        return None
    for kind, made in (("tril", np.tril), ("triu", np.triu)):
        for k in range(-2, 3):
            if (made(np.ones(mask.shape, bool), k) == mask).all():
                ones = call("np.ones", joined([ast.Constant(n) for n in mask.shape]), name("bool"))
                return call(f"np.{kind}", ones, *([number(k)] if k else []))
    return None


def _nested(numbers: Any) -> ast.expr:
    if isinstance(numbers, list):
        return ast.List([_nested(item) for item in numbers], ast.Load())
    return number(numbers)


def _wrapped_head(called: str, arguments: Sequence[str]) -> str:
    line = f"def {called}({', '.join(arguments)}):"
    if len(line) <= _WIDTH:
        return line
    return f"def {called}(\n    {', '.join(arguments)}\n):"
