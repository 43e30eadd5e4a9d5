"""Programs that are kept: the same code for the same program, and never another's numbers."""

import gc
import os
import subprocess
import sys
import weakref

import numpy as np
import pytest

from jangrad import MLP, Value, operation, ops
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import kept, native, writing
from jangrad.compiler.run.training import Trainer
from jangrad.nn import squared_error
from jangrad.train import SGD, Adam


def trainer(net, optimizer, rows=3, **options):
    def loss(row, target):
        return squared_error([net(row)], [target])

    found = trace(loss, [[1.0, 2.0], 1.0], optimizer.parameters, per_row=(0, 1))
    return Trainer(
        *(found, len(optimizer), optimizer.rule, optimizer.options),
        per_row=True,
        rows=rows,
        **options,
    )


def test_the_same_step_is_compiled_once_and_has_its_own_numbers():
    """Other weights, another rate: the code is shared, nothing else is."""
    nets = [MLP(2, [3, 1], "tanh", seed=seed) for seed in range(2)]
    first, second = (trainer(net, SGD(net.parameters(), 0.1)) for net in nets)
    assert first.executable.code is second.executable.code
    first.load([0.5] * first.memory.count, [], 0)
    assert second.parameters() == [p.data for p in nets[1].parameters()]


@pytest.mark.parametrize(
    "other",
    [
        lambda: trainer(net := MLP(2, [4, 1], "tanh"), SGD(net.parameters())),
        lambda: trainer(net := MLP(2, [3, 1], "relu"), SGD(net.parameters())),
        lambda: trainer(net := MLP(2, [3, 1], "tanh"), SGD(net.parameters(), momentum=0.5)),
        lambda: trainer(net := MLP(2, [3, 1], "tanh"), Adam(net.parameters())),
        lambda: trainer(net := MLP(2, [3, 1], "tanh"), SGD(net.layers[0].parameters())),
        lambda: trainer(net := MLP(2, [3, 1], "tanh"), SGD(net.parameters()), rows=300),
        lambda: trainer(net := MLP(2, [3, 1], "tanh"), SGD(net.parameters()), number="float"),
        lambda: trainer(net := MLP(2, [3, 1], "tanh"), SGD(net.parameters()), with_norm=False),
    ],
)
def test_another_step_is_another_program(other):
    """Whatever differs in what is computed makes another program."""
    net = MLP(2, [3, 1], "tanh")
    one = trainer(net, SGD(net.parameters()))
    assert other().executable.code is not one.executable.code


def test_options_and_constants_count():
    """Also where only a number differs."""
    net = MLP(2, [3, 1], "tanh")
    a, b = (trainer(net, SGD(net.parameters(), momentum=m)) for m in (0.5, 0.6))
    assert a.executable.code is not b.executable.code


@pytest.mark.usefixtures("own_table")
def test_an_operation_that_was_defined_anew_counts():
    """Its rule is a part of the program, not only its name."""
    codes = []
    for rule, slope in (("x ** 3", "3 * x ** 2"), ("x ** 2", "2 * x")):
        ops.OPS.pop("bent", None)
        for cache in (ops._float_functions, ops._partial_functions):
            cache.pop("bent", None)
        bent = operation("bent", rule, slope)
        w = Value(2.0)
        found = trace(lambda x, bent=bent, w=w: bent(w) * x, [1.0], [w], per_row=(0,))
        plain = SGD([w], 0.1)
        codes.append(Trainer(found, 1, plain.rule, {}, per_row=True).executable.code)
    assert codes[0] is not codes[1]


def test_what_another_process_has_compiled_is_neither_planned_nor_compiled(tmp_path, monkeypatch):
    """The trace alone tells it; the numbers are those of before, and it can still be reported."""
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path / "cache"))

    def run():
        kept._kept.clear()  # as in a process that has just begun
        net = MLP(2, [3, 1], "tanh", seed=4)
        mine = trainer(net, Adam(net.parameters(), 0.1))
        mine.set_rows(np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 1.0], [0.0, 1.0, -1.0]]))
        return mine, mine.run([0.1] * 20).tolist(), mine.parameters()

    _, *first = run()
    with monkeypatch.context() as patch:
        patch.setattr(writing, "plan", None)
        patch.setattr(native, "translate", None)
        mine, *again = run()
    assert again == first
    assert "sum over" in mine.executable.report()
    assert "define" in mine.executable.llvm()
    for entry in (tmp_path / "cache" / "jangrad-code").iterdir():
        entry.write_bytes(entry.read_bytes()[:-1] + b"!")
    assert run()[1:] == tuple(first)


def test_a_known_program_brings_no_compiler(tmp_path):
    """Only a process that has to compile imports what plans and writes."""
    code = """
import sys
from jangrad import Value, compile_step, jit, table
w = [Value(0.5), Value(1.5)]
step = compile_step(lambda n, x: (table(w)[n] * x).relu() ** 2, w, "adam")
step(1, 2.0), jit(lambda x: x * w[0])(2.0), step.optimizer
rooms = ["jangrad.compiler.plan", "jangrad.compiler.emit.loops", "numpy.ma"]
print([room in sys.modules for room in rooms])
"""
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "JANGRAD_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert found == ["[True, True, False]\n", "[False, False, False]\n"]


def test_a_change_of_the_compiler_counts(tmp_path, monkeypatch):
    """Code that an older jangrad has left is not run by a newer one."""
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path / "cache"))
    for version in ("one", "other"):
        kept._kept.clear()
        monkeypatch.setattr(kept, "compiler", lambda version=version: version)
        net = MLP(2, [3, 1], "tanh", seed=4)
        trainer(net, SGD(net.parameters()))
    assert len(list((tmp_path / "cache" / "jangrad-code").iterdir())) == 2


def test_no_network_is_kept():
    """Only code stays; the Values and the buffers of a training go with it."""
    net = MLP(2, [3, 1], "tanh", seed=5)
    mine = trainer(net, SGD(net.parameters()))
    gone = [weakref.ref(mine.executable), weakref.ref(net)]
    del mine, net
    gc.collect()
    assert [ref() for ref in gone] == [None, None]
