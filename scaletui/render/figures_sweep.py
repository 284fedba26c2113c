"""The figures of sweeps: compute-optimal frontiers and isoFLOP slices, one line a law, with known models."""

from __future__ import annotations

from functools import partial
from typing import Any

from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.plot_model import BEYOND
from scaletui_core.answer import Answer
from scaletui_core.calculator import INSIDE
from scaletui_core.errors import InputError
from scaletui_core.known_models import model_flops, working_params
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity

# What a sweep can be plotted by: row id -> symbol, unit, whether the axis is logarithmic.
AXES = {
    "params": ("N", "parameters", True),
    "tokens": ("D", "tokens", True),
    "loss": ("L", "nats/token", False),
}


def known_models(catalog: Catalog, axis: str) -> list[Mark]:
    """Return the known models that have N and D, as marks at their 6ND; a mixture of experts at its active N."""
    if axis not in ("params", "tokens"):
        return []
    records = catalog.load("models").records.values()
    points = [(one, working_params(one) if axis == "params" else one["tokens"]) for one in records if "tokens" in one]
    return [Mark(model_flops(one), y, one["name"]) for one, y in points]


def sweep_plot(
    answer: Answer, axis: str, *, title: str = "", marks: tuple[Mark, ...] = (), colors: dict[str, int] | None = None
) -> Plot:
    """Return the plot of one row id of a sweep, one line a law.

    Parameters
    ----------
    answer : Answer
        A frontier (over compute) or an isoFLOP slice (over N).
    axis : str
        ``params``, ``tokens`` or ``loss``.
    title : str
        Heading.
    marks : tuple of Mark
        Points with names.
    colors : dict
        Palette index of each law, so that a law keeps its colour when others come and go.
    """
    assert answer.sweep is not None
    lines: dict[str, tuple[list[float], list[float | None]]] = {}
    for row in answer.rows:
        if row.id == axis and row.at is not None and row.law is not None:
            xs, ys = lines.setdefault(row.law, ([], []))
            xs.append(row.at)
            ys.append(row.value)
    fitted = _fitted(answer)
    series = tuple(
        Series(law, xs, ys, color=(colors or {}).get(law, index) % 8, fitted=fitted.get(law))
        for index, (law, (xs, ys)) in enumerate(lines.items())
    )
    series = (*(_band(answer, axis, one) for one in series if _varies(answer, axis, one.name)), *series)
    label, unit, log = AXES[axis]
    spans = [x for xs, _ in lines.values() for x in (xs[0], xs[-1])]
    low, high = (min(spans), max(spans)) if spans else (None, None)
    inside = tuple(m for m in marks if low is None or high is None or low <= m.x <= high)
    return Plot(
        title, Axis(answer.sweep.symbol, answer.sweep.unit, True, low, high), Axis(label, unit, log), series, inside
    )


def _fitted(answer: Answer) -> dict[str, tuple[float, float]]:
    """Return where on the x axis each law is within its fit; all of a slice is where its budget is."""
    room = 10.0**INSIDE
    spans = {law: (low / room, high * room) for law, (low, high) in answer.provenance.get("fitted", {}).items()}
    if answer.sweep is None or answer.sweep.id == "compute":
        return spans
    flops = _budget(answer)
    return {law: BEYOND for law, (low, high) in spans.items() if not low <= flops <= high}


def _budget(answer: Answer) -> float:
    """Return the compute of a slice [FLOP], of a range its middle."""
    flops: Any = answer.inputs["flops"]
    return float(flops["value"] if isinstance(flops, dict) else flops)


def _varies(answer: Answer, axis: str, law: str) -> bool:
    return any(row.id == axis and row.law == law and row.low is not None for row in answer.rows)


def _band(answer: Answer, axis: str, line: Series) -> Series:
    """Return the band of a law's interval, in the colour of its line; its legend says how much it holds."""
    ends = {row.at: (row.low, row.high) for row in answer.rows if row.id == axis and row.law == line.name}
    inside = format_quantity(answer.provenance["sampling"]["coverage"], "fraction")
    low, high = zip(*(ends[at] for at in line.xs), strict=True)
    return Series(f"{line.name}, {inside}", line.xs, low, "band", line.color, ys2=high)


def title_of(answer: Answer, axis: str) -> str:
    """Return the heading of a plot of an answer."""
    if answer.sweep is not None and answer.sweep.id == "params":
        budget = format_quantity(_budget(answer), "FLOP")
        return f"isoFLOP slice at C = {budget} FLOP: {AXES[axis][0]} against N"
    return f"Compute-optimal {AXES[axis][0]} against C"


def _drawn(axis: str, inputs: object, answer: Answer, catalog: Catalog) -> Plot:
    """Return the plot of one row id of a sweep, under its heading and, over C, with the known models.

    Raises
    ------
    InputError
        If no law asked has it.
    """
    if not any(row.id == axis and row.at is not None for row in answer.rows):
        raise InputError(f"no law asked has a {'loss' if axis == 'loss' else AXES[axis][0]}", hint="name another --law")
    over_compute = answer.sweep is not None and answer.sweep.id == "compute"
    marks = tuple(known_models(catalog, axis)) if over_compute else ()
    return sweep_plot(answer, axis, title=title_of(answer, axis), marks=marks)


params, tokens, loss = (partial(_drawn, axis) for axis in AXES)
