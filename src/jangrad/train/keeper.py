"""What is kept of a training so that it goes on as if it had never been interrupted.

Between two steps everything that decides the next ones is in few places: the parameters, what the
optimiser or the method remembers, the best so far, the generators of random numbers, and what
network, schedule and callbacks say of themselves. `restore` puts all of it back.
"""

from __future__ import annotations

import math
import random
import time
import warnings
from array import array
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from jangrad.errors import CheckpointError, ConfigError, JangradError, SaveError, either
from jangrad.tape import write_data
from jangrad.train.bursts import Patience
from jangrad.train.generators import Generators
from jangrad.train.history import History
from jangrad.train.identity import beside, differences, machine_of, settings_of
from jangrad.train.remembered import (
    figures_of,
    has_ended,
    has_state,
    kept_history,
    numbers_of,
    overrides,
    own_state,
    places_of,
    put_back,
    read_memory,
    told_of,
)
from jangrad.train.schedules import rate_at
from jangrad.train.settings import count
from jangrad.train.shuffle import key_of
from jangrad.train.store import (
    PART,
    Contents,
    RunFolder,
    damaged,
    numbers_in,
    spelled,
    steps_in,
    steps_of,
)

if TYPE_CHECKING:
    from jangrad.train.choice import EngineChoice
    from jangrad.train.config import Config
    from jangrad.train.optimizers import Optimizer
    from jangrad.train.run import Run
    from jangrad.train.steps import Steps

# Unless it is said how often: so many seconds lie between two checkpoints, and so many times as
# long as one takes.
_SECONDS, _SHARE = 5.0, 20.0
# Unless it is said how often: no more than so many records of weights, and bytes of them.
_RECORDS, _BYTES = 1000, 2**28


class Keeper:
    """Keeps a training in a folder, and gives back one that is there.

    Args:
        checkpoint, record: the folder, where it is only to go on and where weights are recorded.
        checkpoint_every, record_every: steps between two of them; None to choose.
        resume: whether to go on with what is there.

    Raises:
        ConfigError: when there is no folder, or two, or a number is out of its range.

    Attributes:
        ended: whether the training that is there has come to its end.
    """

    def __init__(
        self,
        checkpoint: Any,
        checkpoint_every: Any,
        record: Any,
        record_every: Any,
        resume: Any,
    ) -> None:
        path = checkpoint if record is None else record
        _check_asked(checkpoint, checkpoint_every, record, record_every, resume)
        self.folder = RunFolder(path)
        if checkpoint is not None and RunFolder(checkpoint).path != self.folder.path:
            raise ConfigError(
                f"`checkpoint` is {checkpoint!r:.60} and `record` is {record!r:.60}",
                why="one folder keeps both, so that they are of the same steps",
                try_="the same folder for both; or `record` alone, which has checkpoints too",
            )
        self._every = (
            None if checkpoint_every is None else count("checkpoint_every", checkpoint_every)
        )
        self._records = record is not None
        self._record_every = None if record_every is None else count("record_every", record_every)
        self._resume = bool(resume)
        self._state: Contents | None = None  # from which it goes on
        self._first = self._parts = self._told = 0  # of steps and figures that are in no part yet
        self._recorded: list[tuple[int, Any]] = []
        self._newest = -1  # for which weights were recorded
        self._saved: int | None = None  # the step of the newest checkpoint
        self._due, self._warned = 0.0, False
        self.patience = Patience()
        self.ended = False

    def close(self) -> None:
        """Let others write into the folder."""
        self.folder.close()

    # -- the beginning ----------------------------------------------------------------------------

    def begin(self, config: Config, dtype: str) -> Config:
        """Begin to keep a training, or go on with it: its network then has its first weights.

        Args:
            config: what is trained.
            dtype: of the numbers of the steps.

        Returns:
            The settings, with the seed that was drawn.

        Raises:
            CheckpointError: when there is another training, or what is there cannot be read.
            SaveError: when nothing can be written there.
        """
        seed = config.seed
        if seed is not None:
            key_of(seed)
        settings = settings_of(config, dtype)
        drawn = random.getrandbits(32) if seed is None else int(seed)
        if not self.folder.prepare():
            config = config._replace(seed=drawn)
            self._start(config, settings)
        elif self._resume:
            config = config._replace(seed=self._go_on(config, settings))
        else:
            raise CheckpointError(
                f"there is a training in `{self.folder.path}` already",
                why="its steps would be lost",
                try_=either("resume=True", "--resume")
                + ", which goes on with it; or another folder",
            )
        self._config = config
        from jangrad.guards import look  # it brings NumPy

        self._seen = look(config.roots)
        called = [*config.callbacks, config.schedule]
        between = [(each, "callbacks") for each in called if each is not None]
        self._generators = Generators(self._seen, look(between))
        self._beside = beside(config.optimizer)
        return config

    def _start(self, config: Config, settings: Mapping[str, Any]) -> None:
        parameters = config.parameters
        self._learning = places_of(config)
        if self._records and self._record_every is None:
            self._record_every = spacing(config.total, len(parameters))
        deal = {
            "rows": len(config.rows),
            "size": config.size,
            "seed": config.seed,
            "shuffle": config.shuffle,
        }
        text = {
            "names": config.names,
            "learning": self._learning,
            "settings": dict(settings),
            "deal": deal,
            "record_every": self._record_every if self._records else None,
        }
        self.folder.begin(text, {"first_weights": numbers_of(parameters)})

    def _go_on(self, config: Config, settings: Mapping[str, Any]) -> int:
        """Read what is there; its seed."""
        folder = self.folder
        text, arrays = folder.run()
        state = folder.state()
        machine = state[0]["machine"]
        here = machine_of(config, native=False)
        found = differences(text["settings"], settings, machine.get("python") == here["python"])
        if not found and text["names"] != config.names:
            found = ["the parameters have other names"]
        self._learning = places_of(config)
        if not found and text["learning"] != self._learning:
            found = ["other parameters learn"]
        seed, records = text["deal"].get("seed"), text.get("record_every")
        if type(seed) is not int or type(records) not in (int, type(None)) or records == 0:
            raise damaged(folder.path, "an entry is missing or of another kind")
        if (records is not None) != self._records:
            found.append(f"weights are {'' if records else 'not '}recorded there")
        elif self._record_every not in (None, records):
            found.append(f"`record_every` is {records} there and {self._record_every} here")
        if found:
            of_rates = len(found) == 1 and found[0].startswith("`schedule`")
            raise CheckpointError(
                f"the training in `{folder.path}` is another one: {'; '.join(found)}",
                why="the steps that were made would have had other rates"
                if of_rates
                else "steps of two trainings make no third one",
                try_="the schedule that it was begun with, also for more steps; or another folder"
                if of_rates
                else "the call that it was begun with; or another folder for this one",
            )
        self._longer = config.total > text["settings"].get("steps", config.total)
        parameters = config.parameters
        n = len(parameters)
        first = numbers_in(folder, arrays, "first_weights", n)
        numbers_in(folder, state[1], "now", n)
        self._record_every = records
        self._steps = steps_in(folder, state, n)
        self._state = state
        self._memory = read_memory(folder, state)
        if len(self._memory["callbacks"]) != len(config.callbacks):
            raise damaged(folder.path, "it remembers other callbacks than it had")
        self.ended = has_ended(folder, config, state[0]["steps"], self._memory)
        write_data(parameters, array("d", first.tolist()))
        return seed

    def engine(self, choice: EngineChoice) -> tuple[Steps | None, EngineChoice | None]:
        """Who makes the steps of a training whose engine is chosen by itself: as it was left."""
        self._choice = choice
        if self._state is None:
            return None, choice
        engine = self._memory["engine"]
        if self._longer and not engine["native"]:  # of more steps another one may make the rest
            return None, choice
        return choice.go_on(**engine)

    # -- going on ---------------------------------------------------------------------------------

    def restore(self, run: Run) -> None:
        """Put a run to where the training was left, if there is one.

        Raises:
            CheckpointError: when the schedule gives other rates than it gave.
        """
        if self._state is None:
            return
        config, memory, steps = self._config, self._memory, self._steps
        run.losses[:], run.rates[:], run.norms[:] = steps.columns
        run.measured[:] = steps.measured
        self._load_own("network", config.net, memory["network"])
        for callback, own in zip(config.callbacks, memory["callbacks"], strict=True):
            self._load_own("callback", callback, own)
        self._load_schedule(run, memory["schedule"])
        try:
            self._put_back(run, *self._state)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            if isinstance(error, JangradError):
                raise
            raise damaged(self.folder.path, "what it remembers cannot be put back") from error
        if not self.ended:
            self._tell_of(run, self._state[0], memory)

    def _put_back(self, run: Run, text: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        config, memory, steps = self._config, self._memory, self._steps
        numbers = arrays["now"].tolist()
        write_data(config.parameters, array("d", numbers))
        run.weights = [numbers[i] for i in self._learning]
        run.load_memory(memory["optimizer"])
        cut = memory.get("cut")
        if cut is not None and config.total == text["steps"]:
            run.whole = replace(run.best)
            put_back(run.whole, cut["best"])
            run.measured += figures_of(cut)
            cut = None
        put_back(run.best, memory["best"] if cut is None else cut["best"])
        run.watch.still = memory["still"]
        if run.native is not None:
            run.native.load(run.optimizer)
        self._generators.load(memory["random"])
        self._first, self._parts = text["first"], text["parts"]
        self._told = len(steps.measured) - len(arrays.get("measured", ()))
        self._recorded = list(zip(text["recorded"], arrays.get("weights", ()), strict=True))
        self._newest = max(steps.recorded, default=-1)
        self._saved = text["steps"]
        self._put_off(0.0)

    def _load_own(self, what: str, thing: Any, state: Any) -> None:
        if state is None:
            return
        if not (overrides(thing) if what == "network" else has_state(thing)):
            raise CheckpointError(
                f"the {what} `{type(thing).__name__}` has no `state` of its own, but had one when"
                " the training began",
                why="what that gave is in the file, and the steps to come depend on it",
                try_="the class that the training began with",
            )
        thing.load_state(state)

    def _load_schedule(self, run: Run, state: Any) -> None:
        """Bring the schedule to where it was: by what it said of itself, or by asking it again."""
        schedule = self._config.schedule
        if schedule is None or state is not None:
            self._load_own("schedule", schedule, state)
            return
        for step, rate in enumerate(run.rates):
            found = rate_at(schedule, step)
            if found != rate:
                raise CheckpointError(
                    f"the schedule gives {found!r} at step {step}, where it gave {rate!r} before",
                    why="it was asked again for the steps that were made, so that one which counts"
                    " or draws is where it was; this one goes by something else",
                    try_="a function of the step alone; or an object with `state()` and"
                    " `load_state(state)`, whose state is kept with the training",
                )

    def _tell_of(self, run: Run, text: Mapping[str, Any], memory: Mapping[str, Any]) -> None:
        """Warn of what the file does not hold, and of what another machine does otherwise."""
        place = f"the training in `{self.folder.path}`"
        owns = [memory["network"], memory["schedule"], *memory["callbacks"]]
        if text["changed"] and not any(own is not None for own in owns):
            warnings.warn(
                f"{place} goes on without what had changed beside its parameters:"
                f" {text['changed']}\n"
                "  why: only what is a parameter, or in a `state()`, is kept; the steps to come may"
                " be others\n"
                "  try: `state()` and `load_state(state)` on the callback that changes it, or on"
                " the network",
                RuntimeWarning,
                stacklevel=7,
            )
        there = text["machine"]
        here = machine_of(self._config, native=run.native is not None)
        others = [
            f"{name} {there.get(name)} there, {here.get(name)} here"
            for name in {**there, **here}
            if there.get(name) != here.get(name)
        ]
        if others:
            warnings.warn(
                f"{place} goes on, but its last digits will not be those that it would have had:"
                f" {'; '.join(others)}\n"
                "  why: sums are added up in another order, or a function is computed by another"
                " library\n"
                "  try: the machine, the versions and the threads that it began with, if it is to"
                " be the same to the last bit",
                RuntimeWarning,
                stacklevel=7,
            )

    def give_back(self, run: Run) -> History:
        """The History of a training that has ended; its network has the weights it ended with."""
        assert self._state is not None
        self.restore(run)
        history = kept_history(self._steps, self._memory)
        if history.restored:
            write_data(run.optimizer.parameters, array("d", run.best.weights()))
        return history

    # -- between two steps ------------------------------------------------------------------------

    def between(self, run: Run) -> None:
        """Keep what is due before the next step; then Ctrl-C strikes, if it has waited."""
        step = len(run.losses)
        self._record(run, step)
        if step != self._saved and (self.patience.struck or self._is_due(step)):
            self.save(run)
        elif 8 * sum(len(weights) for _, weights in self._recorded) >= PART:
            self._close_part(run, step, self._tail(run, step))
        if self.patience.struck:
            self.patience.strike()

    def steps_to_stop(self, step: int) -> int:
        """How many steps may be made before something is to be kept."""
        every = [n for n in (self._every, self._record_every) if n is not None]
        return min((n - step % n for n in every), default=2**31)

    def _is_due(self, step: int) -> bool:
        if self._saved is None:
            return True
        if self._every is not None:
            return step % self._every == 0
        return time.monotonic() >= self._due

    def _put_off(self, seconds: float) -> None:
        """The next checkpoint, after one that has taken so long."""
        self._due = time.monotonic() + max(_SECONDS, _SHARE * seconds)

    def _record(self, run: Run, step: int, *, always: bool = False) -> None:
        every = self._record_every
        if not self._records or every is None or step <= self._newest:
            return
        if always or step % every == 0:
            run.settle()
            self._recorded.append((step, numbers_of(self._config.parameters)))
            self._newest = step

    def save(self, run: Run) -> None:
        """Make a checkpoint."""
        start = time.monotonic()
        self._write(*self._contents(run))
        self._saved = len(run.losses)
        self._put_off(time.monotonic() - start)

    def take(self, run: Run) -> None:
        """Remember how a run has ended, before the best weights are put back."""
        self._record(run, len(run.losses), always=True)
        self._last = self._contents(run)

    def end(self, history: History) -> None:
        """Keep that it has ended."""
        text, arrays, memory = self._last
        fields = ("stopped_by", "best_step", "restored", "engine", "converged_by")
        told = history.diagnosis
        memory["end"] = {name: getattr(history, name) for name in fields}
        memory["end"]["diagnosis"] = None if told is None else asdict(told)
        self._write(text, arrays, memory)

    def _contents(self, run: Run) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The description, the arrays and the memory of a state."""
        config, step = self._config, len(run.losses)
        run.settle()
        run.best.settle()
        whole = run.whole
        if whole is not None:
            whole.settle()
        steps = self._tail(run, step)
        if sum(part.nbytes for part in steps[1].values()) >= PART:
            steps = self._close_part(run, step, steps)
        is_over = run.choose is None
        memory = {
            "optimizer": run.memory(),
            "best": told_of(run.best),
            "cut": whole and {"best": told_of(whole), "figures": run.measured[self._whole(run) :]},
            "still": run.watch.still,
            "engine": {
                "native": run.native is not None,
                "is_over": is_over,
                "left": None if is_over else self._choice.left,
                "was_faster": None if is_over else self._choice.was_faster,
            },
            "random": self._generators.states(),
            "network": own_state(config.net, "network") if overrides(config.net) else None,
            "schedule": own_state(config.schedule, "schedule"),
            "callbacks": [own_state(each, "callback") for each in config.callbacks],
            "end": None,
        }
        text = {
            **steps[0],
            "parts": self._parts,
            "steps": step,
            "machine": machine_of(config, native=run.native is not None),
            "changed": self._changed(config.optimizer),
        }
        return text, {**steps[1], "now": numbers_of(config.parameters)}, memory

    def _changed(self, optimizer: Optimizer) -> str:
        """What has changed since the beginning and is in no file, in words; "" for nothing."""
        now = beside(optimizer)
        found = [name for name, told in now.items() if told != self._beside.get(name)]
        if found:
            return f"`{found[0]}` of the optimiser, which its `state()` does not tell"
        return self._seen.changed(self._seen.generators)

    def _tail(self, run: Run, step: int) -> Contents:
        """The steps that are in no part yet."""
        columns = [column[self._first : step] for column in (run.losses, run.rates, run.norms)]
        measured = run.measured[self._told : self._whole(run)]
        return steps_of(self._first, columns, measured, self._recorded)

    def _whole(self, run: Run) -> int:
        """How many validation figures are of whole epochs."""
        is_cut = run.whole is not None and self._config.held_out is not None
        return len(run.measured) - is_cut

    def _close_part(self, run: Run, step: int, steps: Contents) -> Contents:
        """Write steps into a part; what is left for the state: none."""
        try:
            self.folder.write_part(self._parts, *steps)
        except SaveError as error:
            self._warn(error)
            return steps
        self._parts += 1
        self._first, self._told, self._recorded = step, self._whole(run), []
        return steps_of(step, [[], [], []], [], [])

    def _write(self, text: dict[str, Any], arrays: dict[str, Any], memory: dict[str, Any]) -> None:
        lists: dict[str, Any] = {}
        told = spelled(memory, lists)
        try:
            self.folder.write_state({**text, "memory": told}, {**arrays, **lists})
        except SaveError as error:
            if self._saved is None:  # nothing was ever written there
                raise
            self._warn(error)

    def _warn(self, error: JangradError) -> None:
        """The steps that are made count for more than that they are kept."""
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"the training goes on, but is not kept: {error.what}\n"
                "  why: an older checkpoint is still whole\n"
                "  try: room on the disk; it is tried again at each checkpoint",
                RuntimeWarning,
                stacklevel=7,
            )


def spacing(total: int, parameters: int) -> int:
    """How many steps of so many lie between two records of weights, if that is not said.

    >>> spacing(1000, 41), spacing(10_000, 101_770)
    (1, 31)
    """
    return max(1, math.ceil(total / _RECORDS), math.ceil(total * 8 * parameters / _BYTES))


def _check_asked(
    checkpoint: Any, checkpoint_every: Any, record: Any, record_every: Any, resume: Any
) -> None:
    lacks = "checkpoint" if checkpoint is record is None else "record"
    asked = {"record_every": record_every}
    if lacks == "checkpoint":
        asked |= {"checkpoint_every": checkpoint_every, "resume": resume or None}
    for name, given in asked.items():
        if given is not None and (record if lacks == "record" else None) is None:
            raise ConfigError(
                f"`{name}={given!r:.60}` was given, but no `{lacks}`",
                why="that is the folder in which the training is kept",
                try_=f'{lacks}="run"',
            )
