"""What a training run takes on the machine given: time, accelerator-hours, hire, energy, utilisation."""

from __future__ import annotations

from scaletui_core.answer import Note, Row, made
from scaletui_core.budget import Plan
from scaletui_core.formula import Formula, Number
from scaletui_core.machine import (
    Machine,
    accelerator_hours,
    fleet_hours,
    implied_mfu,
    rate_seconds,
    run_cost,
    run_energy,
    run_seconds,
)
from scaletui_core.quantity import count_text
from scaletui_core.traced import as_float


def cost_rows(plan: Plan, flops: float, tokens: float | None, law: str | None) -> list[Row]:
    """Return the rows of a run's time and cost; none where nothing says how fast it goes.

    Row ids: ``duration``; on a machine ``accelerator_hours``, ``cost``, ``energy``; ``mfu`` where a rate implies it.

    Parameters
    ----------
    plan : Plan
        The machine, or the training throughput, or both.
    flops : float
        Training compute [FLOP].
    tokens : float or None
        Training data [tokens]; a throughput says nothing without it.
    law : str or None
        The law that the compute and the tokens are of.
    """
    fleet = plan.machine
    if plan.tokens_per_second is not None:
        return [] if tokens is None else _rows_at_rate(plan.tokens_per_second, fleet, flops, tokens, law)
    if fleet is None:
        return []
    mfu = Number("MFU", fleet.mfu, "fraction", fleet.mfu_source)
    hired = _hire_rows(fleet, accelerator_hours, (Number("C", flops, "FLOP"), _peak(fleet), mfu), law)
    h, n = Number("accelerator-hours", hired[0].value, "accelerator-hours"), Number("n", as_float(fleet.count), "1")
    label = f"time on {count_text(fleet.count)} x {fleet.name}"
    return [made("duration", label, run_seconds, h, n, law=law, subject=fleet.id), *hired]


def _rows_at_rate(rate: float, fleet: Machine | None, flops: float, tokens: float, law: str | None) -> list[Row]:
    given = Number("tokens/s", rate, "tokens/s", "given: --tokens-per-second")
    key = None if fleet is None else fleet.id
    label = "time at the given tokens/s"
    time = made("duration", label, rate_seconds, Number("D", tokens, "tokens"), given, law=law, subject=key)
    if fleet is None:
        return [time]
    n, t = Number("n", as_float(fleet.count), "1"), Number("t", time.value, "s")
    used = (Number("C", flops, "FLOP"), n, _peak(fleet), t)
    return [
        time,
        *_hire_rows(fleet, fleet_hours, (n, t), law),
        made("mfu", "MFU that this means", implied_mfu, *used, law=law, subject=key, source=fleet.source),
    ]


def _peak(fleet: Machine) -> Number:
    return Number("peak", fleet.peak, "FLOP/s", fleet.source)


def _hire_rows(fleet: Machine, how: Formula, numbers: tuple[Number, ...], law: str | None) -> list[Row]:
    """Return accelerator-hours by one of their formulas, and the hire and energy that follow."""
    label, key = f"{fleet.name} hours, {fleet.precision.upper()}", fleet.id
    hours = made("accelerator_hours", label, how, *numbers, law=law, subject=key, source=fleet.source)
    h = Number("accelerator-hours", hours.value, "accelerator-hours")
    price = Number("price", fleet.price, "USD/h", fleet.price_source)
    rows = [hours, made("cost", "hire", run_cost, h, price, law=law, subject=key, source=fleet.price_source)]
    if fleet.power is not None:
        power, label = Number("power", fleet.power, "W", fleet.power_source), "energy of the accelerators"
        rows.append(made("energy", label, run_energy, h, power, law=law, subject=key, source=fleet.power_source))
    return rows


def utilisation_notes(rows: list[Row]) -> list[Note]:
    """Return the notes on utilisations above 1, which no machine can do."""
    text = "the rate asks more of the machine than its dense peak: MFU {:.3g}."
    return [
        Note(f"mfu-above-1:{row.law}", text.format(row.value), row.source, row.law, "contradiction")
        for row in rows
        if row.id == "mfu" and row.value > 1.0
    ]
