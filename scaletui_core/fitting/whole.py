"""Every law that runs allow, fitted at once, with its doubt; what a fit file holds and what all surfaces show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.budgets import budgets_of
from scaletui_core.fitting.doubt import Doubt, LeftOut, Tick, doubt_of, leave_budgets_out, silent
from scaletui_core.fitting.envelope import Envelope, envelope
from scaletui_core.fitting.exclude import without
from scaletui_core.fitting.inputs import BOOTSTRAPS, SEED, FitInputs
from scaletui_core.fitting.isoflop import IsoFlop, isoflop
from scaletui_core.fitting.parametric import Loss, ParametricFit, fit
from scaletui_core.fitting.power_law import HoldOut, PowerLaw, frontier_points, hold_out, power_law
from scaletui_core.fitting.profiles import Profile, profile
from scaletui_core.fitting.records import Array, Curves, Indices, Runs

Made = TypeVar("Made")
PROFILED = 20_000
"""Runs up to which profile likelihoods are found without being asked for."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was found of runs.

    Attributes
    ----------
    runs : Runs
        What was fitted.
    inputs : FitInputs
        How.
    parametric, doubt, left_out, profiles
        Approach 3, its resamples, how each budget is predicted from the others, and profile likelihoods.
    isoflop : IsoFlop or None
        Approach 2.
    envelope : Envelope or None
        Approach 1.
    power, pure : PowerLaw or None
        L = a C^b + c along the frontier, and without c.
    points : str
        Where the points of the frontier are from.
    held_out : HoldOut or None
        The largest run, predicted from those at most a thousandth of its compute.
    refusals : dict
        Why a method that was asked for has no result, by its name.
    """

    runs: Runs
    inputs: FitInputs
    parametric: ParametricFit | None = None
    doubt: Doubt | None = None
    left_out: tuple[LeftOut, ...] = ()
    profiles: tuple[Profile, ...] = ()
    isoflop: IsoFlop | None = None
    envelope: Envelope | None = None
    power: PowerLaw | None = None
    pure: PowerLaw | None = None
    points: str = ""
    held_out: HoldOut | None = None
    refusals: dict[str, str] | None = None

    @property
    def coverage(self) -> float:
        """Share inside an interval."""
        return self.inputs.share

    @property
    def failures(self) -> list[str]:
        """Why the work failed, in words: a fit that did not converge, by its method."""
        out = []
        if self.parametric is not None and not self.parametric.converged:
            out += [f"parametric did not converge: {reason}" for reason in self.parametric.reasons]
        for name, one in (("isoflop", self.isoflop), ("envelope", self.envelope), ("power", self.power)):
            if one is not None and not one.converged:
                out += [f"{name} did not converge: {reason}" for reason in one.reasons or ("no optimum was found",)]
        return out


def fit_runs(
    runs: Runs, inputs: FitInputs, curves: Curves | None = None, *, threads: int = 1, tick: Tick = silent,
    refits: Array | None = None,
) -> Fitted:  # fmt: skip
    """Fit every law that was asked for and that the runs allow.

    Parameters
    ----------
    runs : Runs
        Final losses.
    inputs : FitInputs
        What is asked.
    curves : Curves, optional
        Training curves, which Approach 1 needs.
    threads : int
        Threads; they change the time, never the result.
    tick : callable
        Told what is done and its share; it may raise to stop the work.
    refits : ndarray, shape (resamples, 5), optional
        The refits of Approach 3 where they have been made elsewhere; see `scaletui_core.fitting.doubt.refits_of`.

    Raises
    ------
    InputError
        If no method has a result: why, of the one that was asked for, or of the first; or a run that is to be left out
        is none of the file's.

    Examples
    --------
    >>> from scaletui_core.fitting.synthetic import synthetic
    >>> found = fit_runs(synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.005), FitInputs(bootstraps=256))
    >>> found.parametric.converged, 'envelope' in found.refusals
    (True, True)
    """
    loss = Loss(inputs.loss or "huber", inputs.scale)
    count = BOOTSTRAPS if inputs.bootstraps is None else inputs.bootstraps
    seed = SEED if inputs.seed is None else inputs.seed
    how = inputs.resample or "run"
    runs, curves = without(runs, curves, inputs.excluded)
    asked, refusals = inputs.methods, dict[str, str]()
    first: list[InputError] = []

    def attempt(name: str, make: Callable[[], Made]) -> Made | None:
        if name not in asked:
            return None
        tick(name, 0.0)
        try:
            return make()
        except InputError as error:
            refusals[name] = error.what
            first.append(error)
            return None

    parametric = attempt("parametric", lambda: fit(runs, loss, exhaustive=inputs.exhaustive, threads=threads))
    doubt, left_out, profiles = None, tuple[LeftOut, ...](), tuple[Profile, ...]()
    groups = groups_of(runs)
    if parametric is not None:
        doubt = doubt_of(
            runs, parametric, count, seed, how=how, groups=groups, threads=threads, tick=tick, sample=refits
        )
        left_out = tuple(leave_budgets_out(runs, parametric, budgets_of(runs.flops).label))
        if count and parametric.converged and runs.count <= PROFILED:
            profiles = tuple(profile(runs, parametric, name, inputs.share) for name in ("E", "alpha", "beta"))
    by, way = ("budget" if how == "budget" else "run"), ("subsample" if how == "subsample" else "bootstrap")
    valleys = attempt("isoflop", lambda: isoflop(runs, bootstraps=count, seed=seed, by=by, how=way))
    lowest = attempt("envelope", lambda: envelope(runs if curves is None else curves, bootstraps=count, seed=seed))
    power = pure = held = None
    points = ""
    if "power" in asked:
        at = frontier_points(runs)
        points = at.source
        power = attempt("power", lambda: power_law(at.flops, at.loss, bootstraps=count, seed=seed))
        if power is not None:
            pure = power_law(at.flops, at.loss, irreducible=False, bootstraps=count, seed=seed)
            try:
                held = hold_out(at.flops, at.loss, bootstraps=count, seed=seed)
            except InputError as error:
                refusals["held-out"] = error.what
    tick("done", 1.0)
    if parametric is None and valleys is None and lowest is None and power is None:
        raise first[0].at(runs.file or "FILE")
    return Fitted(
        runs, inputs, parametric, doubt, left_out, profiles, valleys, lowest, power, pure, points, held, refusals
    )


def groups_of(runs: Runs) -> Indices:
    """Return the budget of each run, from 0 on; a run of no budget is one of its own."""
    label = budgets_of(runs.flops).label.copy()
    alone = np.flatnonzero(label < 0)
    label[alone] = label.max(initial=-1) + 1 + np.arange(len(alone))
    return np.unique(label, return_inverse=True)[1].astype(np.int64)
