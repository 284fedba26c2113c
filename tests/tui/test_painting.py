"""What is written to the terminal: after any sequence of updates a terminal shows what was meant, in few bytes."""

from __future__ import annotations

import random

import pyte
import pytest
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from scaletui.painting import Painter
from scaletui.terminal import Colors

ROWS, COLUMNS = 6, 30
STYLES = [
    None,
    Style(),
    Style(bold=True),
    Style(reverse=True),
    Style(underline=True, color="#ff0000"),
    Style(color="#00ff00", bgcolor="#202020"),
    Style(bgcolor="#202020"),
    Style(bgcolor="#303030", bold=True, italic=True),
    Style(color="default", bgcolor="blue"),
]
WORDS = ["", " ", "   ", "a", "loss 1.93", "5.76e23", "──", "⠁⠂", "字", "e\u0301x", "        "]


def row_of(draw: random.Random, width: int = COLUMNS) -> Strip:
    segments, left = [], width
    while left:
        segment = Segment(draw.choice(WORDS), draw.choice(STYLES))
        if segment.cell_length > left:
            segment = Segment(" " * left, segment.style)
        segments.append(segment)
        left -= segment.cell_length
    return Strip(segments, width)


def wanted(strip: Strip, colors: Colors) -> list[tuple[object, ...]]:
    """Return what a terminal should hold in each cell, from the styles themselves."""
    cells: list[tuple[object, ...]] = []
    for text, style, _ in strip:
        style = style or Style()

        def color(which: str, style: Style = style) -> str:
            found = getattr(style, which)
            if colors == "none" or found is None or found.is_default:
                return "default"
            return found.name if found.name == "blue" else found.name.lstrip("#")

        for char in pyte_cells(text):
            shown = (char, bool(style.underline), bool(style.reverse), color("bgcolor"))
            plain = char == " " and not (style.underline or style.reverse)
            cells.append(shown if plain else (*shown, bool(style.bold), bool(style.italic), color("color")))
    return cells


def pyte_cells(text: str) -> list[str]:
    """Return a text by cell as pyte holds it."""
    out: list[str] = []
    for char in text:
        if char == "\u0301":
            out[-1] = "é"
        else:
            out += [char, ""] if char == "字" else [char]
    return out


def held(screen: pyte.Screen, row: int) -> list[tuple[object, ...]]:
    cells: list[tuple[object, ...]] = []
    for column in range(COLUMNS):
        cell = screen.buffer[row][column]
        shown = (cell.data, cell.underscore, cell.reverse, cell.bg)
        plain = cell.data == " " and not (cell.underscore or cell.reverse)
        cells.append(shown if plain else (*shown, cell.bold, cell.italics, cell.fg))
    return cells


@pytest.mark.parametrize("colors", ["truecolor", "none"])
@pytest.mark.parametrize("erases", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_a_terminal_holds_what_was_painted(colors: Colors, erases: bool, seed: int) -> None:
    print("seed", seed)
    draw = random.Random(seed)
    painter, screen = Painter(colors, erases=erases), pyte.Screen(COLUMNS, ROWS)
    screen.reset_mode(7)  # as textual does: the last column is not the first of the next line
    stream = pyte.Stream(screen)
    rows = [row_of(draw) for _ in range(ROWS)]
    for _ in range(30):
        stream.feed(painter.paint(LayoutUpdate([[row] for row in rows], Region(0, 0, COLUMNS, ROWS)), (COLUMNS, ROWS)))
        for y, row in enumerate(rows):
            assert held(screen, y) == wanted(row, colors), (seed, y)
        for _ in range(draw.randrange(3)):
            rows[draw.randrange(ROWS)] = row_of(draw)
        if draw.random() < 0.1:
            screen.reset()
            screen.reset_mode(7)
            painter.reset()


def line(text: str, style: Style | None = None) -> LayoutUpdate:
    return LayoutUpdate([[Strip([Segment(text.ljust(COLUMNS), style)], COLUMNS)]], Region(0, 0, COLUMNS, 1))


def test_only_what_differs_is_written() -> None:
    painter = Painter("256", erases=True)
    painter.paint(line("loss  1.93"), (COLUMNS, 1))
    assert painter.paint(line("loss  1.93"), (COLUMNS, 1)) == ""
    assert painter.paint(line("loss  1.94"), (COLUMNS, 1)) == "\x1b[1;10H4"
    assert painter.paint(line("loss  1.94  x"), (COLUMNS, 1)) == "\x1b[2Cx"
    assert painter.paint(line("loss"), (COLUMNS, 1)) == "\x1b[1;7H\x1b[K"
    assert painter.paint(line("loss", Style(bold=True)), (COLUMNS, 1)) == "\x1b[1H\x1b[1mloss"


def test_what_was_laid_out_for_a_wider_terminal_is_cut() -> None:
    painter = Painter("256")
    beside = LayoutUpdate([[Strip([Segment("beside" * 5)], 30)]], Region(COLUMNS - 4, 0, 30, 1))
    assert painter.paint(beside, (COLUMNS, 1)).endswith("mbesi")
    assert painter.paint(beside, (COLUMNS - 4, 1)) == ""
    assert painter.paint(beside, (10, 1)) == ""


def test_the_first_paint_names_each_style_once() -> None:
    painter = Painter("256")
    painted = painter.paint(line("a b c", Style(color="#ff0000", bgcolor="#000000")), (COLUMNS, 1))
    assert painted.count("\x1b[") == 2  # where, and how
    assert len(painted) == COLUMNS + len("\x1b[1H\x1b[0;38;5;196;48;5;16m")


def test_no_colour_is_named_where_there_are_none() -> None:
    painter = Painter("none")
    assert "38" not in painter.paint(line("a", Style(color="#123456", bgcolor="#654321", bold=True)), (COLUMNS, 1))


def test_sixteen_colours_are_the_terminals_own() -> None:
    painted = Painter("16").paint(line("a", Style(color="#ff0000", bgcolor="#0000ff")), (COLUMNS, 1))
    assert ";5;" not in painted
    assert ";2;" not in painted
