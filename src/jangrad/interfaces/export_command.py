"""`jangrad export`: a model as code of another language."""

from __future__ import annotations

from pathlib import Path

from jangrad.interfaces.terminal import say


def export(model: str, to: str, out: str | None, dtype: str, self_test: bool, force: bool) -> int:
    """Write a model as C or as JavaScript, and say where.

    Returns:
        The exit code, 0.
    """
    from jangrad.export.answers import load_trained
    from jangrad.export.code.c import write_c
    from jangrad.export.code.javascript_module import write_javascript
    from jangrad.export.code.requests import requested
    from jangrad.export.code.table_model import table_model
    from jangrad.export.model_file import load_model

    net, about = load_model(model)
    if "columns" in about:
        net, columns, _ = load_trained(model)
        whole = table_model(net, columns)
        found = requested(whole.function, whole.example, dtype)
        found = found._replace(labels=whole.labels, notes=whole.notes)
    else:
        found = requested(net, None, dtype)
    path = out or Path(model).with_suffix("").name
    if to == "c":
        c = write_c(found, path, self_test=self_test, force=force)
        say(f"{c.source} and {c.header}: {c.flash:,} bytes of constants, {c.stack:,} of stack")
    else:
        modules = write_javascript(found, path, force=force)
        say(f"{modules.module} and {modules.types}")
    return 0
