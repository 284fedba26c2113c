"""Reading runs from a file: CSV, TSV, semicolons, JSON Lines, Parquet; final losses, or training curves.

What is understood
------------------
A table with a row for each run
    Any two of N, D and C, and the loss; the third is by C = 6 N D, row by row. Columns are known by their names in any
    case and punctuation (``params``, ``Model Size``, ``N``; `scaletui_core.fitting.columns.KNOWN`), or mapped. A table
    of runs exported from W&B is such a table.
A table with a row for each point of a curve
    The same with a run that comes again with other tokens (or, without a column of runs, a column of steps: then a
    curve is known by its N). Where there are steps but no tokens, ``tokens_per_step`` makes D of them.
A chart exported from W&B
    A first column ``Step`` (or tokens, or FLOP), then ``run-1 - loss``, ``run-1 - loss__MIN``, ``run-1 - loss__MAX`` of
    each run, empty where a run has no point. N is by ``run_params``.
A scalar exported from TensorBoard
    ``Wall time,Step,Value``: one curve, whose run is called as the file. N is by ``run_params``, D by
    ``tokens_per_step``.

Cells are numbers, or quantities such as ``70B``; empty, ``NA`` and ``null`` mean that there is nothing.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from scaletui_core.errors import InputError
from scaletui_core.fitting import delimited, jsonl, parquet
from scaletui_core.fitting.columns import layout
from scaletui_core.fitting.faults import Faults
from scaletui_core.fitting.intake import Intake, Read
from scaletui_core.fitting.points import Rows
from scaletui_core.fitting.read_inputs import ReadInputs
from scaletui_core.fitting.sheets import Sheet
from scaletui_core.fitting.sources import PARQUET, Source, opened

__all__ = ["Read", "ReadInputs", "read_runs"]


def read_runs(path: str, options: ReadInputs = ReadInputs(), *, stdin: BinaryIO | None = None) -> Read:  # noqa: B008
    r"""Read a file of runs.

    Parameters
    ----------
    path : str
        The file; ``-`` is standard input. What it is is told by its content, not by its name.
    options : ReadInputs
        Which column is what, where names do not say it.
    stdin : BinaryIO, optional
        What ``-`` reads, such as ``sys.stdin.buffer``.

    Returns
    -------
    Read
        The runs, and the curves if there are any. ``runs.faults`` has what was left out (kind ``bad``, only with
        ``skip_bad``) and what is odd and kept: ``duplicate``, ``d-below-n`` (D below N), ``flops`` (C and 6 N D differ
        by more than 5%); in curves ``nan``, ``missing`` and ``start`` (points without a loss, or before any token,
        which are no part of the curve), and ``spike``. At most 50 of a kind, then how many more.

    Raises
    ------
    InputError
        If it cannot be read, is no such table, or has rows that cannot be used: with the lines of the first few.

    Examples
    --------
    >>> import io
    >>> made = read_runs("-", stdin=io.BytesIO(b"Model Size,Training Tokens,loss\n70M,1.4B,3.1\n160M,3.2B,2.9\n"))
    >>> made.runs.params.tolist(), made.runs.loss.tolist(), made.curves
    ([70000000.0, 160000000.0], [3.1, 2.9], None)
    """
    with opened(path, stdin) as source:
        faults = Faults(source.file, options.skip_bad)
        sheet = _sheet(path, source, options, faults)
        found = layout(sheet, options, source.file)
        stem = os.path.splitext(os.path.basename(path))[0] if path != "-" else "stdin"
        rows = Rows(found, options, faults, source.file, stem)
        intake = Intake(rows, options, faults)
        for block in sheet.blocks:
            if len(block.lines):
                intake.take(rows.points(block))
        return intake.finish()


def _sheet(path: str, source: Source, options: ReadInputs, faults: Faults) -> Sheet:
    begin = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if source.head.startswith(PARQUET):
        if not source.seekable:
            raise InputError("Parquet cannot be read from a pipe", where=source.file, hint="name the file")
        return parquet.sheet(path, source.file)
    if begin in (b"{", b"["):
        return jsonl.sheet(source, faults)
    return delimited.sheet(source, options.delimiter, faults)
