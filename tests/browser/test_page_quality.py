"""The page as people meet it: contrast, sizes, focus, keyboard, screens of every size, motion."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from tests.browser.page_trees import TREES, box, five_lines, network_loss

from jangrad import Value

pytest.importorskip("playwright.sync_api")


SCREENS = {"desktop": (1280, 800), "tablet": (768, 1024), "phone": (390, 844)}


MEASURE = (Path(__file__).parent / "measure.mjs").read_text(encoding="utf-8")


def measured(page):
    page.wait_for_timeout(500)
    return page.evaluate(MEASURE[MEASURE.index("() =>") :])


STATES = {
    "at first": lambda page: None,
    "at a step forward": lambda page: page.fill("#time", "2"),
    "at a step backward": lambda page: page.fill("#time", "8"),
    "in the quiz": lambda page: page.click("#quiz"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["five lines", "network's loss", "network"])
def test_everything_stands_out(opened, name, scheme, state):
    """Each text by 4.5 from its ground and each line by 3 (WCAG 2.2), as measured on the page."""
    page = opened(TREES[name](), scheme=scheme, calm=True)
    STATES[state](page)
    found = measured(page)
    assert len(found["texts"]) > 20
    assert len(found["lines"]) > 8
    assert [text for text in found["texts"] if text[2] < 4.5] == []
    assert [line for line in found["lines"] if line[1] < 3.0] == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", TREES)
def test_no_text_is_too_small(opened, name, screen):
    """11 pixels at least at the first look, on every screen: larger graphs fold or are scrolled."""
    width, height = SCREENS[screen]
    page = opened(TREES[name](), width=width, height=height, calm=True)
    small = [text for text in measured(page)["texts"] if text[1] < 11.0]
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_at_400_percent(opened):
    """A window of 320 by 256: the graph has a place, and all is reached by scrolling one way."""
    page = opened(five_lines(), width=320, height=256, calm=True)
    assert page.locator("#picture").bounding_box()["height"] >= 150
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator("#next").scroll_into_view_if_needed()
    assert page.locator("#next").is_visible()


SEEN = """() => {
  const element = document.activeElement, frame = document.getElementById("picture");
  const inside = (a, b) => a.left >= b.left - 2 && a.right <= b.right + 2
    && a.top >= b.top - 2 && a.bottom <= b.bottom + 2;
  const place = element.getBoundingClientRect();
  const window_ = new DOMRect(0, 0, innerWidth, innerHeight);
  const within = element.classList.contains("box") ? frame.getBoundingClientRect() : window_;
  return [element.tagName, element.dataset.key || element.id, inside(place, within)];
}"""


@pytest.mark.parametrize("name", ["five lines", "network's loss"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (320, 256)])
def test_what_the_keyboard_comes_to_is_in_sight(opened, name, width, height):
    """Each box and each control in turn, also at 400 percent; none is left out."""
    page = opened(TREES[name](), width=width, height=height, calm=True)
    met = []
    for _ in range(100):
        page.keyboard.press("Tab")
        tag, key, seen = page.evaluate(SEEN)
        if tag == "BODY":
            break
        assert seen or tag == "svg", (key, page.evaluate(SEEN))
        met.append(key)
    keys = page.evaluate("[...document.querySelectorAll('g.box')].map(box => box.dataset.key)")
    assert set(keys) < set(met)
    assert {"find", "partials", "quiz", "fit", "play", "next", "time", "unit", "speed"} < set(met)


def test_the_wheel_scrolls_a_page_that_is_longer_than_the_window(opened):
    """At 400 percent it would be caught in the picture; with Ctrl it zooms there too."""
    zoom = "document.getElementById('view').style.transform"
    for height, zooms in ((800, True), (256, False)):
        page = opened(five_lines(), width=320, height=height, calm=True)
        before = page.evaluate(zoom)
        place = page.locator("#picture").bounding_box()
        page.mouse.move(place["x"] + 40, place["y"] + 40)
        page.mouse.wheel(0, 60)
        page.wait_for_timeout(200)
        assert (page.evaluate(zoom) != before) is zooms
        assert (page.evaluate("scrollY") > 0) is not zooms


@pytest.mark.parametrize(
    ("name", "theme"), [("five lines", "auto"), ("network's loss", "dark"), ("network", "dark")]
)
def test_paper(opened, name, theme):
    """Dark on white, whatever the screen has: the graph, the words and their bars, no controls."""
    page = opened(TREES[name](), scheme="dark", calm=True, theme=theme)
    page.emulate_media(media="print", color_scheme="dark")
    found = page.evaluate(MEASURE[MEASURE.index("() =>") :])
    assert [text for text in found["texts"] if text[2] < 4.5] == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("button:visible, input:visible, select:visible").all_text_contents() == (
        page.locator("#contributions button:visible").all_text_contents()
    )
    assert page.locator(".hint:visible").count() == 0
    assert page.locator("#net" if name == "network" else "#picture").is_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1


# -- what moves ------------------------------------------------------------------------------------


def test_everything_is_there_at_once(opened):
    """A static capture shows all: nothing waits for an animation, at first and after a resize."""
    page = opened(five_lines())
    running = "document.getAnimations().filter(a => !(a instanceof CSSTransition)).length"
    assert page.evaluate(running) == 0
    opacities = """[...document.querySelectorAll(".edge, .note, .box")].map(
      e => Number(getComputedStyle(e).opacity))"""
    assert set(page.evaluate(opacities)) == {1}
    page.set_viewport_size({"width": 1190, "height": 760})
    assert set(page.evaluate(opacities)) == {1}
    assert page.evaluate(running) == 0


def test_what_is_handed_back_travels_to_its_receiver(opened):
    """A pill with the number goes along the edge, which points back; the parts of a sum grow."""
    page = opened(five_lines())
    page.fill("#time", "6")
    page.wait_for_timeout(800)  # until what was handed back before is there
    page.evaluate("""() => {
      const pill = document.getElementById("pill");
      window.places = [];
      const note = () => places.push(Number(pill.getAttribute("transform").match(/[\\d.]+/)));
      new MutationObserver(note).observe(pill, {attributes: true, attributeFilter: ["transform"]});
    }""")
    page.click("#next")  # d hands 3 to a
    page.wait_for_timeout(1000)
    rest, *flight = page.evaluate("() => places")
    assert flight[0] > rest + 5
    assert flight[-1] == rest
    assert all(to < at + 0.5 for at, to in pairwise(flight))  # to the left, where a is
    assert page.text_content("#pill") == "+3"
    assert page.locator("g.box.sender .name").text_content() == "d"
    assert page.locator("g.box.now .name").text_content() == "a"
    assert page.locator("path.edge.now").count() == 1
    assert box(page, "a").locator(".part").count() == 1
    page.fill("#time", "9")
    assert page.text_content("#pill") == "+4"
    assert box(page, "a").locator(".part").count() == 2
    widths = [part.bounding_box()["width"] for part in box(page, "a").locator(".part").all()]
    assert max(widths) / min(widths) == pytest.approx(4 / 3, rel=0.1)


def test_nothing_moves_for_those_who_want_that(opened):
    """The pill is where it ends."""
    page = opened(five_lines(), calm=True)
    page.fill("#time", "7")
    before = page.locator("#pill").bounding_box()
    page.wait_for_timeout(300)
    assert page.locator("#pill").bounding_box() == before


def test_playing_gives_time_to_read(opened):
    """A step backward stays for 3 seconds at least, one forward for 1.2; half on request."""
    page = opened(five_lines())
    page.evaluate("""() => {
      const later = window.setTimeout;
      window.waits = [];
      window.setTimeout = (act, time) => { waits.push(time); return later(act, 20); };
    }""")
    played = []
    for speed in ("1", "2"):
        page.select_option("#speed", speed)
        page.click("#first")
        page.evaluate("() => { waits.length = 0; }")
        page.click("#play")
        page.locator("#count", has_text="9 / 9").wait_for()
        played.append(page.evaluate("() => waits"))
    slow, fast = played
    assert len(slow) == 9
    assert min(slow[1:4]) >= 1200
    assert min(slow[4:]) >= 3000
    assert fast == [time / 2 for time in slow]


# -- the pointer -----------------------------------------------------------------------------------


def test_a_drag_is_no_click(opened):
    """Dragging the picture by a folded box moves it and opens nothing; a press does."""
    page = opened(network_loss(), calm=True)
    before = page.locator("g.box").count()
    place = box(page, "net[1][1]").bounding_box()
    x, y = place["x"] + 20, place["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=4)
    page.mouse.up()
    assert page.locator("g.box").count() == before
    assert box(page, "net[1][1]").bounding_box()["x"] == pytest.approx(place["x"] + 40, abs=1)
    page.mouse.click(x + 40, y + 30)
    assert page.locator("g.box").count() > before


def test_a_number_is_changed_on_its_box(opened):
    """Dragged to the right it grows, and all that follows with it."""
    page = opened(five_lines(), calm=True)
    place = box(page, "a").locator(".data").bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y, steps=5)
    page.mouse.up()
    assert box(page, "a").locator(".data").text_content() == "3"
    assert box(page, "e").locator(".data").text_content() == "18"
    assert "it changes by 8. The gradients say 7 × 1 = 7" in page.text_content("#tangent")


def test_the_picture_cannot_be_lost(opened):
    """However far it is dragged, some of it stays in the window."""
    page = opened(five_lines(), calm=True)
    for _ in range(3):
        page.mouse.move(100, 600)
        page.mouse.down()
        page.mouse.move(800, 100, steps=3)
        page.mouse.up()
    frame = page.locator("#picture").bounding_box()
    places = [one.bounding_box() for one in page.locator("g.box").all()]
    right, top = frame["x"] + frame["width"], frame["y"]
    assert any(p["x"] < right and p["y"] + p["height"] > top for p in places)


def test_a_box_that_opens_stays_where_it_was(opened):
    """What was pressed is found again at its place, at the same size; and folds back to it."""
    page = opened(network_loss(), calm=True)
    place = box(page, "net[1][1]").bounding_box()
    box(page, "net[1][1]").click()
    inside = page.locator("g.box.chosen").bounding_box()
    centre = [p["x"] + p["width"] / 2 for p in (place, inside)]
    assert centre[1] == pytest.approx(centre[0], abs=60)
    crumbs = page.locator("#crumbs > *").all_text_contents()
    assert crumbs[0] == "all"
    assert crumbs[-1] == "net[1][1]"
    count = page.locator("g.box").count()
    page.click("#unfold")
    assert page.locator("g.box").count() < count
    again = box(page, "net[1][1]").bounding_box()
    assert again["width"] == pytest.approx(place["width"], rel=0.02)


def test_a_name_in_a_formula_and_its_box_belong_together(opened):
    """The pointer on the one marks the other."""
    page = opened(five_lines(), calm=True)
    page.fill("#time", "2")
    page.locator("#line mi", has_text="b").first.hover()
    assert page.locator("g.box.pointed .name").all_text_contents() == ["b"]
    box(page, "a").hover()
    assert page.locator("g.box.pointed").count() == 0


# -- the keyboard, and those who hear the page -----------------------------------------------------


def focused(page):
    return page.evaluate("document.activeElement.tagName")


def test_focus_is_never_lost(opened):
    """Whatever is pressed with the keyboard, the focus stays on something of the page."""
    page = opened(network_loss(), calm=True)
    box(page, "net[1][1]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.classList.contains('box')")
    for act in ("#unfold", "#tovalue", "#tograd", "#back", "#next"):
        page.locator(act).focus()
        page.keyboard.press("Enter")
        assert focused(page) != "BODY", act
    page = opened(five_lines(), calm=True)
    box(page, "a").focus()
    page.keyboard.press(" ")  # a button is pressed by space, which plays elsewhere
    assert page.text_content("#play") == "play"
    assert page.text_content("#chosenname") == "a"
    page.locator("#contributions button").last.focus()
    page.keyboard.press("Enter")
    assert focused(page) != "BODY"
    page.fill("#value", "3")
    page.locator("#chips button").first.focus()
    page.keyboard.press("Enter")
    assert focused(page) != "BODY"


def test_focus_after_the_last_answer(opened):
    """It is on the button that begins again."""
    page = opened(Value(2.0, "a").__mul__(3.0).backtrack(), quiz=True)
    for answer in ("6", "1", "3"):
        page.fill("#guess", answer)
        page.press("#guess", "Enter")
    assert page.evaluate("document.activeElement.id") == "again"
    assert "Right: 3. Done: 3 of 3 at the first try." in page.text_content("#verdict")
    page.keyboard.press("Enter")
    assert page.text_content("#count") == "0 / 3"
    assert page.evaluate("document.activeElement.id") == "guess"


def test_focus_and_choice_look_different(opened):
    """A ring outside of the box in ink, and a rim in blue."""
    page = opened(five_lines(), calm=True)
    box(page, "a").click()
    page.keyboard.press("Tab")
    ring = "e => getComputedStyle(e.querySelector('.ring')).stroke"
    rim = "e => getComputedStyle(e.querySelector('.body')).stroke"
    with_focus = page.locator("g.box:focus")
    assert with_focus.count() == 1
    assert with_focus.evaluate(ring) != "none"
    assert box(page, "a").evaluate(ring) == "none"
    assert with_focus.evaluate(ring) != box(page, "a").evaluate(rim)


def tree_of(page):
    """The accessibility tree as (role, name) pairs."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]
    ]


@pytest.mark.parametrize("name", TREES)
def test_whoever_hears_the_page_is_told_all(opened, name):
    """Every control has a name of the field, every box its numbers, every line of what is new is
    in a live region.
    """
    page = opened(TREES[name](), calm=True)
    found = tree_of(page)
    controls = [(role, said) for role, said in found if role in ("button", "slider", "searchbox",
                "combobox", "textbox", "spinbutton")]  # fmt: skip
    assert len(controls) > 10
    assert [control for control in controls if not control[1].strip()] == []
    names = {said for _, said in controls}
    assert {"quiz me", "play", "step", "find a name or an operation"} <= names
    if name != "network":
        assert {"zoom to fit", "local slopes"} <= names
        values = [said for role, said in controls if role == "button" and "; value " in said]
        assert len(values) >= len(page.locator("g.box .data").all())
    assert page.locator("#line").get_attribute("aria-live") == "polite"
    assert page.locator("#tangent").get_attribute("aria-live") == "polite"
    assert page.locator("#verdict").get_attribute("role") == "status"


def test_steps_are_said_in_words(opened):
    """The formula is text for those who hear it, and not read twice."""
    page = opened(five_lines(), calm=True)
    page.fill("#time", "7")
    said = [text for role, text in tree_of(page) if role == "StaticText"]
    assert "de/dd × ∂d/∂a = de/dd × b = 1 × 3 = 3" in said
    assert "".join(said).count("∂d") == 1


@pytest.mark.parametrize(("width", "height"), [(360, 740), (768, 1024), (1440, 900)])
@pytest.mark.parametrize("name", ["network's loss", "network", "long sum"])
def test_nothing_lies_over_something_else(opened, name, width, height):
    """Header, picture, legend, words and controls one behind the other, whatever the window."""
    page = opened(TREES[name](), width=width, height=height, calm=True)
    boxes = page.evaluate(
        """() => ["header", "#stage", "#panel", "footer"].map(s => {
             const r = document.querySelector(s).getBoundingClientRect();
             return [r.left, r.top, r.right, r.bottom]; })"""
    )
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert right <= width + 0.5
        assert bottom <= height + 0.5
        for other_left, other_top, other_right, other_bottom in boxes[k + 1 :]:
            apart = other_left >= right - 0.5 or other_top >= bottom - 0.5
            assert apart or other_right <= left + 0.5 or other_bottom <= top + 0.5
    legend = page.locator("#legend").bounding_box()
    if legend is not None:
        picture = page.locator("#picture").bounding_box()
        assert legend["y"] >= picture["y"] + picture["height"] - 0.5
        root = page.locator("g.box.chosen .body, g.box .body").last.bounding_box()
        assert root["y"] + root["height"] <= legend["y"]
