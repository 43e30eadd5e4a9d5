"""The page: one small file that asks for nothing, into which no label can inject anything."""

import json
import math
import re
import subprocess
from base64 import b64decode
from html import escape, unescape

import pytest

from jangrad import MLP, Module, Value, explain, ops, trace_lines
from jangrad.errors import ConfigError
from jangrad.show import derive
from jangrad.show.javascript import table
from jangrad.show.page import page


def five_lines():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    return derive(a * a + a * b)


def data_of(html):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(found[1])


def test_it_is_one_small_file_that_asks_for_nothing():
    """No address, and a policy that forbids requests."""
    html = page(five_lines())
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert "default-src 'none'" in html
    assert not re.search(r"\{\{(title|style|network|data|code)\}\}", html)


def test_the_data_is_the_derivation():
    """Names, operations, inputs and numbers; inf and nan as text."""
    found = data_of(page(derive(Value(2.0, "a") / 0.0 + 1.0)))
    assert found["name"] == ["a", "v1", "v2"]
    assert found["op"] == ["", "div", "add"]
    assert found["inputs"] == [[], [0, [0.0]], [1, [1.0]]]
    assert found["data"] == [2.0, "inf", "inf"]


def test_where_nan_begins_is_in_the_data():
    """With the words that the tree says; nothing where all is finite."""
    x = Value(-0.2, "x")
    found = data_of(page(derive(x.sqrt() + 1.0)))
    mark = "nan begins at v1 = sqrt(x): sqrt of -0.2, which needs x > 0"
    assert found["origin"] == {"1": ["nan begins here", mark]}
    assert data_of(page(five_lines()))["origin"] == {}


def test_a_page_takes_what_a_picture_takes():
    """Colours of its style sheet; digits, words and colours of boxes, and no folding, as data."""
    tree = (Value(2.0, "a") * 3.0 + 1.0).backtrack()
    light = "(prefers-color-scheme:dark){:root"
    assert light in tree.page()
    assert light not in tree.page(theme="light")
    assert "@media screen{:root{--paper:#0d1117" in tree.page(theme="dark")
    assert ":root{--grad:crimson;}" in tree.page(theme={"grad": "crimson"})
    words = "a number that was given, as it is said in more than one line"
    found = data_of(
        tree.page(digits=3, partials=False, annotate={"a": words}, colours={"v2": "tomato"})
    )
    assert (found["digits"], found["partials"], found["forward"]) == (3, False, False)
    assert " ".join(found["remarks"]["0"]) == words
    assert found["colours"] == {"2": "tomato"}
    assert data_of(tree.page(forward_only=True))["forward"] is True
    terms = [Value(float(i), f"x{i}") for i in range(60)]
    long = sum(terms[1:], terms[0]).backtrack()
    assert len(data_of(long.page())["groups"]) > 1
    assert len(data_of(long.page(fold=False))["groups"]) == 1
    net = MLP(2, [1], seed=0).show([1.0, 2.0])
    assert data_of(net.page(forward_only=True, digits=2, theme="dark"))["digits"] == 2
    for bad in ({"digits": 0}, {"theme": "grey"}, {"colours": {"a": "no colour"}}):
        with pytest.raises(ConfigError):
            tree.page(**bad)


def test_a_large_page_says_what_would_fold_it_better():
    """Unless the Values tell how they were made already, or a network is found in them."""

    def chain():
        total = Value(1.0, "a")
        for _ in range(5001):
            total = total * 1.0001
        return derive(total)

    assert "trace_lines()" in data_of(page(chain()))["advice"]
    with trace_lines():
        traced = chain()
    assert "advice" not in data_of(page(traced))
    assert "advice" not in data_of(page(five_lines()))


def test_symbols_are_typeset():
    """Names that LaTeX sets otherwise, once each; those of few letters stay as they are."""
    alpha, w1, plain = Value(0.1, "alpha"), Value(2.0, "w_1"), Value(3.0, "rate")
    found = data_of(page(derive(alpha * w1 + plain)))
    assert found["typeset"] == {"0": "<mi>α</mi>", "1": "<msub><mi>w</mi><mn>1</mn></msub>"}


def test_labels_cannot_inject_anything():
    """A label that ends a script, or a tag, is data and nothing else."""
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    html = page(derive(Value(1.0, label=hostile) * 2.0), title=hostile)
    assert hostile not in html
    assert "<img" not in html
    assert html.count("<script") == 2
    assert data_of(html)["name"][0] == hostile


def test_the_page_of_a_network_holds_its_picture():
    """Drawn once by Python; a page without a network carries no picture."""
    net = MLP(2, [3, 1], seed=0)
    html = net([1.0, 2.0])[0].backtrack().page()
    assert html.count('class="jangrad-net"') == 1
    assert len(data_of(html)["network"]["weights"]) == 9
    assert "jangrad-net" not in page(five_lines())


@pytest.mark.parametrize(
    "made",
    [
        lambda: page(five_lines()),
        lambda: MLP(2, [3, 1], seed=0).show([1.0, 2.0]).page(),
        lambda: page(derive((MLP(3, [4, 4, 1], "tanh", seed=0)([2.0, 3.0, -1.0])[0] - 1.0) ** 2)),
    ],
    ids=["expression", "network", "loss"],
)
def test_pages_are_small(made):
    """Under 80 KB without what is shown: the data, and the picture of a network."""
    shown = r'id="data">.*?</script>|<svg [^>]*class="jangrad-net".*?</svg>'
    assert len(re.sub(shown, "", made(), flags=re.S).encode()) < 80_000


def test_only_the_operations_that_occur_are_in_it():
    """And those that their rules call."""
    text = table(["gelu", "logsigmoid"])
    assert "erfc" in text
    assert "softplus:" in text
    assert "tan:" not in text


def test_rules_in_javascript_give_the_engine_s_numbers():
    """Every operation, value and partials, at points inside its domain (needs Node.js)."""
    lines = [table(ops.OPS), "const out = [];"]
    expected = []
    for name, row in ops.OPS.items():
        point = [0.3 * low + 0.7 * high for low, high in row.safe or ((-1.3, 1.7),) * 2]
        point = tuple(point[: len(row.inputs)])
        y = ops.evaluate(name, *point)
        numbers = ", ".join(map(repr, point))
        lines.append(
            f"out.push([OPS.{name}.f({numbers}), ...OPS.{name}.d.map(d => +d({numbers}, {y!r}))]);"
        )
        expected.append([y, *ops.partials(name, point, y)])
    lines.append("console.log(JSON.stringify(out));")
    try:
        done = subprocess.run(["node", "-"], input="\n".join(lines), capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("Node.js is not installed")
    assert done.returncode == 0, done.stderr
    for found, wanted in zip(json.loads(done.stdout), expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-14)


def test_powers_in_javascript_are_those_of_c():
    """1 to the power of anything, and -1 to that of an infinity, are 1 (needs Node.js)."""
    numbers = [0.0, 1.0, -1.0, 2.0, -0.5, math.inf, -math.inf, math.nan]
    pairs = [(a, b) for a in numbers for b in numbers]
    spelled = {math.inf: "Infinity", -math.inf: "-Infinity"}
    calls = [f"OPS.pow.f({', '.join(spelled.get(x, repr(x)) for x in p)})" for p in pairs]
    code = f"{table(['pow'])}const nan = NaN;\nconsole.log([{', '.join(calls)}].join(' '));"
    try:
        done = subprocess.run(["node", "-"], input=code, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("Node.js is not installed")
    found = [float(x.replace("Infinity", "inf")) for x in done.stdout.split()]
    for pair, x in zip(pairs, found, strict=True):
        wanted = ops.evaluate("pow", *pair)
        assert x == pytest.approx(wanted, rel=1e-15, nan_ok=True), pair


def test_a_notebook_gets_picture_page_and_text():
    """The page sits in a frame of its own, which may run scripts and save files, nothing more."""
    tree = (Value(2.0, "a") * 3.0).backtrack()
    bundle = tree._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/html", "text/plain"}
    assert bundle["image/svg+xml"] == tree.svg()
    html = bundle["text/html"]
    assert b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode() == tree.svg()
    assert 'sandbox="allow-scripts allow-downloads"' in html
    assert unescape(re.search(r'srcdoc="([^"]+)"', html)[1]) == tree.page()


def test_a_notebook_that_is_not_trusted_says_so():
    """Such a one drops frames and styles: the sentence that a style hides is what is left."""
    html = (Value(2.0, "a") * 3.0).backtrack()._repr_mimebundle_()["text/html"]
    left = re.sub(r"<style>.*?</style>|<iframe.*?</iframe>", "", html, flags=re.S)
    assert "This notebook is not trusted" in left
    assert ".jangrad-untrusted{display:none}" in html


def test_an_explanation_keeps_its_words_in_a_notebook():
    """JupyterLab takes Markdown before LaTeX, which is the formulas alone."""
    a = Value(2.0, label="a")
    said = (a * a).backtrack().explain("a")
    assert str(said) in said._repr_markdown_()
    assert said._repr_latex_() in said._repr_markdown_()


def test_a_notebook_is_not_made_heavy():
    """Above 5,000 nodes there is a picture without a page; so for a network without a row."""
    total = Value(0.0, "a")
    for _ in range(5001):
        total = total + 1.0
    assert "<iframe" not in total.backtrack()._repr_mimebundle_()["text/html"]
    assert "<iframe" not in MLP(2, [1], seed=0).show()._repr_mimebundle_()["text/html"]
    assert "<iframe" in MLP(2, [1], seed=0).show([1.0, 2.0])._repr_mimebundle_()["text/html"]


def test_a_network_alone_shows_its_picture():
    """`net` as the last line of a cell; a Module without neurons keeps to its text."""
    net = MLP(2, [3, 1], seed=0)
    bundle = net._repr_mimebundle_()
    assert bundle["image/svg+xml"] == net.show().svg()
    assert bundle["text/plain"] == repr(net)

    class Scale(Module):
        def __init__(self):
            self.factor = Value(2.0)

        def __call__(self, x, /):
            return x * self.factor

    scale = Scale()
    assert scale._repr_mimebundle_() == {"text/plain": repr(scale)}


def test_an_explanation_shows_its_plot_in_a_notebook():
    """With its words below; no figure of pyplot's is left open, which would be shown again."""
    from matplotlib import pyplot

    net = MLP(2, [3, 1], "tanh", seed=0)
    rows = [[0.1 * i, 1.0 - 0.2 * i] for i in range(8)]
    said = explain.ablation(net, rows, [0.5 * x for x, _ in rows])
    before = pyplot.get_fignums()
    bundle = said._repr_mimebundle_()
    assert bundle["text/plain"] == str(said)
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert str(said).splitlines()[0] in unescape(bundle["text/html"])
    assert pyplot.get_fignums() == before


def test_texts_of_pictures_and_pages_are_drawn_by_notebooks():
    """With the options that were asked for; else they are the text that is written to a file."""
    tree = (Value(2.0, "a") * 3.0).backtrack()
    picture, page = tree.svg(partials=True), tree.page(quiz=True)
    assert picture._repr_mimebundle_()["image/svg+xml"] == picture
    assert picture._repr_mimebundle_()["text/plain"] == "How v1 = 6 is computed"
    assert escape(page) in page._repr_mimebundle_()["text/html"]
    net = MLP(2, [1], seed=0).show([1.0, 2.0])
    assert net.svg()._repr_mimebundle_()["text/plain"].startswith("MLP(2 -> 1")
    assert "<iframe" in net.page()._repr_mimebundle_()["text/html"]
