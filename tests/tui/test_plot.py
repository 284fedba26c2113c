"""The plot canvas: its geometry, what it does with bad data and hostile labels, and the widget that shows it."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import time
from itertools import pairwise

import pyte
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.geometry import Region

from scaletui.render.overlay import overlay
from scaletui.render.plot import (
    PALETTE,
    Axis,
    Canvas,
    Glyphs,
    Mark,
    Plot,
    Series,
    View,
    ansi,
    draw,
    readout,
)
from scaletui.render.plot_model import BEYOND
from scaletui.render.ticks import Scale, number, ticks
from scaletui.widgets.plot import PlotView

GLYPHS: tuple[Glyphs, ...] = ("braille", "half", "ascii")
C, N = Axis("C", "FLOP"), Axis("N", "parameters")
X, Y = Axis("x", "", log=False, low=0.0, high=10.0), Axis("y", "", log=False, low=0.0, high=10.0)
COMPUTE = [10 ** (18 + 9 * i / 59) for i in range(60)]
LAW = Series("law", COMPUTE, [0.1 * c**0.5 for c in COMPUTE])

wild = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -1.0, 1.0, 1e300, 5e-324, 1e20, -1e308])
)
words = st.text(max_size=40)


@st.composite
def plots(pick: st.DrawFn) -> Plot:
    """Any plot at all: ends the wrong way round, values of every size, gaps, labels of any character."""

    def axis() -> Axis:
        return Axis(
            pick(words), pick(st.sampled_from(["", "FLOP", "tokens", "パラメータ", "\x1b[2J"])), pick(st.booleans()),
            pick(st.none() | wild), pick(st.none() | wild),
        )  # fmt: skip

    def series() -> Series:
        size = pick(st.integers(0, 6))
        column = st.lists(wild, min_size=size, max_size=size)
        gappy = st.lists(st.none() | wild, min_size=size, max_size=size)
        kind = pick(st.sampled_from(["line", "points", "band"]))
        return Series(
            pick(words), pick(column), pick(gappy), kind, pick(st.integers(-3, 20)), pick(st.booleans()),
            pick(gappy) if kind == "band" else None,
            pick(st.lists(words, max_size=6)) if kind == "points" else (),
        )  # fmt: skip

    marks = st.lists(st.builds(Mark, wild, wild, words, st.booleans()), max_size=4)
    return Plot(pick(words), axis(), axis(), tuple(series() for _ in range(pick(st.integers(0, 4)))), (*pick(marks),))


def area(canvas: Canvas) -> list[str]:
    """Return the rows of the canvas inside its axes."""
    return [row[canvas.left :] for row in canvas.text()[canvas.top : canvas.top + canvas.lines]]


def dots(canvas: Canvas) -> set[tuple[int, int]]:
    """Return the braille dots set inside the axes, as (right, up) from the lower left."""
    places = {0x01: (0, 0), 0x02: (0, 1), 0x04: (0, 2), 0x40: (0, 3), 0x08: (1, 0), 0x10: (1, 1), 0x20: (1, 2)}
    places[0x80] = (1, 3)
    height = 4 * canvas.lines
    return {
        (2 * x + right, height - 1 - (4 * y + down))
        for y, row in enumerate(area(canvas))
        for x, char in enumerate(row)
        if 0x2800 <= ord(char) <= 0x28FF
        for bit, (right, down) in places.items()
        if (ord(char) - 0x2800) & bit
    }


def where(canvas: Canvas, char: str) -> list[tuple[int, int]]:
    """Return the cells inside the axes that hold ``char``, as (column, row) of the canvas."""
    return [
        (canvas.left + x, canvas.top + y)
        for y, row in enumerate(area(canvas))
        for x, it in enumerate(row)
        if it == char
    ]


# -- any data, any size -------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    plot=plots(),
    width=st.integers(0, 120),
    height=st.integers(0, 40),
    glyphs=st.sampled_from(GLYPHS),
    cursor=st.none() | wild,
    view=st.none() | st.builds(View, *[st.none() | wild] * 4),
)
def test_any_plot_is_exactly_the_size_asked(
    plot: Plot, width: int, height: int, glyphs: Glyphs, cursor: float | None, view: View | None
) -> None:
    rows = draw(plot, width, height, glyphs=glyphs, cursor=cursor, view=view).text()
    assert len(rows) == height
    assert {cell_len(row) for row in rows} <= {width}
    assert {len(row) for row in rows} <= {width}
    assert all(row.isprintable() for row in rows)
    if glyphs == "ascii":
        assert "".join(rows).isascii()


@settings(derandomize=True, deadline=None, max_examples=150)
@given(first=plots(), second=plots(), width=st.integers(0, 120), glyphs=st.sampled_from(GLYPHS))
def test_any_two_plots_of_the_same_quantities_are_one(first: Plot, second: Plot, width: int, glyphs: Glyphs) -> None:
    second = second._replace(x=first.x._replace(low=second.x.low), y=first.y._replace(high=second.y.high))
    plot = overlay(first, second, ("one", "other"))
    assert len(plot.series) >= max(len(first.series), len(second.series))
    assert len(plot.series) <= len(first.series) + len(second.series)
    rows = draw(plot, width, 30, glyphs=glyphs).text()
    assert {cell_len(row) for row in rows} <= {width}
    assert all(row.isprintable() for row in rows)


def test_too_small_and_empty_say_so() -> None:
    assert "too small to plot" in "".join(draw(Plot("t", C, N, (LAW,)), 19, 30).text())
    assert "too small to plot" in "".join(draw(Plot("t", C, N, (LAW,)), 30, 5).text())
    for series in ((), (Series("a", [], []),), (Series("a", [-1.0, 0.0], [1.0, 1.0]),), (Series("a", [1.0], [None]),)):
        text = draw(Plot("title", C, N, series), 40, 10).text()
        assert "nothing to plot" in "".join(text)
        assert text[0].strip() == "title"


@pytest.mark.parametrize("log", [True, False])
def test_one_point_and_equal_values_are_drawn(log: bool) -> None:
    x, y = Axis("x", "", log), Axis("y", "", log)
    for xs, ys in (([5.0], [7.0]), ([5.0, 5.0], [7.0, 7.0]), ([1.0, 9.0], [7.0, 7.0])):
        assert dots(draw(Plot("", x, y, (Series("", xs, ys),)), 40, 12))


def test_lengths_that_differ_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        draw(Plot("", C, N, (Series("a", [1.0, 2.0], [1.0]),)), 40, 10)


# -- axes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize("width", [40, 61, 80, 133, 190])
def test_a_decade_tick_stands_in_the_column_of_its_points(width: int, glyphs: Glyphs) -> None:
    plain = draw(Plot("", C, N, (LAW,)), width, 20, glyphs=glyphs)
    labels = plain.text()[plain.top + plain.lines + 1]
    found = [(int(match[1]), match.start(), match.end()) for match in re.finditer(r"1e(\d+)", labels)]
    assert len(found) >= 4
    for exponent, start, end in found:
        canvas = draw(Plot("", C, N, (LAW,), (Mark(float(f"1e{exponent}"), 3e9, "", True),)), width, 20, glyphs=glyphs)
        ((column, _),) = where(canvas, "@" if glyphs == "ascii" else "◆")
        assert canvas.text()[canvas.top + canvas.lines][column] in "┬+"
        assert start <= column < end


@pytest.mark.parametrize("glyphs", GLYPHS)
def test_points_carry_labels_where_there_is_room(glyphs: Glyphs) -> None:
    points = Series("seen", [2.0, 5.0, 5.1], [8.0, 2.0, 2.1], "points", labels=["left one", "right one", "hidden"])
    rows = area(draw(Plot("", X, Y, (points, Series("line", [0.0, 10.0], [0.0, 1.0]))), 60, 14, glyphs=glyphs))
    assert any("a left one" in row for row in rows)
    assert any("right one" in row for row in rows)
    assert sum(row.count("a") for row in rows) >= 2
    few = points._replace(labels=["left one"])  # fewer labels than points
    assert "left one" in "".join(area(draw(Plot("", X, Y, (few,)), 60, 14, glyphs=glyphs)))


@pytest.mark.parametrize("height", [10, 17, 24, 45])
def test_a_tick_of_the_y_axis_stands_in_the_row_of_its_points(height: int) -> None:
    canvas = draw(Plot("", C, N, (LAW,)), 80, height)
    labels = {row.split("┤")[0].strip(): i for i, row in enumerate(canvas.text()) if "┤" in row}
    values = {"100M": 1e8, "1B": 1e9, "10B": 1e10, "100B": 1e11, "1T": 1e12}
    assert len(labels) >= 2
    for label, row in labels.items():
        marked = draw(Plot("", C, N, (LAW,), (Mark(1e22, values[label], "", True),)), 80, height)
        ((_, at),) = where(marked, "◆")
        assert at == row


@pytest.mark.parametrize("height", range(6, 40))
def test_labels_of_the_y_axis_leave_a_row_between_them(height: int) -> None:
    for y in (N, C, Axis("y", "", False)):
        canvas = draw(Plot("", C, y, (LAW,)), 60, height)
        rows = [i for i, row in enumerate(canvas.text()) if "┤" in row]
        assert len(rows) >= 1
        assert all(lower - upper >= 2 for upper, lower in pairwise(rows))


def test_labels_that_leave_no_room_for_the_plot_say_so() -> None:
    narrow = Axis("y", "", False, 1.00001e-200, 1.00003e-200)
    assert "too small to plot" in "".join(draw(Plot("", C, narrow, (LAW,)), 20, 20).text())
    assert "1.000025e-200┤" in "".join(draw(Plot("", C, narrow, (LAW,)), 40, 20).text())


def test_tick_labels_of_the_documented_units() -> None:
    rows = draw(Plot("", Axis("D", "tokens"), C, (Series("", [1e9, 1e15], [1e18, 1e24]),)), 80, 30).text()
    assert rows[-2].split() == ["1B", "10B", "100B", "1T", "10T", "100T", "1e15"]
    assert [row.split("┤")[0].strip() for row in rows if "┤" in row][::-1] == [f"1e{e}" for e in range(18, 25)]
    assert rows[-1].rstrip().endswith("D [tokens]")
    assert rows[0].startswith("C [FLOP]")


def test_less_than_two_decades_has_labels_between_the_decades() -> None:
    canvas = draw(Plot("", C, N, (Series("", [1e20, 5e21], [1e9, 3e9]),)), 60, 16)
    assert {"1e20", "2e20", "5e20", "1e21", "5e21"} <= set(canvas.text()[-2].split())
    assert canvas.text()[canvas.top + canvas.lines].count("┴") >= 4


def parsed(label: str) -> float:
    suffixes = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    return float(label[:-1]) * suffixes[label[-1]] if label[-1] in suffixes else float(label)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    log=st.booleans(),
    low=st.floats(-30, 30),
    span=st.floats(-4, 2).map(lambda power: 10**power),
    unit=st.sampled_from(["FLOP", "tokens"]),
    most=st.integers(2, 20),
)
def test_ticks_lie_on_the_axis_and_their_labels_say_their_values(
    log: bool, low: float, span: float, unit: str, most: int
) -> None:
    if not log:
        low, span = math.copysign(10 ** (abs(low) / 3), low), span * 10 ** (abs(low) / 3)
    axis = Scale(log, low, low + span)
    some, _ = ticks(axis, unit, lambda some: len(some) <= most)
    assert len({label for _, label in some}) == len(some)
    assert 1 <= len(some) <= most
    for value, label in some:
        assert -1e-6 <= axis.fraction(value) <= 1 + 1e-6
        assert parsed(label) == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("width", range(20, 120, 7))
def test_tick_labels_never_touch(width: int) -> None:
    for x in (C, Axis("x", "", False), Axis("D", "tokens"), Axis("C", "FLOP", True, 3.1e20, 3.4e20)):
        canvas = draw(Plot("", x, N, (LAW,)), width, 16)
        row = canvas.text()[canvas.top + canvas.lines + 1]
        ticks_row = canvas.text()[canvas.top + canvas.lines]
        # As many labels as ticks, so that none is cut off or runs into its neighbour.
        assert len(row.split()) == ticks_row.count("┬")
        assert all(re.fullmatch(r"\d+(\.\d+)?(e\d+|[KMBT])?", label) for label in row.split())


def test_the_gutter_is_as_narrow_as_its_labels() -> None:
    canvas = draw(Plot("", C, N, (LAW,)), 80, 20)
    labels = [row[: canvas.left - 1] for row in canvas.text()[canvas.top : canvas.top + canvas.lines]]
    assert max(len(label.strip()) for label in labels) == canvas.left - 1
    assert all(label == label.strip().rjust(canvas.left - 1) for label in labels)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (7.03e10, "parameters", "70.3B"),
        (9.996e11, "tokens", "1T"),
        (9.99e14, "tokens", "999T"),
        (9.996e14, "tokens", "1.00e15"),
        (1.4e12, "tokens", "1.4T"),
        (5.76e23, "FLOP", "5.76e23"),
        (1.9311, "nats/token", "1.93"),
        (0.0, "FLOP", "0"),
        (-12.345, "", "-12.3"),
        (2.5e-7, "", "2.50e-7"),
        (2024.0, "", "2024"),
    ],
)
def test_numbers_of_a_readout_have_three_digits(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


# -- lines --------------------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.floats(1e6, 1e14), min_size=2, max_size=30).map(sorted),
    st.integers(30, 130),
    st.integers(8, 40),
)
def test_a_rising_line_never_falls_and_has_no_hole(ys: list[float], width: int, height: int) -> None:
    xs = [10.0 ** (18 + i / 3) for i in range(len(ys))]
    canvas = draw(Plot("", C, N, (Series("", xs, ys),)), width, height)
    inked = dots(canvas)
    columns = [[up for right, up in inked if right == column] for column in range(2 * canvas.columns)]
    assert all(columns)
    for before, after in pairwise(columns):
        assert min(before) <= min(after)
        assert max(before) <= max(after)
        assert min(after) - max(before) <= 1
    assert min(columns[0]) == min(up for _, up in inked)


@pytest.mark.parametrize("glyphs", GLYPHS)
def test_a_line_joins_the_corners(glyphs: Glyphs) -> None:
    rows = area(draw(Plot("", X, Y, (Series("", [0.0, 10.0], [0.0, 10.0]),)), 60, 20, glyphs=glyphs))
    rows = [row.replace("·", " ") for row in rows]
    assert rows[-1][0] != " "
    assert rows[0][-1] != " "
    assert rows[0][0] == rows[-1][-1] == " "


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 10), st.floats(0, 10))
def test_every_dot_lies_on_the_line(x0: float, y0: float, x1: float, y1: float) -> None:
    canvas = draw(Plot("", X, Y, (Series("", [x0, x1], [y0, y1]),)), 60, 20)
    wide, high = 2 * canvas.columns - 1, 4 * canvas.lines - 1
    (ax, ay), (bx, by) = ((x * wide / 10, y * high / 10) for x, y in ((x0, y0), (x1, y1)))
    # Half way between two dots either will do.
    assume(all(abs(value % 1.0 - 0.5) > 1e-9 for value in (ax, ay, bx, by)))
    inked = dots(canvas)
    assert len(inked) == max(abs(round(ax) - round(bx)), abs(round(ay) - round(by))) + 1
    length = math.hypot(bx - ax, by - ay)
    for x, y in inked:
        if length > 1:
            assert abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length <= 1.3


@pytest.mark.parametrize("far", [11.0, 1e3, 1e9])
def test_a_line_is_cut_where_it_leaves_and_not_at_its_last_point_inside(far: float) -> None:
    inside = dots(draw(Plot("", X, Y, (Series("", [0.0, 10.0], [0.0, 10.0]),)), 60, 20))
    beyond = dots(draw(Plot("", X, Y, (Series("", [-far, far], [-far, far]),)), 60, 20))
    assert len(beyond) >= len(inside)
    nearest = [min(abs(x - a) + abs(y - b) for a, b in inside) for x, y in beyond]
    assert max(nearest) <= 2


def test_a_line_that_passes_outside_draws_nothing() -> None:
    assert not dots(draw(Plot("", X, Y, (Series("", [0.0, 5.0], [30.0, 11.0]),)), 60, 20))


@pytest.mark.parametrize("gap", [None, math.nan, math.inf, -math.inf])
def test_a_gap_is_left_blank(gap: float | None) -> None:
    xs = [float(x) for x in range(11)]
    canvas = draw(Plot("", X, Y, (Series("", xs, [5.0 if x != 5 else gap for x in range(11)]),)), 60, 16)
    at = canvas.x.dot(4.0, 2 * canvas.columns), canvas.x.dot(6.0, 2 * canvas.columns)
    columns = {right for right, _ in dots(canvas)}
    assert columns == set(range(2 * canvas.columns)) - set(range(at[0] + 1, at[1]))


def test_what_a_log_axis_cannot_show_is_a_gap() -> None:
    xs = [1e18, 1e19, 1e20, 1e21, 1e22]
    bad = Series("a", [1e18, 1e19, -1e20, 1e21, 0.0], [1e8, 0.0, 1e9, 1e10, 1e11])
    good = Series("a", xs, [1e8, None, None, 1e10, None])
    assert draw(Plot("", C, N, (bad,)), 60, 16).text() == draw(Plot("", C, N, (good,)), 60, 16).text()


def test_a_dashed_line_has_gaps_and_a_solid_one_none() -> None:
    flat = [5.0, 5.0]
    solid = draw(Plot("", X, Y, (Series("", [0.0, 10.0], flat),)), 60, 16)
    dashed = draw(Plot("", X, Y, (Series("", [0.0, 10.0], flat, dashed=True),)), 60, 16)
    assert len(dots(solid)) == 2 * solid.columns
    assert 0.4 < len(dots(dashed)) / len(dots(solid)) < 0.6


def pattern(canvas: Canvas, row: int) -> str:
    """Return the cells of one row inside the axes: # where a line is, blank where it is not."""
    return "".join(" " if char in " ·" else "#" for char in area(canvas)[row])


@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize(
    ("dashed", "dotted", "expected"), [(True, False, "##  "), (False, True, "# "), (True, True, "#   ")]
)
def test_each_way_to_draw_a_line_is_told_apart_by_whole_cells(
    dashed: bool, dotted: bool, expected: str, glyphs: Glyphs
) -> None:
    line = Series("", [0.0, 10.0], [5.0, 5.0], dashed=dashed, dotted=dotted)
    canvas = draw(Plot("", X, Y, (line,)), 60, 16, glyphs=glyphs)
    (row,) = (i for i in range(canvas.lines) if "#" in pattern(canvas, i))
    assert pattern(canvas, row) == (expected * 60)[: canvas.columns]


@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize("rising", [0.3, 5.0, 40.0])
def test_a_dotted_line_shows_less_ink_than_a_solid_one_at_every_slope(rising: float, glyphs: Glyphs) -> None:
    def inked(dotted: bool) -> int:
        line = Series("", [0.0, 10.0], [0.0, rising], dotted=dotted)
        canvas = draw(Plot("", X, Y, (line,)), 60, 24, glyphs=glyphs)
        if glyphs == "braille":
            return len(dots(canvas))
        return sum({"█": 2, "|": 2, "/": 2}.get(char, char not in " ·") for row in area(canvas) for char in row)

    assert 0.3 < inked(True) / inked(False) < 0.75


@pytest.mark.parametrize("glyphs", GLYPHS)
def test_a_line_is_dotted_beyond_its_fit_and_the_legend_says_so(glyphs: Glyphs) -> None:
    law = Series("a law", COMPUTE, [1e9] * 60, fitted=(1e20, 1e23))
    flat = Axis("N", "parameters", True, 1e8, 1e10)
    canvas = draw(Plot("", C, flat, (law,)), 100, 16, glyphs=glyphs)
    row = next(i for i in range(canvas.lines) if "a" in area(canvas)[i])
    cells = pattern(canvas, row)
    low, high = (round(canvas.x.fraction(end) * canvas.columns) for end in (1e20, 1e23))
    assert set(cells[low + 1 : high - 1]) == {"#"}
    for part in (cells[: low - 1], cells[high + 2 :]):
        assert 0.4 < part.count("#") / len(part) < 0.65  # letters stand on dots and between them
    legend = canvas.text()[canvas.top + canvas.lines + 2]
    assert re.match(r"(⠒ ⠒|▀ ▀|- -) beyond the fit  .a. a law ", legend)
    whole = draw(Plot("", C, flat, (law._replace(fitted=(1e17, 1e28)),)), 100, 16, glyphs=glyphs)
    assert set(pattern(whole, row)) == {"#"}
    assert "beyond" not in "".join(whole.text())
    assert whole.text() == draw(Plot("", C, flat, (law._replace(fitted=None),)), 100, 16, glyphs=glyphs).text()
    nowhere = draw(Plot("", C, flat, (law._replace(fitted=BEYOND),)), 100, 16, glyphs=glyphs)
    assert 0.4 < pattern(nowhere, row).count("#") / nowhere.columns < 0.6
    legend = nowhere.text()[nowhere.top + nowhere.lines + 2]
    assert re.match(r".{3} beyond the fit  (┈a┈|\. a \.) a law ", legend)


def test_a_line_that_comes_back_is_dotted_wherever_it_is_outside() -> None:
    there = Series("", [0.0, 10.0, 0.0], [2.0, 5.0, 8.0], fitted=(4.0, 20.0))
    canvas = draw(Plot("", X, Y, (there,)), 60, 24)
    edge = canvas.x.dot(4.0, 2 * canvas.columns)
    for upper in (True, False):  # the way there is below, the way back above
        drawn = {right for right, up in dots(canvas) if (up > 2 * canvas.lines) is upper}
        assert drawn >= set(range(edge + 1, 100))
        assert 0.3 < len({right for right in drawn if right <= edge}) / (edge + 1) < 0.7


def test_a_band_is_shaded_between_its_ends_only() -> None:
    band = Series("", [0.0, 10.0], [3.0, 3.0], "band", ys2=[7.0, 7.0])
    canvas = draw(Plot("", X, Y, (band,)), 60, 24)
    heights = {up for _, up in dots(canvas)}
    low, high = (canvas.y.dot(value, 4 * canvas.lines) for value in (3.0, 7.0))
    assert (min(heights), max(heights)) == (low, high)
    shade = draw(Plot("", X, Y, (band,)), 60, 24, glyphs="half")
    assert 0.3 < "".join(area(shade)).count("░") / (shade.columns * shade.lines) < 0.5


def test_zoom_shows_the_part_asked_for() -> None:
    view = View(1e20, 1e22, 1e9, 1e10)
    canvas = draw(Plot("", C, N, (LAW,)), 80, 20, view=view)
    assert canvas.x == Scale(True, 20.0, 22.0)
    assert canvas.y == Scale(True, 9.0, 10.0)
    inked = dots(canvas)
    # 0.1 C^0.5 runs from 1e9 at 1e20 to 1e10 at 1e22: from corner to corner.
    assert {(0, 0), (2 * canvas.columns - 1, 4 * canvas.lines - 1)} <= inked


# -- letters, legend, marks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("glyphs", GLYPHS)
def test_each_line_carries_the_letter_of_its_legend(glyphs: Glyphs) -> None:
    law = [Series(f"law {k}", COMPUTE, [10 ** (6 + k) * (c / 1e18) ** 0.4 for c in COMPUTE]) for k in range(5)]
    canvas = draw(Plot("", C, N, tuple(law)), 100, 40, glyphs=glyphs)
    text = "\n".join(canvas.text())
    for k, letter in enumerate("abcde"):
        cells = where(canvas, letter)
        assert len(cells) >= 2
        assert re.search(rf"{letter}\S? law {k}\b", text)
        for column, row in cells:
            x = canvas.x.value((column - canvas.left + 0.5) / canvas.columns)
            height = canvas.y.fraction(10 ** (6 + k) * (x / 1e18) ** 0.4) * canvas.lines
            assert abs(canvas.top + canvas.lines - 0.5 - height - row) <= 1.1


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("height", [12, 18, 24, 40])
def test_the_legend_is_complete_or_says_how_many_it_leaves_out(width: int, height: int) -> None:
    names = [f"published-law-{k:02}" for k in range(14)]
    canvas = draw(
        Plot("", C, N, tuple(Series(name, *LAW[1:3], color=k) for k, name in enumerate(names))), width, height
    )
    below = canvas.text()[canvas.top + canvas.lines + 2 :]
    shown = sum(name in "\n".join(below) for name in names)
    more = re.findall(r"\+(\d+) more", "\n".join(below))
    assert shown >= 1
    assert shown + sum(map(int, more)) == len(names)
    assert len([row for row in below if "published" in row]) <= height // 4


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_x_axis_is_named_below_its_ticks_beside_the_legend(width: int) -> None:
    laws = tuple(Series(f"published-law-{k:02}", *LAW[1:3]) for k in range(9))
    for count in (0, 1, 9):
        canvas = draw(Plot("", C, N, laws[:count] or (LAW._replace(name=""),)), width, 30)
        below = canvas.text()[canvas.top + canvas.lines + 2]
        assert below.endswith("C [FLOP]")
        assert (count > 0) == ("published-law-00" in below)


def test_a_mark_is_in_its_cell() -> None:
    corners = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)]
    canvas = draw(Plot("", X, Y, (Series("", [5.0], [5.0]),), tuple(Mark(*at, "") for at in corners)), 60, 20)
    right, bottom = canvas.left + canvas.columns - 1, canvas.top + canvas.lines - 1
    assert set(where(canvas, "●")) == {
        (canvas.left, canvas.top), (canvas.left, bottom), (right, canvas.top), (right, bottom)
    }  # fmt: skip
    outside = draw(Plot("", X, Y, (Series("", [5.0], [5.0]),), (Mark(10.5, 5.0, "away"),)), 60, 20)
    assert not where(outside, "●")
    assert "away" not in "".join(outside.text())


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=25))
def test_labels_of_marks_are_whole_or_absent_and_every_symbol_stays(at: list[tuple[float, float]]) -> None:
    marks = tuple(Mark(x, y, f"<label{i:02}>", i == len(at) - 1) for i, (x, y) in enumerate(at))
    canvas = draw(Plot("", X, Y, marks=marks), 50, 14)
    text = "\n".join(area(canvas))
    assert not re.search(r"[>●◆]<|>[●◆]", text)
    assert len(re.findall(r"<label\d\d>", text)) == text.count("<") == text.count(">") >= 1
    cells = {(canvas.x.dot(x, 2 * canvas.columns) // 2, canvas.y.dot(y, 4 * canvas.lines) // 4) for x, y in at[:-1]}
    own = (canvas.x.dot(at[-1][0], 2 * canvas.columns) // 2, canvas.y.dot(at[-1][1], 4 * canvas.lines) // 4)
    assert text.count("●") == len(cells - {own})
    assert text.count("◆") == 1


def test_a_label_keeps_off_the_line_if_it_can() -> None:
    flat = Series("", [0.0, 10.0], [5.0, 5.0])
    canvas = draw(Plot("", X, Y, (flat,), (Mark(5.0, 5.0, "label"),)), 60, 20)
    ((_, row),) = where(canvas, "●")
    assert abs(next(i for i, text in enumerate(canvas.text()) if "label" in text) - row) == 1


@pytest.mark.parametrize("glyphs", GLYPHS)
def test_many_labels_cover_no_line_and_run_into_none(glyphs: Glyphs) -> None:
    laws = tuple(
        Series(f"law {k}", COMPUTE, [10 ** (7 + k / 2) * (c / 1e18) ** 0.4 for c in COMPUTE]) for k in range(4)
    )
    marks = tuple(Mark(c, 3e8 * (c / 1e18) ** 0.4, f"<mark{i:02}>") for i, c in enumerate(COMPUTE[::2]))
    bare = draw(Plot("", C, N, laws), 100, 30, glyphs=glyphs)
    canvas = draw(Plot("", C, N, laws, marks), 100, 30, glyphs=glyphs)
    assert sum("<mark" in row for row in area(canvas)) >= 3
    for line, row in enumerate(area(canvas)):
        for label in re.finditer(r"<mark\d\d>", row):
            under = area(bare)[line][max(label.start() - 1, 0) : label.end() + 1]
            # letters of lines make way for labels
            assert not set(under) - set(" ·"), under


def test_two_series_that_share_a_point_name_it_once() -> None:
    a = Series("one", [5.0], [5.0], "points", labels=["here"])
    text = "".join(area(draw(Plot("", X, Y, (a, a._replace(name="other", color=1))), 60, 20)))
    assert text.count("here") == 1


def test_a_label_in_a_band_has_blanks_around_it() -> None:
    band = Series("", [0.0, 10.0], [1.0, 1.0], "band", ys2=[9.0, 9.0])
    for glyphs in GLYPHS:
        text = "\n".join(area(draw(Plot("", X, Y, (band,), (Mark(5.0, 5.0, "label"),)), 60, 20, glyphs=glyphs)))
        assert re.search(r"[●*] label \S", text)


def test_the_users_own_label_wins() -> None:
    crowd = tuple(Mark(5.0, 5.0, f"other {k}") for k in range(9))
    text = "\n".join(draw(Plot("", X, Y, marks=(*crowd, Mark(5.0, 5.0, "yours", True))), 50, 16).text())
    assert "◆ yours" in text
    assert text.count("other") <= 3


# -- labels from elsewhere ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile", ["\x1b[31mred", "[red]bold[/]", "a\r\nb\tc", "\x9b2J", "‮abc", "漢字の法則", "e\u0301x"]
)
@pytest.mark.parametrize("glyphs", GLYPHS)
def test_no_label_reaches_the_terminal_as_more_than_text(hostile: str, glyphs: Glyphs) -> None:
    plot = Plot(
        hostile,
        Axis(hostile, hostile),
        Axis(hostile, hostile),
        (Series(hostile, COMPUTE, LAW.ys),),
        (Mark(1e22, 1e10, hostile, True),),
    )
    canvas = draw(plot, 80, 20, glyphs=glyphs, cursor=1e21)
    text = canvas.text()
    assert all(row.isprintable() and cell_len(row) == 80 for row in text)
    bare = re.sub(r"\x1b\[(0|(0;)?(1|90|38;2;\d+;\d+;\d+))m", "", ansi(canvas, colors="truecolor"))
    assert "\x1b" not in bare
    if hostile == "[red]bold[/]":
        assert sum(row.count(hostile) for row in text) >= 6


def test_every_character_of_unicode_is_shown_one_cell_wide() -> None:
    from scaletui.render.canvas import clean

    for start in range(0, 0x110000, 50):
        text = "".join(chr(code) for code in range(start, min(start + 50, 0x110000)) if not 0xD800 <= code < 0xE000)
        shown = clean(text, False, 1000)
        assert cell_len(shown) == len(shown)
        assert clean(text, True, 1000).isascii()


# -- cursor -------------------------------------------------------------------------------------------------------


def test_the_readout_interpolates_on_the_axes_scales() -> None:
    power = Series("power", [1e18, 1e22], [1e8, 1e10])
    assert readout(Plot("", C, N, (power,)), 1e20) == [("power", pytest.approx(1e9))]
    line = Axis("x", "", False), Axis("y", "", False)
    assert readout(Plot("", *line, (Series("line", [10.0, 0.0], [0.0, 5.0]),)), 4.0) == [("line", pytest.approx(3.0))]
    gap = Series("gap", [1e18, 1e20, 1e22], [1e8, None, 1e10])
    band = Series("band", [1e18, 1e22], [1e8, 1e10], "band", ys2=[1e10, 1e12])
    points = Series("points", [1e18, 1e22], [1e8, 1e10], "points")
    assert readout(Plot("", C, N, (gap, band, points)), 1e19) == [
        ("gap", None),
        ("band low", pytest.approx(10**8.5)),
        ("band high", pytest.approx(10**10.5)),
        ("points", None),
    ]
    assert readout(Plot("", C, N, (gap, points)), 1e22) == [("gap", 1e10), ("points", 1e10)]
    assert readout(Plot("", C, N, (power,)), 1e23) == readout(Plot("", C, N, (power,)), -1.0) == [("power", None)]


def test_the_cursor_is_a_line_with_its_readout_below() -> None:
    canvas = draw(Plot("", C, N, (LAW,)), 80, 20, cursor=1e22)
    columns = {column for column, _ in where(canvas, "│")}
    labels = canvas.text()[canvas.top + canvas.lines + 1]
    assert len(columns) == 1
    assert labels.index("1e22") <= columns.pop() < labels.index("1e22") + 4
    assert canvas.text()[-1].split() == ["C", "=", "1.00e22", "a", "10B"]


def test_what_many_lines_read_takes_two_rows_where_there_is_room() -> None:
    laws = tuple(Series(f"law {k}", COMPUTE, [k * c**0.5 for c in COMPUTE]) for k in range(1, 12))
    tall, low = (draw(Plot("", C, N, laws), 80, height, cursor=1e22).text() for height in (24, 16))
    assert re.findall(r"([a-k]) \S+[BT]", " ".join(tall[-2:])) == list("abcdefghijk")
    assert "C = " in tall[-2]
    assert re.search(r"\+\d more *$", low[-1])


# -- colours ------------------------------------------------------------------------------------------------------


def test_ansi_without_colours_is_the_text() -> None:
    canvas = draw(Plot("title", C, N, (LAW,), (Mark(1e22, 1e10, "yours", True),)), 80, 20)
    assert ansi(canvas, colors="none") == "\n".join(row.rstrip() for row in canvas.text())


def test_neighbouring_runs_differ_in_style() -> None:
    for row in draw(PLOT, 80, 24, cursor=1e21).rows:
        assert all(left != right for (left, _), (right, _) in pairwise(row))
        assert all(text for _, text in row)


def test_blanks_start_no_run() -> None:
    canvas = draw(PLOT, 80, 24)
    for row in canvas.rows:
        assert all(text.strip() for _, text in row[1:])
        assert row[0][1].strip() or len(row) == 1
    assert sum(map(len, canvas.rows)) <= 3 * 24


def test_a_terminal_shows_the_ansi_as_it_was_drawn() -> None:
    laws = tuple(Series(f"law {k}", COMPUTE, [10 ** (6 + k) * c**0.1 for c in COMPUTE], color=k) for k in range(8))
    canvas = draw(Plot("title", C, N, laws), 80, 30)
    screen = pyte.Screen(80, 31)
    pyte.Stream(screen).feed(ansi(canvas, colors="truecolor").replace("\n", "\r\n"))
    assert screen.display[:30] == canvas.text()
    for k, letter in enumerate("abcdefgh"):
        for column, row in where(canvas, letter):
            assert screen.buffer[row][column].fg == PALETTE[k][1:].lower()
    assert screen.buffer[0][canvas.text()[0].index("title")].bold
    assert screen.buffer[canvas.top][0].fg == "default"


@pytest.mark.parametrize("colors", ["16", "256", "truecolor"])
def test_each_coloured_line_is_reset_and_each_colour_differs(colors) -> None:
    canvas = Canvas([[("text", "x"), *((f"line{k}", "y") for k in range(8)), ("text", "z")], [("line1", "q")]])
    first, second = ansi(canvas, colors=colors).split("\n")
    assert re.search(r"\x1b\[0my?z$", first)
    assert second.endswith("q\x1b[0m")
    codes = re.findall(r"\x1b\[(?:0;)?([\d;]+)my", first)
    assert len(set(codes)) == len(codes) >= 7  # in 16 colours grey is the foreground


# -- cost ---------------------------------------------------------------------------------------------------------


def test_the_canvas_imports_nothing_heavy() -> None:
    code = "import sys, scaletui.render.plot; print(*({'rich', 'textual', 'numpy', 'dataclasses'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_twelve_lines_are_drawn_in_milliseconds() -> None:
    plot = Plot("", C, N, tuple(Series(f"law {k}", COMPUTE, [k * c**0.5 for c in COMPUTE]) for k in range(1, 13)))
    times = []
    for _ in range(7):
        start = time.perf_counter()
        draw(plot, 80, 24)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # 3 ms where it was measured


# -- the widget ---------------------------------------------------------------------------------------------------

PLOT = Plot("Compute-optimal size", C, N, (LAW,), (Mark(1e22, 1e10, "yours", True),))


class Shown(App[None]):
    """An app that is one plot."""

    def compose(self) -> ComposeResult:
        yield PlotView(PLOT)


def on_screen(app: App[None]) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def test_keys_zoom_pan_move_the_cursor_and_reset() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(PlotView)
        view.focus()
        await pilot.pause()
        whole = draw(PLOT, 80, 24).text()
        assert on_screen(app) == whole

        await pilot.press("right_square_bracket")
        assert view.cursor == pytest.approx(10**22.5, rel=0.3)
        first = view.cursor
        await pilot.press("full_stop")
        assert view.cursor > first
        await pilot.press("[")
        assert view.cursor == pytest.approx(first)
        assert on_screen(app)[-1].split()[:2] == ["C", "="]
        assert view.readout()[0][1] == pytest.approx(0.1 * first**0.5, rel=1e-6)

        view.action_move_cursor(-20)
        first = view.cursor
        await pilot.press("+")
        assert 1e18 < view.view.x_low < first < view.view.x_high < 1e27
        # The cursor stays where it was on the screen.
        shown = view._canvas.x.fraction(first)
        assert shown == pytest.approx((math.log10(first) - 18) / 9)
        await pilot.press("-")
        assert (view.view.x_low, view.view.x_high) == (pytest.approx(1e18), pytest.approx(1e27))
        await pilot.press("right", "up")
        assert view.view.x_low == pytest.approx(10**18.9)
        assert on_screen(app) != whole

        await pilot.press("r")
        assert (view.cursor, view.view) == (None, View())
        assert on_screen(app) == whole
        for direction, ends in ((1, 1e-3), (-1, 9.0)):
            for _ in range(90):  # far past any zoom an axis can label
                view.action_zoom(direction)
            assert (math.log10(view.view.x_high / view.view.x_low) < ends) is (direction == 1)
            assert "too small" not in "".join(on_screen(app))
        view.action_reset()
        await pilot.resize_terminal(60, 18)
        await pilot.pause()
        assert on_screen(app) == draw(PLOT, 60, 18).text()


async def test_only_rows_that_changed_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(PlotView)
        await pilot.pause()
        asked: list[tuple[Region, ...]] = []
        refresh = view.refresh
        monkeypatch.setattr(
            view, "refresh", lambda *regions, **more: (asked.append(regions), refresh(*regions, **more))
        )
        view.set_plot(PLOT._replace(title=PLOT.title))
        assert asked == []
        view.set_plot(PLOT._replace(title="Another"))
        assert asked == [(Region(0, 0, 80, 1),)]
        await pilot.pause()
        assert on_screen(app) == draw(PLOT._replace(title="Another"), 80, 24).text()


async def test_the_view_is_kept_for_the_same_axes_and_dropped_for_others() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(PlotView)
        view.focus()
        await pilot.press("+", "]")
        kept = view.view, view.cursor
        view.set_plot(PLOT._replace(series=(LAW._replace(name="other"),)))
        assert (view.view, view.cursor) == kept
        view.set_plot(PLOT._replace(y=Axis("loss", "nats/token")))
        assert (view.view, view.cursor) == (View(), kept[1])
        view.set_plot(PLOT._replace(x=Axis("step", "")))
        assert view.cursor is None


async def test_styles_follow_the_theme_and_glyphs_can_be_set() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(PlotView)
        app.theme = "textual-dark"
        await pilot.pause()
        dark = view.styles_for("line3").color
        assert dark.name == PALETTE[3].lower()
        app.theme = "textual-light"
        await pilot.pause()
        assert view.styles_for("line3").color != dark
        assert view.styles_for("text").color is None
        assert not view.styles_for("axis").dim

        view.glyphs = "ascii"
        await pilot.pause()
        assert on_screen(app) == draw(PLOT, 80, 24, glyphs="ascii").text()
        with pytest.raises(ValueError, match="braille, half, ascii"):
            view.glyphs = "sixel"


@pytest.mark.parametrize("able", GLYPHS)
async def test_a_key_turns_the_glyphs_where_the_terminal_shows_them(able: Glyphs) -> None:
    class Plotted(App[None]):
        def compose(self) -> ComposeResult:
            yield PlotView(PLOT, glyphs=able)

    app = Plotted()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(PlotView).focus()
        seen = []
        for _ in range(3):
            await pilot.press("g")
            seen.append(app.query_one(PlotView).glyphs)
            assert on_screen(app) == draw(PLOT, 80, 24, glyphs=seen[-1]).text()
    assert set(seen) == ({"ascii"} if able == "ascii" else set(GLYPHS))
    assert seen[-1] == able


async def test_sixteen_colours_are_those_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM", raising=False)
    app = Shown()
    async with app.run_test(size=(80, 24)):
        view = app.query_one(PlotView)
        for index in range(8):
            color = view.styles_for(f"line{index}").color
            codes = [] if color is None else color.downgrade(ColorSystem.STANDARD).get_ansi_codes()
            (run,) = Canvas([[(f"line{index}", "x")]]).rows
            assert ansi(Canvas([run]), colors="16") == ("\x1b[" + codes[0] + "mx\x1b[0m" if codes else "x")


async def test_a_click_puts_the_cursor_in_its_column() -> None:
    app = Shown()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(PlotView)
        await pilot.click(PlotView, offset=(50, 10))
        await pilot.pause()
        assert {column for column, _ in where(view._canvas, "│")} == {50}


def test_a_cursor_beyond_any_number_of_the_axis_is_out_of_view() -> None:
    plot = Plot("", Axis("", "", False, None, 8e-173), Axis("", "", False), (), (Mark(0.0, 0.0, ""),))
    canvas = draw(plot, 90, 6, cursor=8e133)
    assert [len("".join(text for _, text in row)) for row in canvas.rows] == [90] * 6
