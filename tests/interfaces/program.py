"""The program in a process of its own, as a person starts it."""

import os
import subprocess
import sys

RUN = "from jangrad.interfaces.cli import main; main()"


def jangrad(*arguments, cwd=None, text=True, code=RUN, input=None, **environment):
    """Run it to its end; the code may change something before it does."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=text,
        input=input,
        cwd=cwd,
        timeout=120,
        env={**os.environ, **environment},
    )
