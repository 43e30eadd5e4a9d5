"""The picture: well-formed, complete, safe, folded where it would not fit."""

import itertools
import random
import re
from importlib.resources import files
from xml.etree import ElementTree

import pytest

from jangrad import MLP, Value, softmax
from jangrad.errors import ConfigError
from jangrad.show import derive, folding
from jangrad.show.folding import fold_to
from jangrad.show.painted import pixels
from jangrad.show.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def five_lines():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    c, d = a * a, a * b
    c.label, d.label = "c", "d"
    e = c + d
    e.label = "e"
    return derive(e)


def texts(picture):
    """What is written in each box, and beside edges."""
    root = ElementTree.fromstring(picture)
    found = (text for text in root.iter(f"{SVG}text") if text.get("class") != "ground")
    return ["".join(text.itertext()) for text in found]


def test_every_number_is_in_the_picture():
    """Name, formula, value and gradient of each node, and the double use of a."""
    found = texts(svg(five_lines()))
    assert found == ["×2", "a", "2  grad 7", "c = a * a", "4  grad 1", "b", "3  grad 2", "d = a * b", "6  grad 1", "e = c + d", "10  grad 1"]  # noqa: E501  # fmt: skip


def test_the_picture_is_the_golden_one(golden):
    """What was looked at and approved."""
    golden("expression.svg", svg(five_lines()))


def test_partials_are_written_on_request():
    """Beside each edge the local partial as a formula."""
    found = texts(svg(five_lines(), partials=True))
    assert {"a + a", "b", "a", "1"} <= set(found)
    assert "×2" not in " ".join(found)  # which would be multiplied once more


def test_notes_do_not_run_into_each_other():
    """Two edges that come to a box from near each other; a title of its own for each."""
    drawn = re.findall(
        r'<text class="partial" x="([\d.]+)" y="([\d.-]+)"[^>]*>([^<]+)</text>',
        svg(derive(-softmax([Value(2.0), Value(-1.0), Value(0.5)])[1].log()), partials=True),
    )
    notes = [(float(x), float(y), len(text)) for x, y, text in drawn]
    assert len(notes) > 8
    for (x, y, size), (other_x, other_y, other) in itertools.combinations(notes, 2):
        assert abs(y - other_y) > 12.0 or abs(x - other_x) > 6.7 * (size + other) / 2


def test_not_computed_is_said():
    """A gradient that was not computed is never drawn as 0."""
    a = Value(2.0, label="a")
    assert "2  grad not computed" in texts(svg(derive(a * a, gradients=False)))


def test_labels_cannot_inject_anything():
    """A hostile label is text."""
    hostile = "</text><script>alert(1)</script>&\"'"
    picture = svg(derive(Value(1.0, label=hostile) * 2.0))
    assert "<script" not in picture
    assert not list(ElementTree.fromstring(picture).iter(f"{SVG}script"))


def test_it_says_itself_to_those_who_cannot_see_it():
    """A title and a description with every number."""
    root = ElementTree.fromstring(svg(five_lines()))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "How e = 10 is computed"
    assert "c = a * a = 4, gradient 1." in root.findtext(f"{SVG}desc")


def test_large_graphs_fold_without_circles():
    """At most so many boxes, every node in one, every edge from an earlier to a later box."""
    net = MLP(3, [4, 4, 1], seed=0)
    X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    loss = sum((net(row)[0] - 1.0) ** 2 for row in X)
    derivation = derive(loss)
    for most in (10, 60, 200):
        ((boxes, edges),) = fold_to(derivation, most)
        assert len(boxes) <= most
        assert sorted(n.index for box in boxes for n in box.nodes) == list(range(len(derivation)))
        assert all(start < end for start, end in edges)
    assert ElementTree.fromstring(svg(derivation)) is not None


def test_themes():
    """Light and dark are fixed; auto follows the reader; anything else is refused."""
    assert "prefers-color-scheme" in svg(five_lines())
    assert "prefers-color-scheme" not in svg(five_lines(), theme="dark")
    with pytest.raises(ConfigError, match="there is no theme 'pink'"):
        svg(five_lines(), theme="pink")


def luminance(colour):
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def colours_of(host, which):
    """The colours of the light or the dark theme by their names."""
    if host == "page":
        style = (files("jangrad.show") / "assets" / "stepper.css").read_text(encoding="utf-8")
        theme = re.findall(r"--paper:[^}]+", style)[which]
        return dict(re.findall(r"--(\w+):(#\w+)", theme.replace("#fff;", "#ffffff;")))
    rules = svg(five_lines()).split("@media")[2 * which]
    names = {".paper": "paper", "text": "ink", ".op": "faint", ".data": "data", ".grad": "grad"}
    names |= {".box": "box", ".leaf": "leaf", ".root": "root"}
    found = re.findall(r"\.jangrad (\S+?)\{[^}]*?fill:(#\w+)", rules)
    return {names[name]: colour for name, colour in found if name in names}


@pytest.mark.parametrize("which", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("host", ["picture", "page"])
def test_every_text_stands_out_from_its_ground(host, which):
    """A contrast of 4.5 at least, as WCAG asks of small text, in both themes of both."""
    colours = colours_of(host, which)
    grounds = {"paper", "box", "leaf", "root", "glow"} & {*colours}
    assert len(grounds) >= 4
    for ground in grounds:
        # What is faint is in ink on the ground of the step.
        for ink in ("ink", "data", "grad", *(["faint"] if ground != "glow" else [])):
            low, high = sorted((luminance(colours[ink]), luminance(colours[ground])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)


@pytest.mark.parametrize("which", [0, 1], ids=["light", "dark"])
def test_every_line_stands_out_from_the_paper(which):
    """By 3 at least (WCAG 2.2, 1.4.11), edges and the rims of boxes."""
    rules = svg(five_lines()).split("@media")[2 * which]
    paper = re.search(r"\.paper\{fill:(#\w+)", rules)[1]
    strokes = set(re.findall(r"stroke:(#\w+)", rules)) - {paper}
    assert len(strokes) >= 3
    for stroke in strokes:
        low, high = sorted((luminance(stroke), luminance(paper)))
        assert (high + 0.05) / (low + 0.05) >= 3.0, stroke


def test_programs_beside_browsers_draw_the_picture_in_colour():
    """No variables, and what follows the reader's setting stands apart from the rest."""
    cairosvg = pytest.importorskip("cairosvg", exc_type=(ImportError, OSError))
    assert "var(" not in svg(five_lines())
    auto, light = (cairosvg.svg2png(svg(five_lines(), theme=name)) for name in ("auto", "light"))
    assert auto == light


@pytest.mark.parametrize("name", ["WWWWMMMMWWWW", "θ_hat ∂Σ ≤ ŵ"])
def test_labels_stay_in_their_boxes_in_a_png(name):
    """The widest letters end left of the border: there is no ink in the gap beside it."""
    picture = svg(derive(Value(1.0, name) * 2.0), theme="light")
    boxes = re.findall(r'translate\(([\d.]+) ([\d.]+)\)"><title>.*?width="([\d.]+)"', picture)
    drawn = pixels(picture, 2.0).convert("L")
    for x, y, width in [[float(number) for number in box] for box in boxes]:
        edge = 2.0 * (16 + x + width)
        middle = 2.0 * (16 + y + 14)  # the height of the letters, above the edges' ends
        beside = drawn.crop((int(edge - 12), int(middle - 8), int(edge - 4), int(middle + 8)))
        assert beside.getextrema()[0] > 200


def test_the_sign_of_a_zero_is_drawn():
    """1 / -0 is another than 1 / 0."""
    assert "-0  grad -inf" in texts(svg(derive(1.0 / Value(-0.0, "x"))))


def _ladder(steps):
    """Two numbers that make each other anew: no part of it is closed by one node."""
    a, b = Value(1.0), Value(2.0)
    for _ in range(steps):
        a, b = a + 0.1 * b, b + 0.1 * a
    return a * b


def test_graphs_that_cannot_be_folded_are_cut():
    """Only the end is drawn, and one box says how much is before it."""
    derivation = derive(_ladder(300))
    for boxes, edges in fold_to(derivation, 60, 20):
        assert len(boxes) in (60, 20)
        assert sum(len(box.nodes) for box in boxes) == len(derivation)
        assert boxes[0].label == "all before"
        assert boxes[-1].nodes[-1] is derivation.root
        assert all(u < v for u, v in edges)
        assert {v for u, v in edges if u == 0}
    assert "all before" in svg(derivation)


def test_graphs_too_large_to_look_through_are_cut(monkeypatch):
    """Without a look at all of it, so that a notebook that draws unasked does not hang."""
    monkeypatch.setattr(folding, "fold_tree", lambda _: pytest.fail("looked through"))
    x = start = Value(1.0, label="a")
    for _ in range(1500):
        x = x * 1.0001 + start
    (answer,) = fold_to(derive(x), 60, 20, largest=1000)
    boxes, _ = answer
    assert len(boxes) == 21
    assert boxes[0].label == "all before"
    assert sum(len(box.nodes) for box in boxes) == 3001


def test_closing_nodes_are_where_all_ways_meet():
    """Found by jumps; here by taking each node away and asking what still leads to the root."""
    rng = random.Random(0)
    for _ in range(30):
        values = [Value(rng.random())]
        for _ in range(40):
            near = values[max(0, len(values) - 6) :]
            values.append(rng.choice(near) * rng.choice(near) + rng.choice(values))
        derivation = derive(values[-1])
        closing = folding._closing_nodes(derivation.nodes)
        assert closing[derivation.root] is None
        for node in derivation.nodes[:-1]:
            closers = [gone for gone in derivation if gone is not node and not _leads(node, gone)]
            assert closing[node] is min([*closers, derivation.root], key=lambda n: n.index)


def _leads(node, gone):
    """Whether the root is reached from the node without the one that is gone."""
    stack, seen = [node], set()
    while stack:
        here = stack.pop()
        if here is gone or here in seen:
            continue
        if not here.users:
            return True
        seen.add(here)
        stack += [user for user, _ in here.users]
    return False
