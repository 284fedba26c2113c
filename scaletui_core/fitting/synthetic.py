"""Synthetic runs of a known law, for examples, tests and the check of designs; always labelled as such."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scaletui_core.fitting.records import Runs, runs_of


def synthetic(
    coefficients: Sequence[float],
    *,
    noise: float = 0.01,
    seed: int = 0,
    budgets: Sequence[float] = (6e18, 2e19, 6e19, 2e20, 6e20, 2e21),
    each: int = 10,
    spread: float = 1.5,
    outliers: float = 0.0,
) -> Runs:
    """Return runs at isoFLOP budgets around the optimum of a law, with normal noise in ln L.

    Parameters
    ----------
    coefficients : sequence of five floats
        ``(E, ln A, ln B, alpha, beta)``, E in nats/token.
    noise : float
        Standard deviation of ln L.
    seed : int
        Seed of the noise.
    budgets : sequence of float
        Budgets [FLOP].
    each : int
        Runs a budget, N spaced evenly in the logarithm.
    spread : float
        How far N reaches below and above the optimum, in ln N.
    outliers : float
        Share of the runs whose loss is up to 30% too high.

    Examples
    --------
    >>> runs = synthetic((1.8, 6.2, 7.7, 0.35, 0.37), noise=0.0)
    >>> runs.count, round(float(runs.loss.min()), 3), runs.file
    (60, 2.217, 'synthetic')
    """
    e, log_a, log_b, alpha, beta = coefficients
    rng = np.random.default_rng(seed)
    log_c = np.repeat(np.log(np.asarray(budgets, dtype=np.float64) / 6.0), each)
    log_g = (np.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    log_n = log_g + log_c * beta / (alpha + beta) + np.tile(np.linspace(-spread, spread, each), len(budgets))
    log_d = log_c - log_n
    level = e + np.exp(log_a - alpha * log_n) + np.exp(log_b - beta * log_d)
    high = (rng.random(len(log_n)) < outliers) * rng.uniform(0.0, 0.3, len(log_n))
    loss = level * np.exp(noise * rng.standard_normal(len(log_n)) + high)
    return runs_of(np.exp(log_n), np.exp(log_d), loss, np.exp(log_c) * 6.0, file="synthetic")
