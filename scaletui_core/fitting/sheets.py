"""A table on its way in: the names of its columns, and blocks of rows whose cells are asked for by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from scaletui_core.fitting.records import Indices


class Block(NamedTuple):
    """Some rows of a table.

    Attributes
    ----------
    lines : ndarray of int64
        Line of the file of each row, from 1.
    column : callable
        The cells of a column by its position: texts, or what JSON and Parquet hold; None where there is none.
    """

    lines: Indices
    column: Callable[[int], list[Any]]


class Sheet(NamedTuple):
    """A table: names of columns as they are in the file, the line they are on, and its rows.

    ``doubt`` is what to say where columns are missing, such as that the first line has two kinds of delimiters.
    """

    names: list[str]
    line: int
    blocks: Iterator[Block]
    doubt: str = ""
