# cython: language_level=3
"""The types with which `engine.py` is compiled. Without a compiler the same file runs untyped."""

cimport cython
from jangrad cimport watching
from libc.stdint cimport uint16_t, uint32_t, uint64_t

# The primitives of ieee.py: C's own functions are the IEEE ones, but for the roots of -inf.
cdef extern from "math.h" nogil:
    # <c_primitives>
    double _abs "fabs"(double)
    double _floor "floor"(double)
    double _ceil "ceil"(double)
    double _exp "exp"(double)
    double _expm1 "expm1"(double)
    double _exp2 "exp2"(double)
    double _log "log"(double)
    double _log1p "log1p"(double)
    double _log2 "log2"(double)
    double _log10 "log10"(double)
    double _sqrt "sqrt"(double)
    double _cbrt "cbrt"(double)
    double _sin "sin"(double)
    double _cos "cos"(double)
    double _tan "tan"(double)
    double _asin "asin"(double)
    double _acos "acos"(double)
    double _atan "atan"(double)
    double _atan2 "atan2"(double, double)
    double _sinh "sinh"(double)
    double _cosh "cosh"(double)
    double _tanh "tanh"(double)
    double _asinh "asinh"(double)
    double _acosh "acosh"(double)
    double _atanh "atanh"(double)
    double _erf "erf"(double)
    double _erfc "erfc"(double)
    # </c_primitives>

cdef extern from *:
    """
    #include <math.h>
    static inline double jg_div(double a, double b) { return a / b; }
    static inline double jg_power(double a, double b) {
        return a == -HUGE_VAL && b != floor(b) ? NAN : pow(a, b);
    }
    /* Python's: the sign is that of b */
    static inline double jg_mod(double a, double b) {
        double rest = fmod(a, b);
        if (rest == 0.0) return copysign(0.0, b);
        return (b < 0.0) != (rest < 0.0) ? rest + b : rest;
    }
    """
    double _div "jg_div"(double, double) nogil
    double _mod "jg_mod"(double, double) nogil
    double _power "jg_power"(double, double) nogil

# The memory of nodes is the engine's alone; what cimports these types has none of its own.
cdef extern from *:
    """
    #ifdef JANGRAD_ENGINE
    #include "nodes.h"
    #endif
    """
    object node_make(int code, double data, object left, object right, double aux, uint64_t stamp)
    int nodes_install(object type, object notes, object attribute, object init_subclass) except -1
    int nodes_adopt(object light)
    int nodes_trace(object traced)
    bint node_adds(object something)

# Fields in the order of the struct Node in nodes.h: 80 bytes with Python's own 16.
cdef class Value:
    cdef double _data
    cdef double _grad
    cdef double _aux
    cdef Value _left
    cdef Value _right
    cdef Value _link
    cdef uint64_t _stamp
    cdef uint32_t _uses
    cdef uint16_t _code
    cdef uint16_t _flags

cdef enum:
    # <c_codes>
    LEAF, ADD, ADD_NUMBER, NUMBER_ADD, MUL, MUL_NUMBER, NUMBER_MUL, SUB, SUB_NUMBER, NUMBER_SUB,
    DIV, DIV_NUMBER, NUMBER_DIV, MOD, MOD_NUMBER, NUMBER_MOD, NEG, POW, POW_NUMBER, NUMBER_POW,
    RAISED, RAISED_NUMBER, NUMBER_RAISED, POWER_LOG, POWER_LOG_NUMBER, NUMBER_POWER_LOG, ABS,
    MINIMUM, MINIMUM_NUMBER, NUMBER_MINIMUM, MAXIMUM, MAXIMUM_NUMBER, NUMBER_MAXIMUM, AT_LEAST,
    AT_LEAST_NUMBER, NUMBER_AT_LEAST, AT_MOST, AT_MOST_NUMBER, NUMBER_AT_MOST, SIGN, FLOOR,
    CEIL, WHERE_TRUE, WHERE_TRUE_NUMBER, NUMBER_WHERE_TRUE, WHERE_FALSE, WHERE_FALSE_NUMBER,
    NUMBER_WHERE_FALSE, EXP, EXPM1, EXP2, LOG, LOG1P, LOG2, LOG10, LOGADDEXP, LOGADDEXP_NUMBER,
    NUMBER_LOGADDEXP, XLOGY, XLOGY_NUMBER, NUMBER_XLOGY, REL_ENTR, REL_ENTR_NUMBER,
    NUMBER_REL_ENTR, SQRT, CBRT, HYPOT, HYPOT_NUMBER, NUMBER_HYPOT, SIN, COS, TAN, ASIN, ACOS,
    ATAN, TANH, ATAN2, ATAN2_NUMBER, NUMBER_ATAN2, SINH, COSH, ASINH, ACOSH, ATANH, SIGMOID,
    SOFTPLUS, LOGSIGMOID, ERF, ERFC, RELU, LEAKY_RELU, LEAKY_RELU_NUMBER, NUMBER_LEAKY_RELU,
    RELU6, ELU, ELU_NUMBER, NUMBER_ELU, SELU, GELU, GELU_TANH, SILU, LESS, LESS_NUMBER,
    NUMBER_LESS, LESS_EQUAL, LESS_EQUAL_NUMBER, NUMBER_LESS_EQUAL, EQUAL, EQUAL_NUMBER,
    NUMBER_EQUAL, GATE, GATE_NUMBER, NUMBER_GATE, SIDE, SIDE_NUMBER, NUMBER_SIDE, STOP_GRADIENT,
    SHIFT, MINUS, MINUS_NUMBER, NUMBER_MINUS, GATHER, GATHER_NUMBER, NUMBER_GATHER, SCATTER,
    SCATTER_NUMBER, NUMBER_SCATTER, FIRST_USER_CODE
    # </c_codes>

cdef int CLOSURE, HAS_GRAD, HAS_NOTE, ARGUMENT, SYMBOL, PLAIN, TEST
cdef uint64_t _clock
cdef double _serial

# <c_functions>
cdef double _raised(double a, double b) noexcept nogil
cdef double _power_log(double a, double b) noexcept nogil
cdef double _minimum(double a, double b) noexcept nogil
cdef double _maximum(double a, double b) noexcept nogil
cdef double _at_least(double a, double b) noexcept nogil
cdef double _at_most(double a, double b) noexcept nogil
cdef double _sign(double x) noexcept nogil
cdef double _xlogy(double a, double b) noexcept nogil
cdef double _rel_entr(double a, double b) noexcept nogil
cdef double _hypot(double a, double b) noexcept nogil
cdef double _sigmoid(double x) noexcept nogil
cdef double _softplus(double x) noexcept nogil
cdef double _relu(double x) noexcept nogil
cdef double _leaky_relu(double a, double b) noexcept nogil
cdef double _relu6(double x) noexcept nogil
cdef double _elu(double a, double b) noexcept nogil
cdef double _selu(double x) noexcept nogil
cdef double _shift(double x) noexcept nogil
cdef double _minus(double a, double b) noexcept nogil
# </c_functions>

cdef Value _node(int op, double data, Value left, Value right, double aux)
@cython.locals(t=Value, a=Value, b=Value, c=double, p=Value, row=list, i=Py_ssize_t)
cpdef weighted_sum(start, weights, inputs)
cdef _operand(other)
cdef _argument(other)
cdef int _check_power(double base, double exponent, bint varies) except -1
cdef int _sweep(Value root, bint fresh, bint kept) except -1
@cython.locals(top=Value, v=Value, left=Value, right=Value)
cdef int _count_uses(Value root, bint fresh, bint kept) except -1
@cython.locals(top=Value, v=Value, left=Value, right=Value, unreached=int)
cdef int _propagate_all(Value root) except -1
@cython.locals(op=int, unreached=int, a=double, b=double, x=double, y=double)
cdef int _propagate(Value v, Value left, Value right, double g) except -1
cdef int _propagate_user(Value v, double g) except -1
cdef int _propagate_once(Value v) except -1
cpdef check_fresh(nodes)
cdef bint _is_stale(Value v) except -1
cdef int _look_at(Value v) except -1
cdef double _number(Value v)
cdef bint _hidden(Value v) except -1
cdef bint _is_symbol(Value v, other) except -1
cdef int _check_shown(Value v) except -1
cdef _is_equal(Value v, other)
cdef _test(Value v)
cdef _tests(operator, Value v, other)
@cython.locals(left=Value, right=Value, both=int, either=int)
cdef int _mark(Value v) except -1
cdef _spoken(Value value)
cdef _note_of(Value v)
cdef bint _adds(x) noexcept
cdef list _noted(Value v)
cpdef close_over(Value v, Value left, Value right)
