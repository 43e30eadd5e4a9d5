"""What is explained of tables and estimators: the numbers that they predict, by columns."""

import numpy as np
import pytest
from tests.explain.tables import TOWNS, houses, trained, written

from jangrad.datasets import read_rows
from jangrad.errors import DataError
from jangrad.explain import gradient_x_input, integrated_gradients, occlusion, partial_dependence
from jangrad.explain.subject import subject_of
from jangrad.tabular import load

INPUTS = ["area", "rooms", "town", "garden", "sold"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Of an amount and of three classes, from files."""
    folder = tmp_path_factory.mktemp("models")
    for target in ("price", "kind"):
        trained(folder, target).save(folder / target)
    return {target: load(folder / target) for target in ("price", "kind")}


def asked(model, rows):
    return model.answers([{name: row[name] for name in INPUTS} for row in rows])


def test_the_amount_of_a_table(models):
    """What `answers` says, in the target's units, and a part for each column."""
    rows = houses(5, seed=1)
    found = integrated_gradients(models["price"], rows)
    assert found.values == pytest.approx([each["price"] for each in asked(models["price"], rows)])
    assert found.columns == tuple(INPUTS)
    assert found.parts.sum(axis=1) == pytest.approx(found.values - found.baselines, rel=1e-4)
    empty = dict.fromkeys(INPUTS)
    assert found.baselines[0] == pytest.approx(models["price"].answers([empty])[0]["price"])
    assert found.cells(0) == [f"{rows[0]['area']:g}", *(str(rows[0][x]) for x in INPUTS[1:])]


def test_the_class_of_a_table(models):
    """Each row's own: the probability that `answers` says; another one by its label."""
    rows = houses(8, seed=2)
    answers = asked(models["kind"], rows)
    found = gradient_x_input(models["kind"], rows)
    assert found.values == pytest.approx([each["probability"] for each in answers])
    assert list(found.answers) == [f"the probability of `{each['kind']}`" for each in answers]
    low = gradient_x_input(models["kind"], rows, output="low")
    assert low.values == pytest.approx([each["probabilities"]["low"] for each in answers])


def test_without_a_cell_as_if_it_were_empty(models):
    """Occlusion is what the model says of the row with that cell missing; a text as a whole."""
    row = houses(1, seed=3)[0]
    found = occlusion(models["price"], row)
    for j, name in enumerate(INPUTS):
        [without] = asked(models["price"], [row | {name: None}])
        assert found.values[0] - found.parts[0, j] == pytest.approx(without["price"], rel=1e-9)


def test_rows_of_a_table_in_every_form(models, tmp_path):
    """Dicts, a frame, and what `read_rows` gives of a file."""
    pandas = pytest.importorskip("pandas")
    rows = houses(6, seed=4)
    found = occlusion(models["price"], rows).parts
    assert occlusion(models["price"], pandas.DataFrame(rows)).parts == pytest.approx(found)
    table = read_rows(written(tmp_path / "t.csv", rows), models["price"].columns)
    assert occlusion(models["price"], table).parts == pytest.approx(found)


def test_what_stands_in_a_cell_is_told_as_it_was_written(models):
    """A text that is not known as such, a number that is not known as the mean."""
    row = dict.fromkeys(INPUTS) | {"area": 77.5}
    rooms = models["price"].columns.columns[1].scales[0].mean
    cells = occlusion(models["price"], row).cells(0)
    assert cells[:4] == ["77.5", f"{rooms:.6g}", "not known", "not known"]


def test_dependence_on_a_text(models):
    """A value for each text, the mean of what `answers` says of all rows with it."""
    rows = houses(20, seed=5)
    found = partial_dependence(models["price"], rows, "town")
    assert [point.value for point in found.rows] == TOWNS
    for point in found.rows:
        answers = asked(models["price"], [row | {"town": point.value} for row in rows])
        assert point.mean == pytest.approx(np.mean([each["price"] for each in answers]))


def test_dependence_on_a_date(models):
    """All parts of the date go together, in the order of time."""
    rows = houses(12, seed=6)
    found = partial_dependence(models["price"], rows, "sold")
    assert [point.value for point in found.rows] == sorted({row["sold"] for row in rows})
    first = found.rows[0]
    answers = asked(models["price"], [row | {"sold": first.value} for row in rows])
    assert first.mean == pytest.approx(np.mean([each["price"] for each in answers]))


# -- estimators ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3)) * [1.0, 10.0, 0.1] + [0.0, 50.0, 1.0]
    return X, X[:, 0] + 0.1 * (X[:, 1] - 50.0)


OPTIONS = {
    "max_iter": 30,
    "n_iter_no_change": np.inf,
    "learning_rate_init": 0.01,
    "random_state": 0,
}


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_of_an_estimator(blobs, classes):
    """Those of `predict_proba`, for the label that is asked for; columns as in X."""
    pytest.importorskip("sklearn")
    from jangrad.sklearn import JangradClassifier

    X, amount = blobs
    y = np.array(["a", "b", "c"])[np.digitize(amount, [0.0] if classes == 2 else [-0.5, 0.5])]
    model = JangradClassifier([6], **OPTIONS).fit(X, y)
    shares = model.predict_proba(X)
    for k, label in enumerate(model.classes_):
        found = integrated_gradients(model, X, output=label)
        assert found.values == pytest.approx(shares[:, k])
        assert found.parts.sum(axis=1) == pytest.approx(found.values - found.baselines, abs=1e-5)
    found = gradient_x_input(model, X[:1])
    k = int(shares[0].argmax())
    step = 1e-5 * model.input_scale_
    ways = np.diag(step)
    slopes = (model.predict_proba(X[:1] + ways) - model.predict_proba(X[:1] - ways))[:, k]
    expected = (X[0] - model.input_mean_) * slopes / (2 * step)
    assert found.parts[0] == pytest.approx(expected, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile"])
def test_amounts_of_an_estimator(blobs, loss):
    """Those of `predict`."""
    pytest.importorskip("sklearn")
    from jangrad.sklearn import JangradRegressor

    X, amount = blobs
    y = np.exp(amount).round() if loss == "poisson" else 1000.0 * amount
    model = JangradRegressor([6], loss=loss, **OPTIONS).fit(X, y)
    found = integrated_gradients(model, X)
    assert found.values == pytest.approx(model.predict(X))
    assert found.parts.sum(axis=1) == pytest.approx(found.values - found.baselines, rel=1e-4)


def test_several_targets_and_several_labels(blobs):
    """Each is an answer of its own."""
    pytest.importorskip("sklearn")
    from jangrad.sklearn import JangradClassifier, JangradRegressor

    X, amount = blobs
    model = JangradRegressor([6], **OPTIONS).fit(X, np.stack([amount, -10.0 * amount], axis=1))
    assert occlusion(model, X, output="target 1").values == pytest.approx(model.predict(X)[:, 1])
    labels = np.stack([amount > 0.0, amount > 1.0], axis=1).astype(int)
    several = JangradClassifier([6], **OPTIONS).fit(X, labels)
    assert not subject_of(several).chooses
    found = occlusion(several, X, output=1)
    assert found.values == pytest.approx(several.predict_proba(X)[:, 1])


def test_targets_are_read_as_they_were_learned(models):
    """Labels as classes, amounts as scaled amounts; others are refused."""
    kind, price = subject_of(models["kind"]), subject_of(models["price"])
    assert kind.targets(["low", "high", "middle"], 3).tolist() == [1.0, 0.0, 2.0]
    scale = models["price"].columns.target_scale
    assert price.targets([500.0], 1)[0] == pytest.approx(scale.apply(500.0))
    with pytest.raises(DataError, match="row 1 is 'huge', none of the classes"):
        kind.targets(["low", "huge"], 2)
    with pytest.raises(DataError, match="not all numbers"):
        price.targets(["low"], 1)
