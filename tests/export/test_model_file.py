"""The model file: what is kept, what is noticed, and that a file is never half written."""

import json
import os
import stat

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from jangrad import MLP, load_model, save_model
from jangrad.errors import ConfigError, ModelFileError
from jangrad.export.model_file import _checksum

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
    metadata = {"jangrad": text, "sha256": _checksum(text, numbers.tobytes())}
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
    _written(saved[1], {"version": 2}, np.zeros(1))
    with pytest.raises(ModelFileError, match=r"version 2(.|\n)*upgrade jangrad"):
        load_model(saved[1])


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


def test_functions_cannot_be_saved(tmp_path):
    """Reading a model file must not run code."""
    with pytest.raises(ConfigError, match="must not run code"):
        save_model(tmp_path / "net", MLP(1, [2, 1], lambda v: v * v))
