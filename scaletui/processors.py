"""How much of a machine may be used: one place that asks the operating system."""

from __future__ import annotations

import os

from scaletui_core.sampling import THREADS


def threads() -> int:
    """Return the threads that samples are drawn on: two, or one where no more may be used.

    A login node is shared, and its processors are for the processes that it pins, not for all that it counts.
    """
    if hasattr(os, "sched_getaffinity"):
        return min(THREADS, len(os.sched_getaffinity(0)))
    return min(THREADS, os.cpu_count() or 1)
