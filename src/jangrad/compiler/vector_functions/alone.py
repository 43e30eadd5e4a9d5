"""Vector functions by their names, and one alone as machine code for arrays."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from jangrad.compiler.dtype import Number, dtype_of
from jangrad.compiler.vector_functions import composed, elementary
from jangrad.compiler.vector_functions.lanes import Lanes, Vector

VectorFunction = Callable[..., Vector]  # of a Lanes and one value or two


def vector_function(name: str) -> VectorFunction:
    """The vector code of an operation that has its own, and of `power` and `mod`."""
    found: VectorFunction = getattr(elementary, name, None) or getattr(composed, name)
    return found


class ArrayFunction:
    """A vector function as machine code, for arrays.

    Args:
        function: of a `Lanes` and its values.
        number: the type of numbers.
        lanes: how many are computed at once.
        inputs: how many arrays it takes.
        without: features of the processor, as LLVM names them, that are not to be used.
        level: LLVM's level of code generation, 0 to 3.

    Attributes:
        run: the code, of the number of vectors and the addresses of the result and the arrays.
        text: the module, in LLVM's language.
        seconds: of the processor, for parsing and code generation.

    >>> tanh = ArrayFunction(vector_function("tanh"))
    >>> tanh([0.0, 1.0]).round(12).tolist()
    [0.0, 0.761594155956]
    """

    def __init__(
        self,
        function: VectorFunction,
        number: Number = "double",
        lanes: int = 4,
        inputs: int = 1,
        *,
        without: tuple[str, ...] = (),
        level: int = 1,
    ) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        for feature in without:
            features[feature] = False
        self.number, self.lanes = number, lanes
        self.text = _module_text(function, number, lanes, inputs)
        start = time.process_time()
        module = llvm.parse_assembly(self.text)
        module.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=level
        )
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        address = self._engine.get_function_address("run")
        self.seconds = time.process_time() - start
        kinds = (ctypes.c_int64, *[ctypes.c_void_p] * (inputs + 1))
        self.run: Any = ctypes.CFUNCTYPE(None, *kinds)(address)

    def __call__(self, *arrays: Any) -> Any:
        """The function of each number."""
        dtype = dtype_of(self.number)
        size = len(arrays[0])
        whole = -(-size // self.lanes) * self.lanes
        padded = [np.resize(np.asarray(array, dtype), whole) for array in arrays]
        result = np.empty_like(padded[0])
        self.run(whole // self.lanes, *(array.ctypes.data for array in (result, *padded)))
        return result[:size]


def _module_text(function: VectorFunction, number: Number, lanes: int, inputs: int) -> str:
    """A module with `run(n, result, *arguments)`: the function over n vectors."""
    body: list[str] = []

    def write(instruction: str) -> str:
        body.append(f"  %v{len(body)} = {instruction}")
        return f"%v{len(body) - 1}"

    m = Lanes(write, number, lanes)
    aligned = f"align {m.format.size // 8}"
    arguments = []
    for i in range(inputs):
        place = write(f"getelementptr {m.type}, ptr %a{i}, i64 %i")
        arguments.append(write(f"load {m.type}, ptr {place}, {aligned}"))
    y = function(m, *arguments)
    place = write(f"getelementptr {m.type}, ptr %result, i64 %i")
    pointers = ", ".join(["ptr %result", *(f"ptr %a{i}" for i in range(inputs))])
    return "\n".join(
        [
            f"define void @run(i64 %n, {pointers}) {{",
            "  br label %loop",
            "loop:",
            "  %i = phi i64 [0, %0], [%next, %loop]",
            *body,
            f"  store {m.type} {y}, ptr {place}, {aligned}",
            "  %next = add i64 %i, 1",
            "  %more = icmp slt i64 %next, %n",
            "  br i1 %more, label %loop, label %done",
            "done:",
            "  ret void",
            "}",
            *m.needs.values(),
        ]
    )
