"""What cannot be compiled says why, at the user's line, and what to write instead."""

import copy
import math
from collections.abc import Callable

import pytest

import jangrad
from jangrad import Value, compile_step, jit, table
from jangrad.errors import JangradError

w = Value(2.0)
numbers = [1.0, 2.0, 3.0]


def reads_data(x):
    return x if x.data > 0 else -x


def reads_a_parameter(x):
    return x * w.data


def reads_a_gradient(x):
    return x * w.grad


def branches(x):
    if x > 0:
        return x
    return -x


def takes_the_largest(x):
    return max(x, 1.0)


def asks_for_a_float(x):
    return math.exp(x)


def asks_for_an_int(x):
    return sum(w for _ in range(int(x)))


def rounds(x):
    return round(x)


def indexes_a_list(x):
    return numbers[x]


def goes_backward(x):
    return (x * w).backward()


def goes_backtrack(x):
    return (x * w).backtrack()


def assigns(x):
    w.data = 3.0
    return x * w


def assigns_a_gradient(x):
    w.grad = 0.0
    return x


def forgets_a_gradient(x):
    w.zero_grad()
    return x


def copies(x):
    return copy.deepcopy(x)


def computes_a_row(x):
    return table(numbers)[x + 1.0]


def returns_nothing(x):
    w * x


def returns_text(x):
    return {"y": x, "name": "y"}


TRACED = [
    reads_data,
    reads_a_parameter,
    reads_a_gradient,
    branches,
    takes_the_largest,
    asks_for_a_float,
    asks_for_an_int,
    rounds,
    indexes_a_list,
    goes_backward,
    goes_backtrack,
    assigns,
    assigns_a_gradient,
    forgets_a_gradient,
    copies,
    computes_a_row,
    returns_nothing,
    returns_text,
]


def keeps_a_value():
    kept = []
    jit(lambda x: kept.append(x) or x)(1.0)
    jit(lambda x: x * kept[0])(1.0)


def keeps_what_it_computed():
    kept = []
    jit(lambda x: kept.append(x * 2.0) or x)(1.0)
    jit(lambda x: x * kept[0])(1.0)


CALLS: dict[str, Callable[[], object]] = {
    "a Value kept from an earlier trace": keeps_a_value,
    "one that was computed in it": keeps_what_it_computed,
    "a row that is not there": lambda: jit(lambda i: table(numbers)[i])(3),
    "a row counted from the end": lambda: jit(lambda i: table(numbers)[i])(-1),
    "half a row": lambda: jit(lambda i: table(numbers)[i]).map([0, 0.5]),
    "text": lambda: jit(lambda x: x[0])(["1.0"]),
    "text that is returned": lambda: jit(lambda x: x)("1.0"),
    "nothing": lambda: jit(lambda x: x[0])([None]),
    "nothing that is returned": lambda: jit(lambda x: x)(None),
    "text among rows": lambda: jit(lambda x: x).map(["1.0", "2.0"]),
    "nothing among rows": lambda: jit(lambda x: x).map([1.0, None]),
    "a Value": lambda: compile_step(lambda x: x, [w])(w),
    "no rows": lambda: jit(lambda x: x).map([]),
    "rows of different counts": lambda: jit(lambda x, y: x * y).map([1.0], [1.0, 2.0]),
    "a number as rows": lambda: jit(lambda x: x).map(1.0),
    "rows of different lengths": lambda: jit(lambda x: sum(x)).map([[1.0, 2.0], [3.0]]),
    "rows of different nestings": lambda: jit(lambda x: x[0]).map([[1.0, [2.0]], [[1.0], 2.0]]),
    "rows with other names": lambda: jit(lambda d: d["a"]).map(
        [{"a": 1, "b": 2}, {"b": 1, "a": 2}]
    ),
    "nothing compiled yet": lambda: jit(lambda x: x).report(),
    "a number type that is not there": lambda: jit(lambda x: x, dtype="float16"),
    "no function": lambda: jit(3),  # type: ignore[arg-type]
}


def message(call):
    with pytest.raises(JangradError) as caught:
        call()
    return f"{type(caught.value).__name__}: {caught.value}"


def test_messages(golden):
    """Each says what, where, why, and what to try."""
    parts = [f"== {f.__name__}\n{message(lambda f=f: jit(f)(1.0))}" for f in TRACED]
    parts += [f"== {name}\n{message(call)}" for name, call in CALLS.items()]
    golden("errors_compiler.txt", "\n\n".join(parts))


@pytest.mark.parametrize("function", TRACED, ids=lambda f: f.__name__)
def test_the_engine_works_on_after_an_error(function):
    """A trace that failed leaves nothing behind."""
    f = jit(function)
    for _ in range(2):
        with pytest.raises(JangradError):
            f(1.0)
    v = Value(2.0)
    out = jangrad.where(v > 1.0, v * v, v)
    out.backtrack()
    assert (out.data, v.grad, w.data) == (4.0, 4.0, 2.0)
    assert jit(lambda x: x * w)(3.0) == 6.0


def test_an_error_of_the_users_comes_through():
    """As it was raised, and the function may be called again."""
    wrong = [True]

    @jit
    def f(x):
        if wrong[0]:
            raise KeyError("mine")
        return x * 2.0

    with pytest.raises(KeyError, match="mine"):
        f(1.0)
    wrong[0] = False
    assert f(1.0) == 2.0


def test_results_that_lie_deeper_than_arrays_do():
    """An array has some dozens of axes; a list that holds itself has no end."""

    def nested(x, times):
        for _ in range(times):
            x = [x]
        return x

    found = jit(lambda x: nested(x, 70))(2.0)
    for _ in range(70):
        (found,) = found
    assert found == 2.0

    def endless(x):
        found = [x]
        found.append(found)
        return found

    for f in (endless, lambda x: nested(x, 1000)):
        with pytest.raises(JangradError, match=r"(?s)lists that lie in each other.*holds itself"):
            jit(f)(2.0)
