"""What a function reads of dataclasses, whose methods name every field."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from jangrad import jit
from jangrad.guards import look

WRITTEN: list[Any] = [
    dataclass,
    dataclass(frozen=True),
    dataclass(frozen=True, order=True),
    dataclass(unsafe_hash=True),
]


def made(decorate: Any) -> Any:
    class Work:
        X: Any
        strength: float = 0.5

    return decorate(Work)


def arrays_held(f: Any) -> list[Any]:
    return [place.holder for place in look([(f, "f")])._places if place.kind == "array"]


@pytest.mark.parametrize("decorate", WRITTEN)
def test_fields_that_are_compared_alone_are_not_looked_into(decorate: Any) -> None:
    """An array that only `==` and `hash` of a dataclass name costs a call nothing."""
    work = made(decorate)(np.arange(6.0))
    assert arrays_held(lambda x: x * work.strength) == []


@pytest.mark.parametrize("decorate", WRITTEN)
def test_fields_that_code_reads_are_looked_into(decorate: Any) -> None:
    """An array that the function reads is guarded, numbers and all."""
    work = made(decorate)(np.arange(6.0))
    f = jit(lambda x: x * work.X[1])
    assert f(2.0) == 2.0
    work.X[1] = 5.0
    assert f(2.0) == 10.0


@pytest.mark.parametrize("decorate", WRITTEN)
def test_a_comparison_sees_another_array(decorate: Any) -> None:
    """`==` asks whether arrays are the same; another one is an error, as in Python."""
    Work = made(decorate)
    work = Work(np.arange(6.0))
    other = Work(work.X)
    f = jit(lambda x: x * (2.0 if work == other else 3.0))
    assert f(1.0) == 2.0
    work.X[0] = 9.0
    assert f(1.0) == 2.0
    other = Work(work.X, 0.25)
    assert f(1.0) == 3.0
    other = Work(work.X.copy())
    with pytest.raises(ValueError, match="ambiguous"):
        f(1.0)


def test_a_comparison_sees_the_number_of_an_array_of_one() -> None:
    """An array that holds one number is compared by it."""
    Work = made(dataclass)
    work, other = Work(np.array([1.0])), Work(np.array([1.0]))
    f = jit(lambda x: x * (2.0 if work == other else 3.0))
    assert f(1.0) == 2.0
    other.X[0] = 4.0
    assert f(1.0) == 3.0


def test_a_comparison_sees_items_of_lists() -> None:
    """Fields of any other kind are compared by what they hold."""
    Work = made(dataclass)
    work, other = Work([1.0, [2.0]]), Work([1.0, [2.0]])
    f = jit(lambda x: x * (2.0 if work == other else 3.0))
    assert f(1.0) == 2.0
    other.X[1][0] = 4.0
    assert f(1.0) == 3.0


def test_a_method_of_ones_own_reads_what_it_names() -> None:
    """`__eq__` that the user has written may read all that it names."""

    @dataclass
    class Work:
        X: Any

        def __eq__(self, other: object) -> bool:
            return bool(self.X[0] == other.X[0])  # type: ignore[attr-defined]

    work, other = Work(np.arange(3.0)), Work(np.arange(3.0))
    f = jit(lambda x: x * (2.0 if work == other else 3.0))
    assert f(1.0) == 2.0
    other.X[0] = 4.0
    assert f(1.0) == 3.0


def test_words_of_a_dataclass_hold_its_numbers() -> None:
    """`repr` reads every number of every field."""
    work = made(dataclass)(np.arange(3.0))
    f = jit(lambda x: x * len(repr(work)))
    before = f(1.0)
    work.X[0] = 1234.0
    assert f(1.0) == len(repr(work)) != before


X = 3.0  # as a field is named


def test_a_field_may_have_the_name_of_a_variable_of_a_module() -> None:
    """A look at both comes to its end, and sees what is read of the module alone."""
    this = sys.modules[__name__]
    work = made(dataclass)(np.arange(3.0))
    f = jit(lambda x: x * work.strength * len(vars(this)["__name__"]) * 1.0)
    g = jit(lambda x: x * work.strength * this.WRITTEN.__len__())
    assert f(1.0) == 0.5 * len(__name__)
    assert g(1.0) == 0.5 * len(WRITTEN)
    work.strength = 0.25
    assert g(1.0) == 0.25 * len(WRITTEN)
