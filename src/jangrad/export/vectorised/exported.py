"""A function on its way out: its program of scalars, with names for all that is in it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    CONST,
    INPUT,
    STATIC,
    Compiled,
    Ints,
    Operation,
    Output,
    Program,
    Trace,
    Version,
    flatten,
    prune,
    reached,
    shape_of,
)
from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.export.refusals import refuse_estimator, refuse_nothing
from jangrad.export.vectorised.array_gradient import with_gradient
from jangrad.export.vectorised.array_masks import with_fewer_masks
from jangrad.export.vectorised.array_names import Variable
from jangrad.export.vectorised.array_program import (
    ROWS,
    Along,
    Applied,
    Array,
    ArrayProgram,
    Compute,
    Expression,
    KnownNumber,
    Label,
    ReadArray,
    Reduce,
    reads_of,
)
from jangrad.export.vectorised.array_recovery import LeafPlace, Wanted
from jangrad.export.vectorised.array_results import recover
from jangrad.export.vectorised.leaf_names import LeafGroup, as_identifier, groups_of, unused
from jangrad.export.vectorised.local_names import Locals


class ArrayArgument(NamedTuple):
    """An argument of the function.

    Attributes:
        name: what the function calls it.
        parts: the arrays in it, each with the expression that leads to it: `p["W"]`.
        make: the argument, of its arrays; None where it is one of them itself.
        example: what it was in the call, of one row.
    """

    name: str
    parts: list[tuple[str, Array]]
    make: Callable[[Iterator[Any]], Any] | None = None
    example: Any = None


@dataclass
class ExportedArrays:
    """A function as arrays.

    Attributes:
        name: what it is called.
        arguments: what it is given, in order.
        groups: its parameters, each of them an array of `program.parameters`.
        program: what it computes.
        result: its result, with the number of a result of the program where an array is.
        gradients: of each parameter whose gradient was asked for the number of that result.
        mapped: whether the arguments have a row for each example.
        count: the argument that stands for the number of rows, if there is one.
        limits: of arguments that pick rows, by name, how many there are to pick from.
        is_free: whether all others may be any numbers.
    """

    name: str
    arguments: list[ArrayArgument]
    groups: list[LeafGroup]
    program: ArrayProgram
    result: Any
    gradients: dict[str, int]
    mapped: bool
    count: Array | None = None
    limits: dict[str, int] = field(default_factory=dict)
    is_free: bool = True

    @property
    def parameters(self) -> dict[str, Any]:
        """The numbers of the parameters now, by name."""
        return {group.name: numbers_of(group) for group in self.groups}


def numbers_of(group: LeafGroup) -> Any:
    """The numbers of Values in an array, in its shape."""
    flat = [v.data for v in group.values.flat]
    return np.array(flat, float).reshape(group.values.shape)


def exported(f: Any, *, gradient: bool = False, loops: bool = False) -> ExportedArrays:
    """A compiled function, or a network, as arrays.

    Args:
        f: what `jit` made, as it was called last; or a network with `n_inputs`.
        gradient: whether the gradient by the parameters is there too: of the one number that it
            gives, or of its mean over the rows where it is mapped.
        loops: whether it may have loops, in which each step needs the one before.

    Raises:
        ConfigError: when it is neither, has not been called, or has no such gradient.
    """
    version, function, name = _version_of(f)
    found, locals_ = _traced(version)
    return _Export(version, function, name, found, locals_, gradient, loops).made()


def _version_of(f: Any) -> tuple[Version, Callable[..., Any], str]:
    if isinstance(f, Compiled):
        *_, version = f.versions()
        name = getattr(f.function, "__name__", type(f.function).__name__)
        return version, f.function, name if name.isidentifier() else "f"
    inputs = getattr(f, "n_inputs", None)
    if callable(f) and hasattr(f, "named_parameters"):
        if not isinstance(inputs, int):
            raise ConfigError(
                f"how many inputs {f!r:.60} takes is not known",
                why="a network is exported for rows of one length, which `n_inputs` says",
                try_="net.n_inputs = 3, or jit(net), mapped over some rows once",
            )
        row = [0.0] * inputs
        version = Version(f, [row], None, True, "double", False)
        return version, f, _lower(type(f).__name__)
    refuse_estimator(f)
    raise ConfigError(
        f"what is exported is a compiled function or a network, not {f!r:.60}",
        why="the shapes of its arguments must be known",
        try_="f = jit(f), called once; then export f",
    )


def _lower(name: str) -> str:
    found = name.lower()
    return found if found.isidentifier() else "net"


def _traced(version: Version) -> tuple[Trace, Locals]:
    """The function, traced once more, while its variables are looked at."""
    with Locals() as seen:
        found = version.again()
    return found, seen


class _Export:
    def __init__(
        self,
        version: Version,
        function: Any,
        name: str,
        found: Trace,
        seen: Locals,
        gradient: bool,
        loops: bool,
    ) -> None:
        self.version, self.function, self.name = version, function, name
        self.trace, self.seen, self.gradient, self.loops = found, seen, gradient, loops
        self.mapped = bool(version.per_row)
        self.needs: dict[int, int] = {}
        for slot, need in found.lookups:
            if need > 0:
                self.needs[slot] = min(need, self.needs.get(slot, need))
        inputs = found.program.slot[found.program.op == INPUT]
        self.used = set(inputs.tolist())
        self.limits: dict[str, int] = {}
        self.boxes: list[tuple[str, Ints]] = []
        self.gradients: dict[str, int] = {}

    def made(self) -> ExportedArrays:
        program = self.trace.program
        refuse_nothing(f"`{self.name}`", program, self.trace.result)
        count = self.shared = self._count_shared()
        self.arguments, inputs, shared = self._arguments()
        taken = [name for a in self.arguments for name in (a.name, *(x.name for _, x in a.parts))]
        learn = self.trace.params[count:]
        self.groups = groups_of(self.function, learn, [*taken, self.name])
        parameters = [*shared, *self._places(learn)]
        variables = self._variables()
        outputs = self._outputs(program)
        if self.gradient:
            self._check_gradient()
        wanted = self._wanted(outputs)
        program = program._replace(outputs=np.concatenate([w.nodes.ravel() for w in wanted]))
        program, moved = without_repeats(program)
        wanted = [w._replace(nodes=moved[w.nodes]) for w in wanted]
        named = [Variable(v.name, np.where(v.nodes < 0, -1, moved[v.nodes])) for v in variables]
        named = [v for v in named if (v.nodes >= 0).all()]
        arrays = recover(
            *(program, inputs, parameters, wanted, named),
            learning=self.gradient,
            loops=self.loops,
        )
        if self.mapped and not self.gradient:
            every = {array: _of_each_row(arrays, array) for array in dict.fromkeys(arrays.results)}
            arrays.results = [every[array] for array in arrays.results]
        many = self._differentiate(arrays) if self.gradient else None
        with_fewer_masks(arrays)
        return ExportedArrays(
            *(self.name, self.arguments, self.groups, arrays, self.shape, self.gradients),
            self.mapped,
            many,
            self.limits,
            self._is_free(),
        )

    def _is_free(self) -> bool:
        """Whether arguments may be any numbers, but for those that pick rows."""
        apart = [a for one in self.arguments for _, a in one.parts if not a.whole]
        mixed = any(array.name in self.limits for array in apart)
        return not mixed and all(need > 0 for _, need in self.trace.lookups)

    def _count_shared(self) -> int:
        """How many parameters stand for numbers of arguments that all rows share."""
        rows = len(self.version.per_row)
        return len(flatten(self.version.arguments[rows:])[0]) if self.mapped else 0

    # -- arguments and parameters -----------------------------------------------------------------

    def _arguments(self) -> tuple[list[ArrayArgument], list[LeafPlace], list[LeafPlace]]:
        """The arguments, and where the inputs lie, and those that all rows share."""
        names = _argument_names(self.function, self.version)
        inputs: list[LeafPlace] = []
        shared: list[LeafPlace] = []
        made: dict[int, ArrayArgument] = {}
        rows = len(self.version.per_row)
        for k, (position, given) in enumerate(
            zip(self.version.positions, self.version.arguments, strict=True)
        ):
            per_row = self.mapped and k < rows
            where = shared if self.mapped and k >= rows else inputs
            parts: list[tuple[str, Array]] = []
            taken = [a.name for one in made.values() for _, a in one.parts]
            self._lay(given, names[position], names[position], per_row, parts, where, taken)
            make = None if shape_of_argument(given) is not None else partial(_remade, given)
            made[position] = ArrayArgument(names[position], parts, make, given)
        return [made[k] for k in sorted(made)], inputs, shared

    def _lay(
        self,
        given: Any,
        text: str,
        name: str,
        per_row: bool,
        parts: list[tuple[str, Array]],
        places: list[LeafPlace],
        taken: list[str],
    ) -> None:
        """The arrays of an argument, and where each of its numbers lies."""
        shape = shape_of_argument(given)
        if shape is None:
            if isinstance(given, dict):
                keys = {k: f"{text}[{k!r}]" for k in given}
            else:
                given = dict(enumerate(given))
                keys = {k: f"{text}[{k}]" for k in given}
            for key, item in given.items():
                plain = isinstance(key, str) and key.isidentifier()
                word = str(key) if plain else as_identifier(f"{name}_{key}")
                self._lay(item, keys[key], word, per_row, parts, places, taken)
            return
        used = [*taken, *(array.name for _, array in parts)]
        array = Array(unused(name, used), "argument", shape, per_row)
        first, count = len(places), int(np.prod(shape, dtype=int))
        slots = range(first, first + count)
        picking = [self.needs[slot] for slot in slots if slot in self.needs]
        if picking:
            array.whole = all(slot in self.needs for slot in slots if slot in self.used)
            self.limits[array.name] = min(picking)
        places += [LeafPlace(array, at) for at in np.ndindex(shape)]
        parts.append((text, array))

    def _places(self, values: Sequence[Value]) -> list[LeafPlace]:
        """Where the parameters lie."""
        found: dict[int, LeafPlace] = {}
        for group in self.groups:
            array = Array(group.name, "parameter", group.values.shape)
            for at in np.ndindex(group.values.shape):
                found.setdefault(id(group.values[at]), LeafPlace(array, at))
        return [found[id(v)] for v in values]

    def _variables(self) -> list[Variable]:
        node_of = self.trace.node_of
        found = []
        for name, box in self.seen.found:
            nodes = [node_of.get(id(v), -1) for v in box.flat]
            if all(n >= 0 for n in nodes):
                found.append(Variable(name, np.array(nodes, np.int64).reshape(box.shape)))
        return found

    # -- results ----------------------------------------------------------------------------------

    def _outputs(self, program: Program) -> Ints:
        return program.outputs

    def _wanted(self, outputs: Ints) -> list[Wanted]:
        self.boxes = []
        self.shape = self._split(self.trace.result, "result", outputs)
        return [Wanted(name, nodes) for name, nodes in self.boxes]

    def _split(self, result: Any, name: str, outputs: Ints) -> Any:
        """The result with the number of a box of outputs for each array in it."""
        if isinstance(result, dict):
            return {key: self._split(item, _key(key), outputs) for key, item in result.items()}
        shape = shape_of(result)
        if shape is not None:
            numbers = np.array(list(_numbers(result)), np.int64).reshape(shape)
            self.boxes.append((unused(name, [n for n, _ in self.boxes]), outputs[numbers]))
            return Output(len(self.boxes) - 1)
        made = [self._split(item, name, outputs) for item in result]
        return tuple(made) if isinstance(result, tuple) else made

    def _check_gradient(self) -> None:
        if not isinstance(self.trace.result, Output):
            raise ConfigError(
                f"`{self.name}` gives {len(self.trace.program.outputs)} numbers in lists, and a"
                " gradient is of one number",
                try_="a function that gives its loss; jit(jacobian(f)) for all derivatives",
            )
        if not self.groups:
            raise ConfigError(
                f"`{self.name}` uses no Values but its arguments, so there is nothing to learn",
                why="`gradient=True` asks for the gradient by the parameters of a function",
                try_="jit(grad(f)) for the gradient by its first argument, called once",
            )

    def _differentiate(self, arrays: ArrayProgram) -> Array | None:
        """Append the gradient by each parameter; of rows that of their mean.

        Returns:
            The number of rows, if there are any.
        """
        (root,) = arrays.results
        paid: Expression = KnownNumber(1.0)
        count = None
        if root.per_row:
            count = arrays.count = Array("n", "argument", ())
            many, divide = ReadArray(count, ()), Operation("div")
            root.name = unused("losses", [a.name for a in arrays.every_array()])
            mean = Array(unused("loss", [a.name for a in arrays.every_array()]), "computed", ())
            total = Reduce("sum", (ROWS,), ReadArray(root, ()))
            arrays.statements.append(Compute(mean, (), Applied(divide, (total, many))))
            arrays.results = [mean]
            paid = Applied(divide, (paid, many))
        found = with_gradient(arrays, root, paid)
        for array, gradient in found.items():
            self.gradients[array.name] = len(arrays.results)
            arrays.results.append(gradient)
        return count


def _of_each_row(arrays: ArrayProgram, array: Array) -> Array:
    """A result, for each row; what depends on none is the same for all."""
    if array.per_row:
        return array
    made = Array(array.name, "computed", array.shape, per_row=True)
    arrays.statements.append(Compute(made, *_as_computed(arrays, array)))
    made.name = unused(array.name, [a.name for a in arrays.every_array() if a is not made])
    return made


def _as_computed(arrays: ArrayProgram, array: Array) -> tuple[tuple[Label, ...], Expression]:
    """What computes the array, taken out of the program if nothing else reads it there."""
    own = [s for s in arrays.statements if isinstance(s, Compute) and s.array is array]
    if own and not any(read.array is array for s in arrays.statements for read in reads_of(s)):
        arrays.statements.remove(own[0])
        return own[0].labels, own[0].expression
    first = len(arrays.sizes)
    labels = tuple(range(first, first + len(array.shape)))
    arrays.sizes.update(zip(labels, array.shape, strict=True))
    return labels, ReadArray(array, tuple(Along(0, ((label, 1),)) for label in labels))


def _key(key: Any) -> str:
    return key if isinstance(key, str) and key.isidentifier() else "result"


def _numbers(result: Any) -> Any:
    if isinstance(result, Output):
        yield result.number
    else:
        for item in result:
            yield from _numbers(item)


def shape_of_argument(given: Any) -> tuple[int, ...] | None:
    """The shape of an argument; None where it is several arrays."""
    if isinstance(given, dict):
        return None
    if isinstance(given, np.ndarray):
        return tuple(given.shape)
    if not isinstance(given, (list, tuple)):
        axes = getattr(given, "shape", ())
        return (*axes,) if isinstance(axes, tuple) else ()
    if not given:
        return (0,)
    shapes = {shape_of_argument(item) for item in given}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(given), *inner)


def _remade(given: Any, parts: Iterator[Any]) -> Any:
    """An argument with other arrays in it."""
    if shape_of_argument(given) is not None:
        return next(parts)
    if isinstance(given, dict):
        return {key: _remade(item, parts) for key, item in given.items()}
    return [_remade(item, parts) for item in given]


def _argument_names(function: Any, version: Version) -> list[str]:
    """What the traced arguments are called, in the order of a call."""
    try:
        known = [
            p.name
            for p in inspect.signature(function).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        known = []
    form = version.form or [None] * len(version.arguments)
    names: list[str] = []
    for position, given in enumerate(form):
        if given is not None and given.fixed:
            continue
        name = given.name if given is not None and given.name else ""
        if not name:
            name = known[position] if position < len(known) else f"x{position}"
        names.append(unused("x" if name == "xs" else name, names))
    return names


# -- scalars that are the same --------------------------------------------------------------------


def without_repeats(program: Program) -> tuple[Program, Ints]:
    """The program in which nothing is computed twice, and where each node is now."""
    p = program
    became = np.arange(len(p))
    known: dict[Any, int] = {}
    children = p.child.tolist()
    ptr = p.ptr.tolist()
    bits = p.value.view(np.int64).tolist()
    for n, (op, slot, batched) in enumerate(
        zip(p.op.tolist(), p.slot.tolist(), p.batched.tolist(), strict=True)
    ):
        inputs = tuple([int(became[c]) for c in children[ptr[n] : ptr[n + 1]]])
        key = (op, slot, bits[n] if op in (CONST, STATIC) else 0, batched, inputs)
        became[n] = known.setdefault(key, n)
    child = became[p.child]
    merged = p._replace(child=child, outputs=became[p.outputs])
    kept = reached(merged)
    pruned = prune(merged)
    moved = np.where(kept, np.cumsum(kept) - 1, -1)[became]
    return pruned, moved
