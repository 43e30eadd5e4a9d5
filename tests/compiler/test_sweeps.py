"""The walks over all scalars give the same as plain Python and as machine code."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from tests.compiler.strategies import programs
from tests.compiler.ways import compiled_as

import jangrad
from jangrad import MLP
from jangrad.compiler.plan import kernels, loose
from jangrad.compiler.program import (
    arguments,
    classes,
    differentiate,
    guards,
    ir,
    reach,
    sweeps,
    trace,
)
from jangrad.compiler.program.interpret import interpret


def load_plain(name):
    """A file from its source, where the compiled one would be found first."""
    file = Path(ir.__file__).with_name(f"{name}.py")
    spec = spec_from_file_location(f"plain_{name}", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLAIN, PLAIN_ADJOINTS = load_plain("sweeps"), load_plain("adjoints")


def everything(function, row, parameters):
    """The program with its gradients, its classes and their order, its tables, as text."""
    program = trace.trace(function, row, parameters, per_row=range(len(row))).program
    root = int(program.outputs[0])
    longer, slopes = differentiate.differentiate(program, root)
    longer.outputs = np.r_[root, slopes]
    pruned = differentiate.prune(longer)
    found = classes.classify(pruned)
    ragged = classes._classify(pruned, None, ragged=True)
    parts = [pruned, *found.members, len(ragged), found.level.tolist()]
    with compiled_as("tables and loop nests"):
        for lane in (False, True):
            marks = loose.find(pruned, found, np.zeros(len(pruned), np.int8), lane)
            if marks is not None:
                cut = loose.cut(pruned, found, marks, 4)
                parts += [cut.stage.tolist(), cut.loose.tables.tolist(), cut.loose.stages]
    return "\n".join(map(str, parts)), pruned


def as_plain(patch):
    """Let every file of the compiler use the plain functions."""
    for user in (arguments, classes, differentiate, ir, loose, reach, trace):
        patch.setattr(user, "sweeps", PLAIN)
    patch.setattr(kernels, "spread", PLAIN.spread)
    patch.setattr(differentiate, "adjoints", PLAIN_ADJOINTS)


def test_arguments_are_flattened_the_same():
    """Of every kind, in one order, and with one nesting."""
    given = ([1, 2.5, (True, [np.float32(3.0)])], {"x": [4.0], "y": np.arange(6).reshape(2, 3)}, 7)
    flat = arguments.flatten(given)
    with pytest.MonkeyPatch.context() as patch:
        as_plain(patch)
        assert arguments.flatten(given) == flat
    assert flat[0] == [1, 2.5, 1.0, 3.0, 4.0, 0, 1, 2, 3, 4, 5, 7]


def test_objects_are_told_apart_the_same():
    """By their addresses, and by those of their classes."""
    objects, ids = [1.0, "a", None, [2.0]], np.zeros(4, np.int64)
    for walks in (sweeps, PLAIN):
        walks.write_ids(objects, ids)
        assert ids.tolist() == [id(x) for x in objects]
        kinds = frozenset(map(id, (float, int)))
        assert walks.are_of([1.0, 2.0, 3, 4.0], kinds)
        assert walks.are_of((), kinds)
        assert not walks.are_of((1.0, 2.0, True), kinds)  # a class of its own


@pytest.mark.usefixtures("own_operations")
@settings(max_examples=40)
@given(program=programs(most=6))
def test_programs_are_the_same(program):
    """Trace, gradients, classes."""
    f, parameters = program.make()
    row = program.rows[0]
    text, _ = everything(f, row, parameters)
    with pytest.MonkeyPatch.context() as patch:
        as_plain(patch)
        assert everything(f, row, parameters)[0] == text


def test_a_network_is_the_same():
    """With hashes that are large numbers, and sums of several lengths."""
    net = MLP(3, [8, 5], "relu", seed=0)

    def loss(x, label):
        parts = [sum(x[: k + 1]) * v for k, v in enumerate(net(x)[:3])]
        return -jangrad.table(jangrad.log_softmax(net(x)))[label] + sum(parts)

    row = [[1.0, 2.0, 3.0], 2]
    text, program = everything(loss, row, net.parameters())
    with pytest.MonkeyPatch.context() as patch:
        as_plain(patch)
        again, _ = everything(loss, row, net.parameters())
    assert again == text
    numbers = interpret(program, [p.data for p in net.parameters()], [[1.0, 2.0, 3.0, 2.0]])
    assert np.isfinite(numbers).all()
    assert not PLAIN.compiled


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (lambda held: None, True),
        (lambda held: held["one"].update(k=float("1.5")), True),
        (lambda held: held["one"].update(k=2.5), False),
        (lambda held: held["one"].update(zero=-0.0), False),
        (lambda held: held["one"].update(no=float("nan")), True),
        (lambda held: held["one"].update(unread=7), True),
        (lambda held: held["one"].update(more=7), False),
        (lambda held: held["one"].pop("k"), False),
        (lambda held: held["items"].append(1.0), False),
        (lambda held: held["items"].reverse(), False),
        (lambda held: held["items"].__setitem__(0, float("0.5")), True),
        (lambda held: held["thing"].set(2), False),
        (lambda held: setattr(held["thing"], "__dict__", {"k": 1}), False),
        (lambda held: setattr(held["thing"], "__class__", type("Other", (), {})), False),
        (lambda held: held["array"].__setitem__(0, 9.0), False),
        (lambda held: held["array"].__setitem__(0, -0.0), False),
        (lambda held: held["spread"].__setitem__(1, 9.0), False),
        (lambda held: setattr(held["array"], "shape", (3, 1)), False),
        (lambda held: setattr(held["array"], "dtype", np.int64), False),
    ],
)
def test_what_was_seen_is_compared_alike_in_both(change, holds):
    """Entries, whole dicts, lists, attributes and arrays; by identity, or as equal numbers."""

    class Thing:
        def set(self, k):
            self.k = k

    thing = Thing()
    thing.set(1)
    one = {"k": 1.5, "zero": 0.0, "no": float("nan"), "unread": 1}
    held = {"one": one, "items": [0.5, thing], "thing": thing, "array": np.arange(3.0)}
    spread = held["spread"] = np.arange(6.0)[::2]
    absent, unread = object(), object()
    given = (
        [one, 4],
        [one, "k", one["k"], one, "nowhere", absent],
        [one, tuple(one), (*tuple(one.values())[:3], unread)],
        [thing, vars(thing), Thing],
        [held["items"], tuple(held["items"])],
        [thing, "k", 1],
        [part for a in (held["array"], spread) for part in (a, a.tobytes(), (3,), np.dtype(float))],
        [len, held["items"], 2],
    )
    change(held)
    for unchanged in (sweeps.unchanged, PLAIN.unchanged):
        tags = bytearray(8 * 4)
        for _ in range(2):  # the second time by the versions of the dicts
            assert unchanged(*given, tags, guards.same, absent, unread) is holds


@pytest.mark.parametrize("name", ["k", "more"])
def test_a_dict_that_was_as_before_is_looked_at_again_when_it_changes(name):
    """Its version is another one then, also where it has gone back to what it held."""
    one, absent = {"k": 1.5}, object()
    given = [one, 1], [one, "k", one["k"]], [one, ("k",), (one["k"],)], [], [], [], [], []
    for unchanged in (sweeps.unchanged, PLAIN.unchanged):
        tags = bytearray(8 * 3)

        def holds(unchanged=unchanged, tags=tags):
            return unchanged(*given, tags, guards.same, absent, absent)

        before = dict(one)
        assert holds()
        one[name] = 2.5
        assert not holds()
        one.clear()
        one.update(before)
        assert holds()
