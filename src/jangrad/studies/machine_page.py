"""A recorded training as a page: the time machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, Untraceable
from jangrad.explain.recorded import Recorded, moves, recorded
from jangrad.nn.losses import OUR_LOSSES
from jangrad.show.derivation import derive
from jangrad.show.inlined import asset
from jangrad.show.page import page
from jangrad.studies.own_loss import own_loss
from jangrad.studies.replay_page import packed, problem_in_page, replay_page, spread, thinned
from jangrad.train.identity import without_code

if TYPE_CHECKING:
    from jangrad.studies.recording import Recording
    from jangrad.train.resolve import Loss

_BYTES = 1_500_000  # of weights in a page
_MOMENTS = 101  # that the slider has at most
_NODES = 2500  # of one row's graph; pages of more are heavy
_CLASSES = 4  # each class has a graph of its own
_WORK = 2_000_000_000  # multiplications of a training that is made again: some ten seconds
_PENALTY = re.compile(r"(l1|l2)_penalty with (?:strength=)?([-+.\de]+)")
_UPDATES = {"plain": "sgd"}


def machine_page(
    found: Recording,
    rows: Sequence[Any],
    targets: Sequence[Any],
    *,
    title: str,
    names: Sequence[str] | None,
    loss: Loss | None = None,
) -> str:
    """The page as HTML text; rows, targets and a loss of the user's are those of the training."""
    run, net = found.run, found.at()
    settings, history = run.settings, run.history
    problem = problem_in_page(net, rows, targets, settings["loss"], names)
    most = max(2, min(_MOMENTS, _BYTES // (8 * len(run.names))))
    kept = [found.steps[k] for k in spread(len(found.steps), most)]
    lane = {
        "name": "as recorded",
        "said": "",
        "steps": kept,
        "weights": "" if problem["net"] is None else packed([run.weights(k) for k in kept], "<f8"),
        "bytes": 8,
        "losses": thinned(history.loss),
    }
    more, unknown = "", "" if _is_ours(settings) else "; recording.page(X, y, loss=...) tells it"
    if loss is not None and problem["net"] is not None and not _is_ours(settings):
        batch = int(settings["batch_size"])
        outputs = problem["net"]["layers"][-1]["units"]
        sizes = [size for size in (batch, len(rows) % batch, len(rows)) if size]
        try:
            more, unknown = own_loss(loss, outputs, targets, sizes), ""
        except (Untraceable, ConfigError) as error:
            unknown = f": {error.what}"
    training, why = (None, "") if problem["net"] is None else _training(found, unknown)
    given = {
        **problem,
        "lanes": [lane],
        "most": 100.0 * max(map(abs, history.loss[:1]), default=1.0) or 1.0,
        "weightnames": run.names,
        "training": training,
        "whynot": why,
        "scalars": [] if problem["net"] is None else _graphs(net, rows[0], targets, settings),
    }
    rate = history.rate[0] if history.rate else 0.0
    about = (
        f"{settings['net']}, {len(rows)} rows, {len(history)} steps of {settings['optimizer']},"
        f" rate {rate:g}{' at first' if settings['schedule'] else ''}, loss {settings['loss']}."
    )
    tools = "" if problem["net"] is None else asset("jangrad.studies", "machine.html")
    own = ["branch.mjs", "machine.mjs"] if tools else ["race.mjs"]
    title = title or "Time machine"
    return replay_page(given, title=title, about=about, own=own, tools=tools, more=more)


def _is_ours(settings: Mapping[str, Any]) -> bool:
    """Whether the loss is one of jangrad's, without options of its own."""
    return settings["loss"] in OUR_LOSSES and settings["loss function"] == settings["loss"]


def _training(found: Recording, unknown: str) -> tuple[dict[str, Any] | None, str]:
    """What the page's engine needs to make the same steps; or why it cannot.

    Args:
        found: what was recorded.
        unknown: why the loss is not known, "" where it is.
    """
    run = found.run
    settings = run.settings
    penalty = _PENALTY.fullmatch(settings["penalty"] or "")
    seed = settings["seed"]
    n, size = len(run.rows(0)), len(run.names)
    batch = settings["batch_size"]
    rows = int(settings["X"].split(" ")[0])
    refused = {
        f"the loss {without_code(settings['loss'])}{unknown}": bool(unknown),
        "its row_weights": settings["row_weights"] is not None,
        "its penalty": settings["penalty"] is not None and penalty is None,
        "which of its weights stay as they are": len(run.learning) < size,
        "single precision": settings["dtype"] != "float64",
        "the order of its rows": batch < rows
        and not (settings["shuffle"] and type(seed) is int and 0 <= seed < 2**32),
    }
    for what, cannot in refused.items():
        if cannot:
            return None, f"The page cannot make these steps again: it does not know {what}."
    if len(run) * n * size > _WORK:
        return None, "The page cannot make so many steps again in a few seconds."
    try:
        known: Recorded = recorded(run)
    except ConfigError as error:
        return None, f"The page cannot make these steps again: {error.what}."
    how = moves(known)
    return {
        "loss": settings["loss"] if _is_ours(settings) else "own",
        "optimizer": _UPDATES.get(known.rule, known.rule),
        "options": dict(known.options),
        "rates": run.history.rate,
        "penalty": penalty[1] if penalty else "none",
        "strength": float(penalty[2]) if penalty else 0.0,
        "size": batch,
        "seed": seed or 0,
        "moves": {
            "now": how.now,
            "kept": how.kept,
            "decay": how.decay,
            "gain": how.gain,
            "shrinks": known.options.get("weight_decay", 0.0) if known.rule == "adamw" else 0.0,
        },
    }, ""


def _graphs(net: Any, row: Any, targets: Sequence[Any], settings: Any) -> list[dict[str, Any]]:
    """The graph of the loss of one row as a page to step through, and where its numbers stand.

    Of a loss over classes there is one for each class, for its graph is another.
    """
    loss = settings["loss"]
    if not _is_ours(settings):
        return []
    if loss != "softmax_cross_entropy":
        return _graph(net, row, targets[0], loss)
    classes = net.n_outputs
    graphs = [_graph(net, row, k, loss) for k in range(classes)] if classes <= _CLASSES else []
    return [graph for found in graphs for graph in found]


def _graph(net: Any, row: Any, target: Any, loss: str) -> list[dict[str, Any]]:
    for name, parameter in net.named_parameters().items():
        parameter.label = "net." + re.sub(r"\.(\d+)", r"[\1]", name)
    inputs = [Value(float(x), label=f"x{k + 1}") for k, x in enumerate(row)]
    wanted: Any = target
    leaves: list[Value] = []
    if loss != "softmax_cross_entropy":
        numbers = target if isinstance(target, (list, tuple)) else [target]
        leaves = [
            Value(float(t), label="target" if len(numbers) == 1 else f"target{k + 1}")
            for k, t in enumerate(numbers)
        ]
        wanted = leaves if isinstance(target, (list, tuple)) else leaves[0]
    root = OUR_LOSSES[loss]([net(inputs)], [wanted])
    root.label = "loss"
    root.backtrack()
    derivation = derive(root)
    if len(derivation) > _NODES:
        return []
    places = {id(node.value): node.index for node in derivation}
    return [
        {
            "page": page(derivation, title="the loss of a row"),
            "weights": [places.get(id(p), -1) for p in net.parameters()],
            "inputs": [places.get(id(x), -1) for x in inputs],
            "targets": [places.get(id(t), -1) for t in leaves],
        }
    ]
