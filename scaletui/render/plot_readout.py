"""What a cursor reads off a plot: the y of each series at one x."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scaletui.render.canvas import Run, clean
from scaletui.render.plot_looks import letter, line_style
from scaletui.render.plot_model import Plot, Series
from scaletui.render.ticks import number, shown, to_data


def readout(plot: Plot, x: float) -> list[tuple[str, float | None]]:
    """Return the name of each series and its y at ``x``, interpolated as it is drawn: straight on the axes' scales.

    A band gives two rows, low and high; points are not interpolated; ``None`` is outside a series or in a gap.

    Examples
    --------
    >>> from scaletui.render.ticks import Axis
    >>> axes = Axis("C", "FLOP"), Axis("N", "parameters")
    >>> readout(Plot("", *axes, (Series("law", (1e18, 1e22), (1e8, 1e10)),)), 1e20)
    [('law', 1000000000.0)]
    """
    return [pair for series in plot.series for pair in _read(plot, series, x)]


def _read(plot: Plot, series: Series, x: float) -> list[tuple[str, float | None]]:
    if series.kind == "band" and series.ys2 is not None:
        return [
            (f"{series.name} low", _at(plot, series.xs, series.ys, x, True)),
            (f"{series.name} high", _at(plot, series.xs, series.ys2, x, True)),
        ]
    return [(series.name, _at(plot, series.xs, series.ys, x, series.kind == "line"))]


def _at(plot: Plot, xs: Sequence[float], ys: Sequence[float | None], x: float, between: bool) -> float | None:
    log_x, log_y = plot.x.log, plot.y.log
    if not shown(x, log_x):
        return None
    before: tuple[float, float] | None = None
    for here, y in zip(xs, ys, strict=True):
        if y is None or not shown(y, log_y) or not shown(here, log_x):
            before = None
            continue
        if here == x:
            return y
        if before is not None and between and min(before[0], here) < x < max(before[0], here):
            x0, x1, at = (math.log10(v) if log_x else v for v in (before[0], here, x))
            y0, y1 = (math.log10(v) if log_y else v for v in (before[1], y))
            return to_data(y0 + (y1 - y0) * ((at - x0) / (x1 - x0)), log_y)
        before = (here, y)
    return None


def read_entries(plot: Plot, cursor: float, plain: bool) -> list[list[Run]]:
    """Return what the cursor reads: its x, and the y of each series."""
    entries: list[list[Run]] = [[("cursor", f"{clean(plot.x.label, plain)} = {number(cursor, plot.x.unit)}")]]
    for i, series in enumerate(plot.series):
        values = [number(y, plot.y.unit) for _, y in _read(plot, series, cursor) if y is not None]
        if values:
            entries.append([(line_style(series), letter(i)), ("text", f" {'..'.join(values)}")])
    return entries
