"""From points to runs and curves: which of the two rows are, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.columns import Layout
from scaletui_core.fitting.curve_reading import Gathering, curves_of, tell_spikes
from scaletui_core.fitting.faults import BAD, Faults
from scaletui_core.fitting.points import MISSING, NAN, NOBODY, START, Points, Rows
from scaletui_core.fitting.read_inputs import CURVES, FINAL, ReadInputs
from scaletui_core.fitting.records import Array, Curves, Indices, Runs, runs_of
from scaletui_core.safetext import visible

_TOGETHER = 1 << 18
_SAME_SIZE = 0.05
_ODD = {MISSING: "without a loss, left out of the curve", START: "before any token, left out of the curve"}


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds.

    Attributes
    ----------
    runs : Runs
        The runs with their final losses; of curves, the smoothed loss at the last tokens.
    curves : Curves or None
        The training curves, where rows are points of curves.
    columns : tuple of (str, str)
        Which column was taken for what: ``params``, ``tokens``, ``flops``, ``loss``, ``run``, ``step``, and its name.
    rows : int
        How many rows were used.
    """

    runs: Runs
    curves: Curves | None
    columns: tuple[tuple[str, str], ...]
    rows: int


class Intake:
    """Points on their way to runs and curves: kept as they are until it is clear that they are of curves."""

    def __init__(self, rows: Rows, options: ReadInputs, faults: Faults) -> None:
        self.rows = rows
        self.options = options
        self.faults = faults
        self.curves = Gathering(faults) if options.rows == CURVES else None
        self._waiting: list[Points] = []
        self._count = 0
        self._enough = _TOGETHER

    def take(self, points: Points) -> None:
        """Take points in."""
        self._waiting.append(points)
        self._count += len(points.run)
        if self._count >= self._enough:
            self._settle()
            self._enough = _TOGETHER if self.curves else 2 * self._count

    def _settle(self) -> None:
        """Put what waits into the curves, if there are any."""
        points = Points(*(np.concatenate(arrays) for arrays in zip(*self._waiting, strict=True)))
        self._waiting = [points]
        if self.curves is None and self.options.rows != FINAL and _come_again(points):
            if self.rows.unsure:
                what = "there are steps, and no column of runs: rows with the same N may be a curve, or runs"
                hint = "say --run-col NAME, --rows curves or --rows final"
                raise InputError(what, where=self.rows.file, hint=hint)
            self.curves = Gathering(self.faults)
        if self.curves is not None:
            named = points.run != NOBODY
            if not named.all():
                what = "there is no column of runs, so rows are no points of curves"
                raise InputError(what, where=self.rows.file, hint="say --run-col NAME, or --rows final")
            self.curves.add(points, self.rows.run_names())
            self._waiting, self._count = [], 0

    def finish(self, whole: bool = True) -> Read:
        """Return what was read; not ``whole``, sizes may be given for runs of other files.

        Raises
        ------
        InputError
            If there is nothing, rows are bad, or curves are no curves.
        """
        rows, faults = self.rows, self.faults
        if whole:
            rows.sizes.check(rows.runs)
        if self._waiting:
            self._settle()
        points = self._waiting[0] if self._waiting else None
        curves = self.curves if self.curves is not None and self.curves.rows else None
        self._tell_later(curves is not None)
        faults.check()
        if curves is None and (points is None or not len(points.run)):
            if faults.counts.get(BAD):
                reason = faults.of(BAD)[0]
                what = f"none of its rows can be used; line {reason.line}: {reason.reason}"
                raise InputError(what, where=rows.file)
            raise InputError("has no rows", where=rows.file, hint="one row a run stands below the names of columns")
        count, first = rows.disagreeing
        if count:
            reason_ = f"C is more than 5% from 6 N D in {count:,} row{'s' if count > 1 else ''}, the first here"
            faults.add("flops", [(first, reason_)])
        made, curves_ = self._of_curves(curves) if curves else (self._of_finals(points), None)  # type: ignore[arg-type]
        return Read(made, curves_, _columns(rows.layout), curves.rows if curves else made.count)

    def _tell_later(self, curves: bool) -> None:
        """Tell of rows without a loss, or before any token: odd within curves, bad elsewhere."""
        for kind in (NAN, MISSING, START):
            later = [one for one in self.rows.later if one.kind == kind]
            if not later:
                continue
            runs = np.concatenate([one.run for one in later])
            lines = np.concatenate([one.line for one in later])
            if not curves:
                self.faults.add(BAD, ((line, self.rows.reason_of(kind)) for line in lines.tolist()))
            elif kind == NAN:
                self.faults.add(NAN, _nan_by_run(runs, lines, self.rows.run_names()))
            else:
                rows = f"{len(lines):,} row{'s' if len(lines) > 1 else ''}"
                self.faults.add(kind, [(int(lines.min()), f"{rows} {_ODD[kind]}, the first here")])

    def _of_finals(self, points: Points) -> Runs:
        rows, faults = self.rows, self.faults
        names = rows.run_names()
        self._check_steps(points, names)
        order = np.lexsort((points.line, points.loss, points.flops, points.tokens, points.params))
        same = np.ones(len(order) - 1, dtype=np.bool_)
        for one in (points.params, points.tokens, points.flops, points.loss):  # under another id, too
            same &= one[order][1:] == one[order][:-1]
        for at in np.flatnonzero(same).tolist():
            line = int(points.line[order[at + 1]])
            faults.add("duplicate", [(line, f"the same numbers as in line {points.line[order[at]]}")])
        named = len(names) > 0 and bool((points.run != NOBODY).all())
        _tell_below(faults, points.params, points.tokens, points.line)
        return runs_of(
            points.params, points.tokens, points.loss, points.flops, lines=points.line, file=rows.file,
            names=tuple(names[run] for run in points.run.tolist()) if named else (), faults=faults.all(),
            derived=_derived(rows),
        )  # fmt: skip

    def _check_steps(self, points: Points, names: tuple[str, ...]) -> None:
        """Refuse rows of one run at several steps that all have the same tokens: those of the whole run."""
        if "step" not in self.rows.layout.at or self.options.rows == FINAL or not len(names):
            return
        again = np.flatnonzero(np.bincount(points.run[points.run != NOBODY], minlength=1) > 1)
        if len(again):
            what = f"run '{names[again[0]]}' has several rows, all with the same tokens"
            hint = "say --tokens-per-step NUMBER if they are steps of a curve, or --rows final"
            raise InputError(what, where=self.rows.file, hint=hint)

    def _of_curves(self, curves: Gathering) -> tuple[Runs, Curves]:
        rows, faults = self.rows, self.faults
        names = rows.run_names()
        bins, spans = curves.finished()
        spread = spans.most > spans.least * (1.0 + _SAME_SIZE)
        if spread.any():
            at = int(np.flatnonzero(spread)[0])
            what = f"run '{names[at]}' has N from {spans.least[at]:.6g} to {spans.most[at]:.6g}; a curve has one"
            hint = "say --run-col NAME, or --rows final if each row is a run"
            raise InputError(what, where=f"{rows.file}:{spans.line[at]}", hint=hint)
        has = np.flatnonzero(spans.rows > 0)
        params = np.where(spans.least == spans.most, spans.least, 0.5 * (spans.least + spans.most))
        tell_spikes(bins, names, faults)
        _tell_below(faults, params[has], spans.tokens[has], spans.line[has])
        runs_ = f"{len(has):,} run{'s' if len(has) > 1 else ''}"
        told = (
            f"read as training curves, {curves.rows:,} points of {runs_}, each with its last loss, smoothed; --rows "
            "final takes each row as a run"
        )
        given = "flops" in rows.layout.at
        made, final = curves_of(bins, spans, names, params, given)
        flops = spans.flops[has] if given else None
        runs = runs_of(
            params[has], spans.tokens[has], final[has], flops, lines=spans.line[has], file=rows.file,
            names=tuple(names[at] for at in has.tolist()), faults=faults.all(), derived=_derived(rows), told=told,
        )  # fmt: skip
        return runs, made


def _nan_by_run(runs: Indices, lines: Indices, names: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return one fault a run for rows whose loss is no number."""
    order = np.lexsort((lines, runs))
    found, starts, counts = np.unique(runs[order], return_index=True, return_counts=True)
    rows = (f"{count:,} row{'s' if count > 1 else ''}" for count in counts.tolist())
    reasons = (
        f"run '{names[run]}' has {row} whose loss is NaN or infinite" for run, row in zip(found, rows, strict=True)
    )
    return list(zip(lines[order][starts].tolist(), reasons, strict=True))


def _come_again(points: Points) -> bool:
    """Whether some run has points with different tokens."""
    run = points.run
    if not (run != NOBODY).all():
        return False
    order = np.argsort(run, kind="stable")
    run, tokens = run[order], points.tokens[order]
    return bool(((run[1:] == run[:-1]) & (tokens[1:] != tokens[:-1])).any())


def _tell_below(faults: Faults, params: Array, tokens: Array, lines: Indices) -> None:
    below = np.flatnonzero(tokens < params)
    told = ((int(lines[at]), f"D = {tokens[at]:.4g} is below N = {params[at]:.4g}") for at in below.tolist())
    if len(below):
        faults.add("d-below-n", told)


def _derived(rows: Rows) -> str:
    """Return which of N, D and C the file does not have."""
    at, options = rows.layout.at, rows.options
    has = {
        "params": "params" in at or bool(options.run_params),
        "tokens": "tokens" in at or options.tokens_per_step is not None,
        "flops": "flops" in at,
    }
    return next((role for role, there in has.items() if not there), "")


def _columns(found: Layout) -> tuple[tuple[str, str], ...]:
    at = found.at | ({"loss": found.series[0].loss} if found.series else {})
    return tuple((role, visible(found.names[here], 120)) for role, here in at.items())
