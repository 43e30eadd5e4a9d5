"""Trainings that an exception ends half-way: what is left must be of one and the same step."""

from __future__ import annotations

from random import Random

_RAISES = ("raise Planned('on purpose')", "raise MemoryError('on purpose')", "1 // 0", "[][3]")


def story(r: Random) -> str:
    """A training in which a callback, a schedule or a validation fails."""
    at, error = r.randint(0, 14), r.choice(_RAISES)
    where = r.choice(("callback", "schedule", "callback"))
    options = [f'optimizer="{r.choice(("sgd", "adam", "rmsprop"))}", steps=20']
    options = [f"optimizer=optimizer, steps={r.choice((10, 20))}"]
    lines = [
        'net = MLP(2, [3, 1], "tanh", seed=2)',
        f"optimizer = {r.choice(('SGD', 'Adam', 'RMSprop'))}(net.parameters(), 0.02)",
        "X = [[0.1, -0.3], [0.6, 0.2], [-0.4, 0.9], [0.7, -0.8], [0.2, 0.5]]",
        "y = [0.2, 0.5, -0.3, 0.1, 0.9]",
        "def own(outputs, targets):",
        "    return sum((o[0] - t) ** 2 for o, t in zip(outputs, targets)) / len(targets)",
        "def fails(step):",
        f"    if (step if isinstance(step, int) else step.step) == {at}:",
        f"        {error}",
        "    return 0.02 if isinstance(step, int) else None",
    ]
    options.append("schedule=fails" if where == "schedule" else "callbacks=[fails]")
    if where == "callback":
        options.append(f"callback_every={r.choice((1, 2))}")
    if r.random() < 0.5:
        options.append("loss=own")
    if r.random() < 0.5:
        options.append(f"batch_size={r.choice((1, 2, 3))}")
    lines += [
        f"do.fit(net, X, y, {', '.join(options)})",
        "do.note(lambda: [optimizer.steps])",
        "do.note(lambda: [list(part) for part in optimizer.memory])",
        "do.fit(net, X, y, optimizer=optimizer, steps=3)",
    ]
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
