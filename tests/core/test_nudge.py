"""Fields nudged: the way a text is written stays, a step and the step back meet, no step leaves what a field takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaletui_core.calculator import PARTS
from scaletui_core.fields import CHOICE, FLAG, FLEET, NAMES, TEXT, Field, fields_of
from scaletui_core.flow import calculator
from scaletui_core.nudge import nudged, turned
from scaletui_core.quantity import Fleet

FIELDS = {(part, field.name): field for part in PARTS for field in fields_of(calculator(part).inputs)}
NUMBERS = {place: field for place, field in FIELDS.items() if field.unit not in (NAMES, CHOICE, FLAG, TEXT)}
STEPS = (1.1, 1 / 1.1, 2.0, 0.5, 10.0, 0.1)
fixed = settings(derandomize=True, deadline=None, database=None, max_examples=300)


def field_of(place: str) -> Field:
    part, name = place.split(".")
    return FIELDS[part, name]


def ends(field: Field, text: str) -> list[float]:
    """Return what a text means: one number, or the ends of a range and its middle."""
    value: Any = field.parse(text)
    if isinstance(value, Fleet):
        value = value.count
    if hasattr(value, "range"):
        quantity = value.range.quantity
        return [quantity.low, quantity.value, quantity.high]
    return [float(value)]


# --- every field -----------------------------------------------------------------------------------------------------


def starts(field: Field) -> Iterator[str]:
    yield field.example
    if field.default not in ("", "presets", "the model's", "0"):
        yield field.default
    if field.unit == FLEET:
        yield from ("H100", "256..512xH100")
    else:
        low, _, high = (nudged(field, field.example, factor) for factor in (0.5, 2.0, 2.0))
        yield f"{low}..{high}@50%"


@pytest.mark.parametrize("factor", STEPS)
@pytest.mark.parametrize("place", NUMBERS, ids=".".join)
def test_no_field_is_nudged_out_of_what_it_takes(place: tuple[str, str], factor: float) -> None:
    field = NUMBERS[place]
    for start in starts(field):
        text = nudged(field, "", factor, start)
        assert text or nudged(field, start, factor) == start  # it stood at its bound
        text = text or start
        for by in (factor, 1 / factor):
            for _ in range(20 if by > 1 else 40):
                before, after = ends(field, text), ends(field, new := nudged(field, text, by))
                if after == before:
                    assert new == text, f"{start}: {text} to {new} though it stood at its bound"
                    break
                moved = zip(before, after, strict=True)
                assert all(a > b if by > 1 else a < b for b, a in moved), f"{start}: {text} times {by} is {new}"
                text = new


def test_only_numbers_are_nudged() -> None:
    for place, field in FIELDS.items():
        if place not in NUMBERS:
            for text in ("", field.example, *field.choices):
                assert nudged(field, text, 1.1, field.example) == text


@pytest.mark.parametrize("text", ["abc", "5.76e", "-", "-5", "70B70", "1..", "2..1", "@50%", "nan", "1" * 300, "70Q"])
def test_what_means_nothing_stays(text: str) -> None:
    for field in NUMBERS.values():
        if field.unit != FLEET or not text.isalpha():  # a machine may be called anything
            assert nudged(field, text, 1.1) == text


@pytest.mark.parametrize("factor", [1.0, 0.0, -2.0])
def test_what_is_no_step_changes_nothing(factor: float) -> None:
    assert nudged(field_of("calc.params"), "70B", factor) == "70B"


# --- there and back --------------------------------------------------------------------------------------------------

WAYS = ("{}", "{}B", "{}k", "0.{}", "{}e20", "${}M")
BACK = [(1.1, 1 / 1.1), (2.0, 0.5), (10.0, 0.1)]


@pytest.mark.parametrize("way", WAYS)
def test_up_and_down_return_for_every_number_of_three_digits(way: str) -> None:
    field = Field("x", "USD" if "$" in way else "FLOP" if "e" in way else "tokens", "")
    for number in range(1, 1000, 1 if way == "{}B" else 17):
        text = way.format(number)
        for up, down in BACK:
            for first, second in ((up, down), (down, up)):
                there = nudged(field, text, first)
                back = nudged(field, there, second)
                assert ends(field, back) == ends(field, text), f"{text} to {there} to {back}"
                assert ends(field, there)[0] == pytest.approx(ends(field, text)[0] * first, rel=0.0051)


def test_up_and_down_return_for_every_count() -> None:
    field = field_of("speed.batch")
    for number in range(1, 1000):
        for up, down in BACK:
            assert nudged(field, nudged(field, str(number), up), down) == str(number)


@pytest.mark.parametrize(
    "text", ["70B", "77B", "1.4T", "950B", "5.76e23", "30d", "40.5%", "$10M", "$2/h", "3200 PF-day"]
)
def test_the_text_itself_returns(text: str) -> None:
    field = next(one for one in NUMBERS.values() if nudged(one, text, 1.1) != text)
    for up, down in BACK:
        if "%" not in text or up < 10:
            assert nudged(field, nudged(field, text, up), down) == text


# --- the way it is written -------------------------------------------------------------------------------------------

WRITTEN = """
    calc.params    70B                1.1   77B
    calc.params    77B                1.1   84.7B
    calc.params    950B               1.1   1.045T
    calc.params    1.4T               0.5   700B
    calc.params    1200B              2     2400B
    calc.params    70G                0.1   7G
    calc.params    700g               10    7T
    calc.params    0.4M..10M          1.1   0.44M..11M
    calc.params    0.2M               0.1   20k
    calc.params    1k                 0.5   500
    calc.params    400T               10    4e15
    calc.flops     5.76e23            1.1   6.34e23
    calc.flops     9.5E23             1.1   1.045E24
    calc.flops     57.6e22            0.5   28.8e22
    calc.flops     1e1                0.1   1
    calc.flops     5.234567e23        10    5.234567e24
    calc.flops     5.234567e23        2     1.047e24
    calc.flops     3200~PF-day        1.1   3520~PF-day
    calc.days      30d                1.1   33d
    calc.days      30                 2     60
    calc.days      2~weeks            0.5   1~weeks
    calc.days      20..40~d           1.1   22..44~d
    calc.days      20d..2..~4w        2     20d..2..~4w
    calc.cost      $10M               1.1   $11M
    calc.cost      $950k              1.1   $1.045M
    calc.cost      10M~USD            0.1   1M~USD
    calc.price     $2/h               2     $4/h
    calc.price     2..3~$/h           2     4..6~$/h
    calc.mfu       40%                1.1   44%
    calc.mfu       0.4                0.5   0.2
    calc.mfu       30..45%            2     60..90%
    calc.mfu       30%..45%@50%       0.5   15%..22.5%@50%
    calc.tokens    1,000,000          2     2,000,000
    calc.tokens  2_000_000          10     20_000_000
    calc.tokens    5~M~tokens         2     10~M~tokens
    calc.tokens    400~B~tokens       10    4~T~tokens
    calc.tokens    999999             2     2e6
    calc.tokens    1.0001T..1.0002T   1.1   1.1001T..1.1002T
    calc.tokens    0.4M..1.8M..10M    0.5   0.2M..900k..5M
    calc.tokens    500M..1B..3B@80%   2     1B..2B..6B@80%
    calc.tokens_per_second 1e6                1.1   1.1e6
    calc.hardware  512xH100           1.1   563xH100
    calc.hardware  512xH100           0.1   51xH100
    calc.hardware  H100               1.1   2xH100
    calc.hardware  2~x~H100           1.1   3~x~H100
    calc.hardware  1k~×~A100          2     2k~×~A100
    calc.hardware  256..512xH100      1.1   282..563xH100
    calc.hardware  1..2xH100          1.1   2..3xH100
    calc.hardware  256..512@50%xH100  2     512..1024@50%xH100
    speed.memory   80GB               2     160GB
    speed.memory   80B                0.5   40B
    speed.memory   80GiB              10    800GiB
    speed.bandwidth 950GB/s            1.1   1.045TB/s
    speed.bandwidth 500..950~GB/s      1.1   550..1045~GB/s
    speed.bandwidth 1..1.5~TB/s        0.5   0.5..0.75~TB/s
    speed.peak     312TFLOP/s         10    3.12PFLOP/s
    speed.latency  1.5us              2     3us
    speed.batch    1                  1.1   2
    speed.batch    32                 1.1   35
    speed.batch    1.5k               1.1   1.65k
    copies.hours_a_day 8                  2     16
"""


@pytest.mark.parametrize("line", [line.split() for line in WRITTEN.strip().splitlines()], ids=" ".join)
def test_a_text_is_written_as_before(line: list[str]) -> None:
    place, text, factor, after = (word.replace("~", " ") for word in line)
    assert nudged(field_of(place), text, float(factor)) == after


@fixed
@given(
    digits=st.integers(1, 10**7),
    places=st.integers(0, 7),
    suffix=st.sampled_from(["", "k", "M", "B", "T", "e3", "e-2", "e20"]),
    factor=st.sampled_from(STEPS),
    second=st.none() | st.integers(1, 10**4),
)
def test_a_step_is_a_step(digits: int, places: int, suffix: str, factor: float, second: int | None) -> None:
    field = Field("x", "tokens", "")
    number = f"{digits / 10**places:.{places}f}"
    text = number + suffix
    if second is not None:
        text += f"..{float(number) * (1 + second / 1000):.12f}{suffix}"  # never the same as the first end
    after = nudged(field, text, factor)
    for before, now in zip(ends(field, text), ends(field, after), strict=True):
        assert now == pytest.approx(before * factor, rel=0.0051)
    if factor not in (10.0, 0.1) and second is None:
        mantissa = re.sub(r"[^0-9]", "", after.rstrip("kMBT").partition("e")[0])
        assert len(mantissa.strip("0")) <= 4
        value = float(after.rstrip("kMBT"))
        assert (
            suffix not in ("k", "M", "B", "T") or not 1.1 <= float(number) < 900 or 0.1 <= value < 1000 or "e" in after
        )


@settings(fixed, max_examples=1500)
@given(
    place=st.sampled_from(["calc.params", "calc.flops", "calc.days", "calc.mfu", "calc.cost", "calc.hardware",
                           "speed.memory", "speed.batch", "copies.years"]),
    text=st.lists(st.sampled_from([*"01259.,_ $%@xeEkMBT-", "..", "..", "e2", "GB", "d", "TFLOP/s", "h100", "@50%",
                                   "PF-day", "USD", "× A100", "µs", " d"]), max_size=8).map("".join),
    factor=st.sampled_from(STEPS),
)  # fmt: skip
def test_any_text_stays_or_becomes_one_that_is_taken(place: str, text: str, factor: float) -> None:
    field = field_of(place)
    after = nudged(field, text, factor)
    if after != text:
        before, now = ends(field, text), ends(field, after)
        assert len(before) == len(now)
        assert all(b < a if factor > 1 else b > a for b, a in zip(before, now, strict=True))


# --- bounds ----------------------------------------------------------------------------------------------------------

BOUNDS = """
    calc.mfu       95%         1.1   100%
    calc.mfu       0.95        2     1
    calc.mfu       100%        1.1   100%
    calc.mfu       60%..95%    1.1   60%..95%
    calc.hardware  1xH100      0.5   1xH100
    calc.hardware  H100        0.5   H100
    calc.hardware  1..8xH100   0.5   1..8xH100
    calc.hardware  9e8xH100    2     1e9xH100
    calc.hardware  5e8..9e8xH100 2   5e8..9e8xH100
    calc.params    2           0.1   1
    calc.flops     1e299       2     1e299
    speed.k        1.05        0.5   1
    speed.k        1           0.5   1
    speed.k        1..5        0.5   1..5
    speed.layers   1           0.1   1
    speed.context  1k          0.1   100
    copies.hours_a_day 20      2     24
    copies.days_a_week 5       2     7
    copies.years   0.0001      0.01  60s
    copies.years   31s         2     31s
    copies.years   1.5min      0.5   1min
    copies.years   90s         0.5   60s
"""


@pytest.mark.parametrize("line", [line.split() for line in BOUNDS.strip().splitlines()], ids=" ".join)
def test_a_bound_holds_a_step(line: list[str]) -> None:
    place, text, factor, after = line
    assert nudged(field_of(place), text, float(factor)) == after


# --- empty fields ----------------------------------------------------------------------------------------------------


def test_an_empty_field_starts_from_what_it_means() -> None:
    assert nudged(field_of("speed.params"), "", 1.1, "70B") == "77B"
    assert nudged(field_of("calc.mfu"), "  ", 0.5, "40%") == "20%"
    assert nudged(field_of("speed.tokens_per_word"), "", 2.0, "4/3") == "2.666"


@pytest.mark.parametrize("start", ["", "presets", "the model's", "1/0", "0/3", "by law"])
def test_an_empty_field_that_means_no_number_stays_empty(start: str) -> None:
    assert nudged(field_of("speed.tokens_per_word"), "", 2.0, start) == ""


# --- choices and flags -----------------------------------------------------------------------------------------------


def test_a_choice_goes_round_through_its_default() -> None:
    field = field_of("calc.precision")
    seen = [""]
    for _ in range(3):
        seen.append(turned(field, seen[-1]))
    assert seen == ["", "fp16", "fp8", ""]
    assert [turned(field, text, -1) for text in ("", "fp8", "fp16", "bf16")] == ["fp8", "fp16", "", "fp8"]


def test_a_choice_whose_default_is_none_of_them_has_it_first() -> None:
    field = field_of("emergence.sort")
    assert [turned(field, text) for text in ("", "flops", "params")] == ["flops", "params", ""]
    assert turned(field, "source order") == "flops"


@pytest.mark.parametrize("place", FIELDS, ids=".".join)
def test_what_is_turned_is_taken(place: tuple[str, str]) -> None:
    field = FIELDS[place]
    for step in (1, -1):
        seen = [""]
        for _ in range(len(field.choices) + 2):
            seen.append(turned(field, seen[-1], step))
            assert not seen[-1] or field.parse(seen[-1]) is not None
        assert "" in seen[1:]
        assert (len(set(seen)) > 1) == (field.unit in (CHOICE, FLAG))


def test_a_flag_goes_to_and_fro() -> None:
    field = field_of("calc.mixture")
    assert [turned(field, text) for text in ("", "yes", "no", "on", "maybe")] == ["yes", "", "yes", "", "yes"]
