"""What a page trains is what `fit` trains: the page's own modules, run by Node."""

import json
from functools import partial
from importlib.resources import files
from itertools import cycle

import pytest
from tests.export.builds import needs, run

from jangrad import MLP, datasets, fit
from jangrad.nn import activation_names
from jangrad.nn.losses import LOSSES, l1_penalty, l2_penalty
from jangrad.play.page_kernels import kernels, optimisers

ASSETS = files("jangrad.play") / "assets"
NAMES = activation_names()
#: Two of these in one network make it so steep that the last bits of a sum decide where it goes.
STEEP = ["exp", "expm1", "exp2", "sinh", "cosh"]
GROUPS = [[*STEEP[n : n + 1], *[x for x in NAMES if x not in STEEP][n::7]] for n in range(7)]
MADE = optimisers()
RATE = 1e-3
ORDER = ("adam", "momentum", "rmsprop", "sgd", "adamw", "nesterov", "adagrad")
CASES = list(zip(range(max(len(GROUPS), len(LOSSES))), cycle(GROUPS), cycle(LOSSES), cycle(ORDER)))


def test_all_that_a_page_offers_is_compared():
    """None is left out below."""
    assert {name for _, group, _, _ in CASES for name in group} == set(NAMES)
    assert {loss for _, _, loss, _ in CASES} == set(LOSSES)
    assert {optimizer for _, _, _, optimizer in CASES} == set(MADE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page's modules, as Node imports them."""
    needs("node")
    folder = tmp_path_factory.mktemp("modules")
    for name in ("random.mjs", "deal.mjs", "engine.mjs"):
        (folder / name).write_text((ASSETS / name).read_text())
    (folder / "kernels.mjs").write_text(f"{kernels()}export {{KERNELS}};\n")
    return folder


def in_node(folder, code, given):
    """What code makes of `given`, as JSON."""
    script = folder / "script.mjs"
    (folder / "given.json").write_text(json.dumps(given))
    script.write_text(
        'import {readFileSync} from "node:fs";\n'
        'import {KERNELS} from "./kernels.mjs";\n'
        'import {Network, Training} from "./engine.mjs";\n'
        'const given = JSON.parse(readFileSync(new URL("given.json", import.meta.url)));\n'
        f"{code}\nconsole.log(JSON.stringify(found));\n"
    )
    return json.loads(run("node", script))


TRAIN = """
const {inputs, layers, X, y, seed, steps, ...how} = given;
const net = new Network(inputs, layers).draw(seed);
const start = [...net.p];
const made = KERNELS.losses[how.loss].classes ? Int32Array : Float64Array;
const data = {rows: X.length, inputs, x: Float64Array.from(X.flat()), y: made.from(y.flat())};
const training = new Training({net, data, seed, ...how});
const losses = Array.from({length: steps}, () => training.step());
const found = {start, losses, p: [...net.p]};
"""


def rows_for(loss):
    """Data of two or three outputs, as the loss needs them."""
    X, y = datasets.blobs(24, noise=0.6, seed=1)
    if loss == "softmax_cross_entropy":
        return X, y, 3
    if loss == "hinge":
        return X, [[1.0 if k == c else -1.0 for k in range(2)] for c in y], 2
    return X, [[float(k == c) for k in range(2)] for c in y], 2


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{'-'.join(c[1])} {c[2]} {c[3]}")
def test_a_page_trains_as_python_does(folder, case):
    """1,000 steps, shuffled: every activation, every loss, every optimiser, both penalties."""
    number, activations, loss, optimizer = case
    X, y, outputs = rows_for(loss)
    penalty, strength = ("l1", l1_penalty) if number % 2 else ("l2", l2_penalty), 1e-3
    seed, widths = 7 + number, [3] * len(activations) + [outputs]
    net = MLP(2, widths, activations, seed=seed)
    layers = [
        {"units": units, "activation": name}
        for units, name in zip(widths, [*activations, "linear"], strict=True)
    ]
    optimiser = MADE[optimizer]
    made = type(optimiser)(
        net.parameters(),
        RATE,
        **optimiser.options,
        **({"nesterov": True} if optimizer == "nesterov" else {}),
    )
    start = [p.data for p in net.parameters()]
    history = fit(
        *(net, X, y),
        loss=loss,
        optimizer=made,
        steps=1000,
        batch_size=7,
        seed=seed,
        penalty=partial(penalty[1], strength=strength),
        progress=False,
        engine="native",
    )
    assert len(history) == 1000
    found = in_node(
        folder,
        TRAIN,
        {
            "inputs": 2,
            "layers": layers,
            "X": X,
            "y": y,
            "loss": loss,
            "seed": seed,
            "optimizer": optimizer,
            "rate": RATE,
            "size": 7,
            "steps": 1000,
            "penalty": penalty[0],
            "strength": strength,
        },
    )
    assert found["start"] == pytest.approx(start, abs=1e-15)
    assert found["losses"] == pytest.approx(history.loss, abs=1e-9, rel=1e-9)
    assert found["p"] == pytest.approx([p.data for p in net.parameters()], abs=1e-9, rel=1e-9)
    assert history.loss[-1] != history.loss[0]
