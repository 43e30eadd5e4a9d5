"""What the page says about a training, for each that it can tell."""

import re

import pytest
from tests.play.test_page_kernels import ASSETS, folder, in_node

__all__ = ["folder"]  # the fixture


def say(folder, runs, points=10):
    for name in ("verdict.mjs", "words.mjs"):
        (folder / name).write_text((ASSETS / name).read_text())
    return in_node(
        folder,
        """
const {verdictOf} = await import("./verdict.mjs");
for (const run of given.runs) if (run.loss === null) run.loss = NaN;
const found = verdictOf(given.runs, {X: Array(given.points)}, {});
""",
        {"runs": runs, "points": points},
    )


def run(steps=500, loss=0.1, rate=0.1, first=1.0, broke=-1, right=0.9, curve=(), held=()):
    return {
        "training": {"steps": steps},
        "loss": loss,
        "rate": rate,
        "first": first,
        "broke": broke,
        "right": right,
        "curve": {"values": list(curve)},
        "held": {"rows": len(held)},
        "heldCurve": {"values": list(held)},
        "heldLoss": held[-1] if held else None,
    }


@pytest.mark.parametrize(
    ("runs", "says", "bad"),
    [
        ([run(steps=0)], "Press play", False),
        ([run(broke=1234, loss=None, rate=3)], "Exploded at step 1,234: at rate 3.*Try 0.3", True),
        ([run(loss=2.5, rate=1)], "Worse than at the start.*0.1", True),
        ([run(curve=[0.1, 0.5] * 20, rate=1)], "jumps up and down.*Try the rate 0.3", True),
        ([run(curve=[2.0 - 0.04 * k for k in range(40)])], "Learning: the loss is 10 %", False),
        ([run(loss=0.01, held=[0.9, 0.2, 0.5])], "Learning by heart", False),
        ([run(right=1)], "Every training row is right", False),
        ([run(loss=0.99, rate=0.01)], "Hardly moving after 500 steps: try the rate 0.03", False),
        ([run(steps=0), run(steps=0)], "only the rate differs", False),
        (
            [run(loss=0.2, rate=0.3), run(loss=0.1, rate=0.03), run(broke=5, rate=3)],
            "Lowest loss: rate 0.03. Rate 3 exploded",
            False,
        ),
        ([run(broke=5, rate=3), run(broke=7, rate=30)], "Rate 3 and 30 exploded", True),
    ],
)
def test_what_is_said(folder, runs, says, bad):
    found = say(folder, runs)
    assert bool(found.get("bad")) == bad
    assert re.search(says, found["text"]), found


def test_without_points_it_says_how_to_make_some(folder):
    assert "draw points" in say(folder, [run(steps=0)], points=0)["text"]
