"""What a machine lends to samples: its threads, and a folder for what is compiled once."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from scaletui import locations
from scaletui_core.answer import Answer
from scaletui_core.sampling import THREADS, Sampling

Made = TypeVar("Made")


def threads(asked: int | None = None) -> int:
    """Return the threads that samples are drawn on: those asked for, else two, but no more than may be used.

    A login node is shared, and its processors are for the processes that it pins, not for all that it counts.
    """
    return min(asked or THREADS, granted())


def granted() -> int:
    """Return the processors that this process may use: those of its mask, and no more than Slurm gave its task."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    task = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return min(int(task), free) if task.isascii() and task.isdigit() and int(task) else free


def sampled(answers: Sequence[Answer], sampling: Sampling, **more: Any) -> list[Answer]:
    """Return answers with intervals."""

    def make() -> list[Answer]:
        from scaletui_core import uncertainty

        return uncertainty.with_intervals(answers, sampling, **more)

    return cached(make)


def cached(make: Callable[[], Made]) -> Made:
    """Return what compiled kernels make; where the folder that keeps them fails, full or damaged, without it."""
    keep_kernels()
    from scaletui_core.compiled import without_cache

    try:
        return make()
    except (OSError, EOFError, ValueError, pickle.UnpicklingError):
        without_cache()
        return make()


def keep_kernels() -> None:
    """Have compiled kernels kept in a folder of the user's own; without one they are compiled again in each process.

    It comes before the first kernel. numba would keep them beside the package, which may be read-only, or shared.
    """
    import numba

    folder = locations.kernel_folder()
    settings: Any = numba.config
    if folder is not None:
        settings.CACHE_DIR = folder
