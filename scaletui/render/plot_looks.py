"""The characters and styles that a plot is drawn with: one set a kind of glyphs, one letter and style a series."""

from __future__ import annotations

from typing import Literal, NamedTuple

from scaletui.render.canvas import PALETTE
from scaletui.render.plot_model import BEYOND, Series
from scaletui.render.raster import SOLID, Dash

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
    dash: tuple[str, str]  # before and behind the letter of a dashed line in the legend
    dotted: tuple[str, str]
    beyond: str  # what a line looks like beyond its fit
    shade: str
    plain: bool  # ASCII only


_DASHED, _DOTTED = ("╌", "╌"), ("┈", "┈")
LOOKS = {
    "braille": Look((1, 2), "│", "─", "└", "┤", "├", "┬", "┴", "·", "│", "●", "◆", _DASHED, _DOTTED, "⠒ ⠒", "⠢", False),
    "half": Look((0, 1), "│", "─", "└", "┤", "├", "┬", "┴", "·", "│", "●", "◆", _DASHED, _DOTTED, "▀ ▀", "░", False),
    "ascii": Look(
        (1, 2), "|", "-", "+", "+", ":", "+", "'", "", "|", "*", "@", ("- ", " -"), (". ", " ."), "- -", ":", True
    ),
}
_DASHES: dict[tuple[bool, bool], Dash] = {
    (False, False): SOLID, (True, False): (2, 2), (False, True): (1, 1), (True, True): (1, 3),
}  # fmt: skip


def letter(index: int) -> str:
    """Return the letter of a series, by its place among them."""
    return _LETTERS[index % len(_LETTERS)]


def line_style(series: Series) -> str:
    """Return the style id of a series."""
    return f"line{series.color % len(PALETTE)}"


def dash_of(series: Series, beyond: bool = False) -> Dash:
    """Return how a line is dashed, within its fit or beyond it."""
    return _DASHES[series.dashed, series.dotted or beyond]


def sample(series: Series, index: int, look: Look) -> str:
    """Return what the legend shows of a series: its letter, in a piece of its line."""
    before, behind = look.level, look.level
    if series.kind != "line":
        before = behind = look.shade if series.kind == "band" else ""
    elif series.dotted or series.fitted == BEYOND:
        before, behind = look.dotted
    elif series.dashed:
        before, behind = look.dash
    return f"{before}{letter(index)}{behind}"
