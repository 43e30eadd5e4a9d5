"""Check the built site: every link to a page, a heading or a file leads there; nothing is fetched.

python tools/check_site.py build/site

A link to somewhere else on the internet is only followed by a reader, and not looked at here:
`sphinx-build -b linkcheck` asks for these.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: What a browser loads by itself, by the attribute that says from where.
LOADED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}
#: Links that say something about the page, and load nothing.
TELLING = {"canonical", "index", "search", "next", "prev", "author", "copyright"}


class _Page(HTMLParser):
    """The places in a page that a link can lead to, its links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attributes if value is not None}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif LOADED.get(tag, "") in given and given.get("rel") not in TELLING:
            self.loads.append(given[LOADED[tag]])


@cache
def _read(file: Path) -> _Page:
    return _Page(file.read_text(encoding="utf-8"))


def faults(site: Path) -> Iterator[str]:
    """What is lost, or fetched from elsewhere, in the pages of a folder."""
    for file in sorted(site.rglob("*.html")):
        where, page = file.relative_to(site), _read(file)
        for address in page.loads:
            if urlsplit(address).scheme not in {"", "data"} or address.startswith("//"):
                yield f"{where} loads {address}"
        for address in page.links + page.loads:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.is_file():
                yield f"{where} leads to {address}, which is not there"
            elif parts.fragment and target.suffix == ".html":
                place = unquote(parts.fragment)
                if place not in _read(target).places and not _is_live(target, site):
                    yield f"{where} leads to {address}, which has no such place"


def _is_live(file: Path, site: Path) -> bool:
    """Whether it is a live page, which reads what stands behind the # itself."""
    return file.is_relative_to((site / "live").resolve())


def main() -> None:
    """Say what is wrong."""
    found = list(faults(Path(sys.argv[1])))
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
