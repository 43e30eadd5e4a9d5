"""A training run whose steps a full-batch method makes, by Python or by machine code.

It is as every run but for its steps: a step begins with the loss and gradient where the parameters
are, and asks for more of them elsewhere. Machine code computes these, and Python makes the step.
"""

from __future__ import annotations

import math
from array import array
from functools import partial
from typing import Any

import numpy as np

from jangrad.derivatives import recording
from jangrad.errors import NonFinite
from jangrad.tape import write_data
from jangrad.train import progress as bars
from jangrad.train.bursts import interrupts_held
from jangrad.train.config import Config
from jangrad.train.full_batch import ridge_of
from jangrad.train.history import History
from jangrad.train.resolve import outputs_of
from jangrad.train.run import Run
from jangrad.train.solvers.methods import method_of
from jangrad.train.solvers.point import Point, Unbounded, sum_of_squares
from jangrad.train.steps import Choose, Steps
from jangrad.watching import is_strict


class Solving(Run):
    """One training run by a full-batch method, and how far it is."""

    knows_its_end = False
    looked_back_rate = None

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        assert config.method is not None
        self._asked, self._method = config.method, method_of(config.method)
        self._of_squares = config.method.losses is not None
        self._ridge = ridge_of(config.penalty) or 0.0
        self._at: Point | None = None  # where it is, while nobody may have changed that
        self._left: Point | None = None  # where it was when callbacks were called
        self._told = ""  # the test of convergence that the last step has passed

    def train(self, bar: bars.Bar, native: Steps | None, choose: Choose | None) -> History:
        history = super().train(bar, native, choose and partial(self._now_and_then, choose))
        self._asked.memory = self._method.state()
        return history

    def _now_and_then(self, choose: Choose) -> tuple[Steps | None, bool]:
        """Ask for machine code when twice as many steps were made as at the last time."""
        made = len(self.losses)
        return choose() if made & (made - 1) == 0 else (None, False)

    @property
    def to_come(self) -> int:
        """As many as were made: so what is compiled costs little next to what Python has cost."""
        return min(super().to_come, max(1, len(self.losses)))

    def memory(self) -> dict[str, Any]:
        left = self._left
        return {
            "state": self._method.state(),
            "told": self._told,
            "left": None if left is None else [left.x, left.loss, left.gradient],
        }

    def load_memory(self, memory: dict[str, Any]) -> None:
        self._method.load(memory["state"])
        self._told, left = memory["told"], memory["left"]
        self._left = None if left is None else Point(*left)
        self._asked.memory = memory["state"]

    def _rates(self, first: int, count: int) -> list[float]:
        """None: the method finds out how far each step goes."""
        return []

    def _history(self, stopped_by: str, restored: bool) -> History:
        history = super()._history(stopped_by, restored)
        history.converged_by = self._told if stopped_by == "converged" else ""
        return history

    # -- a step -----------------------------------------------------------------------------------

    def _burst(self) -> str:
        return self._step()

    def _step(self) -> str:
        step = len(self.losses)
        try:
            at = self._here()
            self.loss_on.forget()
            self.losses.append(at.loss)
            self.norms.append(math.hypot(*at.gradient.tolist()))
            reached = bool(at.gradient[np.array(self.config.watched)].any())
            self.diagnosis = self.watch.look(self.losses, self.norms[-1], None, reached=reached)
            told, moved, length = self._told, None, 0.0
            if self.diagnosis is None and not told:
                told = self._method.test(at)
                if not told:
                    moved, told = self._step_from(at)
            if moved is not None:
                length = float(np.linalg.norm(moved.x - at.x))
            with interrupts_held():
                weights = self.weights
                self.rates.append(length)
                self._at, self._told = moved, told
                self._place(weights if moved is None else moved.x.tolist())
                if self.diagnosis is None and self.config.held_out is None:
                    self.best.compare(step, at.loss, lambda: weights)
        except BaseException:
            if len(self.rates) == step:  # a step that was not made is none
                del self.losses[step:], self.norms[step:]
                self._place(self.weights)
            raise
        if self.diagnosis is not None:
            return "diagnosis"
        return "converged" if moved is None else ""

    def _step_from(self, at: Point) -> tuple[Point | None, str]:
        """As `Method.advance`; what has no minimum is diagnosed."""
        try:
            return self._method.advance(at, self._evaluate)
        except Unbounded as error:
            self.diagnosis = self.watch.unbounded(self.losses, error.point.loss)
            return None, ""

    def _after(self, bar: bars.Bar) -> str:
        if self.config.callbacks and len(self.losses) % self.config.callback_every == 0:
            self._left, self._at = self._at, None
        return super()._after(bar)

    def _here(self) -> Point:
        """Where it is; computed anew where callbacks may have changed that."""
        if self._at is not None:
            return self._at
        before, self._left = self._left, None
        at = self._point(np.array(self.weights))
        if before is not None and not _is_same(at, before):
            self._method.forget()
            self._told = ""
        return at

    def _place(self, weights: list[float]) -> None:
        """Give Values and machine code the numbers that it has come to."""
        self.weights = weights
        write_data(self.optimizer.parameters, array("d", weights))
        if self.native is not None:
            self.native.memory.put(weights)

    # -- a function of the parameters -------------------------------------------------------------

    def _evaluate(self, x: Any) -> Point:
        if self.native is None:
            write_data(self.optimizer.parameters, array("d", x))
        return self._point(x)

    def _point(self, x: Any) -> Point:
        """The point at these parameters, which the Values have where there is no machine code."""
        if self.native is None:
            return self._by_python(x)
        x, *found = self.native.evaluate(x)
        point = self._squares(x, *found) if self._of_squares else Point(x, *found)
        if is_strict() and not point.is_finite:  # Python names what is not
            write_data(self.optimizer.parameters, array("d", x))
            point = self._by_python(x)
        return point

    def _by_python(self, x: Any) -> Point:
        if self._of_squares:
            return self._squares(x, *self._residuals())
        loss, gradients = self._loss_and_gradients(self.config.deal.batch(len(self.losses)))
        return Point(x, loss, np.array(gradients))

    def _residuals(self) -> tuple[Any, Any]:
        """How far each output for each row is off, and the derivatives of that."""
        config, off, slopes = self.config, [], []
        for i, (row, target) in enumerate(zip(config.rows, config.targets, strict=True)):
            targets = target if isinstance(target, list) else [target]
            try:
                with recording():
                    outputs = outputs_of(config.net, row)
                for output, wanted in zip(outputs, targets, strict=True):
                    self._forget_gradients()
                    output.backward()
                    off.append(output.data - wanted)
                    slopes.append(self.optimizer.gradients())
            except NonFinite as error:  # inside strict()
                raise error.during(f"step {len(self.losses)}, row {i}") from None
        return np.array(off), np.array(slopes)

    def _squares(self, x: Any, off: Any, slopes: Any) -> Point:
        """The point whose loss is the mean of the squares, with the penalty."""
        share = 1.0 / math.sqrt(len(off))
        off, slopes = share * off, share * slopes
        if self._ridge:
            root = math.sqrt(self._ridge)
            off = np.concatenate([off, root * x])
            slopes = np.concatenate([slopes, root * np.eye(len(x))])
        return sum_of_squares(x, off, slopes)


def _is_same(a: Point, b: Point) -> bool:
    """Whether both are the same to the last bit."""
    return a.loss == b.loss and np.array_equal(a.x, b.x) and np.array_equal(a.gradient, b.gradient)
