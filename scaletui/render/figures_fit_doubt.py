"""The figures of a fit's doubt: residuals, the cloud of the resamples, profile likelihoods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import NormalDist

import numpy as np

from scaletui.render.figures_fit import run_series
from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.shapes import level
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.fitting import profiles
from scaletui_core.fitting.doubt import coefficients_of
from scaletui_core.fitting.parametric import ParametricFit, problem_of
from scaletui_core.fitting.parametric import residuals as residuals_of
from scaletui_core.fitting.records import Array, Runs
from scaletui_core.fitting.whole import Fitted
from scaletui_core.presets import Catalog

_CLOUD = 1000
"""Resamples that are drawn; more would fill the cells of a terminal and no more be seen."""
_AXES = {"params": ("N", "parameters"), "tokens": ("D", "tokens"), "flops": ("C", "FLOP")}
_INSIDE = 3.0  # levels of the interval up to which a profile is drawn


def _fit_of(found: Fitted) -> ParametricFit:
    if found.parametric is None:
        raise InputError("has no Approach 3, whose coefficients these are", hint="--method parametric, or all")
    return found.parametric


def run_residuals(found: Fitted) -> Callable[[Runs], Array]:
    """Return the function that gives ln L_hat - ln L of any runs, of the fit or not, by Approach 3.

    Raises
    ------
    InputError
        If Approach 3 was not fitted.
    """
    fit, problem = _fit_of(found), problem_of(found.runs)

    def rest(some: Runs) -> Array:
        x, y = np.log(some.params) - problem.centre[0], np.log(some.tokens) - problem.centre[1]
        return residuals_of(replace(problem, x=x, y=y, log_loss=np.log(some.loss)), fit.theta)

    return rest


def residuals(axis: str, inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return ln L_hat - ln L of each run against N, D or C, with zero and, of Huber's function, delta either side.

    Raises
    ------
    InputError
        If Approach 3 was not fitted.
    """
    fit, runs = _fit_of(inputs), inputs.runs
    rest = run_residuals(inputs)
    xs = getattr(runs, axis)
    ends = float(xs.min()) / 1.5, float(xs.max()) * 1.5
    series = run_series(runs, lambda some: getattr(some, axis), rest)
    series.append(level("zero", 0.0, ends, 1))
    if fit.loss.kind == "huber" and fit.loss.scale is not None:
        delta = fit.loss.scale
        series += [level("delta", delta, ends, 4), level("-delta", -delta, ends, 4)]
    symbol, unit = _AXES[axis]
    title = f"Residuals of Approach 3 against {symbol}"
    return Plot(title, Axis(symbol, unit, True, *ends), Axis("ln L_hat - ln L", "1", False), tuple(series))


by_params, by_tokens, by_flops = (partial(residuals, axis) for axis in _AXES)


def _sample(found: Fitted) -> Array:
    """Return ``(E, A, B, alpha, beta, a, b)`` of resamples of Approach 3, evenly so many of them."""
    _fit_of(found)
    sample = np.empty((0, 5)) if found.doubt is None else found.doubt.sample
    kept = sample[np.isfinite(sample).all(axis=1)]
    if len(kept) < 2:
        raise InputError("needs resamples", hint="--bootstraps 4000")
    which = np.unique(np.linspace(0, len(kept) - 1, min(len(kept), _CLOUD)).astype(int))
    return coefficients_of(kept[which])


def _cloud(found: Fitted, x: int, y: int, axes: tuple[Axis, Axis], title: str) -> Plot:
    sample = _sample(found)
    point = coefficients_of(np.array(_fit_of(found).coefficients))
    (x_low, x_high), (y_low, y_high) = (np.percentile(sample[:, at], (0.5, 99.5)) for at in (x, y))
    inside = (sample[:, x] >= x_low) & (sample[:, x] <= x_high) & (sample[:, y] >= y_low) & (sample[:, y] <= y_high)
    kept = sample[inside]
    series = Series("resamples", kept[:, x].tolist(), kept[:, y].tolist(), "points", 0)
    mark = Mark(float(point[x]), float(point[y]), f"{axes[0].label} {point[x]:.4g}, {axes[1].label} {point[y]:.4g}",
                emphasis=True)  # fmt: skip
    room = 0.05 * float(x_high - x_low)
    axis = axes[0]._replace(low=min(float(x_low), mark.x) - room, high=max(float(x_high), mark.x) + room)
    return Plot(title, axis, axes[1], (series,), (mark,))


def cloud(inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return alpha and beta of the resamples, without the outermost, and of the fit.

    Raises
    ------
    InputError
        If there are no resamples.
    """
    return _cloud(inputs, 3, 4, (Axis("alpha", "1", False), Axis("beta", "1", False)), "Resamples: beta against alpha")


def cloud_irreducible(inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return a, the exponent of N_opt, and E of the resamples, without the outermost, and of the fit.

    Raises
    ------
    InputError
        If there are no resamples.
    """
    axes = Axis("a", "1", False), Axis("E", "nats/token", False)
    return _cloud(inputs, 5, 0, axes, "Resamples: E against a, of N_opt ~ C^a")


def profile(inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return the profile likelihoods of alpha, beta and E, over their values in the fit, and the level of the interval.

    Raises
    ------
    InputError
        If Approach 3 was not fitted.
    """
    fit = _fit_of(inputs)
    values = dict(zip(("E", "alpha", "beta"), (fit.coefficients[0], *fit.coefficients[3:]), strict=True))
    height = NormalDist().inv_cdf(0.5 + inputs.coverage / 2.0) ** 2
    known = {one.name: one for one in inputs.profiles}
    series, ends = [], []
    for color, (name, value) in enumerate(values.items()):
        found = known.get(name) or profiles.profile(inputs.runs, fit, name, inputs.coverage)
        near = found.excess <= _INSIDE * height
        xs = (found.at[near] / value).tolist()
        ends += xs
        low, high = (f"{end:.4g}" if np.isfinite(end) else "unbounded" for end in (found.low, found.high))
        series.append(Series(f"{name} {low} to {high}", xs, found.excess[near].tolist(), color=color))
    low, high = min(ends), max(ends)
    series.append(level(f"{inputs.coverage:.0%} inside below", height, (low, high), 4))
    axis = Axis("coefficient", "times its estimate", False, low, high)
    return Plot("Profile likelihoods of Approach 3", axis, Axis("fall of 2 ln likelihood", "1", False), tuple(series))
