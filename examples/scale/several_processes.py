"""Train one network in several processes that know each other, as on several machines.

    python several_processes.py

starts two on this machine, which talk over the loopback. On machines of your own, start

    python several_processes.py --join 10.0.0.1:7788 COUNT NUMBER

on each of them, with the address of the first, how many there are, and a number from 0 on. Each
process has its own rows alone; the parameters are on all, and XLA adds the gradients.
"""

from __future__ import annotations

import socket
import subprocess
import sys

import jax
import numpy as np
from data_parallel import data, loss_of, mesh_of
from jax.sharding import NamedSharding, PartitionSpec

from jangrad import MLP, compile_step, mean, save_model, softplus

STEPS, RATE, SEED = 100, 0.5, 0
CHECKPOINT = "trained.safetensors"


def network():
    """The network before training, the same in every process."""
    return MLP(2, [16, 1], "tanh", seed=SEED)


def join(address, processes, number):
    """Train in one of several processes; the first one writes the checkpoint.

    Args:
        address: host and port of the first process.
        processes: how many there are.
        number: which one this is, from 0 on.
    """
    jax.config.update("jax_enable_x64", True)
    jax.distributed.initialize(address, num_processes=processes, process_id=number)
    net = network()
    loss, pure = loss_of(net)
    X, y = data()
    mine = slice(number * len(X) // processes, (number + 1) * len(X) // processes)
    mesh = mesh_of(len(jax.devices()))  # those of all processes
    by_rows = NamedSharding(mesh, PartitionSpec("rows"))
    everywhere = NamedSharding(mesh, PartitionSpec())
    X = jax.make_array_from_process_local_data(by_rows, X[mine])
    y = jax.make_array_from_process_local_data(by_rows, y[mine])
    parameters = jax.tree.map(
        lambda p: jax.make_array_from_process_local_data(everywhere, np.asarray(p)), pure.parameters
    )

    @jax.jit
    def step(parameters, X, y):
        slopes = jax.grad(loss)(parameters, X, y)
        return jax.tree.map(lambda p, slope: p - RATE * slope, parameters, slopes)

    for _ in range(STEPS):
        parameters = step(parameters, X, y)
    if number == 0:
        pure.load({name: p.addressable_data(0) for name, p in parameters.items()})
        save_model(CHECKPOINT, net)
    print(
        f"process {number} of {processes}: {len(X.addressable_shards)} of {X.sharding.num_devices}"
        f" devices, {mine.stop - mine.start} of {X.shape[0]} rows"
    )
    jax.distributed.shutdown()


def alone():
    """The same training, native and in one process; the numbers of the network after it."""
    net = network()
    step = compile_step(
        lambda X, y: mean([softplus(-t * net(x)[0]) for x, t in zip(X, y, strict=True)]),
        net.parameters(),
        "sgd",
        learning_rate=RATE,
    )
    X, y = data()
    for _ in range(STEPS):
        step(X.tolist(), y.tolist())
    return net.state()


def main(processes=2):
    """Start the processes, wait for them, and compare what they learned with native training."""
    from jangrad import load_model

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = [
        subprocess.Popen([sys.executable, __file__, "--join", address, str(processes), str(number)])
        for number in range(processes)
    ]
    try:
        if any(process.wait() for process in started):
            raise SystemExit("a process has failed")
    finally:
        for process in started:
            process.kill()
    net, _ = load_model(CHECKPOINT)
    expected, found = alone(), net.state()
    difference = max(abs(found[name] - number) for name, number in expected.items())
    print(f"after {STEPS} steps the largest difference from native training is {difference:.1e}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--join"]:
        join(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
