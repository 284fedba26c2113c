"""A worker: it makes the result of a shard, or of one shard after the other as it is told which."""

from __future__ import annotations

import os
import sys
import threading
from queue import SimpleQueue
from typing import Any

from scaletui.held import AtWork, holding
from scaletui.jobs.folder import Run
from scaletui.jobs.kinds import PARTS, kind_of
from scaletui.jobs.results import PART, write_failure, write_result
from scaletui_core import __version__
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.safetext import visible

TASK = "SLURM_ARRAY_TASK_ID"
POOL = "pool"
"""What a pool says before the first number: a worker ends when it does."""


def index_of(text: str | None, run: Run) -> int:
    """Return the number of the shard that is asked for: the option's, or the one that Slurm gave this task.

    Raises
    ------
    InputError
        If there is none, or the run has no such shard.
    """
    where = "--index" if text is not None else TASK
    said = os.environ.get(TASK, "") if text is None else text
    last = len(run.shards)
    if not said:
        raise InputError("no shard to work on", where="--index", hint=f"a number from 1 to {last}")
    if not (said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= last):
        raise InputError(f"'{visible(said, 40)}' is no shard of {run.name}", where=where, hint=f"from 1 to {last}")
    return int(said)


def work(run: Run, index: int, threads: int, given: Any = None) -> bool:
    """Make the result of a shard, and return whether it had to be made: one that is there stays.

    Parameters
    ----------
    run : Run
        The run.
    index : int
        Number of the shard, from 1 on.
    threads : int
        Threads; they change the time, never the result.
    given : object, optional
        The run's input, where it has been read before.

    Raises
    ------
    ScaletuiError
        If it could not be made or written; the folder has the reason too.
    """
    if run.version != __version__:
        made = f"was cut by scaletui {visible(run.version, 40)}, and this is {__version__}: results could differ"
        raise ScaletuiError(f"{run.name}: {made} (work on it with that version, or send it again)")
    if index in run.done():
        return False
    part = (run.path(index, PART),) if run.what in PARTS else ()
    try:
        with holding(run.at_work, index, alone=bool(part)):
            kind = kind_of(run.what)
            value = kind.work(run.given() if given is None else given, run.shards[index - 1], threads, *part)
            write_result(run, index, value)
    except AtWork:
        raise ScaletuiError(f"{run.name}, shard {index}: another process works on it (wait, or end that)") from None
    except Exception as error:
        # A bug of ours is a reason too: the log of a task is read by nobody, the folder by `jobs show`.
        reason = str(error) if isinstance(error, ScaletuiError) else f"{type(error).__name__}: {error}"
        write_failure(run, index, reason)
        raise ScaletuiError(f"{run.name}, shard {index}: {reason}") from error
    return True


def serve(run: Run, threads: int) -> int:
    """Work on the shards whose numbers come on standard input, a line each, and say of each how it went.

    It ends with its input; where a pool feeds it, at once, however that one ended and whatever is in work.
    """
    given = run.given()
    fed = _Fed()
    while line := fed.next():
        index = index_of(line.strip(), run)
        try:
            work(run, index, threads, given)
        except ScaletuiError as error:
            reason = str(error).removeprefix(f"{run.name}, shard {index}: ")
            answer = f"failed {index} {visible(reason, 1000)}"
        else:
            answer = f"done {index}"
        fed.idle()
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    return 0


class _Fed:
    """Lines of standard input.

    After `POOL` among them its end means that the pool has ended: what is worked on nobody wants, and the process ends.
    """

    def __init__(self) -> None:
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._busy = threading.Event()
        # Not by sys.stdin, whose lock a thread that waits would hold when the interpreter ends.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        heeds, rest = False, b""
        while found := os.read(0, 4096):
            *lines, rest = (rest + found).split(b"\n")
            heeds = heeds or POOL.encode() in lines
            for line in lines:
                if line.strip() and line != POOL.encode():
                    self._busy.set()
                    self._lines.put(line.decode(errors="replace"))
        if heeds and self._busy.is_set():
            os._exit(1)
        self._lines.put(rest.decode(errors="replace"))
        self._lines.put("")

    def next(self) -> str:
        """Return the next line; nothing where there is none."""
        return self._lines.get()

    def idle(self) -> None:
        """Say that the line is done with."""
        self._busy.clear()
