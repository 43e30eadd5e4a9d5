"""`jangrad demo`: the story of the project, with real numbers.

An expression and its tree; a network that learns four rows, first with a rate that is too high,
then with the one that the diagnosis advises; the table of what it learned; pictures of all of it.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from jangrad import engine
from jangrad.errors import DataError, printable
from jangrad.files import same_place
from jangrad.interfaces.pictures import check_picture, draw_losses
from jangrad.interfaces.terminal import say_json
from jangrad.interfaces.terminal import say_styled as say
from jangrad.nocython import spoken

if TYPE_CHECKING:
    from jangrad.nn import MLP
    from jangrad.train.history import History

STEPS = 1000
TOO_HIGH = 1.0
SLOWER = 0.1  # where nothing is advised
# With this rectifier every seed from 0 to 19 learns the rows; plain relu dies on some.
# Four rows are too few for weights that begin smaller.
ACTIVATION, INIT = "leaky_relu", "uniform"
QUESTION = [2.0, 3.0, -1.0]


def run(out: str, seed: int, as_json: bool) -> None:
    """Tell the story on stdout, or print its numbers as JSON."""
    pictures = _places(Path(out))
    story = _Story(seed)
    story.draw(*pictures)
    if as_json:
        say_json(story.numbers() | {"pictures": pictures})
        return
    story.tell()
    say(_heading("Pictures"))
    for name in pictures:
        say(printable(f"  {name}"))
    if not engine.compiled:
        click.echo(f"\nAll this was computed by the {spoken(engine.compiled)}", err=True)


def _places(folder: Path) -> tuple[str, str]:
    """Where the pictures go, once it is known that they can."""
    places = folder / "expression.svg", folder / "loss.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise DataError(
            f"the pictures cannot be written to `{folder}`: {getattr(error, 'strerror', error)}",
            where="",
            try_="--out with a folder that may be written to",
        ) from None
    for place in places:
        check_picture(place)
    if same_place(*places):
        raise DataError(f"`{places[0]}` and `{places[1]}` are one file", where="")
    return str(places[0]), str(places[1])


def _heading(text: str) -> str:
    return "\n" + click.style(text, bold=True)


class _Story:
    """Everything that the demo computes, once."""

    def __init__(self, seed: int) -> None:
        from jangrad import Value
        from jangrad.datasets import four_rows

        a = Value(2.0, label="a")
        b = Value(3.0, label="b")
        c = a * a
        c.label = "c"
        d = a * b
        d.label = "d"
        e = c + d
        e.label = "e"
        self.tree = e.backtrack()
        self.rows, self.targets = four_rows()
        self.fast_net, self.fast = self._learn(seed, TOO_HIGH)
        advised = self.fast.diagnosis and self.fast.diagnosis.rate_to_try
        self.rate = advised or SLOWER
        self.net, self.slow = self._learn(seed, self.rate)

    def _learn(self, seed: int, rate: float) -> tuple[MLP, History]:
        from jangrad.nn import MLP
        from jangrad.train import fit

        net = MLP(3, [4, 4, 1], ACTIVATION, init=INIT, seed=seed)
        history = fit(
            net,
            self.rows,
            self.targets,
            optimizer="sgd",
            learning_rate=rate,
            steps=STEPS,
            progress=False,
            engine="eager",  # to whose pace the story is told, wherever it is installed
        )
        return net, history

    def tell(self) -> None:
        """The story in words, trees, curves and a table."""
        from jangrad.show.braille import curve

        say(click.style("jangrad", bold=True) + ": a network one scalar at a time")

        say(_heading("1. An expression explains itself"))
        say("   a = Value(2.0); b = Value(3.0); c = a * a; d = a * b; e = c + d")
        say("   e.backtrack()\n")
        say(_indented(str(self.tree)))
        say(f"\n{_indented(str(self.tree.explain('a')))}")
        say('\n   e.backtrack().save("e.html") writes a page that goes through it step by step')

        say(_heading("2. A network learns four rows, with a learning rate that is too high"))
        say(f"   {self.net!r}, rate {TOO_HIGH:g}\n")
        say(_indented("\n".join(curve(self.fast.loss))))
        say(_wrapped(str(self.fast.diagnosis or "It learned all the same.")))

        which = "the advised rate" if self.rate != SLOWER else "a slower rate"
        say(_heading(f"3. The same network with {which}, {self.rate:g}"))
        say(f"   {len(self.slow)} steps, loss {self.slow.loss[0]:.3g} -> {self._end():.2g}\n")
        say(_indented("\n".join(curve(self.slow.loss))))
        if self.slow.diagnosis:
            say(_wrapped(str(self.slow.diagnosis)))

        say(_heading("4. What it learned"))
        say(f"   {'inputs':<20}{'target':>8}{'prediction':>13}")
        for row, target, guess in zip(self.rows, self.targets, self._guesses(), strict=True):
            say(f"   {row!s:<20}{target:>8g}{guess:>13.4f}")
        answer = [round(value, 2) for value in self.net.predict([QUESTION])[0]]
        say(f"\n   net({QUESTION}) is {answer}")

    def numbers(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "expression": {
                "value": self.tree.root.data,
                "gradients": self.tree.gradients(),
            },
            "too_high": _run_numbers(self.fast, TOO_HIGH),
            "slower": _run_numbers(self.slow, self.rate) | {"final_loss": self._end()},
            "rows": [
                {"inputs": row, "target": target, "prediction": guess}
                for row, target, guess in zip(self.rows, self.targets, self._guesses(), strict=True)
            ],
        }

    def _guesses(self) -> list[float]:
        return [outputs[0] for outputs in self.net.predict(self.rows)]

    def _end(self) -> float:
        """The loss after the last step; the history holds the losses before each."""
        pairs = zip(self._guesses(), self.targets, strict=True)
        return sum((guess - target) ** 2 for guess, target in pairs) / len(self.targets)

    def draw(self, expression: str, losses: str) -> None:
        """Write the pictures."""
        self.tree.save(expression)
        runs = {f"rate {TOO_HIGH:g}": self.fast, f"rate {self.rate:g}": self.slow}
        draw_losses(runs, losses)


def _run_numbers(history: History, rate: float) -> dict[str, Any]:
    finite = [loss for loss in history.loss if loss < float("inf")]
    return {
        "rate": rate,
        "steps": len(history),
        "first_loss": history.loss[0],
        "highest_loss": max(finite),
        "diagnosis": str(history.diagnosis) if history.diagnosis else None,
    }


def _indented(text: str) -> str:
    return "\n".join("   " + line for line in text.splitlines())


def _wrapped(text: str) -> str:
    """Indented, in lines that fit a terminal of 80 columns, behind an empty one."""
    what, *parts = text.splitlines()  # and those of `why` and `try`, which are indented
    lines = [fill(what, 77), *(fill(part, 77, subsequent_indent=" " * 7) for part in parts)]
    return "\n" + _indented("\n".join(lines))
