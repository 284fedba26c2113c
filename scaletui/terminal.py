"""What the terminal can show, from its type, locale and settings: one place that asks the environment."""

from __future__ import annotations

import os
import sys
from typing import Literal

Colors = Literal["none", "16", "256", "truecolor"]


def size(tty: bool) -> tuple[int, int]:
    """Return the columns (40 to 1000) and lines to print for: the terminal's, or COLUMNS (80) x 24 into a pipe."""
    if tty:
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
    else:
        wanted = os.environ.get("COLUMNS", "")[:9]
        columns, lines = int(wanted) if wanted.isascii() and wanted.isdigit() else 80, 24
    return min(max(columns or 80, 40), 1000), lines or 24


def colors(tty: bool) -> Colors:
    """Return how many colours may be printed; none into a pipe, under NO_COLOR, or on a dumb terminal."""
    if not tty or os.environ.get("NO_COLOR") or dumb():
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


def unicode_shown() -> bool:
    """Whether the terminal shows more than ASCII.

    By the locale, since Python itself claims UTF-8 even under LC_ALL=C; the Linux console has no braille.
    """
    name = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    return "utf" in name.lower() and os.environ.get("TERM") != "linux"
