"""What `jangrad check` prints of confusions and drift."""

import pytest

from jangrad.interfaces.check_command import _confusion, _drift
from jangrad.tabular.drift import Drift


def test_shades_stand_apart_and_have_a_legend():
    """The share of its row decides: a quarter, a half, three quarters."""
    lines = _confusion([[45, 0, 2], [1, 20, 29], [0, 3, 47]], ["setosa", "versicolor", "virginica"])
    assert lines[1] == (
        "  of its row: ░ less than 25 %, ▒ 25 % or more, ▓ 50 % or more, █ 75 % or more"
    )
    assert [line.split()[1:] for line in lines[3:]] == [
        ["45", "█", "0", "2", "░"],
        ["1", "░", "20", "▒", "29", "▓"],
        ["0", "3", "░", "47", "█"],
    ]


@pytest.mark.parametrize("label", ["0", "a" * 16])
def test_twelve_classes_fit_a_terminal(label):
    """Shades stand beside their numbers where there is no room."""
    lines = _confusion([[145] * 12] * 12, [label] * 12)
    assert max(map(len, lines)) <= 80


def test_missing_is_a_column_where_cells_are_missing():
    """Otherwise it is left out."""
    whole = Drift("size", 0.4, True, "1", "2", (0.0, 0.0))
    gappy = Drift("age", 0.4, True, "1", "2", (0.0, 0.25))
    assert "missing" not in "\n".join(_drift([whole]))
    lines = _drift([whole, gappy])
    assert lines[1].endswith("missing")
    assert lines[3].endswith("0% -> 25%")
