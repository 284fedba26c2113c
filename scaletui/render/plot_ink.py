"""Series and marks as dots, letters and labels: what is drawn inside the frame of a plot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from scaletui.render.canvas import Sheet, clean, fit
from scaletui.render.plot_frame import Box
from scaletui.render.plot_looks import Glyphs, Look, dash_of, letter, line_style
from scaletui.render.plot_model import Plot, Series
from scaletui.render.raster import Dot, Path, Raster, characters, fill, label_cell, letter_cells, stroke
from scaletui.render.ticks import limits

_FEW = 12  # labels, of which each is worth a piece of a line


class _Point(NamedTuple):
    """A point: the place of its series among them, its cell, and its label."""

    series: int
    cell: int
    label: str


class _Label(NamedTuple):
    """A label that looks for room beside a cell."""

    cell: int
    text: str
    style: str


def ink(sheet: Sheet, plot: Plot, box: Box, glyphs: Glyphs, look: Look) -> None:
    """Draw the series and the marks of a plot into its frame: lines, then symbols, their labels, letters along lines.

    A symbol is never covered; a label stands where it covers no other, a letter where there is room.
    """
    raster = Raster(box.columns, box.lines, *look.dots, glyphs == "braille")
    cells_of, points = _trace(plot, raster, box)
    _put_raster(sheet, raster, glyphs, box, ["text", *map(line_style, plot.series[:255])])
    taken = bytearray(cell > 0 for cell in raster.owner)  # 1: a line may be covered, 2: nothing may
    for index, cell, _ in points:
        sheet.put(*box.place(cell), letter(index), line_style(plot.series[index]))
        taken[cell] = 2
    labels = _put_marks(sheet, plot, raster, box, look, taken)
    labels += [_Label(one.cell, one.label, line_style(plot.series[one.series])) for one in points]
    _put_labels(sheet, labels, box, raster, taken, look.plain)
    for index, cells in cells_of:
        share = (index + 0.5) / len(plot.series)
        for cell in letter_cells(raster, cells, taken, _tag(index), share) if cells else ():
            sheet.put(*box.place(cell), letter(index), line_style(plot.series[index]))


def _tag(index: int) -> int:
    return index % 255 + 1  # a byte of the raster; 0 is nobody's


def _path(xs: Sequence[float], ys: Sequence[float | None], box: Box, raster: Raster) -> list[Dot | None]:
    """Return points as dots, down from the top; a gap is ``None``."""
    x, y, log10 = box.x, box.y, math.log10
    log_x, log_y = x.log, y.log
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


def _trace(plot: Plot, raster: Raster, box: Box) -> tuple[list[tuple[int, list[int]]], list[_Point]]:
    """Draw the series into the raster; return the cells of each that may carry its letter, and points with labels."""
    letters: list[tuple[int, list[int]]] = []
    points: list[_Point] = []
    order = sorted(range(len(plot.series)), key=lambda i: (plot.series[i].kind != "band", -i))
    for i in order:  # bands below lines, and the first series on top
        series = plot.series[i]
        path = _path(series.xs, series.ys, box, raster)
        if series.kind == "points":
            cells = (None if dot is None else raster.cell(dot) for dot in path)
            pairs = zip_longest(cells, series.labels[: len(path)], fillvalue="")
            points += (_Point(i, cell, str(label)) for cell, label in pairs if isinstance(cell, int))
            continue
        if series.kind == "band" and series.ys2 is not None:
            cells_of = fill(raster, path, _path(series.xs, series.ys2, box, raster), _tag(i))
        else:
            cells_of = _stroke(raster, path, series, box, _tag(i))
        if series.name:
            letters.append((i, cells_of))
    return letters, points


def _stroke(raster: Raster, path: Path, series: Series, box: Box, tag: int) -> list[int]:
    """Draw a line, dotted where it is beyond its fit; return the cells it passes."""
    if series.fitted is None:
        return stroke(raster, path, tag, dash_of(series))
    low, high = (_right_to(end, box, raster) for end in series.fitted)
    cells: list[int] = []
    for piece, beyond in _pieces(path, low, high):
        more = stroke(raster, piece, tag, dash_of(series, beyond))
        cells += more[1:] if cells[-1:] == more[:1] else more
    return cells


def _right_to(x: float, box: Box, raster: Raster) -> float:
    """Return the dot, from the left, of an x [data units] that may be endless."""
    scale = box.x
    if math.isinf(x) or (scale.log and x <= 0.0):
        return x if math.isinf(x) else -math.inf
    return scale.fraction(x) * (raster.width - 1)


def _pieces(path: Path, low: float, high: float) -> list[tuple[list[Dot | None], bool]]:
    """Return a path in pieces, each with whether it is outside of ``low`` to ``high`` [dots from the left].

    >>> _pieces([(0.0, 0.0), (10.0, 10.0)], 4.0, 20.0)
    [([(0.0, 0.0), (4.0, 4.0)], True), ([(4.0, 4.0), (10.0, 10.0)], False)]
    """
    pieces: list[tuple[list[Dot | None], bool]] = [([], False)]
    before: Dot | None = None
    fresh = True  # the piece has no line in it yet, so it may still turn out to be either
    for point in path:
        if before is not None and point is not None:
            (x0, y0), (x1, y1) = before, point
            cuts = sorted((edge - x0) / (x1 - x0) for edge in (low, high) if min(x0, x1) < edge < max(x0, x1))
            for part in (*cuts, 1.0):
                end = point if part == 1.0 else (x0 + part * (x1 - x0), y0 + part * (y1 - y0))
                beyond = not low <= (before[0] + end[0]) / 2 <= high
                if fresh:
                    pieces[-1] = (pieces[-1][0], beyond)
                elif beyond is not pieces[-1][1]:
                    pieces.append(([before], beyond))
                pieces[-1][0].append(end)
                before, fresh = end, False
        else:
            pieces[-1][0].append(point)
        before = point
    return pieces


def _put_raster(sheet: Sheet, raster: Raster, glyphs: Glyphs, box: Box, styles: Sequence[str]) -> None:
    """Put the characters of the raster on the sheet."""
    solid, shade = characters(glyphs)
    chars, names, columns = sheet.chars, sheet.styles, raster.columns
    for line in range(raster.lines):
        at = (box.top + line) * sheet.width + box.left
        for cell in range(line * columns, (line + 1) * columns):
            if raster.bits[cell]:
                chars[at], names[at] = solid[raster.bits[cell]], styles[raster.owner[cell]]
            elif raster.filled[cell]:
                chars[at], names[at] = shade[raster.filled[cell]], styles[raster.filler[cell]]
            at += 1


def _put_marks(sheet: Sheet, plot: Plot, raster: Raster, box: Box, look: Look, taken: bytearray) -> list[_Label]:
    """Put the symbols of the marks; return their labels, the user's own first."""
    labels: list[_Label] = []
    for mark in sorted(plot.marks, key=lambda mark: mark.emphasis):
        dot = _path((mark.x,), (mark.y,), box, raster)[0]
        cell = None if dot is None else raster.cell(dot)
        if cell is not None:
            symbol, style = (look.own, "own") if mark.emphasis else (look.mark, "mark")
            sheet.put(*box.place(cell), symbol, style)
            taken[cell] = 2
            labels.append(_Label(cell, mark.label, style))
    return sorted(labels, key=lambda one: one.style != "own")


def _put_labels(
    sheet: Sheet, labels: Sequence[_Label], box: Box, raster: Raster, taken: bytearray, plain: bool
) -> None:
    """Put the labels of cells, each beside its own, where they cover no other, and many of them only off the lines."""
    few = len(labels) <= _FEW
    once = {(one.cell, one.text): one for one in reversed(labels)}  # two series may share a point
    for cell, text, style in (one for one in labels if one is once[one.cell, one.text]):
        most = box.columns * 3 // 4 if style == "own" else box.columns // 2
        label = fit(clean(text, plain), most, plain)
        start = label_cell(taken, box.columns, cell, len(label), few or style == "own") if label else None
        if start is not None:
            end = start + len(label)
            for beside in (start - 1, end):  # no shade runs into the words
                same_row = 0 <= beside < len(taken) and beside // box.columns == start // box.columns
                if same_row and raster.filled[beside] and not taken[beside]:
                    sheet.put(*box.place(beside), " ", style)
            sheet.put(*box.place(start), label, style)
            taken[start:end] = b"\2" * len(label)
