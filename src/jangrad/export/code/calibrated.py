"""A function in fixed point for a user's rows, and how far it is from double precision on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import PARAMETERS, RESULTS, Buffer, flatten
from jangrad.errors import ConfigError
from jangrad.export.code.accesses import label_of, nests_of, stores_in
from jangrad.export.code.activation_tables import LEAST, MOST
from jangrad.export.code.entries import Entry, Exported
from jangrad.export.code.fixed_numbers import NotInFixedPoint
from jangrad.export.code.fixed_operations import PRECISIONS
from jangrad.export.code.fixed_point import InFixedPoint, LoweringToIntegers
from jangrad.export.code.integers import on_integers
from jangrad.export.code.on_rows import Memory, Numbers, OnRows, on_floats
from jangrad.export.code.walk import Section


class FixedClass(NamedTuple):
    """Numbers that are computed alike, in fixed point.

    Attributes:
        name: what the C code calls them.
        line: the user's that they are from, "" where none is known.
        places: how many of their binary digits are behind the point.
        largest: the largest of them on the rows, without its sign.
        error: how far they are from those of double precision at most.
    """

    name: str
    line: str
    places: int
    largest: float
    error: float


class FixedPoint(NamedTuple):
    """How far a function in fixed point is from the same in double precision.

    Attributes:
        rows: on how many rows it was measured.
        classes: of each array and number of the C code, in the order in which they are computed.
    """

    rows: int
    classes: list[FixedClass]

    @property
    def worst(self) -> float:
        """The largest error of what the function gives."""
        return self.classes[-1].error

    def __str__(self) -> str:
        width = max(len(each.name) for each in self.classes)
        lines = [f"{'':{width}}  largest on {self.rows:,} rows  differs by"]
        lines += [
            f"{each.name:{width}}  {each.largest:>{len(f'largest on {self.rows:,} rows')}.4g}"
            f"  {each.error:>10.2g}"
            for each in self.classes
        ]
        return "\n".join(lines)


class Calibrated(NamedTuple):
    """An entry in fixed point.

    Attributes:
        made: its program.
        exact, found: what each buffer holds for the rows: floats, and the integers for them.
        rows: how many there are.
    """

    made: InFixedPoint
    exact: Memory
    found: Memory
    rows: int


def calibrated(
    found: Exported, sections: Sequence[Section], rows: object, dtype: str
) -> Calibrated:
    """The value in fixed point.

    Args:
        found: what is exported.
        sections: where its parameters are.
        rows: examples of what the function will be given.
        dtype: "int8" or "q15".

    Raises:
        ConfigError: when rows are none, or something cannot be said in fixed point.
    """
    (entry,) = found.entries
    numbers = _numbers(entry, rows)
    count = numbers.shape[1]
    parameters = [value.data for value in found.parameters]
    exact = _memory(entry, count, float)
    exact[PARAMETERS] = np.repeat(np.array(parameters, float)[:, None], count, axis=1)
    exact |= {b: _repeated(x, count, float) for b, x in entry.loops.constants.items()}
    for k, argument in enumerate(entry.arguments):
        exact[Buffer("inputs", k)] = numbers[argument.start : argument.start + argument.size]
    run = OnRows(exact, on_floats, float, notes=True)
    run.run(entry.loops)
    known = np.asarray(np.isfinite(numbers).all(axis=0))
    _check_finite(entry, exact, known)
    if not np.isfinite(exact[RESULTS]).all(axis=0).any():
        raise ConfigError(
            "the function is infinite or nan for all of `rows`",
            why="so they do not say how large its numbers become",
            try_="rows on which the function is finite",
        )
    held = {b: _range(x) for b, x in exact.items()}
    try:
        given = (entry.loops, run.ranges, held, sections, parameters, PRECISIONS[dtype])
        made = LoweringToIntegers(*given).lowered()
    except NotInFixedPoint as error:
        lines = entry.lines.get(label_of(error.nest)[0], [])
        raise ConfigError(
            f"{error} is nothing that fixed point can say",
            where=lines[0] if lines else None,
            why=error.why or "numbers have 16 bits there, and sums 32",
            try_='sums, products, quotients, choices, functions of one number; or dtype="float32"',
        ) from None
    memory = _memory(entry, count, np.int64)
    memory |= {b: _repeated(x, count, np.int64) for b, x in made.loops.constants.items()}
    memory[PARAMETERS] = np.repeat(_parameters(made, sections, parameters)[:, None], count, axis=1)
    for b in exact:
        if b.role == "inputs":
            memory[b] = integers(exact[b], made.places[b])
    OnRows(memory, on_integers(made.tables), np.int64).run(made.loops)
    return Calibrated(made, exact, memory, count)


def integers(numbers: Numbers, places: int) -> Numbers:
    """Numbers as a caller of the C code writes them."""
    rounded = np.floor(numbers * 2.0**places + 0.5)
    return np.where(np.isnan(numbers), LEAST, np.clip(rounded, -MOST, MOST)).astype(np.int64)


def measured(entry: Entry, one: Calibrated, names: Mapping[Buffer, str]) -> FixedPoint:
    """How far each class of numbers is from double precision.

    Args:
        entry: the function.
        one: it in fixed point.
        names: what the C code calls the numbers of each buffer.
    """
    found: dict[Buffer, FixedClass] = {}
    known = np.isfinite(one.exact[RESULTS]).all(axis=0)
    for nest in nests_of(entry.loops):
        lines = entry.lines.get(label_of(nest)[0], [])
        for buffer, _ in stores_in(nest):
            exact = one.exact[buffer][:, known]
            places = one.made.places[buffer]
            error = np.abs(one.found[buffer][:, known] * 2.0**-places - exact)
            name = names.get(buffer, "y")
            size, off = float(np.abs(exact).max(initial=0)), float(error.max(initial=0))
            found[buffer] = FixedClass(name, lines[0] if lines else "", places, size, off)
    last = found.pop(RESULTS)
    return FixedPoint(one.rows, [*found.values(), last])


def _numbers(entry: Entry, rows: object) -> Numbers:
    """What the function is given, shape (numbers, rows)."""
    width = sum(argument.size for argument in entry.arguments)
    alone = len(entry.arguments) == 1
    if rows is None:
        raise ConfigError(
            "fixed point needs `rows`",
            why="they say how large numbers become, and how far the result is from double",
            try_="rows=X, with the rows of the training, or some hundreds of them",
        )
    try:
        table: Any = rows
        each_row = table.to_numpy() if hasattr(table, "to_numpy") else table
        listed = [row.tolist() if hasattr(row, "tolist") else row for row in each_row]
        flat = [flatten((row,) if alone else tuple(row))[0] for row in listed]
        numbers = np.array(flat, float)
    except (TypeError, ValueError):
        numbers = np.zeros((0, 0))
    if numbers.ndim != 2 or numbers.shape[1] != width or not len(numbers):
        each = "its argument" if alone else f"a tuple of its {len(entry.arguments)} arguments"
        raise ConfigError(
            f"`rows` is {rows!r:.60}, not a list of what the function is given",
            why=f"each row is {each}, {width} numbers in all",
        )
    return numbers.T.copy()


def _check_finite(entry: Entry, exact: Memory, known: Numbers) -> None:
    for nest in nests_of(entry.loops):
        kernel, _ = label_of(nest)
        for buffer, said in stores_in(nest):
            wrong = ~np.isfinite(exact[buffer]).all(axis=0) & known
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                lines = entry.lines.get(kernel, [])
                raise ConfigError(
                    f"`{said}` is infinite or nan for rows[{row}]",
                    where=lines[0] if lines else None,
                    why="fixed point has no such number",
                    try_='rows on which the function is finite, or dtype="float32"',
                )


def _memory(entry: Entry, rows: int, number: Any) -> Memory:
    return {b: np.zeros((size, rows), number) for b, size in entry.loops.sizes.items()}


def _repeated(numbers: Any, rows: int, number: Any) -> Numbers:
    return np.repeat(np.asarray(numbers, number)[:, None], rows, axis=1)


def _range(numbers: Numbers) -> tuple[float, float]:
    known = numbers[np.isfinite(numbers)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def _parameters(
    made: InFixedPoint, sections: Sequence[Section], parameters: Sequence[float]
) -> Numbers:
    found = np.zeros(len(parameters), np.int64)
    for section in sections:
        if section.name in made.arrays:
            mine = parameters[section.start : section.stop]
            found[section.start : section.stop] = parameter_integers(made, section.name, mine)
    return found


def parameter_integers(made: InFixedPoint, name: str, numbers: Sequence[float]) -> list[int]:
    """The parameters of an array."""
    bits, places = made.arrays[name]
    most = (1 << (bits - 1)) - 1
    rounded = np.floor(np.array(numbers, float) * 2.0**places + 0.5)
    return [int(q) for q in np.clip(rounded, -most, most)]
