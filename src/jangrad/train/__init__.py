"""Training: optimisers, schedules, the loop, and what it has to tell."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jangrad.train.fit import fit as fit
from jangrad.train.full_batch import FULL_BATCH as FULL_BATCH
from jangrad.train.full_batch import LBFGS as LBFGS
from jangrad.train.full_batch import LevenbergMarquardt as LevenbergMarquardt
from jangrad.train.optimizers import OPTIMIZERS as OPTIMIZERS
from jangrad.train.optimizers import SGD as SGD
from jangrad.train.optimizers import Adagrad as Adagrad
from jangrad.train.optimizers import Adam as Adam
from jangrad.train.optimizers import AdamW as AdamW
from jangrad.train.optimizers import Optimizer as Optimizer
from jangrad.train.optimizers import RMSprop as RMSprop
from jangrad.train.schedules import Schedule as Schedule
from jangrad.train.schedules import constant as constant
from jangrad.train.schedules import cosine as cosine
from jangrad.train.schedules import exponential as exponential
from jangrad.train.schedules import step_decay as step_decay
from jangrad.train.schedules import warm_up as warm_up
from jangrad.train.update_rule import UpdateRule as UpdateRule

if TYPE_CHECKING:
    from jangrad.train.callbacks import Step as Step
    from jangrad.train.history import History as History
    from jangrad.train.kept_run import KeptRun as KeptRun
    from jangrad.train.kept_run import load_run as load_run
    from jangrad.train.loop_watch import LoopWatch as LoopWatch
    from jangrad.train.loop_watch import Noticed as Noticed
    from jangrad.train.loop_watch import watch as watch
    from jangrad.train.rates import RateAdvice as RateAdvice
    from jangrad.train.rates import ShortRun as ShortRun
    from jangrad.train.rates import sharpness as sharpness
    from jangrad.train.rates import suggest_rate as suggest_rate
    from jangrad.train.remedies import Fix as Fix
    from jangrad.train.solvers.minimize import Minimum as Minimum
    from jangrad.train.solvers.minimize import least_squares as least_squares
    from jangrad.train.solvers.minimize import minimize as minimize
    from jangrad.train.verdict import Diagnosis as Diagnosis

# What only a training itself needs, which `compile_step` does without.
_LATER = {
    "Diagnosis": "verdict",
    "History": "history",
    **dict.fromkeys(("KeptRun", "load_run"), "kept_run"),
    "Step": "callbacks",
    "Fix": "remedies",
    **dict.fromkeys(("LoopWatch", "Noticed", "watch"), "loop_watch"),
    **dict.fromkeys(("RateAdvice", "ShortRun", "sharpness", "suggest_rate"), "rates"),
    **dict.fromkeys(("Minimum", "least_squares", "minimize"), "solvers.minimize"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'jangrad.train' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"jangrad.train.{_LATER[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
