"""The results of a run's shards, written whole or not at all, and why one failed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from scaletui.files import remove_drafts, write_atomically
from scaletui.jobs.folder import Run, is_whole, read_json, spans, unwritable
from scaletui_core import __version__
from scaletui_core.errors import ScaletuiError
from scaletui_core.safetext import visible

SCHEMA = "scaletui.shard/1"
PART = "part.json"
"""How the file ends that holds what a shard has so far, of kinds of work that go on from that."""


def write_result(run: Run, index: int, value: Any) -> None:
    """Write the result of a shard, whole or not at all.

    Raises
    ------
    ScaletuiError
        If it cannot be written. One that another worker has written meanwhile is as good.

    Examples
    --------
    >>> import tempfile
    >>> from scaletui.jobs.folder import create
    >>> with tempfile.TemporaryDirectory() as place:
    ...     run = create("fit", "a fit", 0, {}, [[0, 64], [64, 100]], os.path.join(place, "mine"))
    ...     write_result(run, 2, [1.5])
    ...     run.missing()
    [1]
    """
    head = {"schema": SCHEMA, "digest": run.digest, "index": index, "version": __version__}
    try:
        write_atomically(run.path(index), json.dumps({**head, "value": value}, allow_nan=False) + "\n")
    except OSError as error:
        if not is_whole(run.path(index)):
            raise unwritable(run.folder, os.path.basename(run.path(index)), error) from None
    for suffix in ("failed", PART):
        with contextlib.suppress(OSError):
            os.unlink(run.path(index, suffix))


def tidy(run: Run) -> None:
    """Remove what killed workers left in the folder: drafts of files, and what there was of shards that are done."""
    done = {os.path.basename(run.path(index)) for index in run.done()}

    def settled(name: str) -> bool:
        return name.replace(f".{PART}", ".json") in done

    remove_drafts(run.folder, settled)
    with contextlib.suppress(OSError):
        for name in os.listdir(run.folder):
            if name.endswith(f".{PART}") and settled(name):
                os.unlink(os.path.join(run.folder, name))


def write_failure(run: Run, index: int, reason: str) -> None:
    """Note why a shard failed, where that can be written: the job's own log has it too."""
    with contextlib.suppress(OSError):
        write_atomically(run.path(index, "failed"), f"{reason}\n")


def failure(run: Run, index: int) -> str | None:
    """Return why a shard failed, in a line; None where no worker said so."""
    try:
        with open(run.path(index, "failed"), encoding="utf-8", errors="replace") as file:
            return visible(file.readline(2000).strip(), 300)
    except OSError:
        return None


def results(run: Run) -> Iterator[Any]:
    """Return the results of all shards, in their order, each read as it is asked for.

    Raises
    ------
    ScaletuiError
        If one is missing or is not of this run.
    """
    missing = run.missing()
    if missing:
        raise ScaletuiError(
            f"{run.name}: {len(missing)} of {len(run.shards)} shards have no result yet: {spans(missing)}"
            f" (scaletui jobs show {run.called} says why)"
        )
    tidy(run)
    return _results(run)


def _results(run: Run) -> Iterator[Any]:
    for index in range(1, len(run.shards) + 1):
        one = read_json(run.path(index))
        if not isinstance(one, dict) or one.get("digest") != run.digest or one.get("index") != index:
            hint = f"delete it, and scaletui jobs resume {run.called} makes it again"
            raise ScaletuiError(f"{visible(run.path(index), 200)}: is not the result of this run's shard ({hint})")
        yield one["value"]
