"""Draw the pictures of `docs/`.

python tools/draw_docs.py                  write them; the pages need Playwright and Chromium
python tools/draw_docs.py --check          say which SVG is not what the code draws
python tools/draw_docs.py --pages FOLDER   write the live pages of the gallery there
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

from jangrad import MLP, Tree, Value, fit, race, recording, softmax, suggest_rate, sweep
from jangrad.datasets import four_rows, moons
from jangrad.play.opening import page_of
from jangrad.show import NetworkPicture
from jangrad.show.drawing import Look
from jangrad.show.handout import sheets
from jangrad.studies import Race
from jangrad.train import load_run

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


def rates() -> Race:
    """The race of `docs/race.md`."""
    net = MLP(2, [16, 16, 1], "tanh", seed=0)
    return race(net, *moons(100, seed=0), [0.01, 0.05, 0.1, 0.2, 0.4], steps=1000)


def time_machine(folder: str) -> str:
    """The page of `docs/time-machine.md`."""
    net, (X, y) = MLP(2, [6, 6, 1], "tanh", seed=0), moons(60, seed=0)
    options = {"optimizer": "adam", "learning_rate": 0.03, "batch_size": 20, "steps": 300}
    fit(net, X, y, record=f"{folder}/run", **options)
    return recording(f"{folder}/run").page(X, y)


def iris() -> NetworkPicture:
    """A network with names."""
    flower = [5.9, 3.0, 5.1, 1.8]
    return MLP(4, [8, 3], "tanh", seed=0).show(  # type: ignore[no-any-return]
        flower,
        inputs=["sepal length", "sepal width", "petal length", "petal width"],
        classes=["setosa", "versicolor", "virginica"],
        rows=[flower],
    )


def weights() -> str:
    """A training, by its weights."""
    X, y = moons(60, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        net = MLP(2, [8, 1], "tanh", seed=0)
        record = folder + "/run"
        options = {"loss": "hinge", "steps": 200, "batch_size": 20, "engine": "eager"}
        fit(net, X, y, record=record, progress=False, **options)  # type: ignore[arg-type]
        file = load_run(record).animate(folder + "/weights.svg", net, frames=24)
        return file.read_text("utf-8")


def pictures() -> dict[str, str]:
    """Every SVG by its file's name."""
    return {
        "expression.svg": expression().svg(),
        "annotated.svg": expression().svg(
            annotate={"b": "what we look for"}, colours={"b": "crimson"}, digits=3
        ),
        "handout.svg": sheets(expression().derivation, Look(theme="light"))[0],
        "backward.svg": expression().svg(animate=True),
        "partials.svg": cross_entropy().svg(partials=True),
        "folded.svg": network().svg(),
        "iris.svg": iris().svg(),
        "weights.svg": weights(),
        "network.svg": MLP(3, [4, 4, 1], "tanh", seed=0).show([2.0, 3.0, -1.0]).svg(),
    }


def pages() -> dict[str, str]:
    """Every live page of the gallery by its name."""
    return {
        "stepper": expression().page(),
        "quiz": expression().page(quiz=True),
        "cross_entropy": cross_entropy().page(),
        "network_loss": network().page(),
        "network": MLP(3, [4, 4, 1], "tanh", seed=0).show([2.0, 3.0, -1.0]).page(),
    }


def write_pages(folder: Path) -> None:
    """Write the live pages, each as a file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as run:
        studies = {"race": rates().page(), "time_machine": time_machine(run)}
    for name, page in {**pages(), "playground": page_of(), **studies}.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


def screenshots() -> None:
    """The pages as Chromium shows them."""
    from playwright.sync_api import sync_playwright

    shots = {
        "stepper.svg": (expression().page(start=7), ()),
        "quiz.svg": (expression().page(quiz=True), ("4", "6", "10", "1")),
    }
    with sync_playwright() as p, tempfile.TemporaryDirectory() as folder:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (page, answers) in shots.items():
            file = Path(folder, "page.html")
            file.write_text(page, encoding="utf-8")
            tab = browser.new_page(viewport=SIZE, reduced_motion="reduce")  # type: ignore[arg-type]
            tab.goto(file.as_uri())
            for answer in answers:
                tab.fill("#guess", answer)
                tab.press("#guess", "Enter")
            seen = []
            for scheme in ("light", "dark"):
                tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                tab.wait_for_timeout(500)
                seen.append(small(tab.screenshot()))
            (DOCS / name).write_text(of_two(*seen), encoding="utf-8")
        replays(browser, folder)
        file.write_text(page_of(), encoding="utf-8")
        tab = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        tab.goto(f"{file.as_uri()}#set=circles&net=5.tanh~3.tanh&rates=0.1&speed=50")
        tab.click("#play")
        tab.locator("#verdict", has_text="Every training row is right").wait_for()
        tab.click("#play")
        tab.mouse.move(0, 0)
        tab.screenshot(path=DOCS / "playground.png")
        browser.close()


def replays(browser: Any, folder: str) -> None:
    """The race in its middle; the recording with two branches beside it."""

    def opened(page: str) -> Any:
        file = Path(folder, "page.html")
        file.write_text(page, encoding="utf-8")
        tab = browser.new_page(viewport={"width": 1200, "height": 1060}, color_scheme="light")
        tab.goto(file.as_uri())
        return tab

    tab = opened(rates().page())
    tab.locator("#at").fill("35")
    shoot(tab, "race-page.png")
    tab = opened(time_machine(folder))
    for moment, field, number in ((40, "#rate", "0.2"), (20, "#weight", "-3")):
        tab.locator("#at").fill(str(moment))
        tab.wait_for_timeout(200)
        tab.locator(field).fill(number)
        tab.locator(field).press("Enter")
        tab.click("#go")
        tab.wait_for_timeout(500)
    shoot(tab, "time-machine.png")


def shoot(tab: Any, name: str) -> None:
    """The page from its top in so few colours that the file is small."""
    tab.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    tab.wait_for_timeout(500)
    (DOCS / name).write_bytes(small(tab.screenshot()))


def small(png: bytes) -> bytes:
    """The same in 256 colours."""
    from PIL import Image

    held = BytesIO()
    image = Image.open(BytesIO(png)).convert("RGB")
    few = image.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2)
    few.save(held, "PNG", optimize=True)
    return held.getvalue()


def of_two(light: bytes, dark: bytes) -> str:
    """One of two PNGs, as the reader's setting asks for, in one file that any page can hold."""
    sides = " ".join(f'{side}="{SIZE[side]}"' for side in ("width", "height"))
    drawn = "".join(
        f'<image class="{kind}" {sides} href="data:image/png;base64,{b64encode(png).decode()}"/>\n'
        for kind, png in (("light", light), ("dark", dark))
    )
    style = (
        ".dark{display:none}"
        "@media (prefers-color-scheme:dark){.light{display:none}.dark{display:inline}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {sides} viewBox="0 0 {SIZE["width"]}'
        f' {SIZE["height"]}">\n<style>{style}</style>\n{drawn}</svg>\n'
    )


def plots() -> None:
    """What matplotlib draws."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    ax = suggest_rate(net, *four_rows()).plot()
    ax.figure.savefig(DOCS / "rates.png", dpi=120)
    rates().plot().savefig(DOCS / "race.png", dpi=110)
    ax = expression().curve("a", -4, 6).plot()
    ax.figure.savefig(DOCS / "curve.png", dpi=120)
    spread = [10.0 ** (-3 + 3.477 * k / 23) for k in range(24)]
    net = MLP(3, [4, 4, 1], "tanh")
    swept = sweep(net, *four_rows(), rates=spread, seeds=16, steps=300, optimizer="sgd")
    swept.plot().savefig(DOCS / "sweep.png", dpi=90)


def main() -> None:
    """Write, or check."""
    if "--check" in sys.argv:
        differ = [n for n, svg in pictures().items() if (DOCS / n).read_text("utf-8") != svg]
        sys.exit(f"{', '.join(differ)}: run python tools/draw_docs.py" if differ else 0)
    if "--pages" in sys.argv:
        write_pages(Path(sys.argv[-1]))
        return
    for name, svg in pictures().items():
        (DOCS / name).write_text(svg, encoding="utf-8")
    plots()
    screenshots()


if __name__ == "__main__":
    main()
