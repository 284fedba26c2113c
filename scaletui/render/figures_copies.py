"""The figures of copies: what k-tiling trades, and a forecast's years of work against compute."""

from __future__ import annotations

from dataclasses import replace

from scaletui.render.plot import Axis, Mark, Plot, Series
from scaletui.render.shapes import curve, level, numbers_of
from scaletui.render.ticks import number
from scaletui_core.answer import Answer, Row
from scaletui_core.copies import CopiesInputs, calculate
from scaletui_core.errors import InputError
from scaletui_core.frontier import log_spaced
from scaletui_core.presets import Catalog
from scaletui_core.tiling import tiled_copies, tiled_speed, tiled_throughput
from scaletui_core.work import years_of


def k_tiling(inputs: CopiesInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return speed, work and copies against k, each over what it is at k = 1; labels say what they are at yours."""
    tiled = [row for row in answer.rows if row.id == "copies_k"]
    k = numbers_of(tiled[0])[1].value if tiled else None
    most = max(10.0, 2.0 * (k or 1.0))
    ks = log_spaced(1.0, most, 61)
    series = (
        curve("speed, x k^2", ks, tiled_speed, 0),
        curve("work, / k", ks, tiled_throughput, 1),
        curve("copies, / k^3", ks, tiled_copies, 2),
    )
    marks: tuple[Mark, ...] = ()
    if k is not None:
        copies, work = f"copies / {number(1.0 / tiled_copies(k), '')}", f"work / {number(k, '')}"
        if len(tiled) == 1:  # several laws have copies of their own
            copies = f"{number(tiled[0].value, 'tokens')} copies"
            work = f"{number(answer.row('work_years_k').value, 'tokens')} years of work"
        marks = (
            Mark(k, tiled_speed(k), f"k = {number(k, '')}: {number(answer.row('speed_k').value, '')}x human", True),
            Mark(k, tiled_throughput(k), work, True),
            Mark(k, tiled_copies(k), copies, True),
        )
    title = "What k-tiling trades: fewer, faster copies on the same GPUs"
    return Plot(title, Axis("k", "", True, 1.0, most), Axis("over k = 1", "times"), series, marks)


def growth(inputs: CopiesInputs, answer: Answer, catalog: Catalog) -> Plot:
    """Return a forecast's years of work against compute: its arithmetic, its two projections, and its judgement.

    Raises
    ------
    InputError
        If no forecast is followed.
    """
    if inputs.chain is None:
        raise InputError("needs --chain", hint="such as --chain gpt-2030")
    row = answer.row
    base, trend, second = row("chain_base_flops"), row("chain_flops_trend"), row("chain_flops_second")
    own, judged = row("chain_flops"), row("chain_work_judged")
    cs = sorted({base.value, own.value, *_ends(trend), *_ends(second)})
    ends = cs[0] / 3.0, cs[-1] * 3.0
    flops = log_spaced(*ends, 41)

    def years_at(compute: float) -> float:
        return years_of(calculate(replace(inputs, flops=compute), catalog).row("chain_work").value)

    low, high = (years_of(end) for end in _ends(judged))
    span = _ends(trend)
    middle = years_of(judged.value)
    series = (
        curve("arithmetic", flops, years_at, 0),
        level(f"judged: {number(middle, 'tokens')}", middle, span, 1),
        Series(f"[{number(low, 'tokens')}, {number(high, 'tokens')}]", span, (low, low), "band", 2, ys2=(high, high)),
    )
    marks = (
        Mark(base.value, years_of(row("chain_base_work").value), _name(base)),
        Mark(trend.value, years_at(trend.value), "by trend"),
        Mark(second.value, years_at(second.value), "second projection"),
        Mark(own.value, years_at(own.value), f"arithmetic: {number(years_at(own.value), 'tokens')}", emphasis=True),
    )
    title = f"{inputs.chain}: years of human work against compute"
    return Plot(title, Axis("C", "FLOP", True, *ends), Axis("work", "years"), series, marks)


def _ends(row: Row) -> tuple[float, float]:
    """Return the ends of a row's range; of a row without one, its value twice."""
    return (row.value if row.low is None else row.low), (row.value if row.high is None else row.high)


def _name(base: Row) -> str:
    """Return the name of the run that a forecast starts from, as its label ends in it."""
    return base.label.rpartition(" of ")[2]
