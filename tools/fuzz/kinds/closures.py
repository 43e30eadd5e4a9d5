"""Plain numbers, Values and switches that a function reaches, and that change between its calls."""

from __future__ import annotations

from random import Random

from tools.fuzz.expressions import expression, number

# Where a number may live: lines that put it there, how it is read, and lines that change it to {n}.
_PLACES = (
    ("k{i} = {n}", "k{i}", "nonlocal_k{i}({n})"),
    ("k{i} = [{n}]", "k{i}[0]", "k{i}[0] = {n}"),
    ("k{i} = [{n}, 0.5]", "sum(k{i})", "k{i}.append({n})"),
    ("k{i} = [{n}, 0.5]", "sum(k{i})", "k{i}[:] = [{n}]"),
    ('k{i} = {{"now": {n}}}', 'k{i}["now"]', 'k{i}["now"] = {n}'),
    ('k{i} = {{"a": [{n}]}}', 'k{i}["a"][0]', 'k{i}["a"] = [{n}]'),
    ("k{i} = np.array([{n}, 0.25])", "k{i}[0]", "k{i}[0] = {n}"),
    ("k{i} = np.array([[{n}, 0.25]])", "sum(list(k{i}[0]))", "k{i} *= {n}"),
    ("k{i} = Box({n})", "k{i}.number", "k{i}.number = {n}"),
    ("k{i} = Slotted({n})", "k{i}.number", "k{i}.number = {n}"),
    ("k{i} = Box(Box({n}))", "k{i}.number.number", "k{i}.number = Box({n})"),
    ("k{i} = type('Holder', (), {{'number': {n}}})", "k{i}.number", "k{i}.number = {n}"),
    ("k{i} = type('Holder', (), {{'number': {n}}})()", "k{i}.number", "type(k{i}).number = {n}"),
    ("k{i} = Box({n})", "k{i}.twice", "k{i}.number = {n}"),
    ("k{i} = Box({n})", "k{i}.halved()", "k{i}.number = {n}"),
    ("k{i} = Box({n})", "min(k{i}.number, 0.7)", "k{i}.number = {n}"),
    ("k{i} = Box({n})", "(1.0 - k{i}.number) ** 2", "k{i}.number = {n}"),
    ("k{i} = Box({n})", 'getattr(k{i}, "number")', "k{i}.number = {n}"),
    ("config.k{i} = {n}", "config.k{i}", "config.k{i} = {n}"),
    ("config.k{i} = {n}", "from_config('k{i}')", "config.k{i} = {n}"),
    ("k{i} = [{n}]\nread{i} = lambda: k{i}[0] * 2.0", "read{i}()", "k{i}[0] = {n}"),
    ("k{i} = [{n}]\ndef read{i}(n=k{i}):\n    return n[0]", "read{i}()", "k{i}[0] = {n}"),
    ("def read{i}(n={n}):\n    return n", "read{i}()", "read{i}.__defaults__ = ({n},)"),
    ("k{i} = functools.partial(scaled, by={n})", "k{i}(1.5)", "k{i}.keywords['by'] = {n}"),
    ("k{i} = Value({n})", "k{i}", "k{i}.data = {n}"),
    ("k{i} = [Value({n})]", "k{i}[0]", "k{i}[0] = Value({n})"),
    ("k{i} = [Value({n})]", "sum(k{i})", "k{i}.append(Value({n}))"),
    ("k{i} = Box(Value({n}))", "k{i}.number", "k{i}.number = Value({n})"),
    ("k{i} = (Value({n}), [0.5])", "k{i}[0] * k{i}[1][0]", "k{i}[1][0] = {n}"),
    ("b{i} = Value({n})\nk{i} = b{i} * 2.0", "k{i}", "b{i}.data = {n}"),
    ("b{i} = Value({n})\nk{i} = [b{i} * 2.0]", "k{i}[0]", "b{i}.data = {n}; k{i}[0] = b{i} * 2.0"),
    ("k{i} = Box(None)", "lazy(k{i}, {n})", "lazy(k{i}, {n}).data = {n}"),
    ("k{i} = [{n}]", "(2.0 if k{i}[0] > 0.2 else 0.5)", "k{i}[0] = {n}"),
    ("k{i} = {{'on': True}}", "(2.0 if k{i}['on'] else 0.5)", "k{i}['on'] = not k{i}['on']"),
    ("k{i} = ['a']", "{{'a': 1.5, 'b': 0.25}}[k{i}[0]]", "k{i}[0] = 'b' if k{i}[0] == 'a' else 'a'"),
    ("k{i} = collections.deque([{n}, 0.5], maxlen=2)", "sum(list(k{i}))", "k{i}.append({n})"),
    ("k{i} = {{1, 2}}", "float(len(k{i}))", "k{i}.add({n})"),
    ("k{i} = itertools.count()", "float(next(k{i}))", "pass"),
    ("k{i} = Box(0)", "k{i}.counted()", "pass"),
    ("k{i} = np.float64({n})", "k{i}", "nonlocal_k{i}(np.float64({n}))"),
    ("k{i} = np.array({n})", "k{i}", "k{i}[...] = {n}"),
)  # fmt: skip


def story(r: Random) -> str:
    """A function of some numbers, three or more calls, and a change before each."""
    count = r.randint(1, 3)
    lines, names, changes = [], ["x"], []
    for i in range(count):
        make, read, change = r.choice(_PLACES)
        lines += make.format(i=i, n=number(r)).split("\n")
        if "nonlocal_" in change:
            lines += [f"def nonlocal_k{i}(n):", f"    nonlocal k{i}", f"    k{i} = n"]
        names.append(read.format(i=i, n=number(r)))
        changes.append((change, i))
    body = expression(r, names, 3)
    lines += ["def f(x):", f"    return 0.0 * x + {body} + {r.choice(names)} * x"]
    lines += ["p = [Value(0.7)]", "def loss(x):", "    return (p[0] * x - f(x)) ** 2"]
    how = r.choice(("call", "call", "map", "slopes", "step", "fit"))
    if how == "step":
        lines.append('step = do.stepper(loss, p, "sgd")')
    if how == "fit":
        changed = [change.format(i=i, n=number(r)) for change, i in changes]
        at = r.randint(0, 12)
        again = "==" if r.random() < 0.7 else ">="
        lines += [
            "def own(outputs, targets):",
            "    return sum((f(o[0]) - t) ** 2 for o, t in zip(outputs, targets)) / len(targets)",
            "def change(step):",
            f"    if step.step {again} {at}:",
            *(f"        {line}" for line in changed),
            'net = MLP(1, [2, 1], "tanh", seed=1)',
            "do.fit(net, [[0.1], [0.6], [-0.4]], [0.2, 0.5, -0.3], loss=own, steps=20,"
            f' optimizer="sgd", learning_rate=0.01, callbacks=[change],'
            f" callback_every={r.choice((1, 2, 5))})",
        ]
    else:
        work = {
            "call": "do.call(f, {x})",
            "map": "do.map(f, [{x}, 0.3, -0.2])",
            "slopes": "do.slopes(f, {x})",
            "step": "do.take(step, {x})",
        }[how]
        lines.append(work.format(x=number(r)))
        for _ in range(r.randint(2, 5)):
            if r.random() < 0.8:
                change, i = r.choice(changes)
                lines.append(change.format(i=i, n=number(r)))
            lines.append(work.format(x=number(r)))
    return "def story(do):\n" + "\n".join(f"    {line}" for line in lines)
