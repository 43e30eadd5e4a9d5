"""Print `docs/reference/` from the docstrings: one page a package, as plain Markdown.

    python tools/generate_reference.py          rewrite the pages
    python tools/generate_reference.py --check  exit with 1 when they are stale

What is public is said in one place each: by `jangrad.__all__`, and by what the `__init__.py` of a
package imports under its own name (`from ... import MLP as MLP`). Each name stands on one page. The
examples are those of the docstrings, which `tests/test_doctests.py` runs.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import WrapperDescriptorType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"

if __name__ == "__main__":
    # The plain engine has the same docstrings, and no other signatures than its text.
    os.environ["JANGRAD_PURE"] = "1"
    sys.path.insert(0, str(ROOT / "src"))

import jangrad  # noqa: E402
from jangrad.foreign import Elsewhere  # noqa: E402


class Page(NamedTuple):
    """A page: its title, what it is about, and the modules whose public names stand on it."""

    title: str
    about: str
    modules: tuple[str, ...]


PAGES = {
    "value": Page(
        "Value",
        "The number that remembers how it was computed.",
        ("jangrad.engine", "jangrad.watching"),
    ),
    "functions": Page(
        "Functions of Values",
        "They take Values and plain numbers alike; of plain numbers alone they give plain floats.",
        ("jangrad.functions", "jangrad.lists", "jangrad.tables"),
    ),
    "derivatives": Page(
        "Derivatives",
        "Gradients that are Values themselves, and the check of a gradient by finite differences.",
        ("jangrad.derivatives", "jangrad.gradcheck"),
    ),
    "compiler": Page(
        "jangrad.compiler",
        "Functions of numbers as machine code; [Compiled functions](../compiler.md) is the guide.",
        ("jangrad.compiler",),
    ),
    "nn": Page("jangrad.nn", "Networks, losses and penalties.", ("jangrad.nn",)),
    "studies": Page(
        "jangrad.studies",
        "Trainings compared and looked back at; [Sweeps](../sweeps.md),"
        " [A race of learning rates](../race.md) and [The time machine](../time-machine.md) are the"
        " guides.",
        ("jangrad.studies", "jangrad.studies.sweep_verdict"),
    ),
    "train": Page(
        "jangrad.train",
        "Optimisers, schedules, and the loops; [Training](../training.md) is the guide.",
        ("jangrad.train", "jangrad.train.compiled.whole_step", "jangrad.train.compiled.row_step"),
    ),
    "show": Page(
        "jangrad.show",
        "Trees, words, pictures and plots; [Seeing](../seeing.md) is the guide.",
        ("jangrad.show",),
    ),
    "tabular": Page(
        "jangrad.tabular",
        "What `jangrad train` and `jangrad check` do; [The command line](../command-line.md) is the"
        " guide.",
        ("jangrad.tabular",),
    ),
    "explain": Page(
        "jangrad.explain",
        "Why a network answers as it does; [Explaining](../explaining.md) is the guide.",
        ("jangrad.explain",),
    ),
    "datasets": Page(
        "jangrad.datasets", "Toy problems and tables from files.", ("jangrad.datasets",)
    ),
    "export": Page(
        "jangrad.export",
        "Model files; [The command line](../command-line.md) writes the same ones.",
        ("jangrad.export",),
    ),
    "errors": Page(
        "jangrad.errors",
        "One class for each mistake; each also derives from the built-in that callers expect.",
        ("jangrad.errors",),
    ),
    "micrograd": Page(
        "jangrad.micrograd",
        "Drop-in names for code written for micrograd.",
        ("jangrad.micrograd.engine", "jangrad.micrograd.nn"),
    ),
}

#: Classes that users are given by these modules' functions, and do not make.
RETURNED = {
    "jangrad.compiler": ("Compiled",),
    "jangrad.explain": (
        *("Attributions", "ColumnPart", "Importances", "Importance"),
        *("Dependence", "CurvePoint"),
        *("Counterfactual", "Change", "Ablation", "Ablated", "Influences", "Influence"),
    ),
    "jangrad.gradcheck": ("Checked", "Report"),
    "jangrad.studies.sweep_verdict": ("SweepVerdict",),
    "jangrad.tables": ("ValueTable",),
    "jangrad.train.compiled.whole_step": ("CompiledStep", "Packed"),
    "jangrad.train.compiled.row_step": ("CompiledRowStep", "PackedRows"),
}

#: Methods by which Python calls an object; they are public where they have a docstring.
SPECIAL = ("__call__", "__getitem__")


class Entry:
    """A public name, with what belongs to it.

    Attributes:
        name: as users write it on its page: `MLP`, `MLP.config`.
        thing: the object; of a class's method the function behind it.
        module: where it is looked up.
        inside: whether it belongs to a class.
    """

    def __init__(self, name: str, thing: Any, module: str, inside: bool = False) -> None:
        self.name, self.thing, self.module, self.inside = name, thing, module, inside

    @property
    def doc(self) -> str:
        """The docstring; of a constant the comment above it that begins with `#:`."""
        doc = constant_doc(self.module, self.name) if self.is_constant else self.thing.__doc__
        return inspect.cleandoc(doc or "")

    @property
    def is_constant(self) -> bool:
        """Whether it is a dict of names or a type, which have no docstring of their own."""
        described = inspect.isroutine(self.thing) or inspect.isclass(self.thing) or self.inside
        return not described

    @property
    def is_error(self) -> bool:
        """Whether it is an exception, whose methods are there for jangrad alone."""
        return inspect.isclass(self.thing) and issubclass(self.thing, BaseException)

    @property
    def is_called(self) -> bool:
        """Whether users call it: a function, a method, or a class that they make objects of."""
        given = self.name in RETURNED.get(self.module, ())  # made by a function of jangrad's
        return callable(self.thing) and not (self.is_constant or self.is_error or given)

    @cached_property
    def parameters(self) -> list[inspect.Parameter]:
        """What it is called with, without `self`; nothing for what is not called."""
        if not self.is_called:
            return []
        # A class says by `__init__` what it is made of, also where `__new__` takes anything.
        made = inspect.isclass(self.thing) and "__init__" in vars(self.thing)
        called = self.thing.__init__ if made else self.thing
        if isinstance(called, WrapperDescriptorType):  # of a compiled class, which does not say
            return []
        found = [*inspect.signature(called).parameters.values()]
        return found[1:] if found and found[0].name in ("self", "cls") else found

    def members(self) -> Iterator[Entry]:
        """The public methods and properties of a class, in the order of their definition."""
        if not inspect.isclass(self.thing) or self.is_error:
            return
        described = {f for cls in self.thing.__mro__ for f in fields_of(cls)}
        bases = [cls for cls in self.thing.__mro__ if cls.__module__.startswith("jangrad")]
        # What a base offers stands where the base does, unless that is no public class itself.
        own = [cls for cls in bases if cls is self.thing or cls.__name__ in ("Stepper", "Pictured")]
        for cls in own:
            for name, found in vars(cls).items():
                thing = found.__func__ if isinstance(found, (classmethod, staticmethod)) else found
                special = name in SPECIAL and bool(thing.__doc__)
                alias = getattr(thing, "__name__", name).startswith("__")  # of what `abs(v)` calls
                hidden = ((name[0] == "_" or alias) and not special) or name in described
                if hidden or isinstance(found, Elsewhere):
                    continue
                if cls is self.thing or name not in vars(self.thing):
                    yield Entry(f"{self.name}.{name}", thing, self.module, inside=True)


def fields_of(cls: type) -> set[str]:
    """The fields of a dataclass or a NamedTuple, which its docstring describes."""
    return {*getattr(cls, "__dataclass_fields__", ()), *getattr(cls, "_fields", ())}


def source_of(module: str) -> str:
    """The text of a module, also of one that was compiled."""
    path = ROOT.joinpath("src", *module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text(encoding="utf-8")


def constant_doc(module: str, name: str) -> str:
    """The comment above a constant, in the module or where that imports it from."""
    text = source_of(module)
    found = re.search(rf"((?:^#:.*\n)+){name}\b", text, re.MULTILINE)
    if found:
        return re.sub(r"(?m)^#: ?", "", found[1])
    home = re.search(rf"(?m)^from (\S+) import {name} as {name}$", text)
    return constant_doc(home[1], name) if home else ""


def offered(module: str) -> list[str]:
    """The public names of a module: those of one file together, in the order of its text."""
    room = import_module(module)
    front = [n for n in jangrad.__all__ if getattr(getattr(jangrad, n), "__module__", "") == module]
    homes = dict.fromkeys((*front, *RETURNED.get(module, ())), module)
    text = source_of(module)
    if hasattr(room, "__path__"):
        own = re.compile(r"(?m)^ *from (\S+) import (\w+) as \2$")
        homes |= {name: home for home, name in own.findall(text)}
    elif module.startswith("jangrad.micrograd") or module == "jangrad.errors":
        homes |= dict.fromkeys(re.findall(r"(?m)^class ([^\W_]\w*)", text), module)
    files = list(dict.fromkeys(homes.values()))
    return sorted(homes, key=lambda name: (files.index(homes[name]), _place(homes[name], name)))


def _place(module: str, name: str) -> int:
    """Where a file defines a name."""
    text = source_of(module)
    found = re.search(rf"(?m)^(?:class |def )?{name}\b", text)
    return found.start() if found else len(text)


def entries() -> dict[str, list[Entry]]:
    """The public names of each page, without the members of classes."""
    found: dict[str, list[Entry]] = {}
    seen: set[int] = set()
    for page, (_, _, modules) in PAGES.items():
        found[page] = []
        for module in modules:
            for name in offered(module):
                thing = getattr(import_module(module), name)
                if id(thing) not in seen:
                    seen.add(id(thing))
                    found[page].append(Entry(name, thing, module))
    return found


def everything() -> Iterator[Entry]:
    """All public names, with the methods and properties of classes."""
    for page in entries().values():
        for entry in page:
            yield entry
            yield from entry.members()


# -- docstrings ------------------------------------------------------------------------------------

SECTIONS = ("Args", "Attributes", "Names", "Returns", "Raises")
_SECTION = re.compile(rf"^({'|'.join(SECTIONS)}):$")
_ITEM = re.compile(r"^([\w*]+(?:, [\w*]+)*): (.*)$", re.DOTALL)


def sections(doc: str) -> dict[str, str]:
    """The sections of a docstring by name, dedented; what stands before and between them is ""."""
    found: dict[str, list[str]] = {"": []}
    now = ""
    for line in doc.splitlines():
        heading = _SECTION.match(line)
        if heading:
            now = heading[1]
            found[now] = []
        elif now and line and not line.startswith(" "):
            now = ""
            found[now].append(line)
        else:
            found[now].append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in found.items()}


def items(section: str) -> list[tuple[list[str], str]]:
    """The entries of a section: the names of each, and what is said of them."""
    found = []
    for part in re.split(r"\n(?=\S)", section.strip()):
        entry = _ITEM.match(part)
        if entry:
            found.append((entry[1].split(", "), " ".join(entry[2].split())))
    return found


# -- Markdown --------------------------------------------------------------------------------------


def signature(entry: Entry) -> str:
    """How it is called, without types: the docstring says them in words."""
    if not entry.is_called:
        return entry.name
    shown: list[str] = []
    marked = False
    parameters = [p for p in entry.parameters if p.annotation != "Never"]
    for i, p in enumerate(parameters):
        if p.kind is p.KEYWORD_ONLY and not marked:
            if not any(q.kind is q.VAR_POSITIONAL for q in parameters[:i]):
                shown.append("*")
            marked = True
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        default = "" if p.default is p.empty else f"={_spelled(p.default)}"
        shown.append(f"{star}{p.name}{default}")
    kind, _, method = entry.name.partition(".")
    called = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()  # an object of that class
    if method == "__getitem__":
        return f"{called}[{', '.join(shown)}]"
    name = called if method == "__call__" else entry.name
    line = f"{name}({', '.join(shown)})"
    if len(line) <= 88:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in shown) + ")"


def _spelled(default: Any) -> str:
    return f'"{default}"' if isinstance(default, str) else repr(default)


def markdown(entry: Entry) -> str:
    """A docstring as Markdown: sections as lists, examples as blocks of code."""
    parts = sections(entry.doc)
    # What is taken only to be answered with an error is no argument.
    refused = {p.name for p in entry.parameters if p.annotation == "Never"}
    text = _prose(parts[""])
    if not set(SECTIONS) & set(parts):
        return text
    summary, break_, rest = text.partition("\n\n")
    # Examples and sources stand behind the sections, wherever the docstring has them.
    body = [p for p in _blocks(rest) if not p.startswith(("```", "Source"))] if break_ else []
    last = [p for p in _blocks(rest) if p.startswith(("```", "Source"))] if break_ else []
    lists = []
    for name in SECTIONS:
        if name in parts:
            found = items(parts[name]) if name != "Returns" else []
            found = [([n for n in names if n not in refused], said) for names, said in found]
            found = [(names, said) for names, said in found if names]
            if found:
                lines = (f"- {_names(names, name)}: {said}" for names, said in found)
                lists.append(f"**{name}**\n\n" + "\n".join(lines))
            else:
                lists.append(f"**{name}** " + _prose(parts[name]))
    return "\n\n".join([summary, *body, *lists, *last])


def _names(names: list[str], section: str) -> str:
    shown = []
    for name in names:
        known = section == "Raises" and hasattr(import_module("jangrad.errors"), name)
        shown.append(f"[`{name}`](errors.md#{name.lower()})" if known else f"`{name}`")
    return ", ".join(shown)


def _blocks(text: str) -> list[str]:
    """Paragraphs and blocks of code, which may hold empty lines."""
    found: list[str] = []
    for part in re.split(r"(```python\n.*?\n```)", text, flags=re.DOTALL):
        found += [part] if part.startswith("```") else [p for p in part.split("\n\n") if p.strip()]
    return [part.strip("\n") for part in found]


def _prose(text: str) -> str:
    """Paragraphs as they are; examples and what is indented as blocks of code."""
    found = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        first = block.lstrip("\n")
        if first.startswith(">>>"):
            found.append(f"```python\n{first}\n```")
        elif first.startswith("    "):
            found.append(f"```text\n{textwrap.dedent(first)}\n```")
        else:
            lead, example, code = first.partition("\n>>>")
            found.append(lead)
            if example:
                found.append(f"```python\n>>>{code}\n```")
    # An example goes on behind an empty line, as a doctest does.
    return "\n\n".join(found).replace("\n```\n\n```python\n>>>", "\n\n>>>")


def anchors(found: list[Entry]) -> list[str]:
    """Where each name stands on its page: GitHub numbers headings that differ in case alone."""
    names: list[str] = []
    for entry in found:
        name = entry.name.lower()
        names.append(f"#{name}-{names.count('#' + name)}" if f"#{name}" in names else f"#{name}")
    return names


def heading(entry: Entry) -> str:
    """The heading and the signature."""
    mark = "###" if entry.inside else "##"
    shown = signature(entry)
    code = f"\n\n```python\n{shown}\n```" if shown != entry.name else ""
    return f"{mark} `{entry.name}`{code}"


def page_of(name: str, found: list[Entry]) -> str:
    """One page as Markdown."""
    title, about, _ = PAGES[name]
    parts = [
        f"# {title}",
        "<!-- Printed by tools/generate_reference.py from the docstrings. -->",
        about,
        " · ".join(
            f"[`{e.name}`]({anchor})" for e, anchor in zip(found, anchors(found), strict=True)
        ),
    ]
    for entry in found:
        parts.append(heading(entry))
        parts.append(f"{_bases(entry)}{markdown(entry)}")
        if isinstance(entry.thing, dict) and "Names:" not in entry.doc:
            parts.append("Names: " + ", ".join(f"`{key}`" for key in entry.thing) + ".")
        for member in entry.members():
            parts += [heading(member), markdown(member)]
    return "\n\n".join(parts) + "\n"


def _bases(entry: Entry) -> str:
    if not entry.is_error or entry.name == "JangradError":
        return ""
    known = [cls.__name__ for cls in entry.thing.__bases__ if cls.__name__ != "JangradError"]
    return f"A `{'`, `'.join(known)}`. " if known else ""


def summary_of(entry: Entry) -> str:
    """The first sentence, for the index."""
    first = " ".join(entry.doc.split("\n\n")[0].split())
    return first.replace("|", r"\|")


def index_of(found: dict[str, list[Entry]]) -> str:
    """The page that lists all others."""
    parts = [
        "# API reference",
        "<!-- Printed by tools/generate_reference.py from the docstrings. -->",
        "Every public name, with its arguments, what it returns and the errors that it raises."
        " Names are imported from where the second column says; what has nothing there is what a"
        " function gives.",
    ]
    for name, (title, about, _) in PAGES.items():
        rows = [f"## [{title}]({name}.md)", about, "| name | from | |\n| --- | --- | --- |"]
        for entry, anchor in zip(found[name], anchors(found[name]), strict=True):
            link = f"[`{entry.name}`]({name}.md{anchor})"
            rows[-1] += f"\n| {link} | {_home(entry)} | {summary_of(entry)} |"
        parts += rows
    return "\n\n".join(parts) + "\n"


def _home(entry: Entry) -> str:
    """Where users import it from, if they do."""
    if getattr(jangrad, entry.name, None) is entry.thing and entry.name in jangrad.__all__:
        return "`jangrad`"
    return "" if entry.name in RETURNED.get(entry.module, ()) else f"`{entry.module}`"


def pages() -> dict[str, str]:
    """Every file of `docs/reference/`, with its text."""
    found = entries()
    return {
        "README.md": index_of(found),
        **{f"{name}.md": page_of(name, some) for name, some in found.items()},
    }


def main() -> int:
    """Write the pages, or with --check say which are stale."""
    stale = []
    for name, text in pages().items():
        file = REFERENCE / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                file.parent.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8")
    if stale:
        print(", ".join(stale), "stale" if "--check" in sys.argv else "written")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
