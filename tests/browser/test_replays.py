"""The pages of a race and of a recorded training in a real browser: no error, no request, and the
numbers of Python."""

from types import SimpleNamespace

import pytest
from tests.browser.test_page_quality import measured

from jangrad import MLP, fit, race, recording
from jangrad.datasets import moons
from jangrad.nn import squared_error

X, Y = moons(24, seed=0)
STEPS = 60


def small():
    return MLP(2, [5, 1], "tanh", seed=0)


@pytest.fixture(scope="module")
def raced():
    return race(small(), X, Y, [0.01, 0.1, 3.0], steps=STEPS)


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    fit(small(), X, Y, steps=STEPS, optimizer="sgd", learning_rate=0.1, record=folder / "r")
    return recording(folder / "r")


def of(text):
    return SimpleNamespace(page=lambda: text)


def go_to(page, moment):
    page.locator("#at").fill(str(moment))
    page.wait_for_timeout(60)


def number(text):
    return float(text.replace("\u2212", "-"))


def test_a_race_plays_all_rates_at_one_moment(opened, raced):
    page = opened(of(raced.page()))
    assert page.locator(".lane h2").all_text_contents() == ["rate 0.01", "rate 0.1", "rate 3"]
    assert page.locator(".lane .kind").all_text_contents() == [
        lane.verdict.kind for lane in raced.lanes
    ]
    for moment in (0, 20, 59):
        go_to(page, moment)
        page.get_by_text(f"step {moment}", exact=True).first.wait_for(timeout=5000)
        losses = page.locator(".lane .now b").all_text_contents()
        for said, lane in zip(losses[:2], raced.lanes, strict=False):
            loss = number(said.removeprefix("loss "))
            assert loss == pytest.approx(lane.history.loss[moment], rel=6e-3)
    lost = f"lost after {len(raced.lanes[2].history)} steps"
    assert lost in page.locator(".lane .now").nth(2).text_content()
    assert page.is_visible("#sharp")


def test_a_race_plays_by_itself_and_stops(opened, raced):
    page = opened(of(raced.page()))
    page.click("#play")
    assert page.locator("#play").get_attribute("aria-label") == "pause"
    page.locator("#step", has_text="step 5").wait_for()
    page.click("#play")
    stopped = page.locator("#step").text_content()
    page.wait_for_timeout(250)
    assert page.locator("#step").text_content() == stopped
    page.locator("#at").press("ArrowRight")
    page.wait_for_timeout(60)
    assert page.locator("#step").text_content() != stopped


def test_a_neuron_is_shown_in_all_networks_at_once(opened, raced):
    page = opened(of(raced.page()))
    page.locator(".net .neuron").nth(3).click()
    page.wait_for_timeout(60)
    assert page.locator(".neuron.chosen").count() == 3
    assert "neuron 2 of layer 1" in page.locator(".map").nth(1).get_attribute("aria-label")


def test_the_scalars_of_any_row_at_any_step(opened, machine):
    """The stepper opens with the loss that Python computes for that row at that step."""
    page = opened(of(machine.page(X, Y)))
    go_to(page, 25)
    page.locator("#row").fill("7")
    page.wait_for_timeout(60)
    net = machine.at(25)
    answer = net(X[7])[0].data
    said = page.locator("#rowsays").text_content()
    assert number(said.split("answers ")[1].split(";")[0]) == pytest.approx(answer, rel=6e-3)
    page.click("#scalars")
    inside = page.frame_locator("#frame")
    inside.locator("#title").wait_for()
    assert inside.locator("#title").text_content() == "The loss of row 7 after 25 steps"
    loss = squared_error([net(X[7])], [Y[7]]).data
    inside.locator("#boxes", has_text=f"{loss:.6g}").wait_for()
    page.click("#shut")
    assert not page.is_visible("#frame")


def test_two_branches_beside_the_recording(opened, machine):
    """By a rate and by a weight; each says from where, and can be taken away."""
    page = opened(of(machine.page(X, Y)))
    assert page.is_disabled("#go")
    go_to(page, 20)
    page.locator("#rate").fill("0.3")
    page.locator("#rate").press("Enter")
    page.click("#go")
    go_to(page, 30)
    page.locator("#weight").fill("-1.5")
    page.locator("#weight").press("Enter")
    assert "\u2212" + "1.5" in page.locator("#pending").text_content()
    page.click("#go")
    assert page.locator(".lane h2").all_text_contents() == ["as recorded", "branch 1", "branch 2"]
    said = page.locator(".lane .words").all_text_contents()
    assert said[1].startswith("From step 20: rate 0.3.")
    assert said[2].startswith("From step 30: layers.0.neurons.0.weights.0")
    net = small()
    rates = lambda step: 0.1 if step < 20 else 0.3
    history = fit(net, X, Y, steps=STEPS, optimizer="sgd", schedule=rates)
    page.wait_for_timeout(60)
    shown = page.locator(".lane .now b").nth(1).text_content().removeprefix("loss ")
    assert number(shown) == pytest.approx(history.loss[-1], rel=6e-3)
    go_to(page, 5)  # where there is no branch yet
    page.get_by_text("step 5", exact=True).wait_for(timeout=5000)
    losses = page.locator(".lane .now b").all_text_contents()
    assert losses == [losses[0]] * 3
    assert number(losses[0].removeprefix("loss ")) == pytest.approx(history.loss[5], rel=6e-3)
    go_to(page, 1)
    page.get_by_text("After 1 step the network answers").wait_for(timeout=5000)
    page.locator(".lane").nth(1).get_by_text("take away").click()
    assert page.locator(".lane h2").all_text_contents() == ["as recorded", "branch 2"]


def test_single_steps_between_the_moments(opened, tmp_path):
    """The page makes those again that it does not hold."""
    fit(
        small(),
        X,
        Y,
        steps=40,
        optimizer="sgd",
        learning_rate=0.1,
        record=tmp_path,
        record_every=20,
    )
    found = recording(tmp_path)
    page = opened(of(found.page(X, Y)))
    go_to(page, 1)
    for step in (21, 22, 23):
        page.click("#more")
        page.get_by_text(f"step {step}", exact=True).first.wait_for(timeout=5000)  # the next frame
    net = small()
    fit(net, X, Y, steps=23, optimizer="sgd", learning_rate=0.1)
    page.wait_for_timeout(60)
    assert number(page.locator("#weight").input_value()) == pytest.approx(
        net.parameters()[0].data, abs=1e-12
    )
    page.locator("#rate").fill("0.3")
    page.locator("#rate").press("Enter")
    page.click("#go")
    assert page.locator(".lane .words").nth(1).text_content().startswith("From step 23: rate 0.3.")
    page.click("#less")
    page.get_by_text("step 39", exact=True).first.wait_for(timeout=5000)


def test_which_rows_moved_a_weight(opened, machine):
    page = opened(of(machine.page(X, Y)))
    page.locator("#from").select_option("10")
    go_to(page, 40)
    page.locator("#moverssay", has_text="in 30 steps").wait_for()
    expected = machine.moved("layers.0.neurons.0.weights.0", X, Y, 10, 40)
    largest = max(expected.rows, key=lambda one: abs(one.moved))
    cells = page.locator("#movers span").all_text_contents()
    assert cells[0].startswith(f"row {largest.row},")
    assert number(cells[1]) == pytest.approx(largest.moved, rel=6e-3)


def test_what_is_no_number_is_said(opened, machine):
    page = opened(of(machine.page(X, Y)))
    go_to(page, 20)
    page.locator("#rate").fill("fast")
    page.locator("#rate").press("Enter")
    assert "“fast” is not a number" in page.locator("#trouble").text_content()
    page.locator("#rate").fill("-1")
    page.locator("#rate").press("Enter")
    assert "A rate is above 0." in page.locator("#trouble").text_content()
    assert page.is_disabled("#go")


NAMELESS = """() => [...document.querySelectorAll("button, input, select, canvas")]
  .filter(e => e.checkVisibility() && !e.closest("[aria-hidden]"))
  .filter(e => !e.parentElement.closest("button"))
  .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim()
    || [...e.labels || []].some(label => label.textContent.trim())))
  .map(e => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1200, "dark")])
@pytest.mark.parametrize("which", ["race", "machine"])
def test_all_of_it_can_be_read(opened, raced, machine, which, width, scheme):
    """Nothing is wider than the window; texts stand out by 4.5 and borders by 3 (WCAG 2.2) and have
    11 pixels at least; each control and picture has a name."""
    text = raced.page() if which == "race" else machine.page(X, Y)
    page = opened(of(text), width=width, scheme=scheme)
    go_to(page, 20)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = measured(page)
    assert len(found["texts"]) > 20
    assert [text for text in found["texts"] if text[1] < 11.0 or text[2] < 4.5] == []
    assert [line for line in found["lines"] if line[1] < 3.0] == []
    assert page.evaluate(NAMELESS) == []
