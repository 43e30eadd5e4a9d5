"""What callbacks change, and what an error leaves, is the same in both engines."""

import functools
import math

import pytest

from jangrad import MLP, Value, fit
from jangrad.engine import compiled
from jangrad.errors import ConfigError, ShapeError, Untraceable
from jangrad.train import SGD, Adam

X = [[0.1 * i, 0.3 - 0.05 * i] for i in range(12)]
Y = [math.sin(3 * x[0]) for x in X]
ENGINES = ("eager", "native")


def trained(engine, make=Adam, callback=None, loss="squared_error", **options):
    """A network, its optimiser, and its history or the error that ended it."""
    net = MLP(2, [4, 1], "tanh", seed=3)
    optimizer = make(net.parameters(), 0.05)
    callbacks = [] if callback is None else [callback(net, optimizer)]
    options = {"steps": 30, **options}
    try:
        history = fit(
            *(net, X, Y),
            loss=loss,
            optimizer=optimizer,
            engine=engine,
            callbacks=callbacks,
            progress=False,
            **options,
        )
    except BaseException as error:
        history = error.history
        history.error = error
    return [p.data for p in net.parameters()], optimizer, history


def own_loss(outputs, targets):
    return sum((z[0] - t) ** 2 for z, t in zip(outputs, targets, strict=True)) * 0.25


def same(found):
    """That two trainings have come to the same."""
    (right, python, eager), (weights, machine, native) = found
    assert weights == pytest.approx(right, rel=1e-12, abs=1e-12)
    assert native.loss == pytest.approx(eager.loss, rel=1e-11, abs=1e-13)
    assert native.rate == eager.rate
    assert native.gradient_norm == pytest.approx(eager.gradient_norm, rel=1e-9)
    assert (native.stopped_by, native.best_step) == (eager.stopped_by, eager.best_step)
    ours, theirs = python.state(), machine.state()
    for name in ours:
        if isinstance(ours[name], list):
            assert theirs[name] == pytest.approx(ours[name], rel=1e-9, abs=1e-12)
        else:
            assert theirs[name] == ours[name]


def at(when, action):
    """A callback that does something after these steps."""
    return lambda net, optimizer: lambda step: step.step in when and action(net, optimizer)


def put(net, optimizer):
    for p in net.parameters():
        p.data = 0.25


def put_one(net, optimizer):
    net.parameters()[3].data *= 0.5


def clip(net, optimizer):
    for p in net.parameters():
        p.data = max(-0.5, min(0.5, p.data))


def slower(net, optimizer):
    optimizer.learning_rate *= 0.5


def forget(net, optimizer):
    optimizer.memory = [[0.0] * len(optimizer)] * len(optimizer.memory)


def forget_in_place(net, optimizer):
    optimizer.memory[0][2] = 0.0


def recount(net, optimizer):
    optimizer.steps = 0


def restart(net, optimizer):
    optimizer.load_state(Adam(net.parameters()).state())


def other_option(net, optimizer):
    optimizer.options["beta1"] *= 0.9


def look(net, optimizer):
    return optimizer.state(), [p.data for p in net.parameters()]


CHANGES = [
    *(put, put_one, clip, slower, forget, forget_in_place, recount, restart, other_option, look)
]


@pytest.mark.parametrize("when", [(9,), (0, 1, 2, 3), (29,)])
@pytest.mark.parametrize("change", CHANGES)
def test_what_a_callback_assigns_counts(change, when):
    """Weights, the rate, options, memory and count; the last of them is what is left."""
    found = [trained(engine, callback=at(when, change)) for engine in ENGINES]
    same(found)
    if change is put and when == (29,):
        assert found[0][0] == [0.25] * len(found[0][0])


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 5},
        {"loss": own_loss},
        {"loss": own_loss, "batch_size": 5},
        {"callback_every": 4},
        {"validation": (X[:4], Y[:4])},
        {"patience": 3, "batch_size": 5, "steps": 200},
    ],
    ids=" ".join,
)
def test_in_every_kind_of_run(change, options):
    """Batches, a loss of one's own, measurements, patience."""
    same([trained(engine, callback=at((3, 11, 15), change), **options) for engine in ENGINES])


def test_weights_of_a_gradient_step_from_what_was_assigned():
    """The gradient is taken at the new weights, and the step is made from them."""
    for engine in ENGINES:
        net = MLP(1, [1], seed=0)

        def put(step, net=net):
            if step.step == 9:
                for p in net.parameters():
                    p.data = 1.0

        rows, targets = [[0.5], [1.0], [2.0], [3.0]], [1.0, 2.0, 3.0, 4.0]
        fit(
            *(net, rows, targets),
            optimizer="sgd",
            learning_rate=0.01,
            steps=11,
            engine=engine,
            callbacks=[put],
            progress=False,
        )
        assert [p.data for p in net.parameters()] == pytest.approx([0.99875, 0.9975], rel=1e-12)


def test_the_best_weights_are_those_of_their_step():
    """Also where an option or a number that does not learn has changed since."""
    for change in (other_option, put_one):
        found = [
            trained(
                engine,
                callback=at((5,), change),
                schedule=lambda step: 0.05 if step < 8 else 0.9,
                batch_size=5,
                patience=4,
                steps=300,
            )
            for engine in ENGINES
        ]
        assert found[0][2].restored
        same(found)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_may_not_change_what_learns(engine):
    """Parameters that were added or replaced, of the network or the optimiser, and its rule."""

    def replaced(net, optimizer):
        net.layers[0].neurons[0].weights[0] = Value(1.0)

    def removed(net, optimizer):
        net.layers.pop()

    def optimised(net, optimizer):
        optimizer.parameters = optimizer.parameters[1:]

    def ruled(net, optimizer):
        optimizer.rule = SGD(net.parameters()).rule
        optimizer.options, optimizer.memory = {}, ()

    for change, words in (
        (replaced, "the network has other parameters after a callback"),
        (removed, "the network has other parameters after a callback"),
        (optimised, "the optimiser has other parameters after a callback"),
        (ruled, "the optimiser has another rule after a callback"),
    ):
        *_, history = trained(engine, callback=at((9,), change))
        assert isinstance(history.error, ConfigError)
        assert words in str(history.error)
        assert len(history) == 10


def test_a_method_that_a_callback_replaces():
    """Python calls it; machine code says that it cannot."""

    def patched(net, optimizer):
        optimizer.advance = lambda numbers, gradients, rate=None: numbers

    before, _, _ = trained("eager", steps=10)
    after, _, _ = trained("eager", callback=at((9,), patched))
    assert after == before
    *_, history = trained("native", callback=at((9,), patched))
    assert isinstance(history.error, Untraceable)


def test_memory_of_a_wrong_shape_is_refused_where_it_is_assigned():
    """In both engines, and the training can be seen to have ended there."""
    for engine in ENGINES:
        _, optimizer, history = trained(
            engine, callback=at((9,), lambda net, opt: setattr(opt, "memory", ([0.0],)))
        )
        assert isinstance(history.error, ShapeError)
        assert (optimizer.steps, len(history)) == (10, 10)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("options", [{}, {"batch_size": 5, "patience": 3}])
def test_what_a_schedule_changes_of_the_optimiser(change, options):
    """Or of the weights: from its step on, as for steps by Python; the rate is the schedule's."""
    found = []
    for engine in ENGINES:
        net = MLP(2, [4, 1], "tanh", seed=3)
        optimizer = Adam(net.parameters(), 0.05)

        def schedule(step, net=net, optimizer=optimizer):
            if step in (7, 20, 21):
                change(net, optimizer)
            return 0.05

        history = fit(
            *(net, X, Y),
            optimizer=optimizer,
            schedule=schedule,
            steps=40,
            engine=engine,
            progress=False,
            **options,
        )
        found.append(([p.data for p in net.parameters()], optimizer, history))
    same(found)


@pytest.mark.parametrize(
    "kind", ["closure", "global", "attribute", "default", "partial", "inner", "listed", "own"]
)
def test_a_schedule_that_looks_at_the_training_sees_each_step(kind):
    """However it reaches the optimiser or the network, it is asked step by step."""
    rates = []
    for engine in ENGINES:
        net = MLP(2, [4, 1], "tanh", seed=3)
        optimizer = Adam(net.parameters(), 0.05)
        globals()["_seen"] = optimizer

        class Looking:
            def __init__(self, seen):
                self.seen = {"it": [seen]}

            def rate(self, step):
                return 0.1 / (1 + self.seen["it"][0].steps)

            __call__ = rate

        w = net.parameters()[0]
        schedule = {
            "closure": lambda step, optimizer=None, o=optimizer: 0.1 / (1 + o.steps),
            "global": lambda step: 0.1 / (1 + _seen.steps),  # noqa: F821
            "attribute": Looking(optimizer).rate,
            "default": lambda step, o=optimizer: 0.1 / (1 + o.steps),
            "partial": functools.partial(lambda o, step: 0.1 / (1 + o.steps), optimizer),
            "inner": lambda step, w=w: next(0.05 + 0.01 * abs(v.data) for v in [w]),
            "listed": Looking(optimizer),
            "own": lambda step, w=w: 0.05 + 0.01 * abs(w.data),
        }[kind]
        options = {"steps": 30, "engine": engine, "progress": False}
        history = fit(net, X, Y, optimizer=optimizer, schedule=schedule, **options)
        rates.append(history.rate)
    assert rates[1] == pytest.approx(rates[0], rel=1e-9)
    assert len(set(rates[0])) == 30


def test_a_method_that_a_callback_replaces_is_left_to_python():
    """By `engine="auto"`, from that step on."""

    def patched(net, optimizer):
        optimizer.advance = lambda numbers, gradients, rate=None: numbers

    before, _, _ = trained("eager", steps=10)
    after, _, history = trained("auto", callback=at((9,), patched), steps=20_000)
    assert after == pytest.approx(before, rel=1e-12)
    assert history.engine == "eager"


# -- errors ---------------------------------------------------------------------------------------


class Boom(Exception):
    """What a user's function raises."""


def raising(kind, n):
    """Something that raises at the n-th time it is called."""
    count = 0

    def strike(*_):
        nonlocal count
        count += 1
        if count == n:
            raise kind
        return 0.05

    return strike


def failing(engine, where, kind):
    if where == "schedule":
        return trained(engine, schedule=raising(kind, 13))
    if where == "callback":
        return trained(engine, callback=lambda net, optimizer: raising(kind, 13))
    if where == "callback after putting":

        def make(net, optimizer):
            strike = raising(kind, 13)

            def callback(step):
                put(net, optimizer)
                strike()

            return callback

        return trained(engine, callback=make)
    if where == "later callback":
        return trained(engine, callback=lambda net, optimizer: raising(kind, 3), callback_every=5)
    assert where == "validation"
    strike = raising(kind, 14)

    def own(outputs, targets):
        if len(outputs) == 3:  # those that are held out
            strike()
        return own_loss(outputs, targets)

    return trained(engine, loss=own, validation=(X[:3], Y[:3]))


@pytest.mark.parametrize("kind", [Boom, MemoryError, SystemExit, GeneratorExit])
@pytest.mark.parametrize(
    "where", ["schedule", "callback", "callback after putting", "later callback", "validation"]
)
def test_an_error_leaves_the_last_whole_step(where, kind):
    """Weights, optimiser and history are of one step, the same in both engines."""
    found = [failing(engine, where, kind) for engine in ENGINES]
    same(found)
    for _, optimizer, history in found:
        assert type(history.error) is kind
        assert 0 < optimizer.steps == len(history) < 30
        assert history.stopped_by == "error"
        assert f"training ended after {len(history)} steps" in history.error.__notes__[0]
    if "putting" not in where:
        steps = len(found[0][2])
        right, *_ = trained(
            "eager",
            steps=steps,
            schedule=None if where != "schedule" else (lambda step: 0.05),
            loss=own_loss if where == "validation" else "squared_error",
        )
        assert found[0][0] == right


def test_an_interrupt_in_a_callback_leaves_what_it_has_assigned():
    """It ends the training as Ctrl-C does anywhere, and undoes nothing."""

    def make(net, optimizer):
        def callback(step):
            if step.step == 9:
                put(net, optimizer)
                raise KeyboardInterrupt

        return callback

    found = [trained(engine, callback=make) for engine in ENGINES]
    same(found)
    assert set(found[1][0]) == {0.25}
    assert found[0][2].stopped_by == "interrupt"


def test_an_error_in_the_middle_of_a_burst_leaves_whole_steps(monkeypatch):
    """As if the burst had not begun: no memory for its results, say."""
    from jangrad.train.compiled.trainer import Trainer

    run, calls = Trainer.run, []

    def failing(self, rates, *rest):
        found = run(self, rates, *rest)
        calls.append(len(rates))
        if len(calls) == 3:
            raise MemoryError
        return found

    monkeypatch.setattr(Trainer, "run", failing)
    weights, optimizer, history = trained("native", steps=100_000)
    assert isinstance(history.error, MemoryError)
    assert 0 < len(history) == optimizer.steps == sum(calls[:2])
    monkeypatch.undo()
    right, python, _ = trained("native", steps=optimizer.steps)
    assert (weights, optimizer.state()) == (right, python.state())


def test_an_exception_that_takes_no_more_attributes():
    """Is passed on all the same."""

    class Closed(Exception):
        __slots__ = ()
        __setattr__ = None

    net = MLP(1, [1], seed=0)
    with pytest.raises(Closed):
        fit(net, [[1.0]], [1.0], steps=3, callbacks=[raising(Closed, 1)], progress=False)


def test_interrupts_within_a_step_by_python():
    """Wherever it strikes, weights, optimiser and history are of one step."""
    from tests.train.test_own_optimizers import struck_at

    whole = []

    def keep(net, optimizer):
        return lambda step: whole.append([p.data for p in net.parameters()])

    trained("eager", callback=keep, steps=4)
    states = [[p.data for p in MLP(2, [4, 1], "tanh", seed=3).parameters()], *whole]
    n, struck = 1, True
    while struck:
        net = MLP(2, [4, 1], "tanh", seed=3)
        optimizer, found = Adam(net.parameters(), 0.05), []

        def action(net=net, optimizer=optimizer, found=found):
            options = {"steps": 4, "engine": "eager", "progress": False}
            found.append(fit(net, X, Y, optimizer=optimizer, **options))

        struck = struck_at(n, action)
        n += 7 if compiled else 97  # every line would take minutes
        assert [p.data for p in net.parameters()] == states[optimizer.steps]
        for history in found:  # there is none if it struck before the first step or behind the last
            assert optimizer.steps == len(history) == len(history.gradient_norm)
    assert n > 500
