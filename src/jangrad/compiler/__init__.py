"""The compiler: traces functions of scalars, finds the arrays in them, and emits machine code."""

from jangrad.compiler.jit import Compiled as Compiled
from jangrad.compiler.jit import jit as jit
