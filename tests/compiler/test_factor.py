"""Loop nests from addresses: they enumerate exactly what they came from, and find what is there."""

from itertools import pairwise, product

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from jangrad.compiler.plan.factor import delinearise, line, separate


@st.composite
def nests(draw, accesses):
    """Addresses of a loop nest in order: shape (accesses, turns)."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    strides = draw(
        st.lists(
            st.tuples(*[st.integers(-7, 7)] * len(sizes)), min_size=accesses, max_size=accesses
        )
    )
    turns = np.array(list(product(*map(range, sizes))))
    return turns @ np.array(strides).T.reshape(len(sizes), accesses)


@st.composite
def addresses(draw):
    """Addresses (accesses, members, terms): nests, some of them shuffled, cut or sent elsewhere."""
    accesses = draw(st.integers(1, 3))
    members = draw(nests(accesses)).T
    kind = draw(st.sampled_from(["in order", "shuffled", "cut", "twice", "permuted", "triangular"]))
    if kind == "shuffled":
        members = members[:, draw(st.permutations(range(members.shape[1])))]
    elif kind == "cut":
        members = members[:, : draw(st.integers(1, members.shape[1]))]
    elif kind == "twice":
        members = np.concatenate([members, draw(nests(accesses)).T], axis=1)
    elif kind == "triangular":
        size = draw(st.integers(1, 5))
        i, j = np.tril_indices(size)
        members = np.stack([[i, j, i * size + j][a] for a in range(accesses)])
    members = members - members.min()
    if kind == "permuted":  # a parameter's slot may be anything
        members = np.array(draw(st.permutations(range(int(members.max()) + 1))))[members]
    terms = draw(nests(accesses)).T
    whole = members[:, :, None] + terms[:, None, :]
    if draw(st.booleans()):  # terms that lie differently for different members
        whole = (
            whole
            + draw(st.integers(1, 3))
            * (np.arange(whole.shape[1])[:, None] % 2)
            * (np.arange(whole.shape[2])[None, :])
        )
    return np.ascontiguousarray(whole)


def turns_of(axes):
    """The indices of all turns of a nest, the last axis fastest."""
    return list(product(*(range(axis.size) for axis in axes)))


@given(addresses(), st.integers(1, 3), st.integers(0, 2))
def test_a_delinearised_nest_is_what_it_came_from(whole, period, things):
    """Row after row and turn after turn, each access is where it was, and nothing fixed changes."""
    members = whole.shape[1]
    fixed = np.tile(np.arange(members) // period % 2, (things, 1))
    axes, rest, kept = delinearise(whole, fixed)
    m = 0
    for row in range(rest.shape[1]):
        for turn in turns_of(axes):
            moved = [
                sum(i * axis.strides[a] for i, axis in zip(turn, axes, strict=True))
                for a in range(whole.shape[0])
            ]
            assert (rest[:, row] + np.array(moved)[:, None] == whole[:, m]).all()
            assert (kept[:, row] == fixed[:, m]).all()
            m += 1
    assert m == members


@given(addresses())
def test_a_separate_reduction_is_what_it_came_from(whole):
    """Where terms lie alike for all members their axes say where; elsewhere there are none."""
    axes = separate(whole)
    alike = (np.diff(whole, axis=1) == np.diff(whole, axis=1)[:, :, :1]).all()
    if not alike:
        assert axes is None
    assume(axes is not None)
    for t, turn in enumerate(turns_of(axes)):
        for a in range(whole.shape[0]):
            moved = sum(i * axis.strides[a] for i, axis in zip(turn, axes, strict=True))
            assert (whole[a, :, t] == whole[a, :, 0] + moved).all()
    assert np.prod([axis.size for axis in axes], dtype=int) == whole.shape[2]


@given(st.integers(1, 3).flatmap(nests))
def test_a_loop_nest_in_order_is_found_whole(found):
    """No row of members is left over, and neither is a term."""
    whole = np.ascontiguousarray(found.T[:, :, None])
    _, rest, _ = delinearise(whole, np.zeros((0, whole.shape[1]), np.int64))
    assert rest.shape[1] == 1
    axes = separate(whole.transpose(0, 2, 1))
    assert axes is not None


@given(st.lists(st.integers(-3, 9), min_size=1, max_size=6))
def test_a_line_is_a_start_and_a_step(numbers):
    """Where all steps are alike, and only there."""
    found = line(np.array(numbers))
    steps = {b - a for a, b in pairwise(numbers)}
    assert (found is not None) == (len(steps) <= 1)
    if found is not None:
        assert [found[0] + found[1] * i for i in range(len(numbers))] == numbers
