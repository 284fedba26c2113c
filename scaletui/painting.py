"""What is written to the terminal: only the cells that differ from what stands there, in the fewest bytes.

Textual writes whole lines of every widget that changed, and sets each piece of text in a style of its own: 20 kB for a
switch of panes. Over a slow link a person waits for these bytes, so cells are compared here one by one, as curses does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color, ColorSystem, ColorType
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from scaletui.terminal import Colors

_SYSTEMS = {
    "none": None,
    "16": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}
_GAP = 4
"""Cells that stay the same between two that change are written again where a move of the cursor costs more."""
_ANY = "*"
"""The foreground of a blank cell."""
_SEEN_ON_BLANKS = frozenset("4789")
"""Underline, reverse, conceal, strike: attributes that show where no character stands."""


class Look(NamedTuple):
    """How a cell looks: codes of SGR, each the shortest."""

    attributes: str
    foreground: str
    background: str


_PLAIN = Look("", "39", "49")


class Painter:
    """Knows what stands on the terminal, and what must be written so that something else does.

    Parameters
    ----------
    colors : str
        How many colours the terminal has, as `scaletui.terminal.colors` says.
    erases : bool
        Whether the terminal fills what it erases with the background colour that is set.
    """

    def __init__(self, colors: Colors, *, erases: bool = False) -> None:
        self._system = _SYSTEMS[colors]
        self._erases = erases
        self._looks: dict[Style, tuple[Look, Look]] = {}
        self._chars: list[list[str]] = []
        self._cells: list[list[Look | None]] = []
        self._look: Look | None = None
        self._at: tuple[int, int] | None = None
        self._columns = 0

    def reset(self) -> None:
        """Forget what stands there: all is written again."""
        self._chars, self._cells, self._look, self._at = [], [], None, None

    def paint(self, update: LayoutUpdate | ChopsUpdate, size: tuple[int, int]) -> str:
        """Return what to write so that an update stands on a terminal of a size (columns, rows)."""
        columns, rows = size
        if (self._columns, len(self._chars)) != (columns, rows):
            self._columns = columns
            self._look = self._at = None
            self._chars = [[""] * columns for _ in range(rows)]
            self._cells = [[None] * columns for _ in range(rows)]
        out: list[str] = []
        for y, x, strip in _strips(update):
            if 0 <= y < rows:
                self._line(y, x, strip, out)
        return "".join(out)

    def move(self, x: int, y: int) -> str:
        """Return what moves the terminal's cursor: where it stands, an input method shows itself."""
        out: list[str] = []
        self._move(y, x, out)
        return "".join(out)

    def _line(self, y: int, x: int, strip: Strip, out: list[str]) -> None:
        """Write what differs of one strip."""
        chars, looks = self._expanded(strip)
        end = min(x + len(chars), self._columns)
        if end <= x:  # laid out for a terminal that was wider
            return
        chars, looks = chars[: end - x], looks[: end - x]
        old_chars, old_looks = self._chars[y], self._cells[y]
        before, before_looks = old_chars[x:end], old_looks[x:end]
        if before == chars and before_looks == looks:
            return
        old_chars[x:end], old_looks[x:end] = chars, looks
        differs = [a is not b and a != b for a, b in zip(looks, before_looks, strict=True)]
        differs = [b or c != d for b, c, d in zip(differs, chars, before, strict=True)]
        if "" in chars or ("" in before and None not in before_looks):  # half of a wide character may not stay alone
            differs = [True] * len(chars)
        blank = self._tail(chars, looks) if end == self._columns else len(chars)
        at = 0
        while at < len(chars):
            if not differs[at]:
                at += 1
                continue
            if at >= blank and any(differs[at:]):
                self._move(y, x + at, out)
                self._set(looks[at], out)
                out.append("\x1b[K")
                return
            last = at + 1
            scan = last
            while scan < len(chars) and scan - last < _GAP:
                scan += 1
                if differs[scan - 1]:
                    last = scan
            last = min(last, blank) if blank > at else last
            self._move(y, x + at, out)
            for char, look in zip(chars[at:last], looks[at:last], strict=True):
                if look is not self._look:
                    self._set(look, out)
                out.append(char)
            self._at = (y, x + last) if x + last < self._columns else None
            at = last

    def _tail(self, chars: list[str], looks: list[Look]) -> int:
        """Return where the blanks begin that can be erased rather than written."""
        look = looks[-1]
        if look.foreground != _ANY or not (self._erases or look.background == "49"):
            return len(chars)
        start = len(chars)
        while start and chars[start - 1] == " " and looks[start - 1] == look:
            start -= 1
        return start if len(chars) - start > _GAP else len(chars)

    def _move(self, y: int, x: int, out: list[str]) -> None:
        if self._at == (y, x):
            return
        if self._at is not None and self._at[0] == y and x > self._at[1]:
            step = x - self._at[1]
            out.append(f"\x1b[{step}C" if step > 1 else "\x1b[C")
        else:
            out.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        self._at = (y, x)

    def _set(self, look: Look, out: list[str]) -> None:
        """Write what makes the next character look so, from how the last one did."""
        old = self._look
        if old is None:
            codes = ["0", look.attributes, *_colors(look)]
            self._look = look if look.foreground != _ANY else Look("", "39", look.background)
        elif look.foreground == _ANY:
            if not _SEEN_ON_BLANKS.isdisjoint(old.attributes):
                codes = ["0", *_colors(look)]
                self._look = Look("", "39", look.background)
            elif old.background != look.background:
                codes = [look.background]
                self._look = old._replace(background=look.background)
            else:
                return
        else:
            if old.attributes == look.attributes or not old.attributes:
                codes = [look.attributes if not old.attributes else ""]
                codes += [look.foreground] if look.foreground != old.foreground else []
                codes += [look.background] if look.background != old.background else []
            else:
                codes = ["0", look.attributes, *_colors(look)]
            self._look = look
        text = ";".join(code for code in codes if code)
        if text:
            out.append("\x1b[m" if text == "0" else f"\x1b[{text}m")

    def _expanded(self, strip: Strip) -> tuple[list[str], list[Look]]:
        """Return the cells of a strip; the right half of a wide character is empty."""
        chars: list[str] = []
        looks: list[Look] = []
        for text, style, control in strip:
            if control:
                continue
            look, blank = self._looks_of(style)
            if not text.isascii():
                cells = _cells(text)
                chars += cells
                looks += [blank if char == " " else look for char in cells]
                continue
            chars += text
            if blank is look or " " not in text:
                looks += [look] * len(text)
            elif text.isspace():
                looks += [blank] * len(text)
            else:
                looks += [blank if char == " " else look for char in text]
        return chars, looks

    def _looks_of(self, style: Style | None) -> tuple[Look, Look]:
        """Return how a character of a style looks, and how a blank does."""
        if style is None:
            return _PLAIN, _BLANK
        found = self._looks.get(style)
        if found is None:
            found = self._looks[style] = self._translated(style)
        return found

    def _translated(self, style: Style) -> tuple[Look, Look]:
        flags = (style.bold, style.dim, style.italic, style.underline, style.blink, style.reverse, style.strike)
        codes = [code for code, flag in zip("1234579", flags, strict=True) if flag]
        foreground, background = "39", "49"
        if self._system is not None:
            if style.color is not None:
                foreground = ";".join(shown(style.color, self._system).get_ansi_codes())
            if style.bgcolor is not None:
                background = ";".join(shown(style.bgcolor, self._system).get_ansi_codes(False))
        look = Look(";".join(codes), foreground, background)
        if not _SEEN_ON_BLANKS.isdisjoint(codes):
            return look, look
        return look, Look("", _ANY, background)


_BLANK = Look("", _ANY, "49")


def _colors(look: Look) -> list[str]:
    """Return the codes of the colours that are not the terminal's own."""
    foreground = look.foreground if look.foreground not in ("39", _ANY) else ""
    return [foreground, look.background if look.background != "49" else ""]


def shown(color: Color, system: ColorSystem) -> Color:
    """Return what a terminal shows of a color; of 256 the nearest.

    Rich takes a colour for grey only where it hardly has a hue, and all dark ones that have one for black: fields would
    vanish into their ground.

    >>> shown(Color.parse("#1d242c"), ColorSystem.EIGHT_BIT).number, Color.parse("#1d242c").downgrade(
    ...     ColorSystem.EIGHT_BIT).number
    (235, 16)
    """
    if system is not ColorSystem.EIGHT_BIT or color.triplet is None or color.type is not ColorType.TRUECOLOR:
        return color.downgrade(system)
    wanted = color.triplet
    cube = [min(range(6), key=lambda step: abs(_STEPS[step] - part)) for part in wanted]
    grey = min(max(round((sum(wanted) / 3 - 8) / 10), 0), 23)
    far = [
        sum((part - other) ** 2 for part, other in zip(wanted, shown, strict=True))
        for shown in ([_STEPS[step] for step in cube], [8 + 10 * grey] * 3)
    ]
    number = 16 + 36 * cube[0] + 6 * cube[1] + cube[2] if far[0] <= far[1] else 232 + grey
    return Color.from_ansi(number)


_STEPS = (0, 95, 135, 175, 215, 255)
"""The levels of red, green and blue in the cube of 216 among the 256 colours; 24 greys follow."""


@lru_cache(4096)
def _cells(text: str) -> Sequence[str]:
    r"""Return the characters of a text by cell; what takes none stands with the character before it.

    >>> [len(cell) for cell in _cells("a字e\N{COMBINING ACUTE ACCENT}")]
    [1, 1, 0, 2]
    """
    out: list[str] = []
    for char in text:
        width = cell_len(char)
        if width == 0:
            for index in range(len(out) - 1, -1, -1):
                if out[index]:
                    out[index] += char
                    break
            continue
        out.append(char)
        out += [""] * (width - 1)
    return out


def _strips(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield the strips of an update, each with its row and column."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, left, right in update.spans:
        ends: Iterable[int] = update.chop_ends[y]
        for end, (x, chop) in zip(ends, update.chops[y].items(), strict=False):
            if chop is not None and x <= right and end > left:
                yield y, x, chop if end <= right else chop.crop(0, right - x)
