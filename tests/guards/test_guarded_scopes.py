"""Variables that a compiled function reads by what holds them, such as functions and contexts."""

import collections
import contextvars
import inspect
import sys
import types

import numpy as np
import pytest
from tests.guards.following import check_that_a_change_is_seen

from jangrad import Value, jit
from jangrad.errors import Untraceable
from jangrad.guards import look

WAYS = {}
rate = 2.0


def way(make):
    """A function of a number, and what gives it another number to find."""
    WAYS[make.__name__] = make
    return make


def other(x):
    """A function of this module, of which others ask."""
    return x


def _rate(value):
    globals()["rate"] = value


@pytest.fixture(autouse=True)
def _as_before():
    yield
    _rate(2.0)


@way
def variables_of_another_function():
    return lambda x: x * other.__globals__["rate"], lambda: _rate(3.0)


@way
def variables_by_a_name_that_is_made():
    return lambda x: x * other.__globals__["ra" + "te"], lambda: _rate(3.0)


@way
def variables_by_a_name_that_is_read():
    return lambda x: x * getattr(other, "__globals__")["rate"], lambda: _rate(3.0)  # noqa: B009


@way
def variables_of_its_own_frame():
    return lambda x: x * sys._getframe().f_globals["rate"], lambda: _rate(3.0)


@way
def variables_of_the_present_frame():
    return lambda x: x * inspect.currentframe().f_globals["rate"], lambda: _rate(3.0)


@way
def variables_that_inspect_finds():
    return lambda x: x * inspect.getclosurevars(other_that_reads).globals["rate"], lambda: _rate(
        3.0
    )


def other_that_reads(x):
    return x * rate


@way
def what_another_function_closes_over():
    k = 2.0

    def closed(x):
        return x * k

    def change():
        nonlocal k
        k = 3.0

    return lambda x: x * closed.__closure__[0].cell_contents, change


@way
def what_another_function_only_appends_to():
    items = [2.0]

    def appends(x):
        items.append(x)

    return (
        lambda x: x * appends.__closure__[0].cell_contents[0],
        lambda: items.__setitem__(0, 3.0),
    )


@way
def a_cell():
    cell = types.CellType(2.0)
    return lambda x: x * cell.cell_contents, lambda: setattr(cell, "cell_contents", 3.0)


@way
def a_list_in_a_cell():
    cell = types.CellType([2.0])
    return lambda x: x * cell.cell_contents[0], lambda: cell.cell_contents.__setitem__(0, 3.0)


@way
def a_context():
    var = contextvars.ContextVar("var")
    context = contextvars.copy_context()
    context.run(var.set, 2.0)
    return lambda x: x * context[var], lambda: context.run(var.set, 3.0)


@way
def a_run_in_a_context():
    var = contextvars.ContextVar("var")
    context = contextvars.copy_context()
    context.run(var.set, [2.0])
    return (
        lambda x: context.run(lambda: x * var.get()[0]),
        lambda: context.run(var.get).__setitem__(0, 3.0),
    )


@way
def what_makes_a_missing_item():
    made = collections.defaultdict(lambda: 2.0)
    return lambda x: x * made.default_factory(), lambda: setattr(made, "default_factory", float)


@way
def what_a_function_that_makes_missing_items_reads():
    made = collections.defaultdict(lambda: rate)
    return lambda x: x * made.default_factory(), lambda: _rate(3.0)


@way
def a_list_by_its_method():
    items = [2.0]
    return lambda x: x * items.append.__self__[0], lambda: items.__setitem__(0, 3.0)


def _first(method):
    return method.__self__[0]


@way
def a_list_by_its_method_in_another_function():
    items = [2.0]
    return lambda x: x * _first(items.append), lambda: items.__setitem__(0, 3.0)


class Held:
    """An object with a rate."""

    def __init__(self):
        self.rate = 2.0


@way
def an_attribute_without_asking_the_class():
    held = Held()
    return lambda x: x * inspect.getattr_static(held, "rate"), lambda: setattr(held, "rate", 3.0)


@way
def all_attributes():
    held = Held()
    return lambda x: x * dict(inspect.getmembers(held))["rate"], lambda: setattr(held, "rate", 3.0)


@way
def all_attributes_without_asking_the_class():
    held = Held()
    read = inspect.getmembers_static
    return lambda x: x * dict(read(held))["rate"], lambda: setattr(held, "rate", 3.0)


@way
def a_label_by_its_name_in_a_text():
    v = Value(1.0, label="two")
    name = "label"
    return lambda x: x * len(getattr(v, name, "label")), lambda: setattr(v, "label", "three")


@way
def whether_an_array_may_be_written():
    a = np.ones(1)
    return lambda x: x * (2.0 if a.flags.writeable else 3.0), lambda: a.setflags(write=False)


@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
def test_a_call_computes_what_python_would(make):
    check_that_a_change_is_seen(make)


def test_cells_contexts_and_factories_can_be_seen():
    cell = types.CellType(2.0)
    context = contextvars.Context()
    made = collections.defaultdict(lambda: 2.0)

    def f(x):
        return x * cell.cell_contents + len(context) + made.default_factory()

    assert not look([(f, "f")]).unseen


def test_a_cell_may_be_empty():
    cell = types.CellType()

    def f(x):
        try:
            return x * cell.cell_contents
        except ValueError:
            return x

    compiled = jit(f)
    assert compiled(2.0) == 2.0
    cell.cell_contents = 3.0
    assert compiled(2.0) == 6.0
    del cell.cell_contents
    assert compiled(2.0) == 2.0


def test_a_refused_trace_has_not_changed_cells_contexts_and_factories():
    cell = types.CellType(2.0)
    var = contextvars.ContextVar("var")
    context = contextvars.copy_context()
    context.run(var.set, 2.0)
    made = collections.defaultdict(float)

    def f(x):
        cell.cell_contents += 1.0
        context.run(lambda: var.set(var.get() + 1.0))
        made.default_factory = lambda: cell.cell_contents
        return x * made.default_factory()

    with pytest.raises(Untraceable, match="changes each time"):
        jit(f)(1.0)
    assert (cell.cell_contents, context[var], made.default_factory) == (2.0, 2.0, float)
