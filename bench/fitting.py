"""What fits are measured against: scipy's optimisers on the same runs, from the same starts; sets of a known truth."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from scaletui import processors
from scaletui_core.fitting.bootstrap import intervals
from scaletui_core.fitting.doubt import doubt_of, drawn
from scaletui_core.fitting.parametric import HOFFMANN, Loss, Problem, fit, hoffmann_starts, problem_of, refitted
from scaletui_core.fitting.records import Array, Runs, runs_of
from scaletui_core.fitting.synthetic import synthetic

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "chinchilla_runs.csv"
TRUTH = (1.8172, 6.1693, 7.6702, 0.3473, 0.3672)
DELTA = 1e-3


def chinchilla() -> tuple[Runs, Runs, str]:
    """Return the 240 runs of Besiroglu et al. and all 245; synthetic ones of that shape where the file is absent."""
    if not DATA.is_file():
        made = synthetic(TRUTH, noise=0.007, budgets=tuple(np.geomspace(6e18, 3e21, 8)), each=30)
        return made, made, "240 synthetic runs"
    with DATA.open() as file:
        rows = [[float(row[name]) for name in ("params", "tokens", "loss", "flops")] for row in csv.DictReader(file)]
    rows.sort(key=lambda row: row[2])
    return runs_of(*np.array(rows[:240]).T), runs_of(*np.array(rows).T), "240 runs"


class Reference:
    """The objective and its gradient in numpy, as somebody writes them for scipy."""

    def __init__(self, runs: Runs, weight: Array | None = None) -> None:
        self.x, self.y, self.level = np.log(runs.params), np.log(runs.tokens), np.log(runs.loss)
        self.weight = np.ones(runs.count) if weight is None else weight

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the value and the gradient at (ln E, ln A, ln B, alpha, beta)."""
        terms = np.stack((np.full_like(self.x, theta[0]), theta[1] - theta[3] * self.x, theta[2] - theta[4] * self.y))
        top = terms.max(axis=0)
        terms = np.exp(terms - top)
        whole = terms.sum(axis=0)
        r = np.log(whole) + top - self.level
        held = np.clip(r, -DELTA, DELTA)
        share = self.weight * held * terms / whole
        gradient = (
            share[0].sum(),
            share[1].sum(),
            share[2].sum(),
            -(share[1] * self.x).sum(),
            -(share[2] * self.y).sum(),
        )
        return float(np.sum(self.weight * held * (r - held / 2))), np.array(gradient)


def uncentred(problem: Problem, starts: Array) -> Array:
    """Return points as the reference takes them."""
    out = starts.copy()
    out[:, 1] += out[:, 3] * problem.centre[0]
    out[:, 2] += out[:, 4] * problem.centre[1]
    return out


def clocked(function: Callable[[], Any], rounds: int = 1) -> tuple[float, Any]:
    """Return the least wall time of some calls [s], and what the last returned."""
    best, found = np.inf, None
    for _ in range(rounds):
        start = time.perf_counter()
        found = function()
        best = min(best, time.perf_counter() - start)
    return best, found


class Speeds(NamedTuple):
    """Wall times [s] of ours and of scipy, on one thread."""

    runs: str
    default: float
    exhaustive: float
    starts: float
    at_optimum: float
    bootstraps: float
    reference_bootstraps: float
    objective: float


def speeds(every: int = 1) -> Speeds:
    """Time the global fit, all starts and 4000 resamples against scipy; ``every`` takes each so many-th start."""
    processors.keep_kernels()
    runs, _, name = chinchilla()
    problem = problem_of(runs)
    fit(runs, exhaustive=True)
    default, found = clocked(lambda: fit(runs), 15)
    exhaustive, _ = clocked(lambda: fit(runs, exhaustive=True), 3)
    starts = uncentred(problem, hoffmann_starts(problem))[::every]
    reference = Reference(runs)

    def all_starts() -> list[float]:
        with np.errstate(all="ignore"):
            return [minimize(reference, start, jac=True, method="L-BFGS-B").fun for start in starts]

    taken, values = clocked(all_starts)
    at_optimum = float(np.mean(np.array(values) < found.objective * (1 + 1e-6)))
    doubt_of(runs, found, 64, 0)
    weights = np.concatenate([piece for _, piece in drawn(4000, runs.count, 0)])
    bootstraps, _ = clocked(lambda: refitted(problem, found.theta, HOFFMANN, weights), 5)
    theta = uncentred(problem, found.theta[None])[0]
    few = weights[:: max(every, 10)]

    def all_resamples() -> list[Any]:
        # At scipy's own gtol of 1e-5 a quarter of these stop early, up to 0.13% above the minimum; at 1e-8 none does.
        return [
            minimize(Reference(runs, weight), theta, jac=True, method="BFGS", options={"gtol": 1e-8}) for weight in few
        ]

    slow, _ = clocked(all_resamples)
    slow *= 4000 / len(few)
    return Speeds(name, default, exhaustive, taken * every, at_optimum, bootstraps, slow, found.objective)


def growth() -> tuple[list[tuple[int, float, float]], list[tuple[int, float]]]:
    """Return (runs, seconds of a fit, of 100 resamples) up to 1e6 runs, and (resamples, seconds) of 240 up to 1e5."""
    sizes, counts = [], []
    for count in (240, 2400, 24_000, 240_000, 1_000_000):
        runs = synthetic(TRUTH, noise=0.01, each=count // 8, budgets=tuple(np.geomspace(6e18, 3e21, 8)))
        seconds, found = clocked(lambda runs=runs: fit(runs))
        resampled, _ = clocked(lambda runs=runs, found=found: doubt_of(runs, found, 100, 0, how="subsample"))
        sizes.append((runs.count, seconds, resampled))
    runs, _, _ = chinchilla()
    found = fit(runs)
    for count in (100, 1000, 10_000, 100_000):
        counts.append((count, clocked(lambda count=count: doubt_of(runs, found, count, 0))[0]))
    return sizes, counts


def process() -> float:
    """Return the wall time of ``scaletui fit`` of 240 runs with 4000 resamples, the kernels being kept [s]."""
    runs, _, _ = chinchilla()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "runs.csv")
        np.savetxt(path, np.stack((runs.params, runs.tokens, runs.flops, runs.loss), axis=1), delimiter=",",
                   header="params,tokens,flops,loss", comments="")  # fmt: skip
        command = [sys.executable, "-m", "scaletui", "fit", path, "--bootstraps", "4000"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return min(clocked(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))[0] for _ in range(5))


def curves(rows: int = 5_000_000) -> tuple[float, float]:
    """Return the wall time [s] and the peak memory [GB] of ``scaletui fit`` on a file of so many points of curves."""
    from reading import write

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curves.csv"
        write(path, rows)
        command = [sys.executable, "-m", "scaletui", "fit", str(path)]
        start = time.perf_counter()
        worker = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
        assert worker.returncode in (0, 1)
        taken = time.perf_counter() - start
        scale = 1024 if sys.platform == "linux" else 1
        return taken, usage.ru_maxrss * scale / 1e9


def sets(count: int, seed: int) -> Iterator[Runs]:
    """Yield synthetic sets of 12 to 600 runs, noise from 1e-4 to 3%, every second with outliers."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        budgets = int(rng.integers(4, 9))
        each = max(round(float(np.exp(rng.uniform(np.log(12), np.log(600)))) / budgets), 3)
        coefficients = (rng.uniform(1.2, 2.2), rng.uniform(4.5, 8), rng.uniform(5, 9), *rng.uniform(0.25, 0.5, 2))
        yield synthetic(
            coefficients, noise=float(10 ** rng.uniform(-4, np.log10(0.03))), seed=number, each=each,
            budgets=tuple(np.geomspace(10 ** rng.uniform(17.5, 19), 10 ** rng.uniform(20.5, 22), budgets)),
            spread=float(rng.uniform(0.8, 2.5)), outliers=0.1 * (number % 2),
        )  # fmt: skip


def optimum(count: int = 200, seed: int = 20240415) -> tuple[float, float]:
    """Return the shares of synthetic sets in which the default and the exhaustive search reach the best known optimum.

    Best known is the lowest of both and of 20 scipy L-BFGS-B fits from spread starts.
    """
    print(f"seed {seed}", file=sys.stderr)
    hits = np.zeros(2)
    for runs in sets(count, seed):
        problem = problem_of(runs)
        found = [fit(runs).objective, fit(runs, exhaustive=True, threads=processors.threads()).objective]
        starts = uncentred(problem, hoffmann_starts(problem))[:: 4500 // 20]
        with np.errstate(all="ignore"):
            theirs = min(minimize(Reference(runs), one, jac=True, method="L-BFGS-B").fun for one in starts)
        best = min(*found, theirs)
        hits += [value <= best * (1 + 1e-8) for value in found]
    return float(hits[0] / count), float(hits[1] / count)


def subsets(count: int = 20, starts: int = 200, seed: int = 7) -> float:
    """Return the largest excess of our objective over the best of 200 scipy BFGS fits, on subsets of the real runs."""
    print(f"seed {seed}", file=sys.stderr)
    _, runs, _ = chinchilla()
    rng = np.random.default_rng(seed)
    worst = -np.inf
    for number in range(count):
        size = runs.count if number == 0 else int(rng.integers(30, 201))
        which = np.sort(rng.choice(runs.count, size, replace=False))
        some = runs_of(runs.params[which], runs.tokens[which], runs.loss[which])
        problem = problem_of(some)
        tried = uncentred(problem, hoffmann_starts(problem))[rng.choice(4500, starts, replace=False)]
        with np.errstate(all="ignore"):
            theirs = min(minimize(Reference(some), one, jac=True, method="BFGS").fun for one in tried)
        worst = max(worst, fit(some).objective / theirs - 1)
    return float(worst)


QUANTITIES = ("E", "ln A", "ln B", "alpha", "beta", "a", "ln N_opt", "L")


def quantities(coefficients: Any) -> Array:
    """Return what is covered: the coefficients, a, and ln N_opt and L at 1e24 FLOP, 500 times beyond the runs."""
    e, log_a, log_b, alpha, beta = np.moveaxis(np.asarray(coefficients), -1, 0)
    a = beta / (alpha + beta)
    log_g = (np.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    log_n = log_g + a * np.log(1e24 / 6)
    log_d = np.log(1e24 / 6) - log_n
    loss = e + np.exp(log_a - alpha * log_n) + np.exp(log_b - beta * log_d)
    return np.stack((e, log_a, log_b, alpha, beta, a, log_n, loss), axis=-1)


def coverage(count: int = 400, least: int = 60, most: int = 300, seed: int = 1, loss: Loss = HOFFMANN,
             kind: str = "bca", bootstraps: int = 1000) -> Array:  # fmt: skip
    """Return the share of synthetic sets whose 90% interval holds the truth, of each of `QUANTITIES`."""
    print(f"seed {seed}", file=sys.stderr)
    rng = np.random.default_rng(seed)
    truth, hits = quantities(TRUTH), np.zeros(len(QUANTITIES))
    for number in range(count):
        size = float(np.exp(rng.uniform(np.log(least), np.log(most))))
        runs = synthetic(TRUTH, noise=float(10 ** rng.uniform(-3, -1.7)), seed=seed * 10_000 + number,
                         each=max(round(size / 6), 2))  # fmt: skip
        found = fit(runs, loss)
        doubt = doubt_of(runs, found, bootstraps, number, threads=processors.threads())
        without = None if doubt.without is None else quantities(doubt.without)
        ends = intervals(quantities(doubt.sample), list(quantities(found.coefficients)), without, 0.9, kind)
        hits += [one.low <= value <= one.high for one, value in zip(ends, truth, strict=True)]
    return hits / count


def main() -> None:
    """Print the coverage of intervals by the number of runs, as the documentation has it."""
    processors.keep_kernels()
    print(f"{'runs':<10} {'loss':<10} {'kind':<10} " + " ".join(f"{name:>8}" for name in QUANTITIES))
    for least, most in ((12, 23), (24, 35), (36, 59), (60, 119), (120, 300)):
        for name, loss in (("huber", HOFFMANN), ("squared", Loss("squared", None))):
            for kind in ("bca", "percentile"):
                shares = coverage(400, least, most, loss=loss, kind=kind)
                row = " ".join(f"{share:>8.1%}" for share in shares)
                print(f"{f'{least}-{most}':<10} {name:<10} {kind:<10} {row}", flush=True)


if __name__ == "__main__":
    main()
