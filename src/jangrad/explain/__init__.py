"""Inside a trained network: which columns, units and rows of the training its answers come from.

Each explanation is text (`str`), a table (`rows`, which a frame of pandas takes) and a picture
(`plot`).

>>> from jangrad import MLP, fit
>>> from jangrad.datasets import moons
>>> from jangrad.explain import integrated_gradients
>>> X, y = moons(100, seed=0)
>>> net = MLP(2, [8, 1], "tanh", seed=0)
>>> history = fit(net, X, y, learning_rate=0.05, steps=200)
>>> found = integrated_gradients(net, X, names=["east", "north"])
>>> found.rows[0].column, found.parts.shape
('east', (100, 2))
"""

from jangrad.explain.ablation import Ablated as Ablated
from jangrad.explain.ablation import Ablation as Ablation
from jangrad.explain.ablation import ablation as ablation
from jangrad.explain.attributions import Attributions as Attributions
from jangrad.explain.attributions import ColumnPart as ColumnPart
from jangrad.explain.attributions import gradient_x_input as gradient_x_input
from jangrad.explain.attributions import integrated_gradients as integrated_gradients
from jangrad.explain.attributions import occlusion as occlusion
from jangrad.explain.dependence import CurvePoint as CurvePoint
from jangrad.explain.dependence import Dependence as Dependence
from jangrad.explain.dependence import partial_dependence as partial_dependence
from jangrad.explain.importance import Importance as Importance
from jangrad.explain.importance import Importances as Importances
from jangrad.explain.importance import permutation_importance as permutation_importance
from jangrad.explain.influence import Influence as Influence
from jangrad.explain.influence import Influences as Influences
from jangrad.explain.influence import influences as influences
from jangrad.explain.nearest import Change as Change
from jangrad.explain.nearest import Counterfactual as Counterfactual
from jangrad.explain.nearest import counterfactual as counterfactual
from jangrad.explain.recorded import Moment as Moment
from jangrad.explain.recorded import Recorded as Recorded
from jangrad.explain.recorded import Recorder as Recorder
