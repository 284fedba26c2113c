"""The search for a design: greedy choice and exchange on a grid, then trades of compute between runs off it.

Runs are chosen and exchanged (Fedorov, 1972, Theory of Optimal Experiments) from several ways to split the money; the
best designs are then moved off the grid, one run growing by what another gives up. There is no randomness in it.
"""

from __future__ import annotations

from math import expm1, log1p

import numpy as np

from scaletui_core.fitting.design_space import LINES, SLACK, Space
from scaletui_core.fitting.records import Array

_SPLITS = (0.6, 0.3, 0.1)  # what each run may cost over the one before
_CHEAP = 1e-3  # what a cheap run may cost over a dear one
_KEPT = 6  # splits that are moved off the grid
_TRADED = 4  # runs that are let grow, and that are let shrink, at a time
_STEPS = np.concatenate([sign * np.geomspace(1.0, 1e-7, 22) for sign in (1.0, -1.0)])
_STRIDE = 6  # trades between looks back
_ROUNDS, _NEAR, _GAIN = 600, 1e-5, 1e-10  # trades at most; the gain of one that is worth its time, at first and at last


class Search:
    """The search in one space for designs of at most so many runs."""

    def __init__(self, space: Space, runs: int) -> None:
        self.space, self.runs = space, runs
        self.points = space.grid()
        self.turned = space.gradients(self.points)
        self.cost = space.cost(self.points)

    def best(self, more: tuple[Array, ...]) -> Array:
        """Return the best design that was found, among and beyond ``more``."""
        starts = [points for points in more if len(points)]
        plans = [split ** np.arange(self.runs, dtype=np.float64) for split in _SPLITS]
        for dear in range(1, self.runs + 1):  # so many alike, alone or beside cheap ones
            plans += [np.ones(dear), np.append(np.ones(dear), np.full(self.runs - dear, _CHEAP))]
        for shares in plans:
            starts.append(self.points[self._exchanged(self._greedy(shares / shares.sum()))])
        starts.sort(key=lambda points: float(self.space.variance(points)))
        kept: list[Array] = []
        for points in starts:
            new = all(len(points) != len(one) or not np.allclose(points, one) for one in kept)
            if len(kept) < _KEPT and new:
                kept.append(points)
        near = sorted(
            (self._moved(points, _NEAR) for points in kept), key=lambda points: float(self.space.variance(points))
        )
        return min((self._moved(points, _GAIN) for points in near[:2]), key=lambda p: float(self.space.variance(p)))

    def _gains(self, inverse: Array) -> Array:
        """Return what each point of the grid would take off the variance."""
        turned = self.turned @ inverse
        return np.asarray((turned @ self.space.asked) ** 2 / (1.0 + np.sum(turned * self.turned, axis=1)))

    def _inverse(self, chosen: list[int]) -> Array:
        g = self.turned[chosen]
        return np.asarray(np.linalg.inv(np.eye(5) + g.T @ g))

    def _greedy(self, shares: Array) -> list[int]:
        """Return points of the grid, each the one that says most of those its share and what is left over pay for."""
        chosen: list[int] = []
        over = 0.0
        for share in shares:
            allowed = self.cost <= share + over + SLACK
            over += share
            if allowed.any():
                gains = np.where(allowed, self._gains(self._inverse(chosen)), -1.0)
                chosen.append(int(np.argmax(gains)))
                over -= float(self.cost[chosen[-1]])
        return chosen or [0]

    def _exchanged(self, chosen: list[int]) -> list[int]:
        """Return points after each was exchanged for a better one that can be paid for, until none is."""
        for _ in range(20):
            swapped = False
            for k in range(len(chosen)):
                others = chosen[:k] + chosen[k + 1 :]
                allowed = self.cost <= 1.0 - float(self.cost[others].sum()) + SLACK
                allowed[chosen[k]] = True
                gains = np.where(allowed, self._gains(self._inverse(others)), -1.0)
                index = int(np.argmax(gains))
                if gains[index] > gains[chosen[k]] * (1.0 + 1e-9):
                    chosen, swapped = [*chosen[:k], index, *chosen[k + 1 :]], True
            if not swapped:
                break
        return chosen

    def _moved(self, points: Array, gain: float) -> Array:
        """Return a design moved to where no trade between two runs betters it by a share of its variance."""
        here, before = float(self.space.variance(points)), points
        for turn in range(_ROUNDS):
            trials = np.concatenate((self._trials(points), self._strides(points, before)))
            if turn % _STRIDE == 0:
                before = points
            trials = trials[self._allowed(trials)]
            if not len(trials):
                break
            values = self.space.variance(trials)
            index = int(np.argmin(values))
            if not values[index] < here * (1.0 - gain):
                break
            points, here = trials[index], float(values[index])
        return points

    def _allowed(self, designs: Array) -> Array:
        """Return whether all runs of designs lie inside the bounds, and cost no more than there is."""
        return np.asarray(
            np.all(self.space.inside(designs), axis=1) & (self.space.cost(designs).sum(axis=1) <= 1.0 + SLACK)
        )

    def _strides(self, points: Array, before: Array) -> Array:
        """Return designs further along the way from an earlier one, and those with two runs in their middle."""
        far = points + np.geomspace(0.25, 64.0, 9)[:, None, None] * (points - before)
        far = np.clip(far, self.space.low, self.space.high)
        far -= 0.5 * np.log(np.maximum(self.space.cost(far).sum(axis=1), 1.0))[:, None, None]
        first, second = np.triu_indices(len(points), 1)
        met = np.repeat(points[None], len(first), axis=0)
        which = np.arange(len(first))
        met[which, first] = met[which, second] = 0.5 * (points[first] + points[second])
        return np.concatenate((far, met))

    def _trials(self, points: Array) -> Array:
        """Return designs near one: runs that gain most grow by what those that gain least give up, or what is left."""
        cost = self.space.cost(points)
        spare = max(1.0 - float(cost.sum()), 0.0)
        moved = LINES[:, None, None, :] * np.eye(len(points))[:, :, None]  # (line, run, run, 2)
        slope = (self.space.variance(points - 1e-6 * moved) - self.space.variance(points + 1e-6 * moved)) / 2e-6
        ahead, behind = self.space.reach(points, 1.0), self.space.reach(points, -1.0)
        out = []
        for run in np.argsort(-np.abs(slope[-1]), kind="stable")[:_TRADED]:
            steps = np.append(_STEPS, (ahead[-1, run], -behind[-1, run]))
            out.append(points + steps[:, None, None] * moved[-1, run])
        worth = slope[:-1] / cost
        up = _first(np.where(ahead[:-1] > 1e-9, -worth, np.inf))
        down = _first(np.where(behind[:-1] > 1e-9, worth, np.inf))
        for line, run in up:
            steps = np.append(_STEPS, (ahead[line, run], log1p(spare / cost[run])))
            out.append(points + steps[:, None, None] * moved[line, run])
            for other_line, other in down:
                if other != run:
                    last = log1p(cost[other] * -expm1(-behind[other_line, other]) / cost[run])
                    rise = np.append(_STEPS, (ahead[line, run], last))
                    left = 1.0 - cost[run] * np.expm1(rise) / cost[other]
                    rise, left = rise[left > 0.0], left[left > 0.0]
                    trade = (
                        rise[:, None, None] * moved[line, run] + np.log(left)[:, None, None] * moved[other_line, other]
                    )
                    out.append(points + trade)
        return np.concatenate(out)


def _first(order: Array) -> list[tuple[int, int]]:
    """Return where the lowest finite values stand."""
    places = np.argsort(order, axis=None, kind="stable")[:_TRADED]
    return [divmod(int(k), order.shape[1]) for k in places if np.isfinite(order.flat[k])]
