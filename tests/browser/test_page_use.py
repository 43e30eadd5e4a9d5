"""What people do on the page: the quiz, what if, finding their way, the card of a neuron."""

import json
import math

import pytest
from tests.browser.page_trees import TREES, box, five_lines, long_sum, network_loss

from jangrad import MLP, Value, log, where

pytest.importorskip("playwright.sync_api")


# -- quiz and what if ------------------------------------------------------------------------------


def test_the_quiz_takes_the_right_answers(opened):
    """`a * a` hands 2 a to a: 4 is right, and 2 is not."""
    page = opened(five_lines(), quiz=True)
    for answer in ("4", "6", "10", "1", "1", "1", "3", "2"):
        page.fill("#guess", answer)
        page.press("#guess", "Enter")
        assert "Right" in page.text_content("#verdict"), answer
    page.fill("#guess", "2")
    page.press("#guess", "Enter")
    assert "Not 2. The local slope is ∂c/∂a = (a + a)." in page.text_content("#verdict")
    page.press("#guess", "Enter")
    assert "1 × 4 is it" in page.text_content("#verdict")
    page.fill("#guess", "4")
    page.press("#guess", "Enter")
    assert "Right: 4. Done: 8 of 9 at the first try." in page.text_content("#verdict")


@pytest.mark.parametrize("text", ["abc", "-", "٤", "1e"])
def test_what_is_no_number_is_said(opened, text):
    """In the quiz and in what if: it is no wrong answer, and is not passed over in silence."""
    page = opened(five_lines(), quiz=True)
    page.fill("#guess", text)
    page.press("#guess", "Enter")
    assert f"“{text}” is not a number" in page.text_content("#verdict")
    assert page.get_attribute("#guess", "aria-invalid") == "true"
    page = opened(five_lines())
    page.fill("#value", text)
    assert f"“{text}” is not a number" in page.text_content("#trouble")
    assert page.get_attribute("#value", "aria-invalid") == "true"
    page.press("#value", "Tab")
    assert page.input_value("#value") == "2"
    assert page.text_content("#trouble") == ""


def test_the_quiz_gives_nothing_away(opened):
    """No local slope before its step was done; playing waits; the asked box is marked."""
    page = opened(five_lines(), quiz=True)
    assert page.locator("g.box.asked .name").all_text_contents() == ["c"]
    page.click("#partials")
    assert page.locator(".note.slope").all_text_contents() == []
    assert page.locator("#play").is_disabled()
    page.locator("#picture").focus()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#count") == "0 / 9"
    assert page.evaluate("document.activeElement.id") == "guess"


def test_several_changes_are_predicted_together(opened):
    """What the gradients say is the sum over all changes; each is a chip that puts it back."""
    page = opened(five_lines(), calm=True)
    page.fill("#value", "3")
    box(page, "b").click()
    page.fill("#value", "4")
    assert "changes by 11. The gradients say 7 × 1 + 2 × 1 = 9" in page.text_content("#tangent")
    chips = page.locator("#chips button")
    assert chips.all_text_contents() == ["a 2 → 3 ✕", "b 3 → 4 ✕", "put all back"]
    chips.nth(0).click()
    assert "changes by 2. The gradients say 2 × 1 = 2" in page.text_content("#tangent")
    page.fill("#value", "5")
    page.locator("#chips button", has_text="b 3").click()
    assert page.locator("#chips button").count() == 1
    page.locator("#chips button").click()
    assert box(page, "e").locator(".data").text_content() == "10"


def test_local_slopes_are_those_of_now(opened):
    """Beside every edge, after a change as well, and as the details say it."""
    page = opened(five_lines(), calm=True)
    slopes = page.locator(".note.slope")
    assert sorted(slopes.all_text_contents()) == ["1", "1", "2", "3", "4"]
    page.fill("#value", "3")
    assert sorted(slopes.all_text_contents()) == ["1", "1", "3", "3", "6"]
    told = page.locator("#contributions button").first.get_attribute("aria-label")
    assert told == "de/dc × ∂c/∂a = 1 × 6 = 6"


@pytest.mark.parametrize("leaf", [math.nan, math.inf, -0.0])
def test_every_number_can_be_put_back(opened, leaf):
    """nan, inf and -0 as well, whose sign is told."""
    x = Value(leaf, "x")
    page = opened((1.0 / x).backtrack(), calm=True)
    shown = box(page, "x").locator(".data")
    said = {"nan": "nan", "inf": "inf", "-0.0": "-0"}[str(leaf)]
    assert shown.text_content() == said
    box(page, "x").click()  # where an inf begins elsewhere, that is what the page opens with
    page.fill("#value", "1")
    assert shown.text_content() == "1"
    page.click("#chips button")
    assert shown.text_content() == said
    assert page.locator("#chips button").count() == 0


WALK = """() => {
  const press = id => document.getElementById(id).click();
  const value = document.getElementById("value");
  const last = Number(document.getElementById("time").max);
  const times = Math.min(last, 40);
  press("first");
  for (let i = 0; i <= times; i++) press("next");
  for (let i = 0; i <= times; i++) press("back");
  for (const id of ["last", "skip", "partials", "partials", "fit"]) press(id);
  for (const box of document.querySelectorAll("g.box"))
    box.dispatchEvent(new Event("click", {bubbles: true}));
  for (const text of ["3", "-1e3", "0", "nan", "inf", "abc", ""]) {
    value.value = text;
    value.dispatchEvent(new Event("input"));
  }
  press("quiz");
  for (let i = 0; i < times; i++) press("reveal");
  return document.getElementById("count").textContent;
}"""


def with_its_own_backward():
    """A node of micrograd's kind, whose slope is known at one point only."""
    from jangrad.micrograd.engine import Value as Own

    x = Own(2.0)
    out = Own(x.data**2, (x,), "sq")

    def back():
        x.grad += 2.0 * x.data * out.grad

    out._backward = back
    return (out * 3.0).backtrack()


def chosen_side():
    """Where a slope of inf leads nowhere."""
    a = Value(0.0, label="a")
    return where(a > 0.0, log(a), a * 2.0).backtrack()


@pytest.mark.parametrize(
    "tree", [*TREES.values(), with_its_own_backward, chosen_side], ids=lambda tree: tree.__name__
)
def test_no_control_fails(opened, tree):
    """Every button, every box, numbers of all kinds: nothing is thrown anywhere."""
    page = opened(tree(), calm=True)
    assert page.evaluate(WALK) != ""


# -- finding one's way -----------------------------------------------------------------------------


def test_search_counts_and_walks(opened):
    """In any case of letters, operations too; Enter goes from one to the next."""
    page = opened(network_loss(), calm=True)
    page.fill("#find", "TANH")
    assert page.text_content("#hits") == "8 found"
    page.press("#find", "Enter")
    assert page.text_content("#hits") == "1 of 8"
    first = page.text_content("#chosenname")
    page.press("#find", "Enter")
    assert page.text_content("#hits") == "2 of 8"
    assert page.text_content("#chosenname") != first
    page.fill("#find", "nothing of this name")
    assert page.text_content("#hits") == "nothing found"


def test_numbers_inside_neurons_have_names(opened):
    """`net[0][1].sum` and not `v57`, where they are computed and where they are used."""
    page = opened(network_loss(), calm=True)
    page.fill("#find", "net[0][1].sum")
    page.press("#find", "Enter")
    assert page.text_content("#chosenname") == "net[0][1].sum"
    page.click("#tograd")
    assert "net[0][1] hands to net[0][1].sum" in page.text_content("#line")


def test_stepping_by_boxes_and_layers(opened):
    """A skip goes on to another box, and by layers to another layer."""
    page = opened(network_loss(), calm=True)
    page.click("#first")
    page.click("#skip")
    by_box = int(page.text_content("#count").split(" / ")[0])
    assert by_box > 1
    page.select_option("#unit", "layer")
    page.click("#first")
    for _ in range(4):
        page.click("#skip")
    assert int(page.text_content("#count").split(" / ")[0]) > 2 * by_box


def test_a_long_sum_is_one_box(opened):
    """With its terms as a small picture; it opens to every addition."""
    page = opened(long_sum(), calm=True)
    texts = page.locator("g.box .name").all_text_contents()
    assert "Σ of 40 terms" in " ".join(texts)
    assert page.locator("g.box", has_text="Σ of 40 terms").locator(".spark").count() == 1
    assert "×" not in " ".join(texts)


def test_the_neuron_card(opened):
    """Each input times its weight, their sum, the activation's slope; a shut relu is told."""
    net = MLP(3, [4, 4, 1], "relu", seed=3)
    page = opened(net.show([2.0, 3.0, -1.0]), calm=True)
    x = [Value(v) for v in (2.0, 3.0, -1.0)]
    hidden = [neuron(x) for neuron in net.layers[0].neurons]
    outputs = [neuron(hidden) for neuron in net.layers[1].neurons]
    shut = next(j for j, out in enumerate(outputs) if out.data == 0.0)
    neuron = net.layers[1].neurons[shut]
    page.locator(f'.neuron[data-name="neuron {shut} of layer 1"]').click()
    assert page.is_visible("#net")
    lines = page.locator("#card tr").all()[1:]
    rows = [line.locator("td").all_text_contents() for line in lines]
    products = [w.data * h.data for w, h in zip(neuron.weights, hidden, strict=True)]
    assert [float(row[2]) for row in rows[:4]] == pytest.approx(products, rel=1e-5)
    assert float(rows[-1][2]) == pytest.approx(sum(products) + neuron.bias.data, rel=1e-5)
    assert "relu is shut" in page.text_content("#card")
    assert page.locator(f'.neuron.dead[data-name="neuron {shut} of layer 1"]').count() == 1
    assert page.locator("#card svg .tan").count() == 1


@pytest.mark.parametrize("row", [[0.5, -0.25], [-0.75, 1.0]])
def test_the_map_of_a_neuron_of_two_inputs(opened, row):
    """Blue where it gives more than 0, orange where less; the point lies where the row is."""
    net = MLP(2, [4, 1], "tanh", seed=1)
    page = opened(net.show(row), calm=True)
    page.locator('.neuron[data-name="neuron 0 of layer 1"]').click()
    reach, side = 1.5, 24
    column, line = (int((x / reach + 1) / 2 * side) for x in (row[0], -row[1]))
    red, _, blue, strength = page.evaluate(
        """async ([column, line]) => {
          const image = new Image(), canvas = document.createElement("canvas");
          image.src = document.querySelector("#card image").getAttribute("href");
          await image.decode();
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0);
          return [...pen.getImageData(column, line, 1, 1).data];
        }""",
        [column, line],
    )
    given = net.predict([row])[0]
    assert (blue > red) is (given[0] > 0.0)
    assert strength > 0
    place = page.locator("#card image + path + circle")
    assert float(place.get_attribute("cx")) == pytest.approx(150 + 70 * row[0] / reach, abs=0.01)
    assert float(place.get_attribute("cy")) == pytest.approx(72 - 70 * row[1] / reach, abs=0.01)


def test_it_opens_at_the_step_that_is_asked_for(opened):
    """With its line and its picture; at 0 with nothing computed."""
    page = opened(five_lines(), start=7)
    assert page.text_content("#count") == "7 / 9"
    assert "d hands to a" in page.text_content("#line")
    page = opened(five_lines(), start=0)
    assert page.text_content("#count") == "0 / 9"
    assert box(page, "e").locator(".data").text_content() == "?"


def test_a_page_of_values_alone(opened):
    """Nothing on it speaks of gradients or slopes, and every control works."""
    for tree in (five_lines(), TREES["network"]()):
        page = opened(tree, forward_only=True, calm=True)
        page.fill("#time", "2")
        assert "Forward, step 2" in page.text_content("#line")
        seen = page.evaluate("document.body.innerText").lower()
        for word in ("grad", "slope", "backward", "∂"):
            assert word not in seen
        assert page.evaluate(WALK) != ""


def test_words_colours_and_digits_are_on_the_boxes(opened):
    """And in what a screen reader says of them; formulas have Greek letters."""
    alpha, b = Value(2.0 / 3.0, "alpha"), Value(3.0, "b")
    tree = (alpha * b).backtrack()
    options = {"annotate": {"alpha": "two thirds"}, "colours": {"b": "#009e73"}, "digits": 3}
    page = opened(tree, calm=True, **options)
    marked = box(page, "alpha")
    assert marked.locator(".remark").text_content() == "two thirds"
    assert marked.locator(".data").text_content() == "0.667"
    assert "two thirds" in marked.get_attribute("aria-label")
    stroke = "e => getComputedStyle(e.querySelector('.body')).stroke"
    assert box(page, "b").evaluate(stroke) == "rgb(0, 158, 115)"
    page.fill("#time", "1")
    assert page.locator("#line mi", has_text="α").count() > 0
    low = [one.bounding_box() for one in page.locator("g.box").all()]
    assert max(place["height"] for place in low) > min(place["height"] for place in low) + 10


def test_the_data_is_json(opened):
    """Of what the page holds nothing is lost on the way."""
    page = opened(five_lines())
    data = json.loads(page.text_content("#data"))
    assert data["name"] == ["a", "c", "b", "d", "e"]
