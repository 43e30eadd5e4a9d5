"""What a user does with an optimiser: methods of one's own, other options, other parameters."""

import copy
import os
import signal
import sys

import pytest

import jangrad
from jangrad import MLP, Value, compile_step, fit
from jangrad.errors import ConfigError, NotANumber, OperationError, ShapeError, Untraceable
from jangrad.train import SGD, Adam, AdamW, Optimizer, UpdateRule

X = [[0.5], [1.0], [2.0], [3.0]]
Y = [10.0, 20.0, 30.0, 40.0]


class Clipped(SGD):
    """Clips in `advance`."""

    def advance(self, numbers, gradients, rate=None):
        return super().advance(numbers, [max(-0.1, min(0.1, g)) for g in gradients], rate)


class ClippedGradients(SGD):
    """Clips in `gradients`."""

    def gradients(self):
        return [max(-0.1, min(0.1, g)) for g in super().gradients()]


class ClippedMove(SGD):
    """Clips in `move`."""

    def move(self, numbers, gradients, rate=None):
        return super().move(numbers, [max(-0.1, min(0.1, g)) for g in gradients], rate)


class ClippedStep(SGD):
    """Clips in `step`."""

    def step(self, rate=None):
        for p in self.parameters:
            p.grad = max(-0.1, min(0.1, p.grad))
        super().step(rate)


class ClippedByFormula(Optimizer):
    """Clips in its rule, which machine code does too."""

    def __init__(self, parameters, learning_rate=0.1):
        rule = UpdateRule("g = minimum(maximum(g, -0.1), 0.1); p = p - rate * g", (), ())
        super().__init__(parameters, learning_rate, rule, {})


class Accumulating(SGD):
    """Forgets gradients every other time only."""

    count = 0

    def zero_grad(self):
        self.count += 1
        if self.count % 2:
            super().zero_grad()


class Bent(UpdateRule):
    """An update rule with a method of its own."""

    def build(self, namespace, spell):
        return super().build(namespace, spell)


def bent(parameters, rate):
    optimizer = SGD(parameters, rate)
    optimizer.rule = Bent("p = p - rate * g", (), ())
    return optimizer


def patched(parameters, rate):
    optimizer = SGD(parameters, rate)
    advance = optimizer.advance
    optimizer.advance = lambda numbers, gradients, rate=None: advance(
        numbers, [max(-0.1, min(0.1, g)) for g in gradients], rate
    )
    return optimizer


class Decaying(SGD):
    """A rate that falls by itself."""

    @property
    def learning_rate(self):
        return self.first / (1 + self.steps)

    @learning_rate.setter
    def learning_rate(self, rate):
        self.first = rate


CLIPPED = [Clipped, ClippedGradients, ClippedMove, ClippedStep, patched]
OWN = [*CLIPPED, Accumulating, bent, Decaying]


@pytest.mark.parametrize("make", OWN)
def test_methods_of_ones_own_are_refused_by_machine_code(make):
    """By name, before any step, wherever machine code would make it."""
    w = Value(5.0)
    with pytest.raises(Untraceable, match=r"has `\w+` of its own, which machine code never asks"):
        compile_step(lambda: w * w, [w], make([w], 0.1))
    net = MLP(1, [1], seed=0)
    before = [p.data for p in net.parameters()]
    with pytest.raises(Untraceable, match="of its own"):
        fit(
            *(net, X, Y),
            optimizer=make(net.parameters(), 0.05),
            steps=20,
            engine="native",
            progress=False,
        )
    assert [p.data for p in net.parameters()] == before


@pytest.mark.parametrize("make", CLIPPED)
@pytest.mark.parametrize("engine", ["eager", "auto"])
def test_clipping_is_done_by_python(make, engine):
    """Whichever method does it, however long the run; a formula does it in both engines."""
    weights = []
    for kind, chosen in ((make, engine), (ClippedByFormula, "eager"), (ClippedByFormula, "native")):
        net = MLP(1, [1], seed=0)
        optimizer = kind(net.parameters(), 1e-4)
        history = fit(net, X, Y, optimizer=optimizer, steps=9000, engine=chosen, progress=False)
        assert history.engine == ("native" if chosen == "native" else "eager")
        weights.append([p.data for p in net.parameters()])
    assert weights[0] == pytest.approx(weights[1], rel=1e-12)
    assert weights[2] == pytest.approx(weights[1], rel=1e-9)


def test_gradients_are_forgotten_as_the_optimiser_says():
    """`fit` asks it, so gradients may be gathered over several steps."""
    net = MLP(1, [1], "linear", seed=0)
    fit(net, X, Y, optimizer=(a := Accumulating(net.parameters(), 0.001)), steps=4, progress=False)
    assert a.count == 4


def test_a_method_put_in_its_place_later_is_refused():
    """Also after the step was compiled."""
    w = Value(5.0)
    optimizer = SGD([w], 0.1)
    step = compile_step(lambda: w * w, [w], optimizer)
    step()
    optimizer.advance = lambda numbers, gradients, rate=None: numbers
    with pytest.raises(Untraceable, match="`advance` of its own"):
        step()


# -- options --------------------------------------------------------------------------------------


def loops(make, change, per_row=False, steps=6):
    """The weights after steps by Python and by machine code, with a change before each."""
    found = []
    for native in (False, True):
        w = [Value(1.0), Value(-0.5), Value(2.0)]
        optimizer = make(w)

        def loss(x, w=w):
            return sum((v - k) ** 2 for k, v in enumerate(w)) * x

        step = compile_step(loss, w, optimizer, per_row=per_row) if native else None
        for k in range(steps):
            change(optimizer, k)
            if step is not None:
                step([1.0, 2.0] if per_row else 1.5)
            else:
                optimizer.zero_grad()
                loss(1.5).backward()
                optimizer.step()
        found.append(([v.data for v in w], optimizer.state()))
    return found


def option(name, numbers):
    def change(optimizer, k):
        optimizer.options[name] = numbers[k % len(numbers)]

    return change


def attribute(optimizer, k):
    optimizer.momentum = 0.1 * k
    assert optimizer.momentum == optimizer.options["momentum"]


def rate(optimizer, k):
    optimizer.learning_rate = 0.1 / (k + 1)


def forget(optimizer, k):
    if k == 3:
        optimizer.memory = [[0.0] * 3 for _ in optimizer.memory]


def forget_in_place(optimizer, k):
    if k == 3:
        optimizer.memory[0][1] = 0.0


def count(optimizer, k):
    optimizer.steps = 2 * k


@pytest.mark.parametrize("per_row", [False, True])
@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda w: SGD(w, 0.1, momentum=0.5), option("momentum", [0.5, 0.0])),
        (lambda w: SGD(w, 0.1, momentum=0.5), option("momentum", [0.1 * k for k in range(6)])),
        (lambda w: SGD(w, 0.1, momentum=0.5), attribute),
        (lambda w: AdamW(w, 0.1), option("weight_decay", [0.01, 0.01, 0.5, 0.0])),
        (lambda w: Adam(w, 0.1), option("beta1", [0.9, 0.9, 0.5])),
        (lambda w: Adam(w, 0.1), option("epsilon", [1e-8, 1.0])),
        (lambda w: Adam(w, 0.1), rate),
        (lambda w: Adam(w, 0.1), forget),
        (lambda w: SGD(w, 0.1, momentum=0.9), forget_in_place),
        (lambda w: Adam(w, 0.1), count),
    ],
)
def test_what_is_assigned_between_steps_counts(make, change, per_row):
    """Options, the rate, the memory and the count of steps, as for steps by Python."""
    (right, state), (found, theirs) = loops(make, change, per_row)
    assert found == pytest.approx(right, rel=1e-12)
    for name, numbers in state.items():
        assert theirs[name] == (
            pytest.approx(numbers, rel=1e-9) if isinstance(numbers, list) else numbers
        )


def test_an_option_that_changes_at_each_step_is_compiled_twice(monkeypatch):
    """As a constant at first; from its first change on it is read at each step."""
    from jangrad.train.compiled import dispatch

    made = []
    once = dispatch.step_executable
    monkeypatch.setattr(
        dispatch, "step_executable", lambda *a, **k: made.append(a) or once(*a, **k)
    )
    momenta = [0.5, *(0.01 * k for k in range(20))]
    loops(lambda w: SGD(w, 0.1, momentum=0.5), option("momentum", momenta))
    assert len(made) == 2


def test_steps_of_several_shapes_follow_an_option():
    """All programs on the same memory, and arguments that were packed before."""
    found = []
    for native in (False, True):
        w = [Value(1.0), Value(2.0)]
        optimizer = SGD(w, 0.05, momentum=0.5)

        def loss(xs, w=w):
            return sum((w[0] * x - w[1]) ** 2 for x in xs)

        step = compile_step(loss, w, optimizer)
        packed = step.pack([([1.0],), ([1.0, 2.0],), ([0.5],)])
        for momentum in (0.5, 0.0, 0.9):
            optimizer.options["momentum"] = momentum
            if native:
                step.run(packed)
                continue
            for xs in ([1.0], [1.0, 2.0], [0.5]):
                optimizer.zero_grad()
                loss(xs).backward()
                optimizer.step()
        found.append([v.data for v in w])
    assert found[1] == pytest.approx(found[0], rel=1e-12)


def test_options_that_mean_nothing():
    """A name that the rule does not use is refused, and so is one that is missing, or no number."""
    w = Value(1.0)
    optimizer = SGD([w], 0.1)
    optimizer.options["momentum"] = 0.9
    w.grad = 1.0
    with pytest.raises(ConfigError, match="option `momentum`, which its rule does not use"):
        optimizer.step()
    with pytest.raises(ConfigError, match="option `momentum`, which its rule does not use"):
        compile_step(lambda: w * w, [w], optimizer)()
    adam = Adam([w])
    del adam.options["beta1"]
    with pytest.raises(ConfigError, match="lacks the option `beta1`"):
        adam.step()
    assert (w.data, adam.steps) == (1.0, 0)
    adam = Adam([w])
    step = compile_step(lambda: w * w, [w], adam)
    adam.options["beta1"] = "0.5"
    with pytest.raises(NotANumber):
        step()
    with pytest.raises(ConfigError, match="`learning_rate` is nan"):
        adam.learning_rate = float("nan")
    with pytest.raises(ConfigError, match="`learning_rate` is -1"):
        adam.learning_rate = -1
    with pytest.raises(ConfigError, match="is None, not an UpdateRule"):
        Optimizer([w], 0.1, None, {})
    with pytest.raises(OperationError, match="is no name"):
        UpdateRule("p += g", (), ())


def test_options_as_attributes():
    """They are assigned by their names; others that options are called by are refused."""
    adam = Adam([Value(1.0)])
    adam.beta1 = 0.5
    assert (adam.beta1, adam.options["beta1"]) == (0.5, 0.5)
    for name in ("momentum", "lr", "betas", "eps", "weight_decay"):
        with pytest.raises(ConfigError, match=f"`Adam` has no option `{name}` to be assigned"):
            setattr(adam, name, 0.1)
    with pytest.raises(
        ConfigError, match=r"`SGD` has no option `momentum`[\s\S]*try: an optimiser"
    ):
        SGD([Value(1.0)]).momentum = 0.9
    with pytest.raises(ConfigError, match="no option `nesterov`"):
        SGD([Value(1.0)], momentum=0.9).nesterov = True
    with pytest.raises(AttributeError, match="has no `momentum`"):
        _ = SGD([Value(1.0)]).momentum

    class Mine(SGD):
        def __init__(self, parameters):
            super().__init__(parameters, momentum=0.5)
            self.lr = 3.0  # a user's own

    mine = copy.deepcopy(Mine([Value(1.0)]))
    mine.momentum = 0.25
    assert (mine.lr, mine.momentum, mine.options) == (3.0, 0.25, {"momentum": 0.25})


# -- parameters and memory ------------------------------------------------------------------------


def test_parameters_are_assigned_and_not_appended():
    """Those that stay are remembered, new ones begin with nothing, and a compiled step says so."""
    a, b = Value(1.0), Value(2.0)
    optimizer = SGD([a], 0.1, momentum=0.5)
    step = compile_step(lambda: a * a, [a], optimizer)
    step()
    assert optimizer.state()["b"] == [2.0]
    with pytest.raises(AttributeError):
        optimizer.parameters.append(b)
    optimizer.parameters = [b, *optimizer.parameters]
    assert (len(optimizer), optimizer.state()["b"]) == (2, [0.0, 2.0])
    with pytest.raises(ConfigError, match="has other parameters than when the step was compiled"):
        step()
    optimizer = SGD([a], 0.1)
    step = compile_step(lambda: a * a, [a], optimizer)
    optimizer.rule = SGD([a], 0.1, momentum=0.5).rule
    with pytest.raises(ConfigError, match="has another rule than when the step was compiled"):
        step()
    with pytest.raises(ConfigError, match="are the same Value"):
        optimizer.parameters = [a, a]


def test_memory_of_another_shape_is_refused():
    """Too few or too many numbers, or lists; it is as it was then."""
    optimizer = Adam([Value(1.0), Value(2.0)])
    before = optimizer.state()
    for memory in (([0.0] * 2,), ([0.0], [0.0]), ([0.0] * 2, [0.0] * 3)):
        with pytest.raises(ShapeError, match="the memory's"):
            optimizer.memory = memory
    assert optimizer.state() == before


def test_an_optimiser_serves_two_trainings():
    """One after the other or in turns: its memory is one, whoever makes the steps."""
    weights = []
    for engine in ("eager", "native"):
        net = MLP(1, [1], seed=0)
        optimizer = Adam(net.parameters(), 0.05)
        step = compile_step(lambda x, net=net: net([x])[0] ** 2, net.parameters(), optimizer)
        for _ in range(3):
            fit(net, X, Y, optimizer=optimizer, steps=5, engine=engine, progress=False)
            if engine == "native":
                step(0.5)
            else:
                optimizer.zero_grad()
                (net([0.5])[0] ** 2).backward()
                optimizer.step()
        weights.append([p.data for p in net.parameters()])
        assert optimizer.steps == 18
    assert weights[1] == pytest.approx(weights[0], rel=1e-9)


# -- all or nothing -------------------------------------------------------------------------------


def struck_at(n, action):
    """Run it with a Ctrl-C at the n-th line of jangrad that it runs; whether there was one."""
    # Not by name: in a clone that is called jangrad every file of the environment is below it, and
    # a Ctrl-C within what Hypothesis does when garbage is collected is none of ours.
    package, lines = os.path.dirname(jangrad.__file__), 0

    def trace(frame, event, _):
        nonlocal lines
        if not frame.f_code.co_filename.startswith(package):
            return None
        if event == "line":
            lines += 1
            if lines == n:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return lines >= n


@pytest.mark.parametrize("kind", [SGD, Adam, ClippedStep, Clipped])
def test_an_interrupt_leaves_a_whole_step_or_none(kind):
    """Wherever it strikes, weights, memory and count are all of before or all of after."""
    n, seen = 1, set()
    while True:
        w = [Value(1.0), Value(2.0)]
        optimizer = kind(w, 0.1)
        (w[0] * w[1]).backward()
        struck = struck_at(n, optimizer.step)
        state = tuple(v.data for v in w), optimizer.steps, str(optimizer.state())
        seen.add(state)
        if not struck:
            break
        n += 1
    assert n > 10
    assert len(seen) == 2


def test_an_error_in_a_step_leaves_none():
    """One of the rule, of the count of numbers, of a method of one's own."""

    class Short(Adam):
        def advance(self, numbers, gradients, rate=None):
            return super().advance(numbers, gradients, rate)[1:]

    class Failing(Adam):
        def advance(self, numbers, gradients, rate=None):
            super().advance(numbers, gradients, rate)
            raise MemoryError

    for kind, error in ((Short, ShapeError), (Failing, MemoryError)):
        w = [Value(1.0), Value(2.0)]
        optimizer = kind(w, 0.1)
        (w[0] * w[1]).backward()
        before = optimizer.state()
        with pytest.raises(error):
            optimizer.step()
        assert ([v.data for v in w], optimizer.state()) == ([1.0, 2.0], before)
