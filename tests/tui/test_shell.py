"""The shell: undo, the lock, nudges, jumps, the palette, two panes, dialogs, files, scenarios, themes and keys."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from driving import SIZE, Pilots, app_of, echo, field, fill, screen_text, shown
from textual.events import Key
from textual.widgets import Static

from scaletui.app import ScaletuiApp
from scaletui.cli import run
from scaletui.keeping import become, kept_of
from scaletui.keymap import KEYS, keymap
from scaletui.palette import entries_of
from scaletui.screens.ask import AskScreen, LineInput
from scaletui.screens.compared import CompareScreen
from scaletui.screens.copied import CopyScreen
from scaletui.screens.dialog import Dialog
from scaletui.screens.export import ExportScreen
from scaletui.screens.palette import Palette
from scaletui.screens.scenarios import ScenarioScreen
from scaletui.screens.text import TextScreen
from scaletui.screens.tour import PAGES, Tour
from scaletui.shell import WIDE
from scaletui.themes import THEMES
from scaletui.widgets.bars import KeyBar, ScenarioBar, TabBar
from scaletui.widgets.field import FieldGrid, FieldInput
from scaletui.widgets.lines import LineView
from scaletui.widgets.plot import PlotView

PANES = ("Budget", "Frontier", "Emergence", "Speed", "Copies", "Learning", "Batch")


def bar(app: ScaletuiApp) -> str:
    return "   ".join(app._bar(ScenarioBar)._parts)


def told(app: ScaletuiApp) -> str:
    return " ".join(str(app._bar(KeyBar).render()).split())


def dialog_text(app: ScaletuiApp) -> str:
    assert isinstance(app.screen, Dialog)
    return "\n".join(text for _, text, _ in app.screen.lines.lines)


def foot(app: ScaletuiApp) -> str:
    return str(app.screen.query_one(".dialog-foot", Static).content)


# Undo


async def test_a_field_that_is_typed_is_one_step() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        before = shown(app)
        await pilot.press("slash", *"1e25", "enter", "slash", "tab", *"70B", "enter")
        assert app.scenario.state.texts["calc"] == {"flops": "1e25", "params": "70B"}
        await pilot.press("u")
        assert app.scenario.state.texts["calc"] == {"flops": "1e25"}
        assert field(app, "params").value == ""
        assert "undone: calc.params" in told(app)
        await pilot.press("u")
        assert field(app, "flops").value == "5.76e23"
        assert shown(app) == before
        await pilot.press("u")
        assert "nothing to undo" in told(app)
        await pilot.press("U", "U")
        assert app.scenario.state.texts["calc"] == {"flops": "1e25", "params": "70B"}
        assert field(app, "params").value == "70B"
        await pilot.press("U")
        assert "nothing to redo" in told(app)


async def test_undo_goes_over_laws_scenarios_ranges_and_other_panes() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        first = app.scenario.state
        await pilot.press("v", "space", "enter")
        await pilot.press("4", "slash", "tab", "tab", "tab", "5", "enter")
        assert app.scenario.state.texts["speed"] == {"k": "5"}
        await app.action_open("gpt-2030")
        await pilot.press("R", "1")
        assert not app.scenario.ranges
        for _ in range(4):
            await pilot.press("u")
        assert app.scenario.state == first
        assert app.pane.TITLE == "Budget"
        assert field(app, "law").value == ""


async def test_undo_brings_the_pane_into_sight_that_it_changes() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("6", "slash", *"100", "enter", "1", "u")
        assert app.pane.TITLE == "Learning"
        assert "undone: learning.copies" in told(app)


async def test_undo_works_in_a_field() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("slash", *"1e25", "ctrl+z")
        assert field(app, "flops").value == "5.76e23"
        await pilot.press("ctrl+y")
        assert field(app, "flops").value == "1e25"


# Fields


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("up", "70B", "77B"),
        ("down", "77B", "70B"),
        ("shift+up", "5.76e23", "1.152e24"),
        ("shift+down", "512xH100", "256xH100"),
        ("pageup", "0.4M..10M", "4M..100M"),
        ("pagedown", "30d", "3d"),
    ],
)
async def test_keys_nudge_a_field(key: str, text: str, expected: str) -> None:
    name = "hardware" if "x" in text else "days" if text.endswith("d") else "params" if "B" in text else "flops"
    async with ScaletuiApp({}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, name, text)
        await pilot.press(key)
        assert field(app, name).value == expected
        assert app.scenario.texts["calc"][name] == expected


async def test_an_empty_field_is_nudged_from_what_it_stands_for() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("4", "slash", "up")
        assert field(app, "params", "speed").value == "79.48B"  # 1.1 x 72.25B, of the budget
        await pilot.press("1", "slash")
        await pilot.press("enter")


async def test_up_and_down_turn_a_choice() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        widget = field(app, "precision")
        app.screen.set_focus(widget)
        await pilot.press("down")
        assert widget.value in widget.field.choices
        assert widget.value != widget.field.default
        await pilot.press("up")
        assert widget.value == ""


# What is solved for


async def test_the_lock_turns_and_no_number_moves() -> None:
    async with ScaletuiApp({"calc": {"flops": "5.76e23", "law": "epoch-2024"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        grid = app.query_one(FieldGrid)
        assert grid._tags == {"params": "by law", "tokens": "by law"}
        numbers = {name: solved.value for name, solved in app.scenario.budget.solved.items()}
        seen = []
        for _ in range(4):
            await pilot.press("s")
            assert app.scenario.budget.error is None
            solved = app.scenario.budget.solved
            seen.append(set(solved))
            for name, one in solved.items():
                if name in numbers:
                    assert one.value == pytest.approx(numbers[name], rel=1e-5)
        assert seen == [{"flops"}, {"params"}, {"tokens"}, {"params", "tokens"}]
        assert field(app, "flops").value == "5.76e23"


async def test_an_equals_sign_in_a_field_has_it_solved_for() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("slash", "equals_sign")
        assert field(app, "flops").value == ""
        assert set(app.scenario.budget.solved) == {"flops"}
        assert "C =5.7" in bar(app) or "C =5.8" in bar(app)
        await pilot.press("enter", "2", "1")


async def test_what_cannot_be_solved_for_says_why() -> None:
    async with ScaletuiApp({"calc": {"loss": "2.0"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("s")
        assert "L: C, N and D follow from this" in told(app)


# Going places


async def test_a_jump_goes_to_a_field_and_any_other_key_stays() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("f")
        grid = app.query_one(FieldGrid)
        letters = dict(grid._letters)
        assert len(letters) == len(list(grid.query(FieldInput)))
        assert len(set(letters.values())) == len(letters)
        line = screen_text(app).splitlines()[2]
        assert line[10] == letters["flops"]
        await pilot.press(letters["tokens"])
        assert app.focused is field(app, "tokens")
        assert grid._letters == {}
        await pilot.press("enter", "f", "space")
        assert isinstance(app.focused, LineView)
        assert grid._letters == {}
        await pilot.press("f", "4")
        assert app.pane.TITLE == "Speed"


async def test_the_palette_has_every_action_and_does_it() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        words = [entry.words for entry in entries_of(app)]
        for id, key in KEYS.items():
            if id.startswith("app.") and id not in ("app.palette",):
                assert key.words in words, id
        for title in PANES:
            assert f"pane: {title}" in words
        await pilot.press("colon")
        assert isinstance(app.screen, Palette)
        await pilot.press(*"pane spe")
        assert dialog_text(app).split() == ["4", "pane:", "Speed"]
        await pilot.press("enter")
        await pilot.pause()
        assert app.pane.TITLE == "Speed"
        await pilot.press("colon", *"only", "ctrl+g")
        assert not isinstance(app.screen, Dialog)


@pytest.mark.parametrize(
    ("typed", "check"),
    [
        ("law: llama-3", lambda app: app.scenario.inputs.law == ("llama-3",)),
        ("open scenario gpt-3", lambda app: app.scenario.texts["calc"]["params"] == "175B"),
        ("theme: light", lambda app: app.theme == "light"),
        ("field: D. training", lambda app: app.focused is field(app, "tokens")),
        ("tour", lambda app: isinstance(app.screen, Tour)),
        ("start afresh", lambda app: app.scenario.state.texts == {"calc": {"flops": "5.76e23"}}),
    ],
)
async def test_the_palette_offers(typed: str, check: object) -> None:
    async with ScaletuiApp({"calc": {"flops": "1e20"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("colon")
        app.screen.query_one(LineInput).value = typed
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert check(app)  # type: ignore[operator]


async def test_two_panes_stand_side_by_side_where_there_is_room() -> None:
    async with ScaletuiApp().run_test(size=(WIDE, 50)) as pilot:
        app = app_of(pilot)
        left, right = app.panes_in_sight
        assert (left.TITLE, right.TITLE) == ("Budget", "Frontier")
        assert left.region.right <= right.region.x
        assert app.pane is left
        await pilot.press("w")
        assert app.pane is right
        assert app.focused is right.query_one(PlotView)
        await pilot.press("4")
        assert [pane.TITLE for pane in app.panes_in_sight] == ["Budget", "Speed"]
        await pilot.press("1", "slash", *"1e25", "enter")
        budget = " ".join(screen_text(app).split())
        assert "1e25" in budget
        tabs = app._bar(TabBar)
        assert (tabs._active, tabs._beside) == (0, 3)
        await pilot.resize_terminal(WIDE - 1, 50)
        await pilot.pause()
        assert [pane.TITLE for pane in app.panes_in_sight] == ["Budget"]
        assert app.pane.region.width == WIDE - 1


async def test_the_pane_beside_follows_what_is_typed() -> None:
    async with ScaletuiApp().run_test(size=(WIDE, 50)) as pilot:
        app = app_of(pilot)
        await pilot.press("w", "4", "1")
        before = [text for _, text, _ in app.panes_in_sight[1].query_one(".results", LineView).lines]
        await pilot.press("slash", *"1e25", "enter")
        after = [text for _, text, _ in app.panes_in_sight[1].query_one(".results", LineView).lines]
        assert before != after


async def test_the_focus_decides_which_pane_has_the_keys() -> None:
    async with ScaletuiApp().run_test(size=(WIDE, 50)) as pilot:
        app = app_of(pilot)
        app.screen.set_focus(app.panes_in_sight[1].query_one(PlotView))
        await pilot.pause()
        assert app.pane.TITLE == "Frontier"


@pytest.mark.parametrize("size", [(59, 30), (80, 17), (20, 5)])
async def test_a_small_terminal_asks_to_be_larger_and_nothing_is_lost(size: tuple[int, int]) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("slash", *"1e25")
        before = screen_text(app)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert "Make me larger" in screen_text(app)
        assert "law" not in screen_text(app).split()
        await pilot.resize_terminal(*SIZE)
        await pilot.pause()
        await pilot.pause()
        assert app.focused is field(app, "flops")
        assert screen_text(app) == before


# Taking along


@pytest.mark.parametrize("pane", range(1, 8))
@pytest.mark.parametrize("plotted", [False, True])
async def test_the_copied_command_prints_the_pane(
    pane: int, plotted: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press(str(pane), *("p" if plotted and pane > 2 else ""), "y")
        assert isinstance(app.screen, CopyScreen)
        *drawing, command = app.screen._commands
        assert app.clipboard == app.screen._commands[0]
        await pilot.press("q")
        taken = app.pane.shown
        assert taken is not None
    words = shlex.split(command)
    assert words[0] == "scaletui"
    capsys.readouterr()
    assert run([*words[1:], "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["id"], row["law"], row["value"]) for row in rows] == [
        (row.id, row.law, float(row.value)) for row in taken.answer.rows
    ]
    for line in drawing:
        assert run(shlex.split(line)[1:]) == 0
        assert len(capsys.readouterr().out.splitlines()) >= 12


async def test_the_command_is_saved_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("y", "s")
        assert "saved" in foot(app)
        assert (tmp_path / "scaletui.sh").read_text() == "scaletui calc --flops 5.76e23\n"


@pytest.mark.parametrize("kind", ["json", "csv", "md", "txt", "svg"])
async def test_a_pane_is_exported(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with ScaletuiApp({"calc": {"flops": "5.76e23"}, "speed": {"k": "5"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("4", "p", "x")
        assert isinstance(app.screen, ExportScreen)
        app.screen.lines.choose(kind)
        await pilot.press("enter")
        assert "saved" in foot(app)
    text = (tmp_path / f"scaletui-speed.{kind}").read_text()
    assert {"json": '"calculator": "speed"', "csv": "id,", "md": "| ", "txt": "k", "svg": "<svg"}[kind] in text


async def test_what_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.getcwd", lambda: str(tmp_path / "none"))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("x", "enter")
        assert "cannot be written" in foot(app)


# Scenarios


async def save_as(pilot: Pilots, name: str) -> None:
    app = app_of(pilot)
    await pilot.press("S")
    assert isinstance(app.screen, AskScreen)
    app.screen.query_one(LineInput).value = name
    await pilot.press("enter")
    await pilot.pause()


async def test_a_scenario_is_saved_and_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    texts = {
        "calc": {"flops": "1e23..1e25", "law": "llama-3,epoch-2024"},
        "speed": {"k": "5"},
        "copies": {"flops": "-"},
    }
    async with ScaletuiApp(texts).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        before = app.scenario.state
        await save_as(pilot, "mine")
        assert (tmp_path / "scaletui/scenarios/mine.toml").is_file()
        app.action_fresh()
        assert app.scenario.state != before
        await pilot.press("o")
        assert isinstance(app.screen, ScenarioScreen)
        app.screen.lines.choose("mine")
        await pilot.press("enter")
        await pilot.pause()
        assert app.scenario.state == before
        assert field(app, "flops").value == "1e23..1e25"


async def test_a_name_that_is_taken_is_asked_for_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await save_as(pilot, "gopher")
        assert isinstance(app.screen, AskScreen)
        assert not (tmp_path / "scaletui/scenarios/gopher.toml").exists()
        await pilot.press("enter")
        await pilot.pause()
        assert (tmp_path / "scaletui/scenarios/gopher.toml").exists()
        await save_as(pilot, "not a name!")
        assert "cannot be a name" in str(app.screen.query_one(".dialog-said", Static).content)


async def test_scenarios_are_renamed_duplicated_and_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "scaletui/scenarios"
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await save_as(pilot, "one")
        await pilot.press("o")
        app.screen.query_one(LineView).choose("one")
        await pilot.press("d")
        await pilot.press("enter")  # the name that is offered
        await pilot.pause()
        assert {path.stem for path in folder.iterdir()} == {"one", "one-2"}
        app.screen.query_one(LineView).choose("one")
        await pilot.press("r")
        app.screen.query_one(LineInput).value = "other"
        await pilot.press("enter")
        await pilot.pause()
        assert {path.stem for path in folder.iterdir()} == {"other", "one-2"}
        app.screen.query_one(LineView).choose("other")
        await pilot.press("x")
        assert "again deletes other" in foot(app)
        await pilot.press("x")
        assert {path.stem for path in folder.iterdir()} == {"one-2"}
        app.screen.query_one(LineView).choose("gopher")
        await pilot.press("x")
        assert "of the sources" in foot(app)
        await pilot.press("r")
        assert "of the sources" in foot(app)


async def test_two_scenarios_are_compared_and_both_are_plotted() -> None:
    async with ScaletuiApp({"calc": {"flops": "5.76e23"}, "speed": {"k": "3"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("o")
        app.screen.query_one(LineView).choose("gpt-3")
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(app.screen, CompareScreen)
        styles = {about: style for style, _, about in app.screen.lines.lines if about}
        assert styles["calc.compute"] == "differs"
        await pilot.press("q", "2")
        plot = app.pane.query_one(PlotView).plot
        assert plot is not None
        assert "gpt-3" in plot.title
        await pilot.press("6", "p")
        plot = app.pane.query_one(PlotView).plot
        assert plot is not None
        names = " ".join(series.name for series in plot.series)
        assert "gpt-3" in names
        assert "beside gpt-3" in screen_text(app).splitlines()[0]
        kept = kept_of(app)
        app.action_compare_no_more()
        await pilot.pause()
        plot = app.pane.query_one(PlotView).plot
        assert plot is not None
        assert "gpt-3" not in plot.title
        assert "beside" not in screen_text(app).splitlines()[0]
    again = ScaletuiApp()
    become(again, kept, theme=True)
    async with again.run_test(size=SIZE) as pilot:
        plot = again.pane.query_one(PlotView).plot
        assert again.pane.TITLE == "Learning"
        assert plot is not None
        assert "gpt-3" in plot.title


# The tour, themes and keys


async def test_the_tour_is_turned_skipped_and_called_back() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await app.action_tour()
        for page, (title, _) in enumerate(PAGES):
            shown_title = str(app.screen.query_one(".dialog-title", Static).content)
            assert shown_title == f"{title} ({page + 1} of {len(PAGES)})"
            assert app.screen.query_one(LineView).max_scroll_y == 0  # a page is seen whole at 80x24
            await pilot.press("enter")
        assert not isinstance(app.screen, Tour)
        await app.action_tour()
        await pilot.press("space", "b", "q")
        assert not isinstance(app.screen, Tour)


async def test_help_over_the_tour_comes_back_to_its_page_and_other_keys_end_it() -> None:
    async with ScaletuiApp(tour=True).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("enter")
        tour = app.screen
        for close in ("q", "question_mark"):
            await pilot.press("question_mark")
            assert isinstance(app.screen, TextScreen)
            await pilot.press(close)
            assert app.screen is tour
            assert f"{PAGES[1][0]} (2 of 4)" in screen_text(app)
        await pilot.press("f1", "q", "enter", "2")
        assert not isinstance(app.screen, Tour)
        assert app.pane.TITLE == "Frontier"


@pytest.mark.parametrize("name", THEMES)
async def test_a_theme_is_taken(name: str) -> None:
    async with ScaletuiApp(theme=name).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        assert app.theme == name
        names = list(THEMES)
        await pilot.press("T")
        assert app.theme == names[(names.index(name) + 1) % len(names)]


async def test_a_keymap_gives_actions_other_keys() -> None:
    keys = keymap("default", {"app.explain": "Z", "lines.down": "n"})
    async with ScaletuiApp(keymap=keys).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        at = app.pane.about
        await pilot.press("e")
        assert not isinstance(app.screen, Dialog)
        await pilot.press("n")
        assert app.pane.about != at
        assert "Z Explain" in told(app)
        await pilot.press("Z")
        assert isinstance(app.screen, Dialog)
        await pilot.press("q", "question_mark")
        assert "Z " in dialog_text(app)


async def test_vim_keys() -> None:
    async with ScaletuiApp(keymap=keymap("vim")).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("i", *"1e25", "enter", "u")
        assert field(app, "flops").value == "5.76e23"
        await pilot.press("ctrl+r")
        assert field(app, "flops").value == "1e25"
        await pilot.press("2", "I")
        assert "isoFLOP" in screen_text(app)


async def test_every_dialog_closes_with_a_key_that_is_not_escape() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        for key in ("question_mark", "e", "v", "y", "x", "o"):
            await pilot.press(key)
            assert isinstance(app.screen, Dialog), key
            await pilot.press("q")
            assert not isinstance(app.screen, Dialog), key
        for key in ("colon", "S"):
            await pilot.press(key)
            assert isinstance(app.screen, Dialog), key
            await pilot.press("ctrl+g")
            assert not isinstance(app.screen, Dialog), key


async def test_a_field_says_what_is_wrong_while_it_is_nudged() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "5.76x")
        await pilot.press("up")
        assert echo(app_of(pilot)).startswith("! C: ")


async def test_a_click_on_a_tab_turns_to_it() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.click(TabBar, offset=(screen_text(app).splitlines()[1].index("Speed") + 1, 0))
        assert app.pane.TITLE == "Speed"


async def test_the_scenario_stays_in_sight_behind_a_dialog() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("v")
        assert screen_text(app).splitlines()[0].startswith(" scaletui  C 5.76e23")
        assert "q Close" in screen_text(app).splitlines()[-1]


async def test_keys_that_mean_nothing_in_a_dialog_mean_nothing_after_it() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("x")
        for key in ("f", "4", "g", "q"):  # in one go: none of them waits for the one before
            app.post_message(Key(key, key))
        await pilot.pause()
        assert not isinstance(app.screen, Dialog)
        assert app.pane.TITLE == "Budget"
        assert app.query_one(FieldGrid)._letters == {}


@pytest.mark.parametrize(("key", "place"), [("end", -1), ("home", 0), ("G", -1), ("g", 0)])
async def test_the_ends_of_a_list_are_chosen(key: str, place: int) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("o", "down", key)
        able = [about for _, _, about in app.screen.query_one(LineView).lines if about]
        assert app.screen.query_one(LineView).about == able[place]


async def test_a_command_of_a_last_good_answer_says_so() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "tokens", "1q")
        await pilot.press("enter", "y")
        assert "the last good answer" in dialog_text(app_of(pilot))


# The cursor, and what is told of the line that it is on


async def test_the_cursor_goes_along_with_pages_and_ends() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("3")
        lines = app.pane.query_one(LineView)
        names = [about for _, _, about in lines.lines if about]

        def in_sight() -> bool:
            return 0 <= lines._at - lines.scroll_offset.y < lines.size.height

        await pilot.press("G")
        assert (lines.about, in_sight()) == (names[-1], True)
        await pilot.press("g")
        assert (lines.about, in_sight()) == (names[0], True)
        await pilot.press("pagedown")
        assert in_sight()
        assert names.index(lines.about) > names.index("arithmetic-3-digit")
        await pilot.press("pageup", "pageup")
        assert in_sight()


async def test_an_explanation_begins_with_what_the_line_is_about() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("j", "e")
        lines = dialog_text(app).splitlines()
        assert lines[0] == "chinchilla-1"
        assert lines.index("for all laws") < next(n for n, line in enumerate(lines) if "training compute C" in line)
        await pilot.press("q", "5", "j", "e")
        assert "Explained: tokens training's compute could write" in screen_text(app)


async def test_a_command_in_a_note_stays_one_where_it_is_broken_over_lines() -> None:
    async with ScaletuiApp({"calc": {"flops": "5.76e23"}, "speed": {"k": "5"}}).run_test(size=SIZE) as pilot:
        await pilot.press("5")
        assert "`scaletui speed --k 5`" in " ".join(line.strip() for line in shown(app_of(pilot)))


async def test_no_text_of_ones_own_is_marked_as_solved_for() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        assert app.scenario.budget.tags == {"params": "by law", "tokens": "by law"}
        await fill(pilot, "tokens", "none")
        assert app.scenario.budget.error is not None
        assert app.scenario.budget.tags == {"params": "by law"}


async def test_the_palette_puts_first_what_begins_with_the_words() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("colon", *"theme")
        assert dialog_text(app).split()[:2] == ["theme:", "dark"]


async def test_a_cell_whose_interval_is_on_the_way_is_no_wider() -> None:
    async with ScaletuiApp({"calc": {"flops": "1e23..1e25"}}).run_test(size=(120, 40)) as pilot:
        app = app_of(pilot)
        app.scenario.set("calc", {"flops": "1e22..1e24"})
        app.show_panes()
        heads = [line for style, line, _ in app.pane.query_one(LineView).lines if style == "head"]
        assert heads[0].split() == ["law", "N", "D", "D/N", "loss", "beyond", "nearest"]
        assert not any("... to ..." in line and line.startswith("kaplan-2020") for line in shown(app))
