"""Fits in shards: each refits Approach 3 to a range of the resamples; together they are what one process finds."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from scaletui import processors
from scaletui.jobs.folder import Run, create
from scaletui.jobs.kinds import Collected
from scaletui_core.errors import InputError, ScaletuiError
from scaletui_core.fields import given as said
from scaletui_core.fit import answer_of
from scaletui_core.fit_file import written
from scaletui_core.fitting.doubt import drawn, refits_of
from scaletui_core.fitting.examples import noted
from scaletui_core.fitting.exclude import without
from scaletui_core.fitting.inputs import BOOTSTRAPS, SEED, FitInputs
from scaletui_core.fitting.parametric import Loss, fit
from scaletui_core.fitting.records import Array, Curves, Fault, Runs
from scaletui_core.fitting.resample import BLOCK
from scaletui_core.fitting.whole import Fitted, fit_runs, groups_of

if TYPE_CHECKING:
    from scaletui_core.fitting.intake import Read

LEAST, MOST = 8192, 500
"""Resamples that a shard has at least, and shards at most: a worker takes a second to begin, and Slurm's arrays end at
1000 where nobody has set another limit."""
_COLUMNS = ("params", "tokens", "flops", "loss")


def run_of(
    read: Read, inputs: FitInputs, options: dict[str, Any], threads: int, folder: str | None = None, *,
    example: bool = False, write: bool = True,
) -> Run:  # fmt: skip
    """Return the run of a fit's resamples: what was read, its minimum, and the range of each shard.

    Parameters
    ----------
    read : Read
        What the file holds.
    inputs : FitInputs
        What is asked.
    options : dict
        How the runs were read, as JSON can hold it; they are kept for the fit's file.
    threads : int
        Threads that look for the minimum.
    folder, write
        Where the run's folder is, and whether to make it; see `scaletui.jobs.folder.create`.
    example : bool
        Whether they are the runs that ship, of which it is said that nobody trained them.

    Raises
    ------
    InputError
        If there are no resamples of Approach 3 to cut, or Approach 3 cannot be fitted.
    """
    count = _count(inputs)
    if "parametric" not in inputs.methods:
        raise InputError("leaves no shards: they are refits of Approach 3", where="--method", hint="parametric, or all")
    if not count:
        raise InputError("leaves nothing to cut into shards", where="--bootstraps", hint="such as 1e6")
    runs, curves = read.runs, read.curves
    kept, _ = without(runs, curves, inputs.excluded)
    one = processors.cached(lambda: fit(kept, Loss(inputs.loss or "huber", inputs.scale), exhaustive=inputs.exhaustive,
                                        threads=threads))  # fmt: skip
    seed = SEED if inputs.seed is None else int(inputs.seed)
    next(drawn(1, kept.count, seed, inputs.resample or "run", groups_of(kept)))  # what cannot be drawn is said here
    made = {
        "runs": {
            **{name: getattr(runs, name).tolist() for name in (*_COLUMNS, "lines")},
            "names": runs.names, "file": runs.file, "digest": runs.digest, "faults": runs.faults,
            "derived": runs.derived, "told": runs.told,
        },
        "curves": None if curves is None else {
            **{name: getattr(curves, name).tolist() for name in ("params", "starts", "tokens", "flops", "loss")},
            "names": curves.names,
        },
        "inputs": said(inputs), "options": options, "example": example, "seed": seed,
    }  # fmt: skip
    minimum = {"theta": one.theta.tolist(), "loss": one.loss}
    title = f"{count:,} resamples of {runs.file}"
    return create("fit", title, seed, made, shards_of(count), folder, aside=minimum, write=write)


def shards_of(count: int) -> list[list[int]]:
    """Return the ranges of resamples that shards have.

    >>> shards_of(20000), len(shards_of(10**7))
    ([[0, 8192], [8192, 16384], [16384, 20000]], 500)
    """
    size = max(LEAST, -(-count // MOST))
    size = -(-size // BLOCK) * BLOCK  # a stream of random numbers makes so many, and is not cut
    return [[first, min(first + size, count)] for first in range(0, count, size)]


def work(given: Any, shard: Any, threads: int) -> Any:
    """Return the refits of a range of resamples, as `packed` has them; NaN where one did not converge."""
    inputs = _inputs(given)
    runs, _ = without(_runs(given), None, inputs.excluded)
    theta, loss, span = np.array(given["theta"]), Loss(*given["loss"]), (int(shard[0]), int(shard[1]))
    made = processors.cached(
        lambda: refits_of(
            runs, theta, loss, span, given["seed"], how=inputs.resample or "run", groups=groups_of(runs),
            threads=threads,
        )
    )  # fmt: skip
    return packed(made)


def packed(refits: Array) -> str:
    """Return refits as text: base64 of little-endian float64, five a refit.

    As digits a million of them would take longer to write and to read than to make.

    >>> unpacked(packed(np.arange(10.0).reshape(2, 5))).tolist()
    [[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0]]
    """
    return base64.b64encode(refits.astype("<f8").tobytes()).decode("ascii")


def unpacked(text: str) -> Array:
    """Return the refits that a text holds, shape (n, 5)."""
    return np.frombuffer(base64.b64decode(text, validate=True), "<f8").reshape(-1, 5).astype(np.float64)


def fitted(given: Any, results: Iterable[Any], threads: int) -> Fitted:
    """Return the fit whose resamples these are: the same, bit by bit, as of one process."""
    refits = np.concatenate([_checked(index, part) for index, part in enumerate(results, 1)])
    if len(refits) != _count(_inputs(given)):
        raise ScaletuiError(
            f"the shards hold {len(refits):,} resamples of {_count(_inputs(given)):,}: send the run again"
        )
    curves = given["curves"]
    if curves is not None:
        starts = np.array(curves["starts"], dtype=np.int64)
        columns = {name: np.array(curves[name], dtype=np.float64) for name in ("params", "tokens", "flops", "loss")}
        curves = Curves(starts=starts, names=tuple(curves["names"]), **columns)
    return processors.cached(lambda: fit_runs(_runs(given), _inputs(given), curves, threads=threads, refits=refits))


def _checked(index: int, part: Any) -> Array:
    try:
        return unpacked(part)
    except (ValueError, TypeError):
        raise ScaletuiError(f"shard {index}: its result is damaged (delete it, and resume the run)") from None


def collect(given: Any, results: Iterable[Any], threads: int) -> Collected:
    """Return the answer, and the file, of the fit whose resamples these are."""
    found = fitted(given, results, threads)
    answer = answer_of(found, **given["options"])
    shown = noted(answer) if given["example"] else answer
    return Collected(shown, found, lambda: written(found, answer_of(found), given["options"]), found.failures)


def _runs(given: Any) -> Runs:
    runs = given["runs"]
    columns: dict[str, Any] = {name: np.array(runs[name], dtype=np.float64) for name in _COLUMNS}
    return Runs(
        **columns, lines=np.array(runs["lines"], dtype=np.int64), names=tuple(runs["names"]), file=runs["file"],
        digest=runs["digest"], faults=tuple(Fault(*fault) for fault in runs["faults"]), derived=runs["derived"],
        told=runs["told"],
    )  # fmt: skip


def _count(inputs: FitInputs) -> int:
    return BOOTSTRAPS if inputs.bootstraps is None else int(inputs.bootstraps)


def _inputs(given: Any) -> FitInputs:
    out: dict[str, Any] = {}
    for name, value in given["inputs"].items():
        out[name.replace("-", "_")] = tuple(value) if isinstance(value, list) else value
    return FitInputs(**out)
