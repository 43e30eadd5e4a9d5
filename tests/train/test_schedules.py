"""The schedules, against PyTorch and on paper."""

from __future__ import annotations

import math
import pickle
import re

import pytest

from jangrad import MLP, fit
from jangrad.errors import ConfigError
from jangrad.train.schedules import constant, cosine, exponential, rate_at, step_decay, warm_up

PEERS = {
    "step": (step_decay(0.5, 30, 0.3), "StepLR", {"step_size": 30, "gamma": 0.3}),
    "exponential": (exponential(0.5, 0.97), "ExponentialLR", {"gamma": 0.97}),
    "cosine": (cosine(0.5, 120, to=0.01), "CosineAnnealingLR", {"T_max": 120, "eta_min": 0.01}),
}


@pytest.mark.parametrize(
    "schedule", [constant(0.1), *(peer[0] for peer in PEERS.values()), warm_up(5, cosine(0.1, 9))]
)
def test_a_schedule_may_be_sent_to_another_process(schedule):
    again = pickle.loads(pickle.dumps(schedule))
    assert [again(step) for step in range(40)] == [schedule(step) for step in range(40)]


@pytest.mark.parametrize("name", PEERS)
def test_rates_are_those_of_pytorch(name):
    """A hundred and twenty rates agree with torch.optim.lr_scheduler to 1e-12."""
    torch = pytest.importorskip("torch")
    ours, peer, options = PEERS[name]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule = getattr(torch.optim.lr_scheduler, peer)(optimizer, **options)
    for step in range(120):
        assert ours(step) == pytest.approx(schedule.get_last_lr()[0], rel=1e-12)
        optimizer.step()
        schedule.step()


def test_cosine_stays_at_its_end():
    """After its last step the cosine does not rise again."""
    schedule = cosine(1.0, 10, to=0.25)
    assert schedule(5) == pytest.approx(0.625)
    assert [schedule(step) for step in (10, 11, 1000)] == [0.25] * 3


def test_warm_up_leads_into_any_schedule():
    """The rise ends where the next schedule begins, and composes with every other."""
    schedule = warm_up(4, then=cosine(1.0, 10))
    assert [schedule(step) for step in range(4)] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert schedule(4) == 1.0
    assert schedule(9) == cosine(1.0, 10)(5)
    assert warm_up(2, then=step_decay(1.0, 3, 0.5))(5) == 0.5
    assert warm_up(3, then=2.0)(100) == 2.0


def test_constant():
    """The constant schedule is constant."""
    assert {constant(0.3)(step) for step in range(10)} == {0.3}


BAD = [
    (lambda: constant(0.0), "`rate` is 0.0, but needs rate > 0"),
    (lambda: step_decay(0.1, 0), "`every` is 0, but needs an integer >= 1"),
    (lambda: step_decay(0.1, 2.5), "`every` is 2.5, but needs an integer >= 1"),
    (lambda: step_decay(0.1, 2, 1.5), "`factor` is 1.5, but needs factor > 0 and factor <= 1"),
    (lambda: exponential(0.1, 0.0), "`factor` is 0.0, but"),
    (lambda: cosine(0.1, 10, to=0.2), "`to` is 0.2, but needs to >= 0 and to <= 0.1"),
    (lambda: cosine(0.1, -1), "`steps` is -1, but"),
    (lambda: warm_up(0, then=0.1), "`steps` is 0, but"),
    (lambda: warm_up(5, then=-0.1), "`then` is -0.1, but needs then > 0"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_settings_out_of_range(make, message):
    """Each wrong setting is refused by name, with the value seen and the range."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        make()


@pytest.mark.parametrize("rate", [math.nan, -0.1, None, "fast"])
def test_a_schedule_that_gives_no_rate(rate):
    """A user's own schedule is checked at each step, and the step is named."""
    with pytest.raises(ConfigError, match=r"the schedule gave .* at step 7"):
        rate_at(lambda step: rate, 7)


def test_a_schedule_is_asked_for_steps_that_are_not_made_where_a_training_ends_early():
    """Machine code asks for a whole burst: what counts its calls counts more than steps."""
    counts = {}
    for engine in ("eager", "native"):
        calls = []
        history = fit(
            MLP(1, [4, 1], "tanh", seed=0),
            [[0.1 * i] for i in range(10)],
            [0.01 * i for i in range(10)],
            schedule=lambda step, calls=calls: calls.append(step) or 5.0,
            optimizer="sgd",
            steps=600,
            engine=engine,
            progress=False,
        )
        assert history.stopped_by == "diagnosis"
        counts[engine] = len(calls) - len(history)
    assert counts["eager"] == 0 <= counts["native"]
