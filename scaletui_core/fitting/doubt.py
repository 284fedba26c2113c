"""How sure Approach 3 is of its coefficients: resampled fits, profiles, and what trades off against what, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fit_file import FAILED
from scaletui_core.fitting import kernels
from scaletui_core.fitting.bootstrap import Interval, correlation, intervals
from scaletui_core.fitting.parametric import Loss, ParametricFit, Problem, problem_of, refitted, residuals
from scaletui_core.fitting.records import Array, Indices, Runs
from scaletui_core.fitting.resample import weights as resampled

Tick = Callable[[str, float], None]
"""Told what is done and which share of it; it may raise to stop the work."""
JACKKNIFE = 2000
"""Runs up to which the fit without each of them is made, for the acceleration of BCa."""
TRADES = 0.95
"""Correlation from which two coefficients are said to trade off."""
_LN10 = float(np.log(10.0))


def silent(what: str, share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Refitted samples of Approach 3.

    Attributes
    ----------
    sample : ndarray, shape (resamples, 5)
        ``(E, ln A, ln B, alpha, beta)`` of each resample; NaN where its fit did not converge.
    without : ndarray, shape (n, 5), or None
        The same without each of the runs.
    failed : int
        Resamples that did not converge.
    how, seed
        How the runs were drawn, and from which seed.
    """

    sample: Array
    without: Array | None
    failed: int
    how: str
    seed: int

    @property
    def speaks(self) -> bool:
        """Whether so many resamples have converged that intervals follow from them."""
        return len(self.sample) > 1 and self.failed <= FAILED * len(self.sample)

    def interval(
        self, values: Callable[[Array], Array], value: Sequence[float], coverage: float, kind: str = "bca"
    ) -> list[Interval]:
        """Return the intervals of what follows from coefficients.

        Parameters
        ----------
        values : callable
            From coefficients, shape (..., 5), to values, shape (..., k).
        value : sequence of k floats
            The values of the fit itself.
        coverage : float
            Share inside.
        kind : str
            ``bca``, or ``percentile``; of a subsample the percentiles, since it is no bootstrap.
        """
        return intervals(
            values(self.sample), value, None if self.without is None else values(self.without), coverage,
            "percentile" if self.how == "subsample" else kind,
        )  # fmt: skip


def coefficients_of(values: Array) -> Array:
    """Return ``(E, A, B, alpha, beta, a, b)``, shape (..., 7), of ``(E, ln A, ln B, alpha, beta)``."""
    e, log_a, log_b, alpha, beta = np.moveaxis(values, -1, 0)
    whole = alpha + beta
    with np.errstate(over="ignore"):
        return np.stack((e, np.exp(log_a), np.exp(log_b), alpha, beta, beta / whole, alpha / whole), axis=-1)


def doubt_of(
    runs: Runs, fit: ParametricFit, count: int, seed: int, *, how: str = "run", groups: Indices | None = None,
    threads: int = 1, tick: Tick = silent, sample: Array | None = None,
) -> Doubt:  # fmt: skip
    """Refit Approach 3 to resamples of the runs, each from the minimum of all of them.

    Parameters
    ----------
    runs : Runs
        What was fitted.
    fit : ParametricFit
        The fit of all.
    count, seed, how, groups
        As `drawn` takes them.
    threads : int
        Threads; they change the time, never the result.
    tick : callable
        Told the share that is done.
    sample : ndarray, shape (count, 5), optional
        The refits, where they have been made elsewhere, piece by piece, by `refits_of`.

    Examples
    --------
    >>> from scaletui_core.fitting.parametric import fit
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> runs = synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.01)
    >>> one = doubt_of(runs, fit(runs), 256, seed=0)
    >>> one.sample.shape, one.failed
    ((256, 5), 0)
    """
    if sample is None:
        sample = refits_of(
            runs, fit.theta, fit.loss, (0, count), seed, how=how, groups=groups, threads=threads, tick=tick
        )
    without = None
    if count and runs.count <= JACKKNIFE and how == "run":
        without = _refits(problem_of(runs), fit.theta, fit.loss, 1.0 - np.eye(runs.count), threads)
    return Doubt(sample, without, int(np.isnan(sample[:, 0]).sum()), how, seed)


def refits_of(
    runs: Runs, theta: Array, loss: Loss, span: tuple[int, int], seed: int, *, how: str = "run",
    groups: Indices | None = None, threads: int = 1, tick: Tick = silent,
) -> Array:  # fmt: skip
    """Return refits of some of the resamples, shape (last - first, 5); NaN where one did not converge.

    Parameters
    ----------
    runs : Runs
        What was fitted.
    theta : ndarray, shape (5,)
        The minimum of all runs, as `ParametricFit` has it: where each refit begins.
    loss : Loss
        The objective of that fit, with its scale.
    span : (int, int)
        The first resample, a multiple of 64, and the one behind the last. Spans put together are the whole, bit by bit.
    seed, how, groups
        As `drawn` takes them.
    threads : int
        Threads; they change the time, never the result.
    tick : callable
        Told the share that is done.

    Examples
    --------
    >>> from scaletui_core.fitting.parametric import fit
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> runs = synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.01)
    >>> one = fit(runs)
    >>> parts = [refits_of(runs, one.theta, one.loss, span, 0) for span in ((0, 64), (64, 100))]
    >>> bool((np.concatenate(parts) == doubt_of(runs, one, 100, seed=0).sample).all())
    True
    """
    problem = problem_of(runs)
    begin, count = span
    sample = np.empty((count - begin, 5))
    for first, weights in drawn(count, runs.count, seed, how, groups, begin):
        done = first - begin + len(weights)
        sample[first - begin : done] = _refits(problem, theta, loss, weights, threads)
        tick("resamples", done / len(sample))
    return sample


def drawn(
    count: int, runs: int, seed: int, how: str = "run", groups: Indices | None = None, begin: int = 0
) -> Iterator[tuple[int, Array]]:
    """Yield the weights of resamples, piece by piece, as `scaletui_core.fitting.resample.weights` does.

    Parameters
    ----------
    count, runs, seed : int
        How many resamples, of how many runs, from which seed.
    how : str
        ``run`` draws runs with replacement, ``budget`` whole groups, ``subsample`` 80% of the runs without.
    groups : ndarray of int64, shape (runs,)
        Group of each run, from 0 on, for ``budget``.
    begin : int
        The first resample wanted, a multiple of 64.

    Raises
    ------
    InputError
        If there are fewer than two groups to draw.
    """
    if how != "budget":
        way = "subsample" if how == "subsample" else "bootstrap"
        yield from resampled([runs], count, seed, how=way, begin=begin)
        return
    many = 0 if groups is None else int(groups.max(initial=-1)) + 1
    if groups is None or many < 2:
        raise InputError("needs runs of two budgets or more to draw from", where="--resample")
    for first, weights in resampled([many], count, seed, width=runs, begin=begin):
        yield first, np.ascontiguousarray(weights[:, groups])


def _refits(problem: Problem, theta: Array, loss: Loss, weights: Array, threads: int) -> Array:
    points, _, states = refitted(problem, theta, loss, weights, threads)
    out = problem.coefficients(points)
    out[states != kernels.CONVERGED] = np.nan
    return out


class LeftOut(NamedTuple):
    """How well the law of all other budgets predicts the runs of one.

    Attributes
    ----------
    flops : float
        The budget [FLOP], the geometric mean of its runs.
    runs : int
        Its runs.
    bias, spread : float
        Mean and root mean square of ln L_hat - ln L of these.
    """

    flops: float
    runs: int
    bias: float
    spread: float


def leave_budgets_out(runs: Runs, fit: ParametricFit, groups: Indices) -> list[LeftOut]:
    """Fit without each budget in turn, and return how well its runs are predicted.

    Parameters
    ----------
    groups : ndarray of int64, shape (n,)
        The budget of each run, from 0 on; -1 of a run that is of none. A budget of one run is not left out.
    """
    problem = problem_of(runs)
    several = [group for group in range(int(groups.max(initial=-1)) + 1) if np.sum(groups == group) > 1]
    if len(several) < 2:
        return []
    weights = np.stack([(groups != group).astype(np.float64) for group in several])
    points, _, _ = refitted(problem, fit.theta, fit.loss, weights)
    out = []
    for point, group in zip(points, several, strict=True):
        own = groups == group
        r = residuals(problem, point)[own]
        flops = float(np.exp(np.mean(np.log(runs.flops[own]))))
        out.append(LeftOut(flops, int(own.sum()), float(r.mean()), float(np.sqrt(np.mean(r * r)))))
    return out


_PAIRS = ((1, 3, "A", "alpha", "N"), (2, 4, "B", "beta", "D"), (0, 3, "E", "alpha", "N"), (0, 4, "E", "beta", "D"))


def correlations(doubt: Doubt) -> dict[tuple[str, str], float]:
    """Return the correlations over resamples of ln A with alpha, ln B with beta, and of E with either exponent."""
    matrix = correlation(doubt.sample) if len(doubt.sample) - doubt.failed > 2 else np.full((5, 5), np.nan)
    return {(first, second): float(matrix[i, j]) for i, j, first, second, _ in _PAIRS}


def identifiability(runs: Runs, doubt: Doubt) -> list[str]:
    """Say in words which coefficients the runs cannot tell apart, and what they span.

    Examples
    --------
    >>> from scaletui_core.fitting.parametric import fit
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> runs = synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.01)
    >>> print(identifiability(runs, doubt_of(runs, fit(runs), 256, seed=0))[0])
    A and alpha trade off (correlation 1.00): your runs span 2.6 decades of N.
    """
    spans = {"N": runs.params, "D": runs.tokens}
    out = []
    for (first, second), value in correlations(doubt).items():
        symbol = "N" if second == "alpha" else "D"
        if abs(value) >= TRADES:
            out.append(
                f"{first} and {second} trade off (correlation {value:.2f}): your runs span "
                f"{_decades(spans[symbol]):.1f} decades of {symbol}."
            )
    ratio = _decades(runs.tokens / runs.params)
    if ratio < 1.0:
        out.append(
            f"Your runs span {ratio:.1f} decades of D/N, which is all that tells the terms in N and D apart: runs of "
            "other D/N would shrink every interval."
        )
    return out


def _decades(values: Array) -> float:
    return float(np.log(values.max() / values.min())) / _LN10
