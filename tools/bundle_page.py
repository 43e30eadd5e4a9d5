"""Bundle the stepper's modules, `src/jangrad/show/assets/*.mjs`, into `stepper.js` beside them.

    python tools/bundle_page.py          write it anew by esbuild, which npx fetches (Node.js)
    python tools/bundle_page.py --check  exit with 1 when esbuild makes another one of the modules

Pages hold the bundle, tests run the modules. Its first line has the digest of what it was made of,
by which the tests tell without esbuild that it is stale.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "src" / "jangrad" / "show" / "assets"
BUNDLE = ASSETS / "stepper.js"
ESBUILD = "esbuild@0.28.2"
OPTIONS = ("--bundle", "--minify", "--format=iife", "--charset=utf8", "--target=es2022")


def heading() -> str:
    """The first line of what is made of the modules as they are now."""
    made_of = sha256(" ".join([ESBUILD, *OPTIONS]).encode())
    for path in sorted(ASSETS.glob("*.mjs")):
        made_of.update(f"{path.name}\n{path.read_text(encoding='utf-8')}".encode())
    return f"// show/assets/*.mjs by {ESBUILD}, of {made_of.hexdigest()[:16]}\n"


def bundle() -> str:
    """The text of `stepper.js`; in lines, so that changes of it can be merged."""
    entry = str(ASSETS / "controls.mjs")
    command = ["npx", "--yes", ESBUILD, entry, *OPTIONS, "--line-limit=120", "--log-level=warning"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return heading() + done.stdout.decode("utf-8")


def main() -> int:
    made = bundle()
    if "--check" in sys.argv:
        stale = not BUNDLE.exists() or BUNDLE.read_text(encoding="utf-8") != made
        print(f"{BUNDLE.name} is stale" if stale else "")
        return int(stale)
    BUNDLE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
