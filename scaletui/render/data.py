"""Answers for programs: JSON (``scaletui.answer/1``) and CSV, in base units at full precision."""

from __future__ import annotations

from collections.abc import Iterator

from scaletui_core.answer import Answer, Row, Table


def as_json(answer: Answer, explain: bool = False) -> str:
    """Return the JSON document; with ``explain`` every row carries its ``working``."""
    import json

    document = answer.as_dict()
    if explain:
        for entry, row in zip(document["rows"], answer.rows, strict=True):
            entry["working"] = _working(row)
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _working(row: Row) -> dict[str, object] | None:
    if row.working is None:
        return None
    return {"formula": row.working.expression, "numbers": [number._asdict() for number in row.working.numbers]}


def as_csv(answer: Answer) -> str:
    """Return the rows as CSV; notes are left out, since they are not rows. Of a grid a line is a point."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if answer.table is not None and answer.table.axes:
        writer.writerows(_points(answer, answer.table))
        return out.getvalue()
    writer.writerow(("id", "label", "law", "subject", "at", "value", "low", "high", "unit", "source"))
    for row in answer.rows:
        numbers = ("" if x is None else repr(float(x)) for x in (row.at, row.value, row.low, row.high))
        words = (row.id, row.label, row.law or "", row.subject or "")
        writer.writerow((*words, *numbers, row.unit, row.source or ""))
    return out.getvalue()


def _points(answer: Answer, table: Table) -> Iterator[list[str]]:
    """Return a line for each point of a grid: its number, where it lies, its values and their ends, why one is missing.

    A column has its two ends beside it where any of its values has an interval.
    """
    from itertools import groupby

    wide = {row.id for row in answer.rows if row.low is not None}
    reasons = {note.law: note.text.rstrip(".") for note in answer.notes if note.kind == "unreachable"}
    heads = [[c.id, f"{c.id}_low", f"{c.id}_high"] if c.id in wide else [c.id] for c in table.columns]
    yield ["point", *(name for head in heads for name in head), "reason"]
    for key, group in groupby(answer.rows, lambda row: row.subject):
        rows = {row.id: row for row in group}
        cells = []
        for column in table.columns:
            row = rows.get(column.id)
            if row is not None and column.unit == "word":
                cells.append(row.label)
                continue
            ends = (row.value, row.low, row.high) if row is not None else (None, None, None)
            cells += ["" if x is None else repr(float(x)) for x in ends[: 3 if column.id in wide else 1]]
        yield [key or "", *cells, reasons.get(key, "")]
