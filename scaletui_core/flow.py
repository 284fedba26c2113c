"""One scenario through every calculator: what the budget implies for abilities, speed, copies, learning and the batch.

Each part takes what its own inputs leave open from the parts before it, as the values themselves: where one of them is
uncertain, all that follows from it varies with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from math import ceil, log2
from typing import Any, NamedTuple

from scaletui_core.answer import Answer, Row
from scaletui_core.calculator import PARTS, Calculator
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.laws import law
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet

DEFAULT_LAW = "epoch-2024"
"""The law whose N and D go on where several are asked: the refit with honest errors."""
LOSS_OF_BATCH = "kaplan-2020"
"""The law whose loss B_crit(L) was measured in; a loss of another law does not compare."""
PACE = "roofline"
"""The model of decoding whose speed the copies have."""
NODE = 8  # accelerators of a serving machine, where nobody says


class Part(NamedTuple):
    """One calculator's share of a scenario.

    Attributes
    ----------
    inputs : dataclass
        What was asked in the end: what was given, and what was inherited.
    inherited : dict
        Values by field name that came from the parts before, in base units.
    answer : Answer or None
        None where the inputs make no sense.
    error : InputError or None
        Why not.
    which : dict
        Of what was inherited, where its part alone says too little: the line of it, or what it was chosen for.
    """

    calculator: Calculator
    inputs: Any
    inherited: dict[str, Any]
    answer: Answer | None
    error: InputError | None
    which: dict[str, str] = {}  # noqa: RUF012  (never mutated; a NamedTuple has no default factory)


Parts = Mapping[str, Part]
Shut = Collection[str]


class Found(NamedTuple):
    """What goes on from the budget: the law followed, and its C [FLOP], N, D, each None where nothing says."""

    law: str
    flops: float | None
    params: float | None
    tokens: float | None
    fleet: Fleet | None


def calculator(name: str) -> Calculator:
    """Return the calculator of a part; its module is loaded when it is first wanted.

    >>> calculator("copies").name
    'copies'
    """
    found: Calculator = importlib.import_module(f"scaletui_core.{name}").CALCULATOR
    return found


def flow(
    given: Mapping[str, Any], catalog: Catalog, wanted: tuple[str, ...] = PARTS, shut: Mapping[str, Shut] | None = None
) -> dict[str, Part]:
    """Return every part of a scenario, each with what it inherited and its answer.

    Parameters
    ----------
    given : mapping
        Inputs by part, as they were given; a part that is absent is given nothing.
    catalog : Catalog
        Presets to look things up in.
    wanted : tuple of str
        Parts to return; those that they depend on are computed all the same.
    shut : mapping
        Fields by part that inherit nothing, and stay at their own defaults.

    Examples
    --------
    >>> from scaletui_core.budget import BudgetInputs
    >>> parts = flow({"calc": BudgetInputs(params=175e9, tokens=300e9)}, Catalog("presets"))
    >>> round(parts["copies"].answer.row("work_years").value / parts["speed"].answer.row("human_multiple").value, 3) > 0
    True
    >>> parts["emergence"].inherited
    {'flops': 3.15e+23}
    """
    parts: dict[str, Part] = {}
    for name in PARTS:
        if name in wanted or any(name in NEEDS[other] for other in wanted):
            own = given[name] if name in given else parse_inputs(calculator(name).inputs, {})
            parts[name] = follow(name, own, parts, catalog, (shut or {}).get(name, ()))
    return parts


def follow(name: str, own: Any, parts: Mapping[str, Part], catalog: Catalog, shut: Shut = ()) -> Part:
    """Return one part of a scenario, given those that it `NEEDS`.

    >>> from scaletui_core.batch import BatchInputs
    >>> parts = flow({}, Catalog("presets"), ("calc",))
    >>> follow("batch", BatchInputs(loss=3.0), parts, Catalog("presets")).inherited
    {}
    """
    one = calculator(name)
    found = {} if name == "calc" else _INHERIT[name](own, parts, catalog, shut)
    inherited = {field: value for field, value in found.items() if field not in shut}
    inputs = replace(own, **inherited)
    which = {field: _WHICH[name][field] for field in _WHICH.get(name, {}) if field in inherited}
    if name == "copies" and parts["speed"].inputs.human_multiple is not None:
        which.pop("speed", None)
    try:
        return Part(one, inputs, inherited, one.run(inputs, catalog), None, which)
    except InputError as error:
        return Part(one, inputs, inherited, None, error, which)


NEEDS: dict[str, tuple[str, ...]] = {
    "calc": (),
    "emergence": ("calc",),
    "speed": ("calc",),
    "copies": ("calc", "speed"),
    "learning": ("calc", "speed", "copies"),
    "batch": ("calc",),
}
"""The parts that each takes something from, and those that these need, in order."""

ORIGINS: dict[str, dict[str, str]] = {
    "calc": {},
    "emergence": {"flops": "calc"},
    "speed": {"params": "calc", "hardware": "calc"},
    "copies": {"tokens": "calc", "flops": "calc", "speed": "speed", "k": "speed"},
    "learning": {"copies": "copies", "speed": "copies"},
    "batch": {"flops": "calc", "loss": "calc"},
}
"""The fields of each part that may be inherited, and the part that the value comes from."""


_WHICH = {"speed": {"hardware": "holds N"}, "copies": {"speed": PACE}, "batch": {"loss": LOSS_OF_BATCH}}


def budget_found(parts: Mapping[str, Part], catalog: Catalog) -> Found:
    """Return what goes on from the budget, under the first law that was named, or `DEFAULT_LAW`."""
    part = parts["calc"]
    inputs, answer = part.inputs, part.answer
    name = inputs.law[0].split(",")[0].strip().lower() if inputs.law else DEFAULT_LAW
    if answer is None:
        return Found(name, None, None, None, None)
    named = {row.law for row in answer.rows if row.id == "params"}
    if name not in named and named:
        name = DEFAULT_LAW if DEFAULT_LAW in named else next(row.law for row in answer.rows if row.id == "params") or ""

    def value(*row_ids: str) -> float | None:
        rows = [row for row_id in row_ids for row in answer.rows if row.id == row_id and row.law in (None, name)]
        return rows[0].value if rows else None

    return Found(
        name, value("compute"), value("model_params", "params"), value("model_tokens", "tokens"), inputs.hardware
    )


def _emergence(own: Any, parts: Parts, catalog: Catalog, shut: Shut) -> dict[str, Any]:
    if own.benchmarks or own.flops is not None or own.params is not None:
        return {}
    found = budget_found(parts, catalog)
    return {} if found.flops is None else {"flops": found.flops}


def _speed(own: Any, parts: Parts, catalog: Catalog, shut: Shut) -> dict[str, Any]:
    """Take the model of the budget, unless the speed is given in humans, and a machine that holds it."""
    if own.human_multiple is not None:
        return {}
    found = budget_found(parts, catalog)
    inherited: dict[str, Any] = {}
    if own.params is None and own.model is None and found.params is not None and "params" not in shut:
        inherited["params"] = found.params
    if own.hardware is None and own.peak is None and own.bandwidth is None and (inherited or own.params or own.model):
        name = "h100" if found.fleet is None else found.fleet.accelerator
        inherited["hardware"] = Fleet(_serving(own, inherited, name, catalog), name)
    return inherited


def _serving(own: Any, inherited: dict[str, Any], name: str, catalog: Catalog) -> int:
    """Return a power of two of accelerators that holds the weights, a node of eight at least."""
    from scaletui_core.machine import accelerator

    known = catalog.load("models").records.get(own.model, {})
    params = inherited.get("params", own.params or known.get("params"))
    memory = accelerator(catalog, name)[1].get("memory")
    if params is None or memory is None:
        return NODE
    least = float(params) * (own.bytes_per_weight or 2.0) / memory
    return NODE if least <= NODE else int(2 ** min(ceil(log2(least)), 29))


def _copies(own: Any, parts: Parts, catalog: Catalog, shut: Shut) -> dict[str, Any]:
    """Take the run that the budget buys, or the compute alone for a forecast, and the speed of the part before."""
    inherited: dict[str, Any] = {}
    found = budget_found(parts, catalog)
    if own.chain is not None:
        if own.flops is None and found.flops is not None:
            inherited["flops"] = found.flops
    elif (
        all(getattr(own, name) is None for name in ("tokens", "flops", "params", "hardware"))
        and found.tokens is not None
    ):
        inherited["tokens"] = found.tokens
    speed = parts["speed"]
    # A forecast has a speed of its own, which one that was given goes before, but not one of today's machines.
    if own.speed is None and (own.chain is None or speed.inputs.human_multiple is not None):
        value = _paced(speed)
        if value is not None:
            inherited["speed"] = value
    if own.k is None and speed.inputs.k is not None:
        inherited["k"] = speed.inputs.k
    return inherited


def _paced(part: Part) -> float | None:
    """Return the speed in humans before k-tiling: the one given, or that of the roofline."""
    if part.inputs.human_multiple is not None:
        multiple: float = part.inputs.human_multiple
        return multiple
    row = _row(part.answer, "human_multiple", PACE)
    return None if row is None else row.value


def _learning(own: Any, parts: Parts, catalog: Catalog, shut: Shut) -> dict[str, Any]:
    """Take the copies of the part before, at their speed."""
    if own.copies is not None or own.users is not None:
        return {}
    row = _row(parts["copies"].answer, "copies") or _row(parts["copies"].answer, "chain_copies")
    if row is None:
        return {}
    inherited = {"copies": row.value}
    before = parts["copies"].inputs
    speed = before.speed
    if speed is None and before.chain is not None:
        from scaletui_core.forecast import judged

        speed = judged(catalog.load("forecasts").records[before.chain], "speed", "1", before.ranges)
    if own.speed is None and speed is not None:
        inherited["speed"] = speed
    return inherited


def _batch(own: Any, parts: Parts, catalog: Catalog, shut: Shut) -> dict[str, Any]:
    """Take C, for published batches, and the loss at C under the law that B_crit(L) was measured with."""
    found = budget_found(parts, catalog)
    if found.flops is None:
        return {}
    inherited: dict[str, Any] = {} if own.flops is not None else {"flops": found.flops}
    ways = ("loss", "noise_scale", "small_batch", "small_norm2", "big_batch", "big_norm2", "min_steps", "min_tokens")
    if all(getattr(own, name) is None for name in ways):
        flops = own.flops if own.flops is not None else found.flops
        inherited["loss"] = law(catalog, LOSS_OF_BATCH).optimal_loss(flops).value
    return inherited


def _row(answer: Answer | None, row_id: str, subject: str | None = None) -> Row | None:
    rows = () if answer is None else answer.rows
    return next((row for row in rows if row.id == row_id and subject in (None, row.subject)), None)


_INHERIT: dict[str, Callable[[Any, Parts, Catalog, Shut], dict[str, Any]]] = {
    "emergence": _emergence,
    "speed": _speed,
    "copies": _copies,
    "learning": _learning,
    "batch": _batch,
}
