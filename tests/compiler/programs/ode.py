"""The Lotka-Volterra equations, 100 steps of the classical Runge-Kutta method, fitted to an end.

Source: Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen (1901).
"""

STEPS, H = 100, 0.05


def parameters(draw):
    """Growth and interaction rates; the state at the start."""
    return {"rates": draw((4,), 0.1), "start": draw((2,), 0.1)}


def inputs(draw):
    """The state to end in."""
    return (draw((2,), 1.0),)


def slope(rates, x, y):
    a, b, c, d = rates
    return (1.0 + a) * x - (0.5 + b) * x * y, (0.4 + c) * x * y - (0.8 + d) * y


def loss(p, target):
    rates = p["rates"]
    x, y = 1.0 + p["start"][0], 1.0 + p["start"][1]
    for _ in range(STEPS):
        x1, y1 = slope(rates, x, y)
        x2, y2 = slope(rates, x + H / 2 * x1, y + H / 2 * y1)
        x3, y3 = slope(rates, x + H / 2 * x2, y + H / 2 * y2)
        x4, y4 = slope(rates, x + H * x3, y + H * y3)
        x = x + H / 6 * (x1 + 2 * x2 + 2 * x3 + x4)
        y = y + H / 6 * (y1 + 2 * y2 + 2 * y3 + y4)
    return (x - target[0]) ** 2 + (y - target[1]) ** 2


def in_torch(p, target):
    import torch

    a, b, c, d = p["rates"]
    linear = torch.stack([1.0 + a, -(0.8 + d)])
    mixed = torch.stack([-(0.5 + b), 0.4 + c])
    state = 1.0 + p["start"]

    def change(state):
        return linear * state + mixed * state.prod()

    for _ in range(STEPS):
        k1 = change(state)
        k2 = change(state + H / 2 * k1)
        k3 = change(state + H / 2 * k2)
        k4 = change(state + H * k3)
        state = state + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return (state - target).square().sum()
