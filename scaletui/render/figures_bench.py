"""The figures of a measurement: time against tokens, batches, contexts, and k-tiling as it was, beside its claim."""

from __future__ import annotations

from typing import Any

from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.shapes import curve, level
from scaletui.render.ticks import number
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.frontier import log_spaced
from scaletui_core.measured import caption
from scaletui_core.pace import regressed
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.roofline import batch_throughput
from scaletui_core.tiled import reduced_ceiling, reduced_speed_up
from scaletui_core.tiling import tiled_speed

Document = dict[str, Any]
_MILLI = 1e3
_WIDE = 1.5  # beside the outermost points, for their labels


def ladder(document: Document, answer: Answer, catalog: Catalog) -> Plot:
    """Return each timing against its number of tokens, and the line whose slope is the time a token.

    Raises
    ------
    InputError
        If there are too few timings for a line.
    """
    found = regressed(document["points"])
    if found is None:
        raise InputError("too few timings for a line", hint="measure a whole ladder")
    line, points = found.line, document["points"]
    most = float(max(point["tokens"] for point in points))
    ends = (0.0, most)
    slope, start = (format_quantity(value, "s") for value in (line.slope, line.intercept))
    series = (
        Series(f"{slope} a token + {start}", ends, [line.intercept + line.slope * n for n in ends], color=1),
        Series("timings", [float(p["tokens"]) for p in points], [p["seconds"] for p in points], "points", 0),
    )
    title = f"{caption(document)}: R^2 {line.r2:.5f}"
    return Plot(title, Axis("n", "tokens", False, *ends), Axis("time", "s", False, 0.0), series)


def batches(document: Document, answer: Answer, catalog: Catalog) -> Plot:
    """Return what batches trade: tokens/s of all sequences against tokens/s of one, a point a batch.

    Raises
    ------
    InputError
        If no batches were timed.
    """
    steps = sorted((s for s in document.get("steps", ()) if s["kind"] == "batch"), key=lambda s: s["batch"])
    if not steps:
        raise InputError("no batches were timed", hint="give --batches 1,4,16")
    xs = [batch_throughput(1.0, step["seconds"]) for step in steps]
    ys = [batch_throughput(step["batch"], step["seconds"]) for step in steps]
    marks = tuple(Mark(x, y, f"b = {step['batch']:,}") for x, y, step in zip(xs, ys, steps, strict=True))
    x_axis = Axis("one sequence", "tokens/s", True, min(xs) / _WIDE, max(xs) * _WIDE)
    title = f"{caption(document)}: latency against throughput"
    return Plot(title, x_axis, Axis("all sequences", "tokens/s"), (Series("batches", xs, ys, color=0),), marks)


def contexts(document: Document, answer: Answer, catalog: Catalog) -> Plot:
    """Return the time a token against the tokens in the cache.

    Raises
    ------
    InputError
        If no contexts were timed.
    """
    steps = sorted((s for s in document.get("steps", ()) if s["kind"] == "context"), key=lambda s: s["context"])
    if not steps:
        raise InputError("no contexts were timed", hint="give --contexts 512,2k")
    xs, ys = [step["context"] for step in steps], [step["seconds"] * _MILLI for step in steps]
    series = (Series("time a token", xs, ys, color=0), Series("contexts", xs, ys, "points", 0))
    title = f"{caption(document)}: a longer cache"
    return Plot(title, Axis("context", "tokens", False), Axis("time a token", "ms", False), series)


def tiling(document: Document, answer: Answer, catalog: Catalog) -> Plot:
    """Return the speed-up against k: claimed, left by the sums as they were measured, and measured.

    Raises
    ------
    InputError
        If k-tiling was not tried.
    """
    marks = tiles(answer)
    if not marks:
        raise InputError("k-tiling was not measured", hint="give --tile 2")
    last = max(marks, key=lambda mark: mark.x)
    row = answer.row("speed_up_latency", subject=f"k = {last.x:.0f}")
    assert row.working is not None
    alone, sums, latency = (one.value for one in row.working.numbers[:3])
    most = max(4.0, 2.0 * last.x)
    ks = log_spaced(1.0, most, 61)
    series = [
        curve("claimed, k^2", ks, tiled_speed, 0),
        curve("left by the sums", ks, lambda k: reduced_speed_up(alone, sums, latency, k), 1),
    ]
    ceiling = reduced_ceiling(alone, sums, latency)
    if ceiling < tiled_speed(most):
        series.append(level(f"ceiling, {number(ceiling, '')}x", ceiling, (1.0, most), 2))
    waits = f"{sums:.0f} sums of {format_quantity(latency, 's')} a token of {format_quantity(alone, 's')}"
    x_axis, y_axis = Axis("k", "", True, 1.0, most), Axis("speed-up", "times")
    return Plot(f"k-tiling measured: {waits}", x_axis, y_axis, tuple(series), marks)


def tiles(answer: Answer) -> tuple[Mark, ...]:
    """Return the speed-ups that an answer has measured, at their k."""
    found = [row for row in answer.rows if row.id == "speed_up" and row.subject is not None]
    return tuple(
        Mark(
            float(str(row.subject).rpartition(" ")[2]), row.value, f"measured: {number(row.value, '')}x", emphasis=True
        )
        for row in found
    )
