"""Axes of a plot: their scales, where their ticks stand, and how numbers are written beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

ENGINEERING_UNITS = frozenset({"parameters", "tokens"})
# Wide enough for every quantity, narrow enough that no sum or power of two limits overflows a float.
_LARGEST = 1e300
_SMALLEST = 1e-300
# A range narrower than this fraction of its values would need more digits than a gutter has.
_NARROWEST = 1e-6
_SUFFIXES = ((12, "T"), (9, "B"), (6, "M"), (3, "K"), (0, ""))
_LABELLED = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,))
_STRIDES = (1, 2, 3, 5, 10, 20, 50, 100, 200)

Tick = tuple[float, str]


class Axis(NamedTuple):
    """One axis: what it shows, its unit, and its ends [data units] (``None``: from the data)."""

    label: str
    unit: str
    log: bool = True
    low: float | None = None
    high: float | None = None


class Scale(NamedTuple):
    """The two ends of an axis as they are drawn: log10 of the data on a log axis."""

    log: bool
    low: float
    high: float

    def fraction(self, value: float) -> float:
        """Return where ``value`` stands between the ends: 0 at the low one, 1 at the high one."""
        return ((math.log10(value) if self.log else value) - self.low) / (self.high - self.low)

    def value(self, fraction: float) -> float:
        """Return the value at ``fraction`` of the axis [data units]."""
        drawn = self.low + (self.high - self.low) * fraction
        return to_data(drawn, self.log)

    def dot(self, value: float, dots: int) -> int:
        """Return the dot of ``dots`` on which ``value`` is drawn; outside 0 to ``dots`` - 1 it is out of view."""
        return math.floor(self.fraction(value) * (dots - 1) + 0.5)


def to_data(drawn: float, log: bool) -> float:
    """Return the data value of a drawn one."""
    return 10.0 ** min(max(drawn, -307.0), 307.0) if log else drawn


def limits(log: bool) -> tuple[float, float]:
    """Return the open range of values an axis can show; what lies outside is a gap."""
    return (_SMALLEST, _LARGEST) if log else (-_LARGEST, _LARGEST)


def shown(value: float | None, log: bool) -> bool:
    """Return whether an axis can show ``value``: finite, and positive if the axis is logarithmic."""
    low, high = limits(log)
    return value is not None and low < value < high


def scale(axis: Axis, least: float, most: float, margin: float) -> Scale:
    """Return the scale of ``axis`` for data between ``least`` and ``most``, with a margin on each side it chooses.

    Parameters
    ----------
    axis : Axis
        Ends it gives are kept; ends it cannot show are ignored.
    least, most : float
        Extent of the data [data units].
    margin : float
        Fraction of the extent left free at an end that comes from the data.

    Examples
    --------
    >>> scale(Axis("C", "FLOP"), 1e18, 1e27, 0.0)
    Scale(log=True, low=18.0, high=27.0)
    """
    log = axis.log
    if log:
        least, most = math.log10(least), math.log10(most)
    room = (most - least) * margin
    low = _drawn(axis.low, log, least - room)
    high = _drawn(axis.high, log, most + room)
    if low > high:
        low, high = high, low
    size = 1.0 if log else max(abs(low), abs(high))
    if high - low <= max(size * _NARROWEST, 1e-290):
        grow = 0.5 if log else (size / 2 if size > 1e-280 else 1.0)
        low, high = low - grow, high + grow
    return Scale(log, low, high)


def _drawn(value: float | None, log: bool, otherwise: float) -> float:
    if value is None or not shown(value, log):
        return otherwise
    return math.log10(value) if log else float(value)


def ticks(axis: Scale, unit: str, fits: Callable[[Sequence[Tick]], bool]) -> tuple[list[Tick], list[float]]:
    """Return the labelled ticks of an axis and its minor ones.

    Parameters
    ----------
    axis : Scale
        The axis.
    unit : str
        Its unit, which decides how numbers are written.
    fits : callable
        Whether the labels of a list of ticks have room; the densest list that fits is taken.

    Returns
    -------
    tuple
        Labelled ticks as (value, label), and values of minor ticks.

    Examples
    --------
    >>> ticks(Scale(True, 18.0, 21.0), "FLOP", lambda some: len(some) < 5)[0]
    [(1e+18, '1e18'), (1e+19, '1e19'), (1e+20, '1e20'), (1e+21, '1e21')]
    >>> ticks(Scale(True, 9.0, 11.0), "tokens", lambda some: len(some) < 5)[0]
    [(1000000000.0, '1B'), (10000000000.0, '10B'), (100000000000.0, '100B')]
    """
    best: list[Tick] = []
    for some in _log_choices(axis, unit) if axis.log else _linear_choices(axis.low, axis.high, unit):
        if len(some) > len(best) and fits(some):
            best = some
            if len(some) > 1:
                break
    return best, _minor(axis, best)


def _inside(axis: Scale, value: float) -> bool:
    return -1e-9 <= axis.fraction(value) <= 1 + 1e-9


def _decades(axis: Scale) -> range:
    return range(math.floor(axis.low + 1e-9), math.floor(axis.high + 1e-9) + 1)


def _log_choices(axis: Scale, unit: str) -> Iterator[list[Tick]]:
    """Yield lists of ticks of a log axis, the densest first."""
    decades = _decades(axis)
    span = axis.high - axis.low
    low, high = to_data(axis.low, True), to_data(axis.high, True)
    plain = low >= 1e-3 and high < 1e5
    if span < 0.7:
        yield from _linear_choices(low, high, unit)
    if span < 2:
        for mantissas in _LABELLED:
            values = [(m, e) for e in decades for m in mantissas if _inside(axis, float(f"{m}e{e}"))]
            yield [(float(f"{m}e{e}"), _power(m, e, unit, plain)) for m, e in values]
        yield from _linear_choices(low, high, unit)
        return
    for stride in _STRIDES:
        powers = [e for e in decades if e % stride == 0 and _inside(axis, float(f"1e{e}"))]
        yield [(float(f"1e{e}"), _power(1, e, unit, plain)) for e in powers]


def _linear_choices(low: float, high: float, unit: str) -> Iterator[list[Tick]]:
    """Yield lists of ticks at steps of 1, 2 and 5 times a power of ten, the densest first."""
    exponent = math.floor(math.log10((high - low) / 15))
    slack = (high - low) * 1e-9
    for power in (exponent, exponent + 1, exponent + 2):
        for mantissa in (1, 2, 5):
            step = float(f"{mantissa}e{power}")
            first, last = math.ceil((low - slack) / step), math.floor((high + slack) / step)
            if last - first <= 30:
                counts = range(first, last + 1)
                values = [float(f"{count * mantissa}e{power}") for count in counts]
                yield list(zip(values, _labels(values, power, unit), strict=True))


def _minor(axis: Scale, labelled: Sequence[Tick]) -> list[float]:
    if not axis.log:
        return []
    decades = _decades(axis)
    if axis.high - axis.low < 2:
        values = [float(f"{m}e{e}") for e in decades for m in range(1, 10)]
    else:
        values = [float(f"1e{e}") for e in decades] if len(decades) <= 50 else []
    taken = {value for value, _ in labelled}
    return [value for value in values if value not in taken and _inside(axis, value)]


def _power(mantissa: int, exponent: int, unit: str, plain: bool) -> str:
    """Return ``mantissa`` times ten to the ``exponent``, as a tick says it."""
    if unit in ENGINEERING_UNITS and 0 <= exponent < 15:
        return f"{mantissa * 10 ** (exponent % 3)}{dict(_SUFFIXES)[exponent - exponent % 3]}"
    if plain:
        return f"{float(f'{mantissa}e{exponent}'):.{max(0, -exponent)}f}"
    return f"{mantissa}e{exponent}"


def _labels(values: Sequence[float], power: int, unit: str) -> list[str]:
    """Return labels with the digits that a step of size ten to the ``power`` needs, and no more."""
    most = max((abs(value) for value in values), default=0.0)
    if unit in ENGINEERING_UNITS and 1 <= most < 1e15:
        zeros, suffix = next(pair for pair in _SUFFIXES if most >= 10 ** pair[0])
        digits = max(0, zeros - power)
        return [f"{value / 10**zeros:.{digits}f}{suffix}" if value else "0" for value in values]
    if power >= -4 and most < 1e6:
        return [f"{value:.{max(0, -power)}f}" for value in values]
    return [_scientific(value, math.floor(math.log10(abs(value))) - power) if value else "0" for value in values]


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{max(0, digits)}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def number(value: float, unit: str) -> str:
    """Return ``value`` to three digits, as a read-out says it.

    >>> number(7.03e10, "parameters"), number(5.76e23, "FLOP"), number(1.9311, "nats/token")
    ('70.3B', '5.76e23', '1.93')
    """
    size = abs(value)
    if unit in ENGINEERING_UNITS and 1e3 <= size < 9.995e14:
        rounded = float(f"{value:.2e}")
        zeros, suffix = next(pair for pair in _SUFFIXES if abs(rounded) >= 10 ** pair[0])
        return f"{rounded / 10**zeros:.3g}{suffix}"
    if value == 0 or 1e-3 <= size < 9995:
        return f"{float(f'{value:.2e}'):.6g}" if size < 1000 else f"{value:.0f}"
    return _scientific(value, 2)


def rows_fit(rows: Sequence[int]) -> bool:
    """Return whether labels on these rows leave a row free between any two."""
    return all(abs(upper - lower) >= 2 for lower, upper in pairwise(rows))


def place_labels(some: Sequence[Tick], column_of: Callable[[float], int], width: int) -> list[int] | None:
    """Return the columns where the labels of the x axis start, or ``None`` if two of them come too close."""
    starts: list[int] = []
    end = -2
    for value, label in some:
        start = min(max(column_of(value) - (len(label) - 1) // 2, 0), width - len(label))
        if start < end + 2:
            return None
        starts.append(start)
        end = start + len(label)
    return starts
