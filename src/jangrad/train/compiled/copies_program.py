"""The program of a step of many trainings beside each other: each has a row of its own.

What tells copies of a training apart is a number of the row: parameters, what the optimiser
remembers, rate, options. So the loss of a whole batch, its gradient and the update are what `map`
computes for a row, in place, and vectors run along the copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jangrad.compiler.building import (
    Buffer,
    Grower,
    Ints,
    Nodes,
    Passes,
    Program,
    Region,
    Source,
    Target,
    batched_by,
    buffers,
    codes,
    differentiate,
    functions_on_nodes,
    prune,
    with_own_outputs,
)
from jangrad.train.compiled.step_program import updated
from jangrad.train.update_rule import UpdateRule


def copies_source(
    program: Program,
    count: int,
    rule: UpdateRule,
    options: Mapping[str, float | None],
    watched: Sequence[Sequence[int]],
    strength: bool,
    own_rows: bool,
    exact: bool,
    passes: Passes,
) -> Source:
    """Loss, gradients and update of a copy as one program.

    Settings of a copy are its rate, then the options that are None, then a strength.

    Args:
        program: of the loss of a batch, a function of its numbers; and if the copies have a
            `strength` each, of a penalty that this is multiplied by.
        count: how many parameters learn; the first ones.
        rule, options: the optimiser's; None for an option of which each copy has its own number.
        watched: groups of parameters. Of each copy the program counts for how many steps none of a
            group has had a gradient, and the largest count of the first group so far.
        strength: as above.
        own_rows: whether each copy has a batch of its own.
        exact, passes: as for `step_source`.
    """
    passes("trace", program)
    data = program.inputs
    grower = Grower(program)
    names = [name for name, number in options.items() if number is None]
    settings = [Nodes(grower, grower.input(1)) for _ in range(1 + len(names) + strength)]
    total = program.outputs[:1]
    if strength:
        scaled = grower.nodes(codes.MUL, program.outputs[1:2], settings[-1].ids)
        total = grower.nodes(codes.SUM, total, scaled)
        program = grower.finish(total)
    else:
        program = program._replace(inputs=grower.inputs)
    root = int(total[0])
    program, gradients = differentiate(program, root, exact=exact)
    program = passes("differentiate", program)

    grower = Grower(program)
    settings = [
        Nodes(grower, _leaf(program, grower, codes.INPUT, data + k)) for k in range(len(settings))
    ]
    first = grower.inputs
    step = Nodes(grower, grower.input(1))
    parameters = np.concatenate(
        [_leaf(program, grower, codes.PARAM, slot) for slot in range(count)]
    )
    states = [Nodes(grower, grower.input(count)) for _ in rule.state]
    own = {name: Nodes(grower, s.ids) for name, s in zip(names, settings[1:], strict=False)}
    numbers = {name: own.get(name, number) for name, number in options.items()}
    given = Nodes(grower, parameters), Nodes(grower, gradients[:count])
    made = updated(rule, *given, states, settings[0], step, numbers)
    outputs = [np.array([root]), *(np.broadcast_to(ids, count) for ids in made)]
    of = functions_on_nodes(("equal", "maximum"))
    counts = [Nodes(grower, grower.input(1)) for _ in range(len(watched) + 1)]
    for k, group in enumerate(watched):
        slopes = gradients[np.array(group)]
        length = Nodes(grower, grower.wide_sum(grower.nodes(codes.MUL, slopes, slopes)))
        counts[k] = (counts[k] + 1.0) * of["equal"](length, 0.0)
    counts[-1] = of["maximum"](counts[-1], counts[0])
    outputs += [each.ids for each in counts]
    last = grower.inputs
    learning = grower.input(count)  # in whose place the parameters come
    program = grower.finish(np.concatenate(outputs))
    assert learning[-1] < len(program)
    learns = (program.op == codes.PARAM) & (program.slot < count)
    program = program._replace(
        op=np.where(learns, codes.INPUT, program.op),
        slot=np.where(learns, program.slot + last, program.slot),
    )
    beside = [*range(data, first), *range(first + 1, grower.inputs)]
    program = batched_by(program, np.array([*(range(data) if own_rows else ()), *beside]))
    program = passes("prune", prune(program))
    program = passes("outputs", with_own_outputs(program))

    rows = buffers.INPUTS_OF_ROWS if own_rows else buffers.INPUTS
    places = [Buffer("copies", k, per_row=True) for k in range(1 + len(rule.state))]
    regions = [
        Region(rows, 0, data),
        Region(buffers.SETTINGS, data, first),
        Region(buffers.STEP, first, first + 1),
    ]
    regions += [
        Region(buffer, first + 1 + k * count, first + 1 + (k + 1) * count)
        for k, buffer in enumerate(places[1:])
    ]
    still = Buffer("copies", len(places), per_row=True)
    regions += [Region(still, last - len(counts), last), Region(places[0], last, last + count)]
    targets = [Target(buffers.LOSSES, 0), *(Target(buffer, 0, count) for buffer in places)]
    targets.append(Target(still, 0, len(counts)))
    sizes = {
        rows: data,
        buffers.SETTINGS: first - data,
        buffers.STEP: 1,
        buffers.LOSSES: 1,
        still: len(counts),
    }
    return Source(program, regions, targets, {**sizes, **dict.fromkeys(places, count)})


def _leaf(program: Program, grower: Grower, op: int, slot: int) -> Ints:
    """The node of a parameter or an input, a new one where nothing uses it yet."""
    found = np.flatnonzero((program.op == op) & (program.slot == slot))
    return found[:1] if len(found) else grower.nodes(op, slots=np.array([slot]))
