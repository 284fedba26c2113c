"""Every number of ORACLES.md, section 1, to the digits it was printed with, under the name of its table or equation."""

from __future__ import annotations

import tomllib
from decimal import ROUND_HALF_UP, Decimal
from math import log
from pathlib import Path

import numpy as np
import pytest

from scaletui_core import calc, listing, loss
from scaletui_core.answer import Answer, Note
from scaletui_core.budget import BudgetInputs
from scaletui_core.law_formulas import log_allocation, pf_days, training_flops
from scaletui_core.law_kinds import Law
from scaletui_core.laws import chosen_laws, law
from scaletui_core.listing import LawNames, ModelNames
from scaletui_core.loss import LossInputs
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Catalog
from scaletui_core.quantity import parse
from scaletui_core.repeated_law import RepeatedLaw

FOLDER = Path(__file__).parents[2] / "presets"
CATALOG = Catalog(str(FOLDER))
GOPHER = 5.76e23
_SIZES = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12, "%": Decimal("0.01")}


def printed(value: float, like: str) -> str:
    """Return ``value`` rounded and written the way ``like`` is: its decimals, its suffix or power of ten."""
    body, suffix = (like[:-1], like[-1]) if like[-1] in _SIZES else (like, "")
    mantissa, _, power = body.partition("e")
    decimals = len(mantissa.partition(".")[2])
    scale = Decimal(_SIZES.get(suffix, 1)) * Decimal(10) ** int(power or 0)
    exact = Decimal(float(value)) / scale
    shown = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
    shown = shown.replace("0.", ".", 1) if mantissa.startswith((".", "-.")) else shown
    return shown + (f"e{power}" if power else "") + suffix


@pytest.mark.parametrize(
    ("value", "like", "shown"),
    [
        (40.36e9, "40B", "40B"), (40.6e9, "40B", "41B"), (40.36e9, "40.0B", "40.4B"), (5.7649e23, "5.76e23", "5.76e23"),
        (5.766e23, "5.76e23", "5.77e23"), (0.05364, ".0536", ".0536"), (0.05366, ".0536", ".0537"), (10.05, "2", "10"),
        (-0.0502, "-5.0%", "-5.0%"), (0.455, ".46", ".46"), (0.4549, ".46", ".45"),
    ],
)  # fmt: skip
def test_printed_keeps_the_digits_and_no_more(value: float, like: str, shown: str) -> None:
    assert printed(value, like) == shown


def found(law_id: str) -> Law:
    return law(CATALOG, law_id)


def parametric(law_id: str) -> ParametricLaw:
    one = found(law_id)
    assert isinstance(one, ParametricLaw)
    return one


def repeated(unique: float | None = None) -> RepeatedLaw:
    one = found("muennighoff-2023")
    one = one if unique is None else one.with_unique(unique)
    assert isinstance(one, RepeatedLaw)
    return one


def at(law_id: str, flops: float) -> Answer:
    """Return what ``scaletui calc --flops --law`` answers."""
    return calc.calculate(BudgetInputs(flops=flops, law=(law_id,)), CATALOG)


def assert_optimum(law_id: str, flops: float, params: str | None, tokens: str | None, ratio: str | None = None) -> None:
    answer = at(law_id, flops)
    for row_id, text in (("params", params), ("tokens", tokens), ("tokens_per_param", ratio)):
        if text is not None:
            assert printed(answer.row(row_id).value, text) == text, row_id


def loss_at(law_id: str, params: float, tokens: float, unique: float | None = None) -> Answer:
    return loss.calculate(LossInputs(params=params, tokens=tokens, unique=unique, law=(law_id,)), CATALOG)


# --- compute ---------------------------------------------------------------------------------------------------------


def test_kaplan_sec_2_1_compute_is_6nd() -> None:
    assert training_flops(280e9, 300e9) == 5.04e23
    point = calc.calculate(BudgetInputs(params=280e9, tokens=300e9), CATALOG)
    assert point.row("compute").value == 5.04e23


def test_a_pf_day_is_8_64e19_flop() -> None:
    assert pf_days(1e15 * 24 * 3600) == 1.0
    assert parse("1 PF-day", "FLOP").value == 8.64e19
    assert at("kaplan-2020", 8.64e21).row("pf_days").value == 100.0


def test_a_year_is_365_days_of_24_hours() -> None:
    assert parse("1y", "s").value == 365 * 24 * 3600
    assert parse("1 year", "s").value == parse("365d", "s").value


# --- Hoffmann et al. 2022 --------------------------------------------------------------------------------------------

COEFFICIENTS = {  # ln A, ln B, E, alpha, beta, as printed
    "chinchilla-3": (6.0073404, 6.0179186, np.exp(0.5267228), 0.33917084, 0.2849083),
    "chinchilla-3-rounded": (log(406.4), log(410.7), 1.69, 0.34, 0.28),
    "lecture-2025": (log(406.4), log(410.7), 1.61, 0.34, 0.28),
    "lecture-exercise": (log(1000), log(1000), 2.0, 1 / 3, 1 / 4),
    "epoch-2024": (log(482.01), log(2085.43), 1.8172, 0.3478, 0.3658),
    "muennighoff-2023": (6.255414, 7.3049974, np.exp(0.6254804), 0.3526596, 0.3526596),
}


@pytest.mark.parametrize("law_id", COEFFICIENTS)
def test_hoffmann_eq4_of_the_printed_coefficients(law_id: str) -> None:
    ln_a, ln_b, e, alpha, beta = COEFFICIENTS[law_id]
    one = parametric(law_id)
    assert (one.log_a, one.log_b, one.e, one.alpha, one.beta) == pytest.approx((ln_a, ln_b, e, alpha, beta), rel=1e-15)
    g = (alpha * np.exp(ln_a) / (beta * np.exp(ln_b))) ** (1 / (alpha + beta))
    a, b = beta / (alpha + beta), alpha / (alpha + beta)
    assert np.exp(log_allocation(ln_a, ln_b, alpha, beta)) == pytest.approx(g, rel=1e-12)
    for flops in (1e17, 1e21, GOPHER, 3e30):
        best = one.optimum(flops)
        assert best.params == pytest.approx(g * (flops / 6) ** a, rel=1e-11)
        assert best.tokens == pytest.approx((flops / 6) ** b / g, rel=1e-11)


def test_hoffmann_eq4_gopher_chinchilla3() -> None:
    assert_optimum("chinchilla-3", GOPHER, "40.36B", "2.38T", "58.93")


def test_hoffmann_fig4_40b_at_the_gopher_budget() -> None:
    assert_optimum("chinchilla-3", GOPHER, "40B", None)


def test_hoffmann_eq10_as_printed_gives_32b_at_the_gopher_budget() -> None:
    assert_optimum("chinchilla-3-rounded", GOPHER, "32.19B", None, "92.65")


TABLE3 = (
    ("400M", 1.92e19, "8.0B"), ("1B", 1.21e20, "20.2B"), ("10B", 1.23e22, "205.1B"), ("67B", 5.76e23, "1.5T"),
    ("175B", 3.85e24, "3.7T"), ("280B", 9.90e24, "5.9T"), ("520B", 3.43e25, "11.0T"), ("1T", 1.27e26, "21.2T"),
    ("10T", 1.30e28, "216.2T"),
)  # fmt: skip


@pytest.mark.parametrize(("params", "flops", "tokens"), TABLE3)
def test_hoffmann_table3(params: str, flops: float, tokens: str) -> None:
    answer = at("chinchilla-1", flops)
    off_n = answer.row("params").value / parse(params, "parameters").value - 1
    off_d = answer.row("tokens").value / parse(tokens, "tokens").value - 1
    assert abs(off_n) < 0.013
    if params == "67B":
        assert printed(off_d, "-5.0%") == "-5.0%"
    else:
        assert abs(off_d) < 0.013


def test_hoffmann_table3_least_squares() -> None:
    x = np.log([flops for _, flops, _ in TABLE3])
    columns = {
        "params": [parse(params, "parameters").value for params, _, _ in TABLE3],
        "tokens": [parse(tokens, "tokens").value for _, _, tokens in TABLE3],
    }
    for key, values in columns.items():
        p, ln_k = np.polyfit(x, np.log(values), 1)
        shipped = found("chinchilla-1").record[key]
        assert [printed(float(np.exp(ln_k)), f"{shipped[0]}"), printed(p, f"{shipped[1]}")] == [str(v) for v in shipped]
    assert found("chinchilla-1").record["params"] == [0.0991589, 0.4980987]
    assert found("chinchilla-1").record["tokens"] == [1.6960844, 0.5018543]


def test_hoffmann_d4_approach1_at_1e21() -> None:
    assert_optimum("chinchilla-1", 1e21, "2.86B", None)


def test_hoffmann_table_a3_approach2() -> None:
    one = found("chinchilla-2")
    assert (one.record["params"], one.record["tokens"]) == ([0.1449, 0.4899], [1.153, 0.5100])
    best = one.optimum(GOPHER)
    assert best.params == pytest.approx(0.1449 * GOPHER**0.4899, rel=1e-12)
    assert best.tokens == pytest.approx(1.153 * GOPHER**0.5100, rel=1e-12)


TABLE2 = {
    "chinchilla-1": ((".50", 0.488, 0.502), (".50", 0.501, 0.512)),
    "chinchilla-2": ((".49", 0.462, 0.534), (".51", 0.483, 0.529)),
    "chinchilla-3": ((".46", 0.454, 0.455), (".54", 0.542, 0.543)),
    "kaplan-2020": ((".73", None, None), (".27", None, None)),
}


@pytest.mark.parametrize("law_id", TABLE2)
def test_hoffmann_table2_exponents(law_id: str) -> None:
    answer = listing.laws(LawNames((law_id,)), CATALOG)
    for key, (text, low, high) in zip(("a", "b"), TABLE2[law_id], strict=True):
        assert printed(answer.row(key).value, text) == text
        if low is not None:
            row = answer.row(f"printed_{key}")
            assert (printed(row.value, text), row.low, row.high) == (text, low, high)
            assert row.source == "hoffmann-2022: Table 2"


def test_hoffmann_table2_three_points_lie_outside_their_intervals() -> None:
    outside = []
    for law_id in ("chinchilla-1", "chinchilla-2", "chinchilla-3"):
        answer = listing.laws(LawNames((law_id,)), CATALOG)
        for key in ("a", "b"):
            row = answer.row(f"printed_{key}")
            assert row.low is not None
            assert row.high is not None
            if not row.low <= row.value <= row.high:
                outside.append((law_id, key))
    assert outside == [("chinchilla-1", "b"), ("chinchilla-3", "a"), ("chinchilla-3", "b")]


def test_hoffmann_table_a2() -> None:
    (note,) = (note for note in at("chinchilla-2", 1e21).notes if note.source == "hoffmann-2022: Table A2")
    assert "C4 a .50, b .50" in note.text
    assert "GitHub code a .53, b .47" in note.text


@pytest.mark.parametrize(
    ("key", "params", "tokens"),
    [
        ("lamda", "137B", "168B"), ("gpt-3", "175B", "300B"), ("jurassic-1", "178B", "300B"),
        ("gopher", "280B", "300B"), ("mt-nlg", "530B", "270B"), ("chinchilla", "70B", "1.4T"),
    ],
)  # fmt: skip
def test_hoffmann_table1_models(key: str, params: str, tokens: str) -> None:
    answer = listing.models(ModelNames((key,)), CATALOG)
    assert answer.row("params").value == parse(params, "parameters").value
    assert answer.row("tokens").value == parse(tokens, "tokens").value


@pytest.mark.parametrize(
    ("key", "shape"),
    [("gopher", (80, 128, 128, 16384, 4e-5, 3e6, 6e6)), ("chinchilla", (80, 64, 128, 8192, 1e-4, 1.5e6, 3e6))],
)
def test_hoffmann_table4_models(key: str, shape: tuple[float, ...]) -> None:
    answer = listing.models(ModelNames((key,)), CATALOG)
    ids = ("layers", "heads", "head_dim", "d_model", "learning_rate", "batch_tokens", "batch_tokens_final")
    assert tuple(answer.row(row_id).value for row_id in ids) == shape
    assert answer.row("d_ff").value == 4 * answer.row("d_model").value


def test_gopher_compute_6nd_and_as_printed() -> None:
    answer = listing.models(ModelNames(("gopher",)), CATALOG)
    assert printed(answer.row("compute").value, "5.04e23") == "5.04e23"
    assert printed(answer.row("training_flops").value, "5.76e23") == "5.76e23"


MMLU = {
    "random": "25.0%", "average-rater": "34.5%", "gpt-3": "43.9%", "gopher": "60.0%", "chinchilla": "67.6%",
    "average-expert": "89.8%", "forecast-june-2022": "57.1%", "forecast-june-2023": "63.4%",
}  # fmt: skip


def test_hoffmann_table6_mmlu() -> None:
    document = tomllib.loads((FOLDER / "benchmarks.toml").read_text("utf-8"))
    assert document["schema"] == 1
    benchmark = document["benchmarks"]["mmlu"]
    assert benchmark["unit"] == "fraction"
    rows = benchmark["rows"]
    assert {row["id"]: printed(row["value"], MMLU[row["id"]]) for row in rows} == MMLU
    assert len(rows) == len(MMLU)
    for entry in (benchmark, *rows, *benchmark["notes"]):
        source, _, locator = entry["source"].partition(": ")
        assert source in document["sources"]
        assert locator
    (note,) = benchmark["notes"]
    assert note["kind"] == "contradiction"
    assert "67.5%" in note["text"]
    assert "67.6%" in note["text"]


# --- the lecture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "tokens", "value"), [(1e9, 1e8, 13.0), (1e12, 1e16, 2.2), (1e3, 1e100, 102.0), (1e100, 1e4, 102.0)]
)
def test_lecture_exercise(params: float, tokens: float, value: float) -> None:
    assert loss_at("lecture-exercise", params, tokens).row("loss").value == pytest.approx(value, rel=1e-12)


def test_lecture_exercise_terms_and_marginal_gains() -> None:
    best = loss_at("lecture-exercise", 1e12, 1e16)
    assert best.row("loss_params").value == pytest.approx(0.1, rel=1e-12)
    assert best.row("loss_tokens").value == pytest.approx(0.1, rel=1e-12)
    assert best.row("loss_irreducible").value == 2.0
    larger, longer = loss_at("lecture-exercise", 1e13, 1e16), loss_at("lecture-exercise", 1e12, 1e17)
    assert printed(best.row("loss").value - larger.row("loss").value, ".0536") == ".0536"
    assert printed(best.row("loss").value - longer.row("loss").value, ".0438") == ".0438"


def test_lecture_exercise_is_left_out_unless_named() -> None:
    assert "lecture-exercise" not in [one.id for one in chosen_laws(CATALOG)]
    assert [one.id for one in chosen_laws(CATALOG, ("lecture-exercise",))] == ["lecture-exercise"]
    everything = calc.calculate(BudgetInputs(flops=GOPHER), CATALOG)
    assert "lecture-exercise" not in {row.law for row in everything.rows}


def test_lecture_2025_is_the_printed_law_but_for_e() -> None:
    lecture, paper = parametric("lecture-2025"), parametric("chinchilla-3-rounded")
    assert (lecture.e, paper.e) == (1.61, 1.69)
    assert lecture.coefficients[1:] == paper.coefficients[1:]


# --- Besiroglu et al. 2024 -------------------------------------------------------------------------------------------


def test_besiroglu_gopher_budget() -> None:
    assert_optimum("epoch-2024", GOPHER, "72.2B", None, "18.39")


def test_besiroglu_table1_standard_errors_and_exponent() -> None:
    answer = listing.laws(LawNames(("epoch-2024",)), CATALOG)
    assert printed(answer.row("a").value, ".5126") == ".5126"
    errors = {"E": ("1.8172", "0.03"), "A": ("482.01", "124.58"), "B": ("2085.43", "1293.23")}
    errors |= {"alpha": (".3478", "0.02"), "beta": (".3658", "0.02")}
    for key, (value, error) in errors.items():
        row = answer.row(key)
        assert printed(row.value, value) == value
        assert row.label == f"{key} (standard error {error})"


# --- Kaplan et al. 2020 ----------------------------------------------------------------------------------------------


def test_kaplan_table6_at_one_pf_day() -> None:
    best = found("kaplan-2020").optimum(8.64e19)
    assert best.params == pytest.approx(1.3e9, rel=1e-12)
    assert best.tokens == pytest.approx(2e10, rel=1e-12)
    assert found("kaplan-2020").exponents == (0.73, 0.27)


def test_kaplan_6nd_is_1_8_of_c_min() -> None:
    for flops in (1e18, 1e21, GOPHER):
        best = found("kaplan-2020").optimum(flops)
        assert printed(6 * best.params * best.tokens / flops, "1.8") == "1.8"


def test_kaplan_nopt_at_1e21_contradiction() -> None:
    assert_optimum("kaplan-2020", 1e21, "7.77B", None)
    assert_optimum("kaplan-2020", 0.5e21, "4.683B", None)
    assert_optimum("kaplan-2020", 0.5e21, "4.68B", None)


def test_kaplan_ten_times_the_compute() -> None:
    low, high = found("kaplan-2020").optimum(1e20), found("kaplan-2020").optimum(1e21)
    assert printed(high.params / low.params, "5.37") == "5.37"
    assert printed(high.tokens / low.tokens, "1.86") == "1.86"


@pytest.mark.parametrize(
    ("inputs", "row_id", "expected"),
    [
        (LossInputs(params=1.5e9), "loss_of_params", (8.8e13 / 1.5e9) ** 0.076),
        (LossInputs(tokens=2.3e10), "loss_of_tokens", (5.4e13 / 2.3e10) ** 0.095),
        (LossInputs(params=1.3e9, tokens=2e10), "loss_of_compute", (3.1e8 / (6 * 1.3e9 * 2e10 / 8.64e19)) ** 0.050),
        (LossInputs(params=8.8e13), "loss_of_params", 1.0),
        (LossInputs(tokens=5.4e13), "loss_of_tokens", 1.0),
    ],
)
def test_kaplan_eq1_1_to_1_3_single_variable_losses(inputs: LossInputs, row_id: str, expected: float) -> None:
    asked = LossInputs(inputs.params, inputs.tokens, law=("kaplan-2020",))
    assert loss.calculate(asked, CATALOG).row(row_id).value == pytest.approx(expected, rel=1e-12)


def test_kaplan_eq1_3_loss_of_c_min_in_the_calculator() -> None:
    assert at("kaplan-2020", 3.1e8 * 8.64e19).row("loss").value == pytest.approx(1.0, rel=1e-12)
    assert at("kaplan-2020", 8.64e19).row("loss").value == pytest.approx(3.1e8**0.05, rel=1e-12)


def test_kaplan_puts_c_in_as_c_min_and_says_so() -> None:
    (note,) = (note for note in at("kaplan-2020", 1e21).notes if note.id == "kaplan-c-min")
    assert note.kind == "convention"
    assert "your C is put in as C_min" in note.text
    assert "1.8" in note.text
    assert "2 C_min" in note.text


def test_lecture_kaplan_batch_at_convergence() -> None:
    (note,) = (note for note in listing.laws(LawNames(("kaplan-2020",)), CATALOG).notes if note.id == "kaplan-batch")
    assert "1 to 2 million tokens at convergence" in note.text
    assert note.source is not None
    assert note.source.startswith("lecture-2025")


# --- Llama 3, DeepSeek, Porian ---------------------------------------------------------------------------------------


def test_llama3_flagship() -> None:
    assert_optimum("llama-3", 3.8e25, "388.7B", "16.29T")
    assert found("llama-3").fitted == (6e18, 1e22)
    assert printed(training_flops(402e9, 16.55e12), "3.99e25") == "3.99e25"
    assert printed(0.29 * 3.8e25**0.53, "10.46T") == "10.46T"


def test_deepseek_eq4() -> None:
    record = found("deepseek-2024").record
    assert (record["flops_per_token"], record["tokens"]) == ([0.1715, 0.5243], [5.8316, 0.4757])
    for flops in (1e18, 1e21, GOPHER):
        best = found("deepseek-2024").optimum(flops)
        assert best.params == pytest.approx(0.1715 * flops**0.5243 / 6, rel=1e-12)
        assert best.tokens == pytest.approx(5.8316 * flops**0.4757, rel=1e-12)
        assert 6 * best.params * best.tokens == pytest.approx(0.1715 * 5.8316 * flops, rel=1e-12)  # C = M D, rounded


def test_deepseek_eq1_learning_rate_and_batch() -> None:
    record = found("deepseek-2024").record
    assert record["learning_rate"] == [0.3118, -0.1250]
    assert record["batch_tokens"] == [0.2920, 0.3271]
    assert record["hyperparameter_source"] == "deepseek-2024: Eq. 1"


def test_porian_tuned_refinedweb() -> None:
    best = found("porian-2024").optimum(GOPHER)
    assert best.params == pytest.approx(0.1189 * GOPHER**0.4969, rel=1e-12)
    assert best.tokens == pytest.approx(1.401 * GOPHER**0.5031, rel=1e-12)


# --- Muennighoff et al. 2023 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "tokens", "value"), [(6.34e9, 242e9, "2.2256440890"), (8.67e9, 178e9, "2.2269634075")]
)
def test_muennighoff_eq5_to_7_loss(params: float, tokens: float, value: str) -> None:
    answer = loss_at("muennighoff-2023", params, tokens, unique=25e9)
    assert printed(answer.row("loss").value, value) == value


def test_muennighoff_eq4_without_unique() -> None:
    assert_optimum("muennighoff-2023", GOPHER, "70B", None, "19.6")


def test_muennighoff_coefficients() -> None:
    assert repeated().decay == (15.387756, 5.309743)
    assert printed(float(np.exp(repeated().log_kappa)), ".0509865") == ".0509865"


# --- where sources disagree: both numbers are shown, as a contradiction ----------------------------------------------

CONTRADICTIONS = [
    ("kaplan-2020", "kaplan-1e21", ("4.68B", "7.77B", "4.683B", "1e21")),
    ("kaplan-2020", "kaplan-ten-times", ("5.5x", "1.8x", "5.37", "1.86")),
    ("chinchilla-1", "chinchilla-1-prose", ("4.41e24", "4.2T", "1e25", "6.8T", "3.85e24", "3.7T", "9.90e24", "5.9T")),
    ("chinchilla-1", "chinchilla-1-gopher-multiple", ("250x", "174x")),
    ("chinchilla-1", "chinchilla-1-interval", ("b = .50", "(.501, .512)")),
    ("chinchilla-3", "chinchilla-3-interval", ("a = .46", "(.454, .455)", "b = .54", "(.542, .543)")),
    ("chinchilla-3-rounded", "chinchilla-3-rounding", ("40B", "40.4B", "32.2B", "58.9", "92.6")),
    ("lecture-2025", "lecture-e", ("1.61", "1.69")),
    ("llama-3", "llama-3-flagship", ("388.7B", "16.29T", "402B", "16.55T", "3.99e25", "10.46T")),
]


def notes_of(answer: Answer, note_id: str) -> list[Note]:
    return [note for note in answer.notes if note.id == note_id and note.kind == "contradiction"]


@pytest.mark.parametrize(("law_id", "note_id", "numbers"), CONTRADICTIONS)
@pytest.mark.parametrize("calculator", ["calc", "laws"])
def test_contradiction_is_shown(law_id: str, note_id: str, numbers: tuple[str, ...], calculator: str) -> None:
    answer = at(law_id, GOPHER) if calculator == "calc" else listing.laws(LawNames((law_id,)), CATALOG)
    (note,) = notes_of(answer, note_id)
    assert [number for number in numbers if number not in note.text] == []
    assert note.law == law_id
    assert note.source is not None
    assert CATALOG.source(note.source) is not None


def test_contradiction_of_gopher_compute_is_shown() -> None:
    answer = listing.models(ModelNames(("gopher",)), CATALOG)
    (note,) = (note for note in answer.notes if note.kind == "contradiction")
    assert [number for number in ("5.04e23", "5.0e23", "5.76e23", "6.3e23") if number not in note.text] == []


def test_every_law_with_a_contradiction_is_tested() -> None:
    shipped = {
        (one.id, note.id)
        for one in [*chosen_laws(CATALOG), found("lecture-exercise")]
        for note in one.notes
        if note.kind == "contradiction"
    }
    assert shipped == {(law_id, note_id) for law_id, note_id, _ in CONTRADICTIONS}


def test_our_side_of_each_contradiction_is_what_the_laws_say() -> None:
    assert_optimum("chinchilla-3", GOPHER, "40.4B", None, "58.9")
    assert_optimum("chinchilla-3-rounded", GOPHER, "32.2B", None, "92.6")
    assert printed(1e26 / GOPHER, "174") == "174"
    assert printed(10**0.73, "5.37") == "5.37"
    assert printed(10**0.27, "1.86") == "1.86"


@pytest.mark.parametrize("law_id", CATALOG.load("laws").records)
def test_every_source_of_a_law_is_a_document_we_name(law_id: str) -> None:
    record = CATALOG.load("laws").records[law_id]
    keys = ("source", "fitted_source", "loss_source", "hyperparameter_source")
    named = [record[key] for key in keys if key in record] + [note["source"] for note in record.get("notes", ())]
    named += [record["printed_exponents"]["source"]] if "printed_exponents" in record else []
    assert [source for source in named if CATALOG.source(source) is None] == []
    assert all(": " in source for source in named)
