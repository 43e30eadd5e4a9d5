"""The types of `copies.py`, whose source carries none so that Cython may compile it unchanged."""

from typing import Any

from jangrad.engine import Value

def copied(v: Value) -> Value: ...
def reduced(v: Value) -> tuple[Any, ...]: ...
