"""Programs that are kept: the same code for the same program, and never another's numbers."""

import gc
import os
import subprocess
import sys
import weakref
from contextlib import suppress
from pathlib import Path

import llvmlite
import numpy as np
import pytest

from jangrad import MLP, Value, maximum, operation, ops, rules
from jangrad.compiler.program import ir
from jangrad.compiler.program.differentiate import differentiate
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import memory_cache, native, pipeline
from jangrad.nn import squared_error
from jangrad.train import SGD, Adam, UpdateRule
from jangrad.train.compiled.trainer import Trainer


def trainer(net, optimizer, rows=3, **options):
    def loss(row, target):
        return squared_error([net(row)], [target])

    found = trace(loss, [[1.0, 2.0], 1.0], optimizer.parameters, per_row=(0, 1))
    return Trainer(
        *(found, len(optimizer), optimizer.rule, optimizer.options),
        rows=rows,
        **options,
    )


def test_the_same_step_is_compiled_once_and_has_its_own_numbers():
    """Other weights, another rate: the code is shared, nothing else is."""
    nets = [MLP(2, [3, 1], "tanh", seed=seed) for seed in range(2)]
    first, second = (trainer(net, SGD(net.parameters(), 0.1)) for net in nets)
    assert first.executable.code is second.executable.code
    first.memory.put([0.5] * first.memory.count)
    assert second.memory.parameters() == [p.data for p in nets[1].parameters()]


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


def forget(*names):
    """As if these operations had never been defined."""
    for name in names:
        ops.OPS.pop(name, None)
        for cache in (ops._float_functions, ops._partial_functions, ops._contribution_functions):
            cache.pop(name, None)


@pytest.mark.usefixtures("own_table")
def test_an_operation_that_was_defined_anew_counts():
    """Its rule is a part of the program, not only its name."""
    codes = []
    for rule, slope in (("x ** 3", "3 * x ** 2"), ("x ** 2", "2 * x")):
        forget("bent")
        bent = operation("bent", rule, slope)
        w = Value(2.0)
        found = trace(lambda x, bent=bent, w=w: bent(w) * x, [1.0], [w], per_row=(0,))
        plain = SGD([w], 0.1)
        codes.append(Trainer(found, 1, plain.rule, {}).executable.code)
    assert codes[0] is not codes[1]


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("where", ["value", "slope", "update"])
def test_an_operation_that_a_rule_calls_counts(where):
    """However deep, and whether a value calls it, a partial, or an optimiser's rule."""
    digests = []
    for factor in ("2", "3"):
        forget("deepest", "deeper", "called")
        operation("deepest", f"{factor} * x", factor)
        operation("deeper", "deepest(x) * 0.5", f"{factor} * 0.5")
        w = Value(2.0)
        function, calls = w.tanh, ()
        if where == "value":
            own = operation("called", "deeper(x) / deeper(1)", "1")
            function = lambda own=own, w=w: own(w)
        elif where == "slope":
            own = operation("called", "x", "deeper(2) / deeper(2)")
            function = lambda own=own, w=w: own(w)
        else:
            calls = UpdateRule("p = p - rate * deeper(g)", (), ()).functions
        digests.append(
            memory_cache._digest(trace(lambda f=function: f(), [], [w]).program, (), calls)
        )
    assert digests[0] != digests[1]


def test_a_constant_of_the_rules_counts(monkeypatch):
    """A name in a rule may stand for another number in another process."""
    program = trace(lambda x: x.sin(), [1.0]).program
    before = memory_cache._digest(program, (), ())
    assert memory_cache._digest(program, (), ()) == before
    monkeypatch.setitem(rules.CONSTANTS, "pi", 3.0)
    assert memory_cache._digest(program, (), ()) != before


def test_what_a_number_stands_for_counts(monkeypatch):
    """Operations are numbered as a process meets them: the same arrays may be another program."""
    w = [Value(1.0), Value(2.0)]
    program = trace(lambda: maximum(*w), [], w).program
    program, _ = differentiate(program, int(program.outputs[0]))
    before = memory_cache._digest(program, (), ())
    left, right = (ir.number_of(ir.Operation("maximum", slope)) for slope in (0, 1))
    assert {left, right} <= set(program.op.tolist())
    exchanged = list(ir.OPERATIONS)
    exchanged[left], exchanged[right] = exchanged[right], exchanged[left]
    monkeypatch.setattr(memory_cache, "OPERATIONS", exchanged)
    assert memory_cache._digest(program, (), ()) != before


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("op", lambda x: x[::-1]),
        ("value", lambda x: x + 1),
        ("slot", lambda x: x + 1),
        ("ptr", lambda x: x + 1),
        ("child", lambda x: x[::-1]),
        ("key", lambda x: x[::-1]),
        ("batched", lambda x: 1 - x),
        ("outputs", lambda x: x[::-1]),
        ("params", lambda x: x + 1),
        ("inputs", lambda x: x + 1),
    ],
)
def test_each_part_of_a_program_counts(part, other):
    """No array of it is left out."""
    program = trace(lambda x: [x[0] * x[1] + 2.0, x[1].sin()], [[1.0, 2.0]]).program
    changed = program._replace(**{part: other(getattr(program, part))})
    assert memory_cache._digest(changed, (), ()) != memory_cache._digest(program, (), ())
    assert {*program._fields} == {
        *("op", "value", "slot", "ptr", "child", "key", "batched", "outputs", "params", "inputs")
    }


@pytest.mark.parametrize("part", [f for f in native.Host._fields if f != "triple"])
def test_each_part_of_the_machine_counts(tmp_path, monkeypatch, part):
    """A folder that several machines share holds code for each of them."""
    asked = []
    monkeypatch.setattr(
        memory_cache, "cached", lambda made_from, make: asked.append(made_from) or make()
    )
    here = native.host()
    known = getattr(here, part)
    other = known + ",-x" if part == "features" else known + known
    for machine in (here, here._replace(**{part: other})):
        memory_cache._programs.clear()
        monkeypatch.setattr(memory_cache.native, "host", lambda machine=machine: machine)
        with suppress(Exception):  # the other one need not be able to run here
            trainer(net := MLP(2, [3, 1], "tanh", seed=4), SGD(net.parameters()))
    assert len(asked) == 2
    assert asked[0] != asked[1]


@pytest.mark.parametrize("changed", ["LLVM", "llvmlite", "NumPy", "Python", "file", "new file"])
def test_each_part_of_the_compiler_counts(tmp_path, monkeypatch, changed):
    """Its versions, and the files of the package: their sizes and both of their times."""
    package = tmp_path / "jangrad"
    (package / "compiler" / "run").mkdir(parents=True)
    file = package / "compiler" / "run" / "native.py"
    file.write_text("one")
    (tmp_path / "llvmlite" / "binding").mkdir(parents=True)
    library = tmp_path / "llvmlite" / "binding" / "libllvmlite.so"
    library.write_text("one")
    monkeypatch.setattr(native, "__file__", str(file))
    monkeypatch.setattr(llvmlite, "__file__", str(tmp_path / "llvmlite" / "__init__.py"))
    before = native.compiler_version.__wrapped__()
    assert native.compiler_version.__wrapped__() == before
    if changed == "file":  # of the same size, with the date of before
        about = os.stat(file)
        file.write_text("two")
        os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif changed == "LLVM":
        library.write_text("another")
    elif changed == "new file":
        (package / "more.py").write_text("")
    else:
        module, name, version = {
            "llvmlite": (llvmlite, "__version__", "0"),
            "NumPy": (np, "__version__", "0"),
            "Python": (sys, "version", "0"),
        }[changed]
        monkeypatch.setattr(module, name, version)
    assert native.compiler_version.__wrapped__() != before


def test_the_environment_does_not_count():
    """No variable of it is read where code is made, so none belongs to the key."""
    source = Path(memory_cache.__file__).parents[1]
    files = {f.name: f.read_text(encoding="utf-8") for f in source.rglob("*.py")}
    readers = [name for name, text in files.items() if "os.environ" in text]
    # Which folder, if any; and what a traced function reads of it itself, which is guarded.
    assert set(readers) <= {"cache.py", "reach.py"}


def test_what_another_process_has_compiled_is_neither_planned_nor_compiled(tmp_path, monkeypatch):
    """The trace alone tells it; the numbers are those of before, and it can still be reported."""
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path / "cache"))

    def run():
        memory_cache._programs.clear()  # as in a process that has just begun
        net = MLP(2, [3, 1], "tanh", seed=4)
        mine = trainer(net, Adam(net.parameters(), 0.1))
        mine.set_rows(np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 1.0], [0.0, 1.0, -1.0]]))
        return mine, mine.run([0.1] * 20).tolist(), mine.memory.parameters()

    _, *first = run()
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "plan", None)
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
import numpy  # which brought numpy.ma along itself before its second version
before = set(sys.modules)
from jangrad import Value, compile_step, jit, table
w = [Value(0.5), Value(1.5)]
step = compile_step(lambda n, x: (table(w)[n] * x).relu() ** 2, w, "adam")
step(1, 2.0), jit(lambda x: x * w[0])(2.0), step.optimizer
rooms = ["jangrad.compiler.plan", "jangrad.compiler.emit.printer", "numpy.ma"]
print([room in sys.modules.keys() - before for room in rooms])
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
        memory_cache._programs.clear()
        monkeypatch.setattr(native, "compiler_version", lambda version=version: version)
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
