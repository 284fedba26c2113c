"""The pane of fits: what it shows is what the command prints; runs left out, fits kept, work stopped, bad files."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import SIZE, Pilots, app_of, echo, field, fill, screen_text, shown, until
from textual.pilot import Pilot

import scaletui_core.fitting.reading
import scaletui_core.fitting.whole
from scaletui.app import ScaletuiApp
from scaletui.cli import run
from scaletui.keeping import become, kept_of
from scaletui.panes.fit import FitPane
from scaletui.render.figures import FIGURES, figure_named
from scaletui.screens.ask import AskScreen
from scaletui.session_state import encoded
from scaletui.widgets.bars import KeyBar, ScenarioBar
from scaletui.widgets.field import LABEL_WIDTH
from scaletui.widgets.lines import LineView
from scaletui.widgets.plot import PlotView
from scaletui_core.errors import InputError
from scaletui_core.fitting.synthetic import synthetic

TRUTH = (1.8, 6.2, 7.7, 0.35, 0.37)


def table_of(seed: int = 0, odd: int | None = None) -> str:
    """Return runs as CSV, those of one line with a loss 20% too high."""
    runs = synthetic(TRUTH, noise=0.005, seed=seed)
    rows = []
    for line, (n, d, loss) in enumerate(zip(runs.params, runs.tokens, runs.loss, strict=True), 2):
        rows.append(f"{float(n)!r},{float(d)!r},{float(loss) * (1.2 if line == odd else 1.0)!r}")
    return "\n".join(["params,tokens,loss", *rows]) + "\n"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of runs in the folder that the app and the command stand in, with a configuration of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    Path("runs.csv").write_text(table_of())
    return "runs.csv"


def pane_of(pilot: Pilots) -> FitPane:
    pane = app_of(pilot).pane
    assert isinstance(pane, FitPane)
    return pane


async def settled(pilot: Pilots) -> None:
    """Wait until what the fields ask has its answer, or an error."""
    await pilot.pause()
    pane = pane_of(pilot)

    def done() -> bool:
        sheet = pane.sheet
        known = sheet.question is None or sheet.question == sheet.failed
        return pane._under_way is None and (known or (sheet.question == sheet.answered and sheet.whole))

    await until(pilot, done)


async def typed(pilot: Pilots, name: str, text: str) -> None:
    """Put a text into a field, and wait until the pane has it."""
    await fill(pilot, name, text, "fit")
    await until(pilot, lambda: pane_of(pilot).sheet.texts.get(name, "") == text)


async def opened(pilot: Pilots, path: str, **texts: str) -> FitPane:
    """Turn to the pane, fill in its fields with the file last, and wait for the fit."""
    await pilot.press("8")
    for name, text in texts.items():
        await typed(pilot, name, text)
    await typed(pilot, "file", path)
    await pilot.press("enter")
    await settled(pilot)
    return pane_of(pilot)


def output(words: list[str], code: int = 0) -> tuple[str, str]:
    """Return what a command prints, and says beside that: an app that runs has the streams of the process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert run(words) == code
    return out.getvalue(), err.getvalue()


def printed(words: list[str]) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    found: dict[str, Any] = json.loads(output([*words, "--format", "json"])[0])
    return found


# What it shows


async def test_without_a_file_it_says_what_to_do(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await pilot.press("8")
        assert "no runs yet: type the path" in screen_text(app_of(pilot))
        assert pane_of(pilot).shown is None
        await pilot.press("y")
        assert "nothing to take along yet" in str(app_of(pilot).query_one(KeyBar).render())


async def test_the_numbers_are_those_of_the_command(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, runs, bootstraps="300", seed="7")
        taken = pane.shown
        assert taken is not None
        assert shlex.join(taken.command) == "scaletui fit runs.csv --bootstraps 300 --seed 7"
        told = printed(taken.command[1:])
        assert taken.answer.as_dict() == told
        assert {row["id"] for row in told["rows"]} >= {"E", "A", "B", "alpha", "beta", "a", "b", "objective", "scale"}
        lines = output(taken.command[1:])[0].splitlines()
        held = shown(app_of(pilot))
        held = held[: held.index("")]  # the table; notes are broken for the width that there is
        assert len(held) >= 7
        assert [line for line in held if line not in lines] == []
        assert echo(app_of(pilot)) == "runs.csv: 60 runs"


async def test_every_field_comes_into_the_command(runs: str) -> None:
    Path("odd.csv").write_text(table_of().replace("params,", "size of it,") + "x,,\n")
    texts = {"bootstraps": "64", "loss": "student-t", "resample": "budget", "interval": "percentile", "coverage": "80%",
             "exclude": "5, 9", "params_col": "size of it", "skip_bad": "yes", "method": "parametric"}  # fmt: skip
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, "odd.csv", **texts)
        taken = pane.shown
        assert taken is not None
        words = shlex.join(taken.command)
        for option in ("--loss student-t", "--exclude 5 --exclude 9", "--params-col 'size of it'", "--skip-bad"):
            assert option in words
        assert taken.answer.as_dict() == printed(taken.command[1:])


@pytest.mark.parametrize("name", [figure.name for figure in FIGURES["fit"]])
async def test_the_plot_is_the_one_of_the_command(name: str, runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, runs, bootstraps="64", exclude="4")
        await pilot.press("p", *["a"] * [figure.name for figure in FIGURES["fit"]].index(name))
        taken, plot = pane.shown, pane.query_one(PlotView).plot
        assert taken is not None
        assert taken.drawing[-2:] == ["--axis", name]
        assert any(row.strip() for row in taken.plot)
        assert plot == figure_named("fit", name).draw(pane.sheet.fitted, taken.answer, pane.host.scenario.catalog)
        assert plot is not None
        assert plot.title in output([*taken.drawing[1:], "--ascii"])[0]


async def test_any_row_is_explained_with_the_notes_of_its_approach(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, runs, bootstraps="64")
        assert pane.about == "parametric"
        await pilot.press("e")
        assert "sum over runs of Huber(ln L_hat - ln L)" in screen_text(app_of(pilot))
        assert "trade off" in "".join(line for _, line, _ in app_of(pilot).screen.query_one("#text", LineView).lines)
        await pilot.press("q", "down")
        assert pane.about == "isoflop"
        await pilot.press("e")
        text = "\n".join(line for _, line, _ in app_of(pilot).screen.query_one("#text", LineView).lines)
        assert "a of N_opt ~ C^a (a)" in text
        assert "trade off" not in text  # of Approach 3


async def test_the_help_says_what_each_number_field_plot_and_key_is(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, runs, bootstraps="64")
        await pilot.press("question_mark")
        lines = [line for _, line, _ in app.screen.query_one("#text", LineView).lines]
        blocks = {block.splitlines()[0]: block for block in "\n".join(lines).split("\n\n")}
        assert max(map(len, lines)) <= SIZE[0] - 6
        (now,) = (block for head, block in blocks.items() if head.startswith("NUMBERS ON THE SCREEN NOW"))
        assert pane.sheet.answer is not None
        (also,) = (block for head, block in blocks.items() if head.startswith("NUMBERS ALSO"))
        assert [name for name in ("E", "A", "B", "alpha", "beta", "a", "b", "runs") if f"\n  {name} " not in now] == []
        rows = {row.id: row.label for row in reversed(pane.sheet.answer.rows) if f"\n  {row.id} " not in now}
        there = " ".join(also.split())
        assert [label for label in rows.values() if " ".join(label.split()[:2]) not in there] == []
        assert "curvature" in also
        (fields,) = (block for head, block in blocks.items() if head.startswith("FIELDS"))
        assert [one.label for one in pane.fields if f"\n  {one.label}  " not in fields] == []
        assert [one.label for one in pane.fields if len(one.label) > LABEL_WIDTH - 1] == []
        assert "--" not in "\n".join(block for head, block in blocks.items() if not head.startswith("IN "))
        assert all(f"\n  {figure.name} " in blocks["PLOTS"] for figure in pane.figures)
        assert len(blocks["KEYS OF FIT"].splitlines()) >= 7
        for word in ("Huber", "resample", "residual", "likelihood", "parametric, Approach 3", "law, scaling law"):
            assert f"\n  {word}  " in blocks["WORDS"], word


# Runs


async def test_a_run_left_out_moves_the_law_as_the_command_does(tmp_path: Path, runs: str) -> None:
    Path(runs).write_text(table_of(odd=31))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, runs, bootstraps="64", loss="squared")
        assert pane.sheet.answer is not None
        before = pane.sheet.answer.row("alpha").value
        await pilot.press("l")
        lines = shown(app)
        assert lines[0].split() == ["line", "N", "D", "C", "loss", "L_hat/L-1"]
        assert len(lines) == 61
        fits = {int(line.split()[0]): float(line.split()[-1].rstrip("%")) for line in lines[1:]}
        assert min(fits, key=lambda line: fits[line]) == 31  # which is 20% too high
        while pane.results.about != "31":
            await pilot.press("down")
        await pilot.press("d")
        await settled(pilot)
        assert field(app, "exclude", "fit").value == "31"
        assert pane.results.about == "31"
        assert next(line for line in shown(app) if line.startswith("-")).split()[1] == "31"
        taken = pane.shown
        assert taken is not None
        assert shlex.join(taken.command).endswith("--exclude 31")
        told = printed(taken.command[1:])
        assert taken.answer.as_dict() == told
        assert abs(taken.answer.row("alpha").value - before) > 0.005
        assert abs(taken.answer.row("alpha").value - 0.35) < abs(before - 0.35)
        await pilot.press("l")
        assert any("line 31: left out by Exclude: N = " in line for line in shown(app))
        assert echo(app) == "runs.csv: 59 runs, 1 left out"
        await pilot.press("p")
        plot = pane.query_one(PlotView).plot
        assert plot is not None
        (left,) = (one for one in plot.series if one.name == "left out")
        assert len(left.xs) == 1
        await pilot.press("l", "delete")
        await settled(pilot)
        assert field(app, "exclude", "fit").value == ""
        assert pane.sheet.answer.row("alpha").value == before


async def test_undo_in_the_pane_is_of_its_own_fields_alone(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "flops", "1e24")
        await pilot.press("enter")
        pane = await opened(pilot, runs, bootstraps="64")
        await pilot.press("l", "down", "d", "down", "d")
        await settled(pilot)
        assert pane.sheet.texts["exclude"] == "3,4"
        await pilot.press("u")
        await settled(pilot)
        assert (pane.sheet.texts["exclude"], field(app, "exclude", "fit").value) == ("3", "3")
        assert pane.sheet.fitted is not None
        assert pane.sheet.fitted.runs.count == 59
        await pilot.press("U")
        await settled(pilot)
        assert pane.sheet.fitted.runs.count == 58
        for _ in range(6):
            await pilot.press("u")
        assert "nothing to undo in Fit" in str(app.query_one(KeyBar).render())
        assert not any(pane.sheet.texts.values())
        assert app.scenario.texts["calc"]["flops"] == "1e24"
        await pilot.press("1", "u")
        assert app.scenario.texts["calc"]["flops"] == "5.76e23"


# The work


class Held:
    """In place of fitting: each fit says where it is, and waits until it is let go."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.stopped = 0
        self.begun, self.go = threading.Semaphore(0), threading.Event()

    def __call__(self, runs: Any, inputs: Any, curves: Any = None, *, threads: int = 1, tick: Any) -> Any:
        self.asked.append(inputs)
        tick("resamples", 0.25)
        self.begun.release()
        while not self.go.wait(0.005):
            try:
                tick("resamples", 0.5)
            except BaseException:
                self.stopped += 1
                raise
        return real_fit(runs, inputs, curves, threads=threads, tick=tick)


real_fit = scaletui_core.fitting.whole.fit_runs


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    monkeypatch.setattr(scaletui_core.fitting.whole, "fit_runs", made)
    return made


async def begin(pilot: Pilots, path: str, held: Held) -> FitPane:
    await pilot.press("8")
    await typed(pilot, "file", path)
    await pilot.press("enter")
    await until(pilot, lambda: held.begun.acquire(blocking=False))
    return pane_of(pilot)


async def test_the_app_stays_live_and_says_what_is_done_and_a_key_stops_it(runs: str, held: Held) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await begin(pilot, runs, held)
        await until(pilot, lambda: "fitting: resamples" in str(app.query_one(ScenarioBar).render()))
        assert echo(app).startswith("fitting: resamples ")
        assert "%" in echo(app)
        assert "Cancel" in str(app.query_one(KeyBar).render())
        await pilot.press("5")
        assert "person-years of work" in screen_text(app)
        assert "fitting: resamples" in screen_text(app).splitlines()[0]
        await pilot.press("8", "c")
        await until(pilot, lambda: held.stopped == 1)
        assert "fitting" not in screen_text(app)
        assert "stopped" in str(app.query_one(KeyBar).render())
        assert pane.sheet.answer is None
        held.go.set()
        await pilot.press("slash", "enter")  # the file again
        await settled(pilot)
        assert pane.sheet.whole


async def test_a_newer_question_stops_the_older_and_one_runs_at_a_time(runs: str, held: Held) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened_later(pilot, runs, held)
        for text in ("1", "12", "128"):
            await typed(pilot, "bootstraps", text)
        await pilot.press("enter")
        held.go.set()
        await settled(pilot)
        sheet = pane_of(pilot).sheet
        assert sheet.fitted is not None
        assert sheet.fitted.inputs.bootstraps == 128
        assert held.stopped >= 1
        assert [inputs.bootstraps for inputs in held.asked[-2:]] == [0, 128]


async def opened_later(pilot: Pilots, path: str, held: Held) -> None:
    """Have a first fit made, and a second one under way."""
    held.go.set()
    await opened(pilot, path, bootstraps="64")
    held.go.clear()
    while held.begun.acquire(blocking=False):
        pass
    await typed(pilot, "seed", "3")
    await until(pilot, lambda: held.begun.acquire(blocking=False))


async def test_the_point_comes_before_its_intervals(runs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(some: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
        if inputs.bootstraps != 0:
            while not go.wait(0.005):
                more["tick"]("resamples", 0.5)
        return real_fit(some, inputs, *rest, **more)

    monkeypatch.setattr(scaletui_core.fitting.whole, "fit_runs", slow)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("8")
        await typed(pilot, "file", runs)
        await pilot.press("enter")
        pane = pane_of(pilot)
        await until(pilot, lambda: pane.sheet.answer is not None)
        point = next(line for line in shown(app) if line.startswith("parametric"))
        assert not any(line.startswith("  5%") for line in shown(app))
        await pilot.press("y")
        assert "its intervals are not there yet" in str(app.query_one(KeyBar).render())
        await pilot.press("s")
        assert "nothing to keep yet" in str(app.query_one(KeyBar).render())
        go.set()
        await settled(pilot)
        assert next(line for line in shown(app) if line.startswith("parametric")).split() == point.split()
        assert any(line.startswith("  5%") for line in shown(app))


# The file


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read, in order."""
    made: list[str] = []
    real = scaletui_core.fitting.reading.read_runs

    def noted(path: str, *rest: Any, **more: Any) -> Any:
        made.append(path)
        return real(path, *rest, **more)

    monkeypatch.setattr(scaletui_core.fitting.reading, "read_runs", noted)
    return made


async def test_a_file_is_read_when_its_field_is_left_and_again_when_it_changed(runs: str, reads: list[str]) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, "", bootstraps="64")
        await pilot.press("slash", *("full_stop" if char == "." else char for char in runs))
        assert reads == []
        await pilot.press("enter")
        await settled(pilot)
        assert reads == [runs]
        first = pane.sheet.answer
        await pilot.press("slash", "enter")
        await settled(pilot)
        await typed(pilot, "seed", "1")
        await typed(pilot, "seed", "")
        await pilot.press("enter")
        await settled(pilot)
        assert reads == [runs]
        assert first is not None
        assert pane.sheet.answer is not None
        assert pane.sheet.answer.as_dict() == first.as_dict()
        Path(runs).write_text(table_of(seed=1))
        os.utime(runs, (1e9, 1e9))
        await pilot.press("slash", "enter")
        await until(pilot, lambda: len(reads) == 2)
        await settled(pilot)
        assert reads == [runs, runs]
        assert pane.sheet.answer.row("alpha").value != first.row("alpha").value
        await typed(pilot, "run_col", "loss")  # how it is read, too, counts when the field is left
        assert len(reads) == 2
        await pilot.press("enter")
        await until(pilot, lambda: len(reads) == 3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "o such file"),
        (b"", "is empty"),
        (b"\x7fELF\x00\x00\x01", ""),
        (b"params,tokens\n1e9,2e10\n", "loss"),
        (b"params,tokens,loss\n1e9,2e10,3\n1e9,-5,3\n", "bad.csv:3: "),
        (b"params,tokens,loss\n1e9,2e10,3\n", ""),
    ],
    ids=["none", "empty", "binary", "no loss", "negative", "one run"],
)
async def test_a_bad_file_is_said_in_words_and_the_last_fit_stays(content: bytes | None, says: str, runs: str) -> None:
    if content is not None:
        Path("bad.csv").write_bytes(content)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, "bad.csv", bootstraps="64")
        assert field(app, "file", "fit").has_class("-wrong")
        assert echo(app).startswith("! ")
        assert says in echo(app)
        assert "--" not in echo(app)
        assert pane.sheet.answer is None
        error = pane.sheet.error
        assert error is not None
        assert output(["fit", "bad.csv", "--bootstraps", "64"], 2)[1] == f"scaletui: {error}\n"
        await opened(pilot, runs)
        assert not field(app, "file", "fit").has_class("-wrong")
        kept = pane.sheet.answer
        assert kept is not None
        await opened(pilot, "bad.csv")
        assert echo(app).endswith("- last good answer below")
        assert pane.sheet.answer is kept


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("delta", "-3", "Delta"),
        ("exclude", "x", "Exclude: 'x' is no number of a line (such as Exclude 3,17)"),
        ("bootstraps", "1.5", "must be a whole number"),
        ("method", "best", "must be one of"),
        ("file", "-", "the app has no pipe to read: name a file"),
        ("exclude", "1", "Exclude: line 1 has no run (runs are in lines 2 to 61)"),
        ("loss", "squared", ""),
    ],
)
async def test_a_wrong_text_is_said_and_the_last_fit_stays(name: str, text: str, says: str, runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, runs, bootstraps="64")
        kept = pane.sheet.answer
        await typed(pilot, name, text)
        await settled(pilot)
        assert field(app, name, "fit").has_class("-wrong") == bool(says)
        assert says in echo(app)
        if says:
            assert pane.sheet.answer is kept
            await typed(pilot, name, runs if name == "file" else "")
            await pilot.press("enter")
            await settled(pilot)
            assert echo(app) == "runs.csv: 60 runs"


async def test_texts_that_contradict_each_other_say_so(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot, runs, bootstraps="64")
        await typed(pilot, "loss", "squared")
        await typed(pilot, "delta", "auto")
        await settled(pilot)
        assert "Delta: is Huber's: squared has none" in echo(app_of(pilot))


async def test_whatever_breaks_the_app_goes_on(runs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("of all things")

    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(scaletui_core.fitting.whole, "fit_runs", broken)
            await opened(pilot, runs, bootstraps="64")
            assert "! no fit: of all things" in echo(app_of(pilot))
        await opened(pilot, runs)
        assert pane_of(pilot).sheet.whole


# Keeping, and sessions


async def test_a_fit_that_is_kept_is_a_law_in_every_pane(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, runs, bootstraps="64")
        assert pane.sheet.fitted is not None
        await pilot.press("s", *"ours", "enter")
        await pilot.pause()
        assert "kept: ours is a law" in str(app.query_one(KeyBar).render())
        await pilot.press("1")
        assert any(line.startswith("ours ") for line in shown(app))
        assert "ours" in app.scenario.catalog.load("laws").records
        mine, _ = output(["calc", "--flops", "5.76e23", "--law", "ours", "--format", "csv"])
        output(["fit", runs, "--bootstraps", "64", "--out", "there.json"])
        other, _ = output(["calc", "--flops", "5.76e23", "--law", "there.json", "--format", "csv"])
        assert other.replace("there.json", "ours") == mine
        assert "ours" in mine


async def test_a_name_is_not_taken_twice_by_accident(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, runs, bootstraps="64")

        def said() -> str:
            assert isinstance(app.screen, AskScreen), screen_text(app)
            return str(app.screen.query_one(".dialog-said").render())

        await pilot.press("s", "enter")
        assert "cannot be a name" in said()
        app.screen.query_one("LineInput").value = "epoch-2024"  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert "a law is called epoch-2024 already" in said()
        app.screen.query_one("LineInput").value = "ours"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, AskScreen))
        await typed(pilot, "seed", "5")
        await settled(pilot)
        await pilot.press("enter", "s", *"ours", "enter")
        assert "ours is there already: enter again" in said()
        await pilot.press("enter")
        await pilot.pause()
        assert not isinstance(app.screen, AskScreen)
        target = app.scenario.catalog
        assert pane.sheet.fitted is not None
        assert target.load("laws").records["ours"]["alpha"] == pane.sheet.fitted.parametric.coefficients[3]  # type: ignore[union-attr]


async def test_a_fit_that_is_no_law_is_not_kept(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await opened(pilot, runs, bootstraps="64", method="power")
        await pilot.press("s", *"ours", "enter")
        assert "has a law of compute alone" in str(app.screen.query_one(".dialog-said").render())
        assert not list(Path("config").rglob("ours*"))


async def test_a_folder_that_takes_no_file_is_said(runs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plain").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.path.abspath("plain"))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot, runs, bootstraps="64")
        await pilot.press("s", *"ours", "enter")
        assert "cannot be written" in str(app_of(pilot).screen.query_one(".dialog-said").render())


async def test_a_session_brings_the_fields_and_the_fit_back(runs: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        pane = await opened(pilot, runs, bootstraps="64", exclude="5")
        await pilot.press("p", "a", "a")
        kept, answer = kept_of(app_of(pilot)), pane.sheet.answer
    assert encoded(kept)
    app = ScaletuiApp()
    become(app, kept, theme=False)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        pane = pane_of(pilot)
        assert field(app, "file", "fit").value == runs
        assert pane.sheet.answer is not None
        assert answer is not None
        assert pane.sheet.answer.as_dict() == answer.as_dict()
        plot = pane.query_one(PlotView).plot
        assert plot is not None
        assert plot.title.startswith("Loss against compute")
        assert kept_of(app).views["fit"].items() >= {"field.file": runs, "field.exclude": "5", "figure": "loss"}.items()
        await pilot.press("u")
        assert "nothing to undo in Fit" in str(app.query_one(KeyBar).render())


async def test_a_session_with_a_file_that_is_gone_says_so(runs: str) -> None:
    app = ScaletuiApp()
    app.views["fit"] = {"field.file": "gone.csv", "field.seed": 3, "field.none": "x", "listing": True, "figure": 7}
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("8")
        await settled(pilot)
        assert "o such file" in echo(app)
        assert pane_of(pilot).sheet.texts == {"file": "gone.csv"}


# What a person sees


async def test_very_many_runs_are_listed_as_far_as_they_fit_worst(runs: str) -> None:
    rng = np.random.default_rng(0)
    print("seed 0")
    n, d = 10 ** rng.uniform(8, 10, 3000), 10 ** rng.uniform(9, 11, 3000)
    loss = (1.8 + np.exp(6.2) / n**0.35 + np.exp(7.7) / d**0.37) * np.exp(0.005 * rng.standard_normal(3000))
    loss[41] *= 1.3
    rows = "\n".join(",".join(map(repr, row)) for row in np.stack((n, d, loss), axis=1).tolist())
    Path("many.csv").write_text(f"params,tokens,loss\n{rows}\n")
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await opened(pilot, "many.csv", bootstraps="0", method="parametric")
        await pilot.press("l")
        lines = shown(app_of(pilot))
        assert lines[0] == "these are the 2,000 that fit worst, of 3,000"
        assert len(lines) == 2002
        assert any(line.split()[0] == "43" for line in lines[2:])


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 18)])
async def test_it_fits_the_terminal(size: tuple[int, int], runs: str) -> None:
    async with ScaletuiApp().run_test(size=size) as pilot:
        app = app_of(pilot)
        pane = await opened(pilot, runs, bootstraps="64")
        assert max(map(len, shown(app))) <= pane.size.width - 2
        assert pane.results.size.height >= size[1] / 2 - 1
        assert field(app, "file", "fit").size.width >= size[0] / (2 if size[0] >= 160 else 1) - 14
        for key in ("p", *"aaaaaaaa", "p", "l"):
            await pilot.press(key)
            assert len(screen_text(app).splitlines()) == size[1]


@pytest.mark.parametrize("keys", [(), ("p",), ("l", "down", "d")], ids=["fit", "plot", "runs"])
def test_picture(
    snap_compare: Callable[..., bool], keys: tuple[str, ...], runs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person sees of a fit. Refresh with: pytest tests/tui/test_fit_pane.py --snapshot-update"""
    app = ScaletuiApp(glyphs="braille")
    app.theme = "dark"

    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot, runs, bootstraps="64")
        await pilot.press(*keys)
        await settled(pilot)

    assert snap_compare(app, run_before=before, terminal_size=SIZE)


def test_what_a_question_is_as_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from scaletui.fit_sheet import FitSheet

    monkeypatch.setenv("HOME", "/home/of-mine")
    sheet = FitSheet()
    for path, word in (("-x.csv", "./-x.csv"), ("~/x.csv", "/home/of-mine/x.csv"), ("a b.csv", "a b.csv")):
        sheet.put({"file": path})
        assert sheet.question is not None
        assert sheet.question.command == ["scaletui", "fit", word]
    sheet.put({"seed": "x"})
    assert sheet.question is None
    assert isinstance(sheet.error, InputError)
    assert sheet.wrong == "seed"
