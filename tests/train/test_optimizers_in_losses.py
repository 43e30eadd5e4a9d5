"""A loss, a penalty or a compiled function that reads an optimiser."""

import pytest

from jangrad import MLP, Value, compile_step, fit, jit
from jangrad.errors import Untraceable
from jangrad.train import SGD, Adam, History, choice

X, Y = [[0.1], [0.5], [1.0]], [1.0, 0.0, 1.0]


def reading(name):
    """What is read of an optimiser by this name."""
    return {
        "steps": lambda o: min(1.0, o.steps / 20),
        "memory": lambda o: 0.1 if o.memory[0][0] > 0 else 0.5,
        "state": lambda o: min(1.0, o.state()["steps"] / 20),
        "learning_rate": lambda o: o.learning_rate,
        "an option": lambda o: o.beta1,
        "options": lambda o: o.options["beta1"],
    }[name]


def trained(engine, name):
    net = MLP(1, [3, 1], "tanh", seed=0)
    optimizer, read = Adam(net.parameters(), 0.05), reading(name)

    def penalty(parameters):
        return read(optimizer) * sum(p * p for p in parameters)

    def lower(step):
        optimizer.learning_rate *= 0.8
        optimizer.beta1 *= 0.99

    return fit(
        *(net, X, Y),
        optimizer=optimizer,
        penalty=penalty,
        callbacks=[lower],
        callback_every=10,
        steps=30,
        engine=engine,
        progress=False,
    )


@pytest.mark.parametrize("name", ["steps", "memory", "state"])
def test_what_changes_with_each_step_is_left_to_python(name, monkeypatch):
    """Machine code makes many steps at once, which would all see one count and one memory."""
    monkeypatch.setattr(choice, "is_faster", lambda *_: True)
    assert trained("auto", name).loss == trained("eager", name).loss
    with pytest.raises(Untraceable, match=r"`optimizer\.(steps|memory)` was read"):
        trained("native", name)


@pytest.mark.parametrize("name", ["learning_rate", "an option", "options"])
def test_rate_and_options_count_from_where_they_are_assigned(name):
    assert trained("native", name).loss == pytest.approx(trained("eager", name).loss, rel=1e-9)


def test_a_compiled_step_does_not_read_its_count():
    """As annealing by the optimiser's count of steps would."""
    w = Value(2.0)
    optimizer = SGD([w], 0.1)
    step = compile_step(lambda x: (w * x - 1) ** 2 + optimizer.steps / 10 * w * w, [w], optimizer)
    with pytest.raises(Untraceable, match=r"`optimizer\.steps` was read") as caught:
        step(1.0)
    assert "argument" in caught.value.try_


def test_compiled_functions_see_what_is_assigned():
    optimizer = SGD([Value(1.0)], 0.1, momentum=0.5)
    rate, momentum = (
        jit(lambda x: x * optimizer.learning_rate),
        jit(lambda x: x * optimizer.momentum),
    )
    assert (rate(1.0), momentum(1.0)) == (0.1, 0.5)
    optimizer.learning_rate, optimizer.momentum = 0.2, 0.9
    assert (rate(1.0), momentum(1.0)) == (0.2, 0.9)


def test_compiled_functions_see_how_long_a_history_is():
    history = History(loss=[4.0, 1.0], rate=[0.1, 0.1], gradient_norm=[4.0, 2.0])
    f = jit(lambda x: x * len(history))
    assert f(1.0) == 2.0
    history.loss.append(0.5)
    assert f(1.0) == 3.0
