"""Pictures that move without a script, in a real browser: at each moment, at rest, on paper."""

import pytest
from tests.browser.page_trees import five_lines

from jangrad import MLP, fit
from jangrad.datasets import moons
from jangrad.train import load_run

# The texts that are seen, those of boxes and captions alone, in the order of the picture.
SEEN = """() => [...document.querySelectorAll("text")]
  .filter(t => { for (let e = t; e.nodeType === 1; e = e.parentNode) {
    const s = getComputedStyle(e); if (s.display === "none" || s.opacity === "0") return false; }
    return true; }).map(t => t.textContent)"""
SEEK = """seconds => { for (const a of document.getAnimations()) {
  a.pause(); a.currentTime = 1000 * seconds; } }"""


@pytest.fixture
def shown(browser, tmp_path):
    """`shown(svg)` opens a picture."""
    pages = []

    def open_(picture, calm=False):
        file = tmp_path / "picture.svg"
        file.write_text(picture, encoding="utf-8")
        page = browser.new_page(reduced_motion="reduce" if calm else "no-preference")
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.close()


def test_the_backward_pass_happens(shown):
    """At first values alone, then sums that grow, at the end every gradient."""
    page = shown(five_lines().svg(animate=True))

    def at(seconds):
        page.evaluate(SEEK, seconds)
        return page.evaluate(SEEN)

    assert not [text for text in at(0.5) if "grad" in text]
    assert "forward: the values" in at(0.5)
    assert "10  grad 1" in at(1.5)
    flying = at(6.3)  # d hands to a
    assert "+3" in flying
    assert "2" in flying
    assert "de/da += de/dd * ∂d/∂a = 1 * 3 = 3" in flying
    assert "2  grad 3" in at(7.4)
    assert "2  grad 7" in at(14.0)
    assert "+4" not in at(14.0)
    assert "backward: the gradients" in at(14.0)


def test_at_rest_and_on_paper_all_is_there(shown):
    """Nothing runs for those who asked for calm; what is printed is the end."""
    tree = five_lines()
    still = shown(tree.svg()).evaluate(SEEN)
    calm = shown(tree.svg(animate=True), calm=True)
    assert calm.evaluate("document.getAnimations().length") == 0
    assert calm.evaluate(SEEN) == still
    moving = shown(tree.svg(animate=True))
    assert moving.evaluate("document.getAnimations().length") > 20
    moving.emulate_media(media="print")
    assert moving.evaluate(SEEN) == still


def test_a_training_moves(shown, tmp_path):
    """Lines have other widths at the end than at the beginning; the note says the step."""
    X, y = moons(20, seed=0)
    net = MLP(2, [3, 1], "tanh", seed=0)
    fit(net, X, y, loss="hinge", steps=12, learning_rate=0.3, record=tmp_path / "run")
    picture = load_run(tmp_path / "run").animate(tmp_path / "w.svg", net).read_text("utf-8")
    page = shown(picture)
    lines = "[...document.querySelectorAll('line.w')]"
    widths = f"() => {lines}.map(line => getComputedStyle(line).strokeWidth)"
    page.evaluate(SEEK, 0.0)
    first, notes = page.evaluate(widths), page.evaluate(SEEN)
    assert any(note.startswith("step 0, loss") for note in notes)
    page.evaluate(SEEK, 7.0)
    assert page.evaluate(widths) != first
    assert "step 12" in page.evaluate(SEEN)
    assert not any(note.startswith("step 0") for note in page.evaluate(SEEN))
    assert shown(picture, calm=True).evaluate(SEEN)[-1] == "step 12"
