"""From a table to predictions: read, scale, learn, and measure on rows that were kept out.

The table is made here, so that the script runs anywhere; put your own in its place.

It prints:

    400 rows of area age district=north district=south
    the mean price is off by 78.6
    the network is off by 4.9, and 4 is the noise
    80 m2, 20 years old: 214 in the north, 256 in the south
"""

import csv
import random
from pathlib import Path

from jangrad import MLP, fit
from jangrad.datasets import read_csv, read_rows


def write_table(path: Path) -> None:
    """Flats with their prices: some noise, and a district that matters."""
    draw = random.Random(0)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["area", "age", "district", "price"])
        for _ in range(400):
            area, age = draw.uniform(30, 150), draw.uniform(0, 80)
            district = draw.choice(["north", "south"])
            price = 3 * area * (1 - age / 200) + (40 if district == "south" else 0)
            out.writerow([f"{area:.1f}", f"{age:.0f}", district, f"{price + draw.gauss(0, 5):.1f}"])


def main() -> None:
    """Read, learn, measure, predict."""
    write_table(Path("flats.csv"))
    table = read_csv("flats.csv", target="price")
    print(len(table.X), "rows of", *table.inputs)

    rows = table.columns.standardise(table.X)
    learned, kept = slice(0, 300), slice(300, None)
    middle = sum(table.y[learned]) / 300
    targets = [(price - middle) / 100 for price in table.y]
    net = MLP(len(rows[0]), [16, 1], "tanh", seed=0)
    fit(net, rows[learned], targets[learned], epochs=200, batch_size=30, progress=False)

    def prices(rows: list[list[float]]) -> list[float]:
        return [middle + 100 * output for [output] in net.predict(rows)]

    def off(guesses: list[float]) -> float:
        errors = [abs(g - price) for g, price in zip(guesses, table.y[kept], strict=True)]
        return sum(errors) / len(errors)

    print(f"the mean price is off by {off([middle] * 100):.1f}")
    print(f"the network is off by {off(prices(rows[kept])):.1f}, and 4 is the noise")

    Path("new.csv").write_text("area,age,district\n80,20,north\n80,20,south\n")
    new = read_rows("new.csv", table.columns)
    north, south = prices(table.columns.standardise(new.X))
    print(f"80 m2, 20 years old: {north:.0f} in the north, {south:.0f} in the south")


if __name__ == "__main__":
    main()
