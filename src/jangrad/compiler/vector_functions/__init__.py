"""Elementary functions on vectors: exp, log, tanh and all others that the table calls native.

They know nothing of programs. `ArrayFunction` compiles one of them alone.
"""

from jangrad.compiler.vector_functions.alone import ArrayFunction as ArrayFunction
from jangrad.compiler.vector_functions.alone import vector_function as vector_function
from jangrad.compiler.vector_functions.lanes import Lanes as Lanes
from jangrad.compiler.vector_functions.lanes import LlvmLanes as LlvmLanes
from jangrad.compiler.vector_functions.lanes import NumpyLanes as NumpyLanes
from jangrad.compiler.vector_functions.lanes import Value as Value
from jangrad.compiler.vector_functions.lanes import bits_of as bits_of
