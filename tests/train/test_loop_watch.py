"""The mistakes of training loops of the user's own, noticed at their backward passes."""

import threading
import warnings

import pytest

import jangrad
from jangrad import MLP, Module, Value, fit, watch
from jangrad.datasets import four_rows
from jangrad.errors import ConfigError, NoGradient, StaleGraph
from jangrad.nn import squared_error
from jangrad.train import SGD

X, Y = four_rows()


def net():
    return MLP(3, [4, 1], "tanh", seed=0)


def loss_of(model):
    return squared_error([model(row) for row in X], Y)


def move(model, rate=0.05):
    for p in model.parameters():
        p.data -= rate * p.grad


def noticed(loop, model=None):
    """What is noticed in a loop, with its warnings."""
    model = model or net()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with watch(model) as seen:
            loop(model)
    assert [one.text for one in seen.noticed] == [str(each.message) for each in told]
    return seen, told


def right(model):
    for _ in range(3):
        model.zero_grad()
        loss_of(model).backward()
        move(model)


def right_by_an_optimiser(model):
    optimizer = SGD(model.parameters(), 0.05)
    for _ in range(3):
        loss_of(model).backward()
        optimizer.step()
        optimizer.zero_grad()


def in_parts(model):
    """Gradients of two halves of a batch, added up before each step, as is right."""
    for _ in range(3):
        for rows in ([0, 1], [2, 3]):
            squared_error([model(X[i]) for i in rows], [Y[i] for i in rows]).backward()
        move(model)
        model.zero_grad()


def looked_at(model):
    """A tree of each loss."""
    for _ in range(3):
        loss_of(model).backtrack()
        move(model)
        model.zero_grad()


@pytest.mark.parametrize("loop", [right, right_by_an_optimiser, in_parts, looked_at])
def test_right_loops_are_left_alone(loop):
    """Also with gradients that add up on purpose."""
    seen, _ = noticed(loop)
    assert seen.noticed == []
    assert str(seen).endswith("and nothing went wrong")
    assert seen.passes in (3, 6)


def forgotten(model):
    for _ in range(3):
        loss_of(model).backward()
        move(model)


def too_late(model):
    for _ in range(3):
        loss_of(model).backward()
        model.zero_grad()
        move(model)


def detached(model):
    for _ in range(2):
        outputs = [[Value(out.data) for out in model(row)] for row in X]
        squared_error(outputs, Y).backward()


def not_finite(model):
    (loss_of(model) - 1e9).log().backward()


def never_called(model):
    loss_of(model)


#: The loop; what is noticed, at which pass, and in which words.
WRONG = {
    "zero_grad() is forgotten": (forgotten, "gradients add up", 2, "net.zero_grad()"),
    "the update comes after zero_grad()": (too_late, "nothing moved", 2, "came after zero_grad()"),
    "the loss is detached": (detached, "detached loss", 1, "no parameter leads to"),
    "the loss is nan": (not_finite, "not finite", 1, "log of -1e+09"),
    "backward() is never called": (never_called, "no gradient", 0, "was never called"),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_mistake_is_noticed_when_it_happens_first(name):
    """Once, as a warning at the user's line, with what to try."""
    loop, kind, pass_, words = WRONG[name]
    seen, told = noticed(loop)
    assert [(one.kind, one.pass_) for one in seen.noticed] == [(kind, pass_)]
    assert words in seen.noticed[0].text
    assert "\n  try: " in seen.noticed[0].text
    assert told[0].filename == __file__
    if pass_:
        assert "\n  where: test_loop_watch.py:" in seen.noticed[0].text
    assert seen.noticed[0].text in str(seen)


class Extra(Module):
    """A network with a parameter that it does not use, and one behind a shut relu."""

    def __init__(self):
        self.used, self.unused, self.shut = Value(0.5), Value(1.0), Value(-5.0)

    def __call__(self, row):
        return [self.used * row[0] + (self.shut * abs(row[0])).relu()]


def test_parameters_without_a_gradient_are_named_at_the_end():
    """Those that no loss was computed from, and those whose gradient was always 0."""
    seen, _ = noticed(right, Extra())
    texts = [one.text for one in seen.noticed]
    assert [one.kind for one in seen.noticed] == ["never reached", "never reached"]
    assert "no loss was computed from `unused`" in texts[0]
    assert "the gradient of `shut` was 0 in all 3 backward passes" in texts[1]


def computed_once(model, seen):
    loss = loss_of(model)
    with seen:
        for _ in range(2):
            loss.backward()
            move(model)


def moved_early(model, seen):
    with seen:
        loss = loss_of(model)
        move(model)
        loss.backward()


def test_a_stale_graph_is_told_with_what_was_in_the_wrong_order():
    """A loss that was computed once; and an update before its backward()."""
    for loop, words in (
        (computed_once, "watch: in backward() number 2: the loss was computed once"),
        (moved_early, "the update comes between the loss and its backward()"),
    ):
        model = net()
        seen = watch(model)
        with pytest.raises(StaleGraph) as error:
            loop(model, seen)
        assert words in error.value.__notes__[0]
        assert [one.kind for one in seen.noticed] == ["stale graph"]


def test_nothing_is_watched_elsewhere():
    """Outside the context, in other threads, and in what training does by itself."""
    model = net()
    with watch(model) as seen:
        thread = threading.Thread(target=forgotten, args=[net()])
        thread.start()
        thread.join()
        fit(model, X, Y, steps=5, engine="native", progress=False)
    assert seen.passes == 0
    assert seen.noticed == []
    forgotten(model)
    assert seen.passes == 0
    assert jangrad.watch is watch
    with pytest.raises(ConfigError):
        watch(3.0)


def test_contexts_may_stand_in_each_other():
    """Each has its own network, and strict() may be inside."""
    a, b = net(), net()
    with watch(a) as outer, watch(b) as inner, jangrad.strict():
        loss = loss_of(a) + loss_of(b)
        loss.backward()
        move(a)
        move(b)
    assert (outer.passes, inner.passes) == (1, 1)
    assert outer.noticed == inner.noticed == []


def test_an_optimizer_that_finds_no_gradient_is_told_why():
    """The error of `step` ends the loop before anything is printed; its note says what was seen."""
    net = MLP(2, [3, 1], seed=0)
    optimizer = SGD(net.parameters(), 0.1)

    seen = watch(net)

    def turn():
        loss = squared_error([[Value(out)] for (out,) in net.predict([[1.0, 2.0]])], [1.0])
        loss.backward()
        optimizer.step()

    quiet = warnings.catch_warnings(record=True, action="always")
    with quiet, pytest.raises(NoGradient) as caught, seen:
        turn()
    first = seen.noticed[0].text.splitlines()[0]
    assert "is of a Value that no parameter leads to" in first
    assert caught.value.__notes__ == [f"  watch: in backward() number 1: {first}"]
