"""The optimisers: what is done with the gradients.

Each is a formula (see `update_rule.py`) with its options. The formulas are those of the papers, the
defaults those of PyTorch.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError, NoGradient, ShapeError, Untraceable
from jangrad.errors import did_you_mean as meant
from jangrad.tape import write_data
from jangrad.train.bursts import interrupts_held
from jangrad.train.formulas import formula
from jangrad.train.settings import checked_parameters, count, number_in, options_answered
from jangrad.train.update_rule import UpdateRule
from jangrad.watching import refused, tracing

Memory = tuple[Sequence[float], ...]


class Lender(Protocol):
    """Who has an optimiser's memory while machine code makes the steps."""

    steps: int

    def state(self) -> Memory: ...


class Optimizer:
    """What all optimisers share: parameters, a formula, its options, and what it remembers.

    Not for direct use: take SGD, Adam, AdamW, RMSprop or Adagrad. Its rate, options and memory may
    be assigned between steps, also where machine code makes them. One of your own is a subclass
    that hands its `UpdateRule` up; what it does in methods of its own is done by Python alone.

    Args:
        parameters: the leaves to move.
        learning_rate: > 0.
        rule: the formula.
        options: its own numbers, by name.

    Raises:
        ConfigError: when they do not fit each other, or the parameters cannot be moved.

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
        if not isinstance(rule, UpdateRule):
            raise ConfigError(
                f"the rule of `{type(self).__name__}` is {rule!r:.60}, not an UpdateRule",
                try_='UpdateRule("p = p - rate * g", (), ())',
            )
        self._parameters = checked_parameters(parameters)
        self.learning_rate = number_in("learning_rate", learning_rate, above=0.0)
        self.rule = rule
        self.options = dict(options)
        self.check_options()
        #: How many steps were made and what is remembered: one assignment changes both.
        self._made: tuple[int, Memory] = (0, tuple(_zeros(len(self)) for _ in rule.state))
        self._lender: Lender | None = None

    def __len__(self) -> int:
        return len(self._parameters)

    @property
    def parameters(self) -> tuple[Value, ...]:
        """What it moves; assign others, and those that stay are remembered."""
        return self._parameters

    @parameters.setter
    def parameters(self, parameters: Iterable[Value]) -> None:
        listed = checked_parameters(parameters)
        places = {id(p): i for i, p in enumerate(self._parameters)}
        kept = [places.get(id(p)) for p in listed]
        steps, memory = self.steps, self.memory
        moved = (array("d", [0.0 if i is None else m[i] for i in kept]) for m in memory)
        self._parameters, self._made = listed, (steps, tuple(moved))

    @property
    def learning_rate(self) -> float:
        """The rate of a step, >= 0, which may be assigned between steps."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = number_in("learning_rate", rate, least=0.0)

    def __repr__(self) -> str:
        options = {"learning_rate": self.learning_rate, **self.options}
        listed = ", ".join(f"{name}={number!r}" for name, number in options.items())
        count = f"{len(self)} parameter{'s' if len(self) != 1 else ''}"
        return f"{type(self).__name__}({count}, {listed})"

    def __getattr__(self, name: str) -> Any:
        """An option by its name, `optimizer.momentum`."""
        options = vars(self).get("options", {})
        if name not in options:
            raise AttributeError(f"`{type(self).__name__}` has no `{name}`", name=name, obj=self)
        return options[name]

    def __setattr__(self, name: str, value: Any) -> None:
        """An option by its name; one that this optimiser has not is refused, not ignored."""
        if name[0] == "_":  # at each step
            super().__setattr__(name, value)
            return
        options = vars(self).get("options", {})
        if name in options:
            ours = isinstance(self, tuple(OPTIMIZERS.values())) and name in _RANGES
            options[name] = _option(name, value) if ours else value
        elif name in _ANY_OPTION and type(self) in OPTIMIZERS.values():
            raise ConfigError(
                f"`{type(self).__name__}` has no option `{name}` to be assigned",
                why="its rule was chosen when it was made",
                try_="optimizer.learning_rate"
                if name == "lr"
                else meant(name, options)
                if options
                else "an optimiser made with that option",
            )
        if name not in options or name in vars(self):
            super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """All of it, for copies and pickles: what machine code has is taken back."""
        self.take_back()
        return dict(vars(self))

    def step(self, rate: float | None = None) -> None:
        """Move every parameter once, by the gradients it holds; all of them, or none.

        Args:
            rate: the learning rate of this step alone, as a schedule gives it; > 0 or 0.

        Raises:
            NoGradient: when no parameter has a gradient.
        """
        if not any(p.has_grad for p in self._parameters):
            raise NoGradient(
                "`step()` found no gradient in any parameter",
                why="the gradient says where to go, and `zero_grad()` forgets it",
                try_="loss.backward(), then optimizer.step(), then optimizer.zero_grad()",
            )
        if rate is not None:
            rate = number_in("rate", rate, least=0.0)
        self.move([p.data for p in self._parameters], self.gradients(), rate)

    def move(
        self, numbers: Sequence[float], gradients: Sequence[float], rate: float | None = None
    ) -> list[float]:
        """`advance`, and give the parameters what it says; an error or Ctrl-C leaves all as it was.

        Args:
            numbers: those of the parameters now.
            gradients, rate: as for `advance`.

        Raises:
            ShapeError: when `advance` gives another count of numbers.
        """
        self.take_back()
        made, new = self._made, array("d")
        try:
            new = array("d", self.advance(numbers, gradients, rate))
            if len(new) != len(self):
                raise ShapeError(f"`advance` gave {len(new)} numbers for {len(self)} parameters")
            write_data(self._parameters, new)
        except BaseException:
            with interrupts_held():  # which strike also when all is done
                now = array("d", [p.data for p in self._parameters])
                if now.tobytes() != new.tobytes():
                    write_data(self._parameters, array("d", numbers))
                    self._made = made
            raise
        return new.tolist()

    def gradients(self) -> list[float]:
        """The gradients the parameters hold, in order; 0.0 where there is none."""
        return [p.grad for p in self._parameters]

    def advance(
        self, numbers: Sequence[float], gradients: Sequence[float], rate: float | None = None
    ) -> list[float]:
        """The parameters' numbers after a step; the memory moves on, the parameters do not.

        Args:
            numbers, gradients: one of each parameter, in their order.
            rate: of this step, >= 0; `learning_rate` when left out.

        Raises:
            ConfigError: when the options are not those of the rule.
        """
        self.check_options()
        self.take_back()
        made, memory = self._made
        rate = self.learning_rate if rate is None else rate
        new, memory = self.rule.on_floats(
            *(numbers, gradients, memory, rate, float(made + 1), self.options)
        )
        self._made = made + 1, memory
        return new

    def zero_grad(self) -> None:
        """Forget every gradient, so that the next `backward()` does not add to it."""
        for parameter in self._parameters:
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
        if not isinstance(state, Mapping):
            raise DataError(
                f"the state is {state!r:.60}, no dict of what an optimiser remembers",
                try_="what `optimizer.state()` gave",
            )
        expected = {"optimizer", "steps", *self.rule.state}
        if state.get("optimizer") != type(self).__name__ or set(state) != expected:
            raise DataError(
                f"the state holds {', '.join(map(repr, state))} of"
                f" `{state.get('optimizer')}`, but `{type(self).__name__}` needs"
                f" {', '.join(map(repr, ['optimizer', 'steps', *self.rule.state]))}",
                why="each optimiser remembers other things",
                try_="an optimiser made with the same options as the one that was saved",
            )
        memory = self._checked_memory([state[name] for name in self.rule.state], "the state's")
        steps = count("steps", state["steps"], least=0)
        self.take_back()
        self._made = steps, memory

    # -- steps that are made elsewhere ------------------------------------------------------------

    @property
    def steps(self) -> int:
        """How many updates were made."""
        _check_read("steps")
        return self._made[0] if self._lender is None else self._lender.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self.take_back()
        self._made = count("steps", steps, least=0), self._made[1]

    @property
    def memory(self) -> Memory:
        """What it remembers: for each name in `rule.state` a number a parameter."""
        _check_read("memory")
        self.take_back()
        return self._made[1]

    @memory.setter
    def memory(self, memory: Memory) -> None:
        checked = self._checked_memory(memory, "the memory's")
        self.take_back()
        self._made = self._made[0], checked

    def lend(self, lender: Lender) -> None:
        """Machine code makes the steps from now on: whom to ask what has come of them."""
        self._lender = lender

    def take_back(self) -> None:
        """Ask for steps and memory now, so that nothing depends on the one who has them."""
        if self._lender is not None:
            self._made = self._lender.steps, self._lender.state()
            self._lender = None

    def is_lent_to(self, lender: Lender) -> bool:
        """Whether nothing has happened since `lend` was called with the same one."""
        return self._lender is lender

    @property
    def by_hand(self) -> str:
        """The first of its parts that is a user's own, which only Python can do; "" if none is."""
        kind = type(self)
        for name in _PARTS:
            if getattr(kind, name) is not getattr(Optimizer, name) or name in vars(self):
                return name
        own = (
            name for name in ("rule", "options") if hasattr(getattr(kind, name, None), "__get__")
        )
        return next(own, "" if type(self.rule) is UpdateRule else "rule")

    def check_options(self) -> None:
        """That the options are those of the rule.

        Raises:
            ConfigError: when one is missing, or one would be ignored.
        """
        if len(self.options) != len(self.rule.options):
            known = self.rule.options
            name = next(n for n in (*self.options, *known) if (n in known) != (n in self.options))
            raise ConfigError(
                f"`{type(self).__name__}` has the option `{name}`, which its rule does not use"
                if name in self.options
                else f"`{type(self).__name__}` lacks the option `{name}` that its rule uses",
                why="its rule was chosen when it was made",
                try_=meant(name, known) if known else "an optimiser made with that option",
            )

    def _checked_memory(self, memory: Sequence[Iterable[float]], whose: str) -> Memory:
        """What is to be remembered, as arrays of floats."""
        names = self.rule.state
        try:
            columns = tuple(array("d", map(float, column)) for column in memory)
        except (TypeError, ValueError):
            raise DataError(
                f"{whose} lists are {list(memory)!r:.60}, which are not all lists of numbers",
                try_="what `optimizer.state()` gave",
            ) from None
        if len(columns) != len(names):
            raise ShapeError(
                f"{whose} {len(columns)} lists are not those of {', '.join(names) or 'nothing'}",
                why="there is one for each name of the rule's state",
            )
        for name, column in zip(names, columns, strict=True):
            if len(column) != len(self):
                raise ShapeError(
                    f"{whose} `{name}` has {len(column)} numbers for {len(self)} parameters",
                    why="each parameter has its own",
                )
        return columns


#: The parts of an optimiser that machine code does in its stead.
_PARTS = (
    *("step", "move", "advance", "gradients", "zero_grad", "parameters", "learning_rate", "memory"),
    *("steps", "lend", "take_back", "is_lent_to", "__len__", "__getattribute__"),
)


def _check_read(name: str) -> None:
    """That this is not read where many steps are made without Python."""
    if tracing():
        raise refused(
            Untraceable.reading(
                f"optimizer.{name}",
                "the number as an argument; in `fit`, a variable that a callback changes",
            )
        )


def _zeros(count: int) -> array[float]:
    return array("d", bytes(8 * count))


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

    @options_answered
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.001,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        momentum = _option("momentum", momentum)
        if nesterov and not momentum:
            raise ConfigError(
                "`nesterov=True` needs momentum > 0, but momentum = 0.0",
                why="it looks ahead along the momentum",
                try_="SGD(..., momentum=0.9, nesterov=True)",
            )
        rule = formula(("nesterov" if nesterov else "momentum") if momentum else "plain")
        options = {"momentum": momentum} if momentum else {}
        super().__init__(parameters, learning_rate, rule, options)

    @property
    def nesterov(self) -> bool:
        """Whether it looks ahead along the momentum."""
        return self.rule == formula("nesterov")

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

    @options_answered
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        options = _adam_options(beta1, beta2, epsilon)
        super().__init__(parameters, learning_rate, formula("adam"), options)


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

    @options_answered
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
        options["weight_decay"] = _option("weight_decay", weight_decay)
        super().__init__(parameters, learning_rate, formula("adamw"), options)


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

    @options_answered
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.01,
        *,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
    ) -> None:
        options = {"alpha": _option("alpha", alpha), "epsilon": _option("epsilon", epsilon)}
        super().__init__(parameters, learning_rate, formula("rmsprop"), options)


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

    @options_answered
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float = 0.01,
        *,
        epsilon: float = 1e-10,
    ) -> None:
        options = {"epsilon": _option("epsilon", epsilon)}
        super().__init__(parameters, learning_rate, formula("adagrad"), options)


#: The optimisers by the names that `fit` takes.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}

#: Where the options of these lie, when they are made and when they are assigned.
_RANGES: dict[str, dict[str, float]] = {
    **{name: {"least": 0.0, "below": 1.0} for name in ("momentum", "beta1", "beta2", "alpha")},
    "epsilon": {"above": 0.0},
    "weight_decay": {"least": 0.0},
}

#: What options are called, here and elsewhere.
_ANY_OPTION = frozenset({*_RANGES, "nesterov", "lr", "betas", "eps"})


def _option(name: str, number: float) -> float:
    return number_in(name, number, **_RANGES[name])


def _adam_options(beta1: float, beta2: float, epsilon: float) -> dict[str, float]:
    given = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    return {name: _option(name, number) for name, number in given.items()}
