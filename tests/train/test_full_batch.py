"""`fit` by L-BFGS and Levenberg-Marquardt: what holds for other optimisers, and how they end."""

import json
import math
from functools import partial

import numpy as np
import pytest

import jangrad
from jangrad import MLP, History, Module, Neuron, Value, compile_step, fit
from jangrad.datasets import blobs, four_rows, moons
from jangrad.errors import ConfigError, DataError, NonFinite
from jangrad.nn import l1_penalty, l2_penalty, squared_error
from jangrad.train import FULL_BATCH, LBFGS, LevenbergMarquardt

X, Y = moons(40, seed=0)
RIDGE = partial(l2_penalty, strength=1e-2)
METHODS = list(FULL_BATCH)
ENGINES = ["eager", "native"]


def run(engine="native", *, seed=0, **options):
    net = MLP(2, [4, 1], "tanh", seed=seed)
    options = {"optimizer": "lbfgs", "penalty": RIDGE, "steps": 200, **options}
    return net, fit(net, X, Y, engine=engine, progress=False, **options)


def numbers(net):
    return [p.data for p in net.parameters()]


@pytest.mark.parametrize("method", METHODS)
def test_engines_make_the_same_steps(method):
    """Where the minimum is well conditioned, Python and machine code take the same way to it."""
    (a, eager), (b, native) = (run(e, optimizer=method, steps=12) for e in ENGINES)
    assert (eager.engine, native.engine) == ("eager", "native")
    for column in ("loss", "rate", "gradient_norm"):
        assert getattr(eager, column) == pytest.approx(getattr(native, column), rel=0, abs=1e-9)
    assert numbers(a) == pytest.approx(numbers(b), rel=0, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_again(method, engine):
    """The same call gives the same numbers to the last bit, the second from code that was kept."""
    (a, first), (b, second) = (run(engine, optimizer=method) for _ in range(2))
    assert first == second
    assert numbers(a) == numbers(b)
    again = fit(a, X, Y, optimizer=method, penalty=RIDGE, steps=5, engine=engine)
    assert again.loss[0] == pytest.approx(first.loss[-1], rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_it_ends_at_a_minimum(method):
    """The history falls from step to step, to a point where the gradient is 0, and says why."""
    net, history = run(optimizer=method, steps=500)
    assert history.stopped_by == "converged"
    assert history.converged_by in ("ftol", "xtol", "gtol")
    assert repr(history).endswith(f"converged by {history.converged_by})")
    assert all(a >= b for a, b in zip(history.loss, history.loss[1:], strict=False))
    assert all(rate > 0.0 for rate in history.rate[:-1])
    assert history.rate[-1] == 0.0
    loss = squared_error([net(x) for x in X], Y) + RIDGE(net.parameters())
    assert loss.data == pytest.approx(history.loss[-1], rel=1e-12)
    slopes = [g.data for g in jangrad.gradient(loss, net.parameters())]
    assert math.hypot(*slopes) == pytest.approx(history.gradient_norm[-1], abs=1e-12)
    assert math.hypot(*slopes) < 1e-4
    assert History.from_json(history.to_json()) == history


def test_the_history_of_before_is_read():
    """A History that was saved when there were no full-batch methods is one that has none."""
    saved = json.loads(History(loss=[1.0], rate=[0.1], gradient_norm=[2.0]).to_json())
    del saved["converged_by"]
    assert History.from_json(json.dumps(saved)).converged_by == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_least_squares_of_a_line(engine):
    """Of a linear model with a ridge, one step of Levenberg-Marquardt is the whole way."""
    rows = [[0.1 * i, math.sin(i)] for i in range(20)]
    targets = [3.0 * a - 2.0 * b + 0.1 * math.cos(7 * i) for i, (a, b) in enumerate(rows)]
    net = Neuron(2, activation="linear", seed=0)
    history = fit(net, rows, targets, optimizer="levenberg_marquardt", penalty=RIDGE, engine=engine)
    A = np.column_stack([rows, np.ones(20)])
    ridge = len(rows) * 1e-2 * np.eye(3)
    wanted = np.linalg.solve(A.T @ A + ridge, A.T @ np.array(targets))
    by_hand = dict(zip(map(id, [*net.weights, net.bias]), wanted, strict=True))
    assert numbers(net) == pytest.approx([by_hand[id(p)] for p in net.parameters()], rel=1e-9)
    assert len(history) <= 4


@pytest.mark.parametrize("engine", ENGINES)
def test_several_outputs(engine):
    """The loss of Levenberg-Marquardt is the mean over all numbers, as that of `squared_error`."""
    targets = [[math.sin(a), a * b] for a, b in X]
    nets = [MLP(2, [5, 2], "tanh", seed=1) for _ in range(2)]
    by_damping, by_lbfgs = (
        fit(net, X, targets, optimizer=method, penalty=RIDGE, engine=engine, steps=300)
        for net, method in zip(nets, ("levenberg_marquardt", "lbfgs"), strict=True)
    )
    assert by_damping.loss[0] == pytest.approx(by_lbfgs.loss[0], rel=1e-12)
    assert by_damping.gradient_norm[0] == pytest.approx(by_lbfgs.gradient_norm[0], rel=1e-12)
    assert by_damping.loss[-1] == pytest.approx(by_lbfgs.loss[-1], rel=1e-3)


@pytest.mark.parametrize(
    "loss", ["binary_cross_entropy", "softmax_cross_entropy", "huber", "absolute_error", "own"]
)
@pytest.mark.parametrize("engine", ENGINES)
def test_lbfgs_takes_every_loss(engine, loss):
    """Smooth or not, the loss ends far below its start, and never rises."""
    labels = [(t + 1) / 2 for t in Y]
    outputs = 2 if loss == "softmax_cross_entropy" else 1

    def own(outputs, targets):
        return jangrad.mean(
            jangrad.softplus(-o[0] * (2 * t - 1)) for o, t in zip(outputs, targets, strict=True)
        )

    net = MLP(2, [4, outputs], "tanh", seed=0)
    given = own if loss == "own" else loss
    history = fit(net, X, labels, loss=given, optimizer="lbfgs", steps=60, engine=engine)
    assert history.engine == engine
    assert history.diagnosis is None
    assert history.loss[-1] < 0.5 * history.loss[0]
    assert all(a >= b for a, b in zip(history.loss, history.loss[1:], strict=False))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_goes_on_where_it_has_ended(engine):
    """Two runs of one optimiser, also by a state in JSON, make the steps of one longer run."""
    for kind in (LBFGS, LevenbergMarquardt):
        net, other = (MLP(2, [4, 1], "tanh", seed=0) for _ in range(2))
        made = kind(net.parameters())
        options = {"penalty": RIDGE, "engine": engine, "progress": False}
        first = fit(net, X, Y, optimizer=made, steps=5, **options)
        later = kind(net.parameters())
        later.load_state(json.loads(json.dumps(made.state())))
        second = fit(net, X, Y, optimizer=later, steps=5, **options)
        whole = fit(other, X, Y, optimizer=kind, steps=10, **options)
        assert first.loss + second.loss == whole.loss
        assert numbers(net) == numbers(other)


@pytest.mark.parametrize("method", METHODS)
def test_validation_and_patience(method):
    """Rows that are held out are measured after each step, and the best weights are put back."""
    labels = [(t + 1) / 2 for t in Y]
    found = []
    for engine in ENGINES:
        net = MLP(2, [8, 1], "tanh", seed=0)
        held_out = moons(20, seed=5, noise=0.3)
        history = fit(
            *(net, X, labels),
            optimizer=method,
            validation=(held_out[0], [(t + 1) / 2 for t in held_out[1]]),
            patience=3,
            steps=60,
            engine=engine,
            progress=False,
        )
        assert history.stopped_by == "patience"
        assert history.validation["step"] == list(range(len(history)))
        best = min(history.validation["loss"])
        assert history.best_step == history.validation["loss"].index(best)
        out = [net(x) for x in held_out[0]]
        again = squared_error(out, [(t + 1) / 2 for t in held_out[1]]).data
        assert again == pytest.approx(best, rel=1e-9)
        found.append(history)
    assert found[0].validation["loss"][:5] == pytest.approx(found[1].validation["loss"][:5])


def test_accuracy_is_measured():
    """So is the share of rows that are right, where targets are classes."""
    rows, labels = blobs(30, seed=0)
    for engine in ENGINES:
        net = MLP(len(rows[0]), [6, len({*labels})], "tanh", seed=0)
        history = fit(
            *(net, rows, labels),
            loss="softmax_cross_entropy",
            optimizer="lbfgs",
            validation=(rows, labels),
            steps=40,
            engine=engine,
        )
        assert history.validation["accuracy"][-1] == 1.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("engine", ENGINES)
def test_callbacks_are_told_and_may_end_it(method, engine):
    """Each step is told with its loss and length; True ends the training."""
    told = []

    def callback(step):
        told.append((step.loss, step.rate, step.gradient_norm))
        return step.step == 6

    _, history = run(engine, optimizer=method, callbacks=[callback])
    assert history.stopped_by == "callback"
    rows = zip(history.loss, history.rate, history.gradient_norm, strict=True)
    assert told == list(rows)
    assert len(told) == 7
    # One that changes nothing changes no step.
    assert run(engine, optimizer=method, callbacks=[lambda step: None])[1].loss == (
        run(engine, optimizer=method)[1].loss
    )


@pytest.mark.parametrize("method", METHODS)
def test_callbacks_may_assign_weights(method):
    """The run goes on from the weights that a callback has left, in both engines."""
    found = []
    for engine in ENGINES:
        net = MLP(2, [4, 1], "tanh", seed=0)

        def shrink(step, net=net):
            for p in net.parameters():
                p.data *= 0.9

        options = {"callbacks": [shrink], "callback_every": 4, "engine": engine}
        history = fit(net, X, Y, optimizer=method, penalty=RIDGE, steps=12, **options)
        assert history.loss[4] > history.loss[3]
        found.append(history.loss)
    assert found[0] == pytest.approx(found[1], rel=0, abs=1e-9)


def test_callbacks_may_change_the_loss():
    """What the loss reads counts from the next step on, and old curvature is forgotten."""
    found = []
    for engine in ENGINES:
        factor, net = [1.0], MLP(2, [4, 1], "tanh", seed=0)

        def loss(outputs, targets, factor=factor):
            return factor[0] * squared_error(outputs, targets)

        def anneal(step, factor=factor):
            factor[0] *= 10.0

        options = {"callbacks": [anneal], "callback_every": 5, "engine": engine, "check": True}
        history = fit(net, X, Y, loss=loss, optimizer="lbfgs", steps=10, **options)
        assert history.loss[5] > 5.0 * history.loss[4]
        assert history.stopped_by == "finished"
        found.append(history.loss)
    assert found[0] == pytest.approx(found[1], rel=0, abs=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupt_keeps_the_last_whole_step(method):
    """Ctrl-C in the midst of a step leaves the weights that the step before has left."""
    whole, _ = run("eager", optimizer=method, steps=4)

    class Striking(Module):
        def __init__(self):
            self.inner, self.calls, self.strikes_at = MLP(2, [4, 1], "tanh", seed=0), 0, math.inf

        def __call__(self, row):
            self.calls += 1
            if self.calls == self.strikes_at:
                raise KeyboardInterrupt
            return self.inner(row)

    net = Striking()
    fit(net, X, Y, optimizer=method, penalty=RIDGE, steps=4, engine="eager")
    made, net = net.calls, Striking()
    net.strikes_at = made + 17  # in the first evaluation of the step behind these
    history = fit(net, X, Y, optimizer=method, penalty=RIDGE, steps=50, engine="eager")
    assert (history.stopped_by, len(history), len(history.rate)) == ("interrupt", 4, 4)
    assert numbers(net) == numbers(whole)
    callbacks = [lambda step: {}["absent"]]
    with pytest.raises(KeyError) as caught:
        run(optimizer=method, callbacks=callbacks)
    assert len(caught.value.history) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trial_that_is_not_finite_shortens_the_step(engine):
    """A loss that is nan where a step would lead makes it shorter, and the run goes on."""

    class Scale(Module):
        def __init__(self):
            self.w = Value(1e-3)

        def __call__(self, row):
            return [self.w - jangrad.log(self.w * row[0])]

    def loss(outputs, targets):
        return outputs[0][0]

    history = fit(Scale(), [[1.0]], [0.0], loss=loss, optimizer="lbfgs", engine=engine)
    assert history.stopped_by == "converged"
    assert history.loss[-1] == pytest.approx(1.0)
    net = Scale()  # its minimum 1 is beyond the target
    damped = fit(net, [[1.0]], [2.0], optimizer="levenberg_marquardt", engine=engine)
    assert damped.converged_by
    assert damped.loss[-1] < 1e-20


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("engine", ENGINES)
def test_diagnosis(method, engine):
    """A loss that is not finite where training starts, and a dead network, are told of."""
    net = MLP(2, [4, 1], "tanh", seed=0)
    history = fit(net, [[1e200, 0.0]], [1e200], optimizer=method, engine=engine, progress=False)
    assert history.stopped_by == "diagnosis"
    assert history.diagnosis.kind == "not finite"
    dead = MLP(2, [3, 1], "relu", seed=0)
    for neuron in dead.layers[0].neurons:
        neuron.bias.data = -100.0
    history = fit(dead, X, Y, optimizer=method, engine=engine, progress=False)
    assert history.diagnosis.kind == "dead network"
    assert "rate" not in history.diagnosis.try_


@pytest.mark.parametrize("method", METHODS)
def test_strict_names_what_is_not_finite(method):
    """Inside `strict()` a trial that is not finite is an error that names the operation."""

    class Log(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, row):
            return [jangrad.log(self.w) * row[0]]

    for engine in ENGINES:
        with jangrad.strict(), pytest.raises(NonFinite, match="log"):
            fit(Log(), [[1.0]], [-1e3], optimizer=method, engine=engine)


def test_single_precision_and_threads():
    """L-BFGS runs in single precision, and by several threads with the same bits each time."""
    for method in METHODS:
        _, double = run(optimizer=method)
        _, single = run(dtype="float32", optimizer=method)
        assert single.engine == "native"
        assert single.converged_by
        assert single.loss[-1] == pytest.approx(double.loss[-1], rel=1e-4)
    _, double = run()
    (_, one), (_, other) = (run(threads=2) for _ in range(2))
    assert one == other
    assert one.loss[-1] == pytest.approx(double.loss[-1], rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_auto_begins_by_python(method):
    """A run that ends soon is Python's; of a long one machine code makes the later steps."""
    net = MLP(3, [4, 1], "tanh", seed=0)
    assert fit(net, *four_rows(), optimizer=method).engine == "eager"
    rows, targets = moons(200, seed=0, noise=0.2)
    runs = []
    for _ in range(2):
        net = MLP(2, [8, 1], "tanh", seed=0)
        runs.append(fit(net, rows, targets, optimizer=method, steps=100))
    assert runs[0].engine == "native"
    assert runs[0] == runs[1]


def test_made_already():
    """Options are given where the optimiser is made, and are those that count."""
    net = MLP(2, [4, 1], "tanh", seed=0)
    made = LBFGS(net.parameters(), history_size=3, gtol=1e-2)
    assert repr(made) == "LBFGS(17 parameters, history_size=3, ftol=1e-14, gtol=0.01)"
    history = fit(net, X, Y, optimizer=made, penalty=RIDGE)
    assert history.converged_by == "gtol"
    assert history.gradient_norm[-1] > 1e-4
    assert len(made.state()["pairs"]) == 3
    some = net.parameters()[:5]
    kept = numbers(net)[5:]
    fit(net, X, Y, optimizer=LevenbergMarquardt(some), steps=3)
    assert numbers(net)[5:] == kept


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"batch_size": 10}, "losses at several places"),
        ({"learning_rate": 0.1}, "cannot have `learning_rate=0.1`"),
        ({"schedule": lambda step: 0.1}, "cannot have `schedule`"),
        ({"optimizer": "levenberg_marquardt", "loss": "hinge"}, 'optimizer="lbfgs" for this loss'),
        ({"optimizer": "levenberg_marquardt", "penalty": sum}, "l2_penalty"),
        (
            {"optimizer": "levenberg_marquardt", "penalty": partial(l1_penalty, strength=0.1)},
            "knows of `l2_penalty` alone",
        ),
        ({"optimizer": "levenberg_marquardt", "threads": 2}, "systems of equations"),
        ({"optimizer": "lbgfs"}, "`lbfgs`"),
        ({"optimizer": partial(LBFGS)}, "'levenberg_marquardt'"),
        ({"optimizer": LBFGS([Value(1.0)])}, "not the network's"),
    ],
)
def test_what_they_cannot_have(options, words):
    """Each is refused with the reason, and with what to write instead."""
    with pytest.raises(ConfigError) as caught:
        run(**options)
    assert words in str(caught.value)


def test_they_make_no_single_steps():
    """A step from gradients, a compiled step and a foreign state are refused."""
    w = Value(1.0)
    with pytest.raises(ConfigError, match=r"jangrad\.minimize"):
        LBFGS([w]).step()
    for optimizer in ("lbfgs", LevenbergMarquardt, LBFGS([w])):
        with pytest.raises(ConfigError, match="a compiled step cannot have"):
            compile_step(lambda: w * w, [w], optimizer)
    with pytest.raises(DataError, match="LevenbergMarquardt"):
        LevenbergMarquardt([w]).load_state(LBFGS([w]).state())
    with pytest.raises(ConfigError, match="ftol >= 0"):
        LevenbergMarquardt([w], ftol=-1.0)


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_a_loss_without_a_minimum_is_no_convergence(engine):
    net = MLP(1, [1], seed=0)
    before = [p.data for p in net.parameters()]
    history = fit(
        net,
        [[1.0], [2.0]],
        [1.0, 2.0],
        loss=lambda outputs, _: -sum(output[0] for output in outputs),
        optimizer="lbfgs",
        engine=engine,
        progress=False,
    )
    assert history.stopped_by == "diagnosis"
    assert history.converged_by == ""
    assert history.diagnosis.kind == "unbounded"
    assert "the loss has no minimum" in str(history.diagnosis)
    assert [p.data for p in net.parameters()] == before
