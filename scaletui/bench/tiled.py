"""k-tiling as it really is: k^2 processes decode one model together, against one process alone."""

from __future__ import annotations

import base64
import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

from scaletui.bench.rank import LOST
from scaletui.bench.runner import Run
from scaletui.bench.shapes import Shape, needed
from scaletui.bench.share import Share, hindrance, reductions
from scaletui.bench.torch_here import BYTES, CACHE_BYTES, torch_module
from scaletui_core.errors import ScaletuiError
from scaletui_core.quantity_text import format_quantity

_WAIT, _PAUSE = 10.0, 0.02  # s for the last words of a process that has died, and between two looks


def tiled(
    shape: Shape, spec: dict[str, Any], machine: dict[str, Any], free: float | None, alone: Any
) -> Iterator[dict[str, Any]]:
    """Measure each k from 2 to the one asked for, and yield each thing as soon as it is known.

    Parameters
    ----------
    shape : Shape
        What to decode.
    spec : dict
        What to measure, of `scaletui.bench.asked`.
    machine : dict
        What it runs on, of `scaletui.bench.machine`: ``device``, ``dtype``, ``threads`` of a process.
    free : float or None
        Memory [bytes] that is free: of a GPU that of each, else of all processes together.
    alone : Tensor
        The logits (vocabulary,) that one process has of the first prompt.

    Raises
    ------
    ScaletuiError
        If a process fails.
    """
    have = spec.get("have", {})
    for k in range(2, spec["tile"] + 1):
        timed = [rest for one, *rest in have.get("tile_points", ()) if one == k]
        if len(timed) == len(spec["ladder"]) * spec["repeats"] or ["tile", k] in have.get("steps", ()):
            continue
        why = _hindrance(shape, spec, machine, free, k * k)
        if why:
            yield {"event": "skipped", "kind": "tile", "at": k, "why": why}
            continue
        yield {"event": "progress", "words": f"k = {k}: {k * k} processes begin"}
        for event in _together(shape, {**spec, "have": {"points": timed}}, machine, k, alone):
            if event["event"] != "tile" or k not in have.get("tiles", ()):
                yield event


def _hindrance(shape: Shape, spec: dict[str, Any], machine: dict[str, Any], free: float | None, parts: int) -> str:
    """Return why so many processes cannot be measured here; empty where they can."""
    why = hindrance(shape, parts)
    if why:
        return why
    device, dtype = machine["device"], machine["dtype"]
    if device != "cpu":
        there = torch_module().cuda.device_count() if device == "cuda" else 1
        if there < parts:
            return f"{parts} processes want a GPU each, and there {'is' if there == 1 else 'are'} {there}"
    context = spec["prompt"] + spec["ladder"][-1]
    own = Share(0, parts).shape(shape)
    each = needed(own, BYTES[dtype], spec["batch"], context, spec["prompt"], CACHE_BYTES[dtype])
    take = each if device == "cuda" else each * parts
    if free is not None and take > free:
        return f"{parts} processes take {format_quantity(take, 'bytes')}, and {format_quantity(free, 'bytes')} are free"
    return ""


def _together(
    shape: Shape, spec: dict[str, Any], machine: dict[str, Any], k: int, alone: Any
) -> Iterator[dict[str, Any]]:
    from torch import distributed

    parts = k * k
    store = distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    kept = {key: spec[key] for key in ("ladder", "repeats", "seed", "prompt", "batch", "have")}
    kept |= {
        "shape": list(shape),
        "device": machine["device"],
        "dtype": machine["dtype"],
        "threads": machine["threads"] or 1,
    }
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(Run({**kept, "rank": rank, "parts": parts, "port": store.port}))
            for rank in range(parts)
        ]
        others = [_Other(run) for run in runs[1:]]
        difference = 0.0
        try:
            for event in runs[0].events():
                if event["event"] == "logits":
                    difference = _difference(event["logits"], alone)
                elif event["event"] == "sum":
                    times = {key: event[key] for key in ("seconds", "low", "high", "bytes")}
                    yield {
                        "event": "tile", "k": k, "parts": parts, "threads": kept["threads"],
                        "sums": reductions(shape), "difference": difference, **times,
                    }  # fmt: skip
                else:
                    yield {**event, "event": "tile_point", "k": k}
        except ScaletuiError as error:
            raise ScaletuiError(f"k = {k}: {_cause(error, others)}") from None


def _cause(error: ScaletuiError, others: list[_Other]) -> Exception:
    """Return why one of the processes ended, where all that the first knows is that nobody answers."""
    if str(error) != LOST:
        return error
    end = time.monotonic() + _WAIT
    while True:
        known = [why for other in others if (why := other.failure()) is not None and str(why) != LOST]
        if known or time.monotonic() > end:
            return known[0] if known else error
        time.sleep(_PAUSE)


class _Other:
    """One of the processes that say nothing, and what became of it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for _ in self._run.events():
                pass
        except (ScaletuiError, ValueError, OSError) as error:  # ValueError: its streams were closed
            self._failure = error

    def failure(self) -> Exception | None:
        """Return why it ended, as far as it has; None where it goes on, or ended well."""
        return self._failure


def _difference(text: str, alone: Any) -> float:
    """Return the largest difference of logits from those of one process, in standard deviations of these."""
    torch = torch_module()
    found = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)
    return float((found - alone).abs().max() / alone.std())
