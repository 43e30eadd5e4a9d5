"""A program that also says whether all that it computes is finite.

It has one output more: a sum of numbers times 0, which is nan where any of them is inf or nan. Not
all numbers are in it, for an infinite term makes a sum infinite: only those that something else
looks at, which might hide what they are, as 1/x hides that x is infinite.

It says no more than that something may be wrong: a program computes both sides of each choice, and
Python one. What Python finds then counts (`origin.py`).
"""

from __future__ import annotations

import numpy as np

from jangrad.compiler.program.codes import BATCH_SUM, CONST, MUL, NEG, PARAM, STATIC, SUM
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.ir import NO_NUMBERS, Ints, Program

#: What is infinite or nan makes what these compute infinite or nan.
_SHOWING = (SUM, BATCH_SUM, NEG, MUL)
#: What a function finds when it is called, and `strict()` has let be or never seen.
_FOUND = (PARAM, CONST, STATIC)


def checked(program: Program) -> Program:
    """The program with one output more: 0, or nan where a number that it computes is not finite.

    It is one for all rows of a batch.
    """
    return _flagged(program, np.zeros(0, np.int64), program.outputs)


def checked_first(program: Program) -> Program:
    """The program whose first output is nan where a number that it computes is not finite.

    That output is the same for all rows of a batch.
    """
    return _flagged(program, program.outputs[:1], program.outputs[1:])


def _flagged(program: Program, first: Ints, others: Ints) -> Program:
    """The program with what is looked at, times 0, added to its first output, or for itself."""
    grower = Grower(program)
    zero, looked_at = grower.constant(0.0), _looked_at(program)
    own = program.batched[looked_at] == 1
    terms = [first if len(first) else zero]
    if not own.all():
        terms.append(grower.nodes(MUL, looked_at[~own], zero))
    if own.any():
        terms.append(grower.wide_sum(grower.nodes(MUL, looked_at[own], zero), BATCH_SUM))
    flag = grower.wide_sum(np.concatenate(terms))
    return grower.finish(np.r_[flag, others] if len(first) else np.r_[others, flag])


def _looked_at(program: Program) -> Ints:
    """The numbers that are given or computed, and are an output or hidden by what uses them."""
    users = np.repeat(program.op, np.diff(program.ptr))
    found = np.zeros(len(program), bool)
    found[program.child[~np.isin(users, _SHOWING)]] = True
    found[program.outputs] = True
    found &= ~np.isin(program.op, (*_FOUND, *NO_NUMBERS))
    return np.flatnonzero(found)
