"""`jangrad demo`: the story of the project, with real numbers.

An expression and its tree; a network that learns four rows, first with a rate that is too high,
then with a slower one; the table of what it learned; pictures of all of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jangrad.nn import MLP
    from jangrad.train.history import History

STEPS = 1000
TOO_HIGH = 1.0
SLOWER = 0.1
# With this rectifier and rate every seed from 0 to 19 learns the rows; plain relu dies on some.
ACTIVATION = "leaky_relu"
QUESTION = [2.0, 3.0, -1.0]


def run(out: str, seed: int, as_json: bool) -> None:
    """Tell the story on stdout, or print its numbers as JSON."""
    folder = Path(out)
    story = _Story(seed)
    pictures = story.draw(folder)
    if as_json:
        click.echo(json.dumps(story.numbers() | {"pictures": pictures}, indent=2))
        return
    story.tell()
    click.echo(_heading("Pictures"))
    for name in pictures:
        click.echo(f"  {name}")


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
        self.net, self.slow = self._learn(seed, SLOWER)

    def _learn(self, seed: int, rate: float) -> tuple[MLP, History]:
        from jangrad.nn import MLP
        from jangrad.train import fit

        net = MLP(3, [4, 4, 1], ACTIVATION, seed=seed)
        history = fit(
            net,
            self.rows,
            self.targets,
            optimizer="sgd",
            learning_rate=rate,
            steps=STEPS,
            progress=False,
        )
        return net, history

    def tell(self) -> None:
        """The story in words, trees, curves and a table."""
        from jangrad.interfaces.braille import curve

        click.echo(click.style("jangrad", bold=True) + ": a network one scalar at a time")

        click.echo(_heading("1. An expression explains itself"))
        click.echo("   a = Value(2.0); b = Value(3.0); c = a * a; d = a * b; e = c + d")
        click.echo("   e.backtrack()\n")
        click.echo(_indented(str(self.tree)))
        click.echo(f"\n{_indented(str(self.tree.explain('a')))}")

        click.echo(_heading("2. A network learns four rows, with a learning rate that is too high"))
        click.echo(f"   {self.net!r}, rate {TOO_HIGH:g}\n")
        click.echo(_indented("\n".join(curve(self.fast.loss))))
        click.echo(_indented(str(self.fast.diagnosis or "It learned all the same."), "\n   "))

        click.echo(_heading(f"3. The same network with a slower rate, {SLOWER:g}"))
        click.echo(
            f"   {len(self.slow)} steps, loss {self.slow.loss[0]:.3g} -> {self._end():.2g}\n"
        )
        click.echo(_indented("\n".join(curve(self.slow.loss))))
        if self.slow.diagnosis:
            click.echo(_indented(str(self.slow.diagnosis), "\n   "))

        click.echo(_heading("4. What it learned"))
        click.echo(f"   {'inputs':<20}{'target':>8}{'prediction':>13}")
        for row, target, guess in zip(self.rows, self.targets, self._guesses(), strict=True):
            click.echo(f"   {row!s:<20}{target:>8g}{guess:>13.4f}")
        answer = [round(value, 2) for value in self.net.predict([QUESTION])[0]]
        click.echo(f"\n   net({QUESTION}) is {answer}")

    def numbers(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "expression": {
                "value": self.tree.root.data,
                "gradients": self.tree.gradients(),
            },
            "too_high": _run_numbers(self.fast, TOO_HIGH),
            "slower": _run_numbers(self.slow, SLOWER) | {"final_loss": self._end()},
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

    def draw(self, folder: Path) -> list[str]:
        """Write the pictures and return their paths."""
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        from jangrad.errors import DataError
        from jangrad.show import plot_history

        try:
            folder.mkdir(parents=True, exist_ok=True)
            runs = {f"rate {TOO_HIGH:g}": self.fast, f"rate {SLOWER:g}": self.slow}
            figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
            plot_history(runs, axes)
            figure.savefig(folder / "loss.png", dpi=150, bbox_inches="tight")
            self.tree.save(folder / "expression.svg")
        except OSError as error:
            raise DataError(
                f"the pictures cannot be written to `{folder}`: {error.strerror}",
                where="",
                try_="--out with a folder that may be written to",
            ) from None
        return [str(folder / "expression.svg"), str(folder / "loss.png")]


def _run_numbers(history: History, rate: float) -> dict[str, Any]:
    finite = [loss for loss in history.loss if loss < float("inf")]
    return {
        "rate": rate,
        "steps": len(history),
        "first_loss": history.loss[0],
        "highest_loss": max(finite),
        "diagnosis": str(history.diagnosis) if history.diagnosis else None,
    }


def _indented(text: str, before: str = "   ") -> str:
    lead = before.strip("\n") or "   "
    body = "\n".join(lead + line for line in text.splitlines())
    return ("\n" if before.startswith("\n") else "") + body
