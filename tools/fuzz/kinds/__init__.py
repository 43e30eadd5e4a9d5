"""The kinds of stories: each gives the text of `def story(do)` from a source of random numbers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tools.fuzz.kinds import (
    aliasing,
    callbacks,
    closures,
    corners,
    derivatives,
    draws,
    exceptions,
    lookups,
    operations,
    optimizers,
    smooth,
    structures,
    targets,
)

KINDS: dict[str, Callable[[Random], str]] = {
    "aliasing": aliasing.story,
    "callbacks": callbacks.story,
    "closures": closures.story,
    "corners": corners.story,
    "derivatives": derivatives.story,
    "draws": draws.story,
    "exceptions": exceptions.story,
    "lookups": lookups.story,
    "operations": operations.story,
    "optimizers": optimizers.story,
    "smooth": smooth.story,
    "structures": structures.story,
    "targets": targets.story,
}
