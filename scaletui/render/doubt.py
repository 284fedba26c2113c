"""What samples say beside a median and an interval: the shape of the spread, and which input drives it."""

from __future__ import annotations

from scaletui_core.answer import Answer, Row, Spread
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import cut, visible

_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:-=+*#@"
_LEAST = 0.02  # a rank correlation below this is noise, at 6,000 samples
_MOST = 4
_WIDEST = 40
_LINE = 80


def histogram(spread: Spread, *, ascii_only: bool = False) -> str:
    """Return a histogram in one line, one character a bar; empty where there is nothing to show.

    >>> histogram(Spread(1.0, 0.5, 2.0, 1.1, 0.0, (0, 4, 8, 2), (0.1, 9.0), ()), ascii_only=True)
    ' =@:'
    """
    if not spread.bars:
        return ""
    levels = _ASCII if ascii_only else _BLOCKS
    most = max(spread.bars) or 1
    return "".join(levels[-(-bar * (len(levels) - 1) // most)] for bar in spread.bars)


def histogram_line(row: Row, *, ascii_only: bool = False) -> str:
    """Return a row's histogram between its ends, in the row's unit; empty for a row that does not vary."""
    if row.spread is None or not row.spread.bars:
        return ""
    low, high = (format_quantity(end, row.unit) for end in row.spread.ends)
    return f"{low} |{histogram(row.spread, ascii_only=ascii_only)}| {high}"


def drivers(spread: Spread) -> str:
    """Return what drives a spread, the strongest first, each with its rank correlation.

    >>> drivers(Spread(1.0, 0.5, 2.0, 1.1, 0.0, (), (0.1, 9.0), (("flops", 0.98), ("mfu", -0.2), ("k", 0.001))))
    'flops 0.98, mfu -0.20'
    """
    shown = [(name, rank) for name, rank in spread.drivers[:_MOST] if abs(rank) >= _LEAST]
    return ", ".join(f"{visible(name)} {rank:.2f}" for name, rank in shown) or "none of the inputs by its rank alone"


def sensitivity_lines(answer: Answer, wanted: set[str]) -> list[str]:
    """Return a line for every row of the ids wanted that was ranked: what it is, and what drives it."""
    ranked = [row for row in answer.rows if row.spread is not None and row.spread.drivers]
    if not ranked:
        return []
    rows = [row for row in ranked if row.id in wanted and row.at is None]
    if not rows:
        return ["What drives the spread stands in the JSON: --format json."]
    names = [
        cut(visible(": ".join(part for part in (row.law or row.subject, row.label) if part)), _WIDEST) for row in rows
    ]
    wide = max(map(len, names))
    head = "What drives the spread, by rank correlation (1: rises with it, -1: falls):"
    body = []
    for name, row in zip(names, rows, strict=True):
        assert row.spread is not None
        for i, line in enumerate(_folded(drivers(row.spread), _LINE - wide - 4)):
            body.append(f"  {'' if i else name:<{wide}}  {line}")
    return [head, *body]


def _folded(text: str, room: int) -> list[str]:
    """Return a list of drivers in lines of so many characters, none of them cut in two.

    >>> _folded("flops 0.74, speed -0.59, k 0.10", 24)
    ['flops 0.74, speed -0.59,', 'k 0.10']
    """
    lines = [""]
    for part in text.replace(", ", ",\n").split("\n"):
        if lines[-1] and len(f"{lines[-1]} {part}") > room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".lstrip()
    return lines
