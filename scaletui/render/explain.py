"""Every row explained: the formula, the numbers put into it, and the document each came from."""

from __future__ import annotations

from scaletui.render.doubt import drivers, histogram_line
from scaletui.render.table import about_of
from scaletui.render.words import note_text, value_text, wrapped
from scaletui.terminal import unicode_shown
from scaletui_core.answer import Answer, Note, Row
from scaletui_core.formula import Number
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.safetext import visible


def as_explanation(answer: Answer, catalog: Catalog, width: int = 80, ascii_only: bool | None = None) -> str:
    """Return the explanation of an answer, law by law; None has the terminal say whether it shows more than ASCII."""
    ascii_only = not unicode_shown() if ascii_only is None else ascii_only
    out: list[str] = []
    # Where no law is asked, as in a listing, or the rows are in groups, they are of subjects.
    by_law = any(row.law for row in answer.rows) and not answer.is_grouped
    seen = dict.fromkeys(row.law if by_law else row.subject for row in answer.rows)
    for key in seen:
        if key is None and out:
            out += ["", "for all laws" if by_law else "for all", "=" * (12 if by_law else 7)]
        if key is not None:
            name = visible(key)
            out += ["", name, "=" * len(name), *(law_lines(key, catalog, width) if by_law else [])]
        for row in answer.rows:
            if (row.law if by_law else row.subject) == key:
                out += ["", *row_lines(row, catalog, width, ascii_only)]
        notes = [note for note in answer.notes if note.law == key]
        out += ["", *note_block(notes, width)] if notes else []
    rest = [note for note in answer.notes if note.law not in seen]
    out += ["", *note_block(rest, width)] if rest else []
    return "\n".join(out).strip("\n") + "\n"


def narrowed(answer: Answer, about: str) -> Answer:
    """Return the part of an answer that explains one line of it: its rows and their notes, and notes of the whole.

    What holds for all laws belongs to each and comes behind its own, and the notes of ``mmlu`` to ``mmlu/gpt-3``. A row
    of a listing goes without notes, which stand below it.
    """
    table = answer.table
    shared = ("",) if table is not None and table.key == "law" else ()
    rows = [row for row in answer.rows if about_of(row, table) in (about, *shared)]
    rows.sort(key=lambda row: about_of(row, table) != about)
    keys = {None, about, *(row.law for row in rows), *((row.subject or "").partition("/")[0] for row in rows)}
    notes = () if table is None else tuple(note for note in answer.notes if note.law in keys)
    return answer._replace(rows=tuple(rows), notes=notes)


def law_lines(law: str, catalog: Catalog, width: int) -> list[str]:
    """Return what a law is: its name, what its N counts, and the compute it was fitted on."""
    found = None if law == "mixture" else catalog.law(law)
    record = found[1] if found is not None else None
    if record is None:  # a mixture is no law of its own; its note says what it is
        return []
    text = f"{record['name']}. N counts {record['counts']}."
    low, high = record.get("fitted", (0, 0))
    if high:
        least = f"{format_quantity(low, 'FLOP')} to " if low else "up to "
        text += (
            f" Fitted on {least}{format_quantity(high, 'FLOP')} FLOP ({record.get('fitted_source', record['source'])})."
        )
    return wrapped(visible(text, 600), width, "")


def note_block(notes: list[Note], width: int) -> list[str]:
    """Return notes as a list, one a paragraph."""
    out: list[str] = []
    for note in notes:
        out += wrapped(f"- {note_text(note)}", width, "  ")
    return out


def row_lines(row: Row, catalog: Catalog, width: int, ascii_only: bool) -> list[str]:
    """Return one row's explanation: value, formula, numbers, source."""
    at = f" at {row.at:g}" if row.at is not None else ""
    shown = value_text(row, with_unit=True)
    exact = number_text(Number("", row.value, row.unit), digits=8).removeprefix(" = ")
    more = f" = {exact}" if exact != shown and row.spread is None else ""
    out = wrapped(f"{visible(row.label, 200)}{at} ({row.id}): {shown}{more}", width, "    ")
    if row.spread is not None:
        shape = histogram_line(row, ascii_only=ascii_only)
        out += [f"  spread, 0.5% to 99.5% of the samples: {shape}"] if shape else []
        out += wrapped(f"  driven by: {drivers(row.spread)}", width, "      ") if row.spread.drivers else []
        out.append("  the numbers below stand at the middle of the ranges")
    if row.working is not None:
        out += wrapped(f"  formula: {row.working.expression}", width, "      ")
        parts = ", ".join(number_text(number) for number in row.working.numbers)
        out += wrapped(f"  with: {parts}", width, "      ") if parts else []
    for source in _sources(row):
        out += wrapped(f"  source: {source_text(source, catalog)}", width, "      ")
    return out


def number_text(number: Number, digits: int = 6) -> str:
    """Return a number that was put into a formula, with its unit.

    >>> number_text(Number("C", 5.76e23, "FLOP"))
    'C = 5.76e23 FLOP'
    """
    if number.unit == "1":
        return f"{number.symbol} = {number.value:.8g}"
    return f"{number.symbol} = {format_quantity(number.value, number.unit, digits=digits, with_unit=True)}"


def _sources(row: Row) -> list[str]:
    found = [row.source] if row.source else []
    if row.working is not None:
        found += [number.source for number in row.working.numbers if number.source]
    return list(dict.fromkeys(found))


def source_text(locator: str, catalog: Catalog) -> str:
    """Return a ``source-id: locator`` with the document written out."""
    document = catalog.source(locator)
    if document is None:
        return visible(locator, 300)
    place = locator.partition(":")[2].strip()
    url = f", {document.url}" if document.url else ""
    year = f" ({document.year})" if document.year else ""
    return visible(f"{document.authors}{year}, {document.title}: {place}{url}", 400)
