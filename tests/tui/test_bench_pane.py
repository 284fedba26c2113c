"""The pane of measured speed: live, stopped at any time, kept, compared, gone on from; and no process outlives it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import fake_measuring
import pytest
from bench_known import TILED, result
from driving import SIZE, Pilots, app_of, echo, field, fill, screen_text, shown, until
from pty_terminal import Terminal
from textual.pilot import Pilot

from scaletui.app import ScaletuiApp
from scaletui.bench import asked, runner
from scaletui.cli import run
from scaletui.keeping import become, kept_of
from scaletui.panes.benchmark import BenchmarkPane
from scaletui.render.figures import FIGURES
from scaletui.session_state import encoded
from scaletui.widgets.bars import KeyBar, ScenarioBar
from scaletui.widgets.lines import LineView
from scaletui.widgets.plot import PlotView
from scaletui_core.measured import answer_of
from scaletui_core.measured_lists import compared, listed
from scaletui_core.pace import regressed

HERE = str(Path(__file__).parent)
ROOT = str(Path(__file__).parents[2])


class Place:
    """A folder of results, and the process that measures in a fake's place."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = path / "data" / "scaletui" / "bench"
        self._pid = path / "pid"
        self._patch = monkeypatch

    def keep(self, *documents: dict[str, Any]) -> None:
        """Put results there, the oldest first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number, document in enumerate(documents):
            path = self.folder / f"{document['name']}.json"
            path.write_text(json.dumps(document))
            os.utime(path, (1e9 + number, 1e9 + number))

    def hold(self, after: int | None) -> None:
        """Have the process stay where it is after so many timings; -2 is before anything."""
        if after is None:
            self._patch.delenv("FAKE_HOLD")
        else:
            self._patch.setenv("FAKE_HOLD", str(after))

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The results that are kept."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    @property
    def pid(self) -> int | None:
        """The process that measured last."""
        return int(self._pid.read_text()) if self._pid.exists() else None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((ROOT, HERE)))
    monkeypatch.setenv("FAKE_PID", str(tmp_path / "pid"))
    monkeypatch.setattr(runner, "_WORKER", "fake_measuring")
    monkeypatch.setattr(asked, "torch_is_there", lambda: True)
    one = Place(tmp_path, monkeypatch)
    yield one
    if one.pid is not None and is_alive(one.pid):
        os.kill(one.pid, signal.SIGKILL)
        raise AssertionError(f"the measuring process {one.pid} outlived its test")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not waited for does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    return False


def pane_of(pilot: Pilots) -> BenchmarkPane:
    pane = app_of(pilot).pane
    assert isinstance(pane, BenchmarkPane)
    return pane


def said(pilot: Pilots) -> str:
    return str(app_of(pilot).query_one(KeyBar).render())


async def opened(pilot: Pilots, **texts: str) -> BenchmarkPane:
    """Turn to the pane, and fill in its fields."""
    await pilot.press("9")
    pane = pane_of(pilot)
    for name, text in texts.items():
        await fill(pilot, name, text, "benchmark")
        await until(pilot, lambda name=name, text=text: pane.sheet.texts.get(name, "") == text)
    if texts:
        await pilot.press("enter")
    return pane


SHORT = {"ladder": "10..40:10", "repeats": "2", "batches": "4"}


async def measured(pilot: Pilots, **texts: str) -> BenchmarkPane:
    """Run a measurement to its end."""
    pane = await opened(pilot, **texts)
    await ran(pilot)
    return pane


async def ran(pilot: Pilots) -> None:
    """Press the key that runs, and wait for the end."""
    pane = pane_of(pilot)
    before = pane._work._thread
    await pilot.press("r")
    await until(pilot, lambda: pane._work._thread is not before and not pane._busy)


def counted(pane: BenchmarkPane) -> int:
    """How many timings the result in sight has."""
    return len(pane.sheet.document["points"]) if pane.sheet.document else 0


# Measuring


async def test_before_anything_was_measured_it_says_what_to_do(place: Place) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot)
        assert shown(app_of(pilot)) == ["nothing measured yet: r measures what the fields ask for"]
        assert pane.shown is None
        await pilot.press("e")
        assert "nothing to explain yet" in said(pilot)
        await pilot.press("s", "l")
        assert pane.sheet.showing == "list"
        assert place.pid is None
        assert not place.documents


async def test_typing_measures_nothing(place: Place) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("slash", "r", "r", "enter")
        assert pane.sheet.texts["model"] == "rr"
        assert not pane._busy
        assert place.pid is None


async def test_a_measurement_runs_to_its_end_and_is_kept(place: Place) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await measured(pilot, **SHORT)
        (kept,) = place.documents
        assert (kept["status"], kept["name"], len(kept["points"])) == ("done", "pythia-70m-cpu-fp32-1", 8)
        assert "measured, and kept: pythia-70m-cpu-fp32-1" in said(pilot)
        assert pane.sheet.answer == answer_of(kept, app.scenario.catalog)
        lines = shown(app)
        assert lines[0].startswith("pythia-70m-cpu-fp32-1: done, 8 timings, R^2 1.0000, 2")
        assert lines[1].split()[:4] == ["name", "time/token", "tokens/min", "words/min"]
        (line,) = [line for line in lines if line.startswith("measured")]
        slope = fake_measuring.SLOPE * 1.01  # of the medians of two repeats
        assert line.split()[1:5] == ["10.1", "ms", f"{60 / slope / 1000:.3g}k", f"{45 / slope:,.0f}"]
        assert any(line.startswith("batch 4 ") for line in lines)
        assert any(line.startswith("pythia-12b ") for line in lines)
        assert any(line.startswith("R^2 of the line") for line in lines)
        assert app.scenario.pending == ""
        assert echo(app) == ""
        assert place.pid is not None
        assert not is_alive(place.pid)


async def test_it_grows_as_timings_come_and_says_how_far_it_is(place: Place) -> None:
    place.hold(5)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 5)
        found = regressed(place.documents[0]["points"])
        assert found is not None
        rate, error = 60 / found.line.slope, 60 * found.line.slope_error / found.line.slope**2
        head = f"[############ ] 5 of 8 timings, {rate:,.0f} +- {error:,.0f} tokens/min, "
        assert echo(app).startswith(head)
        assert echo(app).endswith(" s left")
        assert str(app.query_one(ScenarioBar).render()).rstrip().endswith("measuring 5 of 8")
        line = next(line for line in shown(app) if line.startswith("measured"))
        assert line.split()[3:5] == [f"{rate / 1000:.3g}k", f"{rate * 0.75:,.0f}"]
        assert "Cancel" in said(pilot)
        assert "Use" in said(pilot)
        assert "Run" not in said(pilot)
        await pilot.press("5")
        assert "person-years of work" in screen_text(app)
        assert "measuring 5 of 8" in screen_text(app).splitlines()[0]
        await pilot.press("9")
        assert pane._busy
        await pilot.press("c")
        await until(pilot, lambda: not pane._busy)
        assert "measuring" not in screen_text(app).splitlines()[0]


async def test_time_that_is_left_goes_down_by_the_clock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaletui.panes.benchmark._TICK", 0.02)
    place.hold(3)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, ladder="1000,2000,3000", repeats="2")
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 3)
        first = echo(app_of(pilot))
        assert first.endswith((" min left", " s left"))
        monkeypatch.setattr(pane._work, "_at", time.monotonic() - 50)
        await until(pilot, lambda: echo(app_of(pilot)) != first)
        assert echo(app_of(pilot)).endswith(" s left")
        pane.action_cancel()
        await until(pilot, lambda: not pane._busy)


async def test_paints_are_few_while_it_measures_and_none_after(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[float] = []
    real = BenchmarkPane._show_live

    def noted(pane: BenchmarkPane) -> None:
        painted.append(time.monotonic())
        real(pane)

    monkeypatch.setattr(BenchmarkPane, "_show_live", noted)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await measured(pilot, ladder="1..300:1", repeats="1")
        assert counted(pane) == 300
        gaps = [after - before for before, after in pairwise(painted[1:])]
        assert min(gaps, default=1.0) > 0.29
        assert pane._ticker is not None
        assert not pane._ticker._active.is_set()


async def test_a_key_stops_it_and_what_was_timed_is_kept(place: Place) -> None:
    place.hold(5)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 5)
        pid = place.pid
        assert pid is not None
        assert is_alive(pid)
        await pilot.press("c")
        await until(pilot, lambda: not pane._busy)
        assert not is_alive(pid)
        (kept,) = place.documents
        assert (kept["status"], len(kept["points"])) == ("interrupted", 5)
        assert "stopped; kept: pythia-70m-cpu-fp32-1" in said(pilot)
        assert shown(app_of(pilot))[0].startswith("pythia-70m-cpu-fp32-1: interrupted, 5 timings")
        assert any("interrupted: 5 of its timings" in line for line in shown(app_of(pilot)))
        place.hold(None)
        await ran(pilot)
        assert [one["status"] for one in place.documents] == ["interrupted", "done"]


async def test_a_key_times_the_rest_of_what_broke_off(place: Place) -> None:
    place.hold(5)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 5)
        assert "The rest" not in said(pilot)
        await pilot.press("t", "c")  # nothing while it measures
        await until(pilot, lambda: not pane._busy)
        (before,) = place.documents
        place.hold(None)
        await pilot.press("l")
        assert "The rest" in said(pilot)
        await pilot.press("t")
        await until(pilot, lambda: not pane._busy and place.documents[0]["status"] == "done")
        (after,) = place.documents
        assert (after["name"], after["id"], len(after["resumed"])) == (before["name"], before["id"], 1)
        assert after["points"][:5] == before["points"]
        assert len(after["points"]) == 8
        assert shown(app_of(pilot))[0].startswith("pythia-70m-cpu-fp32-1: done, 8 timings")
        assert f"measured, and kept: {after['name']}" in said(pilot)
        await pilot.press("slash", "enter")  # another key: what was said goes
        assert "The rest" not in said(pilot)
        await pilot.press("t")
        assert place.documents == [after]


async def test_what_cannot_be_gone_on_with_is_said(place: Place) -> None:
    place.keep(result(name="a-1"), result(name="b-1", status="interrupted", version="0.0.1"))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("t")
        assert "b-1: was begun by scaletui 0.0.1, and this is" in said(pilot)
        await pilot.press("l", "down", "t")
        assert "a-1 has all its timings" in said(pilot)
        assert "--resume" not in said(pilot)
        assert place.pid is None


async def test_a_result_is_deleted_when_the_key_is_pressed_twice(place: Place) -> None:
    place.keep(*three())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)

        def left() -> list[str]:
            return [one["name"] for one in place.documents]

        await pilot.press("l", "down", "d")
        assert "d again deletes b-1 for good; any other key keeps it" in said(pilot)
        await pilot.press("down", "d")  # it is another that is asked about now
        assert "again deletes a-1 for good" in said(pilot)
        await pilot.press("up", "down", "d")
        assert left() == ["a-1", "b-1", "c-1"]
        await pilot.press("d")
        assert left() == ["b-1", "c-1"]
        assert "deleted a-1" in said(pilot)
        assert shown(app)[0] == "all results, the newest first: 2"
        await pilot.press("l")
        assert shown(app)[0].startswith("c-1: done")
        await pilot.press("d", "delete")
        assert left() == ["b-1"]
        assert shown(app)[0].startswith("b-1: done")
        await pilot.press("d", "d")
        assert left() == []
        assert shown(app)[0].startswith("nothing measured yet")
        assert pane.shown is None
        await pilot.press("d", "d", "l", "d", "d", "t")  # nothing there
        assert left() == []


async def test_a_result_that_is_measured_now_stays(place: Place) -> None:
    place.hold(5)
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 5)
        await pilot.press("d", "d")
        assert "pythia-70m-cpu-fp32-1 is being measured now" in said(pilot)
        await pilot.press("l", "down", "d", "d")
        assert "deleted pythia-12b-cuda-bf16-1" in said(pilot)
        assert [one["name"] for one in place.documents] == ["pythia-70m-cpu-fp32-1"]
        assert pane._busy
        await pilot.press("c")
        await until(pilot, lambda: not pane._busy)
        assert len(place.documents[0]["points"]) == 5


async def test_stopped_before_a_timing_nothing_is_kept_and_the_last_result_is_shown(place: Place) -> None:
    place.hold(-2)
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: place.pid is not None)
        assert shown(app_of(pilot)) == ["the first timings are on their way"]
        assert echo(app_of(pilot)) == "starting..."
        await pilot.press("y")
        assert "nothing to take along yet" in said(pilot)
        await pilot.press("c")
        await until(pilot, lambda: not pane._busy)
        assert "stopped; nothing was timed yet" in said(pilot)
        assert shown(app_of(pilot))[0].startswith("pythia-12b-cuda-bf16-1: done")
        assert [one["name"] for one in place.documents] == ["pythia-12b-cuda-bf16-1"]


async def test_a_process_that_is_killed_is_one_line(place: Place) -> None:
    place.hold(5)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 5)
        assert place.pid is not None
        os.kill(place.pid, signal.SIGKILL)
        await until(pilot, lambda: not pane._busy)
        wanted = "the measuring process was ended by SIGKILL; the system may have run out of memory"
        assert echo(app_of(pilot)) == f"! {wanted} - last good answer below"
        assert place.documents[0]["status"] == "failed"
        place.hold(None)
        await ran(pilot)
        assert echo(app_of(pilot)) == ""


async def test_a_folder_that_takes_no_file_is_said_before_anything_runs(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "plain"))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        assert "cannot be written" in echo(app_of(pilot))
        assert not pane._busy
        assert place.pid is None


async def test_a_server_is_measured_where_torch_is_not_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "torch_is_there", lambda: False)
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        assert " ".join(" ".join(shown(app)[:2]).split()) == asked.ABSENT
        assert shown(app)[2].startswith("pythia-12b-cuda-bf16-1: done")  # kept results are there
        await pilot.press("r")
        assert "! torch is not installed" in echo(app)
        assert place.pid is None
        pane = await measured(pilot, ladder="10..40:10", repeats="2", command="http://localhost:1/v1", model="mine")
        assert echo(app) == ""
        assert counted(pane) == 8
        assert place.documents[0]["name"] == "mine-server-1"
        assert pane.shown is not None
        assert "--command http://localhost:1/v1" in shlex.join(pane.shown.again)


@pytest.mark.parametrize(
    ("texts", "wrong", "says"),
    [
        ({"model": "pythia-71m"}, "model", "Model: no shape is called 'pythia-71m' (did you mean pythia-70m?)"),
        ({"ladder": "3,4"}, "ladder", "Ladder: needs three rungs or more"),
        ({"repeats": "1..2"}, "repeats", "Repeats: takes one number, not a range"),
        ({"dtype": "int4"}, "dtype", "Format: must be one of bf16, fp16, fp32"),
        ({"command": "ftp://x"}, "command", "URL: must be an http:// or https:// URL"),
        ({"command": "http://h/v1"}, "command", "URL: needs Model, the server's own name of it"),
        ({"key_env": "X"}, "key_env", "Key: needs URL"),
        ({"model": "pythia-70m", "params": "1B"}, "params", "N: Model names a shape too: drop one"),
        ({"batches": "x"}, "batches", "Batches: "),
    ],
)
async def test_a_wrong_text_is_said_beside_its_field(
    texts: dict[str, str], wrong: str, says: str, place: Place
) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, **texts)
        assert echo(app).startswith(f"! {says}")
        assert "--" not in echo(app)
        assert field(app, wrong, "benchmark").has_class("-wrong")
        await pilot.press("r")
        assert not pane._busy
        assert place.pid is None
        for name in texts:
            await fill(pilot, name, "", "benchmark")
        await pilot.press("enter")
        assert echo(app) == ""


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"device": "cuda", "threads": "2"}, "Threads: are of a CPU: drop them"),
        ({"hf": "/nowhere"}, "Folder: "),
    ],
)
async def test_what_is_found_out_when_it_is_asked_is_said_then(texts: dict[str, str], says: str, place: Place) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, **texts)
        assert echo(app) == ""
        await pilot.press("r")
        assert echo(app).startswith(f"! {says}")
        assert not pane._busy
        await opened(pilot, **dict.fromkeys(texts, ""))
        assert echo(app) == ""


# No process outlives the app

PROGRAM = """
import scaletui.bench.asked as asked, scaletui.bench.runner as runner
runner._WORKER = "fake_measuring"
asked.torch_is_there = lambda: True
from scaletui.__main__ import main
main()
"""


def hang_up(session: Terminal) -> None:
    os.close(session._fd)
    session._fd = os.open(os.devnull, os.O_RDONLY)


ENDS: dict[str, tuple[Callable[[Terminal], None], str]] = {
    "q": (lambda session: session.send(b"q"), "interrupted"),
    "ctrl+c": (lambda session: session.send(b"\x03"), "interrupted"),
    "terminated": (lambda session: os.kill(session.pid, signal.SIGTERM), "interrupted"),
    "hung up": (hang_up, "interrupted"),
    "killed": (lambda session: os.kill(session.pid, signal.SIGKILL), "running"),
}


def started(place: Place, tmp_path: Path, hold: int) -> Terminal:
    """Open an app whose measurement stays where it is after so many timings."""
    env = {"HOME": str(tmp_path), "FAKE_HOLD": str(hold), "XDG_STATE_HOME": str(tmp_path / "state")}
    env |= {name: os.environ[name] for name in ("XDG_DATA_HOME", "FAKE_PID", "PYTHONPATH")}
    session = Terminal(24, 80, env, app=[sys.executable, "-c", PROGRAM])
    try:
        session.ready()
        session.send(b"9")
        session.until(lambda: any("nothing measured yet" in line for line in session.lines))
        session.send(b"r")
        session.until(lambda: place.pid is not None)
        if hold > 0:
            session.until(lambda: f"measuring {hold} of 57" in session.lines[0])
    except BaseException:
        session.close()
        raise
    return session


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("hold", [-2, 5], ids=["starting", "measuring"])
def test_an_app_that_ends_leaves_no_process(hold: int, end: str, place: Place, tmp_path: Path) -> None:
    session = started(place, tmp_path, hold)
    try:
        pid = place.pid
        assert pid is not None
        assert is_alive(pid)
        ENDS[end][0](session)
        limit = time.monotonic() + 20
        while is_alive(pid):
            assert time.monotonic() < limit
            time.sleep(0.01)  # between two looks
        if end != "hung up":
            session.end()
    finally:
        session.close()
    assert b"Traceback" not in session.painted
    if hold > 0:
        (kept,) = place.documents
        assert len(kept["points"]) == 5
        if end != "hung up":  # the app may still be about to write
            assert kept["status"] == ENDS[end][1]
    else:
        assert not place.documents


def test_a_slow_line_gets_little_while_it_measures_and_nothing_after(place: Place, tmp_path: Path) -> None:
    session = started(place, tmp_path, 5)
    try:
        session.settle()
        painted, _ = session.idle(3.2)
        assert painted < 400  # the time that is left, where it shows
        session.type(b"c", "stopped; kept")
        session.type(b"l", "all results")
        assert session.idle(2.0)[0] == 0
    finally:
        session.close()


# Results


def three() -> list[dict[str, Any]]:
    """Results, the oldest first."""
    return [result("a-1", slope=0.03), result("b-1", slope=0.01), result("c-1", slope=0.02)]


async def test_results_are_listed_and_one_is_chosen(place: Place) -> None:
    place.keep(*three())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        assert shown(app)[0].startswith("c-1: done, 57 timings")
        await pilot.press("l")
        assert shown(app)[0] == "all results, the newest first: 3"
        assert [line.split()[0] for line in shown(app)[2:5]] == ["c-1", "b-1", "a-1"]
        assert pane.results.about == "c-1"
        assert pane.sheet.answer == listed(place.documents[::-1])
        assert pane.shown is not None
        assert shlex.join(pane.shown.command) == "scaletui bench list"
        await pilot.press("down", "enter")
        assert shown(app)[0].startswith("b-1: done")
        assert pane.sheet.answer == answer_of(place.documents[1], app.scenario.catalog)
        assert pane.shown is not None
        assert shlex.join(pane.shown.command) == "scaletui bench show b-1"
        assert shlex.join(pane.shown.again) == "scaletui bench --model pythia-12b --repeats 3 --batches 4"
        await pilot.press("l")
        assert pane.results.about == "b-1"
        await pilot.press("l")
        assert shown(app)[0].startswith("b-1: done")
        await pilot.press("y")
        text = screen_text(app)
        assert "scaletui bench show b-1" in text
        assert "scaletui bench --model pythia-12b --repeats 3 --batches 4" in text


async def test_results_stand_beside_the_one_that_was_chosen(place: Place) -> None:
    place.keep(*three())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        await pilot.press("l", "down", "down", "b")
        assert shown(app)[0] == "results, as ratios to the first: 3"
        found = {one["name"]: one for one in place.documents}
        assert pane.sheet.answer == compared([found["a-1"], found["c-1"], found["b-1"]])
        assert pane.sheet.answer is not None
        assert pane.sheet.answer.row("speed_ratio", subject="b-1").value == pytest.approx(3.0)
        assert pane.shown is not None
        assert shlex.join(pane.shown.command) == "scaletui bench compare a-1 c-1 b-1"
        await pilot.press("e")
        assert "Explained: a-1" in screen_text(app)
        await pilot.press("q", "b")
        assert shown(app)[0] == "all results, the newest first: 3"


async def test_one_result_stands_beside_none(place: Place) -> None:
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot)
        await pilot.press("l", "b")
        assert "there is only one result" in said(pilot)
        assert pane.sheet.showing == "list"


async def test_files_that_are_no_results_are_passed_over(place: Place) -> None:
    place.keep(*three())
    (place.folder / "broken.json").write_text("{")
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot)
        await pilot.press("l")
        assert [one["name"] for one in pane.sheet.documents] == ["c-1", "b-1", "a-1"]


async def test_a_list_may_be_looked_at_while_it_measures(place: Place) -> None:
    place.hold(5)
    place.keep(*three())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, **SHORT)
        await pilot.press("r")
        await until(pilot, lambda: counted(pane) == 5)
        await pilot.press("l")
        assert [one["name"] for one in pane.sheet.documents] == ["pythia-70m-cpu-fp32-1", "c-1", "b-1", "a-1"]
        assert "5 of 8 timings" in echo(app)
        await pilot.press("down", "enter")
        assert shown(app)[0].startswith("c-1: done")
        await pilot.press("l", "up", "enter")
        assert shown(app)[0].startswith("pythia-70m-cpu-fp32-1: running, 5 timings")
        await pilot.press("c")
        await until(pilot, lambda: not pane._busy)
        assert shown(app)[0].startswith("pythia-70m-cpu-fp32-1: interrupted, 5 timings")


async def test_any_line_is_explained(place: Place) -> None:
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        assert pane.about == "measured"
        await pilot.press("e")
        text = "\n".join(line for _, line, _ in app.screen.query_one("#text", LineView).lines)
        assert "tokens a minute, measured" in text
        assert "tokens/min = 60" in text.replace("60.0", "60") or "60 s" in text


async def test_the_help_says_what_each_number_is(place: Place) -> None:
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        assert pane.sheet.answer is not None
        await pilot.press("question_mark")
        lines = [line for _, line, _ in app.screen.query_one("#text", LineView).lines]
        blocks = {block.splitlines()[0]: block for block in "\n".join(lines).split("\n\n")}
        (now,) = (block for head, block in blocks.items() if head.startswith("NUMBERS ON THE SCREEN NOW"))
        flat = " ".join(now.split())
        ids = {row.id: row.label for row in pane.sheet.answer.rows if row.subject is None}
        assert [label for label in ids.values() if " ".join(label.split()[:2]) not in flat] == []
        for heading in ("time/token", "tokens/min", "words/min", "x human", "tokens/s", "bandwidth"):
            assert f" {heading} " in flat, heading
        (fields,) = (block for head, block in blocks.items() if head.startswith("FIELDS"))
        assert [one.label for one in pane.fields if f"\n  {one.label}  " not in fields] == []
        assert len(blocks["KEYS OF BENCHMARK"].splitlines()) >= 7
        for word in ("line, slope, intercept", "R^2", "ladder, rung", "prefill"):
            assert f"\n  {word}" in blocks["WORDS"], word


@pytest.mark.parametrize("name", [figure.name for figure in FIGURES["bench"]])
async def test_the_plot_is_the_one_of_the_command(name: str, place: Place) -> None:
    place.keep(result(**TILED))
    names = [figure.name for figure in FIGURES["bench"]]
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        await pilot.press("p", *["a"] * names.index(name))
        if name == "context":  # none was timed
            assert "no contexts were timed" in echo(app)
            assert "--" not in echo(app)
            return
        taken, plot = pane.shown, pane.query_one(PlotView).plot
        assert taken is not None
        assert shlex.join(taken.drawing) == f"scaletui bench show pythia-12b-cuda-bf16-1 --plot --axis {name}"
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert run([*taken.drawing[1:], "--ascii"]) == 0
        assert plot is not None
        assert plot.title.replace("µ", "u") in out.getvalue()
        await pilot.press("l")
        assert shown(app)[0] == "all results, the newest first: 1"
        await pilot.press("p")
        assert not pane._plotted  # a list is no plot


async def test_k_tiling_that_was_tried_stands_in_the_lines(place: Place) -> None:
    place.keep(result(**TILED))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot)
        (line,) = [line for line in shown(app_of(pilot)) if line.startswith("k = 2 ")]
        assert line.split()[3:5] == ["10", "ms"]


# Going on from it


async def test_speed_copies_and_learning_go_on_from_a_measured_speed(place: Place) -> None:
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        scenario = app.scenario
        before = {part: scenario.sheet(part).inputs for part in ("copies", "learning")}
        assert before["copies"].speed > 6.0
        await opened(pilot)
        await pilot.press("s")
        multiple = 45 / (0.0333 * 1.01) / 380
        assert "measured: pythia-12b-cuda-bf16-1" in said(pilot)
        assert float(scenario.texts["speed"]["human_multiple"]) == pytest.approx(multiple)
        assert scenario.sheet("speed").error is None
        assert scenario.sheet("copies").inputs.speed == pytest.approx(multiple)
        assert scenario.sheet("learning").inputs.speed == pytest.approx(multiple)
        await pilot.press("4")
        assert field(app, "human_multiple", "speed").value == scenario.texts["speed"]["human_multiple"]
        assert any("measured: pythia-12b-cuda-bf16-1" in line for line in shown(app))
        app.screen.set_focus(field(app, "human_multiple", "speed"))
        await pilot.pause()
        assert echo(app).endswith(", measured: pythia-12b-cuda-bf16-1")
        await fill(pilot, "human_multiple", "3", "speed")
        assert not any("measured: pythia" in line for line in shown(app))
        await pilot.press("enter", "u", "u")
        assert scenario.texts["speed"].get("human_multiple", "") == ""
        assert scenario.sheet("copies").inputs == before["copies"]


async def test_with_k_the_multiply_that_was_measured_comes_along(place: Place) -> None:
    place.keep(result(model={**result()["model"], "shape": {"layers": 36}}))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        scenario = app_of(pilot).scenario
        await pilot.press("4")
        await fill(pilot, "k", "5", "speed")
        await until(pilot, lambda: scenario.texts["speed"].get("k") == "5")
        await pilot.press("enter", "9", "s")
        multiply = 0.0333 * 1.01 / 72  # two a layer
        answer = scenario.sheet("speed").answer
        assert answer is not None
        assert answer.row("latency_speed_factor").value == pytest.approx((multiply + 1.5e-6) / (multiply / 25 + 1.5e-6))
        await pilot.press("u")
        assert scenario.texts["speed"].get("matmul_time", "") == scenario.texts["speed"].get("human_multiple", "") == ""


async def test_it_is_undone_in_the_pane_too_and_done_again(place: Place) -> None:
    place.keep(*three())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        scenario = app_of(pilot).scenario
        await opened(pilot, repeats="2")
        await pilot.press("s")
        text = scenario.texts["speed"]["human_multiple"]
        await pilot.press("l", "down", "s")  # of the list, the one under the cursor
        other = scenario.texts["speed"]["human_multiple"]
        assert float(other) == pytest.approx(2.0 * float(text))
        await pilot.press("u")
        assert scenario.texts["speed"]["human_multiple"] == text
        await pilot.press("9", "u")
        assert not scenario.texts["speed"].get("human_multiple")
        await pilot.press("9", "u")
        assert "undone: bench.repeats" in said(pilot)
        await pilot.press("u")
        assert "nothing to undo in Benchmark" in said(pilot)
        await pilot.press("4", "U", "U")
        assert scenario.texts["speed"]["human_multiple"] == other


@pytest.mark.parametrize("name", ["params", "model"])
async def test_a_speed_that_is_given_otherwise_is_not_overruled(name: str, place: Place) -> None:
    place.keep(result())
    texts = {"params": "7B"} if name == "params" else {"model": "llama-3-70b"}
    app = ScaletuiApp({"calc": {"flops": "1e24"}, "speed": texts})
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("s")
        label = {"params": "N", "model": "Model"}[name]
        assert f"Speed: {label}: gives the speed too: drop one" in said(pilot)
        assert not app.scenario.texts["speed"].get("human_multiple")


async def test_a_result_without_a_line_gives_no_speed(place: Place) -> None:
    place.keep(result(points=result()["points"][:2]))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot)
        await pilot.press("s")
        assert "has too few timings for a speed" in said(pilot)
        assert not app_of(pilot).scenario.texts["speed"].get("human_multiple")


# Sessions, and what a person sees


async def test_undo_in_the_pane_is_of_its_fields(place: Place) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, repeats="2", seed="3")
        await pilot.press("u")
        assert (pane.sheet.texts["seed"], field(app, "seed", "benchmark").value) == ("", "")
        await pilot.press("U")
        assert field(app, "seed", "benchmark").value == "3"
        assert app.scenario.texts["calc"]["flops"] == "5.76e23"


async def test_a_session_brings_fields_result_and_origin_back(place: Place) -> None:
    place.keep(*three())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot, **SHORT)
        await pilot.press("l", "down", "enter", "s")
        kept = kept_of(app_of(pilot))
        assert kept.views["benchmark"]["result"] == "b-1"
    assert encoded(kept)
    app = ScaletuiApp()
    become(app, kept, theme=False)
    async with app.run_test(size=SIZE) as pilot:
        pane = pane_of(pilot)
        assert field(app, "ladder", "benchmark").value == SHORT["ladder"]
        assert shown(app)[0].startswith("b-1: done")
        assert not pane._busy
        await pilot.press("u")
        assert "nothing to undo in Benchmark" in said(pilot)
        await pilot.press("4")
        assert any("measured: b-1" in line for line in shown(app))
        assert kept_of(app).views["benchmark"].items() >= {"field.repeats": "2", "result": "b-1"}.items()
    assert place.pid is None


async def test_a_session_whose_result_is_gone_shows_the_newest(place: Place) -> None:
    place.keep(*three())
    app = ScaletuiApp()
    app.views["benchmark"] = {"result": "gone", "field.seed": 3, "field.none": "x", "figure": 7}
    async with app.run_test(size=SIZE) as pilot:
        pane = await opened(pilot)
        assert shown(app)[0].startswith("c-1: done")
        assert pane.sheet.texts == {}


async def test_a_session_that_plots_a_list_shows_the_list(place: Place) -> None:
    place.keep(*three())
    app = ScaletuiApp()
    app.views["benchmark"] = {"listing": True, "plotted": True}
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        assert shown(app)[0] == "all results, the newest first: 3"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (60, 18)])
async def test_it_fits_the_terminal(size: tuple[int, int], place: Place) -> None:
    place.keep(*three())
    async with ScaletuiApp().run_test(size=size) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot)
        for key in ("l", "b", "b", "l"):
            assert max(map(len, shown(app))) <= pane.size.width - 2
            assert pane.results.size.height >= size[1] / 2 - 3
            await pilot.press(key)
            assert len(screen_text(app).splitlines()) == size[1]


async def test_a_click_turns_to_it(place: Place) -> None:
    place.keep(result())
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        row = screen_text(app_of(pilot)).splitlines()[1]
        await pilot.click("#tab-bar", offset=(row.index("Benchmark"), 0))
        assert pane_of(pilot).TITLE == "Benchmark"


@pytest.mark.parametrize(
    ("keys", "sight"),
    [((), "pythia-12b-cuda-bf16-1: done"), (("l",), "all results"), (("r",), "5 of 57 timings")],
    ids=["result", "list", "measuring"],
)
def test_picture(
    snap_compare: Callable[..., bool], keys: tuple[str, ...], sight: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person sees of measured speed. Refresh with: pytest tests/tui/test_bench_pane.py --snapshot-update"""
    monkeypatch.setattr("scaletui.bench.document.datetime", _Then)
    place.hold(5)
    place.keep(result(), result("older-1", slope=0.05))
    os.utime(place.folder / "older-1.json", (1e8, 1e8))
    app = ScaletuiApp(glyphs="braille")
    app.theme = "dark"

    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: sight in screen_text(app_of(pilot)))
        if keys == ("r",):
            pane = pane_of(pilot)
            pane.action_cancel()
            await until(pilot, lambda: not pane._busy)

    assert snap_compare(app, run_before=before, terminal_size=SIZE)


class _Then:
    """In place of the class that tells the time of now."""

    @staticmethod
    def now(zone: Any) -> Any:
        from datetime import datetime

        return datetime(2026, 1, 2, 12, 0, 0, tzinfo=zone)


# With torch


async def test_a_real_shape_is_measured_from_the_app(
    require: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("torch", asked.torch_is_there(), "torch is not installed")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", ROOT)
    folder = tmp_path / "tiny"
    folder.mkdir()
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
             "vocab_size": 99}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(shape))
    before = "torch" in sys.modules
    texts = {"hf": str(folder), "ladder": "2,4,6", "repeats": "2", "device": "cpu", "threads": "1", "prefill": "16"}
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await measured(pilot, **texts)
        assert pane.sheet.error is None
        assert counted(pane) == 6
        assert pane.sheet.document is not None
        assert pane.sheet.document["status"] == "done"
        assert any(line.startswith("bandwidth of a copy") for line in shown(app_of(pilot)))
        assert ("torch" in sys.modules) == before  # other tests of this process may have
