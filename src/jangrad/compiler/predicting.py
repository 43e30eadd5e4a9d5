"""The door for networks, which predict in machine code without a word of their users'."""

from jangrad.compiler.jit import Version as Version
from jangrad.compiler.program.trace import OfDerivative as OfDerivative
from jangrad.compiler.run.code import Code as Code
