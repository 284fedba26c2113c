"""Slurm's own commands: send an array, ask how it goes, take it back; its refusals in its own words."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

from scaletui.files import write_atomically
from scaletui.jobs import cluster, pool
from scaletui.jobs.cluster import Cluster
from scaletui.jobs.folder import Run, locked, make_logs, spans, unwritable
from scaletui_core.errors import ScaletuiError
from scaletui_core.safetext import visible

PATIENCE = 60.0
"""Seconds that a command of Slurm's may take: a controller that is down lets them wait."""
_JOB = re.compile(r"job-(\d+)\.json")


class Refused(ScaletuiError):
    """What the cluster would not do (exit code 3), in the scheduler's own words."""

    exit_code = 3


class Task(NamedTuple):
    """One task of an array, as Slurm knows it.

    Attributes
    ----------
    job, shard : int
        Of which array, and which shard it works on.
    state : str
        Slurm's word: ``PENDING``, ``RUNNING``, ``FAILED``, ``OUT_OF_MEMORY``, ...
    reason : str
        Why it is pending, or how it ended; empty where Slurm says nothing.
    """

    job: int
    shard: int
    state: str
    reason: str

    @property
    def live(self) -> bool:
        """Whether it is still to run, or runs."""
        return self.state in _LIVE


_PENDING = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"}
_LIVE = _PENDING | {
    "RUNNING",
    "CONFIGURING",
    "COMPLETING",
    "SUSPENDED",
    "RESIZING",
    "SIGNALING",
    "STAGE_OUT",
    "STOPPED",
}


def is_pending(task: Task) -> bool:
    """Whether a task waits for its turn."""
    return task.state in _PENDING


def call(words: Sequence[str], text: str | None = None, folder: str | None = None) -> str:
    """Return what a command of Slurm's prints.

    Raises
    ------
    Refused
        If it fails: with its own words.
    ScaletuiError
        If it is not here, or does not answer.
    """
    tool = words[0]
    try:
        done = subprocess.run(
            list(words), input="" if text is None else text, capture_output=True, text=True, errors="replace",
            cwd=folder, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        hint = "run this where the cluster's commands are, or use --local N"
        raise ScaletuiError(f"there is no {tool} here: Slurm is not installed, or not on the PATH ({hint})") from None
    except subprocess.TimeoutExpired:
        raise Refused(f"{tool}: no answer within {PATIENCE:.0f} s") from None
    except OSError as error:
        raise ScaletuiError(f"{tool}: cannot be run: {error.strerror}") from None
    if done.returncode:
        said = [line.removeprefix(f"{tool}: ").removeprefix("error: ") for line in done.stderr.splitlines() if line]
        raise Refused(f"{tool}: {visible('; '.join(said) or f'exit code {done.returncode}', 600)}")
    return done.stdout


def submissions(run: Run, asked: Cluster, indices: Sequence[int]) -> list[tuple[list[int], str]]:
    """Return the arrays that work on some of a run's shards: one for all that ask the same, with its batch script."""
    groups: dict[Cluster, list[int]] = {}
    for index in indices:
        own: dict[str, Any] = run.asks[index - 1] if run.asks else {}
        groups.setdefault(asked._replace(**own), []).append(index)
    words = pool.command(run)
    return [(group, cluster.script(one, run.job, run.folder, words, spans(group))) for one, group in groups.items()]


def submit(run: Run, asked: Cluster) -> list[tuple[int, list[int]]]:
    """Send what a run is missing and what is not yet queued, and return the jobs with their shards.

    Raises
    ------
    Refused
        If the cluster refuses: its words, and the GPU types that it has where it knows none of that name.
    ScaletuiError
        If there is no ``sbatch``, or the folder cannot be written.
    """
    out = []
    with locked(run):
        missing = run.missing()
        queued = _live(run) if missing else set()
        for group, text in submissions(run, asked, [index for index in missing if index not in queued]):
            out.append((_submit(run, group, text), group))
    return out


def _submit(run: Run, shards: list[int], text: str) -> int:
    """Send one array, note it in the folder, and return its job."""
    try:
        make_logs(run.folder)
        out = call(["sbatch", "--parsable"], text, run.folder)
    except Refused as refusal:
        raise Refused(f"{refusal}{_offer(str(refusal), text)}") from None
    except OSError as error:
        raise unwritable(run.folder, "logs", error) from None
    number = out.strip().partition(";")[0]
    if not (number.isascii() and number.isdigit()):
        raise Refused(f"sbatch: said '{visible(out.strip(), 200)}' in place of a job's number")
    path = f"job-{number}.json"
    try:
        record = {"job": int(number), "shards": shards, "script": text}
        write_atomically(os.path.join(run.folder, path), json.dumps(record) + "\n")
    except OSError as error:
        raise ScaletuiError(f"{unwritable(run.folder, path, error)}: job {number} runs all the same") from None
    return int(number)


def _live(run: Run) -> set[int]:
    """Return the shards that are queued or running; of a run that was never sent, a queue that is silent says none."""
    try:
        return {task.shard for task in tasks(run) if task.live}
    except ScaletuiError:
        if jobs(run):
            raise
        return set()


def _offer(refusal: str, script: str) -> str:
    """Return the GPU types of the cluster, where what it refused may have been one of them."""
    if "#SBATCH --gres=" not in script or not any(word in refusal.lower() for word in ("gres", "node configuration")):
        return ""
    from scaletui.jobs.nodes import gpus

    try:
        known = sorted({one.gres for one in gpus() if one.gres})
    except ScaletuiError:
        return ""
    return f" (the cluster has {', '.join(known)})" if known else " (the cluster has no GPUs)"


def jobs(run: Run) -> list[int]:
    """Return the jobs that were sent for a run, the first first."""
    found = (_JOB.fullmatch(name) for name in os.listdir(run.folder))
    return sorted(int(one[1]) for one in found if one)


def tasks(run: Run) -> list[Task]:
    """Return what Slurm knows of a run's tasks: by its accounts, where it keeps some, and by its queue.

    Jobs that the folder does not know, since what sent them was killed then, are found by their name and folder.

    Raises
    ------
    ScaletuiError
        If neither answers.
    """
    found: dict[tuple[int, int], Task] = {}
    known = jobs(run)
    if known:
        try:
            for task in _accounted(known):
                found[task.job, task.shard] = task
        except ScaletuiError:  # accounting is a choice of the cluster's
            pass
    try:
        queued = _queued(run)
    except ScaletuiError:
        if not found:
            raise
    else:
        # The queue says why a task is pending; of one that has left it, the accounts know more.
        found.update({(one.job, one.shard): one for one in queued if one.live or (one.job, one.shard) not in found})
    return sorted(found.values())


def _accounted(known: Sequence[int]) -> list[Task]:
    ids = ",".join(map(str, known))
    out = call(["sacct", "-n", "-P", "-X", "--array", "-j", ids, "-o", "JobID,State,ExitCode"])
    found = []
    for line in out.splitlines():
        name, _, rest = line.partition("|")
        state, _, code = rest.partition("|")
        job, _, index = name.partition("_")
        if job.isdigit() and index.isdigit():
            word = state.split(" ")[0]  # CANCELLED by 1000
            found.append(Task(int(job), int(index), word, f"exit code {code}" if word == "FAILED" else ""))
    return found


def _queued(run: Run) -> list[Task]:
    out = call(["squeue", "-h", "-r", "-t", "all", f"--name={run.job}", "-o", "%F|%K|%T|%r|%Z"])
    found = []
    for line in out.splitlines():
        job, index, state, reason, folder = (line.split("|", 4) + [""] * 5)[:5]
        if folder == run.folder and job.isdigit() and index.isdigit():
            found.append(Task(int(job), int(index), state, "" if reason == "None" else reason))
    return found


def cancel(run: Run) -> list[int]:
    """Take back what is queued or running, and return which jobs; what is finished stays.

    Raises
    ------
    ScaletuiError
        If Slurm is not here, or refuses.
    """
    if not run.missing():
        return []
    live = sorted({task.job for task in tasks(run) if task.live})
    if live:
        call(["scancel", *map(str, live)])
    return live
