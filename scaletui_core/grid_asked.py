"""A grid as it is asked for: checked as a whole, so that what is wrong is said once and not at every point."""

from __future__ import annotations

from collections.abc import Sequence

from scaletui_core.axes import Axis, check_axes
from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fields import FLEET, Field, fields_of
from scaletui_core.fit_file import is_fit_file
from scaletui_core.flow import calculator
from scaletui_core.grid import Grid, Shown, default, headlines, shown_of
from scaletui_core.grid_solve import rows_there
from scaletui_core.laws import law
from scaletui_core.machine import accelerator
from scaletui_core.presets import Catalog
from scaletui_core.scenario import NOTHING, Texts, Typed, dotted, part_inputs


def grid_of(axes: Sequence[Axis], texts: Texts, given: Sequence[str], show: Sequence[str], catalog: Catalog) -> Grid:
    """Return a grid after checking that all of it makes sense.

    Parameters
    ----------
    axes : sequence of Axis
        What runs.
    texts : dict
        What else is typed, of a scenario and ``--set``; a field that is an axis is left out of it.
    given : sequence of str
        The dotted names of what ``--set`` gives.
    show : sequence of str
        Names of rows, such as ``calc.loss``; empty is a choice that suits the parts.
    catalog : Catalog
        Presets to look things up in.

    Raises
    ------
    InputError
        If a text means nothing, a row is unknown, or an axis changes nothing of what is shown.

    Examples
    --------
    >>> from scaletui_core.axes import axis_of
    >>> grid = grid_of([axis_of("flops=1e22..1e26:9")], {}, [], ["loss", "speed.human_multiple"], Catalog("presets"))
    >>> grid.size, [one.name for one in grid.shown], grid.parts
    (9, ['calc.loss', 'speed.human-multiple'], ('calc', 'speed'))
    """
    check_axes(axes, given)
    swept = {(axis.part, axis.name) for axis in axes}
    kept = {
        part: {name: text for name, text in fields.items() if (part, name) not in swept}
        for part, fields in texts.items()
    }
    kept = {part: fields for part, fields in kept.items() if fields}
    for part, fields in kept.items():
        part_inputs(part, fields, lambda item, part=part: f"--set {dotted(part, item)}")  # type: ignore[misc]
    for axis in axes:
        for typed in axis.typed():
            _check_name(axis.field, typed, f"--over {axis.dotted}", catalog)
    for part, fields in kept.items():
        for item in fields_of(calculator(part).inputs):
            if item.name in fields:
                _check_name(item, fields[item.name], f"--set {dotted(part, item)}", catalog)
    about = [*(axis.dotted for axis in axes), *given]
    shown = shown_of(show, swept) if show else default(about, swept)
    grid = Grid(tuple(axes), kept, shown)
    for option, names in (("--over", [axis.dotted for axis in axes]), ("--set", given)):
        for name in names:
            if name.partition(".")[0] not in grid.parts:
                hint = f"show a row of {name.partition('.')[0]}, or of what follows from it"
                raise InputError(f"{name} changes nothing of what is shown", where=option, hint=hint)
    if show:
        _check_shown(grid, catalog)
    return grid


def _check_name(item: Field, typed: Typed, place: str, catalog: Catalog) -> None:
    """Raise for a law or a machine that nobody knows, which would else be said of every point."""
    if item.name == "law" and isinstance(typed, tuple):
        for name in (one.strip() for text in typed for one in text.split(",")):
            if name != NOTHING:
                law(catalog, name if is_fit_file(name) else name.lower(), place)
    elif item.unit == FLEET and isinstance(typed, str) and typed.strip() != NOTHING:
        accelerator(catalog, item.parse(typed, place).accelerator, place)


def _check_shown(grid: Grid, catalog: Catalog) -> None:
    """Raise for a row that neither the chain nor any value of an axis has, with the nearest that is there."""
    plain = headlines()
    asked = [one for one in grid.shown if one not in plain]
    there = rows_there(grid, catalog, {one.part for one in asked}) if asked else set()
    for one in asked:
        if one not in there:
            known = sorted({Shown(*pair).name for pair in {*plain, *there} if pair[0] == one.part})
            raise unknown_name("row of these points", one.name, known, where="--show")
