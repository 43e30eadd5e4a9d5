"""The one intermediate representation: scalars, in order, as flat arrays.

    program   nodes in order, inputs before what uses them; outputs
    node      operation, its inputs, a number (constants), a slot (parameters and inputs)
    leaves    param[slot]    a Value that the function did not make, read at each call
              input[slot]    a number the function is given
              const          a number; which one does not matter to a class
              static         a number that matters: the exponent of a power
    others    sum            of any number of inputs
              batch_sum      the sum of its inputs over all rows of a batch; what it gives is one
              reduce_max     the largest input, nan passed over; no gradient flows through it
              array          its inputs beside each other, in order, for `gather`
              gather         the input of an array whose number is the second input
              scatter        its first input, at the place that its second input says: one update
                             of a `scatter_add`
              scatter_add    an array of so many places (slot): the sum of its updates at each
              batch_scatter_add
                             the same over all rows of a batch, whose arrays become one
              element        what lies at one place (slot) of a scatter-add
              name           an operation of the table: its value
              name'i         upstream gradient times the i-th partial; inputs: the upstream, then
                             those of a, b, y that the rule of the partial uses
              name'i?        1 where the i-th partial contributes, 0 where it is written as 0
    batched   a node of which every row of a batch has its own

Arrays and scatter-adds are no numbers: a scatter-add is used by elements alone, an array by
gathers. Gather and scatter are each other's derivative, and so are element and array.

Everything else (classes, kernels, machine code) is found in it, and `interpret.py` runs it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jangrad import costs, ops, rules
from jangrad.algebra import Rule
from jangrad.compiler.program import codes, sweeps
from jangrad.record import Record

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bytes = np.ndarray[Any, np.dtype[np.int8]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

LEAVES = (codes.PARAM, codes.INPUT, codes.CONST, codes.STATIC)


class Operation(Record):
    """What a node computes: a leaf, a sum, a row's value, or a contribution by its partial."""

    name: str
    partial: int = -1  # which partial; -1 for the value
    reaches: bool = False  # whether it only says if anything is contributed, 1 or 0

    @property
    def rule(self) -> Rule:
        """The rule in the table, in which `g` is the upstream gradient."""
        row = ops.OPS[self.name]
        if self.partial < 0:
            return rules.rule_of(row.value)
        made_of = rules.contributes if self.reaches else rules.contribution
        return made_of(row.partials[self.partial])

    @property
    def cost(self) -> float:
        """What it costs, in additions; a sum or the like a term."""
        if self.partial >= 0:
            return costs.cost(self.rule)
        return costs.cost_of_value(self.name) if self.name in ops.OPS else 1.0

    @property
    def arguments(self) -> tuple[str, ...]:
        """What its inputs are called in the rule."""
        row = ops.OPS[self.name]
        if self.partial < 0:
            return row.inputs
        used = rules.names_in(self.rule)
        named = tuple(name for name in (*row.inputs, "y") if name in used)
        return named if self.reaches else ("g", *named)

    def __str__(self) -> str:
        shown = self.name if self.partial < 0 else f"{self.name}'{self.partial}"
        return shown + "?" * self.reaches


#: The operations by number; rows of the table and their partials are numbered at first use.
OPERATIONS: list[Operation] = [
    Operation(name)
    for name in (
        *("param", "input", "const", "static", "sum", "batch_sum", "reduce_max"),
        *("array", "scatter_add", "batch_scatter_add", "neg", "mul"),
        *("gather", "scatter", "element"),
    )
]
_number_of: dict[Operation, int] = {o: i for i, o in enumerate(OPERATIONS)}
#: They take any number of inputs, in any order.
MANY = (codes.SUM, codes.BATCH_SUM, codes.REDUCE_MAX, codes.SCATTER_ADD, codes.BATCH_SCATTER_ADD)
#: They add up what is scattered.
SCATTER_ADDS = (codes.SCATTER_ADD, codes.BATCH_SCATTER_ADD)
#: They sum over the rows of a batch, so what they give is no row's own.
OVER_ROWS = (codes.BATCH_SUM, codes.BATCH_SCATTER_ADD)
#: They give no number of their own.
NO_NUMBERS = (codes.ARRAY, codes.SCATTER, codes.SCATTER_ADD, codes.BATCH_SCATTER_ADD)
assert [OPERATIONS[i].name for i in (codes.MUL, codes.ELEMENT)] == ["mul", "element"]


def number_of(operation: Operation) -> int:
    """The number of an operation, a new one at its first use."""
    if operation not in _number_of:
        OPERATIONS.append(operation)
        # Other threads may have appended others meanwhile, or this one too: the first place counts.
        _number_of[operation] = OPERATIONS.index(operation)
    return _number_of[operation]


def distinct(numbers: Ints) -> list[int]:
    """The numbers that are there, each once, ascending.

    `np.unique` gives the same, but its first call imports NumPy's masked arrays, which takes longer
    than all that is asked here.
    """
    return sorted(set(numbers.tolist()))


def is_ordered(op: int) -> bool:
    """Whether the order of its inputs matters."""
    return op not in (*MANY, codes.MUL) and op > codes.STATIC


def plain() -> Any:
    """Of each operation, whether it computes a number from numbers of its own row alone."""
    found = np.array([o.name in ("sum", "reduce_max") or o.name in ops.OPS for o in OPERATIONS])
    found[[codes.GATHER, codes.SCATTER]] = False  # of an array
    return found


class Program(Record):
    """A function of scalars. Node n uses `child[ptr[n]:ptr[n + 1]]`.

    Attributes:
        op: the operation of each node.
        value: the number of each constant.
        slot: of each parameter or input, which one it is.
        ptr, child: each node's inputs.
        key: where a node stands among its like: its place in the trace, or its primal's.
        batched: 1 for a node that each row of a batch has for itself.
        outputs: the nodes that are wanted, in order.
        params, inputs: how many slots of each there are.
    """

    op: Ints
    value: Floats
    slot: Ints
    ptr: Ints
    child: Ints
    key: Ints
    batched: Bytes
    outputs: Ints
    params: int
    inputs: int

    def __len__(self) -> int:
        return len(self.op)

    def inputs_of(self, n: int) -> list[int]:
        """The nodes that node n uses, in order."""
        found: list[int] = self.child[self.ptr[n] : self.ptr[n + 1]].tolist()
        return found

    def __str__(self) -> str:
        lines = []
        for n in range(len(self)):
            op = int(self.op[n])
            if op in (codes.PARAM, codes.INPUT):
                text = f"{OPERATIONS[op]}[{self.slot[n]}]"
            elif op in (*SCATTER_ADDS, codes.ELEMENT):
                inputs = " ".join(f"%{c}" for c in self.inputs_of(n))
                text = f"{OPERATIONS[op]}[{self.slot[n]}] {inputs}"
            elif op in (codes.CONST, codes.STATIC):
                text = f"{OPERATIONS[op]} {self.value[n]!r}".replace("np.float64(", "").rstrip(")")
            else:
                text = " ".join([str(OPERATIONS[op]), *(f"%{c}" for c in self.inputs_of(n))])
            lines.append(f"%{n} = {text}" + ("    ; batched" if self.batched[n] else ""))
        lines.append("return " + " ".join(f"%{n}" for n in self.outputs))
        return "\n".join(lines)


def verify(program: Program) -> None:
    """Check that the arrays make a program; run between passes by the tests.

    Raises:
        AssertionError: naming the first node that is wrong.
    """
    count = len(program)
    assert len(program.ptr) == count + 1, "one more ptr than nodes"
    assert program.ptr[0] == 0, "ptr starts at 0"
    assert program.ptr[-1] == len(program.child), "ptr ends with the inputs"
    for n in range(count):
        op, inputs = int(program.op[n]), program.inputs_of(n)
        assert all(0 <= c < n for c in inputs), f"%{n} uses a later node"
        if op in LEAVES:
            assert not inputs, f"%{n} is a leaf with inputs"
            limit = {codes.PARAM: program.params, codes.INPUT: program.inputs}.get(op)
            assert limit is None or 0 <= program.slot[n] < limit, f"%{n} has no such slot"
            continue
        _verify_arrays(program, n, op, inputs)
        if op in OVER_ROWS:
            assert not program.batched[n], f"%{n} sums over the rows, so it is no row's own"
            continue
        if op not in (*MANY, codes.ARRAY, codes.ELEMENT):
            wanted = OPERATIONS[op].arguments
            assert len(inputs) == len(wanted), f"%{n} has {len(inputs)} inputs, not {wanted}"
        assert program.batched[n] == max((program.batched[c] for c in inputs), default=0), (
            f"%{n}: a node is a row's own when one of its inputs is"
        )
    assert all(0 <= n < count for n in program.outputs), "an output that is not there"
    elements = np.flatnonzero(program.op == codes.ELEMENT)
    places = set(zip(program.child[program.ptr[elements]], program.slot[elements], strict=True))
    assert len(places) == len(elements), "two elements are the same"


def _verify_arrays(program: Program, n: int, op: int, inputs: list[int]) -> None:
    """That what is no number is used by what knows how."""
    kinds = [int(program.op[c]) for c in inputs]
    scatters = [kind == codes.SCATTER for kind in kinds]
    assert {*scatters} <= {op in SCATTER_ADDS}, f"%{n}: scatters are for scatter-adds"
    assert (op == codes.GATHER) == (kinds[:1] == [codes.ARRAY]), f"%{n}: arrays are for gathers"
    assert codes.ARRAY not in kinds[1:], f"%{n}: arrays are for gathers"
    if op == codes.ELEMENT:
        assert len(inputs) == 1, f"%{n} is of one scatter-add"
        assert kinds[0] in SCATTER_ADDS, f"%{n} is of no scatter-add"
        assert 0 <= program.slot[n] < program.slot[inputs[0]], f"%{n} has no such place"
    else:
        used = {*SCATTER_ADDS} & {*kinds}
        assert not used, f"%{n}: elements alone use scatter-adds"


class _Roles(Record):
    """How each code of the engine is lowered."""

    role: Ints
    opcode: Ints
    static: Bytes


_FORMS = {
    ops.UNARY: codes.UNARY,
    ops.BOTH: codes.BOTH,
    ops.NUMBER_RIGHT: codes.NUMBER_RIGHT,
    ops.NUMBER_LEFT: codes.NUMBER_LEFT,
}
_SPECIAL = {
    ("add", ops.BOTH): codes.ADD,
    ("add", ops.NUMBER_RIGHT): codes.ADD_NUMBER,
    ("add", ops.NUMBER_LEFT): codes.ADD_NUMBER,
    ("sub", ops.BOTH): codes.SUB,
    ("sub", ops.NUMBER_RIGHT): codes.SUB_NUMBER,
    ("sub", ops.NUMBER_LEFT): codes.NUMBER_SUB,
    ("mul", ops.NUMBER_RIGHT): codes.MUL_NUMBER,
    ("mul", ops.NUMBER_LEFT): codes.MUL_NUMBER,
    ("maximum", ops.BOTH): codes.MAXIMUM,
    ("shift", ops.UNARY): codes.STOP,
    # where(True, a, b): a plain condition has decided before the trace
    ("where_true", ops.BOTH): codes.LEFT,
    ("where_true", ops.NUMBER_RIGHT): codes.LEFT,
    ("where_true", ops.NUMBER_LEFT): codes.NUMBER,
    ("where_false", ops.BOTH): codes.RIGHT,
    ("where_false", ops.NUMBER_RIGHT): codes.NUMBER,
    ("where_false", ops.NUMBER_LEFT): codes.LEFT,
}
_STATIC = {("pow", ops.NUMBER_RIGHT)}
_roles_of: dict[int, _Roles] = {}


def roles() -> _Roles:
    """The lowering of each code of the engine, users' operations included."""
    rows = ops.CODES[:]  # another thread may append to it meanwhile
    known = _roles_of.get(len(rows))
    if known is None:
        role, opcode, static = [codes.LEAF], [0], [0]
        for row, form in rows[1:]:
            role.append(_SPECIAL.get((row.name, form), _FORMS[form]))
            opcode.append(number_of(Operation(row.name)))
            static.append((row.name, form) in _STATIC)
        known = _Roles(
            np.array(role, np.int64), np.array(opcode, np.int64), np.array(static, np.int8)
        )
        _roles_of[len(rows)] = known
    return known


def lower(
    tape: Any,
    leaf_op: Ints,
    leaf_slot: Ints,
    leaf_value: Floats,
    roots: Ints,
    params: int,
    inputs: int,
) -> tuple[Program, Ints]:
    """The program of a tape (`engine.tape`): sums flat, subtractions as sums, constants as leaves.

    Args:
        tape: codes, lefts, rights and numbers of each node.
        leaf_op, leaf_slot, leaf_value: for each leaf of the tape whether it is a parameter, an
            input or a constant, which one, and its number.
        roots: the positions of the outputs.
        params, inputs: how many slots of each there are.

    Returns:
        The program, and the node that each node of the tape has become; -1 where it is inlined into
        a larger sum.
    """
    codes, lefts, rights, numbers = (np.asarray(part) for part in tape)
    count = len(codes)
    table = roles()
    alias, uses, node = (np.zeros(count, np.int64) for _ in range(3))
    additive, shift = np.zeros(count, np.int8), np.zeros(count, np.int8)
    np.add.at(uses, roots, 2)  # an output is kept whole
    sweeps.resolve(codes, lefts, rights, numbers, table.role, alias, uses, additive, shift)
    size = 3 * count + 1
    op, slot, child = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    value, ptr = np.zeros(size), np.zeros(size + 1, np.int64)
    stack = np.zeros(2 * count + 8, np.int64)
    size = sweeps.lower(
        *(codes, lefts, rights),
        np.where(codes == 0, leaf_value, numbers),
        *(table.role, alias, uses),
        *(additive, shift),
        *(leaf_op, leaf_slot, table.opcode),
        table.static,
        *(stack, node, op),
        value,
        *(slot, ptr, child),
    )
    program = Program(
        op[:size],
        value[:size],
        slot[:size],
        ptr[: size + 1],
        child[: ptr[size]],
        np.arange(size),
        np.zeros(size, np.int8),
        node[alias[roots]],
        params,
        inputs,
    )
    return program, node[alias]
