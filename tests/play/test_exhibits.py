"""The museum's code is run, and the page's curves are those of the code."""

import json
import warnings

import pytest
from tests.play.test_page_kernels import ASSETS, folder, in_node

from jangrad import MLP, datasets, fit, nn
from jangrad.play.exhibits import MUSEUM
from jangrad.train import SGD

__all__ = ["folder"]  # the fixture
EXHIBITS = {exhibit.key: exhibit for exhibit in MUSEUM}


@pytest.fixture(scope="module")
def curves(folder):
    """What the page draws, of each exhibit the wrong and the right curve."""
    for name in ("sets.mjs", "mistakes.mjs"):
        (folder / name).write_text((ASSETS / name).read_text())
    return in_node(
        folder,
        """
const {RUNS} = await import("./mistakes.mjs");
const found = Object.fromEntries(Object.entries(RUNS).map(([key, {steps, begin}]) =>
  [key, [false, true].map(right => {
    const run = begin(right);
    return Array.from({length: steps}, () => String(run()));
  })]));
""",
        None,
    )


def losses_of(code):
    names = {"MLP": MLP, "datasets": datasets, "fit": fit, "nn": nn, "SGD": SGD}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        exec(compile(code, "exhibit", "exec"), names)
    return names["losses"]


@pytest.mark.parametrize("key", sorted(EXHIBITS.keys() - {"assigned"}))
def test_the_curves_are_those_of_the_code(curves, key):
    """As far as `fit` goes on with it."""
    for code, curve in zip((EXHIBITS[key].wrong, EXHIBITS[key].right), curves[key], strict=True):
        found = losses_of(code)
        numbers = [float(x.replace("Infinity", "inf").replace("NaN", "nan")) for x in curve]
        assert len(found) in (len(numbers), *range(5, 20))
        expected = pytest.approx(found, rel=1e-9, abs=1e-12, nan_ok=True)
        assert numbers[: len(found)] == expected


def test_every_sign_shows(curves):
    """What is said of the wrong curves is so."""
    read = json.JSONDecoder(parse_constant=float).decode
    found = {key: [[read(x) for x in curve] for curve in pair] for key, pair in curves.items()}
    last = {key: (wrong[-1], right[-1]) for key, (wrong, right) in found.items()}
    swings = found["zero_grad"][0]
    assert sum(b > a + 0.05 for a, b in zip(swings, swings[4:], strict=False)) > 20
    assert last["overflow"][0] != last["overflow"][0]
    assert last["overflow"][1] < 1e-4
    assert all(wrong > right for wrong, right in list(zip(*found["zero_grad"], strict=True))[75:])
    for key in ("zero_grad", "rate", "dead", "zeros", "unscaled", "loss"):
        assert last[key][0] > 1.5 * last[key][1]
    assert last["assigned"][0] > last["assigned"][1]
    assert max(found["zeros"][0]) - min(found["zeros"][0]) < 1e-3
