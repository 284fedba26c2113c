"""Shapes: published parameter counts to the digit, the nearest of a size, a config.json of any kind; no torch."""

from __future__ import annotations

import json

import pytest

from scaletui.bench.shapes import DEFAULT, needed, params_of, read_config, shape_of, shapes
from scaletui_core.errors import InputError

LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "tie_word_embeddings": False,
}  # fmt: skip


@pytest.mark.parametrize("name", ["70m", "160m", "410m", "1b", "1-4b", "2-8b", "6-9b", "12b"])
def test_pythia_has_the_parameters_that_its_repository_says(catalog, name):
    key = f"pythia-{name}"
    assert params_of(shapes(catalog)[key]) == catalog.load("models").records[key]["params"]


@pytest.mark.parametrize(("name", "printed"), [("llama-3-70b", 70e9), ("llama-3-405b", 405e9), ("mistral-7b", 7.3e9)])
def test_shapes_with_grouped_queries_have_the_size_in_their_name(catalog, name, printed):
    shape = shapes(catalog)[name]
    assert shape.kv_heads == 8
    assert params_of(shape) == pytest.approx(printed, rel=0.01)


def test_the_nearest_of_a_size(catalog):
    found = [shape_of(catalog, None, params, None).name for params in (1.0, 70e6, 12e9, 1e18)]
    assert found == ["pythia-70m", "pythia-70m", "pythia-12b", "llama-3-405b"]
    assert shape_of(catalog, None, None, None).name == DEFAULT
    assert shape_of(catalog, "Pythia-1.4B", None, None).name == "pythia-1-4b"


def test_memory_is_that_of_weights_and_cache_and_some(catalog):
    shape = shapes(catalog)["pythia-12b"]
    weights = 2 * params_of(shape)
    cache = 1908 * 2 * 36 * 5120 * 2
    assert weights + cache < needed(shape, 2, 1, 1908) < 1.1 * (weights + cache)


def test_a_config_of_transformers(tmp_path):
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(LLAMA))
    for path in (folder, folder / "config.json"):
        shape = read_config(str(path))
        assert shape.name == "my-model"
        assert params_of(shape) == 8_030_261_248  # Llama 3 8B, its repository
        assert (shape.gated, shape.parallel, shape.rotary, shape.tied) == (True, False, 1.0, False)


def test_a_config_of_gpt_neox_is_pythia(tmp_path, catalog):
    neox = {
        "model_type": "gpt_neox", "hidden_size": 512, "num_hidden_layers": 6, "num_attention_heads": 8,
        "intermediate_size": 2048, "vocab_size": 50304, "rotary_pct": 0.25, "use_parallel_residual": True,
        "tie_word_embeddings": False,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(neox))
    assert read_config(str(tmp_path))[2:] == shapes(catalog)["pythia-70m"][2:]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is no description of a model"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "has no num_hidden_layers"),
        (json.dumps({**LLAMA, "hidden_size": True}), "hidden_size must be a whole number"),
        (json.dumps({**LLAMA, "hidden_size": -1}), "hidden_size must be a whole number"),
        (json.dumps({**LLAMA, "num_hidden_layers": 10**30}), "num_hidden_layers must be a whole number"),
        (json.dumps({**LLAMA, "num_attention_heads": 3}), "is no multiple of 3 heads"),
        (json.dumps({**LLAMA, "num_key_value_heads": 5}), "do not share 5 KV heads evenly"),
        (json.dumps({**LLAMA, "head_dim": 3}), "odd head size"),
        (json.dumps({**LLAMA, "num_local_experts": 8}), "is a mixture of experts"),
        (json.dumps({**LLAMA, "partial_rotary_factor": "x"}), "rotary_pct must be from 0 to 1"),
    ],
)
def test_a_config_that_is_wrong_is_one_message(tmp_path, text, said):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError) as caught:
        read_config(str(tmp_path))
    assert said in caught.value.line
    assert "config.json" in caught.value.line


def test_what_names_no_shape_is_refused(catalog, tmp_path):
    with pytest.raises(InputError, match=r"no shape is called 'pythia-13b' \(did you mean pythia-1"):
        shape_of(catalog, "pythia-13b", None, None)
    with pytest.raises(InputError, match=r"--params: --model names a shape too"):
        shape_of(catalog, "pythia-12b", 1e9, None)
    with pytest.raises(InputError, match="No such file"):
        read_config(str(tmp_path / "absent"))
