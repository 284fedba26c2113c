"""Rows of a table become points: run, N, D, C and loss of each, checked; what cannot be used has a reason."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scaletui_core.fitting.cells import Numbers, numbers
from scaletui_core.fitting.columns import Layout
from scaletui_core.fitting.faults import BAD, Faults
from scaletui_core.fitting.read_inputs import CURVES, ReadInputs
from scaletui_core.fitting.records import Array, Indices
from scaletui_core.fitting.run_sizes import Sizes, all_shown
from scaletui_core.fitting.sheets import Block
from scaletui_core.safetext import visible

NAN, MISSING, START = "nan", "missing", "start"
NOBODY = -1
"""The run of a point that has no run."""
AGREEMENT = 0.05
LARGEST = 1e100
"""The largest N, D and loss; the largest C is its square, and 1 over them is the smallest: no sum overflows."""
UNITS = {"params": "parameters", "tokens": "tokens", "flops": "FLOP", "loss": "nats/token", "step": "1"}
_SYMBOLS = {"params": "N", "tokens": "D", "flops": "C"}


class Points(NamedTuple):
    """Rows that can be used: number of the run, line, N, D, C and loss; each an array of one length."""

    run: Indices
    line: Indices
    params: Array
    tokens: Array
    flops: Array
    loss: Array


class Later(NamedTuple):
    """Rows that are odd within a curve and bad elsewhere: kind, number of the run, line."""

    kind: str
    run: Indices
    line: Indices


class Rows:
    """Makes points of blocks, and numbers the runs in the order in which they come.

    Parameters
    ----------
    layout : Layout
        Which column is what.
    options : ReadInputs
        How the file is read.
    faults : Faults
        Where rows that cannot be used are told.
    file, stem : str
        Name of the file, and the name of the run where the file is one run.
    """

    def __init__(self, layout: Layout, options: ReadInputs, faults: Faults, file: str, stem: str) -> None:
        self.layout = layout
        self.options = options
        self.faults = faults
        self.file = file
        self.stem = stem
        self.runs: list[Any] = []
        self._number: dict[Any, int] = {}
        self.later: list[Later] = []
        self.disagreeing = (0, 0)
        self._seen: dict[str, dict[str, float | str]] = {role: {} for role in UNITS}
        self.sizes = Sizes(layout, options, file)

    @property
    def by_size(self) -> bool:
        """Whether a curve is known by its N alone: there are steps, and no runs."""
        at = self.layout.at
        curves = "step" in at or self.options.rows == CURVES
        return curves and "run" not in at and not self.layout.series and not self.layout.tensorboard

    @property
    def unsure(self) -> bool:
        """Whether nothing but a column of steps says that rows with the same N may be points of one curve."""
        return self.by_size and self.options.rows is None and "params" in self.layout.at

    def run_names(self) -> tuple[str, ...]:
        """Return the names of the runs by number, visible."""
        return all_shown(self.runs)

    def points(self, block: Block) -> Points:
        """Return the points of a block."""
        at = self.layout.at
        if self.layout.series:
            return self._points(*self._wide(block))
        got = {role: self._numbers(role, block.column(at[role])) for role in UNITS if role in at}
        return self._points(self._runs(block, got), block.lines, got)

    def _wide(self, block: Block) -> tuple[Indices, Indices, dict[str, Numbers]]:
        """Return the cells of all runs of a block, one run after the other, where they have a loss."""
        series, count = self.layout.series, len(block.lines)
        loss = self._numbers("loss", [cell for one in series for cell in block.column(one.loss)])
        here = np.flatnonzero(~loss.missing)
        columns = {role: [at] * len(series) for role, at in self.layout.at.items()}
        if any(one.step is not None for one in series):
            columns["step"] = [columns["step"][0] if one.step is None else one.step for one in series]
        cells = {role: [cell for at in ats for cell in block.column(at)] for role, ats in columns.items()}
        got = {role: self._numbers(role, found) for role, found in cells.items()} | {"loss": loss}
        runs = np.repeat([self._named(one.run) for one in series], count)[here]
        return runs, np.tile(block.lines, len(series))[here], {role: _taken(got[role], here) for role in got}

    def _numbers(self, role: str, cells: list[Any]) -> Numbers:
        return numbers(cells, UNITS[role], self._seen[role])

    def _label(self, role: str) -> str:
        at = self.layout.at.get(role)
        return f"column '{visible(self.layout.names[at])}'" if at is not None else _SYMBOLS.get(role, role)

    def _runs(self, block: Block, got: dict[str, Numbers]) -> Indices:
        """Return the number of each row's run, `NOBODY` where there are no runs or a row has none."""
        count = len(block.lines)
        if self.layout.tensorboard:
            return np.full(count, self._named(self.stem), dtype=np.int64)
        cells: list[Any]
        if "run" in self.layout.at:
            cells = block.column(self.layout.at["run"])
            if set(map(type, cells)) != {str}:
                cells = ["" if cell is None else str(cell) for cell in cells]
        elif self.by_size:
            cells = got["params"].values.tolist() if "params" in got else [self.stem] * count
        else:
            return np.full(count, NOBODY, dtype=np.int64)
        for cell in dict.fromkeys(cells):
            if cell not in self._number:
                self._named(cell)
        return np.fromiter(map(self._number.__getitem__, cells), np.int64, count)

    def _named(self, cell: Any) -> int:
        """Return the number of the run of that name, a new one if need be; `NOBODY` for no name."""
        number = self._number.get(cell)
        if number is None:
            run = cell.strip() if isinstance(cell, str) else cell
            if run == "" or run != run:
                number = NOBODY
            elif run in self._number:
                number = self._number[run]
            else:
                number = self._number[run] = len(self.runs)
                self.runs.append(run)
            self._number[cell] = number
        return number

    def _points(self, runs: Indices, lines: Indices, got: dict[str, Numbers]) -> Points:
        with np.errstate(all="ignore"):
            return self._checked(runs, lines, got)

    def _checked(self, runs: Indices, lines: Indices, got: dict[str, Numbers]) -> Points:
        per_step = self.options.tokens_per_step
        if per_step is not None:
            got = {**got, "tokens": got["step"]._replace(values=got["step"].values * per_step)}
        if self.options.run_params:
            sizes = self.sizes.of(self.runs)[runs]
            got = {**got, "params": Numbers(sizes, np.zeros(len(runs), dtype=np.bool_), {})}
        n, d, c = (got[role].values if role in got else None for role in _SYMBOLS)
        absent = np.full(len(lines), np.nan)
        n, d, c = (absent if one is None else one for one in (n, d, c))
        all_three = np.isfinite(n) & np.isfinite(d) & np.isfinite(c)
        apart = all_three & (np.abs(c / (6.0 * n * d) - 1.0) > AGREEMENT) & (n > 0.0) & (d > 0.0) & (c > 0.0)
        if apart.any():
            count, first = self.disagreeing
            self.disagreeing = (count + int(apart.sum()), first or int(lines[apart][0]))
        full_n, full_d, full_c = (np.where(np.isnan(one), by, one) for one, by in (
            (n, c / (6.0 * d)), (d, c / (6.0 * n)), (c, 6.0 * n * d),
        ))  # fmt: skip
        placed = np.ones(len(lines), dtype=np.bool_)  # where all is well but perhaps the loss
        for one, most in ((full_n, LARGEST), (full_d, LARGEST), (full_c, LARGEST**2)):
            placed &= (one > 1.0 / most) & (one < most)
        for role in got:
            if role in _SYMBOLS and not (role == "tokens" and per_step is not None):
                placed &= np.isfinite(got[role].values) | got[role].missing
        if "run" in self.layout.at:
            placed &= runs != NOBODY
        loss = got["loss"].values
        good = placed & (loss > 1.0 / LARGEST) & (loss < LARGEST)
        if not good.all():
            unlogged = placed & got["loss"].missing
            if unlogged.any():
                self.later.append(Later(MISSING, runs[unlogged], lines[unlogged]))
            self._tell(np.flatnonzero(~good & ~unlogged), runs, lines, got)
        made = (runs, lines, full_n, full_d, full_c, loss)
        return Points(*made) if good.all() else Points(*(one[good] for one in made))  # type: ignore[arg-type]

    def _tell(self, odd: Indices, runs: Indices, lines: Indices, got: dict[str, Numbers]) -> None:
        """Say why rows are not used; what a curve may have is for later."""
        later: dict[str, list[int]] = {}
        bad = []
        for at in odd.tolist():
            kind, reason = self._reason(at, runs, got)
            if kind == BAD:
                bad.append((int(lines[at]), reason))
            else:
                later.setdefault(kind, []).append(at)
        self.faults.add(BAD, bad)
        self.later += [Later(kind, runs[rows], lines[rows]) for kind, rows in later.items()]

    def _reason(self, at: int, runs: Indices, got: dict[str, Numbers]) -> tuple[str, str]:
        if "run" in self.layout.at and runs[at] == NOBODY:
            return BAD, f"{self._label('run')} is empty"
        start = False
        known = 0
        for role in ("step", *_SYMBOLS):
            cells = got.get(role)
            if cells is None or (role == "step" and self.options.tokens_per_step is None):
                continue
            value = cells.values[at]
            label = self._label("step" if role == "tokens" and self.options.tokens_per_step is not None else role)
            if at in cells.reasons:
                return BAD, f"{label}: {cells.reasons[at]}"
            if value != value and not cells.missing[at]:
                return BAD, f"{label} is NaN or infinite"
            if value == 0.0:
                if role == "params":
                    return BAD, f"{label}: 0 must be above 0"
                start = True
            known += role in _SYMBOLS and value == value
        if known < 2:
            empty = [self._label(role) for role in _SYMBOLS if role in got and got[role].missing[at]]
            return (
                BAD,
                f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty: two of N, D and C are needed",
            )
        loss = got["loss"]
        label = self._label("loss")
        if at in loss.reasons:
            return BAD, f"{label}: {loss.reasons[at]}"
        if start:
            return START, ""
        if loss.missing[at]:
            return MISSING, ""
        if loss.values[at] != loss.values[at]:
            return NAN, ""
        if loss.values[at] == 0.0:
            return BAD, f"{label}: 0 must be above 0"
        return BAD, f"N, D, C or the loss is too large or too small a number (1/{LARGEST:g} to {LARGEST:g} are read)"

    def reason_of(self, kind: str) -> str:
        """Return why a row that would be odd within a curve is bad where it is not within one."""
        if kind == START:
            role = "tokens" if "tokens" in self.layout.at else "step" if "step" in self.layout.at else "flops"
            return f"{self._label(role)}: 0 must be above 0"
        return f"{self._label('loss')} is {'empty' if kind == MISSING else 'NaN or infinite'}"


def _taken(found: Numbers, here: Indices) -> Numbers:
    """Return the numbers of some rows."""
    if len(here) == len(found.values):
        return found
    at = {int(old): new for new, old in enumerate(here.tolist()) if int(old) in found.reasons} if found.reasons else {}
    return Numbers(found.values[here], found.missing[here], {at[old]: found.reasons[old] for old in at})
