"""Plots: what is on the axes, for runs and planes of each kind."""

import matplotlib as mpl
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from jangrad import MLP, Value, fit, plot_decision_boundary, plot_history
from jangrad.datasets import blobs, moons
from jangrad.errors import DataError, ShapeError
from jangrad.show import plot_dead_units, plot_weights
from jangrad.show.plots import FAINT, ink
from jangrad.train import History
from jangrad.train.diagnosis import Diagnosis


@pytest.fixture(autouse=True)
def closed():
    """No figure is left open."""
    yield
    plt.close("all")


def history(losses, **more):
    return History(loss=losses, rate=[0.1] * len(losses), gradient_norm=losses, **more)


def test_one_run_is_one_line_over_its_steps():
    """A wide range of losses gets a logarithmic axis, a narrow one does not."""
    ax = history([100.0, 10.0, 1.0, 0.1]).plot()
    assert ax.get_yscale() == "log"
    assert list(ax.lines[0].get_ydata()) == [100.0, 10.0, 1.0, 0.1]
    assert ax.get_xlabel() == "step"
    assert history([4.0, 3.0, 2.5]).plot().get_yscale() == "linear"


def test_a_loss_of_zero_lies_at_zero():
    """And not at half of the smallest loss that a logarithm has; the axis says where 0 is."""
    ax = history([4.0, 1e-3, 2e-5, 0.0, 0.0], validation={"step": [4], "loss": [0.0]}).plot()
    assert list(ax.lines[0].get_ydata()) == [4.0, 1e-3, 2e-5, 0.0, 0.0]
    assert list(ax.lines[1].get_ydata()) == [0.0]
    assert ax.get_yscale() == "symlog"
    assert ax.get_ylim()[0] == 0.0
    assert 0.0 in ax.get_yticks()
    places = [ax.transData.transform((0.0, y))[1] for y in (0.0, 2e-5, 1e-3, 4.0)]
    assert places[1] - places[0] > 10.0
    assert places[2] - places[1] > places[1] - places[0]
    assert history([4.0, 2e-5, 5e-324, 0.0]).plot().get_yscale() == "symlog"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ([History(), History()], r"`histories` is \[History(.|\n)*try: \{\"one\": history"),
        (3, r"`histories` is 3 \(int\), not what `fit` returned"),
        ({"a": [History()]}, r"`histories\['a'\]` is \[History"),
    ],
)
def test_what_is_no_run_is_refused(given, match):
    """With the way to draw several."""
    with pytest.raises(DataError, match=match):
        plot_history(given)


def test_names_with_letters_that_act():
    """They are escaped: matplotlib writes texts into its SVG as they are."""
    ax = plot_history({"a\x1b[2J": history([4.0, 3.0])})
    assert r"a\x1b[2J" in {text.get_text() for text in ax.texts}


def test_several_runs_are_named_and_coloured_apart():
    """Each with its name at its end."""
    ax = plot_history({"slow": history([4.0, 3.0]), "fast": history([4.0, 1.0])})
    assert {"slow", "fast"} <= {text.get_text() for text in ax.texts}
    assert len({line.get_color() for line in ax.lines}) == 2


def test_a_run_that_came_to_grief_says_so():
    """The diagnosis stands at its end."""
    net = MLP(3, [4, 4, 1], "leaky_relu", seed=0)
    X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5]]
    run = fit(net, X, [1.0, -1.0], optimizer="sgd", learning_rate=5.0, steps=50, progress=False)
    ax = plot_history(run)
    assert any("divergence" in text.get_text() for text in ax.texts)
    assert any(line.get_marker() == "^" for line in ax.lines)
    stuck = history([4.0, 4.0], diagnosis=Diagnosis("stall", 1, "it stalled"))
    assert any(line.get_marker() == "X" for line in stuck.plot().lines)


def test_a_divergence_leaves_the_picture():
    """Its line goes on through the upper edge, where an arrow says how far, and by which step; a
    plateau there would be no number of the run's. A run that did not diverge is never cut.
    """
    gone = Diagnosis("divergence", 3, "it diverged")
    ax = plot_history(history([7.73, 24.3, 603.0, 3.315e13], diagnosis=gone))
    assert list(ax.lines[0].get_ydata()) == [7.73, 24.3, 603.0, 3.315e13]
    assert ax.get_ylim()[1] == 7730.0
    assert "divergence, to 3.32e+13 at step 3" in [text.get_text() for text in ax.texts]
    (arrow,) = [line for line in ax.lines if line.get_marker() == "^"]
    assert 2.0 < arrow.get_xdata()[0] < 3.0
    assert arrow.get_ydata()[0] == 7730.0
    ax = plot_history(
        {"good": history([1e-6, 5.0, 4.0]), "bad": history([1.0, 1e9], diagnosis=gone)}
    )
    assert list(ax.lines[0].get_ydata()) == [1e-6, 5.0, 4.0]
    assert ax.get_ylim()[1] == 1000.0
    assert {"good", "bad: divergence, to 1e+09 at step 1"} <= {t.get_text() for t in ax.texts}


def test_the_thick_line_is_the_mean():
    """Of the losses around each step, zeros among them; a mean of logarithms would lie far below
    what was lost.
    """
    losses = [0.4 if i % 2 else 0.2 if i % 4 else 0.0 for i in range(400)]
    thick = history(losses).plot().lines[1]
    assert list(thick.get_ydata())[10:390] == pytest.approx([0.25] * 380, abs=0.03)


def test_steps_are_whole_numbers():
    """Half a step was never made."""
    ax = history([4.0, 3.0, 2.5]).plot()
    ax.figure.canvas.draw()
    assert all(float(x).is_integer() for x in ax.get_xticks())


def test_an_eighth_run_is_told_from_the_first():
    """There are seven colours; after them lines are dashed."""
    ax = plot_history({f"run {i}": history([4.0, 3.0 - i / 10]) for i in range(8)})
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 8


def contrast(one, other):
    """WCAG 2.2's ratio of the luminances of two colours."""
    from matplotlib.colors import to_rgb

    def luminance(colour):
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(to_rgb(one)), luminance(to_rgb(other))))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_plots_keep_to_the_style(style):
    """Texts stand out by 4.5 at least and lines by 3, on whatever ground matplotlib was given."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    X, _ = moons(20, seed=0)
    with plt.style.context(style):
        for ax in (
            plot_history({"slow": history([4.0, 3.0]), "fast": history([4.0, 1.0])}),
            plot_weights(net),
            plot_dead_units(net, X),
        ):
            ax.figure.canvas.draw()
            ground = ax.get_facecolor()
            own = {text.get_color() for text in ax.texts if text.get_text()} - {ink()}
            texts = [ax.title, ax.xaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
            for text in texts:
                if text.get_text():
                    assert contrast(text.get_color(), ground) >= 4.5
            for colour in own | {line.get_color() for line in ax.lines} - {FAINT}:
                assert contrast(colour, ground) >= 3.0, colour


def test_a_list_of_losses_is_a_run():
    """As a training loop of one's own collects them, Values too."""
    ax = plot_history({"ours": [4.0, 2, Value(1.0)], "theirs": history([4.0, 3.0])})
    assert list(ax.lines[0].get_ydata()) == [4.0, 2.0, 1.0]
    assert list(plot_history([3.0, 2.0]).lines[0].get_ydata()) == [3.0, 2.0]


def test_validation_is_dashed():
    """And named."""
    run = history([4.0, 3.0, 2.0], validation={"step": [0, 1, 2], "loss": [5.0, 4.0, 4.5]})
    ax = plot_history(run)
    assert any(line.get_linestyle() == "--" for line in ax.lines)
    assert any("validation" in text.get_text() for text in ax.texts)


def test_it_draws_where_it_is_told():
    """On the given axes, and on no other figure."""
    _, given = plt.subplots()
    assert plot_history(history([1.0, 0.5]), given) is given
    assert len(plt.get_fignums()) == 1


def test_nothing_to_draw_is_said():
    """An empty run, or one that is nan throughout."""
    with pytest.raises(DataError, match="no finite loss"):
        plot_history(history([]))


def test_boundary_of_two_classes_and_of_several():
    """Two regions and a line; one region a class; every row is drawn."""
    X, y = moons(20, seed=0)
    net = MLP(2, [4, 1], "tanh", seed=0)
    fit(net, X, y, steps=20)
    ax = plot_decision_boundary(net, X, y)
    assert sum(len(c.get_offsets()) for c in ax.collections if len(c.get_offsets()) > 1) >= 20
    X, labels = blobs(30, seed=0)
    three = MLP(2, [4, len(set(labels))], "tanh", seed=0)
    assert plot_decision_boundary(three, X, labels).get_legend() is not None


def test_boundary_of_rows_that_have_no_plane():
    """Three inputs, or no rows."""
    net = MLP(3, [1], seed=0)
    with pytest.raises(ShapeError, match="rows of two numbers"):
        plot_decision_boundary(net, [[1.0, 2.0, 3.0]], [1.0])
