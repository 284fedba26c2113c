"""The shipped models and accelerators against the documents they were read from."""

import math
import re
import tomllib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "presets"
FILES = {kind: tomllib.loads((FOLDER / f"{kind}.toml").read_text("utf-8")) for kind in ("models", "hardware")}
MODELS = FILES["models"]["models"]
ACCELERATORS = FILES["hardware"]["accelerators"]
SECTION = {"models": MODELS, "hardware": ACCELERATORS}
RECORDS = [pytest.param(kind, key, id=f"{kind}-{key}") for kind, records in SECTION.items() for key in records]

TEXT = {"name", "family", "vendor", "form", "source"}
NUMBERS = {
    "models": {
        "params", "active_params", "tokens", "layers", "d_model", "heads", "kv_heads", "head_dim", "d_ff", "context",
        "vocab", "learning_rate", "batch_tokens", "batch_tokens_final", "training_flops", "year",
    },
    "hardware": {
        "peak_bf16", "peak_fp16", "peak_fp8", "peak_tf32", "peak_fp32", "memory", "bandwidth", "interconnect", "power",
        "year",
    },
}  # fmt: skip

# Feed-forward layers with a gate: three matrices, and 8/3 d_model wide where no width is given.
GATED = {"LaMDA", "PaLM", "LLaMA", "Llama 2", "Llama 3", "Mistral", "DeepSeek", "Qwen", "Gemma", "phi", "OLMo"}

# Dense BF16 rates [TFLOP/s] that the vendors print, or half of what they print with sparsity.
DENSE_BF16 = {
    "a100-40gb": 312, "a100-80gb": 312, "a10": 125, "l4": 121, "l40s": 362.05,
    "h100-sxm": 989, "h100-pcie": 756.5, "h100-nvl": 835.5, "h200-sxm": 989,
    "b100-sxm": 1750, "b200-sxm": 2250, "gb200": 2500, "rtx-3090": 71, "rtx-4090": 165.2, "rtx-5090": 209.5,
    "mi250x": 383, "mi300x": 1307.4, "mi325x": 1307.4, "mi355x": 2500,
    "tpu-v3": 123, "tpu-v4": 275, "tpu-v5e": 197, "tpu-v5p": 459, "tpu-v6e": 918, "tpu-v7": 2307,
    "gaudi-2": 432, "gaudi-3": 1835, "trainium-1": 190, "trainium-2": 667,
}  # fmt: skip

# FP8 against BF16 where it is not 2 as printed; a note in the record says why.
FP8_RATIO = {"l40s": 733 / 362.05, "gaudi-3": 1.0, "trainium-2": 1299 / 667}


NOTE_KINDS = {"contradiction", "extrapolation", "assumption", "unreachable", "convention", "source"}


def note_text(note):
    """Return the text of a note: text alone, or a table of kind and text."""
    if isinstance(note, str):
        return note
    assert set(note) == {"kind", "text"}
    assert note["kind"] in NOTE_KINDS
    return note["text"]


def check_source(kind, text):
    source, separator, locator = text.partition(": ")
    assert separator, text
    assert locator.strip(), text
    assert source in FILES[kind]["sources"], text


@pytest.mark.parametrize(("kind", "key"), RECORDS)
def test_every_number_has_a_source_and_a_locator(kind, key):
    record = SECTION[kind][key]
    check_source(kind, record["source"])
    for number, text in record.get("sources", {}).items():
        assert number in NUMBERS[kind], number
        assert number in record, number
        check_source(kind, text)


@pytest.mark.parametrize("kind", SECTION)
def test_every_source_is_titled_and_cited(kind):
    cited = set()
    for record in SECTION[kind].values():
        cited |= {text.split(": ")[0] for text in (record["source"], *record.get("sources", {}).values())}
    assert cited == set(FILES[kind]["sources"])
    for source in FILES[kind]["sources"].values():
        assert set(source) <= {"title", "authors", "year", "url"}
        assert source["title"].strip()
        assert source["authors"].strip()
        assert source.get("url", "https://").startswith("https://")


@pytest.mark.parametrize(("kind", "key"), RECORDS)
def test_keys_and_values_fit_the_schema(kind, key):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)
    for name, value in SECTION[kind][key].items():
        if name in NUMBERS[kind]:
            assert not isinstance(value, bool), name
            assert isinstance(value, int | float), name
            assert math.isfinite(value), name
            assert value > 0, name
        elif name in TEXT:
            assert value.strip(), name
        elif name == "aliases":
            assert value, name
            assert all(isinstance(item, str) and item.strip() for item in value), name
        elif name == "notes":
            assert value, name
            assert all(note_text(item).strip() for item in value), name
        else:
            assert name == "sources", name


def test_names_are_unique():
    for records in SECTION.values():
        names = [record["name"] for record in records.values()]
        assert len(names) == len(set(names))


def test_aliases_are_unique_and_no_id_is_an_alias():
    taken = [*ACCELERATORS, *(alias for record in ACCELERATORS.values() for alias in record.get("aliases", ()))]
    assert len(taken) == len(set(taken))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", alias) for alias in taken)


@pytest.mark.parametrize(
    ("common", "key"),
    [
        ("h100", "h100-sxm"), ("h200", "h200-sxm"), ("a100", "a100-80gb"), ("v100", "v100-sxm2"), ("p100", "p100-sxm2"),
        ("t4", "t4"), ("b100", "b100-sxm"), ("b200", "b200-sxm"), ("gb200", "gb200"), ("mi300x", "mi300x"),
        ("v5p", "tpu-v5p"), ("tpu-v5p", "tpu-v5p"), ("v5e", "tpu-v5e"), ("trillium", "tpu-v6e"),
        ("ironwood", "tpu-v7"), ("rtx4090", "rtx-4090"),
    ],
)  # fmt: skip
def test_a_common_name_finds_its_accelerator(common, key):
    found = [k for k, record in ACCELERATORS.items() if common == k or common in record.get("aliases", ())]
    assert found == [key]


def test_hire_price_is_dated_and_says_that_it_is_assumed():
    price = FILES["hardware"]["price"]
    assert price["usd_per_hour"] > 0
    assert re.fullmatch(r"\d{4}-\d{2}", price["date"])
    assert "assumption" in price["note"]
    assert "--price" in price["note"]


def cited_for(record, number):
    return record.get("sources", {}).get(number, record["source"])


@pytest.mark.parametrize(
    ("key", "params", "tokens"),
    [
        ("lamda", 137e9, 168e9), ("gpt-3", 175e9, 300e9), ("jurassic-1", 178e9, 300e9), ("gopher", 280e9, 300e9),
        ("mt-nlg", 530e9, 270e9), ("chinchilla", 70e9, 1.4e12),
    ],
)  # fmt: skip
def test_hoffmann_table1(key, params, tokens):
    record = MODELS[key]
    assert record["params"] == params
    assert record["tokens"] == tokens
    assert re.match("hoffmann-2022: Tables? 1", cited_for(record, "tokens"))


@pytest.mark.parametrize(
    ("key", "layers", "heads", "head_dim", "d_model", "learning_rate", "batch", "batch_final"),
    [
        ("gopher", 80, 128, 128, 16384, 4e-5, 3e6, 6e6),
        ("chinchilla", 80, 64, 128, 8192, 1e-4, 1.5e6, 3e6),
    ],
)
def test_hoffmann_table4(key, layers, heads, head_dim, d_model, learning_rate, batch, batch_final):
    record = MODELS[key]
    assert (record["layers"], record["heads"], record["head_dim"]) == (layers, heads, head_dim)
    assert record["d_model"] == d_model
    assert record["d_ff"] == 4 * d_model
    assert record["learning_rate"] == learning_rate
    assert (record["batch_tokens"], record["batch_tokens_final"]) == (batch, batch_final)
    assert "4" in cited_for(record, "d_model").partition(": ")[2]


def test_gopher_shows_the_four_printed_computes():
    (note,) = MODELS["gopher"]["notes"]
    assert note["kind"] == "contradiction"
    assert all(compute in note["text"] for compute in ("5.04e23", "5.0e23", "5.76e23", "6.3e23"))
    assert math.isclose(6 * MODELS["gopher"]["params"] * MODELS["gopher"]["tokens"], 5.04e23)


# The compute a source prints that is not 6ND: a note in the record gives both.
NOT_6ND = {"lamda": 3.55e23 / 1.38e23}


@pytest.mark.parametrize("key", [key for key, record in MODELS.items() if "training_flops" in record])
def test_printed_compute_is_6nd(key):
    record = MODELS[key]
    ratio = record["training_flops"] / (6 * record.get("active_params", record["params"]) * record["tokens"])
    if key in NOT_6ND:
        assert ratio == pytest.approx(NOT_6ND[key], rel=0.01)
        assert any("6ND" in note_text(note) for note in record["notes"])
    else:
        assert 1 / 1.2 < ratio < 1.2


DENSE = [key for key, r in MODELS.items() if {"layers", "d_model"} <= set(r) and "active_params" not in r]


@pytest.mark.parametrize("key", DENSE)
def test_shape_gives_the_parameter_count(key):
    record = MODELS[key]
    layers, d = record["layers"], record["d_model"]
    heads = record.get("heads", 1)
    head_dim = record.get("head_dim", d / heads)
    attention = 2 * d * heads * head_dim + 2 * d * record.get("kv_heads", heads) * head_dim
    gated = record["family"] in GATED
    feed_forward = (3 if gated else 2) * d * record.get("d_ff", d * (8 / 3 if gated else 4))
    count = layers * (attention + feed_forward) + record.get("vocab", 0) * d
    if record["family"] == "Pythia":
        count += record["vocab"] * d  # input and output embeddings are two matrices
    assert count == pytest.approx(record["params"], rel=0.25)


@pytest.mark.parametrize("key", [key for key, record in MODELS.items() if record["family"] == "Pythia"])
def test_pythia_parameter_count_is_exact(key):
    record = MODELS[key]
    layers, d = record["layers"], record["d_model"]
    assert record["params"] == layers * (12 * d * d + 13 * d) + 2 * d + 2 * record["vocab"] * d
    assert record["tokens"] == 299_892_736_000 == 143_000 * record["batch_tokens"]


@pytest.mark.parametrize("key", [key for key, record in MODELS.items() if record["family"] == "GPT-2"])
def test_gpt2_parameter_count_to_the_printed_million(key):
    record = MODELS[key]
    layers, d = record["layers"], record["d_model"]
    count = layers * (12 * d * d + 13 * d) + 2 * d + (record["vocab"] + record["context"]) * d
    assert round(count / 1e6) == round(record["params"] / 1e6)
    assert "tokens" not in record


@pytest.mark.parametrize("key", [key for key, record in MODELS.items() if "heads" in record])
def test_heads_divide_as_they_should(key):
    record = MODELS[key]
    assert record["heads"] % record.get("kv_heads", record["heads"]) == 0
    if "head_dim" not in record:
        assert record["d_model"] % record["heads"] == 0


def test_llama_3_405b_as_printed():
    record = MODELS["llama-3-405b"]
    assert (record["layers"], record["d_model"], record["heads"], record["kv_heads"]) == (126, 16384, 128, 8)
    assert (record["params"], record["tokens"], record["training_flops"]) == (405e9, 15.6e12, 3.8e25)
    assert record["vocab"] == 128_000


def test_bf16_peaks_are_the_dense_ones():
    printed = {key: record["peak_bf16"] for key, record in ACCELERATORS.items() if "peak_bf16" in record}
    assert printed == {key: pytest.approx(tera * 1e12, rel=1e-9) for key, tera in DENSE_BF16.items()}


def test_h100_cluster_of_512():
    assert 512 * ACCELERATORS["h100-sxm"]["peak_bf16"] == 512 * 989e12


@pytest.mark.parametrize("key", [key for key, record in ACCELERATORS.items() if "peak_fp8" in record])
def test_fp8_is_twice_bf16(key):
    record = ACCELERATORS[key]
    ratio = record["peak_fp8"] / record["peak_bf16"]
    if key in FP8_RATIO:
        assert ratio == pytest.approx(FP8_RATIO[key], rel=1e-3)
        assert record["notes"]
    else:
        assert ratio == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("key", ACCELERATORS)
def test_an_accelerator_has_a_16_bit_rate_memory_and_bandwidth(key):
    record = ACCELERATORS[key]
    assert "peak_bf16" in record or "peak_fp16" in record
    if {"peak_bf16", "peak_fp16"} <= set(record):
        assert record["peak_bf16"] == record["peak_fp16"]
    assert 8e9 <= record["memory"] <= 1e12
    assert 1e11 < record["bandwidth"] < 2e13
    assert record.get("power", 100) < 2000


def test_p100_v100_and_t4_have_no_bf16():
    for key in ("p100-sxm2", "v100-sxm2", "t4"):
        assert "peak_bf16" not in ACCELERATORS[key]
