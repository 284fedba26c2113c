"""What the whole screen passes through on its way to a terminal that shows ASCII alone."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# Frames keep their shape; the eighths of a block are the ends of scrollbars.
_ASCII = {ord(char): "#" for char in "▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐▀"}
_ASCII |= dict(zip(map(ord, "│┃─━┌┐└┘├┤┬┴┼"), "||--+++++++++", strict=True))
_ASCII |= dict(zip(map(ord, "…–—−×·•‘’≈µμ"), "~---x.*''~uu", strict=True))


class AsciiOnly(LineFilter):
    """Writes every character that is not ASCII as one that is, of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        return [Segment(ascii_of(text), style, control) for text, style, control in segments]


def ascii_of(text: str) -> str:
    """Return a text in ASCII, every character as wide as it was.

    >>> ascii_of("┌ Besiroğlu et al. – 2024 ┐")
    '+ Besiroglu et al. - 2024 +'
    """
    return text if text.isascii() else "".join(map(_ascii_char, text.translate(_ASCII)))


@lru_cache(4096)
def _ascii_char(char: str) -> str:
    if char.isascii():
        return char
    base = unicodedata.normalize("NFKD", char)[0]
    width = cell_len(char)
    return base if base.isascii() and width == 1 else "?" * width
