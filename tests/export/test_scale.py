"""`examples/scale/`: training on eight devices is training on one, and is native training."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")

EXAMPLES = Path(__file__).parents[2] / "examples" / "scale"
CODE = """
import jax, numpy as np
jax.config.update("jax_enable_x64", True)
from data_parallel import data, loss_of, train
from jangrad import MLP, compile_step, load_model, mean, save_model, softplus

def made():
    net = MLP(2, [8, 1], "tanh", seed=0)
    return (net, *loss_of(net))

assert len(jax.devices()) == 8
X, y = data()
net, loss, pure = made()
eight = train(pure.parameters, loss, X, y, 100, 8)

# native, on its own
alone = MLP(2, [8, 1], "tanh", seed=0)
step = compile_step(
    lambda X, y: mean([softplus(-t * alone(x)[0]) for x, t in zip(X, y)]),
    alone.parameters(), "sgd", learning_rate=0.5,
)
for _ in range(100):
    step(X.tolist(), y.tolist())
pure.load(eight)
print(max(abs(a - b) for a, b in zip(net.state().values(), alone.state().values())))

# 40 steps on eight devices, a checkpoint, 60 steps on two
net, loss, pure = made()
pure.load(train(pure.parameters, loss, X, y, 40, 8))
save_model("checkpoint.safetensors", net)
net, _ = load_model("checkpoint.safetensors")
loss, pure = loss_of(net)
pure.load(train(pure.parameters, loss, X, y, 60, 2))
print(max(abs(a - b) for a, b in zip(net.state().values(), alone.state().values())))
"""


def run(code, folder):
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        "PYTHONPATH": os.pathsep.join([str(EXAMPLES), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()


def test_eight_devices_train_as_one_does(tmp_path):
    """After 100 steps the parameters are those of the native step; a checkpoint goes on on two."""
    together, resumed = map(float, run(CODE, tmp_path))
    assert together < 1e-9
    assert resumed < 1e-9


def test_the_example_learns(tmp_path):
    """As it stands."""
    code = "import data_parallel; data_parallel.main()"
    shown = " ".join(run(code, tmp_path))
    assert shown.startswith("8 devices, loss 0.")
    assert int(shown.split("%")[0].split()[-1]) >= 85
