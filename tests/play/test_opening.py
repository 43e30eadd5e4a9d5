"""What a page is made of: rows, a network, controls; and what is refused."""

import json
import re

import pytest

from jangrad import MLP, Value, datasets, operation
from jangrad.errors import ConfigError, DataError, SaveError, ShapeError
from jangrad.nn import Module
from jangrad.play.opening import PARTS, page_of, rows_of, scaled


def given(page):
    """The data in the page."""
    return json.loads(re.search(r'application/json">(.*?)</script>', page)[1])


@pytest.mark.parametrize(
    ("y", "outputs", "kind", "targets"),
    [
        ([-1, 1, 1], 1, "two", [-1.0, 1.0, 1.0]),
        ([0, 1, 1], 0, "two", [-1.0, 1.0, 1.0]),
        ([0, 1, 1], 2, "classes", [0.0, 1.0, 1.0]),
        ([0, 1, 2], 0, "classes", [0.0, 1.0, 2.0]),
        ([0, 1, 2], 1, "amounts", [0.0, 1.0, 2.0]),
        ([0.5, 1, 2], 0, "amounts", [0.5, 1.0, 2.0]),
        ([[0.5], [1], [2]], 0, "amounts", [0.5, 1.0, 2.0]),
    ],
)
def test_what_targets_are(y, outputs, kind, targets):
    rows = rows_of([[0.0], [1.0], [2.0]], y, outputs=outputs)
    assert (rows.kind, rows.y) == (kind, targets)


def test_columns_of_tables_are_scaled():
    """Amounts too; a column that never varies stays at 0."""
    rows = scaled(rows_of([[1.0, 5.0], [3.0, 5.0]], [10.0, 30.0]))
    assert rows.X == [[-1.0, 0.0], [1.0, 0.0]]
    assert rows.y == [-1.0, 1.0]
    assert scaled(rows_of([[1.0], [3.0]], [0, 1])).y == [-1.0, 1.0]


def test_what_the_page_is_told():
    net = MLP(2, [3, 1], ["relu"], "tanh", seed=4)
    told = given(page_of(rows_of([[0, 1], [1, 0]], [0, 1], ["<a>", "b"]), net, show=["rate"]))
    assert told["own"]["names"] == ["<a>", "b"]
    assert told["start"] == [p.data for p in net.parameters()]
    assert told["state"]["layers"] == [{"units": 3, "activation": "relu"}]
    assert (told["state"]["output"], told["state"]["seed"]) == ("tanh", 4)
    assert set(told["hidden"]) == set(PARTS) - {"rate"}


def test_seeds_of_more_than_a_word_are_left_out():
    """The page's numbers are those of the network all the same."""
    net = MLP(2, [1], seed=2**32)
    told = given(page_of(None, net))
    assert told["state"]["seed"] == 0
    assert told["start"] == [p.data for p in net.parameters()]


def test_a_page_is_small_and_asks_for_nothing():
    X, y = datasets.moons(200)
    page = page_of(rows_of(X, y), MLP(2, [8, 8, 1], "tanh"), text="<script>alert(1)</script>")
    assert len(page.encode()) < 150_000
    assert "<script>alert" not in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "connect-src" not in page
    assert "default-src 'none'" in page


@pytest.mark.usefixtures("own_table")
def test_operations_that_a_network_has_not_are_no_part_of_its_page():
    """However many a process has defined; one that it has is."""
    rows, net = rows_of(*datasets.moons(20)), MLP(2, [3, 1], "tanh")
    before = page_of(rows, net)
    for k in range(3):
        operation(f"bent_{k}", "x / (1 + abs(x))", "1 / (1 + abs(x)) ** 2")
    assert page_of(rows, net) == before
    page = page_of(rows, MLP(2, [3, 1], "bent_1"))
    assert "bent_1: {init: " in page
    assert "bent_0" not in page
    assert '"output":"bent_2"' in page_of(rows, MLP(2, [1], output="bent_2"))


class Own(Module):
    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, xs):
        return [self.w * xs[0]]


class Constant(Module):
    def __call__(self, xs):
        return [Value(1.0)]


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: rows_of([[0.0]] * 1001, [0] * 1001), ConfigError, r"at most 1,000 rows.*X\[:1000"),
        (lambda: rows_of([[0.0]], [[1, 2]]), ShapeError, "2 numbers.*one target a row"),
        (lambda: rows_of([[0.0]] * 2, [0, 7], outputs=8), DataError, "a target is 7"),
        (lambda: rows_of([[0.0]] * 2, [0.5, 1], outputs=2), DataError, "a target is 0.5"),
        (lambda: page_of(show=["rates", "lose"]), ConfigError, "no part `lose`.*loss"),
        (lambda: page_of(None, Own()), ConfigError, "no rows for it.*net.play"),
        (
            lambda: page_of(rows_of([[0.0]], [1]), Constant()),
            ConfigError,
            "nothing to learn",
        ),
        (
            lambda: page_of(rows_of([[0.0]], [1]), MLP(2, [1])),
            ShapeError,
            "1 numbers, but the network takes 2",
        ),
    ],
)
def test_what_is_refused(make, error, says):
    with pytest.raises(error, match=f"(?s){says}"):
        make()


def test_only_pages_are_replaced(tmp_path):
    net, file = MLP(2, [1]), tmp_path / "page.html"
    assert net.play([[0, 1]], [1], file, open_page=False) == file
    assert net.play([[0, 1]], [1], file, open_page=False) == file
    file.write_text("notes")
    with pytest.raises(SaveError, match="is not a page of HTML"):
        net.play([[0, 1]], [1], file, open_page=False)


def test_a_page_is_opened(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("webbrowser.open", seen.append)
    MLP(2, [1]).play([[0, 1]], [1], tmp_path / "page.html")
    assert seen == [(tmp_path / "page.html").as_uri()]


def test_a_page_without_a_path_is_given_back_for_a_notebook(monkeypatch):
    """Nothing is written or opened in a browser; the notebook's frame holds the whole page."""
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    page = MLP(2, [1]).play([[0, 1]], [1], None)
    assert given(page)["own"]["X"] == [[0.0, 1.0]]
    assert 'srcdoc="&lt;!doctype' in page._repr_mimebundle_()["text/html"]
    assert opened == []
