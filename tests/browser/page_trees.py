"""Trees whose pages the tests open."""

from jangrad import MLP, Value, softmax


def five_lines():
    a, b = Value(2.0), Value(3.0)
    c = a * a
    d = a * b
    e = c + d
    return e.backtrack()


def cross_entropy():
    x = [Value(2.0), Value(-1.0), Value(0.5)]
    p = softmax(x)
    loss = -p[1].log()
    return loss.backtrack()


def network_loss():
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    loss = (net([2.0, 3.0, -1.0])[0] - 1.0) ** 2
    return loss.backtrack()


def network():
    return MLP(3, [4, 4, 1], "relu", seed=3).show([2.0, 3.0, -1.0])


def long_sum():
    terms = [Value(i / 7.0 - 2.0, label=f"w{i}") for i in range(40)]
    total = terms[0] * 1.5
    for i, w in enumerate(terms[1:]):
        total = total + w * (i % 5)
    return (total * total).backtrack()


TREES = {
    "five lines": five_lines,
    "cross entropy": cross_entropy,
    "network's loss": network_loss,
    "network": network,
    "long sum": long_sum,
}


def box(page, name):
    """The box of that name."""
    return page.locator("g.box", has=page.locator("tspan.name", has_text=name)).first
