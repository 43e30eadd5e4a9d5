"""A differential fuzzer: random programs with Python around them, done in every way there is.

    python -m tools.fuzz                        200 stories of each kind
    python -m tools.fuzz closures draws -n 2000 --seed 7
    python -m tools.fuzz closures --show 7:153  the story of one seed, and what each way made of it

A story is done in Python first; each other way has to give the same numbers, or refuse with an
error of jangrad's. A difference is printed with the seed that makes it again. The exit status is 1
if there was any.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time

from tools.fuzz.kinds import KINDS
from tools.fuzz.telling import faults, faults_side_by_side, tell, text_of, told_again, ways_for
from tools.fuzz.ways import Way


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.fuzz", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "kinds", nargs="*", choices=[*KINDS, []], help="which; all if none is named"
    )
    parser.add_argument("-n", type=int, default=200, help="stories of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", help="SEED:NUMBER of one story")
    parser.add_argument("--most", type=int, default=5, help="faults of a kind that are printed")
    options = parser.parse_args()
    kinds = options.kinds or list(KINDS)
    if options.show:
        for kind in kinds:
            show(kind, options.show)
        return 0
    failed = 0
    for kind in kinds:
        start, wrong, refusals = time.perf_counter(), 0, 0
        names = [f"{options.seed}:{i}" for i in range(options.n)]
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            again = fresh.imap(told_again, [(kind, name) for name in names[::10]])
            for i, name in enumerate(names):
                text = text_of(kind, name)
                found, refused = faults(text, ways_for(kind, text))
                if i % 10 == 0:
                    found += again.next(timeout=120.0)
                if i % 10 == 5 and kind != "draws":  # `random` has one state for all threads
                    found += faults_side_by_side(text)
                refusals += refused
                wrong += bool(found)
                if found and wrong <= options.most:
                    print(f"\n--- {kind} --show {name}\n{text}")
                    print("\n".join(found), flush=True)
        failed += wrong
        seconds = time.perf_counter() - start
        counts = f"{options.n:6} stories {wrong:4} wrong {refusals:5} refused"
        print(f"{kind:12} {counts} {seconds:6.0f} s", flush=True)
    return 1 if failed else 0


def show(kind: str, name: str) -> None:
    """One story, and what each way made of it."""
    text = text_of(kind, name)
    print(text)
    for way in (Way, *ways_for(kind, text)):
        print(f"\n{way.name}")
        told = way()
        try:
            tell(text, told)
        except Exception as error:
            print(f"  ended: {type(error).__name__}: {error}")
        for seen in told.seen:
            print(" ", (seen.error and f"{seen.error}: {seen.message}") or seen.numbers)


if __name__ == "__main__":
    sys.exit(main())
