"""A driver of the terminal that outlasts it: one that goes away must not hold up an app that leaves.

Textual writes from a thread of its own, through a queue of a few texts. That thread dies of a terminal that is gone,
and who writes once the queue is full waits for ever. A terminal that hangs up also sends SIGCONT, on which textual
starts all its threads a second time, whether they were stopped or not; so does who stops and continues the app from
outside.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class LastingFile:
    """A file that takes what is written even where it goes nowhere.

    Examples
    --------
    >>> gone = open(os.devnull, "w")
    >>> gone.close()
    >>> gone.write("text")
    Traceback (most recent call last):
    ...
    ValueError: I/O operation on closed file.
    >>> LastingFile(gone).write("text")
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text, or drop it."""
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        """Have it written, or dropped."""
        with suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        """Return the number of the file."""
        return self._file.fileno()


class LastingDriver(LinuxDriver):
    """Textual's driver, for a terminal that may go away and for an app that others may stop and continue."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = LastingFile(self._file)
        self._stopped = False

    def start_application_mode(self) -> None:
        """Take the terminal; signals are answered between two events, where nobody holds the lock of the writer."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        loop.add_signal_handler(signal.SIGCONT, self._go_on)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """Read what is typed; a terminal that can no longer be read is gone, and no fault of ours."""
        try:
            super().run_input_thread()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._app.call_later(self._app.exit, None, 128 + signal.SIGHUP)

    def _stop(self) -> None:
        """Give the terminal back, and stop."""
        if self._auto_restart:
            self.suspend_application_mode()
            self._stopped = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """Take the terminal again, which another may have used, unless it is gone."""
        if not self._auto_restart or lost(self.fileno):
            return
        if not self._stopped:  # by somebody else, who did not ask
            self.suspend_application_mode()
        self._stopped = False
        self._must_signal_resume = True
        self.start_application_mode()


def lost(descriptor: int) -> bool:
    """Return whether a terminal is gone.

    Examples
    --------
    >>> ours, theirs = os.openpty()
    >>> lost(theirs)
    False
    >>> os.close(ours)
    >>> lost(theirs)
    True
    """
    try:
        termios.tcgetattr(descriptor)
    except termios.error:
        return True
    return False


def once_lost(descriptor: int, then: Callable[[], object]) -> None:
    """Call something, in a thread of its own, once a terminal is gone: not every app gets a signal of it.

    Examples
    --------
    >>> ours, theirs = os.openpty()
    >>> gone = threading.Event()
    >>> once_lost(theirs, gone.set)
    >>> gone.is_set()
    False
    >>> os.close(ours)
    >>> gone.wait(10)
    True
    """
    import select

    def wait() -> None:
        watched = select.poll()
        watched.register(descriptor, 0)  # nothing but that it hangs up
        if any(seen & select.POLLHUP for _, seen in watched.poll()):
            then()

    threading.Thread(target=wait, name="hang-up", daemon=True).start()
