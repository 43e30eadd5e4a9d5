"""Run what `LlvmLanes` writes: one function over an array, on this machine or a lesser one."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from jangrad.compiler.emit.lanes import LlvmLanes, Number, Value

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()

Function = Callable[..., Value]  # of a Lanes and one value or two
DTYPES = {"double": np.float64, "float": np.float32}


def module_text(function: Function, number: Number, lanes: int, inputs: int = 1) -> str:
    """A module with `run(n, result, *arguments)`: the function over n vectors."""
    body: list[str] = []

    def write(instruction: str) -> str:
        body.append(f"  %v{len(body)} = {instruction}")
        return f"%v{len(body) - 1}"

    m = LlvmLanes(write, number, lanes)
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


class Compiled:
    """A function compiled for arrays.

    Attributes:
        seconds: of the processor, for parsing and code generation.
    """

    def __init__(
        self,
        function: Function,
        number: Number = "double",
        lanes: int = 4,
        inputs: int = 1,
        *,
        without: tuple[str, ...] = (),
        opt: int = 1,
    ) -> None:
        features = llvm.get_host_cpu_features()
        for feature in without:
            features[feature] = False
        self.number, self.lanes, self.inputs = number, lanes, inputs
        self.text = module_text(function, number, lanes, inputs)
        start = time.process_time()
        module = llvm.parse_assembly(self.text)
        module.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=opt
        )
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        address = self._engine.get_function_address("run")
        self.seconds = time.process_time() - start
        self.run: Any = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * (inputs + 1))(
            address
        )

    def __call__(self, *arrays: Any) -> Any:
        """The function of each number."""
        dtype = DTYPES[self.number]
        size = len(arrays[0])
        padded = [
            np.resize(np.asarray(a, dtype), -(-size // self.lanes) * self.lanes) for a in arrays
        ]
        result = np.empty_like(padded[0])
        self.run(len(result) // self.lanes, *(a.ctypes.data for a in (result, *padded)))
        return result[:size]
