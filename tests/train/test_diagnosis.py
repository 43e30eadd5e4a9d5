"""What is said of trainings that go wrong: the right cause in the right place, and silence else."""

import json
import pickle
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from tests.train.troubles import HEALTHY, TROUBLES, X, Y, tanh, with_number

from jangrad import History, fit
from jangrad.errors import ConfigError, commands
from jangrad.nn import Neuron

mpl.use("agg")


def trained(make, **more):
    net, rows, targets, options = make()
    return fit(net, rows, targets, progress=False, **options, **more)


@pytest.mark.parametrize("name", TROUBLES)
def test_the_cause_and_its_place(name):
    """Kind, cause, row, column and layer; in words too, with something to try."""
    make, (kind, cause, place) = TROUBLES[name]
    found = trained(make).diagnosis
    assert found is not None
    assert found.cause == cause, found
    assert kind in (None, found.kind), found
    assert {key: getattr(found, key) for key in place} == place
    assert found.why
    assert found.try_
    for key, number in place.items():
        if number is not None and key != "layer":
            assert re.search(rf"{key}s? (\d+ and )?{number}\b", str(found))


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_trainings_are_left_alone(name):
    """Nothing is said of them."""
    history = trained(HEALTHY[name])
    assert history.diagnosis is None


@pytest.mark.parametrize(
    "name",
    ["an outlier among inputs", "a column out of scale stalls gradient descent",
     "a gradient that vanishes", "far too low a rate", "classes that overlap",
     "a dead second layer", "the logarithm of a negative number"],
)  # fmt: skip
def test_both_engines_say_the_same(name):
    """In the same words, but for digits of losses that have diverged."""
    make, _ = TROUBLES[name]
    eager, native = (trained(make, engine=engine).diagnosis for engine in ("eager", "native"))
    assert (eager.kind, eager.cause, eager.row, eager.column) == (
        native.kind, native.cause, native.row, native.column,
    )  # fmt: skip
    assert eager.why == native.why
    assert eager.trail == native.trail
    assert eager.try_ == native.try_


def test_the_trail_leads_from_the_loss_to_the_operation():
    """Step, row, weight, its gradient, the update, and the factor that made it so large."""
    make, _ = TROUBLES["an outlier among inputs"]
    trail = trained(make).diagnosis.trail
    assert trail[0] == "step 0, a batch of 40 rows"
    assert trail[1] == "row 17 has 100 % of their gradients' sizes"
    assert trail[2].startswith("`weights.2` has its largest gradient, ")
    assert trail[3].startswith("row 17 alone moves it from ")
    assert trail[4].startswith("the largest factor on the way is ")
    make, _ = TROUBLES["an outlier in one batch of ten"]
    trail = trained(make).diagnosis.trail
    assert trail[1].startswith("row 5 has ")


def test_where_a_nan_came_from_is_said_with_row_operation_and_line():
    """Also where only a gradient is one, and in machine code."""
    for engine in ("eager", "native"):
        make, _ = TROUBLES["the logarithm of a negative number"]
        trail = trained(make, engine=engine).diagnosis.trail
        assert trail[:2] == ("step 0", "row 2")
        assert trail[2].startswith("`log` gave nan from (-3.0), at troubles.py:")
        assert trail[2].endswith("return [self.slope * (self.scale * row[0]).log()]")
    make, _ = TROUBLES["a slope without end"]
    trail = trained(make).diagnosis.trail
    assert trail[1] == "row 1"
    assert "`sqrt`" in trail[2]


def test_the_baseline_is_told_with_both_figures():
    """Losses, and for classes the shares of rows that are right."""
    make, _ = TROUBLES["inputs that are constant"]
    found = trained(make).diagnosis
    mean = sum(Y) / len(Y)
    variance = sum((t - mean) ** 2 for t in Y) / len(Y)
    assert found.baseline == pytest.approx(variance)
    assert f"the loss is {variance:.4g}, that of the mean {variance:.4g}" in found.what
    make, _ = TROUBLES["weights that are all 0"]
    found = trained(make).diagnosis
    assert found.what.endswith(f"; always predicting the mean loses {variance:.4g}")
    make, _ = TROUBLES["classes that overlap"]
    found = trained(make).diagnosis
    assert "no better than always predicting the share of 1s" in found.what
    assert "% of rows are right, by the latter" in found.what


@pytest.mark.parametrize("name", TROUBLES)
def test_the_advice_is_tried(name):
    """It helps; or nothing can be changed by itself, and that is said."""
    make, _ = TROUBLES[name]
    net, rows, targets, options = make()
    history = fit(net, rows, targets, progress=False, **options)
    after_it = [p.data for p in net.parameters()]
    found = history.diagnosis
    if not found.fix:
        with pytest.raises(ConfigError, match="nothing that could be tried by itself"):
            found.try_fix()
        return
    fix = found.try_fix()
    assert fix.before is history
    assert fix.after.loss[-1] < 0.9 * history.loss[-1] or history.loss[-1] != history.loss[-1]
    assert fix.works, fix
    assert [p.data for p in net.parameters()] == after_it
    assert fix.net is not net
    assert str(fix).startswith("tried: ")
    assert len(fix.plot().lines) >= 2
    plt.close("all")


def test_what_can_no_longer_be_tried():
    """A History from a file knows the words, and not the training; a copy neither."""
    make, _ = TROUBLES["an outlier among inputs"]
    history = trained(make)
    again = History.from_json(history.to_json())
    assert again == history
    json.loads(history.to_json(), parse_constant=pytest.fail)
    for copy in (again.diagnosis, pickle.loads(pickle.dumps(history.diagnosis))):
        assert copy == history.diagnosis
        with pytest.raises(ConfigError, match="the training is not known any more"):
            copy.try_fix()


def test_networks_of_the_user_s_own_are_not_rebuilt():
    """Where the advice needs another network."""
    make, _ = TROUBLES["weights that are all 0"]

    class Own(type(make()[0])):
        pass

    net, rows, targets, options = make()
    net.__class__ = Own
    history = fit(net, rows, targets, progress=False, **options)
    assert history.diagnosis.try_fix().works  # it is an MLP still
    line = Neuron(3, "linear", seed=0)
    history = fit(line, [[a, 0.0, 0.0] for a, _, _ in X], [a * a for a, _, _ in X], steps=300,
                  learning_rate=0.05, progress=False)  # fmt: skip
    assert history.diagnosis.cause == "too simple"
    with pytest.raises(ConfigError, match="`Neuron` cannot be built in another way"):
        history.diagnosis.try_fix()


def test_nothing_is_looked_for_in_a_training_that_goes_well(monkeypatch):
    """No row is computed again, and no curvature."""
    monkeypatch.setattr("jangrad.train.curvature.sharpest_curvature", pytest.fail)
    monkeypatch.setattr("jangrad.train.looked_at.with_weights", pytest.fail)
    monkeypatch.setattr("jangrad.train.causes.outliers", pytest.fail)
    monkeypatch.setattr("jangrad.train.causes.neighbours_know", pytest.fail)
    assert fit(tanh(), X, Y, learning_rate=0.01, steps=200, progress=False).diagnosis is None


def test_an_error_of_the_user_s_own_code_leaves_the_plain_words():
    """A loss that cannot be asked for one row."""

    def whole(outputs, targets):
        if len(outputs) != len(X):
            raise ValueError("all rows or none")
        return sum((out[0] - t) ** 2 for out, t in zip(outputs, targets, strict=True))

    history = fit(Neuron(3, "linear", seed=0), with_number(X, 17, 2, 4000.0), Y, loss=whole,
                  optimizer="sgd", learning_rate=0.05, steps=50, progress=False)  # fmt: skip
    assert history.diagnosis.kind in ("divergence", "not finite")
    assert history.diagnosis.cause == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [("weights that are all 0", "another --seed"), ("an outlier among inputs", None)],
)
def test_a_command_tells_the_cause_as_it_is_typed(name, said):
    """But for rows and columns, which there are others than those of the user's table."""
    net, X_, y, options = TROUBLES[name][0]()
    with commands({"--rate", "--seed"}):
        found = fit(net, X_, y, progress=False, **options).diagnosis
    assert found.trail == ()
    assert "row" not in str(found)
    assert "learning_rate=" not in str(found).partition("try:")[2]
    if said is None:
        assert found.row is None
        assert "--rate" in str(found)
    else:
        assert found.cause == "symmetry"
        assert said in str(found)
