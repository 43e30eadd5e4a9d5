"""The nearest row with another decision, against formulas, fine grids and all combinations."""

from itertools import product

import numpy as np
import pytest
from tests.explain.tables import TOWNS, houses, trained

from jangrad import MLP, fit
from jangrad.datasets import moons
from jangrad.errors import ConfigError, DataError
from jangrad.explain import counterfactual, search

RNG = np.random.default_rng(2)
DATA = RNG.normal(size=(200, 4)) * [1.0, 5.0, 0.2, 2.0]


@pytest.fixture
def nothing_given(monkeypatch):
    """No distance is given for a column less, so that what is found can be compared with others."""
    monkeypatch.setattr(search, "_AS_NEAR", 0.0)


def straight(weights, bias):
    net = MLP(len(weights), [1], seed=0)
    net.load_state(dict(zip(net.state(), [*weights, bias], strict=True)))
    return net


@pytest.mark.usefixtures("nothing_given")
@pytest.mark.parametrize("seed", range(5))
def test_of_a_straight_line(seed):
    """All of the way goes to the columns that do most for their distance, each to its end."""
    draw = np.random.default_rng(seed)
    weights, row = draw.normal(size=4), DATA[seed]
    bias = -3.0 * np.abs(weights * DATA.std(axis=0)).max() - float(weights @ row)
    found = counterfactual(straight(weights, bias), row, DATA)
    # By hand: how much is gained for a distance of 1, and how far each column can go.
    gain = np.abs(weights) * DATA.std(axis=0)
    ends = np.where(weights > 0.0, DATA.max(axis=0), DATA.min(axis=0))
    room = np.abs(ends - row) / DATA.std(axis=0)
    needed, distance = -float(weights @ row + bias), 0.0
    for j in np.argsort(-gain):
        step = min(room[j], max(needed, 0.0) / gain[j])
        distance, needed = distance + step, needed - step * gain[j]
    assert bool(found) == (needed <= 0.0)
    assert found.distance == (pytest.approx(distance, rel=1e-6) if found else np.inf)


@pytest.fixture(scope="module")
def plane():
    X, y = moons(200, seed=0)
    net = MLP(2, [12, 12, 1], "tanh", seed=1)
    fit(net, X, y, learning_rate=0.02, steps=400, progress=False)
    return net, np.array(X)


@pytest.mark.usefixtures("nothing_given")
@pytest.mark.parametrize("at", [0, 33, 91])
def test_on_the_plane(plane, at):
    """No point of a grid of 500 by 500 is nearer, and what was found is another decision."""
    net, X = plane
    found = counterfactual(net, X[at], X)
    sides = [np.linspace(x.min(), x.max(), 500) for x in X.T]
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    before = net.predict(X[at])[0, 0] > 0.0
    other = (np.asarray(net.predict(grid))[:, 0] > 0.0) != before
    distances = (np.abs(grid - X[at]) / X.std(axis=0)).sum(axis=1)
    assert found.distance <= distances[other].min() * (1.0 + 1e-6)
    assert (net.predict(found.inputs)[0, 0] > 0.0) != before
    assert found.distance == pytest.approx((np.abs(found.inputs - X[at]) / X.std(axis=0)).sum())
    assert (found.inputs >= X.min(axis=0)).all()
    assert (found.inputs <= X.max(axis=0)).all()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("model"), "kind")


def nearest_by_hand(model, row, data, wanted):
    """All texts, all dates of the data, all rooms, and a fine grid of areas."""
    areas = np.array([each["area"] for each in data])
    rooms = sorted({each["rooms"] for each in data})
    spread = [areas.std(), np.std([each["rooms"] for each in data])]
    sides = product(np.linspace(areas.min(), areas.max(), 150), rooms, TOWNS, ["yes", "no"])
    tried = [
        row | {"area": float(area), "rooms": int(room), "town": town, "garden": garden}
        for area, room, town, garden in sides
    ]
    answers = model.answers(tried)
    found = [
        abs(each["area"] - row["area"]) / spread[0]
        + abs(each["rooms"] - row["rooms"]) / spread[1]
        + (each["town"] != row["town"])
        + (each["garden"] != row["garden"])
        for each, answer in zip(tried, answers, strict=True)
        if answer["kind"] == wanted
    ]
    return min(found)


@pytest.mark.usefixtures("nothing_given")
@pytest.mark.parametrize("at", [0, 1, 2])
def test_of_a_table(model, at):
    """Integers, texts and yes or no stay what they are; nothing that was tried is nearer."""
    data = houses(200, seed=8)
    rows = [each for each in data if model.answers([each])[0]["kind"] == "middle"]
    found = counterfactual(model, rows[at], data, to="high", fixed=["sold"])
    assert found.distance <= nearest_by_hand(model, rows[at], data, "high") * (1.0 + 1e-9)
    [answer] = model.answers([found.row])
    assert answer["kind"] == "high"
    assert found.after == "`high`"
    assert found.row["sold"] == rows[at]["sold"]
    assert found.row["rooms"] in {float(each["rooms"]) for each in data}
    assert found.row["town"] in TOWNS
    town = found.inputs[2:5]
    assert sorted(town) == [0.0, 0.0, 1.0]


@pytest.mark.usefixtures("nothing_given")
def test_any_other_class_is_the_nearer_of_both(model):
    """Where none is named."""
    data = houses(150, seed=9)
    row = next(each for each in data if model.answers([each])[0]["kind"] == "middle")
    named = [counterfactual(model, row, data, to=label).distance for label in ("low", "high")]
    found = counterfactual(model, row, data)
    assert found.distance == pytest.approx(min(named), rel=1e-6)
    assert found.after == ["`low`", "`high`"][int(np.argmin(named))]


@pytest.mark.parametrize("seed", range(4))
def test_a_column_less_is_worth_a_little(seed):
    """Of two columns that do as much for their distance one alone is taken, a little farther."""
    draw = np.random.default_rng(seed)
    data = draw.uniform(-1.0, 1.0, size=(300, 2))
    weights = np.array([1.0, 1.02]) / data.std(axis=0)
    # The second column does a little more, and ends just before the first is reached.
    row = np.array([0.0, 0.0])
    reach = 1.02 * data[:, 1].max() / data[:, 1].std()
    found = counterfactual(straight(weights, -1.01 * reach), row, data)
    assert len(found.rows) == (1 if 1.01 * reach < data[:, 0].max() / data[:, 0].std() else 2)


def test_dates_are_dates_of_the_data(model):
    """A date moves as a whole."""
    data = houses(100, seed=10)
    row = next(each for each in data if model.answers([each])[0]["kind"] == "low")
    others = ["area", "rooms", "town", "garden"]
    found = counterfactual(model, row, data, fixed=others)
    if found:
        assert found.row["sold"] in {each["sold"] for each in data}
    else:
        tried = [row | {"sold": each["sold"]} for each in data]
        assert {answer["kind"] for answer in model.answers(tried)} == {"low"}


def test_where_there_is_none_it_is_said():
    """A network that says one thing of all rows."""
    net = straight([0.1, 0.0, 0.0, 0.0], 5.0)
    found = counterfactual(net, DATA[0], DATA)
    assert not found
    assert found.distance == np.inf
    assert found.rows == []
    assert "nothing was found\nthat makes it below 0" in str(found)
    with pytest.raises(DataError, match="no change to draw"):
        found.plot()


def test_amounts_have_bounds(tmp_path):
    """Above or below what is asked for, and no further than needed."""
    model = trained(tmp_path, "price")
    data = houses(150, seed=11)
    [before] = model.answers([data[0]])
    found = counterfactual(model, data[0], data, above=before["price"] + 50.0)
    [after] = model.answers([found.row])
    assert after["price"] == pytest.approx(before["price"] + 50.0, rel=1e-6)
    assert after["price"] > before["price"] + 50.0
    assert counterfactual(model, data[0], data, below=before["price"] - 50.0).distance > 0.0
    with pytest.raises(ConfigError, match=r"is an amount(.|\n)*above="):
        counterfactual(model, data[0], data)
    with pytest.raises(ConfigError, match=r"it is above \d+ already"):
        counterfactual(model, data[0], data, above=1.0)
    with pytest.raises(ConfigError, match="both `above` and `below`"):
        counterfactual(model, data[0], data, above=1.0, below=2.0)


def test_classes_of_an_estimator():
    """The decision is that of `predict`."""
    pytest.importorskip("sklearn")
    from jangrad.sklearn import JangradClassifier

    y = np.array(["no", "yes"])[(DATA[:, 0] * DATA[:, 2] > 0.0).astype(int)]
    model = JangradClassifier([12], max_iter=200, n_iter_no_change=np.inf, random_state=0)
    model.fit(DATA, y)
    for row in DATA[:3]:
        found = counterfactual(model, row, DATA)
        assert found
        before, after = model.predict([row, found.inputs])
        assert before != after
        assert found.after == f"`{after}`"


def test_words():
    """What would have had to be otherwise."""
    text = str(counterfactual(straight([2.0, -1.0], 0.5), [0.0, 1.0], [[-2.5, 0.5], [2.5, 2.0]]))
    assert text.splitlines()[0] == (
        "the output is below 0, and above 0 if 1 column were otherwise:"
    )
    assert "x0  0  ->  0.25" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fixed": ["x0", "x1", "x2", "x3"]}, "no column may change"),
        ({"fixed": ["age"]}, "no column `age`"),
        ({"to": "cat"}, "`to` is a class"),
    ],
)
def test_what_cannot_be_looked_for_is_said(options, words):
    """With what there is instead."""
    with pytest.raises(ConfigError, match=words):
        counterfactual(straight([1.0, 1.0, 1.0, 1.0], 0.0), DATA[0], DATA, **options)
