"""The loops over training steps: the rate of each, its rows or arguments, and what came of it.

Each step leaves three numbers: its loss, the length of its gradient, and whether any gradient has
reached one of the parameters that are watched (1) or none has (0).
"""

from __future__ import annotations

from jangrad.compiler.lanes import Number
from jangrad.compiler.writer import Target, Writer

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


def steps(outside: dict[str, int], target: Target, chunk: int) -> str:
    """`steps(buffers, arena, chunks, count, rates, results, watched, watching, data, order,
    weights)`.

    Before each step it writes the step's rate and number to buffer S; afterwards it copies the loss
    and the gradient's length from R to the results. Unless `data` is null it first gathers the rows
    of the step: `order` has chunks * chunk row numbers a step, `weights` as many numbers, which
    become the last input of each row. `watched` are the numbers of `watching` parameters.
    """
    number = target.number
    names = list(outside)
    width = outside["X"]
    w = Writer()

    def buffer(name: str) -> str:
        slot = w(f"getelementptr ptr, ptr %buffers, i64 {names.index(name)}")
        return w(f"load ptr, ptr {slot}")

    def at(base: str, index: str | int, kind: str = number) -> str:
        return w(f"getelementptr {kind}, ptr {base}, i64 {index}")

    x, s, r, g = (buffer(name) for name in "XSRG")
    turned = buffer("XT") if "XT" in names else ""
    rows = w(f"mul i64 %chunks, {chunk}")
    gathers = w("icmp ne ptr %data, null")

    def step(k: str, _: list[str]) -> list[str]:
        first = w(f"mul i64 {k}, {rows}")

        def of_chunk(c: str, _: list[str]) -> list[str]:
            base = w(f"mul i64 {c}, {width * chunk}")

            def of_row(i: str, _: list[str]) -> list[str]:
                row = w(f"add i64 {w(f'add i64 {first}, {i}')}, {w(f'mul i64 {c}, {chunk}')}")
                which = w(f"load i64, ptr {at('%order', row, 'i64')}")
                source = at("%data", w(f"mul i64 {which}, {width - 1}"))
                to = at(x, w(f"add i64 {base}, {i}"))
                whole = (
                    at(turned, w(f"add i64 {base}, {w(f'mul i64 {i}, {width}')}")) if turned else ""
                )

                def copy(j: str, _: list[str]) -> list[str]:
                    one = w(f"load {number}, ptr {at(source, j)}")
                    w.do(f"store {number} {one}, ptr {at(to, w(f'mul i64 {j}, {chunk}'))}")
                    if turned:
                        w.do(f"store {number} {one}, ptr {at(whole, j)}")
                    return []

                if width > 1:
                    w.loop(0, width - 1, 1, [], copy)
                weight = w(f"load {number}, ptr {at('%weights', row)}")
                w.do(f"store {number} {weight}, ptr {at(to, (width - 1) * chunk)}")
                return []

            w.loop(0, chunk, 1, [], of_row)
            return []

        w.do(f"br i1 {gathers}, label %gather, label %ready")
        w.lines.append("gather:")
        w.block = "%gather"
        w.loop(0, "%chunks", 1, [], of_chunk)
        w.do("br label %ready")
        w.lines.append("ready:")
        w.block = "%ready"
        _step(w, number, k, s, r, g, "call void @run(ptr %buffers, ptr %arena, i64 %chunks)")
        return []

    w.loop(0, "%count", 1, [], step)
    head = (
        "define void @steps(ptr %buffers, ptr %arena, i64 %chunks, i64 %count, ptr %rates,"
        " ptr %results, ptr %watched, i64 %watching, ptr %data, ptr %order, ptr %weights) #0 {"
    )
    return "\n".join([_REACHED.format(number=number), head, "entry:", *w.lines, "  ret void", "}"])


def dispatch(number: Number) -> str:
    """A module whose `dispatch` makes steps of many shapes; it is the same for all programs.

    `dispatch(programs, count, which, offsets, data, rates, results, s, r, g, watched, watching)`:
    step k runs program `which[k]` on the numbers at `data[offsets[k]]`. A program is five words:
    its `run`, its buffers, its arena, its buffer X, and how many numbers X takes.
    """
    w = Writer()

    def at(base: str, index: str | int, kind: str = number) -> str:
        return w(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def step(k: str, _: list[str]) -> list[str]:
        which = w(f"load i64, ptr {at('%which', k, 'i64')}")
        program = at("%programs", w(f"mul i64 {which}, 5"), "i64")
        run, buffers, arena, x = (w(f"load ptr, ptr {at(program, j, 'i64')}") for j in range(4))
        width = w(f"load i64, ptr {at(program, 4, 'i64')}")
        source = at("%data", w(f"load i64, ptr {at('%offsets', k, 'i64')}"))

        def copy(j: str, _: list[str]) -> list[str]:
            w.do(f"store {number} {w(f'load {number}, ptr {at(source, j)}')}, ptr {at(x, j)}")
            return []

        w.loop(0, width, 1, [], copy)
        _step(w, number, k, "%s", "%r", "%g", f"call void {run}(ptr {buffers}, ptr {arena}, i64 1)")
        return []

    w.loop(0, "%count", 1, [], step)
    head = (
        "define void @dispatch(ptr %programs, i64 %count, ptr %which, ptr %offsets, ptr %data,"
        " ptr %rates, ptr %results, ptr %s, ptr %r, ptr %g, ptr %watched, i64 %watching) {"
    )
    return "\n".join([_REACHED.format(number=number), head, "entry:", *w.lines, "  ret void", "}"])


def _step(w: Writer, number: str, k: str, s: str, r: str, g: str, call: str) -> None:
    """Tell the rate and the number of step k, make it, and keep what it left."""

    def at(base: str, index: str | int) -> str:
        return w(f"getelementptr {number}, ptr {base}, i64 {index}")

    rate = w(f"load {number}, ptr {at('%rates', k)}")
    w.do(f"store {number} {rate}, ptr {s}")
    made = at(s, 1)
    before = w(f"load {number}, ptr {made}")
    w.do(f"store {number} {w(f'fadd {number} {before}, 1.0')}, ptr {made}")
    w.do(call)
    result = at("%results", w(f"mul i64 {k}, {RESULTS}"))
    w.do(f"store {number} {w(f'load {number}, ptr {r}')}, ptr {result}")
    w.do(f"store {number} {w(f'load {number}, ptr {at(r, 1)}')}, ptr {at(result, 1)}")
    reached = w(f"call i1 @reached(ptr {g}, ptr %watched, i64 %watching)")
    w.do(f"store {number} {w(f'uitofp i1 {reached} to {number}')}, ptr {at(result, 2)}")
