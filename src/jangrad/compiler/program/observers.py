"""What objects hold, read by functions of one argument, which guards call again.

Those with which threads and processes wait for each other have many attributes that change all the
time; what a function can ask them for is all that counts.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

#: Stands for what is not there.
ABSENT = type("Absent", (), {"__repr__": lambda self: "nothing"})()
#: Stands for an entry that is not looked at.
UNREAD = type("Unread", (), {})()


class Observer(NamedTuple):
    """How to look at objects of a class.

    Attributes:
        read: what an object holds.
        asked: names of which one is read by whoever can find it out; all may be when left out.
    """

    read: Callable[[Any], Any]
    asked: frozenset[str] = frozenset()


def observer_of(kind: type) -> Observer | None:
    """How to look at objects of the class, or of one that it derives from."""
    for part in kind.__mro__:
        found = _OBSERVERS.get(f"{getattr(part, '__module__', '')}.{part.__qualname__}")
        if found is not None:
            return found
    return None


def _is_set(event: Any) -> bool:
    return bool(event.is_set())


def _queued(queue: Any) -> tuple[Any, ...]:
    return tuple(queue.queue)


def _size(queue: Any) -> int:
    return int(queue.qsize())


def _result(future: Any) -> tuple[Any, ...]:
    return future._state, future._result, future._exception


def _levels(logger: Any) -> tuple[Any, ...]:
    return logger.name, logger.disabled, logger.getEffectiveLevel(), logger.manager.disable


def _shared(held: Any) -> bytes:
    return bytes(held.get_obj())


def _buffered(memory: Any) -> bytes:
    return bytes(memory.buf)


def _pointed_at(pointer: Any) -> bytes:
    return bytes(pointer.contents) if pointer else b""


def _options(optimizer: Any) -> tuple[Any, ...]:
    """What the user assigns; what changes with each step no trace may read."""
    return optimizer.learning_rate, *optimizer.options, *optimizer.options.values()


_QUEUED = frozenset({"get", "get_nowait", "queue", "qsize", "empty", "full"})
# By name, for few programs import them all.
_OBSERVERS = {
    "threading.Event": Observer(_is_set),
    "multiprocessing.synchronize.Event": Observer(_is_set),
    "queue.Queue": Observer(_queued, _QUEUED),
    "_queue.SimpleQueue": Observer(_size, _QUEUED),
    "concurrent.futures._base.Future": Observer(_result),
    "logging.Logger": Observer(_levels),
    "multiprocessing.sharedctypes.SynchronizedBase": Observer(_shared),
    "multiprocessing.shared_memory.SharedMemory": Observer(_buffered),
    "_ctypes._Pointer": Observer(_pointed_at),
    "jangrad.train.optimizers.Optimizer": Observer(_options),
}


def read_or_absent(read: Callable[[Any], Any], found: Any) -> Any:
    try:
        return read(found)
    except Exception:
        return ABSENT


def content(cell: Any) -> Any:
    return cell.cell_contents


def content_if_any(cell: Any) -> Any:
    return read_or_absent(content, cell)


def called(reference: Any) -> Any:
    return reference()


def behind(proxy: Any) -> Any:
    return proxy.__reduce_ex__.__self__


def attributes_and_values(found: Any) -> tuple[Any, ...]:
    return (*vars(found), *vars(found).values())


def in_context(variable: Any) -> Any:
    return variable.get(ABSENT)


def entries_of(found: dict[Any, Any]) -> tuple[Any, ...]:
    ordered = isinstance(found, OrderedDict)  # its order is not that of the dict below it
    keys = tuple(OrderedDict.__iter__(found) if ordered else dict.keys(found))
    return (*keys, *(dict.__getitem__(found, key) for key in keys))


def contents_of(array: Any) -> tuple[bytes, tuple[int, ...], Any]:
    """The numbers of an array of NumPy's, and what makes an array of them."""
    return array.tobytes(), array.shape, array.dtype


def listed(found: list[Any]) -> tuple[Any, ...]:
    return tuple(list.__iter__(found))


def objects_in(array: Any) -> tuple[Any, ...]:
    return tuple(array.ravel().tolist())


def numbers_in(found: Any) -> bytes:
    array = np.asarray(found.detach() if hasattr(found, "detach") else found)
    if array.dtype.hasobject:
        raise TypeError("no numbers")
    return array.tobytes()


def of_class(name: str, kind: type) -> Any:
    (entries,) = gc.get_referents(kind.__dict__)
    return entries.get(name, ABSENT)


def has_buffer(found: Any) -> bool:
    try:
        memoryview(found)
    except TypeError:
        return False
    return True
