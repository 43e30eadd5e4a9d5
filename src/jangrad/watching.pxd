# cython: language_level=3
"""The types with which `watching.py` is compiled."""

cdef enum:
    LINES = 1
    STRICT = 2
    TRACING = 4
    SWEEPS = 8

cdef int watch

cpdef tracing()
cpdef bint is_traced() except -1
cpdef bint is_strict() except -1
cpdef refused(error)
cpdef unread(what, instead=*)
cpdef undone(what, instead)
cdef note_read(v, double number)
