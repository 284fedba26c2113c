"""The command that a pane copies prints what the pane shows: every row to the last bit, every note, every interval."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

from scaletui import processors
from scaletui.cli import run
from scaletui.panes.frontier import FrontierPane
from scaletui.render.figures import FIGURES
from scaletui.scenario import Scenario
from scaletui_core.answer import Answer
from scaletui_core.app_texts import texts_for_app, texts_of_app
from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.fields import CHOICE, FLAG, FLEET, NAMES, TEXT, Field, fields_of
from scaletui_core.flow import calculator
from scaletui_core.frontier import calculate, isoflop
from scaletui_core.pane_command import command_of, command_of_sweep, frontier_asked, slice_asked
from scaletui_core.presets import Catalog
from scaletui_core.sampling import Sampling
from scaletui_core.scenario import published
from scaletui_core.traced import Traced

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CATALOG = Catalog("presets")

CASES: dict[str, dict[str, dict[str, str]]] = {
    "plain": {"calc": {"flops": "5.76e23"}},
    "as typed": {"calc": {"flops": " 3200 PF-day ", "unique": "1,000 B", "law": ""}, "copies": {"days": " 73 "}},
    "a machine": {
        "calc": {"hardware": "512 x H100", "days": "2 weeks", "price": "$2/h", "precision": "fp8"},
        "speed": {"k": "5", "model": "llama-3-70b", "context": "8k", "batch": "32", "bytes_per_weight": "1"},
        "batch": {"batch": "4M"},
    },
    "ranges": {
        "calc": {"flops": "1e23..1e25"},
        "emergence": {"law": "epoch-2024"},
        "speed": {"k": "2..3..7@50%"},
        "copies": {"years": "0.5..2"},
        "learning": {"loss": "1.8..2.2"},
        "batch": {"batch": "2M..8M"},
    },
    "a fleet that is a range": {
        "calc": {"hardware": "256..512xH100", "days": "20..30..60", "mfu": "30%..50%", "law": "chinchilla-3,llama-3"},
        "copies": {"hours_a_day": "8", "days_a_week": "5"},
    },
    "laws that vary": {
        "calc": {"flops": "1e24", "law": "epoch-2024, chinchilla-2", "law_uncertainty": "yes", "mixture": "yes"},
        "emergence": {"sort": "params", "ability": "word"},
    },
    "unique tokens": {"calc": {"params": "60B..80B", "unique": "200B..2T", "law": "muennighoff-2023"}},
    "a loss": {"calc": {"loss": "1.9..2.0", "law": "chinchilla-3"}},
    "shut": {
        "calc": {"flops": "1e23..1e25"},
        "emergence": {"flops": "-"},
        "speed": {"params": "-", "k": "5"},
        "copies": {"speed": "-", "k": "-"},
        "learning": {"speed": "-"},
        "batch": {"flops": " - "},
    },
    "pinned": {
        "calc": {"flops": "1e23..1e25", "mixture": "no"},
        "emergence": {"params": "70B"},
        "speed": {"params": "70B", "hardware": "8xH100", "prompt": "2k"},
        "copies": {"tokens": "300B..600B", "speed": "5", "k": "2"},
        "learning": {"copies": "1M..4M", "speed": "5", "critical_batch": "4M"},
        "batch": {"loss": "2", "flops": "1e21"},
    },
    "half pinned": {
        "calc": {"params": "50B..90B", "tokens": "1.4T"},
        "speed": {"model": "llama-3-70b", "k": "5"},
        "copies": {"speed": "3", "compute_multiple": "10"},
        "learning": {"speed": "2..4", "critical_batch": "4M", "tokens_per_update": "500"},
        "batch": {"noise_scale": "1M"},
    },
    "measured": {
        "calc": {"flops": "1e24"},
        "emergence": {"benchmarks": "yes"},
        "speed": {"human_multiple": "0.5..5..20@50%", "k": "5"},
        "copies": {"chain": "gpt-2030", "ranges": "yes"},
        "learning": {"users": "100M..500M", "minutes": "5"},
        "batch": {"min_steps": "10k..20k", "min_tokens": "10B"},
    },
    "a forecast alone": {"copies": {"chain": "gpt-2030", "ranges": "yes"}},
    "its own budget": {"copies": {"flops": "1e24", "law": "epoch-2024,chinchilla-2", "mixture": "yes"}},
    "no budget": {"speed": {"params": "70B"}, "learning": {"copies": "1M"}, "batch": {"loss": "2..3"}},
    "no budget, another machine": {"speed": {"params": "500B..600B", "hardware": "8xA100"}},
    **{name: texts_for_app(scenario.texts) for name, scenario in published(CATALOG).items()},
}
WITHOUT = {  # the parts that have no answer there, which the app says too
    "a forecast alone": {"calc", "batch"},
    "its own budget": {"calc", "batch"},
    "no budget": {"calc", "copies"},
    "no budget, another machine": {"calc", "copies", "learning", "batch"},
}


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a line prints as JSON; it must succeed in silence, and mean the same through a shell."""
    assert shlex.split(shlex.join(words)) == words
    assert words[0] == "scaletui"
    code = run([*words[1:], "--format", "json"])
    said = capsys.readouterr()
    assert (code, said.err) == (0, ""), shlex.join(words)
    return said.out


def with_intervals(answer: Answer) -> Answer:
    """What the app finds: by two threads at most, and at first without what drives the spread."""
    (found,) = processors.sampled([answer], Sampling(threads=processors.threads()))
    return found


def same(document: dict[str, Any], answer: Answer) -> None:
    """Hold each number and word of a printed answer against the app's."""
    VALIDATOR.validate(document)
    expected = answer.as_dict()
    assert len(document["rows"]) == len(expected["rows"]) > 0
    for row, known in zip(document["rows"], expected["rows"], strict=True):
        for key in ("id", "label", "law", "unit", "value", "low", "high"):
            assert row[key] == known[key], (row, key)
        assert (row.get("subject"), row.get("at")) == (known.get("subject"), known.get("at"))
    assert document["notes"] == expected["notes"]
    assert document["provenance"].get("sampling") == expected["provenance"].get("sampling")


def check(texts: Mapping[str, Mapping[str, str]], part: str, capsys: pytest.CaptureFixture[str]) -> bool:
    """Compare one pane with its command; return whether it has an answer."""
    app = Scenario(CATALOG, texts)
    sheet = app.sheet(part)
    if sheet.answer is None:
        with pytest.raises(InputError):
            app.command(part)
        return False
    assert sheet.error is None
    words = app.command(part)
    assert words == command_of(part, texts, CATALOG) == command_of(part, texts_of_app(texts), CATALOG)
    same(json.loads(printed(words, capsys)), with_intervals(sheet.answer))
    return True


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", CASES)
def test_the_command_prints_what_the_pane_shows(name: str, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(CASES[name], part, capsys) == (part not in WITHOUT.get(name, set()))


def test_the_cases_hold_what_they_are_for() -> None:
    varying = flags = shut = inherited = 0
    for texts in CASES.values():
        app = Scenario(CATALOG, texts)
        for part in PARTS:
            sheet = app.sheet(part)
            inherited += sum(isinstance(value, Traced) for value in sheet.found.inherited.values())
            varying += sheet.answer is not None and any(isinstance(row.value, Traced) for row in sheet.answer.rows)
            flags += "yes" in sheet.texts.values()
            shut += len(sheet.shut)
    assert (varying >= 30, inherited >= 20, flags >= 4, shut >= 6) == (True,) * 4


@pytest.mark.parametrize(
    ("texts", "part", "words"),
    [
        ({"calc": {"flops": "5.76e23"}}, "calc", "scaletui calc --flops 5.76e23"),
        ({"calc": {"flops": "5.76e23"}}, "speed", "scaletui speed --set calc.flops=5.76e23"),
        (CASES["a machine"], "calc",
         "scaletui calc --hardware '512 x H100' --days '2 weeks' --price '$2/h' --precision fp8"),
        (CASES["laws that vary"], "batch",
         "scaletui batch --set calc.flops=1e24 --set calc.law=epoch-2024,chinchilla-2 --set calc.law-uncertainty=yes "
         "--set calc.mixture=yes"),
        (CASES["shut"], "copies",
         "scaletui copies --speed - --k - --set calc.flops=1e23..1e25 --set speed.params=- --set speed.k=5"),
        (CASES["pinned"], "copies", "scaletui copies --tokens 300B..600B --speed 5 --k 2"),
        (CASES["pinned"], "emergence", "scaletui emergence --params 70B"),
        (CASES["measured"], "emergence", "scaletui emergence --benchmarks"),
        (CASES["no budget"], "speed", "scaletui speed --params 70B --hardware 8xh100"),
        (CASES["gpt-3"], "learning",
         "scaletui learning --set calc.params=175B --set calc.tokens=300B --set copies.speed=1"),
    ],
)  # fmt: skip
def test_the_words_are_what_a_person_would_type(texts: dict[str, dict[str, str]], part: str, words: str) -> None:
    assert shlex.join(command_of(part, texts, CATALOG)) == words


# -- texts that nobody chose ---------------------------------------------------------------------------------------

POOL = {
    "FLOP": ("1e22", "3e23..3e24", "1e23..1e24..3e25@50%", "3200 PF-day"),
    "parameters": ("70B", "7B..13B", "1T"),
    "tokens": ("1.4T", "100B..400B", "4M", "2e5..1e6@80%"),
    "s": ("3", "5..9"),
    "fraction": ("40%", "30%..50%"),
    "nats/token": ("2", "1.8..2.3"),
    "1": ("2", "5", "1..4", "8"),
    FLEET: ("512xH100", "64..128xa100", "8xH100"),
    NAMES: ("epoch-2024", "chinchilla-3,epoch-2024", "llama-3 , chinchilla-1"),
    FLAG: ("yes", "no", "on"),
    TEXT: ("llama-3-70b", "a"),
}


def drawn(item: Field, random: Random) -> str:
    if item.unit == CHOICE:
        return random.choice(item.choices)
    return random.choice((*POOL.get(item.unit, ("2",)), "-"))


def test_random_texts(capsys: pytest.CaptureFixture[str]) -> None:
    random, answered = Random(20), 0
    for _ in range(60):
        texts: dict[str, dict[str, str]] = {}
        for part in PARTS:
            fields = fields_of(calculator(part).inputs)
            chosen = random.sample(fields, random.choice((0, 1, 1, 2)))
            texts[part] = {item.name: drawn(item, random) for item in chosen}
        if not random.randrange(3):
            texts["calc"] = {"flops": random.choice(POOL["FLOP"])}
        part = random.choice(PARTS)
        print(part, texts)  # shown where it fails
        capsys.readouterr()
        app = Scenario(CATALOG, texts)
        if any(app.sheet(other).error is not None for other in PARTS):
            texts = {other: app.sheet(other).good for other in PARTS}
        answered += check(texts, part, capsys)
    assert answered >= 30


# -- while a field is wrong ----------------------------------------------------------------------------------------


def test_while_a_field_is_wrong_the_command_is_that_of_the_answer_that_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = Scenario(CATALOG, {"calc": {"flops": "1e24"}, "speed": {"k": "5"}})
    before = app.command("copies")
    app.set("speed", {"k": "5x"})
    app.set("calc", {"flops": "1e24..", "mfu": "30%"})
    assert app.sheet("calc").error is not None
    assert app.command("copies") == before
    answer = app.sheet("copies").answer
    assert answer is not None
    same(json.loads(printed(before, capsys)), answer)


def test_a_hyphen_where_nothing_is_inherited_is_a_fault_like_others() -> None:
    app = Scenario(CATALOG, {"calc": {"flops": "1e24"}})
    app.sheet("emergence")
    app.set("emergence", {"ability": "-", "flops": "-"})
    sheet = app.sheet("emergence")
    assert set(sheet.faults) == {"ability"}
    assert sheet.echo("ability") == "Ability: inherits nothing in any case, and takes no '-' (leave it open)"
    assert app.command("emergence") == ["scaletui", "emergence", "--set", "calc.flops=1e24"]
    app.set("emergence", {"ability": ""})
    assert app.sheet("emergence").shut == {"flops"}
    assert app.command("emergence") == ["scaletui", "emergence"]


def test_before_there_is_an_answer_there_is_no_command() -> None:
    with pytest.raises(InputError, match="nothing to start from"):
        Scenario(CATALOG, {}).command("calc")


def test_an_answer_of_fields_before_it_that_changed_since_has_no_command() -> None:
    app = Scenario(CATALOG, {"calc": {"flops": "1e24"}, "speed": {"prompt": "2k"}})
    assert app.command("speed")
    app.set("calc", {"flops": "", "loss": "0.1", "law": "chinchilla-3"})  # which no N and D reach
    sheet = app.sheet("speed")
    assert app.sheet("calc").error is None
    assert sheet.error is not None
    assert sheet.answer is not None
    with pytest.raises(InputError, match=r"^Prompt: needs N 70B or Model llama-3-70b$"):  # as the fields are called
        app.command("speed")
    app.set("calc", {"loss": "", "params": "7B"})
    app.sheet("calc")
    app.set("speed", {"prompt": "", "k": "5"})
    app.sheet("speed")
    app.set("calc", {"params": "", "loss": "0.1"})
    app.set("copies", {"tokens": "1T"})
    assert app.command("copies")


# -- figures and sweeps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [part for part in PARTS if part in FIGURES])
def test_with_an_axis_it_draws_the_figure(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    app = Scenario(CATALOG, CASES["ranges"])
    name = FIGURES[part][0].name
    assert run(app.command(part, name)[1:]) == 0
    drawn = capsys.readouterr().out
    assert len(drawn.splitlines()) >= 12
    sheet = app.sheet(part)
    assert sheet.answer is not None
    plot = FIGURES[part][0].draw(sheet.inputs, sheet.answer, CATALOG)
    assert plot.title.removesuffix(" (mid-range)")[-20:] in drawn


SWEEPS = [
    {"flops": "5.76e23"},
    {"flops": "1e26..1e28", "law": "epoch-2024, llama-3"},
    {"flops": "3e16", "unique": "100B..1T", "law": "chinchilla-3"},
    {"flops": "1e24", "law": "epoch-2024", "law_uncertainty": "yes"},
    {"loss": "2", "law": "chinchilla-3"},
]


@pytest.mark.parametrize("sliced", [False, True], ids=["frontier", "slice"])
@pytest.mark.parametrize("texts", SWEEPS)
def test_the_sweep_of_the_frontier(texts: dict[str, str], sliced: bool, capsys: pytest.CaptureFixture[str]) -> None:
    app = Scenario(CATALOG, {"calc": texts})
    pane = FrontierPane()
    pane._slice = sliced
    shown, flops = pane._answer(app), pane._budget(app)
    if shown is None:
        assert sliced
        assert flops is None
        return
    if sliced:
        assert flops is not None
        asked = slice_asked(app.inputs, flops)
        words, whole = command_of_sweep(asked), isoflop(asked, CATALOG)
    else:
        span = frontier_asked(app.inputs, flops)
        words, whole = command_of_sweep(span), calculate(span, CATALOG)
    document = json.loads(printed(words, capsys))
    same(document, with_intervals(whole))
    kept = {(row["id"], row["law"], row.get("at")): row for row in document["rows"]}
    rows = with_intervals(shown).as_dict()["rows"]
    assert len(rows) > 20
    for row in rows:
        found = kept[row["id"], row["law"], row.get("at")]
        assert [found[key] for key in ("value", "low", "high")] == [row[key] for key in ("value", "low", "high")]
