"""Quantities as people write them (70B, 3.2e6 PF-day, 30d, 40%, 0.4M..10M) to floats in base units."""

# No `from __future__ import annotations`: NamedTuple compiles annotations that are text, 0.6 ms of every one-shot.
import math
from typing import NamedTuple

from scaletui_core.errors import InputError
from scaletui_core.safetext import visible

LIMIT = 200
"""The longest text that is read [characters]."""

KINDS: dict[str, tuple[str, str]] = {
    "parameters": ("a number of parameters", "70B"),
    "tokens": ("a number of tokens", "1.4T"),
    "FLOP": ("an amount of compute in FLOP", "5.76e23"),
    "FLOP/s": ("a compute rate in FLOP/s", "989 TFLOP/s"),
    "s": ("a duration", "30d"),
    "fraction": ("a fraction", "40%"),
    "USD": ("an amount of money", "$10M"),
    "USD/h": ("a price per hour", "$2/h"),
    "W": ("a power", "700W"),
    "J": ("an amount of energy", "1.2GWh"),
    "bytes": ("a number of bytes", "80GB"),
    "bytes/s": ("a bandwidth", "3.35TB/s"),
    "nats/token": ("a loss in nats per token", "1.93"),
    "tokens/s": ("a number of tokens per second", "400 tokens/s"),
    "tokens/parameter": ("a number of tokens per parameter", "20"),
    "accelerator-hours": ("a number of accelerator-hours", "369k"),
    "PF-day": ("an amount of compute in PF-days", "3.2e6 PF-day"),
    "1": ("a plain number", "512"),
}
"""Each base unit with what people call it and one text that parses."""

# What one word means: base unit, and the size of one in it as numerator, denominator and power of ten. Whole numbers,
# so that "1.4T" and "30d" are rounded once, to the float nearest to what was written.
_Meaning = tuple[str, int, int, int]

_DIGITS = "0123456789"
_SUFFIX = {"k": 3, "K": 3, "M": 6, "G": 9, "g": 9, "B": 9, "b": 9, "T": 12, "t": 12}
_SI = {char: 3 * i for i, chars in enumerate(("", "kK", "M", "Gg", "Tt", "Pp", "Ee", "Zz", "Yy")) for char in chars}
_SI_WORDS = ("flop", "flops", "w", "wh", "j", "b", "byte", "bytes")
_FLOP: tuple[_Meaning, ...] = (("FLOP", 1, 1, 0), ("PF-day", 1, 864, -17))
_PF_DAY: tuple[_Meaning, ...] = (("PF-day", 1, 1, 0), ("FLOP", 864, 1, 17))
_WATT, _WEEK = ("W", 1, 1, 0), ("s", 604800, 1, 0)
_SPELLINGS: tuple[tuple[str, tuple[_Meaning, ...]], ...] = (
    ("tokens token tok toks", (("tokens", 1, 1, 0),)),
    ("parameters parameter params param", (("parameters", 1, 1, 0),)),
    ("flop", _FLOP),
    ("flops", (*_FLOP, ("FLOP/s", 1, 1, 0))),
    ("pf-day pf-days pfday pfdays pf_day pf_days petaflop/s-day petaflop/s-days petaflop-day petaflop-days", _PF_DAY),
    ("pflop/s-day pflop/s-days pflop-day pflop-days", _PF_DAY),
    ("s sec secs second seconds", (("s", 1, 1, 0),)),
    ("min mins minute minutes", (("s", 60, 1, 0),)),
    ("h hr hrs hour hours", (("s", 3600, 1, 0),)),
    ("d day days", (("s", 86400, 1, 0),)),
    ("w", (_WEEK, _WATT)),
    ("wk week weeks", (_WEEK,)),
    ("y yr yrs year years", (("s", 31536000, 1, 0),)),
    ("% percent", (("fraction", 1, 1, -2),)),
    ("$ usd dollar dollars", (("USD", 1, 1, 0),)),
    ("watt watts", (_WATT,)),
    ("j joule joules", (("J", 1, 1, 0),)),
    ("wh", (("J", 3600, 1, 0),)),
    ("byte bytes", (("bytes", 1, 1, 0),)),
    ("nats nat nats/token nats/tok", (("nats/token", 1, 1, 0),)),
    ("accelerator-hours accelerator-hour gpu-hours gpu-hour gpu-h gpuh", (("accelerator-hours", 1, 1, 0),)),
)
_WORDS = {word: meanings for words, meanings in _SPELLINGS for word in words.split()}
_WORDS.update({"pf day": _PF_DAY, "pf days": _PF_DAY})
_WORDS.update({f"{p}ib": (("bytes", 1024 ** (i + 1), 1, 0),) for i, p in enumerate("kmgtp")})
# Words whose letter case carries meaning: TFLOPS is a rate and TFLOPs an amount, Gb would be bits, Ms is not ms.
_CASED: dict[str, tuple[_Meaning, ...]] = {"FLOPS": (("FLOP/s", 1, 1, 0),), "FLOPs": _FLOP, "W": (_WATT, _WEEK)}
_CASED.update({f"{p}b": (("bytes", 1, 1, 3 * i + 3),) for i, p in enumerate("kmgtp")}, B=(("bytes", 1, 1, 0),))
_CASED.update({"ms": (("s", 1, 1, -3),), "us": (("s", 1, 1, -6),), "ns": (("s", 1, 1, -9),)})
_CASED.update({"µs": _CASED["us"], "μs": _CASED["us"]})
_RATIOS = {
    ("tokens", "s"): ("tokens/s", 1),
    ("USD", "s"): ("USD/h", 3600),
    ("FLOP", "s"): ("FLOP/s", 1),
    ("bytes", "s"): ("bytes/s", 1),
    ("tokens", "parameters"): ("tokens/parameter", 1),
}


class Quantity(NamedTuple):
    """A value in a base unit, with its range if one was given.

    Parameters
    ----------
    value : float
        The central value [unit]: what was written, the middle of ``lo..mid..hi``, or the median of ``lo..hi``.
    unit : str
        A key of `KINDS`.
    low, high : float, optional
        The ends of the range [unit].
    coverage : float
        How much of the distribution lies between them.
    distribution : str
        ``point``, ``log-normal``, ``two-piece log-normal``; for fractions ``logit-normal``, ``two-piece logit-normal``.
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    coverage: float = 0.9
    distribution: str = "point"

    @property
    def is_range(self) -> bool:
        """Whether there is a range around the value."""
        return self.low is not None


class Fleet(NamedTuple):
    """A number of accelerators of one kind, whole or uncertain; the name is lower case and not yet looked up."""

    count: float  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    accelerator: str


def count_text(count: float) -> str:
    """Return a number of accelerators as it reads in a label: its range, where it has one.

    >>> count_text(16384)
    '16,384'
    """
    return str(getattr(count, "text", f"{count:,.0f}"))


class _Term(NamedTuple):
    """One number as written: ``digits`` x 10^``exponent`` (its suffix included) of what ``meaning`` says."""

    part: str
    column: int
    digits: int
    exponent: int
    meaning: _Meaning | None


def _check(text: str, extra: str) -> None:
    """Refuse text that is too long, empty, or holds anything but printable ASCII and ``extra``."""
    if len(text) > LIMIT:
        raise InputError(f"too long: {len(text)} characters", hint=f"at most {LIMIT}", text=text, column=LIMIT)
    for column, char in enumerate("" if text.isascii() and text.isprintable() else text):
        if not " " <= char <= "~" and char not in extra:
            hint = "use the digits 0 to 9" if char.isdigit() else None
            raise InputError(f"'{visible(char)}' is not understood", hint=hint, text=text, column=column)
    if not text.strip():
        raise InputError("nothing given")


def _groups(whole: str, fraction: str, text: str, column: int) -> str:
    """Return the digits of ``1,000`` or ``1_000``; refuse every group that is not three digits."""
    sep = "," if "," in whole else "_"
    if sep not in whole:
        return whole
    groups = whole.split(sep)
    at = column
    for index, group in enumerate(groups):
        if index:
            good = len(group) == 3 and group.isdigit()
        else:
            good = 0 < len(group) <= 3 and group.isdigit() and group[0] != "0"
        if not good:
            if not index:
                at += len(group)
            elif group:
                at -= 1
            hint = "write 1,000 or 1000"
            if sep == "," and len(groups) == 2 and not fraction and groups[1].isdigit():
                hint = f"use a point: {groups[0] or 0}.{groups[1]}"
            what = "a comma" if sep == "," else "an underscore"
            raise InputError(f"'{visible(whole)}' has {what} out of place", hint=hint, text=text, column=at)
        at += len(group) + 1
    return "".join(groups)


def _number(part: str, text: str, column: int) -> tuple[int, int, str] | None:
    """Read the decimal number ``part`` starts with: digits, power of ten, what is left; None if there is none."""
    rest = part.lstrip(_DIGITS + ",_")
    whole, fraction, exponent = part[: len(part) - len(rest)], "", "0"
    if rest[:1] == "." and rest[1:2].isdigit():
        after = rest[1:].lstrip(_DIGITS)
        fraction, rest = rest[1 : len(rest) - len(after)], after
    if not whole + fraction:
        return None
    whole = _groups(whole, fraction, text, column)
    if rest[:1] in ("e", "E"):
        skip = 2 if rest[1:2] in ("+", "-") else 1
        after = rest[skip:].lstrip(_DIGITS)
        if len(after) < len(rest) - skip:
            exponent, rest = rest[1 : len(rest) - len(after)], after
    return int(whole + fraction), int(exponent) - len(fraction), rest


def _meanings(word: str) -> list[_Meaning]:
    """Return what a unit word without a prefix can mean; ``top/bottom`` is worked out from its halves."""
    word = word.replace(" per ", "/")
    known = _CASED.get(word) or _WORDS.get(word.lower())
    if known or "/" not in word:
        return list(known or ())
    top, _, bottom = word.rpartition("/")
    found = []
    for above in _meanings(top.strip()) if "/" not in top else ():
        for below in _meanings(bottom.strip()):
            if ratio := _RATIOS.get((above[0], below[0])):
                unit, size = ratio
                found.append((unit, above[1] * below[2] * size, above[2] * below[1], above[3] - below[3]))
    return found


def _prefixed(word: str) -> list[_Meaning]:
    """Return what a unit word with an SI prefix glued on can mean."""
    if word[:1] not in _SI or word[1:].replace(" per ", "/").partition("/")[0].strip().lower() not in _SI_WORDS:
        return []
    return [(unit, num, den, shift + _SI[word[0]]) for unit, num, den, shift in _meanings(word[1:])]


def _readings(rest: str, unit: str, mark: str) -> list[tuple[int, _Meaning | None, int]]:
    """Return every reading of what follows a number: power of ten of the suffix, meaning, offset of the unit."""
    found: list[tuple[int, _Meaning | None, int]] = [(0, meaning, 0) for meaning in _meanings(mark + rest)]
    if not mark:
        found += [(0, meaning, 0) for meaning in _prefixed(rest)]
    # "80B" of memory is 80 bytes; "G" is the billion there.
    if rest[:1] not in _SUFFIX or (unit in ("bytes", "bytes/s") and rest[0] in "Bb"):
        return found
    power, inner = _SUFFIX[rest[0]], rest[1:].lstrip()
    if not inner and not mark:
        found.append((power, None, 0))
    spaced = not mark and rest[1:2] == " "
    words = _meanings(mark + inner) + (_prefixed(inner) if spaced else [])
    return found + [(power, meaning, len(rest) - len(inner)) for meaning in words]


def _unknown(rest: str, text: str, column: int, unit: str) -> InputError:
    """Return the error for something after a number that is neither a suffix nor a unit."""
    what = f"'{visible(rest)}' is not a suffix or a unit"
    hint = f"suffixes are k, M, B and T; {KINDS[unit][0]} is written like {KINDS[unit][1]}"
    if rest.lower() in ("month", "months", "mo"):
        what, hint = "a month has no fixed length", "use days: 30d"
    elif rest[0] == "m" and (rest == "m" or _readings("M" + rest[1:], unit, "")):
        what = f"'{visible(rest)}' could mean two things"
        hint = "write min for minutes, d for days" if unit == "s" else "M, in upper case, is a million"
    elif rest[0] == "-" and rest[1:].strip()[:1].isdigit():
        hint = "a range is written with two points: 5..10"
    elif rest[0] in _DIGITS:
        what, hint = "a second number follows the first", "write 1,000 or 1000, and a range as 5..10"
    return InputError(what, hint=hint, text=text, column=column)


def _term(text: str, start: int, end: int, unit: str) -> _Term:
    """Read ``text[start:end]``, which holds one number with its suffix and unit."""
    part = text[start:end].strip()
    column = start + len(text[start:end]) - len(text[start:end].lstrip())
    kind, example = KINDS[unit]
    mark = "$" if part.startswith("$") else ""
    body = part[len(mark) :].lstrip()
    at = column + len(part) - len(body)
    if body.lower().lstrip("+-").split(" ")[0] in ("nan", "inf", "infinity"):
        raise InputError(f"'{visible(part)}' is not a finite number", hint=f"such as {example}", text=text, column=at)
    if body.startswith("-") and any(char in _DIGITS for char in body):
        raise InputError(
            f"'{visible(part)}' is negative; {kind} is above 0", hint=f"such as {example}", text=text, column=at
        )
    number = _number(body, text, at)
    if number is None:
        raise InputError(f"no number in '{visible(part)}'", hint=f"such as {example}", text=text, column=at)
    digits, exponent, left = number
    rest = left.lstrip()
    if not rest and not mark:
        return _Term(part, column, digits, exponent, None)
    at = column + len(part) - len(rest)
    readings = _readings(rest, unit, mark)
    for power, meaning, _ in readings:
        # A duration of "5M" could be minutes, months or a million seconds.
        if (meaning is None and not (unit == "s" and rest == "M")) or (meaning is not None and meaning[0] == unit):
            return _Term(part, column, digits, exponent + power, meaning)
    for _, meaning, offset in readings:
        if meaning is not None:
            what = f"'{visible(part)}' is {KINDS[meaning[0]][0]}; {kind} was wanted"
            place = column if mark else at + offset
            raise InputError(what, hint=f"such as {example}", text=text, column=place)
    if readings:
        hint = "write min for minutes, d for days"
        raise InputError(f"'{visible(rest)}' could mean two things", hint=hint, text=text, column=at)
    raise _unknown(rest, text, at, unit)


def _value(term: _Term, meaning: _Meaning | None, unit: str, bare: float, allow_zero: bool, text: str) -> float:
    """Return a term in the base unit; refuse what a float cannot hold and what the unit does not allow."""
    num, den, shift = meaning[1:] if meaning else (*bare.as_integer_ratio(), 0)
    value = float(f"{term.digits * num}e{term.exponent + shift}") / den
    kind, example = KINDS[unit]
    hint = f"such as {example}"
    shown = visible(term.part)
    if value == 0.0 and term.digits:
        what, hint = f"'{shown}' is too small to compute with", "at least 5e-324 in the base unit"
    elif value == 0.0 and not allow_zero:
        what = f"'{shown}' is zero; {kind} is above 0"
    elif math.isinf(value):
        what, hint = f"'{shown}' is too large to compute with", "at most 1.8e308 in the base unit"
    elif unit == "fraction" and value > 1.0:
        what, hint = f"{shown} is more than 1", "a fraction lies between 0 and 1, such as 40%"
        if meaning is None and value <= 100.0 and term.part[-1] in _DIGITS:
            hint = f"did you mean {shown}%?"
    else:
        return value
    raise InputError(what, hint=hint, text=text, column=term.column)


def _coverage(text: str, at: int) -> float:
    """Read ``@50%``, which begins at column ``at`` and ends the text."""
    hint = "strictly between 0% and 100%, such as @50%"
    if not text[at + 1 :].strip():
        raise InputError("nothing after the @", hint=hint, text=text, column=len(text))
    term = _term(text, at + 1, len(text), "fraction")
    if term.meaning is None:
        raise InputError(
            f"'@{visible(term.part)}' has no percent sign", hint="such as @50%", text=text, column=len(text.rstrip())
        )
    coverage = float(f"{term.digits}e{term.exponent + term.meaning[3]}")
    # Also refuses what would round to none or all of the distribution when it is turned into a quantile.
    if not 0.5 < 0.5 + coverage / 2 < 1.0:
        raise InputError(f"'{visible(term.part)}' is not a coverage", hint=hint, text=text, column=term.column)
    return coverage


def _spans(text: str, end: int) -> list[tuple[int, int]]:
    """Return where the one, two or three parts of ``text[:end]`` between ``..`` begin and end."""
    hint = "a range is written 1M..10M or 1M..2M..10M"
    if (dots := text.find("...", 0, end)) >= 0:
        raise InputError("three points in a row", hint=hint, text=text, column=dots)
    spans: list[tuple[int, int]] = []
    start = 0
    for piece in text[:end].split(".."):
        if len(spans) == 3:
            raise InputError("a range has at most three parts", hint=hint, text=text, column=start - 2)
        spans.append((start, start + len(piece)))
        start += len(piece) + 2
    for index, (first, last) in enumerate(spans):
        if not text[first:last].strip():
            what = "nothing before the @" if len(spans) == 1 else f"part {index + 1} of the range is missing"
            raise InputError(what, hint=hint, text=text, column=last if index else first)
    return spans


def _median(low: float, high: float, unit: str) -> float:
    """Return the median of ``low..high``: the geometric mean, of the odds if the unit is a fraction."""
    if unit == "fraction":
        odds = math.sqrt(low / (1.0 - low)) * math.sqrt(high / (1.0 - high))
        median = odds / (1.0 + odds)
    else:
        product = low * high
        median = math.sqrt(product) if 1e-290 < product < 1e300 else math.sqrt(low) * math.sqrt(high)
    return min(max(median, low), high)


def parse(text: str, unit: str, *, bare: float = 1.0, allow_zero: bool = False) -> Quantity:
    """Read a quantity, or a range of one, as a person writes it.

    A number has an optional suffix (k, M, B or G, T) and an optional unit word, which must be of the wanted kind. SI
    prefixes up to Y are read where they are glued to FLOP, W, Wh, J or B. ``80B`` of memory is 80 bytes. ``flops`` is
    read as what is wanted, ``FLOPS`` as a rate, ``FLOPs`` as an amount. A year has 365 days; a month is refused.

    In ``lo..hi`` and ``lo..mid..hi``, a part without a unit takes the unit of the last part (``30..60d``, ``1..2 TB``),
    but never its suffix: ``0.4..10M`` starts at 0.4. A unit on an earlier part alone is refused unless it changes
    nothing. ``@50%`` at the end says how much lies between lo and hi.

    Parameters
    ----------
    text : str
        What was written.
    unit : str
        The base unit wanted, a key of `KINDS`.
    bare : float
        What a number without a unit means [unit]; an option in days passes 86400.
    allow_zero : bool
        Whether 0 is a value (never in a range).

    Returns
    -------
    Quantity
        In the base unit. A range whose ends are equal is a point.

    Raises
    ------
    InputError
        For any text that is not such a quantity, with the column at fault.

    Examples
    --------
    >>> parse("70B", "parameters").value
    70000000000.0
    >>> parse("1 PF-day", "FLOP").value
    8.64e+19
    >>> parse("0.4M..10M@50%", "tokens")
    Quantity(value=2000000.0, unit='tokens', low=400000.0, high=10000000.0, coverage=0.5, distribution='log-normal')
    >>> parse("30d", "tokens")
    Traceback (most recent call last):
    scaletui_core.errors.InputError: '30d' is a duration; a number of tokens was wanted (such as 1.4T)
      30d
        ^
    """
    if unit not in KINDS:
        raise ValueError(f"no base unit is called {unit!r}")
    _check(text, "µμ")
    at = text.find("@")
    spans = _spans(text, at if at >= 0 else len(text))
    terms = [_term(text, start, end, unit) for start, end in spans]
    if at >= 0 and len(terms) == 1:
        raise InputError("a coverage needs a range", hint="such as 1M..10M@50%", text=text, column=at)
    coverage = _coverage(text, at) if at >= 0 else 0.9
    last = terms[-1].meaning
    for term in terms[:-1] if last is None else ():
        if term.meaning and term.meaning[1] * 10.0 ** term.meaning[3] != bare * term.meaning[2]:
            what = f"'{visible(term.part)}' has a unit and the last part has none"
            column = spans[-1][0] + len(text[slice(*spans[-1])].rstrip())
            raise InputError(what, hint="write it on every part, or on the last", text=text, column=column)
    zero = allow_zero and len(terms) == 1
    values = [_value(term, term.meaning or last, unit, bare, zero, text) for term in terms]
    low, high = values[0], values[-1]
    if len(set(values)) == 1:
        return Quantity(low, unit)
    for before, after, term in zip(values, values[1:], terms[1:], strict=False):
        if before >= after:
            what = f"'{visible(term.part)}' is not above the part before it"
            raise InputError(what, hint="a range runs from low to high", text=text, column=term.column)
    if unit == "fraction" and high >= 1.0:
        what = f"a range of fractions ends below 1, not at {visible(terms[-1].part)}"
        raise InputError(what, hint="such as 30%..99%", text=text, column=terms[-1].column)
    name = "logit-normal" if unit == "fraction" else "log-normal"
    if len(values) == 3:
        return Quantity(values[1], unit, low, high, coverage, f"two-piece {name}")
    return Quantity(_median(low, high, unit), unit, low, high, coverage, name)


def parse_fleet(text: str) -> Fleet:
    """Read a number of accelerators of one kind.

    Parameters
    ----------
    text : str
        ``512xH100``, ``1k × A100``, or a name alone for one.

    Returns
    -------
    Fleet
        The name in lower case; whether it exists is for the caller to find out.

    Raises
    ------
    InputError
        If the count is not a positive whole number or there is no usable name.

    Examples
    --------
    >>> parse_fleet("512 x H100-SXM")
    Fleet(count=512, accelerator='h100-sxm')
    """
    _check(text, "×")
    hint = "such as 512xH100"
    if ".." in text:
        what = "takes one number of accelerators, not a range"
        raise InputError(what, hint=hint, text=text, column=text.find(".."))
    body = text.strip()
    start = column = len(text) - len(text.lstrip())
    count = 1.0
    if not body[0].isalpha():
        times = min((at for at in map(body.find, "xX×") if at >= 0), default=-1)
        if times < 0:
            what = f"no x between a count and a name in '{visible(body)}'"
            raise InputError(what, hint=hint, text=text, column=column)
        if not body[:times].strip():
            raise InputError("no count before the x", hint=hint, text=text, column=column)
        term = _term(text, start, start + times, "1")
        count = _value(term, None, "1", 1.0, False, text)
        if count != math.floor(count):
            what = f"'{visible(term.part)}' is not a whole number of accelerators"
            raise InputError(what, hint=hint, text=text, column=column)
        column += times + 1
    for at in range(column, start + len(body)):
        if not (text[at].isascii() and (text[at].isalnum() or text[at] in ".-_ ")):
            raise InputError(
                f"'{visible(text[at])}' is not part of an accelerator's name", hint=hint, text=text, column=at
            )
    name = " ".join(text[column:].lower().split())
    turned, _, last = (part.strip() for part in name.rpartition("x"))
    if last.isdigit() and any(char.isdigit() for char in turned) and column == start:
        what = "the count comes first"
        raise InputError(what, hint=f"write {last}x{turned}", text=text, column=start)
    if not any(char.isalpha() for char in name):
        raise InputError("no accelerator is named", hint=hint, text=text, column=column)
    return Fleet(int(count), name)
