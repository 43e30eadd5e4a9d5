"""What the compiler's tests share."""

from contextlib import ExitStack

import pytest
from tests.compiler.strategies import NAMES
from tests.conftest import table_kept

from jangrad import operation
from jangrad.switches import within


@pytest.fixture(scope="module")
def own_operations():
    """Two operations of the user's, for the programs."""
    with table_kept():
        own = operation("own", "x * exp(-x * x)", "exp(-x * x) * (1 - 2 * x * x)")
        slopes = ("b * (1 - a * a) / (1 + a * a) ** 2", "a / (1 + a * a)")
        NAMES.update(own=own, own_pair=operation("own_pair", "a * b / (1 + a * a)", *slopes))
        yield
        del NAMES["own"], NAMES["own_pair"]


@pytest.fixture
def limited():
    """Sets limits of the compiler until the test ends."""
    with ExitStack() as stack:
        yield lambda **changed: stack.enter_context(within(**changed))
