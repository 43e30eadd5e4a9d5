r"""Names that are symbols: `\theta_{1}` as the letters θ₁, and `theta_1` or θ₁ as LaTeX.

A label may be written in LaTeX. Trees, pictures and pages show it in letters of Unicode; LaTeX is
made from these letters again, and from names of Python, so that no label gets into it as it is.
"""

from __future__ import annotations

import re
import unicodedata

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
    plain = unicodedata.normalize("NFD", name)
    low = "".join(_LOWERED)
    pattern = (
        rf"([^\W\d_{low}]+)([\u0300-\u036f\u20d7]?)"
        rf"((?:_?[0-9]+|_[^\W_{low}]+|\[[0-9]+\]|[{low}]+)*)"
    )
    raised = re.fullmatch(rf"(.*?)([{''.join(_RAISED)}]+)", plain)
    power = "".join(_RAISED[c] for c in raised[2]) if raised else ""
    found = re.fullmatch(pattern + "_?", raised[1] if raised else plain)
    if found and (base := _symbol(found[1])):
        accent, indices = _MARKS.get(found[2], ""), []
        for part in re.findall(rf"_?[0-9]+|_[^\W_{low}]+|\[[0-9]+\]|[{low}]+", found[3]):
            inner = "".join(_LOWERED.get(c, c) for c in part.strip("_[]"))
            if inner in _ACCENTS and not accent:
                accent = inner
            else:
                indices.append(inner)
        if (not found[2] or accent) and (_is_letter(found[1]) or all(map(str.isdigit, indices))):
            text = rf"\{accent}{{{base}}}" if accent else base
            text += f"_{{{','.join(map(_index, indices))}}}" if indices else ""
            return text + (f"^{{{power}}}" if power else "")
    safe = "".join(_SPECIAL.get(c, c) for c in name)
    roman = name.isidentifier() and name.isascii()
    return rf"\mathrm{{{safe}}}" if roman else rf"\text{{{safe}}}"


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
