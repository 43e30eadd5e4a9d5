"""`fit`: train a network on rows of data, with everything a person would want of it."""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError
from jangrad.nn.module import gathered
from jangrad.train.full_batch import FullBatch, check_full_batch
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import (
    Loss,
    Network,
    Penalty,
    check_fit,
    check_function,
    checked_callbacks,
    checked_engine,
    checked_network,
    checked_threads,
    number_type,
    outputs_of,
    read_validation,
    resolve_full_batch,
    resolve_loss,
    resolve_optimizer,
    weighted,
)
from jangrad.train.rows import read_data, read_weights
from jangrad.train.settings import Leaves, count, number_in, options_answered

if TYPE_CHECKING:
    from jangrad.train.callbacks import Step
    from jangrad.train.choice import EngineChoice
    from jangrad.train.config import Config
    from jangrad.train.history import History
    from jangrad.train.keeper import Keeper
    from jangrad.train.schedules import Schedule
    from jangrad.train.steps import Steps


#: `checkpoint`, `checkpoint_every`, `record`, `record_every` and `resume` of most trainings.
_NOT_KEPT = (None, None, None, None, False)


@options_answered
def fit(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss = "squared_error",
    optimizer: str | type[Optimizer | FullBatch] | Optimizer | FullBatch = "adam",
    learning_rate: float | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int | None = 0,
    shuffle: bool = True,
    row_weights: Any = None,
    schedule: Schedule | None = None,
    penalty: Penalty | None = None,
    validation: tuple[Any, ...] | None = None,
    callbacks: Iterable[Callable[[Step], object]] = (),
    callback_every: int = 1,
    patience: int | None = None,
    tolerance: float = 0.0,
    progress: bool | None = None,
    live: bool = False,
    engine: str = "auto",
    dtype: str = "float64",
    threads: int = 1,
    check: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int | None = None,
    record: str | os.PathLike[str] | None = None,
    record_every: int | None = None,
    resume: bool = False,
) -> History:
    """Train a network on rows of data, in place, and return what happened.

    The same arguments and the same initial weights give the same numbers to the last bit, in any
    process on one machine. A loss that diverges, turns nan, or stops having a gradient ends the
    training; the best weights are put back and `history.diagnosis` says what happened and what to
    try. Ctrl-C ends it too, with the weights learned so far. Any other exception, of a callback
    or a schedule, is passed on with the History as its `history`; network and optimiser are then
    as the last step has left them.

    Args:
        net: an MLP, a single Neuron, or anything with `parameters()` and a call from a row to a
            list of Values.
        X: rows of inputs, n lists of one length, or an array of shape (n, inputs).
        y: n targets, numbers or lists of one length (class numbers for `"softmax_cross_entropy"`).
        loss: a name in `jangrad.nn.LOSSES`, whose mean over the batch is taken;
            `functools.partial(jangrad.nn.quantile, level=0.9)` or `partial(huber, delta=2.0)`; or a
            function of (list of outputs, list of targets) that returns a Value.
        optimizer: `"sgd"`, `"adam"`, `"adamw"`, `"rmsprop"` or `"adagrad"`; or `"lbfgs"`, or for
            `"squared_error"` also `"levenberg_marquardt"`, which take all rows and no rate, and end
            at a minimum; or one of their classes; or one that is made already, whose parameters are
            then the ones that learn.
        learning_rate: > 0; the optimiser's own default when left out.
        steps: how many updates to make; 1000 when neither steps nor epochs are given.
        epochs: how many passes over the rows to make, instead of steps.
        batch_size: rows a step; all of them when left out.
        seed: decides how the rows are shuffled into batches, by the rule of `docs/training.md`; or
            None to let Python's `random` say.
        shuffle: False to cut the batches of each epoch from the rows in their order.
        row_weights: what the loss of each row is multiplied by, n numbers of 0 or more, for a loss
            by its name. The loss of a batch stays a mean over its rows, so weights whose mean is 1
            keep the size of the loss.
        schedule: the rate of each step as a function of the step, instead of learning_rate.
        penalty: a function of the parameters that returns a Value to be added to the loss, such as
            `functools.partial(jangrad.nn.l2_penalty, strength=1e-4)`.
        validation: (X, y), or (X, y, row_weights), to be measured after each epoch and not learned
            from.
        callbacks: functions called with a `Step` after steps; one that returns True ends the
            training. They may read and assign the network's numbers, and the optimiser's rate,
            options and memory; gradients are only there in the eager engine.
        callback_every: how many steps there are from one call of them to the next.
        patience: end the training after so many epochs without a better validation loss (training
            loss without validation data); the best weights are put back.
        tolerance: a loss counts as better for `patience` if it is less by more than this.
        progress: a bar on stderr: True or False, or None for a terminal only. False also keeps a
            diagnosis from being printed there.
        live: draw the curve of the loss as it goes on: in a notebook, or under the bar.
        engine: `"eager"` computes step by step in Python; `"native"` compiles the whole step, which
            takes part of a second, and then runs it some hundred times as fast; `"auto"` takes the
            one that should be done first. Both give the same numbers, but for rounding.
        dtype: `"float32"` computes in single precision, always in the native engine.
        threads: how many threads share out the rows of a batch, for a loss by its name in the
            native engine; each gets whole vectors of rows, so small batches have fewer. It gains
            time for steps above some 20 microseconds, with a free processor for each thread. The
            same number of threads gives the same bits each time; another adds in another order.
        check: whether the native engine traces the network and the loss again after each callback
            and at the end, and raises Untraceable where they compute something else; for what the
            guards of `docs/compiler.md` cannot see.
        checkpoint: a folder, made if there is none, that keeps all that is needed to go on with
            the training after it was interrupted or killed: a checkpoint is made before the first
            step and at the end, by Ctrl-C, and between.
        checkpoint_every: steps from one checkpoint to the next; seconds when left out.
        record: such a folder that keeps the weights along the way too, for `load_run`.
        record_every: steps from one record of weights to the next; when left out so many that
            there are no more than 1,000 records and 256 MiB of them.
        resume: go on with the training in the folder, which ends with the same weights and the
            same History, to the last bit, as if it had never been interrupted; where there is none
            yet, begin it. One that has ended is given back, or goes on where more `steps`, `epochs`
            or `patience` are asked for now; with "auto" perhaps in machine code after steps by
            Python, whose last digits differ.

    Returns:
        The History: loss, rate and gradient norm of each step, validation figures, why it ended,
        which engine ran.

    Raises:
        ShapeError: when rows differ in length, or do not fit each other or the network.
        DataError: when data is empty, nan, inf or not a number.
        ConfigError: when an option does not exist or is out of its range, the system starts no more
            threads, or a callback has changed which parameters there are.
        Untraceable: when the native engine was asked for and a loss, a penalty or a network of
            your own reads a number (`if v.data > 0`), and the message says where; or an optimiser
            has methods of its own.
        NoCompiler: when the native engine was asked for and llvmlite cannot be used; with "auto"
            Python trains, and a RuntimeWarning says so once.
        CheckpointError: when the folder holds another training, or one and `resume` was not given,
            or more steps than are asked for, or is damaged, or is another process's.
        SaveError: when the folder cannot be made or written to. A checkpoint later on that cannot
            be written is a RuntimeWarning.

    >>> from jangrad.nn import MLP
    >>> X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    >>> net = MLP(3, [4, 4, 1], activation="tanh", seed=0)
    >>> history = fit(net, X, [1.0, -1.0, -1.0, 1.0], learning_rate=0.05, steps=100)
    >>> len(history), history.loss[-1] < 0.01
    (100, True)
    """
    if live and progress is False:
        raise ConfigError(
            "both `live=True` and `progress=False` were given",
            why="the curve is drawn with the bar",
            try_="one of the two",
        )
    config = config_of(
        *(net, X, y),
        loss=loss,
        optimizer=optimizer,
        learning_rate=learning_rate,
        steps=steps,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        shuffle=shuffle,
        row_weights=row_weights,
        schedule=schedule,
        penalty=penalty,
        validation=validation,
        callbacks=callbacks,
        callback_every=callback_every,
        patience=patience,
        tolerance=tolerance,
        threads=threads,
        check=check,
        engine=engine,
    )
    checked_engine(engine, dtype)
    kept = checkpoint, checkpoint_every, record, record_every, resume
    if kept == _NOT_KEPT:
        history = _trained(config, dtype, progress, live, None)
    else:
        from jangrad.train.keeper import Keeper  # it brings NumPy

        with closing(Keeper(*kept)) as keeper:
            history = _trained(keeper.begin(config, dtype), dtype, progress, live, keeper)
    if progress is not False:
        _tell(history)
    return history


def config_of(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    optimizer: str | type[Optimizer | FullBatch] | Optimizer | FullBatch,
    learning_rate: float | None,
    steps: int | None,
    epochs: int | None,
    batch_size: int | None,
    seed: int | None,
    shuffle: bool,
    row_weights: Any,
    schedule: Schedule | None,
    penalty: Penalty | None,
    validation: tuple[Any, ...] | None,
    callbacks: Iterable[Callable[[Step], object]],
    callback_every: int,
    patience: int | None,
    tolerance: float,
    engine: str,
    threads: int,
    check: bool,
) -> Config:
    """What `fit` is asked for, checked; arguments and errors as there."""
    # Here and not above, for `compile_step` does without.
    from jangrad.train.config import Config

    checked_network(net)
    if schedule is not None:
        given = "the number of the step"
        check_function("schedule", schedule, [given], "jangrad.train.cosine(0.1, 1000)")
    if penalty is not None:
        small = "functools.partial(jangrad.nn.l2_penalty, strength=1e-4)"
        check_function("penalty", penalty, ["the list of parameters"], small)
    rows, targets = read_data(X, y)
    loss, loss_of, right = resolve_loss(loss)
    weights = read_weights(weighted(loss, row_weights), len(rows))
    held_out = read_validation(validation)
    outputs = len(outputs_of(net, rows[0]))
    check_fit(outputs, targets, ("X", "y"), loss)
    if held_out:
        names = ("the validation X", "the validation y")
        check_fit(len(outputs_of(net, held_out[0][0])), held_out[1], names, loss)
    parameters, strays, are_leaves = gathered(net)
    for stray in strays:
        warnings.warn(stray, RuntimeWarning, stacklevel=4)
    learning = Leaves(parameters) if are_leaves else parameters
    method = resolve_full_batch(optimizer, learning)
    chosen = method.held if method else resolve_optimizer(optimizer, learning, learning_rate)
    if schedule is not None and learning_rate is not None:
        raise ConfigError(
            f"both `schedule` and `learning_rate={learning_rate!r}` were given",
            why="the schedule is the rate of each step",
            try_="the schedule alone, or jangrad.train.constant(rate)",
        )
    if steps is not None and epochs is not None:
        raise ConfigError(
            f"both `steps={steps!r}` and `epochs={epochs!r}` were given",
            why="each says how long to train",
            try_="one of the two",
        )
    size = len(rows) if batch_size is None else min(count("batch_size", batch_size), len(rows))
    an_epoch = math.ceil(len(rows) / size)
    if epochs is not None:
        total = count("epochs", epochs) * an_epoch
    else:
        total = 1000 if steps is None else count("steps", steps)
    if method is not None:
        check_full_batch(
            *(method, loss, penalty, size < len(rows)),
            *(learning_rate, schedule, threads, weights is not None),
        )
    return Config(
        net=net,
        parameters=parameters,
        rows=rows,
        targets=targets,
        row_weights=weights,
        outputs=outputs,
        loss=loss,
        loss_of=loss_of,
        penalty=penalty,
        optimizer=chosen,
        method=method,
        schedule=schedule,
        size=size,
        an_epoch=an_epoch,
        total=total,
        seed=seed,
        shuffle=bool(shuffle),
        held_out=held_out,
        right=right,
        callbacks=checked_callbacks(callbacks),
        callback_every=count("callback_every", callback_every),
        patience=None if patience is None else count("patience", patience),
        tolerance=number_in("tolerance", tolerance, least=0.0),
        threads=checked_threads(threads, engine, loss),
        check=check,
        engine=engine,
    )


def _trained(
    config: Config, dtype: str, progress: bool | None, live: bool, keeper: Keeper | None
) -> History:
    """Make the steps, and keep what has made them."""
    from jangrad.train import progress as bars
    from jangrad.train.choice import EngineChoice
    from jangrad.train.compiled.reuse import keep
    from jangrad.train.run import Run

    if config.method is None:
        run = Run(config)
    else:
        from jangrad.train.solvers.solving import Solving  # it brings NumPy

        run = Solving(config)
    if keeper is not None:
        if keeper.ended:
            return keeper.give_back(run)
        run.keeper = keeper
    native: Steps | None = None
    choice: EngineChoice | None = None
    number = number_type(dtype)
    if checked_engine(config.engine, dtype) == "native":
        from jangrad.train.compiled.fit_steps import compile_run  # it brings NumPy and LLVM

        native = compile_run(config, number)
    elif config.engine == "auto":
        choice = EngineChoice(run, number)
        if keeper is not None:
            native, choice = keeper.engine(choice)
    with bars.Bar(config.total, bars.wanted(progress), live) as bar:
        history = run.train(bar, native, choice)
    keep(config, run.native, number)
    if history.diagnosis is not None:
        from jangrad.train.remedies import KnownTraining

        training = KnownTraining(fit, config, run.first_weights, history, dtype)
        history.diagnosis.knows(training)
    return history


def _tell(history: History) -> None:
    if history.diagnosis is not None:
        kept = ""
        if history.restored:
            best = history.best_step
            whose = "it started with" if best is None else f"of step {best}"
            kept = f"\n  kept: the weights {whose}"
        _say(f"{history.diagnosis}{kept}")
    elif history.stopped_by == "interrupt":
        _say(f"interrupted after {len(history)} steps; what was learned is kept")


def _say(text: str) -> None:
    """On stderr, if that takes it: what was learned counts for more than words on it."""
    with suppress(AttributeError, OSError, ValueError):  # it is none, full, or closed
        print(text, file=sys.stderr)
