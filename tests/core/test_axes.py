"""Axes of grids: what a span means, that its texts read back, and that points are kept and joined without loss."""

from __future__ import annotations

import math
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui_core.answer import Row
from scaletui_core.axes import axis_of
from scaletui_core.errors import InputError
from scaletui_core.grid import Grid, Shown
from scaletui_core.grid_solve import solve
from scaletui_core.points import Point, Points, unpacked


def values(axis):
    return [axis.field.parse(text) for text in axis.texts]


LOGS = st.sampled_from(["flops", "days", "cost", "unique"])


@given(st.floats(1e3, 1e40), st.floats(1.001, 1e12), st.integers(2, 40), LOGS)
def test_a_span_is_even_in_the_logarithm_and_its_texts_read_back(low, times, count, name):
    axis = axis_of(f"{name}={low!r}..{low * times!r}:{count}")
    found = values(axis)
    assert len(found) == len(set(found)) == count
    bare = axis.field.bare
    assert (found[0], found[-1]) == (axis.field.parse(repr(low)), axis.field.parse(repr(low * times)))
    for index, value in enumerate(found):
        wanted = math.exp(math.log(low) + math.log(times) * index / (count - 1)) * bare
        assert value == pytest.approx(wanted, rel=1e-11)
        assert axis.field.parse(axis.field.text_of(value)) == value


@given(st.floats(1e-6, 0.5), st.floats(0.51, 1.0), st.integers(2, 40))
def test_fractions_are_even_as_they_are(low, high, count):
    found = values(axis_of(f"mfu={low!r}..{high!r}:{count}"))
    assert found == pytest.approx([low + (high - low) * index / (count - 1) for index in range(count)], rel=1e-11)


def test_what_is_linear_and_what_is_not():
    assert axis_of("loss=1.8..2.2:3").texts == ("1.8", "2", "2.2")
    assert axis_of("flops=1e22..3e22:3:linear").texts == ("1e22", "2e22", "3e22")
    assert axis_of("mfu=1%..25%:3:log").texts == ("1%", "5%", "25%")
    assert axis_of("days=1..4:3").texts == axis_of("days=1d..4d:3").texts == ("1", "2", "4")
    assert axis_of("speed.latency=0.1us..10us:3").texts == ("100ns", "1us", "10us")
    assert axis_of("speed.human_multiple=1..100:3") == axis_of(" speed.human-multiple = 1..100:3 ")


def test_powers_of_ten_are_those_that_a_person_writes():
    assert values(axis_of("flops=1e20..1e26:7")) == [1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26]


def test_lists_are_texts_as_they_are_typed():
    assert axis_of("flops=1e22, 3200 PF-day,1e23..1e25@50%").texts == ("1e22", "3200 PF-day", "1e23..1e25@50%")
    assert axis_of("hardware=8xh100,256..512xh100").texts == ("8xh100", "256..512xh100")
    assert axis_of("mixture=yes,no").texts == ("yes", "no")
    assert axis_of("speed.params=-,70B").texts == ("-", "70B")


def test_a_flag_off_is_one_that_was_not_given(catalog):
    grid = Grid((axis_of("calc.flops=1e24"), axis_of("law-uncertainty=no,yes")), {}, (Shown("calc", "params"),))
    off, on = solve(grid, catalog, (0, 2)).values
    assert off == on  # at the middle of the ranges, since nobody samples


@pytest.mark.parametrize(
    "text", ["flops=1e22..1e23", "speed.k=-", "mixture=maybe", "flops=-,1e22", "days=1..2..3:4", "flops=1..2@50%:3", ""]
)
def test_what_means_nothing_is_refused(text):
    if text == "speed.k=-":
        with pytest.raises(InputError, match=r"speed\.k: inherits nothing"):
            axis_of(text)
        return
    with pytest.raises(InputError, match="--over"):
        axis_of(text)


def point(index):
    if index % 5 == 4:
        return Point({}, None, f"reason {index}")
    law = ("epoch-2024", "chinchilla-3", "kaplan-2020")[index % 3]
    rows = {0: Row("loss", "loss", 1.0 + index / 7.0, "nats/token", law)}
    if index % 2:
        rows[2] = Row("copies", "copies", 10.0 / 3.0 * index, "1", low=index / 3.0, high=index * 9.0)
    sampling = {"coverage": 0.9, "uncertain": [f"x{index}"], "samples": 1000} if index % 2 else None
    return Point(
        rows, law, "" if index % 7 else "less", bool(index % 4), sampling, frozenset([2] if index == 3 else [])
    )


@given(st.lists(st.integers(0, 23), max_size=6))
def test_points_that_are_cut_packed_and_joined_are_those_of_one_piece(cuts):
    whole = Points(3)
    for index in range(23):
        whole.add(point(index))
    edges = [0, *sorted(cuts), 23]
    joined = Points(3)
    for first, last in pairwise(edges):
        part = Points(3)
        for index in range(first, last):
            part.add(point(index))
        joined.join(unpacked(part.packed()))
    assert joined.packed() == whole.packed()
    assert (joined.reasons, joined.answered) == ({**whole.reasons}, whole.answered)
    assert joined.units == ["nats/token", "", "1"]


def test_numbers_without_intervals_take_no_room():
    plain = Points(1)
    plain.add(Point({0: Row("loss", "loss", 2.0, "nats/token")}, "epoch-2024"))
    packed = plain.packed()
    assert "lows" not in packed
    assert all(map(math.isnan, unpacked(packed).lows))
    assert unpacked(packed).values == array("d", [2.0])
