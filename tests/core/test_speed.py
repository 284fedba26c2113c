"""Speed: every number of ORACLES.md, section 5, that is about it, under the name of its source; then what must hold."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui.cli import run
from scaletui_core import roofline, speed, tiling
from scaletui_core.answer import Answer
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.preset_checks import validated
from scaletui_core.presets import Catalog
from scaletui_core.speed import SpeedInputs

FOLDER = Path(__file__).parents[2] / "presets"
CATALOG = Catalog(str(FOLDER))
US = 1e-6
A100 = (312e12, 2e12)  # C and M of Steinhardt 2022
PYTHIA = {  # size as in the name, tokens a minute: Steinhardt 2023, Appendix A, Table 1
    "pythia-12b": (12e9, 1801),
    "pythia-6-9b": (6.9e9, 2659),
    "pythia-2-8b": (2.8e9, 4568),
    "pythia-1-4b": (1.4e9, 7040),
    "pythia-410m": (410e6, 11039),
    "pythia-160m": (160e6, 21580),
    "pythia-70m": (70e6, 31809),
}


def printed(value: float, like: str) -> str:
    """Return ``value`` rounded to the decimals of ``like``."""
    decimals = len(like.partition(".")[2])
    shown = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{shown:f}".replace("0.", ".", 1) if like.startswith((".", "-.")) else f"{shown:f}"


def ask(**texts: str) -> Answer:
    """Return what ``scaletui speed`` answers to options as they are typed."""
    return speed.calculate(parse_inputs(SpeedInputs, texts), CATALOG)


def value(answer: Answer, row_id: str, subject: str | None = None) -> float:
    found = [row.value for row in answer.rows if row.id == row_id and row.subject == subject]
    assert len(found) == 1, (row_id, subject)
    return found[0]


def note(answer: Answer, note_id: str) -> str:
    (found,) = (note for note in answer.notes if note.id == note_id)
    return found.text


# -- Steinhardt 2023 -----------------------------------------------------------------------------------------------


def test_steinhardt_2023_appendix_a_human_tokens_a_minute() -> None:
    answer = ask()
    assert printed(value(answer, "human_tokens_per_minute"), "506.67") == "506.67"
    assert printed(380 * 4 / 3, "506.67") == "506.67"


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("gpt-4", 493), ("gpt-3-5-turbo", 1641), *((name, speed_) for name, (_, speed_) in PYTHIA.items())],
)
def test_steinhardt_2023_table_1_measured_tokens_a_minute(model: str, tokens: int) -> None:
    assert value(ask(), "tokens_per_minute", model) == tokens


@pytest.mark.parametrize(("model", "words"), [("gpt-4", "370"), ("pythia-12b", "1350")])
def test_steinhardt_2023_section_2_words_a_minute(model: str, words: str) -> None:
    assert abs(value(ask(), "words_per_minute", model) - float(words)) < 1.0


def test_steinhardt_2023_table_1_slope_contradicts_the_text() -> None:
    answer = ask()
    assert printed(value(answer, "speed_slope"), "-.547") == "-.547"
    text = note(answer, "speed-slope")
    assert "0.6" in text
    assert "0.547" in text
    assert {one.kind for one in answer.notes if one.id == "speed-slope"} == {"contradiction"}


def test_the_slope_is_that_of_an_independent_fit() -> None:
    import numpy as np

    sizes, speeds = np.log(np.array(list(PYTHIA.values()), float)).T
    assert value(ask(), "speed_slope") == pytest.approx(float(np.polyfit(sizes, speeds, 1)[0]), rel=1e-12)


def test_the_prediction_stands_beside_each_pythia_and_is_above_it() -> None:
    answer = ask()
    for model, (params, measured) in PYTHIA.items():
        predicted = value(answer, "predicted_tokens_per_minute", model)
        assert predicted == pytest.approx(60 / (2 * params / 2039e9), rel=1e-12)
        assert value(answer, "roofline_share", model) == pytest.approx(measured / predicted, rel=1e-12)
        assert measured < predicted


@pytest.mark.parametrize(
    ("chip", "peak", "bandwidth", "shown", "scale"),
    [
        ("p100", 84e12, 720e9, "53", 1e6),
        ("v100", 125e12, 900e9, "47", 1e6),
        ("a100-40gb", 312e12, 1555e9, "39", 1e6),
        ("a100", 312e12, 2039e9, "87", 1e6),
        ("h100", 2000e12, 3072e9, "7.2", 1e6),
    ],
)
def test_steinhardt_2023_table_of_gpus(chip: str, peak: float, bandwidth: float, shown: str, scale: float) -> None:
    assert printed(tiling.tile_rate(bandwidth, peak) / scale, shown) == shown
    answer = ask(hardware=chip)
    assert printed(value(answer, "tile_rate_printed") / scale, shown) == shown
    agrees = value(answer, "tile_rate") == value(answer, "tile_rate_printed")
    assert agrees == (chip not in ("p100", "h100"))
    assert agrees == (not any(one.id == "printed-rates" for one in answer.notes))


def test_steinhardt_2023_h100_as_printed_contradicts_its_data_sheet() -> None:
    text = note(ask(hardware="h100"), "printed-rates")
    for number in ("2000e12", "3072e9", "7.2M", "989e12", "3350e9"):
        assert number in text


def test_steinhardt_2023_section_2_k_tiling() -> None:
    answer = ask(human_multiple="5", k="5")
    assert value(answer, "speed") == 125
    assert value(answer, "speed_factor") == 25
    assert value(answer, "throughput_factor") == 1 / 5
    assert value(answer, "gpus_factor") == 25
    assert value(answer, "copies_factor") == 1 / 125


def test_the_command_gives_125_and_a_fifth_of_the_throughput(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["speed", "--human-multiple", "5", "--k", "5", "--format", "json"]) == 0
    rows = {row["id"]: row["value"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert (rows["speed"], rows["throughput_factor"]) == (125, 0.2)


# -- Steinhardt 2022 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gpus", "network", "shown"), [(1, 2e12, ".657"), (8, 1e14, ".657"), (8, 2e12, "1.205")], ids=str
)
def test_steinhardt_2022_complete_formula(gpus: float, network: float, shown: str) -> None:
    assert printed(tiling.matmul_seconds(*A100, gpus, network) / US, shown) == shown


def test_steinhardt_2022_on_the_command_line() -> None:
    answer = ask(peak="312TFLOP/s", bandwidth="2TB/s")
    assert printed(value(answer, "matmul_time") / US, "1.205") == "1.205"


def test_steinhardt_2022_latency_leaves_1_74_of_25() -> None:
    answer = ask(k="5")
    assert printed(value(answer, "latency_speed_factor"), "1.74") == "1.74"
    assert printed(value(answer, "latency_ceiling"), "1.80") == "1.80"
    text = note(answer, "k-latency")
    assert "25x" in text
    assert "1.74x" in text
    given_too = ask(k="5", matmul_time="1.2us", latency="1.5us")
    assert value(given_too, "latency_speed_factor") == value(answer, "latency_speed_factor")


def test_steinhardt_2022_forward_pass_is_two_multiplies_a_layer() -> None:
    answer = ask(params="70B", layers="80", peak="312TFLOP/s", bandwidth="2TB/s")
    matmul = value(answer, "matmul_time")
    assert value(answer, "time_per_token", "steinhardt-2022") == pytest.approx(160 * matmul, rel=1e-12)
    late = value(answer, "time_per_token_with_latency", "steinhardt-2022")
    assert late == pytest.approx(160 * (matmul + 1.5 * US), rel=1e-12)
    assert "order of magnitude" in note(answer, "order-of-magnitude")


@pytest.mark.parametrize("gpus", [1, 8])
@pytest.mark.parametrize("network", [2e11, 2e12, 2e13])
def test_the_best_time_is_that_of_its_tile_and_no_busy_tile_is_quicker(gpus: float, network: float) -> None:
    peak, bandwidth = A100
    rates = (peak, bandwidth, gpus, network)
    best, m, b = tiling.matmul_seconds(*rates), tiling.tile_side(*rates), tiling.tile_batch(*rates)
    assert tiling.tile_seconds(m, b, gpus, network, bandwidth, peak) == pytest.approx(best, rel=1e-12)
    assert 2 * m * m * b / peak == pytest.approx(best, rel=1e-12)
    # A busy tile is one whose arithmetic takes longest; with m >= b none of them is smaller than the best.
    for side in (m * (0.5 + 0.01 * i) for i in range(150)):
        for batch in (b * (0.5 + 0.01 * i) for i in range(150)):
            work = 2 * side * side * batch / peak
            if side >= batch and tiling.tile_seconds(side, batch, gpus, network, bandwidth, peak) <= work:
                assert work >= best * (1 - 1e-9)


# -- Erdil 2025 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "layers", "best", "seconds", "shown"),
    [("8.03e9", "32", "11.31", lambda t: 1 / t, "966"), ("70.6e9", "80", "26.15", lambda t: t * 1e3, "4.269")],
    ids=["llama-3-8b", "llama-3-70b"],
)
def test_erdil_2025_table_1(params: str, layers: str, best: str, seconds, shown: str) -> None:  # type: ignore[no-untyped-def]
    answer = ask(params=params, layers=layers, peak="1e15", bandwidth="3.3e12")
    assert printed(value(answer, "gpus", "erdil-2025"), best) == best
    assert printed(seconds(value(answer, "time_per_token", "erdil-2025")), shown) == shown


@pytest.mark.parametrize(("peak", "bandwidth", "batch"), [("312e12", "1.5e12", "208"), ("1e15", "3.3e12", "303")])
def test_erdil_2025_section_2_1_critical_batch(peak: str, bandwidth: str, batch: str) -> None:
    assert printed(value(ask(peak=peak, bandwidth=bandwidth), "critical_batch"), batch) == batch


def scan(one: float, hops: float) -> list[float]:
    return [roofline.instance_seconds(one, hops, 1.0 + 0.01 * i) for i in range(20_000)]


@pytest.mark.parametrize(("params", "layers"), [(8.03e9, 32), (70.6e9, 80), (1e6, 4), (405e9, 126)])
def test_erdil_2025_eq_14_is_the_minimum_over_g(params: float, layers: int) -> None:
    one, hops = 2 * params / 3.3e12, roofline.hop_seconds(layers, 4, 1e-6)
    least = roofline.least_seconds(one, hops)
    assert min(scan(one, hops)) == pytest.approx(least, rel=1e-6)
    assert min(scan(one, hops)) >= least * (1 - 1e-12)
    at_best = roofline.instance_seconds(one, hops, roofline.best_instance(one, hops))
    assert at_best == pytest.approx(least, rel=1e-12)


# -- kipply 2022, PaLM ---------------------------------------------------------------------------------------------


def test_kipply_2022_latency_of_260b_on_16_a100() -> None:
    answer = ask(params="260B", layers="80", hardware="16xA100", bandwidth="1.5e12")
    assert printed(2 * 260e9 / (16 * 1.5e12) * 1e3, "21.7") == "21.7"
    assert printed(value(answer, "time_per_token", "roofline") * 1e3, "21.7") == "21.7"
    assert printed(4 * 80 * roofline.MESSAGE * 1e3, "2.56") == "2.56"
    total = value(answer, "time_per_token", "kipply")
    assert printed((total - value(answer, "time_per_token", "roofline")) * 1e3, "2.56") == "2.56"


def test_palm_multi_query_cache_a_token() -> None:
    assert value(ask(layers="118", kv_heads="1", head_dim="256"), "kv_bytes_per_token") == 120_832
    assert value(ask(model="palm-540b"), "kv_bytes_per_token") == 120_832


# -- what must hold ------------------------------------------------------------------------------------------------

POSITIVE = st.floats(1e9, 1e13)


@given(POSITIVE, st.floats(1.0, 10.0), st.integers(1, 1000), st.integers(1, 64))
def test_more_bandwidth_is_never_slower(bandwidth: float, more: float, batch: int, count: int) -> None:
    texts = {"params": "70B", "layers": "80", "peak": "1e15", "batch": str(batch), "hardware": f"{count}xH100"}
    slow, fast = (ask(**texts, bandwidth=repr(b)) for b in (bandwidth, bandwidth * more))
    for subject in {row.subject for row in slow.rows} - {None}:
        before, after = (value(answer, "time_per_token", subject) for answer in (slow, fast))
        assert after <= before * (1 + 1e-12)


@given(st.floats(0.01, 1e6), st.floats(1e-9, 1.0), st.floats(1e-9, 1.0))
def test_k_of_1_changes_nothing(multiple: float, matmul: float, latency: float) -> None:
    answer = ask(human_multiple=repr(multiple), k="1", matmul_time=repr(matmul), latency=repr(latency))
    factors = ("speed_factor", "throughput_factor", "gpus_factor", "copies_factor", "latency_speed_factor")
    assert [value(answer, name) for name in factors] == [1.0] * 5
    assert (
        value(answer, "speed")
        == value(answer, "latency_speed")
        == value(ask(human_multiple=repr(multiple), k="1"), "speed")
    )


@given(st.floats(1.0, 1e4), st.floats(1e-9, 1.0), st.floats(1e-9, 1.0))
def test_latency_leaves_less_than_is_claimed_and_less_than_the_ceiling(k: float, t: float, latency: float) -> None:
    left = tiling.late_speed_up(t, latency, k)
    assert left * (1 + 1e-12) >= 1.0
    assert left <= tiling.tiled_speed(k) * (1 + 1e-12)
    assert left <= tiling.speed_up_ceiling(t, latency) * (1 + 1e-12)


@given(st.floats(0.5, 4.0), POSITIVE, st.floats(1e12, 1e16), st.floats(1e6, 1e13))
def test_at_the_critical_batch_both_sides_of_the_roofline_are_equal(
    weight: float, bandwidth: float, peak: float, params: float
) -> None:
    batch = roofline.critical_batch(weight, peak, bandwidth)
    read = roofline.roofline_seconds(weight, params, 0, params, 0.0, 1, bandwidth, peak)
    work = roofline.roofline_seconds(0.0, params, 0, params, batch, 1, bandwidth, peak)
    assert read == pytest.approx(work, rel=1e-12)


def test_a_batch_below_the_critical_one_costs_nothing_in_latency_and_divides_the_hire() -> None:
    one, many = (ask(params="8B", layers="32", batch=str(b)) for b in (1, 200))
    assert value(one, "time_per_token", "roofline") == value(many, "time_per_token", "roofline")
    hire = [value(answer, "cost_per_million_tokens", "roofline") for answer in (one, many)]
    assert hire[0] == pytest.approx(200 * hire[1], rel=1e-12)


def test_a_full_answer_by_hand() -> None:
    # Llama 3 70B: 80 layers, 8 KV heads of 8192/64; 8 H100 of 3.35e12 B/s and 989e12 FLOP/s at $2/h
    answer = ask(model="llama-3-70b", hardware="8xH100", batch="32", context="8000", prompt="2000", price="$2/h")
    cache = 2 * 80 * 8 * 128 * 2
    assert value(answer, "kv_bytes_per_token") == cache
    assert value(answer, "kv_bytes") == 32 * 8000 * cache
    needed = 140e9 + 32 * 8000 * cache
    assert value(answer, "memory_needed") == needed
    assert value(answer, "memory_share") == pytest.approx(needed / 640e9)
    step = needed / (8 * 3.35e12)
    assert value(answer, "time_per_token", "roofline") == pytest.approx(step)
    assert value(answer, "throughput", "roofline") == pytest.approx(32 / step)
    assert value(answer, "cost_per_million_tokens", "roofline") == pytest.approx(16 / 3600 * step / 32 * 1e6)
    assert value(answer, "human_multiple", "roofline") == pytest.approx(60 / step / (380 * 4 / 3))
    assert value(answer, "prefill") == pytest.approx(2 * 70e9 * 2000 / (8 * 989e12))
    assert value(answer, "time_to_first_token") == value(answer, "prefill")
    hops = 80 * 4e-6
    there = needed / 3.35e12 / 8 + 2 * hops * (8**0.5 - 1)
    assert value(answer, "time_per_token", "erdil-2025-fleet") == pytest.approx(there)


def test_a_short_prompt_waits_for_one_reading_of_the_weights() -> None:
    answer = ask(params="70B", hardware="8xH100", prompt="10")
    assert value(answer, "time_to_first_token") == pytest.approx(140e9 / (8 * 3.35e12))


def test_what_does_not_fit_is_said() -> None:
    answer = ask(params="70B")
    assert value(answer, "memory_share") == pytest.approx(140 / 80)
    assert "2 would hold it" in note(answer, "does-not-fit")
    assert "H100" in note(answer, "assumed-hardware")


def test_a_model_of_experts_reads_only_what_its_tokens_visit() -> None:
    one, many = (value(ask(model="mixtral-8x7b", batch=b), "time_per_token", "roofline") for b in ("1", "64"))
    assert one == pytest.approx(2 * 12.9e9 / 3.35e12)
    assert many == pytest.approx(2 * 46.7e9 / 3.35e12)


def test_a_measured_model_stands_beside_its_prediction() -> None:
    answer = ask(model="pythia-12b", hardware="a100")
    assert value(answer, "tokens_per_minute", "pythia-12b") == 1801
    assert value(answer, "tokens_per_minute", "roofline") > 1801


def test_without_layers_the_others_say_what_they_need() -> None:
    answer = ask(params="70B")
    assert [(one.law, one.text) for one in answer.notes if one.kind == "unreachable"] == [
        (name, "needs --layers.") for name in ("steinhardt-2022", "erdil-2025", "kipply")
    ]


def test_k_tiling_of_a_model_starts_from_its_tiles() -> None:
    answer = ask(model="llama-3-70b", k="5")
    before = value(answer, "human_multiple", "steinhardt-2022")
    assert value(answer, "speed") == pytest.approx(25 * before)
    t, n = value(answer, "matmul_time"), value(answer, "human_tokens_per_minute")
    assert value(answer, "latency_speed") == pytest.approx(60 / (160 * (t / 25 + 1.5 * US)) / n)


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        ({"params": "70B", "model": "gopher"}, "--params"),
        ({"human_multiple": "5", "params": "70B"}, "--human-multiple"),
        ({"matmul_time": "1us", "k": "5", "hardware": "h100"}, "--matmul-time"),
        ({"matmul_time": "1us"}, "--matmul-time"),
        ({"latency": "1us"}, "--latency"),
        ({"latency": "1us", "params": "70B"}, "--latency"),
        ({"hop": "1us", "params": "70B"}, "--hop"),
        ({"context": "8k", "params": "70B"}, "--context"),
        ({"head_dim": "128", "params": "70B"}, "--head-dim"),
        ({"layers": "80"}, "--layers"),
        ({"batch": "8"}, "--batch"),
        ({"price": "$2/h"}, "--price"),
        ({"precision": "fp8"}, "--precision"),
        ({"precision": "fp8", "peak": "1e15"}, "--precision"),
        ({"model": "gophr"}, "--model"),
        ({"hardware": "h1000"}, "--hardware"),
    ],
    ids=str,
)
def test_what_would_change_nothing_or_contradicts_is_refused(texts: dict[str, str], where: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(**texts)
    assert caught.value.where == where


EDGES = {
    "params": ("1", "1e18"), "layers": ("1", "1e6"), "kv_heads": ("1", "1e6"), "head_dim": ("1", "1e6"),
    "bytes_per_weight": ("0.01", "100"), "bytes_per_kv": ("0.01", "100"), "peak": ("1e3", "1e30"),
    "bandwidth": ("1e3", "1e30"), "memory": ("1", "1e30"), "network": ("1", "1e30"), "gpus_per_machine": ("1", "1e6"),
    "batch": ("1", "1e9"), "context": ("1", "1e12"), "prompt": ("1", "1e12"), "k": ("1", "1e6"),
    "latency": ("1e-15", "1e6"), "hop": ("1e-15", "1e6"), "words_per_minute": ("1", "1e6"),
    "tokens_per_word": ("1", "100"), "price": ("1e-6", "1e6"), "hardware": ("h100", "1e9xH100"),
}  # fmt: skip


@given(st.fixed_dictionaries({name: st.sampled_from(ends) for name, ends in EDGES.items()}))
def test_no_corner_of_the_bounds_overflows(texts: dict[str, str]) -> None:
    answer = ask(**texts)
    assert all(isfinite(row.value) for row in answer.rows)
    numbers = [number for row in answer.rows if row.working for number in row.working.numbers]
    assert all(isfinite(number.value) for number in numbers)


def test_the_edges_are_the_declared_bounds() -> None:
    from scaletui_core.fields import fields_of

    for item in fields_of(SpeedInputs):
        if item.name in EDGES and item.name != "hardware":
            assert (item.low, item.high) == tuple(map(float, EDGES[item.name])), item.name


def test_every_row_has_a_formula_or_a_source() -> None:
    for answer in (ask(), ask(model="llama-3-70b", hardware="8xH100", k="5", context="8k", prompt="1k")):
        assert [row.id for row in answer.rows if row.working is None and row.source is None] == []


def test_the_shipped_speeds_are_valid_and_name_known_things() -> None:
    validated((FOLDER / "speeds.toml").read_text("utf-8"), "speeds", "speeds.toml")
    presets = CATALOG.load("speeds")
    for record in presets.records.values():
        assert record["source"].split(": ")[0] in presets.sources
        assert record.get("model", "gopher") in CATALOG.load("models").records
        assert record.get("hardware", "h100-sxm") in CATALOG.load("hardware").records
        if "tile_rate" in record:
            two_digits = float(f"{tiling.tile_rate(record['bandwidth'], record['peak']):.1e}")
            assert two_digits == record["tile_rate"]


def test_every_source_of_a_formula_is_a_known_document() -> None:
    from scaletui_core.formula import Formula

    for module in (roofline, tiling):
        for item in vars(module).values():
            if isinstance(item, Formula) and not item.source.startswith("scaletui:"):
                assert CATALOG.source(item.source) is not None, item.source
