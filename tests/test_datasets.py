"""Toy problems are the same everywhere; a table is read in full or refused with its line named."""

from __future__ import annotations

import codecs
import inspect
import json
import math
import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jangrad import datasets
from jangrad.datasets import Columns, Scale, Table, read_csv, read_rows, sheet
from jangrad.errors import ConfigError, DataError, ModelFileError

TWO_CLASSES = [datasets.moons, datasets.circles, datasets.spirals, datasets.xor]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes text or bytes to a file of the current folder and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write(content: str | bytes, name: str = "d.csv") -> str:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


# Toy problems


def test_four_rows_are_the_rows_of_the_design() -> None:
    """The four rows hold the numbers of the first network one learns."""
    assert datasets.four_rows() == (
        [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]],
        [1.0, -1.0, -1.0, 1.0],
    )


@pytest.mark.parametrize("make", TWO_CLASSES)
def test_two_classes_are_balanced_and_minus_one_and_one(make: Callable[..., Any]) -> None:
    """Each problem of two classes gives plain floats, targets -1.0 and 1.0, half and half."""
    X, y = make(60)
    assert [len(row) for row in X] == [2] * 60
    assert {type(x) for row in X for x in row} | {type(t) for t in y} == {float}
    assert (y.count(-1.0), y.count(1.0)) == (30, 30)
    assert y != sorted(y), "the rows are not shuffled"


@pytest.mark.parametrize(
    ("make", "row", "label"),
    [
        (datasets.moons, [2.169494, 0.480687], 1.0),
        (datasets.xor, [1.508482, 0.942061], -1.0),
        (datasets.circles, [-0.330506, -0.019313], 1.0),
        (datasets.spirals, [1.033899, -0.003863], 1.0),
        (datasets.blobs, [2.84747, -0.096565], 0),
    ],
)
def test_numbers_of_a_seed_are_pinned(
    make: Callable[..., Any], row: list[float], label: float
) -> None:
    """A seed gives these very numbers, on every platform and Python."""
    X, y = make(4, seed=1)
    assert (X[0], y[0]) == (row, label)


@pytest.mark.parametrize("make", [*TWO_CLASSES, datasets.blobs])
def test_seeds_repeat_and_differ(make: Callable[..., Any]) -> None:
    """The same seed gives the same data, another seed other data."""
    assert make(20, seed=3) == make(20, seed=3)
    assert make(20, seed=3) != make(20, seed=4)


def test_moons_lie_on_half_circles() -> None:
    """Without noise each moon is half of a circle of radius 1 around (0, 0) or (1, 0.5)."""
    X, y = datasets.moons(41, noise=0.0)
    for (a, b), label in zip(X, y, strict=True):
        center = (0.0, 0.0) if label < 0 else (1.0, 0.5)
        assert math.dist((a, b), center) == pytest.approx(1.0, abs=2e-6)
        assert b >= 0 if label < 0 else b <= 0.5
    assert (y.count(-1.0), y.count(1.0)) == (20, 21)


def test_circles_have_the_radii_asked_for() -> None:
    """Without noise the outer circle has radius 1 and the inner one `factor`."""
    X, y = datasets.circles(40, noise=0.0, factor=0.3)
    radii = {label: {round(math.hypot(*x), 4) for x, t in zip(X, y, strict=True) if t == label}
             for label in (-1.0, 1.0)}  # fmt: skip
    assert radii == {-1.0: {1.0}, 1.0: {0.3}}


def test_spiral_arms_mirror_each_other() -> None:
    """Without noise one arm is the other turned by half a turn."""
    X, y = datasets.spirals(40, noise=0.0)
    arms = [sorted(x for x, t in zip(X, y, strict=True) if t == label) for label in (-1.0, 1.0)]
    assert arms[0] == sorted([0.0 - a, 0.0 - b] for a, b in arms[1])
    assert max(math.hypot(*x) for x in X) == pytest.approx(1.0, abs=2e-6)


def test_xor_is_one_where_signs_differ() -> None:
    """Without noise a target is minus the product of the corner's signs."""
    X, y = datasets.xor(40, noise=0.0)
    assert y == [-a * b for a, b in X]
    assert {tuple(row) for row in X} == {(-1, -1), (-1, 1), (1, -1), (1, 1)}


def test_blobs_number_their_centres() -> None:
    """Points of class k lie at centre k, in as many dimensions as the centres have."""
    centers = [[0.0, 0.0, 1.0], [5.0, 5.0, 5.0]]
    X, y = datasets.blobs(10, noise=0.0, centers=centers)
    assert [centers[k] for k in y] == X
    assert {type(k) for k in y} == {int}
    X, y = datasets.blobs(8, noise=0.0, centers=4)
    assert sorted(set(y)) == [0, 1, 2, 3]
    assert {math.hypot(*row) for row in X} == {2.0}


def test_noise_is_normal() -> None:
    """The noise has mean 0, the deviation asked for, and 5 % beyond 1.96 deviations."""
    X, _ = datasets.blobs(20_000, noise=2.0, centers=[[0.0, 0.0]])
    z = [x / 2.0 for row in X for x in row]
    assert statistics.fmean(z) == pytest.approx(0.0, abs=0.02)
    assert statistics.pstdev(z) == pytest.approx(1.0, abs=0.02)
    assert sum(abs(x) > 1.96 for x in z) / len(z) == pytest.approx(0.05, abs=0.004)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.moons(1), "`n` is a whole number from 2, not 1"),
        (lambda: datasets.moons(5.0), "`n` is a whole number from 2, not 5.0"),
        (lambda: datasets.moons(True), "`n` is a whole number from 2, not True"),
        (lambda: datasets.xor(3), "`n` is a whole number from 4, not 3"),
        (lambda: datasets.moons(noise=-1), "`noise` is a standard deviation, a finite number"),
        (lambda: datasets.moons(noise="a"), "`noise` is a standard deviation, a finite number"),
        (lambda: datasets.moons(noise=math.nan), "`noise` is a standard deviation"),
        (lambda: datasets.moons(seed=-1), "`seed` is a whole number from 0, not -1"),
        (lambda: datasets.moons(seed=None), "`seed` is a whole number from 0, not None"),
        (lambda: datasets.circles(factor=1), "`factor` is a radius between 0 and 1, not 1"),
        (lambda: datasets.spirals(turns=0), "`turns` is a finite number above 0, not 0"),
        (lambda: datasets.spirals(turns=math.inf), "`turns` is a finite number above 0"),
        (lambda: datasets.blobs(2), "`n` is a whole number from 3, not 2"),
        (lambda: datasets.blobs(centers=0), "`centers` is a whole number from 1, not 0"),
        (lambda: datasets.blobs(centers=2.0), "`centers` is a list of points"),
        (lambda: datasets.blobs(centers=[]), "`centers` is a list of points"),
        (lambda: datasets.blobs(centers=[1, 2]), "`centers` is a list of points"),
        (lambda: datasets.blobs(centers=[[1], [1, 2]]), "`centers` is a list of points"),
        (lambda: datasets.blobs(centers=[["a"]]), "a centre is made of finite numbers, not 'a'"),
    ],
)
def test_arguments_out_of_range_are_refused(call: Callable[[], Any], message: str) -> None:
    """An argument out of its range is refused by name, with its value."""
    with pytest.raises(ConfigError) as caught:
        call()
    assert caught.value.what.startswith(message)


# Tables to learn from


def test_numbers_are_read(write: Callable[..., str]) -> None:
    """Numbers become rows and targets; the last column is the target unless another is named."""
    file = write("a,b,y\n1,2.5,3\n-4,1e3,6\n")
    table = read_csv(file)
    assert (table.X, table.y) == ([[1.0, 2.5], [-4.0, 1000.0]], [3.0, 6.0])
    assert (table.inputs, table.target, table.classes) == (["a", "b"], "y", None)
    assert table.notes == ("the target is the last column, `y`",)
    assert repr(table) == "<Table: 2 rows of 2 inputs, target `y`>"
    table = read_csv(Path(file), target="a")
    assert (table.inputs, table.y, table.notes) == (["b", "y"], [1.0, -4.0], ())


@pytest.mark.parametrize(
    "content",
    [
        "a,b,y\n1,2,3\n4,5,6\n",
        "a,b,y\n1,2,3\n4,5,6",
        "a;b;y\n1;2;3\n4;5;6\n",
        "a\tb\ty\n1\t2\t3\n4\t5\t6\n",
        "a,b,y\r\n1,2,3\r\n4,5,6\r\n",
        "a,b,y\r1,2,3\r4,5,6\r",
        codecs.BOM_UTF8 + b"a,b,y\n1,2,3\n4,5,6\n",
        "\n\na, b, y\n\n 1, 2 ,3\n  \n,,\n4,5,6\n\n",
        '"a","b","y"\n"1","2","3"\n4,"5", "6"\n',
        "a,b,y,\n1,2,3,\n4,5,6,\n",
    ],
    ids=[
        "comma",
        "no-last-end",
        "semicolon",
        "tab",
        "crlf",
        "cr",
        "bom",
        "blank",
        "quoted",
        "last",
    ],
)
def test_every_way_to_write_a_table_reads_the_same(
    write: Callable[..., str], content: str | bytes
) -> None:
    """Separators, line ends, a byte order mark, quotes and blanks do not matter."""
    table = read_csv(write(content), "y")
    assert (table.inputs, table.X, table.y) == (["a", "b"], [[1, 2], [4, 5]], [3, 6])


def test_rows_keep_their_places_where_predictions_are_made(write: Callable[..., str]) -> None:
    """A line with nothing in it is a row of means, and told, unless it is blank after the last."""
    like = read_csv(write("a,b,y\n1,2,3\n4,5,6\n"), "y").columns
    rows = read_rows(write("a,b\n1,2\n,\n3,4\n \n\n5,6\n\n,\n\n \n"), like)
    means = [2.5, 3.5]
    assert [[1, 2], means, [3, 4], means, means, [5, 6], means, means] == rows.X
    assert rows.notes[0] == (
        "nothing stands in 5 rows, at line 3, 5, 6, 8, 9: a row of means is predicted there"
    )
    assert read_rows(write("a,b\n1,2\n\n"), like).notes == ()


def test_empty_cells_of_a_single_column_are_rows(write: Callable[..., str]) -> None:
    """In quotes or as a blank line: the row below does not move up; `missing` decides."""
    like = read_csv(write("a,y\n1,2\n3,4\n"), "y").columns
    assert read_rows(write('a\n1\n""\n\n3\n""\n\n'), like).X == [[1], [2], [2], [3], [2]]
    strict = read_csv(write("a,y\n1,2\n3,4\n"), "y", missing="error").columns
    with pytest.raises(DataError, match=r"`a` is missing: the cell is empty(.|\n)*line 3"):
        read_rows(write("a\n1\n\n3\n"), strict)


def test_empty_rows_of_the_training_data_are_told(write: Callable[..., str]) -> None:
    """They teach nothing; a blank line is no row."""
    table = read_csv(write("a,b,y\n1,2,3\n,,\n\n4,5,6\n;\n".replace(";", ",,")), "y")
    assert table.X == [[1, 2], [4, 5]]
    assert table.notes == ("left out for being empty: 2 rows, at line 3, 6",)


def test_labels_are_told_apart_by_all_their_digits(write: Callable[..., str]) -> None:
    """Beyond 2 ** 53 too; 007 and 7 are two, for a code is a name; 1.0 and 1 are one."""

    def classes(*labels: str) -> list[str] | None:
        content = "a,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels))
        return read_csv(write(content), "y", classes=True).classes

    assert classes("9007199254740993", "5", "9007199254740992") == [
        "5",
        "9007199254740992",
        "9007199254740993",
    ]
    assert classes("007", "07", "7", "10") == ["007", "07", "10", "7"]
    assert classes("1.0", "1", "1e0", "10", "2", "-0", "0") == ["0", "1", "2", "10"]
    assert classes("0.30000000000000004", "0.3", "0.30") == ["0.3", "0.30000000000000004"]
    assert classes("0.12345678901234567891", "0.12345678901234567892") is not None
    assert classes("0e99999999999", "1e-99999999999") == ["0", "1e-99999999999"]


def test_digits_that_a_number_loses_are_told(write: Callable[..., str]) -> None:
    """Of inputs and of targets; zeros in front too."""
    table = read_csv(write("id,zip,y\n1234567890123456789,01234,2\n3,56789,12345678901234567\n"))
    assert table.notes[1:] == (
        "`id`: whole numbers above 9,007,199,254,740,992 lose their last digits:"
        " 1234567890123456789 is read as 1234567890123456768",
        "`zip`: read as numbers, though 01234 looks like a code: it is 1234",
        "`y`: whole numbers above 9,007,199,254,740,992 lose their last digits:"
        " 12345678901234567 is read as 12345678901234568",
    )
    assert read_csv(write("id,y\n9007199254740992,2\n1,3\n"), "y").notes == ()


@pytest.mark.skipif(os.name == "nt", reason="devices have other names there")
def test_what_has_no_end_is_not_read(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device; a file of more than it pays to read; zeros, of which a sparse file is full."""
    with pytest.raises(DataError, match="`/dev/zero` is a device, not a file"):
        read_csv("/dev/zero")
    file = write("a,y\n")
    os.truncate(file, 10**11)
    with pytest.raises(DataError, match="not a text file in UTF-8: it holds a NUL byte"):
        read_csv(file)
    monkeypatch.setattr(sheet, "LARGEST", 10)
    with pytest.raises(DataError, match=r"has more than 0 GiB(.|\n)*a part of the rows"):
        read_csv(write("a,y\n" + "1,2\n" * 9))


def test_absent_columns_are_told_with_what_to_do(write: Callable[..., str]) -> None:
    """A name that is nearly right is named; the columns that are there are no replacement."""
    like = read_csv(write("area,rooms,town,y\n1,2,A,3\n4,5,B,6\n"), "y").columns
    with pytest.raises(DataError) as caught:
        read_rows(write("area,rooms\n1,2\n"), like)
    assert caught.value.why == "the network was trained with `area`, `rooms`, `town`"
    assert caught.value.try_ == "add it; a cell may be empty where nothing is known"
    with pytest.raises(DataError, match="in the first line: `town` for `Town`"):
        read_rows(write("area,rooms,Town\n1,2,A\n"), like)
    with pytest.raises(DataError, match="there are no columns `rooms`, `town`"):
        read_rows(write("area,x\n1,2\n"), like)


def test_quoted_cells_keep_separators_and_line_ends(write: Callable[..., str]) -> None:
    """A quoted name or label may hold the separator, quotes, line ends and any script."""
    table = read_csv(write('"a;1";y\n1;"x; ""y"""\n2;"two\nlines"\n3;"ñ日"\n'))
    assert table.inputs == ["a;1"]
    assert table.classes == ["two\nlines", 'x; "y"', "ñ日"]


def test_text_targets_are_sorted_classes(write: Callable[..., str]) -> None:
    """Text in the target makes classes in sorted order, whatever the order of the rows."""
    table = read_csv(write("a,kind\n1,pear\n2,apple\n3,pear\n4,fig\n"), "kind")
    assert table.classes == ["apple", "fig", "pear"]
    assert table.y == [2, 0, 2, 1]
    assert {type(k) for k in table.y} == {int}
    assert table.columns.target_scale is None
    assert repr(table) == "<Table: 4 rows of 1 input, target `kind`, classes apple, fig, pear>"


def test_number_targets_are_classes_on_request(write: Callable[..., str]) -> None:
    """`classes=True` takes numbers as labels, ordered as numbers, 1.0 being 1."""
    file = write("a,y\n1,10\n2,2\n3,1.0\n4,1\n5,2.5\n")
    table = read_csv(file, classes=True)
    assert table.classes == ["1", "2", "2.5", "10"]
    assert table.y == [3, 1, 0, 0, 2]
    assert read_csv(file).classes is None


def test_text_columns_become_an_input_for_each_text(write: Callable[..., str]) -> None:
    """A text column is one input a text, in sorted order, and the notes say so."""
    table = read_csv(write("size,colour,y\n1,red,1\n2,blue,2\n3,red,4\n"), "y")
    assert table.inputs == ["size", "colour=blue", "colour=red"]
    assert table.X == [[1, 0, 1], [2, 1, 0], [3, 0, 1]]
    assert table.notes == ("`colour` is text: one input for each of blue, red",)


@pytest.mark.parametrize("cell", ["", "?", "NA", "n/a", "#N/A", "<NA>", "NaN", "null", "none"])
def test_missing_numbers_are_filled_with_the_mean(write: Callable[..., str], cell: str) -> None:
    """Every spelling of a missing number is filled with its column's mean, and the notes say so."""
    table = read_csv(write(f"a,b,y\n1,5,1\n{cell},6,2\n4,7,3\n"), "y")
    assert table.X == [[1.0, 5.0], [2.5, 6.0], [4.0, 7.0]]
    assert table.notes == ("`a`: filled 1 missing cell with the mean of the column, 2.5",)


def test_missing_texts_are_filled_with_shares(write: Callable[..., str]) -> None:
    """A missing text becomes the share of each text; `none` is a text like any other."""
    table = read_csv(write("s,y\nu,1\nnone,2\nu,3\nNA,4\nu,5\n"), "y")
    assert table.inputs == ["s=none", "s=u"]
    assert table.X[3] == [0.25, 0.75]
    assert table.X[1] == [1.0, 0.0]
    assert table.notes[1] == "`s`: filled 1 missing cell with the share of each text"


def test_rows_with_missing_cells_are_dropped_on_request(write: Callable[..., str]) -> None:
    """`missing="drop"` leaves out rows with a missing input or target, and names their lines."""
    content = "a,s,id,y\n1,u,,1\n,v,7,2\n\n3,w,8,\n4,v,9,4\n"
    table = read_csv(write(content), "y", missing="drop", ignore=["id"])
    assert (table.X, table.y) == ([[1, 1, 0], [4, 0, 1]], [1, 4])
    assert table.notes[0] == "left out for missing cells: 2 rows, at line 3, 5"


def test_ignored_columns_are_not_looked_at(write: Callable[..., str]) -> None:
    """An ignored column may hold anything."""
    content = "name,a,y\n" + "".join(f"n{i} z,{i},1\n" for i in range(30))
    assert read_csv(write(content), "y", ignore="name").inputs == ["a"]
    assert read_csv("d.csv", "y", ignore=["name"]).X[29] == [29.0]


ROWS_31 = "a,name,y\n" + "".join(f"{i},n{i}z,1\n" for i in range(31))

# (the file, the options, how the message starts, the place in the file)
REFUSED: list[tuple[str | bytes, dict[str, Any], str, str]] = [
    ("a,b,y\n1,2,3\n\n1,2\n", {}, "the row has 2 cells, but there are 3 columns", "line 4"),
    ("a,y\n1,2,3\n", {}, "the row has 3 cells, but there are 2 columns", "line 2"),
    ('a,y\n"x\nz",2\n1\n', {}, "the row has 1 cell, but", "line 4"),
    ('a,y\n1,2\n"1,2\n4,5\n', {}, "the row that starts here cannot be read: unexp", "line 3"),
    ('a,y\n"1"5,2\n', {}, "the row that starts here cannot be read: ',' exp", "line 2"),
    ("a,y\n1,2\n2,3\n1O,4\n", {}, "`1O` is not a number", "line 4, column `a`"),
    ("a,y\n1,2\n2,x\n", {}, "`x` is not a number", "line 3, column `y`"),
    ("a;y\n1,500;2\n", {}, "`1,500` is not written as a number that", "line 2, column `a`"),
    ('a,y\n1,2\n"1,234.5",3\n', {}, "`1,234.5` is not written as", "line 3, column `a`"),
    ("a,y\n1,2\n1_00,3\n", {}, "`1_00` is not written as", "line 3, column `a`"),
    ("a,y\n1,3\n10 %,2\n", {}, "`10 %` is not written as", "line 3, column `a`"),
    ("a,y\n1,2\n-inf,3\n", {}, "`-inf` is not a finite number", "line 3, column `a`"),
    ("a,y\n1e999,2\n", {}, "`1e999` is not a finite number", "line 2, column `a`"),
    ("", {}, "`d.csv` is empty", ""),
    (" \n\r\n,\n", {}, "`d.csv` is empty", ""),
    ("a,y\n\n", {}, "`d.csv` names columns, but has no rows", "line 1"),
    ("a,b,a\n1,2,3\n", {}, "columns 1 and 3 are both named `a`", "line 1"),
    (",a,y\n7,5,6\n", {}, "column 1 of 3 has no name", "line 1"),
    ("1,2\n3,4\n", {}, "the first line holds numbers, not the names of the col", "line 1"),
    ("5.1,x\n4.9,z\n", {}, "the first line holds numbers, not the", "line 1"),
    (
        "a,price\n1,2\n",
        {"target": "prise"},
        "there is no column `prise`",
        "the names in its first line",
    ),
    ("a,y\n1,2\n", {"ignore": ["b"]}, "there is no column `b`", "the names in its first line"),
    ("y\n1\n", {}, "no column is left as an input beside the target `y`", ""),
    ("a,b,y\n1,,2\n2,NA,3\n", {}, "the column `b` holds nothing: every cell is missing", ""),
    (
        ROWS_31,
        {},
        "the column `name` holds 31 different texts, such as `n0z`",
        "line 2, column `name`",
    ),
    ("a,y\n1,x\n2,x\n", {}, "the target `y` has only one class, `x`", "column `y`"),
    (
        "a,y\n1,1\n2,1.0\n",
        {"classes": True},
        "the target `y` has only one class, `1`",
        "column `y`",
    ),
    ("a,y\n1,2\n2,?\n", {}, "the target `y` is missing: the cell says `?`", "line 3, column `y`"),
    ("a,y\n1,x\n2,\n", {}, "the target `y` is missing: the cell is empty", "line 3, column `y`"),
    (
        "a,b,y\n1,,2\n2,3,4\n",
        {"missing": "error"},
        "`b` is missing: the cell is empty",
        "line 2, column `b`",
    ),
    ("a,y\n1,\n,2\n", {"missing": "drop"}, "no row is left: each has a missing cell", ""),
    (
        "a,y\n1,2\n3,ä\n".encode("latin-1"),
        {},
        "`d.csv` is not a text file in UTF-8: it holds the byte 0xE4",
        "line 3",
    ),
    (
        "a,y\r\n1,2\r\n3,ä".encode("latin-1"),
        {},
        "`d.csv` is not a text file in UTF-8: it",
        "line 3",
    ),
    (b"a,y\n1,\0\n", {}, "`d.csv` is not a text file in UTF-8: it holds a NUL byte", "line 2"),
    (b"PK\x03\x04\0\0", {}, "`d.csv` is no CSV file", ""),
    (
        f'a,y\n"{"x" * 200_000}",1\n',
        {},
        "the row that starts here cannot be read: field larger",
        "line 2",
    ),
]


@pytest.mark.parametrize(
    ("content", "options", "what", "where"), REFUSED, ids=[row[2] for row in REFUSED]
)
def test_tables_that_cannot_be_used_are_refused(
    write: Callable[..., str], content: str | bytes, options: dict[str, Any], what: str, where: str
) -> None:
    """Each kind of bad table is refused with what is wrong and the file, line and column of it."""
    with pytest.raises(DataError) as caught:
        read_csv(write(content), **options)
    assert caught.value.what.startswith(what)
    assert caught.value.where == (f"d.csv, {where}" if where else "d.csv")
    assert caught.value.try_


def test_a_whole_message(write: Callable[..., str]) -> None:
    """A message says what, where, why, and what to try."""
    with pytest.raises(DataError) as caught:
        read_csv(write("age,y\n31,2\n4o,3\n"))
    assert str(caught.value) == (
        "`4o` is not a number\n"
        "  where: d.csv, line 3, column `age`\n"
        "  why: a column is all numbers or all text, and 1 of 2 cells of `age` are numbers\n"
        "  try: correct the cell, or leave it empty if the number is not known"
    )


def test_mistyped_names_get_a_suggestion(write: Callable[..., str]) -> None:
    """A target or a policy that does not exist brings the nearest one that does."""
    file = write("age,price\n1,2\n")
    with pytest.raises(DataError, match="did you mean `price`"):
        read_csv(file, "prise")
    with pytest.raises(ConfigError, match=r"no way `maen` to handle(.|\n)*did you mean `mean`"):
        read_csv(file, missing="maen")


def test_the_target_cannot_be_ignored(write: Callable[..., str]) -> None:
    """A target among the ignored columns is refused."""
    with pytest.raises(ConfigError, match="`y` is both the target and ignored"):
        read_csv(write("a,y\n1,2\n"), "y", ignore=["y"])


def test_files_that_cannot_be_opened_are_refused(write: Callable[..., str], tmp_path: Path) -> None:
    """A file that is not there, or a folder, is named."""
    with pytest.raises(DataError, match=r"there is no file `nope\.csv`\n  where: looked in /"):
        read_csv("nope.csv")
    with pytest.raises(DataError) as error:
        read_csv(tmp_path)
    assert str(error.value).splitlines() == [
        f"`{tmp_path}` is a folder, not a file",
        f"  where: {tmp_path}",
    ]


# Rows to predict


@pytest.fixture
def trained(write: Callable[..., str]) -> Columns:
    """The columns of a table with numbers, text and a missing cell."""
    content = "id,age,sex,price\n1,20,m,1\n2,30,f,2\n3,,f,3\n4,25,f,4\n"
    return read_csv(write(content, "train.csv"), "price", ignore=["id"]).columns


def test_rows_are_found_by_name_and_filled_as_in_training(
    write: Callable[..., str], trained: Columns
) -> None:
    """Columns may stand in any order among others; missing cells get the training data's means."""
    rows = read_rows(write("price;sex;colour;age\n?;f;x,y;7\n1;;z;\n;m;;\n"), trained)
    assert rows.X == [[7.0, 1.0, 0.0], [25.0, 0.75, 0.25], [25.0, 0.0, 1.0]]
    assert rows.y == []
    assert rows.notes == (
        "`age`: filled 2 missing cells with the mean in the training data, 25",
        "`sex`: filled 1 missing cell with the share of each text",
    )


def test_training_rows_read_the_same_again(write: Callable[..., str]) -> None:
    """Reading the training file for prediction gives the very inputs of the training."""
    file = write("a,s,y\n0.1,u,1\n,v,2\n0.7,,3\n")
    table = read_csv(file, "y")
    like = Columns.from_dict(json.loads(json.dumps(table.columns.to_dict())))
    assert like == table.columns
    assert read_rows(file, like).X == table.X


@pytest.mark.parametrize(
    ("content", "what", "where"),
    [
        ("sex,agee\nf,1\n", "there is no column `age`", "d.csv, the names in its first line"),
        ("x\n1\n", "there are no columns `age`, `sex`", "d.csv, the names in its first line"),
        ("age,sex\nold,f\n", "`old` is not a number", "d.csv, line 2, column `age`"),
        (
            "age;sex\n1,500;f\n",
            "`1,500` is not written as a number that can be read for certain",
            "d.csv, line 2, column `age`",
        ),
        ("age,sex\ninf,f\n", "`inf` is not a finite number", "d.csv, line 2, column `age`"),
    ],
)
def test_rows_that_cannot_be_predicted_are_refused(
    write: Callable[..., str], trained: Columns, content: str, what: str, where: str
) -> None:
    """A column or cell the network was not trained for is refused by name and line."""
    with pytest.raises(DataError) as caught:
        read_rows(write(content), trained)
    assert (caught.value.what, caught.value.where) == (what, where)
    assert caught.value.try_


@pytest.mark.parametrize("missing", ["error", "drop"])
def test_missing_cells_are_not_filled_unless_the_training_did(
    write: Callable[..., str], missing: str
) -> None:
    """Without means to fill in, a missing cell of a row to predict is an error, never a guess."""
    like = read_csv(write("a,y\n1,2\n3,4\n"), missing=missing).columns
    with pytest.raises(DataError, match=r"`a` is missing: the cell says `NA`(.|\n)*line 2"):
        read_rows(write("a\nNA\n"), like)


# Descriptions


def test_scales_are_means_and_deviations() -> None:
    """A scale is the mean and the population's deviation, and is undone exactly enough."""
    numbers = [0.1, 2.5, -7.25, 1e3, 4.0]
    scale = Scale.of(numbers)
    assert scale.mean == pytest.approx(statistics.fmean(numbers), rel=1e-15)
    assert scale.std == pytest.approx(statistics.pstdev(numbers), rel=1e-15)
    assert [scale.undo(scale.apply(x)) for x in numbers] == pytest.approx(numbers, rel=1e-12)


@pytest.mark.parametrize("numbers", [[0.1] * 3, [5.0], [1.7e308] * 2, [5e-324] * 3])
def test_scales_never_divide_by_nothing(numbers: list[float]) -> None:
    """Equal numbers give a finite mean and a deviation of 1."""
    scale = Scale.of(numbers)
    assert math.isfinite(scale.mean)
    assert scale.std == 1.0


@pytest.mark.parametrize("factor", [1e-200, 1e-301, 1e-305, 1e-309, 1e-312, 1e200, 1e307])
def test_scales_of_tiny_and_huge_numbers(factor: float) -> None:
    """Whatever their size, they are brought to deviation 1, and back."""
    numbers = [3.0 * factor, -1.0 * factor, 7.0 * factor, 2.0 * factor]
    scale = Scale.of(numbers)
    assert statistics.pstdev(map(scale.apply, numbers)) == pytest.approx(1.0, rel=1e-9)
    assert [scale.undo(scale.apply(x)) for x in numbers] == pytest.approx(
        numbers, rel=1e-9, abs=0.0
    )


@pytest.mark.parametrize("numbers", [[0.0, 5e-324], [0.0] * 999 + [5e-324]])
def test_scales_of_the_smallest_number(numbers: list[float]) -> None:
    """A deviation that no float is small enough for is the distance itself."""
    assert Scale.of(numbers).std == 5e-324


def test_numbers_too_far_apart_for_a_scale_are_refused(write: Callable[..., str]) -> None:
    """By the name of their column, of inputs and of the target."""
    far = ["1.7e308", "1.7e308", "-1.7e308"]
    for name, other in (("a", "y"), ("y", "a")):
        path = write(f"{name},{other}\n" + "".join(f"{x},{i}\n" for i, x in enumerate(far)))
        with pytest.raises(
            DataError, match=rf"(?s)from -1\.7e\+308 to.*column `{name}`.*try: their"
        ):
            read_csv(path, target="y")


def test_standardised_inputs_have_mean_0_and_deviation_1(
    write: Callable[..., str],
) -> None:
    """Inputs and a target of numbers can be brought to mean 0 and deviation 1."""
    table = read_csv(write("a,b,y\n1,200,7\n2,100,9\n6,900,11\n"))
    for column in zip(*table.columns.standardise(table.X), strict=True):
        assert statistics.fmean(column) == pytest.approx(0.0, abs=1e-15)
        assert statistics.pstdev(column) == pytest.approx(1.0, rel=1e-14)
    assert table.columns.target_scale == Scale.of([7.0, 9.0, 11.0])


def _damaged(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def damage(data: dict[str, Any]) -> dict[str, Any]:
        change(data)
        return data

    return damage


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda data: {}, "`columns` is absent"),
        (lambda data: [], "list indices"),
        (_damaged(lambda d: d.pop("missing")), "`missing` is absent"),
        (_damaged(lambda d: d.update(columns=3)), "not iterable"),
        (_damaged(lambda d: d.update(target=1)), "1 is not text"),
        (_damaged(lambda d: d.update(classes="ab")), "'ab' is not a list of texts"),
        (_damaged(lambda d: d.update(target_scale=[1, 0])), "is not a mean and a deviation"),
        (_damaged(lambda d: d.update(target_scale=[10**400, 1])), "int too large"),
        (_damaged(lambda d: d["columns"][0].pop("name")), "`name` is absent"),
        (_damaged(lambda d: d["columns"][0].update(scales=[])), "`age` has 1 inputs, 0 scales"),
        (
            _damaged(lambda d: d["columns"][0].update(scales=[[math.nan, 1]])),
            "is not a mean and a deviation",
        ),
    ],
)
def test_damaged_descriptions_are_refused(
    trained: Columns, damage: Callable[[dict[str, Any]], Any], problem: str
) -> None:
    """A description from a damaged model file is refused with the part that is wrong."""
    with pytest.raises(ModelFileError) as caught:
        Columns.from_dict(damage(trained.to_dict()))
    assert "the description of the table's columns is damaged" in caught.value.what
    assert problem in caught.value.what


def test_descriptions_are_plain_json(trained: Columns) -> None:
    """The description is made of what strict JSON can hold."""
    assert json.loads(json.dumps(trained.to_dict(), allow_nan=False)) == {
        "columns": [
            {
                "name": "age",
                "kind": "number",
                "values": None,
                "scales": [[25.0, Scale.of([20, 30, 25]).std]],
            },
            {
                "name": "sex",
                "kind": "text",
                "values": ["f", "m"],
                "scales": [[0.75, Scale.of([1, 1, 1, 0]).std], [0.25, Scale.of([0, 0, 0, 1]).std]],
            },
        ],
        "target": "price",
        "classes": None,
        "target_scale": [2.5, Scale.of([1, 2, 3, 4]).std],
        "missing": "mean",
    }


def test_tables_cannot_be_reassigned(write: Callable[..., str]) -> None:
    """A table is frozen, so that its rows and its description stay together."""
    table: Table = read_csv(write("a,y\n1,2\n"))
    with pytest.raises(AttributeError):
        table.y = []  # type: ignore[misc]


def test_columns_that_never_vary_are_told(write: Callable[..., str]) -> None:
    """An input of which nothing can be learned, of numbers or text, and a target of one number."""
    table = read_csv(write("a,b,c,y\n5,1,x,7\n5.0,2,x,7\n,3,x,7\n"), "y")
    assert table.notes[:3] == (
        "`c` is text: one input for each of x",
        "`a`, `c` never vary, so they tell no row from another",
        "the target `y` is 7 in every row: there is nothing to learn",
    )
    assert read_csv(write("a,y\n5,7\n"), "y").notes == ()
    (note,) = read_csv(write("a,b,y\n5,1,7\n5.0,2,8\n"), "y").notes
    assert note == "`a` is 5 in every row where it is known, so it tells no row from another"


def test_columns_that_are_the_same_are_told(write: Callable[..., str]) -> None:
    """Two inputs, and one that is the target: a network would learn nothing else."""
    rows = "1,x,1,10\n2,y,2,20\n3,x,3,30\n"
    notes = read_csv(write("a,t,b,y\n" + rows), "y").notes
    assert "`a`, `b` are the same in every row" in notes
    notes = read_csv(write("a,t,b,y\n" + rows), "b").notes
    assert "`a`, `b` are the same in every row" in notes
    assert not [n for n in read_csv(write("a,t,b,y\n" + rows), "t").notes if "`y`" in n]


def test_a_column_that_numbers_the_rows_is_told(write: Callable[..., str]) -> None:
    """In whatever rows are learned from; amounts that go up otherwise, or have a gap, are none."""
    lines = [f"{7 + i},{2 * i},{i if i != 5 else ''},{i % 3}" for i in range(12)]
    path = write("\n".join(["id,twice,gap,y", *lines]) + "\n")
    (note,) = [note for note in read_csv(path, "y", missing="mean").notes if "goes up" in note]
    assert note == (
        "`id` goes up by 1 from row to row: if it only numbers the rows, leave the column `id` out"
        " (`ignore`)"
    )
    assert not [n for n in read_csv(write("id,y\n1,2\n2,3\n3,5\n"), "y").notes if "goes" in n]


@pytest.mark.parametrize(
    ("cells", "kind", "inputs", "first"),
    [
        (["2024-01-31", "2024-02-01", ""], "date ymd", 4, [2024.0, 1.0, 2.0, 8796.0]),
        (["31.01.2024", "01.02.2024", ""], "date dmy", 4, [2024.0, 1.0, 2.0, 8796.0]),
        (["01/31/2024", "02/01/2024", "NA"], "date mdy", 4, [2024.0, 1.0, 2.0, 8796.0]),
        (["2024-01-31T12:00Z", "2024-02-01 06:30", ""], "time ymd", 5, [2024, 1, 2, 8796.5, 12]),
        (["Yes", "NO", "yes"], "boolean", 1, [1.0]),
        (["TRUE", "false", ""], "boolean", 1, [1.0]),
        (["12.5%", "-3 %", ""], "percent", 1, [12.5]),
    ],
)  # fmt: skip
def test_columns_of_dates_yes_and_no_and_percentages(
    write: Callable[..., str], cells: list[str], kind: str, inputs: int, first: list[float]
) -> None:
    """They become numbers, the same in a later file; a missing cell is filled with the means."""
    content = "a,y\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells))
    table = read_csv(write(content), "y")
    (column,) = table.columns.columns
    assert column.kind == kind
    assert len(table.inputs) == inputs
    assert table.X[0] == first
    assert read_rows(write(content), Columns.from_dict(table.columns.to_dict())).X == table.X
    if cells[2] in ("", "NA"):
        assert table.X[2] == pytest.approx([(a + b) / 2 for a, b in zip(*table.X[:2], strict=True)])


@pytest.mark.parametrize(
    ("cells", "what", "where"),
    [
        (["01/02/2024", "03/04/2024"], "`01/02/2024` may be 2024-02-01 or 2024-01-02", "line 2"),
        (["2024-01-31", "2024-02-30"], "`2024-02-30` is a day or a time that does", "line 3"),
        (["31.12.2024", "12.31.2024"], "`12.31.2024` is a day or a time that does not", "line 3"),
        (["2024-01-31", "31.01.2024"], "`31.01.2024` is not written as the other dates", "line 3"),
        (["2024-01-02", "2024"], "`2024-01-02` is not a number", "line 2"),
    ],
)
def test_dates_in_doubt_are_refused(
    write: Callable[..., str], cells: list[str], what: str, where: str
) -> None:
    """A day that may be a month is never guessed; one that no calendar has is named."""
    content = "a,y\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells))
    with pytest.raises(DataError) as caught:
        read_csv(write(content), "y")
    assert caught.value.what.startswith(what)
    assert caught.value.where == f"d.csv, {where}, column `a`"
    assert caught.value.try_


def test_texts_and_words_that_were_not_learned_are_not_known(write: Callable[..., str]) -> None:
    """They are read as missing cells are, and named; refused where missing cells are."""
    content = "a,b,y\nu,yes,1\nv,no,2\n"
    like = read_csv(write(content), "y").columns
    rows = read_rows(write("a,b\nw,yes\nu,perhaps\nw2,no\n"), like)
    assert rows.X == [[0.5, 0.5, 1.0], [1.0, 0.0, 0.5], [0.5, 0.5, 0.0]]
    assert rows.notes == (
        "`a`: 2 cells that the network never learned from, read as not known: w, w2",
        "`b`: 1 cell that the network never learned from, read as not known: perhaps",
    )
    strict = read_csv(write(content), "y", missing="error").columns
    with pytest.raises(DataError, match=r"`w` is not one of the texts `a` was learned from"):
        read_rows(write("a,b\nw,yes\n"), strict)
    with pytest.raises(DataError, match=r"`perhaps` is not one of the texts(.|\n)*yes, no"):
        read_rows(write("a,b\nu,perhaps\n"), strict)


@pytest.mark.parametrize(("cell", "kind"), [("soon", "a date"), ("5", "a percentage")])
def test_cells_of_another_kind_than_learned_are_refused(
    write: Callable[..., str], cell: str, kind: str
) -> None:
    """With their place, and an example of what stood there."""
    like = read_csv(write("a,b,y\n2024-01-02,5%,1\n2024-01-03,6%,2\n"), "y").columns
    row = f"{cell},5%" if kind == "a date" else f"2024-01-02,{cell}"
    with pytest.raises(DataError, match=rf"`{cell}` is not {kind}(.|\n)*line 2, column"):
        read_rows(write(f"a,b\n{row}\n"), like)


def test_other_encodings(write: Callable[..., str]) -> None:
    """UTF-16 is found by its mark; others are refused, with the option that reads them."""
    table = read_csv(write("größe,y\n1,2\n3,4\n".encode("utf-16")), "y")
    assert table.inputs == ["größe"]
    assert table.notes == ("the file is in UTF-16, as its byte order mark says",)
    file = write("größe,y\n1,2\n3,4\n".encode("cp1252"))
    with pytest.raises(DataError, match='`encoding="cp1252"`, if Windows wrote it'):
        read_csv(file, "y")
    assert read_csv(file, "y", encoding="cp1252").inputs == ["größe"]
    with pytest.raises(ConfigError, match="there is no encoding 'base64'"):
        read_csv(file, "y", encoding="base64")
    with pytest.raises(DataError, match="is not a text file in UTF-16"):
        read_csv(write("a,y\n1,2\n".encode("utf-16")[:-1]), "y")


def test_options_that_do_not_exist(tmp_path: Path) -> None:
    """The option that is meant is named; and the signature shows all that there are."""
    path = tmp_path / "t.csv"
    path.write_text("a,y\n1,2\n")
    with pytest.raises(ConfigError, match=r"`read_csv` has no option `ignored`(.|\n)*`ignore`"):
        read_csv(path, ignored=["a"])  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="`read_rows` has no option `missing`"):
        read_rows(path, read_csv(path).columns, missing="mean")  # type: ignore[call-arg]
    assert {"classes", "decimal", "missing"} <= {*inspect.signature(read_csv).parameters}
