"""Profile likelihoods of Approach 3: one coefficient held at many values, the others refitted at each."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from scaletui_core.fitting.parametric import ParametricFit, Problem, problem_of, refitted, residuals
from scaletui_core.fitting.records import Array, Runs


class Profile(NamedTuple):
    """The objective along one coefficient, the others refitted.

    Attributes
    ----------
    name : str
        Which: ``E``, ``A``, ``B``, ``alpha`` or ``beta``.
    at, excess : ndarray
        Values of the coefficient, and twice the fall of the logarithm of the likelihood from its top.
    low, high : float
        Where that fall is the quantile of chi-squared of one degree of freedom; infinite where it never is.
    """

    name: str
    at: Array
    excess: Array
    low: float
    high: float


def profile(runs: Runs, fit: ParametricFit, name: str, coverage: float = 0.9, points: int = 41) -> Profile:
    """Return the profile likelihood of ``E``, ``alpha`` or ``beta``.

    The likelihood is that of errors with an unknown spread: normal where most residuals lie inside delta, so that
    twice its fall is n ln(f/f_min), and double-exponential where most lie outside, 2 n ln(f/f_min); of Student's t it
    is 2 (f - f_min), the scale being held.

    Raises
    ------
    ValueError
        If the coefficient has no profile.
    """
    index = {"E": 0, "alpha": 3, "beta": 4}[name] if name in ("E", "alpha", "beta") else -1
    if index < 0:
        raise ValueError(f"no profile of {name}")
    problem = problem_of(runs)
    level = NormalDist().inv_cdf(0.5 + coverage / 2.0) ** 2
    centre = float(fit.theta[index])
    wide = 0.05
    while True:  # widen until both ends are far enough up, or the coefficient leaves what is sensible
        if index == 0:
            at = np.exp(centre) * (1.0 + np.linspace(-min(wide, 0.98), wide, points))
            held = np.log(at)
        else:
            held = at = centre * (1.0 + np.linspace(-min(wide, 0.98), wide, points))
        excess = _excess(problem, fit, index, held)
        if (excess[0] > 2.0 * level and excess[-1] > 2.0 * level) or wide > 2.0:
            break
        wide *= 1.6
    low, high = _crossings(at, excess, level)
    return Profile(name, at, excess, low, high)


def _excess(problem: Problem, fit: ParametricFit, index: int, held: Array) -> Array:
    """Return twice the fall of the log-likelihood where one coordinate is held, walking outward from the minimum."""
    values = np.empty(len(held))
    middle = int(np.argmin(np.abs(held - fit.theta[index])))
    for side in (range(middle, len(held)), range(middle - 1, -1, -1)):
        start = fit.theta.copy()
        for k in side:
            start[index] = held[k]
            box = problem.box.copy()
            box[:, index] = held[k]
            fixed = Problem(problem.x, problem.y, problem.log_loss, problem.weight, problem.centre, box)
            found, value, _ = refitted(fixed, start, fit.loss, problem.weight[None])
            start, values[k] = found[0].copy(), value[0]
    count, least = len(problem.x), fit.objective
    if fit.loss.kind == "student-t":
        return np.maximum(2.0 * (values - least), 0.0)
    inside = float(np.mean(np.abs(residuals(problem, fit.theta)) <= (fit.loss.scale or np.inf)))
    factor = 1.0 if inside > 0.5 else 2.0
    return np.maximum(factor * count * np.log(np.maximum(values, 1e-300) / max(least, 1e-300)), 0.0)


def _crossings(at: Array, excess: Array, level: float) -> tuple[float, float]:
    lowest = int(np.argmin(excess))
    low, high = -np.inf, np.inf
    for k in range(lowest, 0, -1):
        if excess[k - 1] >= level:
            low = float(np.interp(level, (excess[k], excess[k - 1]), (at[k], at[k - 1])))
            break
    for k in range(lowest, len(at) - 1):
        if excess[k + 1] >= level:
            high = float(np.interp(level, (excess[k], excess[k + 1]), (at[k], at[k + 1])))
            break
    return low, high
