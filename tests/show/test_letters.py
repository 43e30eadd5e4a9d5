"""Labels hold what files of others held: no picture, page or print may be spoiled by one."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from jangrad import MLP, Value
from jangrad.errors import DataError, JangradError, printable
from jangrad.show.text_tree import columns

# All that a terminal obeys, all that XML cannot hold, and what turns the direction of text.
ACTING = (
    "".join(map(chr, [*range(9), 11, 12, 13, *range(14, 32), *range(127, 160)]))
    + "\u2028\u2029\u202e\u2066\ud800\udfff\ufffe\uffff"
)


@pytest.mark.parametrize("letter", [*ACTING, "\n", "\t"], ids=lambda letter: f"{ord(letter):x}")
def test_labels_with_letters_that_act(letter, tmp_path):
    """They are escaped in every output, the SVG is XML, and the label is still found."""
    label = f"x{letter}y"
    a, b = Value(2.0, label=label), Value(3.0, label="b")
    root = a * b + a
    root.label = label + "!"
    tree = root.backtrack()
    written = [
        str(tree), repr(tree), tree.text(), str(tree.explain()), str(tree.explain(label)),
        tree.latex(), tree.page(), tree.svg(), tree.svg(partials=True, fold=False),
        tree.to_json(), str(tree.mistakes()),
    ]  # fmt: skip
    for text in written:
        assert label not in text
        assert not set(ACTING) & set(text)
        text.encode()
    ElementTree.fromstring(tree.svg())
    assert json.loads(tree.to_json())["nodes"][0]["name"] == printable(label, line=True)
    assert tree[label].data == 2.0
    for ending in ("txt", "json", "tex", "svg", "html"):
        tree.save(tmp_path / f"tree.{ending}")


def test_operations_by_closure_with_such_names():
    """As the lecture writes them, with any text for a name."""
    from jangrad.micrograd.engine import Value

    a = Value(2.0)
    out = Value(a.data * 3.0, (a,), "\x1b[2J\x00")

    def backward():
        a.grad += 3.0 * out.grad

    out._backward = backward
    tree = (out + 1.0).backtrack()
    for text in (
        str(tree),
        str(tree.explain()),
        tree.svg(),
        tree.page(),
        tree.latex(),
        tree.to_json(),
    ):
        assert not set(ACTING) & set(text)
    ElementTree.fromstring(tree.svg())


def test_networks_whose_weights_have_such_labels():
    """Their picture and their page."""
    net = MLP(2, [3, 1], seed=0)
    for parameter in net.parameters():
        parameter.label = "w\x1b\x00"
    picture = net.show([1.0, 2.0])
    ElementTree.fromstring(picture.svg())
    assert not set(ACTING) & set(picture.page())
    ElementTree.fromstring(net([1.0, 2.0])[0].backtrack().svg())


def test_messages_hold_no_letter_that_acts():
    """Whatever name or cell they quote; their lines stay lines, other letters stay themselves."""
    error = DataError(
        "`a\x1b[2Jb` is odd", where="t\x07.csv", why="\u202e", try_="größe, 日本, \u200f"
    )
    assert str(error).splitlines() == [
        r"`a\x1b[2Jb` is odd",
        r"  where: t\x07.csv",
        r"  why: \u202e",
        "  try: größe, 日本, \u200f",
    ]
    assert error.args == (str(error),)
    with pytest.raises(JangradError) as caught:
        Value(2.0, label="\x9b31m").backtrack()["\x1b"]
    assert not set(ACTING) & set(str(caught.value))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("how", ["print(tree)", "tree.show()"])
def test_every_stream_takes_the_tree(encoding, how):
    """Windows' and redirected streams have no branches: they get others, and escapes for letters
    of names, in columns that still stand below each other.
    """
    code = f"""
from jangrad import Value
a = Value(2.0, "é重み")
tree = (a * a + a).backtrack()
{how}"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.decode(encoding).splitlines()
    assert len(rows) == 4
    assert {row[columns_until(row, head) - 1] for row in rows} == {"6", "4", "2"}
    assert rows[2].startswith("│   └── é重み" if encoding == "utf-8" else "|   `-- ")


def columns_until(row, head):
    """How many letters of the row are left of the end of the first column of numbers."""
    end = head.index("value") + len("value")
    while columns(row[:end]) > head.index("value") + len("value"):
        end -= 1
    return end


def test_wide_letters_take_two_columns():
    """Numbers stand below each other where a terminal draws them."""
    a, b = Value(2.0, label="重み"), Value(3.0, label="b")
    head, *rows = (a * b).backtrack().text().splitlines()
    ends = {columns(row[: row.rindex(n) + 1]) for row, n in zip(rows[1:], "32", strict=True)}
    assert ends == {columns(head)}


def test_names_that_do_not_fit_are_told_by_their_ends():
    """`net.layers[0].n…` would be each of its weights."""
    net = MLP(3, [4, 1], "tanh", seed=0)
    tree = (net([2.0, 3.0, -1.0])[0] - 1.0).backtrack()
    for width in (60, 80):
        text = tree.text(limit=None, width=width)
        assert max(map(len, text.splitlines())) <= width
        leaves = [line for line in text.splitlines() if "[0].bias" in line or ".w" in line]
        assert "net[1][0].w[3]" in text.replace("weights[", "w[")
        assert "net[0][2].bias" in text
        assert not any(".n…" in line for line in leaves)
