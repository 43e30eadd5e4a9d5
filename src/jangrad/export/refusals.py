"""What no target can express, whatever it is: estimators, and what gives no numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError

if TYPE_CHECKING:
    from jangrad.compiler.exporting import Program


def refuse_estimator(thing: Any) -> None:
    """Say what to export instead, where the thing is an estimator.

    Raises:
        ConfigError: it is one.
    """
    if not (hasattr(thing, "fit") and hasattr(thing, "predict") and hasattr(thing, "get_params")):
        return
    back = ""
    if hasattr(thing, "target_scale_"):
        back = "; outputs times `model.target_scale_`, plus `model.target_mean_`, are the targets"
    raise ConfigError(
        f"an estimator cannot be exported: {thing!r:.60}",
        why="only a network or a function can, and an estimator scales what goes into its own",
        try_="`model.network_` of a fitted one of jangrad.sklearn, given rows minus"
        f" `model.input_mean_`, divided by `model.input_scale_`{back}",
    )


def refuse_nothing(called: str, program: Program, result: Any) -> None:
    """Refuse a function that gives no numbers.

    Args:
        called: the function, as messages have it: "`f`".
        program: what was traced.
        result: what it gives.

    Raises:
        ConfigError: it gives none.
    """
    if not len(program.outputs):
        raise ConfigError(
            f"{called} gives no numbers: {result!r:.60}",
            why="there is nothing to compute",
            try_="a function that returns numbers for such arguments",
        )
