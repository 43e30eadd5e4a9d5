"""The program after every pass, as callers get it: text, whose passes open in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PRE = "margin:.3em 0 1em;max-height:30em;overflow:auto;font-size:12px;line-height:1.35"

#: Lines that are left out, most of them because nothing has changed there.
_SAME = re.compile(r"(?m)^(as before|\.\.\. .*)$")


class StagesText(str):
    """The programs of some shapes, each after every pass.

    Args:
        programs: for each the shape of its arguments, and what `Passes.as_text` gives.
    """

    programs: list[tuple[str, str]]

    def __new__(cls, programs: Iterable[tuple[str, str]]) -> StagesText:
        programs = list(programs)
        made = super().__new__(cls, "\n\n".join(f"{shape}\n\n{told}" for shape, told in programs))
        made.programs = programs
        return made

    def _repr_html_(self) -> str:
        from html import escape  # takes a millisecond to import

        parts = []
        for shape, told in self.programs:
            parts.append(f"<p><code>{escape(shape)}</code></p>")
            for stage in re.split(r"(?m)^== ", told)[1:]:
                head, _, body = stage.partition("\n\n")
                name, _, meaning = head.partition(": ")
                code = _SAME.sub(r'<span style="opacity:.6">\1</span>', escape(body))
                parts.append(
                    f"<details><summary><b>{name}</b>: {escape(meaning)}</summary>"
                    f'<pre style="{_PRE}">{code.rstrip()}</pre></details>'
                )
        return "".join(parts)
