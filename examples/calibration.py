"""Calibrate a model by Levenberg-Marquardt, and say how sure its numbers are.

The speed of an enzyme over the amount of its substrate, after Michaelis and Menten:
speed = top * amount / (half + amount). The measurements are those of Bates and Watts, Nonlinear
Regression Analysis and Its Applications (1988), treated puromycin, as in many textbooks.

It prints:

    top   212.6836 +- 6.9471
    half    0.0641 +- 0.0083
    10 steps, converged by ftol
"""

from typing import Any

import numpy as np

from jangrad import jacobian, least_squares

AMOUNTS = [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10]
SPEEDS = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200]


def residuals(numbers: Any) -> list[Any]:
    """Model less measurement, for each of the twelve."""
    top, half = numbers
    return [
        top * amount / (half + amount) - speed
        for amount, speed in zip(AMOUNTS, SPEEDS, strict=True)
    ]


def main() -> None:
    """Fit, and estimate the standard errors from the Jacobian."""
    found = least_squares(residuals, [100.0, 1.0])
    slopes = np.array(jacobian(residuals)(found.x))
    variance = found.loss / (len(SPEEDS) - len(found.x))
    errors = np.sqrt(variance * np.linalg.inv(slopes.T @ slopes).diagonal())
    for name, number, error in zip(("top", "half"), found.x, errors, strict=True):
        print(f"{name:5} {number:8.4f} +- {error:.4f}")
    print(f"{found.steps} steps, converged by {found.converged_by}")


if __name__ == "__main__":
    main()
