"""The colours of a picture: light, dark, those of whoever looks at it, or of the user's choice.

They are of Okabe and Ito, Color Universal Design (2008).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from jangrad.errors import ConfigError, did_you_mean

THEMES = ("auto", "light", "dark")
#: A theme by its name; or colours by their names, for some of those of the light theme.
Theme = str | Mapping[str, str]

_LIGHT = {
    "paper": "#ffffff", "ink": "#1b1f24", "faint": "#57606a", "line": "#6e7781", "box": "#f6f8fa",
    "leaf": "#eef6fc", "leafline": "#0072b2", "root": "#fff4e5", "rootline": "#b35900",
    "data": "#00588a", "grad": "#9a4a00",
}  # fmt: skip
_DARK = {
    "paper": "#0d1117", "ink": "#e6edf3", "faint": "#9aa4af", "line": "#8b949e", "box": "#161b22",
    "leaf": "#0b2233", "leafline": "#56b4e9", "root": "#2d1f0a", "rootline": "#e69f00",
    "data": "#79c4f2", "grad": "#f0b050",
}  # fmt: skip


def checked_theme(theme: Theme) -> Theme:
    """The theme, which there is.

    Raises:
        ConfigError: when there is no theme, or no colour, of that name.

    >>> checked_theme({"grad": "crimson"})
    {'grad': 'crimson'}
    """
    if isinstance(theme, Mapping):
        for name, colour in theme.items():
            if name not in _LIGHT:
                raise ConfigError(
                    f"a theme has no colour `{name}`", try_=did_you_mean(str(name), _LIGHT)
                )
            checked_colour(colour, f"the theme's `{name}`")
    elif theme not in THEMES:
        raise ConfigError(
            f"there is no theme {theme!r}",
            try_=f'{", ".join(THEMES)}; or colours of your own, {{"grad": "crimson"}}',
        )
    return theme


def checked_colour(colour: str, whose: str) -> str:
    """A colour as SVG and matplotlib both write it.

    Raises:
        ConfigError: when it is none.

    >>> checked_colour("#0072b2", "the colour of `a`"), checked_colour("Tomato", "that of `b`")
    ('#0072b2', 'tomato')
    """
    if isinstance(colour, str):
        small = colour.lower()
        if re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", small):
            return small
        if small.isalpha():
            from matplotlib.colors import CSS4_COLORS

            if small in CSS4_COLORS:
                return small
    raise ConfigError(
        f"{whose} is {colour!r:.60}, which is no colour",
        try_="'#0072b2', or a name of CSS, 'tomato'",
    )


def style(theme: Theme, rules: str) -> str:
    """A style sheet in the colours of a theme.

    Without variables, which few programs beside browsers understand; what follows the reader's own
    setting stands apart, behind the light colours, for those programs to skip.
    """
    if theme != "auto":
        return _painted(rules, theme)
    coloured = "".join(re.findall(r"[^}]*var\([^}]*}", rules))
    dark = f"@media screen and (prefers-color-scheme:dark){{{_painted(coloured, 'dark')}}}"
    # To others than browsers a height of "auto" is none.
    fits = "@media screen{.jangrad{max-width:100%;height:auto}}"
    return f"{_painted(rules, 'light')}{fits}{dark}\n"


def _painted(rules: str, theme: Theme) -> str:
    colours = _DARK if theme == "dark" else _LIGHT
    if isinstance(theme, Mapping):
        colours = {**_LIGHT, **{name: colour.lower() for name, colour in theme.items()}}
    return re.sub(r"var\(--(\w+)\)", lambda match: colours[match[1]], rules)
