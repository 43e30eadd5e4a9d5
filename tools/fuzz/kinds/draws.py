"""Functions that draw random numbers or read something else that nobody sees change."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number

_DRAWS = (
    *("random.random()", "random.gauss(0.0, 1.0)", "float(random.choice([1, 2]))", "np.random.rand()"),
    *("float(rng.normal())", "own.random()", "(1.0 if random.random() < {rare} else 0.0)"),
    *("float(random.choice([1.0, 1.0]))", "float(rng.integers(0, 3))", "float(np.random.choice([0, 1]))"),
    *("float(random.sample(range(5), 1)[0])", "deep()", "holder.rng.random()", "next(ticks)"),
    *("float(np.random.default_rng().random())", "(random.shuffle(order), float(order[0]))[1]"),
)  # fmt: skip


def story(r: Random) -> str:
    """A function that draws, called several times from one seed."""
    draw = r.choice(_DRAWS).format(rare=r.choice(("0.02", "0.2", "0.5")))
    if r.random() < 0.25:
        draw = f"({draw} if k[0] > 0.5 else 0.25)"
    body = expression(r, ["x", draw], 2)
    how = r.choice(("call", "map", "step", "fit"))
    lines = [
        "random.seed(3); np.random.seed(3)",
        "rng = np.random.default_rng(5); own = random.Random(4); order = [1, 2, 3]",
        "ticks = iter([float(i % 7) for i in range(100000)])",
        "holder = Box(None); holder.rng = np.random.default_rng(2); k = [1.0]",
        "def deep():",
        "    return (lambda: random.random())()",
        "def f(x):",
        f"    return {body} + x * {draw}",
    ]
    if how == "fit":
        lines += [
            "class Net(jangrad.Module):",
            "    def __init__(self):",
            "        self.w = Value(0.4)",
            "    def __call__(self, row):",
            "        return [f(self.w * row[0])]",
            "do.fit(Net(), [[0.1], [0.6], [-0.4]], [0.2, 0.5, -0.3], steps=8,"
            f' optimizer="sgd", learning_rate=0.01, batch_size={r.choice((1, 2, 3))})',
        ]
    elif how == "step":
        lines += ["p = [Value(0.7)]", "def loss(x):", "    return (p[0] * x - f(x)) ** 2"]
        lines += ['step = do.stepper(loss, p, "sgd")']
        lines += [f"do.take(step, {number(r)})" for _ in range(4)]
    else:
        work = "do.call(f, {x})" if how == "call" else "do.map(f, [{x}, 0.3])"
        lines += [work.format(x=number(r)) for _ in range(4)]
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
