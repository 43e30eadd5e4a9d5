"""A Kalman filter of a position and a speed: the surprise of noisy positions, to learn the noise.

Source: Kalman, A New Approach to Linear Filtering and Prediction Problems (1960).
"""

import math

from jangrad import exp, log

COUNT, DT = 15, 0.1


def parameters(draw):
    """The state at the start, and the logs of the noise of motion and of measurement."""
    return {"start": draw((2,), 1.0), "motion": draw((1,), 0.5), "measured": draw((1,), 0.5)}


def inputs(draw):
    """The measured positions."""
    return (draw((COUNT,), 1.0),)


def loss(p, positions):
    x, v = p["start"]
    q, r = exp(p["motion"][0]), exp(p["measured"][0])
    a, b, c = 1.0, 0.0, 1.0  # the covariance [[a, b], [b, c]]
    total = 0.0
    for z in positions:
        x = x + DT * v
        a = a + 2 * DT * b + DT * DT * c + q * DT**3 / 3
        b = b + DT * c + q * DT**2 / 2
        c = c + q * DT
        s = a + r
        error = z - x
        total = total + 0.5 * (log(2 * math.pi * s) + error * error / s)
        gain_x, gain_v = a / s, b / s
        x, v = x + gain_x * error, v + gain_v * error
        a, b, c = a - gain_x * a, b - gain_x * b, c - gain_v * b
    return total


def in_torch(p, positions):
    import torch

    F = torch.tensor([[1.0, DT], [0.0, 1.0]], dtype=torch.float64)
    noise = torch.tensor([[DT**3 / 3, DT**2 / 2], [DT**2 / 2, DT]], dtype=torch.float64)
    H = torch.tensor([1.0, 0.0], dtype=torch.float64)
    state, P = p["start"], torch.eye(2, dtype=torch.float64)
    q, r = p["motion"].exp(), p["measured"].exp()
    total = 0.0
    for z in positions:
        state, P = F @ state, F @ P @ F.T + q * noise
        s = H @ P @ H + r
        error = z - H @ state
        total = total + 0.5 * (torch.log(2 * math.pi * s) + error**2 / s)
        gain = P @ H / s
        state, P = state + gain * error, P - torch.outer(gain, H @ P)
    return total.sum()
