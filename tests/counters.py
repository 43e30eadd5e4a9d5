"""Functions that give another number at each call, by things of all kinds."""

import array
import contextvars
import functools
import itertools
import threading
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np


def counters():
    """The functions by what holds their numbers, all made anew."""

    class Row(list):
        pass

    class Slots:
        __slots__ = ("n",)

        def __setattr__(self, name, value):
            raise AttributeError("frozen")

    class Held:
        n = 0

    numbers = [1.0 + 0.1 * i for i in range(500)]
    table, row = numbers[::-1], Row(numbers[::-1])
    taken, unique, fewer = deque(numbers), set(), {*range(500)}
    made, ordered, counted = defaultdict(int), OrderedDict(n=0), Counter()
    raw, flat, objects = array.array("d", [0.0]), np.zeros(1), np.zeros(1, object)
    thread, variable = threading.local(), contextvars.ContextVar("n")
    empty = contextvars.ContextVar("n", default=0)
    variable.set(0)
    slots, iterator = Slots(), itertools.count()
    object.__setattr__(slots, "n", 0)

    def count(held, key):
        held[key] += 1
        return 1.0 + 0.1 * float(held[key])

    def of_set():
        unique.add(len(unique))
        return 1.0 + 0.1 * len(unique)

    def of_thread():
        thread.n = getattr(thread, "n", 0) + 1
        return thread.n

    def of_context(variable):
        variable.set(variable.get() + 1)
        return variable.get()

    def of_slots():
        object.__setattr__(slots, "n", slots.n + 1)
        return slots.n

    def of_class():
        Held.n += 1
        return Held.n

    def of_class_anew():
        Held.made = getattr(Held, "made", 0) + 1
        return Held.made

    def of_function():
        of_function.n = getattr(of_function, "n", 0) + 1
        return of_function.n

    @functools.lru_cache
    def kept():
        return []

    return {
        "list": table.pop,
        "subclass of list": row.pop,
        "deque": taken.popleft,
        "set": lambda: 1.0 + fewer.pop(),
        "growing set": of_set,
        "defaultdict": lambda: count(made, "n"),
        "OrderedDict": lambda: count(ordered, "n"),
        "Counter": lambda: count(counted, "n"),
        "array of Python's": lambda: count(raw, 0),
        "array": lambda: count(flat, 0),
        "array of objects": lambda: count(objects, 0),
        "thread": of_thread,
        "context": lambda: of_context(variable),
        "empty context": lambda: of_context(empty),
        "slots": of_slots,
        "class": of_class,
        "class without it": of_class_anew,
        "function": of_function,
        "cache": lambda: kept().append(1) or len(kept()),
        "iterator": lambda: next(iterator),
    }
