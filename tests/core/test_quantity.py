"""Quantities: what is read, what is refused and where, and that what is written is read back."""

from __future__ import annotations

import math
import shlex
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from scaletui_core.errors import InputError
from scaletui_core.quantity import (
    KINDS,
    LIMIT,
    Fleet,
    Quantity,
    parse,
    parse_fleet,
)
from scaletui_core.quantity_text import format_exact, format_quantity, format_range

fixed = settings(derandomize=True, deadline=None, database=None, max_examples=300)
units = st.sampled_from(sorted(KINDS))
positive = st.floats(min_value=5e-324, allow_infinity=False, allow_nan=False)
sane = st.floats(min_value=1e-290, max_value=1e290)

# --- what is read -------------------------------------------------------------------------------------------------

ACCEPTED = [
    ("70B", "parameters", 70e9),
    ("70b", "parameters", 70e9),
    (" 70 B ", "parameters", 70e9),
    ("70G", "parameters", 70e9),
    ("70B params", "parameters", 70e9),
    ("70Bparam", "parameters", 70e9),
    ("405e9 parameters", "parameters", 405e9),
    ("1.4T", "tokens", 1.4e12),
    ("1.4t", "tokens", 1.4e12),
    ("1.4T tokens", "tokens", 1.4e12),
    ("1.4 T tok", "tokens", 1.4e12),
    ("3k", "tokens", 3e3),
    ("3K", "tokens", 3e3),
    ("0.4M", "tokens", 4e5),
    (".5M", "tokens", 5e5),
    ("1,000", "tokens", 1000.0),
    ("12,345,678.5", "tokens", 12345678.5),
    ("2_000", "tokens", 2000.0),
    ("1 token", "tokens", 1.0),
    ("5.76e23", "FLOP", 5.76e23),
    ("5.76E+23 FLOP", "FLOP", 5.76e23),
    ("1e100", "FLOP", 1e100),
    ("5e-3", "FLOP", 0.005),
    ("2 FLOPs", "FLOP", 2.0),
    ("2 flops", "FLOP", 2.0),
    ("1 TFLOP", "FLOP", 1e12),
    ("1PFLOP", "FLOP", 1e15),
    ("1 EFLOP", "FLOP", 1e18),
    ("1EFLOP", "FLOP", 1e18),
    ("1 ZFLOP", "FLOP", 1e21),
    ("1YFLOP", "FLOP", 1e24),
    ("1 PF-day", "FLOP", 8.64e19),
    ("3.2e6 PF-days", "FLOP", 3.2e6 * 8.64e19),
    ("3.2M PF-day", "FLOP", 3.2e6 * 8.64e19),
    ("1pfday", "FLOP", 8.64e19),
    ("1 PF days", "FLOP", 8.64e19),
    ("1 petaflop/s-day", "FLOP", 8.64e19),
    ("3200 PF-day", "PF-day", 3200.0),
    ("3640", "PF-day", 3640.0),
    ("8.64e19 FLOP", "PF-day", 1.0),
    ("86.4 EFLOP", "PF-day", 1.0),
    ("989 TFLOP/s", "FLOP/s", 989e12),
    ("989TFLOPS", "FLOP/s", 989e12),
    ("989 tflops", "FLOP/s", 989e12),
    ("1 PFLOP per second", "FLOP/s", 1e15),
    ("100k TFLOP/s", "FLOP/s", 1e17),
    ("60 FLOP/min", "FLOP/s", 1.0),
    ("30", "s", 30.0),
    ("30d", "s", 2592000.0),
    ("30 days", "s", 2592000.0),
    ("2 weeks", "s", 1209600.0),
    ("2w", "s", 1209600.0),
    ("12 min", "s", 720.0),
    ("1 Minute", "s", 60.0),
    ("2.5 h", "s", 9000.0),
    ("1hour", "s", 3600.0),
    ("45 sec", "s", 45.0),
    ("1y", "s", 31536000.0),
    ("2 years", "s", 63072000.0),
    ("10k years", "s", 315360000000.0),
    ("1.2 ms", "s", 0.0012),
    ("657 ns", "s", 657e-9),
    ("5us", "s", 5e-6),
    ("5 µs", "s", 5e-6),
    ("5 μs", "s", 5e-6),
    ("5Ms", "s", 5e6),
    ("40%", "fraction", 0.4),
    ("40 %", "fraction", 0.4),
    ("0.4", "fraction", 0.4),
    ("100%", "fraction", 1.0),
    ("1", "fraction", 1.0),
    ("7%", "fraction", 0.07),
    ("$10M", "USD", 1e7),
    ("$ 10 M", "USD", 1e7),
    ("10M USD", "USD", 1e7),
    ("10M$", "USD", 1e7),
    ("$2.50", "USD", 2.5),
    ("10M", "USD", 1e7),
    ("$2/h", "USD/h", 2.0),
    ("$2/hour", "USD/h", 2.0),
    ("2 USD/h", "USD/h", 2.0),
    ("2 USD per hour", "USD/h", 2.0),
    ("$48/day", "USD/h", 2.0),
    ("$10k/h", "USD/h", 1e4),
    ("2", "USD/h", 2.0),
    ("700W", "W", 700.0),
    ("700w", "W", 700.0),
    ("1.5 kW", "W", 1500.0),
    ("150 MW", "W", 150e6),
    ("5GW", "W", 5e9),
    ("5 J", "J", 5.0),
    ("5MJ", "J", 5e6),
    ("1kWh", "J", 3.6e6),
    ("1 MWh", "J", 3.6e9),
    ("1.2GWh", "J", 4.32e12),
    ("80GB", "bytes", 80e9),
    ("80 gb", "bytes", 80e9),
    ("80G", "bytes", 80e9),
    ("80B", "bytes", 80.0),
    ("1GiB", "bytes", 1073741824.0),
    ("1 KiB", "bytes", 1024.0),
    ("3.35TB/s", "bytes/s", 3.35e12),
    ("3.35 TB/s", "bytes/s", 3.35e12),
    ("1.93", "nats/token", 1.93),
    ("1.93 nats", "nats/token", 1.93),
    ("1.93 nats/token", "nats/token", 1.93),
    ("400 tokens/s", "tokens/s", 400.0),
    ("400 tok/s", "tokens/s", 400.0),
    ("600 tokens/min", "tokens/s", 10.0),
    ("3M tok/min", "tokens/s", 5e4),
    ("20", "tokens/parameter", 20.0),
    ("20 tokens/param", "tokens/parameter", 20.0),
    ("20 tokens per parameter", "tokens/parameter", 20.0),
    ("369k", "accelerator-hours", 369e3),
    ("369k GPU-hours", "accelerator-hours", 369e3),
    ("512 ", "1", 512.0),
    ("1k", "1", 1000.0),
]


@pytest.mark.parametrize(("text", "unit", "value"), ACCEPTED)
def test_accepted(text: str, unit: str, value: float) -> None:
    assert parse(text, unit) == Quantity(value, unit)


@pytest.mark.parametrize("unit", sorted(KINDS))
def test_every_kind_has_an_example_that_parses(unit: str) -> None:
    kind, shown = KINDS[unit]
    assert parse(shown, unit).value > 0
    assert kind.startswith(("a ", "an "))


def test_a_bare_number_means_what_the_option_says() -> None:
    assert parse("30", "s", bare=86400.0).value == 2592000.0
    assert parse("30h", "s", bare=86400.0).value == 108000.0
    assert parse("0.1", "s", bare=86400.0).value == parse("0.1d", "s").value
    assert parse("3.2M", "FLOP", bare=8.64e19).value == parse("3.2M PF-day", "FLOP").value


def test_zero_where_it_is_allowed() -> None:
    assert parse("0", "s", allow_zero=True).value == 0.0
    assert parse("0%", "fraction", allow_zero=True).value == 0.0
    with pytest.raises(InputError, match="is zero"):
        parse("0..5", "s", allow_zero=True)


def test_an_unknown_unit_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="furlong"):
        parse("1", "furlong")


# The twin: the same number and unit in exact fractions, rounded to a float once.
TWIN_UNITS: dict[str, dict[str, int | Fraction]] = {
    "tokens": {"": 1, "k": 10**3, "M": 10**6, "B": 10**9, "T tokens": 10**12},
    "s": {"s": 1, "min": 60, "h": 3600, " days": 86400, "w": 7 * 86400, "y": 365 * 86400, "ms": Fraction(1, 1000)},
    "FLOP": {"": 1, " PF-day": 864 * 10**17, "PFLOP": 10**15, "M PF-day": 864 * 10**23},
    "J": {"J": 1, "Wh": 3600, "kWh": 3600 * 10**3, " GWh": 3600 * 10**9},
    "bytes": {"GB": 10**9, "GiB": 2**30, "B": 1},
}


@fixed
@given(st.data(), st.sampled_from(sorted(TWIN_UNITS)), st.integers(1, 10**18), st.integers(0, 12), st.integers(-20, 20))
def test_the_value_is_the_float_nearest_to_what_was_written(
    data: st.DataObject, unit: str, digits: int, places: int, power: int
) -> None:
    word = data.draw(st.sampled_from(sorted(TWIN_UNITS[unit])))
    whole = str(digits).zfill(places + 1)
    text = whole[: len(whole) - places] + ("." + whole[len(whole) - places :] if places else "") + f"e{power}" + word
    exact = Fraction(digits) / 10**places * Fraction(10) ** power * TWIN_UNITS[unit][word]
    assert parse(text, unit).value == float(exact)


@fixed
@given(st.integers(0, 10**15), st.sampled_from(",_"))
def test_thousands_separators_change_nothing(count: int, separator: str) -> None:
    text = f"{count + 1:,}".replace(",", separator)
    assert parse(text, "1").value == count + 1


@fixed
@given(sane, sane, st.sampled_from(["", "k", "M", "T", "B tokens"]))
def test_parsing_is_monotone(first: float, second: float, word: str) -> None:
    low, high = sorted((first, second))
    assert parse(f"{low!r}{word}", "tokens").value <= parse(f"{high!r}{word}", "tokens").value


# --- ranges -------------------------------------------------------------------------------------------------------

RANGES = [
    ("0.4M..10M", "tokens", 4e5, 2e6, 1e7, 0.9, "log-normal"),
    ("0.4M .. 10M @ 50 %", "tokens", 4e5, 2e6, 1e7, 0.5, "log-normal"),
    ("1B..2B..10B@80%", "tokens", 1e9, 2e9, 1e10, 0.8, "two-piece log-normal"),
    ("4..9M", "tokens", 4.0, 6000.0, 9e6, 0.9, "log-normal"),
    ("4..9M tokens", "tokens", 4.0, 6000.0, 9e6, 0.9, "log-normal"),
    ("10..40d", "s", 864000.0, 1728000.0, 3456000.0, 0.9, "log-normal"),
    ("12h..2d", "s", 43200.0, 86400.0, 172800.0, 0.9, "log-normal"),
    ("20..80%", "fraction", 0.2, 0.5, 0.8, 0.9, "logit-normal"),
    ("0.2..0.8", "fraction", 0.2, 0.5, 0.8, 0.9, "logit-normal"),
    ("10%..30%..90%", "fraction", 0.1, 0.3, 0.9, 0.9, "two-piece logit-normal"),
    ("1..4 PF-day", "FLOP", 8.64e19, 1.728e20, 3.456e20, 0.9, "log-normal"),
    ("1..4 TB", "bytes", 1e12, 2e12, 4e12, 0.9, "log-normal"),
    ("$1M..4M", "USD", 1e6, 2e6, 4e6, 0.9, "log-normal"),
    ("$1..$4", "USD", 1.0, 2.0, 4.0, 0.9, "log-normal"),
    ("1..4@99.9%", "1", 1.0, 2.0, 4.0, 0.999, "log-normal"),
    ("10s..40", "s", 10.0, 20.0, 40.0, 0.9, "log-normal"),
]


@pytest.mark.parametrize(("text", "unit", "low", "value", "high", "coverage", "distribution"), RANGES)
def test_ranges(
    text: str, unit: str, low: float, value: float, high: float, coverage: float, distribution: str
) -> None:
    got = parse(text, unit)
    assert got.is_range
    assert got.value == pytest.approx(value, rel=1e-14)
    assert got[1:] == (unit, low, high, coverage, distribution)


@pytest.mark.parametrize("text", ["5M..5M", "5M..5000k", "5M..5M..5M", "5M..5M@50%"])
def test_a_range_of_one_point_is_a_point(text: str) -> None:
    assert parse(text, "tokens") == Quantity(5e6, "tokens")
    assert not parse(text, "tokens").is_range


@fixed
@given(units, positive, positive)
@example("fraction", 5e-324, math.nextafter(1.0, 0.0))
@example("tokens", 5e-324, 1.7976931348623157e308)
def test_the_median_lies_within_its_range(unit: str, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assume(low < high and (unit != "fraction" or high < 1.0))
    got = parse(f"{format_exact(low, unit)}..{format_exact(high, unit)}", unit)
    assert (got.low, got.high) == (low, high)
    assert low <= got.value <= high
    if low > 1e-100 and high < 1e100 and unit != "fraction":
        assert math.log(got.value) == pytest.approx((math.log(low) + math.log(high)) / 2, abs=1e-12)


# --- what is refused ----------------------------------------------------------------------------------------------

REJECTED = [
    # nothing, or nothing that can be read
    ("", "tokens", "nothing given", None),
    ("   ", "tokens", "nothing given", None),
    ("abc", "tokens", "no number in 'abc' (such as 1.4T)", 0),
    ("B", "tokens", "no number", 0),
    ("$", "USD", "no number", 1),
    ("~5", "tokens", "no number", 0),
    ("+5", "tokens", "no number", 0),
    ("٣", "tokens", "use the digits 0 to 9", 0),
    ("5５", "tokens", "use the digits 0 to 9", 1),
    ("5 שקל", "tokens", "'\\u05e9' is not understood", 2),
    ("5\u202eB", "tokens", "'\\u202e' is not understood", 1),
    ("5\x1b[31mB", "tokens", "'\\x1b' is not understood", 1),
    ("5B\n", "tokens", "'\\n' is not understood", 2),
    ("5\x00", "tokens", "'\\x00' is not understood", 1),
    ("−5", "tokens", "'−' is not understood", 0),
    ("5…9", "tokens", "'…' is not understood", 1),
    ("9" * 201, "tokens", "too long: 201 characters (at most 200)", LIMIT),
    # sign and size
    ("-5B", "tokens", "'-5B' is negative; a number of tokens is above 0", 0),
    ("$-5", "USD", "is negative", 1),
    ("-$5", "USD", "is negative", 0),
    ("0", "tokens", "'0' is zero; a number of tokens is above 0", 0),
    ("0e99999B", "tokens", "is zero", 0),
    ("0.000%", "fraction", "is zero", 0),
    ("nan", "tokens", "not a finite number", 0),
    ("inf", "tokens", "not a finite number", 0),
    ("-Infinity", "tokens", "not a finite number", 0),
    ("1..inf", "tokens", "not a finite number", 3),
    ("1e400", "FLOP", "too large", 0),
    ("1e308k", "FLOP", "too large", 0),
    ("1e" + "9" * 150, "FLOP", "too large", 0),
    ("1e-400", "FLOP", "too small", 0),
    ("1e-" + "9" * 150, "FLOP", "too small", 0),
    ("40", "fraction", "40 is more than 1 (did you mean 40%?)", 0),
    ("400", "fraction", "400 is more than 1 (a fraction lies between 0 and 1", 0),
    ("140%", "fraction", "140% is more than 1 (a fraction lies", 0),
    # separators
    ("1,5", "tokens", "use a point: 1.5", 1),
    ("1,5B", "tokens", "use a point: 1.5", 1),
    ("0,500", "tokens", "use a point: 0.500", 1),
    (",5", "tokens", "use a point: 0.5", 0),
    ("1,00", "tokens", "a comma out of place", 1),
    ("1,,000", "tokens", "a comma out of place (write 1,000 or 1000)", 2),
    ("1,000,00", "tokens", "a comma out of place", 5),
    ("1,", "tokens", "a comma out of place", 2),
    ("1_00", "tokens", "an underscore out of place", 1),
    ("1,000_000", "tokens", "a comma out of place", 1),
    ("1.000,5", "tokens", "',5' is not a suffix or a unit", 5),
    ("1 000", "tokens", "a second number follows the first", 2),
    ("1.4.5", "tokens", "'.5' is not a suffix or a unit", 3),
    ("5.", "tokens", "'.' is not a suffix or a unit", 1),
    ("5e", "tokens", "'e' is not a suffix or a unit", 1),
    ("5-10", "tokens", "a range is written with two points: 5..10", 1),
    # suffixes and units
    ("70Q", "tokens", "'Q' is not a suffix or a unit (suffixes are k, M, B and T", 2),
    ("70P", "tokens", "'P' is not a suffix", 2),
    ("70E", "tokens", "'E' is not a suffix", 2),
    ("70MM", "tokens", "'MM' is not a suffix", 2),
    ("70m", "tokens", "'m' could mean two things (M, in upper case, is a million)", 2),
    ("5mW", "W", "'mW' could mean two things", 1),
    ("5m", "s", "write min for minutes", 1),
    ("5M", "s", "write min for minutes", 1),
    ("1 month", "s", "a month has no fixed length (use days: 30d)", 2),
    ("80Gb", "bytes", "'Gb' is not a suffix or a unit", 2),
    ("5 E FLOP", "FLOP", "'E FLOP' is not a suffix", 2),
    ("5MkW", "W", "'MkW' is not a suffix", 1),
    ("2 furlongs", "tokens", "'furlongs' is not a suffix or a unit", 2),
    ("0x10", "1", "'x10' is not a suffix or a unit", 1),
    # the wrong kind
    ("30d", "tokens", "'30d' is a duration; a number of tokens was wanted (such as 1.4T)", 2),
    ("  30 d", "tokens", "'30 d' is a duration", 5),
    ("3k years", "tokens", "is a duration", 3),
    ("70B params", "tokens", "is a number of parameters; a number of tokens was wanted", 4),
    ("70B tokens", "parameters", "is a number of tokens; a number of parameters was wanted", 4),
    ("$3", "tokens", "'$3' is an amount of money", 0),
    ("$3", "USD/h", "'$3' is an amount of money; a price per hour was wanted (such as $2/h)", 0),
    ("40%", "tokens", "'40%' is a fraction", 2),
    ("989 TFLOP", "FLOP/s", "is an amount of compute in FLOP; a compute rate", 4),
    ("989 TFLOPS", "FLOP", "is a compute rate in FLOP/s; an amount of compute", 4),
    ("80GB", "bytes/s", "is a number of bytes; a bandwidth was wanted", 2),
    ("3B", "bytes/s", "is a number of bytes", 1),
    ("700W", "J", "'700W' is a power; an amount of energy was wanted", 3),
    ("1..30d", "tokens", "'30d' is a duration", 5),
    # ranges
    ("..5", "tokens", "part 1 of the range is missing", 0),
    ("5..", "tokens", "part 2 of the range is missing", 3),
    ("1.. ..3", "tokens", "part 2 of the range is missing", 4),
    ("..", "tokens", "part 1 of the range is missing", 0),
    ("1..2..3..4", "tokens", "a range has at most three parts", 7),
    ("1...2", "tokens", "three points in a row", 1),
    ("10M..1M", "tokens", "'1M' is not above the part before it", 5),
    ("1..1..2", "tokens", "'1' is not above the part before it", 3),
    ("1..3..2", "tokens", "'2' is not above the part before it", 6),
    ("1..5..1", "tokens", "'1' is not above", 6),
    ("0..5", "tokens", "'0' is zero", 0),
    ("-1..5", "tokens", "'-1' is negative", 0),
    ("50..100%", "fraction", "a range of fractions ends below 1, not at 100%", 4),
    ("1d..60", "s", "'1d' has a unit and the last part has none", 6),
    ("5@50%", "tokens", "a coverage needs a range", 1),
    ("@50%", "tokens", "nothing before the @", 0),
    ("5..6@", "tokens", "nothing after the @", 5),
    ("5..6@50", "tokens", "'@50' has no percent sign", 7),
    ("5..6@0%", "tokens", "'0%' is not a coverage (strictly between 0% and 100%", 5),
    ("5..6@100%", "tokens", "'100%' is not a coverage", 5),
    ("5..6@1e-30%", "tokens", "is not a coverage", 5),
    ("5..6@99.99999999999999999%", "tokens", "is not a coverage", 5),
    ("5..6@-5%", "tokens", "is negative", 5),
    ("5..6@50%@50%", "tokens", "is not a suffix or a unit", 7),
    ("5..6@50d", "tokens", "is a duration; a fraction was wanted", 7),
]


@pytest.mark.parametrize(("text", "unit", "message", "column"), REJECTED)
def test_rejected(text: str, unit: str, message: str, column: int | None) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, unit)
    assert message in caught.value.line
    assert caught.value.column == column
    assert caught.value.text == (text if column is not None else None)


def assert_safe_to_show(error: InputError) -> None:
    lines = str(error).split("\n")
    assert len(lines) in (1, 3)
    assert all(char.isprintable() for line in lines for char in line)
    assert all(len(line) < 500 for line in lines)
    if error.column is not None:
        assert error.text is not None
        assert 0 <= error.column <= len(error.text)


@pytest.mark.parametrize("char", "9,_.e$ a@x-\x1b٣")
def test_ten_megabytes_are_refused_unread(char: str) -> None:
    text = char * 10_000_000
    for read in (lambda: parse(text, "tokens"), lambda: parse_fleet(text)):
        with pytest.raises(InputError, match="too long: 10000000 characters") as caught:
            read()
        assert_safe_to_show(caught.value)


def read_or_refuse(text: str, unit: str) -> Quantity | None:
    try:
        got = parse(text, unit)
    except InputError as error:
        assert_safe_to_show(error)
        return None
    assert 0.0 < got.value < math.inf
    assert unit != "fraction" or got.value <= 1.0
    assert got.is_range == (got.distribution != "point") == (got.high is not None)
    assert got.low is None or got.high is None or 0.0 < got.low <= got.value <= got.high < math.inf
    return got


@fixed
@given(st.text(max_size=250), units)
def test_nothing_but_our_own_error_on_any_text(text: str, unit: str) -> None:
    got = read_or_refuse(text, unit)
    assert got is None or any(char in "0123456789" for char in text)


@settings(fixed, max_examples=1500)
@given(st.text(alphabet="0123456789.,_eE+-kKMBTGPmdhsw%$@/ FLOPxn", max_size=24), units)
def test_nothing_but_our_own_error_on_likely_text(text: str, unit: str) -> None:
    got = read_or_refuse(text, unit)
    assert got is None or got.unit == unit


@settings(fixed, max_examples=1500)
@given(
    st.sampled_from([(text, unit) for text, unit, *_ in ACCEPTED + RANGES]),
    st.integers(0, 30),
    st.integers(0, 3),
    st.text(max_size=3) | st.sampled_from([*"0123456789.,_eE+-kmMBTG%$@/ d", "..", "@50%", "1e400", "\x1b[", "/s"]),
)
def test_nothing_but_our_own_error_on_mutated_text(what: tuple[str, str], at: int, cut: int, put: str) -> None:
    text, unit = what
    got = read_or_refuse(text[:at] + put + text[at + cut :], unit)
    assert got is None or got.unit == unit


# --- fleets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count", "name"),
    [
        ("512xH100", 512, "h100"),
        ("512 x h100-sxm", 512, "h100-sxm"),
        ("512×H100", 512, "h100"),
        ("512X H100", 512, "h100"),
        ("H100", 1, "h100"),
        (" h100-sxm ", 1, "h100-sxm"),
        ("rtx4090", 1, "rtx4090"),
        ("4xrtx4090", 4, "rtx4090"),
        ("1k x A100", 1000, "a100"),
        ("1.5k x A100", 1500, "a100"),
        ("1,024xTPU v5p", 1024, "tpu v5p"),
        ("8xMI300X", 8, "mi300x"),
    ],
)
def test_fleets(text: str, count: int, name: str) -> None:
    got = parse_fleet(text)
    assert got == Fleet(count, name)
    assert isinstance(got.count, int)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "nothing given", None),
        ("0xH100", "'0' is zero", 0),
        ("-3xH100", "'-3' is negative", 0),
        ("2.5xH100", "'2.5' is not a whole number of accelerators", 0),
        ("1,5xH100", "use a point", 1),
        ("512", "no x between a count and a name in '512'", 0),
        ("512 H100", "no x between a count and a name", 0),
        ("512x", "no accelerator is named", 4),
        ("512x ", "no accelerator is named", 4),
        ("512x100", "no accelerator is named", 4),
        ("×H100", "no count before the x", 0),
        ("5d x H100", "'5d' is a duration; a plain number was wanted", 1),
        ("512xH100;ls", "';' is not part of an accelerator's name", 8),
        ("8xH100\x1b[2J", "'\\x1b' is not understood", 6),
        ("8xΑ100", "is not understood", 2),
        ("1e400xH100", "too large", 0),
    ],
)
def test_fleets_refused(text: str, message: str, column: int | None) -> None:
    with pytest.raises(InputError) as caught:
        parse_fleet(text)
    assert message in caught.value.line
    assert caught.value.column == column


@fixed
@given(st.text(max_size=20) | st.text(alphabet="0123456789.,ekxX× Hh-_@", max_size=12))
def test_a_fleet_or_our_own_error(text: str) -> None:
    try:
        got = parse_fleet(text)
    except InputError as error:
        assert_safe_to_show(error)
    else:
        assert got.count >= 1
        assert got.accelerator == got.accelerator.strip().lower() != ""


# --- what is written ----------------------------------------------------------------------------------------------

SHOWN = [
    (4.04e10, "parameters", "40.4B", "40.4B parameters"),
    (70e9, "parameters", "70B", "70B parameters"),
    (2.38e12, "tokens", "2.38T", "2.38T tokens"),
    (2.16e16, "tokens", "2.16e16", "2.16e16 tokens"),
    (999e12, "tokens", "999T", "999T tokens"),
    (999.95e12, "tokens", "1e15", "1e15 tokens"),
    (999.95e9, "tokens", "1T", "1T tokens"),
    (999.4e9, "tokens", "999B", "999B tokens"),
    (999.5, "tokens", "1k", "1k tokens"),
    (512.0, "tokens", "512", "512 tokens"),
    (0.5, "tokens", "0.5", "0.5 tokens"),
    (5.76e23, "FLOP", "5.76e23", "5.76e23 FLOP"),
    (1e23, "FLOP", "1e23", "1e23 FLOP"),
    (9.999e22, "FLOP", "1e23", "1e23 FLOP"),
    (2e-7, "FLOP", "2e-7", "2e-7 FLOP"),
    (1234.0, "FLOP", "1,234", "1,234 FLOP"),
    (58.91, "tokens/parameter", "58.9", "58.9 tokens/parameter"),
    (20.0, "tokens/parameter", "20", "20 tokens/parameter"),
    (1234.4, "1", "1,234", "1,234"),
    (9999.6, "1", "10,000", "10,000"),
    (99999.6, "1", "1e5", "1e5"),
    (0.0123, "1", "0.0123", "0.0123"),
    (2592000.0, "s", "30 d", "30 d"),
    (9000.0, "s", "2.5 h", "2.5 h"),
    (45.0, "s", "45 s", "45 s"),
    (720.0, "s", "12 min", "12 min"),
    (59.97, "s", "1 min", "1 min"),
    (3599.9, "s", "1 h", "1 h"),
    (86399.0, "s", "1 d", "1 d"),
    (364.9 * 86400, "s", "1 y", "1 y"),
    (3400 * 31536000.0, "s", "3400 y", "3400 y"),
    (3.4e6 * 31536000.0, "s", "3.4e6 y", "3.4e6 y"),
    (0.0012, "s", "1.2 ms", "1.2 ms"),
    (0.0009996, "s", "1 ms", "1 ms"),
    (2e-6, "s", "2 µs", "2 µs"),
    (657e-9, "s", "657 ns", "657 ns"),
    (1e-15, "s", "1e-15 s", "1e-15 s"),
    (0.4, "fraction", "40%", "40%"),
    (0.123456, "fraction", "12.3%", "12.3%"),
    (1.0, "fraction", "100%", "100%"),
    (1e-10, "fraction", "1e-8%", "1e-8%"),
    (2.5, "USD", "$2.50", "$2.50"),
    (2.0, "USD", "$2", "$2"),
    (0.5, "USD", "$0.50", "$0.50"),
    (0.004, "USD", "$0.004", "$0.004"),
    (999.999, "USD", "$1k", "$1k"),
    (4.1e6, "USD", "$4.1M", "$4.1M"),
    (1.2e9, "USD", "$1.2B", "$1.2B"),
    (2.0, "USD/h", "$2/h", "$2/h"),
    (2.49, "USD/h", "$2.49/h", "$2.49/h"),
    (700.0, "W", "700 W", "700 W"),
    (1.2e9, "W", "1.2 GW", "1.2 GW"),
    (1.23e9 * 3600, "J", "1.23 GWh", "1.23 GWh"),
    (0.4, "J", "0.4 J", "0.4 J"),
    (80e9, "bytes", "80 GB", "80 GB"),
    (3.35e12, "bytes/s", "3.35 TB/s", "3.35 TB/s"),
    (989e12, "FLOP/s", "989 TFLOP/s", "989 TFLOP/s"),
    (1.93361, "nats/token", "1.9336", "1.9336 nats/token"),
    (2.0, "nats/token", "2.0000", "2.0000 nats/token"),
    (369e3, "accelerator-hours", "369k", "369k accelerator-hours"),
    (6667.0, "PF-day", "6,667", "6,667 PF-day"),
    (6.67e6, "PF-day", "6.67e6", "6.67e6 PF-day"),
    (400.0, "tokens/s", "400", "400 tokens/s"),
    (-3e9, "tokens", "-3B", "-3B tokens"),
]


@pytest.mark.parametrize(("value", "unit", "text", "full"), SHOWN)
def test_shown(value: float, unit: str, text: str, full: str) -> None:
    assert format_quantity(value, unit) == text
    assert format_quantity(value, unit, with_unit=True) == full


@pytest.mark.parametrize("unit", sorted(KINDS))
def test_zero_is_shown_and_written(unit: str) -> None:
    for text in (format_quantity(0.0, unit), format_quantity(0.0, unit, with_unit=True), format_exact(0.0, unit)):
        assert text.lstrip("$").startswith("0")
        assert parse(text, unit, allow_zero=True).value == 0.0


def test_negative_zero_integers_and_numpy_floats_are_written_like_floats() -> None:
    assert (format_quantity(-0.0, "tokens"), format_exact(-0.0, "tokens")) == ("0", "0")
    assert (format_quantity(7 * 10**10, "tokens"), format_exact(7 * 10**10, "tokens")) == ("70B", "70B")
    assert (format_quantity(np.float64(7e10), "tokens"), format_exact(np.float64(7e10), "tokens")) == ("70B", "70B")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("unit", sorted(KINDS))
def test_what_is_not_finite_is_never_written(unit: str, value: float) -> None:
    with pytest.raises(ValueError, match="cannot show"):
        format_quantity(value, unit)
    with pytest.raises(ValueError, match="cannot write"):
        format_exact(value, unit)


def test_formatters_refuse_what_they_cannot_write() -> None:
    with pytest.raises(ValueError, match="furlong"):
        format_quantity(1.0, "furlong")
    with pytest.raises(ValueError, match="cannot write -1"):
        format_exact(-1.0, "tokens")


def tolerance(value: float, unit: str, digits: int) -> float:
    """How far the shown text may lie from the value: money shows cents and a loss four decimals."""
    decimals = {"USD": 0.00501, "USD/h": 0.00501, "nats/token": 0.0000501}.get(unit, 0.0)
    return max(0.6 * 10.0 ** (1 - digits) * value, decimals if value >= 1e-3 else 0.0)


@settings(fixed, max_examples=2000)
@given(sane | st.floats(1e-6, 1e18), units, st.integers(1, 15), st.booleans())
def test_what_is_shown_reads_back_to_its_digits(value: float, unit: str, digits: int, with_unit: bool) -> None:
    value = min(value, 1 / value) if unit == "fraction" else value
    text = format_quantity(value, unit, digits=digits, with_unit=with_unit)
    assert abs(parse(text, unit).value - value) <= tolerance(value, unit, digits)
    assert "e+" not in text
    assert not text.startswith(("00", "0,"))


@settings(fixed, max_examples=1000)
@given(sane | st.floats(1e-6, 1e18), st.floats(0.9, 1.2), units, st.integers(1, 6))
def test_what_is_shown_is_monotone(value: float, ratio: float, unit: str, digits: int) -> None:
    low, high = sorted((value, value * ratio))
    assume(unit != "fraction" or high <= 1.0)
    shown = [parse(format_quantity(part, unit, digits=digits), unit).value for part in (low, high)]
    assert shown[0] <= shown[1]


@settings(fixed, max_examples=3000)
@given(positive | st.floats(1e-9, 1e25) | st.integers(1, 10**15).map(float), units)
@example(1.7976931348623157e308, "s")
@example(5e-324, "J")
def test_what_is_written_reads_back_exactly(value: float, unit: str) -> None:
    value = min(value, 1.0) if unit == "fraction" else value
    text = format_exact(value, unit)
    assert parse(text, unit).value == value
    assert shlex.quote(text) == text
    assert len(text) <= len(repr(value)) + len(" FLOP/s")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (70e9, "parameters", "70B"),
        (1.4e12, "tokens", "1.4T"),
        (512.0, "1", "512"),
        (5.76e23, "FLOP", "5.76e23"),
        (2592000.0, "s", "30d"),
        (3600.0, "s", "1h"),
        (45.5, "s", "45.5s"),
        (0.4, "fraction", "40%"),
        (0.1 + 0.2, "fraction", "30.000000000000004%"),
        (1e-10, "fraction", "1e-8%"),
        (10e6, "USD", "10M"),
        (2.0, "USD/h", "2"),
        (80e9, "bytes", "80GB"),
        (3.35e12, "bytes/s", "3.35TB/s"),
        (989e12, "FLOP/s", "989TFLOP/s"),
        (700.0, "W", "700W"),
        (3.6e12, "J", "1GWh"),
        (0.1 + 0.2, "1", "0.30000000000000004"),
    ],
)
def test_written(value: float, unit: str, text: str) -> None:
    assert format_exact(value, unit) == text


@pytest.mark.parametrize(
    ("text", "unit", "shown"),
    [
        ("0.4M..10M", "tokens", "0.4M..10M (90%, log-normal)"),
        ("1k..1T", "tokens", "1k..1T (90%, log-normal)"),
        ("1B..2B..4B@50%", "parameters", "1B..2B..4B (50%, two-piece log-normal)"),
        ("30..50%@99.9%", "fraction", "30%..50% (99.9%, logit-normal)"),
        ("30..60d", "s", "30 d..60 d (90%, log-normal)"),
        ("$1M..2M", "USD", "$1M..$2M (90%, log-normal)"),
        ("1B..1.0001B", "tokens", "1B..1.0001B (90%, log-normal)"),
        ("1e23..2e24", "FLOP", "1e23..2e24 (90%, log-normal)"),
        ("70B", "tokens", "70B"),
    ],
)
def test_ranges_shown(text: str, unit: str, shown: str) -> None:
    assert format_range(parse(text, unit)) == shown


def test_a_shown_range_can_carry_its_unit() -> None:
    assert format_range(parse("1M..2M", "tokens"), with_unit=True) == "1M..2M tokens (90%, log-normal)"
    assert format_range(parse("1..2 kW", "W"), with_unit=True) == "1 kW..2 kW (90%, log-normal)"
    assert format_range(parse("1M", "tokens"), with_unit=True) == "1M tokens"


@fixed
@given(sane, st.floats(1.0001, 1e6), units, st.floats(0.01, 0.99))
def test_a_shown_range_reads_back(low: float, ratio: float, unit: str, coverage: float) -> None:
    low = min(low, 1 / low) if unit == "fraction" else low
    high = low * ratio
    assume(unit != "fraction" or high < 0.99)
    text = format_range(Quantity(math.sqrt(low) * math.sqrt(high), unit, low, high, coverage, "log-normal"))
    body, _, tail = text.partition(" (")
    assert float(tail.partition("%")[0]) / 100 == pytest.approx(coverage)
    for part, end in zip(body.split(".."), (low, high), strict=True):
        assert abs(parse(part, unit).value - end) <= tolerance(end, unit, 3)


@pytest.mark.parametrize("text", ["H100x512", "a100 x 8"])
def test_a_count_behind_the_name_is_turned_round(text: str) -> None:
    name, _, count = text.lower().partition("x")
    with pytest.raises(InputError, match="the count comes first") as caught:
        parse_fleet(text)
    assert caught.value.hint == f"write {count.strip()}x{name.strip()}"
    assert parse_fleet(caught.value.hint.removeprefix("write ")) == (int(count), name.strip())


@pytest.mark.parametrize("text", ["rtx 4090", "gtx1080", "mi300x"])
def test_a_name_with_an_x_is_a_name(text: str) -> None:
    assert parse_fleet(text) == (1, text)
