"""Where bytes come from: a file or standard input, in blocks of whole lines of text, in bounded memory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

from scaletui_core.errors import InputError
from scaletui_core.safetext import visible

BLOCK = 1 << 19
"""How much is read at once [bytes]; cells of larger blocks no longer fit a processor's cache (a third slower)."""
LONGEST_LINE = 1 << 20
"""The longest line that is read, and the longest record that spans lines in quotes [bytes]."""

_MAGIC = (
    ((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"), "is compressed", "unpack it first, such as by gunzip"),
    ((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), "is a workbook or an archive, not text", "save the sheet as CSV"),
)  # fmt: skip
PARQUET = b"PAR1"
"""How a Parquet file begins."""
_UTF16 = ("is UTF-16 or UTF-32 text", "save it as UTF-8")


class Text(NamedTuple):
    """Whole lines of a file: the first one's number, from 1, and the text, which ends with a line end."""

    line: int
    text: str


class Source:
    """A file that is open: its name, its first bytes, and its lines.

    Parameters
    ----------
    file : str
        Its name, visible.
    stream : BinaryIO
        Where its bytes come from.
    seekable : bool
        Whether it is a file on a disk.
    """

    def __init__(self, file: str, stream: BinaryIO, seekable: bool) -> None:
        self.file = file
        self.stream = stream
        self.seekable = seekable
        self.head = self.read()

    def read(self) -> bytes:
        """Return the next bytes, a block unless the file ends."""
        try:
            return self.stream.read(BLOCK) or b""
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=self.file) from None

    def texts(self, *, quoted: bool) -> Iterator[Text]:
        """Yield blocks of whole lines, CR LF as LF; with ``quoted``, no block ends within double quotes.

        Raises
        ------
        InputError
            For bytes that are not UTF-8 text without NUL, and for a line of more than `LONGEST_LINE`.
        """
        carry, line = b"", 1
        block = self.head.removeprefix(b"\xef\xbb\xbf")
        old_mac = b"\r" in block and b"\n" not in block
        while block:
            data = carry + block
            if old_mac:
                data = data.replace(b"\r", b"\n")
            end = _whole(data, quoted)
            whole, carry = data[:end], data[end:]
            if whole:
                yield Text(line, self._text(whole, line))
                line += whole.count(b"\n")
            if len(carry) > LONGEST_LINE:
                self._too_long(line, carry)
            block = self.read()
        if carry:
            yield Text(line, self._text(carry + b"\n", line))

    def all(self, most: int) -> str | None:
        """Return all text, however long its lines, or None where it is more than ``most`` bytes."""
        parts, size, block = [], 0, self.head.removeprefix(b"\xef\xbb\xbf")
        while block:
            parts.append(block)
            size += len(block)
            if size > most:
                return None
            block = self.read()
        return self._decoded(b"".join(parts), 1)

    def _text(self, whole: bytes, line: int) -> str:
        if len(whole) > LONGEST_LINE:
            ends = np.flatnonzero(np.frombuffer(whole, np.uint8) == 10)
            long = np.flatnonzero(np.diff(ends, prepend=-1) > LONGEST_LINE)
            if len(long):
                self._too_long(line + int(long[0]), b"")
        return self._decoded(whole, line)

    def _decoded(self, whole: bytes, line: int) -> str:
        self.refuse_nul(whole, line)
        try:
            text = whole.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = f"has the byte 0x{whole[error.start]:02x}, which is not UTF-8 text"
            self._refuse(byte, whole, error.start, line, "save it as UTF-8")
        return text.replace("\r\n", "\n") if b"\r" in whole else text

    def refuse_nul(self, whole: bytes, line: int) -> None:
        """Refuse bytes that no text has; ``line`` is the number of their first line."""
        at = whole.find(b"\0")
        if at >= 0:
            self._refuse("has a NUL byte: it is not text", whole, at, line, "save it as CSV or JSON Lines in UTF-8")

    def _refuse(self, what: str, whole: bytes, at: int, line: int, hint: str) -> None:
        row = line + whole.count(b"\n", 0, at)
        column = len(whole[whole.rfind(b"\n", 0, at) + 1 : at].decode("utf-8", "replace")) + 1
        raise InputError(f"column {column} {what}", where=f"{self.file}:{row}", hint=hint)

    def _too_long(self, line: int, carry: bytes) -> None:
        if b"\n" in carry:
            what = "a double quote that begins here is not closed within a million bytes"
            raise InputError(what, where=f"{self.file}:{line}", hint="close it, or take it out")
        raise InputError("a line of more than a million bytes", where=f"{self.file}:{line}", hint="one row a line")


def _whole(data: bytes, quoted: bool) -> int:
    """Return where the last line ends that is whole; 0 where none is."""
    end = data.rfind(b"\n") + 1
    if not quoted or b'"' not in data or data.count(b'"', 0, end) % 2 == 0:
        return end
    array = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(array == 10)
    outside = np.flatnonzero(np.searchsorted(np.flatnonzero(array == 34), ends) % 2 == 0)
    return int(ends[outside[-1]]) + 1 if len(outside) else 0


@contextlib.contextmanager
def opened(path: str, stdin: BinaryIO | None) -> Iterator[Source]:
    """Open a file, or standard input for ``-``.

    Raises
    ------
    InputError
        If it cannot be read, is empty, or is at once seen to be no text; whatever Parquet is, it passes.
    """
    if path == "-":
        if stdin is None or stdin.closed or stdin.isatty():
            raise InputError("nothing is piped in", where="stdin", hint="such as scaletui fit - < runs.csv")
        yield _checked(Source("stdin", stdin, seekable=False))
        return
    file = visible(path, 200) or "''"
    if "\0" in path:
        raise InputError("no file has a NUL in its name", where=file)
    if os.path.isdir(path):
        raise InputError("is a folder, not a file", where=file, hint="name one file in it")
    try:
        stream = open(path, "rb")  # noqa: SIM115  (closed below; here only what opening can do is caught)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=file) from None
    with stream:
        yield _checked(Source(file, stream, seekable=stream.seekable()))


def _checked(source: Source) -> Source:
    head = source.head
    if not head.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError("is empty" if len(head) < BLOCK else "begins with nothing but blanks", where=source.file)
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or _alternates(head):
        raise InputError(_UTF16[0], where=f"{source.file}:1", hint=_UTF16[1])
    for starts, what, hint in _MAGIC:
        if head.startswith(starts):
            raise InputError(what, where=source.file, hint=hint)
    if not head.startswith(PARQUET):
        source.refuse_nul(head, 1)
    return source


def _alternates(head: bytes) -> bool:
    """Whether every other byte of the beginning is NUL, as in UTF-16 without a mark.

    >>> _alternates("loss".encode("utf-16-le")), _alternates(b"loss")
    (True, False)
    """
    begin = head[:64]
    return len(begin) > 3 and any(not any(begin[at::2]) and any(begin[1 - at :: 2]) for at in (0, 1))
