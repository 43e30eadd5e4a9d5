"""A graph cut up as the program has made it: calls of functions, turns of loops, statements.

It takes Values that were made inside `trace_lines()`, whose places tell which calls were running.
A program does one thing after the other, so that each of these parts is made without a break, and
what is made without a break may be drawn as one box without making a circle.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

from jangrad.call_places import Call, Line, MadeAt
from jangrad.show.derivation import Derivation, Node

_CODE = 36  # letters of a statement that has no name
_TURNS = 24  # turns of a loop, or other parts, beyond which several are one


_Made = tuple[MadeAt, Node]


@dataclass(eq=False)
class Stretch:
    """Nodes that were made one after the other.

    Attributes:
        label: the call, the loop's variable, or what the statement assigns.
        nodes: those of a statement, or that several of its parts use.
        parts: the runs in it, in order.
    """

    label: str
    nodes: list[Node] = field(default_factory=list)
    parts: list[Stretch] = field(default_factory=list)


@dataclass(frozen=True)
class _Statement:
    """A statement, or the head of a block: what it assigns, and the loops around it.

    Attributes:
        first: its line.
        targets: what it assigns.
        text: its first line.
        calls: the calls in it, each with the function's name; what it assigns is the first of
            them where it `is_call`.
        repeats: whether it holds a comprehension.
        loops: the loops around it in its function, outermost first, by line and variables.
    """

    first: int
    targets: tuple[str, ...] = ()
    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    is_call: bool = False
    repeats: bool = False
    loops: tuple[tuple[int, str], ...] = ()

    def spelled(self, name: str) -> str:
        """A call of that function as it stands there, if there is room and one alone."""
        (text, *others) = [text for called, text in self.calls if called == name] or [""]
        return text if text and not others and len(text) <= _CODE else f"{name}(…)"


@dataclass
class _Piece:
    """What one statement of a function has made by itself, or by one call of another function."""

    statement: _Statement
    run: Stretch
    called: str = ""


def runs_of(derivation: Derivation) -> Stretch | None:
    """The whole graph as one run; None where its operations do not tell how they were made."""
    made: list[_Made] = []
    threads: set[int] = set()
    for node in derivation:
        if node.op:
            place = node.value.made_at
            if not isinstance(place, MadeAt):
                return None
            made.append((place, node))
            threads.update(call.thread for call in place.calls)
    if len(threads) > 1 or not made:  # two threads do two things at a time
        return None
    made.sort(key=lambda pair: pair[0].number)
    top = Stretch("", [], _parts(made, 0))
    while len(top.parts) == 1 and not top.nodes:  # the calls around all of it
        top = top.parts[0]
    _add_leaves(top, derivation)
    return top


def _parts(made: list[_Made], depth: int) -> list[Stretch]:
    """What one call of a function has made, cut up by its statements."""
    pieces: list[_Piece] = []
    for call, several in groupby(made, lambda pair: _at(pair[0].calls, depth)):
        inner = list(several)
        if call is not None:
            statement = _statement(call.line)
            pieces.append(_Piece(statement, Stretch("", [], _parts(inner, depth + 1)), call.name))
            continue
        for statement, some in groupby(inner, lambda p: _statement(p[0].line)):
            pieces.append(_Piece(statement, Stretch("", [node for _, node in some])))
    return _loops(pieces, 0)


def _at(calls: tuple[Call, ...], depth: int) -> Call | None:
    return calls[depth] if depth < len(calls) else None


def _loops(pieces: list[_Piece], depth: int) -> list[Stretch]:
    """The pieces, with a run for each turn of a loop."""
    found: list[Stretch] = []
    for loop, several in groupby(pieces, lambda p: _loop(p, depth)):
        some = list(several)
        if loop is None:
            found += _named(some)
            continue
        turns: list[list[_Piece]] = []
        for piece in some:
            if not turns or _begins_turn(turns[-1], piece, depth):
                turns.append([])
            turns[-1].append(piece)
        runs = [Stretch(loop[1], [], _loops(turn, depth + 1)) for turn in turns]
        found += _numbered([_only(run) for run in runs])
    return _few(found)


def _loop(piece: _Piece, depth: int) -> tuple[int, str] | None:
    loops = piece.statement.loops
    return loops[depth] if depth < len(loops) else None


def _begins_turn(turn: list[_Piece], piece: _Piece, depth: int) -> bool:
    """Whether the piece belongs to another turn of the loop than those before it."""
    one, other = turn[-1].statement, piece.statement
    if len(one.loops) > depth + 1 and one.loops[: depth + 2] == other.loops[: depth + 2]:
        return False  # it is another turn of a loop inside this one
    if other != one or other.repeats or not piece.called:
        return other.first < one.first
    made = sum(p.called == piece.called for p in turn if p.statement == other)
    return made >= max(1, sum(name == piece.called for name, _ in other.calls))


def _named(pieces: list[_Piece]) -> list[Stretch]:
    """The runs of statements that stand in no further loop."""
    for statement, several in groupby(pieces, lambda p: p.statement):
        some = list(several)
        called = [piece for piece in some if piece.called]
        each = len(called) == len(statement.targets) > 1
        for number, piece in enumerate(called):
            piece.run.label = statement.spelled(piece.called)
            if each or statement.is_call:
                target = statement.targets[number if each else 0]
                piece.run.label = f"{target} = {piece.run.label}"
        for piece in some:
            if not piece.called:
                piece.run.label = ", ".join(statement.targets) or statement.text
    return _numbered([_only(piece.run) for piece in pieces])


def _only(run: Stretch) -> Stretch:
    """Without a level of its own where there is one part in it."""
    if len(run.parts) == 1 and not run.nodes:
        return Stretch(run.label, run.parts[0].nodes, run.parts[0].parts)
    return run


def _numbered(runs: list[Stretch]) -> list[Stretch]:
    """Runs of one label told apart: `softmax(…) · 2 of 4`."""
    labels = [run.label for run in runs]
    met: dict[str, int] = {}
    for run in runs:
        label = run.label
        met[label] = met.get(label, 0) + 1
        if label and labels.count(label) > 1:
            run.label = f"{label} · {met[label]} of {labels.count(label)}"
    return runs


def _few(runs: list[Stretch]) -> list[Stretch]:
    """Where there are very many, several that follow each other as one."""
    if len(runs) <= _TURNS:
        return runs
    size = -(-len(runs) // (_TURNS // 2))
    return [
        Stretch(f"{some[0].label} … {some[-1].label}", [], some) if len(some) > 1 else some[0]
        for some in (runs[k : k + size] for k in range(0, len(runs), size))
    ]


def _add_leaves(top: Stretch, derivation: Derivation) -> None:
    """Each leaf to the innermost run that holds all that it is used in."""
    way: dict[Node, tuple[Stretch, ...]] = {}
    stack: list[tuple[Stretch, tuple[Stretch, ...]]] = [(top, (top,))]
    while stack:
        run, path = stack.pop()
        way.update((node, path) for node in run.nodes)
        stack += [(part, (*path, part)) for part in run.parts]
    for leaf in derivation:
        if leaf.op:
            continue
        paths = [way[user] for user, _ in leaf.users]
        home = top
        for steps in zip(*paths, strict=False):
            if any(step is not steps[0] for step in steps):
                break
            home = steps[0]
        home.nodes.append(leaf)


# -- the source ------------------------------------------------------------------------------------


def _statement(line: Line | None) -> _Statement:
    if line is None:
        return _Statement(0)
    found = _statements(line[0]).get(line[1])
    return found or _Statement(line[1], text=_short(linecache.getline(*line)))


@lru_cache(maxsize=64)
def _statements(file: str) -> dict[int, _Statement]:
    """The statements of a file by their lines; none where it cannot be read."""
    lines = linecache.getlines(file)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, _Statement] = {}
    for node, loops in _statements_of(tree, ()):
        inside = [] if hasattr(node, "body") else list(ast.walk(node))
        calls = [part for part in inside if isinstance(part, ast.Call)]
        targets = tuple(_targets(node))
        statement = _Statement(
            node.lineno,
            targets,
            _short(lines[node.lineno - 1]),
            tuple((_called(call), ast.unparse(call)) for call in calls),
            bool(targets) and isinstance(_value(node), ast.Call),
            any(isinstance(part, (ast.comprehension, ast.Lambda)) for part in inside),
            loops,
        )
        body = getattr(node, "body", None)  # of a block its head
        last = body[0].lineno - 1 if body else node.end_lineno or 0
        for number in range(node.lineno, max(last, node.lineno) + 1):
            found[number] = statement
    return found


_Loops = tuple[tuple[int, str], ...]


def _statements_of(node: ast.AST, loops: _Loops) -> Iterator[tuple[ast.stmt, _Loops]]:
    """The statements, each with the loops around it in its function."""
    for part in ast.iter_child_nodes(node):
        inner = loops
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = ()
        elif isinstance(part, (ast.For, ast.AsyncFor)):
            names = [name.id for name in ast.walk(part.target) if isinstance(name, ast.Name)]
            inner = (*loops, (part.lineno, ", ".join(names[:2])))
        elif isinstance(part, ast.While):
            inner = (*loops, (part.lineno, "turn"))
        if isinstance(part, ast.stmt):
            yield part, inner if isinstance(part, ast.While) else loops
        yield from _statements_of(part, inner)


def _called(call: ast.Call) -> str:
    """The name of the function that is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def _targets(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        target = node.targets[0]
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        target = node.target
    elif (call := _append(node)) and isinstance(call.func, ast.Attribute):
        target = call.func.value
    else:
        return []
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    return [ast.unparse(part) for part in parts]


def _append(node: ast.stmt) -> ast.Call | None:
    """`losses.append(loss)`, which is as good as an assignment."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(attr="append"), [_]) as call):
            return call
    return None


def _value(node: ast.stmt) -> ast.expr | None:
    call = _append(node)
    return call.args[0] if call else getattr(node, "value", None)


def _short(code: str) -> str:
    code = re.sub(r"\s+", " ", code).strip()
    return code if len(code) <= _CODE else code[: _CODE - 1] + "…"
