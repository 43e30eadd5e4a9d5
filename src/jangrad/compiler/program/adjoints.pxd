# cython: language_level=3
"""The types with which `adjoints.py` is compiled."""

cimport cython
from libc.stdint cimport int8_t, int64_t

cdef int64_t PARAM, INPUT, CONST, STATIC, SUM, BATCH_SUM, MUL
cdef int64_t _MOST_ALTERNATIVES
cdef int64_t ARRAY, SCATTER_ADD, BATCH_SCATTER_ADD, GATHER, SCATTER, ELEMENT
cdef int64_t NOTHING, PASS, NEGATE, TIMES_OTHER, PARTIAL

cdef class Adjoints:
    cdef int64_t[::1] op, slot, ptr, child, key, first, following, terms, element, under
    cdef double[::1] value
    cdef int8_t[::1] batched, maybe_nan
    cdef int64_t[:, ::1] reaches_op, reaches_uses
    cdef int64_t[::1] above, test, holds, truth, opposite, explicit, per_row, owner, position
    cdef int64_t[::1] following_test, seen, chain, of_test, unit, last_of, hits, unit_scatter
    cdef int64_t gate, equal, one, zero, exact, count, edges, contributions, left_maybe_nan, conditions
    cdef int64_t last, last_size, last_batched
    cdef int8_t is_batched
    cdef inline void input(self, int64_t c)
    @cython.locals(b=int64_t)
    cdef void inputs_of_rule(self, int64_t n, int64_t bits)
    @cython.locals(n=int64_t)
    cdef inline int64_t node(self, int64_t o, int64_t key)
    cdef int64_t append(self, int64_t o, int64_t one, int64_t two)
    @cython.locals(k=int64_t)
    cdef inline void contribute(
        self, int64_t n, int64_t term, int64_t under, int8_t maybe_nan, int64_t element)
    @cython.locals(k=int64_t)
    cdef int64_t scatter_add(self, int64_t n, bint part, int64_t[::1] updates)
    @cython.locals(k=int64_t)
    cdef int64_t condition(
        self, int64_t above, int64_t test, int64_t holds, int64_t explicit, int64_t per_row)
    @cython.locals(k=int64_t)
    cdef int64_t below_rule(self, int64_t above, int64_t n, int64_t i)
    @cython.locals(k=int64_t)
    cdef int64_t at_place(self, int64_t n, int64_t place)
    @cython.locals(total=int64_t, part=int64_t, array=int64_t, own=int64_t)
    cdef int64_t gathered(self, int64_t n, int64_t place)
    @cython.locals(k=int64_t, one=int64_t, index=int64_t)
    cdef int64_t count_gathers(self, int64_t n, bint part)
    @cython.locals(holds=int64_t, o=int64_t, second=int64_t, opposite=int64_t, k=int64_t)
    cdef int64_t below(self, int64_t above, int64_t test)
    @cython.locals(j=int64_t, own=int64_t, found=int64_t)
    cdef int64_t cut(self, int64_t k, int64_t term)
    cdef int64_t said(self, int64_t n, int64_t i)
    @cython.locals(o=int64_t, k=int64_t, found=int64_t, gated=bint, alike=bint, always=bint)
    cdef int64_t meet(self, int64_t n)
    @cython.locals(
        top=int64_t, k=int64_t, c=int64_t, left=int64_t, explicit=int64_t, total=int64_t,
        part=int64_t, alike=bint)
    cdef int64_t either(self, int64_t n)
    @cython.locals(own=int64_t)
    cdef int64_t one_if_met(self, int64_t k)

@cython.locals(
    made=Adjoints, n=int64_t, k=int64_t, of_rows=int64_t, others=int64_t, g=int64_t, o=int64_t,
    start=int64_t, e=int64_t, c=int64_t, i=int64_t, p=int64_t, term=int64_t, other=int64_t,
    part=int64_t, _place=int64_t, asks=bint, condition=int64_t, met=int64_t, left_maybe_nan=int64_t,
    term_maybe_nan=int64_t, following=int64_t[::1], terms=int64_t[::1], element=int64_t[::1])
cpdef differentiate(
    int64_t[::1] op, double[::1] value, int64_t[::1] slot, int64_t[::1] ptr, int64_t[::1] child,
    int64_t[::1] key, int8_t[::1] batched, int8_t[::1] needed, int8_t[::1] forced,
    int64_t[:, ::1] plan, int64_t[:, ::1] partial_op, int64_t[:, ::1] partial_uses,
    int64_t[:, ::1] reaches_op, int64_t[:, ::1] reaches_uses, int64_t[:, ::1] bounded, int64_t root,
    int64_t one, int64_t last, int64_t[::1] first, int64_t[:, ::1] links, int8_t[::1] maybe_nan,
    int64_t[::1] adjoint, int64_t[:, ::1] rows, int64_t gate, int64_t side, int64_t equal,
    int64_t exact)
