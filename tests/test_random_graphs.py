"""Random programs: the engine, gradients as Values, finite differences and PyTorch agree."""

import copy
import pickle

import pytest
from hypothesis import given
from tests.strategies import programs, run
from tests.test_every_op import torch_peers

from jangrad import Value, engine, gradcheck, gradient


def build(program):
    leaves = [Value(x) for x in program.leaves]
    return leaves, run(program, leaves, engine.apply)


@given(programs())
def test_gradients_are_the_slopes(program):
    """By finite differences."""
    gradcheck(lambda x: run(program, x, engine.apply), list(program.leaves))


@given(programs())
def test_numbers_and_values_agree(program):
    """backtrack, and the gradient that is a graph itself."""
    leaves, root = build(program)
    slopes = [slope.data for slope in gradient(root, leaves)]
    root.backtrack()
    assert [leaf.grad for leaf in leaves] == pytest.approx(slopes, rel=1e-11, abs=1e-11)


@given(programs(12))
def test_second_derivatives_are_the_slopes_of_the_first(program):
    """The gradient is differentiated like anything else."""

    def slope(x):
        return gradient(run(program, x, engine.apply), list(x))[0] + 0.0 * x[0]

    gradcheck(slope, list(program.leaves))


@given(programs())
def test_backtrack_repeats_and_backward_adds(program):
    """backtrack gives the same twice; backward adds once more to leaves, never to inner nodes."""
    leaves, root = build(program)
    tree = root.backtrack()
    first = [node.value.grad for node in tree]
    root.backtrack()
    assert [node.value.grad for node in tree] == first
    for leaf in leaves:
        leaf.zero_grad()
    root.backward()
    once = [leaf.grad for leaf in leaves]
    inner = [node.value.grad for node in tree if node.op]
    root.backward()
    # Contributions are added one by one to what is there, so the last digits may differ.
    doubled = [2.0 * grad for grad in once]
    assert [leaf.grad for leaf in leaves] == pytest.approx(doubled, rel=1e-12, abs=1e-12)
    assert [node.value.grad for node in tree if node.op] == inner


@given(programs())
def test_copies_and_pickles_are_the_same_graph(program):
    """Same numbers, same gradients, and nothing shared with the original."""
    root = build(program)[1]
    root.backtrack()
    for twin in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        assert twin is not root
        ours, theirs = root.backtrack().nodes, twin.backtrack().nodes
        assert [n.data for n in ours] == [n.data for n in theirs]
        assert [n.op for n in ours] == [n.op for n in theirs]
        assert [n.value.grad for n in ours] == [n.value.grad for n in theirs]
        assert not {n.value for n in ours} & {n.value for n in theirs}


@given(programs())
def test_pytorch_agrees(program):
    """The same program with tensors of one number."""
    torch = pytest.importorskip("torch")
    peers = torch_peers(torch)
    leaves, root = build(program)
    root.backtrack()
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.leaves]

    def apply(name, *inputs):
        made = [torch.tensor(x, dtype=torch.float64) if isinstance(x, float) else x for x in inputs]
        return peers[name](*made)

    out = run(program, tensors, apply)
    out.backward()
    slopes = [0.0 if t.grad is None else t.grad.item() for t in tensors]
    assert root.data == pytest.approx(out.item(), rel=1e-10, abs=1e-10)
    assert [leaf.grad for leaf in leaves] == pytest.approx(slopes, rel=1e-9, abs=1e-9)
