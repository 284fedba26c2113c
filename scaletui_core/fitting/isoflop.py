"""Approach 2: the valley of the loss at each budget, and the power laws through the valleys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fitting.budgets import TOLERANCE
from scaletui_core.fitting.lines import lines
from scaletui_core.fitting.records import Array, Runs, Sampled
from scaletui_core.fitting.resample import lost, weights
from scaletui_core.fitting.valleys import SIZES, Valley, bottoms, valleys_of
from scaletui_core.quantity_text import format_quantity

WIDE, DRIFT = 30.0, 3.0
"""A warning where sizes of a budget span more than the first, and sit about the best as differently as the second."""

NAMES = ("a", "b", "log_k_params", "log_k_tokens")


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
        found, kept = np.zeros((len(times), len(used))), np.zeros((len(times), len(used)))
        for index in range(len(used)):
            part = times[:, bounds[index] : bounds[index + 1]]
            bottom, _, _, valley = bottoms(params[index], losses[index], part)
            found[:, index], kept[:, index] = np.where(valley, bottom, 0.0), valley
        sample[first : first + len(times)] = _laws(x, found, kept)
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
    used = [valley for valley in valleys if valley.bracketed]
    sits = [valley.params_opt / valley.centre for valley in used]
    wide = max(valley.largest / valley.lowest for valley in used)
    if wide > WIDE and max(sits) > DRIFT * min(sits):
        said.append(
            f"a parabola over sizes {wide:.0f} times apart may bend the exponents: the best N is {min(sits):.2f} times"
            f" the middle of its budget's sizes at one budget, {max(sits):.2f} times at another"
        )
    ratio = runs.flops / (6.0 * runs.params * runs.tokens)
    if np.abs(np.log(ratio)).max() > np.log(1.1):
        said.append(f"C is {ratio.min():.2f} to {ratio.max():.2f} times 6 N D in these runs; D_opt is C/(6 N_opt)")
    return tuple(said)
