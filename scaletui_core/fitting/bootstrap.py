"""The intervals and correlations that fits of resamples give."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from scaletui_core.fitting.records import Array


class Interval(NamedTuple):
    """An interval of a value, and its standard error."""

    low: float
    high: float
    error: float


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


def intervals(
    sample: Array, value: Sequence[float], without: Array | None, coverage: float, kind: str = "bca"
) -> list[Interval]:
    """Return the interval of each column of a sample, with its standard error."""
    kept = sample[np.isfinite(sample).all(axis=1)]
    if len(kept) < 2:
        return [Interval(float("nan"), float("nan"), float("nan"))] * len(value)
    point = np.asarray(value, dtype=np.float64)
    low, high = bca(kept, point, without, coverage) if kind == "bca" else percentile(kept, coverage)
    with np.errstate(over="ignore", invalid="ignore"):  # A of a wild resample may be any number
        errors = kept.std(axis=0, ddof=1)
    return [Interval(float(a), float(b), float(c)) for a, b, c in zip(low, high, errors, strict=True)]


def correlation(sample: Array) -> Array:
    """Return the correlations of columns, shape (k, k); NaN rows are left out."""
    kept = sample[np.isfinite(sample).all(axis=1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_2d(np.corrcoef(kept, rowvar=False))
