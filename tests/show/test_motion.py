"""The backward pass as it happens: in an SVG without a script, and in a GIF."""

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image
from tests.browser.page_trees import five_lines, network_loss

from jangrad import MLP, Value
from jangrad.errors import ConfigError
from jangrad.show.drawing import Look, drawing
from jangrad.show.motion import Motion

SVG = "{http://www.w3.org/2000/svg}"


def motion(tree):
    return Motion(drawing(tree.derivation, Look()))


def test_steps_are_those_of_the_chain_rule():
    """From the root down, each with its line; sums grow to the gradient."""
    moving = motion(five_lines())
    assert [step.said for step in moving.steps] == [
        "de/de = 1",
        "de/dc += de/de * ∂e/∂c = 1 * 1 = 1",
        "de/dd += de/de * ∂e/∂d = 1 * 1 = 1",
        "de/da += de/dd * ∂d/∂a = 1 * 3 = 3",
        "de/db += de/dd * ∂d/∂b = 1 * 2 = 2",
        "de/da += de/dc * ∂c/∂a = 1 * 4 = 4",
    ]
    names = [box.first for box in moving.drawn.drawn]
    assert moving.sums[names.index("a")] == ["", "3", "7"]
    assert moving.sums[names.index("b")] == ["", "2"]


@pytest.mark.parametrize("make", [five_lines, network_loss])
def test_what_arrives_is_the_gradient(make):
    """For every box that is one number; and nobody hands on what has not arrived."""
    moving = motion(make())
    seen = set()
    for step in moving.steps:
        assert step.sender == -1 or step.sender in seen
        seen.add(step.receiver)
    for k, box in enumerate(moving.drawn.boxes):
        if box.closing is not None:
            total = sum(moving.steps[i].amount for i in moving.arrivals[k])
            assert total == pytest.approx(box.closing.grad, rel=1e-12)
            last = max(moving.arrivals[k])
            handed = [i for i, step in enumerate(moving.steps) if step.sender == k]
            assert all(i > last for i in handed)


def test_at_rest_everything_is_there():
    """What moves is hidden but for those who want motion; at rest it is the picture."""
    tree = five_lines()
    picture = tree.svg(animate=True)
    root = ElementTree.fromstring(picture)
    assert not list(root.iter(f"{SVG}script"))
    assert ".jangrad .m{display:none}" in picture
    moving = picture.index("@media screen and (prefers-reduced-motion:no-preference)")
    assert "@keyframes" not in picture[:moving]
    style = picture[moving : picture.index("</style>")]
    assert style.count("{") == style.count("}")

    def shown(element):
        if "m" in element.get("class", "").split():
            return []
        own = ["".join(element.itertext())] if element.tag == f"{SVG}text" else []
        return own + [text for inner in element for text in shown(inner)]

    still = ElementTree.fromstring(tree.svg())
    assert shown(root) == shown(still)


def test_every_name_of_a_keyframe_is_used():
    """And each that is used is there."""
    picture = network_loss().svg(animate=True)
    made = re.findall(r"@keyframes ([\w-]+)\{", picture)
    used = set(re.findall(r"animation-name:([\w-]+)\}", picture))
    used |= set(re.findall(r"animation:([\w-]+) [\d.]+s", picture))
    used |= set(re.findall(r",([\w-]+) [\d.]+s linear", picture))
    assert len(made) == len(set(made))
    assert set(made) == used
    classes = {name for kind in re.findall(r'class="([^"]+)"', picture) for name in kind.split()}
    assert {name for name in made if name[0] not in "v"} - classes <= {
        f"{kind}{i}" for kind in "tau" for i in range(100)
    }


def test_a_gif_is_of_the_same_moments():
    """Frames of one size, each long enough to be seen; the last is held, and it begins again."""
    image = Image.open(BytesIO(five_lines().gif(width=640)))
    assert image.size[0] == 640
    assert image.info["loop"] == 0
    times, last = [], None
    for k in range(image.n_frames):
        image.seek(k)
        times.append(image.info["duration"])
        last = image.convert("RGB")
    assert min(times) >= 20
    assert times[-1] >= 3000
    assert 10_000 < sum(times) < 20_000
    assert sum(times) / 1000 == pytest.approx(motion(five_lines()).seconds, rel=0.1)
    image.seek(0)
    first = image.convert("RGB")
    assert first.getpixel((3, 3)) == (255, 255, 255)
    # Gradients and their bars are there at the end, in their colour.
    brown = [frame.getcolors(100_000) for frame in (first, last)]
    near = [sum(n for n, (r, g, b) in c if abs(r - 154) + abs(g - 74) + b < 30) for c in brown]
    assert near[1] > near[0] + 500


def test_a_gif_fits_a_slide():
    """Not higher than a slide of its width, whatever the graph."""
    x = Value(1.0, "x")
    for _ in range(14):
        x = x.sin()
    image = Image.open(BytesIO(x.backtrack().gif(width=320)))
    assert image.size[1] <= 320 * 9 / 16 + 1


def test_values_alone_do_not_move():
    """There is nothing to show: the message says why."""
    with pytest.raises(ConfigError, match=r"how they come to be(.|\n)*forward_only"):
        five_lines().svg(animate=True, forward_only=True)
    with pytest.raises(ConfigError, match="forward_only"):
        five_lines().gif(forward_only=True)


def test_numbers_that_are_not_finite_move_too():
    """1 / 0 has an infinite slope; a bar of it would have no width."""
    moving = motion((1.0 / Value(0.0, "x")).backtrack())
    assert [step.said.split(" = ")[-1] for step in moving.steps] == ["1", "-inf"]
    assert moving.svg().count('class="part') == 1


def test_what_a_folded_part_of_many_numbers_gets_is_counted():
    """Its gradients are many, and none of them is told."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0]]
    loss = sum((net(row)[0] - 1.0) ** 2 for row in X)
    moving = motion(loss.backtrack())
    counted = [step for step in moving.steps if step.amount is None]
    assert counted
    assert all(step.said.endswith(" gradients") for step in counted)
    assert ElementTree.fromstring(moving.svg()) is not None
