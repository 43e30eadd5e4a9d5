"""Loop programs: verified, and run turn after turn, they compute what the scalars compute."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.compiler.strategies import flat, programs
from tests.compiler.ways import compiled_as

from jangrad import Value, sin
from jangrad.compiler.loops.loop_interpreter import run
from jangrad.compiler.loops.loop_ir import (
    ROW,
    Affine,
    At,
    Epilogue,
    Field,
    Fold,
    Function,
    Index,
    Load,
    Local,
    Lookup,
    Loop,
    LoopProgram,
    Nest,
    RowSums,
    Select,
    Set,
    Share,
    Store,
    Straight,
    Superstep,
    Update,
)
from jangrad.compiler.loops.loop_text import text
from jangrad.compiler.loops.loop_verifier import verify
from jangrad.compiler.loops.schedule import loop_program
from jangrad.compiler.loops.straight import following, once_function, rows_function
from jangrad.compiler.loops.target import Chunks
from jangrad.compiler.loops.target import Target as Machine
from jangrad.compiler.plan import irregular
from jangrad.compiler.plan.fuse import fuse
from jangrad.compiler.plan.gather_program import RECORD
from jangrad.compiler.plan.kernels import Region, Target, plan, with_own_outputs
from jangrad.compiler.plan.nests import Const
from jangrad.compiler.program.buffers import (
    INPUTS,
    INPUTS_OF_ROWS,
    OUTPUTS,
    PARAMETERS,
    RESULTS,
    STEP,
    WHOLE_INPUTS,
    Buffer,
)
from jangrad.compiler.program.codes import BATCH_SUM, MUL
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import pipeline
from jangrad.train import SGD
from jangrad.train.compiled.step_program import step_source

MACHINES = [Machine("double", lanes, registers) for lanes, registers in ((2, 16), (4, 16), (8, 32))]

#: The schedulers; irregular nodes take turns with loops.
SCHEDULES = ["loops", "straight", "tables"]

many = settings(
    max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


class Planned:
    """A program with its loops, and the memory to run them in."""

    def __init__(self, scalars, machine, chunk, rows, whole, way="loops"):
        self.scalars, self.chunk = scalars, chunk
        targets, self.sizes = [], {RESULTS: 0, OUTPUTS: 0}
        for batched in scalars.batched[scalars.outputs]:
            buffer = OUTPUTS if batched else RESULTS
            targets.append(Target(buffer, self.sizes[buffer]))
            self.sizes[buffer] += 1
        self.targets = targets
        self.given = INPUTS_OF_ROWS if rows else INPUTS
        program = (scalars, [Region(self.given, 0, scalars.inputs)], targets)
        if way.startswith("tables"):
            with compiled_as("tables" if way == "tables only" else "tables and loop nests"):
                self.plan = fuse(irregular.plan(*program, machine.lanes))
        else:
            self.plan = fuse(plan(*program), rows=way == "loops")
        code, given = {}, (scalars, self.plan, machine)
        if way == "straight":
            single = rows == chunk
            code = (
                {"rows": rows_function(*given, single=single)}
                if rows
                else {"once": once_function(*given)}
            )
        self.sizes |= {self.given: scalars.inputs, PARAMETERS: scalars.params}
        if whole:
            self.sizes[WHOLE_INPUTS] = scalars.inputs
        chunks = Chunks(chunk, single=rows == chunk, whole=WHOLE_INPUTS in self.sizes)
        self.loops = loop_program(self.plan, machine, chunks, self.sizes, straight=code)
        verify(self.loops)

    def outputs(self, parameters, rows):
        """What the loops leave, chunk after chunk; for each output one number, or one a row."""
        memory = {
            buffer: np.full((size, self.chunk) if buffer.per_row else size, np.nan)
            for buffer, size in self.loops.sizes.items()
        }
        memory |= {buffer: numbers.copy() for buffer, numbers in self.plan.constants.items()}
        for part in self.plan.irregular:
            filled = part.filled(self.chunk, float)[part.scalars]
            memory[part.scalars].flat[: len(filled)] = filled
        memory[PARAMETERS][:] = parameters
        found = []
        each = self.chunk if self.given.per_row else 1
        chunks = np.array(rows, float).reshape(len(rows) // each, each, len(rows[0]))
        for n, chunk in enumerate(chunks):
            memory[self.given][:] = chunk.T if self.given.per_row else chunk[0]
            if WHOLE_INPUTS in memory:
                memory[WHOLE_INPUTS][:] = memory[self.given]
            phases = (self.loops.once if n == 0 else [], self.loops.rows)
            for part in (part for phase in phases for part in phase):
                run(part, memory, n == 0)
            found.append(memory[OUTPUTS].copy())
        for part in self.loops.after:
            run(part, memory)
        of_rows = np.concatenate(found, axis=1)
        return [
            (of_rows if t.buffer == OUTPUTS else memory[t.buffer][:, None])[t.address].tolist()
            for t in self.targets
        ]


def compared(planned, parameters, rows):
    """What loops and scalars give, which must be the same."""
    expected = interpret(planned.scalars, parameters, rows)
    for one, other in zip(planned.outputs(parameters, rows), expected, strict=True):
        scale = max(1.0, np.abs(np.array(expected, dtype=object).sum()).max())
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.usefixtures("own_operations")
@many
@given(program=programs(), machine=st.sampled_from(MACHINES), way=st.sampled_from(SCHEDULES))
def test_loops_compute_the_program(program, machine, way):
    """A function and its gradients, by each scheduler, for vectors of any width."""
    f, parameters = program.make()
    row = program.rows[0]
    traced = trace(f, row, parameters).program
    longer, slopes = differentiate(traced, int(traced.outputs[0]))
    longer = longer._replace(outputs=np.r_[traced.outputs[:1], slopes])
    scalars = with_own_outputs(prune(longer))
    planned = Planned(scalars, machine, machine.lanes, 0, False, way)
    compared(planned, [p.data for p in parameters], [[float(x) for x in flat(row)]])


@pytest.mark.usefixtures("own_operations")
@many
@given(
    program=programs(most_rows=9) | programs(most_rows=9, looking=True),
    machine=st.sampled_from(MACHINES),
    vectors=st.sampled_from([1, 2, 5]),
    chunks=st.integers(1, 2),
    whole=st.booleans(),
    way=st.sampled_from(SCHEDULES),
)
def test_loops_over_rows_compute_the_program(program, machine, vectors, chunks, whole, way):
    """What each row gives, and gradients summed over the rows, in one chunk of rows or several."""
    assume(program.rows[0])
    f, parameters = program.make()
    row = program.rows[0]
    traced = trace(f, row, parameters, per_row=range(len(row))).program
    assume(traced.batched[traced.outputs[0]])  # it looks at an argument
    grower = Grower(traced)
    weight = grower.input(1, batched=True)
    longer = grower.finish(grower.nodes(BATCH_SUM, grower.nodes(MUL, traced.outputs, weight)))
    longer, slopes = differentiate(longer, int(longer.outputs[0]))
    longer = longer._replace(outputs=np.r_[longer.outputs[:1], slopes, traced.outputs])
    scalars = with_own_outputs(prune(longer))
    chunk = machine.lanes * (1 if way == "straight" else vectors)
    count = chunk * chunks
    planned = Planned(scalars, machine, chunk, count, whole, way)
    rows = [[*(float(x) for x in flat(row)), 1.0] for row in program.rows]
    rows = [rows[k % len(rows)] for k in range(count)]
    compared(planned, [p.data for p in parameters], rows)


# -- what is printed ------------------------------------------------------------------------------


def test_a_dot_product_reads_as_one(golden):
    """The loops of eight products, as people see them."""
    traced = trace(lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)), [[0.1] * 8] * 2)
    planned = Planned(with_own_outputs(traced.program), MACHINES[1], 4, 0, False)
    golden("loops_dot.txt", text(planned.loops))


def test_a_layer_reads_as_one(golden):
    """Loops over units and rows, with the sums and the tanh of a tile, for a batch."""
    weights = [[Value(0.1 * (i - j)) for j in range(9)] for i in range(8)]
    program = trace(
        lambda x: [sum(w * v for w, v in zip(r, [*x, 1.0], strict=True)).tanh() for r in weights],
        [[0.5] * 8],
        [w for row in weights for w in row],
        per_row=(0,),
    ).program
    planned = Planned(with_own_outputs(program), MACHINES[2], 64, 64, False)
    golden("loops_layer.txt", text(planned.loops))


@pytest.mark.parametrize("rows", [0, 4])
def test_irregular_nodes_read_as_functions_of_records(golden, rows):
    """One for each operation, of vectors of scalars or of rows of one, and of a long sum."""
    picked = [(7 * k) % 40 for k in range(40)]

    def f(x):
        made = [a * b for a, b in zip(x, [x[k] for k in picked], strict=True)]
        return sum(sin(made[k]) for k in picked[:35]) + sum(made[:3]) ** 3.0

    traced = trace(f, [[0.5] * 40], per_row=(0,) if rows else ()).program
    planned = Planned(with_own_outputs(traced), MACHINES[1], 4, rows, False, "tables only")
    golden(f"loops_tables_{'rows' if rows else 'once'}.txt", text(planned.loops))
    x = np.linspace(0.1, 2.0, 40)
    compared(planned, [], [x.tolist()] * max(rows, 1))


def test_a_step_of_rows_in_order(golden):
    """A loss of three rows: sums of gradients, side by side, and the update behind each."""
    w = [Value(0.1 * i) for i in range(3)]
    loss = lambda x, y: (sum(a * b for a, b in zip(w, x, strict=True)).tanh() - y) ** 2
    traced = trace(loss, [[0.5] * 3, 1.0], w, per_row=(0, 1)).program
    source = step_source(traced, 3, SGD(w, 0.1).rule, {}, True, False, 1, False)
    planned = fuse(pipeline.planned(source), rows=False)
    then = following(source.program, planned)
    given = (source.program, planned, MACHINES[1])
    code = {"rows": rows_function(*given, single=True, then=then)}
    sizes = {PARAMETERS: 3, **source.sizes}
    chunks = Chunks(4, single=True)
    loops = loop_program(planned, MACHINES[1], chunks, sizes, straight=code, then=then)
    verify(loops)
    golden("loops_step.txt", text(loops))
    memory = {b: np.zeros((n, 4) if b.per_row else n) for b, n in loops.sizes.items()}
    rows = np.random.default_rng(0).normal(size=(4, 4))
    memory[INPUTS_OF_ROWS][:] = np.concatenate([rows.T, [[1 / 4] * 4]])
    memory[PARAMETERS][:] = [p.data for p in w]
    memory[STEP][:] = [0.1, 1.0]
    for part in (part for phase in loops.phases for part in phase):
        run(part, memory)
    mean = sum(loss(row[:3], row[3]) for row in rows.tolist()) / 4
    mean.backtrack()
    assert memory[RESULTS][0] == pytest.approx(mean.data, rel=1e-14)
    wanted = [p.data - 0.1 * p.grad for p in w]
    assert memory[PARAMETERS].tolist() == pytest.approx(wanted, rel=1e-14)


# -- what is refused ------------------------------------------------------------------------------

J, K = Index("member"), Index("term")
P, R = PARAMETERS, RESULTS


def at(buffer, *parts, constant=0, row=None):
    return At(buffer, Affine(constant, parts), row)


def tile(value, to=None):
    return Set("t", value), Epilogue((Store(to or at(R, (J, 1)), Local("t")),))


def summed(*body):
    end = Epilogue((Store(at(R, (J, 1)), Local("t")),))
    return Loop(J, 0, 8, (Set("t", Const(0.0)), *body, end))


def in_order(*steps):
    return Straight(steps)


def of_rows(*steps):
    return Loop(ROW, 0, 8, (Straight(steps),), lanes=8)


ADD = Update("t", Load(at(P, (K, 1))))
TABLE = Lookup(np.array([3, 9]), Affine(0, ((J, 1),)))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (Loop(J, 0, 8, ()), "a loop over nothing"),
        (Loop(J, 0, 8, (Set("t", Const(1.0)),)), "a tile ends with `then`"),
        (Loop(J, 0, 8, tile(Local("u"))), "u has no number yet"),
        (Loop(J, 0, 9, tile(Const(1.0))), r"R\[i0\]: from 0 to 8, of 8"),
        (Loop(J, 0, 8, tile(Load(at(P, (J, 2))))), r"P\[2 i0\]: from 0 to 14, of 8"),
        (Loop(J, 0, 8, tile(Load(at(P, (K, 1))))), "there is no loop over k0"),
        (Loop(J, 0, 8, tile(Load(at(P, (TABLE, 1))))), "is read at 7"),
        (Loop(J, 0, 2, tile(Load(at(P, (TABLE, 1))))), "from 3 to 9, of 8"),
        (Loop(J, 0, 8, (Loop(J, 0, 2, tile(Const(1.0))),)), "a loop over i0 inside another"),
        (Loop(J, 0, 8, tile(Const(1.0)), 3), "i0: not so many turns at once"),
        (Loop(J, 8, 8, tile(Const(1.0))), "a loop over i0 from 8 to 8"),
        (summed(Loop(K, 0, 8, (Set("t", Const(1.0)),))), "a loop over k0 that sums nothing"),
        (summed(Loop(K, 0, 8, (ADD, ADD))), "a sum over k0 of several things"),
        (summed(Loop(K, 0, 9, (ADD,))), r"P\[k0\]: from 0 to 8, of 8"),
        (summed(Update("t", Const(1.0), MUL)), "no way to join numbers"),
        (summed(Fold("u", "v")), "v has no number yet"),
        (
            summed(Set("v", Const(0.0)), Fold("u", "v", J), Update("u", Local("t"))),
            "t has no number yet",
        ),
        (
            Loop(J, 0, 8, summed(Loop(K, 0, 8, (ADD,), lanes=4)).body, lanes=4),
            "vectors along k0, and along another index",
        ),
        (Loop(J, 0, 8, tile(Load(at(P, row=Affine(0))))), "one number a row, or one"),
        (Loop(J, 0, 8, tile(Const(1.0), at(Buffer("constants", 0)))), "is written"),
        (Loop(ROW, 0, 9, tile(Const(1.0), at(OUTPUTS, row=Affine(0, ((ROW, 1),))))), "row 8 of 8"),
        (Loop(J, 0, 8, tile(Load(at(P, (Field("out"), 1))))), "there is no record with out"),
        (in_order(Set("a", Local("b"))), "b has no number yet"),
        (in_order(Set("a", Const(1.0)), Set("a", Const(2.0))), "a twice"),
        (in_order(RowSums(at(R), (Const(1.0),))), "sums over rows, of which there are none"),
        (of_rows(RowSums(at(R, constant=7), (Const(1.0),) * 2)), r"R\[7\]: from 7 to 8, of 8"),
        (of_rows(Nest("inside", tile(Const(1.0)))), "there is no loop over i0"),
        (summed(in_order()), "straight-line code beside"),
        (in_order(Set("a", Select(Const(1.0), 2.0, Const(3.0), Local("b")))), "b has no number"),
        (summed(Loop(K, 0, Lookup(np.zeros(8, int), Affine(0, ((J, 1),))), (ADD,))), "from 0 to 0"),
    ],
)
def test_what_is_no_loop_program_is_refused(body, message):
    """Each rule of the grammar, and each access outside its buffer."""
    sizes = {P: 8, R: 8, OUTPUTS: 1, Buffer("constants", 0): 8}

    def of(*body):
        return LoopProgram([], [], [Function("f", (Nest("a nest", body),))], sizes, {}, 8)

    with pytest.raises(AssertionError, match=message):
        verify(of(body))
    verify(of(summed(Loop(K, 0, 8, (ADD,)))))


def test_slices_that_leave_their_buffers_are_refused():
    """That of the last thread, which lies the furthest on; rows count as rows."""
    rows = at(OUTPUTS, (J, 1), row=Affine(0, ((ROW, 1),)))

    def of(to, move, threads=3):
        body = (Loop(J, 0, 2, (Loop(ROW, 0, 8, tile(Const(1.0), to)),)),)
        share = Share((Function("f", (Nest("a nest", body),)),), {to.buffer: move})
        return LoopProgram([], [], [Superstep((share,))], {R: 6, OUTPUTS: 6}, {}, 8, threads)

    verify(of(at(R, (J, 1)), 2))
    verify(of(rows, 2 * 8))
    with pytest.raises(AssertionError, match=r"R\[i0\]: from 6 to 7, of 6"):
        verify(of(at(R, (J, 1)), 3))
    with pytest.raises(AssertionError, match=r"R\[i0\]: from 6 to 7, of 6"):
        verify(of(at(R, (J, 1)), 2, threads=4))
    with pytest.raises(AssertionError, match=r"Y\[i0, r\]: from 6 to 7, of 6"):
        verify(of(rows, 3 * 8))


def test_records_that_leave_their_buffers_are_refused():
    """Each record of a table is followed: where it writes, what it reads, and how often."""
    f = lambda x: [sin(a) * b for a, b in zip(x, x[::-1], strict=True)]
    traced = trace(f, [[0.5] * 12]).program
    planned = Planned(with_own_outputs(traced), MACHINES[1], 4, 0, False, "tables only")
    (part,) = planned.plan.irregular
    fields = {name: RECORD.index(name) for name in RECORD}
    last = len(fields) * (part.wavefronts[-1][1] - 1)
    verify(planned.loops)
    for place, number, message in (
        (last + fields["out"], part.size, r"L0\[out.*of"),
        (last + fields["vectors"], 99, r"T0\[begin .* is read at"),
        (last + fields["vectors"], 0, "a loop over i0 from 0 to 0"),
        (int(part.tables[last + fields["begin"]]), part.size, r"L0\[T0\["),
    ):
        kept = int(part.tables[place])
        part.tables[place] = number
        with pytest.raises(AssertionError, match=message):
            verify(planned.loops)
        part.tables[place] = kept


def test_a_number_that_is_no_place_counts_as_the_nearest():
    """As in machine code, where callers have been told of it before."""
    from jangrad.compiler.loops.loop_ir import Gather
    from jangrad.compiler.plan.nests import Strided

    item = Gather(at(P, constant=1), Strided(3, 2), at(INPUTS))
    function = Function("f", (Nest("item", (Set("t", item), *tile(Local("t"), at(R))[1:])),))
    for told, wanted in ((-5.0, 1.0), (1.0, 3.0), (7.0, 5.0), (np.nan, 1.0)):
        memory = {P: np.arange(8.0), INPUTS: np.array([told]), R: np.zeros(1)}
        run(function, memory)
        assert memory[R][0] == wanted
