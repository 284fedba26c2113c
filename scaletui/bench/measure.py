"""The measurement itself, as events: the machine, its own roofline, the ladder, prefill, batches, contexts."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from scaletui import processors
from scaletui.bench import machine
from scaletui.bench.model import Decoder
from scaletui.bench.shapes import Shape, cache_bytes, needed, params_of, params_read, shapes
from scaletui.bench.torch_here import BYTES, CACHE_BYTES, device_of, dtype_of, free_bytes, synchronise, torch_module
from scaletui_core.errors import ScaletuiError
from scaletui_core.quantity_text import format_quantity

Event = dict[str, Any]
_ROOM = 0.92  # of the free memory: the rest is fragments and libraries
_LEAST_PREFILL, _MOST_PREFILL = 16, 2048


def seconds(function: Callable[[], Any], device: str) -> float:
    """Return the time [s] of one call, from an idle device until it is idle again."""
    synchronise(device)
    start = time.perf_counter()
    function()
    synchronise(device)
    return time.perf_counter() - start


def rungs(spec: Event) -> Iterator[tuple[int, int]]:
    """Yield the tokens and the repeat of each timing, in order.

    A drift of the clock must not look like a slope: each repeat has an order of its own.

    >>> sorted(rungs({"ladder": [2, 4], "repeats": 2, "seed": 0}))
    [(2, 0), (2, 1), (4, 0), (4, 1)]
    """
    for repeat in range(spec["repeats"]):
        order = list(spec["ladder"])
        random.Random(spec["seed"] * 1000 + repeat).shuffle(order)
        yield from ((count, repeat) for count in order)


def rates(device: str, dtype: str, size: int | None = None, side: int | None = None) -> dict[str, float]:
    """Return what the device reaches here and now: a copy and a sum of memory [bytes/s], a square matmul [FLOP/s].

    Parameters
    ----------
    device, dtype : str
        Where, and in which format.
    size, side : int, optional
        Bytes that are read, well beyond any cache, and side of the matrices.

    Returns
    -------
    dict
        ``copy`` counts what is read and what is written, ``read`` a sum, ``matmul`` 2 side^3; each the best of several.
    """
    torch = torch_module()
    fast = device != "cpu"
    size, side = size or (2**30 if fast else 2**28), side or (8192 if fast else 1536)
    kind = dtype_of(dtype)
    with torch.inference_mode():
        source = torch.ones(size // 4, device=device, dtype=torch.float32)
        target = torch.empty_like(source)
        copy = _best(partial(target.copy_, source), device)
        read = _best(source.sum, device)
        del source, target
        left, right = (torch.ones(side, side, device=device, dtype=kind) for _ in range(2))
        out = torch.empty_like(left)
        matmul = _best(partial(torch.matmul, left, right, out=out), device)
    whole = size // 4 * 4
    return {"copy": 2.0 * whole / copy, "read": whole / read, "matmul": 2.0 * side**3 / matmul}


def _best(function: Callable[[], Any], device: str, tries: int = 10, limit: float = 2.0) -> float:
    """Return the least time [s] of some calls, after one that is not counted."""
    function()
    best, spent = float("inf"), 0.0
    for _ in range(tries):
        took = seconds(function, device)
        best, spent = min(best, took), spent + took
        if spent > limit:
            break
    return best


def fitting(shape: Shape, spec: Event, device: str, dtype: str, free: float | None, known: dict[str, Shape]) -> None:
    """Raise, before anything is tried, where a measurement takes more memory [bytes] than is free.

    Raises
    ------
    ScaletuiError
        With the largest shape that fits.
    """
    context, batch = spec["prompt"] + spec["ladder"][-1], spec["batch"]

    def size(one: Shape) -> float:
        return needed(one, BYTES[dtype], batch, context, spec["prompt"], CACHE_BYTES[dtype])

    if free is None or size(shape) <= free * _ROOM:
        return
    fits = [name for name, one in known.items() if size(one) <= free * _ROOM]
    largest = f"the largest that fits is --model {fits[-1]}" if fits else "no shape fits"
    what = f"{shape.name} in {dtype} takes {format_quantity(size(shape), 'bytes')}"
    raise ScaletuiError(f"{what}, and {format_quantity(free, 'bytes')} of the {device} are free: {largest}")


def measured(shape: Shape, spec: Event) -> Iterator[Event]:
    """Measure a shape as the specification says, and yield each thing as soon as it is known.

    Raises
    ------
    ScaletuiError
        If it does not fit, or runs out of memory.
    """
    torch = torch_module()
    device = device_of(spec["device"])
    dtype = spec["dtype"] or ("fp32" if device == "cpu" else "bf16")
    if spec["threads"] is not None:
        torch.set_num_threads(spec["threads"])
    elif spec["tile"] is not None:  # each of several processes has so many, and so has the one beside them
        torch.set_num_threads(max(1, processors.granted() // spec["tile"] ** 2))
    described = machine.described(device, dtype)
    yield {"event": "machine", **described}
    free = free_bytes(device)
    from scaletui import locations

    fitting(shape, spec, device, dtype, free, shapes(locations.catalog()))
    context = spec["prompt"] + spec["ladder"][-1]
    yield {
        "event": "model",
        "name": shape.name,
        "source": shape.source,
        "shape": shape._asdict(),
        "params": params_of(shape),
        "params_read": params_read(shape),
        "bytes_per_weight": BYTES[dtype],
        "kv_bytes_per_token": cache_bytes(shape, CACHE_BYTES[dtype]),
        "memory": needed(shape, BYTES[dtype], spec["batch"], context, spec["prompt"], CACHE_BYTES[dtype]),
    }
    yield {"event": "progress", "words": "memory and arithmetic of the machine"}
    roof = spec.get("have", {}).get("roofline")
    if roof is None:
        roof = rates(device, dtype)
        yield {"event": "roofline", **roof}
    try:
        model = Decoder(shape, device, dtype, context, spec["batch"], spec["seed"])
        yield from _timed(model, spec, roof, free)
        if spec["tile"] is not None:
            model.make_room(context, spec["batch"])
            alone = model.prefill(model.prompt(spec["prompt"]))[0].float().cpu()
            del model
            if device == "cuda":
                torch.cuda.empty_cache()
            from scaletui.bench.tiled import tiled

            yield from tiled(shape, spec, described, free, alone)
    except torch.OutOfMemoryError:
        raise ScaletuiError(
            f"the {device} ran out of memory: somebody else took it, or --batch or --ladder is too large"
        ) from None
    yield {"event": "state", **machine.state(device)}


def _timed(model: Decoder, spec: Event, roof: dict[str, float], free: float | None) -> Iterator[Event]:
    """Time a model that is there: the ladder, then what is asked beside it; but for what there is already."""
    have = spec.get("have", {})
    timed = {tuple(one) for name in ("points", "steps") for one in have.get(name, ())}
    yield {"event": "progress", "words": "warming up"}
    ladder, device = spec["ladder"], model.device
    prompt = model.prompt(spec["prompt"])
    model.capture(spec["prompt"], ladder[-1])
    model.generate(prompt, ladder[0])
    model.generate(prompt, min(ladder[-1], 64))
    for count, repeat in rungs(spec):
        if (count, repeat) not in timed:
            took = seconds(partial(model.generate, prompt, count), device)
            yield {"event": "point", "tokens": count, "repeat": repeat, "seconds": took}
    if not have.get("prefill"):
        yield from _prefill(model, spec, roof, free)
    steps = 128 if device != "cpu" else 16
    start = spec["prompt"]
    asked = [("batch", batch, start, batch) for batch in spec["batches"]]
    asked += [("context", context, context, spec["batch"]) for context in spec["contexts"]]
    for kind, value, position, batch in asked:
        if (kind, value) in timed:
            continue
        if free is not None and model.needed(batch, position + steps + 8) > free * _ROOM:
            yield {"event": "skipped", "kind": kind, "at": value}
            continue
        model.make_room(position + steps + 8, batch)
        model.capture(position, steps + 4)
        model.decode(position, 4)
        times = [seconds(partial(model.decode, position, steps), device) / steps for _ in range(spec["repeats"])]
        found = {"kind": kind, "at": value, "batch": batch, "context": position + steps / 2}
        yield {"event": "step", **found, **_spread(times)}


def _spread(times: list[float]) -> dict[str, float]:
    return {"seconds": statistics.median(times), "low": min(times), "high": max(times)}


def _prefill(model: Decoder, spec: Event, roof: dict[str, float], free: float | None) -> Iterator[Event]:
    """Time the reading of a prompt, of about a second's arithmetic where nothing else is asked."""
    count = spec["prefill"]
    if count is None:
        count = _LEAST_PREFILL
        while count < _MOST_PREFILL and 2.0 * params_read(model.shape) * count * 2 < roof["matmul"]:
            count *= 2
        count = min(count, max(model.context, _LEAST_PREFILL))
    if free is not None and model.needed(model.batch, count, count) > free * _ROOM:
        yield {"event": "skipped", "kind": "prefill", "at": count}
        return
    if count > model.context:
        model.make_room(count, model.batch)
    prompt = model.prompt(count)
    model.prefill(prompt)
    times = [seconds(partial(model.prefill, prompt), model.device) for _ in range(spec["repeats"])]
    yield {"event": "prefill", "tokens": count * model.batch, **_spread(times)}
