"""A published forecast followed step by step: which step is measured, which is arithmetic, which is a judgement."""

from __future__ import annotations

from math import sqrt

from scaletui_core.answer import Note, Row, made
from scaletui_core.formula import Formula, Number, examples, formula
from scaletui_core.presets import Record
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.work import YEAR, copies_of, copies_tiled, speed_tiled, work_seconds, work_tiled, year_of_work

MEASURED, JUDGED = "measurement", "judgement"
_ANSWER = "years of work, the forecast"
SOURCE = "steinhardt-2023: Appendix B"


@formula("P = P_0 sqrt(C/C_0) x shortfall", unit="1", source=SOURCE)
def passes_of_growth(base_passes: float, base_flops: float, flops: float, shortfall: float) -> float:
    """Forward passes of a run of C, from those of an older run that was too large for its data.

    >>> f"{passes_of_growth(9e11, 1e23, 1e27, 4.0):.3g}"
    '3.6e+14'
    """
    return base_passes * sqrt(flops / base_flops) * shortfall


@formula("x / y", unit="1", source="scaletui: definition")
def ratio(over: float, under: float) -> float:
    """How many times one thing is another.

    >>> ratio(1.5, 0.5)
    3.0
    """
    return over / under


@formula("work x growth", unit="s", source=SOURCE)
def work_of(work: float, growth: float) -> float:
    """Work [s] when the overhang has grown.

    >>> work_of(3400.0, 100.0)
    340000.0
    """
    return work * growth


@formula("sqrt(a b)", unit="FLOP", source=SOURCE)
def middle(one: float, other: float) -> float:
    """Geometric mean [FLOP] of two projections.

    >>> f"{middle(4.7e28, 2.3e27):.3g}"
    '1.04e+28'
    """
    return sqrt(one) * sqrt(other)


@formula("sqrt(C/C_0)", unit="1", source=SOURCE)
def overhang_growth(flops_growth: float) -> float:
    """How many times more passes a run buys whose compute grew so much: half goes to parameters, half to tokens.

    >>> overhang_growth(10000.0)
    100.0
    """
    return sqrt(flops_growth)


@formula("growth x sqrt(cost of an update)", unit="1", source=SOURCE)
def synthetic_growth(growth: float, cost: float) -> float:
    """Growth of the overhang where an update of training costs so many times more.

    >>> round(synthetic_growth(180.0, 2.8))
    301
    """
    return growth * sqrt(cost)


@formula("update + samples/used", unit="1", source=SOURCE)
def synthetic_passes(update: float, samples: float, used: float) -> float:
    """How many passes an update costs on data that the model wrote itself.

    >>> synthetic_passes(2.0, 32.0, 5.0)
    8.4
    """
    return update + samples / used


@formula("years x shortfall x growth", unit="s", source=SOURCE)
def judged_work(work: float, shortfall: float, growth: float) -> float:
    """Work [s] from the source's own factors.

    >>> judged_work(3400.0, 4.0, 100.0)
    1360000.0
    """
    return work * shortfall * growth


class Chain:
    """The rows of a forecast as they are found: each a measurement, arithmetic or a judgement, by its label.

    With a compute of one's own (``own``) the steps that do not follow from it say whose they are, and so does what was
    printed beside those that do.
    """

    def __init__(self, record: Record, ranges: bool, own: bool) -> None:
        self.record = record
        self._ranges = ranges
        name = visible(record["name"])
        self._theirs, self._printed = (f"{name}'s ", name) if own else ("", "printed")
        self.rows: list[Row] = []

    def source(self, key: str) -> str:
        """Where a number of the record stands."""
        found: str = self.record.get("sources", {}).get(key, self.record["source"])
        return found

    def number(self, symbol: str, key: str, unit: str = "1", size: float = 1.0) -> Number:
        """Return a number of the record, ``size`` base units each."""
        return Number(
            symbol, judged(self.record, key, unit if size == 1.0 else "1", self._ranges) * size, unit, self.source(key)
        )

    def given(
        self, kind: str, row_id: str, label: str, key: str, unit: str = "1", size: float = 1.0, *, theirs: bool = False
    ) -> Number:
        """Add a number of the record, with its range where it has one, and return it."""
        kind = self._theirs + kind if theirs else kind
        number = self.number(key, key, unit, size)
        source, ends = number.source, self.record.get(f"{key}_range")
        row = Row(f"chain_{row_id}", f"{kind}: {label}", number.value, unit, source=source)
        self.rows.append(row if ends is None else row._replace(low=ends[0] * size, high=ends[1] * size))
        return number

    def found(
        self, row_id: str, label: str, how: Formula, *numbers: Number, printed: str = "", of_base: bool = False,
        theirs: bool = False,
    ) -> Number:  # fmt: skip
        """Add what arithmetic makes of numbers, beside what the source printed, and return it.

        ``of_base`` is what holds of the older run alone, ``theirs`` what holds of the forecast alone.
        """
        kind = f"{self._theirs}arithmetic" if theirs else "arithmetic"
        if printed:
            size = YEAR if how.unit == "s" else 1.0
            said = format_quantity(self.record[printed] * size, how.unit)
            label += f" ({'printed' if of_base else self._printed} {said})"
        row = made(
            f"chain_{row_id}", f"{kind}: {label}", how, *numbers, source=self.source(printed) if printed else None
        )
        self.rows.append(row)
        return Number(row_id, row.value, row.unit, f"step {row.id}")


def judged(record: Record, key: str, unit: str, ranges: bool) -> float:
    """Return a number of a forecast; with its ranges, one that varies between the quartiles that the source prints.

    >>> judged({"speed": 5, "speed_range": [0.5, 20]}, "speed", "1", False)
    5.0
    """
    value, ends = float(record[key]), record.get(f"{key}_range")
    if not ranges or ends is None:
        return value
    from scaletui_core.distributions import uncertain
    from scaletui_core.quantity import Quantity

    quantity = Quantity(value, unit, float(ends[0]), float(ends[1]), 0.5, "two-piece log-normal")
    return uncertain(quantity, unit, key.replace("_", " "))


def defaults(record: Record) -> dict[str, str]:
    """Return what the fields of `scaletui_core.copies.CopiesInputs` stand for where a forecast fills them, as text.

    >>> defaults({"speed": 5, "k": 5, "training_years": 1.2, "base_tokens_per_minute": 500})["years"]
    '1.2'
    """
    keys = {"speed": "speed", "k": "k", "years": "training_years", "tokens_per_minute": "base_tokens_per_minute"}
    return {name: f"{record[key]:g}" for name, key in keys.items()}


def chain(
    record: Record, flops: float | None, tokens_per_minute: Number, ranges: bool = False
) -> tuple[list[Row], Row, list[Note]]:
    """Return the steps of a forecast, the row of the passes that its arithmetic ends in, and its contradictions.

    Parameters
    ----------
    record : dict
        Of ``presets/forecasts.toml``.
    flops : float or None
        Compute [FLOP] of the run that is forecast, in place of the geometric mean of the source's two projections.
    tokens_per_minute : Number
        The person's rate [tokens].
    ranges : bool
        Whether what the source judged varies in its ranges.

    Returns
    -------
    list of Row
        Ids ``chain_base_flops``, ``chain_base_pass_flops``, ``chain_base_passes``, ``chain_base_work``,
        ``chain_flops_trend``, ``chain_flops_second``, ``chain_flops``, ``chain_flops_growth``,
        ``chain_overhang_growth``, ``chain_grown_work``, ``chain_shortfall``, ``chain_work``, ``chain_bound_data``,
        ``chain_update_passes``,
        ``chain_update_cost``, ``chain_bound_synthetic``, ``chain_growth_judged``, ``chain_work_product``,
        ``chain_work_judged``, ``chain_time``, ``chain_copies``, ``chain_speed``, ``chain_year_of_work``, ``chain_k``,
        ``chain_speed_k``, ``chain_copies_k``, ``chain_work_k``.
    """
    base, name = visible(record["base_name"]), visible(record["name"])
    at = Chain(record, ranges, own=flops is not None)
    number, given, found = at.number, at.given, at.found
    one, share = Number("m", 1.0, "1"), Number("share", 1.0, "fraction")
    base_flops = given(MEASURED, "base_flops", f"training compute of {base}", "base_flops", "FLOP")
    each = given(MEASURED, "base_pass_flops", "FLOP of one forward pass", "base_pass_flops", "FLOP")
    passes = found("base_passes", "forward passes", ratio, base_flops, each, printed="printed_passes", of_base=True)
    person = (tokens_per_minute, share)
    base_work = found(
        "base_work", "years of work", work_seconds, one, passes, *person, printed="printed_base_years", of_base=True
    )
    trend = given(JUDGED, "flops_trend", f"compute of {name}, by trend", "trend_flops", "FLOP")
    second = given(JUDGED, "flops_second", "the same, a second projection", "second_flops", "FLOP")
    if flops is None:
        best = found("flops", "their geometric mean", middle, trend, second)
    else:
        best = Number("C", flops, "FLOP", "given: --flops")
        at.rows.append(Row("chain_flops", "given: compute instead of both", flops, "FLOP", source=best.source))
    grown = found("flops_growth", f"times {base}'s", ratio, best, base_flops, printed="printed_flops_growth")
    growth = found("overhang_growth", "overhang grows", overhang_growth, grown, printed="printed_overhang_growth")
    found("grown_work", "work so grown", work_of, base_work, growth, printed="printed_grown_years")
    shortfall = given(JUDGED, "shortfall", f"{base} was too large, times", "shortfall")
    numbers = (passes, base_flops, best, shortfall)
    total = made(
        "passes", "tokens by the arithmetic, at this C", passes_of_growth, *numbers, source=at.source("printed_years")
    )
    bought = Number("P", total.value, "1", SOURCE)
    work = found("work", "work in all", work_seconds, one, bought, *person, printed="printed_years")
    given(JUDGED, "bound_data", "growth, short of data", "data_growth", theirs=True)
    update = (number("update", "update_passes"), number("samples", "samples"), number("used", "samples_used"))
    cost = found("update_passes", "passes an update, synthetic data", synthetic_passes, *update)
    cost = found("update_cost", "times the usual", ratio, cost, number("usual", "usual_passes"))
    found("bound_synthetic", "growth, synthetic", synthetic_growth, growth, cost, printed="printed_synthetic_growth")
    settled_growth = given(JUDGED, "growth_judged", "growth settled on", "growth", theirs=True)
    printed = number("years", "printed_base_years", "s", YEAR)
    product = found("work_product", "product of these", judged_work, printed, shortfall, settled_growth,
                    theirs=True)  # fmt: skip
    settled = given(
        JUDGED, "work_judged", "years of work" if flops is not None else _ANSWER, "years", "s", YEAR, theirs=True
    )
    time = given(JUDGED, "time", "training takes", "training_years", "s", YEAR)
    found("copies", "copies at human speed", copies_of, settled, Number("speed", 1.0, "1"), time, theirs=True)
    speed = given(JUDGED, "speed", "speed of a copy, in humans", "speed")
    found("year_of_work", "a copy's time for a year of work", year_of_work, share, speed)
    k = given(JUDGED, "k", "k of the k-tiling", "k")
    fast = found("speed_k", "speed then, in humans", speed_tiled, speed, k)
    copies = Number("copies", judged(record, "years", "1", ranges), "1", settled.source)
    found("copies_k", f"left of {_short(copies.value)} agents", copies_tiled, copies, k, theirs=True)
    found("work_k", "years of work left", work_tiled, settled, k, theirs=True)
    return at.rows, total, _notes(at, base_work.value, product.value, work.value, fast.value, grown.value, flops)


def _short(value: float) -> str:
    return format_quantity(value, "parameters")


def _notes(
    at: Chain, base_work: float, product: float, work: float, fast: float, grown: float, flops: float | None
) -> list[Note]:
    """Return where the source contradicts itself, each with both numbers."""
    record, notes = at.record, []
    years, speed, k = record["years"], record["speed"], record["k"]
    base, shortfall, growth = record["printed_base_years"], record["shortfall"], record["growth"]
    text = (
        f"The source prints {_short(years)} years of work; its own factors, {base:g} x {shortfall:g} x {growth:g}, "
        f"give {_short(product / YEAR)}."
    )
    notes.append(Note("chain-product", text, at.source("years"), kind="contradiction"))
    left, slow = years / k**3, YEAR / speed
    briefly, months = format_quantity(YEAR / fast, "s", digits=1), f"{12 / speed:.3g} months"
    text = (
        f"The source prints {_short(years / k)} agents for a year each in {briefly}, at {fast:g}x; k = "
        f"{k:g} makes {_short(left)} copies at {fast:g}x of {_short(years)} at {speed:g}x, and these do "
        f"{_short(years / k)} years of work in {format_quantity(slow, 's')}: the {briefly} "
        f"need {k * k:g}x the hardware."
    )
    notes.append(Note("chain-agents-tiled", text, "steinhardt-2023: Section 6", kind="contradiction"))
    human = years / record["training_years"]
    text = (
        f"The source prints {_short(years)} agents for a year each in {months}, at {speed:g}x; the {_short(human)} "
        f"copies at human speed of Section 4 do that work in {record['training_years']:g} years: {months} need "
        f"{record['training_years'] * speed:g}x the cluster."
    )
    notes.append(Note("chain-agents", text, "steinhardt-2023: Section 6", kind="contradiction"))
    if flops is None:
        text = (
            f"The source prints {record['printed_flops_growth']:,.0f}x the compute of {visible(record['base_name'])}; "
            f"its numbers give {grown:,.0f}x."
        )
        notes.append(Note("chain-flops-growth", text, SOURCE, kind="contradiction"))
        ends = [base_work / YEAR * shortfall * sqrt(end / record["base_flops"]) for end in record["trend_flops_range"]]
        low, high = record["printed_years_range"]
        text = (
            f"The source prints {_short(low)} to {_short(high)} years around {_short(record['printed_years'])}; "
            f"the range of the first projection alone gives {_short(ends[0])} to {_short(ends[1])} around "
            f"{_short(work / YEAR)}."
        )
        notes.append(Note("chain-range", text, SOURCE, kind="contradiction"))
    text = "Ranges are the source's 25th to 75th percentiles."
    return [*notes, Note("chain-quartiles", text, "steinhardt-2023: note 3", kind="convention")]


__test__ = examples(globals())
