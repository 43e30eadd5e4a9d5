"""What is said of a training that went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jangrad.errors import ConfigError, either

# Of a smaller rate the cause is nearly always data whose numbers are large.
_TINY = 1e-5


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong in a training run, and what to do about it; `str()` tells it.

    Attributes:
        kind: `"divergence"`, `"not finite"`, `"dead network"`, `"no gradient"`, `"bouncing"`,
            `"stuck"`, `"slow"`, `"baseline"` (no better than what looks at no input), `"network"`
            (it cannot learn as it is built), or `"unbounded"`, of a full-batch method.
        step: where it was noticed, counted from 0 as in `history.loss`.
        what, why, try_: the words.
        growth: for a divergence, by which factor the loss grew a step.
        rate: the learning rate used at that step.
        rate_to_try: a better one, where one could be told; for the data as `fix` changes it.
        cause: what is behind it, in a word or two, such as `"outlier"`; "" where nobody knows.
        row, column, layer: where that is, counted from 0; None where it is in none.
        trail: from the first bad number back to the batch, the row, the weight, the operation.
        baseline: what the best would lose that looks at no input, where that was compared.
        fix: what `try_fix` changes, by name.
    """

    kind: str
    step: int
    what: str
    why: str = ""
    try_: str = ""
    growth: float | None = None
    rate: float | None = None
    rate_to_try: float | None = None
    cause: str = ""
    row: int | None = None
    column: int | None = None
    layer: int | None = None
    trail: tuple[str, ...] = ()
    baseline: float | None = None
    fix: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "trail", tuple(self.trail))  # JSON has lists

    def knows(self, training: Any) -> None:
        """Tell it of the training, which it can then make once more."""
        object.__setattr__(self, "_training", training)

    def __getstate__(self) -> dict[str, Any]:
        """What it says; the training itself stays where it was made."""
        return {name: held for name, held in vars(self).items() if name != "_training"}

    def try_fix(self) -> Any:
        """Train once more as it is advised, from the first weights, and compare.

        The rows, the network and the History of the first training stay as they are. Only what can
        be changed without anybody's help is: `fix`.

        Any network will do, with its optimiser, schedule and penalty. Where the advice needs
        another network (other activations, weights drawn anew), only an MLP is built by itself.

        Returns:
            A `Fix`: `str()` compares both trainings, `.plot()` draws them, `.net` is the second
            network and `.weights` are its numbers.

        Raises:
            ConfigError: when nothing can be changed by itself, the training is not known any more,
                as in a History from a file, or another network is needed that only its author can
                build; then it says what has to be changed.
        """
        training = vars(self).get("_training")
        if training is None or not self.fix:
            raise ConfigError(
                "there is nothing that could be tried by itself"
                if training is not None
                else "the training is not known any more",
                why="only a History that `fit` has returned in this process knows it"
                if training is None
                else "",
                try_=self.try_,
            )
        return training.again(self.fix)

    def __str__(self) -> str:
        parts = (("why", self.why), ("trail", "\n         ".join(self.trail)), ("try", self.try_))
        return "\n".join([self.what, *(f"  {name}: {text}" for name, text in parts if text)])


def rate_advice(rate: float | None) -> str:
    """A rate as something to try."""
    if rate is None:
        return "another learning rate"
    here = f"learning_rate={rate:g}"
    if rate < _TINY:
        here = f"inputs and targets scaled to about -1 .. 1, which takes usual rates; or {here}"
    return either(here, f"--rate {rate:g}")
