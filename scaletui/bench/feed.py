"""A measured speed in place of an estimate: what ``scaletui speed --measured`` puts into ``--human-multiple``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaletui.bench.results import load
from scaletui_core import human, roofline
from scaletui_core.answer import Note, Row
from scaletui_core.errors import InputError
from scaletui_core.fields import fields_of
from scaletui_core.measured import caption, seconds_a_token
from scaletui_core.quantity_text import format_exact, format_quantity
from scaletui_core.speed import SpeedInputs
from scaletui_core.tiled import TRIED, tile_rows


def tried(name: str) -> tuple[Row, ...]:
    """Return the speed-ups of k-tiling that a result has measured, to stand beside the claim."""
    document = load(name)
    found = seconds_a_token(document)
    rows = [] if found is None else tile_rows(document, found.value, {})
    return tuple(row for row in rows if row.id in TRIED)


def multiple_of(name: str, given: Mapping[str, Any]) -> tuple[str, Note]:
    """Return the speed of a result in humans, as text that a field reads, and the note that says where it is from.

    Parameters
    ----------
    name : str
        The result; ``last`` is the newest.
    given : mapping
        The other options of speed, as texts; who the human is may be among them.

    Raises
    ------
    InputError
        If there is no such result, it has no line, or another option gives the speed.
    """
    for option in ("human_multiple", "params", "model"):
        if given.get(option) is not None:
            raise InputError("gives the speed too: drop one", where="--" + option.replace("_", "-"))
    document = load(name)
    found = seconds_a_token(document)
    if found is None:
        raise InputError(f"{document['name']} has too few timings for a speed", where="--measured")
    fields = {field.name: field for field in fields_of(SpeedInputs)}

    def said(option: str, default: float) -> float:
        text = given.get(option)
        return default if text is None else float(fields[option].parse(text))

    words = said("words_per_minute", human.WORDS_A_MINUTE["thinking"])
    ratio = said("tokens_per_word", human.TOKENS_A_WORD)
    tokens = roofline.tokens_a_minute(found.value)
    multiple = roofline.in_humans(roofline.words_a_minute(tokens, ratio), words)
    shown = format_quantity(tokens, "tokens")
    text = f"The speed is {document['name']}'s, {shown} tokens a minute: {caption(document)}."
    return format_exact(multiple, "1"), Note("measured", text, found.source, kind="source")
