"""ORACLES.md, section 5: copies, years of work and the chain to 2030, at printed precision; refusals; properties."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui_core import copies
from scaletui_core.answer import Answer, Note
from scaletui_core.copies import CopiesInputs
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.human import WORDS_A_MINUTE
from scaletui_core.preset_checks import validated
from scaletui_core.presets import Catalog

FOLDER = Path(__file__).parents[2] / "presets"
CATALOG = Catalog(str(FOLDER))
YEAR = 365 * 86400.0


def ask(**texts: str | bool) -> Answer:
    """Return what ``scaletui copies`` answers to options given as text."""
    return copies.calculate(parse_inputs(CopiesInputs, texts), CATALOG)


def value(answer: Answer, row_id: str) -> float:
    found = [row.value for row in answer.rows if row.id == row_id]
    assert len(found) == 1
    return found[0]


def years(answer: Answer, row_id: str) -> float:
    return value(answer, row_id) / YEAR


def note(answer: Answer, note_id: str) -> Note:
    (found,) = (one for one in answer.notes if one.id == note_id)
    return found


# -- Steinhardt 2023, Appendix A and Sections 2 to 4 -------------------------------------------------------------------


def test_steinhardt_appendix_a_words_a_minute() -> None:
    assert WORDS_A_MINUTE == {
        "thinking": 380.0, "extended": 4200.0, "reading": 300.0, "speaking": 160.0, "listening": 400.0,
    }  # fmt: skip
    assert f"{value(ask(tokens='300B'), 'human_tokens_per_minute'):.2f}" == "506.67"
    extended = value(ask(tokens="300B", human="extended"), "human_tokens_per_minute")
    assert extended == pytest.approx(4200 * 4 / 3)


def test_steinhardt_section_3_gpt_3() -> None:
    answer = ask(tokens="300B")
    assert value(answer, "passes") == 9e11
    assert f"{value(answer, 'work_years'):.1f}" == "3379.6"
    assert f"{years(answer, 'work_time'):.1f}" == "3379.6"
    assert answer.row("work_time").unit == "s"
    assert f"{value(answer, 'copies'):.1f}" == "3379.6"  # for a full year, at human speed
    assert f"{value(ask(tokens='300B', tokens_per_minute='500'), 'work_years'):.1f}" == "3424.7"
    assert {"3424.7", "3379.6", "506.67", "500"} <= set(words(note(answer, "human-rounded")))


def test_steinhardt_section_3_the_same_number_of_copies_for_two_months_at_5x() -> None:
    answer = ask(tokens="300B", speed="5", days="73")  # 2.4 months
    assert value(answer, "copies") == pytest.approx(3379.6, abs=0.05)
    assert value(answer, "year_of_work_time") == 73 * 86400


def test_steinhardt_section_3_ten_times_the_compute() -> None:
    assert value(ask(tokens="300B", compute_multiple="10"), "copies") == pytest.approx(33796.0, abs=0.05)


def test_steinhardt_section_2_k_tiling() -> None:
    answer = ask(tokens="300B", speed="5", k="5")
    assert value(answer, "speed_k") == 125.0
    assert value(answer, "work_years_k") == pytest.approx(value(answer, "work_years") / 5)
    assert value(answer, "copies_k") == pytest.approx(value(answer, "copies") / 125)
    assert f"{value(answer, 'year_of_work_time_k') / 86400:.0f}" == "3"
    assert note(answer, "tiling-latency").kind == "assumption"
    assert note(ask(tokens="300B", k="11"), "tiling-reach").kind == "extrapolation"


def words(one: Note) -> list[str]:
    plain = one.text.replace(",", "").replace(";", " ")
    return [word.rstrip("x).") for word in plain.split()]


# -- Steinhardt 2023, Appendix B: the chain to 2030 --------------------------------------------------------------------

CHAIN = [
    # row, its value in years or as it is, to the precision printed
    ("chain_base_passes", 1.0, ".0e", "9e+11"),
    ("chain_base_work", YEAR, ".1e", "3.4e+03"),
    ("chain_flops", 1.0, ".2e", "1.04e+28"),
    ("chain_overhang_growth", 1.0, ".1e", "1.8e+02"),
    ("chain_grown_work", YEAR, ".1e", "6.2e+05"),
    ("chain_work", YEAR, ".1e", "2.5e+06"),
    ("chain_bound_data", 1.0, ".0f", "8"),
    ("chain_update_passes", 1.0, ".1f", "8.4"),
    ("chain_update_cost", 1.0, ".1f", "2.8"),
    ("chain_bound_synthetic", 1.0, ".0e", "3e+02"),
    ("chain_growth_judged", 1.0, ".0f", "100"),
    ("chain_work_judged", YEAR, ".1e", "1.8e+06"),
    ("chain_work_product", YEAR, ".2e", "1.36e+06"),
    ("chain_copies", 1.0, ".1e", "1.5e+06"),
    ("chain_speed", 1.0, ".0f", "5"),
    ("chain_speed_k", 1.0, ".0f", "125"),
    ("chain_copies_k", 1.0, ".0f", "14400"),
    ("chain_work_k", YEAR, ".0f", "360000"),
]


@pytest.mark.parametrize(("row_id", "size", "form", "printed"), CHAIN, ids=[row[0] for row in CHAIN])
def test_steinhardt_appendix_b(row_id: str, size: float, form: str, printed: str) -> None:
    assert f"{value(ask(chain='gpt-2030'), row_id) / size:{form}}" == printed


@pytest.mark.parametrize(
    ("row_id", "size", "low", "high"),
    [
        ("chain_flops_trend", 1.0, 5.1e26, 3.0e30),
        ("chain_growth_judged", 1.0, 12, 200),
        ("chain_work_judged", YEAR, 0.4e6, 10e6),
        ("chain_speed", 1.0, 0.5, 20),
    ],
)
def test_steinhardt_appendix_b_ranges(row_id: str, size: float, low: float, high: float) -> None:
    row = ask(chain="gpt-2030").row(row_id)
    assert (row.low, row.high) == (pytest.approx(low * size), pytest.approx(high * size))


CONTRADICTIONS = {
    "chain-product": ("1.8M", "1.36M", "3400", "100"),
    "chain-agents-tiled": ("360k", "3", "14.4k", "73", "25"),
    "chain-agents": ("1.8M", "2.4", "1.5M", "1.2", "6"),
    "chain-flops-growth": ("33000", "33539"),
    "chain-range": ("800k", "9M", "547k", "41.9M", "2.5M"),
}


@pytest.mark.parametrize("note_id", CONTRADICTIONS)
def test_steinhardt_contradictions_show_both_numbers(note_id: str) -> None:
    found = note(ask(chain="gpt-2030"), note_id)
    assert found.kind == "contradiction"
    assert found.source is not None
    assert found.source.startswith("steinhardt-2023: ")
    assert set(CONTRADICTIONS[note_id]) <= set(words(found))


def test_every_step_of_the_chain_says_what_it_is_and_where_it_stands() -> None:
    steps = [row for row in ask(chain="gpt-2030").rows if row.id.startswith("chain_")]
    assert len(steps) == 27
    for row in steps:
        kind = row.label.partition(":")[0]
        assert kind in ("measurement", "arithmetic", "judgement")
        assert (kind == "arithmetic") == (row.working is not None)
        assert row.source


def test_the_chain_follows_a_compute_of_ones_own() -> None:
    # ORACLES.md: C from 5.1e26 to 3.0e30 alone spans about 0.55M to 42M years
    low, high = (value(ask(chain="gpt-2030", flops=flops), "work_years") for flops in ("5.1e26", "3.0e30"))
    assert (f"{low / 1e6:.2f}", f"{high / 1e6:.0f}") == ("0.55", "42")
    source = ask(chain="gpt-2030")
    assert value(source, "work_years") == pytest.approx(years(source, "chain_work"), rel=1e-12)
    assert value(source, "speed_k") == 125.0
    ids = {one.id for one in ask(chain="gpt-2030", flops="1e28").notes}
    assert "chain-product" in ids
    assert "chain-range" not in ids


def test_with_a_compute_of_ones_own_the_steps_that_do_not_follow_it_are_the_forecast_s() -> None:
    one, other = (ask(chain="gpt-2030", flops=flops).rows for flops in ("1e24", "1e29"))
    tagged = [row.id for row in one if row.label.startswith("GPT-2030's ")]
    assert tagged == [
        "chain_bound_data", "chain_growth_judged", "chain_work_product", "chain_work_judged", "chain_copies",
        "chain_copies_k", "chain_work_k",
    ]  # fmt: skip
    follows = {row.id for row, now in zip(one, other, strict=True) if row.value != now.value}
    assert {row.id for row in one if "(GPT-2030 " in row.label} <= follows
    assert not follows & {*tagged, *(row.id for row in one if "(printed " in row.label)}
    assert not any("GPT-2030's" in row.label or "(GPT-2030" in row.label for row in ask(chain="gpt-2030").rows)
    assert max(len(row.label) for row in one) <= 44  # beside it are a value and where it stands


def test_the_chain_takes_the_source_s_500_tokens_a_minute_unless_told() -> None:
    assert value(ask(chain="gpt-2030"), "human_tokens_per_minute") == 500.0
    told = ask(chain="gpt-2030", human="thinking", speed="1", k="2", years="1")
    assert f"{value(told, 'human_tokens_per_minute'):.2f}" == "506.67"
    assert (value(told, "speed_k"), value(told, "copies")) == (4.0, pytest.approx(value(told, "work_years")))


def test_a_user_s_forecast_must_be_whole() -> None:
    text = (FOLDER / "forecasts.toml").read_text("utf-8")
    assert validated(text, "forecasts", "forecasts.toml")["forecasts"]["gpt-2030"]["k"] == 5
    with pytest.raises(InputError, match="needs 'users'"):
        validated(text.replace("\nusers = 13e6", ""), "forecasts", "forecasts.toml")


# -- other ways in -----------------------------------------------------------------------------------------------------


def test_a_budget_with_a_size_is_its_tokens() -> None:
    both = ask(flops="3.15e23", params="175B")
    assert value(both, "passes") == pytest.approx(9e11, rel=1e-12)  # C/2N = 3D
    assert both.table is None


def test_a_budget_alone_is_asked_under_the_laws() -> None:
    # Hoffmann Table 3: 67B parameters at 5.76e23 FLOP; C/2N.
    answer = ask(flops="5.76e23", law="chinchilla-1")
    (size,) = (row.value for row in answer.rows if row.id == "params")
    assert value(answer, "passes") == pytest.approx(5.76e23 / (2 * size), rel=1e-12)
    assert len([row for row in ask(flops="5.76e23").rows if row.id == "passes"]) > 5
    of_size = ask(params=repr(size), law="chinchilla-1")
    assert value(of_size, "compute") == pytest.approx(5.76e23, rel=1e-9)
    assert value(of_size, "passes") == pytest.approx(value(answer, "passes"), rel=1e-9)


def test_a_fleet_by_hand() -> None:
    answer = ask(hardware="512xH100", tokens_per_second_per_accelerator="2000", k="2", speed="5")
    assert value(answer, "fleet_rate") == 1024000.0
    assert value(answer, "copies") == pytest.approx(1024000 * 60 / (380 * 4 / 3) / 5, rel=1e-12)
    assert value(answer, "accelerators_per_copy") * value(answer, "copies") == pytest.approx(512, rel=1e-12)
    assert value(answer, "accelerators_per_copy_k") * value(answer, "copies_k") == pytest.approx(512, rel=1e-12)


def test_working_hours_change_years_and_people_but_not_copies() -> None:
    plain, office = ask(tokens="300B"), ask(tokens="300B", hours_a_day="8", days_a_week="5")
    assert value(office, "work_years") == pytest.approx(4.2 * value(plain, "work_years"), rel=1e-12)
    assert value(office, "workers") == pytest.approx(4.2 * value(plain, "copies"), rel=1e-12)
    assert value(office, "copies") == pytest.approx(value(plain, "copies"), rel=1e-12)
    assert value(office, "year_of_work_time") == pytest.approx(YEAR / 4.2, rel=1e-12)


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({}, "nothing to start from"),
        ({"law": "chinchilla-1"}, "--law"),
        ({"tokens": "1T", "law": "chinchilla-1"}, "--law"),
        ({"flops": "1e21", "params": "1B", "law": "chinchilla-1"}, "--law"),
        ({"flops": "1e21", "law": "chinchila-1"}, "--law"),
        ({"tokens": "1T", "years": "1", "days": "3"}, "--days with --years"),
        ({"tokens": "1T", "words_per_minute": "1", "tokens_per_minute": "1"}, "--words-per-minute"),
        ({"tokens": "1T", "human": "reading", "tokens_per_minute": "500"}, "--human"),
        ({"tokens": "1T", "human": "reading", "words_per_minute": "500"}, "--human"),
        ({"tokens": "1T", "tokens_per_word": "2", "tokens_per_minute": "500"}, "--tokens-per-word"),
        ({"hardware": "8xH100"}, "--tokens-per-second-per-accelerator"),
        ({"tokens_per_second_per_accelerator": "10"}, "--hardware"),
        ({"hardware": "8xH100", "tokens_per_second_per_accelerator": "10", "tokens": "1T"}, "--tokens"),
        ({"hardware": "8xH100", "tokens_per_second_per_accelerator": "10", "compute_multiple": "2"}, "--compute"),
        ({"hardware": "8xH1000", "tokens_per_second_per_accelerator": "10"}, "h100"),
        ({"chain": "gpt-2030", "tokens": "1T"}, "--tokens with --chain"),
        ({"chain": "gpt-2040"}, "gpt-2030"),
        ({"tokens": "1T", "k": "0.5"}, "--k"),
        ({"tokens": "1T", "hours_a_day": "25"}, "--hours-a-day"),
        ({"flops": "1e21", "params": "1B", "tokens": "1T"}, "disagree"),
    ],
)  # fmt: skip
def test_what_says_too_much_or_too_little_is_refused(texts: dict[str, str], named: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(**texts)
    assert named in str(caught.value)


# -- properties --------------------------------------------------------------------------------------------------------


def logs(low: float, high: float) -> st.SearchStrategy[float]:
    inside = st.floats(math.log(low), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))
    return st.one_of(st.sampled_from([low, high]), inside)


OPTIONAL = {
    "speed": logs(1e-3, 1e6), "k": logs(1.0, 1e3), "years": logs(60.0, 1e6 * YEAR), "compute_multiple": logs(1e-3, 1e3),
    "words_per_minute": logs(1.0, 1e6), "tokens_per_word": logs(1.0, 100.0), "hours_a_day": logs(0.1, 24.0),
    "days_a_week": logs(0.1, 7.0),
}  # fmt: skip
START = st.one_of(
    st.fixed_dictionaries({"tokens": logs(1.0, 1e149)}),
    st.fixed_dictionaries({"flops": logs(1.0, 1e298), "law": st.just(("chinchilla-1",))}),
    st.fixed_dictionaries({"params": logs(1.0, 1e149), "law": st.just(("epoch-2024",))}),
    st.fixed_dictionaries({"flops": logs(1.0, 1e299), "chain": st.just("gpt-2030")}),
)


@given(start=START, more=st.fixed_dictionaries({}, optional=OPTIONAL))
def test_no_legal_input_overflows(start: dict[str, object], more: dict[str, float]) -> None:
    answer = copies.calculate(CopiesInputs(**start, **more), CATALOG)  # type: ignore[arg-type]
    assert all(math.isfinite(row.value) and row.value > 0 for row in answer.rows)


@given(tokens=logs(1.0, 1e149), speed=logs(1e-3, 1e6), k=logs(1.0, 1e3), seconds=logs(60.0, 1e6 * YEAR))
def test_tiled_copies_do_the_tiled_work_in_the_time(tokens: float, speed: float, k: float, seconds: float) -> None:
    answer = copies.calculate(CopiesInputs(tokens=tokens, speed=speed, k=k, years=seconds), CATALOG)
    done = value(answer, "copies_k") * value(answer, "speed_k") * seconds
    assert done == pytest.approx(value(answer, "work_time_k"), rel=1e-9)
    assert value(answer, "copies") * speed * seconds == pytest.approx(value(answer, "work_time"), rel=1e-9)


@given(tokens=logs(1.0, 1e149), speed=logs(1e-3, 1e6))
def test_k_of_one_changes_nothing(tokens: float, speed: float) -> None:
    answer = copies.calculate(CopiesInputs(tokens=tokens, speed=speed, k=1.0), CATALOG)
    for row_id in ("copies", "work_time", "work_years", "year_of_work_time"):
        assert value(answer, f"{row_id}_k") == value(answer, row_id)
    assert not [one for one in answer.notes if one.id.startswith("tiling")]


@given(tokens=logs(1.0, 1e148), more=st.floats(1.0, 10.0))
def test_more_tokens_are_more_work(tokens: float, more: float) -> None:
    small, large = (copies.calculate(CopiesInputs(tokens=d), CATALOG) for d in (tokens, tokens * more))
    assert value(large, "work_years") >= value(small, "work_years")
    assert value(large, "copies") >= value(small, "copies")
