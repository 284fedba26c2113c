"""Two scenarios side by side as lines, those that differ marked."""

from __future__ import annotations

from scaletui.render.table import answer_lines
from scaletui.render.words import TextLine
from scaletui_core.answer import Answer, Row
from scaletui_core.compare import SAME

DIFFERS = "differs"
"""The style of a line whose two values are not the same."""


def compared_lines(answer: Answer, width: int) -> list[TextLine]:
    """Return the lines of a comparison as `scaletui.render.table.answer_lines` has them; what differs has a style.

    Losses of two laws, which do not compare, and what only one of the two has, differ.

    Parameters
    ----------
    answer : Answer
        What `scaletui_core.compare.compare` returns.
    width : int
        Columns there are.

    Examples
    --------
    >>> from scaletui_core.compare import compare
    >>> from scaletui_core.presets import Catalog
    >>> from scaletui_core.scenario import published
    >>> known = published(Catalog("presets"))
    >>> lines = compared_lines(compare(known["gopher"], known["chinchilla"], Catalog("presets")), 80)
    >>> [about for style, _, about in lines if about and style != DIFFERS]
    ['emergence.seen_count']
    """
    differing = {row.subject for row in answer.rows if _differs(answer, row.subject)}
    out: list[TextLine] = []
    subject = ""
    for style, text, about in answer_lines(answer, width):
        subject = about or (subject if text else "")  # the ends of an interval stand below their values
        out.append((DIFFERS if style == "" and subject in differing else style, text, about))
    return out


def _differs(answer: Answer, subject: str | None) -> bool:
    rows: dict[str, Row] = {row.id: row for row in answer.rows if row.subject == subject}
    if "ratio" in rows:
        return abs(float(rows["ratio"].value) - 1.0) >= SAME
    return not {"first", "second"} <= rows.keys() or float(rows["first"].value) != float(rows["second"].value)
