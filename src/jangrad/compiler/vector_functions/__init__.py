"""Elementary functions on vectors: exp, log, tanh and all others that the table calls native.

They know nothing of programs. `alone` is the door to the functions themselves, which are imported
where code is written, and compiles one of them alone; this one is to what they are made of.
"""

from jangrad.compiler.vector_functions.coefficients import ATAN as ATAN
from jangrad.compiler.vector_functions.coefficients import COS as COS
from jangrad.compiler.vector_functions.coefficients import SIN as SIN
from jangrad.compiler.vector_functions.lanes import Lanes as Lanes
from jangrad.compiler.vector_functions.lanes import Vector as Vector
from jangrad.compiler.vector_functions.lanes import bits_of as bits_of
