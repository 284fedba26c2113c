"""What a measurement says: known timings give the speed that made them, and rows that follow by hand; no torch."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path

import jsonschema
import pytest

from scaletui.render import FORMATS, render
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.measured import answer_of, regressed, seconds_a_token
from scaletui_core.measured_lists import compared, listed
from scaletui_core.measuring import MeasureInputs, check, ladder_of, sizes_of

SCHEMA = json.loads((Path(__file__).parents[2] / "scaletui" / "render" / "answer.schema.json").read_text())
SLOPE, LATENCY = 0.0333, 0.2
"""Steinhardt's pythia-12b: 1801 tokens a minute is 33.3 ms a token."""


def document(name="pythia-12b-cuda-bf16-1", slope=SLOPE, **more):
    points = [
        {"tokens": n, "repeat": repeat, "seconds": LATENCY + slope * n * (1.0 + 0.01 * repeat)}
        for repeat in range(3)
        for n in range(100, 2000, 100)
    ]
    return {
        "schema": "scaletui.bench/1", "version": "0", "name": name, "started": "2026-01-01T00:00:00+00:00",
        "status": "done", "inputs": {"model": "pythia-12b"}, "points": points,
        "spec": {"batch": 1, "prompt": 8, "model": "pythia-12b"},
        "machine": {"device": "cuda", "dtype": "bf16", "hardware": "A100", "threads": None, "torch": "2.13",
                    "before": {"load": 0.1, "processors": 8}},
        "model": {"name": "pythia-12b", "source": "biderman-2023: Table 1", "params": 11846072320,
                  "params_read": 11586549760, "bytes_per_weight": 2, "kv_bytes_per_token": 737280.0, "memory": 26e9},
        "roofline": {"copy": 1.5e12, "read": 1.8e12, "matmul": 250e12},
        "prefill": {"tokens": 512, "seconds": 0.1, "low": 0.08, "high": 0.2},
        "steps": [{"kind": "batch", "at": 4, "batch": 4, "context": 72.0, "seconds": 0.04, "low": 0.03, "high": 0.05}],
        **more,
    }  # fmt: skip


def test_the_line_is_that_of_the_medians_and_the_spread_that_of_the_repeats():
    found = regressed(document()["points"])
    assert found.line.slope == pytest.approx(SLOPE * 1.01, rel=1e-12)
    assert found.line.intercept == pytest.approx(LATENCY, rel=1e-9)
    assert found.slopes == pytest.approx([SLOPE, SLOPE * 1.01, SLOPE * 1.02], rel=1e-12)


def test_a_share_above_all_says_that_what_was_timed_is_no_limit(catalog):
    """A matmul in bf16 without instructions for it is slower than decoding itself."""
    notes = {
        note.id: note.text for note in answer_of(document(roofline={**document()["roofline"], "matmul": 1e9})).notes
    }
    assert "Above 100% (share of the matmul's rate, decoding" in notes["over"]
    assert "over" not in {note.id for note in answer_of(document(), catalog).notes}


def test_one_bad_moment_moves_nothing():
    made = document()
    made["points"][5]["seconds"] += 1000.0
    assert regressed(made["points"]).line.slope == pytest.approx(SLOPE * 1.01, rel=0.01)


def test_the_rows_follow_by_hand(catalog):
    answer = answer_of(document(), catalog)
    slope = SLOPE * 1.01

    def value(row_id, subject=None):
        return answer.row(row_id, subject=subject).value

    assert value("tokens_per_minute", "measured") == pytest.approx(60 / slope)
    assert value("words_per_minute", "measured") == pytest.approx(45 / slope)
    assert value("human_multiple", "measured") == pytest.approx(45 / slope / 380)
    assert value("latency") == pytest.approx(LATENCY)
    assert value("r_squared") == pytest.approx(1.0)
    read = 2 * 11586549760 + (8 + 1000) * 737280  # the weights, and the cache at the middle of the ladder
    assert value("bandwidth_achieved") == pytest.approx(read / slope)
    assert value("bandwidth_share", "measured") == pytest.approx(read / slope / 1.8e12)
    assert value("flop_share") == pytest.approx(2 * 11586549760 / slope / 250e12)
    assert value("prefill_rate") == pytest.approx(5120)
    assert value("throughput", "batch 4") == pytest.approx(100)
    row = answer.row("tokens_per_minute", subject="measured")
    assert (row.low, row.high) == pytest.approx((60 / SLOPE / 1.02, 60 / SLOPE))
    assert row.low < row.value < row.high
    assert value("tokens_per_minute", "pythia-12b") == 1801  # Steinhardt 2023, Appendix A, Table 1


@pytest.mark.parametrize("form", FORMATS)
def test_it_prints(catalog, form):
    for answer in (answer_of(document(), catalog), listed([document()]), compared([document(), document("b", 0.02)])):
        text = render(answer, form, catalog)
        assert "measured" in text or "pythia-12b-cuda-bf16-1" in text
        if form == "json":
            jsonschema.validate(json.loads(text), SCHEMA)
        else:
            assert "nan" not in text.lower().split()
        if form != "csv":
            assert render(answer, form, catalog, explain=True)


def test_ratios_are_to_the_first():
    answer = compared([document("a", 0.04), document("b", 0.02)])
    assert [row.value for row in answer.rows if row.id == "speed_ratio"] == pytest.approx([1.0, 2.0])


def test_too_few_timings_have_no_line_and_say_so(catalog):
    made = document(points=document()["points"][:2], status="interrupted", steps=[])
    answer = answer_of(made, catalog)
    assert {note.id for note in answer.notes} >= {"no-line", "unfinished"}
    assert not [row for row in answer.rows if row.id == "time_per_token"]
    assert seconds_a_token(made) is None
    assert [note.law for note in compared([document("a"), {**made, "name": "b"}]).notes] == ["b"]
    assert len(listed([made]).rows) == 1


def test_times_that_fall_with_the_number_of_tokens_are_no_speed(catalog):
    made = document(points=[{"tokens": n, "repeat": 0, "seconds": 10.0 - n / 1000} for n in (100, 200, 300)])
    assert "no-line" in {note.id for note in answer_of(made, catalog).notes}


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"state": {"throttled": True}}, "throttled"),
        ({"state": {"others": 1}}, "others"),
        ({"machine": {"before": {"load": 7.0, "processors": 8}}}, "load"),
        ({"skipped": [{"kind": "batch", "at": 64}]}, "skipped:batch:64"),
    ],
)
def test_what_disturbs_is_said(catalog, change, note):
    assert note not in {one.id for one in answer_of(document(), catalog).notes}
    assert note in {one.id for one in answer_of(document(**change), catalog).notes}


def test_an_answer_changes_nothing_of_its_document(catalog):
    made = document()
    before = copy.deepcopy(made)
    answer_of(made, catalog)
    assert made == before
    assert math.isclose(seconds_a_token(made).value, SLOPE * 1.01)


@pytest.mark.parametrize("text", ["1,2", "1..2", "5..1:1", "1..1e7:1", "a,b,c", "1.5,2,3", "", "1..3:0", "0,1,2", "::"])
def test_a_ladder_that_is_none_names_its_option(text):
    with pytest.raises(InputError) as caught:
        ladder_of(text)
    assert caught.value.where == "--ladder"


def test_sizes_that_are_none_name_their_option():
    with pytest.raises(InputError) as caught:
        sizes_of(("0",), "--batches")
    assert caught.value.where == "--batches"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"key_env": "X"}, "--key-env"),
        ({"command": "http://h/v1"}, "--command"),
        ({"command": "http://h/v1", "model": "m", "dtype": "fp32"}, "--dtype"),
        ({"command": "http://h/v1", "model": "m", "batches": ("1",)}, "--batches"),
    ],
)
def test_what_would_change_nothing_is_refused(given, where):
    with pytest.raises(InputError) as caught:
        check(parse_inputs(MeasureInputs, given))
    assert caught.value.where == where


def test_what_else_differs_is_said_beside_a_comparison():
    one = document()
    other = {**document(), "name": "other", "machine": {**one["machine"], "dtype": "int8", "threads": 4}}
    notes = {note.id: note.text for note in compared([one, other]).notes}
    assert notes["differences"] == "Not alone the speed differs: format bf16, int8; threads -, 4."
    assert "differences" not in {note.id for note in compared([one, {**one, "name": "again"}]).notes}


def test_repeats_that_are_far_apart_and_a_shape_that_is_only_near_are_said(catalog):
    ids = {note.id for note in answer_of(document(), catalog).notes}
    assert not ids & {"repeats-apart", "nearest"}
    slow = [{**p, "seconds": p["seconds"] * (2.0 if p["repeat"] == 2 else 1.0)} for p in document()["points"]]
    notes = {n.id: n.text for n in answer_of(document(points=slow, inputs={"params": 1.1e10}), catalog).notes}
    assert "2 times as long" in notes["repeats-apart"]
    assert notes["nearest"] == "The shape nearest to 11B parameters is pythia-12b."
