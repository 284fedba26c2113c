"""What every calculator returns: the inputs it used, rows of values, notes, and where they came from."""

# No `from __future__ import annotations`, as in quantity.py: NamedTuple compiles annotations that are text.
from collections.abc import Sequence
from typing import Any, NamedTuple

from scaletui_core.formula import Formula, Number, Working

SCHEMA = "scaletui.answer/1"


class Spread(NamedTuple):
    """What samples say of a value: its median and interval, and the shape between.

    Attributes
    ----------
    middle, low, high : float
        Median and ends of the interval, in the row's unit; NaN where no sample has an answer.
    mean : float
        Mean of the first samples, those that have an answer: of what is 0 or 1, the share that is 1.
    missing : float
        Share of the samples without an answer.
    bars : tuple of int
        A histogram between ``ends``, evenly spaced in the logarithm where both are above 0.
    ends : tuple of float
        Where the histogram begins and ends: at 0.5% and 99.5% of the samples.
    drivers : tuple of (str, float)
        Rank correlation of each uncertain input with the value, the strongest first; empty where nobody asked.
    """

    middle: float
    low: float
    high: float
    mean: float
    missing: float
    bars: tuple[int, ...]
    ends: tuple[float, float]
    drivers: tuple[tuple[str, float], ...]


class Row(NamedTuple):
    """One value of an answer.

    Attributes
    ----------
    id : str
        Stable name of the quantity: ``compute``, ``params``, ``tokens``, ``tokens_per_param``, ``loss``, ...
    label : str
        Name for people.
    value : float
        Value, in `unit`; always finite.
    unit : str
        Base unit (parameters, tokens, FLOP, s, nats/token, USD, W, J, ...).
    law : str or None
        Id of the law that the value depends on.
    subject : str or None
        Id of the preset or thing the row is about, where an answer holds several.
    at : float or None
        Where on a sweep the row stands, in the unit of the answer's ``sweep``.
    low, high : float or None
        Interval, in `unit`, where an input was a range.
    source : str or None
        ``source-id: locator``.
    working : Working or None
        The formula and the numbers put into it.
    spread : Spread or None
        What samples say of the value, where an input was a range.
    """

    id: str
    label: str
    value: float
    unit: str
    law: str | None = None
    subject: str | None = None
    at: float | None = None
    low: float | None = None
    high: float | None = None
    source: str | None = None
    working: Working | None = None
    spread: Spread | None = None


def made(
    row_id: str,
    label: str,
    how: Formula,
    *numbers: Number,
    law: str | None = None,
    subject: str | None = None,
    source: str | None = None,
) -> Row:
    """Return the row of a formula of these numbers, so that the value and its working cannot drift apart.

    The unit is the formula's; so is the source, unless another is given.

    >>> from scaletui_core.law_formulas import pf_days
    >>> row = made("pf_days", "petaflop/s-days", pf_days, Number("C", 8.64e21, "FLOP"))
    >>> row.value, row.unit
    (100.0, 'PF-day')
    """
    value = how(*(number.value for number in numbers))
    working = Working(how.expression, numbers)
    return Row(row_id, label, value, how.unit, law, subject, source=source or how.source, working=working)


class Note(NamedTuple):
    """Something a reader must know beside the numbers: a contradiction, an extrapolation, an assumption.

    ``kind`` is ``contradiction``, ``extrapolation``, ``assumption``, ``unreachable``, ``repetition``, ``convention`` or
    ``source``.
    """

    id: str
    text: str
    source: str | None = None
    law: str | None = None
    kind: str = "source"


class Column(NamedTuple):
    """One column of the table that people see: a row id, its heading, and how its cells are printed.

    ``unit`` is a unit of `scaletui_core.quantity`, ``decades`` (a signed exponent), ``label`` (the row's label),
    ``word`` (the same where no narrow terminal may drop it), or ``share``: of a row that is 0 or 1 the label, and where
    it varies the share of the samples in which it is 1.
    """

    id: str
    heading: str
    unit: str


class Table(NamedTuple):
    """How an answer's rows are laid out for people.

    Attributes
    ----------
    key : str
        What runs down: ``law`` or ``subject``; on a sweep each value of ``at`` has a line of its own under it.
    columns : tuple of Column
        Row ids across. Rows whose id is in no column are listed above the table, one a line. Without columns the rows
        stand one a line, each with its key before it: a list of groups.
    captions : dict
        A last column of words, by key.
    names : dict
        What stands in place of the key, by ``at``.
    digits : int
        Significant digits of its cells.
    tells_all : bool
        Whether all notes stand below it, each on lines of its own, however many keys there are.
    axes : int
        Of a grid, whose keys are numbers of points, how many of its first columns say where a point lies: the reason
        why it has no answer stands behind them, and CSV has a line for each point.
    """

    key: str
    columns: tuple[Column, ...]
    captions: dict[str, str] = {}  # noqa: RUF012
    names: dict[float, str] = {}  # noqa: RUF012
    digits: int = 3
    tells_all: bool = False
    axes: int = 0


class Sweep(NamedTuple):
    """What an answer sweeps over: the id, the symbol and the unit of its rows' ``at``."""

    id: str
    symbol: str
    unit: str


class Answer(NamedTuple):
    """The result of a calculator, the same for every surface that shows it."""

    calculator: str
    inputs: dict[str, Any]
    rows: Sequence[Row]
    notes: tuple[Note, ...] = ()
    provenance: dict[str, Any] = {}  # noqa: RUF012  (never mutated; a NamedTuple has no default factory)
    table: Table | None = None
    sweep: Sweep | None = None

    @property
    def is_grouped(self) -> bool:
        """Whether the rows are a list of groups, one a line."""
        return self.table is not None and not self.table.columns

    def row(self, row_id: str, law: str | None = None, subject: str | None = None) -> Row:
        """Return the first row of that id (and law, and subject).

        Raises
        ------
        KeyError
            If the answer has no such row.
        """
        for row in self.rows:
            if row.id == row_id and (law is None or row.law == law) and (subject is None or row.subject == subject):
                return row
        raise KeyError((row_id, law, subject))

    def at_the_middle(self) -> "Answer":
        """Return the answer of the middles of its ranges alone: no number of it varies."""
        return self._replace(rows=tuple(row._replace(value=float(row.value), working=_plain(row)) for row in self.rows))

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as the JSON document ``scaletui.answer/1``: plain values in base units."""
        sweep = {"sweep": {"id": self.sweep.id, "unit": self.sweep.unit}} if self.sweep else {}
        return {
            "schema": SCHEMA,
            "calculator": self.calculator,
            "inputs": self.inputs,
            **sweep,
            "rows": [_row_dict(row) for row in self.rows],
            "notes": [
                {"id": n.id, "kind": n.kind, "text": n.text, "law": n.law, "source": n.source} for n in self.notes
            ],
            "provenance": self.provenance,
        }


def _plain(row: Row) -> Working | None:
    if row.working is None:
        return None
    return row.working._replace(numbers=tuple(n._replace(value=float(n.value)) for n in row.working.numbers))


def _row_dict(row: Row) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": row.id,
        "label": row.label,
        "law": row.law,
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "unit": row.unit,
        "source": row.source,
    }
    if row.subject is not None:
        entry["subject"] = row.subject
    if row.at is not None:
        entry["at"] = row.at
    if row.spread is not None and row.spread.drivers:
        entry["sensitivity"] = dict(row.spread.drivers)
    return entry
