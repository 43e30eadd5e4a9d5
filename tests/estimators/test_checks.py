"""What scikit-learn demands of its estimators."""

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from jangrad.sklearn import JangradClassifier, JangradRegressor

# As many epochs as scikit-learn gives its own networks in these checks.
ESTIMATORS = [JangradClassifier(max_iter=100), JangradRegressor(max_iter=100)]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)
def test_checks_of_scikit_learn(estimator, check):
    """Every one of them, with no failure that is expected."""
    check(estimator)
