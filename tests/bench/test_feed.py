"""A measured speed in place of the estimate, in speed and in what follows from it; no torch."""

from __future__ import annotations

import json

import pytest
from test_measured import SLOPE, document

from scaletui.bench import feed
from scaletui.cli import run
from scaletui.render.figures import figure_named
from scaletui_core.fields import parse_inputs
from scaletui_core.speed import SpeedInputs, calculate

MULTIPLE = 60 / (SLOPE * 1.01) * 0.75 / 380


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "scaletui" / "bench"
    folder.mkdir(parents=True)
    (folder / "mine-1.json").write_text(json.dumps(document()))
    (folder / "short-1.json").write_text(json.dumps(document(points=document()["points"][:2])))

    def ask(*words):
        code = run(list(words))
        return code, *capsys.readouterr()

    return ask


def rows(out):
    return {row["id"]: row["value"] for row in json.loads(out)["rows"]}


def test_speed_is_that_of_the_measurement(said):
    code, out, err = said("speed", "--measured", "mine-1", "--k", "5", "--format", "json")
    assert (code, err) == (0, "")
    assert rows(out)["tokens_per_minute"] == pytest.approx(60 / SLOPE / 1.01)
    assert rows(out)["speed"] == pytest.approx(25 * MULTIPLE)
    note = json.loads(out)["notes"][0]
    assert (note["id"], note["source"]) == ("measured", "scaletui bench: mine-1")
    assert "pythia-12b, A100, bf16" in note["text"]


def test_it_stands_among_what_others_measured(said, catalog):
    code, out, _ = said("speed", "--measured", "mine-1", "--format", "json")
    assert code == 0
    assert rows(out)["params"] == 11846072320
    code, out, err = said("speed", "--measured", "mine-1", "--plot", "--axis", "measured", "--ascii")
    assert (code, err) == (0, "")
    assert "yours: measured" in out
    asked = feed.taken("mine-1", "speed", given := {}, False, False)
    inputs = parse_inputs(SpeedInputs, given)
    answer = asked(lambda _: (inputs, calculate(inputs, catalog)))(catalog)[1]
    (mark,) = figure_named("speed", "measured").draw(inputs, answer, catalog).marks
    assert (mark.x, mark.y) == (11846072320, pytest.approx(60 / SLOPE / 1.01))


def test_another_person_makes_another_multiple_of_the_same_speed(said):
    options = ("--words-per-minute", "300", "--tokens-per-word", "1.5", "--format", "json")
    out = said("speed", "--measured", "mine-1", "--k", "1", *options)[1]
    assert rows(out)["tokens_per_minute"] == pytest.approx(60 / SLOPE / 1.01)
    assert rows(out)["speed"] == pytest.approx(60 / SLOPE / 1.01 / 1.5 / 300)


def test_it_goes_into_a_scenario(said):
    code, out, _ = said("speed", "--measured", "mine-1", "--set", "calc.flops=1e24", "--k", "2", "--format", "json")
    assert code == 0
    assert rows(out)["speed"] == pytest.approx(4 * MULTIPLE)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("--measured mine-2", "--measured: no result is called 'mine-2' (did you mean mine-1?)"),
        ("--measured short-1", "--measured: short-1 has too few timings for a speed"),
        ("--measured mine-1 --params 7B", "--params: gives the speed too: drop one"),
        ("--measured mine-1 --human-multiple 5", "--human-multiple: gives the speed too: drop one"),
    ],
)
def test_what_is_wrong_is_one_message(said, line, what):
    assert said("speed", *line.split()) == (2, "", f"scaletui: {what}\n")


def by_subject(out):
    return {(row["id"], row.get("subject")): row["value"] for row in json.loads(out)["rows"]}


def test_copies_learning_and_the_chain_go_on_from_a_measured_speed(said):
    def asked(*words):
        code, out, err = said(*words, "--format", "json")
        assert (code, err) == (0, "")
        return by_subject(out)

    budget = ("--flops", "1e24", "--law", "chinchilla-3")
    chain = asked("calc", "--all", *budget, "--measured", "mine-1")
    assert chain["human_multiple", "speed"] == pytest.approx(MULTIPLE)
    alone = asked("copies", *budget, "--measured", "mine-1")
    assert alone == pytest.approx(asked("copies", *budget, "--speed", repr(MULTIPLE)))
    assert chain["copies", "copies"] == pytest.approx(alone["copies", None])
    learned = asked("learning", "--copies", "1e6", "--measured", "mine-1")
    assert learned == pytest.approx(asked("learning", "--copies", "1e6", "--speed", repr(MULTIPLE)))


def test_a_measured_speed_takes_the_place_of_a_scenarios_estimate(said):
    code, out, _ = said("calc", "--all", "--scenario", "gpt-2030", "--measured", "mine-1", "--format", "json")
    assert code == 0
    person = rows(said("speed", "--scenario", "gpt-2030", "--format", "json")[1])["human_tokens_per_minute"]
    assert by_subject(out)["human_multiple", "speed"] == pytest.approx(60 / SLOPE / 1.01 / person)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("copies --measured mine-1 --speed 4", "--speed: gives the speed too: drop one"),
        ("learning --measured mine-1 --speed 4", "--speed: gives the speed too: drop one"),
        (
            "calc --all --measured mine-1 --set speed.human-multiple=3",
            "--human-multiple: gives the speed too: drop one",
        ),
        ("calc --flops 1e24 --measured mine-1", "--measured: is of the whole chain: add --all"),
    ],
)
def test_a_speed_that_was_typed_is_not_taken_away(said, line, what):
    assert said(*line.split()) == (2, "", f"scaletui: {what}\n")


def test_a_sweep_goes_on_from_a_measured_speed(said, monkeypatch, tmp_path):
    words = ("sweep", "--over", "flops=1e23,1e24", "--set", "law=chinchilla-3", "--show", "speed.human_multiple,copies")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    code, out, err = said(*words, "--measured", "mine-1", "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["inputs"]["measured"] == "mine-1"
    assert found["notes"][0]["source"] == "scaletui bench: mine-1"
    for subject, flops in (("1", "1e23"), ("2", "1e24")):
        alone = by_subject(said("calc", "--all", "--flops", flops, "--law", "chinchilla-3", "--measured", "mine-1",
                                "--format", "json")[1])  # fmt: skip
        for part, name in (("speed", "human_multiple"), ("copies", "copies")):
            (value,) = (
                row["value"] for row in found["rows"] if (row["id"], row["subject"]) == (f"{part}_{name}", subject)
            )
            assert value == pytest.approx(alone[name, part])
    # In shards, and told where it is from when they are collected.
    assert said(*words, "--measured", "mine-1", "--format", "json", "--local", "1")[1] == out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--over", "speed.params=1e9,1e10"), "--over: speed.params gives the speed too: drop one"),
        (("--over", "copies.speed=1,2"), "--over: copies.speed gives the speed too: drop one"),
        (("--over", "flops=1e23,1e24", "--set", "copies.speed=2"), "--set: copies.speed gives the speed too: drop one"),
        (("--over", "speed.words-per-minute=100,200"), "--over: speed.words-per-minute gives the speed too: drop one"),
        (
            ("--set", "speed.human-multiple=3", "--over", "flops=1e23,1e24"),
            "--human-multiple: gives the speed too: drop one",
        ),
    ],
)
def test_a_sweep_has_one_speed(said, words, what):
    assert said("sweep", *words, "--measured", "mine-1") == (2, "", f"scaletui: {what}\n")


def test_k_tiling_of_a_measured_speed_has_the_multiply_that_was_measured(said, tmp_path):
    with_shape = document()
    with_shape["model"]["shape"] = {"layers": 36}
    (tmp_path / "scaletui" / "bench" / "deep-1.json").write_text(json.dumps(with_shape))
    found = rows(said("speed", "--measured", "deep-1", "--k", "5", "--format", "json")[1])
    multiply = SLOPE * 1.01 / 72  # two a layer
    assert found["latency_speed_factor"] == pytest.approx((multiply + 1.5e-6) / (multiply / 25 + 1.5e-6))
    told = rows(said("speed", "--measured", "deep-1", "--k", "5", "--matmul-time", "1.2us", "--format", "json")[1])
    assert told["latency_speed_factor"] == pytest.approx(2.7 / (1.2 / 25 + 1.5))
    assert found["human_multiple"] == pytest.approx(MULTIPLE)
    # One answer for all ways to ask: in a scenario, and in a sweep over k.
    inside = rows(said("speed", "--measured", "deep-1", "--k", "5", "--set", "calc.flops=1e24", "--format", "json")[1])
    assert inside["latency_speed_factor"] == found["latency_speed_factor"]
    words = ("sweep", "--over", "speed.k=1,5", "--set", "flops=1e24", "--show", "speed.latency_speed_factor")
    swept = by_subject(said(*words, "--measured", "deep-1", "--format", "json")[1])
    assert swept["speed_latency_speed_factor", "2"] == found["latency_speed_factor"]
    whole = by_subject(
        said("calc", "--all", "--flops", "1e24", "--set", "speed.k=5", "--measured", "deep-1", "--format", "json")[1]
    )
    assert whole["latency_speed", "speed"] == pytest.approx(MULTIPLE * found["latency_speed_factor"])


def test_nothing_says_that_a_measured_speed_was_given(said):
    for words in (("speed", "--k", "5"), ("copies", "--flops", "1e24"), ("learning", "--copies", "1e6")):
        code, out, err = said(*words, "--measured", "mine-1", "--explain")
        assert (code, err) == (0, "")
        assert "scaletui bench: mine-1" in out
        assert "given: --human-multiple" not in out
        assert "given: --speed" not in out


def test_a_result_that_is_not_whole_or_bends_is_said(said, tmp_path):
    few = document(status="running")
    few["points"] = few["points"][:19]
    for number, point in enumerate(few["points"]):
        point["seconds"] *= 1.0 + 0.5 * (number % 3)
    (tmp_path / "scaletui" / "bench" / "few-1.json").write_text(json.dumps(few))
    text = said("speed", "--measured", "few-1")[1]
    assert "It is running, with 19 of its timings." in " ".join(text.split())
    assert "R^2 is 0." in text
    assert "R^2" not in said("speed", "--measured", "mine-1")[1]
    assert "running; pythia-12b" in said("bench", "list")[1]
    assert said("bench", "--resume", "nosuch")[2].startswith("scaletui: --resume: no result is called 'nosuch'")


def test_a_speed_of_a_model_of_another_size_is_said(said):
    def notes(flops):
        out = said(
            "calc", "--all", "--flops", flops, "--law", "chinchilla-3", "--measured", "mine-1", "--format", "json"
        )[1]
        return {note["id"]: note["text"] for note in json.loads(out)["notes"]}

    assert "measured-size" not in notes("5e22")  # near the measured 12B
    assert "the model planned has" in notes("1e26")["measured-size"]


def test_the_multiple_beside_a_scenarios_speed_is_that_of_its_own_person(said):
    person = ("--set", "speed.words-per-minute=300")
    found = rows(said("speed", "--scenario", "gpt-2030", *person, "--measured", "mine-1", "--format", "json")[1])
    assert found["human_multiple"] == pytest.approx(60 / SLOPE / 1.01 * 0.75 / 300)


def test_a_field_that_is_wrong_is_named_as_it_was_given_beside_a_measured_speed(said):
    code, _, err = said("speed", "--measured", "mine-1", "--set", "calc.flops=1e24", "--k", "-3")
    assert (code, err.startswith("scaletui: --k: ")) == (2, True)
    code, _, err = said("speed", "--measured", "mine-1", "--set", "calc.flops=1e24", "--set", "speed.k=-3")
    assert (code, err.startswith("scaletui: speed.k: ")) == (2, True)
