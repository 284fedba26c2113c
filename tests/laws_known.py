"""A law whose exponents are known, and runs and curves of it."""

from __future__ import annotations

import numpy as np

from scaletui_core.fitting.records import Array, Curves, Runs, runs_of

E, A, B, ALPHA, BETA = np.exp(0.5267228), np.exp(6.0073404), np.exp(6.0179186), 0.33917084, 0.2849083
"""Hoffmann et al. 2022, unrounded (chinchilla-3)."""

EXPONENT = BETA / (ALPHA + BETA)
"""Of N_opt in C."""


def loss_of(params: Array, tokens: Array) -> Array:
    return np.asarray(E + A / params**ALPHA + B / tokens**BETA)


def best_params(flops: Array) -> Array:
    scale = (ALPHA * A / (BETA * B)) ** (1.0 / (ALPHA + BETA))
    return np.asarray(scale * (flops / 6.0) ** EXPONENT)


def isoflop_runs(
    budgets: Array, factors: Array, noise: float = 0.0, seed: int = 0, *, drift: float = 0.0, unit: float = 1.0
) -> Runs:
    """Runs at each budget, of sizes that are ``factors`` of the best, or that drift off it by a power of C."""
    centre = best_params(budgets) * (budgets / budgets[0]) ** drift
    params = (centre[:, None] * factors).ravel()
    flops = np.repeat(budgets, len(factors))
    tokens = flops / (6.0 * params)
    random = np.random.default_rng(seed)
    return runs_of(params * unit, tokens, loss_of(params, tokens) * np.exp(noise * random.standard_normal(len(params))),
                   flops)  # fmt: skip


def curves_of(
    sizes: Array, noise: float = 0.0, seed: int = 0, *, points: int = 200, order: list[int] | None = None
) -> Curves:
    """A curve of each size, over three decades of tokens, its level off by noise."""
    random = np.random.default_rng(seed)
    off = np.exp(noise * random.standard_normal(len(sizes)))
    index = np.arange(len(sizes)) if order is None else np.array(order)
    tokens = np.geomspace(0.5, 500.0, points) * sizes[index][:, None]
    loss = loss_of(sizes[index][:, None], tokens) * off[index][:, None]
    flops = 6.0 * sizes[index][:, None] * tokens
    return Curves(sizes[index], np.arange(0, tokens.size + 1, points), tokens.ravel(), flops.ravel(), loss.ravel(), ())
