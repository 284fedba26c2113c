"""Writing files whole or not at all: a reader, a crash or a second process never meets half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from collections.abc import Callable

_DRAFT = re.compile(r"(.+)\.[0-9a-f]{12}")
STALE = 900.0
"""Seconds after which nobody writes a draft any more: clocks of nodes differ, by less than that."""


def write_atomically(path: str, text: str, *, over: bool = True) -> None:
    """Write a text file under its name in one step; its folder is made where it is missing.

    A link of that name is replaced, not followed.

    Parameters
    ----------
    path : str
        The file.
    text : str
        What it holds, written as UTF-8.
    over : bool
        Whether it may replace a file; without, one that another process makes in between is kept too.

    Raises
    ------
    FileExistsError
        If the file is there and ``over`` is not given.
    OSError
        If the folder takes no file. Nothing is left behind.
    UnicodeEncodeError
        If the text is not Unicode.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "new", "notes.txt")
    ...     write_atomically(path, "N")
    ...     os.listdir(os.path.dirname(path))
    ['notes.txt']
    """
    draft = f"{path}.{os.urandom(6).hex()}"  # two nodes with one home may write at once
    raw = text.encode()
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:  # a file of the folder's name, which is not what the caller's FileExistsError means
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
    try:
        with open(draft, "xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if over:
            os.replace(draft, path)
        else:
            _publish(draft, path)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _publish(draft: str, path: str) -> None:
    """Give a finished draft its name where nothing has that name yet."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.replace(draft, path)
    else:
        os.unlink(draft)


def remove_drafts(folder: str, settled: Callable[[str], bool] = lambda name: False) -> None:
    """Remove the drafts that killed writers left in a folder: old ones, and those of files that are ``settled``.

    One that is written just now is not touched, since its writer would fail.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.json", "a.json.0123456789ab", "b.json.0123456789ab"):
    ...         write_atomically(os.path.join(folder, name), "")
    ...     remove_drafts(folder, lambda name: name == "a.json")
    ...     sorted(os.listdir(folder))
    ['a.json', 'b.json.0123456789ab']
    """
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            found = _DRAFT.fullmatch(entry.name)
            if found is None:
                continue
            with contextlib.suppress(OSError):
                if settled(found[1]) or time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE:
                    os.unlink(entry.path)
