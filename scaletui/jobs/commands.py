"""The commands of runs in shards: list, show, resume, collect, cancel; the worker; and what the cluster has."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, Optional

import typer

from scaletui.jobs import folder
from scaletui.jobs.sending import send, sending_of, sending_options
from scaletui.options import SHARED_OPTIONS, with_options
from scaletui.printing import Asked, manner_of, say, show
from scaletui.root import Option
from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.calculator import provenance
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.presets import Catalog
from scaletui_core.safetext import visible

_REQUIRED: Any = ...
_RUN: Option = (
    "name",
    _REQUIRED,
    Annotated[str, typer.Argument(metavar="RUN", help="Its name, as scaletui jobs list has it, or its folder.")],
)
_OUT: Option = (
    "out",
    None,
    Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write what it comes to there: JSON, of a sweep CSV."),
    ],
)
_INDEX: Option = (
    "index",
    None,
    Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--index", metavar="N", help="Which shard; - reads numbers. Default: SLURM_ARRAY_TASK_ID."),
    ],
)
_THREADS: Option = (
    "threads",
    None,
    Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--threads", metavar="N", min=1, help="Threads. Default: the processors that it was given."),
    ],
)


def application() -> typer.Typer:
    """Return the typer application of the commands of runs."""
    app = typer.Typer(
        help="Work in shards, here or through Slurm: list, show, resume, collect, cancel.",
        no_args_is_help=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    commands: tuple[tuple[str, str, Any, tuple[Option, ...]], ...] = (
        ("list", "Your runs: what each is, and how many of its shards are done.", _list, SHARED_OPTIONS),
        ("show", "How a run goes: what is done, running, pending and why, failed and why.", _show,
         (_RUN, *SHARED_OPTIONS)),
        ("resume", "Work on what a run is missing, here or through Slurm.", _resume, (_RUN, *sending_options())),
        ("collect", "What all shards of a run come to.", _collect, (_RUN, _OUT, *SHARED_OPTIONS)),
        ("cancel", "Take back what is queued or running; what is finished stays.", _cancel, (_RUN,)),
        ("delete", "Delete a run's folder; what was collected of it stays.", _delete, (_RUN,)),
        ("work", "Be the worker of a shard: what batch scripts call.", _work, (_RUN, _INDEX, _THREADS)),
        ("nodes", "The cluster's partitions, and the GPUs that --gres may ask for.", _nodes, SHARED_OPTIONS),
    )  # fmt: skip
    for name, help, function, options in commands:
        app.command(name, help=help)(with_options(function, options))
    return app


def _list(**shown: Any) -> None:
    problems: list[str] = []

    def make(catalog: Catalog) -> Asked:
        rows: list[Row] = []
        titles: dict[str, str] = {}
        for name in folder.names():
            try:
                run = folder.named(name)
            except ScaletuiError as error:
                problems.append(str(error))
                continue
            titles[name] = visible(run.title, 200)
            rows.append(Row("done", "done", float(len(run.done())), "1", subject=name))
            rows.append(Row("shards", "shards", float(len(run.shards)), "1", subject=name))
            failed = sum(os.path.exists(run.path(index, "failed")) for index in run.missing())
            rows.append(Row("failed", "failed", float(failed), "1", subject=name))
        columns = (Column("done", "done", "1"), Column("shards", "of", "1"), Column("failed", "failed", "1"))
        notes = (
            () if titles else (Note("none", "No runs: fit, bench and sweep make them with --slurm or --local.", None),)
        )
        return None, Answer("jobs", {}, tuple(rows), notes, provenance(), Table("subject", columns, titles))

    show(make, **shown)
    for problem in problems:
        say(f"a run is passed over: {problem}")


def _show(name: str, **shown: Any) -> None:
    run = folder.named(name)

    def make(catalog: Catalog) -> Asked:
        from scaletui.jobs.status import STATES, states

        shards, silence = states(run)
        counts = {state: sum(shard.state == state for shard in shards) for state in STATES}
        rows = [Row("shards", "shards", float(len(shards)), "1")]
        rows += [Row(state, state, float(count), "1") for state, count in counts.items()]
        notes = [Note("run", f"{visible(run.title, 200)}, in {run.shown}.", None, None, "convention")]
        groups: dict[tuple[str, str, str], list[int]] = {}
        for shard in shards:
            asked = run.asks[shard.number - 1].get("gres", "") if run.asks else ""
            if shard.reason or asked:  # where each asks for something of its own, each is told
                groups.setdefault((shard.state, asked, shard.reason), []).append(shard.number)
        for (state, asked, reason), indices in groups.items():
            which = f"shard{'s' if len(indices) > 1 else ''} {folder.spans(indices)}{f' on {asked}' if asked else ''}"
            text = f"{state}: {which}{f': {reason}' if reason else ''}"
            notes.append(Note(state, visible(text, 2000).rstrip(".") + ".", None, None, "convention"))
        if silence:
            notes.append(Note("slurm", f"Slurm says nothing of its jobs: {silence}.", None, None, "convention"))
        return None, Answer("jobs", {"run": run.name}, tuple(rows), tuple(notes), provenance(seed=run.seed))

    show(make, **shown)


def _resume(name: str, **given: Any) -> None:
    where = sending_of(given)
    run = folder.named(name)
    if where is None and run.missing():
        raise InputError("where is it to be worked on?", where="resume", hint="--slurm, or --local 1")
    if where is None or send(run, where):
        many = f"all {len(run.shards)} shards are" if len(run.shards) > 1 else "its one shard is"
        say(f"{many} done: scaletui jobs collect {run.called} prints what they come to")


def _collect(name: str, out: str | None, **shown: Any) -> int:
    from scaletui import processors
    from scaletui.jobs.kinds import kind_of
    from scaletui.jobs.results import results

    run = folder.named(name)
    manner = manner_of(shown["click_context"], shown["color"], shown["ascii"])
    found = kind_of(run.what).collect(run.given(), results(run), processors.threads(manner.threads))
    if out is not None:
        from scaletui.files import write_atomically

        if not out.lower().endswith(found.suffix):
            what = f"is {found.suffix[1:].upper()} of this kind of run, and must end in {found.suffix}"
            raise InputError(what, where="--out")
        try:
            write_atomically(os.path.abspath(out), found.document())
        except OSError as error:
            raise ScaletuiError(f"{visible(out, 200)}: cannot be written: {error.strerror}") from None
        say(f"written to {visible(out, 200)}")
        if found.long and shown["format"] != "csv":
            return 1 if found.failures else 0
    show(lambda catalog: (found.inputs, found.answer), **shown)
    for failure in found.failures:
        say(failure)
    return 1 if found.failures else 0


def _cancel(name: str) -> None:
    from scaletui.jobs.slurm import cancel

    run = folder.named(name)
    gone = cancel(run)
    done = f"{len(run.done())} of {len(run.shards)} shards are done"
    say(f"cancelled {', '.join(f'job {job}' for job in gone)}; {done}" if gone else f"nothing is queued; {done}")


def _delete(name: str) -> None:
    import shutil

    from scaletui.jobs.status import states

    run = folder.named(name)
    live = [shard.number for shard in states(run)[0] if shard.state in ("running", "pending")]
    if live:
        hint = f"scaletui jobs cancel {run.called}"
        raise InputError(f"is at work on {folder.spans(live)}", where=run.called, hint=hint)
    try:
        shutil.rmtree(run.folder)
    except OSError as error:
        raise ScaletuiError(f"{run.shown}: cannot be deleted: {error.strerror}") from None
    say(f"deleted {run.shown}")


def _work(name: str, index: str | None, threads: int | None) -> int:
    from scaletui import processors
    from scaletui.jobs import worker

    run = folder.named(name)
    free = min(threads or processors.granted(), processors.granted())
    if index == "-":
        return worker.serve(run, free)
    number = worker.index_of(index, run)
    made = worker.work(run, number, free)
    sys.stdout.write(f"{'done' if made else 'was done'} {number}\n")
    return 0


def _nodes(**shown: Any) -> None:
    def make(catalog: Catalog) -> Asked:
        from scaletui.jobs.nodes import gpus

        rows: list[Row] = []
        for one in gpus():
            subject = f"{one.partition} {one.gres or 'no GPU'}"
            state = f"{one.state}, at most {one.time}"
            for id, value, unit in (("nodes", one.nodes, "1"), ("gpus", one.each, "1"), ("cpus", one.cpus, "1"),
                                    ("memory", one.memory * 2**20, "bytes")):  # fmt: skip
                rows.append(Row(id, id, float(value), unit, subject=subject))
            rows.append(Row("state", state, float(one.state == "up"), "1", subject=subject))
        columns = (
            Column("nodes", "nodes", "1"), Column("gpus", "GPUs each", "1"), Column("cpus", "CPUs", "1"),
            Column("memory", "memory", "bytes"), Column("state", "state", "label"),
        )  # fmt: skip
        return None, Answer("nodes", {}, tuple(rows), (), provenance(), Table("subject", columns))

    show(make, **shown)
