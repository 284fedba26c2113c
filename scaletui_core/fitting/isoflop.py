"""Approach 2: the valley of the loss at each budget, and the power laws through the valleys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fitting.budgets import TOLERANCE, budgets_of
from scaletui_core.fitting.lines import lines, parabolas
from scaletui_core.fitting.records import Array, Indices, Runs, Sampled
from scaletui_core.fitting.resample import lost, weights
from scaletui_core.quantity_text import format_quantity

SIZES = 3
"""A parabola needs this many different N."""

SAME = 0.01
"""N within this part of each other are one size."""

NAMES = ("a", "b", "log_k_params", "log_k_tokens")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class IsoFlop(Sampled):
    """Power laws through the valleys: ``N_opt = k C^a``, ``D_opt = C/(6 N_opt) = k' C^b``, so that b = 1 - a.

    Attributes
    ----------
    a, b : float
        Exponents of N and of D.
    log_k_params, log_k_tokens : float
        Natural logarithms of the two k, in parameters, tokens and FLOP.
    valleys : tuple of Valley
        Of each budget, rising in C; those that are not bracketed were left out of the power laws.
    outside : int
        How many runs are of no budget.
    """

    a: float
    b: float
    log_k_params: float
    log_k_tokens: float
    valleys: tuple[Valley, ...]
    outside: int

    @property
    def used(self) -> tuple[Valley, ...]:
        """The bracketed valleys, which the power laws go through."""
        return tuple(valley for valley in self.valleys if valley.bracketed)


def _sizes(x: Array) -> Indices:
    """Return where in rising ln N each size begins: 1% above the beginning of the one before, or next behind that."""
    begin = [0]
    while (after := int(np.searchsorted(x, x[begin[-1]] + SAME, side="right"))) < len(x):
        begin.append(after)
    return np.array(begin)


def _bottoms(x: Array, loss: Array, times: Array) -> tuple[Array, Array, Array, Array]:
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
    bottom, level, curvature, bracketed = (column[0] for column in _bottoms(x, loss, np.ones((1, len(x)))))
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


def isoflop(
    runs: Runs, *, bootstraps: int = 4000, seed: int = 0, by: str = "run", how: str = "bootstrap",
    tolerance: float = TOLERANCE,
) -> IsoFlop:  # fmt: skip
    """Return the power laws of Hoffmann's Approach 2: a parabola of loss in ln N at each budget, a line through all.

    Parameters
    ----------
    runs : Runs
        Final losses, at two budgets or more.
    bootstraps, seed : int
        How many resamples, and what their random numbers are of; 0 for none.
    by : str
        ``run``: runs are resampled within their budgets, and parabolas fitted anew; ``budget``: budgets are.
    how : str
        ``bootstrap``, with replacement; or ``subsample``, 80% without; by run, of all budgets' runs together.
    tolerance : float
        How far runs of one budget may differ in C; see `scaletui_core.fitting.budgets.budgets_of`.

    Returns
    -------
    IsoFlop
        Budgets that are not bracketed are warnings, in the fit as in each of its resamples.

    Raises
    ------
    InputError
        Fewer than two bracketed valleys; or ``by`` or ``how`` is none of these.

    Notes
    -----
    Each loss counts as if its run had the budget's C exactly, as in the paper. A parabola is no more than an
    approximation: with alpha and beta unequal, wide designs shift N_opt, and the exponents also where the shift differs
    from budget to budget.

    References
    ----------
    Hoffmann et al. 2022, arXiv 2203.15556, section 3.2 and Table 2.

    Examples
    --------
    >>> from scaletui_core.fitting.records import runs_of
    >>> runs = runs_of([1e8, 2e8, 4e8, 2e8, 4e8, 8e8], [4e9, 2e9, 1e9, 8e9, 4e9, 2e9], [3.1, 3, 3.1, 2.8, 2.7, 2.8])
    >>> fit = isoflop(runs, bootstraps=0)
    >>> round(fit.a, 9), round(fit.b, 9), fit.reasons
    (0.5, 0.5, ('two budgets: their line leaves nothing over to judge it by',))
    """
    if by not in ("run", "budget"):
        raise unknown_name("way to resample", by, ("run", "budget"))
    valleys = valleys_of(runs, tolerance=tolerance)
    used = [valley for valley in valleys if valley.bracketed]
    if len(used) < 2:
        raise _refusal(valleys, len(used), runs)
    x = np.log([valley.flops for valley in used])
    y = np.log([valley.params_opt for valley in used])
    a, b, log_k_params, log_k_tokens = map(float, _laws(x, y, np.ones((1, len(used))))[0])
    if by == "budget":
        sample = _by_budget(x, y, bootstraps, seed, how)
        if len(used) == 2:
            sample[:] = np.nan  # each resample that has both would give the same line again
    else:
        sample = _by_run(runs, used, x, bootstraps, seed, how)
    reasons = []
    if len(used) == 2:
        reasons.append("two budgets: their line leaves nothing over to judge it by")
    elif not 0.0 < a < 1.0:
        reasons.append(f"a is {a:.2f}: by these valleys the best {'N' if a <= 0.0 else 'D'} falls with compute")
    if not (by == "budget" and len(used) == 2):
        reasons += lost(sample, "keep fewer than two budgets with a bracketed valley")
    outside = runs.count - sum(len(valley.members) for valley in valleys)
    return IsoFlop(
        a=a, b=b, log_k_params=log_k_params, log_k_tokens=log_k_tokens, names=NAMES, sample=sample,
        reasons=tuple(reasons), warnings=_warnings(runs, valleys, outside), valleys=valleys, outside=outside,
    )  # fmt: skip


def _laws(x: Array, y: Array, times: Array) -> Array:
    """Return the four numbers of each set of weights of the valleys (ln C, ln N); NaN where they are of one budget."""
    found = lines(x, y, times)
    return np.stack((found.slope, 1.0 - found.slope, found.start, -np.log(6.0) - found.start), axis=1)


def _by_budget(x: Array, y: Array, bootstraps: int, seed: int, how: str) -> Array:
    sample = np.full((bootstraps, len(NAMES)), np.nan)
    for first, times in weights([len(x)], bootstraps, seed, how=how):
        sample[first : first + len(times)] = _laws(x, y, times)
    return sample


def _by_run(runs: Runs, used: list[Valley], x: Array, bootstraps: int, seed: int, how: str) -> Array:
    sample = np.full((bootstraps, len(NAMES)), np.nan)
    sizes = [len(valley.members) for valley in used]
    bounds = np.cumsum([0, *sizes])
    params = [np.log(runs.params[valley.members]) for valley in used]
    losses = [runs.loss[valley.members] for valley in used]
    drawn = sizes if how == "bootstrap" else [int(bounds[-1])]
    for first, times in weights(drawn, bootstraps, seed, how=how):
        bottoms, kept = np.zeros((len(times), len(used))), np.zeros((len(times), len(used)))
        for index in range(len(used)):
            part = times[:, bounds[index] : bounds[index + 1]]
            bottom, _, _, valley = _bottoms(params[index], losses[index], part)
            bottoms[:, index], kept[:, index] = np.where(valley, bottom, 0.0), valley
        sample[first : first + len(times)] = _laws(x, bottoms, kept)
    return sample


def _flops(value: float) -> str:
    return format_quantity(value, "FLOP", with_unit=True)


def _refusal(valleys: tuple[Valley, ...], bracketed: int, runs: Runs) -> InputError:
    need = "isoflop needs two budgets with a bracketed valley"
    hint = "train three sizes or more, on both sides of the best, at two budgets or more"
    if not valleys:
        return InputError(f"{need}: no two of the {runs.count} runs share a budget", hint=hint)
    if len(valleys) == 1 and bracketed:
        return InputError(f"{need}: the runs have one budget, {_flops(valleys[0].flops)}", hint=hint)
    failed = [f"{_flops(valley.flops)} ({valley.why})" for valley in valleys if not valley.bracketed]
    listed = "; ".join(failed[:4]) + (f"; and {len(failed) - 4} more" if len(failed) > 4 else "")
    return InputError(f"{need}: the runs have {bracketed or 'none'}, not bracketed are {listed}", hint=hint)


def _warnings(runs: Runs, valleys: tuple[Valley, ...], outside: int) -> tuple[str, ...]:
    said = [
        f"budget {_flops(valley.flops)} was left out: {valley.why}"
        for valley in valleys
        if not valley.bracketed and valley.sizes >= SIZES
    ]
    few = [_flops(valley.flops) for valley in valleys if valley.sizes < SIZES]
    if few:
        said.append(f"budgets with fewer than {SIZES} sizes were left out: {', '.join(few)}")
    if outside:
        said.append(f"{outside} of {runs.count} runs are of no budget and were left out")
    ratio = runs.flops / (6.0 * runs.params * runs.tokens)
    if np.abs(np.log(ratio)).max() > np.log(1.1):
        said.append(f"C is {ratio.min():.2f} to {ratio.max():.2f} times 6 N D in these runs; D_opt is C/(6 N_opt)")
    return tuple(said)
