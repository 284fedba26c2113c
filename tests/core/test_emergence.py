"""Emergent abilities against Wei et al. 2022, and the counter-example against the GPT-4 report."""

import json
from collections import Counter
from math import inf
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui.cli import run
from scaletui_core.emergence import EmergenceInputs, calculate
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.preset_checks import validated
from scaletui_core.presets import Catalog

ROOT = Path(__file__).parents[2]
SHIPPED = Catalog(str(ROOT / "presets"))
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((ROOT / "scaletui" / "render" / "answer.schema.json").read_text("utf-8"))
)
FEW, AUGMENTED = "few-shot prompting", "augmented prompting"

# Table 1 as printed, row by row; a cell that spans rows is repeated.
TABLE_1 = {
    "arithmetic-3-digit": (FEW, "2.3E+22", "13B", "GPT-3", "Brown et al. 2020"),
    "arithmetic-4-5-digit": (FEW, "3.1E+23", "175B", "GPT-3", "Brown et al. 2020"),
    "mmlu-57-topics": (FEW, "3.1E+23", "175B", "GPT-3", "Hendrycks et al. 2021a"),
    "toxicity-classification": (FEW, "1.3E+22", "7.1B", "Gopher", "Rae et al. 2021"),
    "truthfulness": (FEW, "5.0E+23", "280B", "Gopher", "Rae et al. 2021"),
    "mmlu-26-topics": (FEW, "5.0E+23", "280B", "Gopher", "Rae et al. 2021"),
    "grounded-mappings": (FEW, "3.1E+23", "175B", "GPT-3", "Patel and Pavlick 2022"),
    "mmlu-30-topics": (FEW, "5.0E+23", "70B", "Chinchilla", "Hoffmann et al. 2022"),
    "word-in-context": (FEW, "2.5E+24", "540B", "PaLM", "Chowdhery et al. 2022"),
    "big-bench-tasks": (FEW, None, None, "many", "BIG-Bench 2022"),
    "instruction-following": (AUGMENTED, "1.3E+23", "68B", "FLAN", "Wei et al. 2022a"),
    "scratchpad-addition": (AUGMENTED, "8.9E+19", "40M", "LaMDA", "Nye et al. 2021"),
    "open-book-fact-checking": (AUGMENTED, "1.3E+22", "7.1B", "Gopher", "Rae et al. 2021"),
    "chain-of-thought-math": (AUGMENTED, "1.3E+23", "68B", "LaMDA", "Wei et al. 2022b"),
    "chain-of-thought-qa": (AUGMENTED, "2.9E+23", "62B", "PaLM", "Chowdhery et al. 2022"),
    "differentiable-search": (AUGMENTED, "3.3E+22", "11B", "T5", "Tay et al. 2022b"),
    "self-consistency": (AUGMENTED, "1.3E+23", "68B", "LaMDA", "Wang et al. 2022b"),
    "explanations": (AUGMENTED, "5.0E+23", "280B", "Gopher", "Lampinen et al. 2022"),
    "least-to-most": (AUGMENTED, "3.1E+23", "175B", "GPT-3", "Zhou et al. 2022"),
    "zero-shot-reasoning": (AUGMENTED, "3.1E+23", "175B", "GPT-3", "Kojima et al. 2022"),
    "calibration-p-true": (AUGMENTED, "2.6E+23", "52B", "Anthropic", "Kadavath et al. 2022"),
    "multilingual-reasoning": (AUGMENTED, "2.9E+23", "62B", "PaLM", "Shi et al. 2022"),
    "ask-me-anything": (AUGMENTED, "1.4E+22", "6B", "EleutherAI", "Arora et al. 2022"),
}
FINETUNED = {"instruction-following", "scratchpad-addition"}  # "(finetuning)" stands in the table
SUFFIX = {"B": 1e9, "M": 1e6}
SCALES = {
    name: (float(flops), float(size[:-1]) * SUFFIX[size[-1]])
    for name, (_, flops, size, _, _) in TABLE_1.items()
    if flops is not None
}


def answered(**inputs):
    return calculate(EmergenceInputs(**inputs), SHIPPED)


def values(answer, row_id):
    return {row.subject: row.value for row in answer.rows if row.id == row_id}


def document(capsys, *words):
    """Return the JSON of a command line that must succeed, after checking it against the schema."""
    assert run(["emergence", *words, "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = json.loads(out)
    VALIDATOR.validate(found)
    return found


# -- Table 1 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALES)
def test_wei_table1_figures(name):
    answer = answered()
    _, flops, size, family, _ = TABLE_1[name]
    row = answer.row("params", subject=name)
    assert f"{answer.row('flops', subject=name).value:.1E}" == flops
    assert f"{row.value / SUFFIX[size[-1]]:g}{size[-1]}" == size
    assert row.label == family
    assert row.source == f"wei-2022: Table 1, row {list(TABLE_1).index(name) + 1}"


@pytest.mark.parametrize("name", TABLE_1)
def test_wei_table1_families_references_and_prompting(name):
    section, _, _, family, reference = TABLE_1[name]
    record = SHIPPED.load("emergence").records[name]
    assert (record["section"], record["family"], record["reference"]) == (section, family, reference)
    assert (record["prompting"] == "few-shot") == (section == FEW)
    assert (record["prompting"] == "finetuning") == (name in FINETUNED)
    (note,) = (note for note in answered().notes if note.id == f"ability:{name}")
    assert all(word in note.text for word in (record["name"], section, record["prompting"], family, reference))


def test_wei_table1_is_whole_and_in_order():
    assert list(SHIPPED.load("emergence").records) == list(TABLE_1)
    assert len(TABLE_1) == 23
    answer = answered()
    assert list(values(answer, "flops")) == list(values(answer, "params")) == list(SCALES)
    assert answer.row("of_count").value == 22


def test_wei_table1_the_row_without_figures_has_none(capsys):
    assert not [row for row in answered(flops=1e23, law=("chinchilla-1",)).rows if row.subject == "big-bench-tasks"]
    assert run(["emergence", "--flops", "1e23"]) == 0
    assert "big-bench-tasks          no single scale" in capsys.readouterr().out


# -- the splits ----------------------------------------------------------------------------------------------------


def test_wei_table1_at_1e23_flop_6_of_22(capsys):
    found = document(capsys, "--flops", "1e23")
    rows = {(row["id"], row.get("subject")): row["value"] for row in found["rows"]}
    assert (rows["seen_count", None], rows["of_count", None]) == (6, 22)
    assert rows["seen", "differentiable-search"] == 1  # 3.3e22
    assert rows["seen", "instruction-following"] == 0  # 1.3e23
    assert rows["times_more", "instruction-following"] == pytest.approx(1.3, rel=1e-15)
    seen = {subject for (row_id, subject), value in rows.items() if row_id == "seen" and value}
    assert seen == {
        "arithmetic-3-digit", "toxicity-classification", "scratchpad-addition", "open-book-fact-checking",
        "differentiable-search", "ask-me-anything",
    }  # fmt: skip


def test_wei_table1_at_70b_parameters_13_of_22():
    answer = answered(params=70e9)
    assert (answer.row("seen_count").value, answer.row("of_count").value) == (13, 22)
    assert answer.row("seen", subject="mmlu-30-topics").value == 1  # 70B itself
    assert answer.row("seen", subject="mmlu-57-topics").value == 0  # 175B
    assert answer.row("times_more", subject="mmlu-57-topics").value == 2.5


def test_what_is_next_is_all_that_share_the_scale():
    answer = answered(flops=1e23)
    nearest = {"instruction-following": 1.3e23, "chain-of-thought-math": 1.3e23, "self-consistency": 1.3e23}
    assert values(answer, "next") == nearest
    assert answer.row("next_times_more").value == pytest.approx(1.3, rel=1e-15)
    assert values(answered(params=280e9), "next") == {"word-in-context": 540e9}


def test_when_all_is_seen_nothing_is_next():
    for answer in (answered(flops=2.5e24), answered(params=540e9)):
        assert answer.row("seen_count").value == 22
        assert not [row for row in answer.rows if row.id.startswith("next")]
    assert answered(flops=8.8e19).row("seen_count").value == 0


@given(st.floats(1.0, 299.0).map(lambda power: 10.0**power), st.booleans())
def test_standing_agrees_with_the_table(yours, by_size):
    answer = answered(params=min(yours, 1e149)) if by_size else answered(flops=yours)
    yours = min(yours, 1e149) if by_size else yours
    scales = {name: pair[by_size] for name, pair in SCALES.items()}
    assert values(answer, "seen") == {name: float(scale <= yours) for name, scale in scales.items()}
    assert values(answer, "times_more") == {name: scale / yours for name, scale in scales.items()}
    assert answer.row("seen_count").value == sum(scale <= yours for scale in scales.values())
    first = min((scale for scale in scales.values() if scale > yours), default=inf)
    assert values(answer, "next") == {name: scale for name, scale in scales.items() if scale == first}


# -- the text beside the table -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "text", "table"),
    [
        ("arithmetic-3-digit", "2e22 FLOP", "2.3e22"),
        ("arithmetic-3-digit", "68B, in the text 1e23", "1.3e23"),
        ("instruction-following", "1e23 FLOP and about 100B", "1.3e23 and 68B"),
        ("chain-of-thought-math", "1e23 FLOP and about 100B", "1.3e23 and 68B"),
        ("calibration-p-true", "3e23", "2.6e23"),
        ("word-in-context", "3e24", "2.5e24"),
        (None, "5.76e23", "Gopher 280B is 5.0e23"),
        (None, "5.88e23", "Chinchilla 70B is 5.0e23"),
    ],
)
def test_wei_contradictions_are_notes_with_both_numbers(owner, text, table, capsys):
    notes = [note for note in document(capsys)["notes"] if (note["kind"], note["law"]) == ("contradiction", owner)]
    assert [note for note in notes if text in note["text"] and table in note["text"] and "against" in note["source"]]


@pytest.mark.parametrize(("owner", "parts"), [
    ("instruction-following", ("Later found smaller", "11B", "T0")),
    ("instruction-following", ("Later found smaller", "1.3B", "InstructGPT")),
    ("instruction-following", ("7e21", "8B", "hurts")),
    ("scratchpad-addition", ("9e19", "8.9e19", "40M")),
    ("word-in-context", ("5e23", "GPT-3", "Chinchilla")),
    ("mmlu-57-topics", ("1e22", "10B", "3e23 to 5e23", "70B to 280B")),
    (None, ("first showed", "not a fixed property")),
    (None, ("14 BIG-Bench", "PaLM 62B", "GPT-3 175B", "LaMDA 137B")),
    (None, ("WikiText103", "7.16", "7.75")),
    (None, ("38%", "18%", "95%", "hindsight neglect")),
])  # fmt: skip
def test_wei_figures_and_warnings_of_the_text_are_notes(owner, parts):
    texts = [note.text for note in answered().notes if note.law == owner]
    assert [text for text in texts if all(part in text for part in parts)]


def test_the_warnings_stand_under_every_table_that_people_see(capsys):
    for line in (["emergence"], ["emergence", "--flops", "1e23"], ["emergence", "--model", "PaLM", "--params", "1B"]):
        assert run(line) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "not a fixed property" in out
        assert "14 BIG-Bench tasks" in out
        assert "A trend may turn" in out


def test_wikitext103_perplexity_is_of_the_models_it_was_printed_for():
    found = values(answered(), "perplexity")
    gopher = {"truthfulness": 7.75, "mmlu-26-topics": 7.75, "explanations": 7.75}
    assert found == {**gopher, "mmlu-30-topics": 7.16}
    assert answered().row("perplexity", subject="explanations").source == "hoffmann-2022: Sec. 4.2.1"


def test_every_source_is_known():
    for answer in (answered(flops=1e23, law=("chinchilla-1",)), answered(benchmarks=True)):
        for found in (*answer.rows, *answer.notes):
            if found.source is not None:
                assert all(SHIPPED.source(part) for part in found.source.split("; "))
                assert found.source.partition(": ")[2]


# -- searching and sorting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"ability": "MMLU"}, {"mmlu-57-topics", "mmlu-26-topics", "mmlu-30-topics"}),
        ({"ability": "Chain Of Thought, Math"}, {"chain-of-thought-math"}),
        ({"ability": "finetuning"}, FINETUNED),
        ({"ability": "few-shot prompting"}, {name for name, row in TABLE_1.items() if row[0] == FEW} & set(SCALES)),
        ({"model": "palm"}, {"word-in-context", "chain-of-thought-qa", "multilingual-reasoning"}),
        (
            {"reference": "rae"},
            {"toxicity-classification", "truthfulness", "mmlu-26-topics", "open-book-fact-checking"},
        ),
        ({"model": "gpt", "reference": "kojima"}, {"zero-shot-reasoning"}),
        ({"ability": "mmlu", "model": "CHIN"}, {"mmlu-30-topics"}),
    ],
)
def test_search_finds_any_case_and_narrows(search, found):
    answer = answered(flops=4e23, **search)
    assert set(values(answer, "flops")) == found
    assert answer.row("of_count").value == len(found)
    assert answer.row("seen_count").value == sum(SCALES[name][0] <= 4e23 for name in found)


@pytest.mark.parametrize(
    ("search", "option", "said"),
    [
        ({"ability": "juggling"}, "--ability", "'juggling' matches none of all"),
        ({"model": "x\x1b[31m"}, "--model", r"x\x1b[31m"),
        ({"reference": "Nobody"}, "--reference", "Nobody"),
        ({"ability": "mmlu", "model": "palm"}, "--model", "none of the 3 left"),
        ({"ability": "a"}, "--ability", "two characters"),
        ({"flops": 1e23, "params": 1e9}, "--params", "a budget or a size"),
        ({"law": ("chinchilla-1", "epoch-2024")}, "--law", "one law"),
        ({"law": ("chinchila-1",)}, "--law", "chinchilla-1"),
        ({"benchmarks": True, "flops": 1e23}, "--benchmarks", "--flops"),
        ({"benchmarks": True, "model": "gpt"}, "--benchmarks", "--model"),
    ],
)
def test_what_cannot_be_answered_says_so(search, option, said):
    with pytest.raises(InputError) as caught:
        answered(**search)
    assert option in caught.value.where
    assert said in caught.value.line


@pytest.mark.parametrize(("sort", "axis"), [("flops", 0), ("params", 1)])
def test_sorting_by_either_axis_keeps_ties_in_order(sort, axis):
    names = list(values(answered(sort=sort), "flops"))
    assert names == sorted(SCALES, key=lambda name: SCALES[name][axis])
    assert names[0] == "scratchpad-addition"
    assert names[-1] == "word-in-context"


# -- under a law ---------------------------------------------------------------------------------------------------


def test_hoffmann_table3_gives_the_compute_equivalent_of_67b_and_175b():
    # Table 3: 67B at 5.76e23, 175B at 3.85e24, 280B at 9.90e24; the line through it is within 1.3%, in C twice that.
    equivalent = values(answered(law=("chinchilla-1",)), "compute_equivalent")
    assert len(equivalent) == 22
    assert equivalent["mmlu-57-topics"] == pytest.approx(3.85e24, rel=0.026)
    assert equivalent["truthfulness"] == pytest.approx(9.90e24, rel=0.026)


@pytest.mark.parametrize("law", ["chinchilla-1", "chinchilla-3", "epoch-2024", "kaplan-2020", "muennighoff-2023"])
def test_a_law_translates_there_and_back(law):
    equivalent = values(answered(law=(law,)), "compute_equivalent")
    for name, flops in equivalent.items():
        answer = answered(flops=flops, law=(law,))
        assert answer.row("params_equivalent").value == pytest.approx(SCALES[name][1], rel=1e-9)
    answer = answered(params=70e9, law=(law,))
    assert answer.row("budget_equivalent").value == pytest.approx(equivalent["mmlu-30-topics"], rel=1e-12)
    seen = sum(flops <= answer.row("budget_equivalent").value for flops, _ in SCALES.values())
    assert answer.row("seen_equivalent_count").value == seen


def test_a_law_brings_its_own_notes():
    notes = {note.id for note in answered(law=("kaplan-2020",)).notes}
    assert {"counts:kaplan-2020", "ability:explanations"} <= notes
    assert "extrapolation:chinchilla-1" in {note.id for note in answered(law=("chinchilla-1",)).notes}


def test_a_size_beyond_a_law_is_said_and_the_rest_answered():
    answer = answered(params=1e149, law=("muennighoff-2023",))
    assert [note.kind for note in answer.notes if note.id == "unreachable:muennighoff-2023"] == ["unreachable"]
    assert len(values(answer, "compute_equivalent")) == 22


# -- benchmarks ----------------------------------------------------------------------------------------------------


def test_gpt4_report_figure3_hindsight_neglect():
    printed = {"ada": 38, "babbage": 20, "curie": 18, "gpt-3.5": 20, "gpt-4": 95}
    answer = answered(benchmarks=True)
    found = {name: row for row in answer.rows if (name := row.subject).startswith("hindsight-neglect/")}
    assert {name.partition("/")[2]: round(100 * row.value, 6) for name, row in found.items()} == printed
    assert {row.source for row in found.values()} == {"openai-2023: Fig. 3, read off the figure"}
    assert any("read off the figure" in note.text for note in answer.notes if note.law == "hindsight-neglect")


def test_hoffmann_table6_mmlu_is_listed_with_its_contradiction(capsys):
    found = document(capsys, "--benchmarks")
    scores = {row["subject"]: row["value"] for row in found["rows"]}
    assert Counter(name.partition("/")[0] for name in scores) == {"mmlu": 8, "hindsight-neglect": 5}
    assert scores["mmlu/chinchilla"] == 0.676
    (note,) = (note for note in found["notes"] if note["kind"] == "contradiction")
    assert "67.5%" in note["text"]
    assert "67.6%" in note["text"]
    assert found["inputs"] == {"benchmarks": True}


# -- the command, and the user's own ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "", "--flops 1e23", "--params 70B", "--flops 1", "--params 1e149", "--ability chain", "--benchmarks",
        "--flops 1e23 --law kaplan-2020 --sort params", "--reference 2022 --law chinchilla-3 --explain",
    ],
)  # fmt: skip
def test_json_holds_to_its_schema_and_the_table_to_80_columns(line, capsys):
    assert document(capsys, *line.split())["rows"]
    assert run(["emergence", *line.split()]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [text for text in shown if len(text) > 80 and "http" not in text] == []


def test_no_cell_of_the_table_is_cut(capsys):
    assert run(["emergence", "--flops", "1.23456e20", "--law", "kaplan-2020"]) == 0
    assert "~" not in capsys.readouterr().out


def test_search_text_is_trimmed_and_never_empty():
    assert parse_inputs(EmergenceInputs, {"ability": "  mmlu "}).ability == "mmlu"
    with pytest.raises(InputError, match="nothing given"):
        parse_inputs(EmergenceInputs, {"ability": " "})


MINE = """\
[abilities.juggling]
name = "juggling"
family = "Tiny"
reference = "notebook"
params = 2e9
source = "me: page 1"
"""


def test_an_ability_of_the_users_with_one_figure_stands_among_the_rest(tmp_path):
    (tmp_path / "emergence.toml").write_text(MINE)
    catalog = Catalog(str(ROOT / "presets"), user=str(tmp_path))
    by_size = calculate(EmergenceInputs(params=1e9), catalog)
    assert by_size.row("of_count").value == 23
    assert values(by_size, "next") == {"juggling": 2e9}
    by_compute = calculate(EmergenceInputs(flops=1e23, sort="flops"), catalog)
    assert (by_compute.row("seen_count").value, by_compute.row("of_count").value) == (6, 22)
    assert catalog.problems == []


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (MINE.replace("family", "famly"), "emergence", "did you mean 'family'"),
        (MINE.replace("2e9", '"2B"'), "emergence", "'params' must be a number"),
        (MINE.replace('reference = "notebook"\n', ""), "emergence", "needs 'reference'"),
        (MINE + 'notes = ["hello"]\n', "emergence", "'notes'"),
        ('[benchmarks.x]\nname = "X"\nsource = "me"\n', "benchmarks", "needs 'rows'"),
        ('[benchmarks.x]\nname = "X"\nsource = "me"\nunit = "points"\nrows = []\n', "benchmarks", "'unit'"),
        (
            '[benchmarks.x]\nname = "X"\nsource = "me"\n'
            'rows = [{ id = "a", label = "A", value = 67.6, source = "me" }]\n',
            "benchmarks",
            "from 0 to 1",
        ),
    ],
)
def test_a_broken_file_of_the_users_names_the_key(text, kind, said):
    with pytest.raises(InputError) as caught:
        validated(text, kind, f"{kind}.toml")
    assert caught.value.where.startswith(f"{kind}.toml:")
    assert said in caught.value.line


@pytest.mark.parametrize("kind", ["emergence", "benchmarks"])
def test_the_shipped_files_pass_the_checks_of_a_users(kind):
    text = (ROOT / "presets" / f"{kind}.toml").read_text("utf-8")
    body = text[: text.index("# -- what holds")] + text[text.index("[abilities.") :] if kind == "emergence" else text
    assert validated(body, kind, f"{kind}.toml")
