"""Doubt: resampled runs, and the intervals, errors and correlations that their fits give."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.records import Array, Indices

SHARE = 0.8
"""Share of the runs in a subsample (Hoffmann et al., Table 2)."""
HOW = ("run", "budget", "subsample")
_BLOCK = 64  # resamples of one stream of random numbers
_CELLS = 4_000_000  # weights held at a time


class Interval(NamedTuple):
    """An interval of a value, and its standard error."""

    low: float
    high: float
    error: float


def resamples(
    count: int, runs: int, seed: int, how: str = "run", groups: Indices | None = None
) -> Callable[..., Array]:
    """Return the function from ``(first, last)`` to the weights of those resamples, shape (last - first, runs).

    Resample ``i`` is the same however they are asked for, a multiple of 64 first: each 64 have a stream of their own.

    Parameters
    ----------
    count, runs : int
        How many resamples, of how many runs.
    seed : int
        Seed.
    how : str
        ``run`` draws runs with replacement, ``budget`` whole groups, ``subsample`` 80% of the runs without.
    groups : ndarray of int64, shape (runs,)
        Group of each run, from 0 on, for ``budget``.

    Raises
    ------
    InputError
        If there are fewer than two groups to draw.

    Examples
    --------
    >>> draw = resamples(4, 5, seed=0)
    >>> draw(0, 2).sum(axis=1).tolist()
    [5.0, 5.0]
    """
    streams = np.random.SeedSequence(seed).spawn(-(-count // _BLOCK))
    size = runs
    if how == "budget":
        if groups is None or int(groups.max(initial=0)) < 1:
            raise InputError("needs runs of two budgets or more to draw from", where="--resample")
        size = int(groups.max()) + 1

    def block(index: int) -> Array:
        rng = np.random.default_rng(streams[index])
        many = min(_BLOCK, count - index * _BLOCK)
        if how == "subsample":
            kept = np.zeros((many, size))
            order = np.argsort(rng.random((_BLOCK, size)), axis=1)[:many, : max(round(SHARE * size), 1)]
            np.put_along_axis(kept, order, 1.0, axis=1)
            return kept
        drawn = rng.integers(0, size, (_BLOCK, size))[:many]
        flat = (drawn + size * np.arange(many)[:, None]).ravel()
        counts = np.bincount(flat, minlength=many * size).reshape(many, size).astype(np.float64)
        return counts[:, groups] if how == "budget" and groups is not None else counts

    def weights(first: int, last: int) -> Array:
        blocks = range(first // _BLOCK, -(-last // _BLOCK))
        return np.ascontiguousarray(np.concatenate([block(index) for index in blocks])[: last - first])

    return weights


def at_a_time(runs: int) -> int:
    """Return how many resamples are held at a time, so that memory does not grow with their number."""
    return max(_BLOCK, _CELLS // max(runs, 1) // _BLOCK * _BLOCK)


def percentile(sample: Array, coverage: float) -> tuple[Array, Array]:
    """Return the ends of the central share of each column, shape (k,); NaN rows are left out."""
    tail = 50.0 * (1.0 - coverage)
    low, high = np.nanpercentile(sample, (tail, 100.0 - tail), axis=0)
    return low, high


def bca(sample: Array, value: Array, without: Array | None, coverage: float) -> tuple[Array, Array]:
    """Return the bias-corrected and accelerated ends of each column (Efron, 1987, doi:10.1080/01621459.1987.10478410).

    Parameters
    ----------
    sample : ndarray, shape (resamples, k)
        Fits of resamples; NaN rows are left out.
    value : ndarray, shape (k,)
        The fit itself.
    without : ndarray, shape (n, k), or None
        Fits without each of the runs; None takes no acceleration.
    coverage : float
        Share inside, 0 to 1.
    """
    normal = NormalDist()
    kept = sample[np.isfinite(sample).all(axis=1)]
    low, high = np.empty(len(value)), np.empty(len(value))
    if not len(kept):
        return np.full(len(value), np.nan), np.full(len(value), np.nan)
    for k in range(len(value)):
        column = np.sort(kept[:, k])
        below = (np.searchsorted(column, value[k], "left") + np.searchsorted(column, value[k], "right")) / 2.0
        share = min(max(below / len(column), 0.5 / len(column)), 1.0 - 0.5 / len(column))
        shift, bend = normal.inv_cdf(share), 0.0
        if without is not None:
            away = np.nanmean(without[:, k]) - without[:, k]
            away = away[np.isfinite(away)]
            whole = float(np.sum(away**2))
            bend = float(np.sum(away**3)) / (6.0 * whole**1.5) if whole > 0.0 else 0.0
        ends = []
        for tail in ((1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0):
            z = shift + normal.inv_cdf(tail)
            ends.append(normal.cdf(shift + z / max(1.0 - bend * z, 1e-3)))
        low[k], high[k] = np.quantile(column, ends)
    return low, high


def correlation(sample: Array) -> Array:
    """Return the correlations of columns, shape (k, k); NaN rows are left out."""
    kept = sample[np.isfinite(sample).all(axis=1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_2d(np.corrcoef(kept, rowvar=False))
