"""The figures of a fit: its runs under the fitted law, their isoFLOP slices, and the loss against compute."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.ticks import number
from scaletui_core.answer import Answer
from scaletui_core.calculator import INSIDE
from scaletui_core.errors import InputError
from scaletui_core.fitting.bootstrap import percentile
from scaletui_core.fitting.records import Array, Runs
from scaletui_core.fitting.valleys import Valley, valleys_of
from scaletui_core.fitting.whole import Fitted
from scaletui_core.frontier import log_spaced
from scaletui_core.law_formulas import log_power
from scaletui_core.law_kinds import Law
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity

RUNS, EXCLUDED = "runs", "left out"
_POINTS = 61  # of a line
_BEYOND = 100.0  # how far the frontier is drawn beyond the largest C
_CONTOURS = 8
_SLICES = 8
_MOST = 5000  # points of runs
_ROOM = 10.0**INSIDE


def points(inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return the runs in the plane of N and D, with contours of equal loss and the compute-optimal frontier."""
    runs = inputs.runs
    ends = _ends(runs.params), _ends(runs.tokens)
    series = [*_frontier_line(inputs), *run_series(runs, lambda some: some.params, lambda some: some.tokens)]
    law = parametric_of(inputs)
    if law is not None:
        for level in _levels(float(runs.loss.min()), float(runs.loss.max())):
            series.append(_contour(law, level, *ends, color=3 + len(series) % 4))
    title = f"Runs, {'contours of equal loss, ' if law else ''}optimum for each C"
    return Plot(title, Axis("N", "parameters", True, *ends[0]), Axis("D", "tokens", True, *ends[1]), tuple(series))


def slices(inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return isoFLOP slices: the loss against N at each budget, with the fitted law and the bottoms of the parabolas.

    Raises
    ------
    InputError
        If no two runs share a budget.
    """
    runs = inputs.runs
    valleys = list(valleys_of(runs) if inputs.isoflop is None else inputs.isoflop.valleys)
    if not valleys:
        raise InputError("no two runs share a budget", hint="there are no isoFLOP slices to draw")
    chosen = _spread([one for one in valleys if one.sizes > 2] or valleys, _SLICES)
    law = parametric_of(inputs)
    series: list[Series] = []
    marks: list[Mark] = []
    for color, valley in enumerate(chosen):
        at = format_quantity(valley.flops, "FLOP")
        sizes, losses = runs.params[valley.members].tolist(), runs.loss[valley.members].tolist()
        series.append(Series(f"C = {at}", sizes, losses, "points", color % 8))
        if valley.bracketed:
            marks.append(Mark(valley.params_opt, valley.loss_opt, number(valley.params_opt, "parameters")))
    for color, valley in enumerate(chosen):
        line = _slice_line(valley, law)
        if line is not None:
            series.append(Series("", *line, color=color % 8))
    of = "the fitted law" if law is not None else "parabolas"
    more = f" ({len(chosen)} of {len(valleys)})" if len(chosen) < len(valleys) else ""
    return Plot(f"isoFLOP slices{more} with {of}, bottoms of parabolas", Axis("N", "parameters"),
                Axis("L", "nats/token", False), tuple(series), tuple(marks))  # fmt: skip


def loss(inputs: Fitted, answer: Answer, catalog: Catalog) -> Plot:
    """Return the loss against C: runs, the frontier L(C) of the fitted law with its band, and the law of compute."""
    runs = inputs.runs
    low, high = float(runs.flops.min()), float(runs.flops.max())
    flops = log_spaced(low, high * _BEYOND, _POINTS)
    fitted = low / _ROOM, high * _ROOM
    series: list[Series] = []
    law, doubt = parametric_of(inputs), inputs.doubt
    if law is not None:
        best = [law.optimal_loss(one).value for one in flops]
        series.append(Series("L(C), parametric", flops, best, color=1, fitted=fitted))
        if doubt is not None and len(doubt.sample) > 1:
            ends = _band(law, doubt.sample, flops, inputs.coverage)
            if ends is not None:
                name = f"{inputs.coverage:.0%} of resamples"
                series.append(Series(name, flops, ends[0].tolist(), "band", 1, ys2=ends[1].tolist()))
    if inputs.power is not None:
        along = [inputs.power.at(one) for one in flops]
        series.append(Series("a C^b + c", flops, along, color=4, dashed=True, fitted=fitted))
    if inputs.pure is not None:
        along = [inputs.pure.at(one) for one in flops]
        series.append(Series("a C^b", flops, along, color=5, dotted=True))
    series += run_series(runs, lambda some: some.flops, lambda some: some.loss)
    title = "Loss against compute: runs, and the least by each law"
    return Plot(title, Axis("C", "FLOP", True, flops[0], flops[-1]), Axis("L", "nats/token", False), tuple(series))


def parametric_of(found: Fitted) -> ParametricLaw | None:
    """Return the law of Approach 3; None where it was not fitted."""
    fit = found.parametric
    if fit is None:
        return None
    e, log_a, log_b, alpha, beta = fit.coefficients
    record = {"E": e, "ln_A": log_a, "ln_B": log_b, "alpha": alpha, "beta": beta}
    return ParametricLaw("fit", {"name": "fit", "counts": "", "source": "", **record})


def run_series(runs: Runs, x: Callable[[Runs], Array], y: Callable[[Runs], Array]) -> list[Series]:
    """Return the runs as points, and those that were left out if there are any; of very many evenly some.

    ``x`` and ``y`` return what stands on the axes.
    """
    out = []
    for name, some, color in ((EXCLUDED, runs.excluded, 2), (RUNS, runs, 0)):
        if some is not None:
            which = slice(None, None, -(-some.count // _MOST))
            out.append(Series(name, x(some)[which].tolist(), y(some)[which].tolist(), "points", color))
    return out


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()) / 1.5, float(values.max()) * 1.5


def _frontier_line(found: Fitted) -> list[Series]:
    """Return N_opt and D_opt for each C, by the first law that has them, dotted beyond the runs."""
    law: Law | None = parametric_of(found)
    if law is not None:
        lines, name = (law.params_line, law.tokens_line), "optimum, parametric"
    else:
        one, name = (found.isoflop, "isoflop") if found.isoflop is not None else (found.envelope, "envelope")
        if one is None:
            return []
        lines, name = ((one.log_k_params, one.a), (one.log_k_tokens, one.b)), f"optimum, {name}"
    low, high = float(found.runs.flops.min()), float(found.runs.flops.max())
    flops = log_spaced(low / _BEYOND, high * _BEYOND, _POINTS)
    xs, ys = ([math.exp(log_power(math.log(one), *line)) for one in flops] for line in lines)
    fitted = tuple(math.exp(log_power(math.log(one), *lines[0])) for one in (low / _ROOM, high * _ROOM))
    return [Series(name, xs, ys, color=1, fitted=(min(fitted), max(fitted)))]


def _levels(low: float, high: float) -> list[float]:
    """Return round losses between two, few enough to be told apart.

    >>> _levels(2.05, 4.9)
    [2.5, 3.0, 3.5, 4.0, 4.5]
    """
    span = max(high - low, 1e-9)
    exponent = math.floor(math.log10(span / _CONTOURS))
    step = next(
        size
        for size in (m * 10.0**e for e in (exponent, exponent + 1, exponent + 2) for m in (1.0, 2.0, 5.0))
        if span / size <= _CONTOURS
    )
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(count * step, 12) for count in range(first, last + 1)]


def _contour(
    law: ParametricLaw, level: float, x_ends: tuple[float, float], y_ends: tuple[float, float], color: int
) -> Series:
    """Return where the law's loss is one value, within the plot: D of N, and N of D where it is steeper."""
    e, log_a, log_b, alpha, beta = law.coefficients
    found: dict[float, float] = {}
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        xs = np.geomspace(*x_ends, _POINTS)
        ys = np.exp((log_b - np.log(level - e - np.exp(log_a - alpha * np.log(xs)))) / beta)
        found |= dict(zip(xs.tolist(), ys.tolist(), strict=True))
        ys = np.geomspace(*y_ends, _POINTS)
        xs = np.exp((log_a - np.log(level - e - np.exp(log_b - beta * np.log(ys)))) / alpha)
        found |= dict(zip(xs.tolist(), ys.tolist(), strict=True))
    inside = sorted((x, y) for x, y in found.items() if x_ends[0] <= x <= x_ends[1] and y_ends[0] <= y <= y_ends[1])
    return Series(f"L = {level:g}", [x for x, _ in inside], [y for _, y in inside], color=color)


def _spread(valleys: Sequence[Valley], most: int) -> list[Valley]:
    """Return so many of the valleys, evenly over their budgets."""
    if len(valleys) <= most:
        return list(valleys)
    which = np.unique(np.linspace(0, len(valleys) - 1, most).round().astype(int))
    return [valleys[at] for at in which.tolist()]


def _slice_line(valley: Valley, law: ParametricLaw | None) -> tuple[list[float], list[float]] | None:
    """Return the loss against N at a budget: by the law, else by the valley's parabola, else none."""
    if valley.largest <= valley.lowest:
        return None
    xs = log_spaced(valley.lowest, valley.largest, _POINTS)
    if law is not None:
        return xs, [law.loss(n, valley.flops / (6.0 * n)).value for n in xs]
    c0, c1, c2 = valley.coefficients
    if not math.isfinite(c2):
        return None
    return xs, [c0 + c1 * u + c2 * u * u for u in (math.log(n / valley.centre) for n in xs)]


def _band(law: ParametricLaw, sample: Array, flops: Sequence[float], coverage: float) -> tuple[Array, Array] | None:
    """Return the percentiles of the least loss at each C over resampled coefficients."""
    kept = sample[np.isfinite(sample).all(axis=1)]
    kept = kept[(kept[:, 0] > 0.0) & (kept[:, 3:] > 0.0).all(axis=1)]
    if len(kept) < 2:
        return None
    e, log_a, log_b, alpha, beta = kept.T[:, :, None]
    # The same formulas as `ParametricLaw`, over all resamples at once.
    log_g = (np.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    log_c = np.log(np.asarray(flops)[None] / 6.0)
    log_n = log_g + log_c * beta / (alpha + beta)
    losses = e + np.exp(log_a - alpha * log_n) + np.exp(log_b - beta * (log_c - log_n))
    return percentile(losses, coverage)
