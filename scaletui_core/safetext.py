"""Foreign text made safe to show: control characters, escapes and direction marks become visible, never obeyed."""

from __future__ import annotations

_LIMIT = 60


def _is_plain(char: str) -> bool:
    """Whether a character may reach a terminal as it is: printable, and not a direction or zero-width mark."""
    return char.isprintable() and not (
        "\u0590" <= char <= "\u08ff" or "\ufb1d" <= char <= "\ufeff" or char >= "\U0001e800"
    )


def escaped(char: str) -> str:
    r"""Return one character as it may be shown.

    >>> escaped("a"), escaped("\x1b")
    ('a', '\\x1b')
    """
    return char if _is_plain(char) else char.encode("unicode_escape", "backslashreplace").decode("ascii")


def visible(text: str, limit: int = _LIMIT) -> str:
    r"""Return ``text`` with everything a terminal might obey written out, cut to ``limit`` characters.

    >>> visible("\x1b[31mred")
    '\\x1b[31mred'
    >>> visible("a" * 100, limit=5)
    'aaaaa…'
    """
    head = "".join(map(escaped, text[:limit]))
    return head + "…" if len(text) > limit else head


def excerpt(text: str, column: int, width: int = _LIMIT) -> tuple[str, int]:
    r"""Return a safe window of ``text`` around ``column`` and where that column now stands [characters].

    >>> excerpt("70Q", 2)
    ('70Q', 2)
    """
    column = min(max(column, 0), len(text))
    start = max(0, column - width * 2 // 3)
    end = start + width
    before = ("…" if start else "") + "".join(map(escaped, text[start:column]))
    after = "".join(map(escaped, text[column:end])) + ("…" if end < len(text) else "")
    return before + after, len(before)


def cut(text: str, width: int) -> str:
    """Return a text that fits a width, marked where it is cut.

    >>> cut("chinchilla", 6)
    'chinc~'
    """
    return text if len(text) <= width else text[: max(width - 1, 0)] + "~"
