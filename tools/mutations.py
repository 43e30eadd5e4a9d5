"""Damage files of jangrad's in every way that comes to mind, and see that it is noticed.

    python -m tools.mutations 10000      # so many of model files and of kept trainings each

What is read must be what was written, or refused with an error of jangrad's own, and reading must
take no more memory than is in proportion to the file, whatever that says of itself.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jangrad import MLP, Module, Value, fit, load_model, save_model
from jangrad.datasets import moons
from jangrad.errors import CheckpointError, JangradError, ModelFileError
from jangrad.train import keeper, load_run

#: So many bytes reading may take, and for each byte of a file.
_FLOOR, _EACH = 20_000_000, 60


def _flipped(whole: bytes, draw: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(draw.choice([1, 1, 2, 10])):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def _cut(whole: bytes, draw: random.Random) -> bytes:
    return whole[: draw.randrange(len(whole))]


def _moved(whole: bytes, draw: random.Random) -> bytes:
    """A piece is left out, twice there, or written over another."""
    start, end = sorted(draw.choices(range(len(whole) + 1), k=2))
    place = draw.randrange(len(whole))
    piece = whole[start:end]
    return draw.choice(
        [
            whole[:start] + whole[end:],
            whole[:place] + piece + whole[place:],
            (whole[:place] + piece + whole[place + len(piece) :])[: len(whole)],
            whole[:place] + draw.randbytes(end - start) + whole[place:],
        ]
    )


def _claiming(whole: bytes, draw: random.Random) -> bytes:
    """The length of the header, or of an array, is another."""
    if draw.random() < 0.5:
        size = draw.choice([0, 1, 2**20, 2**31, 2**40, 2**63, draw.getrandbits(64)])
        return size.to_bytes(8, "little") + whole[8:]
    header, rest = _parted(whole)
    name = draw.choice(sorted(header))
    huge = draw.choice([0, -1, 10**9, 2**40, 2**63, 1.5, "many"])
    if "shape" in header[name]:
        header[name]["shape"] = draw.choice([[huge], [huge, huge], header[name]["shape"] + [huge]])
        if draw.random() < 0.5:
            header[name]["data_offsets"][1] = huge
    return _whole(header, rest)


def _respelled(whole: bytes, draw: random.Random) -> bytes:
    """Something in the description is another, and the checksum fits."""
    header, rest = _parted(whole)
    entry = next((key for key in header["__metadata__"] if key != "sha256"), "")
    told = json.loads(header["__metadata__"][entry])
    holder = told
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw.choice(keys)
        deeper = holder[key]
        if not isinstance(deeper, (dict, list)) or not deeper or draw.random() < 0.4:
            break
        holder = deeper
    odd: list[Any] = [None, 0, -1, 3, 10**12, 1e308, "", "x", [], {}, [[]], True, "sine", [10**9]]
    holder[key] = draw.choice(odd)
    if draw.random() < 0.2:
        del holder[key]
    text = json.dumps(told)
    header["__metadata__"][entry] = text
    found = hashlib.sha256(text.encode())
    for name in sorted(set(header) - {"__metadata__"}):
        start, end = header[name]["data_offsets"]
        found.update(rest[start:end])
    header["__metadata__"]["sha256"] = found.hexdigest()
    return _whole(header, rest)


_MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [
    _flipped, _cut, _moved, _claiming, _respelled
]  # fmt: skip


def _parted(whole: bytes) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file, and its arrays."""
    size = int.from_bytes(whole[:8], "little")
    return json.loads(whole[8 : 8 + size]), whole[8 + size :]


def _whole(header: dict[str, Any], rest: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + rest


class Line(Module):
    """A network of the user's own."""

    def __init__(self) -> None:
        self.weights = [Value(0.5), Value(-1.0), Value(2.0)]
        self.power = 2

    def __call__(self, row: Any) -> Any:
        return [self.weights[0] * row[0] + self.weights[1] * row[1] + self.weights[2]]


def models(folder: Path) -> tuple[list[Path], Callable[[Path], Any]]:
    """Model files, and what reads one."""
    save_model(folder / "mlp", MLP(2, [3, 2], "prelu", seed=0), {"note": [1, 2.5]})
    save_model(folder / "own", Line(), {"note": "mine"})

    def read(path: Path) -> Any:
        net, about = load_model(path, into=Line() if path.name == "own" else None)
        return net.state(), about

    return [folder / "mlp", folder / "own"], read


def runs(folder: Path) -> tuple[list[Path], Callable[[Path], Any]]:
    """The files of a kept training, and what reads it and goes on with it."""
    X, y = moons(20, seed=0)
    run = folder / "run"

    def going_on() -> Any:
        net = MLP(2, [2, 1], "tanh", seed=0)
        history = fit(
            net, X, y, steps=25, batch_size=8, validation=(X, y), record=run, record_every=5,
            checkpoint_every=5, engine="eager", resume=True, progress=False,
        )  # fmt: skip
        return net.state(), history.to_json()

    going_on()

    def read(path: Path) -> Any:
        kept = load_run(run)
        return [kept.weights(step) for step in kept.recorded], kept.history.to_json(), going_on()

    return sorted(run.glob("*.safetensors")), read


@contextmanager
def _small_parts() -> Iterator[None]:
    before, keeper.PART = keeper.PART, 1000
    try:
        yield
    finally:
        keeper.PART = before


def check(kind: str, count: int, seed: int = 0) -> dict[str, int]:
    """Damage files so often; how many reads were refused, and how many gave what was written.

    Raises:
        SystemExit: when something else was read, another error was raised, or memory was taken.
    """
    draw, told = random.Random(seed), {"refused": 0, "as written": 0, "changed on purpose": 0}
    with tempfile.TemporaryDirectory() as place, _small_parts():
        files, read = {"models": models, "runs": runs}[kind](Path(place))
        wanted = {file: read(file) for file in files}
        whole = {file: file.read_bytes() for file in files}
        tracemalloc.start()
        for _ in range(count):
            file, mutation = draw.choice(files), draw.choice(_MUTATIONS)
            data = mutation(whole[file], draw)
            file.write_bytes(data)
            tracemalloc.reset_peak()
            try:
                found = read(file)
            except JangradError as error:
                plain = isinstance(error, (ModelFileError, CheckpointError))
                if not plain and mutation is not _respelled:
                    raise
                told["refused"] += 1
            else:
                same = repr(found) == repr(wanted[file])
                if not same and mutation is not _respelled:
                    raise SystemExit(f"{file.name}, {mutation.__name__}: something else was read")
                told["as written" if same else "changed on purpose"] += 1
            peak = tracemalloc.get_traced_memory()[1]
            if peak > _FLOOR + _EACH * len(data):
                raise SystemExit(f"{file.name}, {mutation.__name__}: {peak:,} bytes were taken")
            for each, data in whole.items():
                each.write_bytes(data)
        tracemalloc.stop()
    return told


def main() -> None:
    """Damage."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for kind in ("models", "runs"):
        print(f"{kind}: {check(kind, count)}", flush=True)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
