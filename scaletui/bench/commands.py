"""The commands of measured speed: measure, list, show, compare. Only the process that measures imports torch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from scaletui.options import SHARED_OPTIONS, declared_options, figure_options, with_options
from scaletui.printing import Asked, say, show
from scaletui.render.figures import figure_named
from scaletui.root import Option
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import fields_of, parse_inputs
from scaletui_core.measuring import MeasureInputs
from scaletui_core.presets import Catalog

if TYPE_CHECKING:
    from scaletui.bench.results import Document

_HELP = (
    "Measure how fast a transformer generates here: random weights, real work, the time regressed on the number of "
    "tokens. Results are kept; list, show and compare read them."
)
_INTERRUPTED = 130


def application() -> typer.Typer:
    """Return the typer application of the commands of measured speed."""
    app = typer.Typer(
        help=_HELP, no_args_is_help=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    )  # fmt: skip
    app.callback(invoke_without_command=True)(with_options(_bench, (*declared_options(MeasureInputs), *SHARED_OPTIONS)))
    name = Annotated[Optional[str], typer.Argument(metavar="[NAME]", help="A result; by default the last.")]  # noqa: UP045
    several = Annotated[Optional[list[str]], typer.Argument(metavar="NAME...", help="Two results or more.")]  # noqa: UP045
    commands: tuple[tuple[str, str, Any, tuple[Option, ...]], ...] = (
        ("list", "All results: model, where, tokens a minute.", _list, SHARED_OPTIONS),
        ("show", "One result, and the published table beside it.", _show,
         (("name", None, name), *figure_options("bench"), *SHARED_OPTIONS)),
        ("compare", "Results side by side, as ratios to the first.", _compare,
         (("names", None, several), *SHARED_OPTIONS)),
    )  # fmt: skip
    for command, help, function, options in commands:
        app.command(command, help=help)(with_options(function, options))
    return app


def _bench(**given: Any) -> None:
    taken = {item.name: given.pop(item.name) for item in fields_of(MeasureInputs)}
    context = given["click_context"]
    if context.invoked_subcommand is not None:
        _refuse_before(context.invoked_subcommand, taken, given)
        return
    from scaletui import locations
    from scaletui.bench.asked import specification
    from scaletui.printing import refuse_unused

    refuse_unused(given["format"], given["explain"], False, None, given["ascii"], None)
    inputs = parse_inputs(MeasureInputs, taken)
    spec = specification(inputs, locations.catalog())
    document, failure = _measured(inputs, spec)
    if document["points"]:
        show(lambda catalog: (None, _answer(document, catalog)), **given)
    if failure is not None:
        raise failure
    if document["status"] == "interrupted":
        sys.stdout.flush()
        kept = f"; what there is: scaletui bench show {document['name']}" if document["points"] else ""
        say(f"interrupted{kept}")
        raise typer.Exit(_INTERRUPTED)


def _refuse_before(command: str, taken: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise for an option that stands before list, show or compare: it would change nothing."""
    for item in fields_of(MeasureInputs):
        if taken[item.name]:
            raise InputError(f"measures, and {command} does not: drop it", where=item.option)
    for name, default in (("format", "table"), ("explain", False), ("color", None), ("ascii", False)):
        if given[name] != default:
            raise InputError(f"stands after {command}", where=f"--{name}")


def _measured(inputs: MeasureInputs, spec: dict[str, Any]) -> tuple[Document, ScaletuiError | None]:
    """Return what was measured, and what went wrong after something was."""
    from scaletui.bench.progress import progress_line
    from scaletui.bench.results import Keeper
    from scaletui.bench.runner import Run

    keeper = Keeper(inputs, spec)
    waiting = sys.stderr is not None and sys.stderr.isatty()
    failure: ScaletuiError | None = None
    status = "failed"
    try:
        with Run(spec) as run:
            for event in run.events():
                keeper.take(event)
                if waiting:
                    sys.stderr.write(f"\r{progress_line(keeper.document, event)}\x1b[K")
                    sys.stderr.flush()
        status = "done"
    except KeyboardInterrupt:
        status = "interrupted"
    except ScaletuiError as error:
        failure = error
        if not keeper.document["points"]:
            raise
    finally:
        if waiting:
            sys.stderr.write("\r\x1b[K")
        keeper.close(status)
    return keeper.document, failure


def _answer(document: Document, catalog: Catalog | None) -> Any:
    from scaletui_core.measured import answer_of

    return answer_of(document, catalog)


def _show(name: str | None, **shown: Any) -> None:
    from scaletui.bench.results import LAST, load

    document = load(name or LAST)
    if shown["axis"] is not None:
        figure_named("bench", shown["axis"])
    show(lambda catalog: (document, _answer(document, catalog)), **shown)


def _list(**shown: Any) -> None:
    from scaletui.bench.results import load, names
    from scaletui_core.measured_lists import listed

    documents, problems = [], []
    for name in names():
        try:
            documents.append(load(name))
        except InputError as error:
            problems.append(error)

    def make(catalog: Catalog) -> Asked:
        return None, listed(documents)

    show(make, **shown)
    for problem in problems:
        say(f"a result is passed over: {problem}")


def _compare(names: list[str] | None, **shown: Any) -> None:
    from scaletui.bench.results import load
    from scaletui_core.measured_lists import compared

    if len(names or ()) < 2:
        raise InputError("takes two results or more", where="NAME", hint="see scaletui bench list")
    documents = [load(name) for name in names or ()]
    if len({document["name"] for document in documents}) < len(documents):
        raise InputError("names one result twice", where="NAME")
    show(lambda catalog: (None, compared(documents)), **shown)
