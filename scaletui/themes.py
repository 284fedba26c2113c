"""The themes: dark, light, the terminal's own colours, high contrast, and one for terminals of sixteen colours.

Frames and fields are drawn so that they show without any colour; colour only helps.
"""

from __future__ import annotations

from textual.theme import Theme


def _scrollbar(thumb: str, track: str) -> dict[str, str]:
    """Return the colours of a scrollbar; Textual takes black for the track of each dark theme."""
    thumbs = dict.fromkeys(("scrollbar", "scrollbar-hover", "scrollbar-active"), thumb)
    tracks = ("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active")
    return {**thumbs, **dict.fromkeys(tracks, track)}


_DARK = Theme(
    name="dark",
    primary="#6CB6D9",
    secondary="#8FA8BF",
    accent="#E3B05C",
    warning="#E3B05C",
    error="#F2777A",
    success="#8CC88C",
    foreground="#D9DEE4",
    background="#11151A",
    surface="#1D242C",
    panel="#29323C",
    boost="#242C35",
    dark=True,
    variables={"muted": "#98A5B3", **_scrollbar("#8FA8BF", "#29323C")},
)
_LIGHT = Theme(
    name="light",
    primary="#0B5C86",
    secondary="#46586A",
    accent="#8A4B00",
    warning="#8A4B00",
    error="#B3261E",
    success="#1E6B2E",
    foreground="#1B1F24",
    background="#F7F7F4",
    surface="#E6E8E6",
    panel="#D8DBD9",
    boost="#DEE1DF",
    dark=False,
    variables={"muted": "#55606B", **_scrollbar("#46586A", "#D8DBD9")},
)
_CONTRAST = Theme(
    name="contrast",
    primary="#FFFF00",
    secondary="#00FFFF",
    accent="#00FFFF",
    warning="#FFFF00",
    error="#FF8080",
    success="#00FF00",
    foreground="#FFFFFF",
    background="#000000",
    surface="#1C1C1C",
    panel="#303030",
    boost="#303030",
    dark=True,
    variables={"muted": "#FFFFFF", **_scrollbar("#00FFFF", "#303030")},
)


def _ansi(name: str, foreground: str, background: str, primary: str, accent: str) -> Theme:
    """Return a theme of the terminal's own sixteen colours."""
    return Theme(
        name=name,
        ansi=True,
        primary=primary,
        secondary=foreground,
        accent=accent,
        warning=accent,
        error=foreground if background == foreground else "ansi_bright_red",
        success="ansi_green",
        foreground=foreground,
        background=background,
        surface=background,
        panel=background,
        boost=background,
        dark=True,
        variables={
            "muted": foreground,
            "text": foreground,
            **dict.fromkeys(
                ("surface", "panel", "boost"), background
            ),  # not transparent: a dialog has nothing below it
            "border": foreground,
            "border-blurred": foreground,
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "block-cursor-foreground": background,
            "block-cursor-background": foreground,
            "input-selection-background": "ansi_blue",
            "input-selection-foreground": "ansi_white",
            **_scrollbar(foreground, background),
            "scrollbar-corner-color": background,
            "input-cursor-foreground": background,
            "input-cursor-background": foreground,
            "input-cursor-text-style": "reverse" if background == foreground else "none",
        },
    )


_TERMINAL = _ansi("terminal", "ansi_default", "ansi_default", "ansi_default", "ansi_default")
_SIXTEEN = _ansi("sixteen", "ansi_white", "ansi_black", "ansi_bright_cyan", "ansi_bright_yellow")

THEMES = {theme.name: theme for theme in (_DARK, _LIGHT, _TERMINAL, _CONTRAST, _SIXTEEN)}
"""By name, in the order in which a key turns them."""
