"""Whose a class, a function or a module is: the user's, Python's, or a package's; what these do."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import operator
import os
import sys
import threading
import types
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from jangrad.errors import is_users

# Modules whose functions give the same for the same; of others a function is traced twice.
PURE = frozenset(
    [
        *("builtins", "math", "cmath", "operator", "_operator", "functools", "_functools"),
        *("itertools", "collections", "statistics", "numbers", "fractions", "decimal", "typing"),
        *("dataclasses", "abc", "enum", "copy", "string", "re", "warnings", "bisect", "heapq"),
        *("contextlib", "reprlib", "types", "numpy", "jangrad"),
        *("pytest", "_pytest"),  # which are in every `assert` of a test
    ]
)
# Who reads attributes by names that are no names in code, whatever it is called.
READERS = frozenset(
    map(
        id,
        [
            *(getattr, hasattr, vars, dir, globals, locals, eval, exec, copy.copy, copy.deepcopy),
            *(operator.attrgetter, operator.methodcaller),
            *(dataclasses.asdict, dataclasses.astuple, dataclasses.fields),
            *(inspect.getattr_static, inspect.getmembers, inspect.getmembers_static),
        ],
    )
)
# What they give now is looked at, for each thread has its own.
ASKED: list[Any] = [threading.get_ident, threading.get_native_id, threading.current_thread]
ASKED += [threading.main_thread, threading.active_count, os.getcwd, os.getpid]
ASKED += [sys.getrecursionlimit]
_MADE_BY_A_STATEMENT = 1 << 9  # of a class: CPython's Py_TPFLAGS_HEAPTYPE


def module_of(found: Any) -> str:
    """The module in which a class or function was written; some have none."""
    if isinstance(found, types.FunctionType):  # one that wraps another bears the other's name
        module = found.__globals__.get("__name__")
    else:
        module = getattr(found, "__module__", None)
    return module if isinstance(module, str) else "builtins"


def is_users_class(kind: type) -> bool:
    if module_of(kind) == "builtins":  # so are classes that were made by `exec` without a module
        return bool(kind.__flags__ & _MADE_BY_A_STATEMENT)
    return is_users_module(module_of(kind))


def is_others_class(kind: type) -> bool:
    top = module_of(kind).partition(".")[0]
    return top not in PURE and top not in sys.stdlib_module_names and not is_users_class(kind)


def is_users_module(name: str) -> bool:
    top = name.partition(".")[0]
    if top == "jangrad" or top.startswith("_cython"):
        return False
    module = sys.modules.get(name)
    # Not by `module.__file__`, which a module that answers for itself may answer anyhow.
    file = vars(module).get("__file__") if isinstance(module, types.ModuleType) else None
    if not isinstance(file, str) or ".zip" in file:
        return top not in sys.stdlib_module_names
    return is_users(file)


def is_pythons(found: Any) -> bool:
    """Whether it is among what Python itself has in `builtins`, where users may put more."""
    return isinstance(found, (types.BuiltinFunctionType, type)) and module_of(found) == "builtins"


def texts_of(function: types.FunctionType, names: Iterable[str]) -> set[tuple[int, str]]:
    """The texts in variables of a function, each as the name of a module that it may import."""
    found = [function.__globals__.get(name) for name in names]
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # it is empty
            found.append(cell.cell_contents)
    return {(0, text) for text in found if type(text) is str}


def absolute(dots: int, name: str, variables: dict[str, Any]) -> str:
    """The name of a module that code with these variables imports by so many dots."""
    if not dots:
        return name
    package = variables.get("__package__")
    if not isinstance(package, str):
        package = str(variables.get("__name__", ""))
        package = package if "__path__" in variables else package.rpartition(".")[0]
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - dots + 1], *([name] if name else [])])


def numbers_among(variables: dict[str, Any]) -> set[str]:
    """The variables of a module that may hold numbers."""
    code = (types.FunctionType, types.ModuleType, type)
    return {
        name
        for name, value in variables.items()
        if not name.startswith("__") and not isinstance(value, code)
    }
