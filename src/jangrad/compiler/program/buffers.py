"""The arrays of a compiled program: what each of them holds."""

from __future__ import annotations

from functools import cache

from jangrad.record import Record

#: What a buffer holds, and the letter that its name begins with: in LLVM's text, and where the
#: caller finds its array.
_LETTERS = {
    "inputs": "X",  # what the function is given
    "whole inputs": "XT",  # the same, transposed: the numbers of a row side by side
    "outputs": "Y",  # what each row of the batch gives
    "results": "R",  # what the program gives once; of a training step its loss and gradient norm
    "parameters": "P",
    "gradients": "G",
    "state": "M",  # of an optimiser: one buffer for each number that it keeps a parameter
    "step": "S",  # the learning rate, and how many steps were made
    "options": "O",  # of an optimiser
    "copies": "C",  # of trainings beside each other: what a step renews, a row for each training
    "settings": "H",  # what tells these trainings apart
    "losses": "E",  # what each of them loses at a step
    "constants": "K",
    "scratch": "B",  # what a class computes, from kernel to kernel
    "irregular": "L",  # what is computed from tables, and what it reads
    "records": "T",  # these tables
    "arena": "arena",  # the memory in which scratch buffers lie
}


class Buffer(Record):
    """One array.

    Attributes:
        role: what it holds, a key of `_LETTERS`.
        number: which one of its role.
        per_row: whether each place holds a number for every row of the batch.
        part: 0, or 1 for what belongs to an update that runs behind the program.
        thread: whose it is, where each thread has one.
    """

    role: str
    number: int = -1
    per_row: bool = False
    part: int = 0
    thread: int = 0

    @property
    def name(self) -> str:
        """Its name in machine code, which tells it apart."""
        return _name(self)

    def of(self, thread: int) -> Buffer:
        """That of a thread, where each has its own: what is of its rows."""
        return self._replace(thread=thread) if self.per_row else self

    def __str__(self) -> str:
        return _name(self)


@cache
def _name(buffer: Buffer) -> str:
    letter = _LETTERS[buffer.role] + "'" * buffer.part
    if buffer.role == "scratch":
        letter = "BU"[buffer.part]
    which = "" if buffer.number < 0 else str(buffer.number)
    return f"{letter}{which}" + f".{buffer.thread}" * (buffer.thread > 0)


PARAMETERS, GRADIENTS = Buffer("parameters"), Buffer("gradients")
RESULTS, OUTPUTS = Buffer("results"), Buffer("outputs", per_row=True)
INPUTS, INPUTS_OF_ROWS = Buffer("inputs"), Buffer("inputs", per_row=True)
WHOLE_INPUTS = Buffer("whole inputs", per_row=True)
STEP, OPTIONS = Buffer("step"), Buffer("options")
SETTINGS, LOSSES = Buffer("settings", per_row=True), Buffer("losses", per_row=True)
ARENA = Buffer("arena")
