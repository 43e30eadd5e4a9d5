"""The loop over training steps: the rate of each, its rows gathered, and what came of it."""

from __future__ import annotations

from jangrad.compiler.writer import Target, Writer


def steps(outside: dict[str, int], target: Target, chunk: int) -> str:
    """`steps(buffers, arena, chunks, count, rates, results, data, order, weights)`.

    Before each step it writes the step's rate and number to buffer S; afterwards it copies the loss
    and the gradient's length from R to the results. Unless `data` is null it first gathers the rows
    of the step: `order` has chunks * chunk row numbers a step, `weights` as many numbers, which
    become the last input of each row.
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

    x, s, r = buffer("X"), buffer("S"), buffer("R")
    turned = buffer("XT") if "XT" in names else ""
    rows = w(f"mul i64 %chunks, {chunk}")
    second = at(s, 1)
    loss, norm = r, at(r, 1)
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
        rate = w(f"load {number}, ptr {at('%rates', k)}")
        w.do(f"store {number} {rate}, ptr {s}")
        made = w(f"fadd {number} {w(f'load {number}, ptr {second}')}, 1.0")
        w.do(f"store {number} {made}, ptr {second}")
        w.do("call void @run(ptr %buffers, ptr %arena, i64 %chunks)")
        result = at("%results", w(f"mul i64 {k}, 2"))
        w.do(f"store {number} {w(f'load {number}, ptr {loss}')}, ptr {result}")
        w.do(f"store {number} {w(f'load {number}, ptr {norm}')}, ptr {at(result, 1)}")
        return []

    w.loop(0, "%count", 1, [], step)
    head = (
        "define void @steps(ptr %buffers, ptr %arena, i64 %chunks, i64 %count, ptr %rates,"
        " ptr %results, ptr %data, ptr %order, ptr %weights) #0 {"
    )
    return "\n".join([head, "entry:", *w.lines, "  ret void", "}"])
