"""How a run goes: what each shard's result, its worker and Slurm say of it."""

from __future__ import annotations

import os
from typing import NamedTuple

from scaletui.held import held
from scaletui.jobs.folder import LOGS, Run
from scaletui.jobs.pool import POOL
from scaletui.jobs.results import failure
from scaletui.jobs.slurm import Task, is_pending, jobs, tasks
from scaletui_core.errors import ScaletuiError
from scaletui_core.safetext import visible

STATES = ("done", "running", "pending", "failed", "missing")
_ENDED = {"COMPLETED": "missing", "CANCELLED": "missing"}
_TAIL = 4000  # bytes of a log


class Shard(NamedTuple):
    """What is known of a shard.

    Attributes
    ----------
    number : int
        Which it is, from 1 on.
    state : str
        One of `STATES`; ``missing`` is one without a result that neither Slurm nor a pool here has in hand.
    reason : str
        Why it is pending, failed or missing, in a line; empty where nothing says so.
    """

    number: int
    state: str
    reason: str


def states(run: Run) -> tuple[list[Shard], str]:
    """Return what is known of each shard, and why Slurm says nothing, where it should have.

    A result goes before all; then a worker that is seen at work; then what Slurm says of the last job; then what the
    worker left behind.
    """
    done = run.done()
    here = held(run.at_work, range(len(run.shards) + 1)) if len(done) < len(run.shards) else set()
    known: dict[int, Task] = {}
    silence = ""
    if len(done) < len(run.shards):
        try:
            known = {task.shard: task for task in tasks(run)}  # of the last job that has it
        except ScaletuiError as error:
            silence = str(error) if jobs(run) else ""
    return [
        Shard(index, "done", "") if index in done else _state(run, index, known.get(index), here)
        for index in range(1, len(run.shards) + 1)
    ], silence


def _state(run: Run, index: int, task: Task | None, here: set[int]) -> Shard:
    if index in here:
        return Shard(index, "running", "")
    if task is not None and task.live:
        return Shard(index, "pending" if is_pending(task) else "running", task.reason)
    said = failure(run, index)
    if task is None:
        if said is None and POOL in here:
            return Shard(index, "pending", "waits for its turn in a pool on this machine")
        return Shard(index, "missing", "") if said is None else Shard(index, "failed", said)
    state = _ENDED.get(task.state, "failed")
    word = task.state.lower().replace("_", " ")
    if state == "missing":
        return Shard(index, state, f"job {task.job}: {word}")
    why = said or _last_line(run, task) or task.reason
    return Shard(index, state, f"job {task.job}: {word}{f': {why}' if why else ''}")


def _last_line(run: Run, task: Task) -> str:
    """Return the last line of a task's log: what ended it, where its worker could not say."""
    try:
        with open(os.path.join(run.folder, LOGS, f"{task.job}_{task.shard}.log"), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return visible(next((line.strip() for line in reversed(lines) if line.strip()), ""), 300)
