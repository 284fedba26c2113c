"""Numbers out of cells: at the speed of float where they are plain, as quantities where they are not."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scaletui_core.errors import InputError
from scaletui_core.fitting.records import Array
from scaletui_core.quantity import parse
from scaletui_core.safetext import visible

_MISSING = frozenset(("", "null", "none", "na", "n/a", "-"))
_NOT_A_NUMBER = frozenset(("nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"))
_SAMPLE, _FEW = 100, 10
_REMEMBERED = 100_000


class Numbers(NamedTuple):
    """The numbers of some cells.

    Attributes
    ----------
    values : ndarray of float64
        The numbers; NaN where there is none.
    missing : ndarray of bool
        Where a cell is empty.
    reasons : dict of int to str
        Why the cells at these positions are no numbers above 0, for cells that are neither empty nor NaN, infinite, 0.
    """

    values: Array
    missing: npt.NDArray[np.bool_]
    reasons: dict[int, str]


def numbers(cells: list[Any], unit: str, seen: dict[str, float | str]) -> Numbers:
    """Return the numbers of cells: plain, or quantities such as ``70B`` in ``unit``.

    NaN and infinity are NaN, and 0 is 0: what they mean is for the caller to say. Negative numbers have a reason.

    Parameters
    ----------
    cells : list
        Texts, numbers, or None.
    unit : str
        A key of `scaletui_core.quantity.KINDS`.
    seen : dict
        What texts that are not plain numbers were found to mean; the same for all blocks of a column.

    Examples
    --------
    >>> numbers(["7e7", "1.4B", "", "x"], "parameters", {}).values.tolist()
    [70000000.0, 1400000000.0, nan, nan]
    """
    values = _quick(cells)
    missing = np.zeros(len(cells), dtype=np.bool_)
    if values is None:
        values, missing = _quick_but_empty(cells)
    reasons: dict[int, str] = {}
    if values is None:
        found = _each(cells, unit, seen)
        missing = np.fromiter((one is None for one in found), np.bool_, len(cells))
        values = np.fromiter((one if type(one) is float else np.nan for one in found), np.float64, len(cells))
        reasons = {at: one for at, one in enumerate(found) if isinstance(one, str)}
    odd = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)))
    for at in odd.tolist():
        if values[at] < 0.0 and values[at] > -np.inf:
            reasons[at] = f"'{_shown(cells[at])}' must be above 0"
        values[at] = np.nan
    return Numbers(values, missing, reasons)


def _quick(cells: list[Any]) -> Array | None:
    """Return the numbers of cells that are all plain, or None."""
    kinds = set(map(type, cells))
    if kinds != {str} and not kinds <= {int, float}:
        return None
    try:
        if _repeats(cells):
            known = {cell: float(cell) for cell in set(cells)}
            return np.fromiter(map(known.__getitem__, cells), np.float64, len(cells))
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except (ValueError, OverflowError):
        return None


def _quick_but_empty(cells: list[Any]) -> tuple[Array | None, npt.NDArray[np.bool_]]:
    """Return the numbers of cells that are plain or empty, or None; and where they are empty."""
    missing = np.fromiter((cell is None or cell == "" for cell in cells), np.bool_, len(cells))
    if not missing.any():
        return None, missing
    filler: Any = "nan" if str in set(map(type, cells)) else float("nan")
    return _quick([filler if empty else cell for cell, empty in zip(cells, missing.tolist(), strict=True)]), missing


def _repeats(cells: list[Any]) -> bool:
    """Whether cells seem to be a few values again and again, as N is in curves."""
    return len(set(cells[:_SAMPLE])) <= _FEW < len(cells)


def _each(cells: list[Any], unit: str, seen: dict[str, float | str]) -> list[float | str | None]:
    if set(map(type, cells)) == {str} and _repeats(cells):
        known = {cell: _one(cell, unit, seen) for cell in set(cells)}
        return [known[cell] for cell in cells]
    return [_one(cell, unit, seen) for cell in cells]


def _one(cell: Any, unit: str, seen: dict[str, float | str]) -> float | str | None:
    """Return the number in a cell, None where it is empty, or what is wrong with it."""
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return f"'{_shown(cell)}' is not a number"
    if isinstance(cell, str) and len(cell) <= 200:
        text = cell.strip()
        if text.lower() in _MISSING:
            return None
        if text.lower() in _NOT_A_NUMBER:
            return float("nan")
    try:
        return float(cell)
    except (ValueError, OverflowError):
        pass
    if not isinstance(cell, str):
        return "is too large a number"
    known = seen.get(cell)
    if known is None:
        if len(seen) > _REMEMBERED:
            seen.clear()
        known = seen[cell] = _quantity(cell.strip(), unit)
    return known


def _quantity(text: str, unit: str) -> float | str:
    try:
        quantity = parse(text, unit, allow_zero=True)
    except InputError as error:
        return f"'{visible(text, 40)}': {error.line}"
    return f"'{visible(text, 40)}' is a range, not a number" if quantity.is_range else quantity.value


def _shown(cell: Any) -> str:
    return visible(str(cell).strip() if not isinstance(cell, list | dict) else type(cell).__name__, 40)
