"""Pictures of explanations: what is on the axes."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
from tests.explain.tables import houses, trained

from jangrad import MLP, fit
from jangrad.explain import (
    Recorder,
    ablation,
    counterfactual,
    influences,
    integrated_gradients,
    partial_dependence,
    permutation_importance,
)

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 16))


@pytest.fixture(autouse=True)
def closed():
    """No figure is left open."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def net():
    found = MLP(16, [4, 3, 1], "tanh", seed=0)
    fit(found, X, X[:, 0], steps=30, progress=False)
    return found


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_parts_are_bars(net):
    """The largest first, with their numbers and cells; the smallest of many are left out."""
    found = integrated_gradients(net, X)
    ax = found.plot(2)
    order = np.argsort(-np.abs(found.parts[2]))[:12]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(found.parts[2, order])
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == f"x{order[0]} = {X[2, order[0]]:.6g}"
    assert ax.get_xlabel() == "and 4 smaller ones"
    low, high = ax.get_xlim()
    assert low < found.parts[2].min()
    assert high > found.parts[2].max()
    assert len(found.plot().patches) == 12
    with pytest.raises(IndexError):
        found.plot(30)


def test_importances_have_their_spreads(net):
    """A line across the end of each bar."""
    found = permutation_importance(net, X, X[:, 0])
    ax = found.plot()
    first = max(found.rows, key=lambda one: abs(one.importance))
    assert ax.patches[0].get_width() == pytest.approx(first.importance)
    ends = ax.lines[0].get_xdata()
    assert ends == pytest.approx([first.importance - first.spread, first.importance + first.spread])


def test_curves(net):
    """One for each row, and their mean."""
    found = partial_dependence(net, X, 0)
    ax = found.plot()
    assert len(ax.lines) == 31
    assert ax.lines[-1].get_ydata() == pytest.approx([point.mean for point in found.rows])
    assert ax.get_xlabel() == "x0"
    assert len(partial_dependence(net, X[0], 0, data=X).plot().lines) == 1


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("model"), "kind")


def test_texts_and_dates(model):
    """A dot for each text; an axis of days with dates on it."""
    data = houses(40, seed=1)
    ax = partial_dependence(model, data, "town", output="high").plot()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Bern", "Chur", "Thun"]
    ax = partial_dependence(model, data, "sold", output="high").plot()
    days = sorted(row["sold"] for row in data)
    assert [label.get_text() for label in ax.get_xticklabels()] == [days[0], days[-1]]
    assert "each thin line is a row" in ax.get_title("left")


def test_changes(model):
    """From where to where, between the least and the most of the data."""
    data = houses(200, seed=8)
    found = counterfactual(model, data[0], data)
    ax = found.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == [c.column for c in found.rows]
    assert f"{found.rows[0].before} → {found.rows[0].after}" in texts(ax)
    areas = [row["area"] for row in data]
    before, after = found.places[0]
    share = (data[0]["area"] - min(areas)) / (max(areas) - min(areas))
    assert before == pytest.approx(share)
    assert after == pytest.approx((found.row["area"] - min(areas)) / (max(areas) - min(areas)))


def test_units(net):
    """A bar for each, a row of them for each layer."""
    found = ablation(net, X, X[:, 0])
    ax = found.plot()
    assert len(ax.patches) == 7
    assert [label.get_text() for label in ax.get_yticklabels()] == ["layer 0", "layer 1"]
    heights = np.array([-bar.get_height() for bar in ax.patches])
    assert heights / heights.max() == pytest.approx(np.array(found.sizes) / max(found.sizes))
    assert "without each unit" in ablation(net, X).plot().get_title("left")


def test_rows_of_the_training():
    """Those that moved it most."""
    net = MLP(16, [1], seed=0)
    recorder = Recorder(net, 30, optimizer="sgd")
    fit(net, X, X[:, 0], optimizer="sgd", steps=5, callbacks=[recorder], progress=False)
    found = influences(net, recorder.run, X, X[:, 0], row=X[0])
    ax = found.plot()
    order = np.argsort(-np.abs(found.moved))
    assert ax.patches[0].get_width() == pytest.approx(found.moved[order[0]])
    assert ax.get_yticklabels()[0].get_text().startswith(f"row {order[0]}, target")


def test_it_draws_where_it_is_told(net):
    """On the given axes; names with signs of formulas are shown as they are."""
    _, given = plt.subplots()
    names = ["price in $", *(f"x{i}" for i in range(15))]
    found = integrated_gradients(net, X[0], names=names)
    assert found.plot(ax=given) is given
    assert len(plt.get_fignums()) == 1
    given.figure.canvas.draw()
