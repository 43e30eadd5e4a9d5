"""A compiled function for JAX: a pure function of parameters and arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from jangrad import op_table, ops, rules
from jangrad.algebra import fold
from jangrad.compiler.exporting import Operation
from jangrad.errors import ConfigError, NameNotFound, did_you_mean
from jangrad.export.vectorised.array_nodes import Windows
from jangrad.export.vectorised.array_program import Array, ArrayLoop
from jangrad.export.vectorised.array_text import (
    FUNCTIONS,
    PATTERNS,
    NumpyRule,
    Syntax,
    call,
    known_number,
    name,
    number,
)
from jangrad.export.vectorised.array_turns import is_regular
from jangrad.export.vectorised.exported import (
    ExportedArrays,
    exported,
    numbers_of,
    shape_of_argument,
)
from jangrad.export.vectorised.numpy_source import ArraySource
from jangrad.export.vectorised.source_lines import in_lines

# What JAX would differentiate otherwise at kinks, or where an exponential overflows.
_PATTERNS = {
    "relu": "jax.nn.relu(x)",
    "sigmoid": "jax.nn.sigmoid(x)",
    "softplus": "jax.nn.softplus(x)",
    "logsigmoid": "jax.nn.log_sigmoid(x)",
    "stop_gradient": "jax.lax.stop_gradient(x)",
    "shift": "jax.lax.stop_gradient(x)",
    "abs": "absolute(x)",
    "erf": "jax.scipy.special.erf(x)",
    "erfc": "jax.scipy.special.erfc(x)",
}
_BY_RULE = {"relu6", "at_least", "at_most", "hypot", "raised"}
_TABLE = {row.name for row in op_table.ROWS}


class JaxFunction:
    """A pure function, `f(parameters, *arguments)`; made by `to_jax`.

    Attributes:
        parameters: the parameters as they were when it was made, arrays by the name that the
            network has for them, such as `layers.0.neurons.weights`.
        source: its text.
    """

    def __init__(self, source: str, found: ExportedArrays) -> None:
        import jax.numpy as jnp

        called, groups = found.name, found.groups
        space: dict[str, Any] = {}
        exec(compile(source, f"<jangrad {called} for JAX>", "exec"), space)
        self._function, self._groups, self._arguments = space[called], groups, found.arguments
        self.source, self.__name__ = source, called
        self.parameters = {group.path: jnp.asarray(numbers_of(group)) for group in groups}

    def __call__(self, parameters: Mapping[str, Any], /, *arguments: Any) -> Any:
        """What the function gives.

        Args:
            parameters: as `self.parameters`, any arrays of their shapes.
            arguments: those of the function, as arrays or lists of numbers; rows first where it
                was mapped.
        """
        named = {group.name: _array(parameters[group.path]) for group in self._groups}
        given = [
            _arrays(x, one.example, iter(one.parts))
            for x, one in zip(arguments, self._arguments, strict=False)
        ]
        return self._function(*given, *arguments[len(given) :], **named)

    def load(self, parameters: Mapping[str, Any]) -> None:
        """Set the Values of the function to these numbers.

        Args:
            parameters: as `self.parameters`, after training for example.

        Raises:
            NameNotFound: when one is missing or unknown.
            ConfigError: when one has another shape; nothing is set then.
        """
        known = [group.path for group in self._groups]
        for path in (*known, *parameters):
            if path not in parameters or path not in known:
                fault = "missing" if path in known else "unknown"
                raise NameNotFound(
                    f"the parameter `{path}` is {fault}",
                    try_=did_you_mean(path, [*known] if fault == "unknown" else [*parameters]),
                )
        arrays = {path: np.asarray(parameters[path], float) for path in known}
        for group in self._groups:
            if arrays[group.path].shape != group.values.shape:
                raise ConfigError(
                    f"`{group.path}` has the shape {arrays[group.path].shape}, but the function's"
                    f" has {group.values.shape}",
                    try_="the parameters of this function, with other numbers",
                )
        for group in self._groups:
            for value, new in zip(group.values.flat, arrays[group.path].flat, strict=True):
                value.data = float(new)

    def __repr__(self) -> str:
        return f"to_jax({self.__name__}, {len(self._groups)} arrays of parameters)"


def _arrays(given: Any, example: Any, parts: Iterator[tuple[str, Array]]) -> Any:
    """An argument with arrays of JAX for each part of it; of real numbers but those that pick."""
    if shape_of_argument(example) is not None:
        _, array = next(parts)
        found = _array(given)
        dtype = getattr(found, "dtype", None)
        whole = array.whole or dtype is None or not np.issubdtype(dtype, np.integer)
        return found if whole else found.astype(float)
    if isinstance(example, dict):
        return {key: _arrays(given[key], item, parts) for key, item in example.items()}
    return [_arrays(x, item, parts) for x, item in zip(given, example, strict=True)]


def _array(x: Any) -> Any:
    """Lists and NumPy's arrays as JAX's, from which the number of a loop's step can pick."""
    import jax.numpy as jnp

    return jnp.asarray(x) if isinstance(x, (list, tuple, np.ndarray)) else x


def to_jax(f: Any) -> JaxFunction:
    """A compiled function, or a network, as a pure function for JAX.

    `jax.jit`, `jax.vmap`, `jax.grad` and sharding work on it. Its gradients are those of jangrad,
    also at kinks, in the precision that JAX computes in: call
    `jax.config.update("jax_enable_x64", True)` for double precision.

    Args:
        f: what `jit` made, exported as it was called last, by `f(x)` or `f.map(X)`; or a network
            with `n_inputs`, for rows.

    Raises:
        ConfigError: when `f` is neither, or JAX is not installed.
        ShapeError: when it has not been called yet.
    """
    try:
        import jax  # noqa: F401
    except ImportError:
        raise ConfigError("JAX is not installed", try_="pip install 'jangrad[jax]'") from None
    found = exported(f, loops=True)
    return JaxFunction(_JaxSource(found).text(), found)


class _JaxSyntax(Syntax):
    def __init__(self) -> None:
        super().__init__()
        self.patterns = {k: v for k, v in PATTERNS.items() if k not in _BY_RULE} | _PATTERNS
        self.functions = {k: v for k, v in FUNCTIONS.items() if k not in (*_BY_RULE, "abs")}

    def _reduced(self, node: Any) -> ast.expr:
        found = super()._reduced(node)
        # No gradient flows through the largest, which is taken out of exponents.
        return call("jax.lax.stop_gradient", found) if node.kind == "max" else found

    def windows(self, node: Windows) -> ast.expr:
        """All stretches of a size, gathered by their places."""
        inner, size, axis, rank = node
        of = self.expression(inner)
        self.helpers["windows"] = _WINDOWS
        if axis == rank - 1:
            return call("windows", of, number(size))
        found = call("windows", call("np.moveaxis", of, number(axis), number(-1)), number(size))
        return call("np.moveaxis", found, number(-2), number(axis))

    def _called(
        self, operation: Operation, shown: list[ast.expr], parts: Sequence[Any]
    ) -> ast.expr:
        if operation.name == "abs":
            self.helpers["absolute"] = _ABSOLUTE
        return super()._called(operation, shown, parts)

    def _by_rule(self, operation: Operation, shown: list[ast.expr]) -> ast.expr:
        """By the table's rule, with the table's derivatives."""
        op = operation.name
        if op not in ops.OPS or operation.partial >= 0:
            return super()._by_rule(operation, shown)
        # A whole number would have no tangent.
        shown = [x if (known := known_number(x)) is None else ast.Constant(known) for x in shown]
        row = ops.OPS[op]
        rule = NumpyRule(self, {})
        value = ast.unparse(fold(rules.rule_of(row.value), rule))
        inputs = ", ".join(row.inputs)
        slopes = [
            f"    lambda t, y, {inputs}: t * ({ast.unparse(fold(rules.rule_of(partial), rule))}),"
            for partial in row.partials
        ]
        lines = ["@jax.custom_jvp", f"def {op}({inputs}):", f"    return {value}", "", ""]
        lines += [f"{op}.defjvps(", *slopes, ")"]
        self.helpers.pop(op, None)
        self.helpers[op] = "\n".join(lines)
        return call(op, *shown)


# JAX takes the slope 1 at 0.
_ABSOLUTE = """\
@jax.custom_jvp
def absolute(x):
    return jnp.abs(x)


absolute.defjvps(lambda t, y, x: t * jnp.sign(x))"""

_WINDOWS = """\
def windows(x, size):
    at = jnp.arange(x.shape[-1] - size + 1)[:, None] + jnp.arange(size)
    return x[..., at]"""


class _JaxSource(ArraySource):
    syntax = _JaxSyntax

    def text(self) -> str:
        return re.sub(r"\bnp\.", "jnp.", super().text())

    def _imports(self) -> list[str]:
        found = ["import jax", "import jax.numpy as jnp"]
        shown = "\n".join([*self.lines, *self.words.helpers.values()])
        return [*found, "import jax.scipy.special"] if "jax.scipy" in shown else found

    def _loop(self, loop: ArrayLoop) -> None:
        """As `fori_loop`, which JAX compiles once, however many steps there are."""
        if not is_regular(loop, windows=False):  # slices begin at known places
            super()._loop(loop)
            return
        variables = self.carried[loop]
        self._before(loop, variables)
        kept = [a for a in loop.arrays if a not in variables or a in loop.starts]
        names = [array.name for array in kept]
        for array in kept:
            if array in variables and not array.shape[1:] and not array.per_row:
                self.lines.append(f"{array.name} = np.asarray({array.name}, float)")
        state = names[0] if len(names) == 1 else "state"
        step = self.lowering.unused("step")
        self.lines += ["", f"def {step}({self.words.turn}, {state}):"]
        outside, self.lines = self.lines, []
        if len(names) > 1:
            self.lines.append(f"{', '.join(names)} = state")
        for one in loop.steps:
            self._step(one, loop.label, variables.get(one.array))
        self.lines.append(f"return {', '.join(names)}")
        self.lines = outside + [f"    {line}" for line in self.lines]
        bounds = f"0, {self.program.sizes[loop.label]}"
        first = names[0] if len(names) == 1 else f"({', '.join(names)})"
        self.lines += ["", f"{', '.join(names)} = jax.lax.fori_loop({bounds}, {step}, {first})"]

    def put(self, array: str, target: ast.expr, tree: ast.expr) -> None:
        self._update(array, target, "set", tree)

    def add_part(self, array: str, target: ast.expr, tree: ast.expr) -> None:
        self._update(array, target, "add", tree)

    def add(self, array: str, target: ast.expr, tree: ast.expr) -> None:
        self._update(array, target, "add", tree)

    def _update(self, array: str, target: ast.expr, how: str, tree: ast.expr) -> None:
        place = ast.Subscript(ast.Attribute(name(array), "at", ast.Load()), target, ast.Load())
        made = ast.Call(ast.Attribute(place, how, ast.Load()), [tree], [])
        self.lines += in_lines(f"{array} = {ast.unparse(made)}", 4)
