"""Shapes that figures share: curves of a function, levels and uprights across the plot, the numbers behind a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scaletui.render.plot import Series
from scaletui_core.answer import Row
from scaletui_core.formula import Number


def curve(name: str, xs: Sequence[float], function: Callable[[float], float], color: int) -> Series:
    """Return the line of a function at these x.

    >>> curve("square", (1.0, 2.0), lambda x: x * x, 0).ys
    [1.0, 4.0]
    """
    return Series(name, xs, [function(x) for x in xs], color=color)


def level(name: str, y: float, ends: tuple[float, float], color: int) -> Series:
    """Return a dashed horizontal line from end to end."""
    return Series(name, ends, (y, y), color=color, dashed=True)


def upright(name: str, x: float, ends: tuple[float, float], color: int) -> Series:
    """Return a dashed vertical line from end to end."""
    return Series(name, (x, x), ends, color=color, dashed=True)


def numbers_of(row: Row) -> tuple[Number, ...]:
    """Return the numbers that were put into a row's formula."""
    return () if row.working is None else row.working.numbers
