"""Write a neural network one scalar at a time, look inside it, run it at native speed.

>>> from jangrad import Value
>>> a, b = Value(2.0), Value(3.0)
>>> e = a * a + a * b
>>> tree = e.backtrack()
>>> a.grad, b.grad
(7.0, 2.0)

The front door: public names only. What is heavy, or needs another library, is imported at its first
use, so `import jangrad` stays light.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

if os.environ.get("JANGRAD_PURE") == "1":
    from jangrad.nocython import load_plain_engine as _load_plain_engine

    _load_plain_engine()

from jangrad.derivatives import grad as grad
from jangrad.derivatives import gradient as gradient
from jangrad.derivatives import hessian as hessian
from jangrad.derivatives import hvp as hvp
from jangrad.derivatives import jacfwd as jacfwd
from jangrad.derivatives import jacobian as jacobian
from jangrad.derivatives import jvp as jvp
from jangrad.derivatives import value_and_grad as value_and_grad
from jangrad.engine import Value as Value
from jangrad.engine import serve as _serve
from jangrad.functions import clamp as clamp
from jangrad.functions import operation as operation
from jangrad.functions import prelu as prelu
from jangrad.functions import where as where
from jangrad.lists import dot as dot
from jangrad.lists import entropy as entropy
from jangrad.lists import kl_divergence as kl_divergence
from jangrad.lists import log_softmax as log_softmax
from jangrad.lists import logsumexp as logsumexp
from jangrad.lists import mean as mean
from jangrad.lists import norm as norm
from jangrad.lists import softmax as softmax
from jangrad.lists import sum as sum
from jangrad.tables import table as table
from jangrad.watching import strict as strict
from jangrad.watching import trace_lines as trace_lines

# isort: off
# <names>
from jangrad.functions import acos as acos
from jangrad.functions import acosh as acosh
from jangrad.functions import asin as asin
from jangrad.functions import asinh as asinh
from jangrad.functions import at_least as at_least
from jangrad.functions import at_most as at_most
from jangrad.functions import atan as atan
from jangrad.functions import atan2 as atan2
from jangrad.functions import atanh as atanh
from jangrad.functions import cbrt as cbrt
from jangrad.functions import ceil as ceil
from jangrad.functions import cos as cos
from jangrad.functions import cosh as cosh
from jangrad.functions import elu as elu
from jangrad.functions import erf as erf
from jangrad.functions import erfc as erfc
from jangrad.functions import exp as exp
from jangrad.functions import exp2 as exp2
from jangrad.functions import expm1 as expm1
from jangrad.functions import floor as floor
from jangrad.functions import gelu as gelu
from jangrad.functions import gelu_tanh as gelu_tanh
from jangrad.functions import hypot as hypot
from jangrad.functions import leaky_relu as leaky_relu
from jangrad.functions import log as log
from jangrad.functions import log10 as log10
from jangrad.functions import log1p as log1p
from jangrad.functions import log2 as log2
from jangrad.functions import logaddexp as logaddexp
from jangrad.functions import logsigmoid as logsigmoid
from jangrad.functions import maximum as maximum
from jangrad.functions import minimum as minimum
from jangrad.functions import rel_entr as rel_entr
from jangrad.functions import relu as relu
from jangrad.functions import relu6 as relu6
from jangrad.functions import selu as selu
from jangrad.functions import sigmoid as sigmoid
from jangrad.functions import sign as sign
from jangrad.functions import silu as silu
from jangrad.functions import sin as sin
from jangrad.functions import sinh as sinh
from jangrad.functions import softplus as softplus
from jangrad.functions import sqrt as sqrt
from jangrad.functions import tan as tan
from jangrad.functions import tanh as tanh
from jangrad.functions import xlogy as xlogy
# </names>
# isort: on

# Imported at first use: the public name -> the room it lives in ("" for the room itself).
_LATER: dict[str, str] = {
    "Neuron": "jangrad.nn",
    "Layer": "jangrad.nn",
    "MLP": "jangrad.nn",
    "Module": "jangrad.nn",
    "fit": "jangrad.train",
    "compile_step": "jangrad.train.compiled.whole_step",
    "jit": "jangrad.compiler",
    "minimize": "jangrad.train",
    "least_squares": "jangrad.train",
    "History": "jangrad.train",
    "sharpness": "jangrad.train",
    "suggest_rate": "jangrad.train",
    "watch": "jangrad.train",
    "sweep": "jangrad.studies",
    "race": "jangrad.studies",
    "recording": "jangrad.studies",
    "save_model": "jangrad.export",
    "load_model": "jangrad.export",
    "derivative": "jangrad.show",
    "Tree": "jangrad.show",
    "plot_history": "jangrad.show",
    "plot_decision_boundary": "jangrad.show",
    "plot_weights": "jangrad.show",
    "plot_gradients": "jangrad.show",
    "plot_dead_units": "jangrad.show",
    "gradcheck": "jangrad.gradcheck",
    "datasets": "",
    "nn": "",
    "show": "",
    "train": "",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # it takes a tenth of the import's time

        return version("jangrad")
    if name not in _LATER:
        from jangrad.foreign import error_of

        raise error_of(name, sys._getframe(1))
    room = import_module(_LATER[name] or f"jangrad.{name}")
    value = getattr(room, name) if _LATER[name] else room
    globals()[name] = value
    return value


def _tree(root: Value) -> Any:
    from jangrad.show.tree import Tree

    return Tree.here(root)


def _copied(v: Value) -> Any:
    from jangrad.copies import copied

    return copied(v)


def _reduced(v: Value) -> Any:
    from jangrad.copies import reduced

    return reduced(v)


# The engine itself knows neither of drawing nor of pickles.
_serve(tree=_tree, copied=_copied, reduced=_reduced)

# Where the names above come from; what else this module holds is its own business.
_ROOMS = {
    f"jangrad.{room}"
    for room in ("engine", "watching", "functions", "lists", "tables", "derivatives")
}


__all__ = sorted(
    {*_LATER}
    | {
        name
        for name, thing in globals().items()
        if name[0] != "_" and getattr(thing, "__module__", "") in _ROOMS
    }
)


def __dir__() -> list[str]:
    return __all__
