"""Modules of `to_javascript` in a page: they compute what they compute in Node."""

import pytest
from tests.export.test_javascript import in_node

from jangrad import MLP, softmax
from jangrad.export import to_javascript

#: What a page does with a module, and Node too.
CALLS = """
const row = [2, 3, -1];
const g = m.gradient(row);
const found = [m.value(row), g.value, ...g.d_x];
for (let step = 0; step < 20; step++) found.push(m.trainStep(row, 1, 0.05));
found.push(...m.parameters, m.value(new Float32Array(row)));
"""
PAGE = f"""<!doctype html><title>jangrad</title>
<script type="module">
import * as m from "./net.mjs";
{CALLS}
window.found = found.map(x => Object.is(x, -0) ? "-0" : String(x));
let said = "";
try {{ m.value([1]); }} catch (error) {{ said = error.message; }}
window.said = said;
</script>"""


def in_chromium(browser, folder):
    """What the page finds, as texts."""
    files = {"/": ("text/html", PAGE)}
    files["/net.mjs"] = ("text/javascript", (folder / "net.mjs").read_text())
    troubles = []

    def answer(route):
        kind, text = files[route.request.url.removeprefix("http://page.test")]
        route.fulfill(content_type=kind, body=text)

    page = browser.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.route("http://page.test/**", answer)
    page.goto("http://page.test/")
    page.wait_for_function("window.said !== undefined", timeout=20_000)
    found, said = page.evaluate("[window.found, window.said]")
    page.close()
    assert troubles == []
    assert said == "x has 3 numbers, not 1"
    return found


def exported(f, folder, dtype, optimizer):
    """A function that is to become 1."""
    row = [0.0, 0.0, 0.0]
    how = {"gradient": True, "dtype": dtype, "optimizer": optimizer, "loss_arguments": (row, 1.0)}
    loss = lambda x, target: (f(x) - target) ** 2
    to_javascript(f, folder / "net.mjs", (row,), loss=loss, **how)
    return f"import * as m from './net.mjs';\n{CALLS}"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_arithmetic_is_that_of_node(browser, tmp_path, dtype):
    """Value, gradient and training steps to the last digit, where there are no other functions."""
    net = MLP(3, [4, 4, 1], "relu", seed=1)
    code = exported(lambda x: net(x)[0], tmp_path, dtype, "sgd")
    found = in_chromium(browser, tmp_path)
    assert len(found) == 1 + 1 + 3 + 20 + len(net.parameters()) + 1
    assert found == in_node(tmp_path, code)
    assert abs(float(found[-1]) - 1.0) < 0.01


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_functions_are_near_those_of_node(browser, tmp_path, dtype):
    """Whose last digits are the browser's own: exp, erf, logarithms, roots, after 20 steps."""
    net = MLP(3, [4, 4, 2], "gelu", seed=0)
    code = exported(lambda x: softmax(net(x))[0], tmp_path, dtype, "adam")
    found = [float(x) for x in in_chromium(browser, tmp_path)]
    near = 1e-12 if dtype == "float64" else 1e-5
    assert found == pytest.approx([float(x) for x in in_node(tmp_path, code)], rel=near, abs=near)
