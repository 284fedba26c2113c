"""What a fit says of the frontier alone: Approaches 2 and 1, and laws of compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from scaletui_core.answer import Note, Row
from scaletui_core.fit_rows import APPROACH, LABELS, count_rows, sampled_intervals, tell_doubt, with_interval
from scaletui_core.fitting.bootstrap import Interval
from scaletui_core.fitting.whole import Fitted
from scaletui_core.formula import Number, Working
from scaletui_core.quantity_text import format_quantity


def isoflop_rows(found: Fitted, rows: list[Row], notes: list[Note]) -> None:
    """Add the rows and notes of Approach 2, if it was fitted."""
    one, name = found.isoflop, "isoflop"
    if one is None:
        return
    source = APPROACH[name]
    used = [valley for valley in one.valleys if valley.bracketed]
    working = Working(
        "ln N_opt = ln k + a ln C through the bottoms of parabolas L = c0 + c1 u + c2 u^2, u = ln N",
        (Number("budgets", float(len(used)), "1"),),
    )
    _exponents(one, name, source, working, found, rows)
    rows += [
        Row("valley_params", f"N_opt at {format_quantity(valley.flops, 'FLOP')} FLOP", valley.params_opt, "parameters",
            subject=name, at=valley.flops, source=source)
        for valley in used
    ]  # fmt: skip
    count_rows(rows, name, sum(len(valley.members) for valley in used), one.converged, "runs at these budgets")
    tell_doubt(one, name, notes)


def _exponents(one: Any, name: str, source: str, working: Working, found: Fitted, rows: list[Row]) -> None:
    """Add the exponents and factors of a frontier that was fitted directly."""
    columns = ("a", "b", "log_k_params", "log_k_tokens")
    values = [getattr(one, column) for column in columns]
    ends = sampled_intervals(one, values, columns, found)
    for index, (row_id, label, unit) in enumerate(
        (("a", LABELS["a"], "1"), ("b", LABELS["b"], "1"), ("k_params", "k of N_opt = k C^a", "1"),
         ("k_tokens", "k of D_opt = k C^b", "1"))
    ):  # fmt: skip
        end, value = ends[index], values[index]
        if index > 1:
            value, end = _exp(value), None if end is None else Interval(*map(_exp, end))
            if not np.isfinite(value):
                continue
        rows.append(with_interval(Row(row_id, label, value, unit, subject=name, source=source, working=working), end))


def envelope_rows(found: Fitted, rows: list[Row], notes: list[Note]) -> None:
    """Add the rows and notes of Approach 1, if it was fitted."""
    one, name = found.envelope, "envelope"
    if one is None:
        return
    source = APPROACH[name]
    working = Working("ln N = ln k + a ln C through the N of the lowest curve at each budget",
                      (Number("budgets", float(len(one.flops)), "1"),))  # fmt: skip
    _exponents(one, name, source, working, found, rows)
    (end,) = sampled_intervals(one, [one.curvature], ["curvature"], found)
    label = "curvature: change of a a decade"
    row = Row("curvature", label, one.curvature, "1", subject=name, source="hoffmann-2022: Appendix E")
    rows.append(with_interval(row, end))
    count_rows(rows, name, len(np.unique(one.winner)), one.converged, "curves on the frontier")
    tell_doubt(one, name, notes)


def power_rows(found: Fitted, rows: list[Row], notes: list[Note]) -> None:
    """Add the rows and notes of the laws of compute, if they were fitted."""
    one, name = found.power, "power"
    if one is None:
        return
    source = APPROACH[name]
    where = {"valleys": "bottoms of the valleys", "lowest": "lowest loss of each budget",
             "stairs": "runs that none of as little compute beats"}.get(found.points, found.points)  # fmt: skip
    points = (Number("points", float(one.count), "1", where),)
    working = Working("L = a C^b + c, least squares of ln L", points)
    ends = sampled_intervals(one, [one.log_a, one.b, one.c], ("log_a", "b", "c"), found)
    scale = None if ends[0] is None else Interval(*map(_exp, ends[0]))
    for row_id, label, value, unit, end in (
        *((("scale", "a of L = a C^b + c", _exp(one.log_a), "1", scale),) if np.isfinite(_exp(one.log_a)) else ()),
        ("exponent", "b of L = a C^b + c", one.b, "1", ends[1]),
        ("irreducible", "c of L = a C^b + c", one.c, "nats/token", ends[2]),
    ):
        rows.append(with_interval(Row(row_id, label, value, unit, subject=name, source=source, working=working), end))
    rows.append(Row("objective", "objective, with c", one.objective, "1", subject=name, working=working))
    if found.pure is not None:
        bare = Working("L = a C^b, least squares of ln L", points)
        rows.append(
            Row("objective_pure", "objective, without c", found.pure.objective, "1", subject=name, working=bare)
        )
        rows.append(Row("exponent_pure", "b of L = a C^b", found.pure.b, "1", subject=name, working=bare))
    factor = _exp(one.log_a)
    times = format_quantity(factor, "1", digits=4) if np.isfinite(factor) else f"e^{one.log_a:.4g}"
    law = f"L = {times} C^{one.b:.4g} + {one.c:.4f} nats/token"
    bare_too = "" if found.pure is None else f"; without c C^{found.pure.b:.4g}, squares {_times(found)} as large"
    notes.append(Note("power-law", f"{law}, through {one.count} points, {where}{bare_too}.", None, name, "assumption"))
    held = found.held_out
    if held is not None:
        words = [
            f"{label} of runs at most a thousandth foretells {law_.predicted:.4f}{_span(law_.low, law_.high)}"
            for label, law_ in (("a C^b + c", held.irreducible), ("a C^b", held.pure))
            if law_ is not None
        ]
        text = f"the largest, {format_quantity(held.flops, 'FLOP')} FLOP, has {held.actual:.4f}; {'; '.join(words)}."
        notes.append(Note("held-out", text, None, name, "assumption"))
        at = format_quantity(held.flops, "FLOP")
        rows.append(Row("held_out_loss", f"loss at {at} FLOP, held out", held.actual, "nats/token", subject=name))
        for row_id, label, told in (("held_out_predicted", "a C^b + c", held.irreducible),
                                    ("held_out_predicted_pure", "a C^b", held.pure)):  # fmt: skip
            if told is not None:
                row = Row(row_id, f"foretold from below by {label}", told.predicted, "nats/token", subject=name)
                rows.append(with_interval(row, Interval(told.low, told.high, 0.0)))
    rows.append(Row("points", "points of the frontier", float(one.count), "1", subject=name))
    rows.append(Row("converged", "converged (1 yes, 0 no)", float(one.converged), "1", subject=name))
    tell_doubt(one, name, notes)


def _exp(value: float) -> float:
    """Return e to a logarithm, infinite where that is more than a float holds."""
    with np.errstate(over="ignore"):
        return float(np.exp(value))


def _span(low: float, high: float) -> str:
    return f" ({low:.4f} to {high:.4f})" if np.isfinite((low, high)).all() else ""


def _times(found: Fitted) -> str:
    """Return how many times as large the squares are without an irreducible loss."""
    assert found.power is not None
    assert found.pure is not None
    return f"{found.pure.objective / max(found.power.objective, 1e-300):.3g} times"
