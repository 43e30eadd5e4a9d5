"""What a sweep goes through: the options that were given as lists, and the trainings they make."""

from __future__ import annotations

import inspect
import io
import math
import pickle
from array import array
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from jangrad.engine import Value
from jangrad.errors import ConfigError, did_you_mean
from jangrad.nn.inits import seed_of
from jangrad.nn.losses import l1_penalty, l2_penalty
from jangrad.nn.mlp import MLP
from jangrad.record import Record
from jangrad.studies.sweep_copies import Copies
from jangrad.tape import write_data
from jangrad.train.fit import fit
from jangrad.train.full_batch import FULL_BATCH
from jangrad.train.identity import described, without_code
from jangrad.train.optimizers import OPTIMIZERS, Optimizer
from jangrad.train.resolve import checked_network, resolve_optimizer
from jangrad.train.settings import count, number_in, options_of

#: What `fit` takes and a sweep has another name for, or no use of.
_INSTEAD = {
    "learning_rate": "rates=[0.01, 0.1]",
    "seed": "seeds=range(8)",
    **dict.fromkeys(
        ("checkpoint", "checkpoint_every", "record", "record_every", "resume"),
        "fit(net, X, y, record=...) for the one training that is worth it",
    ),
    "callback_every": "fit with callbacks",
    "live": "progress=True; or fit(net, X, y, live=True) for one training",
    "callbacks": "`at`, the steps whose losses are kept; or fit with callbacks",
}
#: Options of `fit` that may be lists, each of whose items makes trainings of its own.
_MANY = ("loss", "optimizer", "batch_size", "shuffle", "schedule", "penalty", "dtype")
#: Arguments of `fit` that a sweep names itself, or does without.
_FITS_OWN = {"net", "X", "y", "progress", "live"}
#: The same of optimisers.
_NUMBERS = ("momentum", "beta1", "beta2", "alpha", "epsilon", "weight_decay")
_FIXED = ("nesterov",)
_OWN = "scale"


class Grid(Record):
    """All trainings of a sweep.

    Attributes:
        axes: of each option that was a list its items, rates and seeds first.
        groups: copies that differ by numbers alone, each with its places in the flat grid.
        dtype: of each group.
    """

    axes: dict[str, Sequence[Any]]
    groups: list[tuple[Copies, Any]]
    dtypes: list[str]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(items) for items in self.axes.values())


def grid_of(
    net: Any,
    X: Any,
    y: Any,
    rates: Any,
    seeds: Any,
    at: Any,
    options: Mapping[str, Any],
    *,
    keep: bool,
) -> Grid:
    """The trainings that are asked for, checked as far as no data is needed.

    Args:
        net, X, y, rates, seeds, at: as for `sweep`.
        options: all else that it was given by name.
        keep: whether the weights are wanted.

    Raises:
        ConfigError: when an option does not exist, or is out of its range.
    """
    known = options_of(fit.__wrapped__) - _FITS_OWN  # type: ignore[attr-defined]
    for name in options:
        if name in _INSTEAD:
            raise ConfigError(f"`sweep` has no option `{name}`", try_=_INSTEAD[name])
        if name not in {*known, *_NUMBERS, *_FIXED, _OWN}:
            every = {*known, *_NUMBERS, *_FIXED, _OWN, "rates", "seeds", "at"} - {*_INSTEAD}
            raise ConfigError(f"`sweep` has no option `{name}`", try_=did_you_mean(name, every))
    lists = {n: list(o) for n, o in options.items() if _is_axis(n, o)}
    for name, items in lists.items():
        if not items:
            raise ConfigError(f"`{name}` is an empty list", try_=f"{name}=[...], one or more")
    scheduled = options.get("schedule") is not None
    if scheduled and rates is not None:
        raise ConfigError(
            "both `rates` and `schedule` were given",
            why="the schedule is the rate of each step",
            try_="schedule=[jangrad.train.cosine(r, 1000) for r in rates]",
        )
    rates = [None] if rates is None else _rates(rates)
    starts, seeds, nets = _starts(net, seeds)
    axes: dict[str, Sequence[Any]] = {"rate": rates, "seed": seeds, **lists}
    shape = tuple(len(items) for items in axes.values())
    shared = {n: o for n, o in options.items() if n not in lists}
    groups: dict[Any, list[tuple[Any, _Combination]]] = {}
    for places in np.ndindex(*shape[2:]):
        chosen = {n: items[i] for (n, items), i in zip(lists.items(), places, strict=True)}
        found = _combination({**shared, **chosen}, rates)
        groups.setdefault(found.key, []).append((places, found))
    made, dtypes = [], []
    defaults: Mapping[str, Any] = fit.__wrapped__.__kwdefaults__  # type: ignore[attr-defined]
    used = {n: defaults[n] for n in known - {*_INSTEAD, "optimizer"}}
    used |= {"callbacks": (), "callback_every": 1}
    pairs = np.indices(shape[:2]).reshape(2, -1)  # of a rate and a seed, of each combination
    for combinations in groups.values():
        first = combinations[0][1]
        r, s = np.tile(pairs, len(combinations))
        each = np.arange(len(combinations)).repeat(pairs.shape[1])
        others = np.array([place for place, _ in combinations], int).reshape(len(combinations), -1)
        where = np.ravel_multi_index((r, s, *others[each].T), shape)
        made_of = {**used, **first.options}
        dtype = made_of.pop("dtype")

        def column(name: str, combinations: Any = combinations, each: Any = each) -> Any:
            return np.array([getattr(found, name) for _, found in combinations])[each]

        columns = {n: [found.numbers[n] for _, found in combinations] for n in first.numbers}
        together = Copies(
            *(nets[0], X, y, made_of, first.kind, first.fixed),
            start=column("scale")[:, None] * starts[s],
            rates=None if rates == [None] else np.array(rates)[r],
            seeds=[0 if seeds[i] is None else seeds[i] for i in s.tolist()],
            numbers={name: np.array(listed)[each] for name, listed in columns.items()},
            strength=first.strength,
            strengths=None if first.strength is None else column("number"),
            at=at,
            keep=keep,
        )
        parts: list[Any] = [np.arange(len(s))]
        if len(nets) > 1:
            parts = [np.flatnonzero(s == seed) for seed in range(len(nets))]
        for own, places in zip(nets, parts, strict=True):
            made.append((together.some(places)._replace(net=own), where[places]))
            dtypes.append(dtype)
    return Grid(axes, made, dtypes)


def _is_axis(name: str, given: Any) -> bool:
    if name not in (*_MANY, *_NUMBERS, *_FIXED, _OWN):
        return False
    return isinstance(given, (list, tuple, range, np.ndarray))


def _rates(rates: Any) -> list[float]:
    listed = [rates] if _is_number(rates) else _listed("rates", rates)
    return [number_in("rates", rate, above=0.0) for rate in listed]


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float, np.integer, np.floating)) or (
        isinstance(given, np.ndarray) and given.ndim == 0
    )


def kept(at: Any) -> Any:
    """The steps whose losses are wanted, in order; None where nobody has said.

    Raises:
        ConfigError: when they are no steps, or none.
    """
    if at is None:
        return None
    listed = [at] if _is_int(at) else _listed("at", at)
    return np.unique([count("at", step, least=0) for step in listed])


def _listed(name: str, given: Any) -> list[Any]:
    if isinstance(given, (str, Value)) or not np.iterable(given):
        raise ConfigError(f"`{name}` is {given!r:.60}, not a list", try_=f"{name}=[{given!r:.20}]")
    listed = list(given)
    if not listed:
        raise ConfigError(f"`{name}` is an empty list", try_=f"{name}=[...], one or more")
    return listed


def _starts(net: Any, seeds: Any) -> tuple[Any, list[Any], list[Any]]:
    """The weights of each seed, the seeds, and a network to train, or one for each seed."""
    makes = callable(net) and not hasattr(net, "parameters")
    if makes and not _takes_a_seed(net):
        raise ConfigError(
            "the function that makes the network takes no seed",
            try_="sweep(lambda seed: MLP(3, [4, 1], seed=seed), X, y)",
        )
    if seeds is None:
        net = net(0) if makes else net
        checked_network(net)
        return np.array([_weights(net)]), [None], [net]
    given = range(count("seeds", seeds)) if _is_int(seeds) else _listed("seeds", seeds)
    listed = [seed_of(seed) for seed in given]
    if makes:
        nets = [net(seed) for seed in listed]
    else:
        checked_network(net)
        if type(net) is not MLP:
            raise ConfigError(
                f"nobody knows how a `{type(net).__name__}` draws its weights from a seed",
                why="`seeds` trains networks that start differently",
                try_=f"a function of the seed in its place: sweep(lambda seed: "
                f"{type(net).__name__}(..., seed=seed), X, y, seeds=...); or no seeds",
            )
        starts = [net.drawn(seed) for seed in listed]
        if len(starts[0]) != len(net.parameters()):
            raise ConfigError(
                f"the network has {len(net.parameters())} parameters, and {len(starts[0])} as it"
                " was built",
                why="nobody knows how the others are drawn from a seed",
                try_="a function of the seed that builds it: sweep(lambda seed: ..., X, y)",
            )
        return np.array(starts), listed, [net]
    for each in nets:
        checked_network(each)
    starts = [_weights(each) for each in nets]
    for seed, start in zip(listed, starts, strict=True):
        if len(start) != len(starts[0]):
            raise ConfigError(
                f"the network of seed {seed} has {len(start)} parameters, that of seed"
                f" {listed[0]} has {len(starts[0])}",
                why="copies that are trained beside each other have the same shape",
                try_="a function that makes the same network from each seed",
            )
    return np.array(starts), listed, nets[:1] if _alike(nets, starts) else nets


class _Unseeded(pickle.Pickler):
    """Writes a network without the seeds that its MLPs have been drawn from."""

    def persistent_id(self, given: Any) -> Any:
        return id(given) if isinstance(given, (type, FunctionType)) else None

    def reducer_override(self, given: Any) -> Any:
        if type(given) is not MLP:
            return NotImplemented
        return MLP, (), {name: x for name, x in vars(given).items() if name != "seed"}


def _alike(nets: Sequence[Any], starts: Sequence[Sequence[float]]) -> bool:
    """Whether networks are seen to differ by their parameters alone."""
    found = set()
    for net, start in zip(nets, starts, strict=True):
        parameters = net.parameters()
        write_data(parameters, array("d", bytes(8 * len(start))))
        try:
            written = io.BytesIO()
            _Unseeded(written).dump(deepcopy(net))
            found.add(written.getvalue())
        except Exception:  # whatever a user's own class raises: then nobody knows
            return len({id(each) for each in nets}) == 1
        finally:
            write_data(parameters, array("d", start))
    return len(found) == 1


def _is_int(given: Any) -> bool:
    return isinstance(given, (int, np.integer)) and not isinstance(given, bool)


def _takes_a_seed(make: Any) -> bool:
    try:
        inspect.signature(make).bind(0)
    except TypeError:
        return False
    except ValueError:  # made by C, so nobody knows
        return True
    return True


def _weights(net: Any) -> list[float]:
    return [p.data for p in net.parameters()]


class _Combination(Record):
    """One choice of all options that are lists."""

    key: Any
    options: dict[str, Any]
    kind: type[Optimizer]
    fixed: dict[str, Any]
    numbers: dict[str, float]
    strength: Callable[..., Any] | None
    number: float
    scale: float


def _combination(chosen: dict[str, Any], rates: Sequence[Any]) -> _Combination:
    options = dict(chosen)
    scale = number_in(_OWN, options.pop(_OWN, 1.0), least=0.0)
    numbers = {n: options.pop(n) for n in _NUMBERS if n in options}
    fixed = {n: options.pop(n) for n in _FIXED if n in options}
    given = options.pop("optimizer", "adam")
    if isinstance(given, Optimizer):
        name = type(given).__name__.lower()
        listed = "".join(f", {n}={x!r}" for n, x in given.options.items())
        raise ConfigError(
            f"`optimizer` is {given!r:.60}, which is made for one network",
            why="each copy has one of its own",
            try_=f"optimizer={name!r}{listed}",
        )
    if given in FULL_BATCH or given in FULL_BATCH.values():
        raise ConfigError(
            f"`optimizer` is {given!r:.60}, which has no learning rate",
            why="it finds out by itself how far to go",
            try_="optimizer='sgd' or 'adam'; or fit with it, once",
        )
    alone = [Value(0.0)]
    rate = None if rates[0] is None else rates[0]
    made = resolve_optimizer(given, alone, rate)
    kind: Any = OPTIMIZERS.get(given, given) if isinstance(given, str) else given
    if numbers or fixed:
        made = kind(alone, **numbers, **fixed)
    strength, number = None, 0.0
    penalty: Any = options.get("penalty")
    if isinstance(penalty, (int, float, np.integer, np.floating)) and not isinstance(penalty, bool):
        penalty = partial(l2_penalty, strength=number_in("penalty", penalty, least=0.0))
    ours = type(penalty) is partial and penalty.func in (l1_penalty, l2_penalty)
    if ours and penalty.keywords.keys() == {"strength"} and not penalty.args:
        strength, number = penalty.func, float(penalty.keywords["strength"])
        penalty = None
    options["penalty"] = penalty
    key = (
        *(kind, made.rule, tuple(sorted(fixed.items())), strength),
        *((n, id(o) if callable(o) else repr(o)) for n, o in sorted(options.items())),
    )
    return _Combination(key, options, kind, fixed, numbers, strength, number, scale)


def nearest(items: Sequence[Any], wanted: Any, name: str) -> int:
    """Where an item is, a number as near as rounding.

    Raises:
        ConfigError: when it is not there.
    """
    for i, item in enumerate(items):
        if item is wanted or (item is not None and item == wanted):
            return i
        numbers = isinstance(item, float) and _is_number(wanted)
        if numbers and math.isclose(item, wanted, rel_tol=1e-9):
            return i
    shown = ", ".join(repr(item) if isinstance(item, str) else said(item) for item in items[:8])
    more = ", ..." if len(items) > 8 else ""
    raise ConfigError(
        f"no training of the sweep has {name}={wanted!r}", try_=f"one of {shown}{more}"
    )


def said(item: Any) -> str:
    """An item of an axis in a word or two.

    >>> from jangrad.train import cosine
    >>> said(0.1), said("adam"), said(cosine(0.1, 30))
    ('0.1', 'adam', 'cosine with 0.1, 30, 0.0')
    """
    if isinstance(item, float):
        return f"{item:g}"
    return without_code(described(item, held=False) or "") if callable(item) else str(item)
