"""Answers for people: an aligned table that fits the terminal, and the same as Markdown."""

from __future__ import annotations

from typing import NamedTuple

from scaletui.render.doubt import sensitivity_lines
from scaletui.render.grouped import grouped_cells, grouped_lines
from scaletui.render.words import BARE, PENDING, TextLine, note_text, value_text, wrapped
from scaletui_core.answer import Answer, Column, Row, Table
from scaletui_core.calculator import INSIDE
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import cut, visible
from scaletui_core.traced import Traced

_MISSING = "-"
WORDS = ("label", "share", "word")
"""Units of columns that show the label of a row."""
COMPARABLE = "Losses of laws fitted on different data or tokenizers do not compare."
_LEAST_LABEL = 10  # columns that a cut label must keep to be worth showing
_MORE = "add --explain, or name one"  # how the notes that are only counted are seen
_FULL_NOTES = 3  # with at most so many laws the notes of a table are printed whole


def cell(row: Row | None, column: Column, digits: int = 3) -> str:
    """Return one cell of a table, ``-`` where the answer has no such row.

    >>> cell(Row("params", "N", 4.04e10, "parameters"), Column("params", "N", "parameters"))
    '40.4B'
    """
    if row is None:
        return _MISSING
    if column.unit == "share" and row.spread is not None:
        return f"seen {format_quantity(row.spread.mean, 'fraction', digits=2)}"
    if column.unit in WORDS:
        return visible(row.label)
    if column.unit == "decades":
        return f"10^{row.value:.1f}x" if abs(row.value) >= INSIDE else "inside"
    if column.unit == "1e12":
        return format_quantity(row.value / 1e12, "1", digits=4)
    return value_text(row, digits=digits)


class Line:
    """One line of a table: its key (a law or subject), where on the sweep it stands, its rows by id."""

    __slots__ = ("at", "key", "note", "rows")

    def __init__(self, key: str, at: float | None) -> None:
        self.key = key
        self.at = at
        self.rows: dict[str, Row] = {}
        self.note = ""


def lines_of(answer: Answer) -> list[Line]:
    """Return the lines of an answer's table, in the order of its rows; a key that has only a reason keeps its place."""
    assert answer.table is not None
    lines: dict[tuple[str, float | None], Line] = {}
    for row in answer.rows:
        key = getattr(row, answer.table.key)
        if key is not None and row.id in _ids(answer):
            lines.setdefault((key, row.at), Line(key, row.at)).rows[row.id] = row
    for note in answer.notes:
        if note.kind == "unreachable" and note.law is not None:
            line = lines.setdefault((note.law, None), Line(note.law, None))
            line.note = note.text.rstrip(".")
    return list(lines.values())


def _ids(answer: Answer) -> set[str]:
    return {column.id for column in answer.table.columns} if answer.table else set()


def head_rows(answer: Answer) -> list[Row]:
    """Return the rows that stand above the table: those that hold for all its lines."""
    if answer.table is None:
        return list(answer.rows)
    return [row for row in answer.rows if row.id not in _ids(answer) and getattr(row, answer.table.key) is None]


class Grid(NamedTuple):
    """The text of a table: headings, the units of the columns, rows of cells, words in place of missing cells.

    ``abouts`` has what each row is about (`about_of`).
    """

    headings: list[str]
    units: list[str]
    body: list[list[str]]
    reasons: list[str]
    abouts: list[str]

    def without(self, index: int) -> Grid:
        """Return the table without one column."""
        short = [row[:index] + row[index + 1 :] for row in (self.headings, self.units, *self.body)]
        return Grid(short[0], short[1], short[2:], self.reasons, self.abouts)

    @property
    def wides(self) -> list[int]:
        """The width of each column."""
        return [max(map(len, column)) for column in zip(self.headings, *self.body, strict=True)]


def grid(answer: Answer, *, inline: bool = False) -> Grid:
    """Return the text of an answer's table; a column that no row fills is left out.

    Where a cell has an interval its ends stand in two lines below, named by their percentiles; with ``inline``, beside
    the value.
    """
    table = answer.table
    assert table is not None
    lines = lines_of(answer)
    columns = [c for c in table.columns if any(c.id in line.rows for line in lines)]
    sweep = answer.sweep if any(line.at is not None for line in lines) else None
    headings = [
        "point" if table.axes else table.key if table.key == "law" else "name",
        *([sweep.symbol] if sweep else []),
    ]
    units = ["key", *([sweep.unit] if sweep else []), *(c.unit for c in columns)]
    headings += [c.heading for c in columns]
    if table.captions:
        headings.append("N counts" if table.key == "law" else "what it is")
        units.append("words")
    body, reasons, abouts = [], [], []
    ends = ("  " + name for name in percentiles(answer))
    below = () if inline else tuple(zip(ends, ("low", "high"), strict=True))
    for line in lines:
        varies = any(_cell_at(line.rows.get(c.id), c, "low", inline, table.digits) for c in columns)
        for name, end in (("", "value"), *(below if varies else ())):
            cells = [name or visible(line.key if line.at is None else table.names.get(line.at, line.key))]
            if sweep:
                at = "" if name else _MISSING if line.at is None else format_quantity(line.at, sweep.unit)
                cells.append(at)
            cells += [_cell_at(line.rows.get(c.id), c, end, inline, table.digits) for c in columns]
            if table.captions:
                cells.append("" if name else visible(table.captions.get(line.key, "")))
            body.append(cells)
            reasons.append("" if len(line.rows) > table.axes else line.note)
            abouts.append("" if name else _about(line.key, line.at))
    return Grid(headings, units, body, reasons, abouts)


def percentiles(answer: Answer) -> tuple[str, str]:
    """Return the names of the ends of an answer's intervals.

    >>> percentiles(Answer("calc", {}, (), provenance={"sampling": {"coverage": 0.9}}))
    ('5%', '95%')
    """
    coverage = answer.provenance.get("sampling", answer.provenance).get("coverage")
    if coverage is None:
        return "low", "high"
    low, high = ((1.0 + side * coverage) / 2.0 for side in (-1.0, 1.0))
    return format_quantity(low, "fraction", digits=6), format_quantity(high, "fraction", digits=6)


def _cell_at(row: Row | None, column: Column, end: str, inline: bool, digits: int) -> str:
    """Return a cell of the line of values, or of those of an end of the intervals."""
    if end == "value":
        plain = row if row is None or inline else row._replace(value=float(row.value), low=None, high=None)
        return cell(plain, column, digits)
    if row is None or column.unit in WORDS:
        return ""
    if isinstance(row.value, Traced):  # its interval is on the way, and the lines are to stay where they are
        return PENDING
    bound = row.low if end == "low" else row.high
    return "" if bound is None else cell(row._replace(value=bound, low=None, high=None), column, digits)


def as_table(answer: Answer, width: int = 80, bold: bool = False) -> str:
    """Return an answer as aligned text no wider than ``width`` columns."""
    out = []
    for style, text, _ in answer_lines(answer, width):
        out.append(f"\x1b[1m{text}\x1b[0m" if bold and style == "head" else text)
    return "\n".join(out) + "\n"


def answer_lines(answer: Answer, width: int, table_first: bool = False, more: str = _MORE) -> list[TextLine]:
    """Return the lines of an answer as both the command and the app show them: what holds for all, the table, notes.

    With ``table_first`` the table comes before what holds for all: the top is what a small window shows. ``more`` says
    how to see the notes that are only counted.
    """
    if answer.is_grouped:
        return grouped_lines(answer, width)
    out = _head(answer, width)
    if answer.table is not None:
        table = _grid_lines(answer, width)
        first, second = (table, out) if table_first else (out, table)
        out = [*first, *([("", "", "")] if out else []), *second]
    drivers = sensitivity_lines(answer, {row.id for row in head_rows(answer)} | _ids(answer))
    out += [("", "", ""), *(("", cut(line, width), "") for line in drivers)] if drivers else []
    notes = note_lines(answer, width, more)
    if notes:
        out += [("", "", ""), *(("quiet", line, "") for line in notes)]
    return out


def about_of(row: Row, table: Table | None) -> str:
    """Return what the line that shows a row is about: a law or subject, with the place on a sweep; else the row.

    What holds for all laws is part of what each is about, and nothing by itself.

    >>> about_of(Row("steps", "steps", 2.0, "1", subject="loss", at=4e6), Table("subject", ()))
    'loss at 4e+06'
    """
    if table is not None and table.key == "law":
        return _about(row.law, row.at) if row.law else ""
    return _about((row.subject if table else None) or row.id, row.at)


def _about(key: str, at: float | None) -> str:
    return key if at is None else f"{key} at {at:g}"


def _head(answer: Answer, width: int) -> list[TextLine]:
    rows, listing = head_rows(answer), answer.table is None
    if not rows:
        return []
    many = listing and len({row.subject or row.law for row in rows}) > 1
    keys = [f"{row.subject or row.law}: " if many and (row.subject or row.law) else "" for row in rows]
    left = [visible(f"{key}{row.label}", 200) for key, row in zip(keys, rows, strict=True)]
    wide = min(max(map(len, left)), 46)
    # A constant is worth its printed digits; what was worked out is not.
    values = [
        value_text(row, with_unit=True, digits=3 if row.working or row.spread or not listing else 8) for row in rows
    ]
    value_wide = max(map(len, values))
    out: list[TextLine] = []
    for name, value, row in zip(left, values, rows, strict=True):
        line = f"{name:<{wide}}  {value:<{value_wide}}"
        source = visible(row.source, 200) if row.source else ""
        if source and len(line) + 2 + len(source) <= width:
            line += f"  {source}"
        elif source and listing and wide + len(value) + 4 + len(source) <= width:
            line = f"{name:<{wide}}  {value}  {source}"
        elif source and listing:
            out.append(("", cut(line.rstrip(), width), about_of(row, answer.table)))
            out += [("", more, "") for more in wrapped(f"    {source}", width, "    ")]
            continue
        out.append(("", cut(line.rstrip(), width), about_of(row, answer.table)))
    return out


def _grid_lines(answer: Answer, width: int) -> list[TextLine]:
    axes = answer.table.axes if answer.table else 0
    table, spared = _fitting(grid(answer), width, 2 + axes) if axes else (_narrowed(grid(answer), width), [])
    wides = table.wides
    words = [unit in ("key", "words", *WORDS) for unit in table.units]

    def aligned(cells: list[str]) -> str:
        parts = (
            text.ljust(wide) if left else text.rjust(wide)
            for text, wide, left in zip(cells, wides, words, strict=False)
        )
        return "  ".join(parts)

    out: list[TextLine] = [("head", cut(aligned(table.headings).rstrip(), width), "")]
    for cells, reason, about in zip(table.body, table.reasons, table.abouts, strict=True):
        line = f"{aligned(cells[: 1 + axes])}  {reason}" if reason else aligned(cells).rstrip()
        out.append(("", cut(line, width), about))
    if spared:
        out.append(("quiet", cut(f"No room for {', '.join(spared)}: --format csv has all.", width), ""))
    return out


def _fitting(table: Grid, width: int, least: int) -> tuple[Grid, list[str]]:
    """Return the table without the last columns that a width has no room for, and their headings."""
    spared: list[str] = []
    while len(table.headings) > least and sum(table.wides) + 2 * (len(table.headings) - 1) > width:
        spared.insert(0, table.headings[-1])
        table = table.without(len(table.headings) - 1)
    return table, spared


def _narrowed(table: Grid, width: int) -> Grid:
    """Return the table without what a narrow terminal can spare: the nearest model, then how far beyond the fit."""
    for unit in ("label", "words", "decades"):
        if unit in table.units and _least_width(table) > width:
            table = table.without(table.units.index(unit))
    return table


def _least_width(table: Grid) -> int:
    """Return the columns of the terminal that a table needs when its label column is cut as far as makes sense."""
    wides = [
        min(w, _LEAST_LABEL) if u in ("label", "words") else w for w, u in zip(table.wides, table.units, strict=True)
    ]
    return sum(wides) + 2 * (len(wides) - 1)


def note_lines(answer: Answer, width: int, more: str = _MORE) -> list[str]:
    """Return the notes under a table: all where few laws are asked, else what was assumed and a count of the rest."""
    subjects = {row.law or row.subject for row in answer.rows} - {None}
    whole = answer.table is None or answer.table.tells_all or len(subjects) <= _FULL_NOTES
    shown = [n for n in answer.notes if n.kind == "assumption" or (whole and n.kind != "unreachable")]
    out = wrapped(legend(answer), width, "  ")
    for note in shown:
        out += wrapped(note_text(note), width, "  ")
    if not whole:
        out += _counted(answer, width, more)
    return out


def legend(answer: Answer) -> str:
    """Return the units of a table's columns in one line; cells that show their unit need none."""
    if answer.table is None:
        return ""
    used = {row.id for row in answer.rows if getattr(row, answer.table.key) is not None}
    swept = any(row.at is not None and row.id in _ids(answer) for row in answer.rows)
    parts = [(answer.sweep.symbol, answer.sweep.unit)] if answer.sweep and swept else []
    parts += [(c.heading, c.unit) for c in answer.table.columns if c.id in used]
    parts = [(heading, "TFLOP/s, dense" if unit == "1e12" else unit) for heading, unit in parts]
    text = ", ".join(f"{heading} [{unit}]" for heading, unit in parts if unit in BARE)
    if any(unit == "decades" for _, unit in parts):
        text += "; beyond: C outside the budgets of the law's fit"
    if any(column.id == "nearest_model" for column in answer.table.columns) and "nearest_model" in used:
        text += "; nearest: known model, in ln N and ln D"
    several = len({row.law for row in answer.rows if row.unit == "nats/token" and row.law}) > 1
    return text + "." + (" " + COMPARABLE if several else "") if text else ""


def _counted(answer: Answer, width: int, more: str) -> list[str]:
    out: list[str] = []
    notes = answer.notes
    blind = [visible(n.law or "") for n in notes if n.kind == "repetition"]
    if blind:
        out += wrapped(f"Losses that take no account of repeated tokens: {', '.join(blind)}.", width, "  ")
    odd = [
        f"{n.law} {visible(n.text, 200).removeprefix('N counts ').rstrip('.')}"
        for n in notes
        if n.id.startswith("counts:")
    ]
    if odd:
        out += wrapped(f"N counts all parameters, but: {'; '.join(odd)}.", width, "  ")
    against = sum(n.kind == "contradiction" for n in notes)
    if against:
        count = "a note says" if against == 1 else f"{against} notes say"
        text = f"{count} where a source contradicts itself or another: {more}."
        out += wrapped(text, width, "  ")
    return out


def as_markdown(answer: Answer) -> str:
    """Return an answer as a Markdown table and a list of notes."""
    out: list[str] = []
    head = head_rows(answer)
    if head:
        out += ["| quantity | value | source |", "| --- | ---: | --- |"]
        out += [
            f"| {_md(row.label)} | {_md(value_text(row, with_unit=True))} | {_md(row.source or '')} |" for row in head
        ]
        out.append("")
    if answer.is_grouped:
        out += ["| part | quantity | value |", "| --- | --- | ---: |"]
        out += ["| " + " | ".join(map(_md, cells)) + " |" for cells in grouped_cells(answer)]
        out.append("")
    elif answer.table is not None:
        table = grid(answer, inline=True)
        out.append("| " + " | ".join(map(_md, table.headings)) + " |")
        out.append("| --- |" + " ---: |" * (len(table.headings) - 1))
        for cells, reason in zip(table.body, table.reasons, strict=True):
            if reason:
                whence = 1 + answer.table.axes
                cells = [*cells[:whence], reason, *[""] * (len(cells) - whence - 1)]
            out.append("| " + " | ".join(map(_md, cells)) + " |")
        out.append("")
    out += [f"- {_md(note_text(note))}" for note in answer.notes]
    return "\n".join(out).rstrip("\n") + "\n"


def _md(text: str) -> str:
    for char in "\\|*_`<>[]":
        text = text.replace(char, "\\" + char)
    return text
