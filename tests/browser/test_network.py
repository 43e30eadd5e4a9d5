"""The page of a network in a real browser: it follows the steps, and what is pressed opens."""

import pytest

from jangrad import MLP, Value
from jangrad.show.network_svg import brief

ROW = [2.0, 3.0, -1.0]


def net_of(*widths, seed=0):
    return MLP(3, list(widths), "tanh", seed=seed)


def unit(page, name):
    return page.locator(f'.neuron[data-name="{name}"]')


def test_it_opens_with_the_picture_and_its_numbers(opened):
    """Value and gradient of each unit, in the letters that Python would use."""
    net = net_of(4, 1)
    page = opened(net.show(ROW))
    assert page.is_visible("#net")
    assert not page.is_visible("#picture")
    for only_of_the_graph in ("#fit", "#partials"):  # here they would do nothing
        assert not page.is_visible(only_of_the_graph)
    inputs = [Value(x) for x in ROW]
    hidden = [neuron(inputs) for neuron in net.layers[0].neurons]
    outputs = [neuron(hidden) for neuron in net.layers[1].neurons]
    outputs[0].backtrack()
    units = page.locator(".neuron").all()
    assert [u.locator("text").all_text_contents() for u in units] == [
        [brief(value.data), brief(value.grad)] for value in [*inputs, *hidden, *outputs]
    ]


def test_it_follows_the_steps(opened):
    """Nothing is known before it is computed; the line of a product lights up at its step."""
    page = opened(net_of(4, 1).show(ROW))
    page.keyboard.press("Home")
    assert unit(page, "neuron 0 of layer 0").text_content().endswith("?")
    assert unit(page, "x1").locator("text").all_text_contents() == ["3", ""]
    page.keyboard.press("ArrowRight")  # the first product: weight 0 of neuron 0
    assert page.locator("line.ahead").count() == 1
    assert "neurons[0].weights[0]" in page.locator("line.ahead").text_content()
    while page.locator(".neuron.ahead").count() == 0:
        page.keyboard.press("ArrowRight")
    assert page.locator(".neuron.ahead").get_attribute("data-name") == "neuron 0 of layer 0"
    page.keyboard.press("End")  # backward in another colour
    assert page.locator(".neuron.ahead, line.ahead").count() == 0
    assert page.locator(".neuron.now, line.now").count() > 0
    assert page.is_visible("#net")
    page.keyboard.press("End")
    assert "?" not in page.locator("#net").text_content()


def test_a_neuron_opens_its_scalars(opened):
    """With the mouse: its sum, its weights and its bias are boxes within sight."""
    net = net_of(4, 4, 1)
    page = opened((net(ROW)[0] - 1.0).backtrack())
    assert not page.is_visible("#net")
    page.click("#network")
    unit(page, "neuron 2 of layer 1").click()
    page.click("#scalars")
    assert not page.is_visible("#net")
    assert "tanh(" in page.text_content("#chosen")
    titles = page.locator("g.box > title").all_text_contents()
    frame = page.locator("#picture").bounding_box()
    page.wait_for_timeout(500)  # boxes glide to their places
    for name in ("weights[0]", "weights[3]", "bias"):
        title = f"net.layers[1].neurons[2].{name}\n"
        assert any(found.startswith(title) for found in titles)
        box = page.locator("g.box", has=page.locator("title", has_text=title.strip())).first
        place = box.bounding_box()
        assert frame["x"] <= place["x"] <= frame["x"] + frame["width"] - place["width"]


def test_with_the_keyboard_alone(opened):
    """n shows the network, Tab walks to a neuron, Enter explains it; its scalars; n goes back."""
    net = net_of(2, 1)
    page = opened((net(ROW)[0] - 1.0).backtrack())
    page.keyboard.press("n")
    assert page.is_visible("#net")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.name") == "neuron 1 of layer 0":
            break
    page.keyboard.press("Enter")
    assert "neuron 1 of layer 0" in page.text_content("#cardname")
    page.locator("#scalars").focus()
    page.keyboard.press("Enter")
    assert not page.is_visible("#net")
    assert "tanh(" in page.text_content("#chosen")
    assert page.evaluate("document.activeElement.classList.contains('chosen')")
    page.keyboard.press("n")
    assert page.is_visible("#net")


def test_a_weight_opens_itself(opened):
    """A press on its line."""
    page = opened(net_of(1).show(ROW))
    page.locator("line[data-n]").nth(1).dispatch_event("click")
    assert "net.layers[0].neurons[0].weights[1]" in page.text_content("#chosen")


def test_what_if_changes_the_picture(opened):
    """A weight that is made large and negative becomes wide and orange; the others stay."""
    page = opened(net_of(2, 1).show(ROW))
    lines = page.locator("line[data-n]")
    before = [float(x.get_attribute("stroke-width")) for x in lines.all()]
    lines.nth(0).dispatch_event("click")
    page.fill("#value", "-1.5")
    page.keyboard.press("Tab")
    after = [float(x.get_attribute("stroke-width")) for x in lines.all()]
    assert lines.nth(0).get_attribute("class") == "minus"
    assert after[0] > before[0]
    assert after[1:] == pytest.approx(before[1:], abs=0.01)


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out(opened, width):
    """No sideways scrolling of the page, on a phone neither."""
    page = opened(net_of(4, 4, 1).show(ROW), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_find_leaves_the_picture(opened):
    """What is looked for is in the graph."""
    page = opened(net_of(4, 1).show(ROW))
    page.fill("#find", "net.layers[0].neurons[1].bias")
    page.press("#find", "Enter")
    assert page.is_visible("#picture")
    assert "net.layers[0].neurons[1].bias" in page.text_content("#chosen")
