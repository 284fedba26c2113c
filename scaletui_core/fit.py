"""What a fit says: the coefficients of every law that the runs allow, with intervals, and what to doubt in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from scaletui_core.answer import Answer, Note, Row, Sweep, Table
from scaletui_core.calculator import provenance
from scaletui_core.fields import given
from scaletui_core.fit_frontiers import envelope_rows, isoflop_rows, power_rows
from scaletui_core.fit_rows import APPROACH, LABELS, count_rows, with_interval
from scaletui_core.fit_table import COLUMNS
from scaletui_core.fitting.bootstrap import Interval
from scaletui_core.fitting.doubt import coefficients_of, correlations, identifiability
from scaletui_core.fitting.information import robust_spread
from scaletui_core.fitting.parametric import problem_of, residuals
from scaletui_core.fitting.records import Fault
from scaletui_core.fitting.whole import Fitted
from scaletui_core.formula import Number, Working
from scaletui_core.quantity_text import format_quantity

_FORM = {
    "huber": "sum over runs of Huber(ln L_hat - ln L), L_hat = E + A/N^alpha + B/D^beta, at its minimum",
    "squared": "sum over runs of (ln L_hat - ln L)^2/2, L_hat = E + A/N^alpha + B/D^beta, at its minimum",
    "student-t": "sum over runs of -ln t4((ln L_hat - ln L)/s), L_hat = E + A/N^alpha + B/D^beta, at its minimum",
}
_TOLD = 3
_FAR = 6.0  # deviations from which a residual is named
_SPLIT = {"a": "a = beta/(alpha + beta), N_opt ~ C^a", "b": "b = alpha/(alpha + beta), D_opt ~ C^b"}


def answer_of(found: Fitted, **more: Any) -> Answer:
    """Return a fit as rows and notes.

    Row ids: of subject ``parametric`` ``E``, ``A``, ``B``, ``alpha``, ``beta``, ``a``, ``b``, ``objective``, ``delta``,
    ``runs``, ``converged`` (1 or 0), ``residual_spread``, ``left_out_error``, ``profile_E``, ``profile_alpha``,
    ``profile_beta``, ``correlation_A_alpha``, ``correlation_B_beta``, ``correlation_E_alpha``, ``correlation_E_beta``;
    of ``isoflop`` and ``envelope`` ``a``, ``b``, ``k_params``,
    ``k_tokens``, ``runs``, ``converged``, and ``valley_params`` at each budget, or ``curvature``; of ``power``
    ``scale``, ``exponent``, ``irreducible``, ``objective``, ``points``, ``converged``, and ``held_out_loss``,
    ``held_out_predicted``, ``held_out_predicted_pure`` where runs reach far enough. Every estimate has ``low`` and
    ``high`` where there were resamples.

    Parameters
    ----------
    found : Fitted
        What was fitted.
    **more
        What else the answer is to say of where it is from.
    """
    rows: list[Row] = []
    notes: list[Note] = []
    _parametric(found, rows, notes)
    isoflop_rows(found, rows, notes)
    envelope_rows(found, rows, notes)
    power_rows(found, rows, notes)
    for name, reason in (found.refusals or {}).items():
        kind = "unreachable" if name in APPROACH else "assumption"
        reason = reason.removeprefix(f"{name} ")
        notes.append(Note(f"refused:{name}", reason + ".", None, name if name in APPROACH else "power", kind))
    notes += [Note("data:told", f"{found.runs.told}.", None)] if found.runs.told else []
    notes += _faults(found.runs.faults)
    doubt = found.doubt
    origin = provenance(
        data=found.runs.file, data_sha256=found.runs.digest, runs=found.runs.count,
        seed=found.inputs.seed or 0, bootstraps=0 if doubt is None else len(doubt.sample), coverage=found.coverage,
        **more,
    )  # fmt: skip
    sweep = Sweep("compute", "C", "FLOP") if any(row.at is not None for row in rows) else None
    inputs = {"file": found.runs.file, **given(found.inputs)}
    table = Table("subject", COLUMNS, digits=4, tells_all=True)
    return Answer("fit", inputs, tuple(rows), tuple(notes), origin, table, sweep)


def _faults(faults: tuple[Fault, ...]) -> list[Note]:
    """Return what is said of rows: the first few of each kind, and how many more there are."""
    out = []
    for kind in dict.fromkeys(fault.kind for fault in faults):
        own = [fault for fault in faults if fault.kind == kind]
        for fault in own[:_TOLD]:
            out.append(
                Note(f"data:{kind}", f"line {fault.line}: {fault.reason}." if fault.line else f"{fault.reason}.", None)
            )
        if len(own) > _TOLD:
            last = own[-1]  # of very many the reader has counted the rest
            more = f"{len(own) - _TOLD} more" if last.line else f"{len(own) - 1 - _TOLD} more, {last.reason}"
            lines = ", ".join(str(fault.line) for fault in own[_TOLD:] if fault.line)
            out.append(Note(f"data:{kind}", f"{more} of that kind: lines {lines}.", None))
    return out


def _parametric(found: Fitted, rows: list[Row], notes: list[Note]) -> None:
    fit, doubt, name = found.parametric, found.doubt, "parametric"
    if fit is None:
        return
    source = APPROACH[name]
    runs = Number("runs", float(found.runs.count), "1", found.runs.file)
    scale = {"huber": [Number("delta", fit.loss.scale or 0.0, "1", source)], "squared": [],
             "student-t": [Number("s", fit.loss.scale or 0.0, "1", "most likely of these residuals")]}  # fmt: skip
    working = Working(_FORM[fit.loss.kind], (*scale[fit.loss.kind], runs))
    values = [float(value) for value in coefficients_of(np.array(fit.coefficients))]
    ends: list[Interval | None] = [None] * 7
    if doubt is not None and doubt.speaks:
        ends = list(doubt.interval(coefficients_of, values, found.coverage, found.inputs.interval or "bca"))
    alpha, beta = values[3:5]
    exponents = (Number("alpha", alpha, "1", source), Number("beta", beta, "1", source))
    for row_id, value, end in zip(LABELS, values, ends, strict=True):
        how = Working(_SPLIT[row_id], exponents) if row_id in _SPLIT else working
        unit = "nats/token" if row_id == "E" else "1"
        row = Row(row_id, LABELS[row_id], value, unit, subject=name, source=source, working=how)
        rows.append(with_interval(row, end))
    rows.append(Row("objective", "objective", fit.objective, "1", subject=name, source=source, working=working))
    if fit.loss.kind != "squared":
        label = "delta" if fit.loss.kind == "huber" else "scale of Student's t"
        rows.append(Row("delta", f"{label}, in ln L", fit.loss.scale or 0.0, "1", subject=name, source=source))
    count_rows(rows, name, found.runs.count, fit.converged)
    for profile in found.profiles:
        value = values[list(LABELS).index(profile.name)]
        how = Working(
            f"where twice the fall of ln likelihood, others refitted, is chi-squared's {found.coverage:.0%}", (runs,)
        )
        label, unit = f"{profile.name}, by its profile", "nats/token" if profile.name == "E" else "1"
        row = Row(f"profile_{profile.name}", label, value, unit, subject=name, working=how)
        rows.append(with_interval(row, Interval(profile.low, profile.high, 0.0)))
    if doubt is not None and doubt.speaks:
        for (one, other), value in correlations(doubt).items():
            label = f"correlation of {one if one == 'E' else f'ln {one}'} with {other}"
            rows.append(Row(f"correlation_{one}_{other}", label, value, "1", subject=name))
    what = {"huber": f"Huber's function, delta {fit.loss.scale:.4g},", "squared": "half the square",
            "student-t": f"minus the logarithm of Student's t, scale {fit.loss.scale:.4g},"}[fit.loss.kind]  # fmt: skip
    notes += [Note(f"not-converged:{name}", f"did not converge: {reason}.", None, name) for reason in fit.reasons]
    _residuals(found, rows, notes)
    if found.left_out:
        count = sum(one.runs for one in found.left_out)
        error = float(np.sqrt(sum(one.runs * one.spread**2 for one in found.left_out) / count))
        how = Working("root mean square of ln L_hat - ln L of each budget, fitted without it", (runs,))
        label = "error at left-out budgets, ln L"
        rows.append(Row("left_out_error", label, error, "1", subject=name, working=how))
        worst = max(found.left_out, key=lambda one: abs(one.bias))
        text = (
            f"leave-one-budget-out: worst at {format_quantity(worst.flops, 'FLOP')} FLOP, where {worst.runs} runs are "
            f"predicted {abs(worst.bias):.2%} too {'high' if worst.bias > 0 else 'low'} by the others."
        )
        notes.append(Note("left-out", text, None, name, "assumption"))
    if doubt is not None and len(doubt.sample):
        words = identifiability(found.runs, doubt) if doubt.speaks else []
        notes += [Note("identifiability", text, None, name, "assumption") for text in words]
        kind = {"run": "runs drawn with replacement", "budget": "budgets drawn with replacement",
                "subsample": "80% of the runs, without replacement"}[doubt.how]  # fmt: skip
        form = "percentile" if doubt.how == "subsample" else (found.inputs.interval or "bca")
        of = f"{len(doubt.sample):,} resamples"
        if doubt.speaks:
            text = f"intervals hold {found.coverage:.0%}, {form}, of {of} ({kind}; seed {doubt.seed})."
            notes.append(Note("resamples", text, None, name, "assumption"))
        if doubt.failed:
            text = f"{doubt.failed:,} of {of} did not converge"
            text += (
                " and are left out of the intervals."
                if doubt.speaks
                else ": the runs do not bound the coefficients, and none has an interval."
            )
            notes.append(Note("resamples-failed", text, None, name, "assumption"))
    text = f"E + A/N^alpha + B/D^beta, at the minimum {fit.objective:.10g} of the sum of {what} of ln L_hat - ln L."
    notes.append(Note("objective", text, source, name, "assumption"))


def _residuals(found: Fitted, rows: list[Row], notes: list[Note]) -> None:
    """Say how large residuals are, and which stand out."""
    assert found.parametric is not None
    runs, name = found.runs, "parametric"
    left = residuals(problem_of(runs), found.parametric.theta)
    spread = robust_spread(left)
    how = Working("median of the n - 5 largest abs(ln L_hat - ln L), over that of a normal deviation of 1",
                  (Number("runs", float(runs.count), "1", runs.file),))  # fmt: skip
    rows.append(Row("residual_spread", "deviation of residuals, ln L", spread, "1", subject=name, working=how))
    text = f"residuals of ln L deviate by {spread:.2%} (robust)"
    far = [k for k in np.argsort(-np.abs(left)) if abs(left[k]) > max(_FAR * spread, 1e-9)]
    if far:
        ids = [f" ({name})" for name in runs.names] or [""] * runs.count
        which = [f"line {runs.lines[k]}{ids[k]} by {left[k]:+.1%}" for k in far[:_TOLD]]
        more = f" and {len(far) - _TOLD} more" if len(far) > _TOLD else ""
        text += f"; more than {_FAR:g} times that: the law misses {', '.join(which)}{more}"
    notes.append(Note("residuals", f"{text}.", None, name, "assumption"))
