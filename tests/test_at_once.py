"""Several threads at once in what all of them share: the table of operations."""

import math
import sys
import threading

import pytest

import jangrad
from jangrad import Value, jit


@pytest.fixture
def hasty():
    """Threads that take turns all the time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_operations_are_defined_and_compiled_by_threads_at_once(hasty):
    """Each has codes of its own, and a code that is new to a table is not looked up behind it."""
    wrong: list[object] = []

    def work(thread: int) -> None:
        try:
            for i in range(30):
                number = 30 * thread + i + 2
                f = jangrad.operation(
                    f"of_thread_{number}", f"{number} * x * x", f"{2 * number} * x"
                )
                value, slope = jit(jangrad.value_and_grad(lambda x, f=f: f(x) + x))(1.5)
                if not math.isclose(value, number * 2.25 + 1.5):
                    wrong.append((number, value))
                if not math.isclose(slope, number * 3.0 + 1.0):
                    wrong.append((number, slope))
                x = Value(2.0)
                f(x).backward()
                if x.grad != 4.0 * number:
                    wrong.append((number, x.grad))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.usefixtures("own_table")
def test_a_cell_run_by_two_threads_defines_its_operation_once(hasty):
    found: list[object] = []

    def work() -> None:
        try:
            found.append(jangrad.operation("of_both_threads", "x * x * x", "3 * x * x"))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert found[0](2.0) == 8.0
