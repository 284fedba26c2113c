"""Scenarios: texts as typed, files that round-trip, the sources' own, the chain and the comparison."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui_core.chain import HEADLINES, chain
from scaletui_core.compare import compare
from scaletui_core.errors import InputError
from scaletui_core.fields import FLAG, NAMES, fields_of
from scaletui_core.flow import PARTS, calculator, flow
from scaletui_core.law_formulas import training_flops
from scaletui_core.preset_checks import validated
from scaletui_core.presets import Catalog
from scaletui_core.quantity import parse
from scaletui_core.scenario import Scenario, as_words, assigned, check_name, inputs_of, published, typed
from scaletui_core.scenario_file import read, written
from scaletui_core.uncertainty import with_intervals

CATALOG = Catalog("presets")
KNOWN = published(CATALOG)
PLAIN = [(part, item.name) for part in PARTS for item in fields_of(calculator(part).inputs)
         if item.unit not in (NAMES, FLAG)]  # fmt: skip


def one(**texts):
    return Scenario("", "a run", None, texts)


def value(answer, row_id, part):
    return answer.row(row_id, subject=part).value


# -- the sources' own ----------------------------------------------------------------------------------------------


def test_the_sources_own_are_there():
    assert list(KNOWN) == ["gopher", "chinchilla", "gpt-3", "gpt-2030", "llama-3-405b"]
    for scenario in KNOWN.values():
        assert CATALOG.source(scenario.source) is not None
        assert scenario.title


def test_the_shipped_file_passes_the_checks_of_a_users():
    with open("presets/scenarios.toml", encoding="utf-8") as file:
        text = file.read()
    records = validated(text, "scenarios", "scenarios.toml")["scenarios"]
    for record in records.values():
        for place, source in record.get("sources", {}).items():
            part, field = place.split(".")
            assert field in record[part]
            assert CATALOG.source(source) is not None


@pytest.mark.parametrize("name", KNOWN)
def test_a_published_scenario_runs_whole(name):
    parts = flow(inputs_of(KNOWN[name]), CATALOG)
    assert list(parts) == list(PARTS)
    assert all(part.error is None for part in parts.values())


def test_gopher_and_chinchilla_hoffmann_table1():
    gopher, chinchilla = (chain(KNOWN[name], CATALOG) for name in ("gopher", "chinchilla"))
    assert value(gopher, "compute", "calc") == pytest.approx(5.04e23)  # 6 x 280B x 300B
    assert value(chinchilla, "model_params", "calc") == 70e9
    assert value(chinchilla, "model_tokens", "calc") == 1.4e12
    assert value(chinchilla, "model_tokens_per_param", "calc") == 20.0


def test_gpt_3_copies_steinhardt_section3():
    answer = chain(KNOWN["gpt-3"], CATALOG)
    assert value(answer, "passes", "copies") == 9e11
    assert f"{value(answer, 'work_years', 'copies'):.1f}" == "3379.6"
    assert f"{value(answer, 'copies', 'copies'):.1f}" == "3379.6"  # at human speed, in a year


def test_llama_3_405b_table3():
    answer = chain(KNOWN["llama-3-405b"], CATALOG)
    assert f"{value(answer, 'compute', 'calc'):.1e}" == "3.8e+25"


def test_gpt_2030_keeps_the_quartiles_as_they_are_printed():
    texts = KNOWN["gpt-2030"].texts
    compute = parse(texts["calc"]["flops"], "FLOP")
    assert (compute.low, compute.value, compute.high, compute.coverage) == (5.1e26, 4.7e28, 3.0e30, 0.5)
    speed = parse(texts["speed"]["human_multiple"], "1")
    assert (speed.low, speed.value, speed.high, speed.coverage) == (0.5, 5.0, 20.0, 0.5)
    assert texts["speed"]["k"] == "5"
    assert texts["copies"] == {"chain": "gpt-2030"}


def test_gpt_2030_at_its_centres():
    # The same with the ranges left out: 125 = 5 k^2, and 1.8M years beside what the arithmetic gives.
    centres = assigned(KNOWN["gpt-2030"].texts, ["calc.flops=4.7e28", "speed.human-multiple=5"])
    answer = chain(one(**centres), CATALOG)
    assert value(answer, "speed", "speed") == 125.0
    assert value(answer, "chain_work_judged", "copies") == 1.8e6 * 365 * 86400
    assert f"{value(answer, 'latency_speed', 'speed') / 5:.2f}" == "1.74"


def test_gpt_2030_spans_what_its_first_projection_spans():
    # 3400 years x 4 x sqrt(C / 3.1e23) at the ends, 5.1e26 and 3.0e30: about 0.55M to 42M.
    (answer,) = with_intervals([chain(KNOWN["gpt-2030"], CATALOG)])
    work = answer.row("work_years", subject="copies")
    assert (f"{work.low / 1e6:.2f}", f"{work.high / 1e6:.0f}") == ("0.55", "42")
    speed = answer.row("human_multiple", subject="speed")
    assert (speed.low, speed.high) == (pytest.approx(0.5, rel=0.01), pytest.approx(20.0, rel=0.01))
    judged = answer.row("chain_work_judged", subject="copies")
    years = [value / (365 * 86400) for value in (judged.low, judged.value, judged.high)]
    assert years == pytest.approx([0.4e6, 1.8e6, 10e6])
    assert set(answer.provenance["inherited"]) >= {"copies.flops", "copies.speed", "copies.k"}


# -- what each part inherits ---------------------------------------------------------------------------------------


def test_copies_of_a_forecast_learn_at_the_forecasts_speed():
    parts = flow(inputs_of(one(calc={"flops": "4.7e28"}, copies={"chain": "gpt-2030"})), CATALOG)
    assert "speed" not in parts["copies"].inherited
    assert parts["learning"].inherited["speed"] == 5.0


def test_a_given_speed_goes_before_the_forecasts():
    texts = {"calc": {"flops": "4.7e28"}, "copies": {"chain": "gpt-2030"}, "speed": {"human_multiple": "10", "k": "2"}}
    parts = flow(inputs_of(one(**texts)), CATALOG)
    assert (parts["copies"].inputs.speed, parts["copies"].inputs.k) == (10.0, 2.0)
    assert parts["learning"].inputs.speed == 10.0


def test_a_known_model_is_served_by_a_machine_that_holds_it():
    parts = flow(inputs_of(one(calc={"flops": "1e24"}, speed={"model": "llama-3-405b"})), CATALOG)
    assert parts["speed"].inputs.hardware.count == 16  # 810 GB of weights do not fit into 8 x 80 GB


# -- the chain -----------------------------------------------------------------------------------------------------


def test_rows_of_the_chain_are_those_of_the_parts():
    texts = {"calc": {"flops": "1e24"}, "speed": {"k": "5"}, "learning": {"loss": "2"}}
    answer, parts = chain(one(**texts), CATALOG), flow(inputs_of(one(**texts)), CATALOG)
    assert len({(row.id, row.subject) for row in answer.rows}) == len(answer.rows)
    assert {row.subject for row in answer.rows} == set(PARTS)
    for row in answer.rows:
        own = [one for one in parts[row.subject].answer.rows if one.id == row.id and one.law == row.law]
        assert any(row.value == other.value and row.unit == other.unit for other in own)
    ids = {(line.part, row_id) for line in HEADLINES for row_id in line.ids}
    assert {(row.subject, row.id) for row in answer.rows} <= ids


def test_a_value_that_carries_more_than_a_number_goes_through_as_it_is():
    class Carrying(float):
        """A float with a distribution, say."""

    value = Carrying(1e24)
    inputs = inputs_of(one(calc={"flops": "1e24"}))
    inputs["calc"] = replace(inputs["calc"], flops=value)
    answer = chain(one(), CATALOG, inputs)
    assert answer.row("compute").value is value
    assert answer.provenance["inherited"]["emergence.flops"] is value


def test_what_is_inherited_is_said_and_is_not_called_given():
    answer = chain(one(calc={"params": "175B", "tokens": "300B"}, speed={"k": "5"}), CATALOG)
    inherited = answer.provenance["inherited"]
    assert inherited["copies.tokens"] == 300e9
    assert inherited["copies.k"] == 5.0
    assert inherited["speed.hardware"] == "8xh100"
    sources = [number.source for row in answer.rows if row.working for number in row.working.numbers]
    assert "inherited: copies.speed" in sources
    assert "given: --speed" not in sources


@pytest.mark.parametrize(
    ("law", "followed", "words"),
    [((), "epoch-2024", "the refit"), (("llama-3", "kaplan-2020"), "llama-3", "the first that --law names")],
)
def test_the_law_followed_is_named(law, followed, words):
    texts = {"flops": "1e22", **({"law": law} if law else {})}
    answer = chain(one(calc=texts), CATALOG)
    assert answer.provenance["law"] == followed
    assert {row.law for row in answer.rows} <= {None, followed}
    (note,) = (note for note in answer.notes if note.id == "chain-law")
    assert followed in note.text
    assert words in note.text


def test_a_law_without_an_answer_is_not_followed():
    answer = chain(one(calc={"loss": "1.7", "law": ("epoch-2024", "chinchilla-3")}), CATALOG)
    assert answer.provenance["law"] == "chinchilla-3"  # epoch-2024 has E = 1.8172
    assert any("epoch-2024 has no answer" in note.text for note in answer.notes)


def test_a_part_that_nobody_asked_and_cannot_answer_says_why():
    answer = chain(one(copies={"chain": "gpt-2030"}), CATALOG)
    notes = {note.law: note.text for note in answer.notes if note.kind == "unreachable"}
    assert "nothing to start from" in notes["calc"]
    assert {row.subject for row in answer.rows} >= {"copies", "learning"}


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        ({}, None),
        ({"speed": {"k": "abc"}}, "speed.k"),
        ({"speed": {"model": "nope"}, "calc": {"flops": "1e24"}}, "speed.model"),
        ({"copies": {"hours_a_day": "25"}, "calc": {"flops": "1e24"}}, "copies.hours-a-day"),
        ({"copies": {"law": ("llama-3",)}, "calc": {"flops": "1e24"}}, "copies.law"),
    ],
)
def test_what_was_given_and_is_wrong_is_an_error_at_its_place(texts, where):
    with pytest.raises(InputError) as caught:
        chain(one(**texts), CATALOG)
    assert caught.value.where == where


# -- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assignment", "named"),
    [
        ("", "PART.FIELD=TEXT"), ("=", "PART.FIELD=TEXT"), ("k=5", "PART.FIELD=TEXT"), ("speed.k", "PART.FIELD=TEXT"),
        ("sped.k=5", "speed"), ("speed.human_multipl=5", "human-multiple"), ("emergence.benchmarks=maybe", "yes or no"),
        ("speed.\x1b[31m=5", "speed"), (".k=5", "PART.FIELD"), ("speed.=5", "PART.FIELD"),
    ],
)  # fmt: skip
def test_a_bad_assignment_is_named(assignment, named):
    with pytest.raises(InputError) as caught:
        assigned({}, [assignment])
    assert named in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_assignments_override_clear_and_refuse_twice():
    texts = {"speed": {"k": "2"}, "calc": {"params": "70B"}}
    assert assigned(texts, ["speed.k=", "calc.law=epoch-2024,llama-3", "emergence.benchmarks=yes"]) == {
        "calc": {"params": "70B", "law": ("epoch-2024,llama-3",)},
        "emergence": {"benchmarks": True},
    }
    assert texts == {"speed": {"k": "2"}, "calc": {"params": "70B"}}
    with pytest.raises(InputError, match="twice"):
        assigned({}, ["speed.human_multiple=5", "speed.human-multiple=6"])


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "-a", "_a", "a b", "a.toml", "é", "x" * 41, "a\n", "\x1b[31m"])
def test_a_name_that_is_no_file_name_is_refused(name):
    with pytest.raises(InputError, match="cannot be a name"):
        check_name(name)


# -- files ---------------------------------------------------------------------------------------------------------

hostile = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
lines = hostile.map(lambda text: "".join(c for c in text if c.isprintable()))
texts_of_parts = st.dictionaries(st.sampled_from(PLAIN), hostile, max_size=8).map(
    lambda flat: {p: {f: t for (q, f), t in flat.items() if q == p} for p in PARTS if any(q == p for q, _ in flat)}
)


@given(lines, st.none() | lines, texts_of_parts, st.lists(hostile, min_size=1, max_size=3))
def test_a_file_round_trips_whatever_was_typed(title, source, texts, laws):
    texts = {**texts, "calc": {**texts.get("calc", {}), "law": tuple(laws)}, "emergence": {"benchmarks": True}}
    scenario = Scenario("mine", title, source, texts)
    text = written(scenario)
    document = tomllib.loads(text)
    assert document["version"] == 1
    assert document["calc"]["law"] == laws
    assert read(text, "mine", "mine.toml") == scenario
    assert written(read(text, "mine", "mine.toml")) == text


@pytest.mark.parametrize("name", KNOWN)
def test_a_published_scenario_round_trips_as_a_file(name):
    assert read(written(KNOWN[name]), name, "x.toml") == KNOWN[name]


def test_what_cannot_be_written_is_refused():
    for scenario in (Scenario("a", "two\nlines", None, {}), Scenario("a", "x" * 201, None, {}),
                     Scenario("a", "t", None, {"calc": {"flops": "\udcff"}})):  # fmt: skip
        with pytest.raises(InputError):
            written(scenario)


HEAD = 'version = 1\ntitle = "mine"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + '[calc]\nflop = "1e24"\n', 4, "did you mean 'flops'?"),
        (HEAD + '[sped]\nk = "5"\n', 3, "did you mean 'speed'?"),
        (HEAD + '[speed]\nhuman-multiple = "5"\n', 4, "did you mean 'human_multiple'?"),
        (HEAD + "[speed]\nk = 5\n", 4, 'in quotes: "5"'),
        (HEAD + '[speed]\n\nk = ["5"]\n', 5, "in quotes"),
        (HEAD + "[calc]\nlaw = [1]\n", 4, "in quotes"),
        (HEAD + '[emergence]\nbenchmarks = "yes"\n', 4, "true or false"),
        (HEAD + "speed = 5\n", 3, "must be a table"),
        (HEAD + "titel = 5\n", 3, "did you mean 'title'?"),
        ('version = 2\ntitle = "x"\n', 1, "must be 1"),
        ('version = true\ntitle = "x"\n', 1, "must be 1"),
        ("version = 1\ntitle = 3\n", 2, "one line of text"),
        ('version = 1\ntitle = "a\\u001b[31m"\n', 2, "one line of text"),
        (HEAD + "[calc\n", 3, "is not TOML"),
        (HEAD + '[calc]\nflops = "1"\nflops = "2"\n', 5, "is not TOML"),
        ('title = "x"\n', None, "needs 'version'"),
        ("version = 1\n", None, "needs 'title'"),
        ("", None, "needs 'version'"),
    ],
)
def test_a_bad_file_is_named_with_line_and_key(text, line, words):
    with pytest.raises(InputError) as caught:
        read(text, "mine", "mine.toml")
    assert caught.value.where == ("mine.toml" if line is None else f"mine.toml:{line}")
    assert words in str(caught.value)


def test_a_users_scenarios_among_the_presets_are_checked():
    good = '[scenarios.mine]\nname = "x"\nsource = "y"\n[scenarios.mine.speed]\nk = "5"\n'
    assert validated(good, "scenarios", "s.toml")["scenarios"]["mine"]["speed"] == {"k": "5"}
    with pytest.raises(InputError, match=r"s.toml:5.*\(did you mean 'k'") as caught:
        validated(good.replace("k =", "kk ="), "scenarios", "s.toml")
    assert "scenarios.mine.speed" in str(caught.value)


@pytest.mark.parametrize("name", KNOWN)
def test_the_words_name_every_text(name):
    words = as_words(KNOWN[name])
    assert words[:3] == ["scaletui", "calc", "--all"]
    for text in typed(KNOWN[name].texts).values():
        assert any(word == text or word.endswith(f"={text}") for word in words)


# -- side by side --------------------------------------------------------------------------------------------------


def test_gopher_beside_chinchilla():
    answer = compare(KNOWN["gopher"], KNOWN["chinchilla"], CATALOG)
    for quantity, first, second in (
        ("calc.params", 280e9, 70e9),
        ("calc.tokens", 300e9, 1.4e12),
        ("calc.compute", training_flops(280e9, 300e9), training_flops(70e9, 1.4e12)),
    ):
        assert answer.row("first", subject=quantity).value == first
        assert answer.row("second", subject=quantity).value == second
        assert answer.row("ratio", subject=quantity).value == second / first
    assert [answer.row("ratio", subject=f"calc.{name}").label for name in ("params", "tokens")] == ["less", "more"]
    assert {note.text for note in answer.notes} >= {"calc.params: 280B against 70B."}


def test_a_scenario_beside_itself_is_the_same():
    answer = compare(KNOWN["gpt-3"], KNOWN["gpt-3"], CATALOG)
    assert {(row.label, row.value) for row in answer.rows if row.id == "ratio"} == {("the same", 1.0)}


def test_losses_of_two_laws_are_not_compared():
    first, second = (one(calc={"flops": "1e24", "law": (law,)}) for law in ("epoch-2024", "chinchilla-3"))
    answer = compare(first, second, CATALOG)
    assert not any((row.id, row.subject) == ("ratio", "calc.loss") for row in answer.rows)
    assert any("do not compare" in note.text for note in answer.notes)


def test_what_only_one_has_stands_without_a_ratio():
    second = one(calc={"flops": "1e24"}, speed={"k": "5"})
    answer = compare(one(calc={"flops": "1e24"}), second, CATALOG)
    assert {row.id for row in answer.rows if row.subject == "copies.copies_k"} == {"second"}
    subjects = list(dict.fromkeys(row.subject for row in answer.rows))
    assert subjects.index("copies.copies_k") == subjects.index("copies.copies") + 1
