"""Layers, losses, penalties and optimisers as loops of JavaScript over numbers of any count.

Each is printed once, with widths that a page chooses: activations and their partials from the rule
table, losses and penalties from a trace of jangrad's own functions on one number, optimisers from
their formulas. A page composes them as its user changes the network.

A layer of m units on k inputs has its numbers one unit after the other, as `net.parameters()`:
k weights, the bias, and with "prelu" the slope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from jangrad import ops, rules
from jangrad.algebra import fold
from jangrad.compiler.exporting import LEAVES, OPERATIONS, Operation, Program
from jangrad.engine import Value
from jangrad.export.code.entries import exported, traced
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.javascript_words import JavaScript
from jangrad.export.code.spelling import Rules, SpelledFunctions, Text, literal, negative
from jangrad.nn.activations import activation_names
from jangrad.nn.inits import AUTO, INITS, drawn
from jangrad.nn.losses import OUR_LOSSES, l1_penalty, l2_penalty
from jangrad.train.optimizers import OPTIMIZERS, SGD, Optimizer
from jangrad.train.resolve import resolve_optimizer
from jangrad.train.update_rule import UpdateRule

#: A loss of whole rows: its loop is over the outputs of a row too.
CLASSES = "softmax_cross_entropy"
_LEARNED = "prelu"
# What loops call something.
_TAKEN = (
    *("at", "b", "d", "dx", "dy", "dz", "f", "g", "n", "o", "options", "p", "q", "r", "rate"),
    *("rows", "s", "step", "t", "total", "ts", "x", "y", "z", "zs"),
)
_PENALTIES = {"l1": l1_penalty, "l2": l2_penalty}

_LAYER = """\
forward(n, k, m, x, p, at, z, y) {
for (let r = 0, o = 0; r < n; r++) for (let j = 0, b = at; j < m; j++, b += k + STRIDE, o++) {
let s = p[b + k];
for (let i = 0, q = r * k; i < k; i++) s += p[b + i] * x[q + i];
z[o] = s; y[o] = VALUE;
}
},
backward(n, k, m, x, p, at, z, y, dy, dx, g) {
for (let r = 0, o = 0; r < n; r++) for (let j = 0, b = at; j < m; j++, b += k + STRIDE, o++) {
const d = SLOPE, q = r * k;
LEARNED
g[b + k] += d;
for (let i = 0; i < k; i++) { g[b + i] += d * x[q + i]; dx[q + i] += d * p[b + i]; }
}
}"""

# The largest is taken out of the exponents first, as in `jangrad.log_softmax`.
_CLASSES = """\
softmax_cross_entropy: {classes: true,
value(n, k, z, t, f) {
let total = 0;
for (let r = 0, o = 0; r < n; r++, o += k) {
let top = -Infinity, sum = 0;
for (let i = 0; i < k; i++) top = Math.max(top, z[o + i]);
for (let i = 0; i < k; i++) sum += Math.exp(z[o + i] - top);
total -= z[o + t[r]] - top - Math.log(sum);
}
return total * f;
},
gradient(n, k, z, t, f, dz) {
for (let r = 0, o = 0; r < n; r++, o += k) {
let top = -Infinity, sum = 0;
for (let i = 0; i < k; i++) top = Math.max(top, z[o + i]);
for (let i = 0; i < k; i++) sum += dz[o + i] = Math.exp(z[o + i] - top);
for (let i = 0; i < k; i++) dz[o + i] *= f / sum;
dz[o + t[r]] -= f;
}
return this.value(n, k, z, t, f);
}}"""


def kernels(used: Collection[str] = ()) -> str:
    """`const KERNELS = {layers, losses, penalties, updates, mistaken}`, with what they call.

    Args:
        used: activations that a network has. Those of them that are operations of the user's own
            are printed beside jangrad's; others that were defined make no page larger.

    >>> text = kernels()
    >>> "tanh: {" in text and "softmax_cross_entropy: {" in text and "adamw: {" in text
    True
    """
    words = _Words()
    offered = {*ops.OURS, "linear", _LEARNED, *used}
    parts = {
        "layers": [words.layer(name) for name in activation_names() if name in offered],
        "losses": [*map(words.loss, (n for n in OUR_LOSSES if n != CLASSES)), _CLASSES],
        "penalties": [f"{name}: {words.penalty(name)}" for name in _PENALTIES],
        "updates": [
            f"{name}: {words.update(optimizer)}" for name, optimizer in optimisers().items()
        ],
    }
    parts["mistaken"] = list(map(_assigning, map(words.layer, ("tanh", "linear"))))
    parts["mistaken"].append(_CLASSES.replace("top = Math.max(top, z[o + i])", "top = 0"))
    joined = {name: ",\n".join(texts) for name, texts in parts.items()}
    body = ",\n".join(f"{name}: {{\n{text}\n}}" for name, text in joined.items())
    inside = "\n".join([*words.functions.texts, f"return {{\n{body}\n}};"])
    return f"const KERNELS = (() => {{\n{inside}\n}})();\n"


def _assigning(layer: str) -> str:
    """A layer for the museum of mistakes: backwards it has = for +=, so the last part counts."""
    forward, backwards, rest = layer.partition("backward(")
    return forward + backwards + re.sub(r"\b((?:g|dx)\[[^]]*\]) \+=", r"\1 =", rest)


def optimisers() -> dict[str, Optimizer]:
    """The optimisers of the page by their names there, of one parameter each."""
    given = [Value(0.0)]
    made = {name: resolve_optimizer(name, given, None) for name in OPTIMIZERS}
    made["momentum"] = SGD(given, momentum=0.9)
    made["nesterov"] = SGD(given, momentum=0.9, nesterov=True)
    return made


class _Words:
    """The functions that kernels share, and kernels."""

    def __init__(self) -> None:
        self.language = JavaScript("double")
        self.functions = SpelledFunctions(self.language, Identifiers(_TAKEN))

    def layer(self, activation: str) -> str:
        """Forward and backward of a layer; how weights start; how many numbers lie beside them."""
        stride, learned = 1, ""
        if activation == "linear":
            value, slope = "s", "dy[o]"
        else:
            learns = activation == _LEARNED
            name = "leaky_relu" if learns else activation
            row = ops.OPS[name]
            given = [Text("s")]
            if learns:
                stride, given = 2, [*given, Text("p[b + k + 1]")]
                self.functions.operation(Operation(name, 1))
                learned = f"g[b + k + 1] += {self._slope(name, 1, given)};\n"
            elif len(row.inputs) == 2:
                given.append(literal(self.language, float(row.default or 0.0)))
            value = self.functions.call(Operation(name), given).text
            slope = self._slope(name, 0, given)
        text = _LAYER.replace("STRIDE", str(stride)).replace("LEARNED\n", learned)
        text = text.replace("VALUE", value).replace("SLOPE", slope)
        init = "he" if drawn(AUTO, activation) is INITS["he"] else "glorot"
        return f"{activation}: {{init: '{init}', beside: {stride},\n{text}}}"

    def _slope(self, name: str, k: int, given: Sequence[Text]) -> str:
        """What an input gets of the gradient of a unit's output."""
        operation = Operation(name, k)
        known = dict(zip(ops.OPS[name].inputs, given, strict=True))
        known |= {"g": Text("dy[o]"), "y": Text("y[o]")}
        known = {key: Text("z[o]") if text.text == "s" else text for key, text in known.items()}
        return self.functions.call(operation, [known[a] for a in operation.arguments]).text

    def loss(self, name: str) -> str:
        """Value and gradient of a loss over numbers, each times a factor."""
        value, slope, lines = self._traced(
            lambda z, t: OUR_LOSSES[name]([z], [t]), ("z", "t"), 0.5, 1.0
        )
        head = "for (let i = 0; i < n; i++) { const z = zs[i], t = ts[i];"
        summed, both = lines([value]), lines([value, slope])
        return f"""\
{name}: {{
value(rows, k, zs, ts, f) {{
const n = rows * k;
let total = 0;
{head} {summed} total += {value}; }}
return total * f;
}},
gradient(rows, k, zs, ts, f, dz) {{
const n = rows * k;
let total = 0;
{head} {both} total += {value}; dz[i] = f * {slope}; }}
return total * f;
}}}}"""

    def penalty(self, name: str) -> str:
        """What it adds to the loss, and to the gradient."""
        value, slope, lines = self._traced(lambda q: _PENALTIES[name]([q], 1.0), ("q",), 0.5)
        return f"""(n, p, g, f) => {{
let total = 0;
for (let i = 0; i < n; i++) {{ const q = p[i]; {lines([value, slope])} total += {value};
g[i] += f * {slope}; }}
return total * f;
}}"""

    def _traced(
        self, function: Callable[..., Any], names: Sequence[str], *example: float
    ) -> tuple[str, str, Callable[[Sequence[str]], str]]:
        """A function of numbers: value, slope by the first, and what computes some of the two."""
        found = exported(traced(function, example), "double", gradient=True)
        program = found.entries[1].program
        root, slope = (int(n) for n in program.outputs[:2])
        texts = [self._node(program, n, names) for n in range(len(program))]
        called = {n: text if program.op[n] in LEAVES else f"v{n}" for n, text in enumerate(texts)}
        places = {called[root]: root, called[slope]: slope}

        def lines(wanted: Sequence[str]) -> str:
            needed, waiting = set[int](), [places[name] for name in wanted]
            while waiting:
                n = waiting.pop()
                if n not in needed:
                    needed.add(n)
                    waiting += program.inputs_of(n)
            made = (n for n in sorted(needed) if program.op[n] not in LEAVES)
            return " ".join(f"const v{n} = {texts[n]};" for n in made)

        return called[root], called[slope], lines

    def _node(self, program: Program, n: int, names: Sequence[str]) -> str:
        """A scalar of a program, of those before it."""
        operation = OPERATIONS[int(program.op[n])]
        if operation.name == "input":
            return names[int(program.slot[n])]
        if operation.name in ("const", "static"):
            return literal(self.language, float(program.value[n])).text
        given = [
            literal(self.language, float(program.value[c]))
            if OPERATIONS[int(program.op[c])].name in ("const", "static")
            else Text(names[int(program.slot[c])] if program.op[c] in LEAVES else f"v{c}")
            for c in program.inputs_of(n)
        ]
        if operation.name == "sum":
            return " + ".join(text.within(8) for text in given)
        if operation.name == "neg":
            return negative(given[0]).text
        return self.functions.call(operation, given).text

    def update(self, optimizer: Optimizer) -> str:
        """A step of an optimiser: of what it remembers `state`, and its options."""
        rule = optimizer.rule
        state = ", ".join(f"'{name}'" for name in rule.state)
        options = ", ".join(f"{k}: {v!r}" for k, v in optimizer.options.items())
        return f"""{{state: [{state}], options: {{{options}}}, rate: {optimizer.learning_rate!r},
step(n, p, g, [{", ".join(f"s_{name}" for name in rule.state)}], rate, step, options) {{
{self._lines(rule)}
}}}}"""

    def _lines(self, rule: UpdateRule) -> str:
        known = {"rate": Text("rate"), "step": Text("step")}
        known |= {name: Text(f"options.{name}") for name in rule.options}
        known |= {"p": Text("p[i]"), "g": Text("g[i]")}
        known |= {name: Text(f"s_{name}[i]") for name in rule.state}
        varying = {"p", "g", *rule.state}
        once, each = list[str](), list[str]()
        for k, (name, text) in enumerate(rule.lines):
            read = rules.read(text, known)
            value = fold(read, Rules(self.functions, known)).text
            varies = any(used in varying for used in rules.names_in(read))
            (each if varies else once).append(f"const l{k} = {value};")
            known[name] = Text(f"l{k}")
            if varies:
                varying.add(name)
        kept = [
            f"{'p' if name == 'p' else f's_{name}'}[i] = {known[name].text};"
            for name in ("p", *rule.state)
        ]
        return "\n".join([*once, f"for (let i = 0; i < n; i++) {{ {' '.join([*each, *kept])} }}"])
