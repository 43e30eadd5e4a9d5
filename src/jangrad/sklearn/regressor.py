"""A network that foretells numbers, as an estimator of scikit-learn."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, Self

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from jangrad.errors import ConfigError, DataError, did_you_mean
from jangrad.nn import quantile as quantile_loss
from jangrad.sklearn.base import JangradEstimator, learns_in_parts
from jangrad.sklearn.pace import USUAL_PATIENCE, USUAL_TOL
from jangrad.sklearn.scaling import Scaling
from jangrad.train.settings import number_in, options_answered

_LOSSES = ("squared_error", "absolute_error", "huber", "quantile", "poisson")


class JangradRegressor(MultiOutputMixin, RegressorMixin, JangradEstimator):
    """A multi-layer perceptron for one number or several.

    Hyper-parameters are those of `JangradClassifier`, with these differences.

    Args:
        loss: "squared_error"; "absolute_error", for the median; "huber", which is squared up to one
            deviation of the targets and absolute beyond; "quantile"; or "poisson" for counts, whose
            outputs are logarithms of means.
        quantile: between 0 and 1, of the loss of this name.
        standardize: whether columns of X and targets are brought to mean 0 and deviation 1 inside;
            targets of "poisson" to mean 1.

    Attributes:
        target_mean_, target_scale_: by which targets are standardised, one number an output.
        network_: the MLP that was trained, from standardised rows to standardised targets.
        others: as for `JangradClassifier`.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = JangradRegressor(max_iter=1000, early_stopping=True, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.3
    True
    """

    @options_answered
    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate_init: float | str = "auto",
        max_iter: int | str = "auto",
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = USUAL_TOL,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = USUAL_PATIENCE,
        loss: str = "squared_error",
        quantile: float = 0.5,
        standardize: bool = True,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows and their targets.

        Args:
            X: numbers of shape (rows, columns): an array, a sparse matrix, a frame. Of dtype
                float32 to train in single precision, which is faster.
            y: numbers, one a row, or of shape (rows, outputs).
            sample_weight: what each row counts.

        Raises:
            ValueError: when data or a hyper-parameter is not as it has to be.
        """
        with self._whole():
            return self._fit(X, y, sample_weight, once=False)

    @available_if(learns_in_parts)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Make one pass over these rows, and go on from where the last one ended.

        The rows of the first call say how all are standardised.
        """
        with self._whole():
            return self._fit(X, y, sample_weight, once=True)

    def _fit(self, X: Any, y: Any, sample_weight: Any, *, once: bool) -> Self:
        loss = self._loss()
        goes_on = self._goes_on(once)
        X, y, weights = self._read(X, y, sample_weight, reset=not goes_on)
        y = y.astype(float)
        if self.loss == "poisson" and (y.min() < 0.0 or not y.any()):
            raise DataError(
                f"y goes from {y.min():g} to {y.max():g}, but the loss `poisson` needs counts",
                why="a target is 0 or more, and one of them above 0",
                try_='loss="squared_error" for amounts of either sign',
            )
        self.out_activation_ = "exp" if self.loss == "poisson" else "identity"
        self._flat = y.ndim == 1
        columns = y.reshape(len(y), -1)
        # `fit` takes the whole square where scikit-learn takes half of it.
        factor = 2.0 if self.loss == "squared_error" else 1.0
        return self._learn(
            *(X, columns, weights), outputs=columns.shape[1], loss=loss, factor=factor, once=once
        )

    def _loss(self) -> Any:
        if self.loss not in _LOSSES:
            raise ConfigError(
                f"there is no loss {self.loss!r:.60} for regression",
                try_=did_you_mean(str(self.loss), _LOSSES),
            )
        if self.loss != "quantile":
            return self.loss
        return _quantile(number_in("quantile", self.quantile, above=0.0, below=1.0))

    def _scale_targets(self, y: Any, weights: Any) -> None:
        scale = Scaling.none(y.shape[1])
        if self.standardize and self.loss == "poisson":
            means = np.average(y, axis=0, weights=weights)
            scale = Scaling(scale.mean, np.where(means > 0.0, means, 1.0))
        elif self.standardize:
            scale = Scaling.of(y, weights)
        self._target_scale = scale
        self.target_mean_, self.target_scale_ = scale

    def _targets(self, y: Any) -> Any:
        return self._target_scale.apply(y)

    def _targets_told(self) -> str:
        way = "exp of its outputs" if self.loss == "poisson" else "its outputs"
        if not self.standardize:
            return f"{way} are the targets"
        return f"{way} times `target_scale_`, plus `target_mean_`, are the targets"

    def predict(self, X: Any) -> Any:
        """The number that is foretold for each row, in the units of the targets."""
        outputs = self._outputs(X)
        if self.out_activation_ == "exp":
            with np.errstate(over="ignore"):
                outputs = np.exp(outputs)
        found = self._target_scale.back(outputs)
        return found[:, 0] if self._flat else found


@cache
def _quantile(level: float) -> Any:
    """One object for each level, so that what was compiled for it is found again."""
    return partial(quantile_loss, level=level)
