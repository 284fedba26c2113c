"""Accelerators by name, and what a training run costs on them: hours, days, energy, money."""

from __future__ import annotations

from typing import NamedTuple

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.formula import examples, formula
from scaletui_core.presets import Catalog, Record
from scaletui_core.quantity import Fleet

PRECISIONS = ("bf16", "fp16", "fp8")
DEFAULT_MFU = 0.40
MFU_SOURCE = "llama-3-2024: Table 4 (BF16 MFU 38% to 43%)"


@formula("C = n x peak x MFU x t", unit="FLOP", source="scaletui: definition of model FLOP utilisation")
def fleet_flops(count: float, peak_flop_per_s: float, mfu: float, seconds: float) -> float:
    """Training compute [FLOP] that a fleet does in a time.

    >>> fleet_flops(512, 989e12, 0.4, 30 * 86400.0)
    5.250023424e+23
    """
    return count * peak_flop_per_s * mfu * seconds


@formula("accelerator-hours = C / (peak x MFU) / 3600", unit="accelerator-hours", source="scaletui: definition")
def accelerator_hours(flops: float, peak_flop_per_s: float, mfu: float) -> float:
    """Accelerator-hours of a training run.

    >>> round(accelerator_hours(3.6e21, 1e15, 0.5), 6)
    2000.0
    """
    return flops / (peak_flop_per_s * mfu) / 3600.0


@formula("t = accelerator-hours x 3600 / n", unit="s", source="scaletui: definition")
def run_seconds(hours: float, count: float) -> float:
    """Wall time [s] of a run on ``count`` accelerators.

    >>> run_seconds(24.0, 2)
    43200.0
    """
    return hours * 3600.0 / count


@formula("energy = accelerator-hours x 3600 x power", unit="J", source="scaletui: definition")
def run_energy(hours: float, power_w: float) -> float:
    """Energy [J] of the accelerators alone at their rated power [W]; hosts, network and cooling come on top.

    >>> run_energy(1.0, 700.0)
    2520000.0
    """
    return hours * 3600.0 * power_w


@formula("cost = accelerator-hours x price", unit="USD", source="scaletui: definition")
def run_cost(hours: float, price_usd_per_hour: float) -> float:
    """Hire [USD] at a price per accelerator-hour.

    >>> run_cost(2.78e6, 2.0)
    5560000.0
    """
    return hours * price_usd_per_hour


@formula("C = cost / price x 3600 x peak x MFU", unit="FLOP", source="scaletui: definition")
def money_flops(cost_usd: float, price_usd_per_hour: float, peak_flop_per_s: float, mfu: float) -> float:
    """Training compute [FLOP] that money buys.

    >>> money_flops(2.0, 2.0, 1e15, 0.5)
    1.8e+18
    """
    return cost_usd / price_usd_per_hour * 3600.0 * peak_flop_per_s * mfu


class Machine(NamedTuple):
    """A fleet with the numbers a training run needs of it.

    ``peak`` is the dense peak of one accelerator [FLOP/s] at ``precision``; ``power`` its rated power [W] or None;
    ``price`` the hire [USD/h] of one.
    """

    id: str
    name: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    precision: str
    peak: float
    mfu: float
    power: float | None
    price: float
    price_source: str
    source: str


def accelerator(catalog: Catalog, name: str, where: str = "--hardware") -> tuple[str, Record]:
    """Return the id and record of an accelerator by id or alias; ``where`` names the place of the name in an error.

    Raises
    ------
    InputError
        If there is none; the nearest name is offered.
    """
    records = catalog.load("hardware").records
    wanted = name.lower()
    if wanted in records:
        return wanted, records[wanted]
    names: list[str] = []
    for key, record in records.items():
        if wanted in record.get("aliases", ()):
            return key, record
        names += [key, *record.get("aliases", ())]
    raise unknown_name("accelerator", name, names, listing="scaletui hardware", where=where)


def machine(
    catalog: Catalog, fleet: Fleet, mfu: float | None = None, price: float | None = None, precision: str | None = None
) -> Machine:
    """Return the machine that a fleet such as ``512xH100`` names.

    Raises
    ------
    InputError
        If the accelerator is unknown, or has no peak at the precision.
    """
    key, record = accelerator(catalog, fleet.accelerator)
    if precision is None:
        precision = next((p for p in PRECISIONS if f"peak_{p}" in record), PRECISIONS[0])
    peak = record.get(f"peak_{precision}")
    if peak is None:
        have = [p for p in PRECISIONS if f"peak_{p}" in record]
        raise InputError(
            f"{record['name']} has no dense {precision} rate", where="--precision", hint=f"it has {', '.join(have)}"
        )
    hire = catalog.load("hardware").settings.get("price", {})
    default = record.get("price_usd_per_hour", hire.get("usd_per_hour", 2.0))
    dated = f"hardware presets: price of {hire.get('date', 'no date')}, a setting of yours"
    return Machine(
        key,
        record["name"],
        fleet.count,
        precision,
        float(peak),
        DEFAULT_MFU if mfu is None else mfu,
        float(record["power"]) if "power" in record else None,
        float(default) if price is None else price,
        dated if price is None else "given",
        record.get("sources", {}).get(f"peak_{precision}", record["source"]),
    )


__test__ = examples(globals())
