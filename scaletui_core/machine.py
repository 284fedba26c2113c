"""Accelerators by name, and what a training run costs on them: hours, days, energy, money."""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
from typing import NamedTuple

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.formula import examples, formula
from scaletui_core.presets import Catalog, Record
from scaletui_core.quantity import Fleet
from scaletui_core.safetext import visible

PRECISIONS = ("bf16", "fp16", "fp8")
DEFAULT_MFU = 0.40
LARGEST_FLEET = 1_000_000_000
MFU_SOURCE = "llama-3-2024: Table 4 (38% to 43%, in BF16 on H100)"


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


@formula("D = tokens/s x t", unit="tokens", source="scaletui: definition")
def rate_tokens(tokens_per_second: float, seconds: float) -> float:
    """Tokens that a machine trains on in a time [s].

    >>> rate_tokens(1e6, 86400.0)
    86400000000.0
    """
    return tokens_per_second * seconds


@formula("t = D / (tokens/s)", unit="s", source="scaletui: definition")
def rate_seconds(tokens: float, tokens_per_second: float) -> float:
    """Wall time [s] of training on some tokens.

    >>> rate_seconds(1e12, 1e6)
    1000000.0
    """
    return tokens / tokens_per_second


@formula("accelerator-hours = n t / 3600", unit="accelerator-hours", source="scaletui: definition")
def fleet_hours(count: float, seconds: float) -> float:
    """Accelerator-hours of ``count`` accelerators busy for a time [s].

    >>> fleet_hours(512, 3600.0)
    512.0
    """
    return count * seconds / 3600.0


@formula("MFU = C / (n x peak x t)", unit="fraction", source="scaletui: definition of model FLOP utilisation")
def implied_mfu(flops: float, count: float, peak_flop_per_s: float, seconds: float) -> float:
    """Model FLOP utilisation that a run of this compute [FLOP] in this time [s] means.

    >>> implied_mfu(3.6e20, 1, 1e15, 720000.0)
    0.5
    """
    return flops / (count * peak_flop_per_s * seconds)


class Machine(NamedTuple):
    """A fleet with the numbers a training run needs of it.

    ``peak`` is the dense peak of one accelerator [FLOP/s] at ``precision``; ``power`` its rated power [W] or None;
    ``price`` the hire [USD/h] of one.
    """

    id: str
    name: str
    count: float  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    precision: str
    peak: float
    mfu: float
    mfu_source: str
    power: float | None
    power_source: str
    price: float
    price_source: str
    source: str
    notes: tuple[str, ...]


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
    if fleet.count > LARGEST_FLEET:
        raise InputError(f"is more than {LARGEST_FLEET:,} accelerators", where="--hardware")
    have = [name for name in PRECISIONS if f"peak_{name}" in record]
    if not have:
        raise InputError(f"{visible(record['name'])} has no dense {', '.join(PRECISIONS)} rate", where="--hardware")
    if precision is not None and precision not in have:
        what = f"{visible(record['name'])} has no dense {precision} rate"
        raise InputError(what, where="--precision", hint=f"it has {', '.join(have)}")
    precision = precision or have[0]
    sources, source = record.get("sources", {}), record["source"]
    price_of, price_source = _price(catalog, record, price)
    return Machine(
        key,
        record["name"],
        fleet.count,
        precision,
        float(record[f"peak_{precision}"]),
        DEFAULT_MFU if mfu is None else mfu,
        MFU_SOURCE if mfu is None else "given: --mfu",
        float(record["power"]) if "power" in record else None,
        sources.get("power", source),
        price_of,
        price_source,
        sources.get(f"peak_{precision}", source),
        tuple(note if isinstance(note, str) else note["text"] for note in record.get("notes", ())),
    )


def _price(catalog: Catalog, record: Record, given: float | None) -> tuple[float, str]:
    """Return the hire of one accelerator [USD/h] and where it comes from: given, the record's own, or the default."""
    if given is not None:
        return given, "given: --price"
    if "price_usd_per_hour" in record:
        source: str = record.get("sources", {}).get("price_usd_per_hour", record["source"])
        return float(record["price_usd_per_hour"]), source
    hire = catalog.load("hardware").settings.get("price", {})
    dated = f"assumed in {hire['date']}" if "date" in hire else "assumed"
    return float(
        hire.get("usd_per_hour", 2.0)
    ), f"{dated}, the same for every accelerator; set --price, or [price] in hardware.toml"


__test__ = examples(globals())
