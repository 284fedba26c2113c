"""The answer that the points of a grid come to: a row for each value of each point, and what all of them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any, NamedTuple, overload

from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.axes import Axis
from scaletui_core.calculator import provenance
from scaletui_core.grid import Grid, Shown
from scaletui_core.points import Points
from scaletui_core.quantity import KINDS
from scaletui_core.quantity_text import format_quantity
from scaletui_core.traced import Traced

_HEADINGS = {
    "compute": "C",
    "params": "N",
    "tokens": "D",
    "tokens_per_param": "D/N",
    "tokens_per_minute": "tokens/min",
    "human_multiple": "x human",
    "learning_years": "years/day",
    "critical_batch": "crit. batch",
}
"""Headings of columns, where the row id says it at length."""
_REASONS = 5  # that notes count


class Dimension(NamedTuple):
    """An axis as it is shown.

    Attributes
    ----------
    column, name, heading : str
        Its row id, its dotted name, and the heading of its column.
    unit : str
        Of its numbers; ``word`` where it has none: laws, machines, ranges.
    numbers : list of float
        Its values in that unit; of words their places.
    labels : tuple of str
        Its words.
    """

    column: str
    name: str
    heading: str
    unit: str
    numbers: list[float]
    labels: tuple[str, ...]


def dimension(axis: Axis) -> Dimension:
    """Return an axis as it is shown.

    >>> from scaletui_core.axes import axis_of
    >>> dimension(axis_of("days=1,2")).numbers, dimension(axis_of("law=epoch-2024,fits/mine.json")).labels
    ([86400.0, 172800.0], ('epoch-2024', 'mine.json'))
    """
    item = axis.field
    column = f"{axis.part}_{axis.name.strip('_')}"
    heading = item.label if axis.part == "calc" else axis.dotted
    values = [None if text.strip() == "-" else item.parse(text) for text in axis.texts] if item.unit in KINDS else []
    numbers = [float(value) for value in values if value is not None and not isinstance(value, Traced)]
    if len(numbers) == len(axis.texts):
        return Dimension(column, axis.dotted, heading, item.unit, numbers, ())
    # A fit's file is called as its law is.
    labels = tuple(one.rpartition("/")[2] if one.endswith(".json") else one for one in axis.texts)
    return Dimension(column, axis.dotted, heading, "word", [float(place) for place in range(len(labels))], labels)


class Rows(Sequence[Row]):
    """The rows of a grid's answer, each made as it is asked for: of every point its axes, then its values.

    Parameters
    ----------
    grid : Grid
        What was asked.
    points : Points
        What came of it.
    """

    def __init__(self, grid: Grid, points: Points) -> None:
        self._grid, self._points = grid, points
        self.dimensions = [dimension(axis) for axis in grid.axes]
        # Where the law asked has no answer another goes on; a column of two laws must say so.
        self.told = len(points.laws) > 1 and not any((axis.part, axis.name) == ("calc", "law") for axis in grid.axes)
        self._labels = [heading_of(one) for one in grid.shown]
        self._length = len(points) * len(grid.axes) + sum(not isnan(number) for number in points.values)
        self._length += points.answered if self.told else 0

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._length

    def __iter__(self) -> Iterator[Row]:
        """Return each row, in order."""
        points, shown = self._points, self._grid.shown
        for index in range(len(points)):
            key = str(index + 1)
            for one, step in zip(self.dimensions, self._grid.steps(index), strict=True):
                label, unit = (one.labels[step], "1") if one.labels else (one.name, one.unit)
                yield Row(one.column, label, one.numbers[step], unit, subject=key)
            law = points.laws[points.followed[index]] if points.followed[index] >= 0 else None
            if law is not None and self.told:
                yield Row("law", law, float(points.followed[index]), "1", subject=key)
            for place, label in enumerate(self._labels):
                at = index * points.width + place
                value, low, high = points.values[at], points.lows[at], points.highs[at]
                if not isnan(value):
                    ends = (None, None) if isnan(low) else (low, high)
                    of = law if points.by_law[place] else None
                    yield Row(shown[place].column, label, value, points.units[place], of, key, None, *ends)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """Return the row, or rows, of a place; all are made for it."""
        return tuple(self)[index]


def heading_of(one: Shown) -> str:
    """Return the heading of a column.

    >>> heading_of(Shown("speed", "human_multiple")), heading_of(Shown("copies", "work_years"))
    ('x human', 'work years')
    """
    return _HEADINGS.get(one.id, one.id.replace("_", " "))


class Told(NamedTuple):
    """What a sweep was asked, as its answer says it.

    Attributes
    ----------
    inputs : mapping
        What was given, by option name.
    scenario : str
        Name of the scenario that it began at.
    notes : sequence of Note
        Where what else was put into it is from: a speed that was measured.
    """

    inputs: Mapping[str, Any]
    scenario: str = ""
    notes: Sequence[Note] = ()


def answer_of(grid: Grid, points: Points, told: Told) -> Answer:
    """Return the answer of a grid; each row's ``subject`` is the number of its point, from 1 on.

    Row ids are ``part_field`` of the axes and ``part_row`` of what is shown: ``calc_flops``, ``calc_loss``,
    ``speed_human_multiple``. An axis of words has its word as label, and its place as value. A point without an answer,
    or with less of one than others, has a note ``unreachable:N`` that says why.

    Parameters
    ----------
    grid : Grid
        What was asked.
    points : Points
        What came of all of its points.
    told : Told
        What it was asked.

    Examples
    --------
    >>> from scaletui_core.axes import axis_of
    >>> from scaletui_core.grid_asked import grid_of
    >>> from scaletui_core.grid_solve import solve
    >>> from scaletui_core.presets import Catalog
    >>> grid = grid_of([axis_of("flops=1e22,1e24")], {}, [], ["loss"], Catalog("presets"))
    >>> answer = answer_of(grid, solve(grid, Catalog("presets"), (0, 2)), Told({}))
    >>> [(row.id, row.subject) for row in answer.rows]
    [('calc_flops', '1'), ('calc_loss', '1'), ('calc_flops', '2'), ('calc_loss', '2')]
    """
    rows = Rows(grid, points)
    columns = [Column(one.column, one.heading, one.unit) for one in rows.dimensions]
    if rows.told:
        columns.append(Column("law", "law", "word"))
    columns += [
        Column(one.column, heading_of(one), unit or "1") for one, unit in zip(grid.shown, points.units, strict=True)
    ]
    notes = [
        *told.notes,
        *_law_notes(points),
        *_sampling_notes(grid, points),
        *_missing_notes(grid, points, "show" in told.inputs),
    ]
    more: dict[str, Any] = {"law": points.laws[0]} if len(points.laws) == 1 else {}
    if told.scenario:
        more["scenario"] = told.scenario
    if points.sampling is not None:
        more["sampling"] = points.sampling
    table = Table("subject", tuple(columns), axes=len(grid.axes))
    return Answer("sweep", dict(told.inputs), rows, tuple(notes), provenance(**more), table)


def _law_notes(points: Points) -> list[Note]:
    """Return which law is followed, and how many points are beyond its fit."""
    notes = []
    if points.laws:
        notes.append(Note("sweep-law", f"Law followed: {', '.join(points.laws)}.", None, None, "assumption"))
    if points.beyond:
        text = f"{points.beyond:,} of {len(points):,} points lie outside the budgets of their law's fit."
        notes.append(Note("sweep-beyond", text, None, None, "assumption"))
    return notes


def _sampling_notes(grid: Grid, points: Points) -> list[Note]:
    """Return what was uncertain, how it was sampled, and what no sample could make."""
    notes = []
    if points.sampling is not None:
        inside = " or ".join(format_quantity(one, "fraction", digits=6) for one in sorted(points.coverages))
        named = "; ".join(points.sampling["uncertain"])
        text = f"Uncertain: {named}. Medians and central {inside} of {points.sampling['samples']:,} samples a point."
        notes.append(Note("uncertain", text, None, None, "assumption"))
    if points.fixed:
        names = ", ".join(grid.shown[place].name for place in sorted(points.fixed))
        text = f"At the middle of the ranges, without an interval, where found by bisection: {names}."
        notes.append(Note("uncertain-solved", text, None, None, "assumption"))
    if points.missing:
        share = format_quantity(points.missing, "fraction")
        text = f"Up to {share} of the samples of a point have no answer; medians and intervals leave them out."
        notes.append(Note("uncertain-missing", text, None, None, "assumption"))
    return notes


def _missing_notes(grid: Grid, points: Points, named: bool) -> list[Note]:
    """Return why points have no answer, each its own, why some have less than others, and what was asked in vain."""
    nothing = {index: reason for index, reason in points.reasons.items() if points.followed[index] < 0}
    partly = Counter(reason for index, reason in points.reasons.items() if index not in nothing)
    notes = []
    for reason, count in Counter(nothing.values()).most_common(_REASONS):
        verb = "has" if count == 1 else "have"
        text = f"{count:,} of {len(points):,} points {verb} no answer: {reason}."
        notes.append(Note("sweep-unanswered", text, None, None, "assumption"))
    for reason, count in partly.most_common(_REASONS):
        which = "1 point" if count == 1 else f"{count:,} points"
        notes.append(Note("sweep-missing", f"{which} without: {reason}.", None, None, "assumption"))
    for name in _idle(grid, points) if len(nothing) < len(points) else ():
        notes.append(Note("sweep-idle", f"{name} changes nothing of what is shown.", None, None, "assumption"))
    empty = [one.name for one, unit in zip(grid.shown, points.units, strict=True) if not unit]
    if named and empty and len(nothing) < len(points):
        notes.append(Note("sweep-empty", f"No point has {', '.join(empty)}.", None, None, "assumption"))
    for index, reason in points.reasons.items():
        notes.append(Note(f"unreachable:{index + 1}", f"{reason}.", None, str(index + 1), "unreachable"))
    return notes


def _idle(grid: Grid, points: Points) -> list[str]:
    """Return the axes along which no value of any point differs from the first one's."""
    found = []
    stride = grid.size
    for axis in grid.axes:
        count = len(axis.texts)
        stride //= count
        # The first pair tells in most cases; where an axis is idle all are compared.
        pairs = ((index, index - stride) for index in range(grid.size) if index // stride % count)
        if count > 1 and all(points.numbers(one) == points.numbers(other) for one, other in pairs):
            found.append(axis.dotted)
    return found


def failure(points: Points) -> str | None:
    """Return why a grid has no answer anywhere; None where any point has one.

    >>> failure(Points(1)) is None
    True
    """
    if points.answered or not len(points):
        return None
    return f"no point has an answer; of the first: {points.reasons.get(0, 'no reason')}"
