"""The screens in docs/command-line.md are what the commands print, but for the digits."""

import random
import re
import shlex
from pathlib import Path

from tests.interfaces.program import jangrad

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
SCREEN = re.compile(r"(?s)(```console\n)(.*?)(```)")
WIDTH = 80


def houses(count, seed, first_year):
    """Houses whose price grows with size and time, dearer in Bern; some years are not known."""
    draw = random.Random(seed)
    lines = ["size,rooms,town,garden,sold,price"]
    for _ in range(count):
        size, town = draw.randint(40, 200), draw.choice(["Bern", "Chur", "Thun"])
        garden, year = draw.choice(["yes", "no"]), first_year + draw.randint(0, 3)
        price = 3 * size * (1.4 if town == "Bern" else 1) + 30 * (garden == "yes") + 20 * year
        price += draw.gauss(0, 20) - 39_900
        rooms = "" if draw.random() < 0.05 else max(1, size // 30)
        lines.append(f"{size},{rooms},{town},{garden},{year}-0{draw.randint(1, 9)}-15,{price:.0f}")
    return "\n".join(lines) + "\n"


def plain(screen):
    """Without digits, which another processor may round otherwise, and widths of columns."""
    return re.sub(r"[ -]+", " ", re.sub(r"[\d,.]*\d", "#", screen))


def test_screens_of_the_page(tmp_path, pytestconfig):
    """Each command prints what stands below it, within 80 columns."""
    (tmp_path / "houses.csv").write_text(houses(400, 0, 2010))
    (tmp_path / "sold.csv").write_text(houses(150, 1, 2013))
    found = []

    def screen(match):
        commands = [line[2:] for line in match[2].splitlines() if line.startswith("$ ")]
        shown = ""
        for command in commands:
            done = jangrad(*shlex.split(command)[1:], cwd=tmp_path, COLUMNS=str(WIDTH))
            assert done.returncode == 0, done.stderr
            shown += f"$ {command}\n{done.stderr}{done.stdout}"
        found.append((match[2], shown))
        return f"{match[1]}{shown}{match[3]}"

    text = PAGE.read_text(encoding="utf-8")
    printed = SCREEN.sub(screen, text)
    assert len(found) >= 3
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(printed, encoding="utf-8")
    for written, shown in found:
        assert plain(written) == plain(shown)
        assert not [line for line in shown.splitlines() if len(line) > WIDTH]
