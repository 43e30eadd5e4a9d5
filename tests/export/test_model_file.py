"""The model file: what is kept, what is noticed, and that a file is never half written."""

import json
import os
import stat

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from jangrad import MLP, Value, load_model, save_model
from jangrad.errors import ConfigError, ModelFileError
from jangrad.nn import INITS
from jangrad.tensors import checksum

ABOUT = {"columns": ["size", "naïve"], "mean": 0.1 + 0.2, "gap": None}


@pytest.fixture
def saved(tmp_path):
    """A network with learned slopes, and its file."""
    net = MLP(2, [3, 2, 1], ["prelu", "tanh"], seed=4)
    path = tmp_path / "net.safetensors"
    save_model(path, net, ABOUT)
    return net, path


def test_everything_comes_back(saved):
    """Every number to the last bit, the way the network is built, and what was said about it."""
    net, path = saved
    again, about = load_model(path)
    assert again.state() == net.state()
    assert again.config() == net.config()
    assert about == ABOUT
    assert again.predict([[0.3, -2.0]]) == net.predict([[0.3, -2.0]])


def test_numbers_that_are_not_finite_come_back(tmp_path):
    """A network that diverged can be looked at later."""
    net = MLP(1, [1], seed=0)
    net.load_state(dict(zip(net.state(), (float("inf"), float("nan")), strict=True)))
    save_model(tmp_path / "net", net)
    weight, bias = load_model(tmp_path / "net")[0].state().values()
    assert weight == float("inf")
    assert bias != bias


def test_any_program_can_read_the_numbers(saved):
    """It is a plain safetensors file with one tensor, and its header is JSON."""
    net, path = saved
    with safe_open(path, framework="numpy") as file:
        assert file.get_tensor("parameters").tolist() == list(net.state().values())
        assert json.loads(file.metadata()["jangrad"])["about"] == ABOUT


def test_every_flipped_bit_is_noticed(saved):
    """Wherever it is: in a weight, in the plan of the network, in what is said about the data."""
    _, path = saved
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]
        )
        with pytest.raises(ModelFileError):
            load_model(path)


def test_every_truncation_is_noticed(saved):
    """From the empty file to one byte less."""
    _, path = saved
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="try:"):
            load_model(path)


def _written(path, header, numbers):
    text = header if isinstance(header, str) else json.dumps(header)
    metadata = {"jangrad": text, "sha256": checksum(text, {"parameters": numbers})}
    path.write_bytes(save({"parameters": numbers}, metadata=metadata))


@pytest.mark.parametrize("wrong", [None, 3, "x", [], [1], False, {"a": 1}, 1e999])
@pytest.mark.parametrize("part", ["version", "network", "names"])
def test_headers_of_others_are_refused(saved, part, wrong):
    """A checksum that fits does not make a header ours."""
    net, path = saved
    numbers = np.array(list(net.state().values()))
    header = {"version": 1, "network": net.config(), "names": list(net.state()), "about": {}}
    _written(path, header | {part: wrong}, numbers)
    with pytest.raises(ModelFileError):
        load_model(path)
    del header[part]
    _written(path, header, numbers)
    with pytest.raises(ModelFileError, match="not one of jangrad's"):
        load_model(path)


@pytest.mark.parametrize("text", ["", "5", "null", "[1]", '"x"', "{", "[" * 100_000])
def test_headers_that_are_no_description_are_refused(saved, text):
    """Text, numbers, half of a description, a nesting without end."""
    _written(saved[1], text, np.zeros(1))
    with pytest.raises(ModelFileError, match="not one of jangrad's"):
        load_model(saved[1])


def test_a_network_larger_than_its_numbers_is_not_built(saved):
    """A damaged width must not fill the memory before it is noticed."""
    _, path = saved
    for widths in ([10**12], [10**6, 10**6], [1, 10**9, 1]):
        network = {"n_inputs": 2, "widths": widths}
        _written(path, {"version": 1, "network": network, "names": [], "about": {}}, np.zeros(3))
        with pytest.raises(ModelFileError, match="but the file holds 3 numbers"):
            load_model(path)


def test_a_newer_version_is_named(saved):
    """With the way out."""
    _written(saved[1], {"version": 3}, np.zeros(1))
    with pytest.raises(ModelFileError, match=r"version 3(.|\n)*upgrade jangrad") as error:
        load_model(saved[1])
    assert str(error.value).count("try:") == 1


def test_a_failed_write_leaves_the_old_file(saved, monkeypatch):
    """Whole, and nothing beside it."""
    _, path = saved
    whole = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelFileError, match="No space left on device"):
        save_model(path, MLP(1, [1]))
    assert path.read_bytes() == whole
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_places_that_cannot_be_written(tmp_path):
    """No such folder, a folder in the file's place."""
    for path in (tmp_path / "none" / "net", tmp_path):
        with pytest.raises(ModelFileError, match="cannot be written to"):
            save_model(path, MLP(1, [1]))


@pytest.mark.skipif(os.name == "nt", reason="permissions are other things there")
def test_others_may_read_the_file(saved):
    """Its permissions are those of any new file."""
    other = saved[1].with_name("other")
    other.touch()
    assert stat.S_IMODE(saved[1].stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_message_says_each_thing_once(tmp_path):
    """Another's safetensors file is that, and no damaged model too."""
    path = tmp_path / "net.safetensors"
    path.write_bytes(save({"weight": np.zeros(9)}))
    with pytest.raises(ModelFileError, match="safetensors file, but not one of jangrad's") as error:
        load_model(path)
    assert [line.split(":")[0].strip() for line in str(error.value).splitlines()[1:]] == [
        "where",
        "why",
        "try",
    ]


def test_another_file_is_not_replaced(tmp_path):
    """Notes stay notes unless it is asked for; an empty file and an older model may go."""
    path = tmp_path / "notes.txt"
    path.write_text("much work")
    with pytest.raises(ModelFileError, match="not a model of jangrad's, so it is not replaced"):
        save_model(path, MLP(1, [1]))
    assert path.read_text() == "much work"
    path.write_bytes(save({"parameters": np.zeros(9)}, metadata={"format": "pt"}))
    with pytest.raises(ModelFileError, match="try: another name, or remove the file first"):
        save_model(path, MLP(1, [1]))
    for text in (
        '{"dependencies": {"numpy": "2.0", "jangrad": "0.1"}, "precious": [1, 2, 3]}',
        '12345678{"__metadata__":{"jangrad":"of mine"}}',
        'notes on jangrad: {"__metadata__":{"jangrad":"{\\"version\\": 1',
    ):
        path.write_text(text)
        with pytest.raises(ModelFileError, match="not a model of jangrad's"):
            save_model(path, MLP(1, [1]))
        assert path.read_text() == text
    save_model(path, MLP(1, [1]), force=True)
    for _ in range(20):  # the header's entries come in any order
        save_model(path, MLP(1, [1], seed=3))
    assert load_model(path)[0].seed == 3
    path.write_bytes(b"")
    save_model(path, MLP(1, [1]))


@pytest.mark.skipif(os.name == "nt", reason="pipes are other things there")
def test_pipes_and_devices_are_not_waited_for(tmp_path):
    """Neither to read nor to write; a folder is named as one."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for path, what in (("pipe", "a pipe"), ("zero", "a device"), (".", "a folder")):
        with pytest.raises(ModelFileError, match=f"is {what}, not a model file"):
            load_model(tmp_path / path)
        with pytest.raises(ModelFileError, match=f"it is {what}"):
            save_model(tmp_path / path, MLP(1, [1]), force=True)
    with pytest.raises(ModelFileError, match="there is no model file"):
        load_model("a\0b")


def _shared(net):
    net.layers[1].neurons[0].weights = net.layers[0].neurons[0].weights


def _shorter(net):
    net.layers.pop()


def _swapped(net):
    net.layers[0].neurons[0].activation = "relu"


def _narrower(net):
    net.layers[0].neurons[1].weights.pop()


def _computed(net):
    net.layers[0].neurons[0].bias = net.layers[0].neurons[1].bias * 2.0


def _plain(net):
    net.layers[0].neurons[0].bias = 0.5


def _wrapped(net):
    class Loud(type(net.layers[0])):
        def __call__(self, xs):
            return [2 * x for x in super().__call__(xs)]

    net.layers[0].__class__ = Loud


def _more(net):
    net.scale = Value(2.0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_shared, r"`layers.1.neurons.0.weights.0` is no parameter of its own: it is shared"),
        (_shorter, "`net.layers` is 1 layer, but would be loaded as 2 layers"),
        (_swapped, r"neurons\[0\].activation` is relu, but would be loaded as tanh"),
        (_narrower, r"neurons\[1\].weights` is 1 weight, but would be loaded as 2 weights"),
        (_computed, "`layers.0.neurons.0.bias` is no parameter of its own"),
        (_plain, "`layers.0.neurons.0.bias` is no parameter of its own"),
        (_wrapped, r"`net.layers\[0\]` is a .*Loud, with a `__call__` of its own"),
        (_more, "`scale` is a parameter that an MLP does not have"),
    ],
)
def test_what_would_load_as_another_network_is_refused(tmp_path, change, match):
    """When it is saved, not when it is needed; nothing is written."""
    net = MLP(2, [2, 2], "tanh", seed=0)
    change(net)
    with pytest.raises(ModelFileError, match=match):
        save_model(tmp_path / "net", net)
    assert not list(tmp_path.iterdir())


def test_an_mlp_that_was_patched_is_refused(tmp_path):
    """A subclass may have an `__init__` of its own, which the file does not need."""

    class Small(MLP):
        def __init__(self):
            super().__init__(2, [1], seed=0)

    patched = MLP(2, [1])
    patched.predict = lambda rows: rows
    with pytest.raises(ModelFileError, match="with a `predict` of its own"):
        save_model(tmp_path / "net", patched)
    save_model(tmp_path / "net", Small())
    assert load_model(tmp_path / "net")[0].predict([[1, 2]]) == Small().predict([[1, 2]])


@pytest.mark.parametrize(
    ("about", "match"),
    [
        (["note"], r"`about` is a dict, not \['note'\] \(list\)"),
        ({"loss": float("nan")}, "`about` holds what JSON cannot"),
        ({"net": MLP}, "`about` holds what JSON cannot"),
        ({"runs": [{1: "a"}]}, "keys that are no text"),
    ],
)
def test_what_json_cannot_hold_is_refused(tmp_path, about, match):
    """Before anything is written, and not when it is loaded."""
    with pytest.raises(ConfigError, match=match):
        save_model(tmp_path / "net", MLP(1, [1]), about)
    assert not list(tmp_path.iterdir())


def test_arguments_in_the_order_of_pytorch(tmp_path):
    """`save(net, path)` is told the other order; what is no Module is told so."""
    with pytest.raises(ConfigError, match=r"the path comes first(.|\n)*save_model\(path, net\)"):
        save_model(MLP(1, [1]), tmp_path / "net")
    with pytest.raises(ConfigError, match=r"a model file holds a Module, not 3 \(builtins.int\)"):
        save_model(tmp_path / "net", 3)


def test_a_model_is_loaded_without_the_init_that_it_began_with(tmp_path, monkeypatch):
    """All its numbers are in the file; also where it is saved again."""
    monkeypatch.setitem(INITS, "halves", lambda rng, fan_in, fan_out: 0.5)
    net = MLP(2, [2, 1], init="halves", seed=3)
    save_model(tmp_path / "net", net)
    monkeypatch.delitem(INITS, "halves")
    again, _ = load_model(tmp_path / "net")
    assert again.state() == net.state()
    assert again.config() == net.config()
    save_model(tmp_path / "net", again)
    assert load_model(tmp_path / "net")[0].config() == net.config()
