"""Checks of the numbers that optimisers, schedules and `fit` are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Set
from functools import wraps
from typing import Any, TypeVar, cast

from jangrad.engine import Value
from jangrad.errors import ConfigError, did_you_mean
from jangrad.graph import are_distinct, are_leaves

F = TypeVar("F", bound=Callable[..., Any])

#: What options are called elsewhere, and what to write here where it is one word.
_SPELLED = {
    "lr": "learning_rate",
    "learning_rate_init": "learning_rate",
    "eps": "epsilon",
    "params": "parameters",
    "criterion": "loss",
    "loss_fn": "loss",
    "optim": "optimizer",
    "solver": "optimizer",
    "batch": "batch_size",
    "n_epochs": "epochs",
    "num_epochs": "epochs",
    "max_iter": "epochs",
    "random_state": "seed",
    "verbose": "progress",
    "validation_data": "validation",
    "scheduler": "schedule",
    "sample_weight": "row_weights",
    "class_weight": "row_weights",
    "tol": "tolerance",
    "min_delta": "tolerance",
    "n_iter_no_change": "patience",
}
#: And where it takes more words.
_DEALT = (
    "compile_step(..., per_row=True), whose step.run(rows, epochs=10, batch_size=32) shuffles rows;"
    " or fit(net, X, y, epochs=10, batch_size=32)"
)
_SAID = {
    "batch_size": _DEALT,
    "epochs": _DEALT,
    "seed": _DEALT,
    "betas": "beta1=0.9, beta2=0.999, of Adam(net.parameters(), ...)",
    "momentum": "SGD(net.parameters(), learning_rate=0.1, momentum=0.9)",
    "nesterov": "SGD(net.parameters(), learning_rate=0.1, momentum=0.9, nesterov=True)",
    "weight_decay": "AdamW(net.parameters(), weight_decay=0.01); or a penalty,"
    " functools.partial(jangrad.nn.l2_penalty, strength=1e-4)",
    "row_weights": "an argument of the loss: step(X, y, weights), or step.run((X, y, weights),"
    " ...)",
    "shuffle": "batch_size=32, which shuffles the rows; seed=... decides how",
    "device": "nothing: there is one, the processor",
}


def options_of(function: Callable[..., Any]) -> set[str]:
    """What the function takes by name."""
    code = function.__code__
    return set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]) - {"self"}


def no_option(function: Callable[..., Any], name: str) -> ConfigError:
    """The answer to an option that the function does not have, by the one that is meant."""
    known, spelled = options_of(function), _SPELLED.get(name, "")
    # Estimators have names of their own for what `fit` takes.
    spelled = next((n for n in known if _SPELLED.get(n) == (spelled or name)), spelled)
    said = _SAID.get(spelled or name)
    return ConfigError(
        f"`{function.__qualname__.removesuffix('.__init__')}` has no option `{name}`",
        try_=f"`{spelled}`" if spelled in known else said or did_you_mean(name, known),
    )


def options_answered(function: F) -> F:
    """The function; an option that it does not have is answered by the one that is meant.

    Raises:
        ConfigError: at a call, with what to write.
    """
    known = options_of(function)

    @wraps(function)
    def call(*given: Any, **options: Any) -> Any:
        for name in options:
            if name not in known:
                raise no_option(function, name)
        if "y" in known - options.keys() and len(given) == 2 and hasattr(given[1], "columns"):
            raise ConfigError(
                f"`{function.__qualname__}` needs rows and targets, each alone",
                try_="table.X, table.y of what read_csv gave; the columns of another table",
            )
        return function(*given, **options)

    return cast(F, call)


def number_in(
    name: str,
    number: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """The number as a float, once it is finite and in its range.

    Raises:
        ConfigError: when it is not.
    """
    bounds = [
        (bound, sign)
        for bound, sign in ((least, ">="), (above, ">"), (most, "<="), (below, "<"))
        if bound is not None
    ]
    wanted = " and ".join(f"{name} {sign} {bound:g}" for bound, sign in bounds) or "a finite number"
    try:
        value = float(number)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    inside = (
        math.isfinite(value)
        and not isinstance(number, (str, bool))
        and (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    )
    if not inside:
        raise ConfigError(f"`{name}` is {number!r:.60}, but needs {wanted}")
    return value


def count(name: str, number: Any, *, least: int = 1) -> int:
    """The number as an int, once it is whole and large enough.

    Raises:
        ConfigError: when it is not.
    """
    if type(number) is int and number >= least:
        return number
    try:
        whole = int(number)
    except (TypeError, ValueError, OverflowError):
        whole = least - 1
    if isinstance(number, (str, bool)) or whole != number or whole < least:
        raise ConfigError(f"`{name}` is {number!r:.60}, but needs an integer >= {least}")
    return whole


class Leaves(tuple[Value, ...]):
    """What `checked_parameters` has found right, or was gathered so."""


def checked_parameters(parameters: Iterable[Value]) -> Leaves:
    """The leaves to be moved, each once."""
    if type(parameters) is Leaves and parameters:
        return parameters
    if hasattr(parameters, "parameters"):
        raise ConfigError(
            f"an optimiser takes a list of Values, not a {type(parameters).__name__}",
            try_="net.parameters()",
        )
    if isinstance(parameters, Value) or not hasattr(type(parameters), "__iter__"):
        raise ConfigError(
            f"an optimiser takes a list of Values, not {parameters!r:.60}",
            try_="net.parameters()" if callable(parameters) else "[w], or [w, b]",
        )
    if isinstance(parameters, Set):
        raise ConfigError(
            f"an optimiser takes a list of Values, not a {type(parameters).__name__}",
            why="a set has no order, so what is remembered of each would be another's in another"
            " process",
            try_="a list of them",
        )
    listed = tuple(parameters)
    if not listed:
        raise ConfigError("an optimiser needs at least one parameter, but the list is empty")
    for i, parameter in () if are_leaves(listed, Value) else enumerate(listed):
        if not isinstance(parameter, Value):
            raise ConfigError(
                f"parameter {i} is {parameter!r:.60} ({type(parameter).__name__}), not a Value",
                why="only a Value has a gradient",
                try_="Value(number), or net.parameters()",
            )
        if not parameter.is_leaf:
            raise ConfigError(
                f"parameter {i} is computed by `{parameter.op}`: {parameter!r:.80}",
                why="a step assigns numbers, and those of a computed Value come from its inputs",
                try_="the leaves it is computed from, or a new Value(number)",
            )
    if not are_distinct(listed):
        ids = map(id, listed)  # a subclass may say that Values of one number are equal
        first: dict[int, int] = {}
        i, j = next((first[p], j) for j, p in enumerate(ids) if first.setdefault(p, j) != j)
        raise ConfigError(
            f"parameters {i} and {j} are the same Value",
            why="it would be moved twice a step",
            try_="list each shared parameter once",
        )
    return Leaves(listed)
