"""Quantiles of samples: exact by selection, and of a stream by a sketch with a stated error.

Both count samples in bins of their bits: the bits of a float, read as a whole number, rise with it, and their upper
part is its logarithm to a few digits. The median lies between the two samples in the middle; an end of an interval is
the nearest sample outside it, so that an interval never holds less than it says, and a wider input never makes it
narrower. What is not finite, or beyond 1e299, is not counted: there the question had no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log
from typing import Any

import numpy as np
import numpy.typing as npt

from scaletui_core.compiled import compiled

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_BINS = 4096
_LARGEST = 1e299
_FINE = 12  # bits of the mantissa that a bin of the sketch keeps
_SHIFT = 52 - _FINE
_MARGIN = 16 << _FINE  # bins beyond the pilot's ends: 16 octaves
SKETCH_ERROR = 2.0**-_FINE
"""Largest relative error of a quantile of the sketch: the width of a bin. Where samples are not all above 0, it is
relative to the distance from a point that lies one span of the pilot below the pilot's least sample."""


def exact_quantiles(
    values: Array, probabilities: Sequence[float], pilot: tuple[float, float] | None = None
) -> tuple[Array, int]:
    """Return the quantiles of samples, and how many samples are finite.

    Parameters
    ----------
    values : array of float64, shape (n,)
        In any order; not changed.
    probabilities : sequence of float
        Between 0 and 1: below 1/2 the sample at or below the quantile is taken, above it the one at or above.
    pilot : (float, float), optional
        About the least and the most of them, if that is known: it saves looking. What it says changes no result.

    Returns
    -------
    quantiles : array of float64
        In the order of the probabilities; NaN if no sample is finite.
    int
        How many samples are finite and at most 1e299.

    Examples
    --------
    >>> exact_quantiles(np.array([3.0, 1.0, np.nan, 2.0, 4.0]), (0.5, 0.25, 0.75))
    (array([2.5, 1. , 4. ]), 4)
    """
    if pilot is None or not -_LARGEST <= pilot[0] <= pilot[1] <= _LARGEST:
        pilot = _ends(values)
    where = np.empty(values.size, np.uint16)
    compiled(_bin)(values, *_window(*pilot), where)
    counts = np.zeros(_BINS + 1, np.int64)
    compiled(_tally)(where, counts)
    good = values.size - int(counts[_BINS])
    if not good:
        return np.full(len(probabilities), np.nan), 0
    ranks = [_ranks(good, p) for p in probabilities]
    ends = np.cumsum(counts[:_BINS])
    bins = np.searchsorted(ends, [rank for pair in ranks for rank in pair], side="right")
    wanted = np.zeros(_BINS + 1, np.bool_)
    wanted[bins] = True
    chosen = np.empty(int(counts[wanted].sum()))
    compiled(_gather)(values, where, wanted, chosen)
    chosen.sort()
    # What lies in bins that hold no wanted rank comes before the rank, but not in what was gathered.
    skipped = np.cumsum(np.where(wanted[:_BINS], 0, counts[:_BINS]))
    found = [
        0.5 * (chosen[low - skipped[first]] + chosen[high - skipped[second]])
        for (low, high), first, second in zip(ranks, bins[::2], bins[1::2], strict=True)
    ]
    return np.array(found), good


def _ranks(count: int, probability: float) -> tuple[int, int]:
    """Return the two ranks, from 0, that a quantile is the mean of: alike but for the median."""
    at, near = count * probability, 1e-6  # near: what arithmetic makes of a whole number
    if probability == 0.5:
        low, high = (count - 1) // 2, count // 2
    elif probability < 0.5:
        low = high = ceil(at - near) - 1
    else:
        low = high = floor(at + near)
    return min(max(low, 0), count - 1), min(max(high, 0), count - 1)


def _ends(values: Array) -> tuple[float, float]:
    """Return the least and the most of the samples that count; 1 and 1 where none does."""
    finite = values[np.abs(values) <= _LARGEST]
    return (float(finite.min()), float(finite.max())) if finite.size else (1.0, 1.0)


def _window(low: float, high: float) -> tuple[int, int]:
    """Return the shift and the first bin with which the samples from low to high fill the bins."""
    keys = np.array([low, high]) + 0.0  # a zero without a sign, whose bits are those of no number below
    least, most = (int(key) for key in _key(keys.view(np.int64)))
    shift = 0
    while (most >> shift) - (least >> shift) >= _BINS:
        shift += 1
    return shift, least >> shift


def histogram(values: Array, low: float, high: float, bars: int) -> tuple[int, ...]:
    """Return how many samples lie in each of so many parts of low to high, even in the logarithm where low is above 0.

    >>> histogram(np.array([1.0, 2.0, 50.0, 100.0]), 1.0, 100.0, 2)
    (2, 2)
    """
    if not low < high:
        return ()
    counts = np.zeros(bars, np.int64)
    compiled(_bars)(values, low, high, counts)
    return tuple(counts.tolist())


class Sketch:
    """Counts of a stream of samples, of which quantiles are known to `SKETCH_ERROR`.

    Parameters
    ----------
    pilot : array of float64
        Some of the samples; their span says where the bins go. They are not counted.

    Examples
    --------
    >>> values = np.exp(np.linspace(-3.0, 3.0, 100001))
    >>> sketch = Sketch(values[::1000])
    >>> sketch.count(values)
    >>> float(abs(sketch.quantiles((0.25,))[0] / np.exp(-1.5) - 1.0)) < SKETCH_ERROR
    True
    """

    def __init__(self, pilot: Array) -> None:
        finite = pilot[np.isfinite(pilot) & (np.abs(pilot) <= _LARGEST)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (1.0, 1.0)
        span = high - low
        self.offset = 0.0 if low > 0.0 else (span or 1.0) - low
        ends = np.array([low, high]) + self.offset
        first, last = (int(key) for key in ends.view(np.int64) >> _SHIFT)
        self._first = max(first - _MARGIN, 0)
        self.counts: Counts = np.zeros(last + _MARGIN - self._first + 1, np.int64)
        self.missing = 0

    def twin(self) -> Sketch:
        """Return an empty sketch with the same bins, for another thread."""
        made = object.__new__(Sketch)
        made.offset, made._first = self.offset, self._first
        made.counts, made.missing = np.zeros_like(self.counts), 0
        return made

    def count(self, values: Array) -> None:
        """Count samples."""
        self.missing += int(compiled(_count)(values, self.offset, self._first, self.counts))

    def add(self, other: Sketch) -> None:
        """Count what another sketch with the same bins has counted."""
        self.counts += other.counts
        self.missing += other.missing

    def quantiles(self, probabilities: Sequence[float]) -> Array:
        """Return quantiles: between the ends of the bin they lie in, as if its samples were spread evenly."""
        total = np.cumsum(self.counts)
        if not total[-1]:
            return np.full(len(probabilities), np.nan)
        ranks = np.array(probabilities) * total[-1]
        bins = np.minimum(np.searchsorted(total, ranks), self.counts.size - 1)
        before = total[bins] - self.counts[bins]
        inside = (ranks - before) / np.maximum(self.counts[bins], 1)
        edges = [((self._first + bins + side) << _SHIFT).view(np.float64) for side in (0, 1)]
        found: Array = edges[0] + np.clip(inside, 0.0, 1.0) * (edges[1] - edges[0]) - self.offset
        return found


# The kernels: they run as plain Python too.


def _key(bits: Any) -> Any:
    """Return whole numbers that rise with the floats of these bits, negative ones too."""
    return bits ^ ((bits >> np.int64(63)) & np.int64(0x7FFFFFFFFFFFFFFF))


# Three passes rather than one: each is simple enough for the compiler to vectorise, or for the cache.
def _bin(values: Any, shift: int, first: int, where: Any) -> None:
    for i in range(values.size):
        x = values[i]
        at = (_key(np.float64(x + 0.0).view(np.int64)) >> shift) - first
        counts = (x >= -_LARGEST) & (x <= _LARGEST)
        where[i] = np.uint16(min(max(at, 0), _BINS - 1) if counts else _BINS)


def _tally(where: Any, counts: Any) -> None:
    for i in range(where.size):
        counts[where[i]] += 1


def _gather(values: Any, where: Any, wanted: Any, chosen: Any) -> None:
    kept = 0
    for i in range(values.size):
        if wanted[where[i]]:
            chosen[kept] = values[i]
            kept += 1


def _bars(values: Any, low: float, high: float, counts: Any) -> None:
    logs = low > 0.0
    start, end = (log(low), log(high)) if logs else (low, high)
    scale = counts.size / (end - start) if end > start else 0.0
    for i in range(values.size):
        x = values[i]
        if low <= x <= high:
            at = ((log(x) if logs else x) - start) * scale
            counts[min(int(at), counts.size - 1)] += 1


def _count(values: Any, offset: float, first: int, counts: Any) -> int:
    missing = 0
    last = counts.size - 1
    for i in range(values.size):
        x = values[i]
        if -_LARGEST <= x <= _LARGEST:
            y = max(x + offset, 0.0)
            at = (np.float64(y).view(np.int64) >> _SHIFT) - first
            counts[min(max(at, 0), last)] += 1
        else:
            missing += 1
    return missing
