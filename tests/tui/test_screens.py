"""What a person would see: every pane and dialog, by size, by how many colours there are, and in ASCII."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from looking import Screen, broken_frame, faint, seen, text
from pty_terminal import ASCII, TABBED, TABS, TRUECOLOR, UTF8, Open, Terminal, colours

from scaletui.shell import WIDE
from scaletui.widgets.filters import ascii_of

SIZES = ((24, 80), (40, 120), (60, 200))


class Mode(NamedTuple):
    """How the app is started, and the contrasts that text, and lines and plots, have at least."""

    words: tuple[str, ...] = ()
    env: dict[str, str] = UTF8
    text: float = 4.5
    drawn: float = 3.0


MODES = {
    "truecolor": Mode(env=UTF8 | TRUECOLOR),
    "256": Mode(drawn=2.8),
    "16": Mode(("--color", "16"), UTF8 | {"TERM": "xterm"}, drawn=2.5),
    "mono": Mode(env=UTF8 | {"NO_COLOR": "1"}),
    "ascii": Mode(("--ascii",), ASCII, drawn=2.8),
}
HEADS = {
    "budget": r"law +N +D +D/N +loss +beyond +nearest",
    "emergence": r"name +family +C +N +at 5\.76e23",
    "speed": r"name +time/token +tokens/min +words/min +x human +GPUs +\$/M tokens",
    "copies": r"tokens a minute of a person +507 tokens",
    "learning": r"tokens a minute of a person +507 tokens",
    "batch": r"name +B +x steps +x tokens +step size",
}
PANES = [(str(n).encode(), name.lower()) for n, name in enumerate(TABS, 1)]
# Of dialogs: the keys that open one, those that leave it, and its title.
DIALOGS = {
    "help": (b"?", b"q", "Help: Budget"),
    "explained": (b"e", b"q", "Explained: kaplan-2020"),
    "laws": (b"v", b"q", "Laws (none marked"),
    "palette": (b":", b"\x07", "Palette: every action"),
    "tour": (b":tour\r", b"q", "What this is (1 of 4)"),
    "scenarios": (b"o", b"q", "Scenarios: the sources' own"),
    "ask": (b"S", b"\x07", "Save what stands in the fields as"),
    "copied": (b"y", b"q", "The command that prints this pane"),
    "export": (b"x", b"q", "Export Budget into"),
    "compared": (b"oc", b"q", "gopher"),
}


def walk(session: Terminal) -> Iterator[str]:
    """Yield the name of each screen, with the session showing it."""
    for key, name in PANES:
        session.press(key)
        yield name
        if name == "frontier":
            session.press(b"]]")
            yield "frontier, cursor"
            session.press(b"ri")
            yield "frontier, plot of the slice"
            session.press(b"i")
        elif name != "budget":
            session.press(b"p")
            yield f"{name}, plot"
            session.press(b"p")
    session.press(b"1")
    for name, (key, leave, _) in DIALOGS.items():
        session.press(key)
        yield name
        session.press(leave)
    session.press(b"f")
    yield "jump"
    session.press(b"f")  # the field of L
    yield "empty field"
    session.press(b"\x1b[Z\x05x")
    yield "wrong field"
    session.press(b"\x7f\r2")
    yield "frontier, compared"


BAR = r" (?:scaletui  )?C 5\.76e23   N by law   D by law   all laws"
TYPED = {"empty field": 3, "wrong field": 2, "ask": 0, "palette": 0}  # where a cursor shows, and in which row


def misplaced(lines: list[str], name: str) -> Iterator[str]:
    """Yield what is not where it belongs: the bars, the head of the table, the title of the dialog, a whole number."""
    if not re.match(BAR, lines[0]):
        yield f"no scenario in the first row: {lines[0]!r}"
    if name not in DIALOGS and lines[1].replace(" ", "")[: len(TABBED)] != TABBED:
        yield f"no tabs in the second row: {lines[1]!r}"
    if not re.match(r" \S+ [A-Z]", lines[-1]) and name not in ("jump", "ask", "palette"):
        yield f"no keys in the last row: {lines[-1]!r}"
    wanted = re.escape(DIALOGS[name][2]) if name in DIALOGS else HEADS.get(name, "")
    if not any(re.search(wanted, line) for line in lines[2:]):
        yield f"nowhere {wanted!r}"
    for line in lines:
        yield from (f"a number is cut: {line!r}" for _ in re.findall(r"(?<![\w-])[0-9][0-9.,]*~", line))


def unlike(lines: list[str], others: list[str], in_ascii: bool) -> Iterator[str]:
    """Yield the lines that say something else than in another mode."""
    for line, other in zip(lines, others, strict=True):
        if line != (ascii_of(other) if in_ascii else other):
            yield f"{line!r} was {other!r}"


def cursorless(screen: Screen, y: int, outside: int) -> Iterator[str]:
    """Yield a fault where no cell of a row stands out as a cursor, or the field looks as a cell outside of it."""
    grounds = [cell.ground for cell in screen[y]]
    cursor = next((x for x in range(1, len(grounds) - 1) if grounds[x] not in (grounds[x - 1], grounds[x + 1])), None)
    if cursor is None:
        yield f"no cursor in row {y}"
    elif screen[y][cursor + 3].seen[1:] == screen[y][outside].seen[1:]:
        yield f"no field in row {y}: {screen[y][cursor + 3]}"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def test_every_screen_is_readable_aligned_and_complete_in_every_mode(terminal: Open, size: tuple[int, int]) -> None:
    faults: list[str] = []
    first: dict[str, list[str]] = {}
    for mode, (words, env, least, least_drawn) in MODES.items():
        session = terminal(*size, *words, **env)
        for name in walk(session):
            screen = seen(session)
            lines = text(screen)
            plotted = "plot" in name or "frontier" in name or (name == "budget" and size[1] >= WIDE)
            found = [*faint(screen, least, least_drawn, 3 if plotted else size[0]), *misplaced(lines, name)]
            found += broken_frame(screen) if name in DIALOGS else ()
            if name in TYPED:
                y = TYPED[name] or next(n for n, line in enumerate(lines) if DIALOGS[name][2] in line) + 1
                found += cursorless(screen, y, next((x for x, char in enumerate(lines[y]) if char in "│|"), -1) + 1)
            if mode != "ascii" or not plotted:
                found += unlike(lines, first.setdefault(name, lines), mode == "ascii")
            if mode == "16":  # the terminal's own text may be as dark as the ground that is asked for
                found += [
                    f"no colour is named for {cell}" for row in screen for cell in row if "own " in str(cell.seen)
                ]
            faults += [f"{mode}, {name}: {fault}" for fault in found[:8]]
        assert bool(colours(session.painted)) == (mode != "mono")
        assert session.painted.isascii() == (mode == "ascii")
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults)


THEMED = [
    ("light", TRUECOLOR),
    ("contrast", TRUECOLOR),
    ("light", {}),
    ("contrast", {}),
    ("sixteen", {}),
    ("terminal", {}),
]


@pytest.mark.parametrize(("theme", "env"), THEMED, ids=str)
def test_every_theme_is_readable(terminal: Open, theme: str, env: dict[str, str]) -> None:
    session = terminal(24, 80, "--theme", theme, **env)
    faults = []
    for keys, plot_from in (
        (b"", 24),
        (b"2", 3),
        (b"4p", 10),
        (b"p/", 24),
        (b"\x0570C", 24),
        (b"\r1:", 24),
        (b"\x07?", 24),
    ):
        session.press(keys)
        screen = seen(session)
        found = [*faint(screen, 4.5, 2.5 if theme == "sixteen" else 2.8, plot_from)]
        found += cursorless(screen, 2, 0) if keys in (b"p/", b"\x0570C") else ()
        faults += [f"after {keys!r}: {fault}" for fault in found]
    assert not faults, "\n".join(faults[:40])


@pytest.mark.parametrize("mode", MODES)
def test_a_notice_is_readable_and_framed(terminal: Open, mode: str) -> None:
    words, env, least, least_drawn = MODES[mode]
    session = terminal(24, 80, *words, **env, XDG_STATE_HOME="/dev/null")
    assert any("the session is not kept" in line for line in session.lines)
    assert list(faint(seen(session), least, least_drawn, 24)) == []


NUMBER = re.compile(r"(?<![\w.^])-?\$?\d[\d.,]*(?:e[+-]?\d+)?[\w%]*")


def test_no_number_is_cut_on_a_small_terminal(terminal: Open) -> None:
    numbers: list[dict[str, set[str]]] = []
    for rows, columns in ((24, 80), (60, 159)):
        session = terminal(rows, columns, NO_COLOR="1")
        numbers.append({})
        for key, name in PANES:
            session.press(key)
            if name != "frontier":
                pages = [session.lines]
                while session.press(b"\x1b[6~"):  # page down
                    pages.append(session.lines)
                numbers[-1][name] = set(NUMBER.findall("\n".join(line for page in pages for line in page[2:-1])))
    for name, found in numbers[1].items():
        least = {"fit": 4, "benchmark": 3}.get(name, 10)  # which have no answer without a file, or a measurement
        assert len(found) > least, name
        assert numbers[0][name] <= found, name
        assert len(numbers[0][name]) > 0.8 * len(found), name  # the least: fields below others, where a row comes from


OF_DIALOGS = ("q", "q", "j", "k", "G", "\x1b[6~")
OF_PANES = (
    *"1234567jkGpaimsbc+-][r?evoyxfTRuUw/7=",
    *("e2", "x", "\x05", "\x7f", "\t", "\r", "\x1b[A", "\x1b[D", "\x1b[5~", "\x1b[Z"),
)


@pytest.mark.parametrize("name", ["xterm-256color", "screen"])
@pytest.mark.parametrize("size", [(24, 80), (40, 170)], ids=str)
def test_what_was_painted_bit_by_bit_is_what_a_repaint_shows(terminal: Open, name: str, size: tuple[int, int]) -> None:
    seed = 20260704 + size[1]
    print(f"seed {seed}")
    draw = random.Random(seed)
    session = terminal(*size, TERM=name)
    pressed = []
    for number in range(1, 101):
        dialog = any("┌──" in line for line in session.lines)
        pressed.append(draw.choice(OF_DIALOGS if dialog else OF_PANES))
        session.press(pressed[-1].encode())
        if number % 20 == 0:
            stood = seen(session)
            session.press(b"\x0c")
            painted = seen(session)
            differs = [
                (y, x, stood[y][x], painted[y][x])
                for y in range(size[0])
                for x in range(size[1])
                if stood[y][x].seen != painted[y][x].seen
            ]
            assert not differs, f"after {pressed}: {differs[:5]}"
