"""Which curve is lowest at each budget, for many choices of curves at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.fitting.records import Array, Indices

Mask = npt.NDArray[np.bool_]


class Stretches(NamedTuple):
    """Stretches of neighbouring budgets that one curve wins: in which set, from, to behind the last, and the curve."""

    row: Indices
    begin: Indices
    end: Indices
    curve: Indices


class _Level(NamedTuple):
    """Stretches in which the curves of rank 0 to this are the same: the curve, whether more reach, and the parts.

    Stretch i is cut into the stretches ``parts[i]`` to ``parts[i + 1] - 1`` of the next level, once that is made.
    """

    begin: Indices
    end: Indices
    curve: Indices
    more: Mask
    parts: Indices


class Winners:
    """The winners at budgets that are on the frontier (see `scaletui_core.fitting.envelope.envelope`).

    Parameters
    ----------
    sizes : ndarray of float64, shape (curves,)
        ln N, rising.
    loss : ndarray of float64, shape (curves, budgets)
        Infinite where a curve does not reach; each budget is reached by one curve at least.

    Examples
    --------
    >>> winners = Winners(np.array([1.0, 2.0, 3.0]), np.array([[4, 4, 4, 2.0], [3, 3, 5, 3.0], [9, 8, 7, np.inf]]))
    >>> winners.of(np.array([[True, True, True], [True, False, True]]))
    Stretches(row=array([0]), begin=array([0]), end=array([2]), curve=array([1]))
    """

    def __init__(self, sizes: Array, loss: Array) -> None:
        self.sizes = sizes
        self.order = np.argsort(loss, axis=0, kind="stable")
        reach = np.isfinite(loss)
        self.reached = reach.sum(axis=0)
        # Who reaches a budget changes at few of them: the smallest and the largest are looked for once a stretch.
        self.change = np.concatenate(([True], (reach[:, 1:] != reach[:, :-1]).any(axis=0)))
        self.stretch = np.cumsum(self.change) - 1
        within = reach[:, self.change]
        rows = np.arange(len(sizes))[:, None]
        self.upwards = np.argsort(np.where(within, rows, len(sizes)), axis=0, kind="stable")
        self.downwards = np.argsort(np.where(within, -rows, len(sizes)), axis=0, kind="stable")
        self.within = within.sum(axis=0)
        self.levels = list[_Level]()

    def _level(self, depth: int) -> _Level:
        while len(self.levels) <= depth:
            rank = len(self.levels)
            curve = self.order[rank]
            change = self.change.copy()
            change[1:] |= curve[1:] != curve[:-1]
            if rank:
                change[self.levels[-1].begin] = True
            begin = np.flatnonzero(change)
            if rank:
                above = self.levels[-1]
                above.parts[:] = np.searchsorted(begin, np.append(above.begin, len(curve)))
            self.levels.append(
                _Level(
                    begin, np.append(begin[1:], len(curve)), curve[begin], self.reached[begin] > rank + 1,
                    np.zeros(len(begin) + 1, dtype=np.int64),
                )
            )  # fmt: skip
        return self.levels[depth]

    def of(self, present: Mask) -> Stretches:
        """Return who wins where on the frontier of each set of curves, shape (sets, curves).

        A stretch goes to the curve of rank 0 in the sets that have it; only for the others is it cut into those with
        the same curve of rank 1, and so on, which leaves about a third of the sets each time.
        """
        smallest = self.sizes[_first(present, self.upwards, self.within)]
        largest = self.sizes[_first(present, self.downwards, self.within)]
        level = self._level(0)
        has = present[:, level.curve]
        row, cell = np.nonzero(has)
        won = [self._inside(row, cell, level, smallest, largest)]
        row, cell = np.nonzero(~has & level.more)
        for depth in range(1, int(self.reached.max())):
            if not len(row):
                break
            below = self._level(depth)
            first = level.parts[cell]
            many = level.parts[cell + 1] - first
            total = np.cumsum(many)
            cell = np.arange(int(total[-1])) + np.repeat(first - total + many, many)
            row, level = np.repeat(row, many), below
            hit = present[row, level.curve[cell]]
            won.append(self._inside(row[hit], cell[hit], level, smallest, largest))
            left = ~hit & level.more[cell]
            row, cell = row[left], cell[left]
        return Stretches(*(np.concatenate(parts) for parts in zip(*won, strict=True)))

    def _inside(self, row: Indices, cell: Indices, level: _Level, smallest: Array, largest: Array) -> Stretches:
        """Return those of the stretches whose winner is neither of the smallest nor of the largest size."""
        size = self.sizes[level.curve][cell]
        where = row * smallest.shape[1] + self.stretch[level.begin][cell]
        on = np.flatnonzero((size > smallest.ravel()[where]) & (size < largest.ravel()[where]))
        at = cell[on]
        return Stretches(row[on], level.begin[at], level.end[at], level.curve[at])


def _first(present: Mask, order: Indices, reached: Indices) -> Indices:
    """Return the first curve of each column of ``order`` that each set has; the first of all where it has none."""
    first = np.repeat(order[:1], len(present), axis=0)
    left = np.flatnonzero(~present[:, order[0]])
    for depth in range(1, int(reached.max())):
        row, column = np.divmod(left, order.shape[1])
        curve = order[depth, column]
        hit = present[row, curve] & (reached[column] > depth)
        first.ravel()[left[hit]] = curve[hit]
        left = left[~hit & (reached[column] > depth + 1)]
        if not len(left):
            break
    return first
