"""The curves of losses on a canvas, by the lines that are drawn."""

from tests.play.test_page_kernels import ASSETS, folder, in_node

__all__ = ["folder"]  # the fixture


def painted(folder, values, **options):
    """The heights of a curve's points in a frame of 100 pixels, 8 of them above it."""
    for name in ("curves.mjs", "words.mjs"):
        (folder / name).write_text((ASSETS / name).read_text())
    return in_node(
        folder,
        """
const {paintCurves} = await import("./curves.mjs");
const heights = [];
const pen = {lineTo: (x, y) => heights.push(y), moveTo: (x, y) => heights.push(y)};
const context = new Proxy(pen, {get: (o, name) => o[name] ?? (() => {}), set: () => true});
const canvas = {width: 300, height: 120, clientWidth: 300, getContext: () => context};
const series = [{steps: given.values.map((v, k) => k), values: given.values, colour: "red"}];
paintCurves(canvas, series, {}, given.options);
const found = heights.slice(-given.values.length);
""",
        {"values": values, "options": options},
    )


def test_what_is_too_high_leaves_the_frame(folder):
    """A loss that explodes looks like none that stays at the upper edge."""
    heights = painted(folder, [1.0, 10.0, 1e20, 1e30], most=100.0)
    assert heights[0] > heights[1] > 8.0
    assert heights[2] < 0.0
    assert heights[3] < 0.0
    inside = painted(folder, [1.0, 10.0, 100.0, 100.0], most=100.0)
    assert min(inside) >= 8.0
