"""`watch`: what goes wrong in a training loop of the user's own, noticed at its backward passes."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from jangrad import graph
from jangrad.engine import Value
from jangrad.errors import NoGradient, StaleGraph, printable, user_line
from jangrad.nn.module import Module
from jangrad.train.resolve import Network, checked_network
from jangrad.watching import SweepWatching

_NAMED = 4  # parameters that are named in a message


class Noticed(NamedTuple):
    """Something wrong in a loop.

    Attributes:
        kind: `"gradients add up"`, `"nothing moved"`, `"detached loss"`, `"not finite"`,
            `"stale graph"`, `"no gradient"`, or `"never reached"`.
        pass_: at which backward pass, counted from 1; 0 for what is told at the end.
        text: what it is, where, why, and what to try.
    """

    kind: str
    pass_: int
    text: str


def _first_line(one: Noticed) -> str:
    return one.text.partition("\n")[0]


class LoopWatch(SweepWatching):
    """What `watch` gives: a context, and what was noticed in it.

    Attributes:
        noticed: what went wrong, each kind once.
        passes: how many backward passes there were.
    """

    def __init__(self, net: Network) -> None:
        super().__init__()
        checked_network(net)
        self._net = net
        self._parameters: list[Value] = list(net.parameters())
        self.noticed: list[Noticed] = []
        self.passes = 0
        self._begun: list[float] = []  # numbers of the parameters when the context was entered
        self._before: list[float] = []  # and at the last backward pass
        self._root: Value | None = None
        self._same = False  # whether the pass that runs is from the root of the last one
        self._reached: set[int] = set()  # places of parameters behind a root
        self._moved_by: set[int] = set()  # of those with a gradient that was not 0

    def __enter__(self) -> LoopWatch:  # type: ignore[override]
        self._begun = [p.data for p in self._parameters]
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        error = raised[1] if raised else None
        self._root = None
        if isinstance(error, StaleGraph):
            self._tell_stale(error)
        elif isinstance(error, NoGradient):
            for one in self.noticed:
                error.add_note(f"  watch: in backward() number {one.pass_}: {_first_line(one)}")
        elif error is None:
            self._tell_at_the_end()

    def __str__(self) -> str:
        passes = f"{self.passes} backward pass{'es' * (self.passes != 1)}"
        if not self.noticed:
            return f"{passes}, and nothing went wrong"
        return "\n".join([f"{passes}:", *(one.text for one in self.noticed)])

    def __repr__(self) -> str:
        return str(self)

    # -- at each backward pass --------------------------------------------------------------------

    def sweeping(self, root: Value) -> None:
        """Look at gradients and numbers of the parameters, before a pass."""
        self.passes += 1
        self._same, self._root = root is self._root, root
        behind = set(map(id, graph.ordered(root)))
        mine = {i for i, p in enumerate(self._parameters) if id(p) in behind}
        self._reached |= mine
        if not mine:
            self._notice(
                "detached loss",
                f"backward() number {self.passes} is of a Value that no parameter leads to",
                "it was computed from plain numbers: detach(), .data, float() or predict() cut it"
                " off; or from another network",
                "net(row) all the way to the loss; tree.why(parameter) says where it is cut",
            )
        now = [p.data for p in self._parameters]
        if self.passes > 1 and mine:
            kept = [p.has_grad for p in self._parameters]
            moved = now != self._before
            if moved and any(kept) and not self._same:  # which is stale
                self._notice(
                    "gradients add up",
                    f"backward() number {self.passes} adds to the gradients of the pass before,"
                    " though the weights were moved by them already",
                    "gradients add up over calls until zero_grad()",
                    "net.zero_grad() or optimizer.zero_grad() in each turn, before backward()",
                )
            elif not moved and not any(kept):
                self._notice(
                    "nothing moved",
                    f"no weight has moved between backward() number {self.passes - 1} and"
                    f" {self.passes}, and their gradients were forgotten",
                    "the update came after zero_grad(), when all gradients are 0; or there is none",
                    "loss.backward(), then the update, then zero_grad()",
                )
        self._before = now

    def swept(self, root: Value) -> None:
        """Look at the gradients that a pass has made."""
        wrong = []
        for i, p in enumerate(self._parameters):
            if p.grad:
                self._moved_by.add(i)
                if not math.isfinite(p.grad):
                    wrong.append(i)
        if wrong or not math.isfinite(root.data):
            from jangrad.show import derive
            from jangrad.show.origins import origins

            what = f"the loss is {root.data:g}"
            if wrong:
                what = f"the gradient of {self._names(wrong)} is no finite number"
            texts = [origin.text for origin in origins(derive(root, self._named()))]
            self._notice(
                "not finite",
                f"after backward() number {self.passes} {what}",
                "; ".join(texts[:2]),
                "with jangrad.strict() it raises at that operation; a smaller rate",
            )

    # -- at the end -------------------------------------------------------------------------------

    def _tell_stale(self, error: StaleGraph) -> None:
        text = (
            "the loss was computed once, and backward() is called of it again after an update:"
            " compute it anew in each turn"
            if self._same
            else "the update comes between the loss and its backward(): first backward(), then move"
        )
        self.noticed.append(Noticed("stale graph", self.passes, text))
        error.add_note(f"  watch: in backward() number {self.passes}: {text}")

    def _tell_at_the_end(self) -> None:
        if self.passes == 0:
            if [p.data for p in self._parameters] == self._begun:
                self._notice(
                    "no gradient",
                    "backward() was never called in this loop, and no weight has moved",
                    "without a gradient nothing can be learned",
                    "loss.backward()",
                    at_end=True,
                )
            return
        every = range(len(self._parameters))
        never = [i for i in every if i not in self._reached]
        if never and self._reached:
            self._notice(
                "never reached",
                f"no loss was computed from {self._names(never)}",
                "a number that the loss does not use has no gradient",
                "use it, or leave it out of the network",
                at_end=True,
            )
        still = [i for i in every if i in self._reached and i not in self._moved_by]
        if still and self.passes > 1:
            self._notice(
                "never reached",
                f"the gradient of {self._names(still)} was 0 in all {self.passes} backward passes",
                "something between it and the loss hands nothing on, such as a shut relu",
                "loss.backtrack().why(parameter), which names the operation",
                at_end=True,
            )

    # -- words ------------------------------------------------------------------------------------

    def _notice(self, kind: str, what: str, why: str, try_: str, *, at_end: bool = False) -> None:
        """Warn, the first time."""
        if any(one.kind == kind and not at_end for one in self.noticed):
            return
        parts = (("where", "" if at_end else user_line()), ("why", why), ("try", try_))
        lines = [what, *(f"  {name}: {text}" for name, text in parts if text)]
        text = printable("\n".join(lines))
        self.noticed.append(Noticed(kind, 0 if at_end else self.passes, text))
        warnings.warn(text, RuntimeWarning, stacklevel=_depth())

    def _named(self) -> dict[Value, str]:
        if not isinstance(self._net, Module):
            return {}
        return {p: name for name, p in self._net.named_parameters().items()}

    def _names(self, places: Sequence[int]) -> str:
        named = self._named()
        shown = [
            f"`{named.get(self._parameters[i], f'parameters()[{i}]')}`" for i in places[:_NAMED]
        ]
        if len(places) > _NAMED:
            shown.append(f"{len(places) - _NAMED} more")
        return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def watch(net: Network) -> LoopWatch:
    """Inside `with jangrad.watch(net):` a training loop of your own is watched for its mistakes.

    Each is a RuntimeWarning when it happens first, with the line: gradients that add up because
    `zero_grad()` was forgotten; an update that came after it, or none; a loss that no parameter
    leads to; a nan or inf, with the operation that made it; and at the end parameters that no
    gradient has ever reached. A StaleGraph is told with what was in the wrong order. It holds in
    its own thread, and costs nothing outside.

    Args:
        net: anything with `parameters()`.

    Returns:
        The context; `as seen` it has what was `noticed`, and says it: `print(seen)`.

    Raises:
        ConfigError: when it is no network.

    >>> import warnings
    >>> from jangrad.nn import Neuron, squared_error
    >>> line = Neuron(1, "linear", seed=0)
    >>> with warnings.catch_warnings(record=True, action="always"), watch(line) as seen:
    ...     for _ in range(3):
    ...         squared_error([line([1.0]), line([2.0])], [2.0, 3.0]).backward()
    ...         for p in line.parameters():
    ...             p.data -= 0.1 * p.grad
    >>> [(one.kind, one.pass_) for one in seen.noticed]
    [('gradients add up', 2)]
    """
    return LoopWatch(net)


def _depth() -> int:
    """How many frames up the user's code is."""
    frame, depth = sys._getframe(1), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("jangrad."):
        frame, depth = frame.f_back, depth + 1  # type: ignore[assignment]
    return depth
