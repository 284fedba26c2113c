"""Floats in base units as people read them (70B, 30 d, 40%, 0.4M..10M); `parse` of quantity.py reads them back."""

# No `from __future__ import annotations`, as in quantity.py: this module is in the path of every one-shot.
import math

from scaletui_core.quantity import KINDS, Quantity

_COUNTS = ("parameters", "tokens", "tokens/s", "accelerator-hours")
_UNSHOWN = (*_COUNTS, "FLOP", "PF-day", "tokens/parameter", "nats/token")


def _rounded(value: float, digits: int) -> tuple[str, int]:
    """Return ``value`` to so many significant digits: the digits, and the power of ten of the first."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return mantissa.replace(".", ""), int(exponent)


def _shortest(value: float) -> tuple[str, int]:
    """Return the fewest digits that give ``value`` back, and the power of ten of the first."""
    mantissa, _, power = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) + len(digits) - len(fraction) - 1
    return (digits.rstrip("0"), exponent) if digits else ("0", 0)


def _place(digits: str, exponent: int, separator: str = "") -> str:
    """Write digits with a decimal point and without trailing zeros behind it.

    >>> _place("576", 1), _place("576", -2), _place("100", 3, ",")
    ('57.6', '0.0576', '1,000')
    """
    if exponent < 0:
        digits, exponent = "0" * -exponent + digits, 0
    digits = digits.ljust(exponent + 1, "0")
    whole, fraction = digits[: exponent + 1], digits[exponent + 1 :].rstrip("0")
    whole = f"{int(whole):,}" if separator else whole
    return f"{whole}.{fraction}" if fraction else whole


def _scientific(digits: str, exponent: int) -> str:
    return f"{_place(digits, 0)}e{exponent}"


def _plain(value: float, digits: int, separator: str = ",") -> str:
    """Write all digits before the point, from 1e-4 up to 1e5, and powers of ten outside."""
    exponent = _rounded(value, max(digits, 5))[1]
    if not -5 < exponent < 5:
        return _scientific(*_rounded(value, digits))
    return _place(*_rounded(value, max(digits, exponent + 1)), separator)


def _engineering(value: float, digits: int, names: str, glue: str = "", at_least: int = 0) -> str:
    """Write with the prefix out of ``names`` (thousands, millions, ...) that leaves 1 to 999 before the point.

    ``at_least`` is the smallest group to use, where it leaves no more than one zero in front.
    """
    rounded, exponent = _rounded(value, digits)
    group = max(exponent // 3, at_least if exponent >= 3 * at_least - 1 else 0)
    if exponent < 0 and group <= 0:
        return _plain(value, digits) + glue
    if group > len(names):
        return _scientific(rounded, exponent) + glue
    return _place(rounded, exponent - 3 * group) + glue + names[group - 1 : group] * (group > 0)


def _time(value: float, digits: int) -> str:
    """Write a duration [s] in the largest unit that leaves at least 1 of it."""
    if value < 1e-12:
        return f"{_plain(value, digits)} s"
    steps = (("ns", 1e-9, 1e3), ("µs", 1e-6, 1e3), ("ms", 1e-3, 1e3), ("s", 1.0, 60.0), ("min", 60.0, 60.0))
    for name, size, limit in (*steps, ("h", 3600.0, 24.0), ("d", 86400.0, 365.0)):
        if value / size >= limit:
            continue
        shown, exponent = _rounded(value / size, digits)
        carried = float(_scientific(shown, exponent))
        if carried < limit:
            return f"{_place(shown, exponent)} {name}"
        value = carried * size  # 59.97 s shows as 60 s, which is 1 min
    return f"{_plain(value / 31536000.0, digits, '')} y"


def _money(value: float, digits: int) -> str:
    """Write an amount of money [USD]: cents below $1,000, significant digits below $1."""
    if value >= 1.0 and float(cents := f"{value:.2f}") < 1000.0:
        return f"${cents.removesuffix('.00')}"
    shown = _engineering(value, digits, "kMBT")
    return f"${shown}0" if len(shown) == 3 and shown.startswith("0.") else f"${shown}"


def format_quantity(value: float, unit: str, *, digits: int = 3, with_unit: bool = False) -> str:
    """Write a value for people; `parse` reads it back.

    Parameters
    ----------
    value : float
        In the base unit; any finite number, negative ones too.
    unit : str
        A key of `KINDS`.
    digits : int
        Significant digits, at least 1. Whole numbers below 1e5 that have no suffix are shown in full; money from $1 to
        $999 has cents and a loss four decimals.
    with_unit : bool
        Append the unit where the text does not show it.

    Returns
    -------
    str
        Without a pointless ``.0``, ``e+`` or ``nan``.

    Raises
    ------
    ValueError
        If the value is not finite or the unit is unknown.

    Examples
    --------
    >>> format_quantity(4.04e10, "parameters"), format_quantity(999.95e9, "tokens", with_unit=True)
    ('40.4B', '1T tokens')
    >>> format_quantity(2592000.0, "s"), format_quantity(0.4, "fraction"), format_quantity(5.76e23, "FLOP")
    ('30 d', '40%', '5.76e23')
    """
    if unit not in KINDS or not math.isfinite(value):
        raise ValueError(f"cannot show {value!r} in {unit!r}")
    value = float(value) + 0.0  # a zero without a sign
    if value < 0:
        return "-" + format_quantity(-value, unit, digits=digits, with_unit=with_unit)
    if unit == "s":
        return _time(value, digits) if value else "0 s"
    if unit == "fraction":
        shown, exponent = _rounded(value, digits)
        exponent += 2 if value else 0
        return (_place(shown, exponent) if -5 < exponent < 5 else _scientific(shown, exponent)) + "%"
    if unit in ("USD", "USD/h"):
        return _money(value, digits) + unit[3:]
    if unit == "J":  # watt-hours from 0.1 Wh up
        text = _engineering(value / 3600.0, digits, "kMGT", " ") + "Wh"
        return text if value >= 360.0 else f"{_plain(value, digits)} J"
    if unit in ("W", "bytes", "bytes/s", "FLOP/s"):
        names = "kMGT" if unit == "W" else "kMGTPEZY"
        return _engineering(value, digits, names, " ") + unit.replace("bytes", "B")
    if unit == "nats/token" and (value == 0.0 or 1e-3 <= value < 1e5):
        text = f"{value:.4f}"
    elif unit in ("FLOP", "PF-day", "1", "tokens/parameter", "nats/token"):
        text = _plain(value, digits)
    else:
        text = _engineering(value, digits, "kMBT")
    return f"{text} {unit}" if with_unit and unit in _UNSHOWN else text


def _forms(unit: str) -> tuple[tuple[str, int, int], ...]:
    """Return the ways to end an exact text: suffix or unit, its size and its power of ten in the base unit."""
    if unit == "s":
        long = (("min", 60, 0), ("h", 3600, 0), ("d", 86400, 0), ("y", 31536000, 0))
        return (("s", 1, 0), ("ms", 1, -3), ("us", 1, -6), ("ns", 1, -9), *long)
    if unit == "fraction":
        return (("%", 1, -2),)
    if unit in ("FLOP", "nats/token"):
        return (("", 1, 0),)
    sign = {"W": "W", "J": "J", "bytes": "B", "bytes/s": "B/s", "FLOP/s": "FLOP/s"}.get(unit, "")
    names = ("", *("kMGT" if sign else "kMBT"), *("PEZY" if sign else ""))
    forms = tuple((name + sign, 1, 3 * power) for power, name in enumerate(names))
    return forms + tuple((name + "Wh", 3600, 3 * power) for power, name in enumerate(names) if unit == "J")


def format_exact(value: float, unit: str) -> str:
    """Write the shortest text that `parse` reads back as the identical float; for commands that reproduce.

    It holds no space and nothing a shell acts on, so money has no dollar sign. Durations, fractions, power, energy,
    bytes and rates of compute always carry a unit, the rest never does and relies on a bare number being in the base
    unit; so two such texts joined by ``..`` read back as the range.

    Parameters
    ----------
    value : float
        In the base unit, finite, not negative.
    unit : str
        A key of `KINDS`.

    Returns
    -------
    str
        Such as ``70B``, ``30d``, ``40%``, ``5.76e23``.

    Raises
    ------
    ValueError
        If the value is negative or not finite, or the unit is unknown.

    Examples
    --------
    >>> format_exact(7e10, "parameters"), format_exact(2592000.0, "s"), format_exact(0.4, "fraction")
    ('70B', '30d', '40%')
    """
    if unit not in KINDS or not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"cannot write {value!r} in {unit!r}")
    value = float(value) + 0.0  # a zero without a sign; not numpy's float, whose repr is not a number
    texts: list[tuple[int, bool, str]] = []
    for word, size, shift in _forms(unit):
        digits, exponent = _shortest(value / size)
        if float(f"{int(digits) * size}e{exponent - len(digits) + 1}") != value:
            continue  # this unit does not reach the value exactly
        exponent -= shift if value else 0
        if -9 < exponent < 22:
            text = _place(digits, exponent) + word
            texts.append((len(text), not 0 <= exponent < 3, text))
        if not shift or word == "%":
            text = _scientific(digits, exponent) + word
            texts.append((len(text), True, text))
    return min(texts)[2]  # of the shortest, one with 1 to 999 before the point


def format_range(quantity: Quantity, *, digits: int = 3, with_unit: bool = False) -> str:
    """Write a quantity with its range, coverage and distribution; a point as `format_quantity` does.

    The ends share a suffix where that costs one zero at most, and get more digits where they would look the same.

    >>> from scaletui_core.quantity import parse
    >>> format_range(parse("0.4M..10M", "tokens"))
    '0.4M..10M (90%, log-normal)'
    """
    value, unit, low, high, coverage, distribution = quantity
    if low is None or high is None:
        return format_quantity(value, unit, digits=digits, with_unit=with_unit)
    values = (low, value, high) if distribution.startswith("two-piece") else (low, high)
    group = min(max(_rounded(high, digits)[1] // 3, 0), 4)
    shown: list[str] = []
    for more in range(digits, 18):
        if unit in _COUNTS:
            shown = [_engineering(part, more, "kMBT", at_least=group) for part in values]
        else:
            shown = [format_quantity(part, unit, digits=more) for part in values]
        if len(set(shown)) == len(shown):
            break
    tail = f" {unit}" if with_unit and unit in _UNSHOWN else ""
    percent, exponent = _shortest(coverage)
    return f"{'..'.join(shown)}{tail} ({_place(percent, exponent + 2)}%, {distribution})"
