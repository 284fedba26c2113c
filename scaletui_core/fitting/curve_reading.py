"""Training curves of any length in bounded memory: bins of tokens, smoothed, and what is odd in them.

The rows of each run are gathered in bins of equal width in the logarithm of tokens, `PER_DECADE` a decade; a bin keeps
the mean of the logarithm of tokens and the mean loss of its rows. A curve with more than `MOST_POINTS` bins gets bins
of twice the width, and so on.

Each point's loss is then smoothed by a local line: the value there of the straight line in ln D fitted to the bins
around, weighted by their rows and a Gaussian of standard deviation `WIDTH` in ln D, which is about 3% of the tokens
seen so far. A local line, unlike a local mean, has no bias of the first order at the ends of a curve; for a loss that
falls as D^-0.35 what remains is below 1e-4 of its reducible part. Hoffmann et al. (2022, arXiv 2203.15556, section 3.1)
smooth with a Gaussian over 10 steps instead; the two differ by the noise that is left, and where a curve has few rows
in 3% of its tokens, neither smooths. The final loss of a run is the smoothed curve at its last tokens.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np

from scaletui_core.fitting.faults import Faults
from scaletui_core.fitting.points import Points
from scaletui_core.fitting.records import Array, Curves, Indices

PER_DECADE = 250
MOST_POINTS = 2000
WIDTH = 0.03
_REACH = 14  # bins on either side, 4 widths of the Gaussian
_SHIFT = 21  # bits of a key that are the bin's; 250 a decade over all that a float holds need 18
_ZERO = 1 << (_SHIFT - 1)
_BEFORE = 5
_SPIKE = 0.1
_FAR = 8.0 * 1.4826


class Bins(NamedTuple):
    """Sums over rows of the same run and bin, sorted by key, which is run and bin."""

    key: Indices
    rows: Array
    log_tokens: Array
    log_flops: Array
    loss: Array
    highest: Array
    line: Indices

    @property
    def run(self) -> Indices:
        """The number of the run of each bin."""
        return self.key >> _SHIFT


class Spans(NamedTuple):
    """Of each run, by number: the least and greatest N, the last tokens, C there, its line, and how many rows."""

    least: Array
    most: Array
    tokens: Array
    flops: Array
    line: Indices
    rows: Indices


_Table = TypeVar("_Table", Points, Bins)


def taken(table: _Table, rows: Indices) -> _Table:
    """Return rows of a table, in that order."""
    return type(table)._make(column[rows] for column in table)


class Gathering:
    """Curves while they are read.

    Parameters
    ----------
    faults : Faults
        Where duplicate rows are told: those with the tokens of another row of their run, as far as they are read
        together, within about a quarter of a million rows.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.rows = 0
        self._parts: list[Bins] = []
        self._merged = 0
        empty, none = np.empty(0), np.empty(0, dtype=np.int64)
        self._spans = Spans(empty, empty, empty, empty, none, none)

    def add(self, points: Points, names: tuple[str, ...]) -> None:
        """Take rows in; ``names`` are those of all runs so far."""
        if not len(points.run):
            return
        self.rows += len(points.run)
        log_tokens = np.log(points.tokens)
        bins = np.floor(log_tokens * (PER_DECADE / np.log(10.0))).astype(np.int64) + _ZERO
        key = (points.run << _SHIFT) + bins
        order = np.lexsort((points.tokens, key))
        key, log_tokens, points = key[order], log_tokens[order], taken(points, order)
        self._tell_duplicates(points, names)
        ones, log_flops = np.ones(len(key)), np.log(points.flops)
        self._parts.append(_merged(Bins(key, ones, log_tokens, log_flops, points.loss, points.loss, points.line)))
        self._widen(points, len(names))
        waiting = sum(len(part.key) for part in self._parts)
        if waiting > 2 * self._merged + (1 << 19):
            self._parts = [_joined(self._parts)]
            self._merged = len(self._parts[0].key)

    def _tell_duplicates(self, points: Points, names: tuple[str, ...]) -> None:
        run, line, tokens = points.run, points.line, points.tokens
        again = np.flatnonzero((run[1:] == run[:-1]) & (tokens[1:] == tokens[:-1])) + 1
        if not len(again):
            return
        few = again[np.argsort(line[again], kind="stable")][:60]
        told = ((int(max(line[at], line[at - 1])), _again(names[run[at]], tokens[at])) for at in few.tolist())
        self.faults.add("duplicate", told)
        self.faults.count("duplicate", len(again) - len(few))

    def _widen(self, points: Points, count: int) -> None:
        """Take rows, sorted by run and tokens, into the spans of ``count`` runs."""
        run, line, params, tokens, flops, _ = points
        more = count - len(self._spans.least)
        if more > 0:
            infinite, zeros, none = np.full(more, np.inf), np.zeros(more), np.zeros(more, dtype=np.int64)
            self._spans = _both(self._spans, Spans(infinite, zeros, zeros, zeros, none, none))
        starts = _starts(run)
        lasts = np.append(starts[1:], len(run)) - 1
        here, spans = run[starts], self._spans
        spans.least[here] = np.minimum(spans.least[here], np.minimum.reduceat(params, starts))
        spans.most[here] = np.maximum(spans.most[here], np.maximum.reduceat(params, starts))
        spans.rows[here] += lasts - starts + 1
        later = tokens[lasts] >= spans.tokens[here]
        at, last = here[later], lasts[later]
        spans.tokens[at], spans.flops[at], spans.line[at] = tokens[last], flops[last], line[last]

    def finished(self) -> tuple[Bins, Spans]:
        """Return the bins of all runs, at most `MOST_POINTS` a run, and the spans."""
        bins = _joined(self._parts)
        while True:
            counts = np.bincount(bins.run, minlength=len(self._spans.least))
            wide = counts[bins.run] > MOST_POINTS
            if not wide.any():
                return bins, self._spans
            bin_ = bins.key & ((1 << _SHIFT) - 1)
            bins = _merged(bins._replace(key=np.where(wide, (bins.run << _SHIFT) + (bin_ >> 1), bins.key)))


def _both(first: Spans, second: Spans) -> Spans:
    return Spans._make(np.concatenate(arrays) for arrays in zip(first, second, strict=True))


def _again(name: str, tokens: float) -> str:
    return f"run '{name}' has {tokens:.6g} tokens a second time"


def _starts(sorted_: Indices) -> Indices:
    """Return where each group of equal numbers begins.

    >>> _starts(np.array([3, 3, 5])).tolist()
    [0, 2]
    """
    return np.flatnonzero(np.append(True, sorted_[1:] != sorted_[:-1]))


def _joined(parts: list[Bins]) -> Bins:
    if len(parts) == 1:
        return parts[0]
    joined = Bins._make(np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return _merged(taken(joined, np.argsort(joined.key, kind="stable")))


def _merged(bins: Bins) -> Bins:
    """Return bins with those of one key, which lie together, made one."""
    starts = _starts(bins.key)
    if len(starts) == len(bins.key):
        return bins
    rows, log_tokens, log_flops, loss = (np.add.reduceat(sums, starts) for sums in bins[1:5])
    highest = np.maximum.reduceat(bins.highest, starts)
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(bins.key))))
    tops = np.flatnonzero(bins.highest == highest[group])
    line = bins.line[tops[_starts(group[tops])]]
    return Bins(bins.key[starts], rows, log_tokens, log_flops, loss, highest, line)


def smoothed(run: Indices, x: Array, y: Array, weight: Array) -> tuple[Array, Array]:
    """Return the local line through each point of curves: its value and slope there.

    Parameters
    ----------
    run : ndarray of int64, shape (p,)
        The curve of each point; the points of a curve lie together.
    x, y, weight : ndarray of float64, shape (p,)
        ln D, rising within a curve, the loss [nats/token], and how many rows each point stands for.

    Examples
    --------
    >>> x = np.linspace(20.0, 20.2, 21)
    >>> value, slope = smoothed(np.zeros(21, dtype=int), x, 5.0 - 0.1 * x, np.ones(21))
    >>> np.allclose(value, 5.0 - 0.1 * x), np.allclose(slope, -0.1)
    (True, True)
    """
    s0, t0 = weight.copy(), weight * y
    s1, s2, t1 = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for shift in range(1, min(_REACH, len(x) - 1) + 1):
        left, right = slice(None, -shift), slice(shift, None)
        apart = np.where(run[left] == run[right], x[right] - x[left], np.inf)
        near = np.exp(-0.5 * (apart / WIDTH) ** 2)
        apart[near == 0.0] = 0.0
        for here, there, sign in ((left, right, 1.0), (right, left, -1.0)):
            w = near * weight[there]
            wx = w * apart * sign
            s0[here] += w
            s1[here] += wx
            s2[here] += wx * apart * sign
            t0[here] += w * y[there]
            t1[here] += wx * y[there]
    spread = s2 * s0 - s1 * s1
    sound = spread > 1e-9 * (WIDTH * s0) ** 2
    spread = np.where(sound, spread, 1.0)
    mean = t0 / s0
    value = np.where(sound, (s2 * t0 - s1 * t1) / spread, mean)
    slope = np.where(sound, (s0 * t1 - s1 * t0) / spread, 0.0)
    steep = value <= 0.0
    return np.where(steep, mean, value), np.where(steep, 0.0, slope)


def tell_spikes(bins: Bins, names: tuple[str, ...], faults: Faults) -> None:
    """Flag losses far above those just before them.

    A bin has a spike where its highest loss is above the median of the five bins before it by more than 10%, and by
    more than 8 standard deviations (by their median) of what its run usually does.
    """
    starts = np.append(_starts(bins.run), len(bins.key))
    mean = bins.loss / bins.rows
    found: list[tuple[int, str]] = []
    for begin, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        if end - begin < 2 * _BEFORE:
            continue
        before = np.median(np.lib.stride_tricks.sliding_window_view(mean[begin : end - 1], _BEFORE), axis=1)
        rise = bins.highest[begin + _BEFORE : end] / before - 1.0
        usual = np.median(rise)
        far = usual + _FAR * np.median(np.abs(rise - usual))
        for at in np.flatnonzero(rise > max(_SPIKE, far)).tolist():
            here = begin + _BEFORE + at
            name = names[int(bins.run[here])]
            reason = f"run '{name}' has a loss of {bins.highest[here]:.4g}, after about {before[at]:.4g}"
            found.append((int(bins.line[here]), reason))
    if found:
        faults.add("spike", found)


def curves_of(
    bins: Bins, spans: Spans, names: tuple[str, ...], params: Array, given_flops: bool
) -> tuple[Curves, Array]:
    """Return the smoothed curves, by N and name, and the final loss of each run by its number.

    Parameters
    ----------
    bins, spans
        As `Gathering.finished` returns them.
    names : tuple of str
        Of the runs, by number.
    params : ndarray of float64
        N of each run by its number [parameters].
    given_flops : bool
        Whether the file says what C is; else it is 6 N D.
    """
    run, x = bins.run, bins.log_tokens / bins.rows
    value, slope = smoothed(run, x, bins.loss / bins.rows, bins.rows)
    starts = _starts(run)
    lasts = np.append(starts[1:], len(run)) - 1
    here = run[starts]
    final = np.full(len(names), np.nan)
    end = value[lasts] + slope[lasts] * (np.log(spans.tokens[here]) - x[lasts])
    final[here] = np.where(end > 0.0, end, value[lasts])
    order = sorted(range(len(here)), key=lambda at: (params[here[at]], names[int(here[at])]))
    at = np.concatenate([np.arange(starts[one], lasts[one] + 1) for one in order])
    sizes = params[here[order]]
    lengths = (lasts - starts + 1)[order]
    tokens = np.exp(x[at])
    flops = np.exp(bins.log_flops[at] / bins.rows[at]) if given_flops else 6.0 * np.repeat(sizes, lengths) * tokens
    begins = np.concatenate(([0], np.cumsum(lengths)))
    ordered = tuple(names[int(here[one])] for one in order)
    return Curves(sizes, begins.astype(np.int64), tokens, flops, value[at], ordered), final
