"""The museum of mistakes: each beside the right way, with its code and the sign it is known by.

The code runs: it leaves the losses, step by step, in `losses`. The page comes to the same numbers
with its own kernels, and `tests/` compares the two.
"""

from __future__ import annotations

from typing import NamedTuple


class Exhibit(NamedTuple):
    """A mistake.

    Attributes:
        key: what the page calls it.
        title: what was done.
        story: why it is one.
        wrong, right: code in two versions.
        sign: by what it shows.
        measured: what the curves are of.
    """

    key: str
    title: str
    story: str
    wrong: str
    right: str
    sign: str
    measured: str = "loss"


_LOOP = """\
X, y = datasets.moons(20, seed=0)
net = MLP(2, [4, 1], "tanh", seed=0)
losses = []
for step in range(150):
    loss = nn.losses.squared_error([net(x) for x in X], y)
    losses.append(loss.data)
{backward}    for p in net.parameters():
        p.data -= 0.25 * p.grad
"""
_FIT = """\
X, y = datasets.{data}
{before}net = MLP({inputs}, [{units}], "{activation}"{init}, seed=0)
{after}losses = fit(
    net, X, {y}, loss="{loss}",
    optimizer="sgd", learning_rate={rate}, steps={steps}, progress=False,
).loss
"""


def _fit(
    data: str = "moons(20, seed=0)",
    before: str = "",
    inputs: int = 2,
    units: str = "4, 1",
    activation: str = "tanh",
    init: str = "",
    after: str = "",
    y: str = "y",
    loss: str = "squared_error",
    rate: float = 0.1,
    steps: int = 60,
) -> str:
    return _FIT.format(**locals())


_STRETCHED = "X = [[1000 * a, b] for a, b in X]\n"
_SOFTMAX = """\
X, y = datasets.blobs(21, seed=0)
X = [[400 * a, 400 * b] for a, b in X]
net = MLP(2, [3], seed=0)


def loss_of(outputs, labels):
    total = 0.0
    for row, label in zip(outputs, labels):
        {top}
        total -= row[int(label)] - top - sum((z - top).exp() for z in row).log()
    return total / len(outputs)


losses = []
for step in range(60):
    loss = loss_of([net(x) for x in X], y)
    losses.append(loss.data)
    net.zero_grad()
    loss.backward()
    for p in net.parameters():
        p.data -= 0.0001 * p.grad
"""
_LEAK = """\
X, y = datasets.moons(100, noise=0.2, seed=0)
{leak}
learned, new = (X[:50], y[:50]), (X[50:], y[50:])
{unknown}net = MLP({inputs}, [4, 1], "tanh", seed=0)
optimizer = SGD(net.parameters(), 0.1)
losses = []
for step in range(60):
    losses.append(nn.losses.squared_error(net.predict(new[0]), new[1]))
    fit(net, *learned, optimizer=optimizer, steps=1, progress=False)
"""
_CLASSES = """\
X, y = datasets.blobs(30, seed=0)
net = MLP(2, [4, {outputs}], "tanh", seed=0)
optimizer = SGD(net.parameters(), 0.1)
losses = []
for step in range(60):
    answers = [{answer} for z in net.predict(X)]
    losses.append(sum(a != t for a, t in zip(answers, y)) / len(y))
    fit(net, X, y, loss="{loss}", optimizer=optimizer, steps=1, progress=False)
"""

#: In the order in which one walks by.
MUSEUM = (
    Exhibit(
        "zero_grad",
        "zero_grad() was forgotten",
        "backward() adds to the gradients that are there. Without zero_grad() each step follows the"
        " sum of all gradients so far: the weights swing like a pendulum that nothing stops.",
        _LOOP.format(backward="    loss.backward()\n"),
        _LOOP.format(backward="    net.zero_grad()\n    loss.backward()\n"),
        "The loss falls, rises and falls again: waves that do not settle, above the right curve.",
    ),
    Exhibit(
        "assigned",
        "= where += belongs",
        "A number that is used in several places gets a part of its gradient from each of them. An"
        " engine that assigns keeps the last part alone.",
        "def backward(product):\n    a, b = product.inputs\n"
        "    a.grad = product.grad * b.data\n    b.grad = product.grad * a.data\n",
        "def backward(product):\n    a, b = product.inputs\n"
        "    a.grad += product.grad * b.data\n    b.grad += product.grad * a.data\n",
        "It learns a little, for one row and one path are better than none, and then stays above"
        " the right curve; a check of gradients against differences finds it at once.",
    ),
    Exhibit(
        "overflow",
        "A softmax without its largest taken out",
        "exp(z) is infinite from z = 710 on, and inf / inf is nan. Taking the largest z out of all"
        " of them changes nothing in exact numbers, and everything in those of a computer.",
        _SOFTMAX.format(top="top = 0.0"),
        _SOFTMAX.format(top="top = max(z.data for z in row)"),
        "All is well until the loss is inf, and nan from there on.",
    ),
    Exhibit(
        "rate",
        "The rate is too high",
        "Where the slope is steep, a long step lands on the other side of the valley, higher up,"
        " where it is steeper still.",
        _fit(rate=3.0),
        _fit(rate=0.1),
        "The loss jumps and grows; with tanh it ends high up, where every unit is at its limit.",
    ),
    Exhibit(
        "dead",
        "Dead rectifiers",
        "A rectifier gives 0 below 0, and there its slope is 0. One that is below 0 for every row"
        " gets no gradient at all, so nothing can bring it back.",
        _fit(
            activation="relu",
            after="for neuron in net.layers[0].neurons:\n    neuron.bias.data = -5.0\n",
        ),
        _fit(activation="relu"),
        "The loss falls to that of a constant answer and stays; maps of neurons are blank.",
    ),
    Exhibit(
        "zeros",
        "All weights begin at 0",
        "Neurons that begin alike get the same gradient, so they stay alike: a hundred of them are"
        " one. With tanh and zeros behind them the gradient is even 0.",
        _fit(init=', init="zeros"'),
        _fit(),
        "The loss hardly moves, and the neurons of a layer all show the same map.",
    ),
    Exhibit(
        "unscaled",
        "Inputs of very different size",
        "A weight's gradient is as large as its input. A column in thousands needs a rate a million"
        " times smaller than one in ones, and there is one rate for both.",
        _fit(before=_STRETCHED, units="1", rate=3e-07),
        _fit(units="1", rate=0.1),
        "The loss is huge at first; then one weight is done, and the others seem to sleep. Any"
        " higher rate explodes.",
    ),
    Exhibit(
        "leak",
        "The answer is among the inputs",
        "A column that was filled in after the fact, such as a date of payment, gives the answer"
        " away. When new rows come it is empty, and the network has learned little else.",
        _LEAK.format(
            leak="X = [[a, b, 2 * t] for (a, b), t in zip(X, y)]",
            unknown="new = [[a, b, 0.0] for a, b, _ in new[0]], new[1]\n",
            inputs=3,
        ),
        _LEAK.format(leak="X = [[a, b] for a, b in X]", unknown="", inputs=2),
        "Training goes better than is credible, and on new rows the network fails.",
        "loss on new rows",
    ),
    Exhibit(
        "loss",
        "Numbers of classes taken for amounts",
        "With the squared error class 1 lies between classes 0 and 2, and class 2 is twice as far"
        " off as class 1. But classes have no order.",
        _CLASSES.format(outputs=1, answer="min(max(round(z[0]), 0), 2)", loss="squared_error"),
        _CLASSES.format(
            outputs=3,
            answer="z.index(max(z))",
            loss="softmax_cross_entropy",
        ),
        "Rows between two classes are given to the one whose number is in the middle.",
        "share of rows that are wrong",
    ),
)
