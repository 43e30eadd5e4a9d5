"""An estimator of scikit-learn that is to be exported: what can be, and the scaling beside it."""

from __future__ import annotations

from typing import Any

from jangrad.errors import ConfigError


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
