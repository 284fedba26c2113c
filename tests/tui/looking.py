"""What a person would see on a screen: cells in the colours that show, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from pty_terminal import Terminal
from pyte.screens import Char

SIXTEEN = {
    "black": "000000", "red": "aa0000", "green": "00aa00", "brown": "aa5500", "blue": "0000aa", "magenta": "aa00aa",
    "cyan": "00aaaa", "white": "aaaaaa", "brightblack": "555555", "brightred": "ff5555", "brightgreen": "55ff55",
    "brightbrown": "ffff55", "brightblue": "5555ff", "bfightmagenta": "ff55ff", "brightcyan": "55ffff",
    "brightwhite": "ffffff",
}  # fmt: skip
"""The colours of the Linux console, by pyte's names; the darkest there are."""


class Cell(NamedTuple):
    """A character, the colours it has as they show, and whether it is underlined."""

    char: str
    ink: str
    ground: str
    underlined: bool

    @property
    def seen(self) -> Cell:
        """What a person can tell apart: the ink of a blank shows only in its underline."""
        return self if self.char.strip() or self.underlined else self._replace(ink="")


Screen = list[list[Cell]]


def seen(session: Terminal) -> Screen:
    """Return the cells of the screen."""
    return [
        [_cell(session.screen.buffer[y][x]) for x in range(session.screen.columns)] for y in range(session.screen.lines)
    ]


@cache
def _cell(char: Char) -> Cell:
    ink = "own text" if char.fg == "default" else char.fg
    ground = "own ground" if char.bg == "default" else char.bg
    return Cell(char.data, *((ground, ink) if char.reverse else (ink, ground)), char.underscore)


def text(screen: Screen) -> list[str]:
    """Return the characters alone, line by line."""
    return ["".join(cell.char for cell in row) for row in screen]


@cache
def contrast(ink: str, ground: str) -> float:
    """Return the ratio of the luminances of two colours, as WCAG 2 defines it: 1 to 21.

    >>> round(contrast("ffffff", "000000")), round(contrast("777777", "ffffff"), 2)
    (21, 4.48)
    """
    one, other = sorted((_luminance(ink), _luminance(ground)))
    return (other + 0.05) / (one + 0.05)


def _luminance(color: str) -> float:
    color = SIXTEEN.get(color, color)
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint(screen: Screen, least: float, least_drawn: float, plot_from: int) -> Iterator[str]:
    """Yield the characters that hardly show: text below a contrast of ``least``, lines and plots of ``least_drawn``.

    A plot takes all rows from ``plot_from``. The terminal's own colours show on each other; only lines of a plot may
    lie in another colour on the terminal's own ground.
    """
    for y, row in enumerate(screen):
        for x, (char, ink, ground, _) in enumerate(row):
            own = ink.startswith("own ") + ground.startswith("own ")
            if not char.strip() or (own == 2 and ink != ground) or (ground == "own ground" and y >= plot_from):
                continue
            bound = least_drawn if y >= plot_from or not char.isascii() or char in "|-+#" else least
            ratio = 1.0 if own else contrast(ink, ground)
            if ratio < bound:
                yield f"{char!r} in row {y}, column {x}: {ink} on {ground} is {ratio:.2f} to 1, below {bound}"


def broken_frame(screen: Screen) -> Iterator[str]:
    """Yield what is wrong with the frame of a dialog: a corner that is missing, a side that is not straight."""
    lines = text(screen)
    for corner, right, low, low_right, level, upright in ("┌┐└┘─│", "++++-|"):
        y = next((n for n, line in enumerate(lines) if corner + level * 20 in line), None)
        if y is None:
            continue
        x = lines[y].index(corner + level * 20)
        end = lines[y].find(right, x + 1)
        bottom = next((n for n in range(y + 1, len(lines)) if lines[n][x] == low), None)
        if end < 0 or bottom is None:
            yield f"the frame at row {y}, column {x} has no right side, or no bottom"
            return
        if lines[y][x + 1 : end] != level * (end - x - 1):
            yield f"the top of the frame is broken: {lines[y]!r}"
        if lines[bottom][x : end + 1] != low + level * (end - x - 1) + low_right:
            yield f"the bottom of the frame is broken: {lines[bottom]!r}"
        for line in lines[y + 1 : bottom]:
            if (line[x], line[end]) != (upright, upright):
                yield f"a side of the frame is broken: {line!r}"
        return
    yield "there is no frame"
