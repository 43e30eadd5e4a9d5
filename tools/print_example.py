"""Print `docs/internals/worked-example.md`: a dot product and a step through the compiler's stages.

    python tools/print_example.py          rewrite the page
    python tools/print_example.py --check  exit with 1 when it is stale

What stands in the page's blocks is what the compiler's own parts print, for a machine that is named
here, so that the page is the same wherever it is made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jangrad import MLP, Value
from jangrad.compiler.emit.assembly import assemble
from jangrad.compiler.loops.loop_text import text as loops_in_words
from jangrad.compiler.loops.schedule import loop_program
from jangrad.compiler.loops.target import Chunks
from jangrad.compiler.loops.target import Target as Machine
from jangrad.compiler.plan.fuse import fuse
from jangrad.compiler.plan.kernels import Region, Target, plan, with_own_outputs
from jangrad.compiler.plan.layout import arrange, phases
from jangrad.compiler.plan.nests import Access, Kernel
from jangrad.compiler.program.buffers import GRADIENTS, INPUTS, PARAMETERS, RESULTS
from jangrad.compiler.program.classes import Classes, classify
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.ir import OPERATIONS, Program, verify
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run.pipeline import Source, planned
from jangrad.nn import squared_error
from jangrad.train.compiled.step_program import step_source
from jangrad.train.formulas import formula

PAGE = Path(__file__).parents[1] / "docs" / "internals" / "worked-example.md"
TERMS = 8
#: Vectors of four doubles, sixteen registers: AVX2.
MACHINE = Machine("double", 4, 16)


def traced() -> Program:
    """What the source at the top of the page becomes."""
    w = [Value(0.1 * i) for i in range(TERMS)]

    def dot(x: list[Value]) -> Value:
        return sum(wi * xi for wi, xi in zip(w, x, strict=True))  # type: ignore[return-value]

    return trace(dot, [[1.0] * TERMS]).program


def with_gradients(program: Program) -> Program:
    """The value, and its derivatives by the parameters."""
    root = int(program.outputs[0])
    longer, gradients = differentiate(program, root)
    outputs = np.concatenate([[root], gradients])
    return with_own_outputs(prune(longer._replace(outputs=outputs)))


def classes_in_words(program: Program, classes: Classes) -> Iterator[str]:
    """One class a line: its number, its height above the leaves, what it computes, its members."""
    for number, members in enumerate(classes.members):
        listed = " ".join(f"%{n}" for n in members.tolist())
        name = str(OPERATIONS[int(program.op[members[0]])])
        yield f"class {number}  level {int(classes.level[number])}  {name:6} {listed}"


def kernel_in_words(kernel: Kernel) -> Iterator[str]:
    """Its loops, and where each access lies in them."""
    members = f"{kernel.members} member{'s' * (kernel.members != 1)}"
    yield f"{kernel.name}: {kernel.operation}, {members}, loops {kernel.axes}"
    yield f"  writes {place_in_words(kernel.out)}"
    for segment in kernel.segments:
        yield f"  sums over {segment.axes}" if segment.axes else "  of one term"
        for access in segment.accesses:
            yield f"    reads {place_in_words(access)}"


def place_in_words(access: Access) -> str:
    """A buffer, where in it the first number is, and the strides of the loops."""
    first = int(access.rows[0])
    return f"{access.buffer} from {first}, strides {access.inner} and in the sum {access.reduce}"


def step_of_the_four_rows() -> tuple[Program, Source]:
    """The loss of one row, and the whole step: loss, gradients and update."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    parameters = net.parameters()

    def loss(row: list[Value], target: Value) -> Value:
        return squared_error([net(row)], [target])  # type: ignore[no-any-return]

    program = trace(loss, [[1.0, 2.0, 3.0], 1.0], parameters, per_row=range(2)).program
    count = len(parameters)
    return program, step_source(program, count, formula("plain"), {}, True, True, 1, False)


def step_in_words(source: Source) -> Iterator[str]:
    """The kernels of a step, by phase."""
    titles = ("before the rows:", "for each chunk of rows:", "behind the rows:")
    for title, kernels in zip(titles, phases(fuse(planned(source, MACHINE.lanes))), strict=True):
        if kernels:
            yield title
            yield from (f"  {kernel}" for kernel in kernels)


def page() -> str:
    """The page as Markdown."""
    program = traced()
    verify(program)
    longer = with_gradients(program)
    verify(longer)
    targets = [Target(RESULTS, 0, 1), Target(GRADIENTS, 0, TERMS)]
    planned = fuse(plan(longer, [Region(INPUTS, 0, TERMS)], targets))
    sizes = {PARAMETERS: TERMS, INPUTS: TERMS, RESULTS: 1, GRADIENTS: TERMS}
    loops = loop_program(planned, MACHINE, Chunks(MACHINE.lanes), sizes)
    module = assemble(loops, arrange(planned, MACHINE.lanes, 8), sizes, MACHINE)
    row, step = step_of_the_four_rows()
    kernels = "\n".join(line for kernel in planned.kernels for line in kernel_in_words(kernel))
    return TEXT.format(
        trace=program,
        gradients=longer,
        classes="\n".join(classes_in_words(longer, classify(longer))),
        kernels=kernels,
        loops=loops_in_words(loops),
        llvm=module.text.strip(),
        row=len(row),
        step=len(step.program),
        phases="\n".join(step_in_words(step)),
    )


TEXT = """\
# A worked example

<!-- Printed by tools/print_example.py. -->

A dot product of eight terms and its gradient, through every stage of the compiler. The blocks are
printed by its parts, and a test holds them to it. `f.stages()` shows the same of any function, and
[one training step through every pass](../stages.md) reads it for a network.

```text
w = [Value(0.1 * i) for i in range(8)]

def dot(x):
    return sum(wi * xi for wi, xi in zip(w, x))
```

## Trace

The function runs once, on Values without numbers. The program lists its scalars, each after its
inputs: parameters (the Values that the function closes over), arguments, products, and one sum.
The chain of additions that Python made was flattened into it. `program/ir.py` has the grammar;
`f.ir()` prints this.

```text
{trace}
```

## Gradients

Reverse mode in pull form. The value has the gradient `%25`, 1. Each product passes it to its
factors, times the other factor, and the gradient of each parameter is one sum of all that reaches
it: of one term here, since each parameter is used once. Gradients by the arguments were not asked
for. Products by 1 stay for now: they keep the members of a class alike, and cost nothing in the
end.

```text
{gradients}
```

## Classes

Scalars that are computed alike from scalars that are computed alike. The 42 scalars are seven
classes, found without a look at the loops of the source. Members are ordered by what they belong
to, so the gradients stand in the order of the parameters.

```text
{classes}
```

## Kernels

One loop nest for each class that needs a place in memory. The products (classes 3 and 4) are used
once, so they are inlined into the sums. For each access the addresses of all members and terms
were written down and turned back into strides: of the dot product, `P` and `X` with stride 1 in
the sum. `P` holds the parameters, `X` the arguments, `R` the value, `G` the gradients.

```text
{kernels}
```

## Loops

The loop program says along what vectors run and what is computed at once; `loops/loop_ir.py` has
the grammar. The sum is made in the four numbers of a vector, which `sum v0` adds up.

```text
{loops}
```

## Machine code

LLVM's text, for vectors of four doubles. Both kernels share a function. The first loop adds four
products at a time, each rounded once with its addition (`fma`); behind it the four sums are added
up, the one place where the order of additions is left to LLVM (`reassoc`). In the second loop the
product by 1 is gone. `run` finds the buffers and calls the kernels; [the calling
convention](calling-convention.md) says what it takes. So small a program would be straight-line
code; it is shown as loops here.

```llvm
{llvm}
```

## A training step

The same for `fit` of `MLP(3, [4, 4, 1])` on the four rows, by gradient descent. The loss of one row
is {row} scalars. With the sum over the rows and the gradients it is {step}; the update of all 41
parameters is a second program behind it. These are the kernels of both, one a line: the buffer that
it writes, what it computes, how many members it has, what it sums and what was inlined, and after
*then* what was fused behind it. `G` holds the gradients, `P` the parameters, `R` the loss and the
gradient norm. `batch_sum` is a sum over the rows of the batch, `tanh'0` the upstream gradient times
the partial of `tanh`.

```text
{phases}
```

Read from the top: the gradient of the mean, the first layer, the second layer, the output with the
loss; then the gradients from the last layer to the first, each a sum over the rows: of a bias, of
the weights of one output, of 4 x 4 weights. Behind the rows stand the gradient norm and the update,
one loop over all parameters.
"""


def main() -> int:
    """Write the page, or with --check say whether it is stale."""
    text = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.name} {'is stale' if '--check' in sys.argv else 'written'}")
    return int("--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
