"""Texts that Unicode takes for the same: a letter and its accent as one sign or as two."""

import unicodedata

import pytest

from jangrad.datasets import Column, Columns, read_csv, read_rows
from jangrad.datasets.columns import Scale
from jangrad.datasets.packed import Texts
from jangrad.datasets.table import read_labelled
from jangrad.export.answers import inputs_of
from jangrad.tabular import train
from jangrad.tabular.drift import drift, profile

ONE = "Orl\u00e9ans"
TWO = unicodedata.normalize("NFD", ONE)


def written(path, rows, head="town,price"):
    """A CSV file."""
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_they_are_one_text_with_a_note(tmp_path):
    """In training data, as inputs and as classes."""
    assert len(TWO) == len(ONE) + 1
    rows = [f"{ONE},1.5", f"{TWO},2.5", "Metz,3.5"]
    table = read_csv(written(tmp_path / "a.csv", rows), "price")
    assert table.inputs == ["town=Metz", f"town={ONE}"]
    assert [row[1] for row in table.X] == [1.0, 1.0, 0.0]
    assert any("differ only in how Unicode writes a letter" in note for note in table.notes)
    rows = [f"1.5,{TWO}", f"2.5,{ONE}", "3.5,Metz"]
    table = read_csv(written(tmp_path / "b.csv", rows, "price,town"), "town")
    assert table.columns.classes == ("Metz", ONE)
    assert list(table.y) == [1.0, 1.0, 0.0]


def test_alone_they_need_no_note(tmp_path):
    """One spelling throughout is composed, and nothing became one."""
    table = read_csv(written(tmp_path / "a.csv", [f"{TWO},1.5", "Metz,3.5"]), "price")
    assert table.inputs == ["town=Metz", f"town={ONE}"]
    assert not any("Unicode" in note for note in table.notes)


@pytest.mark.parametrize("cell", [ONE, TWO])
def test_predictions_are_the_same(tmp_path, cell):
    """From a file and from a dict, however the letter is written there."""
    rows = [f"{(ONE, TWO, 'Metz')[i % 3]},{i % 3 + 0.25 * (i % 5)}" for i in range(40)]
    model = train(written(tmp_path / "a.csv", rows), epochs=3, progress=False)
    new = read_rows(written(tmp_path / "new.csv", [f"{cell},1"]), model.columns)
    known = read_rows(written(tmp_path / "known.csv", [f"{ONE},1"]), model.columns)
    assert new.X == known.X
    assert not any("never" in note for note in new.notes)
    assert inputs_of([{"town": cell}], model.columns) == inputs_of([{"town": ONE}], model.columns)


def test_a_table_that_spells_otherwise_is_no_other_table():
    """Its texts occur as often as they did."""
    column = Column("town", (TWO, "Metz"), (Scale(0.5, 0.5),) * 2, "text")
    before = profile(column, Texts.of([TWO, "Metz"] * 200))
    found = drift(column, before, Texts.of([ONE, "Metz"] * 200))
    assert (found.stability, found.is_sure) == (0.0, False)


def test_models_of_earlier_formats(tmp_path):
    """They know the text as it was written then; where they know both, each is itself."""
    share = Scale(0.5, 0.5)
    alone = Column("town", (TWO, "Metz"), (share, share), "text")
    assert alone.read(ONE, "") == alone.read(TWO, "") == [1.0, 0.0]
    both = Column("town", (ONE, TWO), (share, share), "text")
    assert (both.read(ONE, ""), both.read(TWO, "")) == ([1.0, 0.0], [0.0, 1.0])
    assert both.read("Metz", "") is None
    columns = Columns((Column("x", None, (share,)),), "town", ("Metz", TWO), None, "mean")
    again = Columns.from_dict(columns.to_dict())
    rows = [f"1,{ONE}", f"2,{TWO}", "3,Metz"]
    found = read_labelled(written(tmp_path / "a.csv", rows, "x,town"), again, {})
    assert list(found.y) == [1, 1, 0]
