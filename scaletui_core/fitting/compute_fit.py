"""The optimum of a law of compute for many sets of weights at once.

With ``u = (C / C_min)^b`` and t the part of the loss at C_min that compute removes, ``L = s (t u + 1 - t)``: the best s
is closed, and what is left to search is b below 0 and t between 0 and 1 (t = 1 is c = 0, a line in logarithms).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.fitting.lines import lines, weighted
from scaletui_core.fitting.records import Array

NAMES = ("log_a", "b", "c")

EXPONENTS, PARTS = 80, 60
"""How many exponents and how many t the grid has; the search begins at the best of one t an exponent."""

STEEPEST = 30.0
"""The steepest exponent of the grid lowers the reducible loss by e to this over the range of C."""

STEPS = 100
"""Damped steps from the grid to the optimum; 5 to 10 are usual."""

CLOSE, NEAR = 1e-11, 1e-7
"""A step is the last if it moves b and t by less than this part of them; the second is for resamples."""


class Fitted(NamedTuple):
    """Optima, one a set of weights.

    Attributes
    ----------
    numbers : ndarray of float64, shape (sets, 4)
        log a, b, c and the objective; NaN where fewer different C than parameters have weight, or the loss does not
        fall.
    converged : ndarray of bool, shape (sets,)
        Whether the last step was small enough.
    """

    numbers: Array
    converged: npt.NDArray[np.bool_]


class Search:
    """A search for the laws of least squares in ln L.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        ln C, rising, and ln L.
    irreducible : bool
        Whether to fit c.

    Examples
    --------
    >>> x = np.linspace(40.0, 48.0, 9)
    >>> found = Search(x, np.log(np.exp(6.0 - 0.15 * x) + 1.7), True).fitted(np.ones((1, 9)), CLOSE)
    >>> np.round(found.numbers[0, :3], 9).tolist(), found.converged.tolist()
    ([6.0, -0.15, 1.7], [True])
    """

    def __init__(self, x: Array, y: Array, irreducible: bool) -> None:
        self.x, self.y, self.irreducible = x, y, irreducible
        self.new = np.concatenate(([0], np.flatnonzero(np.diff(x)) + 1))
        if irreducible:
            self._set_ridge(x - x[0])

    def _set_ridge(self, x: Array) -> None:
        """Set the starts: exponents, and with each the t that all points like best, and the residuals there."""
        line = float(lines(self.x, self.y, np.ones((1, len(x)))).slope[0])
        # c above 0 makes the exponent steeper than the line's; a resample's line may be a few times shallower.
        least = min(max(0.1 * -line, 1e-3 / float(x[-1])), 1.0 / float(x[-1]))
        self.exponents = -np.geomspace(least, STEEPEST / float(x[-1]), EXPONENTS)
        half = np.geomspace(1e-4, 0.5, PARTS // 2)
        parts = np.concatenate((half, 1.0 - half[-2::-1]))
        rest, best = np.empty((EXPONENTS, len(x))), np.full(EXPONENTS, np.inf)
        self.parts = np.empty(EXPONENTS)
        u = np.exp(self.exponents[:, None] * x)
        for part in parts.tolist():
            tried = self.y - np.log(part * u + (1.0 - part))
            spread = tried.var(axis=1)
            better = spread < best
            rest[better], best[better], self.parts[better] = tried[better], spread[better], part
        self.rest = rest - rest.mean(axis=1, keepdims=True)

    def begin_at(self, b: float, t: float) -> None:
        """Leave an eighth of the starts, and add the optimum of all points, which resamples are near."""
        rest = self.y - np.log(t * np.exp(b * (self.x - self.x[0])) + (1.0 - t))
        self.exponents, self.parts = np.append(self.exponents[::8], b), np.append(self.parts[::8], t)
        self.rest = np.concatenate((self.rest[::8], [rest - rest.mean()]))

    def fitted(self, weights: Array, close: float) -> Fitted:
        """Return the optimum of each set of weights, shape (sets, n), to the part ``close`` of b and t."""
        line = lines(self.x, self.y, weights)
        slope, start = line.slope, line.start
        rest = self.y - (start[:, None] + slope[:, None] * self.x)
        with np.errstate(invalid="ignore"):
            straight = weighted(weights, rest * rest)
            usable = slope < 0.0
        numbers = np.stack((start, slope, np.zeros_like(slope), straight), axis=1)
        converged = np.ones(len(slope), dtype=bool)
        if self.irreducible:
            usable &= (np.add.reduceat(weights, self.new, axis=1) > 0.0).sum(axis=1) >= 3
            rows = np.flatnonzero(usable)
            if len(rows):
                bent, done = self._bent(weights[rows], close)
                better = bent[:, 3] < straight[rows]
                numbers[rows[better]], converged[rows[better]] = bent[better], done[better]
        numbers[~usable] = np.nan
        return Fitted(numbers, converged)

    def _bent(self, weights: Array, close: float) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Return log a, b, c and objective of each set of weights, c being free, and which converged."""
        x, y = self.x - self.x[0], self.y
        total = weights.sum(axis=1)
        score = [weighted(weights, rest * rest) - weighted(weights, rest) ** 2 / total for rest in self.rest]
        chosen = np.argmin(score, axis=0)
        b, t = self.exponents[chosen], self.parts[chosen]
        damping = np.full(len(b), 1e-6)
        value, gradient, hessian = _evaluate(x, y, weights, b, t)
        done = np.zeros(len(b), dtype=bool)
        for _ in range(STEPS):
            at = np.flatnonzero(~done)
            if not len(at):
                break
            grow = 1.0 + damping[at]
            (bb, bt, tt), (gb, gt) = (part[at].T for part in (hessian, gradient))
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                determinant = grow * grow * bb * tt - bt * bt
                on_b, on_t = (bt * gt - grow * tt * gb) / determinant, (bt * gb - grow * bb * gt) / determinant
            # A step beyond c = 0, or to an exponent of the other sign, goes most of the way.
            new_b, new_t = b[at] + on_b, t[at] + on_t
            new_t = np.where(new_t >= 1.0, t[at] + 0.9 * (1.0 - t[at]), np.where(new_t <= 0.0, 0.1 * t[at], new_t))
            new_b = np.where(new_b >= 0.0, 0.1 * b[at], new_b)
            fine = np.isfinite(new_b) & np.isfinite(new_t)
            new_b, new_t = np.where(fine, new_b, b[at]), np.where(fine, new_t, t[at])
            tried, new_gradient, new_hessian = _evaluate(x, y, weights[at], new_b, new_t)
            small = (np.abs(new_b - b[at]) <= close * np.abs(b[at])) & (np.abs(new_t - t[at]) <= close * t[at])
            taken = tried <= value[at]
            done[at[small & fine]] = True
            damping[at] = np.where(taken, np.maximum(damping[at] * 0.1, 1e-15), damping[at] * 10.0)
            into = at[taken]
            b[into], t[into], value[into] = new_b[taken], new_t[taken], tried[taken]
            gradient[into], hessian[into] = new_gradient[taken], new_hessian[taken]
        level = np.log(t[:, None] * np.exp(b[:, None] * x) + (1.0 - t[:, None]))
        scale = weighted(weights, y - level) / total
        return np.stack((scale + np.log(t) - b * self.x[0], b, np.exp(scale) * (1.0 - t), value), axis=1), done


def _evaluate(x: Array, y: Array, weights: Array, b: Array, t: Array) -> tuple[Array, Array, Array]:
    """Return objective, gradient and Gauss-Newton Hessian (halved, both) in (b, t) at the best scale."""
    u = np.exp(b[:, None] * x)
    level = t[:, None] * u + (1.0 - t[:, None])
    rest, on_b, on_t = np.log(level) - y, t[:, None] * u * x / level, (u - 1.0) / level
    total = weights.sum(axis=1)
    for part in (rest, on_b, on_t):
        part -= (weighted(weights, part) / total)[:, None]
    left, right = weights * on_b, weights * on_t
    gradient = np.stack([weighted(side, rest) for side in (left, right)], axis=1)
    pairs = ((left, on_b), (left, on_t), (right, on_t))
    hessian = np.stack([weighted(one, other) for one, other in pairs], axis=1)
    return weighted(weights, rest * rest), gradient, hessian
