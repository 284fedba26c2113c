"""ORACLES.md, section 5, last entry: noise scale, critical batch, the hyperbola, the two-batch estimator; DeepSeek."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaletui_core import batch
from scaletui_core.answer import Answer
from scaletui_core.batch import BatchInputs, gradient_norm2, gradient_trace
from scaletui_core.errors import InputError
from scaletui_core.fields import parse_inputs
from scaletui_core.presets import Catalog

CATALOG = Catalog(str(Path(__file__).parents[2] / "presets"))
PAIR = {"small_batch": "10", "small_norm2": "3", "big_batch": "40", "big_norm2": "1.5"}


def ask(**texts: str) -> Answer:
    """Return what ``scaletui batch`` answers to options given as text."""
    return batch.calculate(parse_inputs(BatchInputs, texts), CATALOG)


def value(answer: Answer, row_id: str) -> float:
    (found,) = (row.value for row in answer.rows if row.id == row_id)
    return found


@pytest.mark.parametrize(("loss", "printed"), [("4", "2.717e+05"), ("3", "1.069e+06"), ("2", "7.371e+06")])
def test_kaplan_eq_5_3(loss: str, printed: str) -> None:
    assert f"{value(ask(loss=loss), 'critical_batch'):.3e}" == printed


def test_kaplan_eq_5_1_at_the_critical_batch_both_are_doubled() -> None:
    answer = ask(noise_scale="1M", batch="1M")
    assert value(answer, "steps_multiple") == value(answer, "tokens_multiple") == 2.0
    assert value(answer, "step_size") == 0.5


def test_kaplan_eq_5_2_the_critical_batch_of_the_minima() -> None:
    answer = ask(min_steps="10k", min_tokens="10B", batch="4M")
    assert value(answer, "critical_batch") == 1e6
    assert (value(answer, "steps"), value(answer, "tokens")) == (12500.0, 50e9)
    assert value(answer, "tokens") / value(answer, "steps") == 4e6  # E = B S


def test_each_batch_of_the_table_is_named_in_critical_ones() -> None:
    answer = ask(loss="3")
    critical = value(answer, "critical_batch")
    assert answer.table is not None
    assert answer.table.names == {row.at: name for row, name in zip(
        [row for row in answer.rows if row.id == "steps_multiple"],
        ["B_crit/256", "B_crit/64", "B_crit/16", "B_crit/4", "B_crit", "4 B_crit", "16 B_crit", "64 B_crit",
         "256 B_crit"],
        strict=True,
    )}  # fmt: skip
    assert answer.table.names[critical] == "B_crit"
    assert ask(loss="3", batch="1M").table.names == {1e6: "your batch"}  # type: ignore[union-attr]


def test_mccandlish_appendix_a_two_batches() -> None:
    # A gradient of |G|^2 = 1 with tr Sigma = 20: E|G_est|^2 = 1 + 20/B is 3 at B = 10 and 1.5 at 40.
    answer = ask(**PAIR)
    assert value(answer, "gradient_norm2") == pytest.approx(1.0, rel=1e-12)
    assert value(answer, "gradient_trace") == pytest.approx(20.0, rel=1e-12)
    assert value(answer, "critical_batch") == pytest.approx(20.0, rel=1e-12)


def test_mccandlish_appendix_a_has_no_bias() -> None:
    rng = np.random.default_rng(20260731)
    true, sigma = np.full(50, 0.2), 1.5  # |G|^2 = 2, tr Sigma = 112.5
    found = []
    for _ in range(4000):
        small = np.sum((true + rng.normal(0, sigma / np.sqrt(8), 50)) ** 2)
        big = np.sum((true + rng.normal(0, sigma / np.sqrt(64), 50)) ** 2)
        found.append((gradient_norm2(8.0, small, 64.0, big), gradient_trace(8.0, small, 64.0, big)))
    norm2, trace = np.mean(found, axis=0)
    spread = np.std(found, axis=0) / np.sqrt(len(found))
    assert abs(norm2 - 2.0) < 4 * spread[0]
    assert abs(trace - 112.5) < 4 * spread[1]


def test_deepseek_eq_1_against_its_own_67b() -> None:
    # deepseek-2024, Table 2: learning rate 3.2e-4, batch 4,608 x 4,096 tokens, on 2T tokens
    answer = ask(flops="8.04e23")
    assert f"{answer.row('learning_rate', 'deepseek-2024').value:.1e}" == "3.2e-04"
    assert answer.row("batch_tokens", "deepseek-2024").value == pytest.approx(4608 * 4096, rel=0.03)
    assert answer.row("batch_tokens").unit == "tokens"
    assert [note.law for note in answer.notes if note.kind == "extrapolation"] == ["deepseek-2024"]


def test_without_a_batch_the_hyperbola_is_swept() -> None:
    answer = ask(loss="3")
    assert answer.sweep is not None
    at = [row.at for row in answer.rows if row.id == "steps_multiple"]
    assert at == sorted(at)
    assert value(answer, "critical_batch") in at


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({}, "nothing to start from"),
        ({"batch": "4M"}, "--batch"),
        ({"loss": "3", "noise_scale": "1M"}, "--loss with --noise-scale"),
        ({"small_batch": "10"}, "needs --small-norm2"),
        ({"min_tokens": "1B"}, "--min-tokens: needs --min-steps"),
        ({**PAIR, "big_batch": "10"}, "--big-batch"),
        ({**PAIR, "big_norm2": "3"}, "--big-norm2: must be less than --small-norm2"),
        ({**PAIR, "big_norm2": "5"}, "--big-norm2: must be less than --small-norm2"),
        ({**PAIR, "big_norm2": "0.75"}, "--big-norm2: must be more than 0.75"),
        ({**PAIR, "big_norm2": "0.5"}, "--big-norm2: must be more than 0.75"),
    ],
)
def test_what_measures_nothing_is_refused(texts: dict[str, str], named: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(**texts)
    assert named in str(caught.value)


def logs(low: float, high: float) -> st.SearchStrategy[float]:
    inside = st.floats(math.log(low), math.log(high)).map(lambda x: min(max(math.exp(x), low), high))
    return st.one_of(st.sampled_from([low, high]), inside)


@given(critical=logs(1.0, 1e12), share=logs(1e-3, 1e3))
def test_the_hyperbola_holds(critical: float, share: float) -> None:
    answer = batch.calculate(BatchInputs(noise_scale=critical, batch=critical * share), CATALOG)
    steps, tokens = value(answer, "steps_multiple"), value(answer, "tokens_multiple")
    assert (steps - 1.0) * (tokens - 1.0) == pytest.approx(1.0, rel=1e-9)
    assert value(answer, "step_size") == pytest.approx(1.0 / steps, rel=1e-12)


@given(low=logs(1e-6, 1e6), high=logs(1e-6, 1e6))
def test_the_critical_batch_grows_as_the_loss_falls(low: float, high: float) -> None:
    low, high = sorted((low, high))
    small, large = (value(batch.calculate(BatchInputs(loss=x), CATALOG), "critical_batch") for x in (high, low))
    assert large >= small


WAYS = st.one_of(
    st.fixed_dictionaries({"loss": logs(1e-6, 1e6)}),
    st.fixed_dictionaries({"noise_scale": logs(1e-6, 1e30)}),
    st.fixed_dictionaries({"min_steps": logs(1.0, 1e15), "min_tokens": logs(1.0, 1e30)}),
    st.fixed_dictionaries(
        {
            "small_batch": logs(1.0, 1e15), "small_norm2": logs(1e-30, 1e30),
            "big_batch": logs(1.0, 1e15), "big_norm2": logs(1e-30, 1e30),
        }
    ),
)  # fmt: skip


@given(way=WAYS, more=st.fixed_dictionaries({}, optional={"batch": logs(1e-6, 1e30), "flops": logs(1.0, 1e299)}))
def test_no_legal_input_overflows(way: dict[str, float], more: dict[str, float]) -> None:
    try:
        answer = batch.calculate(BatchInputs(**way, **more), CATALOG)
    except InputError:
        assert "small_batch" in way  # a pair that measures nothing
        return
    assert all(math.isfinite(row.value) and row.value > 0 for row in answer.rows)
