"""An answer as text: a table for people, JSON, CSV, Markdown, or every number explained."""

from __future__ import annotations

from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.presets import Catalog

FORMATS = ("table", "json", "csv", "md")
LONGEST = 20_000
"""Points of a grid that are printed as anything but CSV, of which no line waits for another."""


def render(
    answer: Answer,
    form: str,
    catalog: Catalog,
    *,
    explain: bool = False,
    width: int = 80,
    bold: bool = False,
    ascii_only: bool | None = None,
) -> str:
    """Return the whole text of an answer in one of `FORMATS`, with a final newline.

    Parameters
    ----------
    answer : Answer
        What to show.
    form : str
        One of `FORMATS`.
    catalog : Catalog
        To name the documents that sources point to.
    explain : bool
        With each row's formula, the numbers put into it, and its source.
    width : int
        Columns of the terminal; only the table heeds it.
    bold : bool
        Whether the table may use bold for headings.
    ascii_only : bool, optional
        Whether the explanation draws with ASCII alone; by default as the terminal says.
    """
    if answer.table is not None and answer.table.axes and form != "csv":
        first = answer.table.columns[0].id
        check_length(sum(row.id == first for row in answer.rows), form)
    if form == "json":
        from scaletui.render.data import as_json

        return as_json(answer, explain)
    if form == "csv":
        from scaletui.render.data import as_csv

        return as_csv(answer)
    if explain:
        from scaletui.render.explain import as_explanation

        return as_explanation(answer, catalog, width, ascii_only)
    from scaletui.render.table import as_markdown, as_table

    return as_markdown(answer) if form == "md" else as_table(answer, width, bold)


def check_length(points: int, form: str) -> None:
    """Raise where a grid has more points than a form is made for.

    >>> check_length(20_000, "table"), check_length(1_000_000, "csv")
    (None, None)
    """
    if form != "csv" and points > LONGEST:
        what = f"{points:,} points are printed as CSV alone; {form} ends at {LONGEST:,}"
        raise InputError(what, where="--format", hint="--format csv")
