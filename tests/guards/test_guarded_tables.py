"""Tables, columns, labels and tensors that a compiled function reads: all of them count.

What each of them holds beside numbers, too: labels, names, attributes, types, shapes, gradients.
"""

import numpy as np
import pytest
from tests.guards.following import check_that_a_change_is_seen

from jangrad import jit
from jangrad.errors import Untraceable
from jangrad.guards import look

pandas = pytest.importorskip("pandas")
torch = pytest.importorskip("torch")

WAYS = {}


def way(make):
    """A function of a number, and what gives it another number to find."""
    WAYS[make.__name__] = make
    return make


# -- pandas ---------------------------------------------------------------------------------------


@way
def numbers_of_a_column():
    s = pandas.Series([2.0, 3.0])
    return lambda x: x * s.iloc[0], lambda: s.iloc.__setitem__(0, 4.0)


@way
def labels_of_a_column():
    s = pandas.Series([2.0, 3.0], index=["a", "b"])
    return lambda x: x * s["a"], lambda: setattr(s, "index", ["b", "a"])


@way
def labels_that_are_numbers():
    s = pandas.Series([2.0, 3.0])
    return lambda x: x * s[0], lambda: setattr(s, "index", [1, 0])


@way
def labels_of_two_levels():
    s = pandas.Series([2.0, 3.0], index=pandas.MultiIndex.from_tuples([("a", 1), ("a", 2)]))
    turned = pandas.MultiIndex.from_tuples([("a", 2), ("a", 1)])
    return lambda x: x * s["a", 1], lambda: setattr(s, "index", turned)


@way
def names_of_columns():
    t = pandas.DataFrame([[2.0, 3.0]], columns=["a", "b"])
    return lambda x: x * float(t["a"].iloc[0]), lambda: setattr(t, "columns", ["b", "a"])


@way
def the_name_of_a_column():
    s = pandas.Series([2.0], name=2.0)
    return lambda x: x * s.name, lambda: setattr(s, "name", 3.0)


@way
def the_name_of_labels():
    s = pandas.Series([2.0])
    s.index.name = "two"
    return lambda x: x * len(s.index.name), lambda: setattr(s.index, "name", "three")


@way
def what_a_user_notes_beside_a_table():
    t = pandas.DataFrame({"v": [1.0]})
    t.attrs["k"] = 2.0
    return lambda x: x * t.attrs["k"], lambda: t.attrs.update(k=3.0)


@way
def an_attribute_of_a_table():
    t = pandas.DataFrame({"v": [1.0]})
    t.k = 2.0
    return lambda x: x * t.k, lambda: setattr(t, "k", 3.0)


@way
def numbers_beside_texts():
    t = pandas.DataFrame({"v": [2.0, 3.0], "name": ["p", "q"]})
    return lambda x: x * float(t["v"][0]), lambda: t.loc.__setitem__((0, "v"), 3.0)


@way
def texts():
    t = pandas.DataFrame({"v": [2.0, 3.0], "name": ["p", "q"]})
    return lambda x: x * len(t["name"][0]), lambda: t.loc.__setitem__((0, "name"), "long")


@way
def objects():
    s = pandas.Series([2.0, "p", [1.0]], dtype=object)
    return lambda x: x * len(s[1]), lambda: s.iloc.__setitem__(1, "long")


@way
def what_lies_in_a_list_in_a_column():
    s = pandas.Series([[2.0], "p"], dtype=object)
    return lambda x: x * s[0][0], lambda: s[0].__setitem__(0, 3.0)


@way
def categories():
    s = pandas.Series(["a", "b"], dtype="category")
    return lambda x: x * float(s.cat.codes[1]), lambda: s.iloc.__setitem__(1, "a")


@way
def the_order_of_categories():
    held = {"s": pandas.Series(["a", "b"], dtype="category")}
    return (
        lambda x: x * float(held["s"].cat.codes[1]),
        lambda: held.update(s=held["s"].cat.reorder_categories(["b", "a"])),
    )


@way
def numbers_of_which_some_are_missing():
    s = pandas.Series([2, None], dtype="Int64")
    return lambda x: x * float(s[0]), lambda: s.iloc.__setitem__(0, 3)


@way
def whether_one_is_missing():
    s = pandas.Series([2, 1], dtype="Int64")
    return lambda x: x * float(s.isna()[1]), lambda: s.iloc.__setitem__(1, None)


@way
def times():
    s = pandas.Series(pandas.to_datetime(["2020-01-02"]))
    later = pandas.Timestamp("2020-01-03")
    return lambda x: x * s[0].day, lambda: s.iloc.__setitem__(0, later)


@way
def the_type_of_a_column():
    t = pandas.DataFrame({"v": [2.0, 3.0], "w": [1.0, 1.0]})
    return (
        lambda x: x * (2.0 if t["v"].dtype.kind == "f" else 3.0),
        lambda: t.__setitem__("v", t["v"].astype(int)),
    )


@way
def columns_that_change_places():
    t = pandas.DataFrame({"v": [2.0], "n": [1], "w": [3.0]})

    def change():
        w = t.pop("w")
        t.insert(0, "w", w)

    return lambda x: x * float(t.iloc[0, 0]), change


@way
def a_table_of_ones_own():
    class Own(pandas.DataFrame):
        @property
        def _constructor(self):
            return Own

    t = Own({"v": [2.0], "name": ["p"]})
    return lambda x: x * float(t["v"][0]), lambda: t.loc.__setitem__((0, "v"), 3.0)


# -- PyTorch --------------------------------------------------------------------------------------


@way
def the_shape_of_a_tensor():
    a = torch.tensor([2.0, 3.0])
    return lambda x: x * float(a.ndim), lambda: a.resize_(1, 2)


@way
def the_type_of_a_tensor():
    a = torch.tensor([1.0])
    return (
        lambda x: x * float(a[0]),
        lambda: setattr(a, "data", a.data.view(torch.int32)),
    )


@way
def whether_a_tensor_needs_a_gradient():
    a = torch.tensor([1.0])
    return lambda x: x * (2.0 if a.requires_grad else 3.0), lambda: a.requires_grad_()


@way
def the_gradient_of_a_tensor():
    a = torch.tensor([2.0], requires_grad=True)
    a.grad = torch.tensor([2.0])
    return lambda x: x * float(a.grad[0]), lambda: a.grad.__setitem__(0, 3.0)


@way
def another_gradient_of_a_parameter():
    a = torch.nn.Parameter(torch.tensor([2.0]))
    a.grad = torch.tensor([2.0])
    return lambda x: x * float(a.grad[0]), lambda: setattr(a, "grad", torch.tensor([3.0]))


@way
def an_attribute_of_a_tensor():
    a = torch.tensor([2.0])
    a.k = 2.0
    return lambda x: x * a.k, lambda: setattr(a, "k", 3.0)


@way
def half_of_a_number():
    a = torch.tensor([2.0], dtype=torch.bfloat16)
    return lambda x: x * float(a[0]), lambda: a.__setitem__(0, 3.0)


@way
def every_other_half_of_a_number():
    a = torch.tensor([2.0, 1.0, 5.0], dtype=torch.bfloat16)
    half = a[::2]
    return lambda x: x * float(half[1]), lambda: a.__setitem__(2, 3.0)


@way
def an_imaginary_part():
    a = torch.tensor([2.0 + 1.0j]).conj()
    return lambda x: x * float(a[0].imag), lambda: a.__setitem__(0, 2.0 + 3.0j)


@way
def the_result_of_a_computation():
    leaf = torch.tensor([2.0], requires_grad=True)
    held = {"a": leaf * 1.0}
    return lambda x: x * float(held["a"][0].detach()), lambda: held.update(a=leaf * 2.0)


@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
@pytest.mark.filterwarnings("ignore:Pandas doesn't allow columns:UserWarning")
def test_a_call_computes_what_python_would(make):
    check_that_a_change_is_seen(make)


@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
@pytest.mark.filterwarnings("ignore:Pandas doesn't allow columns:UserWarning")
def test_what_is_read_can_be_seen(make):
    """So the function is traced once; and reading it changes nothing that is held."""
    f, _ = make()
    seen = look([(f, "f")])
    f(1.0)
    assert not seen.unseen
    assert seen.holds()


class Table:
    """Says how it is an array, and holds what cannot be looked at, as those of Rust and C do."""

    __module__ = "tarfile"  # which is none of the user's

    def __init__(self, held):
        self._held = held

    def __array__(self, dtype=None, copy=None):
        return np.array(self._held, dtype=object)


def test_an_array_of_another_package_that_cannot_be_looked_at_is_traced_twice():
    table = Table([object()])
    assert "`table`, a Table" in look([(lambda x: x * len(np.asarray(table)), "f")]).unseen
    sparse = torch.tensor([0.0, 1.0]).to_sparse()
    assert "`sparse`, a Tensor" in look([(lambda x: x * float(sparse[1]), "f")]).unseen


def test_texts_of_an_array_of_another_package_are_looked_at():
    table = Table(["a", 1.0, None])
    seen = look([(lambda x: x * len(np.asarray(table)), "f")])
    assert not seen.unseen
    table._held[0] = "b"
    assert not seen.holds()


def test_a_refused_trace_has_not_changed_a_tensor():
    a = torch.tensor([2.0, 3.0], dtype=torch.bfloat16, requires_grad=True)

    def f(x):
        with torch.no_grad():
            a.add_(1.0)
        a.grad = torch.ones(2, dtype=torch.bfloat16)
        return x * float(a.detach()[0])

    with pytest.raises(Untraceable, match="`a` changes"):
        jit(f)(1.0)
    assert a.tolist() == [2.0, 3.0]
    assert a.grad is None


def test_a_refused_trace_has_not_changed_the_labels_of_a_table():
    s = pandas.Series([2.0, 3.0], index=["a", "b"], name="s")

    def f(x):
        s.index = s.index[::-1]
        s.name += "s"
        return x * s["a"]

    with pytest.raises(Untraceable, match="`s` changes"):
        jit(f)(1.0)
    assert s.index.tolist() == ["a", "b"]
    assert s.name == "s"
    assert s["a"] == 2.0
