"""Where a run's shards are worked on: the options that say so, and what is said on the way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import typer

from scaletui.jobs.cluster import Cluster, cluster_of, cluster_options, option_of
from scaletui.printing import say
from scaletui.root import Option
from scaletui_core.errors import InputError

if TYPE_CHECKING:
    from scaletui.jobs.folder import Run

_OWN: tuple[Option, ...] = (
    ("slurm", False, Annotated[bool, typer.Option("--slurm", help="Send the shards to Slurm.")]),
    (
        "local",
        None,
        Annotated[
            Optional[int],  # noqa: UP045
            typer.Option("--local", metavar="N", min=1, max=512, help="Work on the shards here, in N processes."),
        ],
    ),
    ("dry_run", False, Annotated[bool, typer.Option("--dry-run", help="Print the batch script, and send nothing.")]),
)
FOLDER_OPTION: Option = (
    "folder",
    None,
    Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--folder", metavar="PATH", help="The run's folder. Default: in the data folder."),
    ],
)


def option_words(name: str) -> str:
    """Return the option of something that a command was given.

    >>> option_words("dry_run"), option_words("environment")
    ('--dry-run', '--env-line')
    """
    return option_of(name).replace("_", "-")


class Sending(NamedTuple):
    """Where shards are to be worked on.

    Attributes
    ----------
    local : int or None
        Processes of this machine; None is Slurm.
    dry_run : bool
        Whether the batch script is printed and nothing is sent.
    cluster : Cluster
        What Slurm is told.
    """

    local: int | None
    dry_run: bool
    cluster: Cluster


def sending_options() -> tuple[Option, ...]:
    """Return the options that say where shards are worked on."""
    return (*_OWN, *cluster_options())


def sending_of(given: dict[str, Any]) -> Sending | None:
    """Take the options of `sending_options` out of those of a command; None where it is to work by itself.

    Raises
    ------
    InputError
        If they do not go together, or one is wrong.
    """
    slurm, local, dry_run = (given.pop(name) for name, _, _ in _OWN)
    asked = {name: given.pop(name) for name in Cluster._fields}
    if slurm and local is not None:
        raise InputError("works here, and --slurm elsewhere: drop one", where="--local")
    if not slurm:
        said = [*(["--dry-run"] if dry_run else []), *(option_of(name) for name, value in asked.items() if value)]
        for option in said:
            raise InputError("is about Slurm, and needs --slurm", where=option)
    if not slurm and local is None:
        return None
    return Sending(local, dry_run, Cluster() if local is not None else cluster_of(asked))


def check_workers(what: str, where: Sending) -> None:
    """Raise for more processes than a kind of work can have on one machine.

    Raises
    ------
    InputError
        If there are: what measures the machine measures nothing beside another that does.
    """
    from scaletui.jobs.kinds import ALONE

    if what in ALONE and where.local is not None and where.local > 1:
        what = "measurements at once on one machine disturb each other"
        raise InputError(what, where="--local", hint="--local 1 makes one after the other")


def send(run: Run, where: Sending) -> bool:
    """Have a run's shards worked on, and return whether all have a result now.

    What is missing is sent, and nothing twice; standard output has the run's name where it is not done.

    Raises
    ------
    ScaletuiError
        If the cluster refuses, the folder cannot be written, or a shard failed here.
    """
    check_workers(run.what, where)
    missing = run.missing()
    if where.dry_run:
        from scaletui.jobs.slurm import submissions

        for _, script in submissions(run, where.cluster, missing):
            sys.stdout.write(script)
        if not missing:
            say(f"all {len(run.shards)} shards of {run.name} are done: nothing would be sent")
        return False
    from scaletui.jobs.results import tidy

    tidy(run)
    if not missing:
        return True
    if where.local is not None:
        _here(run, where.local)
        return True
    from scaletui.jobs.folder import spans
    from scaletui.jobs.slurm import submit

    arrays = submit(run, where.cluster)
    if not arrays:
        say(f"all that {run.name} is missing is queued or running: {len(missing)} of {len(run.shards)} shards")
    for job, sent in arrays:
        say(f"sent as job {job}: {len(sent)} of {len(run.shards)} shards, {spans(sent)}")
    say(f"scaletui jobs show {run.called} says how it goes, and scaletui jobs collect {run.called} what it comes to")
    sys.stdout.write(f"{run.called}\n")
    return False


def _here(run: Run, workers: int) -> None:
    """Work on this machine, telling a person who waits how far it is."""
    from scaletui.jobs.pool import work_through

    waiting = sys.stderr is not None and sys.stderr.isatty()

    def tick(done: int, total: int) -> None:
        if waiting:
            sys.stderr.write(f"\rshards... {done} of {total}\x1b[K")
            sys.stderr.flush()

    try:
        work_through(run, workers, tick)
    finally:
        if waiting:
            sys.stderr.write("\r\x1b[K")
