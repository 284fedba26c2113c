"""Decoding by `scaletui bench` against `transformers.generate`: the same shape with the same weights, in turn."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, NamedTuple

PROMPT = 8
PUBLISHED = 1801.0  # tokens a minute of pythia-12b on an A100: Steinhardt 2023, Appendix A, Table 1


class Compared(NamedTuple):
    """Tokens a minute of both, the share of the measured bandwidth, and the largest difference of logits."""

    ours: float
    theirs: float
    bandwidth: float
    difference: float


def twin(torch: Any, model: Any) -> Any:
    """Return the model of transformers that has a pythia shape's weights."""
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    shape = model.shape
    config = GPTNeoXConfig(
        vocab_size=shape.vocab, hidden_size=shape.d_model, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, intermediate_size=shape.d_ff, rotary_pct=shape.rotary, hidden_act="gelu",
        max_position_embeddings=4096, layer_norm_eps=1e-5, use_parallel_residual=True, tie_word_embeddings=False,
        bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    kind = model.embedding.matrix.dtype
    with torch.device(model.device):
        made = GPTNeoXForCausalLM(config).to(kind).eval()

    def put(target: Any, source: Any) -> None:
        target.copy_(source)

    def by_head(x: Any) -> Any:  # theirs: of each head query, key, value
        return x.reshape(3, shape.heads, shape.head_dim, *x.shape[1:]).transpose(0, 1).reshape(x.shape)

    with torch.inference_mode():
        body = made.gpt_neox
        put(body.embed_in.weight, model.embedding.matrix)
        put(made.get_output_embeddings().weight, model.head.matrix)
        put(body.final_layer_norm.weight, model.norm[0])
        put(body.final_layer_norm.bias, model.norm[1])
        for layer, ours in zip(body.layers, model.layers, strict=True):
            for norm, name in (
                (layer.input_layernorm, "attention_norm"),
                (layer.post_attention_layernorm, "mlp_norm"),
            ):
                put(norm.weight, ours[name][0])
                put(norm.bias, ours[name][1])
            put(layer.attention.query_key_value.weight, by_head(ours["qkv"].matrix))
            put(layer.attention.query_key_value.bias, by_head(ours["qkv"].bias))
            for linear, name in (
                (layer.attention.dense, "out"),
                (layer.mlp.dense_h_to_4h, "up"),
                (layer.mlp.dense_4h_to_h, "down"),
            ):
                put(linear.weight, ours[name].matrix)
                put(linear.bias, ours[name].bias)
    return made


def compared(name: str, device: str, dtype: str, tokens: int, rounds: int = 5) -> Compared:
    """Return the best of some rounds of both, after their logits have been compared."""
    import torch

    from scaletui import locations
    from scaletui.bench.measure import rates
    from scaletui.bench.model import Decoder
    from scaletui.bench.shapes import params_read, shape_of
    from scaletui.bench.torch_here import synchronise

    shape = shape_of(locations.catalog(), name, None, None)
    roof = rates(device, dtype)
    model = Decoder(shape, device, dtype, PROMPT + tokens)
    other = twin(torch, model)
    prompt = model.prompt(PROMPT)
    with torch.inference_mode():
        found, expected = model.prefill(prompt).float(), other(prompt).logits[:, -1].float()
    difference = float((found - expected).abs().max() / expected.std())

    def theirs() -> None:
        other.generate(
            prompt, attention_mask=torch.ones_like(prompt), min_new_tokens=tokens, max_new_tokens=tokens,
            do_sample=False,
        )  # fmt: skip

    model.capture(PROMPT, tokens)
    best = {"ours": float("inf"), "theirs": float("inf")}
    calls = {"ours": partial(model.generate, prompt, tokens), "theirs": theirs}
    for turn in range(rounds + 1):
        for key, call in calls.items():
            synchronise(device)
            start = time.perf_counter()
            call()
            synchronise(device)
            if turn:  # the first warms up
                best[key] = min(best[key], time.perf_counter() - start)
    width = model.embedding.matrix.element_size()
    bandwidth = params_read(shape) * width * tokens / best["ours"] / max(roof["copy"], roof["read"])
    ours, others = (60.0 * tokens / best[key] for key in ("ours", "theirs"))
    return Compared(ours, others, bandwidth, difference)
