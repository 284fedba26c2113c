"""The whole app by keys alone in a real tmux: what is read off its screen is what the commands print."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from in_tmux import TMUX, Tmux, tmux

BUDGET = ("--hardware", "512xH100", "--days", "30", "--law", "chinchilla-3")
RANGE = ("--tokens", "1T..2T")
SCROLLBAR = " ▁▂▃▄▅▆▇█"
_TIMES = {"": 1.0, "%": 0.01, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_NUMBER = re.compile(r"\$?([0-9][0-9,]*(?:\.[0-9]+)?)(e[0-9]+)?([%kKMBT]?)")


@pytest.fixture(autouse=True)
def _with_tmux(require: Callable[..., None]) -> None:
    require("tmux", TMUX is not None, "tmux is not installed")


class Row(NamedTuple):
    """A row of an answer, as ``--format json`` prints it in full."""

    label: str
    value: float
    low: float | None
    high: float | None


def rows_of(printed: str) -> dict[tuple[str, str | None], Row]:
    """Return the rows of an answer by id, and by law or what else they are of."""
    rows = json.loads(printed)["rows"]
    return {
        (row["id"], row["law"] or row.get("subject")): Row(row["label"], row["value"], row["low"], row["high"])
        for row in rows
        if row["value"] is not None
    }


def words(text: str) -> str:
    """Return a text with its lines in one and single spaces."""
    return " ".join(text.split())


def line_of(screen: str, start: str) -> str:
    """Return the line of the screen that begins with a text, without that."""
    (line,) = [line for line in screen.splitlines() if line.strip().startswith(start)]
    return line.strip(SCROLLBAR)[len(start) :].strip()


def agree(shown: str, value: float | None) -> None:
    """See that a number on the screen is a full one, rounded to three digits or more."""
    found = _NUMBER.fullmatch(shown)
    assert found is not None, shown
    number = float(found[1].replace(",", "") + (found[2] or "")) * _TIMES[found[3]]
    assert value is not None
    assert any(isclose(number, float(f"{value:.{digits}g}")) for digits in range(3, 8)), (shown, value)


@pytest.fixture
def home_of_tmux(tmp_path: Path, home: Path) -> dict[str, str]:
    """An empty home, but for what is compiled once."""
    folders = {f"XDG_{what}_HOME": str(tmp_path / what.lower()) for what in ("CONFIG", "DATA", "STATE")}
    return {"HOME": str(tmp_path), "LANG": "C.UTF-8", "XDG_CACHE_HOME": str(home / ".cache"), **folders}


@pytest.fixture
def printed(run_cli: Callable[..., Any], home_of_tmux: dict[str, str]) -> Callable[..., str]:
    """``printed("calc", "--flops", "1e21")``: what a command prints in the same home, the same each time."""

    @cache
    def run(*arguments: str) -> str:
        done = run_cli(*arguments, env=home_of_tmux)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def test_the_whole_app_by_keys_alone(home_of_tmux: dict[str, str], printed: Callable[..., str]) -> None:
    with tmux(80, 24, **home_of_tmux) as session:
        session.until("C 5.76e23", "? Help")
        # 512 H100s for 30 days, at the MFU of 40% that stands there, under one law
        session.press("/ BSpace Tab Tab Tab Tab", "nothing to start from")
        session.type("512xH100")
        session.keys("Tab")
        session.type("30d")
        session.press("Enter", "on 512xh100")
        session.press("v j j j o", "[x] chinchilla-3 ")
        screen = session.press("Enter", "   chinchilla-3   ", no_dialog)
        law = calculated(screen, printed)
        next_one = emerged(session, law, printed)
        sped_up = sped(session, law, printed)
        screen = ranged(session, printed)
        explained(session, printed)
        copied(session, screen, printed)
        # saved, left, and opened again
        session.press("S", "Save what stands in the fields as")
        session.type("rented")
        session.press("Enter", "saved as rented")
        session.press("q", "left with 0")
    shown = words(printed("scenario", "show", "rented"))
    number, _, span = line_of(screen, "your model's parameters N").partition(" parameters ")
    assert f"parameters N {number} {span}" in shown
    for text in (*sped_up, next_one):
        assert text in shown
    saved = json.loads(printed("calc", "--scenario", "rented", "--format", "json"))
    assert saved["rows"] == json.loads(printed("calc", *BUDGET, *RANGE, "--format", "json"))["rows"]
    with tmux(80, 24, **home_of_tmux) as session:
        again = session.until("as you left it", "(43.7B to", without_waiting).splitlines()
        assert again[:-1] == screen.splitlines()[:-1]
        session.press("4", "speed-up that latency leaves")


def without_waiting(screen: str) -> bool:
    """Whether nothing is still being computed."""
    return not any(sign in screen for sign in ("...", "compiling"))


def no_dialog(screen: str) -> bool:
    """Whether nothing has come up over the panes."""
    return "┌──" not in screen


def calculated(screen: str, printed: Callable[..., str]) -> dict[tuple[str, str | None], Row]:
    """Compare the optimum with `scaletui calc`, and return its rows."""
    table = printed("calc", *BUDGET)
    assert words(line_of(table, "chinchilla-3 ")) == words(line_of(screen, "chinchilla-3 "))
    assert words(line_of(table, "law ")) == words(line_of(screen, "law "))
    rows = rows_of(printed("calc", *BUDGET, "--format", "json"))
    shown = dict(zip(line_of(screen, "law ").split(), line_of(screen, "chinchilla-3 ").split(), strict=False))
    ids = {"N": "params", "D": "tokens", "D/N": "tokens_per_param", "loss": "loss"}
    for name, id in ids.items():
        agree(shown[name], rows[id, "chinchilla-3"].value)
    for id in ("compute", "pf_days", "cost", "energy"):
        row = next(row for (name, _), row in rows.items() if name == id)
        number, *unit = line_of(screen, row.label).split()
        agree(number, row.value / (3.6e9 if unit == ["MWh"] else 1))
    return rows


def emerged(session: Tmux, law: dict[tuple[str, str | None], Row], printed: Callable[..., str]) -> str:
    """Compare Emergence with `scaletui emergence`, and return the line that says what is next."""
    screen = session.press("3", "needs 4.76x, next")
    asked = ("emergence", "--flops", repr(law["compute", None].value))
    rows = rows_of(printed(*asked, "--format", "json"))
    for id in ("seen_count", "of_count", "next_times_more"):
        row = rows[id, None]
        agree(line_of(screen, row.label), row.value)
    (name,) = [name for id, name in rows if id == "next" and name]
    line = line_of(screen, f"{name} ")
    assert words(line) == words(line_of(printed(*asked), f"{name} "))
    agree(line.split()[1], rows["next", name].value)
    return f"{row.label} {line_of(screen, row.label)}"


def sped(session: Tmux, law: dict[tuple[str, str | None], Row], printed: Callable[..., str]) -> list[str]:
    """Set k = 5 by a jump, compare both speed-ups with `scaletui speed`, and return their lines."""
    session.press("4", "roofline")
    session.press("f", "a letter: its field")
    session.press("f", "k-tiling: tiles of 1/k")
    session.type("5")
    screen = session.press("Enter", "speed-up that latency leaves", lambda text: "k = 5" not in text)
    asked = ("speed", "--k", "5", "--params", repr(law["params", "chinchilla-3"].value), "--hardware", "8xH100")
    rows = rows_of(printed(*asked, "--format", "json"))
    lines = []
    for row in (rows["speed_factor", None], rows["latency_speed_factor", None]):
        number = line_of(screen, row.label).split()[0]
        agree(number, row.value)
        lines.append(f"{row.label} {number}")
    assert rows["speed_factor", None].value == 25
    assert words(line_of(screen, "roofline ")) == words(line_of(printed(*asked), "roofline "))
    return lines


def ranged(session: Tmux, printed: Callable[..., str]) -> str:
    """Make D a range, and compare the intervals with `scaletui calc --tokens 1T..2T`."""
    session.press("1 f", "a letter: its field")
    session.press("d", "D = ")
    session.type("1T..2T")
    session.press("Enter", "D 1T..2T")
    screen = session.until("95%", without_waiting, limit=120)  # formulas are compiled once for each home
    rows = rows_of(printed("calc", *BUDGET, *RANGE, "--format", "json"))
    for row in (rows["model_params", None], rows["model_tokens", None], rows["model_tokens_per_param", None]):
        line = line_of(screen, row.label)
        found = re.fullmatch(r"(\S+) \S+ \((\S+) to (\S+)\).*", line)
        assert found is not None, line
        for shown, value in zip(found.groups(), row[1:], strict=True):
            agree(shown, value)
    loss = rows["model_loss", "chinchilla-3"]
    agree(line_of(screen, "chinchilla-3 ").split()[4], loss.value)
    agree(line_of(screen, "5%"), loss.low)
    agree(line_of(screen, "95%"), loss.high)
    return screen


def place(page: str) -> tuple[int, ...]:
    """Return which lines of a text are in sight: the first, the last, and of how many."""
    found = re.search(r"q: close   (\d+)-(\d+) of (\d+)", page)
    return tuple(map(int, found.groups())) if found else (0, 0, 0)


def explained(session: Tmux, printed: Callable[..., str]) -> None:
    """Compare the explanation of the law with that of the command, all that stands on its pages."""
    told = words(printed("calc", *BUDGET, *RANGE, "--explain"))
    wanted = ("(model_params): 61.9B parameters (43.7B to", "(model_loss): 1.9241 nats/token (1.9218 to")
    page, end, lines = session.press("e", "Explained: chinchilla-3", lambda text: any(place(text))), 0, [""]
    while True:
        top, end, of = place(page)
        start = next(n for n, line in enumerate(page.splitlines()) if "Explained:" in line) + 1
        shown = [line.strip(SCROLLBAR + "│").strip(SCROLLBAR) for line in page.splitlines()[start:]]
        lines[top:] = shown[: end - top + 1]
        if end == of:
            break
        # the place stands below the lines, so when it has gone on they have
        page = session.press("NPage", lambda text, end=end: place(text)[1] > end)
    assert len(lines) == of + 1
    read_here = "\n".join(lines)
    assert [text for text in wanted if text not in read_here] == []
    for start in ("formula: ", "with: "):
        found = {line for line in read_here.splitlines() if line.startswith(start)}
        assert len(found) > 5
        assert [line for line in found if words(line) not in told] == []
    session.press("q", "e Explain", no_dialog)


def copied(session: Tmux, screen: str, printed: Callable[..., str]) -> None:
    """Copy the command, run it, and compare what it prints with the screen."""
    session.press("y", "The command that prints this pane")
    lines = [line.strip(" │") for line in session.lines if line.startswith("│")]
    start = next(number for number, line in enumerate(lines) if line.startswith("scaletui "))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    shell = ["sh", "-c", "printf '%s\n' " + "\n".join(lines[start : end + 1])]  # the words as a shell takes them
    _, *command = subprocess.run(shell, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = json.loads(printed(*command, "--format", "json"))["rows"]
    assert rows == json.loads(printed("calc", *BUDGET, *RANGE, "--format", "json"))["rows"]
    table = printed(*command)
    for start_of_line in ("your model's parameters N", "chinchilla-3 ", "5%", "95%"):
        assert words(line_of(table, start_of_line)) == words(line_of(screen, start_of_line))
    session.press("q", "e Explain", no_dialog)


# --- what stock tmux delivers ----------------------------------------------------------------------------------------


@pytest.fixture(params=["screen", "tmux-256color"])
def session(request: pytest.FixtureRequest, home_of_tmux: dict[str, str]) -> Iterator[Tmux]:
    with tmux(80, 24, **home_of_tmux, TERM=request.param) as one:
        one.until("C 5.76e23", "? Help")
        yield one


def test_fields_are_nudged_undone_and_left(session: Tmux) -> None:
    session.press("/", "C = 5.76e23 FLOP", "enter Results")
    for key, text in (("S-Up", "1.152e24"), ("S-Down", "5.76e23"), ("PPage", "5.76e24"), ("NPage", "5.76e23"),
                      ("Up", "6.34e23"), ("C-z", "5.76e23"), ("C-y", "6.34e23"), ("Down", "5.76e23")):  # fmt: skip
        session.press(key, f"C         {text} ", f"C = {text} FLOP")
    session.press("Tab", "N = 72.2487B")
    session.press("BTab", "C = 5.76e23")
    session.press("End", "C = 5.76e23")
    session.press("BSpace", "C = 576 FLOP")
    session.press("Escape", "C 576 ", "s Solve for")
    session.press("u", "C 5.76e23 ")


def test_dialogs_open_from_a_field_and_close(session: Tmux) -> None:
    session.press("/", "enter Results")
    session.press("C-s", "Save what stands in the fields as")
    session.press("C-g", "enter Results", no_dialog)
    session.press("C-p", "Palette: every action by name")
    session.press("Escape", "enter Results", no_dialog)
    session.press("?", "Help: Budget")
    session.press("Escape", "enter Results", no_dialog)
    session.press("Enter", "s Solve for")
    titles = {
        "?": "Help: ",
        "e": "Explained: ",
        "v": "Laws (none",
        "y": "The command",
        "x": "Export Budget",
        "o": "Scen",
    }
    for key, title in titles.items():
        for end in ("q", "Escape"):
            session.press(key, "┌──", title)
            session.press(end, "s Solve for", no_dialog)
    session.press("C-q", "left with 0")


def test_a_screen_that_was_lost_is_painted_again(session: Tmux) -> None:
    session.press("v", "Laws (none marked")  # by then all of the first paint is there, its scrollbar too
    before = session.press("q", "kaplan-2020", "? Help", no_dialog)
    session.run("send-keys", "-R")
    session.run("clear-history")
    session.until(lambda text: "kaplan-2020" not in text)
    session.keys("C-l")
    assert session.until("kaplan-2020", "? Help") == before


def test_it_follows_the_size_of_its_window(session: Tmux) -> None:
    session.run("resize-window", "-x", "200", "-y", "50")
    session.until("Compute-optimal N against C", "kaplan-2020", lambda text: len(text.splitlines()) == 50)
    session.run("resize-window", "-x", "50", "-y", "10")
    session.until("Make me larger", "60x18", "50x10")
    session.run("resize-window", "-x", "80", "-y", "24")
    session.until("kaplan-2020", "? Help", lambda text: "Compute-optimal" not in text)


@pytest.mark.parametrize(("option", "tracked"), [((), "1"), (("--no-mouse",), "0")])
def test_the_mouse_is_left_alone_where_that_is_asked_for(
    home_of_tmux: dict[str, str], option: tuple[str, ...], tracked: str
) -> None:
    with tmux(80, 24, *option, **home_of_tmux) as one:
        one.until("? Help")
        assert one.run("display-message", "-p", "#{mouse_any_flag}").strip() == tracked
