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


def trace(values, steps):
    """Looks at equal distances, the last of them now."""
    values = list(values)
    gap = steps / max(1, len(values) - 1)
    return {"steps": [round(gap * k) for k in range(len(values))], "values": values}


FALLING = [1.0 - 0.008 * k for k in range(120)]
SPIKES = [1.0 / (k + 1) * (5 if k % 2 else 1) for k in range(200)]


def run(
    steps=500,
    loss=0.1,
    rate=0.1,
    first=1.0,
    broke=-1,
    right=0.9,
    curve=(),
    held=(),
    held_right=0.8,
    changes=(),
):
    return {
        "training": {"steps": steps},
        "loss": loss,
        "rate": rate,
        "first": first,
        "broke": broke,
        "right": right,
        "curve": trace(curve or [first, loss], steps),
        "changes": changes,
        "held": {"rows": len(held)},
        "heldCurve": trace(held, steps),
        "heldRight": held_right,
    }


@pytest.mark.parametrize(
    ("runs", "says", "bad"),
    [
        ([run(steps=0)], "Press play", False),
        (
            [run(broke=1234, loss=None, rate=3)],
            "Exploded at step 1,234: at rate 3.*compare with the rate 0.3",
            True,
        ),
        (
            [{**run(steps=0, rate=3), "back": True}],
            "Back at the start.*At rate 3 .*such as 0.3",
            True,
        ),
        ([run(loss=2.5, rate=1)], "Worse than at the start.*compare with the rate 0.1", True),
        ([run(curve=[1.0, 3.0, *[0.6] * 40])], "Learning: the loss is 60 %", False),
        ([run(curve=[0.1, *[0.5] * 40], changes=[{"step": 0}])], "Worse than at the start", True),
        (
            [run(curve=[*[0.1] * 21, *[0.5] * 20], changes=[{"step": 250, "rate": 0.1}])],
            "Worse than before the last change",
            True,
        ),
        (
            [run(curve=[1.0, *[0.4, 0.9] * 50], rate=1)],
            "jumps up and down.*compare with the rate 0.3",
            True,
        ),
        ([run(curve=[1.0, *[0.4, 0.9] * 50], steps=90, right=0.5)], "The loss|Learning", False),
        ([run(curve=[1.0, *[0.01, 0.05] * 50], rate=1)], "Learning", False),
        ([run(curve=SPIKES, rate=1)], "Learning", False),
        ([run(curve=FALLING)], "Learning: the loss is 8 %", False),
        (
            [run(curve=FALLING, held=[0.9] * 30 + [0.2] * 45 + [0.5] * 45)],
            "Learning by heart",
            False,
        ),
        ([run(curve=FALLING, held=[0.2] * 75 + [0.22] * 45)], "Learning: the loss", False),
        ([run(curve=FALLING, held=[0.2] * 60 + [0.01] + [0.2] * 59)], "Learning: the loss", False),
        (
            [run(curve=FALLING, held=[0.1] * 75 + [0.5] * 45, held_right=1)],
            "Learning: the loss",
            False,
        ),
        ([run(right=1)], "Every training row is right", False),
        (
            [run(loss=0.99, rate=0.01)],
            "Hardly moving after 500 steps: compare with the rate 0.03",
            False,
        ),
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


WATCH = """
globalThis.OWN_NETWORK = null;
const {begin, dataOf, firstState, fromAddress, look} = await import("./model.mjs");
const {verdictOf} = await import("./verdict.mjs");
const s = fromAddress(given.address, firstState({})), data = dataOf(s, null), found = [];
const [run] = begin(s, data, null);
for (look(run, data); run.training.steps < given.steps && run.broke < 0; look(run, data)) {
  for (let k = 0; k < s.speed; k++) run.training.step();
  const {text, bad} = verdictOf([run], data);
  found.push([run.training.steps, run.loss, Boolean(bad), text]);
}
"""


def watched(folder, address, steps):
    """What is said every 10 steps of a training of the page's own, which nobody typed in."""
    for file in ASSETS.iterdir():
        if file.name.endswith(".mjs") and not (folder / file.name).exists():
            (folder / file.name).write_text(file.read_text())
    (folder / "verdict.mjs").write_text((ASSETS / "verdict.mjs").read_text())
    return in_node(folder, WATCH, {"address": address, "steps": steps})


@pytest.mark.parametrize("rate", [0.3, 0.1, 0.03])
def test_a_training_that_gets_there_is_not_warned_of(folder, rate):
    """Its mini-batches make the loss leap for thousands of steps, far below where it began."""
    said = watched(folder, f"set=moons&loss=squared_error&rates={rate}", 6000)
    assert said[-1][1] < 0.1
    assert [(step, text) for step, _, bad, text in said if bad or "by heart" in text] == []


def test_a_rate_at_which_the_loss_leaps_for_good_is_warned_of(folder):
    said = watched(
        folder, "set=moons&noise=0.5&rates=0.2&loss=squared_error&net=4.tanh&batch=1", 4000
    )
    late = [bad for step, _, bad, _ in said if step > 2700]
    assert sum(late) > 0.9 * len(late)
    assert "compare with the rate 0.07" in said[-1][3]


def test_few_rows_and_many_neurons_learn_by_heart(folder):
    said = watched(folder, "set=moons&noise=0.4&rows=60&net=12.tanh~12.tanh", 5000)
    assert said[-1][3].startswith("Learning by heart")
    assert not any("by heart" in text for step, _, _, text in said if step < 1000)


def test_without_points_it_says_how_to_make_some(folder):
    assert "draw points" in say(folder, [run(steps=0)], points=0)["text"]
