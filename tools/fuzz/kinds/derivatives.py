"""Derivatives inside functions: of closed-over Values, inside each other, through maps and calls."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number


def story(r: Random) -> str:
    """A loss with derivatives inside, as a physics-informed network has."""
    inner = expression(r, ["t", "w[0]", "w[1]", "t * w[0]"], 3)
    uses = [
        *("grad(u)(x)", "grad(grad(u))(x)", "u(x)", "value_and_grad(u)(x)[1]", "grad(u)(0.5)"),
        *(
            "grad(lambda s: u(s) * x)(x)",
            "grad(lambda s: grad(u)(s) * s)(x)",
            "jacobian(many)(x)[0]",
        ),
        *(
            "grad(lambda s: x * s * s)(0.5)",
            "grad(jit(u))(x)",
            "hessian(pair)([x, x])[0][1]",
        ),
        *("hvp(pair)([x, x], [1.0, 0.5])[0]", "grad(pair)([x, 0.3])[1]"),
        *("gradient(u(x), [w[0]])[0]", "grad(lambda s: jit(u)(s) * s)(x)"),
        *("grad(lambda s: jit(u).map([s, 0.5])[1] + sum(list(jit(u).map([s, s]))))(x)",),
    ]
    terms = " + ".join(f"({term}) * {number(r)}" for term in r.sample(uses, r.randint(1, 3)))
    lines = [
        f"w = [Value({number(r)}), Value({number(r)})]",
        "def u(t):",
        f"    return 0.0 * t + {inner}",
        "def many(t):",
        "    return [u(t) * t]",
        "def pair(z):",
        "    return u(z[0]) * z[1]",
        "def f(x):",
        f"    return {terms} + 0.0 * x",
        "def loss(x):",
        "    return f(x) ** 2 * 0.01 + 0.001 * (w[0] * w[0] + w[1] * w[1])",
    ]
    how = r.choice(("slopes", "step", "call", "second"))
    if how == "second":
        lines.append("g = grad(f)")
    if how == "step":
        lines.append('step = do.stepper(loss, w, "sgd")')
    work = {
        "call": "do.call(f, {x})",
        "slopes": "do.slopes(f, {x})",
        "step": "do.take(step, {x})",
        "second": "do.slopes(g, {x})",
    }[how]
    for _ in range(3):
        lines.append(work.format(x=number(r)))
        if r.random() < 0.5:
            lines.append(f"w[0].data = {number(r)}")
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
