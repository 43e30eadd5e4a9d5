"""Columns that are looked up, a different number of times each, among sums of different lengths."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import number


def story(r: Random) -> str:
    """A loss of several tables of parameters or computed numbers, with ragged lookups."""
    m = r.choice((6, 12, 20, 28, 40, 60, 90, 160))
    tables = r.randint(1, 4)
    lines = [
        f"source = random.Random({r.randint(0, 999)})",
        f"p = [Value(source.uniform(-1, 1)) for _ in range({m})]",
        f"q = [[Value(source.uniform(-1, 1)) for _ in range({r.choice((2, 3, 5))})] for _ in range(4)]",
        "def loss(indices, x):",
        f"    t = {r.choice(('[sum(p[: n + 1]) for n in range(len(p))]', '[v * x for v in p]', '[sum([tanh(v) for v in p[n:]]) * 0.1 for n in range(len(p))]', '[p[n] * p[n - 1] for n in range(len(p))]'))}",
        "    found = 0.0 * x",
    ]  # fmt: skip
    indices: list[str] = []
    for i in range(tables):
        size = r.randint(1, 5)
        start = r.randint(0, m - 1)
        items = f"[t[(k + {start}) % len(t)] for k in range({size})]"
        kind = r.choice(("{t}", "log_softmax({t})", "[tanh(a) for a in {t}]", "softmax({t})", "q"))
        lines.append(f"    c{i} = table({kind.format(t=items)})")
        limit = 4 if kind == "q" else size
        for _ in range(r.choice((1, 1, 2, 3, 5, 8))):
            at = len(indices)
            indices.append(str(r.randrange(limit)))
            pick = f"c{i}[indices[{at}]]"
            term = f"sum({pick})" if kind == "q" else pick
            weight = r.choice(("1.0", number(r), "x", f"p[{r.randrange(m)}]"))
            lines.append(f"    found = found + {weight} * {term}")
    lines += [
        "    return found + sum([z * z for z in t]) * 0.01",
        f"step = do.stepper(loss, [*p, *sum_lists(q)], {r.choice(('sgd', 'adam'))!r})",
    ]
    for _ in range(2):
        r.shuffle(indices) if tables == 1 else None
        lines.append(f"do.take(step, [{', '.join(indices)}], {number(r)})")
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
