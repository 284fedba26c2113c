"""The commands of measured speed: measure, list, show, compare, delete. Only what measures imports torch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from scaletui.jobs.sending import FOLDER_OPTION, Sending, option_words, sending_of, sending_options
from scaletui.options import SHARED_OPTIONS, declared_options, figure_options, with_options
from scaletui.printing import Asked, say, show
from scaletui.render.figures import figure_named
from scaletui.root import Option
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import fields_of, parse_inputs
from scaletui_core.measuring import MeasureInputs
from scaletui_core.presets import Catalog
from scaletui_core.safetext import visible

if TYPE_CHECKING:
    from scaletui.bench.document import Document
    from scaletui.bench.results import Keeper

_HELP = (
    "Measure how fast a transformer generates here: random weights, real work, the time regressed on the number of "
    "tokens. Results are kept; list, show and compare read them."
)
_INTERRUPTED = 130
_OWN: tuple[Option, ...] = (
    (
        "name",
        None,
        Annotated[Optional[str], typer.Option("--name", metavar="NAME", help="What the result is to be called.")],  # noqa: UP045
    ),
    (
        "resume",
        None,
        Annotated[
            Optional[str],  # noqa: UP045
            typer.Option(
                "--resume", metavar="NAME", help="Go on with a result that broke off: what it lacks is timed."
            ),
        ],
    ),
    (
        "each_gpu_type",
        False,
        Annotated[bool, typer.Option("--each-gpu-type", help="With --slurm: on each type of GPU that there is.")],
    ),
    (
        "again",
        False,
        Annotated[bool, typer.Option("--again", help="With --slurm or --local: measure anew what was measured so.")],
    ),
    FOLDER_OPTION,
)
_OUTPUT = {"format": "table", "explain": False, "color": None, "ascii": False}


def application() -> typer.Typer:
    """Return the typer application of the commands of measured speed."""
    app = typer.Typer(
        help=_HELP, no_args_is_help=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    )  # fmt: skip
    options = (*declared_options(MeasureInputs), *_OWN, *sending_options(), *SHARED_OPTIONS)
    app.callback(invoke_without_command=True)(with_options(_bench, options))
    name = Annotated[Optional[str], typer.Argument(metavar="[NAME]", help="A result; by default the last.")]  # noqa: UP045
    one = Annotated[str, typer.Argument(metavar="NAME", help="A result.")]
    several = Annotated[Optional[list[str]], typer.Argument(metavar="NAME...", help="Two results or more.")]  # noqa: UP045
    commands: tuple[tuple[str, str, Any, tuple[Option, ...]], ...] = (
        ("list", "All results: model, where, tokens a minute.", _list, SHARED_OPTIONS),
        ("show", "One result, and the published table beside it.", _show,
         (("name", None, name), *figure_options("bench"), *SHARED_OPTIONS)),
        ("compare", "Results side by side, as ratios to the first.", _compare,
         (("names", None, several), *SHARED_OPTIONS)),
        ("delete", "Delete one.", _delete, (("name", ..., one),)),
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

    gres = given["gres"]
    where = sending_of(given)
    name, resume, each, again, folder = (given.pop(item[0]) for item in _OWN)
    refuse_unused(given["format"], given["explain"], False, None, given["ascii"], None)
    _check_where(where, each, again, folder, gres)
    if resume is not None:
        if where is not None:
            hint = "the same command goes on with the same shards"
            raise InputError("goes on here: drop --slurm and --local", where="--resume", hint=hint)
        _refuse_beside_resume(taken, name)
        _print(*_resumed(resume), given)
        return
    inputs = parse_inputs(MeasureInputs, taken)
    spec = specification(inputs, locations.catalog(), here=where is None)
    if where is not None:
        _send(where, inputs, spec, given, folder=folder, name=name, each=each, again=again)
        return
    from scaletui.bench.results import Keeper

    if name is not None:
        from scaletui.bench.owned import check_free

        check_free(name)
    _print(*_measured(spec, Keeper(inputs, spec, name=name)), given)


def _check_where(where: Sending | None, each: bool, again: bool, folder: str | None, gres: str | None) -> None:
    """Raise for an option of shards that would change nothing where it stands."""
    for option, said in (("--folder", folder is not None), ("--again", again)):
        if said and where is None:
            raise InputError("is about shards, and needs --slurm or --local", where=option)
    if again and folder is not None:
        raise InputError("a new --folder measures anew: drop one", where="--again")
    if each and (where is None or where.local is not None):
        raise InputError("is about Slurm, and needs --slurm", where="--each-gpu-type")
    if each and gres is not None:
        raise InputError("--each-gpu-type asks for each in turn: drop one", where="--gres")


def _refuse_beside_resume(taken: dict[str, Any], name: str | None) -> None:
    """Raise for an option that would make another measurement of one that is gone on with."""
    said = [item.option for item in fields_of(MeasureInputs) if taken[item.name]]
    for option in [*said, *(["--name"] if name is not None else [])]:
        raise InputError("is the result's own, which --resume goes on with: drop it", where=option)


def _resumed(name: str) -> tuple[Document, ScaletuiError | None]:
    """Time what a result lacks, and return it, and what went wrong after something was measured."""
    from scaletui.bench.results import Keeper

    keeper, spec = Keeper.resume(name)
    return _measured(spec, keeper)


def _send(
    where: Sending, inputs: MeasureInputs, spec: dict[str, Any], shown: dict[str, Any], **asked: Any
) -> None:  # fmt: skip
    """Measure in shards, on the cluster or in a process here, and print what they come to where all are done."""
    from scaletui.jobs import benches
    from scaletui.jobs.results import results
    from scaletui.jobs.sending import check_workers, send

    check_workers("bench", where)
    run = benches.run_of(inputs, spec, partition=where.cluster.partition, write=not where.dry_run, **asked)
    known = not run.missing()
    if not send(run, where):
        return
    documents = benches.documents_of(run.given(), results(run))
    if known:
        say(f"measured before, {documents[0]['started'][:16]} UTC: --again measures anew")
    show(lambda catalog: (None, benches.answer(documents, catalog)), **shown)


def _refuse_before(command: str, taken: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise for an option that stands before list, show or compare: it would change nothing."""
    said = [item.option for item in fields_of(MeasureInputs) if taken[item.name]]
    said += [option_words(name) for name, value in given.items() if value and name not in (*_OUTPUT, "click_context")]
    for option in said:
        raise InputError(f"measures, and {command} does not: drop it", where=option)
    for name, default in _OUTPUT.items():
        if given[name] != default:
            raise InputError(f"stands after {command}", where=f"--{name}")


def _measured(spec: dict[str, Any], keeper: Keeper) -> tuple[Document, ScaletuiError | None]:
    """Return what was measured, and what went wrong after something was."""
    from scaletui.bench.progress import progress_line
    from scaletui.bench.runner import Run

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
        if not keeper.document["points"] or not keeper.begun:
            raise
    finally:
        if waiting:
            sys.stderr.write("\r\x1b[K")
        keeper.close(status)
    return keeper.document, failure


def _print(document: Document, failure: ScaletuiError | None, shown: dict[str, Any]) -> None:
    """Print what was measured, and say what went wrong."""
    if document["points"]:
        show(lambda catalog: (None, _answer(document, catalog)), **shown)
    if failure is not None:
        raise failure
    if document["status"] != "done":
        sys.stdout.flush()
        kept = " before the first timing: nothing is kept"
        if document["points"]:
            name = document["name"]
            kept = f"; what there is: scaletui bench show {name}; to go on: scaletui bench --resume {name}"
        say(f"interrupted{kept}")
        raise typer.Exit(_INTERRUPTED)


def _answer(document: Document, catalog: Catalog | None) -> Any:
    from scaletui_core.measured import answer_of

    return answer_of(document, catalog)


def _show(name: str | None, **shown: Any) -> None:
    from scaletui.bench.results import LAST, load

    document = load(name or LAST)
    if shown["axis"] is not None:
        figure_named("bench", shown["axis"])
    show(lambda catalog: (document, _answer(document, catalog)), **shown)


def _delete(name: str) -> None:
    from scaletui.bench.owned import delete

    say(f"deleted {visible(delete(name), 200)}")


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
