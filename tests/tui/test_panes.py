"""The panes of the parts of a scenario: what flows in, what is pinned, what is kept, and what a person sees."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from driving import SIZE, app_of, echo, field, fill, pressed, screen_text, shown

import scaletui.panes.calculator
import scaletui.sheet
from scaletui.app import ScaletuiApp
from scaletui.render.plot import Axis, Plot, Series
from scaletui.render.table import answer_lines
from scaletui.scenario import Scenario
from scaletui.screens.text import TextScreen
from scaletui.widgets.bars import KeyBar, ScenarioBar, fitted
from scaletui.widgets.field import LABEL_WIDTH, FieldGrid, FieldInput
from scaletui.widgets.lines import LineView
from scaletui.widgets.plot import PlotView
from scaletui_core.errors import InputError
from scaletui_core.fields import fields_of, parse_inputs
from scaletui_core.flow import PARTS, calculator, flow
from scaletui_core.presets import Catalog

KEYS = {"calc": "1", "emergence": "3", "speed": "4", "copies": "5", "learning": "6", "batch": "7"}
WITHOUT_TEXTS = [part for part in PARTS if part != "calc"]


def answered(catalog: Catalog, part: str, **given: dict[str, str]) -> Any:
    """Return the answer of a part of a scenario, as the core has it."""
    inputs = {name: parse_inputs(calculator(name).inputs, texts) for name, texts in given.items()}
    return flow(inputs, catalog, (part,))[part].answer


def lines(answer: Any, part: str, catalog: Catalog) -> set[str]:
    """Return the lines of an answer at the app's width, those without names of options."""
    return {text for _, text, _ in answer_lines(answer, SIZE[0] - 2, more="press e") if "--" not in text}


def explained(app: ScaletuiApp) -> str:
    assert isinstance(app.screen, TextScreen)
    return "\n".join(line for _, line, _ in app.screen.query_one(LineView).lines)


# The scenario


def test_what_flows_on_is_the_value_itself(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {"calc": {"flops": "5.76e23"}})
    rows = [row for row in scenario.answer.rows if row.law == "epoch-2024"] if scenario.answer else []
    params, tokens = (next(row.value for row in rows if row.id == name) for name in ("params", "tokens"))
    assert scenario.sheet("speed").inputs.params is params
    assert scenario.sheet("copies").inputs.tokens is tokens


def test_only_what_is_wanted_and_has_changed_is_computed(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = []

    def follow(name: str, *rest: Any) -> Any:
        followed.append(name)
        return scaletui_follow(name, *rest)

    scaletui_follow = scaletui.sheet.follow
    monkeypatch.setattr(scaletui.sheet, "follow", follow)
    scenario = Scenario(catalog, {"calc": {"flops": "5.76e23"}})

    def asked(part: str) -> list[str]:
        followed.clear()
        scenario.sheet(part)
        return followed[:]

    assert asked("calc") == ["calc"]
    assert asked("batch") == ["batch"]
    assert asked("learning") == ["speed", "copies", "learning"]
    assert asked("learning") == []
    assert not scenario.set("speed", {"k": ""})
    assert asked("learning") == []
    assert scenario.set("speed", {"k": "5"})
    assert asked("batch") == []
    assert asked("learning") == ["speed", "copies", "learning"]
    scenario.set("emergence", {"sort": "flops"})
    assert asked("learning") == []
    assert asked("emergence") == ["emergence"]
    scenario.set("calc", {"flops": "1e24"})
    assert asked("speed") == ["calc", "speed"]


def test_a_wrong_text_stops_nothing_that_follows(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {"calc": {"flops": "5.76e23"}, "speed": {"k": "5"}})
    before = scenario.sheet("copies").answer
    scenario.set("speed", {"k": "five"})
    speed = scenario.sheet("speed")
    assert (speed.wrong, speed.inputs.k) == ("k", 5.0)
    assert scenario.sheet("copies").answer == before
    scenario.set("calc", {"flops": "1e24"})
    assert scenario.sheet("speed").inputs.params > 80e9
    assert scenario.sheet("speed").error is not None
    assert scenario.sheet("copies").answer != before


def test_a_budget_that_says_nothing_leaves_the_rest_to_itself(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {})
    assert scenario.sheet("emergence").answer == answered(catalog, "emergence")
    assert scenario.sheet("copies").answer is None
    assert scenario.sheet("copies").error is not None
    scenario.set("copies", {"tokens": "300B"})
    answer = scenario.sheet("copies").answer
    assert answer is not None
    assert round(answer.row("work_years").value, 1) == 3379.6


@pytest.mark.parametrize(("text", "benchmarks"), [("yes", True), ("Y", True), ("no", False), ("", False)])
def test_a_flag_is_yes_or_no(catalog: Catalog, text: str, benchmarks: bool) -> None:
    scenario = Scenario(catalog, {"emergence": {"benchmarks": text}})
    assert scenario.sheet("emergence").inputs.benchmarks is benchmarks
    scenario.set("emergence", {"benchmarks": "perhaps"})
    sheet = scenario.sheet("emergence")
    assert sheet.faults["benchmarks"].line == "Scores: must be yes or no"
    assert sheet.inputs.benchmarks is benchmarks


def test_what_an_empty_field_is_said_to_take(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {"calc": {"flops": "5.76e23"}})
    copies, emergence = scenario.sheet("copies"), scenario.sheet("emergence")
    assert copies.echo("human").startswith("thinking, reading, listening, speaking, extended (default: thinking)")
    assert emergence.echo("benchmarks") == "yes or no. List benchmark scores instead."
    assert emergence.echo("flops") == "C = 5.76e23 FLOP, from the budget; type to pin your own, - for none"
    scenario.set("emergence", {"flops": "-"})
    assert scenario.sheet("emergence").echo("flops") == "C inherits nothing; empty, it follows the budget again"
    scenario.set("copies", {"human": "asleep"})
    assert scenario.sheet("copies").echo("human").startswith("Human: must be one of thinking, ")


def test_an_inherited_value_is_not_said_to_be_given(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {"calc": {"flops": "5.76e23"}, "copies": {"k": "5"}})
    copies = scenario.sheet("copies")
    assert copies.in_app("given: --speed, given: --k") == "from the speed (roofline), given: k"
    assert copies.in_app("`scaletui speed --k 5` shows it") == "`scaletui speed --k 5` shows it"


def test_a_field_names_the_line_that_it_takes_from(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {"calc": {"flops": "5.76e23"}})

    def placeholder(part: str, name: str) -> str:
        sheet = scenario.sheet(part)
        return sheet.placeholder(next(one for one in sheet.fields if one.name == name))

    assert placeholder("speed", "hardware") == "8xh100 holds N"
    assert placeholder("copies", "speed") == "22 (roofline)"
    assert placeholder("batch", "loss") == "1.7115 (kaplan)"
    assert scenario.sheet("batch").echo("loss").startswith("L = 1.7115 nats/token, from the budget (kaplan-2020); ")
    pace = scenario.sheet("speed").answer.row("human_multiple", subject="roofline").value  # type: ignore[union-attr]
    assert scenario.sheet("copies").inputs.speed == pace
    scenario.set("speed", {"params": "-", "human_multiple": repr(float(pace))})  # the same, and now it is given
    assert placeholder("copies", "speed") == "22 (speed)"


def test_a_forecast_fills_fields_that_say_so(catalog: Catalog) -> None:
    scenario = Scenario(catalog, {"copies": {"chain": "gpt-2030"}})
    sheet = scenario.sheet("copies")
    filled = {one.name: sheet.placeholder(one) for one in sheet.fields if "gpt-2030" in sheet.placeholder(one)}
    assert filled == {
        "speed": "5 (gpt-2030)", "k": "5 (gpt-2030)", "years": "1.2 (gpt-2030)", "tokens_per_minute": "500 (gpt-2030)",
    }  # fmt: skip
    assert sheet.echo("years").endswith("Default: 1.2.")
    before = sheet.answer
    scenario.set("copies", {name: text.split()[0] for name, text in filled.items()})
    after = scenario.sheet("copies").answer
    assert before is not None
    assert after is not None
    assert [(row.id, row.value) for row in after.rows] == [(row.id, row.value) for row in before.rows]
    scenario.set("copies", {"chain": "", "tokens": "1T", "k": "", "years": ""})
    sheet = scenario.sheet("copies")
    assert [sheet.placeholder(one) for one in sheet.fields if one.name in ("k", "years")] == ["", "1"]


# Flow


async def test_every_pane_shows_what_the_budget_implies(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        for text in ("5.76e23", "3e21"):
            await fill(pilot, "flops", text)
            await pilot.press("enter")
            for part in WITHOUT_TEXTS:
                await pilot.press(KEYS[part])
                answer = answered(catalog, part, calc={"flops": text})
                assert lines(answer, part, catalog) <= set(shown(app)), part
            await pilot.press("1")


async def test_a_value_is_pinned_while_it_stands_in_a_field(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("4")
        params = field(app, "params", "speed")
        assert params.placeholder == "72.2B (budget)"
        await fill(pilot, "params", "70B", "speed")
        pinned = shown(app)
        assert lines(
            answered(catalog, "speed", calc={"flops": "1e24"}, speed={"params": "70B"}), "speed", catalog
        ) <= set(pinned)
        await pilot.press("enter", "1")
        await fill(pilot, "flops", "1e24")
        await pilot.press("enter", "4")
        assert shown(app) == pinned
        await fill(pilot, "params", "", "speed")
        assert shown(app) != pinned
        assert params.placeholder == "95.9B (budget)"
        assert lines(answered(catalog, "speed", calc={"flops": "1e24"}), "speed", catalog) <= set(shown(app))


async def test_speed_goes_on_to_copies_and_to_learning(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("4")
        await fill(pilot, "params", "-", "speed")
        await fill(pilot, "human_multiple", "5", "speed")
        await fill(pilot, "k", "5", "speed")
        await pilot.press("enter", "5")
        assert field(app, "speed", "copies").placeholder == "5 (speed)"
        assert field(app, "k", "copies").placeholder == "5 (speed)"
        copies = app.scenario.sheet("copies").answer
        assert copies is not None
        await pilot.press("6")
        learning = app.scenario.sheet("learning")
        assert learning.inputs.copies == copies.row("copies").value
        assert field(app, "copies", "learning").placeholder.endswith("(copies)")


async def test_a_dash_inherits_nothing(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("4")
        await fill(pilot, "params", "-", "speed")
        assert lines(answered(catalog, "speed"), "speed", catalog) <= set(shown(app))
        assert any(line.startswith("pythia-12b") for line in shown(app))
        await pilot.press("enter", "1")
        await fill(pilot, "flops", "-")
        assert echo(app).startswith("! C: ")


async def test_a_text_that_makes_no_sense_is_marked_and_the_answer_stays() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("5")
        await fill(pilot, "k", "5", "copies")
        before = shown(app)
        await fill(pilot, "k", "5x", "copies")
        assert field(app, "k", "copies").has_class("-wrong")
        assert echo(app).startswith("! k: ")
        assert echo(app).endswith("last good answer below")
        assert shown(app) == before
        await fill(pilot, "k", "4", "copies")
        assert not field(app, "k", "copies").has_class("-wrong")
        await fill(pilot, "hardware", "8xH100", "copies")
        assert echo(app).startswith("! Machine: says where, not how fast (add Tok/s one 2000)")
        await pilot.press("enter", "1")
        assert echo(app) == ""


async def test_a_choice_and_names_are_typed() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("5")
        await fill(pilot, "human", "reading", "copies")
        assert app.scenario.sheet("copies").inputs.human == "reading"
        await fill(pilot, "human", "read", "copies")
        assert "must be one of thinking, reading" in echo(app)
        await pilot.press("enter", "3")
        await fill(pilot, "law", "chinchilla-3", "emergence")
        assert any("C for N" in line for line in shown(app))
        await fill(pilot, "law", "chinchila-3", "emergence")
        assert "did you mean chinchilla-3?" in echo(app)


# Keys


async def test_letters_and_digits_are_text_in_every_pane() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        for part, key in KEYS.items():
            await pilot.press(key, "slash")
            first = app.focused
            assert isinstance(first, FieldInput)
            assert first is app.pane.query(FieldInput).first()
            title, before = app.pane.TITLE, first.value
            await pilot.press(*"1pasbcevq")
            assert (first.value, app.pane.TITLE, part) == ("1pasbcevq", title, app.pane.PART)
            first.value = before
            await pilot.press("enter")
            assert isinstance(app.focused, LineView)


async def test_the_key_line_names_the_keys_of_the_pane() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        starts = {
            "3": " p Plot  a Figure  s Sort  b Scores  / Edit",
            "4": " p Plot  a Figure  / Edit",
            "5": " p Plot  a Figure  c Chain  / Edit",
            "6": " p Plot  / Edit",
            "1": " s Solve for  / Edit",
        }
        for key, start in starts.items():
            await pilot.press(key)
            line = str(app.query_one(KeyBar).render())
            assert line.startswith(start)
            assert line.rstrip().endswith("? Help  q Quit")
            assert len(line) <= SIZE[0]


async def test_emergence_sorts_and_the_cursor_stays_on_its_ability(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("3", "down", "down")
        results = app.pane.query_one(".results", LineView)
        chosen = results.about
        records = catalog.load("emergence").records
        assert chosen == list(records)[2]

        def order() -> list[str]:
            found = [about for _, _, about in results.lines if about in records]
            return [name for name in found if "flops" in records[name]]

        assert order() == [name for name in records if "flops" in records[name]]
        for key in ("flops", "params"):
            await pilot.press("s")
            assert field(app, "sort", "emergence").value == key
            scales = [records[name][key] for name in order()]
            assert scales == sorted(scales)
            assert results.about == chosen
            line = next(index for index, item in enumerate(results.lines) if item[2] == chosen)
            assert results.scroll_offset.y <= line < results.scroll_offset.y + results.size.height
        await pilot.press("s")
        assert field(app, "sort", "emergence").value == ""


async def test_scores_come_in_place_of_the_abilities_and_go_again(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("3", "s")
        await fill(pilot, "ability", "chain", "emergence")
        await pilot.press("enter")
        before, cursor = shown(app), app.pane.about
        await pilot.press("b")
        assert any(line.split()[:2] == ["hindsight-neglect/gpt-4", "95%"] for line in shown(app))
        assert any(line.split()[:2] == ["mmlu/chinchilla", "67.6%"] for line in shown(app))
        assert app.pane.query_one(".results").scroll_offset.y == 0
        assert app.scenario.sheet("emergence").error is None
        await pilot.press("s")
        assert app.scenario.sheet("emergence").inputs.sort is None
        await pilot.press("e")
        assert "mmlu/random" in explained(app)
        await pilot.press("q", "b")
        assert shown(app) == before
        assert app.pane.about == cursor
        assert field(app, "ability", "emergence").value == "chain"


async def test_the_chain_comes_as_published_then_with_your_compute(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("5")
        await fill(pilot, "tokens", "300B", "copies")
        await pilot.press("enter")
        before = shown(app)
        chain = calculator("copies")
        await pilot.press("c")
        published = chain.run(parse_inputs(chain.inputs, {"chain": "gpt-2030"}), catalog)
        assert lines(published, "copies", catalog) <= set(shown(app))
        await pilot.press("c")
        own = chain.run(parse_inputs(chain.inputs, {"chain": "gpt-2030", "flops": "5.76e23"}), catalog)
        assert lines(own, "copies", catalog) <= set(shown(app))
        await pilot.press("c")
        assert shown(app) == before
        assert field(app, "tokens", "copies").value == "300B"


# Explanations


async def test_e_explains_the_ability_under_the_cursor(catalog: Catalog) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("3")
        records = catalog.load("emergence").records
        names = [about for _, _, about in app.pane.query_one(".results", LineView).lines if about in records]
        await pilot.press(*["down"] * names.index("chain-of-thought-math"), "e")
        text = " ".join(explained(app).split())
        assert "Explained: chain-of-thought-math" in screen_text(app)
        for part in ("your C = 5.76e23 FLOP", "Table 1", "augmented prompting", "not a fixed property", "arxiv.org"):
            assert part in text, part
        assert "arithmetic-3-digit" not in text
        assert max(map(len, explained(app).splitlines())) <= SIZE[0] - 6


async def test_e_explains_the_row_under_the_cursor() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("5", "down", "down", "down", "down", "e")
        text = " ".join(explained(app).split())
        assert "Explained: copies" in screen_text(app)
        assert "from the speed" in text
        assert "(copies): 682" in text
        assert "(passes)" not in text
        await pilot.press("q", "4", "up", "e")
        assert "(time_per_token)" in explained(app)
        await pilot.press("q", "7", "down", "e")
        assert "Explained: B_crit/" in screen_text(app)
        assert explained(app).count("(steps_multiple)") == 1


# Sizes and lines


def test_labels_and_placeholders_fit_a_field() -> None:
    for part in PARTS:
        fields = fields_of(calculator(part).inputs)
        assert [item.label for item in fields if not 0 < len(item.label) < LABEL_WIDTH] == []
        assert [item.default for item in fields if len(item.default) > 15] == []
        assert len({item.label for item in fields}) == len(fields)


@pytest.mark.parametrize("part", KEYS)
@pytest.mark.parametrize("size", [SIZE, (200, 50)])
async def test_nothing_is_cut_off(part: str, size: tuple[int, int]) -> None:
    texts = {"speed": {"model": "llama-3-70b", "k": "5"}, "learning": {"critical_batch": "4M"}}
    async with ScaletuiApp({"calc": {"flops": "5.76e23"}, **texts}).run_test(size=size) as pilot:
        app = app_of(pilot)
        await pilot.press(KEYS[part])
        assert all("~" not in line.replace("tok~", "") for line in shown(app))
        assert max(map(len, shown(app))) <= size[0] - 2
        assert app.pane.query_one(FieldGrid).size.height <= app.pane.size.height / 2
        assert app.pane.query_one(".results").size.height >= size[1] / 2
        for widget in app.pane.query(FieldInput):
            assert len(widget.placeholder) <= widget.content_size.width, widget.field.name
            widget.focus()
            await pilot.pause()
            assert app.pane.query_one(FieldGrid).region.contains_region(widget.region), widget.field.name


@pytest.mark.parametrize("size", [(60, 18), (40, 10), (20, 5), (1, 1)])
async def test_panes_survive_small_terminals(size: tuple[int, int]) -> None:
    async with ScaletuiApp().run_test(size=size) as pilot:
        app = app_of(pilot)
        for key in KEYS.values():
            await pilot.press(key, "slash", "tab", "enter")
            assert len(screen_text(app).splitlines()) == size[1]


@pytest.mark.parametrize("columns", [200, 80, 60, 40, 20])
def test_the_tabs_fit(columns: int) -> None:
    titles = ["Budget", "Frontier", "Emergence", "Speed", "Copies", "Learning", "Batch", "Fit", "Benchmark"]
    labels, between = fitted(titles, columns)
    assert len(labels) == len(titles)
    if columns > 30:
        assert len(between.join(labels)) <= columns
    if columns >= 80:
        assert [label.strip()[1:].strip() for label in labels] == titles


async def test_what_is_still_computed_stands_in_the_scenario_bar() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        app.scenario.pending = "interval ..."
        app.show_scenario()
        await pilot.pause()
        assert screen_text(app).splitlines()[0].endswith("  interval ... ")
        app.scenario.pending = ""
        app.show_scenario()
        await pilot.pause()
        assert "interval" not in screen_text(app)


PROBE = """
import sys
from scaletui.app import ScaletuiApp
ScaletuiApp().scenario.budget
sys.stdout.write(" ".join(name for name in sys.modules if name.startswith("scaletui_core.")))
"""


def test_other_calculators_are_loaded_when_they_are_first_wanted(clean_environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=clean_environment, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {name.partition(".")[2] for name in done.stdout.split()}
    assert loaded >= {"calc", "flow"}
    assert loaded.isdisjoint({"emergence", "speed", "copies", "learning", "batch", "forecast", "roofline"})


# Plots


class Drawn(NamedTuple):
    """A figure as a registry would have it."""

    name: str
    draw: Callable[..., Plot]


def _line(inputs: Any, answer: Any, catalog: Catalog) -> Plot:
    title = f"copies {answer.row('copies').value:.0f} at {inputs.speed:.0f}"
    return Plot(title, Axis("k", "1"), Axis("speed", "1"), (Series("line", [1.0, 10.0], [1.0, 100.0]),))


def _fails(inputs: Any, answer: Any, catalog: Catalog) -> Plot:
    raise InputError("needs --k 5")


async def test_p_plots_and_a_turns_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"copies": (Drawn("line", _line), Drawn("other", _fails)), "speed": (Drawn("line", _line),)}
    monkeypatch.setattr(scaletui.panes.calculator, "figures_for", lambda name: figures.get(name, ()))
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("5")
        assert str(app.query_one(KeyBar).render()).startswith(" p Plot  a Figure  c Chain  / Edit")
        await pilot.press("p")
        assert isinstance(app.focused, PlotView)
        assert "copies 682 at 22" in screen_text(app)
        assert not app.pane.query_one(".results").display
        await pilot.press("a")
        assert "needs k 5" in screen_text(app)
        await pilot.press("a")
        await fill(pilot, "speed", "5", "copies")
        assert "copies 2994 at 5" in screen_text(app)
        await pilot.press("enter", "1", "5")
        assert isinstance(app.focused, PlotView)
        await pilot.press("p")
        assert isinstance(app.focused, LineView)
        assert "copies at 5x human speed" in screen_text(app)
        await pilot.press("a")
        assert isinstance(app.focused, PlotView)


async def test_pins_that_were_changed_by_hand_are_not_put_back() -> None:
    """What a key put aside is forgotten once its switch is off, whoever turned it off."""
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("5")
        await fill(pilot, "tokens", "300B", "copies")
        await pilot.press("enter", "c")
        for name, text in (("chain", ""), ("flops", ""), ("tokens", "500B")):
            await fill(pilot, name, text, "copies")
        await pilot.press("enter", "c", "c", "c")
        assert app.scenario.texts["copies"]["tokens"] == "500B"


async def test_choosing_laws_keeps_their_order_and_changes_nothing_where_nothing_was_switched() -> None:
    async with ScaletuiApp({"calc": {"flops": "5.76e23", "law": "llama-3,Epoch-2024"}}).run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("v", "enter")
        assert app.scenario.texts["calc"]["law"] == "llama-3,Epoch-2024"
        await pilot.press("v", "space", "enter")
        assert app.scenario.texts["calc"]["law"] == "llama-3,Epoch-2024,kaplan-2020"


async def test_a_field_left_behind_shows_the_beginning_of_its_text() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await fill(pilot, "flops", "5.1e26..4.7e28..3.0e30@50%")
        await pilot.press("enter")
        assert "5.1e26" in screen_text(app_of(pilot))


async def test_without_figures_p_does_nothing() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        await pilot.press("1", "p", "a")
        assert isinstance(app_of(pilot).focused, LineView)


# Pictures: what a person would see, at 80 x 24. Refresh with: pytest tests/tui/test_panes.py --snapshot-update

# The keys, and what shows that they have gone through.
PICTURES: dict[str, tuple[tuple[str, ...], str]] = {
    "emergence": (("3", "down"), "abilities seen by"),
    "emergence-sorted": (("3", "s"), "abilities seen by"),
    "emergence-scores": (("3", "b"), "mmlu/random"),
    "speed": (("4",), "roofline"),
    "speed-pinned": (("4", "slash", *"70B", "tab", "tab", "tab", "5"), "k-tiling: speed x k^2"),
    "speed-error": (("4", "slash", "tab", "x"), "! Model: no model is called 'x'"),
    "copies": (("5",), "tokens a minute of a person"),
    "copies-chain": (("5", "c"), "measurement: "),
    "learning": (("6",), "tokens a minute of a person"),
    "batch": (("7",), "critical batch at this loss"),
    "speed-plot": (("4", "slash", *"70B", "enter", "p"), "of latency"),
    "batch-plot": (("7", "p"), "B_crit"),
    "emergence-plot": (("3", "p"), "Abilities where they"),
    "help": (("4", "question_mark"), "Help: Speed"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(snap_compare: Callable[..., bool], name: str) -> None:
    assert os.environ["XDG_CONFIG_HOME"]  # a folder of the tests, without presets
    app = ScaletuiApp(glyphs="braille")
    app.theme = "dark"
    assert snap_compare(app, run_before=pressed(*PICTURES[name]), terminal_size=SIZE)


async def test_the_bar_says_what_is_wrong_no_longer_than_it_is() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        bar = app_of(pilot).query_one(ScenarioBar)
        await pilot.press("5")
        await fill(pilot, "years", "1.", "copies")
        assert "! copies: last good" in str(bar.render())
        await fill(pilot, "years", "1.2", "copies")
        assert "last good" not in str(bar.render())
