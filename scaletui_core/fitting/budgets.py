"""Which runs share a budget, also where nobody trained to the FLOP."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scaletui_core.fitting.records import Array, Indices

TOLERANCE = 0.15
"""Runs of one budget differ in C by at most this fraction (the runs behind Hoffmann et al. 2022: 9 to 17%)."""

CROWD = 3
"""Amid other runs, a budget is what has at least a third of the runs of the largest, and at least three."""


class Budgets(NamedTuple):
    """Budgets, rising, and which run is of which.

    Attributes
    ----------
    flops : ndarray of float64, shape (budgets,)
        C of each [FLOP], the geometric mean of its runs.
    label : ndarray of int64, shape (n,)
        The budget of each run, counted from 0; -1 of a run that is of none.
    """

    flops: Array
    label: Indices


def budgets_of(flops: Array, *, tolerance: float = TOLERANCE) -> Budgets:
    """Return the budgets that runs were made at.

    Runs within a factor of ``1 + tolerance`` in C are a window. A window is a budget if it has two runs or more and
    stands alone, no other run being within that factor of its ends; or else if it is a crowd: at least three runs, and
    at least a third as many as the fullest window has. Of crowds that overlap the fuller one is taken, then the
    narrower, then the cheaper.

    Parameters
    ----------
    flops : ndarray of float64, shape (n,)
        C of each run [FLOP], above 0.
    tolerance : float
        See above.

    Examples
    --------
    >>> found = budgets_of(np.array([1e18, 1.01e18, 3e18, 1e19, 1.1e19, 1e19]))
    >>> [f"{c:.4g}" for c in found.flops], found.label.tolist()
    (['1.005e+18', '1.032e+19'], [0, 0, -1, 1, 1, 1])
    """
    count = len(flops)
    order = np.argsort(flops, kind="stable")
    x = np.log(flops[order])
    reach = np.log1p(tolerance) + 1e-12
    end = np.searchsorted(x, x + reach, side="right")
    held = end - np.arange(count)
    apart = np.concatenate(([True], np.diff(x) > reach, [True]))
    alone = apart[:-1] & apart[end] & (held >= 2)
    fullest = held.max(initial=0)
    crowd = np.flatnonzero((held >= CROWD) & (CROWD * held >= fullest) & ~alone)
    crowd = crowd[np.lexsort((crowd, x[end[crowd] - 1] - x[crowd], -held[crowd]))]
    taken = bytearray(count)
    windows = []
    for start in [*np.flatnonzero(alone).tolist(), *crowd.tolist()]:
        stop = int(end[start])
        # All windows are equally wide, so that one which overlaps another holds one of its ends.
        if not (taken[start] or taken[stop - 1]):
            taken[start:stop] = b"\1" * (stop - start)
            windows.append((start, stop))
    windows.sort()
    label = np.full(count, -1, dtype=np.int64)
    for index, (start, stop) in enumerate(windows):
        label[order[start:stop]] = index
    return Budgets(np.array([np.exp(x[start:stop].mean()) for start, stop in windows]), label)
