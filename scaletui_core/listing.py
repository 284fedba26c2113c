"""What is known: the laws, models and accelerators in the presets, each number with its source."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

from scaletui_core.answer import Answer, Column, Note, Row, Table
from scaletui_core.calculator import Calculator, law_notes, provenance
from scaletui_core.errors import unknown_name
from scaletui_core.fields import NAMES, field, given
from scaletui_core.formula import Working
from scaletui_core.known_models import model_flops, working_params
from scaletui_core.law_formulas import tokens_per_param, training_flops
from scaletui_core.laws import law
from scaletui_core.machine import accelerator
from scaletui_core.parametric_law import ParametricLaw
from scaletui_core.presets import Catalog, Record
from scaletui_core.repeated_law import RepeatedLaw

_HELP = "Name to show in full; without one, the whole list."


@dataclass(frozen=True, slots=True)
class LawNames:
    """The laws to show in full; all in short when empty."""

    name: tuple[str, ...] = field(NAMES, _HELP, label="Name", example="chinchilla-3", default_value=())


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The models to show in full; all in short when empty."""

    name: tuple[str, ...] = field(NAMES, _HELP, label="Name", example="gopher", default_value=())


@dataclass(frozen=True, slots=True)
class HardwareNames:
    """The accelerators to show in full, by id or alias; all in short when empty."""

    name: tuple[str, ...] = field(NAMES, _HELP, label="Name", example="h100", default_value=())


# id, label, unit of every number a preset may hold
_MODEL_NUMBERS = (
    ("params", "parameters N", "parameters"),
    ("active_params", "active parameters a token", "parameters"),
    ("tokens", "training tokens D", "tokens"),
    ("training_flops", "training compute, as printed", "FLOP"),
    ("layers", "layers", "1"),
    ("d_model", "width d_model", "1"),
    ("heads", "attention heads", "1"),
    ("kv_heads", "key/value heads", "1"),
    ("head_dim", "key/value size", "1"),
    ("d_ff", "feed-forward width", "1"),
    ("context", "context", "tokens"),
    ("vocab", "vocabulary", "1"),
    ("learning_rate", "maximal learning rate", "1"),
    ("batch_tokens", "batch", "tokens"),
    ("batch_tokens_final", "batch at the end", "tokens"),
)
_HARDWARE_NUMBERS = (
    ("peak_bf16", "dense BF16 peak", "FLOP/s"),
    ("peak_fp16", "dense FP16 peak", "FLOP/s"),
    ("peak_fp8", "dense FP8 peak", "FLOP/s"),
    ("peak_fp4", "dense FP4 peak", "FLOP/s"),
    ("peak_int8", "dense INT8 peak", "FLOP/s"),
    ("peak_tf32", "dense TF32 peak", "FLOP/s"),
    ("peak_fp32", "FP32 peak", "FLOP/s"),
    ("memory", "memory", "bytes"),
    ("bandwidth", "memory bandwidth", "bytes/s"),
    ("interconnect", "interconnect", "bytes/s"),
    ("power", "rated power", "W"),
    ("price_usd_per_hour", "hire", "USD/h"),
)


def laws(inputs: LawNames, catalog: Catalog) -> Answer:
    """Return exponents, coefficients and fitted range of the laws.

    >>> answer = laws(LawNames(("epoch-2024",)), Catalog("presets"))
    >>> round(answer.row("a").value, 4)
    0.5126
    """
    names = inputs.name or tuple(catalog.load("laws").records)
    rows: list[Row] = []
    notes: list[Note] = []
    captions: dict[str, str] = {}
    for name in names:
        one = law(catalog, name, "NAME")
        captions[name] = one.counts
        rows += _law_rows(one)
        text = f"{one.name}. {one.form}. N counts {one.counts}."
        notes.append(Note(f"law:{name}", text, one.source, name, "convention"))
        notes += [note for note in law_notes(one) if not note.id.startswith("counts:")]
    columns = (
        Column("a", "a", "1"),
        Column("b", "b", "1"),
        Column("E", "E", "nats/token"),
        Column("fitted_to", "fitted to", "FLOP"),
    )
    table = None if inputs.name else Table("law", columns, captions)
    return Answer("laws", given(inputs), tuple(rows), tuple(notes), provenance(), table)


def _law_rows(one: Any) -> list[Row]:
    a, b = one.exponents
    rows = [
        Row("a", "exponent a of N_opt ~ C^a", a, "1", one.id, source=one.source),
        Row("b", "exponent b of D_opt ~ C^b", b, "1", one.id, source=one.source),
    ]
    if isinstance(one, ParametricLaw):
        values = {
            "E": (one.e, "nats/token"),
            "A": (exp(one.log_a), "1"),
            "B": (exp(one.log_b), "1"),
            "alpha": (one.alpha, "1"),
            "beta": (one.beta, "1"),
        }
        errors = one.record.get("standard_errors", {})
        for key, (value, unit) in values.items():
            spread = f" (standard error {errors[key]:g})" if key in errors else ""
            rows.append(Row(key, f"{key}{spread}", value, unit, one.id, source=one.source))
    if isinstance(one, RepeatedLaw):
        for key, value in zip(("R_D", "R_N"), one.decay, strict=True):
            rows.append(Row(key, f"{key}*", value, "1", one.id, source=one.source))
    source = one.source
    per = one.record.get("per", 1.0)
    ratio = "C" if per == 1.0 else "(C/C_0)"
    if per != 1.0:
        rows.append(Row("per", "C_0, the unit of C", per, "FLOP", one.id, source=source))
    for key, symbol in (("params", "N"), ("tokens", "D"), ("flops_per_token", "M")):
        if key in one.record:
            k, p = one.record[key]
            rows.append(Row(f"{key}_coefficient", f"k of {symbol} = k {ratio}^p", k, "1", one.id, source=source))
            rows.append(Row(f"{key}_exponent", f"p of {symbol} = k {ratio}^p", p, "1", one.id, source=source))
    source = one.loss_source
    for key, symbol, unit in (
        ("compute_loss", "C", "FLOP"),
        ("params_loss", "N", "parameters"),
        ("tokens_loss", "D", "tokens"),
    ):
        if key in one.record:
            scale, alpha = one.record[key]
            scale *= per if symbol == "C" else 1.0
            law_text = f"L = ({symbol}_c/{symbol})^alpha"
            rows.append(Row(f"{key}_scale", f"{symbol}_c of {law_text}", scale, unit, one.id, source=source))
            rows.append(Row(f"{key}_exponent", f"alpha of {law_text}", alpha, "1", one.id, source=source))
    for key, symbol, unit in (("learning_rate", "learning rate", "1"), ("batch_tokens", "batch", "tokens")):
        if key in one.record:
            (k, p), source = one.record[key], one.record.get("hyperparameter_source", one.source)
            rows.append(Row(f"{key}_coefficient", f"k of {symbol} = k C^p", k, unit, one.id, source=source))
            rows.append(Row(f"{key}_exponent", f"p of {symbol} = k C^p", p, "1", one.id, source=source))
    printed = one.record.get("printed_exponents", {})
    for key in ("a", "b"):
        if key in printed:
            value, low, high = printed[key]
            rows.append(
                Row(
                    f"printed_{key}",
                    f"exponent {key} as printed (10th to 90th percentile)",
                    value,
                    "1",
                    one.id,
                    low=low,
                    high=high,
                    source=printed["source"],
                )
            )
    if one.fitted is not None:
        source = one.record.get("fitted_source")
        if one.fitted[0]:
            rows.append(Row("fitted_from", "least compute of the fit", one.fitted[0], "FLOP", one.id, source=source))
        rows.append(Row("fitted_to", "most compute of the fit", one.fitted[1], "FLOP", one.id, source=source))
    return rows


def models(inputs: ModelNames, catalog: Catalog) -> Answer:
    """Return sizes, data and shapes of known models.

    >>> models(ModelNames(("chinchilla",)), Catalog("presets")).row("params").value
    70000000000.0
    """
    records = catalog.load("models").records
    for name in inputs.name:
        if name not in records:
            raise unknown_name("model", name, list(records), listing="scaletui models", where="NAME")
    names = inputs.name or tuple(records)
    rows, notes, captions = _records(names, records, _MODEL_NUMBERS)
    for name in names:
        record = records[name]
        if "tokens" in record:
            n, d = working_params(record), record["tokens"]
            source = training_flops.source
            numbers = (("N", n, "parameters", record["source"]), ("D", d, "tokens", record["source"]))
            rows += [
                Row("compute", "training compute 6ND", model_flops(record), "FLOP", subject=name, source=source,
                    working=Working.of(training_flops, *numbers)),
                Row("tokens_per_param", "D/N", tokens_per_param(d, n), "tokens/parameter", subject=name,
                    working=Working.of(tokens_per_param, *reversed(numbers))),
            ]  # fmt: skip
        if "active_params" in record:
            text = "A mixture of experts: 6ND and D/N count the parameters that work on each token."
            notes.append(Note(f"{name}-active", text, training_flops.source, name, "convention"))
    columns = (
        Column("params", "N", "parameters"),
        Column("tokens", "D", "tokens"),
        Column("tokens_per_param", "D/N", "tokens/parameter"),
        Column("compute", "6ND", "FLOP"),
        Column("layers", "layers", "1"),
        Column("d_model", "width", "1"),
    )
    table = None if inputs.name else Table("subject", columns, captions)
    return Answer("models", given(inputs), tuple(rows), tuple(notes), provenance(), table)


def hardware(inputs: HardwareNames, catalog: Catalog) -> Answer:
    """Return dense peaks, memory, bandwidth and power of accelerators.

    >>> hardware(HardwareNames(("h100",)), Catalog("presets")).row("peak_bf16").value
    989000000000000.0
    """
    records = catalog.load("hardware").records
    names = tuple(accelerator(catalog, name, "NAME")[0] for name in inputs.name) or tuple(records)
    rows, notes, captions = _records(names, records, _HARDWARE_NUMBERS)
    columns = (
        Column("peak_bf16", "BF16", "1e12"),
        Column("peak_fp16", "FP16", "1e12"),
        Column("peak_fp8", "FP8", "1e12"),
        Column("memory", "memory", "bytes"),
        Column("bandwidth", "bandwidth", "bytes/s"),
        Column("power", "power", "W"),
    )
    table = None if inputs.name else Table("subject", columns, captions)
    return Answer("hardware", given(inputs), tuple(rows), tuple(notes), provenance(), table)


def _records(
    names: tuple[str, ...], records: dict[str, Record], numbers: tuple[tuple[str, str, str], ...]
) -> tuple[list[Row], list[Note], dict[str, str]]:
    rows: list[Row] = []
    notes: list[Note] = []
    captions: dict[str, str] = {}
    for name in names:
        record = records[name]
        captions[name] = record["name"]
        elsewhere = record.get("sources", {})
        for key, label, unit in numbers:
            if key in record:
                source = elsewhere.get(key, record["source"])
                rows.append(Row(key, label, float(record[key]), unit, subject=name, source=source))
        for index, note in enumerate(record.get("notes", ())):
            found = {"text": note} if isinstance(note, str) else note
            kind, source = found.get("kind", "source"), found.get("source", record["source"])
            notes.append(Note(found.get("id", f"{name}-{index + 1}"), found["text"], source, name, kind))
    return rows, notes, captions


LAWS = Calculator("laws", LawNames, laws, "The published laws: exponents, coefficients, what N counts, sources.")
MODELS = Calculator("models", ModelNames, models, "Known models: size, data, compute, shape, sources.")
HARDWARE = Calculator(
    "hardware", HardwareNames, hardware, "Accelerators: dense peak, memory, bandwidth, power, sources."
)
