"""The command of sweeps: the whole chain over a grid of inputs, here, in a pool of processes, or through Slurm."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from scaletui import locations, saved
from scaletui.jobs.sending import FOLDER_OPTION, Sending, sending_of, sending_options
from scaletui.options import (
    BARE_OPTIONS,
    MEASURED_OPTION,
    SCENARIO_OPTION,
    SET_OPTION,
    fields_options,
    plot_options,
    with_options,
)
from scaletui.printing import manner_of, refuse_unused, say, show, show_plot
from scaletui.render import check_length
from scaletui.root import Option, setting_option
from scaletui.settings import BY_NAME
from scaletui_core.answer import Note
from scaletui_core.axes import Axis, axis_of, check_axes, field_named
from scaletui_core.errors import InputError
from scaletui_core.fields import changed, fields_of, given, parse_inputs
from scaletui_core.fit_file import is_fit_file
from scaletui_core.grid import Grid
from scaletui_core.grid_answer import Told, answer_of, failure
from scaletui_core.grid_asked import grid_of
from scaletui_core.grid_solve import varies
from scaletui_core.presets import Catalog
from scaletui_core.sampling import SamplingInputs
from scaletui_core.scenario import Texts, assigned, dotted

if TYPE_CHECKING:
    from scaletui_core.points import Points

SUMMARY = "The whole chain over a grid of inputs: one row a point, for tables and plots of your own."
EPILOG = """\b
scaletui sweep --over flops=1e22..1e26:9 --over law=chinchilla-3,epoch-2024
scaletui sweep --over flops=1e20..1e27:15 --show loss,params --plot
scaletui sweep --over speed.k=1..8:8:linear --set flops=1e24 --show speed-factor,copies-k
scaletui sweep --over flops=1e22..1e28:25 --set mfu=30%..50% --set hardware=1024xh100 --show calc.cost --format csv
scaletui sweep --over params=1e9..1e12:700 --over tokens=1e10..1e14:700 --format csv --local 8 > losses.csv"""
_OFTEN = 0.1  # s between two words about progress
_SAMPLING = tuple(item for item in fields_of(SamplingInputs) if item.name != "sensitivity")


def _several(name: str, option: str, metavar: str, help: str) -> Option:
    return name, None, Annotated[Optional[list[str]], typer.Option(option, metavar=metavar, help=help)]  # noqa: UP045


def command() -> Callable[..., int]:
    """Return the function of the command, with the signature that typer reads."""
    over = (
        "A field and its values; repeatable: an axis each. VALUES are LOW..HIGH:COUNT, evenly spaced in the logarithm "
        "(fractions, losses and what begins at 0 as they are; :linear or :log behind it says so), or a,b,c. PART may "
        "be left out where it is calc."
    )
    rows = (
        "What to show of each point, with commas between: a row of the chain, such as loss or copies.copies, or any "
        "row of a part by its id. Default: N, D, loss, speed, copies, what they learn."
    )
    plot, _, glyphs = plot_options(
        "", "", "Draw the first that is shown over the first axis, a line for each other value."
    )
    return with_options(
        _sweep,
        (
            _several("over", "--over", "PART.FIELD=VALUES", over),
            SCENARIO_OPTION,
            SET_OPTION,
            MEASURED_OPTION,
            _several("shown", "--show", "PART.ROW", rows),
            *fields_options(_SAMPLING),
            *sending_options(),
            FOLDER_OPTION,
            plot,
            glyphs,
            *BARE_OPTIONS[:2],
            setting_option(BY_NAME["color"]),
            setting_option(BY_NAME["ascii"]),
        ),
    )


def _sweep(
    over: list[str] | None, scenario: str | None, set: list[str] | None, measured: str | None, shown: list[str] | None,
    folder: str | None, **given_: Any,
) -> int:  # fmt: skip
    where = sending_of(given_)
    if where is None and folder is not None:
        raise InputError("is that of shards, and needs --slurm or --local", where="--folder")
    asked = parse_inputs(SamplingInputs, {item.name: given_.pop(item.name) for item in _SAMPLING})
    plot, glyphs = given_.pop("plot"), given_.pop("glyphs")
    refuse_unused(given_["format"], False, plot, None, given_["ascii"], glyphs)
    manner = manner_of(given_["click_context"], given_["color"], given_["ascii"])
    axes = [_with_paths(axis_of(text)) for text in over or ()]
    tiled = any((axis.part, axis.name) == ("speed", "k") for axis in axes)
    texts, named, fed = _texts(scenario, set or [], measured, tiled)
    _refuse_speeds(axes if fed else [])
    size = check_axes(axes, named)
    if not plot:
        check_length(size, given_["format"])
    typed = {"over": over or [], "scenario": scenario, "set": set, "measured": measured, "show": shown}
    told = Told(
        {**{name: one for name, one in typed.items() if one or name == "over"}, **given(asked)}, scenario or "", fed
    )
    catalog = locations.catalog()
    try:
        grid = grid_of(axes, texts, named, shown or [], catalog)
        points = _points(grid, told, asked, where, folder, manner.threads, catalog)
    finally:
        for problem in catalog.problems:
            say(f"your presets are passed over: {problem}")
    if points is None:
        return 0
    answer = answer_of(grid, points, told)
    failed = failure(points)
    if plot and failed is None:
        from scaletui.render.figures_grid import over_first

        show_plot(lambda _: over_first(grid, answer), manner, glyphs)
    elif not plot:
        show(lambda _: (None, answer), explain=False, **given_)
    if failed is not None:
        say(failed)
    return 0 if failed is None else 1


def _points(
    grid: Grid, told: Told, asked: SamplingInputs, where: Sending | None, folder: str | None,
    threads: int | None, catalog: Catalog,
) -> Points | None:  # fmt: skip
    """Return the points, solved here or in shards; None while shards are on their way."""
    from scaletui import processors
    from scaletui.jobs import sweeps

    doubtful = (where is not None or changed(asked) != []) and varies(grid, catalog)
    if not doubtful:
        for item, _ in changed(asked):
            hint = "such as --set mfu=30%..50%"
            raise InputError("needs a range: nothing here is uncertain", where=item.option, hint=hint)
    sampling = asked.sampling(processors.threads(threads))
    if where is None:
        with _progress(grid.size) as tick:
            return sweeps.solved(grid, catalog, sampling, None, tick)
    from scaletui.jobs.results import results
    from scaletui.jobs.sending import send

    run = sweeps.run_of(grid, told, sampling, doubtful, catalog, folder, write=not where.dry_run)
    return sweeps.joined(run.given(), results(run)) if send(run, where) else None


def _texts(
    scenario: str | None, assignments: list[str], measured: str | None, tiled: bool
) -> tuple[Texts, list[str], list[Note]]:
    """Return what a scenario and ``--set`` say, the dotted names of what the latter does, and where a speed is from."""
    texts: Texts = {}
    if scenario is not None:
        texts = saved.load(scenario, locations.catalog(), locations.scenario_folder(), "--scenario").texts
    whole, named = [], []
    for assignment in assignments:
        left, equals, text = assignment.partition("=")
        if equals and left.strip():
            part, item = field_named(left, "--set")
            named.append(dotted(part, item))
            assignment = f"{named[-1]}={text}"
        whole.append(assignment)
    merged = assigned(texts, whole)
    notes = []
    if measured is not None:
        from scaletui.bench.feed import into

        merged, note = into(measured, merged, texts, tiled=tiled)
        notes.append(note)
    absolute = {part: {name: _absolute(name, text) for name, text in fields.items()} for part, fields in merged.items()}
    return absolute, named, notes


_SPEEDS = {
    "speed": ("human_multiple", "params", "model", "words_per_minute", "tokens_per_word"),
    "copies": ("speed",),
    "learning": ("speed",),
}
"""Fields that give it, or the person it is told in, who is one and the same in a measured speed."""


def _refuse_speeds(axes: list[Axis]) -> None:
    """Raise for an axis that is a speed too, beside one that was measured."""
    for axis in axes:
        if axis.name in _SPEEDS.get(axis.part, ()):
            raise InputError(f"{axis.dotted} gives the speed too: drop one", where="--over")


def _with_paths(axis: Axis) -> Axis:
    return axis._replace(texts=_absolute(axis.name, axis.texts))


def _absolute(name: str, texts: Any) -> Any:
    """Return the laws of a field with the paths of fits as they hold in any folder: a worker has another."""
    if name != "law" or isinstance(texts, str):
        return texts
    return tuple(
        ",".join(os.path.abspath(one.strip()) if is_fit_file(one) else one for one in text.split(",")) for text in texts
    )


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Tell a person who waits how many points are done."""
    waiting = sys.stderr is not None and sys.stderr.isatty()
    told = time.monotonic()

    def tick(done: int) -> None:
        nonlocal told
        if waiting and time.monotonic() - told > _OFTEN:
            told = time.monotonic()
            sys.stderr.write(f"\rpoints... {done:,} of {total:,}\x1b[K")
            sys.stderr.flush()

    try:
        yield tick
    finally:
        if waiting:
            sys.stderr.write("\r\x1b[K")
