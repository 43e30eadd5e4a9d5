"""The public calls that `benchmarks/users.py` times are still there, and give what they gave."""

from importlib import import_module

import numpy as np
import pytest
from benchmarks.large_tables import IMPORTS
from benchmarks.user_calls import ROWS

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
