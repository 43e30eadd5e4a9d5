# cython: language_level=3
"""The types with which `tape.py` is compiled."""

cimport cython
from libc.stdint cimport uint32_t
from jangrad cimport engine
from jangrad.engine cimport Value

@cython.locals(root=Value, v=Value, left=Value, right=Value, count=uint32_t)
cpdef tape(roots)
@cython.locals(v=Value, left=Value, right=Value, i=Py_ssize_t, codes="long long[:]",
               lefts="long long[:]", rights="long long[:]", numbers="double[:]", times="long long[:]")
cdef _write_tape(nodes, codes, lefts, rights, numbers, times)
@cython.locals(now=double, v=Value, i=Py_ssize_t, to="double[:]")
cpdef read_data(values, to, double seen=*)
@cython.locals(v=Value, i=Py_ssize_t, numbers="double[:]")
cpdef write_data(leaves, numbers)
