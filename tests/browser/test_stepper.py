"""The stepper in a real browser: right numbers, folding, what if, predicting, keyboard, safety."""

import pytest
from tests.browser.page_trees import five_lines
from tests.scalar_gpt import GPT

from jangrad import MLP, Value, trace_lines
from jangrad.datasets import moons
from jangrad.show import derive

playwright = pytest.importorskip("playwright.sync_api")


def box(page, name):
    return page.locator("g.box", has=page.locator("tspan.name", has_text=name)).first


def test_stepping_gives_the_right_numbers(opened):
    """Forward to 10, backward to 7 and 2, each line as one writes it; back and jump too."""
    page = opened(five_lines())
    assert "7" in box(page, "a").text_content()
    page.click("#first")
    assert "?" in box(page, "e").text_content()
    page.click("#next")
    assert "c = a * a = 2 * 2 = 4" in page.text_content("#line")
    page.click("#next")
    page.click("#next")
    assert "e = c + d = 4 + 6 = 10" in page.text_content("#line")
    assert "not computed" in box(page, "a").text_content()
    page.click("#next")
    assert "de/de = 1" in page.text_content("#line")
    for _ in range(5):
        page.click("#next")
    assert "de/da = 3 + 4 = 7" in page.text_content("#line")
    page.click("#back")
    assert "3 so far" in box(page, "a").text_content()
    page.fill("#time", "3")
    assert "step 3 of 3" in page.text_content("#line")
    assert "not computed" in box(page, "b").text_content()


def test_the_line_of_a_step_is_the_chain_rule(opened):
    """Operation, upstream times local as a formula and in numbers, and the sum so far."""
    page = opened(five_lines())
    page.fill("#time", "7")
    said = page.text_content("#line")
    assert "d hands to a" in said
    assert "de/dd × ∂d/∂a = de/dd × b = 1 × 3 = 3" in said
    assert "de/da so far = 3" in said
    assert "1 more to come" in said
    assert page.locator("#line math, #line .flat").count() >= 5  # typeset, each side on its own


def test_negative_numbers_stand_in_parentheses(opened):
    """`(-3) ** 2` is not `-3 ** 2`."""
    a = Value(-3.0, label="a")
    page = opened((-(a**2) * a).backtrack())
    for step, line in ((1, "a ** 2 = (-3) ** 2 = 9"), (2, "v2 = -v1 = -9"), (3, "-9 * (-3) = 27")):
        page.fill("#time", str(step))
        assert line in page.text_content("#line")


def test_a_chosen_node_shows_every_path(opened):
    """What each user contributes, and the sum."""
    page = opened(five_lines())
    box(page, "a").click()
    said = page.text_content("#chosen")
    rows = page.locator("#contributions button")
    assert [row.get_attribute("aria-label") for row in rows.all()] == [
        "de/dc × ∂c/∂a = 1 × 4 = 4",  # the largest comes first
        "de/dd × ∂d/∂a = 1 × 3 = 3",
    ]
    assert "57 %" in said
    assert "gradient 7, the sum of" in said
    page.get_by_text("through d").click()
    assert "d hands to a" in page.text_content("#line")


def test_jumping_to_a_node(opened):
    """From a chosen box to the step that computes its value, or completes its gradient."""
    page = opened(five_lines())
    box(page, "d").click()
    page.click("#tovalue")
    assert "d = a * b = 2 * 3 = 6" in page.text_content("#line")
    page.click("#tograd")
    assert "de/dd = de/de × ∂e/∂d = 1 × 1 = 1" in page.text_content("#line")
    box(page, "a").click()
    page.click("#tograd")
    assert "de/da = 3 + 4 = 7" in page.text_content("#line")
    box(page, "e").click()
    page.click("#tograd")
    assert "de/de = 1" in page.text_content("#line")


def test_playing_walks_to_the_end(opened):
    """Space plays; at the end it stops by itself."""
    page = opened((Value(2.0, label="a") * 3.0).backtrack())
    page.select_option("#speed", "4")
    page.locator("#picture").focus()
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    assert page.text_content("#play") == "pause"
    page.locator("#play", has_text="play").wait_for(timeout=9000)
    assert page.text_content("#count") == "3 / 3"


def test_long_graphs_run_down_and_are_seen_whole(opened):
    """Boxes inside the window, the root below, at a size that can be read."""
    x = Value(0.5, label="x")
    y = x
    for _ in range(4):
        y = (y * 1.5).tanh()
    page = opened(y.backtrack())
    page.wait_for_timeout(500)
    frame = page.locator("#picture").bounding_box()
    places = [one.bounding_box() for one in page.locator("g.box").all()]
    assert len(places) == 9
    for place in places:
        assert frame["x"] <= place["x"] <= frame["x"] + frame["width"] - place["width"]
        assert frame["y"] <= place["y"] <= frame["y"] + frame["height"] - place["height"]
    assert box(page, "x").bounding_box()["y"] < places[-1]["y"]


def test_folding_is_animated(opened):
    """A box that opens lets its parts out of itself, and takes them back when it is folded."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    page = opened(((net([2.0, 3.0, -1.0])[0] - 1.0) ** 2).backtrack())
    page.wait_for_timeout(700)
    before = page.locator("g.box").count()
    fold = box(page, "net[1][0]")
    fold.click()
    moving = page.evaluate("document.querySelector('#boxes').getAnimations({subtree: true}).length")
    assert moving > 0
    assert page.locator("g.box").count() > before
    page.click("#unfold")
    assert page.locator("g.box").count() == before


def test_zoom_and_pan(opened):
    """Keys and wheel change the size, dragging the place, 0 fits again."""
    page = opened(five_lines())
    page.wait_for_timeout(500)
    start = box(page, "a").bounding_box()
    page.keyboard.press("+")
    assert box(page, "a").bounding_box()["width"] > start["width"] * 1.2
    page.keyboard.press("0")
    page.wait_for_timeout(500)
    assert box(page, "a").bounding_box()["width"] == pytest.approx(start["width"], rel=0.01)
    page.mouse.move(200, 600)
    page.mouse.wheel(0, -300)
    assert box(page, "a").bounding_box()["width"] > start["width"] * 1.2
    page.keyboard.press("0")
    page.wait_for_timeout(500)
    page.mouse.down()
    page.mouse.move(260, 560)
    page.mouse.up()
    moved = box(page, "a").bounding_box()
    assert moved["x"] - start["x"] == pytest.approx(60, abs=2)
    assert moved["y"] - start["y"] == pytest.approx(-40, abs=2)


def test_boxes_hold_their_texts(opened):
    """At every step, with longer numbers put in, and with partials shown."""
    page = opened(five_lines())
    page.emulate_media(reduced_motion="reduce")
    box(page, "a").click()
    page.fill("#value", "2.123456")
    page.click("#partials")
    for step in range(11):
        page.fill("#time", str(step))
        for one in page.locator("g.box").all():
            inside, outside = (one.locator(x).last.bounding_box() for x in ("text", "rect.body"))
            assert inside["x"] + inside["width"] <= outside["x"] + outside["width"]


def test_printing_shows_all_of_the_picture(opened):
    """On paper it is as large as the page allows, and afterwards as it was."""
    page = opened(five_lines())
    page.wait_for_timeout(500)
    before = page.locator("#view").get_attribute("style")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#picture").get_attribute("viewBox").startswith("-9 ")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#picture").get_attribute("viewBox") is None
    assert page.locator("#view").get_attribute("style") == before


def test_resting_on_a_box_tells_all(opened):
    """Value, gradient, formula and the user's line, for a pointer and for a screen reader."""
    with trace_lines():
        a = Value(2.0, label="a")
        product = a * 3.0
    product.label = "p"
    page = opened(product.backtrack())
    for said in (
        page.locator("g.box title").last.text_content(),
        page.locator("g.box").last.get_attribute("aria-label"),
    ):
        assert "p = a * 3" in said
        assert "value 6, gradient 1" in said
        assert "test_stepper.py" in said


def test_what_if_is_what_the_engine_says(opened):
    """A changed input changes values and gradients; the tangent's prediction stands beside it."""
    page = opened(five_lines())
    box(page, "a").click()
    page.fill("#value", "2.5")
    a, b = Value(2.5), Value(3.0)
    e = a * a + a * b
    e.backtrack()
    assert f"{e.data:g}" in box(page, "e").text_content()
    assert f"{a.grad:g}" in box(page, "a").text_content()
    said = page.text_content("#tangent")
    assert "it changes by 3.75" in said
    assert "7 × 0.5 = 3.5" in said
    page.click("#chips button")
    assert "10" in box(page, "e").text_content()


def test_predict_then_see(opened):
    """A wrong number is refused, the right one reveals the step, show me reveals it too."""
    page = opened(five_lines(), quiz=True)
    assert "What is c? c = a * a = 2 * 2 = ?" in page.text_content("#question")
    assert "?" in box(page, "c").text_content()
    page.fill("#guess", "5")
    page.press("#guess", "Enter")
    assert "Not 5" in page.text_content("#verdict")
    assert "?" in box(page, "c").text_content()
    page.fill("#guess", "4")
    page.press("#guess", "Enter")
    assert "Right: 4" in page.text_content("#verdict")
    assert "4" in box(page, "c").text_content()
    page.click("#reveal")
    assert "It was 6" in page.text_content("#verdict")


def test_a_large_graph_folds_and_opens(opened):
    """65,000 Values are a few boxes; pressing one opens it, and it folds again."""
    net = MLP(2, [16, 16, 1], seed=0)
    X, y = moons(100, seed=1)
    loss = sum((1.0 - t * net(row)[0]).relu() for row, t in zip(X, y, strict=True)) * 0.01
    page = opened(loss.backtrack())
    before = page.locator("g.box").count()
    assert before < 60
    page.locator("g.box.fold", has_text="neurons of").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("g.box").count() > before + 2
    page.click("#unfold")
    assert page.locator("g.box").count() == before
    page.click("#back")
    assert "Backward" in page.text_content("#line")


def test_find_opens_what_holds_the_name(opened):
    """A weight deep inside is shown and described."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    loss = (net([2.0, 3.0, -1.0])[0] - 1.0) ** 2
    tree = loss.backtrack()
    page = opened(tree)
    name = "net.layers[1].neurons[2].weights[3]"
    page.fill("#find", name)
    page.press("#find", "Enter")
    assert name in page.text_content("#chosen")
    assert f"{tree[name].grad:.6g}" in page.text_content("#chosen")


def test_keyboard_alone(opened):
    """Arrows, Home, End, space; Tab reaches the boxes and Enter chooses one."""
    page = opened(five_lines())
    page.keyboard.press("Home")
    assert page.text_content("#count").startswith("0 /")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.text_content("#count").startswith("1 /")
    page.keyboard.press("End")
    assert page.text_content("#count") == "9 / 9"
    box(page, "d").focus()
    page.keyboard.press("Enter")
    assert "a * b = 2 * 3" in page.text_content("#chosen")


def test_hostile_labels_are_text(opened):
    """Nothing runs, and the label is read as it was written."""
    hostile = "</script><img src=x onerror=alert(1)><b>"
    page = opened((Value(2.0, label=hostile) * 3.0).backtrack())
    page.locator("g.box.leaf").click()
    assert hostile in page.text_content("#chosen")
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out(opened, width):
    """No sideways scrolling, on a phone neither."""
    page = opened(five_lines(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_not_computed_is_said():
    """A derivation without gradients has a page too: the page computes them itself."""
    from jangrad.show.page import page

    assert "<!doctype" in page(derive(Value(1.0) * 2.0, gradients=False))


def test_a_change_may_be_typed(opened):
    """`+0.1` is added to what the number was, however often it is typed."""
    page = opened(five_lines())
    box(page, "b").click()
    page.fill("#value", "+0.5")
    page.fill("#value", "+0.5")
    assert "11" in box(page, "e").text_content()
    page.fill("#value", "0.5")
    assert "5" in box(page, "e").text_content()


def test_the_origin_of_nan_is_marked(opened):
    """On its box and in words; once other numbers are put in there is nothing to mark."""
    x, k = Value(-0.2, "x"), Value(3.0, "k")
    page = opened((x.sqrt() * k + k).backtrack())
    marked = page.locator("g.box.wrong")
    assert marked.count() == 1
    assert "nan begins here" in marked.text_content()
    said = "nan begins at v1 = sqrt(x): sqrt of -0.2"
    assert said in page.text_content("#line")
    assert said in page.text_content("#chosen")
    box(page, "x").click()
    page.fill("#value", "0.25")
    assert marked.count() == 0


def test_a_part_of_a_large_graph_is_looked_into(opened):
    """Its boxes, and those beside them; the line above leads back to all of it."""
    gpt = GPT(Value, size=8, heads=2)
    with trace_lines():
        loss = gpt.loss([1, 5, 3, 2])
    tree = loss.backtrack()
    assert len(tree) > 5000
    page = opened(tree, calm=True)
    everything = page.locator("g.box").count()
    for name in ("place, token · 2 of 3", "logits = step", "h · 2 of 2", "softmax(scores)"):
        box(page, name).dispatch_event("click")
    names = [found.text_content() for found in page.locator("g.box .name").all()]
    assert sorted(names) == [
        "exps",
        "joined",
        "return [e / total for e in exps]",
        "scores",
        "total",
    ]
    crumbs = page.locator("#crumbs > *").all_text_contents()
    assert page.text_content("#chosenname").endswith(" in return [e / total for e in exps]")
    assert page.locator("#contributions span").first.text_content().startswith("joined: v")
    assert crumbs[1:] == [
        "place, token · 2 of 3",
        "logits = step(…)",
        "h · 2 of 2",
        "weights = softmax(scores)",
    ]
    page.keyboard.press("ArrowLeft")  # a step elsewhere
    page.click("#crumbs button >> nth=0")
    assert page.locator("g.box").count() == everything
    page.fill("#find", "gpt.head[3][2]")
    page.press("#find", "Enter")
    assert "gpt.head[3][2]" in page.text_content("#chosenname")
