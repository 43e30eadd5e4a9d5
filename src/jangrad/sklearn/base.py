"""What classifier and regressor share: hyper-parameters, scaling, training, what is kept of it."""

from __future__ import annotations

import copy
import math
import random
import warnings
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from jangrad.errors import ConfigError, DataError, NoCompiler, NotANumber, Untraceable
from jangrad.nn import MLP, l2_penalty
from jangrad.nn.inits import rectifies
from jangrad.sklearn.bench import Bench, bench_for, predicted
from jangrad.sklearn.pace import (
    AUTO,
    USUAL_BATCH,
    USUAL_EPOCHS,
    USUAL_PATIENCE,
    USUAL_RATE,
    USUAL_TOL,
    LearningPace,
    chosen,
)
from jangrad.sklearn.scaling import Scaling
from jangrad.tape import write_data
from jangrad.train import OPTIMIZERS, History, fit
from jangrad.train.rows import PlainRows, PlainTargets
from jangrad.train.settings import count, number_in

# What scikit-learn calls activations.
_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"}
# What rows are read as: the first of them, unless they are another already.
_DTYPES = [np.float64, np.float32]
# Solvers whose pace is chosen: both divide each gradient by its size, so one rate suits most.
_PACED = ("adam", "adamw")


def learns_in_parts(estimator: Any) -> bool:
    """Whether a solver goes on from where it was; others begin anew, on all rows."""
    if estimator.solver in OPTIMIZERS:
        return True
    raise AttributeError(
        f"`partial_fit` needs one of the solvers {', '.join(OPTIMIZERS)}, not {estimator.solver!r}"
    )


def whole(name: str, number: Any) -> int:
    """The number, once it is an integer of at least 1; as scikit-learn, no float is taken for one.

    Raises:
        ConfigError: it is not.
    """
    if isinstance(number, float) and number.is_integer():
        raise ConfigError(
            f"`{name}` is {number!r}, but needs a whole number >= 1",
            why="a float is none, as in scikit-learn's estimators",
            try_=f"{name.partition('[')[0]}={int(number)}" if "[" not in name else f"{int(number)}",
        )
    return count(name, number)


def begun(n_inputs: int, widths: list[int], hidden: Any, seed: int) -> MLP:
    """The network that training begins with: weights and biases drawn in Glorot's bounds.

    Biases are drawn too, as by scikit-learn and PyTorch. At 0, all units bend at the mean of the
    rows, which did worse on rows kept apart (`benchmarks/tables.py`, 10,000 rows of clusters).
    """
    draw = random.Random(seed).random
    net = MLP(n_inputs, widths, hidden, init="zeros", seed=None)
    net.init = "glorot"  # of which all are drawn here, in half of the time
    neurons = [(layer, neuron) for layer in net.layers for neuron in layer.neurons]
    for values_of in (lambda neuron: neuron.weights, lambda neuron: [neuron.bias]):
        for layer, neuron in neurons:
            values = values_of(neuron)
            bound = math.sqrt(6.0 / (layer.n_inputs + layer.n_outputs))
            numbers = array("d", [-bound + 2.0 * bound * draw() for _ in values])
            write_data(values, numbers)
    return net


class Lesson(NamedTuple):
    """What a training was given, beside rows and targets, so that it can be made once more.

    Attributes:
        params: the hyper-parameters as they were.
        rows: the indices of those that were learned from, in their order; None for all.
        counts: what each of these counts; None where all count the same.
        pace: of its steps.
        strength: of the penalty.
    """

    params: dict[str, Any]
    rows: Any
    counts: Any
    pace: LearningPace
    strength: float


class JangradEstimator(BaseEstimator):
    """The part that learns; what the targets mean is the business of its subclasses."""

    def _keep(self, options: Mapping[str, Any]) -> None:
        """Take the arguments of `__init__` as they are, as scikit-learn demands."""
        for name in self._get_param_names():
            setattr(self, name, options[name])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    # -- data -------------------------------------------------------------------------------------

    def _read(self, X: Any, y: Any, weights: Any, *, reset: bool) -> tuple[Any, Any, Any]:
        """Rows, targets as they came, and weights or None, checked by scikit-learn."""
        _check_no_times(X)
        X, y = validate_data(
            *(self, X, y), accept_sparse="csr", multi_output=True, dtype=_DTYPES, reset=reset
        )
        if weights is not None:
            weights = _check_sample_weight(weights, X, dtype=np.float64)
        return _dense(X), y, weights

    def _outputs(self, X: Any) -> Any:
        """The raw outputs of the network for rows, of shape (rows, outputs)."""
        check_is_fitted(self)
        _check_no_times(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return predicted(self.network_, self._input_scale.apply(_dense(X)))

    # -- training ---------------------------------------------------------------------------------

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """What raises inside leaves the estimator as it was before."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _goes_on(self, once: bool) -> bool:
        """Whether training goes on from the network that is there."""
        return hasattr(self, "network_") and (once or bool(self.warm_start))

    def _learn(
        self,
        X: Any,
        y: Any,
        weights: Any,
        *,
        outputs: int,
        loss: Any,
        factor: float,
        strata: Any = None,
        once: bool = False,
    ) -> Self:
        """Train.

        Args:
            X, y: rows, and targets for `_targets`.
            weights: what each row counts, or None.
            outputs: of the network.
            loss: of `fit`.
            factor: by how much `fit`'s loss is larger than scikit-learn's.
            strata: by which rows that are held out are drawn.
            once: whether to make one pass, as `partial_fit` does, rather than begin a training.
        """
        self._check()
        goes_on, rng = self._goes_on(once), check_random_state(self.random_state)
        learned, held_out = self._split(len(X), strata, rng, once)
        mean = 1.0
        if weights is not None:
            _check_weights(weights, learned, held_out)
            mean = float(weights[learned].mean())
            weights = weights / mean
        if goes_on:
            self._check_same_network(outputs, once)
        else:
            self._begin(X[learned], y[learned], _part(weights, learned), outputs, rng)
        dtype = X.dtype.name
        X, y = self._input_scale.apply(X), self._targets(y)
        pace = self._pace_for(len(learned), goes_on or once)
        size = pace.batch
        options = {
            "row_weights": _part(weights, learned),
            "batch_size": size,
            "shuffle": self.shuffle,
            "seed": self.seed_ + self.n_iter_ if once else self.seed_,
            "progress": bool(self.verbose),
            "dtype": dtype,
        }
        if held_out is not None:
            options["validation"] = X[held_out], y[held_out], _part(weights, held_out)
        # The penalty is a part of what a step loses: by scikit-learn's steps also in smaller ones.
        counted = min(USUAL_BATCH, len(learned)) if pace.rise else size
        strength = factor * self.alpha / (2.0 * counted * mean)
        with bench_for(self.network_) as bench:
            history = self._train(
                bench, X[learned], y[learned], strength, loss, options, pace, once
            )
            bench.give()
        self._pace = pace
        self._record(history, math.ceil(len(learned) / size), goes_on and once)
        self._tell(history, once)
        self._rows = len(learned), 0 if held_out is None else len(held_out)
        rows, counts = None if held_out is None else learned, options["row_weights"]
        made_by = self.get_params(deep=False)
        self._lesson = None if goes_on else Lesson(made_by, rows, counts, pace, strength)
        return self

    def _begin(self, X: Any, y: Any, weights: Any, outputs: int, rng: Any) -> None:
        """A fresh network, and the scales of these rows and targets."""
        columns = X.shape[1]
        scale = Scaling.of(X, weights) if self.standardize else Scaling.none(columns)
        self._scale_targets(y, weights)
        self._input_scale = scale
        self.input_mean_, self.input_scale_ = scale
        self.seed_ = int(rng.randint(np.iinfo(np.int32).max))
        widths = self._widths(outputs)
        self.network_ = begun(columns, widths, self._hidden(), self.seed_)
        self._made_of = self._made_by(outputs)
        self.n_outputs_, self.n_layers_ = outputs, len(widths) + 1
        self.n_iter_ = 0
        self.loss_curve_: list[float] = []
        self._memory: Any = None

    def _made_by(self, outputs: int) -> dict[str, Any]:
        """What a network is made of, and what its numbers mean, by hyper-parameter."""
        hidden = self._hidden()
        return {
            "hidden_layer_sizes": self._widths(outputs)[:-1],
            "activation": list(hidden) if isinstance(hidden, (list, tuple)) else hidden,
            "standardize": bool(self.standardize),
            "loss": self.out_activation_,
        }

    def _check_same_network(self, outputs: int, once: bool) -> None:
        """That the hyper-parameters are those of the network that training goes on from."""
        goes_on = f"{'`partial_fit`' if once else '`warm_start`'} goes on with {self.network_!r}"
        if outputs != self.n_outputs_:
            raise DataError(
                f"{goes_on}, but y needs {outputs} outputs now",
                why="it has one for each number that is foretold",
                try_="a y of the same shape, or another estimator",
            )
        for name, now in self._made_by(outputs).items():
            if now != self._made_of[name]:
                raise ConfigError(
                    f"{goes_on}, but `{name}` is {getattr(self, name)!r:.60} now",
                    why="numbers that were learned have their places, and their meaning, in a"
                    " network of one kind",
                    try_=f"`{name}` as it was, or {'fit' if once else 'warm_start=False'}",
                )

    def _train(
        self,
        bench: Bench,
        X: Any,
        y: Any,
        strength: float,
        loss: Any,
        options: dict[str, Any],
        pace: LearningPace,
        once: bool,
    ) -> History:
        stochastic = self.solver in OPTIMIZERS
        bench.decay.strength.data = strength
        optimizer = self._optimizer(bench, pace.rate)
        if once and self._memory is not None:
            optimizer.steps, optimizer.memory = self._memory
        options |= {"loss": loss, "optimizer": optimizer}
        if strength and self.solver != "adamw":  # which has a way of its own
            options["penalty"] = bench.decay
        if strength and self.solver == "levenberg_marquardt":  # which must know what it is
            options["penalty"] = partial(l2_penalty, strength=strength)
        if not stochastic:
            del options["batch_size"], options["shuffle"]
            options["steps"] = pace.epochs
        elif once:
            options["epochs"] = 1
        else:
            options |= {"epochs": pace.epochs, "tolerance": self.tol}
        if pace.rise:  # while the rate is high the loss may stand still, and then falls with it
            options["schedule"] = pace.schedule()
        waits = (stochastic and not once and not pace.rise) or "validation" in options
        if waits and math.isfinite(self.n_iter_no_change):
            options["patience"] = self.n_iter_no_change
        try:
            history = fit(bench.net, *_in_arrays(X, y), engine="native", **options)
        except (NoCompiler, Untraceable):
            history = fit(bench.net, X, y, **options | {"dtype": "float64"})
        if stochastic:
            self._memory = optimizer.steps, optimizer.memory
        return history

    def _optimizer(self, bench: Bench, rate: float) -> Any:
        """The optimiser with its options; the name of one that `fit` makes."""
        given = bench.parameters, rate
        betas = {"beta1": self.beta_1, "beta2": self.beta_2, "epsilon": self.epsilon}
        kind: Any = OPTIMIZERS.get(self.solver, self.solver)
        if self.solver == "sgd":
            nesterov = bool(self.nesterovs_momentum and self.momentum)
            return kind(*given, momentum=self.momentum, nesterov=nesterov)
        if self.solver == "adam":
            return kind(*given, **betas)
        if self.solver == "adamw":
            return kind(*given, **betas, weight_decay=self.alpha)
        return kind(*given) if self.solver in OPTIMIZERS else kind

    def _split(self, rows: int, strata: Any, rng: Any, once: bool) -> tuple[Any, Any]:
        """The numbers of the rows to learn from, and of those that are held out, or None."""
        if not self.early_stopping:
            return np.arange(rows), None
        if once:
            raise ConfigError(
                "`partial_fit` cannot have early_stopping=True",
                why="it makes one pass over the rows that it is given",
                try_="early_stopping=False; or fit",
            )
        from sklearn.model_selection import train_test_split

        share = self.validation_fraction
        if strata is not None:  # where each class has a row to spare, and a place
            counts = np.unique(strata, return_counts=True)[1]
            strata = strata if min(counts) > 1 and len(counts) <= int(share * rows) else None
        learned, held_out = train_test_split(
            np.arange(rows), test_size=share, random_state=rng, stratify=strata
        )
        if len(held_out) < 2:
            raise ConfigError(
                f"validation_fraction={share} of {rows} rows are {len(held_out)}",
                why="early stopping needs rows to be measured, at least 2",
                try_="a larger validation_fraction, or early_stopping=False",
            )
        return learned, held_out

    def _repeated(self) -> tuple[MLP, Any, Any, Lesson]:
        """What the training began with: network, optimiser, penalty or None, and what it was given.

        Raises:
            ConfigError: it went on from an earlier one, or was made by an older jangrad.
        """
        lesson: Lesson | None = getattr(self, "_lesson", None)
        if lesson is None:
            raise ConfigError(
                f"how this {type(self).__name__} was trained is not all known",
                why="it went on from an earlier training, by `partial_fit` or `warm_start`, or"
                " was fitted by an older jangrad",
                try_="one call of fit, with warm_start=False, on all rows",
            )
        made = copy.copy(self)
        made.__dict__.update(lesson.params)
        net = begun(self.n_features_in_, made._widths(self.n_outputs_), made._hidden(), self.seed_)
        bench = Bench(net)
        bench.decay.strength.data = lesson.strength
        penalised = lesson.strength and made.solver != "adamw"
        return (
            net,
            made._optimizer(bench, lesson.pace.rate),
            bench.decay if penalised else None,
            lesson,
        )

    # -- what is kept, and told -------------------------------------------------------------------

    def _record(self, history: History, an_epoch: int, goes_on: bool) -> None:
        self.history_ = history
        losses = history.loss
        epochs = range(0, len(losses), an_epoch)
        curve = [math.fsum(part) / len(part) for i in epochs if (part := losses[i : i + an_epoch])]
        self.loss_curve_ = self.loss_curve_ + curve if goes_on else curve
        self.n_iter_ = len(self.loss_curve_)
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else math.nan
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_, default=math.nan)

    def _tell(self, history: History, once: bool) -> None:
        """Warn of what went wrong."""
        if history.diagnosis is not None:
            found = str(history.diagnosis).replace("learning_rate=", "learning_rate_init=")
            warnings.warn(found, ConvergenceWarning, stacklevel=5)
        elif history.stopped_by == "interrupt":
            warnings.warn(
                f"interrupted after {self.n_iter_} epochs; what was learned is kept", stacklevel=5
            )
        elif (
            history.stopped_by == "finished"
            and self.solver in OPTIMIZERS
            and not (once or self._pace.rise or self.n_iter_no_change == math.inf)
        ):
            warnings.warn(
                f"training ended with max_iter={self._pace.epochs} epochs, while its loss still"
                f" fell by more than tol={self.tol:g} in n_iter_no_change={self.n_iter_no_change}"
                f" of them\n  try: a larger max_iter, or a larger learning_rate_init than"
                f" {self._pace.rate:g}",
                ConvergenceWarning,
                stacklevel=5,
            )

    @property
    def notes_(self) -> list[str]:
        """What was done, a sentence each."""
        learned, held_out = self._rows
        kept = f"; {held_out} rows were held out to say when to stop" if held_out else ""
        scaled = (
            "`network_` sees each column of X minus `input_mean_`, divided by `input_scale_`"
            if self.standardize
            else "`network_` sees X as it is"
        )
        return [
            f"{self.network_!r} learned from {learned} rows{kept}",
            scaled,
            self._targets_told(),
            f"{self.n_iter_} epochs of {self.solver}, ended by: {self.history_.stopped_by}",
            *([self._pace.told()] if self.solver in OPTIMIZERS else []),
        ]

    # -- hyper-parameters -------------------------------------------------------------------------

    def _check(self) -> None:
        """That hyper-parameters are in their ranges; `fit` checks those that it is handed."""
        number_in("alpha", self.alpha, least=0.0)
        if not _is_auto("learning_rate_init", self.learning_rate_init, "a number > 0"):
            number_in("learning_rate_init", self.learning_rate_init, above=0.0)
        number_in("tol", self.tol, least=0.0)
        if not _is_auto("max_iter", self.max_iter, "an integer >= 1"):
            whole("max_iter", self.max_iter)
        if self.n_iter_no_change != math.inf:
            whole("n_iter_no_change", self.n_iter_no_change)
        if self.early_stopping:
            number_in("validation_fraction", self.validation_fraction, above=0.0, below=1.0)
        if not isinstance(self.solver, str):
            raise ConfigError(
                f"`solver` is {self.solver!r:.60}, not a name",
                why="an optimiser that is made already has the parameters of one network",
                try_="one of " + ", ".join(map(repr, OPTIMIZERS)),
            )

    def _says_pace(self) -> bool:
        """Whether a hyper-parameter says something of how fast or how long to train."""
        return not (
            self.batch_size == self.learning_rate_init == self.max_iter == AUTO
            and (self.tol, self.n_iter_no_change) == (USUAL_TOL, USUAL_PATIENCE)
        )

    def _is_paced(self, rows: int) -> bool:
        """Whether a pace is chosen for such a network and so many rows.

        On others it was not always as good; and fewer rows than columns, which even a line can
        learn by heart, it left with probabilities that are too sure.
        """
        given = self._hidden()
        layers = given if isinstance(given, list) else [given]
        one = len(self._widths(1)) <= 2  # of the widths the last is that of the outputs
        few = rows <= self.n_features_in_
        return self.solver in _PACED and one and not few and all(map(rectifies, layers))

    def _pace_for(self, rows: int, goes_on: bool) -> LearningPace:
        """How to train on so many rows: as was said, as scikit-learn does, or as is chosen."""
        auto = _is_auto("batch_size", self.batch_size, "an integer >= 1")
        paced = not self._says_pace() and self._is_paced(rows)
        if paced and not goes_on:
            return chosen(rows)
        batch = USUAL_BATCH if auto else whole("batch_size", self.batch_size)
        return LearningPace(
            min(batch, rows) if self.solver in OPTIMIZERS else rows,
            USUAL_RATE if self.learning_rate_init == AUTO else self.learning_rate_init,
            USUAL_EPOCHS if self.max_iter == AUTO else self.max_iter,
            goes_on=paced,
        )

    def _widths(self, outputs: int) -> list[int]:
        sizes = self.hidden_layer_sizes
        listed = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        return [*(whole(f"hidden_layer_sizes[{i}]", n) for i, n in enumerate(listed)), outputs]

    def _hidden(self) -> Any:
        """The activations as `MLP` calls them: one, or one a hidden layer."""
        given = self.activation
        if isinstance(given, (list, tuple)):
            return [_ACTIVATIONS.get(a, a) if isinstance(a, str) else a for a in given]
        return _ACTIVATIONS.get(given, given) if isinstance(given, str) else given


def _is_auto(name: str, given: Any, else_: str) -> bool:
    """Whether it is left to us.

    Raises:
        ConfigError: it is another text.
    """
    if isinstance(given, str) and given != AUTO:
        raise ConfigError(f"`{name}` is {given!r:.60}", try_=f'"auto", or {else_}')
    return isinstance(given, str)


def _in_arrays(X: Any, y: Any) -> tuple[PlainRows, PlainRows | PlainTargets]:
    """Rows and targets as `fit` keeps many of them; few are lists to it, for Python's steps."""
    return PlainRows(X, array=True), PlainTargets(y) if y.ndim == 1 else PlainRows(y, array=True)


def _dense(X: Any) -> Any:
    return X.toarray() if hasattr(X, "toarray") else X


def _check_no_times(X: Any) -> None:
    """That no column has times, which would be read as counts of their unit, and NaT as one."""
    is_frame = hasattr(X, "columns")
    kinds = list(X.dtypes) if is_frame else [getattr(X, "dtype", None)]
    for i, kind in enumerate(kinds):
        is_temporal = getattr(kind, "is_temporal", lambda: False)  # of polars
        if getattr(kind, "kind", "") in ("m", "M") or is_temporal():
            column = f"column {i}" if is_frame else "X"
            raise NotANumber(
                f"{column} has times ({kind})",
                why="as numbers they depend on their unit, and a missing one is a number too",
                try_="columns of numbers, such as (X - X.min()) / numpy.timedelta64(1, 'D')",
            )


def _check_weights(weights: Any, learned: Any, held_out: Any) -> None:
    """That no row weighs less than 0, and that some count of those that are measured together."""
    if (weights < 0.0).any():
        i = int(np.argmax(weights < 0.0))
        raise DataError(
            f"the weight of row {i} is {weights[i]:g}",
            why="a row counts so many times, and none less than never",
            try_="weights >= 0, of rows and of classes; 0 leaves a row out",
        )
    for rows, which in ((learned, "to learn from"), (held_out, "that are held out")):
        if rows is not None and not weights[rows].any():
            raise DataError(
                f"all {len(rows)} rows {which} weigh 0",
                why="a mean over them is none",
                try_="only the rows that count, or early_stopping=False"
                if held_out is not None
                else "weights above 0",
            )


def _part(numbers: Any, places: Any) -> Any:
    return None if numbers is None else numbers[places]
