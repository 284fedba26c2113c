"""Ranges: every row of every calculator against a loop over the calculator itself, and what ranges must never do."""

from __future__ import annotations

import dataclasses
import importlib
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaletui_core.answer import Answer
from scaletui_core.batch import BatchInputs
from scaletui_core.batch import calculate as batch
from scaletui_core.budget import BudgetInputs
from scaletui_core.calc import calculate as calc
from scaletui_core.copies import CopiesInputs
from scaletui_core.copies import calculate as copies
from scaletui_core.distributions import Uncertain, uncertain
from scaletui_core.draws import CHUNK, Draws, chunk_sizes
from scaletui_core.errors import InputError
from scaletui_core.fields import as_command, at_the_middle, parse_inputs
from scaletui_core.fields import given as given_of
from scaletui_core.flow import flow
from scaletui_core.law_doubt import MixtureLaw, in_doubt
from scaletui_core.laws import chosen_laws, law
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Catalog
from scaletui_core.program import Program
from scaletui_core.quantiles import SKETCH_ERROR, Sketch, exact_quantiles
from scaletui_core.quantity import Fleet, parse
from scaletui_core.sampling import Sampling
from scaletui_core.traced import Draw, Traced
from scaletui_core.uncertainty import Cancelled, can_be_sampled, is_uncertain, with_intervals
from scaletui_core.work import YEAR

CATALOG = Catalog("presets")

# Every calculator, with a range in every numeric input it has that another row could rest on.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "calc, compute": ("calc", {"flops": "1e23..1e25"}),
    "calc, size": ("calc", {"params": "50B..70B..200B"}),
    "calc, data": ("calc", {"tokens": "1T..10T@50%"}),
    "calc, loss": ("calc", {"loss": "1.9..2.1", "law": ("chinchilla-3", "epoch-2024", "lecture-2025")}),
    "calc, a model": ("calc", {"params": "60B..80B", "tokens": "1T..2T"}),
    "calc, loss and size": ("calc", {"loss": "2.0..2.1", "params": "60B..80B", "law": ("chinchilla-3",)}),
    "calc, loss and data": ("calc", {"loss": "2.0..2.1", "tokens": "1T..2T", "law": ("epoch-2024",)}),
    "calc, repeated": ("calc", {"flops": "1e22..1e24", "unique": "50B..200B"}),
    "calc, machine": ("calc", {"hardware": "256..512xh100", "days": "20..40", "mfu": "30%..50%", "price": "1..3"}),
    "calc, money": ("calc", {"hardware": "h100", "cost": "$5M..20M", "mfu": "30%..35%..50%", "price": "1..3"}),
    "calc, throughput": ("calc", {"tokens_per_second": "1e6..2e6", "days": "20..40", "params": "7B..9B",
                                  "hardware": "48..64xa100"}),
    "loss": ("loss", {"params": "60B..80B", "tokens": "1T..2T"}),
    "loss, repeated": ("loss", {"params": "6B..8B", "tokens": "100B..300B", "unique": "20B..50B"}),
    "loss, size alone": ("loss", {"params": "60B..80B"}),
    "frontier": ("frontier", {"unique": "50B..200B", "law": ("muennighoff-2023",)}),
    "isoflop": ("isoflop", {"unique": "50B..200B", "flops": "1e23", "law": ("muennighoff-2023",)}),
    "emergence, compute": ("emergence", {"flops": "1e22..1e24", "law": ("chinchilla-3",)}),
    "emergence, size": ("emergence", {"params": "10B..100B", "law": ("epoch-2024",)}),
    "speed, model": ("speed", {"model": "llama-3-70b", "hardware": "8xh100", "batch": "1..64", "context": "1k..32k",
                               "prompt": "1k..4k", "bytes_per_weight": "1..2", "k": "2..8", "price": "1..3",
                               "latency": "1us..2us", "hop": "0.5us..2us", "words_per_minute": "300..400",
                               "tokens_per_word": "1.2..1.5", "bytes_per_kv": "1..2", "network": "1TB/s..4TB/s"}),
    "speed, size": ("speed", {"params": "50B..90B", "layers": "60..100", "kv_heads": "4..16", "head_dim": "64..256",
                              "context": "1k..8k", "gpus_per_machine": "4..16"}),
    "speed, fleet": ("speed", {"params": "50B..90B", "layers": "60", "hardware": "8..32xh100", "prompt": "1k..4k"}),
    "speed, rates": ("speed", {"params": "7B", "peak": "300TFLOP/s..1000TFLOP/s", "bandwidth": "1TB/s..4TB/s",
                               "memory": "40GB..200GB"}),
    "speed, k": ("speed", {"human_multiple": "0.5..5..20@50%", "k": "3..8", "matmul_time": "1us..2us"}),
    "copies, data": ("copies", {"tokens": "200B..400B", "speed": "1..10", "k": "2..8", "years": "0.5..2",
                                "compute_multiple": "1..10", "hours_a_day": "6..10", "days_a_week": "4..6"}),
    "copies, compute": ("copies", {"flops": "1e23..1e25", "words_per_minute": "300..400", "days": "100..300"}),
    "copies, size": ("copies", {"params": "10B..100B", "tokens_per_minute": "400..600"}),
    "copies, fleet": ("copies", {"hardware": "256..512xh100", "tokens_per_second_per_accelerator": "1k..3k",
                                 "k": "2..5"}),
    "copies, chain": ("copies", {"chain": "gpt-2030", "flops": "5.1e26..4.7e28..3.0e30@50%"}),
    "learning, copies": ("learning", {"copies": "0.5M..2M", "speed": "1..5", "loss": "1.8..2.2",
                                      "tokens_per_update": "1..500"}),
    "learning, users": ("learning", {"users": "100M..500M", "minutes": "3..10", "critical_batch": "1M..10M"}),
    "batch, loss": ("batch", {"loss": "2..3", "flops": "1e21..1e23", "batch": "1M..4M"}),
    "batch, noise": ("batch", {"noise_scale": "1M..4M"}),
    "batch, measured": ("batch", {"small_batch": "64k", "small_norm2": "0.8..1.0", "big_batch": "4M",
                                  "big_norm2": "0.2..0.3"}),
    "batch, minima": ("batch", {"min_steps": "5k..20k", "min_tokens": "5B..20B"}),
}  # fmt: skip


def calculator_of(name: str) -> Any:
    module = {"isoflop": "frontier"}.get(name, name)
    return getattr(importlib.import_module(f"scaletui_core.{module}"), "ISOFLOP" if name == "isoflop" else "CALCULATOR")


def keyed(answer: Answer) -> dict[Any, float]:
    return {(row.id, row.law, row.subject, row.at): row.value for row in answer.rows}


@pytest.mark.parametrize("case", CASES)
def test_every_row_over_samples_is_what_the_calculator_answers_at_each_sample(case: str) -> None:
    """The slow twin of sampling: the calculator itself, asked again at the inputs of each sample."""
    name, texts = CASES[case]
    one = calculator_of(name)
    inputs = parse_inputs(one.inputs, texts)
    given = {f.name: getattr(inputs, f.name) for f in dataclasses.fields(inputs)}
    fleet = given.get("hardware")
    if fleet is not None:
        given["hardware"] = fleet.count
    fields = [f for f, value in given.items() if isinstance(value, Uncertain)]
    assert fields, "nothing is uncertain in this case"
    answer = one.run(inputs, CATALOG)
    traced = [row for row in answer.rows if isinstance(row.value, Traced) and can_be_sampled(row.value)]
    assert traced
    program = Program([*(given[f] for f in fields), *(row.value for row in traced)])
    assert program.compile()
    draws = Draws(20230629, 2000)
    found = [values.copy() for values in program.values(draws, 0)]
    drawn, made = found[: len(fields)], found[len(fields) :]
    sampled = {(row.id, row.law, row.subject, row.at): values for row, values in zip(traced, made, strict=True)}
    solved = {(row.id, row.law, row.subject, row.at) for row in answer.rows if isinstance(row.value, Traced)} - set(
        sampled
    )
    # What names a thing (the nearest model, the next ability) is that of the middle, and says so by its label.
    named = {"nearest_model", "next", "next_times_more"}
    checked = refused = 0
    for sample in range(0, 2000, 97):
        point: dict[str, Any] = {f: float(values[sample]) for f, values in zip(fields, drawn, strict=True)}
        if "hardware" in point:
            point["hardware"] = Fleet(point["hardware"], fleet.accelerator)
        plain = dataclasses.replace(inputs, **point)
        try:
            again = keyed(one.run(plain, CATALOG))
        except InputError:  # what is refused there has no answer here
            assert any(np.isnan(values[sample]) for values in sampled.values())
            refused += 1
            continue
        for key, value in keyed(answer).items():
            if key[0] in named or key not in again or key in solved:
                continue
            if key in sampled:
                assert sampled[key][sample] == pytest.approx(again[key], rel=1e-9, abs=1e-12), key
                checked += 1
            else:
                assert again[key] == pytest.approx(value, rel=1e-12), f"{key} varies, and nothing says so"
    assert checked > 20
    assert refused < 10


def test_a_forgotten_history_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin above can fail: a formula that hands on plain floats is caught by it."""
    from scaletui_core import work

    monkeypatch.setattr(work.passes_of_tokens, "function", lambda tokens: float(3.0 * tokens))
    monkeypatch.setattr(type(work.passes_of_tokens), "__call__", lambda self, *x: self.function(*map(float, x)))
    with pytest.raises(AssertionError):
        test_every_row_over_samples_is_what_the_calculator_answers_at_each_sample("copies, data")


FLOWS: dict[str, dict[str, dict[str, Any]]] = {
    "compute": {"calc": {"flops": "5e23..1e24", "law": ("epoch-2024",)}, "speed": {"k": "2..5"}},
    "size and data": {"calc": {"params": "60B..80B", "tokens": "1T..2T"}, "copies": {"years": "0.5..2"}},
    "given speed": {"calc": {"flops": "5e23..1e24"}, "speed": {"human_multiple": "1..10", "k": "2..5"}},
    "forecast": {
        "calc": {"flops": "1e27..1e29"},
        "speed": {"hardware": "1024xh100"},  # without, the machine is that which holds the middle of N
        "copies": {"chain": "gpt-2030"},
    },
    "loss": {
        "calc": {"loss": "1.95..2.0", "law": ("chinchilla-3",)},
        "learning": {"loss": "1.8..2.2", "tokens_per_update": "1..500"},
    },
}


@pytest.mark.parametrize("case", FLOWS)
def test_a_whole_scenario_over_samples_is_that_of_each_sample(case: str) -> None:
    """Through all parts: what one inherits from another varies with it, row by row."""
    asked = {name: parse_inputs(calculator_of(name).inputs, texts, None, name) for name, texts in FLOWS[case].items()}
    own = [
        (name, f.name)
        for name, inputs in asked.items()
        for f in dataclasses.fields(inputs)
        if isinstance(getattr(inputs, f.name), Uncertain)
    ]
    parts = flow(asked, CATALOG)
    rows = [(name, row) for name, part in parts.items() if part.answer is not None for row in part.answer.rows]
    traced = [(name, row) for name, row in rows if isinstance(row.value, Traced)]
    program = Program([*(getattr(asked[name], f) for name, f in own), *(row.value for _, row in traced)])
    program.compile()
    found = [values.copy() for values in program.values(Draws(5, 2000), 0)]
    drawn, made = found[: len(own)], found[len(own) :]
    sampled = {(name, row.id, row.law, row.subject, row.at): v for (name, row), v in zip(traced, made, strict=True)}
    assert {name for name, *_ in sampled} == set(parts)
    named = {"nearest_model", "next", "next_times_more"}
    checked = 0
    for sample in range(0, 2000, 333):
        plain = {
            name: dataclasses.replace(
                inputs, **{f: float(v[sample]) for (at, f), v in zip(own, drawn, strict=True) if at == name}
            )
            for name, inputs in asked.items()
        }
        for name, part in flow(plain, CATALOG).items():
            assert part.answer is not None
            if name == "batch":
                continue  # its batches are those around the middle, other ones at each sample
            for row in part.answer.rows:
                key = (name, row.id, row.law, row.subject, row.at)
                if key in sampled and row.id not in named:
                    assert sampled[key][sample] == pytest.approx(row.value, rel=1e-9, abs=1e-12), key
                    checked += 1
    assert checked > 100


# -- what a range means -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "coverage"),
    [("1e23..1e25", "FLOP", 0.9), ("0.4..1.8..10@50%", "1", 0.5), ("30%..50%", "fraction", 0.9),
     ("10%..20%..90%@80%", "fraction", 0.8), ("1us..2us", "s", 0.9)],
)  # fmt: skip
def test_quantiles_of_a_range_are_its_ends_and_its_middle(text: str, unit: str, coverage: float) -> None:
    quantity = parse(text, unit)
    value = uncertain(text, unit, "x")
    assert isinstance(value, Uncertain)
    program = Program([value])
    program.compile()
    draws = Draws(1, 64000)
    samples = np.concatenate([program.values(draws, chunk)[0].copy() for chunk in range(len(draws.sizes))])
    tail = (1.0 - coverage) / 2.0
    found, good = exact_quantiles(samples, (tail, 0.5, 1.0 - tail))
    assert good == 64000
    assert found == pytest.approx([quantity.low, quantity.value, quantity.high], rel=2e-4)


def test_a_log_normal_has_the_spread_of_its_ends() -> None:
    """The standard deviation of ln x, against the definition: (ln hi - ln lo) / (2 x 1.645) at 90%."""
    program = Program([uncertain("1..100", "1", "x")])  # type: ignore[list-item]
    program.compile()
    draws = Draws(2, 64000)
    logs = np.log(np.concatenate([program.values(draws, c)[0].copy() for c in range(len(draws.sizes))]))
    assert logs.std() == pytest.approx(log(100.0) / (2.0 * NormalDist().inv_cdf(0.95)), rel=1e-3)
    assert logs.mean() == pytest.approx(log(10.0), abs=1e-3)


def test_no_sample_leaves_the_bounds_of_the_input() -> None:
    inputs = parse_inputs(CopiesInputs, {"tokens": "1T", "hours_a_day": "16..23"})
    assert isinstance(inputs.hours_a_day, Uncertain)
    program = Program([inputs.hours_a_day])
    program.compile()
    values = program.values(Draws(0, 8000), 0)[0]
    assert values.max() == 24.0
    assert (values < 24.0).mean() > 0.9


def test_fractions_stay_fractions() -> None:
    program = Program([uncertain("0.1%..99.9%", "fraction", "x")])  # type: ignore[list-item]
    program.compile()
    values = program.values(Draws(0, 8000), 0)[0]
    assert values.min() > 0.0
    assert values.max() < 1.0


@pytest.mark.parametrize("text", ["1e23..1e25", "0.5..2", "0.4M..1.8M..10M@50%", "1e-3..1e3@99%"])
def test_a_range_reads_back_from_its_own_text(text: str) -> None:
    value = uncertain(text, "1", "x")
    assert isinstance(value, Uncertain)
    assert uncertain(value.text, "1", "x") == value


def test_a_range_of_accelerators_reads_back_and_has_its_middle() -> None:
    inputs = parse_inputs(BudgetInputs, {"hardware": "256..1024 x H100", "days": "30"})
    assert inputs.hardware is not None
    words = as_command("calc", inputs)
    text = words[words.index("--hardware") + 1]
    assert parse_inputs(BudgetInputs, {"hardware": text, "days": "30"}) == inputs
    middle = at_the_middle(inputs).hardware
    assert middle == Fleet(pytest.approx(512.0), "h100")  # sqrt(256 x 1024)
    assert not isinstance(middle.count, Traced)


def test_ranges_of_one_name_move_together_and_one_answer_may_not_have_two() -> None:
    one, other = uncertain("1..2", "1", "x"), uncertain("1..3", "1", "x")
    first, second = samples_of(one, other, count=8000)
    assert np.corrcoef(np.argsort(np.argsort(first)), np.argsort(np.argsort(second)))[0, 1] == pytest.approx(1.0)
    assert len(Program([one, uncertain("1..2", "1", "x")]).draws) == 1  # type: ignore[list-item]
    inputs = BudgetInputs(params=uncertain("1B..2B", "parameters", "x"), tokens=uncertain("1T..2T", "tokens", "x"))
    with pytest.raises(InputError, match="two ranges are called 'x'"):
        with_intervals([calc(inputs, CATALOG)])


def test_a_one_point_range_changes_nothing() -> None:
    plain = calc(parse_inputs(BudgetInputs, {"flops": "1e24"}), CATALOG)
    point = calc(parse_inputs(BudgetInputs, {"flops": "1e24..1e24"}), CATALOG)
    assert point == plain
    assert not is_uncertain(point)
    assert with_intervals([plain]) == [plain]


def test_an_uncertain_number_is_not_the_number_in_its_middle() -> None:
    value = uncertain("1e23..1e25", "FLOP", "flops")
    assert value != 1e24
    assert float(value) == 1e24
    inputs = parse_inputs(BudgetInputs, {"flops": "1e23..1e25"})
    assert inputs != parse_inputs(BudgetInputs, {"flops": "1e24"})
    assert inputs == parse_inputs(BudgetInputs, {"flops": "1e23..1e25"})
    assert as_command("calc", inputs) == ["scaletui", "calc", "--flops", "1e23..1e25"]
    ends = {"low": 1e23, "value": 1e24, "high": 1e25, "coverage": 0.9, "distribution": "log-normal"}
    assert given_of(inputs) == {"flops": ends}


def test_days_read_back_as_days() -> None:
    inputs = parse_inputs(BudgetInputs, {"days": "20..40", "hardware": "h100"})
    words = as_command("calc", inputs)
    again = parse_inputs(BudgetInputs, {"days": words[words.index("--days") + 1], "hardware": "h100"})
    assert again == inputs


# -- intervals ----------------------------------------------------------------------------------------------------


def interval(answer: Answer, row_id: str, sampling: Sampling | None = None) -> tuple[float, float, float]:
    (found,) = with_intervals([answer], sampling)
    row = found.row(row_id)
    assert row.low is not None
    assert row.high is not None
    return row.low, row.value, row.high


def test_one_uncertain_input_maps_its_ends() -> None:
    """A rising formula of one input carries quantiles to quantiles: N_opt at the ends of C, exactly."""
    low, middle, high = interval(
        calc(BudgetInputs(flops=uncertain("1e23..1e25", "FLOP", "flops"), law=("epoch-2024",)), CATALOG), "params"
    )
    one = law(CATALOG, "epoch-2024")
    assert [low, middle, high] == pytest.approx([one.optimum(c).params for c in (1e23, 1e24, 1e25)], rel=1e-4)


def test_correlated_rows_stay_correlated() -> None:
    """One draw of C feeds N and D: their product varies as C does, and D/N of chinchilla-1 hardly at all."""
    low, _, high = interval(
        calc(BudgetInputs(flops=uncertain("1e23..1e25", "FLOP", "flops"), law=("chinchilla-1",)), CATALOG),
        "tokens_per_param",
    )
    b_minus_a = 0.5018543 - 0.4980987
    assert high / low == pytest.approx(100.0**b_minus_a, rel=1e-4)


def test_two_independent_inputs_add_their_variances() -> None:
    """A product of log-normals is log-normal, its variance the sum: 6 N D of two ranges."""
    inputs = parse_inputs(BudgetInputs, {"params": "10B..40B", "tokens": "1T..9T", "law": ("epoch-2024",)})
    low, middle, high = interval(calc(inputs, CATALOG), "compute")
    assert middle == pytest.approx(6 * 20e9 * 3e12, rel=5e-3)
    spread = sqrt(log(4.0) ** 2 + log(9.0) ** 2)
    assert log(high / low) == pytest.approx(spread, rel=1e-2)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    low=st.floats(min_value=18.0, max_value=24.0),
    width=st.floats(min_value=0.01, max_value=4.0),
    more_below=st.floats(min_value=0.0, max_value=2.0),
    more_above=st.floats(min_value=0.0, max_value=2.0),
)
def test_widening_a_range_never_narrows_an_interval(
    low: float, width: float, more_below: float, more_above: float
) -> None:
    """With common random numbers, over one uncertain input, of formulas that rise or fall throughout."""
    laws = ("chinchilla-3", "kaplan-2020", "muennighoff-2023")
    narrow = f"{10**low:.17g}..{10 ** (low + width):.17g}"
    wide = f"{10 ** (low - more_below):.17g}..{10 ** (low + width + more_above):.17g}"
    asked = [calc(BudgetInputs(flops=uncertain(text, "FLOP", "flops"), law=laws), CATALOG) for text in (narrow, wide)]
    inner, outer = (with_intervals([answer], Sampling(samples=8000))[0] for answer in asked)
    for name in laws:
        for row_id in ("params", "tokens", "loss"):
            a, b = inner.row(row_id, name), outer.row(row_id, name)
            if a.low is None or a.high is None or b.low is None or b.high is None:
                continue
            assert b.low <= a.low * (1 + 1e-9), (name, row_id)
            assert b.high >= a.high * (1 - 1e-9), (name, row_id)


@pytest.mark.parametrize("samples", [50_000, 1_100_000])
def test_a_seed_gives_identical_output_on_one_and_two_threads(samples: int) -> None:
    parts = flow({"calc": parse_inputs(BudgetInputs, {"flops": "1e24..1e26"})}, CATALOG)
    answers = [part.answer for part in parts.values() if part.answer is not None]
    found = [with_intervals(answers, Sampling(samples, 7, threads=n)) for n in (1, 2)]
    assert found[0] == found[1]


def test_two_seeds_differ_where_two_inputs_meet() -> None:
    answer = copies(parse_inputs(CopiesInputs, {"tokens": "1T..2T", "speed": "1..5"}), CATALOG)
    first, second = (with_intervals([answer], Sampling(8000, seed))[0].row("copies") for seed in (1, 2))
    assert first.low != second.low
    assert first.low == pytest.approx(second.low, rel=0.05)


def test_an_input_draws_the_same_whatever_else_is_uncertain() -> None:
    alone = copies(parse_inputs(CopiesInputs, {"tokens": "1T..2T"}), CATALOG)
    beside = copies(parse_inputs(CopiesInputs, {"tokens": "1T..2T", "speed": "1..5"}), CATALOG)
    rows = [with_intervals([answer], Sampling(8000))[0].row("work_years") for answer in (alone, beside)]
    assert rows[0].low == rows[1].low


def test_intervals_take_the_coverage_of_the_ranges_where_they_agree() -> None:
    quartiles = with_intervals([copies(parse_inputs(CopiesInputs, {"tokens": "1T..4T@50%"}), CATALOG)])[0]
    assert quartiles.provenance["sampling"]["coverage"] == 0.5
    row = quartiles.row("passes")
    assert (row.low, row.high) == (pytest.approx(3e12, rel=1e-3), pytest.approx(12e12, rel=1e-3))
    mixed = with_intervals([copies(parse_inputs(CopiesInputs, {"tokens": "1T..4T@50%", "speed": "1..5"}), CATALOG)])[0]
    assert mixed.provenance["sampling"]["coverage"] == 0.9


def test_samples_without_an_answer_are_counted_and_left_out() -> None:
    """A target loss whose range reaches below E: there is no compute there, and a reader is told how often."""
    answer = calc(parse_inputs(BudgetInputs, {"loss": "1.75..1.95", "law": ("chinchilla-3",)}), CATALOG)
    (found,) = with_intervals([answer])
    row = found.row("compute")
    assert row.spread is not None
    middle, spread = sqrt(1.75 * 1.95), log(1.95 / 1.75) / 2 / NormalDist().inv_cdf(0.95)
    one = law(CATALOG, "chinchilla-3")
    assert isinstance(one, ParametricLaw)
    below = NormalDist().cdf((log(one.e) - log(middle)) / spread)
    # Just above E it takes more than 1e299 FLOP, which is no answer either.
    assert below <= row.spread.missing < below + 0.01
    assert any(note.id == "uncertain-missing" for note in found.notes)


def test_what_is_found_by_bisection_says_that_it_has_no_interval() -> None:
    inputs = parse_inputs(BudgetInputs, {"params": "5B..10B", "unique": "20B", "law": ("muennighoff-2023",)})
    (found,) = with_intervals([calc(inputs, CATALOG)])
    assert found.row("compute").low is None
    assert any(note.id == "uncertain-solved" for note in found.notes)
    assert not any(isinstance(row.value, Traced) for row in found.rows)


def test_no_traced_value_is_left() -> None:
    for name, texts in CASES.values():
        one = calculator_of(name)
        (found,) = with_intervals([one.run(parse_inputs(one.inputs, texts), CATALOG)], Sampling(1000))
        assert not is_uncertain(found)
        assert all(np.isfinite(row.value) for row in found.rows)
        for row in found.rows:
            if row.low is not None and row.high is not None:
                assert row.low <= row.value <= row.high, (name, row.id)


def test_a_forecast_in_its_ranges_teaches_at_the_speed_of_its_copies() -> None:
    """Copies at a speed learn as much whatever the speed: it cancels, and only the work is left to vary."""
    parts = flow({"copies": parse_inputs(CopiesInputs, {"chain": "gpt-2030", "ranges": True}, None, "copies")}, CATALOG)
    answers = [parts[name].answer for name in ("copies", "learning")]
    found, learned = with_intervals([one for one in answers if one is not None])
    years, work = learned.row("learning_years"), found.row("work_years")
    assert years.low is not None
    assert work.low is not None
    assert years.low / years.value == pytest.approx(work.low / work.value, rel=1e-6)


def test_what_is_solved_under_a_law_in_doubt_says_that_it_has_no_interval(tmp_path: Path) -> None:
    draws = [[1.8, 400.0 + x, 2000.0 + x, 0.35, 0.35] for x in range(50)]
    text = "\n".join(
        ["[laws.mine]", 'name = "Mine"', 'kind = "repeated"', "E = 1.8", "A = 403.0", "B = 2000.0", "alpha = 0.35",
         "beta = 0.35", "R_D = 15.0", "R_N = 5.0", 'counts = "all parameters"', 'source = "notebook"',
         f"posterior = {draws}"]
    )  # fmt: skip
    (tmp_path / "laws.toml").write_text(text)
    catalog = Catalog("presets", user=str(tmp_path))
    inputs = parse_inputs(BudgetInputs, {"params": "7B", "unique": "20B", "law": ("mine",), "law_uncertainty": True})
    (found,) = with_intervals([calc(inputs, catalog)])
    assert not catalog.problems
    assert found.row("compute").low is None
    assert any(note.id == "uncertain-solved" for note in found.notes)


def test_the_share_that_has_seen_an_ability_is_of_those_that_have_a_scale() -> None:
    """Where a loss is below E there is no compute, and so neither seen nor not."""
    asked = {"calc": parse_inputs(BudgetInputs, {"loss": "1.8..1.9", "law": ("epoch-2024",)})}
    parts = flow(asked, CATALOG)
    assert parts["emergence"].answer is not None
    (found,) = with_intervals([parts["emergence"].answer])
    row = found.row("seen_count")
    assert row.spread is not None
    assert row.spread.missing > 0.1
    assert row.value == 22.0
    assert row.low is None or row.low > 15.0


def test_sensitivity_to_a_law_that_is_drawn_does_not_depend_on_its_place_in_the_list() -> None:
    found = []
    for laws in ("muennighoff-2023,kaplan-2020,llama-3", "kaplan-2020,llama-3,muennighoff-2023"):
        inputs = parse_inputs(BudgetInputs, {"flops": "5.9e23..6e23", "law": (laws,), "mixture": True})
        (answer,) = with_intervals([calc(inputs, CATALOG)], Sampling(sensitivity=True))
        spread = answer.row("params", "mixture").spread
        assert spread is not None
        found.append(dict(spread.drivers))
    assert found[0]["law"] == pytest.approx(found[1]["law"], abs=0.03)
    assert found[0]["law"] > 0.9  # three laws whose N differ by far more than C varies


@pytest.mark.parametrize("bad", [{"coverage": 1.5}, {"coverage": -0.2}, {"seed": -1}, {"threads": 0}])
def test_a_sampling_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    answer = calc(BudgetInputs(flops=uncertain("1e23..1e25", "FLOP", "flops")), CATALOG)
    with pytest.raises(InputError):
        with_intervals([answer], Sampling(**bad))


def test_a_count_keeps_to_whole_numbers_beyond_a_million_samples() -> None:
    answer = calculator_of("emergence").run(
        parse_inputs(calculator_of("emergence").inputs, {"flops": "1e22..1e24"}), CATALOG
    )
    exact, sketched = (with_intervals([answer], Sampling(n))[0].row("seen_count") for n in (1_000_000, 1_500_000))
    assert sketched[2:3] + sketched[7:9] == exact[2:3] + exact[7:9] == (6.0, 1.0, 21.0)


def test_a_range_too_wide_for_a_float_is_held() -> None:
    for text in ("1e23..1e25@1%", "1..1e299", "1e18..1e30@2%"):
        (found,) = with_intervals([calc(parse_inputs(BudgetInputs, {"flops": text}), CATALOG)])
        row = found.row("compute")
        assert row.low is not None
        assert row.high is not None
        assert 1.0 <= row.low < row.high <= 1e299


def test_a_run_can_be_cancelled() -> None:
    answer = calc(BudgetInputs(flops=uncertain("1e23..1e25", "FLOP", "flops")), CATALOG)
    with pytest.raises(Cancelled):
        with_intervals([answer], cancelled=lambda: True)


@pytest.mark.parametrize("samples", [10, 2_000_000_000])
def test_so_many_samples_are_refused(samples: int) -> None:
    answer = calc(BudgetInputs(flops=uncertain("1e23..1e25", "FLOP", "flops")), CATALOG)
    with pytest.raises(InputError, match="from 1,000 to"):
        with_intervals([answer], Sampling(samples))


# -- sensitivity --------------------------------------------------------------------------------------------------


def test_rank_correlations_are_those_of_scipy_and_rank_the_wider_input_first() -> None:
    from scipy.stats import spearmanr

    inputs = parse_inputs(CopiesInputs, {"tokens": "1T..2T", "speed": "1..20"})
    answer = copies(inputs, CATALOG)
    (found,) = with_intervals([answer], Sampling(8000, sensitivity=True))
    row = found.row("copies")
    assert row.spread is not None
    names = [name for name, _ in row.spread.drivers]
    assert names == ["speed", "tokens"]
    assert row.spread.drivers[0][1] < 0 < row.spread.drivers[1][1]
    program = Program([inputs.tokens, inputs.speed, answer.row("copies").value])  # type: ignore[list-item]
    program.compile()
    tokens, speed, made = program.values(Draws(0, 8000), 0)
    assert row.spread.drivers[1][1] == pytest.approx(spearmanr(tokens, made).statistic, abs=1e-9)
    assert row.spread.drivers[0][1] == pytest.approx(spearmanr(speed, made).statistic, abs=1e-9)


# -- laws in doubt ------------------------------------------------------------------------------------------------


def samples_of(*values: float, count: int = 64000) -> list[Any]:
    program = Program(list(values))  # type: ignore[arg-type]
    program.compile()
    draws = Draws(3, count)
    chunks = [[v.copy() for v in program.values(draws, chunk)] for chunk in range(len(draws.sizes))]
    return [np.concatenate(column) for column in zip(*chunks, strict=True)]


def test_besiroglu_standard_errors_vary_the_exponents_and_hold_the_loss_at_the_centre() -> None:
    plain, doubted = law(CATALOG, "epoch-2024"), in_doubt(law(CATALOG, "epoch-2024"))
    assert isinstance(plain, ParametricLaw)
    assert isinstance(doubted, ParametricLaw)
    alpha, beta = samples_of(doubted.alpha, doubted.beta)
    assert alpha.mean() == pytest.approx(0.3478, abs=1e-4)
    assert alpha.std() == pytest.approx(0.02, rel=1e-2)
    assert beta.std() == pytest.approx(0.02, rel=1e-2)
    assert abs(np.corrcoef(alpha, beta)[0, 1]) < 0.02
    centre = plain.optimum(sqrt(1.4e18 * 1.3e22))
    (held,) = samples_of(doubted.loss(centre.params, centre.tokens).value, count=8000)
    assert np.ptp(held) < 1e-9
    assert held[0] == pytest.approx(plain.loss(centre.params, centre.tokens).value, rel=1e-12)


def test_independent_normals_would_be_absurd() -> None:
    """Why the exponents alone vary: A and B by their own printed errors too would spread D/N a hundredfold."""
    rng = np.random.default_rng(20240404)
    a = rng.normal(482.01, 124.58, 20000)
    b = rng.normal(2085.43, 1293.23, 20000)
    alpha, beta = rng.normal(0.3478, 0.02, 20000), rng.normal(0.3658, 0.02, 20000)
    good = (a > 0) & (b > 0)
    g = (alpha * a / (beta * b))[good] ** (1 / (alpha + beta)[good])
    n = g * (5.76e23 / 6) ** (beta / (alpha + beta))[good]
    absurd = log(np.quantile(n, 0.95) / np.quantile(n, 0.05))
    low, _, high = interval(
        calc(BudgetInputs(flops=5.76e23, law=("epoch-2024",), law_uncertainty=True), CATALOG), "params"
    )
    assert log(high / low) < absurd / 2


def test_hoffmann_table_2_interval_varies_the_exponent_of_chinchilla_2() -> None:
    doubted = in_doubt(law(CATALOG, "chinchilla-2"))
    a, b = samples_of(*doubted.exponents)
    assert np.quantile(a, (0.1, 0.5, 0.9)) == pytest.approx([0.462, 0.4899, 0.534], abs=1e-4)
    assert np.ptp(a + b) < 1e-12
    centre = sqrt(6e18 * 3e21)
    (held,) = samples_of(doubted.optimum(centre).params)
    assert held == pytest.approx(law(CATALOG, "chinchilla-2").optimum(centre).params, rel=1e-9)


def test_an_interval_that_does_not_hold_its_value_is_not_used() -> None:
    """Table 2 prints .454 to .455 for the .46 of approach 3."""
    doubted = in_doubt(law(CATALOG, "chinchilla-3"))
    assert not isinstance(doubted.params_line[1], Traced)
    assert doubted.notes[0].kind == "contradiction"
    assert "0.454" in doubted.notes[0].text


def test_a_law_without_printed_doubt_says_so_and_does_not_vary() -> None:
    doubted = in_doubt(law(CATALOG, "llama-3"))
    assert not isinstance(doubted.optimum(1e24).params, Traced)
    assert "does not vary" in doubted.notes[0].text


def test_a_posterior_sample_varies_all_coefficients_together(tmp_path: Path) -> None:
    """Rows of the posterior are picked whole: A and alpha of one draw are of one row."""
    rng = np.random.default_rng(5)
    alphas = rng.normal(0.35, 0.02, 200)
    rows = [[1.8, float(exp(6.0 + 20.0 * (x - 0.35))), 2000.0, float(x), 0.37] for x in alphas]
    text = "\n".join(
        ["schema = 1", "[laws.mine]", 'name = "Mine"', 'kind = "parametric"', "E = 1.8", "A = 403.0", "B = 2000.0",
         "alpha = 0.35", "beta = 0.37", 'counts = "all parameters"', 'source = "notebook"', f"posterior = {rows}"]
    )  # fmt: skip
    (tmp_path / "laws.toml").write_text(text)
    catalog = Catalog("presets", user=str(tmp_path))
    doubted = in_doubt(law(catalog, "mine"))
    assert not catalog.problems
    assert isinstance(doubted, ParametricLaw)
    alpha, log_a = samples_of(doubted.alpha, doubted.log_a)
    assert set(np.round(alpha, 12)) == set(np.round(alphas, 12))
    assert log_a == pytest.approx(6.0 + 20.0 * (alpha - 0.35), abs=1e-9)


@pytest.mark.parametrize("bad", ["[[1.8, 400, 2000, 0.35]]", "[]", '"none"', "[[1.8, 400, 2000, 0.35, -1]]", "[1, 2]"])
def test_a_posterior_that_is_none_is_refused(bad: str, tmp_path: Path) -> None:
    text = "\n".join(
        ["[laws.mine]", 'name = "Mine"', 'kind = "parametric"', "E = 1.8", "A = 403.0", "B = 2000.0", "alpha = 0.35",
         "beta = 0.37", 'counts = "all parameters"', 'source = "notebook"', f"posterior = {bad}"]
    )  # fmt: skip
    (tmp_path / "laws.toml").write_text(text)
    catalog = Catalog("presets", user=str(tmp_path))
    catalog.load("laws")
    assert "posterior" in str(catalog.problems[0])


def test_a_mixture_draws_its_laws_alike_and_never_a_loss() -> None:
    laws = chosen_laws(CATALOG, ("epoch-2024,chinchilla-1,kaplan-2020",), mixture=True)
    mixed = laws[-1]
    assert isinstance(mixed, MixtureLaw)
    best = mixed.optimum(5.76e23)
    n, d = samples_of(best.params, best.tokens, count=48000)
    wanted = {round(x.optimum(5.76e23).params, -6): x.optimum(5.76e23).tokens for x in laws[:-1]}
    values, counts = np.unique(np.round(n, -6), return_counts=True)
    assert set(values) == set(wanted)
    assert counts / counts.sum() == pytest.approx([1 / 3] * 3, abs=2e-3)
    assert all(tokens == pytest.approx(wanted[size], rel=1e-6) for size, tokens in zip(np.round(n, -6), d, strict=True))
    answer = calc(BudgetInputs(flops=5.76e23, law=("epoch-2024", "chinchilla-1"), mixture=True), CATALOG)
    assert not [row for row in answer.rows if row.law == "mixture" and row.id.startswith("loss")]


def test_a_mixture_of_one_law_is_refused() -> None:
    with pytest.raises(InputError, match="two laws or more"):
        chosen_laws(CATALOG, ("epoch-2024",), mixture=True)


# -- GPT-2030 -----------------------------------------------------------------------------------------------------


def test_steinhardt_gpt_2030_compute_alone_spans_half_a_million_to_forty_two_million_years() -> None:
    """Appendix B: 3400 x 4 x sqrt(C/3.1e23) at C from 5.1e26 to 3.0e30, his 25th to 75th percentiles."""
    inputs = parse_inputs(CopiesInputs, {"chain": "gpt-2030", "flops": "5.1e26..4.7e28..3.0e30@50%"})
    (found,) = with_intervals([copies(inputs, CATALOG)], Sampling(sensitivity=True))
    row = found.row("chain_work")
    assert row.low is not None
    assert row.high is not None
    assert round(row.low / YEAR / 1e6, 2) == 0.55
    assert round(row.high / YEAR / 1e6) == 42
    judged = found.row("chain_work_judged")
    assert (judged.value / YEAR, judged.low / YEAR, judged.high / YEAR) == (1.8e6, 0.4e6, 10e6)  # type: ignore[operator]
    assert row.spread is not None
    assert row.spread.drivers[0][0] == "flops"


def test_steinhardt_s_own_ranges_by_the_chain() -> None:
    """With both projections the arithmetic gives .8M to 7.0M years; he prints .8M to 9M."""
    inputs = parse_inputs(CopiesInputs, {"chain": "gpt-2030", "ranges": True})
    (found,) = with_intervals([copies(inputs, CATALOG)], Sampling(sensitivity=True))
    row = found.row("chain_work")
    assert row.low is not None
    assert row.high is not None
    assert round(row.low / YEAR / 1e6, 1) == 0.8
    ends = [3379.6 * 500 / 506.667 * 1.01333 * 4 * sqrt(sqrt(c * 2.3e27) / 3.1e23) for c in (5.1e26, 3.0e30)]
    assert [row.low / YEAR, row.high / YEAR] == pytest.approx(ends, rel=2e-2)
    speed = found.row("chain_speed")
    assert (speed.low, speed.value, speed.high) == pytest.approx((0.5, 5.0, 20.0), rel=1e-3)


# -- quantiles ----------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=200),
    st.lists(st.floats(min_value=0.0, max_value=1.0), min_size=1, max_size=5),
)
def test_exact_quantiles_are_those_of_numpy(values: list[float], probabilities: list[float]) -> None:
    array = np.array(values)
    good = array[np.isfinite(array) & (np.abs(array) <= 1e299)]
    found, count = exact_quantiles(array, (0.5, *probabilities))
    assert count == good.size
    if not good.size:
        assert np.isnan(found).all()
        return
    ordered = np.sort(good)
    assert found[0] == 0.5 * (ordered[(good.size - 1) // 2] + ordered[good.size // 2])
    for p, value in zip(probabilities, found[1:], strict=True):
        if p < 0.5:  # the sample at the quantile, counted from below
            assert value == np.quantile(good, p, method="inverted_cdf")
        elif p > 0.5:  # and from above
            assert value == -np.quantile(-good, 1.0 - p, method="inverted_cdf")


@pytest.mark.parametrize("shape", ["log-normal", "loss", "around zero", "below zero", "ties"])
def test_the_sketch_keeps_its_error(shape: str) -> None:
    rng = np.random.default_rng(11)
    z = rng.standard_normal(400_000)
    values = {"log-normal": np.exp(4.0 * z), "loss": 1.9 + 0.05 * z, "around zero": z, "below zero": -np.exp(z) - 1.0,
              "ties": np.round(np.exp(z), 1)}[shape]  # fmt: skip
    sketch = Sketch(values[:8192])
    sketch.count(values)
    probabilities = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    wanted = np.quantile(values, probabilities, method="inverted_cdf")
    found = sketch.quantiles(probabilities)
    assert np.all(np.abs(found - wanted) <= SKETCH_ERROR * np.abs(wanted + sketch.offset) * 1.01)


def test_the_sketch_does_not_grow() -> None:
    sketch = Sketch(np.exp(np.linspace(-1.0, 1.0, 100)))
    size = sketch.counts.size
    sketch.count(np.exp(np.linspace(-30.0, 30.0, 100_000)))
    assert sketch.counts.size == size
    assert sketch.counts.sum() == 100_000


def test_many_samples_agree_with_few() -> None:
    """The sketch, past a million samples, against exact quantiles below: within both errors."""
    answer = batch(parse_inputs(BatchInputs, {"loss": "2..3"}), CATALOG)
    exact = with_intervals([answer], Sampling(1_000_000))[0].row("critical_batch")
    sketched = with_intervals([answer], Sampling(1_500_000))[0].row("critical_batch")
    for one, other in zip(exact[2:3] + exact[7:9], sketched[2:3] + sketched[7:9], strict=True):
        assert one == pytest.approx(other, rel=2 * SKETCH_ERROR)


# -- draws --------------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(min_value=1, max_value=3_000_000))
def test_chunks_make_up_the_samples(samples: int) -> None:
    sizes = chunk_sizes(samples)
    assert sum(sizes) == samples
    assert max(sizes) <= CHUNK
    assert max(sizes) - min(sizes) <= 1


def test_a_chunk_is_a_latin_hypercube() -> None:
    draws = Draws(9, 40_000)
    size = draws.sizes[0]
    out = np.empty(size)
    for kind in ("uniform", "normal"):
        draws.fill(Draw("x", kind), 0, out)
        strata = out if kind == "uniform" else np.array([NormalDist().cdf(z) for z in out])
        assert sorted(np.floor(strata * size)) == list(range(size))
    first, second = np.empty(size), np.empty(size)
    draws.fill(Draw("x", "normal"), 0, first)
    draws.fill(Draw("y", "normal"), 0, second)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
