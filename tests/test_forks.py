"""Processes that are forked while other threads compute: none waits for ever, all are right."""

import os
import subprocess
import sys
import threading

import pytest

from jangrad import forks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")

# `work` runs in a thread, again and again; forked children call `ask`, which is to be true.
FORKS = """
import os, random, signal, sys, threading, time

def each(work, ask, forks=20):
    ended, draw = threading.Event(), random.Random(0)

    def go_on():
        k = 0
        while not ended.is_set():
            work(k)
            k += 1

    thread = threading.Thread(target=go_on)
    thread.start()
    time.sleep(0.3)
    answers = []
    for k in range(forks):
        time.sleep(draw.random() * 0.03)
        child = os.fork()
        if child == 0:
            signal.alarm(20)  # it ends by a signal when it hangs
            code = 1
            try:
                code = 0 if ask(k) else 2
            finally:
                os._exit(code)
        answers.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    ended.set()
    thread.join()
    print(sorted(set(answers)))
"""

COMPILES = """
from jangrad import jit
def work(k):
    jit(lambda x: sum((xi * float(k % 50)).tanh() for xi in x))([1.0] * (3 + k % 20))
def ask(k):
    return jit(lambda x: x * x + float(k))(3.0) == 9.0 + k
each(work, ask)
"""

ONE_FUNCTION = """
from jangrad import jit
f = jit(lambda x: sum((xi * 2.0 + 1.0).relu() for xi in x))
def work(k):
    f([1.0] * (1 + k % 300))
    f.map([[1.0] * 7] * (k * 31 % 500 + 1))
def ask(k):
    n = 1 + k * 17 % 300
    return f([1.0] * n) == 3.0 * n and (f.map([[1.0] * 7] * (50 + k)) == 21.0).all()
each(work, ask)
"""

TRAINS = """
from jangrad import MLP, Value, compile_step, fit
rows, targets = [[0.0, 1.0], [1.0, 0.5]], [1.0, -1.0]
def trained(seed, engine):
    net = MLP(2, [3, 1], "tanh", seed=seed)
    fit(net, rows, targets, steps=30, engine=engine, progress=False)
    return [p.data for p in net.parameters()]
wanted = trained(0, "native")
w = [Value(0.5), Value(1.0)]
step = compile_step(lambda x: (w[0] * x - w[1]) ** 2, w, "sgd", learning_rate=0.01)
def work(k):
    trained(k, "eager" if k % 3 == 0 else "native")
    step(float(k % 5))
def ask(k):
    return trained(0, "native") == wanted and step(2.0) >= 0.0
each(work, ask)
"""

SWEEPS = """
from jangrad import Value, operation
square = operation("square_of_a_fork", "x * x", "2 * x")
x = Value(1.0)
y = x
for _ in range(300):
    y = square(y) * 0.5 + x * 0.5
y.backtrack()
wanted = x.grad
tree = y.backtrack()
def work(k):
    y.backtrack()
    y.backtrack().text()
def ask(k):
    y.backtrack()
    return x.grad == wanted and len(str(y.backtrack())) > 0
each(work, ask)
"""


def python(code, **environment):
    """Run code in a process of its own, and give what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-"],
        input=FORKS + code,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", [COMPILES, ONE_FUNCTION, TRAINS, SWEEPS])
def test_no_child_waits_for_what_a_thread_was_doing(code):
    """Twenty forks at any moment of another thread's work: each child computes what is right."""
    assert python(code) == "[0]\n"


@pytest.mark.parametrize("code", [COMPILES, SWEEPS])
def test_nor_in_the_plain_engine(code):
    """The same, where a thread may be stopped within a sweep at any line."""
    assert python(code.replace("300", "50"), JANGRAD_PURE="1") == "[0]\n"


IMPORTS = """
import jangrad

def use():
    from jangrad import MLP, fit, jit
    fit(MLP(1, [1]), [[1.0]], [1.0], steps=3, engine="native", progress=False)
    return jit(lambda x: x + 1.0)(1.0) == 2.0

thread = threading.Thread(target=use)
thread.start()
time.sleep(0.02 + 0.1 * random.random())
child = os.fork()
if child == 0:
    signal.alarm(60)
    os._exit(0 if use() else 2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
thread.join()
"""


def test_nor_for_what_a_thread_was_importing():
    """The first use of the compiler imports it: a fork waits until all of it is there."""
    for _ in range(4):
        assert python(IMPORTS) == "0\n"


def test_a_child_knows_nothing_of_what_other_threads_were_within():
    """A trace and a `strict()` that go on for ever in the parent's threads: not in the child."""
    code = """
from jangrad import Value, jit, strict
inside, ended = threading.Barrier(3), threading.Event()

def is_strict():
    with strict():
        inside.wait()
        ended.wait()

@jit
def traced(x):
    inside.wait()
    ended.wait()
    return x * 2.0

threads = [threading.Thread(target=is_strict), threading.Thread(target=traced, args=(1.0,))]
for thread in threads:
    thread.start()
inside.wait()
child = os.fork()
if child == 0:
    signal.alarm(60)
    # Locks of the user's own are as they were: another thread may have held them just now.
    inside, ended = threading.Barrier(1), threading.Event()
    ended.set()
    found = []
    def ask():
        a, b = Value(3.0), Value(0.0)
        found.append(((a * a).data, (a / b).data, a > b, jit(lambda x: x + 1.0)(2.0)))
    ask()
    for k in range(8):  # whose numbers may be those of the threads that are not here
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    os._exit(found != [(9.0, float("inf"), True, 3.0)] * 9 or traced(4.0) != 8.0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
inside = threading.Barrier(1)  # for a trace to compare with
ended.set()
for thread in threads:
    thread.join()
"""
    assert python(code) == "0\n"


def test_ctrl_c_ends_a_child_that_was_forked_in_a_training():
    """Training keeps Ctrl-C for the end of a burst; a child, which does not train, is struck."""
    code = """
from jangrad import MLP, fit
found = []

def fork():
    while len(found) < 10:
        time.sleep(0.01)
        child = os.fork()
        if child == 0:
            try:
                signal.raise_signal(signal.SIGINT)
                time.sleep(1.0)
            except KeyboardInterrupt:
                os._exit(0)
            os._exit(1)
        found.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

signal.signal(signal.SIGINT, signal.default_int_handler)
thread = threading.Thread(target=fork)
thread.start()
while len(found) < 10:
    fit(MLP(2, [3, 1]), [[1.0, 2.0]], [1.0], steps=20_000, engine="native", progress=False)
thread.join()
print(set(found))
"""
    assert python(code) == "{0}\n"


def test_a_fork_does_not_wait_for_ever():
    """A thread may be kept in a sweep by what the fork holds, such as the lock of `logging`."""
    code = """
from jangrad import engine, forks
forks._PATIENCE = 0.1
ended, begun = threading.Event(), threading.Event()
def hold():
    with engine._lock:
        begun.set()
        ended.wait()
thread = threading.Thread(target=hold)
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    os._exit(0)
print(os.waitpid(child, 0)[1])
ended.set()
thread.join()
with engine._lock:
    print("free")
"""
    assert python(code) == "0\nfree\n"


def test_a_fork_inside_a_trace_goes_on():
    """The thread that traces forks: parent and child finish the trace, and compile."""
    code = """
from jangrad import jit
from jangrad.errors import Untraceable
child, parent = None, os.getpid()
def f(x):
    global child
    if child is None:  # what it has changed is seen, and it is traced again
        child = os.fork()
    return x * 2.0
try:
    right = jit(f)(4.0) == 8.0
except Untraceable:  # Python gives the child's `random` another state, as a draw does
    right = os.getpid() != parent
right = right and jit(lambda x: x + 1.0)(1.0) == 2.0
if os.getpid() != parent:
    os._exit(not right)
print(right, os.waitpid(child, 0)[1])
"""
    assert python(code) == "True 0\n"


POOL = """
import multiprocessing, sys
from jangrad import Value, jit

f = jit(lambda x: sum(xi * xi for xi in x))

def work(n):
    a = Value(float(n))
    (a * a).backward()
    return f([1.0, float(n)]) - 1.0 + a.grad

if __name__ == "__main__":
    f([1.0, 2.0])
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(work, range(5)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes(tmp_path, method):
    """However its processes begin, each compiles for itself and is right."""
    (tmp_path / "pool.py").write_text(POOL)
    done = subprocess.run(
        [sys.executable, tmp_path / "pool.py", method],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout == "[0.0, 3.0, 8.0, 15.0, 24.0]\n"


def test_the_lock_of_llvmlite_is_known():
    """A fork waits for LLVM through a name that llvmlite does not promise: it is still there."""
    llvm = pytest.importorskip("llvmlite.binding")
    llvm.get_default_triple()
    with llvm.ffi.lib._lock._lock:
        pass


def test_what_is_computed_once():
    """At the first use, for each object its own; two objects never wait for each other."""

    class Of:
        asked = 0

        @forks.once
        def answer(self):
            """What it is."""
            self.asked += 1
            if other is not None:
                thread = threading.Thread(target=lambda: other.answer, daemon=True)
                thread.start()
                thread.join(10.0)
                assert not thread.is_alive()
            return [self.asked]

    other = None
    first, other = Of(), Of()
    other.answer = [1]
    assert first.answer is first.answer
    assert first.asked == 1
    assert Of.answer.__doc__ == "What it is."
