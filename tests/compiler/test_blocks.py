"""Rows in blocks: what threads do with them, what interrupts them, and what memory they take."""

import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangrad import Value, jit, tanh
from jangrad.compiler.run.blocks import BlockSums, share_out
from jangrad.errors import ConfigError

needs_the_clock = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="signals that come by the clock"
)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_block_is_done_once(threads):
    """By one of the threads, of which the first is the caller's."""
    done = []
    share_out(lambda thread, i: done.append((i, thread, threading.get_ident())), 100, threads)
    assert sorted(i for i, _, _ in done) == list(range(100))
    assert {thread for _, thread, _ in done} <= set(range(threads))
    assert {ident for _, thread, ident in done if thread == 0} <= {threading.get_ident()}


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_first_error_is_raised(threads):
    """When all have ended what they began; no other block is begun."""
    done, running = [], []

    def work(thread, i):
        running.append(i)
        time.sleep(0.001)
        running.remove(i)
        if i in (20, 21, 22, 23):
            raise ValueError(i)
        done.append(i)

    with pytest.raises(ValueError, match="20"):
        share_out(work, 10_000, threads)
    assert not running
    assert set(range(20)) <= set(done)
    assert len(done) <= 20 + 2 * threads


def test_threads_that_do_not_start(monkeypatch):
    """Are a mistake in the number of threads; those that have started are waited for."""
    start, done = threading.Thread.start, []

    def refuse(thread):
        if len(done) > 0:
            raise RuntimeError("can't start new thread")
        start(thread)
        while not done:
            time.sleep(0.001)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ConfigError, match="the system starts no 4 threads: can't start") as raised:
        share_out(lambda thread, i: done.append(i), 1000, 4)
    assert raised.value.try_ == "fewer threads"


@given(st.permutations(range(13)), st.integers(1, 13))
def test_sums_do_not_depend_on_who_comes_first(order, count):
    """They are those of pairs, of pairs of pairs and so on, in their own order."""
    parts = [np.array([1.0 / (3 + i), 2.0**i]) for i in range(count)]
    total = BlockSums()
    for i in order:
        if i < count:
            total.add(i, parts[i])

    def paired(these):
        if len(these) == 1:
            return these[0]
        half = 1 << (len(these) - 1).bit_length() - 1
        return paired(these[:half]) + paired(these[half:])

    assert total.total().tolist() == paired(parts).tolist()
    assert abs(Fraction(total.total()[0]) - sum(Fraction(p[0]) for p in parts)) < 1e-15


@needs_the_clock
@pytest.mark.parametrize("reduce", [None, "sum"])
def test_ctrl_c_ends_a_map(reduce):
    """Soon, with nothing left running; the function computes as before."""
    w = Value(0.5)
    f = jit(lambda x: tanh(tanh(tanh(x * w) + x) + x))
    rows = np.linspace(0.0, 1.0, 3_000_000)
    few = f.map(rows[:1000], reduce=reduce, threads=3)

    def for_ever():
        while True:
            f.map(rows, reduce=reduce, threads=3)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for k in range(8):
            alive = threading.active_count()
            signal.setitimer(signal.ITIMER_REAL, 0.002 + 0.003 * k)
            with pytest.raises(KeyboardInterrupt):
                for_ever()
            end = time.monotonic() + 30.0
            while threading.active_count() > alive and time.monotonic() < end:
                time.sleep(0.001)
            assert threading.active_count() == alive
            assert np.array_equal(f.map(rows[:1000], reduce=reduce, threads=3), few)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@needs_the_clock
def test_a_map_in_the_midst_of_a_map():
    """By a handler of a signal: each has its own numbers, those that rows share too."""
    f = jit(lambda x, s: x * s)
    rows, found = np.ones(200_000), []
    f.map(rows, 2.0, threads=2), f.map(rows, 2.0, reduce="sum", threads=2)

    def strike(*_):
        found.append((f.map(rows[:50_000], 3.0, reduce="sum", threads=2), f.map([1.0], 5.0)[0]))

    before = signal.signal(signal.SIGALRM, strike)
    end = time.monotonic() + 60.0
    try:
        while len(found) < 20 and time.monotonic() < end:
            signal.setitimer(signal.ITIMER_REAL, 5e-4)
            assert f.map(rows, 2.0, reduce="sum", threads=2) == 400_000.0
            assert (f.map(rows, 4.0, threads=2) == 4.0).all()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert len(found) >= 20
    assert set(found) == {(150_000.0, 5.0)}


def test_maps_of_one_function_at_once():
    """By threads of the user's, each by several threads and with a number that its rows share."""
    f = jit(lambda x, s: x * s)
    rows = np.ones(70_000)
    f.map(rows, 1.0, reduce="sum"), f.map(rows, 1.0)
    wrong = []

    def many(k):
        for _ in range(20):
            if f.map(rows, k, reduce="sum", threads=2) != 70_000.0 * k:
                wrong.append(k)
            if (f.map(rows, k, threads=2) != k).any():
                wrong.append(k)

    threads = [threading.Thread(target=many, args=(float(k),)) for k in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


#: Maps a file under a limit of what the process may allocate, and says how much NumPy has.
_IN_A_CHILD = """
import resource, sys, tracemalloc
import numpy as np
from jangrad import jit, value_and_grad

file, rows = sys.argv[1], int(sys.argv[2])
X = np.load(file, mmap_mode="r")
y = np.memmap(file + ".y", "f4", "r")
error = jit(lambda w, x, t: (w[0] * x[0] + w[1] * x[1] + w[2] * x[2] - t) ** 2)
learning = value_and_grad(error)
options = {"in_axes": (None, 0, 0), "reduce": "mean"}
w = [1.0, 2.0, -3.0]
error.map(w, X[:99], y[:99], **options), learning.map(w, X[:99], y[:99], **options)
error.map(w, X[:99], y[:99], in_axes=(None, 0, 0))
out = np.lib.format.open_memmap(file + ".out", "w+", "f8", (rows,))
with open("/proc/self/statm") as memory:
    pages = int(memory.read().split()[5])
limit = pages * resource.getpagesize() + 48 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    np.array(X)
except MemoryError:
    print("too large")
tracemalloc.start()
for threads in (1, 2):
    value, slopes = learning.map(w, X, y, threads=threads, **options)
    assert abs(value - error.map(w, X, y, threads=threads, **options)) < 1e-13 * value
    print(repr(value), *map(repr, slopes.tolist()))
    error.map(w, X, y, in_axes=(None, 0, 0), out=out, threads=threads)
print(tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of memory that is held")
def test_rows_of_a_file_that_memory_would_not_hold(tmp_path):
    """Sums, gradients and results of each row, between files, with a few blocks in memory."""
    rows = 2_500_000
    random = np.random.default_rng(0)
    file = tmp_path / "rows.npy"
    X = np.lib.format.open_memmap(file, "w+", "f8", (rows, 3))
    y = np.memmap(f"{file}.y", "f4", "w+", shape=rows)
    error, slopes = 0.0, np.zeros(3)
    for i in range(0, rows, 100_000):
        X[i : i + 100_000] = random.normal(size=(100_000, 3))
        y[i : i + 100_000] = random.normal(size=100_000)
        off = X[i : i + 100_000] @ [1.0, 2.0, -3.0] - y[i : i + 100_000]
        error, slopes = error + off @ off, slopes + 2.0 * off @ X[i : i + 100_000]
    X.flush(), y.flush()
    child = subprocess.run(
        [sys.executable, "-c", _IN_A_CHILD, str(file), str(rows)], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    refused, one, two, most = child.stdout.splitlines()
    assert refused == "too large"
    assert one == two
    np.testing.assert_allclose(
        [float(x) for x in one.split()], np.r_[error, slopes] / rows, rtol=1e-12
    )
    assert int(most) < 10 * 2**20
    out = np.load(f"{file}.out", mmap_mode="r")
    assert out.sum() == pytest.approx(error, rel=1e-12)
    assert out[-1] == pytest.approx((X[-1] @ [1.0, 2.0, -3.0] - y[-1]) ** 2, rel=1e-12)
