"""What rows of a training have moved, against gradients by Python and trainings without a row."""

from functools import partial

import numpy as np
import pytest
from benchmarks.influence import bent, convex, correlations

from jangrad import MLP, Value, fit, train
from jangrad.errors import ConfigError, DataError, NameNotFound, ShapeError
from jangrad.explain import Recorder, influences
from jangrad.nn import LOSSES, Module, l2_penalty
from jangrad.train import LBFGS, SGD, Adam, AdamW, LevenbergMarquardt

RNG = np.random.default_rng(4)
X = RNG.normal(size=(9, 2))
Y = np.sin(2.0 * X[:, 0]) + X[:, 1]
NAME = "layers.0.neurons.1.weights.0"
OPTIMIZERS = {
    "sgd": lambda p: SGD(p, 0.1),
    "momentum": lambda p: SGD(p, 0.05, momentum=0.8),
    "nesterov": lambda p: SGD(p, 0.05, momentum=0.8, nesterov=True),
    "adam": lambda p: Adam(p, 0.02, beta1=0.8),
    "adamw": lambda p: AdamW(p, 0.02, weight_decay=0.1),
    "rmsprop": "rmsprop",
    "adagrad": "adagrad",
}


def trained(optimizer="sgd", every=1, net=None, loss="squared_error", y=Y, **options):
    """A network that was trained, and the record of it."""
    net = MLP(2, [3, 1], "tanh", seed=0) if net is None else net
    made = OPTIMIZERS.get(optimizer, optimizer)
    made = made(net.parameters()) if callable(made) else made
    options = {"batch_size": 4, "steps": 25, "progress": False} | options
    recorder = Recorder(net, len(X), optimizer=made, batch_size=options["batch_size"])
    fit(net, X, y, loss=loss, optimizer=made, callbacks=[recorder], callback_every=every, **options)
    return net, recorder.run


def row_gradients(net, weights, rows, loss="squared_error", y=Y):
    """Each row's gradient by Python, at these weights."""
    for parameter, weight in zip(net.parameters(), weights, strict=True):
        parameter.data = float(weight)
    found = []
    for i in rows:
        net.zero_grad()
        LOSSES[loss]([net(X[i].tolist())], [float(y[i])]).backward()
        found.append([parameter.grad for parameter in net.parameters()])
    return np.array(found)


def by_python(run, rule):
    """What each row has done to each weight in each step: its own momentum, its share of a step.

    It goes forwards and keeps a momentum for each row, where `influences` goes backwards with one.
    """
    net = MLP(2, [3, 1], "tanh", seed=0)
    count = len(net.parameters())
    momentum, squares = np.zeros((len(X), count)), np.zeros(count)
    moved = np.zeros((len(run.moments), len(X), count))
    for t, moment in enumerate(run.moments):
        own = np.zeros((len(X), count))
        each = row_gradients(net, moment.weights, moment.rows) / len(moment.rows)
        np.add.at(own, list(moment.rows), each)
        g, rate, o = own.sum(axis=0), moment.rate, run.options
        if rule == "sgd":
            step = rate * own
        elif rule in ("momentum", "nesterov"):
            momentum = o["momentum"] * momentum + own
            step = rate * (momentum if rule == "momentum" else own + o["momentum"] * momentum)
        elif rule == "rmsprop":
            squares = o["alpha"] * squares + (1 - o["alpha"]) * g * g
            step = rate * own / (np.sqrt(squares) + o["epsilon"])
        elif rule == "adagrad":
            squares = squares + g * g
            step = rate * own / (np.sqrt(squares) + o["epsilon"])
        else:
            momentum = o["beta1"] * momentum + (1 - o["beta1"]) * own
            squares = o["beta2"] * squares + (1 - o["beta2"]) * g * g
            size = np.sqrt(squares / (1 - o["beta2"] ** (t + 1))) + o["epsilon"]
            step = rate * momentum / (1 - o["beta1"] ** (t + 1)) / size
        moved[t] = -step
    return moved


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_are_shared_out_exactly(optimizer):
    """Row by row as a loop of Python has it; together it is what the weight has moved."""
    net, run = trained(optimizer)
    found = influences(net, run, X, Y, weight=NAME)
    place = list(net.named_parameters()).index(NAME)
    expected = by_python(run, optimizer)[:, :, place].sum(axis=0)
    assert found.moved == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert (found.begin, found.end) == (run.moments[0].weights[place], run.final[place])
    if optimizer != "adamw":  # which also shrinks it, by no row
        assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam"])
def test_a_prediction_is_shared_out_to_first_order(optimizer):
    """Along the mean of its slopes before and after each step; the rest is of third order."""
    net, run = trained(optimizer)
    asked = [0.3, -0.2]
    found = influences(net, run, X, Y, row=asked)
    other = MLP(2, [3, 1], "tanh", seed=0)

    def slopes(weights):
        for parameter, weight in zip(other.parameters(), weights, strict=True):
            parameter.data = float(weight)
        other.zero_grad()
        other(asked)[0].backward()
        return np.array([parameter.grad for parameter in other.parameters()])

    weights = [*(moment.weights for moment in run.moments), run.final]
    at = np.array([slopes(each) for each in weights])
    along = 0.5 * (at[:-1] + at[1:])
    # A row moves later steps too where there is momentum: each of its moves along that step.
    expected = np.einsum("tnp,tp->n", by_python(run, optimizer), along)
    assert found.moved == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert found.end == pytest.approx(net.predict(asked)[0][0])
    assert found.together == pytest.approx(found.end - found.begin, rel=0.02)


def test_the_loss_of_a_row():
    """Its gradient at the same weights, times that of each row."""
    net, run = trained()
    found = influences(net, run, X, Y, row=X[2], target=Y[2])
    other = MLP(2, [3, 1], "tanh", seed=0)
    weights = [*(moment.weights for moment in run.moments), run.final]
    at = np.array([row_gradients(other, each, [2])[0] for each in weights])
    expected = np.einsum("tnp,tp->n", by_python(run, "sgd"), 0.5 * (at[:-1] + at[1:]))
    assert found.moved == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert found.moved[2] < 0.0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_that_were_not_recorded_are_computed_again(optimizer):
    """From the latest that were; so it does not matter how seldom that is."""
    net, run = trained(optimizer, every=10, steps=40)
    assert [i for i, m in enumerate(run.moments) if m.weights is not None] == [0, 10, 20, 30]
    whole = trained(optimizer, steps=40)[1]
    for options in ({"weight": NAME}, {"row": [0.3, -0.2]}, {"weight": NAME, "later": True}):
        found, wanted = (influences(net, each, X, Y, **options) for each in (run, whole))
        assert found.moved == pytest.approx(wanted.moved, rel=1e-8, abs=1e-13)
    with pytest.raises(ConfigError, match="do not follow from these rows"):
        influences(net, run, X, Y[::-1], weight=NAME)


def test_rows_that_count_more_and_penalties():
    """A row's share is by its weight; a penalty's is nobody's."""
    counts = np.linspace(0.0, 2.0, len(X))
    net, run = trained("adam", row_weights=counts)
    found = influences(net, run, X, Y, weight=NAME, row_weights=counts)
    assert found.moved[0] == 0.0
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)
    with pytest.raises(ConfigError, match="do not follow from these rows"):
        influences(net, run, X, Y, weight=NAME)
    penalty = partial(l2_penalty, strength=0.1)
    net, run = trained("sgd", penalty=penalty)
    found = influences(net, run, X, Y, weight=NAME, penalty=penalty)
    place = list(net.named_parameters()).index(NAME)
    shrunk = -sum(0.2 * moment.rate * moment.weights[place] for moment in run.moments)
    assert found.together + shrunk == pytest.approx(found.end - found.begin, rel=1e-9)


@pytest.mark.parametrize(
    ("make", "loss"),
    [
        (lambda: MLP(2, [4, 2], "tanh", seed=0), "softmax_cross_entropy"),
        (lambda: MLP(2, [4, 1], "relu", seed=0), "binary_cross_entropy"),
    ],
)
def test_losses_of_classes(make, loss):
    """What a weight has moved is shared out as well."""
    y = (Y > 0.0).astype(float)
    net, run = trained("adam", net=make(), loss=loss, y=y)
    found = influences(net, run, X, y, weight=NAME, loss=loss)
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)
    if loss == "softmax_cross_entropy":
        second = influences(net, run, X, y, row=X[0], output=1, loss=loss)
        assert second.end == pytest.approx(net.predict(X[:1])[0, 1])


def test_a_network_of_ones_own_of_which_a_part_learns():
    """What does not learn does not move, whatever its gradient is."""

    class Line(Module):
        def __init__(self):
            self.slope, self.offset = [Value(0.5), Value(-0.5)], Value(0.0)

        def __call__(self, xs):
            return [self.slope[0] * xs[0] + self.slope[1] * xs[1] + self.offset]

    net = Line()
    optimizer = SGD(net.slope, 0.1)
    recorder = Recorder(net, len(X), optimizer=optimizer)
    fit(net, X, Y, optimizer=optimizer, callbacks=[recorder], steps=10, progress=False)
    found = influences(net, recorder.run, X, Y, weight="slope.1", names=["a", "b"])
    assert found.together == pytest.approx(found.end - found.begin)
    assert (influences(net, recorder.run, X, Y, weight="offset").moved == 0.0).all()


OPTIONS = {"optimizer": "adam", "learning_rate": 0.05, "batch_size": 4, "progress": False}
HELD_OUT = [[0.1, 0.2], [2.0, -1.0]], [5.0, -3.0]


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 12, "record_every": 1},
        {"epochs": 12, "record_every": 6},
        {"epochs": 60, "record_every": 1, "patience": 3, "validation": HELD_OUT},
        {"epochs": 60, "record_every": 7, "patience": 3, "validation": HELD_OUT},
        {"epochs": 80, "record_every": 1, "patience": 2, "learning_rate": 0.8},
        {
            "steps": 80,
            "record_every": 1,
            "patience": 2,
            "learning_rate": 0.5,
            "batch_size": None,
        },
    ],
)
def test_a_training_that_was_kept(tmp_path, options):
    """`load_run` gives the same as a Recorder, also where the best weights were put back."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    fit(net, X, Y, record=tmp_path / "run", **OPTIONS | options)
    found = influences(net, train.load_run(tmp_path / "run"), X, Y, weight=NAME)
    weight = net.named_parameters()[NAME]
    assert str(influences(net, tmp_path / "run", X, Y, weight=weight)) == str(found)
    with pytest.raises(NameNotFound, match="there is no parameter `mine`"):
        influences(net, tmp_path / "run", X, Y, weight=Value(2.0, "mine"))
    assert found.end == net.state()[NAME]
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)
    other = MLP(2, [3, 1], "tanh", seed=0)
    again = OPTIONS | options
    again.pop("record_every")
    recorder = Recorder(other, len(X), batch_size=again["batch_size"])
    fit(other, X, Y, callbacks=[recorder], **again)
    assert other.state() == net.state()
    same = influences(other, recorder.run, X, Y, weight=NAME)
    assert found.moved == pytest.approx(same.moved, rel=1e-8)


def test_the_best_weights_that_were_put_back():
    """Only the steps that led to them count."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    recorder = Recorder(net, len(X), optimizer="sgd")
    held_out = [[0.1, 0.2], [2.0, -1.0]], [5.0, -3.0]
    options = {"learning_rate": 0.3, "steps": 60, "patience": 3, "validation": held_out}
    history = fit(net, X, Y, optimizer="sgd", callbacks=[recorder], progress=False, **options)
    assert history.restored
    found = influences(net, recorder.run, X, Y, weight=NAME)
    assert found.steps == history.best_step + 1 < len(history)
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("asked", [{"row": [0.3, -0.2]}, {"weight": NAME}])
def test_what_later_steps_make_of_it(optimizer, asked):
    """How it moves with what a row counts: by trainings in which that is a little more, or less."""
    penalty = partial(l2_penalty, strength=0.05)
    options = {"penalty": penalty, "engine": "eager"}
    net, run = trained(optimizer, row_weights=np.ones(len(X)), **options)
    found = influences(net, run, X, Y, penalty=penalty, later=True, **asked)

    def answered(counts):
        other = trained(optimizer, row_weights=counts, **options)[0]
        return other.state()[NAME] if "weight" in asked else other.predict([0.3, -0.2])[0][0]

    for i in (0, 5):
        step = 1e-5 * np.eye(len(X))[i]
        slope = (answered(1.0 + step) - answered(1.0 - step)) / 2e-5
        assert found.moved[i] == pytest.approx(slope, rel=2e-4, abs=1e-7)
    assert "beside a training without it" in str(found)


def test_a_step_is_what_later_steps_make_of_it_where_there_is_none():
    """After the last step nothing follows, so both ways give the same."""
    net, run = trained(steps=1, batch_size=9)
    both = [influences(net, run, X, Y, weight=NAME, later=later).moved for later in (False, True)]
    assert both[0] == pytest.approx(both[1])


#: Rank correlations that are not to become less; docs/explaining.md has those of longer trainings.
SHORT = {"optimizer": "sgd", "learning_rate": 0.1, "epochs": 10, "batch_size": 5}
ADAM = {"optimizer": "adam", "learning_rate": 0.01, "epochs": 10, "batch_size": 5}
FLOORS = [
    (convex, SHORT, 0.9, 0.995),
    (convex, ADAM, 0.85, 0.95),
    (bent, SHORT, 0.7, 0.99),
    (bent, ADAM, 0.6, 0.95),
]


@pytest.mark.parametrize(("problem", "options", "floor", "later_floor"), FLOORS)
def test_rows_that_are_named_are_those_that_matter(problem, options, floor, later_floor):
    """The rank correlation with what changes where each row is left out, on average."""
    found, later = correlations(problem(rows=40, asked=6), **options)
    assert found.mean() > floor
    assert later.mean() > later_floor


def test_words_and_table():
    """The rows that raised it most and lowered it most, with their targets."""
    net, run = trained()
    found = influences(net, run, X, Y, row=[0.3, -0.2], names=["east", "north"])
    lines = str(found).splitlines()
    assert lines[0].startswith(f"the output was {found.begin:.4g} before the training and is")
    assert lines[2] == "the rows that raised it most:"
    first = int(found.moved.argmax())
    assert lines[3].split()[:2] == ["row", str(first)]
    assert f"east {X[first, 0]:.4g}" in lines[3]
    assert [one.row for one in found.rows] == list(range(len(X)))
    assert found.moved.sum() == pytest.approx(found.together)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({}, ConfigError, "not said what was moved"),
        ({"row": [0.0, 0.0], "weight": NAME}, ConfigError, "both `row` and `weight`"),
        ({"weight": "layers.0.neuron"}, NameNotFound, "there is no parameter"),
        ({"row": [0.0]}, ShapeError, r"shape \(1, 1\)"),
        ({"row": [0.0, 0.0], "target": "x"}, DataError, "not all numbers"),
        ({"row": [0.0, 0.0], "loss": "hinges"}, ConfigError, "no loss 'hinges'"),
        ({"row": [0.0, 0.0], "loss": "absolute_error"}, ConfigError, "do not follow"),
    ],
)
def test_what_does_not_fit_is_said(options, kind, words):
    """With what to write instead."""
    net, run = trained()
    with pytest.raises(kind, match=words):
        influences(net, run, X, Y, **options)


def test_runs_that_do_not_fit_are_refused():
    """Other rows, other weights, no run at all, no steps; what cannot be recorded neither."""
    net, run = trained()
    with pytest.raises(ConfigError, match="do not follow from these rows"):
        influences(net, run, X[::-1], Y[::-1], weight=NAME)
    with pytest.raises(ConfigError, match="which records no training"):
        influences(net, 3, X, Y, weight=NAME)
    with pytest.raises(ConfigError, match="no step was recorded"):
        influences(net, Recorder(net, 9).run, X, Y, weight=NAME)
    net.parameters()[0].data = 7.0
    with pytest.raises(ConfigError, match="other weights than at any moment"):
        influences(net, run, X, Y, weight=NAME)
    with pytest.raises(ConfigError, match="`lbfgs` is no optimiser that follows a formula"):
        Recorder(net, 9, optimizer="lbfgs")
    with pytest.raises(ConfigError, match="seed=None"):
        Recorder(net, 9, seed=None)


RIDGE = partial(l2_penalty, strength=0.01)


def at_minimum(folder, optimizer, net=None, **options):
    """A network at a minimum, and the record of its training."""
    net = MLP(2, [3, 1], "tanh", seed=0) if net is None else net
    made = {"lbfgs": LBFGS, "levenberg_marquardt": LevenbergMarquardt}[optimizer]
    method = made(net.parameters(), gtol=1e-11, ftol=0.0)
    options = {"penalty": RIDGE, "steps": 3000} | options
    fit(net, X, Y, optimizer=method, progress=False, checkpoint=folder, **options)
    return net, train.load_run(folder)


@pytest.mark.parametrize("optimizer", ["lbfgs", "levenberg_marquardt"])
@pytest.mark.parametrize("asked", [{"row": [0.3, -0.2]}, {"weight": NAME}])
def test_what_each_row_does_to_a_minimum(tmp_path, optimizer, asked):
    """How it moves with what a row counts: by trainings in which that is a little more, or less."""
    net, run = at_minimum(tmp_path / "run", optimizer)
    found = influences(net, run, X, Y, penalty=RIDGE, later=True, **asked)
    assert (found.steps, found.end) == (len(run), found.end)

    def answered(counts, name):
        other = MLP(2, [3, 1], "tanh", seed=0)
        other.load_state(net.state())
        at_minimum(tmp_path / name, "lbfgs", other, row_weights=counts)
        return other.state()[NAME] if "weight" in asked else other.predict([0.3, -0.2])[0][0]

    for i in (0, 5):
        # Large enough for a minimum that is known to half of the digits of its loss.
        step = 0.03 * np.eye(len(X))[i]
        slope = (answered(1.0 + step, f"{i}a") - answered(1.0 - step, f"{i}b")) / 0.06
        assert found.moved[i] == pytest.approx(slope, rel=1e-3, abs=2e-6)


def test_where_no_minimum_is_nothing_is_said(tmp_path):
    """Trainings that were cut off, other rows, other weights; and steps, made of all rows."""
    net, run = at_minimum(tmp_path / "cut", "lbfgs", steps=4)
    with pytest.raises(ConfigError, match=r"no minimum of these rows: one lies about \d+%"):
        influences(net, run, X, Y, weight=NAME, penalty=RIDGE, later=True)
    net, run = at_minimum(tmp_path / "whole", "lbfgs")
    for options, said in (
        ({"later": True}, "no minimum of these rows"),
        ({"penalty": RIDGE}, "`LBFGS` is no optimiser that follows(.|\n)*later=True"),
    ):
        with pytest.raises(ConfigError, match=said):
            influences(net, run, X, Y, weight=NAME, **options)
    net.parameters()[0].data += 0.1
    with pytest.raises(ConfigError, match="other weights than at the end"):
        influences(net, run, X, Y, weight=NAME, penalty=RIDGE, later=True)
    with pytest.raises(ConfigError, match=r"`lbfgs` is no optimiser(.|\n)*later=True"):
        Recorder(net, len(X), optimizer="lbfgs")
