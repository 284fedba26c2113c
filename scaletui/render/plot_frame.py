"""What stands around a plot: title, labels of axes, ticks, legend, what the cursor reads; or why there is no plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scaletui.render.canvas import Canvas, Placed, Run, Sheet, clean, fit, pack
from scaletui.render.plot_looks import Look, line_style, sample
from scaletui.render.plot_model import Plot, leaves_fit
from scaletui.render.plot_readout import read_entries
from scaletui.render.ticks import Axis, Scale, place_labels, rows_fit, ticks

_TALL = 20  # rows, from which on what the cursor reads may take two


class Around(NamedTuple):
    """The rows above and below the frame, and how many rows are left inside it (possibly too few)."""

    header: list[Placed]
    legend: list[Placed]
    read: list[Placed]
    lines: int


class Box(NamedTuple):
    """Where on the sheet the inside of the frame lies [cells], and the scales of its axes."""

    left: int
    top: int
    columns: int
    lines: int
    x: Scale
    y: Scale
    across: int
    down: int  # dots in a cell, as powers of two

    def column(self, value: float) -> int:
        """Return the column of the sheet on which ``value`` of the x axis is drawn."""
        return self.left + (self.x.dot(value, self.columns << self.across) >> self.across)

    def row(self, value: float) -> int:
        """Return the row of the sheet on which ``value`` of the y axis is drawn."""
        return self.top + self.lines - 1 - (self.y.dot(value, self.lines << self.down) >> self.down)

    def place(self, cell: int) -> tuple[int, int]:
        """Return the column and row of the sheet of a cell of the inside."""
        return self.left + cell % self.columns, self.top + cell // self.columns


def message(sheet: Sheet, title: str, words: str, plain: bool) -> Canvas:
    """Return a canvas that says why there is no plot."""
    width, height = sheet.width, sheet.height
    if height > 2:
        title = fit(title, width, plain)
        sheet.put((width - len(title)) // 2, 0, title, "title")
    words = fit(words, width, plain)
    sheet.put((width - len(words)) // 2, height // 2, words, "text")
    return Canvas(sheet.rows() if width else [[("text", "")]] * height)


def around(plot: Plot, width: int, height: int, look: Look, cursor: float | None) -> Around:
    """Return what stands above and below the frame; the legend, then all but the last row above, give way to it."""
    plain = look.plain
    y_title, x_title = (fit(_axis_title(axis, plain), width, plain) for axis in (plot.y, plot.x))
    header = _header(y_title, fit(clean(plot.title, plain, width + 1), width, plain), width)
    most = 1 if height < _TALL else 2
    read = [] if cursor is None else pack(read_entries(plot, cursor, plain), width, most)
    entries = _legend(plot, width, look)
    footers = (_footer(entries, x_title, width, most) for most in range(height // 4, -1, -1))
    free = height - len(header) - len(read) - 2
    legend = next((footer for footer in footers if free - len(footer) >= 3), [])
    if free < 3:
        header, read = header[-1:], []
    return Around(header, legend, read, height - len(header) - len(legend) - len(read) - 2)


def _axis_title(axis: Axis, plain: bool) -> str:
    label, unit = clean(axis.label, plain), clean(axis.unit, plain)
    return f"{label} [{unit}]" if unit else label


def _header(y_title: str, title: str, width: int) -> list[Placed]:
    """Return the rows above the plot: the title, and the y axis's label on the left, on one row if there is room."""
    start = max((width - len(title)) // 2, len(y_title) + 3)
    y_row: Placed = [(0, ("axis", y_title))]
    if not title or not y_title:
        return [y_row] if y_title else [[(start, ("title", title))]] if title else []
    if start + len(title) <= width:
        return [[*y_row, (start, ("title", title))]]
    return [[((width - len(title)) // 2, ("title", title))], y_row]


def _legend(plot: Plot, width: int, look: Look) -> list[list[Run]]:
    """Return the entries of the legend: what is dotted, then every series that has a name."""
    entries: list[list[Run]] = []
    if any(map(leaves_fit, plot.series)):
        entries.append([("text", look.beyond), ("text", " beyond the fit")])
    for i, series in enumerate(plot.series):
        if series.name:
            name = fit(clean(series.name, look.plain), width - 6, look.plain)
            entries.append([(line_style(series), sample(series, i, look)), ("text", f" {name}")])
    return entries


def _footer(entries: Sequence[Sequence[Run]], x_title: str, width: int, most: int) -> list[Placed]:
    """Return the rows below the ticks: the x axis's label on the right of the first, the legend beside and below it."""
    beside = width - len(x_title) - 3 if x_title else width
    fits = most > 0 and bool(entries) and sum(len(text) for _, text in entries[0]) <= beside
    rows = pack(entries, width, most, beside) if fits else [[], *pack(entries, width, most)]
    if x_title:
        rows[0].append((width - len(x_title), ("axis", x_title)))
    return [row for row in rows if row]


def frame(sheet: Sheet, plot: Plot, look: Look, top: int, lines: int, x: Scale, y: Scale) -> Box | None:
    """Draw the axes with their ticks, and return what they enclose; ``None`` if their labels leave no room for it."""
    across, down = look.dots
    tall = Box(0, top, 0, lines, x, y, across, down)  # how wide it is, the labels of the y axis decide
    y_ticks, y_minor = ticks(y, plot.y.unit, lambda some: rows_fit([tall.row(value) for value, _ in some]))
    gutter = max((len(label) for _, label in y_ticks), default=0)
    box = tall._replace(left=gutter + 1, columns=sheet.width - gutter - 1)
    if box.columns < 8:
        return None
    width, base = sheet.width, top + lines
    x_ticks, x_minor = ticks(x, plot.x.unit, lambda some: place_labels(some, box.column, width) is not None)
    for line in range(top, base):
        sheet.put(gutter, line, look.upright, "axis")
    sheet.put(gutter, base, look.corner + look.level * (width - gutter - 1), "axis")
    for column in map(box.column, x_minor):
        sheet.put(column, base, look.x_minor, "axis")
    for row in map(box.row, y_minor):
        sheet.put(gutter, row, look.y_minor, "axis")
    for value, label in y_ticks:
        sheet.put(gutter - len(label), box.row(value), label, "axis")
        sheet.put(gutter, box.row(value), look.y_tick, "axis")
    for start, (value, label) in zip(place_labels(x_ticks, box.column, width) or (), x_ticks, strict=True):
        sheet.put(box.column(value), base, look.x_tick, "axis")
        sheet.put(start, base + 1, label, "axis")
        if look.grid:
            for level, _ in y_ticks:
                sheet.put(box.column(value), box.row(level), look.grid, "grid")
    return box
