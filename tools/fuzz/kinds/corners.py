"""Values, first and second derivatives at special numbers, in code of the user's own choices."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number, special


def story(r: Random) -> str:
    """A function of up to three numbers, of which some are special."""
    count = r.randint(1, 3)
    names = [f"x[{i}]" for i in range(count)]
    body = expression(r, names, r.randint(1, 3), edgy=True)
    lines = ["def f(x):", f"    return 0.0 * {r.choice(names)}.detach() + {body}"]
    if r.random() < 0.6:
        lines[-1] = f"    return {body} + 0.0"
    second = r.random() < 0.3
    if second:
        lines += ["def g(x):", "    return sum(grad(f)(x))"]
    for _ in range(3):
        x = [special(r) if r.random() < 0.6 else number(r) for _ in names]
        lines.append(
            f"do.{r.choice(('call', 'slopes'))}({'g' if second else 'f'}, [{', '.join(x)}])"
        )
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
