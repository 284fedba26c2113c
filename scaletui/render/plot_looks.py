"""The characters and styles that a plot is drawn with: one set a kind of glyphs, one letter and style a series."""

from __future__ import annotations

from typing import Literal, NamedTuple

from scaletui.render.canvas import PALETTE
from scaletui.render.plot_model import Series

Glyphs = Literal["braille", "half", "ascii"]
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Look(NamedTuple):
    """The characters of one glyph set."""

    dots: tuple[int, int]  # in a cell, as powers of two
    upright: str
    level: str
    corner: str
    y_tick: str
    y_minor: str
    x_tick: str
    x_minor: str
    grid: str
    cursor: str
    mark: str
    own: str
    dash: str
    shade: str
    plain: bool  # ASCII only


LOOKS = {
    "braille": Look((1, 2), "│", "─", "└", "┤", "├", "┬", "┴", "·", "│", "●", "◆", "╌", "░", False),
    "half": Look((0, 1), "│", "─", "└", "┤", "├", "┬", "┴", "·", "│", "●", "◆", "╌", "░", False),
    "ascii": Look((1, 2), "|", "-", "+", "+", ":", "+", "'", "", "|", "*", "@", ".", ":", True),
}


def letter(index: int) -> str:
    """Return the letter of a series, by its place among them."""
    return _LETTERS[index % len(_LETTERS)]


def line_style(series: Series) -> str:
    """Return the style id of a series."""
    return f"line{series.color % len(PALETTE)}"
