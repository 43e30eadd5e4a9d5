"""Embeddings, one-hot rows, sampling, dropout: what they give, compiled too, and their errors."""

import math
import random
from collections import Counter

import pytest

from jangrad import Value, jit, softmax
from jangrad.errors import ConfigError, DataError, NoSuchRow, NotANumber, ShapeError
from jangrad.nn import Embedding, dropout_mask, one_hot, sample


def test_an_embedding_gives_rows_that_learn():
    """A row that is picked twice gets both gradients; others get none."""
    letters = Embedding(4, 3, seed=0)
    assert len(letters.parameters()) == 12
    assert list(letters.named_parameters())[:2] == ["weights.0.0", "weights.0.1"]
    (letters(1)[2] * 2.0 + letters(1)[2] * 3.0).backtrack()
    assert letters.weights[1][2].grad == 5.0
    assert jit(letters)(2).tolist() == [w.data for w in letters.weights[2]]


def test_equal_seeds_give_equal_embeddings_and_a_generator_goes_on():
    """As for layers."""
    assert Embedding(2, 2, seed=5).state() == Embedding(2, 2, seed=5).state()
    draw = random.Random(5)
    assert Embedding(2, 2, seed=draw).state() != Embedding(2, 2, seed=draw).state()


@pytest.mark.parametrize("index", [0, 3, 2.0])
def test_one_hot_is_a_row_of_the_identity(index):
    """By Python, and in a trace where the index comes with the call."""
    wanted = [float(place == index) for place in range(4)]
    assert one_hot(index, 4) == wanted
    assert jit(lambda i: one_hot(i, 4))(index).tolist() == wanted


def test_samples_are_as_often_as_their_probabilities():
    """Within five standard deviations, of numbers and of Values, at every temperature."""
    logits, count = [0.5, -1.0, 2.0, -math.inf], 20_000
    for temperature in (0.5, 1.0, 3.0):
        draw = random.Random(1)
        given = [Value(v) for v in logits] if temperature == 1.0 else logits
        seen = Counter(sample(given, temperature=temperature, seed=draw) for _ in range(count))
        for index, p in enumerate(softmax([v / temperature for v in logits])):
            assert abs(seen[index] - count * p) <= 5 * math.sqrt(count * p * (1 - p))


def test_an_integer_draws_the_same_and_a_generator_goes_on():
    """So a loop takes a generator."""
    logits = [0.0] * 10
    assert len({sample(logits, seed=3) for _ in range(20)}) == 1
    draw = random.Random(3)
    assert len({sample(logits, seed=draw) for _ in range(20)}) > 1


def test_a_mask_keeps_the_mean():
    """Zeros as often as said, the others larger."""
    mask = dropout_mask(20_000, 0.2, seed=0)
    assert set(mask) == {0.0, 1.25}
    assert sum(mask) / len(mask) == pytest.approx(1.0, abs=0.02)
    assert dropout_mask(3, 0.0, seed=0) == [1.0, 1.0, 1.0]


def test_a_mask_is_an_argument_of_compiled_code():
    """One program, and another mask at each call."""
    dropped = jit(lambda xs, mask: [x * m for x, m in zip(xs, mask, strict=True)])
    assert dropped([1.0, 2.0], [0.0, 2.0]).tolist() == [0.0, 4.0]
    assert dropped([1.0, 2.0], [2.0, 0.0]).tolist() == [2.0, 0.0]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Embedding(0, 2), ConfigError, "`count` is to be an integer of at least 1, not 0"),
        (lambda: Embedding(2, 1.5), ConfigError, "`width` is to be an integer of at least 1"),
        (lambda: Embedding(2, 2, seed=-1), ConfigError, "a seed is an integer"),
        (lambda: Embedding(2, 2, seed=0)(2), NoSuchRow, "row 2 was asked of a table of 2 rows"),
        (lambda: one_hot(4, 4), NoSuchRow, "row 4 was asked of a table of 4 rows"),
        (lambda: one_hot(Value(1.0), 4), NotANumber, "a row is picked by an integer"),
        (lambda: one_hot(0, 0), ConfigError, "`count` is to be an integer of at least 1, not 0"),
        (lambda: sample([]), ShapeError, "sample"),
        (lambda: sample([0.0, math.nan]), DataError, "`logits[1]` is nan"),
        (lambda: sample([math.inf, 0.0]), DataError, "`logits[0]` is inf"),
        (lambda: sample([-math.inf]), DataError, "all logits are -inf"),
        (lambda: sample([1.0], temperature=0.0), ConfigError, "logits.index(max(logits))"),
        (lambda: sample([1.0], temperature=math.nan), ConfigError, "above 0 and finite, not nan"),
        (lambda: sample(3.0), ShapeError, "sample"),
        (lambda: dropout_mask(3, 1.0), ConfigError, "`rate` is to be from 0 to below 1, not 1.0"),
        (lambda: dropout_mask(0, 0.5), ConfigError, "`count` is to be an integer of at least 1"),
    ],
)
def test_errors_say_what_is_wrong(call, error, said):
    """Which argument, and what it was."""
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)
