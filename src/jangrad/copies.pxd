# cython: language_level=3
"""The types with which `copies.py` is compiled."""

cimport cython
from jangrad cimport engine, watching
from jangrad.engine cimport Value

@cython.locals(out=Value)
cpdef copied(Value v)
cpdef reduced(Value v)
cdef int _check_known(Value v) except -1
@cython.locals(left=Value, right=Value)
cdef tuple _parts_of(Value v)
@cython.locals(v=Value)
cpdef _node_from(_, sent, double data, double grad, Value left, Value right, double aux, int flags, label)
