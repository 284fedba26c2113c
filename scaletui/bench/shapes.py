"""Shapes of models to measure: published ones, Llama-like ones between them, a config.json; what they hold and need."""

from __future__ import annotations

import json
import os
from math import log
from typing import Any, NamedTuple

from scaletui_core.errors import InputError, unknown_name
from scaletui_core.presets import Catalog, Record
from scaletui_core.roofline import kv_bytes_per_token, memory_needed
from scaletui_core.safetext import visible

DEFAULT = "pythia-70m"
OWN = "scaletui: a Llama-like shape between published ones"
_LIMIT = 10_000_000  # bytes of a config.json


class Shape(NamedTuple):
    """What the work of a decoder-only transformer depends on; its weights do not matter, and are random.

    Attributes
    ----------
    name, source : str
        What it is called, and where the numbers come from.
    layers, d_model, heads, kv_heads, head_dim, d_ff, vocab : int
        As usual; ``heads x head_dim`` need not be ``d_model``.
    gated : bool
        Llama: RMS norms, three matrices of a gated MLP, no biases. Else GPT-NeoX: layer norms, two matrices, biases.
    parallel : bool
        Whether attention and MLP of a layer read the same input.
    rotary : float
        Share of a head that turns with the position.
    tied : bool
        Whether the head is the embedding.
    """

    name: str
    source: str
    layers: int
    d_model: int
    heads: int
    kv_heads: int
    head_dim: int
    d_ff: int
    vocab: int
    gated: bool = True
    parallel: bool = False
    rotary: float = 1.0
    tied: bool = False


def params_of(shape: Shape) -> int:
    """Return how many parameters a shape has.

    >>> pythia = Shape("pythia-70m", "", 6, 512, 8, 8, 64, 2048, 50304, False, True, 0.25)
    >>> params_of(pythia)  # as its repository says
    70426624
    >>> params_of(Shape("llama-3-8b", "", 32, 4096, 32, 8, 128, 14336, 128256))
    8030261248
    """
    d, queries, keys = shape.d_model, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    layer = d * (queries + 2 * keys) + queries * d + (3 if shape.gated else 2) * d * shape.d_ff
    if shape.gated:
        layer += 2 * d
        last = d
    else:
        layer += queries + 2 * keys + d + shape.d_ff + d + 4 * d
        last = 2 * d
    return shape.layers * layer + last + shape.vocab * d * (1 if shape.tied else 2)


def params_read(shape: Shape) -> int:
    """Return how many parameters a step reads: all but the embedding, of which it looks one row up a sequence.

    >>> params_read(Shape("pythia-70m", "", 6, 512, 8, 8, 64, 2048, 50304, False, True, 0.25))
    44670976
    """
    return params_of(shape) - (0 if shape.tied else shape.vocab * shape.d_model)


def cache_bytes(shape: Shape, bytes_each: int) -> float:
    """Return the size [bytes] of the keys and values of one token of one sequence.

    >>> cache_bytes(Shape("", "", 2, 64, 4, 2, 16, 128, 100), 4)
    512.0
    """
    return kv_bytes_per_token(shape.layers, shape.kv_heads, shape.head_dim, bytes_each)


def needed(
    shape: Shape, bytes_each: int, batch: int, context: int, prefill: int = 0, cache_each: int | None = None
) -> float:
    """Return the memory [bytes] that a measurement takes at the most: weights, cache, what is in work.

    Numbers of the cache have ``cache_each`` bytes, by default as many as weights. In work are the logits and the widest
    layer of the tokens that go through at once, in four bytes, and a copy of the largest matrix while it is drawn.

    >>> tiny = Shape("", "", 2, 64, 4, 2, 16, 128, 100)
    >>> needed(tiny, 4, 1, 64) > params_of(tiny) * 4
    True
    """
    at_once = batch * max(prefill, 1)
    widest = 4 * max(shape.d_ff * 2, (shape.heads + 2 * shape.kv_heads) * shape.head_dim, shape.d_model)
    work = 4.0 * batch * shape.vocab + 4.0 * at_once * widest + 4.0 * shape.d_model * max(shape.vocab, shape.d_ff * 2)
    cache = cache_bytes(shape, cache_each or bytes_each)
    return memory_needed(bytes_each, params_of(shape), batch * context * cache) + work


def shapes(catalog: Catalog) -> dict[str, Shape]:
    """Return the shapes that have a name, smallest first: of the presets those whose shape is complete, and our own.

    >>> from scaletui import locations
    >>> [name for name in shapes(locations.catalog()) if name.startswith("pythia")][:3]
    ['pythia-70m', 'pythia-160m', 'pythia-410m']
    """
    found = {key: shape for key, one in catalog.load("models").records.items() if (shape := _of_preset(key, one))}
    for name, layers, width, heads, kv_heads, d_ff in (
        ("llama-like-150m", 12, 768, 12, 4, 2048),
        ("llama-like-500m", 24, 1024, 16, 8, 4096),
        ("llama-like-1b", 22, 2048, 32, 4, 5632),
        ("llama-like-3b", 28, 3072, 24, 8, 8192),
    ):
        found[name] = Shape(name, OWN, layers, width, heads, kv_heads, width // heads, d_ff, 32000)
    return dict(sorted(found.items(), key=lambda item: params_of(item[1])))


def _of_preset(key: str, record: Record) -> Shape | None:
    """Return the shape of a preset; None where it is not complete, or of another architecture."""
    if "active_params" in record or not {"layers", "d_model", "heads", "vocab"} <= record.keys():
        return None
    layers, width, heads, vocab = (int(record[name]) for name in ("layers", "d_model", "heads", "vocab"))
    head_dim = int(record.get("head_dim", width // heads))
    kv_heads = int(record.get("kv_heads", heads))
    source = record["source"]
    if record.get("family") == "Pythia":
        return Shape(key, source, layers, width, heads, kv_heads, head_dim, 4 * width, vocab, False, True, 0.25)
    if record.get("family") in ("Llama 2", "Llama 3", "LLaMA", "Mistral") and "d_ff" in record:
        return Shape(key, source, layers, width, heads, kv_heads, head_dim, int(record["d_ff"]), vocab)
    return None


def shape_of(catalog: Catalog, model: str | None, params: float | None, hf: str | None) -> Shape:
    """Return the shape that options name: by name, by a number of parameters the nearest in ln N, by a folder.

    Raises
    ------
    InputError
        If two of them are given, or one names nothing.

    Examples
    --------
    >>> from scaletui import locations
    >>> shape_of(locations.catalog(), None, 1.5e9, None).name
    'pythia-1-4b'
    """
    given = [option for option, x in (("--model", model), ("--params", params), ("--hf", hf)) if x is not None]
    if len(given) > 1:
        raise InputError(f"{given[0]} names a shape too: drop one", where=given[1])
    if hf is not None:
        return read_config(hf)
    known = shapes(catalog)
    if params is not None:
        return min(known.values(), key=lambda shape: abs(log(params_of(shape)) - log(params)))
    name = (model or DEFAULT).lower()
    alike = name.replace(".", "-")
    if alike not in known:
        raise unknown_name("shape", name, list(known), where="--model")
    return known[alike]


_NAMES = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "d_model": ("hidden_size", "n_embd"),
    "heads": ("num_attention_heads", "n_head"),
    "vocab": ("vocab_size",),
    "kv_heads": ("num_key_value_heads",),
    "head_dim": ("head_dim",),
    "d_ff": ("intermediate_size", "n_inner"),
}
_EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts")
_LARGEST = {"layers": 10_000, "vocab": 100_000_000}


def read_config(path: str) -> Shape:
    """Return the shape that a local folder's ``config.json``, or that file, describes.

    GPT-NeoX and GPT-2 are taken to have plain MLPs and biases, all else to be Llama-like.

    Raises
    ------
    InputError
        If it cannot be read, lacks a number, or describes a mixture of experts.
    """
    file = os.path.join(path, "config.json") if os.path.isdir(path) else path
    where = f"--hf: {visible(file, 200)}"
    hint = "a folder with a config.json, as transformers writes it"
    try:
        with open(file, "rb") as stream:
            raw = stream.read(_LIMIT + 1)
        config = json.loads(raw) if len(raw) <= _LIMIT else None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where, hint=hint) from None
    except (ValueError, RecursionError):
        raise InputError("is not JSON", where=where, hint=hint) from None
    if not isinstance(config, dict):
        raise InputError("is no description of a model", where=where, hint=hint)
    if isinstance(config.get("text_config"), dict):
        config = {**config, **config["text_config"]}
    for name in _EXPERTS:
        if config.get(name) not in (None, 0, 1):
            raise InputError(f"is a mixture of experts ({name}), which is not measured", where=where)
    kind = str(config.get("model_type", ""))
    plain = kind in ("gpt_neox", "gpt2", "gptj")
    layers, width, heads, vocab = (_number(config, name, where) for name in ("layers", "d_model", "heads", "vocab"))
    kv_heads = _number(config, "kv_heads", where, heads)
    if width % heads and config.get("head_dim") is None:
        raise InputError(f"hidden size {width} is no multiple of {heads} heads", where=where)
    head_dim = _number(config, "head_dim", where, width // heads)
    if heads % kv_heads or head_dim % 2:
        what = f"{heads} heads do not share {kv_heads} KV heads evenly" if heads % kv_heads else "odd head size"
        raise InputError(what, where=where)
    d_ff = _number(config, "d_ff", where, 4 * width if plain else None)
    rotary = config.get("rotary_pct", config.get("partial_rotary_factor", 1.0))
    if isinstance(rotary, bool) or not isinstance(rotary, int | float) or not 0.0 <= rotary <= 1.0:
        raise InputError("rotary_pct must be from 0 to 1", where=where)
    tied = config.get("tie_word_embeddings", kind == "gpt2") is True
    parallel = kind == "gpt_neox" and config.get("use_parallel_residual", True) is True
    name = os.path.basename(os.path.dirname(os.path.abspath(file))) or "model"
    source = f"{visible(name, 60)}/config.json"
    numbers = layers, width, heads, kv_heads, head_dim, d_ff, vocab
    return Shape(visible(name, 60), source, *numbers, not plain, parallel, float(rotary), tied)


def _number(config: dict[str, Any], what: str, where: str, default: int | None = None) -> int:
    """Return a whole number of a config, under any of its names."""
    for name in _NAMES[what]:
        value = config.get(name)
        if value is None:
            continue
        largest = _LARGEST.get(what, 10_000_000)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
            raise InputError(f"{name} must be a whole number from 1 to {largest:,}", where=where)
        return value
    if default is None:
        raise InputError(f"has no {_NAMES[what][0]}", where=where, hint="is it the config.json of a language model?")
    return default
