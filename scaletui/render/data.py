"""Answers for programs: JSON (``scaletui.answer/1``) and CSV, in base units at full precision."""

from __future__ import annotations

from scaletui_core.answer import Answer, Row


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
    """Return the rows as CSV; notes are left out, since they are not rows."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "label", "law", "subject", "at", "value", "low", "high", "unit", "source"))
    for row in answer.rows:
        numbers = ("" if x is None else repr(float(x)) for x in (row.at, row.value, row.low, row.high))
        words = (row.id, row.label, row.law or "", row.subject or "")
        writer.writerow((*words, *numbers, row.unit, row.source or ""))
    return out.getvalue()
