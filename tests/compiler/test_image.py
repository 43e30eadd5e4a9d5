"""Object files in memory without LLVM: the same numbers as by its loader, or left to that."""

import ctypes
import json
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from jangrad import jit
from jangrad.compiler.run import image, memory_cache, native
from jangrad.compiler.run.image import Image, LeftToLlvm

here = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="other object files"
)

ADD = """
define double @add(double %x) {{
  %sum = fadd double %x, {number}
  ret double %sum
}}
"""
CALLS = """
declare double @{name}(double, double)
define double @add(double %x) {{
  %sum = call double @{name}(double %x, double 3.0)
  ret double %sum
}}
"""
WRITES = """
@counted = internal global double 0.0
define double @add(double %x) {
  %before = load double, ptr @counted
  %sum = fadd double %before, %x
  store double %sum, ptr @counted
  ret double %sum
}
"""
READS_OUTSIDE = """
@environ = external global ptr
define double @add(double %x) {
  %at = load ptr, ptr @environ
  %is = icmp eq ptr %at, null
  %sum = select i1 %is, double %x, double 0.0
  ret double %sum
}
"""


def add(made, x):
    """What the one function of an object file gives."""
    code = made if isinstance(made, Image) else native._Loaded(made, native.host())
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address("add"))(x)


def translated(text):
    """The object file of a module."""
    return native.translate(text, native.host())


@here
def test_constants_are_read_by_their_distance():
    """Code and constants lie in sections of their own."""
    made = translated(ADD.format(number="1.25"))
    assert add(Image(made), 2.0) == add(made, 2.0) == 3.25


@here
def test_functions_of_the_c_library_are_called():
    """However far away the library lies."""
    made = translated(CALLS.format(name="fmod"))
    assert add(Image(made), 7.5) == add(made, 7.5) == 1.5


@here
@pytest.mark.parametrize(
    "text", [CALLS.format(name="no_such_function_anywhere"), WRITES, READS_OUTSIDE]
)
def test_what_asks_for_more_is_left_to_llvm(text):
    """A function that nobody has, memory that is written to, and data of other libraries."""
    with pytest.raises(LeftToLlvm):
        Image(translated(text))


@pytest.mark.parametrize(
    "triple", ["aarch64-linux-gnu", "x86_64-apple-darwin", "x86_64-pc-windows-msvc"]
)
def test_files_for_others_are_left_to_llvm(triple):
    """Other processors, and other formats."""
    made = native.relocatable(ADD.format(number="1.25"), native.other(triple))
    with pytest.raises(LeftToLlvm, match="AMD64 in ELF"):
        Image(made)


@here
def test_a_system_that_refuses_is_left_to_llvm(monkeypatch):
    """Some let no memory be run that was written."""

    class Refusing:
        @staticmethod
        def mprotect(*_):
            return -1

    made = translated(ADD.format(number="1.25"))
    monkeypatch.setattr(image.ctypes, "CDLL", lambda _: Refusing)
    with pytest.raises(LeftToLlvm, match="the system"):
        Image(made)
    assert isinstance(native.MachineCode(made, native.host())._held, native._Loaded)


def test_llvm_loads_what_is_left_to_it(monkeypatch):
    """The same bits by either loader, of a program with tables, constants and calls."""

    def f(xs):
        return [sum(x.tanh() * (0.5 + i) for i, x in enumerate(xs)), xs[0] % 3.0, xs[1].exp()]

    def found():
        memory_cache._programs.clear()
        return np.array(jit(f)([7.5, -0.25, 3.0]))

    first = found()

    def refuse(_):
        raise LeftToLlvm

    monkeypatch.setattr(native, "Image", refuse)
    assert (found() == first).all()


FIRST_CALL = """
import json, sys
from jangrad import MLP, Value, compile_step, fit, jit
net = MLP(2, [4, 1], "tanh", seed=0)
step = compile_step(lambda x, t: (net(x)[0] - t) ** 2, net.parameters(), per_row=True)
rows = [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0]
found = [jit(lambda x: (x * 1.5).exp() % 0.5)(2.0), list(step.run(rows, steps=5))]
w = Value(1.0)
by_hand = compile_step(lambda x: (w * x) ** 2, [w])
found += [by_hand(2.0), fit(net, *rows, steps=9, engine="native", progress=False).loss]
print(json.dumps([found, sorted(sys.modules)]))
"""


@here
def test_a_first_call_with_a_full_cache_does_without_llvm(tmp_path):
    """Of llvmlite only its version is asked for; the numbers are those of the first process."""
    environment = {**os.environ, "JANGRAD_CACHE": str(tmp_path)}

    def process():
        command = [sys.executable, "-c", FIRST_CALL]
        return json.loads(subprocess.run(command, env=environment, stdout=-1, check=True).stdout)

    (numbers, modules), (again, fewer) = process(), process()
    assert numbers == again
    assert [name in modules for name in ("llvmlite", "llvmlite.binding")] == [True, True]
    assert [name in fewer for name in ("llvmlite", "llvmlite.binding")] == [True, False]


def test_the_processor_is_what_llvm_says(tmp_path, monkeypatch):
    """Asked once where the system tells which it is, and each time where it tells nothing."""
    monkeypatch.setenv("JANGRAD_CACHE", str(tmp_path))
    wanted, asked = native._asked(), []
    monkeypatch.setattr(native, "_asked", lambda: asked.append(1) or wanted)
    for told, times in (("one", 1), ("one", 1), ("another", 2), (None, 3), (None, 4)):
        monkeypatch.setattr(native, "_told_of_processor", lambda told=told: told)
        assert native.host.__wrapped__() == wanted
        assert len(asked) == times
