"""Kill trainings at random moments and in the middle of writes, and see that nothing is lost.

    python -m tools.kills 200            # so many of each kind; a seed may follow

Each training runs in a process of its own, forked from this one, which is sent SIGKILL; it is
resumed and killed again until it has come to its end, half of them with more steps two times after
that. Weights and History must then be, to the last bit, those of the same training that nobody has
interrupted.
"""

from __future__ import annotations

import builtins
import inspect
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jangrad import MLP, Module, Value, files, fit, tanh
from jangrad.datasets import moons
from jangrad.nn import l2_penalty
from jangrad.train import LBFGS, SGD, cosine, keeper, load_run

X, Y = moons(40, seed=0)
HELD = moons(20, seed=1)
EVERY = 7
#: A training: given where to keep it, it gives its weights and its History.
Training = Callable[..., tuple[dict[str, float], Any]]


class Own(Module):
    """A network of the user's own, with parameters that are shared and one that does not learn."""

    def __init__(self) -> None:
        draw = random.Random(3)
        self.first = [[Value(draw.gauss(0.0, 0.5)) for _ in range(3)] for _ in range(4)]
        self.last = [Value(draw.gauss(0.0, 0.5)) for _ in range(4)]
        self.scale = Value(1.5)

    def __call__(self, row: Any) -> Any:
        hidden = [tanh(a * row[0] + b * row[1] + c) for a, b, c in self.first]
        return [self.scale * sum(w * h for w, h in zip(self.last, hidden, strict=True))]


class Anneal:
    """A callback that changes rate, option and a factor of the loss, and says where it is."""

    def __init__(self) -> None:
        self.factor, self.optimizer = 1.0, None

    def __call__(self, step: Any) -> None:
        self.factor *= 0.97
        if self.optimizer is not None and step.step == 40:
            self.optimizer.learning_rate *= 0.5
            self.optimizer.momentum = 0.8

    def state(self) -> dict[str, Any]:
        return {"factor": self.factor}

    def load_state(self, state: dict[str, Any]) -> None:
        self.factor = state["factor"]


class Plateau:
    """A schedule and a callback: the rate falls where the loss does not."""

    def __init__(self) -> None:
        self.best, self.rate, self.waited = float("inf"), 0.3, 0

    def __call__(self, step: Any) -> Any:
        if isinstance(step, int):
            return self.rate
        self.waited = 0 if step.loss < self.best else self.waited + 1
        self.best = min(self.best, step.loss)
        if self.waited > 3:
            self.rate, self.waited = 0.7 * self.rate, 0
        return None

    def state(self) -> list[Any]:
        return [self.best, self.rate, self.waited]

    def load_state(self, state: list[Any]) -> None:
        self.best, self.rate, self.waited = state


def adam(engine: str, steps: int = 120, **kept: Any) -> Any:
    """All rows in each step."""
    net = MLP(2, [6, 1], "tanh", seed=0)
    return net, fit(net, X, Y, loss="hinge", steps=steps, engine=engine, progress=False, **kept)


def batches(engine: str, dtype: str = "float64", steps: int = 150, **kept: Any) -> Any:
    """Batches, rows that are held out, patience, a penalty and a schedule; weights on the way."""
    net = MLP(2, [6, 1], "relu", seed=1)
    if "checkpoint" in kept:
        kept["record"] = kept.pop("checkpoint")
        kept["record_every"] = 10
    history = fit(
        net, X, Y, loss="hinge", steps=steps, engine=engine, batch_size=16, dtype=dtype,
        validation=HELD, patience=14, tolerance=1e-3, schedule=cosine(0.05, 150),
        penalty=partial(l2_penalty, strength=1e-3), progress=False, seed=5, **kept,
    )  # fmt: skip
    return net, history


def threads(engine: str, steps: int = 180, **kept: Any) -> Any:
    """Two threads share out the rows, which count differently and are not shuffled."""
    net = MLP(2, [6, 1], "tanh", seed=0)
    return net, fit(
        net, X, Y, loss="squared_error", optimizer="rmsprop", steps=steps, batch_size=16,
        shuffle=False, row_weights=[0.5 + i % 3 for i in range(40)], threads=2, engine=engine,
        progress=False, **kept,
    )  # fmt: skip


def drawing(engine: str, steps: int = 40, **kept: Any) -> Any:
    """A loss that draws from Python's, NumPy's and its own generator; a seed by chance."""
    random.seed(11)
    np.random.seed(12)
    own, others = random.Random(13), np.random.default_rng(14)
    net = MLP(2, [3, 1], "tanh", seed=0)

    def noisy(outputs: Any, targets: Any) -> Any:
        noise = random.gauss(0.0, 0.1) + np.random.normal() + own.random() + others.random()
        return (
            sum((o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True))
            + noise * net([0.1, 0.2])[0]
        )

    return net, fit(
        net, X, Y, loss=noisy, steps=steps, batch_size=8, seed=None, engine=engine, progress=False,
        **kept,
    )  # fmt: skip


def annealing(engine: str, steps: int = 80, **kept: Any) -> Any:
    """Callbacks that change rate, options and the loss, of a network of the user's own."""
    net, anneal = Own(), Anneal()
    optimizer = SGD([*net.last, *(w for row in net.first for w in row)], 0.05, momentum=0.9)
    anneal.optimizer = optimizer  # type: ignore[assignment]

    def weighted(outputs: Any, targets: Any) -> Any:
        errors = ((o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True))
        return anneal.factor * sum(errors) / len(targets)

    return net, fit(
        net, X[:12], Y[:12], loss=weighted, steps=steps, optimizer=optimizer, callbacks=[anneal],
        callback_every=2, engine=engine, progress=False, **kept,
    )  # fmt: skip


def plateau(engine: str, steps: int = 80, **kept: Any) -> Any:
    """A rate that goes by the losses, counted in epochs that patience ends."""
    net, rate = MLP(2, [4, 1], "tanh", seed=2), Plateau()
    return net, fit(
        net, X, Y, loss="hinge", steps=steps, optimizer="sgd", schedule=rate, callbacks=[rate],
        patience=15, tolerance=1e-4, engine=engine, progress=False, **kept,
    )  # fmt: skip


def counting(engine: str, steps: int = 500, **kept: Any) -> Any:
    """A schedule that counts its calls, and a callback that ends the training."""
    net, calls = MLP(2, [4, 1], "tanh", seed=2), [0]

    def schedule(step: int) -> float:
        calls[0] += 1
        return 0.1 / calls[0]

    return net, fit(
        net, X, Y, loss="hinge", steps=steps, optimizer="adagrad", schedule=schedule,
        callbacks=[lambda step: step.step == 70], engine=engine, progress=False, **kept,
    )  # fmt: skip


def diverging(engine: str, steps: int = 300, **kept: Any) -> Any:
    """A diagnosis ends it, and the best weights are put back."""
    net = MLP(2, [4, 1], "tanh", seed=0)

    def steep(step: int) -> float:
        return 0.01 if step < 40 else 50.0

    return net, fit(
        net, X, [10.0 * y for y in Y], steps=steps, optimizer="sgd", schedule=steep, engine=engine,
        progress=False, **kept,
    )  # fmt: skip


def lbfgs(engine: str, steps: int = 60, **kept: Any) -> Any:
    """A full-batch method, with callbacks and rows that are held out."""
    net = MLP(2, [4, 1], "tanh", seed=0)
    return net, fit(
        net, X, Y, optimizer=LBFGS(net.parameters(), gtol=1e-9), steps=steps, validation=HELD,
        patience=40, callbacks=[lambda step: None], callback_every=9, engine=engine,
        progress=False, **kept,
    )  # fmt: skip


def marquardt(engine: str, steps: int = 50, **kept: Any) -> Any:
    """Another one, with a callback that moves a weight."""
    net = MLP(2, [3, 1], "tanh", seed=0)

    def nudge(step: Any) -> None:
        if step.step == 20:
            net.parameters()[0].data += 0.5

    return net, fit(
        net, X, Y, optimizer="levenberg_marquardt", steps=steps, engine=engine, callbacks=[nudge],
        penalty=partial(l2_penalty, strength=1e-3), progress=False, **kept,
    )  # fmt: skip


def own(engine: str, steps: int = 500, **kept: Any) -> Any:
    """A network of the user's own, whose engine is chosen."""
    net = Own()
    return net, fit(
        net, X, Y, loss="squared_error", steps=steps, batch_size=8, engine=engine, progress=False,
        **kept,
    )  # fmt: skip


KINDS: dict[str, Training] = {
    **{f"adam, {engine}": partial(adam, engine) for engine in ("eager", "native", "auto")},
    "adam, long, native": partial(adam, "native", steps=30_000),
    **{f"batches, {engine}": partial(batches, engine) for engine in ("eager", "native", "auto")},
    "batches, single precision": partial(batches, "native", "float32"),
    "threads": partial(threads, "native"),
    "drawing": partial(drawing, "eager"),
    "drawing, auto": partial(drawing, "auto"),
    **{f"annealing, {engine}": partial(annealing, engine) for engine in ("eager", "native")},
    **{f"plateau, {engine}": partial(plateau, engine) for engine in ("eager", "native")},
    **{f"counting, {engine}": partial(counting, engine) for engine in ("eager", "native")},
    **{f"diverging, {engine}": partial(diverging, engine) for engine in ("eager", "native")},
    **{f"lbfgs, {engine}": partial(lbfgs, engine) for engine in ("eager", "native", "auto")},
    **{f"marquardt, {engine}": partial(marquardt, engine) for engine in ("eager", "native")},
    "own, auto": partial(own, "auto"),
}


def told(training: Training, **kept: Any) -> str:
    """Weights and History of a training, to the last bit."""
    net, history = training(**kept)
    weights = {name: number.hex() for name, number in net.state().items()}
    return json.dumps([weights, history.to_json()])


def in_a_child(run: Callable[[], object]) -> int:
    """The process that runs it, and ends with 0, or 1 with a traceback."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        run()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def killed_in(seconds: float, pid: int) -> bool:
    """Kill a process after so long; whether it lived so long. An error of its own is raised."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return _killed(status)
        time.sleep(min(0.002, max(0.0, end - time.monotonic())))
    os.kill(pid, signal.SIGKILL)
    return _killed(os.waitpid(pid, 0)[1])


def _killed(status: int) -> bool:
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGKILL):
        raise SystemExit(f"the training has failed with {code}")
    return code != 0


class Deadly:
    """A file that is killed, with its process, in the middle of its n-th operation."""

    left = -1

    def __init__(self, file: Any) -> None:
        self._file = file

    @classmethod
    def strike(cls) -> None:
        """Count an operation; the last one is the end."""
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def write(self, data: bytes) -> None:
        half = len(data) // 2
        self._file.write(data[:half])
        self._file.flush()
        self.strike()
        self._file.write(data[half:])

    def __enter__(self) -> Deadly:
        self.strike()
        return self

    def __exit__(self, *_: object) -> None:
        self.strike()
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def deadly_writes(operation: int) -> None:
    """Kill this process in the middle of that operation on files, of all that it makes."""
    Deadly.left = operation
    replace = Path.replace

    def opened(path: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        file = builtins.open(path, mode, *given, **named)  # noqa: SIM115
        return Deadly(file) if mode == "xb" else file

    def replaced(self: Path, target: Any) -> Any:
        Deadly.strike()
        found = replace(self, target)
        Deadly.strike()
        return found

    files.open = opened  # type: ignore[attr-defined]
    Path.replace = replaced  # type: ignore[method-assign]


def moments(training: Training, kept: dict[str, Any], draw: random.Random) -> Iterator[bool]:
    """Kill a training again and again until it has ended: whether it was killed, each time."""
    start = time.monotonic()
    whole = None
    while True:
        if draw.random() < 0.3:
            strike = draw.choice([1, 2, 3, 5, 8, 13, 21, 40, draw.randrange(1, 200)])

            def run(strike: int = strike) -> None:
                deadly_writes(strike)
                training(**kept)

            killed = killed_in(60.0, in_a_child(run))
        else:
            most = 0.5 if whole is None else whole
            seconds = draw.random() ** 2 * most
            killed = killed_in(seconds, in_a_child(lambda: training(**kept)))
        yield killed
        if not killed:
            return
        whole = min(0.5, time.monotonic() - start)


def totals(name: str, draw: random.Random) -> list[int]:
    """How many steps a training of a kind is asked for, one time after the other, each more.

    Once where the engine is chosen, for of more steps another one may make the rest.
    """
    whole = inspect.signature(KINDS[name]).parameters["steps"].default
    if "auto" in name or draw.random() < 0.5:
        return [whole]
    return [*sorted(draw.sample(range(1, whole), 2)), whole]


def check(name: str, kills: int, seed: int, folder: Path) -> int:
    """Kill trainings of a kind so often; how many of them were killed, and ended as they should."""
    draw, training = random.Random(f"{name} {seed}"), KINDS[name]
    wanted, made, runs = told(training), 0, 0
    while made < kills:
        shutil.rmtree(folder, ignore_errors=True)
        kept = {
            "checkpoint": folder,
            "checkpoint_every": draw.choice([1, EVERY, 31]),
            "resume": True,
        }
        for steps in totals(name, draw):
            for killed in moments(partial(training, steps=steps), kept, draw):
                made += killed
        found = told(training, **kept)
        load_run(folder)
        if found != wanted:
            raise SystemExit(f"{name}: after {made} kills another training has come of it")
        runs += 1
    print(f"{name}: {made} kills of {runs} trainings, each ended as it should", flush=True)
    return made


def main() -> None:
    """Kill."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    only = sys.argv[3:]
    total = 0
    keeper.PART = 3000  # so that there are many
    with tempfile.TemporaryDirectory() as place:
        for name in KINDS:
            if not only or any(part in name for part in only):
                total += check(name, kills, seed, Path(place) / "run")
    print(f"{total} kills, nothing lost")


if __name__ == "__main__":
    main()
