"""The words of JavaScript."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jangrad import ieee
from jangrad.compiler.exporting import (
    Number,
    dtype_of,
)
from jangrad.export.code.lines import wrapped
from jangrad.export.code.spelling import ATOM, Language, Text

_MATH = {name: f"Math.{name}" for name in ieee.PRIMITIVES.keys() - {"erf", "erfc", "exp2"}}


#: What holds numbers that callers do not see, each already rounded: what is read out of a
#: `Float32Array` is converted each time.
INSIDE = "Float64Array"


class JavaScript(Language):
    """ECMAScript 2015; single precision by `Math.fround` behind each operation."""

    primitives = _MATH
    signs = {"==": "===", "!=": "!=="}  # noqa: RUF012 - nobody changes it
    counts = "let"
    keeps_arrays = True

    def __init__(self, number: Number) -> None:
        super().__init__(number)
        self.compounds = number == "double"
        self.holder = "Float64Array" if number == "double" else "Float32Array"

    def literal(self, x: float) -> str:
        held = float(dtype_of(self.number)(x))
        return "Infinity" if math.isinf(held) else "NaN" if math.isnan(held) else repr(held)

    def rounded(self, made: Text) -> Text:
        return made if self.number == "double" else Text(f"Math.fround({made.text})", ATOM)

    def primitive(self, name: str) -> str:
        return self.primitives[name]

    def helper(self, name: str, called: str) -> str:
        text = _HELPERS[name].replace("NAME", called)
        if self.number == "float" and name not in ("largest", "nearest"):
            head, _, body = text.partition("\n")
            inner = f"{called}_double"
            given = head.partition("(")[2].partition(")")[0]
            text = f"{head.replace(called, inner)}\n{body.replace(f'{called}(', f'{inner}(')}"
            value = f"Math.fround({inner}({given}))"
            text += "\n\n" + self.function(called, given.split(", "), value)
        return text

    def function(self, name: str, inputs: Sequence[str], value: str) -> str:
        lines = wrapped(f"    return {value};")
        return "\n".join([f"function {name}({', '.join(inputs)}) {{", *lines, "}"])

    def local(self, name: str, value: str, *, changes: bool) -> str:
        return f"{'let' if changes else 'const'} {name} = {value};"

    def array(self, name: str, size: int) -> str:
        return f"const {name} = new {INSIDE}({size});"


#: After s_erf.c of fdlibm: "Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
#: Permission to use, copy, modify, and distribute this software is freely granted, provided that
#: this notice is preserved."
_ERFC = """\
function NAME(x) {
    // After s_erf.c of fdlibm: "Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
    // Permission to use, copy, modify, and distribute this software is freely granted, provided
    // that this notice is preserved."
    const polynomial = (t, ...factors) => factors.reduceRight((sum, factor) => sum * t + factor);
    const a = Math.abs(x);
    if (a < 0.84375) {
        const z = x * x;
        const y = polynomial(z, 1.28379167095512558561e-01, -3.25042107247001499370e-01,
            -2.84817495755985104766e-02, -5.77027029648944159157e-03, -2.37630166566501626084e-05)
            / polynomial(z, 1, 3.97917223959155352819e-01, 6.50222499887672944485e-02,
                5.08130628187576562776e-03, 1.32494738004321644526e-04,
                -3.96022827877536812320e-06);
        if (SMALL) {
            return SMALL_VALUE;
        }
        return NEAR_ZERO;
    }
    if (a < 1.25) {
        const s = a - 1;
        const y = polynomial(s, -2.36211856075265944077e-03, 4.14856118683748331666e-01,
            -3.72207876035701323847e-01, 3.18346619901161753674e-01, -1.10894694282396677476e-01,
            3.54783043256182359371e-02, -2.16637559486879084300e-03)
            / polynomial(s, 1, 1.06420880400844228286e-01, 5.40397917702171048937e-01,
                7.18286544141962662868e-02, 1.26171219808761642112e-01,
                1.36370839120290507362e-02, 1.19844998467991074170e-02);
        const one = 8.45062911510467529297e-01;
        return NEAR_ONE;
    }
    if (!(a < 28)) {
        return FAR;
    }
    const s = 1 / (x * x);
    const y = a < 1 / 0.35
        ? polynomial(s, -9.86494403484714822705e-03, -6.93858572707181764372e-01,
            -1.05586262253232909814e+01, -6.23753324503260060396e+01, -1.62396669462573470355e+02,
            -1.84605092906711035994e+02, -8.12874355063065934246e+01, -9.81432934416914548592e+00)
            / polynomial(s, 1, 1.96512716674392571292e+01, 1.37657754143519042600e+02,
                4.34565877475229228821e+02, 6.45387271733267880336e+02, 4.29008140027567833386e+02,
                1.08635005541779435134e+02, 6.57024977031928170135e+00, -6.04244152148580987438e-02)
        : polynomial(s, -9.86494292470009928597e-03, -7.99283237680523006574e-01,
            -1.77579549177547519889e+01, -1.60636384855821916062e+02, -6.37566443368389627722e+02,
            -1.02509513161107724954e+03, -4.83519191608651397019e+02)
            / polynomial(s, 1, 3.03380607434824582924e+01, 3.25792512996573918826e+02,
                1.53672958608443695994e+03, 3.19985821950859553908e+03, 2.55305040643316442583e+03,
                4.74528541206955367215e+02, -2.24409524465858183362e+01);
    const z = Math.fround(a); // of which the square has no rounding
    const tail = Math.exp(-z * z - 0.5625) * Math.exp((z - a) * (z + a) + y) / a;
    return BEYOND;
}"""


def _erf_like(parts: dict[str, str]) -> str:
    text = _ERFC
    for name, code in parts.items():
        text = text.replace(name, code)
    return text


_HELPERS = {
    "erfc": _erf_like(
        {
            "SMALL_VALUE": "1 - (x + x * y)",
            "SMALL": "x < 0.25",
            "NEAR_ZERO": "0.5 - (x - 0.5 + x * y)",
            "NEAR_ONE": "x > 0 ? 1 - one - y : 1 + (one + y)",
            "FAR": "x > 0 ? 0 : x < 0 ? 2 : x",
            "BEYOND": "x > 0 ? tail : 2 - tail",
        }
    ),
    "erf": _erf_like(
        {
            "SMALL_VALUE": "x + 0.1283791670955125863 * x",
            "SMALL": "a < 3.7252902984e-09",
            "NEAR_ZERO": "x + x * y",
            "NEAR_ONE": "x > 0 ? one + y : -one - y",
            "FAR": "x > 0 ? 1 : x < 0 ? -1 : x",
            "BEYOND": "x > 0 ? 1 - tail : tail - 1",
        }
    ),
    "exp2": "function NAME(x) {\n    return Math.pow(2, x);\n}",
    "power": """\
function NAME(a, b) {
    // Powers of 1, of -1 and of -Infinity are others than JavaScript's, as in C and Python.
    if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) {
        return 1;
    }
    return a === -Infinity && Math.floor(b) < b ? NaN : Math.pow(a, b);
}""",
    "mod": """\
function NAME(a, b) {
    // The remainder has the sign of b, as in Python.
    const rest = a % b;
    if (rest === 0) {
        return b < 0 || Object.is(b, -0) ? -0 : 0;
    }
    return (rest < 0) !== (b < 0) ? rest + b : rest;
}""",
    "largest": "function NAME(so_far, x) {\n    return x > so_far ? x : so_far;\n}",
    "nearest": """\
function NAME(told, size) {
    return told > 0 ? Math.floor(Math.min(told, size - 1)) : 0;
}""",
}
