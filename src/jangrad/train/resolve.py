"""What `fit` and `compile_step` were given, turned into what they use, with errors that teach."""

from __future__ import annotations

import inspect
import math
import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError, ShapeError, Untraceable, did_you_mean
from jangrad.graph import are_same
from jangrad.needs import COUNT, SIGN, UNIT, is_met, refusal
from jangrad.nn import LOSSES
from jangrad.nn.losses import OUR_LOSSES
from jangrad.train.full_batch import FULL_BATCH, FullBatch
from jangrad.train.optimizers import OPTIMIZERS, Optimizer
from jangrad.train.rows import HeldOut, Targets, Weights, read_data, read_weights
from jangrad.train.settings import count

if TYPE_CHECKING:
    from jangrad.compiler.running import Number

#: How `fit` decides that a row's outputs are right, for the losses whose targets are classes.
_CLASSIFIERS: dict[str, Callable[[Sequence[float], Any], bool]] = {
    "hinge": lambda outputs, targets: all(z * t > 0.0 for z, t in _pairs(outputs, targets)),
    "binary_cross_entropy": lambda outputs, targets: all(
        (z > 0.0) == (t > 0.5) for z, t in _pairs(outputs, targets)
    ),
    "softmax_cross_entropy": lambda output, target: output.index(max(output)) == target,
}
_SOFTMAX = (
    "`softmax_cross_entropy`, where targets are class numbers and each class has an output;"
    " `binary_cross_entropy`, where they are 0 or 1 and there is one output"
)
#: What other libraries call the losses, in small letters and nothing else.
_OTHER_NAMES = {
    other: ours
    for ours, others in (
        (_SOFTMAX, ("crossentropy", "log", "nll", "softmax", "softmaxcrossentropywithlogits")),
        ("`softmax_cross_entropy`", ("categoricalcrossentropy", "sparsecategoricalcrossentropy")),
        ("`binary_cross_entropy`", ("bce", "bcewithlogits", "binarycrossentropy")),
        ("`squared_error`", ("mse", "meansquarederror", "l2", "rmse")),
        ("`absolute_error`", ("mae", "meanabsoluteerror", "l1")),
        ("`huber`", ("smoothl1",)),
        ("`quantile`", ("pinball",)),
        ("`poisson`", ("poissonnll", "deviance", "poissondeviance")),
    )
    for other in others
}
#: What targets have to be, for the losses that refuse others.
_NEEDS = {"hinge": SIGN, "binary_cross_entropy": UNIT, "poisson": COUNT}
#: What machine code calls the types of numbers.
_NUMBERS: dict[str, Number] = {"float64": "double", "float32": "float"}
_ENGINES = ("auto", "eager", "native")


class Network(Protocol):
    """What `fit` can train: parameters, and a call from a row to Values computed from them."""

    def __call__(self, row: Any, /) -> list[Value] | Value: ...
    def parameters(self) -> list[Value]: ...


Loss = Callable[[list[list[Value]], Targets], Value]
Penalty = Callable[[list[Value]], Value]
Right = Callable[[Sequence[float], Any], bool]


def checked_network(net: Any) -> None:
    """That it is something to train.

    Raises:
        ConfigError: when it has no parameters, cannot be called, or is a class.
    """
    if isinstance(net, type):
        raise ConfigError(
            f"`net` is the class `{net.__name__}`, of which no network was made",
            try_=f"{net.__name__}(...), such as MLP(2, [8, 1])",
        )
    if not (callable(net) and hasattr(net, "parameters")):
        raise ConfigError(
            f"`net` is {net!r:.60} ({type(net).__name__}), which is no network",
            try_="an MLP, or an object with `parameters()` that can be called with a row",
        )
    if not callable(net.parameters):
        raise ConfigError(
            f"`parameters` of `{type(net).__name__}` is {net.parameters!r:.60}"
            f" ({type(net.parameters).__name__}), not a method",
            why="`net.parameters()` is what training asks for",
            try_="def parameters(self): return [...], without @property",
        )


def check_function(name: str, function: Any, given: Sequence[str], try_: str) -> None:
    """That it is a function which can be called with what it is given.

    Raises:
        ConfigError: when it is anything else.
    """
    why = f"it is called with {' and '.join(given)}"
    if not callable(function):
        raise ConfigError(
            f"`{name}` is {function!r:.60} ({type(function).__name__}), not a function",
            why=why,
            try_=try_,
        )
    try:
        # Not of what it wraps, which a decorator may call with more.
        inspect.signature(function, follow_wrapped=False).bind(*given)
    except ValueError:  # a function in C does not say
        return
    except TypeError as error:
        called = getattr(function, "__name__", type(function).__name__)
        raise ConfigError(
            f"`{name}` is `{called}`, which cannot be called so: {error}", why=why, try_=try_
        ) from None


def checked_callbacks(callbacks: Any) -> list[Callable[[Any], object]]:
    """The functions, as a list.

    Raises:
        ConfigError: when they are no functions, or one that is in no list.
    """
    listed = list(callbacks) if hasattr(type(callbacks), "__iter__") else None
    if listed is None:
        alone = callable(callbacks)
        name = getattr(callbacks, "__name__", "f").replace("<lambda>", "lambda step: ...")
        raise ConfigError(
            f"`callbacks` is {callbacks!r:.60}, not a list of functions",
            why="each of them is called with a `Step` after the step",
            try_=f"callbacks=[{name}]" if alone else "callbacks=[print], or nothing",
        )
    for i, callback in enumerate(listed):
        check_function(f"callbacks[{i}]", callback, ["a Step"], "callbacks=[print]")
        _check_runs(callback, f"callbacks[{i}]")
    return listed


def _check_runs(function: Any, name: str) -> None:
    """That a call of it does what is written in it."""
    call = function if inspect.isroutine(function) else type(function).__call__
    later = inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction
    if any(kind(call) for kind in later):
        raise ConfigError(
            f"`{name}` is {function!r:.60}, which would never run",
            why="a call of a function with `yield` or `async` only makes what would run it",
            try_="a function that does it at once; asyncio.run(...) inside it for what is async",
        )


def number_type(dtype: Any) -> Number:
    """What machine code calls the numbers of this dtype.

    Raises:
        ConfigError: when it is neither "float64" nor "float32".
    """
    if dtype not in _NUMBERS:
        raise ConfigError(f"there is no dtype {dtype!r:.60}", try_='"float64" or "float32"')
    return _NUMBERS[dtype]


def checked_engine(engine: Any, dtype: Any) -> str:
    """The name of the engine.

    Raises:
        ConfigError: when there is no such engine, or it has no such numbers.
    """
    if engine not in _ENGINES:
        raise ConfigError(
            f"there is no engine {engine!r:.60}", try_="one of " + ", ".join(map(repr, _ENGINES))
        )
    if engine == "eager" and number_type(dtype) != "double":
        raise ConfigError(
            f'`engine="eager"` cannot have dtype {dtype!r}',
            why="a Value is a double",
            try_='engine="native"',
        )
    return "native" if number_type(dtype) != "double" else str(engine)


def checked_threads(threads: Any, engine: Any, loss: str | Loss) -> int:
    """How many threads make a step.

    Raises:
        ConfigError: when it is no integer >= 1, or the rows cannot be shared out.
    """
    wanted = count("threads", threads)
    if wanted > 1 and engine == "eager":
        raise ConfigError(
            f'`engine="eager"` cannot have threads={threads}',
            why="Python computes one Value after the other",
            try_='engine="native"',
        )
    if wanted > 1 and callable(loss):
        raise ConfigError(
            f"a loss of your own cannot have threads={threads}",
            why="threads share out the rows of a batch, and your loss may mix them",
            try_="a loss by its name, " + ", ".join(map(repr, LOSSES)) + "; or threads=1",
        )
    return wanted


def resolve_loss(loss: str | Loss) -> tuple[str | Loss, Loss, Right | None]:
    """The loss by its name if it is jangrad's own, its function, and what says that outputs are
    right where the targets are classes.

    Machine code takes rows one by one for jangrad's own losses, which are means over the rows, also
    for one with an option of its own. What the user has put into `LOSSES` is the user's.
    """
    if isinstance(loss, str) and LOSSES.get(loss) is not OUR_LOSSES.get(loss):
        loss = LOSSES[loss]
    if callable(loss):
        given = ["the list of outputs", "the list of targets"]
        check_function("loss", loss, given, "a function of (outputs, targets)")
        name = _with_options(loss)
        return name or loss, loss, _CLASSIFIERS.get(name)
    if loss not in LOSSES:
        letters = "".join(filter(str.isalnum, str(loss).casefold())).removesuffix("loss")
        hint = _OTHER_NAMES.get(letters) or did_you_mean(str(loss), LOSSES)
        every = "" if hint.startswith("one of") else "; one of " + ", ".join(sorted(LOSSES))
        raise ConfigError(
            f"there is no loss {loss!r}",
            try_=f"{hint}{every}; or a function of (outputs, targets)",
        )
    return loss, LOSSES[loss], _CLASSIFIERS.get(loss)


def _with_options(loss: Loss) -> str:
    """The name of the loss of jangrad's that has been given its own options, "" for any other."""
    if type(loss) is not partial or loss.args:
        return ""
    name = next((name for name, ours in OUR_LOSSES.items() if ours is loss.func), "")
    options = getattr(loss.func, "__kwdefaults__", None) or {}
    return name if {*loss.keywords} <= {*options} else ""


def resolve_full_batch(optimizer: Any, parameters: Sequence[Value]) -> FullBatch | None:
    """The full-batch method, made if it was named; None where an optimiser was asked for."""
    if isinstance(optimizer, FullBatch):
        _check_whose(optimizer, parameters, "the network's")
        return optimizer
    kind = _full_batch_kind(optimizer)
    return None if kind is None else kind(parameters)


def _full_batch_kind(optimizer: Any) -> Callable[..., FullBatch] | None:
    if isinstance(optimizer, str):
        return FULL_BATCH.get(optimizer)
    is_one = isinstance(optimizer, type) and issubclass(optimizer, FullBatch)
    return optimizer if is_one else None


def _check_whose(optimizer: Optimizer | FullBatch, parameters: Sequence[Value], whose: str) -> None:
    """That it moves what is to learn."""
    if are_same(optimizer.parameters, parameters):  # as is most often so
        return
    mine = set(map(id, parameters))
    if any(id(parameter) not in mine for parameter in optimizer.parameters):
        raise ConfigError(
            f"{optimizer!r} holds parameters that are not {whose}",
            why="its steps would leave what is to learn as it is",
            try_="an optimiser made from the same parameters",
        )


def resolve_optimizer(
    optimizer: str | type[Optimizer | FullBatch] | Optimizer | FullBatch,
    parameters: Sequence[Value],
    rate: float | None,
    whose: str = "the network's",
) -> Optimizer:
    """The optimiser, made if it was named.

    Args:
        optimizer: a name, a class, or one that is made already.
        parameters: what may learn.
        rate: its learning rate; None for its default.
        whose: what messages call the parameters.
    """
    if isinstance(optimizer, Optimizer):
        if rate is not None:
            raise ConfigError(
                f"both `learning_rate={rate!r}` and {optimizer!r} were given",
                why="an optimiser that is made already has its rate",
                try_=f"optimizer={type(optimizer).__name__.lower()!r}, learning_rate={rate!r}",
            )
        _check_whose(optimizer, parameters, whose)
        return optimizer
    if isinstance(optimizer, FullBatch) or _full_batch_kind(optimizer) is not None:
        raise ConfigError(
            f"a compiled step cannot have the optimiser {optimizer!r:.60}",
            why="it asks for the loss several times a step, to find out how far to go",
            try_='jangrad.minimize(f, parameters) for all steps at once; or "adam"',
        )
    kind = OPTIMIZERS.get(optimizer) if isinstance(optimizer, str) else optimizer
    if kind is None:
        raise ConfigError(
            f"there is no optimiser {optimizer!r}",
            try_=did_you_mean(str(optimizer), [*OPTIMIZERS, *FULL_BATCH]),
        )
    if not (isinstance(kind, type) and issubclass(kind, Optimizer)):
        raise ConfigError(
            f"`optimizer` is {optimizer!r:.60}, which is no optimiser",
            try_="one of "
            + ", ".join(map(repr, [*OPTIMIZERS, *FULL_BATCH]))
            + "; or for one of your own a"
            " subclass of jangrad.train.Optimizer, or an UpdateRule, its formula",
        )
    make: Callable[..., Optimizer] = kind
    options = {} if rate is None else {"learning_rate": rate}
    try:
        if optimizer not in OPTIMIZERS:
            inspect.signature(make).bind(parameters, **options)
    except TypeError as error:
        raise ConfigError(
            f"an optimiser cannot be made of `{kind.__name__}` here: {error}",
            why="it is called with the parameters, and with `learning_rate` where that is given",
            try_=f"optimizer={kind.__name__}(net.parameters(), ...); or in it"
            " def __init__(self, parameters, learning_rate=0.1):"
            " super().__init__(parameters, learning_rate, rule, {})",
        ) from None
    return make(parameters, **options)


def check_compilable(optimizer: Optimizer, number: Number = "double") -> None:
    """That machine code can do what the optimiser does, in numbers of this kind.

    Raises:
        Untraceable: when a part of it is the user's own.
        ConfigError: when its options are not those of its rule, or lost in single precision.
    """
    optimizer.check_options()
    for name, option in optimizer.options.items() if number == "float" else ():
        rest, single = 1.0 - option, 1.0 - array("f", [option])[0]
        used = re.search(rf"1 - {name}\b", repr(optimizer.rule))
        if used and abs(single - rest) > 0.01 * abs(rest):
            raise ConfigError(
                f"`{name}` is {option}, of which `1 - {name}` is {single:.2g} in single precision",
                why=f"it is {rest:.2g}, and single precision has seven digits of {name}",
                try_=f'dtype="float64", or {name}=0.9999',
            )
    part = optimizer.by_hand
    if part:
        raise Untraceable(
            f"`{type(optimizer).__name__}` has `{part}` of its own, which machine code never asks",
            why="it knows an optimiser by its formula, its options and its memory",
            try_='a formula that does the same, such as UpdateRule("g = minimum(g, 1); ...");'
            " or steps by Python",
        )


def read_validation(validation: Any) -> HeldOut | None:
    """The rows and targets that are measured and not learned from, and what each row counts."""
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
        raise DataError(
            f"`validation` is {validation!r:.60}, not a pair",
            try_="validation=(X_held, y_held), or (X_held, y_held, weights of these rows)",
        )
    names = "the validation X", "the validation y"
    rows, targets = read_data(validation[0], validation[1], names)
    weights = validation[2] if len(validation) == 3 else None
    return rows, targets, read_weights(weights, len(rows), "the validation weights")


def weighted(loss: str | Loss, weights: Any) -> Any:
    """The weights of rows, as `fit` was given them, for a loss that takes rows one by one.

    Raises:
        ConfigError: when the loss is the user's own, which is given whole batches.
    """
    if callable(loss) and weights is not None:
        raise ConfigError(
            "`row_weights` were given with a loss of one's own",
            why="it computes one number of a whole batch, so no row can be told to count more",
            try_="each row's weight as a second number of its target; or a loss by its name",
        )
    return weights


def outputs_of(net: Network, row: list[float]) -> Any:
    """The outputs for a row as a list, from a single neuron too; the row stays as it is.

    Raises:
        ConfigError: when they are neither a Value nor a list.
    """
    outputs = net(row.copy())
    if isinstance(outputs, (list, tuple)):
        return outputs
    if isinstance(outputs, Value):
        return [outputs]
    if getattr(outputs, "ndim", 0) == 1:
        return list(outputs)
    raise ConfigError(
        f"`{type(net).__name__}` gave {outputs!r:.60} ({type(outputs).__name__}) for a row",
        why="what a network gives is compared with targets",
        try_="`return` with a Value or a list of Values at the end of its `__call__`",
    )


def _classes_advice(targets: Targets, outputs: int, name: str) -> str:
    """What to do about classes that are not numbered from 0."""
    kinds = sorted({t[0] if isinstance(t, list) else t for t in targets})
    if kinds[0] == 1.0 and kinds[-1] == outputs and all(kind == int(kind) for kind in kinds):
        return f"[t - 1 for t in {name}]: these seem to be counted from 1"
    if len(kinds) <= outputs:
        return f"{{kind: i for i, kind in enumerate(sorted(set({name})))}}, which numbers them"
    if all(kind == int(kind) >= 0 for kind in kinds):
        return f"a network of {int(kinds[-1]) + 1} outputs"
    return 'loss="squared_error" for numbers that are no classes'


def check_fit(outputs: int, targets: Targets, names: tuple[str, str], loss: str | Loss) -> None:
    """That so many outputs of a network go beside the targets."""
    if loss == "softmax_cross_entropy":
        each = targets if isinstance(targets[0], list) else {*targets}
        if all(_is_class(target, outputs) for target in each):
            return
        for i, target in enumerate(targets):
            if not _is_class(target, outputs):
                raise DataError(
                    f"`{names[1]}[{i}]` is {target}, not a class from 0 to {outputs - 1}",
                    why=f"the network has {outputs} outputs, one a class",
                    try_=_classes_advice(targets, outputs, names[1]),
                )
    elif isinstance(loss, str):
        wide = len(targets[0]) if isinstance(targets[0], list) else 1
        if wide != outputs:
            raise ShapeError(
                f"the network has {outputs} outputs, but row 0 of `{names[1]}` has {wide}"
                f" number{'s' * (wide != 1)}",
                why="each output has its target",
                try_='loss="softmax_cross_entropy" if the targets are class numbers'
                if wide == 1
                else f"a last layer of {wide}",
            )
        need = _NEEDS.get(loss)
        if need is None:
            return
        for i, target in enumerate(targets):
            for j, number in enumerate(target if isinstance(target, list) else [target]):
                if not is_met(need, number):
                    place = f"[{i}][{j}]" if isinstance(target, list) else f"[{i}]"
                    raise refusal(need, number, f"`{names[1]}{place}`")


def _is_class(target: Any, classes: int) -> bool:
    return not isinstance(target, list) and target.is_integer() and 0 <= target < classes


def _pairs(outputs: Sequence[float], targets: Any) -> Iterable[tuple[float, float]]:
    return zip(outputs, targets if isinstance(targets, list) else [targets], strict=True)


def zero_loss(
    loss: str | Loss, loss_of: Loss, width: int, targets: Targets, weights: Weights = None
) -> float:
    """What so many outputs that are always 0 would lose; 0 where a user's own loss is unknown."""
    if callable(loss):
        return 0.0
    if loss == "softmax_cross_entropy":
        mean = 1.0 if weights is None else math.fsum(w / len(weights) for w in weights)
        return mean * math.log(width)
    # One row after the other: all at once would be rows times outputs Values.
    each = (loss_of([[Value(0.0) for _ in range(width)]], [target]).data for target in targets)
    if weights is not None:
        each = (w * x for w, x in zip(weights, each, strict=True))
    nothing = math.fsum(x / len(targets) for x in each)
    return nothing if math.isfinite(nothing) else 0.0
