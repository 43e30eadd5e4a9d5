"""The GPT of chapter 9 of the course beside plain Python with a Value class of its own.

python benchmarks/gpt_script.py          1,000 names, which takes the script some minutes
python benchmarks/gpt_script.py 50       fewer

The same class `GPT`, as the chapter has it, first weights, names and steps of Adam. Compared are
the losses of all steps, the loss on names that neither has seen, and what both invent by the same
draws.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script

from benchmarks.gpt_peers import BETA1, BETA2, RATE, by_script
from tests.scalar_gpt import OwnValue, softmax
from tools import course

from jangrad import compile_step
from jangrad.nn import sample
from jangrad.train import Adam

PARTS = ("letters", "places", "query", "key", "value", "joined", "up", "down", "scores")
UNSEEN = 200


def chapter(plain: bool) -> dict[str, Any]:
    """What the chapter defines, up to its names; in plain Python with nothing of jangrad's."""
    own = {
        "Module": object,
        "Value": OwnValue,
        "softmax": softmax,
        "log_softmax": lambda x: [p.log() for p in softmax(x)],
        "table": lambda rows: rows,
    }
    (page,) = (page for page in course.pages() if page.name.startswith("09"))
    names: dict[str, Any] = {"__name__": page.stem}
    for piece in course.pieces_of(page.read_text(encoding="utf-8")):
        if piece.code:
            text = piece.text.split("\nmodel = GPT()")[0].split("\nloss = model")[0]
            with contextlib.redirect_stdout(io.StringIO()):
                exec(text, names)
            names |= own if plain else {}
        if "documents" in names:
            return names
    raise LookupError("chapter 9 has no documents")


def numbers(model: Any) -> list[Any]:
    """The parameters, matrix after matrix."""
    return [p for part in PARTS for row in getattr(model, part) for p in row]


def invented(model: Any, letters: str) -> list[str]:
    """Ten names, by the same draws for each model."""
    draw, words = random.Random(1), []
    for _ in range(10):
        keys: list[Any] = []
        values: list[Any] = []
        letter, word = 0, ""
        for place in range(16):
            scores = [v.data for v in model.step(letter, place, keys, values)]
            letter = sample(scores, temperature=0.5, seed=draw)
            if letter == 0:
                break
            word += letters[letter]
        words.append(word)
    return words


def main() -> None:
    """Train both, and print what came of it."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rates = [RATE * (1 - k / steps) for k in range(steps)]
    mine, theirs = chapter(plain=False), chapter(plain=True)
    learned, unseen = mine["documents"][:steps], mine["documents"][-UNSEEN:]

    model = mine["GPT"]()
    parameters = model.parameters()
    step = compile_step(model.loss, parameters, Adam(parameters, RATE, beta1=BETA1, beta2=BETA2))
    packed = step.pack([(document,) for document in learned])
    start = time.perf_counter()
    losses = step.run(packed, rates=rates).tolist()
    print(f"jangrad: {time.perf_counter() - start:.3f} s after preparation", flush=True)
    test = step.run(step.pack([(document,) for document in unseen]), rates=[0.0] * UNSEEN)

    script = theirs["GPT"]()
    start = time.perf_counter()
    expected = by_script(script.loss, numbers(script), learned, rates)
    print(f"the script: {time.perf_counter() - start:.0f} s")
    expected_test = [script.loss(document).data for document in unseen]

    apart = max(abs(a - b) for a, b in zip(losses, expected, strict=True))
    print(f"the losses of {steps} steps differ by at most {apart:.1e}")
    last = min(100, steps)
    for name, found in (("jangrad", losses), ("the script", expected)):
        print(f"{name}, mean of the last {last}: {sum(found[-last:]) / last:.6f}")
    for name, found in (("jangrad", list(test)), ("the script", expected_test)):
        print(f"{name}, {UNSEEN} unseen names: {sum(found) / UNSEEN:.6f}")
    for name, each in (("jangrad", model), ("the script", script)):
        print(f"{name}:", *invented(each, mine["letters"]))


if __name__ == "__main__":
    main()
