"""The integers that stand for operations and decisions in the compiler's arrays."""

# What a code of the engine becomes, by its row and form.
LEAF, ADD, ADD_NUMBER, SUB, SUB_NUMBER, NUMBER_SUB = 0, 1, 2, 3, 4, 5
MUL_NUMBER, LEFT, RIGHT, NUMBER = 6, 7, 8, 9
UNARY, BOTH, NUMBER_RIGHT, NUMBER_LEFT, MAXIMUM, STOP = 10, 11, 12, 13, 14, 15

# The first operations of the IR; `ir.py` numbers the others after these.
PARAM, INPUT, CONST, STATIC, SUM, BATCH_SUM, REDUCE_MAX = 0, 1, 2, 3, 4, 5, 6
ARRAY, SCATTER_ADD, BATCH_SCATTER_ADD = 7, 8, 9
NEG, MUL, GATHER, SCATTER, ELEMENT = 10, 11, 12, 13, 14

# How a gradient passes from an operation to one of its inputs.
NOTHING, PASS, NEGATE, TIMES_OTHER, PARTIAL = 0, 1, 2, 3, 4
