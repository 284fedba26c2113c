"""The example runs that ship: how they were made, so that anyone can make them again."""

from __future__ import annotations

import numpy as np

from scaletui_core.answer import Answer, Note
from scaletui_core.fitting.records import Array
from scaletui_core.fitting.synthetic import synthetic

TRUTH = (1.8172, 6.1693, 7.6702, 0.3473, 0.3672)
"""``(E, ln A, ln B, alpha, beta)`` of the law behind them, near that of Besiroglu et al. (2024)."""
NOISE, SEED = 0.004, 20220329
BUDGETS = (1e18, 3e18, 1e19, 3e19, 1e20, 3e20, 1e21)
RUNS, CURVES = "synthetic-runs.csv", "synthetic-curves.csv"
SAID = (
    "synthetic: made from L = 1.8172 + 478/N^0.3473 + 2143/D^0.3672 with normal noise of 0.4% (seed 20220329); "
    "nobody trained these runs"
)


def noted(answer: Answer) -> Answer:
    """Return the answer of a fit of the example with the note that nobody trained these runs."""
    return answer._replace(notes=(Note("synthetic", f"the example is {SAID}.", None), *answer.notes))


def runs_text() -> str:
    """Return the text of the file of final losses."""
    runs = synthetic(TRUTH, noise=NOISE, seed=SEED, budgets=BUDGETS, each=9, spread=1.8)
    lines = [f"# {SAID}", "run,params,tokens,flops,loss"]
    columns = zip(runs.params, runs.tokens, runs.flops, runs.loss, strict=True)
    lines += [f"run-{k + 1:02d},{n:.6g},{d:.6g},{c:.6g},{level:.6f}" for k, (n, d, c, level) in enumerate(columns)]
    return "\n".join(lines) + "\n"


def curves_text() -> str:
    """Return the text of the file of training curves: 12 sizes, of each three lengths, 50 points a curve.

    Each point is what the law says of a run that ends there, as where a learning rate is decayed for each length.
    """
    rng = np.random.default_rng(SEED)
    e, log_a, log_b, alpha, beta = TRUTH
    lines = [f"# {SAID}", "run,params,tokens,loss"]
    for number, log_n in enumerate(np.linspace(np.log(3e7), np.log(6e9), 12)):
        for letter, ratio in zip("abc", (8.0, 40.0, 200.0), strict=True):
            log_d: Array = log_n + np.log(ratio) - np.linspace(3.5, 0.0, 50)
            level = e + np.exp(log_a - alpha * log_n) + np.exp(log_b - beta * log_d)
            level = level * np.exp(NOISE * rng.standard_normal(level.size))
            lines += [
                f"size-{number + 1:02d}{letter},{np.exp(log_n):.6g},{d:.6g},{one:.6f}"
                for d, one in zip(np.exp(log_d), level, strict=True)
            ]
    return "\n".join(lines) + "\n"
