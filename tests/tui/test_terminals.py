"""The real app in a pseudo-terminal, over terminal types, locales, sizes and settings: what a person would see."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from terminal import Session

ROOT = Path(__file__).resolve().parents[2]
APP = [sys.executable, "-m", "scaletui"]
LAWS = (
    "kaplan-2020",
    "chinchilla-1",
    "chinchilla-2",
    "chinchilla-3",
    "chinchilla-3-rounded",
    "epoch-2024",
    "lecture-2025",
    "muennighoff-2023",
    "deepseek-2024",
    "porian-2024",
    "llama-3",
)
UTF8 = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
ASCII = {"LANG": "C", "LC_ALL": "C"}
POSIX = {"LANG": "POSIX", "LC_ALL": "POSIX"}
TRUECOLOR = {"COLORTERM": "truecolor"}
KEYS = "s Solve for  / Edit  e Explain  v Laws"
TABS = ("Budget", "Frontier", "Emergence", "Speed", "Copies", "Learning", "Batch")


class Terminal(Session):
    """A session that keeps all bytes, and waits for what is seen rather than for a time."""

    def __init__(
        self, rows: int, columns: int, env: dict[str, str], *words: str, app: Sequence[str] = tuple(APP)
    ) -> None:
        self.painted = b""
        self.ended: int | None = None
        self._seen: tuple[int, list[str]] = (-1, [])
        super().__init__([*app, *words], rows, columns, {"PYTHONPATH": str(ROOT), **env})

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
        self.until(lambda: "Help" in self.lines[-1] and "scaletui" in self.lines[0])
        self.settle()

    def settle(self) -> None:
        """Read until nothing has come for a fifth of a second."""
        while select.select([self._fd], [], [], 0.2)[0]:
            self._feed(os.read(self._fd, 65536))

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
        else:
            os.close(self._fd)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal() -> Iterator[Open]:
    """``terminal(rows, columns, *words, **environment)`` opens the app; all are closed at the end."""
    opened: list[Terminal] = []

    def start(rows: int = 24, columns: int = 80, *words: str, **env: str) -> Terminal:
        opened.append(Terminal(rows, columns, env, *words))
        opened[-1].ready()
        return opened[-1]

    yield start
    for session in opened:
        session.close()


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


MATRIX = [
    (name, locale, size)
    for name in ("xterm-256color", "screen", "linux")
    for locale in (UTF8, ASCII)
    for size in ((24, 80), (50, 200))
]
EXTRA = [
    ("xterm-256color", UTF8 | {"NO_COLOR": "1"}, (24, 80)),
    ("xterm-256color", POSIX | {"NO_COLOR": "1"}, (24, 80)),
    ("xterm-256color", UTF8 | TRUECOLOR, (24, 80)),
    ("xterm-256color", UTF8 | {"NO_COLOR": ""}, (24, 80)),
]


@pytest.mark.parametrize(
    ("name", "settings", "size"),
    [*MATRIX, *EXTRA],
    ids=str,
)
def test_what_a_person_sees(terminal: Open, name: str, settings: dict[str, str], size: tuple[int, int]) -> None:
    session = terminal(*size, TERM=name, **settings)

    def check() -> None:
        assert hidden(session) == []
        if settings["LANG"] in ("C", "POSIX") or name == "linux":
            assert not_ascii(session) == ""
        if settings.get("NO_COLOR"):
            assert colours(session.painted) == []
        else:
            assert colours(session.painted) != []

    assert session.lines[0].startswith(" scaletui  C 5.76e23   N by law   D by law   all laws")
    assert session.lines[1].split()[: 2 * len(TABS)] == [
        word for n, tab in enumerate(TABS, 1) for word in (str(n), tab)
    ]
    assert session.lines[-1].startswith(f" {KEYS}")
    header = next(i for i, line in enumerate(session.lines) if line.split()[:5] == ["law", "N", "D", "D/N", "loss"])
    for offset, law in enumerate(LAWS, 1):
        line = session.lines[header + offset]
        assert line.split()[0] == law
        assert "~" not in line
    check()
    session.type(b"2", "100M")
    assert "Compute-optimal N against C" in "\n".join(session.lines)
    check()
    session.type(b"e", "Explained: ")
    session.type(b"q", "Compute-optimal")
    for key, seen in ((b"3", "next, word-in-context"), (b"4", "roofline"), (b"5", "forward passes"), (b"7", "B_noise")):
        session.type(key, seen)
        check()
    session.type(b"1/\x05x", "is not a suffix")
    check()
    session.type(b"\x7f?", "Help: Budget")
    check()


def test_a_terminal_below_the_smallest_says_what_it_needs(terminal: Open) -> None:
    session = Terminal(10, 40, {})
    try:
        session.until(lambda: any("Make me larger" in line for line in session.lines))
        assert "60x18" in "".join(session.lines)
        assert "40x10" in "".join(session.lines)
        session.send(b"q")
        assert session.end() == 0
    finally:
        session.close()


@pytest.mark.parametrize(
    ("words", "env", "ascii", "colors"),
    [
        ("--ascii --color none", {}, True, None),
        ("--color 256", TRUECOLOR | {"NO_COLOR": "1"}, False, rb"[34]8;5;"),
        ("", TRUECOLOR | {"SCALETUI_COLOR": "16", "SCALETUI_ASCII": "yes"}, True, rb"(?:3|4|9|10)[0-7]"),
        ("--color truecolor", {"SCALETUI_ASCII": "no", "LANG": "C", "LC_ALL": "C"}, False, rb"[34]8;2;"),
    ],
)
def test_it_shows_what_was_asked_for(
    terminal: Open, words: str, env: dict[str, str], ascii: bool, colors: bytes | None
) -> None:
    session = terminal(24, 80, *words.split(), **{**UTF8, **env})
    session.type(b"2", "100M")
    assert (not_ascii(session) == "") == ascii
    found = colours(session.painted)
    assert bool(found) == (colors is not None)
    others = [one for one in (rb"[34]8;2;", rb"[34]8;5;") if one != colors]
    assert colors is None or any(re.search(colors, one) for one in found)
    assert [one for one in found if any(re.search(other, one) for other in others)] == []


def test_keys_sent_in_one_go_are_not_lost(terminal: Open) -> None:
    session = terminal()
    session.type(b"/\x05\x7f1\t70B\r?", "Help: Budget")
    session.type(b"q?", "Help: Budget")
    session.type(b"q2i", "isoFLOP slice at C = 5.76e21 FLOP")
    assert "N 70B" in session.lines[0]


def test_a_key_behind_typed_text_acts_on_all_of_it(terminal: Open) -> None:
    session = terminal()
    session.type(b"/\x7f\t70B\t1.4T\rs", "solved for: N = C/(6 D)")
    assert session.lines[0].startswith(" scaletui  C 5.88e23   N =70B   D 1.4T ")
    session.type(b":afresh\ru", "undone: calc.flops")
    session.type(b"/7e22\x1b[5~\x1a", "undone: calc.flops")
    assert session.lines[0].startswith(" scaletui  C 5.88e23   N =70B   D 1.4T ")


def test_panes_follow_keys_sent_in_one_go(terminal: Open) -> None:
    session = terminal()
    session.type(b"1/\x05\x7f1\r4/70B\r", "5.22 ms")
    session.type(b"5/\t\t5\r4/\x05\x7f\x7f\x7f\r", "(budget)")
    assert "C 5.76e21" in session.lines[0]
    assert "70B" not in "".join(session.lines[2:9])
    session.type(b"5", "copies after k-tiling")


def test_a_paste_is_text(terminal: Open) -> None:
    session = terminal()
    session.type(b"/", "C = 5.76e23")
    session.type(b"\x1b[200~\x1b]0;title\x07\x1b[2J\x1b[201~", "last good answer below")
    assert session.lines[0].startswith(" scaletui  C 5.76e23")
    assert b"\x1b]0;title" not in session.painted
    assert b"\x1b[2J" not in session.painted


def test_idle_it_paints_nothing(terminal: Open) -> None:
    session = terminal()
    session.type(b"/", "C = 5.76e23")
    session.type(b"\r4/", "N = 72.2487B parameters, from the budget")
    painted, _ = session.idle(3.0)
    assert painted == 0


RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1000l")


@pytest.mark.parametrize(
    ("keys", "code"),
    [(b"q", 0), (b"\x11", 0), (b"\x03", 130), (b"/\x03", 130), (b"v\x03", 130), (b"?\x03", 130)],
)
def test_leaving_gives_the_terminal_back(terminal: Open, keys: bytes, code: int) -> None:
    session = terminal()
    start = len(session.painted)
    session.send(keys)
    assert session.end() == code
    for sequence in RESTORED:
        assert sequence in session.painted[start:]
    assert b"Traceback" not in session.painted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(terminal: Open, number: signal.Signals) -> None:
    session = terminal()
    os.kill(session.pid, number)
    assert session.end() == 128 + number
    for sequence in RESTORED:
        assert sequence in session.painted


def test_it_ends_when_the_terminal_goes_away(terminal: Open) -> None:
    session = terminal()
    os.close(session._fd)
    session._fd = os.open(os.devnull, os.O_RDONLY)
    end = time.monotonic() + 10
    while session.ended is None:
        assert time.monotonic() < end
        pid, status = os.waitpid(session.pid, os.WNOHANG)
        if pid:
            session.ended = status
        else:
            select.select([], [], [], 0.02)


@pytest.mark.parametrize("name", ["dumb", "unknown", ""])
def test_a_dumb_terminal_is_refused_in_one_line(name: str) -> None:
    session = Terminal(24, 80, {"TERM": name})
    assert session.end() == 2
    session.close()
    assert session.painted.count(b"\n") == 1
    assert session.painted.startswith(b"scaletui: the app needs a terminal that can move its cursor")
    assert b"\x1b" not in session.painted


def test_without_a_terminal_it_is_refused_in_one_line(clean_environment: dict[str, str]) -> None:
    done = subprocess.run(
        APP,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={**clean_environment, "TERM": "xterm"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert b"scaletui calc" in done.stderr
