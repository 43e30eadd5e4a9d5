"""What is behind a training that went wrong: the data, the network or the rate, with its place.

It is looked for when something has gone wrong, and at the weights that the training began with, for
from there on everything can be computed again; what a diagnosis says depends on no engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from jangrad.errors import either
from jangrad.train.data_faults import (
    ColumnScale,
    Outlier,
    constant_columns,
    contradictions,
    know_nothing,
    large_columns,
    neighbours_know,
    outliers,
    same_columns,
)
from jangrad.train.layers import RANGES, activation_of, layers_of
from jangrad.train.optimizers import SGD
from jangrad.train.scene import DISTANCES, Cause, Scene, row_gradients

_FEW_ROWS = 8  # whose targets may be equal by chance, or for a try
_CLASSES = ("softmax_cross_entropy", "binary_cross_entropy", "hinge")
_NEARLY_ALL = 0.9
_SATURATED = 0.99  # of the way to an end
# A layer's gradient beside that of the last; its signals beside those of the first.
_VANISHED, _EXPLODED, _FADED = 1e-3, 100.0, 1e-2


# -- the data --------------------------------------------------------------------------------------


def outlier(scene: Scene) -> Cause | None:
    """A row with a number far from all others, whose gradient is far larger than theirs too."""
    found = outliers(scene.config.rows, scene.targets_of_size)
    found = [one for one in found if scene.is_amount(one.column)]
    for one in found[:3]:
        sizes = row_gradients(scene, sorted({*scene.some[:16], one.row}))
        mine = sizes.pop(one.row)
        others = sorted(sizes.values())
        usual = others[len(others) // 2]
        if mine > 10.0 * usual or not math.isfinite(mine):
            rows = sorted({each.row for each in found})
            return _outlier(scene, one, rows, mine, usual)
    return None


def _outlier(scene: Scene, one: Outlier, rows: list[int], mine: float, usual: float) -> Cause:
    many = f"rows {', '.join(map(str, rows[:5]))}" + ", ..." * (len(rows) > 5)
    which = f"row {one.row}" if len(rows) == 1 else many
    others = f"the others lie between {one.low:.4g} and {one.high:.4g}"
    return Cause(
        "outlier",
        f"{told_column(one.column)} is {one.value:.4g} in row {one.row}, and {others}: its gradient"
        f" of {mine:.3g} is {_times(mine, usual)} that of the usual row",
        f"look at {which}: mended, or left out",
        {"leave_out": rows},
        one.row,
        one.column,
    )


def large_numbers(scene: Scene) -> Cause | None:
    """Columns, or targets, whose numbers are large."""
    found = large_columns(scene.config.rows, scene.targets_of_size)
    found = [one for one in found if scene.is_amount(one.column)]
    if not found:
        return None
    columns = [s for s in found if s.column is not None]
    which = "inputs" * bool(columns) + " and " * (0 < len(columns) < len(found))
    which += "targets" * (len(columns) < len(found))
    told = ", ".join(
        f"{told_column(s.column)} "
        + (f"runs from {s.low:.4g} to {s.high:.4g}" if s.spread else f"is {s.low:.4g} in each row")
        for s in found[:3]
    )
    more = f", and {len(found) - 3} more do so" if len(found) > 3 else ""
    first = found[0]
    formula = f"({_name(first)} - {first.mean:.3g}) / {first.spread or 1.0:.3g}"
    return Cause(
        f"scale of {'inputs' if columns else 'targets'}",
        f"{told}{more}: {_steep(found[0], scene)}",
        f"{which} scaled to about -1 .. 1, such as {formula}",
        {"scale_inputs": bool(columns), "scale_targets": len(columns) < len(found)},
        column=columns[0].column if columns else None,
    )


def _steep(scale: ColumnScale, scene: Scene) -> str:
    """What numbers of that size do."""
    size, optimizer = max(abs(scale.low), abs(scale.high)), scene.config.optimizer
    if scale.column is None:
        if not isinstance(optimizer, SGD):
            moved = f"about the rate, {optimizer.learning_rate:.2g}, a step"
            return (
                f"{type(optimizer).__name__} moves each weight by {moved}, and they have far to go"
            )
        return f"gradients are about {size:.1g} times as large as for targets of 1"
    return f"the loss curves about {size * size:.1g} times as much as with numbers of 1"


def _name(scale: ColumnScale) -> str:
    return "y" if scale.column is None else f"x[{scale.column}]"


def out_of_range(scene: Scene, loss: float) -> Cause | None:
    """Targets that the last activation cannot give, where most of the loss is owed to them."""
    if scene.config.loss not in DISTANCES or not scene.layers:
        return None
    kind = activation_of(scene.layers[-1])
    if kind not in RANGES:
        return None
    low, high = RANGES[kind]
    numbers = [x for t in scene.config.targets for x in (t if isinstance(t, list) else [t])]
    beyond = [max(low - x, x - high, 0.0) for x in numbers]
    power = 2.0 if scene.config.loss == "squared_error" else 1.0
    owed = math.fsum(b**power for b in beyond) / len(beyond)
    if not owed or owed < 0.5 * loss:
        return None
    ends = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
    return Cause(
        "range of outputs",
        f"the last layer is {kind}, whose outputs are {ends}, and targets run from"
        f" {min(numbers):.4g} to {max(numbers):.4g}: {owed:.4g} of the loss cannot be learned",
        either('output="linear" for the last layer; or targets scaled into that range', ""),
        {"output": "linear"},
        layer=len(scene.layers) - 1,
    )


def _floor(kind: str, loss: str, outputs: int) -> float:
    """The least that a loss of classes can be of outputs that have ends."""
    low, high = RANGES[kind]
    if loss == "softmax_cross_entropy":
        return math.log1p((outputs - 1) * math.exp(low - high))
    if loss == "binary_cross_entropy":  # of a row of the class that is nearer to an end
        return math.log1p(math.exp(-max(high, -low)))
    return max(0.0, 1.0 - min(high, -low))


def squashed_twice(scene: Scene, loss: float, *, near: bool) -> Cause | None:
    """An activation behind which the loss puts its own, where it is `near` the baseline or owed."""
    if scene.config.loss not in _CLASSES or not scene.layers:
        return None
    kind = activation_of(scene.layers[-1])
    if kind not in RANGES:
        return None
    if not near and loss > 2.0 * _floor(kind, str(scene.config.loss), scene.config.outputs):
        return None
    does = {
        "hinge": "wants outputs beyond 1 and -1",
        "binary_cross_entropy": "makes a probability of the raw output itself",
    }.get(str(scene.config.loss), "makes probabilities of the raw outputs itself")
    return Cause(
        "wrong loss",
        f"the last layer is {kind}, and `{scene.config.loss}` {does}: so outputs can hardly say yes"
        " or no",
        either('output="linear" for the last layer', ""),
        {"output": "linear"},
        layer=len(scene.layers) - 1,
    )


def classes_as_numbers(scene: Scene) -> Cause | None:
    """Numbers of three classes or more as one target of a distance."""
    config = scene.config
    if config.loss != "squared_error" or config.outputs != 1:
        return None
    numbers = [t[0] if isinstance(t, list) else t for t in config.targets]
    kinds = sorted({*numbers})
    if kinds != list(range(len(kinds))) or not 3 <= len(kinds) <= 10 or len(numbers) < 30:
        return None
    return Cause(
        "wrong loss",
        f"the targets are the {len(kinds)} numbers 0 .. {len(kinds) - 1}: if they are"
        " classes, class 1 is not between 0 and 2",
        f'{len(kinds)} outputs and loss="softmax_cross_entropy"',
    )


def equal_targets(scene: Scene) -> Cause | None:
    """One target for all rows; but a distance from 0 may be asked of all, as of a residual."""
    config = scene.config
    numbers = {t[0] if isinstance(t, list) else t for t in config.targets}
    one = not isinstance(config.targets[0], list) or len(config.targets[0]) == 1
    if len(numbers) > 1 or len(config.targets) < _FEW_ROWS or not one:
        return None
    if config.loss not in _CLASSES and numbers == {0.0}:
        return None
    return Cause(
        "equal targets",
        f"every target is {numbers.pop():g}: no input says anything about it, and all that can be"
        " learned is that number",
        "rows with other targets",
    )


def nothing_to_tell(scene: Scene) -> Cause | None:
    """Rows whose inputs do not tell their targets: constant, the same, or among other classes."""
    config = scene.config
    constant = constant_columns(config.rows)
    if len(constant) == len(config.rows[0]):
        return Cause("constant inputs", "every row has the same inputs", "inputs that differ")
    same = same_columns(config.rows)
    pairs = contradictions(config.rows, config.targets)
    classes = config.loss in _CLASSES
    known = neighbours_know(config.rows, config.targets, classes=classes)
    if known is None or not know_nothing(known, classes=classes):
        return None
    if same:
        i, j = same[0]
        return Cause(
            "same inputs",
            f"columns {i} and {j} of X are the same, and what is left does not tell the targets:"
            f" {_neighbours(known, classes)}",
            "another column in the place of one of them",
            column=j,
        )
    if len(pairs) > len(config.rows) // 10:
        a, b = pairs[0]
        return Cause(
            "contradictions",
            f"{len(pairs)} rows have the inputs of another row and another target, such as rows {a}"
            f" and {b}",
            "a column that tells such rows apart",
            row=b,
        )
    what = "classes overlap" if classes else "inputs do not tell the targets"
    return Cause(
        "overlap",
        f"the {what}: {_neighbours(known, classes)}",
        "other columns; or be content with it",
    )


def _neighbours(known: tuple[float, float], classes: bool) -> str:
    near, nobody = known
    if classes:
        shares = f"{100.0 * near:.0f} % right, the most frequent class {100.0 * nobody:.0f} %"
        return f"the five nearest rows get {shares}"
    return f"the five nearest rows lose {near:.4g}, the mean {nobody:.4g}"


# -- the network -----------------------------------------------------------------------------------


def symmetry(scene: Scene) -> Cause | None:
    """A hidden layer whose neurons are all the same, from the start."""
    first: dict[int, float] | None = None
    for k, layer in enumerate(layers_of(scene.config.net)[:-1]):
        of_neurons = [n.parameters() for n in getattr(layer, "neurons", [])]
        if len(of_neurons) < 2 or not _are_alike(of_neurons, None):
            continue
        if first is None:
            first = dict(zip(map(id, scene.config.optimizer.parameters), scene.first, strict=True))
        if _are_alike(of_neurons, first):
            numbers = "0" if not any(first.get(id(p), p.data) for p in of_neurons[0]) else "equal"
            return Cause(
                "symmetry",
                f"the weights of the {len(of_neurons)} neurons of layer {k + 1} were all {numbers}:"
                " equal neurons get equal gradients, so they stay one neuron",
                either("weights that are drawn, as MLP(..., seed=0) does", "another --seed"),
                {"fresh": True},
                layer=k,
            )
    return None


def _are_alike(neurons: Sequence[Any], numbers: dict[int, float] | None) -> bool:
    """Whether all neurons have the numbers of the first; those that they have now, if None."""

    def held(neuron: Any) -> list[float]:
        return [p.data if numbers is None else numbers.get(id(p), p.data) for p in neuron]

    first = held(neurons[0])
    return all(held(neuron) == first for neuron in neurons[1:])


def saturated_from_the_start(scene: Scene) -> Cause | None:
    """A layer of tanh or sigmoid whose units lay at their ends for nearly every row at once."""
    return _saturated(scene, scene.first, "from the start")


def saturated_by_now(scene: Scene) -> Cause | None:
    """The same of the weights that the training has come to."""
    return _saturated(scene, scene.now, "by now")


def _saturated(scene: Scene, weights: Sequence[float], when: str) -> Cause | None:
    signals = scene.signals(weights)
    for k, layer in enumerate(scene.layers):
        kind = activation_of(layer)
        if kind not in ("tanh", "sigmoid"):
            continue
        low, high = RANGES[kind]
        near = (1.0 - _SATURATED) * (high - low) / 2.0
        units = list(zip(*(row[k] for row in signals), strict=True))
        at_ends = [sum(x < low + near or x > high - near for x in u) for u in units]
        stuck = [count for count in at_ends if count >= _NEARLY_ALL * len(signals)]
        if 2 * len(stuck) <= len(units) or not stuck:
            continue
        begun = when == "from the start"
        return Cause(
            "saturated units",
            f"{len(stuck)} of the {len(units)} {kind} units of layer {k + 1} are saturated"
            f" {when}: at {low:g} or {high:g} for nearly every row, where slopes are next to 0",
            either("smaller initial weights" if begun else "a smaller rate", "another --seed"),
            {"fresh": True} if begun else {},
            layer=k,
        )
    return None


def uneven_layers(scene: Scene) -> Cause | None:
    """Gradients that vanish or explode on their way through the layers."""
    sizes = scene.gradient_sizes()
    if len(sizes) < 3 or not all(math.isfinite(s) for s in sizes) or not max(sizes):
        return None
    bottom, top = sizes[0], sizes[-1]
    path = _by_layer(sizes)
    if bottom < _VANISHED * top:
        flat = any(activation_of(layer) == "sigmoid" for layer in scene.layers)
        other = 'activation="relu" or "tanh"' if flat else 'init="auto" for the weights'
        return Cause(
            "vanishing gradients",
            f"the gradient vanishes on its way down: by layer, from the first, it is {path}",
            either(f"fewer layers, or {other}", "fewer layers: --hidden 16"),
            {"activation": "relu", "fresh": True} if flat else {"fresh": True},
            layer=0,
        )
    if bottom > _EXPLODED * top:
        return Cause(
            "exploding gradients",
            f"the gradient explodes on its way down: by layer, from the first, it is {path}",
            either('smaller initial weights: init="auto"', "fewer layers: --hidden 16"),
            {"fresh": True},
            layer=0,
        )
    return None


def fading_signals(scene: Scene) -> Cause | None:
    """Signals that hardly differ from row to row any more behind the hidden layers.

    Those of sigmoids fade whatever their weights are: `uneven_layers` says so.
    """
    if any(activation_of(layer) == "sigmoid" for layer in scene.layers):
        return None
    rows = scene.signals(scene.first)
    spreads = [_spread(layer) for layer in list(zip(*rows, strict=True))[:-1]]
    if len(spreads) < 2 or not spreads[0] or not 0.0 < spreads[-1] < _FADED * spreads[0]:
        return None
    return Cause(
        "fading signals",
        f"signals fade on their way up: by layer, from the first, they differ from row to row by"
        f" {_by_layer(spreads)}, so the last layer cannot tell rows apart",
        either('larger initial weights: init="auto" keeps their size', "fewer layers: --hidden 16"),
        {"fresh": True},
        layer=len(spreads) - 1,
    )


def _spread(layer: Sequence[Sequence[float]]) -> float:
    """The root mean square over units of how much each differs from row to row."""
    units = list(zip(*layer, strict=True))
    apart = [x - math.fsum(unit) / len(unit) for unit in units for x in unit]
    return math.hypot(*apart) / math.sqrt(len(apart))


def _by_layer(sizes: Sequence[float]) -> str:
    """Some of them, the first and the last too."""
    step = max(1, (len(sizes) - 1) // 3)
    return " .. ".join(f"{size:.2g}" for size in (*sizes[:-1][::step], sizes[-1]))


def unreached(scene: Scene) -> Cause | None:
    """Parameters whose gradient is 0 for all of some rows, and the operation where it ends."""
    config = scene.config
    parameters = config.optimizer.parameters
    names = dict(zip(config.parameters, config.names, strict=True))
    with scene.at(scene.now):
        loss = scene.backward(scene.some)
        still = {p for p in parameters if not p.grad}
        if not len(parameters) < 2 * len(still):
            return None
        from jangrad.show import derive
        from jangrad.show.why import why

        tree = derive(loss, names)
        used = [node for node in tree if node.value in still]
        ends = why(tree, used[0], {}).places if used else ()
    if not ends or 0.0 in ends[0].node.inputs:  # an input that is 0 is no fault of the network
        return None
    if len(still) == len(parameters):  # at a minimum, too: of that, the ends are no factors
        if ends[0].node.op != "mul":
            return None
        return Cause(
            "no gradient",
            f"no gradient reaches `{used[0].name}`, nor any other parameter: it ends at"
            f" {ends[0].text}",
            "initial weights that are not 0, and differ",
        )
    which = f"{len(still)} of the {len(parameters)} parameters, such as `{used[0].name}`"
    return Cause(
        "no gradient",
        f"no gradient reaches {which}: it ends at {ends[0].text}",
        "initial weights with which it is open for some rows; or an operation that lets a little"
        " through, such as leaky_relu for relu",
    )


def too_simple(scene: Scene) -> Cause | None:
    """A line where the rows are told apart by something else."""
    config = scene.config
    layers = scene.layers
    if len(layers) > 1 and not all(activation_of(k) == "linear" for k in layers[:-1]):
        return None
    if not layers and not hasattr(config.net, "weights"):
        return None
    classes = config.loss in _CLASSES or len({*map(str, config.targets)}) == 2
    known = neighbours_know(config.rows, config.targets, classes=classes)
    if known is None or know_nothing(known, classes=classes):
        return None
    return Cause(
        "too simple",
        "the network is a line, for it has no hidden layer that bends, and the rows can be told"
        f" apart otherwise: {_neighbours(known, classes)}",
        either('a hidden layer: MLP(n, [16, 1], "tanh")', "--hidden 16"),
        {"hidden": 16, "fresh": True},
    )


#: What is told even of a loss that is still falling.
CERTAIN = frozenset(
    {
        "scale of inputs",
        "scale of targets",
        "outlier",
        "saturated units",
        "vanishing gradients",
        "exploding gradients",
        "fading signals",
    }
    | {"range of outputs", "symmetry", "wrong loss", "equal targets"}
)
_GROWTH = (outlier, large_numbers)
_NETWORK = (
    *(saturated_from_the_start, fading_signals, uneven_layers, saturated_by_now, unreached),
    *(classes_as_numbers, too_simple, nothing_to_tell),
)
_SEARCH: dict[str, tuple[Callable[[Scene], Cause | None], ...]] = {
    **dict.fromkeys(("divergence", "not finite", "bouncing"), _GROWTH),
    **dict.fromkeys(("stuck", "baseline", "no gradient"), (symmetry, *_GROWTH, *_NETWORK)),
    "dead network": _GROWTH,
}


def cause_of(kind: str, scene: Scene, loss: float) -> Cause | None:
    """What is behind a trouble of this kind, the likeliest first; None where nobody knows."""
    cause = out_of_range(scene, loss) if kind in ("stuck", "baseline", "dead network") else None
    finders = _SEARCH.get(kind, ())
    return cause or next((found for find in finders if (found := find(scene))), None)


def definite_cause(scene: Callable[[], Scene], loss: float, baseline: float | None) -> Cause | None:
    """What no training can help, found without computing anything by the network."""
    here = scene()
    cause = out_of_range(here, loss) or symmetry(here)
    if baseline == 0.0:
        cause = cause or equal_targets(here)
    return cause or squashed_twice(here, loss, near=baseline is not None)


def told_column(column: int | None) -> str:
    """`column 2 of X`, or `the target`."""
    return "the target" if column is None else f"column {column} of X"


def _times(mine: float, usual: float) -> str:
    if not math.isfinite(mine) or not usual:
        return "beyond"
    return f"{mine / usual:,.3g} times"
