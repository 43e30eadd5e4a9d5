"""Networks: modules that hold Values, and the losses that judge them."""

from jangrad.nn.activations import ACTIVATIONS as ACTIVATIONS
from jangrad.nn.losses import LOSSES as LOSSES
from jangrad.nn.losses import absolute_error as absolute_error
from jangrad.nn.losses import binary_cross_entropy as binary_cross_entropy
from jangrad.nn.losses import hinge as hinge
from jangrad.nn.losses import huber as huber
from jangrad.nn.losses import l1_penalty as l1_penalty
from jangrad.nn.losses import l2_penalty as l2_penalty
from jangrad.nn.losses import softmax_cross_entropy as softmax_cross_entropy
from jangrad.nn.losses import squared_error as squared_error
from jangrad.nn.module import Module as Module
from jangrad.nn.networks import MLP as MLP
from jangrad.nn.networks import Layer as Layer
from jangrad.nn.networks import Neuron as Neuron
