"""Numbers and tables as programs of all countries write them are read right, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jangrad.datasets import read_csv, read_rows
from jangrad.errors import ConfigError, DataError

COMMA = "numbers are written with a decimal comma: "


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes text to a file of the current folder and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write(content: str, name: str = "d.csv") -> str:
        Path(name).write_bytes(content.encode())
        return name

    return write


@pytest.mark.parametrize(
    ("content", "X", "y", "notes"),
    [
        ("a;b\n1,5;2,5\n3,5;4,5\n", [1.5, 3.5], [2.5, 4.5], (COMMA + "1,5 is read as 1.5",)),
        (
            "a;b\n1.299,99;2\n3,5;4\n",
            [1299.99, 3.5],
            [2, 4],
            (COMMA + "1.299,99 is read as 1299.99",),
        ),
        ("a\tb\n0,125\t2\n-,5e1\t4\n", [0.125, -5], [2, 4], (COMMA + "0,125 is read as 0.125",)),
        ("a|b\n1 234,5|1,234\n3|4\n", [1234.5, 3], [1.234, 4], None),
        ("a|b\n1\u202f234\u202f567,5|2\n1'000,0|4\n", [1234567.5, 1000], [2, 4], None),
        ("a;b\n1.234;2\n3.456;4\n", [1.234, 3.456], [2, 4], None),
        ("a;b\n1.234;2.5\n3;4\n", [1.234, 3], [2.5, 4], ()),
        ("a|b\n1|2\n3|4\n", [1, 3], [2, 4], ()),
        ("sep=;\na;b\n1;2\n3;4\n", [1, 3], [2, 4], ()),
        ('\ufeff"sep=|"\r\na|b\r\n1|2\r\n3|4\r\n', [1, 3], [2, 4], ()),
        (
            ",a,b\n0,1,2\n1,3,4\n",
            [1, 3],
            [2, 4],
            ("left out: the first column, which has no name and counts the rows",),
        ),
        ('"","a","b"\n"1",1,2\n"2",3,4\n', [1, 3], [2, 4], None),
        (
            "a,b\n0x10,2\n1_000,4\n-0XfF,5\n",
            [16, 1000, -255],
            [2, 4, 5],
            ("`a`: 0x10 is read as 16", "`a`: 1_000 is read as 1000"),
        ),
        (
            "a,b\n−5,2\n–0.5,4\n−7,6\n",
            [-5, -0.5, -7],
            [2, 4, 6],
            ("`a`: −5 is read as -5", "`a`: –0.5 is read as -0.5"),
        ),
        ("a,b\n１,2\n３,4\n", [1, 3], [2, 4], ()),
    ],
)
def test_tables_of_other_programs_are_read(
    write: Callable[..., str], content: str, X: list[float], y: list[float], notes: Any
) -> None:
    """What can be one number only is that number; what was found out is told."""
    table = read_csv(write(content), "b")
    assert (table.X, table.y) == ([[x] for x in X], y)
    if notes is not None:
        assert table.notes == notes
    rows = read_rows(write(content), table.columns)
    assert rows.X == table.X


@pytest.mark.parametrize(
    ("content", "what", "where", "why", "try_"),
    [
        (
            "a;b\n1,234;2\n5,678;4\n",
            "`1,234` is not written as a number that can be read for certain",
            "d.csv, line 2, column `a`",
            "separators mean different things to different writers: 1,234",
            '`decimal="."` reads it as 1234; `decimal=","` reads it as 1.234; digits and a point,'
            " such as 1234.5, without separators of thousands or units; or leave the column `a`"
            " out (`ignore`)",
        ),
        (
            "a;b\n1.234;2\n3.456,7;5\n",
            "`1.234` is not written as a number that can be read for certain",
            "d.csv, line 2, column `a`",
            "other numbers have a decimal comma, such as 3.456,7",
            '`decimal=","` reads it as 1234; digits and a comma, such as 1234,5, without'
            " separators of thousands or units; or leave the column `a` out (`ignore`)",
        ),
        (
            "a;b\n0,5;2.5\n1,5;5\n",
            "`2.5` is not written as a number that can be read for certain",
            "d.csv, line 2, column `b`",
            "other numbers have a decimal comma, such as 0,5",
            "digits and a comma, such as 1234,5, without separators of thousands or units; or"
            " leave the column `b` out (`ignore`)",
        ),
    ],
)
def test_numbers_in_doubt_are_refused_with_the_ways_to_read_them(
    write: Callable[..., str], content: str, what: str, where: str, why: str, try_: str
) -> None:
    """A number with two readings is refused; each stands beside the option that takes it."""
    with pytest.raises(DataError) as caught:
        read_csv(write(content), "b")
    error = caught.value
    assert (error.what, error.where, error.why, error.try_) == (what, where, why, try_)


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        ('a,b\n"1,5",2\n', "1,5"),
        ('a,b\n"1,234.5",2\n', "1,234.5"),
        ("a;b\n1,234.5;0,5\n", "1,234.5"),
        ("a;b\n1,2,3;0,5\n", "1,2,3"),
        ("a;b\n1 000;0,5\n", "1 000"),
        ("a;b\n1.2.3;4\n", "1.2.3"),
        ("a;b\n12,5 %;0,5\n7;1\n", "12,5 %"),
        ("a,b\n1_0,2\n", "1_0"),
        ("a,b\n€ 5,2\n", "€ 5"),
        ('a,b\n"1,5e3",2\n', "1,5e3"),
    ],
)
def test_numbers_of_no_certain_notation_are_refused(
    write: Callable[..., str], content: str, cell: str
) -> None:
    """Commas between commas, marks of both kinds, groups, units and versions are never guessed."""
    with pytest.raises(DataError) as caught:
        read_csv(write(content), "b")
    assert caught.value.what == (
        f"`{cell}` is not written as a number that can be read for certain"
    )
    assert caught.value.where == "d.csv, line 2, column `a`"


def test_the_user_says_the_decimal_mark(write: Callable[..., str]) -> None:
    """Then the other mark, spaces and apostrophes group thousands; nothing is guessed or noted."""

    def read(content: str, decimal: str) -> list[float]:
        table = read_csv(write(content), "b", decimal=decimal)
        assert table.notes == ()
        return [row[0] for row in table.X]

    assert read("a;b\n1,234;2\n1.234;3\n1 234;4\n1.234.567,5;5\n7;6\n", ",") == [
        1.234,
        1234,
        1234,
        1234567.5,
        7,
    ]
    assert read('a,b\n"1,5",2\n"-2,5E1",3\n', ",") == [1.5, -25]
    assert read('a,b\n"1,234",2\n1\'234.5,3\n1.5e3,4\n', ".") == [1234, 1234.5, 1500]
    like = read_csv(write("a,b\n1,2\n3,4\n"), "b").columns
    assert read_rows(write("a;b\n1,234;2\n"), like, decimal=",").X == [[1.234]]
    assert read_rows(write("a\n1,5\n2\n"), like, decimal=",", delimiter=";").X == [[1.5], [2]]


def test_the_said_mark_holds_for_every_number(write: Callable[..., str]) -> None:
    """A number with another mark is refused, also one that Python would read."""
    with pytest.raises(DataError) as caught:
        read_csv(write("a;b\n1,5;2\n1.5;3\n"), "b", decimal=",")
    assert caught.value.what == "`1.5` is not a number with a decimal comma"
    assert caught.value.where == "d.csv, line 3, column `a`"
    assert caught.value.why == '`decimal=","` says that numbers are written so'
    with pytest.raises(DataError, match="`1,5` is not a number with a decimal point"):
        read_csv(write("a;b\n1,5;2\n"), "b", decimal=".")


def test_points_that_may_group_thousands_are_told(write: Callable[..., str]) -> None:
    """Where the separator is no comma and no point of the file must be a decimal one."""
    table = read_csv(write("a;b\n1.234;2\n3.456;4\n"), "b")
    assert table.notes == (
        '`a`: 1.234 is read with a decimal point; `decimal=","` reads it as 1234',
    )
    assert read_csv(write("a,b\n1.234,2\n3.456,4\n"), "b").notes == ()


def test_classes_and_text_with_a_decimal_comma(write: Callable[..., str]) -> None:
    """Labels are numbers in the same notation; text and ignored columns stay as they are."""
    content = 'n;a;s;y\n1.2.3;0,5;"x, y";1,5\n1;1,5;z;1,50\n2;2,5;z;2\n'
    table = read_csv(write(content), "y", classes=True, ignore=["n"])
    assert table.classes == ["1.5", "2"]
    assert table.inputs == ["a", "s=x, y", "s=z"]
    assert read_rows(write("a;s\n7,25;x, y\n"), table.columns).X == [[7.25, 1, 0]]


def test_two_separators_are_refused_until_one_is_said(write: Callable[..., str]) -> None:
    """Where two marks divide all rows evenly; the rows decide where only one does."""
    file = write("size, m;y\n1,5;2\n3,5;4\n")
    with pytest.raises(DataError) as caught:
        read_csv(file)
    assert caught.value.what == "the cells may be separated by commas or by semicolons"
    assert caught.value.try_ == '`delimiter=","` or `delimiter=";"`'
    assert read_csv(file, delimiter=";").X == [[1.5], [3.5]]
    assert read_csv(write("size, m, n;y\n1,5;2\n3;4\n")).inputs == ["size, m, n"]
    assert read_csv(write("p(a|b|c),y\n1,2\n"), "y").inputs == ["p(a|b|c)"]


def test_marks_out_of_range_are_refused(write: Callable[..., str]) -> None:
    """The options take the marks there are, and say which."""
    file = write("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="`decimal` is a point or a comma, not ';'"):
        read_csv(file, decimal=";")
    with pytest.raises(ConfigError, match="commas, semicolons, tabs or pipes, not by 'x'"):
        read_csv(file, delimiter="x")
    with pytest.raises(DataError, match=r'is 1 column(.|\n)*`delimiter=";"` if it is one cell'):
        read_csv(write("a\n1,5\n"))


@pytest.mark.parametrize("content", [",a,y\n7,5,6\n9,5,6\n", "a,,y\n0,5,6\n", ",a,y\nx,5,6\n"])
def test_columns_without_a_name_are_refused(write: Callable[..., str], content: str) -> None:
    """Unless it is the first and counts the rows from 0 or 1, an unnamed column may be an input."""
    with pytest.raises(DataError, match="has no name"):
        read_csv(write(content))


def test_rows_to_predict_may_have_an_unnamed_first_column(write: Callable[..., str]) -> None:
    """No network has learned from it; a slice of a frame has numbers of rows that do not count."""
    like = read_csv(write("a,y\n1,2\n3,4\n"), "y").columns
    rows = read_rows(write(",a\n17,5\n3,6\n"), like)
    assert (rows.X, rows.notes) == ([[5], [6]], ("left out: the first column, which has no name",))


@pytest.mark.parametrize("content", ["1,5;2,5\n3;4,5\n", "−5,2\n1,2\n", "1.299,5;x\n3;z\n"])
def test_a_first_line_of_numbers_is_refused_in_any_notation(
    write: Callable[..., str], content: str
) -> None:
    """It holds no names, also with decimal commas and a typeset minus."""
    with pytest.raises(DataError, match="the first line holds numbers"):
        read_csv(write(content))


@pytest.mark.parametrize(
    ("cell", "number", "note"),
    [
        ("−5", -5.0, "−5 is read as -5"),
        ("١٫٥", 1.5, "١٫٥ is read as 1.5"),
        ("１．５", 1.5, "１．５ is read as 1.5"),
        ("\u200b5", 5.0, None),
        ("\u200e-5\u200e", -5.0, None),
        ("\u00a05\u00a0", 5.0, None),
    ],
)
def test_numbers_of_typesetters_are_read(
    write: Callable[..., str], cell: str, number: float, note: str | None
) -> None:
    """A minus sign, other scripts' decimal points, and marks that nobody sees."""
    table = read_csv(write(f"\ufeffa,\u200bb\n{cell},2\n"), "b")
    assert (table.inputs, table.X) == (["a"], [[number]])
    assert table.notes == (() if note is None else (f"`a`: {note}",))


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("¥5", "a column of numbers holds them alone, all in one unit"),
        ("$-5", "a column of numbers holds them alone, all in one unit"),
        ("(5.50)", "it may be a number below 0, as it is written in books"),
        ("5-", "it may be a number below 0, as it is written in books"),
    ],
)
def test_numbers_of_bookkeepers_are_refused(write: Callable[..., str], cell: str, why: str) -> None:
    """They are no text, also where all cells of the column are written so."""
    with pytest.raises(DataError) as caught:
        read_csv(write(f"a,b\n{cell},2\n"))
    assert caught.value.why == why
    assert caught.value.where == "d.csv, line 2, column `a`"


def test_dates_between_points_are_no_numbers_in_doubt(write: Callable[..., str]) -> None:
    """Beside a word they are refused, or are texts, as dates of other notations are."""
    rows = [f"{day:02}.01.2024;{day}\n" for day in range(1, 31)]
    with pytest.raises(DataError) as caught:
        read_csv(write("a;b\n" + "".join(rows) + "not yet;3\n"))
    assert caught.value.what.startswith("the column `a` holds 31 different texts")
    assert caught.value.why.endswith("30 of them are dates, but `not yet` is not")
    assert caught.value.try_.startswith("leave the cell empty where no date is known; or leave")
    table = read_csv(write("a;b\n31.12.2024;1\n01.02.2024;2\nnot yet;3\n"))
    assert table.inputs == ["a=01.02.2024", "a=31.12.2024", "a=not yet"]


def test_text_with_a_typeset_sign_stays_text(write: Callable[..., str]) -> None:
    """A dash before a word, a range or a code is no minus."""
    table = read_csv(write("a,b\n–x,2\n–5 to −3,4\n"), "b")
    assert table.inputs == ["a=–5 to −3", "a=–x"]


def test_names_that_stand_again_in_a_row_are_refused(write: Callable[..., str]) -> None:
    """Two files, one under the other, are no table with a class called like its column."""
    with pytest.raises(DataError, match=r"repeats the names of the columns(.|\n)*line 3"):
        read_csv(write("c,y\nred,x\nc,y\nblue,z\n"))


def test_numbers_that_are_too_small_are_told(write: Callable[..., str]) -> None:
    """They are read as 0."""
    zeros = "0." + "0" * 400 + "1"
    table = read_csv(write(f"a,c,b\n1e-400,{zeros},2\n-0.0,0e-999,4\n1e-310,-2e-1,5\n"), "b")
    assert table.X == [[0, 0], [0, 0], [1e-310, -0.2]]
    assert table.notes == (
        "`a`: numbers too small for a float are read as 0, such as 1e-400",
        f"`c`: numbers too small for a float are read as 0, such as {zeros:.40}",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x1f\x8b\x08\0", "it is compressed by gzip"),
        (b"\xd0\xcf\x11\xe0\xa1", "it is a workbook"),
    ],
)
def test_files_of_other_kinds_are_named(
    write: Callable[..., str], content: bytes, why: str
) -> None:
    """What the file is, not that it has a byte which is not UTF-8."""
    Path("d.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_csv("d.csv")
    assert caught.value.why == why


def test_names_and_marks_of_other_types_are_refused(write: Callable[..., str]) -> None:
    """A target that is a number, a mark that is a list."""
    file = write("0,b\n1,2\n")
    with pytest.raises(DataError, match="there is no column `0`"):
        read_csv(file, target=0)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"not by \[','\]"):
        read_csv(file, delimiter=[","])  # type: ignore[arg-type]


def test_a_table_of_ten_thousand_columns_is_read(write: Callable[..., str]) -> None:
    """With a decimal comma in each."""
    names = [f"c{i}" for i in range(10_000)]
    row = [f"{i},5" for i in range(10_000)]
    table = read_csv(write(f"{';'.join(names)}\n{';'.join(row)}\n"))
    assert [[i + 0.5 for i in range(9_999)]] == table.X
