"""Networks from PyTorch and for it: equal outputs, and what is refused."""

import numpy as np
import pytest

from jangrad import MLP
from jangrad.errors import ConfigError
from jangrad.nn.torch_modules import _CLASSES

torch = pytest.importorskip("torch")

X = np.random.default_rng(0).normal(size=(6, 3)) * 3.0


@pytest.mark.parametrize("activation", _CLASSES)
@pytest.mark.parametrize(("dtype", "allowed"), [("float64", 1e-12), ("float32", 1e-6)])
def test_both_ways_give_the_same_numbers(activation, dtype, allowed):
    """There and back again."""
    net = MLP(3, [4, 2], activation, "sigmoid", seed=1)
    model = net.to_torch(dtype)
    expected = np.array(net.predict(X))
    found = model(torch.tensor(X, dtype=getattr(torch, dtype))).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=allowed)
    back = MLP.from_torch(model)
    assert back.activations == net.activations
    np.testing.assert_allclose(back.predict(X), expected, atol=allowed)


def test_what_pytorch_has_made():
    """Without a bias, with Dropout, one Sequential in another."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Sequential(nn.Linear(3, 5, bias=False), nn.Tanh()), nn.Dropout(0.5), nn.Linear(5, 2)
    ).double()
    model.eval()
    net = MLP.from_torch(model)
    assert repr(net) == "MLP(3 -> 5 tanh -> 2 linear, 32 parameters)"
    expected = model(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(net.predict(X), expected, atol=1e-12)


def test_the_state_dict_is_a_safetensors_file(tmp_path):
    """That PyTorch reads again."""
    from safetensors.torch import load_file, save_file

    net = MLP(3, [4, 1], "relu", seed=2)
    save_file(net.to_torch().state_dict(), tmp_path / "net.safetensors")
    model = MLP(3, [4, 1], "relu", seed=3).to_torch()
    model.load_state_dict(load_file(tmp_path / "net.safetensors"))
    np.testing.assert_array_equal(MLP.from_torch(model).predict(X), net.predict(X))


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (lambda nn: [nn.Conv1d(1, 1, 3)], "Conv1d"),
        (lambda nn: [nn.ReLU(), nn.Linear(2, 1)], "ReLU where a Linear is due"),
        (lambda nn: [nn.Linear(2, 1), nn.LeakyReLU(0.3)], "negative_slope=0.3"),
        (lambda nn: [nn.Linear(2, 1), nn.Softplus(beta=2.0)], "beta=2"),
        (lambda nn: [nn.Linear(2, 3), nn.Linear(2, 1)], "after 3 outputs"),
        (lambda nn: [], "no Linear"),
        (lambda nn: [nn.Linear(2, 1), nn.Softmax(1)], "Softmax"),
    ],
)
def test_what_is_no_mlp_is_refused(modules, said):
    """With the module's place."""
    with pytest.raises(ConfigError, match=said):
        MLP.from_torch(torch.nn.Sequential(*modules(torch.nn)))


def test_what_pytorch_lacks_is_refused():
    """By its name."""
    with pytest.raises(ConfigError, match="Sequential"):
        MLP.from_torch(torch.nn.Linear(2, 1))
    with pytest.raises(ConfigError, match="`sin`"):
        MLP(2, [2, 1], "sin").to_torch()
    with pytest.raises(ConfigError, match="float16"):
        MLP(2, [2, 1]).to_torch("float16")
