"""In place of the process that measures: the same talk with its parent, and timings that are known, at once.

It writes its id to the file of FAKE_PID, and stays where it is after FAKE_HOLD timings, or before the first event.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scaletui.bench import worker
from scaletui.bench.shapes import Shape

LATENCY, SLOPE = 0.2, 0.01


def events(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of a shape, or of a server."""
    if "FAKE_PID" in os.environ:
        draft = Path(os.environ["FAKE_PID"] + ".draft")
        draft.write_text(str(os.getpid()))
        draft.rename(os.environ["FAKE_PID"])
    hold = int(os.environ.get("FAKE_HOLD", "-1"))
    if hold == -2:
        threading.Event().wait()
    server = "url" in spec
    name = spec["model"]
    machine = {"hardware": spec["url"]} if server else {"dtype": "fp32", "hardware": "a chip", "threads": 2}
    yield {"event": "machine", "device": "server" if server else "cpu", **machine}
    if not server:
        yield {
            "event": "model", "name": name, "source": "biderman-2023", "params": 70426624, "params_read": 44670976,
            "bytes_per_weight": 4, "kv_bytes_per_token": 24576.0, "memory": 3e8,
            "shape": dict(zip(Shape._fields, spec["shape"], strict=True)),
        }  # fmt: skip
        yield {"event": "progress", "words": "memory and arithmetic of the machine"}
        yield {"event": "roofline", "copy": 2e10, "read": 3e10, "matmul": 1e11}
    count = 0
    have = [tuple(one) for one in spec.get("have", {}).get("points", ())]
    for repeat in range(spec["repeats"]):
        for tokens in spec["ladder"]:
            if (tokens, repeat) in have:
                continue
            if count == hold:
                threading.Event().wait()
            count += 1
            first = {"first": 0.1, "asked": tokens} if server else {}
            seconds = LATENCY + SLOPE * tokens * (1.0 + 0.02 * repeat)
            yield {"event": "point", "tokens": tokens, "repeat": repeat, "seconds": seconds, **first}
    if server:
        return
    yield {"event": "prefill", "tokens": 128, "seconds": 0.1, "low": 0.09, "high": 0.2}
    for batch in spec["batches"]:
        yield {
            "event": "step", "kind": "batch", "at": batch, "batch": batch, "context": 72.0, "seconds": 0.02,
            "low": 0.01, "high": 0.03,
        }  # fmt: skip
    yield {"event": "state", "load": 0.5}


worker.events = events

if __name__ == "__main__":
    worker.main()
