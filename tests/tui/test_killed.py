"""An app that is killed, hung up on or told to end comes back as it last stood still, whatever the moment."""

from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import FIELDS, PANES, PARTS, Desk, kept_in, script
from in_tmux import TMUX, tmux
from pty_terminal import Terminal

SEED = 20260514
KILLS = 100
ROUNDS = 10
"""Kills in one test; each test has a home of its own."""
STILL = 0.5
"""How long nothing must change until a state is kept [s]."""
FIRST = Desk({"calc.flops": "5.76e23"})


class Home:
    """A home with sessions in it, and the apps that are opened there."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "state" / "scaletui" / "sessions"
        self.env = {"HOME": str(path), "XDG_STATE_HOME": str(path / "state"), "SCALETUI_RESTORE": "yes"}
        self.opened: list[Terminal] = []

    def open(self, wide: bool = False) -> Terminal:
        self.opened.append(Terminal(24, 160 if wide else 80, self.env))
        return self.opened[-1]

    def states(self) -> list[dict[str, Any]]:
        """Return the states that lie there, whole: a draft is none."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                found.append(json.loads(path.read_bytes())["state"])
            except FileNotFoundError:  # an app that starts has renamed it
                return self.states()
        return found

    def inode(self) -> int:
        """Return the inode of the one file there: another once a state has been written anew."""
        while True:
            with suppress(FileNotFoundError):  # an app that starts has renamed it
                (path,) = self.folder.glob("*.json")
                return path.stat().st_ino

    def running(self) -> bool:
        """Return whether an app runs whose state lies there."""
        pids = [json.loads(path.read_bytes())["pid"] for path in self.folder.glob("*.json")]
        stats = [Path(f"/proc/{pid}/stat") for pid in pids]
        return any(stat.exists() and stat.read_text().rpartition(") ")[2][0] not in "ZX" for stat in stats)

    def state(self) -> dict[str, Any]:
        (state,) = self.states()
        return state

    def kept(self) -> dict[str, Any] | None:
        """Return what the one state that lies there comes to; None where there is none yet."""
        return kept_in(self.state()) if self.states() else None

    def flops(self) -> list[str]:
        """Return the C of every state that lies there."""
        return sorted(state["texts"]["calc"]["flops"] for state in self.states())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Home]:
    """A home of its own; what can be made again lies in the one that all tests share."""
    one = Home(tmp_path)
    yield one
    for terminal in one.opened:
        terminal.close()


def kill(terminal: Terminal) -> float:
    """Kill an app, and return when it was dead at the latest."""
    os.kill(terminal.pid, signal.SIGKILL)
    dead = time.monotonic()
    assert terminal.end() == -signal.SIGKILL
    return dead


def pump(terminal: Terminal, until: float) -> None:
    """Read what is painted until a moment."""
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal._fd], [], [], min(left, 0.02))[0]:
            terminal._feed(os.read(terminal._fd, 65536))


def not_in_sight(terminal: Terminal, desk: Desk) -> str:
    """Return what of a desk is not on the screen; nothing where all of it is."""
    lines = terminal.lines
    if "scaletui" not in lines[0] or not lines[-1].strip():
        return "the bars"
    texts = desk.texts
    if texts.get("calc.flops") in FIELDS["budget"][0][2] and f"C {texts['calc.flops']} " not in lines[0]:
        return "C in the bar"
    if f"   {texts.get('calc.law', 'all laws')} " not in lines[0]:
        return "the laws in the bar"
    varies = any(".." in text for text in texts.values())
    ranges = ("ranges on" if desk.ranges else "ranges off") if varies else "no ranges"
    if f"   {ranges} " not in lines[0]:
        return f"{ranges} in the bar"
    tabs = re.search(rf" {PANES.index(desk.pane) + 1} ?{desk.pane.title()} ", f" {lines[1]} ")  # at 80 columns flush
    tab = tabs.start() if tabs else -1
    if tab < 0 or not terminal.screen.buffer[1][tab].reverse:
        return f"the tab of {desk.pane}"
    panes = desk.slots if desk.wide else (desk.pane,)
    for pane in panes:
        for name, label, _ in FIELDS.get(pane, {}).values():
            text = texts.get(f"{PARTS[pane]}.{name}")
            if text and not any(f" {label:<9} {text} " in line for line in lines):
                return f"{text} at {label} of {pane}"
    plots = sum(pane in desk.plotted or pane == "frontier" for pane in panes)
    return "" if "".join(lines).count("└") == plots else f"{plots} plots"


def opened(place: Home, desk: Desk, restored: bool = True) -> Terminal:
    """Open the app, and wait until a desk is in sight."""
    terminal = place.open(desk.wide)
    said = "as you left it" if restored else "? Help"
    try:
        terminal.until(lambda: said in terminal.lines[-1] and not_in_sight(terminal, desk) == "")
    except AssertionError as error:
        raise AssertionError(f"missing: {not_in_sight(terminal, desk)}\n{error}") from None
    return terminal


@pytest.mark.parametrize("shard", range(KILLS // ROUNDS))
def test_whenever_it_is_killed_the_last_state_that_stood_still_comes_back(place: Home, shard: int) -> None:
    """Killed while keys come, about when the state is written, when it has just been, and while the app starts."""
    rng = random.Random(SEED + shard)
    print(f"seed {SEED} + {shard}")
    desk = replace(FIRST, wide=shard % 2 == 1)
    terminal = opened(place, desk, restored=False)
    desk = desk.put({}, ranges=False)
    terminal.send(b"R")  # so that there is a state; two panes keep one as they are laid out
    terminal.until(lambda: place.kept() == desk.kept())
    for number in range(ROUNDS):
        assert place.kept() == desk.kept()
        steps = script(desk, rng, rng.choice((1, 1, 2, 3)))
        keys, desks = b"".join(key for key, _ in steps), [desk, *(one for _, one in steps)]
        able = [one.kept() for one in desks]
        how, moment = rng.choice(("typing", "typing", "write", "still", "start")[: 5 if number else 4]), rng.random()
        if how == "start":
            kill(terminal)
            terminal = place.open(desk.wide)
            sent = time.monotonic()
            pump(terminal, sent + STILL * moment)
        else:
            sent = time.monotonic()
            terminal.send(keys)
            if how == "still":
                with suppress(AssertionError):  # what is asserted below says more
                    terminal.until(lambda able=able: place.kept() == able[-1])
                pump(terminal, time.monotonic() + 0.1 * moment)
            else:
                pump(terminal, sent + (STILL * moment if how == "typing" else STILL + 0.1 * moment))
        dead = kill(terminal)
        left, whole, start = place.kept(), place.state(), place.inode()
        print(f"kill {number}: {how} at {moment:.3f}, keys {keys!r}, left {left}")
        if how == "start" or dead - sent < STILL:  # no state of these keys can have stood still
            assert left == able[0]
        elif how == "still":
            assert left == able[-1]
        assert left in able
        desk = desks[len(able) - 1 - able[::-1].index(left)].restored()
        terminal = opened(place, desk)
    terminal.send(b"\x0c")  # paints again, and changes nothing
    terminal.until(lambda: place.inode() != start)  # what the last app wrote, maybe before anyone could look
    assert place.state() == whole


# --- other ends ------------------------------------------------------------------------------------------------------


def type_flops(terminal: Terminal, text: str) -> None:
    """Type a C, and wait until it is seen."""
    terminal.send(b"1/" + text.encode() + b"\r")
    terminal.until(lambda: f"C {text} " in terminal.lines[0])


def seen_again(place: Home, text: str) -> None:
    terminal = place.open()
    terminal.until(lambda: f"C {text} " in terminal.lines[0] and "as you left it" in terminal.lines[-1])


def hang_up(terminal: Terminal) -> int:
    """Take the terminal away, as a connection that drops does, and return the exit code."""
    os.close(terminal._fd)
    terminal._fd = os.open(os.devnull, os.O_RDONLY)
    end = time.monotonic() + 30
    while not (ended := os.waitpid(terminal.pid, os.WNOHANG))[0]:
        assert time.monotonic() < end
        time.sleep(0.01)  # between two looks
    terminal.ended = os.waitstatus_to_exitcode(ended[1])
    return terminal.ended


def terminate(terminal: Terminal) -> int:
    os.kill(terminal.pid, signal.SIGTERM)
    return terminal.end()


@pytest.mark.parametrize(("end", "code"), [(hang_up, 128 + signal.SIGHUP), (terminate, 128 + signal.SIGTERM)])
def test_told_to_end_it_keeps_even_what_did_not_stand_still(
    place: Home, end: Callable[[Terminal], int], code: int
) -> None:
    terminal = place.open()
    terminal.ready()
    type_flops(terminal, "3e24")
    assert end(terminal) == code
    assert place.flops() == ["3e24"]
    seen_again(place, "3e24")


@pytest.mark.parametrize("pane", ["frontier", "learning"])
def test_it_comes_back_on_the_pane_that_it_was_left_on(place: Home, pane: str) -> None:
    terminal = place.open()
    terminal.ready()
    terminal.send(b"%dq" % (PANES.index(pane) + 1))
    assert terminal.end() == 0
    opened(place, FIRST.go(pane))


def test_a_tmux_that_is_killed_leaves_the_state(place: Home, require: Callable[..., None]) -> None:
    require("tmux", TMUX is not None, "tmux is not installed")
    with tmux(80, 24, **place.env) as session:
        session.until("? Help")
        session.type("/4e24")
        session.press("Enter", "C 4e24 ")
        session.run("kill-session")
        end = time.monotonic() + 30
        while place.flops() != ["4e24"] or place.running():
            assert time.monotonic() < end
            time.sleep(0.01)  # between two looks
    with tmux(80, 24, **place.env) as session:
        session.until("C 4e24 ", "as you left it")


def test_of_two_apps_at_once_none_loses_its_state(place: Home) -> None:
    terminals = []
    for text in ("1e21", "2e22"):
        terminals.append(place.open())
        terminals[-1].ready()
        type_flops(terminals[-1], text)
        terminals[-1].until(lambda text=text: text in place.flops())
    assert place.flops() == ["1e21", "2e22"]
    for terminal in terminals:
        kill(terminal)
    seen_again(place, "2e22")  # the most recent one
    seen_again(place, "1e21")
    assert place.flops() == ["1e21", "2e22"]


# --- where nothing can be kept ---------------------------------------------------------------------------------------

# Root writes whatever the mode says, unless it goes without that.
HELD_BY_MODES = """
import ctypes, os, sys
for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-m", "scaletui"])
"""


def said_aside(terminal: Terminal) -> str:
    """Return what stands in the notices at the right, without the last column, where a scrollbar may be."""
    return " ".join(" ".join(line.partition("▌")[2][:-1] for line in terminal.lines).split())


def works_and_says_once(terminal: Terminal, reason: str, keys: bytes, code: int) -> None:
    """See that the app says once why nothing is kept, works, and leaves with a code."""
    terminal.until(
        lambda: said_aside(terminal).startswith("the session is not kept: ") and reason in said_aside(terminal)
    )
    type_flops(terminal, "3e24")
    terminal.type(b"4", "roofline")
    terminal.idle(STILL + 0.2)  # by when it would have been kept
    terminal.send(keys)
    assert terminal.end() == code
    assert terminal.painted.count(b"the session is not kept") == 1
    assert b"Traceback" not in terminal.painted


def test_in_a_read_only_home_it_goes_on_from_the_last_state_and_says_once_that_none_is_kept(place: Home) -> None:
    terminal = place.open()
    terminal.ready()
    type_flops(terminal, "7e22")
    terminal.until(lambda: place.flops() == ["7e22"])
    kill(terminal)
    (path,) = place.folder.iterdir()
    before = path.read_bytes()
    place.folder.chmod(0o500)
    terminal = Terminal(24, 80, place.env, app=[sys.executable, "-c", HELD_BY_MODES])
    place.opened.append(terminal)
    terminal.until(lambda: "C 7e22 " in terminal.lines[0])
    works_and_says_once(terminal, "cannot be written", b"q", 0)
    assert [one.read_bytes() for one in place.folder.iterdir()] == [before]


@pytest.mark.parametrize(("where", "reason"), [("", "there is no home"), ("/proc", "No such file")])
def test_without_a_home_it_works_and_says_once_that_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, place: Home, where: str, reason: str
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    place.env = {"HOME": where} if where else {}
    terminal = place.open()
    if where:  # said when there is something to keep
        terminal.ready()
        type_flops(terminal, "2e24")
    works_and_says_once(terminal, reason, b"\x03", 130)


# --- a terminal that goes away, and an app that others stop ----------------------------------------------------------

PATIENT = """
import scaletui.start as start
start.PATIENCE = 1e9  # nothing forces it
from scaletui.__main__ import main
main()
"""
APART = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.exit(subprocess.call([sys.executable, "-c", sys.argv[1]], start_new_session=True))
"""


def of_its_own(place: Home, *app: str) -> Terminal:
    place.opened.append(Terminal(24, 80, place.env, app=[sys.executable, "-c", *app]))
    place.opened[-1].until(lambda: "? Help" in place.opened[-1].lines[-1])
    return place.opened[-1]


def threads(terminal: Terminal) -> int:
    return len(os.listdir(f"/proc/{terminal.pid}/task"))


def test_a_hang_up_that_also_continues_it_ends_it_without_force(place: Home) -> None:
    """What a lost terminal sends is SIGHUP and SIGCONT; stopped, it gets both at once."""
    terminal = of_its_own(place, PATIENT)
    type_flops(terminal, "3e24")
    os.kill(terminal.pid, signal.SIGSTOP)
    assert hang_up(terminal) == 128 + signal.SIGHUP
    assert place.flops() == ["3e24"]


def test_a_terminal_that_is_gone_ends_it_where_no_signal_says_so(place: Home) -> None:
    """A process that is in no session of the terminal's is not told."""
    terminal = of_its_own(place, APART, PATIENT)
    type_flops(terminal, "3e24")
    assert hang_up(terminal) == 128 + signal.SIGHUP
    assert place.flops() == ["3e24"]


UNREAD = """
import errno
from textual.drivers.linux_driver import LinuxDriver
def gone(self):
    raise OSError(errno.EIO, "Input/output error")  # what a read gets while the other end is being closed
LinuxDriver.run_input_thread = gone
from scaletui.__main__ import main
main()
"""


def test_a_terminal_that_cannot_be_read_is_no_fault_of_ours(place: Home) -> None:
    place.opened.append(terminal := Terminal(24, 80, place.env, app=[sys.executable, "-c", UNREAD]))
    assert terminal.end(60.0) == 128 + signal.SIGHUP
    assert b"Traceback" not in terminal.painted


UNDER_WAY = """
from scaletui.app import ScaletuiApp
leave = ScaletuiApp.exit
def exit(self, *arguments, **options):
    leave(self, *arguments, **options)
    self._handle_exception(RuntimeError("a pane that is switched to finds no place"))
ScaletuiApp.exit = exit
from scaletui.__main__ import main
main()
"""


def test_what_was_under_way_when_it_was_told_to_end_is_no_fault(place: Home) -> None:
    terminal = of_its_own(place, UNDER_WAY)
    type_flops(terminal, "3e24")
    assert terminate(terminal) == 128 + signal.SIGTERM
    assert place.flops() == ["3e24"]
    assert not list(place.folder.parent.glob("*broke*"))
    assert b"RuntimeError" not in terminal.painted


@pytest.mark.parametrize("stop", [signal.SIGSTOP, signal.SIGTSTP, None])
def test_stopped_and_continued_from_outside_it_goes_on_as_before(place: Home, stop: int | None) -> None:
    terminal = of_its_own(place, PATIENT)
    terminal.settle()
    before = threads(terminal)
    for text in ("3e24", "4e24"):
        if stop is not None:
            os.kill(terminal.pid, stop)
            terminal.until(lambda: state_of(terminal.pid) == "T")
        terminal._feed(b"\x1b[2J")  # another program had the screen
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.until(lambda: "? Help" in terminal.lines[-1] and "scaletui" in terminal.lines[0])
        terminal.settle()
        type_flops(terminal, text)
        assert threads(terminal) == before
    terminal.send(b"q")
    assert terminal.end() == 0


def state_of(pid: int) -> str:
    """Return the state of a process, as the kernel names it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


STUCK = """
import threading, scaletui.start as start
start.PATIENCE = 0.3
from scaletui.__main__ import main
threading.Thread(target=threading.Event().wait).start()  # as one that waits for a terminal that is gone
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_app_that_is_told_to_end_does_so_whatever_its_threads_wait_for(number: int, tmp_path: Path) -> None:
    session = Terminal(24, 80, {"HOME": str(tmp_path)}, app=[sys.executable, "-c", STUCK])
    try:
        session.ready()
        os.kill(session.pid, number)
        assert session.end(60.0) == 128 + number
    finally:
        session.close()
