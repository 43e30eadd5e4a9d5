"""The door for those who build programs: nodes, buffers and passes.

It brings along all that plans and writes code, so it is imported where something is compiled.
"""

from jangrad.compiler.plan.kernels import Region as Region
from jangrad.compiler.plan.kernels import Target as Target
from jangrad.compiler.plan.kernels import with_own_outputs as with_own_outputs
from jangrad.compiler.plan.parallel import slice_size as slice_size
from jangrad.compiler.program import buffers as buffers
from jangrad.compiler.program import codes as codes
from jangrad.compiler.program.buffers import Buffer as Buffer
from jangrad.compiler.program.differentiate import differentiate as differentiate
from jangrad.compiler.program.differentiate import prune as prune
from jangrad.compiler.program.finite_checks import checked_first as checked_first
from jangrad.compiler.program.grow import Grower as Grower
from jangrad.compiler.program.grow import Nodes as Nodes
from jangrad.compiler.program.grow import batched_by as batched_by
from jangrad.compiler.program.grow import functions_on_nodes as functions_on_nodes
from jangrad.compiler.program.ir import Ints as Ints
from jangrad.compiler.program.ir import Operation as Operation
from jangrad.compiler.program.ir import Program as Program
from jangrad.compiler.program.ir import number_of as number_of
from jangrad.compiler.run.pipeline import Passes as Passes
from jangrad.compiler.run.pipeline import Source as Source
