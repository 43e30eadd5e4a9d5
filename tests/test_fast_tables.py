"""Tables that pyarrow reads: the same as cell by cell, or left to that; Parquet."""

import datetime
import io
import math
import os
import random
import threading

import numpy as np
import pytest

from jangrad.datasets import read_csv, read_rows, reading
from jangrad.datasets.columns import is_missing, parse_number
from jangrad.datasets.fast import read_fast
from jangrad.datasets.packed import Numbers
from jangrad.datasets.sheet import read_sheet
from jangrad.datasets.table import read_source
from jangrad.errors import DataError
from jangrad.tabular import Training
from jangrad.tabular.checking import check

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402


@pytest.fixture
def fast(tmp_path, monkeypatch):
    """Write a file, and take files of any size for large ones."""
    monkeypatch.setattr("jangrad.datasets.fast.LARGE", 0)
    monkeypatch.setattr("jangrad.datasets.fast._PIECE", 2**12)
    monkeypatch.setattr("jangrad.datasets.plain_text._SCANNED", 2**10)
    monkeypatch.chdir(tmp_path)

    def write(content):
        (tmp_path / "t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        return "t.csv"

    return write


def slowly(call, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_fast", lambda file, whole: None)
        return call()


def rows(count, seed=0):
    draw = random.Random(seed)
    for i in range(count):
        gap = (
            draw.choice(["", "NA", "?", "nan"])
            if draw.random() < 0.1
            else f"{draw.gauss(0, 1):.5f}"
        )
        when = f"2024-{1 + i % 12:02}-{1 + i % 28:02}"
        yield f"{i},{gap},{draw.choice(['red', ' blue', 'NA'])},{when},{draw.gauss(0, 1)!r},{i % 3}"


HEAD = "i,gap,colour,when,full,y\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("missing", ["mean", "drop"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_it_reads_what_is_read_cell_by_cell(fast, monkeypatch, end, missing, quote):
    """StandardInputs, targets, description and notes; and a training on it is the same."""
    lines = [HEAD.strip(), *rows(400)]
    if quote:
        lines = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines]
    file = fast(end.join(lines) + end)
    assert read_fast(file)
    table = read_csv(file, "y", missing=missing)
    wanted = slowly(lambda: read_csv(file, "y", missing=missing), monkeypatch)
    assert (table.y, table.notes) == (wanted.y, wanted.notes)
    assert np.array(table.X) == pytest.approx(np.array(wanted.X), rel=1e-12)  # sums in other orders
    for column, other in zip(table.columns.columns, wanted.columns.columns, strict=True):
        assert (column.name, column.values, column.kind) == (other.name, other.values, other.kind)
        for scale, same in zip(column.scales, other.scales, strict=True):
            assert (scale.mean, scale.std) == pytest.approx((same.mean, same.std), rel=1e-12)
    trained, same = (
        call() for call in (
            lambda: Training(read_source(file, "y"), epochs=3).run(progress=False),
            lambda: slowly(lambda: Training(read_source(file, "y"), epochs=3).run(progress=False), monkeypatch),  # noqa: E501
        )
    )  # fmt: skip
    assert trained.choices == same.choices
    assert trained.test.value == pytest.approx(same.test.value, rel=1e-6)
    for profile, other in zip(trained.about["profiles"], same.about["profiles"], strict=True):
        assert profile == {k: pytest.approx(v) if isinstance(v, float) else v for k, v in other.items()}  # noqa: E501  # fmt: skip
    found = check(trained, file)
    assert found.score == slowly(lambda: check(trained, file), monkeypatch).score


@pytest.fixture
def brief(fast, monkeypatch):
    """Take few numbers for many, in blocks of few rows."""
    for name in ("filling", "standard_inputs"):
        monkeypatch.setattr(f"jangrad.datasets.{name}._MANY", 0)
    for name in ("datasets.standard_inputs", "tabular.training"):
        monkeypatch.setattr(f"jangrad.{name}.BLOCK", 37)
    return fast


@pytest.mark.parametrize("missing", ["mean", "drop"])
def test_many_numbers_are_kept_in_single_precision(brief, monkeypatch, missing):
    """To 1e-6 of a column's deviation, far from 0 too; what is learned is as good."""
    draw = np.random.default_rng(0)
    far, near = 1.7e9 + draw.normal(size=400), draw.normal(size=400)
    each = zip(rows(400), far.tolist(), near.tolist(), strict=True)
    lines = [f"{line},{x!r},{z!r}" for line, x, z in each]
    file = brief("i,gap,colour,when,full,kind,far,y\n" + "\n".join(lines) + "\n")
    found = read_source(file, "y", missing=missing, brief=True)
    exact = read_source(file, "y", missing=missing)
    assert found.sheet.numbers("far").blocks.dtype == np.float32
    assert found.sheet.numbers("y").take().tolist() == exact.sheet.numbers("y").take().tolist()
    for name in ("i", "gap", "full", "far"):
        numbers, wanted = (s.sheet.numbers(name).take() for s in (found, exact))
        assert numbers == pytest.approx(wanted, abs=2e-6 * np.nanstd(wanted), nan_ok=True)
        some = found.sheet.numbers(name).take(slice(30, 80))
        assert np.array_equal(some, numbers[30:80], equal_nan=True)
    means = (source.describe()[-1].scales[0].mean for source in (found, exact))
    assert next(means) == pytest.approx(next(means), abs=1e-6)
    monkeypatch.setattr("jangrad.datasets.standard_inputs._MANY", 10**9)
    wanted = Training(exact, epochs=3, keep=True)
    monkeypatch.setattr("jangrad.datasets.standard_inputs._MANY", 0)
    training = Training(found, epochs=3)
    assert training._X.dtype == np.float32
    assert pytest.approx(wanted._X, abs=2e-6) == training._X
    assert training.choices == wanted.choices
    score, same = (each.run(progress=False).test.value for each in (training, wanted))
    assert score == pytest.approx(same, rel=1e-3)


def test_a_table_may_be_learned_from_twice(brief):
    """Of several seeds each has the same table; otherwise its numbers are let go of."""
    file = brief(HEAD + "\n".join(rows(400)) + "\n")
    source = read_source(file, "y", brief=True)
    first, again = (Training(source, epochs=1, keep=True) for _ in range(2))
    assert np.array_equal(first._X, again._X)
    Training(source, epochs=1)
    with pytest.raises(RuntimeError, match="are not kept"):
        source.sheet.numbers("i").take()


def test_what_single_precision_does_not_hold(brief):
    """Numbers that lie far apart, or very near to each other, keep all of their digits."""
    lines = [f"{i * 1e300!r},{1 + i * 1e-15!r},{i * 1e-40!r},{i}" for i in range(1, 9)]
    found = read_source(brief("a,b,c,y\n" + "\n".join(lines) + "\n"), "y", brief=True).sheet
    for at, name in ((1, "b"), (2, "c")):
        wanted = [float(line.split(",")[at]) for line in lines]
        numbers = found.numbers(name).take()
        assert abs(numbers - wanted).max() <= 1e-6 * np.std(wanted)
    assert found.texts("a").cells[0] == "1e+300"


@pytest.mark.parametrize(
    "content",
    [
        'a,y\n"1"2,2\n3,4\n',
        'a,y\n"1,2\n3,4\n',
        'a,y\nr "1" t,2\n3,4\n',
        'a,y\n"r"t"",2\n3,4\n',
        'a,y\n "r",2\n3,4\n',
        'a,y\n"r\nt",2\n3,4\n',
        'a,y\n"r\nt",2\n3,4\r"5",6\n',
        'a,y\n"007",2\n3,4\n',
        'a,y\n"",""\n3,4\n',
        '"a\nb",y\n1,2\n',
        "a,y\nr,s\na,y\nt,u\n",
        "a,y\n1,2\n\n3,4\n",
        "a,y\n1,2\n,\n3,4\n",
        "a,y\n007,2\n3,4\n",
        "a,y\n1,2\n-01,4\n",
        "a,y\n1e-400,2\n3,4\n",
        "a;y\n1;2\n3;4\n",
        "a,y\r1,2\r3,4\r",
        "a,y\n1\u200b,2\n3,4\n",
        b"a,y\n1,\x00\n",
        "a,a\n1,2\n",
        "a,\n1,2\n",
        "1,2\n3,4\n",
        "a,y\n1,2,3\n",
        "a,y\n1\n",
        b"a,y\n1,2\n\xff,4\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_reader_of_cells(fast, content):
    """Odd quotes, blank lines, codes, separators and all that it has to refuse with a line."""
    assert read_fast(fast(content)) is None


CELLS = [
    *(
        "1",
        "2.5",
        "-3",
        "0",
        "1e5",
        "+1",
        " 1",
        "a",
        " a ",
        "é",
        "NA",
        "",
        "nan",
        "None",
        "none",
        "9",
    ),
    *(
        '"a"',
        '"1"',
        '"a,b"',
        '"x""y"',
        '""',
        '"007"',
        "007",
        "-0",
        "1e-400",
        "1e400",
        "inf",
        "-nan",
    ),
    *("nan(1)", '"\n"', "\r", "a\tb", "\0", "\u200b", "\uff11", "\u22121", "a,y", "\n", '"'),
]


@pytest.mark.parametrize("piece", [4, 16, 2**12])
@pytest.mark.parametrize("seed", range(3))
def test_what_it_reads_is_what_stands_in_the_cells(fast, monkeypatch, piece, seed):
    """Of random tables of odd cells it gives all as the reader of cells does, or none."""
    monkeypatch.setattr("jangrad.datasets.fast._PIECE", piece)
    draw, read = random.Random(seed), 0
    for _ in range(300):
        pool = draw.sample(CELLS, draw.randint(1, 5))
        lines = [",".join(draw.choice(pool) for _ in range(2)) for _ in range(draw.randint(1, 6))]
        end = draw.choice(["\n", "\r\n"])
        file = fast(end.join([draw.choice(["a,y", '"a",y']), *lines]) + draw.choice(["", end]))
        found = read_fast(file)
        if found is None:
            continue
        read += 1
        wanted = read_sheet(file)
        assert (found.names, [*found.lines]) == (wanted.names, [*wanted.lines])
        for name in wanted.names:
            texts, numbers = wanted.texts(name), found.numbers(name)
            if numbers is None:
                assert found.texts(name).cells == texts.cells
                assert found.texts(name).at.tolist() == texts.at.tolist()
                continue
            cells = [texts.cells[i] for i in texts.at.tolist()]
            known = [math.nan if is_missing(c, text=False) else parse_number(c) for c in cells]
            assert numbers.take().tolist() == pytest.approx(known, abs=0.0, rel=0.0, nan_ok=True)
            assert not {"007", "1e-400", "1e400"} & {*cells}
    assert read > 50


class Pipe(io.BytesIO):
    """What gives some bytes at a time, and none of them twice."""

    def seek(self, *_):
        raise OSError

    @property
    def buffer(self):
        return self


@pytest.fixture
def piped(monkeypatch, fast):
    """Write to standard input, of which more than some bytes are many."""
    monkeypatch.setattr("jangrad.datasets.piped.LARGE", 1000)
    monkeypatch.setattr("jangrad.datasets.piped._PIECE", 50)

    def write(content):
        monkeypatch.setattr("sys.stdin", Pipe(content.encode()))

    return write


@pytest.mark.parametrize("count", [3, 400])
def test_standard_input_is_read_as_a_file_is(fast, piped, monkeypatch, count):
    """Small or large; a mistake is named as in a file."""
    text = HEAD + "\n".join(rows(count)) + "\n"
    wanted = read_source(fast(text), "y").sheet
    piped(text)
    found = read_source("-", "y").sheet
    assert found.file == "standard input"
    assert isinstance(found.columns["full"], Numbers) == (count == 400)
    for name in wanted.names:
        assert found.texts(name).cells == wanted.texts(name).cells or count == 3
    piped(text + '1,"2\n')
    with pytest.raises(DataError) as caught:
        read_source("-", "y")
    assert caught.value.where == f"standard input, line {count + 2}"


def test_a_pipe_is_read_where_no_file_can_be_kept(fast, piped, monkeypatch):
    """The disk is full, or there is more than is read of a table: nothing is lost of it."""
    text = HEAD + "\n".join(rows(400)) + "\n"
    wanted = read_source(fast(text), "y").sheet
    opened = open

    class Full(io.FileIO):
        def write(self, piece):
            return super().write(piece[:30] if self.tell() > 5000 else piece)

    def room(file, mode="r", **options):
        return Full(file, "w+") if mode == "w+b" else opened(file, mode, **options)

    monkeypatch.setattr("jangrad.datasets.piped.open", room, raising=False)
    piped(text)
    found = read_source("-", "y").sheet
    assert found.texts("full").cells == [repr(x) for x in wanted.numbers("full").take().tolist()]
    monkeypatch.setattr("jangrad.datasets.piped.LARGEST", 5000)
    monkeypatch.setattr("jangrad.datasets.sheet.LARGEST", 5000)
    monkeypatch.setattr("jangrad.datasets.sheet._PIECE", 1000)
    piped(text)
    with pytest.raises(DataError, match="`standard input` has more than"):
        read_source("-", "y")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_with_a_name(fast, tmp_path):
    """Such as a shell makes of <(zcat table.csv.gz)."""
    text = HEAD + "\n".join(rows(400)) + "\n"
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,))
    writer.start()
    found = read_source(str(tmp_path / "pipe"), "y").sheet
    writer.join()
    assert len(found.lines) == 400


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("inf", "`inf` is not a finite number"),
        ("1O", "`1O` is not a number"),
        ("1e999", "`1e999` is not a finite number"),
        ("2024-01-01", "`2024-01-01` is not a number"),
    ],
)
def test_errors_name_line_and_column(fast, cell, what):
    """As where every cell is read."""
    lines = [f"{i},{cell if i == 777 else i},{i}" for i in range(1000)]
    with pytest.raises(DataError) as caught:
        read_csv(fast("a,b,y\n" + "\n".join(lines) + "\n"), "y")
    assert caught.value.what == what
    assert caught.value.where == "t.csv, line 779, column `b`"


def test_missing_targets_and_whole_numbers_beyond_floats(fast):
    """The line of the first gap; digits that are lost are told."""
    lines = [f"{i},{9007199254740993 + i},{'' if i == 5 else i}" for i in range(50)]
    with pytest.raises(DataError, match=r"the target `y` is missing(.|\n)*line 7, column `y`"):
        read_csv(fast("a,b,y\n" + "\n".join(lines) + "\n"), "y")
    table = read_csv("t.csv", "a", ignore=["y"])
    assert any("lose their last digits" in note for note in table.notes)
    assert read_csv("t.csv", "b", ignore=["y"], classes=True).classes[1] == "9007199254740994"


def test_parquet(tmp_path, monkeypatch):
    """Numbers, text, categories, truth and dates; what is missing is missing."""
    monkeypatch.chdir(tmp_path)
    days = [datetime.date(2024, 1, 1 + i) for i in range(4)]
    table = pa.table(
        {
            "n": pa.array([1.5, None, 3.5, float("nan")]),
            "k": pa.array([1, 2, None, 4], pa.int32()),
            "t": pa.array(["u", "v", None, "u"]),
            "c": pa.array(["x", "z", "x", "x"]).dictionary_encode(),
            "b": pa.array([True, False, True, False]),
            "d": pa.array(days),
            "y": pa.array([1.0, 2.0, 4.0, 8.0]),
        }
    )
    parquet.write_table(table, "t.parquet")
    read = read_csv("t.parquet", "y")
    assert read.inputs[:8] == ["n", "k", "t=u", "t=v", "c=x", "c=z", "b", "d: year"]
    assert read.y == [1.0, 2.0, 4.0, 8.0]
    assert [row[0] for row in read.X] == [1.5, 2.5, 3.5, 2.5]
    assert [row[6] for row in read.X] == [1.0, 0.0, 1.0, 0.0]
    assert [row[10] for row in read.X] == [8766.0, 8767.0, 8768.0, 8769.0]
    assert read_rows("t.parquet", read.columns).X == read.X


@pytest.mark.parametrize(
    ("columns", "what", "where"),
    [
        ({"a": [[1], [2]], "y": [1, 2]}, "the column `a` holds list", "column `a`"),
        ({"a": [1.0, float("inf")], "y": [1, 2]}, "`inf` is not a finite", "row 2, column `a`"),
        ({"a": [1, 2], "y": [1, None]}, "the target `y` is missing", "row 2, column `y`"),
        ({"a": [], "y": []}, "`t.parquet` has no rows", "t.parquet"),
    ],
)
def test_parquet_that_cannot_be_used(tmp_path, monkeypatch, columns, what, where):
    """The row and the column are named."""
    monkeypatch.chdir(tmp_path)
    parquet.write_table(pa.table(columns), "t.parquet")
    with pytest.raises(DataError) as caught:
        read_csv("t.parquet", "y")
    assert caught.value.what.startswith(what)
    assert caught.value.where.endswith(where)
    assert caught.value.try_


def test_damaged_parquet_and_no_pyarrow(tmp_path, monkeypatch):
    """What to do in both cases."""
    monkeypatch.chdir(tmp_path)
    parquet.write_table(pa.table({"a": [1, 2], "y": [1, 2]}), "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "half.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cannot be read as Parquet(.|\n)*damaged"):
        read_csv("half.parquet", "y")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pyarrow is not installed(.|\n)*jangrad\[tables\]"):
        read_csv("t.parquet", "y")
    (tmp_path / "large.csv").write_text("a,y\n" + "1,2\n3,4\n" * 2**18)
    assert read_fast("large.csv") is None
