"""The program in a process of its own, as a person starts it."""

import os
import subprocess
import sys

RUN = "from jangrad.interfaces.cli import main; main()"


def jangrad(*arguments, cwd=None, text=True, **environment):
    """Run it to its end."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *map(str, arguments)],
        capture_output=True,
        text=text,
        cwd=cwd,
        timeout=120,
        env={**os.environ, **environment},
    )
