"""Resamples of runs as whole-number weights, the same for a seed however they are cut into pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scaletui_core.errors import unknown_name
from scaletui_core.fitting.records import Array, Indices

BLOCK = 64
"""Resamples that one stream of random numbers makes; a stream each would cost 10 us a resample."""

ROOM = 1 << 18
"""Weights that are handed out at a time, about (2 MB: what is done with them stays in the processor's cache)."""

SHARE = 0.8
"""The part of the runs that a subsample keeps (Hoffmann et al. 2022, Table 2)."""

LOST = 0.05
"""A larger part of the resamples that cannot be fitted is a reason for doubt."""


def lost(sample: Array, because: str) -> list[str]:
    """Return, in words, that many rows of a sample are NaN; nothing where few or none are.

    >>> lost(np.array([[1.0], [np.nan]]), "have one budget")
    ['50% of the resamples have one budget']
    """
    part = float(np.isnan(sample[:, 0]).mean()) if len(sample) else 0.0
    return [f"{100.0 * part:.0f}% of the resamples {because}"] if part > LOST else []


def weights(
    sizes: Sequence[int], bootstraps: int, seed: int, *, how: str = "bootstrap", width: int = 0, begin: int = 0
) -> Iterator[tuple[int, Array]]:
    """Yield the weights of resamples, piece by piece: the number of the first, and how often each has each run.

    Parameters
    ----------
    sizes : sequence of int
        How many runs each group has; groups lie one behind the other, and keep their sizes in every resample.
    bootstraps : int
        How many resamples.
    seed : int
        Resamples 64 k to 64 k + 63 are of the k-th stream that `numpy.random.SeedSequence` spawns from it.
    how : str
        ``bootstrap``: with replacement within each group; ``subsample``: 80% of each group, without.
    width : int
        The widest array that the caller makes a resample; pieces are cut so that those fit as well.
    begin : int
        The first resample wanted, a multiple of 64: each stream makes so many, and what lies before is not drawn.

    Examples
    --------
    >>> pieces = list(weights([2, 3], 100, 7))
    >>> len(pieces), pieces[0][1].shape, pieces[0][1][0].tolist()
    (1, (100, 5), [1.0, 1.0, 0.0, 1.0, 2.0])
    """
    if how not in ("bootstrap", "subsample"):
        raise unknown_name("resample", how, ("bootstrap", "subsample"))
    count = sum(sizes)
    whole = np.asarray(sizes, dtype=np.int64)
    spans, starts = np.repeat(whole, whole), np.repeat(np.cumsum(whole) - whole, whole)
    wide = max(count, width, 1)
    step = min(BLOCK, max(1, ROOM // wide))
    if begin % BLOCK:
        raise ValueError(f"{begin} is no multiple of {BLOCK}")
    first, held = begin, list[Array]()
    for low in range(begin, bootstraps, BLOCK):
        stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(low // BLOCK,)))
        high = min(low + BLOCK, bootstraps)
        for start in range(low, high, step):
            stop = min(start + step, high)
            drawn = stream.random((stop - start, count))
            held.append(_kept(drawn, sizes) if how == "subsample" else _counts(drawn, starts, spans))
            if (stop - first) * wide >= ROOM or stop == bootstraps:
                yield first, np.concatenate(held)
                first, held = stop, []


def _counts(drawn: Array, starts: Indices, spans: Indices) -> Array:
    rows, count = drawn.shape
    picks = (drawn * spans).astype(np.int64)
    picks += starts + count * np.arange(rows)[:, None]
    return np.bincount(picks.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def _kept(drawn: Array, sizes: Sequence[int]) -> Array:
    kept = np.empty_like(drawn)
    at = 0
    for size in sizes:
        part = drawn[:, at : at + size]
        last = max(1, round(SHARE * size)) - 1
        kept[:, at : at + size] = part <= np.partition(part, last, axis=1)[:, last : last + 1]
        at += size
    return kept
