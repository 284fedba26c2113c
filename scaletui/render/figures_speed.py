"""The figures of speed: k-tiling, latency against throughput, what was measured, Erdil's number of accelerators."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, log2

from scaletui.render.figures_bench import tiles
from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.shapes import curve, level, numbers_of
from scaletui.render.ticks import number
from scaletui_core.answer import Answer, Row
from scaletui_core.errors import InputError
from scaletui_core.frontier import log_spaced
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.roofline import batch_throughput, instance_seconds, throughput_each
from scaletui_core.speed import SpeedInputs, calculate
from scaletui_core.tiling import late_speed_up, speed_up_ceiling, tiled_speed

_BEYOND = 8.0  # how far the batches go, in critical batches: the curve has turned by then
_ROOM = 1.5  # beside the quickest and the slowest batch, for their labels
_MILLI = 1e3


def k_tiling(inputs: SpeedInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return the speed-up against k: claimed, what the latency leaves of it, where that ends, and what was measured."""
    tiled = answer if inputs.k is not None else calculate(replace(inputs, k=1.0), catalog)
    matmul, latency = (one.value for one in numbers_of(tiled.row("latency_speed_factor"))[:2])
    tried = tiles(answer)
    most = max(10.0, 2.0 * (inputs.k or 1.0), *(2.0 * mark.x for mark in tried))
    ks = log_spaced(1.0, most, 61)
    ceiling = speed_up_ceiling(matmul, latency)
    series = (
        curve("claimed, k^2", ks, tiled_speed, 0),
        curve("with latency", ks, lambda k: late_speed_up(matmul, latency, k), 1),
        level(f"ceiling, {number(ceiling, '')}x", ceiling, (1.0, most), 2),
    )
    marks: tuple[Mark, ...] = ()
    if inputs.k is not None:
        claim, left = tiled.row("speed_factor").value, tiled.row("latency_speed_factor").value
        marks = (
            Mark(inputs.k, claim, f"k = {number(inputs.k, '')}: {number(claim, '')}x", emphasis=True),
            Mark(inputs.k, left, f"{number(left, '')}x left", emphasis=True),
        )
    times = f"{format_quantity(matmul, 's')} a multiply, {format_quantity(latency, 's')} of latency"
    x_axis, y_axis = Axis("k", "", True, 1.0, most), Axis("speed-up", "times")
    return Plot(f"k-tiling: {times}", x_axis, y_axis, series, (*marks, *tried))


def trade_off(inputs: SpeedInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return what a batch trades: tokens/s of one accelerator against tokens/s of one sequence, one point a batch.

    Raises
    ------
    InputError
        If there is no model.
    """
    if not any(row.subject == "roofline" for row in answer.rows):
        raise InputError("needs --params or --model", hint="such as --params 70B")
    critical = max(1, round(answer.row("critical_batch").value))
    last = ceil(log2(max(_BEYOND * critical, float(inputs.batch or 1))))
    powers = [2**i for i in range(last + 1)]
    batches = sorted({*powers, critical, inputs.batch or 1})
    answers = {batch: calculate(replace(inputs, batch=batch), catalog) for batch in batches}
    series: list[Series] = []
    marks: list[Mark] = []
    for subject, name in (("roofline", "roofline"), ("erdil-2025-fleet", "erdil-2025, this fleet")):
        if not any(row.subject == subject for row in answer.rows):
            continue
        points = {batch: _rates(one, subject) for batch, one in answers.items()}
        xs, ys = zip(*points.values(), strict=True)
        series.append(Series(name, xs, ys, color=len(series)))
        first = subject == "roofline"  # the same two labels again would only take room
        if inputs.batch is not None:
            marks.append(
                Mark(*points[inputs.batch], f"your b = {_count(inputs.batch)}" if first else "", emphasis=True)
            )
        marks.append(Mark(*points[critical], f"b* = {_count(critical)}" if first else ""))
        # A label at every second power: at every one they hide the curve.
        marks += [Mark(*points[b], f"b = {_count(b)}" if i % 2 == 0 else "") for i, b in enumerate(powers)]
    held = [batch for batch, one in answers.items() if _fits(one)]
    title = f"Latency against throughput: batches of 1 to {_count(powers[-1])}"
    if held and len(held) < len(batches):
        title = f"Batches of 1 to {_count(powers[-1])}; memory holds up to {_count(max(held))}"
    elif not held:
        title = "Latency against throughput, were there memory for it"
    rates = [x for one in series for x in one.xs]
    x_axis = Axis("one sequence", "tokens/s", True, min(rates) / _ROOM, max(rates) * _ROOM)
    return Plot(title, x_axis, Axis("one accelerator", "tokens/s"), tuple(series), tuple(marks))


def _rates(answer: Answer, subject: str) -> tuple[float, float]:
    """Return the tokens/s of one sequence and of one accelerator."""
    time, whole, count = (answer.row(name, subject=subject).value for name in ("time_per_token", "throughput", "gpus"))
    return batch_throughput(1.0, time), throughput_each(whole, count)


def _count(batch: int) -> str:
    """Return a batch as a label says it: every digit, as long as these are few."""
    return format_quantity(float(batch), "1")


def _fits(answer: Answer) -> bool:
    """Return whether weights and cache fit; where nobody printed the memory, they are taken to."""
    return all(row.value <= 1.0 for row in answer.rows if row.id == "memory_share")


def measured(inputs: SpeedInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return the tokens a minute that were measured against N, the roofline's prediction, and a person's."""
    person = {name: getattr(inputs, name) for name in ("words_per_minute", "tokens_per_word")}
    table = calculate(SpeedInputs(**person), catalog)
    sizes = {key: one.get("params") for key, one in catalog.load("speeds").records.items()}
    found: dict[str, dict[str, float]] = {}
    for row in table.rows:
        if row.subject is not None:
            found.setdefault(row.subject, {})[row.id] = row.value
    known = sorted((float(sizes[key] or 0), key) for key in found if sizes[key] is not None)
    own = _own_paces(answer)
    ns = [n for n, _ in known] + [mark.x for mark in own]
    if not ns:
        raise InputError("nothing measured has an N")
    ends = (min(ns) / 2.0, max(ns) * 2.0)
    human = table.row("human_tokens_per_minute").value
    each = [found[key]["tokens_per_minute"] for _, key in known]
    predicted = [found[key].get("predicted_tokens_per_minute") for _, key in known]
    series = [
        Series("measured", [n for n, _ in known], each, "points", 0, labels=[key for _, key in known]),
        Series("roofline, same machines", [n for n, _ in known], predicted, color=1),
        level(f"a person, {human:.0f}", human, ends, 2),
    ]
    for key, values in found.items():
        if sizes[key] is None:
            speed = values["tokens_per_minute"]
            series.append(level(f"{key}, N unknown, {speed:.0f}", speed, ends, len(series)))
    return Plot(
        "Speed against size: measured, and what the roofline predicts",
        Axis("N", "parameters", True, *ends),
        Axis("speed", "tokens/min"),
        tuple(series),
        own,
    )


def _own_paces(answer: Answer) -> tuple[Mark, ...]:
    """Return the model that was asked for, at the roofline's speed on its own machine, or the one that was measured."""
    found = {(row.id, row.subject): row for row in answer.rows}
    if ("params", None) in found:  # a result's, put into the speed
        return (_own(found["params", None].value, found["tokens_per_minute", None], "measured"),)
    time = found.get(("time_per_token", "roofline"))
    size = None if time is None else next((one.value for one in numbers_of(time) if one.symbol == "N"), None)
    return () if size is None else (_own(size, found["tokens_per_minute", "roofline"], "roofline"),)


def _own(size: float, pace: Row, which: str) -> Mark:
    return Mark(size, pace.value, f"yours: {which}", emphasis=True)


def instance_sizes(inputs: SpeedInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return Erdil's time a token against the number of accelerators, with the number that is best.

    Raises
    ------
    InputError
        If the model's layers are unknown.
    """
    rows: dict[str, Row] = {row.id: row for row in answer.rows if row.subject == "erdil-2025"}
    if not rows:
        raise InputError("needs a model with its layers", hint="--model llama-3-70b, or --params 70B --layers 80")
    one, hops = (part.value for part in numbers_of(rows["time_per_token"]))
    best, least = rows["gpus"].value, rows["time_per_token"].value * _MILLI
    fleet = answer.row("gpus", subject="roofline").value
    ends = (1.0, max(8.0, 8.0 * best, 2.0 * fleet))
    counts = log_spaced(*ends, 61)
    series = (
        curve("with the hops", counts, lambda g: instance_seconds(one, hops, g) * _MILLI, 0),
        Series("without hops", counts, [instance_seconds(one, 0.0, g) * _MILLI for g in counts], color=1, dashed=True),
    )
    here = instance_seconds(one, hops, fleet) * _MILLI
    marks = (
        Mark(best, least, f"G* = {number(best, '')}: {number(least, '')} ms"),
        Mark(fleet, here, f"yours, {fleet:,.0f}: {number(here, '')} ms", emphasis=True),
    )
    return Plot(
        "erdil-2025: a token's time on G accelerators",
        Axis("G", "accelerators", True, *ends),
        Axis("time a token", "ms"),
        series,
        marks,
    )
