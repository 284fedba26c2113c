"""Several files of runs as one: exports that have a file for each run, or runs that were kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.fitting.intake import Read
from scaletui_core.fitting.read_inputs import BY_NAME, ReadInputs
from scaletui_core.fitting.reading import read_runs
from scaletui_core.fitting.records import Curves, Fault, runs_of
from scaletui_core.safetext import visible


def read_all(paths: Sequence[str], options: ReadInputs, *, stdin: BinaryIO | None = None) -> Read:
    """Read files of runs, each as `read_runs` does, as if they were one.

    Raises
    ------
    InputError
        As `read_runs`; if a file is named twice, or a size is given for a run that is in none of them.
    """
    if len(paths) == 1:
        return read_runs(paths[0], options, stdin=stdin)
    for path in paths:
        if list(paths).count(path) > 1:
            raise InputError("is named twice", where=visible(path, 200))
    reads = [read_runs(path, options, stdin=stdin, whole=False) for path in paths]
    names = [name for read in reads for name in read.runs.names]
    for text in options.run_params:
        name, equals, _ = text.rpartition("=")
        if equals and name not in names and text != BY_NAME:
            raise unknown_name("run", name, names, where="--run-params")
    return joined(reads)


def joined(reads: Sequence[Read]) -> Read:
    r"""Return several reads as one; curves where any has them, and line numbers as they are in each file.

    Examples
    --------
    >>> import io
    >>> def one(text):
    ...     return read_runs("-", stdin=io.BytesIO(text))
    >>> first, second = one(b"params,tokens,loss\n1e8,2e9,3.1\n"), one(b"params,tokens,loss\n2e8,4e9,2.9\n")
    >>> joined([first, second]).runs.params.tolist()
    [100000000.0, 200000000.0]
    """
    runs = [read.runs for read in reads]
    files = [one.file for one in runs]
    faults = tuple(Fault(fault.line, f"{one.file}: {fault.reason}", fault.kind) for one in runs for fault in one.faults)
    derived = {one.derived for one in runs}
    named = all(one.names for one in runs)
    file = f"{files[0]} and {len(files) - 1} more"
    columns = [np.concatenate([getattr(one, name) for one in runs]) for name in ("params", "tokens", "loss", "flops")]
    made = runs_of(
        *columns, lines=np.concatenate([one.lines for one in runs]), file=file, faults=faults,
        names=tuple(name for one in runs for name in one.names) if named else (),
        derived=derived.pop() if len(derived) == 1 else "", told=next((one.told for one in runs if one.told), ""),
    )  # fmt: skip
    return Read(made, _curves(reads), reads[0].columns, sum(read.rows for read in reads))


def _curves(reads: Sequence[Read]) -> Curves | None:
    curves = [read.curves for read in reads if read.curves is not None]
    if not curves:
        return None
    counts = np.concatenate([np.diff(one.starts) for one in curves])
    return Curves(
        np.concatenate([one.params for one in curves]),
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.concatenate([one.tokens for one in curves]),
        np.concatenate([one.flops for one in curves]),
        np.concatenate([one.loss for one in curves]),
        tuple(name for one in curves for name in one.names),
    )
