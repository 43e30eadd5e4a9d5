"""The optimisers: their trajectories, their options, their memory."""

from __future__ import annotations

import copy
import functools
import json
import math
import pickle
import re

import pytest

from jangrad import Module, Value, compile_step, exp, fit
from jangrad.errors import ConfigError, DataError, NoGradient, OperationError, ShapeError
from jangrad.graph import ordered
from jangrad.train.optimizers import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from jangrad.train.update_rule import UpdateRule

START = [1.5, -0.7, 0.3]


def objective(w):
    """A smooth, curved, unequal function of three numbers, for jangrad and PyTorch alike."""
    a, b, c = w
    return (a * a - 1.0) ** 2 * 0.5 + 10.0 * b * b + (a * b - c) ** 2 + 0.1 * c


def trajectory(make, steps=200, schedule=None):
    """The numbers after each step."""
    w = [Value(x) for x in START]
    optimizer = make(w)
    path = []
    for step in range(steps):
        optimizer.zero_grad()
        objective(w).backward()
        optimizer.step(schedule(step) if schedule else None)
        path.append([v.data for v in w])
    return path


PEERS = {
    "sgd": (lambda w: SGD(w, 0.01), "SGD", {"lr": 0.01}),
    "momentum": (lambda w: SGD(w, 0.01, momentum=0.8), "SGD", {"lr": 0.01, "momentum": 0.8}),
    "nesterov": (
        lambda w: SGD(w, 0.01, momentum=0.8, nesterov=True),
        "SGD",
        {"lr": 0.01, "momentum": 0.8, "nesterov": True},
    ),
    "adam": (lambda w: Adam(w, 0.02), "Adam", {"lr": 0.02}),
    "adam options": (
        lambda w: Adam(w, 0.02, beta1=0.8, beta2=0.95, epsilon=1e-4),
        "Adam",
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4},
    ),
    "adamw": (
        lambda w: AdamW(w, 0.02, weight_decay=0.1),
        "AdamW",
        {"lr": 0.02, "weight_decay": 0.1},
    ),
    "rmsprop": (lambda w: RMSprop(w, 0.01), "RMSprop", {"lr": 0.01}),
    "adagrad": (lambda w: Adagrad(w, 0.1), "Adagrad", {"lr": 0.1}),
    "sgd defaults": (SGD, "SGD", {}),
    "adam defaults": (Adam, "Adam", {}),
    "adamw defaults": (AdamW, "AdamW", {}),
    "rmsprop defaults": (RMSprop, "RMSprop", {}),
    "adagrad defaults": (Adagrad, "Adagrad", {}),
}


@pytest.mark.parametrize("name", PEERS)
def test_trajectory_is_that_of_pytorch(name):
    """Two hundred steps agree with torch.optim to 1e-12, defaults included."""
    torch = pytest.importorskip("torch")
    make, peer, options = PEERS[name]
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, peer)([w], **options)
    for ours in trajectory(make):
        optimizer.zero_grad()
        objective(w).backward()
        optimizer.step()
        assert ours == pytest.approx(w.tolist(), rel=1e-12, abs=1e-13)


def test_first_step_of_each_by_hand():
    """From gradient 4 at 2: what the formula of each gives on paper."""
    after = {}
    for name, kind in OPTIMIZERS.items():
        w = Value(2.0)
        optimizer = kind([w], 0.1)
        (w * w).backward()
        optimizer.step()
        after[name] = w.data
    assert after == pytest.approx(
        {
            "sgd": 2.0 - 0.1 * 4.0,
            "adam": 2.0 - 0.1 * 4.0 / (4.0 + 1e-8),
            "adamw": 2.0 - 0.1 * 0.01 * 2.0 - 0.1 * 4.0 / (4.0 + 1e-8),
            "rmsprop": 2.0 - 0.1 * 4.0 / (math.sqrt(0.01 * 16.0) + 1e-8),
            "adagrad": 2.0 - 0.1 * 4.0 / (4.0 + 1e-10),
        },
        rel=1e-14,
    )


def test_rate_of_one_step():
    """`step(rate)` uses that rate once and leaves the optimiser's own."""
    w = Value(1.0)
    optimizer = SGD([w], 0.5)
    w.grad = 2.0
    optimizer.step(0.1)
    assert w.data == 0.8
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_state_goes_through_json_and_continues_exactly(kind):
    """Saved half-way and loaded into a new optimiser, the second half is the same to the bit."""
    whole = trajectory(lambda w: kind(w, 0.01), steps=20)
    w = [Value(x) for x in START]
    optimizer = kind(w, 0.01)
    for step in range(20):
        if step == 10:
            state = json.loads(json.dumps(optimizer.state()))
            optimizer = kind(w, 0.01)
            optimizer.load_state(state)
        optimizer.zero_grad()
        objective(w).backward()
        optimizer.step()
    assert [v.data for v in w] == whole[-1]


@pytest.mark.parametrize("name", PEERS)
def test_formula_runs_on_values(name):
    """The same formula on Values gives the same numbers, and a gradient by the learning rate."""
    optimizer = PEERS[name][0]([Value(x) for x in START])
    rule, memory = optimizer.rule, [[0.3, 0.2, 0.1] for _ in optimizer.rule.state]
    gradients = [0.5, -2.0, 1.0]
    rate = Value(0.01)
    plain, plain_state = rule.on_floats(START, gradients, memory, 0.01, 3, optimizer.options)
    values, state = rule.apply(
        [Value(x) for x in START],
        [Value(x) for x in gradients],
        [[Value(x) for x in column] for column in memory],
        rate,
        3,
        optimizer.options,
    )
    assert [v.data for v in values] == pytest.approx(plain, rel=1e-15)
    assert [[v.data for v in column] for column in state] == [
        pytest.approx(column, rel=1e-15) for column in plain_state
    ]
    values[0].backward()
    slope = (plain[0] - START[0]) / 0.01
    assert rate.grad == pytest.approx(slope, rel=1e-9)


def test_lines_without_a_parameter_are_computed_once_a_step():
    """The bias corrections of Adam do not run inside the loop over parameters."""
    w = [Value(x) for x in START]
    rule, step = Adam(w).rule, Value(1.0)
    zeros = [0.0] * 3
    found, _ = rule.apply(w, zeros, (zeros, zeros), 0.1, step, Adam(w).options)
    assert [v.op for v in ordered(*found)].count("pow") == 2


def test_formula_with_an_unknown_name():
    """A line that uses what nothing has made is refused, with what is near."""
    with pytest.raises(OperationError, match="did you mean `rate`"):
        UpdateRule("p = p - ratte * g", (), ())


def test_repr():
    """The representation says the kind, how many parameters, and every number."""
    w = [Value(0.0), Value(1.0)]
    assert repr(SGD(w)) == "SGD(2 parameters, learning_rate=0.001)"
    assert repr(SGD(w[:1], 0.1, momentum=0.9, nesterov=True)) == (
        "SGD(1 parameter, learning_rate=0.1, momentum=0.9, nesterov=True)"
    )
    assert repr(AdamW(w)) == (
        "AdamW(2 parameters, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08,"
        " weight_decay=0.01)"
    )


def assigned(optimizer, name, value):
    """The optimiser, with an option assigned."""
    setattr(optimizer, name, value)
    return optimizer


W = [Value(1.0)]
BAD = [
    (lambda: SGD(W, 0.0), "`learning_rate` is 0.0, but needs learning_rate > 0"),
    (lambda: SGD(W, -1), "`learning_rate` is -1, but needs learning_rate > 0"),
    (lambda: SGD(W, math.nan), "`learning_rate` is nan, but"),
    (lambda: SGD(W, math.inf), "`learning_rate` is inf, but"),
    (lambda: SGD(W, "0.1"), "`learning_rate` is '0.1', but"),
    (lambda: SGD(W, None), "`learning_rate` is None, but"),
    (lambda: SGD(W, momentum=1.0), "`momentum` is 1.0, but needs momentum >= 0 and momentum < 1"),
    (lambda: SGD(W, nesterov=True), "`nesterov=True` needs momentum > 0, but momentum = 0.0"),
    (lambda: Adam(W, beta1=1.0), "`beta1` is 1.0, but needs beta1 >= 0 and beta1 < 1"),
    (lambda: Adam(W, beta2=-0.1), "`beta2` is -0.1, but"),
    (lambda: Adam(W, epsilon=0.0), "`epsilon` is 0.0, but needs epsilon > 0"),
    (lambda: AdamW(W, weight_decay=-1.0), "`weight_decay` is -1.0, but needs weight_decay >= 0"),
    (lambda: RMSprop(W, alpha=2.0), "`alpha` is 2.0, but"),
    (lambda: Adagrad(W, epsilon=-1.0), "`epsilon` is -1.0, but"),
    (lambda: SGD([]), "an optimiser needs at least one parameter, but the list is empty"),
    (lambda: SGD([1.0]), "parameter 0 is 1.0 (float), not a Value"),
    (lambda: SGD([W[0] * 2]), "parameter 0 is computed by `mul`: Value(data=2.0)"),
    (lambda: SGD([*W, *W]), "parameters 0 and 1 are the same Value"),
    (lambda: SGD(set(W)), "a list of Values, not a set"),
    (lambda: SGD(W[0]), "a list of Values, not Value("),
    (lambda: SGD(3), "a list of Values, not 3"),
    (lambda: assigned(SGD(W, momentum=0.5), "momentum", 2.0), "`momentum` is 2.0, but needs"),
    (lambda: assigned(SGD(W, momentum=0.5), "momentum", "a"), "`momentum` is 'a', but needs"),
    (lambda: assigned(Adam(W), "epsilon", 0.0), "`epsilon` is 0.0, but needs epsilon > 0"),
    (lambda: assigned(Adam(W), "steps", 2.7), "`steps` is 2.7, but needs an integer >= 0"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_settings_out_of_range(make, message):
    """Each wrong setting is refused by name, with the value seen and the range."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        make()


def test_a_network_instead_of_its_parameters():
    """Handing the network itself over says what to write instead."""

    class Net:
        def parameters(self):
            return W

    with pytest.raises(ConfigError, match=r"not a Net\n.*\n?.*try: net\.parameters\(\)"):
        SGD(Net())


def test_step_without_gradients():
    """A step before any backward pass teaches the order of the three calls."""
    with pytest.raises(NoGradient, match=r"found no gradient[\s\S]*try: loss\.backward\(\), then"):
        SGD([Value(1.0)]).step()


def test_state_of_another_kind():
    """A state that does not belong here is refused, and so is one of another size."""
    w = [Value(1.0), Value(2.0)]
    with pytest.raises(DataError, match="of `SGD`, but `Adam` needs"):
        Adam(w).load_state(SGD(w).state())
    with pytest.raises(DataError, match="but `SGD` needs"):
        SGD(w, momentum=0.5).load_state(SGD(w).state())
    with pytest.raises(ShapeError, match="`m` has 1 numbers for 2 parameters"):
        Adam(w).load_state(Adam(w[:1]).state())


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"steps": -3}, ConfigError, "`steps` is -3, but needs an integer >= 0"),
        ({"steps": 2.7}, ConfigError, "`steps` is 2.7"),
        ({"steps": "x"}, ConfigError, "`steps` is 'x'"),
        ({"m": ["a"]}, DataError, "not all lists of numbers"),
        ({"m": 3.0}, DataError, "not all lists of numbers"),
        (None, DataError, "the state is None, no dict"),
    ],
)
def test_a_state_that_is_none(changed, error, words):
    """It is refused whole: the optimiser goes on as it was."""
    optimizer = Adam([Value(1.0)])
    optimizer.steps = 7
    before = optimizer.state()
    with pytest.raises(error, match=re.escape(words)):
        optimizer.load_state(changed and before | changed)
    assert optimizer.state() == before


@pytest.mark.parametrize("kind", [*OPTIMIZERS.values(), functools.partial(SGD, nesterov=True)])
@pytest.mark.parametrize("made", ["fresh", "by Python", "by machine code"])
def test_a_checkpoint_of_network_and_optimizer_goes_on_as_they_do(kind, made):
    """Pickled or copied together after steps of either engine: rule, options, memory and count."""
    options = {"momentum": 0.5} if kind is SGD or isinstance(kind, functools.partial) else {}
    w = [Value(x) for x in START]
    optimizer = kind(w, learning_rate=0.01, **options)
    if made == "by machine code":
        step = compile_step(lambda: objective(w), w, optimizer)
        step()
    elif made == "by Python":
        moved(w, optimizer)
    twins = [copy.deepcopy((w, optimizer)), pickle.loads(pickle.dumps((w, optimizer)))]
    shallow = copy.copy(optimizer)
    count = optimizer.steps
    numbers = moved(w, optimizer)
    assert shallow.steps == count
    for v, twin in twins:
        assert repr(twin) == repr(optimizer)
        assert twin.rule == optimizer.rule
        assert moved(v, twin) == numbers
        assert twin.state() == optimizer.state()


def moved(w, optimizer):
    """Their numbers after a step by Python."""
    optimizer.zero_grad()
    objective(w).backward()
    optimizer.step()
    return [v.data for v in w]


def test_own_optimizer():
    """A formula of one's own makes an optimiser with everything the others have."""

    class Lazy(Optimizer):
        def __init__(self, parameters, learning_rate=0.1):
            rule = UpdateRule("m = 0.5 * m + 0.5 * g; p = p - rate * m", ("m",), ())
            super().__init__(parameters, learning_rate, rule, {})

    w = Value(0.0)
    optimizer = Lazy([w])
    exp(w).backward()
    optimizer.step()
    assert w.data == -0.05
    assert optimizer.state() == {"optimizer": "Lazy", "steps": 1, "m": [0.5]}


def test_the_count_can_be_set_between_compiled_steps():
    """Adam corrects its averages for the count, so it moves as it did at its first steps."""
    again, once = ([Value(x) for x in START] for _ in range(2))
    optimizer, plain = Adam(again), Adam(once)
    step = compile_step(lambda: objective(again), again, optimizer)
    step.run((), steps=3)
    optimizer.steps = 0
    step()
    for _ in range(3):
        objective(once).backward()
        plain.step()
        plain.zero_grad()
    plain.steps = 0
    objective(once).backward()
    plain.step()
    assert [v.data for v in again] == pytest.approx([v.data for v in once], rel=1e-12)
    assert optimizer.steps == 1


class Line(Module):
    """A network of one weight."""

    def __init__(self, w):
        self.w = w

    def __call__(self, xs):
        return [self.w * xs[0]]


@pytest.mark.parametrize("beta2", [1.0 - 1e-8, 0.9999999])
def test_options_that_single_precision_loses_are_refused(beta2):
    """`1 - beta2` would be 0, or off by tenths, and nothing would be learned without a word."""
    w = Value(0.0)
    for train in (
        lambda optimizer: compile_step(lambda: (w - 1.0) ** 2, [w], optimizer, dtype="float32"),
        lambda optimizer: fit(Line(w), [[1.0]], [1.0], optimizer=optimizer, dtype="float32"),
    ):
        with pytest.raises(ConfigError, match=r"`1 - beta2` is .* in single precision"):
            train(Adam([w], beta2=beta2))
    compile_step(lambda: (w - 1.0) ** 2, [w], Adam([w], 0.001), dtype="float32")()
    assert w.data == pytest.approx(0.001, rel=1e-4)
    compile_step(lambda: (w - 1.0) ** 2, [w], Adam([w], 0.001, beta2=beta2))()


def test_single_precision_has_five_digits_of_adams_corrections():
    """They are computed of `1 - beta2 ** step`, which loses digits while that is small."""
    moves = []
    for dtype in ("float64", "float32"):
        w = Value(0.0)
        compile_step(lambda w=w: (w - 1.0) ** 2, [w], Adam([w], 0.001), dtype=dtype)()
        moves.append(w.data)
    assert moves[1] == pytest.approx(moves[0], rel=2e-5)
    assert moves[1] != pytest.approx(moves[0], rel=1e-7)
