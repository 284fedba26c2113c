"""The runs of a fit in lines, for the app."""

from __future__ import annotations

import numpy as np

from scaletui.render.figures_fit_doubt import run_residuals
from scaletui.render.words import TextLine
from scaletui_core.fitting.records import Runs
from scaletui_core.fitting.whole import Fitted
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import cut, visible

LISTED = 2000
"""The most runs that are listed; of more, those that fit worst."""
_HEADS = ("line", "N", "D", "C", "loss", "L_hat/L-1")


def run_lines(runs: Runs, fitted: Fitted, width: int) -> list[TextLine]:
    """Return the runs of a file, each about its line there; a minus stands before one that is left out."""
    rest = np.full(runs.count, np.nan) if fitted.parametric is None else np.expm1(run_residuals(fitted)(runs))
    order = np.argsort(runs.lines, kind="stable")
    said = []
    if runs.count > LISTED:
        worst = np.argsort(-np.abs(np.nan_to_num(rest)), kind="stable")[:LISTED]
        order = worst[np.argsort(runs.lines[worst], kind="stable")]
        said = [("quiet", f"these are the {LISTED:,} that fit worst, of {runs.count:,}", "")]
    out = set() if fitted.runs.excluded is None else set(fitted.runs.excluded.lines.tolist())
    rows = []
    for at in order.tolist():
        line = int(runs.lines[at])
        sizes = ((runs.params, "parameters"), (runs.tokens, "tokens"), (runs.flops, "FLOP"))
        told = f"{rest[at]:+.2%}" if np.isfinite(rest[at]) else "-"
        cells = [str(line), *(format_quantity(float(values[at]), unit) for values, unit in sizes)]
        rows.append((line, [*cells, f"{runs.loss[at]:.4f}", told], runs.names[at] if runs.names else ""))
    wides = [max(map(len, column)) for column in zip(_HEADS, *(cells for _, cells, _ in rows), strict=True)]

    def laid(mark: str, cells: tuple[str, ...] | list[str], name: str) -> str:
        text = "  ".join(cell.rjust(wide) for cell, wide in zip(cells, wides, strict=True))
        return cut(f"{mark} {text}  {visible(name, 60)}".rstrip(), width)

    head: TextLine = ("head", laid(" ", _HEADS, "run" if runs.names else ""), "")
    return [
        *said,
        head,
        *(("quiet" if line in out else "", laid("-" if line in out else " ", cells, name), str(line))
          for line, cells, name in rows),
    ]  # fmt: skip
