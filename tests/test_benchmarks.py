"""The public calls that `benchmarks/users.py` times are still there, and give what they gave."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from benchmarks import exports
from benchmarks.large_tables import IMPORTS
from benchmarks.peers import Missing
from benchmarks.user_calls import ROWS

ROOT = Path(__file__).parents[1]
# Under test every pass of the compiler is verified, scalar by scalar.
LARGE = {name for name in ROWS if "535,818" in name or "784" in name}


@pytest.mark.parametrize("name", sorted(ROWS.keys() - LARGE))
def test_what_is_timed_can_be_called(name):
    prepare, run = ROWS[name].calls["jangrad"]()
    prepare()
    first = run()
    if first is None:  # it has compared the numbers itself
        return
    prepare()
    np.testing.assert_array_equal(np.asarray(run()), np.asarray(first))


@pytest.mark.parametrize("name", IMPORTS)
def test_what_commands_import_is_there(name):
    """`benchmarks/large_tables.py` measures memory above that of these."""
    if name.startswith("pyarrow"):
        pytest.importorskip(name)
    import_module(name)


def test_graphs_without_structure_are_timed():
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "random_graphs.py", "60"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("        60 ") == 3


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", sorted(exports.contenders().keys() - {"JAX"}))  # of other threads
def test_exports_that_are_timed_compute_the_same(name, dtype, tmp_path, monkeypatch):
    """What is not installed, or lacks a precision, says so."""
    monkeypatch.setattr(exports, "ROUNDS", 1)
    monkeypatch.setattr(exports, "CALLS", 20)
    net = exports.network("tanh")
    X = np.random.default_rng(0).normal(size=(40, 10))
    try:
        found = exports.contenders()[name](net, X, dtype, tmp_path)
    except Missing as lack:
        pytest.skip(str(lack))
    assert found.call > 0
    bound = found.apart or (1e-10 if dtype == "float64" else 1e-5)
    np.testing.assert_allclose(found.outputs, np.ravel(net.predict(X)), rtol=bound, atol=bound)
