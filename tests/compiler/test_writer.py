"""Constants and tables of a module as LLVM's text."""

import math
import struct

import numpy as np
import pytest

from jangrad.compiler.emit import writer
from jangrad.compiler.emit.writer import Globals, hexadecimal

NUMBERS = [0.0, -0.0, 0.1, -2.5, 1e300, 5e-324, math.inf, -math.inf]


def test_constants_are_written_to_the_last_bit():
    """A double by its bits; a float by those of the double that equals it."""
    for x, found in zip(NUMBERS, hexadecimal(np.array(NUMBERS), "double"), strict=True):
        assert struct.pack(">d", x).hex().upper() == found[2:]
    for x, found in zip(NUMBERS, hexadecimal(np.array(NUMBERS), "float"), strict=True):
        with np.errstate(over="ignore"):
            single = float(np.float32(x))
        assert struct.pack(">d", single).hex().upper() == found[2:]


def test_constants_are_spelled_once(monkeypatch):
    """Each loop that reads them asks for them; a batch of rows among them is long."""
    spelled = []

    def counted(numbers, number):
        spelled.append(len(numbers))
        return hexadecimal(numbers, number)

    monkeypatch.setattr(writer, "hexadecimal", counted)
    made = Globals()
    names = [made.constants([1.0, 2.0, 3.0], "double") for _ in range(5)]
    assert (set(names), spelled, len(made.lines)) == ({"@T0"}, [3], 1)


@pytest.mark.parametrize("numbers", [[], [3, 1, 2]])
def test_tables_and_constants_of_equal_bytes_are_told_apart(numbers):
    """By the type of what they hold."""
    made = Globals()
    table, constants = made.table(numbers), made.constants(numbers, "double")
    assert table != constants
    assert made.lines[0] == (
        f"{table} = internal constant [{len(numbers)} x i32]"
        f" [{', '.join(f'i32 {x}' for x in numbers)}], align 64"
    )
