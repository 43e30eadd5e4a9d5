"""A loss of the user's own in a page: printed by the export, for each size of a batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from jangrad.errors import ConfigError
from jangrad.export.code.entries import exported, traced
from jangrad.export.code.javascript_module import maker
from jangrad.train.batch_loss import checked_loss
from jangrad.train.resolve import Loss

_LONGEST = 300_000  # letters, of a loss in which no loops are found

# A loss of jangrad's is given what its sum is multiplied by; this one has that inside.
_KERNEL = """\
KERNELS.losses.own = (() => {{
const sizes = {{{sizes}}};
return {{width: {width},
value(n, k, z, t) {{ return sizes[n].value(z.subarray(0, n * k), t.subarray(0, n * {width})); }},
gradient(n, k, z, t, f, dz) {{
const found = sizes[n].gradient(z.subarray(0, n * k), t.subarray(0, n * {width}));
dz.set(found.d_zs);
return found.value;
}}}};
}})();
"""


def own_loss(loss: Loss, outputs: int, targets: Sequence[Any], sizes: Iterable[int]) -> str:
    """It as the kernel `own` of a page's losses.

    Args:
        loss: a function of a batch's outputs and targets, as `fit` takes it.
        outputs: how many numbers a row of outputs has.
        targets: of all rows.
        sizes: how many rows a batch may have.

    Raises:
        Untraceable: when it reads a number, as `jit` says.
        ConfigError: when it is no Value, or too long for a page.

    >>> def fourth(outputs, targets):
    ...     return sum((row[0] - t) ** 4 for row, t in zip(outputs, targets))
    >>> "KERNELS.losses.own" in own_loss(fourth, 1, [1.0, 2.0], [2])
    True
    """
    several = isinstance(targets[0], (list, tuple))
    width = len(targets[0]) if several else 1

    def printed(n: int) -> str:
        def of_batch(zs: Any, ts: Any) -> Any:
            rows = [[zs[r * outputs + j] for j in range(outputs)] for r in range(n)]
            wanted = [[ts[r * width + j] for j in range(width)] for r in range(n)]
            return checked_loss(loss(rows, wanted if several else [row[0] for row in wanted]))

        example = [0.5] * (n * outputs), [1.0] * (n * width)
        text = maker(exported(traced(of_batch, example), "double", gradient=True))
        # Comments name the user's files, which are nobody's business in a page.
        text = re.sub(r"(?s)/\*.*?\*/|^ *//.*?$", "", text, flags=re.MULTILINE)
        return re.sub(r"^\s+", "", text, flags=re.MULTILINE)

    made = ",\n".join(f"{n}: ({printed(n)})()" for n in sorted({*sizes}))
    if len(made) > _LONGEST:
        raise ConfigError(f"the loss is code of {len(made):,} letters, too long for a page")
    return _KERNEL.format(sizes=made, width=width)
