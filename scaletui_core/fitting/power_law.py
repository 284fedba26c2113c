"""Laws of compute: L(C) = a C^b + c through the best losses, and without c; the largest run held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scaletui_core.errors import InputError
from scaletui_core.fitting.compute_fit import CLOSE, NAMES, NEAR, Search
from scaletui_core.fitting.records import Array, Runs, Sampled
from scaletui_core.fitting.resample import lost, weights
from scaletui_core.fitting.valleys import valleys_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw(Sampled):
    """The law ``L(C) = a C^b + c``, C in FLOP, L in nats/token.

    Attributes
    ----------
    log_a : float
        Natural logarithm of a.
    b : float
        The exponent, below 0.
    c : float
        The loss that no compute removes [nats/token], 0 or above; 0 where it was not asked for.
    objective : float
        Sum of the squares of the residuals in ln L.
    irreducible : bool
        Whether c was fitted.
    count : int
        How many points there were.
    """

    log_a: float
    b: float
    c: float
    objective: float
    irreducible: bool
    count: int

    def at(self, flops: float) -> float:
        """Return the loss [nats/token] at a compute [FLOP]."""
        return float(np.exp(self.log_a + self.b * np.log(flops)) + self.c)

    def sample_at(self, flops: float) -> Array:
        """Return the loss at a compute for each resample, shape (bootstraps,)."""
        log_a, b, c = self.sample.T
        return np.asarray(np.exp(log_a + b * np.log(flops)) + c, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What one form of the law said about the largest run before it was seen.

    Attributes
    ----------
    law : PowerLaw
        The law of the smaller runs.
    predicted, low, high : float
        Loss [nats/token], and the central 90% of the resamples: the doubt of the law alone, without that of one run;
        NaN where the law has none to resample (see its ``reasons``).
    relative_error : float
        ``predicted / actual - 1``.
    """

    law: PowerLaw
    predicted: float
    low: float
    high: float
    relative_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOut:
    """The largest run, as the runs far below it foretell it.

    Attributes
    ----------
    flops, actual : float
        C [FLOP] and loss [nats/token] of the largest run.
    largest_used : float
        The largest C that was fitted [FLOP].
    count : int
        How many points were fitted.
    pure : Foretold
        By ``a C^b``.
    irreducible : Foretold or None
        By ``a C^b + c``; None where there are fewer than three different C to fit it to.
    """

    flops: float
    actual: float
    largest_used: float
    count: int
    pure: Foretold
    irreducible: Foretold | None


@dataclass(frozen=True, slots=True)
class FrontierPoints:
    """The best loss at each budget, and where it is from.

    Attributes
    ----------
    flops, loss : ndarray of float64, shape (points,)
        C [FLOP], rising, and loss [nats/token].
    source : str
        ``valleys``: the bottoms of bracketed valleys; ``lowest``: the lowest loss of each budget; ``stairs``: each run
        that no run of as little compute beats.
    """

    flops: Array
    loss: Array
    source: str


def power_law(
    flops: npt.ArrayLike, loss: npt.ArrayLike, *, irreducible: bool = True, bootstraps: int = 4000, seed: int = 0
) -> PowerLaw:
    """Return the law of compute through the best losses: least squares of ln L.

    ``min over a, b, c >= 0 of sum (ln(a C^b + c) - ln L)^2``

    Parameters
    ----------
    flops, loss : array_like of shape (n,)
        C [FLOP] and loss [nats/token] on the frontier (see `frontier_points`), above 0.
    irreducible : bool
        Whether to fit c; else it is 0 (the pure power law of Kaplan et al. 2020).
    bootstraps, seed : int
        How many resamples of the points, and what their random numbers are of; 0 for none.

    Raises
    ------
    InputError
        Fewer different C than the law has parameters, or a loss that does not fall with C.

    Notes
    -----
    The optimum is the best of a grid over all exponents and all shares of c, and then refined: it is global.

    References
    ----------
    OpenAI 2023, arXiv 2303.08774, section 3.1; Kaplan et al. 2020, arXiv 2001.08361, equation 1.3.

    Examples
    --------
    >>> c = np.geomspace(1e18, 1e21, 7)
    >>> law = power_law(c, 1000.0 * c**-0.15 + 1.7, bootstraps=0)
    >>> round(float(np.exp(law.log_a)), 6), round(law.b, 9), round(law.c, 9), law.converged
    (1000.0, -0.15, 1.7, True)
    """
    x, y = _checked(flops, loss, 3 if irreducible else 2)
    search = Search(x, y, irreducible)
    best = search.fitted(np.ones((1, len(x))), CLOSE)
    log_a, b, c, objective = map(float, best.numbers[0])
    if not b < 0.0:
        raise InputError(
            "power law needs a loss that falls with compute: on these points it does not",
            hint="give the best loss of each budget alone",
        )
    if c > 0.0:
        search.begin_at(b, 1.0 - c / float(np.exp(log_a + b * x[0]) + c))
    different = len(np.unique(x))
    spare = different > (3 if irreducible else 2)
    sample = np.full((bootstraps, len(NAMES)), np.nan)
    for first, times in weights([len(x)], bootstraps if spare else 0, seed, width=6 * len(x)):
        sample[first : first + len(times)] = search.fitted(times, NEAR).numbers[:, :3]
    reasons = [] if best.converged[0] else [f"the search stopped before the optimum, at b = {b:.4g}"]
    if not spare:
        # Each resample that can be fitted at all would give the same law again: an interval of no width.
        reasons.append(f"{different} different C for as many parameters: nothing is left over to estimate doubt from")
    if irreducible and c == 0.0:
        reasons.append("the best c is 0: the points show no bend towards an irreducible loss")
    if spare:
        reasons += lost(sample, "have too few different C, or a loss that does not fall")
    return PowerLaw(
        log_a=log_a, b=b, c=c, objective=objective, irreducible=irreducible, count=len(x), names=NAMES, sample=sample,
        converged=bool(best.converged[0]), reasons=tuple(reasons),
    )  # fmt: skip


def hold_out(
    flops: npt.ArrayLike, loss: npt.ArrayLike, *, decades: float = 3.0, bootstraps: int = 4000, seed: int = 0
) -> HoldOut:
    """Return what the runs at most ``10^-decades`` times as large say about the largest, by both forms of the law.

    Parameters
    ----------
    flops, loss : array_like of shape (n,)
        C [FLOP] and loss [nats/token] on the frontier, the largest run among them.
    decades : float
        How far to stay below the largest C [powers of ten].
    bootstraps, seed : int
        As for `power_law`.

    Raises
    ------
    InputError
        Fewer than two different C that far below, or a loss that does not fall.

    References
    ----------
    OpenAI 2023, arXiv 2303.08774, section 3.1 ("models trained using at most 10,000x less compute than GPT-4").

    Examples
    --------
    >>> c = np.geomspace(1e18, 1e23, 11)
    >>> told = hold_out(c, 1000.0 * c**-0.15 + 1.7, bootstraps=0)
    >>> told.count, round(told.pure.relative_error, 4), abs(told.irreducible.relative_error) < 1e-6
    (5, -0.1853, True)
    """
    c, level = _arrays(flops, loss)
    if not len(c):
        raise InputError("hold-out needs a largest run: there are no points")
    last = int(np.lexsort((-level, c))[-1])
    kept = c <= c[last] / 10.0**decades * (1.0 + 1e-9)
    different = len(np.unique(c[kept]))
    if different < 2:
        raise InputError(
            f"hold-out needs two different C at least {decades:g} decades below the largest, {c[last]:.3g} FLOP:"
            f" there {'is one' if different else 'are none'}",
            hint=f"the points span {np.log10(c[last] / c.min()):.1f} decades: ask for fewer",
        )

    def foretell(irreducible: bool) -> Foretold:
        law = power_law(c[kept], level[kept], irreducible=irreducible, bootstraps=bootstraps, seed=seed)
        predicted = law.at(float(c[last]))
        told = law.sample_at(float(c[last]))
        told = told[np.isfinite(told)]
        low, high = map(float, np.quantile(told, (0.05, 0.95))) if len(told) else (float("nan"), float("nan"))
        return Foretold(
            law=law, predicted=predicted, low=low, high=high, relative_error=predicted / float(level[last]) - 1.0
        )

    return HoldOut(
        flops=float(c[last]), actual=float(level[last]), largest_used=float(c[kept].max()), count=int(kept.sum()),
        pure=foretell(False), irreducible=foretell(True) if different >= 3 else None,
    )  # fmt: skip


def frontier_points(runs: Runs, *, tolerance: float | None = None) -> FrontierPoints:
    """Return the points for a law of compute: the bottoms of the valleys where there are two, or what is nearest.

    Parameters
    ----------
    runs : Runs
        Final losses.
    tolerance : float, optional
        How far runs of one budget may differ in C, as for `scaletui_core.fitting.valleys.valleys_of`.

    Examples
    --------
    >>> from scaletui_core.fitting.records import runs_of
    >>> frontier_points(runs_of([1e8, 1e8, 2e8], [1e9, 2e9, 4e9], [3.5, 3.2, 3.3])).loss.tolist()
    [3.5, 3.2]
    """
    valleys = valleys_of(runs) if tolerance is None else valleys_of(runs, tolerance=tolerance)
    bracketed = [valley for valley in valleys if valley.bracketed]
    if len(bracketed) >= 2:
        flops, loss = np.array([(valley.flops, valley.loss_opt) for valley in bracketed]).T
        return FrontierPoints(flops, loss, "valleys")
    if len(valleys) >= 2:
        lows = [valley.members[np.argmin(runs.loss[valley.members])] for valley in valleys]
        order = np.array(lows)[np.argsort(runs.flops[lows], kind="stable")]
        return FrontierPoints(runs.flops[order], runs.loss[order], "lowest")
    order = np.lexsort((runs.loss, runs.flops))
    loss = runs.loss[order]
    before = np.concatenate(([np.inf], np.minimum.accumulate(loss)[:-1]))
    steps = order[loss < before]
    return FrontierPoints(runs.flops[steps], runs.loss[steps], "stairs")


def _arrays(flops: npt.ArrayLike, loss: npt.ArrayLike) -> tuple[Array, Array]:
    c, level = np.array(flops, dtype=np.float64), np.array(loss, dtype=np.float64)
    order = np.lexsort((level, c))
    return c[order], level[order]


def _checked(flops: npt.ArrayLike, loss: npt.ArrayLike, parameters: int) -> tuple[Array, Array]:
    c, level = _arrays(flops, loss)
    different = len(np.unique(c))
    if different < parameters:
        form = "a C^b + c" if parameters == 3 else "a C^b"
        raise InputError(
            f"power law {form} needs {parameters} points of different C: there {'is' if different == 1 else 'are'}"
            f" {different or 'none'}",
            hint="add budgets" if parameters == 2 else "add budgets, or fit it without c",
        )
    return np.log(c), np.log(level)
