"""Quantiles of samples: exact by selection, and of a stream by a sketch with a stated error.

Both count samples in bins of their bits: the bits of a float, read as a whole number, rise with it, and their upper
part is its logarithm to a few digits. The median lies between the two samples in the middle; an end of an interval is
the nearest sample outside it, so that an interval never holds less than it says, and a wider input never makes it
narrower. What is not finite, or beyond 1e299, is not counted: there the question had no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, floor, log
from typing import Any

import numpy as np
import numpy.typing as npt

from scaletui_core.compiled import compiled

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]  # up to 2e9 samples

_BINS = 4096
LARGEST = 1e299
_FINE = 12  # bits of the mantissa that a bin of the sketch keeps
_SHIFT = 52 - _FINE
_LEVELS = 64
_MARGIN = 2 << _FINE  # bins beyond the pilot's ends, two octaves; what lies further is counted at the ends
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
    out = np.full(len(probabilities), np.nan)
    low, high = (np.nan, np.nan) if pilot is None else pilot
    where, room = np.empty(values.size, np.uint16), np.empty(values.size)
    good = compiled(_select)(values, np.array(probabilities), low, high, where, room, out)
    return out, int(good)


def survey(values: Array) -> tuple[float, float, float, int]:
    """Return the least, the most and the mean of the samples that are finite, and how many are.

    >>> survey(np.array([1.0, np.nan, 3.0]))
    (1.0, 3.0, 2.0, 2)
    """
    out = np.empty(3)
    good = int(compiled(_survey)(values, out))
    least, most, mean = out.tolist()
    return least, most, mean, good


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


@cache
def prepare() -> None:
    """Have every kernel of this module compiled, once: the first time that takes seconds."""
    some = np.linspace(1.0, 2.0, 16)
    exact_quantiles(some, (0.5,))
    survey(some)
    histogram(some, 1.0, 2.0, 4)
    Sketch(some).count(some)


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
        finite = pilot[np.isfinite(pilot) & (np.abs(pilot) <= LARGEST)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (1.0, 1.0)
        span = high - low
        self.offset = 0.0 if low > 0.0 else (span or 1.0) - low
        ends = np.array([low, high]) + self.offset
        first, last = (int(key) for key in ends.view(np.int64) >> _SHIFT)
        self._first = max(first - _MARGIN, 0)
        # Of what takes few values, such as a count, quantiles are these values and nothing between.
        levels = np.unique(finite)
        self._levels = levels if levels.size <= _LEVELS else None
        self.counts: Counts = np.zeros(last + _MARGIN - self._first + 1, np.int32)
        self.missing = 0

    def twin(self) -> Sketch:
        """Return an empty sketch with the same bins, for another thread."""
        made = object.__new__(Sketch)
        made.offset, made._first, made._levels = self.offset, self._first, self._levels
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
        total = np.cumsum(self.counts, dtype=np.int64)
        if not total[-1]:
            return np.full(len(probabilities), np.nan)
        ranks = np.array(probabilities) * total[-1]
        bins = np.minimum(np.searchsorted(total, ranks), self.counts.size - 1)
        before = total[bins] - self.counts[bins]
        inside = (ranks - before) / np.maximum(self.counts[bins], 1)
        edges = [((self._first + bins + side) << _SHIFT).view(np.float64) for side in (0, 1)]
        found: Array = edges[0] + np.clip(inside, 0.0, 1.0) * (edges[1] - edges[0]) - self.offset
        if self._levels is not None:
            nearest = self._levels[np.abs(found[:, None] - self._levels).argmin(axis=1)]
            found = np.where(np.abs(nearest - found) <= edges[1] - edges[0], nearest, found)
        return found


# The kernels: they run as plain Python too.


def _key(bits: Any) -> Any:
    """Return whole numbers that rise with the floats of these bits, negative ones too."""
    return bits ^ ((bits >> np.int64(63)) & np.int64(0x7FFFFFFFFFFFFFFF))


def _select(values: Any, probabilities: Any, low: float, high: float, where: Any, room: Any, out: Any) -> int:
    if not -LARGEST <= low <= high <= LARGEST:
        low, high = _ends(values)
    # Three passes rather than one: each is simple enough for the compiler to vectorise, or for the cache.
    if low <= 0.0 <= high and low < high:  # the bins of bits crowd around zero
        _bin_evenly(values, low, _BINS / (high - low), where)
    else:
        shift, first = _window(low, high)
        _bin(values, shift, first, where)
    counts = np.zeros(_BINS + 1, np.int64)
    _tally(where, counts)
    good = values.size - counts[_BINS]
    if good == 0:
        return 0
    # Of each bin that holds a wanted rank, all samples are sorted; the order within the others does not matter.
    wanted = np.zeros(_BINS + 1, np.bool_)
    for j in range(probabilities.size):
        for rank in _ranks(good, probabilities[j]):
            wanted[_bin_of(rank, counts)] = True
    chosen = np.sort(room[: _gather(values, where, wanted, room)])
    for j in range(probabilities.size):
        middle = 0.0
        for rank in _ranks(good, probabilities[j]):
            skipped = 0
            for k in range(_bin_of(rank, counts)):
                skipped += 0 if wanted[k] else counts[k]
            middle += 0.5 * chosen[rank - skipped]
        out[j] = middle
    return int(good)


def _ends(values: Any) -> Any:
    """Return the least and the most of the samples that count; 1 and 1 where none does."""
    low, high = np.inf, -np.inf
    for i in range(values.size):
        if -LARGEST <= values[i] <= LARGEST:
            low, high = min(low, values[i]), max(high, values[i])
    return (low, high) if low <= high else (1.0, 1.0)


def _survey(values: Any, out: Any) -> int:
    low, high = _ends(values)
    total, good = 0.0, 0
    for i in range(values.size):
        if -LARGEST <= values[i] <= LARGEST:
            total += values[i]
            good += 1
    out[0], out[1], out[2] = low, high, total / max(good, 1)
    return good


def _window(low: float, high: float) -> Any:
    """Return the shift and the first bin with which the samples from low to high fill the bins."""
    # + 0.0 makes a zero without a sign, whose bits are those of no number below.
    least, most = _key(np.float64(low + 0.0).view(np.int64)), _key(np.float64(high + 0.0).view(np.int64))
    shift = np.int64(0)
    while (most >> shift) - (least >> shift) >= _BINS:
        shift += 1
    return shift, least >> shift


def _ranks(count: int, probability: float) -> Any:
    """Return the two ranks, from 0, that a quantile is the mean of: alike but for the median."""
    at, near = count * probability, 1e-6  # near: what arithmetic makes of a whole number
    if probability == 0.5:
        low, high = (count - 1) // 2, count // 2
    elif probability < 0.5:
        low = high = ceil(at - near) - 1
    else:
        low = high = floor(at + near)
    return min(max(low, 0), count - 1), min(max(high, 0), count - 1)


def _bin_of(rank: int, counts: Any) -> int:
    total, at = counts[0], 0
    while total <= rank:
        at += 1
        total += counts[at]
    return at


def _bin(values: Any, shift: int, first: int, where: Any) -> None:
    for i in range(values.size):
        x = values[i]
        at = (_key(np.float64(x + 0.0).view(np.int64)) >> shift) - first
        counts = (x >= -LARGEST) & (x <= LARGEST)
        where[i] = np.uint16(min(max(at, 0), _BINS - 1) if counts else _BINS)


def _bin_evenly(values: Any, low: float, scale: float, where: Any) -> None:
    for i in range(values.size):
        x = values[i]
        at = min(max((x - low) * scale, 0.0), _BINS - 1.0)
        counts = (x >= -LARGEST) & (x <= LARGEST)
        where[i] = np.uint16(at if counts else _BINS)


def _tally(where: Any, counts: Any) -> None:
    for i in range(where.size):
        counts[where[i]] += 1


def _gather(values: Any, where: Any, wanted: Any, room: Any) -> int:
    kept = 0
    for i in range(values.size):
        if wanted[where[i]]:
            room[kept] = values[i]
            kept += 1
    return kept


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
        if -LARGEST <= x <= LARGEST:
            y = max(x + offset, 0.0)
            at = (np.float64(y).view(np.int64) >> _SHIFT) - first
            counts[min(max(at, 0), last)] += 1
        else:
            missing += 1
    return missing
