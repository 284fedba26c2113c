"""Ranges in the app: the point answer at once, the interval when it is there; a newer keystroke ends the older run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from driving import SIZE, app_of, echo, fill, screen_text
from textual.pilot import Pilot

import scaletui_core.uncertainty
from scaletui.app import ScaletuiApp
from scaletui.panes.calculator import CalculatorPane
from scaletui.panes.frontier import FrontierPane
from scaletui.widgets.bars import ScenarioBar
from scaletui.widgets.plot import PlotView
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.sampling import Sampling
from scaletui_core.traced import Traced
from scaletui_core.uncertainty import Cancelled, with_intervals

LIMIT = 60.0  # s; a thread that does not answer by then has failed


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until samples are asked for, until they are there, and for what they change on the screen."""
    await pilot.pause()
    await app_of(pilot).workers.wait_for_complete()
    await pilot.pause()


def results(pilot: Pilot[Any]) -> str:
    pane = app_of(pilot).pane
    assert isinstance(pane, CalculatorPane)
    return "\n".join(text for _, text, _ in pane.results.lines)


class Held:
    """In place of the samples: each run waits until it is let go, or cancelled."""

    def __init__(self) -> None:
        self.runs: list[Answer] = []
        self.cancelled = 0
        self.begun, self.go = threading.Semaphore(0), threading.Event()

    def __call__(
        self,
        answers: list[Answer],
        sampling: Sampling | None = None,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        stage: Callable[[str], None] = lambda words: None,
    ) -> list[Answer]:
        self.runs.append(answers[0])
        stage("compiling")
        self.begun.release()
        while not self.go.wait(0.005):
            if cancelled():
                self.cancelled += 1
                raise Cancelled
        return with_intervals(answers, sampling, cancelled=cancelled)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    monkeypatch.setattr(scaletui_core.uncertainty, "with_intervals", made)
    return made


async def test_a_range_shows_the_point_at_once_and_the_interval_when_it_is_there(held: Held) -> None:
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e23..1e25")
        assert held.begun.acquire(timeout=LIMIT)
        assert "95.9B" in results(pilot)  # N at the middle, 1e24
        assert "95%" not in results(pilot)
        held.go.set()
        await settled(pilot)
        assert "95%" in results(pilot)
        assert "29.4B" in results(pilot)  # N at 1e23, as `calc --flops 1e23` has it


async def test_a_newer_keystroke_cancels_the_older_run(held: Held) -> None:
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e23..1e25")
        for _ in range(len(held.runs) or 1):
            assert held.begun.acquire(timeout=LIMIT)
        before = len(held.runs)
        await fill(pilot, "mfu", "30%")  # refused without a machine: the old answer stays, and so does its run
        await fill(pilot, "mfu", "")
        await fill(pilot, "law", "chinchilla-1")
        held.go.set()
        await settled(pilot)
        assert held.cancelled >= before
        assert "chinchilla-1" in results(pilot)
        assert "95%" in results(pilot)


async def test_the_app_stays_live_while_samples_run(held: Held) -> None:
    async with ScaletuiApp({"calc": {"flops": "1e23..1e25"}}).run_test(size=SIZE) as pilot:
        await pilot.press("down")
        assert held.begun.acquire(timeout=LIMIT)
        await pilot.press("5")
        assert "tokens training" in results(pilot)
        await pilot.press("1")
        held.go.set()
        await settled(pilot)
        assert "95%" in results(pilot)


async def test_a_sign_says_what_is_being_computed_and_goes(held: Held) -> None:
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "flops", "1e23..1e25")
        assert held.begun.acquire(timeout=LIMIT)
        await pilot.pause()
        app.intervals._late(app.intervals._number)  # what the timer calls, by hand: a test waits for no clock
        assert "compiling formulas, once..." in str(app.query_one(ScenarioBar).render())
        held.go.set()
        await settled(pilot)
        assert "..." not in str(app.query_one(ScenarioBar).render()).replace("1e23..1e25", "")


async def test_why_there_is_no_interval_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> list[Answer]:
        raise InputError("no samples today")

    monkeypatch.setattr(scaletui_core.uncertainty, "with_intervals", fails)
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e23..1e25")
        await settled(pilot)
        assert [note.message for note in app_of(pilot)._notifications] == ["no samples today"]
        assert "95.9B" in results(pilot)


async def test_a_slip_in_another_field_leaves_the_intervals_standing() -> None:
    async with ScaletuiApp({"calc": {"flops": "1e23..1e25", "law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await settled(pilot)
        for text in ("x", "", " "):
            await fill(pilot, "params", text)
            assert "95%" in results(pilot), repr(text)
        await pilot.press("4", "1")
        assert "95%" in results(pilot)


async def test_the_lines_stay_where_they_are_while_an_interval_is_on_its_way(held: Held) -> None:
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e23..1e25")
        assert held.begun.acquire(timeout=LIMIT)
        before = results(pilot).splitlines()
        assert any(line.startswith("  low") and "..." in line for line in before)
        held.go.set()
        await settled(pilot)
        assert [line[:8].strip() for line in results(pilot).splitlines()][:8] == [
            {"low": "5%", "high": "95%"}.get(line[:8].strip(), line[:8].strip()) for line in before
        ][:8]


async def test_a_run_that_ends_late_does_not_replace_a_newer_one(held: Held) -> None:
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "flops", "1e23..1e25")
        assert held.begun.acquire(timeout=LIMIT)
        old = held.runs[-1]
        held.go.set()
        await fill(pilot, "flops", "1e24..1e26")
        await settled(pilot)
        newer = results(pilot)
        (late,) = with_intervals([old])
        app.post_message(app.intervals.Ready("calc", old, late))
        await pilot.pause()
        assert results(pilot) == newer


async def test_an_error_of_any_kind_is_said_and_the_sign_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> list[Answer]:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(scaletui_core.uncertainty, "with_intervals", fails)
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e23..1e25")
        await settled(pilot)
        assert [note.message for note in app_of(pilot)._notifications] == ["by nothing"]
        assert app_of(pilot).scenario.pending == ""


async def test_plots_of_ranges_show_their_middle_and_say_so() -> None:
    async with ScaletuiApp({"calc": {"flops": "1e23..1e25"}}).run_test(size=SIZE) as pilot:
        await pilot.press("3", "p")
        await settled(pilot)
        plot = app_of(pilot).pane.query_one(PlotView).plot
        assert plot is not None
        assert plot.title.endswith("(mid-range)")
        # At 1e24 all but word-in-context (2.5e24) have been seen, in 12 places.
        assert [len(one.xs) for one in plot.series[:2]] == [11, 1]


async def test_what_is_wrong_in_one_pane_is_said_in_the_others() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e2x")
        await pilot.press("enter", "5")
        assert "! budget: last good" in str(app_of(pilot).query_one(ScenarioBar).render())


async def test_without_a_range_nothing_runs(held: Held) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        for key in "1234567":
            await pilot.press(key)
        await fill(pilot, "flops", "1e24")
        assert not held.runs


async def test_every_pane_shows_the_interval_of_what_flows_in() -> None:
    async with ScaletuiApp({"calc": {"flops": "1e23..1e25"}}).run_test(size=SIZE) as pilot:
        # D is 566B at 1e23 and 5.34T at 1e25 (`calc`): 3 D passes; and 5.34T of them are 60,166 years, 165 a day.
        for key, words in {"3": " to 22)", "4": "95%", "5": "(1.7e12 to 1.6e13)", "6": "to 165", "7": "95%"}.items():
            await pilot.press(key)
            await settled(pilot)
            assert words in results(pilot), key


async def test_the_line_above_the_results_shows_the_shape_and_what_drives_it() -> None:
    texts = {"calc": {"tokens": "1T..2T", "params": "70B"}, "copies": {"speed": "1..20"}}
    async with ScaletuiApp(texts).run_test(size=SIZE) as pilot:
        await pilot.press("5")
        await settled(pilot)
        pane = app_of(pilot).pane
        assert isinstance(pane, CalculatorPane)
        while pane.about != "copies":
            await pilot.press("down")
        line = echo(app_of(pilot))
        assert "|" in line
        assert "█" in line
        await pilot.press("e")
        text = screen_text(app_of(pilot))
        assert "driven by: copies.speed -0." in text
        assert "the numbers below stand at the middle of the ranges" in text


async def test_a_field_says_which_distribution_its_range_means() -> None:
    async with ScaletuiApp({"calc": {"law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e23..2e24..1e25@50%")
        assert "(50%, two-piece log-normal)" in echo(app_of(pilot))
        await settled(pilot)


async def test_a_range_of_accelerators_says_so_too() -> None:
    async with ScaletuiApp({"calc": {"days": "30", "law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        await fill(pilot, "hardware", "256..512xH100")
        assert echo(app_of(pilot)) == "Machine = 256..512 (90%, log-normal) x h100"
        await settled(pilot)
        # 2^.5 to either side of the middle: 256 and 512 of them at 40% of 989.4e12 FLOP/s for 30 days.
        assert "3.71e23 FLOP (2.62e23 to 5.25e23)" in screen_text(app_of(pilot))


async def test_one_field_of_two_panes_is_two_draws() -> None:
    """k in Speed and k in Copies, both typed: each its own uncertainty, by its own name."""
    texts = {"calc": {"flops": "1e24"}, "speed": {"k": "2..5"}, "copies": {"k": "2..5"}}
    async with ScaletuiApp(texts).run_test(size=SIZE) as pilot:
        scenario = app_of(pilot).scenario
        names = {scenario.sheet(part).own.k.name for part in ("speed", "copies")}
        assert names == {"speed.k", "copies.k"}
        assert scenario.sheet("copies").inputs.k is scenario.sheet("copies").own.k


@pytest.mark.parametrize("keys", [(), ("5",), ("4",)], ids=["budget", "copies", "speed"])
def test_picture(snap_compare: Callable[..., bool], keys: tuple[str, ...]) -> None:
    """What a person sees of a range. Refresh with: pytest tests/tui/test_intervals.py --snapshot-update"""
    app = ScaletuiApp({"calc": {"flops": "1e23..1e25", "law": "epoch-2024,chinchilla-2"}}, glyphs="braille")
    app.theme = "dark"

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press(*keys, "down")
        await settled(pilot)

    assert snap_compare(app, run_before=before, terminal_size=SIZE)


async def test_laws_in_doubt_draw_bands_on_the_frontier() -> None:
    texts = {"calc": {"flops": "1e24", "law": "epoch-2024", "law_uncertainty": "yes"}}
    async with ScaletuiApp(texts).run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await settled(pilot)
        pane = app_of(pilot).pane
        assert isinstance(pane, FrontierPane)
        plot = pane.query_one(PlotView).plot
        assert plot is not None
        assert [one.kind for one in plot.series] == ["band", "line"]
        assert plot.series[0].name == "epoch-2024, 90%"
        assert not any(isinstance(y, Traced) for one in plot.series for y in (*one.ys, *(one.ys2 or ())))
