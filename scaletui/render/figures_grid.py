"""The figure of a grid: what is shown of its points over its first axis, a line for each other value."""

from __future__ import annotations

from math import isnan

from scaletui.render.plot_model import Plot, Series
from scaletui.render.ticks import Axis
from scaletui_core.answer import Answer
from scaletui_core.axes import LINEAR
from scaletui_core.errors import InputError
from scaletui_core.grid import Grid
from scaletui_core.grid_answer import Dimension, Rows, heading_of
from scaletui_core.quantity_text import format_quantity

_MOST = 12  # lines that an eye can follow


def over_first(grid: Grid, answer: Answer) -> Plot:
    """Return the plot of the first of what is shown; where it varies, with bands.

    Raises
    ------
    InputError
        If the first axis has no numbers, or there would be too many lines.
    """
    assert isinstance(answer.rows, Rows)
    first, *others = answer.rows.dimensions
    shown = grid.shown[0]
    if first.labels:
        raise InputError(f"{first.name} has no numbers to draw over", where="--plot", hint="name another --over first")
    each = grid.size // len(first.numbers)
    if each > _MOST:
        raise InputError(f"{each:,} lines are too many; {_MOST} can be told apart", where="--plot", hint="fewer values")
    found = {row.subject: row for row in answer.rows if row.id == shown.column}
    units = {row.unit for row in found.values()}
    bands, lines = [], []
    for line in range(each):
        rows = [found.get(str(step * each + line + 1)) for step in range(len(first.numbers))]
        name = ", ".join(map(_word, others, grid.steps(line)[1:])) or heading_of(shown)
        heights = [None if row is None else row.value for row in rows]
        if any(row is not None and row.low is not None for row in rows):
            inside = format_quantity(answer.provenance["sampling"]["coverage"], "fraction")
            low = [None if row is None else row.low for row in rows]
            high = [None if row is None else row.high for row in rows]
            bands.append(Series(f"{name}, {inside}", first.numbers, low, "band", line % 8, ys2=high))
        lines.append(Series(name, first.numbers, heights, color=line % 8))
    unit = units.pop() if units else "1"
    values = [y for one in lines for y in one.ys if y is not None and not isnan(y)]
    log = unit not in LINEAR and bool(values) and min(values) > 0.0
    title = f"{heading_of(shown)} over {first.heading}"
    return Plot(title, _axis(first), Axis(heading_of(shown), "" if unit == "1" else unit, log), (*bands, *lines))


def _axis(first: Dimension) -> Axis:
    steps = first.numbers
    return Axis(first.heading, first.unit, first.unit not in LINEAR and min(steps) > 0.0, min(steps), max(steps))


def _word(one: Dimension, step: int) -> str:
    if one.labels:
        return one.labels[step]
    return f"{one.heading} {format_quantity(one.numbers[step], one.unit)}"
