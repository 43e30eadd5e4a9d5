# cython: language_level=3
"""The types with which `adjoints.py` is compiled."""

cimport cython
from libc.stdint cimport int8_t, int64_t

cdef int64_t PARAM, INPUT, CONST, STATIC, SUM, BATCH_SUM, MUL
cdef int64_t _MOST_ALTERNATIVES
cdef int64_t ARRAY, SCATTER_ADD, BATCH_SCATTER_ADD, PICK, PUT, ELEMENT
cdef int64_t NOTHING, PASS, NEGATE, TIMES_OTHER, SLOPE

cdef class Gates:
    cdef int64_t[::1] op, slot, ptr, child, key, first, following, terms, under
    cdef double[::1] value
    cdef int8_t[::1] batched, dirty
    cdef int64_t[:, ::1] reaches_op, reaches_uses
    cdef int64_t[::1] above, test, holds, truth, opposite, explicit, wide, owner, position
    cdef int64_t[::1] following_test, seen, chain, of_test, unit, last_of, hits, unit_put
    cdef int64_t gate, equal, one, zero, exact, count, edges, unclean, conditions, last, last_size, last_batched
    @cython.locals(n=int64_t)
    cdef int64_t append(self, int64_t o, int64_t one, int64_t two)
    @cython.locals(k=int64_t)
    cdef int64_t condition(
        self, int64_t above, int64_t test, int64_t holds, int64_t explicit, int64_t wide)
    @cython.locals(k=int64_t)
    cdef int64_t below_rule(self, int64_t above, int64_t n, int64_t i)
    @cython.locals(k=int64_t)
    cdef int64_t at_place(self, int64_t n, int64_t place)
    @cython.locals(total=int64_t, part=int64_t, array=int64_t, own=int64_t)
    cdef int64_t picked(self, int64_t n, int64_t place)
    @cython.locals(
        k=int64_t, one=int64_t, index=int64_t, start=int64_t, wide=int64_t, found=int64_t)
    cdef int64_t count_picks(self, int64_t n, bint part)
    @cython.locals(holds=int64_t, o=int64_t, second=int64_t, opposite=int64_t, k=int64_t)
    cdef int64_t below(self, int64_t above, int64_t test)
    @cython.locals(j=int64_t, own=int64_t, found=int64_t)
    cdef int64_t cut(self, int64_t k, int64_t term)
    @cython.locals(found=int64_t, bits=int64_t, b=int64_t, other=int64_t)
    cdef int64_t said(self, int64_t n, int64_t i)
    @cython.locals(o=int64_t, k=int64_t, found=int64_t, alike=bint, always=bint)
    cdef int64_t meet(self, int64_t n)
    @cython.locals(
        top=int64_t, k=int64_t, c=int64_t, left=int64_t, explicit=int64_t, total=int64_t,
        part=int64_t, start=int64_t, wide=int64_t, alike=bint)
    cdef int64_t either(self, int64_t n)
    @cython.locals(own=int64_t)
    cdef int64_t one_if_met(self, int64_t k)

@cython.locals(
    size=int64_t, count=int64_t, edges=int64_t, links=int64_t, n=int64_t, k=int64_t, of_rows=int64_t,
    others=int64_t, g=int64_t, is_batched=int8_t, o=int64_t, start=int64_t, e=int64_t, c=int64_t,
    i=int64_t, p=int64_t, term=int64_t, other=int64_t, bits=int64_t, b=int64_t, part=int64_t,
    apart=int64_t, gates=Gates, gated=bint, asks=bint, condition=int64_t, met=int64_t, unclean=int64_t,
    soiled=int64_t)
cpdef differentiate(
    int64_t[::1] op, double[::1] value, int64_t[::1] slot, int64_t[::1] ptr, int64_t[::1] child,
    int64_t[::1] key, int8_t[::1] batched, int8_t[::1] needed, int8_t[::1] forced,
    int64_t[:, ::1] plan, int64_t[:, ::1] slope_op, int64_t[:, ::1] slope_uses,
    int64_t[:, ::1] reaches_op, int64_t[:, ::1] reaches_uses, int64_t[:, ::1] tame, int64_t root,
    int64_t one, int64_t last, int64_t[::1] first, int64_t[::1] following, int64_t[::1] terms,
    int64_t[::1] spot, int64_t[::1] under, int8_t[::1] dirty, int64_t[::1] adjoint,
    int64_t[:, ::1] rows, int64_t gate, int64_t side, int64_t equal, int64_t exact)
