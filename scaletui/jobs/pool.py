"""A run's shards on processes of this machine: the same workers as Slurm's, fed one shard after the other."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Sequence

from scaletui import processors
from scaletui.held import holding
from scaletui.jobs import worker
from scaletui.jobs.folder import Run, spans
from scaletui.jobs.results import write_failure
from scaletui_core.errors import ScaletuiError
from scaletui_core.safetext import visible

MOST = 512
"""Workers at most."""
POOL = 0
"""What a pool holds of the file of those at work, where workers hold the number of their shard."""


def command(run: Run) -> list[str]:
    """Return the words of a worker's command line, but for which shard."""
    return [sys.executable, "-m", "scaletui", "jobs", "work", run.folder]


def work_through(run: Run, workers: int, tick: Callable[[int, int], None]) -> None:
    """Make what a run is missing, on processes of this machine.

    A worker that fails or is killed loses the shard that it was at, and no other; the rest are made all the same.

    Parameters
    ----------
    run : Run
        The run.
    workers : int
        Processes; they share the processors that this one may use.
    tick : callable
        Told how many shards are done, and of how many.

    Raises
    ------
    ScaletuiError
        If shards are missing in the end: which, and the reason of the first.
    """
    waiting = run.missing()[::-1]
    if not waiting:
        return
    count = min(workers, len(waiting))
    threads = max(1, processors.granted() // count)
    reasons: dict[int, str] = {}
    with holding(run.at_work, POOL):
        _feed_all(run, [_start(run, threads) for _ in range(count)], waiting, reasons, tick)
    missing = run.missing()
    if missing:
        raise ScaletuiError(_told(run, missing, reasons))


def _feed_all(
    run: Run, processes: Sequence[subprocess.Popen[str]], waiting: list[int], reasons: dict[int, str],
    tick: Callable[[int, int], None],
) -> None:  # fmt: skip
    """Give shards to workers until none waits, note why one failed, and end the workers."""
    total = len(run.shards)
    try:
        with selectors.DefaultSelector() as ready:
            at: dict[subprocess.Popen[str], int] = {}
            for process in processes:
                assert process.stdout is not None
                ready.register(process.stdout, selectors.EVENT_READ, process)
                _feed(process, waiting, at)
            while at:
                for key, _ in ready.select():
                    process = key.data
                    line = key.fileobj.readline()  # type: ignore[union-attr]
                    index = at.pop(process, 0)
                    word, _, rest = line.strip().partition(" ")
                    if not line:
                        ready.unregister(key.fileobj)
                        if index:
                            reasons[index] = _ended(process)
                            write_failure(run, index, reasons[index])
                        continue
                    if word == "failed":
                        reasons[index] = rest.partition(" ")[2]
                    tick(total - len(waiting) - len(at) - len(reasons), total)
                    _feed(process, waiting, at)
    finally:
        for process in processes:
            _stop(process)


def _start(run: Run, threads: int) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "SLURM_ARRAY_TASK_ID"}
    words = [*command(run), "--index", "-", "--threads", str(threads)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdin is not None
    process.stdin.write(f"{worker.POOL}\n")  # goes with the first number
    return process


def _feed(process: subprocess.Popen[str], waiting: list[int], at: dict[subprocess.Popen[str], int]) -> None:
    """Give a worker its next shard, or nothing more to wait for."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it has died, which the end of its output says
        if waiting:
            at[process] = waiting.pop()
            process.stdin.write(f"{at[process]}\n")
            process.stdin.flush()
        else:
            process.stdin.close()


def _stop(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
    process.terminate()
    process.wait()


def _ended(process: subprocess.Popen[str]) -> str:
    code = process.wait()
    return f"its worker was killed by signal {-code}" if code < 0 else f"its worker ended with exit code {code}"


def _told(run: Run, missing: Sequence[int], reasons: dict[int, str]) -> str:
    first = next(iter(reasons), None)
    why = "" if first is None else f"; shard {first}: {visible(reasons[first], 400)}"
    which = f"{len(missing)} of {len(run.shards)} shards are missing, {spans(missing)}"
    return f"{run.name}: {which}{why} (the rest is kept: the same command, or scaletui jobs resume, goes on)"
