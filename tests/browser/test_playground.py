"""The playground in a browser: it learns, it can be changed, its script has its numbers."""

import io
import re
from contextlib import redirect_stdout

import pytest

from jangrad import MLP, datasets, fit, nn
from jangrad.nn import Layer, Module
from jangrad.play.opening import page_of, rows_of


class Playground:
    """What `opened` opens."""

    def __init__(self, rows=None, net=None):
        self.rows, self.net = rows, net

    def page(self, **options):
        return page_of(self.rows, self.net, **options)


def choose(page, address):
    page.evaluate("text => { location.hash = text; }", address)
    page.wait_for_timeout(50)


def run(page, steps):
    """So many steps one by one."""
    press = "steps => { for (; steps; steps--) document.getElementById('step').click(); }"
    page.evaluate(press, steps)


def losses(page):
    """The losses that are shown, with all their digits."""
    return page.locator("#figures b").evaluate_all("all => all.map(b => Number(b.title))")


def by_python(page):
    """What the page's script prints."""
    page.click("#python")
    code = page.text_content("#code")
    page.click("#close")
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "script", "exec"), {"__name__": "script"})
    return [float(line.split()[-1]) for line in printed.getvalue().splitlines()]


ADDRESSES = [
    "set=moons&net=4.tanh~3.relu&rates=0.1&batch=10&seed=3",
    "set=circles&rows=60&net=5.gelu&loss=hinge&optimizer=momentum&rates=0.01&penalty=l2&strength=0.01",
    "set=spirals&rows=50&noise=0.05&draw=4&net=4.prelu~3.sin&loss=squared_error&optimizer=adam&rates=0.01",
    "set=xor&net=3.elu&optimizer=nesterov&rates=0.02&held=0&penalty=l1",
    "set=blobs&net=4.tanh&optimizer=adamw&rates=0.02&batch=50",
    "set=four_rows&net=4.tanh~4.tanh&loss=squared_error&held=0&rates=0.05",
    "set=hills&rows=40&net=6.silu&optimizer=rmsprop&rates=0.005",
    "set=plane&rows=40&net=&optimizer=adagrad&rates=0.05&loss=quantile",
    "set=drawn&points=0.1_0.2_0~-0.5_0.3_1~0.4_-0.6_1~-0.2_-0.7_0&held=0&rates=0.1",
]


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda a: a.split("&")[0])
def test_the_script_comes_to_the_numbers_of_the_page(opened, address):
    """Also when a rate, a penalty and a weight were changed on the way."""
    page = opened(Playground())
    choose(page, address)
    run(page, 12)
    before = losses(page)
    assert by_python(page) == pytest.approx(before, rel=1e-9)
    page.fill("#rateis", "0.003")
    page.press("#rateis", "Enter")
    run(page, 3)
    page.select_option("#penalty", "l1" if "l1" not in address else "none")
    assert page.text_content("#steps") == "15"  # it goes on from there
    run(page, 2)
    if "l1" not in address:
        page.select_option("#strength", "0.1")
    run(page, 1)
    page.locator(".neuron").last.click()
    page.locator("#card input").first.fill("0.25")
    page.locator("#card input").first.press("Enter")
    run(page, 4)
    after = losses(page)
    assert after != before
    assert page.text_content("#steps") == "22"
    assert by_python(page) == pytest.approx(after, rel=1e-9)
    page.fill("#rateis", "0.7")  # no step was made with it, so it is no part of the script
    page.press("#rateis", "Enter")
    assert by_python(page) == pytest.approx(after, rel=1e-9)


def test_a_network_of_ones_own_begins_with_its_numbers(opened):
    """And it learns from one's own rows."""
    X, y = datasets.moons(30, seed=2)
    net = MLP(2, [3, 1], "tanh", seed=5)
    net.layers[0].neurons[0].bias.data = 0.125
    page = opened(Playground(rows_of(X, y, names=["left", "<b>up</b>"]), net))
    assert "<b>up</b>" in page.locator(".neuron span").all_text_contents()
    run(page, 5)
    assert by_python(page) == pytest.approx(losses(page), rel=1e-9)


def test_it_learns_while_one_watches(opened):
    page = opened(Playground())
    choose(page, "set=blobs&net=4.tanh&rates=0.1&speed=10")
    page.keyboard.press("Space")
    page.locator("#steps", has_text=re.compile(r"[3-9]\d\d|,")).wait_for()
    page.keyboard.press("Space")
    assert losses(page)[0] < 0.1
    assert page.text_content("#verdict")


def test_a_rate_that_is_too_high_is_named(opened):
    page = opened(Playground())
    choose(page, "set=moons&loss=squared_error&net=4.relu&rates=10&speed=10")
    page.click("#play")
    page.locator("#verdict", has_text="Exploded").wait_for()
    assert "compare with the rate 1." in page.text_content("#verdict")
    assert page.get_attribute("#play", "aria-label") == "play"
    page.click("#play")
    assert page.text_content("#steps") == "0"
    assert page.text_content("#verdict").startswith("Back at the start")
    page.fill("#rateis", "0,01")
    page.press("#rateis", "Enter")
    page.click("#play")
    page.locator("#verdict", has_text="Learning").wait_for()


@pytest.mark.parametrize("typed", ["abc", "-1", "0", "", "1,000,000", "Infinity"])
def test_what_is_no_rate_is_said(opened, typed):
    """The field shows what is in force."""
    page = opened(Playground())
    page.fill("#rateis", typed)
    page.press("#rateis", "Enter")
    said = page.text_content("#ratesay")
    assert said.startswith(f"“{typed}” is no rate" if typed else "Empty is no rate")
    assert said.endswith("It stays at 0.1.")
    assert page.input_value("#rateis") == "0.1"
    page.fill("#rateis", "0,5")
    page.press("#rateis", "Enter")
    assert page.text_content("#ratesay") == ""
    assert page.input_value("#rateis") == "0.5"
    assert "rates=0.5" in page.url


def test_rates_side_by_side_have_one_start(opened):
    page = opened(Playground())
    choose(page, "set=moons&rates=0.1~0.1~0.01")
    run(page, 8)
    first, second, third = page.locator("figcaption span:last-child").all_text_contents()
    assert first == second != third


def test_a_teacher_chooses_what_is_there(opened):
    page = opened(Playground(), show=["rate"], text="Make it explode.\n\nWhy did it?")
    assert page.is_visible("#rate")
    assert not page.is_visible("#data")
    assert not page.is_visible("#optimizer")
    assert page.locator("#task p").all_text_contents() == ["Make it explode.", "Why did it?"]


def test_the_museum_runs_what_is_looked_at(opened):
    """Each exhibit, when it comes into sight; its curves are compared in `tests/play/`."""
    page = opened(Playground())
    page.click("#tomuseum")
    assert page.locator("#museum article").count() == 9
    last = page.locator("#museum article").last
    assert last.evaluate("article => article.values") is None
    for exhibit in page.locator("#museum article").all():
        exhibit.scroll_into_view_if_needed()
        exhibit.locator("canvas[aria-label*='after']").wait_for()
    last.locator("canvas[aria-label*='after 60 steps']").wait_for()
    assert last.evaluate("article => article.values[1].at(-1)") == 0
    page.click("#tomuseum")
    assert page.is_visible("#map")


class Bridged(Module):
    """A layer whose inputs go round the next one too."""

    def __init__(self):
        self.first = Layer(2, 3, "tanh", seed=0)
        self.second = Layer(3, 3, lambda x: x * x * 0.1, seed=1)
        self.last = Layer(3, 1, "linear", seed=2)

    def __call__(self, xs):
        h = self.first(xs)
        return self.last([a + b for a, b in zip(h, self.second(h), strict=True)])


def test_layers_of_ones_own_stay_as_they_are(opened):
    """A module that is no MLP learns as `fit` trains it, with the page's optimisers."""
    X, y = datasets.moons(30, seed=2)
    net = Bridged()
    page = opened(Playground(rows_of(X, y), net))
    choose(page, "held=0&loss=squared_error&optimizer=adam&rates=0.01&batch=10&seed=0")
    assert not page.is_visible("#python")
    assert page.locator("#sets button").count() == 1
    run(page, 15)
    found = losses(page)
    fit(net, X, y, optimizer="adam", learning_rate=0.01, batch_size=10, steps=15, progress=False)
    assert found == pytest.approx([nn.losses.squared_error(net.predict(X), y)], rel=1e-9)


def test_a_network_without_rows_begins_with_its_numbers_too(opened):
    net = MLP(2, [3, 1], "tanh", seed=5)
    net.layers[1].neurons[0].bias.data = 2.0
    page = opened(Playground(net=net))
    X, y = datasets.moons(200)
    expected = nn.losses.binary_cross_entropy(net.predict(X[:150]), [(t + 1) / 2 for t in y[:150]])
    assert losses(page)[0] == pytest.approx(expected, rel=1e-9)
