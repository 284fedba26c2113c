"""Lists of groups: the chain of a scenario, the key of its group before every row."""

from __future__ import annotations

from scaletui.render.doubt import sensitivity_lines
from scaletui.render.words import BARE, TextLine, note_text, value_text, wrapped
from scaletui_core.answer import Answer, Row
from scaletui_core.safetext import cut, visible


def grouped_lines(answer: Answer, width: int) -> list[TextLine]:
    """Return a list of groups: the key before every row, the notes of the whole in one paragraph, the rest counted.

    It is to fit a screen of 24 lines: where a value with its interval leaves no room for the unit, the label has it.
    """
    cells = grouped_cells(answer)
    wides = [max((len(cell[i]) for cell in cells if cell[2]), default=0) for i in (0, 1)]
    out: list[TextLine] = []
    for index, (key, label, value) in enumerate(cells):
        start = len(f"{key:<{wides[0]}}  {label:<{wides[1] if value else 0}}  ")
        if start + len(value) > width and index < len(answer.rows):
            digits = 3 if answer.table is None else answer.table.digits
            value, label = (
                value_text(answer.rows[index], digits=digits),
                _with_unit(label, answer.rows[index], wides[1]),
            )
        line = f"{key:<{wides[0]}}  {label:<{wides[1] if value else 0}}  {value}"
        out.append(("", cut(line.rstrip(), width), key))
    if answer.table is not None and answer.table.tells_all:
        missing = [note for note in answer.notes if note.kind == "unreachable" and note.law is not None]
        told = [line for note in answer.notes if note not in missing for line in wrapped(note_text(note), width, "  ")]
        return out + ([("", "", ""), *(("quiet", line, "") for line in told)] if told else [])
    texts = [note_text(note) for note in answer.notes if note.law is None]
    rest = sum(note.law is not None and note.kind != "unreachable" for note in answer.notes)
    if rest:
        texts.append(f"{rest} more notes: --explain.")
    drivers = sensitivity_lines(answer, {row.id for row in answer.rows})
    out += [("", "", ""), *(("", cut(line, width), "") for line in drivers)] if drivers else []
    lines = wrapped(" ".join(texts), width, "  ")
    return out + ([("", "", ""), *(("quiet", line, "") for line in lines)] if lines else [])


def grouped_cells(answer: Answer) -> list[tuple[str, str, str]]:
    """Return the key, label and value of every line of a list of groups; a group without rows says why."""
    digits = 3 if answer.table is None else answer.table.digits
    out = [
        (
            visible(row.subject or ""),
            visible(row.label, 200) + (f", {row.law}" if row.law else ""),
            value_text(row, with_unit=True, digits=digits),
        )
        for row in answer.rows
    ]
    missing = [note for note in answer.notes if note.kind == "unreachable" and note.law is not None]
    return out + [(visible(note.law or ""), f"no answer: {visible(note.text, 300)}", "") for note in missing]


def _with_unit(label: str, row: Row, room: int) -> str:
    """Return a label with the unit of its value, where the label does not say it and there is room."""
    told = f"{label} [{row.unit}]"
    return told if row.unit in BARE and row.unit not in label and len(told) <= room else label
