"""The folder that keeps a training: its files, how they are written and read.

Its format is in `docs/training-store.md`. What the files hold of a run is said in `keeper.py`.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from weakref import WeakSet

from jangrad import forks
from jangrad.errors import CheckpointError, SaveError
from jangrad.files import path_of, special, write_at_once
from jangrad.tensors import UnreadableError, packed, unpacked

VERSION = 1
_ENTRY = "jangrad_run"
_RUN, _STATE, _LOCK = "run.safetensors", "state.safetensors", "lock"
#: So many bytes of steps and weights make a part.
PART = 2**20
_AGAIN = "a copy of the folder; or another one, in which the training begins anew"

#: Text and arrays of one file.
Contents = tuple[dict[str, Any], dict[str, Any]]


#: Those that may hold a lock, which a child process is not to hold after its parent has ended.
_open: WeakSet[RunFolder] = WeakSet()
# Seconds until a lock is asked for again: a child that was just born lets go of its parent's.
_WAITS = (0.01, 0.05, 0.2)


def _close_all() -> None:
    for folder in _open:
        folder.close()


forks.in_child(_close_all)


def part_name(number: int) -> str:
    """The name of a part.

    >>> part_name(3)
    'part-00003.safetensors'
    """
    return f"part-{number:05}.safetensors"


class RunFolder:
    """The files of a run.

    Attributes:
        path: where they are.
        id: of the run, "" before it is known.
    """

    def __init__(self, path: Any) -> None:
        self.path = Path(path_of(path, CheckpointError, 'checkpoint="run"'))
        self.id = ""
        self._lock: Any = None
        _open.add(self)

    # -- writing ----------------------------------------------------------------------------------

    def prepare(self) -> bool:
        """Make the folder, or take one that is empty or holds a run; whether it holds a state.

        Raises:
            CheckpointError: when it is something else, or another training writes into it.
            SaveError: when it cannot be made.
        """
        names = self.make()
        if _RUN not in names and (strange := sorted(n for n in names if not _is_ours(n))):
            raise CheckpointError(
                f"the folder `{self.path}` holds `{strange[0]}`, which is no part of a training",
                why="what else is in it might be lost",
                try_="another folder, which is made if there is none",
            )
        self._take_lock()
        for name in names:
            if name.startswith(".jangrad-"):  # a process was killed while it wrote this
                with suppress(OSError):
                    (self.path / name).unlink()
        return _STATE in names

    def make(self) -> set[str]:
        """Make the folder, if there is none; what it holds.

        Raises:
            CheckpointError: when there is something else of that name.
            SaveError: when it cannot be made.
        """
        if os.path.lexists(self.path) and special(self.path) != "a folder":
            what = special(self.path) or "a file"
            raise CheckpointError(
                f"`{self.path}` is {what}, and a training is kept in a folder",
                try_="the name of a folder, which is made if there is none",
            )
        try:
            self.path.mkdir(exist_ok=True)
            return {entry.name for entry in os.scandir(self.path)}
        except OSError as error:
            raise SaveError(
                f"the folder `{self.path}` cannot be made: {error.strerror}",
                why="the training is to be kept in it",
                try_="the name of a folder, in one that exists and may be written to",
            ) from None

    def _take_lock(self) -> None:
        """Keep others from writing here, until this process ends or `close` is called."""
        try:
            import fcntl
        except ImportError:  # not everywhere
            return
        try:
            self._lock = open(self.path / _LOCK, "ab")  # noqa: SIM115
            for wait in (*_WAITS, None):
                try:
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if wait is None:
                        raise
                    time.sleep(wait)
        except BlockingIOError:
            self.close()
            raise CheckpointError(
                f"another training is being kept in `{self.path}` at this moment",
                why="two would replace each other's steps",
                try_="another folder, or to wait until it has ended",
            ) from None
        except OSError:  # a file system without locks, or one that cannot be written to
            self.close()

    def close(self) -> None:
        """Let others write here."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def begin(self, text: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        """Write how a run began; what was there of another is passed over from then on."""
        self.id = secrets.token_hex(16)
        with suppress(FileNotFoundError):
            (self.path / _STATE).unlink()
        self._write(_RUN, "run", text, arrays)

    def write_part(self, number: int, text: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        """Write some steps, which count once a state names them."""
        self._write(part_name(number), "part", {"number": number, **text}, arrays)

    def write_state(self, text: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        """Write how far the run is."""
        self._write(_STATE, "state", text, arrays)

    def _write(
        self, name: str, kind: str, text: Mapping[str, Any], arrays: Mapping[str, Any]
    ) -> None:
        import numpy as np

        listed = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
        shapes = {key: [array.dtype.str, *array.shape] for key, array in listed.items()}
        about = {"version": VERSION, "kind": kind, "id": self.id, **text, "arrays": shapes}
        data = packed(_ENTRY, json.dumps(about, allow_nan=False), listed)
        write_at_once(self.path / name, data)

    # -- reading ----------------------------------------------------------------------------------

    def run(self) -> Contents:
        """How the run began.

        Raises:
            CheckpointError: when the folder holds none, or it cannot be read.
        """
        found = self._read(_RUN, "run")
        self.id = found[0]["id"]
        return found

    def state(self) -> Contents:
        """How far it is, once `run` was read."""
        return self._read(_STATE, "state")

    def part(self, number: int) -> Contents:
        """Some of its steps, once `run` was read."""
        text, arrays = self._read(part_name(number), "part")
        if text["number"] != number:
            raise self._damaged(part_name(number), "it is another part")
        return text, arrays

    def _read(self, name: str, kind: str) -> Contents:
        def header(metadata: Mapping[str, str]) -> dict[str, Any]:
            return self._header(name, kind, metadata)

        try:
            text, arrays = unpacked(self.path / name, _ENTRY, header)
        except UnreadableError as error:
            if error.how == "missing" and kind == "run":
                raise CheckpointError(
                    f"there is no training in `{self.path}`",
                    why=f"it holds no file `{name}`",
                    try_="the folder that was given as `checkpoint=` or `record=`",
                ) from None
            raise self._damaged(name, str(error)) from None
        shapes = {key: [array.dtype.str, *array.shape] for key, array in arrays.items()}
        if shapes != text["arrays"]:
            raise self._damaged(name, "its arrays are not those that it names")
        if kind != "run" and text["id"] != self.id:
            raise CheckpointError(
                f"`{self.path / name}` is of another training than the other files there",
                why="steps of two trainings make no third one",
                try_=_AGAIN,
            )
        return text, arrays

    def _header(self, name: str, kind: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        try:
            text = json.loads(metadata[_ENTRY])
            version = text["version"]
        except (KeyError, TypeError, ValueError, RecursionError):
            raise self._damaged(name, "it is not one of jangrad's") from None
        if type(version) is int and version > VERSION:
            raise CheckpointError(
                f"`{self.path / name}` has version {version}, but this jangrad reads version"
                f" {VERSION}",
                try_="pip install --upgrade jangrad",
            )
        kinds = {"version": int, "id": str, "arrays": dict, **_ENTRIES[kind]}
        if text.get("kind") != kind or any(type(text.get(k)) is not t for k, t in kinds.items()):
            raise self._damaged(name, "an entry is missing or of another kind")
        found: dict[str, Any] = text
        return found

    def _damaged(self, name: str, reason: str) -> CheckpointError:
        return damaged(self.path / name, reason)


def damaged(path: Path, reason: str) -> CheckpointError:
    """The error for a file that cannot be used."""
    return CheckpointError(
        f"`{path}` cannot be read: {reason}",
        why="it is truncated or damaged, for jangrad writes a file whole or not at all",
        try_=_AGAIN,
    )


#: What is needed of the description of a file, beside what all have.
_STEPS = {"first": int, "recorded": list, "columns": list}
_ENTRIES: dict[str, dict[str, type]] = {
    "run": {"names": list, "settings": dict, "deal": dict, "learning": list},
    "part": {"number": int, **_STEPS},
    "state": {
        "parts": int,
        "steps": int,
        "machine": dict,
        "memory": dict,
        "changed": str,
        **_STEPS,
    },
}


def _is_ours(name: str) -> bool:
    is_part = name.startswith("part-") and name.endswith(".safetensors")
    is_partial = name.startswith(".jangrad-") and name.endswith(".part")
    return name in (_RUN, _STATE, _LOCK) or is_part or is_partial


# -- steps ----------------------------------------------------------------------------------------

COLUMNS = ("loss", "rate", "gradient_norm")


def steps_of(
    first: int,
    columns: Sequence[Sequence[float]],
    measured: Sequence[Mapping[str, float]],
    recorded: Sequence[tuple[int, Any]],
) -> Contents:
    """The description and the arrays of some steps.

    Args:
        first: the first of them.
        columns: loss, rate and gradient norm of each.
        measured: validation figures, by their names.
        recorded: steps, and the weights before each of them.
    """
    import numpy as np

    names = list(measured[0]) if measured else []
    arrays = {name: np.array(column, "<f8") for name, column in zip(COLUMNS, columns, strict=True)}
    if measured:
        arrays["measured"] = np.array([[row[name] for name in names] for row in measured], "<f8")
    if recorded:
        arrays["weights"] = np.array([weights for _, weights in recorded], "<f8")
    text = {"first": first, "recorded": [step for step, _ in recorded], "columns": names}
    return text, arrays


@dataclass
class KeptSteps:
    """Steps that were read.

    Attributes:
        columns: loss, rate and gradient norm of each.
        measured: validation figures.
        recorded: where weights lie: by their step the file, None for the state, and the row in it.
    """

    columns: tuple[list[float], list[float], list[float]] = field(
        default_factory=lambda: ([], [], [])
    )
    measured: list[dict[str, float]] = field(default_factory=list)
    recorded: dict[int, tuple[int | None, int]] = field(default_factory=dict)


def steps_in(folder: RunFolder, state: Contents, n: int) -> KeptSteps:
    """All steps of a run, whose network has n parameters.

    Raises:
        CheckpointError: when a part is missing or damaged, or does not follow the one before it.
    """
    found = KeptSteps()
    for number in chain(range(state[0]["parts"]), [None]):
        text, arrays = state if number is None else folder.part(number)
        name = _STATE if number is None else part_name(number)
        if not _fits(text, arrays, n) or text["first"] != len(found.columns[0]):
            raise damaged(folder.path / name, "its arrays do not fit what it says of them")
        for column, key in zip(found.columns, COLUMNS, strict=True):
            column += arrays[key].tolist()
        rows = arrays["measured"].tolist() if text["columns"] else []
        for row in rows:
            figures = dict(zip(text["columns"], row, strict=True))
            found.measured.append({**figures, "step": int(figures["step"])})
        found.recorded |= {step: (number, row) for row, step in enumerate(text["recorded"])}
    if len(found.columns[0]) != state[0]["steps"]:
        raise damaged(folder.path / _STATE, "it has other steps than it says")
    return found


def numbers_in(folder: RunFolder, arrays: Mapping[str, Any], name: str, n: int) -> Any:
    """The array of n doubles of this name.

    Raises:
        CheckpointError: when there is none.
    """
    found = arrays.get(name)
    if found is None or found.shape != (n,) or found.dtype != "<f8":
        raise damaged(folder.path, f"`{name}` does not hold {n} numbers")
    return found


def _fits(text: Mapping[str, Any], arrays: Mapping[str, Any], n: int) -> bool:
    """Whether the arrays of some steps fit the description, and each other."""
    try:
        count, first = len(arrays["loss"]), text["first"]
        needed: dict[str, tuple[int, ...]] = dict.fromkeys(COLUMNS, (count,))
        if names := text["columns"]:
            names.index("step")
            needed["measured"] = (len(arrays["measured"]), len(names))
        if recorded := text["recorded"]:
            needed["weights"] = (len(recorded), n)
        shaped = all(arrays[name].shape == shape for name, shape in needed.items())
        doubles = all(arrays[name].dtype == "<f8" for name in needed)
    except (KeyError, TypeError, ValueError):
        return False
    placed = all(type(step) is int and first <= step <= first + count for step in recorded)
    return shaped and doubles and placed and all(type(name) is str for name in names)


# -- what is remembered, as JSON and arrays -------------------------------------------------------


def spelled(tree: Any, arrays: dict[str, Any]) -> Any:
    """A tree of dicts, lists and numbers as JSON can hold it; its lists of floats become arrays.

    Raises:
        TypeError: when something in it is none of these.

    >>> arrays = {}
    >>> text = spelled({"m": [0.1, 0.2], "steps": 3, "$": float("inf")}, arrays)
    >>> text, read_back(text, arrays)["m"]
    ({'$dict': [['m', {'$array': 'memory.0'}], ['steps', 3], ['$', {'$float': 'inf'}]]}, [0.1, 0.2])
    """
    import numpy as np

    if tree is None or type(tree) in (bool, int, str):
        return tree
    if isinstance(tree, np.ndarray) and tree.dtype.kind in "fiu":
        name = f"memory.{len(arrays)}"
        arrays[name] = tree.astype(tree.dtype.newbyteorder("<"))
        return {"$array": name, "is_array": True}
    if isinstance(tree, float):
        return tree if math.isfinite(tree) else {"$float": str(float(tree))}
    if isinstance(tree, Mapping):
        if any(not isinstance(key, str) for key in tree):
            raise TypeError(f"{tree!r:.60} has keys that are no text")
        items = [[key, spelled(item, arrays)] for key, item in tree.items()]
        return {"$dict": items} if any(key[:1] == "$" for key in tree) else dict(items)
    if isinstance(tree, (list, tuple)):
        if tree and all(type(item) is float for item in tree):
            name = f"memory.{len(arrays)}"
            arrays[name] = np.array(tree, "<f8")
            return {"$array": name}
        return [spelled(item, arrays) for item in tree]
    raise TypeError(f"{tree!r:.60} ({type(tree).__name__}) is neither a number nor text")


def read_back(text: Any, arrays: Mapping[str, Any]) -> Any:
    """What `spelled` was given; tuples are lists."""
    if isinstance(text, list):
        return [read_back(item, arrays) for item in text]
    if not isinstance(text, dict):
        return text
    if "$array" in text:
        array = arrays[text["$array"]]
        return array if "is_array" in text else array.tolist()
    if "$float" in text:
        return float(text["$float"])
    items = text["$dict"] if "$dict" in text else text.items()
    return {key: read_back(item, arrays) for key, item in items}
