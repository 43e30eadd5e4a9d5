"""A compiled function as a model for ONNX, checked in onnxruntime before it is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler import Compiled, jit
from jangrad.compiler.exporting import Output
from jangrad.errors import ConfigError, SaveError, either
from jangrad.export.vectorised.differences import ALLOWED, allowed, apart
from jangrad.export.vectorised.exported import (
    ArrayArgument,
    ExportedArrays,
    exported,
    shape_of_argument,
)
from jangrad.export.vectorised.onnx_graph import Graph
from jangrad.files import Kind, path_of, write_at_once

_ROWS = 16
_LACKING = re.compile(r"NOT_IMPLEMENTED.* implementation for (\w+)\(")

#: What `to_onnx` may replace: a model begins with its version, of one byte.
MODEL = Kind("an ONNX model", lambda head: head[:1] == b"\x08" and b"jangrad" in head)


class OnnxModel(NamedTuple):
    """What `to_onnx` has made.

    Attributes:
        data: the model, as a file holds it.
        difference: the largest difference between onnxruntime and jangrad on the rows that were
            tried.
        dtype: in which precision it computes.
    """

    data: bytes
    difference: float
    dtype: str

    def __repr__(self) -> str:
        return (
            f"ONNX model, {len(self.data):,} bytes, {self.dtype}; in onnxruntime it differs from"
            f" jangrad by {self.difference:.1e} at most"
        )


def to_onnx(
    f: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    dtype: str = "float32",
    force: bool = False,
) -> OnnxModel:
    """A compiled function, or a network, as an ONNX model.

    Networks are Gemm and activation nodes. The number of rows is left open. The model is checked by
    `onnx.checker`, run in onnxruntime and compared with jangrad before it is written.

    Args:
        f: what `jit` made, exported as it was called last, by `f(x)` or `f.map(X)`; or a network
            with `n_inputs`, for rows.
        path: where the model is written, if anywhere; `.onnx` is the usual ending.
        dtype: "float32", or "float64", which fewer runtimes compute in.
        force: replace another file than a model of jangrad's too.

    Returns:
        The model, with the largest difference that was found.

    Raises:
        ConfigError: when `f` is neither, onnxruntime cannot compute an operation in that precision,
            or its numbers differ by more than the precision allows.
        ShapeError: when it has not been called yet.
        SaveError: when the place cannot be written to, or holds another file.
    """
    onnx, runtime = checked(dtype)
    found = exported(f)
    model = Graph(found, dtype).model()
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    session = running(runtime, data, dtype, found.name)
    made = OnnxModel(data, _difference(f, found, session, dtype), dtype)
    write(made, path, force)
    return made


def checked(dtype: str) -> tuple[Any, Any]:
    """`onnx` and `onnxruntime`, for models of this precision.

    Raises:
        ConfigError: when one is not installed, or there is no such precision.
    """
    if dtype not in ALLOWED:
        raise ConfigError(f"there is no dtype {dtype!r}", try_='"float32" or "float64"')
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ConfigError(
            f"{error.name} is not installed", try_="pip install 'jangrad[onnx]'"
        ) from None
    return onnx, onnxruntime


def running(runtime: Any, data: bytes, dtype: str, name: str) -> Any:
    """The model in onnxruntime.

    Raises:
        ConfigError: when it cannot run it.
    """
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        lacking = _LACKING.search(str(error))
        raise ConfigError(
            f"onnxruntime has no {lacking[1]} in {dtype}, which `{name}` needs"
            if lacking
            else f"onnxruntime cannot run `{name}` in {dtype}: {str(error).splitlines()[0]:.200}",
            why="a model that was not run is not written",
            try_=either('dtype="float32"', "--dtype float32") + ", which it has more operations for"
            if dtype == "float64"
            else "another operation in its place",
        ) from None


def write(model: OnnxModel, path: str | os.PathLike[str] | None, force: bool) -> None:
    """Write a model that was compared, if anywhere.

    Raises:
        SaveError: when the place cannot be written to, or holds another file.
    """
    if path is not None:
        where = path_of(path, SaveError, 'to_onnx(f, "model.onnx")')
        write_at_once(where, model.data, None if force else MODEL)


def _difference(f: Any, found: ExportedArrays, session: Any, dtype: str) -> float:
    """The largest difference on some arguments.

    Raises:
        ConfigError: when it is too large, or there is nothing to compare.
    """
    worst, seen = 0.0, 0
    for arguments in _tried(found):
        expected = _called(f, found, arguments)
        given = {}
        for argument, whole in zip(found.arguments, arguments, strict=True):
            for (_, array), part in zip(argument.parts, _parts(whole), strict=True):
                given[array.name] = np.asarray(part, np.int64 if array.whole else dtype)
        names = [array.name for array in found.program.results]
        got = session.run(names, given)
        for number, numbers in _pairs(found.result, expected):
            differs = apart(got[number], np.asarray(numbers, float))
            seen += differs is not None
            worst = max(worst, differs or 0.0)
    return allowed(worst if seen else None, found.name, "onnxruntime", dtype)


def _tried(found: ExportedArrays) -> Iterator[list[Any]]:
    """Arguments that are tried: numbers around 0, of all sizes of rows."""
    draw = np.random.default_rng(0)
    yield [
        _filled(
            [
                np.array([part] * _ROWS if array.per_row else part)
                for (_, array), part in zip(a.parts, _parts(a.example), strict=True)
            ],
            a,
        )
        for a in found.arguments
    ]
    if not found.is_free:
        return
    for rows in (_ROWS, 1) if found.mapped else (0,):
        yield [
            _filled([_numbers(array, rows, found, draw) for _, array in argument.parts], argument)
            for argument in found.arguments
        ]


def _numbers(array: Any, rows: int, found: ExportedArrays, draw: Any) -> Any:
    shape = ((rows,) if array.per_row else ()) + array.shape
    if array.whole:
        return np.array(draw.integers(0, found.limits.get(array.name, 1), shape))
    return np.array(draw.normal(size=shape))


def _filled(parts: list[Any], argument: Any) -> Any:
    """An argument of these arrays, in lists where the function was given lists."""
    if not isinstance(argument.example, np.ndarray):
        parts = [part.tolist() for part in parts]
    return parts[0] if argument.make is None else argument.make(iter(parts))


def _parts(whole: Any) -> Iterator[Any]:
    if isinstance(whole, dict) or shape_of_argument(whole) is None:
        for item in whole.values() if isinstance(whole, dict) else whole:
            yield from _parts(item)
    else:
        yield whole


def _called(f: Any, found: ExportedArrays, arguments: list[Any]) -> Any:
    if not isinstance(f, Compiled):
        return f.predict(arguments[0])
    fresh = jit(f.function)  # in double precision, and none of the function's own shapes
    if not found.mapped:
        return fresh(*arguments)
    rows = [any(array.per_row for _, array in a.parts) for a in found.arguments]
    given = [
        _in_rows(whole, argument) if has else whole
        for whole, argument, has in zip(arguments, found.arguments, rows, strict=True)
    ]
    return fresh.map(*given, in_axes=[0 if has else None for has in rows])


def _in_rows(whole: Any, argument: ArrayArgument) -> Any:
    """An argument of several arrays, each with rows in front, as a list of them."""
    if argument.make is None:
        return whole
    return [argument.make(iter(parts)) for parts in zip(*_parts(whole), strict=True)]


def _pairs(nest: Any, numbers: Any) -> Iterator[tuple[int, Any]]:
    """Results by their number, out of what the function gives."""
    if isinstance(nest, Output):
        yield nest.number, numbers
    elif isinstance(nest, dict):
        for key, item in nest.items():
            yield from _pairs(item, numbers[key])
    else:
        for item, part in zip(nest, numbers, strict=True):
            yield from _pairs(item, part)
