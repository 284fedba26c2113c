"""A measurement that is known, with all that one can hold: time = latency + slope x tokens, and 1% more each repeat."""

from __future__ import annotations

from typing import Any

LATENCY = 0.2
SLOPE = 0.0333
"""Steinhardt's pythia-12b: 1801 tokens a minute is 33.3 ms a token."""


TILED: dict[str, Any] = {
    "tiles": [{"k": 2, "parts": 4, "threads": 1, "sums": 36, "bytes": 10240, "difference": 1e-6, "seconds": 1e-4,
               "low": 9e-5, "high": 2e-4}],
    "tile_points": [{"k": 2, "tokens": n, "repeat": 0, "seconds": 0.1 + 0.01 * n} for n in (100, 200, 300)],
}  # fmt: skip
"""What a result also has where k-tiling was tried."""


def result(name: str = "pythia-12b-cuda-bf16-1", slope: float = SLOPE, **more: Any) -> dict[str, Any]:
    """Return a result as its file holds it."""
    ladder = list(range(100, 2000, 100))
    points = [
        {"tokens": n, "repeat": repeat, "seconds": LATENCY + slope * n * (1.0 + 0.01 * repeat)}
        for repeat in range(3)
        for n in ladder
    ]
    return {
        "schema": "scaletui.bench/1", "version": "0", "name": name, "started": "2026-01-01T12:00:00+00:00",
        "status": "done", "inputs": {"model": "pythia-12b", "batches": ["4"], "repeats": 3}, "points": points,
        "spec": {"batch": 1, "prompt": 8, "model": "pythia-12b", "ladder": ladder, "repeats": 3, "batches": [4]},
        "machine": {"device": "cuda", "dtype": "bf16", "hardware": "A100", "threads": None, "torch": "2.13",
                    "before": {"load": 0.1, "processors": 8}},
        "model": {"name": "pythia-12b", "source": "biderman-2023: Table 1", "params": 11846072320,
                  "params_read": 11586549760, "bytes_per_weight": 2, "kv_bytes_per_token": 737280.0, "memory": 26e9},
        "roofline": {"copy": 1.5e12, "read": 1.8e12, "matmul": 250e12},
        "prefill": {"tokens": 512, "seconds": 0.1, "low": 0.08, "high": 0.2},
        "steps": [{"kind": "batch", "at": 4, "batch": 4, "context": 72.0, "seconds": 0.04, "low": 0.03, "high": 0.05}],
        "skipped": [],
        **more,
    }  # fmt: skip
