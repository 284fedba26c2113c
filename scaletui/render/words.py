"""Words that every way of showing an answer shares: values with their intervals, notes, lines broken to a width."""

from __future__ import annotations

from scaletui_core.answer import Note, Row
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible
from scaletui_core.traced import Traced

PENDING = "..."
BARE = (
    "parameters",
    "tokens",
    "FLOP",
    "tokens/parameter",
    "nats/token",
    "TFLOP/s, dense",
)  # units that a cell does not show

TextLine = tuple[str, str, str]
"""A line: its style ("", "head", "quiet", and "differs" where two are compared), the text, what it is about, or ""."""


def value_text(row: Row, *, with_unit: bool = False, digits: int = 3) -> str:
    """Return a row's value for people, with its interval where it has one."""
    text = format_quantity(row.value, row.unit, digits=digits, with_unit=with_unit)
    if row.low is not None and row.high is not None:
        low, high = (format_quantity(end, row.unit, digits=digits) for end in (row.low, row.high))
        text += f" ({low} to {high})"
    elif isinstance(row.value, Traced):  # its interval is on the way, and the line is to stay as it is
        text += f" ({PENDING} to {PENDING})"
    return text


def note_text(note: Note) -> str:
    """Return a note as one line: what it belongs to, what it says, where it stands."""
    head = f"{note.law}: " if note.law else ""
    tail = f" [{note.source}]" if note.source else ""
    return visible(f"{head}{note.text}{tail}", 2000)


def wrapped(text: str, width: int, indent: str) -> list[str]:
    """Return a text broken at spaces to ``width`` columns, later lines indented.

    >>> wrapped("  one two three", 9, "    ")
    ['  one two', '    three']
    """
    lines: list[str] = []
    line = ""
    words = text.split()
    if words:
        words[0] = text[: len(text) - len(text.lstrip())] + words[0]
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = indent + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines
