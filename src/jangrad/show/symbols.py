r"""Names that are symbols: `\theta_{1}` as the letters θ₁, and `theta_1` or θ₁ as LaTeX.

A label may be written in LaTeX. Trees, pictures and pages show it in letters of Unicode; LaTeX is
made from these letters again, and from names of Python, so that no label gets into it as it is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_WORDS = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
    "omega",
)
_CAPITALS = (
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi"),
    "Omega",
)
_UNICODE = {
    **{word: unicodedata.lookup(f"GREEK SMALL LETTER {word.upper().replace('LAMBDA', 'LAMDA')}")
       for word in _WORDS},
    **{word: unicodedata.lookup(f"GREEK CAPITAL LETTER {word.upper().replace('LAMBDA', 'LAMDA')}")
       for word in _CAPITALS},
}  # fmt: skip
# What LaTeX has two letters for, and a few signs beside Greek.
_OTHERS = {
    "epsilon": "ϵ", "varepsilon": "ε", "phi": "ϕ", "varphi": "φ", "vartheta": "ϑ", "ell": "ℓ",
    "nabla": "∇", "partial": "∂", "infty": "∞", "hbar": "ℏ",
}  # fmt: skip
_LETTERS = {**_UNICODE, **_OTHERS}
_COMMANDS = {letter: word for word, letter in _LETTERS.items()} | {"ℒ": "mathcal{L}"}
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "vec": "\u20d7"}
# The accents by themselves, as MathML puts them over something.
_ALONE = {"hat": "^", "tilde": "~", "bar": "¯", "dot": "˙", "vec": "→"}
_MARKS = {mark: word for word, mark in _ACCENTS.items()}
_BELOW = dict(zip("0123456789aehijklmnoprstuvx+-", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋", strict=True))
_ABOVE = dict(zip("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", strict=True))
_LOWERED = {low: letter for letter, low in _BELOW.items()}
_RAISED = {high: letter for letter, high in _ABOVE.items()}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{c: "\\" + c for c in "{}$&#%_"},
}


def from_latex(label: str) -> str:
    r"""A label that is written in LaTeX in letters; any other one as it is.

    >>> [from_latex(label) for label in (r"$\theta_{12}$", r"\hat{y}", r"\sigma^2", "x_1")]
    ['θ₁₂', 'ŷ', 'σ²', 'x_1']
    """
    if "\\" not in label and "$" not in label:
        return label
    inside = re.fullmatch(r"\$([^$]+)\$", label.strip())
    if not inside and not re.search(r"\\[A-Za-z]", label):
        return label
    text = inside[1] if inside else label.strip()
    text = re.sub(r"\\(?:mathrm|mathbf|mathit|text|operatorname)\{([^{}\\]*)\}", r"\1", text)
    text = re.sub(r"\\([A-Za-z]+) ?", lambda m: _LETTERS.get(m[1], m[0]), text)
    text = re.sub(r"\\mathcal ?(?:\{L\}|L)", "ℒ", text)
    text = re.sub(rf"\\({'|'.join(_ACCENTS)}) ?(?:\{{(\w)\}}|(\w))", _accented, text)
    text = re.sub(r"_(?:\{([\w+-]+)\}|(\w))", lambda m: _moved(m, _BELOW, "_"), text)
    text = re.sub(r"\^(?:\{([\w+-]+)\}|(\w))", lambda m: _moved(m, _ABOVE, "^"), text)
    if set(text) & set("\\{}$^"):
        return label  # more than is known here
    return unicodedata.normalize("NFC", text)


def _accented(found: re.Match[str]) -> str:
    letter: str = found[2] or found[3]
    return letter + _ACCENTS[found[1]]


def _moved(found: re.Match[str], letters: dict[str, str], sign: str) -> str:
    inside: str = found[1] or found[2]
    if set(inside) <= set(letters) and (len(inside) <= 2 or inside.isdigit()):
        return "".join(letters[c] for c in inside)
    return sign + inside


def to_latex(name: str) -> str:
    r"""A name as LaTeX: letters in italics, Greek ones as such, indices below; others upright.

    >>> print(*map(to_latex, ("a", "w1", "alpha", "σ_1", "theta_hat", "x_max", "xs[0]")))
    a w_{1} \alpha \sigma_{1} \hat{\theta} x_{\mathrm{max}} \mathrm{xs}_{0}
    >>> to_latex("learning_rate"), to_latex("50% & up")
    ('\\mathrm{learning\\_rate}', '\\text{50\\% \\& up}')
    """
    found = _parsed(name)
    if found and (base := _symbol(found.base)):
        text = rf"\{found.accent}{{{base}}}" if found.accent else base
        text += f"_{{{','.join(map(_index, found.indices))}}}" if found.indices else ""
        return text + (f"^{{{found.power}}}" if found.power else "")
    safe = "".join(_SPECIAL.get(c, c) for c in name)
    roman = name.isidentifier() and name.isascii()
    return rf"\mathrm{{{safe}}}" if roman else rf"\text{{{safe}}}"


def to_mathml(name: str) -> str:
    """A name as MathML, set as `to_latex` sets it; `""` where that is no more than its letters.

    >>> to_mathml("theta_1")
    '<msub><mi>θ</mi><mn>1</mn></msub>'
    >>> to_mathml("learning_rate"), to_mathml("a")
    ('', '')
    """
    found = _parsed(name)
    if not found or (found == _Symbol(name) and name not in _LETTERS) or not _symbol(found.base):
        return ""
    text = _mathml(found.base)
    if found.accent:
        text = f'<mover accent="true">{text}<mo>{_ALONE[found.accent]}</mo></mover>'
    below = "<mo>,</mo>".join(map(_mathml, found.indices))
    below = f"<mrow>{below}</mrow>" if found.indices[1:] else below
    above = _mathml(found.power) if found.power else ""
    if below and above:
        return f"<msubsup>{text}{below}{above}</msubsup>"
    if above:
        return f"<msup>{text}{above}</msup>"
    return f"<msub>{text}{below}</msub>" if below else text


class _Symbol(NamedTuple):
    """What a name is made of: a letter or a word, an accent on it, indices below, a power."""

    base: str
    accent: str = ""
    indices: tuple[str, ...] = ()
    power: str = ""


def _parsed(name: str) -> _Symbol | None:
    """The name of a symbol in its parts; None for what is none, as `learning_rate`."""
    plain = unicodedata.normalize("NFD", name)
    low = "".join(_LOWERED)
    pattern = (
        rf"([^\W\d_{low}]+)([\u0300-\u036f\u20d7]?)"
        rf"((?:_?[0-9]+|_[^\W_{low}]+|\[[0-9]+\]|[{low}]+)*)"
    )
    raised = re.fullmatch(rf"(.*?)([{''.join(_RAISED)}]+)", plain)
    power = "".join(_RAISED[c] for c in raised[2]) if raised else ""
    found = re.fullmatch(pattern + "_?", raised[1] if raised else plain)
    if not found:
        return None
    accent, indices = _MARKS.get(found[2], ""), []
    for part in re.findall(rf"_?[0-9]+|_[^\W_{low}]+|\[[0-9]+\]|[{low}]+", found[3]):
        inner = "".join(_LOWERED.get(c, c) for c in part.strip("_[]"))
        if inner in _ACCENTS and not accent:
            accent = inner
        else:
            indices.append(inner)
    if found[2] and not accent:
        return None
    if not _is_letter(found[1]) and not all(map(str.isdigit, indices)):
        return None
    return _Symbol(found[1], accent, tuple(indices), power)


def _is_letter(base: str) -> bool:
    return len(base) == 1 or base in _LETTERS


def _symbol(base: str) -> str:
    """A letter, or the word that is one; "" for what LaTeX's italics do not have."""
    if base in _LETTERS:
        return "\\" + base
    if base in _COMMANDS:
        return "\\" + _COMMANDS[base]
    if base.isascii():
        return base if len(base) == 1 else rf"\mathrm{{{base}}}"
    known = all(c.isascii() or c in _COMMANDS for c in base)
    return " ".join(map(_symbol, base)) if known and len(base) > 1 else ""


def _index(index: str) -> str:
    if index in _LETTERS or index in _COMMANDS:
        return _symbol(index)
    return index if len(index) <= 2 or index.isdigit() else rf"\mathrm{{{index}}}"


def _mathml(part: str) -> str:
    """A base, an index or a power: letters in italics, words upright, as MathML has them."""
    if part.lstrip("+-").isdigit():
        return f"<mn>{part.replace('-', '−')}</mn>"
    letters = _LETTERS.get(part, part)
    upright = ' mathvariant="normal"' if len(letters) > 1 else ""
    return f"<mi{upright}>{letters}</mi>"
