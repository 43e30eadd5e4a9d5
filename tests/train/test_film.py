"""A kept training as a moving picture: the plane, or the weights."""

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from jangrad import MLP, fit
from jangrad.datasets import moons
from jangrad.errors import ConfigError, NameNotFound, ShapeError
from jangrad.show.network_svg import COLOURS
from jangrad.train import load_run

X, y = moons(20, seed=0)


def new():
    """The network of all tests."""
    return MLP(2, [3, 1], "tanh", seed=0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A training of a few steps, whose weights are kept."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    fit(new(), X, y, loss="hinge", steps=12, learning_rate=0.3, record=folder, progress=False)
    return load_run(folder)


def frames(data):
    """The images of a GIF, and how long each is seen."""
    image = Image.open(BytesIO(data))
    found = []
    for k in range(image.n_frames):
        image.seek(k)
        found.append((image.convert("RGB"), image.info["duration"]))
    return found


def test_the_plane_beside_the_loss(run, tmp_path):
    """Frames of one size that change; the last one stays, and is that of the trained network."""
    net = new()
    before = net.state()
    data = run.animate(tmp_path / "b.gif", net, X, y, frames=3, width=480).read_bytes()
    assert net.state() == before
    (first, _), (_, each), (last, held) = frames(data)
    assert first.size == (480, 270)
    assert held >= 3000 > each >= 20
    plane = (30, 35, 240, 240)
    assert first.crop(plane).tobytes() != last.crop(plane).tobytes()
    run.load(net)
    with pytest.raises(ShapeError, match="rows of two numbers"):
        run.animate(tmp_path / "c.gif", net, [[1.0, 2.0, 3.0]], [1.0])


def test_weights_as_frames(run, tmp_path):
    """The network is drawn at its steps; with a row numbers stand in its neurons."""
    plain = frames(run.animate(tmp_path / "w.gif", new(), frames=4, width=300).read_bytes())
    filled = frames(
        run.animate(tmp_path / "r.gif", new(), frames=4, width=300, row=[1.0, 2.0]).read_bytes()
    )
    assert len(plain) == len(filled) == 4
    assert plain[0][0].tobytes() != plain[-1][0].tobytes() != filled[-1][0].tobytes()


def test_weights_as_an_svg(run, tmp_path):
    """Each line has its widths at all moments; at rest it is the trained network."""
    net = new()
    picture = run.animate(tmp_path / "w.svg", net, frames=5).read_text("utf-8")
    root = ElementTree.fromstring(picture)
    assert not [part for part in root.iter() if part.tag.endswith("script")]
    moves = re.findall(r"@keyframes w\d+\{(.*?\})\}", picture)
    assert len(moves) == sum(len(n.weights) for layer in net.layers for n in layer.neurons)
    assert all(len(re.findall(r"[\d.]+%\{", one)) == 5 for one in moves)
    run.load(net)
    weights = [w.data for layer in net.layers for neuron in layer.neurons for w in neuron.weights]
    for weight, one in zip(weights, moves, strict=True):
        colour = COLOURS["light"]["minus" if weight < 0 else "plus"]
        assert f"stroke:{colour};" in one[one.rindex("%{") :]
    notes = re.findall(r'<text class="(m k\d|note) start"[^>]*>([^<]+)<', picture)
    assert [said.split(",")[0] for _, said in notes][-1:] == ["step 9"]
    assert ("note", "step 12") in notes
    assert len(notes) == 5
    assert ".jangrad-net .m{display:none}" in picture


def test_lines_are_as_wide_in_one_moment_as_in_another(run, tmp_path):
    """A weight that grows has a line that grows: the widest is the largest of all moments."""
    picture = run.animate(tmp_path / "w.svg", new()).read_text("utf-8")
    widths = [
        float(width) for width in re.findall(r"opacity:[\d.]+;stroke-width:([\d.]+)px", picture)
    ]
    weights = [k for k, name in enumerate(run.names) if "weights" in name]
    moments = [[abs(run.weights(step)[k]) for k in weights] for step in run.recorded]
    largest = max(map(max, moments))
    expected = [0.4 + 4.2 * size / largest for one in zip(*moments, strict=True) for size in one]
    assert widths == pytest.approx(expected, abs=0.0051)


def test_what_cannot_be_drawn_is_refused(run, tmp_path):
    """Rows without targets, another ending, an option of the other format, another network."""
    with pytest.raises(ConfigError, match="`y` is missing"):
        run.animate(tmp_path / "b.gif", new(), X)
    with pytest.raises(ConfigError, match=r"'\.svg' has no option `X`\n(.|\n)*\.gif has it"):
        run.animate(tmp_path / "b.svg", new(), X, y)
    with pytest.raises(ConfigError, match=r"'\.mp4', which says no format\n(.|\n)*\.gif, \.svg"):
        run.animate(tmp_path / "b.mp4", new())
    for frames in (1, 2.5, "all"):
        with pytest.raises(ConfigError, match="`frames` is"):
            run.animate(tmp_path / "b.gif", new(), frames=frames)
    for width in (0, "wide", True):
        with pytest.raises(ConfigError, match="`width` is"):
            run.animate(tmp_path / "b.gif", new(), width=width)
    with pytest.raises(NameNotFound):
        run.animate(tmp_path / "b.gif", MLP(2, [4, 1]))
