"""The bar fits into the terminal, with all that it tells."""

import io

import pytest
import rich.console

from jangrad.train.progress import Bar


@pytest.mark.parametrize("width", [80, 100, 140])
def test_nothing_of_it_is_cut_off(monkeypatch, width):
    """Bar, count, both losses, accuracy and the time that is left, in a line of 80 columns too."""
    out, made = io.StringIO(), rich.console.Console
    monkeypatch.setattr(
        rich.console,
        "Console",
        lambda stderr: made(file=out, width=width, force_terminal=True, color_system=None),
    )
    with Bar(133200, True) as bar:
        figures = [{"step": 66599, "loss": 0.123456, "accuracy": 0.98765}]
        bar.show([1.234567e-05] * 66600, figures, native=True, last=True)
    line = out.getvalue().replace("\r", "\n").splitlines()[-2]
    for words in ("native", "━", " 66600/133200", "loss 1.23", "e-05", " 0.123", " 0.98", "--:--"):
        assert words in line
