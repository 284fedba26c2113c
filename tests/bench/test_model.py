"""The model that is timed is the model that it says: against a forward pass written out without any cache."""

from __future__ import annotations

import math

import pytest

from scaletui.bench.model import Decoder
from scaletui.bench.shapes import params_of
from scaletui.bench.weights import plain

CLOSE = {"fp32": 2e-5, "bf16": 0.06, "int8": 0.08}
"""Largest difference of a logit from the full forward pass, relative to the spread of the logits."""


def naive_logits(torch, model, tokens):
    """The logits (batch, tokens, vocabulary) of a whole sequence at once, in float64, head by head, without a cache."""
    shape = model.shape

    def f(x):
        return x.double()

    def matrix(x, weight):
        bias = 0.0 if weight.bias is None else f(weight.bias)
        wide = f(weight.matrix) if weight.scale is None else f(weight.matrix) * f(weight.scale)[:, None]
        return x @ wide.T + bias

    def normed(x, pair):
        if shape.gated:
            return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * f(pair[0])
        x = x - x.mean(-1, keepdim=True)
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * f(pair[0]) + f(pair[1])

    def turned(x):
        width = int(shape.head_dim * shape.rotary) // 2 * 2
        out = x.clone()
        for position in range(x.shape[1]):
            for i in range(width // 2):
                angle = position * 10_000.0 ** (-2.0 * i / width)
                a, b = x[:, position, i], x[:, position, i + width // 2]
                out[:, position, i] = a * math.cos(angle) - b * math.sin(angle)
                out[:, position, i + width // 2] = b * math.cos(angle) + a * math.sin(angle)
        return out

    def attention(x, layer):
        every = matrix(x, layer["qkv"])
        size, heads, kv_heads = shape.head_dim, shape.heads, shape.kv_heads

        def piece(i):
            return every[..., i * size : (i + 1) * size]

        count, out = x.shape[1], []
        seen = torch.tril(torch.ones(count, count, dtype=torch.bool))
        for head in range(heads):
            kv = head // (heads // kv_heads)
            q, k, v = turned(piece(head)), turned(piece(heads + kv)), piece(heads + kv_heads + kv)
            scores = (q @ k.transpose(1, 2) / math.sqrt(size)).masked_fill(~seen, -math.inf)
            out.append(torch.softmax(scores, -1) @ v)
        return matrix(torch.cat(out, -1), layer["out"])

    def mlp(x, layer):
        wide = matrix(x, layer["up"])
        if shape.gated:
            gate, up = wide[..., : shape.d_ff], wide[..., shape.d_ff :]
            return matrix(gate * torch.sigmoid(gate) * up, layer["down"])
        return matrix(wide * 0.5 * (1.0 + torch.erf(wide / math.sqrt(2.0))), layer["down"])

    x = f(plain(model.embedding))[tokens]
    for layer in model.layers:
        attended = attention(normed(x, layer["attention_norm"]), layer)
        between = x if shape.parallel else x + attended
        x = x + attended + mlp(normed(between, layer["mlp_norm"]), layer)
    return matrix(normed(x, model.norm), model.head)


def weights(model):
    pairs = [pair[:2] for layer in model.layers for pair in layer.values()] + [model.norm]
    found = [one for pair in pairs for one in pair if one is not None] + [model.embedding.matrix]
    return found if model.shape.tied else [*found, model.head.matrix]


@pytest.mark.parametrize("dtype", list(CLOSE))
@pytest.mark.parametrize("batch", [1, 3])
def test_cached_decoding_equals_the_full_forward_pass(torch, tiny, dtype, batch):
    model = Decoder(tiny, "cpu", dtype, context=24, batch=batch)
    prompt = model.prompt(7)
    logits = [model.prefill(prompt)]
    model.tokens[:, 7] = logits[0].argmax(-1)
    logits += [model.step(position) for position in range(7, 20)]
    expected = naive_logits(torch, model, model.tokens[:, :20])[:, 6:]
    found = torch.stack(logits, 1).double()
    assert (found - expected).abs().max() <= CLOSE[dtype] * expected.std()


def test_the_step_that_graphs_hold_equals_the_full_forward_pass(torch, tiny, monkeypatch):
    monkeypatch.setattr("scaletui.bench.model.BUCKET", 8)  # several lengths of cache, the last cut by the context
    model = Decoder(tiny, "cpu", "fp32", context=27, batch=2, capture=True)
    prompt = model.prompt(5)
    written = model.generate(prompt, 20).clone()
    expected = naive_logits(torch, model, torch.cat((prompt, written), 1))
    assert torch.equal(expected[:, 4:-1].argmax(-1), written)
    plain = Decoder(tiny, "cpu", "fp32", context=27, batch=2)
    assert torch.equal(plain.generate(prompt, 20), written)


def test_a_step_over_more_of_the_cache_than_is_filled_sees_nothing_of_the_rest(torch, tiny):
    model = Decoder(tiny, "cpu", "fp32", context=32)
    model.generate(model.prompt(4), 28)  # the cache is full of something else
    logits = model.prefill(model.prompt(6))
    model.tokens[:, 6] = logits.argmax(-1)
    model._position.fill_(6)
    with torch.inference_mode():
        found = model.static_step(32).double()
    expected = naive_logits(torch, model, model.tokens[:, :7])[:, -1]
    assert (found - expected).abs().max() <= CLOSE["fp32"] * expected.std()


def test_greedy_decoding_is_deterministic(torch, tiny):
    first, second = (Decoder(tiny, "cpu", "fp32", context=40, seed=3) for _ in range(2))
    written = first.generate(first.prompt(4), 36).clone()
    assert torch.equal(second.generate(second.prompt(4), 36), written)
    assert torch.equal(first.generate(first.prompt(4), 36), written)  # and again on the same cache
    other = Decoder(tiny, "cpu", "fp32", context=40, seed=4)
    assert not torch.equal(other.prefill(other.prompt(4)), first.prefill(first.prompt(4)))


def test_a_model_has_the_parameters_that_its_shape_says(torch, tiny):
    assert sum(one.numel() for one in weights(Decoder(tiny, "cpu", "fp32", context=4))) == params_of(tiny)
