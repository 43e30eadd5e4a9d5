"""A recorded training: its networks to the last bit, the rows that moved a weight, and its page,
which makes the same steps again and others from there."""

import json
import re
from functools import partial
from importlib.resources import files

import numpy as np
import pytest
from tests.export.builds import needs, run

from jangrad import MLP, fit, nn, race, recording
from jangrad.datasets import blobs, four_rows, moons
from jangrad.errors import CheckpointError, ConfigError, NameNotFound
from jangrad.nn import Module, Neuron, l2_penalty
from jangrad.play.page_kernels import kernels
from jangrad.train import SGD, AdamW

X, Y = moons(24, seed=0)
WEIGHT = "layers.0.neurons.1.weights.0"
STEPS = 60
OPTIMIZERS = {
    "sgd": lambda p: SGD(p, learning_rate=0.2),
    "momentum": lambda p: SGD(p, learning_rate=0.05, momentum=0.9),
    "adamw": lambda p: AdamW(p, learning_rate=0.03, weight_decay=0.1),
}


def small(seed=0):
    return MLP(2, [5, 1], "tanh", seed=seed)


def recorded(folder, optimizer="sgd", **options):
    net = small()
    made = OPTIMIZERS[optimizer](net.parameters())
    history = fit(net, X, Y, steps=STEPS, optimizer=made, record=folder, **options)
    return net, history, recording(folder)


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_each_network_is_there_to_the_last_bit(tmp_path, engine):
    """That of a callback at the same step; with and without a network to build it on."""
    seen = [small().state()]
    net = small()
    watch = lambda step: seen.append(net.state())
    fit(net, X, Y, steps=20, batch_size=7, engine=engine, callbacks=[watch], record=tmp_path / "r")
    for found in (recording(tmp_path / "r"), recording(tmp_path / "r", small(seed=9))):
        assert found.steps == list(range(21))
        assert [found.at(step).state() for step in found.steps] == seen
        assert found.at().state() == net.state()
        assert len(found.history) == 20


def test_a_network_is_nobody_elses(tmp_path):
    _, _, found = recorded(tmp_path)
    found.at(3).parameters()[0].data = 100.0
    assert found.at(3).parameters()[0].data != 100.0


@pytest.mark.parametrize("step", ["x", 2.5, -1, [3], True])
def test_what_is_no_step_is_answered(tmp_path, step):
    _, _, found = recorded(tmp_path)
    with pytest.raises(ConfigError, match=r"`step` is .*, but needs an integer >= 0"):
        found.at(step)


def test_a_step_that_is_not_there(tmp_path):
    _, _, found = recorded(tmp_path, record_every=25)
    assert found.steps == [0, 25, 50, 60]
    with pytest.raises(CheckpointError, match="before step 30 were not recorded") as caught:
        found.at(30)
    assert "step 25, the nearest" in caught.value.try_


def test_another_network_is_refused(tmp_path):
    recorded(tmp_path)
    with pytest.raises(CheckpointError, match=r"is of MLP\(2 -> 5 .* and `net` is MLP\(2 -> 6"):
        recording(tmp_path, MLP(2, [6, 1], "tanh"))


class Own(Module):
    def __init__(self, seed):
        self.neuron = Neuron(2, "tanh", seed=seed)

    def __call__(self, row):
        return [self.neuron(row)]


def test_a_network_of_ones_own_is_asked_for(tmp_path):
    net = Own(0)
    fit(net, X, Y, steps=5, record=tmp_path)
    with pytest.raises(CheckpointError, match="of Own, which cannot be built") as caught:
        recording(tmp_path)
    assert "recording(path, net)" in caught.value.try_
    found = recording(tmp_path, Own(3))
    assert found.at(5).state() == net.state()
    assert found.at(0).state() == Own(0).state()
    assert '"net":null' in found.page(X, Y)


def test_other_rows_are_refused(tmp_path):
    _, _, found = recorded(tmp_path)
    with pytest.raises(CheckpointError, match="`y` is not what the training has learned from"):
        found.page(X, Y[::-1])
    with pytest.raises(CheckpointError, match="`X` is not") as caught:
        found.moved(WEIGHT, X[:-1], Y[:-1])
    assert "24 x 2" in caught.value.why
    with pytest.raises(ConfigError, match="1 names for 2 inputs"):
        found.page(X, Y, names=["a"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("first", "last"), [(0, 60), (10, 35)])
def test_rows_move_what_a_weight_has_moved(tmp_path, optimizer, first, last):
    """Together; alone, plain gradient descent is the sum of what each row's gradient does."""
    _, history, found = recorded(tmp_path, optimizer, batch_size=10)
    moved = found.moved(WEIGHT, X, Y, first, last)
    place = found.run.names.index(WEIGHT)
    change = found.run.weights(last)[place] - found.run.weights(first)[place]
    if optimizer != "adamw":  # of which the decay moves a part
        assert moved.together == pytest.approx(change, abs=1e-12)
    assert f"after {last - first} " in str(moved)
    if optimizer != "sgd":
        return
    by_hand = np.zeros(len(X))
    for k in range(first, last):
        rows = found.run.rows(k)
        for r in rows:
            net = found.at(k)
            nn.squared_error([net(X[r])], [Y[r]]).backward()
            slope = net.parameters()[place].grad
            by_hand[r] -= history.rate[k] * slope / len(rows)
    assert moved.moved == pytest.approx(by_hand, abs=1e-12)


def test_what_did_not_move(tmp_path):
    _, _, found = recorded(tmp_path)
    with pytest.raises(NameNotFound, match=r"no weight `layers\.0\.neuron`"):
        found.moved("layers.0.neuron", X, Y)
    with pytest.raises(ConfigError, match="step 5 does not come before step 5"):
        found.moved(WEIGHT, X, Y, 5, 5)


# -- the page ------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page's modules, as Node imports them."""
    needs("node")
    folder = tmp_path_factory.mktemp("modules")
    for room, names in (
        ("jangrad.play", ("random.mjs", "deal.mjs", "engine.mjs")),
        ("jangrad.studies", ("lanes.mjs", "branch.mjs")),
    ):
        for name in names:
            (folder / name).write_text((files(room) / "assets" / name).read_text())
    (folder / "kernels.mjs").write_text(f"{kernels()}export {{KERNELS}};\n")
    return folder


def given_to(page):
    return json.loads(re.search(r'(?s)<script id="data"[^>]*>(.*?)</script>', page)[1])


def in_node(folder, page, code):
    """What code makes of the page's data `D` and its recorded `lane`, as JSON."""
    (folder / "given.json").write_text(json.dumps(given_to(page)))
    own = re.search(r"(?s)^KERNELS\.losses\.own = .*?\n\}\)\(\);$", page, re.MULTILINE)
    script = folder / "script.mjs"
    script.write_text(
        'import {readFileSync} from "node:fs";\n'
        'import {KERNELS} from "./kernels.mjs";\n'
        'import {Lane} from "./lanes.mjs";\n'
        'import {Network} from "./engine.mjs";\n'
        'import * as all from "./branch.mjs";\n'
        "const {branch, dataOf, gradientsByLayer, graphPage, madeAgain, movedBy} = all;\n"
        'const D = JSON.parse(readFileSync(new URL("given.json", import.meta.url)));\n'
        "const lane = new Lane(D.lanes[0], D.count);\n"
        f"{own[0] if own else ''}\n{code}\nconsole.log(JSON.stringify(found));\n"
    )
    return json.loads(run("node", script))


BRANCH = """
const made = branch(D, lane, STEP, {CHANGES});
const last = [...made.weights.slice(-D.count)];
const found = {apart: made.apart, losses: made.losses.values, last};
"""


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_branch_of_the_page_is_what_fit_would_do(folder, tmp_path, optimizer):
    """Another rate from a step on is a schedule, another weight a callback that assigns it."""
    penalty = partial(l2_penalty, strength=0.01)
    options = {"batch_size": 10, "penalty": penalty, "seed": 5}
    _, _, found = recorded(tmp_path, optimizer, **options)
    code = BRANCH.replace("STEP", "20").replace(
        "CHANGES", "rate: 0.01, weights: new Map([[3, 0.5]])"
    )
    page = in_node(folder, found.page(X, Y), code)
    net = small()
    made = OPTIMIZERS[optimizer](net.parameters())
    first = made.learning_rate

    def change(step):
        if step.step == 19:
            net.parameters()[3].data = 0.5

    schedule = lambda step: first if step < 20 else 0.01
    options |= {"optimizer": made, "schedule": schedule, "callbacks": [change]}
    history = fit(net, X, Y, steps=STEPS, **options)
    assert page["apart"] < 1e-12
    assert page["losses"] == pytest.approx(history.loss[20:], abs=1e-9)
    assert page["last"] == pytest.approx([*net.state().values()], abs=1e-9)


def mixing(outputs, targets):
    """A loss that is no mean over the rows."""
    each = [(row[0] - t) ** 2 for row, t in zip(outputs, targets, strict=True)]
    return 0.1 * (nn.huber(outputs, targets) + sum(each).sqrt()) + 0.01 * outputs[0][0] ** 2


@pytest.mark.parametrize("loss", [mixing, partial(nn.huber, delta=0.3)])
def test_a_loss_of_ones_own_branches_too(folder, tmp_path, loss):
    """In batches of two sizes, with what each row has moved, which its own outputs lead through."""
    options = {"batch_size": 10, "seed": 5, "loss": loss}
    _, history, found = recorded(tmp_path, **options)
    code = BRANCH.replace("STEP", "20").replace("CHANGES", "rate: 0.01") + (
        "found.moved = [...movedBy(D, lane, 4, 10, 13)];\n"
        "const net = new Network(D.net.inputs, D.net.layers); net.p.set(lane.weightsAt(7));\n"
        "found.sizes = gradientsByLayer(D, net, dataOf(D));\n"
    )
    page = in_node(folder, found.page(X, Y, loss=loss), code)
    net = small()
    first = history.rate[0]
    made = SGD(net.parameters(), learning_rate=first)
    schedule = lambda step: first if step < 20 else 0.01
    other = fit(net, X, Y, steps=STEPS, optimizer=made, schedule=schedule, **options)
    assert page["apart"] < 1e-12
    assert page["losses"] == pytest.approx(other.loss[20:], abs=1e-9)
    assert page["last"] == pytest.approx([*net.state().values()], abs=1e-9)
    by_hand = np.zeros(len(X))
    for k in range(10, 13):
        at, rows = found.at(k), found.run.rows(k)
        outputs = [at(X[r]) for r in rows]
        loss(outputs, [Y[r] for r in rows]).backtrack()
        for r, row in zip(rows, outputs, strict=True):
            single = found.at(k)
            (single(X[r])[0] * row[0].grad).backtrack()
            by_hand[r] -= first * single.parameters()[4].grad
    assert page["moved"][:-1] == pytest.approx(by_hand.tolist(), abs=1e-12)
    net = found.at(7)
    loss([net(x) for x in X], Y).backtrack()
    sizes = [np.hypot.reduce([p.grad for p in layer.parameters()]) for layer in net.layers]
    assert page["sizes"] == pytest.approx(sizes, rel=1e-9)


def test_a_loss_that_the_page_does_not_know_is_said(tmp_path):
    _, _, found = recorded(tmp_path, loss=mixing)
    told = given_to(found.page(X, Y))
    assert told["training"] is None
    assert told["whynot"].endswith(
        "it does not know the loss mixing; recording.page(X, y, loss=...) tells it."
    )
    with pytest.raises(CheckpointError, match="`loss` is not what the training has followed"):
        found.page(X, Y, loss=nn.huber)

    def odd(outputs, targets):
        total = nn.squared_error(outputs, targets)
        return total if total.data > 0.0 else -total

    _, _, found = recorded(tmp_path / "odd", loss=odd)
    told = given_to(found.page(X, Y, loss=odd))
    assert told["training"] is None
    assert re.search(r"the loss \S*odd: `v.data` was read while", told["whynot"])


def test_the_page_has_every_step(folder, tmp_path):
    """Also those between the moments that it holds, before a branch and behind it."""
    _, _, found = recorded(tmp_path, "adamw", batch_size=10, record_every=25)
    code = """
    const at = madeAgain(D, lane), made = branch(D, lane, 30, {rate: 0.001});
    const found = {
      steps: lane.steps, kept: [13, 40, 2, 50].map(k => [...at(k)]),
      branched: [13, 30, 41, 35].map(k => [...made.at(k)]), end: [...made.at(60)],
      last: [...made.weights.slice(-D.count)],
    };"""
    page = in_node(folder, found.page(X, Y), code)
    net, seen = small(), []
    made = OPTIMIZERS["adamw"](net.parameters())
    watch = lambda step: seen.append([*net.state().values()])
    fit(net, X, Y, steps=STEPS, optimizer=made, batch_size=10, callbacks=[watch])
    assert page["steps"] == [0, 25, 50, 60]
    for k, weights in zip([13, 40, 2, 50], page["kept"], strict=True):
        assert weights == pytest.approx(seen[k - 1], abs=1e-9)
    other, those = small(), []
    made = OPTIMIZERS["adamw"](other.parameters())
    watch = lambda step: those.append([*other.state().values()])
    rates = lambda step: 0.03 if step < 30 else 0.001
    fit(other, X, Y, steps=STEPS, optimizer=made, schedule=rates, batch_size=10, callbacks=[watch])
    for k, weights in zip([13, 30, 41, 35], page["branched"], strict=True):
        assert weights == pytest.approx(those[k - 1], abs=1e-9)
    assert page["end"] == page["last"]


def test_a_branch_with_another_row(folder, tmp_path):
    """Of plain gradient descent it is a training on those rows from the weights there."""
    _, _, found = recorded(tmp_path)
    changed = "rows: new Map([[4, {x: [0.5, -2], t: [3]}]])"
    page = in_node(
        folder, found.page(X, Y), BRANCH.replace("STEP", "30").replace("CHANGES", changed)
    )
    rows, targets = [*X[:4], [0.5, -2.0], *X[5:]], [*Y[:4], 3.0, *Y[5:]]
    net = found.at(30)
    made = SGD(net.parameters(), learning_rate=0.2)
    history = fit(net, rows, targets, steps=30, optimizer=made)
    assert page["losses"] == pytest.approx(history.loss, abs=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_page_shares_out_as_python_does(folder, tmp_path, optimizer):
    penalty = partial(l2_penalty, strength=0.01)
    _, _, found = recorded(tmp_path, optimizer, batch_size=10, penalty=penalty)
    place = found.run.names.index(WEIGHT)
    code = f"const found = [...movedBy(D, lane, {place}, 10, 40)];"
    *rows, nobody = in_node(folder, found.page(X, Y), code)
    expected = found.moved(WEIGHT, X, Y, 10, 40, penalty=penalty)
    assert rows == pytest.approx(expected.moved, abs=1e-9)
    change = found.run.weights(40)[place] - found.run.weights(10)[place]
    assert sum(rows) + nobody == pytest.approx(change, abs=1e-9)


def test_gradients_by_layer_are_those_of_the_graph(folder, tmp_path):
    _, _, found = recorded(tmp_path)
    code = """
    const net = new Network(D.net.inputs, D.net.layers);
    net.p.set(lane.weightsAt(lane.momentAt(25)));
    const found = gradientsByLayer(D, net, dataOf(D));"""
    page = in_node(folder, found.page(X, Y), code)
    net = found.at(25)
    nn.squared_error([net(row) for row in X], Y).backward()
    by_hand = [np.linalg.norm([p.grad for p in layer.parameters()]) for layer in net.layers]
    assert page == pytest.approx(by_hand, rel=1e-12)


def test_the_graph_of_a_row_has_its_numbers(folder, tmp_path):
    """Weights of the step, cells of the row; the page that steps through computes the rest."""
    _, _, found = recorded(tmp_path)
    code = """
    const weights = lane.weightsAt(lane.momentAt(10));
    const found = [D.scalars[0], graphPage(D.scalars[0], weights, D.X[7], D.y[7], "row 7")];"""
    graph, page = in_node(folder, found.page(X, Y), code)
    data = given_to(page.replace('type="application/json" id="data"', 'id="data" type=""'))
    assert data["title"] == "row 7"
    assert [data["data"][n] for n in graph["weights"]] == found.run.weights(10)
    assert [data["data"][n] for n in graph["inputs"]] == X[7]
    assert [data["data"][n] for n in graph["targets"]] == [Y[7]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"row_weights": [1.0] * 24}, "its row_weights"),
        ({"penalty": lambda p: 0.01 * p[0] ** 2}, "its penalty"),
        ({"loss": lambda out, t: nn.squared_error(out, t) * 2.0}, "the loss"),
        ({"batch_size": 5, "shuffle": False}, "the order of its rows"),
        ({"dtype": "float32"}, "single precision"),
    ],
)
def test_what_the_page_cannot_make_again_it_says(tmp_path, options, words):
    _, _, found = recorded(tmp_path, **options)
    given = given_to(found.page(X, Y))
    assert given["training"] is None
    assert words in given["whynot"]


def test_classes_have_a_graph_each(tmp_path):
    rows, labels = blobs(20, seed=0)
    classes = len(set(labels))
    net = MLP(2, [4, classes], "tanh", seed=0)
    fit(net, rows, labels, steps=10, loss="softmax_cross_entropy", record=tmp_path)
    given = given_to(recording(tmp_path).page(rows, labels))
    assert len(given["scalars"]) == classes
    assert given["classes"]


def test_a_long_recording_keeps_its_page_small(tmp_path):
    net = MLP(3, [8, 1], "tanh", seed=0)
    history = fit(net, *four_rows(), steps=900, learning_rate=0.01, record=tmp_path)
    page = recording(tmp_path).page(*four_rows())
    steps = given_to(page)["lanes"][0]["steps"]
    assert (steps[0], steps[-1], len(steps)) == (0, 900, 101)
    losses = given_to(page)["lanes"][0]["losses"]
    assert (losses["steps"][-1], losses["values"][-1]) == (899, history.loss[-1])
    assert max(losses["values"]) == max(history.loss)
    assert len(page) < 300_000


def test_it_is_a_moving_picture(tmp_path):
    """The same as from the run itself, with the network that the recording has."""
    recorded(tmp_path / "run")
    found = recording(tmp_path / "run")
    own = found.animate(tmp_path / "a.svg", frames=4).read_text("utf-8")
    assert own == found.run.animate(tmp_path / "b.svg", small(), frames=4).read_text("utf-8")
    with pytest.raises(ConfigError, match="no option `row`"):
        found.animate(tmp_path / "a.svg", row=[1.0, 2.0])


@pytest.mark.parametrize("outputs", [1, 2])
def test_arrays_and_tables_play_too(tmp_path, outputs):
    """The names of a table's columns are those of the inputs."""
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(np.array(X), columns=["left", "right"])
    targets = np.array(Y) if outputs == 1 else np.array([[t, -t] for t in Y])
    net = MLP(2, [3, outputs], "tanh", seed=0)
    fit(net, rows, targets, steps=6, optimizer="sgd", record=tmp_path)
    found = recording(tmp_path)
    assert given_to(found.page(rows, targets))["names"] == ["left", "right"]
    assert given_to(found.page(np.array(X), targets))["names"] == ["x1", "x2"]
    raced = race(net, rows, targets, [0.1], steps=5)
    assert given_to(raced.page())["y"] == [[*np.atleast_1d(t)] for t in targets.tolist()]
