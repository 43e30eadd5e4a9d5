"""Taking times on one pinned core that may be shared with others."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any


def pin() -> None:
    """Keep this process on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def best(run: Callable[[], Any], prepare: Callable[[], Any] = lambda: None) -> float:
    """The least seconds of processor time that `run` took, over about a second of rounds.

    Processor time, since a core that others use as well takes turns: what they run is not counted.
    """
    least, spent, rounds = float("inf"), 0.0, 0
    while rounds < 3 or (spent < 1.0 and rounds < 1000):
        prepare()
        start = time.process_time()
        run()
        took = time.process_time() - start
        least, spent, rounds = min(least, took), spent + took, rounds + 1
    return least


class NotInstalled(Exception):
    """A work needs a package that is not there."""


def in_a_process(file: str, *arguments: str, **environment: str) -> Any:
    """What `file --one arguments` prints as JSON, in a process of its own.

    Libraries read how many threads to start when they are imported: one, for there is one core.
    """
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(threads, "1"), **environment}
    command = [sys.executable, file, "--one", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    missing = re.search(r"No module named '(\w+)'", done.stderr)
    if missing and not done.stdout:  # a thread that dies does not make the process fail
        raise NotInstalled(missing[1])
    if done.returncode or not done.stdout:
        raise RuntimeError(f"{' '.join(arguments)}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])
