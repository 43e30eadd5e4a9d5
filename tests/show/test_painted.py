"""Our own SVG drawn by matplotlib: what a browser would draw, as PDF, PNG and pixels."""

import re
import zlib

import pytest
from tests.browser.page_trees import five_lines

from jangrad import MLP, Value
from jangrad.errors import ConfigError, NameNotFound
from jangrad.show.painted import pdf, pixels

ROW = [2.0, 3.0, -1.0]


def picture(inside, style="", size=(40, 20)):
    """An SVG of our kind."""
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}"><style>{style}</style>{inside}</svg>'
    )


@pytest.mark.parametrize(
    "inside",
    [
        '<rect x="10" y="5" width="20" height="10"/>',
        '<g transform="translate(10 5)"><rect width="20" height="10"/></g>',
        '<g transform="translate(10 5) scale(2)"><rect width="10" height="5"/></g>',
        '<path d="M10 5L30 5L30 15L10 15z"/>',
        '<path d="M10 5h20v10h-20z"/>',
        '<path d="M10 5H30V15H10z"/>',
        '<path d="M10 5l20 0l0 10l-20 0z"/>',
        '<path d="M10 5C16 5 24 5 30 5L30 15L10 15z"/>',
        '<line x1="10" x2="30" y1="10" y2="10" stroke="black" stroke-width="10"/>',
    ],
)
def test_shapes_lie_where_svg_says(inside):
    """The same rectangle in every way in which it can be written, at twice the size."""
    drawn = pixels(picture(inside), 2.0).getchannel("A")
    assert drawn.size == (80, 40)
    assert drawn.getbbox() == (20, 10, 60, 30)
    assert {drawn.getpixel(at) for at in ((22, 12), (40, 20), (57, 27))} == {255}


def test_circles_and_round_corners():
    """A circle fills pi / 4 of its square; a corner is cut off."""
    round_ = pixels(picture('<circle cx="20" cy="10" r="8"/>'), 10.0).getchannel("A")
    assert round_.getbbox() == (120, 20, 280, 180)
    inked = sum(round_.histogram()[128:])
    assert inked == pytest.approx(3.14159 * 80**2, rel=0.01)
    corner = pixels(picture('<rect width="40" height="20" rx="6"/>'), 10.0).getchannel("A")
    assert corner.getpixel((5, 5)) == 0
    assert corner.getpixel((200, 5)) == 255


def test_style_sheets_hold():
    """A class goes before an element and an attribute, and a style before a class."""
    inside = (
        '<rect class="a" width="10" height="20" fill="blue"/>'
        '<rect class="a" x="10" width="10" height="20" style="fill:#00ff00"/>'
        '<rect x="20" width="10" height="20"/>'
        '<rect class="b" x="30" width="10" height="20"/>'
    )
    style = ".j .a{fill:#ff0000}.j rect{fill:#000080}.j .b{display:none}@media print{.a{fill:red}}"
    drawn = pixels(picture(inside, style), 1.0)
    found = [drawn.getpixel((x, 10)) for x in (5, 15, 25, 35)]
    assert found == [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 128, 255), (255, 255, 255, 0)]


def test_texts_begin_and_end_where_they_should():
    """Anchored at the start, in the middle, at the end; a span goes on where the last one ends."""
    style = "text{font:10px 'DejaVu Sans Mono'}"
    places = []
    for anchor in ("start", "middle", "end"):
        text = f'<text x="50" y="14" text-anchor="{anchor}">MM<tspan>MM</tspan></text>'
        left, _, right, _ = pixels(picture(text, style, (100, 20)), 4.0).getchannel("A").getbbox()
        places.append((left / 4, right / 4))
    for (left, right), start in zip(places, (50.0, 50.0 - 12.04, 50.0 - 24.08), strict=True):
        assert left == pytest.approx(start, abs=0.6)
        assert right == pytest.approx(start + 24.08, abs=0.6)


def test_letters_that_no_font_has_are_no_error():
    """They are drawn as boxes; what else is written stays there."""
    assert pixels(five_lines().svg(annotate={"a": "\U00012000 重み"}), 1.0).size[0] > 300


def test_a_pdf_holds_letters_and_lines():
    """Text that can be copied, in fonts that are in the file; the same one each time, no image."""
    once, again = (pdf([five_lines().svg()] * 2, "two pages") for _ in range(2))
    assert once == again
    assert b"DejaVuSansMono" in once
    assert b"/Subtype /Image" not in once
    assert len(re.findall(rb"/Type /Page\b", once)) == 2
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", once, re.DOTALL)
    drawn = [s for s in map(_plain, streams) if b" Tj" in s or b" TJ" in s]
    assert len(drawn) == 2
    assert drawn[0].count(b"BT") > 15
    assert drawn[0].count(b" c\n") > 15  # curves


def _plain(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_greek_names_are_in_the_pdf():
    """Each letter by its own code, so that it can be searched for."""
    written = (Value(2.0, "α") * 3.0).backtrack().pdf()
    streams = map(_plain, re.findall(rb"stream\r?\n(.*?)\r?\nendstream", written, re.DOTALL))
    told = [stream for stream in streams if b"begincmap" in stream]
    assert any(b"<03b1>" in stream.lower() for stream in told)


def test_options_of_saved_pictures(tmp_path):
    """Each does something in each of the formats that take it."""
    tree = five_lines()
    plain = {end: tree.save(tmp_path / f"e.{end}").read_bytes() for end in ("png", "pdf", "svg")}
    options = {
        "partials": True,
        "theme": "dark",
        "forward_only": True,
        "width": 300,
        "annotate": {"a": "this weight"},
        "colours": {tree["b"].value: "crimson"},
    }
    for name, given in options.items():
        for end, before in plain.items():
            assert tree.save(tmp_path / f"o.{end}", **{name: given}).read_bytes() != before, name
    third = (Value(1.0, "a") / 3.0).backtrack()
    assert "0.33<" in third.svg(digits=2)
    assert "0.333333<" in third.svg()
    assert third.png(digits=2) != third.png()
    assert r"\alpha" not in third.latex(digits=2, forward_only=True)
    assert r"\mathrm{d}" not in third.latex(forward_only=True)


def test_widths_are_those_of_the_file():
    """In pixels of an SVG and of a PNG, and in CSS's of a PDF, of which four are three points."""
    tree = five_lines()
    assert 'viewBox="0 0 388 145" width="600" height="224"' in tree.svg(width=600)
    assert 'viewBox="0 0 388 145" width="388" height="145"' in tree.svg()
    assert int.from_bytes(tree.png(width=600)[16:20], "big") == 600
    assert int.from_bytes(tree.png(width=600, scale=1)[16:20], "big") == 600
    assert b"/MediaBox [ 0 0 450 " in tree.pdf(width=600)


def test_large_graphs_fold_to_the_width():
    """What is drawn small has fewer boxes."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    loss = (net(ROW)[0] - 1.0) ** 2
    tree = loss.backtrack()
    assert tree.svg(width=300, fold=True).count("<rect") <= tree.svg(fold=True).count("<rect")


def test_a_theme_of_ones_own():
    """Colours by their names; the others are those of the light theme."""
    picture = five_lines().svg(theme={"grad": "Crimson", "paper": "#fed"})
    assert ".grad{fill:crimson}" in picture
    assert ".paper{fill:#fed}" in picture
    assert ".data{fill:#00588a}" in picture
    assert "prefers-color-scheme" not in picture


def test_annotations_are_in_the_box_and_said():
    """In lines where they are long; a screen reader is told; hostile ones are text."""
    tree = five_lines()
    said = "the weight that is learned, of which there are two"
    picture = tree.svg(annotate={"a": said, "e": "<script>"})
    lines = re.findall(r'class="remark"[^>]*>([^<]+)<', picture)
    assert lines == ["the weight that is learned, of", "which there are two", "&lt;script&gt;"]
    assert f"{said}</title>" in picture
    assert f"gradient 7. {said}" in picture


def test_what_is_not_to_be_drawn_is_refused():
    """By its name, with what there is."""
    tree = five_lines()
    with pytest.raises(ConfigError, match=r"no colour `gard`(.|\n)*did you mean `grad`"):
        tree.svg(theme={"gard": "red"})
    with pytest.raises(ConfigError, match=r"the theme's `grad` is 'blurple'(.|\n)*tomato"):
        tree.svg(theme={"grad": "blurple"})
    for bad in ("red;}</style>", "url(x)", "#12", 3):
        with pytest.raises(ConfigError, match="the colour of 'a' is"):
            tree.svg(colours={"a": bad})
    with pytest.raises(NameNotFound, match="no node is named `z`"):
        tree.svg(annotate={"z": "what"})
    for bad in (0, -5, "wide", True, float("nan")):
        with pytest.raises(ConfigError, match="`width` is"):
            tree.svg(width=bad)
        with pytest.raises(ConfigError, match="`scale` is"):
            tree.png(scale=bad)
    for bad in (0, 18, 2.0, "3"):
        with pytest.raises(ConfigError, match="`digits` is"):
            tree.svg(digits=bad)


def test_there_is_an_end_to_pixels():
    """The message says how many there would be, and what is sharp at any size."""
    tree = (Value(2.0, "a") * 3.0).backtrack()
    said = r"would be [\d,]+ by [\d,]+ pixels(.|\n)*\.svg and \.pdf"
    with pytest.raises(ConfigError, match=said):
        tree.png(scale=1e6)
    with pytest.raises(ConfigError, match="at most 32,767 pixels a side"):
        tree.gif(width=90_000)


def test_there_is_an_end_to_animations():
    """Of more steps than anybody looks at; folded they are few."""
    total = Value(1.0, "a")
    for _ in range(1001):
        total = total * 1.001
    with pytest.raises(ConfigError, match=r"an animation of 1,0\d\d steps(.|\n)*fold=True"):
        total.backtrack().gif(fold=False)
