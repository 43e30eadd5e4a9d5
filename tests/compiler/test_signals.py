"""Calls in the midst of a call of the same, by a handler of a signal or when an object dies."""

import signal
import time

import pytest

from jangrad import Value, compile_step, jit
from jangrad.errors import ConfigError

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="signals that come by the clock"
)


@pytest.fixture
def struck():
    """What comes in the midst of whatever runs: it is called ten thousand times a second."""
    come, ended = [], []

    def strike(*_):
        for each in come:
            each()
        if not ended:  # else one that had come already would set the clock again
            signal.setitimer(signal.ITIMER_REAL, 1e-4)

    before = signal.signal(signal.SIGALRM, strike)
    yield lambda each: (come.append(each), signal.setitimer(signal.ITIMER_REAL, 1e-4))
    ended.append(True)
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, before)


def calls(f, x, expected, until):
    """Call until something has come so often; how often it was."""
    end, n = time.monotonic() + 60.0, 0
    while len(until) < 50 and time.monotonic() < end:
        assert f(x) == expected
        n += 1
    assert len(until) >= 50
    return n


def test_a_compiled_function_may_be_called_in_the_midst_of_its_call(struck):
    """Each call has its own numbers, and none waits for the other; rows too."""
    f = jit(lambda x: 2.0 * x + 1.0)
    f(1.0), f.map([1.0])
    inner = []
    struck(lambda: inner.append((f(2.0), f.map([2.0, 3.0]).tolist())))
    for call, expected in ((f, 7.0), (lambda x: f.map([x]).tolist(), [7.0])):
        inner.clear()
        calls(call, 3.0, expected, inner)
        assert all(found == (5.0, [5.0, 7.0]) for found in inner)


def test_what_is_read_may_change_in_the_midst_of_a_call(struck):
    """A number that is an input by then."""
    k = [1.0]
    f = jit(lambda x: x * k[0])
    for k[0] in (1.0, 2.0, 3.0):
        f(1.0)
    inner = []

    def change():
        before, k[0] = k[0], 5.0
        inner.append(f(2.0))
        k[0] = before

    struck(change)
    calls(f, 2.0, 6.0, inner)
    assert {*inner} == {10.0}


@pytest.mark.parametrize("per_row", [False, True])
def test_a_step_in_the_midst_of_a_step_is_refused(struck, per_row):
    """The weights are those of no step then; the one that is made ends."""
    w = Value(1.0)
    step = compile_step(lambda x: (w * x) ** 2, [w], "sgd", learning_rate=1e-9, per_row=per_row)
    given = ([1.0],) if per_row else (1.0,)
    step(*given)
    refused, made = [], [1]

    def strike():
        try:
            step(*given)
            made.append(1)
        except ConfigError as error:
            refused.append(error)

    struck(strike)
    made += [1] * calls(lambda x: step(*given) > 0.5, 0.0, True, refused)
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    assert "between two steps" in refused[0].try_
    assert step.optimizer.steps == len(made)
