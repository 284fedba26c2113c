"""The commands of scenarios: list, show, save, compare, delete, path; and the chain of ``calc --all``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any, Optional

import typer

from scaletui import locations, saved
from scaletui.cli import (
    CHAIN_OPTIONS,
    SET_OPTION,
    SHARED_OPTIONS,
    declared_options,
    sampling_options,
    say,
    show,
    with_options,
)
from scaletui.root import Option
from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.budget import BudgetInputs
from scaletui_core.calculator import provenance
from scaletui_core.chain import chain
from scaletui_core.errors import InputError
from scaletui_core.fields import Field, fields_of
from scaletui_core.presets import Catalog
from scaletui_core.scenario import Scenario, Texts, as_words, assigned, check_name, dotted, inputs_of, typed

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
            (_name(help="Name to save it under."), *budget, *CHAIN_OPTIONS[1:2], SET_OPTION, _TITLE, _FORCE),
        ),
        (
            "compare",
            "Two scenarios side by side, with the ratio of the second to the first.",
            _compare,
            (_name("first", "A"), _name("second", "B"), *SHARED_OPTIONS, *sampling),
        ),
        ("delete", "Delete one of your own.", _delete, (_name(),)),
        ("path", "The folder of your own.", _path, ()),
    ):
        app.command(name, help=help)(with_options(function, options))
    return app


def chain_of(given: dict[str, Any], start: str | None, assignments: list[str] | None) -> Callable[[Catalog], Answer]:
    """Return the function from presets to the chain of a scenario, the options of the budget, and ``--set``."""

    def make(catalog: Catalog) -> Answer:
        scenario, place = _asked(given, start, assignments, catalog)
        return chain(scenario, catalog, inputs_of(scenario, place))

    return make


def _asked(
    given: dict[str, Any], start: str | None, assignments: list[str] | None, catalog: Catalog
) -> tuple[Scenario, Callable[[str, Field], str]]:
    """Return the scenario that options mean, and how an error names a field: as it was given."""
    texts: Texts = {}
    title, source, base = "", None, ""
    sources: dict[str, str] = {}
    if start is not None:
        known = saved.load(start, catalog, locations.scenario_folder(), "--scenario")
        base, title, source, texts, sources = known
    options = {name: tuple(v) if isinstance(v, list | tuple) else v for name, v in given.items() if v}
    # An option that is empty text is wrong, not absent: its field says so.
    options |= {name: value for name, value in given.items() if value == ""}
    merged = {**texts, "calc": {**texts.get("calc", {}), **options}} if options else texts
    merged = assigned(merged, assignments or [])
    for item in fields_of(BudgetInputs):
        if item.name in options and merged.get("calc", {}).get(item.name) != options[item.name]:
            raise InputError(f"{dotted('calc', item)} is {item.option}: drop one", where="--set")
    if start is not None and merged != texts:
        base, title, source = "", f"{title}, changed", None
        before, now = typed(texts), typed(merged)
        sources = {key: where for key, where in sources.items() if before.get(key) == now.get(key) is not None}

    def place(part: str, item: Field) -> str:
        return item.option if part == "calc" and item.name in options else dotted(part, item)

    return Scenario(base, title, source, merged, sources), place


def _list(**shown: Any) -> None:
    shelf = None

    def make(catalog: Catalog) -> Answer:
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
        return Answer("scenarios", {}, tuple(rows), (), provenance(), Table("subject", columns, captions))

    show(make, **shown)
    for problem in shelf.problems if shelf is not None else ():
        say(f"your scenario is passed over: {problem}")


def _show(name: str, **shown: Any) -> None:
    def make(catalog: Catalog) -> Answer:
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
        return answer._replace(notes=(*told, *answer.notes, *said))

    show(make, **shown)


def _save(name: str, title: str | None, force: bool, **given: Any) -> None:
    check_name(name)
    start, assignments = given.pop("scenario"), given.pop("set")
    catalog = locations.catalog()
    scenario, place = _asked(given, start, assignments, catalog)
    if not scenario.texts:
        raise InputError("nothing to save", hint="give --flops 5.76e23, --scenario gopher, or --set speed.k=5")
    chain(scenario, catalog, inputs_of(scenario, place))  # what cannot be answered is not saved
    scenario = scenario._replace(name=name, title=scenario.title or name if title is None else title)
    path = saved.save(scenario, catalog, locations.scenario_folder(), force)
    say(f"saved '{name}' in {path}")


def _compare(first: str, second: str, **shown: Any) -> None:
    def make(catalog: Catalog) -> Answer:
        from scaletui_core.compare import compare

        folder = locations.scenario_folder()
        pair = [saved.load(name, catalog, folder, where) for name, where in ((first, "A"), (second, "B"))]
        return compare(pair[0], pair[1], catalog)

    show(make, **shown)


def _delete(name: str) -> None:
    say(f"deleted {saved.delete(name, locations.catalog(), locations.scenario_folder())}")


def _path() -> None:
    sys.stdout.write(saved.home(locations.scenario_folder()) + "\n")
