"""The plot canvas: lines, bands, points and marks in a grid of terminal cells, for the app and the command line.

Pure functions of a :class:`Plot`, on the standard library alone: a one-shot with ``--plot`` pays for nothing else.
Lines are rasterised in the dots of a cell (2 x 4 in braille and ASCII, 1 x 2 in half blocks); a series carries a letter
along its line and in the legend, so that it reads without colour.
"""

from __future__ import annotations

from scaletui.render.canvas import PALETTE, Canvas, Sheet, ansi, clean
from scaletui.render.plot_frame import around, frame, message
from scaletui.render.plot_ink import ink
from scaletui.render.plot_looks import LOOKS, Glyphs
from scaletui.render.plot_model import Mark, Plot, Series, View, scales
from scaletui.render.plot_readout import readout
from scaletui.render.ticks import Axis, shown

__all__ = ["PALETTE", "Axis", "Canvas", "Glyphs", "Mark", "Plot", "Series", "View", "ansi", "draw", "readout", "scales"]

_SMALLEST = (20, 6)


def draw(
    plot: Plot,
    width: int,
    height: int,
    *,
    glyphs: Glyphs = "braille",
    cursor: float | None = None,
    view: View | None = None,
) -> Canvas:
    r"""Return ``plot`` drawn into ``height`` rows of exactly ``width`` cells.

    Parameters
    ----------
    plot : Plot
        What to draw. No data is bad enough to raise: what an axis cannot show is a gap.
    width, height : int
        Size [cells].
    glyphs : str
        ``braille``, ``half`` (block elements), or ``ascii``.
    cursor : float, optional
        Where on the x axis to draw a vertical line and read the series off [data units].
    view : View, optional
        Part of the plane to show.

    Returns
    -------
    Canvas
        Runs of styled text. Style ids: text, axis, grid, title, mark, own, cursor, line0 to line7.

    Examples
    --------
    >>> axes = Axis("C", "FLOP"), Axis("N", "parameters")
    >>> canvas = draw(Plot("", *axes, (Series("a law", (1e18, 1e24), (1e8, 1e11)),)), 30, 9, glyphs="ascii")
    >>> print("\n".join(row.rstrip() for row in canvas.text()))
    N [parameters]
        :                     ..--
     10B+               ..--''
        |         ..-a-''
        :    ..--''
    100M+--''
        ++---'---+---'---+---'---+
        1e18    1e20    1e22  1e24
    -a- a law             C [FLOP]
    """
    sheet = Sheet(max(0, width), max(0, height))
    look = LOOKS[glyphs]
    if width < _SMALLEST[0] or height < _SMALLEST[1]:
        return message(sheet, "", "too small to plot", look.plain)
    both = scales(plot, view)
    if both is None:
        return message(sheet, clean(plot.title, look.plain, width + 1), "nothing to plot", look.plain)
    cursor = cursor if shown(cursor, plot.x.log) else None
    header, legend, read, lines = around(plot, width, height, look, cursor)
    top = len(header)
    box = frame(sheet, plot, look, top, lines, *both)
    if box is None:
        return message(sheet, "", "too small to plot", look.plain)
    for line, placed in enumerate(header):
        sheet.lay(line, placed)
    # Far off the axis a cursor has no column at all: its fraction may be beyond any number.
    at = box.column(cursor) if cursor is not None and -1 < box.x.fraction(cursor) < 2 else None
    if at is not None and box.left <= at < width:
        for line in range(top, top + lines):
            sheet.put(at, line, look.cursor, "cursor")
    ink(sheet, plot, box, glyphs, look)
    for line, placed in enumerate((*legend, *read), start=top + lines + 2):
        sheet.lay(line, placed)
    return Canvas(sheet.rows(), box.left, top, box.columns, lines, box.x, box.y)
