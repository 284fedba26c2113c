"""A program in a pseudo-terminal: what it paints, when, and how many bytes that takes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path

import pyte

# Replies that a real terminal gives, without which Textual waits for them.
_REPLIES = (
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b[?2048$p", b"\x1b[?2048;0$y"),
    (b"\x1b[6n", b"\x1b[1;1R"),
    (b"\x1b[c", b"\x1b[?1;2c"),
)
# What pyte does not know and would print: private modes with other letters, DCS and OSC strings.
_UNKNOWN = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]|\x1bP[^\x1b]*\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)


class Session:
    """Runs ``command`` in a terminal of ``rows`` x ``columns`` and keeps its screen."""

    def __init__(
        self, command: list[str], rows: int = 24, columns: int = 80, env: dict[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._painted_at: float | None = None
        plain = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        environment = {**os.environ, **plain, "SCALETUI_TOUR": "no", "SCALETUI_RESTORE": "no", **(env or {})}
        for name in ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES"):
            if name not in (env or {}):
                environment.pop(name, None)
        self._start = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, quiet: float = 0.4, limit: float = 20.0) -> tuple[int, float | None]:
        """Read until nothing has come for ``quiet`` seconds; return the bytes and the time of the last one [s]."""
        count, last, end = 0, None, time.perf_counter() + limit
        while (now := time.perf_counter()) < end:
            if last is not None and now - last > quiet:
                break
            if last is None and self._painted_at is not None and now - end + limit > quiet:
                break
            if not select.select([self._fd], [], [], 0.005)[0]:
                continue
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                break
            if not data:
                break
            last = time.perf_counter()
            count += len(data)
            self._feed(data)
        return count, last

    def _feed(self, data: bytes) -> None:
        for asked, reply in _REPLIES:
            if asked in data:
                os.write(self._fd, reply)
        self._stream.feed(_UNKNOWN.sub(b"", data))
        if self._painted_at is None and any(line.strip() for line in self.screen.display):
            self._painted_at = time.perf_counter()

    def start(self) -> tuple[int, float, float]:
        """Wait for the first paint; return bytes, seconds to the first character seen, seconds to the last byte."""
        total, last = 0, None
        deadline = time.perf_counter() + 30
        while self._painted_at is None and time.perf_counter() < deadline:
            count, at = self.wait()
            total, last = total + count, at or last
        count, at = self.wait(quiet=0.6)
        total, last = total + count, at or last
        if self._painted_at is None or last is None:
            raise RuntimeError("nothing was painted: " + "\n".join(self.screen.display))
        return total, self._painted_at - self._start, last - self._start

    def key(self, keys: bytes, quiet: float = 0.35) -> tuple[int, float | None]:
        """Send keys; return the bytes painted and the seconds to the last of them."""
        sent = time.perf_counter()
        os.write(self._fd, keys)
        count, last = self.wait(quiet=quiet, limit=10)
        return count, None if last is None else last - sent

    def idle(self, seconds: float) -> tuple[int, float]:
        """Leave it alone; return the bytes it paints and the CPU time it takes [s]."""
        before, count, end = self._cpu(), 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            if select.select([self._fd], [], [], 0.1)[0]:
                count += len(os.read(self._fd, 65536))
        return count, self._cpu() - before

    def _cpu(self) -> float:
        # In nanoseconds, a thread a file; the clock ticks of /proc/PID/stat are half of what is bounded.
        tasks = f"/proc/{self.pid}/task"
        return sum(int(Path(tasks, task, "schedstat").read_text().split()[0]) for task in os.listdir(tasks)) / 1e9

    def memory(self) -> float:
        """Return the resident memory of the program [MB]."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024 / 1e6

    def leave_behind(self, keys: bytes) -> None:
        """Send keys, and leave: what a program keeps of itself is there for the next one."""
        self.start()
        self.key(keys)
        self.key(b"q")
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)
