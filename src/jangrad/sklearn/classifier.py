"""A network that tells classes apart, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from jangrad.errors import ConfigError, DataError, did_you_mean
from jangrad.sklearn.base import JangradEstimator, learns_in_parts
from jangrad.sklearn.pace import USUAL_PATIENCE, USUAL_TOL
from jangrad.train.settings import options_answered

# Targets as scikit-learn calls them; of another kind they may be refused.
_LABELS = "multilabel-indicator"
_KINDS = "binary", "multiclass", _LABELS


class JangradClassifier(ClassifierMixin, JangradEstimator):
    """A multi-layer perceptron for two classes, several, or several labels at once.

    Hyper-parameters have the names and meanings of those of scikit-learn's MLPClassifier. How fast
    and how long to train is chosen, where none of them says anything of it; where one does, the
    others are as there. `notes_` says what was taken and why.

    Args:
        hidden_layer_sizes: how many neurons each hidden layer has; () for none, a linear model.
        activation: of the hidden layers, a name of `jangrad.nn.activation_names()` or a function of
            one Value; or a list, one a layer. "logistic" and "identity" are known too.
        solver: any optimiser of `jangrad.fit`, by its name.
        alpha: >= 0, of the penalty alpha / (2 n) * sum of squared weights on a step of n rows;
            where the pace of training is chosen, n is still scikit-learn's, 200 or all rows. The
            solver "adamw" takes it as its weight decay instead; with "levenberg_marquardt" biases
            have the penalty too.
        batch_size, learning_rate_init, max_iter: rows a step, an integer >= 1; the rate, > 0; the
            most epochs, an integer >= 1. Where all three are "auto", for "adam" and "adamw" and
            one hidden layer of rectifiers or none and more rows than columns, and `tol` and
            `n_iter_no_change` as they are here: a step has 32 rows, of many rows up to 128, and the
            rate rises to 0.0125 and falls to 0 within 20 epochs, or 60 steps where that is more.
            Else, and where training goes on from a network that is there, "auto" is as in
            scikit-learn: 200 rows, or all where there are fewer, 0.001, and 200.
        tol, n_iter_no_change: where the rate is constant, training ends after so many epochs
            without a loss that is less by more than `tol`, and the best weights are kept; with
            `early_stopping` at any rate.
        shuffle: whether each epoch has the rows in another order.
        random_state: decides weights, order and split; an integer for the same each time.
        early_stopping, validation_fraction: whether to hold out such a share of the rows, by class,
            and let its loss say when to stop.
        warm_start: whether `fit` goes on from the network that is there.
        verbose: whether a bar is shown.
        momentum, nesterovs_momentum: of "sgd".
        beta_1, beta_2, epsilon: of "adam" and "adamw".
        loss: "log_loss".
        class_weight: what rows of each class count, a dict, or "balanced" for all classes alike.
        standardize: whether the columns of X are brought to mean 0 and deviation 1 inside.

    Attributes:
        classes_: the labels, sorted.
        network_: the MLP that was trained; it takes standardised rows and gives raw outputs. Its
            numbers may be assigned.
        history_: of `fit`, with the diagnosis.
        input_mean_, input_scale_: by which rows are standardised.
        notes_: what was done, a sentence each.
        loss_curve_, loss_, best_loss_, n_iter_: the mean loss of each epoch, the last and the least
            of them, and how many there are.
        n_features_in_, feature_names_in_, n_outputs_, n_layers_, out_activation_: as MLPClassifier.
        seed_: of the first weights and biases, and of the order of rows.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = JangradClassifier(learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.96
    True
    >>> model.network_
    MLP(4 -> 100 relu -> 3 linear, 803 parameters)
    """

    classes_: Any
    _multilabel: bool

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
        loss: str = "log_loss",
        class_weight: Any = None,
        standardize: bool = True,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows and their labels.

        Args:
            X: numbers of shape (rows, columns): an array, a sparse matrix, a frame. Of dtype
                float32 to train in single precision, which is faster.
            y: labels of any kind, or an array of 0 and 1 of shape (rows, labels).
            sample_weight: what each row counts.

        Raises:
            ValueError: when data or a hyper-parameter is not as it has to be.
        """
        with self._whole():
            return self._fit(X, y, sample_weight, None, once=False)

    @available_if(learns_in_parts)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Make one pass over these rows, and go on from where the last one ended.

        The rows of the first call say how all are standardised.

        Args:
            X, y, sample_weight: as for `fit`.
            classes: all labels that will ever come; the first call needs them.
        """
        with self._whole():
            return self._fit(X, y, sample_weight, classes, once=True)

    def _fit(self, X: Any, y: Any, sample_weight: Any, classes: Any, *, once: bool) -> Self:
        self._check_loss()
        goes_on = self._goes_on(once)
        X, y, weights = self._read(X, y, sample_weight, reset=not goes_on)
        kind = type_of_target(y)
        if kind not in _KINDS:
            check_classification_targets(y)
        self._take_classes(y, kind == _LABELS, classes, goes_on, once)
        if not self._multilabel:
            y = column_or_1d(y, warn=True)
        if self.class_weight is not None:
            by_class = self._class_weights(y, once)
            weights = by_class if weights is None else weights * by_class
        codes = self._codes(y)
        outputs = codes.shape[1] if self._multilabel else len(self.classes_)
        outputs = 1 if outputs == 2 and not self._multilabel else outputs
        self.out_activation_ = "softmax" if self._is_softmax(outputs) else "logistic"
        name = "softmax_cross_entropy" if self._is_softmax(outputs) else "binary_cross_entropy"
        return self._learn(
            *(X, codes, weights),
            outputs=outputs,
            loss=name,
            factor=1.0 / outputs if self._multilabel else 1.0,
            strata=None if self._multilabel else codes,
            once=once,
        )

    def _is_softmax(self, outputs: int) -> bool:
        return outputs > 1 and not self._multilabel

    def _take_classes(
        self, y: Any, multilabel: bool, classes: Any, goes_on: bool, once: bool
    ) -> None:
        found = np.arange(y.shape[1]) if multilabel else np.unique(y)
        if goes_on:
            known = self.classes_
            new = found[~np.isin(found, known)]
            if multilabel != self._multilabel or len(new):
                what = "labels of another shape" if multilabel != self._multilabel else repr(new[0])
                raise DataError(
                    f"y has {what}, but the classes that were learned are {known.tolist()!r:.80}",
                    why="each of them has its output in the network",
                    try_="fit with warm_start=False"
                    if not once
                    else "all classes at the first call",
                )
            return
        if once and classes is None:
            raise DataError(
                "the first call of `partial_fit` needs all classes",
                why="each has its output, and these rows may not have all of them",
                try_="partial_fit(X, y, classes=numpy.unique(all_labels))",
            )
        self._multilabel = multilabel
        self.classes_ = found if classes is None else np.unique(classes)
        if len(self.classes_) < 2 and not multilabel:
            raise DataError(
                f"y has one class, {self.classes_.tolist()[0]!r:.60} (1 class in {len(y)} rows)",
                why="there is nothing to tell apart",
                try_="rows of at least two classes",
            )

    def _codes(self, y: Any) -> Any:
        """Labels as numbers: the place of each among the classes, or 0 and 1."""
        if self._multilabel:
            return np.asarray(y, float)
        places = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = np.flatnonzero(self.classes_[places] != y)
        if len(unknown):
            raise DataError(
                f"`y[{unknown[0]}]` is {y[unknown[0]]!r}, which is none of the classes"
                f" {self.classes_.tolist()!r:.80}"
            )
        return places.astype(float)

    def _class_weights(self, y: Any, once: bool) -> Any:
        if once and self.class_weight == "balanced":
            raise ConfigError(
                '`partial_fit` cannot have class_weight="balanced"',
                why="how often classes come is only known of all rows",
                try_="a dict such as compute_class_weight('balanced', classes=classes, y=y) gives",
            )
        return compute_sample_weight(self.class_weight, y)

    def _check_loss(self) -> None:
        if self.loss != "log_loss":
            raise ConfigError(
                f"`loss` is {self.loss!r:.60}",
                why="a classifier is trained on the probabilities of classes",
                try_=f"{did_you_mean(str(self.loss), ['log_loss'])}; JangradRegressor has others",
            )

    def _scale_targets(self, y: Any, weights: Any) -> None:
        """Classes have no scale."""

    def _targets(self, y: Any) -> Any:
        return y

    def _targets_told(self) -> str:
        kind = "each label has its own" if self._multilabel else f"{len(self.classes_)} classes"
        return f"the {self.out_activation_} of its outputs are probabilities: {kind}"

    # -- predictions ------------------------------------------------------------------------------

    def decision_function(self, X: Any) -> Any:
        """The raw outputs: logits, one a row for two classes, else one a class or label."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 and not self._multilabel else outputs

    def predict(self, X: Any) -> Any:
        """The likeliest label of each row; 0 and 1 for each of several labels."""
        outputs = self._outputs(X)
        if self._multilabel:
            return (outputs > 0.0).astype(int)
        if outputs.shape[1] == 1:
            return self.classes_[(outputs[:, 0] > 0.0).astype(int)]
        return self.classes_[outputs.argmax(axis=1)]

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, or of each label, of shape (rows, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`, exact also where a probability is 0 for a double."""
        outputs = self._outputs(X)
        if self._is_softmax(outputs.shape[1]):
            above = outputs - outputs.max(axis=1, keepdims=True)
            return above - np.log(np.exp(above).sum(axis=1, keepdims=True))
        ones = -np.logaddexp(0.0, -outputs)
        return ones if self._multilabel else np.hstack([-np.logaddexp(0.0, outputs), ones])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
