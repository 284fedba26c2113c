"""The chain at every point of a grid: the value of each row that is kept.

A point is a scenario, solved as `scaletui_core.flow` solves any; a part that rests on nothing that has changed since
the point before is not solved again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from scaletui_core.answer import Answer, Row
from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.flow import DEFAULT_LAW, NEEDS, PACE, Found, Part, budget_found, follow
from scaletui_core.grid import MODEL, Grid, Shown
from scaletui_core.points import Point, Points
from scaletui_core.presets import Catalog
from scaletui_core.scenario import dotted, part_inputs, shut_in
from scaletui_core.scenario_part import placed, raise_of_given
from scaletui_core.traced import Traced

Sampler = Callable[[Answer], Answer]
"""What makes intervals of an answer that varies, such as `scaletui_core.uncertainty.with_intervals`."""


def probes(grid: Grid) -> list[int]:
    """Return points that together have each value of a list, and the ends of a span: where rows may differ in kind.

    >>> from scaletui_core.axes import Axis
    >>> probes(Grid((Axis("calc", "flops", ("1", "2", "3")), Axis("calc", "law", ("a", "b"))), {}, ()))
    [0, 1, 2, 4]
    """
    most = 50
    found = {0}
    stride = grid.size
    for size in grid.shape:
        stride //= size
        found |= {step * stride for step in (range(size) if size <= most else (0, size - 1))}
    return sorted(found)


def rows_there(grid: Grid, catalog: Catalog, parts: Collection[str]) -> set[tuple[str, str]]:
    """Return the rows of parts that may be shown, by part and id, as far as the `probes` of a grid have them.

    >>> from scaletui_core.axes import Axis
    >>> grid = Grid((Axis("calc", "flops", ("1e22", "1e24")),), {}, (Shown("calc", "loss"),))
    >>> ("calc", "pf_days") in rows_there(grid, Catalog("presets"), ["calc"])
    True
    """
    there: set[tuple[str, str]] = set()
    for index in probes(grid):
        found = _solved(grid, catalog, index)
        for part in parts if found is not None else ():
            assert found is not None
            answer = found.parts[part].answer
            for row in answer.rows if answer is not None else ():
                one = Shown(part, row.id.removeprefix(MODEL) if part == PARTS[0] else row.id)
                if one not in there and _row(one, found) is not None:
                    there.add(one)
    return there


class _Solved(NamedTuple):
    parts: dict[str, Part]
    budget: Found


def _solved(grid: Grid, catalog: Catalog, index: int) -> _Solved | None:
    """Return the parts of one point; None where it has no answer."""
    try:
        return next(_all_solved(grid, catalog, range(index, index + 1)))
    except InputError:
        return None


def varies(grid: Grid, catalog: Catalog) -> bool:
    """Whether anything of a grid is uncertain, as far as its `probes` show."""
    for index in probes(grid):
        found = _solved(grid, catalog, index)
        if found is not None and any(isinstance(row.value, Traced) for _, row in _picked(grid, found)):
            return True
    return False


class _Chain:
    """The parts of a scenario from one point to the next; only what rests on what has changed is solved again."""

    def __init__(self, grid: Grid, catalog: Catalog) -> None:
        self._grid, self._catalog = grid, catalog
        self._typed = [axis.typed() for axis in grid.axes]
        self._own = {part: [i for i, axis in enumerate(grid.axes) if axis.part == part] for part in grid.parts}
        self._all = {
            part: [i for i, axis in enumerate(grid.axes) if axis.part in (part, *NEEDS[part])] for part in grid.parts
        }
        self._asked: dict[str, tuple[tuple[int, ...], Any, frozenset[str]]] = {}
        self._parts: dict[str, tuple[tuple[int, ...], Part]] = {}

    def solve(self, steps: tuple[int, ...]) -> _Solved:
        """Return the parts at the steps of a point.

        Raises
        ------
        InputError
            If a part that was given something has no answer, as for any scenario.
        """
        asked: dict[str, Any] = {}
        parts: dict[str, Part] = {}
        for part in self._grid.parts:
            inputs, shut = self._inputs(part, steps)
            asked[part] = inputs
            key = tuple(steps[i] for i in self._all[part])
            kept = self._parts.get(part)
            if kept is None or kept[0] != key:
                self._parts[part] = kept = key, self._follow(part, inputs, parts, shut)
            parts[part] = kept[1]
        found = _Solved(parts, budget_found(parts, self._catalog))
        try:
            raise_of_given(parts, asked, dotted, "")
        except InputError:
            why = _unreachable(found)  # where the law has no answer, what follows from it only says that it lacks one
            if why:
                raise InputError(why) from None
            raise
        return found

    def _follow(self, part: str, inputs: Any, parts: dict[str, Part], shut: frozenset[str]) -> Part:
        """Return a part; of the budget, where nobody names a law, the one that goes on from it alone, if it answers."""
        if part == PARTS[0] and not inputs.law and not inputs.mixture:
            one = follow(part, replace(inputs, law=(DEFAULT_LAW,)), parts, self._catalog, shut)
            if one.answer is not None and any(row.id == "params" for row in one.answer.rows):
                return one
        return follow(part, inputs, parts, self._catalog, shut)

    def _inputs(self, part: str, steps: tuple[int, ...]) -> tuple[Any, frozenset[str]]:
        key = tuple(steps[i] for i in self._own[part])
        kept = self._asked.get(part)
        if kept is None or kept[0] != key:
            over = {self._grid.axes[i].name: self._typed[i][steps[i]] for i in self._own[part]}
            texts = {**self._grid.texts.get(part, {}), **over}
            inputs = part_inputs(part, texts, lambda item: dotted(part, item))
            self._asked[part] = kept = key, inputs, shut_in(part, texts)
        return kept[1], kept[2]


def _all_solved(grid: Grid, catalog: Catalog, indices: range) -> Iterator[_Solved]:
    chain = _Chain(grid, catalog)
    for index in indices:
        yield chain.solve(grid.steps(index))


def _picked(grid: Grid, found: _Solved) -> list[tuple[int, Row]]:
    """Return the rows that are shown of a point, each with its place among them."""
    out = []
    for place, one in enumerate(grid.shown):
        row = _row(one, found)
        if row is not None:
            out.append((place, row))
    return out


def _row(one: Shown, found: _Solved) -> Row | None:
    """Return the row that the chain shows of a part: of a given model its own, of three models of decoding one.

    Of one that is not in the chain, the only one of its id, such as the cost on the machine that was given.
    """
    part = found.parts[one.part]
    if part.answer is None:
        return None
    ids = (MODEL + one.id, one.id) if one.part == PARTS[0] else (one.id,)
    rows = [row for row in part.answer.rows if row.id in ids and row.law in (None, found.budget.law)]
    for row_id in ids:
        for subject in (PACE, None):
            for row in rows:
                if row.id == row_id and row.subject == subject:
                    return row
        alone = [row for row in rows if row.id == row_id]
        if len(alone) == 1:
            return alone[0]
    if one == ("speed", "human_multiple") and part.inputs.human_multiple is not None:
        return Row(one.id, "x human, given", part.inputs.human_multiple, "1")
    return None


def solve(
    grid: Grid, catalog: Catalog, span: tuple[int, int], sampler: Sampler | None = None,
    tick: Callable[[int], None] = lambda done: None,
) -> Points:  # fmt: skip
    """Return what is shown of a range of points: the same whatever the range, point by point.

    Parameters
    ----------
    grid : Grid
        What is asked.
    catalog : Catalog
        Presets to look things up in.
    span : tuple of int
        The first point, and the one after the last.
    sampler : callable, optional
        What makes intervals where a value varies. By default all stands at the middle of the ranges.
    tick : callable
        Told after each point how many are done.

    Examples
    --------
    >>> from scaletui_core.axes import axis_of
    >>> from scaletui_core.grid_asked import grid_of
    >>> known = Catalog("presets")
    >>> axes = axis_of("flops=1e22,1e24"), axis_of("law=chinchilla-1,chinchilla-3")
    >>> grid = grid_of(axes, {}, [], ["params"], known)
    >>> [float(f"{x:.3g}") for x in solve(grid, known, (0, 4)).values]
    [9010000000.0, 6340000000.0, 89300000000.0, 51900000000.0]
    """
    made = Points(len(grid.shown))
    chain = _Chain(grid, catalog)
    for index in range(*span):
        made.add(_point(grid, chain, index, sampler))
        tick(index + 1 - span[0])
    return made


def _point(grid: Grid, chain: _Chain, index: int, sampler: Sampler | None) -> Point:
    try:
        found = chain.solve(grid.steps(index))
        picked = _picked(grid, found)
        rows = [row for _, row in picked]
        sampling: dict[str, Any] | None = None
        fixed: frozenset[int] = frozenset()
        if sampler is not None and any(isinstance(row.value, Traced) for row in rows):
            fixed = _fixed(picked)
            answer = sampler(Answer("sweep", {}, tuple(rows)))
            rows, sampling = list(answer.rows), answer.provenance.get("sampling")
    except InputError as error:
        return Point({}, None, error.line)
    if not picked:
        return Point({}, None, _missing(grid, found, {}) or "nothing of what is shown has an answer here")
    kept = {place: row for (place, _), row in zip(picked, rows, strict=True)}
    calc = found.parts[PARTS[0]].answer
    followed = found.budget.law
    beyond = calc is not None and any(note.kind == "extrapolation" and note.law == followed for note in calc.notes)
    return Point(kept, followed, _missing(grid, found, kept), beyond, sampling, fixed)


def _fixed(picked: list[tuple[int, Row]]) -> frozenset[int]:
    """Return the places of what varies, and no sample can make."""
    from scaletui_core.uncertainty import can_be_sampled

    return frozenset(place for place, row in picked if isinstance(row.value, Traced) and not can_be_sampled(row.value))


def _unreachable(found: _Solved) -> str:
    """Return why the law followed has no answer; empty where it has one, or does not say."""
    calc = found.parts[PARTS[0]].answer
    if calc is not None and not any(row.id == "params" for row in calc.rows):
        for note in calc.notes:
            if note.kind == "unreachable" and note.law == found.budget.law:
                return note.text.rstrip(".")
    return ""


def _missing(grid: Grid, found: _Solved, kept: dict[int, Row]) -> str:
    """Return why a part of which something is shown has no answer, where one has none."""
    why = _unreachable(found)
    if why:
        return why
    for place, one in enumerate(grid.shown):
        error = found.parts[one.part].error
        if place not in kept and error is not None:
            return placed(error, one.part, dotted, "").line
    return ""
