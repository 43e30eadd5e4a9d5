"""Two tables to try the commands of jangrad on: `houses.csv`, which is made up, and `iris.csv`.

    python examples/tables.py
    jangrad train houses.csv --target price
    jangrad play iris.csv --target species

The prices of the houses grow with size and time, and Bern is dearer; some numbers of rooms are not
known. The flowers are those that come with scikit-learn (Fisher, 1936).

It prints:

    houses.csv: 400 rows of size rooms town garden sold price
    iris.csv: 150 rows of sepal_length sepal_width petal_length petal_width species
"""

import csv
import random
from collections.abc import Iterable, Sequence

from sklearn.datasets import load_iris


def house(draw: random.Random) -> list[object]:
    """A row: an empty cell where the number of rooms is not known."""
    size, town = draw.randint(40, 200), draw.choice(["Bern", "Chur", "Thun"])
    garden, year = draw.choice(["yes", "no"]), draw.randint(2010, 2013)
    price = 3 * size * (1.4 if town == "Bern" else 1) + 30 * (garden == "yes") + 20 * (year - 1995)
    rooms = "" if draw.random() < 0.05 else max(1, size // 30)
    sold = f"{year}-{draw.randint(1, 12):02}-15"
    return [size, rooms, town, garden, sold, round(price + draw.gauss(0, 20))]


def write(file: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with the names of its columns, and say what is in it."""
    kept = list(rows)
    with open(file, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([columns, *kept])
    print(f"{file}: {len(kept)} rows of", *columns)


def main() -> None:
    """Write both into this folder."""
    draw = random.Random(0)
    houses = [house(draw) for _ in range(400)]
    write("houses.csv", ["size", "rooms", "town", "garden", "sold", "price"], houses)

    iris = load_iris()
    names = iris.target_names[iris.target]
    rows = [[*numbers, name] for numbers, name in zip(iris.data.tolist(), names, strict=True)]
    columns = [name.replace(" (cm)", "").replace(" ", "_") for name in iris.feature_names]
    write("iris.csv", [*columns, "species"], rows)


if __name__ == "__main__":
    main()
