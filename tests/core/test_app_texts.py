"""Texts of the app and of a scenario mean the same; a range gives way to its median, to the last bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui_core.app_texts import at_middles, texts_for_app, texts_of_app
from scaletui_core.calculator import PARTS
from scaletui_core.errors import InputError
from scaletui_core.fields import FLAG, FLEET, NAMES, Field, at_the_middle, fields_of
from scaletui_core.flow import calculator, flow
from scaletui_core.presets import Catalog
from scaletui_core.quantity import KINDS
from scaletui_core.quantity_text import format_exact
from scaletui_core.scenario import Scenario, Texts, as_words, assigned, inputs_of, part_inputs, published, typed
from scaletui_core.traced import Traced

CATALOG = Catalog("presets")
RANGED = [(part, item) for part in PARTS for item in fields_of(calculator(part).inputs)
          if item.unit in KINDS and item.ranged and not item.whole]  # fmt: skip
FLAGS = [(part, item.name) for part in PARTS for item in fields_of(calculator(part).inputs) if item.unit == FLAG]


@pytest.mark.parametrize("name", published(CATALOG))
def test_a_published_scenario_goes_into_the_app_and_out_again(name: str) -> None:
    texts = published(CATALOG)[name].texts
    assert texts_of_app(texts_for_app(texts)) == texts == texts_of_app(texts)


def test_what_the_app_leaves_behind_is_dropped() -> None:
    texts = {
        "calc": {
            "flops": " 1e24 ",
            "params": "",
            "tokens": "  ",
            "law": " , ",
            "mixture": "no",
            "law_uncertainty": "Y",
        },
        "speed": {"params": " - ", "k": ""},
        "copies": {"ranges": ""},
        "emergence": {},
    }
    assert texts_of_app(texts) == {
        "calc": {"flops": "1e24", "law": ("", ""), "law_uncertainty": True},
        "speed": {"params": "-"},
    }
    with pytest.raises(InputError, match="nothing given"):
        inputs_of(Scenario("", "", None, texts_of_app({"calc": {"law": ","}})))


@pytest.mark.parametrize(("part", "name"), FLAGS)
def test_a_flag_that_means_nothing_is_an_error_at_its_place(part: str, name: str) -> None:
    for said, kept in (("yes", {part: {name: True}}), ("on", {part: {name: True}}), ("no", {}), ("", {})):
        assert texts_of_app({part: {name: said}}) == kept
    with pytest.raises(InputError, match="must be yes or no") as caught:
        inputs_of(Scenario("", "", None, texts_of_app({part: {name: "mayb"}})))
    assert caught.value.where == f"{part}.{name.replace('_', '-')}"


names = st.lists(st.sampled_from(["epoch-2024", "llama-3", "chinchilla-3"]), min_size=1, max_size=3)


@given(names, st.booleans(), st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_texts_go_round(laws: list[str], flag: bool, text: str) -> None:
    texts: Texts = {"calc": {"law": tuple(laws), **({"mixture": True} if flag else {})}}
    if text.strip():
        texts["calc"] = {"params": text.strip(), **texts["calc"]}
    assert texts_of_app(texts_for_app(texts)) == texts
    assert texts_of_app(texts) == texts


def test_the_words_of_lists_and_flags_are_taken_back() -> None:
    texts: Texts = {
        "calc": {"flops": "1e24", "law": ("epoch-2024", "llama-3"), "mixture": True},
        "copies": {"flops": "1e24", "law": ("epoch-2024", "llama-3"), "law_uncertainty": True},
    }
    words = as_words(Scenario("", "", None, texts))
    assert words[3:9] == ["--flops", "1e24", "--law", "epoch-2024,llama-3", "--mixture", "--set"]
    back = assigned({}, [word for word in words if "=" in word])
    assert typed(back) == {
        "copies.flops": "1e24", "copies.law": "epoch-2024,llama-3", "copies.law-uncertainty": "yes",
    }  # fmt: skip
    assert inputs_of(Scenario("", "", None, back))["copies"] == inputs_of(Scenario("", "", None, texts))["copies"]


# -- middles -------------------------------------------------------------------------------------------------------


@given(st.sampled_from(RANGED), st.data())
def test_the_text_of_a_median_is_the_median(place: tuple[str, Field], data: st.DataObject) -> None:
    part, item = place
    share = item.unit == "fraction"
    low, high = (0.01, 0.9) if share else (max(item.low or 1e-3, 1e-3), min(item.high or 1e12, 1e12))
    ends = sorted(data.draw(st.sets(st.floats(low, high), min_size=2, max_size=3)))
    text = "..".join(format_exact(end, item.unit) for end in ends) + data.draw(st.sampled_from(["", "@50%"]))
    try:
        before = part_inputs(part, {item.name: text}, lambda field: field.label)
    except InputError:  # the ends are one number, once they are written
        return
    found = at_middles({part: {item.name: text}})
    assert part_inputs(part, found[part], lambda field: field.label) == at_the_middle(before)
    assert ".." not in str(found[part][item.name])
    assert at_middles(found) == found


def test_what_is_no_range_stays_as_it_was_typed() -> None:
    texts: Texts = {
        "calc": {"flops": " 3200 PF-day", "law": ("epoch-2024",), "mixture": True, "hardware": "512 x H100"},
        "emergence": {"ability": "a..z", "flops": "-"},
        "speed": {"k": "5..", "context": "8k..abc", "hop": "1us..1us"},
        "copies": {},
    }
    assert at_middles(texts) == texts


def test_only_whole_numbers_go_where_things_are_counted() -> None:
    texts = {
        "speed": {"layers": "70..90", "batch": "1..8"},
        "calc": {"hardware": "256..300..512 x H100", "days": "20..45"},
    }
    found = at_middles(texts)
    assert found == {
        "speed": {"layers": "79", "batch": "3"},
        "calc": {"hardware": "300xh100", "days": "30"},
    }
    for part, fields in found.items():
        part_inputs(part, fields, lambda field: field.label)


def test_at_the_middles_the_answers_are_those_of_the_middles() -> None:
    texts: Texts = {
        "calc": {"hardware": "400..625xH100", "days": "20..45", "mfu": "30%..50%"},
        "speed": {"k": "2..3..7@50%"},
        "copies": {"years": "0.5..2"},
        "learning": {"loss": "1.8..2.2"},
    }
    ranged, plain = (flow(inputs_of(Scenario("", "", None, one)), CATALOG) for one in (texts, at_middles(texts)))
    for part in PARTS:
        answer, middle = ranged[part].answer, plain[part].answer
        assert answer is not None
        assert middle is not None
        assert any(isinstance(row.value, Traced) for row in answer.rows)
        assert [(row.id, float(row.value)) for row in answer.rows] == [(row.id, row.value) for row in middle.rows]
        assert not any(isinstance(row.value, Traced) for row in middle.rows)


def test_every_kind_of_field_is_covered() -> None:
    units = {item.unit for _, item in RANGED}
    assert units >= {"FLOP", "parameters", "tokens", "s", "fraction", "USD", "USD/h", "bytes", "bytes/s", "1"}
    assert {FLEET, NAMES, FLAG}.isdisjoint(units)
