"""The valley of the loss at each budget: a parabola in ln N, and where it is lowest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaletui_core.fitting.budgets import TOLERANCE, budgets_of
from scaletui_core.fitting.lines import parabolas
from scaletui_core.fitting.records import Array, Indices, Runs

SIZES = 3
"""A parabola needs this many different N."""

SAME = 0.01
"""N within this part of each other are one size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valley:
    """The parabola ``L = c0 + c1 u + c2 u^2``, ``u = ln(N / centre)``, of one budget, and where it is lowest.

    Attributes
    ----------
    flops : float
        C [FLOP], the geometric mean of the runs.
    members : ndarray of int64
        Which runs these are, by their place in the `Runs`, rising in N.
    sizes : int
        How many different N they have, to 1%.
    lowest, largest : float
        The ends of their N [parameters].
    bracketed : bool
        Whether the parabola opens upwards, and is lowest between the smallest and the largest N.
    why : str
        Why not; empty where it is.
    params_opt, tokens_opt, loss_opt : float
        N [parameters], D = C/(6 N) [tokens] and loss [nats/token] where it is lowest; NaN where not bracketed.
    curvature : float
        Second derivative of the loss in ln N [nats/token]; NaN with fewer than three N.
    centre : float
        See above [parameters].
    coefficients : tuple of float
        c0, c1, c2 [nats/token]; NaN with fewer than three N.
    """

    flops: float
    members: Indices
    sizes: int
    lowest: float
    largest: float
    bracketed: bool
    why: str
    params_opt: float
    tokens_opt: float
    loss_opt: float
    curvature: float
    centre: float
    coefficients: tuple[float, float, float]


def _sizes(x: Array) -> Indices:
    """Return where in rising ln N each size begins: 1% above the beginning of the one before, or next behind that."""
    begin = [0]
    while (after := int(np.searchsorted(x, x[begin[-1]] + SAME, side="right"))) < len(x):
        begin.append(after)
    return np.array(begin)


def bottoms(x: Array, loss: Array, times: Array) -> tuple[Array, Array, Array, Array]:
    """Return ln N and loss at the bottom, the parabolas' curvature, and whether it is a valley, one a set of weights.

    ``x`` rises. Three sizes of weight above 0 are needed, and the bottom must be between the ends of those.
    """
    found = parabolas(x, loss, times)
    there = times > 0.0
    sizes = (np.add.reduceat(times, _sizes(x), axis=1) > 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = -found.c1 / (2.0 * found.c2)
        bottom = found.centre + found.scale * z
        low, high = x[there.argmax(axis=1)], x[::-1][there[:, ::-1].argmax(axis=1)]
        valley = (sizes >= SIZES) & (found.c2 > 0.0) & (bottom > low) & (bottom < high)
        return bottom, found.c0 + 0.5 * found.c1 * z, 2.0 * found.c2 / found.scale**2, valley


def _valley(runs: Runs, members: Indices, flops: float) -> Valley:
    x, loss = np.log(runs.params[members]), runs.loss[members]
    sizes = len(_sizes(x))
    nan = float("nan")
    if sizes < SIZES:
        return Valley(
            flops=flops, members=members, sizes=sizes, lowest=float(runs.params[members[0]]),
            largest=float(runs.params[members[-1]]), bracketed=False, why=f"{sizes} of the {SIZES} sizes it needs",
            params_opt=nan, tokens_opt=nan, loss_opt=nan, curvature=nan, centre=nan, coefficients=(nan, nan, nan),
        )  # fmt: skip
    found = parabolas(x, loss, np.ones((1, len(x))))
    bottom, level, curvature, bracketed = (column[0] for column in bottoms(x, loss, np.ones((1, len(x)))))
    why = ""
    if not bracketed:
        why = "no valley: the parabola does not open upwards"
        if curvature > 0.0:
            why = f"the loss is lowest at the {'smallest' if bottom <= x[0] else 'largest'} size or beyond it"
    params = float(np.exp(bottom)) if bracketed else nan
    return Valley(
        flops=flops, members=members, sizes=sizes, lowest=float(runs.params[members[0]]),
        largest=float(runs.params[members[-1]]), bracketed=bool(bracketed), why=why, params_opt=params,
        tokens_opt=flops / (6.0 * params), loss_opt=float(level) if bracketed else nan, curvature=float(curvature),
        centre=float(np.exp(found.centre)),
        coefficients=(
            float(found.c0[0]), float(found.c1[0]) / found.scale, float(found.c2[0]) / found.scale**2,
        ),
    )  # fmt: skip


def valleys_of(runs: Runs, *, tolerance: float = TOLERANCE) -> tuple[Valley, ...]:
    """Return the valley of each budget of the runs, bracketed or not, rising in C.

    Parameters
    ----------
    runs : Runs
        Final losses.
    tolerance : float
        How far runs of one budget may differ in C; see `scaletui_core.fitting.budgets.budgets_of`.

    Examples
    --------
    >>> from scaletui_core.fitting.records import runs_of
    >>> runs = runs_of([1e8, 2e8, 4e8], [4e9, 2e9, 1e9], [3.1, 3.0, 3.1])
    >>> [(round(valley.params_opt), round(valley.loss_opt, 9)) for valley in valleys_of(runs)]
    [(200000000, 3.0)]
    """
    flops, label = budgets_of(runs.flops, tolerance=tolerance)
    order = np.argsort(label, kind="stable")  # runs come sorted by N, and stay so within their budget
    bounds = np.searchsorted(label[order], np.arange(len(flops) + 1))
    return tuple(
        _valley(runs, order[bounds[index] : bounds[index + 1]], float(flops[index])) for index in range(len(flops))
    )
