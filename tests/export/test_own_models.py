"""Networks of the user's own in model files: numbers, and what a network is told by."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from tools import mutations

from jangrad import MLP, Module, Value, load_model, operation, save_model, tanh
from jangrad.errors import ConfigError, ModelFileError
from jangrad.export import answers
from jangrad.nn import Layer, Neuron
from jangrad.tensors import checksum

OLD = Path(__file__).parent / "models"


class Block(Module):
    """A layer and a shortcut around it, by a constant that is no parameter."""

    def __init__(self, width, shortcut=0.5, seed=0):
        self.layer = Layer(width, width, "tanh", seed=seed)
        self.shortcut = shortcut

    def __call__(self, xs):
        return [self.shortcut * x + y for x, y in zip(xs, self.layer(xs), strict=True)]


class Net(Module):
    """Blocks in a dict, a table of weights that is used twice, an array of constants."""

    def __init__(self, blocks=2, means=(1.0, 2.0), seed=0, **options):
        self.means = np.array(means)
        self.blocks = {f"b{i}": Block(2, seed=seed + i, **options) for i in range(blocks)}
        self.head = [Value(0.1 * i + seed) for i in range(2)]
        self.tail = self.head
        self.name = "net"

    def __call__(self, row):
        xs = [x - mean for x, mean in zip(row, self.means.tolist(), strict=True)]
        for block in self.blocks.values():
            xs = block(xs)
        return [sum(w * x for w, x in zip(self.head, xs, strict=True)), tanh(self.tail[0] * xs[0])]


ROWS = [[0.3, -2.0], [1.0, 5.0]]


def test_every_number_comes_back(tmp_path):
    """To the last bit, with what was said about it, into a network that is built alike."""
    net = Net(seed=3)
    save_model(tmp_path / "net", net, {"note": "mine"})
    again = Net(seed=9)
    found, about = load_model(tmp_path / "net", into=again)
    assert found is again
    assert about == {"note": "mine"}
    assert again.state() == net.state()
    assert again.predict(ROWS) == net.predict(ROWS)


@pytest.mark.parametrize("net", [Neuron(2, "tanh", seed=0), Layer(2, 3, "relu", seed=0)])
def test_parts_of_networks_can_be_saved(net, tmp_path):
    """They are Modules too."""
    save_model(tmp_path / "net", net)
    other = type(net)(
        2,
        *([3] if isinstance(net, Layer) else []),
        net.activation if isinstance(net, Neuron) else "relu",
        seed=5,
    )
    load_model(tmp_path / "net", into=other)
    assert other.state() == net.state()


def test_classes_that_compute_something_else(tmp_path):
    """An MLP with functions of the user's, and subclasses, are networks of the user's own."""

    class Twice(MLP):
        def __call__(self, xs):
            return [2 * x for x in super().__call__(xs)]

    def square(v):
        return v * v

    for kind, activation in ((Twice, "tanh"), (MLP, square)):
        save_model(tmp_path / "net", kind(2, [2, 1], activation, seed=0))
        with pytest.raises(ModelFileError, match="a network of your own"):
            load_model(tmp_path / "net")
        again, _ = load_model(tmp_path / "net", into=kind(2, [2, 1], activation, seed=1))
        assert again.predict(ROWS) == kind(2, [2, 1], activation, seed=0).predict(ROWS)
        with pytest.raises(ModelFileError, match=r"activations.0.` is \S+ in the file, but"):
            load_model(tmp_path / "net", into=kind(2, [2, 1], "relu"))


def test_code_is_in_no_file(tmp_path):
    """So what would build the network is asked for, by the name of its class."""
    save_model(tmp_path / "net", Net())
    with pytest.raises(ModelFileError, match=r"numbers of a `Net`(.|\n)*into=Net\(...\)"):
        load_model(tmp_path / "net")
    with pytest.raises(ModelFileError, match="a network of your own"):
        answers(tmp_path / "net", [{"a": 1}])


class Other(Net):
    pass


@pytest.mark.parametrize(
    ("into", "said"),
    [
        (lambda: Net(blocks=1), r"`blocks\[.b1.\]|blocks.b1"),
        (lambda: Net(shortcut=0.25), "shortcut` is 0.5 in the file, but 0.25 in the network given"),
        (
            lambda: Net(means=(1.0, 2.5)),
            "`means` is float64 .2,. [0-9a-f]{12} in the file",
        ),
        (Other, "the class is Net in the file, but Other in the network given"),
        (lambda: MLP(2, [2, 1]), "the class is Net in the file, but MLP in the network given"),
    ],
)
def test_another_network_is_refused(into, said, tmp_path):
    """By what differs; it stays as it is."""
    save_model(tmp_path / "net", Net(seed=4))
    net = into()
    before = net.state()
    with pytest.raises(ModelFileError, match=said):
        load_model(tmp_path / "net", into=net)
    assert net.state() == before


def test_other_activations_are_refused(tmp_path):
    """Of a layer inside, and of an MLP."""
    net = Net()
    save_model(tmp_path / "net", net)
    net.blocks["b1"].layer.neurons[1].activation = "relu"
    with pytest.raises(ModelFileError, match=r"neurons\[1\].activation` is 'tanh' in the file"):
        load_model(tmp_path / "net", into=net)
    save_model(tmp_path / "mlp", MLP(2, [3, 1], "tanh", seed=0))
    other = MLP(2, [3, 1], "tanh", init="he", seed=4)  # how it began makes no difference
    assert load_model(tmp_path / "mlp", into=other)[0] is other
    assert other.state() == MLP(2, [3, 1], "tanh", seed=0).state()
    with pytest.raises(ModelFileError, match=r"activations.0.` is 'tanh' in the file, but 'relu'"):
        load_model(tmp_path / "mlp", into=MLP(2, [3, 1], "relu"))
    with pytest.raises(ModelFileError, match="the class is MLP in the file, but Net in the"):
        load_model(tmp_path / "mlp", into=Net())


def test_weights_that_are_shared_otherwise_are_refused(tmp_path):
    """Two lists of their own are no list that is used twice."""
    save_model(tmp_path / "net", Net())
    net = Net()
    net.tail = [Value(0.0), Value(0.0)]
    with pytest.raises(ModelFileError, match="14 parameters, but the one given has 16, such"):
        load_model(tmp_path / "net", into=net)


def test_a_number_that_took_a_weights_place_is_refused(tmp_path):
    """It is no parameter any more, but decides what is computed."""
    net = Net()
    save_model(tmp_path / "net", net)
    net.head[1] = 0.7
    with pytest.raises(ModelFileError, match=r"`head\[1\]` is not there in the file, but 0.7 in"):
        load_model(tmp_path / "net", into=net)


def test_parameters_without_a_name_are_refused(tmp_path):
    """Nothing would bring them back."""
    hidden = Value(1.0)

    class Odd(Module):
        def __init__(self):
            self.w = Value(2.0)

        def parameters(self):
            return [self.w, hidden]

    with pytest.raises(ModelFileError, match="`Odd` has 1 parameters that have no name"):
        save_model(tmp_path / "net", Odd())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("into", [Net, 3, "net"])
def test_what_is_no_network_is_refused(into, tmp_path):
    """Also a class of which none was made."""
    save_model(tmp_path / "net", Net())
    with pytest.raises(ConfigError, match=r"`into` is (.|\n)*no network(.|\n)*into=Net\(\)"):
        load_model(tmp_path / "net", into=into)


@pytest.mark.usefixtures("own_table")
def test_operations_of_the_users_own_must_be_there(tmp_path):
    """With the rules that they had."""
    operation("bent", "x + 0.1 * x * x", "1 + 0.2 * x")
    save_model(tmp_path / "net", Layer(2, 2, "bent", seed=0))
    header = json.loads(_header(tmp_path / "net")["jangrad"])
    assert list(header["operations"]) == ["bent"]


def _header(path):
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return file.metadata()


def test_a_file_of_this_format_is_read_by_later_versions():
    """Written by 0.1.0; it is never written anew."""
    wanted = json.loads((OLD / "own_2.json").read_text())
    net, about = load_model(OLD / "own_2.safetensors", into=Net())
    assert about == wanted["about"]
    assert net.state() == wanted["state"]
    assert net.predict(ROWS) == wanted["predictions"]


def test_headers_that_claim_too_much_are_refused_before_memory_is_taken(tmp_path):
    """Gigabytes of names, or of numbers."""
    save_model(tmp_path / "net", Net())
    header = json.loads(_header(tmp_path / "net")["jangrad"])
    numbers = np.zeros(3)
    text = json.dumps(header)
    data = {"jangrad": text, "sha256": checksum(text, {"parameters": numbers})}
    (tmp_path / "net").write_bytes(save({"parameters": numbers}, metadata=data))
    with pytest.raises(ModelFileError, match="has 3 numbers for 14 parameters"):
        load_model(tmp_path / "net", into=Net())


def test_damaged_files_are_noticed():
    """Whatever is changed in them, wherever, and in bounded memory: `tools/mutations.py` tries
    thousands, also of descriptions whose checksum fits."""
    assert mutations.check("models", 400)["refused"] > 300
