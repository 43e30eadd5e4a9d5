"""What the simplest models reach: always the commonest class or the mean, and a linear model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jangrad.tabular.scores import root_mean_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RIDGE = 1.0  # scikit-learn's default; the inputs have deviation 1
_MOST_ROWS, _ITERATIONS = 10_000, 300
LINEAR = "a linear model"
COMMONEST, MEAN = "always the commonest class", "always the mean"


def baselines(
    X: NDArray[Any],
    y: NDArray[Any],
    X_test: NDArray[Any],
    y_test: NDArray[Any],
    classes: int,
    order: NDArray[Any],
) -> dict[str, float]:
    """What they reach on the test rows, by name: shares that are right, or errors.

    Args:
        X, y: what was learned from, of mean 0 and deviation 1; indices of classes, or amounts.
        X_test, y_test: what nothing was learned from.
        classes: how many there are; 0 where the target is an amount.
        order: the rows in the order of the table.
    """
    import numpy as np

    if not classes:
        mean = float(y.mean())
        found = _linear(X, y[:, None] - mean, X_test)[:, 0] + mean
        return {
            LINEAR: root_mean_square(found - y_test),
            MEAN: root_mean_square(y_test - mean),
        }
    some = order[:: -(-len(y) // _MOST_ROWS)]  # more rows hardly move so few weights
    found = _logistic(X[some], np.eye(classes)[y[some]], X_test)
    return {
        LINEAR: float((found.argmax(axis=1) == y_test).mean()),
        COMMONEST: float((y_test == np.bincount(y).argmax()).mean()),
    }


def _logistic(X: NDArray[Any], ones: NDArray[Any], X_test: NDArray[Any]) -> NDArray[Any]:
    """Logits of a logistic regression with a ridge, by Nesterov's accelerated gradients.

    Source: Nesterov, A Method of Solving a Convex Programming Problem (1983), with the step that
    Boehning's bound of the curvature allows, Multinomial Logistic Regression Algorithm (1992).
    """
    import numpy as np

    X, X_test = (np.hstack([np.ones((len(rows), 1)), rows]) for rows in (X, X_test))
    small = X if X.shape[1] < len(X) else X.T
    step = 1.0 / (_RIDGE + 0.5 * float(np.linalg.eigvalsh(small.T @ small)[-1]))
    weights = ahead = np.zeros((X.shape[1], ones.shape[1]))
    for k in range(_ITERATIONS):
        logits = X @ ahead
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = X.T @ (powers / powers.sum(axis=1, keepdims=True) - ones) + _RIDGE * ahead
        before, weights = weights, ahead - step * slope
        ahead = weights + k / (k + 3) * (weights - before)
    return np.asarray(X_test @ weights)


def _linear(X: NDArray[Any], targets: NDArray[Any], X_test: NDArray[Any]) -> NDArray[Any]:
    """Least squares with a ridge, by the smaller of the two systems of equations.

    Source: Hoerl and Kennard, Ridge Regression (1970).
    """
    import numpy as np

    rows, inputs = X.shape
    middle = X.mean(axis=0, dtype=float)
    if inputs <= rows:
        squares, products = _RIDGE * np.eye(inputs), np.zeros((inputs, targets.shape[1]))
        for first in range(0, rows, _MOST_ROWS):  # so that the memory between is small
            some = X[first : first + _MOST_ROWS] - middle
            squares += some.T @ some
            products += some.T @ targets[first : first + _MOST_ROWS]
        weights = np.linalg.solve(squares, products)
    else:
        X = X - middle
        weights = X.T @ np.linalg.solve(X @ X.T + _RIDGE * np.eye(rows), targets)
    blocks = [X_test[at : at + _MOST_ROWS] for at in range(0, len(X_test), _MOST_ROWS)]
    return np.asarray(np.concatenate([block @ weights for block in blocks]) - middle @ weights)
