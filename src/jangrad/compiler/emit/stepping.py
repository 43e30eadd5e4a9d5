"""The loops over training steps: the rate of each, its rows or arguments, and what came of it.

Each step leaves three numbers: its loss, the length of its gradient, and whether any gradient has
reached one of the parameters that are watched (1) or none has (0).
"""

from __future__ import annotations

from jangrad.compiler.dtype import Number
from jangrad.compiler.emit.writer import Writer, transposed
from jangrad.compiler.loops.target import Target
from jangrad.compiler.program.buffers import INPUTS_OF_ROWS, WHOLE_INPUTS, Buffer
from jangrad.compiler.vector_functions import Lanes

#: What one step leaves.
RESULTS = 3

_REACHED = """
define internal i1 @reached(ptr %g, ptr %watched, i64 %count) {{
entry:
  br label %scan
scan:
  %i = phi i64 [0, %entry], [%next, %more]
  %left = icmp ult i64 %i, %count
  br i1 %left, label %look, label %done
look:
  %w.at = getelementptr i64, ptr %watched, i64 %i
  %w = load i64, ptr %w.at
  %g.at = getelementptr {number}, ptr %g, i64 %w
  %slope = load {number}, ptr %g.at
  %some = fcmp une {number} %slope, 0.0
  br i1 %some, label %done, label %more
more:
  %next = add i64 %i, 1
  br label %scan
done:
  ret i1 %left
}}
"""


def steps(
    pointers: list[str], once: list[str], outside: dict[Buffer, int], target: Target, chunk: int
) -> str:
    """`steps(buffers, arena, most, count, rates, results, watched, watching, data, order, weights,
    filled)`.

    Before each step it writes the step's rate and number to buffer S; afterwards it copies the loss
    and the gradient's length from R to the results. Unless `data` is null it first gathers the rows
    of the step: `order` has most * chunk row numbers a step, `weights` as many numbers, which
    become the last input of each row. Of these `filled` says how many chunks a step has, of which a
    batch that is short needs fewer. `watched` are the numbers of `watching` parameters.

    Args:
        pointers: the instructions that find the buffers.
        once: those of one step.
        outside: the buffers outside, and how many numbers (a row) they hold.
        target, chunk: the machine, and how many rows a chunk has.
    """
    w = Writer()
    w.lines += pointers
    gathers = WHOLE_INPUTS in outside
    if gathers:
        gather = _Gather(w, target, chunk, outside[INPUTS_OF_ROWS])
        wanted = w("icmp ne ptr %data, null")
    with w.loop(0, "%count") as (k, _):
        w.do(f"%chunks = load i64, ptr {w.at('i64', '%filled', k)}")
        if gathers:
            w.do(f"br i1 {wanted}, label %gather, label %ready")
            w.start("gather")
            gather.rows_of(k)
            w.do("br label %ready")
            w.start("ready")
        _step(w, target.number, k, "%S", "%R", "%G", once)
    head = (
        "define void @steps(ptr %buffers, ptr %arena, i64 %most, i64 %count, ptr %rates,"
        " ptr %results, ptr %watched, i64 %watching, ptr %data, ptr %order, ptr %weights,"
        " ptr %filled) #0 {"
    )
    reached = _REACHED.format(number=target.number)
    return "\n".join([reached, head, "entry:", *w.lines, "  ret void", "}"])


def transpose(width: int, target: Target, chunk: int) -> str:
    """`transpose(rows, x, chunks)`: copies whole rows, each number beside those of the chunk.

    Args:
        width: how many numbers a row has.
        target, chunk: the machine, and how many rows a chunk has.
    """
    w = Writer()
    mover = _Mover(w, target, chunk)
    full = width // target.lanes * target.lanes
    if width:
        with w.loop(0, "%chunks") as (c, _):
            base = w(f"mul i64 {c}, {width * chunk}")
            rows, x = mover.at("%rows", base), mover.at("%x", base)
            with w.loop(0, chunk, target.lanes) as (i, _):
                source, to = mover.at(rows, w(f"mul i64 {i}, {width}")), mover.at(x, i)
                mover.transpose(source, width, to, full)
                for j in range(full, width):
                    for n in range(target.lanes):
                        one = mover.load(target.number, source, n * width + j)
                        mover.store(target.number, one, to, j * chunk + n)
    head = "define void @transpose(ptr %rows, ptr %x, i64 %chunks) #0 {"
    return "\n".join([head, "entry:", *w.lines, "  ret void", "}"])


class _Mover:
    """Copies numbers of rows.

    Args:
        w: writes the instructions.
        target: the machine.
        chunk: how many rows a chunk has, a multiple of the vector's length.
    """

    def __init__(self, w: Writer, target: Target, chunk: int) -> None:
        self.w, self.target, self.chunk = w, target, chunk
        self.m = Lanes(w, target.number, target.lanes)

    def transpose(self, source: str, width: int, to: str, full: int) -> None:
        """As many rows as a vector has numbers: their first `full` ones, in whole vectors.

        Args:
            source: where the first row begins; from row to row are `width` numbers.
            to: where the first number goes, beside those of the other rows of the chunk.
        """
        w, lanes, kind = self.w, self.target.lanes, self.m.type
        if not full:
            return
        with w.loop(0, full, lanes) as (j, _):
            at = self.at(source, j)
            rows = [self.load(kind, at, n * width) for n in range(lanes)]
            at = self.at(to, w(f"mul i64 {j}, {self.chunk}"))
            for n, column in enumerate(transposed(w, self.m, rows)):
                self.store(kind, column, at, n * self.chunk)

    def at(self, base: str, index: str | int) -> str:
        return self.w.at(self.target.number, base, index)

    def load(self, kind: str, base: str, index: str | int) -> str:
        return self.w(f"load {kind}, ptr {self.at(base, index)}, align {self.target.bytes_each}")

    def store(self, kind: str, number: str, base: str, index: str | int) -> None:
        at = self.at(base, index)
        self.w.do(f"store {kind} {number}, ptr {at}, align {self.target.bytes_each}")


class _Gather(_Mover):
    """Copies the rows of a batch: whole to XT, and transposed, chunk by chunk, to X.

    Args:
        w, target, chunk: as for `_Mover`.
        width: how many numbers a row has, its weight included.
    """

    def __init__(self, w: Writer, target: Target, chunk: int, width: int) -> None:
        super().__init__(w, target, chunk)
        self.width = width

    def rows_of(self, k: str) -> None:
        """Write the loop over the chunks of step k."""
        w, chunk = self.w, self.chunk
        first = w(f"mul i64 {k}, {w(f'mul i64 %most, {chunk}')}")
        with w.loop(0, "%chunks") as (c, _):
            row = w(f"add i64 {first}, {w(f'mul i64 {c}, {chunk}')}")
            base = w(f"mul i64 {c}, {self.width * chunk}")
            x, xt = self.at("%X", base), self.at("%XT", base)
            with w.loop(0, chunk) as (i, _):
                self._copy_row(i, row, x, xt)
            with w.loop(0, chunk, self.target.lanes) as (i, _):
                self._transpose(i, row, x, xt)

    @property
    def _full(self) -> int:
        """How many numbers of a row are in whole vectors; the weight is in none."""
        return (self.width - 1) // self.target.lanes * self.target.lanes

    def _copy_row(self, i: str, row: str, x: str, xt: str) -> None:
        w = self.w
        which = w(f"load i64, ptr {w.at('i64', '%order', w(f'add i64 {row}, {i}'))}")
        source = self.at("%data", w(f"mul i64 {which}, {self.width - 1}"))
        to = self.at(xt, w(f"mul i64 {i}, {self.width}"))
        if self._full:
            with w.loop(0, self._full, self.target.lanes) as (j, _):
                self.store(self.m.type, self.load(self.m.type, source, j), to, j)
        number = self.target.number
        for n in range(self._full, self.width - 1):
            one = self.load(number, source, n)
            self.store(number, one, to, n)
            self.store(number, one, self.at(x, i), n * self.chunk)

    def _transpose(self, i: str, row: str, x: str, xt: str) -> None:
        """As many rows as a vector has numbers, whole vectors of theirs, and their weights."""
        source, to = self.at(xt, self.w(f"mul i64 {i}, {self.width}")), self.at(x, i)
        self.transpose(source, self.width, to, self._full)
        weights = self.load(self.m.type, "%weights", self.w(f"add i64 {row}, {i}"))
        self.store(self.m.type, weights, to, (self.width - 1) * self.chunk)


def dispatch(number: Number) -> str:
    """A module whose `dispatch` makes steps of many shapes; it is the same for all programs.

    `dispatch(programs, count, which, offsets, data, rates, results, s, r, g, watched, watching)`:
    step k runs program `which[k]` on the numbers at `data[offsets[k]]`. A program is five words:
    its `run`, its buffers, its arena, its buffer X, and how many numbers X takes.
    """
    w = Writer()
    with w.loop(0, "%count") as (k, _):
        which = w(f"load i64, ptr {w.at('i64', '%which', k)}")
        program = w.at("i64", "%programs", w(f"mul i64 {which}, 5"))
        run, buffers, arena, x = (w(f"load ptr, ptr {w.at('i64', program, j)}") for j in range(4))
        width = w(f"load i64, ptr {w.at('i64', program, 4)}")
        source = w.at(number, "%data", w(f"load i64, ptr {w.at('i64', '%offsets', k)}"))
        with w.loop(0, width) as (i, _):
            one = w(f"load {number}, ptr {w.at(number, source, i)}")
            w.do(f"store {number} {one}, ptr {w.at(number, x, i)}")
        call = f"  call void {run}(ptr {buffers}, ptr {arena}, i64 1)"
        _step(w, number, k, "%s", "%r", "%g", [call])
    head = (
        "define void @dispatch(ptr %programs, i64 %count, ptr %which, ptr %offsets, ptr %data,"
        " ptr %rates, ptr %results, ptr %s, ptr %r, ptr %g, ptr %watched, i64 %watching) {"
    )
    return "\n".join([_REACHED.format(number=number), head, "entry:", *w.lines, "  ret void", "}"])


def _step(w: Writer, number: str, k: str, s: str, r: str, g: str, once: list[str]) -> None:
    """Tell the rate and the number of step k, make it, and keep what it left."""

    def at(base: str, index: str | int) -> str:
        return w(f"getelementptr {number}, ptr {base}, i64 {index}")

    rate = w(f"load {number}, ptr {at('%rates', k)}")
    w.do(f"store {number} {rate}, ptr {s}")
    made = at(s, 1)
    before = w(f"load {number}, ptr {made}")
    w.do(f"store {number} {w(f'fadd {number} {before}, 1.0')}, ptr {made}")
    w.lines += once
    w.do("br label %made")
    w.start("made")
    result = at("%results", w(f"mul i64 {k}, {RESULTS}"))
    w.do(f"store {number} {w(f'load {number}, ptr {r}')}, ptr {result}")
    w.do(f"store {number} {w(f'load {number}, ptr {at(r, 1)}')}, ptr {at(result, 1)}")
    w.do(f"br i1 {w('icmp eq i64 %watching, 0')}, label %kept, label %watch")
    w.start("watch")
    reached = w(f"call i1 @reached(ptr {g}, ptr %watched, i64 %watching)")
    w.do("br label %kept")
    w.start("kept")
    found = w(f"phi i1 [false, %made], [{reached}, %watch]")
    w.do(f"store {number} {w(f'uitofp i1 {found} to {number}')}, ptr {at(result, 2)}")
