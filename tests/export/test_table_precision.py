"""Models of tables in fewer digits than double precision: right, or not written."""

import csv
import re

import numpy as np
import pytest
from click.testing import CliRunner
from tests.export.test_table_model import expected, exported, given, in_c, in_integers

from jangrad import MLP, save_model
from jangrad.datasets import Column, Columns
from jangrad.datasets.columns import Scale
from jangrad.errors import ConfigError
from jangrad.interfaces.cli import cli

TOWNS = ("Bern", "Chur", "Thun")


SIZE, PRICE = Scale(150_000.0, 40_000.0), Scale(400_000.0, 90_000.0)


def saved(folder, size=SIZE, price=PRICE):
    """A model of a number, a text and a yes or no, and its columns."""
    shares = tuple(Scale(1 / 3, 2**0.5 / 3) for _ in TOWNS)
    columns = Columns(
        (
            Column("size", None, (size,), "number"),
            Column("town", TOWNS, shares, "text"),
            Column("garden", None, (Scale(0.5, 0.5),), "boolean"),
        ),
        "price",
        None,
        price,
        "mean",
    )
    net = MLP(5, [6, 1], "tanh", seed=0)
    save_model(folder / "net.safetensors", net, {"columns": columns.to_dict(), "format": 2})
    return folder / "net.safetensors", net, columns


def rows_of(columns, folder, count=60):
    """Rows like those of the training, also as a file."""
    draw = np.random.default_rng(0)
    size = columns.columns[0].scales[0]
    rows = [
        {
            "size": f"{draw.normal(size.mean, size.std):.0f}",
            "town": str(draw.choice(TOWNS)),
            "garden": str(draw.choice(["yes", "no"])),
        }
        for _ in range(count)
    ]
    rows[3]["size"] = rows[7]["town"] = ""
    with open(folder / "rows.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return rows


@pytest.mark.parametrize(("dtype", "part"), [("q15", 0.005), ("int8", 0.05)])
def test_a_file_of_rows_in_large_units_and_texts(dtype, part, tmp_path):
    """What the program answers is what `predict` says, but for a part of the deviation."""
    model, net, columns = saved(tmp_path)
    rows = rows_of(columns, tmp_path)
    exported(model, tmp_path, "c", "--dtype", dtype, "--rows", str(tmp_path / "rows.csv"))
    found = in_integers(tmp_path, [given(columns, row) for row in rows], 1)
    wanted = np.array(expected(net, columns, rows))
    assert np.ptp(wanted) > columns.target_scale.std
    assert np.abs(found - wanted).max() < part * columns.target_scale.std


FAR = [
    ({"size": Scale(1.6e9, 300.0)}, "`size` lies 5e+06 deviations from 0"),
    ({"price": Scale(1.7e9, 68.0)}, "`price` lies 2e+07 deviations from 0"),
]
WAYS = [
    ("--to", "c", "--dtype", "q15", "--rows", "rows.csv"),
    ("--to", "c", "--dtype", "float32"),
    ("--to", "javascript", "--dtype", "float32"),
    ("--to", "onnx"),
]


@pytest.mark.parametrize(("scales", "why"), FAR, ids=["column", "target"])
@pytest.mark.parametrize("way", WAYS, ids=["q15", "c", "javascript", "onnx"])
def test_numbers_far_from_0_are_not_written_in_few_digits(way, scales, why, tmp_path):
    """The error is a part of the target's deviation, not of the target."""
    model, _, columns = saved(tmp_path, **scales)
    rows_of(columns, tmp_path)
    before = sorted(tmp_path.iterdir())
    options = [str(tmp_path / x) if x == "rows.csv" else x for x in way]
    out = tmp_path / "model"
    done = CliRunner().invoke(cli, ["export", str(model), *options, "--out", str(out)])
    assert isinstance(done.exception, ConfigError), done.output
    said = str(done.exception)
    assert re.search(r"`price` differs .*by \d\.\de[+-]\d\d,? of its deviation", said)
    assert why in said
    assert "--dtype float64" in said
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("price", [PRICE, Scale(2e-6, 1e-6)], ids=["large", "small"])
def test_single_precision_of_usual_columns(price, tmp_path):
    """What is not far from 0 is written, and right."""
    model, net, columns = saved(tmp_path, price=price)
    rows = rows_of(columns, tmp_path)
    exported(model, tmp_path, "c", "--dtype", "float32")
    found = in_c(tmp_path, [given(columns, row) for row in rows], 1, single=True)
    off = np.abs(np.subtract(found, expected(net, columns, rows))).max()
    assert 0.0 < off < 1e-4 * price.std
