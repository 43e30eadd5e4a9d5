"""The pages in Firefox: they run without an error, step, compute anew, and are laid out.

Debian's Firefox has no driver that Playwright speaks with, so the page drives itself: a script
behind it presses its controls and tells what it finds on the standard output.
"""

import json
import re
import shutil
import subprocess

import pytest
from tests.browser.page_trees import TREES

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PREFERENCES = {
    "browser.dom.window.dump.enabled": True,  # `dump` writes to the standard output
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "ui.prefersReducedMotion": 1,
}
DRIVER = """
<script>const troubles = []; addEventListener("error", e => troubles.push(e.message));</script>
<script type="module">
const $ = id => document.getElementById(id), text = id => $(id).textContent.replace(/\\s+/g, " ");
const press = key => document.body.dispatchEvent(
  new KeyboardEvent("keydown", {key, bubbles: true}));
const said = {count: text("count"), wide: document.documentElement.scrollWidth, window: innerWidth};
press("Home");
said.begin = text("count");
for (let k = 0; k < 4; k++) $("next").click();
said.line = text("line");
$("last").click();
said.boxes = [...document.querySelectorAll("g.box")].map(b => b.textContent.replace(/\\s+/g, " "));
const places = [...document.querySelectorAll("g.box .body")].map(b => b.getBoundingClientRect());
said.seen = places.filter(r => r.width > 20 && r.right > 0 && r.bottom > 0).length;
said.tall = [...document.querySelectorAll("#panel mfrac")].map(
  m => m.getBoundingClientRect().height);
const leaf = document.querySelector("g.box.leaf");
if (leaf) {
  leaf.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  $("value").value = "+0.5";
  $("value").dispatchEvent(new Event("input"));
  said.tangent = text("tangent");
}
if (!$("network").hidden) {
  if ($("net").hidden) $("network").click();
  document.querySelector(".neuron[role]").dispatchEvent(new MouseEvent("click", {bubbles: true}));
  said.card = text("card");
}
said.troubles = troubles;
dump("\\nFOUND " + JSON.stringify(said) + "\\n");
</script>
"""


def in_firefox(tree, folder):
    """What the page says of itself, after it was stepped through."""
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    before, driver = DRIVER.split("\n", 2)[1:]
    page = (
        tree.page().replace("<head>", "<head>" + before, 1).replace("</body>", driver + "</body>")
    )
    (folder / "page.html").write_text(page, encoding="utf-8")
    command = [FIREFOX, "--headless", "--no-remote", "--profile", profile]
    command += ["--window-size", "1200,760", "--screenshot", folder / "page.png"]
    done = subprocess.run(
        [*map(str, command), (folder / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "MOZ_HEADLESS": "1"},
    )
    found = re.search(r"^FOUND (.*)$", done.stdout, re.M)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(found[1])


@pytest.mark.skipif(FIREFOX is None, reason="no Firefox")
def test_an_expression_steps_and_follows_another_number(tmp_path):
    """Formulas have their fractions, boxes are in the window, nothing sticks out of it."""
    found = in_firefox(TREES["five lines"](), tmp_path)
    assert found["troubles"] == []
    assert (found["count"], found["begin"]) == ("9 / 9", "0 / 9")
    assert "de/de = 1" in found["line"]
    assert found["seen"] == len(found["boxes"]) == 5
    assert any("e = c + d10 grad 1" in box for box in found["boxes"])
    assert found["tall"]
    assert min(found["tall"]) > 20.0
    assert "it changes by 3.75" in found["tangent"]
    assert found["wide"] <= found["window"]


@pytest.mark.skipif(FIREFOX is None, reason="no Firefox")
def test_a_network_explains_its_neurons(tmp_path):
    """Its picture, a neuron that is pressed, the steps."""
    found = in_firefox(TREES["network"](), tmp_path)
    assert found["troubles"] == []
    assert "input × weight" in found["card"]
    assert "bias" in found["card"]
