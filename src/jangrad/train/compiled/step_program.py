"""The program of a training step: loss, gradients and the optimiser's update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jangrad import rules
from jangrad.compiler.building import (
    Buffer,
    Grower,
    Ints,
    Nodes,
    Operation,
    Passes,
    Program,
    Region,
    Source,
    Target,
    buffers,
    checked_first,
    codes,
    differentiate,
    functions_on_nodes,
    number_of,
    prune,
    slice_size,
    with_own_outputs,
)
from jangrad.train.update_rule import UpdateRule


def step_source(
    program: Program,
    count: int,
    rule: UpdateRule,
    options: Mapping[str, float | None],
    per_row: bool,
    with_norm: bool,
    threads: int,
    checked: bool,
    exact: bool = True,
    passes: Passes | None = None,
) -> Source:
    """Loss, gradients and update as one program.

    `checked` says that the loss is nan where anything that leads to it or to a gradient is not
    finite; `exact` is as for `differentiate`; `passes` is as for `write`.
    """
    passes = passes or Passes()
    passes("trace", program)
    states = [Buffer("state", k) for k in range(len(rule.state))]
    inputs = program.inputs
    if per_row:
        grower = Grower(program)
        weight = grower.input(1, batched=True)
        rows = grower.nodes(codes.BATCH_SUM, grower.nodes(codes.MUL, program.outputs[:1], weight))
        total = rows
        if len(program.outputs) > 1:
            total = grower.nodes(codes.SUM, rows, program.outputs[1:2])
        program = passes("mean", grower.finish(total))
        inputs += 1
    root = int(program.outputs[0])
    program, gradients = differentiate(program, root, exact=exact)
    outputs = np.concatenate([[root], gradients[:count]])
    program = passes("differentiate", program._replace(outputs=outputs))
    program = passes("prune", prune(program))
    if checked:
        program = passes("check", checked_first(program))
    program = passes("outputs", with_own_outputs(program))
    targets = [Target(buffers.RESULTS, 0), Target(buffers.GRADIENTS, 0, count)]
    given = buffers.INPUTS_OF_ROWS if per_row else buffers.INPUTS
    sizes = {
        given: inputs,
        buffers.STEP: 2,
        buffers.RESULTS: 2,
        buffers.GRADIENTS: count,
        **dict.fromkeys(states, count),
    }
    if None in options.values():
        sizes[buffers.OPTIONS] = len(options)
    if per_row:
        sizes[buffers.WHOLE_INPUTS] = inputs
    # Threads sum the length of the gradient in parts.
    parts = threads if with_norm and 1 < threads <= count else 1
    then = _update(count, rule, options, states, with_norm, parts, alike=parts == 1)
    return Source(program, [Region(given, 0, inputs)], targets, sizes, then)


def _update(
    count: int,
    rule: UpdateRule,
    options: Mapping[str, float | None],
    states: list[Buffer],
    with_norm: bool,
    threads: int,
    *,
    alike: bool,
) -> Source:
    """From gradients (buffer G), rate and step (S) and memory: new parameters and new memory.

    Options that are no numbers yet are read too (O). If all parameters are `alike`, it is the
    program of one, which they are the rows of.
    """
    many, count = count, 1 if alike else count
    none = np.zeros(0, np.int64)
    empty = Program(
        *(none, np.zeros(0), none, np.zeros(1, np.int64), none, none, np.zeros(0, np.int8), none),
        *(count, 0),
    )
    grower = Grower(empty)
    p = Nodes(grower, grower.nodes(codes.PARAM, slots=np.arange(count), batched=alike))
    rate, step = (Nodes(grower, grower.input(1)) for _ in range(2))
    own = {name: Nodes(grower, grower.input(1)) if x is None else x for name, x in options.items()}
    first = grower.inputs
    memories = [buffers.GRADIENTS, *states]
    g, *memory = (Nodes(grower, grower.input(count, batched=alike)) for _ in memories)
    made = updated(rule, p, g, memory, rate, step, own)
    outputs = [np.broadcast_to(ids, count) for ids in made]
    targets: list[Target] = []
    if with_norm:
        squares = (g * g).ids
        if threads > 1:  # each thread sums its part of them
            each = slice_size(count, threads)
            ends = range(each, threads * each + 1, each)
            parts = [grower.wide_sum(squares[end - each : end]) for end in ends]
            squares = np.concatenate([*parts, squares[threads * each :]])
        total = grower.wide_sum(squares, codes.BATCH_SUM if alike else codes.SUM)
        norm = grower.nodes(number_of(Operation("sqrt")), total)
        outputs.insert(0, norm)
        targets.append(Target(buffers.RESULTS, 1))
    program = prune(grower.finish(np.concatenate(outputs)))
    targets += [Target(name, 0, count) for name in [buffers.PARAMETERS, *states]]
    regions = [Region(buffers.STEP, 0, 2), Region(buffers.OPTIONS, 2, first)]
    for k, name in enumerate(memories):
        regions.append(Region(name, first + k * count, first + (k + 1) * count))
    made_of = (with_own_outputs(program), regions, targets)
    return Source(*made_of, {}, many=many if alike else 0, each=(buffers.PARAMETERS, *memories))


def updated(
    rule: UpdateRule,
    p: Nodes,
    g: Nodes,
    memory: Sequence[Nodes],
    rate: Nodes,
    step: Nodes,
    options: Mapping[str, float | Nodes | None],
) -> list[Ints]:
    """The new parameters, and the new memory; of one node where it is the same for all of them."""
    update = rule.build(functions_on_nodes(rule.functions), {**rules.IEEE, **rules.CHOSEN})
    (new,), kept = update([p], [g], [[m] for m in memory], rate, step, options)
    made = (new, *(k for (k,) in kept))
    return [x.ids if isinstance(x, Nodes) else p.grower.constant(float(x)) for x in made]
