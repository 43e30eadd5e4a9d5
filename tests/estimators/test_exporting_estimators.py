"""An estimator is not exported; its network is, and the error tells the scaling."""

import numpy as np
import pytest

from jangrad import export
from jangrad.errors import ConfigError
from jangrad.sklearn import JangradClassifier, JangradRegressor

X = np.array([[0.0, 10.0], [1.0, 30.0], [2.0, 20.0], [3.0, 50.0]])


@pytest.mark.parametrize("name", ["to_c", "to_javascript", "to_numpy", "to_onnx"])
def test_the_error_names_the_network_and_its_scaling(name, tmp_path):
    """And what it says gives the estimator's predictions."""
    place = [] if name == "to_numpy" else [tmp_path / "model"]
    y = 3.0 * X[:, 0] + 100.0
    model = JangradRegressor([2], max_iter=5, random_state=0, tol=0.0, solver="lbfgs").fit(X, y)
    with pytest.raises(
        ConfigError, match=r"model\.network_(.|\n)*input_scale_(.|\n)*target_scale_"
    ):
        getattr(export, name)(model, *place)
    rows = (X - model.input_mean_) / model.input_scale_
    outputs = np.array([[v.data for v in model.network_(row.tolist())] for row in rows])
    found = (outputs * model.target_scale_ + model.target_mean_)[:, 0]
    assert found == pytest.approx(model.predict(X))
    with pytest.raises(ConfigError, match="an estimator cannot be exported"):
        getattr(export, name)(JangradClassifier(), *place)
