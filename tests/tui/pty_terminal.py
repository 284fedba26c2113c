"""The app in a pseudo-terminal: what it paints, in bytes and as a person sees it."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pyte
from terminal import Session

ROOT = Path(__file__).resolve().parents[2]
APP = [sys.executable, "-m", "scaletui"]
UTF8 = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
ASCII = {"LANG": "C", "LC_ALL": "C"}
POSIX = {"LANG": "POSIX", "LC_ALL": "POSIX"}
TRUECOLOR = {"COLORTERM": "truecolor"}
TABS = ("Budget", "Frontier", "Emergence", "Speed", "Copies", "Learning", "Batch", "Fit", "Benchmark")
TABBED = "".join(f"{n}{tab}" for n, tab in enumerate(TABS, 1))
"""The line of tabs without its spaces, of which there are as many as fit."""


class Glass(pyte.Screen):
    """A screen that fills what is erased as terminals do: with the background at most, or, as GNU screen, with none."""

    def __init__(self, columns: int, lines: int, erases_in_color: bool) -> None:
        self._erases_in_color = erases_in_color
        super().__init__(columns, lines)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        attributes = self.cursor.attrs
        ground = attributes.bg if self._erases_in_color else "default"
        self.cursor.attrs = self.default_char._replace(bg=ground)
        super().erase_in_line(how, private)
        self.cursor.attrs = attributes


class Terminal(Session):
    """A session that keeps all bytes, and waits for what is seen rather than for a time."""

    def __init__(
        self, rows: int, columns: int, env: dict[str, str], *words: str, app: Sequence[str] = tuple(APP)
    ) -> None:
        self.painted = b""
        self.ended: int | None = None
        self._seen: tuple[int, list[str]] = (-1, [])
        super().__init__([*app, *words], rows, columns, {"PYTHONPATH": str(ROOT), **env})
        self.screen = Glass(columns, rows, not env.get("TERM", "").startswith(("screen", "vt")))
        self._stream = pyte.ByteStream(self.screen)

    def _feed(self, data: bytes) -> None:
        self.painted += data
        super()._feed(data)

    @property
    def lines(self) -> list[str]:
        if self._seen[0] != len(self.painted):  # pyte takes 10 ms for a large screen
            self._seen = len(self.painted), list(self.screen.display)
        return self._seen[1]

    def send(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def until(self, seen: Callable[[], bool], limit: float = 20.0) -> None:
        """Read until something is seen."""
        end = time.monotonic() + limit
        while not seen():
            assert time.monotonic() < end, "not seen:\n" + "\n".join(self.lines)
            if select.select([self._fd], [], [], 0.02)[0]:
                self._feed(os.read(self._fd, 65536))

    def ready(self) -> None:
        """Read until the first paint is complete: the line of keys comes with the focus, last."""
        self.until(lambda: self.lines[-1].strip() != "" and "scaletui" in self.lines[0])
        self.settle()

    def settle(self) -> None:
        """Read until the app sleeps and nothing has come for 40 ms: however slow the machine, it is done then."""
        quiet = 0
        while quiet < 4:
            if select.select([self._fd], [], [], 0.01)[0]:
                self._feed(os.read(self._fd, 65536))
                quiet = 0
            else:
                quiet = quiet + 1 if self._sleeps() else 0

    def _sleeps(self) -> bool:
        states = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with suppress(OSError):  # it has ended in the meantime
                states.append((task / "stat").read_text().rpartition(") ")[2][0])
        return set(states) <= {"S", "Z"}

    def wakes(self) -> int:
        """Return how often the app has been woken so far, in all its threads."""
        status = (path.read_text() for path in Path(f"/proc/{self.pid}/task").glob("*/status"))
        return sum(int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", one, re.M)[0]) for one in status)

    def press(self, keys: bytes) -> int:
        """Send keys and return the bytes that they had painted."""
        before = len(self.painted)
        self.send(keys)
        self.settle()
        return len(self.painted) - before

    def type(self, keys: bytes, seen: str) -> None:
        """Send keys and read until a text is on the screen."""
        self.send(keys)
        self.until(lambda: any(seen in line for line in self.lines))
        self.settle()

    def end(self, limit: float = 10.0) -> int:
        """Read to the end and return the exit code."""
        limit += time.monotonic()
        while time.monotonic() < limit:
            try:
                if select.select([self._fd], [], [], 0.05)[0]:
                    self._feed(os.read(self._fd, 65536))
                    continue
            except OSError:  # all who had the terminal open are gone
                pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.ended = os.waitstatus_to_exitcode(status)
                return self.ended
        raise AssertionError("it did not end:\n" + "\n".join(self.lines))

    def close(self) -> None:
        if self.ended is None:
            super().close()
            self.ended = -signal.SIGKILL
        elif self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


Open = Callable[..., Terminal]


def hidden(session: Terminal) -> list[str]:
    """Return the characters that are painted in the colour of their ground."""
    found = []
    for row in range(session.screen.lines):
        for column in range(session.screen.columns):
            char = session.screen.buffer[row][column]
            if char.data.strip() and char.fg == char.bg and char.fg != "default":
                found.append(f"{char.data} at {row}, {column}")
    return found


def not_ascii(session: Terminal) -> str:
    return "".join(sorted({char for line in session.lines for char in line if not char.isascii()}))


def colours(painted: bytes) -> list[bytes]:
    """Return the SGR sequences that name a colour, even the terminal's own."""
    found = []
    for sequence in re.findall(rb"\x1b\[([0-9;:]*)m", painted):
        codes = [int(code) for code in re.split(rb"[;:]", sequence) if code]
        if any(30 <= code <= 49 or 90 <= code <= 107 for code in codes):
            found.append(sequence)
    return found
