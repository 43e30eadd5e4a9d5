"""Estimators: what they train is what `fit` trains; everything that scikit-learn does with them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from sklearn import config_context
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_multilabel_classification,
    make_regression,
)
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss, mean_pinball_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import compute_sample_weight

from jangrad import MLP, fit
from jangrad.errors import ConfigError
from jangrad.nn import quantile
from jangrad.sklearn import JangradClassifier, JangradRegressor, bench
from jangrad.sklearn.base import begun
from jangrad.sklearn.scaling import Scaling

IRIS = load_iris(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
# Small enough to train in a moment, and ended by patience.
QUICK = {"hidden_layer_sizes": (8,), "learning_rate_init": 0.02, "random_state": 0, "alpha": 0.0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def standardised(X: Any) -> Any:
    return (X - X.mean(axis=0)) / X.std(axis=0)


def same_as_fit(model: Any, X: Any, y: Any, **options: Any) -> None:
    """That the estimator has the numbers of `fit` on these standardised arrays."""
    net = begun(X.shape[1], model.network_.widths, "relu", model.seed_)
    history = fit(net, X, y, seed=model.seed_, engine="native", progress=False, **options)
    assert [p.data for p in net.parameters()] == [p.data for p in model.network_.parameters()]
    assert model.history_ == history


USUAL = {"learning_rate": 0.02, "epochs": 200, "batch_size": 64, "patience": 10, "tolerance": 1e-4}


def test_a_classifier_is_what_fit_trains() -> None:
    """To the last bit, on standardised rows and class numbers, for names of flowers too."""
    X, y = IRIS
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = JangradClassifier(**QUICK, batch_size=64).fit(X, names)
    Z = model._input_scale.apply(X)
    assert pytest.approx(standardised(X)) == Z
    same_as_fit(model, Z, y, loss="softmax_cross_entropy", **USUAL)
    outputs = np.array(model.network_.predict(Z))
    assert (model.predict(X) == model.classes_[outputs.argmax(1)]).all()
    assert model.score(X, names) > 0.95


def test_two_classes_have_one_output() -> None:
    """Its logistic is the probability of the second class."""
    X, y = CANCER
    model = JangradClassifier(**QUICK, batch_size=64).fit(X, y)
    same_as_fit(
        model, model._input_scale.apply(X), y.astype(float), loss="binary_cross_entropy", **USUAL
    )
    assert (model.n_outputs_, model.out_activation_) == (1, "logistic")
    chances, scores = model.predict_proba(X), model.decision_function(X)
    assert scores.shape == (len(X),)
    assert chances == pytest.approx(
        np.stack([1 / (1 + np.exp(scores)), 1 / (1 + np.exp(-scores))], 1)
    )
    assert (model.predict(X) == (scores > 0)).all()
    assert np.exp(model.predict_log_proba(X)) == pytest.approx(chances)
    assert model.score(X, y) > 0.97


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_a_regressor_is_what_fit_trains(loss: str) -> None:
    """On standardised rows and targets; predictions are in the units of the targets."""
    X, y = DIABETES
    model = JangradRegressor(**QUICK, batch_size=64, loss=loss, quantile=0.75).fit(X, y)
    Z, t = model._input_scale.apply(X), model._target_scale.apply(y[:, None])
    assert t == pytest.approx(standardised(y[:, None]))
    given = partial(quantile, level=0.75) if loss == "quantile" else loss
    same_as_fit(model, Z, t, loss=given, **USUAL)
    outputs = np.array(model.network_.predict(Z))[:, 0]
    assert model.predict(X) == pytest.approx(outputs * y.std() + y.mean())


def test_an_unstandardised_one_sees_what_it_is_given() -> None:
    X, y = standardised(DIABETES[0]), standardised(DIABETES[1])
    model = JangradRegressor(**QUICK, batch_size=64, standardize=False).fit(X, y)
    same_as_fit(model, X, y[:, None], loss="squared_error", **USUAL)
    assert model.notes_[1:3] == ["`network_` sees X as it is", "its outputs are the targets"]


def test_single_precision_for_rows_of_it() -> None:
    """As in scikit-learn, rows of float32 are learned from in float32."""
    X, y = CANCER
    model = JangradClassifier(**QUICK, batch_size=64).fit(X.astype(np.float32), y)
    Z = model._input_scale.apply(X.astype(np.float32))
    net = begun(30, [8, 1], "relu", model.seed_)
    options = {"loss": "binary_cross_entropy", "dtype": "float32", "progress": False, **USUAL}
    assert fit(net, Z, y.astype(float), seed=model.seed_, **options) == model.history_
    assert all(np.float32(p.data) == p.data for p in model.network_.parameters())
    assert model.score(X.astype(np.float32), y) > 0.97


def test_a_network_begins_in_glorots_bounds() -> None:
    """Weights and biases of each layer, which the seed fixes."""
    net = begun(30, [200, 3], "relu", 5)
    for layer in net.layers:
        bound = (6.0 / (layer.n_inputs + layer.n_outputs)) ** 0.5
        numbers = [abs(p.data) for p in layer.parameters()]
        assert 0.95 * bound < max(numbers) <= bound
        assert all(neuron.bias.data for neuron in layer.neurons)
    assert net.state() == begun(30, [200, 3], "relu", 5).state()


def test_alpha_is_that_of_scikit_learn() -> None:
    """alpha / (2 n) of the squared weights beside half the squared error, biases left out."""
    X, y = make_regression(50, 3, random_state=0)
    options = {"solver": "sgd", "momentum": 0.0, "max_iter": 1, "random_state": 0}
    steps = []
    for alpha in (0.0, 3.0):
        model = JangradRegressor((4,), alpha=alpha, learning_rate_init=0.1, **options).fit(X, y)
        steps.append(np.array([p.data for p in model.network_.parameters()]))
    start = begun(3, [4, 1], "relu", model.seed_)
    numbers = np.array([p.data for p in start.parameters()])
    biases = {id(n.bias) for layer in start.layers for n in layer.neurons}
    is_weight = np.array([id(p) not in biases for p in start.parameters()])
    # `fit` takes the whole square, so all is twice as much.
    assert steps[0] - steps[1] == pytest.approx(2 * 0.1 * 3.0 / 50 * numbers * is_weight)


def test_quantiles_are_quantiles() -> None:
    """Nine in ten targets lie below the 0.9 quantile, and its pinball loss is the least."""
    draw = np.random.default_rng(0)
    X = draw.uniform(-1, 1, (2000, 1))
    y = X[:, 0] + (1.5 + X[:, 0]) * draw.exponential(size=2000)
    options = QUICK | {"max_iter": 60, "loss": "quantile"}
    high, middle = (JangradRegressor(**options, quantile=q).fit(X, y) for q in (0.9, 0.5))
    assert np.mean(y < high.predict(X)) == pytest.approx(0.9, abs=0.02)
    assert np.mean(y < middle.predict(X)) == pytest.approx(0.5, abs=0.03)
    losses = [mean_pinball_loss(y, m.predict(X), alpha=0.9) for m in (high, middle)]
    assert losses[0] < losses[1]


def test_counts() -> None:
    """Predictions of "poisson" are means of counts, above 0."""
    draw = np.random.default_rng(0)
    X = draw.uniform(-1, 1, (1000, 2))
    means = 40.0 * np.exp(X[:, 0])
    model = JangradRegressor(**QUICK, loss="poisson").fit(X, draw.poisson(means))
    assert (model.predict(X) > 0.0).all()
    assert model.predict(X) == pytest.approx(means, rel=0.3)
    assert model.out_activation_ == "exp"
    with pytest.raises(
        ValueError, match="y goes from -1 to 1, but the loss `poisson` needs counts"
    ):
        model.fit(X[:2], [1.0, -1.0])


def test_several_outputs() -> None:
    X, y = make_regression(200, 5, n_targets=3, random_state=0)
    model = JangradRegressor(**QUICK).fit(X, y)
    assert model.predict(X).shape == (200, 3)
    assert (model.n_outputs_, model.score(X, y) > 0.95) == (3, True)
    column = JangradRegressor(**QUICK).fit(X, y[:, :1])
    assert column.predict(X).shape == (200, 1)


def test_several_labels() -> None:
    X, y = make_multilabel_classification(200, random_state=0)
    model = JangradClassifier(**QUICK).fit(X, y)
    chances = model.predict_proba(X)
    assert chances.shape == model.decision_function(X).shape == y.shape
    assert (model.predict(X) == (chances > 0.5)).all()
    assert (model.predict(X) == y).mean() > 0.85
    weighted = JangradClassifier(**QUICK, class_weight="balanced").fit(X, y)
    assert weighted.loss_ != model.loss_


@pytest.mark.parametrize("early_stopping", [False, True])
def test_weights_count_rows(early_stopping: bool) -> None:
    """A weight is relative to the others; class weights multiply it."""
    X, y = IRIS
    rows = np.arange(150) % 3 + 1.0
    options = QUICK | {"early_stopping": early_stopping}
    models = [
        JangradClassifier(**options).fit(X, y, rows * compute_sample_weight({0: 1, 1: 2, 2: 5}, y)),
        JangradClassifier(**options, class_weight={0: 1, 1: 2, 2: 5}).fit(X, y, rows),
        JangradClassifier(**options, class_weight={0: 1, 1: 2, 2: 5}).fit(X, y, 7 * rows),
    ]
    assert models[0].history_ == models[1].history_
    assert models[2].loss_curve_ == pytest.approx(models[1].loss_curve_, rel=1e-6)
    assert JangradClassifier(**options).fit(X, y).history_ != models[0].history_


def test_early_stopping_holds_rows_out() -> None:
    """A tenth of the rows, by class, never learned from; the weights of the best epoch."""
    X, y = IRIS
    model = JangradClassifier(**QUICK, early_stopping=True, max_iter=1000).fit(X, y)
    measured = model.history_.validation["loss"]
    assert model.history_.stopped_by == "patience"
    assert len(measured) == model.n_iter_ == len(model.loss_curve_)
    assert model.best_loss_ is None
    assert model.notes_[0].endswith(
        "learned from 135 rows; 15 rows were held out to say when to stop"
    )
    assert min(measured) == pytest.approx(measured[model.history_.best_step], rel=1e-12)


def test_the_first_rows_say_how_all_are_standardised() -> None:
    """`partial_fit` makes one pass, keeps Adam's memory, and is `fit` in parts."""
    X, y = IRIS
    model = JangradClassifier(**QUICK)
    for epoch in range(5):
        model.partial_fit(X, y, classes=[0, 1, 2])
        assert (model.n_iter_, len(model.loss_curve_)) == (epoch + 1, epoch + 1)
    whole = JangradClassifier(**QUICK | {"max_iter": 5}).fit(X, y)
    assert model.loss_curve_ == pytest.approx(whole.loss_curve_, rel=1e-9)
    mean = model.input_mean_
    model.partial_fit(X[:20] + 100.0, y[:20])
    assert model.input_mean_ is mean
    regressor = JangradRegressor(**QUICK).fit(*DIABETES)
    before = regressor.n_iter_
    assert regressor.partial_fit(*DIABETES).n_iter_ == before + 1


def test_partial_fit_of_what_cannot_be() -> None:
    X, y = IRIS
    with pytest.raises(ValueError, match="the first call of `partial_fit` needs all classes"):
        JangradClassifier().partial_fit(X, y)
    model = JangradClassifier(**QUICK).partial_fit(X[:100], y[:100], classes=[0, 1])
    with pytest.raises(
        ValueError, match=r"y has .*2.*, but the classes that were learned are \[0, 1\]"
    ):
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="`partial_fit` cannot have early_stopping=True"):
        JangradClassifier(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match='cannot have class_weight="balanced"'):
        JangradClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])
    assert not hasattr(JangradClassifier(solver="some other"), "partial_fit")


def test_a_warm_start_goes_on() -> None:
    """From the numbers that were learned, unless the network is another."""
    X, y = IRIS
    model = JangradClassifier(**QUICK | {"max_iter": 20}, warm_start=True).fit(X, y)
    net, loss = model.network_, model.loss_
    model.fit(X, y)
    assert model.network_ is net
    assert model.loss_curve_[0] < loss
    with pytest.raises(ValueError, match=r"`warm_start` goes on with MLP(.|\n)*warm_start=False"):
        model.set_params(hidden_layer_sizes=(9,)).fit(X, y)
    with pytest.raises(ValueError, match="fit with warm_start=False"):
        JangradClassifier(**QUICK, warm_start=True).fit(X[:100], y[:100]).fit(X, y)


def test_its_numbers_may_be_assigned() -> None:
    """Predictions are those of `network_` as it is."""
    model = JangradClassifier(**QUICK).fit(*CANCER)
    before = model.decision_function(CANCER[0])
    model.network_.layers[-1].neurons[0].bias.data += 1.0
    assert model.decision_function(CANCER[0]) == pytest.approx(before + 1.0)


def test_activations_by_layer_and_by_their_other_names() -> None:
    X, y = IRIS
    model = JangradClassifier((5, 4), activation=["logistic", "leaky_relu"], random_state=0)
    assert repr(model.fit(X, y).network_).startswith("MLP(4 -> 5 sigmoid -> 4 leaky_relu -> 3")
    plain = JangradClassifier((), random_state=0).fit(X, y)
    assert repr(plain.network_) == "MLP(4 -> 3 linear, 15 parameters)"
    own = JangradClassifier((5,), activation=abs, random_state=0).fit(X, y)
    assert own.predict(X).shape == (150,)


@pytest.mark.parametrize("solver", ["sgd", "adamw", "rmsprop", "adagrad"])
def test_solvers(solver: str) -> None:
    """Each optimiser of `fit`, by its name."""
    options = QUICK | {"solver": solver, "alpha": 1e-3, "max_iter": 300}
    assert JangradClassifier(**options, batch_size=16).fit(*IRIS).score(*IRIS) > 0.9


def test_other_solvers_are_what_fit_has(monkeypatch: Any) -> None:
    """A solver that is no optimiser of steps gets all rows, and max_iter of its iterations."""
    seen: dict[str, Any] = {}

    def recorded(net: MLP, X: Any, y: Any, **options: Any) -> Any:
        seen.update(options, rows=len(X))
        return fit(net, X, y, steps=options["steps"], progress=False)

    monkeypatch.setattr("jangrad.sklearn.base.fit", recorded)
    model = JangradRegressor((3,), solver="some other", alpha=2.0, max_iter=7, random_state=0)
    model.fit(*DIABETES)
    assert (seen["optimizer"], seen["steps"], seen["rows"]) == ("some other", 7, 442)
    assert not {"batch_size", "epochs", "patience"} & seen.keys()
    assert seen["penalty"].strength.data == 2.0 / 442
    assert model.n_iter_ == 7


@pytest.mark.parametrize("solver", ["lbfgs", "levenberg_marquardt"])
def test_full_batch_solvers(solver: str) -> None:
    """They come to a minimum in few steps, with the penalty that alpha says."""
    model = JangradRegressor((3,), solver=solver, alpha=0.1, max_iter=5000, random_state=0)
    model.fit(*DIABETES)
    assert model.history_.stopped_by == "converged"
    assert model.score(*DIABETES) > 0.5


def test_rows_have_no_weights_where_squares_are_summed() -> None:
    """L-BFGS takes them; Levenberg-Marquardt says so."""
    weights = np.linspace(0.5, 1.5, 442)
    options = {"max_iter": 300, "random_state": 0}
    JangradRegressor((3,), solver="lbfgs", **options).fit(*DIABETES, weights)
    with pytest.raises(ValueError, match="`LevenbergMarquardt` cannot have `row_weights`"):
        JangradRegressor((3,), solver="levenberg_marquardt", **options).fit(*DIABETES, weights)


def test_without_a_compiler_python_trains() -> None:
    """Slower, and to the same model up to rounding."""
    code = """import sys, warnings
if sys.argv[1] == "without":
    sys.modules["llvmlite"] = None
warnings.simplefilter("ignore")
from sklearn.datasets import load_iris
from jangrad.sklearn import JangradClassifier
X, y = load_iris(return_X_y=True)
model = JangradClassifier((3,), max_iter=5, random_state=0).fit(X, y)
print(model.history_.engine, model.predict_proba(X).tobytes().hex())"""
    found = {}
    for way in ("with", "without"):
        command = [sys.executable, "-c", code, way]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        engine, numbers = done.stdout.split()
        found[engine] = np.frombuffer(bytes.fromhex(numbers))
    assert found["eager"] == pytest.approx(found["native"], rel=1e-9)


# -- what scikit-learn does with them ------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(library: str) -> None:
    """Columns by name, labels of text; other columns at prediction are refused."""
    frames = pytest.importorskip(library)
    X, y = IRIS
    names = ["a", "b", "c", "d"]
    table = frames.DataFrame(dict(zip(names, X.T, strict=True)))
    labels = (
        frames.Series("kind", list(np.array(["x", "y", "z"])[y]))
        if library == "polars"
        else (frames.Series(np.array(["x", "y", "z"])[y], name="kind"))
    )
    model = JangradClassifier(**QUICK).fit(table, labels)
    assert list(model.feature_names_in_) == names
    assert model.classes_.tolist() == ["x", "y", "z"]
    assert (model.predict(table) == np.array(["x", "y", "z"])[y]).mean() > 0.9
    with pytest.raises(ValueError, match="feature names"):
        model.predict(
            table.rename(columns={"a": "e"}) if library == "pandas" else table.rename({"a": "e"})
        )


def test_pipelines_and_searches() -> None:
    """A frame of text and numbers through a ColumnTransformer, in a grid, in processes."""
    pandas = pytest.importorskip("pandas")
    draw = np.random.default_rng(0)
    table = pandas.DataFrame(
        {"kind": draw.choice(["p", "q", "r"], 200), "size": draw.normal(size=200)}
    )
    y = np.where((table["kind"] == "p") | (table["size"] > 1.0), "yes", "no")
    columns = ColumnTransformer(
        [("text", OneHotEncoder(), ["kind"]), ("numbers", StandardScaler(), ["size"])]
    )
    pipe = make_pipeline(columns, JangradClassifier(**QUICK))
    assert pipe.fit(table, y).score(table, y) > 0.95
    grid = GridSearchCV(
        pipe,
        {"jangradclassifier__alpha": [1e-4, 1.0], "jangradclassifier__activation": ["tanh"]},
        cv=3,
    )
    assert grid.fit(table, y).best_score_ > 0.9
    scores = cross_val_score(pipe, table, y, cv=3, n_jobs=2)
    assert scores.tolist() == cross_val_score(pipe, table, y, cv=3).tolist()
    with_names = make_pipeline(StandardScaler(), JangradClassifier(**QUICK)).set_output(
        transform="pandas"
    )
    with_names.fit(table[["size"]], y)
    assert with_names[-1].feature_names_in_.tolist() == ["size"]
    around = TransformedTargetRegressor(JangradRegressor(**QUICK), func=np.log, inverse_func=np.exp)
    assert around.fit(*DIABETES).score(*DIABETES) > 0.3


def test_weights_are_routed() -> None:
    """Where metadata routing is on, cross-validation hands `sample_weight` to `fit`."""
    X, y = IRIS
    weights = np.where(y == 2, 100.0, 0.01)
    with config_context(enable_metadata_routing=True):
        model = JangradClassifier(**QUICK).set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=False)
        routed = cross_validate(model, X, y, params={"sample_weight": weights}, cv=3)
        plain = cross_validate(JangradClassifier(**QUICK), X, y, cv=3)
    assert routed["test_score"].tolist() != plain["test_score"].tolist()


@pytest.mark.parametrize("way", [pickle, joblib, copy])
def test_copies(way: Any, tmp_path: Any) -> None:
    """A copy predicts to the last bit, and can go on learning."""
    X, y = IRIS
    model = JangradClassifier(**QUICK).fit(X, y)
    if way is pickle:
        other = pickle.loads(pickle.dumps(model))
    elif way is joblib:
        joblib.dump(model, tmp_path / "model")
        other = joblib.load(tmp_path / "model")
    else:
        other = copy.deepcopy(model)
    assert (other.predict_proba(X) == model.predict_proba(X)).all()
    model.partial_fit(X, y)
    other.partial_fit(X, y)
    assert (other.predict_proba(X) == model.predict_proba(X)).all()


def test_another_process_predicts_the_same(tmp_path: Any) -> None:
    """To the last bit; and so does a row without the others."""
    X, y = IRIS
    model = JangradClassifier(**QUICK).fit(X, y)
    joblib.dump(model, tmp_path / "model")
    code = (
        "import joblib, sys; from sklearn.datasets import load_iris;"
        f"m = joblib.load({str(tmp_path / 'model')!r});"
        "sys.stdout.write(m.predict_proba(load_iris(return_X_y=True)[0]).tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = np.frombuffer(bytes.fromhex(done.stdout)).reshape(150, 3)
    assert (found == model.predict_proba(X)).all()
    alone = [model.predict_proba(row[None])[0] for row in X]
    assert (found == alone).all()


def test_threads_share_no_network() -> None:
    """Models that are trained at once come to what they come to alone."""
    X, y = IRIS
    alone = [JangradClassifier(**QUICK | {"random_state": k}).fit(X, y) for k in range(6)]
    found: dict[int, Any] = {}

    def work(k: int) -> None:
        found[k] = JangradClassifier(**QUICK | {"random_state": k}).fit(X, y).predict_proba(X)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, model in enumerate(alone):
        assert (found[k] == model.predict_proba(X)).all()


def test_one_shape_is_compiled_once() -> None:
    """Whatever alpha, rate and weights are."""
    from jangrad.train.compiled import fit_steps

    X, y = IRIS
    bench._idle.clear()
    JangradClassifier(**QUICK | {"alpha": 0.1}).fit(X, y)
    made, original = [], fit_steps.trace
    fit_steps.trace = lambda *given, **options: made.append(1) or original(*given, **options)
    try:
        for alpha in (0.2, 0.3):
            model = JangradClassifier(**QUICK | {"alpha": alpha, "learning_rate_init": alpha / 10})
            model.set_params(random_state=5).fit(X, y)
    finally:
        fit_steps.trace = original
    assert not made
    assert sum(map(len, bench._idle.values())) == 1


# -- messages ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lr": 0.1}, "has no option `lr`(.|\n)*try: `learning_rate_init`"),
        ({"epochs": 10}, "has no option `epochs`(.|\n)*try: `max_iter`"),
        ({"seed": 1}, "has no option `seed`(.|\n)*try: `random_state`"),
        ({"optimizer": "adam"}, "has no option `optimizer`(.|\n)*try: `solver`"),
        ({"patience": 3}, "has no option `patience`(.|\n)*try: `n_iter_no_change`"),
        ({"hidden_layer_size": 3}, r"did you mean `hidden_layer_sizes`\?"),
        ({"alpha": -1}, "`alpha` is -1, but needs alpha >= 0"),
        ({"tol": -1.0}, "`tol` is -1.0, but needs tol >= 0"),
        ({"max_iter": 0}, "`max_iter` is 0, but needs an integer >= 1"),
        ({"learning_rate_init": 0}, "`learning_rate_init` is 0"),
        ({"n_iter_no_change": 0.5}, "`n_iter_no_change` is 0.5"),
        ({"hidden_layer_sizes": (8, 0)}, r"`hidden_layer_sizes\[1\]` is 0"),
        ({"batch_size": "all"}, "`batch_size` is 'all'(.|\n)*\"auto\", or an integer"),
        ({"early_stopping": True, "validation_fraction": 1.0}, "`validation_fraction` is 1.0"),
        (
            {"early_stopping": True, "validation_fraction": 0.001},
            "a larger validation_fraction|test_size",
        ),
        ({"activation": "rely"}, "there is no activation `rely`(.|\n)*`relu`"),
        ({"solver": "adan"}, "there is no optimiser 'adan'(.|\n)*`adam`"),
        ({"solver": 3}, "`solver` is 3, not a name"),
        ({"loss": "squared"}, "squared"),
    ],
)
def test_wrong_hyper_parameters(options: Any, words: str) -> None:
    """The message names the right one, or its range."""
    for kind, data in ((JangradClassifier, IRIS), (JangradRegressor, DIABETES)):
        with pytest.raises(ValueError, match=words):
            kind(**options).fit(*data)


def test_data_that_cannot_be_learned_from() -> None:
    X, y = IRIS
    with pytest.raises(ValueError, match="y has one class, 0"):
        JangradClassifier().fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="contains NaN"):
        JangradClassifier().fit(np.where(X > 6, np.nan, X), y)
    with pytest.raises(NotFittedError):
        JangradClassifier().predict(X)
    with pytest.raises(ValueError, match=r"there is no loss 'hubber'(.|\n)*`huber`"):
        JangradRegressor(loss="hubber").fit(X, y)
    with pytest.raises(
        ValueError, match="`quantile` is 1, but needs quantile > 0 and quantile < 1"
    ):
        JangradRegressor(loss="quantile", quantile=1).fit(X, y)


def test_what_went_wrong_is_told() -> None:
    """A diagnosis and a training that was cut off are warnings; `history_` has the first too."""
    with pytest.warns(ConvergenceWarning, match="training ended with max_iter=2 epochs"):
        JangradClassifier(max_iter=2).fit(*IRIS)
    with pytest.warns(ConvergenceWarning, match="diverged") as told:
        model = JangradRegressor((8,), solver="sgd", learning_rate_init=50.0).fit(*DIABETES)
    assert model.history_.diagnosis.kind == "divergence"
    assert np.isfinite(model.predict(DIABETES[0])).all()
    assert told[0].filename == __file__


def test_without_scikit_learn_the_extra_is_named() -> None:
    code = "import sys; sys.modules['sklearn'] = None; import jangrad.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'jangrad[sklearn]'" in done.stderr


def test_columns_that_do_not_vary_and_numbers_of_any_size() -> None:
    """A constant is left at 0, and neither very large nor very small numbers are lost."""
    draw = np.random.default_rng(0)
    column = draw.normal(size=100)
    X = np.stack([np.full(100, 0.1), 1e200 * column, 1e-200 * column, 1e9 + column], 1)
    Z = Scaling.of(X).apply(X)
    assert Z[:, 0] == pytest.approx(0.0, abs=1e-12)
    assert Z[:, 1] == pytest.approx(standardised(column))
    assert Z[:, 2] == pytest.approx(standardised(column))
    assert Z[:, 3] == pytest.approx(standardised(column), abs=1e-5)
    weights = draw.integers(0, 4, 100)
    assert Scaling.of(X[:, 1:2], weights).size == pytest.approx(
        1e200 * np.repeat(column, weights).std()
    )


def test_probabilities_of_certainties() -> None:
    """A log probability is exact where the probability is 0 for a double."""
    X, y = CANCER
    model = JangradClassifier((), random_state=0).fit(X, y)
    for p in model.network_.parameters():
        p.data *= 1e5
    sure = model.predict_log_proba(X)
    assert np.isfinite(sure).all()
    assert sure.min() < -1e4
    assert log_loss(y, model.predict_proba(X)) > 0.0


def test_a_class_of_one_row_is_no_hindrance_to_early_stopping() -> None:
    """Rows are held out by class only where each class has one to spare."""
    X, y = IRIS
    rare = np.where(np.arange(150) == 7, 3, y)
    model = JangradClassifier(**QUICK, early_stopping=True).fit(X, rare)
    assert model.predict_proba(X).shape == (150, 4)
    few = JangradClassifier(**QUICK, early_stopping=True, validation_fraction=0.02).fit(X, y)
    assert few.history_.validation["loss"]


@pytest.mark.parametrize("way", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "changed",
    [
        {"activation": "tanh"},
        {"hidden_layer_sizes": (9,)},
        {"standardize": False},
        {"loss": "poisson"},
    ],
)
def test_a_network_of_another_kind_is_not_gone_on_with(way: str, changed: Any) -> None:
    X, y = DIABETES
    model = JangradRegressor(**QUICK, warm_start=True).fit(X, y)
    (name,) = changed
    with pytest.raises(ValueError, match=f"goes on with MLP(.|\n)*, but `{name}` is "):
        getattr(model.set_params(**changed), way)(X, y)
    same = JangradRegressor(**QUICK, warm_start=True, activation=["relu"]).fit(X, y)
    same.set_params(activation=("relu",), max_iter=1).fit(X, y)


def test_held_out_rows_stop_a_full_batch_solver() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5))
    y = X[:, 0] * 2 + 1 + rng.normal(size=80)
    model = JangradRegressor(
        (30,), solver="lbfgs", early_stopping=True, max_iter=300, random_state=0, alpha=0.0
    ).fit(X, y)
    measured = model.history_.validation["loss"]
    assert model.history_.stopped_by == "patience"
    assert min(measured) == pytest.approx(measured[model.history_.best_step], rel=1e-12)


def test_weights_that_cannot_be() -> None:
    X, y = DIABETES
    ones = np.ones(len(y))
    with pytest.raises(ValueError, match=r"the weight of row 3 is -1\n"):
        JangradRegressor(**QUICK).fit(X, y, np.r_[ones[:3], -1.0, ones[4:]])
    with pytest.raises(ValueError, match=r"the weight of row 0 is -1\n"):
        JangradClassifier(**QUICK, class_weight={False: -1.0, True: -1.0}).fit(X, y > 100)
    with pytest.raises(ValueError, match="at least one non-zero"):
        JangradRegressor(**QUICK).fit(X, y, 0.0 * ones)
    model = JangradRegressor(**QUICK, early_stopping=True)
    learned, held_out = model._split(442, None, np.random.RandomState(0), once=False)
    for rows, which in ((learned, "to learn from"), (held_out, "that are held out")):
        weights = ones.copy()
        weights[rows] = 0.0
        with pytest.raises(ValueError, match=f"all {len(rows)} rows {which} weigh 0"):
            JangradRegressor(
                **QUICK | {"random_state": np.random.RandomState(0)}, early_stopping=True
            ).fit(X, y, weights)


@pytest.mark.parametrize("library", ["numpy", "pandas", "polars"])
def test_times_are_no_numbers(library: str) -> None:
    """A missing one would be the least number there is."""
    days = np.array([5, "NaT"] * 30, "m8[D]")
    X: Any = days[:, None]
    if library != "numpy":
        frames = pytest.importorskip(library)
        X = frames.DataFrame({"a": np.arange(60.0), "b": days.astype("m8[ms]")})
    with pytest.raises((ValueError, TypeError), match="has times"):
        JangradRegressor(**QUICK).fit(X, np.arange(60.0))
    model = JangradRegressor(**QUICK).fit(np.zeros((60, X.shape[1])), np.arange(60.0))
    with pytest.raises((ValueError, TypeError), match="has times"):
        model.predict(X)


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("max_iter", 20.0, "max_iter=20"),
        ("batch_size", 8.0, "batch_size=8"),
        ("n_iter_no_change", 3.0, "n_iter_no_change=3"),
        ("hidden_layer_sizes", (4.0,), "4"),
    ],
)
def test_floats_are_no_whole_numbers(name, value, advice):
    """As scikit-learn refuses them, and with what to write; NumPy's integers are taken."""
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ConfigError, match=f"a float is none(.|\n)*try: {advice}$"):
        JangradClassifier(**{name: value}).fit(X, y)
    JangradClassifier(max_iter=np.int64(1), batch_size=np.int32(50)).fit(X, y)


@pytest.mark.parametrize("kind", [JangradClassifier, JangradRegressor])
def test_what_is_refused_changes_nothing(kind: Any) -> None:
    """Neither classes nor names of columns, nor anything else of an estimator that was fitted."""
    X, y = IRIS
    model = kind(**QUICK).fit(X, y)
    before, held = model.predict(X).tolist(), {**vars(model)}
    with pytest.raises(ValueError, match="alpha"):
        model.set_params(alpha=-1.0).fit(X[:, :2], np.arange(150) % 2 + 7)
    assert {**vars(model)} == held | {"alpha": -1.0}
    assert model.predict(X).tolist() == before
    fresh = kind(**QUICK | {"alpha": -1.0})
    with pytest.raises(ValueError, match="alpha"):
        fresh.fit(X, y)
    assert not hasattr(fresh, "n_features_in_")


def test_a_column_alone_is_refused_as_scikit_learn_does() -> None:
    """A Series of pandas has one dtype, under the name that a frame has for all of its."""
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"Expected 2D array|Expected a 2-dimensional container"):
        JangradRegressor(**QUICK).fit(pandas.Series(np.arange(20.0)), np.arange(20.0))
