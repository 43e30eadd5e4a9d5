"""Names that other libraries have at their front door, and where, or how, it is said here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import FrameType

from jangrad.errors import ConfigError, ForeignImport, ForeignName

_NET = "jangrad.MLP(2, [16, 1], activation='tanh')"
_GRADIENT_ONLY = "v.detach() for a number that passes no gradient on, or v.data"
_LISTS = "Value(x) for a number; a list of Values, such as [Value(x) for x in xs]"
_SEED = "a seed where numbers are drawn: MLP(..., seed=0), fit(..., seed=0)"

_INSTEAD = {
    **dict.fromkeys(
        ("Adam", "SGD", "AdamW", "Adagrad", "RMSprop", "LBFGS", "UpdateRule", "Optimizer"),
        "from jangrad.train import {}",
    ),
    **dict.fromkeys(
        ("squared_error", "absolute_error", "binary_cross_entropy", "softmax_cross_entropy"),
        "from jangrad.nn import {}",
    ),
    **dict.fromkeys(
        ("hinge", "huber", "quantile", "poisson", "l1_penalty", "l2_penalty"),
        "from jangrad.nn import {}",
    ),
    **dict.fromkeys(("cosine", "step_decay", "warm_up"), "from jangrad.train import {}"),
    **dict.fromkeys(("read_csv", "moons", "xor", "spirals"), "from jangrad.datasets import {}"),
    **dict.fromkeys(("optim", "optimizers"), "jangrad.train, with Adam, SGD, AdamW, RMSprop"),
    **dict.fromkeys(("tensor", "Tensor", "array", "ndarray", "Variable", "var"), _LISTS),
    **dict.fromkeys(("no_grad", "lax", "inference_mode"), _GRADIENT_ONLY),
    **dict.fromkeys(("Linear", "Dense", "Sequential"), _NET),
    **dict.fromkeys(("manual_seed", "random", "set_seed"), _SEED),
    "Parameter": "Value(x), as an attribute of a Module",
    "MSELoss": "jangrad.nn.squared_error, or fit(..., loss='squared_error')",
    "CrossEntropyLoss": "jangrad.nn.softmax_cross_entropy",
    "BCEWithLogitsLoss": "jangrad.nn.binary_cross_entropy",
    "vmap": "jangrad.jit(f).map(rows)",
    "compile": "jangrad.jit(f), or jangrad.compile_step for training",
    "jacrev": "jangrad.jacobian(f)",
    "vjp": "jangrad.gradient(root, leaves)",
    "numpy": "jangrad's own functions: jangrad.exp, jangrad.sum, jangrad.dot",
    "max": "jangrad.maximum(a, b)",
    "min": "jangrad.minimum(a, b)",
    "abs": "abs(v)",
    "pow": "a ** b",
    "square": "v ** 2",
    "matmul": "[jangrad.dot(row, x) for row in matrix]",
    "save": "jangrad.save_model(path, net)",
    "load": "jangrad.load_model(path)",
    "device": "nothing: it runs where Python runs",
    "cuda": "nothing: it runs where Python runs",
}


class Elsewhere:
    """Stands in a class for an attribute of another library; asked for, it says what to write.

    It raises an AttributeError, so for `hasattr` and `getattr` there is none.
    """

    def __init__(self, name: str, instead: str) -> None:
        self.name, self.instead = name, instead

    def __get__(self, thing: object, kind: type) -> None:
        raise ForeignName.of(kind.__name__, self.name, self.instead)


#: What the Values of other libraries have.
ELSEWHERE = (
    Elsewhere("item", "v.data, which is a float"),
    Elsewhere("numpy", "v.data; numpy.array([v.data for v in values]) for many"),
    Elsewhere("requires_grad", "v.detach() for one that passes no gradient on"),
    Elsewhere("clone", "Value(v.data) for a new leaf, v + 0.0 for a node of the graph"),
    Elsewhere("retain_grad", "nothing: every Value keeps its gradient"),
)


def error_of(name: str, asker: FrameType) -> Exception:
    """The error for a name that is not at the front door, asked for in this frame.

    `from jangrad import name` drops the words of an AttributeError, so it gets another one.
    """
    if name not in _INSTEAD:
        return AttributeError(f"module 'jangrad' has no attribute {name!r}")
    instead = _INSTEAD[name].format(name)
    import dis

    byte = asker.f_code.co_code[asker.f_lasti]
    if dis.opname[byte] == "IMPORT_FROM":
        return ForeignImport(f"`jangrad` has no `{name}` that could be imported", try_=instead)
    return ForeignName.of("jangrad", name, instead)


def misspelt(name: str, known: Iterable[str]) -> str:
    """The known name that this one is but for a slip of the fingers, `""` if it is none.

    A slip is another order or case of the same letters, or one letter that is missing or doubled.

    >>> misspelt("gard", ["data", "grad"]), misspelt("lbel", ["label"]), misspelt("m", ["data"])
    ('grad', 'label', '')
    """
    for right in known:
        less = [right[:i] + right[i + 1 :] for i in range(len(right))]
        more = [right[:i] + right[i] + right[i:] for i in range(len(right))]
        same = sorted(name.casefold()) == sorted(right)
        if name != right and (same or name in less or name in more):
            return right
    return ""


def no_function(name: str, f: object, more: Sequence[object]) -> ConfigError:
    """The error for `grad` and its like that were given something else than a function alone."""
    if more:
        return ConfigError(
            f"`{name}` takes a function and nothing beside it, but was given"
            f" {', '.join(f'{each!s:.20}' for each in more)}",
            why="it gives a function, which is called with the numbers",
            try_=f"{name}(f)(x, v)"
            if name in ("hvp", "jvp")
            else f"{name}(f)(x); for another argument than the first {name}(lambda w: f(x, w))",
        )
    return ConfigError(
        f"`{name}` takes a function, not {f!r:.60} ({type(f).__name__})",
        try_="v.backtrack(), or jangrad.gradient(v, [x]), for a Value that is there"
        if hasattr(f, "backtrack")
        else f"{name}(f)(x)",
    )
