"""What came of the points of a grid, kept as plain numbers: a million points are a few dozen megabytes."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Mapping
from math import isnan, nan
from typing import Any, NamedTuple

from scaletui_core.answer import Row


class Point(NamedTuple):
    """What came of one point.

    Attributes
    ----------
    rows : mapping of Row
        By the place of what is shown; absent where it has no such row.
    law : str or None
        The law followed; None where there is no answer at all.
    reason : str
        Why something is missing; empty where nothing says so.
    beyond : bool
        Whether the budget lies outside the fit of that law.
    sampling : dict or None
        How intervals were made, as answers say it.
    fixed : frozenset of int
        Places of what varies but stands at the middle of the ranges.
    """

    rows: Mapping[int, Row]
    law: str | None
    reason: str = ""
    beyond: bool = False
    sampling: dict[str, Any] | None = None
    fixed: frozenset[int] = frozenset()


class Points:
    """Points in a row.

    Attributes
    ----------
    width : int
        Values of a point.
    values, lows, highs : array of float
        Point by point; NaN where there is none.
    followed : array of int
        Which of ``laws`` each point follows; -1 where it has no answer at all.
    laws : list of str
        Laws that any follows.
    reasons : dict of str
        Why something is missing, by point.
    units : list of str
        Of each value; empty where no point has it.
    by_law : list of bool
        Whether a value is one law's.
    beyond : int
        How many lie outside the fit of their law.
    sampling : dict or None
        How intervals were made; what is uncertain is that of all.
    fixed : set of int
        Which values vary but stand at the middle of the ranges, at some point.
    missing : float
        The largest share of samples without an answer.
    coverages : set of float
        What intervals hold.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.values, self.lows, self.highs = array("d"), array("d"), array("d")
        self.followed = array("i")
        self.laws: list[str] = []
        self.reasons: dict[int, str] = {}
        self.units = [""] * width
        self.by_law = [False] * width
        self.beyond = 0
        self.sampling: dict[str, Any] | None = None
        self.fixed: set[int] = set()
        self.missing = 0.0
        self.coverages: set[float] = set()

    def __len__(self) -> int:
        """Return how many points there are."""
        return len(self.followed)

    def add(self, point: Point) -> None:
        """Put one more point behind the others.

        >>> points = Points(2)
        >>> points.add(Point({1: Row("loss", "loss", 2.0, "nats/token", "epoch-2024")}, "epoch-2024"))
        >>> points.values, points.units
        (array('d', [nan, 2.0]), ['', 'nats/token'])
        """
        if point.reason:
            self.reasons[len(self)] = sys.intern(point.reason)  # a thousand points may have one reason
        for place in range(self.width):
            row = point.rows.get(place)
            if row is None:
                numbers = [nan, nan, nan]
            else:
                numbers = [nan if x is None else float(x) for x in (row.value, row.low, row.high)]
                self.units[place] = self.units[place] or row.unit
                self.by_law[place] |= row.law is not None
                if row.spread is not None:
                    self.missing = max(self.missing, row.spread.missing)
            for kept, number in zip((self.values, self.lows, self.highs), numbers, strict=True):
                kept.append(number)
        self.followed.append(-1 if point.law is None else self._law(point.law))
        self.beyond += point.beyond
        self.fixed |= point.fixed
        if point.sampling is not None:
            self._sampled(point.sampling, {point.sampling["coverage"]})

    def _law(self, name: str) -> int:
        if name not in self.laws:
            self.laws.append(name)
        return self.laws.index(name)

    def _sampled(self, sampling: dict[str, Any], coverages: set[float]) -> None:
        known = [] if self.sampling is None else self.sampling["uncertain"]
        first = self.sampling or sampling
        self.sampling = {**first, "uncertain": list(dict.fromkeys([*known, *sampling["uncertain"]]))}
        self.coverages |= coverages

    def join(self, other: Points) -> None:
        """Put the points of another behind these."""
        before = len(self)
        self.values += other.values
        self.lows += other.lows
        self.highs += other.highs
        places = [self._law(name) for name in other.laws]
        self.followed.extend(places[index] if index >= 0 else -1 for index in other.followed)
        self.reasons |= {before + index: reason for index, reason in other.reasons.items()}
        self.units = [mine or theirs for mine, theirs in zip(self.units, other.units, strict=True)]
        self.by_law = [mine or theirs for mine, theirs in zip(self.by_law, other.by_law, strict=True)]
        self.beyond += other.beyond
        self.fixed |= other.fixed
        self.missing = max(self.missing, other.missing)
        if other.sampling is not None:
            self._sampled(other.sampling, other.coverages)

    @property
    def answered(self) -> int:
        """How many points have an answer."""
        return sum(index >= 0 for index in self.followed)

    def numbers(self, index: int) -> bytes:
        """Return the values of a point with their ends, to compare."""
        span = slice(index * self.width, (index + 1) * self.width)
        return b"".join(one[span].tobytes() for one in (self.values, self.lows, self.highs))

    def packed(self) -> dict[str, Any]:
        """Return these points as JSON holds them: numbers as base64 of little-endian float64.

        >>> points = Points(1)
        >>> points.add(Point({}, None, "too little"))
        >>> again = unpacked(points.packed())
        >>> len(again), again.reasons, again.values
        (1, {0: 'too little'}, array('d', [nan]))
        """
        # Without intervals their ends are all absent, and take no room.
        bare = all(map(isnan, self.lows)) and all(map(isnan, self.highs))
        ends = {} if bare else {"lows": _text(self.lows), "highs": _text(self.highs)}
        return {
            "width": self.width, "values": _text(self.values), **ends, "followed": self.followed.tolist(),
            "laws": self.laws, "reasons": [[*pair] for pair in self.reasons.items()], "units": self.units,
            "by_law": self.by_law, "beyond": self.beyond, "sampling": self.sampling, "fixed": sorted(self.fixed),
            "missing": self.missing, "coverages": sorted(self.coverages),
        }  # fmt: skip


def unpacked(held: Any) -> Points:
    """Return the points that JSON holds.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it holds none.
    """
    made = Points(held["width"])
    made.values = _array(held["values"])
    made.followed = array("i", held["followed"])
    size = len(made) * made.width
    made.lows, made.highs = (
        _array(held[end]) if end in held else array("d", [nan]) * size for end in ("lows", "highs")
    )
    if not len(made.values) == len(made.lows) == len(made.highs) == size:
        raise ValueError("numbers are missing")
    made.laws, made.units, made.by_law = [*held["laws"]], [*held["units"]], [*held["by_law"]]
    made.reasons = dict(held["reasons"])
    made.beyond, made.missing, made.sampling = held["beyond"], held["missing"], held["sampling"]
    made.fixed, made.coverages = set(held["fixed"]), set(held["coverages"])
    return made


def _text(numbers: array[float]) -> str:
    return base64.b64encode(_little(numbers).tobytes()).decode("ascii")


def _array(text: str) -> array[float]:
    numbers = array("d")
    numbers.frombytes(base64.b64decode(text, validate=True))
    return _little(numbers)


def _little(numbers: array[float]) -> array[float]:
    """Return numbers with the bytes of each as a little-endian machine has them, and back."""
    if sys.byteorder == "little":
        return numbers
    turned = numbers[:]
    turned.byteswap()
    return turned
