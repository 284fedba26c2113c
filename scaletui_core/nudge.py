"""Fields nudged: a text times 1.1, 2 or 10 and back, in the way it is written; choices and flags turned.

A step and the step back return to where they began for every number of up to three digits: three digits are kept
where that holds (5.76e23, 6.34e23, 5.76e23), else four (950B, 1.045T, 950B).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, FLEET, NAMES, TEXT, Field
from scaletui_core.machine import LARGEST_FLEET
from scaletui_core.pieces import TEN, Piece, Reading, exponent_of, pieces_of, plain, rewritten, rounded

DIGITS = 4
"""The most significant digits that a step leaves, but one by ten, which leaves them as they are."""


def nudged(field: Field, text: str, factor: float, start: str = "") -> str:
    """Return what stands in a field after a step, written as before.

    Parameters
    ----------
    field : Field
        The field; one that takes no number is left as it is.
    text : str
        What stands in it. Of a range all ends move, of machines the count; a text that means nothing stays.
    factor : float
        The step, such as 1.1, 1/1.1, 2, 0.5, 10, 0.1. A whole number moves by at least 1.
    start : str
        What an empty field means, as text that the field could hold: what it inherits, or its default.

    Returns
    -------
    str
        A text that the field takes, held at the field's bounds; a range that would leave them stays where it is.

    Examples
    --------
    >>> model, machine = Field("params", "parameters", ""), Field("hardware", "fleet", "")
    >>> nudged(model, "70B", 1.1), nudged(model, "77B", 1 / 1.1), nudged(model, "950B", 1.1)
    ('77B', '70B', '1.045T')
    >>> nudged(model, "0.4M..10M@50%", 2), nudged(model, "", 10, "72.2B"), nudged(machine, "512xH100", 0.5)
    ('0.8M..20M@50%', '722B', '256xH100')
    """
    step = Fraction(factor).limit_denominator(1000)
    now = text if text.strip() else _as_number(start)
    if field.unit in (NAMES, CHOICE, FLAG, TEXT) or step <= 0 or step == 1 or not _taken(field, now):
        return text
    head, tail = _counted(now) if field.unit == FLEET else (now, "")
    head, sign, coverage = head.partition("@")
    kind = _kind(field)
    pieces = pieces_of(head, kind.reading)
    if any(piece.value == 0 for piece in pieces):
        return text
    found = _range(pieces, step, kind) if len(pieces) > 1 else _point(pieces[0], step, kind, field)
    whole = found + sign + coverage + tail
    return whole if found and _taken(field, whole) else text


def turned(field: Field, text: str, step: int = 1) -> str:
    """Return the next text of a choice or a flag, or with ``step`` -1 the one before; other texts stay.

    The default is written as an empty text.

    >>> precision = Field("precision", "choice", "", default="bf16", choices=("bf16", "fp16", "fp8"))
    >>> turned(precision, ""), turned(precision, "fp8"), turned(precision, "", -1)
    ('fp16', '', 'fp8')
    >>> turned(Field("mixture", "flag", ""), "")
    'yes'
    """
    if field.unit == FLAG:
        return "" if _taken(field, text) and field.parse(text) else "yes"
    if field.unit != CHOICE:
        return text
    ring = ["" if name == field.default else name for name in field.choices]
    if "" not in ring:
        ring.insert(0, "")
    return ring[((ring.index(text) if text in ring else ring.index("")) + step) % len(ring)]


class _Kind(NamedTuple):
    """What the numbers of a field are, and how far they go [unit]."""

    reading: Reading
    whole: bool
    low: float | None
    high: float | None


def _kind(field: Field) -> _Kind:
    if field.unit == FLEET:
        return _Kind(Reading("1"), True, 1.0, float(LARGEST_FLEET))
    high = 1.0 if field.unit == "fraction" and field.high is None else field.high
    return _Kind(Reading(field.unit, field.bare), field.whole, field.low, high)


def _counted(text: str) -> tuple[str, str]:
    """Return the number of machines, and the rest of the text; a name alone is one.

    >>> _counted("256..512xH100"), _counted("H100")
    (('256..512', 'xH100'), ('1', 'xH100'))
    """
    if text.strip()[0].isalpha():
        return "1", f"x{text.strip()}"
    at = min(at for at in map(text.find, "xX×") if at >= 0)
    return text[:at], text[at:]


def _as_number(start: str) -> str:
    """Return a start as a field could hold it: a default may be a fraction, 4/3."""
    if re.fullmatch(r"[0-9]{1,9}/[1-9][0-9]{0,9}", start) and start[0] != "0":
        return plain(rounded(Fraction(start), DIGITS))
    return start


def _taken(field: Field, text: str) -> bool:
    try:
        field.parse(text)
    except InputError:
        return False
    return True


def _point(piece: Piece, step: Fraction, kind: _Kind, field: Field) -> str:
    """Return one number after a step, no further than its bound; nothing where it cannot be written."""
    one = kind.reading.one(piece)
    if one is None:
        return ""
    after = _stepped(piece.value, step, DIGITS, kind.whole)
    bound = kind.high if step > 1 else kind.low
    if bound is None or (float(after) * one <= bound if step > 1 else float(after) * one >= bound):
        return rewritten(piece, after, kind.reading)
    if float(piece.value) * one == bound:
        return ""
    text = rewritten(piece, rounded(Fraction(bound) / Fraction(one), 6), kind.reading)
    return text if kind.reading.value(text) == bound else field.text_of(bound)


def _range(pieces: list[Piece], step: Fraction, kind: _Kind) -> str:
    """Return a range after a step; nothing where an end would leave its bound or meet another."""
    for digits in range(DIGITS, 18):  # more where fewer would make two ends one
        ends = [_stepped(piece.value, step, digits, kind.whole) for piece in pieces]
        text = "..".join(
            rewritten(piece, end, kind.reading) if end else "" for piece, end in zip(pieces, ends, strict=True)
        )
        found = kind.reading.quantity(text)
        if found is not None and found.high is not None:
            return text if kind.high is None or found.high <= kind.high else ""
    return ""


def _stepped(x: Fraction, step: Fraction, digits: int, whole: bool) -> Fraction:
    """Return about x times a step: in few digits, whole where it must be, and such that the step back leads to x."""
    near = _near(x, step, digits)
    if not whole:
        return near
    if near.denominator != 1:
        near = Fraction(round(x * step))
    return max(near, x + 1) if step > 1 else min(near, x - 1)


def _near(x: Fraction, step: Fraction, digits: int) -> Fraction:
    target = x * step
    if step in (TEN, 1 / TEN):
        return target
    if digits == DIGITS and rounded(x, 3) == x:
        short = rounded(target, 3)
        if rounded(short / step, 3) == x:
            return short
    candidates = (rounded(target, many) for many in range(1, digits + 1))
    return next((near for near in candidates if _matched(x, near, step, digits)), rounded(target, digits))


def _matched(x: Fraction, y: Fraction, step: Fraction, digits: int) -> bool:
    """Whether y is x times the step to so many digits, of that of the two which has the coarser digits."""
    half_x, half_y = (TEN ** (exponent_of(number) - digits + 1) / 2 for number in (x, y))
    return abs(x - y / step) <= half_x if half_x * y >= half_y * x else abs(y - x * step) <= half_y
