"""Draw the pictures of `docs/`.

python tools/draw_docs.py            write them; the pages need Playwright and Chromium
python tools/draw_docs.py --check    say which SVG is not what the code draws
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from jangrad import MLP, Tree, Value, softmax, suggest_rate, sweep
from jangrad.datasets import four_rows

DOCS = Path(__file__).parents[1] / "docs"
SIZE = {"width": 1200, "height": 640}


def expression() -> Tree:
    """The expression of the first page."""
    a, b = Value(2.0), Value(3.0)
    c = a * a
    d = a * b
    e = c + d
    return e.backtrack()


def cross_entropy() -> Tree:
    """A softmax of three numbers, and its cross-entropy."""
    x = [Value(2.0), Value(-1.0), Value(0.5)]
    p = softmax(x)
    loss = -p[1].log()
    return loss.backtrack()


def network() -> Tree:
    """The loss of a small network for one row."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    loss = (net([2.0, 3.0, -1.0])[0] - 1.0) ** 2
    return loss.backtrack()


def pictures() -> dict[str, str]:
    """Every SVG by its file's name."""
    return {
        "expression.svg": expression().svg(),
        "partials.svg": cross_entropy().svg(partials=True),
        "folded.svg": network().svg(),
        "network.svg": MLP(3, [4, 4, 1], "tanh", seed=0).show([2.0, 3.0, -1.0]).svg(),
    }


def screenshots() -> None:
    """The pages as Chromium shows them."""
    from playwright.sync_api import sync_playwright

    shots = {
        "stepper.png": (expression().page(), ()),
        "quiz.png": (expression().page(quiz=True), ("4", "6", "10", "1")),
    }
    with sync_playwright() as p, tempfile.TemporaryDirectory() as folder:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (page, answers) in shots.items():
            file = Path(folder, "page.html")
            file.write_text(page, encoding="utf-8")
            tab = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
            tab.goto(file.as_uri())
            for answer in answers:
                tab.fill("#guess", answer)
                tab.press("#guess", "Enter")
            if not answers:
                tab.fill("#time", "7")
            tab.wait_for_timeout(1000)  # until nothing moves any more
            tab.screenshot(path=DOCS / name)
        browser.close()


def plots() -> None:
    """What matplotlib draws."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    ax = suggest_rate(net, *four_rows()).plot()
    ax.figure.savefig(DOCS / "rates.png", dpi=120)
    rates = [10.0 ** (-3 + 3.477 * k / 23) for k in range(24)]
    net = MLP(3, [4, 4, 1], "tanh")
    swept = sweep(net, *four_rows(), rates=rates, seeds=16, steps=300, optimizer="sgd")
    swept.plot().savefig(DOCS / "sweep.png", dpi=90)


def main() -> None:
    """Write, or check."""
    if "--check" in sys.argv:
        differ = [n for n, svg in pictures().items() if (DOCS / n).read_text("utf-8") != svg]
        sys.exit(f"{', '.join(differ)}: run python tools/draw_docs.py" if differ else 0)
    for name, svg in pictures().items():
        (DOCS / name).write_text(svg, encoding="utf-8")
    plots()
    screenshots()


if __name__ == "__main__":
    main()
