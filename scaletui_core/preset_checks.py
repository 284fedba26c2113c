"""What a user's preset file may hold, and the error with file, line and key where it holds something else."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from scaletui_core.calculator import PARTS
from scaletui_core.presets import REQUIRED, SECTION, Record
from scaletui_core.safetext import visible
from scaletui_core.toml_checks import check_keys, document_of, fault

_ID_LIMIT = 60

# What a record may hold: key -> what its value must be (`_WORDS` says each in words, `_fits` decides).
_COMMON = {"name": "s", "source": "s", "sources": "texts", "notes": "l", "year": "+"}
_KEYS: dict[str, dict[str, str]] = {
    "laws": {
        **_COMMON,
        "kind": "s",
        "notes": "notes",
        **dict.fromkeys(("A", "B", "E", "R_D", "R_N", "per"), "+"),
        **dict.fromkeys(("alpha", "beta"), "exponent"),
        **dict.fromkeys(("ln_A", "ln_B", "ln_E"), "log"),
        **dict.fromkeys(("params", "tokens", "flops_per_token"), "share"),
        **dict.fromkeys(("learning_rate", "batch_tokens"), "power"),
        **dict.fromkeys(("compute_loss", "params_loss", "tokens_loss"), "decay"),
        "fitted": "span",
        **dict.fromkeys(("counts", "fitted_source", "loss_source", "hyperparameter_source"), "s"),
        "teaching": "b",
        "standard_errors": "numbers",
        "printed_exponents": "printed",
        "posterior": "posterior",
    },
    "models": {
        **_COMMON,
        "family": "s",
        **dict.fromkeys(
            ("params", "tokens", "layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "context", "vocab",
             "learning_rate", "batch_tokens", "batch_tokens_final", "training_flops", "active_params"), "+",
        ),
    },
    "hardware": {
        **_COMMON,
        "aliases": "aliases",
        "vendor": "s",
        "form": "s",
        **dict.fromkeys(
            ("peak_bf16", "peak_fp16", "peak_fp8", "peak_tf32", "peak_fp32", "peak_int8", "peak_fp4", "memory",
             "bandwidth", "interconnect", "power", "price_usd_per_hour"), "+",
        ),
    },
    "emergence": {
        **_COMMON,
        "notes": "notes",
        **dict.fromkeys(("section", "prompting", "family", "reference"), "s"),
        **dict.fromkeys(("flops", "params", "perplexity"), "+"),
    },
    "benchmarks": {**_COMMON, "notes": "notes", "unit": "fraction", "rows": "scores"},
    "speeds": {
        **_COMMON,
        **dict.fromkeys(("model", "hardware"), "s"),
        **dict.fromkeys(
            ("params", "tokens_per_minute", "bytes_per_weight", "peak", "bandwidth", "tile_rate"), "+"
        ),
    },
    "forecasts": {
        **_COMMON,
        **dict.fromkeys(("base_name", "other_name"), "s"),
        **dict.fromkeys(
            ("trend_flops_range", "printed_years_range", "growth_range", "years_range", "speed_range"), "span",
        ),
        **dict.fromkeys(
            ("base_flops", "base_pass_flops", "base_tokens_per_minute", "printed_passes", "printed_base_years",
             "trend_flops", "second_flops", "printed_flops_growth", "printed_overhang_growth", "printed_grown_years",
             "shortfall", "printed_years", "data_growth", "samples", "samples_used", "update_passes", "usual_passes",
             "printed_synthetic_growth", "growth", "years", "training_years", "speed", "k", "other_years",
             "other_learning_years", "copies_learning", "printed_learning_years", "users", "person_days",
             "users_grown", "printed_person_days"), "+",
        ),
    },
    "scenarios": {**_COMMON, **dict.fromkeys(PARTS, "typed")},
}  # fmt: skip
# The bounds keep every law computable from 1 to 1e299 FLOP, and lie far beyond any that was published.
_BOUNDS = {
    "+": (1e-12, 1e40),
    "exponent": (0.01, 1.0),
    "log": (-100.0, 100.0),
    "share": (0.1, 0.9),
    "power": (-2.0, 2.0),
    "decay": (0.01, 1.0),
}
_WORDS = {
    "+": "a number from 1e-12 to 1e40",
    "exponent": "a number from 0.01 to 1",
    "log": "a number from -100 to 100",
    "s": "text without control characters",
    "b": "true or false",
    "l": "a list of text, or of tables with a text",
    "notes": "tables with an id and a text",
    "texts": "a table of text",
    "numbers": "a table of numbers",
    "printed": 'a table such as { a = [0.5, 0.488, 0.502], source = "..." }',
    "aliases": "a list of names in lower case",
    "share": "[k, p] of k C^p with k above 0 and p from 0.1 to 0.9",
    "power": "[k, p] of k C^p with k above 0 and p from -2 to 2",
    "decay": "[c, alpha] of (c/C)^alpha with c above 0 and alpha from 0.01 to 1",
    "span": "[lowest, highest] compute, the lowest 0 where it is not known",
    "fraction": "'fraction'",
    "typed": "a table of fields, each with text as it is typed",
    "posterior": "a list of at most 100,000 [E, A, B, alpha, beta], each within the bounds of a law's own",
    "scores": "tables with an id, a label, a value from 0 to 1 and a source",
}
_PRICE_KEYS = {"usd_per_hour": "+", "date": "s", "note": "s"}
_SOURCE_KEYS = {"title": "s", "authors": "s", "year": "+", "url": "s"}


def _required(kind: str) -> tuple[str, ...]:
    # A forecast's chain breaks where one of its numbers is missing.
    if kind == "forecasts":
        return tuple(key for key in _KEYS[kind] if key not in ("sources", "notes"))
    return REQUIRED[kind]


def validated(text: str, kind: str, path: str) -> Record:
    """Return the document of a preset file after checking every key.

    Raises
    ------
    InputError
        With file, line and key, and the nearest known key where one was mistyped.
    """
    shown = visible(path, 200)
    document = document_of(text, shown)
    section = SECTION[kind]
    check_keys(document, ["schema", "sources", section, *(["price"] if kind == "hardware" else [])], text, shown, ())
    if document.get("schema", 1) != 1:
        raise fault("must be 1", text, shown, ("schema",))
    for key in ("sources", section):
        if not isinstance(document.get(key, {}), dict):
            raise fault(f"'{key}' must hold tables such as [{key}.my-own]", text, shown, (key,))
    for key, source in document.get("sources", {}).items():
        _check_table(source, _SOURCE_KEYS, ("title",), text, shown, ("sources", key))
    if "price" in document:
        _check_table(document["price"], _PRICE_KEYS, ("usd_per_hour",), text, shown, ("price",))
    for key, record in document.get(section, {}).items():
        at = (section, key)
        if not _is_id(key):
            what = f"'{visible(key)}' is not an id: use lower case, digits, '-', '_' and '.', at most {_ID_LIMIT}"
            raise fault(what, text, shown, at)
        _check_table(record, _KEYS[kind], _required(kind), text, shown, at)
        if kind == "laws":
            _check_law(record, text, shown, at)
        if kind == "scenarios":
            _check_scenario(record, text, shown, at)
    return document


def _is_id(key: Any) -> bool:
    """Whether an option can name it: lower case, no comma, no space."""
    plain = isinstance(key, str) and key.isascii() and 0 < len(key) <= _ID_LIMIT and key == key.lower()
    return plain and all(char.isalnum() or char in "-_." for char in key)


def _check_table(
    table: Any, keys: dict[str, str], required: tuple[str, ...], text: str, shown: str, at: tuple[str, ...]
) -> None:
    if not isinstance(table, dict):
        raise fault("must be a table", text, shown, at)
    check_keys(table, list(keys), text, shown, at)
    for key in required:
        if key not in table:
            raise fault(f"needs '{key}'", text, shown, at)
    for key, value in table.items():
        if not _fits(value, keys[key]):
            raise fault(f"'{key}' must be {_WORDS[keys[key]]}, not {visible(repr(value))}", text, shown, (*at, key))


def _check_scenario(record: Record, text: str, shown: str, at: tuple[str, ...]) -> None:
    from scaletui_core.scenario_file import checked_part

    for part in PARTS:
        if part in record:
            checked_part(record[part], part, text, shown, (*at, part))


def _check_law(record: Record, text: str, shown: str, at: tuple[str, ...]) -> None:
    kind = record["kind"]
    if kind not in ("parametric", "repeated", "power"):
        raise fault(f"kind '{visible(kind)}' is not parametric, repeated or power", text, shown, (*at, "kind"))
    if kind == "power":
        lines = [key for key in ("params", "tokens", "flops_per_token") if key in record]
        if not lines:
            raise fault("a power law needs 'params', 'tokens' or 'flops_per_token'", text, shown, at)
        for line in lines:
            k, p = record[line]
            if abs(math.log(k) - p * math.log(record.get("per", 1.0))) > 30.0:
                raise fault(
                    f"'{line}' is out of reach: k C^p is more than e^30 or less than e^-30 at 1 FLOP",
                    text,
                    shown,
                    (*at, line),
                )
        return
    needed = ["alpha", "beta", *(("R_D", "R_N") if kind == "repeated" else ())]
    for key in needed:
        if key not in record:
            raise fault(f"a {kind} law needs '{key}'", text, shown, at)
    for key in ("A", "B", "E"):
        if (key in record) == (f"ln_{key}" in record):
            raise fault(f"give either '{key}' or 'ln_{key}'", text, shown, at)
    alpha, beta = record["alpha"], record["beta"]
    if kind == "repeated" and alpha != beta:
        raise fault(
            "a repeated law needs alpha = beta, which the N that a unique token is worth rests on", text, shown, at
        )
    log_a, log_b = (record[f"ln_{key}"] if f"ln_{key}" in record else math.log(record[key]) for key in ("A", "B"))
    log_g = (math.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    if abs(log_g) > 30.0 or not 0.1 <= alpha / (alpha + beta) <= 0.9:
        what = (
            f"A, B, alpha and beta put the optimum at N = e^{log_g:.3g} (C/6)^{beta / (alpha + beta):.2g}, out of reach"
        )
        raise fault(what, text, shown, at)


def _fits(value: Any, wanted: str) -> bool:
    if wanted in ("+", "exponent", "log"):
        low, high = _BOUNDS[wanted]
        return _is_number(value) and low <= value <= high
    if wanted in ("share", "power", "decay"):
        low, high = _BOUNDS[wanted]
        return _is_list(value, _is_number, 2) and 1e-12 <= value[0] <= 1e40 and low <= value[1] <= high
    return _CHECKS[wanted](value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e300


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_list(value: Any, each: Callable[[Any], bool], length: int | None = None) -> bool:
    return isinstance(value, list) and (length is None or len(value) == length) and all(map(each, value))


def _is_table(value: Any, each: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(_is_text(key) and each(item) for key, item in value.items())


def _is_span(value: Any) -> bool:
    return _is_list(value, _is_number, 2) and 0 <= value[0] < value[1] <= 1e60


def _is_printed(value: Any) -> bool:
    if not isinstance(value, dict) or not _is_text(value.get("source")):
        return False
    return all(key in ("a", "b") and _is_list(item, _is_number, 3) for key, item in value.items() if key != "source")


def _is_draw(value: Any) -> bool:
    kinds = ("+", "+", "+", "exponent", "exponent")
    return _is_list(value, _is_number, 5) and all(_fits(*pair) for pair in zip(value, kinds, strict=True))


def _is_score(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"id", "label", "value", "source"}:
        return False
    texts = _is_id(value["id"]) and _is_text(value["label"]) and _is_text(value["source"])
    return texts and _is_number(value["value"]) and 0 <= value["value"] <= 1


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "s": _is_text,
    "b": lambda value: isinstance(value, bool),
    "l": lambda value: _is_list(value, lambda note: _is_text(note) or (_is_table(note, _is_text) and "text" in note)),
    "notes": lambda value: _is_list(value, lambda note: _is_table(note, _is_text) and "id" in note and "text" in note),
    "texts": lambda value: _is_table(value, _is_text),
    "numbers": lambda value: _is_table(value, _is_number),
    "printed": _is_printed,
    "aliases": lambda value: _is_list(value, _is_id),
    "span": _is_span,
    "fraction": lambda value: value == "fraction",
    "typed": lambda value: isinstance(value, dict),
    "posterior": lambda value: _is_list(value, _is_draw) and 0 < len(value) <= 100_000,
    "scores": lambda value: _is_list(value, _is_score),
}
