"""Who is at work: a byte of a file is locked while a process works, and is free again however that ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator


@contextlib.contextmanager
def holding(path: str, number: int) -> Iterator[None]:
    """Hold a number of a file as long as the block runs; several may hold one.

    Where the file cannot be made, or its file system has no locks, nobody learns of it, and the work goes on.
    """
    import fcntl

    file = None
    with contextlib.suppress(OSError):
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError:  # another user's, which can be held all the same
            file = os.open(path, os.O_RDONLY)
    try:
        if file is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(file, fcntl.LOCK_SH, 1, number)
        yield
    finally:
        if file is not None:
            os.close(file)


def held(path: str, numbers: Iterable[int]) -> set[int]:
    """Return which numbers of a file other processes hold; none where that cannot be told.

    >>> held("/nowhere/at-work", [1, 2])
    set()
    """
    import fcntl

    found: set[int] = set()
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return found
    try:
        for number in numbers:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
                fcntl.lockf(file, fcntl.LOCK_UN, 1, number)
            except (BlockingIOError, PermissionError):  # POSIX allows either
                found.add(number)
            except OSError:
                break
    finally:
        os.close(file)
    return found
