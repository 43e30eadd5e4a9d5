"""A training that is kept goes on as if it had never been interrupted, and loses nothing."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from tools import kills, mutations

from jangrad import MLP, Module, Value, fit
from jangrad.datasets import four_rows
from jangrad.errors import CheckpointError, ConfigError, NameNotFound, SaveError
from jangrad.train import SGD, cosine, keeper, load_run, store
from jangrad.train.shuffle import Deal

OLD = Path(__file__).parent / "runs"
X, Y = four_rows()
needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the tests kill forked processes")


class Interrupted(BaseException):
    """As a kill, but for the process that it leaves."""


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """The disk need not be waited for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def run(tmp_path):
    """Where trainings are kept."""
    return tmp_path / "run"


def interrupted(monkeypatch, after, training):
    """Break a training off behind so many checkpoints."""
    write, made = store.RunFolder.write_state, itertools.count(1)

    def writing(self, *contents):
        write(self, *contents)
        if next(made) == after:
            raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(store.RunFolder, "write_state", writing)
        with pytest.raises(Interrupted):
            training()


def train(run, net=None, steps=40, **options):
    """A small training, kept where nothing else is said."""
    net = net or MLP(3, [3, 1], "tanh", seed=0)
    options = {"checkpoint": run, "engine": "eager", **options}
    return net, fit(net, X, Y, steps=steps, progress=False, **options)


# -- to the last bit ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in kills.KINDS if "long" not in name])
def test_what_was_interrupted_ends_the_same(name, run, monkeypatch):
    """Weights and History, bit by bit, twice interrupted and also once it has ended; every kind
    of training, as `tools/kills.py` has them."""
    training = kills.KINDS[name]
    wanted = kills.told(training)
    kept = {"checkpoint": run, "checkpoint_every": 5, "resume": True}
    for after in (random.Random(name).randrange(1, 5), 2):
        interrupted(monkeypatch, after, lambda: training(**kept))
    assert kills.told(training, **kept) == wanted
    assert kills.told(training, **kept) == wanted


@pytest.mark.parametrize("name", [n for n in kills.KINDS if "long" not in n and "auto" not in n])
def test_more_steps_later_on_are_those_of_a_longer_training(name, run):
    """Weights and History, bit by bit: twice ended before, within an epoch where there are some."""
    training, wanted = kills.KINDS[name], kills.told(kills.KINDS[name])
    made = 0
    for steps in (25, 38):
        _, history = training(steps=steps, checkpoint=run, resume=True)
        assert made < len(history) <= steps
        assert load_run(run).history == history
        made = len(history)
    assert kills.told(training, checkpoint=run, resume=True) == wanted
    assert kills.told(training, checkpoint=run, resume=True) == wanted


def test_more_patience_later_on_goes_on(run, monkeypatch):
    """Where patience had ended it; and less of it is another training."""
    monkeypatch.setattr(keeper, "PART", 200)

    def training(patience, **kept):
        net = MLP(2, [6, 1], "tanh", seed=0)
        return net, fit(
            net, kills.X, kills.Y, loss="hinge", steps=97, batch_size=16, learning_rate=0.05,
            validation=kills.HELD, patience=patience, progress=False, engine="eager", **kept,
        )  # fmt: skip

    for patience in (3, 5, 40):
        wanted = kills.told(lambda p=patience: training(p))
        assert kills.told(lambda p=patience: training(p, checkpoint=run, resume=True)) == wanted
    assert [training(p)[1].stopped_by for p in (3, 5, 40)] == ["patience", "patience", "finished"]
    with pytest.raises(CheckpointError, match="`patience` is 3 there and 2 here"):
        training(2, checkpoint=run, resume=True)


def test_of_more_steps_machine_code_makes_the_rest(run):
    """Of few it would not pay; so the last digits may be others, and nothing else."""
    options = {"engine": "auto", "loss": "squared_error", "resume": True}
    assert train(run, steps=5, **options)[1].engine == "eager"
    _, history = train(run, steps=20_000, **options)
    assert (history.engine, len(history)) == ("native", 20_000)
    _, wanted = train(run, steps=20_000, **{**options, "checkpoint": None, "resume": False})
    assert history.loss == pytest.approx(wanted.loss, rel=1e-9)


def test_fewer_steps_are_refused(run):
    """They cannot be taken back; nor may a schedule be stretched over more of them."""
    train(run, batch_size=2)
    for steps, said in ((30, "20 epochs, but 15"), (31, "40 steps, but 31")):
        with pytest.raises(CheckpointError) as caught:
            train(run, steps=steps, batch_size=2, resume=True)
        assert f"has made {said} are asked for now" in str(caught.value)
        assert f"try: {said.partition(',')[0]} or more" in str(caught.value)
    options = {"schedule": cosine(0.1, 40), "checkpoint": run.with_name("other")}
    train(run, **options)
    options |= {"resume": True, "steps": 80}
    assert len(train(run, **options)[1]) == 80
    with pytest.raises(CheckpointError) as caught:
        train(run, **options | {"schedule": cosine(0.1, 80)})
    assert "cosine with 0.1, 40, 0.0 there and cosine with 0.1, 80" in str(caught.value)
    assert "why: the steps that were made would have had other rates" in str(caught.value)
    assert "the schedule that it was begun with, also for more steps" in str(caught.value)


# Of JAX, where another test has imported it: these children make no use of it.
forks = pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")


@forks
@needs_forks
@pytest.mark.parametrize("name", ["adam, eager", "batches, native"])
def test_a_kill_at_any_moment_loses_nothing(name, tmp_path):
    """Random SIGKILLs, and some in the middle of writes; the tool tries hundreds of each kind."""
    assert kills.check(name, 8, 0, tmp_path / "run") >= 8


@forks
@needs_forks
def test_a_kill_in_the_middle_of_each_operation_on_a_file(run, monkeypatch):
    """Of all operations with which the first checkpoints and a part are written, one by one."""

    def training(**kept):
        return train(run, steps=12, checkpoint_every=4, record=run, record_every=1, **kept)

    monkeypatch.setattr(keeper, "PART", 600)
    wanted = kills.told(lambda: train(run, steps=12, checkpoint=None))
    operations = 0
    for operation in itertools.count(1):

        def dying(operation=operation):
            kills.deadly_writes(operation)
            training(resume=True)

        if not kills.killed_in(60.0, kills.in_a_child(dying)):
            break
        operations += 1
        assert kills.told(lambda: training(resume=True)) == wanted
        kept = load_run(run)
        assert kept.recorded == list(range(13))
        for file in run.iterdir():
            file.unlink()
    assert operations >= 5 * 7  # opened, written, closed, renamed, of at least seven files


def test_a_training_that_is_kept_is_the_same(run):
    """To keep it changes no bit of it; nor does it matter how often."""
    wanted = kills.told(kills.KINDS["batches, native"])
    for every in (None, 1, 1000):
        place = run.with_name(f"run{every}")
        found = kills.told(kills.KINDS["batches, native"], checkpoint=place, checkpoint_every=every)
        assert found == wanted


def test_resume_begins_where_there_is_nothing(run):
    """So a program can always ask for it; also in a folder that is there and empty."""
    run.mkdir()
    net, history = train(run, resume=True)
    assert history.stopped_by == "finished"
    again = MLP(3, [3, 1], "tanh", seed=5)  # whatever it begins with
    assert train(run, again, resume=True)[1] == history
    assert again.state() == net.state()


INTERRUPTED = """
import os, signal, sys
from jangrad import MLP, fit
from jangrad.datasets import four_rows
run, after, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def callback(step):
    if step.step == after:
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        print("called")
history = fit(MLP(3, [3, 1], "tanh", seed=0), *four_rows(), steps=40, checkpoint=run, resume=True,
              checkpoint_every=1000, engine="eager", callbacks=[callback])
print(history.stopped_by, len(history))
"""


def _interrupting(*arguments):
    """What a training prints that sends itself Ctrl-C after a step, so many times."""
    command = [sys.executable, "-c", INTERRUPTED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_ctrl_c_waits_for_the_end_of_the_step(run):
    """So there is a checkpoint of that step; a second one strikes at once, and an older one is
    gone on with."""
    assert _interrupting(run, 17, 1) == ["called", "interrupt", "18"]
    kept = load_run(run)
    assert (len(kept), kept.history.stopped_by) == (18, "interrupt")
    assert _interrupting(run, 30, 2) == ["interrupt", "31"]
    assert len(load_run(run)) == 18
    assert _interrupting(run, 99, 1) == ["finished", "40"]


def test_an_error_of_a_callback_leaves_the_newest_checkpoint(run):
    """It may have done half of its work, so its step is made again."""

    def broken(step):
        if step.step == 17:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(run, callbacks=[broken], checkpoint_every=5)
    assert len(load_run(run)) == 15
    with pytest.raises(CheckpointError, match="`callbacks` is test_an_error"):
        train(run, resume=True)


# -- what is refused ------------------------------------------------------------------------------


class Line(Module):
    def __init__(self):
        self.w = [Value(0.1), Value(0.2), Value(0.3)]

    def __call__(self, row):
        return [sum(w * x for w, x in zip(self.w, row, strict=True))]


CHANGES = [
    ({"learning_rate": 0.02}, "`learning_rate` is 0.001 there and 0.02 here"),
    ({"optimizer": "sgd"}, "`optimizer` is Adam there and SGD here"),
    ({"net": MLP(3, [4, 1], "tanh", seed=0)}, "`net` is MLP.3 -> 3 tanh -> 1 linear, 16 param"),
    ({"net": MLP(3, [3, 1], "relu", seed=0)}, "`net` is .* there and MLP.3 -> 3 relu"),
    ({"net": Line()}, "`net` is .* there and Line .code"),
    ({"loss": "huber"}, "`loss` is squared_error there and huber here"),
    ({"batch_size": 2}, "`batch_size` is 4 there and 2 here"),
    ({"seed": 3}, "`seed` is 0 there and 3 here"),
    ({"shuffle": False}, "`shuffle` is True there and False here"),
    ({"row_weights": [1, 1, 1, 2]}, "`row_weights` is None there and 4, checksum"),
    ({"validation": (X, Y)}, "`validation` is None there and 4 x 3, checksum"),
    ({"patience": 3}, "`patience` is None there and 3 here"),
    ({"tolerance": 0.1}, "`tolerance` is 0.0 there and 0.1 here"),
    ({"schedule": lambda step: 0.1}, "`schedule` is None there"),
    ({"penalty": lambda p: p[0] * 0.1}, "`penalty` is None there"),
    ({"dtype": "float32", "engine": "auto"}, "`dtype` is float64 there and float32 here"),
    ({"record": "run"}, "weights are not recorded there"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=[str(c)[:30] for c, _ in CHANGES])
def test_another_training_is_refused_by_what_differs(change, said, run):
    """And the network that was given stays as it was."""
    train(run)
    if "record" in change:
        change = {"record": run}
    net = change.get("net") or MLP(3, [3, 1], "tanh", seed=0)
    before = net.state()
    with pytest.raises(CheckpointError, match=f"is another one: (.|\n)*{said}"):
        train(run, **{"resume": True, **change, "net": net})
    assert net.state() == before


def test_other_data_is_refused(run):
    """Also where one number of one row is another."""
    train(run)
    rows = [row.copy() for row in X]
    rows[2][1] += 1e-12
    with pytest.raises(CheckpointError, match=r"`X` is 4 x 3, checksum [0-9a-f]{12} there and"):
        fit(MLP(3, [3, 1], "tanh", seed=0), rows, Y, steps=40, checkpoint=run, resume=True)


def test_functions_whose_code_has_changed_are_refused(run):
    """Their names are the same."""

    def loss_of(power):
        if power == 2:

            def loss(outputs, targets):
                return (outputs[0][0] - targets[0]) ** 2
        else:

            def loss(outputs, targets):
                return abs(outputs[0][0] - targets[0])

        return loss

    train(run, loss=loss_of(2))
    train(run, loss=loss_of(2), resume=True)
    with pytest.raises(CheckpointError, match=r"`loss` is .*loss .code .* there and"):
        train(run, loss=loss_of(1), resume=True)


def test_a_training_is_not_replaced(run):
    """Where nobody has said that it shall go on."""
    train(run)
    with pytest.raises(CheckpointError, match=r"there is a training in(.|\n)*try: resume=True"):
        train(run)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resume": True}, "`resume=True` was given, but no `checkpoint`"),
        ({"checkpoint_every": 3}, "`checkpoint_every=3` was given, but no `checkpoint`"),
        ({"record_every": 3}, "`record_every=3` was given, but no `checkpoint`"),
        ({"checkpoint": "a", "record_every": 3}, "`record_every=3` was given, but no `record`"),
        ({"checkpoint": "a", "record": "b"}, "`checkpoint` is 'a' and `record` is 'b'"),
        (
            {"checkpoint": "a", "checkpoint_every": 0},
            "`checkpoint_every` is 0, but",
        ),
        ({"record": "a", "record_every": 1.5}, "`record_every` is 1.5, but needs an integer"),
    ],
)
def test_what_does_not_go_together_is_refused(options, said, tmp_path, monkeypatch):
    """Before anything is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        fit(MLP(3, [1], seed=0), X, Y, steps=3, **options)
    assert not list(tmp_path.iterdir())


def test_places_that_hold_something_else(tmp_path):
    """A file, a folder of other things, one that cannot be made; what is there stays as it is."""
    (tmp_path / "notes").write_text("much work")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "thesis.tex").write_text("much work")
    for path, said in (
        (tmp_path / "notes", "is a file, and a training is kept in a folder"),
        (folder, "holds `thesis.tex`, which is no part of a training"),
    ):
        with pytest.raises(CheckpointError, match=said):
            train(path)
    with pytest.raises(SaveError, match="cannot be made: No such file"):
        train(tmp_path / "none" / "run")
    assert [file.name for file in folder.iterdir()] == ["thesis.tex"]
    with pytest.raises(CheckpointError, match="a path is text or a `Path`, not 3"):
        train(3)
    with pytest.raises(CheckpointError, match=r"there is no training in(.|\n)*run.safetensors"):
        load_run(folder)


def test_two_trainings_do_not_write_into_one_folder(run):
    """The second is refused while the first one runs, and not after it."""
    pytest.importorskip("fcntl")
    found = []

    def second(step):
        try:
            train(run, resume=True)
        except CheckpointError as error:
            found.append(error.what)

    train(run, callbacks=[second], callback_every=40)
    assert len(found) == 1
    assert "another training is being kept in" in found[0]
    with pytest.raises(CheckpointError, match="there is a training in"):
        train(run)


def test_a_network_that_cannot_tell_what_it_remembers(run):
    """What `state()` gives must be data; and what was told must be taken back."""

    class Told(Line):
        def state(self):
            return {**super().state(), "kind": type(self)}

    with pytest.raises(ConfigError, match=r"`state\(\)` of the network (.|\n)*cannot be kept"):
        train(run, Told())


def test_generators_that_are_no_longer_there(run):
    """Are named, for what they would draw is lost."""
    own = [random.Random(3)]

    def loss(outputs, targets):
        noise = own[0].random() if own else 0.0
        return (outputs[0][0] - targets[0] + noise) ** 2

    def breaking(step):
        if step.step == 7:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(run, loss=loss, callbacks=[breaking], checkpoint_every=2)
    own.clear()
    with pytest.raises(CheckpointError, match="has drawn from the generator `Random 0`, which is"):
        train(run, loss=loss, callbacks=[breaking], checkpoint_every=2, resume=True)


def test_a_schedule_that_goes_by_more_than_the_step(run):
    """Is refused where it cannot be brought to where it was, with what to write."""
    net = MLP(3, [3, 1], "tanh", seed=0)

    def by_weight(step):
        return 0.01 + abs(net.parameters()[0].data)

    def breaking(step):
        if step.step == 7:
            raise Interrupted

    options = {"schedule": by_weight, "callbacks": [breaking], "checkpoint_every": 2}
    with pytest.raises(Interrupted):
        train(run, net, **options)
    with pytest.raises(CheckpointError, match=r"the schedule gives (.|\n)*`load_state\(state\)`"):
        train(run, net, resume=True, **options)


# -- what is told ---------------------------------------------------------------------------------


def stopped(run, step=20, **options):
    """A training that an error has ended."""

    def breaking(now):
        if now.step == step:
            raise Interrupted

    options = {"callbacks": [breaking], "checkpoint_every": 4, **options}
    with pytest.raises(Interrupted):
        train(run, **options)
    return {**options, "resume": True}


def broken_off(run, **options):
    with pytest.raises(Interrupted):
        train(run, **options)


def test_what_another_machine_does_otherwise_is_told(run, monkeypatch):
    """Another version, another engine: a warning that names both, and the training goes on."""
    options = stopped(run)
    monkeypatch.setattr(keeper, "machine_of", lambda *_, **__: {"jangrad": "9.9", "python": "3"})
    with (
        pytest.warns(RuntimeWarning, match=r"its last digits will not be (.|\n)*9.9 here"),
        pytest.raises(Interrupted),
    ):
        train(run, **options)


def test_fewer_threads_are_told(run):
    """Sums are added in another order then."""
    many = {"engine": "native", "loss": "squared_error"}
    options = stopped(run, threads=2, **many)
    with (
        pytest.warns(RuntimeWarning, match="threads 2 there, 1 here(.|\n)*another order"),
        pytest.raises(Interrupted),
    ):
        train(run, **{**options, "threads": 1})
    with (
        pytest.warns(RuntimeWarning, match="engine native there, eager here"),
        pytest.raises(Interrupted),
    ):
        train(run, **{**options, "threads": 1, "engine": "eager"})


def test_what_is_not_in_the_file_is_told(run):
    """A factor that a callback changes, of which nobody says where it is."""
    factor = [1.0]

    def loss(outputs, targets):
        return factor[0] * (outputs[0][0] - targets[0]) ** 2

    def anneal(step):
        factor[0] *= 0.9
        if step.step == 20:
            raise Interrupted

    options = {"loss": loss, "callbacks": [anneal], "checkpoint_every": 4}
    with pytest.raises(Interrupted):
        train(run, **options)
    factor[0] = 1.0
    with (
        pytest.warns(RuntimeWarning, match=r"goes on without what had changed(.|\n)*factor\[0\]"),
        pytest.raises(Interrupted),
    ):
        train(run, **options, resume=True)


def test_what_an_optimiser_of_ones_own_does_not_tell_is_told(run, monkeypatch):
    """It makes its steps by itself, and remembers something that no formula knows."""

    class Heavy(SGD):
        def __init__(self, parameters):
            super().__init__(parameters, 0.1)
            self.velocity = [0.0] * len(self)

        def step(self, rate=None):
            moved = zip(self.velocity, self.gradients(), strict=True)
            self.velocity = [0.9 * v - self.learning_rate * g for v, g in moved]
            for parameter, v in zip(self.parameters, self.velocity, strict=True):
                parameter.data += v

    options = stopped(run, optimizer=Heavy)
    with pytest.warns(RuntimeWarning, match=r"goes on without(.|\n)*`velocity` of the optimiser"):
        broken_off(run, **options)

    class Told(Heavy):
        def state(self):
            return {**super().state(), "velocity": self.velocity}

        def load_state(self, state):
            self.velocity = state["velocity"]
            super().load_state({name: x for name, x in state.items() if name != "velocity"})

    def telling():
        options = {"optimizer": Told, "checkpoint_every": 5, "resume": True}
        return train(run.with_name("told"), **options)

    interrupted(monkeypatch, 3, telling)
    wanted = kills.told(lambda: train(None, checkpoint=None, optimizer=Told))
    assert kills.told(telling) == wanted


@forks
@needs_forks
def test_a_child_does_not_keep_the_folder_of_its_parent(run):
    """A process that a callback has forked and that lives on."""
    pytest.importorskip("fcntl")
    children = []

    def forking(step):
        if step.step == 3:
            children.append(kills.in_a_child(lambda: time.sleep(60)))
            raise Interrupted

    with pytest.raises(Interrupted):
        train(run, callbacks=[forking], checkpoint_every=1)
    try:
        with pytest.raises(CheckpointError, match="there is a training in"):
            train(run)
    finally:
        os.kill(children[0], signal.SIGKILL)
        os.waitpid(children[0], 0)


def test_a_folder_of_this_format_is_read_by_later_versions(tmp_path):
    """Written by 0.1.0; it is never written anew. And it is gone on with."""
    wanted = json.loads((OLD / "run_1.json").read_text())
    kept = load_run(OLD / "run_1")
    assert kept.history.to_json() == wanted["history"]
    assert [kept.weights(step) for step in kept.recorded] == wanted["weights"]
    copy = shutil.copytree(OLD / "run_1", tmp_path / "run")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of the machine
        _, history = old_run(copy, resume=True)
    assert len(history) == 30
    assert history.loss[:20] == kept.history.loss


def old_run(place, **options):
    """The training in the folder of the released format, or what goes on with it."""
    net = MLP(3, [2, 1], "tanh", seed=0)
    options = {"checkpoint_every": 10, "record_every": 5, "engine": "eager", **options}
    return net, fit(
        net, X, Y, steps=30, batch_size=3, validation=(X, Y), record=place, progress=False,
        **options,
    )  # fmt: skip


def test_a_full_disk_does_not_end_the_training(run, monkeypatch):
    """It is told once; the checkpoint before it stays whole."""
    write = store.write_at_once
    made = itertools.count()

    def full(path, data):
        if next(made) >= 4:
            raise SaveError(f"`{path}` cannot be written to: No space left on device")
        write(path, data)

    monkeypatch.setattr(store, "write_at_once", full)
    with pytest.warns(RuntimeWarning, match="the training goes on, but is not kept") as told:
        _, history = train(run, checkpoint_every=4)
    assert (len(told), history.stopped_by) == (1, "finished")
    assert len(load_run(run)) == 8


def test_a_disk_that_is_full_from_the_start_is_an_error(run, monkeypatch):
    """Nobody would wait for hours for what is not kept."""

    def full(path, data):
        raise SaveError(f"`{path}` cannot be written to: No space left on device")

    monkeypatch.setattr(store, "write_at_once", full)
    with pytest.raises(SaveError, match="No space left on device"):
        train(run)


# -- what is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_weights_along_the_way(run, engine, monkeypatch):
    """Before each step that was asked for, as a callback sees them behind the one before; and the
    rows that each step has learned from; over several parts."""
    monkeypatch.setattr(keeper, "PART", 1000)
    net = MLP(3, [3, 1], "tanh", seed=0)
    seen = {0: list(net.state().values())}

    def look(step):
        seen[step.step + 1] = list(net.state().values())

    _, history = train(
        run, net, record=run, record_every=3, callbacks=[look], batch_size=3, engine=engine, seed=9
    )
    kept = load_run(run)
    assert len(list(run.glob("part-*"))) > 1
    assert kept.recorded == [*range(0, 40, 3), 40]
    assert {step: kept.weights(step) for step in kept.recorded} == {
        s: seen[s] for s in kept.recorded
    }
    assert kept.history == history
    deal = Deal(4, 3, 9)
    assert [list(kept.rows(step)) for step in range(40)] == [list(deal.batch(s)) for s in range(40)]
    other = MLP(3, [3, 1], "tanh", seed=1)
    kept.load(other, 12)
    assert list(other.state().values()) == seen[12]
    kept.load(other)
    assert other.state() == net.state()
    with pytest.raises(CheckpointError, match=r"step 13 were not recorded(.|\n)*try: step 12"):
        kept.weights(13)
    with pytest.raises(NameNotFound):
        kept.load(MLP(3, [1]))


def test_the_best_weights_are_those_of_the_end(run):
    """Where patience has put them back; those behind the last step are kept too."""
    net, history = train(
        run, steps=400, learning_rate=0.3, validation=(X, [-y for y in Y]), patience=5
    )
    kept = load_run(run)
    assert history.restored
    assert kept.history == history
    assert kept.final == list(net.state().values())
    assert kept.weights(len(kept)) != kept.final


def test_networks_that_are_no_modules(run):
    """Have numbers for names."""

    class Bare:
        def __init__(self):
            self.w = [Value(0.1), Value(0.2), Value(0.3)]

        def parameters(self):
            return self.w

        def __call__(self, row):
            return [sum(w * x for w, x in zip(self.w, row, strict=True))]

    net, history = train(run, Bare(), record=run)
    kept, other = load_run(run), Bare()
    assert kept.names == ["0", "1", "2"]
    kept.load(other)
    assert [w.data for w in other.w] == [w.data for w in net.w]
    assert kept.history == history
    with pytest.raises(NameNotFound, match="has 16 parameters, but the training had 3"):
        kept.load(MLP(3, [3, 1]))


def test_how_large_it_gets(run):
    """As docs/training-store.md says, by the number of parameters, of steps and of records."""
    net = MLP(64, [100, 10], seed=0)
    rows = np.random.default_rng(0).normal(size=(20, 64))
    steps, n = 1500, 7510
    fit(net, rows, rows[:, :10], steps=steps, record=run, engine="native", progress=False)
    size = {file.name: file.stat().st_size for file in run.iterdir()}
    names = len(json.dumps(list(net.state())))
    assert size["run.safetensors"] <= 8 * n + 2 * names + 60_000
    assert size["state.safetensors"] <= 8 * (2 + 2) * n + 2**20 + 10_000
    kept = load_run(run)
    assert len(kept.recorded) <= 1001
    assert sum(size.values()) <= 8 * n * (len(kept.recorded) + 6) + 24 * steps + 2 * names + 10**5


def test_records_are_bounded_unless_more_are_asked_for(monkeypatch):
    """1,000 of them, and 256 MiB: for a large network, fewer."""
    chosen = [
        keeper.spacing(total=total, parameters=n)
        for total, n in ((5, 10), (1000, 10), (1001, 10), (10**6, 10), (1000, 10**6), (3, 10**9))
    ]
    assert chosen == [1, 1, 2, 1000, 30, 90]


# -- files ----------------------------------------------------------------------------------------


def test_files_of_two_trainings_are_not_mixed(run, tmp_path):
    """Each knows whose it is."""
    train(run)
    other = tmp_path / "other"
    train(other)
    (run / "state.safetensors").write_bytes((other / "state.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match="is of another training than the other files"):
        load_run(run)
    with pytest.raises(CheckpointError, match="is of another training than the other files"):
        train(run, resume=True)


def test_a_newer_format_is_named(run, monkeypatch):
    """With the way out."""
    with monkeypatch.context() as patch:
        patch.setattr(store, "VERSION", 2)
        train(run)
    with pytest.raises(CheckpointError, match=r"has version 2, but(.|\n)*upgrade jangrad"):
        load_run(run)


def test_a_part_that_is_missing_is_named(run, monkeypatch):
    """The training cannot go on without it."""
    monkeypatch.setattr(keeper, "PART", 200)
    train(run, checkpoint_every=5)
    (run / "part-00001.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"part-00001.safetensors` cannot be read"):
        load_run(run)


def test_damaged_files_are_noticed():
    """Whatever is changed in them, wherever, and in bounded memory: `tools/mutations.py` tries
    thousands, also of descriptions whose checksum fits."""
    told = mutations.check("runs", 150)
    assert told["refused"] > 100
