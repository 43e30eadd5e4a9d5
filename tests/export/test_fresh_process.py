"""A model that is saved predicts in another process what it predicted here, to the last bit."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tests.explain.tables import houses, written
from tests.interfaces.program import jangrad

from jangrad import MLP, fit, save_model
from jangrad.datasets import moons
from jangrad.tabular import train

X, Y = moons(60, seed=0)
FIT = """
import sys, numpy as np
from jangrad import load_model
from jangrad.datasets import moons
net, _ = load_model(sys.argv[1])
print(np.asarray(net.predict(moons(60, seed=0)[0])).tobytes().hex())
print(np.asarray([[out.data for out in net(row)] for row in moons(60, seed=0)[0]]).tobytes().hex())
"""


def elsewhere(code, *arguments):
    """The lines that another process prints."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    ("activation", "options"),
    [
        ("tanh", {"engine": "native"}),
        ("relu", {"engine": "native", "dtype": "float32"}),
        ("gelu", {"engine": "eager", "steps": 20}),
        ("sigmoid", {"optimizer": "lbfgs"}),
    ],
)
def test_what_fit_has_trained(tmp_path, activation, options):
    """In machine code, which is compiled anew there, and by Python."""
    net = MLP(2, [8, 1], activation, seed=0)
    fit(net, X, Y, progress=False, **{"steps": 200} | options)
    save_model(tmp_path / "net", net)
    compiled, by_python = elsewhere(FIT, tmp_path / "net")
    assert compiled == np.asarray(net.predict(X)).tobytes().hex()
    assert by_python == np.array([[out.data for out in net(row)] for row in X]).tobytes().hex()


@pytest.mark.parametrize("target", ["price", "kind", "garden"])
def test_the_model_of_a_table(tmp_path, target):
    """Of amounts, classes and two of them, with columns of every kind and unknown cells: what
    training has left, what the command prints, also of a model that it has trained itself."""
    written(tmp_path / "houses.csv", houses(200))
    others = [name for name in ("price", "kind") if name != target]
    model = train(
        tmp_path / "houses.csv", target, ignore=others, hidden=[8], epochs=40, progress=False
    )
    model.save(tmp_path / "model")
    rows = houses(30, seed=5)
    rows[3]["town"], rows[4]["area"], rows[5]["sold"] = "Genf", "", ""
    written(tmp_path / "new.csv", rows)
    wanted = model.answers(rows)
    printed = jangrad("predict", "model", "new.csv", "--json", cwd=tmp_path)
    assert json.loads(printed.stdout) == wanted, printed.stderr
    given = [f"--ignore={name}" for name in others]
    command = ("train", "houses.csv", "--target", target, "--hidden", "8", "--epochs", 40, *given)
    done = jangrad(*command, "--out", "commanded", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = jangrad("predict", "commanded", "new.csv", "--json", cwd=tmp_path)
    assert json.loads(again.stdout) == wanted


def test_exporters_come_with_a_star():
    """Also those that are loaded when they are first asked for."""
    names = elsewhere("from jangrad.export import *; print(to_c.__name__, save_model.__name__)")
    assert names == ["to_c", "save_model"]
