"""Decoding by `scaletui bench` against a loop as one writes it by hand: the same shape, the same weights, in turn."""

from __future__ import annotations

import statistics
import time
from typing import Any

TOKENS = 32


def naive(torch: Any, model: Any, weights: dict[str, Any], prompt: Any, count: int) -> list[int]:
    """Generate greedily with a cache that grows by `cat`, every matrix as it lies in a checkpoint."""
    shape, functional = model.shape, torch.nn.functional
    heads, size = shape.heads, shape.head_dim
    turning = int(size * shape.rotary) // 2 * 2
    caches: list[tuple[Any, Any]] = [(None, None)] * shape.layers
    tokens, position, out = prompt, 0, []
    with torch.inference_mode():
        for _ in range(count):
            x = functional.embedding(tokens, weights["embedding"])
            many = tokens.shape[1]
            cosines = model.cosines[position : position + many]
            sines = model.sines[position : position + many]
            for index, layer in enumerate(weights["layers"]):
                normed = functional.layer_norm(x, (shape.d_model,), *layer["attention_norm"], 1e-5)
                joint = functional.linear(normed, *layer["qkv"]).view(1, many, 3 * heads, size).transpose(1, 2)
                q, k, v = joint.chunk(3, 1)

                def turned(y: Any, cosines: Any = cosines, sines: Any = sines) -> Any:
                    part, rest = y[..., :turning], y[..., turning:]
                    first, second = part.chunk(2, -1)
                    return torch.cat((part * cosines + torch.cat((-second, first), -1) * sines, rest), -1)

                q, k = turned(q), turned(k)
                if caches[index][0] is not None:
                    k, v = torch.cat((caches[index][0], k), 2), torch.cat((caches[index][1], v), 2)
                caches[index] = (k, v)
                found = functional.scaled_dot_product_attention(q, k, v, is_causal=many > 1)
                found = found.transpose(1, 2).reshape(1, many, -1)
                between = functional.layer_norm(x, (shape.d_model,), *layer["mlp_norm"], 1e-5)
                wide = functional.gelu(functional.linear(between, *layer["up"]))
                x = x + functional.linear(found, *layer["out"]) + functional.linear(wide, *layer["down"])
            logits = functional.linear(
                functional.layer_norm(x[:, -1], (shape.d_model,), *weights["norm"], 1e-5), weights["head"]
            )
            position += many
            tokens = logits.argmax(-1, keepdim=True)
            out.append(int(tokens))
    return out


def compared(rounds: int = 9) -> tuple[float, float, float]:
    """Return the best tokens a minute of ours and of the naive loop, and R^2 of a ladder of ours."""
    import torch

    from scaletui import locations
    from scaletui.bench.model import Decoder
    from scaletui.bench.shapes import shape_of
    from scaletui_core.regression import fit_line

    shape = shape_of(locations.catalog(), "pythia-70m", None, None)
    model = Decoder(shape, "cpu", "fp32", 256)

    def plain(pair: Any) -> Any:
        return tuple(one.contiguous() for one in pair)

    weights = {
        "embedding": model.embedding.matrix.contiguous(),
        "head": model.head.matrix.contiguous(),
        "norm": model.norm,
        "layers": [{name: plain(weight[:2]) for name, weight in layer.items()} for layer in model.layers],
    }
    prompt = model.prompt(8)
    ours, theirs = model.generate(prompt, TOKENS)[0].tolist(), naive(torch, model, weights, prompt, TOKENS)
    assert ours == theirs, "the two loops generate different tokens"
    times: dict[str, list[float]] = {"ours": [], "naive": []}
    for _ in range(rounds):
        for name, call in (
            ("ours", lambda: model.generate(prompt, TOKENS)),
            ("naive", lambda: naive(torch, model, weights, prompt, TOKENS)),
        ):
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    rungs, medians = range(16, 145, 16), []
    for count in rungs:
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            model.generate(prompt, count)
            taken.append(time.perf_counter() - start)
        medians.append(statistics.median(taken))
    ours_best, naive_best = (60.0 * TOKENS / min(times[name]) for name in ("ours", "naive"))
    return ours_best, naive_best, fit_line(rungs, medians).r2
