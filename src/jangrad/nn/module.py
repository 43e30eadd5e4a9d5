"""What every network is made of: an object that knows its own parameters.

There is nothing to register: whatever Values an object holds, directly or in lists and parts, are
its parameters.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from reprlib import recursive_repr
from typing import Any

from jangrad import graph
from jangrad.engine import Value
from jangrad.errors import ConfigError, NameNotFound, ShapeError, did_you_mean
from jangrad.foreign import Elsewhere
from jangrad.nn.number_lists import number
from jangrad.nn.predictions import predict

_SHOWN = 3  # how many names an error spells out
_FEW = 8  # how many missing names are still worth offering for an unexpected one
_HOLD_NOTHING = {float, int, bool, str, type(None)}


class Module:
    """A part of a network, or a whole one; subclass it and write `__init__` and `__call__`.

    Its parameters are found by themselves: leaf Values among its attributes, in lists, tuples,
    deques, dicts and object arrays of them, and in the Modules it holds, in the order of
    definition; a set of them is refused, for it has no order. Other objects are not looked into.
    Attributes whose name starts with an underscore are left alone: a place for constants.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...
    ...     def __call__(self, xs):
    ...         return [self.slope * xs[0] + self.offset]
    >>> line = Line()
    >>> line
    Line(2 parameters)
    >>> line.state()
    {'slope': 2.0, 'offset': 1.0}
    >>> line.predict([[1.0], [2.0]])
    [[3.0], [5.0]]
    """

    train = Elsewhere("train", "nothing: no part of a network is another while it learns")
    eval = Elsewhere("eval", "nothing: no part of a network is another while it learns")
    forward = Elsewhere("forward", "net(row)")
    state_dict = Elsewhere("state_dict", "net.state()")
    load_state_dict = Elsewhere("load_state_dict", "net.load_state(state)")
    zero_grads = Elsewhere("zero_grads", "net.zero_grad()")
    fit = Elsewhere("fit", "jangrad.fit(net, X, y)")
    save = Elsewhere("save", 'jangrad.save_model("net.safetensors", net)')
    backward = Elsewhere("backward", "loss.backward(), of a Value that net(row) leads to")

    def __call__(self, xs: Any, /) -> Any:
        """The outputs for one row of inputs.

        Raises:
            NotImplementedError: in a subclass that does not say what it computes.
        """
        raise NotImplementedError(
            f"`{type(self).__name__}` does not say what it computes: write its method `__call__`"
        )

    def named_parameters(self) -> dict[str, Value]:
        """Each parameter under its name, `layers.0.neurons.1.weights.2` for example.

        A parameter that is used in several places is named once, after the first.

        Raises:
            ConfigError: when two parameters would have one name, as with the keys `1` and `"1"`.
        """
        found: dict[str, Value] = {}
        seen: set[int] = set()  # ids, for a subclass may say that Values of one number are equal
        for prefix, values in _walk(self):
            for key, value in values:
                if id(value) in seen or not value.is_leaf:
                    continue
                seen.add(id(value))
                name = f"{prefix}{key}"
                if name in found:
                    raise ConfigError(
                        f"two parameters of `{type(self).__name__}` are named `{name}`",
                        why="a saved network finds each number by its name",
                        try_="keys that differ as text and hold no dots",
                    )
                found[name] = value
        return found

    def parameters(self) -> list[Value]:
        """The parameters, each once, in the order of `named_parameters`."""
        found: list[Value] = []
        _gather(self, found, {})
        return _leaves(found, alone=graph.are_leaves(found, Value))

    def show(
        self, row: Any = None, *, inputs: Any = None, classes: Any = None, rows: Any = None
    ) -> Any:
        """The picture of the network; with a row, what each neuron gives for it.

        Args:
            row: the inputs to show it for; as many as it takes.
            inputs: what the inputs are called, a list.
            classes: what the outputs are called; of one output that tells two classes apart both.
            rows: data to judge units by: dead ones are marked, and saturated ones.

        Returns:
            A picture that a notebook draws, with `svg()` and `save("net.svg")`.

        Raises:
            ConfigError: when the module has no layers of neurons.
            DataError: when `rows` holds none.
            ShapeError: when a row does not fit it, or there are not as many names.

        >>> from jangrad.nn import MLP
        >>> net = MLP(2, [3, 1], seed=0)
        >>> picture = net.show(inputs=["height", "weight"], classes=["no", "yes"])
        >>> [column.units[0].beside for column in picture.columns]
        ['height', '', 'low: no, high: yes']
        """
        from jangrad.show.network import NetworkPicture

        return NetworkPicture(self, row, inputs=inputs, classes=classes, rows=rows)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows of a network alone: its picture, where it has layers of neurons."""
        try:
            bundle: dict[str, str] = self.show()._repr_mimebundle_()
        except (ConfigError, ShapeError):
            bundle = {}
        return {**bundle, "text/plain": repr(self)}

    def compare(self, row_a: Any, row_b: Any, *, output: int | None = None) -> Any:
        """What the network does differently for two rows: the units by what they change.

        Args:
            row_a, row_b: two rows of as many numbers as the network takes.
            output: which output is asked about; left out, the one that differs most.

        Returns:
            A `Comparison`: text, a table `rows` with the largest differences first, the `first`
            unit that switches, and a picture, `plot()`.

        Raises:
            ConfigError: when the module has no layers of neurons, or no such output.
            ShapeError: when a row does not fit it.

        >>> from jangrad.nn import MLP
        >>> net = MLP(2, [3, 1], seed=0)
        >>> found = net.compare([1.0, 2.0], [1.0, -2.0])
        >>> found.first.name, found.first.a, round(found.first.b, 3)
        ('net[0][0]', 0.0, 3.735)
        """
        from jangrad.show.comparing import compare

        return compare(self, row_a, row_b, output)

    def play(
        self,
        X: Any,
        y: Any,
        path: str | os.PathLike[str] | None = "playground.html",
        *,
        names: Sequence[str] | None = None,
        title: str = "Playground",
        text: str = "",
        show: Sequence[str] | None = None,
        open_page: bool = True,
    ) -> Any:
        """Write and open a page in which the network learns and can be changed while it does.

        The page is one file, which needs no server and asks for nothing; this network stays as it
        is. An MLP can be taken apart there, the layers of other modules stay as they are. See
        `docs/playground.md`.

        Args:
            X: rows of inputs, at most 1,000.
            y: a target a row: two numbers, -1 and 1 or 0 and 1; classes from 0; or amounts.
            path: the page's file, which may replace a page; None to write and open none: the page
                is given back as HTML text, which a notebook opens.
            names: of the inputs.
            title: of the page.
            text: a task for who opens it, in paragraphs.
            show: the controls that are there: `"data"`, `"layers"`, `"activation"`, `"rate"`,
                `"optimizer"`, `"loss"`, `"batch"`, `"penalty"`, `"seed"`, `"speed"`, `"rates"`,
                `"python"`, `"museum"`; all of them when left out.
            open_page: whether it is opened in a browser.

        Returns:
            The path, or the page where there is none.

        Raises:
            ConfigError: when there is no such control, or nothing to learn.
            Untraceable: when a module of your own reads a number, as `jit` says.
            DataError, ShapeError: when the rows cannot be used, or do not fit the network.
            SaveError: when the page cannot be written.

        >>> import tempfile
        >>> from jangrad import MLP, datasets
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     place = f"{folder}/moons.html"
        ...     page = MLP(2, [4, 1], "tanh").play(*datasets.moons(), place, open_page=False)
        ...     page.name, page.stat().st_size < 150_000
        ('moons.html', True)
        """
        # The room is above this one, so it is found by its name, and only when it is asked for.
        opening = import_module("jangrad.play.opening")
        rows = opening.rows_for(self, X, y, names)
        page = opening.page_of(rows, self, title=title, text=text, show=show, held=0)
        if path is None:
            from jangrad.show.notebook import HtmlText

            return HtmlText(page)
        place = opening.write_page(path, page)
        if open_page:
            opening.opened(place)
        return place

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters; they count as not computed."""
        for value in self.parameters():
            value.zero_grad()

    def state(self) -> dict[str, float]:
        """All parameters as plain numbers by name, for `load_state`, JSON or a file."""
        return {name: value.data for name, value in self.named_parameters().items()}

    def load_state(self, state: Mapping[str, float]) -> None:
        """Set every parameter to the number of its name; all of them or, on an error, none.

        Args:
            state: a number for each of `named_parameters()`, nan and inf included.

        Raises:
            NameNotFound: when a parameter is missing, or a name is not one of them.
            NotANumber: when something in it is not a number.
        """
        parameters = self.named_parameters()
        missing = [name for name in parameters if name not in state]
        unexpected = [name for name in state if name not in parameters]
        if missing or unexpected:
            faults = [
                f"{_listed(names)} {'is' if len(names) == 1 else 'are'} {fault}"
                for names, fault in ((missing, "missing"), (unexpected, "unexpected"))
                if names
            ]
            raise NameNotFound(
                f"the state does not fit {self!r}: {'; '.join(faults)}",
                why="every parameter gets the number of its own name",
                try_=f"for `{unexpected[0]}`: {did_you_mean(str(unexpected[0]), missing)}"
                if unexpected and 0 < len(missing) <= _FEW
                else "a state from a network of the same build",
            )
        numbers = {name: number(state[name], f"state[{name!r}]") for name in parameters}
        for name, value in parameters.items():
            new = numbers[name]
            value.data = new.data if isinstance(new, Value) else new

    def predict(self, rows: Any) -> Any:
        """The outputs for each row, as plain numbers.

        It runs as machine code where that is done sooner, with the same numbers up to rounding;
        what cannot be compiled, and a network that draws, counts or prints, Python computes.

        Args:
            rows: a list or an array of rows of numbers, or one row. The network is called with a
                list of each row's numbers.

        Returns:
            Of lists one list of numbers a row, for one row too a list with one list in it; of an
            array or a table an array of shape (rows, outputs).

        Raises:
            ShapeError: when a row has not as many numbers as the network has inputs.
            NotANumber: when something in a row is not a number.
            NonFinite: in `strict()`, with the row and the line that computes nan or inf.
        """
        return predict(self, rows)

    @recursive_repr("...")
    def __repr__(self) -> str:
        total = _count(len(self.parameters()), "parameter")
        lines = [f"{type(self).__name__}({total})"]
        for name, part in _parts(self):
            lines.append(f"{name}: {part!r}")
        return "\n".join(lines).replace("\n", "\n  ")


def _items(holder: Any) -> Iterable[tuple[str | int, Any]]:
    """What something holds by name: attributes of a Module, items of a list or a dict.

    Raises:
        ConfigError: when it is a set of Values, whose order is another in each process.
    """
    if isinstance(holder, Module):
        kind: Any = type(holder)
        held: Iterable[tuple[str, Any]] = vars(holder).items()
        if names := slots(kind):
            held = [*((n, getattr(holder, n)) for n in names if hasattr(holder, n)), *held]
        return [(n, x) for n, x in held if not n.startswith("_")]
    if isinstance(holder, dict):
        return [(str(key), x) for key, x in holder.items()]
    if isinstance(holder, (set, frozenset)):
        if any(isinstance(x, (Value, Module)) for x in holder):
            raise ConfigError(
                f"a Module holds a {type(holder).__name__} of {len(holder)} parameters",
                why="a set has no order, so what learns would be in another one in each process",
                try_="a list of them",
            )
        return ()
    if not isinstance(holder, (list, tuple, deque)):
        of_objects = getattr(getattr(holder, "dtype", None), "kind", "") == "O"
        holder = holder.tolist() if of_objects else ()
    return enumerate(holder) if isinstance(holder, (list, tuple, deque)) else ()


@cache
def slots(kind: type) -> list[str]:
    """The names of the `__slots__` of a class and of those it derives from, these first."""
    found = [cls.__dict__.get("__slots__", ()) for cls in reversed(kind.__mro__)]
    names = [n for slots in found for n in ([slots] if isinstance(slots, str) else slots)]
    return [n for n in names if not n.startswith("__")]


def _walk(
    holder: Any, prefix: str = "", seen: dict[int, Any] | None = None
) -> Iterator[tuple[str, list[tuple[str | int, Value]]]]:
    """The Values below in order: the name of what holds some, with a dot; their names there, they.

    Args:
        holder: where to look.
        prefix: its own name.
        seen: the holders that were looked into already, by `id`, for they may hold each other. It
            keeps them: the rows of an array are lists made here, and what is freed gives its `id`
            to the next.
    """
    seen = {} if seen is None else seen
    seen[id(holder)] = holder
    values: list[tuple[str | int, Value]] = []
    for name, item in _items(holder):
        if isinstance(item, Value):
            values.append((name, item))
        elif id(item) not in seen:
            yield prefix, values
            values = []
            yield from _walk(item, f"{prefix}{name}.", seen)
    yield prefix, values


def _leaves(values: list[Value], *, alone: bool) -> list[Value]:
    """Those of these Values that are leaves, each once; `alone` where all are known to be."""
    if not alone:
        values = [value for value in values if value.is_leaf]
    return values if graph.are_distinct(values) else list({id(v): v for v in values}.values())


def gathered(net: Any) -> tuple[list[Value], list[str], bool]:
    """The parameters of a network, and what stands among those of a Module and does not learn.

    That is a number in a list of Values, which has taken the place of one perhaps; and a Value that
    is computed from numbers which are no parameters, such as `Value(x) * scale`.

    Returns:
        The parameters; the others in words; whether the parameters are known to be leaves, each
        once.

    >>> line = type("Line", (Module,), {})()
    >>> line.weights = [Value(1.0), 2.0]
    >>> print(*gathered(line)[1])
    `weights[1]` does not learn: it is the number 2.0
      try: weights[1].data = 2.0, of the old Value
    """
    if not isinstance(net, Module):
        return list(net.parameters()), [], False
    values: list[Value] = []
    beside = _gather(net, values, {})
    alone = graph.are_leaves(values, Value)
    strays = _strays(net) if beside or not alone else []
    if type(net).parameters is not Module.parameters or "parameters" in vars(net):
        return list(net.parameters()), strays, False
    return _leaves(values, alone=alone), strays, True


def _strays(net: Module) -> list[str]:
    found: list[str] = []
    for holder, path in _holders(net, "", {}):
        items = list(_items(holder))
        beside = not isinstance(holder, Module) and any(isinstance(x, Value) for _, x in items)
        for key, x in items:
            name, said = _reached(path, key), ""
            if isinstance(x, Value) and not x.is_leaf:
                if set(net.parameters()).isdisjoint(graph.ordered(x)):
                    said = (
                        "it is computed, from no parameter\n  try: Value(number), computed before"
                    )
            elif beside and type(x) in (int, float):
                said = f"it is the number {x!r}\n  try: {name}.data = {x!r}, of the old Value"
            found += [f"`{name}` does not learn: {said}"] if said else []
    return found


def _holds_values_alone(holder: Any) -> bool:
    return type(holder) is list and {*map(type, holder)} == {Value}


def _reached(path: str, key: str | int) -> str:
    """How Python reaches what is held by something that it reaches by the path."""
    return f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")


def _holders(holder: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[Any, str]]:
    """What is looked into for Values, with how Python reaches it."""
    seen[id(holder)] = holder
    yield holder, path
    for key, item in () if _holds_values_alone(holder) else _items(holder):
        if not isinstance(item, Value) and type(item) not in _HOLD_NOTHING and id(item) not in seen:
            yield from _holders(item, _reached(path, key), seen)


def inside(net: Module) -> Iterator[tuple[str, Any, list[tuple[str, Any]]]]:
    """All in a network that may hold parameters, itself the first.

    Yields:
        How Python reaches it; it; and what it holds, each with how Python reaches that.

    >>> from jangrad import MLP
    >>> [path for path, part, _ in inside(MLP(1, [1])) if isinstance(part, Module)]
    ['', 'layers[0]', 'layers[0].neurons[0]']
    """
    for holder, path in _holders(net, "", {}):
        yield path, holder, [(_reached(path, key), item) for key, item in _items(holder)]


def _gather(holder: Any, found: list[Value], seen: dict[int, Any]) -> bool:
    """The Values of `_walk` without their names, for those who ask for them at each step.

    Returns:
        Whether a number stands beside some of them, in a list or a dict.
    """
    seen[id(holder)] = holder
    if _holds_values_alone(holder):
        found += holder
        return False
    beside, kinds = False, set()
    for _, item in _items(holder):
        kind = type(item)
        kinds.add(kind)
        if kind is Value or isinstance(item, Value):
            found.append(item)
            kinds.add(Value)
        elif kind not in _HOLD_NOTHING and id(item) not in seen:
            beside |= _gather(item, found, seen)
    if Value in kinds and not isinstance(holder, Module):
        beside |= not kinds.isdisjoint((int, float))
    return beside


def _parts(holder: Any, prefix: str = "") -> Iterator[tuple[str, Module]]:
    """The Modules held, directly or in lists and dicts, by name."""
    for name, item in _items(holder):
        if isinstance(item, Module):
            yield f"{prefix}{name}", item
        elif not isinstance(item, Value):
            yield from _parts(item, f"{prefix}{name}.")


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
