"""`jit`: a function of numbers, traced once for each shape of its arguments, as machine code."""

from __future__ import annotations

import functools
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from jangrad.compiler.dtype import Number, dtype_of
from jangrad.compiler.program.arguments import (
    Rows,
    Unusual,
    flatten,
    flatten_usual,
    nesting,
    parts_of,
    taken_for_one_row,
)
from jangrad.compiler.program.call_forms import (
    Form,
    MappedArguments,
    batch_of,
    check_named,
    check_options,
    fixed_in,
    holds_value,
    laid_out,
    map_in_python,
    signature_of,
    spread,
    words_of,
)
from jangrad.compiler.program.containers import code_in
from jangrad.compiler.program.origin import raise_non_finite
from jangrad.compiler.program.trace import OfDerivative, Trace, trace
from jangrad.compiler.program.variants import Variants, is_alike
from jangrad.compiler.run.code import Code
from jangrad.compiler.run.stages_text import StagesText
from jangrad.derivatives import differentiating
from jangrad.engine import Value
from jangrad.errors import ConfigError, NotANumber, ShapeError
from jangrad.watching import tracing

_dtypes: dict[str, Number] = {"float64": "double", "float32": "float"}


def jit(
    function: Callable[..., Any] | None = None, *, dtype: str = "float64", check: bool = False
) -> Any:
    """Compile a function of numbers; `@jit` above it, or `jit(f)`.

    The function is written with Values: it is given one for each number of its arguments and
    returns Values in lists, tuples and dicts. It is traced at the first call with arguments of a
    new shape, and runs as machine code from then on. Values that it closes over, such as the
    parameters of a network, are read at each call. Plain numbers, lists, arrays and attributes that
    it reaches are looked at at each call, and it is traced again when one is another than it was;
    `docs/compiler.md` says what is seen. An integer may pick a row: `jangrad.table(rows)[i]`.

    Args:
        function: what to compile. Its arguments are numbers, lists, tuples and dicts of numbers,
            and arrays, which the function sees as lists, by position or by name. One that is text,
            None, True, False or a member of an Enum is no number: the function sees it as it is,
            and is compiled for each of its values. Above a method, each object has its own.
        dtype: "float64", or "float32": half the precision, twice the numbers in a vector.
        check: whether each call traces the function again, and raises Untraceable where it computes
            something else; for what cannot be seen. It takes thousands of times longer.

    Returns:
        A `Compiled` function, which returns floats and arrays where the function returns Values and
        lists of Values. Inside another function that is traced or differentiated, and given Values,
        it is the function itself, a part of the expression. It can be copied and pickled where the
        function can; the copy is traced again.

    Raises:
        ConfigError: when there is no such dtype, or `function` cannot be called.
        Untraceable: at a call, when the function reads a number of a Value (`if x > 0`, `x.data`),
            draws random numbers, or changes what it reads; the message says where, and what to
            write instead.
        NoCompiler: at a call, where llvmlite is missing, too old or broken.

    >>> from jangrad import Value, jit
    >>> w = Value(3.0)
    >>> @jit
    ... def f(x):
    ...     return sum(w * xi * xi for xi in x)
    >>> f([1.0, 2.0])
    15.0
    >>> w.data = 1.0
    >>> f([1.0, 2.0])
    5.0
    """
    if dtype not in _dtypes:
        raise ConfigError(f"there is no dtype {dtype!r}", try_='"float64" or "float32"')
    if function is None:
        return lambda f: jit(f, dtype=dtype, check=check)
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(jit(function.__func__, dtype=dtype, check=check))
    if not callable(function):
        raise ConfigError(f"`jit` compiles a function, not {function!r:.60}", try_="jit(f)")
    return Compiled(function, _dtypes[dtype], check)


class Compiled:
    """A function that runs as machine code; made by `jit`.

    Attributes:
        function: the function as written.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        number: Number,
        check: bool = False,
        above: Compiled | None = None,
        of: Any = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._number, self._check = number, check
        self._above, self._of = above, of  # a method: the attribute of the class, and the object
        self._owner: type | None = None
        self._kept_as = f"_jit {id(self)}"
        self._versions: dict[Any, Version] = {}

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """What the function gives for these numbers.

        Args:
            arguments, named: those of the function, by position or by name.

        Raises:
            NotANumber, ShapeError, Untraceable: as `jit` says.
            NoSuchRow: when a number that picks a row of a table is the index of no row.
            DataError: when a number is a target that a loss of `jangrad.nn` refuses.
        """
        if named or tracing() is not None or differentiating():
            return self._call(arguments, named)
        try:
            numbers, shape = flatten(arguments, flatten_usual)
        except (Unusual, NotANumber):
            return self._call(arguments, named)
        try:
            version = self._versions.get(("call", shape)) or self._version("call", shape, arguments)
            return version.call(numbers)
        except OfDerivative:
            return self.function(*arguments)

    def _call(self, arguments: Sequence[Any], named: dict[str, Any]) -> Any:
        """The same, of arguments of every sort; what is traced or given Values is a part of it."""
        if tracing() is not None or differentiating():
            return self.function(*arguments, **named)
        if arguments and self._owner is not None and isinstance(arguments[0], self._owner):
            return self.__get__(arguments[0])(*arguments[1:], **named)
        free, form = laid_out(self._signature, arguments, named)
        try:
            numbers, shape = flatten(free)
        except NotANumber:
            if holds_value(free):
                return self.function(*arguments, **named)
            raise
        try:
            return self._version("call", shape, free, form).call(numbers)
        except OfDerivative:
            return self.function(*arguments, **named)

    @functools.cached_property
    def _signature(self) -> Any:
        return signature_of(self.function)

    # -- methods ----------------------------------------------------------------------------------

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._kept_as = owner, f"_jit {owner.__qualname__}.{name}"

    def __get__(self, instance: Any, owner: type | None = None) -> Compiled:
        """The method of an object, which keeps what is compiled for it, if this is a function."""
        if instance is None or not isinstance(self.function, types.FunctionType):
            return self
        kept = getattr(instance, "__dict__", None)
        found = kept.get(self._kept_as) if type(kept) is dict else None
        # A shallow copy has the method of the object that it was copied from.
        if found is None or found._above is not self or found._of is not instance:
            method = types.MethodType(self.function, instance)
            found = Compiled(method, self._number, self._check, self, instance)
            if type(kept) is dict:
                kept[self._kept_as] = found
        return found

    def __reduce__(self) -> Any:
        if self._above is not None:
            return Compiled.__get__, (self._above, self._of)
        path: str = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for name in path.split("."):
            found = getattr(found, name, None)
        if found is self:  # as a function is, by where it stands
            return path
        dtype = dtype_of(self._number).__name__
        return _again, (self.function, dtype, self._check)

    # -- over rows --------------------------------------------------------------------------------

    def compile_alike(self, function: Callable[..., Any]) -> Compiled:
        """Another function, compiled with the same dtype and check."""
        return Compiled(function, self._number, self._check)

    def map(
        self,
        /,
        *batches: Any,
        in_axes: Sequence[int | None] | None = None,
        reduce: str | None = None,
        out: Any = None,
        threads: int | None = None,
        **named: Any,
    ) -> Any:
        """The function of each row: `f.map(X, Y)` is `[f(x, y) for x, y in zip(X, Y)]`, as arrays.

        Rows are computed in blocks: besides arguments and results, 10,000,000 of them need as much
        memory as 100,000. Arguments may be memory-mapped files (`np.memmap`).

        Args:
            batches, named: for each argument of the function a list or array of as many rows, or
                what is the same for all rows: a number, text, None, True, False, a member of an
                Enum, or whatever `in_axes` names.
            in_axes: for each argument 0 if it has rows, None if it is the same for all rows. When
                left out, numbers are the same for all and everything else has rows.
            reduce: "sum" or "mean" over the rows of each output, nested as the result of one call.
                No result of a row is stored.
            out: an array of floats of shape (rows, *shape) for the results, which is returned; for
                a function that returns one number or lists of one shape.
            threads: how many compute the rows; 1 when left out. The results are the same to the
                last bit for any number.

        Raises:
            ShapeError: when there are no rows, their counts differ, one has another shape, or `out`
                has.
            ConfigError: when an option has no such value, or the function has an argument of that
                name.
            Exception: what a call raises, for the first such row; part of `out` is written then.

        >>> from jangrad import jit, value_and_grad
        >>> jit(lambda x: x[0] * x[1]).map([[1.0, 2.0], [3.0, 4.0]])
        array([ 2., 12.])
        >>> error = jit(lambda w, x, y: (w[0] * x + w[1] - y) ** 2)
        >>> value_and_grad(error).map(
        ...     [2.0, 1.0], [0.0, 1.0], [1.0, 5.0], in_axes=(None, 0, 0), reduce="mean"
        ... )
        (2.0, array([-2., -2.]))
        """
        if named:
            check_named(self._signature, named)
        most = check_options(self._signature, in_axes, reduce, out, threads)
        free, form = laid_out(self._signature, batches, named)
        batch = batch_of(free, form, in_axes)
        inside = tracing() is not None or differentiating()
        try:
            parts = parts_of(batch.own, "f.map(X, Y)")
            numbers, _ = flatten(batch.shared)
        except NotANumber:
            inside = inside or holds_value(free)
            if not inside:
                raise
        if not inside:
            row = [*(rows[0] for rows in batch.own), *batch.shared]
            _, shape = flatten(row)
            with suppress(OfDerivative):
                version = self._version(
                    "map", (shape, batch.axes, reduce is None), row, form, batch
                )
                return version.map(Rows(parts, numbers), reduce, out, most)
        if out is not None:
            raise ConfigError(
                "`out` cannot hold Values, which a map gives where it is differentiated or traced",
                try_="f.map(X) without it",
            )
        function = batch.in_order(spread(self.function, form))
        shared = [[x] * len(batch.own[0]) for x in batch.shared]
        return map_in_python(function, [*batch.own, *shared], reduce)

    @property
    def shapes(self) -> list[str]:
        """The nestings of arguments that have been traced, in words.

        >>> from jangrad import jit
        >>> f = jit(lambda x: sum(x))
        >>> f([1.0, 2.0]), f.map([[1.0], [2.0]]).tolist()
        (3.0, [1.0, 2.0])
        >>> f.shapes
        ['f(list[2])', 'f.map(rows of list[1])']
        """
        return [version.shape for version in self._versions.values()]

    @property
    def number(self) -> Number:
        """What it computes in: "double" or "float"."""
        return self._number

    def traced(self, noun: str = "") -> tuple[Trace, list[Any]]:
        """The function as it is now, with its lines, for the one shape of arguments that it had.

        Args:
            noun: what the caller calls arguments that tell the shape, if it takes some.

        Returns:
            The trace, and the arguments of the first call.

        Raises:
            ConfigError: when it had none, or several.
        """
        calls = [v for v in self._versions.values() if not v.per_row] or [*self._versions.values()]
        if len(calls) != 1:
            raise ConfigError(
                f"`{getattr(self, '__name__', 'f')}` was called with arguments of"
                f" {len(calls) or 'no'} shapes: {', '.join(self.shapes) or 'not at all'}",
                why="a program is for one shape",
                try_="; or ".join(
                    [f"{noun}=(example, ...), an example of each argument"] * bool(noun)
                    + ["call it once before" if not calls else "jit(f), called once"]
                ),
            )
        return calls[0].again(), list(calls[0].arguments)

    def save_object(
        self,
        path: str | os.PathLike[str],
        *,
        target: str | None = None,
        cpu: str = "",
        features: str = "",
        force: bool = False,
    ) -> Any:
        """Write the machine code of a call as an object file `NAME.o`, with a header `NAME.h`.

        It holds one function `NAME(x, y)`, which reads all numbers of the arguments in order and
        writes all results. Parameters are constants in it.

        Args:
            path: where; its last part is the name of the function.
            target: the processor, as LLVM calls it: "thumbv7em-none-eabi", "aarch64-linux-gnu",
                "riscv32-unknown-elf", "wasm32-unknown-unknown" ...; this one when left out.
            cpu, features: a processor of that family and what it has, such as "cortex-m4" and
                "+vfp4".
            force: replace other files too.

        Returns:
            What was written: `path`, `header` and the object's `size` in bytes.

        Raises:
            ConfigError: when the function was not called, or with arguments of several shapes; or
                when llvmlite makes no code for the target, with those for which it does.
            SaveError: when a place cannot be written to, or holds another file.
            NoCompiler: where llvmlite is missing, too old or broken.
        """
        from jangrad.compiler.run.objects import save_object

        found, _ = self.traced()
        return save_object(found, self._number, path, target, cpu, features, force)

    def report(self) -> str:
        """What the compiler made of the function: classes, kernels, loops, memory, cost.

        Raises:
            ShapeError: as for the other four, when nothing has been compiled yet.

        The function is run once more on Values, to tell which of its lines each kernel is from.
        """
        return "\n\n".join(
            f"{version.shape}\n{version.now.executable.report(version.lines())}"
            for version in self.versions()
        )

    def stages(self, lines: int | None = 40) -> str:
        """The program after every pass, from the trace to machine code.

        Args:
            lines: how many are shown of each, if not all.

        Returns:
            The text; in a notebook each pass can be opened.

        >>> from jangrad import jit
        >>> f = jit(lambda x: 2.0 * x)
        >>> f(1.5)
        3.0
        >>> print(f.stages(lines=3).splitlines()[0])
        f(number)
        """
        return StagesText((v.shape, v.now.executable.stages(lines)) for v in self.versions())

    def ir(self) -> str:
        """The program of scalars, one a line."""
        return "\n\n".join(str(v.now.run.program) for v in self.versions())

    def llvm(self) -> str:
        """The code as LLVM's text."""
        return "\n\n".join(v.now.executable.llvm() for v in self.versions())

    def asm(self) -> str:
        """The machine code as text."""
        return "\n\n".join(v.now.executable.asm() for v in self.versions())

    def numpy(self, *, gradient: bool = False) -> Any:
        """The function as NumPy source: its loops over scalars as operations on arrays.

        Args:
            gradient: whether the gradient by each parameter comes with it.

        Returns:
            The text, `jangrad.export.to_numpy(f)`.

        Raises:
            ShapeError: when nothing has been compiled yet.
            ConfigError: when there is no such gradient.
        """
        # What exports stands above what compiles, and is asked for by its name.
        return import_module("jangrad.export").to_numpy(self, gradient=gradient)

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return f"jit({name}, {len(self._versions)} shape{'s' * (len(self._versions) != 1)})"

    def versions(self) -> Iterator[Version]:
        """What is compiled for each shape of arguments.

        Raises:
            ShapeError: when nothing has been compiled yet.
        """
        if not self._versions:
            raise ShapeError(
                "nothing has been compiled yet",
                why="a function is traced at its first call, which tells its arguments' shape",
                try_="call it once",
            )
        yield from self._versions.values()

    def _version(
        self,
        kind: str,
        shape: Any,
        arguments: Sequence[Any],
        form: Form = None,
        batch: MappedArguments | None = None,
    ) -> Version:
        key = kind, shape if form is None else (shape, form)
        version = self._versions.get(key)
        if version is None:
            # Without a lock, for the function may wait for another thread that calls it too.
            made = (self.function, arguments, form, batch is not None, self._number, self._check)
            version = Version(*made, batch, reduced=batch is not None and not shape[2])
            version = self._versions.setdefault(key, version)
        return version


def _again(function: Callable[..., Any], dtype: str, check: bool) -> Any:
    return jit(function, dtype=dtype, check=check)


class Version:
    """The function compiled for one shape.

    Args:
        function, form: what is called, and how.
        arguments: of one row, those that have rows first, where it is mapped.
        mapped: whether it is compiled for rows.
        number, check: as for `jit`.
        batch: the rows, where some arguments may have none.
        reduced: whether results are summed over the rows.

    Attributes:
        form: how the arguments are given, traced ones and others.
        positions: where each of `arguments` stands in a call, among those that are traced.
        per_row: the arguments that have rows.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        form: Form,
        mapped: bool,
        number: Number,
        check: bool,
        batch: MappedArguments | None = None,
        *,
        reduced: bool = False,
    ) -> None:
        own = len(arguments if batch is None else batch.own) if mapped else 0
        self.per_row = range(own)
        self._width = len(flatten(arguments[:own])[0])
        # They take the places of numbers that all rows share, which each map brings along.
        shared = flatten(arguments[own:])[0] if mapped else []
        self._stand_ins = [Value(0.0) for _ in shared]
        traced = spread(function, form)
        self._function = traced if batch is None else batch.in_order(traced)
        self._arguments = [_alone(argument) for argument in arguments]
        self.form = form
        axes = [True] * len(arguments) if batch is None else batch.axes
        self.positions = sorted(range(len(axes)), key=lambda k: not axes[k])
        roots = [(function, getattr(function, "__name__", type(function).__name__))]
        roots += [(value, repr(value)) for value in fixed_in(form)]
        roots += code_in(arguments)
        self._check = check
        again = partial(raise_non_finite, self._function, self._arguments)
        self._variants = Variants(
            self._trace,
            roots,
            lambda found: Code(found, mapped, number, again, self.lines, reduced),
            check=check,
        )
        words = words_of(list(map(nesting, arguments)), form)
        if batch is not None:
            words = batch.words(arguments, form)
        self.shape = f"f.map(rows of {words}{', reduced' * reduced})" if mapped else f"f({words})"

    def _trace(self, *, lines: bool = False) -> Trace:
        given = () if self.per_row else self._arguments
        with taken_for_one_row(given, "the function", "f.map(rows)"):
            found = trace(
                *(self._function, self._arguments, self._stand_ins, self.per_row), lines=lines
            )
        return found.with_shared(self._width) if self._stand_ins else found

    @property
    def now(self) -> Code:
        """What was called last."""
        return self._variants.now.made

    def call(self, numbers: list[float]) -> Any:
        """What the function as it is now gives, by machine code."""
        code = self.at_once
        if code is not None:
            return code.make(code.outputs(numbers))
        return self._variants.use(lambda code: code.make(code.outputs(numbers)))

    def map(self, rows: Rows, reduce: str | None, out: Any, threads: int) -> Any:
        """The same over rows; options as for `Compiled.map`."""

        def use(code: Code) -> Any:
            if reduce is not None:
                total = code.sums_of_rows(rows, threads)
                return code.make(total / len(rows) if reduce == "mean" else total)
            if out is not None:
                return code.write(rows, out, threads)
            return code.make(code.outputs_of_rows(rows, threads=threads))

        code = self.at_once
        return use(code) if code is not None else self._variants.use(use)

    @property
    def at_once(self) -> Code | None:
        """What was called last, if nothing has changed since and no other thread has to wait."""
        now = self._variants.now
        return now.made if not now.numbers and now.seen.holds() and not self._check else None

    def is_ready(self) -> bool:
        """Whether the function as it is now has been compiled, as it is called now."""
        return self.now.is_ready() and self._variants.knows()

    def use(self, use: Callable[[Code], Any]) -> Any:
        """What is got from the code of the function as it is now, compiled where it has changed."""
        return self._variants.use(use)

    @property
    def arguments(self) -> list[Any]:
        """An example of each argument, those that have rows first."""
        return self._arguments

    def again(self) -> Trace:
        """The function as it is now, with the user's line that made each node."""
        return self._trace(lines=True)

    def lines(self) -> list[str]:
        """The user's line that made each node; none when the function does not repeat itself."""
        again = self._trace(lines=True)
        return [*again.lines] if is_alike(again, self._variants.now.found) else []


def _alone(argument: Any) -> Any:
    """An argument that does not hold on to the array that it is a row of."""
    return np.array(argument) if isinstance(argument, np.ndarray) else argument
