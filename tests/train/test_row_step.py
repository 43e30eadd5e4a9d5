"""compile_step(per_row=True): the mean loss of rows, as the loop over rows that one writes."""

import contextlib
import functools
import random
import signal
import threading
import time

import numpy as np
import pytest

from jangrad import MLP, Value, compile_step, exp, fit, strict, table
from jangrad.datasets import moons
from jangrad.errors import ConfigError, JangradError, NonFinite, NoSuchRow
from jangrad.nn import l2_penalty, softmax_cross_entropy
from jangrad.train import SGD, Adam, AdamW, RMSprop
from jangrad.train.shuffle import Deal

CLOSE = 1e-9
ROWS = 23
OPTIMIZERS = {
    "sgd": functools.partial(SGD, learning_rate=0.1),
    "momentum": functools.partial(SGD, learning_rate=0.05, momentum=0.9),
    "adam": functools.partial(Adam, learning_rate=0.01),
    "adamw": functools.partial(AdamW, learning_rate=0.01),
    "rmsprop": functools.partial(RMSprop, learning_rate=0.005),
}


def network():
    return MLP(3, [5, 2], "tanh", seed=3)


def data(rows=ROWS):
    draw = random.Random(5)
    X = [[draw.gauss(0.0, 1.0) for _ in range(3)] for _ in range(rows)]
    return X, [int(row[0] > row[1]) for row in X]


def row_loss(net, row, label):
    return softmax_cross_entropy([net(row)], [label]) + l2_penalty(net.parameters(), strength=1e-3)


def compiled(net, optimizer="sgd", **options):
    return compile_step(
        functools.partial(row_loss, net), net.parameters(), optimizer, per_row=True, **options
    )


def by_hand(net, optimizer, X, y, batches, rates=None):
    losses = []
    for k, batch in enumerate(batches):
        optimizer.zero_grad()
        loss = sum(row_loss(net, X[i], y[i]) for i in batch) / len(batch)
        loss.backward()
        optimizer.step(None if rates is None else rates[k])
        losses.append(loss.data)
    return losses


def numbers(net):
    return [p.data for p in net.parameters()]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("batches", [None, "uneven"])
def test_steps_are_those_of_the_loop_over_rows(name, batches):
    """All rows or batches of 1 to 7, with a penalty: losses, parameters, the optimiser's memory."""
    X, y = data()
    draw = random.Random(1)
    given = [list(range(ROWS))] * 60
    if batches:
        given = [draw.sample(range(ROWS), draw.randint(1, 7)) for _ in range(60)]
    mine, plain = network(), network()
    step = compiled(mine, OPTIMIZERS[name](mine.parameters()))
    losses = step.run((X, y), batches=given) if batches else step.run((X, y), steps=60)
    optimizer = OPTIMIZERS[name](plain.parameters())
    assert losses.tolist() == pytest.approx(by_hand(plain, optimizer, X, y, given), rel=CLOSE)
    assert numbers(mine) == pytest.approx(numbers(plain), rel=1e-8, abs=1e-9)
    found, wanted = step.optimizer.state(), optimizer.state()
    assert found["steps"] == wanted["steps"] == 60
    for part in optimizer.rule.state:
        assert found[part] == pytest.approx(wanted[part], rel=1e-6, abs=1e-12)


def test_calls_of_all_kinds_share_parameters_and_memory():
    """One step on some rows, many on all, batches, steps by Python, arrays and lists."""
    X, y = data()
    mine, plain = network(), network()
    optimizer, other = Adam(mine.parameters(), 0.02), Adam(plain.parameters(), 0.02)
    step = compiled(mine, optimizer)
    every = list(range(ROWS))
    losses = [step(X[:9], y[:9])]
    losses += step.run((np.array(X), np.array(y)), steps=4, rates=[0.1, 0.0, 0.3, 0.2]).tolist()
    losses += by_hand(mine, optimizer, X, y, [every])
    losses += step.run((X, y), batches=np.arange(22).reshape(-1, 2)).tolist()
    wanted = by_hand(plain, other, X, y, [every[:9]])
    wanted += by_hand(plain, other, X, y, [every] * 4, [0.1, 0.0, 0.3, 0.2])
    wanted += by_hand(plain, other, X, y, [every])
    wanted += by_hand(plain, other, X, y, [[i, i + 1] for i in range(0, 22, 2)])
    assert losses == pytest.approx(wanted, rel=CLOSE)
    assert numbers(mine) == pytest.approx(numbers(plain), rel=1e-8, abs=1e-9)
    assert step.shapes == [
        "step(9 rows of list[3], number)",
        "step(23 rows of array[3], number)",
        "step(2 rows of list[3], number)",
    ]


def test_rows_that_are_read_once():
    """For many runs, of all kinds in turn, and for a step in another precision's place."""
    X, y = data()
    mine, plain = network(), network()
    step, other = compiled(mine, learning_rate=0.1), compiled(plain, learning_rate=0.1)
    rows, few = step.pack(X, y), step.pack(X[:4], y[:4])
    batches = [[1, 2, 3], [4], [0, 22]]
    for how in ({"steps": 5}, {"batches": batches}, {"steps": 3}, {"steps": 2}):
        found = step.run(rows, **how).tolist() + step.run(few, steps=2).tolist()
        wanted = other.run((X, y), **how).tolist() + other.run((X[:4], y[:4]), steps=2).tolist()
        assert found == wanted
    assert numbers(mine) == numbers(plain)
    assert len(rows) == ROWS


def test_values_that_do_not_learn_are_read_at_each_call():
    """Also those that only a later shape uses; the learning ones stay where they are for all."""
    w, scale, shift = Value(1.0), Value(2.0), Value(0.25)

    def loss(xs):
        return (scale * w * xs[0] + (shift if len(xs) > 1 else 0.0)) ** 2

    step = compile_step(loss, [w], "sgd", learning_rate=1e-9, per_row=True)
    assert step([[1.0], [2.0]]) == pytest.approx((4.0 + 16.0) / 2)
    scale.data = 3.0
    assert step([[1.0, 0.0]]) == pytest.approx(3.25**2, rel=1e-6)
    shift.data = 0.5
    assert step([[1.0, 0.0]]) == pytest.approx(3.5**2, rel=1e-6)
    assert step([[1.0], [2.0]]) == pytest.approx((9.0 + 36.0) / 2, rel=1e-6)


def test_a_loss_without_rows_in_it():
    """What no row has a part in is the same for all, so its mean is itself."""
    w = Value(2.0)
    step = compile_step(lambda x: w * w, [w], "sgd", learning_rate=0.25, per_row=True)
    assert step([1.0, 2.0, 3.0]) == pytest.approx(4.0)
    assert w.data == pytest.approx(1.0)


def test_single_precision():
    """Close to double precision, and not equal to it."""
    X, y = data()
    runs = [
        compiled(network(), learning_rate=0.1, dtype=dtype).run((X, y), steps=40).tolist()
        for dtype in ("float64", "float32")
    ]
    assert runs[1] == pytest.approx(runs[0], rel=1e-4)
    assert runs[1] != runs[0]


def test_a_row_of_a_table_that_is_not_there_is_named():
    """Before any step is made."""
    words = [Value(0.1 * i) for i in range(4)]
    step = compile_step(lambda i, t: (table(words)[i] - t) ** 2, words, "sgd", per_row=True)
    losses = step.run(([0, 3, 3], [1.0, 2.0, 4.0]), batches=[[1, 2], [0]])
    assert losses[0] == pytest.approx((1.7**2 + 3.7**2) / 2)
    before = [v.data for v in words]
    with pytest.raises(NoSuchRow, match="row 1 asks for row 4 of a table of 4 rows"):
        step.run(([0, 4, 1], [1.0, 2.0, 3.0]), steps=10)
    assert [v.data for v in words] == before


def test_what_cannot_be_done_is_said_before_any_step(golden):
    """Each message says what, why, and what to try."""
    X, y = data(4)
    net = network()
    step = compiled(net)
    before = numbers(net)
    calls = {
        "neither steps nor batches": lambda: step.run((X, y)),
        "both": lambda: step.run((X, y), steps=3, batches=[[0]]),
        "epochs too": lambda: step.run((X, y), steps=3, epochs=2, batch_size=2),
        "batches that are dealt, too": lambda: step.run((X, y), batches=[[0]], batch_size=2),
        "no rows a step": lambda: step.run((X, y), epochs=2, batch_size=0),
        "half a row a step": lambda: step.run((X, y), epochs=2, batch_size=1.5),
        "no epochs": lambda: step.run((X, y), epochs=0, batch_size=2),
        "a seed that is text": lambda: step.run((X, y), epochs=2, batch_size=2, seed="one"),
        "too few rates for the epochs": lambda: step.run(
            (X, y), epochs=2, batch_size=3, rates=[0.1]
        ),
        "an option of others": lambda: step.run((X, y), n_epochs=2, batch_size=2),
        "rows dealt without rows": lambda: compile_step(lambda x: x, [Value(1.0)]).run(
            [], epochs=3
        ),
        "an array of batches that is empty": lambda: step.run(
            (X, y), batches=np.zeros((2, 0), int)
        ),
        "an array of batches by fractions": lambda: step.run((X, y), batches=np.zeros((2, 2))),
        "an array of truths": lambda: step.run((X, y), batches=np.zeros((2, 2), bool)),
        "a row that an array has not": lambda: step.run((X, y), batches=np.array([[0, 1], [4, 2]])),
        "a batch that is a number": lambda: step.run((X, y), batches=[[0, 1], 2]),
        "a batch that is empty": lambda: step.run((X, y), batches=[[]]),
        "rows by fractions": lambda: step.run((X, y), batches=[[0.5]]),
        "a row that is not there": lambda: step.run((X, y), batches=[[0, 1], [2, 4]]),
        "a row from the end": lambda: step.run((X, y), batches=[[0, -1]]),
        "other counts of rows": lambda: step(X, y[:3]),
        "no rows": lambda: step([], []),
        "rows of other nestings": lambda: step([[1.0, 2.0, 3.0], [1.0]], [0, 1]),
        "too few rates": lambda: step.run((X, y), steps=3, rates=[0.1]),
        "rows of another step": lambda: step.run(compiled(net).pack(X, y), steps=1),
        "two losses": lambda: compile_step(lambda x: [x, x], [Value(1.0)], per_row=True)([1.0]),
    }
    parts = []
    for name, call in calls.items():
        with pytest.raises(JangradError) as caught:
            call()
        parts.append(f"== {name}\n{type(caught.value).__name__}: {caught.value}")
    golden("errors_row_step.txt", "\n\n".join(parts))
    assert numbers(net) == before


@pytest.fixture
def heeds_ctrl_c():
    """Also where the tests run in the background of a shell, which lets them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_an_interrupt_ends_it_after_a_whole_step():
    """Within a moment, and what was learned is kept."""
    X, y = data()
    net = network()
    step = compiled(net, learning_rate=1e-3)
    step.run((X, y), steps=100)

    def strike():
        while step.optimizer.steps == 100:
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=strike)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        step.run((X, y), steps=10**7)
    thread.join()
    made = step.optimizer.steps
    assert 100 < made < 10**7
    after = numbers(net)
    step.run((X, y), steps=1, rates=[0.0])
    assert numbers(net) == after


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize("per_row", [False, True])
def test_interrupts_wherever_they_strike_lose_no_step(per_row):
    """A parameter that falls by 1 a step says how many were made, and the optimiser says the same.

    Half of the strikes come in the middle of a long call, half at any time in short ones.
    """
    w = Value(0.0)
    step = compile_step(lambda x: w * x, [w], "sgd", learning_rate=1.0, per_row=per_row)
    given = ([1.0],) if per_row else (1.0,)
    step.run(given, steps=1)

    def run_until(timer, steps):
        timer.start()
        for _ in range(10**6):
            step.run(given, steps=steps)

    for k in range(20):
        timer = threading.Timer(0.002 * k, signal.raise_signal, (signal.SIGINT,))
        with pytest.raises(KeyboardInterrupt):
            run_until(timer, steps=10**7 if k % 2 else 10)
        timer.join()
        assert w.data == -step.optimizer.steps


@pytest.mark.parametrize("per_row", [False, True])
def test_an_interrupt_as_the_numbers_are_handed_back_loses_none(per_row, monkeypatch):
    """Ctrl-C that strikes before the first of them is written, of a long call and of a repeated."""
    w = Value(0.0)
    step = compile_step(lambda x: w * x, [w], "sgd", learning_rate=1.0, per_row=per_row)
    given = step.pack([1.0]) if per_row else step.pack([(1.0,)])
    step.run(given, steps=1)
    write, strikes = step._memory.write, []

    def struck():
        if strikes:
            raise strikes.pop()
        write()

    monkeypatch.setattr(step._memory, "write", struck)
    for _ in range(3):
        strikes.append(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            step.run(given, steps=4)
        assert w.data == -step.optimizer.steps


INFINITE = float("inf")


@pytest.mark.parametrize("rows", [1, 3, 5, 11, 130])
@pytest.mark.parametrize("at", ["first", "last"])
def test_an_infinite_loss_stays_infinite_however_many_rows_there_are(rows, at):
    """What fills up the last vector of rows makes no nan of an infinite loss or gradient."""
    X = [2.0 + k for k in range(rows)]
    X[0 if at == "first" else -1] = -1.0
    w = Value(1.0)

    def loss(x):
        return (w + x) ** -2

    mean = sum(loss(x) for x in X) / rows
    mean.backward()
    assert (mean.data, w.grad) == (INFINITE, -INFINITE)
    step = compile_step(loss, [w], "sgd", learning_rate=0.5, per_row=True)
    batches = [list(range(rows)), [X.index(-1.0)]]
    assert step.run((X,), batches=batches[:1]).tolist() == [INFINITE]
    assert w.data == INFINITE
    w.data = 1.0
    assert step.run((X,), batches=batches[1:]).tolist() == [INFINITE]
    assert w.data == INFINITE


def test_rows_that_come_again_share_their_weight():
    """A batch that is shorter than the longest: the loss is the mean of its rows, no other."""
    net = network()
    X, y = data()
    batches = [list(range(ROWS)), [4, 2, 9, 7, 11], [3]]
    losses = compiled(net).run((X, y), batches=batches, rates=[0.0] * 3)
    for batch, loss in zip(batches, losses.tolist(), strict=True):
        mean = sum(row_loss(net, X[i], y[i]).data for i in batch) / len(batch)
        assert loss == pytest.approx(mean, rel=1e-13)


@pytest.mark.parametrize(
    "kind", [iter, lambda given: (x for x in given), lambda given: map(list, given)]
)
def test_batches_and_rates_may_be_what_runs_out(kind):
    """They are asked once, and no step is lost."""
    results = []
    for given in (list, kind):
        w = Value(0.5)
        step = compile_step(lambda x, t, w=w: (w * x - t) ** 2, [w], "sgd", per_row=True)
        rates = (0.1 * k for k in range(3)) if given is kind else [0.1 * k for k in range(3)]
        rows = [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]
        losses = step.run(rows, batches=given([[0], [1, 2], [0]]), rates=rates)
        results.append((losses.tolist(), w.data))
    with pytest.raises(ConfigError, match="batch 0 is"):
        step.run(rows, batches=[iter([0, 1])])
    assert results[0] == results[1]
    assert len(results[0][0]) == 3


def test_elements_may_be_what_runs_out():
    """Steps of other arguments each, without rows."""
    w = Value(0.5)
    step = compile_step(lambda x: (w * x) ** 2, [w], "sgd", learning_rate=1e-30)
    assert step.run((x,) for x in [1.0, 2.0]).tolist() == [0.25, 1.0]
    assert step.run(step.pack(zip([1.0, 2.0])), rates=iter([0.0, 0.0])).tolist() == [0.25, 1.0]


@pytest.mark.parametrize("per_row", [False, True])
def test_arguments_by_name(per_row):
    """As the loss itself takes them; what it takes by name alone is refused."""
    w = Value(0.5)
    step = compile_step(
        lambda x, t: (w * x - t) ** 2, [w], "sgd", learning_rate=1e-30, per_row=per_row
    )
    x, t = ([2.0], [3.0]) if per_row else (2.0, 3.0)
    assert step(x, t=t) == step(t=t, x=x) == 4.0
    step = compile_step(lambda x, *, t: (w * x - t) ** 2, [w], "sgd", per_row=per_row)
    with pytest.raises(ConfigError, match="t of the loss can be given by name alone") as error:
        step(x, t=t)
    assert "`*`" in error.value.try_


def test_arguments_that_are_given_one_by_one_are_answered():
    """A run takes them as one tuple, as the loss's single call does not."""
    w = Value(0.0)
    step = compile_step(lambda x, t: (w * x - t) ** 2, [w], per_row=True)
    with pytest.raises(ConfigError, match=r"one tuple, but was given 2(.|\n)*step\.run\(\(X, y\)"):
        step.run([1.0, 2.0], [2.0, 4.0], steps=3)


@pytest.mark.parametrize("how", [{"epochs": 7}, {"steps": 40}], ids=["epochs", "steps"])
@pytest.mark.parametrize("size", [1, 5, ROWS - 1, ROWS, 100])
def test_rows_are_dealt_as_fit_deals_them(how, size):
    """The same losses and weights as by `fit`, the short batch at the end of each epoch too."""
    X, y = data()
    mine, other = network(), network()
    options = {"batch_size": size, "seed": 3} | how
    losses = compiled(mine, "adam", learning_rate=0.01).run((X, y), **options)

    def loss(outputs, targets):
        return softmax_cross_entropy(outputs, targets) + l2_penalty(
            other.parameters(), strength=1e-3
        )

    options |= {"learning_rate": 0.01, "engine": "eager", "loss": loss}
    history = fit(other, X, y, progress=False, **options)
    assert losses.tolist() == pytest.approx(history.loss, rel=CLOSE)
    assert numbers(mine) == pytest.approx(numbers(other), rel=1e-8, abs=1e-9)


def test_seeds_deal_otherwise_and_each_run_begins_with_the_first_epoch():
    """Two runs of one epoch have the same batches, as two calls of `fit`; None draws a seed."""
    X, y = data()
    step = compiled(network(), learning_rate=1e-30)
    rows = step.pack(X, y)

    def run(epochs, seed):
        return step.run(rows, epochs=epochs, batch_size=6, seed=seed).tolist()

    assert run(1, 0) == run(1, 0) == run(2, 0)[:4]
    assert run(1, 0) != run(1, 1)
    assert run(2, 0)[:4] != run(2, 0)[4:]
    random.seed(2)
    drawn = run(1, None), run(1, None)
    random.seed(2)
    assert drawn == (run(1, None), run(1, None))
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", ">i4"])
@pytest.mark.parametrize("form", [lambda a: a, np.asfortranarray, lambda a: a[:, ::-1]])
def test_batches_in_an_array(dtype, form):
    """Of integers of any kind: a step for each of its rows, as by lists of them."""
    X, y = data()
    batches = form(np.random.default_rng(0).integers(0, ROWS, (30, 4)).astype(dtype))
    runs = [
        compiled(network(), learning_rate=0.1).run((X, y), batches=given).tolist()
        for given in (batches, batches.tolist(), iter(batches))
    ]
    assert runs[0] == runs[1] == runs[2]


def test_the_step_and_the_row_of_a_batch_that_was_dealt_are_named():
    """Inside `strict()`: one that overflows, in the step whose batch has it."""
    X = [1.0, 2.0, 1000.0, -4.0, -5.0]
    deal = Deal(5, 2, seed=1)
    where = next(step for step in range(6) if 2 in deal.batch(step))
    w = Value(1.0)
    step = compile_step(lambda x: exp(w * x), [w], "sgd", learning_rate=1e-3, per_row=True)
    with strict(), pytest.raises(NonFinite, match=f"step {where}, row 2"):
        step.run((X,), epochs=2, batch_size=2, seed=1)
    assert step.optimizer.steps == where


@pytest.mark.parametrize(
    "change", ["rate", "options", "memory", "weights", "number", "rows", "strict", "parameter"]
)
def test_a_call_that_repeats_the_last_one_sees_what_has_changed_since(change):
    """Steps on rows that lie ready ask no more than whether anything is as it was."""

    def made(fresh):
        net, scale = MLP(2, [3, 1], "tanh", seed=0), [1.0]
        optimizer = SGD(net.parameters(), learning_rate=0.05, momentum=0.9)
        step = compile_step(
            lambda row, t: (scale[0] * net(row)[0] - t) ** 2,
            net.parameters(),
            optimizer,
            per_row=True,
        )
        X, y = moons(12, seed=0)
        rows, others = step.pack(X, y), step.pack(X[::-1], y)

        def run(rows, steps):
            if fresh:
                step._ready = None
            return step.run(rows, steps=steps).tolist()

        found = [run(rows, 5) for _ in range(3)]
        assert fresh or step._ready is not None
        if change == "rate":
            optimizer.learning_rate = 0.2
        elif change == "options":
            optimizer.options["momentum"] = 0.1
        elif change == "memory":
            optimizer.load_state({**optimizer.state(), "steps": 0})
        elif change == "weights":
            net.parameters()[3].data = 2.0
        elif change == "number":
            scale[0] = -1.0
        elif change == "parameter":
            net.layers[0].neurons[0].bias = Value(0.7)
        with strict() if change == "strict" else contextlib.nullcontext():
            found += [run(others if change == "rows" else rows, steps) for steps in (5, 1, 9)]
        return found, [p.data for p in net.parameters()], optimizer.steps

    assert made(fresh=False) == made(fresh=True)


def test_rows_may_come_from_generators():
    X, y = [[0.1 * i, 0.2] for i in range(6)], [0.1 * i for i in range(6)]
    found = []
    for way in (lambda a: a, iter, lambda a: (item for item in a)):
        w = [Value(0.5), Value(0.2)]
        step = compile_step(
            lambda x, t, w=w: (w[0] * x[0] + w[1] * x[1] - t) ** 2,
            w, "sgd", learning_rate=0.1, per_row=True,
        )  # fmt: skip
        step.run(step.pack(way(X), way(y)), steps=2)
        step.run((way(X), way(y)), steps=2)
        found.append([v.data for v in w])
    assert found[0] == found[1] == found[2]
