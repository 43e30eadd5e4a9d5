"""compile_step: the same steps as the loop one writes, for arguments of many shapes."""

import functools
import itertools
import random
import threading

import numpy as np
import pytest

from jangrad import Value, compile_step, log_softmax, maximum, table
from jangrad.errors import ConfigError, NoGradient, NoSuchRow, NotANumber, Untraceable
from jangrad.train import SGD, Adam, AdamW, RMSprop

CLOSE = 1e-9
WORDS, WIDTH = 6, 4


class Guesser:
    """Guesses the next word from the last two: tables, sums, softmax, a rectifier."""

    def __init__(self):
        draw = random.Random(1)
        self.words, self.hidden, self.head = (
            [[Value(draw.gauss(0.0, 0.4)) for _ in range(WIDTH)] for _ in range(rows)]
            for rows in (WORDS, WIDTH, WORDS)
        )
        self.temperature = Value(0.5)  # used and never learned

    def parameters(self):
        return [p for part in (self.words, self.hidden, self.head) for row in part for p in row]

    def loss(self, tokens):
        rows = table(self.words)
        total, before = 0.0, rows[tokens[0]]
        for token, following in itertools.pairwise(tokens):
            x = [a + 0.5 * b for a, b in zip(rows[token], before, strict=True)]
            x = [maximum(dot(w, x), 0.1 * dot(w, x)) for w in self.hidden]
            scores = log_softmax([self.temperature * dot(w, x) for w in self.head])
            total = total - table(scores)[following]
            before = rows[token]
        return total / (len(tokens) - 1)

    def numbers(self):
        return [p.data for p in self.parameters()]


def dot(weights, xs):
    return sum(w * x for w, x in zip(weights, xs, strict=True))


def documents(count, seed=0):
    draw = random.Random(seed)
    return [([draw.randrange(WORDS) for _ in range(draw.randint(2, 5))],) for _ in range(count)]


def by_hand(guesser, optimizer, elements, rates=None):
    losses = []
    for k, (tokens,) in enumerate(elements):
        optimizer.zero_grad()
        loss = guesser.loss(tokens)
        loss.backward()
        optimizer.step(None if rates is None else rates[k])
        losses.append(loss.data)
    return losses


OPTIMIZERS = {
    "sgd": lambda p: SGD(p, 0.1),
    "momentum": lambda p: SGD(p, 0.05, momentum=0.9),
    "adam": lambda p: Adam(p, 0.01),
    "adamw": lambda p: AdamW(p, 0.01),
    "rmsprop": lambda p: RMSprop(p, 0.005),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_over_documents_of_all_lengths(name):
    """1,000 steps in one call: losses, parameters, the optimiser's memory; a program a length."""
    elements = documents(1000)
    compiled, eager = Guesser(), Guesser()
    step = compile_step(
        compiled.loss, compiled.parameters(), OPTIMIZERS[name](compiled.parameters())
    )
    losses = step.run(elements)
    optimizer = OPTIMIZERS[name](eager.parameters())
    assert losses.tolist() == pytest.approx(by_hand(eager, optimizer, elements), rel=CLOSE)
    assert compiled.numbers() == pytest.approx(eager.numbers(), rel=1e-7, abs=1e-9)
    assert len(step.shapes) == 4
    found, wanted = step.optimizer.state(), optimizer.state()
    assert found["steps"] == wanted["steps"] == 1000
    for part in optimizer.rule.state:
        assert found[part] == pytest.approx(wanted[part], rel=1e-6, abs=1e-12)


def test_compiled_steps_and_steps_by_python_mix():
    """Parameters, memory and count pass from one to the other and back, new shapes included."""
    elements = documents(30, seed=4)
    mixed, eager = Guesser(), Guesser()
    optimizer, plain = (Adam(g.parameters(), 0.02) for g in (mixed, eager))
    step = compile_step(mixed.loss, mixed.parameters(), optimizer)
    losses = [step(*element) for element in elements[:5]]
    losses += by_hand(mixed, optimizer, elements[5:10])
    losses += step.run(elements[10:20]).tolist()
    optimizer.load_state(optimizer.state())
    losses += by_hand(mixed, optimizer, elements[20:25]) + step.run(elements[25:]).tolist()
    assert losses == pytest.approx(by_hand(eager, plain, elements), rel=CLOSE)
    assert mixed.numbers() == pytest.approx(eager.numbers(), rel=CLOSE)
    assert optimizer.steps == 30


def test_two_losses_on_one_optimiser():
    """Each takes up where the other has left off."""
    elements = documents(20, seed=2)
    both, one = Guesser(), Guesser()
    optimizer = SGD(both.parameters(), 0.05, momentum=0.9)
    first, second = (compile_step(both.loss, both.parameters(), optimizer) for _ in range(2))
    losses = [(first if k % 3 else second)(*element) for k, element in enumerate(elements)]
    plain = SGD(one.parameters(), 0.05, momentum=0.9)
    assert losses == pytest.approx(by_hand(one, plain, elements), rel=CLOSE)


def test_many_steps_on_the_same_arguments():
    """As many losses as steps, each before its step."""
    compiled, eager = Guesser(), Guesser()
    step = compile_step(compiled.loss, compiled.parameters(), "sgd", learning_rate=0.1)
    losses = step.run(([1, 2, 3],), steps=200)
    optimizer = SGD(eager.parameters(), 0.1)
    assert losses.tolist() == pytest.approx(
        by_hand(eager, optimizer, [([1, 2, 3],)] * 200), rel=CLOSE
    )


def test_documents_that_are_packed_once():
    """The same steps, however often they are run; a pack of one serves many steps too."""
    elements = documents(9, seed=7)
    once, again = Guesser(), Guesser()
    step, other = (compile_step(g.loss, g.parameters(), "adam") for g in (once, again))
    packed, single = step.pack(elements), step.pack(elements[:1])
    for _ in range(3):
        assert step.run(packed).tolist() == other.run(elements).tolist()
        assert step.run(single, steps=4).tolist() == other.run(elements[0], steps=4).tolist()
    assert once.numbers() == again.numbers()
    with pytest.raises(ConfigError, match="`steps` with 9 elements"):
        step.run(packed, steps=4)
    with pytest.raises(ConfigError, match="numbers that it has packed itself"):
        other.run(packed)


def test_rates_of_each_step():
    """They stand in for the optimiser's own, which may also be changed between calls."""
    elements = documents(12)
    compiled, eager = Guesser(), Guesser()
    step = compile_step(compiled.loss, compiled.parameters(), SGD(compiled.parameters(), 0.5))
    rates = [0.1 / (k + 1) for k in range(12)]
    losses = step.run(elements, rates=rates).tolist()
    step.optimizer.learning_rate = 0.01
    losses += step.run(elements).tolist()
    plain = SGD(eager.parameters(), 0.01)
    wanted = by_hand(eager, plain, elements, rates) + by_hand(eager, plain, elements)
    assert losses == pytest.approx(wanted, rel=CLOSE)


def test_values_that_do_not_learn_are_read_at_each_call():
    """Also those that only a later shape uses."""
    w, scale, shift = Value(1.0), Value(2.0), Value(0.25)
    loss = lambda xs: (scale * w * xs[0] + (shift if len(xs) > 1 else 0.0)) ** 2
    step = compile_step(loss, [w], "sgd", learning_rate=1e-9)
    assert step([1.0]) == pytest.approx(4.0)
    scale.data = 3.0
    assert step([1.0]) == pytest.approx(9.0, rel=1e-6)
    assert step([1.0, 0.0]) == pytest.approx(3.25**2, rel=1e-6)
    shift.data = 0.5
    assert step([1.0, 0.0]) == pytest.approx(3.5**2, rel=1e-6)
    assert (scale.data, shift.data) == (3.0, 0.5)


def test_arguments_of_any_nesting_and_none():
    """Lists, tuples, dicts, arrays; a loss without arguments; unused parameters still decay."""
    w, b, unused = Value(1.0), Value(0.0), Value(1.0)

    def loss(rows, options):
        errors = [(w * x + b - t) ** 2 for x, t in rows]
        return options["scale"] * sum(errors) / len(errors)

    step = compile_step(loss, [w, b, unused], AdamW([w, b, unused], 0.01, weight_decay=0.5))
    rows = np.array([[1.0, 3.0], [2.0, 5.0]])
    as_lists = step([(1.0, 3.0), (2.0, 5.0)], {"scale": 1.0})
    assert as_lists == 6.5
    assert step(rows, {"scale": 2.0}) == pytest.approx(2 * 6.5, rel=0.1)
    assert unused.data == pytest.approx(0.995**2)
    alone = compile_step(lambda: (w - 3.0) ** 2, [w], "sgd", learning_rate=0.1)
    alone.run((), steps=200)
    assert w.data == pytest.approx(3.0)


def test_single_precision():
    """Close to double precision, and not equal to it."""
    runs = []
    for dtype in ("float64", "float32"):
        guesser = Guesser()
        step = compile_step(
            guesser.loss, guesser.parameters(), "sgd", learning_rate=0.1, dtype=dtype
        )
        runs.append(step.run(documents(50)).tolist())
    assert runs[1] == pytest.approx(runs[0], rel=1e-4)
    assert runs[1] != runs[0]


def test_a_row_that_is_not_there_is_named():
    """Before any step is made."""
    guesser = Guesser()
    before = guesser.numbers()
    step = compile_step(guesser.loss, guesser.parameters(), "sgd")
    with pytest.raises(NoSuchRow, match="element 2 asks for row 6 of a table of 6 rows"):
        step.run([([1, 2],), ([2, 3],), ([1, 6],)])
    with pytest.raises(NoSuchRow, match=r"row -1 was asked of a table of 6 rows"):
        step([1, -1])
    with pytest.raises(NoSuchRow, match=r"row 0\.5 was asked of a table"):
        step([0.5, 1])
    assert guesser.numbers() == before
    assert step.optimizer.steps == 0


def test_what_cannot_be_traced_is_refused():
    """As by jit: with the line, the reason and what to write."""
    w = Value(1.0)
    with pytest.raises(Untraceable, match=r"if w\.data > 0"):
        compile_step(lambda x: w * x if w.data > 0 else x, [w])(1.0)
    with pytest.raises(Untraceable, match="gave a list, but a step follows one Value"):
        compile_step(lambda x: [w * x, w], [w])(1.0)
    with pytest.raises(NotANumber):
        compile_step(lambda x: w * x, [w])("a")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: compile_step(3, [w]), "`loss` is 3"),
        (lambda w: compile_step(lambda x: w, [w], "adan"), "did you mean `adam`"),
        (lambda w: compile_step(lambda x: w, []), "at least one parameter"),
        (lambda w: compile_step(lambda x: w, [w], SGD([Value(1.0)])), "among `parameters`"),
        (lambda w: compile_step(lambda x: w, [w], dtype="int8"), "no dtype 'int8'"),
        (lambda w: compile_step(lambda x: w * x, [w]).run([1.0]), "element 0 is 1.0"),
        (lambda w: compile_step(lambda x: w * x, [w]).run((1.0,), steps=0), "`steps` is 0"),
        (lambda w: compile_step(lambda x: w * x, [w]).run([(1.0,)], rates=[]), "0 numbers for 1"),
        (lambda w: compile_step(lambda x: w * x, [w]).run([(1.0,)], rates=[-1]), "rate >= 0"),
    ],
)
def test_bad_input_of_each_kind(call, words):
    """The message names the thing and its value."""
    with pytest.raises(ConfigError, match=words):
        call(Value(1.0))


def test_threads_may_step_at_once():
    """One after the other, and none is lost."""
    w = Value(0.0)
    step = compile_step(lambda x: -1.0 * w * x, [w], "sgd", learning_rate=1.0)
    work = functools.partial(step.run, (1.0,), steps=500)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert w.data == 2000.0
    assert step.optimizer.steps == 2000


def test_the_report_names_each_shape():
    """What the compiler made of each."""
    guesser = Guesser()
    step = compile_step(guesser.loss, guesser.parameters(), "sgd")
    step.run([([1, 2],), ([1, 2, 3],)])
    assert step.report().count("scalars in") == 2
    assert "2 shapes" in repr(step)


def test_parameters_stay_plain_floats():
    """What steps write back is Python's float, with the engine compiled or not."""
    w = Value(0.5)
    compile_step(lambda x: (w * x - 1.0) ** 2, [w], "sgd")(2.0)
    assert type(w.data) is float


@pytest.mark.parametrize(
    "loss", [lambda: Value(1.0), lambda: 2.0 * Value(3.0), lambda: OTHER * 2.0]
)
@pytest.mark.parametrize("per_row", [False, True])
def test_a_loss_without_a_parameter_that_learns_is_refused(loss, per_row):
    """As `optimizer.step()` refuses it: AdamW's decay alone would move them."""
    w = Value(1.0)
    given = (lambda x: loss() + x) if per_row else loss
    step = compile_step(given, [w], "adamw", learning_rate=0.1, per_row=per_row)
    with pytest.raises(NoGradient, match="depends on none of the parameters that learn"):
        step(*([[1.0, 2.0]] if per_row else []))
    assert (w.data, step.optimizer.steps) == (1.0, 0)


OTHER = Value(2.0)
