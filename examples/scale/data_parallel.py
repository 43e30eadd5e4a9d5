"""Train a network that is written in scalars on several devices, each with a part of every batch.

    XLA_FLAGS=--xla_force_host_platform_device_count=8 python data_parallel.py

The loss is written for one row. `to_jax` makes it a pure function of parameters and rows; the rows
are sharded over the devices, the parameters are on all of them, and XLA adds the gradients.
"""

from __future__ import annotations

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jangrad import MLP, jit, softplus
from jangrad.datasets import moons
from jangrad.export import to_jax


def data(rows=64):
    """Rows, and labels of -1 and 1."""
    X, y = moons(rows, noise=0.1, seed=1)
    return np.array(X), np.array(y, float)


def loss_of(net):
    """The mean logistic loss of a batch, as a pure function; and its parameters."""

    @jit
    def loss(x, label):
        return softplus(-label * net(x)[0])

    X, y = data(2)
    loss.map(X, y)
    pure = to_jax(loss)
    return (lambda parameters, X, y: pure(parameters, X, y).mean()), pure


def mesh_of(devices):
    """So many devices in a row."""
    return Mesh(np.array(jax.devices()[:devices]), ("rows",))


def train(parameters, loss, X, y, steps, devices, rate=0.5):
    """Plain gradient descent on all rows, of which each device has its share.

    Args:
        parameters: arrays by name.
        loss: of parameters, rows and labels.
        X, y: all rows; their number is a multiple of that of the devices.
        steps, rate: how many steps, and the learning rate.
        devices: how many devices share the rows.

    Returns:
        The parameters after the last step, as arrays of NumPy, which any number of devices can
        go on with.
    """
    mesh = mesh_of(devices)
    by_rows = NamedSharding(mesh, PartitionSpec("rows"))
    everywhere = NamedSharding(mesh, PartitionSpec())
    X, y = jax.device_put((X, y), by_rows)
    parameters = jax.device_put(parameters, everywhere)

    @jax.jit
    def step(parameters):
        slopes = jax.grad(loss)(parameters, X, y)
        return jax.tree.map(lambda p, slope: p - rate * slope, parameters, slopes)

    for _ in range(steps):
        parameters = step(parameters)
    return {name: np.asarray(numbers) for name, numbers in parameters.items()}


def main():
    """Train on all devices, and put the parameters back into the network."""
    jax.config.update("jax_enable_x64", True)
    net = MLP(2, [16, 1], "tanh", seed=0)
    loss, pure = loss_of(net)
    X, y = data()
    devices = len(jax.devices())
    parameters = train(pure.parameters, loss, X, y, 400, devices)
    pure.load(parameters)
    right = np.mean(np.sign(net.predict(X)[:, 0]) == y)
    print(f"{devices} devices, loss {loss(parameters, X, y):.4f}, {right:.0%} right")


if __name__ == "__main__":
    main()
