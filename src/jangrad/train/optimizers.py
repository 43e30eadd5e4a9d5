"""The optimisers: what is done with the gradients.

    optimizer = SGD(net.parameters(), learning_rate=0.05)
    for _ in range(1000):
        loss = ...
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

Each is a formula (see `update_rule.py`) with its options. The formulas are those of the papers, the
defaults those of PyTorch.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError, NoGradient, ShapeError
from jangrad.train.settings import number_in
from jangrad.train.update_rule import UpdateRule

Memory = tuple[Sequence[float], ...]

_PLAIN = UpdateRule("p = p - rate * g", (), ())
_MOMENTUM = UpdateRule("b = momentum * b + g; p = p - rate * b", ("b",), ("momentum",))
_NESTEROV = UpdateRule(
    "b = momentum * b + g; p = p - rate * (g + momentum * b)", ("b",), ("momentum",)
)
_ADAM_LINES = """
    m_correction = 1 / (1 - beta1 ** step)
    v_correction = 1 / (1 - beta2 ** step)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    p = p - rate * (m * m_correction) / (sqrt(v * v_correction) + epsilon)
"""
_ADAM = UpdateRule(_ADAM_LINES, ("m", "v"), ("beta1", "beta2", "epsilon"))
_ADAMW = UpdateRule(
    "p = p - rate * weight_decay * p" + _ADAM_LINES,
    ("m", "v"),
    ("beta1", "beta2", "epsilon", "weight_decay"),
)
_RMSPROP = UpdateRule(
    "v = alpha * v + (1 - alpha) * g * g; p = p - rate * g / (sqrt(v) + epsilon)",
    ("v",),
    ("alpha", "epsilon"),
)
_ADAGRAD = UpdateRule("s = s + g * g; p = p - rate * g / (sqrt(s) + epsilon)", ("s",), ("epsilon",))


class Lender(Protocol):
    """Who has an optimiser's memory while machine code makes the steps."""

    steps: int

    def state(self) -> Memory: ...


class Optimizer:
    """What all optimisers share: parameters, a formula, its options, and what it remembers.

    Not for direct use: take SGD, Adam, AdamW, RMSprop or Adagrad. One of your own is a subclass
    that hands its `UpdateRule` up:

    >>> class SignDescent(Optimizer):
    ...     "Moves every parameter by the same length."
    ...     def __init__(self, parameters, learning_rate=0.01):
    ...         rule = UpdateRule("p = p - rate * (1 if g > 0 else -1)", (), ())
    ...         super().__init__(parameters, learning_rate, rule, {})
    >>> w = Value(1.0)
    >>> (w * w).backward()
    >>> SignDescent([w]).step()
    >>> w.data
    0.99
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float,
        rule: UpdateRule,
        options: Mapping[str, float],
    ) -> None:
        self.parameters: list[Value] = _checked_parameters(parameters)
        self.learning_rate = number_in("learning_rate", learning_rate, above=0.0)
        self.rule = rule
        self.options = dict(options)
        self._steps = 0
        self._memory: Memory = tuple(array("d", bytes(8 * len(self))) for _ in rule.state)
        self._lender: Lender | None = None

    def __len__(self) -> int:
        return len(self.parameters)

    def __repr__(self) -> str:
        options = {"learning_rate": self.learning_rate, **self.options}
        listed = ", ".join(f"{name}={number!r}" for name, number in options.items())
        count = f"{len(self)} parameter{'s' if len(self) != 1 else ''}"
        return f"{type(self).__name__}({count}, {listed})"

    def step(self, rate: float | None = None) -> None:
        """Move every parameter once, by the gradients it holds.

        Args:
            rate: the learning rate of this step alone, as a schedule gives it; > 0 or 0.

        Raises:
            NoGradient: when no parameter has a gradient.
        """
        if not any(p.has_grad for p in self.parameters):
            raise NoGradient(
                "`step()` found no gradient in any parameter",
                why="the gradient says where to go, and `zero_grad()` forgets it",
                try_="loss.backward(), then optimizer.step(), then optimizer.zero_grad()",
            )
        if rate is not None:
            rate = number_in("rate", rate, least=0.0)
        numbers = self.advance([p.data for p in self.parameters], self.gradients(), rate)
        for parameter, number in zip(self.parameters, numbers, strict=True):
            parameter.data = number

    def gradients(self) -> list[float]:
        """The gradients the parameters hold, in order; 0.0 where there is none."""
        return [p.grad for p in self.parameters]

    def advance(
        self, numbers: Sequence[float], gradients: Sequence[float], rate: float | None = None
    ) -> list[float]:
        """The parameters' numbers after a step; the memory moves on, the parameters do not."""
        self.steps += 1
        new, self.memory = self.rule.on_floats(
            numbers,
            gradients,
            self.memory,
            self.learning_rate if rate is None else rate,
            self.steps,
            self.options,
        )
        return new

    def zero_grad(self) -> None:
        """Forget every gradient, so that the next `backward()` does not add to it."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def state(self) -> dict[str, Any]:
        """What it remembers, as plain numbers that JSON can hold.

        >>> SGD([Value(1.0)], momentum=0.9).state()
        {'optimizer': 'SGD', 'steps': 0, 'b': [0.0]}
        """
        memory = zip(self.rule.state, map(list, self.memory), strict=True)
        return {"optimizer": type(self).__name__, "steps": self.steps, **dict(memory)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state()` gave.

        Raises:
            DataError: when the state is another optimiser's or lacks a part.
            ShapeError: when it was taken with another number of parameters.
        """
        expected = {"optimizer", "steps", *self.rule.state}
        if state.get("optimizer") != type(self).__name__ or set(state) != expected:
            raise DataError(
                f"the state holds {', '.join(map(repr, state))} of"
                f" `{state.get('optimizer')}`, but `{type(self).__name__}` needs"
                f" {', '.join(map(repr, ['optimizer', 'steps', *self.rule.state]))}",
                why="each optimiser remembers other things",
                try_="an optimiser made with the same options as the one that was saved",
            )
        for name in self.rule.state:
            if len(state[name]) != len(self):
                raise ShapeError(
                    f"the state's `{name}` has {len(state[name])} numbers for"
                    f" {len(self)} parameters",
                    why="each parameter has its own",
                )
        self.steps = int(state["steps"])
        self.memory = tuple(array("d", map(float, state[name])) for name in self.rule.state)

    # -- steps that are made elsewhere ------------------------------------------------------------

    @property
    def steps(self) -> int:
        """How many updates were made."""
        return self._steps if self._lender is None else self._lender.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self.take_back()
        self._steps = steps

    @property
    def memory(self) -> Memory:
        """What it remembers: for each name in `rule.state` a number a parameter."""
        self.take_back()
        return self._memory

    @memory.setter
    def memory(self, memory: Memory) -> None:
        self.take_back()
        self._memory = memory

    def lend(self, lender: Lender) -> None:
        """Machine code makes the steps from now on: whom to ask what has come of them."""
        self._lender = lender

    def take_back(self) -> None:
        """Ask for steps and memory now, so that nothing hangs on the one who has them."""
        if self._lender is not None:
            self._steps, self._memory = self._lender.steps, self._lender.state()
            self._lender = None

    def is_lent_to(self, lender: Lender) -> bool:
        """Whether nothing has happened since `lend` was called with the same one."""
        return self._lender is lender


class SGD(Optimizer):
    """Gradient descent: `p = p - rate * g`, with momentum if asked for.

    Args:
        parameters: the leaves to move, usually `net.parameters()`.
        learning_rate: the length of a step, > 0.
        momentum: in [0, 1); how much of the last move is kept.
        nesterov: look ahead along the momentum; needs momentum > 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Sources: Polyak, Some methods of speeding up the convergence of iteration methods (1964);
    Sutskever et al., On the importance of initialization and momentum in deep learning (2013), in
    the form PyTorch gives it, where the rate stands outside the momentum.

    >>> w = Value(1.0)
    >>> optimizer = SGD([w], learning_rate=0.1)
    >>> for _ in range(3):
    ...     loss = w * w
    ...     loss.backward()
    ...     optimizer.step()
    ...     optimizer.zero_grad()
    >>> round(w.data, 3)
    0.512
    >>> optimizer
    SGD(1 parameter, learning_rate=0.1)
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.001,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        momentum = number_in("momentum", momentum, least=0.0, below=1.0)
        if nesterov and not momentum:
            raise ConfigError(
                "`nesterov=True` needs momentum > 0, but momentum = 0.0",
                why="it looks ahead along the momentum",
                try_="SGD(..., momentum=0.9, nesterov=True)",
            )
        self.nesterov = bool(nesterov)
        rule = (_NESTEROV if nesterov else _MOMENTUM) if momentum else _PLAIN
        options = {"momentum": momentum} if momentum else {}
        super().__init__(parameters, learning_rate, rule, options)

    def __repr__(self) -> str:
        return super().__repr__()[:-1] + (", nesterov=True)" if self.nesterov else ")")


class Adam(Optimizer):
    """Steps of about the learning rate for each parameter, whatever the size of its gradient.

    Args:
        parameters: the leaves to move, usually `net.parameters()`.
        learning_rate: the length of a step, > 0.
        beta1: in [0, 1); how much of the mean gradient is kept.
        beta2: in [0, 1); how much of the mean squared gradient is kept.
        epsilon: > 0; keeps the division from 0 / 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), Algorithm 1.

    >>> Adam([Value(1.0)]).rule
    m_correction = 1 / (1 - beta1 ** step)
    v_correction = 1 / (1 - beta2 ** step)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    p = p - rate * (m * m_correction) / (sqrt(v * v_correction) + epsilon)
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate, _ADAM, _adam_options(beta1, beta2, epsilon))


class AdamW(Optimizer):
    """Adam whose parameters also shrink by `rate * weight_decay` of themselves each step.

    Args:
        parameters, learning_rate, beta1, beta2, epsilon: as for Adam.
        weight_decay: >= 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019), Algorithm 2, with
    the decay scaled by the rate as in PyTorch.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        options = _adam_options(beta1, beta2, epsilon)
        options["weight_decay"] = number_in("weight_decay", weight_decay, least=0.0)
        super().__init__(parameters, learning_rate, _ADAMW, options)


class RMSprop(Optimizer):
    """Each gradient divided by the root of its recent mean square.

    Args:
        parameters: the leaves to move, usually `net.parameters()`.
        learning_rate: the length of a step, > 0.
        alpha: in [0, 1); how much of the mean square is kept.
        epsilon: > 0; keeps the division from 0 / 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Source: Tieleman and Hinton, Lecture 6.5, Neural Networks for Machine Learning (2012).
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.01,
        *,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
    ) -> None:
        options = {
            "alpha": number_in("alpha", alpha, least=0.0, below=1.0),
            "epsilon": number_in("epsilon", epsilon, above=0.0),
        }
        super().__init__(parameters, learning_rate, _RMSPROP, options)


class Adagrad(Optimizer):
    """Each gradient divided by the root of the sum of all its squares so far.

    Args:
        parameters: the leaves to move, usually `net.parameters()`.
        learning_rate: the length of a step, > 0.
        epsilon: > 0; keeps the division from 0 / 0.

    Raises:
        ConfigError: when an option is out of its range, or the parameters cannot be moved.

    Source: Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization (2011).
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.01,
        *,
        epsilon: float = 1e-10,
    ) -> None:
        options = {"epsilon": number_in("epsilon", epsilon, above=0.0)}
        super().__init__(parameters, learning_rate, _ADAGRAD, options)


#: The optimisers by the names that `fit` takes.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}


def _adam_options(beta1: float, beta2: float, epsilon: float) -> dict[str, float]:
    return {
        "beta1": number_in("beta1", beta1, least=0.0, below=1.0),
        "beta2": number_in("beta2", beta2, least=0.0, below=1.0),
        "epsilon": number_in("epsilon", epsilon, above=0.0),
    }


def _checked_parameters(parameters: Iterable[Value]) -> list[Value]:
    if hasattr(parameters, "parameters"):
        raise ConfigError(
            f"an optimiser takes a list of Values, not a {type(parameters).__name__}",
            try_="net.parameters()",
        )
    listed = list(parameters)
    if not listed:
        raise ConfigError("an optimiser needs at least one parameter, but the list is empty")
    for i, parameter in enumerate(listed):
        if type(parameter) is not Value:
            raise ConfigError(
                f"parameter {i} is {parameter!r:.60} ({type(parameter).__name__}), not a Value",
                why="only a Value has a gradient",
                try_="Value(number), or net.parameters()",
            )
        if not parameter.is_leaf:
            raise ConfigError(
                f"parameter {i} is computed by `{parameter.op}`: {parameter!r:.80}",
                why="a step assigns numbers, and those of a computed Value come from its inputs",
                try_="the leaves it is computed from, or a new Value(number)",
            )
    if len(set(listed)) < len(listed):
        first: dict[Value, int] = {}
        i, j = next((first[p], j) for j, p in enumerate(listed) if first.setdefault(p, j) != j)
        raise ConfigError(
            f"parameters {i} and {j} are the same Value",
            why="it would be moved twice a step",
            try_="list each shared parameter once",
        )
    return listed
