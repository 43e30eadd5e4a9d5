"""The rows that are held out, measured in machine code behind each epoch.

It reads the parameters where the steps have them, so that Python need not know of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad.compiler.running import Number, Outputs, Trace, Variants, dtype_of
from jangrad.train.compiled.data import check_lookups, table
from jangrad.train.compiled.memory import Memory
from jangrad.train.resolve import outputs_of

if TYPE_CHECKING:
    from jangrad.engine import Value
    from jangrad.train.config import Config

_NAMES = "the validation X", "the validation y"

#: Which outputs are right, as `fit` decides for one row (`resolve.py`), for all rows at once, from
#: outputs and targets of shape (outputs or targets, rows).
_RIGHT: dict[Any, Callable[[Any, Any], Any]] = {
    "hinge": lambda z, t: (z * t > 0.0).all(0),
    "binary_cross_entropy": lambda z, t: ((z > 0.0) == (t > 0.5)).all(0),
    "softmax_cross_entropy": lambda z, t: z.argmax(0) == t[0],
}


class HeldOut:
    """Measures.

    Args:
        run: what is trained, with a named loss and rows that are held out.
        number: "double" or "float".
        memory: what the steps work on.
        traced: traces a function of a row and its target, for Values that learn first.
        hold: makes the memory hold the parameters of a trace.
    """

    def __init__(
        self,
        config: Config,
        number: Number,
        memory: Memory,
        traced: Callable[..., Trace],
        hold: Callable[[list[Value]], None],
    ) -> None:
        self._number, self._memory, self._hold = number, memory, hold

        def tracer(*, lines: bool = False) -> Trace:
            return traced(self._one, *self._first, lines=lines)

        self._take(config)
        self._variants = Variants(tracer, config.roots, self._made)

    def _take(self, config: Config) -> None:
        assert config.held_out is not None
        rows, targets, weights = config.held_out
        self._config: Any = config
        self._weights: Any = None if weights is None else np.array(weights)
        self._first: Any = rows[0], targets[0]
        self._targets: Any = np.asarray(targets).reshape(len(rows), -1).T
        self._rows: Any = table(rows, targets, dtype_of(self._number), _NAMES)
        self._right = _RIGHT.get(config.loss) if config.right is not None else None

    def _one(self, row: Any, target: Any) -> list[Any]:
        """What a row loses, and the outputs for it."""
        outputs = outputs_of(self._config.net, row)
        return [self._config.loss_of([outputs], [target]), *outputs]

    def _made(self, found: Trace) -> Outputs:
        self._check(found)
        self._hold(found.params)
        known = found.program, found.params
        return Outputs(*known, mapped=True, number=self._number, rows=len(self._rows))

    def measure(self) -> dict[str, float]:
        """The mean loss of all rows and, where targets are classes, the share that is right."""
        found = self._variants.now.made.map_on(self._memory.buffers["P"], self._rows)
        weights = self._weights
        losses = (found[0] if weights is None else weights * found[0]).tolist()
        try:
            total = math.fsum(losses)
        except OverflowError:  # of finite ones
            total = sum(losses)
        figures = {"loss": total / len(losses)}
        if self._right is not None:
            hits = self._right(found[1:], self._targets)
            figures["accuracy"] = (
                np.count_nonzero(hits) / len(hits)
                if weights is None
                else float(np.average(hits, weights=weights))
            )
        return figures

    def _check(self, found: Trace) -> None:
        check_lookups(found.lookups, self._rows, len(self._first[0]), _NAMES)

    def holds(self) -> bool:
        """Whether all that the network and the loss reach is as it was compiled."""
        return self._variants.holds()

    def renew(self) -> None:
        """Compile what has changed."""
        self._variants.current()

    def rest(self) -> bool:
        """As `Native.rest`."""
        self._config = self._first = self._targets = self._rows = self._weights = None
        return self._variants.is_first

    def resume(self, config: Config) -> None:
        """Measure the rows of another run, of the same network."""
        self._take(config)
        self._check(self._variants.now.found)
