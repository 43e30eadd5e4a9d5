"""The derivation as JSON, for other programs."""

from __future__ import annotations

import json
import math
from typing import Any

from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.equations import value_expression


def to_json(derivation: Derivation) -> str:
    """All nodes, inputs before what uses them; an input is a node's index, or a plain number.

    A contribution is the gradient times the partial, but 0 where no choice leads to it. nan
    and inf, which JSON lacks, become text.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> json.loads(to_json(derive(Value(2.0, label="a") * 3.0)))["nodes"][1]["formula"]
    'a * 3'
    """
    content = {"root": derivation.root.index, "nodes": [_node(node) for node in derivation]}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _node(node: Node) -> dict[str, Any]:
    return {
        "index": node.index,
        "name": node.handle,
        "op": node.op or None,
        "formula": formula.text(value_expression(node)) if node.op else None,
        "inputs": [
            {
                "node": part.index,
                "partial": _number(node.partials[position]),
                "contribution": None if node.grad is None else _number(node.handed_down[position]),
            }
            if isinstance(part, Node)
            else {"number": _number(part)}
            for position, part in enumerate(node.inputs)
        ],
        "data": _number(node.data),
        "grad": None if node.grad is None else _number(node.grad),
        **({"made_at": node.made_at} if node.made_at else {}),
    }


def _number(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)
