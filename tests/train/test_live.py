"""`fit(..., live=True)`: the curve below the bar or in a notebook; the steps are as without."""

import io
import math
import sys
from types import ModuleType, SimpleNamespace

import pytest
import rich.console

from jangrad import MLP, fit
from jangrad.datasets import moons
from jangrad.errors import ConfigError
from jangrad.show.live_loss import LiveLoss
from jangrad.train.progress import Bar

X, Y = moons(30, seed=0)


def trained(**options):
    net = MLP(2, [4, 1], "tanh", seed=0)
    return fit(net, X, Y, optimizer="sgd", learning_rate=0.1, **options)


@pytest.fixture
def terminal(monkeypatch):
    """What is written on a terminal of 80 columns."""
    out, made = io.StringIO(), rich.console.Console
    monkeypatch.setattr(
        rich.console,
        "Console",
        lambda stderr: made(file=out, width=80, force_terminal=True, color_system=None),
    )
    return out


@pytest.fixture
def notebook(monkeypatch):
    """What a kernel was given to display, one after the other, and in which output."""
    shown = []

    def display(data, raw, display_id):
        assert (raw, display_id) == (True, True)
        shown.append(("new", data))
        return SimpleNamespace(update=lambda data, raw: shown.append(("same", data)))

    module, part = ModuleType("IPython"), ModuleType("IPython.display")
    module.get_ipython = lambda: SimpleNamespace(kernel=object())
    part.display = display
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", part)
    return shown


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_the_steps_are_the_same(terminal, engine):
    """To the last bit, and by the same engine."""
    assert trained(steps=60, engine=engine, live=True) == trained(steps=60, engine=engine)


def test_a_terminal_shows_the_curve_below_the_bar(terminal):
    """No line is wider than the terminal; the labels are the least and the largest loss."""
    history = trained(steps=60, live=True)
    end = terminal.getvalue().replace("\r", "\n").splitlines()[-8:]
    bar = next(i for i, line in enumerate(end) if "60/60" in line)
    curve = end[bar + 1 : bar + 7]
    assert len(curve) == 6
    assert max(map(len, curve)) <= 80
    assert float(curve[0].split()[0]) == pytest.approx(max(history.loss), rel=0.01)
    assert float(curve[-1].split()[0]) == pytest.approx(min(history.loss), rel=0.01)
    assert all(any("\u2800" < c <= "\u28ff" for c in line) for line in curve)


def test_without_braille_it_is_drawn_in_points(monkeypatch):
    out, made = io.TextIOWrapper(io.BytesIO(), encoding="ascii"), rich.console.Console
    monkeypatch.setattr(
        rich.console, "Console", lambda stderr: made(file=out, width=80, color_system=None)
    )
    trained(steps=20, live=True)
    out.flush()
    said = out.buffer.getvalue().decode("ascii")
    assert "20/20" in said
    assert ".." in said.splitlines()[-2]


def test_a_notebook_updates_one_output(notebook):
    """In place: one output is made, the others replace what is in it."""
    history = trained(steps=60, validation=(X[:6], Y[:6]), live=True)
    places = [place for place, _ in notebook]
    assert places == ["new"] + ["same"] * (len(places) - 1)
    assert len(places) >= 2
    last = notebook[-1][1]
    assert f"loss {history.loss[-1]:.4g}" in last["text/plain"]
    assert "60 of 60 steps" in last["text/plain"]
    assert last["text/html"].count("<polyline") == 2  # training and validation
    assert f"{max(history.loss):.3g}</text>" in last["text/html"]


def test_a_run_that_ends_early_shows_its_end(notebook):
    """Also where the last step was not due to be drawn."""
    history = trained(
        steps=5000, live=True, callbacks=[lambda step: step.step == 4321], engine="eager"
    )
    assert history.stopped_by == "callback"
    assert "4,322 of 5,000 steps" in notebook[-1][1]["text/plain"]


def test_what_a_notebook_shows_is_small(notebook):
    """However many steps there are: it is sent again and again."""
    with Bar(10**6, False, live=True) as bar:
        losses = [1.0 / (1 + i) for i in range(10**6)]
        measured = [{"step": i, "loss": 2.0 / (1 + i)} for i in range(0, 10**6, 100)]
        bar.show(losses, measured, native=True, last=True)
    assert len(notebook[-1][1]["text/html"]) < 16_000


def test_both_live_and_silent_is_refused():
    with pytest.raises(ConfigError, match=r"`live=True` and `progress=False`"):
        trained(steps=3, live=True, progress=False)


@pytest.mark.parametrize("sizes", [[1] * 50, [50], [7, 1, 30, 12], [3, 3, 44]])
def test_groups_do_not_depend_on_when_they_were_looked_at(sizes):
    """Bursts of any length; each group has the least and the largest of its losses."""
    losses = [math.sin(3.0 * i) for i in range(50)]
    live, seen = LiveLoss(most=8), 0
    for size in sizes:
        seen += size
        live.take(losses[:seen])
    groups = [losses[i : i + live.width] for i in range(0, 50, live.width)]
    assert len(groups) <= 8
    assert live.lows == [min(g) for g in groups]
    assert live.highs == [max(g) for g in groups]


def test_losses_that_are_no_numbers_are_left_out():
    live = LiveLoss(most=4)
    live.take([1.0, math.nan, math.inf, 3.0, math.nan, math.nan, 5.0, 0.0])
    assert (live.lows[0], live.highs[1]) == (1.0, 3.0)
    assert math.isnan(live.lows[2])
    assert live.lows[3:] == [0.0]
    assert "nan" not in live.svg().partition(">")[2]
