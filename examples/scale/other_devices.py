"""Go on with a training on another number of devices: 8, then 4, then 1.

    XLA_FLAGS=--xla_force_host_platform_device_count=8 python other_devices.py

The flag makes a processor look like eight devices; without it those that are there are used. A
checkpoint is a model file, which knows nothing of devices. What each part begins with is read
from the file alone.
"""

from __future__ import annotations

import jax
from data_parallel import data, loss_of, train

from jangrad import MLP, compile_step, load_model, mean, save_model, softplus

PARTS = ((40, 8), (30, 4), (30, 1))  # steps, devices
CHECKPOINT = "checkpoint.safetensors"


def main():
    """Train in parts, and compare what is learned with native training."""
    jax.config.update("jax_enable_x64", True)
    X, y = data()
    there = len(jax.devices())
    if there < PARTS[0][1]:
        print(f"devices here: {there}; the command above makes a processor look like 8")
    save_model(CHECKPOINT, MLP(2, [16, 1], "tanh", seed=0))
    for steps, wanted in PARTS:
        devices = min(wanted, there)
        net, _ = load_model(CHECKPOINT)
        loss, pure = loss_of(net)
        parameters = train(pure.parameters, loss, X, y, steps, devices)
        on = f"{devices} device{'s' * (devices > 1)}"
        print(f"{steps} steps on {on}, loss {loss(parameters, X, y):.4f}")
        pure.load(parameters)
        save_model(CHECKPOINT, net)

    alone = MLP(2, [16, 1], "tanh", seed=0)
    step = compile_step(
        lambda X, y: mean([softplus(-t * alone(x)[0]) for x, t in zip(X, y, strict=True)]),
        alone.parameters(),
        "sgd",
        learning_rate=0.5,
    )
    for _ in range(sum(steps for steps, _ in PARTS)):
        step(X.tolist(), y.tolist())
    found, expected = load_model(CHECKPOINT)[0].state(), alone.state()
    difference = max(abs(found[name] - number) for name, number in expected.items())
    print(f"the largest difference from native training is {difference:.1e}")


if __name__ == "__main__":
    main()
