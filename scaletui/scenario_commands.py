"""The commands of scenarios: list, show, save, compare, delete, path; the chain of ``calc --all``, and one part."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from scaletui import locations, saved
from scaletui.options import (
    PART_OPTIONS,
    SHARED_OPTIONS,
    declared_options,
    plot_options,
    sampling_options,
    with_options,
)
from scaletui.printing import Asked, manner_of, refuse_unused, say, show, show_plot
from scaletui.render.figures import figure_names
from scaletui.root import Option
from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.budget import BudgetInputs
from scaletui_core.calculator import provenance
from scaletui_core.chain import chain
from scaletui_core.errors import InputError
from scaletui_core.fields import Field, changed, fields_of, parse_inputs
from scaletui_core.flow import NEEDS, calculator
from scaletui_core.presets import Catalog
from scaletui_core.scenario import Scenario, Texts, as_words, assigned, check_name, dotted, inputs_of, shut_of, typed
from scaletui_core.scenario_part import part_of, with_origins

if TYPE_CHECKING:
    from scaletui.render.plot_model import Plot

_FORCE: Option = ("force", False, Annotated[bool, typer.Option("--force", help="Go before what has that name.")])
_TITLE: Option = (
    "title",
    None,
    Annotated[Optional[str], typer.Option("--title", metavar="TEXT", help="What it is, in a line.")],  # noqa: UP045
)


def _name(parameter: str = "name", metavar: str = "NAME", help: str = "Name of a scenario.") -> Option:
    return parameter, _REQUIRED, Annotated[str, typer.Argument(metavar=metavar, help=help)]


_REQUIRED: Any = ...
"""What typer takes for an argument that must be given."""


def application() -> typer.Typer:
    """Return the typer application of the commands of scenarios."""
    app = typer.Typer(
        help="Scenarios: published ones and your own; list, show, save, compare.",
        no_args_is_help=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    budget, sampling = declared_options(BudgetInputs), sampling_options()
    for name, help, function, options in (
        ("list", "All scenarios: name, title, and whether shipped or your own.", _list, SHARED_OPTIONS),
        ("show", "The chain of one, and what was typed for it.", _show, (_name(), *SHARED_OPTIONS, *sampling)),
        (
            "save",
            "Save what the options of calc and --set say under a name.",
            _save,
            (_name(help="Name to save it under."), *budget, *PART_OPTIONS.values(), _TITLE, _FORCE),
        ),
        (
            "compare",
            "Two scenarios side by side, with the ratio of the second to the first.",
            _compare,
            (_name("first", "A"), _name("second", "B"), *_plot_options(), *SHARED_OPTIONS, *sampling),
        ),
        ("delete", "Delete one of your own.", _delete, (_name(),)),
        ("path", "The folder of your own.", _path, ()),
    ):
        app.command(name, help=help)(with_options(function, options))
    return app


def _plot_options() -> tuple[Option, ...]:
    names = figure_names()
    return plot_options(
        "PART.FIGURE",
        f"What to plot: {', '.join(names)}. Default: the first that can be drawn of both.",
        "Draw both in one plot, the second dashed.",
    )


def chain_of(
    part: str, given: dict[str, Any], start: str | None, assignments: list[str] | None, measured: str | None = None
) -> Callable[[Catalog], Asked]:
    """Return the function from presets to the chain of a scenario, the options of a part, and ``--set``.

    With ``measured`` the speed is that of a result of ``scaletui bench``.
    """

    def make(catalog: Catalog) -> Asked:
        scenario, place = _asked(part, given, start, assignments, catalog, measured)
        return None, chain(scenario, catalog, inputs_of(scenario, place))

    return make


def part_of_scenario(
    part: str, given: dict[str, Any], start: str | None, assignments: list[str] | None, measured: str | None = None
) -> Callable[[Catalog], Asked]:
    """Return the function from presets to the answer of one part of such a scenario."""

    def make(catalog: Catalog) -> Asked:
        scenario, place = _asked(part, given, start, assignments, catalog, measured)
        for assignment in assignments or ():
            _refuse_idle(assignment, part)
        found = part_of(part, scenario, catalog, place)
        assert found.answer is not None
        sources = {"scenario": scenario.name} if scenario.name else {}
        return found.inputs, with_origins(found.answer, part, found.inherited, **sources)

    return make


def _refuse_idle(assignment: str, part: str) -> None:
    """Raise for what is said of a part that this one does not follow from: it would change nothing."""
    named = assignment.partition(".")[0].strip()
    if named not in (part, *NEEDS[part]):
        needs = " and ".join(NEEDS[part])
        hint = f"{part} follows from {needs}" if needs else "--all is the whole chain"
        raise InputError(f"{named} changes nothing of {part}", where="--set", hint=hint)


def _asked(
    part: str,
    given: dict[str, Any],
    start: str | None,
    assignments: list[str] | None,
    catalog: Catalog,
    measured: str | None = None,
) -> tuple[Scenario, Callable[[str, Field], str]]:
    """Return the scenario that a part's options mean, and how an error names a field: as it was given."""
    texts: Texts = {}
    title, source, base = "", None, ""
    sources: dict[str, str] = {}
    if start is not None:
        known = saved.load(start, catalog, locations.scenario_folder(), "--scenario")
        base, title, source, texts, sources = known
    options = {name: tuple(v) if isinstance(v, list | tuple) else v for name, v in given.items() if v}
    # An option that is empty text is wrong, not absent: its field says so.
    options |= {name: value for name, value in given.items() if value == ""}
    merged = {**texts, part: {**texts.get(part, {}), **options}} if options else texts
    merged = assigned(merged, assignments or [])
    own = merged.get(part, {})
    for item in fields_of(calculator(part).inputs):
        if item.name in options and own.get(item.name) != options[item.name]:
            raise InputError(f"{dotted(part, item)} is {item.option}: drop one", where="--set")
    if measured is not None:
        from scaletui.bench.feed import into

        merged, note = into(measured, merged, texts)
        sources = {**sources, "speed.human-multiple": str(note.source)}
    if start is not None and merged != texts:
        base, title, source = "", f"{title}, changed", None
        before, now = typed(texts), typed(merged)
        sources = {key: where for key, where in sources.items() if before.get(key) == now.get(key) is not None}

    def place(of: str, item: Field) -> str:
        return item.option if of == part and (item.name in options or item.name not in own) else dotted(of, item)

    return Scenario(base, title, source, merged, sources), place


def _list(**shown: Any) -> None:
    shelf = None

    def make(catalog: Catalog) -> Asked:
        nonlocal shelf
        shelf = saved.shelf(catalog, locations.scenario_folder())
        rows: list[Row] = []
        captions: dict[str, str] = {}
        for name in shelf.names:
            scenario = shelf.get(name)
            assert scenario is not None
            captions[name] = scenario.title
            shipped, own = name in shelf.shipped, name in shelf.own
            whence = "own, before shipped" if own and shipped else "own" if own else "shipped"
            count = sum(map(len, scenario.texts.values()))
            rows.append(Row("fields", scenario.title or name, float(count), "1", subject=name, source=scenario.source))
            rows.append(Row("shipped", whence, float(not own), "1", subject=name))
        columns = (Column("fields", "fields", "1"), Column("shipped", "from", "label"))
        return None, Answer("scenarios", {}, tuple(rows), (), provenance(), Table("subject", columns, captions))

    show(make, **shown)
    for problem in shelf.problems if shelf is not None else ():
        say(f"your scenario is passed over: {problem}")


def _show(name: str, **shown: Any) -> None:
    def make(catalog: Catalog) -> Asked:
        import shlex

        scenario = saved.load(name, catalog, locations.scenario_folder())
        answer = chain(scenario, catalog)
        told = [Note("scenario", f"{scenario.title}.", scenario.source)]
        words = shlex.join(as_words(scenario))
        said = [Note("scenario-command", words, None, "scenario", "convention")]
        texts = typed(scenario.texts)
        said += [
            Note(f"scenario-source:{key}", f"{key} = {texts.get(key, 'open')}", where, "scenario")
            for key, where in scenario.sources.items()
        ]
        return None, answer._replace(notes=(*told, *answer.notes, *said))

    show(make, **shown)


def _save(name: str, title: str | None, force: bool, **given: Any) -> None:
    check_name(name)
    start, assignments = given.pop("scenario"), given.pop("set")
    catalog = locations.catalog()
    scenario, place = _asked("calc", given, start, assignments, catalog)
    if not scenario.texts:
        raise InputError("nothing to save", hint="give --flops 5.76e23, --scenario gopher, or --set speed.k=5")
    chain(scenario, catalog, inputs_of(scenario, place))  # what cannot be answered is not saved
    scenario = scenario._replace(name=name, title=scenario.title or name if title is None else title)
    path = saved.save(scenario, catalog, locations.scenario_folder(), force)
    say(f"saved '{name}' in {path}")


def _compare(first: str, second: str, plot: bool, axis: str | None, glyphs: str | None, **shown: Any) -> None:
    def pair(catalog: Catalog) -> tuple[Scenario, Scenario]:
        folder = locations.scenario_folder()
        return saved.load(first, catalog, folder, "A"), saved.load(second, catalog, folder, "B")

    def make(catalog: Catalog) -> Asked:
        from scaletui_core.compare import compare

        a, b = pair(catalog)
        return None, compare(a, b, catalog)

    def figure(catalog: Catalog) -> Plot:
        from scaletui.render.figures_scenario import compared_plot
        from scaletui_core.compare import error_of
        from scaletui_core.flow import flow

        parts = []
        for scenario in pair(catalog):
            try:
                parts.append(flow(inputs_of(scenario), catalog, shut=shut_of(scenario.texts)))
            except InputError as error:
                raise error_of(scenario, error) from None
        return compared_plot(parts[0], parts[1], (first, second), catalog, axis)

    refuse_unused(shown["format"], shown["explain"], plot, axis, shown["ascii"], glyphs)
    if not plot:
        show(make, **shown)
        return
    from scaletui_core.sampling import SamplingInputs

    manner = manner_of(shown["click_context"], shown["color"], shown["ascii"])
    for item, _ in changed(parse_inputs(SamplingInputs, shown)):
        raise InputError(
            "draws the middle of the ranges, and takes no samples", where="--plot", hint=f"leave out {item.option}"
        )
    show_plot(figure, manner, glyphs)


def _delete(name: str) -> None:
    say(f"deleted {saved.delete(name, locations.catalog(), locations.scenario_folder())}")


def _path() -> None:
    sys.stdout.write(saved.home(locations.scenario_folder()) + "\n")
