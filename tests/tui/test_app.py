"""The app, driven by keys: what is typed, what is shown, and that both agree with the command."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driving import SIZE, Pilots, app_of, echo, field, fill, pressed, screen_text, shown
from textual.events import Paste

import scaletui.panes
from scaletui.app import ScaletuiApp
from scaletui.locations import shipped_presets
from scaletui.panes import pane_classes
from scaletui.panes.base import Pane
from scaletui.render.table import answer_lines, as_table
from scaletui.screens.laws import LawScreen
from scaletui.screens.text import TextScreen
from scaletui.sheet import in_app
from scaletui.shell import WIDE
from scaletui.widgets.bars import KeyBar, ScenarioBar, TabBar
from scaletui.widgets.field import FieldInput
from scaletui.widgets.lines import LineView
from scaletui.widgets.plot import PlotView
from scaletui_core.budget import BudgetInputs
from scaletui_core.calc import calculate
from scaletui_core.fields import parse_inputs
from scaletui_core.presets import Catalog


def asked(catalog: Catalog, **texts: str) -> list[str]:
    """Return the lines that the command prints for these options, at the app's width."""
    answer = calculate(parse_inputs(BudgetInputs, texts), catalog)
    return [in_app(text) for _, text, _ in answer_lines(answer, SIZE[0] - 2, more="press e")]


async def paste(pilot: Pilots, text: str) -> None:
    app_of(pilot).post_message(Paste(text))
    await pilot.pause()


# Typing


@pytest.mark.parametrize("text", ["1e21", "3200 PF-day", "2.1e25"])
async def test_the_table_is_that_of_the_command(catalog: Catalog, text: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", text)
        assert shown(app_of(pilot)) == asked(catalog, flops=text)
        table = as_table(calculate(parse_inputs(BudgetInputs, {"flops": text}), catalog), SIZE[0] - 2)
        for law in catalog.load("laws").records:
            lines = [line for line in table.splitlines() if line.startswith(f"{law} ")]
            assert [line for line in shown(app_of(pilot)) if line.startswith(f"{law} ")] == lines


async def test_the_table_follows_every_keystroke(catalog: Catalog) -> None:
    async with ScaletuiApp({}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("slash")
        seen = []
        for char in "2e21":
            await pilot.press(char)
            seen.append(app.scenario.inputs.flops)
        assert app.scenario.inputs.flops == 2e21
        assert seen[0] == 2.0
        assert shown(app) == asked(catalog, flops="2e21")
        assert "C 2e21" in screen_text(app).splitlines()[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5.76x", "'x' is not a suffix"),
        ("70Q", "'Q' is not a suffix"),
        ("-1", "C:"),
        ("1e400", "too large"),
        ("[red]", "no number in '[red]'"),
        ("[/]", "no number in '[/]'"),
        ("7 tokens", "tokens"),
    ],
)
async def test_a_text_that_makes_no_sense_is_marked_and_the_answer_stays(text: str, reason: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "flops", "1e21")
        before = shown(app)
        widget = field(app, "flops")
        widget.value = text
        await pilot.pause()
        assert widget.has_class("-wrong")
        assert echo(app).startswith("! C: ")
        assert reason in echo(app)
        assert echo(app).endswith("last good answer below")
        assert shown(app) == before
        assert "C 1e21" in screen_text(app).splitlines()[0]
        await fill(pilot, "flops", "1e22")
        assert not widget.has_class("-wrong")
        assert echo(app) == "C = 1e22 FLOP"
        assert shown(app) != before


async def test_pasted_escapes_are_shown_not_obeyed() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("slash", "end")
        await paste(pilot, "\x1b[31m\x07\u202e")
        assert field(app, "flops").value == "5.76e23\\x1b[31m\\x07\\u202e"
        assert "is not" in echo(app)
        assert "[31m" in echo(app)
        assert all(char.isprintable() and char != "\u202e" for char in screen_text(app).replace("\n", ""))


async def test_typing_into_a_field_replaces_what_stood_there() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"1e24")
        assert field(app_of(pilot), "flops").value == "1e24"


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_a_key_leaves_a_field(key: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await pilot.press("slash", key, "2")
        assert app_of(pilot).pane.TITLE == "Frontier"


async def test_two_wrong_fields_are_both_marked_and_each_says_its_own() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "flops", "1q")
        await fill(pilot, "tokens", "x")
        assert field(app, "flops").has_class("-wrong")
        assert field(app, "tokens").has_class("-wrong")
        assert echo(app).startswith("! D: no number in 'x'")
        await pilot.press("enter")
        assert echo(app).startswith("! C: 'q' is not")


async def test_contradicting_inputs_are_named() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "params", "70B")
        before = shown(app)
        await fill(pilot, "tokens", "1T")
        assert echo(app).startswith("! C and N with D disagree by 27.1%: drop one")
        assert shown(app)[-5:] == before[-5:]
        await fill(pilot, "flops", "")
        assert echo(app).startswith("C = 4.2e23 FLOP, solved for by C = 6 N D")
        assert app.scenario.budget.error is None


async def test_a_unit_that_does_not_belong_to_the_field_is_named() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "tokens", "5 PF-day")
        assert echo(app_of(pilot)).startswith("! D: ")
        assert field(app_of(pilot), "tokens").has_class("-wrong")


async def test_an_empty_field_says_what_it_is_for() -> None:
    async with ScaletuiApp({}).run_test(size=SIZE) as pilot:
        await fill(pilot, "tokens", "")
        await fill(pilot, "loss", "2")
        await fill(pilot, "tokens", "")
        assert echo(app_of(pilot)).startswith("D = ")
        await fill(pilot, "cost", "")
        assert echo(app_of(pilot)) == "Money to spend, at Price, on Machine. Such as $10M."


async def test_an_empty_field_says_what_it_is_solved_as() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "tokens", "")
        assert echo(app_of(pilot)) == "D = 1.32874T tokens, compute-optimal by epoch-2024; type to give your own"


async def test_a_long_reason_is_read_whole_and_moves_nothing() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        before = app.query_one("#budget-results").region
        await fill(pilot, "flops", "5.76x")
        assert app.scenario.budget.error is not None
        assert app.scenario.budget.error.line in " ".join(screen_text(app).split())
        assert app.query_one("#budget-results").region == before


# Keys


async def test_letters_and_digits_are_text_in_a_field_and_keys_outside() -> None:
    async with ScaletuiApp({}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("slash")
        assert app.focused is field(app, "flops")
        await pilot.press("2", "e", "q", "v", "slash")
        assert field(app, "flops").value == "2eqv/"
        assert app.is_running
        assert app.pane.TITLE == "Budget"
        await pilot.press("enter")
        assert app.focused is app.query_one("#budget-results")
        await pilot.press("2")
        assert app.pane.TITLE == "Frontier"
        await pilot.press("0")  # of a tenth pane
        assert app.pane.TITLE == "Frontier"
        await pilot.press("slash")
        assert app.focused is field(app, "flops")
        assert field(app, "flops").value == "2eqv/"


async def test_tab_goes_through_the_fields_and_back() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        names = [widget.field.name for widget in app.query(FieldInput)]
        await pilot.press("slash")
        for name in names[1:]:
            await pilot.press("tab")
            assert app.focused is field(app, name)
        await pilot.press("shift+tab")
        assert app.focused is field(app, names[-2])


async def test_q_quits() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await pilot.press("q")
        assert app_of(pilot)._exit
        assert app_of(pilot).return_code == 0


@pytest.mark.parametrize("before", [(), ("slash",), ("question_mark",), ("v",), ("2",)])
@pytest.mark.parametrize(("key", "code"), [("ctrl+c", 130), ("ctrl+q", 0)])
async def test_ctrl_c_and_ctrl_q_leave_from_anywhere(before: tuple[str, ...], key: str, code: int) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await pilot.press(*before, key)
        assert app_of(pilot)._exit
        assert app_of(pilot).return_code == code


@pytest.mark.parametrize("before", [(), ("slash",), ("2",), ("v",)])
async def test_help_opens_from_anywhere_and_q_closes_it(before: tuple[str, ...]) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press(*before)
        under, focused = app.screen, app.focused
        await pilot.press("question_mark")
        assert isinstance(app.screen, TextScreen)
        text = "\n".join(line for _, line, _ in app.screen.query_one(LineView).lines)
        assert app.pane.TITLE.upper() in text
        assert all(key in text for key in ("ctrl+q", "explain", "WORDS"))
        assert max(map(len, text.splitlines())) <= SIZE[0] - 6
        await pilot.press("q")
        assert app.screen is under
        assert app.focused is focused
        assert not app._exit


async def test_keys_typed_ahead_are_not_lost() -> None:
    async with ScaletuiApp({}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        # All at once, without letting the app come to rest between them.
        for key in [
            "slash",
            *"1e29",
            "backspace",
            "1",
            "home",
            "delete",
            "1",
            "tab",
            *"70B",
            "enter",
            "question_mark",
            "q",
            "question_mark",
        ]:
            app._driver.send_message(key_event(key))  # type: ignore[union-attr]
        await pilot.pause()
        assert isinstance(app.screen, TextScreen)
        assert not app._exit
        assert app.scenario.texts["calc"]["flops"] == "1e21"
        assert app.scenario.texts["calc"]["params"] == "70B"
        for key in ["q", "v", "space", "enter", "2", "a", "i"]:
            app._driver.send_message(key_event(key))  # type: ignore[union-attr]
        await pilot.pause()
        assert not app._exit
        assert app.scenario.inputs.law == ("kaplan-2020",)
        assert "isoFLOP" in screen_text(app)


def key_event(key: str) -> Any:
    from textual.events import Key

    return Key(key, key if len(key) == 1 else None)


async def test_the_key_line_shows_whole_keys_that_work() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)

        def line() -> str:
            return str(app.query_one(KeyBar).render())

        home = line()
        assert "e Explain" in home
        await pilot.press("slash")
        assert "enter Results" in line()
        await pilot.press("enter", "v")
        assert line().split() == ["q", "Close"]
        await pilot.press("question_mark")
        assert line().split() == ["q", "Close"]
        await pilot.press("q", "q")
        assert line() == home
        await pilot.press("2")
        assert line().startswith(" a Axis  i IsoFLOP  m Models ")
        assert len(line()) <= SIZE[0]
        assert line().split()[-1].isalpha()


# Explanations and the choice of laws


async def test_e_explains_the_chosen_law(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        law = "chinchilla-3"
        await pilot.press(*["down"] * list(catalog.load("laws").records).index(law))
        await pilot.press("e")
        text = "\n".join(line for _, line, _ in app.screen.query_one(LineView).lines)
        assert f"Explained: {law}" in screen_text(app)
        assert "formula" in text
        assert "C = 5.76e23 FLOP" in text
        assert "40.4B" in text
        assert "https://arxiv.org/abs/2203.15556" in text.replace("\n", "").replace(" ", "")
        assert "kaplan-2020\n=" not in text
        assert max(map(len, text.splitlines())) <= SIZE[0] - 6


async def test_an_explanation_is_laid_out_for_the_width() -> None:
    async with ScaletuiApp().run_test(size=(200, 50)) as pilot:
        app = app_of(pilot)
        await pilot.press("e")
        view = app.screen.query_one(LineView)
        wide = len(view.lines)
        await pilot.resize_terminal(60, 18)
        await pilot.pause()
        assert len(view.lines) > wide
        words = " ".join(line for _, line, _ in view.lines).split()
        assert max(len(line) for _, line, _ in view.lines) <= max(54, *map(len, words)) + 11


async def test_the_law_list_takes_and_all_follows() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("v")
        assert isinstance(app.screen, LawScreen)
        await pilot.press("down", "space", "down", "space", "space", "down", "x")
        marked = [line for _, line, _ in app.screen.query_one(LineView).lines if line.startswith("[x]")]
        assert [line.split()[1] for line in marked] == ["chinchilla-1", "chinchilla-3"]
        await pilot.press("enter")
        assert field(app, "law").value == "chinchilla-1,chinchilla-3"
        assert app.scenario.inputs.law == ("chinchilla-1", "chinchilla-3")
        assert [about for _, _, about in app.query_one("#budget-results", LineView).lines if about] == [
            "chinchilla-1",
            "chinchilla-3",
        ]
        await pilot.press("2")
        plot = app.query_one(PlotView).plot
        assert plot is not None
        assert [series.name for series in plot.series] == ["chinchilla-1", "chinchilla-3"]
        await pilot.press("v", "a", "enter")
        assert app.scenario.inputs.law == ()
        plot = app.query_one(PlotView).plot
        assert plot is not None
        assert len(plot.series) > 10


async def test_the_law_list_can_be_left_as_it_was() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("v", "space", "q")
        assert app.scenario.inputs.law == ()
        assert field(app, "law").value == ""
        assert not app._exit


# The frontier


async def test_the_frontier_turns_slices_and_hides() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)

        def plot() -> Any:
            return app.query_one(PlotView).plot

        await pilot.press("2")
        symbols = [plot().y.label]
        for _ in range(3):
            await pilot.press("a")
            symbols.append(plot().y.label)
        assert symbols == ["N", "D", "L", "N"]
        marks = len(plot().marks)
        assert [mark.label for mark in plot().marks if mark.emphasis] == ["optimum by epoch-2024"]
        await pilot.press("m")
        assert len(plot().marks) == 1
        await pilot.press("m")
        assert len(plot().marks) == marks
        await pilot.press("i")
        assert "isoFLOP slice" in screen_text(app)
        assert (plot().x.label, plot().y.label) == ("N", "L")
        await pilot.press("i")
        assert plot().x.label == "C"


async def test_your_own_model_is_a_point_of_the_frontier() -> None:
    async with ScaletuiApp({"calc": {"params": "70B", "tokens": "1.4T"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("2")
        plot = app.query_one(PlotView).plot
        assert plot is not None
        own = [mark for mark in plot.marks if mark.emphasis]
        assert [(mark.x, mark.y, mark.label) for mark in own] == [(6 * 70e9 * 1.4e12, 70e9, "the model")]


async def test_without_one_budget_the_frontier_says_so() -> None:
    async with ScaletuiApp({"calc": {"loss": "2.0"}}).run_test(size=SIZE) as pilot:
        await pilot.press("2")
        assert "no single C" in screen_text(app_of(pilot))
        await pilot.press("i")
        assert "The slice needs one C" in screen_text(app_of(pilot))


# Sizes


async def test_resizing_lays_everything_out_again(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        for keys in ((), ("2",), ("i",), ("1", "e"), ("q", "v"), ("q", "slash")):
            await pilot.press(*keys)
            for size in ((200, 50), (60, 18), (40, 10), (20, 5), (1, 1), SIZE):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert len(screen_text(app).splitlines()) == size[1]
        answer = calculate(parse_inputs(BudgetInputs, {"flops": "5.76e23"}), catalog)
        for columns in (200, 100, 80):
            await pilot.resize_terminal(columns, 24)
            await pilot.pause()
            width = app.pane.size.width
            assert (width == columns) == (columns < WIDE)
            assert shown(app) == [in_app(text) for _, text, _ in answer_lines(answer, width - 2, more="press e")]


@pytest.mark.parametrize(("columns", "rows"), [(60, 18), (79, 30)])
async def test_a_small_terminal_still_shows_fields_and_results(columns: int, rows: int) -> None:
    async with ScaletuiApp().run_test(size=(columns, rows)) as pilot:
        await pilot.pause()
        text = screen_text(app_of(pilot))
        assert "5.76e23" in text.splitlines()[0]
        assert "5.76e23" in text.splitlines()[2]
        assert "? Help" in text.splitlines()[-1]
        await pilot.press("end")
        assert app_of(pilot).query_one("#budget-results").size.height >= 2
        await pilot.press("slash", *["tab"] * 12)
        assert "Law" in screen_text(app_of(pilot))


# Presets of the user


async def test_a_broken_preset_is_named_with_its_markup_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "scaletui"
    folder.mkdir()
    (folder / "models.toml").write_text('[models."[bold]x[/]"]\nname = "[red]y[/red]"\nparams = 0\nwrong = 1\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    async with ScaletuiApp().run_test(size=(120, 40), notifications=True) as pilot:
        app = app_of(pilot)
        await pilot.pause()
        assert [note.message for note in app._notifications] == [p.line for p in app.scenario.catalog.problems]
        assert any("[bold]x[/]" in note.message for note in app._notifications)
        assert "[bold]x[/]" in screen_text(app)


# Panes


def test_every_module_of_panes_is_a_pane() -> None:
    found = pane_classes()
    folder = Path(scaletui.panes.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", *scaletui.panes.SHARED}
    assert {pane.__module__.rpartition(".")[2] for pane in found} == modules
    assert all(issubclass(pane, Pane) and pane.TITLE and pane.HELP for pane in found)
    assert len({pane.TITLE for pane in found}) == len(found)
    assert len({pane.ORDER for pane in found}) == len(found)
    assert [pane.ORDER for pane in found] == sorted(pane.ORDER for pane in found)


async def test_a_pane_is_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "extra.py").write_text(
        """
from textual.app import ComposeResult
from textual.widgets import Static
from scaletui.panes.base import Pane

class ExtraPane(Pane):
    TITLE = "Extra"
    ORDER = 50
    HELP = "What the extra pane is for."

    def compose(self) -> ComposeResult:
        yield Static("", id="extra", markup=False)

    def show_scenario(self, scenario) -> None:
        self.query_one("#extra", Static).update(f"extra {scenario.inputs.flops:g}")

PANE = ExtraPane
"""
    )
    monkeypatch.setattr(scaletui.panes, "__path__", [*scaletui.panes.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    count = len(pane_classes())
    try:
        async with ScaletuiApp().run_test(size=SIZE) as pilot:
            app = app_of(pilot)
            assert f" {count % 10}Extra " in str(app.query_one(TabBar).render())
            await pilot.press(str(count % 10))
            assert app.pane.TITLE == "Extra"
            assert "extra 5.76e+23" in screen_text(app)
            await pilot.press("question_mark")
            assert "What the extra pane is for." in screen_text(app)
    finally:
        sys.modules.pop("scaletui.panes.extra", None)


async def test_no_field_no_answer_no_trouble() -> None:
    async with ScaletuiApp({}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("e", "2", "i", "a", "1")
        assert app.is_running
        assert app.screen is app.default_screen


# Pictures: what a person would see, at 80 x 24. Refresh with: pytest tests/tui/test_app.py --snapshot-update

# The keys, and what shows that they have gone through.
PICTURES: dict[str, tuple[tuple[str, ...], str]] = {
    "budget": ((), "training compute C"),
    "error": (("slash", "x"), "! C: no number in 'x'"),
    "frontier": (("2",), "Compute-optimal N against C"),
    "slice": (("2", "i"), "isoFLOP slice"),
    "help": (("question_mark",), "Help: Budget"),
    "explained": (("down", "e"), "Explained: chinchilla-1"),
    "laws": (("v", "down", "space"), "[x] chinchilla-1"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(snap_compare: Callable[..., bool], name: str) -> None:
    assert os.environ["XDG_CONFIG_HOME"]  # a folder of the tests, without presets
    assert Path(shipped_presets()).is_dir()
    app = ScaletuiApp(glyphs="braille")
    app.theme = "dark"
    assert snap_compare(app, run_before=pressed(*PICTURES[name]), terminal_size=SIZE)


def test_the_bar_names_the_machine_and_the_laws() -> None:
    app = ScaletuiApp({"calc": {"hardware": "512xH100", "days": "30d", "mfu": "40%", "law": "epoch-2024"}})
    bar = ScenarioBar(app.scenario)
    assert "on 512xh100" in bar._parts
    assert bar._parts[-2:] == ["epoch-2024", "no ranges"]


class Kept:
    """A session that counts how often it was given a state."""

    problems, restored = (), None

    def __init__(self) -> None:
        self.times = 0

    def keep(self, state: Any) -> None:
        assert state.texts is not None
        self.times += 1


async def test_an_app_that_leaves_keeps_its_state_once_and_no_more() -> None:
    """What was about to be kept when it left would look at panes that are gone."""
    session: Any = Kept()
    app = ScaletuiApp(session=session)
    async with app.run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "1e24")
        due = app._settling
        assert due is not None
        before = session.times
        app.exit()
        assert due.cancelled()
        assert session.times == before + 1
        app.changed()
        assert app._settling is due
        app.exit()
        assert session.times == before + 1
