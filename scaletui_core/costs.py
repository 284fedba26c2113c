"""What a training run takes on the machine given: time, accelerator-hours, hire, energy, utilisation."""

from __future__ import annotations

from scaletui_core.answer import Note, Row
from scaletui_core.budget import Plan
from scaletui_core.formula import Number, Working
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
    hours = accelerator_hours(flops, fleet.peak, fleet.mfu)
    h = Number("accelerator-hours", hours, "accelerator-hours")
    seconds = run_seconds(hours, fleet.count)
    mfu = Number("MFU", fleet.mfu, "fraction", fleet.mfu_source)
    working = Working.of(accelerator_hours, ("C", flops, "FLOP"), _peak(fleet), mfu)
    time = Working.of(run_seconds, h, ("n", float(fleet.count), "1"))
    return [
        Row("duration", f"time on {fleet.count:,} x {fleet.name}", seconds, "s", law, fleet.id, working=time),
        *_hire_rows(fleet, hours, working, law),
    ]


def _rows_at_rate(rate: float, fleet: Machine | None, flops: float, tokens: float, law: str | None) -> list[Row]:
    seconds = rate_seconds(tokens, rate)
    time = Working.of(
        rate_seconds, ("D", tokens, "tokens"), ("tokens/s", rate, "tokens/s", "given: --tokens-per-second")
    )
    if fleet is None:
        return [Row("duration", "time at the given tokens/s", seconds, "s", law, working=time)]
    n, t = Number("n", float(fleet.count), "1"), Number("t", seconds, "s")
    hours = fleet_hours(fleet.count, seconds)
    mfu = implied_mfu(flops, fleet.count, fleet.peak, seconds)
    used = Working.of(implied_mfu, ("C", flops, "FLOP"), n, _peak(fleet), t)
    return [
        Row("duration", "time at the given tokens/s", seconds, "s", law, fleet.id, working=time),
        *_hire_rows(fleet, hours, Working.of(fleet_hours, n, t), law),
        Row("mfu", "MFU that this means", mfu, "fraction", law, fleet.id, source=fleet.source, working=used),
    ]


def _peak(fleet: Machine) -> Number:
    return Number("peak", fleet.peak, "FLOP/s", fleet.source)


def _hire_rows(fleet: Machine, hours: float, working: Working, law: str | None) -> list[Row]:
    h = Number("accelerator-hours", hours, "accelerator-hours")
    price = Number("price", fleet.price, "USD/h", fleet.price_source)
    label = f"{fleet.name} hours, {fleet.precision.upper()}"
    unit = "accelerator-hours"
    rows = [
        Row("accelerator_hours", label, hours, unit, law, fleet.id, source=fleet.source, working=working),
        Row("cost", "hire", run_cost(hours, fleet.price), "USD", law, fleet.id, source=fleet.price_source,
            working=Working.of(run_cost, h, price)),
    ]  # fmt: skip
    if fleet.power is not None:
        power = Number("power", fleet.power, "W", fleet.power_source)
        energy, how = run_energy(hours, fleet.power), Working.of(run_energy, h, power)
        label = "energy of the accelerators"
        rows.append(Row("energy", label, energy, "J", law, fleet.id, source=fleet.power_source, working=how))
    return rows


def utilisation_notes(rows: list[Row]) -> list[Note]:
    """Return the notes on utilisations above 1, which no machine can do."""
    text = "the rate asks more of the machine than its dense peak: MFU {:.3g}."
    return [
        Note(f"mfu-above-1:{row.law}", text.format(row.value), row.source, row.law, "contradiction")
        for row in rows
        if row.id == "mfu" and row.value > 1.0
    ]
