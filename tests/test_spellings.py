"""What people who know PyTorch, NumPy or scikit-learn type first, and what they are told."""

import datetime
import random
import re
from decimal import Decimal

import numpy as np
import pytest

import jangrad
from jangrad import MLP, Value, compile_step, fit, foreign, where
from jangrad.errors import (
    ConfigError,
    DataError,
    ForeignImport,
    ForeignName,
    JangradError,
    ModelFileError,
    NotANumber,
    OperationError,
    SaveError,
    ShapeError,
    SilentDetach,
    Untraceable,
)
from jangrad.micrograd import engine, nn
from jangrad.nn import Module, Neuron
from jangrad.train import SGD, Adam, AdamW

X, Y = [[1.0, 2.0], [3.0, -1.0]], [1.0, -1.0]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("lr", "`learning_rate`"),
        ("loss_fn", "`loss`"),
        ("num_epochs", "`epochs`"),
        ("random_state", "`seed`"),
        ("verbose", "`progress`"),
        ("validation_data", "`validation`"),
        ("momentum", r"SGD\(net.parameters\(\), learning_rate=0.1, momentum=0.9\)"),
        ("betas", "beta1=0.9, beta2=0.999"),
        ("weight_decay", r"AdamW\(net.parameters\(\), weight_decay=0.01\); or a penalty"),
        ("sample_weight", "`row_weights`"),
        ("class_weight", "`row_weights`"),
        ("min_delta", "`tolerance`"),
        ("patiense", "did you mean `patience`"),
    ],
)
def test_options_of_fit(option, told):
    """The option that is meant, or how the same is said here."""
    with pytest.raises(ConfigError, match=rf"(?s)`fit` has no option `{option}`.*try: .*{told}"):
        fit(MLP(2, [1], seed=0), X, Y, **{option: 1})


@pytest.mark.parametrize(
    ("kind", "option", "told"),
    [
        (Adam, "lr", "`learning_rate`"),
        (Adam, "eps", "`epsilon`"),
        (Adam, "betas", "beta1=0.9, beta2=0.999"),
        (Adam, "weight_decay", "AdamW"),
        (AdamW, "lr", "`learning_rate`"),
        (SGD, "lr", "`learning_rate`"),
    ],
)
def test_options_of_optimisers(kind, option, told):
    """The same for each of them; their signatures are shown as they are."""
    with pytest.raises(ConfigError, match=rf"(?s)`{kind.__name__}` has no option.*{told}"):
        kind([Value(1.0)], **{option: 0.1})
    assert "learning_rate" in str(__import__("inspect").signature(kind))


def test_a_network_in_the_place_of_its_parameters():
    """compile_step and the optimisers say which method gives them."""
    net = MLP(2, [1], seed=0)
    for make in (lambda: compile_step(lambda x: net(x)[0], net), lambda: Adam(net)):
        with pytest.raises(ConfigError, match=r"try: net\.parameters\(\)"):
            make()
    step = lambda **options: compile_step(lambda x: net(x)[0], net.parameters(), **options)
    with pytest.raises(
        ConfigError, match=r"`compile_step` has no option `sample_weight`(.|\n)*X, y, w"
    ):
        step(sample_weight=[1.0])
    with pytest.raises(
        ConfigError, match=r"`compile_step` has no option `shuffle`(.|\n)*batch_size=32"
    ):
        step(shuffle=True)
    with pytest.raises(ConfigError, match="`compile_step` has no option `lr`"):
        compile_step(lambda x: net(x)[0], net.parameters(), lr=0.1)


@pytest.mark.parametrize(
    ("thing", "name", "told"),
    [
        (Value(2.0), "item", r"v\.data"),
        (Value(2.0), "numpy", r"v\.data"),
        (Value(2.0), "requires_grad", r"v\.detach\(\)"),
        (Value(2.0), "clone", r"Value\(v\.data\)"),
        (Value(2.0), "retain_grad", "every Value keeps"),
        (MLP(2, [1]), "train", "nothing"),
        (MLP(2, [1]), "eval", "nothing"),
        (MLP(2, [1]), "forward", r"net\(row\)"),
        (MLP(2, [1]), "state_dict", r"net\.state\(\)"),
    ],
)
def test_attributes_of_other_libraries(thing, name, told):
    """Reading one says what to write; for hasattr there is none; one's own may have the name."""
    with pytest.raises(ForeignName, match=rf"(?s)has no `{name}`.*try: .*{told}"):
        getattr(thing, name)
    assert not hasattr(thing, name)
    setattr(thing, name, 5)
    assert getattr(thing, name) == 5
    delattr(thing, name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Adam", "from jangrad.train import Adam"),
        ("squared_error", "from jangrad.nn import squared_error"),
        ("read_csv", "from jangrad.datasets import read_csv"),
        ("tensor", r"\[Value\(x\) for x in xs\]"),
        ("no_grad", r"v\.detach\(\)"),
        ("vmap", r"jangrad\.jit\(f\)\.map\(rows\)"),
        ("max", r"jangrad\.maximum\(a, b\)"),
    ],
)
def test_names_at_the_front_door(name, told):
    """Asked for or imported, one that is known elsewhere says how it is said here."""
    with pytest.raises(ForeignName, match=rf"(?s)`jangrad` has no `{name}`.*try: .*{told}"):
        getattr(jangrad, name)
    with pytest.raises(ForeignImport, match=rf"(?s)`jangrad` has no `{name}`.*try: .*{told}"):
        exec(f"from jangrad import {name}", {})
    assert not hasattr(jangrad, name)


def test_what_the_front_door_says_is_there():
    """Each import that a message tells of can be made, and no name is a public one."""
    for name, instead in foreign._INSTEAD.items():
        assert name not in jangrad.__all__
        if instead.startswith("from"):
            exec(instead.format(name), {})
        for room, thing in re.findall(r"jangrad\.(\w+)(?:\.(\w+))?", instead):
            assert hasattr(getattr(jangrad, room), thing) if thing else hasattr(jangrad, room)
    with pytest.raises(AttributeError, match="module 'jangrad' has no attribute 'nothing'"):
        _ = jangrad.nothing
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from jangrad import nothing", {})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (datetime.timedelta(1), "span / datetime.timedelta"),
        (np.timedelta64(1, "s"), "span / datetime.timedelta"),
        (np.timedelta64(1, "ns"), "span / datetime.timedelta"),
        (np.datetime64("2020-01-01", "ns"), r"\(t - first\)"),
        (datetime.datetime(2020, 1, 1), r"\(t - first\)\.total_seconds\(\)"),
        (np.datetime64("2020-01-01"), r"\(t - first\)\.total_seconds\(\)"),
        (Decimal("1.5"), r"float\(d\)"),
    ],
)
def test_times_and_decimals(data, told):
    """Also in arrays, where NumPy would give some of them as integers."""
    with pytest.raises(NotANumber, match=rf"(?s)holds a real number, not.*try: .*{told}"):
        Value(data)
    for f in (jangrad.jit(lambda v: v[0] * 2.0), jangrad.grad(lambda v: v[0] * 2.0)):
        for given in ([data], np.array([data])):
            with pytest.raises(NotANumber, match=told):
                f(given)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (jangrad.load_model, ModelFileError),
        (jangrad.datasets.read_csv, DataError),
        (lambda path: jangrad.save_model(path, MLP(1, [1])), ModelFileError),
        (Value(2.0).backtrack().save, SaveError),
        (MLP(1, [1]).show([1.0]).save, SaveError),
        (jangrad.History.load, DataError),
        (fit(MLP(1, [1], seed=0), [[1.0]], [1.0], steps=1, engine="eager").save, SaveError),
    ],
)
@pytest.mark.parametrize("path", [0, None, [], 2.5])
def test_what_is_no_path(call, error, path):
    """A number would be a file that is open already."""
    with pytest.raises(error, match="a path is text or a `Path`, not"):
        call(path)


TABLE, TARGETS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 2.0, 3.0]
NET, LINE = MLP(2, [1], seed=0), [Value(1.0), Value(2.0)]


@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize(
    "of_row",
    [
        lambda x: NET(x)[0],
        lambda x: jangrad.dot(LINE, x),
        lambda x: sum(w * a for w, a in zip(LINE, x, strict=False)),
    ],
)
def test_a_batch_where_one_row_is_wanted(of_row, kind):
    """The way to give many rows is told; with it the numbers are those of each row."""
    step = compile_step(lambda x, y: (of_row(x) - y) ** 2, LINE + NET.parameters())
    with pytest.raises(
        JangradError, match=r"(?s)given whole lists.*per_row=True\), if it is the loss"
    ):
        step(kind(TABLE), kind(TARGETS))
    with pytest.raises(JangradError, match=r"(?s)given whole lists.*try: f\.map\(rows\), if it is"):
        jangrad.jit(of_row)(kind(TABLE))
    expected = [of_row(row).data for row in TABLE]
    assert jangrad.jit(of_row).map(kind(TABLE)).tolist() == pytest.approx(expected)


def test_one_row_of_another_length_is_no_batch():
    """Nothing is said of many rows where one was given."""
    for call in (
        jangrad.jit(lambda x: NET(x)[0]),
        compile_step(lambda x: NET(x)[0] ** 2, NET.parameters()),
    ):
        with pytest.raises(ShapeError, match="takes 2 inputs, but 3 were given") as error:
            call([1.0, 2.0, 3.0])
        assert "whole lists" not in str(error.value)


def test_an_array_that_meets_a_value():
    """It is a list there, and says what to write."""
    f = jangrad.jit(lambda x: LINE[0] * x)
    with pytest.raises(NotANumber, match=r"\[3 \* x for x in v\]; or numpy\.array\(v\), inside"):
        f(np.array([1.0, 2.0]))
    with pytest.raises(ShapeError, match=r"try: \[jangrad\.dot\(a, row\) for row in b\]"):
        jangrad.dot(LINE, TABLE)


def test_a_loss_that_takes_its_lists_for_numbers():
    """Python's own error gets a note on what a loss is given, which works as it is told."""
    with pytest.raises(TypeError, match="'list' and 'list'") as error:
        fit(MLP(2, [1], seed=0), TABLE, TARGETS, loss=lambda o, t: (o[0] - t) ** 2, steps=1)
    (told,) = re.findall(r"jangrad\.mean\(.*\)$", error.value.__notes__[0])
    loss = eval(f"lambda outputs, targets: {told}", {"jangrad": jangrad})
    history = fit(MLP(2, [1], seed=0), TABLE, TARGETS, loss=loss, steps=1)
    same = fit(MLP(2, [1], seed=0), TABLE, TARGETS, loss="squared_error", steps=1)
    assert history.loss == pytest.approx(same.loss)


@pytest.mark.parametrize(
    "call",
    [
        lambda: NET({0: 5.0, 1: 6.0}),
        lambda: NET({5.0, 6.0}),
        lambda: NET.predict({0: 5.0, 1: 6.0}),
        lambda: jangrad.mean({0: 5.0, 1: 6.0}),
        lambda: jangrad.softmax({0: 5.0, 1: 6.0}),
        lambda: jangrad.dot(LINE, {0: 5.0, 1: 6.0}),
        lambda: jangrad.kl_divergence([0.5, 0.5], {0: 0.5, 1: 0.5}),
        lambda: jangrad.table({0: 5.0, 1: 6.0}),
    ],
)
def test_keys_are_not_taken_for_numbers(call):
    """A dict where a list is wanted says so; so does a set, which has no order."""
    with pytest.raises(ShapeError, match=r"(?s)not (of )?a (dict|set).*try: "):
        call()


def test_text_is_no_argument_that_could_be_a_number():
    """The way out is not `float('train')`."""
    with pytest.raises(jangrad.errors.NotANumber, match="what a word decides is decided outside"):
        Value("train")
    with pytest.raises(jangrad.errors.NotANumber, match=r"try: float\('2.5'\)"):
        Value("2.5")


def test_micrograds_networks_train_everywhere():
    """Their Values are parameters like any other: optimisers, fit in both engines, jit."""
    curves = {}
    for way in ("eager", "native"):
        random.seed(3)
        net = nn.MLP(2, [4, 2])
        history = fit(net, X, [[1.0, 0.0], [0.0, 1.0]], steps=20, engine=way)
        curves[way] = history.loss
        assert history.engine == way
    assert curves["native"] == pytest.approx(curves["eager"], rel=1e-9)
    expected = [v.data for v in net(X[0])]
    assert jangrad.jit(net)(X[0]).tolist() == pytest.approx(expected)
    optimizer = SGD(net.parameters(), 0.1)
    net(X[0])[0].backward()
    optimizer.step()


def test_training_with_a_backward_of_ones_own():
    """Eager training follows it, which `auto` takes; compiled training refuses it."""

    def swish(v):
        s = 1 / (1 + jangrad.ieee.exp(-v.data))
        out = engine.Value(v.data * s, (v,), "swish")

        def _backward():
            v.grad += (s + out.data * (1 - s)) * out.grad

        out._backward = _backward
        return out

    class Net:
        def __init__(self):
            self.w = [engine.Value(0.3), engine.Value(-0.2)]

        def __call__(self, row):
            return [swish(self.w[0] * row[0] + self.w[1] * row[1])]

        def parameters(self):
            return self.w

    def like(Net):
        class Same(Net):
            def __call__(self, row):
                return [(self.w[0] * row[0] + self.w[1] * row[1]).silu()]

        return Same()

    history = fit(Net(), X, Y, steps=30)
    assert history.engine == "eager"
    same = fit(like(Net), X, Y, steps=30, engine="eager")
    assert history.loss == pytest.approx(same.loss, rel=1e-9)
    with pytest.raises(Untraceable):
        fit(Net(), X, Y, steps=3, engine="native")


@pytest.mark.parametrize(
    ("condition", "advice"),
    [
        ("yes", "a comparison, such as x > 0"),
        ("", "a comparison"),
        (None, "a comparison"),
        ([False], "for c in conditions"),
        ([], "for c in conditions"),
        ({"a": 1}, "for c in conditions"),
        (np.array([True, False]), "for c in conditions"),
        (np.array([True]), "for c in conditions"),
    ],
)
def test_a_condition_is_one_truth(condition, advice):
    """A list that holds False is true in Python, and so is the word "no"."""
    with pytest.raises(ConfigError, match="the condition of `where` is") as caught:
        where(condition, Value(1.0), 0.0)
    assert advice in caught.value.try_


@pytest.mark.parametrize("truth", [True, 1, 0.5, np.True_, np.int64(2), np.array(True)])
def test_a_condition_may_be_a_number(truth):
    """Another than 0, of Python's or NumPy's."""
    assert where(truth, Value(1.0), 0.0).data == 1.0
    assert where(not truth, Value(1.0), 0.0).data == 0.0


@pytest.mark.parametrize("label", [3.0, (Value(1.0), Value(2.0)), ["a"]])
def test_a_label_is_text(label):
    """`Value(2.0, 3.0)` is not two numbers, and micrograd's children are not given to it."""
    with pytest.raises(ConfigError, match=r"the label of a Value is text(.|\n)*micrograd"):
        Value(2.0, label)
    assert Value(2.0, None).label == Value(2.0, ()).label == ""
    assert Value(2.0, np.str_("a")).label == "a"


@pytest.mark.skipif(not jangrad.engine.compiled, reason="a Value of plain Python has a dict")
@pytest.mark.parametrize(
    ("name", "meant"), [("gard", "grad"), ("dta", "data"), ("Grad", "grad"), ("labell", "label")]
)
def test_a_slip_of_the_fingers_is_no_attribute(name, meant):
    """For `p.gard = 0.0` would clear no gradient; any other name may be given."""
    v = Value(1.0)
    for _ in range(2):
        with pytest.raises(ForeignName, match=rf"`Value` has no `{name}`(.|\n)*v\.{meant}"):
            setattr(v, name, 0.0)
    for other in ("velocity", "m", "gradient", "data_2", "g", "grads", "date"):
        setattr(v, other, 1.0)
        assert getattr(v, other) == 1.0


def test_an_error_names_the_users_line_behind_a_library():
    """Not the line of NumPy's or matplotlib's that asked for a float."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    losses = [Value(1.0), Value(2.0)]
    with pytest.raises(SilentDetach) as caught:
        pyplot.plot(losses)
    pyplot.close("all")
    assert "pyplot.plot(losses)" in caught.value.where
    assert "[v.data for v in values]" in caught.value.try_


def square(x):
    """A function to be differentiated."""
    return x * x


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: jangrad.grad(square, 1), r"nothing beside it.*1(.|\n)*grad\(f\)\(x\)"),
        (lambda: jangrad.grad(square, argnums=0), r"argnums(.|\n)*lambda w: f\(x, w\)"),
        (lambda: jangrad.hvp(square, 2.0, 1.0), r"given 2\.0, 1\.0(.|\n)*hvp\(f\)\(x, v\)"),
        (lambda: jangrad.jvp(square, 2.0, 1.0), r"jvp\(f\)\(x, v\)"),
        (lambda: jangrad.hessian(square, [2.0]), r"hessian\(f\)\(x\)"),
        (lambda: jangrad.value_and_grad(2.0), r"takes a function, not 2\.0"),
        (lambda: jangrad.grad(Value(2.0)), r"takes a function, not(.|\n)*v\.backtrack\(\)"),
        (lambda: jangrad.gradcheck(square, 1.0, 2.0), r"takes one point(.|\n)*f\(\*x\), \[a, b\]"),
        (lambda: SGD(MLP(1, [1]).parameters), r"net\.parameters\(\)"),
        (lambda: fit(MLP(1, [1]), Columned()), r"needs rows and targets(.|\n)*table\.X, table\.y"),
    ],
)  # fmt: skip
def test_what_is_called_otherwise_here_is_told(call, words):
    """A function of a function; a method without its (); a table for both rows and targets."""
    with pytest.raises(ConfigError, match=words):
        call()


class Columned:
    """What a table of pandas or of read_csv looks like from afar."""

    columns = ()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (("wsum", "2*x + 3*y", "2", "3"), r"two inputs are called a and b(.|\n)*a \* b"),
        (("cubed", lambda x: x**3, "3*x*x"), r"\(function\), not a rule(.|\n)*x \*\* 3"),
        (("cubed", "x**3", lambda x: 3 * x * x), r"\(function\), not a rule"),
    ],
)
def test_operations_of_other_kinds_are_told_how_rules_are_written(rule, words):
    """Of two inputs, and of functions."""
    with pytest.raises(OperationError, match=words):
        jangrad.operation(*rule)


@pytest.mark.parametrize(
    ("thing", "name", "instead"),
    [
        (Neuron(3), "w", "neuron.weights"),
        (Neuron(3), "b", "neuron.bias"),
        (Neuron(3), "nin", "neuron.n_inputs"),
        (MLP(1, [1]), "zero_grads", r"net.zero_grad\(\)"),
        (MLP(1, [1]), "fit", r"jangrad.fit\(net, X, y\)"),
        (MLP(1, [1]), "save", r"jangrad.save_model"),
        (MLP(1, [1]), "backward", r"loss.backward\(\)"),
    ],
)
def test_names_of_the_lecture_and_of_other_libraries(thing, name, instead):
    """A Module of the user's own may have each of them."""
    assert not hasattr(thing, name)
    with pytest.raises(ForeignName, match=rf"has no `{name}`\n(.|\n)*try: {instead}"):
        getattr(thing, name)

    class Own(Module):
        def __init__(self):
            self.w, self.fit = Value(1.0), Value(2.0)

    assert [p.data for p in Own().parameters()] == [1.0, 2.0]
    assert Own().fit.data == 2.0


def test_the_way_to_a_whole_number_works_in_a_trace_too():
    """`v.data`, part of the advice for other Values, is refused there."""
    advice = r"jangrad\.floor\(a / b\) for the integer, a % b for the rest"
    with pytest.raises(NotANumber, match=rf"`//` is no operation.*traced(.|\n)*{advice}$"):
        jangrad.jit(lambda x: x // 2)(3.0)
    with pytest.raises(NotANumber, match=rf"{advice}; v\.data for the plain number"):
        Value(3.0) // 2
    assert jangrad.jit(lambda x: jangrad.floor(x / 2) + 10.0 * (x % 2))(3.0) == 11.0


def test_the_outputs_of_a_network_are_a_list():
    """Beside a Value, in `where` and as a number the first of them is meant."""
    net, y = MLP(2, [3, 1], seed=0), Value(1.0)
    for call in (
        lambda: net([1.0, 2.0]) - y,
        lambda: y - net([1.0, 2.0]),
        lambda: Value(net([1.0, 2.0])),
        lambda: where(y > 0.0, net([1.0, 2.0]), y),
    ):
        with pytest.raises(NotANumber, match=r"also where it has one output(.|\n)*net\(row\)\[0\]"):
            call()
    with pytest.raises(NotANumber, match=r"\[Value\(x\) for x in the_list\]"):
        Value([1.0])
