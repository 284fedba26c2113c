"""The budget calculator: any sufficient subset of inputs, round trips between them, and every input it refuses."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaletui_core import calc
from scaletui_core.answer import Answer
from scaletui_core.budget import BudgetInputs, resolve
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.laws import chosen_laws
from scaletui_core.presets import Catalog
from scaletui_core.quantity import Fleet

CATALOG = Catalog(str(Path(__file__).parents[2] / "presets"))
LAWS = [one.id for one in chosen_laws(CATALOG)]
WITH_LOSS = [one.id for one in chosen_laws(CATALOG) if one.has_loss]
H100 = 989e12
DAY = 86400.0
fixed = settings(derandomize=True, deadline=None, database=None, max_examples=100)


def ask(**texts: str) -> Answer:
    """Return what ``scaletui calc`` answers to options given as text."""
    return calc.calculate(parse_inputs(BudgetInputs, texts), CATALOG)


def refused(**texts: str) -> InputError:
    with pytest.raises(InputError) as caught:
        ask(**texts)
    return caught.value


def value(answer: Answer, row_id: str, law: str | None = None) -> float:
    return answer.row(row_id, law).value


# --- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law_id", LAWS)
def test_size_to_budget_and_back(law_id: str) -> None:
    needed = value(ask(params="70B", law=law_id), "compute", law_id)
    best = calc.calculate(BudgetInputs(flops=needed, law=(law_id,)), CATALOG)
    assert value(best, "params", law_id) == pytest.approx(70e9, rel=1e-12)


@pytest.mark.parametrize("law_id", LAWS)
def test_tokens_to_budget_and_back(law_id: str) -> None:
    needed = value(ask(tokens="1.4T", law=law_id), "compute", law_id)
    best = calc.calculate(BudgetInputs(flops=needed, law=(law_id,)), CATALOG)
    assert value(best, "tokens", law_id) == pytest.approx(1.4e12, rel=1e-12)


@pytest.mark.parametrize("law_id", [*WITH_LOSS, "kaplan-2020"])
def test_loss_to_budget_and_back(law_id: str) -> None:
    needed = value(ask(loss="2.0", law=law_id), "compute", law_id)
    best = calc.calculate(BudgetInputs(flops=needed, law=(law_id,)), CATALOG)
    assert value(best, "loss", law_id) == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize("unique", [1e10, 1e11, 1e13])
def test_size_and_loss_to_budget_and_back_where_data_repeat(unique: float) -> None:
    law = ("muennighoff-2023",)
    needed = value(calc.calculate(BudgetInputs(params=7e9, unique=unique, law=law), CATALOG), "compute")
    best = calc.calculate(BudgetInputs(flops=needed, unique=unique, law=law), CATALOG)
    assert value(best, "params") == pytest.approx(7e9, rel=1e-9)
    target = value(best, "loss")
    again = calc.calculate(BudgetInputs(loss=target, unique=unique, law=law), CATALOG)
    assert value(again, "compute") == pytest.approx(needed, rel=1e-6)
    assert value(best, "epochs") == pytest.approx(max(value(best, "tokens") / unique, 1.0))


@pytest.mark.parametrize("law_id", WITH_LOSS)
@pytest.mark.parametrize("given_by", ["params", "tokens"])
def test_loss_with_one_of_the_two_gives_the_other(law_id: str, given_by: str) -> None:
    fixed_value = {"params": 70e9, "tokens": 1.4e12}[given_by]
    inputs = BudgetInputs(loss=2.1, law=(law_id,), **{given_by: fixed_value})  # type: ignore[arg-type]
    answer = calc.calculate(inputs, CATALOG)
    params, tokens = value(answer, "params"), value(answer, "tokens")
    assert {"params": params, "tokens": tokens}[given_by] == fixed_value
    assert value(answer, "compute") == pytest.approx(6 * params * tokens, rel=1e-12)
    judged = calc.calculate(BudgetInputs(params=params, tokens=tokens, law=(law_id,)), CATALOG)
    assert value(judged, "model_loss") == pytest.approx(2.1, rel=1e-12)


# --- what fixes what -------------------------------------------------------------------------------------------------


def test_512_h100_for_30_days_at_40_percent() -> None:
    flops = 512 * H100 * 0.4 * 30 * DAY
    for days in ("30", "30d", "720h"):
        answer = ask(hardware="512xH100", days=days, mfu="40%")
        assert value(answer, "compute") == pytest.approx(flops, rel=1e-12)
        assert value(answer, "duration") == pytest.approx(30 * DAY, rel=1e-12)
        assert value(answer, "accelerator_hours") == pytest.approx(512 * 720, rel=1e-12)
    assert not [note for note in answer.notes if note.id == "assumed-mfu"]


def test_the_mfu_is_40_percent_unless_given_and_that_is_said() -> None:
    answer = ask(hardware="512xH100", days="30")
    assert value(answer, "compute") == pytest.approx(512 * H100 * 0.4 * 30 * DAY, rel=1e-12)
    (note,) = (note for note in answer.notes if note.id == "assumed-mfu")
    assert "40%" in note.text
    assert value(ask(hardware="512xH100", days="30", mfu="0.2"), "compute") == pytest.approx(
        value(answer, "compute") / 2, rel=1e-12
    )


def test_money_buys_hours() -> None:
    answer = ask(hardware="512xH100", cost="$10M", price="$2/h", mfu="40%")
    assert value(answer, "compute") == pytest.approx(1e7 / 2 * 3600 * H100 * 0.4, rel=1e-12)
    assert value(answer, "cost") == pytest.approx(1e7, rel=1e-12)
    assert value(answer, "accelerator_hours") == pytest.approx(5e6, rel=1e-12)
    assert value(answer, "duration") == pytest.approx(5e6 / 512 * 3600, rel=1e-12)


def test_a_throughput_and_a_time_fix_the_tokens() -> None:
    answer = ask(tokens_per_second="1e6", days="30", params="7B")
    assert value(answer, "model_tokens") == 1e6 * 30 * DAY
    assert value(answer, "compute") == 6 * 7e9 * 1e6 * 30 * DAY
    assert value(answer, "duration") == pytest.approx(30 * DAY, rel=1e-12)


@pytest.mark.parametrize(("known", "other"), [("params", "tokens"), ("tokens", "params")])
def test_compute_and_one_of_the_two_fix_the_other(known: str, other: str) -> None:
    answer = ask(flops="6e23", **{known: "100B"})
    assert value(answer, f"model_{known}") == 1e11
    assert value(answer, f"model_{other}") == pytest.approx(1e12, rel=1e-12)


def test_two_routes_that_agree_to_their_rounding_are_taken_and_said() -> None:
    answer = ask(flops="5.04e23", params="280B", tokens="299.5B")
    assert value(answer, "compute") == 5.04e23
    (note,) = (note for note in answer.notes if note.id == "agreement-compute")
    assert "--flops and --params with --tokens agree to 0.0017" in note.text
    same = ask(flops="5.04e23", params="280B", tokens="300B")
    assert not [note for note in same.notes if note.id == "agreement-compute"]


def test_a_machine_without_a_bf16_rate_is_taken_at_fp16_and_that_is_said() -> None:
    answer = ask(flops="1e21", hardware="8xV100")
    (note,) = (note for note in answer.notes if note.id == "peak-precision")
    assert "FP16" in note.text


# --- what is refused -------------------------------------------------------------------------------------------------


def test_gopher_as_printed_disagrees_with_6nd() -> None:
    error = refused(flops="5.76e23", params="280B", tokens="300B")
    apart = abs(6 * 280e9 * 300e9 / 5.76e23 - 1)
    assert f"{apart:.1%}" == "12.5%"
    assert error.what == "--flops and --params with --tokens disagree by 12.5%: drop one"
    assert error.hint == "5.76e23 against 5.04e23 FLOP"


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        ({"flops": "1e24", "params": "7B", "tokens": "1T"}, "--flops and --params with --tokens disagree by 95.8%"),
        (
            {"flops": "1e20", "params": "7B", "tokens": "1T"},
            "--flops and --params with --tokens disagree by a factor of 420",
        ),
        (
            {"flops": "1e24", "hardware": "512xH100", "days": "30", "mfu": "40%"},
            "--flops and --hardware with --days disagree by 47.5%",
        ),
        (
            {"flops": "1e24", "hardware": "512xH100", "cost": "$1M", "price": "2", "mfu": "40%"},
            "--flops and --cost on --hardware disagree by 28.8%",
        ),
        (
            {"hardware": "512xH100", "days": "30", "cost": "$1M", "price": "2"},
            "--hardware with --days and --cost on --hardware disagree by 35.6%",
        ),
        (
            {"tokens": "1T", "tokens_per_second": "1e6", "days": "30"},
            "--tokens and --tokens-per-second with --days disagree by 159.2%",
        ),
        (
            {"flops": "1e24", "params": "7B", "tokens_per_second": "1e6", "days": "30"},
            "--flops and --params with --tokens-per-second with --days disagree by 89.1%",
        ),
    ],
)  # fmt: skip
def test_routes_that_disagree(texts: dict[str, str], what: str) -> None:
    error = refused(**texts)
    assert error.what == f"{what}: drop one"
    assert error.hint is not None
    assert " against " in error.hint


def test_agreement_ends_where_it_says() -> None:
    assert ask(flops=repr(5.04e23 * 1.004), params="280B", tokens="300B")
    assert "disagree by 0.6%" in refused(flops=repr(5.04e23 * 1.006), params="280B", tokens="300B").what


@pytest.mark.parametrize(
    ("option", "text"), [("mfu", "40%"), ("price", "$2/h"), ("cost", "$10M"), ("precision", "fp8")]
)
def test_a_setting_of_the_machine_without_a_machine(option: str, text: str) -> None:
    error = refused(flops="1e24", **{option: text})
    assert (error.where, error.what) == (f"--{option}", "needs --hardware")


def test_a_time_without_a_machine() -> None:
    error = refused(flops="1e24", days="30")
    assert (error.where, error.what) == ("--days", "needs --hardware or --tokens-per-second")


@pytest.mark.parametrize(
    ("texts", "where", "what"),
    [
        ({"flops": "100", "params": "70B"}, "--params", "--flops of 100 FLOP leaves less than one of tokens"),
        ({"flops": "100", "tokens": "70B"}, "--tokens", "--flops of 100 FLOP leaves less than one of parameters"),
    ],
)
def test_a_budget_too_small_for_the_rest(texts: dict[str, str], where: str, what: str) -> None:
    error = refused(**texts)
    assert (error.where, error.what) == (where, what)


@pytest.mark.parametrize(
    ("inputs", "where", "what"),
    [
        (BudgetInputs(params=1e200, tokens=1e200), "--params with --tokens", "this comes to more than 1e299 FLOP"),
        (BudgetInputs(flops=1e300), "--flops", "this comes to more than 1e299 FLOP"),
        (BudgetInputs(tokens=1e300), "--tokens", "this comes to more than 1e299 tokens"),
        (
            BudgetInputs(tokens_per_second=1e-3, days=1.0),
            "--tokens-per-second with --days",
            "this comes to less than 1 tokens",
        ),
        (
            BudgetInputs(hardware=Fleet(1, "h100"), days=1e-20),
            "--hardware with --days",
            "this comes to less than 1 FLOP",
        ),
        (
            BudgetInputs(hardware=Fleet(1, "h100"), cost=1e290),
            "--cost on --hardware",
            "this comes to more than 1e299 FLOP",
        ),
    ],
)
def test_a_route_out_of_bounds(inputs: BudgetInputs, where: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        calc.calculate(inputs, CATALOG)
    assert (caught.value.where, caught.value.what) == (where, what)


def test_a_loss_that_follows_from_the_rest() -> None:
    error = refused(loss="2", params="70B", tokens="1.4T")
    assert (error.where, error.what) == ("--loss", "the loss follows from --params and --tokens: drop one of the three")


@pytest.mark.parametrize(
    ("texts", "by"),
    [
        ({"flops": "1e24"}, "--flops"),
        ({"flops": "1e24", "params": "70B"}, "--flops"),
        ({"hardware": "512xH100", "days": "30"}, "--hardware with --days"),
        ({"hardware": "512xH100", "cost": "$1M"}, "--cost on --hardware"),
    ],
)
def test_a_loss_and_a_budget(texts: dict[str, str], by: str) -> None:
    error = refused(loss="2", **texts)
    assert error.where == "--loss"
    assert error.what == f"with {by} two models reach this loss, a small and a large one: drop one"


@pytest.mark.parametrize(
    ("texts", "where", "what", "hint"),
    [
        ({}, None, "nothing to start from", "--flops 5.76e23"),
        ({"unique": "1T"}, None, "nothing to start from", "--flops 5.76e23"),
        ({"hardware": "512xH100"}, "--hardware", "says where, not how much", "--days 30"),
        ({"hardware": "512xH100", "mfu": "40%"}, "--hardware", "says where, not how much", "--days 30"),
        ({"tokens_per_second": "1e6"}, "--tokens-per-second", "says how fast, not how much", "--days"),
    ],
)
def test_too_little(texts: dict[str, str], where: str | None, what: str, hint: str) -> None:
    error = refused(**texts)
    assert (error.where, error.what) == (where, what)
    assert error.hint is not None
    assert hint in error.hint


def test_an_mfu_of_40() -> None:
    error = refused(flops="1e24", hardware="512xH100", mfu="40")
    assert (error.where, error.hint) == ("--mfu", "did you mean 40%?")


@pytest.mark.parametrize(
    ("option", "text", "what"),
    [
        ("price", "$1e7/h", "must be at most 1M"),
        ("price", "1e-7", "must be at least 1e-6"),
        ("mfu", "1e-9", "must be at least 1e-4%"),
        ("tokens_per_second", "1e-9", "must be at least 1e-6"),
        ("flops", "0.1", "must be at least 1"),
        ("unique", "0.1", "must be at least 1"),
    ],
)
def test_bounds_that_keep_every_row_finite(option: str, text: str, what: str) -> None:
    error = refused(hardware="512xH100", **({"days": "30"} | {option: text}))
    assert (error.where, error.what) == (f"--{option.replace('_', '-')}", what)


def test_an_accelerator_nobody_makes_and_a_rate_it_does_not_have() -> None:
    assert "no accelerator is called 'h1000'" in refused(flops="1e24", hardware="8xH1000").what
    error = refused(flops="1e24", hardware="8xA100", precision="fp8")
    assert (error.where, error.hint) == ("--precision", "it has bf16, fp16")


# --- whatever is asked -----------------------------------------------------------------------------------------------

amounts = st.floats(0, 305).map(lambda x: 10.0**x)
fleets = st.builds(Fleet, st.integers(1, 10**9), st.sampled_from(["h100", "v100", "tpu-v5p"]))
ANYTHING: dict[str, st.SearchStrategy[object]] = {
    "flops": amounts,
    "params": amounts,
    "tokens": amounts,
    "loss": st.floats(1e-3, 1e4),
    "hardware": fleets,
    "days": amounts,
    "tokens_per_second": st.floats(-6, 305).map(lambda x: 10.0**x),
    "cost": amounts,
    "price": st.floats(-6, 6).map(lambda x: 10.0**x),
    "mfu": st.floats(1e-6, 1.0),
    "unique": st.floats(0, 40).map(lambda x: 10.0**x),
}
STARTS = (
    "flops", "params", "tokens", "loss", "params tokens", "flops params", "flops tokens", "loss params", "loss tokens",
    "hardware days", "hardware cost", "hardware days params", "tokens_per_second days", "params tokens_per_second days",
)  # fmt: skip
EXTRAS = ("", "unique", "hardware", "hardware price", "hardware mfu unique", "tokens_per_second", "hardware cost price")


@st.composite
def questions(draw: st.DrawFn) -> dict[str, object]:
    names = f"{draw(st.sampled_from(STARTS))} {draw(st.sampled_from(EXTRAS))}".split()
    return {name: draw(ANYTHING[name]) for name in dict.fromkeys(names)}


@settings(fixed, max_examples=1500)
@given(questions())
def test_an_answer_in_finite_numbers_or_our_own_error(inputs: dict[str, object]) -> None:
    try:
        answer = calc.calculate(BudgetInputs(**inputs), CATALOG)  # type: ignore[arg-type]
    except InputError:
        return
    bad = [row for row in answer.rows if not math.isfinite(row.value) or (row.value <= 0 and row.unit != "1")]
    assert [(row.id, row.law, row.value) for row in bad] == []


@fixed
@given(amounts, st.sampled_from(LAWS), st.sampled_from(["params", "tokens", "flops"]))
def test_every_law_answers_or_says_why_not(amount: float, law_id: str, given_by: str) -> None:
    try:
        answer = calc.calculate(BudgetInputs(law=(law_id,), **{given_by: amount}), CATALOG)  # type: ignore[arg-type]
    except InputError:
        assert not 1 <= amount < 1e299
        return
    answered = {row.law for row in answer.rows if row.id == "params"} == {law_id}
    assert answered != any(note.kind == "unreachable" and note.law == law_id for note in answer.notes)


def test_resolving_alone_asks_no_law() -> None:
    plan = resolve(BudgetInputs(params=70e9, tokens=1.4e12), CATALOG)
    assert plan.is_point
    assert plan.flops is not None
    assert (plan.flops.value, plan.flops.given_by) == (5.88e23, "--params with --tokens")
