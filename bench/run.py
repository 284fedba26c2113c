"""Speed against references measured in the same run, in turn, as ratios; on the screen and in bench-results.json.

``make bench`` runs all; ``make bench ARGS="one-shot arrays"`` runs some. Times of one machine mean little: the ratios
are what is bounded, and the bounds stand beside them.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SCALETUI = [sys.executable, "-m", "scaletui"]


class Result(NamedTuple):
    """One figure: what it is, ours, the reference's, their ratio, and the bound."""

    name: str
    ours: float
    reference: float | None
    unit: str
    figure: float
    bound: str
    holds: bool


def environment() -> dict[str, str]:
    """Return an environment with compiled bytecode and a home of its own, as an installed program has."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "COLUMNS"):
        env.pop(name, None)
    return env


def cpu_seconds(command: list[str], env: dict[str, str]) -> float:
    """Return the CPU time of a command [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=env, cwd="/")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_shot(rounds: int = 40) -> list[Result]:
    """Compare `scaletui calc` with a typer program of one empty command, in turn."""
    env = environment()
    commands = {
        "empty typer": [sys.executable, str(HERE / "reference_typer.py")],
        "calc, table": [*SCALETUI, "calc", "--flops", "5.76e23"],
        "calc, JSON": [*SCALETUI, "calc", "--flops", "5.76e23", "--format", "json"],
        "calc on a machine": [*SCALETUI, "calc", "--hardware", "512xH100", "--days", "30", "--mfu", "40%"],
    }
    for command in commands.values():
        cpu_seconds(command, env)  # bytecode and the cache of presets
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(cpu_seconds(command, env))
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians.pop("empty typer")
    return [
        Result(f"one-shot: {name}", value * 1e3, base * 1e3, "ms CPU", value / base, "<= 1.3", value / base <= 1.3)
        for name, value in medians.items()
    ]


def app(rounds: int = 7) -> list[Result]:
    """Compare the app's first paint with a one-label Textual app's; time keystrokes; watch it idle."""
    from terminal import Session

    # As a person has it who comes back: with a session to restore, and no tour.
    env = {**environment(), "XDG_STATE_HOME": tempfile.mkdtemp(), "SCALETUI_RESTORE": "yes"}
    Session(SCALETUI, env=env).leave_behind(b"/1\r")
    label = [sys.executable, str(HERE / "reference_label.py")]
    seen: dict[str, list[tuple[int, float, float]]] = {"label": [], "app": []}
    for _ in range(rounds):
        for name, command in (("label", label), ("app", SCALETUI)):
            session = Session(command, env=env)
            seen[name].append(session.start())
            session.close()
    first = {name: statistics.median(run[1] for run in runs) for name, runs in seen.items()}
    settled = {name: statistics.median(run[2] for run in runs) for name, runs in seen.items()}
    results = []
    for what, times in (("first character painted", first), ("first paint complete", settled)):
        ratio = times["app"] / times["label"]
        results.append(
            Result(f"app: {what}", times["app"] * 1e3, times["label"] * 1e3, "ms", ratio, "<= 1.6", ratio <= 1.6)
        )
    env["SCALETUI_RESTORE"] = "no"
    session = Session(SCALETUI, env=env)
    count, _, _ = session.start()
    results.append(Result("app: bytes of the first paint", count, None, "B", count, "<= 25000", count <= 25_000))
    counts = [session.key(key)[0] for key in (b"2", b"3", b"4", b"5", b"6", b"7", b"1")]
    most = max(counts)
    results.append(Result("app: bytes of a pane switch, the most", most, None, "B", most, "<= 8000", most <= 8000))
    memory = session.memory()
    results.append(Result("app: memory, all panes seen", memory, None, "MB", memory, "<= 80", memory <= 80))
    # To the end of the first field of the budget, and a digit less; to that of Speed, with a first digit.
    places = (("", (b"/", b"\x05", b"\x7f"), 1300), (" in Speed", (b"\r", b"4", b"/", b"7"), 1000))
    for where, keys, bytes_most in places:
        for key in keys:
            session.key(key)
        strokes = []
        for digit in b"3456789" * 3:
            strokes.append(session.key(bytes([digit])))
            session.key(b"\x7f")
        delay = statistics.median(at for _, at in strokes if at is not None) * 1e3
        count = statistics.median(n for n, _ in strokes)
        name = f"app: keystroke{where} to repainted results"
        results.append(Result(name, delay, None, "ms", delay, "<= 20", delay <= 20))
        holds = count <= bytes_most
        results.append(Result(f"app: bytes a keystroke{where}", count, None, "B", count, f"<= {bytes_most}", holds))
    # A range in place of C: a digit, the point answer, its samples, and all of it painted.
    for key in (b"\r", b"1", b"/", b"\x05", b"..1e25"):
        session.key(key)
    session.wait(quiet=3.0, limit=30.0)
    strokes = []
    for digit in b"6789" * 3:
        session.key(b"\x7f")
        strokes.append(session.key(bytes([digit])))
    delay = statistics.median(at for _, at in strokes if at is not None) * 1e3
    name = "app: keystroke to the interval painted, all laws"
    results.append(Result(name, delay, None, "ms", delay, "none here", True))
    painted, cpu = session.idle(10)
    session.close()
    results.append(Result("app: idle 10 s, CPU", cpu, None, "s", cpu, "<= 0.02", cpu <= 0.02))
    results.append(Result("app: idle 10 s, bytes", painted, None, "B", painted, "0", painted == 0))
    return results


def arrays(size: int = 10_000_000, rounds: int = 7) -> list[Result]:
    """Compare N_opt, D_opt and L of 1e7 budgets with the plain numpy expression, one thread each, in turn."""
    import numpy as np

    from scaletui import locations
    from scaletui_core.array_frontier import frontier
    from scaletui_core.laws import law
    from scaletui_core.parametric_law import ParametricLaw

    one = law(locations.catalog(), "epoch-2024")
    assert isinstance(one, ParametricLaw)
    e, log_a, log_b, alpha, beta = one.coefficients
    a_, b_ = np.exp(log_a), np.exp(log_b)
    g = (alpha * a_ / (beta * b_)) ** (1 / (alpha + beta))
    flops = np.exp(np.random.default_rng(20220329).uniform(np.log(1e18), np.log(1e27), size))

    def twin() -> tuple[Any, Any, Any]:
        params = g * (flops / 6) ** (beta / (alpha + beta))
        tokens = (flops / 6) ** (alpha / (alpha + beta)) / g
        return params, tokens, e + a_ / params**alpha + b_ / tokens**beta

    def ours() -> tuple[Any, Any, Any]:
        found = frontier(one, flops)
        return found.params, found.tokens, found.loss

    start = time.perf_counter()
    frontier(one, flops[:8])
    compiling = time.perf_counter() - start
    apart = max(float(np.max(np.abs(x / y - 1))) for x, y in zip(ours(), twin(), strict=True))
    times: dict[str, list[float]] = {"ours": [], "twin": []}
    for _ in range(rounds):
        for name, function in (("ours", ours), ("twin", twin)):
            times[name].append(seconds(function))
    fused, plain = (statistics.median(times[name]) for name in ("ours", "twin"))
    gain = plain / fused
    name = f"arrays: {size:.0e} budgets, fused against numpy"
    return [
        Result(name, fused * 1e3, plain * 1e3, "ms", gain, ">= 2", gain >= 2),
        Result("arrays: largest relative difference", apart, None, "", apart, "<= 1e-12", apart <= 1e-12),
        Result("arrays: first call (compile, or load from the cache)", compiling, None, "s", compiling, "none", True),
    ]


def samples(size: int = 10_000_000, rounds: int = 3) -> list[Result]:
    """Compare the whole chain over 1e7 samples with its numpy twin, two threads, in turn; time 1e5; watch memory."""
    import ranges

    from scaletui import processors
    from scaletui_core.sampling import Sampling
    from scaletui_core.uncertainty import with_intervals

    answer, threads = ranges.whole_chain(), processors.threads()
    apart = ranges.largest_difference(1_000_000)
    times: dict[str, list[float]] = {"ours": [], "twin": []}
    for _ in range(rounds):
        times["ours"].append(seconds(lambda: with_intervals([answer], Sampling(size, threads=threads))))
        times["twin"].append(seconds(lambda: ranges.twin_quantiles(size)))
    ours, twin = (statistics.median(times[name]) for name in ("ours", "twin"))
    name = f"ranges: whole chain, {size:.0e} samples, {threads} threads, against numpy"
    results = [
        Result(name, ours * 1e3, twin * 1e3, "ms", twin / ours, ">= 6", twin / ours >= 6),
        Result(
            "ranges: largest difference of 1e6 samples from the twin's",
            apart,
            None,
            "",
            apart,
            "<= 0.02",
            apart <= 0.02,
        ),
    ]
    for what, time_ in ranges.interactive().items():
        results.append(
            Result(f"ranges: 1e5 samples, {what}", time_ * 1e3, None, "ms", time_ * 1e3, "<= 25", time_ <= 0.025)
        )
    few, many = ranges.peak_memory(2_000_000), ranges.peak_memory(20_000_000)
    growth = many / few
    results.append(
        Result("ranges: memory of 2e7 samples over 2e6", many, few, "MiB", growth, "<= 1.05", growth <= 1.05)
    )
    return results


def fits() -> list[Result]:
    """Compare fits with scipy's on the same runs and starts, one thread each; show what they cost as they grow."""
    import fitting

    found = fitting.speeds()
    gain, all_gain = found.starts / found.default, found.starts / found.exhaustive
    boot_gain = found.reference_bootstraps / found.bootstraps
    what = f"fit: {found.runs}"
    results = [
        Result(f"{what}, default, against 4500 L-BFGS-B", found.default * 1e3, found.starts * 1e3, "ms", gain,
               ">= 2000", gain >= 2000),
        Result(f"{what}, all 4500 starts refined", found.exhaustive * 1e3, found.starts * 1e3, "ms", all_gain, ">= 30",
               all_gain >= 30),
        Result("fit: scipy's starts at the optimum", found.at_optimum, None, "", found.at_optimum, "none", True),
        Result("fit: 4000 resamples, against BFGS", found.bootstraps * 1e3, found.reference_bootstraps * 1e3, "ms",
               boot_gain, ">= 400", boot_gain >= 400),
    ]  # fmt: skip
    sizes, counts = fitting.growth()
    for (count, once, resampled), (first, first_once, first_resampled) in zip(
        sizes, sizes[:1] * len(sizes), strict=True
    ):
        times = count / first
        results.append(
            Result(f"fit: {count:,} runs, over {first}", once * 1e3, first_once * 1e3, "ms", once / first_once / times,
                   "<= 1.2 a run", once / first_once / times <= 1.2)
        )  # fmt: skip
        results.append(
            Result(f"fit: 100 resamples of {count:,} runs", resampled * 1e3, first_resampled * 1e3, "ms",
                   resampled / first_resampled / times, "<= 2 a run", resampled / first_resampled / times <= 2)
        )  # fmt: skip
    for count, taken in counts:
        each = taken / count / (counts[1][1] / counts[1][0])
        holds = count < 1000 or each <= 1.2
        results.append(
            Result(
                f"fit: {count:,} resamples of 240 runs",
                taken * 1e3,
                counts[1][1] * 1e3,
                "ms",
                each,
                "<= 1.2 each",
                holds,
            )
        )
    process = fitting.process()
    results.append(Result("fit: scaletui fit, 4000 resamples", process, None, "s", process, "<= 1.5", process <= 1.5))
    taken, memory = fitting.curves()
    results.append(Result("fit: 5e6 points of curves, read and fitted", taken, None, "s", taken, "none", True))
    results.append(Result("fit: memory of that", memory, None, "GB", memory, "<= 1.5", memory <= 1.5))
    return results


def truths() -> list[Result]:
    """Count how often fits of a known truth reach the best known optimum, and how often intervals hold the truth."""
    import fitting

    from scaletui import processors

    processors.keep_kernels()
    worst = fitting.subsets()
    default, exhaustive = fitting.optimum()
    name = "truth: excess over 200 scipy BFGS fits, subsets"
    results = [
        Result(name, worst, None, "", worst, "<= 1e-8", worst <= 1e-8),
        Result("truth: default at the best known, 200 sets", default, None, "", default, ">= 0.99", default >= 0.99),
        Result("truth: exhaustive at it", exhaustive, None, "", exhaustive, ">= 1", exhaustive >= 1),
    ]
    for name, share in zip(fitting.QUANTITIES, fitting.coverage(), strict=True):
        share = float(share)
        holds = 0.86 <= share <= 0.94
        results.append(Result(f"truth: 90% of {name} hold it, 400 sets", share, None, "", share, "0.86 to 0.94", holds))
    return results


def decode() -> list[Result]:
    """Compare `scaletui bench` on a CPU with a loop written by hand; nothing where torch is not installed."""
    import importlib.util

    if importlib.util.find_spec("torch") is None:
        print("decode: not measured, torch is not installed", file=sys.stderr)
        return []
    import decoding

    ours, naive, r2 = decoding.compared()
    ratio = ours / naive
    return [
        Result("decode: pythia-70m, FP32, over a naive loop", ours, naive, "tok/min", ratio, ">= 0.75", ratio >= 0.75),
        Result("decode: R^2 of time on tokens, quiet", r2, None, "", r2, ">= 0.99", r2 >= 0.99),
    ]


def generate() -> list[Result]:
    """Compare it with `transformers.generate`: on a GPU the bounds of two pythia shapes, on a CPU the smallest."""
    import importlib.util

    absent = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if absent:
        print(f"generate: not measured, {' and '.join(absent)} not installed", file=sys.stderr)
        return []
    import generating
    import torch

    gpu = torch.cuda.is_available()
    rows: list[Result] = []
    cases = (("pythia-1.4b", "bf16"), ("pythia-12b", "bf16")) if gpu else (("pythia-70m", "fp32"),)
    for name, dtype in cases:
        ours, theirs, share, off = generating.compared(name, "cuda" if gpu else "cpu", dtype, 512 if gpu else 64)
        what, ratio, close = f"generate: {name}, {dtype}", ours / theirs, 0.1 if dtype == "bf16" else 1e-4
        bound, least = (">= 2", 2.0) if gpu else ("none", 0.0)
        rows.append(Result(f"{what}, over transformers", ours, theirs, "tok/min", ratio, bound, ratio >= least))
        rows.append(Result(f"{what}, logits off", off, None, "", off, f"<= {close}", off <= close))
        if gpu:
            rows.append(Result(f"{what}, share of bandwidth", share, None, "", share, ">= 0.7", share >= 0.7))
    if gpu:
        published = generating.PUBLISHED
        above = ours / published
        rows.append(Result("generate: 12b over an A100's", ours, published, "tok/min", above, "> 1", above > 1.0))
    return rows


def seconds(function: Callable[[], object]) -> float:
    """Return the wall time of one call [s]."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


GROUPS: dict[str, Callable[[], list[Result]]] = {
    "one-shot": one_shot,
    "app": app,
    "arrays": arrays,
    "ranges": samples,
    "fits": fits,
    "truths": truths,
    "decode": decode,
    "generate": generate,
}


def main(names: list[str]) -> int:
    """Run the groups named, or all; return 1 if a bound does not hold."""
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    results = [result for name in names or GROUPS for result in GROUPS[name]()]
    print(f"{'benchmark':<52} {'ours':>10} {'reference':>10} {'unit':<7} {'figure':>9}  bound")
    for r in results:
        reference = "-" if r.reference is None else f"{r.reference:.4g}"
        verdict = "" if r.holds else "  DOES NOT HOLD"
        print(f"{r.name:<52} {r.ours:>10.4g} {reference:>10} {r.unit:<7} {r.figure:>9.4g}  {r.bound}{verdict}")
    made = {"python": platform.python_version(), "machine": platform.machine()}
    document = {**made, "results": [r._asdict() for r in results]}
    (ROOT / "bench-results.json").write_text(json.dumps(document, indent=2) + "\n")
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
