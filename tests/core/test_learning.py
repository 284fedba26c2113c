"""ORACLES.md, section 5: shared learning, both of the source's estimates, and the critical batch as its ceiling."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui_core import learning
from scaletui_core.answer import Answer, Note
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.learning import LearningInputs
from scaletui_core.presets import Catalog

CATALOG = Catalog(str(Path(__file__).parents[2] / "presets"))


def ask(**texts: str) -> Answer:
    """Return what ``scaletui learning`` answers to options given as text."""
    return learning.calculate(parse_inputs(LearningInputs, texts), CATALOG)


def value(answer: Answer, row_id: str) -> float:
    (found,) = (row.value for row in answer.rows if row.id == row_id)
    return found


def note(answer: Answer, note_id: str) -> Note:
    (found,) = (one for one in answer.notes if one.id == note_id)
    return found


def test_steinhardt_section_4_a_million_copies() -> None:
    answer = ask(copies="1M")
    assert f"{value(answer, 'learning_years'):.0f}" == "2740"
    assert f"{value(answer, 'learning_years_an_hour'):.0f}" == "114"  # 1 million hours
    assert value(answer, "person_days") == 1e6
    found = note(answer, "learning-days")
    assert found.kind == "contradiction"
    assert "2,500" in found.text
    assert "2,740" in found.text


def test_steinhardt_section_4_market_share() -> None:
    assert value(ask(users="13M"), "person_days") == pytest.approx(0.05e6, rel=1e-12)
    answer = ask(users="250M")
    assert f"{value(answer, 'person_days') / 1e6:.3f}" == "0.962"
    assert f"{value(answer, 'minutes') / 60:.1f}" == "5.5"  # "a few minutes"
    found = note(answer, "learning-market")
    assert found.kind == "contradiction"
    assert "1M person-days" in found.text
    assert "962k" in found.text


def test_steinhardt_appendix_b_gpt_4() -> None:
    found = note(ask(copies="1M"), "learning-other")
    assert "130k years of work" in found.text
    assert "125 learning-years a day" in found.text
    assert value(ask(copies="45625"), "learning_years") == 125.0


def test_minutes_and_speed_by_hand() -> None:
    assert value(ask(users="1440", minutes="10"), "person_days") == 10.0
    assert value(ask(users="1440", minutes="10"), "copies") == 10.0
    fast = ask(copies="100", speed="5")
    assert value(fast, "copies") == 500.0
    assert value(fast, "tokens_a_day") == pytest.approx(500 * 380 * 4 / 3 * 1440)
    office = ask(copies="100", speed="5", hours_a_day="8", days_a_week="5")
    assert value(office, "person_days") == pytest.approx(4.2 * 500)
    assert value(office, "copies") == pytest.approx(500)


def test_the_critical_batch_of_kaplan_is_the_ceiling() -> None:
    answer = ask(copies="1M", loss="2")
    assert f"{value(answer, 'critical_batch'):.3e}" == "7.371e+06"
    assert value(answer, "effective_copies") == pytest.approx(1e6 / (1 + 1e6 / 7.371465e6), rel=1e-6)
    assert note(answer, "learning-ceiling").kind == "assumption"
    at_half = ask(copies="8000", critical_batch="4M", tokens_per_update="500")
    assert (value(at_half, "critical_copies"), value(at_half, "worth")) == (8000.0, 0.5)
    assert value(at_half, "effective_years") == pytest.approx(value(at_half, "learning_years") / 2)


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({}, "nothing to start from"),
        ({"speed": "5"}, "--speed: needs --copies"),
        ({"minutes": "5"}, "--minutes: needs --users"),
        ({"loss": "2"}, "--loss: needs"),
        ({"copies": "1M", "users": "1M"}, "--copies with --users"),
        ({"copies": "1M", "minutes": "5"}, "--minutes"),
        ({"users": "1M", "speed": "5"}, "--speed"),
        ({"copies": "1M", "loss": "2", "critical_batch": "4M"}, "--loss with --critical-batch"),
        ({"copies": "1M", "tokens_per_update": "5"}, "--tokens-per-update"),
        ({"copies": "1M", "human": "sleeping"}, "--human"),
    ],
)
def test_what_says_too_much_or_too_little_is_refused(texts: dict[str, str], named: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(**texts)
    assert named in str(caught.value)


def logs(low: float, high: float) -> st.SearchStrategy[float]:
    inside = st.floats(math.log(low), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))
    return st.one_of(st.sampled_from([low, high]), inside)


START = st.one_of(
    st.fixed_dictionaries({"copies": logs(1e-3, 1e30)}, optional={"speed": logs(1e-3, 1e6)}),
    st.fixed_dictionaries({"users": logs(1.0, 1e30)}, optional={"minutes": logs(1e-3, 1e12)}),
)
CEILING = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"loss": logs(1e-6, 1e6)}, optional={"tokens_per_update": logs(1e-3, 1e12)}),
    st.fixed_dictionaries({"critical_batch": logs(1e-6, 1e30)}, optional={"tokens_per_update": logs(1e-3, 1e12)}),
)
PERSON = {"words_per_minute": logs(1.0, 1e6), "hours_a_day": logs(0.1, 24.0), "days_a_week": logs(0.1, 7.0)}


@given(start=START, ceiling=CEILING, person=st.fixed_dictionaries({}, optional=PERSON))
def test_no_legal_input_overflows(start: dict[str, float], ceiling: dict[str, float], person: dict[str, float]) -> None:
    answer = learning.calculate(LearningInputs(**start, **ceiling, **person), CATALOG)  # type: ignore[arg-type]
    assert all(math.isfinite(row.value) and row.value > 0 for row in answer.rows)


@given(copies=logs(1.0, 1e20), more=st.floats(1.0, 10.0), critical=logs(1.0, 1e20))
def test_more_copies_give_more_but_never_beyond_the_ceiling(copies: float, more: float, critical: float) -> None:
    few, many = (
        learning.calculate(LearningInputs(copies=n, critical_batch=critical), CATALOG) for n in (copies, copies * more)
    )
    assert value(few, "effective_copies") <= value(many, "effective_copies") * (1 + 1e-12)
    assert value(many, "worth") <= value(few, "worth") * (1 + 1e-12)
    assert value(many, "effective_copies") <= min(critical, copies * more) * (1 + 1e-12)
