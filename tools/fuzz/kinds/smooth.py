"""Formulas at ordinary numbers, for peers that have their own derivatives."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number


def story(r: Random) -> str:
    """A function of a few numbers and its gradient."""
    names = [f"x[{i}]" for i in range(r.randint(1, 4))]
    lines = ["def f(x):", f"    return 0.0 * x[0] + {expression(r, names, 4)}"]
    for _ in range(3):
        lines.append(f"do.slopes(f, [{', '.join(number(r) for _ in names)}])")
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
