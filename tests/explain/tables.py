"""A table with columns of every kind, and models that were trained on it."""

import random
from datetime import date, timedelta

from jangrad.tabular import train

TOWNS = ["Bern", "Chur", "Thun"]


def houses(count, seed=0):
    """Rows as dicts: an area, rooms, a town, a garden or none, a date, a price and its class."""
    draw, rows = random.Random(seed), []
    for _ in range(count):
        area, town = draw.uniform(40.0, 180.0), draw.choice(TOWNS)
        garden, day = draw.random() < 0.4, draw.randrange(1500)
        price = 5.0 * area + {"Bern": 120.0, "Chur": 0.0, "Thun": 40.0}[town]
        price += 60.0 * garden + 0.05 * day + draw.gauss(0.0, 8.0)
        rows.append(
            {
                "area": round(area, 1),
                "rooms": max(1, round(area / 30.0)),
                "town": town,
                "garden": "yes" if garden else "no",
                "sold": str(date(2010, 1, 1) + timedelta(days=day)),
                "price": round(price, 1),
                "kind": "low" if price < 500 else "middle" if price < 800 else "high",
            }
        )
    return rows


def written(path, rows):
    """The rows as a CSV file."""
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def trained(folder, target, count=300):
    """A model of the price, or of its class."""
    path = written(folder / "houses.csv", houses(count))
    other = {"price": "kind", "kind": "price"}[target]
    return train(path, target, ignore=[other], hidden=[8], epochs=60, progress=False)
