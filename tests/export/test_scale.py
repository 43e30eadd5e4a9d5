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
from jangrad import MLP, compile_step, mean, softplus

assert len(jax.devices()) == 8
X, y = data()
net = MLP(2, [8, 1], "tanh", seed=0)
loss, pure = loss_of(net)
pure.load(train(pure.parameters, loss, X, y, 100, 8))

# native, on its own
alone = MLP(2, [8, 1], "tanh", seed=0)
step = compile_step(
    lambda X, y: mean([softplus(-t * alone(x)[0]) for x, t in zip(X, y)]),
    alone.parameters(), "sgd", learning_rate=0.5,
)
for _ in range(100):
    step(X.tolist(), y.tolist())
print(max(abs(a - b) for a, b in zip(net.state().values(), alone.state().values())))
"""


def run(code, folder, devices=8):
    environment = {
        **os.environ,
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "PYTHONPATH": os.pathsep.join([str(EXAMPLES), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()


def test_eight_devices_train_as_one_does(tmp_path):
    """After 100 steps the parameters are those of the native step."""
    (together,) = map(float, run(CODE, tmp_path))
    assert together < 1e-9


def test_a_checkpoint_goes_on_on_other_devices(tmp_path):
    """Eight, then four, then one: as native training, after 100 steps."""
    shown = run("import other_devices; other_devices.main()", tmp_path)
    assert " ".join(shown[:5]) == "40 steps on 8 devices,"
    assert float(shown[-1]) < 1e-9


def test_no_more_devices_are_told_than_there_are(tmp_path):
    """Without the flag: one, and how to get eight."""
    shown = " ".join(run("import other_devices; other_devices.main()", tmp_path, devices=1))
    assert shown.startswith("devices here: 1; the command above makes")
    assert shown.count("steps on 1 device, loss") == 3


def test_two_processes_train_as_one_does(tmp_path):
    """Over the loopback, each with half of the rows."""
    shown = run("import several_processes; several_processes.main()", tmp_path, devices=1)
    assert float(shown[-1]) < 1e-9
    assert "process 1 of 2: 1 of 2 devices, 32 of 64 rows" in " ".join(shown)


def test_the_example_learns(tmp_path):
    """As it stands."""
    code = "import data_parallel; data_parallel.main()"
    shown = " ".join(run(code, tmp_path))
    assert shown.startswith("8 devices, loss 0.")
    assert int(shown.split("%")[0].split()[-1]) >= 85
