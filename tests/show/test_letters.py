"""Labels hold what files of others held: no picture, page or print may be spoiled by one."""

import json
from xml.etree import ElementTree

import pytest

from jangrad import MLP, Value
from jangrad.errors import DataError, JangradError, printable

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
