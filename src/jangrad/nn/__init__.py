"""Networks made of Values: neurons, layers, perceptrons, and the losses that train them.

>>> from jangrad.nn import MLP
>>> MLP(3, [4, 4, 1], seed=0)
MLP(3 -> 4 relu -> 4 relu -> 1 linear, 41 parameters)
"""

from __future__ import annotations

from jangrad.nn.activations import Activation as Activation
from jangrad.nn.activations import activation_names as activation_names
from jangrad.nn.inits import INITS as INITS
from jangrad.nn.losses import LOSSES as LOSSES
from jangrad.nn.losses import absolute_error as absolute_error
from jangrad.nn.losses import binary_cross_entropy as binary_cross_entropy
from jangrad.nn.losses import hinge as hinge
from jangrad.nn.losses import huber as huber
from jangrad.nn.losses import l1_penalty as l1_penalty
from jangrad.nn.losses import l2_penalty as l2_penalty
from jangrad.nn.losses import poisson as poisson
from jangrad.nn.losses import quantile as quantile
from jangrad.nn.losses import softmax_cross_entropy as softmax_cross_entropy
from jangrad.nn.losses import squared_error as squared_error
from jangrad.nn.mixing import attention as attention
from jangrad.nn.mixing import attention_weights as attention_weights
from jangrad.nn.mixing import conv1d as conv1d
from jangrad.nn.mixing import conv2d as conv2d
from jangrad.nn.mlp import MLP as MLP
from jangrad.nn.mlp import Layer as Layer
from jangrad.nn.mlp import Neuron as Neuron
from jangrad.nn.module import Module as Module
from jangrad.nn.picking import Embedding as Embedding
from jangrad.nn.picking import dropout_mask as dropout_mask
from jangrad.nn.picking import one_hot as one_hot
from jangrad.nn.picking import sample as sample
