"""The public calls that `benchmarks/users.py` times are still there, and give what they gave."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from benchmarks.large_tables import IMPORTS
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
