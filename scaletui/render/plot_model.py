"""What is plotted: axes, series, marks, and the part of the plane in view; nothing here knows of cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from scaletui.render.ticks import Axis, Scale, scale, shown


class Series(NamedTuple):
    """One curve, cloud of points, or band (from ``ys`` up to ``ys2``). A y that is ``None`` or not finite is a gap.

    ``labels`` are those of points, one each; they stand where there is room. A line is drawn through, ``dashed``,
    ``dotted``, or in sparser dots where it is both; outside of ``fitted``, the x between which it was fitted, it is
    dotted and the legend says so (`BEYOND` for a line that is fitted nowhere in the plot).
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float | None]
    kind: Literal["line", "points", "band"] = "line"
    color: int = 0
    dashed: bool = False
    ys2: Sequence[float | None] | None = None
    labels: Sequence[str] = ()
    dotted: bool = False
    fitted: tuple[float, float] | None = None


BEYOND = (math.inf, -math.inf)
"""What is ``fitted`` of a line that is beyond its fit wherever it is drawn."""


class Mark(NamedTuple):
    """A point with a label; ``emphasis`` for the user's own."""

    x: float
    y: float
    label: str
    emphasis: bool = False


class Plot(NamedTuple):
    """What is plotted, whatever the size and the glyphs."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()


class View(NamedTuple):
    """Ends of the axes [data units] in place of the plot's own; ``None`` keeps the plot's."""

    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None


def scales(plot: Plot, view: View | None = None) -> tuple[Scale, Scale] | None:
    """Return the scales of the two axes, or ``None`` if there is nothing to plot."""
    log_x, log_y = plot.x.log, plot.y.log
    xs: list[float] = []
    ys: list[float] = []
    for series in plot.series:
        for heights in (series.ys, series.ys2 if series.kind == "band" and series.ys2 is not None else ()):
            for x, y in zip(series.xs, heights, strict=False):
                if y is not None and shown(y, log_y) and shown(x, log_x):
                    xs.append(x)
                    ys.append(y)
    for mark in plot.marks:
        if shown(mark.x, log_x) and shown(mark.y, log_y):
            xs.append(mark.x)
            ys.append(mark.y)
    if not xs:
        return None
    view = view or View()
    x_axis = _override(plot.x, view.x_low, view.x_high)
    y_axis = _override(plot.y, view.y_low, view.y_high)
    return scale(x_axis, min(xs), max(xs), 0.0), scale(y_axis, min(ys), max(ys), 0.05)


def _override(axis: Axis, low: float | None, high: float | None) -> Axis:
    return axis._replace(low=axis.low if low is None else low, high=axis.high if high is None else high)


def leaves_fit(series: Series) -> bool:
    """Return whether any of a line is drawn beyond its fit."""
    if series.kind != "line" or series.fitted is None:
        return False
    low, high = series.fitted
    return any(y is not None and not low <= x <= high for x, y in zip(series.xs, series.ys, strict=True))
