"""A command with ``--scenario`` or ``--set`` answers its part of that scenario, and inherits what it leaves open."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scaletui.cli import run
from scaletui_core.calculator import PARTS
from scaletui_core.fields import fields_of
from scaletui_core.flow import ORIGINS, calculator, flow
from scaletui_core.presets import Catalog
from scaletui_core.scenario import Scenario, inputs_of, published, shut_of
from scaletui_core.scenario_part import part_of

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CATALOG = Catalog("presets")

Print = Callable[[str], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Print:
    """A function that runs a line that must succeed in silence, and returns its stdout."""

    def go(line: str) -> str:
        code, said = run(line.split()), capsys.readouterr()
        assert (code, said.err) == (0, "")
        return said.out

    return go


def document(printed: Print, line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(f"{line} --format json"))
    VALIDATOR.validate(found)
    return found


def values(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(row["id"], row["law"], row.get("subject"), row["value"], row["low"], row["high"]) for row in found["rows"]]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", published(CATALOG))
def test_a_part_of_a_published_scenario(name: str, part: str, printed: Print) -> None:
    found = document(printed, f"{part} --scenario {name}")
    known = flow(inputs_of(published(CATALOG)[name]), CATALOG)[part]
    assert known.answer is not None
    assert found["calculator"] == part
    assert found["provenance"]["scenario"] == name
    assert [row["id"] for row in found["rows"]] == [row.id for row in known.answer.rows]
    for row, point in zip(found["rows"], known.answer.rows, strict=True):
        assert row["low"] is not None or row["value"] == float(point.value)
    names = {item.replace("-", "_") for item in found["provenance"].get("inherited", {})}
    assert names == set(known.inherited)


def test_own_options_go_before_the_scenarios_texts(printed: Print) -> None:
    plain = document(printed, "speed --params 280B --hardware 8xH100 --k 2")
    mine = document(printed, "speed --scenario gopher --hardware 8xH100 --k 2")
    assert values(mine) == values(plain)
    assert mine["notes"] == plain["notes"]
    assert mine["inputs"] == plain["inputs"]
    assert mine["provenance"]["inherited"] == {"params": 280e9}
    assert "scenario" not in mine["provenance"]  # it was changed
    given = document(printed, "copies --scenario gpt-3 --speed 5 --hours-a-day 8")
    set_ = document(printed, "copies --scenario gpt-3 --set copies.speed=5 --set copies.hours_a_day=8")
    assert values(given) == values(set_)
    assert given["inputs"]["speed"] == 5.0


def test_calc_with_a_scenario_is_the_budgets_answer(printed: Print) -> None:
    plain = document(printed, "calc --params 280B --tokens 300B")
    assert values(document(printed, "calc --scenario gopher")) == values(plain)
    assert values(document(printed, "calc --set calc.params=280B --set calc.tokens=300B")) == values(plain)
    assert printed("calc --set calc.params=280B --tokens 300B --format csv") == printed(
        "calc --params 280B --tokens 300B --format csv"
    )


def test_what_is_inherited_varies_as_it_was_given(printed: Print) -> None:
    budget = document(printed, "calc --flops 1e23..1e25 --law epoch-2024 --samples 5000")
    tokens = next(row for row in budget["rows"] if row["id"] == "tokens")
    line = "copies --speed 1 --set calc.flops=1e23..1e25 --set calc.law=epoch-2024 --samples 5000"
    found = document(printed, line)
    assert found["provenance"]["sampling"]["uncertain"] == budget["provenance"]["sampling"]["uncertain"]
    assert found["provenance"]["inherited"]["tokens"]["varies"] is True
    passes = next(row for row in found["rows"] if row["id"] == "passes")
    for end in ("value", "low", "high"):
        assert passes[end] == pytest.approx(3.0 * tokens[end], rel=1e-12)  # 6 N D over 2 N a token
    other = document(printed, line.replace("--samples 5000", "--samples 5000 --seed 2"))
    assert other["provenance"]["sampling"]["seed"] == 2


def test_the_chain_has_the_same_digits(printed: Print) -> None:
    given = "--set calc.flops=1e23..1e25 --set speed.k=2..5"
    chain = document(printed, f"calc --all {given}")
    found = document(printed, f"copies {given}")
    ends = {row["id"]: (row["value"], row["low"], row["high"]) for row in found["rows"]}
    for row in chain["rows"]:
        if row.get("subject") == "copies":
            assert (row["value"], row["low"], row["high"]) == ends[row["id"]]


def test_sources_say_what_was_inherited(printed: Print) -> None:
    found = json.loads(printed("copies --set calc.params=175B --set calc.tokens=300B --k 2 --explain --format json"))
    VALIDATOR.validate(found)
    sources = {number["source"] for row in found["rows"] if row["working"] for number in row["working"]["numbers"]}
    assert "inherited: --speed" in sources
    assert "given: --speed" not in sources
    own = printed("copies --tokens 300B --speed 5 --set calc.flops=1e24 --explain")
    assert "given: --speed" in own
    assert "inherited" not in own


def test_nothing_is_inherited_where_it_is_shut_out(printed: Print) -> None:
    for line in ("copies --speed - --k - --set calc.flops=1e24 --set speed.k=5",
                 "copies --set copies.speed=- --set copies.k=- --set calc.flops=1e24 --set speed.k=5"):  # fmt: skip
        found = document(printed, line)
        assert set(found["provenance"]["inherited"]) == {"tokens"}
        assert not any(row["id"].endswith("_k") for row in found["rows"])
    chain = document(printed, "calc --all --flops 1e24 --set speed.params=- --set speed.k=5")
    assert chain["inputs"] == {"flops": 1e24, "speed.k": 5.0, "speed.params": "-"}
    assert not any(name.startswith("speed.") for name in chain["provenance"]["inherited"])
    texts = {"calc": {"flops": "1e24"}, "speed": {"params": "-"}, "copies": {"k": " - "}}
    assert shut_of(texts) == {"speed": {"params"}, "copies": {"k"}}
    assert part_of("speed", Scenario("", "", None, texts), CATALOG).inherited == {}


def test_a_saved_scenario_keeps_what_is_shut_out(
    printed: Print, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert run(["scenario", "save", "mine", "--flops", "1e24", "--set", "speed.params=-", "--set", "speed.k=5"]) == 0
    capsys.readouterr()
    assert 'params = "-"' in (tmp_path / "scaletui" / "scenarios" / "mine.toml").read_text("utf-8")
    line = "copies --set calc.flops=1e24 --set speed.params=- --set speed.k=5"
    assert values(document(printed, "copies --scenario mine")) == values(document(printed, line))
    assert values(document(printed, "calc --all --scenario mine")) == values(document(printed, "scenario show mine"))


@pytest.mark.parametrize(
    "line",
    [
        "emergence --set calc.flops=1e23..1e25",
        "speed --k 5 --set calc.flops=1e23..1e25",
        "copies --set calc.flops=1e23..1e25 --set speed.k=2",
        "learning --loss 2 --set calc.flops=1e24",
        "batch --set calc.flops=1e24 --axis cost",
    ],
)
def test_figures_are_drawn_of_what_was_inherited(line: str, printed: Print) -> None:
    assert len(printed(f"{line} --plot --ascii").splitlines()) >= 12


def test_every_form_of_the_output_works(printed: Print) -> None:
    for more in ("", "--format csv", "--format md", "--format md --explain", "--explain", "--sensitivity --samples 2k"):
        assert printed(f"speed --k 2..5 --set calc.flops=1e23..1e25 {more}")


@pytest.mark.parametrize("part", PARTS)
def test_help_names_the_options(part: str, printed: Print) -> None:
    text = printed(f"{part} --help")
    assert "--scenario NAME" in text
    assert "--set PART.FIELD=TEXT" in text
    assert ("--all" in text) == (part == "calc")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("speed --k abc --set calc.flops=1e24", "--k: no number in 'abc'"),
        ("speed --set speed.k=abc", "speed.k: no number in 'abc'"),
        ("speed --set calc.flops=abc", "calc.flops: no number in 'abc'"),
        ("speed --k 5 --set speed.k=4", "--set: speed.k is --k: drop one"),
        ("speed --set copies.k=4", "--set: copies changes nothing of speed (speed follows from calc)"),
        ("copies --set batch.loss=2", "--set: batch changes nothing of copies (copies follows from calc and speed)"),
        ("calc --set copies.k=2", "--set: copies changes nothing of calc (--all is the whole chain)"),
        ("speed --set calc.mfu=40%", "calc.mfu: needs calc.hardware (such as calc.hardware=512xH100)"),
        ("speed --set calc.flops=1e24 --set calc.params=7B --set calc.tokens=1B",
         "calc: calc.flops and calc.params with calc.tokens disagree"),
        ("speed --prompt 2k --set calc.loss=0.1 --set calc.law=llama-3,chinchilla-3",
         "--prompt: needs --params 70B or --model llama-3-70b"),
        ("speed --set speed.prompt=2k --set calc.loss=0.1 --set calc.law=chinchilla-3",
         "speed.prompt: needs --params 70B or --model llama-3-70b"),
        ("copies --set calc.flops=1e24 --tokens 1T --hardware 512xH100", "--tokens with --hardware"),
        ("copies --set calc.flops=1e24 --tokens 1T --set copies.hardware=512xH100", "--tokens with copies.hardware"),
        ("emergence --ability - --set calc.flops=1e24", "--ability: inherits nothing in any case"),
        ("copies --set speed.k=5", "nothing to start from"),
        ("copies --scenario nope", "--scenario: no scenario is called 'nope'"),
        ("copies --scenario ../x", "--scenario: "),
        ("copies --set tokens=1T", "--set: 'tokens=1T' is not PART.FIELD=TEXT"),
        ("copies --years - --scenario gopher", "--years: inherits nothing in any case, and takes no '-'"),
        ("copies --set calc.law=- --set calc.flops=1e24", "calc.law: inherits nothing in any case"),
        ("emergence --set emergence.benchmarks=- --set calc.flops=1e24", "emergence.benchmarks: "),
        ("frontier --set calc.flops=1e24", "No such option: --set"),
        ("loss --scenario gopher", "No such option: --scenario"),
        ("speed --scenario gopher --axis nope", "--axis: no axis is called 'nope'"),
        ("speed --scenario gopher --axis k", "--axis: needs --plot"),
        ("batch --scenario gopher --samples 5000", "--samples: needs a range"),
    ],
)  # fmt: skip
def test_an_error_names_the_field_as_it_was_given(line: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"scaletui: {message}")


@pytest.mark.parametrize("part", PARTS)
def test_only_what_can_be_inherited_can_be_shut_out(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    for item in fields_of(calculator(part).inputs):
        assignment = f"{part}.{item.option[2:]}=-"
        code = run([part, "--set", assignment, *([] if part == "calc" else ["--set", "calc.flops=1e24"])])
        said = capsys.readouterr().err
        if item.name in ORIGINS[part]:
            assert "inherits nothing in any case" not in said
        else:
            assert code == 2
            assert said.startswith(f"scaletui: {assignment.removesuffix('=-')}: ")
