"""Attention and convolutions against PyTorch, as numbers, as Values and compiled; their errors."""

import random

import pytest

from jangrad import Value, jit
from jangrad.errors import ConfigError, NotANumber, ShapeError
from jangrad.nn import attention, attention_weights, conv1d, conv2d

draw = random.Random(0)
QUERY = [draw.gauss(0, 1) for _ in range(4)]
KEYS = [[draw.gauss(0, 1) for _ in range(4)] for _ in range(5)]
VALUES = [[draw.gauss(0, 1) for _ in range(3)] for _ in range(5)]
SIGNAL = [draw.gauss(0, 1) for _ in range(9)]
IMAGE = [[draw.gauss(0, 1) for _ in range(6)] for _ in range(7)]
KERNEL = [[draw.gauss(0, 1) for _ in range(2)] for _ in range(3)]


def test_attention_is_that_of_pytorch():
    """Values, gradients and machine code."""
    torch = pytest.importorskip("torch")
    q, k, v = (torch.tensor([x], dtype=torch.float64) for x in ([QUERY], KEYS, VALUES))
    q.requires_grad_()
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    theirs.sum().backward()
    query = [Value(x) for x in QUERY]
    mine = attention(query, KEYS, VALUES)
    sum(mine).backward()
    assert [x.data for x in mine] == pytest.approx(theirs.detach().numpy().ravel(), rel=1e-12)
    assert [x.grad for x in query] == pytest.approx(q.grad.numpy().ravel(), rel=1e-9)
    assert jit(attention)(QUERY, KEYS, VALUES) == pytest.approx([x.data for x in mine], rel=1e-12)
    assert sum(attention_weights(QUERY, KEYS)) == pytest.approx(1.0)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_convolutions_are_those_of_pytorch(stride):
    """In one dimension and in two, as numbers and compiled."""
    torch = pytest.importorskip("torch")
    f = torch.nn.functional

    def tensor(x):
        return torch.tensor([[x]], dtype=torch.float64)

    flat = f.conv1d(tensor(SIGNAL), tensor(KERNEL[0]), stride=stride)[0, 0].numpy()
    square = f.conv2d(tensor(IMAGE), tensor(KERNEL), stride=stride)[0, 0].numpy()
    assert conv1d(SIGNAL, KERNEL[0], stride) == pytest.approx(flat, rel=1e-12)
    for mine, theirs in zip(conv2d(IMAGE, KERNEL, stride), square, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-12)
    compiled = jit(lambda image, kernel: conv2d(image, kernel, stride))(IMAGE, KERNEL)
    assert compiled == pytest.approx(square, rel=1e-12)


def test_a_kernel_learns():
    """The gradient of each of its numbers is the sum of what it lay on."""
    kernel = [Value(1.0), Value(-1.0)]
    sum(conv1d([1.0, 2.0, 4.0], kernel)).backtrack()
    assert [k.grad for k in kernel] == [3.0, 6.0]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: attention_weights([1.0], []), ShapeError, "keys"),
        (lambda: attention_weights([1.0], [[1.0, 2.0]]), ShapeError, "`keys[0]` has 2 numbers"),
        (lambda: attention_weights(1.0, [[1.0]]), ShapeError, "`query` is to be a list"),
        (lambda: attention([1.0], [[1.0]], [[1.0], [2.0]]), ShapeError, "`values` has 2"),
        (lambda: attention([1.0], [["a"]], [[1.0]]), NotANumber, "keys"),
        (lambda: conv1d([1.0], [1.0, 2.0]), ShapeError, "the kernel has a length of 2"),
        (lambda: conv1d([1.0], []), ShapeError, "the kernel has a length of 0"),
        (
            lambda: conv1d([1.0], [1.0], 0),
            ConfigError,
            "`stride` is to be an integer of at least 1",
        ),
        (lambda: conv2d([[1.0], [2.0]], [[1.0, 1.0]]), ShapeError, "`image[0]` of 1"),
        (lambda: conv2d([[1.0]], [[1.0], [1.0]]), ShapeError, "`image` of 1"),
    ],
)
def test_errors_say_what_is_wrong(call, error, said):
    """Which argument, and what it was."""
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("image", "kernel", "named"),
    [
        ([1.0, 2.0], [1.0], r"image\[0\]"),
        ([[1.0, 2.0]], [1.0], r"kernel\[0\]"),
        ([[1.0, 2.0], [3.0]], [[1.0]], r"image\[1\]"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0]], r"kernel\[1\]"),
    ],
)
def test_a_convolution_names_the_row_that_does_not_fit(image, kernel, named):
    with pytest.raises(ShapeError, match=named):
        conv2d(image, kernel)
