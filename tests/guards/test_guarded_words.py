"""What is read of objects by asking for their words, and of others in ways that name nothing."""

from __future__ import annotations

import contextlib
import importlib
import io
import pprint
import string
import sys
from enum import Enum
from typing import Any

import numpy as np
import pytest

from jangrad import MLP, fit, grad, jit


class Config:
    """Says its rate, and nothing else."""

    def __init__(self, rate: float = 2.0) -> None:
        self.rate = rate

    def __str__(self) -> str:
        return str(self.rate)

    __repr__ = __str__


class Said(Exception):
    """Keeps the words that it is given."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


config = Config()


def said_by_print(x: Any) -> Any:
    buffer = io.StringIO()
    print(config, file=buffer)
    return x * float(buffer.getvalue())


def said_to_another_stdout(x: Any) -> Any:
    with contextlib.redirect_stdout(io.StringIO()) as buffer:
        print(config)
    return x * float(buffer.getvalue())


def kept_in_a_list(x: Any) -> Any:
    out: list[float] = []
    out.append(float(str(config)))
    return x * out[0]


def kept_of_a_format(x: Any) -> Any:
    out: list[str] = []
    out.append(f"{config}")
    return x * float(out[0])


def kept_in_a_dict(x: Any) -> Any:
    out: dict[str, str] = {}
    out.update(rate=str(config))
    return x * float(out["rate"])


def kept_in_an_error(x: Any) -> Any:
    try:
        raise ValueError(str(config))
    except ValueError as error:
        return x * float(error.args[0])


def kept_in_an_error_of_ones_own(x: Any) -> Any:
    try:
        raise Said(str(config))
    except Said as error:
        return x * float(error.words)


WAYS = {
    "%s": lambda x: x * float("%s" % config),  # noqa: UP031
    "%r": lambda x: x * float("%r" % config),  # noqa: UP031
    "ascii": lambda x: x * float(ascii(config)),
    "format_map": lambda x: x * float("{a}".format_map({"a": config})),
    "Template": lambda x: x * float(string.Template("$a").substitute(a=config)),
    "Formatter": lambda x: x * float(string.Formatter().vformat("{0}", (config,), {})),
    "pprint": lambda x: x * float(pprint.pformat(config)),
    "print": said_by_print,
    "stdout": said_to_another_stdout,
    "append": kept_in_a_list,
    "an f-string": kept_of_a_format,
    "update": kept_in_a_dict,
    "args": kept_in_an_error,
    "own error": kept_in_an_error_of_ones_own,
}


@pytest.mark.parametrize("way", WAYS)
def test_words_of_an_object_are_read(way: str) -> None:
    """A number that only `__str__` or `__repr__` reads is guarded, whoever asks for the words."""
    f = WAYS[way]
    config.rate = 2.0
    compiled, slope = jit(f), jit(grad(f))
    assert (compiled(1.0), compiled.map([1.0])[0], slope(1.0)) == (2.0, 2.0, 2.0)
    config.rate = 3.0
    assert (compiled(1.0), compiled.map([1.0])[0], slope(1.0)) == (3.0, 3.0, 3.0)


def test_an_object_that_is_made_and_kept_reads_what_its_class_does() -> None:
    """`parts.append(type(self)())` calls `__init__`."""

    class Part:
        gain = 2.0

        def __init__(self) -> None:
            self.mine = settings.rate

        def copies(self) -> list[Any]:
            parts: list[Any] = []
            parts.append(type(self)())
            return parts

    settings = Config()
    part = Part()
    f = jit(lambda x: x * part.copies()[0].mine)
    assert f(1.0) == 2.0
    settings.rate = 3.0
    assert f(1.0) == 3.0


def test_words_in_a_loss_that_a_callback_changes() -> None:
    """Both engines learn the same."""

    def train(engine: str) -> list[float]:
        config.rate = 1.0

        def anneal(step: Any) -> None:
            config.rate *= 0.9

        def loss(outputs: Any, targets: Any) -> Any:
            return float("%s" % config) * sum(  # noqa: UP031
                (o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True)
            )

        net = MLP(1, [2, 1], "tanh", seed=0)
        return fit(
            *(net, [[1.0], [2.0]], [1.0, 2.0]),
            loss=loss,
            steps=12,
            callbacks=[anneal],
            engine=engine,
            progress=False,
        ).loss

    assert train("native") == pytest.approx(train("eager"), rel=1e-12)


def test_what_is_only_said_is_not_looked_at() -> None:
    """Words of an error that ends the call hold nothing, so that a dataclass costs no guards."""

    class Reader:
        array = np.arange(3.0)
        rate = 2.0

        def __repr__(self) -> str:
            return f"Reader({self.array})"

    reader = Reader()

    def f(x: Any) -> Any:
        if reader.rate < 0.0:
            raise ValueError(f"{reader!r} cannot be used")
        return x * reader.rate

    from jangrad.guards import look

    assert not any(place.kind == "array" for place in look([(f, "f")])._places)


def test_a_module_that_is_imported_by_a_name_in_a_variable(tmp_path: Any, monkeypatch: Any) -> None:
    """Its numbers are guarded too."""
    (tmp_path / "some_settings.py").write_text("rate = 2.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("some_settings")
    name = "some_settings"
    f = jit(lambda x: x * importlib.import_module(name).rate)
    assert f(1.0) == 2.0
    module.rate = 3.0  # type: ignore[attr-defined]
    assert f(1.0) == 3.0
    del sys.modules["some_settings"]


unit = np.timedelta64(1, "s")


def test_a_time_of_another_unit_is_another_number(monkeypatch: Any) -> None:
    """A second is no minute, though both are one of their unit."""
    f = jit(lambda x: x * float(unit / np.timedelta64(1, "s")))
    assert f(1.0) == 1.0
    monkeypatch.setattr(sys.modules[__name__], "unit", np.timedelta64(1, "m"))
    assert f(1.0) == 60.0


class Feature:
    weight = 2.0


class Kind(Enum):
    A = [2.0]  # noqa: RUF012


def test_keys_that_are_objects_are_read() -> None:
    """What a key of a dict among the arguments holds is guarded, as other objects are."""
    key = Feature()
    f = jit(lambda d: sum(key.weight * v for key, v in d.items()))
    assert f({key: 1.0}) == 2.0
    key.weight = 3.0
    assert f({key: 1.0}) == 3.0
    g = jit(lambda d: sum(key.value[0] * v for key, v in d.items()))
    assert g({Kind.A: 1.0}) == 2.0
    Kind.A.value[0] = 3.0
    assert g({Kind.A: 1.0}) == 3.0
