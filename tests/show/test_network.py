"""The picture of a network: every neuron and weight, the right numbers, or an error."""

import math
import re
from xml.etree import ElementTree

import pytest

from jangrad import MLP, Module, Value
from jangrad.errors import ConfigError, DataError, ShapeError
from jangrad.nn import Layer, Neuron
from jangrad.show import unit_states
from jangrad.show.network_nodes import network_columns
from jangrad.show.network_svg import brief
from jangrad.train import causes
from jangrad.train.layers import RANGES

SVG = "{http://www.w3.org/2000/svg}"
ROW = [2.0, 3.0, -1.0]


def parts(picture, kind):
    """The elements of a class."""
    root = ElementTree.fromstring(picture)
    return [e for e in root.iter() if kind in e.get("class", "").split()]


def weight_lines(picture):
    """Width, class and title of each weight's line, in the order of drawing."""
    lines = ElementTree.fromstring(picture).iter(f"{SVG}line")
    return [
        (float(e.get("stroke-width")), e.get("class"), e.findtext(f"{SVG}title"))
        for e in lines
        if e.find(f"{SVG}title") is not None
    ]


def test_every_neuron_and_weight_is_drawn():
    """A circle a unit, a line a weight."""
    picture = MLP(3, [4, 4, 1], seed=0).show().svg()
    assert len(parts(picture, "neuron")) == 3 + 4 + 4 + 1
    assert len(weight_lines(picture)) == 3 * 4 + 4 * 4 + 4
    for text in ("3 inputs", "4 relu", "1 linear"):
        assert f">{text}<" in picture


def test_the_picture_is_the_golden_one(golden):
    """What was looked at and approved."""
    golden("network.svg", MLP(3, [4, 4, 1], "tanh", seed=0).show(ROW).svg())


def test_lines_are_as_wide_as_weights_are_large():
    """Width grows with size, colour is the sign, whatever the numbers."""
    net = MLP(2, [2], "relu", seed=0)
    for w, x in zip(net.parameters(), [1.0, -2.0, 0.0, 0.0, 0.5, 0.0], strict=True):
        w.data = x
    found = weight_lines(net.show().svg())
    assert [kind for _, kind, _ in found] == ["plus", "minus", "plus", "plus"]
    widths = [width for width, _, _ in found]
    assert widths[1] == max(widths)
    assert widths[2] < widths[3] < widths[0] < widths[1]
    assert "weight -2 of x1" in found[1][2]


def test_activations_are_those_of_the_network():
    """Each neuron shows what it gives; the outputs are what the network says."""
    net = MLP(3, [4, 2], "tanh", "sigmoid", seed=1)
    picture = net.show(ROW)
    hidden = [neuron(ROW).data for neuron in net.layers[0].neurons]
    assert [u.value.data for u in picture.columns[1].units] == hidden
    assert [u.value.data for u in picture.columns[2].units] == net.predict(ROW)[0]
    shown = [e.text for e in parts(picture.svg(), "value")]
    assert shown == [brief(x) for x in [*ROW, *hidden, *net.predict(ROW)[0]]]


def test_the_picture_stays_as_it_was():
    """Training goes on; a picture made before shows before."""
    net = MLP(2, [2, 1], "tanh", seed=0)
    picture = net.show([1.0, 2.0])
    for p in net.parameters():
        p.data += 1.0
    fresh = MLP(2, [2, 1], "tanh", seed=0).show([1.0, 2.0])
    assert picture.svg() == fresh.svg()
    assert picture.page() == fresh.page()
    assert net.show([1.0, 2.0]).svg() != fresh.svg()


def test_layers_and_neurons_are_networks_too():
    """One column of neurons; one neuron; a row of Values."""
    assert len(parts(Layer(2, 3, seed=0).show([1.0, 2.0]).svg(), "neuron")) == 5
    assert len(parts(Neuron(2, "tanh", seed=0).show([Value(1.0), Value(2.0)]).svg(), "neuron")) == 3


def test_of_wide_layers_some_are_drawn_and_the_others_counted():
    """16 places a column; the last two units are there, and it says how many are not."""
    picture = MLP(64, [16, 32, 10], seed=0).show().svg()
    assert len(parts(picture, "neuron")) == 15 + 16 + 15 + 10
    assert ">49 more<" in picture
    assert ">17 more<" in picture
    assert "x63" in picture
    assert len(weight_lines(picture)) == 15 * 16 + 16 * 15 + 15 * 10


def test_nan_and_inf_are_drawn_as_such():
    """A broken network has a picture: it is needed most then."""
    net = MLP(2, [2, 1], "relu", seed=0)
    net.parameters()[0].data = math.nan
    net.parameters()[1].data = math.inf
    picture = net.show([1.0, 1.0]).svg()
    ElementTree.fromstring(picture)
    assert "nan" in [e.text for e in parts(picture, "value")]
    assert 'stroke-width="nan"' not in picture


def test_it_says_itself_to_those_who_cannot_see_it():
    """A title and a description with the outputs."""
    net = MLP(3, [2, 1], seed=0)
    root = ElementTree.fromstring(net.show(ROW).svg())
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == repr(net)
    said = root.findtext(f"{SVG}desc")
    assert said.startswith("3 inputs, then 2 relu, then 1 linear. For 2, 3, -1 it gives ")
    assert said.endswith(f"{net.predict(ROW)[0][0]:.6g}.")


def test_themes():
    """Light and dark are fixed, and need no variables; auto follows the reader."""
    picture = MLP(2, [1], seed=0).show()
    assert "prefers-color-scheme" in picture.svg()
    assert "prefers-color-scheme" not in picture.svg(theme="dark")
    assert "#0d1117" in picture.svg(theme="dark")
    with pytest.raises(ConfigError, match="there is no theme 'pink'"):
        picture.svg(theme="pink")


def test_it_is_saved_by_ending(tmp_path):
    """SVG, PNG, PDF, page; another ending, and a page without a row, are refused with a way out."""
    picture = MLP(2, [2, 1], seed=0).show([1.0, 2.0])
    assert picture.save(tmp_path / "net.svg").read_text(encoding="utf-8") == picture.svg()
    assert picture.save(tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    assert picture.save(tmp_path / "net.pdf").read_bytes().startswith(b"%PDF")
    assert "<!doctype html>" in picture.save(tmp_path / "net.html").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match=r"`net.gif` ends in '.gif', which says no format"):
        picture.save(tmp_path / "net.gif")
    with pytest.raises(ConfigError, match=r"no row was given(.|\n)*net\.show\(row\)\.save"):
        MLP(2, [1], seed=0).show().save(tmp_path / "net.html")


def test_png_is_not_blank():
    """The colours of the style sheet: ink, both signs, and the dark ground."""
    import io

    from PIL import Image

    picture = MLP(3, [4, 1], "tanh", seed=0).show(ROW)
    light = Image.open(io.BytesIO(picture.png())).convert("RGB")
    assert len(light.getcolors(100_000)) > 100
    dark = Image.open(io.BytesIO(picture.png(theme="dark"))).convert("RGB")
    assert dark.getpixel((3, 3)) == (0x0D, 0x11, 0x17)


def texts_of(picture, kind):
    """What is written in a class of text."""
    root = ElementTree.fromstring(picture.svg())
    found = [t for t in root.iter(f"{SVG}text") if kind in t.get("class", "").split()]
    return ["".join(text.itertext()) for text in found]


def test_inputs_and_classes_have_names():
    """Beside the units; the largest of several outputs is bold; nodes of the page have them too."""
    net = MLP(2, [3, 3], "tanh", seed=0)
    picture = net.show([1.0, 2.0], inputs=["height", "weight"], classes=["a", "b", "c"])
    assert texts_of(picture, "end") == ["height", "weight"]
    (outputs,) = net.predict([[1.0, 2.0]])
    assert texts_of(picture, "most") == ["abc"[outputs.index(max(outputs))]]
    assert '"height"' in picture.page()
    two = MLP(2, [1], seed=0).show(classes=["no", "yes"])
    assert "low: no, high: yes" in texts_of(two, "start")
    assert texts_of(two, "most") == []


def test_names_that_do_not_fit_are_refused():
    """With how many there are to be."""
    net = MLP(2, [3], seed=0)
    with pytest.raises(ShapeError, match=r"2 inputs, but 3 names(.|\n)*a list of 2"):
        net.show(inputs=["a", "b", "c"])
    with pytest.raises(ShapeError, match="3 outputs, but 2 names"):
        net.show(classes=["a", "b"])
    with pytest.raises(ShapeError, match="names are given"):
        net.show(inputs="ab")
    with pytest.raises(ShapeError, match="or of two classes"):
        MLP(2, [1], seed=0).show(classes=["a", "b", "c"])


def test_long_names_stay_in_the_picture():
    """They have room, and the longest are cut; hostile ones are text."""
    names = ["w" * 60, "<script>alert(1)</script>"]
    picture = MLP(2, [1], seed=0).show(inputs=names)
    assert "<script" not in picture.svg()
    first, _ = texts_of(picture, "end")
    assert first.endswith("…")
    (text,) = re.findall(r'class="faint end" x="([\d.]+)"[^>]*>w', picture.svg())
    assert float(text) > 6.9 * len(first)


def test_dead_and_saturated_units_are_marked():
    """Judged by rows; the legend says what the rims mean, the title of each says it."""
    net = MLP(1, [3, 2, 1], ["tanh", "relu"], seed=0)
    for k, neuron in enumerate(net.layers[0].neurons):
        neuron.weights[0].data, neuron.bias.data = [(0.1, 0.0), (0.0, 9.0), (50.0, 0.0)][k]
    dead, _ = net.layers[1].neurons
    dead.bias.data = -100.0
    picture = net.show(rows=[[-1.0], [0.5], [1.0]])
    states = [[unit.state for unit in column.units] for column in picture.columns]
    assert states == [[""], ["", "saturated", "saturated"], ["dead", ""], [""]]
    assert "dead: gives 0 for every row" in texts_of(picture, "small")
    assert "saturated: at an end, where its slope is next to 0" in texts_of(picture, "small")
    assert "<title>neuron 0 of layer 1, dead, bias -100</title>" in picture.svg()
    assert "dasharray:3 3" not in net.show().svg()
    with pytest.raises(DataError, match="there are no rows to judge by"):
        net.show(rows=[])


def test_what_is_saturated_is_what_the_diagnosis_calls_so():
    """One word has one meaning."""
    assert (unit_states.NEAR, unit_states.NEARLY_ALL) == (causes._SATURATED, causes._NEARLY_ALL)
    assert {kind: RANGES[kind] for kind in unit_states.ENDS} == unit_states.ENDS


class Skip(Module):
    """A network that does more than its layers."""

    def __init__(self):
        self.layers = [Layer(2, 2, "tanh", seed=0)]

    def __call__(self, xs):
        return [y + x for x, y in zip(xs, self.layers[0](xs), strict=True)]


class Line(Module):
    """A network without layers."""

    def __init__(self):
        self.slope = Value(1.0)


def test_what_cannot_be_shown_truly_is_refused():
    """No layers; layers that are not all there is; a row that does not fit."""
    with pytest.raises(ConfigError, match="`Line` has no layers of neurons to draw"):
        Line().show()
    assert len(parts(Skip().show().svg(), "neuron")) == 4
    with pytest.raises(ConfigError, match="`Skip` does more than call its layers one after"):
        Skip().show([1.0, 2.0])
    with pytest.raises(ShapeError, match="3"):
        MLP(3, [1], seed=0).show([1.0, 2.0])
    with pytest.raises(ShapeError):
        MLP(2, [1], seed=0).show([[1.0, 2.0]])


def test_layers_that_do_not_follow_each_other_are_refused():
    """A neuron without a line from each of its inputs is an error, not a guess."""
    net = Skip()
    net.layers.append(Layer(3, 1, seed=0))
    with pytest.raises(ShapeError, match="a neuron of layer 1 has 3 weights for 2 inputs"):
        net.show()


def test_several_outputs_are_differentiated_as_their_sum():
    """And the page calls it so."""
    html = MLP(2, [3, 2], "tanh", seed=0).show([1.0, 2.0]).page()
    assert '"sum of outputs"' in html


def test_a_network_is_found_behind_a_loss():
    """By the names of its weights, with what each unit gave for the first row."""
    net = MLP(3, [4, 2], "tanh", "sigmoid", seed=1)
    rows = [ROW, [1.0, 0.0, 0.5]]
    loss = sum((out - 1.0) ** 2 for row in rows for out in net(row))
    loss = loss + sum(p * p for p in net.parameters()) * 0.1  # a penalty uses the weights too
    columns = network_columns(loss.backtrack().derivation)
    shown = net.show(ROW).columns
    assert [c.name for c in columns] == ["3 inputs, row 1 of 2", "4 neurons", "2 neurons"]
    for found, wanted in zip(columns, shown, strict=True):
        assert [u.value.data for u in found.units] == [u.value.data for u in wanted.units]
        for mine, theirs in zip(found.units, wanted.units, strict=True):
            assert [w.data for w in mine.weights] == [w.data for w in theirs.weights]


def test_one_output_of_several_has_a_picture_too():
    """Only what is behind the root is drawn, under its true number."""
    net = MLP(2, [3, 4], seed=0)
    columns = network_columns(net([1.0, 2.0])[2].backtrack().derivation)
    assert [u.name for u in columns[-1].units] == ["neuron 2 of layer 1"]
    assert columns[-1].units[0].value.data == net.predict([1.0, 2.0])[0][2]


def test_where_there_is_no_network_none_is_drawn():
    """Plain numbers; one lonely weight; a layer that is only partly there."""
    a = Value(2.0, label="a")
    assert network_columns((a * a).backtrack().derivation) == []
    w = Value(2.0, label="net.layers[0].neurons[0].weights[0]")
    assert network_columns((w * a).backtrack().derivation) == []
    w = Value(2.0, label="net.layers[1].neurons[0].bias")
    assert network_columns((w * a).backtrack().derivation) == []


def test_names_cannot_inject_anything():
    """Titles come from `repr`, which may hold anything."""

    class Hostile(MLP):
        def __repr__(self):
            return "</title><script>alert(1)</script>\"'"

    picture = Hostile(2, [1], seed=0).show([1.0, 2.0])
    assert "<script" not in picture.svg()
    ElementTree.fromstring(picture.svg())
    assert not re.search(r"<script>alert", picture.page())
