"""The engine as machine code and as plain Python: the same bits; memory, depth, threads."""

import gc
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import jangrad
from jangrad import Value, engine, operation, tanh
from jangrad.errors import StaleGraph
from jangrad.graph import ordered

ROOT = Path(__file__).parents[1]
native = pytest.mark.skipif(not engine.compiled, reason="the engine runs as plain Python")

PROGRAM = """
import random
from jangrad import ops, engine
from jangrad.engine import Value, apply

def run(seed):
    draw = random.Random(seed)
    values = [Value(draw.uniform(-2, 2)) for _ in range(4)]
    names = [n for n in ops.OPS if ops.CODE_OF.get((n, "x"), 0) < engine_codes]
    for _ in range(60):
        row = ops.OPS[draw.choice(names)]
        inputs = [draw.choice(values) for _ in row.inputs]
        if len(inputs) == 2 and draw.random() < 0.3:
            inputs[draw.randrange(2)] = draw.uniform(-2, 2)
        try:
            if row.name == "pow":
                inputs = [inputs[0], 2.0] if isinstance(inputs[0], Value) else [2.0, inputs[1]]
            values.append(apply(row.name, *inputs))
        except ArithmeticError:
            pass
    root = values[-1]
    for value in values[4:-1]:
        root = root + value * 0.5
    root.backtrack()
    return [x for value in values for x in (value.data, value.grad)]

engine_codes = ops.FIRST_USER_CODE
print(engine.compiled)
for seed in range(60):
    print(*(x.hex() for x in run(seed)))
"""


def python(code, *, pure=False, before=""):
    """Run code in a process of its own, and give what it prints."""
    environment = {**os.environ, "JANGRAD_PURE": "1" if pure else "0"}
    command = f"{before}exec '{sys.executable}' -"
    done = subprocess.run(
        ["bash", "-c", command], input=code, capture_output=True, text=True, env=environment,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_plain_engine_can_be_asked_for():
    """JANGRAD_PURE=1 runs the same file as plain Python, and says so."""
    said = python("import jangrad; print(jangrad.engine.compiled)", pure=True)
    assert said == "False\n"


@native
def test_both_engines_give_the_same_bits():
    """Random programs over the whole table: every value and gradient, bit by bit."""
    first, *plain = python(PROGRAM, pure=True).splitlines()
    second, *compiled = python(PROGRAM).splitlines()
    assert (first, second) == ("False", "True")
    assert plain == compiled


@native
def test_a_node_takes_80_bytes_at_most():
    """Python's own head included; nothing is kept for the garbage collector."""
    value = Value(1.0) * 2.0
    assert sys.getsizeof(value) <= 80
    assert not gc.is_tracked(value)


@native
def test_ten_million_nodes_on_a_small_stack():
    """Build, backtrack and free under a stack of 256 KB: nothing recurses."""
    code = """
from jangrad import Value
x = Value(1.0)
y = x
for _ in range(5_000_000):
    y = y * 1.0
    y = y + x
y.backward()
print(x.grad)
del y
"""
    assert python(code, before="ulimit -s 256; ") == "5000001.0\n"


def test_a_million_nodes_in_either_engine():
    """Build, backtrack, print (shortened), copy and free."""
    code = """
import copy
from jangrad import Value
x = Value(1.0, label="x")
y = x
for _ in range(1_000_000):
    y = y + x
tree = y.backtrack()
text = tree.text()
print(len(text.splitlines()) < 70, tree["x"].grad)
z = copy.deepcopy(y)
del y, tree
z.backward()
"""
    assert python(code, before="ulimit -s 512; ") == "True 1000001.0\n"


def test_nodes_survive_any_order_of_deletion():
    """Whatever is let go first, what is left is whole."""
    draw = random.Random(0)
    values = [Value(draw.uniform(-1.0, 1.0)) for _ in range(50)]
    for _ in range(5000):
        a, b = draw.choice(values), draw.choice(values)
        values.append(tanh(a * b + 0.1) if draw.random() < 0.5 else a - b)
        if len(values) > 200:
            del values[draw.randrange(len(values))]
    for value in values:
        value.backtrack()
        assert value.grad == 1.0
        assert all(abs(node.data) < float("inf") for node in ordered(value))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_ten_thousand_training_steps_do_not_grow():
    """Memory is used again: the resident size after 10,000 steps is that after 1,000."""
    code = """
from jangrad import MLP, Value
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
net = MLP(2, [3, 1], "tanh", seed=0)
parameters = net.parameters()
kept = []
for step in range(STEPS):
    loss = (net([0.5, -0.2])[0] - 1.0) ** 2
    loss.backward()
    for p in parameters:
        p.data -= 0.001 * p.grad
        p.zero_grad()
    kept.append(loss.detach())  # a leaf that stays must not hold the memory of a whole step
    if step == STEPS // 10:
        before = resident()
print(resident() - before)
""".replace("STEPS", "10_000" if engine.compiled else "2_000")
    assert int(python(code, pure=not engine.compiled)) < 4_000_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_the_memory_of_a_freed_graph_is_that_of_the_next():
    """What a graph took stays with the process, once: ten more graphs of its size take no more."""
    code = """
from jangrad import Value
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def graph():
    x = Value(1.0)
    y = x
    for _ in range(NODES):
        y = y + x
graph()
before = resident()
for _ in range(10):
    graph()
print(resident() - before)
""".replace("NODES", "1_000_000" if engine.compiled else "100_000")
    assert int(python(code, pure=not engine.compiled)) < 8_000_000


def test_a_stale_leaf_leaves_no_gradient():
    """The sweep stops; nothing counts as computed; made anew, all is as before."""
    a, b = Value(2.0), Value(3.0)
    inner = a * b
    root = inner * inner + b
    root.backtrack()
    b.data = 4.0
    for sweep in (root.backtrack, root.backward):
        with pytest.raises(StaleGraph):
            sweep()
        assert not any(v.has_grad for v in (a, b, inner, root))
    again = a * b + b
    again.backtrack()
    assert (a.grad, b.grad) == (4.0, 3.0)


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_graph_is_whole_after_an_exception_half_way(monkeypatch, error):
    """Ctrl-C while gradients are handed down: none is left half done, the graph is as before."""
    square = operation("native_square", "x * x", "2 * x")
    a = Value(2.0)
    inner = square(a)
    root = inner * 3.0 + a * inner

    def interrupted(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(engine.ops, "contributions", interrupted)
        for sweep in (root.backtrack, root.backward):
            with pytest.raises(error):
                sweep()
            assert not any(v.has_grad or v.grad for v in (a, inner, root))
    for _ in range(2):
        root.backtrack()
        assert (a.grad, inner.grad) == (24.0, 5.0)


def test_ctrl_c_in_a_long_sweep():
    """A real SIGINT, in the sweep where the engine is Python, after it where it is compiled."""
    code = """
import os, signal, threading
from jangrad import Value
signal.signal(signal.SIGINT, signal.default_int_handler)
x = Value(1.0)
y = x
for _ in range(100_000):
    y = y * 1.0 + x
y.backward()
struck = 0
for k in range(20):
    timer = threading.Timer(0.002 * k, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        while timer.is_alive():
            y.backtrack()
        y.backtrack()
    except KeyboardInterrupt:
        struck += 1
    timer.join()
    y.backtrack()
    assert x.grad == 100_001.0
print(struck)
"""
    assert int(python(code, pure=not engine.compiled)) > 0


@pytest.mark.usefixtures("own_table")
def test_own_operations_work_in_both_engines():
    """Forward, backward, second derivative, and nan in the middle of a sweep."""
    inverse = operation("native_inverse", "1 / x", "-1 / (x * x)")
    x = Value(0.0)
    root = inverse(x) * 0.0
    root.backtrack()
    assert x.grad != x.grad
    y = Value(2.0)
    inverse(y).backtrack()
    assert y.grad == -0.25


def test_threads_on_graphs_of_their_own():
    """Two threads that build and backtrack at once are both right."""
    wrong = []

    def work(seed):
        draw = random.Random(seed)
        for _ in range(200):
            x = Value(draw.uniform(0.5, 1.5))
            y = x
            for _ in range(50):
                y = y * x + 1.0
            y.backward()
            slope, value = 1.0, x.data
            for _ in range(50):
                slope, value = slope * x.data + value, value * x.data + 1.0
            if abs(x.grad - slope) > 1e-9 * abs(slope):
                wrong.append((x.grad, slope))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_threads_on_one_graph():
    """Sweeps of a shared graph wait for each other: between two of them gradients are right."""
    a = Value(3.0)
    root = sum(a * k for k in range(100)) ** 2  # (4950 a)², whose derivative is 2 * 4950² * a
    found = []

    def work():
        for _ in range(50):
            root.backtrack()
            with engine._lock:  # now nobody is in the midst of a sweep
                found.append(a.grad)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert found == [147_015_000.0] * 200


def test_subclasses_are_refused():
    """With the reason, and what to write instead."""
    with pytest.raises(TypeError, match=r"cannot be subclassed\n  why:(.|\n)*try:"):
        type("Mine", (Value,), {})


@native
@pytest.mark.parametrize(
    "method", ["backtrack", "tanh", "clamp", "detach", "zero_grad", "__copy__"]
)
def test_a_method_refuses_another_self(method):
    """`map(Value.tanh, floats)` is an error in Python, not a crash in C."""
    with pytest.raises(TypeError, match=f"'{method}'"):
        getattr(Value, method)(3.0)


def test_notes_go_with_their_value():
    """A label or a source line belongs to one Value, and to none that takes its place."""
    for _ in range(1000):
        Value(1.0, label="short-lived")
    assert all(Value(1.0).label == "" for _ in range(1000))
    with jangrad.trace_lines():
        traced = Value(1.0) * 2.0
    assert "Value(1.0) * 2.0" in traced.made_at
    assert (Value(1.0) * 2.0).made_at == ""
