"""What the rows of every fitted law share: where each approach stands, labels, intervals, counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scaletui_core.answer import Note, Row
from scaletui_core.fit_file import FAILED
from scaletui_core.fitting.bootstrap import Interval, intervals
from scaletui_core.fitting.records import Sampled
from scaletui_core.fitting.whole import Fitted

APPROACH = {
    "parametric": "hoffmann-2022: Sec. 3.3 and Appendix D.2 (Approach 3)",
    "isoflop": "hoffmann-2022: Sec. 3.2 (Approach 2)",
    "envelope": "hoffmann-2022: Sec. 3.1 (Approach 1)",
    "power": "kaplan-2020: Eq. 1.3, with an irreducible loss",
}
LABELS = {
    "E": "E, irreducible loss", "A": "A of A/N^alpha", "B": "B of B/D^beta", "alpha": "alpha", "beta": "beta",
    "a": "a of N_opt ~ C^a", "b": "b of D_opt ~ C^b",
}  # fmt: skip


def with_interval(row: Row, interval: Interval | None) -> Row:
    """Return a row with an interval; as it is where there is none, or an end is infinite."""
    if interval is None or not np.isfinite((interval.low, interval.high)).all():
        return row
    return row._replace(low=interval.low, high=interval.high)


def count_rows(rows: list[Row], name: str, count: int, converged: bool, what: str = "runs") -> None:
    """Add how many runs (or what else) there were, and whether the fit converged."""
    rows.append(Row("runs", what, float(count), "1", subject=name))
    rows.append(Row("converged", "converged (1 yes, 0 no)", float(converged), "1", subject=name))


def sampled_intervals(
    one: Sampled, values: Sequence[float], columns: Sequence[str], found: Fitted
) -> list[Interval | None]:
    """Return percentile intervals of values that are columns of a sample."""
    sample = np.stack([one.column(name) for name in columns], axis=1)
    if np.isfinite(sample).all(axis=1).sum() < max(2.0, (1.0 - FAILED) * len(sample)):
        return [None] * len(values)
    return list(intervals(sample, values, None, found.coverage, "percentile"))


def tell_doubt(one: Sampled, name: str, notes: list[Note]) -> None:
    """Add what a fit says of its own data and numbers."""
    for index, text in enumerate((*one.reasons, *one.warnings)):
        notes.append(Note(f"{name}-{index + 1}", text + ".", None, name, "assumption"))
