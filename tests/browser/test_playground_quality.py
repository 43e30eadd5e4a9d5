"""The playground as people meet it: contrast, sizes, names for readers, keys alone."""

import pytest
from tests.browser.test_page_quality import MEASURE, SCREENS
from tests.browser.test_playground import Playground, losses

STATES = {
    "at first": lambda page: None,
    "inside a neuron": lambda page: page.locator(".neuron").nth(3).click(),
    "with two rates": lambda page: page.click("#addrate"),
    "in the museum": lambda page: page.click("#tomuseum"),
    "with its script": lambda page: page.click("#python"),
}


def measured(page):
    """Texts and borders; nothing moves, so there is nothing to wait for."""
    return page.evaluate(MEASURE[MEASURE.index("() =>") :])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_stands_out(opened, scheme, state):
    """Each text by 4.5 from its ground and each border by 3 (WCAG 2.2)."""
    page = opened(Playground(), scheme=scheme, calm=True)
    STATES[state](page)
    found = measured(page)
    assert len(found["texts"]) > 20
    assert [text for text in found["texts"] if text[2] < 4.5] == []
    assert [line for line in found["lines"] if line[1] < 3.0] == []


@pytest.mark.parametrize("screen", [*SCREENS, "projector"])
def test_it_fits_every_screen(opened, screen):
    """Text has 11 pixels at least, and nothing is wider than the window, also inside a neuron."""
    width, height = SCREENS.get(screen, (1920, 1080))
    page = opened(Playground(), width=width, height=height, calm=True)
    for state in ("at first", "inside a neuron", "with two rates"):
        STATES[state](page)
        assert [text for text in measured(page)["texts"] if text[1] < 11.0] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("#tomuseum")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_has_a_name(opened):
    """Each control and picture, as a screen reader says it."""
    page = opened(Playground())
    page.locator(".neuron").nth(3).click()
    nameless = """() => [...document.querySelectorAll("button, input, select, canvas")]
      .filter(e => e.checkVisibility() && !e.closest("[aria-hidden]"))
      .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim()
        || [...e.labels || []].some(label => label.textContent.trim())))
      .filter(e => !e.parentElement.closest("button"))
      .map(e => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(nameless) == []


def test_keys_alone(opened):
    """Play, step, reset, a neuron, a weight of it, and out again."""
    page = opened(Playground())
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.text_content("#steps") == "3"
    stepped = losses(page)
    page.locator(".neuron").nth(2).focus()
    page.keyboard.press("Enter")
    assert page.is_visible("#card")
    page.locator("#card input").first.focus()
    page.keyboard.press("ArrowUp")
    assert losses(page) != stepped
    page.locator("[data-do=back]").focus()
    for said in ("dL/dy arrives", "dL/dz = dL/dy", "dL/dw = dL/dz"):
        page.keyboard.press("Enter")
        assert page.text_content("[data-n=said]").startswith(said)
    page.keyboard.press("Escape")
    assert not page.is_visible("#card")
    page.keyboard.press("r")
    assert page.text_content("#steps") == "0"
    page.keyboard.press("s")
    assert "seed=1" in page.url


def test_lines_can_be_dragged(opened):
    """Up makes a weight larger; the loss follows at once."""
    page = opened(Playground())
    before = losses(page)
    ends = [page.locator(".neuron").nth(n).bounding_box() for n in (0, 2)]
    (a, b) = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in ends]
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0], middle[1] - 40)
    page.mouse.up()
    assert losses(page) != before
    page.locator(".neuron").nth(2).click()
    page.click("#python")
    changed = [line for line in page.text_content("#code").splitlines() if ".data = " in line]
    assert len(changed) == 1


def test_points_can_be_drawn(opened):
    page = opened(Playground())
    page.click("[data-set=drawn]")
    assert "click into" in page.text_content("#verdict")
    page.click("#map", position={"x": 40, "y": 40})
    page.locator("#penrow button").nth(1).click()
    page.click("#map", position={"x": 200, "y": 220})
    page.click("#step")
    assert losses(page)[0] > 0
    assert page.url.count("~", page.url.index("points=")) == 1


def test_all_columns_of_a_neuron_are_in_sight(opened):
    """On a laptop; a layer's names are longer than those of inputs."""
    page = opened(Playground(), width=1280)
    for neuron in (2, 6):
        page.locator(".neuron").nth(neuron).click()
        box = page.locator("#card .cols>div").first
        assert box.evaluate("box => box.scrollWidth - box.clientWidth") == 0
        assert page.get_by_role("columnheader", name="dL/dx").is_visible()


def test_a_map_stays_in_sight_under_the_pointer(opened):
    page = opened(Playground())
    neuron = page.locator(".neuron").nth(3)
    neuron.hover()
    assert neuron.evaluate("n => getComputedStyle(n).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_words_of_the_field_are_explained(opened):
    page = opened(Playground())
    page.locator(".neuron").nth(3).click()
    for word in ("epoch", "optimiser", "penalty", "batch size", "held out", "dL/dw"):
        found = page.locator("[title]", has_text=word).evaluate_all("all => all.map(e => e.title)")
        assert any(title.endswith(".") for title in found), word
