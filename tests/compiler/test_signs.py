"""The sign of a zero that is computed decides what comes of 1 divided by it."""

import itertools
import math

import numpy as np
import pytest
from tests.compiler.identities import IDENTITIES, LEFT_OUT, NUMBERS, expected, shown

from jangrad import Value, jit, value_and_grad
from jangrad.compiler.program.arguments import flatten
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.trace import trace
from jangrad.functions import (
    clamp,
    elu,
    gelu,
    leaky_relu,
    maximum,
    minimum,
    relu,
    silu,
    sqrt,
    tanh,
    where,
)
from jangrad.lists import dot, norm

FUNCTIONS = {
    "where": lambda a, b, c: where(a > 0.5, b, c),
    "where or 0": lambda a, b, c: where(a > 0.5, b, 0.0),
    "where or -0": lambda a, b, c: where(a > 0.5, b, -0.0),
    "0 or where": lambda a, b, c: where(a > 0.5, 0.0, b),
    "-0 or where": lambda a, b, c: where(a > 0.5, -0.0, b),
    "where in where": lambda a, b, c: where(a > 0.5, where(b >= c, b, c), b * c),
    "a sum of where": lambda a, b, c: where(a > 0.5, b, c) + where(a > b, c, b),
    "minus": lambda a, b, c: -b,
    "a product": lambda a, b, c: b * c,
    "a sum": lambda a, b, c: b + c,
    "a difference": lambda a, b, c: b - c,
    "times -0": lambda a, b, c: b * -0.0,
    "and -0": lambda a, b, c: b + -0.0,
    "a cube": lambda a, b, c: b**3,
    "a power of 1.5": lambda a, b, c: abs(b) ** 1.5 + (0.0 * c) ** 1.5,
    "a root": lambda a, b, c: sqrt(abs(b) * c * c),
    "maximum": lambda a, b, c: maximum(b, c),
    "minimum": lambda a, b, c: minimum(b, c),
    "abs": lambda a, b, c: abs(b),
    "relu": lambda a, b, c: relu(b),
    "leaky_relu": lambda a, b, c: leaky_relu(b),
    "elu": lambda a, b, c: elu(b),
    "clamp": lambda a, b, c: clamp(b, -0.0, 1.0),
    "tanh": lambda a, b, c: tanh(b),
    "gelu": lambda a, b, c: gelu(b),
    "silu": lambda a, b, c: silu(b),
    "dot": lambda a, b, c: dot([a, b], [b, c]),
    "norm": lambda a, b, c: norm([a, b, c]),
}


def signed(x):
    """A number's sign, and whether it is 0."""
    return math.copysign(1.0, x), x == 0.0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_zeros_keep_their_sign_in_every_engine(name):
    f = FUNCTIONS[name]
    called, sloped = jit(lambda *x: f(*x)), jit(value_and_grad(lambda *x: f(*x)))
    points = list(itertools.product([0.0, -0.0, 1.0, -1.0], repeat=3))
    by_rows = jit(lambda *x: f(*x)).map(*np.array(points).T)
    for point, row in zip(points, by_rows, strict=True):
        right = signed(f(*map(Value, point)).data)
        traced = trace(lambda *x: f(*x), point)
        interpreted = interpret(traced.program, [], [flatten(point)[0]])
        found = [called(*point), row, sloped(*point)[0], interpreted[0][0]]
        assert [signed(float(x)) for x in found] == [right] * 4, point


def test_a_constant_zero_that_is_added_is_left_out():
    """Of all signs this one is lost: 0 and -0 would be 0, and the sum is not computed."""
    x = Value(-0.0)
    assert signed((x + 0.0).data) == signed((0.0 - Value(0.0)).data) == (1.0, True)
    assert signed(jit(lambda x: x + 0.0)(-0.0)) == (-1.0, True)
    assert signed(jit(lambda x: 0.0 - x)(0.0)) == (-1.0, True)


def test_a_loop_that_adds_only_minus_zeros_gives_zero():
    """It begins with 0; straight code, of small functions, gives -0 as Python does."""
    in_pairs = jit(lambda x: [x[i] + x[i + 1] for i in range(400)])
    assert {signed(y) for y in in_pairs([-0.0] * 401).tolist()} == {(1.0, True)}
    assert signed(jit(lambda x: x[0] + x[1])([-0.0, -0.0])) == (-1.0, True)


@pytest.mark.parametrize("x", NUMBERS, ids=repr)
def test_nothing_is_left_out_that_changes_a_bit(x):
    """By one, by rows, by the interpreter; a zero that is added is the exception above."""

    def every(x):
        return [f(x) for f in IDENTITIES.values()]

    right = shown(expected(x))
    by_python = shown(v.data for v in every(Value(x)))
    pairs = zip(IDENTITIES, by_python, right, strict=True)
    lost = [name for name, by_python, by_machine in pairs if by_python != by_machine]
    assert lost == [name for name, at in LEFT_OUT if at == repr(x)]
    compiled = jit(every)
    assert dict(zip(IDENTITIES, shown(compiled(x)), strict=True)) == dict(
        zip(IDENTITIES, right, strict=True)
    )
    assert shown(compiled.map([x] * 9)[8]) == right
    traced = trace(every, (x,))
    found = interpret(traced.program, [], [[x]])
    assert shown(by_row[0] for by_row in found) == right
