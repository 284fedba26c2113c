"""Lines and areas in the dots of terminal cells, and the characters that stand for those dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

Dash = tuple[int, int]  # cells drawn, cells left out
SOLID: Dash = (1, 0)
Dot = tuple[float, float]
Path = Sequence[Dot | None]  # dots right and down from the upper left; None breaks the line

# U+2800 plus these bits, for the dots of a cell from left to right and from top to bottom.
_BRAILLE = (0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80)
_ORDINAL = (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80)


class Raster:
    """The dots of ``columns`` x ``lines`` cells, each cell with the tag of the last series drawn through it.

    ``across`` and ``down`` are the powers of two of the dots in a cell. A tag is 1 or more; 0 is nobody's. Where two
    series cross in a cell, ``merge`` shows the dots of both; without it, the last one's: the characters of ASCII and
    half blocks stand for one line.
    """

    def __init__(self, columns: int, lines: int, across: int, down: int, merge: bool) -> None:
        self.merge = merge
        self.columns, self.lines = columns, lines
        self.across, self.down = across, down
        self.width, self.height = columns << across, lines << down
        cells = columns * lines
        self.bits = bytearray(cells)
        self.owner = bytearray(cells)
        self.shared = bytearray(cells)
        self.filled = bytearray(cells)
        self.filler = bytearray(cells)
        self.table = (0x01, 0x02) if across == 0 else _ORDINAL

    def cell(self, dot: Dot) -> int | None:
        """Return the index of the cell that holds ``dot``, or ``None`` outside."""
        x, y = math.floor(dot[0] + 0.5), math.floor(dot[1] + 0.5)
        if 0 <= x < self.width and 0 <= y < self.height:
            return (y >> self.down) * self.columns + (x >> self.across)
        return None


def clip(x0: float, y0: float, x1: float, y1: float, right: float, bottom: float) -> tuple[Dot, Dot] | None:
    """Return the part of a segment within half a dot of the box from (0, 0) to (``right``, ``bottom``).

    Liang and Barsky (1984), so a line leaves the box where it would have, and not at its last point inside.

    >>> clip(0.0, 0.0, 20.0, 10.0, 9.5, 100.0)
    ((0.0, 0.0), (10.0, 5.0))
    """
    start, end = 0.0, 1.0
    across, down = x1 - x0, y1 - y0
    for slope, room in (
        (-across, x0 + 0.5),
        (across, right + 0.5 - x0),
        (-down, y0 + 0.5),
        (down, bottom + 0.5 - y0),
    ):
        if slope == 0:
            if room < 0:
                return None
        elif slope < 0:
            start = max(start, room / slope)
        else:
            end = min(end, room / slope)
    if start > end:
        return None
    return (x0 + start * across, y0 + start * down), (x0 + end * across, y0 + end * down)


def stroke(raster: Raster, path: Path, tag: int, dash: Dash = SOLID, ink: bool = True) -> list[int]:
    """Draw a line through ``path`` (Bresenham), and return the cells it passes, in order.

    With ``ink`` off nothing is drawn: the cells are those the line would pass.
    """
    right, bottom = raster.width - 1, raster.height - 1
    cells: list[int] = []
    phase = 0, 0
    before: Dot | None = None
    for i, point in enumerate(path):
        if point is not None:
            if before is not None:
                ends = (before, point)
            elif i + 1 == len(path) or path[i + 1] is None:
                ends = (point, point)  # alone between two gaps
            else:
                before = point
                continue
            (x0, y0), (x1, y1) = ends
            inside = 0 <= x0 <= right and 0 <= x1 <= right and 0 <= y0 <= bottom and 0 <= y1 <= bottom
            part = ends if inside else clip(x0, y0, x1, y1, right, bottom)
            if part is not None:
                phase = _segment(raster, part, tag, dash, ink, phase, cells)
        before = point
    return cells


def _segment(
    raster: Raster,
    part: tuple[Dot, Dot],
    tag: int,
    dash: Dash,
    ink: bool,
    phase: tuple[int, int],
    cells: list[int],
) -> tuple[int, int]:
    """Draw a straight piece of a line, and return how many dots the line has before the next piece.

    The second number is how many it had where it entered the cell that it is in: a flat line is dashed by whole cells,
    since a dash that ends inside of one leaves no gap in the characters of ASCII; a steep one by dots.
    """
    bits, owner, shared, table, columns = raster.bits, raster.owner, raster.shared, raster.table, raster.columns
    across, down, merge = raster.across, raster.down, raster.merge
    in_x, in_y = (1 << across) - 1, (1 << down) - 1
    right, bottom = raster.width - 1, raster.height - 1
    (px, py), (qx, qy) = part
    # A clipped end stands half a dot outside at most.
    x, x1 = min(int(px + 0.5), right), min(int(qx + 0.5), right)
    y, y1 = min(int(py + 0.5), bottom), min(int(qy + 0.5), bottom)
    dx, dy = abs(x1 - x), -abs(y1 - y)
    step_x, step_y = (1 if x < x1 else -1), (1 if y < y1 else -1)
    error = dx + dy
    last = cells[-1] if cells else -1
    on, period = dash[0] << across, sum(dash) << across
    count, entered = phase
    steep = -dy > dx
    pen = ink
    while True:
        cell = (y >> down) * columns + (x >> across)
        if cell != last:
            last = cell
            cells.append(cell)
            entered = count
        if period > on:
            pen = ink and (count if steep else entered) % period < on
        if pen:
            if owner[cell] != tag:
                if owner[cell]:
                    shared[cell] = 1
                    if not merge:
                        bits[cell] = 0
                owner[cell] = tag
            bits[cell] |= table[((y & in_y) << across) | (x & in_x)]
        if x == x1 and y == y1:
            return count, entered
        count += 1
        double = 2 * error
        if double >= dy:
            error += dy
            x += step_x
        if double <= dx:
            error += dx
            y += step_y


def fill(raster: Raster, lows: Path, highs: Path, tag: int) -> list[int]:
    """Shade between two paths that share their x, and return the cells along the middle."""
    columns, across, down, table = raster.columns, raster.across, raster.down, raster.table
    in_x, in_y = (1 << across) - 1, (1 << down) - 1
    bottom = raster.height - 1
    middle: list[Dot | None] = []
    before: tuple[float, float, float] | None = None
    for low, high in zip(lows, highs, strict=True):
        if low is None or high is None:
            before = None
            middle.append(None)
            continue
        here = (low[0], low[1], high[1])
        middle.append((low[0], (low[1] + high[1]) / 2))
        first, last = (before or here), here
        if first[0] > last[0]:
            first, last = last, first
        before = here
        run = last[0] - first[0]
        for x in range(max(0, math.ceil(first[0] - 0.5)), min(raster.width - 1, math.floor(last[0] + 0.5)) + 1):
            part = min(max((x - first[0]) / run, 0.0), 1.0) if run else 0.0
            ends = (first[1] + part * (last[1] - first[1]), first[2] + part * (last[2] - first[2]))
            top = math.floor(min(max(min(ends), -1.0), bottom + 1.0) + 0.5)
            base = math.floor(min(max(max(ends), -1.0), bottom + 1.0) + 0.5)
            for y in range(max(0, top), min(bottom, base) + 1):
                # Every fourth dot, and every second along the edges: lighter than any line.
                edge = y in (top, base)
                if not raster.merge or (not x & 1 if edge else (x & 1) == ((y >> 1) & 1) and not y & 1):
                    cell = (y >> down) * columns + (x >> across)
                    raster.filled[cell] |= table[((y & in_y) << across) | (x & in_x)]
                    raster.filler[cell] = tag
    return stroke(raster, middle, tag, ink=False)


@cache
def characters(glyphs: str) -> tuple[str, str]:
    """Return the characters for the bits of a line's cell and of a shaded cell, each indexed by the bits."""
    if glyphs == "half":
        return " ▀▄█", " ░░░"
    if glyphs == "braille":
        table = "".join(
            chr(0x2800 + sum(braille for i, braille in enumerate(_BRAILLE) if bits >> i & 1)) for bits in range(256)
        )
        return table, table
    return "".join(map(_ascii, range(256))), " " + ":" * 255


def _ascii(bits: int) -> str:
    """Return the character that looks most like a cell of 2 x 4 dots."""
    left = [row for row in range(4) if bits >> 2 * row & 1]
    right = [row for row in range(4) if bits >> 2 * row & 2]
    both = left + right
    if not both:
        return " "
    if max(both) - min(both) >= 2 and (not left or not right):
        return "|"
    if left and right:
        drop = sum(right) / len(right) - sum(left) / len(left)
        if abs(drop) >= 1.5 or (abs(drop) >= 1 and max(both) - min(both) >= 2):
            return "\\" if drop > 0 else "/"
        if max(both) - min(both) >= 3:
            return "|"
    height = sum(both) / len(both)
    return "'" if height < 1 else "-" if height <= 2 else "."


def letter_cells(raster: Raster, cells: Sequence[int], taken: bytearray, tag: int, share: float) -> list[int]:
    """Return the cells for a series' letters: spread along it, off other series where there is such a cell."""
    count = max(1, min(4, len(cells) // 24))
    reach = max(1, len(cells) // (2 * count))
    chosen: list[int] = []
    for k in range(count):
        want = min(int((k + share) / count * len(cells)), len(cells) - 1)
        near = sorted(range(max(0, want - reach), min(len(cells), want + reach + 1)), key=lambda i: abs(i - want))
        free = [cells[i] for i in near if taken[cells[i]] < 2]
        apart = [cell for cell in free if max(taken[max(0, cell - 1) : cell + 2]) < 2]
        alone = (cell for cell in apart if not raster.shared[cell] and raster.owner[cell] in (0, tag))
        cell = next(alone, next(iter(apart or free), None))
        if cell is not None:
            chosen.append(cell)
            taken[cell] = 2
    return chosen


def label_cell(taken: bytearray, columns: int, cell: int, size: int, cover: bool) -> int | None:
    """Return where a label of ``size`` starts: right, left, above, below, or at a corner of its cell.

    It stands off all lines, with a blank at either end; if there is no such place and it may ``cover`` lines, on one.
    """
    row, column = divmod(cell, columns)
    middle = min(max(column - size // 2, 0), columns - size)
    right, left = column + 1, column - size
    places = [(row, right + 1), (row, left - 1), (row - 1, middle), (row + 1, middle)]
    places += [(row - 1, right), (row - 1, left), (row + 1, right), (row + 1, left)]
    for most in (0, 1) if cover else (0,):
        for line, start in places:
            if 0 <= start <= columns - size and 0 <= line < len(taken) // columns:
                at = line * columns + start
                before, after = at - (start > 0), at + size + (start + size < columns)
                if max(taken[before:after]) <= most:
                    return at
    return None
