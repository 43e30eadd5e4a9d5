"""A step cut for threads: every number is computed once, and nobody needs what another has not."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.compiler.strategies import programs

from jangrad import MLP
from jangrad.compiler.emit.barrier import barrier
from jangrad.compiler.loops.loop_interpreter import run
from jangrad.compiler.loops.loop_text import text
from jangrad.compiler.loops.loop_verifier import verify
from jangrad.compiler.loops.schedule import loop_program
from jangrad.compiler.loops.supersteps import supersteps
from jangrad.compiler.loops.target import Chunks, Target
from jangrad.compiler.plan.fuse import fuse
from jangrad.compiler.plan.layout import arrange, phases
from jangrad.compiler.plan.parallel import between_barriers, in_parallel, slice_size
from jangrad.compiler.program.buffers import (
    GRADIENTS,
    INPUTS_OF_ROWS,
    PARAMETERS,
    RESULTS,
    STEP,
    WHOLE_INPUTS,
    Buffer,
)
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import native
from jangrad.compiler.run.pipeline import planned
from jangrad.nn import l2_penalty, softmax_cross_entropy
from jangrad.switches import within
from jangrad.train import SGD, Adam
from jangrad.train.compiled.step_program import step_source
from jangrad.train.compiled.thread_team import shares
from jangrad.train.compiled.trainer import step_executable

MACHINE = Target("double", 4, 16)


def source_of(f, row, parameters, threads, kind=Adam):
    traced = trace(f, row, parameters, per_row=range(len(row)))
    optimizer = kind(parameters)
    return step_source(
        traced.program, len(parameters), optimizer.rule, optimizer.options,
        per_row=True, with_norm=True, threads=threads, checked=False,
    )  # fmt: skip


def network(inputs, widths, penalty):
    net = MLP(inputs, widths, "tanh", seed=0)

    def loss(row, target):
        found = softmax_cross_entropy([net(row)], [target])
        return (found, l2_penalty(net.parameters(), strength=0.1)) if penalty else found

    return loss, [[0.5] * inputs, 1.0], net.parameters()


def places(access, axes, terms, chunk, shift):
    """The addresses of an access, one by one."""
    at = access.rows if access.table is None else access.table
    strides = list(access.inner)
    sizes = list(axes)
    if access.table is None and access.reduce:
        sizes, strides = [*sizes, *terms], [*strides, *access.reduce]
    found = np.ravel(at)
    for size, stride in zip(sizes, strides, strict=True):
        found = (found[:, None] + np.arange(size) * stride).ravel()
    if access.buffer.per_row:
        found = (found[:, None] * chunk + np.arange(chunk)).ravel()
    return found + shift


def stored(kernel):
    """What a kernel writes to memory."""
    kept = [kernel.kept, *(f.kept for f in kernel.fused)]
    return [out for out, is_kept in zip(kernel.writes, kept, strict=True) if is_kept]


class Step:
    """What each thread of a step reads and writes, place by place."""

    def __init__(self, source, threads, chunk, apart):
        self.threads, self.chunk = threads, chunk
        self.plan = in_parallel(fuse(planned(source)), threads, chunk if apart else 0)
        self.layout = arrange(self.plan, chunk, 8)
        after = phases(self.plan)[2]
        self.kernels = after
        self.supersteps, self.late = between_barriers(
            after, self.plan, self.layout, MACHINE.bytes_each, chunk, threads
        )

    def used(self, part, thread):
        """Read and written by one thread: sets of (space, address)."""
        if not part.slices and thread:
            return set(), set()
        kernel = part.kernel
        if part.slices:
            kernel = part.slices[-1 if thread == self.threads - 1 else 0]
        shift = {name: thread * step for name, step in part.steps.items()}
        reads, writes = set(), set()
        for part_of in (*kernel.segments, *kernel.fused):
            terms = getattr(part_of, "axes", [])
            for access in part_of.accesses:
                if access.buffer.role != "constants":
                    reads |= self.spots(access, kernel.axes, terms, shift)
        for access in stored(kernel):
            writes |= self.spots(access, kernel.axes, [], shift)
        return reads, writes

    def spots(self, access, axes, terms, shift):
        found = places(access, axes, terms, self.chunk, shift.get(access.buffer, 0))
        name = access.buffer
        if name in self.layout.offset:
            return {("arena", int(p) + self.layout.offset[name] // 8) for p in found}
        return {(name, int(p)) for p in found}


def check(step):
    whole = []
    for superstep in step.supersteps:
        for one, other in itertools.permutations(range(step.threads), 2):
            written = set().union(*(step.used(part, one)[1] for part in superstep))
            for part in superstep:
                reads, writes = step.used(part, other)
                assert not written & (reads | writes), part.kernel.name
        for part in superstep:
            whole.append(part.kernel.name)
            if part.slices:
                each = [step.used(part, thread)[1] for thread in range(step.threads)]
                all_of = set().union(
                    *(step.spots(a, part.kernel.axes, [], {}) for a in stored(part.kernel))
                )
                assert sum(map(len, each)) == len(all_of)
                assert set().union(*each) == all_of
    assert whole + [k.name for k in step.late] == [k.name for k in step.kernels]
    for kernel in step.late:  # the others have begun the next step by then
        for access in stored(kernel):
            assert access.buffer == RESULTS or access.buffer in step.layout.offset
        for access in kernel.reads:
            assert not access.buffer.per_row
            assert not access.buffer.thread


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("penalty", [False, True])
@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("shape", [(2, [4, 2]), (12, [40, 3]), (30, [30, 30, 10])])
def test_threads_keep_out_of_each_others_way(shape, kind, penalty, apart, threads):
    """In each superstep, of networks that are small and large, with sums made in either way."""
    loss, row, parameters = network(*shape, penalty)
    step = Step(source_of(loss, row, parameters, threads, kind), threads, 8, apart)
    check(step)
    if shape[0] == 30:
        parts = [part for superstep in step.supersteps for part in superstep if part.slices]
        cut_up = [access.buffer for part in parts for access in stored(part.kernel)]
        assert PARAMETERS in cut_up
        assert GRADIENTS in cut_up
        assert not any(k.out.buffer == PARAMETERS for k in step.late)
        if not penalty:
            assert len(step.supersteps) <= 2


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(
    ("shape", "kind", "threads"),
    [((2, [4, 2]), SGD, 2), ((12, [40, 3]), Adam, 3), ((12, [40, 3]), SGD, 2)],
)
def test_supersteps_compute_the_step(shape, kind, threads, apart):
    """Threads one after the other, in loops: loss and update are those of all rows in Python."""
    chunk, count = MACHINE.lanes, MACHINE.lanes * threads
    loss, row, parameters = network(*shape, True)
    source = source_of(loss, row, parameters, threads, kind)
    found = in_parallel(fuse(planned(source)), threads, chunk if apart else 0)
    chunks = Chunks(chunk, single=True, whole=True, threads=threads)
    after = supersteps(found, arrange(found, chunk, 8), MACHINE, chunks)
    sizes = {PARAMETERS: len(parameters), **source.sizes}
    loops = loop_program(found, MACHINE, chunks, sizes, after=after)
    verify(loops)
    assert ("each thread, further on by" in text(loops)) == (shape[0] > 2)
    draw = np.random.default_rng(0)
    rows = np.column_stack([draw.normal(size=(count, shape[0])), draw.integers(0, 2, count)])
    together = {PARAMETERS, Buffer("state", 0), Buffer("state", 1)}
    team = {b: np.zeros((n, chunk) if b.per_row else n) for b, n in loops.sizes.items()}
    team |= {b: numbers.copy() for b, numbers in loops.constants.items()}
    own = [{b: a if b in together else a.copy() for b, a in team.items()} for _ in range(threads)]
    for thread, memory in enumerate(own):
        mine = rows[thread * chunk :][:chunk]
        memory[INPUTS_OF_ROWS][:] = np.column_stack([mine, np.full(chunk, 1 / count)]).T
        memory[WHOLE_INPUTS][:] = memory[INPUTS_OF_ROWS]
        memory[PARAMETERS][:] = [p.data for p in parameters]
        memory[STEP][:] = [0.1, 1.0]
        for part in (*loops.once, *loops.rows):
            run(part, memory)
        team |= {b._replace(thread=thread): a for b, a in memory.items()}
    for part in loops.after:
        run(part, team, threads=threads)
    parts = [loss(row[:-1], row[-1]) for row in rows.tolist()]
    total = sum(part for part, _ in parts) / count + parts[0][1]
    total.backtrack()
    gradient = [p.grad for p in parameters]
    assert team[RESULTS].tolist() == pytest.approx([total.data, math.hypot(*gradient)], rel=1e-12)
    kind(parameters, 0.1).step()
    wanted = [p.data for p in parameters]
    assert team[PARAMETERS].tolist() == pytest.approx(wanted, rel=1e-9, abs=1e-13)


@pytest.mark.usefixtures("own_operations")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(program=programs(), threads=st.integers(2, 4), data=st.data())
def test_threads_keep_out_of_each_others_way_in_random_programs(program, threads, data):
    """The same where kernels are ragged, read tables, or are not of rows at all; all are cut."""
    f, parameters = program.make()
    row = program.rows[0]
    assume(parameters)
    with within(shared_terms=data.draw(st.sampled_from([1, 20, 512]))):
        source = source_of(f, row, parameters, threads)
        check(Step(source, threads, 4, data.draw(st.booleans())))


def test_shares_are_whole_vectors():
    """Nobody gets less than a vector of rows, and together they get all."""
    assert shares(32, 2, 4) == (2, 16)
    assert shares(32, 3, 4) == (3, 12)
    assert shares(4, 8, 4) == (1, 4)
    assert shares(3, 8, 4) == (1, 3)
    assert shares(33, 8, 8) == (5, 8)
    for rows, threads, lanes in itertools.product(range(1, 200), range(1, 12), (2, 4, 8, 16)):
        many, each = shares(rows, threads, lanes)
        assert many <= threads
        assert (many - 1) * each < rows <= many * each
        assert many == 1 or each % lanes == 0


def test_slices_begin_at_whole_cache_lines():
    """Where they are long; the last thread computes the rest."""
    assert slice_size(10, 3) == 3
    assert slice_size(1000, 3) == 320
    assert slice_size(101_770, 2) == 50_880


def test_one_thread_waits_for_nobody():
    """Its code is the one that there is without threads."""
    loss, row, parameters = network(2, [17, 2], False)
    traced = trace(loss, row, parameters, per_row=(0, 1))
    optimizer = Adam(parameters)
    texts = [
        step_executable(
            traced, len(parameters), optimizer.rule, optimizer.options, "double",
            per_row=True, rows=32, repeated=True, **threads,
        ).llvm()
        for threads in ({}, {"threads": 1}, {"threads": 2})
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert "@wait" not in texts[0]
    assert "atomicrmw" not in texts[0]
    assert texts[2].count("call void @wait") == 2  # behind the rows, and behind the step


@pytest.mark.parametrize("triple", [
    "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "arm64-apple-darwin23.0.0",
    "x86_64-pc-windows-msvc", "riscv64-unknown-linux-gnu",
])  # fmt: skip
def test_a_barrier_for_every_system(triple):
    """Valid text everywhere: with a sleep on Linux, else with letting others run."""
    import llvmlite.binding as llvm

    native.host()
    text = barrier(3, triple) + "\nattributes #0 = { nounwind }"
    parsed = llvm.parse_assembly(text)
    parsed.verify()
    declared = {function.name for function in parsed.functions if function.is_declaration}
    sleeps = "linux" in triple and "riscv" not in triple
    assert ("syscall" in declared) == sleeps
    assert bool({"sched_yield", "SwitchToThread"} & declared) == (not sleeps)
