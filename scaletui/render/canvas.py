"""A grid of styled text: what a plot is drawn into, and what the app and the command line show of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scaletui.render.ticks import Scale
from scaletui.terminal import Colors
from scaletui_core.safetext import visible

Run = tuple[str, str]  # style id, text
Placed = list[tuple[int, Run]]  # a row's runs, each with the column where it starts


# Okabe and Ito (2008), "Color Universal Design", with grey for their black, which a dark terminal would not show.
PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999")
# The same in 16 colours, from those that read on black and on white: bright yellow, cyan and green do not on white.
_SGR_16 = ("91", "36", "32", "33", "94", "31", "35", "")
_SGR = {"title": "1", "own": "1", "cursor": "1", "grid": "90"}
_ASCII = str.maketrans("…×–—−·≈µ", "~x---.~u")


class Canvas(NamedTuple):
    """A drawn plot: for each row its runs of (style id, text), and where in it the axes lie."""

    rows: list[list[Run]]
    left: int = 0
    top: int = 0
    columns: int = 0
    lines: int = 0
    x: Scale | None = None
    y: Scale | None = None

    def text(self) -> list[str]:
        """Return the rows without styles."""
        return ["".join(text for _, text in row) for row in self.rows]


class Sheet:
    """A grid of styled characters, exactly ``width`` by ``height``."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.chars = [" "] * (width * height)
        self.styles = ["text"] * (width * height)

    def put(self, x: int, y: int, text: str, style: str) -> None:
        """Write ``text`` at a cell; what would leave the sheet is cut."""
        if 0 <= y < self.height:
            text = text[max(0, -x) : max(0, self.width - x)]
            start = y * self.width + max(0, x)
            self.chars[start : start + len(text)] = text
            self.styles[start : start + len(text)] = [style] * len(text)

    def lay(self, y: int, row: Placed) -> None:
        """Write the runs of a row, each at its own column."""
        for x, (style, text) in row:
            self.put(x, y, text, style)

    def rows(self) -> list[list[Run]]:
        """Return each row as runs; a blank takes the style before it, or that of the first text, and starts no run."""
        rows = []
        for start in range(0, self.width * self.height, max(1, self.width)):
            row: list[Run] = []
            held: list[str] = []
            current = "text"
            for char, style in zip(
                self.chars[start : start + self.width], self.styles[start : start + self.width], strict=True
            ):
                if style != current and char != " ":
                    if row or held.count(" ") < len(held):
                        row.append((current, "".join(held)))
                        held = []
                    current = style
                held.append(char)
            row.append((current, "".join(held)))
            rows.append(row)
        return rows


def clean(text: str, ascii_only: bool, limit: int = 60) -> str:
    """Return ``text`` as single-width characters that no terminal obeys."""
    text = visible(text, limit)
    if text.isascii():
        return text
    if ascii_only:
        return text.translate(_ASCII).encode("ascii", "replace").decode()
    from unicodedata import category, east_asian_width

    # Scripts from the Hangul Jamo on, and symbols from U+2600 on, have widths that terminals disagree about.
    return "".join(
        char if (char < "\u1100" or "\u1e00" <= char < "\u2600") and east_asian_width(char) not in "WF" else "?"
        for char in text
        if category(char) not in ("Mn", "Me", "Mc")
    )


def fit(text: str, width: int, ascii_only: bool) -> str:
    """Return ``text`` cut to ``width``, with an ellipsis where it was cut."""
    return text if len(text) <= width else text[: max(0, width - 1)] + ("~" if ascii_only else "…")[: max(0, width)]


def pack(entries: Sequence[Sequence[Run]], width: int, most: int, first: int | None = None) -> list[Placed]:
    """Return ``entries`` in at most ``most`` rows, the last of which counts those that have no room.

    ``first`` is the width of the first row, where it is another.
    """
    rows: list[Placed] = []
    waiting = list(entries)
    while waiting and len(rows) < most:
        row: Placed = []
        at = 0
        room = width if rows or first is None else first
        last = len(rows) + 1 == most
        while waiting:
            size = _size(waiting[0])
            all_fit = at + sum(map(_size, waiting)) + 2 * (len(waiting) - 1) <= room
            count = 2 + len(f"+{len(waiting) - 1} more") if last and not all_fit else 0
            if at + size + count > room:
                break
            for style, text in waiting.pop(0):
                row.append((at, (style, text)))
                at += len(text)
            at += 2
        if last and waiting:
            row.append((at, ("text", f"+{len(waiting)} more")))
        rows.append(row)
    return rows


def _size(entry: Sequence[Run]) -> int:
    return sum(len(text) for _, text in entry)


def ansi(canvas: Canvas, *, colors: Colors) -> str:
    r"""Return a canvas as lines of text with SGR escapes for its styles; ``none`` has no escape at all.

    Trailing blanks are left out, and each line ends reset.

    >>> ansi(Canvas([[("text", "a "), ("line0", "b"), ("text", " ")]]), colors="16")
    'a \x1b[91mb\x1b[0m'
    """
    lines = []
    for row in canvas.rows:
        line, current = "", ""
        for style, text in row:
            code = "" if colors == "none" else _sgr(style, colors)
            if code != current:
                line += f"\x1b[{'0;' * bool(current)}{code}m" if code else "\x1b[0m"
                current = code
            line += text
        lines.append(f"{line.rstrip()}\x1b[0m" if current else line.rstrip())
    return "\n".join(lines)


def _sgr(style: str, colors: str) -> str:
    if not style.startswith("line"):
        return _SGR.get(style, "")
    index = int(style[4:])
    if colors == "16":
        return _SGR_16[index]
    red, green, blue = (int(PALETTE[index][i : i + 2], 16) for i in (1, 3, 5))
    if colors == "truecolor":
        return f"38;2;{red};{green};{blue}"
    # The 6 x 6 x 6 cube of the 256 colours has its levels at 0, 95, 135, ..., 255.
    cube = [0 if level < 48 else 1 if level < 115 else (level - 35) // 40 for level in (red, green, blue)]
    return f"38;5;{16 + 36 * cube[0] + 6 * cube[1] + cube[2]}"
