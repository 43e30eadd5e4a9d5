"""Everything that can be seen of a Value, a network, or a training run."""

from jangrad.show.plots import plot_decision_boundary as plot_decision_boundary
from jangrad.show.plots import plot_history as plot_history
