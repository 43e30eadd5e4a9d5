# cython: language_level=3
"""The types with which `sweeps.py` is compiled."""

cimport cython
from libc.stdint cimport int8_t, int64_t, uint64_t

cdef extern from *:
    """
    static int jg_write_ids(PyObject *objects, PyObject *array) {
        Py_buffer view;
        Py_ssize_t i;
        if (PyObject_GetBuffer(array, &view, PyBUF_WRITABLE)) return -1;
        for (i = 0; i < PyList_GET_SIZE(objects) && i < view.len / 8; i++)
            ((int64_t *)view.buf)[i] = (int64_t)(Py_ssize_t)PyList_GET_ITEM(objects, i);
        PyBuffer_Release(&view);
        return 0;
    }
    static Py_ssize_t jg_address(PyObject *array) {
        Py_buffer view;
        if (PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)) return -1;
        PyBuffer_Release(&view);
        return (Py_ssize_t)view.buf;
    }
    """
    # The addresses of objects, which are what `id` gives, into an array of 64-bit numbers.
    int _write_ids "jg_write_ids"(list objects, array) except -1
    # Where the numbers of an array begin.
    Py_ssize_t _address "jg_address"(array) except -1

cdef int64_t LEAF, ADD, ADD_NUMBER, SUB, SUB_NUMBER, NUMBER_SUB
cdef int64_t MUL_NUMBER, LEFT, RIGHT, NUMBER, UNARY, BOTH, NUMBER_RIGHT, NUMBER_LEFT
cdef int64_t MAXIMUM, STOP
cdef int64_t CONST, STATIC, SUM, REDUCE_MAX, NEG, BATCH_SCATTER_ADD, NOTHING
cdef uint64_t _MIX_A, _MIX_B, _STEP, _ALL

cdef bint is_sum(int64_t r) noexcept nogil

cpdef write_ids(list objects, to)
cpdef flatten(argument, list numbers, list shape, other, int deepest)

@cython.locals(n=int64_t, r=int64_t, left=int64_t, right=int64_t)
cpdef resolve(
    int64_t[::1] codes, int64_t[::1] lefts, int64_t[::1] rights, double[::1] numbers,
    int64_t[::1] role, int64_t[::1] alias, int64_t[::1] uses, int8_t[::1] additive, int8_t[::1] shift)

@cython.locals(
    count=int64_t, edges=int64_t, n=int64_t, r=int64_t, top=int64_t, terms=int64_t, limit=int64_t,
    m=int64_t, q=int64_t, t=int64_t, k=int64_t, inlines=bint, number=double)
cpdef lower(
    int64_t[::1] codes, int64_t[::1] lefts, int64_t[::1] rights, double[::1] numbers,
    int64_t[::1] role, int64_t[::1] alias, int64_t[::1] uses, int8_t[::1] additive,
    int8_t[::1] shift, int64_t[::1] leaf_op, int64_t[::1] leaf_slot, int64_t[::1] opcode, int8_t[::1] static,
    int64_t[::1] stack, int64_t[::1] node, int64_t[::1] op, double[::1] value, int64_t[::1] slot,
    int64_t[::1] ptr, int64_t[::1] child)

@cython.locals(n=int64_t, e=int64_t)
cpdef spread(int64_t[::1] ptr, int64_t[::1] child, int8_t[::1] marks)

@cython.locals(n=int64_t, e=int64_t)
cpdef reach(int64_t[::1] ptr, int64_t[::1] child, int8_t[::1] marks)

@cython.locals(n=int64_t, e=int64_t)
cpdef find_needed(
    int64_t[::1] op, int64_t[::1] ptr, int64_t[::1] child, int64_t[:, ::1] plan, int8_t[::1] needed)

@cython.locals(
    n=int64_t, h=uint64_t, top=int64_t, distinct=int64_t, e=int64_t, c=int64_t, x=uint64_t,
    known=bint, k=int64_t)
cpdef hash_nodes(
    uint64_t[::1] own, int64_t[::1] ptr, int64_t[::1] child, int8_t[::1] salted,
    int8_t[::1] ragged, uint64_t[::1] seen, uint64_t[::1] hashes, int64_t[::1] level)

@cython.locals(mask=uint64_t, count=int64_t, n=int64_t, h=uint64_t, k=uint64_t)
cpdef number_alike(
    uint64_t[::1] hashes, int64_t[::1] table, int64_t[::1] of, int64_t[::1] first)

@cython.locals(k=int64_t, n=int64_t, c=int64_t)
cpdef group_by_class(
    int64_t[::1] order, int64_t[::1] of, int64_t[::1] starts, int64_t[::1] filled,
    int64_t[::1] by_class, int64_t[::1] place)

@cython.locals(
    k=int64_t, n=int64_t, s=int64_t, d=int64_t, e=int64_t, c=int64_t, t=int64_t, below=int64_t)
cpdef wavefronts(
    int64_t[::1] order, int64_t[::1] ptr, int64_t[::1] child, int8_t[::1] irregular, int64_t[::1] of,
    int64_t[::1] of_class, int64_t[::1] wavefront, int64_t[::1] depth)
