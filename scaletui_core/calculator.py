"""What a calculator is: a name, declared inputs, and a pure function from inputs to an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from scaletui_core import __version__
from scaletui_core.answer import Answer, Note
from scaletui_core.law_kinds import Law
from scaletui_core.presets import Catalog
from scaletui_core.quantity_text import format_quantity
from scaletui_core.traced import Traced

PARTS = ("calc", "emergence", "speed", "copies", "learning", "batch")
"""The calculators of a scenario, in the order in which they follow from each other (`scaletui_core.flow`)."""
INSIDE = 0.05  # orders of magnitude beyond a fit that are not worth a word


class Calculator(NamedTuple):
    """A calculator as the surfaces see it."""

    name: str
    inputs: type
    run: Callable[[Any, Catalog], Answer]
    summary: str


def provenance(**more: Any) -> dict[str, Any]:
    """Return what every answer says about how it was made."""
    return {"version": __version__, **more}


def law_notes(law: Law, unique: float | None = None) -> list[Note]:
    """Return the notes that belong to a law wherever it is used: what N counts, repetition, its own.

    Parameters
    ----------
    law : Law
        The law that is asked.
    unique : float or None
        The unique tokens that were given; most laws take no account of them, and say so.
    """
    notes = []
    if law.counts != "all parameters":
        notes.append(Note(f"counts:{law.id}", f"N counts {law.counts}.", law.source, law.id, "convention"))
    if unique is not None and law.with_unique(unique) is law:
        text = "takes no account of repetition: where D is beyond the unique tokens, its loss is too low."
        notes.append(Note(f"repetition:{law.id}", text, None, law.id, "repetition"))
    return notes + [Note(note.id, note.text, note.source, law.id, note.kind) for note in law.notes]


def extrapolation_note(law: Law, flops: float) -> Note | None:
    """Return the note that a budget [FLOP] lies outside what the law was fitted on, or None if it lies inside."""
    decades = law.decades_beyond(flops)
    if law.fitted is None or abs(decades) < INSIDE:
        return None
    low, high = law.fitted
    side, edge = ("above the largest", high) if decades > 0 else ("below the smallest", low)
    where = "at the middle of the ranges, " if isinstance(flops, Traced) else ""
    return Note(
        f"extrapolation:{law.id}",
        f"{where}{format_quantity(flops, 'FLOP')} FLOP is {abs(decades):.1f} orders of magnitude {side} run behind "
        f"the fit, {format_quantity(edge, 'FLOP')} FLOP.",
        law.record.get("fitted_source"),
        law.id,
        "extrapolation",
    )
