"""The sheet to be filled in, and its answers."""

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from tests.browser.page_trees import five_lines

from jangrad import MLP, Value, softmax
from jangrad.errors import ConfigError
from jangrad.show.drawing import Look
from jangrad.show.handout import sheets
from jangrad.show.text_tree import columns

SVG = "{http://www.w3.org/2000/svg}"


def cross_entropy():
    """A tree that has more equations than the sheet has room for."""
    x = [Value(2.0), Value(-1.0), Value(0.5)]
    p = softmax(x)
    return (-p[1].log()).backtrack()


def network():
    """A folded one, with long equations."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    loss = (net([2.0, 3.0, -1.0])[0] - 1.0) ** 2
    return loss.backtrack()


def long_names():
    """Names longer than a line, of wide letters, and hostile ones."""
    a, b = Value(2.0, "w" * 150), Value(3.0, "重み" * 12)
    return (a * b + a + Value(1.0, "</text>\n<script>&" * 6)).backtrack()


def texts(picture):
    """What is written, each with where it begins and ends, roughly."""
    root = ElementTree.fromstring(picture)
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_gradients_are_blank_and_answered():
    """The same picture and equations; no gradient is on the first sheet, also not in a title."""
    blank, answers = sheets(five_lines().derivation, Look(theme="light"), "Five lines")
    assert texts(blank).count("10  grad _____") == 1
    assert "2  grad _____" in texts(blank)
    assert "2  grad 7" in texts(answers)
    assert "de/da = de/dc * ∂c/∂a + de/dd * ∂d/∂a =" in texts(blank)
    full = "de/da = de/dc * ∂c/∂a + de/dd * ∂d/∂a = 1 * (a + a) + 1 * b = 4 + 3 = 7"
    assert full in texts(answers)
    assert "7" not in re.sub(r"<style>.*?</style>|[\w-]+=\"[^\"]*\"", "", blank, flags=re.DOTALL)
    assert "Five lines: answers" in texts(answers)


@pytest.mark.parametrize("make", [five_lines, cross_entropy, network, long_names])
def test_all_of_it_is_on_the_paper(make):
    """Nothing leaves the sheet or runs into what is below it, whatever the tree."""
    for sheet in sheets(make().derivation, Look(theme="light")):
        lines = re.findall(r'class="(formula|prose)" x="64" y="([\d.]+)"[^>]*>([^<]*)<', sheet)
        heights = [float(y) for _, y, _ in lines]
        assert heights == sorted(heights)
        assert max(heights) <= 1123 - 60
        wide = [columns(unescape(said)) for kind, _, said in lines if kind == "formula"]
        assert 64 + 7.85 * max(wide) <= 794 - 60
        for start in re.findall(r'class="blank" d="M([\d.]+) ', sheet):
            assert 730 - float(start) >= 140


def test_what_has_no_room_is_counted():
    """The picture asks for it anyway."""
    blank, answers = sheets(cross_entropy().derivation, Look(theme="light"))
    (rest,) = re.findall(r"and (\d+) more, in the picture", blank)
    asked = blank.count('class="blank"') - 1  # beside the one for a name
    assert asked + int(rest) == len(cross_entropy()) - 1
    assert "more, in the picture" not in answers


def test_it_is_saved_as_pdf_or_page(tmp_path):
    """Two pages of A4; another ending is refused with those there are."""
    tree = five_lines()
    written = tree.handout(tmp_path / "sheet.pdf", title="Five lines").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", written)) == 2
    assert b"/MediaBox [ 0 0 595." in written
    page = tree.handout(tmp_path / "sheet.html", title="<b>", partials=True).read_text("utf-8")
    assert page.count('<div class="sheet">') == 2
    assert "@page{size:A4" in page
    assert "<title>&lt;b&gt;</title>" in page
    assert "<script" not in page
    with pytest.raises(ConfigError, match=r"'\.docx', which says no format\n(.|\n)*\.pdf, \.html"):
        tree.handout(tmp_path / "sheet.docx")
