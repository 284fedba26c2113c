"""Numbers as they were written, taken apart and written again in the same way: suffix, exponent, unit, separators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import isclose
from typing import NamedTuple

from scaletui_core.errors import InputError
from scaletui_core.quantity import Quantity, parse

TEN = Fraction(10)
_PIECE = re.compile(r"(\s*\$?\s*)([0-9][0-9,_]*(?:\.[0-9]+)?|\.[0-9]+)(?:([eE])([+-]?[0-9]+))?(\s*)(.*)", re.DOTALL)
_LETTERS = {1: "kK", 2: "M", 3: "BGbg", 4: "Tt", 5: "P", 6: "E", 7: "Z", 8: "Y"}
_POWERS = {letter: 3 * group for group, letters in _LETTERS.items() for letter in letters}


class Piece(NamedTuple):
    """One number as written: ``before digits mark exponent gap suffix after``, such as ``$ 1.5 e 3 M /h``.

    ``borrowed`` is the unit that it takes from the last part of its range.
    """

    before: str
    digits: str
    mark: str
    exponent: int
    gap: str
    suffix: str
    after: str
    borrowed: str = ""

    @property
    def mantissa(self) -> Fraction:
        """The number without its power of ten and its suffix."""
        return Fraction(self.digits.replace(",", "").replace("_", ""))

    @property
    def power(self) -> int:
        """The power of ten of the suffix."""
        return _POWERS.get(self.suffix, 0)

    @property
    def value(self) -> Fraction:
        """The number, with its suffix, in units of what stands after it."""
        return self.mantissa * TEN ** (self.exponent + self.power)


class Reading(NamedTuple):
    """How texts are read: the base unit, and what a number without a unit means in it."""

    unit: str
    bare: float = 1.0

    def quantity(self, text: str) -> Quantity | None:
        """Return what a text means, or None."""
        try:
            return parse(text, self.unit, bare=self.bare)
        except InputError:
            return None

    def value(self, text: str) -> float | None:
        """Return the value of a text [unit], or None.

        >>> Reading("tokens").value("1.4T"), Reading("tokens").value("30d")
        (1400000000000.0, None)
        """
        quantity = self.quantity(text)
        return None if quantity is None else quantity.value

    def one(self, piece: Piece) -> float | None:
        """Return what one of what stands after a number is [unit], or None where nobody can say."""
        return self.value(f"{piece.before}1{piece.gap}{piece.after}{piece.borrowed}")


def pieces_of(text: str, reading: Reading) -> list[Piece]:
    """Return the parts of a range, or the one number, of a text that is read so.

    >>> [(float(piece.value), piece.suffix, piece.after, piece.borrowed)
    ...  for piece in pieces_of("500..900 GB", Reading("bytes"))]
    [(500.0, '', '', 'GB'), (900.0, '', 'GB', '')]
    """
    quantity = reading.quantity(text)
    assert quantity is not None, text
    *first, final = text.split("..")
    last = _piece(final, reading)
    pieces = []
    for index, part in enumerate(first):
        value = quantity.low if index == 0 and quantity.low is not None else quantity.value
        # A part without a unit takes the last one's, with a prefix that belongs to it (GB) but without a suffix.
        units = ("", last.after, last.suffix + last.after)
        borrowed = next((unit for unit in units if reading.value(part + unit) == value), "")
        if borrowed and borrowed != last.after:
            last = last._replace(suffix="", after=borrowed)
        pieces.append(_piece(part, reading)._replace(borrowed=borrowed))
    return [*pieces, last]


def _piece(text: str, reading: Reading) -> Piece:
    """Take the text of one number apart; a letter is a suffix where the text without it means just so much less."""
    found = _PIECE.fullmatch(text)
    assert found is not None, text  # it was parsed
    before, digits, mark, exponent, gap, rest = found.groups(default="")
    suffix = rest[:1] if rest[:1] in _POWERS else ""
    if suffix:
        whole, less = (reading.value(f"{before}1{gap}{end}") for end in (rest, rest[1:]))
        if whole is None or less is None or not isclose(whole, less * 10.0 ** _POWERS[suffix], rel_tol=1e-12):
            suffix = ""
    return Piece(before, digits, mark, int(exponent or 0), gap, suffix, rest[len(suffix) :])


def rewritten(piece: Piece, value: Fraction, reading: Reading) -> str:
    """Return a number above 0, with finitely many digits, as a piece is written: the first way that means it.

    >>> count = Reading("parameters")
    >>> [rewritten(pieces_of("950B", count)[0], Fraction(number), count) for number in (880 * 10**9, 1045 * 10**9)]
    ['880B', '1.045T']
    """
    one = reading.one(piece)
    for number, suffix in _ways(piece, value):
        gap = "" if piece.suffix and not suffix + piece.after else piece.gap  # no space where a suffix was
        text = f"{piece.before}{number}{gap}{suffix}{piece.after}"
        now = reading.value(text + piece.borrowed)
        if one is not None and now is not None and isclose(now, float(value) * one, rel_tol=1e-9):
            return text
    return ""


def _ways(piece: Piece, value: Fraction) -> Iterator[tuple[str, str]]:
    """Yield number and suffix, the way that is nearest to how the piece is written first."""
    number, typed = value / TEN**piece.power, piece.mantissa
    if piece.mark:
        same = number / TEN**piece.exponent
        if not 1 <= typed < 10 and 1 <= same < 1000:
            yield f"{plain(same)}{piece.mark}{piece.exponent}", piece.suffix
        yield _scientific(number, piece.mark), piece.suffix
    elif piece.suffix:
        # What was typed as 0.4M or 1200B stays so a while.
        if (1 if typed >= 1 else Fraction(1, 10)) <= number < (1000 if typed < 1000 else 10000):
            yield plain(number), piece.suffix
        group = exponent_of(value) // 3
        if group <= 0:
            yield plain(value), ""
        prefix = piece.after[:1].strip(" /") != "" or piece.suffix in "Gg"  # GB; but 5B tokens, and $5B/h
        for letter in ("G", "B") if group == 3 and prefix else _LETTERS.get(group, "")[:2]:
            yield plain(value / TEN ** (3 * group)), letter
    else:
        low = Fraction(1, 10**4) if typed >= Fraction(1, 10**4) else Fraction(1, 10**7)
        if low <= value < (10**6 if typed < 10**6 else 10**12):
            separator = next((mark for mark in ",_" if mark in piece.digits), "")
            yield plain(value, separator), ""
    yield _scientific(value), ""


def plain(x: Fraction, separator: str = "") -> str:
    """Write a number that has finitely many digits with all of them.

    >>> plain(Fraction(1045, 1000)), plain(Fraction(1234567), ",")
    ('1.045', '1,234,567')
    """
    places = 0
    while x.denominator != 1:
        x, places = x * 10, places + 1
    digits = str(x.numerator).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    if separator:
        whole = f"{int(whole):,}".replace(",", separator)
    return f"{whole}.{fraction}" if fraction else whole


def _scientific(x: Fraction, mark: str = "e") -> str:
    exponent = exponent_of(x)
    return plain(x / TEN**exponent) + (f"{mark}{exponent}" if exponent else "")


def exponent_of(x: Fraction) -> int:
    """Return the power of ten of the first digit of a number above 0.

    >>> exponent_of(Fraction(999)), exponent_of(Fraction(1, 1000))
    (2, -3)
    """
    guess = len(str(x.numerator)) - len(str(x.denominator))
    return guess if x >= TEN**guess else guess - 1


def rounded(x: Fraction, digits: int) -> Fraction:
    """Return a number above 0 to so many significant digits, exactly.

    >>> rounded(Fraction(70, 11), 3)
    Fraction(159, 25)
    """
    unit = TEN ** (exponent_of(x) - digits + 1)
    return round(x / unit) * unit
