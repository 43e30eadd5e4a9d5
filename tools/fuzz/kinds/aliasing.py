"""One thing under several names: shared lists, tied weights, arguments and results that are changed."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number


def story(r: Random) -> str:
    """A function of two lists that may be one, with weights that are shared."""
    names = ["x[0]", "x[1]", "y[0]", "y[1]", "w[0]", "v[0]", "rows[0][1]", "rows[1][0]"]
    body, more = expression(r, names, 3), expression(r, names, 2)
    lines = [
        f"w = [Value({number(r)}), Value({number(r)})]",
        "v = w" if r.random() < 0.5 else "v = w[::-1]",
        "rows = [w, v]" if r.random() < 0.5 else "rows = [w] * 2",
        "def f(x, y):",
        f"    s = {body}",
        f"    t = {more}",
        r.choice(
            (
                "    return [s, t, s]",
                "    return s * t",
                "    return {'a': s, 'b': [s, t]}",
                "    return (x[0], s, w[0] * 1.0)",
                "    return [[s, t], [t, s]]",
                "    x[0] = s; return x[0] * t",
                "    out = list(x); out[1] = s; return out",
                "    x, y = y, x; return [x[0] * s, y[0] * t]",
            )
        ),
        f"a = [{number(r)}, {number(r)}]",
        f"b = {r.choice(('a', 'list(a)', '[0.4, -0.2]', 'np.array(a)[::-1]', 'np.array(a * 2)[::2]'))}",
    ]
    for _ in range(r.randint(2, 4)):
        lines.append("do.call(f, a, b)")
        lines.append(
            r.choice(
                (
                    f"a[0] = {number(r)}",
                    f"w[0].data = {number(r)}",
                    f"w[0] = Value({number(r)})",
                    "w.reverse()",
                    f"v[1].data = {number(r)}",
                    "rows[0] = rows[1]",
                    "a.reverse()",
                    "do.map(f, [a, a], [b, list(b)])",
                )
            )
        )
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
