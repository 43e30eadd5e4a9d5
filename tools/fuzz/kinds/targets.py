"""Losses by name with targets that they take, and some that they refuse."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import number

# A loss, how many outputs, and targets: good ones, and ones that it may refuse.
_LOSSES = (
    ("squared_error", 1, ("0.5", "-1.5", "3"), ('float("nan")', 'float("inf")', "'a'")),
    ("hinge", 1, ("1.0", "-1.0"), ("0.0", "2.0", "0.5")),
    ("binary_cross_entropy", 1, ("0.0", "1.0", "0.25"), ("-1.0", "5.0", "1.5")),
    ("softmax_cross_entropy", 3, ("0", "1", "2"), ("3", "-1", "0.5", "1e30")),
    ("absolute_error", 1, ("0.5", "-1.5"), ('float("-inf")',)),
    ("huber", 1, ("0.5", "-1.5"), ('float("nan")',)),
    ("squared_error", 2, ("[0.5, 0.1]", "[-1.5, 2.0]"), ("[0.5]", "0.5", "[0.1, 0.2, 0.3]")),
)


def story(r: Random) -> str:
    """A training with targets of which some may be refused, with or without validation."""
    loss, outputs, good, bad = r.choice(_LOSSES)

    def targets(count: int, spoilt: bool) -> str:
        found = [r.choice(good) for _ in range(count)]
        if spoilt:
            found[r.randrange(count)] = r.choice(bad)
        return ", ".join(found)

    n = r.choice((3, 5, 9))
    rows = ", ".join(f"[{number(r)}, {number(r)}]" for _ in range(n))
    options = [f'loss="{loss}"', f"steps={r.choice((3, 12))}", f"batch_size={r.choice((1, 2, n))}"]
    options.append(f'optimizer="{r.choice(("sgd", "adam"))}"')
    if r.random() < 0.4:
        held_out = targets(2, r.random() < 0.3)
        options.append(f"validation=([[0.1, 0.3], [{number(r)}, 0.2]], [{held_out}])")
    lines = [
        f'net = MLP(2, [3, {outputs}], "{r.choice(("tanh", "relu", "sigmoid"))}", seed=3)',
        f"X, y = [{rows}], [{targets(n, r.random() < 0.4)}]",
        f"do.fit(net, X, y, {', '.join(options)})",
    ]
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
