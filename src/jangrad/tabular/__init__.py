"""A table in, a network that can be trusted out: what `jangrad train` and `jangrad check` do.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from jangrad.tabular import train
>>> with TemporaryDirectory() as folder:
...     path = Path(folder, "houses.csv")
...     rows = [f"{size},{'AB'[size % 2]},{3 * size}" for size in range(40, 140)]
...     _ = path.write_text("\\n".join(["size,town,price", *rows]))
...     model = train(path, "price", epochs=300)
>>> print(model.choices[0])
task: regression; `price` holds 100 different numbers
>>> model.test.rows, model.test.value < model.test.baselines["always the mean"] / 10
(20, True)
>>> [answer] = model.answers([{"size": 100, "town": "A"}])
>>> 270 < answer["price"] < 330
True
"""

from jangrad.tabular.checking import Check as Check
from jangrad.tabular.checking import check as check
from jangrad.tabular.choices import Choice as Choice
from jangrad.tabular.model import Model as Model
from jangrad.tabular.model import load as load
from jangrad.tabular.scores import Score as Score
from jangrad.tabular.training import Training as Training
from jangrad.tabular.training import train as train
