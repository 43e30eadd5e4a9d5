"""What objects hold, read by functions of one argument, which guards call again.

Those with which threads and processes wait for each other have many attributes that change all the
time; what a function can ask them for is all that counts.
"""

from __future__ import annotations

import gc
import struct
import types
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any

from jangrad.guards.packages import labelled, tensor
from jangrad.record import Record

#: Stands for what is not there.
ABSENT = type("Absent", (), {"__repr__": lambda self: "nothing"})()
#: Stands for an entry that is not looked at.
UNREAD = type("Unread", (), {})()


class Observer(Record):
    """How to look at objects of a class.

    Attributes:
        read: what an object holds.
        asked: names of which one is read by whoever can find it out; all may be when left out.
        whole: whether that is all, and it has no attributes beside.
    """

    read: Callable[[Any], Any]
    asked: frozenset[str] = frozenset()
    whole: bool = False


def observer_of(kind: type) -> Observer | None:
    """How to look at objects of the class, or of one that it derives from."""
    for part in kind.__mro__:
        found = _OBSERVERS.get(f"{getattr(part, '__module__', '')}.{part.__qualname__}")
        if found is not None:  # what is closed holds nothing
            return found._replace(read=partial(read_or_absent, found.read))
    return None


def _suspended(found: Any) -> tuple[Any, ...]:
    """Where a generator or a coroutine waits, and its variables there."""
    kind = next(kind for kind in ("gi", "cr", "ag") if hasattr(found, f"{kind}_frame"))
    frame = getattr(found, f"{kind}_frame")
    if frame is None:
        return ()
    waits_for = getattr(found, {"gi": "gi_yieldfrom"}.get(kind, f"{kind}_await"))
    held = frame.f_locals
    return frame.f_lasti, waits_for, *held, *held.values()


_POINTER = struct.calcsize("P")
_QUEUED = frozenset({"get", "get_nowait", "queue", "qsize", "empty", "full"})
_SUSPENDED = frozenset(
    f"{kind}_{part}"
    for kind in ("gi", "cr", "ag")
    for part in ("frame", "running", "suspended", "yieldfrom", "await")
) | {
    f"get{kind}{part}"  # of `inspect`
    for kind in ("generator", "coroutine", "asyncgen")
    for part in ("state", "locals")
}
# By name, for few programs import them all.
_OBSERVERS = {
    "threading.Event": Observer(methodcaller("is_set")),
    "multiprocessing.synchronize.Event": Observer(methodcaller("is_set")),
    "threading.Thread": Observer(
        lambda thread: (thread.name, thread.ident, thread.daemon, thread.is_alive()),
        frozenset({"name", "ident", "daemon", "is_alive"}),
    ),
    "queue.Queue": Observer(lambda queue: tuple(queue.queue), _QUEUED),
    "_queue.SimpleQueue": Observer(methodcaller("qsize"), _QUEUED),
    "concurrent.futures._base.Future": Observer(attrgetter("_state", "_result", "_exception")),
    "logging.Logger": Observer(
        lambda x: (x.name, x.disabled, x.getEffectiveLevel(), x.manager.disable)
    ),
    "multiprocessing.sharedctypes.SynchronizedBase": Observer(lambda held: bytes(held.get_obj())),
    "multiprocessing.shared_memory.SharedMemory": Observer(lambda memory: bytes(memory.buf)),
    "multiprocessing.shared_memory.ShareableList": Observer(tuple),
    "_io.StringIO": Observer(lambda buffer: (buffer.getvalue(), buffer.tell())),
    "_io.BytesIO": Observer(lambda buffer: (buffer.getvalue(), buffer.tell())),
    "_ctypes._Pointer": Observer(lambda pointer: bytes(pointer.contents) if pointer else b""),
    # What the user assigns; what changes with each step no trace may read.
    "jangrad.train.optimizers.Optimizer": Observer(
        lambda x: (x.learning_rate, *x.options, *x.options.values())
    ),
    "builtins.generator": Observer(_suspended, _SUSPENDED),
    "builtins.coroutine": Observer(_suspended, _SUSPENDED),
    "builtins.async_generator": Observer(_suspended, _SUSPENDED),
    "torch.Tensor": Observer(tensor),
    "pandas.core.generic.NDFrame": Observer(labelled, whole=True),
    "pandas.Index": Observer(labelled, whole=True),
    "pandas.core.indexes.base.Index": Observer(labelled, whole=True),
    "pandas.api.extensions.ExtensionArray": Observer(labelled, whole=True),
    "pandas.core.arrays.base.ExtensionArray": Observer(labelled, whole=True),
    "pandas.api.extensions.ExtensionDtype": Observer(labelled, whole=True),
    "pandas.core.dtypes.base.ExtensionDtype": Observer(labelled, whole=True),
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
    try:
        return proxy.__reduce_ex__.__self__
    except ReferenceError:  # nothing any more
        return ABSENT


def all_in_context(context: Any) -> tuple[Any, ...]:
    return (*context, *context.values())


#: What a `defaultdict` calls for a key that is missing, whatever a class below it has in its place.
DEFAULT_FACTORY: Any = vars(defaultdict)["default_factory"]


def default_factory_of(found: Any) -> Any:
    return DEFAULT_FACTORY.__get__(found)


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


# The newest copy of each large array: programs for several shapes of arguments share it.
_LARGE = 4096
_newest: dict[int, tuple[weakref.ref[Any], Any]] = {}


def kept_contents_of(array: Any) -> tuple[bytes, tuple[int, ...], Any]:
    """`contents_of`, to be kept: the same object as before, where the numbers are the same."""
    found, place = contents_of(array), id(array)
    if array.nbytes < _LARGE:
        return found
    known = _newest.get(place)
    if known is not None and known[0]() is array and known[1] == found:
        return known[1]  # type: ignore[no-any-return]
    _newest[place] = weakref.ref(array, lambda gone: _forget(place, gone)), found
    return found


def _forget(place: int, gone: Any) -> None:
    if place in _newest and _newest[place][0] is gone:
        del _newest[place]


def listed(found: list[Any]) -> tuple[Any, ...]:
    return tuple(list.__iter__(found))


def subclasses_of(kind: type) -> tuple[type, ...]:
    return tuple(type.__subclasses__(kind))


def fields_of(array: Any) -> str:
    return repr(array.dtype)


def flags_of(array: Any) -> int:
    return int(array.flags.num)


def objects_in(array: Any) -> tuple[Any, ...]:
    return tuple(array.ravel().tolist())


def of_class(name: str, kind: type) -> Any:
    (entries,) = gc.get_referents(kind.__dict__)
    return entries.get(name, ABSENT)


def buffer_of(found: Any) -> bytes:
    """What it holds, whatever its class says of `bytes(found)`."""
    return memoryview(found).tobytes()


def has_buffer(found: Any) -> bool:
    try:
        memoryview(found)
    except TypeError:
        return False
    return True


def hides(kind: type) -> bool:
    """Whether objects of a class hold more than their slots and what lies in their `__dict__`.

    >>> from itertools import count
    >>> hides(count), hides(type("Own", (), {})), hides(type("Own", (), {"__slots__": ("k",)}))
    (True, False, False)
    """
    while kind is not object:
        below = kind.__base__ or object
        # Beside slots there is room for a dict and for weak references.
        slots = sum(isinstance(part, types.MemberDescriptorType) for part in vars(kind).values())
        if kind.__basicsize__ - below.__basicsize__ > _POINTER * (slots + 2):
            return True
        kind = below
    return False


def is_a(kind: type, kinds: Any) -> bool:
    """`issubclass`, of an abstract class too, which needs the hash of the class."""
    try:
        return issubclass(kind, kinds)
    except TypeError:
        return False
