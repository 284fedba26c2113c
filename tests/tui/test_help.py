"""The help: what it says of numbers, words, fields and keys, as text; and in the app, of what each pane shows."""

from __future__ import annotations

import re

import pytest
from driving import SIZE, app_of, field, fill, screen_text, shown

from scaletui.app import ScaletuiApp
from scaletui.bench_sheet import FIELDS as measured_fields
from scaletui.fit_sheet import FIELDS
from scaletui.glossary import ENTRIES
from scaletui.help import Page, field_text, help_text
from scaletui.jargon import WORDS
from scaletui.locations import shipped_presets
from scaletui.panes import pane_classes
from scaletui.panes.calculator import figures_for
from scaletui.render.figures import FIGURES
from scaletui.render.table import head_rows
from scaletui.scenario import Scenario
from scaletui.screens.text import TextScreen
from scaletui.widgets.field import FieldInput
from scaletui.widgets.lines import LineView
from scaletui_core.calculator import PARTS
from scaletui_core.fields import FLAG, Field, fields_of
from scaletui_core.flow import calculator
from scaletui_core.presets import Catalog

CATALOG = Catalog(shipped_presets())
TABS = [kind.TITLE for kind in pane_classes()]
JARGON = (
    "isoFLOP", "MFU", "roofline", "k-tiling", "critical batch", "noise scale", "in-context", "forward pass", "KV heads",
    "FLOP/s", "FLOP", "nats/token", "decade", "orders of magnitude", "perplexity", "few-shot", "all-reduce", "hop",
    "prefill", "latency", "overhang", "log-normal", "quartile", "odds", "samples", "median", "MMLU", "compute-optimal",
    "transformer", "dense", "bf16", "KV cache", "throughput", "gradient", "step size", "learning rate", "S_min",
    "E_min", "B_crit", "B_noise", "sequences", "matrix multiply", "petaflop/s-days", "tile", "accelerator", "epochs",
    "embedding", "scaling law", "benchmark", "synthetic", "squared norm", "context", "prompt", "decoding", "hire",
    "irreducible loss", "mixture", "unique tokens", "update", "parameters", "token", "loss", "hyperparameter",
    "Hessian", "bandwidth", "presets", "coefficients", "geometric mean", "extended",
)  # fmt: skip


def page_of(part: str, **more: object) -> Page:
    """A page of the pane of a part at the texts that the app starts with."""
    kind = next(kind for kind in pane_classes() if part == kind.PART)
    scenario = Scenario(CATALOG, {"calc": {"flops": "5.76e23"}})
    page = Page(kind.TITLE, kind.HELP, kind.PLACES, kind.CALCULATORS or (part,), scenario.sheet(part).answer,
                kind.TABLE_FIRST, part, fields_of(calculator(part).inputs), figures=figures_for(part))  # fmt: skip
    return page._replace(**more)  # type: ignore[arg-type]


def section(text: str, heading: str) -> list[str]:
    """The lines of a section of a help."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return next((block[1:] for block in blocks if block[0].startswith(heading)), [])


def listed(lines: list[str]) -> list[str]:
    """What stands before a meaning, of each entry."""
    return [re.split(r" {2,}", line.strip())[0] for line in lines if re.match(r"  \S", line)]


# As text


def test_all_sections_in_their_order_with_headings_in_capitals() -> None:
    text = help_text(page_of("speed", focused="k", said="k: nothing"), TABS, {}, 74)
    headings = [block.splitlines()[0] for block in text.split("\n\n")][1:]
    assert [heading.partition(" (")[0] for heading in headings] == [
        "THE FIELD YOU ARE IN", "NUMBERS ON THE SCREEN NOW", "NUMBERS ALSO", "WORDS", "FIELDS", "PLOTS", "THE TOP LINE",
        "KEYS OF SPEED", "PANES", "IN A FIELD", "IN RESULTS AND LISTS", "IN A PLOT", "EVERYWHERE",
        "IN WHAT COMES UP OVER THE PANES", "WHERE A NAME IS ASKED FOR", "RANGES",
    ]  # fmt: skip
    assert text.startswith("How fast does the model write")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("width", [54, 74, 104])
def test_no_line_is_wider_than_there_is_room(part: str, width: int) -> None:
    page = page_of(part, focused=fields_of(calculator(part).inputs)[0].name)
    for line in help_text(page, TABS, {}, width).splitlines():
        assert len(line) <= width or (width < 74 and line[:4].isupper()), line


def test_the_purpose_of_each_pane_has_at_most_eight_lines() -> None:
    for kind in pane_classes():
        lines = help_text(Page(kind.TITLE, kind.HELP), TABS, {}, 74).split("\n\n")[0].splitlines()
        assert 4 <= len(lines) <= 8, kind.TITLE
        assert "?" in lines[0] + lines[1], "it begins with the question that the pane answers"
        assert "assum" in kind.HELP or kind.TITLE in ("Budget", "Frontier")


@pytest.mark.parametrize("part", PARTS)
def test_what_is_on_the_screen_comes_first_under_the_labels_there(part: str) -> None:
    page = page_of(part)
    assert page.answer is not None
    text = help_text(page, TABS, {}, 400)
    now, also = (section(text, f"NUMBERS {which}") for which in ("ON THE SCREEN", "ALSO"))
    for row in head_rows(page.answer):
        assert any(line.startswith(f"  {row.label}  ") for line in now), row.label
    assert len(now) + len(also) == len(ENTRIES[part]) >= 11
    assert now
    assert all("*" not in label for label in listed(now) + listed(also))


def test_without_an_answer_all_numbers_are_listed() -> None:
    text = help_text(page_of("copies", answer=None), TABS, {}, 400)
    assert section(text, "NUMBERS ON") == []
    assert len(section(text, "NUMBERS ALSO")) == len(ENTRIES["copies"])


def test_the_forecast_is_read_step_by_step() -> None:
    scenario = Scenario(CATALOG, {"copies": {"chain": "gpt-2030"}})
    text = help_text(page_of("copies", answer=scenario.sheet("copies").answer), TABS, {}, 400)
    now = listed(section(text, "NUMBERS ON"))
    assert now[1:5] == [
        "measurement: training compute of GPT-3",
        "measurement: FLOP of one forward pass",
        "arithmetic: forward passes (printed 9e11)",
        "arithmetic: years of work (printed 3400 y)",
    ]
    assert sum(label.startswith(("measurement", "arithmetic", "judgement")) for label in now) == 27


@pytest.mark.parametrize("part", PARTS)
def test_words_of_the_trade_are_defined_where_they_are_used(part: str) -> None:
    text = help_text(page_of(part), TABS, {}, 400)
    said = "\n".join(
        line for line in text.lower().splitlines() if line.strip() != "9                benchmark"
    )  # a tab
    known = " | ".join(listed(section(text, "WORDS") + section(text, "NUMBERS"))).lower()
    known += " | " + " | ".join(listed(section(text, "NUMBERS ALSO"))).lower()
    used = [word for word in JARGON if re.search(rf"(?<![\w/-]){re.escape(word.lower())}s?(?![\w/])", said)]
    assert len(used) >= 12
    assert [word for word in used if word.lower().rstrip("s") not in known] == []


def test_every_word_is_used_by_some_pane() -> None:
    pages = [page_of(part) for part in PARTS]
    frontier = next(kind for kind in pane_classes() if kind.TITLE == "Frontier")
    pages.append(Page(frontier.TITLE, frontier.HELP, frontier.PLACES, frontier.CALCULATORS))
    fit = next(kind for kind in pane_classes() if kind.TITLE == "Fit")
    pages.append(Page(fit.TITLE, fit.HELP, fit.PLACES, ("fit",), part="fit", fields=FIELDS, figures=FIGURES["fit"]))
    measured = next(kind for kind in pane_classes() if kind.TITLE == "Benchmark")
    pages.append(Page(measured.TITLE, measured.HELP, measured.PLACES, measured.CALCULATORS, part="bench",
                      fields=measured_fields, figures=FIGURES["bench"]))  # fmt: skip
    texts = [help_text(page, TABS, {}, 400) for page in pages]
    defined = {line.strip().split("  ")[0] for text in texts for line in section(text, "WORDS")}
    assert {head for head, _, _ in WORDS} == defined


def test_a_field_says_what_it_takes() -> None:
    fields = {part: {one.name: one for one in fields_of(calculator(part).inputs)} for part in PARTS}
    assert field_text(fields["calc"]["mfu"], "calc") == (
        "Model FLOP utilisation of the accelerators [%]. Such as 40%; empty: 40%; at least 0.0001%."
    )
    assert field_text(fields["calc"]["law"], "calc") == (
        "Law to answer under. Default: all. Such as chinchilla-3, or several between commas."
    )
    assert field_text(fields["calc"]["cost"], "calc") == (
        "Money to spend, at Price, on Machine [USD]. Such as $10M."  # as the fields are called here
    )
    assert field_text(fields["speed"]["layers"], "speed") == (
        "Layers of the model. Such as 80; empty: the model's; a whole number; 1 to 1e6."
    )
    assert field_text(fields["copies"]["years"], "copies") == (
        "Time for the work of the copies. Such as 1.2; a number alone is years; empty: 1; 1 min to 1e6 y."
    )
    assert field_text(fields["learning"]["speed"], "learning").endswith(
        "Such as 5; empty: from the pane Copies, else 1; 0.001 to 1e6."
    )


@pytest.mark.parametrize("part", PARTS)
def test_every_field_stands_with_its_example_bounds_and_choices(part: str) -> None:
    text = "\n".join(section(help_text(page_of(part), TABS, {}, 400), "FIELDS"))
    for one in fields_of(calculator(part).inputs):
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {one.label:<10}  ")]
        assert "--" not in line
        wanted = ["yes or no"] if one.unit == FLAG else [*one.choices] or [one.example]
        if one.low is not None and one.high is not None:
            wanted.append(" to ")
        assert all(word.lower() in line.lower() for word in wanted), line


def test_the_field_in_focus_comes_before_the_numbers() -> None:
    text = help_text(page_of("calc", focused="tokens", said="D = 1.4T tokens"), TABS, {}, 74)
    first = section(text, "THE FIELD YOU ARE IN")
    assert first[0].startswith("  D           Training data D [tokens].")
    assert first[-1] == "  now: D = 1.4T tokens"
    assert text.index("THE FIELD") < text.index("NUMBERS ON")
    assert "THE FIELD" not in help_text(page_of("calc"), TABS, {}, 74)


def test_keys_are_those_that_are_set() -> None:
    text = help_text(page_of("calc"), TABS, {"budget.solve": "Z"}, 74)
    assert section(text, "KEYS OF BUDGET")[0].split()[0] == "Z"
    for part in PARTS:  # a key that may be set otherwise has no place in a fixed text
        about = page_of(part).about + " ".join(entry.meaning for entry in ENTRIES[part].values())
        assert not re.search(r"(?<!\w)[a-jl-z](?::| explains)|\bpress\b", about), part


def test_a_field_that_nothing_bounds() -> None:
    assert (
        field_text(Field("x", "tokens", "Some.", "X", "3", low=2.0), "calc") == "Some [tokens]. Such as 3; at least 2."
    )
    assert field_text(Field("x", "tokens", "Some.", "X", "3", high=2.0), "calc").endswith("at most 2.")


# In the app: whatever a pane shows, its help says what that is

WAYS: dict[str, tuple[str, ...]] = {
    "Budget": ("1",),
    "Frontier": ("2",),
    "Emergence": ("3",),
    "Speed": ("4",),
    "Copies": ("5",),
    "Learning": ("6",),
    "Batch": ("7",),
}
FIRST_SCREEN: dict[str, tuple[str, ...]] = {
    "Budget": ("training compute C", "N", "D", "D/N", "loss", "beyond"),
    "Frontier": ("C", "N"),
    "Emergence": ("abilities seen by 5.76e23 FLOP", "C", "at 5.76e23"),
    "Speed": ("time/token", "tokens/min", "words/min", "x human", "GPUs", "$/M tokens"),
    "Copies": ("tokens training's compute could write", "person-years of work"),
    "Learning": ("person-days learned a day", "years of a person, learned a day"),
    "Batch": ("critical batch at this loss", "x steps"),
}


@pytest.mark.parametrize("pane", WAYS)
async def test_the_help_of_a_pane_in_the_app(pane: str) -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press(*WAYS[pane])
        assert pane == app.pane.TITLE
        labels = []
        if app.pane.query(".results"):
            lines = [line for style, line, about in app.pane.query_one(".results", LineView).lines if style != "quiet"]
            (head,) = [
                text for style, text, _ in app.pane.query_one(".results", LineView).lines if style == "head"
            ] or [""]
            labels += re.split(r" {2,}", head.strip())[1:] if head else []
            assert app.pane.on_screen is not None
            labels += [row.label for row in head_rows(app.pane.on_screen) if any(row.label in line for line in lines)]
            assert len(labels) >= 6
        await pilot.press("question_mark")
        text = "\n".join(line for _, line, _ in app.screen.query_one("#text", LineView).lines)
        now = " | ".join(listed(section(text, "NUMBERS ON THE SCREEN NOW")))
        assert [label for label in labels if label and f"| {label}" not in f"| {now}" and f", {label}" not in now] == []
        seen = screen_text(app)
        assert " ".join(app.pane.HELP.split())[:40] in seen
        for label in FIRST_SCREEN[pane]:
            assert re.search(rf"│   ?{re.escape(label)}  ", seen), (label, seen)
        await pilot.press("q")
        assert not isinstance(app.screen, TextScreen)


async def test_tab_turns_to_the_next_heading() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("question_mark")

        def top() -> str:
            view = app.screen.query_one("#text", LineView)
            return view.lines[round(view.scroll_y)][1].partition(" (")[0]

        tops = [top()]
        for key in ("tab", "tab", "tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab"):
            await pilot.press(key)
            tops.append(top())
        now, also = "NUMBERS ON THE SCREEN NOW", "NUMBERS ALSO"
        assert tops[1:] == [now, also, "WORDS", also, now, tops[0], tops[0]]
        await pilot.press("end", "tab")
        assert "RANGES" in screen_text(app)
        await pilot.press("q", "2", "e", "tab", "tab")  # an explanation of all laws has them for headings
        assert top() == "chinchilla-1"


async def test_from_a_field_its_own_help_comes_first() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "hardware", "512xH100")
        await fill(pilot, "days", "30d")
        await fill(pilot, "flops", "")
        await pilot.press("question_mark")
        seen = screen_text(app)
        assert "THE FIELD YOU ARE IN" in seen
        assert "C           Training compute C [FLOP]. Such as 5.76e23" in seen
        assert "now: C = " in seen
        await pilot.press("q")
        assert isinstance(app.focused, FieldInput)
        assert app.focused is field(app, "flops")


async def test_numbers_that_are_not_shown_now_come_after() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await fill(pilot, "hardware", "512xH100")
        assert any("hire" in line for line in shown(app))
        await pilot.press("enter", "question_mark")
        text = "\n".join(line for _, line, _ in app.screen.query_one("#text", LineView).lines)
        assert "hire" in listed(section(text, "NUMBERS ON"))
        assert "time on 512 x NVIDIA H100 SXM5 80GB" in listed(section(text, "NUMBERS ON"))
        assert "yours" in listed(section(text, "NUMBERS ALSO"))
        headings = [line for style, line, _ in app.screen.query_one("#text", LineView).lines if style == "head"]
        assert headings == [block.splitlines()[0] for block in text.split("\n\n")][1:]


async def test_of_a_slice_the_numbers_are_those_of_the_slice() -> None:
    async with ScaletuiApp().run_test(size=SIZE) as pilot:
        app = app_of(pilot)
        await pilot.press("2", "i", "question_mark")
        text = "\n".join(line for _, line, _ in app.screen.query_one("#text", LineView).lines)
        assert "lowest point" in " ".join(section(text, "NUMBERS ON"))
        assert listed(section(text, "NUMBERS ON")) == ["N", "loss"]
        assert section(text, "FIELDS") == []
