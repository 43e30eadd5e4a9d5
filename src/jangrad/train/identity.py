"""What a training was called with, in words, so that another call is known to be the same.

Functions are told by their names and by a checksum of their code, which holds for one version of
Python; rows and targets by a checksum of their numbers.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jangrad.train.config import Config
    from jangrad.train.optimizers import Optimizer

_CODE = re.compile(r" \(code [0-9a-f]+\)")
_SHORT = 12  # hexadecimal digits of a checksum that tells two things apart
_ROWS = 65_536  # that are looked at at once


def settings_of(config: Config, dtype: str) -> dict[str, Any]:
    """What decides the numbers of a training, each by the name under which `fit` takes it."""
    asked = config.method or config.optimizer
    held_out = None if config.held_out is None else [*map(summed, config.held_out)]
    return {
        "net": network(config.net),
        "X": summed(config.rows),
        "y": summed(config.targets),
        "loss": config.loss if isinstance(config.loss, str) else described(config.loss_of),
        "loss function": described(config.loss_of),
        "optimizer": type(asked).__name__,
        **{f"{name} of the optimizer": number for name, number in asked.options.items()},
        "rule of the optimizer": None if config.method else repr(config.optimizer.rule),
        "learning_rate": None if config.method else config.optimizer.learning_rate,
        "schedule": described(config.schedule, held=False),
        "steps": config.total,
        "batch_size": config.size,
        "seed": None if config.seed is None else int(config.seed),
        "shuffle": config.shuffle,
        "row_weights": summed(config.row_weights),
        "penalty": described(config.penalty),
        "validation": None if held_out is None else ", ".join(map(str, held_out)),
        "callbacks": ", ".join(str(described(each, held=False)) for each in config.callbacks),
        "callback_every": config.callback_every,
        "patience": config.patience,
        "tolerance": config.tolerance,
        "dtype": dtype,
    }


def differences(there: Mapping[str, Any], here: Mapping[str, Any], same_python: bool) -> list[str]:
    """In words, what two trainings were called with that is not the same.

    Not the number of steps, nor that there is more patience: they decide where a training ends,
    and no step.

    >>> differences({"steps": 5, "seed": 0}, {"steps": 6, "seed": 1}, True)
    ['`seed` is 0 there and 1 here']
    """

    def told(found: Any) -> Any:
        return without_code(found) if isinstance(found, str) and not same_python else found

    names = [name for name in {**there, **here} if name != "steps"]
    before, now = there.get("patience"), here.get("patience")
    if type(before) is type(now) is int and before <= now:
        names.remove("patience")
    return [
        f"`{name}` is {there.get(name)} there and {here.get(name)} here"
        for name in names
        if told(there.get(name)) != told(here.get(name))
    ]


def machine_of(config: Config, *, native: bool) -> dict[str, Any]:
    """What the last bits of the steps may depend on, beside the settings."""
    found: dict[str, Any] = {
        "jangrad": _version("jangrad"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "system": f"{sys.platform} {_hardware()}",
        "engine": "native" if native else "eager",
    }
    if native:
        from jangrad.compiler.running import host

        here = host()
        found["llvmlite"] = _version("llvmlite")
        found["processor"] = f"{here.cpu} {_short(here.features.encode())}"
        found["threads"] = config.threads
    if config.method is not None:
        found["numpy"] = _version("numpy")
        found["processors"] = os.cpu_count()
    return found


def beside(optimizer: Optimizer) -> dict[str, str]:
    """What one of the user's own holds, and its `state()` does not tell."""
    from jangrad.train.optimizers import Optimizer

    if not optimizer.by_hand or type(optimizer).state is not Optimizer.state:
        return {}
    known = {*vars(Optimizer(optimizer.parameters, 1.0, optimizer.rule, optimizer.options))}
    return {name: repr(held) for name, held in vars(optimizer).items() if name not in known}


def without_code(words: str) -> str:
    """What `described` says, without the checksum of code, which says nothing to a person.

    >>> without_code("mine (code 0a1b) with 2")
    'mine with 2'
    """
    return _CODE.sub("", words)


def described(function: Any, *, held: bool = True) -> str | None:
    """A function in words: its name, what it was given, and a checksum of code that is not ours.

    Args:
        function: or None.
        held: whether to tell the numbers that one of the user's holds: those of a counter change.

    >>> from jangrad.train import cosine
    >>> described(cosine(0.1, 1000))
    'cosine with 0.1, 1000, 0.0'
    """
    if function is None:
        return None
    if isinstance(function, functools.partial):
        given = [*map(_told, function.args)]
        given += [f"{name}={_told(x)}" for name, x in sorted(function.keywords.items())]
        return f"{described(function.func, held=held)} with {', '.join(given)}"
    call = getattr(function, "__func__", function)
    if not hasattr(call, "__code__"):
        kind = call if isinstance(call, type) else type(call)
        call = getattr(kind, "__call__", None)  # noqa: B004
        name = getattr(function, "__qualname__", kind.__qualname__)
        if isinstance(function, type) or not hasattr(call, "__code__"):
            return str(name)
    else:
        name = call.__qualname__
    ours = call.__module__.partition(".")[0] == "jangrad"
    name = name.replace("<locals>.", "").removeprefix("_" if ours else "")
    inside = map(_told, map(_content, call.__closure__ or ())) if ours or held else ()
    listed = ", ".join(told for told in inside if told)
    told = f"{name} of {listed}" if listed else name
    return told if ours else f"{told} (code {_short(_bytes_of(call.__code__))})"


def network(net: Any) -> str:
    """A network in words: what it was built of, and a checksum of code that is not ours."""
    from jangrad.nn import MLP, Module
    from jangrad.nn.module import inside

    parts = [x for _, x, _ in inside(net)] if isinstance(net, Module) else [net]
    own = {
        cls: None
        for kind in dict.fromkeys(map(type, parts))
        for cls in kind.__mro__
        if cls.__module__.partition(".")[0] not in ("jangrad", "builtins")
    }
    functions = [function for cls in own for _, function in sorted(vars(cls).items())]
    codes = [_bytes_of(each.__code__) for each in functions if hasattr(each, "__code__")]
    shown = repr(net) if isinstance(net, MLP) else type(net).__qualname__
    return f"{shown} (code {_short(b''.join(codes))})" if codes else shown


def summed(data: Any) -> str | None:
    """Rows of numbers in words: how many, and a checksum of them.

    >>> summed([[1.0, 2.0], [3.0, 4.0]])
    '2 x 2, checksum 6bab56d2f81d'
    """
    import numpy as np

    if data is None:
        return None
    found = hashlib.sha256()
    for start in range(0, len(data), _ROWS):
        found.update(np.ascontiguousarray(data[start : start + _ROWS], "<f8").tobytes())
    first = data[0]
    width = f" x {len(first)}" if hasattr(first, "__len__") else ""
    return f"{len(data)}{width}, checksum {found.hexdigest()[:_SHORT]}"


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return object()


def _told(part: Any) -> str:
    """What is told by its value: numbers, text and functions; "" for all else."""
    if part is None or isinstance(part, (bool, int, float, str)):
        return repr(part)
    known = hasattr(part, "__code__") or isinstance(part, functools.partial)
    return str(described(part, held=False)) if known else ""


def _bytes_of(code: CodeType) -> bytes:
    """What a function does, without where it stands."""
    parts = [code.co_code, repr((code.co_names, code.co_varnames)).encode()]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            parts.append(_bytes_of(constant))
        elif isinstance(constant, frozenset):
            parts.append(repr(sorted(map(repr, constant))).encode())
        else:
            parts.append(repr(constant).encode())
    return b"\0".join(parts)


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_SHORT]


def _hardware() -> str:
    return (
        os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")
    )


@functools.cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
