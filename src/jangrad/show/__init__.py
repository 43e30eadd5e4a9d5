"""Everything that can be seen of a Value, a network, or a training run.

One derivation, the chain rule as data, from which the tree, the words, LaTeX and the pictures are
drawn, so that they cannot disagree.
"""

from jangrad.show.by_row import RowPart as RowPart
from jangrad.show.by_row import RowParts as RowParts
from jangrad.show.curve import Curve as Curve
from jangrad.show.derivation import Contribution as Contribution
from jangrad.show.derivation import Derivation as Derivation
from jangrad.show.derivation import Node as Node
from jangrad.show.derivation import derive as derive
from jangrad.show.expression import derivative as derivative
from jangrad.show.expression import evaluate_expression as evaluate_expression
from jangrad.show.network import NetworkPicture as NetworkPicture
from jangrad.show.network_plots import plot_dead_units as plot_dead_units
from jangrad.show.network_plots import plot_gradients as plot_gradients
from jangrad.show.network_plots import plot_weights as plot_weights
from jangrad.show.paths import Path as Path
from jangrad.show.paths import Paths as Paths
from jangrad.show.plots import plot_decision_boundary as plot_decision_boundary
from jangrad.show.plots import plot_history as plot_history
from jangrad.show.tree import Tree as Tree
from jangrad.show.what_if import Changed as Changed
from jangrad.show.what_if import WhatIf as WhatIf
from jangrad.show.why import Culprit as Culprit
from jangrad.show.why import Reason as Reason
from jangrad.show.words import Explanation as Explanation
