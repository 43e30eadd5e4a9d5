"""Nodes and constants of a graph of ONNX, and the model around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: ReduceMax takes its axes as an input from here on, as ReduceSum does.
OPSET = 18
#: That of `LabelEncoder`, of which a text or a number may be the key.
ML_OPSET = 3
IR_VERSION = 8


class NodeBuilder:
    """The nodes of a graph, in the order in which they are made.

    Args:
        dtype: of its numbers.

    Attributes:
        names: those that are given.
        initializers: the constants, by name.
    """

    def __init__(self, dtype: Any) -> None:
        import onnx

        self.onnx, self.dtype = onnx, np.dtype(dtype)
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.names: set[str] = set()
        self._known: dict[tuple[Any, ...], str] = {}

    def make(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node, the same one for the same inputs; the name of what it computes."""
        key = (kind, inputs, tuple(sorted((k, str(v)) for k, v in attributes.items())))
        if key not in self._known:
            name = f"{kind.lower()}_{len(self.nodes)}"
            while name in self.names:
                name += "_"
            self.names.add(name)
            self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], **attributes))
            self._known[key] = name
        return self._known[key]

    def call(self, name: str, value: str) -> None:
        """Give a value a name of its own."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [value], [name]))

    def constant(self, value: float) -> str:
        """A number; what single precision has none for is 0 or infinite."""
        with np.errstate(over="ignore", under="ignore"):
            return self.array(np.array(value, self.dtype))

    def ints(self, numbers: Sequence[int]) -> str:
        """Integers in a row."""
        return self.array(np.array(numbers, np.int64))

    def array(self, numbers: Any) -> str:
        """An array of numbers without a name."""
        key = ("constant", numbers.dtype.str, numbers.tobytes(), numbers.shape)
        if key not in self._known:
            name = f"constant_{len(self.initializers)}"
            self.initializer(name, numbers)
            self._known[key] = name
        return self._known[key]

    def initializer(self, name: str, numbers: Any) -> str:
        """An array under a name; numbers in the precision of the graph."""
        numbers = np.asarray(numbers)
        if numbers.dtype.kind == "f":
            numbers = numbers.astype(self.dtype)
        self.initializers[name] = self.onnx.numpy_helper.from_array(numbers, name)
        return name

    def info(self, name: str, kind: Any, shape: Sequence[int | str], note: str = "") -> Any:
        """What the model says of one of its inputs or outputs."""
        code = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        return self.onnx.helper.make_tensor_value_info(name, code, shape, doc_string=note)

    def model_of(
        self,
        name: str,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        *,
        renamed: Mapping[str, str] | None = None,
        functions: Sequence[Any] = (),
    ) -> Any:
        """The whole model.

        Args:
            name: what the graph is called.
            inputs, outputs: as `info` makes them.
            renamed: other names for some of the values, which nothing else has.
            functions: that its nodes call.
        """
        helper = self.onnx.helper
        inner = {shown: name for name, shown in (renamed or {}).items()}
        results = {inner.get(output.name, output.name) for output in outputs}
        nodes = self._tidied(results)
        used = {name for node in nodes for name in node.input}
        kept = [tensor for name, tensor in self.initializers.items() if name in used]
        for node in nodes:
            for names in (node.input, node.output):
                names[:] = [(renamed or {}).get(name, name) for name in names]
            node.name = node.output[0]
        for tensor in kept:
            tensor.name = (renamed or {}).get(tensor.name, tensor.name)
        graph = helper.make_graph(nodes, name, inputs, outputs, kept)
        sets = {"": OPSET, "ai.onnx.ml": ML_OPSET} | {f.domain: 1 for f in functions}
        used_sets = {"", *(node.domain for node in nodes)}
        return helper.make_model(
            graph,
            producer_name="jangrad",
            opset_imports=[helper.make_opsetid(k, v) for k, v in sets.items() if k in used_sets],
            ir_version=IR_VERSION,
            functions=functions,
        )

    def _tidied(self, results: set[str]) -> list[Any]:
        """The nodes, those that compute a named array under its name."""
        renamed: dict[str, str] = {}
        made = {name: node for node in self.nodes for name in node.output}
        used: dict[str, int] = {}
        for node in self.nodes:
            for name in node.input:
                used[name] = used.get(name, 0) + 1
        kept = []
        for node in self.nodes:
            if node.op_type == "Identity" and node.input[0] in made:
                source = node.input[0]
                if used[source] == 1 and source not in results:
                    renamed[source] = node.output[0]
                    continue
            kept.append(node)
        for node in kept:
            for k, name in enumerate(node.output):
                while name in renamed:
                    name = renamed[name]
                node.output[k] = name
        return kept
