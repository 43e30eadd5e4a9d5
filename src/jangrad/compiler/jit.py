"""`jit`: a function of numbers, traced once for each shape of its arguments, as machine code."""

from __future__ import annotations

import functools
import math
import struct
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad import forks
from jangrad.compiler.emit.lanes import Number, dtype_of
from jangrad.compiler.program.arguments import (
    Unusual,
    flatten,
    flatten_usual,
    rows_of,
    taken_for_one_row,
    unmet,
)
from jangrad.compiler.program.calls import (
    Form,
    batches_of,
    fixed_in,
    holds_value,
    laid_out,
    map_in_python,
    signature_of,
    spread,
    words_of,
)
from jangrad.compiler.program.containers import code_in
from jangrad.compiler.program.finite import checked
from jangrad.compiler.program.ir import Program
from jangrad.compiler.program.origin import find, in_single, unexplained
from jangrad.compiler.program.results import maker
from jangrad.compiler.program.trace import OfDerivative, Output, Trace, trace
from jangrad.compiler.program.variants import Variants, is_alike
from jangrad.compiler.run.executable import Doubles, Executable
from jangrad.compiler.run.kept import compiled
from jangrad.derivatives import differentiating
from jangrad.engine import Value, as_float, is_strict, tracing
from jangrad.errors import ConfigError, NotANumber, ShapeError
from jangrad.needs import is_met, refusal

if TYPE_CHECKING:
    from jangrad.compiler.run.pipeline import Passes, Written

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

    def map(self, /, *batches: Any, **named: Any) -> Any:
        """The function of each row: `f.map(X, Y)` is `[f(x, y) for x, y in zip(X, Y)]`, as arrays.

        Args:
            batches, named: for each argument of the function a list or array of as many rows, or
                what all rows share: a number, or one that is none.

        Raises:
            ShapeError: when there are no rows, their counts differ, or one has another shape.

        >>> from jangrad import jit
        >>> jit(lambda x: x[0] * x[1]).map([[1.0, 2.0], [3.0, 4.0]])
        array([ 2., 12.])
        """
        free, form = laid_out(self._signature, batches, named)
        given = batches_of(free)
        inside = tracing() is not None or differentiating()
        try:
            rows = rows_of(given, "f.map(X, Y)", dtype_of(self._number))
        except NotANumber:
            inside = inside or holds_value(given)
            if not inside:
                raise
        if not inside:
            first = [batch[0] for batch in given]
            _, shape = flatten(first)
            with suppress(OfDerivative):
                return self._version("map", shape, first, form).map(rows)
        return map_in_python(spread(self.function, form), given)

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

    def report(self) -> str:
        """What the compiler made of the function: classes, kernels, loops, memory, cost.

        Raises:
            ShapeError: as for the other four, when nothing has been compiled yet.

        The function is run once more on Values, to tell which of its lines each kernel is from.
        """
        return "\n\n".join(
            f"{version.shape}\n{version.now.executable.report(version.lines())}"
            for version in self._each()
        )

    def stages(self, lines: int | None = 40) -> str:
        """The program after every pass, from the trace to machine code.

        Args:
            lines: how many are shown of each, if not all.

        >>> from jangrad import jit
        >>> f = jit(lambda x: 2.0 * x)
        >>> f(1.5)
        3.0
        >>> print(f.stages(lines=3).splitlines()[0])
        f(number)
        """
        return "\n\n".join(f"{v.shape}\n\n{v.now.executable.stages(lines)}" for v in self._each())

    def ir(self) -> str:
        """The program of scalars, one a line."""
        return "\n\n".join(str(v.now.trace.program) for v in self._each())

    def llvm(self) -> str:
        """The code as LLVM's text."""
        return "\n\n".join(v.now.executable.llvm() for v in self._each())

    def asm(self) -> str:
        """The machine code as text."""
        return "\n\n".join(v.now.executable.asm() for v in self._each())

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return f"jit({name}, {len(self._versions)} shape{'s' * (len(self._versions) != 1)})"

    def _each(self) -> Iterator[Version]:
        if not self._versions:
            raise ShapeError(
                "nothing has been compiled yet",
                why="a function is traced at its first call, which tells its arguments' shape",
                try_="call it once",
            )
        yield from self._versions.values()

    def _version(
        self, kind: str, shape: Any, arguments: Sequence[Any], form: Form = None
    ) -> Version:
        key = kind, shape if form is None else (shape, form)
        version = self._versions.get(key)
        if version is None:
            # Without a lock, for the function may wait for another thread that calls it too.
            mapped = kind == "map"
            version = Version(self.function, arguments, form, mapped, self._number, self._check)
            version = self._versions.setdefault(key, version)
        return version


def _again(function: Callable[..., Any], dtype: str, check: bool) -> Any:
    return jit(function, dtype=dtype, check=check)


class Outputs:
    """A program as machine code, that is given its inputs and gives its outputs.

    Args:
        program: what to run.
        params: the Values of its parameters.
        mapped: whether it runs over rows.
        number: "double" or "float".
    """

    def __init__(
        self, program: Program, params: list[Value], mapped: bool, number: Number = "double"
    ) -> None:
        self.lane = program.lane[program.outputs].astype(bool)
        self.executable: Executable = compiled(
            *(program, (number, mapped), params),
            lambda passes=None: _written(program, number, mapped, passes),
        )
        self._given, self._taken = (Doubles(self.executable.buffers[name]) for name in "XR")
        self._fill = struct.Struct(f"{program.inputs}d").pack_into
        # The buffers serve one call at a time; one within another, made by a handler of a signal or
        # when an object dies, has buffers of its own.
        self._lock: Any = forks.renewed(self, "_lock", threading.RLock)
        self._made_of = program, params, mapped, number

    @forks.once
    def _within(self) -> Outputs:
        """The same with buffers of its own."""
        return Outputs(*self._made_of)

    def call(self, numbers: Sequence[float]) -> Any:
        """The outputs for these inputs."""
        if self._lock._is_owned():
            return self._within.call(numbers)
        with self._lock:
            try:
                self._fill(self._given.numbers, 0, *numbers)
            except struct.error:  # an integer that is no float
                self._fill(self._given.numbers, 0, *map(as_float, numbers))
            self._given.give()
            self.executable.run()
            return self._taken.take().copy()

    def map(self, rows: Any) -> Any:
        """The outputs for rows of inputs, one row an output; what all rows share is repeated."""
        if self._lock._is_owned():
            return self._within.map(rows)
        with self._lock:
            return self._spread(self.executable.map(rows), self.lane)

    def map_on(self, parameters: Any, rows: Any) -> Any:
        """As `map`, with the parameters in this buffer, where others change them."""
        self.executable.share(parameters)
        return self.map(rows)

    def map_checked(self, rows: Any) -> tuple[Any, bool]:
        """The outputs but the last, which is 0 if all numbers are finite; and whether they are."""
        if self._lock._is_owned():
            return self._within.map_checked(rows)
        shared = self.executable.buffers["R"]
        flags: list[float] = []
        with self._lock:
            own = self.executable.map(rows, lambda: flags.append(float(shared[-1])))
            return self._spread(own, self.lane[:-1]), not any(map(math.isnan, flags))

    def _spread(self, own: Any, lane: Any) -> Any:
        """All outputs for each row, of which those that have their own are given."""
        if len(own) == len(lane):
            return own
        found = np.empty((len(lane), own.shape[1]))
        found[lane] = own
        found[~lane] = self.executable.buffers["R"][: len(lane) - len(own), None]
        return found


def _written(program: Program, number: Number, mapped: bool, passes: Passes | None) -> Written:
    """The module of a program whose outputs go to Y, if each row has its own, or to R."""
    from jangrad.compiler.plan.kernels import Region, Target, with_own_outputs
    from jangrad.compiler.program.buffers import INPUTS, INPUTS_OF_ROWS, OUTPUTS, RESULTS
    from jangrad.compiler.run.pipeline import Passes, Source, write

    passes = passes or Passes()
    passes("trace", program)
    program = passes("outputs", with_own_outputs(program))
    given = INPUTS_OF_ROWS if mapped else INPUTS
    sizes = {given: program.inputs, **({OUTPUTS: 0} if mapped else {}), RESULTS: 0}
    targets = []
    for lane in program.lane[program.outputs].tolist():
        buffer = OUTPUTS if lane else RESULTS
        targets.append(Target(buffer, sizes[buffer]))
        sizes[buffer] += 1
    regions = [Region(given, 0, program.inputs)]
    return write(Source(program, regions, targets, sizes), number, mapped, passes=passes)


class Version:
    """The function compiled for one shape."""

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        form: Form,
        mapped: bool,
        number: Number,
        check: bool,
    ) -> None:
        self.per_row = range(len(arguments)) if mapped else ()
        traced = spread(function, form)
        self._function, self._arguments = traced, arguments
        roots = [(function, getattr(function, "__name__", type(function).__name__))]
        roots += [(value, repr(value)) for value in fixed_in(form)]
        roots += code_in(arguments)
        self._check = check
        again = partial(find, traced, arguments)
        self._variants = Variants(
            self._trace,
            roots,
            lambda found: Code(found, mapped, number, again, self.lines),
            check=check,
        )
        words = words_of(arguments, form)
        self.shape = f"f.map(rows of {words})" if mapped else f"f({words})"

    def _trace(self, *, lines: bool = False) -> Trace:
        given = () if self.per_row else self._arguments
        with taken_for_one_row(given, "the function", "f.map(rows)"):
            return trace(self._function, self._arguments, per_row=self.per_row, lines=lines)

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

    def map(self, rows: Any) -> Any:
        """The same over rows."""
        code = self.at_once
        if code is not None:
            return code.make(code.outputs_of_rows(rows))
        return self._variants.use(lambda code: code.make(code.outputs_of_rows(rows)))

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

    def lines(self) -> list[str]:
        """The user's line that made each node; none when the function does not repeat itself."""
        again = self._trace(lines=True)
        return again.lines if is_alike(again, self._variants.now.found) else []


class Code:
    """A trace in machine code; `again` is `origin.find` for its function, `lines` finds lines.

    Attributes:
        trace: what was traced.
        make: makes of outputs what the function returns.
        is_flat: whether that is one number, or a list of them.
    """

    def __init__(
        self,
        found: Trace,
        mapped: bool,
        number: Number,
        again: Callable[..., list[float]],
        lines: Callable[[], list[str]],
    ) -> None:
        self.trace = found
        outputs = found.result if isinstance(found.result, (list, tuple)) else [found.result]
        self.is_flat = len(outputs) > 0 and all(isinstance(x, Output) for x in outputs)
        self.run = Outputs(found.program, found.params, mapped, number)
        self.executable: Executable = self.run.executable
        self.make = maker(found.result)
        self._made_for = mapped, number
        self._again, self._lines = again, lines

    @functools.cached_property
    def checked(self) -> Outputs:
        """The same, with one output more that says whether all is finite."""
        return Outputs(checked(self.trace.program), self.trace.params, *self._made_for)

    def is_ready(self) -> bool:
        """Whether nothing has to be compiled, also where `strict()` asks for more."""
        return not is_strict() or "checked" in vars(self)

    def outputs(self, numbers: Sequence[float]) -> Any:
        """All numbers that the function gives, in order, for these."""
        for slot, need in self.trace.lookups:
            _check(need, numbers[slot])
        if is_strict():
            found = self.checked.call(numbers)
            return self._by_python(numbers) if np.isnan(found[-1]) else found[:-1]
        return self.run.call(numbers)

    def _by_python(self, numbers: Sequence[float], during: str = "") -> Any:
        """What these numbers lead to, by Python, which raises NonFinite where that is inf or nan.

        Where it is not, machine code has met inf or nan only in what was not chosen.
        """
        outputs = self._again(numbers, [slot for slot, _ in self.trace.lookups], during=during)
        if self._made_for[1] == "float":
            named = in_single(self.trace, numbers, self._lines)
            if named is not None:
                raise unexplained(during, self.executable.dtype.__name__, named)
        return np.array(outputs)

    def _doubtful(self, rows: Any, first: int = 0) -> Iterator[int]:
        """The rows for which machine code meets something that is not finite."""
        if self.checked.map_checked(rows)[1]:
            return
        half = len(rows) // 2
        if half:
            yield from self._doubtful(rows[:half], first)
            yield from self._doubtful(rows[half:], first + half)
        else:
            yield first

    def outputs_of_rows(self, rows: Any, first: int = 0) -> Any:
        """The same for rows, of which errors call the first by this number: (outputs, rows)."""
        for slot, need in self.trace.lookups:
            column = rows[:, slot]
            wrong = unmet(column, need)
            if wrong.any():
                _check(need, float(column[wrong][0]))
        if is_strict():
            outputs, finite = self.checked.map_checked(rows)
            for row in () if finite else self._doubtful(rows):
                outputs[:, row] = self._by_python(rows[row], f"row {first + row}")
            return outputs
        return self.run.map(rows)


def _check(need: int, number: float) -> None:
    if not is_met(need, number):
        raise refusal(need, number)
