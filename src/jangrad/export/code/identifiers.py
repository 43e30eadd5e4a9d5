"""Names that a compiler takes: letters, digits and underscores, each once, and none of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: What C, C++, JavaScript and their libraries of mathematics call something already, and what the
#: printers call their own.
_WORDS = """
    alignas alignof and and_eq arguments as asm async auto await bitand bitor bool boolean break
    byte case catch char char8_t char16_t char32_t class compl concept const const_cast consteval
    constexpr constinit continue co_await co_return co_yield debugger decltype default delete do
    double dynamic_cast else enum eval explicit export extends extern false final finally float for
    friend from function get goto if implements import in inline instanceof int interface let long
    mutable namespace new noexcept not not_eq null nullptr of operator or or_eq package private
    protected public register reinterpret_cast requires restrict return set short signed sizeof
    static static_assert static_cast struct super switch synchronized template this thread_local
    throw true try type typedef typeid typename typeof undefined union unsigned using var virtual
    void volatile wchar_t while with xor xor_eq yield
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs
    fdim floor fma fmax fmin fmod frexp gamma hypot ilogb isfinite isinf isnan j0 j1 jn ldexp lgamma
    llrint llround log log10 log1p log2 logb lrint lround main modf nan nearbyint nextafter pow
    remainder remquo rint round scalb scalbn signbit significand sin sinh sqrt tan tanh tgamma trunc
    y0 y1 yn
    abs abort atof atoi calloc clock div drem exit free index isnormal labs ldiv malloc printf puts
    rand realloc signgam time
    linux unix INFINITY NAN EOF NULL Infinity NaN Math Number Object Array Float32Array Float64Array
    Int32Array fround IN_FLASH
    i j k l m
"""
_RESERVED = frozenset(_WORDS.split())
# Loop variables; and the types, macros and constants of <stdint.h> and <math.h>.
_PATTERNS = re.compile(
    r"[ikr]\d+|u?int\w*_t|(size|ptrdiff|float|double)_t|U?INT\w*_(MIN|MAX|C)|SIZE_MAX|M_[A-Z0-9_]+"
)


class Identifiers:
    """Gives names, of which no two are alike.

    Args:
        taken: some that are given already.

    >>> names = Identifiers()
    >>> [names.new(wanted) for wanted in ("layers.0", "layers 0", "double", "größe", "3")]
    ['layers_0', 'layers_0_2', 'double_', 'grosse', 'x3']
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*taken}

    def new(self, wanted: str) -> str:
        """This name, or one that is like it."""
        name = identifier(wanted)
        found, n = name, 1
        while found in self._taken:
            n += 1
            found = f"{name}_{n}"
        self._taken.add(found)
        return found

    def numbered(self, wanted: str) -> str:
        """The same with a number behind it, from 1 on."""
        name, n = identifier(wanted).rstrip("_"), 1
        while f"{name}_{n}" in self._taken:
            n += 1
        self._taken.add(f"{name}_{n}")
        return f"{name}_{n}"

    def within(self) -> Identifiers:
        """Names that may come again elsewhere, beside those that are given by now."""
        return Identifiers(self._taken)


def identifier(wanted: str) -> str:
    """An identifier that says this, as far as letters without accents can."""
    name = prefix_of(wanted)
    return f"{name}_" if name in _RESERVED or _PATTERNS.fullmatch(name) else name


def prefix_of(wanted: str) -> str:
    """What names begin with that say this; with what follows it is no compiler's word.

    >>> prefix_of("log"), identifier("log")
    ('log', 'log_')
    """
    plain = unicodedata.normalize("NFKD", wanted.replace("ß", "ss"))
    plain = plain.encode("ascii", "ignore").decode()
    name = re.sub(r"_+", "_", re.sub(r"\W", "_", plain)).strip("_") or "x"
    return f"x{name}" if name[0].isdigit() else name
