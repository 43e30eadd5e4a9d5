"""Operations of a user's own, with rules that compare, choose, call each other and hold constants."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number

# value and partials: right by calculus, so that an operation is accepted.
_UNARY = (
    ("x * sqrt(2)", "sqrt(2)"),
    ("+x * 2", "+2"),
    ("2 ** x", "log(2) * 2 ** x"),
    ("x ** 3 / 3", "x * x"),
    ("0 if x < 0 else x * x", "0 if x < 0 else 2 * x"),
    ("x if x > 0.5 else 0.25 + x * x", "1 if x > 0.5 else 2 * x"),
    ("log(1 + exp(x))", "1 / (1 + exp(-x))"),
    ("x / (1 + abs(x))", "1 / (1 + abs(x)) ** 2"),
    ("tanh(x) + pi", "1 - (y - pi) ** 2"),
    ("sin(x) * exp(-x)", "cos(x) * exp(-x) - y"),
    ("exp(log(2) * x)", "log(2) * y"),
    ("(x if x != 0 else 0) * 2", "2"),
    ("1 if x > 0 and x < 1 else 1", "0"),
    ("log(x) if x > 0 else x", "1 / x if x > 0 else 1"),
)
_BINARY = (
    ("a * b", "b", "a"),
    ("a if a > b else b", "1 if a > b else (0 if b > a else 0.5)", "0 if a > b else (1 if b > a else 0.5)"),
    ("a * a + sqrt(3) * b", "2 * a", "sqrt(3)"),
    ("a / (1 + b * b)", "1 / (1 + b * b)", "-2 * a * b / (1 + b * b) ** 2"),
    ("a * exp(b)", "exp(b)", "y"),
    ("(a - b) ** 2 if a != b else 0", "2 * (a - b)", "2 * (b - a)"),
)  # fmt: skip


def story(r: Random) -> str:
    """One or two operations, also of each other, and functions that use them."""
    lines = []
    value, *partials = r.choice(_UNARY)
    lines.append(f"one = own({value!r}, *{partials!r})")
    value, *partials = r.choice(_BINARY)
    lines.append(f"two = own({value!r}, *{partials!r})")
    names = [
        "x",
        "one(x)",
        "two(x, x)",
        f"two(x, {number(r)})",
        "one(two(0.3, x))",
        "two(one(x), x)",
    ]
    if r.random() < 0.4:
        lines.append("three = own(f'2 * {one.__name__}(x)', f'2 * {slope}')")
        value, partial = r.choice(_UNARY[:11])
        lines[-1] = (
            f"inner = own({value!r}, {partial!r})\n"
            f"three = own(f'{{inner.__name__}}(x) * 3', {('3 * (' + partial.replace('y', '(y / 3)') + ')')!r})"
        )  # fmt: skip
        names.append("three(x)")
    body = expression(r, names, 2)
    lines += ["def f(x):", f"    return 0.0 * x + {body} + {r.choice(names[1:])}"]
    how = r.choice(("call", "slopes", "second", "step", "map"))
    if how == "second":
        lines += ["g = grad(f)"]
    if how == "step":
        lines += ["p = [Value(0.7)]", "def loss(x):", "    return f(p[0] * x)"]
        lines += ['step = do.stepper(loss, p, "sgd")']
    work = {
        "call": "do.call(f, {x})",
        "slopes": "do.slopes(f, {x})",
        "second": "do.slopes(g, {x})",
        "step": "do.take(step, {x})",
        "map": "do.map(f, [{x}, 0.4])",
    }[how]
    lines += [work.format(x=r.choice((number(r), "0.0", "0.5"))) for _ in range(3)]
    text = "\n".join(lines).split("\n")
    return "def story(do):\n" + "\n".join(f"    {line}" for line in text)
