"""Callbacks of `fit` that change what is trained, or end it."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import number

_CHANGES = (
    "for p in net.parameters(): p.data = {n}",
    "net.parameters()[0].data = {n}",
    "for p in net.parameters(): p.data = max(-0.5, min(0.5, p.data))",
    "optimizer.learning_rate = abs({n}) * 0.01",
    "optimizer.memory = tuple([0.0] * len(optimizer) for _ in optimizer.memory)",
    "optimizer.options.update({{name: 0.3 for name in optimizer.options}})",
    "optimizer.steps = 1",
    "factor[0] = {n}",
    "told.append(sum(p.data for p in net.parameters()))",
    "told.append(optimizer.steps)",
    "return True",
    "net.layers[0].neurons[0].bias.data += 0.125",
    "X[0][0] = {n}",
    "switch[0] = not switch[0]",
)
_OPTIMIZERS = (
    "SGD(net.parameters(), 0.02)",
    "SGD(net.parameters(), 0.02, momentum=0.9)",
    "Adam(net.parameters(), 0.02)",
    "RMSprop(net.parameters(), 0.02)",
    "Adagrad(net.parameters(), 0.02)",
    "AdamW(net.parameters(), 0.02)",
)


def story(r: Random) -> str:
    """A training with one or two callbacks."""
    own = r.random() < 0.5
    callbacks = []
    lines = [
        'net = MLP(2, [3, 1], "tanh", seed=2)',
        f"optimizer = {r.choice(_OPTIMIZERS)}",
        "factor, told, switch = [1.0], [], [True]",
        "X = [[0.1, -0.3], [0.6, 0.2], [-0.4, 0.9], [0.7, -0.8], [0.2, 0.5]]",
        "y = [0.2, 0.5, -0.3, 0.1, 0.9]",
        "def own(outputs, targets):",
        "    s = sum((o[0] - t) ** 2 for o, t in zip(outputs, targets)) / len(targets)",
        "    return factor[0] * s if switch[0] else s + 0.1 * abs(outputs[0][0])",
        "def penalty(parameters):",
        "    return 0.01 * factor[0] * sum(p * p for p in parameters)",
    ]
    for i in range(r.randint(1, 2)):
        test = f"step.step {r.choice(('==', '>=', '%'))} {r.randint(2, 9)}"
        lines += [f"def callback{i}(step):", f"    if {test}:"]
        lines += [f"        {r.choice(_CHANGES).format(n=number(r))}"]
        callbacks.append(f"callback{i}")
    options = [f"optimizer=optimizer, steps={r.choice((12, 25))}"]
    options.append(f"callbacks=[{', '.join(callbacks)}], callback_every={r.choice((1, 1, 3))}")
    if own:
        options.append("loss=own")
    if r.random() < 0.4:
        options.append(f"batch_size={r.choice((1, 2, 3))}")
    if r.random() < 0.3:
        options.append("penalty=penalty")
    if r.random() < 0.3:
        options.append("validation=([[0.3, 0.3], [0.1, 0.8]], [0.4, -0.1])")
    if r.random() < 0.2:
        options.append("schedule=lambda step: 0.02 / (1 + step)")
    lines += [
        f"do.fit(net, X, y, {', '.join(options)})",
        "do.note(lambda: [optimizer.steps, *told])",
        "do.note(lambda: [list(part) for part in optimizer.memory])",
    ]
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
