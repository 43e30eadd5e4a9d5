"""`fit` by L-BFGS and Levenberg-Marquardt, beside Adam, and beside scipy's on PyTorch's gradients.

    python benchmarks/full_batch.py

Mean squared error with an l2 penalty, tanh, double precision, the same first weights. Each
contender runs in a process of its own on one pinned core; what it imports before its first call is
not counted. For each data set:

- milliseconds of the first call, with no machine code kept, and of the quickest of the others
- the steps that were made, and the loss they end at; Adam makes `ADAM` steps at a rate of 0.01

The others' tolerances are jangrad's: gradients to 1e-6 for L-BFGS, 1e-8 for Levenberg-Marquardt.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from timing import NotInstalled, in_a_process, pin

ADAM, STEPS, SECONDS = 1000, 200, 1.0


def four_rows() -> tuple[Any, Any, list[int], float]:
    """Rows, targets, the sizes of the layers, the strength of the penalty."""
    from jangrad.datasets import four_rows

    X, y = four_rows()
    return np.array(X), np.array(y), [4, 4, 1], 1e-4


def moons() -> tuple[Any, Any, list[int], float]:
    from jangrad.datasets import moons

    X, y = moons(100, seed=0)
    return np.array(X), np.array(y), [16, 16, 1], 1e-4


def diabetes() -> tuple[Any, Any, list[int], float]:
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    return (X - X.mean(0)) / X.std(0), (y - y.mean()) / y.std(), [16, 1], 1e-3


DATA = {"four rows": four_rows, "moons": moons, "diabetes": diabetes}


def network(X: Any, sizes: list[int]) -> Any:
    from jangrad import MLP

    return MLP(X.shape[1], sizes, "tanh", seed=0)


def by_jangrad(data: str, method: str, engine: str = "auto") -> Any:
    """Makes a run, and says how many steps it took, and to which loss."""
    from jangrad import fit
    from jangrad.nn import l2_penalty

    X, y, sizes, strength = DATA[data]()
    options: dict[str, Any] = {"optimizer": method, "steps": STEPS, "engine": engine}
    if method == "adam":
        options |= {"learning_rate": 0.01, "steps": ADAM}
    penalty = functools.partial(l2_penalty, strength=strength)

    def run() -> tuple[int, float]:
        history = fit(network(X, sizes), X, y, penalty=penalty, progress=False, **options)
        return len(history), history.loss[-1]

    return run


def by_scipy(data: str, method: str) -> Any:
    """The same by scipy, on gradients or Jacobians of PyTorch."""
    import torch
    from scipy import optimize

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    X, y, sizes, strength = DATA[data]()
    start = np.array([p.data for p in network(X, sizes).parameters()])
    rows, targets = torch.tensor(X), torch.tensor(y)

    def off(p: Any) -> Any:
        signals, at = rows, 0
        for k, units in enumerate(sizes):
            size = units * (signals.shape[1] + 1)
            part = p[at : at + size].view(units, -1)
            signals = signals @ part[:, :-1].T + part[:, -1]
            signals, at = torch.tanh(signals) if k + 1 < len(sizes) else signals, at + size
        share = 1.0 / len(targets) ** 0.5
        return torch.cat([share * (signals[:, 0] - targets), strength**0.5 * p])

    def value_and_grad(x: Any) -> tuple[float, Any]:
        p = torch.tensor(x, requires_grad=True)
        loss = (off(p) ** 2).sum()
        loss.backward()
        return loss.item(), p.grad.numpy()

    jacobian = torch.func.jacrev(off)

    def run() -> tuple[int, float]:
        if method == "lbfgs":
            options = {"maxcor": 10, "ftol": 1e-14, "gtol": 1e-6, "maxiter": STEPS}
            found = optimize.minimize(
                value_and_grad, start, jac=True, method="L-BFGS-B", options=options
            )
            return found.nit, found.fun
        found = optimize.least_squares(
            lambda x: off(torch.tensor(x)).numpy(),
            start,
            jac=lambda x: jacobian(torch.tensor(x)).numpy(),
            method="lm",
            x_scale="jac",
            max_nfev=STEPS,
        )
        return found.nfev, 2.0 * found.cost

    return run


CONTENDERS = {
    "adam": (by_jangrad, "adam"),
    "lbfgs": (by_jangrad, "lbfgs"),
    "lbfgs, compiled at once": (by_jangrad, "lbfgs", "native"),
    "scipy L-BFGS-B, PyTorch": (by_scipy, "lbfgs"),
    "levenberg_marquardt": (by_jangrad, "levenberg_marquardt"),
    "levenberg_marquardt, at once": (by_jangrad, "levenberg_marquardt", "native"),
    "scipy lm, PyTorch": (by_scipy, "lm"),
}


def one(data: str, contender: str) -> dict[str, float]:
    """In the child: the first call, and the others."""
    make, *options = CONTENDERS[contender]
    run = make(data, *options)
    times = []
    while len(times) < 2 or (sum(times) < SECONDS and len(times) < 100):
        start = time.process_time()
        steps, loss = run()
        times.append(time.process_time() - start)
    return {"first": 1e3 * times[0], "later": 1e3 * min(times[1:]), "steps": steps, "loss": loss}


def main() -> None:
    pin()
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(*sys.argv[2:4])))
        return
    for data in DATA:
        print(f"\n{data:<30}{'first':>9}{'later':>9}{'steps':>7}  loss")
        for contender in CONTENDERS:
            with TemporaryDirectory() as folder:
                try:
                    found = in_a_process(__file__, data, contender, JANGRAD_CACHE=folder)
                except NotInstalled as missing:
                    print(f"{contender:<30} needs {missing}")
                    continue
            times = "".join(f"{found[name]:9.1f}" for name in ("first", "later"))
            print(f"{contender:<30}{times}{found['steps']:7d}  {found['loss']:.6g}", flush=True)


if __name__ == "__main__":
    main()
