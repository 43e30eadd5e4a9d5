"""Random programs: straight-line code over the whole table, run on any type of number."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from jangrad import ops

# Outside these the finite differences, or PyTorch's own rounding, say nothing about a gradient.
_FAR = 50.0
NAMES = tuple(
    name
    for name, row in ops.OPS.items()
    if name not in ("pow", "raised", "power_log", "tan", "stop_gradient", "shift")
)


class Line(NamedTuple):
    """One operation: its name, and for each input the number of an earlier value, or a constant."""

    op: str
    inputs: tuple[int | float, ...]


class Program(NamedTuple):
    """Leaves and lines; the result is the sum of the last values."""

    leaves: tuple[float, ...]
    lines: tuple[Line, ...]


numbers = st.floats(-2.0, 2.0).map(lambda x: round(x, 3)).filter(lambda x: abs(x) > 0.05)


@st.composite
def programs(draw: Any, most: int = 25) -> Program:
    """Programs with shared parts, repeated inputs, constants and dead code, away from edges.

    Every value is inside the domain of what uses it, off its kinks, and of moderate size.
    """
    leaves = tuple(draw(st.lists(numbers, min_size=1, max_size=4)))
    data = list(leaves)
    lines = []
    for _ in range(draw(st.integers(1, most))):
        row = ops.OPS[draw(st.sampled_from(NAMES))]
        inputs: list[int | float] = [draw(st.integers(0, len(data) - 1)) for _ in row.inputs]
        if len(inputs) == 2 and draw(st.booleans()):
            inputs[draw(st.integers(0, 1))] = draw(numbers)
        point = tuple(data[i] if isinstance(i, int) else i for i in inputs)
        if not is_tame(row, point):
            continue
        lines.append(Line(row.name, tuple(inputs)))
        data.append(ops.evaluate(row.name, *point))
    return Program(leaves, tuple(lines))


def is_tame(row: ops.Op, point: tuple[float, ...]) -> bool:
    """Whether a point is inside the domain, off the kinks, and leads to moderate numbers."""
    if row.domain and not all(
        low <= x <= high for x, (low, high) in zip(point, row.safe, strict=True)
    ):
        return False
    if any(abs(ops.run(kink.zero, row.inputs, point)) < 1e-2 for kink in row.kinks):
        return False
    value = ops.evaluate(row.name, *point)
    return abs(value) < _FAR and all(
        abs(slope) < _FAR for slope in ops.partials(row.name, point, value)
    )


def run(program: Program, leaves: Any, apply: Any) -> Any:
    """The program's result on leaves of any type, `apply(name, *inputs)` being its operations."""
    values = list(leaves)
    for line in program.lines:
        inputs = [values[i] if isinstance(i, int) else i for i in line.inputs]
        values.append(apply(line.op, *inputs))
    total = values[0] * 1.0
    for value in values[-3:]:
        total = total + value
    return total
