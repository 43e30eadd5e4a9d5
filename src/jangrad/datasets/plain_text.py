"""Whether the lines of a file are so plain that two readers understand them alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SCANNED = 2**16  # bytes at once, so that they stay in a cache
_CODE = re.compile(rb'0\d+[ \t]*"?[ \t]*[,\r\n]')


class NotPlain(Exception):
    """A table has to be read with more care."""


def check_plain(text: memoryview) -> int:
    """How many lines there are, each of which is a row unless a cell holds its end.

    A bare carriage return ends a line too, for who parses it: then there are more rows.

    Args:
        text: whole lines; the last one may be without its end.

    Raises:
        NotPlain: there are quotes elsewhere than around cells, or beside bare carriage returns.
    """
    import numpy as np

    signs, count, quoted = np.frombuffer(text, np.uint8), 0, False
    for begin in range(0, len(text), _SCANNED):
        some = signs[begin : begin + _SCANNED]
        quoted = quoted or bool((some == ord('"')).any())
        count += int(np.count_nonzero(some == ord("\n")))
    if quoted:
        _check_quotes(signs)
    return count + (len(text) > 0 and signs[-1] != ord("\n"))


def _check_quotes(signs: NDArray[Any]) -> None:
    """That every second quote opens a cell, and the others close one or stand twice in it.

    Where one opens is known from their number alone, for pieces of a file are whole rows but where
    this is refused: an end of a line in quotes leaves an odd number of them before it.
    """
    import numpy as np

    quotes = np.flatnonzero(signs == ord('"'))
    if len(quotes) % 2:
        raise NotPlain
    ends = np.frombuffer(b"\n", np.uint8)
    signs = np.concatenate([ends, signs, ends])
    before, after = signs[quotes[::2]], signs[quotes[1::2] + 2]
    opens = (before == ord(",")) | (before == ord("\n")) | (before == ord('"'))
    closes = (after == ord(",")) | (after == ord("\n")) | (after == ord("\r"))
    bare = signs[np.flatnonzero(signs == ord("\r")) + 1] != ord("\n")
    if bare.any() or not (opens.all() and (closes | (after == ord('"'))).all()):
        raise NotPlain


def holds_code(text: memoryview) -> bool:
    """Whether a cell is a whole number behind a zero, or may be too small for a float.

    007 is a name and no amount; and 1e-400 is not 0.

    >>> [holds_code(memoryview(text)) for text in (b"1,07\\n", b"1,0.7\\n", b"1e-400,2\\n")]
    [True, False, True]
    """
    begin = 0
    while begin < len(text):
        some = bytes(text[begin : begin + _SCANNED])
        end = some.rfind(b"\n") + 1 or len(some)
        if begin + end < len(text) and end == len(some) and not some.endswith(b"\n"):
            return True  # a line so long that it is looked at with more care
        if _holds_code(b"\n" + some[:end] + b"\n"):
            return True
        begin += end
    return False


def _holds_code(text: bytes) -> bool:
    import numpy as np

    signs = np.frombuffer(text, dtype=np.uint8)
    digits = (signs - ord("0")) <= 9  # of unsigned bytes, which wrap
    codes = digits[2:] & (signs[1:-1] == ord("0"))
    signed = (signs == ord("+")) | (signs == ord("-"))
    begins = signs == ord("\n")
    for mark in b', \t"':
        begins |= signs == mark
    signed[1:] &= begins[:-1]  # the sign of a cell
    codes &= (begins | signed)[:-2]
    if any(_CODE.match(text, at + 1) for at in np.flatnonzero(codes).tolist()):
        return True
    if b"e-" not in text and b"E-" not in text:
        return False
    powers = np.flatnonzero((signs[:-4] | 32) == ord("e"))
    tiny = signs[powers + 1] == ord("-")
    for after in (2, 3, 4):
        tiny &= digits[powers + after]
    return bool(tiny.any())
