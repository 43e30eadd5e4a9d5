"""What surrounds a compiled function: it computes what Python would compute now, or refuses."""

import builtins
import enum
import functools
import itertools
import operator
import os
import random
import threading
import time
import types
import weakref
from array import array
from collections import OrderedDict, defaultdict, deque, namedtuple
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import pytest
from tests.guards import cfg_for_guards as cfg

import jangrad
from jangrad import Module, Value, compile_step, fit, grad, guards, jit
from jangrad.compiler.program import variants
from jangrad.errors import StaleGraph, Untraceable

# -- ways in which a function comes to a number --------------------------------------------------

WAYS = {}
RATE = 1.5
Mode = enum.Enum("Mode", ["FIRST", "SECOND"])
Pair = namedtuple("Pair", "first second")


def way(make):
    """A function of a number, and what gives it another number to find, told which."""
    WAYS[make.__name__] = make
    return make


@way
def a_global():
    def change(i):
        global RATE
        RATE = 1.5 + i

    return lambda x: x * RATE, change


@way
def a_closure():
    k = 1.5

    def change(i):
        nonlocal k
        k = 1.5 + i

    return lambda x: x * k + k, change


@way
def a_default():
    def f(x, k=1.5):
        return x * k

    return f, lambda i: setattr(f, "__defaults__", (1.5 + i,))


@way
def a_list_that_is_a_default():
    def f(x, k=[1.5]):  # noqa: B006
        return x * k[0]

    return f, lambda i: f.__defaults__[0].__setitem__(0, 1.5 + i)


@way
def a_default_by_keyword():
    def f(x, *, k=1.5):
        return x * k

    return f, lambda i: f.__kwdefaults__.update(k=1.5 + i)


@way
def a_partial():
    k = [1.5]
    return functools.partial(lambda k, x: x * k[0], k), lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_partial_by_keyword():
    f = functools.partial(lambda x, k: x * k, k=1.5)
    return f, lambda i: f.keywords.update(k=1.5 + i)


class Scale:
    temperature = 1.5

    def __init__(self):
        self.k = 1.5

    def times(self, x):
        return x * self.k

    def __call__(self, x):
        return self.times(x)

    @property
    def twice(self):
        return 2 * self.k


@way
def a_bound_method():
    scale = Scale()
    return scale.times, lambda i: setattr(scale, "k", 1.5 + i)


@way
def an_object_that_is_called():
    scale = Scale()
    return scale, lambda i: setattr(scale, "k", 1.5 + i)


@way
def a_property():
    scale = Scale()
    return lambda x: x * scale.twice, lambda i: setattr(scale, "k", 1.5 + i)


@way
def an_attribute_by_its_name():
    scale = Scale()
    name = "k"
    return lambda x: x * getattr(scale, name), lambda i: setattr(scale, "k", 1.5 + i)


@way
def an_attribute_of_the_class():
    class Here(Scale):
        pass

    scale = Here()
    return lambda x: x * scale.temperature, lambda i: setattr(Here, "temperature", 1.5 + i)


@way
def an_attribute_over_that_of_the_class():
    scale = Scale()
    return lambda x: x * scale.temperature, lambda i: setattr(scale, "temperature", 1.5 + i)


@way
def a_class():
    class Config:
        rate = 1.5

    return lambda x: x * Config.rate, lambda i: setattr(Config, "rate", 1.5 + i)


@way
def slots():
    class Slotted:
        __slots__ = ("k",)

    slotted = Slotted()
    slotted.k = 1.5
    return lambda x: x * slotted.k, lambda i: setattr(slotted, "k", 1.5 + i)


@way
def a_dataclass():
    @dataclass
    class Config:
        rate: float = 1.5

    config = Config()
    return lambda x: x * config.rate, lambda i: setattr(config, "rate", 1.5 + i)


@way
def a_namespace():
    config = types.SimpleNamespace(inner=types.SimpleNamespace(rate=1.5))
    return lambda x: x * config.inner.rate, lambda i: setattr(config.inner, "rate", 1.5 + i)


@way
def an_item():
    numbers = [1.0, 1.5]
    return lambda x: x * numbers[1], lambda i: numbers.__setitem__(1, 1.5 + i)


@way
def items_that_are_appended():
    numbers = [1.0, 1.5]
    return lambda x: sum(x * n for n in numbers), lambda i: numbers.append(1.5 + i)


@way
def a_dict():
    numbers = {"k": 1.5}
    return lambda x: x * numbers["k"], lambda i: numbers.update(k=1.5 + i)


@way
def a_dict_that_grows():
    numbers = {"k": 1.5}
    return lambda x: x * sum(numbers.values()), lambda i: numbers.update({str(i): 1.5 + i})


@way
def a_list_in_a_tuple_in_a_dict():
    numbers = {"k": ([1.5], 2)}
    return lambda x: x * numbers["k"][0][0], lambda i: numbers["k"][0].__setitem__(0, 1.5 + i)


@way
def a_named_tuple():
    held = [Pair(1.0, 1.5)]
    return lambda x: x * held[0].second, lambda i: held.__setitem__(0, Pair(1.0, 1.5 + i))


@way
def a_set():
    numbers = {1.5}
    return lambda x: x * sum(sorted(numbers)), lambda i: numbers.add(2.5 + i)


@way
def a_deque():
    numbers = deque([1.5], maxlen=1)
    return lambda x: x * numbers[0], lambda i: numbers.append(1.5 + i)


@way
def an_array():
    numbers = np.array([1.0, 1.5])
    return lambda x: x * numbers[1] + numbers[0], lambda i: numbers.__setitem__(1, 1.5 + i)


@way
def a_part_of_an_array():
    numbers = np.array([[1.0, 1.5], [2.0, 3.0]])
    column = numbers[:, 1]
    return lambda x: x * column[0], lambda i: numbers.__setitem__((0, 1), 1.5 + i)


@way
def an_array_of_pythons():
    numbers = array("d", [1.5])
    return lambda x: x * numbers[0], lambda i: numbers.__setitem__(0, 1.5 + i)


@way
def a_module():
    return lambda x: x * cfg.rate + x * cfg.nested["rate"], lambda i: (
        setattr(cfg, "rate", 1.5 + i),
        cfg.nested.update(rate=2.5 + i),
    )


@way
def a_function_of_a_module():
    return lambda x: cfg.scaled(x), lambda i: setattr(cfg, "rate", 1.5 + i)


@way
def an_import_inside():
    def f(x):
        from tests.guards.cfg_for_guards import rate

        return x * rate

    return f, lambda i: setattr(cfg, "rate", 1.5 + i)


@way
def a_function_that_is_called():
    k = [1.5]

    def inner(x):
        return x * k[0]

    return lambda x: inner(x), lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_function_that_is_replaced():
    held = {"f": lambda x: x * 1.5}
    return lambda x: held["f"](x), lambda i: held.update(f=lambda x: x * (1.5 + i))


@way
def a_function_inside():
    k = [1.5]

    def f(x):
        def inner(y):
            return [y * n for n in k]

        return inner(x)[0]

    return f, lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_decorated_function():
    k = [1.5]

    def twice(f):
        @functools.wraps(f)
        def g(x):
            return f(x) * 2.0

        return g

    return twice(lambda x: x * k[0]), lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_compiled_function_inside():
    k = [1.5]
    inner = jit(lambda x: x * k[0])

    def f(x):
        return inner(x) + x if jangrad.watching.tracing() else inner.function(x) + x

    return f, lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_variable_of_the_context():
    k = ContextVar("k", default=1.5)
    return lambda x: x * k.get(), lambda i: k.set(1.5 + i)


@way
def a_switch():
    flag = {"on": True}
    return lambda x: x * 2.0 if flag["on"] else x + 1.0, lambda i: flag.update(on=i % 2 == 0)


@way
def a_limit():
    """Equal numbers stand for others: `min(k, 5)` is not k."""
    k = [1.0]
    return lambda x: x * min(k[0], 5.0) + k[0] + 5.0, lambda i: k.__setitem__(0, 4.0 * i)


@way
def an_exponent():
    k = [1.0]
    return lambda x: x ** k[0], lambda i: k.__setitem__(0, 1.0 + i)


@way
def ones_and_zeros():
    k = [1.0]
    numbers = [0.0, 1.0, 0.5, -0.0, 2.0]
    return lambda x: x * k[0] + k[0], lambda i: k.__setitem__(0, numbers[i % 5])


@way
def a_text():
    k = ["double"]
    return lambda x: x * 2.0 if k[0] == "double" else x, lambda i: k.__setitem__(0, str(i))


@way
def a_value_that_is_replaced():
    held = [Value(1.5)]
    return lambda x: x * held[0], lambda i: held.__setitem__(0, Value(1.5 + i))


@way
def values_that_are_appended():
    held = [Value(1.5)]
    return lambda x: sum(x * v for v in held), lambda i: held.append(Value(1.5 + i))


@way
def a_value_that_is_assigned():
    held = Value(1.5)
    return lambda x: x * held, lambda i: setattr(held, "data", 1.5 + i)


@way
def a_number_computed_of_a_value():
    held = [Value(1.5).data]
    return lambda x: x * held[0], lambda i: held.__setitem__(0, Value(1.5 + i).data)


@way
def a_value_computed_before():
    """It keeps its number, which is what Python sees."""
    a = Value(1.5)
    c = a * a
    return lambda x: x * c, lambda i: None


@way
def the_code_of_a_function():
    def f(x):
        return x * 1.5

    def other(x):
        return x + 2.5

    return f, lambda i: setattr(f, "__code__", other.__code__)


@way
def a_default_that_comes_later():
    def f(x, *more):
        return x * (1.5 + len(flag))

    flag = []
    return f, lambda i: flag.append(i)


@way
def a_reader_of_attributes():
    scale, read = Scale(), operator.attrgetter("k")
    return lambda x: x * read(scale), lambda i: setattr(scale, "k", 1.5 + i)


@way
def an_attribute_of_the_thread():
    own = threading.local()
    own.k = 1.5
    return lambda x: x * own.k, lambda i: setattr(own, "k", 1.5 + i)


@way
def the_environment():
    os.environ["JANGRAD_TEST_RATE"] = "1.5"
    return lambda x: x * float(os.getenv("JANGRAD_TEST_RATE")), lambda i: os.environ.update(
        JANGRAD_TEST_RATE=str(1.5 + i)
    )


@way
def an_attribute_of_the_function():
    def f(x):
        return x * f.rate

    f.rate = 1.5
    return f, lambda i: setattr(f, "rate", 1.5 + i)


@way
def a_private_slot():
    class Slotted:
        __slots__ = ("__k",)

        def __init__(self):
            self.set(1.5)

        def set(self, k):
            self.__k = k

        def get(self):
            return self.__k

    slotted = Slotted()
    return lambda x: x * slotted.get(), lambda i: slotted.set(1.5 + i)


@way
def an_attribute_of_a_value():
    p = Value(2.0)
    p.rate = 1.5
    return lambda x: x * p * p.rate, lambda i: setattr(p, "rate", 1.5 + i)


@way
def a_weak_reference():
    scale = Scale()
    held = weakref.ref(scale)
    return lambda x: x * held().k, lambda i, scale=scale: setattr(scale, "k", 1.5 + i)


@way
def a_property_of_a_class():
    class Kind(type):
        @property
        def rate(cls):
            return cls._rate

    class Config(metaclass=Kind):
        _rate = 1.5

    return lambda x: x * Config.rate, lambda i: setattr(Config, "_rate", 1.5 + i)


@way
def a_method_that_is_replaced():
    class Here(Scale):
        pass

    scale = Here()
    return lambda x: scale.times(x), lambda i: setattr(Here, "times", lambda _, x: x * (1.5 + i))


@way
def an_activation():
    layer = jangrad.nn.Layer(1, 2, "tanh", seed=0)
    names = itertools.cycle(["relu", "tanh", "linear"])

    def change(i):
        layer.neurons[0].activation = next(names)

    return lambda x: sum(layer([x])), change


@way
def a_neuron_that_goes():
    layer = jangrad.nn.Layer(1, 9, "tanh", seed=0)
    return lambda x: sum(layer([x])), lambda i: layer.neurons.pop()


@way
def an_attribute_that_is_looked_up_by_ones_own():
    class Looked:
        def __init__(self):
            self.held = {"rate": 1.5}

        def __getattr__(self, name):
            return self.__dict__["held"][name]

    looked = Looked()
    return lambda x: x * looked.rate, lambda i: looked.held.update(rate=1.5 + i)


@way
def a_descriptor():
    class Held:
        def __init__(self):
            self.k = 1.5

        def __get__(self, owner, kind=None):
            return self.k

    class Config:
        rate = Held()

    config = Config()
    return lambda x: x * config.rate, lambda i: setattr(vars(Config)["rate"], "k", 1.5 + i)


@way
def operators_of_ones_own():
    class Held(Scale):
        def __getitem__(self, i):
            return self.k * i

        def __len__(self):
            return int(self.k)

    held = Held()
    return lambda x: x * held[2] + len(held), lambda i: setattr(held, "k", 1.5 + i)


@way
def kinds_of_dicts_and_lists():
    class Numbers(list):
        pass

    ordered, numbers = OrderedDict(k=1.5), Numbers([1.5])
    defaults = defaultdict(float)

    def change(i):
        ordered["k"], defaults["k"], numbers[0] = 1.5 + i, 2.5 + i, 3.5 + i

    return lambda x: x * ordered["k"] + defaults["k"] * numbers[0], change


@way
def a_choice_by_an_enum():
    mode = types.SimpleNamespace(now=Mode.FIRST)
    return lambda x: x * 2.0 if mode.now is Mode.FIRST else x, lambda i: setattr(
        mode, "now", Mode(1 + i % 2)
    )


@way
def classes_that_belong_to_no_module():
    """Code that `exec` runs in a dict of its own has no `__name__`."""
    names = {}
    exec(
        "class Scale:\n"
        "    k = 1.5\n"
        "    def __call__(self, x):\n"
        "        return x * self.k * other.k\n"
        "other = type('Other', (), {'k': 2.0})()\n",
        names,
    )
    kind, other = names["Scale"], type(names["other"])
    return kind(), lambda i: (setattr(kind, "k", 1.5 + i), setattr(other, "k", 2.5 + i))


@way
def a_module_that_is_read_by_names_from_elsewhere():
    def of(name):
        return getattr(cfg, name)

    return lambda x: x * of("rate"), lambda i: setattr(cfg, "rate", 1.5 + i)


@way
def a_variable_whose_name_is_computed():
    def change(i):
        global RATE
        RATE = 1.5 + i

    return lambda x: x * globals()["RA" + "te".upper()], change


@way
def a_memory_of_its_own():
    known, k = {}, [1.5]

    def f(x):
        if "k" not in known:
            known["k"] = k[0]
        return x * known["k"]

    def change(i):
        k[0] = 1.5 + i
        known.clear()

    return f, change


@way
def what_a_class_gives_for_an_index():
    class Rates:
        all = (1.5,)

        def __class_getitem__(cls, i):
            return cls.all[i]

    return lambda x: x * Rates[0], lambda i: setattr(Rates, "all", (1.5 + i,))


@way
def a_special_method_that_is_an_object():
    class Item:
        k = 1.5

        def __call__(self, i):
            return self.k

    class Rates:
        __getitem__ = Item()

    rates = Rates()
    return lambda x: x * rates[0], lambda i: setattr(Rates.__dict__["__getitem__"], "k", 1.5 + i)


@way
def an_attribute_that_a_pattern_matches():
    class Rate:
        pass

    rate = Rate()
    rate.number = 1.5

    def f(x):
        match rate:
            case Rate(number=k):
                return x * k

    return f, lambda i: setattr(rate, "number", 1.5 + i)


@way
def an_attribute_that_a_pattern_matches_by_its_place():
    class Rate:
        __match_args__ = ("number",)

    rate = Rate()
    rate.number = 1.5

    def f(x):
        match rate:
            case Rate(k):
                return x * k

    return f, lambda i: setattr(rate, "number", 1.5 + i)


@way
def the_order_of_an_ordered_dict():
    rates = OrderedDict([(0, 1.5), (1, 2.5), (2, 3.5), (3, 4.5)])
    return lambda x: x * next(iter(rates.values())), lambda i: rates.move_to_end(i, last=False)


@way
def a_view_of_a_dict():
    rates = {"k": 1.5}
    values, items = rates.values(), rates.items()

    def f(x):
        return x * sum(values) + sum(k for _, k in items)

    return f, lambda i: rates.update(k=1.5 + i)


@way
def the_shape_of_an_array():
    k = np.arange(1.0, 13.0)

    def change(i):
        k.resize([(12,), (3, 4), (4, 3), (2, 6)][i], refcheck=False)

    return lambda x: x * (k.shape[0] + float(np.sum(k[0]))), change


@way
def the_class_of_an_object():
    kinds = [type(f"Kind{i}", (), {"number": 1.5 + i}) for i in range(4)]
    rate = kinds[0]()
    return lambda x: x * rate.number, lambda i: setattr(rate, "__class__", kinds[i])


@way
def the_bases_of_a_class():
    class Root:
        pass

    bases = [type(f"Base{i}", (Root,), {"number": 1.5 + i}) for i in range(4)]

    class Rate(bases[0]):
        pass

    rate = Rate()
    return lambda x: x * rate.number, lambda i: setattr(Rate, "__bases__", (bases[i],))


@way
def a_name_among_the_builtins():
    builtins.rate_of_everybody = 1.5

    def f(x):
        return x * rate_of_everybody  # noqa: F821

    return f, lambda i: setattr(builtins, "rate_of_everybody", 1.5 + i)


@way
def what_an_exception_holds():
    class Stopped(Exception):
        pass

    stopped = Stopped(1.5)
    return lambda x: x * stopped.args[0], lambda i: setattr(stopped, "args", (1.5 + i,))


@way
def a_tensor_of_pytorch():
    torch = pytest.importorskip("torch")
    weight, linear = torch.tensor([1.5]), torch.nn.Linear(1, 1)
    torch.nn.init.constant_(linear.weight, 1.5)

    def change(i):
        weight[0] = 1.5 + i
        torch.nn.init.constant_(linear.weight, 2.5 + i)

    return lambda x: x * float(weight[0]) * float(linear.weight.detach()[0, 0]), change


@pytest.fixture(params=WAYS.values(), ids=WAYS, name="found")
def _found(request):
    global RATE
    RATE, cfg.rate, cfg.nested = 1.5, 1.5, {"rate": 1.5}
    return request.param


def by_python(f, x):
    result = f(Value(x))
    return result.data if isinstance(result, Value) else result


CHANGES = [0, 1, 2, 3, 3, 1, 0]


def test_a_call_computes_what_python_would(found):
    """Whatever has changed, and when it changes back."""
    f, change = found()
    compiled = jit(f)
    for i in CHANGES:
        assert compiled(3.0) == pytest.approx(by_python(f, 3.0), rel=1e-15)
        change(i)
        assert compiled(3.0) == pytest.approx(by_python(f, 3.0), rel=1e-15)


def test_rows_compute_what_python_would(found):
    """`map` has programs of its own."""
    f, change = found()
    compiled = jit(f)
    for i in CHANGES:
        change(i)
        expected = [by_python(f, 2.0), by_python(f, 3.0)]
        assert compiled.map([2.0, 3.0]).tolist() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("per_row", [False, True])
def test_a_step_computes_what_python_would(found, per_row):
    """With what was packed before the change too; weights and memory go on."""
    f, change = found()
    w, v = Value(0.5), Value(0.5)
    steps = compile_step(lambda x: (w - f(x)) ** 2, [w], "adam", learning_rate=0.1, per_row=per_row)
    adam = jangrad.train.Adam([v], learning_rate=0.1)
    packed = steps.pack([2.0]) if per_row else steps.pack([(2.0,)])
    for i in CHANGES:
        change(i)
        loss = (v - f(Value(2.0))) ** 2
        v.zero_grad()
        loss.backward()
        adam.step()
        got = steps.run(packed, steps=1)[0]
        assert got == pytest.approx(loss.data, rel=1e-12)
        assert w.data == pytest.approx(v.data, rel=1e-12)


def test_threads_that_see_different_numbers_get_their_own():
    """The numbers of one program change under a thread that is about to run it."""
    seen = threading.local()
    compiled = jit(lambda x: x * seen.k)
    wrong = []

    def call(k):
        seen.k = k
        wrong.extend((k, found) for _ in range(100) if (found := compiled(1.0)) != k)

    threads = [threading.Thread(target=call, args=(float(k),)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Net(Module):
    def __init__(self, f):
        self.w, self._f = Value(0.5), f

    def __call__(self, row):
        return [self.w * self._f(row[0])]


@pytest.mark.parametrize("whose", ["net", "loss", "penalty"])
def test_a_run_computes_what_python_would(found, whose):
    """A callback changes what the network, the loss or the penalty reads."""
    losses = []
    for engine in ("eager", "native"):
        global RATE
        RATE, cfg.rate, cfg.nested = 1.5, 1.5, {"rate": 1.5}
        f, change = found()

        def loss(outputs, targets, f=f):
            return sum((f(o[0]) - t) ** 2 for o, t in zip(outputs, targets, strict=True))

        net = Net(f if whose == "net" else lambda x: x)
        history = fit(
            *(net, [[0.1], [0.2], [0.4]], [1.0, 2.0, 3.0]),
            loss=loss if whose == "loss" else "squared_error",
            penalty=(lambda ps, f=f: f(ps[0] ** 2)) if whose == "penalty" else None,
            optimizer="adam",
            learning_rate=0.01,
            steps=4 * len(CHANGES),
            callbacks=[lambda step, change=change: change(CHANGES[step.step // 4])],
            callback_every=4,
            engine=engine,
            progress=False,
        )
        assert history.engine == engine
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)


# -- what it costs to change ----------------------------------------------------------------------


def compilations(monkeypatch):
    """The traces of which something is made, from here on."""
    made = []
    before = variants.Variants.__init__

    def init(self, tracer, roots, make, **options):
        def counted(found):
            made.append(found)
            return make(found)

        before(self, tracer, roots, counted, **options)

    monkeypatch.setattr(variants.Variants, "__init__", init)
    return made


def test_a_number_that_is_annealed_is_compiled_once_more(monkeypatch):
    """At its first change it becomes an input of the program."""
    made = compilations(monkeypatch)
    k = [0.5]
    f = jit(lambda x: x * k[0] + 7.0)
    for i in range(20):
        k[0] = 0.5 + 0.01 * i
        assert f(3.0) == pytest.approx(3.0 * k[0] + 7.0, rel=1e-15)
    assert len(made) == 2
    assert "param[0]" in f.ir()
    assert "const 7.0" in f.ir()


def test_a_switch_is_compiled_once_for_each_position(monkeypatch):
    """However often it is thrown."""
    made = compilations(monkeypatch)
    traces = []
    on = [True]

    def f(x):
        traces.append(x)
        return x * 2.0 if on[0] else x + 1.0

    f = jit(f)
    for i in range(10):
        on[0] = i % 2 == 0
        assert f(3.0) == (6.0 if on[0] else 4.0)
    assert len(made) == len(traces) == 2


def test_what_is_not_read_may_change():
    """Attributes that no code names, and lists that are only appended to."""
    traces = []

    class Trainer:
        def __init__(self):
            self.k, self.losses, self.last = 2.0, [], None

        def loss(self, x):
            traces.append(x)
            self.last = x
            return x * self.k

    trainer = Trainer()
    f = jit(trainer.loss)
    for _ in range(5):
        trainer.losses.append(f(3.0))
    assert trainer.losses == [6.0] * 5
    assert len(traces) == 1


def test_ten_numbers_and_an_array_are_looked_at_without_python(monkeypatch):
    """A call that finds all as it was runs no function of the guards in Python."""
    numbers, many = {f"k{i}": float(i) for i in range(10)}, np.arange(1000.0)
    f = jit(lambda x: sum(x * k for k in numbers.values()) + many[3])
    assert f(1.0) == 48.0
    monkeypatch.setattr(guards, "look", None)
    assert f(1.0) == 48.0


# -- what a trace does itself ---------------------------------------------------------------------


def drawing():
    """Functions that draw random numbers, in many ways, each with a name."""
    own, numpys, old = random.Random(0), np.random.default_rng(0), np.random.RandomState(0)
    count = itertools.count(1)
    zeros = [Value(0.0) for _ in range(8)]
    mask = np.zeros(3)

    class Dropout:
        def __init__(self):
            self.rng = random.Random(1)

        def __call__(self, x):
            return x if self.rng.random() < 0.999 else x * 2.0

    return {
        "random": lambda x: x * random.random(),
        "rarely": lambda x: x if random.random() < 1e-9 else x * 2.0,
        "among equals": lambda x: x * random.choice(zeros),
        "a Random": lambda x: x * own.random(),
        "numpy": lambda x: x * float(np.random.rand()),
        "numpy in place": lambda x: x * float(np.random.shuffle(mask) is None),
        "a Generator": lambda x: x * float(numpys.random()),
        "a RandomState": lambda x: x * float(old.rand()),
        "made inside": lambda x: x * float(np.random.default_rng().random()),
        "made inside by Python": lambda x: x * random.Random().random(),
        "the system": lambda x: x * random.SystemRandom().random(),
        "an attribute": Dropout(),
        "an iterator": lambda x: x * float(next(count)),
    }


@pytest.mark.parametrize("name", drawing())
@pytest.mark.parametrize("how", ["call", "map", "step", "rows", "fit"])
def test_chance_is_refused(name, how):
    """Also where what was drawn makes no difference this time."""
    f = drawing()[name]
    w = Value(1.0)
    calls = {
        "call": lambda: jit(f)(1.0),
        "map": lambda: jit(f).map([1.0]),
        "step": lambda: compile_step(lambda x: w * f(x), [w])(1.0),
        "rows": lambda: compile_step(lambda x: w * f(x), [w], per_row=True)([1.0]),
        "fit": lambda: fit(Net(f), [[1.0]], [1.0], steps=3, engine="native", progress=False),
    }
    with pytest.raises(Untraceable, match=r"random numbers|first with|each time"):
        calls[how]()


def test_a_refused_trace_has_drawn_nothing():
    """What is drawn next is as if there had been no trace."""
    for draw, seed in (
        (random.random, lambda: random.seed(3)),
        (np.random.rand, lambda: np.random.seed(3)),
    ):
        seed()
        expected = draw()
        seed()
        with pytest.raises(Untraceable):
            jit(lambda x, draw=draw: x * float(draw()))(1.0)
        assert draw() == expected


def test_auto_trains_as_eager_does_where_there_is_chance_or_a_counter():
    """To measure and to trace a network leaves it, and its generator, as they were."""

    class Counting(Module):
        def __init__(self):
            self.w, self.n, self._rng, self.seen = Value(0.1), 0, random.Random(0), []

        def __call__(self, row):
            self.n += 1
            self.seen.append(1)
            drop = 1.0 if self._rng.random() < 0.5 else 2.0
            return [self.w * row[0] * drop * (1.0 if self.n < 20 else 5.0) * len(self.seen)]

    def losses(engine):
        random.seed(0)
        rows = [[0.1 * i] for i in range(8)]
        options = {"optimizer": "sgd", "steps": 4000, "engine": engine, "progress": False}
        history = fit(Counting(), rows, [r[0] for r in rows], learning_rate=1e-9, **options)
        assert history.engine == "eager"
        return history.loss

    assert losses("auto") == losses("eager")


def test_auto_leaves_an_iterator_to_python():
    """To ask it for a number, to measure or to trace, would be to take the number away."""

    def losses(engine):
        numbers = itertools.count()
        net = Net(lambda x: x * float(next(numbers)))
        options = {"optimizer": "sgd", "learning_rate": 1e-9, "steps": 4000, "progress": False}
        return fit(net, [[0.1]], [1.0], engine=engine, **options).loss

    assert losses("auto") == losses("eager")


@pytest.mark.parametrize("how", ["attribute", "closure", "list", "dict", "global"])
def test_a_counter_is_refused_by_its_name(how):
    """It would count the traces."""
    net, numbers, table, n = Scale(), [0], {"n": 0}, 0

    def f(x):
        nonlocal n
        global RATE
        if how == "attribute":
            net.k += 1
        elif how == "closure":
            n += 1
        elif how == "list":
            numbers[0] += 1
        elif how == "dict":
            table["n"] += 1
        else:
            RATE += 1.0
        return x

    names = {"attribute": "net.k", "closure": "n", "list": r"numbers\[0\]", "global": "RATE"}
    name = names.get(how, r"table\['n'\]")
    with pytest.raises(Untraceable, match=f"`{name}` changes each time") as error:
        jit(f)(1.0)
    assert "outside" in error.value.try_


def test_what_another_thread_changes_is_not_laid_to_the_function():
    """The refusal says who changes it."""
    numbers, ended = [0.0], threading.Event()

    def change():
        while not ended.wait(1e-3):
            numbers[0] += 1.0

    def f(x):
        time.sleep(0.03)
        return x * numbers[0]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        with pytest.raises(
            Untraceable, match=r"`numbers\[0\]` is changed by another thread"
        ) as error:
            jit(f)(1.0)
    finally:
        ended.set()
        thread.join()
    assert "lock" in error.value.try_
    assert jit(f)(1.0) == numbers[0]


def test_a_number_that_another_thread_changes_now_and_then_is_no_reason_to_refuse():
    """A trace that no change has met comes, be it the sixth."""
    numbers, traces, ended, lock = [0.0], [], threading.Event(), threading.Lock()

    def change():
        while not ended.wait(1e-3):
            with lock:
                numbers[0] += len(traces) < 6

    def f(x):
        with lock:
            traces.append(x)
        time.sleep(0.02)
        return x * numbers[0]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        assert jit(f)(1.0) == numbers[0] > 3.0
    finally:
        ended.set()
        thread.join()


def test_what_the_first_call_makes_is_a_parameter():
    """A Value that is made when it is first needed, as Python would find it from then on."""

    class Lazy(Module):
        def __init__(self):
            self.w = None

        def __call__(self, row):
            if self.w is None:
                self.w = Value(2.0)
            return [self.w * row[0]]

    net = Lazy()
    f = jit(lambda x: net([x])[0])
    assert f(3.0) == 6.0
    net.w.data = 5.0
    assert f(3.0) == 15.0
    assert f.map([3.0]).tolist() == [15.0]


def test_a_list_of_what_was_seen_may_be_kept():
    """It is only appended to, so no number in it is read."""
    log = []

    def f(x):
        log.append(x)
        return x * 2.0

    f = jit(f)
    assert [f(1.0), f(2.0)] == [2.0, 4.0]
    assert len(log) == 1


# -- Values that were computed before -------------------------------------------------------------


def test_a_computed_value_keeps_its_number():
    """As in Python, where it is not computed again."""
    a = Value(2.0)
    c = a * a
    f = jit(lambda x: x * c)
    assert f(1.0) == 4.0
    slope = jit(grad(lambda x: x * x * c))
    assert slope(3.0) == 24.0
    a.data = 10.0
    assert f(1.0) == (Value(1.0) * c).data == 4.0
    with pytest.raises(StaleGraph):
        slope(3.0)


@pytest.mark.parametrize("per_row", [False, True])
def test_a_step_refuses_what_was_computed_of_what_learns(per_row):
    """From its second step on Python would raise StaleGraph."""
    w = Value(2.0)
    c = w * w
    step = compile_step(lambda x: c * x, [w], "sgd", per_row=per_row)
    with pytest.raises(Untraceable, match="computed outside of it"):
        step([1.0] if per_row else 1.0)


@pytest.mark.parametrize("per_row", [False, True])
def test_a_step_finds_what_is_stale(per_row):
    """As backward() does: what a Value was computed from has been assigned since."""
    a, w = Value(2.0), Value(1.0)
    c = a * a
    step = compile_step(lambda x: w * c * x, [w], "sgd", learning_rate=1e-9, per_row=per_row)
    given = [1.0] if per_row else 1.0
    assert step(given) == 4.0
    a.data = 3.0
    with pytest.raises(StaleGraph, match="was assigned after"):
        step(given)


def test_what_was_computed_of_an_earlier_argument_is_refused():
    """As is the argument itself."""
    kept = []

    def f(x):
        kept.append(x * 2.0)
        return x

    jit(f)(1.0)
    with pytest.raises(Untraceable, match="argument of an earlier call"):
        jit(lambda x: x * kept[0])(1.0)


# -- where nothing can be seen --------------------------------------------------------------------


def test_check_traces_each_call():
    """And names the line that computes something else."""
    numbers = iter([2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0])
    f = jit(lambda x: x * next(numbers), check=True)
    assert [f(1.0), f(1.0)] == [2.0, 2.0]
    with pytest.raises(Untraceable, match="first with 2 and then with 3") as error:
        f(1.0)
    assert "x * next(numbers)" in error.value.where


@pytest.mark.parametrize("per_row", [False, True])
def test_check_traces_each_step(per_row):
    """`compile_step` too."""
    numbers = iter([2.0] * 4 + [3.0] * 3)
    w = Value(1.0)
    step = compile_step(lambda x: w * x * next(numbers), [w], "sgd", per_row=per_row, check=True)
    given = [1.0] if per_row else 1.0
    step(given)
    step(given)
    with pytest.raises(Untraceable, match="first with 2 and then with 3"):
        step(given)


@pytest.mark.parametrize("check", [False, True])
def test_a_run_is_traced_again_behind_a_callback_where_it_cannot_be_seen(check):
    """Whether it is asked for or not."""
    numbers = itertools.chain([2.0] * 4, itertools.repeat(3.0))
    net = Net(lambda x: x * next(numbers))
    with pytest.raises(Untraceable, match="first with 2 and then with 3"):
        fit(
            *(net, [[1.0]], [1.0]),
            steps=50,
            callbacks=[lambda step: None],
            callback_every=10,
            check=check,
            engine="native",
            progress=False,
        )


def test_check_traces_a_run_at_its_end():
    """So a change by another thread is found."""
    numbers = itertools.chain([2.0] * 2, itertools.repeat(3.0))
    net = Net(lambda x: x * next(numbers))
    with pytest.raises(Untraceable, match="first with 2 and then with 3"):
        fit(net, [[1.0]], [1.0], steps=50, check=True, engine="native", progress=False)


# -- training goes on -----------------------------------------------------------------------------


def trained(engine, net, **options):
    options = {"steps": 60, "callback_every": 10, "progress": False, **options}
    rows = [[0.1 * i] for i in range(8)]
    return fit(net, rows, [r[0] ** 2 for r in rows], engine=engine, **options)


@pytest.mark.parametrize("batch_size", [None, 3])
def test_what_cannot_be_traced_any_more_is_left_to_python(batch_size):
    """`auto` goes on from the same weights; `native` says why it cannot."""
    switch, k = [False], Value(0.5)

    def function(x):
        return (x if k.data < 0.3 else x * 2.0) if switch[0] else x

    def throw(step):
        switch[0] = step.step >= 3000

    losses = {}
    for engine in ("eager", "auto"):
        switch[0] = False
        losses[engine] = trained(
            *(engine, Net(function)),
            steps=4000,
            callback_every=500,
            callbacks=[throw],
            batch_size=batch_size,
        ).loss
    assert losses["auto"] == pytest.approx(losses["eager"], rel=1e-9)
    switch[0] = False
    with pytest.raises(Untraceable, match="was read"):
        trained(*("native", Net(function)), steps=4000, callback_every=500, callbacks=[throw])


def test_a_schedule_may_change_what_the_loss_reads():
    """It is asked before each step, and the step sees what it has changed."""
    losses = []
    for engine in ("eager", "native"):
        k = [1.0]

        def schedule(step, k=k):
            k[0] = 1.0 + step // 7
            return 0.01

        losses.append(trained(engine, Net(lambda x, k=k: x * k[0]), schedule=schedule).loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)


def test_a_callback_may_assign_a_value_that_does_not_learn():
    """It is read as it is then."""
    losses = []
    for engine in ("eager", "native"):
        k = Value(1.0)
        net = Net(lambda x, k=k: x * k)
        adam = jangrad.train.Adam([net.w])
        callbacks = [lambda step, k=k: setattr(k, "data", 1.0 + step.step)]
        losses.append(trained(engine, net, optimizer=adam, callbacks=callbacks).loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)


def test_other_threads_may_draw_while_a_function_is_traced():
    """Only what the function can reach is watched while others run."""
    done = threading.Event()

    def draw():
        while not done.is_set():
            random.random()

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        for i in range(5):
            assert jit(lambda x, i=i: x * float(i))(2.0) == 2.0 * i
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1.0, 1.0, True),
        (0.0, -0.0, False),
        (float("nan"), float("nan"), True),
        (1, True, False),
        (1, 1.0, False),
        (10**30, 10**30, True),
        ("a", "".join(["a"]), True),
        ((1.0, 2.0), (1.0, 2.0), True),
        ((0.0, 2.0), (-0.0, 2.0), False),
        ([1.0], [1.0], False),
        (np.float64(2.0), np.float64(2.0), True),
        (np.float32(2.0), np.float64(2.0), False),
        (2j, 2j, True),
        (None, False, False),
    ],
)
def test_numbers_are_alike_when_no_program_can_tell_them_apart(one, other, alike):
    """Equal numbers of different types are not, nor are the two zeros."""
    assert guards.same(one, other) is alike
