"""`jangrad export`: a model as code of another language, or as a model for other programs."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path
from typing import Any

from jangrad.errors import ConfigError
from jangrad.interfaces.terminal import say


def export(
    model: str, to: str, out: str | None, dtype: str | None, force: bool, **of_c: Any
) -> int:
    """Write a model in another form, and say where.

    Args:
        model, to, out, dtype, force: what was typed.
        of_c: what is for C alone: `rows`, `self_test` and `no_libm`.

    Returns:
        The exit code, 0.
    """
    from jangrad.export.answers import load_trained
    from jangrad.export.model_file import load_model

    net, about = load_model(model)
    columns = load_trained(model)[1] if "columns" in about else None
    path = out or Path(model).with_suffix("").name
    if to == "onnx":
        _onnx(net, columns, _ending(path, ".onnx"), dtype or "float32", force)
    elif to == "numpy":
        _numpy(net, columns, _ending(path, ".py"), dtype or "float64", force)
    else:
        _code(net, columns, path, to, dtype or "float64", force, **of_c)
    return 0


def _onnx(net: Any, columns: Any, path: str, dtype: str, force: bool) -> None:
    from jangrad.export.vectorised.onnx_model import to_onnx
    from jangrad.export.vectorised.onnx_table import table_to_onnx

    if columns is None:
        made = to_onnx(net, path, dtype=dtype, force=force)
    else:
        made = table_to_onnx(net, columns, path, dtype=dtype, force=force)
    say(f"{path}: {len(made.data):,} bytes, {dtype}")
    _say_compared("onnxruntime", made.difference)


def _numpy(net: Any, columns: Any, path: str, dtype: str, force: bool) -> None:
    from jangrad.export.vectorised.numpy_module import write_numpy

    _check_module(path)
    made = write_numpy(net, columns, path, dtype=dtype, force=force)
    say(f"{path}: {len(made.text):,} bytes, {dtype}")
    _say_compared("NumPy", made.difference)


def _say_compared(where: str, difference: float) -> None:
    say(f"run in {where}: it differs from jangrad by {difference:.1e} at most")


def _code(
    net: Any,
    columns: Any,
    path: str,
    to: str,
    dtype: str,
    force: bool,
    rows: str | None,
    self_test: bool,
    no_libm: bool,
) -> None:
    from jangrad.export.code.c import write_c
    from jangrad.export.code.javascript_module import write_javascript
    from jangrad.export.code.requests import requested
    from jangrad.export.code.table_model import table_model
    from jangrad.export.code.table_precision import check_single, most_off, off

    number = "float64" if rows else dtype  # fixed point is made of what double precision gives
    if columns is None:
        found = requested(net, None, number)
    else:
        whole = table_model(net, columns)
        if dtype == "float32":
            check_single(whole, columns)
        found = requested(whole.function, whole.example, number)
        found = found._replace(labels=whole.labels, notes=whole.notes)
    if to == "c":
        how: dict[str, Any] = {"self_test": self_test, "libm": not no_libm, "force": force}
        if rows:
            how["rows"] = _arguments(rows, columns)
            how["within"] = most_off(columns), lambda worst: off(worst, columns, dtype)
        c = write_c(found, path, dtype=dtype, **how)
        say(f"{c.source} and {c.header}: {c.flash:,} bytes of constants, {c.stack:,} of stack")
        if c.fixed_point:
            say(str(c.fixed_point))
    else:
        modules = write_javascript(found, path, force=force)
        say(f"{modules.module} and {modules.types}")


def _arguments(rows: str, columns: Any) -> list[tuple[float, ...]]:
    """What the function of a table is given for each row of a file."""
    from jangrad.datasets.table import read_inputs
    from jangrad.export.code.table_model import arguments_of

    if columns is None:
        raise ConfigError(
            "the model was saved from Python, so it does not know what the columns of --rows are",
            try_='to_c(net, "model", dtype="int8", rows=X) in Python',
        )
    inputs, notes = read_inputs(rows, columns, brief=True)
    for note in notes:
        say(note, err=True)
    return [tuple(row) for row in arguments_of(inputs.listed(), columns)]


def _check_module(path: str) -> None:
    """That Python can import the file, and finds nothing in its place that others import."""
    name = Path(path).stem
    if not name.isidentifier() or keyword.iskeyword(name):
        wrong = "cannot be imported: that is no name of Python's"
    elif name in sys.stdlib_module_names or name in ("numpy", "jangrad"):
        wrong = f"would be imported by whoever wants {name} and is run in its folder"
    else:
        return
    raise ConfigError(
        f"a module called `{name}` {wrong}",
        why="`import` finds files by their names",
        try_=f"--out {re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}_model.py",
    )


def _ending(path: str, ending: str) -> str:
    return path if path.endswith(ending) else path + ending
