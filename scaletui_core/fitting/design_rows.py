"""The rows and notes of a design's answer."""

from __future__ import annotations

from math import exp, sqrt
from statistics import NormalDist

from scaletui_core.answer import Column, Note, Row, Table, made
from scaletui_core.calculator import INSIDE
from scaletui_core.fitting.design_space import Bounds
from scaletui_core.fitting.information import Evidence
from scaletui_core.fitting.proposal import Proposal, Step
from scaletui_core.formula import Number, Working, examples, formula
from scaletui_core.law_formulas import (
    decades_outside,
    log_allocation,
    parametric_loss,
    tokens_per_param,
    training_flops,
)
from scaletui_core.quantity_text import format_quantity

COVERAGE = 0.9
"""Share of the normal distribution inside an interval."""
SOURCE = "scaletui: Fisher information of the fit"
_Z = NormalDist().inv_cdf(0.5 + COVERAGE / 2.0)


@formula("s_t = s (f c^T I^-1 c)^(1/2)", unit="1", source=SOURCE)
def error_of(spread: float, factor: float, form: float) -> float:
    """Return the standard error of the logarithm of a prediction, from the spread of ln L, f, and c^T I^-1 c.

    >>> error_of(0.01, 1.0, 4.0)
    0.02
    """
    return spread * sqrt(factor * form)


@formula("h = 1.645 s_t", unit="1", source="scaletui: half of the central 90% of a normal distribution")
def half_width(error: float) -> float:
    """Half the width of the central 90% of the logarithm of a prediction.

    >>> round(half_width(0.01), 5)
    0.01645
    """
    return _Z * error


@formula("1 - h_after / h_now", unit="fraction", source="scaletui: definition")
def shrinkage_of(after: float, now: float) -> float:
    """Share of an interval's width that goes; what rounding makes of none is none.

    >>> shrinkage_of(0.03, 0.04), shrinkage_of(0.05, 0.04)
    (0.25, 0.0)
    """
    return max(1.0 - after / now, 0.0)


@formula("share = C / spend", unit="fraction", source="scaletui: definition")
def share_of(flops: float, spend: float) -> float:
    """Part of the money that a run costs.

    >>> share_of(2e21, 1e22)
    0.2
    """
    return flops / spend


def target_rows(known: Evidence, found: Proposal, flops: float | None) -> list[Row]:
    """Return the prediction with its interval, before and after."""
    target = found.target
    a, b, alpha, beta = (float(one) for one in known.theta[1:])
    log_a, log_b = a + alpha * known.centre[0], b + beta * known.centre[1]
    values = (("E", exp(float(known.theta[0]))), ("A", exp(log_a)), ("B", exp(log_b)), ("alpha", alpha), ("beta", beta))
    numbers = [Number(symbol, value, "1", "the fit") for symbol, value in values]
    of_budget = [Number("C", flops, "FLOP", "given: --flops")] if flops is not None else []
    if target.what == "loss":
        where = [Number("N", target.params, "parameters"), Number("D", target.tokens, "tokens")]
        expression = parametric_loss.expression + (", N and D optimal for C" if of_budget else "")
        label, unit, source = "loss", "nats/token", parametric_loss.source
    else:
        where, numbers = [], numbers[1:]
        expression = f"N_opt = G (C/6)^(beta/(alpha + beta)), {log_allocation.expression}"
        label, unit, source = "optimal N", "parameters", log_allocation.source
    working = Working(expression, (*of_budget, *where, *numbers))
    if flops is not None:
        label += f" at {format_quantity(flops, 'FLOP')} FLOP"
    value, rows = exp(target.log_value), []
    for name, error, when in (("now", found.error_now, "now"), ("after", found.error_after, "after these runs")):
        wide = exp(half_width(error))
        rows.append(
            Row(f"target_{name}", f"{label}, {when}", value, unit, low=value / wide, high=value * wide, source=source,
                working=working)
        )  # fmt: skip
    return rows


def interval_rows(known: Evidence, found: Proposal) -> list[Row]:
    """Return how wide the interval is, before and after, and what naive choices of the same cost make of it."""
    of = "N_opt" if found.target.what == "params" else "L"
    ways = (
        ("now", "now", found.error_now),
        ("after", "after these runs", found.error_after),
        ("single", "after 1 optimal run", found.single[-1].error),
        ("ladder", f"after {_counted(found.ladder)}", found.ladder[-1].error),
    )
    given_ = Number("s", known.spread, "1", SOURCE), Number("f", known.factor, "1", SOURCE)
    errors, widths = [], []
    for name, when, error in ways:
        form = Number("c^T I^-1 c", (error / known.spread) ** 2 / known.factor, "1", SOURCE)
        errors.append(made(f"error_{name}", f"standard error of ln {of}, {when}", error_of, *given_, form))
        number = Number("s_t", errors[-1].value, "1", SOURCE)
        widths.append(made(f"interval_{name}", f"+- of ln {of} (90%), {when}", half_width, number))
    now = Number("h_now", widths[0].value, "1")
    shrunk = []
    whats = ("these runs", "1 optimal run instead", f"{_counted(found.ladder)} instead")
    for row, end, what in zip(widths[1:], ("", "_single", "_ladder"), whats, strict=True):
        number = Number("h_after", row.value, "1")
        shrunk.append(made(f"shrinkage{end}", f"narrower by {what}", shrinkage_of, number, now))
    spent = sum(step.flops for step in found.runs)
    working = Working("sum of 6 N D", tuple(Number("C", step.flops, "FLOP") for step in found.runs))
    cost = Row("spent", "compute of these runs", spent, "FLOP", source=training_flops.source, working=working)
    return [*errors[:2], *widths, *shrunk, cost]


def _counted(ladder: tuple[Step, ...]) -> str:
    return f"{len(ladder)} optimal run{'s' if len(ladder) != 1 else ''}"


def run_rows(found: Proposal) -> list[Row]:
    """Return the runs, the one that says most first."""
    rows: list[Row] = []
    spend = Number("spend", found.spend, "FLOP", "given: --spend")
    for index, step in enumerate(found.runs, 1):
        n, d = Number("N", step.params, "parameters", SOURCE), Number("D", step.tokens, "tokens", SOURCE)
        c = made("flops", "C", training_flops, n, d)
        group = (
            Row("params", "N", step.params, "parameters", source=SOURCE),
            Row("tokens", "D", step.tokens, "tokens", source=SOURCE),
            c,
            made("tokens_per_param", "D/N", tokens_per_param, d, n),
            made("share", "share", share_of, Number("C", c.value, "FLOP"), spend),
            made("interval", "interval with it", half_width, Number("s_t", step.error, "1", SOURCE)),
        )
        rows += [row._replace(subject=f"run-{index}") for row in group]
    return rows


def notes_of(known: Evidence, found: Proposal) -> list[Note]:
    """Return what the design takes for granted."""
    bounds = found.bounds
    notes = [
        _note(
            "linear",
            "The law is taken to hold beyond the runs, and as a straight line in its coefficients about the fit.",
        ),
        _note(
            "noise",
            f"A run's ln L is taken to have normal noise of {format_quantity(known.spread, 'fraction', digits=2)}, the "
            "same at every size and independent: runs of one N and D need seeds and orders of data of their own.",
        ),
        Note(
            "design-bounds",
            f"Looked for among {_words(bounds)}; narrow that (--min-params, --max-tokens, --max-ratio, ...) to where "
            "the law is trusted.",
            SOURCE,
            kind="convention",
        ),
        Note(
            "design-naive",
            "One compute-optimal run has all the compute; the ladder has it on runs a half decade of compute apart, "
            "all compute-optimal by the fit, as near as the bounds allow.",
            SOURCE,
            kind="convention",
        ),
    ]
    if known.resamples:
        text = f"What the runs there are know is by {known.resamples:,} bootstrap fits; the noise is that of new runs."
        notes.insert(1, _note("bootstrap", text))
    if known.factor > 1.005:
        text = (
            f"The fit sums {known.loss.kind}, whose variance under normal noise is {known.factor:.2f} times that of "
            "squares."
        )
        notes.insert(-2, _note("efficiency", text))
    flops = training_flops(found.target.params, found.target.tokens)
    beyond = decades_outside(flops, *known.flops)
    if abs(beyond) >= INSIDE:
        side, edge = ("above the largest", known.flops[1]) if beyond > 0 else ("below the smallest", known.flops[0])
        text = (
            f"{format_quantity(flops, 'FLOP')} FLOP is {abs(beyond):.1f} orders of magnitude {side} run behind the "
            f"fit, {format_quantity(edge, 'FLOP')} FLOP."
        )
        notes.append(Note("extrapolation:design", text, SOURCE, kind="extrapolation"))
    return notes


def _note(name: str, text: str) -> Note:
    return Note(f"design-{name}", text, SOURCE, kind="assumption")


def _words(bounds: Bounds) -> str:
    parts = zip(("N", "D", "D/N"), bounds, ("parameters", "tokens", "tokens/parameter"), strict=True)
    return ", ".join(f"{name} of {format_quantity(a, u)} to {format_quantity(b, u)}" for name, (a, b), u in parts)


TABLE = Table(
    "subject",
    (
        Column("params", "N", "parameters"),
        Column("tokens", "D", "tokens"),
        Column("flops", "C", "FLOP"),
        Column("tokens_per_param", "D/N", "tokens/parameter"),
        Column("share", "share", "fraction"),
        Column("interval", "+- in ln, with it", "1"),
    ),
)
__test__ = examples({one.name: one for one in (error_of, half_width, shrinkage_of, share_of)})
