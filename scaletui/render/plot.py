"""The plot canvas: lines, bands, points and marks in a grid of terminal cells, for the app and the command line.

Pure functions of a :class:`Plot`, on the standard library alone: a one-shot with ``--plot`` pays for nothing else.
Lines are rasterised in the dots of a cell (2 x 4 in braille and ASCII, 1 x 2 in half blocks); a series carries a letter
along its line and in the legend, so that it reads without colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

from scaletui.render.canvas import PALETTE, Canvas, Placed, Run, Sheet, ansi, clean, fit, pack
from scaletui.render.raster import Dot, Raster, characters, fill, label_cell, letter_cells, stroke
from scaletui.render.ticks import Axis, Scale, limits, number, place_labels, rows_fit, scale, shown, ticks, to_data

__all__ = ["PALETTE", "Axis", "Canvas", "Mark", "Plot", "Series", "View", "ansi", "draw", "readout", "scales"]

Glyphs = Literal["braille", "half", "ascii"]
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SMALLEST = (20, 6)


class Series(NamedTuple):
    """One curve, cloud of points, or band (from ``ys`` up to ``ys2``). A y that is ``None`` or not finite is a gap.

    ``labels`` are those of points, one each; they stand where there is room.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float | None]
    kind: Literal["line", "points", "band"] = "line"
    color: int = 0
    dashed: bool = False
    ys2: Sequence[float | None] | None = None
    labels: Sequence[str] = ()


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


class _Look(NamedTuple):
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


_LOOKS = {
    "braille": _Look((1, 2), "│", "─", "└", "┤", "├", "┬", "┴", "·", "│", "●", "◆", "╌", "░", False),
    "half": _Look((0, 1), "│", "─", "└", "┤", "├", "┬", "┴", "·", "│", "●", "◆", "╌", "░", False),
    "ascii": _Look((1, 2), "|", "-", "+", "+", ":", "+", "'", "", "|", "*", "@", ".", ":", True),
}


def _axis_title(axis: Axis, ascii_only: bool) -> str:
    label, unit = clean(axis.label, ascii_only), clean(axis.unit, ascii_only)
    return f"{label} [{unit}]" if unit else label


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
    look = _LOOKS[glyphs]
    plain = look.plain
    title = clean(plot.title, plain)
    if width < _SMALLEST[0] or height < _SMALLEST[1]:
        return _message(sheet, "", "too small to plot", plain)
    both = scales(plot, view)
    if both is None:
        return _message(sheet, title, "nothing to plot", plain)
    x_scale, y_scale = both
    y_title, x_title = _axis_title(plot.y, plain), _axis_title(plot.x, plain)
    header = _header(fit(y_title, width, plain), fit(title, width, plain), width)
    cursor = cursor if shown(cursor, plot.x.log) else None
    read = [] if cursor is None else pack(_read_entries(plot, cursor, plain), width, 1)
    x_title = fit(x_title, width, plain)
    footers = (_footer(plot, x_title, width, most, plain, look) for most in range(height // 4, -1, -1))
    free = height - len(header) - len(read) - 2
    legend = next((footer for footer in footers if free - len(footer) >= 3), [])
    if free < 3:
        header, read = header[-1:], []
    top, lines = len(header), height - len(header) - len(legend) - len(read) - 2

    across, down = look.dots

    def row_of(value: float) -> int:
        return top + lines - 1 - (y_scale.dot(value, lines << down) >> down)

    y_ticks, y_minor = ticks(y_scale, plot.y.unit, lambda some: rows_fit([row_of(value) for value, _ in some]))
    gutter = max((len(label) for _, label in y_ticks), default=0)
    left = gutter + 1
    columns = width - left
    if columns < 8:
        return _message(sheet, "", "too small to plot", plain)

    def column_of(value: float) -> int:
        return left + (x_scale.dot(value, columns << across) >> across)

    x_ticks, x_minor = ticks(x_scale, plot.x.unit, lambda some: place_labels(some, column_of, width) is not None)
    for line, placed in enumerate(header):
        sheet.lay(line, placed)
    _frame(sheet, look, top, lines, gutter)
    for column in map(column_of, x_minor):
        sheet.put(column, top + lines, look.x_minor, "axis")
    for row in map(row_of, y_minor):
        sheet.put(gutter, row, look.y_minor, "axis")
    for value, label in y_ticks:
        sheet.put(gutter - len(label), row_of(value), label, "axis")
        sheet.put(gutter, row_of(value), look.y_tick, "axis")
    for start, (value, label) in zip(place_labels(x_ticks, column_of, width) or (), x_ticks, strict=True):
        sheet.put(column_of(value), top + lines, look.x_tick, "axis")
        sheet.put(start, top + lines + 1, label, "axis")
        if look.grid:
            for level, _ in y_ticks:
                sheet.put(column_of(value), row_of(level), look.grid, "grid")
    at = None if cursor is None else column_of(cursor)
    if at is not None and left <= at < width:
        for line in range(top, top + lines):
            sheet.put(at, line, look.cursor, "cursor")
    raster = Raster(columns, lines, across, down, glyphs == "braille")
    letters, dots = _trace(plot, raster, x_scale, y_scale)
    styles = ["text", *map(_line_style, plot.series[:255])]
    _ink(sheet, raster, glyphs, left, top, styles)
    taken = bytearray(cell > 0 for cell in raster.owner)
    for tag, cell, _ in dots:
        series = plot.series[tag]
        sheet.put(left + cell % columns, top + cell // columns, _letter(tag), _line_style(series))
        taken[cell] = 2
    named = _put_marks(sheet, plot, raster, x_scale, y_scale, look, taken, left, top)
    named += [(cell, label, _line_style(plot.series[tag])) for tag, cell, label in dots]
    _put_labels(sheet, named, taken, columns, left, top, look.plain)
    for tag, cells in letters:
        share = (tag + 0.5) / len(plot.series)
        for cell in letter_cells(raster, cells, taken, _tag(tag), share) if cells else ():
            sheet.put(left + cell % columns, top + cell // columns, _letter(tag), _line_style(plot.series[tag]))
    for line, placed in enumerate((*legend, *read), start=top + lines + 2):
        sheet.lay(line, placed)
    return Canvas(sheet.rows(), left, top, columns, lines, x_scale, y_scale)


def _message(sheet: Sheet, title: str, message: str, plain: bool) -> Canvas:
    """Return a canvas that says why there is no plot."""
    width, height = sheet.width, sheet.height
    if height > 2:
        title = fit(title, width, plain)
        sheet.put((width - len(title)) // 2, 0, title, "title")
    message = fit(message, width, plain)
    sheet.put((width - len(message)) // 2, height // 2, message, "text")
    return Canvas(sheet.rows() if width else [[("text", "")]] * height)


def _header(y_title: str, title: str, width: int) -> list[Placed]:
    """Return the rows above the plot: the title, and the y axis's label on the left, on one row if there is room."""
    start = max((width - len(title)) // 2, len(y_title) + 3)
    y_row: Placed = [(0, ("axis", y_title))]
    if not title or not y_title:
        return [y_row] if y_title else [[(start, ("title", title))]] if title else []
    if start + len(title) <= width:
        return [[*y_row, (start, ("title", title))]]
    return [[((width - len(title)) // 2, ("title", title))], y_row]


def _footer(plot: Plot, x_title: str, width: int, most: int, plain: bool, look: _Look) -> list[Placed]:
    """Return the rows below the ticks: the legend, and the x axis's label on the right."""
    entries: list[list[Run]] = []
    for i, series in enumerate(plot.series):
        if series.name:
            side = look.shade if series.kind == "band" else "" if series.kind == "points" else look.level
            side = look.dash if series.dashed and series.kind == "line" else side
            name = fit(clean(series.name, plain), width - 4, plain)
            entries.append([(_line_style(series), f"{side}{_letter(i)}{side}"), ("text", f" {name}")])
    packed = pack(entries, width - len(x_title) - 3 if x_title else width, 1)
    if sum(map(len, packed)) == 2 * len(entries):
        row = packed[0] if packed else []
    else:
        return [[(width - len(x_title), ("axis", x_title))]] * bool(x_title) + pack(entries, width, most)
    if x_title:
        row.append((width - len(x_title), ("axis", x_title)))
    return [row] if row else []


def _read_entries(plot: Plot, cursor: float, plain: bool) -> list[list[Run]]:
    """Return what the cursor reads: its x, and the y of each series."""
    entries: list[list[Run]] = [[("cursor", f"{clean(plot.x.label, plain)} = {number(cursor, plot.x.unit)}")]]
    for i, series in enumerate(plot.series):
        values = [number(y, plot.y.unit) for _, y in _read(plot, series, cursor) if y is not None]
        if values:
            entries.append([(_line_style(series), _letter(i)), ("text", f" {'..'.join(values)}")])
    return entries


def readout(plot: Plot, x: float) -> list[tuple[str, float | None]]:
    """Return the name of each series and its y at ``x``, interpolated as it is drawn: straight on the axes' scales.

    A band gives two rows, low and high; points are not interpolated; ``None`` is outside a series or in a gap.

    Examples
    --------
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


def _frame(sheet: Sheet, look: _Look, top: int, lines: int, gutter: int) -> None:
    for y in range(top, top + lines):
        sheet.put(gutter, y, look.upright, "axis")
    sheet.put(gutter, top + lines, look.corner + look.level * (sheet.width - gutter - 1), "axis")


def _letter(index: int) -> str:
    return _LETTERS[index % len(_LETTERS)]


def _line_style(series: Series) -> str:
    return f"line{series.color % len(PALETTE)}"


def _tag(index: int) -> int:
    return index % 255 + 1  # a byte of the raster; 0 is nobody's


def _path(xs: Sequence[float], ys: Sequence[float | None], x: Scale, y: Scale, raster: Raster) -> list[Dot | None]:
    """Return points as dots, down from the top; a gap is ``None``."""
    log_x, log_y, log10 = x.log, y.log, math.log10
    (x_least, x_most), (y_least, y_most) = limits(log_x), limits(log_y)
    x_low, y_high = x.low, y.high
    # A dot further out than any slope can show; it keeps absurd zooms from overflowing.
    far = 1e15
    right = (raster.width - 1) / (x.high - x.low)
    down = (raster.height - 1) / (y.high - y.low)
    path: list[Dot | None] = []
    for a, b in zip(xs, ys, strict=True):
        if b is None or not (x_least < a < x_most and y_least < b < y_most):
            path.append(None)
        else:
            px = ((log10(a) if log_x else a) - x_low) * right
            py = (y_high - (log10(b) if log_y else b)) * down
            path.append((min(max(px, -far), far), min(max(py, -far), far)))
    return path


def _trace(
    plot: Plot, raster: Raster, x: Scale, y: Scale
) -> tuple[list[tuple[int, list[int]]], list[tuple[int, int, str]]]:
    """Draw the series into the raster; return the cells of each that may carry its letter, and points with labels."""
    letters: list[tuple[int, list[int]]] = []
    dots: list[tuple[int, int, str]] = []
    order = sorted(range(len(plot.series)), key=lambda i: (plot.series[i].kind != "band", -i))
    for i in order:  # bands below lines, and the first series on top
        series = plot.series[i]
        path = _path(series.xs, series.ys, x, y, raster)
        if series.kind == "points":
            cells = (None if dot is None else raster.cell(dot) for dot in path)
            pairs = zip_longest(cells, series.labels[: len(path)], fillvalue="")
            dots += ((i, cell, str(label)) for cell, label in pairs if isinstance(cell, int))
            continue
        if series.kind == "band" and series.ys2 is not None:
            cells_of = fill(raster, path, _path(series.xs, series.ys2, x, y, raster), _tag(i))
        else:
            cells_of = stroke(raster, path, _tag(i), series.dashed)
        if series.name:
            letters.append((i, cells_of))
    return letters, dots


def _ink(sheet: Sheet, raster: Raster, glyphs: str, left: int, top: int, styles: Sequence[str]) -> None:
    """Put the characters of the raster on the sheet."""
    solid, shade = characters(glyphs)
    chars, names, columns = sheet.chars, sheet.styles, raster.columns
    for line in range(raster.lines):
        at = (top + line) * sheet.width + left
        for cell in range(line * columns, (line + 1) * columns):
            if raster.bits[cell]:
                chars[at], names[at] = solid[raster.bits[cell]], styles[raster.owner[cell]]
            elif raster.filled[cell]:
                chars[at], names[at] = shade[raster.filled[cell]], styles[raster.filler[cell]]
            at += 1


def _put_marks(
    sheet: Sheet, plot: Plot, raster: Raster, x: Scale, y: Scale, look: _Look, taken: bytearray, left: int, top: int
) -> list[tuple[int, str, str]]:
    """Put the symbols of the marks; return cell, label and style of each, the user's own first."""
    columns = raster.columns
    placed: list[tuple[int, str, str]] = []
    for mark in sorted(plot.marks, key=lambda mark: mark.emphasis):
        dot = _path((mark.x,), (mark.y,), x, y, raster)[0]
        cell = None if dot is None else raster.cell(dot)
        if cell is not None:
            symbol, style = (look.own, "own") if mark.emphasis else (look.mark, "mark")
            sheet.put(left + cell % columns, top + cell // columns, symbol, style)
            taken[cell] = 2
            placed.append((cell, mark.label, style))
    return sorted(placed, key=lambda one: one[2] != "own")


def _put_labels(
    sheet: Sheet,
    named: Sequence[tuple[int, str, str]],
    taken: bytearray,
    columns: int,
    left: int,
    top: int,
    plain: bool,
) -> None:
    """Put the labels of cells, each beside its own, where they cover no other."""
    for cell, text, style in named:
        label = fit(clean(text, plain), columns // 2, plain)
        start = label_cell(taken, columns, cell, len(label)) if label else None
        if start is not None:
            sheet.put(left + start % columns, top + start // columns, label, style)
            taken[start : start + len(label)] = b"\2" * len(label)
