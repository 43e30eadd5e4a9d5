"""Arguments and results in every nesting, methods, keywords, defaults, and tables of rows."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number

# An argument, how it is written, and how its numbers are read.
_ARGUMENTS = (
    ("a{i}", "{n}", ("a{i}",)),
    ("a{i}", "[{n}, {m}]", ("a{i}[0]", "a{i}[1]", "sum(a{i})")),
    ("a{i}", "({n}, [{m}])", ("a{i}[0]", "a{i}[1][0]")),
    ("a{i}", "{{'u': {n}, 'v': [{m}, 0.5]}}", ("a{i}['u']", "a{i}['v'][0]", "sum(a{i}['v'])")),
    ("a{i}", "np.array([{n}, {m}])", ("a{i}[0]", "a{i}[1]")),
    ("a{i}", "np.array([[{n}], [{m}]])", ("a{i}[0][0]", "a{i}[1][0]")),
    ("a{i}", "np.float32({n})", ("a{i}",)),
    ("a{i}", "np.array({n})", ("a{i}",)),
    ("a{i}", "Point({n}, {m})", ("a{i}.u", "a{i}.v")),
    ("a{i}", "2", ("table(w)[a{i}]", "table([[v, v * v] for v in w])[a{i}][1]")),
    ("a{i}", "[0, 2, 2]", ("sum([table(w)[j] for j in a{i}])", "table(w)[a{i}[0]]")),
)
_RESULTS = (
    *("s", "[s, t]", "(s, [t, s])", "{'a': s, 'b': (t,)}", "[[s, t], [t, s]]", "[s] * 3", "[]"),
    *("Point(s, t)", "[s, 1.5]", "{'x': [s], 'y': 0.25}", "[[s], [t, s]]", "np.array([s, t])"),
)


def story(r: Random) -> str:
    """A function of one to three arguments, called with several of the same nesting."""
    drafts = [r.choice(_ARGUMENTS) for _ in range(r.randint(1, 3))]
    names = ["w[0]", "self.scale"]
    for i, (_, _, reads) in enumerate(drafts):
        names += [read.format(i=i) for read in reads]
    s, t = expression(r, names, 2), expression(r, names, 2)
    parameters = ", ".join(name.format(i=i) for i, (name, _, _) in enumerate(drafts))
    default = r.random() < 0.3
    lines = [
        'Point = collections.namedtuple("Point", "u v")',
        f"w = [Value({number(r)}), Value({number(r)}), Value({number(r)})]",
        "class Model:",
        "    def __init__(self, scale):",
        "        self.scale = scale",
        f"    def f(self, {parameters}{f', d={number(r)}' if default else ''}):",
        f"        s = w[0] * 0.0 + {s}{' * d' if default else ''}",
        f"        t = w[1] * 0.0 + {t}",
        f"        return {r.choice(_RESULTS)}",
        f"models = [Model({number(r)}), Model(Value({number(r)}))]",
        "fs = [model.f for model in models]",
    ]

    def written() -> list[str]:
        return [form.format(n=number(r), m=number(r)) for _, form, _ in drafts]

    for _ in range(r.randint(2, 4)):
        f = f"fs[{r.randrange(2)}]"
        if r.random() < 0.3:
            batches = [f"[{', '.join(rows)}]" for rows in zip(written(), written(), strict=True)]
            lines.append(f"do.map({f}, {', '.join(batches)})")
        else:
            lines.append(f"do.call({f}, {', '.join(written())})")
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
