"""Approach 1: which of the training curves is lowest at each budget, and the power laws through the winners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.lines import Unit, lines, parabolas
from scaletui_core.fitting.records import Array, Curves, Indices, Runs, Sampled
from scaletui_core.fitting.resample import lost, weights
from scaletui_core.fitting.winners import Mask, Winners
from scaletui_core.quantity_text import format_quantity

BUDGETS = 1500
"""Budgets, evenly spaced in ln C (Hoffmann et al. 2022, section 3.1)."""

FEW = 5
"""Fewer sizes than this among the winners are a warning: N_opt is then known at a few steps only."""

NAMES = ("a", "b", "log_k_params", "log_k_tokens", "curvature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(Sampled):
    """Power laws through the winners of the frontier: ``N = k C^a``, ``D = C/(6 N) = k' C^b``, so that b = 1 - a.

    Attributes
    ----------
    a, b : float
        Exponents of N and of D.
    log_k_params, log_k_tokens : float
        Natural logarithms of the two k, in parameters, tokens and FLOP.
    curvature : float
        By how much the exponent a changes a decade of C, from a parabola through the same points; 0 for a power law.
    bends : bool
        Whether the central 90% of the resampled curvatures have one sign.
    flops, params, tokens, loss : ndarray of float64, shape (points,)
        The frontier: C [FLOP], the winner's N [parameters], D = C/(6 N) [tokens], and loss [nats/token].
    winner : ndarray of int64, shape (points,)
        Which curve wins.
    """

    a: float
    b: float
    log_k_params: float
    log_k_tokens: float
    curvature: float
    bends: bool
    flops: Array
    params: Array
    tokens: Array
    loss: Array
    winner: Indices


def envelope(curves: Curves | Runs, *, budgets: int = BUDGETS, bootstraps: int = 4000, seed: int = 0) -> Envelope:
    """Return the power laws of Hoffmann's Approach 1: the lowest curve at each of many budgets, a line through all.

    Curves are interpolated in ln C, and not beyond their ends. A budget is on the frontier where the curve that wins is
    neither of the smallest nor of the largest size among those that reach the budget: else a size that nobody trained,
    or not so far, might have won.

    Parameters
    ----------
    curves : Curves
        Curves of three sizes or more. `Runs`, which have final losses alone, are refused.
    budgets : int
        How many budgets, evenly spaced in ln C over those that curves of three sizes reach.
    bootstraps, seed : int
        How many resamples of the curves, and what their random numbers are of; 0 for none.

    Returns
    -------
    Envelope
        ``reasons`` say whether the frontier bends.

    Raises
    ------
    InputError
        No curves; fewer than three sizes; no budget on the frontier; a single size wins.

    Notes
    -----
    The winner's N rises in steps, as wide as the sizes are apart: least squares of ln N in ln C through all budgets, as
    in the paper, is flatter than the law by the factor 1 - 1/k^2 with k equal steps. Here the line goes through the
    middle of each size's budgets in ln C, with their number as weight, which is exact for equal steps.

    Curves of one size are resampled one by one, as runs are.

    References
    ----------
    Hoffmann et al. 2022, arXiv 2203.15556, section 3.1; Appendix E on the curvature of the frontier.

    Examples
    --------
    >>> n = np.repeat([1e8, 2e8, 4e8, 8e8], 60)
    >>> c = np.tile(np.geomspace(1e17, 1e20, 60), 4)
    >>> loss = 1.7 + 400 * n**-0.3 + 400 * (c / (6 * n)) ** -0.3
    >>> curves = Curves(n[::60], np.arange(0, 241, 60), c / (6 * n), c, loss, ())
    >>> fit = envelope(curves, bootstraps=0)
    >>> round(fit.a, 2), sorted(set(fit.params.tolist()))
    (0.5, [200000000.0, 400000000.0])
    """
    if isinstance(curves, Runs):
        raise InputError(
            "envelope needs training curves: the runs have final losses alone",
            hint="give a file with a row for each step: run, tokens, loss; or use the method isoflop or parametric",
        )
    sizes = len(np.unique(curves.params))
    if sizes < 3:
        raise InputError(f"envelope needs curves of three sizes or more: the curves have {sizes or 'none'}")
    ends = curves.starts[1:] - 1
    order = np.lexsort((curves.loss[ends], curves.flops[ends], curves.params))  # so that their order is nothing
    flops, loss = _sampled(curves, order, budgets)
    laws = _Laws(np.log(curves.params[order]), np.log(flops), loss)
    everyone = np.ones((1, len(order)), dtype=bool)
    _, begin, end, curve = laws.winners.of(everyone)
    if not len(begin):
        raise InputError(
            "envelope found no frontier: at no budget does a size win that is neither the smallest nor the largest",
            hint="train smaller sizes for longer, and larger ones",
        )
    at = np.concatenate([np.arange(low, high) for low, high in zip(begin, end, strict=True)])
    row = np.repeat(curve, end - begin)
    params = curves.params[order[row]]
    won = len(np.unique(params))
    if won < 2:
        raise InputError(
            f"envelope needs a frontier of two sizes or more: {format_quantity(params[0], 'parameters')} parameters"
            " win at each of its budgets",
            hint="train more sizes, or each for a wider range of tokens",
        )
    a, b, log_k_params, log_k_tokens, curvature = map(float, laws.of(everyone)[0])
    sample = np.full((bootstraps, len(NAMES)), np.nan)
    for first, times in weights([len(order)], bootstraps, seed, width=len(flops) // 4):
        sample[first : first + len(times)] = laws.of(times > 0.0)
    bends, reasons = _bend(curvature, sample)
    if not 0.0 < a < 1.0:
        reasons.append(f"a is {a:.2f}: on this frontier the best {'N' if a <= 0.0 else 'D'} falls with compute")
    reasons += lost(sample, "have no frontier of two sizes")
    few = f"N_opt is known at {won} steps only: so many sizes win" if won < FEW else ""
    return Envelope(
        a=a, b=b, log_k_params=log_k_params, log_k_tokens=log_k_tokens, curvature=curvature, bends=bends, names=NAMES,
        sample=sample, reasons=tuple(reasons), warnings=(few,) if few else (), flops=flops[at], params=params,
        tokens=flops[at] / (6.0 * params),
        loss=loss[row, at], winner=order[row],
    )  # fmt: skip


def _sampled(curves: Curves, order: Indices, budgets: int) -> tuple[Array, Array]:
    """Return budgets that curves of three sizes reach, and each curve's loss there, infinite beyond its ends."""
    sizes = np.log(curves.params[order])
    new = np.concatenate(([0], np.flatnonzero(np.diff(sizes)) + 1))
    low, high = float(curves.flops.min()), float(curves.flops.max())
    for _ in range(2):
        flops = np.geomspace(low, high, budgets)
        loss = np.full((len(order), budgets), np.inf)
        for row, index in enumerate(order.tolist()):
            part = slice(int(curves.starts[index]), int(curves.starts[index + 1]))
            own = np.log(curves.flops[part])
            x = np.log(flops)
            there = (x >= own[0]) & (x <= own[-1])
            loss[row, there] = np.interp(x[there], own, curves.loss[part])
        wide = np.flatnonzero(np.logical_or.reduceat(np.isfinite(loss), new, axis=0).sum(axis=0) >= 3)
        if not len(wide):
            raise InputError("envelope needs a budget that curves of three sizes reach: there is none")
        low, high = float(flops[wide[0]]), float(flops[wide[-1]])
    return flops, loss


class _Laws:
    """The laws of many choices of curves.

    Parameters
    ----------
    sizes, budgets, loss
        ln N of each curve, rising; ln C; and as for `scaletui_core.fitting.winners.Winners`.
    """

    def __init__(self, sizes: Array, budgets: Array, loss: Array) -> None:
        self.winners = Winners(sizes, loss)
        self.different, self.size = np.unique(sizes, return_inverse=True)
        self.centre = float(budgets.mean())
        self.unit = Unit(0.0, float(np.ptp(budgets)) / 2.0 or 1.0)
        self.passed = np.concatenate(([0.0], np.cumsum(budgets - self.centre)))

    def of(self, present: Mask) -> Array:
        """Return the five numbers of each set of curves; NaN where its frontier has fewer than two sizes."""
        row, begin, end, curve = self.winners.of(present)
        shape = len(present), len(self.different)
        key, cells = row * shape[1] + self.size[curve], shape[0] * shape[1]
        width = np.bincount(key, (end - begin).astype(np.float64), cells).reshape(shape).astype(np.float64)
        total = np.bincount(key, self.passed[end] - self.passed[begin], cells).reshape(shape)
        middle = total / np.maximum(width, 1.0)
        found = lines(middle, self.different, width, self.unit)
        bent = parabolas(middle, self.different, width, self.unit)
        won = (width > 0.0).sum(axis=1)
        a = np.where(won >= 2, found.slope, np.nan)
        start = found.start - a * self.centre
        curvature = np.where(won >= 3, 2.0 * np.log(10.0) * bent.c2 / bent.scale**2, np.nan)
        return np.stack((a, 1.0 - a, start, -np.log(6.0) - start, curvature), axis=1)


def _bend(curvature: float, sample: Array) -> tuple[bool, list[str]]:
    """Return whether the frontier bends, and that in words."""
    fitted = sample[~np.isnan(sample[:, -1]), -1]
    if len(fitted) < 20:
        return False, []
    low, high = (float(value) for value in np.quantile(fitted, (0.05, 0.95)))
    span = f"{curvature:+.3f} a decade of compute (90% interval {low:+.3f} to {high:+.3f})"
    if low <= 0.0 <= high:
        return False, []
    way = "falls" if curvature < 0.0 else "grows"
    return True, [f"the frontier bends: its exponent a {way}, by {span}; a power law extrapolates it wrongly"]
