"""Who is at work: a byte of a file is locked while a process works, and is free again however that ended.

The locks are POSIX's, which network homes know. They are a process's: its threads do not see each other's, and
closing a file anywhere in it lets go of all its locks on that. So a process opens each such file once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator


class AtWork(Exception):
    """Somebody holds what one wanted to hold alone."""


class _File:
    """A file that is open in this process: how many use it here, and how many hold each number."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.users = 0
        self.holders: Counter[int] = Counter()


_open: dict[str, _File] = {}
_changing = threading.Lock()
"""Held by who changes what this process knows, and never while it waits for another process."""


@contextlib.contextmanager
def holding(path: str, number: int, *, alone: bool = False) -> Iterator[None]:
    """Hold a number of a file as long as the block runs; several may hold one, unless it is to be held alone.

    Where the file cannot be made, or its file system has no locks, nobody learns of it, and the work goes on.

    Raises
    ------
    AtWork
        If it was to be held alone, and is held.
    """
    import fcntl

    with _opened(path, os.O_RDWR | os.O_CREAT) as file:
        if file is None:
            yield
            return
        with _changing:
            if alone and file.holders[number]:
                raise AtWork
            file.holders[number] += 1
        try:
            with contextlib.suppress(OSError):
                try:
                    fcntl.lockf(file.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH, 1, number)
                except (BlockingIOError, PermissionError):  # POSIX allows either
                    raise AtWork from None
            yield
        finally:
            with _changing:
                file.holders[number] -= 1
                if not file.holders[number]:
                    with contextlib.suppress(OSError):
                        fcntl.lockf(file.descriptor, fcntl.LOCK_UN, 1, number)


def held(path: str, numbers: Iterable[int]) -> set[int]:
    """Return which numbers of a file are held, by this process or another; none where that cannot be told.

    >>> held("/nowhere/at-work", [1, 2])
    set()
    """
    import fcntl

    found: set[int] = set()
    with _opened(path, os.O_RDWR) as file:
        for number in numbers if file is not None else ():
            assert file is not None
            with _changing:
                if file.holders[number]:
                    found.add(number)
                    continue
                try:
                    fcntl.lockf(file.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
                    fcntl.lockf(file.descriptor, fcntl.LOCK_UN, 1, number)
                except (BlockingIOError, PermissionError):
                    found.add(number)
                except OSError:
                    break
    return found


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[_File | None]:
    """Open a file unless it is open; None where it cannot be."""
    path = os.path.abspath(path)
    with _changing:
        file = _open.get(path)
        if file is None:
            with contextlib.suppress(OSError):
                try:
                    descriptor = os.open(path, flags, 0o666)
                except PermissionError:  # another user's, which can be held all the same
                    descriptor = os.open(path, os.O_RDONLY)
                file = _open[path] = _File(descriptor)
        if file is not None:
            file.users += 1
    try:
        yield file
    finally:
        if file is not None:
            with _changing:
                file.users -= 1
                if not file.users:
                    del _open[path]
                    os.close(file.descriptor)
