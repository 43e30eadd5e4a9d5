"""Optimisers of a user's own: any order of lines, old and new state, choices, options that change."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import number

_TERMS = (
    *("g", "0.9 * {s}", "{s} + 0.1 * g", "g * g", "0.5 * {s} + 0.5 * g", "g - {s}", "p - 0.1 * g"),
    *("beta * {s} + (1 - beta) * g", "(g if g > 0 else 0.5 * g)", "(3 * g if step == 1 else g)"),
    *(
        "({s} if {s} > g else g)",
        "(g if step != 2 else {s})",
        "(1 if g > 0 else -1)",
        "sqrt(2) * g",
    ),
    *("(g if p == g / 2 else 2 * g)", "(g if g >= 0 and p > 0 else {s})", "{s} * beta ** step"),
    *("(-0.3 if g < -0.3 else (0.3 if g > 0.3 else g))", "+g", "g / (sqrt({s} * {s}) + 0.1)"),
)


def story(r: Random) -> str:
    """An optimiser with up to two numbers remembered, in a training or in steps."""
    states = ["s", "u"][: r.randint(1, 2)]
    lines = []
    for name in r.choices([*states, "t"], k=r.randint(1, 4)):
        lines.append(f"{name} = {r.choice(_TERMS).format(s=r.choice(states))}")
    made = {line.split(" ")[0] for line in lines}
    moves = [*states, "g", *(["t"] if "t" in made else [])]
    update = f"p = p - rate * {r.choice(moves)}"
    place = r.choice((len(lines), len(lines), 0 if "t" not in update else len(lines)))
    lines.insert(place, update)
    if r.random() < 0.3:
        lines.append(f"{r.choice(states)} = {r.choice((*states, 'p', 'g'))}")
    rule = "; ".join(lines)
    parameters = tuple(f"'{s}'" for s in states)
    advance = r.random() < 0.15
    text = [
        "class Own(jangrad.train.Optimizer):",
        "    def __init__(self, parameters, learning_rate=0.05):",
        f"        rule = UpdateRule({rule!r}, ({', '.join(parameters)},), ('beta',))",
        "        super().__init__(parameters, learning_rate, rule, {'beta': 0.8})",
    ]
    if advance:
        text += [
            "    def advance(self, numbers, gradients, rate=None):",
            "        return super().advance(numbers, [max(-0.2, min(0.2, g)) for g in gradients], rate)",
        ]
    if r.random() < 0.5:
        text += [
            f'net = MLP(2, [{r.choice((2, 3, 8))}, 1], "tanh", seed=2)',
            "optimizer = Own(net.parameters())",
            "do.fit(net, [[0.1, -0.3], [0.6, 0.2], [-0.4, 0.9]], [0.2, 0.5, -0.3],"
            f" optimizer=optimizer, steps=12{r.choice(('', ', batch_size=2'))})",
        ]
    else:
        count = r.choice((1, 2, 5, 40))
        text += [
            f"p = [Value(0.1 * i - 0.3) for i in range({count})]",
            "optimizer = Own(p)",
            f"{r.choice(('', '', 'free = [Value(0.2)]'))}",
            "def loss(x):",
            "    return sum((v * x - 0.1 * i) ** 2 for i, v in enumerate(p))",
            "step = do.stepper(loss, p, optimizer)",
        ]
        for _ in range(r.randint(3, 5)):
            if r.random() < 0.25:
                text.append(
                    r.choice(
                        (
                            "optimizer.options['beta'] = 0.1",
                            "optimizer.learning_rate = 0.2",
                            "p[0].data = 0.75",
                            "optimizer.memory = tuple([0.5] * len(p) for _ in optimizer.memory)",
                        )
                    )
                )
            text.append(f"do.take(step, {number(r)})")
    text.append("do.note(lambda: [optimizer.steps, [list(part) for part in optimizer.memory]])")
    return "def story(do):\n" + "\n".join(f"    {line}" for line in text)
