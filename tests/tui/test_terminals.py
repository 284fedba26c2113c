"""The real app in a pseudo-terminal, over terminal types, locales, sizes and settings: what a person would see."""

from __future__ import annotations

import base64
import os
import re
import select
import signal
import subprocess
import time

import pytest
from pty_terminal import APP, ASCII, POSIX, TABBED, TRUECOLOR, UTF8, Open, Terminal, colours, hidden, not_ascii

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
KEYS = "s Solve for  / Edit  e Explain  v Laws"


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
    assert session.lines[1].replace(" ", "")[: len(TABBED)] == TABBED
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
    for key, seen in (
        (b"3", "next, word-in-context"),
        (b"4", "roofline"),
        (b"5", "tokens training"),
        (b"7", "B_noise"),
    ):
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


def test_keys_behind_a_pane_that_was_never_in_sight_act_on_what_it_shows(terminal: Open) -> None:
    session = terminal()
    session.type(b"4jje", "Explained: erdil-2025")
    session.type(b"q3jyq5jje", "Explained: time that one person would take")


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
    assert session.lines[0].startswith(" C 5.76e23")
    assert b"\x1b]0;title" not in session.painted
    assert b"\x1b[2J" not in session.painted


def test_idle_it_paints_nothing(terminal: Open) -> None:
    session = terminal()
    session.type(b"/", "C = 5.76e23")
    session.type(b"\r4/", "N = 72.2487B parameters, from the budget")
    painted, _ = session.idle(3.0)
    assert painted == 0


@pytest.mark.parametrize("option", [(), ("--no-mouse",)])
def test_the_bytes_turn_the_mouse_on_only_where_it_is_followed(terminal: Open, option: tuple[str, ...]) -> None:
    session = terminal(24, 80, *option)
    assert (b"\x1b[?1000h" in session.painted) == (not option)
    assert (b"\x1b[?1003h" in session.painted) == (not option)


def test_a_copied_command_is_sent_to_the_clipboard(terminal: Open) -> None:
    session = terminal()
    session.type(b"y", "The command that prints this pane")
    sent = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", session.painted)
    assert [base64.b64decode(one) for one in sent] == [b"scaletui calc --flops 5.76e23"]


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
