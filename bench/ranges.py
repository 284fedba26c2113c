"""Samples against numpy: the whole chain over 1e7 of them, 1e5 at a keystroke, and memory as their number grows."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from scaletui import locations
from scaletui_core.answer import Answer
from scaletui_core.budget import BudgetInputs
from scaletui_core.calc import calculate
from scaletui_core.chain import chain
from scaletui_core.fields import parse_inputs
from scaletui_core.sampling import Sampling
from scaletui_core.scenario import Scenario
from scaletui_core.uncertainty import with_intervals

Array = np.ndarray[Any, np.dtype[np.float64]]
FLOPS, SPEED, K = (1e24, 1e26), (0.5, 5.0, 20.0), 5.0
TEXTS = {
    "calc": {"flops": "1e24..1e26", "law": "epoch-2024"},
    "speed": {"human_multiple": "0.5..5..20", "k": "5"},
}
Z90 = 1.6448536269514722
HERE = Path(__file__).parent


def whole_chain() -> Answer:
    """Return the chain of a scenario with two uncertain inputs, every part of it."""
    return chain(Scenario("", "", None, TEXTS), locations.catalog())


def twin(samples: int) -> dict[str, Array]:
    """Return the samples of the same rows as a person would write them in numpy, one array a step.

    Nothing of the project is used; numbers are those of the sources.
    """
    rng = np.random.default_rng(20230607)
    z = rng.standard_normal(samples)
    c = np.exp((np.log(FLOPS[0]) + np.log(FLOPS[1])) / 2 + z * np.log(FLOPS[1] / FLOPS[0]) / 2 / Z90)
    z = rng.standard_normal(samples)
    low, middle, high = SPEED
    speed = middle * np.exp(np.where(z > 0, z * np.log(high / middle), z * np.log(middle / low)) / Z90)
    e, a, b, alpha, beta = 1.8172, 482.01, 2085.43, 0.3478, 0.3658
    g = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    n = g * (c / 6) ** (beta / (alpha + beta))
    d = (c / 6) ** (alpha / (alpha + beta)) / g
    out = {"compute": c, "params": n, "tokens": d, "tokens_per_param": d / n, "loss": e + a / n**alpha + b / d**beta}
    records = locations.catalog().load("emergence").records.values()
    seen = [record["flops"] for record in records if "flops" in record]
    out["seen_count"] = sum((c >= first).astype(float) for first in seen)
    tokens = speed * 380 * 4 / 3
    out["tokens_per_minute"], out["human_multiple"] = tokens, speed
    out["speed"] = speed * K**2
    out["latency_speed"] = speed * (1.2e-6 + 1.5e-6) / (1.2e-6 / K**2 + 1.5e-6)
    passes = 3 * d
    years = passes / (380 * 4 / 3) / 525600
    copies = years / speed
    out |= {"passes": passes, "work_years": years, "copies": copies, "copies_k": copies / K**3}
    out["learning_years"] = copies * speed / 365
    out["critical_batch"] = 2e8 / ((3.1e8 * 8.64e19 / c) ** 0.05) ** (1 / 0.21)
    return out


def twin_quantiles(samples: int) -> dict[str, Array]:
    """Return median and interval of each row of the twin."""
    return {name: np.quantile(values, (0.05, 0.5, 0.95)) for name, values in twin(samples).items()}


def largest_difference(samples: int) -> float:
    """Return the largest relative difference between the chain's medians and intervals and the twin's."""
    (found,) = with_intervals([whole_chain()], Sampling(samples))
    rows = {row.id: row for row in found.rows}
    worst = 0.0
    for name, wanted in twin_quantiles(samples).items():
        row = rows[name]
        ours = np.array([row.value if row.low is None else row.low, row.value, row.high or row.value])
        worst = max(worst, float(np.max(np.abs(ours / wanted - 1.0))))
    return worst


def peak_memory(samples: int) -> float:
    """Return the most memory [MiB] that a process takes to run the chain over so many samples."""
    code = (
        "import ranges;"
        f"ranges.with_intervals([ranges.whole_chain()], ranges.Sampling({samples}));"
        "print(open('/proc/self/status').read())"
    )
    # Not the ru_maxrss of the child: that begins with what this process, with arrays of the twin, took itself.
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE)
    line = next(line for line in run.stdout.splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def timed(function: Callable[[], object], rounds: int) -> float:
    """Return the median wall time [s] of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def interactive() -> dict[str, float]:
    """Return the time [s] that 1e5 samples take behind a keystroke, by what is in sight, once compiled."""
    catalog = locations.catalog()
    laws = {"one law": ("epoch-2024",), "all laws": ()}
    asked: dict[str, Answer] = {
        f"budget, {name}": calculate(parse_inputs(BudgetInputs, {"flops": "1e24..1e26", "law": law}), catalog)
        for name, law in laws.items()
    }
    asked["the whole chain"] = whole_chain()
    out = {}
    for name, answer in asked.items():
        with_intervals([answer])
        out[name] = timed(lambda answer=answer: with_intervals([answer]), 15)  # type: ignore[misc]
    return out


if __name__ == "__main__":
    print(json.dumps({"difference": largest_difference(1_000_000), "interactive": interactive()}, indent=2))
