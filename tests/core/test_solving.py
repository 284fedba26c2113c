"""The lock on C, N and D: turning it moves no number, and never leads to a contradiction."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaletui_core.budget import BudgetInputs
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.flow import Found, budget_found, flow
from scaletui_core.laws import chosen_laws
from scaletui_core.presets import Catalog
from scaletui_core.solving import LOCK_OF_FIELD, LOCKS, lock_words, next_lock, solve_for, solved_for, why_not

CATALOG = Catalog(str(Path(__file__).parents[2] / "presets"))
LAWS = [one.id for one in chosen_laws(CATALOG)]
AT_SIX_N_D = ["chinchilla-3", "chinchilla-3-rounded", "epoch-2024", "lecture-2025", "muennighoff-2023", "llama-3"]
fixed = settings(derandomize=True, deadline=None, database=None, max_examples=60)
Texts = dict[str, str]


class At(NamedTuple):
    lock: str | None
    flops: float
    params: float
    tokens: float


def found_of(texts: Texts) -> Found:
    given = parse_inputs(BudgetInputs, {name: text for name, text in texts.items() if text})
    parts = flow({"calc": given}, CATALOG, ("calc",))
    error = parts["calc"].error
    assert error is None, f"{texts}: {error}"
    return budget_found(parts, CATALOG)


def inputs_of(texts: Texts) -> BudgetInputs:
    return parse_inputs(BudgetInputs, {name: text for name, text in texts.items() if text})


def at(texts: Texts) -> At:
    found = found_of(texts)
    assert found.flops is not None
    assert found.params is not None
    assert found.tokens is not None
    return At(solved_for(inputs_of(texts)), float(found.flops), float(found.params), float(found.tokens))


def turn(texts: Texts, lock: str) -> Texts:
    return texts | solve_for(lock, texts, found_of(texts)).texts


def same(one: At, other: At) -> None:
    assert one[1:] == pytest.approx(other[1:], rel=1e-5)


def refused(lock: str, texts: Texts, found: Found | None = None) -> str:
    with pytest.raises(InputError) as caught:
        solve_for(lock, texts, found or found_of(texts))
    return caught.value.line


# --- what is solved for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "lock", "words"),
    [
        ({"flops": "1e24"}, "law", "N and D by law"),
        ({"params": "70B"}, "law", "C and D by law"),
        ({"tokens": "1.4T"}, "law", "C and N by law"),
        ({"params": "70B", "tokens": "1.4T"}, "compute", "C = 6 N D"),
        ({"flops": "1e24", "tokens": "1.4T"}, "params", "N = C/(6 D)"),
        ({"flops": "1e24", "params": "70B"}, "tokens", "D = C/(6 N)"),
        ({"flops": "5.88e23", "params": "70B", "tokens": "1.4T"}, None, "C, N and D given"),
        ({"loss": "2"}, None, "C, N and D by law, for L"),
        ({"loss": "2", "params": "70B"}, None, "C and D by law, for L"),
        ({"loss": "2", "tokens": "1.4T"}, None, "C and N by law, for L"),
        ({"hardware": "512xH100", "days": "30d"}, "law", "N and D by law"),
        ({"hardware": "512xH100", "cost": "$1M"}, "law", "N and D by law"),
        ({"hardware": "512xH100", "days": "30d", "params": "70B"}, "tokens", "D = C/(6 N)"),
        ({"hardware": "512xH100", "days": "30d", "tokens": "1T"}, "params", "N = C/(6 D)"),
        ({"hardware": "512xH100", "params": "70B"}, "law", "C and D by law"),
        ({"tokens_per_second": "1e6", "days": "30d"}, "law", "C and N by law"),
        ({"tokens_per_second": "1e6", "days": "30d", "params": "70B"}, "compute", "C = 6 N D"),
        ({"tokens_per_second": "1e6", "days": "30d", "hardware": "512xH100"}, "law", "C and N by law"),
        ({"tokens_per_second": "1e6", "flops": "1e24"}, "law", "N and D by law"),
        ({}, None, ""),
        ({"hardware": "512xH100"}, None, ""),
    ],
)
def test_what_a_budget_solves_for(texts: Texts, lock: str | None, words: str) -> None:
    assert solved_for(inputs_of(texts)) == lock
    assert lock_words(inputs_of(texts)) == words


# --- the round of the lock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("law", "flops"), product([*AT_SIX_N_D, ""], ["1e21", "5.76e23", "3.14159e26"]))
def test_a_round_from_the_law_moves_nothing(law: str, flops: str) -> None:
    texts: Texts = {"flops": flops, "law": law}
    start = at(texts)
    for lock in ("compute", "params", "tokens", "law"):
        assert next_lock(solved_for(inputs_of(texts))) == lock
        texts = turn(texts, lock)
        assert at(texts).lock == lock
        same(at(texts), start)
    assert texts["flops"] == flops or float(texts["flops"]) == pytest.approx(float(flops), rel=1e-5)


@pytest.mark.parametrize("law", [law for law in LAWS if law not in AT_SIX_N_D])
def test_a_law_off_six_n_d_keeps_c_and_n_and_says_so(law: str) -> None:
    texts: Texts = {"flops": "1e23", "law": law}
    start = at(texts)
    off = 6 * start.params * start.tokens / start.flops - 1
    assert abs(off) > 1e-4
    said = solve_for("compute", texts, found_of(texts)).words
    assert "for C = 6 N D" in said
    assert f"where {law} itself has" in said
    for lock in ("compute", "params", "tokens"):
        texts = turn(texts, lock)
        assert at(texts)[:3] == (lock, *(pytest.approx(number, rel=1e-5) for number in start[1:3]))
    texts = turn(texts, "law")
    same(at(texts), start)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("start", [{"params": "70B"}, {"tokens": "1.4T"}])
def test_a_round_from_a_model_or_data_alone_keeps_what_was_typed(law: str, start: Texts) -> None:
    texts = start | {"law": law}
    first = at(texts)
    (name,) = start
    assert first.lock == "law"
    texts = turn(texts, "compute")
    assert texts[name] == start[name]
    assert at(texts).flops == pytest.approx(first.flops, rel=1e-5)
    assert getattr(at(texts), name) == getattr(first, name)
    second = at(texts)
    for lock in ("params", "tokens"):
        texts = turn(texts, lock)
        same(at(texts), second)
    texts = turn(texts, "law")
    assert at(texts).flops == pytest.approx(first.flops, rel=1e-5)


POINTS = [
    {"params": "280B", "tokens": "300B"},
    {"flops": "5.76e23", "params": "175B"},
    {"flops": "3200 PF-day", "tokens": "300B"},
    {"flops": "5.88e23", "params": "70B", "tokens": "1.4T"},
]


@pytest.mark.parametrize("start", POINTS, ids=str)
@pytest.mark.parametrize("law", ["", "kaplan-2020", "chinchilla-3"])
def test_a_round_between_points_moves_nothing(start: Texts, law: str) -> None:
    texts = start | {"law": law}
    first = at(texts)
    for lock in ("compute", "params", "tokens", "compute", "tokens", "params", "compute"):
        texts = turn(texts, lock)
        assert at(texts).lock == lock
        same(at(texts), first)
    texts = turn(texts, "law")
    assert at(texts).flops == pytest.approx(first.flops, rel=1e-5)


@fixed
@given(
    flops=st.floats(18, 28).map(lambda exponent: f"{10**exponent:.7g}"),
    law=st.sampled_from(LAWS),
    locks=st.lists(st.sampled_from(LOCKS), min_size=1, max_size=12),
)
def test_any_way_round_answers_and_keeps_c(flops: str, law: str, locks: list[str]) -> None:
    texts: Texts = {"flops": flops, "law": law}
    for lock in locks:
        texts = turn(texts, lock)
        assert at(texts).lock == lock
        assert at(texts).flops == pytest.approx(float(flops), rel=1e-5)


# --- what other fields fix -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [{"days": "30d"}, {"cost": "$5M", "price": "$3/h"}], ids=str)
def test_a_machine_keeps_its_compute_while_the_lock_turns(start: Texts) -> None:
    texts = start | {"hardware": "512xH100", "law": "chinchilla-3"}
    first = at(texts)
    seen = []
    for _ in range(6):
        inputs = inputs_of(texts)
        texts = turn(texts, next_lock(solved_for(inputs), inputs))
        assert texts["flops"] == ""
        same(at(texts), first)
        seen.append(at(texts).lock)
    assert seen == ["params", "tokens", "law"] * 2


def test_a_machine_fixes_c() -> None:
    told = refused("compute", {"hardware": "512xH100", "days": "30d"})
    assert told == "--days: with --hardware this fixes C (empty it first; the answer then says what C takes)"
    assert refused("compute", {"hardware": "512xH100", "cost": "$5M", "params": "70B"}).startswith("--cost: ")


def test_a_throughput_keeps_its_tokens_while_the_lock_turns() -> None:
    texts: Texts = {"tokens_per_second": "1e6", "days": "30d", "law": "chinchilla-3"}
    first = at(texts)
    seen = []
    for _ in range(6):
        inputs = inputs_of(texts)
        texts = turn(texts, next_lock(solved_for(inputs), inputs))
        assert texts["tokens"] == ""
        same(at(texts), first)
        seen.append(at(texts).lock)
    assert seen == ["compute", "params", "law"] * 2
    assert refused("tokens", texts).startswith("--tokens-per-second: with --days this fixes D")


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("texts", [{"loss": "2"}, {"loss": "2", "params": "70B"}, {"loss": "2.1", "tokens": "1.4T"}])
def test_a_target_loss_has_no_lock(lock: str, texts: Texts) -> None:
    assert refused(lock, texts) == "--loss: C, N and D follow from this (empty it first)"
    assert next_lock(solved_for(inputs_of(texts)), inputs_of(texts)) == "law"  # which says why not


def test_a_machine_that_only_prices_leaves_the_lock_free() -> None:
    for texts in ({"hardware": "512xH100", "flops": "1e24"}, {"hardware": "512xH100", "tokens_per_second": "1e6"}):
        assert [why_not(lock, inputs_of(texts)) for lock in LOCKS] == [None] * 4
    assert at(turn({"hardware": "512xH100", "flops": "1e24"}, "compute")).lock == "compute"


# --- contradictions, ranges, the rest --------------------------------------------------------------------------------


def test_a_contradiction_is_solved_by_solving_for_one_of_the_three() -> None:
    texts: Texts = {"flops": "1e24", "params": "70B", "tokens": "300B"}
    last_good = found_of({"flops": "1e24", "params": "70B"})
    for lock, empty in (("compute", "flops"), ("params", "params"), ("tokens", "tokens")):
        after = solve_for(lock, texts, last_good)
        assert after.texts == {**texts, empty: ""}
        assert after.words == ""
        assert at(after.texts).lock == lock


def test_what_is_solved_for_already_stays_as_it_was_typed() -> None:
    for texts in ({"flops": "1e24"}, {"params": "70B"}, {"params": "70B", "tokens": "1_400 B"}):
        lock = solved_for(inputs_of(texts))
        assert lock is not None
        assert turn(texts, lock) == {"flops": "", "params": "", "tokens": ""} | texts


def test_a_typed_range_stays_and_what_varied_is_put_at_its_median() -> None:
    texts: Texts = {"flops": "1e23..1e25", "law": "chinchilla-3"}
    middle = at({"flops": "1e24", "law": "chinchilla-3"})
    turned = solve_for("params", texts, found_of(texts))
    assert turned.texts["flops"] == "1e23..1e25"
    assert turned.words == "D is put at the median"
    same(at(texts | turned.texts), middle)
    turned = solve_for("compute", texts, found_of(texts))
    assert turned.words == "N and D are put at the median; C was 1e23..1e25"
    same(at(texts | turned.texts), middle)


def test_a_range_of_a_law_is_put_at_its_median() -> None:
    texts: Texts = {"flops": "1e24", "law": "epoch-2024", "law_uncertainty": "yes"}
    turned = solve_for("tokens", texts, found_of(texts))
    assert turned.words == "N is put at the median"
    same(at(texts | turned.texts), at({"flops": "1e24", "law": "epoch-2024"}))


def test_a_law_that_answers_among_others_is_the_one_that_is_followed() -> None:
    texts: Texts = {"flops": "1e24", "law": "chinchilla-2,kaplan-2020"}
    after = turn(texts, "compute")
    assert at(after).params == pytest.approx(at({"flops": "1e24", "law": "chinchilla-2"}).params, rel=1e-5)
    assert after["law"] == texts["law"]


def test_no_model_below_one_parameter_is_solved_with() -> None:
    texts: Texts = {"flops": "1", "law": "chinchilla-3"}
    assert "must be at least 1" in refused("params", texts)


def test_nothing_to_go_on_from_is_said() -> None:
    nothing = Found("epoch-2024", None, None, None, None)
    assert "there is no C, N and D yet" in refused("compute", {}, nothing)
    assert refused("compute", {"flops": "5.76e"}, nothing).startswith("--flops: ")


def test_each_field_has_its_lock() -> None:
    for name, lock in LOCK_OF_FIELD.items():
        assert turn({"flops": "1e24"}, lock)[name] == ""
