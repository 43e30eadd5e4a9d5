"""The compiler: traces functions of scalars, finds the arrays in them, and emits machine code."""

from jangrad.compiler.jit import Compiled as Compiled
from jangrad.compiler.jit import jit as jit
from jangrad.switches import SWITCHES as SWITCHES
from jangrad.switches import without as without
