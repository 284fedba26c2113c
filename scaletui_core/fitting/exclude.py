"""Runs that a person leaves out of a fit, by the lines of the file that they are from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.records import Curves, Fault, Runs, runs_of
from scaletui_core.quantity_text import format_quantity

EXCLUDED = "excluded"
"""The kind of the `Fault` that names a run that was left out."""


def without(runs: Runs, curves: Curves | None, lines: Sequence[int]) -> tuple[Runs, Curves | None]:
    """Return runs, and their curves, without those of some lines; each is named by a fault, and kept as ``excluded``.

    Parameters
    ----------
    runs : Runs
        All.
    curves : Curves or None
        Theirs.
    lines : sequence of int
        Lines of the file.

    Raises
    ------
    InputError
        If a line has no run, or no run is left.

    Examples
    --------
    >>> runs = runs_of([1e8, 2e8], [2e9, 4e9], [3.1, 2.9], lines=[2, 3])
    >>> kept, _ = without(runs, None, [3])
    >>> kept.lines.tolist(), kept.excluded.lines.tolist(), kept.faults[0].reason
    ([2], [3], 'left out by --exclude: N = 200M, D = 4B, loss 2.9')
    """
    if not len(lines):
        return runs, curves
    unknown = [line for line in lines if line not in runs.lines]
    if unknown:
        several = f"lines {', '.join(map(str, unknown[:4]))} have" if len(unknown) > 1 else f"line {unknown[0]} has"
        ends = f"runs are in lines {runs.lines.min()} to {runs.lines.max()}"
        raise InputError(f"{several} no run", where="--exclude", hint=ends)
    out = np.isin(runs.lines, lines)
    if out.all():
        raise InputError("no run is left", where="--exclude")
    left = _part(runs, out)
    faults = tuple(_fault(left, at) for at in np.argsort(left.lines).tolist())
    kept = replace(_part(runs, ~out), faults=(*runs.faults, *faults), excluded=left)
    return kept, None if curves is None else _curves(curves, set(left.names))


def _part(runs: Runs, which: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Runs:
    names = tuple(name for name, there in zip(runs.names, which.tolist(), strict=True) if there) if runs.names else ()
    return runs_of(
        runs.params[which], runs.tokens[which], runs.loss[which], runs.flops[which], lines=runs.lines[which],
        names=names, file=runs.file, derived=runs.derived, told=runs.told,
    )  # fmt: skip


def _fault(runs: Runs, at: int) -> Fault:
    params, tokens = format_quantity(runs.params[at], "parameters"), format_quantity(runs.tokens[at], "tokens")
    reason = f"left out by --exclude: N = {params}, D = {tokens}, loss {runs.loss[at]:.5g}"
    return Fault(int(runs.lines[at]), reason, EXCLUDED)


def _curves(curves: Curves, names: set[str]) -> Curves | None:
    """Return curves without those of some runs, None where there is none left."""
    kept = [index for index, name in enumerate(curves.names) if name not in names]
    if not kept:
        return None
    spans = [slice(int(curves.starts[index]), int(curves.starts[index + 1])) for index in kept]
    points = np.concatenate([np.arange(span.start, span.stop) for span in spans])
    starts = np.cumsum([0, *(span.stop - span.start for span in spans)])
    return Curves(
        curves.params[kept], starts, curves.tokens[points], curves.flops[points], curves.loss[points],
        tuple(curves.names[index] for index in kept),
    )  # fmt: skip
