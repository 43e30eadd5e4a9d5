"""What `backtrack()` returns: the tree behind a Value, which prints, explains and saves itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad import graph
from jangrad.engine import Value, as_float
from jangrad.errors import ConfigError, NameNotFound, StaleGraph, did_you_mean, printable
from jangrad.forks import once
from jangrad.show import formula, latex, letters, mistakes, notebook, saving, text_tree, words
from jangrad.show.derivation import Derivation, Node, derive
from jangrad.show.names import Scope, activations_of, names_of, visible_variables
from jangrad.show.pictures_of_tree import OPTIONS, Named, Pictured
from jangrad.show.symbols import from_latex
from jangrad.show.themes import Theme

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from jangrad.show.by_row import RowParts
    from jangrad.show.curve import Curve
    from jangrad.show.paths import Paths
    from jangrad.show.what_if import WhatIf
    from jangrad.show.why import Reason

_PLAIN_WIDTH = 100


class Tree(Pictured):
    """The operations behind a Value, with every number and every gradient.

    `print(tree)` shows it; `tree["a"].grad` asks it; `tree.explain("a")` says why. Once it was
    looked at its numbers stay what they are, whatever is computed or assigned afterwards.

    Raises:
        StaleGraph: at the first look, when a leaf was assigned after something was made of it.

    Args:
        root: the Value to be shown.
        names: what Values without a label are called.

    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * a
    >>> d = a * b
    >>> e = c + d
    >>> tree = Tree(e, {a: "a", b: "b", c: "c", d: "d", e: "e"})
    >>> print(tree)
                   value  gradient
    e = c + d         10         1
    ├── c = a * a      4         1
    │   └── a          2         7   used 2 times here
    └── d = a * b      6         1
        ├── a          2         7
        └── b          3         2
    >>> tree["a"].grad
    7.0
    >>> print(tree.explain("b"))
    b = 3, a number that was given
    It is used in d = a * b.
    de/db = de/dd * ∂d/∂b = 1 * a = 2
    When b grows by a little, e grows by 2 times as much.
    """

    def __init__(self, root: Value, names: Mapping[Value, str] | None = None) -> None:
        self.root = root
        self._names = names
        self._activations: Mapping[str, str] = {}
        self._scope: Scope = []

    @classmethod
    def here(cls, root: Value) -> Tree:
        """The tree of a root, its parts named after the variables at the user's line."""
        tree = cls(root)
        tree._scope = visible_variables()
        return tree

    def _find_names(self) -> None:
        """Ask the user's variables, once: they need not live as long as the tree."""
        if self._names is None:
            self._names, self._activations = names_of(self._scope), activations_of(self._scope)
        self._scope = []

    def __getstate__(self) -> dict[str, Any]:
        """The graph and its names, for copies and pickles, which are looked at anew."""
        self._find_names()
        assert self._names is not None
        behind = graph.ordered(self.root)
        names = {value: self._names[value] for value in behind if value in self._names}
        return {**vars(Tree(self.root, names)), "_activations": self._activations}

    @once
    def derivation(self) -> Derivation:
        """All of it as data: nodes in order, with formulas, partials and contributions."""
        self._find_names()
        try:
            return derive(self.root, self._names, self._activations)
        except StaleGraph as error:
            raise StaleGraph(
                error.what,
                why="a tree is drawn at the first look: old and new numbers would mix in it",
                try_="print(tree) or tree.nodes before the numbers change; or the expression again",
            ) from None

    # -- asking -----------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[Node]:
        """Every Value behind the root, once, inputs before what uses them."""
        return self.derivation.nodes

    def __len__(self) -> int:
        return len(self.derivation)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.derivation)

    def __contains__(self, key: str | Value | Node) -> bool:
        """Whether there is a node of that name, or of that Value; or that node itself."""
        if isinstance(key, Value):
            return id(key) in self._by_value
        return _shown(key) in self._by_name if isinstance(key, str) else key in self.nodes

    def __getitem__(self, key: str | Value) -> Node:
        """The node of a name, or of a Value.

        Raises:
            NameNotFound: when no node has that name, or several have it, or the Value is not
                behind the root.
        """
        if isinstance(key, Value):
            found = self._by_value.get(id(key))
            if found is None:
                raise NameNotFound(
                    f"{key!r} is not behind this root",
                    why="the tree holds what the root was computed from",
                )
            return found
        nodes = self._by_name.get(_shown(key) if isinstance(key, str) else key, [])
        if len(nodes) == 1:
            return nodes[0]
        if len(nodes) > 1:
            same = ", ".join(f"`{node.handle}`" for node in nodes[:4])
            raise NameNotFound(
                f"{len(nodes)} nodes are named `{key}`",
                why="a name asks for one node",
                try_=f"the Value itself, tree[value]; in formulas they are called {same}",
            )
        raise NameNotFound(
            f"no node is named `{key}`", try_=did_you_mean(str(key), list(self._by_name))
        )

    @once
    def _by_value(self) -> dict[int, Node]:
        return {id(node.value): node for node in self.nodes}

    @once
    def _by_name(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in {node.name or node.handle, node.handle}:
                found.setdefault(name, []).append(node)
        return found

    def gradients(self) -> dict[str, float]:
        """The gradient of the root for every node that has a name.

        >>> a = Value(2.0, label="a")
        >>> (a * a).backtrack().gradients()
        {'a': 4.0}
        """
        named = (node for node in self.nodes if node.name)
        return {node.handle: node.grad for node in named if node.grad is not None}

    def explain(self, name: str | Value | None = None) -> words.Explanation:
        """How a gradient came to be, path by path; without a name all values and all gradients.

        Raises:
            NameNotFound: as for `tree[name]`.
        """
        if name is None:
            return words.explain_all(self.derivation)
        return words.explain(self.derivation, self[name])

    def paths(self, name: str | Value, most: int = 5) -> Paths:
        """The whole paths from the root to a number that contribute most to its gradient.

        Along a path the local slopes are multiplied, and the gradient is the sum over all paths.
        They are ordered by size, and a path's share is its part of the sum of all sizes. All are
        counted and none but the largest listed, so there may be any number of them.

        Args:
            name: the number; or its Value.
            most: how many to list, at least 1.

        Raises:
            NameNotFound: as for `tree[name]`.
            ConfigError: when `most` is no integer of 1 or more.

        >>> a, b = Value(2.0, "a"), Value(3.0, "b")
        >>> print((a * a + a * b).backtrack().paths("a"))
        The gradient of a is 7, by 2 paths to v3:
          57 %  4  a -> v1:mul -> v3:add  = 1 * 4
          43 %  3  a -> v2:mul -> v3:add  = 1 * 3
        """
        if type(most) is not int or most < 1:
            raise ConfigError(f"`most` is {most!r:.60}, not an integer of at least 1")
        from jangrad.show.paths import largest_paths

        return largest_paths(self.derivation, self[name], most)

    def what_if(
        self, changes: Mapping[str | Value, float] | None = None, /, **named: float
    ) -> WhatIf:
        """What becomes of the root when numbers behind it are moved, beside what is predicted.

        Args:
            changes: by how much each is moved, not what it becomes, by name or Value:
                `{"net.bias": 0.1}`.
            named: the same for names that are Python's: `a=0.1`. A number that is computed is moved
                beside what it is computed to.

        Returns:
            The true change, computed anew, the change by the gradient, and the change by gradient
            and curvature. The tree and its Values stay what they are.

        Raises:
            NameNotFound: as for `tree[name]`.
            NotANumber: when a change is not a number.
            ConfigError: when nothing is moved, a number twice, or what they move has a backward of
                its own.

        >>> a, b = Value(2.0, "a"), Value(3.0, "b")
        >>> e = a * a + a * b
        >>> e.label = "e"
        >>> print(e.backtrack().what_if(a=+0.1, b=-0.2))
        if a: 2 -> 2.1
           b: 3 -> 2.8
        e: 10 -> 10.29
          true change                0.29
          by the gradient             0.3  0.01 too high
          by gradient and curvature  0.29  the same
        """
        from jangrad.show.what_if import what_if

        moves: dict[Node, float] = {}
        for name, move in [*(changes or {}).items(), *named.items()]:
            node = self[name]
            if node in moves:
                raise ConfigError(f"`{node.handle}` is moved twice", try_="the sum of both")
            moves[node] = as_float(move)
        if not moves:
            raise ConfigError("nothing is moved", try_="tree.what_if(a=0.1)")
        return what_if(self.derivation, moves)

    def curve(
        self,
        name: str | Value,
        low: float | None = None,
        high: float | None = None,
        *,
        points: int = 201,
    ) -> Curve:
        """The root against one number, with the tangent that its gradient says.

        Args:
            name: the number; or its Value. One that is computed is given other numbers as if it
                were not.
            low, high: from where to where it goes; as far as its size, at least 1, to both sides
                when left out.
            points: how many, 2 to 100,000.

        Returns:
            Its points, a table, and a picture, `plot()`.

        Raises:
            NameNotFound: as for `tree[name]`.
            NotANumber: when `low` or `high` is not a number.
            ConfigError: when `low` is not below `high`, there are not so many points, or what the
                number leads to has a backward of its own.

        >>> a, b = Value(2.0, "a"), Value(3.0, "b")
        >>> e = a * a + a * b
        >>> e.label = "e"
        >>> print(e.backtrack().curve("a", 0, 4, points=5))
        e against a; at 2 its slope is 7
        a   e  tangent
        0   0       -4
        1   4        3
        2  10       10
        3  18       17
        4  28       24
        """
        from jangrad.show.curve import curve

        start, end = (None if x is None else as_float(x) for x in (low, high))
        return curve(self.derivation, self[name], start, end, points)

    def why(self, name: str | Value) -> Reason:
        """Why a gradient is 0, tiny, huge, nan or just what it is: the operations that decide it.

        Args:
            name: the number; or its Value, which need not be behind the root.

        Raises:
            NameNotFound: when no Value of that name is known, or several have it.

        >>> w, x = Value(-1.0, "w"), Value(2.0, "x")
        >>> print(((w * x).relu() * 3.0).backtrack().why("w"))
        The gradient of w is 0: nothing reaches it.
        It ends at v2 = relu(v1), shut at v1 = -2: what is below 0 hands nothing on.
        """
        from jangrad.show.why import why

        about = self._asked_for(name)
        return why(self.derivation, about, self._names or {})

    def by_row(self, name: str | Value, rows: Sequence[Any] | None = None) -> RowParts:
        """What each row of a batch adds to a gradient, from the one backward pass over their loss.

        For a whole training it is `jangrad.explain.influences` that tells what each row has done.

        Args:
            name: whose gradient; or its Value.
            rows: for each row a Value, or a list of them, through which its paths lead: the outputs
                `[net(x) for x in X]`. Left out, the terms of the sum or mean that the root is.

        Raises:
            NameNotFound: as for `tree[name]`.
            ConfigError: when nothing was given and the root is no such sum.

        >>> w = Value(2.0, "w")
        >>> outputs = [w * x for x in (1.0, -3.0)]
        >>> loss = sum((out - 1.0) ** 2 for out in outputs) / 2
        >>> print(loss.backtrack().by_row("w", outputs))
        The gradient of w is 22; of its rows
          row 1 adds 21    95 %
          row 0 adds  1   4.5 %
        """
        from jangrad.show.by_row import by_row

        return by_row(self.derivation, self[name], rows)

    def _asked_for(self, name: str | Value) -> Node | Value:
        """The node of a name; or a Value that is known to the user and is not behind the root."""
        if name not in self:
            self._find_names()
            assert self._names is not None
            known = [v for v, given in self._names.items() if name in (given, v.label)]
            if isinstance(name, Value):
                known = [name]
            if len(known) == 1:
                return known[0]
        return self[name]

    def mistakes(self) -> mistakes.Mistakes:
        """The classic mistakes of backpropagation, made on this graph, beside the right numbers.

        >>> a = Value(3.0, label="a")
        >>> [mistake.name for mistake in (a * a + a).backtrack().mistakes()][:1]
        ['`=` in the place of `+=`']
        """
        return mistakes.mistakes(self.derivation)

    # -- showing ----------------------------------------------------------------------------------

    def text(
        self,
        limit: int | None = text_tree.LINES,
        width: int = _PLAIN_WIDTH,
        digits: int = formula.DIGITS,
    ) -> str:
        """The tree as plain text.

        Args:
            limit: lines at most, None for all of them.
            width: columns at most.
            digits: how many digits numbers are written in, 1 to 17.

        Raises:
            ConfigError: when `limit` or `width` is no integer of 1 or more, or `digits` is out of
                range.
        """
        for name, number in (("limit", limit), ("width", width)):
            if (name, number) != ("limit", None) and (type(number) is not int or number < 1):
                raise ConfigError(
                    f"`{name}` is {number!r:.60}, not an integer of at least 1",
                    try_="limit=None for all lines" if name == "limit" else "width=100",
                )
        with formula.in_digits(digits):
            rows = text_tree.render(text_tree.lines(self.derivation, limit, width), width)
        return "\n".join(_spread(row).rstrip() for row in rows)

    def __str__(self) -> str:
        """The tree as standard output can take it; in colour where that is a terminal."""
        text, encoding = self.text(), letters.output_encoding()
        if not letters.can_take(text, encoding):
            rows = text_tree.render(text_tree.escaped(text_tree.lines(self.derivation), encoding))
            return "\n".join(_spread(row).rstrip() for row in rows).translate(letters.PLAIN)
        if not getattr(sys.stdout, "isatty", bool)():  # a program may have no streams
            return text
        from rich.console import Console

        console = Console()
        with console.capture() as captured:
            console.print(self, crop=False)  # a number without its last digits would be another one
        return captured.get().rstrip("\n")

    def __format__(self, spec: str) -> str:
        return format(self.text(), spec)

    def __repr__(self) -> str:
        return self.text(width=shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        rows = text_tree.lines(self.derivation, text_tree.LINES, options.max_width)
        for number, row in enumerate(text_tree.render(rows, options.max_width)):
            if number == 0:
                yield Text(_spread(row), style="dim", no_wrap=True, overflow="ignore")
                continue
            lead, what, value, grad, note = row
            if not value:  # what was left out
                yield Text(what, style="dim")
                continue
            name, equals, rest = what.partition(" = ")
            yield Text.assemble(
                (lead, "dim"),
                (name, "bold"),
                equals + rest,
                ("  " + value if value else "", "cyan"),
                ("  " + grad if grad else "", "yellow"),
                ("   " + note if note else "", "dim"),
                no_wrap=True,
                overflow="ignore",
            )

    def show(self) -> None:
        """Print the tree on standard output."""
        from rich.console import Console

        if letters.can_take(self.text(), letters.output_encoding()):
            Console(highlight=False).print(self, crop=False)
        else:
            print(self)

    # -- saving -----------------------------------------------------------------------------------

    def to_json(self) -> str:
        """All nodes as JSON text; nan and inf, which JSON lacks, become text."""
        from jangrad.show.as_json import to_json

        return to_json(self.derivation)

    def latex(self, *, digits: int = formula.DIGITS, forward_only: bool = False) -> str:
        """All values and gradients as LaTeX, without a document around them.

        Args:
            digits: how many digits numbers are written in, 1 to 17.
            forward_only: the values alone.

        Raises:
            ConfigError: when `digits` is out of range.
        """
        with formula.in_digits(digits):
            return latex.everything(self.derivation, forward_only=forward_only)

    def page(
        self,
        *,
        title: str = "",
        quiz: bool = False,
        start: int | None = None,
        partials: bool | None = None,
        theme: Theme = "auto",
        fold: bool = True,
        forward_only: bool = False,
        digits: int = formula.DIGITS,
        annotate: Named | None = None,
        colours: Named | None = None,
    ) -> str:
        """The page to step through, as HTML text, which needs no other file; a notebook opens it.

        Args:
            title: of the page; the root's formula when left out.
            quiz: True to begin in the mode that asks for each number before it shows it.
            start: how many steps are done when it opens: 0 for none; left out, all of them.
            partials: whether the local slopes stand beside the edges when it opens; left out, they
                do where there are few boxes, and not in the quiz.
            theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not; or colours
                of your own, as for `svg`.
            fold: parts of a large graph are one box each, which opens when it is pressed.
            forward_only: the values alone: no step backward, no gradients.
            digits: how many digits numbers are written in, 1 to 17.
            annotate: words for the boxes of numbers, by name or Value: `{"w": "this weight"}`.
            colours: for the boxes of numbers, likewise: `{"w": "crimson", "b": "#009e73"}`.

        Raises:
            ConfigError: when there are fewer steps, there is no such theme or colour, or `digits`
                is out of range.
            NameNotFound: when `annotate` or `colours` names something else than one number.
        """
        from jangrad.show.page import page

        look = self._look(
            theme=theme, fold=fold, forward_only=forward_only, annotate=annotate, colours=colours
        )
        options: dict[str, Any] = {"partials": partials, "look": look, "digits": digits}
        return notebook.HtmlText(
            page(self.derivation, title=title, quiz=quiz, start=start, **options)
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the picture, with the page to step through below it."""
        page = self.page() if len(self) <= notebook.STEPPED else None
        return notebook.bundle(self.svg(), self.text(), page)

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the tree to a file; what it becomes is said by the file's ending.

        `.txt` the text, `.json` the data, `.tex` a LaTeX document, `.svg`, `.png` and `.pdf` the
        picture, `.gif` an animation of the backward pass, `.html` a page to step through. None of
        them needs another file.

        Args:
            path: the file.
            options: of that format: those of `text`, `latex`, `svg`, `png`, `pdf`, `gif` or `page`.

        Returns:
            The path.

        Raises:
            ConfigError: when the ending is none of these, or the format has no such option.
            SaveError: when the file cannot be written, or a device or a folder is there.
        """

        def as_text(
            limit: int | None = None, width: int = _PLAIN_WIDTH, digits: int = formula.DIGITS
        ) -> str:
            return self.text(limit, width, digits) + "\n"

        def as_latex(*, digits: int = formula.DIGITS, forward_only: bool = False) -> str:
            return latex.document(self.latex(digits=digits, forward_only=forward_only))

        writers: saving.Writers = {
            ".txt": as_text,
            ".json": lambda: self.to_json() + "\n",
            ".tex": as_latex,
            ".svg": self.svg,
            ".png": self.png,
            ".pdf": self.pdf,
            ".gif": self.gif,
            ".html": self.page,
        }
        return saving.save(path, writers, options, 'tree.save("tree.svg")', OPTIONS)


def _shown(name: str) -> str:
    """A name as trees write it."""
    return printable(from_latex(name), line=True)


def _spread(row: tuple[str, str, str, str, str]) -> str:
    lead, what, value, grad, note = row
    return f"{lead}{what}  {value}  {grad}" + (f"   {note}" if note else "")
