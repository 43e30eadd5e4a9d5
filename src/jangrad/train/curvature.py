"""How sharply a loss curves, and which rates that allows.

Sources: LeCun, Simard and Pearlmutter, Automatic Learning Rate Maximization by On-Line Estimation
of the Hessian's Eigenvectors (1992); Goh, Why Momentum Really Works, Distill (2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jangrad.derivatives import gradient
from jangrad.engine import Value
from jangrad.lists import dot


def largest_stable_rate(
    curvature: float, momentum: float = 0.0, *, nesterov: bool = False
) -> float:
    """The rate above which gradient descent diverges on a parabola of this curvature.

    It is 2 / c without momentum: the distance to the minimum is multiplied by 1 - rate * c a step.
    With momentum m it is where a root of the step's characteristic polynomial passes -1:
    z^2 - (1 + m - rate * c) * z + m, and z^2 - (1 - rate * c) * ((1 + m) * z - m) for Nesterov.

    Source: Goh, Why Momentum Really Works, Distill (2017), for the heavy ball.

    >>> largest_stable_rate(10.0), largest_stable_rate(10.0, 0.5)
    (0.2, 0.3)
    """
    if nesterov:
        return (2.0 + 2.0 * momentum) / (curvature * (1.0 + 2.0 * momentum))
    return (2.0 + 2.0 * momentum) / curvature


def sharpest_curvature(loss: Value, parameters: Sequence[Value]) -> float | None:
    """The size of the largest eigenvalue of the loss's Hessian, by power iteration.

    Args:
        loss: computed from the parameters; its graph is used and stays as it is.
        parameters: leaves; their gradients are lost.

    Returns:
        It to within about a percent, or None where the Hessian is 0 or not finite.

    Source: LeCun, Simard and Pearlmutter (1992), equation 11, with exact products of the Hessian
    with a vector: Pearlmutter, Fast Exact Multiplication by the Hessian (1994).

    >>> x, y = Value(1.0), Value(1.0)
    >>> round(sharpest_curvature(x * x + 5.0 * y * y, [x, y]), 2)
    10.0
    """
    slopes = gradient(loss, parameters)
    direction = [slope.data for slope in slopes]
    curvature = 0.0
    for _ in range(20):
        length = math.hypot(*direction)
        if length == 0.0 or not math.isfinite(length):
            return None
        direction = [d / length for d in direction]
        for parameter in parameters:
            parameter.zero_grad()
        along: Any = dot(slopes, direction)
        along.backward()
        direction = [parameter.grad for parameter in parameters]
        before, curvature = curvature, math.hypot(*direction)
        if abs(curvature - before) <= 0.01 * curvature:
            break
    return curvature if math.isfinite(curvature) and curvature > 0.0 else None
