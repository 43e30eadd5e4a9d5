"""How fast and how long estimators train: as is said, or chosen where nobody says."""

import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_iris, make_friedman1
from sklearn.exceptions import ConvergenceWarning

from jangrad import fit
from jangrad.explain import influences
from jangrad.nn import MLP
from jangrad.sklearn import JangradClassifier, JangradRegressor
from jangrad.sklearn.base import begun
from jangrad.sklearn.pace import chosen
from jangrad.train.schedules import cosine, warm_up

X, Y = load_iris(return_X_y=True)


def test_it_is_what_fit_does_with_a_schedule() -> None:
    """To the last bit: 100 steps of 32 rows, in 30 of which the rate rises."""
    model = JangradClassifier((8,), alpha=0.0, random_state=0).fit(X, Y)
    net = begun(4, [8, 3], "relu", model.seed_)
    rising = warm_up(30, then=cosine(0.0125, 70))
    history = fit(
        *(net, model._input_scale.apply(X), Y),
        loss="softmax_cross_entropy",
        optimizer="adam",
        schedule=rising,
        epochs=20,
        batch_size=32,
        seed=model.seed_,
        engine="native",
        progress=False,
    )
    assert model.network_.state() == net.state()
    assert model.history_ == history
    assert (model.n_iter_, len(history), max(history.rate)) == (20, 100, 0.0125)
    assert model.notes_[-1].startswith(
        "steps of 32 rows at a rate that rises to 0.0125 in the first 30% of them and then falls"
        " to 0: chosen by the number of rows"
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_other_networks_have_scikit_learns() -> None:
    """One activation that is no rectifier is enough, or a second layer."""
    for layers, activation, paced in (
        ((4,), "tanh", False),
        ((4,), ["gelu"], True),
        ((), "relu", True),
        ((4, 3), "relu", False),
        ((4, 3), ["softplus", "gelu"], False),
    ):
        model = JangradClassifier(layers, activation, random_state=0).fit(X, Y)
        assert max(model.history_.rate) == (0.0125 if paced else 0.001)
        assert ("scikit-learn's, where you did not say" in model.notes_[-1]) != paced


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_three_layers_learn_a_sine_of_few_rows() -> None:
    """For which 20 epochs are too few: at half of the rate they left most of it."""
    scores = []
    for seed in range(4):
        draw = np.random.default_rng(seed)
        inputs = draw.uniform(-1.0, 1.0, (1300, 1))
        targets = np.sin(12.0 * inputs[:, 0]) + 0.1 * draw.normal(size=1300)
        model = JangradRegressor((32, 32, 32), random_state=seed).fit(inputs[:300], targets[:300])
        scores.append(model.score(inputs[300:], targets[300:]))
    assert np.mean(scores) > 0.7


@pytest.mark.parametrize(
    ("said", "rate", "epochs", "batch"),
    [
        ({"max_iter": 12}, 0.001, 12, 150),
        ({"learning_rate_init": 0.003, "tol": 0.0}, 0.003, 200, 150),
        ({"batch_size": 40}, 0.001, 200, 40),
        ({"n_iter_no_change": float("inf")}, 0.001, 200, 150),
        ({"tol": 0.0}, 0.001, 200, 150),
        ({"solver": "rmsprop", "n_iter_no_change": float("inf")}, 0.001, 200, 150),
        ({"solver": "sgd", "tol": 0.0}, 0.001, 200, 150),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_is_said_means_what_it_means_in_scikit_learn(
    said: dict[str, Any], rate: float, epochs: int, batch: int
) -> None:
    """And with it what is not: a constant rate, steps of up to 200 rows, up to 200 epochs."""
    model = JangradClassifier((5,), random_state=0, **said).fit(X, Y)
    assert set(model.history_.rate) == {rate}
    assert model.n_iter_ == epochs
    assert len(model.history_) == epochs * -(-150 // batch)
    assert model.notes_[-1] == (
        f"steps of {batch} rows at a rate of {rate:g}: scikit-learn's, where you did not say"
        " otherwise"
    )


def test_what_goes_on_does_so_at_scikit_learns_pace() -> None:
    """A rate that rises again would throw away what was learned."""
    model = JangradClassifier((5,), random_state=0).fit(X, Y)
    assert model.partial_fit(X, Y).history_.rate == [0.001]
    assert model.notes_[-1].endswith("for training that goes on from what was learned")
    fresh = JangradClassifier((5,), random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    assert fresh.history_.rate == [0.001]
    model = JangradClassifier((5,), random_state=0, warm_start=True).fit(X, Y)
    assert max(model.history_.rate) == 0.0125
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert set(model.fit(X, Y).history_.rate) == {0.001}


def test_rows_that_are_held_out_choose_among_its_epochs() -> None:
    model = JangradClassifier((8,), random_state=0, early_stopping=True).fit(X, Y)
    measured = model.history_.validation["loss"]
    assert 10 < len(measured) <= 20
    assert measured[model.history_.best_step // 5] == min(measured)  # of steps of 32 of 135 rows


def test_alpha_means_what_it_means_in_scikit_learn(monkeypatch: Any) -> None:
    """The penalty beside the mean loss of all 150 rows, also in steps of 32."""
    seen = []

    def recorded(net: MLP, rows: Any, targets: Any, **options: Any) -> Any:
        seen.append((options["penalty"].strength.data, options["batch_size"]))
        return fit(net, rows, targets, **options)

    monkeypatch.setattr("jangrad.sklearn.base.fit", recorded)
    JangradClassifier((3,), "softplus", alpha=0.3, random_state=0).fit(X, Y)
    JangradClassifier((3,), "softplus", alpha=0.3, random_state=0, batch_size=30, tol=0.1).fit(X, Y)
    assert seen == [(0.3 / (2 * 150), 32), (0.3 / (2 * 30), 30)]


@pytest.mark.parametrize("rows", [40, 400])
def test_it_comes_as_far_in_a_tenth_of_the_passes(rows: int) -> None:
    """On rows that were kept apart; and what ends as it was to end is no reason for a warning."""
    inputs, targets = make_friedman1(rows + 1000, noise=1.0, random_state=0)
    learned, kept = slice(rows), slice(rows, None)
    scores = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = JangradRegressor(random_state=0).fit(inputs[learned], targets[learned])
    assert model.n_iter_ <= 30
    scores = [model.score(inputs[kept], targets[kept])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.set_params(max_iter=200).fit(inputs[learned], targets[learned])
    scores.append(model.score(inputs[kept], targets[kept]))
    assert scores[0] > scores[1] - 0.01


def test_losses_that_settle_as_the_rate_falls_do_not_bounce() -> None:
    """Of few rows, each step of all of them: Adam's swing dies with the rate, and is no trouble."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        for seed in range(6):
            inputs, targets = make_friedman1(6, 5, noise=1.0, random_state=seed)
            JangradRegressor(random_state=seed).fit(inputs, targets)


def test_advice_has_the_names_of_estimators() -> None:
    """`fit` calls it `learning_rate`, which is no hyper-parameter here."""
    with pytest.warns(ConvergenceWarning, match="try: learning_rate_init=") as caught:
        JangradRegressor(random_state=0, learning_rate_init=50.0).fit(X[:, :3], X[:, 3])
    assert "learning_rate=" not in str(caught[0].message)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_influences_follow_its_rates() -> None:
    inputs, targets = X[:60, :3], X[:60, 3]
    model = JangradRegressor((4,), "softplus", alpha=0.0, random_state=0).fit(inputs, targets)
    name = "layers.0.neurons.0.weights.0"
    found = influences(model, None, inputs, targets, weight=name)
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)
    assert found.steps == 60


@pytest.mark.parametrize("rows", [1, 2, 33, 500, 6401, 20_000, 10**6])
def test_every_number_of_rows_has_its_pace(rows: int) -> None:
    """At least 20 passes and 60 steps; a rate that is never above the highest, nor 0."""
    pace = chosen(rows)
    assert pace.steps == pace.epochs * -(-rows // pace.batch) >= 60
    assert pace.epochs >= 20
    schedule = pace.schedule()
    assert schedule is not None
    rates = np.array([schedule(step) for step in range(0, pace.steps, max(1, pace.steps // 997))])
    assert 0.0 < rates.min() < rates.max() <= 0.0125
    assert abs(rates.argmax() / len(rates) - 0.3) < 0.02
    assert schedule(pace.steps - 1) > 0.0


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("learning_rate_init", "a number > 0"),
        ("max_iter", "an integer >= 1"),
        ("batch_size", "an integer >= 1"),
    ],
)
def test_no_other_text_is_taken(name: str, advice: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` is 'fast'(.|\n)*try: \"auto\", or {advice}"):
        JangradClassifier(**{name: "fast"}).fit(X, Y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fewer_rows_than_columns_have_scikit_learns() -> None:
    """Which any network learns by heart."""
    draw = np.random.default_rng(0)
    wide, classes = draw.normal(size=(30, 30)), np.arange(30) % 2
    for columns in (29, 30):
        model = JangradClassifier((4,), random_state=0).fit(wide[:, :columns], classes)
        assert (max(model.history_.rate) == 0.0125) == (columns < 30)
        assert ("scikit-learn's, where" in model.notes_[-1]) == (columns == 30)
