"""Quantiles of samples: exact by selection, and of a stream by a sketch with a stated error.

Both count samples in bins of their bits: the bits of a float, read as a whole number, rise with it, and their upper
part is its logarithm to a few digits. A quantile at probability p lies at rank n p - 1/2, between two samples (Hazen's
definition), at which the strata of `scaletui_core.draws` are centred. What is not finite, or beyond 1e299, is not
counted: there the question had no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def exact_quantiles(values: Array, probabilities: Sequence[float]) -> tuple[Array, int]:
    """Return the quantiles of samples, and how many samples are finite.

    Parameters
    ----------
    values : array of float64, shape (n,)
        In any order; not changed.
    probabilities : sequence of float
        Between 0 and 1.

    Returns
    -------
    quantiles : array of float64
        In the order of the probabilities; NaN if no sample is finite.
    int
        How many samples are finite and at most 1e299.

    Examples
    --------
    >>> exact_quantiles(np.array([3.0, 1.0, np.nan, 2.0]), (0.5,))
    (array([2.]), 3)
    """
    out = np.full(len(probabilities), np.nan)
    room = np.empty(values.size)
    good = compiled(_select)(values, np.array(probabilities), np.zeros(_BINS, np.int64), room, out)
    return out, int(good)


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


def _key(x: float) -> Any:
    bits = np.float64(x).view(np.int64)
    return bits ^ ((bits >> np.int64(63)) & np.int64(0x7FFFFFFFFFFFFFFF))


def _select(values: Any, probabilities: Any, counts: Any, room: Any, out: Any) -> int:
    good = 0
    least, most = np.inf, -np.inf
    for i in range(values.size):
        x = values[i]
        if -_LARGEST <= x <= _LARGEST:
            good += 1
            least = min(least, x)
            most = max(most, x)
    if good == 0:
        return good
    # + 0.0 makes a zero without a sign, whose bits are those of no number below.
    # The shift starts at 1: the difference of two keys of different signs may be too large for 64 bits.
    shift = np.int64(1)
    while (_key(most + 0.0) >> shift) - (_key(least + 0.0) >> shift) >= _BINS:
        shift += 1
    origin = _key(least + 0.0) >> shift
    for i in range(values.size):
        x = values[i]
        if -_LARGEST <= x <= _LARGEST:
            counts[(_key(x + 0.0) >> shift) - origin] += 1
    # Of each bin that holds a wanted rank, all samples are sorted; the ranks of the others do not matter.
    wanted = np.zeros(counts.size, np.bool_)
    for j in range(probabilities.size):
        rank = min(max(good * probabilities[j] - 0.5, 0.0), good - 1.0)
        for k in (int(rank), min(int(rank) + 1, good - 1)):
            total, at = 0, 0
            while total + counts[at] <= k:
                total += counts[at]
                at += 1
            wanted[at] = True
    kept = 0
    for i in range(values.size):
        x = values[i]
        if -_LARGEST <= x <= _LARGEST and wanted[(_key(x + 0.0) >> shift) - origin]:
            room[kept] = x
            kept += 1
    chosen = np.sort(room[:kept])
    for j in range(probabilities.size):
        rank = min(max(good * probabilities[j] - 0.5, 0.0), good - 1.0)
        pair = np.empty(2)
        for side in range(2):
            k = min(int(rank) + side, good - 1)
            total, at, left_out = 0, 0, 0
            while total + counts[at] <= k:
                total += counts[at]
                if not wanted[at]:
                    left_out += counts[at]
                at += 1
            pair[side] = chosen[k - left_out]
        out[j] = pair[0] + (rank - int(rank)) * (pair[1] - pair[0])
    return good


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
