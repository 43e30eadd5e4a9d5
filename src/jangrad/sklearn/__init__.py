"""Networks as estimators of scikit-learn; the extra `sklearn` brings what they need.

>>> from jangrad.sklearn import JangradClassifier
>>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["no", "yes", "yes", "no"]
>>> model = JangradClassifier([16], learning_rate_init=0.1, random_state=0).fit(X, y)
>>> model.predict(X).tolist()
['no', 'yes', 'yes', 'no']
"""

from __future__ import annotations

try:
    import sklearn as _sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "`jangrad.sklearn` needs scikit-learn, which cannot be imported here"
        "\n  why: its estimators are estimators of scikit-learn"
        "\n  try: pip install 'jangrad[sklearn]'",
        name=error.name,
    ) from error

from jangrad.sklearn.classifier import JangradClassifier as JangradClassifier
from jangrad.sklearn.regressor import JangradRegressor as JangradRegressor
