"""Frames of the playground in headless Chromium, at the largest settings of TensorFlow Playground.

    taskset -c 1 python benchmarks/playground.py

Six hidden layers of eight neurons, 500 rows, batches of ten, fifty updates a frame. Printed are the
gaps between frames, which other programs on the same core widen, and the time of the main thread's
own processor, which they do not.
"""

from __future__ import annotations

import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from jangrad.play.opening import page_of

ADDRESS = "#set=spirals&rows=500&held=0&batch=10&speed=50&net=" + "~".join(["8.tanh"] * 6)
SECONDS = 8
#: Plays for some milliseconds, and gives the times at which frames began.
PLAY = """async milliseconds => {
  const times = [];
  let watching = true;
  const watch = time => { times.push(time); if (watching) requestAnimationFrame(watch); };
  document.getElementById("play").click();
  requestAnimationFrame(watch);
  await new Promise(done => setTimeout(done, milliseconds));
  watching = false;
  document.getElementById("play").click();
  return times;
}"""


def main() -> None:
    """Play, measure, print."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        file.write_text(page_of(), encoding="utf-8")
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(file.as_uri() + ADDRESS)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate(PLAY, 3000)  # until all is compiled
        before, steps = _main_thread(session), _steps(page)
        times = page.evaluate(PLAY, 1000 * SECONDS)
        spent, made = _main_thread(session) - before, _steps(page) - steps
        browser.close()
    gaps = sorted(b - a for a, b in pairwise(times))
    within = sum(gap < 16.7 + 0.5 for gap in gaps) / len(gaps)
    print(f"{made / len(gaps):.1f} updates a frame, {made / SECONDS:,.0f} a second")
    print(f"gaps: median {gaps[len(gaps) // 2]:.1f} ms, 95 % {gaps[int(0.95 * len(gaps))]:.1f} ms")
    print(f"within 16.7 ms: {within:.0%} of {len(gaps)} frames")
    print(f"main thread: {1000 * spent / len(gaps):.1f} ms of its processor a frame")


def _main_thread(session: Any) -> float:
    """Seconds of the processor that the page's main thread has had."""
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in found if m["name"] == "TaskDuration"))


def _steps(page: Any) -> int:
    return int(page.text_content("#steps").replace(",", ""))


if __name__ == "__main__":
    main()
