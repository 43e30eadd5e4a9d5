"""Random recurrences as a user writes them: the text of a loop with states, and numbers for it."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from tests.compiler.strategies import NAMES, with_values

WIDTH, VOCABULARY, LAST = 3, 4, 2  # of states, of tables, and of what a window sees ahead

# A state of numbers, number by number: `g` is any of its size, `i` the place in it.
_GIVEN = [
    "dot(W[i], xs[t])",
    "dot(U[i], {g})",
    "dot(U[i], {g}[::-1])",
    "b[i]",
    "table(E)[ids[t]][i]",
    "table(E[::-1])[ids[t]][i]",
    "dot(k, signal[t : t + 3])",
    "signal[t] * b[i]",
    "xs[t][0]",
    "{g}[i]",
    "{g}[i - 1]",
    "dot(layers[t][i], {g})",
    "layers[{last} - t][i][0]",
    "softmax({g})[i]",
    "{a} * b[i]",
    "decays[t] * {g}[i]",
]
_VECTOR = [
    "tanh({x} + {y})",
    "0.5 * {g}[i] + 0.25 * ({x})",
    "sigmoid({x}) * {g}[i] + (1.0 - sigmoid({x})) * tanh({y})",
    "where({x} > {y}, 0.5 * {g}[i], sin({x}))",
    "relu(0.3 * ({x})) - 0.1 * {g}[i]",
    "maximum(tanh({x}), 0.5 * {g}[i])",
    "tanh({x})",
]
_SOME = [
    "signal[t]",
    "signal[{last} - t]",
    "dot(k, signal[t : t + 3])",
    "s * signal[t + 1]",
    "mean(xs[t])",
    "dot(c, {g})",
    "sum({g})",
    "{a}",
    "{a} * {a}",
    "table(q)[ids[t]]",
    "logsumexp({g})",
    "decays[t]",
    "1.5",
    "0.1 * t",
]
_NUMBER = [
    "0.5 * {a} + 0.1 * ({x})",
    "tanh({a} * s + {x})",
    "{a} - 0.1 * (s * {a} + {x})",
    "sin({x}) * cos({y})",
    "where({x} > 0.25, tanh({y}), 0.5 * {a})",
    "sigmoid({x}) + 0.25 * {a}",
    "minimum(sqrt(1.0 + ({x}) ** 2), 2.0 + tanh({a}))",
    "{a} / (1.5 + tanh({x}))",
]


class Recurrence(NamedTuple):
    """A function as text, and numbers for it.

    Attributes:
        text: `def f(xs, signal, ids, start)`, whose result is one number.
        parameters: the parameters by name, as numbers in lists.
        rows: the arguments of f, for three rows.
    """

    text: str
    parameters: dict[str, Any]
    rows: list[list[Any]]

    def make(self) -> Any:
        """The function, of new Values."""
        names = {name: with_values(x, []) for name, x in self.parameters.items()}
        space = {**NAMES, **names}
        exec(compile(self.text, "recurrence.py", "exec"), space)
        return space["f"]


def recurrence(seed: int) -> Recurrence:
    """A loop with some states that are numbers and some that are lists, of random bodies."""
    d = random.Random(seed)
    steps = d.choice([2, 3, 4, 5, 7, 9])

    def some(*shape: int) -> Any:
        if not shape:
            return round(d.choice((-1.0, 1.0)) * d.uniform(0.06, 1.0), 3)
        return [some(*shape[1:]) for _ in range(shape[0])]

    lists = [f"h{i}" for i in range(d.randint(0, 2))]
    numbers = [f"v{i}" for i in range(d.randint(not lists, 2))]
    states = lists + numbers
    d.shuffle(states)
    last = steps - 1

    def filled(form: str) -> str:
        """With a state in each place, and other parts of the step where a form has them."""
        form = form.replace("{last}", str(last))
        while "{g}" in form:
            form = form.replace("{g}", d.choice(lists or ["c"]), 1)
        while "{a}" in form:
            form = form.replace("{a}", d.choice(numbers or ["start"]), 1)
        return form

    def step(state: str) -> str:
        form, parts = (_VECTOR, _GIVEN) if state in lists else (_NUMBER, _SOME)
        x, y = (filled(d.choice(parts)) for _ in "xy")
        made = filled(d.choice(form).replace("{x}", x).replace("{y}", y))
        return f"[{made} for i in range({WIDTH})]" if state in lists else made

    starts = {
        state: d.choice(["[0.0] * 3", "list(b)", "[start] * 3", "[0.5, -0.25, 0.0]"])
        if state in lists
        else d.choice(["0.0", "start", "s", "1.0", "signal[0]"])
        for state in states
    }
    lines = [f"{state} = {start}" for state, start in starts.items()]
    at_once = len(states) > 1 and d.random() < 0.4
    body = [f"{', '.join(states)} = {', '.join(map(step, states))}"] if at_once else []
    body += [] if at_once else [f"{state} = {step(state)}" for state in states]
    kind = d.choice(["last", "total", "kept", "product"])
    given = [f"sum({x})" if x in lists else x for x in states]
    every = filled(
        d.choice(["{x}", "({x} - signal[t]) ** 2", "decays[t] * {x}", "exp(-{x} * {x})"])
    )
    every = every.replace("{x}", d.choice(given))
    if kind == "total":
        lines.append("total = 0.0")
        body.append(f"total = total + {every}")
    elif kind == "kept":
        lines.append("kept = []")
        body.append(f"kept.append({every})")
    elif kind == "product":
        lines.append("total = 1.0")
        body.append(f"total = total * (0.5 + 0.25 * tanh({every}))")
    lines.append(f"for t in range({steps}):")
    lines += [f"    {line}" for line in body]
    result = {
        "last": " + ".join(given),
        "total": f"total + {d.choice(given)}",
        "kept": d.choice(["mean(kept)", "logsumexp(kept)", "dot(kept, decays)", "sum(kept[1:])"]),
        "product": "total",
    }[kind]
    lines.append(f"return s * ({result})")
    parameters = {
        "W": some(WIDTH, 2),
        "U": some(WIDTH, WIDTH),
        "b": some(WIDTH),
        "k": some(3),
        "E": some(VOCABULARY, WIDTH),
        "c": some(WIDTH),
        "q": some(VOCABULARY),
        "s": some(),
        "layers": some(steps, WIDTH, WIDTH),
        "decays": some(steps),
    }
    rows = [
        [
            some(steps, 2),
            some(steps + LAST),
            [d.randrange(VOCABULARY) for _ in range(steps)],
            some(),
        ]
        for _ in range(3)
    ]
    text = "def f(xs, signal, ids, start):\n    " + "\n    ".join(lines)
    return Recurrence(text, parameters, rows)
