"""fit(threads=n): the same run as by Python, and the same bits each time."""

import functools
import gc
import random
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest

from jangrad import MLP, Value, fit, table
from jangrad.datasets import moons
from jangrad.errors import ConfigError
from jangrad.nn import Module, l2_penalty
from jangrad.train import SGD, Adam, AdamW
from jangrad.train.compiled.thread_team import ThreadTeam, shares

X, Y = moons(45, noise=0.3, seed=1)
CLASSES = [float(y > 0) for y in Y]
WIDE = [[(i * j % 17) / 8 - 1 for j in range(1, 21)] for i in range(1, 46)]


class Own(Module):
    """Some parameters that no row uses, between those that rows do."""

    def __init__(self):
        self.first = MLP(2, [3, 1], "tanh", seed=0)
        self.unused = Value(0.7)
        self.last = MLP(2, [17, 1], "tanh", seed=1)

    def __call__(self, xs):
        return [self.first(xs)[0] + self.last(xs)[0]]

    def parameters(self):
        return [*self.first.parameters(), self.unused, *self.last.parameters()]


penalty = functools.partial(l2_penalty, strength=0.01)
CASES = {
    "straight-line code": (lambda: MLP(2, [4, 1], "tanh", seed=3), X, Y, {}),
    "loops": (lambda: MLP(2, [16, 16, 1], "tanh", seed=3), X, Y, {"batch_size": 32}),
    "a penalty": (
        lambda: MLP(2, [16, 16, 1], "tanh", seed=3), X, Y,
        {"penalty": penalty, "loss": "hinge", "optimizer": lambda p: SGD(p, 0.02, momentum=0.9)},
    ),
    "many parameters": (
        lambda: MLP(20, [24, 5], "tanh", seed=3), WIDE, CLASSES,
        {"loss": "softmax_cross_entropy", "batch_size": 11, "optimizer": Adam},
    ),
    "many parameters, all rows": (
        lambda: MLP(20, [40, 1], "tanh", seed=3), WIDE, CLASSES,
        {"loss": "binary_cross_entropy", "optimizer": lambda p: AdamW(p, 0.01, weight_decay=0.1)},
    ),
    "many parameters, a penalty": (
        lambda: MLP(20, [24, 5], "tanh", seed=3), WIDE, CLASSES,
        {"loss": "softmax_cross_entropy", "batch_size": 7, "penalty": penalty},
    ),
    "one row in the last batch": (
        lambda: MLP(2, [17, 1], "tanh", seed=3), X, Y, {"batch_size": 11, "optimizer": "rmsprop"},
    ),
    "a row a batch": (
        lambda: MLP(2, [17, 1], "tanh", seed=3), X, Y, {"batch_size": 1, "optimizer": "adagrad"},
    ),
    "parameters that no row uses": (Own, X, Y, {"penalty": penalty, "batch_size": 32}),
    "some learn": (
        lambda: MLP(2, [16, 16, 1], "tanh", seed=3), X, Y,
        {"some": True, "optimizer": lambda p: SGD(p, 0.05)},
    ),
}  # fmt: skip


def run(case, steps, **more):
    make, rows, targets, options = CASES[case]
    net, options = make(), {**options, **more}
    learning = net.layers[1].parameters() if options.pop("some", False) else net.parameters()
    optimizer = options.pop("optimizer", "sgd")
    if callable(optimizer):
        optimizer = optimizer(learning)
    history = fit(net, rows, targets, optimizer=optimizer, steps=steps, progress=False, **options)
    return history, [p.data for p in net.parameters()]


@functools.cache
def by_python(case):
    return run(case, 300, engine="eager")


@pytest.mark.parametrize("threads", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("case", CASES)
def test_any_number_of_threads_makes_the_steps_of_python(case, threads):
    """Loss, gradient and weights to 1e-9, whatever the shares; and the same bits once more."""
    found, weights = run(case, 300, engine="native", threads=threads)
    wanted, right = by_python(case)
    assert found.engine == "native"
    assert found.loss == pytest.approx(wanted.loss, rel=1e-9)
    assert found.gradient_norm == pytest.approx(wanted.gradient_norm, rel=1e-9)
    assert weights == pytest.approx(right, rel=1e-9)
    again, same = run(case, 300, engine="native", threads=threads)
    assert (again.loss, again.gradient_norm, same) == (found.loss, found.gradient_norm, weights)


@pytest.mark.parametrize("case", ["a penalty", "many parameters"])
def test_the_same_bits_twenty_times(case):
    """No number depends on which thread was faster."""
    runs = {repr(run(case, 200, engine="native", threads=3)) for _ in range(20)}
    assert len(runs) == 1


def test_the_same_bits_in_other_processes():
    """Also where there is one processor for all of them: nothing hangs, nothing differs."""
    code = """
import os, sys
if len(sys.argv) > 1 and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from jangrad import MLP, fit
rows = [[(i * j % 17) / 8 - 1 for j in range(1, 21)] for i in range(1, 46)]
net = MLP(20, [24, 1], "tanh", seed=0)
history = fit(net, rows, [i % 2 for i in range(45)], batch_size=32, steps=500, engine="native",
              threads=8, progress=False)
print(history.loss[-1].hex(), sum(p.data for p in net.parameters()).hex())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", code, *crowded],
            capture_output=True, text=True, timeout=120, check=True,
        ).stdout
        for crowded in ([], [], ["on one processor"])
    }  # fmt: skip
    assert len(found) == 1


def test_one_thread_is_what_there_was():
    """The default is one, and its code knows of no others."""
    one, default = (run("loops", 50, engine="native", **more) for more in ({"threads": 1}, {}))
    assert (one[0].loss, one[1]) == (default[0].loss, default[1])


def test_single_precision():
    """The same run to a few digits, and the same bits each time."""
    runs = [
        run("many parameters", 100, dtype=dtype, threads=3, engine="native")
        for dtype in ("float64", "float32", "float32")
    ]
    assert runs[1][0].loss == pytest.approx(runs[0][0].loss, rel=1e-4)
    assert runs[1][0].loss != runs[0][0].loss
    assert runs[1][1] == runs[2][1]


def test_what_hangs_on_a_run_is_as_by_python():
    """Callbacks, validation, early stopping, and the diagnosis of a run that diverges."""
    for options in (
        {"validation": (X[:20], Y[:20]), "learning_rate": 0.05, "patience": 3, "batch_size": 16},
        {"learning_rate": 50.0, "optimizer": "sgd"},
    ):
        runs = []
        for engine, threads in (("eager", 1), ("native", 2)):
            seen = []
            net = MLP(2, [17, 1], "tanh", seed=3)
            history = fit(
                net, X, Y, steps=400, engine=engine, threads=threads, progress=False,
                callbacks=[lambda step, seen=seen: seen.append(step.step)], callback_every=50,
                **options,
            )  # fmt: skip
            runs.append((history, seen, [p.data for p in net.parameters()]))
        (eager, told, right), (native, seen, weights) = runs
        assert seen == told
        assert native.loss == pytest.approx(eager.loss, rel=1e-9)
        assert weights == pytest.approx(right, rel=1e-9)
        assert str(native.diagnosis) == str(eager.diagnosis)
        assert native.stopped_by == eager.stopped_by
        assert native.best_step == eager.best_step


def test_ctrl_c_ends_all_threads():
    """Within the burst, with what was learned, and the process ends."""
    code = """
import signal, threading
from jangrad import MLP, fit
from jangrad.datasets import moons
signal.signal(signal.SIGINT, signal.default_int_handler)
X, y = moons(64, seed=0)
h = fit(MLP(2, [17, 1], "tanh", seed=0), X, y, optimizer="sgd", learning_rate=1e-7,
        steps=10_000_000, callbacks=[lambda step: print("started", flush=True)],
        callback_every=1000, engine="native", threads=2)
print(h.engine, h.stopped_by, threading.active_count())
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "started\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "native interrupt 1", err
    assert "Traceback" not in err


@pytest.fixture
def teams(monkeypatch):
    """The teams that are made."""
    made = []
    init = ThreadTeam.__init__

    def noted(self, *arguments):
        init(self, *arguments)
        made.append(weakref.ref(self))

    monkeypatch.setattr(ThreadTeam, "__init__", noted)
    return made


def test_nothing_is_left_behind(teams):
    """Neither threads nor their memory."""
    before = threading.active_count()
    run("loops", 20, engine="native", threads=4)
    gc.collect()
    assert threading.active_count() == before
    assert [team() for team in teams] == [None]


def test_no_more_threads_than_vectors_of_rows(teams, monkeypatch):
    """Four rows are too few to be shared out; then there is nobody to wait for."""
    threads = []
    monkeypatch.setattr(
        "jangrad.train.compiled.trainer.shares",
        lambda *given: threads.append(shares(*given)) or threads[-1],
    )
    net = MLP(3, [4, 1], "tanh", seed=0)
    fit(net, [[1.0, 2.0, 3.0]] * 2, [1.0, -1.0], steps=5, engine="native", threads=8)
    assert threads == [(1, 2)]
    assert not teams


def test_an_error_in_one_thread_frees_the_others(monkeypatch):
    """It is raised where `fit` was called; nobody waits at a barrier for ever."""
    together = ThreadTeam._together

    def with_an_error(self, function, calls):
        def fails(*call):
            if call == calls[1]:
                raise MemoryError("no room")
            function(*call)

        together(self, fails, calls)

    monkeypatch.setattr(ThreadTeam, "_together", with_an_error)
    before = threading.active_count()
    with pytest.raises(MemoryError, match="no room"):
        run("loops", 50, engine="native", threads=3)
    assert threading.active_count() == before


def test_a_system_that_starts_no_more_threads_is_named(monkeypatch):
    """Those that were started end too."""
    start, started = threading.Thread.start, []

    def refuse(self):
        if len(started) == 1:
            raise RuntimeError("can't start new thread")
        started.append(self)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    rows = [[1.0, 2.0]] * 96  # whole vectors for each of three, however wide these are
    net = MLP(2, [16, 1], "tanh", seed=3)
    with pytest.raises(ConfigError, match="the system starts no 3 threads") as caught:
        fit(net, rows, [1.0] * 96, steps=50, engine="native", threads=3, progress=False)
    assert "fewer threads" in str(caught.value)
    assert not started[0].is_alive()


def own_loss(outputs, targets):
    return sum((o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threads": 0}, "`threads` is 0, but needs an integer >= 1"),
        ({"threads": 1.5}, "`threads` is 1.5"),
        ({"threads": True}, "`threads` is True"),
        ({"threads": "two"}, "`threads` is 'two'"),
        ({"threads": 2, "engine": "eager"}, "Python computes one Value after the other"),
        ({"threads": 2, "loss": own_loss}, "your loss may mix them"),
    ],
)
def test_threads_that_cannot_be(options, words):
    """The message says why."""
    with pytest.raises(ConfigError, match=words):
        fit(MLP(2, [4, 1]), X, Y, steps=1, **options)
    fit(MLP(2, [4, 1]), X, Y, steps=1, **{**options, "threads": 1})


class Embedded:
    """A table of words, looked up by two inputs, in front of a layer."""

    def __init__(self, words, width=3):
        draw = random.Random(4)
        self.words = [[Value(draw.gauss(0.0, 0.5)) for _ in range(width)] for _ in range(words)]
        self.head = MLP(2 * width + 1, [4, 1], "tanh", seed=1)

    def parameters(self):
        return [p for row in self.words for p in row] + self.head.parameters()

    def __call__(self, row):
        words = table(self.words)
        first, second, x = row
        return self.head([*words[first], *words[second], x])


@pytest.mark.parametrize("words", [5, 60])
@pytest.mark.parametrize("size", [90, 32])
def test_rows_that_look_up_the_same_words_in_several_threads(words, size):
    """What each thread adds to a word's gradient is added up, words that none looks up included."""
    draw = random.Random(8)
    X = [[draw.randrange(words - 1), draw.randrange(words - 1), draw.random()] for _ in range(90)]
    y = [row[0] - row[1] * row[2] for row in X]
    found = []
    for engine, threads in (("eager", 1), ("native", 1), ("native", 2), ("native", 3)):
        net = Embedded(words)
        history = fit(
            *(net, X, y),
            optimizer="adam",
            learning_rate=0.02,
            steps=60,
            batch_size=size,
            engine=engine,
            threads=threads,
            progress=False,
        )
        found.append([*history.loss, *(p.data for p in net.parameters())])
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-9, abs=1e-10)
