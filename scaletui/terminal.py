"""What the terminal can show, from its type, locale and settings: one place that asks the environment."""

from __future__ import annotations

import os
import sys
from typing import Literal, cast

Colors = Literal["none", "16", "256", "truecolor"]


def size(tty: bool) -> tuple[int, int]:
    """Return the columns (40 to 1000) and lines to print for: the terminal's, or COLUMNS (80) x 24 into a pipe."""
    if tty:
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
    else:
        wanted = os.environ.get("COLUMNS", "")[:9]
        columns, lines = int(wanted) if wanted.isascii() and wanted.isdigit() else 80, 24
    return min(max(columns or 80, 40), 1000), lines or 24


def colors(tty: bool, asked: str = "auto", forced: bool = False) -> Colors:
    """Return how many colours may be printed: none into a pipe or on a dumb terminal, unless it is ``forced``.

    ``asked`` is the setting ``color``; where it is auto, none under NO_COLOR, else what the terminal says of itself.
    """
    if not forced and (not tty or dumb()):
        return "none"
    if asked != "auto":
        return cast(Colors, asked)
    if not tty or dumb() or os.environ.get("NO_COLOR"):
        return "none"
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if "256" in os.environ.get("TERM", "") else "16"


def theme(shown: Colors) -> str:
    """Return the theme that suits a terminal: by how many colours it has, and by its ground where it says which.

    Some terminals give their colours in COLORFGBG, as in ``15;0``.
    """
    if shown in ("none", "16"):
        return "terminal" if shown == "none" else "sixteen"
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if ground in ("7", "15") else "dark"


def erases_in_color() -> bool:
    """Whether the terminal fills what it erases with the background that is set; the `screen` of old does not."""
    return os.environ.get("TERM", "").startswith(("xterm", "tmux", "linux", "alacritty", "kitty", "foot", "rxvt"))


def dumb() -> bool:
    """Whether the terminal cannot move its cursor, or does not say what it is."""
    return os.environ.get("TERM", "") in ("", "dumb", "unknown")


def unicode_shown(ascii: bool | None = None) -> bool:
    """Whether the terminal shows more than ASCII; ``ascii`` is the setting of that name, None where it is left open.

    Then by the locale, since Python itself claims UTF-8 even under LC_ALL=C; the Linux console has no braille.
    """
    if ascii is not None:
        return not ascii
    name = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    return "utf" in name.lower() and os.environ.get("TERM") != "linux"
