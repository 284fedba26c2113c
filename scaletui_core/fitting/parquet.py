"""Tables of Parquet, where pyarrow is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.fitting.sheets import Block, Sheet

_ROWS = 1 << 16


def sheet(path: str, file: str) -> Sheet:
    """Return the table of a Parquet file; the line of a row is its number, from 1.

    Raises
    ------
    InputError
        If pyarrow is not installed, or cannot read the file.
    """
    try:
        import pyarrow.parquet as parquet  # type: ignore[import-not-found]
    except ImportError:
        hint = "pip install pyarrow, or save it as CSV"
        raise InputError("is Parquet, which needs the package pyarrow", where=file, hint=hint) from None
    try:
        table = parquet.ParquetFile(path)
        names = [str(name) for name in table.schema_arrow.names]
    except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
        raise _broken(file, error) from None
    return Sheet(names, 0, _blocks(table, file))


def _blocks(table: Any, file: str) -> Iterator[Block]:
    line = 1
    try:
        for batch in table.iter_batches(batch_size=_ROWS):
            columns = batch.columns
            yield Block(np.arange(line, line + batch.num_rows), lambda at, got=columns: got[at].to_pylist())  # type: ignore[misc]
            line += batch.num_rows
    except (OSError, ValueError) as error:
        raise _broken(file, error) from None


def _broken(file: str, error: Exception) -> InputError:
    from scaletui_core.safetext import visible

    return InputError(f"is not Parquet that pyarrow can read: {visible(str(error), 200)}", where=file)
