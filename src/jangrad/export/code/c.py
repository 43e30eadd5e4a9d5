"""`to_c`: functions as C99, one header and one file, that need nothing but `math.h`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.errors import ConfigError, SaveError
from jangrad.export.code.c_file import CFile
from jangrad.export.code.calibrated import FixedPoint
from jangrad.export.code.entries import Exported
from jangrad.export.code.fixed_file import FixedFile
from jangrad.export.code.fixed_operations import PRECISIONS
from jangrad.export.code.identifiers import prefix_of
from jangrad.export.code.requests import Loss, requested
from jangrad.files import Kind, check_place, path_of, write_at_once

if TYPE_CHECKING:
    from jangrad.train.optimizers import Optimizer

_BEGINS = b"/* Exported by jangrad"
#: What `to_c` may replace.
EXPORTED = Kind("C code of jangrad's", lambda head: head.startswith(_BEGINS))


class Files(NamedTuple):
    """What `to_c` has written.

    Attributes:
        header, source: the paths.
        flash: bytes of constants, beside the code.
        ram: bytes that are there all the time.
        stack: bytes of arrays that the function which needs most has on the stack.
        operations: how many each function makes a call, by its name.
        fixed_point: how far numbers are from double precision, of code in fixed point; it prints
            as a table.
    """

    header: str
    source: str
    flash: int
    ram: int
    stack: int
    operations: dict[str, int]
    fixed_point: FixedPoint | None = None


def to_c(
    function: Callable[..., Any],
    path: str | os.PathLike[str],
    arguments: Sequence[Any] | None = None,
    *,
    dtype: str | None = None,
    rows: Iterable[Any] | None = None,
    gradient: bool = False,
    loss: Loss | None = None,
    loss_arguments: Sequence[Any] | None = None,
    optimizer: str | type[Optimizer] | Optimizer = "sgd",
    self_test: bool = False,
    libm: bool = True,
    force: bool = False,
) -> Files:
    """Write a function as C: `path.h` and `path.c`, C99 that any compiler takes, C++ too.

    The code allocates nothing and needs `math.h` alone. Parameters are constants, under the names
    that they have here; with a loss they are variables, which a training step changes.

    Args:
        function: what to write: a function of numbers, what `jit` gives, or a network.
        path: where, with or without an ending; its last part is what names in the code begin with.
        arguments: an example of each argument; needed where `function` is neither an MLP nor a
            `jit` function that was called with arguments of one shape.
        dtype: "float64" or "float32", that of the `jit` function when left out; or in fixed point,
            which computes with integers alone: "q15" has 16 bits a number, with "int8" parameters
            that are factors have 8. Sums have 32 bits, and functions such as tanh are tables.
        rows: for fixed point, what the function will be given: a row is its argument, or a tuple of
            its arguments. They say how many binary places numbers have, and how far the result is
            from that of double precision.
        gradient: whether `NAME_gradient` is wanted, the derivatives by all arguments; the function
            has to return one number.
        loss: what a training step makes smaller, so that there is `NAME_train_step`: the name of a
            loss, such as "squared_error", whose arguments are the network's and a target; or a
            function that returns one Value.
        loss_arguments: an example of each argument of the loss, as `arguments`.
        optimizer: how: a name, a class, or one that is made already, whose parameters learn.
        self_test: whether the file holds `NAME_self_test`, compiled with `-DNAME_SELF_TEST`, which
            compares the functions with known numbers and counts what is wrong; and a `main` that
            says pass or fail, which `-ffreestanding` leaves out.
        libm: whether functions of mathematics are those of a library; with False the file brings
            its own and is linked to nothing; their last digits differ.
        force: replace files that `to_c` has not written.

    Returns:
        What was written, with its bytes and operations.

    Raises:
        ConfigError: when an option has no such value, the shape of the arguments is not known, or
            something cannot be said in fixed point.
        Untraceable: when the function cannot be traced, as `jit` says.
        NoGradient: when the loss depends on no parameter that learns.
        SaveError: when a place cannot be written to, or holds another file.

    >>> import tempfile
    >>> from jangrad import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = to_c(MLP(3, [4, 4, 1], seed=0), f"{folder}/model", dtype="float32")
    >>> files.flash, files.ram
    (164, 0)

    In fixed point, with the errors of hidden neurons and of what the network gives:

    >>> rows = [[0.1 * i, 0.5 - 0.1 * i, 1.0] for i in range(10)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = to_c(MLP(3, [4, 4, 1], seed=0), f"{folder}/model", dtype="q15", rows=rows)
    >>> files.flash, files.fixed_point.worst < 0.001
    (82, True)
    """
    if dtype in PRECISIONS:
        _check_values_only(gradient, loss)
        _check_places(path, force)
        found = requested(function, arguments, "float64")
        return write_c(found, path, dtype=dtype, rows=rows, self_test=self_test, force=force)
    if rows is not None:
        raise ConfigError(
            f"`rows` is for fixed point, and dtype is {dtype!r}",
            try_='dtype="int8" or dtype="q15"; or leave `rows` out',
        )
    given = (function, arguments, dtype, gradient, loss, loss_arguments, optimizer)
    _check_places(path, force)
    return write_c(requested(*given), path, self_test=self_test, libm=libm, force=force)


def write_c(
    found: Exported,
    path: str | os.PathLike[str],
    *,
    dtype: str | None = None,
    rows: Iterable[Any] | None = None,
    within: tuple[float, Callable[[float], ConfigError]] | None = None,
    self_test: bool = False,
    libm: bool = True,
    force: bool = False,
) -> Files:
    """Write what is exported; the arguments are those of `to_c`, `dtype` one of fixed point.

    With `within`, how far that may be from double precision on the rows, and what is raised when
    it is farther: nothing is written then.
    """
    header, source = _check_places(path, force)
    names = prefix_of(Path(source).stem), Path(header).name
    fixed_point = None
    if dtype in PRECISIONS:
        fixed = FixedFile(found, *names, tested=self_test, dtype=str(dtype), rows=rows)
        written: CFile = fixed
        fixed_point = fixed.fixed_point
        if within is not None and fixed_point.worst > within[0]:
            raise within[1](fixed_point.worst)
    else:
        written = CFile(found, *names, tested=self_test, libm=libm)
    kind = None if force else EXPORTED
    write_at_once(header, written.header().encode(), kind)
    write_at_once(source, written.source().encode(), kind)
    return Files(header, source, *written.numbers, fixed_point)


def _check_values_only(gradient: bool, loss: Loss | None) -> None:
    if gradient or loss is not None:
        raise ConfigError(
            f"fixed point has no {'gradient' if gradient else 'training step'}",
            why="slopes need more digits than 16 bits have",
            try_='dtype="float32" for them, and dtype="int8" or "q15" for the value alone',
        )


def _check_places(path: object, force: bool) -> tuple[str, str]:
    """The header's path and the file's, at which something can be written."""
    stem = _stem(path)
    places = f"{stem}.h", f"{stem}.c"
    for place in places:
        check_place(place, None if force else EXPORTED)
    return places


def _stem(path: object) -> str:
    text = path_of(path, SaveError, 'to_c(net, "model")')
    return text[:-2] if text.endswith((".c", ".h")) else text
